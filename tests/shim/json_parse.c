/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "shim/json_parse.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT(literal) (literal), sizeof(literal) - 1

static struct err err;
static struct pool pool;
static struct json_parser *parser;

static int fresh(void **state)
{
	(void)state;
	pool_init(&pool, 64 << 20);
	return json_parser_new(1 << 20, &parser, &err) != OK;
}

static int release(void **state)
{
	(void)state;
	pool_free(&pool);
	json_parser_free(parser);
	return 0;
}

static const struct json *parsed(const char *text, size_t len)
{
	const struct json *tree = NULL;

	if (json_parse(parser, text, len, &pool, &tree, &err) != OK)
		fail_msg("%s", err.what);
	return tree;
}

static void assert_refused(const char *text, size_t len, const char *what)
{
	const struct json *tree;

	if (json_parse(parser, text, len, &pool, &tree, &err) != ERR_INPUT || strstr(err.what, what) == NULL)
		fail_msg("'%s' gave: %s", text, err.what);
}

static void every_type_becomes_a_node(void **state)
{
	const struct json *tree = parsed(TEXT("[null,true,false,-5,1.5,\"x\",[],{}]")), *node;
	static const enum json_type types[] = {JSON_NULL,   JSON_BOOL,	 JSON_BOOL,  JSON_INT,
					       JSON_DOUBLE, JSON_STRING, JSON_ARRAY, JSON_OBJECT};
	size_t i = 0;

	(void)state;
	assert_int_equal(tree->type, JSON_ARRAY);
	assert_int_equal(tree->len, 8);
	for (node = tree->first; node != NULL; node = node->next, i++) {
		assert_int_equal(node->type, types[i]);
		assert_null(node->name);
		if (i == 1)
			assert_true(node->boolean);
		if (i == 3) {
			assert_int_equal(node->integer, -5);
			assert_true(node->real < -4.9);
		}
	}
	assert_int_equal(i, 8);
}

static void a_scalar_is_a_document(void **state)
{
	(void)state;
	assert_int_equal(parsed(TEXT("  7 "))->integer, 7);
	assert_string_equal(parsed(TEXT("\"x\""))->text, "x");
	assert_int_equal(parsed(TEXT("null"))->type, JSON_NULL);
}

static void strings_keep_their_escapes_and_their_length(void **state)
{
	const struct json *node = parsed(TEXT("{\"n\\u0061me\":\"a\\u0000b\\ud83d\\ude00\\n\"}"))->first;

	(void)state;
	assert_string_equal(node->name, "name");
	assert_int_equal(node->len, 8);
	assert_memory_equal(node->text, "a\0b\xf0\x9f\x98\x80\n", 9);
}

