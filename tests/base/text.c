/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct pool pool;

static int fresh(void **state)
{
	(void)state;
	pool_init(&pool, 1 << 20);
	return 0;
}

static int release(void **state)
{
	(void)state;
	pool_free(&pool);
	return 0;
}

static const struct {
	const char *text, *folded, *email;
} cases[] = {
    {"", "", ""},
    {"   ", "", ""},
    {"Anna", "anna", "anna"},
    {"  Zo\xc3\xab  M\xc3\x9cLLER ", "zoe muller", "zo\xc3\xab  m\xc3\xbcller"},
    {"\t two \r\n lines\v", "two lines", "two \r\n lines"},
    {"Stra\xc3\x9f" "e", "strasse", "strasse"},
    {"\xc3\x98rsted", "\xc3\xb8rsted", "\xc3\xb8rsted"},               /* o with stroke has no decomposition */
    {"Zoe\xcc\x88", "zoe", "zo\xc3\xab"},                              /* combining diaeresis */
    {"\xef\xbc\xa1\xef\xbc\xa2", "ab", "\xef\xbd\x81\xef\xbd\x82"},    /* full-width letters */
    {"\xc4\xb0", "i", "i\xcc\x87"},                                    /* capital i with dot */
    {"\xce\xa3\xce\xaf\xcf\x82", "\xcf\x83\xce\xb9\xcf\x83", "\xcf\x83\xce\xaf\xcf\x83"}, /* final sigma */
    {"\xef\xac\x81t", "fit", "fit"},                                   /* ligature fi */
    {"a\xc2\xa0\xe2\x80\x83z", "a z", "a\xc2\xa0\xe2\x80\x83z"},       /* no-break and em space */
    {"\xc2\xa0z\xc2\xa0", "z", "z"},
    {"x\xc2\xad\xe2\x80\x8by", "xy", NULL},                            /* soft hyphen, zero-width space */
    {"\xe5\xb1\xb1\xe7\x94\xb0 \xe5\xa4\xaa\xe9\x83\x8e", "\xe5\xb1\xb1\xe7\x94\xb0 \xe5\xa4\xaa\xe9\x83\x8e",
     "\xe5\xb1\xb1\xe7\x94\xb0 \xe5\xa4\xaa\xe9\x83\x8e"},
    {"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8", "\xf0\x90\x90\xa8"},      /* Deseret, beyond 16 bits */
};

static void names_fold_to_what_people_compare(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *folded = text_fold(&pool, cases[i].text, strlen(cases[i].text));

		assert_non_null(folded);
		assert_string_equal(folded, cases[i].folded);
		assert_string_equal(text_fold(&pool, folded, strlen(folded)), folded);
	}
}

static void addresses_keep_their_marks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *folded = text_fold_email(&pool, cases[i].text, strlen(cases[i].text));

		assert_non_null(folded);
		if (cases[i].email != NULL)
			assert_string_equal(folded, cases[i].email);
		assert_string_equal(text_fold_email(&pool, folded, strlen(folded)), folded);
	}
}

static void a_nul_separates_and_does_not_end(void **state)
{
	(void)state;
	assert_string_equal(text_fold(&pool, "a\0b", 3), "a b");
	assert_string_equal(text_fold(&pool, "\0\xc3\xa9\0b\0", 6), "e b");
	assert_string_equal(text_fold_email(&pool, "a\0b", 3), "a b");
	assert_string_equal(text_fold_email(&pool, "\xc3\xa9\0b", 4), "\xc3\xa9 b");
}

/* U+FDFA becomes 18 characters: more than any text needs elsewhere. */
static void text_that_grows_in_folding_is_whole(void **state)
{
	char text[3 * 50];
	char *folded;

	(void)state;
	for (size_t i = 0; i < sizeof text; i += 3)
		memcpy(text + i, "\xef\xb7\xba", 3);
	folded = text_fold(&pool, text, sizeof text);
	assert_non_null(folded);
	assert_true(strlen(folded) > 50 * 18);
}

static void what_is_not_utf_8_does_not_fold(void **state)
{
	static const char *const bad[] = {"\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
		assert_null(text_fold(&pool, bad[i], strlen(bad[i])));
		assert_null(text_fold_email(&pool, bad[i], strlen(bad[i])));
	}
	assert_true(text_is_utf8("", 0));
	assert_true(text_is_utf8("a\0\xf0\x9f\x98\x80", 6));
	assert_false(text_is_utf8("\xf0\x9f\x98\x80", 3));
}

/* Each step of folding allocates once; each is refused in turn. */
static void when_memory_runs_out_there_is_no_fold(void **state)
{
	size_t refused = 0;

	(void)state;
	for (size_t max = 0; max < 1000; max += 16) {
		struct pool small;

		pool_init(&small, max);
		refused += text_fold(&small, "\xc3\xa9", 2) == NULL;
		pool_free(&small);
		pool_init(&small, max);
		refused += text_fold_email(&small, "\xc3\xa9", 2) == NULL;
		pool_free(&small);
	}
	assert_true(refused > 4);
	pool_free(&pool);
	pool_init(&pool, 2);
	assert_null(text_fold(&pool, "abc", 3));
	assert_null(text_fold_email(&pool, "abc", 3));
}

static void addresses_are_told_from_what_is_none(void **state)
{
	static const char *const good[] = {"a@b.dk", "first.last+tag@sub.example.co.uk", "zo\xc3\xab@m\xc3\xbcller.de",
					   "o'brien@example.com", "\"odd\"@example.com", "1@2.3"};
	static const char *const bad[] = {"", "a", "@", "a@", "@b.dk", "a@b", "a@.dk", "a@b.", "a@b..dk", "a@@b.dk",
					  "a@b@c.dk", "a b@c.dk", "a@b .dk", " a@b.dk", "a@b.dk\n", "<a@b.dk>",
					  "a@b.dk,c@d.dk", "a@b.dk;c@d.dk", "a\xc2\xa0@b.dk", "a\xff@b.dk", "a\x7f@b.dk"};
	char long_one[256];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(text_is_email(good[i], strlen(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(text_is_email(bad[i], strlen(bad[i])));
	assert_false(text_is_email("a\0@b.dk", 7));
	memset(long_one, 'a', sizeof long_one);
	memcpy(long_one + 246, "@b.com.dk", 8);
	assert_true(text_is_email(long_one, 254));
	memcpy(long_one + 246, "@b.com.dk", 9);
	assert_false(text_is_email(long_one, 255));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(names_fold_to_what_people_compare, fresh, release),
	    cmocka_unit_test_setup_teardown(addresses_keep_their_marks, fresh, release),
	    cmocka_unit_test_setup_teardown(a_nul_separates_and_does_not_end, fresh, release),
	    cmocka_unit_test_setup_teardown(text_that_grows_in_folding_is_whole, fresh, release),
	    cmocka_unit_test_setup_teardown(what_is_not_utf_8_does_not_fold, fresh, release),
	    cmocka_unit_test_setup_teardown(when_memory_runs_out_there_is_no_fold, fresh, release),
	    cmocka_unit_test(addresses_are_told_from_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
