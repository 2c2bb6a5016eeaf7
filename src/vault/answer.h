/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Answers that are kept for a while, for who asks the same again.
 *
 * They may tell of people.  So each is sealed under a key of the account that
 * goes with the key of any person, contact or user of it: whoever is erased
 * is unreadable in them at once and in every copy, and then nobody's can be
 * given again.
 *
 *     mark (8 bytes: which of these keys it was) || nonce || ciphertext || tag
 */
#ifndef LETHE_VAULT_ANSWER_H
#define LETHE_VAULT_ANSWER_H

#include "vault/vault.h"

/* Inside a write transaction: makes the key where there is none. `name` is the row's key, which the seal binds. */
MUST_CHECK enum result answer_seal(struct session *session, uint32_t account, const struct blind *name,
				   const void *plain, size_t len, struct pool *pool, const unsigned char **out,
				   size_t *out_len, struct err *err);
/* The plaintext, NUL-terminated, in `pool`. ERR_GONE: its key is. ERR_CORRUPT. */
MUST_CHECK enum result answer_open(struct keyring *ring, uint32_t account, const struct blind *name,
				   const unsigned char *sealed, size_t len, struct pool *pool, const char **plain,
				   size_t *plain_len, struct err *err);

#endif
