/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/recovery.h"

#include <ctype.h>
#include <string.h>

#include "access/coding.h"

#define RANDOM_LEN 10
#define LETTERS BASE32_LEN(RANDOM_LEN)
#define GROUP 4

_Static_assert(LETTERS + (LETTERS / GROUP - 1) + 1 == RECOVERY_TEXT_MAX, "the dashes have room");

static struct hash digest_of(const char letters[LETTERS])
{
	return sha256(letters, LETTERS);
}

static void make_one(char out[RECOVERY_TEXT_MAX], unsigned char digest[HASH_LEN])
{
	unsigned char random[RANDOM_LEN];
	char letters[LETTERS + 1];
	struct hash hash;
	size_t used = 0;

	random_bytes(random, sizeof random);
	base32_write(random, sizeof random, letters);
	for (size_t i = 0; i < LETTERS; i++) {
		letters[i] = (char)tolower((unsigned char)letters[i]);
		if (i > 0 && i % GROUP == 0)
			out[used++] = '-';
		out[used++] = letters[i];
	}
	out[used] = '\0';
	hash = digest_of(letters);
	memcpy(digest, hash.bytes, HASH_LEN);
	explicit_bzero(random, sizeof random);
	explicit_bzero(letters, sizeof letters);
}

void recovery_make(struct recovery *out, unsigned char digests[RECOVERY_DIGESTS])
{
	for (size_t i = 0; i < RECOVERY_CODES; i++)
		make_one(out->codes[i], digests + i * HASH_LEN);
}

int recovery_find(const unsigned char digests[RECOVERY_DIGESTS], const char *code)
{
	char letters[LETTERS];
	struct hash hash;
	size_t used = 0;
	int found = -1;

	for (; *code != '\0'; code++) {
		if (*code == '-' || *code == ' ')
			continue;
		if (used == LETTERS)
			return -1;
		letters[used++] = (char)tolower((unsigned char)*code);
	}
	if (used != LETTERS)
		return -1;
	hash = digest_of(letters);
	explicit_bzero(letters, sizeof letters);
	for (int i = 0; i < RECOVERY_CODES; i++) {
		if (secret_equal(digests + (size_t)i * HASH_LEN, hash.bytes, HASH_LEN))
			found = i;
	}
	return found;
}
