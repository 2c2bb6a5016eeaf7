/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gnutls/abstract.h>

#include "base/clock.h"
#include "net/exchange.h"
#include "net/listen.h"
#include "net/thread.h"

#define IO_THREADS_MAX 8
#define LISTEN_MAX 16
#define ACCEPT_AT_ONCE 64
#define POLL_MS 20
#define UNSENT_MAX (64 * 1024) /* bytes of an answer that the kernel has and the wire has not */
#define LAST_WORDS_MS 1000

/* libmicrohttpd's memory for a head, and for what it makes of it and of the answer's head. */
#define LIBRARY_MEMORY(head) ((head)*2 + 4096)

struct listener {
	int fd;
	bool tls;
};

struct server {
	struct serving serving;
	struct listener listeners[LISTEN_MAX];
	size_t listener_count;
	/* One libmicrohttpd a thread, as we accept for it; those for TLS are others. */
	struct MHD_Daemon *plain[IO_THREADS_MAX], *secure[IO_THREADS_MAX];
	size_t io_count, next;
	int wake; /* an eventfd, for the thread that accepts */
	bool accepting;
	pthread_t acceptor;
};

void server_defaults(struct server_settings *settings)
{
	*settings = (struct server_settings){
	    .worker_threads = 4,
	    .stream_threads = 8,
	    .worker_queue = 1024,
	    .stream_queue = 16,
	    .connections_max = 16384,
	    .connections_per_address = 1024,
	    .target_max = 4096,
	    .head_max = 8192,
	    .body_memory_max = (size_t)256 * 1024 * 1024,
	    .head_ms = 15000,
	    .idle_ms = 75000,
	    .rate = 1024,
	    .rate_window_ms = 10000,
	    .stream_ms = (int64_t)4 * 3600 * 1000,
	};
}

/* --- libmicrohttpd's callbacks ---------------------------------------------------- */

static struct connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void on_connection(void *arg, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct serving *serving = arg;
	struct connection *connection = *context;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (!connection)
			return;
		tls_release(serving->tls, connection->certificate);
		connections_remove(serving->connections, connection);
		return;
	}
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	connection = info ? connections_find(serving->connections, info->connect_fd) : NULL;
	*context = connection;
	if (!connection)
		return;
	info = connection->tls ? MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION) : NULL;
	if (info)
		connection->certificate = tls_use(serving->tls, info->tls_session);
	atomic_store(&connection->started, true);
}

/* The first line is there, and not yet taken apart. */
static void *on_target(void *arg, const char *target, struct MHD_Connection *mhd)
{
	struct connection *connection = connection_of(mhd);

	return connection && target ? exchange_new(arg, connection, mhd, target) : NULL;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *mhd, const char *url, const char *method,
				  const char *version, const char *data, size_t *len, void **context)
{
	struct exchange *x = *context;

	(void)arg, (void)mhd, (void)url;
	if (!x)
		return MHD_NO;
	if (x->stage == STAGE_HEAD)
		return exchange_head(x, method, version);
	if (*len > 0)
		return exchange_body(x, data, len);
	return exchange_end(x);
}

static void on_completed(void *arg, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
	(void)arg, (void)mhd;
	if (*context)
		exchange_completed(*context, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	*context = NULL;
}

/* Targets are decoded by us, and strictly. */
static size_t leave_escaped(void *arg, struct MHD_Connection *mhd, char *text)
{
	(void)arg, (void)mhd;
	return strlen(text);
}

/* It wants a certificate to start; each connection is given its own. */
static int no_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
			  unsigned *count, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count, gnutls_privkey_t *key,
			  unsigned *flags)
{
	(void)session, (void)info, (void)chain, (void)count, (void)ocsp, (void)ocsp_count, (void)key, (void)flags;
	return -1;
}

/* --- the housekeeper's callbacks --------------------------------------------------- */

static void on_cut(void *arg, struct connection *connection, enum cut why)
{
	struct serving *serving = arg;

	metric_add(serving->figures.cuts, why, 0, 1);
	if (connection->exchange)
		exchange_abort(connection->exchange, "the client was too slow");
}

