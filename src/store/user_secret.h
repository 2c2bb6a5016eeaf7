/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What users prove who they are with. Sealed under the user's own key: destroying that loses it in every copy.
 */
#ifndef LETHE_STORE_USER_SECRET_H
#define LETHE_STORE_USER_SECRET_H

#include "base/pool.h"
#include "base/time.h"
#include "db/db.h"

/* Stored: only add. */
enum user_secret_kind {
	SECRET_PASSWORD = 1,     /* an Argon2id string */
	SECRET_TOTP = 2,         /* the key of a TOTP; used: the last step that was accepted */
	SECRET_TOTP_COMING = 3,  /* the same, until its user has shown that they have it */
	SECRET_RECOVERY = 4,     /* digests of one-time codes; used: bit set of those that were used */
	SECRET_SUBJECT = 5,      /* what an OpenID provider calls them */
};

struct user_secret_row {
	uint32_t account;
	int64_t user;
	enum user_secret_kind kind;
	const unsigned char *sealed; /* in the pool */
	size_t sealed_len;
	int64_t used;
	struct instant changed;
};

/* Inserts or replaces it. */
MUST_CHECK enum result user_secret_put(struct db *db, const struct user_secret_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result user_secret_get(struct db *db, uint32_t account, int64_t user, enum user_secret_kind kind,
				       struct pool *pool, struct user_secret_row *out, struct err *err);
/* Those after (user, kind), in that order, up to max; kind 0 begins at the user's first. */
MUST_CHECK enum result user_secret_list(struct db *db, uint32_t account, int64_t user, int kind, struct pool *pool,
					struct user_secret_row *out, size_t max, size_t *count, struct err *err);
/* All of an account, one after another, until `visit` fails; it may delete the row it is shown. `pool` is emptied now and then. */
typedef enum result user_secret_visit(void *arg, const struct user_secret_row *row, struct err *err);
MUST_CHECK enum result user_secret_each(struct db *db, uint32_t account, struct pool *pool, user_secret_visit *visit, void *arg,
					struct err *err);
MUST_CHECK enum result user_secret_use(struct db *db, uint32_t account, int64_t user, enum user_secret_kind kind,
				       int64_t used, struct err *err);
MUST_CHECK enum result user_secret_delete(struct db *db, uint32_t account, int64_t user, enum user_secret_kind kind,
					  struct err *err);
MUST_CHECK enum result user_secret_delete_user(struct db *db, uint32_t account, int64_t user, struct err *err);
/* All of an account's, for a restore. */
MUST_CHECK enum result user_secret_clear(struct db *db, uint32_t account, struct err *err);

#endif
