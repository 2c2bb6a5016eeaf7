/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server to talk to, with a route for each thing that a route can be.
 */
#ifndef LETHE_TESTS_NET_SERVING_H
#define LETHE_TESTS_NET_SERVING_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include "base/json.h"
#include "crypto/primitives.h"
#include "net/asking.h"
#include "net/events.h"
#include "net/body_lines.h"
#include "net/server.h"
#include "net/spool.h"

enum {
	HELLO,
	WORK,
	ECHO,
	LINES,
	SHORT_LINES,
	MEDIA,
	MEDIA_UNSIZED,
	ENDLESS,
	GATE,
	GATE_STREAM,
	THING,
	THING_PUT,
	DEAF,
	BROKEN_READER,
	BAD_HEADER,
	DETACHED,
	WHO,
	BIG_TARGET,
	EMPTY,
	STREAM_FAIL,
	QUICK_MEDIA,
	GONE,
	BULK,
	EVENTS,
	LATER,
	GLANCE,
	ROUTES,
};

static const char *const json_only[] = {"application/json", NULL};

static const struct route routes[ROUTES] = {
    [HELLO] = {METHOD_GET, "/hello", ROUTE_QUICK, 0, NULL},
    [WORK] = {METHOD_GET, "/work", ROUTE_WORKER, 0, NULL},
    [ECHO] = {METHOD_POST, "/echo", ROUTE_WORKER, 1 << 20, NULL},
    [LINES] = {METHOD_POST, "/lines", ROUTE_STREAM, (uint64_t)1 << 30, NULL},
    [SHORT_LINES] = {METHOD_POST, "/short", ROUTE_STREAM, 100000, NULL},
    [MEDIA] = {METHOD_GET, "/media", ROUTE_STREAM, 0, NULL},
    [MEDIA_UNSIZED] = {METHOD_GET, "/media/unsized", ROUTE_STREAM, 0, NULL},
    [ENDLESS] = {METHOD_GET, "/endless", ROUTE_STREAM, 0, NULL},
    [GATE] = {METHOD_GET, "/gate", ROUTE_WORKER, 0, NULL},
    [GATE_STREAM] = {METHOD_POST, "/gate", ROUTE_STREAM, 1 << 20, NULL},
    [THING] = {METHOD_GET, "/things/{id}", ROUTE_QUICK, 0, NULL},
    [THING_PUT] = {METHOD_PUT, "/things/{id}", ROUTE_WORKER, 1024, json_only},
    [DEAF] = {METHOD_POST, "/deaf", ROUTE_STREAM, (uint64_t)1 << 30, NULL},
    [BROKEN_READER] = {METHOD_GET, "/broken-reader", ROUTE_STREAM, 0, NULL},
    [BAD_HEADER] = {METHOD_GET, "/bad-header", ROUTE_WORKER, 0, NULL},
    [DETACHED] = {METHOD_GET, "/detached", ROUTE_STREAM, 0, NULL},
    [WHO] = {METHOD_GET, "/who", ROUTE_QUICK, 0, NULL},
    [BIG_TARGET] = {METHOD_GET, "/big/{a}", ROUTE_QUICK, 0, NULL},
    [EMPTY] = {METHOD_DELETE, "/things/{id}", ROUTE_WORKER, 0, NULL},
    [STREAM_FAIL] = {METHOD_POST, "/fail", ROUTE_STREAM, 100000, NULL},
    [QUICK_MEDIA] = {METHOD_GET, "/quick-media", ROUTE_QUICK, 0, NULL},
    [GONE] = {METHOD_GET, "/gone", ROUTE_WORKER, 0, NULL},
    [BULK] = {METHOD_POST, "/bulk", ROUTE_STREAM, (uint64_t)1 << 30, NULL},
    [EVENTS] = {METHOD_GET, "/events", ROUTE_STREAM, 0, NULL},
    [LATER] = {METHOD_GET, "/later", ROUTE_WORKER, 0, NULL},
    [GLANCE] = {METHOD_GET, "/glance/{how}", ROUTE_GLANCE, 0, NULL},
};

#define MEDIA_SIZE ((uint64_t)3000017)