static void on_gone(void *arg, struct connection *connection)
{
	(void)arg;
	if (connection->exchange)
		exchange_abort(connection->exchange, "the client went away");
}

/* Who waits for the end of an answer may do so. Events have none: there it means that nobody listens any more. */
static void on_half_closed(void *arg, struct connection *connection)
{
	(void)arg;
	if (connection->exchange && atomic_load(&connection->exchange->detached))
		exchange_abort(connection->exchange, "the client went away");
}

static void on_tick(void *arg, struct connection *connection, int64_t now_ms)
{
	(void)arg;
	if (connection->exchange)
		exchange_tick(connection->exchange, now_ms);
}

/* --- accepting ------------------------------------------------------------------------ */

static void refuse_connection(struct server *server, const struct listener *listener, int fd, enum refusal why)
{
	static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
				     "Content-Length: 0\r\n\r\n";

	metric_add(server->serving.figures.refused, why, 0, 1);
	if (!listener->tls && send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
		shutdown(fd, SHUT_WR);
		connections_linger(server->serving.connections, fd);
		return;
	}
	close(fd);
}

/* A peer that vanishes without a word is found by the kernel. What a slow one has yet to read waits here, a block at a
 * time, and not in the kernel's memory for all sockets: when that is short, everybody's are slow. */
static void set_options(int fd)
{
	unsigned unanswered_ms = 60000;
	int on = 1, idle_s = 60, unsent = UNSENT_MAX;

	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
}

static void take_connection(struct server *server, const struct listener *listener, int fd,
			    const struct sockaddr_storage *from, socklen_t len)
{
	struct MHD_Daemon *daemon = (listener->tls ? server->secure : server->plain)[server->next];
	const struct sockaddr *address = (const struct sockaddr *)from;

	switch (connections_admit(server->serving.connections, fd, address, listener->tls)) {
	case ADMITTED:
		break;
	case REFUSED_ADDRESS:
		refuse_connection(server, listener, fd, REFUSAL_ADDRESS);
		return;
	case REFUSED_FULL:
	case REFUSED_MEMORY:
		refuse_connection(server, listener, fd, REFUSAL_CONNECTIONS);
		return;
	}
	set_options(fd);
	server->next = (server->next + 1) % server->io_count;
	/* What it cannot take it closes without a word; the entry goes when the descriptor comes again. */
	MHD_add_connection(daemon, fd, address, len);
}

/* False: nothing can be accepted for now, for want of descriptors or memory. */
static bool accept_some(struct server *server, const struct listener *listener)
{
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage from = {0};
		socklen_t len = sizeof from;
		int fd = accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			take_connection(server, listener, fd, &from, len);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return true;
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			return false;
	}
	return true;
}

static void *accept_all(void *arg)
{
	struct server *server = arg;
	struct pollfd look[LISTEN_MAX + 1] = {{.fd = server->wake, .events = POLLIN}};
	bool well = true;

	for (size_t i = 0; i < server->listener_count; i++)
		look[i + 1] = (struct pollfd){.fd = server->listeners[i].fd, .events = POLLIN};
	while (look[0].revents == 0) {
		/* Without descriptors it would only turn in circles. */
		if (poll(look, well ? server->listener_count + 1 : 1, well ? -1 : 100) < 0 && errno != EINTR)
			break;
		well = true;
		for (size_t i = 0; i < server->listener_count; i++)
			if (!accept_some(server, &server->listeners[i]))
				well = false;
	}
	return NULL;
}

/* --- beginning ------------------------------------------------------------------------------ */

static enum result open_listeners(struct server *server, struct err *err)
{
	const struct server_settings *settings = &server->serving.settings;
	enum result r = OK;

	if (settings->listen_count > LISTEN_MAX)
		return err_set(err, ERR_LIMIT, "a server listens on at most %d addresses", LISTEN_MAX);
	for (size_t i = 0; i < settings->listen_count && r == OK; i++) {
		const struct server_listen *listen = &settings->listen[i];
		struct listener *listener = &server->listeners[i];

		*listener = (struct listener){.fd = listen->fd, .tls = listen->tls};
		r = listen->address ? listen_open(listen->address, &listener->fd, err) : listen_adopt(listen->fd, err);
		server->listener_count += r == OK;
	}
	return r;
}

