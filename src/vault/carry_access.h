/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What lets users and programs in, taken over by a restore exactly as it is now: no old password, no revoked token
 * and no ended session comes back.
 */
#ifndef LETHE_VAULT_CARRY_ACCESS_H
#define LETHE_VAULT_CARRY_ACCESS_H

#include "base/pool.h"
#include "db/db.h"

/* Of one account, from `live` into `to`, which is in a transaction. `pool` is reset. */
MUST_CHECK enum result carry_access(struct db *live, struct db *to, uint32_t account, struct pool *pool, struct err *err);

#endif
