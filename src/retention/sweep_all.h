/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sweeps of every account of a region, in turns.
 *
 * Each account has a slice, then those that are not done another, until all
 * are done or the budget is spent: so a huge account does not keep small ones
 * waiting. Within a budget the slices of a round are equal shares of what is left of
 * it, and every account has its slice of the first round: none is passed over run
 * after run, however small the budget. A slice may be overdrawn by a day. Without a budget an account's first slice
 * destroys the keys of all that is due in it.
 */
#ifndef LETHE_RETENTION_SWEEP_ALL_H
#define LETHE_RETENTION_SWEEP_ALL_H

#include "retention/logs.h"
#include "retention/sweep.h"

#define SWEEP_SLICE 65536 /* records */

struct sweep_turns {
	struct account account;
	struct sweep_result sum;  /* of its slices; job, seq and statement are those of the last */
	struct logs_plan logs;    /* emptied before the first */
	int slices;
	bool done;                /* nothing that is due is left, or it failed */
	enum result result;       /* not OK: it failed, and the others went on */
	struct err err;
};
struct sweep_all {
	struct sweep_turns *accounts; /* in the pool, by number */
	size_t count;
	bool stopped, spent;
};

/* ERR_INTERRUPTED when it was asked to stop, as sweep_run. What concerns one account only (its stored bytes are damaged, it
 * is under a law that this program does not know) is told with it; any other failure ends it all. */
MUST_CHECK enum result sweep_all(struct vault *vault, struct instant now, const struct sweep_budget *budget,
				 sweep_progress *progress, void *arg, struct pool *pool, struct sweep_all *out,
				 struct err *err);

#endif
