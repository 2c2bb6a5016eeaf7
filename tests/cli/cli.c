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

#include "cli/dispatch.h"
#include "api/table.h"

static struct call call;
static struct err err;
static const char *country;
static bool yes;
static const struct call_option options[] = {{"country", &country, NULL}, {"yes", NULL, &yes}};

static int set_up(void **state)
{
	(void)state;
	pool_free(&call.pool);
	call = (struct call){.command = "account create"};
	pool_init(&call.pool, 1 << 20);
	country = NULL;
	yes = false;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pool_free(&call.pool);
	return 0;
}

/* Splits a line at its spaces: as a shell would, without quotes. */
static int split(const char *line, char **argv)
{
	char *copy = pool_strdup(&call.pool, line), *rest = NULL;
	int argc = 0;

	for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	return argc;
}

static enum result parse(const char *line, int least, int most, int *argc, char **argv)
{
	*argc = split(line, argv);
	call.given_count = 0; /* a command line of its own */
	return call_parse(&call, options, 2, argc, argv, least, most, &err);
}

/* ---- options ---- */

static void options_and_operands_stand_in_any_order(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("one --country DK two --yes", 2, 2, &argc, argv), OK);
	assert_int_equal(argc, 2);
	assert_string_equal(argv[0], "one");
	assert_string_equal(argv[1], "two");
	assert_string_equal(country, "DK");
	assert_true(yes);
}

static void a_value_may_follow_an_equals_sign(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("--country=DK=x", 0, 0, &argc, argv), OK);
	assert_string_equal(country, "DK=x");
	assert_int_equal(parse("--country=", 0, 0, &argc, argv), OK);
	assert_string_equal(country, "");
}

static void two_dashes_end_the_options(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("-- --yes -x", 0, 2, &argc, argv), OK);
	assert_int_equal(argc, 2);
	assert_string_equal(argv[0], "--yes");
	assert_string_equal(argv[1], "-x");
	assert_false(yes);
}

static void one_dash_alone_is_an_operand(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("-", 1, 1, &argc, argv), OK);
	assert_string_equal(argv[0], "-");
}

static void global_options_are_taken_everywhere(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("--data /d --region eu --account A --secret-file s --json", 0, 0, &argc, argv), OK);
	assert_string_equal(call.data_dir, "/d");
	assert_string_equal(call.region, "eu");
	assert_string_equal(call.account, "A");
	assert_string_equal(call.secret_file, "s");
	assert_true(call.json);
}

static void now_is_an_instant_or_a_day(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("--now 1970-01-02T00:00:01Z", 0, 0, &argc, argv), OK);
	assert_int_equal(call.now.ms, 86401000);
	assert_int_equal(parse("--now 1970-01-03", 0, 0, &argc, argv), OK);
	assert_int_equal(call.now.ms, 2 * 86400000);
	assert_int_equal(parse("--now yesterday", 0, 0, &argc, argv), ERR_INPUT);
	assert_string_equal(err.where, "--now");
	assert_string_equal(err.mend, "write a day, as 2024-02-29, or a time with its offset, as 2024-02-29T12:00:00Z");
	assert_int_equal(parse("--now 2025-02-29", 0, 0, &argc, argv), ERR_INPUT);
	assert_string_equal(err.where, "--now");
}

static void an_unknown_option_is_refused_with_the_nearest_known_one(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("--contry DK", 0, 0, &argc, argv), ERR_INPUT);
	assert_string_equal(err.what, "there is no option --contry for lethe account create");
	assert_string_equal(err.mend, "did you mean --country?");
	assert_int_equal(parse("--zzzzzzzz", 0, 0, &argc, argv), ERR_INPUT);
	assert_string_equal(err.mend, "`lethe help account create` lists those there are");
}

static void an_option_is_not_known_by_its_beginning(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("--countr DK", 0, 0, &argc, argv), ERR_INPUT);
	assert_int_equal(parse("--ye", 0, 0, &argc, argv), ERR_INPUT);
	assert_false(yes);
}

static void an_option_without_its_value_is_refused(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("--country", 0, 0, &argc, argv), ERR_INPUT);
	assert_string_equal(err.what, "--country needs a value");
}

