/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One machine, two users: finding the end of a row, and splitting it.  A quote
 * opens a field only as its first character; later it is a character like any
 * other.
 */
#include "base/csv.h"

#include <string.h>

enum state { FIELD_START, PLAIN, QUOTED, QUOTE_SEEN };

static enum state step(enum state state, char c)
{
	if (state == QUOTED)
		return c == '"' ? QUOTE_SEEN : QUOTED;
	if (c == '"' && state != PLAIN)
		return QUOTED;
	return c == ',' ? FIELD_START : PLAIN;
}

size_t csv_row_length(const char *text, size_t len, bool at_end)
{
	const char *line_end = len > 0 ? memchr(text, '\n', len) : NULL;
	enum state state = FIELD_START;

	if (line_end != NULL && memchr(text, '"', (size_t)(line_end - text)) == NULL)
		return (size_t)(line_end - text) + 1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' && state != QUOTED)
			return i + 1;
		state = step(state, text[i]);
	}
	return at_end ? len : 0;
}

static size_t without_line_end(const char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	return len;
}

/* Does this character belong to the field's content?  The second of two quotes does, the first does not. */
static bool is_content(enum state before, enum state after)
{
	return after == PLAIN || (after == QUOTED && (before == QUOTED || before == QUOTE_SEEN));
}

static enum result bad_row(struct err *err, size_t column, const char *what)
{
	err_set(err, ERR_INPUT, "%s", what);
	return err_where(err, "column %zu", column);
}

static enum result add_column(struct csv_row *row, const char *field, size_t len, struct err *err)
{
	if (row->count == CSV_COLUMNS_MAX)
		return err_set(err, ERR_INPUT, "the row has more than %d columns", CSV_COLUMNS_MAX);
	row->fields[row->count] = field;
	row->lens[row->count++] = len;
	return OK;
}

enum result csv_split(const char *text, size_t len, struct pool *pool, struct csv_row *out, struct err *err)
{
	/* Every comma, and the end, leaves room for one NUL. */
	char *to = pool_alloc(pool, len + 1), *field = to;
	enum state state = FIELD_START;
	enum result result = OK;

	out->count = 0;
	if (to == NULL)
		return err_no_memory(err);
	len = without_line_end(text, len);
	for (size_t i = 0; i < len && result == OK; i++) {
		enum state before = state;

		state = step(before, text[i]);
		if (before == QUOTE_SEEN && state == PLAIN)
			return bad_row(err, out->count + 1, text[i] == ';' ? "a semicolon follows a closing quote; columns "
									     "are parted by commas"
									   : "text follows a closing quote");
		if (is_content(before, state))
			*to++ = text[i];
		if (state != FIELD_START)
			continue;
		*to++ = '\0';
		result = add_column(out, field, (size_t)(to - 1 - field), err);
		field = to;
	}
	if (result == OK && state == QUOTED)
		return bad_row(err, out->count + 1, "a quote is opened and never closed");
	return result == OK ? add_column(out, field, (size_t)(to - field), err) : result;
}

/* ---- writing ---- */

static bool looks_like_formula(const char *text, size_t len)
{
	return len > 0 && memchr("=+-@\t\r", text[0], 6) != NULL;
}

static bool needs_quotes(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\0' && strchr(",\"\r\n", text[i]) != NULL)
			return true;
	}
	return len > 0 && (text[0] == ' ' || text[len - 1] == ' ');
}

void csv_add_field(struct buf *buf, const char *text, size_t len, bool raw)
{
	bool guard = !raw && looks_like_formula(text, len);

	if (!guard && !needs_quotes(text, len)) {
		buf_add(buf, text, len);
		return;
	}
	buf_add_str(buf, guard ? "\"'" : "\"");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			buf_add_char(buf, '"');
		buf_add_char(buf, text[i]);
	}
	buf_add_char(buf, '"');
}
