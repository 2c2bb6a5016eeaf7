/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Clients that are slow, many, or both; what they wait for is that the server has had enough.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include "net/serving.h"

/* Whether a connection ends without an answer. */
static void ends_unanswered(struct client *client)
{
	while (client_receive(client))
		;
	assert_int_equal(client->in.len, 0);
	client_close(client);
}

static void a_head_that_does_not_come_is_not_waited_for(void **state)
{
	struct client silent, partial;

	(void)state;
	at.settings.head_ms = 300;
	serve();
	client_open(&silent, at.port);
	client_open(&partial, at.port);
	client_send(&partial, "GET /hello HTTP/1.1\r\nHo");
	ends_unanswered(&silent);
	ends_unanswered(&partial);
	assert_int_equal(figure_labelled("lethe_http_timeouts_total", "phase=\"head\""), 2);
}

struct trickle {
	struct client client;
	const char *bytes;
	atomic_bool ended;
};

static void a_later_head_has_no_more_time_than_the_first(void **state)
{
	struct client client;
	struct answer answer;

	(void)state;
	at.settings.head_ms = 300;
	at.settings.idle_ms = 1000000;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	client_send(&client, "GET /hello HTTP/1.1\r\n" HOST);
	ends_unanswered(&client);
	assert_int_equal(figure_labelled("lethe_http_timeouts_total", "phase=\"head\""), 1);
}

/* Sends a byte at a time for as long as it is taken. */
static void *send_slowly(void *arg)
{
	struct trickle *trickle = arg;
	struct pollfd end = {.fd = trickle->client.fd, .events = POLLRDHUP};

	while (poll(&end, 1, 20) == 0 && client_send_bytes(&trickle->client, trickle->bytes, 1))
		;
	trickle->ended = true;
	return NULL;
}

static void a_head_that_trickles_is_cut_and_others_are_not_stopped(void **state)
{
	static struct trickle trickles[40];
	pthread_t threads[40];

	(void)state;
	at.settings.head_ms = 700;
	serve();
	for (size_t i = 0; i < 40; i++) {
		trickles[i].bytes = "a";
		client_open(&trickles[i].client, at.port);
		client_send(&trickles[i].client, "GET /hello HTTP/1.1\r\nX-A: ");
		assert_int_equal(pthread_create(&threads[i], NULL, send_slowly, &trickles[i]), 0);
	}
	for (int i = 0; i < 50; i++)
		expect("GET /work HTTP/1.1\r\n" HOST "\r\n", 200, "worked");
	for (size_t i = 0; i < 40; i++) {
		pthread_join(threads[i], NULL);
		client_close(&trickles[i].client);
	}
	assert_int_equal(figure_labelled("lethe_http_timeouts_total", "phase=\"head\""), 40);
}

static void who_asks_nothing_more_is_let_go(void **state)
{
	struct answer answer;
	struct client client;

	(void)state;
	at.settings.idle_ms = 300;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	ends_unanswered(&client);
	assert_int_equal(figure_labelled("lethe_http_timeouts_total", "phase=\"idle\""), 1);
}

static void a_body_slower_than_the_least_rate_is_cut(void **state)
{
	static struct trickle whole, stream;
	pthread_t threads[2];

	(void)state;
	at.settings.rate = 1000;
	at.settings.rate_window_ms = 500;
	serve();
	whole.bytes = stream.bytes = "b";
	client_open(&whole.client, at.port);
	client_send(&whole.client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5000\r\n\r\n");
	client_open(&stream.client, at.port);
	client_send(&stream.client, "POST /lines HTTP/1.1\r\n" HOST "Content-Length: 5000\r\n\r\n");
	assert_int_equal(pthread_create(&threads[0], NULL, send_slowly, &whole), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, send_slowly, &stream), 0);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	client_close(&whole.client);
	client_close(&stream.client);
	at_wait(&at.done, 2);
	at_wait(&at.noticed, 1); /* its handler was told */
	assert_int_equal(figure_labelled("lethe_http_timeouts_total", "phase=\"body\""), 2);
}

