/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/daemon.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define WORDS_MAX 8
#define TRIES 400 /* of 50 ms: until it answers */

enum result daemon_command(const struct daemon *daemon, const char *const *words, char *said, size_t max, struct err *err)
{
	const char *argv[WORDS_MAX + 4] = {daemon->lethe};
	size_t count = 1;

	for (; *words != NULL; words++) {
		INVARIANT(count <= WORDS_MAX);
		argv[count++] = *words;
	}
	argv[count++] = "--data";
	argv[count] = daemon->data;
	return program_run(argv, NULL, said, max, err);
}

/* ---- the vault ---- */

static enum result write_who(const struct daemon *daemon, const char *token, size_t len, struct err *err)
{
	struct buf text;
	enum result r;

	while (len > 0 && token[len - 1] == '\n')
		len--;
	buf_init(&text, 4096);
	buf_printf(&text, "Authorization: Bearer %.*s\n", (int)len, token);
	r = file_write_atomic(daemon->header, text.data, text.len, 0600, err);
	buf_reset(&text);
	buf_printf(&text, "wrk.headers[\"Authorization\"] = \"Bearer %.*s\"\n", (int)len, token);
	if (r == OK)
		r = file_write_atomic(daemon->script, text.data, text.len, 0600, err);
	buf_free(&text);
	return r;
}

static enum result make_token(const struct daemon *daemon, struct err *err)
{
	char path[GROUND_PATH_MAX];
	const char *const words[] = {"token", "create", "bench", "--role", "admin", "--out", path, NULL};
	struct buf token;
	enum result r;

	ground_path(daemon->ground, "token", path);
	unlink(path);
	r = daemon_command(daemon, words, NULL, 0, err);
	if (r == OK)
		r = file_read(path, 4096, &token, err);
	if (r != OK)
		return r;
	r = write_who(daemon, token.data, token.len, err);
	buf_free(&token);
	return r;
}

enum result daemon_found(const struct ground *ground, const char *lethe, const char *name, struct daemon *out,
			 struct err *err)
{
	static const char *const init[] = {"init", NULL};
	static const char *const account[] = {"account", "create", "bench", "--country", "DK", NULL};
	enum result r;

	*out = (struct daemon){.ground = ground, .lethe = lethe};
	snprintf(out->name, sizeof out->name, "%s", name);
	ground_path(ground, name, out->data);
	ground_path(ground, "who.header", out->header);
	ground_path(ground, "who.lua", out->script);
	r = daemon_command(out, init, NULL, 0, err);
	if (r == OK)
		r = daemon_command(out, account, NULL, 0, err);
	return r == OK ? make_token(out, err) : r;
}

/* ---- serving ---- */

/* One that nobody listens on now. */
static enum result free_port(int *out, struct err *err)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enum result r = OK;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		r = err_sys(err, "cannot find a port to serve on");
	*out = ntohs(at.sin_port);
	if (fd >= 0)
		close(fd);
	return r;
}

static bool answers(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;

	if (fd >= 0)
		close(fd);
	return connected;
}

static enum result wait_until_it_answers(struct daemon *daemon, struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		const struct timespec pause = {0, 50 * 1000 * 1000};

		if (answers(daemon->port))
			return OK;
		if (program_has_ended(&daemon->program))
			break;
		nanosleep(&pause, NULL);
	}
	return err_set(err, ERR_INTERNAL, "the daemon did not begin");
}

enum result daemon_start_with(struct daemon *daemon, const char *const *words, struct err *err)
{
	char listen[32];
	const char *argv[WORDS_MAX + 11] = {daemon->lethe, "serve",       "--data",      daemon->data, "--listen", listen,
					    "--token-rate", "1000000", "--log-level", "error"};
	size_t count = 10;
	enum result r = free_port(&daemon->port, err);

	for (; *words != NULL; words++) {
		INVARIANT(count < WORDS_MAX + 10);
		argv[count++] = *words;
	}

	if (r != OK)
		return r;
	snprintf(listen, sizeof listen, "127.0.0.1:%d", daemon->port);
	r = program_start(argv, NULL, true, &daemon->program, err);
	return r == OK ? wait_until_it_answers(daemon, err) : r;
}

enum result daemon_start(struct daemon *daemon, struct err *err)
{
	static const char *const none[] = {NULL};

	return daemon_start_with(daemon, none, err);
}

void daemon_stop(struct daemon *daemon)
{
	program_stop(&daemon->program, SIGTERM);
	daemon->program = (struct program){0};
}

void daemon_remove(struct daemon *daemon)
{
	char root[64];

	daemon_stop(daemon);
	if (daemon->ground == NULL)
		return;
	ground_remove(daemon->ground, daemon->name);
	snprintf(root, sizeof root, "%s.default.root", daemon->name);
	ground_remove(daemon->ground, root);
}
