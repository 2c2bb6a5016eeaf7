/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/openapi.h"

#include <stdio.h>
#include <string.h>

#include "api/bind.h"
#include "api/condition.h"
#include "api/direct.h"
#include "api/door.h"
#include "api/table.h"
#include "api/version.h"
#include "api/work.h"
#include "net/problem.h"
#include "shim/json_parse.h"

#define SCHEMAS_POOL_MAX ((size_t)16 * 1024 * 1024)
#define NAME_MAX_LEN 96

/* ---- types ---- */

/* A member of a body that need not be there may be null: then it is not. */
static bool may_be_null(const struct word *word)
{
	return word->place == IN_BODY && !word->required;
}

static void write_type(struct json_writer *w, const struct word *word, const char *type)
{
	if (!may_be_null(word)) {
		json_string(w, "type", type);
		return;
	}
	json_begin_array(w, "type");
	json_string(w, NULL, type);
	json_string(w, NULL, "null");
	json_end_array(w);
}

static void write_choices(struct json_writer *w, const char *choices, bool null)
{
	json_begin_array(w, "enum");
	for (const char *at = choices; *at != '\0'; at += *at == '|') {
		size_t len = strcspn(at, "|");

		json_string_n(w, NULL, at, len);
		at += len;
	}
	if (null)
		json_null(w, NULL);
	json_end_array(w);
}

static void write_string(struct json_writer *w, const struct word *word)
{
	write_type(w, word, "string");
	if (word->type == WORD_DAY)
		json_string(w, "format", "date");
	if (word->type == WORD_INSTANT)
		json_string(w, "format", "date-time");
	if (word->type == WORD_CHOICE)
		write_choices(w, word->choices, may_be_null(word));
	if (word->type == WORD_TEXT)
		json_int(w, "maxLength", word->place == IN_BODY ? BIND_TEXT_MAX : BIND_WORD_MAX);
	if (word->type == WORD_TEXT && word->required)
		json_int(w, "minLength", 1);
}

/* A day or an instant. */
static void write_time(struct json_writer *w, const struct word *word)
{
	static const char *const formats[] = {"date-time", "date"};

	write_type(w, word, "string");
	json_begin_array(w, "anyOf");
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		json_begin_object(w, NULL);
		json_string(w, "format", formats[i]);
		json_end_object(w);
	}
	json_end_array(w);
}

static void write_list(struct json_writer *w, const struct word *word)
{
	write_type(w, word, "array");
	json_begin_object(w, "items");
	json_string(w, "type", "string");
	if (word->choices != NULL)
		write_choices(w, word->choices, false);
	json_end_object(w);
}

static void write_schema(struct json_writer *w, const char *name, const struct word *word)
{
	json_begin_object(w, name);
	switch (word->type) {
	case WORD_INT:
		write_type(w, word, "integer");
		break;
	case WORD_FLAG:
		write_type(w, word, "boolean");
		break;
	case WORD_TIME:
		write_time(w, word);
		break;
	case WORD_LIST:
		write_list(w, word);
		break;
	case WORD_TEXT:
	case WORD_DAY:
	case WORD_INSTANT:
	case WORD_CHOICE:
		write_string(w, word);
		break;
	}
	if (word->place == IN_BODY)
		json_string(w, "description", word->about);
	json_end_object(w);
}

/* ---- what is asked ---- */

static void write_parameter(struct json_writer *w, const struct word *word)
{
	json_begin_object(w, NULL);
	json_string(w, "name", word->name);
	json_string(w, "in", word->place == IN_PATH ? "path" : "query");
	json_bool(w, "required", word->required);
	json_string(w, "description", word->about);
	write_schema(w, "schema", word);
	json_end_object(w);
}

static bool is_stream(const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	return direct != NULL && direct->stream;
}

/* What is done is done once, if the request has a key. Lines in a stream have ids of their own. */
static bool takes_key(const struct resource *resource)
{
	return resource->method == METHOD_POST && resource->flow != RESOURCE_READ && !is_stream(resource);
}

