/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "net/field.h"

static struct err err;

static void tokens_and_values_are_told_from_what_must_not_be_sent(void **state)
{
	(void)state;
	assert_true(field_is_token("X-Request-Id", 12));
	assert_false(field_is_token("", 0));
	assert_false(field_is_token("a b", 3));
	assert_false(field_is_token("a:", 2));
	assert_false(field_is_token("a\0", 2));
	assert_false(field_is_token("\xc3\xa6", 2));
	assert_true(field_value_is_clean("", 0));
	assert_true(field_value_is_clean("a b\tc", 5));
	assert_false(field_value_is_clean(" a", 2));
	assert_false(field_value_is_clean("a\t", 2));
	assert_false(field_value_is_clean("a\r\nb", 4));
	assert_false(field_value_is_clean("a\nb", 3));
	assert_false(field_value_is_clean("a\0b", 3));
	assert_false(field_value_is_clean("a\x7f", 2));
	assert_false(field_value_is_clean("\xc3\xa6", 2));
}

static void members_of_a_list_are_found(void **state)
{
	(void)state;
	assert_true(field_has_token("close", "close"));
	assert_true(field_has_token("keep-alive , Close", "close"));
	assert_false(field_has_token("closed", "close"));
	assert_false(field_has_token("\"a, close\"", "close"));
	assert_false(field_has_token("", "close"));
	assert_false(field_has_token(NULL, "close"));
}

static void a_media_type_is_known_without_its_parameters(void **state)
{
	char type[MEDIA_TYPE_MAX], long_type[200];

	(void)state;
	assert_true(field_media_type("Application/JSON", type));
	assert_string_equal(type, "application/json");
	assert_true(field_media_type("application/json ; charset=\"UTF-8\"; x=y ", type));
	assert_string_equal(type, "application/json");
	assert_false(field_media_type("application/json; charset=latin1", type));
	assert_false(field_media_type("application/json; charset=utf-8x", type));
	assert_false(field_media_type("application/json; charset=utf-", type));
	assert_false(field_media_type("application/json;", type));
	assert_false(field_media_type("application/json; charset", type));
	assert_false(field_media_type("application/json; a=\"b", type));
	assert_false(field_media_type("application", type));
	assert_false(field_media_type("application/", type));
	assert_false(field_media_type("/json", type));
	assert_false(field_media_type("a/b c", type));
	assert_false(field_media_type("", type));
	assert_false(field_media_type(NULL, type));
	memset(long_type, 'a', sizeof long_type);
	long_type[1] = '/';
	long_type[199] = '\0';
	assert_false(field_media_type(long_type, type));
}

static const char *chosen(const char *accept)
{
	static const char *const offers[] = {"application/json", "text/plain", "text/event-stream"};
	int i = field_accept(accept, offers, 3);

	return i < 0 ? "none" : offers[i];
}

static void the_offer_that_is_liked_best_is_chosen(void **state)
{
	(void)state;
	assert_string_equal(chosen(NULL), "application/json");
	assert_string_equal(chosen(""), "application/json");
	assert_string_equal(chosen("*/*"), "application/json");
	assert_string_equal(chosen("text/*"), "text/plain");
	assert_string_equal(chosen("text/plain, application/json"), "application/json");
	assert_string_equal(chosen("text/plain, application/json;q=0.9"), "text/plain");
	assert_string_equal(chosen("application/json;q=0, */*;q=0.1"), "text/plain");
	assert_string_equal(chosen("text/*;q=0.5, text/event-stream;q=0.6, */*;q=0.1"), "text/event-stream");
	assert_string_equal(chosen("image/png"), "none");
	assert_string_equal(chosen("*/*;q=0"), "none");
	assert_string_equal(chosen("TEXT/PLAIN ; q=1.000"), "text/plain");
	assert_string_equal(chosen("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"),
			    "application/json");
	assert_string_equal(chosen("text/plain;q=2"), "application/json"); /* malformed: takes anything */
	assert_string_equal(chosen("text/plain;q=1.001"), "application/json");
	assert_string_equal(chosen("text/plain;q=0.1234"), "application/json");
	assert_string_equal(chosen("text/plain;q=x"), "application/json");
	assert_string_equal(chosen("text"), "application/json");
	assert_string_equal(chosen(", ,text/plain,"), "text/plain");
	assert_string_equal(chosen("text/plain;format=\"a,b\";q=0.4, text/event-stream"), "text/event-stream");
}

static void a_cookie_is_found_by_its_name_once(void **state)
{
	char value[16];

	(void)state;
	assert_true(field_cookie("a=1; session=abc; b=2", "session", value, sizeof value));
	assert_string_equal(value, "abc");
	assert_true(field_cookie("session=\"q\"", "session", value, sizeof value));
	assert_string_equal(value, "q");
	assert_true(field_cookie("session=", "session", value, sizeof value));
	assert_string_equal(value, "");
	assert_true(field_cookie("a=b=c;session=x ", "session", value, sizeof value));
	assert_string_equal(value, "x");
	assert_false(field_cookie("xsession=1", "session", value, sizeof value));
	assert_false(field_cookie("session", "session", value, sizeof value));
	assert_false(field_cookie("session=1; session=2", "session", value, sizeof value));
	assert_false(field_cookie("session=a b", "session", value, sizeof value));
	assert_false(field_cookie("session=a,b", "session", value, sizeof value));
	assert_false(field_cookie("session=0123456789abcdef", "session", value, sizeof value));
	assert_false(field_cookie(NULL, "session", value, sizeof value));
}

