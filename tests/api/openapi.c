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

#include "api/door.h"
#include "api/openapi.h"
#include "api/resource.h"
#include "api/schemas.h"
#include "net/problem.h"
#include "shim/json_parse.h"

static struct pool pool;
static const struct json *document, *schemas;
static struct buf text;

static int set_up(void **state)
{
	struct err err;
	size_t len;
	const char *given = schemas_text(&len);

	(void)state;
	pool_init(&pool, 64 << 20);
	buf_init(&text, 16 << 20);
	if (openapi_write(&text, given, len, &err) != OK ||
	    json_parse_once(text.data, text.len, &pool, &document, &err) != OK)
		return -1;
	schemas = json_get(json_get(document, "components"), "schemas");
	return schemas != NULL ? 0 : -1;
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

/* What a generator calls its methods by: "import_3" would say nothing. */
static void no_operation_is_called_by_a_number(void **state)
{
	(void)state;
	for (const struct json *path = json_get(document, "paths")->first; path != NULL; path = path->next) {
		for (const struct json *operation = path->first; operation != NULL; operation = operation->next) {
			const char *id = json_get_text(operation, "operationId");

			assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz_"), strlen(id));
		}
	}
}

/* NULL: not there. */
static const struct json *at_pointer(const char *ref)
{
	const struct json *at = document;
	char name[128];

	assert_int_equal(strncmp(ref, "#/", 2), 0);
	for (ref += 2; at != NULL; ref += *ref == '/') {
		size_t len = strcspn(ref, "/");

		if (len == 0)
			return at;
		assert_true(len < sizeof name);
		memcpy(name, ref, len);
		name[len] = '\0';
		at = json_get(at, name);
		ref += len;
	}
	return NULL;
}

static void check_refs(const struct json *node)
{
	const char *ref = node->type == JSON_OBJECT ? json_get_text(node, "$ref") : NULL;

	if (ref != NULL && at_pointer(ref) == NULL)
		fail_msg("there is no %s", ref);
	if (node->type != JSON_OBJECT && node->type != JSON_ARRAY)
		return;
	for (const struct json *at = node->first; at != NULL; at = at->next)
		check_refs(at);
}

static void whatever_is_referred_to_is_there(void **state)
{
	(void)state;
	check_refs(document);
}

/* P47 */
static void a_session_changes_nothing_without_its_second_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < resource_count; i++) {
		const struct json *security = json_get(operation_of(resources[i].method, resources[i].path), "security");

		assert_int_equal(security->len, 2);
		assert_non_null(json_get(security->first, "token"));
		assert_non_null(json_get(security->first->next, "session"));
		assert_int_equal(json_get(security->first->next, "csrf") != NULL, resources[i].method != METHOD_GET);
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
	const struct json *schema = json_get(json_get(json_get(body, "content"), "application/json"), "schema"), *kind;

	(void)state;
	assert_non_null(schema);
	assert_false(json_get(schema, "additionalProperties")->boolean);
	assert_string_equal(json_get(schema, "required")->first->text, "reason");
	kind = json_get(json_get(json_get(schema, "properties"), "kind"), "type")->first;
	assert_string_equal(kind->text, "array");
	assert_string_equal(kind->next->text, "null");
	assert_null(json_get(operation_of(METHOD_GET, "/v1/accounts"), "requestBody"));
}

/* P47 */
static void every_answer_has_a_schema(void **state)
{
	(void)state;
	for (size_t i = 0; i < resource_count; i++) {
		if (resources[i].answer == NULL || json_get(schemas, resources[i].answer) == NULL)
			fail_msg("%s: src/api/schemas.json has no %s", resources[i].path,
				 resources[i].answer != NULL ? resources[i].answer : "name for its answer");
	}
	for (size_t i = 0; i < DOOR_COUNT; i++)
		assert_true(door_resources[i].resource.answer == NULL ||
			    json_get(schemas, door_resources[i].resource.answer) != NULL);
}

#define REF "#/components/schemas/"

static bool is_answer(const char *name)
{
	for (size_t i = 0; i < resource_count; i++) {
		if (strcmp(resources[i].answer, name) == 0)
			return true;
	}
	for (size_t i = 0; i < DOOR_COUNT; i++) {
		const char *answer = door_resources[i].resource.answer;

		if (answer != NULL && strcmp(answer, name) == 0)
			return true;
	}
	return strcmp(name, "Problem") == 0;
}

/* Whatever `node` refers to is there; with `wanted`, tells whether it refers to that. */
static bool refers_to(const struct json *node, const char *wanted)
{
	const char *ref = node->type == JSON_OBJECT ? json_get_text(node, "$ref") : NULL;
	bool found = false;

	if (ref != NULL) {
		assert_int_equal(strncmp(ref, REF, strlen(REF)), 0);
		if (json_get(schemas, ref + strlen(REF)) == NULL)
			fail_msg("%s is not there", ref);
		found = strcmp(ref + strlen(REF), wanted) == 0;
	}
	if (node->type != JSON_OBJECT && node->type != JSON_ARRAY)
		return false;
	for (const struct json *at = node->first; at != NULL; at = at->next)
		found |= refers_to(at, wanted);
	return found;
}

