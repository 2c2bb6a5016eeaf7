/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

static struct err err;

static void an_error_holds_its_code_and_text_and_forgets_the_last_one(void **state)
{
	(void)state;
	err_set(&err, ERR_IO, "first");
	err_where(&err, "here");
	err_mend(&err, "so");
	assert_int_equal(err_set(&err, ERR_INPUT, "%d of %s", 3, "them"), ERR_INPUT);
	assert_int_equal(err.code, ERR_INPUT);
	assert_string_equal(err.what, "3 of them");
	assert_string_equal(err.where, "");
	assert_string_equal(err.mend, "");
}

static void where_and_mend_return_the_code(void **state)
{
	(void)state;
	err_set(&err, ERR_GONE, "gone");
	assert_int_equal(err_where(&err, "line %d", 7), ERR_GONE);
	assert_int_equal(err_mend(&err, "try %s", "again"), ERR_GONE);
	assert_string_equal(err.where, "line 7");
	assert_string_equal(err.mend, "try again");
}

static void what_is_too_long_is_cut(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	err_set(&err, ERR_INPUT, "%s", text);
	err_where(&err, "%s", text);
	err_mend(&err, "%s", text);
	assert_int_equal(strlen(err.what), sizeof err.what - 1);
	assert_int_equal(strlen(err.where), sizeof err.where - 1);
	assert_int_equal(strlen(err.mend), sizeof err.mend - 1);
	errno = EIO;
	assert_int_equal(err_sys(&err, "%s", text), ERR_IO);
	assert_int_equal(strlen(err.what), sizeof err.what - 1);
}

static void a_system_error_says_why_and_chooses_its_code(void **state)
{
	(void)state;
	errno = EACCES;
	assert_int_equal(err_sys(&err, "cannot open"), ERR_IO);
	assert_string_equal(err.what, "cannot open: Permission denied");
	errno = ENOSPC;
	assert_int_equal(err_sys(&err, "cannot write"), ERR_FULL);
	assert_non_null(strstr(err.mend, "free some space"));
	errno = EDQUOT;
	assert_int_equal(err_sys(&err, "cannot write"), ERR_FULL);
	errno = ENOMEM;
	assert_int_equal(err_sys(&err, "cannot map"), ERR_NO_MEMORY);
	assert_string_equal(err.mend, "");
	assert_int_equal(err_no_memory(&err), ERR_NO_MEMORY);
}

static void what_the_system_refused_comes_with_what_mends_it(void **state)
{
	(void)state;
	errno = EROFS;
	assert_int_equal(err_sys(&err, "cannot write"), ERR_IO);
	assert_non_null(strstr(err.mend, "mounted read-only"));
	errno = EMFILE;
	assert_int_equal(err_sys(&err, "cannot open"), ERR_IO);
	assert_non_null(strstr(err.mend, "ulimit -n"));
	err_set(&err, ERR_DENIED, "no");
	err_mend(&err, "ask");
	assert_int_equal(err_mend_sys(&err, ENOENT), ERR_DENIED); /* nothing better is known */
	assert_string_equal(err.mend, "ask");
}

static void every_result_has_its_own_name(void **state)
{
	(void)state;
	for (int a = OK; a <= ERR_INTERNAL; a++) {
		assert_non_null(result_name((enum result)a));
		for (int b = OK; b < a; b++)
			assert_string_not_equal(result_name((enum result)a), result_name((enum result)b));
	}
	assert_string_equal(result_name(OK), "ok");
	assert_string_equal(result_name(ERR_NOT_FOUND), "not_found");
	assert_string_equal(result_name(ERR_INTERNAL), "internal");
}

static void a_broken_invariant_stops_the_process(void **state)
{
	pid_t child = fork();
	int status = 0;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		close(2);
		INVARIANT(1 + 1 == 3);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_error_holds_its_code_and_text_and_forgets_the_last_one),
	    cmocka_unit_test(where_and_mend_return_the_code),
	    cmocka_unit_test(what_is_too_long_is_cut),
	    cmocka_unit_test(a_system_error_says_why_and_chooses_its_code),
	    cmocka_unit_test(what_the_system_refused_comes_with_what_mends_it),
	    cmocka_unit_test(every_result_has_its_own_name),
	    cmocka_unit_test(a_broken_invariant_stops_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
