/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/primitives.h"

void secret_wipe(struct secret *secret)
{
	explicit_bzero(secret, sizeof *secret);
}

size_t secret_characters(const struct secret *secret)
{
	size_t count = 0;

	for (size_t i = 0; i < secret->len; i++)
		count += ((unsigned char)secret->text[i] & 0xc0) != 0x80;
	return count;
}

/* As read(); with `mask`, signals are let in while waiting and only then, so that none slips in just before. */
static ssize_t read_byte(int fd, const sigset_t *mask, char *out)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};

	if (mask != NULL && ppoll(&wanted, 1, NULL, mask) < 0)
		return -1;
	return read(fd, out, 1);
}

/* Byte by byte, so that what follows the line is left for others to read. */
static enum result read_line(int fd, const sigset_t *mask, struct secret *out, struct err *err)
{
	out->len = 0;
	for (;;) {
		char c;
		ssize_t n = read_byte(fd, mask, &c);

		if (n < 0 && errno == EINTR)
			return err_set(err, ERR_INTERRUPTED, "interrupted while reading a secret");
		if (n < 0)
			return err_sys(err, "cannot read the secret");
		if (n == 0 || c == '\n')
			break;
		if (out->len == SECRET_MAX)
			return err_set(err, ERR_INPUT, "the secret is longer than %d bytes", SECRET_MAX);
		out->text[out->len++] = c;
	}
	if (out->len > 0 && out->text[out->len - 1] == '\r')
		out->len--;
	out->text[out->len] = '\0';
	if (out->len == 0)
		return err_set(err, ERR_INPUT, "the secret is empty");
	if (memchr(out->text, '\0', out->len) != NULL)
		return err_set(err, ERR_INPUT, "the secret holds a NUL byte");
	return OK;
}

/* ---- the terminal ---- */

static void note_signal(int number)
{
	(void)number; /* ppoll() returning EINTR is all that is needed */
}

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define CAUGHT (sizeof caught / sizeof *caught)

struct signals {
	struct sigaction actions[CAUGHT];
	sigset_t mask;
};

/* A signal must not end or stop the process while echo is off: it waits for read_byte. */
static void hold_signals(struct signals *before)
{
	struct sigaction action = {.sa_handler = note_signal};
	sigset_t held;

	sigemptyset(&action.sa_mask);
	sigemptyset(&held);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaddset(&held, caught[i]);
	pthread_sigmask(SIG_BLOCK, &held, &before->mask);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &action, &before->actions[i]);
}

static void release_signals(const struct signals *before)
{
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &before->actions[i], NULL);
	pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
}

static void say(int tty, const char *text)
{
	if (write(tty, text, strlen(text)) < 0)
		return; /* a prompt that cannot be shown is no reason to stop */
}

static enum result ask_once(int tty, const char *prompt, struct secret *out, struct err *err)
{
	struct signals signals;
	struct termios before, quiet;
	enum result rc;

	if (tcgetattr(tty, &before) != 0)
		return err_sys(err, "cannot turn the echo of the terminal off");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON | ECHONL;
	hold_signals(&signals);
	if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0) {
		say(tty, prompt);
		say(tty, ": ");
		rc = read_line(tty, &signals.mask, out, err);
		tcsetattr(tty, TCSAFLUSH, &before);
	} else
		rc = err_sys(err, "cannot turn the echo of the terminal off");
	release_signals(&signals);
	return rc;
}

static enum result ask(int tty, const char *prompt, bool confirm, struct secret *out, struct err *err)
{
	struct secret again;
	enum result rc = ask_once(tty, prompt, out, err);

	if (rc != OK || !confirm)
		return rc;
	rc = ask_once(tty, "The same again", &again, err);
	if (rc == OK && (again.len != out->len || !secret_equal(again.text, out->text, out->len))) {
		err_set(err, ERR_INPUT, "the two are not the same");
		rc = err_mend(err, "run the command again; nothing has been made");
	}
	secret_wipe(&again);
	return rc;
}

static enum result read_terminal(const char *prompt, bool confirm, struct secret *out, struct err *err)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	enum result rc;

	if (tty < 0) {
		err_set(err, ERR_UNSUPPORTED, "there is no terminal to ask for a secret");
		return err_mend(err, "give it in a file, or \"-\" for standard input");
	}
	rc = ask(tty, prompt, confirm, out, err);
	close(tty);
	return rc;
}

static enum result read_file(const char *file, struct secret *out, struct err *err)
{
	int fd = open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	enum result rc;

	if (fd < 0) {
		err_sys(err, "cannot open the file of the secret");
		return err_where(err, "%s", file);
	}
	rc = read_line(fd, NULL, out, err);
	close(fd);
	return rc == OK ? OK : err_where(err, "%s", file);
}

enum result secret_read(const char *file, const char *prompt, bool confirm, struct secret *out, struct err *err)
{
	enum result rc;

	if (file == NULL)
		rc = read_terminal(prompt, confirm, out, err);
	else if (strcmp(file, "-") == 0)
		rc = read_line(STDIN_FILENO, NULL, out, err);
	else
		rc = read_file(file, out, err);
	if (rc != OK)
		secret_wipe(out);
	return rc;
}
