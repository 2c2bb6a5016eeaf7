/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/direct.h"
#include "api/openapi.h"
#include "api/schemas.h"
#include "api/version.h"
#include "base/log.h"

#define TOKENS_REMEMBERED 4096
#define RATE_PLACES 65536
#define OPENAPI_MAX ((size_t)8 * 1024 * 1024)
#define RATE_WINDOW_S 60

static const char *const json_body[] = {"application/json", NULL};

/* ---- what needs nobody to be let in ---- */

enum open_route { OPEN_HEALTH, OPEN_READY, OPEN_METRICS, OPEN_DESCRIPTION, OPEN_PROBLEM, OPEN_COUNT };

static const struct route open_routes[OPEN_COUNT] = {
    [OPEN_HEALTH] = {METHOD_GET, "/healthz", ROUTE_QUICK, 0, NULL},
    [OPEN_READY] = {METHOD_GET, "/readyz", ROUTE_QUICK, 0, NULL},
    [OPEN_METRICS] = {METHOD_GET, "/metrics", ROUTE_QUICK, 0, NULL},
    [OPEN_DESCRIPTION] = {METHOD_GET, "/v1/openapi.json", ROUTE_QUICK, 0, NULL},
    [OPEN_PROBLEM] = {METHOD_GET, "/problems/{problem}", ROUTE_QUICK, 0, NULL},
};

static void answer_ready(const struct http *http, const struct request *request, struct response *response)
{
	struct err err;

	response_type(response, "text/plain; charset=utf-8");
	if (atomic_load(&http->ready)) {
		buf_add_str(&response->body, "ready\n");
		return;
	}
	err_set(&err, ERR_BUSY, "it is starting or stopping");
	problem_from(response, request, &err, NULL);
}

static void answer_problem(const struct request *request, struct response *response)
{
	const char *word = request_parameter(request, "problem");

	for (int i = 0; i < PROBLEM_COUNT; i++) {
		const struct problem_kind *kind = problem_kind((enum problem)i);

		if (strcmp(kind->word, word) != 0)
			continue;
		response_type(response, "text/plain; charset=utf-8");
		buf_printf(&response->body, "%s (%d)\n\n%s\n", kind->title, kind->status, kind->about);
		return;
	}
	problem_answer(response, request, PROBLEM_NOT_FOUND, NULL, NULL);
}

static void answer_open(const struct http *http, const struct request *request, struct response *response)
{
	switch ((enum open_route)request->match.route) {
	case OPEN_HEALTH:
		response_type(response, "text/plain; charset=utf-8");
		buf_add_str(&response->body, "alive\n");
		break;
	case OPEN_READY:
		answer_ready(http, request, response);
		break;
	case OPEN_METRICS:
		response_type(response, METRICS_TYPE);
		metrics_write(http->metrics, &response->body);
		break;
	case OPEN_DESCRIPTION:
		response_type(response, "application/json");
		buf_add(&response->body, http->openapi.data, http->openapi.len);
		break;
	case OPEN_PROBLEM:
		answer_problem(request, response);
		break;
	case OPEN_COUNT:
		break;
	}
}

/* ---- who it is ---- */

/* The token of "Authorization: Bearer ..", NULL when there is none. */
static const char *bearer(const struct request *request)
{
	const char *value = request_header(request, "authorization");

	if (value == NULL || strncasecmp(value, "Bearer ", strlen("Bearer ")) != 0)
		return NULL;
	return value + strlen("Bearer ") + strspn(value + strlen("Bearer "), " ");
}

static void refuse(const struct request *request, struct response *response, const struct err *err)
{
	response_header(response, "WWW-Authenticate", "Bearer realm=\"lethe\"");
	problem_answer(response, request, PROBLEM_UNAUTHENTICATED, err, NULL);
}

/* Whoever is let in by no token has few tries. */
static bool within_address_rate(const struct http *http, const struct request *request, struct response *response)
{
	struct rate_key key = rate_key_address(&request->address);
	struct rate_state state;

	if (rate_take(http->by_address, &key, 1, request->now, &state))
		return true;
	rate_headers(response, http->by_address, &state);
	problem_answer(response, request, PROBLEM_RATE, NULL, NULL);
	return false;
}

