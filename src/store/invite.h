/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One-time links: who opens one chooses a password. One for each user at most; user 0: for who will be the first owner.
 * Of what the link holds only the digest is here.
 */
#ifndef LETHE_STORE_INVITE_H
#define LETHE_STORE_INVITE_H

#include "base/id.h"
#include "base/pool.h"
#include "crypto/primitives.h"
#include "db/db.h"

#define INVITE_PREFIX "inv"

struct invite_row {
	uint32_t account;
	int64_t user;
	struct id id;        /* inv_ : to name it by */
	struct hash hash;    /* SHA-256 of what the link holds */
	const char *made_by; /* an opaque id; in the pool */
	struct instant created, expires;
};

/* Inserts it, or replaces the one that its user has. */
MUST_CHECK enum result invite_put(struct db *db, const struct invite_row *row, struct err *err);
/* Of any account: `*found`. */
MUST_CHECK enum result invite_find(struct db *db, const struct hash *hash, struct pool *pool, bool *found,
				   struct invite_row *out, struct err *err);
/* Those whose user is above `after` (-1: from the first), in order, up to max. */
MUST_CHECK enum result invite_list(struct db *db, uint32_t account, int64_t after, struct pool *pool,
				   struct invite_row *out, size_t max, size_t *count, struct err *err);
/* db_changes says whether there was one. */
MUST_CHECK enum result invite_delete(struct db *db, uint32_t account, int64_t user, struct err *err);
/* All of an account's, for a restore. */
MUST_CHECK enum result invite_clear(struct db *db, uint32_t account, struct err *err);

#endif
