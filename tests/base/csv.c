/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/csv.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct err err;

/* Splits and joins with '|', so that a whole row is compared at once. */
static void assert_row(const char *text, size_t count, const char *expected)
{
	struct csv_row row;
	struct pool pool;
	struct buf joined;

	pool_init(&pool, 1 << 20);
	buf_init(&joined, 1 << 20);
	assert_int_equal(csv_row_length(text, strlen(text), true), strlen(text));
	assert_int_equal(csv_split(text, strlen(text), &pool, &row, &err), OK);
	assert_int_equal(row.count, count);
	for (size_t i = 0; i < row.count; i++) {
		assert_int_equal(strlen(row.fields[i]), row.lens[i]);
		if (i > 0)
			buf_add_char(&joined, '|');
		buf_add_str(&joined, row.fields[i]);
	}
	buf_add_str(&joined, "");
	assert_string_equal(joined.data, expected);
	pool_free(&pool);
	buf_free(&joined);
}

static void the_rules_of_rfc_4180_hold(void **state)
{
	(void)state;
	assert_row("aaa,bbb,ccc\r\n", 3, "aaa|bbb|ccc");
	assert_row("zzz,yyy,xxx", 3, "zzz|yyy|xxx");
	assert_row("\"aaa\",\"bbb\",\"ccc\"\r\n", 3, "aaa|bbb|ccc");
	assert_row("\"aaa\",\"b\r\nbb\",\"ccc\"\r\n", 3, "aaa|b\r\nbb|ccc");
	assert_row("\"aaa\",\"b\"\"bb\",\"ccc\"\n", 3, "aaa|b\"bb|ccc");
}

static void corner_cases_of_quoting_are_read(void **state)
{
	(void)state;
	assert_row("\n", 1, "");
	assert_row("\r\n", 1, "");
	assert_row(",", 2, "|");
	assert_row(",,\n", 3, "||");
	assert_row("\"\"", 1, "");
	assert_row("\"\",\"\"\n", 2, "|");
	assert_row("\"\"\"\"", 1, "\"");
	assert_row("\"\"\"a\"\"\"", 1, "\"a\"");
	assert_row("\",\"", 1, ",");
	assert_row("a\"b,c\"\"d\n", 2, "a\"b|c\"\"d");
	assert_row(" a , b \n", 2, " a | b ");
	assert_row("a\rb,c\n", 2, "a\rb|c");
	assert_row("a,b\r", 2, "a|b");
	assert_row("\"a\n\n\nb\",\"\r\"\r\n", 2, "a\n\n\nb|\r");
}

static void a_row_is_whole_once_its_line_end_is_seen(void **state)
{
	static const char two[] = "\"a\nb\",c\nd,e\n";

	(void)state;
	assert_int_equal(csv_row_length(two, sizeof two - 1, false), 8);
	assert_int_equal(csv_row_length(two, 7, false), 0);
	assert_int_equal(csv_row_length(two, 7, true), 7);
	assert_int_equal(csv_row_length("a,b\n\"c", 6, false), 4);
	assert_int_equal(csv_row_length("a,b", 3, false), 0);
	assert_int_equal(csv_row_length("\"a\"\"\n\"\n", 7, false), 7);
	assert_int_equal(csv_row_length("\"never closed\n\n", 15, false), 0);
	assert_int_equal(csv_row_length("\"never closed\n\n", 15, true), 15);
	assert_int_equal(csv_row_length("", 0, true), 0);
	assert_int_equal(csv_row_length(NULL, 0, false), 0);
}

static void assert_refused(const char *text, const char *what, const char *where)
{
	struct csv_row row;
	struct pool pool;

	pool_init(&pool, 1 << 20);
	assert_int_equal(csv_split(text, strlen(text), &pool, &row, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, what));
	assert_string_equal(err.where, where);
	pool_free(&pool);
}

static void a_malformed_row_is_refused_with_its_column(void **state)
{
	(void)state;
	assert_refused("\"a\"b,c\n", "follows a closing quote", "column 1");
	assert_refused("a,\"b\" ,c\n", "follows a closing quote", "column 2");
	assert_refused("\"a\";\"b\"\n", "columns are parted by commas", "column 1");
	assert_refused("a,b,\"c\n", "never closed", "column 3");
	assert_refused("\"a\"\"\n", "never closed", "column 1");
}

