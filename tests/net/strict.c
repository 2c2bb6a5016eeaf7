/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input that a proxy in front may understand differently, or that is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/exchange.h"
#include "net/serving.h"

/* Sends it with another request after it; whatever comes, the second is never answered. */
static void refused_and_closed(const char *request, size_t len)
{
	struct answer answer;
	struct client client;

	client_open(&client, at.port);
	client_send_bytes(&client, request, len);
	client_send_bytes(&client, "GET /hello HTTP/1.1\r\n" HOST "\r\n",
			  strlen("GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	client_answer(&client, &answer, false);
	if (answer.status != 0 && (answer.status < 400 || (answer.status >= 500 && answer.status != 505)))
		fail_msg("%s was answered %d", request, answer.status);
	answer_free(&answer);
	while (client_receive(&client))
		;
	if (client.in.data && strstr(client.in.data, "hello"))
		fail_msg("after %s another request was taken", request);
	client_close(&client);
}

/* clang-format off */
#define BAD(text) {(text), sizeof(text) - 1}
/* clang-format on */

static void what_two_could_understand_differently_closes_the_connection(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {
	    /* how long is the body? */
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
	    BAD("POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3 \t4\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content_Length: 3\nTransfer-Encoding: chunked\r\n\r\n"),
	    /* which lines are there? */
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X-A: b\r\n folded\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X-A: b\r\n\tfolded\r\nX-B: c\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n X-A: b\r\n" HOST "\r\n"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encodin: x\r\n g: chunked\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\n" HOST "\r\n"),
	    BAD("GET /hello HTTP/1.1\r\nHost: localhost\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X-A: b\nX-B: c\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X-A: b\rX-B: c\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X-A: b\0c\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X\0A: b\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X-A: b\x01\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X-A: b\x7f\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST ": nameless\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X A: b\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "X-A : b\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "\xc3\xa6: b\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "no colon\r\n\r\n"),
	    /* what is asked for, and of whom? */
	    BAD("GET  /hello HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /hello  HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /hello HTTP/1.1 \r\n" HOST "\r\n"),
	    BAD("GET /hel lo HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET\t/hello HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /hello\0 HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /hello\0/x HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /hello?a=b\0 HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("G(T /hello HTTP/1.1\r\n" HOST "\r\n"),
	    BAD(" GET /hello HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /hello\r\n" HOST "\r\n"),
	    BAD("GET\r\n" HOST "\r\n"),
	    BAD("GET /hello HTTP/2.0\r\n" HOST "\r\n"),
	    BAD("GET /hello HTTP/0.9\r\n" HOST "\r\n"),
	    BAD("GET /hello http/1.1\r\n" HOST "\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "Host: other\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\nHost: user@host\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n"),
	    BAD("GET hello HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("CONNECT example.com:443 HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /a/../hello HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /%2e%2e/hello HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /things/a%2Fb HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /things/a%00b HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /hello#x HTTP/1.1\r\n" HOST "\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\nIdempotency-Key: a\r\nidempotency-key: a\r\n\r\n"),
	    BAD("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "Origin: https://a\r\nOrigin: https://b\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "Range: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n"),
	    BAD("GET /hello HTTP/1.1\r\n" HOST "User-Agent: a\r\nUser-Agent: b\r\n\r\n"),
	    /* no HTTP at all */
	    BAD("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS to a plain port \r\n\r\n"),
	    BAD("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	};

	(void)state;
	serve();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refused_and_closed(bad[i].text, bad[i].len);
	expect("GET /hello HTTP/1.1\r\n" HOST "\r\n", 200, "hello");
}

static void chunks_that_are_malformed_close_the_connection(void **state)
{
#define CHUNKED "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {
	    BAD(CHUNKED "x\r\nabc\r\n0\r\n\r\n"),    BAD(CHUNKED "3\r\nabcd\r\n0\r\n\r\n"),
	    BAD(CHUNKED "-3\r\nabc\r\n0\r\n\r\n"),   BAD(CHUNKED "3 3\r\nabc\r\n0\r\n\r\n"),
	    BAD(CHUNKED "fffffffffffffffff\r\nabc"), BAD(CHUNKED "\r\nabc\r\n0\r\n\r\n"),
	    BAD(CHUNKED "0x3\r\nabc\r\n0\r\n\r\n"),  BAD(CHUNKED ";a\r\nabc\r\n0\r\n\r\n"),
	};

	(void)state;
	serve();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refused_and_closed(bad[i].text, bad[i].len);
}

/* The library takes a bare LF in the framing of chunks. What follows such a body is not heard, so it cannot be
 * smuggled. */
static void nothing_is_taken_after_a_chunked_body(void **state)
{
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	client_send(&client, CHUNKED "3\nabc\n0\n\nGET /hello HTTP/1.1\r\n" HOST "\r\n");
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	answer_free(&answer);
	while (client_receive(&client))
		;
	assert_int_equal(client.in.len, 0);
	client_close(&client);
}

static void trailers_do_not_become_headers(void **state)
{
	(void)state;
	serve();
	expect(CHUNKED "3\r\nabc\r\n0\r\nX-Refuse: 1\r\nContent-Length: 7\r\n\r\n", 200, "abc");
	assert_int_equal(at_get(&at.refused_by_admit), 0);
}

static void a_head_that_is_too_long_is_refused_with_a_problem(void **state)
{
	struct buf request;

	(void)state;
	serve();
	buf_init(&request, 1 << 20);
	buf_add_str(&request, "GET /big/");
	for (int i = 0; i < 4200; i++)
		buf_add_char(&request, 'a');
	buf_add_str(&request, " HTTP/1.1\r\n" HOST "\r\n");
	expect_problem(request.data, 414, "target-too-long");
	buf_reset(&request);
	buf_add_str(&request, "GET /hello HTTP/1.1\r\n" HOST "X-Long: ");
	for (int i = 0; i < 8200; i++)
		buf_add_char(&request, 'a');
	buf_add_str(&request, "\r\n\r\n");
	expect_problem(request.data, 431, "headers-too-large");
	buf_reset(&request);
	for (int fields = 100; fields <= 101; fields++) {
		buf_reset(&request);
		buf_add_str(&request, "GET /hello HTTP/1.1\r\n" HOST);
		for (int i = 1; i < fields; i++) /* besides the host */
			buf_printf(&request, "X-%d: a\r\n", i);
		buf_add_str(&request, "\r\n");
		if (fields == 100)
			expect(request.data, 200, "hello");
		else
			expect_problem(request.data, 431, "headers-too-large");
	}
	buf_free(&request);
}

/* Beyond all measure it is the library that refuses, in its own words. */
static void a_head_without_end_is_refused(void **state)
{
	static const char *const starts[] = {"GET /", "GET /hello HTTP/1.1\r\n" HOST "X-Long: "};
	struct answer answer;
	struct client client;
	char chunk[4096];

	(void)state;
	serve();
	memset(chunk, 'a', sizeof chunk);
	for (size_t i = 0; i < 2; i++) {
		client_open(&client, at.port);
		client_send(&client, starts[i]);
		for (int j = 0; j < 100; j++)
			if (!client_send_bytes(&client, chunk, sizeof chunk))
				break;
		client_answer(&client, &answer, false);
		assert_true(answer.status == 0 || answer.status == (i == 0 ? 414 : 431));
		answer_free(&answer);
		client_close(&client);
	}
}

static void what_may_be_repeated_is_a_list(void **state)
{
	struct answer answer;

	(void)state;
	serve();
	ask(at.port,
	    "GET /who HTTP/1.1\r\n" HOST
	    "Accept: text/plain\r\nUser-Agent:  caf\xc3\xa9 \t\r\naccept: application/json\r\n\r\n",
	    &answer);
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body.data, "\"accept\":\"text/plain, application/json\""));
	assert_non_null(strstr(answer.body.data, "\"agent\":\"caf\xc3\xa9\""));
	assert_non_null(strstr(answer.body.data, "\"address\":\"127.0.0.1\",\"tls\":false,\"id\":\"req_"));
	answer_free(&answer);
}

static void a_trusted_proxy_is_believed_about_whom_it_speaks_for(void **state)
{
	struct address_block loopback;
	struct answer answer;

	(void)state;
	assert_int_equal(address_block_parse("127.0.0.0/8", &loopback, &err), OK);
	at.settings.proxies = &loopback;
	at.settings.proxy_count = 1;
	serve();
	ask(at.port, "GET /who HTTP/1.1\r\n" HOST "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n",
	    &answer);
	assert_non_null(strstr(answer.body.data, "\"address\":\"203.0.113.9\""));
	answer_free(&answer);
}

static void http_1_0_is_understood(void **state)
{
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	ask(at.port, "GET /hello HTTP/1.0\r\n\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	answer_free(&answer);
	client_open(&client, at.port);
	for (int i = 0; i < 2; i++) {
		client_send(&client, "GET /work HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
		client_answer(&client, &answer, false);
		assert_int_equal(answer.status, 200);
		answer_free(&answer);
	}
	client_close(&client);
}

static void empty_lines_before_a_request_are_forgiven(void **state)
{
	(void)state;
	serve();
	expect("\r\n\r\nGET /hello HTTP/1.1\r\n" HOST "\r\n", 200, "hello");
}

static void who_half_closes_after_asking_is_answered_at_once_or_taken_to_have_gone(void **state)
{
	struct answer answer;
	struct client client;

	(void)state;
	serve();
	client_open(&client, at.port);
	client_send(&client, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
	shutdown(client.fd, SHUT_WR);
	client_answer(&client, &answer, false);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	client_close(&client);
	client_open(&client, at.port);
	client_send(&client, "GET /gate HTTP/1.1\r\n" HOST "\r\n");
	at_wait(&at.at_gate, 1);
	shutdown(client.fd, SHUT_WR);
	open_gate(true);
	client_answer(&client, &answer, false);
	assert_true(answer.status == 0 || answer.status == 200);
	answer_free(&answer);
	client_close(&client);
	at_wait(&at.done, 2);
}

static enum result head_scan_bytes(const char *head, size_t len, size_t *fields)
{
	return head_scan(head, len, 4, 4, fields, &err);
}

static void the_bytes_of_a_head_are_scanned(void **state)
{
	static const char good[] = "GET\0/a?b\0HTTP/1.1\0\0Host\0 x\0\0Empty\0\0\0\0";
	size_t fields;

	(void)state;
	assert_int_equal(head_scan_bytes(good, sizeof good, &fields), OK);
	assert_int_equal(fields, 2);
	for (size_t len = 0; len < sizeof good; len++)
		assert_int_equal(head_scan_bytes(good, len, &fields), ERR_INPUT);
	for (size_t i = 0; i < sizeof good; i++) {
		char bad[sizeof good];

		memcpy(bad, good, sizeof good);
		bad[i] = '\n';
		if (i < 4 || i > 7) /* of the target only the length is looked at */
			assert_int_equal(head_scan_bytes(bad, sizeof bad, &fields), ERR_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, prepare, stop)
	    T(what_two_could_understand_differently_closes_the_connection),
	    T(chunks_that_are_malformed_close_the_connection),
	    T(nothing_is_taken_after_a_chunked_body),
	    T(trailers_do_not_become_headers),
	    T(a_head_that_is_too_long_is_refused_with_a_problem),
	    T(a_head_without_end_is_refused),
	    T(what_may_be_repeated_is_a_list),
	    T(a_trusted_proxy_is_believed_about_whom_it_speaks_for),
	    T(http_1_0_is_understood),
	    T(empty_lines_before_a_request_are_forgiven),
	    T(who_half_closes_after_asking_is_answered_at_once_or_taken_to_have_gone),
	    cmocka_unit_test(the_bytes_of_a_head_are_scanned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