static void a_client_that_does_not_read_is_cut_and_its_worker_freed(void **state)
{
	struct client client;

	(void)state;
	at.settings.rate = 1000;
	at.settings.rate_window_ms = 500;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /endless HTTP/1.1\r\n" HOST "\r\n");
	at_wait(&at.noticed, 1);
	client_close(&client);
	assert_int_equal(figure_labelled("lethe_http_timeouts_total", "phase=\"answer\""), 1);
}

/* P67: else many of them would take the memory that the system has for everybody's connections. */
static void what_a_client_does_not_read_is_not_piled_up_in_the_kernel(void **state)
{
	struct client client;
	int little = 4096;

	(void)state;
	at.settings.rate = 1000;
	at.settings.rate_window_ms = 500;
	serve();
	client_open(&client, at.port);
	assert_int_equal(setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little), 0);
	client_send(&client, "GET /quick-media HTTP/1.1\r\n" HOST "\r\n");
	at_wait(&at.done, 1);
	assert_in_range(at_get(&at.media_taken), 1, 500000);
	client_close(&client);
}

/* Quick for each look, and still too long in all. */
static void a_stream_has_its_time(void **state)
{
	struct client client;

	(void)state;
	at.settings.stream_ms = 600;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /endless HTTP/1.1\r\n" HOST "\r\n");
	while (client_receive(&client))
		buf_reset(&client.in);
	client_close(&client);
	at_wait(&at.noticed, 1);
	assert_int_equal(figure_labelled("lethe_http_timeouts_total", "phase=\"too_long\""), 1);
}

/* Who waits for us is not blamed, however long it takes. */
static void a_handler_that_takes_long_costs_its_client_nothing(void **state)
{
	struct answer answer;
	struct client worker, stream;

	(void)state;
	at.settings.rate_window_ms = 300;
	at.settings.stream_ms = 600;
	at.settings.head_ms = at.settings.idle_ms = 300;
	serve();
	client_open(&worker, at.port);
	client_send(&worker, "GET /gate HTTP/1.1\r\n" HOST "\r\n");
	client_open(&stream, at.port);
	client_send(&stream, "POST /gate HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
	at_wait(&at.at_gate, 2);
	/* As long as it takes to cut somebody who is to be blamed, twice. */
	for (int i = 0; i < 2; i++) {
		struct client idle;

		client_open(&idle, at.port);
		ends_unanswered(&idle);
	}
	open_gate(true);
	client_answer(&worker, &answer, false);
	assert_string_equal(answer.body.data, "through");
	answer_free(&answer);
	client_answer(&stream, &answer, false);
	assert_string_equal(answer.body.data, "through");
	answer_free(&answer);
	client_close(&worker);
	client_close(&stream);
}

static void a_client_that_hangs_up_is_told_to_its_handler(void **state)
{
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /gone HTTP/1.1\r\n" HOST "\r\n");
	at_wait(&at.at_gate, 1);
	client_close(&client);
	at_wait(&at.noticed, 1); /* it asks now and then */
	at_wait(&at.done, 1);
	assert_false(at.last_complete);
}

static void allow_files(rlim_t wanted)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < wanted)
		skip();
	limit.rlim_cur = limit.rlim_cur < wanted ? wanted : limit.rlim_cur;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

#define IDLE 2000
static void two_thousand_idle_connections_cost_others_nothing(void **state)
{
	static struct client idle[IDLE];
	struct answer answer;

	(void)state;
	allow_files(2 * IDLE + 600);
	at.settings.connections_max = IDLE + 10;
	at.settings.connections_per_address = IDLE + 10;
	serve();
	for (size_t i = 0; i < IDLE; i++) {
		client_open(&idle[i], at.port);
		if (i % 2 == 0)
			continue;
		client_send(&idle[i], "GET /hello HTTP/1.1\r\n" HOST "\r\n"); /* half of them kept alive */
		client_answer(&idle[i], &answer, false);
		assert_int_equal(answer.status, 200);
		answer_free(&answer);
	}
	while (figure("lethe_http_connections") < IDLE)
		;
	for (int i = 0; i < 200; i++)
		expect("GET /work HTTP/1.1\r\n" HOST "\r\n", 200, "worked");
	for (size_t i = 0; i < IDLE; i++) {
		client_send(&idle[i], "GET /hello HTTP/1.1\r\n" HOST "\r\n");
		client_answer(&idle[i], &answer, false);
		assert_int_equal(answer.status, 200);
		answer_free(&answer);
		client_close(&idle[i]);
	}
	while (figure("lethe_http_connections") > 0)
		;
}

