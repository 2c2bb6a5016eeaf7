/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/speed.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* "+F:25:AES-256-GCM:4436588606.06" */
enum result speed_parse(const char *text, double *out, struct err *err)
{
	const char *line = strncmp(text, "+F:", 3) == 0 ? text : strstr(text, "\n+F:"), *end, *number = NULL;
	char *stop;

	if (line != NULL) {
		line += *line == '\n';
		end = line + strcspn(line, "\r\n");
		for (const char *at = line; at < end; at++)
			number = *at == ':' ? at + 1 : number;
	}
	*out = number != NULL ? strtod(number, &stop) : 0;
	if (*out > 0)
		return OK;
	return err_set(err, ERR_CORRUPT, "`openssl speed` says something else than it used to");
}

/* posix_spawnp takes what it does not change as if it could. */
static enum result spawn(const char *const *argv, int out_fd, pid_t *pid, struct err *err)
{
	union { const char *const *given; char *const *wanted; } words = {argv};
	posix_spawn_file_actions_t actions;
	int code;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	code = posix_spawnp(pid, argv[0], &actions, NULL, words.wanted, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (code == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "the program openssl is not installed");
	errno = code;
	return code == 0 ? OK : err_sys(err, "cannot run openssl");
}

static enum result start(size_t block, bool decrypt, double seconds, int out_fd, pid_t *pid, struct err *err)
{
	char bytes[32], time[32];
	const char *argv[] = {"openssl", "speed", "-mr", "-evp", "aes-256-gcm", "-bytes", bytes, "-seconds", time,
			      decrypt ? "-decrypt" : NULL, NULL};

	snprintf(bytes, sizeof bytes, "%zu", block);
	snprintf(time, sizeof time, "%d", seconds >= 1 ? (int)seconds : 1);
	return spawn(argv, out_fd, pid, err);
}

static size_t read_all(int fd, char *out, size_t max)
{
	size_t len = 0;
	ssize_t got;

	while (len + 1 < max && ((got = read(fd, out + len, max - 1 - len)) > 0 || (got < 0 && errno == EINTR)))
		len += got > 0 ? (size_t)got : 0;
	out[len] = '\0';
	return len;
}

enum result speed_run(size_t block, bool decrypt, double seconds, struct sample *out, struct err *err)
{
	char text[2048];
	double rate;
	int fds[2], status = 0;
	pid_t pid = 0;
	enum result r;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_sys(err, "cannot make a pipe");
	r = start(block, decrypt, seconds, fds[1], &pid, err);
	close(fds[1]);
	if (r == OK) {
		read_all(fds[0], text, sizeof text);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		r = status != 0 ? err_set(err, ERR_INTERNAL, "`openssl speed` failed")
				: speed_parse(text, &rate, err);
	}
	close(fds[0]);
	if (r == OK)
		*out = (struct sample){.ns = 1000000000, .processor_ns = 1000000000, .units = (int64_t)rate};
	return r;
}
