/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <strings.h>

#include "base/quote.h"
#include "api/operations.h"
#include "law/clock.h"
#include "retention/settings.h"
#include "vault/calendar.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what is asked ---- */

struct question {
	const char *from, *country, *zone, *told, *asked, *answered;
	bool reasons;
	struct instant at;
	struct clock_pause pauses[CLOCK_PAUSES_MAX];
	struct clock_extension extension;
	struct clock_request request;
	struct holidays *holidays; /* closed by the caller, as place.zone */
	struct clock_place place;
	struct calendar own;
};

struct answer {
	struct clock_due due;
	struct clock_due other; /* C4: without the extension; C11: what US law allows */
	const char *other_name; /* in JSON; NULL: there is none */
};

/* ---- the clocks ---- */

static enum result answering(struct question *q, struct answer *out, struct err *err)
{
	enum result r = clock_answer(&q->place, &q->request, &out->other, &out->due, err);

	out->other_name = q->request.extension != NULL ? "first" : NULL;
	return r;
}

static enum result refusal(struct question *q, struct answer *out, struct err *err)
{
	return clock_refusal(&q->place, &q->request, &out->due, err);
}

static enum result breach(struct question *q, struct answer *out, struct err *err)
{
	return clock_breach(&q->place, q->at, &out->due, err);
}

static enum result processor_breach(struct question *q, struct answer *out, struct err *err)
{
	return clock_processor_breach(&q->place, q->at, &out->due, err);
}

static enum result objection(struct question *q, struct answer *out, struct err *err)
{
	return clock_objection(&q->place, q->at, &out->due, err);
}

/* The law of the United States, whoever's calendar is asked about. */
static enum result opt_out(struct question *q, struct answer *out, struct err *err)
{
	struct clock_place place = {.zone = q->place.zone};
	enum result r = holidays_find(q->holidays, "US", &place.country, err);

	out->other_name = "latest";
	return r == OK ? clock_opt_out(&place, q->at, &out->due, &out->other, err) : r;
}

enum takes { NOTHING, PAUSES = 1, EXTENSION = 2, NEEDS_PAUSE = 4, NEEDS_EXTENSION = 8, NO_COUNTRY = 16 };

static const struct clock {
	const char *id;
	enum result (*run)(struct question *q, struct answer *out, struct err *err);
	unsigned takes; /* enum takes */
} clocks[] = {
    {"C1", answering, PAUSES | EXTENSION},
    {"C2", answering, PAUSES | EXTENSION},
    {"C3", answering, PAUSES | EXTENSION},
    {"C4", answering, PAUSES | EXTENSION | NEEDS_EXTENSION},
    {"C5", refusal, PAUSES},
    {"C6", answering, PAUSES | EXTENSION | NEEDS_PAUSE},
    {"C7", breach, NOTHING},
    {"C8", processor_breach, NOTHING},
    {"C9", objection, NOTHING},
    {"C11", opt_out, NO_COUNTRY},
};

static enum result find_clock(const char *id, const struct clock **out, struct err *err)
{
	char shown[QUOTE_MAX];

	for (size_t i = 0; i < COUNT(clocks); i++) {
		if (strcasecmp(clocks[i].id, id) == 0) {
			*out = &clocks[i];
			return OK;
		}
	}
	err_set(err, ERR_INPUT, "%s is no clock that runs from one time", quote(id, strlen(id), shown));
	return err_mend(err,
			"give C1 (answer; C2 and C3 are in it), C4 (extended), C5 (refusal), C6 (suspended), C7 or C8 "
			"(breach), C9 (objection) or C11 (opt-out); C10 is `lethe person unrestrict`");
}

/* ---- reading what is asked ---- */

static enum result read_time(const char *option, const char *text, size_t len, struct instant *out, struct err *err)
{
	enum result r = instant_parse(text, len, out, err);

	if (r != OK)
		err_where(err, "%s", option);
	return r;
}

