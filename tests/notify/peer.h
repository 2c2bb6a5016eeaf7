/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whom we send something to, in another program: a script in Python that is given a folder of its own, prints its port, and
 * leaves in files there what it got.
 */
#ifndef LETHE_TESTS_NOTIFY_PEER_H
#define LETHE_TESTS_NOTIFY_PEER_H

#include "world.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/file.h"

struct peer { char folder[256]; pid_t pid; int port; };

static inline char *peer_path(const struct peer *p, const char *name, char out[300])
{
	snprintf(out, 300, "%s/%s", p->folder, name);
	return out;
}

/* Its folder is there already. It ends with us. */
static inline void peer_run(struct peer *p, const char *script)
{
	char line[32] = "";
	int ends[2];
	FILE *from;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], 1);
		execlp("python3", "python3", "-c", script, p->folder, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	from = fdopen(ends[0], "r");
	assert_non_null(from);
	assert_non_null(fgets(line, sizeof line, from));
	fclose(from);
	p->port = (int)strtol(line, NULL, 10);
	assert_true(p->port > 0);
}

static inline void peer_stop(struct peer *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	folder_remove(p->folder);
}

/* What is in a file of its folder, in the pool; "" when there is none. */
static inline char *peer_file(const struct peer *p, const char *name, struct pool *pool)
{
	char path[300], *out;
	struct buf text;
	struct err err;

	if (!file_exists(peer_path(p, name, path)))
		return pool_strdup(pool, "");
	assert_ok(file_read(path, (size_t)16 * 1024 * 1024, &text, &err), &err);
	out = pool_strndup(pool, text.data != NULL ? text.data : "", text.len);
	buf_free(&text);
	return out;
}

#endif
