/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Warnings before data go, at the lead times of the account's setting
 * warn_days: of each kind and lead what goes, and what is cut down to what
 * obligations name, on the days that were not warned of at that lead yet
 * (retention/forecast.h).
 *
 * Leads are kept apart: with 30, 7 and 1, a day is warned of at 30 until it is
 * 7 days away, at 7 until it is 1 day away, then at 1.  So a first run, and
 * one after a long gap, warns of each day once, at the nearest lead, and of
 * none not at all.  The nearest lead looks at today too.
 *
 * What was warned of is remembered in settings "warned_<lead>_<kind>": the last
 * such day, and the kind's highest policy version then, begun or to begin. So a
 * changed policy warns again.
 */
#ifndef LETHE_RETENTION_WARN_H
#define LETHE_RETENTION_WARN_H

#include "retention/forecast.h"
#include "retention/settings.h"

struct warning {
	enum record_kind kind;    /* or HELD_CONTACT: deleted contacts whose grace is over then */
	int lead;                 /* days, as in warn_days */
	struct date first, last;  /* the first and the last day on which something goes or is cut down */
	struct forecast_sum goes;
	int64_t cut;              /* records that are cut down to what obligations name */
	struct date until;        /* the last day that was looked at; and by which policy: */
	int version;
};
struct warnings {
	struct warning *list; /* in the pool; the nearest lead first, kinds in order */
	size_t count;
};

/* What is to be said now. Marks nothing: until warnings_mark() it is to be said again. */
MUST_CHECK enum result warnings_find(struct session *session, uint32_t account, struct instant now, struct pool *pool,
				     struct warnings *out, struct err *err);
/* They were said: each with its leaf, retention.warn, in one transaction. */
MUST_CHECK enum result warnings_mark(struct vault *vault, uint32_t account, const struct warnings *warnings,
				     struct instant now, struct err *err);

#endif
