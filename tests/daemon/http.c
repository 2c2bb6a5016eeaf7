/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What answers when a thread cannot have what it needs.
 */
#include "world.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/http.h"
#include "net/client.h"

static struct err err;

static const char *nothing(const char *name)
{
	(void)name;
	return NULL;
}

struct asking {
	struct http http;
	struct server_settings server;
	struct pool pool;
	int before, after; /* statuses */
};

/* As a worker that could open nothing as it began. */
static int ask(struct asking *asking)
{
	struct request request = {.method = METHOD_GET, .router = asking->http.router, .pool = &asking->pool, .body = "",
				  .now = instant_now()};
	struct response response;
	int status;

	assert_ok(target_parse("/v1/accounts", strlen("/v1/accounts"), &asking->pool, &request.target, &err), &err);
	assert_int_equal(router_find(asking->http.router, METHOD_GET, &request.target, &request.match), ROUTE_FOUND);
	response_init(&response, &asking->pool);
	asking->server.handle(asking->server.arg, NULL, &request, &response);
	status = response.status;
	if (status == 503)
		assert_non_null(response_get_header(&response, "Retry-After"));
	response_free(&response);
	return status;
}

/* No file can be opened: that of the next descriptor is one too many. */
static void *ask_without_files(void *arg)
{
	struct asking *asking = arg;
	struct rlimit before, none;
	int next = dup(STDERR_FILENO);

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	asking->before = ask(asking);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	asking->after = ask(asking);
	return NULL;
}

static void a_worker_that_could_open_nothing_is_busy_until_it_can(void **state)
{
	struct world *world = *state;
	const struct settings_from from = {.text = "", .environment = nothing};
	const struct client_reach reach = {.plain = false};
	struct asking *asking = test_calloc(1, sizeof *asking);
	struct settings settings;
	pthread_t thread;

	pool_init(&asking->pool, 1 << 20);
	assert_ok(settings_read(&from, &world->pool, &settings, &err), &err);
	asking->http.vaults[0] = world->vault;
	asking->http.vault_count = 1;
	asking->http.data_dir = world->data;
	asking->http.reach = &reach;
	assert_ok(http_open(&asking->http, &settings, &err), &err);
	http_serve(&asking->http, &settings, &asking->server);
	assert_int_equal(pthread_create(&thread, NULL, ask_without_files, asking), 0);
	pthread_join(thread, NULL);
	http_close(&asking->http);
	assert_int_equal(asking->before, 503);
	assert_int_equal(asking->after, 401);
	pool_free(&asking->pool);
	test_free(asking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_worker_that_could_open_nothing_is_busy_until_it_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
