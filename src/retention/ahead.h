/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rules of the coming days: which of them are in force on each, and on
 * which day a record is past its time.
 *
 * Day 0 is today: what is past its time now. Day k is what a sweep at the same
 * time of day, k days later, would find past its time that one on the day
 * before did not.  A rule that begins in the future counts from the first such
 * sweep after its beginning.
 */
#ifndef LETHE_RETENTION_AHEAD_H
#define LETHE_RETENTION_AHEAD_H

#include "retention/policies.h"
#include "store/period.h"

#define AHEAD_DAYS_MAX 3650

/* Days on which no rule begins, but on the first. */
struct ahead_span {
	int from, to;
	struct policy_set policies;
};
struct ahead {
	struct date today;
	int days;                 /* the last day looked at */
	struct ahead_span *spans; /* in the pool */
	size_t count;
};

/* `days` from 0 to AHEAD_DAYS_MAX. */
MUST_CHECK enum result ahead_load(struct session *session, uint32_t account, struct instant now, int days,
				  struct pool *pool, struct ahead *out, struct err *err);
/* The last UTC day of which something may be past its time by the last day looked at; false: none. */
bool ahead_last(const struct ahead *ahead, enum record_kind kind, struct date *out);
/* The day on which a record is past its time; -1: not by the last day looked at. Pure. */
int ahead_record(const struct ahead *ahead, const struct record_row *row);

enum ahead_fate {
	AHEAD_STAYS, /* none of it is past its time by then, but what a sweep has looked at before and somebody keeps */
	AHEAD_WHOLE, /* all of it, on the day in `*day` */
	AHEAD_MIXED, /* which records, and when, their rows must say */
};
enum ahead_fate ahead_period(const struct ahead *ahead, const struct period *period, int *day);

#endif
