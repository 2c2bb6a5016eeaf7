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

#include "shim/phone.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct err err;
static char out[PHONE_E164_MAX];

static void assert_number(struct phone_cache *cache, const char *text, const char *country, const char *expected)
{
	if (phone_to_e164(cache, text, strlen(text), country, out, &err) != OK)
		fail_msg("'%s' in %s gave: %s", text, country, err.what);
	assert_string_equal(out, expected);
}

static const struct {
	const char *text, *country, *e164;
} spellings[] = {
    {"20 12 34 56", "DK", "+4520123456"},
    {"20123456", "DK", "+4520123456"},
    {"+45 20 12 34 56", "US", "+4520123456"},
    {"0045 20123456", "DK", "+4520123456"},
    {"011 45 20 12 34 56", "US", "+4520123456"},
    {"(201) 555-0123", "US", "+12015550123"},
    {"1-201-555-0123", "US", "+12015550123"},
    {"201.555.0123", "CA", "+12015550123"},
    {"201-555-0123 ext. 42", "US", "+12015550123"},
    {"201-555-0123 x42", "US", "+12015550123"},
    {"201-555-0123;ext=42", "US", "+12015550123"},
    {"020 7946 0018", "GB", "+442079460018"},
    {"07400 123456", "GB", "+447400123456"},
    {"+44 (0)20 7946 0018", "DK", "+442079460018"},
    {"06 12 34 56 78", "FR", "+33612345678"},
    {"01512 3456789", "DE", "+4915123456789"},
    {"0512 345 678", "IT", "+390512345678"},
    {"312 345 6789", "IT", "+393123456789"},
    {"081234 56789", "IN", "+918123456789"},
    {"(11) 96123-4567", "BR", "+5511961234567"},
    {"tel:+45-20-12-34-56", "US", "+4520123456"},
    {"TEL:+4520123456", "US", "+4520123456"},
    {"  +4520123456\t", "DK", "+4520123456"},
    {"\xef\xbc\x8b\xef\xbc\x94\xef\xbc\x95" "20123456", "DK", "+4520123456"},
};

static void spellings_of_many_countries_become_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(spellings); i++)
		assert_number(NULL, spellings[i].text, spellings[i].country, spellings[i].e164);
}

static void the_cache_changes_no_answer(void **state)
{
	struct phone_cache *cache;

	(void)state;
	for (size_t entries = 0; entries < 20; entries += 3) {
		assert_int_equal(phone_cache_new(entries, &cache, &err), OK);
		for (int round = 0; round < 3; round++) {
			for (size_t i = 0; i < COUNT(spellings); i++)
				assert_number(cache, spellings[i].text, spellings[i].country, spellings[i].e164);
			assert_int_equal(phone_to_e164(cache, "1000", 4, "DK", out, &err), ERR_INPUT);
			assert_int_equal(phone_to_e164(cache, "bobs", 4, "DK", out, &err), ERR_INPUT);
		}
		phone_cache_free(cache);
	}
	phone_cache_free(NULL);
}

static void the_cache_tells_countries_apart(void **state)
{
	struct phone_cache *cache;

	(void)state;
	assert_int_equal(phone_cache_new(100, &cache, &err), OK);
	for (int round = 0; round < 2; round++) {
		assert_number(cache, "20123456", "DK", "+4520123456");
		assert_number(cache, "40123456", "NO", "+4740123456");
		assert_number(cache, "40123456", "DK", "+4540123456");
	}
	phone_cache_free(cache);
}