/* What the handlers and the test tell each other. */
static struct {
	struct server *server;
	struct router *router;
	struct metrics *metrics;
	struct server_settings settings;
	struct server_listen listen[2];
	int port;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool open;      /* the gate */
	atomic_bool hurry;
	size_t at_gate; /* handlers that wait at it */
	size_t noticed; /* handlers that saw that the client had gone */
	size_t refused_by_admit, freed, done, begun, ended;
	size_t worked;
	size_t media_taken; /* bytes of media that the server has asked for */
	uint64_t bytes_read;
	enum result read_result;
	int last_status;
	bool last_complete;
	struct flow *kept;
	struct response *held[64]; /* answers that wait */
	const struct request *held_of[64];
	size_t held_count;
} at = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static void at_set(size_t *what, size_t by)
{
	pthread_mutex_lock(&at.lock);
	*what += by;
	pthread_cond_broadcast(&at.change);
	pthread_mutex_unlock(&at.lock);
}

/* Waits until *what is at least `least`. */
static inline void at_wait(const size_t *what, size_t least)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CLIENT_WAIT_S;
	pthread_mutex_lock(&at.lock);
	while (*what < least)
		if (pthread_cond_timedwait(&at.change, &at.lock, &until) != 0) {
			pthread_mutex_unlock(&at.lock);
			fail_msg("waited for %d seconds", CLIENT_WAIT_S);
		}
	pthread_mutex_unlock(&at.lock);
}

static inline size_t at_get(const size_t *what)
{
	size_t value;

	pthread_mutex_lock(&at.lock);
	value = *what;
	pthread_mutex_unlock(&at.lock);
	return value;
}

static inline void open_gate(bool open)
{
	pthread_mutex_lock(&at.lock);
	at.open = open;
	pthread_cond_broadcast(&at.change);
	pthread_mutex_unlock(&at.lock);
}

static void wait_at_gate(void)
{
	pthread_mutex_lock(&at.lock);
	at.at_gate++;
	pthread_cond_broadcast(&at.change);
	while (!at.open)
		pthread_cond_wait(&at.change, &at.lock);
	at.at_gate--;
	pthread_mutex_unlock(&at.lock);
}

static char media_byte(uint64_t at_offset)
{
	return (char)(at_offset * 31 + at_offset / 251);
}

static enum result read_media(void *arg, uint64_t offset, void *out, size_t len, size_t *got, struct err *e)
{
	uint64_t size = MEDIA_SIZE;
	char *to = out;

	(void)e;
	(void)arg;
	*got = offset >= size ? 0 : len < size - offset ? len : (size_t)(size - offset);
	for (size_t i = 0; i < *got; i++)
		to[i] = media_byte(offset + i);
	at_set(&at.media_taken, *got);
	return OK;
}

static enum result read_broken(void *arg, uint64_t offset, void *out, size_t len, size_t *got, struct err *e)
{
	if (offset > 100000)
		return err_set(e, ERR_CORRUPT, "the tag does not verify");
	return read_media(arg, offset, out, len, got, e);
}

static void free_media(void *arg)
{
	(void)arg;
	at_set(&at.freed, 1);
}

static void handle_lines(struct request *request, struct response *response)
{
	char chunk[10000];
	uint64_t total = 0, sum = 0;
	struct err e;
	size_t got = 1;
	enum result r = OK;

	while (r == OK && got > 0) {
		r = request_read(request, chunk, sizeof chunk, &got, &e);
		for (size_t i = 0; i < got; i++)
			sum += (unsigned char)chunk[i];
		total += got;
	}
	pthread_mutex_lock(&at.lock);
	at.bytes_read = total;
	at.read_result = r;
	pthread_mutex_unlock(&at.lock);
	at_set(&at.noticed, r == ERR_INTERRUPTED);
	if (r)
		problem_from(response, request, &e, "body");
	else
		buf_printf(&response->body, "%llu %llu", (unsigned long long)total, (unsigned long long)sum);
}

