/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/opaque.h"

#include <string.h>

#include "access/coding.h"

#define PREFIX_LEN (sizeof OPAQUE_PREFIX - 1)
#define RANDOM_LEN 43 /* 62^43 > 2^256 */
#define CHECK_LEN 6   /* 62^6 > 2^32 */
#define BODY_LEN (PREFIX_LEN + 1 + RANDOM_LEN)

_Static_assert(BODY_LEN + CHECK_LEN == OPAQUE_LEN, "all of it");

static void write_check(const char *body, char out[CHECK_LEN + 1])
{
	uint32_t crc = crc32_of(body, BODY_LEN);
	unsigned char bytes[4];

	for (int i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(crc >> (24 - 8 * i));
	base62_write(bytes, sizeof bytes, CHECK_LEN, out);
}

void opaque_make(enum opaque_kind kind, struct opaque *out, struct hash *hash)
{
	unsigned char random[32];

	random_bytes(random, sizeof random);
	memcpy(out->text, OPAQUE_PREFIX, PREFIX_LEN);
	out->text[PREFIX_LEN] = (char)kind;
	base62_write(random, sizeof random, RANDOM_LEN, out->text + PREFIX_LEN + 1); /* uses `random` up */
	write_check(out->text, out->text + BODY_LEN);
	*hash = sha256(out->text, OPAQUE_LEN);
}

static bool is_kind(char c)
{
	return c == OPAQUE_ACCOUNT || c == OPAQUE_OPERATOR || c == OPAQUE_SESSION || c == OPAQUE_INVITE;
}

bool opaque_read(const char *text, size_t len, enum opaque_kind *kind, struct hash *hash)
{
	char check[CHECK_LEN + 1];

	if (len != OPAQUE_LEN || memcmp(text, OPAQUE_PREFIX, PREFIX_LEN) != 0 || !is_kind(text[PREFIX_LEN]))
		return false;
	for (size_t i = PREFIX_LEN + 1; i < OPAQUE_LEN; i++) {
		if (!base62_is(text[i]))
			return false;
	}
	write_check(text, check);
	if (memcmp(check, text + BODY_LEN, CHECK_LEN) != 0)
		return false;
	*kind = (enum opaque_kind)text[PREFIX_LEN];
	*hash = sha256(text, len);
	return true;
}

bool opaque_digest(const char *text, size_t len, struct hash *hash)
{
	if (len != OPAQUE_LEN)
		return false;
	*hash = sha256(text, len);
	return true;
}

void opaque_wipe(struct opaque *opaque)
{
	explicit_bzero(opaque, sizeof *opaque);
}