static void a_flag_with_a_value_is_refused(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("--yes=no", 0, 0, &argc, argv), ERR_INPUT);
	assert_string_equal(err.what, "--yes takes no value");
	assert_false(yes);
}

static void an_option_of_one_dash_is_refused(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("-y", 0, 0, &argc, argv), ERR_INPUT);
	assert_string_equal(err.what, "'-y' is no option");
}

static void an_option_given_twice_with_different_values_is_refused(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("--country DK --country DK", 0, 0, &argc, argv), OK);
	assert_int_equal(parse("--country DK --country=SE", 0, 0, &argc, argv), ERR_INPUT);
	assert_string_equal(err.what, "--country is given twice, with different values");
	call.command = "person link";
	assert_int_equal(parse("a", 2, 2, &argc, argv), ERR_INPUT);
	assert_string_equal(err.what, "OTHER is missing");
}

static void too_few_and_too_many_operands_are_refused_with_the_usage(void **state)
{
	char *argv[16];
	int argc;

	(void)state;
	assert_int_equal(parse("", 1, 1, &argc, argv), ERR_INPUT);
	assert_string_equal(err.what, "NAME is missing");
	assert_string_equal(err.mend, "usage: lethe account create NAME --country CC [--profile P] [--plan PLAN]");
	assert_int_equal(parse("a b", 1, 1, &argc, argv), ERR_INPUT);
	assert_string_equal(err.what, "there is a word too many: b");
	assert_int_equal(parse("a b c", 1, -1, &argc, argv), OK);
}

static void the_first_operand_ends_the_options_before_a_command(void **state)
{
	char *argv[16];
	int used, argc = split("--json --data /d person show --yes", argv);

	(void)state;
	assert_int_equal(call_parse_first(&call, argc, argv, &used, &err), OK);
	assert_int_equal(used, 3);
	assert_true(call.json);
	assert_string_equal(argv[used], "person");
}

/* ---- commands ---- */

static void commands_of_one_and_two_words_are_found(void **state)
{
	const struct operation *command;
	char *argv[16];
	int words, argc = split("person show +45", argv);

	(void)state;
	assert_int_equal(table_match(argc, argv, &command, &words, &err), OK);
	assert_string_equal(command->name, "person show");
	assert_int_equal(words, 2);
	argc = split("check", argv);
	assert_int_equal(table_match(argc, argv, &command, &words, &err), OK);
	assert_string_equal(command->name, "check");
	assert_int_equal(words, 1);
}

static void a_misspelt_command_is_refused_with_the_nearest_known_one(void **state)
{
	const struct operation *command;
	char *argv[16];
	int words, argc = split("acount list", argv);

	(void)state;
	assert_int_equal(table_match(argc, argv, &command, &words, &err), ERR_INPUT);
	assert_string_equal(err.mend, "did you mean `lethe account`?");
	argc = split("person erasse x", argv);
	assert_int_equal(table_match(argc, argv, &command, &words, &err), ERR_INPUT);
	assert_string_equal(err.mend, "did you mean `lethe person erase`?");
}

static void a_first_word_alone_is_refused_with_its_second_words(void **state)
{
	const struct operation *command;
	char *argv[16], both[] = "person show";
	int words, argc = split("keys", argv);

	(void)state;
	assert_int_equal(table_match(argc, argv, &command, &words, &err), ERR_INPUT);
	assert_string_equal(err.mend, "one of: status, rotate");
	argv[0] = both; /* one word with a space in it is not two words */
	assert_int_equal(table_match(1, argv, &command, &words, &err), ERR_INPUT);
}

static void every_command_has_a_function_a_summary_and_fits_a_screen(void **state)
{
	(void)state;
	for (size_t i = 0; i < operation_count; i++) {
		const struct operation *command = &operations[i];

		assert_non_null(command->run);
		assert_true(strlen(command->summary) > 0 && strlen(command->summary) < 70);
		assert_ptr_equal(table_find(command->name), command);
		for (const char *line = command->help; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1)
			assert_true(strchr(line, '\n') != NULL && strchr(line, '\n') - line <= 120);
	}
}

/* ---- output ---- */

static void counts_have_separators(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(call_count(0, out), "0");
	assert_string_equal(call_count(999, out), "999");
	assert_string_equal(call_count(1000, out), "1,000");
	assert_string_equal(call_count(-1234567, out), "-1,234,567");
	assert_string_equal(call_count(INT64_MIN, out), "-9,223,372,036,854,775,808");
}

