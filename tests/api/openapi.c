/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/openapi.h"
#include "api/resource.h"
#include "shim/json_parse.h"

static const char schemas[] = "{\"Hold\":{\"type\":\"object\"},\"Problem\":{\"type\":\"object\"}}";

static struct pool pool;
static const struct json *document;
static struct buf text;

static int set_up(void **state)
{
	struct err err;

	(void)state;
	pool_init(&pool, 64 << 20);
	buf_init(&text, 16 << 20);
	if (openapi_write(&text, schemas, strlen(schemas), &err) != OK)
		return -1;
	return json_parse_once(text.data, text.len, &pool, &document, &err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	buf_free(&text);
	pool_free(&pool);
	return 0;
}

static const struct json *operation_of(enum method method, const char *path)
{
	char name[16];

	snprintf(name, sizeof name, "%s", method_name(method));
	for (char *at = name; *at != '\0'; at++)
		*at = (char)(*at | 0x20);
	return json_get(json_get(json_get(document, "paths"), path), name);
}

static void every_resource_is_described_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < resource_count; i++) {
		const struct json *operation = operation_of(resources[i].method, resources[i].path);
		const char *id = json_get_text(operation, "operationId");

		assert_non_null(id);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(id, json_get_text(operation_of(resources[k].method, resources[k].path),
								  "operationId"));
	}
}

/* Every {name} of a path is a parameter in the path, and required. */
static void the_parameters_of_paths_are_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < resource_count; i++) {
		const struct json *parameters =
		    json_get(operation_of(resources[i].method, resources[i].path), "parameters");
		size_t in_path = 0, named = 0;

		for (const char *at = resources[i].path; (at = strchr(at, '{')) != NULL; at++)
			named++;
		for (const struct json *at = parameters->first; at != NULL; at = at->next) {
			if (strcmp(json_get_text(at, "in"), "path") != 0)
				continue;
			in_path++;
			assert_true(json_get(at, "required")->boolean);
		}
		assert_int_equal(in_path, named);
	}
}

static void a_body_takes_no_other_members(void **state)
{
	const struct json *body = json_get(operation_of(METHOD_POST, "/v1/accounts/{account}/holds"), "requestBody");
	const struct json *schema =
	    json_get(json_get(json_get(body, "content"), "application/json"), "schema");

	(void)state;
	assert_non_null(schema);
	assert_false(json_get(schema, "additionalProperties")->boolean);
	assert_string_equal(json_get(schema, "required")->first->text, "reason");
	assert_string_equal(json_get_text(json_get(json_get(schema, "properties"), "kind"), "type"), "array");
	assert_null(json_get(operation_of(METHOD_GET, "/v1/accounts"), "requestBody"));
}

static void given_schemas_are_in_it(void **state)
{
	(void)state;
	assert_non_null(json_get(json_get(json_get(document, "components"), "schemas"), "Hold"));
}

static void schemas_that_are_no_json_are_refused(void **state)
{
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 1 << 20);
	assert_int_equal(openapi_write(&out, "{", 1, &err), ERR_INPUT);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_resource_is_described_once),
		cmocka_unit_test(the_parameters_of_paths_are_described),
		cmocka_unit_test(a_body_takes_no_other_members),
		cmocka_unit_test(given_schemas_are_in_it),
		cmocka_unit_test(schemas_that_are_no_json_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