static void every_schema_is_an_answer_or_part_of_one(void **state)
{
	(void)state;
	for (const struct json *at = schemas->first; at != NULL; at = at->next) {
		if (!is_answer(at->name) && !refers_to(schemas, at->name))
			fail_msg("nothing refers to %s", at->name);
	}
}

/* Objects that say what members they have take no others, unless they say so; and every member is described. */
static void check_members(const struct json *node)
{
	const struct json *properties = node->type == JSON_OBJECT ? json_get(node, "properties") : NULL;

	if (properties != NULL && properties->type == JSON_OBJECT) {
		assert_non_null(json_get(node, "additionalProperties"));
		for (const struct json *at = properties->first; at != NULL; at = at->next) {
			if (json_get(at, "description") == NULL && json_get(at, "$ref") == NULL &&
			    json_get(at, "oneOf") == NULL)
				fail_msg("%s is not described", at->name);
		}
	}
	if (node->type != JSON_OBJECT && node->type != JSON_ARRAY)
		return;
	for (const struct json *at = node->first; at != NULL; at = at->next)
		check_members(at);
}

static void objects_are_closed_and_members_described(void **state)
{
	(void)state;
	check_members(schemas);
}

static const struct json *answers_of(size_t i)
{
	return json_get(operation_of(resources[i].method, resources[i].path), "responses");
}

static void each_operation_says_which_problems_it_gives(void **state)
{
	static const char *const always[] = {"400", "401", "403", "404", "429", "503", "default"};

	(void)state;
	for (size_t i = 0; i < resource_count; i++) {
		for (size_t k = 0; k < sizeof always / sizeof *always; k++)
			assert_non_null(json_get(answers_of(i), always[k]));
		assert_int_equal(json_get(answers_of(i), "409") != NULL, resources[i].flow != RESOURCE_READ);
	}
}

static bool is_tag(const char *name)
{
	for (const struct json *tag = json_get(document, "tags")->first; tag != NULL; tag = tag->next) {
		if (strcmp(json_get_text(tag, "name"), name) == 0)
			return strlen(json_get_text(tag, "description")) > 0;
	}
	return false;
}

static void assert_is_for_newcomers(const struct resource *resource)
{
	const struct json *operation = operation_of(resource->method, resource->path);

	if (json_get_text(operation, "summary") == NULL || json_get_text(operation, "description") == NULL)
		fail_msg("src/api/descriptions.json says nothing of %s %s", method_name(resource->method), resource->path);
	assert_true(is_tag(json_get(operation, "tags")->first->text));
}

static void each_operation_has_words_for_people_and_a_tag_that_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < resource_count; i++)
		assert_is_for_newcomers(&resources[i]);
	for (size_t i = 0; i < DOOR_COUNT; i++)
		assert_is_for_newcomers(&door_resources[i].resource);
}

static void each_type_of_problem_has_an_example_which_is_as_it_says(void **state)
{
	const struct json *examples = json_get(json_get(document, "components"), "examples");

	(void)state;
	for (int i = 0; i < PROBLEM_COUNT; i++) {
		const struct problem_kind *kind = problem_kind((enum problem)i);
		const struct json *value = json_get(json_get(examples, kind->word), "value");

		assert_string_equal(json_get_text(value, "type") + strlen("/problems/"), kind->word);
		assert_int_equal(json_get_int(value, "status", 0), kind->status);
	}
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

static void doors_are_described_with_who_may_come(void **state)
{
	(void)state;
	for (size_t i = 0; i < DOOR_COUNT; i++) {
		const struct door_resource *door = &door_resources[i];
		const struct json *operation = operation_of(door->resource.method, door->resource.path);
		const struct json *security = json_get(operation, "security");

		assert_true(door->resource.word_count <= DOOR_WORDS_MAX);
		assert_non_null(json_get_text(operation, "operationId"));
		assert_int_equal(security->len, door->open ? 0 : 1);
		assert_null(json_get(operation, "x-lethe-permission"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_resource_is_described_once),
		cmocka_unit_test(no_operation_is_called_by_a_number),
		cmocka_unit_test(whatever_is_referred_to_is_there),
		cmocka_unit_test(a_session_changes_nothing_without_its_second_text),
		cmocka_unit_test(the_parameters_of_paths_are_described),
		cmocka_unit_test(a_body_takes_no_other_members),
		cmocka_unit_test(every_answer_has_a_schema),
		cmocka_unit_test(doors_are_described_with_who_may_come),
		cmocka_unit_test(every_schema_is_an_answer_or_part_of_one),
		cmocka_unit_test(objects_are_closed_and_members_described),
		cmocka_unit_test(each_operation_says_which_problems_it_gives),
		cmocka_unit_test(each_operation_has_words_for_people_and_a_tag_that_is_explained),
		cmocka_unit_test(each_type_of_problem_has_an_example_which_is_as_it_says),
		cmocka_unit_test(schemas_that_are_no_json_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