static void there_are_no_more_connections_than_are_allowed(void **state)
{
	struct client first[3], more;
	struct answer answer;

	(void)state;
	at.settings.connections_max = 3;
	serve();
	for (size_t i = 0; i < 3; i++)
		client_open(&first[i], at.port);
	while (figure("lethe_http_connections") < 3)
		;
	client_open(&more, at.port);
	client_send(&more, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
	client_answer(&more, &answer, false);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer_header(&answer, "Retry-After"), "5");
	answer_free(&answer);
	client_close(&more);
	client_close(&first[0]);
	while (figure("lethe_http_connections") > 2)
		;
	expect("GET /hello HTTP/1.1\r\n" HOST "\r\n", 200, "hello");
	client_close(&first[1]);
	client_close(&first[2]);
	assert_int_equal(figure_labelled("lethe_http_refused_total", "reason=\"connections\""), 1);
}

static void one_address_cannot_have_them_all(void **state)
{
	struct client first[3];

	(void)state;
	at.settings.connections_per_address = 3;
	serve();
	for (size_t i = 0; i < 3; i++)
		client_open(&first[i], at.port);
	while (figure("lethe_http_connections") < 3)
		;
	expect("GET /hello HTTP/1.1\r\n" HOST "\r\n", 503, "");
	for (size_t i = 0; i < 3; i++)
		client_close(&first[i]);
	while (figure("lethe_http_connections") > 0)
		;
	expect("GET /hello HTTP/1.1\r\n" HOST "\r\n", 200, "hello");
	assert_int_equal(figure_labelled("lethe_http_refused_total", "reason=\"address\""), 1);
}

/* --- all at once ------------------------------------------------------------------ */

static void *ask_many(void *arg)
{
	static const char *const requests[] = {
	    "GET /hello HTTP/1.1\r\n" HOST "\r\n",
	    "GET /work HTTP/1.1\r\n" HOST "\r\n",
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	    "POST /lines HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	    "GET /media HTTP/1.1\r\n" HOST "Range: bytes=100-99999\r\n\r\n",
	    "GET /things/7 HTTP/1.1\r\n" HOST "If-None-Match: \"v1\"\r\n\r\n",
	};
	static const int statuses[] = {200, 200, 200, 200, 206, 304};
	size_t *wrong = arg;
	struct client client;

	client_open(&client, at.port);
	for (size_t i = 0; i < 300; i++) {
		struct answer answer;

		client_send(&client, requests[i % 6]);
		client_answer(&client, &answer, false);
		*wrong += !answer.whole || (answer.status != statuses[i % 6] && answer.status != 503);
		answer_free(&answer);
	}
	client_close(&client);
	return NULL;
}

#define BUSY 32
static void many_clients_at_once_each_get_their_answers(void **state)
{
	size_t wrong[BUSY] = {0};
	pthread_t threads[BUSY];

	(void)state;
	serve();
	for (size_t i = 0; i < BUSY; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_many, &wrong[i]), 0);
	for (size_t i = 0; i < BUSY; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(wrong[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, prepare, stop)
	    T(a_head_that_does_not_come_is_not_waited_for),
	    T(a_later_head_has_no_more_time_than_the_first),
	    T(a_head_that_trickles_is_cut_and_others_are_not_stopped),
	    T(who_asks_nothing_more_is_let_go),
	    T(a_body_slower_than_the_least_rate_is_cut),
	    T(a_client_that_does_not_read_is_cut_and_its_worker_freed),
	    T(what_a_client_does_not_read_is_not_piled_up_in_the_kernel),
	    T(a_stream_has_its_time),
	    T(a_handler_that_takes_long_costs_its_client_nothing),
	    T(a_client_that_hangs_up_is_told_to_its_handler),
	    T(two_thousand_idle_connections_cost_others_nothing),
	    T(there_are_no_more_connections_than_are_allowed),
	    T(one_address_cannot_have_them_all),
	    T(many_clients_at_once_each_get_their_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
