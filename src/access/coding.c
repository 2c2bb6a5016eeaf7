/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/coding.h"

#include <string.h>

static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char base32_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base62_digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Takes `bits` at a time, from the front; the last group is filled up with zeros. */
static char *write_bits(const unsigned char *data, size_t len, unsigned bits, const char *digits, char *out)
{
	uint32_t waiting = 0;
	unsigned have = 0;
	char *at = out;

	for (size_t i = 0; i < len; i++) {
		waiting = (waiting << 8) | data[i];
		for (have += 8; have >= bits; have -= bits)
			*at++ = digits[waiting >> (have - bits) & ((1u << bits) - 1)];
		waiting &= (1u << have) - 1;
	}
	if (have > 0)
		*at++ = digits[waiting << (bits - have) & ((1u << bits) - 1)];
	*at = '\0';
	return out;
}

char *base64url_write(const void *data, size_t len, char *out)
{
	return write_bits(data, len, 6, url_digits, out);
}

char *base32_write(const void *data, size_t len, char *out)
{
	return write_bits(data, len, 5, base32_digits, out);
}

static int url_value(char c)
{
	const char *at = c != '\0' ? strchr(url_digits, c) : NULL;

	return at != NULL ? (int)(at - url_digits) : -1;
}

bool base64url_read(const char *text, size_t text_len, void *out, size_t max, size_t *len)
{
	unsigned char *to = out;
	uint32_t waiting = 0;
	unsigned have = 0;

	*len = 0;
	if (text_len % 4 == 1)
		return false;
	for (size_t i = 0; i < text_len; i++) {
		int value = url_value(text[i]);

		if (value < 0)
			return false;
		waiting = (waiting << 6) | (uint32_t)value;
		have += 6;
		if (have < 8)
			continue;
		if (*len == max)
			return false;
		have -= 8;
		to[(*len)++] = (unsigned char)(waiting >> have);
		waiting &= (1u << have) - 1;
	}
	return waiting == 0; /* no stray bits: two texts never mean the same */
}

char *base62_write(unsigned char *number, size_t len, size_t width, char *out)
{
	out[width] = '\0';
	for (size_t digit = width; digit-- > 0;) {
		unsigned rest = 0;

		for (size_t i = 0; i < len; i++) {
			unsigned value = rest << 8 | number[i];

			number[i] = (unsigned char)(value / 62);
			rest = value % 62;
		}
		out[digit] = base62_digits[rest];
	}
	return out;
}

bool base62_is(char c)
{
	return c != '\0' && strchr(base62_digits, c) != NULL;
}

uint32_t crc32_of(const void *data, size_t len)
{
	/* Of the sixteen halves of a byte. */
	static const uint32_t half[16] = {
	    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const unsigned char *bytes = data;
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ half[crc & 15];
		crc = crc >> 4 ^ half[crc & 15];
	}
	return ~crc;
}
