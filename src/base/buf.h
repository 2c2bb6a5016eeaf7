/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte buffer with a named maximum.
 *
 * Errors stick: after a failed append every later one does nothing, and
 * buf_ok() at the end tells.  So a writer appends without checking each step.
 * `data` is NUL-terminated whenever it is not NULL.
 */
#ifndef LETHE_BASE_BUF_H
#define LETHE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

struct pool;

struct buf {
	char *data; /* owned; NULL until the first append */
	size_t len, cap, max;
	bool failed;
	bool no_memory; /* why it failed; else its maximum */
};

/* `max` is the greatest length in bytes, terminator excluded. */
void buf_init(struct buf *buf, size_t max);
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_add_str(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Makes room for `len` bytes at the end and returns it, NULL on failure; buf->len grows by `len`. */
void *buf_extend(struct buf *buf, size_t len);
/* OK; or ERR_LIMIT / ERR_NO_MEMORY, with `what` naming the thing that was being built. */
MUST_CHECK enum result buf_ok(const struct buf *buf, const char *what, struct err *err);
/* The end of a text: a copy in the pool, NUL-terminated, "" when nothing was added; the buffer is freed. NULL: what buf_ok says of
 * `what`, or ERR_NO_MEMORY. */
MUST_CHECK char *buf_to_pool(struct buf *buf, const char *what, struct pool *pool, struct err *err);
/* Empties (wiping) and keeps the memory; clears a failure. */
void buf_reset(struct buf *buf);
/* Wipes and frees.  A zeroed buf is allowed. */
void buf_free(struct buf *buf);

#endif