static void write_header(struct json_writer *w, const char *name, const char *about, const char *pattern)
{
	json_begin_object(w, NULL);
	json_string(w, "name", name);
	json_string(w, "in", "header");
	json_bool(w, "required", false);
	json_string(w, "description", about);
	json_begin_object(w, "schema");
	json_string(w, "type", "string");
	if (pattern != NULL)
		json_string(w, "pattern", pattern);
	json_end_object(w);
	json_end_object(w);
}

static void write_headers(struct json_writer *w, const struct resource *resource)
{
	if (takes_key(resource))
		write_header(w, "Idempotency-Key",
			     "random; who asks again with it is told what was answered, and nothing is done twice",
			     "^(\"[!#-\\[\\]-~]{1,255}\"|[!#-\\[\\]-~]{1,255})$");
	if (work_is_long(resource) && !work_is_slow(resource))
		write_header(w, "Prefer", "respond-async: it is answered at once, and done as a job", NULL);
	if (resource->method == METHOD_PUT && is_stream(resource))
		write_header(w, "If-None-Match", "*: only if there is nothing yet, else 412; what is there is never replaced", NULL);
	if (resource->flow != RESOURCE_READ && condition_subject(resource) != NULL && !is_stream(resource))
		write_header(w, "If-Match", "the ETag of what was read: it is done only if that is still so, else 412", NULL);
	else if (resource->method == METHOD_GET)
		write_header(w, "If-None-Match", "the ETag of what you have: 304 if it is still so", NULL);
}

static bool has_word(const struct resource *resource, const char *name)
{
	for (size_t i = 0; i < resource->word_count; i++) {
		if (strcmp(resource->words[i].name, name) == 0)
			return true;
	}
	return false;
}

static void write_parameters(struct json_writer *w, const struct resource *resource)
{
	static const struct word account = {.name = "account", .type = WORD_TEXT, .place = IN_PATH, .required = true,
					    .about = "the account's id, or its name"};

	json_begin_array(w, "parameters");
	if (strstr(resource->path, "{account}") != NULL && !has_word(resource, "account"))
		write_parameter(w, &account);
	for (size_t i = 0; i < resource->word_count; i++) {
		if (resource->words[i].place != IN_BODY)
			write_parameter(w, &resource->words[i]);
	}
	write_headers(w, resource);
	json_end_array(w);
}

static size_t count_body(const struct resource *resource, bool required_only)
{
	size_t count = 0;

	for (size_t i = 0; i < resource->word_count; i++)
		count += resource->words[i].place == IN_BODY && (!required_only || resource->words[i].required);
	return count;
}

static bool takes_body(const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	return count_body(resource, false) > 0 || (direct != NULL && direct->body_max > 0);
}

/* What is no document of words: by its media types alone. */
static void write_direct_body(struct json_writer *w, const struct direct_resource *direct)
{
	json_begin_object(w, "requestBody");
	json_bool(w, "required", true);
	json_begin_object(w, "content");
	for (size_t i = 0; direct->takes != NULL && direct->takes[i] != NULL; i++) {
		json_begin_object(w, direct->takes[i]);
		json_end_object(w);
	}
	if (direct->takes == NULL) {
		json_begin_object(w, "*/*");
		json_end_object(w);
	}
	json_end_object(w);
	json_end_object(w);
}

static void write_body(struct json_writer *w, const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	if (direct != NULL && direct->body_max > 0)
		write_direct_body(w, direct);
	if (count_body(resource, false) == 0)
		return;
	json_begin_object(w, "requestBody");
	json_bool(w, "required", count_body(resource, true) > 0);
	json_begin_object(w, "content");
	json_begin_object(w, "application/json");
	json_begin_object(w, "schema");
	json_string(w, "type", "object");
	json_bool(w, "additionalProperties", false);
	if (count_body(resource, true) > 0) {
		json_begin_array(w, "required");
		for (size_t i = 0; i < resource->word_count; i++) {
			if (resource->words[i].place == IN_BODY && resource->words[i].required)
				json_string(w, NULL, resource->words[i].name);
		}
		json_end_array(w);
	}
	json_begin_object(w, "properties");
	for (size_t i = 0; i < resource->word_count; i++) {
		if (resource->words[i].place == IN_BODY)
			write_schema(w, resource->words[i].name, &resource->words[i]);
	}
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
}

