/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The scope of a rule in words: "of the queue Support, the tag VIP, inbound, of
 * at least 60 s".
 */
#ifndef LETHE_RETENTION_SCOPE_H
#define LETHE_RETENTION_SCOPE_H

#include "store/policy.h"
#include "vault/vault.h"

/* In the pool; NULL for a kind's own rule. Names are opened: they are the account's own, nobody's data. What is not
 * there any more is named by its number in the database. */
MUST_CHECK enum result scope_words(struct session *session, uint32_t account, const struct policy_scope *scope,
				   struct pool *pool, const char **out, struct err *err);

#endif
