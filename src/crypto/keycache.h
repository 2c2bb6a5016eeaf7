/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bounded cache of unwrapped keys in locked memory.
 *
 * One slab from sodium_malloc (guard pages, mlock, left out of core dumps);
 * least recently used keys are wiped first.  One thread at a time.
 */
#ifndef LETHE_CRYPTO_KEYCACHE_H
#define LETHE_CRYPTO_KEYCACHE_H

#include <stdbool.h>
#include "crypto/primitives.h"

struct keycache;

/* Names one key: account, class, number (see store/key.h). */
struct keycache_name { uint32_t account; uint32_t class; uint64_t number; };

/* Of at most so many entries; memory is taken as it is needed, and only what can be locked, except for the first
 * 256 KiB: see keycache_is_locked. */
MUST_CHECK enum result keycache_new(size_t entries, struct keycache **out, struct err *err);
void keycache_free(struct keycache *cache); /* wipes all */
bool keycache_get(struct keycache *cache, struct keycache_name name, struct key *out);
void keycache_put(struct keycache *cache, struct keycache_name name, const struct key *key);
/* Has the processor fetch what keycache_get of that name will want, while the caller does something else. */
void keycache_prefetch(const struct keycache *cache, struct keycache_name name);
void keycache_drop(struct keycache *cache, struct keycache_name name);
void keycache_clear(struct keycache *cache);
bool keycache_is_locked(const struct keycache *cache); /* did mlock succeed? */

#endif
