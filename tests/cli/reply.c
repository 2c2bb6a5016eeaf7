/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/table.h"
#include "cli/follow.h"
#include "cli/reply.h"
#include "shim/json_parse.h"

static struct call call;
static struct asked asked;
static struct err err;

static int set_up(void **state)
{
	(void)state;
	call_begin(&call, NULL, (struct instant){0});
	asked = (struct asked){.call = &call, .server = {.url = "https://lethe.example"}, .command = table_find("hold add")};
	return asked_begin(&asked) ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	call_end(&call);
	return 0;
}

static enum result read_reply(int status, const char *type, const char *text)
{
	struct ask_answer answer = {.status = status};
	struct buf body;
	enum result r;

	snprintf(answer.type, sizeof answer.type, "%s", type);
	buf_init(&body, 4096);
	buf_add_str(&body, text);
	r = reply_read(&asked, &answer, "application/json", &body, &err);
	buf_free(&body);
	return r;
}

static void a_problem_is_the_error_that_it_was_made_from(void **state)
{
	(void)state;
	assert_int_equal(ERR_INPUT, read_reply(400, "application/problem+json",
					       "{\"type\":\"/problems/input\",\"detail\":\"it is none\",\"field\":\"business_number\","
					       "\"mend\":\"leave it out\"}"));
	assert_string_equal("it is none", err.what);
	assert_string_equal("--business-number", err.where);
	assert_string_equal("leave it out", err.mend);
	assert_int_equal(ERR_LIMIT, read_reply(422, "application/problem+json",
					       "{\"type\":\"/problems/limit\",\"title\":\"Limit reached\"}"));
	assert_string_equal("Limit reached", err.what);
}

static void what_is_no_problem_of_ours_is_said_to_be_somebody_elses(void **state)
{
	static const char *const bodies[] = {"", "{", "[]", "1", "\"/problems/input\"", "{\"type\":\"about:blank\",\"title\":\"x\"}",
					     "{\"type\":\"/problems/input\"}", "{\"type\":7,\"title\":\"x\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		assert_int_equal(ERR_IO, read_reply(400, "application/problem+json", bodies[i]));
		assert_string_equal("what answers there is no Lethe: status 400", err.what);
	}
	assert_int_equal(ERR_IO, read_reply(200, "text/html", "<html>"));
	assert_int_equal(ERR_IO, read_reply(302, "application/json", "{}"));
	assert_int_equal(OK, read_reply(200, "application/json", "{}"));
}

static enum result read_id(const char *text, const char **id)
{
	struct buf body;
	enum result r;

	buf_init(&body, 4096);
	buf_add_str(&body, text);
	r = follow_id(&asked, &body, id, &err);
	buf_free(&body);
	return r;
}

/* It becomes part of an address. */
static void only_what_is_the_id_of_a_job_is_followed(void **state)
{
	const char *id;

	(void)state;
	assert_int_equal(OK, read_id("{\"id\":\"job_01h455vb4pex5vsknk084sn02q\"}", &id));
	assert_string_equal("job_01h455vb4pex5vsknk084sn02q", id);
	assert_int_equal(ERR_IO, read_id("{\"id\":\"../tokens\"}", &id));
	assert_int_equal(ERR_IO, read_id("{\"id\":1}", &id));
	assert_int_equal(ERR_IO, read_id("{}", &id));
	assert_string_equal("what answers there has begun no job", err.what);
}

static enum result end_of(const char *text)
{
	const struct json *job, *answer;

	assert_int_equal(OK, json_parse_once(text, strlen(text), &call.pool, &job, &err));
	return follow_outcome(&asked, job, &answer, &err);
}

static void a_job_ends_as_it_says(void **state)
{
	(void)state;
	assert_int_equal(OK, end_of("{\"state\":\"done\",\"answer\":{}}"));
	assert_int_equal(ERR_INTERRUPTED, end_of("{\"state\":\"cancelled\",\"answer\":null}"));
	assert_int_equal(ERR_GONE, end_of("{\"state\":\"done\",\"answer\":null}"));
	assert_int_equal(ERR_GONE, end_of("{\"state\":\"failed\",\"answer\":[]}"));
	assert_int_equal(ERR_FULL, end_of("{\"state\":\"failed\",\"status\":507,\"answer\":{\"type\":\"/problems/full\","
					  "\"title\":\"No space left\"}}"));
	assert_int_equal(ERR_IO, end_of("{\"state\":\"failed\",\"answer\":{}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_problem_is_the_error_that_it_was_made_from, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_no_problem_of_ours_is_said_to_be_somebody_elses, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(only_what_is_the_id_of_a_job_is_followed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_job_ends_as_it_says, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
