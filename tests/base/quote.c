/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/quote.h"

static char out[QUOTE_MAX];

static void short_text_is_quoted_whole(void **state)
{
	(void)state;
	assert_string_equal(quote("", 0, out), "''");
	assert_string_equal(quote("Zo\xc3\xab", 4, out), "'Zo\xc3\xab'");
}

static void long_text_is_cut_between_characters(void **state)
{
	char text[60];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(strlen(quote(text, 48, out)), 50);
	assert_string_equal(quote(text, 60, out), "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..'");
	memcpy(text + 46, "\xe2\x82\xac", 3);
	assert_string_equal(quote(text, 49, out), "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..'");
}

static void what_could_steer_a_terminal_is_replaced(void **state)
{
	(void)state;
	assert_string_equal(quote("a\033[1m\n\x7f\0z", 9, out), "'a?[1m???z'");
	assert_string_equal(quote("\xc2\x9b" "1m", 4, out), "'?1m'");
	assert_string_equal(quote("\xff\xc3", 2, out), "'?" "?'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(short_text_is_quoted_whole),
	    cmocka_unit_test(long_text_is_cut_between_characters),
	    cmocka_unit_test(what_could_steer_a_terminal_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
