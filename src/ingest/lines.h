/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file of any size, line by line or CSV row by row, in bounded memory.
 */
#ifndef LETHE_INGEST_LINES_H
#define LETHE_INGEST_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum lines_split { LINES_PLAIN, LINES_CSV };

struct lines;

struct line {
	const char *text; /* its line end included; until the next call */
	size_t len;
	uint64_t number;  /* of its first physical line, from 1 */
	bool too_long;    /* over INTAKE_LINE_MAX: only its beginning is here */
	bool continues;   /* one more piece of the line that was too long */
};

/* "-" is standard input. ERR_NOT_FOUND, ERR_INPUT for a folder. */
MUST_CHECK enum result lines_open(const char *path, enum lines_split split, struct lines **out, struct err *err);
/* What is no file: `read` fills at least one byte, or none with OK at the end. `name` is it in error texts, and borrowed. */
typedef enum result lines_read(void *arg, void *out, size_t len, size_t *got, struct err *err);
MUST_CHECK enum result lines_open_from(lines_read *read, void *arg, const char *name, enum lines_split split,
				       struct lines **out, struct err *err);
/* Wipes what it held. NULL is fine. */
void lines_close(struct lines *lines);
/* `*more` is false at the end. A CSV row with a quote that is never closed is given as its first physical line. */
MUST_CHECK enum result lines_next(struct lines *lines, struct line *out, bool *more, struct err *err);
/* Cuts the row that lines_next gave last to its first physical line; the others are given again. For a bad CSV row,
 * which one stray quote can make swallow its followers. */
void lines_cut(struct lines *lines, struct line *line);
/* Bytes given so far. */
uint64_t lines_offset(const struct lines *lines);

#endif