static void handle_endless(struct response *response)
{
	struct flow *out;
	struct err e;
	enum result r;
	char chunk[4096];

	memset(chunk, 'x', sizeof chunk);
	r = response_start(response, &out, &e);
	while (r == OK)
		r = flow_write(out, chunk, sizeof chunk, &e);
	assert_int_equal(r, ERR_INTERRUPTED);
	assert_true(response_gone(response));
	at_set(&at.noticed, 1);
}

static void handle_detached(struct response *response)
{
	struct flow *out;
	struct err e;

	response_type(response, "text/event-stream");
	if (response_start(response, &out, &e) != OK)
		return;
	flow_heartbeat(out, ":\n\n", 1);
	pthread_mutex_lock(&at.lock);
	at.kept = flow_keep(out);
	pthread_cond_broadcast(&at.change);
	pthread_mutex_unlock(&at.lock);
	response_detach(response);
}

static void handle_fail(struct request *request, struct response *response)
{
	struct flow *out;
	struct err e;

	if (request_header(request, "x-cut")) {
		if (response_start(response, &out, &e) == OK && flow_write(out, "half of", 7, &e) == OK)
			flow_flush(out);
		flow_abort(out, ERR_IO, "it broke");
		return;
	}
	err_set(&e, ERR_IO, "/var/secret/path is broken");
	problem_from(response, request, &e, NULL);
}

/* A result for each line, sent when all have come. */
static void handle_bulk(struct request *request, struct response *response)
{
	struct body_lines *lines = pool_alloc(request->pool, sizeof *lines);
	struct spool *spool;
	const char *line = "";
	struct err e;
	size_t len;

	assert_non_null(lines);
	body_lines_init(lines, request, 100);
	assert_int_equal(spool_new("/tmp", 1 << 24, &spool, &e), OK);
	while (line) {
		enum result r = body_lines_next(lines, &line, &len, &e);
		char text[64];

		if (r == OK && !line)
			break;
		snprintf(text, sizeof text, "{\"line\":%llu,\"result\":\"%s\"}\n", (unsigned long long)lines->number,
			 result_name(r));
		assert_int_equal(spool_write(spool, text, strlen(text), &e), OK);
		if (r == ERR_LIMIT)
			line = "";
	}
	body_lines_free(lines);
	response_type(response, "application/jsonl");
	spool_answer(spool, response);
}

static void handle_events(const struct request *request, struct response *response)
{
	const char *last = events_last(request);
	struct flow *out;
	struct err e;

	if (events_start(response, &out, &e) != OK ||
	    events_send(out, "5", "job.progress", last ? last : "none", last ? strlen(last) : 4, &e) != OK)
		flow_abort(out, ERR_IO, "it cannot be sent");
}

static void handle_gone(const struct response *response)
{
	at_set(&at.at_gate, 1);
	while (!response_gone(response))
		sched_yield();
	at_set(&at.noticed, 1);
}

static void handle_who(const struct request *request, struct response *response)
{
	char address[ADDRESS_TEXT_MAX];
	struct json_writer w;

	json_writer_init(&w, &response->body, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "address", address_format(&request->address, address));
	json_bool(&w, "tls", request->tls);
	json_string(&w, "id", request->id_text);
	json_string(&w, "agent", request_header(request, "user-agent"));
	json_string(&w, "accept", request_header(request, "accept"));
	json_end_object(&w);
	response_type(response, "application/json");
}

/* Until the test lets it go. */
static void handle_later(const struct request *request, struct response *response)
{
	buf_add_str(&response->body, "later");
	response_later(response);
	pthread_mutex_lock(&at.lock);
	at.held_of[at.held_count] = request;
	at.held[at.held_count++] = response;
	pthread_cond_broadcast(&at.change);
	pthread_mutex_unlock(&at.lock);
}

/* Those that are held; each as a problem or not. */
static inline void let_go(bool well)
{
	struct response *held;
	const struct request *of;

	while (at_get(&at.held_count) > 0) {
		pthread_mutex_lock(&at.lock);
		held = at.held[--at.held_count];
		of = at.held_of[at.held_count];
		pthread_mutex_unlock(&at.lock);
		if (!well)
			problem_answer(held, of, PROBLEM_BUSY, NULL, NULL);
		response_done(held);
	}
}