/* Times between commas. */
static enum result read_times(const char *option, const char *text, struct instant out[CLOCK_PAUSES_MAX], size_t *count,
			      struct err *err)
{
	*count = 0;
	for (const char *at = text; at != NULL;) {
		size_t len = strcspn(at, ",");
		enum result r;

		if (*count == CLOCK_PAUSES_MAX) {
			err_set(err, ERR_LIMIT, "more than %d times", CLOCK_PAUSES_MAX);
			err_where(err, "%s", option);
			return ERR_LIMIT;
		}
		r = read_time(option, at, len, &out[(*count)++], err);
		if (r != OK)
			return r;
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	return OK;
}

/* The nth answer is to the nth asking; the last asking may be open. */
static enum result read_pauses(struct question *q, struct err *err)
{
	struct instant asked[CLOCK_PAUSES_MAX], answered[CLOCK_PAUSES_MAX];
	size_t asks = 0, answers = 0;
	enum result r = read_times("--asked", q->asked, asked, &asks, err);

	if (r == OK)
		r = read_times("--answered", q->answered, answered, &answers, err);
	if (r != OK)
		return r;
	if (answers > asks || asks - answers > 1) {
		err_set(err, ERR_INPUT, "%zu time%s of asking and %zu of answers do not fit (C6)", asks,
			asks == 1 ? "" : "s", answers);
		return err_mend(err,
				"give the times of each in their order; only the last asking may have no answer yet");
	}
	for (size_t i = 0; i < asks; i++)
		q->pauses[i] = (struct clock_pause){
		    .asked = asked[i], .open = i >= answers, .answered = i < answers ? answered[i] : asked[i]};
	q->request.pauses = q->pauses;
	q->request.pause_count = asks;
	return OK;
}

static enum result not_of_this(const struct clock *clock, const char *option, const char *mend, struct err *err)
{
	err_set(err, ERR_INPUT, "%s does not take %s", clock->id, option);
	return err_mend(err, "%s", mend);
}

static enum result check_options(const struct clock *clock, const struct question *q, struct err *err)
{
	if ((q->asked != NULL || q->answered != NULL) && !(clock->takes & PAUSES))
		return not_of_this(clock, "--asked", "only the clocks of a request stand still: C1, C4, C5, C6", err);
	if ((q->told != NULL || q->reasons) && !(clock->takes & EXTENSION))
		return not_of_this(clock, "--told", "only an answer is extended: C4", err);
	if (q->asked == NULL && (clock->takes & NEEDS_PAUSE)) {
		err_set(err, ERR_INPUT, "C6 needs the time more was asked for, to know who the person is");
		return err_mend(err, "add --asked TIME, and --answered TIME once there was an answer");
	}
	if (q->told == NULL && (q->reasons || (clock->takes & NEEDS_EXTENSION))) {
		err_set(err, ERR_INPUT, "C4 needs the time the person was told of the extension");
		return err_mend(err, "add --told TIME, and --with-reasons if the reasons were told");
	}
	return OK;
}

static enum result read_question(struct call *call, const struct clock *clock, struct question *q, struct err *err)
{
	enum result r = check_options(clock, q, err);

	q->at = call->now; /* known only after the options are read */
	if (r == OK && q->from != NULL)
		r = read_time("--from", q->from, strlen(q->from), &q->at, err);
	if (r == OK)
		r = read_pauses(q, err);
	if (r == OK && q->told != NULL) {
		q->extension.with_reasons = q->reasons;
		q->request.extension = &q->extension;
		r = read_time("--told", q->told, strlen(q->told), &q->extension.told, err);
	}
	q->request.received = q->at;
	return r;
}

/* ---- where the clock hangs ---- */

/* The account's days are those of its own calendar: under another country's they say nothing. */
static enum result take_account(struct call *call, struct question *q, struct err *err)
{
	const char *calendar;
	struct account account;
	enum result r = call_open_account(call, false, &account, err);

	if (r == OK)
		r = settings_get(&call->vault->read, account.number, "calendar", &call->pool, &calendar, err);
	if (r == OK && q->zone == NULL)
		r = settings_get(&call->vault->read, account.number, "time_zone", &call->pool, &q->zone, err);
	if (r != OK)
		return r;
	if (calendar == NULL)
		calendar = pool_strdup(&call->pool, account.country);
	if (calendar == NULL)
		return err_no_memory(err);
	if (q->country == NULL)
		q->country = calendar;
	if (strcasecmp(q->country, calendar) != 0)
		return OK;
	return calendar_read(&call->vault->read, account.number, call->now, &call->pool, &q->own, err);
}

static enum result find_place(struct call *call, const struct clock *clock, struct question *q, struct err *err)
{
	enum result r = call->account != NULL ? take_account(call, q, err) : OK;

