/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server's answers that wait for something, and what becomes of all as it stops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/serving.h"

static void *stop_in_time(void *arg)
{
	server_stop(arg, 20000);
	return NULL;
}

static void stopping_answers_what_was_accepted(void **state)
{
	struct answer answer;
	struct client client, idle;
	pthread_t thread;

	serve();
	client_open(&idle, at.port);
	client_send(&idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
	client_answer(&idle, &answer, false);
	answer_free(&answer);
	client_open(&client, at.port);
	client_send(&client, "GET /gate HTTP/1.1\r\n" HOST "\r\n");
	at_wait(&at.at_gate, 1);
	assert_int_equal(pthread_create(&thread, NULL, stop_in_time, at.server), 0);
	assert_false(client_receive(&idle)); /* closed at once */
	open_gate(true);
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body.data, "through");
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	answer_free(&answer);
	pthread_join(thread, NULL);
	client_close(&client);
	client_close(&idle);
	at.server = NULL;
	assert_int_equal(stop(state), 0);
}

enum { HELD = 12 };

static void hold_many(struct client clients[HELD], const char *request)
{
	for (int i = 0; i < HELD; i++) {
		client_open(&clients[i], at.port);
		client_send(&clients[i], request);
	}
	at_wait(&at.held_count, HELD);
}

static void expect_all(struct client clients[HELD], int status, const char *body)
{
	struct answer answer;

	for (int i = 0; i < HELD; i++) {
		client_answer(&clients[i], &answer, false);
		assert_int_equal(answer.status, status);
		if (body)
			assert_string_equal(answer.body.data, body);
		assert_non_null(answer_header(&answer, "X-Content-Type-Options"));
		answer_free(&answer);
		client_close(&clients[i]);
	}
}

