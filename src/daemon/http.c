/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/http.h"

#include <stdlib.h>
#include <string.h>

#include "api/direct.h"
#include "api/openapi.h"
#include "api/schemas.h"
#include "api/version.h"
#include "base/log.h"
#include "daemon/pages.h"
#include "daemon/signin.h"
#include "vault/read_log.h"

#define TOKENS_REMEMBERED 4096
#define RATE_PLACES 65536
#define OPENAPI_MAX ((size_t)8 * 1024 * 1024)
#define RATE_WINDOW_S 60
#define DOOR_BODY_MAX 16384 /* of whoever comes */
#define PROXIES_MAX 64

static const char *const json_body[] = {"application/json", NULL};

/* ---- what needs nobody to be let in ---- */

enum open_route { OPEN_HEALTH, OPEN_READY, OPEN_METRICS, OPEN_DESCRIPTION, OPEN_PROBLEM, OPEN_PAGES,
		  OPEN_COUNT = OPEN_PAGES + PAGE_COUNT };

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

/* Sent from where it is: whoever comes can ask for it, and need not read it soon. */
static enum result read_description(void *arg, uint64_t offset, void *out, size_t len, size_t *got, struct err *err)
{
	const struct buf *openapi = arg;

	(void)err;
	*got = openapi->len - (size_t)offset < len ? openapi->len - (size_t)offset : len;
	memcpy(out, openapi->data + offset, *got);
	return OK;
}

static void answer_open(struct http *http, const struct request *request, struct response *response)
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
		response_reader(response, read_description, NULL, &http->openapi, http->openapi.len);
		break;
	case OPEN_PROBLEM:
		answer_problem(request, response);
		break;
	default:
		pages_answer((enum page)(request->match.route - OPEN_PAGES), response);
	}
}

/* ---- answering ---- */

/* A door that is open: whoever comes has few tries, and comes from a page of ours or from no page. What other sites make a browser
 * ask uses up none of them. */
static void answer_at_open_door(const struct http *http, const struct desk *desk, enum door door,
				const struct request *request, struct response *response)
{
	bool reads = request->method == METHOD_GET || request->method == METHOD_HEAD;

	if ((reads ? credential_going(request, response) : credential_ours(http, request, response)) &&
	    credential_few(http, RATE_DOOR, request, response))
		signin_answer(http, desk, door, NULL, request, response);
	if ((door == DOOR_OIDC || door == DOOR_OIDC_BACK) && pages_wanted(request))
		pages_show(request, response);
}

static void answer_at_door(const struct http *http, const struct desk *desk, enum door door,
			   const struct credential *by, const struct request *request, struct response *response)
{
	struct err err;

	if (by->by_session) {
		signin_answer(http, desk, door, by, request, response);
		return;
	}
	err_set(&err, ERR_DENIED, "this is for who is signed in, not for a token");
	err_mend(&err, "sign in: `POST /v1/session`");
	problem_answer(response, request, PROBLEM_DENIED, &err, NULL);
}

static void answer_someone(const struct http *http, const struct desk *desk, struct request *request,
			   struct response *response)
{
	int door = request->match.route - OPEN_COUNT, resource = door - DOOR_COUNT;
	struct credential by;

	if (!credential_take(http, desk, request, response, &by)) {
		credential_wipe(&by);
		return;
	}
	if (door < DOOR_COUNT)
		answer_at_door(http, desk, (enum door)door, &by, request, response);
	else
		perform(desk, &resources[resource], &by.actor, request, response);
	credential_wipe(&by);
}

/* Behind a proxy that ends TLS the browser is under TLS all the same. */
static bool is_behind_tls(const struct http *http)
{
	return strncmp(http->base_url, "https://", strlen("https://")) == 0;
}

static const struct desk *own_desk(struct http *http);

static void handle(void *arg, void *context, struct request *request, struct response *response)
{
	struct http *http = arg;
	int door = request->match.route - OPEN_COUNT;
	/* A worker that could not have one as it began may have one of its thread's own by now. */
	const struct desk *desk = context != NULL || door < 0 ? context : own_desk(http);

	request->tls = request->tls || is_behind_tls(http);
	if (door < 0)
		answer_open(http, request, response);
	else if (desk == NULL)
		problem_answer(response, request, PROBLEM_BUSY, NULL, NULL);
	else if (door < DOOR_COUNT && door_resources[door].open)
		answer_at_open_door(http, desk, (enum door)door, request, response);
	else
		answer_someone(http, desk, request, response);
}

