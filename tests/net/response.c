/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "crypto/primitives.h"
#include "net/headers.h"
#include "net/problem.h"

static struct pool pool;
static struct response response;
static struct request request;
static struct header fields[4];
static size_t freed;
static struct err err;

static int make(void **state)
{
	(void)state;
	pool_init(&pool, 1 << 20);
	response_init(&response, &pool);
	request =
	    (struct request){.method = METHOD_GET, .headers = fields, .pool = &pool, .id_text = "req_1", .body = ""};
	freed = 0;
	return 0;
}

static int drop(void **state)
{
	(void)state;
	response_free(&response);
	pool_free(&pool);
	return 0;
}

static void send_field(const char *name, const char *value)
{
	fields[request.header_count++] = (struct header){name, value};
}

static const char *sent(const char *name)
{
	const char *value = response_get_header(&response, name);

	return value ? value : "(none)";
}

/* --- headers ------------------------------------------------------------------ */

static void headers_are_replaced_added_and_removed(void **state)
{
	(void)state;
	response_header(&response, "Location", "/a");
	response_header(&response, "location", "/b");
	assert_string_equal(sent("Location"), "/b");
	response_header_add(&response, "Link", "1");
	response_header_add(&response, "Link", "2");
	response_header_remove(&response, "LINK");
	assert_string_equal(sent("Link"), "(none)");
	response_header(&response, "X-Last", "3");
	response_header_remove(&response, "X-Last");
	response_header(&response, "X-Next", "4");
	assert_string_equal(sent("X-Next"), "4");
	response_type(&response, "text/plain");
	assert_string_equal(sent("Content-Type"), "text/plain");
	assert_false(response.failed);
}

static void what_cannot_be_sent_fails_the_answer(void **state)
{
	static const char *const bad[] = {"a\r\nX: b", "a\nb", "a\rb", "", " a", "a ", "\x01", "\xc3\xa6"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		response.failed = false;
		response_header(&response, "X-Bad", bad[i]);
		assert_true(response.failed);
		assert_string_equal(sent("X-Bad"), "(none)");
	}
	response.failed = false;
	response_header(&response, "X: y", "z");
	assert_true(response.failed);
}

static void memory_that_runs_out_fails_the_answer(void **state)
{
	struct pool small;
	struct response other;

	(void)state;
	pool_init(&small, 8);
	response_init(&other, &small);
	response_header(&other, "X-Long", "much longer than eight bytes");
	assert_true(other.failed);
	response_free(&other);
	pool_free(&small);
}

static void a_value_that_there_was_no_memory_for_fails_the_answer(void **state)
{
	(void)state;
	response_header(&response, "Location", NULL);
	assert_true(response.failed && response.no_memory);
	assert_string_equal(sent("Location"), "(none)");
	response.failed = response.no_memory = false;
	response_header_add(&response, "Link", NULL);
	assert_true(response.failed && response.no_memory);
	response.failed = response.no_memory = false;
	response_etag(&response, NULL);
	assert_true(response.failed && response.no_memory);
	assert_null(response.etag);
}

static enum result read_nothing(void *arg, uint64_t offset, void *out, size_t len, size_t *got, struct err *e)
{
	(void)arg, (void)offset, (void)out, (void)len, (void)e;
	*got = 0;
	return OK;
}

static void count_free(void *arg)
{
	freed += arg == &freed;
}

static void a_reader_is_freed_once(void **state)
{
	(void)state;
	response_reader(&response, read_nothing, count_free, &freed, 5);
	response_reader(&response, read_nothing, count_free, &freed, 6);
	assert_int_equal(freed, 1);
	response_reader(&response, NULL, NULL, NULL, 0);
	assert_int_equal(freed, 2);
	response_reader(&response, read_nothing, NULL, NULL, RESPONSE_SIZE_UNKNOWN);
}