/* Mobile example numbers of the numbering plans, as libphonenumber-js publishes them (MIT). */
static void example_numbers_of_the_plans_are_read(void **state)
{
	static const struct {
		const char *country, *national, *e164;
	} examples[] = {
	    {"AR", "91123456789", "+5491123456789"}, {"AU", "412345678", "+61412345678"},
	    {"AL", "672123456", "+355672123456"},    {"BE", "450001234", "+32450001234"},
	    {"BD", "1812345678", "+8801812345678"},  {"AD", "312345", "+376312345"},
	    {"BH", "36001234", "+97336001234"},	     {"AW", "5601234", "+2975601234"},
	    {"AC", "40123", "+24740123"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++)
		assert_number(NULL, examples[i].national, examples[i].country, examples[i].e164);
}

static void a_valid_number_of_seven_digits_passes(void **state)
{
	(void)state;
	assert_number(NULL, "+683 4002", "DK", "+6834002"); /* Niue */
}

static void e_164_passes_whatever_the_country(void **state)
{
	(void)state;
	assert_number(NULL, "+4520123456", NULL, "+4520123456");
	assert_number(NULL, "+4520123456", "", "+4520123456");
	assert_number(NULL, "+4520123456", "XX", "+4520123456");
	assert_number(NULL, "+999999999999999", "DK", "+999999999999999");
	assert_number(NULL, "+45 20 12 34 56", NULL, "+4520123456");
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = {
	    "", " ", "anonymous", "Anonymous", "unknown", "1000", "alice", "2000bobs", "bob20123456", "20123456bob",
	    "sip:20123456@example.com", "20123456@10.0.0.1", "s", "*98", "#31#", "+", "+45",
	    "+0123456789", "1-800-FLOWERS", "+4520123456789012", "20123456 x", "x20123456", "20123456 x4b",
	    "\xff\xfe", "20123456\n20123457", "T38", "--", "tel:", "tel:alice",
	    "+45 20 12 34 56 20 12 34 56 20 12 34 56 20 12 34 56 20 12 34 56 20 12 34 56 20 12 34 56 20 12 34 56 20 12"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (phone_to_e164(NULL, bad[i], strlen(bad[i]), "DK", out, &err) != ERR_INPUT)
			fail_msg("'%s' became %s", bad[i], out);
		assert_string_equal(out, "");
		assert_non_null(strstr(err.what, "is not a telephone number in DK"));
		assert_non_null(strstr(err.mend, "+"));
	}
	assert_int_equal(phone_to_e164(NULL, "20123\000456", 9, "DK", out, &err), ERR_INPUT);
	assert_int_equal(phone_to_e164(NULL, "1000", 4, "DE", out, &err), ERR_INPUT);
}

static void a_national_number_needs_its_country(void **state)
{
	(void)state;
	assert_int_equal(phone_to_e164(NULL, "20123456", 8, NULL, out, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "without a country"));
	assert_int_equal(phone_to_e164(NULL, "20123456", 8, "", out, &err), ERR_INPUT);
	assert_int_equal(phone_to_e164(NULL, "20123456", 8, "XX", out, &err), ERR_INPUT);
	assert_int_equal(phone_to_e164(NULL, "20123456", 8, "dk", out, &err), ERR_INPUT);
}

static void the_cache_forgets_the_oldest_and_goes_on(void **state)
{
	struct phone_cache *cache;
	char text[20], expected[20];

	(void)state;
	assert_int_equal(phone_cache_new(8, &cache, &err), OK);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof text, "20 12 3%d", 100 + i);
		snprintf(expected, sizeof expected, "+4520123%d", 100 + i);
		assert_number(cache, text, "DK", expected);
		assert_number(cache, text, "DK", expected);
	}
	phone_cache_free(cache);
}

static void numbers_are_shown_as_people_write_them(void **state)
{
	char shown[40];

	(void)state;
	phone_pretty("+4520123456", shown);
	assert_string_equal(shown, "+45 20 12 34 56");
	phone_pretty("+12015550123", shown);
	assert_string_equal(shown, "+1 201-555-0123");
	phone_pretty("anonymous", shown);
	assert_string_equal(shown, "anonymous");
	phone_pretty("", shown);
	assert_string_equal(shown, "");
	phone_pretty("+999999999999999", shown);
	assert_string_equal(shown, "+999999999999999");
	phone_pretty("a text that is far longer than the room there is for it", shown);
	assert_string_equal(shown, "a text that is far longer than the room");
}

static void countries_are_known_by_two_capitals(void **state)
{
	static const char *const known[] = {"DK", "US", "FR", "GB", "IN"};
	static const char *const unknown[] = {"", "D", "dk", "XX", "ZZ", "DNK", "001", "45"};

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++)
		assert_true(phone_country_known(known[i]));
	for (size_t i = 0; i < COUNT(unknown); i++)
		assert_false(phone_country_known(unknown[i]));
	assert_false(phone_country_known(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spellings_of_many_countries_become_one),
	    cmocka_unit_test(the_cache_changes_no_answer),
	    cmocka_unit_test(the_cache_tells_countries_apart),
	    cmocka_unit_test(example_numbers_of_the_plans_are_read),
	    cmocka_unit_test(a_valid_number_of_seven_digits_passes),
	    cmocka_unit_test(e_164_passes_whatever_the_country),
	    cmocka_unit_test(what_is_no_number_is_refused),
	    cmocka_unit_test(a_national_number_needs_its_country),
	    cmocka_unit_test(the_cache_forgets_the_oldest_and_goes_on),
	    cmocka_unit_test(numbers_are_shown_as_people_write_them),
	    cmocka_unit_test(countries_are_known_by_two_capitals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
