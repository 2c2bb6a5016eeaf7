/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Work that was asked for over HTTP and is answered later: jobs, as who asked
 * sees them. What it makes the vault do has jobs of its own (store/job.h).
 */
#ifndef LETHE_STORE_WORK_H
#define LETHE_STORE_WORK_H

#include "base/id.h"
#include "base/pool.h"
#include "db/db.h"

/* Stored: only add. */
enum work_state { WORK_WAITING = 1, WORK_RUNNING = 2, WORK_DONE = 3, WORK_FAILED = 4, WORK_CANCELLED = 5 };

struct work_row {
	uint32_t account;      /* 0: of the vault itself */
	struct id id;          /* job_ */
	const char *operation; /* "person erase" */
	const char *made_by;   /* who: an opaque id */
	const unsigned char *asked; /* the request and who asked, sealed under the account's data key */
	size_t asked_len;
	enum work_state state;
	bool begun;            /* something was done */
	bool cancel;           /* it is to stop */
	int64_t done, total;   /* how far it is; total 0: not known */
	int status;            /* of the answer, else 0 */
	const unsigned char *result; /* sealed (vault/answer.h); empty: none, or not kept */
	size_t result_len;
	struct instant created, started, ended; /* ms 0: not yet */
	int64_t file_key;      /* number of the key of its file (vault/kept.h); 0: it has none */
	int64_t file_bytes;
	struct instant file_until;
	const unsigned char *file; /* sealed */
	size_t file_len;
};

/* Takes the place of one of that id, for a restore. */
MUST_CHECK enum result work_put(struct db *db, const struct work_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result work_get(struct db *db, uint32_t account, struct id id, struct pool *pool, struct work_row *out,
				struct err *err);
/* Of one account, those before `before`, the newest first, up to max. */
MUST_CHECK enum result work_list(struct db *db, uint32_t account, struct id before, struct pool *pool,
				 struct work_row *out, size_t max, size_t *count, struct err *err);
/* All of an account, one after another, until `visit` fails; it may delete the row it is shown. `pool` is emptied now and then. */
typedef enum result work_visit(void *arg, const struct work_row *row, struct err *err);
MUST_CHECK enum result work_each(struct db *db, uint32_t account, struct pool *pool, work_visit *visit, void *arg,
				 struct err *err);
/* The account after `after` (-1: the first) that has some that wait or run. */
MUST_CHECK enum result work_next_account(struct db *db, int64_t after, bool *found, uint32_t *account, struct err *err);
/* Of one account, those, the oldest first. */
MUST_CHECK enum result work_list_open(struct db *db, uint32_t account, struct pool *pool, struct work_row *out, size_t max,
				      size_t *count, struct err *err);
/* `*open` false: it has ended, and stays so. */
MUST_CHECK enum result work_set_running(struct db *db, uint32_t account, struct id id, struct instant now, bool *open,
					struct err *err);
MUST_CHECK enum result work_set_begun(struct db *db, uint32_t account, struct id id, struct err *err);
MUST_CHECK enum result work_set_progress(struct db *db, uint32_t account, struct id id, int64_t done, int64_t total,
					 struct err *err);
MUST_CHECK enum result work_set_cancel(struct db *db, uint32_t account, struct id id, struct err *err);
/* Writes state, status, result and ended. */
MUST_CHECK enum result work_end(struct db *db, const struct work_row *row, struct err *err);
/* Writes what there is of its file. */
MUST_CHECK enum result work_set_file(struct db *db, const struct work_row *row, struct err *err);
/* Of all accounts, those that have a file, after that of `account` with the key `key`, up to max. */
MUST_CHECK enum result work_list_files(struct db *db, uint32_t account, int64_t key, struct pool *pool,
				       struct work_row *out, size_t max, size_t *count, struct err *err);
/* How many of an account wait or run, and how many have a file: no more than `max` of each is counted. */
MUST_CHECK enum result work_count(struct db *db, uint32_t account, int64_t max, int64_t *open, int64_t *files, struct err *err);
/* How much the files of an account are together. */
MUST_CHECK enum result work_file_bytes(struct db *db, uint32_t account, int64_t *bytes, struct err *err);
MUST_CHECK enum result work_has_key(struct db *db, uint32_t account, int64_t key, bool *out, struct err *err);
/* Up to max that ended before `before`; how many went. */
MUST_CHECK enum result work_delete_ended(struct db *db, uint32_t account, struct instant before, int64_t max,
					 int64_t *deleted, struct err *err);

#endif
