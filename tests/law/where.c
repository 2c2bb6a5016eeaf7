/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "law/where.h"

static const char text[] = "{\n"                                    /* 1 */
			   " \"a\" : [ 1, -2.5e3,\n"                /* 2 */
			   "   {\"b]\\\"}\": \"}\\\\\", \"c\":\n"   /* 3 */
			   "     [[\"]\", [],\n"                    /* 4 */
			   "       true] , null ] } ,\n"            /* 5 */
			   "   \"last\" ],\n"                       /* 6 */
			   " \"ab\": {},\n"                         /* 7 */
			   "\n"                                     /* 8 */
			   " \"d\": false }\n";                     /* 9 */

static size_t line(const struct where_step *steps, size_t count)
{
	return where_line(text, sizeof text - 1, steps, count);
}

static void members_and_elements_are_found_on_their_line(void **state)
{
	static const struct where_step deep[] = {{"a", 0}, {NULL, 2}, {"c", 0}, {NULL, 0}, {NULL, 2}};
	static const struct where_step last[] = {{"a", 0}, {NULL, 3}}, ab[] = {{"ab", 0}}, d[] = {{"d", 0}};

	(void)state;
	assert_int_equal(line(NULL, 0), 1);
	assert_int_equal(line(deep, 1), 2);
	assert_int_equal(line(deep, 2), 3);
	assert_int_equal(line(deep, 3), 3);
	assert_int_equal(line(deep, 4), 4);
	assert_int_equal(line(deep, 5), 5);
	assert_int_equal(line(last, 2), 6);
	assert_int_equal(line(ab, 1), 7);
	assert_int_equal(line(d, 1), 9);
}

static void a_step_that_is_not_there_ends_the_way(void **state)
{
	static const struct where_step absent[] = {{"x", 0}}, beyond[] = {{"a", 0}, {NULL, 4}};
	static const struct where_step wrong[] = {{"d", 0}, {"e", 0}}, empty[] = {{"ab", 0}, {"c", 0}};

	(void)state;
	assert_int_equal(line(absent, 1), 1);
	assert_int_equal(line(beyond, 2), 2);
	assert_int_equal(line(wrong, 2), 9);
	assert_int_equal(line(empty, 2), 7);
}

static void a_text_that_ends_early_is_not_read_beyond(void **state)
{
	static const struct where_step deep[] = {{"a", 0}, {NULL, 2}, {"c", 0}, {NULL, 0}, {NULL, 2}};

	(void)state;
	for (size_t len = 0; len < sizeof text; len++)
		assert_in_range(where_line(text, len, deep, 5), 1, 9);
}

static void a_byte_is_on_the_line_after_the_ends_of_line_before_it(void **state)
{
	(void)state;
	assert_int_equal(where_line_of_byte("a\nb\n", 4, 0), 1);
	assert_int_equal(where_line_of_byte("a\nb\n", 4, 1), 1);
	assert_int_equal(where_line_of_byte("a\nb\n", 4, 2), 2);
	assert_int_equal(where_line_of_byte("a\nb\n", 4, 99), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(members_and_elements_are_found_on_their_line),
	    cmocka_unit_test(a_step_that_is_not_there_ends_the_way),
	    cmocka_unit_test(a_text_that_ends_early_is_not_read_beyond),
	    cmocka_unit_test(a_byte_is_on_the_line_after_the_ends_of_line_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
