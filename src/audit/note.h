/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Checkpoints: C2SP tlog-checkpoint in a C2SP signed-note, Ed25519
 * (c2sp.org/tlog-checkpoint, c2sp.org/signed-note).
 */
#ifndef LETHE_AUDIT_NOTE_H
#define LETHE_AUDIT_NOTE_H

#include <stdint.h>
#include "base/buf.h"
#include "crypto/primitives.h"

#define NOTE_NAME_MAX 100
#define NOTE_KEY_TEXT_MAX 200
#define NOTE_MAX 4096

/* A verifier: "name+hash+base64(0x01 || key)". */
struct note_key {
	char name[NOTE_NAME_MAX];      /* no spaces, no '+' */
	uint32_t hash;                 /* first 4 bytes of SHA-256(name \n 0x01 key), big-endian */
	unsigned char public_key[SIGN_PUBLIC_LEN];
};
/* ERR_INPUT for a bad name. */
MUST_CHECK enum result note_key_make(const char *name, const unsigned char public_key[SIGN_PUBLIC_LEN],
				     struct note_key *out, struct err *err);
/* A trailing newline is allowed. */
MUST_CHECK enum result note_key_parse(const char *text, struct note_key *out, struct err *err);
char *note_key_format(const struct note_key *key, char out[NOTE_KEY_TEXT_MAX]);

struct checkpoint {
	char origin[NOTE_NAME_MAX];
	uint64_t size;
	struct hash root;
};
/* Writes the signed note. */
MUST_CHECK enum result checkpoint_sign(const struct checkpoint *checkpoint, const struct note_key *key,
				       const unsigned char seed[SIGN_SEED_LEN], struct buf *out, struct err *err);
/* Checks the signature by `key` (others are passed over) and reads it. ERR_CORRUPT: malformed or not by this key. */
MUST_CHECK enum result checkpoint_verify(const char *note, size_t len, const struct note_key *key,
					 struct checkpoint *out, struct err *err);

#endif
