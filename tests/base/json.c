/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "base/json.h"
#include "shim/json_parse.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct err err;
static struct pool pool;
static struct buf buf;

static int fresh(void **state)
{
	(void)state;
	pool_init(&pool, 1 << 20);
	buf_init(&buf, 1 << 20);
	return 0;
}

static int release(void **state)
{
	(void)state;
	pool_free(&pool);
	buf_free(&buf);
	return 0;
}

static const struct json *tree_of(const char *text)
{
	const struct json *tree = NULL;

	assert_int_equal(json_parse_once(text, strlen(text), &pool, &tree, &err), OK);
	return tree;
}

/* ---- reading ---- */

static void members_are_found_by_name(void **state)
{
	const struct json *tree = tree_of("{\"a\":\"x\",\"n\":-7,\"o\":{\"b\":true},\"\":1,\"d\":1.5,\"z\":null}");

	(void)state;
	assert_string_equal(json_get_text(tree, "a"), "x");
	assert_int_equal(json_get_int(tree, "n", 3), -7);
	assert_true(json_get(json_get(tree, "o"), "b")->boolean);
	assert_int_equal(json_get_int(tree, "", 0), 1);
	assert_int_equal(json_get(tree, "z")->type, JSON_NULL);
}

static void what_is_absent_or_of_another_type_is_told_apart(void **state)
{
	const struct json *tree = tree_of("{\"a\":\"x\",\"d\":1.5}");

	(void)state;
	assert_null(json_get(tree, "b"));
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(json_get(tree, "a"), "a"));
	assert_null(json_get_text(tree, "d"));
	assert_null(json_get_text(tree, "b"));
	assert_int_equal(json_get_int(tree, "d", 9), 9);
	assert_int_equal(json_get_int(tree, "a", 9), 9);
	assert_int_equal(json_get_int(tree, "b", 9), 9);
}

static void types_have_names_for_messages(void **state)
{
	(void)state;
	assert_string_equal(json_type_name(JSON_NULL), "null");
	assert_string_equal(json_type_name(JSON_BOOL), "a boolean");
	assert_string_equal(json_type_name(JSON_INT), "an integer");
	assert_string_equal(json_type_name(JSON_DOUBLE), "a number");
	assert_string_equal(json_type_name(JSON_STRING), "a string");
	assert_string_equal(json_type_name(JSON_ARRAY), "an array");
	assert_string_equal(json_type_name(JSON_OBJECT), "an object");
}

/* ---- strings ---- */

static void assert_string_written(const char *text, size_t len, const char *expected)
{
	buf_reset(&buf);
	json_add_string(&buf, text, len);
	assert_string_equal(buf.data, expected);
}

