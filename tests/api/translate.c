/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/resource.h"
#include "api/translate.h"

static struct err err;

static const char *translated(const char *text)
{
	err_set(&err, ERR_INPUT, "%s", text);
	translate_err(&err);
	return err.what;
}

static void an_option_is_the_member_of_that_name(void **state)
{
	(void)state;
	assert_string_equal(translated("--min-duration takes seconds"), "min_duration takes seconds");
	assert_string_equal(translated("give --kind or --yes"), "give kind or yes");
	assert_string_equal(translated("a kind (--kind) or `--older-than`"), "a kind (kind) or `older_than`");
	assert_string_equal(translated("--at"), "at");
}

static void what_only_looks_like_an_option_stays(void **state)
{
	static const char *const same[] = {"", "--", "-- no", "--9", "--Yes", "-y", "well--known", "2026-11-22"};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		assert_string_equal(translated(same[i]), same[i]);
}

static void a_command_is_its_resource(void **state)
{
	(void)state;
	assert_string_equal(translated("see `lethe hold list`"), "see `GET /v1/accounts/{account}/holds`");
	assert_string_equal(translated("`lethe hold list --all`, then --yes"), "`GET /v1/accounts/{account}/holds`, then yes");
	assert_string_equal(translated("`lethe account set plan gold`"), "`PUT /v1/accounts/{account}/settings/{setting}`");
}

static void of_several_resources_it_is_the_one_that_has_the_commands_options(void **state)
{
	(void)state;
	assert_string_equal(translated("`lethe account set plan gold --dry-run`"),
			    "`POST /v1/accounts/{account}/settings/{setting}/plan`");
	assert_string_equal(translated("`lethe account set plan gold --dry-runs`"),
			    "`PUT /v1/accounts/{account}/settings/{setting}`");
}

static void a_command_that_is_no_resource_stays_but_for_its_options(void **state)
{
	(void)state;
	assert_string_equal(translated("`lethe serve`"), "`lethe serve`");
	assert_string_equal(translated("`lethe init --root-file FILE`"), "`lethe init root_file FILE`");
	assert_string_equal(translated("`lethe holdings`"), "`lethe holdings`");
	assert_string_equal(translated("`lethe hold list without an end"), "`lethe hold list without an end");
	assert_string_equal(translated("lethe hold list"), "lethe hold list");
}

static void each_part_of_an_error_is_translated(void **state)
{
	(void)state;
	err_set(&err, ERR_INPUT, "--kind is not a kind");
	err_where(&err, "--kind");
	err_mend(&err, "`lethe hold list` and --kind");
	translate_err(&err);
	assert_int_equal(err.code, ERR_INPUT);
	assert_string_equal(err.what, "kind is not a kind");
	assert_string_equal(err.where, "kind");
	assert_string_equal(err.mend, "`GET /v1/accounts/{account}/holds` and kind");
}

/* A resource is longer than its command. */
static void what_no_longer_fits_is_cut_off(void **state)
{
	char text[sizeof err.what] = "";

	(void)state;
	for (size_t pad = 0; pad < 60; pad++) {
		memset(text, 'x', pad);
		text[pad] = '\0';
		while (strlen(text) + strlen(" `lethe hold list`") < sizeof text)
			memcpy(text + strlen(text), " `lethe hold list`", sizeof " `lethe hold list`");
		translated(text);
		assert_int_equal(strlen(err.what), sizeof err.what - 1);
		assert_int_equal(memcmp(err.what, text, pad), 0);
	}
}

static void every_operation_of_the_table_is_known_by_its_command(void **state)
{
	char command[128];

	(void)state;
	for (size_t i = 0; i < resource_count; i++) {
		snprintf(command, sizeof command, "`lethe %s`", resources[i].operation);
		assert_null(strstr(translated(command), "lethe"));
		assert_non_null(strstr(err.what, "/v1"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_option_is_the_member_of_that_name),
		cmocka_unit_test(what_only_looks_like_an_option_stays),
		cmocka_unit_test(a_command_is_its_resource),
		cmocka_unit_test(of_several_resources_it_is_the_one_that_has_the_commands_options),
		cmocka_unit_test(a_command_that_is_no_resource_stays_but_for_its_options),
		cmocka_unit_test(each_part_of_an_error_is_translated),
		cmocka_unit_test(what_no_longer_fits_is_cut_off),
		cmocka_unit_test(every_operation_of_the_table_is_known_by_its_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
