/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whose it is to say who has a role: who adds, invites or removes a user, or
 * changes how they are let in, could be them.
 *
 * Nobody does that of a role that may more than they may themselves
 * (access/permission.h).  The operator brings users in for accounts, owners
 * only where none can sign in: who can is asked instead.
 */
#ifndef LETHE_ACCESS_GIVING_H
#define LETHE_ACCESS_GIVING_H

#include "access/permission.h"
#include "vault/vault.h"

/* ERR_DENIED says whom to ask. */
MUST_CHECK enum result giving_require(struct session *session, const struct actor *actor, uint32_t account,
				      enum access_role role, struct err *err);

/* The same, and again in the transaction of the first thing that is written through `vault`, with its witness
 * (vault_witness): an owner may have come in between. `watch` stays until the witness is set anew. */
struct giving_watch { struct actor actor; uint32_t account; enum access_role role; vault_op *next; void *next_arg; };
MUST_CHECK enum result giving_watched(struct vault *vault, const struct actor *actor, uint32_t account,
				      enum access_role role, struct giving_watch *watch, struct err *err);
/* Was it given by an operator's token, which could not give it any more? `made_by` is the opaque id of who gave. */
MUST_CHECK enum result giving_is_over(struct session *session, const char *made_by, uint32_t account,
				      enum access_role role, bool *over, struct err *err);
/* Was it given by a user who was removed since, or by a token that was revoked since? */
MUST_CHECK enum result giving_is_withdrawn(struct session *session, const char *made_by, uint32_t account,
					   bool *withdrawn, struct err *err);

#endif
