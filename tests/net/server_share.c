/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server that has too much to do: what it refuses, and whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/serving.h"

static void a_full_queue_is_said_at_once(void **state)
{
	struct client waiting[3];
	struct answer answer;

	(void)state;
	at.settings.worker_queue = 1;
	serve();
	for (size_t i = 0; i < 2; i++) {
		client_open(&waiting[i], at.port);
		client_send(&waiting[i], "GET /gate HTTP/1.1\r\n" HOST "\r\n");
		at_wait(&at.at_gate, i + 1);
	}
	client_open(&waiting[2], at.port);
	client_send(&waiting[2], "GET /gate HTTP/1.1\r\n" HOST "\r\n"); /* takes the one place */
	while (figure("lethe_http_queue_length") < 1)
		;
	expect_problem("GET /work HTTP/1.1\r\n" HOST "\r\n", 503, "busy");
	ask(at.port, "GET /work HTTP/1.1\r\n" HOST "\r\n", &answer);
	assert_non_null(answer_header(&answer, "Retry-After"));
	answer_free(&answer);
	expect("GET /hello HTTP/1.1\r\n" HOST "\r\n", 200, "hello"); /* others are not stopped */
	open_gate(true);
	for (size_t i = 0; i < 3; i++) {
		client_answer(&waiting[i], &answer, false);
		assert_string_equal(answer.body.data, "through");
		answer_free(&answer);
		client_close(&waiting[i]);
	}
}

static void begin_waiting(struct client *client, const char *request, size_t at_gate)
{
	client_open(client, at.port);
	client_send(client, request);
	at_wait(&at.at_gate, at_gate);
}

static void end_waiting(struct client *client)
{
	struct answer answer;

	client_answer(client, &answer, false);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	client_close(client);
}

/* P67. Whose body does not come, or who does not read, holds a stream worker. */
static void one_owners_slow_streams_leave_half_of_the_stream_workers_to_others(void **state)
{
	struct client slow, known;
	struct answer answer;

	(void)state;
	serve();
	begin_waiting(&slow, "POST /gate HTTP/1.1\r\n" HOST "X-Share: 1\r\nContent-Length: 5\r\n\r\n", 1);
	expect_problem("POST /lines HTTP/1.1\r\n" HOST "X-Share: 1\r\nContent-Length: 1\r\n\r\na", 503, "share");
	expect_problem("GET /media HTTP/1.1\r\n" HOST "X-Share: 1\r\n\r\n", 503, "share");
	ask(at.port, "GET /events HTTP/1.1\r\n" HOST "X-Share: 1\r\n\r\n", &answer);
	assert_int_equal(answer.status, 503);
	assert_non_null(answer_header(&answer, "Retry-After"));
	answer_free(&answer);
	/* Of whom that is known beforehand, the body need not come first. */
	client_open(&known, at.port);
	client_send(&known, "POST /lines HTTP/1.1\r\n" HOST "X-Owner: 1\r\nContent-Length: 1000000\r\n\r\n");
	client_answer(&known, &answer, false);
	assert_int_equal(answer.status, 503);
	answer_free(&answer);
	client_close(&known);
	assert_int_equal(figure_labelled("lethe_http_refused_total", "reason=\"share\""), 4);
	expect("POST /lines HTTP/1.1\r\n" HOST "X-Share: 2\r\nContent-Length: 1\r\n\r\na", 200, "1 97");
	expect("GET /media HTTP/1.1\r\n" HOST "X-Share: 2\r\n\r\n", 200, NULL);
	expect("GET /work HTTP/1.1\r\n" HOST "X-Share: 1\r\n\r\n", 200, "worked"); /* workers are others */
	open_gate(true);
	client_send(&slow, "hello");
	end_waiting(&slow);
	expect("POST /lines HTTP/1.1\r\n" HOST "X-Share: 1\r\nContent-Length: 1\r\n\r\na", 200, "1 97");
}

static void one_owners_long_work_leaves_half_of_the_workers_to_others(void **state)
{
	struct client slow;

	(void)state;
	serve();
	begin_waiting(&slow, "GET /gate HTTP/1.1\r\n" HOST "X-Share: 1\r\n\r\n", 1);
	expect_problem("GET /work HTTP/1.1\r\n" HOST "X-Share: 1\r\n\r\n", 503, "share");
	expect("GET /work HTTP/1.1\r\n" HOST "X-Share: 2\r\n\r\n", 200, "worked");
	expect("GET /work HTTP/1.1\r\n" HOST "\r\n", 200, "worked");
	expect("GET /glance/now HTTP/1.1\r\n" HOST "X-Share: 1\r\n\r\n", 200, "at once");
	open_gate(true);
	end_waiting(&slow);
	expect("GET /work HTTP/1.1\r\n" HOST "X-Share: 1\r\n\r\n", 200, "worked");
}

static void one_owner_waits_in_no_more_than_half_of_the_queue(void **state)
{
	struct client atwork[2], mine, theirs;

	(void)state;
	at.settings.worker_queue = 2;
	serve();
	begin_waiting(&atwork[0], "GET /gate HTTP/1.1\r\n" HOST "X-Owner: 1\r\n\r\n", 1);
	begin_waiting(&atwork[1], "GET /gate HTTP/1.1\r\n" HOST "X-Owner: 1\r\n\r\n", 2);
	begin_waiting(&mine, "GET /work HTTP/1.1\r\n" HOST "X-Owner: 1\r\n\r\n", 0);
	while (figure("lethe_http_queue_length") < 1)
		;
	expect_problem("GET /work HTTP/1.1\r\n" HOST "X-Owner: 1\r\n\r\n", 503, "share");
	begin_waiting(&theirs, "GET /work HTTP/1.1\r\n" HOST "X-Owner: 2\r\n\r\n", 0);
	while (figure("lethe_http_queue_length") < 2)
		;
	expect_problem("GET /work HTTP/1.1\r\n" HOST "X-Owner: 3\r\n\r\n", 503, "busy");
	open_gate(true);
	end_waiting(&atwork[0]);
	end_waiting(&atwork[1]);
	end_waiting(&mine);
	end_waiting(&theirs);
}

static void the_memory_of_bodies_is_bounded(void **state)
{
	struct answer answer;
	struct client client;
	struct buf request;

	(void)state;
	at.settings.body_memory_max = 100000;
	serve();
	client_open(&client, at.port);
	client_send(&client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
	assert_true(client_send_bytes(&client, (char[50000]){0}, 50000));
	while (figure("lethe_http_body_memory_bytes") < 50000)
		;
	buf_init(&request, 1 << 20);
	buf_add_str(&request, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
	memset(buf_extend(&request, 60000), 'b', 60000);
	expect_problem(request.data, 503, "busy");
	assert_true(client_send_bytes(&client, (char[10000]){0}, 10000));
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.body.len, 60000);
	answer_free(&answer);
	client_close(&client);
	while (figure("lethe_http_body_memory_bytes") > 0)
		;
	expect(request.data, 200, NULL);
	buf_free(&request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, prepare, stop)
	    T(a_full_queue_is_said_at_once),
	    T(one_owners_slow_streams_leave_half_of_the_stream_workers_to_others),
	    T(one_owners_long_work_leaves_half_of_the_workers_to_others),
	    T(one_owner_waits_in_no_more_than_half_of_the_queue),
	    T(the_memory_of_bodies_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
