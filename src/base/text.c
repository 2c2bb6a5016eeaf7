/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every intermediate form lies in the caller's pool, which wipes it.
 */
#include "base/text.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#define EMAIL_MAX 254 /* RFC 5321 section 4.5.3.1.3, the angle brackets taken off */

struct wide {
	UChar *text;
	int32_t len;
};

static bool is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] >= 0x80)
			return false;
	}
	return true;
}

bool text_is_utf8(const char *text, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t at = 0;
	UChar32 c = 0;

	while (at < len && c >= 0)
		U8_NEXT(bytes, at, len, c);
	return c >= 0;
}

/* A NUL becomes a space: it would end the result early, and make two texts one. */
static bool widen(struct pool *pool, const char *text, size_t len, struct wide *out)
{
	UErrorCode status = U_ZERO_ERROR;

	if (len > INT32_MAX / 4)
		return false;
	out->text = pool_alloc(pool, (len + 1) * sizeof *out->text);
	if (out->text == NULL)
		return false;
	u_strFromUTF8(out->text, (int32_t)len + 1, &out->len, text, (int32_t)len, &status);
	for (size_t i = 0; i < len; i++)
		out->text[i] = out->text[i] == 0 ? ' ' : out->text[i];
	return U_SUCCESS(status);
}

typedef int32_t transform_fn(UChar *to, int32_t room, const struct wide *from, UErrorCode *status);

static int32_t fold_case(UChar *to, int32_t room, const struct wide *from, UErrorCode *status)
{
	return u_strFoldCase(to, room, from->text, from->len, U_FOLD_CASE_DEFAULT, status);
}

static int32_t compose(UChar *to, int32_t room, const struct wide *from, UErrorCode *status)
{
	return unorm2_normalize(unorm2_getNFCInstance(status), from->text, from->len, to, room, status);
}

/* NFKC_Casefold folds case, and drops what is invisible (soft hyphens, zero-width joiners). */
static int32_t fold_compatible(UChar *to, int32_t room, const struct wide *from, UErrorCode *status)
{
	return unorm2_normalize(unorm2_getNFKCCasefoldInstance(status), from->text, from->len, to, room, status);
}

static int32_t decompose(UChar *to, int32_t room, const struct wide *from, UErrorCode *status)
{
	return unorm2_normalize(unorm2_getNFKDInstance(status), from->text, from->len, to, room, status);
}

/* Tries with room for the usual, then with what ICU says it needs. */
static bool transform(struct pool *pool, struct wide *text, transform_fn *how)
{
	int32_t room = text->len + 16;

	for (int attempt = 0; attempt < 2; attempt++) {
		UErrorCode status = U_ZERO_ERROR;
		UChar *to = pool_alloc(pool, ((size_t)room + 1) * sizeof *to);
		int32_t len;

		if (to == NULL)
			return false;
		len = how(to, room, text, &status);
		if (U_SUCCESS(status)) {
			*text = (struct wide){to, len};
			return true;
		}
		if (status != U_BUFFER_OVERFLOW_ERROR)
			return false;
		room = len;
	}
	return false;
}

static void strip_marks(struct wide *text)
{
	int32_t at = 0, used = 0;

	while (at < text->len) {
		UChar32 c;

		U16_NEXT(text->text, at, text->len, c);
		if ((U_GET_GC_MASK(c) & (U_GC_MN_MASK | U_GC_ME_MASK)) == 0)
			U16_APPEND_UNSAFE(text->text, used, c);
	}
	text->len = used;
}

static void squeeze_spaces(struct wide *text)
{
	int32_t at = 0, used = 0;
	bool pending = false;

	while (at < text->len) {
		UChar32 c;

		U16_NEXT(text->text, at, text->len, c);
		if (u_isUWhiteSpace(c)) {
			pending = used > 0;
			continue;
		}
		if (pending)
			text->text[used++] = ' ';
		pending = false;
		U16_APPEND_UNSAFE(text->text, used, c);
	}
	text->len = used;
}

