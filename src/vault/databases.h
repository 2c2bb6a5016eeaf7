/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The two databases of a region, opened as a vault needs them.
 */
#ifndef LETHE_VAULT_DATABASES_H
#define LETHE_VAULT_DATABASES_H

#include "vault/vault.h"

#define DATABASES_BUSY_MS 30000
#define DATABASES_READ_CACHE ((size_t)16 * 1024 * 1024) /* bytes; with a larger one the file is not mapped */

/* vault.db or keys.db in the region's folder. ERR_CORRUPT when it is missing or empty. */
MUST_CHECK enum result databases_open_one(const char *dir, const char *name, enum db_mode mode, size_t cache,
					  struct db **out, struct err *err);
/* The key store, with the tables of today; into session->keys. */
MUST_CHECK enum result databases_open_keys(const char *dir, enum db_mode mode, size_t cache, struct session *session,
					   struct err *err);
/* Both. What is open when it fails, databases_close closes. */
MUST_CHECK enum result databases_open(const char *dir, enum db_mode mode, size_t data_cache, size_t keys_cache,
				      struct session *session, struct err *err);
/* And what lies over them: keyring, directory. Zeroes it; a zeroed one is fine. */
void databases_close(struct session *session);

#endif
