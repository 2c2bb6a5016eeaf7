/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which operation a request means: method and path template to a number of
 * the caller's table.  A tree of path segments, so hundreds of routes cost a
 * request one comparison of names a segment and a few binary steps.
 *
 * A segment of a template is a literal or "{name}".  A literal wins over a
 * parameter, whatever methods it has: as OpenAPI has it.  Who has GET has HEAD too, and every path has OPTIONS.
 */
#ifndef LETHE_NET_ROUTER_H
#define LETHE_NET_ROUTER_H

#include <stdint.h>
#include "net/method.h"
#include "net/target.h"

/* Who runs a route's handler (net/server.h). */
enum route_kind {
	ROUTE_QUICK,  /* the connection's own thread: must not wait for anything */
	ROUTE_WORKER, /* a worker thread, after the whole body has come */
	ROUTE_GLANCE, /* the connection's own thread where that takes no waiting, else a worker */
	ROUTE_STREAM, /* a stream worker, from the head of the request on: reads the body as it comes, writes as it goes
		       */
};

struct route {
	enum method method;
	const char *path; /* "/v1/accounts/{account}/holds"; outlives the router, as everything here does */
	enum route_kind kind;
	uint64_t body_max;        /* bytes; 0: a request with a body is refused */
	const char *const *takes; /* media types of the body, NULL-terminated; NULL: any, or none */
};

#define ROUTE_PARAMETERS_MAX 6

struct route_match {
	int route;                                /* index in the table */
	const char *values[ROUTE_PARAMETERS_MAX]; /* of the parameters, in the template's order; never empty */
	size_t count;
};

enum route_outcome { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

struct router;

/* `routes` is borrowed. ERR_INPUT names a template that is malformed, ERR_EXISTS one that is there twice. */
MUST_CHECK enum result router_new(const struct route *routes, size_t count, struct router **out, struct err *err);
void router_free(struct router *router); /* NULL is fine */
const struct route *router_route(const struct router *router, int route);
/* Any number of threads at once. ROUTE_NO_METHOD also for OPTIONS without a route of its own. */
enum route_outcome router_find(const struct router *router, enum method method, const struct target *target,
			       struct route_match *out);
/* "GET, HEAD, OPTIONS": what the path of `target` has; returns `out`. "" when there is no such path. */
#define ROUTER_ALLOW_MAX 64
char *router_allow(const struct router *router, const struct target *target, char out[ROUTER_ALLOW_MAX]);
/* The value of parameter `name` of the route, NULL when it has none. */
const char *router_value(const struct router *router, const struct route_match *match, const char *name);

#endif