	if (r != OK)
		return r;
	if (q->country == NULL && (clock->takes & NO_COUNTRY))
		q->country = "US";
	if (q->country == NULL) {
		err_set(err, ERR_INPUT, "the country whose public holidays count is missing");
		return err_mend(err, "add --country CC, such as --country DK or --country DE-BY; or --account NAME");
	}
	r = holidays_open(&q->holidays, err);
	if (r == OK)
		r = holidays_find(q->holidays, q->country, &q->place.country, err);
	if (r == OK)
		r = zone_open(q->zone != NULL ? q->zone : "UTC", &q->place.zone, err);
	q->place.extra = &q->own.lawful;
	return r;
}

/* ---- the answer ---- */

static void print_due(struct call *call, const struct clock_due *due)
{
	struct json_writer *w = &call->w;
	char text[TIME_TEXT_MAX];

	json_string(w, "day", due->stopped ? NULL : date_format(due->day, text));
	json_string(w, "due", due->stopped ? NULL : instant_format(due->due, text));
	if (due->stopped)
		json_int(w, "days_left", due->days_left);
	json_begin_array(w, "rules");
	for (size_t i = 0; i < due->reason.count; i++)
		json_string(w, NULL, due->reason.rules[i]);
	json_end_array(w);
	json_string(w, "why", due->reason.text);
}

static void say_due(struct call *call, const char *lead, const struct clock_due *due)
{
	char text[TIME_TEXT_MAX];

	call_say(call, "%s%s: %s.\n", lead, due->stopped ? "no date yet" : instant_format(due->due, text),
		 due->reason.text);
}

/* Days off of the account's own move nothing; but who is there to act on the last day? */
static void show_open_day(struct call *call, const struct question *q, const struct clock_due *due)
{
	struct date lawful, open;
	char text[TIME_TEXT_MAX];

	if (due->stopped || q->own.closed.count == q->own.lawful.count)
		return;
	lawful = holidays_working_day_before(q->place.country, due->day, &q->own.lawful);
	open = holidays_working_day_before(q->place.country, due->day, &q->own.closed);
	if (lawful.days == open.days)
		return;
	call_say(call, "The account's own days off do not make it longer: the last day before it that is none is %s.\n",
		 date_format(open, text));
	json_date(&call->w, "last_open_day", open);
}

static void show_answer(struct call *call, const struct clock *clock, const struct question *q, const struct answer *a)
{
	say_due(call, "", &a->due);
	if (a->other_name != NULL)
		say_due(call, strcmp(a->other_name, "first") == 0 ? "Without the extension " : "US law allows until ",
			&a->other);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "clock", clock->id);
	print_due(call, &a->due);
	show_open_day(call, q, &a->due);
	if (a->other_name != NULL) {
		json_begin_object(&call->w, a->other_name);
		print_due(call, &a->other);
		json_end_object(&call->w);
	}
	json_end_object(&call->w);
}

enum result op_law_deadline(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct question q = {.from = NULL};
	const struct call_option options[] = {
	    {"from", &q.from, NULL},         {"country", &q.country, NULL},      {"zone", &q.zone, NULL},
	    {"told", &q.told, NULL},         {"with-reasons", NULL, &q.reasons}, {"asked", &q.asked, NULL},
	    {"answered", &q.answered, NULL},
	};
	const struct clock *clock = NULL;
	struct answer answer = {.other_name = NULL};
	enum result r = call_parse(call, options, COUNT(options), &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = find_clock(argv[0], &clock, err);
	if (r == OK)
		r = read_question(call, clock, &q, err);
	if (r == OK)
		r = find_place(call, clock, &q, err);
	if (r == OK)
		r = clock->run(&q, &answer, err);
	if (r == OK)
		show_answer(call, clock, &q, &answer);
	zone_close(q.place.zone);
	holidays_close(q.holidays);
	return r;
}