static void strings_are_escaped_as_shortly_as_can_be(void **state)
{
	(void)state;
	assert_string_written("", 0, "\"\"");
	assert_string_written("plain", 5, "\"plain\"");
	assert_string_written("\"\\/", 3, "\"\\\"\\\\/\"");
	assert_string_written("\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\"");
	assert_string_written("\0\1\v\x1f\x7f", 5, "\"\\u0000\\u0001\\u000b\\u001f\x7f\"");
	assert_string_written("Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80", 13, "\"Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

static void broken_utf_8_is_replaced(void **state)
{
	(void)state;
	assert_string_written("a\xff" "b", 3, "\"a\xef\xbf\xbd" "b\"");
	assert_string_written("\xc3", 1, "\"\xef\xbf\xbd\"");
	assert_string_written("\xc0\x80", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_string_written("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_string_written("\xe2\x82", 2, "\"\xef\xbf\xbd\"");
}

/* ---- trees ---- */

static void a_tree_is_written_as_it_was_read(void **state)
{
	static const char *const texts[] = {
	    "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "\"\"", "[]", "{}",
	    "[1,[2,[]],{\"b\":[{}],\"a\":null}]", "{\"z\":1,\"a\":{\"y\":\"\\u0000\"}}", "1.5", "-0.1", "-0.0", "1e+300",
	    "4.94065645841247e-324", "0.30000000000000004", "1.7976931348623157e+308"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		buf_reset(&buf);
		json_add_tree(&buf, tree_of(texts[i]));
		assert_string_equal(buf.data, texts[i]);
	}
}

static void what_json_has_no_number_for_is_null(void **state)
{
	const struct json infinite = {.type = JSON_DOUBLE, .real = INFINITY}, nan = {.type = JSON_DOUBLE, .real = NAN};

	(void)state;
	json_add_tree(&buf, &infinite);
	json_add_tree(&buf, &nan);
	assert_string_equal(buf.data, "nullnull");
}

/* ---- RFC 8785 ---- */

static void assert_canonical(const char *text, const char *expected)
{
	buf_reset(&buf);
	assert_int_equal(json_add_canonical(&buf, tree_of(text), &err), OK);
	assert_string_equal(buf.data, expected);
}

static void the_sorting_example_of_rfc_8785_holds(void **state)
{
	(void)state;
	/* Section 3.2.3: U+1F600, as the surrogates d83d de00, comes before U+FB33. */
	assert_canonical("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With "
			 "Dagesh\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning "
			 "Face\",\"\\u0080\":\"Control\",\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
			 "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"Latin Small "
			 "Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\",\"\xf0\x9f\x98\x80\":\"Emoji: Grinning "
			 "Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

static void the_string_of_rfc_8785_is_written_as_it_says(void **state)
{
	(void)state;
	/* Section 3.2.2, its literals and string; its numbers are fractions, which we do not sign. */
	assert_canonical("{\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
			 " \"literals\": [null, true, false]}",
			 "{\"literals\":[null,true,false],\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

static void names_sort_at_every_depth_and_elements_do_not(void **state)
{
	(void)state;
	assert_canonical("{ \"b\" : [ 3, 1, {\"z\":1,\"y\":2} ], \"a\" : {} , \"aa\":[], \"\":0}",
			 "{\"\":0,\"a\":{},\"aa\":[],\"b\":[3,1,{\"y\":2,\"z\":1}]}");
	assert_canonical("{\"\\ue000\":1,\"\\ud800\\udc00\":2,\"\\ud7ff\":3}",
			 "{\"\xed\x9f\xbf\":3,\"\xf0\x90\x80\x80\":2,\"\xee\x80\x80\":1}");
}

static void integers_are_written_without_sign_of_how_they_came(void **state)
{
	(void)state;
	assert_canonical("[0,-0,-0.0,1.0,1e2,10.0e-1,9007199254740992,-9007199254740992,9007199254740992.0]",
			 "[0,0,0,1,100,1,9007199254740992,-9007199254740992,9007199254740992]");
}

static void what_is_no_exact_integer_is_not_signed(void **state)
{
	static const char *const bad[] = {"1.5", "[1e-1]", "{\"a\":9007199254740993}", "-9007199254740993", "1e300",
					  "18446744073709551615"};
	const struct json nan = {.type = JSON_DOUBLE, .real = NAN};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(json_add_canonical(&buf, tree_of(bad[i]), &err), ERR_INPUT);
		assert_non_null(strstr(err.what, "not an integer within 2^53"));
	}
	assert_int_equal(json_add_canonical(&buf, &nan, &err), ERR_INPUT);
}

static void what_is_not_unicode_is_not_signed(void **state)
{
	const struct json half = {.type = JSON_STRING, .text = "\xed\xa0\x80", .len = 3};
	const struct json member = {.type = JSON_NULL, .name = "\xff"};
	const struct json object = {.type = JSON_OBJECT, .first = &member, .len = 1};
	const struct json array = {.type = JSON_ARRAY, .first = &half, .len = 1};

	(void)state;
	assert_int_equal(json_add_canonical(&buf, &half, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "not valid Unicode"));
	assert_int_equal(json_add_canonical(&buf, &object, &err), ERR_INPUT);
	assert_int_equal(json_add_canonical(&buf, &array, &err), ERR_INPUT);
}

static void the_canonical_form_of_a_canonical_form_is_itself(void **state)
{
	char first[200];

	(void)state;
	assert_int_equal(json_add_canonical(&buf, tree_of("{\"b\":[1,{\"d\":\"\\n\",\"c\":-5}],\"a\":\"\\u00e6\"}"), &err), OK);
	strncpy(first, buf.data, sizeof first - 1);
	first[sizeof first - 1] = '\0';
	assert_canonical(first, first);
}

/* ---- the writer ---- */

static void write_sample(struct json_writer *w)
{
	json_begin_object(w, NULL);
	json_string(w, "s", "x");
	json_string(w, "none", NULL);
	json_string_n(w, "n", "abc", 2);
	json_int(w, "min", INT64_MIN);
	json_begin_array(w, "list");
	json_bool(w, NULL, true);
	json_null(w, NULL);
	json_begin_object(w, NULL);
	json_end_object(w);
	json_begin_array(w, NULL);
	json_end_array(w);
	json_end_array(w);
	json_node(w, "tree", tree_of("[1, 2]"));
	json_end_object(w);
}

static void the_writer_formats_ids_instants_and_days(void **state)
{
	struct json_writer w;

	(void)state;
	json_writer_init(&w, &buf, 0);
	json_begin_array(&w, NULL);
	json_id(&w, NULL, "call", (struct id){{0}});
	json_instant(&w, NULL, (struct instant){1500});
	json_date(&w, NULL, (struct date){1});
	json_end_array(&w);
	assert_string_equal(buf.data, "[\"call_00000000000000000000000000\",\"1970-01-01T00:00:01.500Z\",\"1970-01-02\"]");
}

static void the_writer_puts_commas_itself(void **state)
{
	struct json_writer w;

	(void)state;
	json_writer_init(&w, &buf, 0);
	write_sample(&w);
	assert_string_equal(buf.data, "{\"s\":\"x\",\"none\":null,\"n\":\"ab\",\"min\":-9223372036854775808,"
				      "\"list\":[true,null,{},[]],\"tree\":[1,2]}");
}

static void the_writer_indents(void **state)
{
	struct json_writer w;

	(void)state;
	json_writer_init(&w, &buf, 2);
	write_sample(&w);
	assert_string_equal(buf.data, "{\n"
				      "  \"s\": \"x\",\n"
				      "  \"none\": null,\n"
				      "  \"n\": \"ab\",\n"
				      "  \"min\": -9223372036854775808,\n"
				      "  \"list\": [\n"
				      "    true,\n"
				      "    null,\n"
				      "    {},\n"
				      "    []\n"
				      "  ],\n"
				      "  \"tree\": [1,2]\n"
				      "}");
}

static void thirty_two_levels_can_be_written(void **state)
{
	struct json_writer w;

	(void)state;
	json_writer_init(&w, &buf, 0);
	for (int i = 0; i < 32; i++)
		json_begin_array(&w, NULL);
	json_int(&w, NULL, 1);
	for (int i = 0; i < 32; i++)
		json_end_array(&w);
	assert_int_equal(buf.len, 65);
}

#define WITH_MEMORY(f) cmocka_unit_test_setup_teardown(f, fresh, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_MEMORY(members_are_found_by_name),
	    WITH_MEMORY(what_is_absent_or_of_another_type_is_told_apart),
	    WITH_MEMORY(types_have_names_for_messages),
	    WITH_MEMORY(strings_are_escaped_as_shortly_as_can_be),
	    WITH_MEMORY(broken_utf_8_is_replaced),
	    WITH_MEMORY(a_tree_is_written_as_it_was_read),
	    WITH_MEMORY(what_json_has_no_number_for_is_null),
	    WITH_MEMORY(the_sorting_example_of_rfc_8785_holds),
	    WITH_MEMORY(the_string_of_rfc_8785_is_written_as_it_says),
	    WITH_MEMORY(names_sort_at_every_depth_and_elements_do_not),
	    WITH_MEMORY(integers_are_written_without_sign_of_how_they_came),
	    WITH_MEMORY(what_is_no_exact_integer_is_not_signed),
	    WITH_MEMORY(what_is_not_unicode_is_not_signed),
	    WITH_MEMORY(the_canonical_form_of_a_canonical_form_is_itself),
	    WITH_MEMORY(the_writer_formats_ids_instants_and_days),
	    WITH_MEMORY(the_writer_puts_commas_itself),
	    WITH_MEMORY(the_writer_indents),
	    WITH_MEMORY(thirty_two_levels_can_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
