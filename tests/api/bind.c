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

#include "api/bind.h"
#include "api/table.h"

/* ---- a request, made by hand ---- */

static struct pool pool;
static struct router *router;
static struct request request;
static struct err err;
static const char *field;
static struct bound bound;

static int set_up(void **state)
{
	static struct route *routes;

	(void)state;
	pool_init(&pool, 4 << 20);
	routes = calloc(resource_count, sizeof *routes);
	assert_non_null(routes);
	for (size_t i = 0; i < resource_count; i++)
		routes[i] = (struct route){.method = resources[i].method, .path = resources[i].path, .kind = ROUTE_WORKER};
	assert_int_equal(router_new(routes, resource_count, &router, &err), OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	router_free(router);
	pool_free(&pool);
	return 0;
}

static enum result bind(enum method method, const char *target, const char *body)
{
	pool_reset(&pool);
	request = (struct request){.method = method, .router = router, .pool = &pool, .body = body != NULL ? body : "",
				   .body_len = body != NULL ? strlen(body) : 0, .has_body = body != NULL};
	assert_int_equal(target_parse(target, strlen(target), &pool, &request.target, &err), OK);
	assert_int_equal(router_find(router, method, &request.target, &request.match), ROUTE_FOUND);
	field = NULL;
	return bind_request(&resources[request.match.route], &request, &bound, &field, &err);
}

/* The words, a space between. */
static const char *words(void)
{
	static char text[1024];

	text[0] = '\0';
	for (int i = 0; i < bound.argc; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "", bound.argv[i]);
	return text;
}

#define HOLDS "/v1/accounts/acme/holds"

/* ---- what gets through ---- */

static void members_become_options_and_operands_stand_last(void **state)
{
	(void)state;
	assert_int_equal(bind(METHOD_POST, HOLDS, "{\"reason\":\"case 7\",\"kind\":[\"call\",\"voicemail\"]}"), OK);
	assert_string_equal(words(), "--kind call,voicemail --reason case 7 --");
	assert_int_equal(bind(METHOD_POST, "/v1/accounts/acme/policies",
			      "{\"kind\":\"call\",\"keep\":\"90 days\",\"min_duration\":\"30 seconds\",\"grace\":0}"),
			 OK);
	assert_string_equal(words(), "--min-duration 30 seconds --grace 0 -- call 90 days");
}

static void what_is_fixed_is_always_there(void **state)
{
	(void)state;
	assert_int_equal(bind(METHOD_POST, "/v1/accounts/acme/persons/per_1/erasure", NULL), OK);
	assert_string_equal(words(), "--yes -- per_1");
}

static void a_flag_is_there_or_not(void **state)
{
	(void)state;
	assert_int_equal(bind(METHOD_POST, HOLDS "/hold_1/release", "{\"dry_run\":true}"), OK);
	assert_string_equal(words(), "--dry-run --yes -- hold_1");
	assert_int_equal(bind(METHOD_POST, HOLDS "/hold_1/release", "{\"dry_run\":false}"), OK);
	assert_string_equal(words(), "--yes -- hold_1");
}

static void a_value_stays_one_word_whatever_is_in_it(void **state)
{
	(void)state;
	assert_int_equal(bind(METHOD_POST, HOLDS, "{\"reason\":\"--data /etc -- --yes\"}"), OK);
	assert_int_equal(bound.argc, 3);
	assert_string_equal(bound.argv[1], "--data /etc -- --yes");
	assert_int_equal(bind(METHOD_POST, "/v1/accounts/acme/persons/search", "{\"who\":\"--json\"}"), OK);
	assert_string_equal(words(), "-- --json");
}

static void null_is_as_if_it_were_not_there(void **state)
{
	(void)state;
	assert_int_equal(bind(METHOD_POST, HOLDS, "{\"reason\":\"x\",\"matter\":null,\"kind\":[]}"), OK);
	assert_string_equal(words(), "--reason x --");
}

static void a_query_gives_words_too(void **state)
{
	(void)state;
	assert_int_equal(bind(METHOD_GET, "/v1/accounts/acme/retention/forecast?days=7&kind=call", NULL), OK);
	assert_string_equal(words(), "--days 7 --kind call --");
}

static void a_whole_number_may_be_written_with_a_point(void **state)
{
	(void)state;
	assert_int_equal(bind(METHOD_POST, "/v1/accounts/acme/retention/runs", "{\"max_records\":258.0,\"max_seconds\":1e3}"), OK);
	assert_string_equal(words(), "--max-records 258 --max-seconds 1000 --");
}

/* ---- what does not ---- */

static void refused(enum method method, const char *target, const char *body, const char *at, const char *what)
{
	assert_int_equal(bind(method, target, body), ERR_INPUT);
	assert_string_equal(err.what, what);
	if (at == NULL)
		assert_null(field);
	else
		assert_string_equal(field, at);
}

static void what_is_not_named_is_refused_by_its_name(void **state)
{
	(void)state;
	refused(METHOD_POST, HOLDS, "{\"reason\":\"x\",\"custodain\":\"y\"}", "custodain",
		"there is no member 'custodain' here");
	assert_string_equal(err.mend, "did you mean custodian?");
	refused(METHOD_GET, HOLDS "?data=/etc", NULL, "data", "there is no query parameter 'data' here");
	refused(METHOD_POST, HOLDS, "{\"reason\":\"x\",\"reason_file\":\"/etc/shadow\"}", "reason_file",
		"there is no member 'reason_file' here");
}

static void a_number_that_is_not_whole_is_refused(void **state)
{
	(void)state;
	refused(METHOD_POST, "/v1/accounts/acme/retention/runs", "{\"max_records\":258.5}", "max_records",
		"max_records is a number, not a whole number");
	refused(METHOD_POST, "/v1/accounts/acme/retention/runs", "{\"max_records\":1e300}", "max_records",
		"max_records is a number, not a whole number");
}

static void what_is_needed_is_named(void **state)
{
	(void)state;
	refused(METHOD_POST, HOLDS, NULL, "reason", "reason is missing");
	refused(METHOD_POST, HOLDS, "{\"reason\":\"\"}", "reason", "reason is empty");
}

/* {"reason": "x", "kind": ["call", ..]} */
static const char *many_kinds(size_t count)
{
	static char text[1024 * 1024];
	size_t len = (size_t)snprintf(text, sizeof text, "{\"reason\":\"x\",\"kind\":[");

	assert_true(len + count * strlen("\"call\",") + 2 < sizeof text);
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s\"call\"", i > 0 ? "," : "");
	snprintf(text + len, sizeof text - len, "]}");
	return text;
}