static bool glance(void *arg, struct request *request, struct response *response)
{
	const char *how = request_parameter(request, "how");

	assert_ptr_equal(arg, &at);
	if (strcmp(how, "now") == 0)
		buf_add_str(&response->body, "at once");
	else if (strcmp(how, "later") == 0)
		handle_later(request, response);
	else
		return false;
	return true;
}

static uint64_t number_in(const struct request *request, const char *header)
{
	const char *text = request_header(request, header);

	return text ? strtoull(text, NULL, 10) : 0;
}

static uint64_t owner_of(void *arg, const struct request *request)
{
	assert_ptr_equal(arg, &at);
	return number_in(request, "x-owner");
}

static void handle(void *arg, void *context, struct request *request, struct response *response)
{
	assert_ptr_equal(arg, &at);
	assert_true((context != NULL) == (routes[request->match.route].kind != ROUTE_QUICK));
	if (!response_share(response, number_in(request, "x-share")))
		return;
	switch (request->match.route) {
	case HELLO:
		response_type(response, "text/plain");
		buf_add_str(&response->body, "hello");
		break;
	case LATER:
		handle_later(request, response);
		break;
	case GLANCE:
	case WORK:
		at_set(&at.worked, 1);
		buf_add_str(&response->body, "worked");
		break;
	case ECHO:
		response_type(response, "application/octet-stream");
		buf_add(&response->body, request->body, request->body_len);
		break;
	case LINES:
	case SHORT_LINES:
		handle_lines(request, response);
		break;
	case MEDIA:
	case QUICK_MEDIA:
		response_etag(response, "\"m1\"");
		response_type(response, "audio/wav");
		response_reader(response, read_media, free_media, NULL, MEDIA_SIZE);
		break;
	case MEDIA_UNSIZED:
		response_etag(response, "\"m2\"");
		response_reader(response, read_media, free_media, NULL, RESPONSE_SIZE_UNKNOWN);
		break;
	case ENDLESS:
		handle_endless(response);
		break;
	case GATE:
	case GATE_STREAM:
		wait_at_gate();
		buf_add_str(&response->body, response_gone(response) ? "gone" : "through");
		break;
	case THING:
		response_etag(response, "\"v1\"");
		buf_printf(&response->body, "thing %s", request_parameter(request, "id"));
		break;
	case THING_PUT:
		buf_printf(&response->body, "%s=%s", request_parameter(request, "id"), request->body);
		break;
	case DEAF:
		response->status = 202;
		break;
	case BROKEN_READER:
		response_reader(response, read_broken, free_media, NULL, MEDIA_SIZE);
		break;
	case BAD_HEADER:
		response_header(response, "X-Evil", "a\r\nSet-Cookie: b");
		buf_add_str(&response->body, "unsent");
		break;
	case DETACHED:
		handle_detached(response);
		break;
	case WHO:
		handle_who(request, response);
		break;
	case BIG_TARGET:
		buf_printf(&response->body, "%zu", strlen(request_parameter(request, "a")));
		break;
	case EMPTY:
		response->status = 204;
		break;
	case BULK:
		handle_bulk(request, response);
		break;
	case EVENTS:
		handle_events(request, response);
		break;
	case GONE:
		handle_gone(response);
		break;
	case STREAM_FAIL:
		handle_fail(request, response);
		break;
	}
}

static bool admit(void *arg, struct request *request, struct response *response)
{
	struct err e;

	assert_ptr_equal(arg, &at);
	if (!request_header(request, "x-refuse"))
		return true;
	at_set(&at.refused_by_admit, 1);
	err_set(&e, ERR_DENIED, "no");
	problem_answer(response, request, PROBLEM_UNAUTHENTICATED, &e, NULL);
	return false;
}

static void done(void *arg, const struct server_outcome *outcome)
{
	assert_ptr_equal(arg, &at);
	assert_true(outcome->micros >= 0);
	pthread_mutex_lock(&at.lock);
	at.last_status = outcome->status;
	at.last_complete = outcome->complete;
	at.done++;
	pthread_cond_broadcast(&at.change);
	pthread_mutex_unlock(&at.lock);
}

static struct instant test_now(void *arg)
{
	assert_ptr_equal(arg, &at);
	return (struct instant){INT64_C(1700000000000)};
}

