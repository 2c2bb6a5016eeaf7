/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What comes back through the pipe, in one write: small enough to be whole. */
struct answer {
	enum result result;
	struct err err;
	struct sample sample;
};

_Static_assert(sizeof(struct answer) <= 4096, "an answer fits into a pipe's buffer");

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct moment child_now(void)
{
	return (struct moment){read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_PROCESS_CPUTIME_ID)};
}

static int64_t own_bytes(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[200];
	long long kilobytes = 0;

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "RssAnon: %lld kB", &kilobytes) == 1)
			break;
	}
	fclose(file);
	return (int64_t)kilobytes * 1024;
}

void child_stop(struct sample *sample, struct moment started)
{
	struct moment now = child_now();

	sample->ns += now.ns - started.ns;
	sample->processor_ns += now.processor_ns - started.processor_ns;
	sample->own_bytes = own_bytes();
}

void child_first(struct sample *sample, struct moment started)
{
	struct moment now = child_now();

	sample->first_ns = now.ns - started.ns;
	sample->first_processor_ns = now.processor_ns - started.processor_ns;
}

struct sample child_until_first(const struct sample *sample)
{
	struct sample first = *sample;

	INVARIANT(sample->first_ns > 0);
	first.ns = sample->first_ns;
	first.processor_ns = sample->first_processor_ns;
	first.first_ns = first.first_processor_ns = 0;
	return first;
}

__attribute__((noreturn)) static void be_child(int fd, child_work *work, void *arg)
{
	struct answer answer = {.sample = {0}};

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	answer.result = work(arg, &answer.sample, &answer.err);
	_exit(write(fd, &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : 1);
}

static bool read_answer(int fd, struct answer *answer)
{
	ssize_t got;

	do
		got = read(fd, answer, sizeof *answer);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof *answer;
}

static enum result died(int status, struct err *err)
{
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM))
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	if (WIFSIGNALED(status))
		return err_set(err, ERR_INTERNAL, "a measurement ended by signal %d", WTERMSIG(status));
	return err_set(err, ERR_INTERNAL, "a measurement ended without an answer");
}

static enum result wait_for(pid_t pid, int fd, struct sample *out, struct err *err)
{
	struct answer answer;
	struct rusage usage;
	bool answered = read_answer(fd, &answer);
	int status;

	while (wait4(pid, &status, 0, &usage) < 0) {
		if (errno != EINTR)
			return err_sys(err, "cannot wait for a measurement");
	}
	if (!answered)
		return died(status, err);
	if (answer.result != OK) {
		*err = answer.err;
		return answer.result;
	}
	*out = answer.sample;
	out->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
	return OK;
}

enum result child_run(child_work *work, void *arg, struct sample *out, struct err *err)
{
	int fds[2];
	enum result r;
	pid_t pid;

	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_sys(err, "cannot make a pipe");
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		be_child(fds[1], work, arg);
	}
	close(fds[1]);
	r = pid > 0 ? wait_for(pid, fds[0], out, err) : err_sys(err, "cannot start a measurement");
	close(fds[0]);
	return r;
}
