/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Content-Digest and Repr-Digest (RFC 9530): "sha-256=:base64:, ..".
 */
#ifndef LETHE_API_DIGEST_H
#define LETHE_API_DIGEST_H

#include "base/buf.h"
#include "crypto/primitives.h"

/* What SHA-256 a field value names. `*given` false: it was not sent (NULL), or names other algorithms alone. ERR_INPUT: it is
 * no such list, or names two. */
MUST_CHECK enum result digest_read(const char *value, bool *given, struct hash *out, struct err *err);
/* Appends "sha-256=:..:". */
void digest_write(struct buf *out, const struct hash *hash);

#endif
