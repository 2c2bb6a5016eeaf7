/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/hello.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define THREADS_LEAST 2 /* as net/server.h says of its own */
#define THREADS_MOST 8

static enum MHD_Result greet(void *arg, struct MHD_Connection *connection, const char *target, const char *method,
			     const char *version, const char *body, size_t *body_len, void **request)
{
	static char hello[] = "hello, world\n";
	static int begun;
	struct MHD_Response *response;
	enum MHD_Result queued;

	(void)arg, (void)target, (void)method, (void)version, (void)body, (void)body_len;
	if (*request == NULL) {
		*request = &begun;
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(sizeof hello - 1, hello, MHD_RESPMEM_PERSISTENT);
	if (response == NULL)
		return MHD_NO;
	queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return queued;
}

static unsigned threads(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (processors < THREADS_LEAST)
		return THREADS_LEAST;
	return processors > THREADS_MOST ? THREADS_MOST : (unsigned)processors;
}

/* The port; 0: it cannot serve. */
static int serve(void)
{
	const struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct MHD_Daemon *daemon =
	    MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, greet, NULL, MHD_OPTION_SOCK_ADDR,
			     (const struct sockaddr *)&at, MHD_OPTION_THREAD_POOL_SIZE, threads(),
			     MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_END);
	const union MHD_DaemonInfo *info = daemon != NULL ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;

	return info != NULL ? info->port : 0;
}

__attribute__((noreturn)) static void be_hello(int fd)
{
	int port;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	port = serve();
	if (port == 0 || write(fd, &port, sizeof port) != (ssize_t)sizeof port)
		_exit(1);
	for (;;)
		pause();
}

static bool read_port(int fd, int *port)
{
	ssize_t got;

	do
		got = read(fd, port, sizeof *port);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof *port;
}

enum result hello_start(struct hello *out, struct err *err)
{
	int fds[2];

	*out = (struct hello){.pid = 0};
	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_sys(err, "cannot begin a measurement");
	out->pid = fork();
	if (out->pid == 0)
		be_hello(fds[1]);
	close(fds[1]);
	if (out->pid < 0) {
		out->pid = 0;
		close(fds[0]);
		return err_sys(err, "cannot begin a measurement");
	}
	if (!read_port(fds[0], &out->port)) {
		hello_stop(out);
		err_set(err, ERR_INTERNAL, "\"hello, world\" cannot be served on 127.0.0.1");
	}
	close(fds[0]);
	return out->pid != 0 ? OK : ERR_INTERNAL;
}

void hello_stop(struct hello *hello)
{
	if (hello->pid == 0)
		return;
	kill(hello->pid, SIGTERM);
	while (waitpid(hello->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*hello = (struct hello){.pid = 0};
}
