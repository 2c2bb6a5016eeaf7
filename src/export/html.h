/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * HTML for people: escaping, the frame of a page, times and numbers in words.
 * Pages need nothing but themselves and the media beside them: no script, no
 * font, no web address.  They follow the reader's light or dark setting.
 */
#ifndef LETHE_EXPORT_HTML_H
#define LETHE_EXPORT_HTML_H

#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"

/* Text from outside: markup escaped, control characters shown as U+FFFD, its direction kept to itself. NULL is "". */
void html_text(struct buf *out, const char *text);
/* The same inside an attribute or a title: escaped only. */
void html_escape(struct buf *out, const char *text);
/* Doctype to <main>. `title` and `account` are from outside. `up` leads to the index: "" or "../". */
void html_begin(struct buf *out, const char *title, const char *account, const char *up);
void html_end(struct buf *out);
/* <time> with "17 May 2024, 12:03:00". */
void html_time(struct buf *out, struct instant at);
void html_day(struct buf *out, struct instant at);  /* "17 May 2024" */
void html_month(struct buf *out, int year, int month); /* "May 2024" */
void html_duration(struct buf *out, int64_t ms);    /* "1 min 5 s" */
void html_count(struct buf *out, int64_t n);        /* "1,234" */
/* A tree of unknown shape, as nested lists. */
void html_tree(struct buf *out, const struct json *tree);

#endif
