/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Labels: the queues, campaigns and tags of an account. Their names are
 * sealed; records, policies and holds name them by number.
 */
#ifndef LETHE_STORE_LABEL_H
#define LETHE_STORE_LABEL_H

#include "base/pool.h"
#include "store/key.h"

/* Stored: only add. */
enum label_kind { LABEL_QUEUE = 1, LABEL_CAMPAIGN = 2, LABEL_TAG = 3 };

struct label_row {
	uint32_t account;
	int64_t label;
	enum label_kind kind;
	struct blind blind;
	const unsigned char *name; /* sealed; in the pool */
	size_t name_len;
};

/* Unless it is there. */
MUST_CHECK enum result label_insert(struct db *db, const struct label_row *row, struct err *err);
/* 0 when there is none. */
MUST_CHECK enum result label_find(struct db *db, uint32_t account, const struct blind *blind, int64_t *out,
				  struct err *err);
/* Those with a number above `after`, ascending, up to max. */
MUST_CHECK enum result label_list(struct db *db, uint32_t account, int64_t after, struct pool *pool,
				  struct label_row *out, size_t max, size_t *count, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result label_get(struct db *db, uint32_t account, int64_t label, struct pool *pool,
				 struct label_row *out, struct err *err);

#endif