static bool any_tls(const struct server_settings *settings)
{
	for (size_t i = 0; i < settings->listen_count; i++)
		if (settings->listen[i].tls)
			return true;
	return false;
}

static enum result load_certificate(struct serving *serving, struct err *err)
{
	const struct server_settings *settings = &serving->settings;

	if (!any_tls(settings))
		return OK;
	if (!settings->certificate_file || !settings->key_file) {
		err_set(err, ERR_INPUT, "to speak TLS there must be a certificate and its key");
		return err_mend(err, "name both files, or listen without TLS on a loopback address only");
	}
	return tls_new(settings->certificate_file, settings->key_file, &serving->tls, err);
}

static struct MHD_Daemon *start_library(struct serving *serving, bool tls)
{
	static char priorities[] = TLS_PRIORITIES;
	const struct server_settings *settings = &serving->settings;
	struct MHD_OptionItem options[] = {
	    {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)LIBRARY_MEMORY(settings->head_max), NULL},
	    {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)settings->connections_max, NULL},
	    {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, serving},
	    {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, serving},
	    {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, serving},
	    {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_escaped, NULL},
	    {tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, 0, priorities},
	    {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)no_certificate},
	    {MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 (tls ? MHD_USE_TLS : 0U);

	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, serving, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static enum result start_io(struct server *server, struct err *err)
{
	bool tls = any_tls(&server->serving.settings);
	sigset_t before;
	size_t i;

	thread_signals_off(&before);
	for (i = 0; i < server->io_count; i++) {
		server->plain[i] = start_library(&server->serving, false);
		server->secure[i] = tls ? start_library(&server->serving, true) : NULL;
		if (!server->plain[i] || (tls && !server->secure[i]))
			break;
	}
	thread_signals_back(&before);
	if (i == server->io_count)
		return OK;
	err_set(err, ERR_IO, "libmicrohttpd cannot start");
	return err_mend(err, "raise the number of threads (`ulimit -u`, TasksMax=) and files (`ulimit -n`, LimitNOFILE=) it may have");
}

static enum result start_workers(struct serving *serving, struct err *err)
{
	const struct server_settings *settings = &serving->settings;
	struct workers_settings workers = {.threads = settings->worker_threads,
					   .queue_max = settings->worker_queue,
					   .begin = settings->worker_begin,
					   .end = settings->worker_end,
					   .arg = settings->arg};
	enum result r = workers_start(&workers, &serving->workers, err);

	workers.threads = settings->stream_threads;
	workers.queue_max = settings->stream_queue;
	workers.first = settings->worker_threads;
	workers.all_claim = true;
	return r ? r : workers_start(&workers, &serving->streams, err);
}

static enum result start_connections(struct serving *serving, struct err *err)
{
	const struct server_settings *settings = &serving->settings;
	struct connections_settings connections = {.max = settings->connections_max,
						   .per_address = settings->connections_per_address,
						   .head_ms = settings->head_ms,
						   .idle_ms = settings->idle_ms,
						   .stream_ms = settings->stream_ms,
						   .rate = settings->rate,
						   .rate_window_ms = settings->rate_window_ms,
						   .cut = on_cut,
						   .gone = on_gone,
						   .half_closed = on_half_closed,
						   .tick = on_tick,
						   .arg = serving};

	return connections_new(&connections, &serving->connections, err);
}

static enum result start_accepting(struct server *server, struct err *err)
{
	enum result r;

	server->wake = eventfd(0, EFD_CLOEXEC);
	if (server->wake < 0)
		return err_sys(err, "cannot make an eventfd");
	r = thread_start(&server->acceptor, accept_all, server, err);
	server->accepting = r == OK;
	return r;
}

static size_t io_threads(const struct server_settings *settings)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN), wanted = settings->io_threads;

	if (wanted == 0)
		wanted = processors < 2 ? 2 : processors;
	return wanted > IO_THREADS_MAX ? IO_THREADS_MAX : (size_t)wanted;
}

enum result server_start(const struct server_settings *settings, struct server **out, struct err *err)
{
	struct server *server = calloc(1, sizeof *server);
	struct serving *serving = server ? &server->serving : NULL;
	enum result r;