/* ---- what is answered ---- */

static void write_ref(struct json_writer *w, const char *schema)
{
	char ref[NAME_MAX_LEN];

	snprintf(ref, sizeof ref, "#/components/schemas/%s", schema);
	json_begin_object(w, "schema");
	json_string(w, "$ref", ref);
	json_end_object(w);
}

static void write_content(struct json_writer *w, const char *type, const char *schema)
{
	json_begin_object(w, "content");
	json_begin_object(w, type);
	if (schema != NULL)
		write_ref(w, schema);
	json_end_object(w);
	json_end_object(w);
}

static void write_problem_ref(struct json_writer *w, enum problem problem)
{
	const struct problem_kind *kind = problem_kind(problem);
	char status[16], ref[NAME_MAX_LEN];

	snprintf(status, sizeof status, "%d", kind->status);
	snprintf(ref, sizeof ref, "#/components/responses/%s", kind->word);
	json_begin_object(w, status);
	json_string(w, "$ref", ref);
	json_end_object(w);
}

static void write_problems(struct json_writer *w, const struct resource *resource)
{
	static const enum problem always[] = {PROBLEM_INPUT,  PROBLEM_UNAUTHENTICATED, PROBLEM_DENIED,
					      PROBLEM_NOT_FOUND, PROBLEM_GONE,	       PROBLEM_RATE,
					      PROBLEM_INTERNAL,	 PROBLEM_BUSY};
	static const enum problem of_bodies[] = {PROBLEM_TOO_LARGE, PROBLEM_MEDIA_TYPE};
	static const enum problem of_writes[] = {PROBLEM_CONFLICT, PROBLEM_PRECONDITION, PROBLEM_LIMIT, PROBLEM_FULL};

	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		write_problem_ref(w, always[i]);
	for (size_t i = 0; takes_body(resource) && i < sizeof of_bodies / sizeof *of_bodies; i++)
		write_problem_ref(w, of_bodies[i]);
	for (size_t i = 0; resource->flow != RESOURCE_READ && i < sizeof of_writes / sizeof *of_writes; i++)
		write_problem_ref(w, of_writes[i]);
	if (has_word(resource, "plan") && has_word(resource, "keep") + has_word(resource, "setting") + has_word(resource, "kind") > 0)
		write_problem_ref(w, PROBLEM_PRECONDITION_REQUIRED);
	json_begin_object(w, "default");
	json_string(w, "description", "It was not done.");
	write_content(w, "application/problem+json", "Problem");
	json_end_object(w);
}

/* A door that sends the browser to somebody else. */
static void write_elsewhere(struct json_writer *w)
{
	json_begin_object(w, "302");
	json_string(w, "description", "It goes on there.");
	json_begin_object(w, "headers");
	json_begin_object(w, "Location");
	json_string(w, "description", "where");
	json_bool(w, "required", true);
	json_begin_object(w, "schema");
	json_string(w, "type", "string");
	json_string(w, "format", "uri");
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
}

/* `answer` is what the job's answer is, in the end. */
static void write_job(struct json_writer *w, const char *answer)
{
	char ref[NAME_MAX_LEN];

	json_begin_object(w, "202");
	json_string(w, "description", "It is a job: Location says where.");
	write_content(w, "application/json", "Job");
	if (answer != NULL) {
		snprintf(ref, sizeof ref, "#/components/schemas/%s", answer);
		json_begin_object(w, "x-lethe-answer");
		json_string(w, "$ref", ref);
		json_end_object(w);
	}
	json_end_object(w);
}

