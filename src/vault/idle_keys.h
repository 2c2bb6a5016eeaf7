/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys of identities, contacts, periods, holds, duties and kept files that open nothing any more: a crash or a restore can leave
 * them.
 */
#ifndef LETHE_VAULT_IDLE_KEYS_H
#define LETHE_VAULT_IDLE_KEYS_H

#include "vault/vault.h"

/* How many, in all accounts. Empties `pool` as it goes. */
MUST_CHECK enum result idle_keys_count(struct session *session, struct pool *pool, int64_t *sum, struct err *err);

/* `*needed` when a hold or a duty of the account has that number. */
MUST_CHECK enum result idle_keys_keeper(struct session *session, uint32_t account, int64_t number, struct pool *pool,
					bool *needed, struct err *err);

#endif
