/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/totp.h"

#include <string.h>

#include "access/coding.h"
#include "crypto/primitives.h"

void totp_key(unsigned char key[TOTP_KEY_LEN])
{
	random_bytes(key, TOTP_KEY_LEN);
}

int64_t totp_step(struct instant now)
{
	return now.ms / 1000 / TOTP_SECONDS;
}

/* RFC 4226 section 5.3. */
uint32_t totp_code(const unsigned char *key, size_t len, int64_t step, int digits)
{
	unsigned char counter[8], mac[SHA1_LEN];
	uint32_t number, ten = 1;
	const unsigned char *at;

	for (int i = 0; i < 8; i++)
		counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
	hmac_sha1(key, len, counter, sizeof counter, mac);
	at = mac + (mac[SHA1_LEN - 1] & 15);
	number = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	explicit_bzero(mac, sizeof mac);
	while (digits-- > 0)
		ten *= 10;
	return number % ten;
}

/* Six digits, spaces passed over; false when it is anything else. */
static bool read_code(const char *text, uint32_t *out)
{
	int digits = 0;

	*out = 0;
	for (; *text != '\0'; text++) {
		if (*text == ' ')
			continue;
		if (*text < '0' || *text > '9' || ++digits > TOTP_DIGITS)
			return false;
		*out = *out * 10 + (uint32_t)(*text - '0');
	}
	return digits == TOTP_DIGITS;
}

bool totp_fits(const unsigned char key[TOTP_KEY_LEN], struct instant now, int64_t last, const char *code, int64_t *step)
{
	int64_t at = totp_step(now);
	bool fits = false;
	uint32_t given;

	if (!read_code(code, &given))
		return false;
	for (int64_t i = at - TOTP_DRIFT; i <= at + TOTP_DRIFT; i++) {
		uint32_t wanted = totp_code(key, TOTP_KEY_LEN, i, TOTP_DIGITS);

		if (secret_equal(&wanted, &given, sizeof wanted) && i > last && !fits) {
			fits = true;
			*step = i;
		}
	}
	return fits;
}

/* RFC 3986: all but what is unreserved. */
static void add_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		char c = *text;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			     strchr("-._~", c) != NULL;

		if (plain)
			buf_add_char(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned char)c);
	}
}

void totp_uri(struct buf *out, const unsigned char key[TOTP_KEY_LEN], const char *issuer, const char *name)
{
	char text[BASE32_LEN(TOTP_KEY_LEN) + 1];

	buf_add_str(out, "otpauth://totp/");
	add_escaped(out, issuer);
	buf_add_char(out, ':');
	add_escaped(out, name);
	buf_printf(out, "?secret=%s&issuer=", base32_write(key, TOTP_KEY_LEN, text));
	add_escaped(out, issuer);
	buf_printf(out, "&algorithm=SHA1&digits=%d&period=%d", TOTP_DIGITS, TOTP_SECONDS);
	explicit_bzero(text, sizeof text);
}
