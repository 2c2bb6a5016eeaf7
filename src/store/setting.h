/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Settings of an account: words, dates and numbers by name. Nothing personal.
 */
#ifndef LETHE_STORE_SETTING_H
#define LETHE_STORE_SETTING_H

#include "base/pool.h"
#include "db/db.h"

#define SETTING_NAME_MAX 40

struct setting { const char *name, *value; }; /* in the pool */

/* `*value` NULL when it was never set. */
MUST_CHECK enum result setting_get(struct db *db, uint32_t account, const char *name, struct pool *pool,
				   const char **value, struct err *err);
MUST_CHECK enum result setting_put(struct db *db, uint32_t account, const char *name, const char *value,
				   struct err *err);
/* Those whose name comes after `after`, in order, up to max. */
MUST_CHECK enum result setting_list(struct db *db, uint32_t account, const char *after, struct pool *pool,
				    struct setting *out, size_t max, size_t *count, struct err *err);

#endif
