/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of a sweep share. Private to retention/sweep*.c.
 */
#ifndef LETHE_RETENTION_SWEEP_RUN_H
#define LETHE_RETENTION_SWEEP_RUN_H

#include "retention/expire.h"
#include "retention/sweep.h"
#include "store/job.h"
#include "store/party.h"

#define BATCH_PERIODS 64
#define BATCH_RECORDS 32768 /* periods share a transaction up to so many records */

/* A period that was swept, for the second look. */
struct swept { enum record_kind kind; struct date day; int spare; int keys_before; };

struct run {
	struct vault *vault;
	struct account account;
	struct instant now;
	sweep_progress *progress;
	void *arg;
	struct pool *pool;
	struct sweep_result *out;
	struct job job;
	struct policy_set policies;  /* in force when it began */
	struct expire_terms terms;
	struct sweep_budget budget;
	int64_t clock_began;
	int64_t deleted;             /* records, for the budget */
	int64_t done, total;         /* records, for the progress */
	enum sweep_phase phase;
	bool locked;                 /* keys went whose rows are there yet */
	struct party_days *cleared;  /* whose party rows went before the records */
	size_t cleared_count, cleared_room;
	struct swept *swept;
	size_t swept_count, swept_room;
	bool duties_swept, contacts_swept; /* to their end */
};

/* Tells how far it is; true when it is to stop, which after SWEEP_PERIODS comes too late. */
bool sweep_asked_to_stop(struct run *run, enum sweep_phase phase);
/* Is the budget spent? Asked where stopping leaves all whole, and after some work, so that each run gets further. */
bool sweep_is_spent(struct run *run);

/* Days that go whole and that nothing keeps, as many as the budget covers: when they are more than a batch, their keys first.
 * Days whose keys went in an earlier run go whatever the budget. */
MUST_CHECK enum result sweep_destroy_keys(struct run *run, struct err *err);
/* Party rows of such days, before their records; of those that sweep_is_cleared then names all that there were are gone, but
 * for those of what comes with a new key. */
MUST_CHECK enum result sweep_clear_parties(struct run *run, const struct period *periods, size_t count, struct err *err);
bool sweep_is_cleared(const struct run *run, enum record_kind kind, struct date day);
/* Their rows; `whatever` the budget, or until it is spent. `*whole` false: it is, or it was asked to stop. */
MUST_CHECK enum result sweep_rows(struct run *run, const struct period *periods, size_t count, bool whatever,
				  bool *whole, struct err *err);
/* The account's periods, one after the other. */
MUST_CHECK enum result sweep_periods(struct run *run, struct err *err);
/* Of how many records, for the progress. */
MUST_CHECK enum result sweep_sum_total(struct run *run, struct err *err);
/* Every store is looked at again. */
MUST_CHECK enum result sweep_look_again(struct run *run, struct err *err);
/* The job's args, in run->pool, and back. */
MUST_CHECK enum result sweep_write_args(struct run *run, const char **out, struct err *err);
MUST_CHECK enum result sweep_read_args(struct run *run, int newest[KIND_COUNT], struct err *err);
/* The job is closed, with the statement of what was done and its leaf. */
MUST_CHECK enum result sweep_close(struct run *run, struct err *err);

#endif
