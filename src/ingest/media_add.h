/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file that comes after its record: sealed as it comes, and there once its
 * row is, or not at all.
 *
 * A file that is there is never replaced.  Sent again it is compared with what
 * is there, so that whoever did not hear the answer can ask again.
 */
#ifndef LETHE_INGEST_MEDIA_ADD_H
#define LETHE_INGEST_MEDIA_ADD_H

#include "store/record.h"
#include "vault/vault.h"

#define MEDIA_ADD_BYTES_MAX ((uint64_t)4 * 1024 * 1024 * 1024)

struct media_adding {
	uint32_t account;
	enum record_kind kind;
	struct id id;             /* of the record */
	int n;                    /* which of its files, from 0 */
	uint64_t size;            /* in bytes, 0: not known; only how it is cut into segments depends on it */
	const char *content_type; /* NULL: by its first bytes alone */
	struct instant now;
};

struct media_add;

/* ERR_NOT_FOUND: no such record. ERR_INPUT: it has not so many files that this could be the next. ERR_EXISTS: it takes no
 * more files. ERR_GONE: it cannot be read any more. ERR_WRONG_STATE: the account takes nothing in. `view` is borrowed. */
MUST_CHECK enum result media_add_begin(struct vault *view, const struct media_adding *what, struct media_add **out,
				       struct err *err);
MUST_CHECK enum result media_add_write(struct media_add *add, const void *data, size_t len, struct err *err);
/* All of it has come, and it is on disk with its row and leaf when this returns; `*made` false: it was there already.
 * ERR_EXISTS: another file is there, or the record has changed meanwhile. ERR_INPUT: it is empty. */
MUST_CHECK enum result media_add_finish(struct media_add *add, bool *made, struct err *err);
const struct media_row *media_add_row(const struct media_add *add); /* once it is finished */
void media_add_free(struct media_add *add); /* what is not finished leaves nothing; NULL is fine */

#endif