static int listed(const char *value, const char *etag, enum etag_comparison how)
{
	bool is = false;

	return field_etag_listed(value, etag, how, &is, &err) == OK ? is : -1;
}

static void entity_tags_are_compared_as_the_rfc_says(void **state)
{
	(void)state;
	assert_int_equal(listed("\"a\"", "\"a\"", ETAG_STRONG), 1);
	assert_int_equal(listed("W/\"a\"", "\"a\"", ETAG_STRONG), 0);
	assert_int_equal(listed("W/\"a\"", "W/\"a\"", ETAG_STRONG), 0);
	assert_int_equal(listed("W/\"a\"", "\"a\"", ETAG_WEAK), 1);
	assert_int_equal(listed("\"a\"", "W/\"a\"", ETAG_WEAK), 1);
	assert_int_equal(listed("\"x\", \"a\"", "\"a\"", ETAG_STRONG), 1);
	assert_int_equal(listed("\"x,y\" , W/\"z\"", "\"a\"", ETAG_WEAK), 0);
	assert_int_equal(listed("\"aa\"", "\"a\"", ETAG_WEAK), 0);
	assert_int_equal(listed("*", "\"a\"", ETAG_STRONG), 1);
	assert_int_equal(listed(" * ", NULL, ETAG_STRONG), 0);
	assert_int_equal(listed("\"a\"", NULL, ETAG_STRONG), 0);
	assert_int_equal(listed("\"\"", "\"\"", ETAG_STRONG), 1);
	assert_int_equal(listed("", "\"a\"", ETAG_STRONG), -1);
	assert_int_equal(listed("a", "\"a\"", ETAG_STRONG), -1);
	assert_int_equal(listed("\"a", "\"a\"", ETAG_STRONG), -1);
	assert_int_equal(listed("\"a\" \"b\"", "\"a\"", ETAG_STRONG), -1);
	assert_int_equal(listed("*, \"a\"", "\"a\"", ETAG_STRONG), -1);
	assert_int_equal(listed("w/\"a\"", "\"a\"", ETAG_WEAK), -1);
	assert_true(field_etag_valid("\"a\""));
	assert_true(field_etag_valid("W/\"\""));
	assert_false(field_etag_valid("\"a b\""));
	assert_false(field_etag_valid("\"a\"x"));
	assert_false(field_etag_valid(""));
}

static const char *range(const char *value, uint64_t size)
{
	static char text[64];
	struct byte_range r;

	switch (field_range(value, size, &r)) {
	case RANGE_NONE:
		return "none";
	case RANGE_UNSATISFIABLE:
		return "unsatisfiable";
	case RANGE_ONE:
		break;
	}
	snprintf(text, sizeof text, "%llu-%llu", (unsigned long long)r.first, (unsigned long long)r.last);
	return text;
}

static void ranges_are_cut_to_the_size(void **state)
{
	(void)state;
	assert_string_equal(range("bytes=0-0", 10), "0-0");
	assert_string_equal(range("bytes=2-5", 10), "2-5");
	assert_string_equal(range("Bytes=2-", 10), "2-9");
	assert_string_equal(range("bytes=2-99", 10), "2-9");
	assert_string_equal(range("bytes=-3", 10), "7-9");
	assert_string_equal(range("bytes=-30", 10), "0-9");
	assert_string_equal(range("bytes= 1-2 ", 10), "1-2");
	assert_string_equal(range("bytes=10-", 10), "unsatisfiable");
	assert_string_equal(range("bytes=0-", 0), "unsatisfiable");
	assert_string_equal(range("bytes=-0", 10), "unsatisfiable");
	assert_string_equal(range("bytes=-1", 0), "unsatisfiable");
	assert_string_equal(range("bytes=99999999999999999999999999-", 10), "unsatisfiable");
	assert_string_equal(range("bytes=0-99999999999999999999999999", 10), "0-9");
	assert_string_equal(range("bytes=5-2", 10), "none");
	assert_string_equal(range("bytes=0-1,3-4", 10), "none");
	assert_string_equal(range("bytes=a-b", 10), "none");
	assert_string_equal(range("bytes=", 10), "none");
	assert_string_equal(range("bytes=-", 10), "none");
	assert_string_equal(range("lines=1-2", 10), "none");
	assert_string_equal(range(NULL, 10), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tokens_and_values_are_told_from_what_must_not_be_sent),
	    cmocka_unit_test(members_of_a_list_are_found),
	    cmocka_unit_test(a_media_type_is_known_without_its_parameters),
	    cmocka_unit_test(the_offer_that_is_liked_best_is_chosen),
	    cmocka_unit_test(a_cookie_is_found_by_its_name_once),
	    cmocka_unit_test(entity_tags_are_compared_as_the_rfc_says),
	    cmocka_unit_test(ranges_are_cut_to_the_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
