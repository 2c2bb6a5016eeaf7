/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What somebody who was let in a while ago may by now: a job may have waited
 * long behind others.
 */
#ifndef LETHE_ACCESS_RIGHTS_NOW_H
#define LETHE_ACCESS_RIGHTS_NOW_H

#include "access/actor.h"
#include "vault/vault.h"

/* Brings role, scopes and agent up to date. ERR_DENIED: the token was revoked or has expired, the user was removed. Who is at
 * the machine stays as they are. `session` is of the region in which they were let in. */
MUST_CHECK enum result rights_now(struct session *session, struct instant now, struct pool *pool, struct actor *actor,
				  struct err *err);

#endif
