/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "net/router.h"

static struct router *router;
static struct pool pool;
static struct err err;

static enum route_outcome find(enum method method, const char *path, struct route_match *match)
{
	static struct target target;

	assert_int_equal(target_parse(path, strlen(path), &pool, &target, &err), OK);
	return router_find(router, method, &target, match);
}

static const char *allow(const char *path)
{
	static char text[ROUTER_ALLOW_MAX];
	struct target target;

	assert_int_equal(target_parse(path, strlen(path), &pool, &target, &err), OK);
	return router_allow(router, &target, text);
}

static const struct route table[] = {
    {.method = METHOD_GET, .path = "/"},
    {.method = METHOD_GET, .path = "/v1/accounts"},
    {.method = METHOD_POST, .path = "/v1/accounts"},
    {.method = METHOD_GET, .path = "/v1/accounts/{account}"},
    {.method = METHOD_DELETE, .path = "/v1/accounts/{account}"},
    {.method = METHOD_GET, .path = "/v1/accounts/{account}/holds/{hold}"},
    {.method = METHOD_GET, .path = "/v1/accounts/{account}/holds/active"},
    {.method = METHOD_POST, .path = "/v1/accounts/self/holds"},
    {.method = METHOD_GET, .path = "/v1/accounts/{name}/{what}/last"},
    {.method = METHOD_HEAD, .path = "/v1/head"},
    {.method = METHOD_GET, .path = "/v1/head"},
    {.method = METHOD_DELETE, .path = "/v1/accounts/{account}/holds/{hold}"},
};

static int make(void **state)
{
	(void)state;
	pool_init(&pool, 1 << 20);
	return router_new(table, sizeof table / sizeof *table, &router, &err) == OK ? 0 : -1;
}

static int drop(void **state)
{
	(void)state;
	router_free(router);
	router_free(NULL);
	pool_free(&pool);
	return 0;
}

static void a_path_finds_its_route_and_parameters(void **state)
{
	struct route_match match;

	(void)state;
	assert_int_equal(find(METHOD_GET, "/", &match), ROUTE_FOUND);
	assert_int_equal(match.route, 0);
	assert_int_equal(find(METHOD_POST, "/v1/accounts?x=y", &match), ROUTE_FOUND);
	assert_int_equal(match.route, 2);
	assert_int_equal(find(METHOD_GET, "/v1/accounts/acme%20inc/holds/h1", &match), ROUTE_FOUND);
	assert_int_equal(match.route, 5);
	assert_int_equal(match.count, 2);
	assert_string_equal(router_value(router, &match, "account"), "acme inc");
	assert_string_equal(router_value(router, &match, "hold"), "h1");
	assert_null(router_value(router, &match, "acc"));
	assert_null(router_value(router, &match, "accounts"));
}

static void a_literal_wins_and_is_gone_back_from(void **state)
{
	struct route_match match;

	(void)state;
	assert_int_equal(find(METHOD_GET, "/v1/accounts/a/holds/active", &match), ROUTE_FOUND);
	assert_int_equal(match.route, 6);
	assert_int_equal(match.count, 1);
	/* "self" is a literal too, but only where it leads on */
	assert_int_equal(find(METHOD_GET, "/v1/accounts/self/holds/h2", &match), ROUTE_FOUND);
	assert_int_equal(match.route, 5);
	assert_string_equal(router_value(router, &match, "account"), "self");
	assert_int_equal(find(METHOD_GET, "/v1/accounts/self", &match), ROUTE_FOUND);
	assert_int_equal(match.route, 3);
	assert_int_equal(find(METHOD_GET, "/v1/accounts/a/calls/last", &match), ROUTE_FOUND);
	assert_int_equal(match.route, 8);
	assert_string_equal(router_value(router, &match, "what"), "calls");
}

static void head_is_get_unless_it_has_a_route(void **state)
{
	struct route_match match;

	(void)state;
	assert_int_equal(find(METHOD_HEAD, "/v1/accounts", &match), ROUTE_FOUND);
	assert_int_equal(match.route, 1);
	assert_int_equal(find(METHOD_HEAD, "/v1/head", &match), ROUTE_FOUND);
	assert_int_equal(match.route, 9);
}