static void every_answer_carries_the_security_headers(void **state)
{
	(void)state;
	response_header(&response, "Cache-Control", "private, max-age=60");
	headers_add(&response, &request);
	assert_string_equal(sent("X-Content-Type-Options"), "nosniff");
	assert_string_equal(sent("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
	assert_string_equal(sent("Referrer-Policy"), "no-referrer");
	assert_string_equal(sent("Cross-Origin-Resource-Policy"), "same-origin");
	assert_string_equal(sent("Cache-Control"), "private, max-age=60"); /* what is set stays */
	assert_string_equal(sent("X-Request-Id"), "req_1");
	assert_string_equal(sent("Strict-Transport-Security"), "(none)");
	request.tls = true;
	headers_add(&response, &request);
	assert_string_equal(sent("Strict-Transport-Security"), "max-age=63072000; includeSubDomains");
}

/* --- cookies -------------------------------------------------------------------- */

static void cookies_are_for_this_host_and_no_script(void **state)
{
	char value[32];

	(void)state;
	request.tls = true;
	cookie_set(&response, &request, &(struct cookie){"session", "abc", 3600, SAME_SITE_STRICT});
	assert_string_equal(sent("Set-Cookie"),
			    "__Host-session=abc; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Strict");
	send_field("cookie", "session=wrong; __Host-session=abc");
	assert_true(cookie_get(&request, "session", value, sizeof value));
	assert_string_equal(value, "abc");
}

static void without_tls_a_cookie_has_no_prefix_as_browsers_would_drop_it(void **state)
{
	char value[32];

	(void)state;
	cookie_set(&response, &request, &(struct cookie){"session", "abc", 0, SAME_SITE_LAX});
	assert_string_equal(sent("Set-Cookie"), "session=abc; Path=/; HttpOnly; SameSite=Lax");
	response_header_remove(&response, "Set-Cookie");
	cookie_set(&response, &request, &(struct cookie){"session", NULL, 99, SAME_SITE_LAX});
	assert_string_equal(sent("Set-Cookie"), "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
	assert_false(cookie_get(&request, "session", value, sizeof value));
}

static void a_cookie_cannot_carry_attributes_in_its_value(void **state)
{
	(void)state;
	cookie_set(&response, &request, &(struct cookie){"session", "a; Domain=evil", 0, SAME_SITE_LAX});
	assert_true(response.failed);
	assert_string_equal(sent("Set-Cookie"), "(none)");
}

/* --- conditions --------------------------------------------------------------------- */

static int condition(enum method method, const char *match, const char *none, const char *etag)
{
	enum condition out;

	request.method = method;
	request.header_count = 0;
	if (match)
		send_field("if-match", match);
	if (none)
		send_field("if-none-match", none);
	return request_condition(&request, etag, &out, &err) == OK ? (int)out : -1;
}

static void conditions_are_judged_in_the_order_of_the_rfc(void **state)
{
	(void)state;
	assert_int_equal(condition(METHOD_PUT, NULL, NULL, "\"1\""), CONDITION_GO);
	assert_int_equal(condition(METHOD_PUT, "\"1\"", NULL, "\"1\""), CONDITION_GO);
	assert_int_equal(condition(METHOD_PUT, "\"0\"", NULL, "\"1\""), CONDITION_FAILED);
	assert_int_equal(condition(METHOD_PUT, "\"0\", \"1\"", NULL, "\"1\""), CONDITION_GO);
	assert_int_equal(condition(METHOD_PUT, "*", NULL, NULL), CONDITION_FAILED);
	assert_int_equal(condition(METHOD_PUT, NULL, "*", NULL), CONDITION_GO); /* make it, unless it is there */
	assert_int_equal(condition(METHOD_PUT, NULL, "*", "\"1\""), CONDITION_FAILED);
	assert_int_equal(condition(METHOD_GET, NULL, "W/\"1\"", "\"1\""), CONDITION_NOT_MODIFIED);
	assert_int_equal(condition(METHOD_HEAD, NULL, "\"1\"", "\"1\""), CONDITION_NOT_MODIFIED);
	assert_int_equal(condition(METHOD_GET, "\"0\"", "\"1\"", "\"1\""), CONDITION_FAILED);
	assert_int_equal(condition(METHOD_GET, "1", NULL, "\"1\""), -1);
	assert_string_equal(err.where, "If-Match");
	assert_int_equal(condition(METHOD_GET, NULL, "1", "\"1\""), -1);
	assert_string_equal(err.where, "If-None-Match");
}

/* --- problems ------------------------------------------------------------------------- */

static void a_problem_says_what_where_and_how_to_mend_it(void **state)
{
	(void)state;
	response_header(&response, "ETag", "\"1\"");
	response_header(&response, "Set-Cookie", "a=b");
	buf_add_str(&response.body, "half an answer");
	err_set(&err, ERR_INPUT, "the number is \"too\" long");
	err_where(&err, "identities[0].value");
	err_mend(&err, "write it as +4512345678");
	problem_from(&response, &request, &err, NULL);
	assert_int_equal(response.status, 400);
	assert_string_equal(sent("Content-Type"), "application/problem+json");
	assert_string_equal(sent("ETag"), "(none)");
	assert_string_equal(sent("Set-Cookie"), "a=b");
	assert_string_equal(response.body.data,
			    "{\"type\":\"/problems/input\",\"title\":\"Bad input\",\"status\":400,"
			    "\"detail\":\"the number is \\\"too\\\" long\",\"instance\":\"req_1\","
			    "\"field\":\"identities[0].value\",\"mend\":\"write it as +4512345678\"}");
	problem_from(&response, &request, &err, "number");
	assert_non_null(strstr(response.body.data, "\"field\":\"number\""));
}

static void what_is_our_own_affair_is_not_told(void **state)
{
	static const enum result ours[] = {ERR_CORRUPT, ERR_IO,        ERR_INTERNAL,   ERR_FULL,
					   ERR_BUSY,    ERR_NO_MEMORY, ERR_INTERRUPTED};

	(void)state;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		err_set(&err, ours[i], "/var/lib/lethe/secret failed");
		err_where(&err, "/var/lib/lethe/where");
		err_mend(&err, "chmod /var/lib/lethe/mend");
		problem_from(&response, &request, &err, NULL);
		assert_true(response.status >= 500);
		assert_null(strstr(response.body.data, "/var"));
	}
	/* A place is told only of what was given. */
	err_set(&err, ERR_EXISTS, "there is such a thing");
	err_where(&err, "/var/lib/lethe/where");
	problem_from(&response, &request, &err, NULL);
	assert_null(strstr(response.body.data, "/var"));
}

static void why_it_failed_is_noted_for_the_log_alone_and_who_is_short_of_files_is_told_to_come_again(void **state)
{
	(void)state;
	errno = EIO;
	err_sys(&err, "cannot read");
	problem_from(&response, &request, &err, NULL);
	assert_int_equal(response.status, 500);
	assert_int_equal(response.why, ERR_IO);
	assert_int_equal(response.why_system, EIO);
	errno = EMFILE;
	err_sys(&err, "cannot open");
	problem_from(&response, &request, &err, NULL);
	assert_int_equal(response.status, 503);
	assert_int_equal(response.why_system, EMFILE);
	err_set(&err, ERR_INTERNAL, "a bug");
	problem_from(&response, &request, &err, NULL);
	assert_int_equal(response.why, ERR_INTERNAL);
	assert_int_equal(response.why_system, 0);
}

static void each_result_has_its_status(void **state)
{
	static const struct {
		enum result result;
		int status;
		const char *word;
	} wanted[] = {
	    {ERR_INPUT, 400, "input"},       {ERR_NOT_FOUND, 404, "not-found"},
	    {ERR_EXISTS, 409, "conflict"},   {ERR_DENIED, 403, "denied"},
	    {ERR_GONE, 410, "gone"},         {ERR_CORRUPT, 500, "internal"},
	    {ERR_IO, 500, "internal"},       {ERR_FULL, 507, "full"},
	    {ERR_BUSY, 503, "busy"},         {ERR_LIMIT, 422, "limit"},
	    {ERR_NO_MEMORY, 503, "busy"},    {ERR_INTERRUPTED, 503, "busy"},
	    {ERR_INTERNAL, 500, "internal"}, {ERR_UNSUPPORTED, 501, "unsupported"},
	    {ERR_WRONG_STATE, 409, "state"},       {ERR_HELD, 409, "held"},
	    {ERR_CHANGED, 412, "precondition"}, {ERR_UNSEEN, 428, "precondition-required"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		const struct problem_kind *kind = problem_kind(problem_of(wanted[i].result));

		assert_int_equal(kind->status, wanted[i].status);
		assert_string_equal(kind->word, wanted[i].word);
	}
	err_set(&err, ERR_BUSY, "busy");
	problem_from(&response, &request, &err, NULL);
	assert_string_equal(sent("Retry-After"), "2");
	response_header(&response, "Retry-After", "30");
	problem_from(&response, &request, &err, NULL);
	assert_string_equal(sent("Retry-After"), "30");
}

static void each_kind_of_problem_has_a_word_of_its_own_and_is_explained(void **state)
{
	(void)state;
	for (int i = 0; i < PROBLEM_COUNT; i++) {
		const struct problem_kind *kind = problem_kind((enum problem)i);

		assert_true(kind->status >= 400 && kind->status < 600);
		assert_true(strlen(kind->word) > 0 &&
			    strspn(kind->word, "abcdefghijklmnopqrstuvwxyz-") == strlen(kind->word));
		assert_true(strlen(kind->title) > 0 && strlen(kind->about) > 20);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(kind->word, problem_kind((enum problem)j)->word);
	}
}

static void methods_are_known_by_name(void **state)
{
	(void)state;
	for (int i = 0; i < METHOD_COUNT; i++)
		assert_int_equal(method_parse(method_name((enum method)i)), i);
	assert_int_equal(method_parse("get"), METHOD_OTHER);
	assert_int_equal(method_parse(""), METHOD_OTHER);
	assert_string_equal(method_name(METHOD_OTHER), "OTHER");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	    T(headers_are_replaced_added_and_removed),
	    T(what_cannot_be_sent_fails_the_answer),
	    T(memory_that_runs_out_fails_the_answer),
	    T(a_value_that_there_was_no_memory_for_fails_the_answer),
	    T(a_reader_is_freed_once),
	    T(every_answer_carries_the_security_headers),
	    T(cookies_are_for_this_host_and_no_script),
	    T(without_tls_a_cookie_has_no_prefix_as_browsers_would_drop_it),
	    T(a_cookie_cannot_carry_attributes_in_its_value),
	    T(conditions_are_judged_in_the_order_of_the_rfc),
	    T(a_problem_says_what_where_and_how_to_mend_it),
	    T(what_is_our_own_affair_is_not_told),
	    T(why_it_failed_is_noted_for_the_log_alone_and_who_is_short_of_files_is_told_to_come_again),
	    T(each_result_has_its_status),
	    T(each_kind_of_problem_has_a_word_of_its_own_and_is_explained),
	    T(methods_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
