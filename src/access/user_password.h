/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A user's password, kept as a hash that is sealed under the user's own key: gone with the user in every copy.
 */
#ifndef LETHE_ACCESS_USER_PASSWORD_H
#define LETHE_ACCESS_USER_PASSWORD_H

#include "access/password.h"
#include "access/session.h"
#include "vault/accounts.h"

/* How it came to be set: in its leaf. */
enum password_how { PASSWORD_BY_SOMEBODY = 1, PASSWORD_BY_INVITE = 2, PASSWORD_BY_USER = 3 };

/* Accepts it (ERR_INPUT), hashes it, and in one transaction sets it, ends all sessions and the one-time link of the user
 * and leaves a leaf. */
MUST_CHECK enum result user_password_set(struct vault *vault, struct password_gate *gate, const struct account *account,
					 const struct user_row *user, const char *text, size_t len, enum password_how how,
					 struct instant now, struct err *err);
/* The same in two halves, for who has more to do in that transaction: the hash of what is acceptable, where `name` is the
 * user's, and what is done with it there. */
MUST_CHECK enum result user_password_prepare(struct password_gate *gate, const struct account *account, const char *name,
					     const char *text, size_t len, struct pool *pool,
					     char hash[PASSWORD_HASH_MAX], struct err *err);
MUST_CHECK enum result user_password_put(struct session *session, const struct user_row *user,
					 const char hash[PASSWORD_HASH_MAX], enum password_how how, struct instant now,
					 struct pool *pool, struct err *err);
/* Is it theirs? Charged by the caller (access/again.h). */
MUST_CHECK enum result user_password_known(struct vault *vault, struct password_gate *gate, const struct user_row *user,
					   const char *text, size_t len, bool *is, struct err *err);

#endif
