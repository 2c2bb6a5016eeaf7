/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One request and its answer, between the connection's thread (libmicrohttpd's
 * callbacks) and the worker that handles it.
 *
 * Counted: the connection's thread holds it from the first line until the end,
 * a worker while it is queued or at it, a detached stream through its pipe.
 * What is libmicrohttpd's is touched by the connection's thread alone, but for
 * waking it up.
 *
 * Internal to the server.
 */
#ifndef LETHE_NET_EXCHANGE_H
#define LETHE_NET_EXCHANGE_H

#include <microhttpd.h>
#include <stdatomic.h>
#include "net/connections.h"
#include "net/server.h"
#include "net/tls.h"
#include "net/workers.h"

/* Why one was turned away, for the figures. */
enum refusal {
	REFUSAL_WORKERS,
	REFUSAL_STREAMS,
	REFUSAL_SHARE,
	REFUSAL_MEMORY,
	REFUSAL_CONNECTIONS,
	REFUSAL_ADDRESS,
	REFUSAL_COUNT
};

/* What a server is to its exchanges. */
struct serving {
	struct server_settings settings;
	struct tls *tls;
	struct connections *connections;
	struct workers *workers, *streams;
	atomic_bool stopping;
	_Atomic size_t body_memory;
	_Atomic int64_t in_flight;
	_Atomic int64_t held_back; /* answers that response_done will let go */
	bool lax_library; /* libmicrohttpd before 1.0: heads are looked at again */
	struct {
		struct metric *requests, *durations, *cuts, *refused;
	} figures;
};

enum stage {
	STAGE_HEAD, /* nothing but the first line is known */
	STAGE_BODY, /* the body comes, if there is one */
	STAGE_END,  /* all of the request is there */
	STAGE_ANSWER,
};

/* What of the answer goes out. */
enum source { SOURCE_NONE, SOURCE_BUF, SOURCE_READER, SOURCE_FLOW };

struct exchange {
	struct serving *serving;
	struct connection *connection;
	struct MHD_Connection *mhd;
	_Atomic int references;
	struct pool pool;
	struct request request;
	struct response response;
	struct job job;
	struct workers *workers; /* whose job it is; NULL: it was never handed to any */

	/* The connection's thread. */
	enum stage stage;
	const char *raw_target; /* where libmicrohttpd has it, which takes it apart; the length before that */
	size_t raw_target_len;
	const char *target;        /* our copy; NULL: no memory */
	const struct route *route; /* NULL: none was found */
	bool refused;              /* answered without a handler */
	bool must_close;           /* the connection is not to be trusted with another request */
	bool body_expected, chunked, expects_continue, old_version; /* HTTP/1.0 */
	uint64_t body_length, streamed, swallowed;
	struct buf body;
	size_t reserved; /* of the memory of all bodies */
	int64_t began_us;

	/* Between the two. */
	pthread_mutex_t lock; /* guards suspended, woken, ready; taken last */
	bool suspended, woken, ready;
	atomic_bool gone, discarding, detached;
	atomic_bool later;    /* response_done finishes it */
	atomic_bool too_long; /* the body was, which its reader found out */

	/* Set before `ready`. */
	bool settled;
	enum source source;
	uint64_t offset, length;              /* of the body that goes out; RESPONSE_SIZE_UNKNOWN */
	_Atomic(struct flow *) input, output; /* each set once */
};

/* NULL: no memory, or the connection is being closed; then it is cut without an answer. */
struct exchange *exchange_new(struct serving *serving, struct connection *connection, struct MHD_Connection *mhd,
			      const char *target);
void exchange_release(struct exchange *x);
/* On the connection's thread, in a callback that then ends: no more calls until it is woken. False: it was meanwhile.
 */
bool exchange_sleep(struct exchange *x);

/* On the connection's thread, from libmicrohttpd's handler: the head; a part of the body, of which *len bytes are left
 * over; the end. */
enum MHD_Result exchange_head(struct exchange *x, const char *method, const char *version);
enum MHD_Result exchange_body(struct exchange *x, const char *data, size_t *len);
enum MHD_Result exchange_end(struct exchange *x);
/* The last: it is over, well or not. */
void exchange_completed(struct exchange *x, bool well);

/* From any thread. */
void exchange_abort(struct exchange *x, const char *why);
void exchange_end_detached(struct exchange *x); /* a stream that nobody waits for ends well */
void exchange_tick(struct exchange *x, int64_t now_ms);

/* exchange_head's parts, and what of them can be tested alone (head.c). */
MUST_CHECK enum result head_copy(struct exchange *x, struct err *err);
MUST_CHECK enum result head_check(struct exchange *x, const char *method, const char *version, struct err *err);
MUST_CHECK enum result head_scan(const char *head, size_t len, size_t target_at, size_t target_len, size_t *fields,
				 struct err *err);

/* What the answer is after all, conditions and ranges applied (answer.c); then `ready` may be set. */
void answer_settle(struct exchange *x);
enum MHD_Result answer_queue(struct exchange *x);

/* figures.c. The second once everything that is asked is there. */
MUST_CHECK enum result figures_declare(struct serving *serving, struct err *err);
MUST_CHECK enum result figures_declare_gauges(struct serving *serving, struct err *err);

#endif
