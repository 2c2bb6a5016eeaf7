/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The answer to a request, as a handler makes it.
 *
 * Errors stick: a header that cannot be sent (a line break in it, no memory)
 * or a body beyond its maximum turns the whole answer into a problem "internal",
 * so a handler need not check each step.  The server adds what every answer has
 * (net/headers.h), Content-Length and Date, leaves the body out for HEAD, and
 * answers 304, 206, 412 or 416 by itself to GET and HEAD where an ETag is set.
 *
 * The body is one of: what was appended to `body`; what a reader gives; what is
 * written to the stream that response_start gives.
 */
#ifndef LETHE_NET_RESPONSE_H
#define LETHE_NET_RESPONSE_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/pool.h"
#include "net/flow.h"

#define RESPONSE_BODY_MAX ((size_t)64 * 1024 * 1024)
#define RESPONSE_SIZE_UNKNOWN UINT64_MAX

struct response_header {
	const char *name, *value;
	struct response_header *next;
};

/* Fills `out` from byte `offset` of the body on, at least one byte unless it ends there. A failure after the head was
 * sent cuts the connection, so that nobody takes a part for the whole. Never called at once by two threads. On a quick
 * route it runs on the connection's thread and must not wait. */
typedef enum result response_read(void *arg, uint64_t offset, void *out, size_t len, size_t *got, struct err *err);

struct response {
	int status; /* 200 */
	struct pool *pool;
	struct response_header *headers, **last;
	const char *etag;
	struct buf body;
	response_read *read; /* a reader, when set */
	void (*read_free)(void *arg);
	void *read_arg;
	uint64_t read_size;
	bool failed;
	bool no_memory; /* why it failed; else it is a bug of ours */
	atomic_int why, why_system; /* it was refused with 5xx or broke off: the result and the errno, or 0, for the log */
	void *exchange; /* the server's */
};

/* The server makes them; here for tests. */
void response_init(struct response *response, struct pool *pool);
void response_free(struct response *response);

/* Replaces a header of that name; _add sends another. The value is copied; NULL is one that there was no memory to make, and
 * fails the answer, as it does where a tag is set. */
void response_header(struct response *response, const char *name, const char *value);
void response_header_add(struct response *response, const char *name, const char *value);
/* The same of two literals, which are taken as they are. */
#define response_header_literal(response, name, value) response_header_literal_((response), "" name, "" value)
void response_header_literal_(struct response *response, const char *name, const char *value);
void response_header_remove(struct response *response, const char *name);
const char *response_get_header(const struct response *response, const char *name); /* NULL: not set */
/* Notes for the log why it is refused or breaks off; NULL: nothing is known of it. */
void response_why(struct response *response, const struct err *err);
/* Content-Type of the body. */
void response_type(struct response *response, const char *media_type);
/* "\"..\"" or "W/\"..\"", quotes included. */
void response_etag(struct response *response, const char *etag);
/* `size` bytes or RESPONSE_SIZE_UNKNOWN; `free` (may be NULL) is called once, whatever happens. */
void response_reader(struct response *response, response_read *read, void (*free)(void *arg), void *arg, uint64_t size);
/* Sends the head of a stream route's answer now and gives where its body goes. The request's body must have been read
 * to its end; what has not been is thrown away. When the handler returns the stream ends, unless it was kept
 * (flow_keep) and response_detach was called: then whoever ends or aborts it. ERR_INTERRUPTED: the client is gone, or
 * the server stops. */
MUST_CHECK enum result response_start(struct response *response, struct flow **out, struct err *err);
void response_detach(struct response *response);
/* The answer is made, but must not go out before something has happened: the last a handler does with it. Then
 * response_done lets it go, once, from any thread and without waiting, before or after the handler returns; until then it is whose it
 * was given to, and may still become a problem. Not on a stream route. */
void response_later(struct response *response);
void response_done(struct response *response);
/* Before what may hold a worker long, or for as long as the client likes: `owner` (net/shares.h) has at most half of the
 * workers, or of the stream workers. False: it has that already, and the answer is made. Once; it ends with the request. On no
 * worker there is nothing to share. */
MUST_CHECK bool response_share(struct response *response, uint64_t owner);
/* Has the client gone away, or is the server about to stop? For handlers that take long. From any thread while the
 * handler runs. */
bool response_gone(const struct response *response);

#endif
