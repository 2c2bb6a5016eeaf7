/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Jobs: long work that goes on to its end after a crash.
 */
#ifndef LETHE_STORE_JOB_H
#define LETHE_STORE_JOB_H

#include "base/id.h"
#include "base/pool.h"
#include "db/db.h"

#define JOB_PREFIX "job"

/* Stored: only add. */
enum job_type { JOB_ERASE = 1, JOB_SWEEP = 2, JOB_RESTORE = 3, JOB_ACCOUNT = 4, JOB_USER = 5, JOB_RECORD = 6 };
enum job_state { JOB_RUNNING = 1, JOB_DONE = 2 };

struct job {
	uint32_t account;
	struct id id;
	enum job_type type;
	enum job_state state;
	struct instant started, ended;
	const char *args, *result; /* JSON of opaque ids and counts; in the pool */
};

MUST_CHECK enum result job_insert(struct db *db, const struct job *job, struct err *err);
MUST_CHECK enum result job_get(struct db *db, uint32_t account, struct id id, struct pool *pool, struct job *out,
			       struct err *err);
/* Writes state, ended and result. */
MUST_CHECK enum result job_update(struct db *db, const struct job *job, struct err *err);
/* The oldest running job of that type, of any account; ERR_NOT_FOUND when there is none. */
MUST_CHECK enum result job_next_running(struct db *db, enum job_type type, struct pool *pool, struct job *out,
					struct err *err);
/* Those of that type and account that run, the oldest first: after the one that began at `after` with the id `after_id`. */
MUST_CHECK enum result job_list_running(struct db *db, uint32_t account, enum job_type type, struct instant after,
					struct id after_id, struct pool *pool, struct job *out, size_t max,
					size_t *count, struct err *err);
/* Of one account, in any state, after `after`; up to max. */
MUST_CHECK enum result job_list(struct db *db, uint32_t account, struct id after, struct pool *pool, struct job *out,
				size_t max, size_t *count, struct err *err);
/* The same of one type, ids only: costs what it lists. */
MUST_CHECK enum result job_list_of_type(struct db *db, uint32_t account, enum job_type type, struct id after,
					struct id *out, size_t max, size_t *count, struct err *err);
/* Those before `before`, the newest first. */
MUST_CHECK enum result job_back_of_type(struct db *db, uint32_t account, enum job_type type, struct id before,
					struct id *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result job_count_running_of(struct db *db, uint32_t account, int64_t *out, struct err *err);
MUST_CHECK enum result job_count_running(struct db *db, int64_t *out, struct err *err);

#endif