static void the_64th_column_is_the_last(void **state)
{
	char text[200];
	struct csv_row row;
	struct pool pool;

	(void)state;
	memset(text, ',', sizeof text);
	pool_init(&pool, 1 << 20);
	assert_int_equal(csv_split(text, CSV_COLUMNS_MAX - 1, &pool, &row, &err), OK);
	assert_int_equal(row.count, CSV_COLUMNS_MAX);
	assert_int_equal(csv_split(text, CSV_COLUMNS_MAX, &pool, &row, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "more than 64 columns"));
	assert_int_equal(csv_split(text, sizeof text, &pool, &row, &err), ERR_INPUT);
	pool_free(&pool);
}

static void a_full_pool_is_told(void **state)
{
	struct csv_row row;
	struct pool pool;

	(void)state;
	pool_init(&pool, 2);
	assert_int_equal(csv_split("a,b,c", 5, &pool, &row, &err), ERR_NO_MEMORY);
	pool_free(&pool);
}

static void assert_written(const char *field, bool raw, const char *expected)
{
	struct buf buf;

	buf_init(&buf, 1000);
	csv_add_field(&buf, field, strlen(field), raw);
	buf_add_str(&buf, "");
	assert_string_equal(buf.data, expected);
	buf_free(&buf);
}

static void a_field_is_quoted_where_it_must_be(void **state)
{
	(void)state;
	assert_written("", false, "");
	assert_written("plain", false, "plain");
	assert_written("a,b", false, "\"a,b\"");
	assert_written("say \"hi\"", false, "\"say \"\"hi\"\"\"");
	assert_written("two\nlines", false, "\"two\nlines\"");
	assert_written("a\rb", false, "\"a\rb\"");
	assert_written(" led by a space", false, "\" led by a space\"");
	assert_written("a space inside", false, "a space inside");
}

static void what_a_spreadsheet_would_run_is_led_by_an_apostrophe(void **state)
{
	(void)state;
	assert_written("=HYPERLINK(\"x\")", false, "\"'=HYPERLINK(\"\"x\"\")\"");
	assert_written("+4520123456", false, "\"'+4520123456\"");
	assert_written("-1+1", false, "\"'-1+1\"");
	assert_written("@SUM(A1)", false, "\"'@SUM(A1)\"");
	assert_written("\t=1", false, "\"'\t=1\"");
	assert_written("a=1", false, "a=1");
	assert_written("+4520123456", true, "+4520123456");
	assert_written("=1,2", true, "\"=1,2\"");
}

static void what_is_written_reads_back(void **state)
{
	static const char *const fields[] = {"", "a", "a,b", "\"", "\"\"", "\r\n", ",", " x ", "=1", "a\"b\nc,d"};
	struct csv_row row;
	struct pool pool;
	struct buf buf;

	(void)state;
	pool_init(&pool, 1 << 20);
	buf_init(&buf, 1 << 20);
	for (size_t i = 0; i < COUNT(fields); i++) {
		if (i > 0)
			buf_add_char(&buf, ',');
		csv_add_field(&buf, fields[i], strlen(fields[i]), true);
	}
	buf_add_str(&buf, "\r\n");
	assert_int_equal(csv_row_length(buf.data, buf.len, false), buf.len);
	assert_int_equal(csv_split(buf.data, buf.len, &pool, &row, &err), OK);
	assert_int_equal(row.count, COUNT(fields));
	for (size_t i = 0; i < COUNT(fields); i++)
		assert_string_equal(row.fields[i], fields[i]);
	pool_free(&pool);
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_rules_of_rfc_4180_hold),
	    cmocka_unit_test(corner_cases_of_quoting_are_read),
	    cmocka_unit_test(a_row_is_whole_once_its_line_end_is_seen),
	    cmocka_unit_test(a_malformed_row_is_refused_with_its_column),
	    cmocka_unit_test(the_64th_column_is_the_last),
	    cmocka_unit_test(a_full_pool_is_told),
	    cmocka_unit_test(a_field_is_quoted_where_it_must_be),
	    cmocka_unit_test(what_a_spreadsheet_would_run_is_led_by_an_apostrophe),
	    cmocka_unit_test(what_is_written_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