static void sizes_have_units(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(call_bytes(0, out), "0 bytes");
	assert_string_equal(call_bytes(1, out), "1 byte");
	assert_string_equal(call_bytes(999, out), "999 bytes");
	assert_string_equal(call_bytes(1000, out), "1.0 kB");
	assert_string_equal(call_bytes(999949, out), "999.9 kB");
	assert_string_equal(call_bytes(999950, out), "1.0 MB");
	assert_string_equal(call_bytes(UINT64_MAX, out), "18.4 EB");
}

/* P26: what comes from outside cannot steer a terminal. */
static void what_steers_a_terminal_is_made_harmless(void **state)
{
	(void)state;
	assert_string_equal(call_clean(&call, "a\x1b[2Jb\r\nc\td"), "a?[2Jb??c?d");
	assert_string_equal(call_clean(&call, "\x7f\xc2\x9b""31m"), "??31m");
	assert_string_equal(call_clean(&call, "\xe2\x80\xaegpj.exe"), "?gpj.exe");
	assert_string_equal(call_clean(&call, "Zo\xc3\xab \xff\xc3"), "Zo\xc3\xab ??");
	assert_string_equal(call_clean(&call, NULL), "");
}

/* P27 */
static void every_result_has_its_documented_exit_code(void **state)
{
	static const struct { enum result result; int code; } codes[] = {
		{OK, 0}, {ERR_INTERNAL, 1}, {ERR_NO_MEMORY, 1}, {ERR_INPUT, 2}, {ERR_NOT_FOUND, 3}, {ERR_EXISTS, 4},
		{ERR_DENIED, 4}, {ERR_WRONG_STATE, 4}, {ERR_HELD, 4}, {ERR_UNSEEN, 4}, {ERR_CHANGED, 4}, {ERR_UNSUPPORTED, 4}, {ERR_LIMIT, 4}, {ERR_BUSY, 6}, {ERR_CORRUPT, 7}, {ERR_IO, 8},
		{ERR_FULL, 8}, {ERR_GONE, 9}, {ERR_INTERRUPTED, 130},
	};

	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		assert_int_equal(exit_code_of(codes[i].result), codes[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(options_and_operands_stand_in_any_order, set_up),
		cmocka_unit_test_setup(a_value_may_follow_an_equals_sign, set_up),
		cmocka_unit_test_setup(two_dashes_end_the_options, set_up),
		cmocka_unit_test_setup(one_dash_alone_is_an_operand, set_up),
		cmocka_unit_test_setup(global_options_are_taken_everywhere, set_up),
		cmocka_unit_test_setup(now_is_an_instant_or_a_day, set_up),
		cmocka_unit_test_setup(an_unknown_option_is_refused_with_the_nearest_known_one, set_up),
		cmocka_unit_test_setup(an_option_is_not_known_by_its_beginning, set_up),
		cmocka_unit_test_setup(an_option_without_its_value_is_refused, set_up),
		cmocka_unit_test_setup(a_flag_with_a_value_is_refused, set_up),
		cmocka_unit_test_setup(an_option_of_one_dash_is_refused, set_up),
		cmocka_unit_test_setup(an_option_given_twice_with_different_values_is_refused, set_up),
		cmocka_unit_test_setup(too_few_and_too_many_operands_are_refused_with_the_usage, set_up),
		cmocka_unit_test_setup(the_first_operand_ends_the_options_before_a_command, set_up),
		cmocka_unit_test_setup(commands_of_one_and_two_words_are_found, set_up),
		cmocka_unit_test_setup(a_misspelt_command_is_refused_with_the_nearest_known_one, set_up),
		cmocka_unit_test_setup(a_first_word_alone_is_refused_with_its_second_words, set_up),
		cmocka_unit_test_setup(every_command_has_a_function_a_summary_and_fits_a_screen, set_up),
		cmocka_unit_test_setup(counts_have_separators, set_up),
		cmocka_unit_test_setup(sizes_have_units, set_up),
		cmocka_unit_test_setup(what_steers_a_terminal_is_made_harmless, set_up),
		cmocka_unit_test_setup(every_result_has_its_documented_exit_code, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
