/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/chart.h"

#include <sys/ioctl.h>

#include "api/call.h"

#define SCALE 12 /* of a count in the margin, and " |" */
#define WIDE 3   /* columns of one day, where there is room */

struct chart {
	int64_t sums[CHART_COLUMNS_MAX]; /* one of each bar */
	size_t bars, per;                /* bars; days in one */
	int wide;                        /* columns of one */
	int64_t most;
};

static int within(int columns)
{
	if (columns < CHART_COLUMNS_MIN)
		return CHART_COLUMNS_MIN;
	return columns > CHART_COLUMNS_MAX ? CHART_COLUMNS_MAX : columns;
}

int chart_columns(int fd, const char *given)
{
	struct winsize size;
	int columns = 0;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return within(size.ws_col);
	for (; given != NULL && *given >= '0' && *given <= '9'; given++)
		columns = columns < CHART_COLUMNS_MAX ? columns * 10 + *given - '0' : CHART_COLUMNS_MAX;
	return columns > 0 && *given == '\0' ? within(columns) : 80;
}

static void sum_up(struct chart *chart, const int64_t *values, size_t count, int columns)
{
	size_t room = (size_t)columns - SCALE;

	*chart = (struct chart){.per = (count + room - 1) / room};
	chart->bars = (count + chart->per - 1) / chart->per;
	chart->wide = room / chart->bars >= WIDE ? WIDE : (int)(room / chart->bars);
	for (size_t i = 0; i < count; i++)
		chart->sums[i / chart->per] += values[i];
	for (size_t i = 0; i < chart->bars; i++)
		chart->most = chart->sums[i] > chart->most ? chart->sums[i] : chart->most;
}

/* A whole row, half of one ('.'), or none. */
static char mark(const struct chart *chart, int64_t value, int row)
{
	double rows = chart->most > 0 ? (double)value * CHART_ROWS / (double)chart->most : 0;

	if (rows >= row + 0.75)
		return '#';
	if (rows >= row + 0.25 || (row == 0 && value > 0))
		return '.';
	return ' ';
}

static void draw_row(struct buf *out, const struct chart *chart, int row)
{
	char line[CHART_COLUMNS_MAX + 1], scale[32] = "";
	size_t used = 0;

	for (size_t i = 0; i < chart->bars; i++) {
		for (int j = 0; j < chart->wide; j++)
			line[used++] = chart->wide > 1 && j == chart->wide - 1 ? ' ' : mark(chart, chart->sums[i], row);
	}
	while (used > 0 && line[used - 1] == ' ')
		used--;
	if (row == CHART_ROWS - 1)
		call_count(chart->most, scale);
	buf_printf(out, "%*s |%.*s\n", SCALE - 2, scale, (int)used, line);
}

static void draw_axis(struct buf *out, const struct chart *chart, size_t count, struct date first)
{
	int width = (int)chart->bars * chart->wide;
	char from[TIME_TEXT_MAX], until[TIME_TEXT_MAX];
	struct date last = date_add_days(first, (int32_t)count - 1);

	buf_printf(out, "%*s +", SCALE - 2, "0");
	for (int i = 0; i < width; i++)
		buf_add(out, "-", 1);
	buf_printf(out, "\n%*s%s", SCALE, "", date_format(first, from));
	if (count > 1 && width >= 24)
		buf_printf(out, "%*s", width - 10, date_format(last, until));
	else if (count > 1)
		buf_printf(out, " .. %s", date_format(last, until));
	buf_printf(out, "\n");
}

void chart_draw(struct buf *out, const int64_t *values, size_t count, struct date first, int columns)
{
	struct chart chart;

	INVARIANT(count >= 1);
	sum_up(&chart, values, count, within(columns));
	for (int row = CHART_ROWS - 1; row >= 0; row--)
		draw_row(out, &chart, row);
	draw_axis(out, &chart, count, first);
	if (chart.per > 1)
		buf_printf(out, "%*sA column is %zu days.\n", SCALE, "", chart.per);
}