static void integers_beyond_int64_become_doubles(void **state)
{
	static const struct {
		const char *text;
		double value;
	} cases[] = {
	    {"9223372036854775808", 9223372036854775808.0},
	    {"18446744073709551615", 18446744073709551615.0},
	    {"18446744073709551616", 18446744073709551616.0},
	    {"-9223372036854775809", -9223372036854775809.0},
	    {"123456789012345678901234567890", 123456789012345678901234567890.0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct json *node = parsed(cases[i].text, strlen(cases[i].text));

		assert_int_equal(node->type, JSON_DOUBLE);
		assert_true(node->real >= cases[i].value && node->real <= cases[i].value);
	}
	assert_true(parsed(TEXT("9223372036854775807"))->integer == INT64_MAX);
	assert_true(parsed(TEXT("-9223372036854775808"))->integer == INT64_MIN);
}

static void a_large_integer_changes_nothing_around_it(void **state)
{
	static const char text[] = "{\"9223372036854775808999\":\"\\\"92233720368547758089999\\\\\",\"b\":"
				   "-99999999999999999999,\"c\":1.99999999999999999999,\"d\":9223372036854775807}";
	const struct json *tree = parsed(text, sizeof text - 1);

	(void)state;
	assert_string_equal(json_get_text(tree, "9223372036854775808999"), "\"92233720368547758089999\\");
	assert_true(json_get(tree, "b")->real < -9.9e19);
	assert_int_equal(json_get(tree, "c")->type, JSON_DOUBLE);
	assert_true(json_get_int(tree, "d", 0) == INT64_MAX);
}

static void what_is_no_json_is_refused_with_the_byte(void **state)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
	    {"", "ends too early (byte 1)"},
	    {"   ", "ends too early (byte 4)"},
	    {"{\"a\":1", "ends too early (byte 7)"},
	    {"[1,]", "a value is missing (byte 4)"},
	    {"[1 2]", "',' or ']' is missing (byte 4)"},
	    {"{\"a\" 1}", "':' is missing (byte 6)"},
	    {"{\"a\":1 \"b\":2}", "',' or '}' is missing (byte 8)"},
	    {"{a:1}", "a member name in quotes is missing (byte 2)"},
	    {"{\"a\":1,}", "a member name in quotes is missing (byte 8)"},
	    {"[1] 2", "something follows the document (byte 5)"},
	    {"{}{}", "something follows the document (byte 3)"},
	    {"truth", "no such word in JSON (byte 4)"},
	    {"[nul]", "no such word in JSON (byte 5)"},
	    {"falsy", "no such word in JSON (byte 5)"},
	    {"01", "a number begins with 0 (byte 2)"},
	    {"[-]", "a digit is missing (byte 3)"},
	    {"[1.]", "a digit is missing (byte 4)"},
	    {"[1e+]", "a digit is missing (byte 5)"},
	    {"+1", "a value is missing (byte 1)"},
	    {"'a'", "a value is missing (byte 1)"},
	    {"\"a", "ends too early (byte 3)"},
	    {"\"\\x\"", "no such escape in a string (byte 3)"},
	    {"\"\\u12g4\"", "four hexadecimal digits (byte 6)"},
	    {"\"\\ud800\"", "surrogate pair stands alone (byte 2)"},
	    {"\"\\udc00\"", "surrogate pair stands alone (byte 2)"},
	    {"\"\\ud800\\u0041\"", "surrogate pair stands alone (byte 2)"},
	    {"\"\\ud800\\ud800\"", "surrogate pair stands alone (byte 2)"},
	    {"\"\\ud800\\uzzzz\"", "four hexadecimal digits (byte 10)"},
	    {"\"a\nb\"", "control character must be written as an escape (byte 3)"},
	    {"\"a\xff\"", "this is not UTF-8 (byte 3)"},
	    {"\"\xc0\x80\"", "this is not UTF-8 (byte 2)"},
	    {"\"\xed\xa0\x80\"", "this is not UTF-8 (byte 2)"},
	    {"[1e999]", "a number is out of range"},
	    {"[-1e999]", "a number is out of range"},
	    {"\xef\xbb\xbf{}", "a value is missing (byte 1)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_refused(cases[i].text, strlen(cases[i].text), cases[i].what);
	assert_refused(TEXT("[1\0]"), "',' or ']' is missing (byte 3)");
	assert_refused(TEXT("\"a\0\""), "control character");
}

static void a_name_given_twice_is_refused_by_name(void **state)
{
	(void)state;
	assert_refused(TEXT("{\"a\":1,\"a\":1}"), "'a' appears twice");
	assert_refused(TEXT("[{\"x\":{\"b\":1,\"c\":2,\"\\u0062\":3}}]"), "'b' appears twice");
	assert_refused(TEXT("{\"\":1,\"\":1}"), "'' appears twice");
	assert_non_null(strstr(err.mend, "keep one of them"));
	parsed(TEXT("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"));
}

static void a_name_given_twice_among_many_is_refused_too(void **state)
{
	char text[4000];

	(void)state;
	for (int count = 2; count < 40; count++) {
		for (int again = 0; again < 2; again++) {
			size_t used = 0;

			text[used++] = '{';
			for (int i = 0; i < count; i++)
				used += (size_t)snprintf(text + used, sizeof text - used, "\"name%d\":%d,", i, i);
			used += (size_t)snprintf(text + used, sizeof text - used, "\"name%d\":0}", again ? count / 2 : count);
			if (again)
				assert_refused(text, used, "appears twice");
			else
				assert_int_equal(parsed(text, used)->len, count + 1);
		}
	}
}

static void a_name_that_holds_a_nul_is_refused(void **state)
{
	(void)state;
	assert_refused(TEXT("{\"a\\u0000b\":1}"), "holds a NUL");
	parsed(TEXT("{\"a\":\"\\u0000\"}"));
}

static void sixty_four_levels_are_read_and_no_more(void **state)
{
	char text[132];

	(void)state;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	parsed(text, 128);
	text[64] = '1'; /* a value in the last of them */
	memset(text + 65, ']', 64);
	parsed(text, 129);
	memset(text, '[', 65);
	text[65] = '1';
	memset(text + 66, ']', 65);
	assert_refused(text, 131, "nests too deep (byte 65)");
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	assert_refused(text, 130, "nests too deep (byte 65)");
	memset(text, '[', 130);
	assert_refused(text, 130, "nests too deep (byte 65)");
}

static void a_document_over_the_maximum_is_refused(void **state)
{
	static char text[(1 << 20) + 1];
	const struct json *tree;

	(void)state;
	memset(text, ' ', sizeof text);
	text[0] = '7';
	assert_int_equal(parsed(text, sizeof text - 1)->integer, 7);
	assert_int_equal(json_parse(parser, text, sizeof text, &pool, &tree, &err), ERR_LIMIT);
	assert_non_null(strstr(err.what, "maximum of 1048576 bytes"));
	assert_null(tree);
}

static void one_parser_reads_small_and_large_documents_in_turn(void **state)
{
	static char text[300000];
	size_t used = 0;

	(void)state;
	text[used++] = '[';
	for (int i = 0; i < 20000; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "\"s%d\",", i);
	text[used - 1] = ']';
	for (int round = 0; round < 3; round++) {
		const struct json *tree = parsed(text, used), *node = tree->first;

		assert_int_equal(tree->len, 20000);
		for (int i = 0; i < 19999; i++)
			node = node->next;
		assert_string_equal(node->text, "s19999");
		assert_int_equal(parsed(TEXT("{\"a\":1}"))->len, 1);
		assert_refused(TEXT("{"), "ends too early");
		pool_reset(&pool);
	}
}

/* The text lies at the very end of its memory, so that a sanitizer sees a read beyond it. */
static void nothing_beyond_the_text_is_read(void **state)
{
	(void)state;
	for (size_t len = 2; len < 200; len++) {
		char *text = malloc(len);

		assert_non_null(text);
		memset(text, 'x', len);
		text[0] = text[len - 1] = '"';
		assert_int_equal(parsed(text, len)->len, len - 2);
		text[len - 1] = 'x';
		assert_refused(text, len, "ends too early");
		free(text);
	}
}

static void more_values_than_a_pool_holds_are_a_fault_of_the_document_and_a_full_pool_is_none(void **state)
{
	const struct json *tree;
	struct pool small;

	(void)state;
	pool_init(&small, 100);
	assert_int_equal(json_parse(parser, "[1,2,3,4]", 9, &small, &tree, &err), ERR_LIMIT);
	assert_string_equal(err.what, "the JSON document has 5 values, which are too many");
	pool_free(&small);
	pool_init(&small, 1000);
	assert_non_null(pool_alloc(&small, 900));
	assert_int_equal(json_parse(parser, "[1,2,3,4]", 9, &small, &tree, &err), ERR_NO_MEMORY);
	pool_free(&small);
}

static void one_document_needs_no_parser_of_its_own(void **state)
{
	const struct json *tree;

	(void)state;
	assert_int_equal(json_parse_once("{\"a\":[1]}", 9, &pool, &tree, &err), OK);
	assert_int_equal(json_get(tree, "a")->first->integer, 1);
	assert_int_equal(json_parse_once("", 0, &pool, &tree, &err), ERR_INPUT);
	assert_int_equal(json_parse_once("18446744073709551616", 20, &pool, &tree, &err), OK);
}

static void freeing_nothing_is_fine(void **state)
{
	(void)state;
	json_parser_free(NULL);
}

#define WITH_PARSER(f) cmocka_unit_test_setup_teardown(f, fresh, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_PARSER(every_type_becomes_a_node),
	    WITH_PARSER(a_scalar_is_a_document),
	    WITH_PARSER(strings_keep_their_escapes_and_their_length),
	    WITH_PARSER(integers_beyond_int64_become_doubles),
	    WITH_PARSER(a_large_integer_changes_nothing_around_it),
	    WITH_PARSER(what_is_no_json_is_refused_with_the_byte),
	    WITH_PARSER(a_name_given_twice_is_refused_by_name),
	    WITH_PARSER(a_name_given_twice_among_many_is_refused_too),
	    WITH_PARSER(a_name_that_holds_a_nul_is_refused),
	    WITH_PARSER(sixty_four_levels_are_read_and_no_more),
	    WITH_PARSER(a_document_over_the_maximum_is_refused),
	    WITH_PARSER(one_parser_reads_small_and_large_documents_in_turn),
	    WITH_PARSER(nothing_beyond_the_text_is_read),
	    WITH_PARSER(more_values_than_a_pool_holds_are_a_fault_of_the_document_and_a_full_pool_is_none),
	    WITH_PARSER(one_document_needs_no_parser_of_its_own),
	    cmocka_unit_test(freeing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
