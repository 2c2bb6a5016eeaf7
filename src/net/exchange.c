/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define POOL_MAX ((size_t)4 * 1024 * 1024)
#define PIPE_CAPACITY ((size_t)256 * 1024)
/* What is read and thrown away after a refusal, so that the connection can be kept. */
#define SWALLOW_KEEP ((uint64_t)64 * 1024)
/* What of a body that nobody wants is thrown away before the connection is cut: an answer cannot begin before its end.
 */
#define SWALLOW_MAX ((uint64_t)16 * 1024 * 1024)

/* --- life ----------------------------------------------------------------------- */

static void request_init(struct exchange *x)
{
	const struct server_settings *settings = &x->serving->settings;
	struct request *request = &x->request;

	request->router = settings->router;
	request->pool = &x->pool;
	request->tls = x->connection->tls;
	request->now = settings->now(settings->arg);
	request->id = id_new(request->now);
	id_format("req", request->id, request->id_text);
	request->match.route = -1;
	request->body = "";
}

struct exchange *exchange_new(struct serving *serving, struct connection *connection, struct MHD_Connection *mhd,
			      const char *target)
{
	struct exchange *x = calloc(1, sizeof *x);

	if (!x)
		return NULL;
	x->serving = serving;
	x->connection = connection;
	x->mhd = mhd;
	x->references = 1;
	pthread_mutex_init(&x->lock, NULL);
	pool_init(&x->pool, POOL_MAX);
	response_init(&x->response, &x->pool);
	x->response.exchange = x;
	x->raw_target = target;
	x->raw_target_len = strlen(target);
	x->target = pool_strdup(&x->pool, target);
	x->began_us = monotonic_us();
	request_init(x);
	atomic_fetch_add(&serving->in_flight, 1);
	if (connection_begin(connection, x))
		return x;
	exchange_release(x);
	return NULL;
}

static void release_flow(struct flow *flow)
{
	if (flow)
		flow_disconnect(flow);
	flow_release(flow);
}

static void drop_body(struct exchange *x)
{
	atomic_fetch_sub(&x->serving->body_memory, x->reserved);
	x->reserved = 0;
	buf_free(&x->body);
}

static void exchange_free(struct exchange *x)
{
	release_flow(x->input);
	release_flow(x->output);
	response_free(&x->response);
	drop_body(x);
	pool_free(&x->pool);
	pthread_mutex_destroy(&x->lock);
	atomic_fetch_sub(&x->serving->in_flight, 1);
	free(x);
}

void exchange_release(struct exchange *x)
{
	if (x && atomic_fetch_sub(&x->references, 1) == 1)
		exchange_free(x);
}

/* --- sleeping and waking ---------------------------------------------------------- */

/* On the connection's thread. False: somebody has called meanwhile, so look again. */
bool exchange_sleep(struct exchange *x)
{
	bool asleep;

	pthread_mutex_lock(&x->lock);
	asleep = !x->woken;
	x->woken = false;
	if (asleep) {
		x->suspended = true;
		MHD_suspend_connection(x->mhd);
	}
	pthread_mutex_unlock(&x->lock);
	return asleep;
}

static void wake_locked(struct exchange *x)
{
	if (x->suspended)
		MHD_resume_connection(x->mhd);
	else
		x->woken = true;
	x->suspended = false;
}

static void wake(void *arg)
{
	struct exchange *x = arg;

	pthread_mutex_lock(&x->lock);
	wake_locked(x);
	pthread_mutex_unlock(&x->lock);
}

/* The answer is settled: the connection's thread may send it. */
static void set_ready(struct exchange *x)
{
	pthread_mutex_lock(&x->lock);
	x->ready = true;
	wake_locked(x);
	pthread_mutex_unlock(&x->lock);
}

static bool is_ready(struct exchange *x)
{
	bool ready;

	pthread_mutex_lock(&x->lock);
	ready = x->ready;
	pthread_mutex_unlock(&x->lock);
	return ready;
}

void exchange_abort(struct exchange *x, const char *why)
{
	struct flow *input, *output;

	atomic_store(&x->gone, true);
	input = atomic_load(&x->input);
	output = atomic_load(&x->output);
	if (input)
		flow_abort(input, ERR_INTERRUPTED, why);
	if (output)
		flow_abort(output, ERR_INTERRUPTED, why);
}

void exchange_end_detached(struct exchange *x)
{
	if (atomic_load(&x->detached))
		flow_end(atomic_load(&x->output));
}