static void note(void *arg, const struct server_outcome *outcome)
{
	const struct http *http = arg;
	int route = outcome->request->match.route;
	size_t count = 5;
	struct log_field fields[7] = {
	    LOG_ID("request", "req", outcome->request->id),
	    {.name = "method", .type = LOG_F_WORD, .word = method_name(outcome->request->method)},
	    {.name = "route", .type = LOG_F_WORD, .word = route >= 0 ? http->routes[route].path : "none"},
	    LOG_INT("status", outcome->status),
	    LOG_INT("micros", outcome->micros),
	};

	if (outcome->why != OK)
		fields[count++] = LOG_RESULT("why", outcome->why);
	if (outcome->why_system != 0)
		fields[count++] = LOG_INT("errno", outcome->why_system);
	log_write(outcome->status >= 500 || outcome->why != OK ? LOG_WARNING : LOG_INFO, "http.request", fields, count);
}

static struct instant clock_now(void *arg)
{
	const struct http *http = arg;

	return (struct instant){instant_now().ms + http->clock_ms};
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
	desk->kept_max = http->kept_max;
	desk->reach = http->reach;
	desk->outside = &http->outside;
	desk->wake = jobs_wake;
	desk->wake_arg = http->jobs;
	desk->watchers = http->watchers;
	for (; desk->count < http->vault_count; desk->count++) {
		if (vault_view(http->vaults[desk->count], &views[desk->count], &err) != OK) {
			log_event(LOG_ERROR, "http.worker", LOG_RESULT("why", err.code));
			leave_desk(NULL, desk);
			return NULL;
		}
	}
	return desk;
}

/* ---- on a connection's thread ---- */

/* Each has a desk of its own, taken when it is first needed, given back when the thread ends. */
static const struct desk *own_desk(struct http *http)
{
	struct desk *desk = pthread_getspecific(http->own_desk);

	if (desk != NULL)
		return desk;
	desk = take_desk(http, -1);
	if (desk != NULL && pthread_setspecific(http->own_desk, desk) != 0) {
		leave_desk(NULL, desk);
		desk = NULL;
	}
	return desk;
}

static void leave_own_desk(void *desk)
{
	leave_desk(NULL, desk);
}

static bool has_room(const struct desk *desk)
{
	for (size_t i = 0; i < desk->count; i++) {
		if (desk->views[i]->reads == NULL || !read_log_has_room(desk->views[i]->reads))
			return false;
	}
	return true;
}

/* What needs no waiting is not worth a worker: waking one costs more than the read itself. */
static bool glance(void *arg, struct request *request, struct response *response)
{
	struct http *http = arg;
	const struct desk *desk = own_desk(http);
	int resource = request->match.route - OPEN_COUNT - DOOR_COUNT;
	struct actor actor;

	if (desk == NULL || !has_room(desk) || !credential_recall(http, desk, request, &actor))
		return false;
	request->tls = request->tls || is_behind_tls(http);
	if (credential_within_rate(http, &actor, request, response))
		perform(desk, &resources[resource], &actor, request, response);
	return true;
}

/* Who is not known yet is whoever has the same address; of IPv6 the same network, which is its first half. Accounts have the
 * highest bit not set. */
static uint64_t owner_of_address(const struct request *request)
{
	const struct address group = address_group(&request->address);
	uint64_t halves[2] = {0, 0};

	for (size_t i = 0; i < sizeof group.bytes; i++)
		halves[i / 8] = halves[i / 8] << 8 | group.bytes[i];
	return (halves[0] != 0 ? halves[0] : halves[1]) | UINT64_C(1) << 63;
}

/* Sessions are not remembered here, nor are tokens that are new. */
static uint64_t find_owner(void *arg, const struct request *request)
{
	struct http *http = arg;
	const struct desk *desk = own_desk(http);
	struct actor actor;

	if (desk != NULL && credential_recall(http, desk, request, &actor))
		return desk_owner(desk, actor.region, actor.account);
	return owner_of_address(request);
}

