/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/program.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID_MAX 4096
#define NOT_THERE 127 /* as a shell says it */

struct start {
	const char *const *argv;
	const struct passwd *user; /* NULL: who we are */
	bool bound;
	pid_t parent;
	int in, out;
};

/* In the child: only what is safe between fork and exec. */
__attribute__((noreturn)) static void become(const struct start *start)
{
	union { const char *const *given; char *const *wanted; } words = {start->argv};

	dup2(start->in, STDIN_FILENO);
	dup2(start->out, STDOUT_FILENO);
	dup2(start->out, STDERR_FILENO);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (start->user != NULL && (setgroups(0, NULL) != 0 || setgid(start->user->pw_gid) != 0 ||
				    setuid(start->user->pw_uid) != 0))
		_exit(NOT_THERE - 1);
	/* After setuid, which takes it away again. */
	if (start->bound && (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != start->parent))
		_exit(NOT_THERE - 1);
	execvp(start->argv[0], words.wanted);
	_exit(errno == ENOENT ? NOT_THERE : NOT_THERE - 1);
}

static void close_both(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static enum result take_ends(int to, int from, struct program *out, struct err *err)
{
	out->to = fdopen(to, "w");
	out->from = fdopen(from, "r");
	return out->to != NULL && out->from != NULL ? OK : err_no_memory(err);
}

static enum result start_with(struct start *start, const int to[2], const int from[2], struct program *out,
			      struct err *err)
{
	fflush(NULL);
	start->in = to[0];
	start->out = from[1];
	start->parent = getpid();
	out->pid = fork();
	if (out->pid == 0)
		become(start);
	close(to[0]);
	close(from[1]);
	if (out->pid > 0)
		return take_ends(to[1], from[0], out, err);
	close(to[1]);
	close(from[0]);
	return err_sys(err, "cannot start %s", start->argv[0]);
}

enum result program_start(const char *const *argv, const char *user, bool bound, struct program *out, struct err *err)
{
	struct start start = {.argv = argv, .bound = bound};
	int to[2], from[2];

	*out = (struct program){.name = argv[0]};
	if (user != NULL && geteuid() == 0) {
		start.user = getpwnam(user);
		if (start.user == NULL)
			return err_set(err, ERR_NOT_FOUND, "there is no user '%s' to run %s as", user, argv[0]);
	}
	if (pipe2(to, O_CLOEXEC) != 0)
		return err_sys(err, "cannot make a pipe");
	if (pipe2(from, O_CLOEXEC) != 0) {
		close_both(to);
		return err_sys(err, "cannot make a pipe");
	}
	return start_with(&start, to, from, out, err);
}

static int wait_for(struct program *program)
{
	int status = 0;

	if (program->to != NULL)
		fclose(program->to);
	if (program->from != NULL)
		fclose(program->from);
	while (program->pid > 0 && waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
		;
	*program = (struct program){.name = program->name};
	return status;
}

/* Reads to the end, keeping as much as fits. */
static void hear(FILE *from, char *said, size_t max)
{
	size_t len = 0;
	int c;

	while ((c = fgetc(from)) != EOF) {
		if (len + 1 < max)
			said[len++] = (char)c;
	}
	said[len] = '\0';
}

static enum result failed(const struct program *program, int status, const char *said, struct err *err)
{
	const char *why = strcasestr(said, "error");

	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_THERE)
		return err_set(err, ERR_NOT_FOUND, "the program %s is not installed", program->name);
	why = why != NULL ? why : said;
	return err_set(err, ERR_INTERNAL, "%s failed: %.*s", program->name, (int)strcspn(why, "\n"), why);
}

enum result program_end(struct program *program, char *said, size_t max, struct err *err)
{
	char here[SAID_MAX], *out = said != NULL ? said : here;
	int status;

	fclose(program->to);
	program->to = NULL;
	hear(program->from, out, said != NULL ? max : sizeof here);
	status = wait_for(program);
	return status == 0 ? OK : failed(program, status, out, err);
}

enum result program_run(const char *const *argv, const char *user, char *said, size_t max, struct err *err)
{
	struct program program;
	enum result r = program_start(argv, user, false, &program, err);

	return r == OK ? program_end(&program, said, max, err) : r;
}

void program_stop(struct program *program, int signal)
{
	if (program->pid <= 0)
		return;
	kill(program->pid, signal);
	wait_for(program);
}

bool program_has_ended(struct program *program)
{
	siginfo_t info = {.si_pid = 0};

	return program->pid <= 0 ||
	       (waitid(P_PID, (id_t)program->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0);
}