void exchange_tick(struct exchange *x, int64_t now_ms)
{
	struct flow *output = atomic_load(&x->output);

	if (output)
		flow_tick(output, now_ms);
}

/* --- handling ---------------------------------------------------------------------- */

static void refuse(struct exchange *x, enum problem problem, const struct err *err, const char *field)
{
	problem_answer(&x->response, &x->request, problem, err, field);
	x->refused = true;
}

/* Sends what a reader gives, on the worker. */
static void pump(struct exchange *x, struct flow *output)
{
	char chunk[32 * 1024];
	uint64_t done = 0;
	struct err err;
	size_t got = 1;
	enum result r = OK;

	while (r == OK && got > 0 && done < x->length) {
		uint64_t left = x->length - done;

		r = x->response.read(x->response.read_arg, x->offset + done, chunk,
				     left < sizeof chunk ? (size_t)left : sizeof chunk, &got, &err);
		if (r != OK)
			response_why(&x->response, &err);
		else
			r = flow_write(output, chunk, got, &err);
		done += got;
	}
	explicit_bzero(chunk, sizeof chunk);
	if (r)
		flow_abort(output, r, "what was to be sent cannot be read");
	else
		flow_end(output);
}

/* Whoever still sends a body is not heard any more. */
static void stop_listening(struct exchange *x)
{
	struct flow *input = atomic_load(&x->input);

	atomic_store(&x->discarding, true);
	if (input)
		flow_abort(input, ERR_INTERRUPTED, "it is answered already");
}

/* The pipe of an answer; NULL: no memory. Who aborts the exchange at the same time finds it, or has said so before. */
static struct flow *open_output(struct exchange *x)
{
	struct flow *output = flow_new(PIPE_CAPACITY, wake, x);

	if (!output)
		return NULL;
	atomic_store(&x->output, output);
	if (atomic_load(&x->gone))
		flow_abort(output, ERR_INTERRUPTED, "the client went away");
	return output;
}

static void answer_too_long(struct exchange *x)
{
	struct err err;

	err_set(&err, ERR_LIMIT, "the body is longer than %llu bytes", (unsigned long long)x->route->body_max);
	problem_answer(&x->response, &x->request, PROBLEM_TOO_LARGE, &err, NULL);
}

/* After the handler, on the worker that ran it. */
static void finish(struct exchange *x)
{
	struct flow *output = atomic_load(&x->output);

	if (output) {
		if (!atomic_load(&x->detached))
			flow_end(output);
		return;
	}
	/* Whatever the handler made of half a body. */
	if (atomic_load(&x->too_long) && x->response.status >= 400)
		answer_too_long(x);
	answer_settle(x);
	if (x->source == SOURCE_READER) {
		output = open_output(x);
		if (!output)
			problem_answer(&x->response, &x->request, PROBLEM_BUSY, NULL, NULL);
		answer_settle(x);
	}
	stop_listening(x);
	set_ready(x);
	if (output)
		pump(x, output);
	response_reader(&x->response, NULL, NULL, NULL, 0); /* what it held may be the worker's own */
}

static void run_job(struct job *job, void *context, bool cancelled)
{
	struct exchange *x = (struct exchange *)(void *)((char *)job - offsetof(struct exchange, job));
	const struct server_settings *settings = &x->serving->settings;

	if (cancelled)
		problem_answer(&x->response, &x->request, PROBLEM_BUSY, NULL, NULL);
	else if (!atomic_load(&x->gone))
		settings->handle(settings->arg, context, &x->request, &x->response);
	if (!atomic_load(&x->later))
		finish(x);
	exchange_release(x);
}

void response_later(struct response *response)
{
	struct exchange *x = response->exchange;

	INVARIANT(x->route->kind != ROUTE_STREAM && !x->response.read);
	answer_settle(x); /* here, where there is time for it */
	atomic_fetch_add(&x->references, 1);
	atomic_fetch_add(&x->serving->held_back, 1);
	atomic_store(&x->later, true);
}

void response_done(struct response *response)
{
	struct exchange *x = response->exchange;
	struct serving *serving = x->serving;

	finish(x);
	exchange_release(x);
	atomic_fetch_sub(&serving->held_back, 1);
}

static void submit(struct exchange *x, struct workers *workers, enum refusal why)
{
	const struct server_settings *settings = &x->serving->settings;
	enum submitted submitted;

	x->job.run = run_job;
	x->job.owner = settings->owner ? settings->owner(settings->arg, &x->request) : 0;
	x->workers = workers;
	atomic_fetch_add(&x->references, 1);
	submitted = workers_submit(workers, &x->job);
	if (submitted == SUBMITTED)
		return;
	atomic_fetch_sub(&x->references, 1); /* the connection's thread has its own */
	metric_add(x->serving->figures.refused, submitted == SUBMIT_SHARE ? REFUSAL_SHARE : why, 0, 1);
	refuse(x, submitted == SUBMIT_SHARE ? PROBLEM_SHARE : PROBLEM_BUSY, NULL, NULL);
}

