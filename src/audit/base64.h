/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Base64 with the standard alphabet and padding (RFC 4648 section 4), in the
 * one canonical form: no white space, no missing padding, no stray bits.
 */
#ifndef LETHE_AUDIT_BASE64_H
#define LETHE_AUDIT_BASE64_H

#include <stdbool.h>
#include "base/buf.h"

#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

void base64_add(struct buf *buf, const void *data, size_t len);
/* The decoded bytes into `out`; false when malformed or longer than `max`. */
bool base64_read(const char *text, size_t text_len, void *out, size_t max, size_t *len);
/* True when `text` is the base64 of exactly `len` bytes, which are then in `out`. */
bool base64_read_exactly(const char *text, size_t text_len, void *out, size_t len);

#endif
