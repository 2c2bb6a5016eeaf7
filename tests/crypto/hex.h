/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Vectors as they are printed in standards.
 */
#ifndef LETHE_TESTS_CRYPTO_HEX_H
#define LETHE_TESTS_CRYPTO_HEX_H

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct bin {
	unsigned char data[512];
	size_t len;
};

/* White space inside is skipped; anything else that is not hexadecimal stops the test. */
static inline struct bin unhex(const char *hex)
{
	struct bin out = {.len = 0};

	if (sodium_hex2bin(out.data, sizeof out.data, hex, strlen(hex), " \n", &out.len, NULL) != 0)
		abort();
	return out;
}

/* A key of fewer than 32 bytes, zero-padded: the same HMAC key, by RFC 2104. */
static inline struct key key_of(const char *hex)
{
	struct bin bin = unhex(hex);
	struct key key = {{0}};

	if (bin.len > KEY_LEN)
		abort();
	memcpy(key.bytes, bin.data, bin.len);
	return key;
}

#define assert_hex(got, size, hex) \
	do { \
		struct bin want_ = unhex(hex); \
		assert_int_equal((size), want_.len); \
		assert_memory_equal((got), want_.data, want_.len); \
	} while (0)

#endif
