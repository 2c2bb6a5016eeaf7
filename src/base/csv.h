/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Comma-separated values (RFC 4180), read from a stream of bytes.
 */
#ifndef LETHE_BASE_CSV_H
#define LETHE_BASE_CSV_H

#include "base/buf.h"
#include "base/pool.h"

#define CSV_COLUMNS_MAX 64

struct csv_row {
	size_t count;
	const char *fields[CSV_COLUMNS_MAX]; /* unquoted, NUL-terminated, in the pool */
	size_t lens[CSV_COLUMNS_MAX];
};

/* Length in bytes of the first whole row in `text`, its line end included; 0 when it is not whole yet and `at_end`
 * is false. A quoted field may hold line ends, commas and doubled quotes. */
size_t csv_row_length(const char *text, size_t len, bool at_end);
/* Splits one whole row. ERR_INPUT: text after a closing quote, a quote never closed, too many columns. */
MUST_CHECK enum result csv_split(const char *text, size_t len, struct pool *pool, struct csv_row *out, struct err *err);

/* Writing: appends one field, quoted where needed; the caller puts commas. A field that a spreadsheet would take for
 * a formula (=, +, -, @, tab) is quoted and led by an apostrophe unless `raw`. */
void csv_add_field(struct buf *buf, const char *text, size_t len, bool raw);

#endif