static void write_answers(struct json_writer *w, const struct resource *resource, const struct json *schemas)
{
	const struct direct_resource *direct = direct_find(resource);
	const char *answer = resource->answer, *type = direct != NULL ? direct->gives : "application/json";

	if (answer != NULL && json_get(schemas, answer) == NULL)
		answer = NULL;
	json_begin_object(w, "responses");
	if (resource->answer == NULL && direct == NULL) {
		write_elsewhere(w);
		write_problems(w, resource);
		json_end_object(w);
		return;
	}
	if (work_is_slow(resource)) {
		write_job(w, answer);
		write_problems(w, resource);
		json_end_object(w);
		return;
	}
	json_begin_object(w, resource->flow == RESOURCE_MAKE ? "201" : "200");
	json_string(w, "description", resource->flow == RESOURCE_READ ? "What was asked for." : "Done, and on disk.");
	write_content(w, type, answer);
	json_end_object(w);
	if (direct != NULL && resource->flow == RESOURCE_MAKE) {
		json_begin_object(w, "200");
		json_string(w, "description", "It was there already, or takes the place of what was.");
		write_content(w, type, answer);
		json_end_object(w);
	}
	if (work_is_long(resource))
		write_job(w, answer);
	if (resource->permission == PERMISSION_COUNT && strstr(resource->path, "/callback") != NULL) {
		json_begin_object(w, "303");
		json_string(w, "description", "A browser that wants a page (Accept: text/html) is signed in, and goes on to /signed-in.");
		json_end_object(w);
	}
	if (resource->method == METHOD_GET) {
		json_begin_object(w, "304");
		json_string(w, "description", "What you have is still so.");
		json_end_object(w);
	}
	write_problems(w, resource);
	json_end_object(w);
}

/* ---- operations ---- */

/* "hold add" is "hold_add". */
static void write_name(const char *operation, char out[NAME_MAX_LEN])
{
	snprintf(out, NAME_MAX_LEN, "%s", operation);
	for (char *at = out; *at != '\0'; at++)
		*at = *at == ' ' || *at == '-' ? '_' : *at;
}

/* "hold_add"; of several resources of one operation the later ones say their method too. */
static void name_operation(const struct resource *resource, char out[NAME_MAX_LEN])
{
	char numbered[NAME_MAX_LEN];
	int times = 0;

	for (const struct resource *at = resources; at < resource; at++)
		times += strcmp(at->operation, resource->operation) == 0;
	snprintf(numbered, sizeof numbered, times > 0 ? "%s_%d" : "%s", resource->operation, times + 1);
	write_name(numbered, out);
}

static void write_scheme(struct json_writer *w, const char *scheme)
{
	json_begin_object(w, NULL);
	json_begin_array(w, scheme);
	json_end_array(w);
	json_end_object(w);
}

/* Begins the object of a method, with what each has. */
static void begin_method(struct json_writer *w, const struct resource *resource, const char *name, const char *summary)
{
	char method[16];

	snprintf(method, sizeof method, "%s", method_name(resource->method));
	for (char *at = method; *at != '\0'; at++)
		*at = (char)(*at | 0x20); /* letters only: lower case */
	json_begin_object(w, method);
	json_string(w, "operationId", name);
	json_begin_array(w, "tags");
	json_string_n(w, NULL, resource->operation, strcspn(resource->operation, " "));
	json_end_array(w);
	json_string(w, "summary", summary);
}

static void end_method(struct json_writer *w, const struct resource *resource, const struct json *schemas)
{
	write_parameters(w, resource);
	write_body(w, resource);
	write_answers(w, resource, schemas);
	json_end_object(w);
}

static void write_operation(struct json_writer *w, const struct resource *resource, const struct json *schemas)
{
	const struct operation *operation = table_find(resource->operation);
	char name[NAME_MAX_LEN];

	name_operation(resource, name);
	begin_method(w, resource, name, operation->summary);
	if (operation->help[0] != '\0')
		json_string(w, "description", operation->help);
	json_string(w, "x-lethe-permission", permission_name(resource->permission));
	end_method(w, resource, schemas);
}

/* How people come in: for everybody, or by the cookie of a session alone. */
static void write_door(struct json_writer *w, const struct door_resource *door, const struct json *schemas)
{
	char name[NAME_MAX_LEN];

	write_name(door->resource.operation, name);
	begin_method(w, &door->resource, name, door->summary);
	json_begin_array(w, "security");
	if (!door->open)
		write_scheme(w, "session");
	json_end_array(w);
	end_method(w, &door->resource, schemas);
}

