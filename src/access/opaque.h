/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is handed out once and shown to be let in: API tokens, sessions, one-time links.
 *
 *     lethe_ K RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR CCCCCC       without the spaces
 *
 * K says what it is, R is 256 random bits in base62, C the CRC-32 of all before it in base62: who finds one in a file
 * knows what it is and that it is whole, and what was mistyped costs no look into the database. Stored is only its
 * SHA-256: it is random enough that no slower hash is needed.
 */
#ifndef LETHE_ACCESS_OPAQUE_H
#define LETHE_ACCESS_OPAQUE_H

#include <stdbool.h>
#include "crypto/primitives.h"

enum opaque_kind { OPAQUE_ACCOUNT = 'a', OPAQUE_OPERATOR = 'o', OPAQUE_SESSION = 's', OPAQUE_INVITE = 'i' };

#define OPAQUE_PREFIX "lethe_"
#define OPAQUE_LEN 56 /* characters */

struct opaque { char text[OPAQUE_LEN + 1]; }; /* wipe with opaque_wipe */

void opaque_make(enum opaque_kind kind, struct opaque *out, struct hash *hash);
/* The digest it is stored as; false when it cannot be one: not of that form, or its check does not fit. */
bool opaque_read(const char *text, size_t len, enum opaque_kind *kind, struct hash *hash);
/* The same of what may be one that is known already: its form is not looked at, for no other has its digest. */
bool opaque_digest(const char *text, size_t len, struct hash *hash);
void opaque_wipe(struct opaque *opaque);

#endif