bool response_share(struct response *response, uint64_t owner)
{
	struct exchange *x = response->exchange;

	if (!x || !x->workers || workers_claim(x->workers, &x->job, owner))
		return true;
	metric_add(x->serving->figures.refused, REFUSAL_SHARE, 0, 1);
	problem_answer(response, &x->request, PROBLEM_SHARE, NULL, NULL);
	return false;
}

enum result response_start(struct response *response, struct flow **out, struct err *err)
{
	struct exchange *x = response->exchange;

	*out = NULL;
	INVARIANT(!x->output && x->route->kind != ROUTE_QUICK);
	*out = open_output(x);
	if (!*out)
		return err_no_memory(err);
	answer_settle(x);
	stop_listening(x);
	set_ready(x);
	return flow_aborted(*out) ? err_set(err, ERR_INTERRUPTED, "the client went away") : OK;
}

void response_detach(struct response *response)
{
	struct exchange *x = response->exchange;

	INVARIANT(x->output != NULL);
	atomic_store(&x->detached, true);
}

bool response_gone(const struct response *response)
{
	const struct exchange *x = response->exchange;

	return x != NULL && atomic_load(&x->gone); /* what is made for nobody has none */
}

/* --- the head --------------------------------------------------------------------------- */

static enum result check_sizes(const struct exchange *x, enum problem *problem, struct err *err)
{
	const struct server_settings *settings = &x->serving->settings;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	*problem = PROBLEM_TARGET_TOO_LONG;
	if (x->raw_target_len > settings->target_max)
		return err_set(err, ERR_LIMIT, "path and query are longer than %zu bytes", settings->target_max);
	*problem = PROBLEM_HEADERS_TOO_LARGE;
	if (info && info->header_size > settings->head_max)
		return err_set(err, ERR_LIMIT, "the head of the request is longer than %zu bytes", settings->head_max);
	return OK;
}

/* The address that is limited. */
static void find_client(struct exchange *x)
{
	const struct server_settings *settings = &x->serving->settings;

	x->request.address = address_behind(&x->connection->address, request_header(&x->request, "x-forwarded-for"),
					    settings->proxies, settings->proxy_count);
}

/* OK when all of it can be understood; else `problem` says how it is refused. */
static enum result read_head(struct exchange *x, const char *method, const char *version, enum problem *problem,
			     struct err *err)
{
	enum result r = x->target ? head_copy(x, err) : err_no_memory(err);

	*problem = r == ERR_LIMIT ? PROBLEM_HEADERS_TOO_LARGE : PROBLEM_INPUT;
	if (r == OK)
		r = head_check(x, method, version, err);
	if (r == OK)
		r = check_sizes(x, problem, err);
	if (r)
		return r;
	*problem = PROBLEM_INPUT;
	return target_parse(x->target, x->raw_target_len, &x->pool, &x->request.target, err);
}

static void refuse_method(struct exchange *x)
{
	char allow[ROUTER_ALLOW_MAX];

	router_allow(x->request.router, &x->request.target, allow);
	response_header(&x->response, "Allow", x->request.target.asterisk ? "OPTIONS" : allow);
	if (x->request.method != METHOD_OPTIONS) {
		refuse(x, PROBLEM_METHOD, NULL, NULL);
		return;
	}
	x->response.status = 204;
	x->refused = true;
}

static bool find_route(struct exchange *x)
{
	struct request *request = &x->request;

	switch (router_find(request->router, request->method, &request->target, &request->match)) {
	case ROUTE_FOUND:
		x->route = router_route(request->router, request->match.route);
		return true;
	case ROUTE_NO_METHOD:
		refuse_method(x);
		return false;
	case ROUTE_NO_PATH:
		break;
	}
	refuse(x, PROBLEM_NOT_FOUND, NULL, NULL);
	return false;
}

static bool takes(const struct route *route, const char *media_type)
{
	for (const char *const *at = route->takes; at && *at; at++)
		if (strcmp(*at, media_type) == 0)
			return true;
	return !route->takes;
}