static bool is_first_of_path(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(resources[i].path, resources[n].path) == 0)
			return false;
	}
	return true;
}

static void write_doors(struct json_writer *w, const struct json *schemas)
{
	for (int i = 0; i < DOOR_COUNT; i++) {
		const char *path = door_resources[i].resource.path;
		bool begun = i > 0 && strcmp(door_resources[i - 1].resource.path, path) == 0;
		bool goes_on = i + 1 < DOOR_COUNT && strcmp(door_resources[i + 1].resource.path, path) == 0;

		if (!begun)
			json_begin_object(w, path);
		write_door(w, &door_resources[i], schemas);
		if (!goes_on)
			json_end_object(w);
	}
}

static void write_paths(struct json_writer *w, const struct json *schemas)
{
	json_begin_object(w, "paths");
	write_doors(w, schemas);
	for (size_t i = 0; i < resource_count; i++) {
		if (!is_first_of_path(i))
			continue;
		json_begin_object(w, resources[i].path);
		for (size_t k = i; k < resource_count; k++) {
			if (strcmp(resources[k].path, resources[i].path) == 0)
				write_operation(w, &resources[k], schemas);
		}
		json_end_object(w);
	}
	json_end_object(w);
}

static void write_security(struct json_writer *w)
{
	json_begin_object(w, "securitySchemes");
	json_begin_object(w, "token");
	json_string(w, "type", "http");
	json_string(w, "scheme", "bearer");
	json_string(w, "bearerFormat", "lethe_[aosi][0-9A-Za-z]{49}");
	json_string(w, "description", "What `lethe token create` prints once, or POST /v1/accounts/{account}/tokens answers.");
	json_end_object(w);
	json_begin_object(w, "session");
	json_string(w, "type", "apiKey");
	json_string(w, "in", "cookie");
	json_string(w, "name", "__Host-lethe");
	json_string(w, "description", "Set by POST /v1/session. Without TLS it is called lethe. What is no GET needs X-Lethe-CSRF too.");
	json_end_object(w);
	json_end_object(w);
}

/* Each problem once, under its word; operations name those they can give. */
static void write_responses(struct json_writer *w)
{
	json_begin_object(w, "responses");
	for (int i = 0; i < PROBLEM_COUNT; i++) {
		const struct problem_kind *kind = problem_kind((enum problem)i);

		json_begin_object(w, kind->word);
		json_string(w, "description", kind->about);
		write_content(w, "application/problem+json", "Problem");
		json_end_object(w);
	}
	json_end_object(w);
}

static void write_info(struct json_writer *w)
{
	json_string(w, "openapi", "3.1.0");
	json_begin_object(w, "info");
	json_string(w, "title", "Lethe");
	json_string(w, "version", LETHE_VERSION);
	json_string(w, "summary", "The privacy engine of a business phone system");
	json_begin_object(w, "license");
	json_string(w, "name", "Apache-2.0");
	json_string(w, "identifier", "Apache-2.0");
	json_end_object(w);
	json_end_object(w);
	json_begin_array(w, "security");
	write_scheme(w, "token");
	write_scheme(w, "session");
	json_end_array(w);
}

enum result openapi_write(struct buf *out, const char *schemas, size_t schemas_len, struct err *err)
{
	const struct json *known;
	struct json_writer w;
	struct pool pool;
	enum result r;

	pool_init(&pool, SCHEMAS_POOL_MAX);
	r = json_parse_once(schemas, schemas_len, &pool, &known, err);
	if (r == OK) {
		json_writer_init(&w, out, 1);
		json_begin_object(&w, NULL);
		write_info(&w);
		write_paths(&w, known);
		json_begin_object(&w, "components");
		write_security(&w);
		write_responses(&w);
		json_node(&w, "schemas", known);
		json_end_object(&w);
		json_end_object(&w);
		r = buf_ok(out, "the description of the API", err);
	}
	pool_free(&pool);
	return r;
}