static void a_list_may_have_as_many_members_as_are_within_its_length(void **state)
{
	(void)state;
	assert_int_equal(bind(METHOD_POST, HOLDS, many_kinds(13107)), OK);
	assert_int_equal(strlen(bound.argv[1]), 13107 * strlen("call,") - 1);
	refused(METHOD_POST, HOLDS, many_kinds(13108), "kind", "kind is longer than 65536 bytes");
}

static void values_are_of_their_type(void **state)
{
	(void)state;
	refused(METHOD_POST, HOLDS, "{\"reason\":7}", "reason", "reason is an integer, not a string");
	refused(METHOD_POST, HOLDS, "{\"reason\":\"a\\u0000b\"}", "reason", "reason has a character U+0000 in it");
	refused(METHOD_POST, HOLDS, "{\"reason\":\"x\",\"kind\":\"call\"}", "kind", "kind is a string, not an array");
	refused(METHOD_POST, HOLDS, "{\"reason\":\"x\",\"kind\":[\"calls\"]}", "kind", "kind cannot be 'calls'");
	refused(METHOD_POST, HOLDS, "{\"reason\":\"x\",\"from\":\"yesterday\"}", "from", "from is no time");
	refused(METHOD_GET, "/v1/law/deadlines/C1?country=DK&from=2026-02-03", NULL, "from", "from is no time");
	refused(METHOD_GET, "/v1/accounts/acme/retention/forecast?days=many", NULL, "days", "days is no whole number");
	refused(METHOD_POST, HOLDS "/hold_1/release", "{\"dry_run\":\"yes\"}", "dry_run",
		"dry_run is a string, not true or false");
}

static void a_body_is_an_object_where_one_is_taken(void **state)
{
	(void)state;
	refused(METHOD_POST, HOLDS, "[1]", NULL, "the body is an array");
	refused(METHOD_PUT, "/v1/accounts/acme/cancellation", "{\"x\":1}", NULL, "nothing is expected in the body");
	assert_int_equal(bind(METHOD_PUT, "/v1/accounts/acme/cancellation", "{}"), OK);
	assert_int_equal(bind(METHOD_POST, HOLDS, "{\"reason\":"), ERR_INPUT);
}

