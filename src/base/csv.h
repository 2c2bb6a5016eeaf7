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
 * is false. A quoted field may hold line ends, commas and doubled quotes. A row ends at LF or CR LF; a CR alone does
 * not end one. */
size_t csv_row_length(const char *text, size_t len, bool at_end);
/* Splits one whole row, its line end dropped; an empty line is one empty field. A quote inside an unquoted field is a
 * character like any other. ERR_INPUT: text after a closing quote, a quote never closed, too many columns. */
MUST_CHECK enum result csv_split(const char *text, size_t len, struct pool *pool, struct csv_row *out, struct err *err);

/* Writing: appends one field, quoted where it holds a comma, a quote, a line end or a space at either end, its quotes
 * doubled; the caller puts commas and line ends.
 *
 * The formula guard: a spreadsheet that opens the file runs a field as a formula when it begins with =, +, -, @, tab or
 * carriage return, quoted or not ("CSV injection"), and what callers wrote must not run on an admin's machine. Such a
 * field is quoted and led by an apostrophe, which spreadsheets take as "this is text" and do not show. A program that
 * reads the file back sees the apostrophe: so pass `raw` true for fields we made ourselves (E.164 numbers, negative
 * numbers) and for exports meant for programs, false for whatever a person may have typed. */
void csv_add_field(struct buf *buf, const char *text, size_t len, bool raw);

#endif
