/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sessions of users who are signed in. Of what the client holds only the digest is here.
 */
#ifndef LETHE_STORE_USER_SESSION_H
#define LETHE_STORE_USER_SESSION_H

#include "base/id.h"
#include "crypto/primitives.h"
#include "db/db.h"

#define SESSION_PREFIX "ses"

/* Stored: only add. */
enum session_how { SESSION_PASSWORD = 1, SESSION_CODE = 2, SESSION_RECOVERY = 3, SESSION_INVITE = 4, SESSION_OPENID = 5 };

struct user_session_row {
	uint32_t account;
	int64_t user;
	struct id id;          /* ses_ : to name it by */
	struct hash hash;      /* SHA-256 of what the client holds */
	enum session_how how;
	int browser;           /* access/browser.h */
	struct instant created, seen, ends;
};

/* ERR_EXISTS when the id or the hash is there. */
MUST_CHECK enum result user_session_insert(struct db *db, const struct user_session_row *row, struct err *err);
/* Of any account: `*found`. */
MUST_CHECK enum result user_session_find(struct db *db, const struct hash *hash, bool *found,
					 struct user_session_row *out, struct err *err);
/* Those after (user, id), in that order, up to max: of a user from their first on with an id of zeros. */
MUST_CHECK enum result user_session_list(struct db *db, uint32_t account, int64_t user, struct id after,
					 struct user_session_row *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result user_session_touch(struct db *db, uint32_t account, int64_t user, struct id id,
					  struct instant seen, struct err *err);
MUST_CHECK enum result user_session_delete(struct db *db, uint32_t account, int64_t user, struct id id, struct err *err);
/* db_changes says how many. */
MUST_CHECK enum result user_session_delete_user(struct db *db, uint32_t account, int64_t user, struct err *err);
/* All of an account's, for a restore. */
MUST_CHECK enum result user_session_clear(struct db *db, uint32_t account, struct err *err);

#endif