/* ---- values ---- */

static enum result values_of(const char *target, const char *body, const char **values)
{
	assert_int_equal(bind(METHOD_POST, HOLDS, "{\"reason\":\"x\"}"), OK); /* makes the request */
	assert_int_equal(target_parse(target, strlen(target), &pool, &request.target, &err), OK);
	request.body = body;
	request.body_len = strlen(body);
	return bind_values(&resources[request.match.route], &request, values, &field, &err);
}

static const char *value(const char **values, const char *name)
{
	const struct resource *resource = &resources[request.match.route];

	for (size_t i = 0; i < resource->word_count; i++) {
		if (strcmp(resource->words[i].name, name) == 0)
			return values[i];
	}
	fail_msg("no word %s", name);
	return NULL;
}

static void values_come_in_the_order_of_the_table(void **state)
{
	const char *values[64] = {NULL};

	(void)state;
	assert_int_equal(values_of(HOLDS, "{\"reason\":\"-- x\",\"kind\":[\"call\",\"chat\"]}", values), OK);
	assert_string_equal(value(values, "reason"), "-- x");
	assert_string_equal(value(values, "kind"), "call,chat");
	assert_null(value(values, "matter"));
	assert_null(field);
	assert_int_equal(values_of(HOLDS, "{\"kind\":[\"call\"]}", values), ERR_INPUT);
	assert_string_equal(field, "reason");
	assert_int_equal(values_of(HOLDS, "{\"reason\":\"x\",\"matters\":\"y\"}", values), ERR_INPUT);
	assert_string_equal(field, "matters");
	assert_int_equal(values_of(HOLDS, "{\"reason\":\"x\\u0000y\"}", values), ERR_INPUT);
	assert_string_equal(field, "reason");
}

/* ---- the table ---- */

static bool is_local(const char *name)
{
	for (size_t i = 0; i < local_operation_count; i++) {
		if (strcmp(local_operations[i].operation, name) == 0)
			return true;
	}
	return false;
}

static bool has_resource(const char *name)
{
	for (size_t i = 0; i < resource_count; i++) {
		if (strcmp(resources[i].operation, name) == 0)
			return true;
	}
	return false;
}

static void every_operation_has_a_resource_or_a_reason_for_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < operation_count; i++) {
		if (has_resource(operations[i].name) == is_local(operations[i].name))
			fail_msg("'%s' has %s", operations[i].name,
				 is_local(operations[i].name) ? "both" : "neither a resource nor a reason for none");
	}
	for (size_t i = 0; i < resource_count; i++)
		assert_non_null(table_find(resources[i].operation));
}

static void the_parameters_of_a_path_are_words_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < resource_count; i++) {
		for (size_t k = 0; k < resources[i].word_count; k++) {
			const struct word *word = &resources[i].words[k];
			char name[64];

			snprintf(name, sizeof name, "{%s}", word->name);
			if (word->place == IN_PATH && strstr(resources[i].path, name) == NULL)
				fail_msg("%s has no %s", resources[i].path, name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_become_options_and_operands_stand_last),
		cmocka_unit_test(what_is_fixed_is_always_there),
		cmocka_unit_test(a_flag_is_there_or_not),
		cmocka_unit_test(a_value_stays_one_word_whatever_is_in_it),
		cmocka_unit_test(null_is_as_if_it_were_not_there),
		cmocka_unit_test(a_query_gives_words_too),
		cmocka_unit_test(what_is_not_named_is_refused_by_its_name),
		cmocka_unit_test(a_whole_number_may_be_written_with_a_point),
		cmocka_unit_test(a_number_that_is_not_whole_is_refused),
		cmocka_unit_test(what_is_needed_is_named),
		cmocka_unit_test(a_list_may_have_as_many_members_as_are_within_its_length),
		cmocka_unit_test(values_are_of_their_type),
		cmocka_unit_test(a_body_is_an_object_where_one_is_taken),
		cmocka_unit_test(values_come_in_the_order_of_the_table),
		cmocka_unit_test(every_operation_has_a_resource_or_a_reason_for_none),
		cmocka_unit_test(the_parameters_of_a_path_are_words_of_it),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
