/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The second factor: one-time codes by the clock, and recovery codes for who
 * lost what makes them.  It is asked for once its user has shown, with a code,
 * that they have it.  Everything is sealed under the user's key; a code of
 * either kind is accepted once.
 */
#ifndef LETHE_ACCESS_SECOND_H
#define LETHE_ACCESS_SECOND_H

#include "access/recovery.h"
#include "access/totp.h"
#include "store/user_session.h"
#include "vault/vault.h"

/* Makes a key, which is not asked for yet: `uri`, appended to, is to be shown once. Again: another key. ERR_EXISTS when
 * the user has a second factor: turn that off first. */
MUST_CHECK enum result second_begin(struct vault *vault, const struct user_row *user, struct instant now, struct buf *uri,
				    struct err *err);
/* From now on it is asked for. ERR_DENIED: the code does not fit, and nothing is changed. ERR_NOT_FOUND: none was
 * begun. The recovery codes are to be shown once. */
MUST_CHECK enum result second_confirm(struct vault *vault, const struct user_row *user, const char *code,
				      struct instant now, struct recovery *out, struct err *err);
/* Ten new recovery codes in place of those there were. ERR_NOT_FOUND without a second factor. */
MUST_CHECK enum result second_renew(struct vault *vault, const struct user_row *user, struct instant now,
				    struct recovery *out, struct err *err);
/* It is not asked for any more. ERR_NOT_FOUND when it was not. */
MUST_CHECK enum result second_off(struct vault *vault, const struct user_row *user, struct instant now, struct err *err);

struct second_state { bool on, begun; int recovery_left; };
MUST_CHECK enum result second_state(struct session *session, const struct user_row *user, struct pool *pool,
				    struct second_state *out, struct err *err);
/* Inside a write transaction: takes a code of either kind, so that it is not taken again. `*fits`; `*how` says which. */
MUST_CHECK enum result second_take(struct session *session, const struct user_row *user, const char *code,
				   struct instant now, struct pool *pool, bool *fits, enum session_how *how,
				   struct err *err);
/* Would it be taken? Changes nothing. */
MUST_CHECK enum result second_fits(struct session *session, const struct user_row *user, const char *code,
				   struct instant now, struct pool *pool, bool *fits, struct err *err);

#endif