/* In which region the token is; ERR_DENIED when in none. */
static enum result find_token(const struct http *http, const struct desk *desk, const char *token, struct instant now,
			      struct actor *out, struct err *err)
{
	enum result r = ERR_DENIED;

	for (size_t i = 0; i < desk->count && r == ERR_DENIED; i++)
		r = tokens_find(http->tokens, desk->views[i], token, strlen(token), now, out, err);
	return r;
}

static bool let_in(const struct http *http, const struct desk *desk, const struct request *request,
		   struct response *response, struct actor *actor)
{
	const char *token = bearer(request);
	struct err err;
	enum result r;

	if (token == NULL) {
		err_set(&err, ERR_DENIED, "there is no token");
		err_mend(&err, "send it as Authorization: Bearer lethe_..; `lethe token create` makes one");
		if (within_address_rate(http, request, response))
			refuse(request, response, &err);
		return false;
	}
	r = find_token(http, desk, token, request->now, actor, &err);
	if (r == OK)
		return true;
	if (r != ERR_DENIED)
		problem_from(response, request, &err, NULL);
	else if (within_address_rate(http, request, response))
		refuse(request, response, &err);
	return false;
}

static bool within_token_rate(const struct http *http, const struct actor *actor, const struct request *request,
			      struct response *response)
{
	struct rate_key key = {.kind = RATE_TOKEN};
	struct rate_state state;
	size_t len = strlen(actor->who);
	bool within;

	/* The end of an id is its random part. */
	memcpy(key.bytes, actor->who + (len > sizeof key.bytes ? len - sizeof key.bytes : 0),
	       len < sizeof key.bytes ? len : sizeof key.bytes);
	within = rate_take(http->by_token, &key, 1, request->now, &state);
	rate_headers(response, http->by_token, &state);
	if (!within)
		problem_answer(response, request, PROBLEM_RATE, NULL, NULL);
	return within;
}

/* ---- answering ---- */

static void handle(void *arg, void *context, struct request *request, struct response *response)
{
	const struct http *http = arg;
	const struct desk *desk = context;
	struct actor actor;

	if (request->match.route < OPEN_COUNT) {
		answer_open(http, request, response);
		return;
	}
	if (!let_in(http, desk, request, response, &actor) || !within_token_rate(http, &actor, request, response))
		return;
	perform(desk, &resources[request->match.route - OPEN_COUNT], &actor, request, response);
}

static void note(void *arg, const struct server_outcome *outcome)
{
	const struct http *http = arg;
	int route = outcome->request->match.route;
	const struct log_field fields[] = {
	    LOG_ID("request", "req", outcome->request->id),
	    {.name = "method", .type = LOG_F_WORD, .word = method_name(outcome->request->method)},
	    {.name = "route", .type = LOG_F_WORD, .word = route >= 0 ? http->routes[route].path : "none"},
	    LOG_INT("status", outcome->status),
	    LOG_INT("micros", outcome->micros),
	};

	log_write(outcome->status >= 500 ? LOG_WARNING : LOG_INFO, "http.request", fields,
		  sizeof fields / sizeof *fields);
}

static struct instant clock_now(void *arg)
{
	(void)arg;
	return instant_now();
}

/* ---- what a worker has ---- */

static void leave_desk(void *arg, void *context)
{
	struct desk *desk = context;
	struct vault **views = desk != NULL ? (struct vault **)(uintptr_t)desk->views : NULL;

	(void)arg;
	for (size_t i = 0; desk != NULL && i < desk->count; i++)
		vault_close(views[i]);
	free(views);
	free(desk);
}

static void *take_desk(void *arg, int worker)
{
	struct http *http = arg;
	struct desk *desk = calloc(1, sizeof *desk);
	struct vault **views = calloc(http->vault_count, sizeof *views);
	struct err err;

	(void)worker;
	if (desk == NULL || views == NULL) {
		free(desk);
		free(views);
		return NULL;
	}
	desk->views = views;
	desk->keep_answers = http->keep_answers;
	for (; desk->count < http->vault_count; desk->count++) {
		if (vault_view(http->vaults[desk->count], &views[desk->count], &err) != OK) {
			log_event(LOG_ERROR, "http.worker", LOG_RESULT("why", err.code));
			leave_desk(NULL, desk);
			return NULL;
		}
	}
	return desk;
}

