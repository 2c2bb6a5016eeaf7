/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/chart.h"

static struct buf out;

static const char *draw(const int64_t *values, size_t count, int columns)
{
	struct err err;

	buf_free(&out);
	buf_init(&out, 65536);
	chart_draw(&out, values, count, date_from_civil(2026, 11, 22), columns);
	assert_int_equal(buf_ok(&out, "a chart", &err), OK);
	return out.data;
}

static void each_day_has_a_bar_as_high_as_its_share_of_the_largest(void **state)
{
	const int64_t values[] = {8000, 4000, 0, 1, 2500, 6000, 6500, 8000};

	(void)state;
	draw(values, 8, 80);
	assert_non_null(strstr(out.data, "     8,000 |##"));
	assert_non_null(strstr(out.data, "         0 +------------------------\n"));
	assert_non_null(strstr(out.data, "            2026-11-22    2026-11-29\n"));
	assert_non_null(strstr(out.data, "..")); /* one of eight thousand shows too */
	assert_null(strstr(out.data, "\x1b"));
}

static void no_line_is_wider_than_the_terminal_and_none_of_the_days_is_left_out(void **state)
{
	static int64_t values[3651];

	(void)state;
	values[3650] = 1;
	for (size_t count = 1; count <= 3651; count += count < 200 ? 1 : 575) {
		for (int columns = 0; columns <= 500; columns += 37) {
			int width = columns < CHART_COLUMNS_MIN ? CHART_COLUMNS_MIN : columns;

			draw(values, count, columns);
			for (const char *line = out.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
				assert_true(end - line <= width);
		}
	}
	draw(values, 3651, 80);
	assert_non_null(strstr(out.data, "A column is 54 days."));
	assert_non_null(strstr(out.data, "#"));
}

static void nothing_is_an_empty_chart_and_one_day_has_one_date(void **state)
{
	const int64_t none[] = {0, 0}, one[] = {7};

	(void)state;
	draw(none, 2, 80);
	assert_null(strstr(out.data, "#"));
	assert_non_null(strstr(out.data, "2026-11-22 .. 2026-11-23"));
	draw(one, 1, 80);
	assert_non_null(strstr(out.data, "         7 |##"));
	assert_null(strstr(out.data, ".."));
}

static void the_width_is_that_of_the_environment_within_bounds(void **state)
{
	static const struct { const char *columns; int width; } cases[] = {
	    {"100", 100}, {"1", CHART_COLUMNS_MIN}, {"99999999999", CHART_COLUMNS_MAX}, {"", 80}, {"wide", 80}, {"-3", 80}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(chart_columns(-1, cases[i].columns), cases[i].width);
	assert_int_equal(chart_columns(-1, NULL), 80);
}

static int tear_down(void **state)
{
	(void)state;
	buf_free(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_day_has_a_bar_as_high_as_its_share_of_the_largest),
	    cmocka_unit_test(no_line_is_wider_than_the_terminal_and_none_of_the_days_is_left_out),
	    cmocka_unit_test(nothing_is_an_empty_chart_and_one_day_has_one_date),
	    cmocka_unit_test(the_width_is_that_of_the_environment_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