	*out = NULL;
	if (!server)
		return err_no_memory(err);
	serving->settings = *settings;
	serving->lax_library = MHD_get_version()[0] == '0';
	server->io_count = io_threads(settings);
	server->wake = -1;
	if ((r = load_certificate(serving, err)) == OK && (r = figures_declare(serving, err)) == OK &&
	    (r = open_listeners(server, err)) == OK && (r = start_connections(serving, err)) == OK &&
	    (r = start_workers(serving, err)) == OK && (r = start_io(server, err)) == OK &&
	    (r = figures_declare_gauges(serving, err)) == OK)
		r = start_accepting(server, err);
	if (r)
		server_stop(server, 0);
	else
		*out = server;
	return r;
}

int server_port(const struct server *server, size_t listen)
{
	return listen < server->listener_count ? listen_port(server->listeners[listen].fd) : -1;
}

enum result server_reload_certificate(struct server *server, struct instant now, struct err *err)
{
	if (!server->serving.tls)
		return err_set(err, ERR_UNSUPPORTED, "this server does not speak TLS, so it has no certificate");
	return tls_reload(server->serving.tls, now, err);
}

/* --- ending --------------------------------------------------------------------------------- */

static void stop_accepting(struct server *server)
{
	uint64_t one = 1;

	if (server->accepting) {
		INVARIANT(write(server->wake, &one, sizeof one) == (ssize_t)sizeof one);
		pthread_join(server->acceptor, NULL); /* it takes what waits already */
	}
	for (size_t i = 0; i < server->listener_count; i++)
		close(server->listeners[i].fd);
	if (server->wake >= 0)
		close(server->wake);
}

static void end_detached(void *arg, struct connection *connection)
{
	(void)arg;
	if (connection->exchange)
		exchange_end_detached(connection->exchange);
}

static void abort_one(void *arg, struct connection *connection)
{
	(void)arg;
	if (connection->exchange)
		exchange_abort(connection->exchange, "the server stops");
}

static bool hurried(const struct serving *serving)
{
	return serving->settings.hurry && serving->settings.hurry(serving->settings.arg);
}

/* Until nobody is connected any more, or the time is over. */
static void drain(const struct serving *serving, int64_t ms)
{
	int64_t end = monotonic_ms() + ms;

	do {
		connections_each(serving->connections, end_detached, NULL);
		connections_close_idle(serving->connections);
		if (connections_count(serving->connections) == 0)
			return;
		poll(NULL, 0, POLL_MS);
	} while (!hurried(serving) && monotonic_ms() < end);
}

static void stop_library(struct MHD_Daemon *daemons[IO_THREADS_MAX])
{
	for (size_t i = 0; i < IO_THREADS_MAX; i++)
		if (daemons[i])
			MHD_stop_daemon(daemons[i]);
}

static void wait_for_held_back(const struct serving *serving)
{
	while (atomic_load(&serving->held_back) > 0)
		poll(NULL, 0, 1);
}

void server_stop(struct server *server, int64_t grace_ms)
{
	struct serving *serving = server ? &server->serving : NULL;

	if (!server)
		return;
	atomic_store(&serving->stopping, true);
	stop_accepting(server);
	if (serving->connections) {
		drain(serving, grace_ms);
		connections_each(serving->connections, abort_one, NULL);
	}
	/* Nothing may sleep when the library ends: workers give their last answers, and the broken off wakes up. */
	if (serving->workers)
		workers_stop(serving->workers);
	if (serving->streams)
		workers_stop(serving->streams);
	wait_for_held_back(serving);
	if (serving->connections) {
		connections_each(serving->connections, abort_one, NULL);
		drain(serving, LAST_WORDS_MS);
	}
	wait_for_held_back(serving); /* of those whose request ended meanwhile */
	if (serving->settings.metrics)
		metrics_forget(serving->settings.metrics, serving);
	stop_library(server->plain);
	stop_library(server->secure);
	workers_free(serving->workers);
	workers_free(serving->streams);
	connections_free(serving->connections);
	tls_free(serving->tls);
	free(server);
}