static void trim(struct wide *text)
{
	int32_t start = 0, end = text->len, next;
	UChar32 c;

	for (; start < end; start = next) {
		next = start;
		U16_NEXT(text->text, next, end, c);
		if (!u_isUWhiteSpace(c))
			break;
	}
	for (; end > start; end = next) {
		next = end;
		U16_PREV(text->text, start, next, c);
		if (!u_isUWhiteSpace(c))
			break;
	}
	*text = (struct wide){text->text + start, end - start};
}

static char *narrow(struct pool *pool, const struct wide *text)
{
	UErrorCode status = U_ZERO_ERROR;
	size_t room = (size_t)text->len * 3 + 1;
	char *out = pool_alloc(pool, room);

	if (out == NULL)
		return NULL;
	u_strToUTF8(out, (int32_t)room, NULL, text->text, text->len, &status);
	return U_SUCCESS(status) ? out : NULL;
}

static bool is_ascii_space(char c)
{
	return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r');
}

/* What the long way gives for ASCII, without it. Runs of white space become one space where `squeeze`. */
static char *fold_ascii(struct pool *pool, const char *text, size_t len, bool squeeze)
{
	char *out = pool_alloc(pool, len + 1);
	size_t used = 0;

	if (out == NULL)
		return NULL;
	while (len > 0 && is_ascii_space(text[len - 1]))
		len--;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (is_ascii_space(c) && (used == 0 || (squeeze && out[used - 1] == ' ')))
			continue;
		if (c == '\0' || (squeeze && is_ascii_space(c)))
			c = ' ';
		out[used++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	return out;
}

char *text_fold(struct pool *pool, const char *text, size_t len)
{
	struct wide wide;

	if (is_ascii(text, len))
		return fold_ascii(pool, text, len, true);
	if (!widen(pool, text, len, &wide) || !transform(pool, &wide, fold_compatible) ||
	    !transform(pool, &wide, decompose))
		return NULL;
	strip_marks(&wide);
	squeeze_spaces(&wide);
	return narrow(pool, &wide);
}

char *text_fold_email(struct pool *pool, const char *text, size_t len)
{
	struct wide wide;

	if (is_ascii(text, len))
		return fold_ascii(pool, text, len, false);
	if (!widen(pool, text, len, &wide) || !transform(pool, &wide, compose) ||
	    !transform(pool, &wide, fold_case) || !transform(pool, &wide, compose))
		return NULL;
	trim(&wide);
	return narrow(pool, &wide);
}

char *text_compose(struct pool *pool, const char *text, size_t len)
{
	struct wide wide;

	if (is_ascii(text, len))
		return pool_strndup(pool, text, len);
	if (!widen(pool, text, len, &wide) || !transform(pool, &wide, compose))
		return NULL;
	return narrow(pool, &wide);
}

/* Neither white space nor control, nor what stands around addresses in a list. */
static bool address_character(UChar32 c)
{
	return c > 0x20 && c != 0x7f && !u_isUWhiteSpace(c) && c != '<' && c != '>' && c != ',' && c != ';';
}

static bool address_characters(const char *text, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t at = 0;
	UChar32 c;

	while (at < len) {
		U8_NEXT(bytes, at, len, c);
		if (!address_character(c))
			return false;
	}
	return true;
}

bool text_is_email(const char *text, size_t len)
{
	const char *at = memchr(text, '@', len);
	const char *domain;
	size_t domain_len;

	if (at == NULL || at == text || len > EMAIL_MAX || !address_characters(text, len))
		return false;
	domain = at + 1;
	domain_len = (size_t)(text + len - domain);
	if (domain_len < 3 || memchr(domain, '@', domain_len) != NULL || memchr(domain, '.', domain_len) == NULL)
		return false;
	return domain[0] != '.' && domain[domain_len - 1] != '.' && memmem(domain, domain_len, "..", 2) == NULL;
}
