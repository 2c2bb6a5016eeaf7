/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Requests to the resources of a world, as the daemon's workers carry them out, without a network.
 */
#ifndef LETHE_TESTS_API_ASKING_H
#define LETHE_TESTS_API_ASKING_H

#include "world.h"

#include "api/perform.h"
#include "api/table.h"
#include "shim/json_parse.h"

#define HEADERS_MAX 8
#define OURS "/v1/accounts/Test%20account"

/* A client, on a thread of its own if need be. */
struct asking {
	struct world *world;
	struct vault *view;
	struct desk desk;
	struct actor actor;
	struct router *router;
	struct pool pool;               /* of the request */
	struct header headers[HEADERS_MAX];
	size_t header_count;
	struct request request;
	struct response response;
	bool answered;
};

WORLD_UNUSED static const struct route *asking_routes(void)
{
	static struct route *routes;

	if (routes != NULL)
		return routes;
	routes = calloc(resource_count, sizeof *routes);
	assert_non_null(routes);
	for (size_t i = 0; i < resource_count; i++)
		routes[i] = (struct route){.method = resources[i].method, .path = resources[i].path, .kind = ROUTE_WORKER};
	return routes;
}

WORLD_UNUSED static void asking_begin(struct asking *asking, struct world *world)
{
	char who[ID_TEXT_MAX];
	struct err err;

	*asking = (struct asking){.world = world};
	assert_ok(vault_view(world->vault, &asking->view, &err), &err);
	asking->desk = (struct desk){.views = &asking->view, .count = 1, .keep_answers = {24 * 3600 * INT64_C(1000)}, .keep_files = {24 * 3600 * INT64_C(1000)}};
	asking->actor = (struct actor){.type = ACTOR_TOKEN, .account = world->account.number, .region = world->vault->id, .role = ROLE_OWNER, .scopes = -1};
	snprintf(asking->actor.who, sizeof asking->actor.who, "%s", id_format(TOKEN_PREFIX, (struct id){{7}}, who));
	assert_ok(router_new(asking_routes(), resource_count, &asking->router, &err), &err);
	pool_init(&asking->pool, (size_t)64 * 1024 * 1024);
}

WORLD_UNUSED static void asking_forget(struct asking *asking)
{
	if (asking->answered)
		response_free(&asking->response);
	asking->answered = false;
	pool_reset(&asking->pool);
}

WORLD_UNUSED static void asking_end(struct asking *asking)
{
	asking_forget(asking);
	vault_close(asking->view);
	router_free(asking->router);
	pool_free(&asking->pool);
}

/* A header of the requests that follow; NULL: none any more. `name` in lower case. */
WORLD_UNUSED static void with_header(struct asking *asking, const char *name, const char *value)
{
	size_t at = 0;

	while (at < asking->header_count && strcmp(asking->headers[at].name, name) != 0)
		at++;
	if (value == NULL && at < asking->header_count)
		asking->headers[at] = asking->headers[--asking->header_count];
	if (value == NULL)
		return;
	assert_true(at < HEADERS_MAX);
	asking->headers[at] = (struct header){name, value};
	asking->header_count += at == asking->header_count;
}

/* The status of the answer. */
WORLD_UNUSED static int ask(struct asking *asking, enum method method, const char *target, const char *body)
{
	struct request *request = &asking->request;
	struct err err;

	asking_forget(asking);
	*request = (struct request){.method = method, .router = asking->router, .pool = &asking->pool,
				    .headers = asking->headers, .header_count = asking->header_count,
				    .now = asking->world->now, .body = body != NULL ? body : "",
				    .body_len = body != NULL ? strlen(body) : 0, .has_body = body != NULL, .id_text = "req_1"};
	assert_ok(target_parse(target, strlen(target), &asking->pool, &request->target, &err), &err);
	assert_int_equal(router_find(asking->router, method, &request->target, &request->match), ROUTE_FOUND);
	response_init(&asking->response, &asking->pool);
	asking->answered = true;
	perform(&asking->desk, &resources[request->match.route], &asking->actor, request, &asking->response);
	assert_false(asking->response.failed);
	return asking->response.status;
}

#define assert_asked(asking, how, target, sent, wanted) \
	do { \
		int got_ = ask((asking), (how), (target), (sent)); \
		if (got_ != (wanted)) \
			fail_msg("%s: answered %d, not %d: %.*s", (target), got_, (wanted), \
				 (int)(asking)->response.body.len, (asking)->response.body.data); \
	} while (0)

/* What the last answer says, NUL-terminated. */
WORLD_UNUSED static const char *answered(struct asking *asking)
{
	return pool_strndup(&asking->pool, asking->response.body.data != NULL ? asking->response.body.data : "",
			    asking->response.body.len);
}

WORLD_UNUSED static const struct json *document(struct asking *asking)
{
	const struct json *out;
	struct err err;

	assert_ok(json_parse_once(answered(asking), asking->response.body.len, &asking->pool, &out, &err), &err);
	return out;
}

WORLD_UNUSED static const char *answer_header(const struct asking *asking, const char *name)
{
	return response_get_header(&asking->response, name);
}

#endif
