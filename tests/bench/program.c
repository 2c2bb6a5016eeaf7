/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/program.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void what_it_says_comes_back_and_what_does_not_fit_is_dropped(void **state)
{
	const char *argv[] = {"echo", "hello there", NULL};
	char said[20], little[6];
	struct err err;

	(void)state;
	assert_int_equal(program_run(argv, NULL, said, sizeof said, &err), OK);
	assert_string_equal(said, "hello there\n");
	assert_int_equal(program_run(argv, NULL, little, sizeof little, &err), OK);
	assert_string_equal(little, "hello");
	assert_int_equal(program_run(argv, NULL, NULL, 0, &err), OK);
}

static void what_is_written_to_it_it_reads(void **state)
{
	const char *argv[] = {"cat", NULL};
	struct program program;
	char said[20];
	struct err err;

	(void)state;
	assert_int_equal(program_start(argv, NULL, false, &program, &err), OK);
	assert_false(program_has_ended(&program));
	fputs("a line\n", program.to);
	assert_int_equal(program_end(&program, said, sizeof said, &err), OK);
	assert_string_equal(said, "a line\n");
	assert_true(program_has_ended(&program));
}

static void what_is_not_installed_is_not_found(void **state)
{
	const char *argv[] = {"lethe-no-such-program", NULL};
	struct err err;

	(void)state;
	assert_int_equal(program_run(argv, NULL, NULL, 0, &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "the program lethe-no-such-program is not installed");
}

static void a_failure_comes_with_its_first_line_of_error(void **state)
{
	const char *argv[] = {"sh", "-c", "echo working; echo 'ERROR:  no room' >&2; echo more; exit 3", NULL};
	struct err err;

	(void)state;
	assert_int_equal(program_run(argv, NULL, NULL, 0, &err), ERR_INTERNAL);
	assert_string_equal(err.what, "sh failed: ERROR:  no room");
}

static void a_user_there_is_not_is_refused(void **state)
{
	const char *argv[] = {"true", NULL};
	struct err err;
	enum result r = program_run(argv, "lethe-no-such-user", NULL, 0, &err);

	(void)state;
	assert_int_equal(r, geteuid() == 0 ? ERR_NOT_FOUND : OK);
}

static void as_root_another_user_can_be_chosen(void **state)
{
	const char *argv[] = {"id", "-un", NULL};
	char said[40];
	struct err err;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(program_run(argv, "nobody", said, sizeof said, &err), OK);
	assert_string_equal(said, "nobody\n");
}

static void stopped_it_is_gone_and_stopping_again_does_nothing(void **state)
{
	const char *argv[] = {"cat", NULL};
	struct program program;
	struct err err;
	pid_t pid;

	(void)state;
	assert_int_equal(program_start(argv, NULL, true, &program, &err), OK);
	pid = program.pid;
	program_stop(&program, SIGKILL);
	assert_int_equal(kill(pid, 0), -1);
	assert_true(program_has_ended(&program));
	program_stop(&program, SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says_comes_back_and_what_does_not_fit_is_dropped),
		cmocka_unit_test(what_is_written_to_it_it_reads),
		cmocka_unit_test(what_is_not_installed_is_not_found),
		cmocka_unit_test(a_failure_comes_with_its_first_line_of_error),
		cmocka_unit_test(a_user_there_is_not_is_refused),
		cmocka_unit_test(as_root_another_user_can_be_chosen),
		cmocka_unit_test(stopped_it_is_gone_and_stopping_again_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