/* ---- making it ---- */

static struct route route_of(const struct resource *resource, uint64_t body_max)
{
	const struct direct_resource *direct = direct_find(resource);
	bool body = resource->method != METHOD_GET;

	if (direct != NULL)
		return (struct route){.method = resource->method, .path = resource->path,
				      .kind = direct->stream ? ROUTE_STREAM : ROUTE_WORKER,
				      .body_max = direct->body_max, .takes = direct->takes};
	return (struct route){.method = resource->method, .path = resource->path, .kind = ROUTE_WORKER,
			      .body_max = body ? body_max : 0, .takes = body ? json_body : NULL};
}

static enum result make_routes(struct http *http, const struct settings *settings, struct err *err)
{
	http->routes = calloc(OPEN_COUNT + resource_count, sizeof *http->routes);
	if (http->routes == NULL)
		return err_no_memory(err);
	memcpy(http->routes, open_routes, sizeof open_routes);
	for (size_t i = 0; i < resource_count; i++)
		http->routes[OPEN_COUNT + i] = route_of(&resources[i], (uint64_t)settings->number[SET_BODY]);
	http->route_count = OPEN_COUNT + resource_count;
	return router_new(http->routes, http->route_count, &http->router, err);
}

static enum result make_rates(struct http *http, const struct settings *settings, struct err *err)
{
	const struct rate_limit token = {"token", (uint32_t)settings->number[SET_TOKEN_RATE], RATE_WINDOW_S};
	const struct rate_limit address = {"address", (uint32_t)settings->number[SET_ADDRESS_RATE], RATE_WINDOW_S};
	enum result r = rate_new(&token, RATE_PLACES, &http->by_token, err);

	return r == OK ? rate_new(&address, RATE_PLACES, &http->by_address, err) : r;
}

static enum result describe(struct http *http, struct err *err)
{
	size_t len;
	const char *schemas = schemas_text(&len);

	return openapi_write(&http->openapi, schemas, len, err);
}

enum result http_open(struct http *http, const struct settings *settings, struct err *err)
{
	enum result r = make_routes(http, settings, err);

	buf_init(&http->openapi, OPENAPI_MAX);
	http->keep_answers = (struct duration){settings->number[SET_IDEMPOTENCY_KEEP] * 3600 * 1000};
	if (r == OK)
		r = metrics_new(&http->metrics, err);
	if (r == OK)
		r = token_cache_new(TOKENS_REMEMBERED, &http->tokens, err);
	if (r == OK)
		r = make_rates(http, settings, err);
	return r == OK ? describe(http, err) : r;
}

void http_close(struct http *http)
{
	buf_free(&http->openapi);
	rate_free(http->by_token);
	rate_free(http->by_address);
	token_cache_free(http->tokens);
	metrics_free(http->metrics);
	router_free(http->router);
	free(http->routes);
}

void http_serve(struct http *http, const struct settings *settings, struct server_settings *out)
{
	const int64_t *number = settings->number;

	out->router = http->router;
	out->route_count = http->route_count;
	out->metrics = http->metrics;
	out->io_threads = (int)number[SET_IO_THREADS];
	out->worker_threads = (int)number[SET_WORKERS];
	out->stream_threads = (int)number[SET_STREAM_WORKERS];
	out->worker_queue = (size_t)number[SET_QUEUE];
	out->connections_max = (size_t)number[SET_CONNECTIONS];
	out->connections_per_address = (size_t)number[number[SET_CONNECTIONS_PER_ADDRESS] > 0 ? SET_CONNECTIONS_PER_ADDRESS
											      : SET_CONNECTIONS];
	out->head_ms = number[SET_HEAD_TIMEOUT] * 1000;
	out->idle_ms = number[SET_IDLE_TIMEOUT] * 1000;
	out->stream_ms = number[SET_STREAM_TIMEOUT] * 1000;
	out->rate = (uint64_t)number[SET_LEAST_RATE];
	out->arg = http;
	out->now = clock_now;
	out->worker_begin = take_desk;
	out->worker_end = leave_desk;
	out->handle = handle;
	out->done = note;
}
