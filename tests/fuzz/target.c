/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Request targets from any bytes: what is taken keeps every rule, and finds or does not find a route.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct route routes[] = {
    {.method = METHOD_GET, .path = "/"},
    {.method = METHOD_GET, .path = "/v1/{a}"},
    {.method = METHOD_POST, .path = "/v1/{a}/b"},
    {.method = METHOD_GET, .path = "/v1/a/{b}/{c}"},
};

static void check(const struct target *target)
{
	INVARIANT(target->segment_count <= TARGET_SEGMENTS_MAX && target->param_count <= TARGET_PARAMS_MAX);
	for (size_t i = 0; i < target->segment_count; i++) {
		const char *segment = target->segments[i];

		INVARIANT(text_is_utf8(segment, strlen(segment)) && !strchr(segment, '/'));
		INVARIANT(strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0);
		INVARIANT(*segment != '\0' || i + 1 == target->segment_count);
	}
	for (size_t i = 0; i < target->param_count; i++) {
		const char *value = NULL;
		struct err err;

		INVARIANT(text_is_utf8(target->params[i].value, strlen(target->params[i].value)));
		INVARIANT(target_param(target, target->params[i].name, &value, &err) == ERR_INPUT ||
			  value == target->params[i].value);
	}
}

static void find(const struct router *router, const struct target *target)
{
	char allow[ROUTER_ALLOW_MAX];
	struct route_match match;

	router_allow(router, target, allow);
	for (int i = 0; i <= METHOD_OTHER; i++) {
		enum route_outcome outcome = router_find(router, (enum method)i, target, &match);

		INVARIANT(outcome != ROUTE_NO_PATH || allow[0] == '\0');
		if (outcome == ROUTE_FOUND && match.count > 0)
			INVARIANT(match.values[match.count - 1][0] != '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct router *router;
	struct target target;
	struct pool pool;
	struct err err;

	if (!router && router_new(routes, sizeof routes / sizeof *routes, &router, &err) != OK)
		abort();
	pool_init(&pool, (size_t)16 * 1024 * 1024);
	if (target_parse((const char *)data, size, &pool, &target, &err) == OK) {
		check(&target);
		find(router, &target);
	} else {
		INVARIANT(err.what[0]);
	}
	pool_free(&pool);
	return 0;
}
