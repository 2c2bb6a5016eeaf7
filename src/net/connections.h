/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The connections of a server: how many, from whom, and whether they keep pace.
 *
 * A connection is always in one phase.  One thread looks at all of them a few
 * times a second and cuts what is too slow: a head that does not end, a body
 * or an answer that moves slower than the minimum.  What moved is what the
 * kernel says of the wire (TCP_INFO), so it does not matter who buffers what,
 * and who waits for us is not blamed.
 *
 * Internal to the server.
 */
#ifndef LETHE_NET_CONNECTIONS_H
#define LETHE_NET_CONNECTIONS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>
#include "net/address.h"

struct exchange;
struct tls_certificate;

enum phase {
	PHASE_FIRST_HEAD, /* no request yet, under TLS the handshake too; later ones from their first line on */
	PHASE_NEXT_HEAD,  /* kept alive after an answer */
	PHASE_BODY,       /* the client sends */
	PHASE_WORK,       /* we are to do something */
	PHASE_ANSWER,     /* we send */
};

struct connection {
	int fd;
	struct address address;
	bool tls;
	atomic_bool started; /* its thread knows of it: until then the descriptor is not ours to touch */
	struct tls_certificate *certificate;
	_Atomic int64_t state; /* phase, and since when: see connection_phase */
	bool linger;           /* the client may still be sending when it is closed: let it read our answer first */
	pthread_mutex_t lock;
	struct exchange *exchange; /* the request that it is at; guarded by the lock */
	bool closing;              /* what comes now is not heard: guarded by the lock */
	/* The housekeeper's alone: what was seen last. */
	int64_t sample_state, sample_at;
	uint64_t sample_bytes;
};

enum cut { CUT_HEAD, CUT_IDLE, CUT_BODY, CUT_ANSWER, CUT_TOO_LONG, CUT_COUNT };

struct connections_settings {
	size_t max, per_address;
	int64_t head_ms, idle_ms, stream_ms; /* until a head has come, between requests, for one stream */
	uint64_t rate;                       /* least bytes a second, over the window */
	int64_t rate_window_ms;
	/* Called by the housekeeper with the connection locked. */
	void (*cut)(void *arg, struct connection *connection, enum cut why);    /* is being cut */
	void (*gone)(void *arg, struct connection *connection);                 /* the client hung up while we work */
	void (*half_closed)(void *arg, struct connection *connection);          /* it sends no more, while we answer */
	void (*tick)(void *arg, struct connection *connection, int64_t now_ms); /* for heartbeats */
	void *arg;
};

struct connections;

MUST_CHECK enum result connections_new(const struct connections_settings *settings, struct connections **out,
				       struct err *err);
/* Ends the housekeeper; all connections must be gone. NULL is fine. */
void connections_free(struct connections *connections);
size_t connections_count(struct connections *connections);

enum admission { ADMITTED, REFUSED_FULL, REFUSED_ADDRESS, REFUSED_MEMORY };
enum admission connections_admit(struct connections *connections, int fd, const struct sockaddr *from, bool tls);
struct connection *connections_find(struct connections *connections, int fd); /* NULL: not admitted */
/* Forgets it; called while `fd` is still open, and once. */
void connections_remove(struct connections *connections, struct connection *connection);
/* Reads away for a while what a client still sends, then closes `fd`: its answer would be lost with a reset. */
void connections_linger(struct connections *connections, int fd);

/* A request begins: false, and it must not be handled, when the connection was closed for being idle just before. */
bool connection_begin(struct connection *connection, struct exchange *exchange);
void connection_phase(struct connection *connection, enum phase phase); /* since now, unless it is in it already */
/* Calls `what` for each, locked. */
void connections_each(struct connections *connections, void (*what)(void *arg, struct connection *connection),
		      void *arg);
/* Closes those that are between requests and have sent nothing. */
void connections_close_idle(struct connections *connections);

#endif
