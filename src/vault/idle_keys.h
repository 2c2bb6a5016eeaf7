/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys of identities and periods that open nothing any more: a crash or a restore can leave them.  They do no harm.
 */
#ifndef LETHE_VAULT_IDLE_KEYS_H
#define LETHE_VAULT_IDLE_KEYS_H

#include "vault/vault.h"

/* How many, in all accounts. Empties `pool` as it goes. */
MUST_CHECK enum result idle_keys_count(struct session *session, struct pool *pool, int64_t *sum, struct err *err);

#endif
