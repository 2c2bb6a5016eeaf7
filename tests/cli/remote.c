/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/remote.h"

#define WORDS_MAX 12

static struct remote remote;
static struct err err;
static char *words[WORDS_MAX];
static int count;

static int set_up(void **state)
{
	(void)state;
	unsetenv("LETHE_SERVER");
	unsetenv("LETHE_TOKEN_FILE");
	unsetenv("LETHE_CA");
	return 0;
}

/* The words are literals, which nothing writes to. */
static enum result take(const char *const *given)
{
	count = 0;
	for (; given[count] != NULL; count++)
		words[count] = (char *)(uintptr_t)given[count];
	return remote_options(&count, words, &remote, &err);
}
#define TAKE(...) take((const char *const[]){__VA_ARGS__, NULL})

static void options_are_taken_wherever_they_stand(void **state)
{
	(void)state;
	assert_int_equal(TAKE("--server", "https://a", "hold", "--token-file=t", "list", "--ca", "c"), OK);
	assert_string_equal(remote.server, "https://a");
	assert_string_equal(remote.token_file, "t");
	assert_string_equal(remote.ca_file, "c");
	assert_int_equal(count, 2);
	assert_string_equal(words[0], "hold");
	assert_string_equal(words[1], "list");
}

static void what_stands_behind_two_dashes_is_no_option(void **state)
{
	(void)state;
	assert_int_equal(TAKE("person", "find", "--", "--server"), OK);
	assert_null(remote.server);
	assert_int_equal(count, 4);
}

static void other_options_stay(void **state)
{
	(void)state;
	assert_int_equal(TAKE("--server=https://a", "--account", "Acme", "--servers", "--calm"), OK);
	assert_int_equal(count, 4);
}

static void the_environment_says_what_is_not_given(void **state)
{
	(void)state;
	setenv("LETHE_SERVER", "https://env", 1);
	setenv("LETHE_TOKEN_FILE", "token", 1);
	setenv("LETHE_CA", "", 1);
	assert_int_equal(TAKE("hold", "list"), OK);
	assert_string_equal(remote.server, "https://env");
	assert_string_equal(remote.token_file, "token");
	assert_null(remote.ca_file);
	assert_int_equal(TAKE("--server", "https://a", "hold"), OK);
	assert_string_equal(remote.server, "https://a");
}

static void a_value_must_be_there(void **state)
{
	(void)state;
	assert_int_equal(TAKE("hold", "list", "--server"), ERR_INPUT);
	assert_string_equal(err.what, "--server needs a value");
}

static void a_token_is_for_a_daemon(void **state)
{
	(void)state;
	assert_int_equal(TAKE("--token-file", "t", "hold", "list"), ERR_INPUT);
	assert_non_null(strstr(err.mend, "--server"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(options_are_taken_wherever_they_stand, set_up),
	    cmocka_unit_test_setup(what_stands_behind_two_dashes_is_no_option, set_up),
	    cmocka_unit_test_setup(other_options_stay, set_up),
	    cmocka_unit_test_setup(the_environment_says_what_is_not_given, set_up),
	    cmocka_unit_test_setup(a_value_must_be_there, set_up),
	    cmocka_unit_test_setup(a_token_is_for_a_daemon, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
