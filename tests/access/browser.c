/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "access/browser.h"

static void the_usual_ones_are_told_apart(void **state)
{
	static const struct { const char *says, *is; } rows[] = {
	    {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"},
	    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
	     "Chrome on Windows"},
	    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0",
	     "Edge on Windows"},
	    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
	     "Safari on macOS"},
	    {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile Safari/604.1",
	     "Chrome on iOS"},
	    {"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 OPR/90.0",
	     "Opera on Android"},
	    {"curl/7.88.1", "curl"},
	    {"something of one's own (Linux)", "Linux"},
	};
	char text[BROWSER_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(browser_text(browser_read(rows[i].says), text), rows[i].is);
}

static void what_is_not_known_is_nothing(void **state)
{
	char text[BROWSER_TEXT_MAX];

	(void)state;
	assert_null(browser_text(browser_read(NULL), text));
	assert_null(browser_text(browser_read("Anna's telephone"), text));
	assert_int_equal(browser_number(browser_read("")), 0);
}

static void numbers_come_back_as_they_were(void **state)
{
	static const int none[] = {-1, 15, 7 * 16, 1 << 30};
	char text[BROWSER_TEXT_MAX];

	(void)state;
	for (int program = 0; program < BROWSER_PROGRAMS; program++) {
		for (int system = 0; system < BROWSER_SYSTEMS; system++) {
			struct browser one = {(enum browser_program)program, (enum browser_system)system};
			struct browser again = browser_of(browser_number(one));

			assert_int_equal(again.program, program);
			assert_int_equal(again.system, system);
		}
	}
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_null(browser_text(browser_of(none[i]), text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_usual_ones_are_told_apart),
	    cmocka_unit_test(what_is_not_known_is_nothing),
	    cmocka_unit_test(numbers_come_back_as_they_were),
	};

	return cmocka_run_group_tests_name("access/browser", tests, NULL, NULL);
}
