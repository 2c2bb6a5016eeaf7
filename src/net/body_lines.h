/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The body of a stream route, line by line (JSON Lines), as it comes.
 *
 * What is said of each line goes to a spool (net/spool.h) and is sent when the
 * body has ended: an answer cannot begin before that, and a client that sends
 * all before it reads anything must not make both wait for each other.
 */
#ifndef LETHE_NET_BODY_LINES_H
#define LETHE_NET_BODY_LINES_H

#include "base/buf.h"
#include "net/request.h"

struct body_lines {
	struct request *request;
	struct buf line;
	uint64_t number; /* of the line given last, from 1 */
	bool ended, overlong;
	size_t at, len;
	char chunk[16 * 1024];
};

/* `line_max` is in bytes, without the line's end. */
void body_lines_init(struct body_lines *lines, struct request *request, size_t line_max);
void body_lines_free(struct body_lines *lines); /* wipes */
/* The next line that is not blank, NUL-terminated, without LF or CR LF; valid until the next call; *line is NULL at the
 * end. ERR_LIMIT with lines->number: that line is longer than the maximum; the next call goes on after it. All else is
 * request_read's, and final. */
MUST_CHECK enum result body_lines_next(struct body_lines *lines, const char **line, size_t *len, struct err *err);

#endif
