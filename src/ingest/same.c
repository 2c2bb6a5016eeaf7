/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/same.h"

#include <string.h>

#include "shim/json_parse.h"

#define UNORDERED_MAX 1000 /* members of an object that are looked up by name when their order differs */

static bool same_value(const struct json *a, const struct json *b);

static bool same_items(const struct json *a, const struct json *b)
{
	const struct json *x = a->first, *y = b->first;

	while (x != NULL && y != NULL && same_value(x, y)) {
		x = x->next;
		y = y->next;
	}
	return x == NULL && y == NULL;
}

/* Names are unique, so as many of `a` in `b` are all of them. */
static bool same_members(const struct json *a, const struct json *b)
{
	const struct json *at = b->first;

	if (a->len != b->len)
		return false;
	for (const struct json *x = a->first; x != NULL; x = x->next, at = at->next) {
		const struct json *y = strcmp(x->name, at->name) == 0 ? at
				       : a->len <= UNORDERED_MAX      ? json_get(b, x->name)
								      : NULL;

		if (y == NULL || !same_value(x, y))
			return false;
	}
	return true;
}

/* 0.0 and -0.0 are equal and not the same. */
static uint64_t bits_of(double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof bits);
	return bits;
}

static bool same_value(const struct json *a, const struct json *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case JSON_BOOL:
		return a->boolean == b->boolean;
	case JSON_INT:
		return a->integer == b->integer;
	case JSON_DOUBLE:
		return bits_of(a->real) == bits_of(b->real);
	case JSON_STRING:
		return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
	case JSON_ARRAY:
		return same_items(a, b);
	case JSON_OBJECT:
		return same_members(a, b);
	case JSON_NULL:
		break;
	}
	return true;
}

bool same_content(const char *a, size_t a_len, const char *b, size_t b_len, struct pool *scratch)
{
	const struct json *x, *y;
	struct err ignored;

	if (a_len == b_len && memcmp(a, b, a_len) == 0)
		return true;
	return json_parse_once(a, a_len, scratch, &x, &ignored) == OK &&
	       json_parse_once(b, b_len, scratch, &y, &ignored) == OK && same_value(x, y);
}