/* ---- making it ---- */

/* One row, one key, little to open. */
static bool is_one(const struct resource *resource)
{
	return resource->method == METHOD_GET && (strcmp(resource->operation, "contact show") == 0 ||
						  strcmp(resource->operation, "record get") == 0);
}

static struct route route_of(const struct resource *resource, uint64_t body_max, uint64_t import_max)
{
	const struct direct_resource *direct = direct_find(resource);
	bool body = resource->method != METHOD_GET;

	if (direct != NULL)
		return (struct route){.method = resource->method, .path = resource->path,
				      .kind = direct->stream ? ROUTE_STREAM : ROUTE_WORKER,
				      .body_max = direct->job ? import_max : direct->body_max, .takes = direct->takes};
	return (struct route){.method = resource->method, .path = resource->path,
			      .kind = is_one(resource) ? ROUTE_GLANCE : ROUTE_WORKER,
			      .body_max = body ? body_max : 0, .takes = body ? json_body : NULL};
}

static enum result make_routes(struct http *http, const struct settings *settings, struct err *err)
{
	http->routes = calloc(OPEN_COUNT + DOOR_COUNT + resource_count, sizeof *http->routes);
	if (http->routes == NULL)
		return err_no_memory(err);
	memcpy(http->routes, open_routes, sizeof open_routes);
	for (int i = 0; i < PAGE_COUNT; i++)
		http->routes[OPEN_PAGES + i] = (struct route){METHOD_GET, pages_path((enum page)i), ROUTE_QUICK, 0, NULL};
	for (size_t i = 0; i < DOOR_COUNT; i++)
		http->routes[OPEN_COUNT + i] = route_of(&door_resources[i].resource, DOOR_BODY_MAX, 0);
	for (size_t i = 0; i < resource_count; i++)
		http->routes[OPEN_COUNT + DOOR_COUNT + i] = route_of(&resources[i], (uint64_t)settings->number[SET_BODY],
								     (uint64_t)settings->number[SET_IMPORT_MAX]);
	http->route_count = OPEN_COUNT + DOOR_COUNT + resource_count;
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

/* People who come in hold no more than a part of the workers, however many come and however slow a provider is. */
static size_t part_of(const struct settings *settings, size_t parts)
{
	size_t part = (size_t)settings->number[SET_WORKERS] / parts;

	return part > 0 ? part : 1;
}

static enum result make_doors(struct http *http, const struct settings *settings, struct err *err)
{
	static const char *const words[] = {[SIGNED_IN] = "in", [SIGNIN_REFUSED] = "refused", [SIGNIN_CODE] = "code",
					    [SIGNIN_WAIT] = "wait"};
	static const struct metric_label label = {"outcome", words, sizeof words / sizeof *words};
	struct doors_options options = doors_default;
	enum result r;

	options.sessions.idle.ms = settings->number[SET_SESSION_IDLE] * 60 * 1000;
	options.sessions.absolute.ms = settings->number[SET_SESSION_LASTS] * 3600 * 1000;
	http->base_url = settings->text[SET_BASE_URL];
	http->sign_ins = metrics_counter(http->metrics, "lethe_sign_ins_total", "Attempts to sign in with a password.",
					 &label, 1);
	if (http->sign_ins == NULL)
		return err_no_memory(err);
	options.waiting = part_of(settings, 2) > options.hashes ? part_of(settings, 2) - options.hashes : 0;
	http->fetcher = (struct oidc_fetcher){.allow_inside = strcmp(settings->text[SET_OIDC_INSIDE], "yes") == 0,
					      .ca_file = *settings->text[SET_OIDC_CA] != '\0' ? settings->text[SET_OIDC_CA] : NULL};
	r = away_new(part_of(settings, 4), &http->away, err);
	http->outside.base_url = http->base_url;
	http->outside.away = http->away;
	http->outside.sessions = &http->doors.sessions;
	if (r == OK)
		r = doors_new(&options, &http->doors, err);
	if (r == OK)
		r = oidc_fetch_init(err);
	return r == OK ? oidc_new(oidc_fetch_https, &http->fetcher, &http->oidc, err) : r;
}

static enum result make_proxies(struct http *http, const struct settings *settings, struct err *err)
{
	char *text = strdup(settings->text[SET_PROXIES]), *rest = text, *one;
	enum result r = OK;