static void what_is_not_there_is_told_from_what_has_other_methods(void **state)
{
	struct route_match match;

	(void)state;
	assert_int_equal(find(METHOD_GET, "/v1", &match), ROUTE_NO_PATH);
	assert_int_equal(find(METHOD_GET, "/v1/accounts/", &match), ROUTE_NO_PATH);
	assert_int_equal(find(METHOD_GET, "/v1/accounts/a/holds", &match), ROUTE_NO_PATH);
	assert_int_equal(find(METHOD_GET, "/v1/accountsx", &match), ROUTE_NO_PATH);
	assert_int_equal(find(METHOD_PUT, "/v1/accounts", &match), ROUTE_NO_METHOD);
	assert_int_equal(find(METHOD_OTHER, "/v1/accounts", &match), ROUTE_NO_METHOD);
	assert_int_equal(find(METHOD_OPTIONS, "/v1/accounts", &match), ROUTE_NO_METHOD);
	assert_int_equal(find(METHOD_OPTIONS, "*", &match), ROUTE_NO_METHOD);
	assert_string_equal(allow("/v1/accounts"), "GET, HEAD, POST, OPTIONS");
	assert_string_equal(allow("/v1/accounts/a"), "GET, HEAD, DELETE, OPTIONS");
	assert_string_equal(allow("/v1/accounts/self/holds"), "POST, OPTIONS");
	/* a literal that fits has the path to itself */
	assert_int_equal(find(METHOD_DELETE, "/v1/head", &match), ROUTE_NO_METHOD);
	assert_int_equal(find(METHOD_POST, "/v1/accounts/a/holds/active", &match), ROUTE_NO_METHOD);
	assert_int_equal(find(METHOD_DELETE, "/v1/accounts/a/holds/active", &match), ROUTE_NO_METHOD);
	assert_string_equal(allow("/v1/accounts/a/holds/active"), "GET, HEAD, OPTIONS");
	assert_string_equal(allow("/v1/accounts/a/holds/h1"), "GET, HEAD, DELETE, OPTIONS");
	assert_string_equal(allow("/nowhere"), "");
	assert_string_equal(allow("*"), "");
}

static void refused(struct route a, struct route b, enum result why)
{
	struct route routes[2] = {a, b};
	struct router *none;

	assert_int_equal(router_new(routes, 2, &none, &err), why);
	assert_null(none);
	assert_non_null(strstr(err.what, b.path));
}

static void templates_that_mean_nothing_are_refused(void **state)
{
	struct route good = {.method = METHOD_GET, .path = "/a/{b}"};

	(void)state;
	refused(good, (struct route){.method = METHOD_GET, .path = "/a/{c}"}, ERR_EXISTS);
	refused(good, (struct route){.method = METHOD_GET, .path = "a"}, ERR_INPUT);
	refused(good, (struct route){.method = METHOD_GET, .path = "/a/"}, ERR_INPUT);
	refused(good, (struct route){.method = METHOD_GET, .path = "/a//b"}, ERR_INPUT);
	refused(good, (struct route){.method = METHOD_GET, .path = "/{}"}, ERR_INPUT);
	refused(good, (struct route){.method = METHOD_GET, .path = "/{a"}, ERR_INPUT);
	refused(good, (struct route){.method = METHOD_GET, .path = "/a%20b"}, ERR_INPUT);
	refused(good, (struct route){.method = METHOD_OTHER, .path = "/x"}, ERR_INPUT);
	refused(good, (struct route){.method = METHOD_GET, .path = "/{a}/{b}/{c}/{d}/{e}/{f}/{g}"}, ERR_INPUT);
	refused(good, (struct route){.method = METHOD_GET, .path = "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h"}, ERR_INPUT);
}

#define MANY 600
static void each_of_hundreds_of_routes_is_found(void **state)
{
	static char paths[MANY][64];
	static struct route routes[MANY];
	struct route_match match;

	(void)state;
	router_free(router);
	for (int i = 0; i < MANY; i++) {
		snprintf(paths[i], sizeof paths[i], "/v1/%c%d/{id}/x%d", 'a' + i % 7, i * 37 % MANY, i);
		routes[i] = (struct route){.method = (enum method)(i % 3 * 2), .path = paths[i]};
	}
	assert_int_equal(router_new(routes, MANY, &router, &err), OK);
	for (int i = 0; i < MANY; i++) {
		char path[64];

		snprintf(path, sizeof path, "/v1/%c%d/7/x%d", 'a' + i % 7, i * 37 % MANY, i);
		assert_int_equal(find(routes[i].method, path, &match), ROUTE_FOUND);
		assert_int_equal(match.route, i);
		assert_string_equal(router_value(router, &match, "id"), "7");
		assert_ptr_equal(router_route(router, i), &routes[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	    T(a_path_finds_its_route_and_parameters),   T(a_literal_wins_and_is_gone_back_from),
	    T(head_is_get_unless_it_has_a_route),       T(what_is_not_there_is_told_from_what_has_other_methods),
	    T(templates_that_mean_nothing_are_refused), T(each_of_hundreds_of_routes_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
