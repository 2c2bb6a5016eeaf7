/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>
#include "net/listen.h"
#include "net/serving.h"

static void a_quick_route_is_answered_with_what_every_answer_has(void **state)
{
	struct answer answer;

	(void)state;
	serve();
	ask(at.port, "GET /hello HTTP/1.1\r\n" HOST "\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body.data, "hello");
	assert_string_equal(answer_header(&answer, "Content-Type"), "text/plain");
	assert_string_equal(answer_header(&answer, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(answer_header(&answer, "Referrer-Policy"), "no-referrer");
	assert_string_equal(answer_header(&answer, "Cache-Control"), "no-store");
	assert_non_null(strstr(answer_header(&answer, "Content-Security-Policy"), "default-src 'none'"));
	assert_memory_equal(answer_header(&answer, "X-Request-Id"), "req_", 4);
	assert_non_null(answer_header(&answer, "Date"));
	assert_null(answer_header(&answer, "Server"));
	assert_null(answer_header(&answer, "Strict-Transport-Security"));
	answer_free(&answer);
}

static void a_worker_answers_and_the_connection_goes_on(void **state)
{
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	for (int i = 0; i < 200; i++) {
		client_send(&client,
			    i % 2 ? "GET /work HTTP/1.1\r\n" HOST "\r\n" : "GET /hello HTTP/1.1\r\n" HOST "\r\n");
		client_answer(&client, &answer, false);
		assert_int_equal(answer.status, 200);
		assert_string_equal(answer.body.data, i % 2 ? "worked" : "hello");
		answer_free(&answer);
	}
	client_close(&client);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	static const char *const bodies[] = {"worked", "hello", "thing a b", "worked", "abc"};
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /work HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.1\r\n" HOST
			     "\r\nGET /things/a%20b HTTP/1.1\r\n" HOST "\r\nGET /work HTTP/1.1\r\n" HOST
			     "\r\nPOST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
	for (size_t i = 0; i < 5; i++) {
		client_answer(&client, &answer, false);
		assert_int_equal(answer.status, 200);
		assert_string_equal(answer.body.data, bodies[i]);
		answer_free(&answer);
	}
	client_close(&client);
}

static void a_body_is_whole_for_a_worker_however_it_came(void **state)
{
	struct buf body, request;
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	buf_init(&body, 1 << 20);
	for (int i = 0; i < 300000; i++)
		buf_add_char(&body, (char)(i * 7));
	buf_init(&request, 1 << 20);
	buf_printf(&request, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", body.len);
	buf_add(&request, body.data, body.len);
	client_open(&client, at.port);
	for (size_t i = 0; i < request.len; i += 1337)
		assert_true(
		    client_send_bytes(&client, request.data + i, request.len - i < 1337 ? request.len - i : 1337));
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.body.len, body.len);
	assert_memory_equal(answer.body.data, body.data, body.len);
	answer_free(&answer);
	client_close(&client);
	buf_free(&body);
	buf_free(&request);
	expect("POST /echo HTTP/1.1\r\n" HOST
	       "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
	       200, "abcdefg");
	expect("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 200, "");
}

static void a_request_that_comes_byte_by_byte_is_understood(void **state)
{
	static const char request[] =
	    "PUT /things/x?a=b HTTP/1.1\r\n" HOST "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	for (size_t i = 0; i < sizeof request - 1; i++)
		assert_true(client_send_bytes(&client, request + i, 1));
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body.data, "x={}");
	answer_free(&answer);
	client_close(&client);
}

static void heads_have_no_bodies(void **state)
{
	static const char *const paths[] = {"/hello", "/work", "/things/1", "/media", "/nowhere", "/media/unsized"};
	struct answer answer;
	struct client client;
	char request[200];

	(void)state;
	serve();
	client_open(&client, at.port);
	for (size_t i = 0; i < 6; i++) {
		snprintf(request, sizeof request, "HEAD %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
		client_send(&client, request);
		client_answer(&client, &answer, true);
		assert_int_equal(answer.status, i == 4 ? 404 : 200);
		if (i == 3)
			assert_string_equal(answer_header(&answer, "Content-Length"), "3000017");
		assert_int_equal(client.in.len, 0);
		answer_free(&answer);
	}
	/* The last had a length that nobody knows: the connection ends, with nothing after the head. */
	assert_false(client_receive(&client));
	client_close(&client);
}

static void paths_and_methods_that_are_not_there_are_refused(void **state)
{
	struct answer answer;

	(void)state;
	serve();
	expect_problem("GET /nowhere HTTP/1.1\r\n" HOST "\r\n", 404, "not-found");
	expect_problem("GET /hello/ HTTP/1.1\r\n" HOST "\r\n", 404, "not-found");
	expect_problem("BREW /hello HTTP/1.1\r\n" HOST "\r\n", 405, "method");
	ask(at.port, "POST /things/1 HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", &answer);
	assert_int_equal(answer.status, 405);
	assert_string_equal(answer_header(&answer, "Allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
	answer_free(&answer);
	ask(at.port, "OPTIONS /things/1 HTTP/1.1\r\n" HOST "\r\n", &answer);
	assert_int_equal(answer.status, 204);
	assert_string_equal(answer_header(&answer, "Allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
	assert_null(answer_header(&answer, "Content-Length"));
	answer_free(&answer);
	expect("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 204, "");
	expect("DELETE /things/1 HTTP/1.1\r\n" HOST "\r\n", 204, "");
}

static void bodies_are_refused_by_size_type_and_encoding(void **state)
{
	struct answer answer;

	(void)state;
	serve();
	expect_problem("GET /hello HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx", 400, "input");
	expect_problem("PUT /things/1 HTTP/1.1\r\n" HOST "Content-Type: text/html\r\nContent-Length: 2\r\n\r\n{}", 415,
		       "media-type");
	expect_problem("PUT /things/1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 415, "media-type");
	expect("PUT /things/1 HTTP/1.1\r\n" HOST
	       "Content-Type: Application/JSON; charset=UTF-8\r\nContent-Length: 2\r\n\r\n{}",
	       200, "1={}");
	ask(at.port,
	    "PUT /things/1 HTTP/1.1\r\n" HOST "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
	    "Content-Length: 2\r\n\r\n{}",
	    &answer);
	assert_int_equal(answer.status, 415);
	assert_string_equal(answer_header(&answer, "Accept-Encoding"), "identity");
	answer_free(&answer);
	expect_problem("PUT /things/1 HTTP/1.1\r\n" HOST
		       "Content-Type: application/json\r\nContent-Length: 70000\r\n\r\n",
		       413, "too-large");
	expect_problem("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n", 413, "too-large");
}

static void a_short_refused_body_does_not_cost_the_connection(void **state)
{
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	for (int i = 0; i < 3; i++) {
		client_send(&client, "POST /nowhere HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n0123456789");
		client_answer(&client, &answer, false);
		assert_int_equal(answer.status, 404);
		assert_null(answer_header(&answer, "Connection"));
		answer_free(&answer);
	}
	client_close(&client);
}

static void a_long_refused_body_is_answered_before_it_ends_and_the_answer_is_not_lost(void **state)
{
	struct answer answer;
	struct client client;
	char chunk[65536];

	(void)state;
	serve();
	memset(chunk, 'x', sizeof chunk);
	client_open(&client, at.port);
	client_send(&client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 50000000\r\n\r\n");
	for (int i = 0; i < 40; i++) /* a client that does not look before it has sent */
		if (!client_send_bytes(&client, chunk, sizeof chunk))
			break;
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 413);
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	answer_free(&answer);
	client_close(&client);
}

static void a_chunked_body_that_grows_too_long_is_refused_at_its_end(void **state)
{
	struct buf request;

	(void)state;
	serve();
	buf_init(&request, 4 << 20);
	buf_add_str(&request, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 20; i++) {
		buf_add_str(&request, "10000\r\n");
		memset(buf_extend(&request, 65536), 'y', 65536);
		buf_add_str(&request, "\r\n");
	}
	buf_add_str(&request, "0\r\n\r\n");
	expect_problem(request.data, 413, "too-large");
	buf_free(&request);
}

/* Whatever its reader makes of having had only half. */
static void a_stream_that_grows_too_long_is_refused_as_too_large(void **state)
{
	struct buf request;

	(void)state;
	serve();
	buf_init(&request, 4 << 20);
	buf_add_str(&request, "POST /short HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 3; i++) {
		buf_add_str(&request, "10000\r\n");
		memset(buf_extend(&request, 65536), 'y', 65536);
		buf_add_str(&request, "\r\n");
	}
	buf_add_str(&request, "0\r\n\r\n");
	expect_problem(request.data, 413, "too-large");
	assert_int_equal(at.read_result, ERR_LIMIT);
	buf_free(&request);
	expect("POST /short HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na", 200, "1 97");
}

static void who_expects_to_be_asked_for_the_body_is_asked_or_refused_without(void **state)
{
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	client_send(&client, "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 100);
	client_send(&client, "abc");
	client_answer(&client, &answer, false);
	assert_string_equal(answer.body.data, "abc");
	answer_free(&answer);
	client_close(&client);
	expect_problem("POST /echo HTTP/1.1\r\n" HOST
		       "X-Refuse: 1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
		       401, "unauthenticated");
	expect_problem("POST /lines HTTP/1.1\r\n" HOST
		       "X-Refuse: 1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
		       401, "unauthenticated");
	assert_int_equal(at_get(&at.refused_by_admit), 2);
}

static void a_stream_reads_as_the_body_comes(void **state)
{
	struct buf request;
	struct answer answer;
	uint64_t sum = 0;
	char expected[64];

	(void)state;
	serve();
	buf_init(&request, 8 << 20);
	buf_printf(&request, "POST /lines HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", 5000000);
	for (int i = 0; i < 5000000; i++) {
		buf_add_char(&request, (char)('a' + i % 26));
		sum += (unsigned char)('a' + i % 26);
	}
	snprintf(expected, sizeof expected, "5000000 %llu", (unsigned long long)sum);
	ask(at.port, request.data, &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body.data, expected);
	answer_free(&answer);
	buf_free(&request);
	expect("POST /lines HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n", 200,
	       "2 195");
	expect("POST /lines HTTP/1.1\r\n" HOST "\r\n", 200, "0 0");
}

static void a_stream_that_is_longer_than_its_route_allows_says_so(void **state)
{
	struct buf request;

	(void)state;
	serve();
	buf_init(&request, 4 << 20);
	buf_add_str(&request, "POST /gate HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 17; i++) {
		buf_add_str(&request, "10000\r\n");
		memset(buf_extend(&request, 65536), 'y', 65536);
		buf_add_str(&request, "\r\n");
	}
	buf_add_str(&request, "0\r\n\r\n");
	open_gate(true); /* it does not read at all: what is too much is thrown away */
	expect(request.data, 200, "through");
	buf_free(&request);
}

static void a_stream_may_answer_without_reading(void **state)
{
	struct buf request;

	(void)state;
	serve();
	buf_init(&request, 8 << 20);
	buf_printf(&request, "POST /deaf HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", 4000000);
	memset(buf_extend(&request, 4000000), 'z', 4000000);
	expect(request.data, 202, "");
	buf_free(&request);
}

static void lines_have_results_of_their_own(void **state)
{
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	expect("POST /bulk HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 200, "");
	client_open(&client, at.port);
	client_send(&client,
		    "POST /bulk HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 100);
	for (int i = 0; i < 20000; i++)
		client_send(&client,
			    i % 1000 ? "8\r\n{\"a\":1}\n\r\n"
				     : "6b\r\n12345678901234567890123456789012345678901234567890123456789012345678901"
				       "23456789012345678901234567890123456\n\r\n");
	client_send(&client, "0\r\n\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	assert_true(answer.body.len > 500000); /* some of it was in a file */
	assert_memory_equal(answer.body.data, "{\"line\":1,\"result\":\"limit\"}\n{\"line\":2,\"result\":\"ok\"}\n",
			    53);
	assert_non_null(strstr(answer.body.data, "{\"line\":20000,\"result\":\"ok\"}\n"));
	answer_free(&answer);
	client_close(&client);
}

static void events_are_sent_as_a_stream(void **state)
{
	struct answer answer;

	(void)state;
	serve();
	ask(at.port, "GET /events HTTP/1.1\r\n" HOST "Last-Event-ID: 4\r\n\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Content-Type"), "text/event-stream");
	assert_string_equal(answer_header(&answer, "X-Accel-Buffering"), "no");
	assert_string_equal(answer.body.data, "retry: 3000\n\nid: 5\nevent: job.progress\ndata: 4\n\n");
	answer_free(&answer);
}

static void check_media(const struct answer *answer, uint64_t from, uint64_t len)
{
	assert_int_equal(answer->body.len, len);
	for (uint64_t i = 0; i < len; i++)
		if (answer->body.data[i] != media_byte(from + i))
			fail_msg("byte %llu differs", (unsigned long long)i);
}

static void readers_are_sent_whole_and_in_ranges(void **state)
{
	static const char *const paths[] = {"/media", "/quick-media"};
	struct answer answer;
	char request[300];

	(void)state;
	serve();
	for (size_t i = 0; i < 2; i++) {
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
		ask(at.port, request, &answer);
		assert_int_equal(answer.status, 200);
		assert_string_equal(answer_header(&answer, "Accept-Ranges"), "bytes");
		check_media(&answer, 0, MEDIA_SIZE);
		answer_free(&answer);
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST "Range: bytes=1000-1500000\r\n\r\n",
			 paths[i]);
		ask(at.port, request, &answer);
		assert_int_equal(answer.status, 206);
		assert_string_equal(answer_header(&answer, "Content-Range"), "bytes 1000-1500000/3000017");
		check_media(&answer, 1000, 1499001);
		answer_free(&answer);
		snprintf(request, sizeof request,
			 "GET %s HTTP/1.1\r\n" HOST "Range: bytes=-17\r\nIf-Range: \"m1\"\r\n\r\n", paths[i]);
		ask(at.port, request, &answer);
		assert_int_equal(answer.status, 206);
		check_media(&answer, 3000000, 17);
		answer_free(&answer);
		snprintf(request, sizeof request,
			 "GET %s HTTP/1.1\r\n" HOST "Range: bytes=1-2\r\nIf-Range: \"m0\"\r\n\r\n", paths[i]);
		ask(at.port, request, &answer);
		assert_int_equal(answer.status, 200);
		check_media(&answer, 0, MEDIA_SIZE);
		answer_free(&answer);
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST "Range: bytes=3000017-\r\n\r\n", paths[i]);
		ask(at.port, request, &answer);
		assert_int_equal(answer.status, 416);
		assert_string_equal(answer_header(&answer, "Content-Range"), "bytes */3000017");
		answer_free(&answer);
	}
	assert_int_equal(at_get(&at.freed), 10);
}

static void a_body_of_unknown_size_is_chunked_or_ends_with_the_connection(void **state)
{
	struct answer answer;

	(void)state;
	serve();
	ask(at.port, "GET /media/unsized HTTP/1.1\r\n" HOST "\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_true(answer.whole);
	assert_string_equal(answer_header(&answer, "Transfer-Encoding"), "chunked");
	check_media(&answer, 0, MEDIA_SIZE);
	answer_free(&answer);
	ask(at.port, "GET /media/unsized HTTP/1.0\r\n\r\n", &answer);
	assert_null(answer_header(&answer, "Transfer-Encoding"));
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	check_media(&answer, 0, MEDIA_SIZE);
	answer_free(&answer);
}

static void what_cannot_be_read_to_its_end_is_cut_off(void **state)
{
	struct answer answer;

	(void)state;
	serve();
	ask(at.port, "GET /broken-reader HTTP/1.1\r\n" HOST "\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_false(answer.whole);
	assert_true(answer.body.len < MEDIA_SIZE);
	answer_free(&answer);
	ask(at.port, "POST /fail HTTP/1.1\r\n" HOST "X-Cut: 1\r\nContent-Length: 0\r\n\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_false(answer.whole);
	answer_free(&answer);
	at_wait(&at.done, 2);
	assert_false(at.last_complete);
}

static void conditions_hold_for_what_has_an_etag(void **state)
{
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /things/1 HTTP/1.1\r\n" HOST "If-None-Match: \"v0\", W/\"v1\"\r\n\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 304);
	assert_string_equal(answer_header(&answer, "ETag"), "\"v1\"");
	assert_string_equal(answer_header(&answer, "Content-Length"), "7"); /* as the 200 would have it */
	answer_free(&answer);
	client_send(&client, "GET /things/1 HTTP/1.1\r\n" HOST "If-None-Match: \"v0\"\r\n\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	client_send(&client, "GET /media HTTP/1.1\r\n" HOST "If-None-Match: *\r\n\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 304);
	answer_free(&answer);
	client_send(&client, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	client_send(&client, "GET /media/unsized HTTP/1.1\r\n" HOST "If-None-Match: *\r\n\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 304);
	answer_free(&answer);
	assert_false(client_receive(&client));
	client_close(&client);
	expect_problem("GET /things/1 HTTP/1.1\r\n" HOST "If-Match: \"v0\"\r\n\r\n", 412, "precondition");
	expect_problem("GET /things/1 HTTP/1.1\r\n" HOST "If-Match: v1\r\n\r\n", 400, "input");
}

static void our_own_faults_tell_nothing(void **state)
{
	struct answer answer;

	(void)state;
	serve();
	expect_problem("GET /bad-header HTTP/1.1\r\n" HOST "\r\n", 500, "internal");
	ask(at.port, "POST /fail HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", &answer);
	assert_int_equal(answer.status, 500);
	assert_null(strstr(answer.body.data, "secret"));
	answer_free(&answer);
}

static void a_client_that_goes_away_is_noticed(void **state)
{
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /endless HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_read_until(&client, 100000));
	client_close(&client);
	at_wait(&at.noticed, 1);
	client_open(&client, at.port);
	client_send(&client, "POST /lines HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\nabc");
	client_close(&client);
	at_wait(&at.done, 2);
	assert_false(at.last_complete);
}

static void a_detached_stream_goes_on_after_its_handler_with_heartbeats(void **state)
{
	struct client client;
	struct err e;
	enum result r = OK;

	(void)state;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /detached HTTP/1.1\r\n" HOST "\r\n");
	while (client.in.len == 0 || !strstr(client.in.data, ":\n\n"))
		assert_true(client_receive(&client));
	assert_int_equal(flow_write_now(at.kept, "data: 1\n\n", 9, &e), OK);
	while (!strstr(client.in.data, "data: 1\n\n"))
		assert_true(client_receive(&client));
	/* Both stream workers are free. */
	expect("POST /lines HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 200, "0 0");
	client_close(&client);
	while (r == OK || r == ERR_BUSY) /* until it is noticed that nobody is there */
		r = flow_write_now(at.kept, "data: 2\n\n", 9, &e);
	assert_int_equal(r, ERR_INTERRUPTED);
	flow_release(at.kept);
}

static void a_server_that_cannot_start_says_why(void **state)
{
	struct server *other = NULL;
	char address[32];

	(void)state;
	serve();
	snprintf(address, sizeof address, "127.0.0.1:%d", at.port);
	at.listen[0].address = address;
	at.settings.metrics = NULL;
	assert_int_equal(server_start(&at.settings, &other, &err), ERR_BUSY);
	assert_non_null(strstr(err.what, address));
	assert_null(other);
	at.listen[0].address = "localhost:80";
	assert_int_equal(server_start(&at.settings, &other, &err), ERR_INPUT);
	at.listen[0] = (struct server_listen){.address = "127.0.0.1:0", .tls = true};
	assert_int_equal(server_start(&at.settings, &other, &err), ERR_INPUT);
	at.listen[0] = (struct server_listen){.fd = 0};
	assert_int_equal(server_start(&at.settings, &other, &err), ERR_INPUT);
	at.listen[0] = (struct server_listen){.address = "127.0.0.1:0"};
	at.settings.connections_max = (size_t)1 << 40;
	assert_int_equal(server_start(&at.settings, &other, &err), ERR_LIMIT);
	assert_int_equal(server_reload_certificate(at.server, test_now(&at), &err), ERR_UNSUPPORTED);
}

static void several_addresses_and_handed_over_sockets_are_served(void **state)
{
	struct answer answer;
	int fd;

	(void)state;
	assert_int_equal(listen_open("127.0.0.1:0", &fd, &err), OK);
	at.listen[1] = (struct server_listen){.fd = fd};
	at.settings.listen_count = 2;
	serve();
	expect("GET /hello HTTP/1.1\r\n" HOST "\r\n", 200, "hello");
	ask(server_port(at.server, 1), "GET /hello HTTP/1.1\r\n" HOST "\r\n", &answer);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	assert_int_equal(server_port(at.server, 2), -1);
}

/* What promtool says of `text`: its exit status. */
static int promtool(const struct buf *text)
{
	FILE *tool;
	int to[2], status = -1;
	pid_t pid;

	assert_int_equal(pipe(to), 0);
	pid = fork();
	if (pid == 0) {
		dup2(to[0], 0);
		close(to[0]);
		close(to[1]);
		execlp("promtool", "promtool", "check", "metrics", (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	tool = fdopen(to[1], "w");
	assert_int_equal(fwrite(text->data, 1, text->len, tool), text->len);
	fclose(tool);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void its_figures_count_and_pass_promtool(void **state)
{
	struct buf text;
	int status;

	(void)state;
	serve();
	expect("GET /hello HTTP/1.1\r\n" HOST "\r\n", 200, "hello");
	expect_problem("GET /nowhere HTTP/1.1\r\n" HOST "\r\n", 404, "not-found");
	expect_problem("GET /bad-header HTTP/1.1\r\n" HOST "\r\n", 500, "internal");
	at_wait(&at.done, 3);
	assert_int_equal(figure_labelled("lethe_http_requests_total", "route=\"GET /hello\",class=\"2xx\""), 1);
	assert_int_equal(figure_labelled("lethe_http_requests_total", "route=\"none\",class=\"4xx\""), 1);
	assert_int_equal(figure_labelled("lethe_http_requests_total", "route=\"GET /bad-header\",class=\"5xx\""), 1);
	assert_int_equal(figure_labelled("lethe_http_request_duration_seconds_count", "route=\"GET /hello\""), 1);
	buf_init(&text, 1 << 20);
	metrics_write(at.metrics, &text);
	status = promtool(&text);
	buf_free(&text);
	if (status == 127)
		skip(); /* there is none here */
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, prepare, stop)
	    T(a_quick_route_is_answered_with_what_every_answer_has),
	    T(a_worker_answers_and_the_connection_goes_on),
	    T(pipelined_requests_are_answered_in_order),
	    T(a_body_is_whole_for_a_worker_however_it_came),
	    T(a_request_that_comes_byte_by_byte_is_understood),
	    T(heads_have_no_bodies),
	    T(paths_and_methods_that_are_not_there_are_refused),
	    T(bodies_are_refused_by_size_type_and_encoding),
	    T(a_short_refused_body_does_not_cost_the_connection),
	    T(a_long_refused_body_is_answered_before_it_ends_and_the_answer_is_not_lost),
	    T(a_chunked_body_that_grows_too_long_is_refused_at_its_end),
	    T(a_stream_that_grows_too_long_is_refused_as_too_large),
	    T(who_expects_to_be_asked_for_the_body_is_asked_or_refused_without),
	    T(a_stream_reads_as_the_body_comes),
	    T(a_stream_that_is_longer_than_its_route_allows_says_so),
	    T(a_stream_may_answer_without_reading),
	    T(lines_have_results_of_their_own),
	    T(events_are_sent_as_a_stream),
	    T(readers_are_sent_whole_and_in_ranges),
	    T(a_body_of_unknown_size_is_chunked_or_ends_with_the_connection),
	    T(what_cannot_be_read_to_its_end_is_cut_off),
	    T(conditions_hold_for_what_has_an_etag),
	    T(our_own_faults_tell_nothing),
	    T(a_client_that_goes_away_is_noticed),
	    T(a_detached_stream_goes_on_after_its_handler_with_heartbeats),
	    T(its_figures_count_and_pass_promtool),
	    T(a_server_that_cannot_start_says_why),
	    T(several_addresses_and_handed_over_sockets_are_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
