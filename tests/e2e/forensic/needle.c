/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "needle.h"

#include <ctype.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEEDLES_MAX 4096
#define NEEDLE_MIN 6 /* bytes; a shorter one is found by chance */
#define PIECE 32     /* of a file */

static struct needle {
	const char *pattern, *encoding;
	unsigned char *bytes;
	size_t len;
} needles[NEEDLES_MAX];
static size_t count, found;

size_t needles_count(void)
{
	return count;
}

size_t needles_found(void)
{
	return found;
}

static void add(const char *pattern, const char *encoding, const void *bytes, size_t len)
{
	if (len < NEEDLE_MIN)
		return;
	for (size_t i = 0; i < count; i++) {
		if (needles[i].len == len && memcmp(needles[i].bytes, bytes, len) == 0)
			return;
	}
	if (count == NEEDLES_MAX)
		errx(2, "too many patterns");
	needles[count] = (struct needle){pattern, encoding, malloc(len), len};
	if (needles[count].bytes == NULL)
		errx(2, "no memory");
	memcpy(needles[count++].bytes, bytes, len);
}

/* ---- encodings ---- */

/* The next character of valid UTF-8. */
static unsigned next_char(const unsigned char **at)
{
	unsigned c = *(*at)++;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	if (more > 0)
		c &= 0x3fu >> more;
	while (more-- > 0 && **at != '\0')
		c = c << 6 | (*(*at)++ & 0x3fu);
	return c;
}

static void add_wide(const char *pattern, const char *text)
{
	unsigned char little[1024] = {0}, big[1024] = {0}, latin[512] = {0};
	size_t n = 0;
	bool is_latin = true;

	for (const unsigned char *at = (const unsigned char *)text; *at != '\0' && n < 500; n++) {
		unsigned c = next_char(&at);

		little[2 * n] = big[2 * n + 1] = latin[n] = (unsigned char)c;
		little[2 * n + 1] = big[2 * n] = (unsigned char)(c >> 8);
		is_latin &= c < 256;
	}
	add(pattern, "UTF-16LE", little, 2 * n);
	add(pattern, "UTF-16BE", big, 2 * n);
	if (is_latin)
		add(pattern, "Latin-1", latin, n);
}

static void add_escaped(const char *pattern, const char *text)
{
	char json[4096] = "", percent[4096] = "", hex[4096] = "";
	size_t j = 0, p = 0, h = 0;

	for (const unsigned char *at = (const unsigned char *)text; *at != '\0' && j < 4000;) {
		const unsigned char *from = at;
		unsigned c = next_char(&at);

		j += (size_t)snprintf(json + j, sizeof json - j, c < 128 ? "%c" : "\\u%04x", c);
		for (; from < at; from++) {
			p += (size_t)snprintf(percent + p, sizeof percent - p, isalnum(*from) ? "%c" : "%%%02X", *from);
			h += (size_t)snprintf(hex + h, sizeof hex - h, "%02x", *from);
		}
	}
	add(pattern, "JSON escapes", json, j);
	add(pattern, "percent escapes", percent, p);
	add(pattern, "hexadecimal", hex, h);
	for (size_t i = 0; i < h; i++)
		hex[i] = (char)toupper((unsigned char)hex[i]);
	add(pattern, "hexadecimal", hex, h);
}

/* What base64 makes of `bytes` behind `shift` unknown ones, without the characters that hold parts of others. */
static void add_base64(const char *pattern, const unsigned char *bytes, size_t len, size_t shift)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t first = (shift * 8 + 5) / 6, last = (shift + len) * 8 / 6, n = 0;
	char out[2048] = "";

	for (size_t i = first; i < last && n < sizeof out; i++) {
		unsigned value = 0;

		for (size_t bit = i * 6; bit < i * 6 + 6; bit++)
			value = value << 1 | (bytes[bit / 8 - shift] >> (7 - bit % 8) & 1u);
		out[n++] = digits[value];
	}
	add(pattern, "base64", out, n);
}

static void add_text(const char *pattern, const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t len = strlen(text);

	if (len > 400)
		errx(2, "a pattern may have 400 bytes");
	add(pattern, "UTF-8", text, len);
	add_wide(pattern, text);
	add_escaped(pattern, text);
	for (size_t shift = 0; shift < 3; shift++)
		add_base64(pattern, bytes, len, shift);
}

/* ---- spellings ---- */

static void add_cases(const char *pattern)
{
	char copy[512];
	size_t len = strlen(pattern);

	add_text(pattern, pattern);
	for (size_t i = 0; i <= len && i < sizeof copy; i++)
		copy[i] = (char)tolower((unsigned char)pattern[i]);
	add_text(pattern, copy);
	for (size_t i = 0; i < len && i < sizeof copy; i++)
		copy[i] = (char)toupper((unsigned char)pattern[i]);
	add_text(pattern, copy);
}

static void add_grouped(const char *pattern, const char *prefix, const char *digits, char between)
{
	char out[64];
	size_t n = (size_t)snprintf(out, sizeof out, "%s", prefix);

	for (size_t i = 0; digits[i] != '\0' && n + 2 < sizeof out; i++) {
		if (i > 0 && i % 2 == 0)
			out[n++] = between;
		out[n++] = digits[i];
	}
	out[n] = '\0';
	add_text(pattern, out);
}

/* A number of a country code with two digits, as those of the samples. */
static void add_number(const char *pattern)
{
	char text[64];

	add_text(pattern, pattern);
	add_text(pattern, pattern + 1);
	add_text(pattern, pattern + 3);
	snprintf(text, sizeof text, "00%s", pattern + 1);
	add_text(pattern, text);
	snprintf(text, sizeof text, "%.3s ", pattern);
	add_grouped(pattern, "", pattern + 3, ' ');
	add_grouped(pattern, "", pattern + 3, '-');
	add_grouped(pattern, text, pattern + 3, ' ');
}

/* ---- files ---- */

/* Silence is everywhere: a piece must vary. */
static bool varies(const unsigned char *piece)
{
	bool seen[256] = {false};
	int different = 0;

	for (size_t i = 0; i < PIECE; i++) {
		different += !seen[piece[i]];
		seen[piece[i]] = true;
	}
	return different >= 12;
}

static void add_file(const char *pattern)
{
	static unsigned char bytes[8 << 20];
	FILE *file = fopen(pattern + 1, "rb");
	size_t len = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0, before = count;

	if (file == NULL)
		err(2, "%s", pattern + 1);
	fclose(file);
	for (size_t part = 0; part < 8; part++) {
		size_t at = len / 8 * part;

		while (at + PIECE <= len && !varies(bytes + at))
			at++;
		if (at + PIECE > len)
			continue;
		add(pattern, "bytes", bytes + at, PIECE);
		for (size_t shift = 0; shift < 3; shift++)
			add_base64(pattern, bytes + at, PIECE, shift);
	}
	if (count == before)
		errx(2, "%s: nothing in it is worth looking for", pattern + 1);
}

void needles_add(const char *pattern)
{
	if (pattern[0] == '@')
		add_file(pattern);
	else if (pattern[0] == '+' && strlen(pattern) > 8)
		add_number(pattern);
	else
		add_cases(pattern);
}

void needles_look(const void *data, size_t len, const char *place)
{
	for (size_t i = 0; i < count; i++) {
		if (memmem(data, len, needles[i].bytes, needles[i].len) == NULL)
			continue;
		found++;
		printf("found %s of %s in %s\n", needles[i].encoding, needles[i].pattern, place);
	}
}
