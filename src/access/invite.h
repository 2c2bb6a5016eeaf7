/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One-time links: how somebody comes to a password that nobody else knows.
 *
 * At the first start one makes the first owner of an account; later they
 * invite users, and reset passwords.  There is no default password.  A link
 * holds 256 random bits, of which the digest is stored; it ends when it is
 * used, when another one is made for the same user, and after 24 hours.
 */
#ifndef LETHE_ACCESS_INVITE_H
#define LETHE_ACCESS_INVITE_H

#include "access/opaque.h"
#include "access/permission.h"
#include "access/user_password.h"
#include "store/invite.h"

extern const struct duration invite_lasts; /* 24 hours */

/* For a user, in place of the one they have. ERR_DENIED when `actor` may not give the role that the user has. */
MUST_CHECK enum result invites_make(struct vault *vault, const struct actor *actor, const struct user_row *user,
				    struct instant now, struct opaque *out, struct instant *expires, struct err *err);
/* For who will be the account's first owner. ERR_EXISTS when it has an owner. */
MUST_CHECK enum result invites_first_owner(struct vault *vault, const struct actor *actor, const struct account *account,
					   struct instant now, struct opaque *out, struct instant *expires,
					   struct err *err);

/* Has it one? */
MUST_CHECK enum result invites_has_owner(struct session *session, uint32_t account, bool *has, struct err *err);

/* What a link is for, before it is used. ERR_DENIED: there is no such link, it was used, or it has ended; one text. Or the
 * operator had it made for an owner, and an owner can sign in by now: another. */
struct invite_found { struct account account; bool first_owner; struct user_row user; const char *name; };
MUST_CHECK enum result invites_find(struct session *session, const char *text, size_t len, struct instant now,
				    struct pool *pool, struct invite_found *out, struct err *err);
/* Uses it: sets the password, and in the same transaction ends the link. `name` is for the first owner, NULL for others.
 * ERR_INPUT for a password that is not accepted: the link stays. */
MUST_CHECK enum result invites_use(struct vault *vault, struct password_gate *gate, const char *text, size_t len,
				   const char *name, const char *password, size_t password_len, struct instant now,
				   struct id *user, struct err *err);
/* Ends the link of a user. ERR_NOT_FOUND. */
MUST_CHECK enum result invites_end(struct vault *vault, const struct user_row *user, struct instant now, struct err *err);

#endif
