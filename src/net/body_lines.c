/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/body_lines.h"

#include <string.h>

void body_lines_init(struct body_lines *lines, struct request *request, size_t line_max)
{
	*lines = (struct body_lines){.request = request};
	buf_init(&lines->line, line_max + 1); /* a CR at its end does not count */
}

void body_lines_free(struct body_lines *lines)
{
	buf_free(&lines->line);
	explicit_bzero(lines->chunk, sizeof lines->chunk);
}

static enum result fill(struct body_lines *lines, struct err *err)
{
	enum result r = request_read(lines->request, lines->chunk, sizeof lines->chunk, &lines->len, err);

	lines->at = 0;
	lines->ended = r == OK && lines->len == 0;
	return r;
}

/* Appends what there is of the line; true when its end is among it. */
static bool append(struct body_lines *lines)
{
	const char *from = lines->chunk + lines->at;
	const char *newline = memchr(from, '\n', lines->len - lines->at);
	size_t len = newline ? (size_t)(newline - from) : lines->len - lines->at;

	lines->at += len + (newline ? 1 : 0);
	if (!lines->overlong)
		buf_add(&lines->line, from, len);
	lines->overlong |= lines->line.failed;
	return newline != NULL;
}

/* Reads one line whole, blank or not. */
static enum result read_line(struct body_lines *lines, struct err *err)
{
	enum result r = OK;

	buf_reset(&lines->line);
	lines->overlong = false;
	while (r == OK && !lines->ended) {
		if (lines->at == lines->len)
			r = fill(lines, err);
		else if (append(lines))
			break;
	}
	return r;
}

static bool is_blank(const struct buf *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->data[i] != ' ' && line->data[i] != '\t')
			return false;
	return true;
}

static void strip_cr(struct buf *line)
{
	if (line->len > 0 && line->data[line->len - 1] == '\r')
		line->data[--line->len] = '\0';
}

enum result body_lines_next(struct body_lines *lines, const char **line, size_t *len, struct err *err)
{
	*line = NULL;
	*len = 0;
	while (!lines->ended) {
		enum result r = read_line(lines, err);

		if (r)
			return r;
		lines->number++;
		if (lines->line.no_memory)
			return err_no_memory(err); /* nothing is wrong with the line */
		strip_cr(&lines->line);
		if (lines->overlong || lines->line.len == lines->line.max) {
			err_set(err, ERR_LIMIT, "line %llu is longer than %zu bytes", (unsigned long long)lines->number,
				lines->line.max - 1);
			return err_where(err, "line %llu", (unsigned long long)lines->number);
		}
		if (is_blank(&lines->line))
			continue;
		*line = lines->line.data;
		*len = lines->line.len;
		return OK;
	}
	return OK;
}
