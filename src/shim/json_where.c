/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "shim/json_where.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <unicode/utf16.h>
#include <unicode/utf8.h>

struct scan {
	const uint8_t *text;
	size_t at, len;
	size_t depth, depth_max;
	const char *fault;
};

static bool scan_value(struct scan *s);

static bool broken(struct scan *s, const char *fault)
{
	s->fault = s->at < s->len ? fault : "the text ends too early";
	return false;
}

/* The next byte; 0 at the end, which no rule accepts. */
static int peek(const struct scan *s)
{
	return s->at < s->len ? s->text[s->at] : 0;
}

static void skip_space(struct scan *s)
{
	while (s->at < s->len && memchr(" \t\r\n", s->text[s->at], 4) != NULL)
		s->at++;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool scan_digits(struct scan *s)
{
	if (!is_digit(peek(s)))
		return broken(s, "a digit is missing");
	while (is_digit(peek(s)))
		s->at++;
	return true;
}

static bool scan_number(struct scan *s)
{
	if (peek(s) == '-')
		s->at++;
	if (peek(s) == '0') {
		s->at++;
		if (is_digit(peek(s)))
			return broken(s, "a number begins with 0");
	} else if (!scan_digits(s)) {
		return false;
	}
	if (peek(s) == '.') {
		s->at++;
		if (!scan_digits(s))
			return false;
	}
	if (peek(s) != 'e' && peek(s) != 'E')
		return true;
	s->at++;
	if (peek(s) == '+' || peek(s) == '-')
		s->at++;
	return scan_digits(s);
}

static int hex_digit(int c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits. */
static bool scan_hex(struct scan *s, int *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, s->at++) {
		int digit = hex_digit(peek(s));

		if (digit < 0)
			return broken(s, "\\u wants four hexadecimal digits");
		*out = *out << 4 | digit;
	}
	return true;
}

static bool scan_unicode(struct scan *s)
{
	size_t start = s->at - 2;
	int unit, second = 0;

	if (!scan_hex(s, &unit))
		return false;
	if (!U16_IS_SURROGATE(unit))
		return true;
	if (U16_IS_SURROGATE_LEAD(unit) && s->len - s->at >= 2 && memcmp(s->text + s->at, "\\u", 2) == 0) {
		s->at += 2;
		if (!scan_hex(s, &second))
			return false;
	}
	if (U16_IS_TRAIL(second))
		return true;
	s->at = start;
	return broken(s, "half of a surrogate pair stands alone");
}

static bool scan_escape(struct scan *s)
{
	int c;

	s->at++;
	c = peek(s);
	if (c == 0 || strchr("\"\\/bfnrtu", c) == NULL)
		return broken(s, "no such escape in a string");
	s->at++;
	return c != 'u' || scan_unicode(s);
}

static bool scan_character(struct scan *s)
{
	size_t next = s->at;
	UChar32 c;

	U8_NEXT(s->text, next, s->len, c);
	if (c < 0)
		return broken(s, "this is not UTF-8");
	if (c < 0x20)
		return broken(s, "a control character must be written as an escape");
	s->at = next;
	return true;
}

static bool scan_string(struct scan *s)
{
	if (peek(s) != '"')
		return broken(s, "a member name in quotes is missing");
	s->at++;
	while (s->at < s->len && s->text[s->at] != '"') {
		if (!(s->text[s->at] == '\\' ? scan_escape(s) : scan_character(s)))
			return false;
	}
	if (s->at == s->len)
		return broken(s, "");
	s->at++;
	return true;
}

static bool scan_word(struct scan *s, const char *word)
{
	for (; *word != '\0'; word++, s->at++) {
		if (peek(s) != *word)
			return broken(s, "no such word in JSON");
	}
	return true;
}

static bool scan_member(struct scan *s)
{
	skip_space(s);
	if (!scan_string(s))
		return false;
	skip_space(s);
	if (peek(s) != ':')
		return broken(s, "':' is missing");
	s->at++;
	return scan_value(s);
}

/* What stands between brackets: members of an object or elements of an array. */
static bool scan_list(struct scan *s, bool (*item)(struct scan *s), int close)
{
	s->at++;
	skip_space(s);
	if (peek(s) == close) {
		s->at++;
		return true;
	}
	while (item(s)) {
		skip_space(s);
		if (peek(s) == close) {
			s->at++;
			return true;
		}
		if (peek(s) != ',')
			return broken(s, close == '}' ? "',' or '}' is missing" : "',' or ']' is missing");
		s->at++;
	}
	return false;
}

static bool scan_nested(struct scan *s, bool object)
{
	bool fine;

	if (s->depth == s->depth_max)
		return broken(s, "it nests too deep");
	s->depth++;
	fine = object ? scan_list(s, scan_member, '}') : scan_list(s, scan_value, ']');
	s->depth--;
	return fine;
}

static bool scan_value(struct scan *s)
{
	skip_space(s);
	switch (peek(s)) {
	case '{':
		return scan_nested(s, true);
	case '[':
		return scan_nested(s, false);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		break;
	}
	if (peek(s) == '-' || is_digit(peek(s)))
		return scan_number(s);
	return broken(s, "a value is missing");
}

const char *json_fault(const char *text, size_t len, size_t depth_max, size_t *at)
{
	struct scan s = {.text = (const uint8_t *)text, .len = len, .depth_max = depth_max};

	if (scan_value(&s)) {
		skip_space(&s);
		if (s.at < s.len)
			broken(&s, "something follows the document");
	}
	*at = s.at;
	return s.fault;
}
