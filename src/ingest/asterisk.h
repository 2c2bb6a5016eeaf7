/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asterisk call detail records: Master.csv of cdr_csv in all its column
 * variants, the default mapping of cdr_custom, and a CSV export of the CDR
 * table with a header row.  (asterisk/asterisk cdr/cdr_csv.c,
 * configs/samples/cdr.conf.sample)
 */
#ifndef LETHE_INGEST_ASTERISK_H
#define LETHE_INGEST_ASTERISK_H

#include "base/csv.h"
#include "ingest/intake.h"

struct asterisk_layout; /* which column is what, decided from the first rows; owned by the reader's caller */

MUST_CHECK enum result asterisk_layout_new(struct asterisk_layout **out, struct err *err);
void asterisk_layout_free(struct asterisk_layout *layout);
/* Reads one row. `*is_header` is set for a header row, which gives no intake. Times are local to context->zone.
 * ERR_INPUT names the column. */
MUST_CHECK enum result asterisk_read(struct asterisk_layout *layout, const struct intake_context *context,
				     const struct csv_row *row, struct pool *pool, bool *is_header,
				     struct intake *out, struct err *err);

#endif
