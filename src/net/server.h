/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP/1.1 server (RFC 9110, RFC 9112), on libmicrohttpd.
 *
 * Connections are read and written by a few threads that never wait for
 * anything but the network.  A request's handler runs, as its route says,
 *   quick    on the connection's thread, for what is in memory;
 *   worker   on a worker, once its body is whole, while the connection sleeps; the
 *            answer may wait for the disk without keeping the worker
 *            (response_later);
 *   glance   on the connection's thread where that takes no waiting, else as worker;
 *   stream   on a stream worker, which reads the body as it comes and writes
 *            the answer as it goes: uploads, exports, events.
 * So neither a slow query nor a slow client stops others.  Everything is
 * bounded: connections (in all, and from one address), heads, bodies, the
 * memory of all bodies, queues (503 with Retry-After when one is full), how
 * slow a client may be.  Half of the places in a queue, and of the workers
 * that long work holds, are for others than whoever has the rest.
 *
 * Stricter than the library: a request that two programs could understand
 * differently is refused (400) and its connection closed: Content-Length with
 * Transfer-Encoding, either of them twice, obsolete line folding, a bare LF,
 * white space where none belongs, control characters, more than one Host.
 * After a chunked body the connection closes too.
 *
 * Limits of libmicrohttpd 0.9.75: what is no HTTP at all it answers by itself,
 * in plain HTML.  An answer begins after the request's body has been read to
 * its end.  A client that shuts down its sending side before it has the answer
 * of a worker is taken to have gone.
 */
#ifndef LETHE_NET_SERVER_H
#define LETHE_NET_SERVER_H

#include "base/time.h"
#include "net/address.h"
#include "net/metrics.h"
#include "net/problem.h"
#include "net/router.h"

struct server;

struct server_listen {
	const char *address; /* net/listen.h; NULL: `fd` was handed over */
	int fd;              /* taken over, closed at the end */
	bool tls;
};

/* What became of a request. */
struct server_outcome {
	const struct request *request;
	int status;     /* 0: it broke off before there was one */
	bool complete;  /* the client has had all of it, as far as we can know */
	enum result why; /* of 5xx, or of what broke off by our fault; OK: nothing is known of it */
	int why_system;  /* the errno, or 0 */
	int64_t micros; /* from its first line to the end of the answer */
};

struct server_settings {
	const struct server_listen *listen;
	size_t listen_count;
	const char *certificate_file, *key_file; /* needed when one listens with TLS */
	const struct router *router;
	size_t route_count;

	int io_threads; /* for connections; 0: as many as there are processors, 2 at least, 8 at most */
	int worker_threads, stream_threads;
	size_t worker_queue, stream_queue; /* requests that may wait for one */
	size_t connections_max, connections_per_address;
	size_t target_max, head_max; /* bytes: 414, 431 */
	size_t body_memory_max;      /* of all bodies being held, in bytes */
	int64_t head_ms, idle_ms;    /* until the first head has come; from an answer to the end of the next head */
	uint64_t rate;               /* least bytes a second of a body and of an answer, over the window */
	int64_t rate_window_ms;
	int64_t stream_ms;                   /* most that a body or an answer may take */
	const struct address_block *proxies; /* whose X-Forwarded-For is believed */
	size_t proxy_count;
	struct metrics *metrics; /* of this server alone; may be NULL; outlives the server */

	/* All are called with `arg`; those that may be NULL say so. */
	void *arg;
	struct instant (*now)(void *arg);
	/* A worker's own context, made and freed on its thread; numbers from 0 over workers and stream workers. May be
	 * NULL. */
	void *(*worker_begin)(void *arg, int worker);
	void (*worker_end)(void *arg, void *context);
	/* When the head is there and has a route, before anything of the body is read: false, with `response` made,
	 * refuses it. On the connection's thread: must not wait. May be NULL. */
	bool (*admit)(void *arg, struct request *request, struct response *response);
	/* Of a glance route, on the connection's thread: answers if that can be done without waiting; else false, with
	 * nothing done, and a worker does it. May be NULL. */
	bool (*glance)(void *arg, struct request *request, struct response *response);
	/* Whose a request is that is about to wait for a worker (net/shares.h), as far as that is known: nobody has more than
	 * half of the places. On the connection's thread: must not wait. May be NULL. */
	uint64_t (*owner)(void *arg, const struct request *request);
	/* Answers. `context` is the worker's, NULL on a quick route. */
	void (*handle)(void *arg, void *context, struct request *request, struct response *response);
	/* Asked again and again while it stops: true has what is not answered yet broken off now. May be NULL. */
	bool (*hurry)(void *arg);
	/* After each request, on the connection's thread; `request` as far as it was read. May be NULL. */
	void (*done)(void *arg, const struct server_outcome *outcome);
};

/* What is good for most: everything but listen, router, now and handle. */
void server_defaults(struct server_settings *settings);

/* Listens and answers when it returns. Settings are copied, what they point to is borrowed until server_stop. */
MUST_CHECK enum result server_start(const struct server_settings *settings, struct server **out, struct err *err);
int server_port(const struct server *server, size_t listen); /* of the n-th address */
/* Reads certificate and key again; the ones in use stay when that fails (net/tls.h). ERR_UNSUPPORTED without TLS. */
MUST_CHECK enum result server_reload_certificate(struct server *server, struct instant now, struct err *err);
/* No new connections, idle ones closed, what was accepted is answered: who is not answered was not heard. What is not after
 * `grace_ms`, or when `hurry` says so, is broken off: response_gone tells its handler, which is waited for. Frees the server.
 * NULL is fine. */
void server_stop(struct server *server, int64_t grace_ms);

#endif
