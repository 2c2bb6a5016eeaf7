/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "net/target.h"

static struct pool pool;
static struct target target;
static struct err err;

static int begin(void **state)
{
	(void)state;
	pool_init(&pool, 1 << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	pool_free(&pool);
	return 0;
}

static enum result parse(const char *raw)
{
	return target_parse(raw, strlen(raw), &pool, &target, &err);
}

static void a_path_is_taken_apart_and_decoded(void **state)
{
	(void)state;
	assert_int_equal(parse("/v1/accounts/a%20b/%C3%A6~._-!$&'()*+,;=:@"), OK);
	assert_int_equal(target.segment_count, 4);
	assert_string_equal(target.segments[0], "v1");
	assert_string_equal(target.segments[2], "a b");
	assert_string_equal(target.segments[3], "\xc3\xa6~._-!$&'()*+,;=:@");
	assert_int_equal(parse("/"), OK);
	assert_int_equal(target.segment_count, 0);
	assert_int_equal(parse("/v1/"), OK);
	assert_int_equal(target.segment_count, 2);
	assert_string_equal(target.segments[1], "");
}

static void an_absolute_target_is_its_path(void **state)
{
	(void)state;
	assert_int_equal(parse("http://example.com:80/v1?a=b"), OK);
	assert_int_equal(target.segment_count, 1);
	assert_int_equal(target.param_count, 1);
	assert_int_equal(parse("HTTPS://example.com"), OK);
	assert_int_equal(target.segment_count, 0);
	assert_int_equal(parse("http://h?x=y"), OK);
	assert_int_equal(target.param_count, 1);
	assert_int_equal(parse("*"), OK);
	assert_true(target.asterisk);
	assert_int_equal(parse("ftp://example.com/"), ERR_INPUT);
	assert_int_equal(parse("example.com:443"), ERR_INPUT);
	assert_int_equal(parse(""), ERR_INPUT);
}

static void query_parameters_keep_their_order(void **state)
{
	const char *values[3] = {0}, *value;

	(void)state;
	assert_int_equal(parse("/?a=1&b=two+words&a=%2B45&&empty=&flag&c=/?:"), OK);
	assert_int_equal(target.param_count, 6);
	assert_int_equal(target_params(&target, "a", values, 3), 2);
	assert_string_equal(values[0], "1");
	assert_string_equal(values[1], "+45");
	assert_int_equal(target_params(&target, "a", values, 1), 2);
	assert_int_equal(target_param(&target, "b", &value, &err), OK);
	assert_string_equal(value, "two words");
	assert_int_equal(target_param(&target, "empty", &value, &err), OK);
	assert_string_equal(value, "");
	assert_int_equal(target_param(&target, "flag", &value, &err), OK);
	assert_string_equal(value, "");
	assert_int_equal(target_param(&target, "c", &value, &err), OK);
	assert_string_equal(value, "/?:");
	assert_int_equal(target_param(&target, "none", &value, &err), OK);
	assert_null(value);
	assert_int_equal(target_param(&target, "a", &value, &err), ERR_INPUT);
	assert_string_equal(err.where, "a");
}

static void what_could_be_understood_differently_is_refused(void **state)
{
	static const char *const bad[] = {
	    "/a//b",  "//",          "/a/../b",  "/a/%2e%2E", "/.",       "/a/%2E/b", "/a%00b",  "/a%2Fb",    "/a%2fb",
	    "/a%0ab", "/a%7f",       "/a%",      "/a%2",      "/a%zz",    "/a b",     "/a\tb",   "/a\x01",    "/a\"",
	    "/a<b",   "/a\\b",       "/a^",      "/a`",       "/a{b}",    "/a|b",     "/a#b",    "/\xc3\xa6", "/a%ff",
	    "/a%c3",  "/a%ed%a0%80", "/a?b=%00", "/a?b=%fe",  "/a?b=c#d", "/a?b={}",  "/a?b=%4", "/a/b/../c", "/a[0]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (parse(bad[i]) != ERR_INPUT)
			fail_msg("%s was taken", bad[i]);
		assert_non_null(strstr(err.what, " at byte "));
		assert_true(err.mend[0] != '\0');
	}
	assert_int_equal(target_parse("/a\0b", 4, &pool, &target, &err), ERR_INPUT);
	assert_int_equal(parse("/a?b=%0a"), OK); /* a value may have lines */
	assert_int_equal(parse("/..."), OK);
}

static void the_byte_at_fault_is_named(void **state)
{
	(void)state;
	assert_int_equal(parse("/abc/d%zz"), ERR_INPUT);
	assert_string_equal(err.what, "the request target has a '%' without two hexadecimal digits at byte 7");
}

static void there_are_bounds(void **state)
{
	char text[4096] = "";

	(void)state;
	for (int i = 0; i < TARGET_SEGMENTS_MAX; i++)
		strncat(text, "/a", sizeof text - strlen(text) - 1);
	assert_int_equal(parse(text), OK);
	strncat(text, "/a", sizeof text - strlen(text) - 1);
	assert_int_equal(parse(text), ERR_INPUT);
	text[0] = '/', text[1] = '?', text[2] = '\0';
	for (int i = 0; i < TARGET_PARAMS_MAX; i++)
		strncat(text, "a=b&", sizeof text - strlen(text) - 1);
	assert_int_equal(parse(text), OK);
	strncat(text, "a=b", sizeof text - strlen(text) - 1);
	assert_int_equal(parse(text), ERR_INPUT);
	pool_free(&pool);
	pool_init(&pool, 10);
	assert_int_equal(parse("/a-rather-long-segment"), ERR_NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	    T(a_path_is_taken_apart_and_decoded), T(an_absolute_target_is_its_path),
	    T(query_parameters_keep_their_order), T(what_could_be_understood_differently_is_refused),
	    T(the_byte_at_fault_is_named),        T(there_are_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