static void *begin(void *arg, int number)
{
	static char contexts[16];

	assert_ptr_equal(arg, &at);
	at_set(&at.begun, 1);
	return &contexts[number];
}

static void end(void *arg, void *context)
{
	assert_ptr_equal(arg, &at);
	assert_non_null(context);
	at_set(&at.ended, 1);
}

static struct err err;

/* The settings of the next server, to be changed before serve(). */
static int prepare(void **state)
{
	(void)state;
	if (crypto_init(&err) != OK || router_new(routes, ROUTES, &at.router, &err) != OK ||
	    metrics_new(&at.metrics, &err) != OK)
		return -1;
	server_defaults(&at.settings);
	at.listen[0] = (struct server_listen){.address = "127.0.0.1:0"};
	at.settings.listen = at.listen;
	at.settings.listen_count = 1;
	at.settings.router = at.router;
	at.settings.route_count = ROUTES;
	at.settings.io_threads = 2;
	at.settings.worker_threads = 2;
	at.settings.stream_threads = 2;
	at.settings.metrics = at.metrics;
	at.settings.arg = &at;
	at.settings.now = test_now;
	at.settings.worker_begin = begin;
	at.settings.worker_end = end;
	at.settings.admit = admit;
	at.settings.glance = glance;
	at.settings.owner = owner_of;
	at.settings.handle = handle;
	at.settings.done = done;
	at.open = false;
	atomic_store(&at.hurry, false);
	at.at_gate = at.noticed = at.refused_by_admit = at.freed = at.done = at.begun = at.ended = at.media_taken =
	    at.worked = at.held_count = 0;
	return 0;
}

static void serve(void)
{
	if (server_start(&at.settings, &at.server, &err) != OK)
		fail_msg("%s (%s)", err.what, err.where);
	at.port = server_port(at.server, 0);
	assert_true(at.port > 0);
}

static int stop(void **state)
{
	(void)state;
	open_gate(true);
	server_stop(at.server, 10000);
	at.server = NULL;
	router_free(at.router);
	metrics_free(at.metrics);
	return at_get(&at.begun) == at_get(&at.ended) ? 0 : -1;
}

/* --- what tests ask for most ------------------------------------------------------ */

#define HOST "Host: localhost\r\n"

static inline void expect(const char *request, int status, const char *body)
{
	struct answer answer;

	ask(at.port, request, &answer);
	if (answer.status != status)
		fail_msg("%s: %d instead of %d, %s", request, answer.status, status,
			 answer.body.data ? answer.body.data : "");
	assert_true(answer.whole);
	if (body)
		assert_string_equal(answer.body.data ? answer.body.data : "", body);
	answer_free(&answer);
}

/* A problem of that type, with security headers and an id. */
static inline void expect_problem(const char *request, int status, const char *word)
{
	char type[64];
	struct answer answer;

	ask(at.port, request, &answer);
	if (answer.status != status)
		fail_msg("%s: %d instead of %d, %s", request, answer.status, status,
			 answer.body.data ? answer.body.data : "");
	snprintf(type, sizeof type, "\"type\":\"/problems/%s\"", word);
	assert_non_null(strstr(answer.body.data, type));
	assert_string_equal(answer_header(&answer, "Content-Type"), "application/problem+json");
	assert_string_equal(answer_header(&answer, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(answer_header(&answer, "Cache-Control"), "no-store");
	assert_non_null(strstr(answer.body.data, answer_header(&answer, "X-Request-Id")));
	answer_free(&answer);
}

/* What a gauge says, or a counter with that label; 0 when it is not written. */
static inline long figure_labelled(const char *name, const char *label)
{
	struct buf text;
	const char *line;
	char start[100];
	long value;

	buf_init(&text, 1 << 20);
	metrics_write(at.metrics, &text);
	snprintf(start, sizeof start, label ? "\n%s{%s} " : "\n%s%s ", name, label ? label : "");
	line = strstr(text.data, start);
	value = line ? strtol(line + strlen(start), NULL, 10) : 0;
	buf_free(&text);
	return value;
}

static inline long figure(const char *name)
{
	return figure_labelled(name, NULL);
}

#endif
