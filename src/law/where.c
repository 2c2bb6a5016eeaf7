/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/where.h"

#include <stdbool.h>
#include <string.h>

struct walk {
	const char *text;
	size_t at, len;
};

/* The next byte that is no white space; 0 at the end. */
static int peek(struct walk *w)
{
	while (w->at < w->len && memchr(" \t\r\n", w->text[w->at], 4) != NULL)
		w->at++;
	return w->at < w->len ? (unsigned char)w->text[w->at] : 0;
}

static void skip_string(struct walk *w)
{
	for (w->at++; w->at < w->len && w->text[w->at] != '"'; w->at++) {
		if (w->text[w->at] == '\\')
			w->at++;
	}
	w->at++;
}

/* Without recursion: brackets are counted, strings are passed whole. */
static void skip_value(struct walk *w)
{
	size_t depth = 0;

	do {
		int c = peek(w);

		if (c == 0)
			return;
		if (c == '"') {
			skip_string(w);
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		w->at++;
	} while (depth > 0 || (w->at < w->len && memchr(",]} \t\r\n", w->text[w->at], 7) == NULL));
}

static bool name_is(const struct walk *w, const char *name)
{
	size_t len = strlen(name);

	return w->len - w->at > len + 1 && memcmp(w->text + w->at + 1, name, len) == 0 &&
	       w->text[w->at + 1 + len] == '"';
}

/* From the opening bracket to the step's name or element. */
static bool find_step(struct walk *w, const struct where_step *step)
{
	bool object = step->member != NULL;

	if (peek(w) != (object ? '{' : '['))
		return false;
	w->at++;
	for (size_t i = 0; peek(w) != 0 && peek(w) != '}' && peek(w) != ']'; i++) {
		if (object ? name_is(w, step->member) : i == step->element)
			return true;
		if (object) {
			skip_string(w);
			w->at += peek(w) == ':';
		}
		skip_value(w);
		w->at += peek(w) == ',';
	}
	return false;
}

size_t where_line_of_byte(const char *text, size_t len, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < len; i++)
		line += text[i] == '\n';
	return line;
}

size_t where_line(const char *text, size_t len, const struct where_step *steps, size_t count)
{
	struct walk w = {.text = text, .len = len};
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (!find_step(&w, &steps[i]))
			break;
		found = w.at;
		if (steps[i].member != NULL) {
			skip_string(&w);
			w.at += peek(&w) == ':';
		}
	}
	return where_line_of_byte(text, len, found);
}
