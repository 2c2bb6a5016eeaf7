/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A user's secrets: read anywhere, set inside a write transaction.  What was set before is outdated by it, for
 * restores (vault/outdated.h).
 */
#ifndef LETHE_ACCESS_SECRET_H
#define LETHE_ACCESS_SECRET_H

#include "vault/vault.h"

/* `*plain` in the pool, which wipes it; NULL when the user has none of that kind. `row` may be NULL. */
MUST_CHECK enum result secret_get(struct session *session, const struct user_row *user, enum user_secret_kind kind,
				  struct pool *pool, struct user_secret_row *row, const char **plain, size_t *len,
				  struct err *err);
MUST_CHECK enum result secret_has(struct session *session, const struct user_row *user, enum user_secret_kind kind,
				  struct pool *pool, bool *has, struct err *err);
/* `used` as its kind has it. */
MUST_CHECK enum result secret_set(struct session *session, const struct user_row *user, enum user_secret_kind kind,
				  const void *plain, size_t len, int64_t used, struct instant now, struct pool *pool,
				  struct err *err);
/* No-op when there is none. */
MUST_CHECK enum result secret_drop(struct session *session, const struct user_row *user, enum user_secret_kind kind,
				   struct instant now, struct err *err);
/* The user as they are in this transaction: ERR_NOT_FOUND when they are gone, ERR_WRONG_STATE while they are being removed. */
MUST_CHECK enum result secret_user(struct session *session, uint32_t account, int64_t user, struct pool *pool,
				   struct user_row *out, struct err *err);

#endif
