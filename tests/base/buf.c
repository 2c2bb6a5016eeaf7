/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/pool.h"

static struct err err;

static void appending_keeps_a_terminator(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1 << 20);
	assert_null(buf.data);
	buf_add_str(&buf, "ab");
	buf_add_char(&buf, 'c');
	buf_add(&buf, "de", 2);
	buf_add(&buf, NULL, 0);
	buf_printf(&buf, "-%d", 42);
	assert_string_equal(buf.data, "abcde-42");
	assert_int_equal(buf.len, 8);
	assert_int_equal(buf_ok(&buf, "x", &err), OK);
	buf_free(&buf);
	assert_null(buf.data);
}

static void growing_keeps_what_was_there(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1 << 20);
	for (int i = 0; i < 100000; i++)
		buf_add_char(&buf, (char)('a' + i % 26));
	assert_int_equal(buf.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], 'a' + i % 26);
	buf_free(&buf);
}

static void a_long_printf_is_whole(void **state)
{
	char text[1000];
	struct buf buf;

	(void)state;
	memset(text, 'y', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	buf_init(&buf, 1999);
	buf_printf(&buf, "<%s>", text);
	assert_int_equal(buf.len, 1001);
	assert_int_equal(buf.data[1000], '>');
	assert_int_equal(buf.data[1001], '\0');
	buf_printf(&buf, "%s", text);
	assert_true(buf.failed);
	assert_int_equal(buf.len, 1001);
	buf_free(&buf);
}

static void the_maximum_may_be_reached_and_not_passed(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 4);
	buf_add_str(&buf, "abcd");
	assert_int_equal(buf_ok(&buf, "a name", &err), OK);
	buf_add_char(&buf, 'e');
	assert_int_equal(buf_ok(&buf, "a name", &err), ERR_LIMIT);
	assert_non_null(strstr(err.what, "a name is larger than its maximum of 4 bytes"));
	assert_string_equal(buf.data, "abcd");
	buf_free(&buf);
}

static void a_failure_sticks_until_the_reset(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 4);
	buf_add_str(&buf, "abcde");
	buf_add_char(&buf, 'x');
	assert_null(buf_extend(&buf, 1));
	assert_int_equal(buf.len, 0);
	buf_reset(&buf);
	buf_add_char(&buf, 'x');
	assert_int_equal(buf_ok(&buf, "it", &err), OK);
	assert_string_equal(buf.data, "x");
	buf_free(&buf);
}

static void a_reset_wipes_and_keeps_the_memory(void **state)
{
	struct buf buf;
	char *data;

	(void)state;
	buf_init(&buf, 100);
	buf_add_str(&buf, "secret");
	data = buf.data;
	buf_reset(&buf);
	assert_ptr_equal(buf.data, data);
	assert_int_equal(buf.len, 0);
	for (int i = 0; i < 6; i++)
		assert_int_equal(data[i], 0);
	buf_free(&buf);
}

static void extending_gives_room_to_write(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	memcpy(buf_extend(&buf, 3), "abc", 3);
	memcpy(buf_extend(&buf, 2), "de", 2);
	assert_string_equal(buf.data, "abcde");
	buf_free(&buf);
}

static void a_zeroed_buffer_can_be_freed(void **state)
{
	struct buf buf = {0};

	(void)state;
	buf_free(&buf);
	buf_add_char(&buf, 'x');
	assert_true(buf.failed);
	buf_free(&buf);
}

static void a_text_ends_in_a_pool_and_the_buffer_is_free(void **state)
{
	struct pool pool;
	struct buf buf;

	(void)state;
	pool_init(&pool, 1000);
	buf_init(&buf, 100);
	assert_string_equal(buf_to_pool(&buf, "a text", &pool, &err), "");
	buf_add(&buf, "a\0b", 3);
	assert_memory_equal(buf_to_pool(&buf, "a text", &pool, &err), "a\0b", 4);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	pool_free(&pool);
}

static void a_text_that_is_too_long_or_that_the_pool_has_no_room_for_is_none(void **state)
{
	struct pool pool;
	struct buf buf;

	(void)state;
	pool_init(&pool, 8);
	buf_init(&buf, 100);
	buf_printf(&buf, "%050d", 1);
	assert_null(buf_to_pool(&buf, "a text", &pool, &err));
	assert_int_equal(err.code, ERR_NO_MEMORY);
	assert_null(buf.data);
	buf_init(&buf, 10);
	buf_add_str(&buf, "ten bytes and more");
	assert_null(buf_to_pool(&buf, "a text", &pool, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.what, "a text is larger"));
	assert_null(buf.data);
	pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(appending_keeps_a_terminator),
	    cmocka_unit_test(growing_keeps_what_was_there),
	    cmocka_unit_test(a_long_printf_is_whole),
	    cmocka_unit_test(the_maximum_may_be_reached_and_not_passed),
	    cmocka_unit_test(a_failure_sticks_until_the_reset),
	    cmocka_unit_test(a_reset_wipes_and_keeps_the_memory),
	    cmocka_unit_test(extending_gives_room_to_write),
	    cmocka_unit_test(a_zeroed_buffer_can_be_freed),
	    cmocka_unit_test(a_text_ends_in_a_pool_and_the_buffer_is_free),
	    cmocka_unit_test(a_text_that_is_too_long_or_that_the_pool_has_no_room_for_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
