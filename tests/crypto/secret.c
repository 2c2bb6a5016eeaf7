/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto/primitives.h"
#include "crypto/ready.h"
#include "crypto/secret.h"

/* ---- from standard input ---- */

static void feed_stdin(const void *text, size_t len)
{
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], text, len), (ssize_t)len);
	close(pipes[1]);
	assert_int_equal(dup2(pipes[0], 0), 0);
	close(pipes[0]);
}

static void one_line_of_standard_input_is_taken_and_no_more(void **state)
{
	struct secret secret;
	struct err err;
	char rest[20] = {0};

	(void)state;
	feed_stdin("tr\xc3\xa6\r\nnext line", 15);
	assert_int_equal(secret_read("-", "x", true, &secret, &err), OK);
	assert_string_equal(secret.text, "tr\xc3\xa6");
	assert_int_equal(secret.len, 4);
	assert_int_equal(secret_characters(&secret), 3);
	assert_int_equal(read(0, rest, sizeof rest - 1), 9);
	assert_string_equal(rest, "next line");
	secret_wipe(&secret);
	assert_int_equal(secret.text[0], 0);
}

static void what_cannot_be_a_secret_is_refused_and_wiped(void **state)
{
	struct secret secret;
	struct err err;
	char longest[SECRET_MAX + 2];

	(void)state;
	feed_stdin("", 0);
	assert_int_equal(secret_read("-", "x", false, &secret, &err), ERR_INPUT);
	feed_stdin("\r\n", 2);
	assert_int_equal(secret_read("-", "x", false, &secret, &err), ERR_INPUT);
	feed_stdin("ab\0cd\n", 6);
	assert_int_equal(secret_read("-", "x", false, &secret, &err), ERR_INPUT);
	assert_string_equal(err.what, "the secret holds a NUL byte");
	assert_int_equal(secret.text[0], 0);
	memset(longest, 'x', sizeof longest);
	feed_stdin(longest, SECRET_MAX);
	assert_int_equal(secret_read("-", "x", false, &secret, &err), OK);
	assert_int_equal(secret.len, SECRET_MAX);
	feed_stdin(longest, SECRET_MAX + 1);
	assert_int_equal(secret_read("-", "x", false, &secret, &err), ERR_INPUT);
	assert_int_equal(secret.text[0], 0);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct secret secret;
	struct err err;

	(void)state;
	assert_int_equal(secret_read("/no/such/file", "x", false, &secret, &err), ERR_IO);
	assert_string_equal(err.where, "/no/such/file");
	assert_int_equal(secret_read("/", "x", false, &secret, &err), ERR_IO);
}

/* ---- at a terminal, of which the test is the other end ---- */

#define EXIT_ECHO 99
#define EXIT_TEXT 98

/* In the child: reads, and exits with the result; with EXIT_.. when something else is wrong. */
static void read_in_child(bool confirm)
{
	struct secret secret;
	struct termios now;
	struct err err;
	enum result rc = secret_read(NULL, "Passphrase", confirm, &secret, &err);

	if (tcgetattr(0, &now) != 0 || (now.c_lflag & ECHO) == 0)
		_exit(EXIT_ECHO);
	if (rc == OK && strcmp(secret.text, "opensesame") != 0)
		_exit(EXIT_TEXT);
	_exit((int)rc);
}

/* Waits for `prompt`, collecting what the terminal shows. */
static void await(int tty, char *shown, size_t size, const char *prompt)
{
	size_t len = strlen(shown);

	while (strstr(shown, prompt) == NULL) {
		ssize_t n = read(tty, shown + len, size - 1 - len);

		assert_true(n > 0);
		len += (size_t)n;
		shown[len] = '\0';
	}
}

static void answer(int tty, const char *text)
{
	assert_int_equal(write(tty, text, strlen(text)), (ssize_t)strlen(text));
}

/* The child's exit status; `second` NULL asks once. Nothing typed may be shown. */
static int talk(const char *first, const char *second)
{
	char shown[2000] = "";
	int tty, status;
	pid_t pid = forkpty(&tty, NULL, NULL, NULL);

	assert_true(pid >= 0);
	if (pid == 0)
		read_in_child(second != NULL);
	await(tty, shown, sizeof shown, "Passphrase: ");
	answer(tty, first);
	if (second != NULL) {
		await(tty, shown, sizeof shown, "The same again: ");
		answer(tty, second);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_null(strstr(shown, "sesame"));
	close(tty);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void the_terminal_is_asked_without_echo(void **state)
{
	(void)state;
	assert_int_equal(talk("opensesame\n", NULL), OK);
	assert_int_equal(talk("opensesame\n", "opensesame\n"), OK);
	assert_int_equal(talk("opensesame\n", "openseesame\n"), ERR_INPUT);
	assert_int_equal(talk("\n", NULL), ERR_INPUT);
}

static void interrupting_gives_the_echo_back(void **state)
{
	(void)state;
	assert_int_equal(talk("open\003", NULL), ERR_INTERRUPTED);
	assert_int_equal(talk("open\032", NULL), ERR_INTERRUPTED); /* stopping would leave the echo off */
}

static void without_a_terminal_the_ways_out_are_told(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		struct secret secret;
		struct err err;

		setsid(); /* leaves the terminal */
		if (secret_read(NULL, "x", false, &secret, &err) != ERR_UNSUPPORTED)
			_exit(1);
		_exit(strstr(err.mend, "\"-\" for standard input") != NULL ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_line_of_standard_input_is_taken_and_no_more),
	    cmocka_unit_test(what_cannot_be_a_secret_is_refused_and_wiped),
	    cmocka_unit_test(a_file_that_cannot_be_read_is_named),
	    cmocka_unit_test(the_terminal_is_asked_without_echo),
	    cmocka_unit_test(interrupting_gives_the_echo_back),
	    cmocka_unit_test(without_a_terminal_the_ways_out_are_told),
	};

	return cmocka_run_group_tests(tests, crypto_ready, NULL);
}
