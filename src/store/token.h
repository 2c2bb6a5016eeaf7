/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * API tokens. Of what the client holds only the digest is here. Those of the platform operator are of account 0.
 */
#ifndef LETHE_STORE_TOKEN_H
#define LETHE_STORE_TOKEN_H

#include "base/id.h"
#include "base/pool.h"
#include "crypto/primitives.h"
#include "db/db.h"

#define TOKEN_PREFIX "tok"
#define TOKEN_ROLE_LAST 4 /* roles are those of access/permission.h, from 0 */

struct token_row {
	uint32_t account;
	struct id id;              /* tok_ : to name it by */
	struct hash hash;          /* SHA-256 of the whole token */
	const unsigned char *name; /* sealed under the account's data key; in the pool */
	size_t name_len;
	int role;
	int64_t scopes;            /* bit set of permissions */
	const char *made_by;       /* an opaque id; in the pool */
	struct instant created;
	bool expires, used, revoked;
	struct instant expires_at, used_at, revoked_at; /* where the one above is true */
};

/* ERR_EXISTS when the id or the hash is there. */
MUST_CHECK enum result token_insert(struct db *db, const struct token_row *row, struct err *err);
/* Of any account: `*found`. */
MUST_CHECK enum result token_find(struct db *db, const struct hash *hash, struct pool *pool, bool *found,
				  struct token_row *out, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result token_get(struct db *db, uint32_t account, struct id id, struct pool *pool, struct token_row *out,
				 struct err *err);
/* Those after `after`, in order, up to max. */
MUST_CHECK enum result token_list(struct db *db, uint32_t account, struct id after, struct pool *pool,
				  struct token_row *out, size_t max, size_t *count, struct err *err);
/* All of an account, one after another, until `visit` fails; it may delete the row it is shown. `pool` is emptied now and then. */
typedef enum result token_visit(void *arg, const struct token_row *row, struct err *err);
MUST_CHECK enum result token_each(struct db *db, uint32_t account, struct pool *pool, token_visit *visit, void *arg,
				  struct err *err);
/* One that is later than what is known. */
MUST_CHECK enum result token_use(struct db *db, uint32_t account, struct id id, struct instant at, struct err *err);
MUST_CHECK enum result token_revoke(struct db *db, uint32_t account, struct id id, struct instant at, struct err *err);
MUST_CHECK enum result token_delete(struct db *db, uint32_t account, struct id id, struct err *err);
/* All of an account's, for a restore. */
MUST_CHECK enum result token_clear(struct db *db, uint32_t account, struct err *err);

#endif
