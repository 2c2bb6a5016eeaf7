/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What goes on each of the coming days, if a sweep runs on each and nothing
 * is changed until then: of what there is now, by the rules there are now,
 * those included that begin in the future (retention/ahead.h).
 *
 * Costs the periods that end by then, and what obligations alone keep until
 * then.  Records are looked at, as rows, only in periods that a hold or an
 * obligation may touch or of which narrower rules end a part.
 */
#ifndef LETHE_RETENTION_FORECAST_H
#define LETHE_RETENTION_FORECAST_H

#include "retention/ahead.h"
#include "retention/keepers.h"

struct forecast_sum {
	int64_t records, media, bytes; /* bytes of payloads and media */
};
struct forecast_day {
	struct forecast_sum goes;
	struct forecast_sum held;    /* past its time from that day on, and kept by a hold: not in `goes` */
	struct forecast_sum obliged; /* past its time from that day on, and cut down to what obligations name: not in
				      * `goes` before the day on which the last of them ends; then a record without
				      * bytes, for how much is left of it is not known before */
	int64_t cut;                 /* of `obliged`: records that are not cut down yet */
};
struct forecast {
	struct date today;
	int days;
	struct forecast_day *kinds[KIND_COUNT]; /* days + 1 of each, the first today; in the pool; NULL: not asked for. Of
						 * HELD_CONTACT: deleted contacts, by the day on which their grace is over */
	int64_t contacts;                       /* that go today, since their hold was released */
};

/* `kinds` is a bit set of 1 << kind, HELD_CONTACT one of them; `days` from 0 to AHEAD_DAYS_MAX. */
MUST_CHECK enum result forecast_make(struct session *session, uint32_t account, struct instant now, int days,
				     uint32_t kinds, struct pool *pool, struct forecast *out, struct err *err);
void forecast_add(struct forecast_sum *sum, const struct forecast_sum *more);
/* Over all its kinds of records, of one day or, with day -1, of all. */
struct forecast_day forecast_all(const struct forecast *forecast, int day);

#endif
