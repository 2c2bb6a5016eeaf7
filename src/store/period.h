/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Periods: what each day of a kind holds. Derivable from the records, kept so
 * that plans and sweeps need not look at them.
 */
#ifndef LETHE_STORE_PERIOD_H
#define LETHE_STORE_PERIOD_H

#include "base/time.h"
#include "db/db.h"
#include "store/kind.h"

struct period {
	enum record_kind kind;
	struct date day;
	int64_t records, bytes, media, media_bytes;
	int part;             /* whose key new records of that day are sealed under */
	struct date looked;   /* the last day on which a sweep looked for what goes before the rest; days 0: never */
	int looked_policy;    /* the kind's policy version it looked with */
};

/* Adds (or, with negative counts, takes away); a period left with nothing is removed. Leaves part and looked as they
 * are. */
MUST_CHECK enum result period_add(struct db *db, uint32_t account, const struct period *delta, struct err *err);
/* After a sweep looked at it: part, looked and looked_policy as they are in `period`. No-op when there is none. */
MUST_CHECK enum result period_set_looked(struct db *db, uint32_t account, const struct period *period,
					 struct err *err);
/* The next sweep looks at it, whatever was seen there before: for whoever changes, outside a sweep, what rules go by. */
MUST_CHECK enum result period_look_again(struct db *db, uint32_t account, enum record_kind kind, struct date day,
					 struct err *err);
/* Zero counts when there is none. */
MUST_CHECK enum result period_get(struct db *db, uint32_t account, enum record_kind kind, struct date day,
				  struct period *out, struct err *err);
/* Periods of a kind after `after` and up to `until`, both by day, ascending; up to max. */
MUST_CHECK enum result period_list(struct db *db, uint32_t account, enum record_kind kind, struct date after,
				   struct date until, struct period *out, size_t max, size_t *count, struct err *err);
/* Each of them; read in batches, so `visit` may change them. Stops at the first that fails. */
typedef enum result period_visit(void *arg, const struct period *period, struct err *err);
MUST_CHECK enum result period_walk(struct db *db, uint32_t account, enum record_kind kind, struct date after,
				   struct date until, period_visit *visit, void *arg, struct err *err);
/* Sums over all days up to `until`, that day included. */
MUST_CHECK enum result period_sum(struct db *db, uint32_t account, enum record_kind kind, struct date until,
				  struct period *out, int64_t *days, struct err *err);

#endif
