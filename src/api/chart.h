/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A chart of bars from plain characters, a column or more a day:
 *
 *     1,204 |          #
 *           |     #    #
 *           |   # #  # #    .
 *         0 +-----------------
 *            2026-11-22   2026-12-21
 *
 * Where there are more days than columns, a column is the sum of several.
 */
#ifndef LETHE_API_CHART_H
#define LETHE_API_CHART_H

#include "base/buf.h"
#include "base/time.h"

#define CHART_COLUMNS_MIN 40
#define CHART_COLUMNS_MAX 400
#define CHART_ROWS 8

/* Lines of up to `columns` (taken to be within the bounds above), for the days from `first` on. Values are not negative;
 * one that is not 0 shows, however small. `count` is at least 1. */
void chart_draw(struct buf *out, const int64_t *values, size_t count, struct date first, int columns);
/* The width of the terminal on `fd`, else `given` (of $COLUMNS; may be NULL), else 80; within the bounds. */
int chart_columns(int fd, const char *given);

#endif