static void refuse_type(struct exchange *x)
{
	struct err err;

	err_set(&err, ERR_INPUT, "the body is not of a media type that is taken here");
	if (x->route->takes && x->route->takes[0])
		err_mend(&err, "send it as Content-Type: %s", x->route->takes[0]);
	refuse(x, PROBLEM_MEDIA_TYPE, &err, "Content-Type");
}

static void refuse_size(struct exchange *x)
{
	answer_too_long(x);
	x->refused = true;
}

/* What the head says of the body, against what the route takes. */
static bool check_body(struct exchange *x)
{
	const char *type = request_header(&x->request, "content-type");
	const char *encoding = request_header(&x->request, "content-encoding");
	struct err err;

	if (!x->body_expected)
		return true;
	if (x->route->body_max == 0) {
		err_set(&err, ERR_INPUT, "there is a body, and this operation takes none");
		refuse(x, PROBLEM_INPUT, &err, "body");
	} else if (encoding && strcasecmp(encoding, "identity") != 0) {
		err_set(&err, ERR_INPUT, "a body is only taken as it is, without a Content-Encoding");
		response_header(&x->response, "Accept-Encoding", "identity");
		refuse(x, PROBLEM_MEDIA_TYPE, &err, "Content-Encoding");
	} else if ((type && !field_media_type(type, x->request.media_type)) ||
		   !takes(x->route, x->request.media_type)) {
		refuse_type(x);
	} else if (x->body_length > x->route->body_max) {
		refuse_size(x);
	}
	return !x->refused;
}

static void begin_stream(struct exchange *x)
{
	x->request.input = flow_new(PIPE_CAPACITY, wake, x);
	if (!x->request.input) {
		refuse(x, PROBLEM_BUSY, NULL, NULL);
		return;
	}
	atomic_store(&x->input, x->request.input);
	submit(x, x->serving->streams, REFUSAL_STREAMS);
}

/* Everything that can be said before the body. */
static void judge_head(struct exchange *x)
{
	const struct server_settings *settings = &x->serving->settings;

	x->request.has_body = x->body_expected;
	if (!find_route(x))
		return;
	if (settings->admit && !settings->admit(settings->arg, &x->request, &x->response)) {
		x->refused = true;
		return;
	}
	if (!check_body(x))
		return;
	buf_init(&x->body, (size_t)(x->route->body_max < SIZE_MAX / 4 ? x->route->body_max : SIZE_MAX / 4));
	if (x->route->kind == ROUTE_STREAM)
		begin_stream(x);
}

/* A refusal whose body is still to come is read away when it is short; else the answer goes out now and ends the
 * connection. Who expects "100 Continue" has not sent it yet. */
static bool answer_at_once(const struct exchange *x)
{
	if (x->must_close)
		return true;
	return x->refused && x->body_expected && (x->expects_continue || x->chunked || x->body_length > SWALLOW_KEEP);
}

enum MHD_Result exchange_head(struct exchange *x, const char *method, const char *version)
{
	enum problem problem;
	struct err err;
	enum result r;

	x->stage = STAGE_BODY;
	x->request.method = method_parse(method);
	x->old_version = strcmp(version, "HTTP/1.0") == 0;
	r = read_head(x, method, version, &problem, &err);
	find_client(x);
	if (r) {
		x->must_close = true;
		refuse(x, r == ERR_NO_MEMORY ? PROBLEM_BUSY : problem, &err, NULL);
	} else {
		judge_head(x);
	}
	connection_phase(x->connection, x->body_expected ? PHASE_BODY : PHASE_WORK);
	if (!answer_at_once(x))
		return MHD_YES;
	x->connection->linger = true;
	answer_settle(x);
	return answer_queue(x);
}

/* --- the body ------------------------------------------------------------------------------ */

/* MHD_NO cuts the connection: nobody wants what is coming, and it does not end. */
static enum MHD_Result swallow(struct exchange *x, size_t *len)
{
	x->swallowed += *len;
	*len = 0;
	return x->swallowed <= SWALLOW_MAX ? MHD_YES : MHD_NO;
}

/* Of the memory that all bodies together may take. */
static bool reserve(struct exchange *x, size_t len)
{
	if (atomic_fetch_add(&x->serving->body_memory, len) + len > x->serving->settings.body_memory_max) {
		atomic_fetch_sub(&x->serving->body_memory, len);
		return false;
	}
	x->reserved += len;
	return true;
}