	http->proxies = calloc(PROXIES_MAX, sizeof *http->proxies);
	if (text == NULL || http->proxies == NULL)
		r = err_no_memory(err);
	while (r == OK && (one = strsep(&rest, ", ")) != NULL) {
		if (*one == '\0')
			continue;
		if (http->proxy_count == PROXIES_MAX)
			r = err_set(err, ERR_LIMIT, "more than %d addresses of proxies", PROXIES_MAX);
		else
			r = address_block_parse(one, &http->proxies[http->proxy_count++], err);
		if (r != OK)
			settings_where(settings, SET_PROXIES, err);
	}
	free(text);
	return r;
}

static enum result start_jobs(struct http *http, const struct settings *settings, struct err *err)
{
	struct jobs_settings jobs = {.vaults = http->vaults, .count = http->vault_count,
				     .threads = (int)settings->number[SET_JOB_WORKERS], .router = http->router,
				     .first_route = OPEN_COUNT + DOOR_COUNT, .now = clock_now, .arg = http,
				     .keep_files = {settings->number[SET_RESULT_KEEP] * 3600 * 1000}};
	enum result r = work_watchers_new(&http->watchers, err);

	jobs.watchers = http->watchers;
	return r == OK ? jobs_start(&jobs, &http->jobs, err) : r;
}

enum result http_open(struct http *http, const struct settings *settings, struct err *err)
{
	enum result r = make_routes(http, settings, err);
	int failed = pthread_key_create(&http->own_desk, leave_own_desk);

	buf_init(&http->openapi, OPENAPI_MAX);
	http->has_own_desks = failed == 0;
	if (r == OK && failed != 0)
		r = err_set(err, ERR_LIMIT, "cannot have something of each thread's own: %s", strerror(failed));
	http->kept_max = settings->number[SET_KEPT_MAX];
	http->keep_answers = (struct duration){settings->number[SET_IDEMPOTENCY_KEEP] * 3600 * 1000};
	if (r == OK)
		r = metrics_new(&http->metrics, err);
	if (r == OK)
		r = token_cache_new(TOKENS_REMEMBERED, &http->tokens, err);
	if (r == OK)
		r = make_rates(http, settings, err);
	if (r == OK)
		r = make_doors(http, settings, err);
	if (r == OK)
		r = make_proxies(http, settings, err);
	if (r == OK)
		r = describe(http, err);
	return r == OK ? start_jobs(http, settings, err) : r;
}

void http_close(struct http *http)
{
	if (http->has_own_desks)
		pthread_key_delete(http->own_desk);
	jobs_stop(http->jobs);
	work_watchers_free(http->watchers);
	buf_free(&http->openapi);
	doors_free(&http->doors);
	oidc_free(http->oidc);
	away_free(http->away);
	free(http->proxies);
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
	if (out->stream_queue < 2 * (size_t)out->stream_threads)
		out->stream_queue = 2 * (size_t)out->stream_threads;
	out->worker_queue = (size_t)number[SET_QUEUE];
	out->connections_max = (size_t)number[SET_CONNECTIONS];
	out->connections_per_address = (size_t)(number[SET_CONNECTIONS_PER_ADDRESS] > 0
						    ? number[SET_CONNECTIONS_PER_ADDRESS]
						    : number[SET_CONNECTIONS] - number[SET_CONNECTIONS] / 8);
	out->head_ms = number[SET_HEAD_TIMEOUT] * 1000;
	out->idle_ms = number[SET_IDLE_TIMEOUT] * 1000;
	out->stream_ms = number[SET_STREAM_TIMEOUT] * 1000;
	out->rate = (uint64_t)number[SET_LEAST_RATE];
	out->proxies = http->proxies;
	out->proxy_count = http->proxy_count;
	out->arg = http;
	out->now = clock_now;
	out->worker_begin = take_desk;
	out->worker_end = leave_desk;
	out->glance = glance;
	out->owner = find_owner;
	out->handle = handle;
	out->done = note;
}
