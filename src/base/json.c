/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/utf8.h>

#include "base/quote.h"

#define EXACT_MAX (INT64_C(1) << 53) /* beyond it a double no longer holds every integer */
#define DEPTH_MAX 32

/* ---- reading a tree ---- */

const struct json *json_get(const struct json *object, const char *name)
{
	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *member = object->first; member != NULL; member = member->next) {
		if (strcmp(member->name, name) == 0)
			return member;
	}
	return NULL;
}

const char *json_get_text(const struct json *object, const char *name)
{
	const struct json *member = json_get(object, name);

	return member != NULL && member->type == JSON_STRING ? member->text : NULL;
}

int64_t json_get_int(const struct json *object, const char *name, int64_t fallback)
{
	const struct json *member = json_get(object, name);

	return member != NULL && member->type == JSON_INT ? member->integer : fallback;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
	    [JSON_NULL] = "null",	    [JSON_BOOL] = "a boolean",	[JSON_INT] = "an integer",
	    [JSON_DOUBLE] = "a number",	    [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",
	    [JSON_OBJECT] = "an object",
	};

	return names[type];
}

/* ---- strings and numbers ---- */

/* The escapes of RFC 8785 section 3.2.2.2, which are the shortest. */
static void add_escaped(struct buf *buf, unsigned char c)
{
	static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

	buf_add_char(buf, '\\');
	if (c == '"' || c == '\\')
		buf_add_char(buf, (char)c);
	else if (c < sizeof letters && letters[c] != 0)
		buf_add_char(buf, letters[c]);
	else
		buf_printf(buf, "u%04x", c);
}

/* Bytes that do not go out as they are: control characters, '"', '\\' and all of UTF-8's sequences. */
static const bool special[256] = {
    [0x00 ... 0x1f] = true, ['"'] = true, ['\\'] = true, [0x80 ... 0xff] = true,
};

/* How many bytes from `at` on go out as they are. */
static size_t plain_run(const unsigned char *bytes, size_t at, size_t len)
{
	size_t start = at;

	while (at < len && !special[bytes[at]])
		at++;
	return at - start;
}

/* False when some of it was not UTF-8 (and was replaced). */
static bool add_string(struct buf *buf, const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)text;
	bool whole = true;
	size_t at = 0;

	buf_add_char(buf, '"');
	while (at < len) {
		size_t run = plain_run(bytes, at, len), start;
		UChar32 c;

		buf_add(buf, text + at, run);
		at += run;
		if (at < len && bytes[at] < 0x80) {
			add_escaped(buf, bytes[at++]);
		} else if (at < len) {
			start = at;
			U8_NEXT(bytes, at, len, c);
			whole = whole && c >= 0;
			buf_add(buf, c < 0 ? "\xef\xbf\xbd" : text + start, c < 0 ? 3 : at - start);
		}
	}
	buf_add_char(buf, '"');
	return whole;
}

void json_add_string(struct buf *buf, const char *text, size_t len)
{
	(void)add_string(buf, text, len);
}

static void add_int(struct buf *buf, int64_t value)
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char digits[24];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		digits[--at] = '-';
	buf_add(buf, digits + at, sizeof digits - at);
}

