/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A request as a handler sees it.  Made by the server; all of it, and what a
 * handler allocates in `pool`, lives until the answer has been sent.
 */
#ifndef LETHE_NET_REQUEST_H
#define LETHE_NET_REQUEST_H

#include "base/id.h"
#include "base/pool.h"
#include "crypto/primitives.h"
#include "net/field.h"
#include "net/router.h"

struct header {
	const char *name, *value;
}; /* name in lower case */

/* A client's address; IPv4 as IPv6 has it (::ffff:a.b.c.d). */
struct address {
	unsigned char bytes[16];
};
#define ADDRESS_TEXT_MAX 46

struct flow;

struct request {
	enum method method; /* HEAD stays HEAD: the handler answers as to GET, the server leaves the body out */
	struct target target;
	struct route_match match;
	const struct router *router;
	const struct header *headers; /* in the order sent; what may be a list and was repeated is joined */
	size_t header_count;
	struct address address; /* the client's: of the nearest host that is not a trusted proxy */
	bool tls;
	struct id id; /* "req_..": in the answer as X-Request-Id, in problems, in the log */
	char id_text[ID_TEXT_MAX];
	struct instant now; /* when it came */
	const char *body;   /* whole, of quick and worker routes; NUL-terminated, may hold NUL; "" when there is none */
	size_t body_len;
	bool has_body;
	char media_type[MEDIA_TYPE_MAX]; /* of the body, "" when none was named */
	struct pool *pool;
	void *user;         /* the program's own: what `admit` found out, for `handle` */
	struct flow *input; /* the server's */
	struct sha256_stream *digest; /* the handler's: what is read of a stream's body is added to it; NULL: to none */
};

/* NULL when it was not sent. `name` in lower case. */
const char *request_header(const struct request *request, const char *name);
/* Of the route's template; NULL when it has no such parameter. */
const char *request_parameter(const struct request *request, const char *name);
/* The body of a stream route as it comes: at least one byte, or none with OK at its end. ERR_INTERRUPTED: the client
 * went away, was too slow, or the server stops; ERR_LIMIT: it is longer than the route allows, and a refusal is then answered as 413. */
MUST_CHECK enum result request_read(struct request *request, void *out, size_t len, size_t *got, struct err *err);

/* What If-Match and If-None-Match say about something with entity tag `etag` (NULL: there is no such thing), in the
 * order of RFC 9110 section 13.2.2. */
enum condition {
	CONDITION_GO,           /* do it */
	CONDITION_NOT_MODIFIED, /* GET or HEAD: 304 */
	CONDITION_FAILED,       /* 412 */
};
MUST_CHECK enum result request_condition(const struct request *request, const char *etag, enum condition *out,
					 struct err *err);

#endif
