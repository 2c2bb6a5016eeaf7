/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes as text, for what is handed out and typed in: base64url and base32 (RFC 4648 sections 5 and 6, both without
 * padding), base62 (0-9 A-Z a-z), CRC-32 (ISO 3309, as zip has it).
 */
#ifndef LETHE_ACCESS_CODING_H
#define LETHE_ACCESS_CODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASE64URL_LEN(n) (((n) * 4 + 2) / 3)
#define BASE32_LEN(n) (((n) * 8 + 4) / 5)

/* Writes BASE64URL_LEN(len) characters and a NUL; returns `out`. */
char *base64url_write(const void *data, size_t len, char *out);
/* False when it is not the one canonical form, or longer than `max`. */
bool base64url_read(const char *text, size_t text_len, void *out, size_t max, size_t *len);
/* Writes BASE32_LEN(len) characters and a NUL; returns `out`. */
char *base32_write(const void *data, size_t len, char *out);
/* `number`, of big-endian bytes, which is used up, in exactly `width` digits and a NUL; what does not fit is lost. */
char *base62_write(unsigned char *number, size_t len, size_t width, char *out);
bool base62_is(char c);
uint32_t crc32_of(const void *data, size_t len);

#endif