/* The shortest of 15 to 17 digits that reads back as the same number. */
static void add_double(struct buf *buf, double value)
{
	char text[40];

	if (value == 0 && signbit(value)) {
		buf_add_str(buf, "-0.0"); /* "-0" would read as an integer, which has no such thing */
		return;
	}
	if (!isfinite(value)) {
		buf_add_str(buf, "null");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_add_str(buf, text);
}

/* ---- trees ---- */

static void add_name(struct buf *buf, const struct json *node)
{
	if (node->name == NULL)
		return;
	json_add_string(buf, node->name, strlen(node->name));
	buf_add_char(buf, ':');
}

static void add_children(struct buf *buf, const struct json *node)
{
	for (const struct json *child = node->first; child != NULL; child = child->next) {
		if (child != node->first)
			buf_add_char(buf, ',');
		if (node->type == JSON_OBJECT)
			add_name(buf, child);
		json_add_tree(buf, child);
	}
}

void json_add_tree(struct buf *buf, const struct json *node)
{
	switch (node->type) {
	case JSON_NULL:
		buf_add_str(buf, "null");
		return;
	case JSON_BOOL:
		buf_add_str(buf, node->boolean ? "true" : "false");
		return;
	case JSON_INT:
		add_int(buf, node->integer);
		return;
	case JSON_DOUBLE:
		add_double(buf, node->real);
		return;
	case JSON_STRING:
		json_add_string(buf, node->text, node->len);
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		buf_add_char(buf, node->type == JSON_ARRAY ? '[' : '{');
		add_children(buf, node);
		buf_add_char(buf, node->type == JSON_ARRAY ? ']' : '}');
		return;
	}
}

/* ---- RFC 8785 ---- */

/* UTF-8 orders as code points do; UTF-16 puts the surrogates of U+10000 and up before U+E000. */
static int utf16_rank(unsigned char c)
{
	if (c >= 0xf0)
		return c - 0xf0 + 0xee;
	return c >= 0xee ? c + 8 : c;
}

static int compare_names(const void *left, const void *right)
{
	const char *a = (*(const struct json *const *)left)->name;
	const char *b = (*(const struct json *const *)right)->name;

	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return utf16_rank((unsigned char)*a) - utf16_rank((unsigned char)*b);
}

static enum result add_canonical_string(struct buf *buf, const char *text, size_t len, struct err *err)
{
	if (!add_string(buf, text, len))
		return err_set(err, ERR_INPUT, "a string to be signed is not valid Unicode");
	return OK;
}

static enum result add_canonical_object(struct buf *buf, const struct json *node, struct err *err)
{
	const struct json **sorted = malloc((node->len + 1) * sizeof *sorted);
	enum result result = OK;
	size_t count = 0;

	if (sorted == NULL)
		return err_no_memory(err);
	for (const struct json *child = node->first; child != NULL; child = child->next)
		sorted[count++] = child;
	INVARIANT(count == node->len);
	qsort(sorted, count, sizeof *sorted, compare_names);
	buf_add_char(buf, '{');
	for (size_t i = 0; i < count && result == OK; i++) {
		if (i > 0)
			buf_add_char(buf, ',');
		result = add_canonical_string(buf, sorted[i]->name, strlen(sorted[i]->name), err);
		buf_add_char(buf, ':');
		if (result == OK)
			result = json_add_canonical(buf, sorted[i], err);
	}
	buf_add_char(buf, '}');
	free(sorted);
	return result;
}

static enum result add_canonical_array(struct buf *buf, const struct json *node, struct err *err)
{
	enum result result = OK;

	buf_add_char(buf, '[');
	for (const struct json *child = node->first; child != NULL && result == OK; child = child->next) {
		if (child != node->first)
			buf_add_char(buf, ',');
		result = json_add_canonical(buf, child, err);
	}
	buf_add_char(buf, ']');
	return result;
}

static enum result add_canonical_number(struct buf *buf, const struct json *node, struct err *err)
{
	int64_t value = node->integer;

	if (node->type == JSON_DOUBLE) {
		if (!(fabs(node->real) <= (double)EXACT_MAX) || trunc(node->real) != node->real)
			return err_set(err, ERR_INPUT, "a number to be signed is not an integer within 2^53: %.17g",
				       node->real);
		value = (int64_t)node->real;
	}
	if (value > EXACT_MAX || value < -EXACT_MAX)
		return err_set(err, ERR_INPUT, "a number to be signed is not an integer within 2^53: %lld",
			       (long long)value);
	add_int(buf, value);
	return OK;
}

enum result json_add_canonical(struct buf *buf, const struct json *node, struct err *err)
{
	switch (node->type) {
	case JSON_INT:
	case JSON_DOUBLE:
		return add_canonical_number(buf, node, err);
	case JSON_STRING:
		return add_canonical_string(buf, node->text, node->len, err);
	case JSON_ARRAY:
		return add_canonical_array(buf, node, err);
	case JSON_OBJECT:
		return add_canonical_object(buf, node, err);
	case JSON_NULL:
	case JSON_BOOL:
		break;
	}
	json_add_tree(buf, node);
	return OK;
}

/* ---- the writer ---- */

void json_writer_init(struct json_writer *w, struct buf *buf, int indent)
{
	*w = (struct json_writer){.buf = buf, .indent = indent};
}

static void new_line(struct json_writer *w)
{
	size_t spaces = (size_t)w->indent * (size_t)w->depth;
	char *line = w->indent > 0 ? buf_extend(w->buf, 1 + spaces) : NULL;

	if (line == NULL)
		return;
	*line = '\n';
	memset(line + 1, ' ', spaces);
}

/* Comma, line and name: all that stands before a value. */
static void lead(struct json_writer *w, const char *name)
{
	if (w->has_members[w->depth])
		buf_add_char(w->buf, ',');
	w->has_members[w->depth] = true;
	if (w->depth > 0)
		new_line(w);
	if (name == NULL)
		return;
	json_add_string(w->buf, name, strlen(name));
	buf_add_str(w->buf, w->indent > 0 ? ": " : ":");
}

static void begin(struct json_writer *w, const char *name, char bracket)
{
	lead(w, name);
	buf_add_char(w->buf, bracket);
	INVARIANT(w->depth < DEPTH_MAX);
	w->has_members[++w->depth] = false;
}

static void end(struct json_writer *w, char bracket)
{
	INVARIANT(w->depth > 0);
	w->depth--;
	if (w->has_members[w->depth + 1])
		new_line(w);
	buf_add_char(w->buf, bracket);
}

void json_begin_object(struct json_writer *w, const char *name)
{
	begin(w, name, '{');
}

void json_end_object(struct json_writer *w)
{
	end(w, '}');
}

void json_begin_array(struct json_writer *w, const char *name)
{
	begin(w, name, '[');
}

void json_end_array(struct json_writer *w)
{
	end(w, ']');
}

void json_string(struct json_writer *w, const char *name, const char *text)
{
	if (text == NULL)
		json_null(w, name);
	else
		json_string_n(w, name, text, strlen(text));
}

void json_string_n(struct json_writer *w, const char *name, const char *text, size_t len)
{
	lead(w, name);
	json_add_string(w->buf, text, len);
}

void json_int(struct json_writer *w, const char *name, int64_t value)
{
	lead(w, name);
	add_int(w->buf, value);
}

void json_bool(struct json_writer *w, const char *name, bool value)
{
	lead(w, name);
	buf_add_str(w->buf, value ? "true" : "false");
}

void json_id(struct json_writer *w, const char *name, const char *prefix, struct id id)
{
	char text[ID_TEXT_MAX];

	json_string(w, name, id_format(prefix, id, text));
}

void json_instant(struct json_writer *w, const char *name, struct instant at)
{
	char text[TIME_TEXT_MAX];

	json_string(w, name, instant_format(at, text));
}

void json_date(struct json_writer *w, const char *name, struct date day)
{
	char text[TIME_TEXT_MAX];

	json_string(w, name, date_format(day, text));
}

void json_null(struct json_writer *w, const char *name)
{
	lead(w, name);
	buf_add_str(w->buf, "null");
}

void json_node(struct json_writer *w, const char *name, const struct json *node)
{
	lead(w, name);
	json_add_tree(w->buf, node);
}
