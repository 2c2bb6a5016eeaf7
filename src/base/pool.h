/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Request memory: allocate freely, free once.
 *
 * A pool belongs to one request, one import line or one command.  What it
 * hands out lives until pool_reset or pool_free, which wipe it: pools hold
 * opened payloads.  Not thread safe; one pool, one thread.
 */
#ifndef LETHE_BASE_POOL_H
#define LETHE_BASE_POOL_H

#include <stddef.h>
#include "base/err.h"

struct pool_chunk;

struct pool {
	struct pool_chunk *chunks; /* newest first */
	size_t used;               /* bytes handed out since the last reset */
	size_t max;                /* pool_alloc beyond this returns NULL */
};

/* An empty pool; allocates nothing yet.  `max` is in bytes. */
void pool_init(struct pool *pool, size_t max);
/* Zeroed, aligned for any type; NULL when out of memory or over the maximum. size 0 gives a valid pointer. */
void *pool_alloc(struct pool *pool, size_t size);
/* Copies; the result is NUL-terminated.  NULL as pool_alloc. */
char *pool_strndup(struct pool *pool, const char *text, size_t len);
char *pool_strdup(struct pool *pool, const char *text);
char *pool_printf(struct pool *pool, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Wipes and keeps the first chunk for reuse. */
void pool_reset(struct pool *pool);
/* Wipes and frees.  A zeroed pool is allowed. */
void pool_free(struct pool *pool);

#endif