/* The body so far, or a refusal. */
static bool grow_body(struct exchange *x, const char *data, size_t len)
{
	if (len > x->body.max - x->body.len) {
		refuse_size(x);
		return false;
	}
	if (reserve(x, len)) {
		buf_add(&x->body, data, len);
		if (!x->body.failed)
			return true;
	}
	metric_add(x->serving->figures.refused, REFUSAL_MEMORY, 0, 1);
	refuse(x, PROBLEM_BUSY, NULL, NULL);
	return false;
}

static void keep(struct exchange *x, const char *data, size_t *len)
{
	if (grow_body(x, data, *len))
		*len = 0;
	else
		drop_body(x);
}

/* Into the pipe; what it has no room for is offered again once it has. */
static void pass_on(struct exchange *x, const char *data, size_t *len)
{
	if (x->streamed + *len > x->route->body_max) {
		atomic_store(&x->discarding, true);
		atomic_store(&x->too_long, true);
		flow_abort(x->request.input, ERR_LIMIT, "the body is longer than this operation takes");
		return;
	}
	do {
		size_t taken = flow_offer(x->request.input, data, *len);

		x->streamed += taken;
		data += taken;
		*len -= taken;
	} while (*len > 0 && !exchange_sleep(x));
	if (*len > 0)
		connection_phase(x->connection, PHASE_WORK);
}

enum MHD_Result exchange_body(struct exchange *x, const char *data, size_t *len)
{
	connection_phase(x->connection, PHASE_BODY);
	if (x->request.input && !atomic_load(&x->discarding))
		pass_on(x, data, len);
	else if (!x->request.input && !x->refused)
		keep(x, data, len);
	if (*len > 0 && (x->refused || atomic_load(&x->discarding)))
		return swallow(x, len);
	return MHD_YES;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void answer_here(struct exchange *x)
{
	if (atomic_load(&x->later))
		return;
	answer_settle(x);
	set_ready(x);
}

static void handle_quick(struct exchange *x)
{
	const struct server_settings *settings = &x->serving->settings;

	settings->handle(settings->arg, NULL, &x->request, &x->response);
	answer_here(x);
}

static void handle_by_worker(struct exchange *x)
{
	const struct server_settings *settings = &x->serving->settings;

	/* As it stops, nothing more is held back: the workers have ended, or will refuse it. */
	if (x->route->kind == ROUTE_GLANCE && settings->glance && !atomic_load(&x->serving->stopping) &&
	    settings->glance(settings->arg, &x->request, &x->response))
		answer_here(x);
	else
		submit(x, x->serving->workers, REFUSAL_WORKERS);
}

static void dispatch(struct exchange *x)
{
	x->stage = STAGE_END;
	if (x->request.input) {
		flow_end(x->request.input);
		return; /* a worker has been reading the request since its head came */
	}
	if (x->refused)
		return;
	if (x->body.data)
		x->request.body = x->body.data;
	x->request.body_len = x->body.len;
	if (x->route->kind == ROUTE_QUICK)
		handle_quick(x);
	else if (x->route->kind == ROUTE_WORKER || x->route->kind == ROUTE_GLANCE)
		handle_by_worker(x);
}

enum MHD_Result exchange_end(struct exchange *x)
{
	if (x->stage == STAGE_BODY)
		dispatch(x);
	if (x->refused) {
		answer_settle(x);
		return answer_queue(x);
	}
	while (!is_ready(x)) {
		connection_phase(x->connection, PHASE_WORK);
		if (exchange_sleep(x))
			return MHD_YES;
	}
	return answer_queue(x);
}

void exchange_completed(struct exchange *x, bool well)
{
	const struct server_settings *settings = &x->serving->settings;
	bool answered = x->stage == STAGE_ANSWER;
	struct server_outcome outcome = {.request = &x->request,
					 .status = answered ? x->response.status : 0,
					 .complete = answered && well && !atomic_load(&x->gone),
					 .why = (enum result)atomic_load(&x->response.why),
					 .why_system = atomic_load(&x->response.why_system),
					 .micros = monotonic_us() - x->began_us};
	size_t class = outcome.complete ? (size_t)outcome.status / 100 - 1 : 0;
	size_t route = x->route ? (size_t)x->request.match.route : settings->route_count;

	pthread_mutex_lock(&x->connection->lock);
	x->connection->exchange = NULL;
	pthread_mutex_unlock(&x->connection->lock);
	if (!outcome.complete)
		exchange_abort(x, "the client went away");
	connection_phase(x->connection, PHASE_NEXT_HEAD);
	metric_add(x->serving->figures.requests, route, class, 1);
	metric_observe(x->serving->figures.durations, route, 0, outcome.micros);
	if (settings->done)
		settings->done(settings->arg, &outcome);
	exchange_release(x);
}
