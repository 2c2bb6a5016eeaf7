/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vault/normal.h"

static struct pool pool;
static struct phone_cache *cache;

static int set_up(void **state)
{
	struct err err;

	(void)state;
	pool_init(&pool, 1 << 20);
	return phone_cache_new(100, &cache, &err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	phone_cache_free(cache);
	pool_free(&pool);
	return 0;
}

static void becomes(enum identity_kind kind, const char *text, enum identity_kind want_kind, const char *want)
{
	struct normal normal;
	struct err err;

	if (normal_make(cache, "DK", kind, text, &pool, &normal, &err) != OK)
		fail_msg("%s: %s", text, err.what);
	assert_int_equal(normal.kind, want_kind);
	assert_string_equal(normal.text, want);
	assert_int_equal(normal.fell_back, kind != want_kind);
}

static void refused(enum identity_kind kind, const char *text)
{
	struct normal normal;
	struct err err;

	assert_int_equal(normal_make(cache, "DK", kind, text, &pool, &normal, &err), ERR_INPUT);
}

static void every_spelling_of_a_number_becomes_one(void **state)
{
	static const char *const spellings[] = {"+4520123456", "20123456", "20 12 34 56", "0045 20 12 34 56", " +45 20-12-34-56 "};

	(void)state;
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
		becomes(IDENTITY_PHONE, spellings[i], IDENTITY_PHONE, "+4520123456");
}

static void what_is_no_number_or_address_is_kept_as_it_is(void **state)
{
	(void)state;
	becomes(IDENTITY_PHONE, " anonymous ", IDENTITY_EXTERNAL, "anonymous");
	becomes(IDENTITY_EMAIL, "not an address", IDENTITY_EXTERNAL, "not an address");
	becomes(IDENTITY_NUMBER, " queue-7 ", IDENTITY_NUMBER, "queue-7");
	becomes(IDENTITY_NUMBER, "70 10 20 30", IDENTITY_NUMBER, "+4570102030");
}

static void addresses_are_folded(void **state)
{
	(void)state;
	becomes(IDENTITY_EMAIL, "Jane.DOE@Example.COM", IDENTITY_EMAIL, "jane.doe@example.com");
}

static void ids_keep_their_case_and_lose_their_margins(void **state)
{
	(void)state;
	becomes(IDENTITY_EXTERNAL, "\tCust-42 ", IDENTITY_EXTERNAL, "Cust-42");
	becomes(IDENTITY_AGENT, " Agent 7", IDENTITY_AGENT, "Agent 7");
}

static void empty_broken_and_long_ones_are_refused(void **state)
{
	char longer[600];

	(void)state;
	memset(longer, 'a', sizeof longer);
	longer[513] = '\0';
	refused(IDENTITY_EXTERNAL, "");
	refused(IDENTITY_PHONE, " \t");
	refused(IDENTITY_EXTERNAL, "\xff");
	refused(IDENTITY_EXTERNAL, longer);
	longer[512] = '\0';
	becomes(IDENTITY_EXTERNAL, longer, IDENTITY_EXTERNAL, longer);
}

static void a_name_is_its_folded_words_without_doubles(void **state)
{
	const char *words[4];

	(void)state;
	assert_int_equal(normal_name_words(&pool, "M\xc3\xbcller, Zo\xc3\xab (zoe)", words, 4), 2);
	assert_string_equal(words[0], "muller");
	assert_string_equal(words[1], "zoe");
	assert_int_equal(normal_name_words(&pool, " ., ", words, 4), 0);
	assert_int_equal(normal_name_words(&pool, "a b c d e f", words, 4), 4);
	assert_int_equal(normal_name_words(&pool, "\xff", words, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_a_number_becomes_one),
		cmocka_unit_test(what_is_no_number_or_address_is_kept_as_it_is),
		cmocka_unit_test(addresses_are_folded),
		cmocka_unit_test(ids_keep_their_case_and_lose_their_margins),
		cmocka_unit_test(empty_broken_and_long_ones_are_refused),
		cmocka_unit_test(a_name_is_its_folded_words_without_doubles),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