static void answers_that_wait_for_something_keep_no_worker(void **state)
{
	struct client clients[HELD];

	(void)state;
	serve(); /* two workers */
	hold_many(clients, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	expect("GET /work HTTP/1.1\r\n" HOST "\r\n", 200, "worked");
	let_go(true);
	expect_all(clients, 200, "later");
	hold_many(clients, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	let_go(false);
	expect_all(clients, 503, NULL);
}

static void a_glance_is_answered_on_the_spot_or_else_by_a_worker(void **state)
{
	struct client clients[HELD];

	(void)state;
	serve();
	expect("GET /glance/now HTTP/1.1\r\n" HOST "\r\n", 200, "at once");
	assert_int_equal(at_get(&at.worked), 0);
	expect("GET /glance/no HTTP/1.1\r\n" HOST "\r\n", 200, "worked");
	assert_int_equal(at_get(&at.worked), 1);
	hold_many(clients, "GET /glance/later HTTP/1.1\r\n" HOST "\r\n");
	expect("GET /glance/now HTTP/1.1\r\n" HOST "\r\n", 200, "at once");
	let_go(true);
	expect_all(clients, 200, "later");
}

static void who_goes_away_from_an_answer_that_waits_takes_nothing_along(void **state)
{
	struct client clients[HELD];

	(void)state;
	serve();
	hold_many(clients, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < HELD; i++)
		client_close(&clients[i]);
	let_go(true);
	at_wait(&at.done, HELD);
	expect("GET /work HTTP/1.1\r\n" HOST "\r\n", 200, "worked");
}

static void stopping_waits_for_answers_that_wait(void **state)
{
	struct client clients[HELD];
	pthread_t thread;

	serve();
	hold_many(clients, "GET /glance/later HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(pthread_create(&thread, NULL, stop_in_time, at.server), 0);
	let_go(true);
	expect_all(clients, 200, "later");
	pthread_join(thread, NULL);
	at.server = NULL;
	assert_int_equal(stop(state), 0);
}

static void *stop_now(void *arg)
{
	server_stop(arg, 0);
	return NULL;
}

static void what_does_not_end_in_time_is_broken_off(void **state)
{
	struct client client, stream, detached;
	struct answer answer;
	pthread_t thread;

	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /gate HTTP/1.1\r\n" HOST "\r\n");
	at_wait(&at.at_gate, 1);
	client_open(&stream, at.port);
	client_send(&stream, "GET /endless HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_read_until(&stream, 1000));
	client_open(&detached, at.port);
	client_send(&detached, "GET /detached HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_read_until(&detached, 10));
	assert_int_equal(pthread_create(&thread, NULL, stop_now, at.server), 0);
	at_wait(&at.noticed, 1); /* the stream was told */
	open_gate(true);
	client_answer(&client, &answer, false);
	assert_string_equal(answer.body.data, "gone"); /* so was the worker, and its answer came all the same */
	answer_free(&answer);
	pthread_join(thread, NULL);
	flow_release(at.kept);
	client_close(&client);
	client_close(&stream);
	client_close(&detached);
	at.server = NULL;
	assert_int_equal(stop(state), 0);
}

static bool is_hurried(void *arg)
{
	(void)arg;
	return atomic_load(&at.hurry);
}

static void who_is_in_a_hurry_does_not_wait_for_the_rest(void **state)
{
	struct client stream;
	pthread_t thread;

	at.settings.hurry = is_hurried;
	serve();
	client_open(&stream, at.port);
	client_send(&stream, "GET /endless HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_read_until(&stream, 1000));
	assert_int_equal(pthread_create(&thread, NULL, stop_in_time, at.server), 0);
	assert_true(client_read_until(&stream, 1000000)); /* it goes on */
	assert_int_equal(at_get(&at.noticed), 0);
	atomic_store(&at.hurry, true);
	while (client_receive(&stream))
		buf_reset(&stream.in);
	pthread_join(thread, NULL);
	assert_int_equal(at_get(&at.noticed), 1);
	client_close(&stream);
	at.server = NULL;
	assert_int_equal(stop(state), 0);
}

struct asker {
	struct client client;
	size_t answered;
};

static bool is_answered(struct client *client)
{
	while (!client->in.data || !strstr(client->in.data, "worked"))
		if (!client_receive(client))
			return false;
	buf_reset(&client->in);
	return true;
}

static void *ask_until_closed(void *arg)
{
	static const char request[] = "GET /work HTTP/1.1\r\n" HOST "\r\n";
	struct asker *asker = arg;

	while (client_send_bytes(&asker->client, request, sizeof request - 1) && is_answered(&asker->client))
		asker->answered++;
	return NULL;
}

/* P45: the handler's count is the clients'. */
#define ASKERS 16
static void who_is_not_answered_when_it_stops_was_not_heard(void **state)
{
	static struct asker askers[ASKERS];
	pthread_t threads[ASKERS];
	size_t answered = 0;

	serve();
	for (size_t i = 0; i < ASKERS; i++) {
		askers[i].answered = 0;
		client_open(&askers[i].client, at.port);
		assert_int_equal(pthread_create(&threads[i], NULL, ask_until_closed, &askers[i]), 0);
	}
	at_wait(&at.worked, 300);
	server_stop(at.server, 20000);
	at.server = NULL;
	for (size_t i = 0; i < ASKERS; i++) {
		pthread_join(threads[i], NULL);
		client_close(&askers[i].client);
		answered += askers[i].answered;
	}
	assert_int_equal(answered, at.worked);
	assert_int_equal(stop(state), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, prepare, stop)
	    T(answers_that_wait_for_something_keep_no_worker),
	    T(a_glance_is_answered_on_the_spot_or_else_by_a_worker),
	    T(who_goes_away_from_an_answer_that_waits_takes_nothing_along),
	    cmocka_unit_test_setup(stopping_answers_what_was_accepted, prepare),
	    cmocka_unit_test_setup(stopping_waits_for_answers_that_wait, prepare),
	    cmocka_unit_test_setup(what_does_not_end_in_time_is_broken_off, prepare),
	    cmocka_unit_test_setup(who_is_in_a_hurry_does_not_wait_for_the_rest, prepare),
	    cmocka_unit_test_setup(who_is_not_answered_when_it_stops_was_not_heard, prepare),
	    cmocka_unit_test_setup(who_is_not_answered_when_it_stops_was_not_heard, prepare),
	    cmocka_unit_test_setup(who_is_not_answered_when_it_stops_was_not_heard, prepare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
