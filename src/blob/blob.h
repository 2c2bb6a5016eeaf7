/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Blobs: sealed media, one object each, in a folder (later also S3).
 *
 * A blob is put in two steps, so that a crash leaves neither a row without a
 * blob nor a blob without a row:
 *   1. blob_put_begin .. _finish writes it under incoming/ and syncs it;
 *   2. blob_publish makes a set of them visible: their names go to a journal
 *      file first, then they are renamed into place, folders synced;
 *   3. the caller commits the rows that name them;
 *   4. blob_settle removes the journal.
 * After a crash blob_recover asks, for each journalled name, whether a row
 * names it, and removes it if not; incoming/ is emptied.
 */
#ifndef LETHE_BLOB_BLOB_H
#define LETHE_BLOB_BLOB_H

#include "base/id.h"
#include "base/buf.h"

struct blob_store;
struct blob_put;      /* one being written */
struct blob_batch;    /* written, not yet settled */

/* Where a blob lives: <account>/<kind>/<YYYY-MM-DD>/<hex id>. All of it opaque. */
struct blob_name {
	uint32_t account;
	uint32_t kind;     /* record kind number */
	struct date day;
	struct id id;
};
#define BLOB_PATH_MAX 96
char *blob_path(const struct blob_name *name, char out[BLOB_PATH_MAX]); /* relative path */
/* ERR_INPUT when `path` is not what blob_path makes. */
MUST_CHECK enum result blob_path_parse(const char *path, struct blob_name *out, struct err *err);

MUST_CHECK enum result blob_open_folder(const char *dir, bool create, struct blob_store **out, struct err *err);
void blob_close(struct blob_store *store);

MUST_CHECK enum result blob_batch_new(struct blob_store *store, struct blob_batch **out, struct err *err);
MUST_CHECK enum result blob_put_begin(struct blob_batch *batch, const struct blob_name *name, struct blob_put **out,
				      struct err *err);
MUST_CHECK enum result blob_put_write(struct blob_put *put, const void *data, size_t len, struct err *err);
MUST_CHECK enum result blob_put_finish(struct blob_put *put, struct err *err); /* fsync; frees */
void blob_put_abort(struct blob_put *put);                                      /* removes; frees; NULL is fine */
/* Takes one finished blob out of the batch again (its record was a duplicate). */
MUST_CHECK enum result blob_batch_drop(struct blob_batch *batch, const struct blob_name *name, struct err *err);
MUST_CHECK enum result blob_publish(struct blob_batch *batch, struct err *err);
MUST_CHECK enum result blob_settle(struct blob_batch *batch, struct err *err);  /* rows are committed */
/* Removes whatever of it was written, published or not, and frees it. After settle only frees. NULL is fine. */
void blob_batch_free(struct blob_batch *batch);

/* For each journalled name `known` says whether a row names it. */
typedef enum result blob_known(void *arg, const struct blob_name *name, bool *known, struct err *err);
MUST_CHECK enum result blob_recover(struct blob_store *store, blob_known *known, void *arg, uint64_t *removed,
				    struct err *err);

/* How many batches are published and not settled: under way in another process, or left by a crash. */
MUST_CHECK enum result blob_unsettled(struct blob_store *store, uint64_t *count, struct err *err);

/* An open blob for reading at offsets; ERR_NOT_FOUND. */
struct blob_file;
MUST_CHECK enum result blob_get(struct blob_store *store, const struct blob_name *name, struct blob_file **out,
				uint64_t *size, struct err *err);
MUST_CHECK enum result blob_read(struct blob_file *file, uint64_t offset, void *out, size_t len, struct err *err);
void blob_file_close(struct blob_file *file);

/* Removing what is not there is OK. Durable after blob_sync_removed. Empty day folders go too. */
MUST_CHECK enum result blob_remove(struct blob_store *store, const struct blob_name *name, struct err *err);
MUST_CHECK enum result blob_sync_removed(struct blob_store *store, struct err *err);
/* Every blob, in no order; a file whose name is none of ours is passed with name NULL. */
typedef enum result blob_visit(void *arg, const struct blob_name *name, const char *path, uint64_t size,
			       struct err *err);
MUST_CHECK enum result blob_walk(struct blob_store *store, blob_visit *visit, void *arg, struct err *err);

#endif
