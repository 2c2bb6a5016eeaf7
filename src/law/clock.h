/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The clocks of the law, C1 to C11 of docs/law-map.md. Pure functions: instants
 * in, a date with the rules that made it and a sentence for people out.
 *
 * How time is counted (Reg. (EEC, Euratom) 1182/71, art. 3):
 * - Days and months are those of the account's time zone. What happens at an
 *   instant happens on its local day there, which itself is not counted (3(1)).
 * - A period of days or months ends with the last hour of its last day, at 24:00
 *   local time (3(2)(b), (c)). `due` is that instant: done before it is in time.
 * - Hours are counted from the next full hour of the local clock (3(1)) and are
 *   hours that pass: a change of the clocks makes none longer or shorter. A
 *   period in hours is not prolonged by weekends or holidays (3(4)). Art. 3(5)
 *   (at least two working days) is not used: 72 hours are 72 hours.
 *
 * ERR_INPUT where what is given cannot be: it names rule and dates.
 */
#ifndef LETHE_LAW_CLOCK_H
#define LETHE_LAW_CLOCK_H

#include "base/zone.h"
#include "law/holidays.h"

#define CLOCK_RULES_MAX 6
#define CLOCK_TEXT_MAX 640

/* Where the clock hangs; borrowed. Not to be shared by threads, as the zone. */
struct clock_place {
	const struct holidays_country *country;
	const struct holidays_extra *extra; /* public holidays that the account added (vault/calendar.h), NULL for none */
	struct zone *zone;
};

/* Why a result is what it is. */
struct clock_reason {
	const char *rules[CLOCK_RULES_MAX]; /* "C1", "C2": as they came in; static */
	size_t count;
	char text[CLOCK_TEXT_MAX]; /* one sentence, without a full stop */
};

struct clock_due {
	struct date day;    /* the local day it ends on */
	struct instant due; /* the first instant that is too late */
	struct civil local; /* the same on the wall there; for days 00:00 of the day after */
	bool stopped;       /* C6: it stands still, and nothing is too late: day and due are the end of time */
	int32_t days_left;  /* while it stands still: how many days follow that of the answer */
	struct clock_reason reason;
};

/* C6: more was asked to know who the person is. The clock stands still from the asking until the answer: the day of the
 * asking is the last that counts, that of the answer the last that does not. So asked and answered on one day stops
 * nothing, and otherwise as many days are added as lie between the two, whatever months they are in. Days asked about
 * twice stop it once. C3 looks only at the day it ends on, after all stops: it gives no days to carry over, so that
 * after an asking on or after the period's own last day it ends on the day of the answer, or the next working day. */
struct clock_pause {
	struct instant asked, answered;
	bool open; /* not answered yet; `answered` is not read */
};
#define CLOCK_PAUSES_MAX 100

/* C4: the person was told that it takes two months more. */
struct clock_extension {
	struct instant told;
	bool with_reasons;
};

struct clock_request {
	struct instant received;
	const struct clock_pause *pauses; /* in any order */
	size_t pause_count;
	const struct clock_extension *extension; /* NULL for none */
};

/* C1 with C2, C3, C6 and C4: until when a request is answered. `first` is the date without the extension and `due` the
 * one in force; without an extension they are the same. An extension counts three months from receipt, not two from the
 * first date; one told too late, or without reasons, is ERR_INPUT, as is more information asked for when time was up.
 */
MUST_CHECK enum result clock_answer(const struct clock_place *place, const struct clock_request *request,
				    struct clock_due *first, struct clock_due *due, struct err *err);
/* C5: until when a person is told that nothing is done and why, of complaint and of court. Suspended as C6 says, never
 * extended: an extension in the request is not looked at. */
MUST_CHECK enum result clock_refusal(const struct clock_place *place, const struct clock_request *request,
				     struct clock_due *due, struct err *err);
/* C7: until when the authority is notified of a breach. Later needs reasons: clock_late. */
MUST_CHECK enum result clock_breach(const struct clock_place *place, struct instant aware, struct clock_due *due,
				    struct err *err);
/* C8: until when a processor tells the controller. The law says without undue delay; the 72 hours are a promise, so
 * they are counted to the shorter side: from the instant itself. */
MUST_CHECK enum result clock_processor_breach(const struct clock_place *place, struct instant aware,
					      struct clock_due *due, struct err *err);
/* C9: until when an account may object to a sub-processor: 30 days, by contract, so that C3 does not prolong them. */
MUST_CHECK enum result clock_objection(const struct clock_place *place, struct instant noticed, struct clock_due *due,
				       struct err *err);
/* C10: may a restriction be lifted at `now`? Only after the person was told; `told` NULL: not told. */
bool clock_may_lift(const struct instant *told, struct instant now, struct clock_reason *reason);
/* C11: an opt-out from messages is honoured at once: `due` is the instant it came, at which a message is too late.
 * `latest` is what US law allows: 10 business days, for which `place` has the US calendar. */
MUST_CHECK enum result clock_opt_out(const struct clock_place *place, struct instant at, struct clock_due *due,
				     struct clock_due *latest, struct err *err);

/* Was what was done at `done` too late? */
bool clock_late(const struct clock_due *due, struct instant done);

#endif
