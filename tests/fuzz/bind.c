/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A request to a resource, the first two bytes say which, with any query (up to a line break) and any body: what is taken are
 * words that an operation can be given, what is not is said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/bind.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TARGET_MAX 8192

static struct route *routes; /* the router borrows them */
static struct router *router;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc, (void)argv;
	routes = calloc(resource_count, sizeof *routes);
	INVARIANT(routes != NULL);
	for (size_t i = 0; i < resource_count; i++)
		routes[i] = (struct route){.method = resources[i].method, .path = resources[i].path, .kind = ROUTE_WORKER};
	INVARIANT(router_new(routes, resource_count, &router, &err) == OK);
	return 0;
}

/* The path with "x" for each of its parts that are given, and the query. */
static void write_target(const char *path, const char *query, size_t query_len, char out[TARGET_MAX])
{
	size_t len = 0;

	for (const char *at = path; *at != '\0'; at++) {
		if (*at == '{') {
			at = strchr(at, '}');
			out[len++] = 'x';
		} else {
			out[len++] = *at;
		}
	}
	snprintf(out + len, TARGET_MAX - len, "?%.*s", (int)query_len, query);
}

static void bind_all(const struct resource *resource, const struct request *request)
{
	const char *field = NULL, *values[BIND_WORD_MAX] = {NULL};
	struct bound bound;
	struct err err;
	enum result r = bind_request(resource, request, &bound, &field, &err);

	if (r == OK)
		for (int i = 0; i < bound.argc; i++)
			INVARIANT(bound.argv[i] != NULL);
	else
		INVARIANT(err.what[0] != '\0');
	INVARIANT(bind_values(resource, request, values, &field, &err) == OK || err.what[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct resource *resource;
	struct request request = {.router = router, .body = ""};
	const char *query, *end;
	char target[TARGET_MAX];
	struct pool pool;
	struct err err;

	if (size < 2 || memchr(data, '\0', size))
		return 0;
	resource = &resources[(data[0] * 256u + data[1]) % resource_count];
	query = (const char *)data + 2;
	end = memchr(query, '\n', size - 2);
	if (end == NULL || end - query > TARGET_MAX / 2)
		return 0;
	write_target(resource->path, query, (size_t)(end - query), target);
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	request.pool = &pool;
	request.method = resource->method;
	request.body_len = size - 3 - (size_t)(end - query);
	request.has_body = request.body_len > 0;
	request.body = pool_strndup(&pool, end + 1, request.body_len);
	if (target_parse(target, strlen(target), &pool, &request.target, &err) == OK &&
	    router_find(router, request.method, &request.target, &request.match) == ROUTE_FOUND)
		bind_all(&resources[request.match.route], &request);
	pool_free(&pool);
	return 0;
}
