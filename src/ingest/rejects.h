/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lines that could not be imported, kept so that they can be mended and
 * imported again: unchanged in NAME, and in NAME.txt why, line by line.  Both
 * hold personal data, and are made with mode 0600.  Nothing is ever overwritten.
 */
#ifndef LETHE_INGEST_REJECTS_H
#define LETHE_INGEST_REJECTS_H

#include <stdio.h>
#include "base/buf.h"
#include "ingest/lines.h"

#define REJECTS_PATH_MAX 4096

/* Those of one import file. Zeroed, it is empty; rejects_close and rejects_free end it. */
struct rejects {
	char path[REJECTS_PATH_MAX]; /* "" until the first line is rejected */
	struct buf header;           /* a CSV header row, to stand before them */
	FILE *lines, *reasons;
	bool ended;                  /* the last line written has its line end */
};

/* ERR_EXISTS when `path` (as given by the user, or NULL) or its companion is there. */
MUST_CHECK enum result rejects_check(const char *path, struct err *err);
/* Goes on behind what is there when it was closed before.
 * `path` NULL: the name of `input` with ".rejects" behind it, in the current folder, numbered when that is taken. */
MUST_CHECK enum result rejects_add(struct rejects *rejects, const char *path, const char *input,
				   const struct line *line, const struct err *why, struct err *err);
/* One more piece of the last line. */
MUST_CHECK enum result rejects_add_more(struct rejects *rejects, const struct line *line, struct err *err);
/* Writes them out and closes; the path and the header stay. */
MUST_CHECK enum result rejects_close(struct rejects *rejects, struct err *err);
void rejects_free(struct rejects *rejects);

#endif
