/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Recovery codes, for who lost what makes their one-time codes: ten of them,
 * each good once, 80 random bits as "a3dq-7xkf-2m5t-zr4b".  Stored are their
 * digests, sealed with the rest of the user's secrets.
 */
#ifndef LETHE_ACCESS_RECOVERY_H
#define LETHE_ACCESS_RECOVERY_H

#include "crypto/primitives.h"

#define RECOVERY_CODES 10
#define RECOVERY_TEXT_MAX 20 /* terminator included */
#define RECOVERY_DIGESTS (RECOVERY_CODES * HASH_LEN)

struct recovery { char codes[RECOVERY_CODES][RECOVERY_TEXT_MAX]; }; /* wipe with explicit_bzero */

/* New ones, and what is stored of them. */
void recovery_make(struct recovery *out, unsigned char digests[RECOVERY_DIGESTS]);
/* Which one it is, -1: none. Upper or lower case, with or without the dashes; all are compared, whichever fits. */
int recovery_find(const unsigned char digests[RECOVERY_DIGESTS], const char *code);

#endif
