/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Accounts, and facts about the vault itself.
 */
#ifndef LETHE_STORE_ACCOUNT_H
#define LETHE_STORE_ACCOUNT_H

#include "base/id.h"
#include "store/key.h"

#define ACCOUNT_PREFIX "acc"
#define ACCOUNT_NAME_MAX 200

struct account_row {
	uint32_t account;   /* small, internal; never given out twice */
	struct id id;       /* "acc_..": what the world calls it */
	struct blind name_blind;
	const unsigned char *name; /* sealed; in the pool */
	size_t name_len;
	char country[3];
	struct instant created;
};

MUST_CHECK enum result account_insert(struct db *db, const struct account_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result account_get(struct db *db, uint32_t account, struct pool *pool, struct account_row *out,
				   struct err *err);
MUST_CHECK enum result account_find_by_id(struct db *db, struct id id, uint32_t *out, struct err *err);
MUST_CHECK enum result account_find_by_name(struct db *db, const struct blind *blind, uint32_t *out, struct err *err);
/* All account numbers above `after`, ascending, up to max. */
MUST_CHECK enum result account_list(struct db *db, uint32_t after, uint32_t *out, size_t max, size_t *count,
				    struct err *err);

/* ERR_NOT_FOUND. The value lives in `pool`. */
MUST_CHECK enum result meta_get(struct db *db, const char *name, struct pool *pool, const char **value,
				struct err *err);
MUST_CHECK enum result meta_set(struct db *db, const char *name, const char *value, struct err *err);

#endif
