/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/openapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/condition.h"
#include "api/direct.h"
#include "api/door.h"
#include "api/openapi_run.h"
#include "api/schemas.h"
#include "api/version.h"
#include "api/work.h"
#include "net/problem.h"
#include "shim/json_parse.h"

#define SCHEMAS_POOL_MAX ((size_t)16 * 1024 * 1024)
#define NAME_MAX_LEN 96

/* The files that are built in, each an object: schemas by name, the others by "POST /v1/..". */
struct known { const struct json *schemas, *said, *examples; };

static const struct json *of_resource(const struct json *all, const struct resource *resource)
{
	char name[2 * NAME_MAX_LEN];

	snprintf(name, sizeof name, "%s %s", method_name(resource->method), resource->path);
	return json_get(all, name);
}

/* ---- what is asked ---- */

/* As it stands in an address, where everything is text. */
static void write_word_example(struct json_writer *w, const struct word *word, const struct json *example)
{
	const char *value = json_get_text(json_get(example, word->place == IN_PATH ? "path" : "query"), word->name);

	if (value == NULL)
		return;
	if (word->type == WORD_INT)
		json_int(w, "example", strtoll(value, NULL, 10));
	else if (word->type == WORD_FLAG)
		json_bool(w, "example", strcmp(value, "true") == 0);
	else
		json_string(w, "example", value);
}

static void write_parameter(struct json_writer *w, const struct word *word, const struct json *example)
{
	json_begin_object(w, NULL);
	json_string(w, "name", word->name);
	json_string(w, "in", word->place == IN_PATH ? "path" : "query");
	json_bool(w, "required", word->required);
	json_string(w, "description", word->about);
	write_word_example(w, word, example);
	openapi_word(w, "schema", word);
	json_end_object(w);
}

static bool is_stream(const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	return direct != NULL && direct->stream;
}

static bool is_door(const struct resource *resource)
{
	return resource->permission == PERMISSION_COUNT;
}

/* What is done is done once, if the request has a key. */
static bool takes_key(const struct resource *resource)
{
	return resource->method == METHOD_POST && resource->flow != RESOURCE_READ && !is_door(resource);
}

/* Of every POST; api/keyed.h and the doors' refusal (daemon/signin.c) say why. */
static const char *idempotency_of(const struct resource *resource)
{
	if (is_door(resource))
		return "refused";
	return takes_key(resource) ? "key" : "looks";
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

#define ETAG "(W/)?\"[!#-~]*\""
#define ETAGS "^(\\*|" ETAG "( *, *" ETAG ")*)$"

static void write_headers(struct json_writer *w, const struct resource *resource)
{
	if (takes_key(resource))
		write_header(w, "Idempotency-Key",
			     "random; who asks again with it is told what was answered, and nothing is done twice",
			     "^(\"[!#-\\[\\]-~]{1,255}\"|[!#-\\[\\]-~]{1,255})$");
	if (work_is_long(resource) && !work_is_slow(resource))
		write_header(w, "Prefer", "respond-async: it is answered at once, and done as a job", NULL);
	if (resource->method == METHOD_PUT && is_stream(resource))
		write_header(w, "If-None-Match", "*: only if there is nothing yet, else 412; what is there is never replaced", ETAGS);
	if (resource->flow != RESOURCE_READ && condition_subject(resource) != NULL && !is_stream(resource))
		write_header(w, "If-Match", "the ETag of what was read: it is done only if that is still so, else 412", ETAGS);
	else if (resource->method == METHOD_GET)
		write_header(w, "If-None-Match", "the ETag of what you have: 304 if it is still so", ETAGS);
}

static bool has_word(const struct resource *resource, const char *name)
{
	for (size_t i = 0; i < resource->word_count; i++) {
		if (strcmp(resource->words[i].name, name) == 0)
			return true;
	}
	return false;
}

static void write_parameters(struct json_writer *w, const struct resource *resource, const struct json *example)
{
	static const struct word account = {.name = "account", .type = WORD_TEXT, .place = IN_PATH, .required = true,
					    .about = "the account's id, or its name"};

	json_begin_array(w, "parameters");
	if (strstr(resource->path, "{account}") != NULL && !has_word(resource, "account"))
		write_parameter(w, &account, example);
	for (size_t i = 0; i < resource->word_count; i++) {
		if (resource->words[i].place != IN_BODY)
			write_parameter(w, &resource->words[i], example);
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
static void write_direct_body(struct json_writer *w, const struct direct_resource *direct, const struct json *example)
{
	const struct json *body = json_get(example, "body");

	json_begin_object(w, "requestBody");
	json_bool(w, "required", true);
	json_begin_object(w, "content");
	for (size_t i = 0; direct->takes != NULL && direct->takes[i] != NULL; i++) {
		json_begin_object(w, direct->takes[i]);
		if (body != NULL)
			json_node(w, "example", body);
		json_end_object(w);
	}
	if (direct->takes == NULL) {
		json_begin_object(w, "*/*");
		json_end_object(w);
	}
	json_end_object(w);
	json_end_object(w);
}

static void write_body(struct json_writer *w, const struct resource *resource, const struct json *example)
{
	const struct direct_resource *direct = direct_find(resource);

	if (direct != NULL && direct->body_max > 0)
		write_direct_body(w, direct, example);
	if (count_body(resource, false) == 0)
		return;
	json_begin_object(w, "requestBody");
	json_bool(w, "required", count_body(resource, true) > 0);
	json_begin_object(w, "content");
	json_begin_object(w, "application/json");
	if (json_get(example, "body") != NULL)
		json_node(w, "example", json_get(example, "body"));
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
			openapi_word(w, resource->words[i].name, &resource->words[i]);
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

static void write_content(struct json_writer *w, const char *type, const char *schema, const struct json *example)
{
	json_begin_object(w, "content");
	json_begin_object(w, type);
	if (schema != NULL)
		write_ref(w, schema);
	if (example != NULL)
		json_node(w, "example", example);
	json_end_object(w);
	json_end_object(w);
}

static void write_example_ref(struct json_writer *w, const char *word)
{
	char ref[NAME_MAX_LEN];

	snprintf(ref, sizeof ref, "#/components/examples/%s", word);
	json_begin_object(w, word);
	json_string(w, "$ref", ref);
	json_end_object(w);
}

/* A problem, and those of the same status that can come in its place: an example of each. */
static void write_problem_body(struct json_writer *w, const enum problem *kinds, size_t count)
{
	json_begin_object(w, "content");
	json_begin_object(w, "application/problem+json");
	write_ref(w, "Problem");
	json_begin_object(w, "examples");
	for (size_t i = 0; i < count; i++)
		write_example_ref(w, problem_kind(kinds[i])->word);
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
}

static void write_either(struct json_writer *w, const enum problem *kinds, size_t count)
{
	char text[1024];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const struct problem_kind *kind = problem_kind(kinds[i]);

		used += (size_t)snprintf(text + used, sizeof text - used, "%s`%s`: %s", i > 0 ? "\n\n" : "", kind->word, kind->about);
		INVARIANT(used < sizeof text);
	}
	json_string(w, "description", text);
	write_problem_body(w, kinds, count);
}

static void write_problem(struct json_writer *w, const enum problem *kinds, size_t count)
{
	const struct problem_kind *kind = problem_kind(kinds[0]);
	char status[16], ref[NAME_MAX_LEN];

	snprintf(status, sizeof status, "%d", kind->status);
	snprintf(ref, sizeof ref, "#/components/responses/%s", kind->word);
	json_begin_object(w, status);
	if (count == 1)
		json_string(w, "$ref", ref);
	else
		write_either(w, kinds, count);
	json_end_object(w);
}

/* What a state, a hold or a key of the request refuses. */
static void write_refusals(struct json_writer *w, const struct resource *resource)
{
	static const enum problem conflicts[] = {PROBLEM_CONFLICT, PROBLEM_STATE, PROBLEM_HELD, PROBLEM_KEY_RUNNING, PROBLEM_KEY_SPENT};
	static const enum problem precondition[] = {PROBLEM_PRECONDITION}, full[] = {PROBLEM_FULL};
	static const enum problem limits[] = {PROBLEM_LIMIT, PROBLEM_KEY_REUSED};
	bool keyed = takes_key(resource);

	write_problem(w, conflicts, keyed ? 5 : 3);
	write_problem(w, precondition, 1);
	write_problem(w, limits, keyed ? 2 : 1);
	write_problem(w, full, 1);
}

/* Would it delete something, it wants to be told what was seen of that. */
static bool wants_plan(const struct resource *resource)
{
	return has_word(resource, "plan") && (has_word(resource, "setting") || has_word(resource, "kind"));
}

static void write_problems(struct json_writer *w, const struct resource *resource)
{
	static const enum problem always[] = {PROBLEM_INPUT, PROBLEM_DENIED, PROBLEM_NOT_FOUND, PROBLEM_GONE,
					      PROBLEM_RATE,  PROBLEM_INTERNAL};
	static const enum problem busy[] = {PROBLEM_BUSY, PROBLEM_SHARE};
	static const enum problem nobody[] = {PROBLEM_UNAUTHENTICATED, PROBLEM_SECOND_FACTOR};
	static const enum problem of_bodies[] = {PROBLEM_TOO_LARGE, PROBLEM_MEDIA_TYPE};
	static const enum problem unplanned[] = {PROBLEM_PRECONDITION_REQUIRED};

	write_problem(w, nobody, strcmp(resource->operation, "session begin") == 0 ? 2 : 1);
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		write_problem(w, &always[i], 1);
	write_problem(w, busy, 2);
	for (size_t i = 0; takes_body(resource) && i < sizeof of_bodies / sizeof *of_bodies; i++)
		write_problem(w, &of_bodies[i], 1);
	if (resource->flow != RESOURCE_READ)
		write_refusals(w, resource);
	if (wants_plan(resource))
		write_problem(w, unplanned, 1);
	json_begin_object(w, "default");
	json_string(w, "description", "It was not done.");
	write_content(w, "application/problem+json", "Problem", NULL);
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
static void write_job(struct json_writer *w, const char *answer, const struct json *example)
{
	char ref[NAME_MAX_LEN];

	json_begin_object(w, "202");
	json_string(w, "description", "It is a job: Location says where.");
	write_content(w, "application/json", "Job", example);
	if (answer != NULL) {
		snprintf(ref, sizeof ref, "#/components/schemas/%s", answer);
		json_begin_object(w, "x-lethe-answer");
		json_string(w, "$ref", ref);
		json_end_object(w);
	}
	json_end_object(w);
}

static void write_answers(struct json_writer *w, const struct resource *resource, const struct known *known)
{
	const struct json *example = json_get(of_resource(known->examples, resource), "answer");
	const struct direct_resource *direct = direct_find(resource);
	const char *answer = resource->answer, *type = direct != NULL ? direct->gives : "application/json";

	if (answer != NULL && json_get(known->schemas, answer) == NULL)
		answer = NULL;
	json_begin_object(w, "responses");
	if (resource->answer == NULL && direct == NULL) {
		write_elsewhere(w);
		write_problems(w, resource);
		json_end_object(w);
		return;
	}
	if (work_is_slow(resource)) {
		write_job(w, answer, example);
		write_problems(w, resource);
		json_end_object(w);
		return;
	}
	json_begin_object(w, resource->flow == RESOURCE_MAKE ? "201" : "200");
	json_string(w, "description", resource->flow == RESOURCE_READ ? "What was asked for." : "Done, and on disk.");
	write_content(w, type, answer, example);
	json_end_object(w);
	if (direct != NULL && resource->flow == RESOURCE_MAKE) {
		json_begin_object(w, "200");
		json_string(w, "description", "It was there already, or takes the place of what was.");
		write_content(w, type, answer, NULL);
		json_end_object(w);
	}
	if (work_is_long(resource))
		write_job(w, answer, NULL);
	if (is_door(resource) && strstr(resource->path, "/callback") != NULL) {
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
static void begin_method(struct json_writer *w, const struct resource *resource, const char *name,
			 const struct known *known)
{
	const struct json *said = of_resource(known->said, resource);
	char method[16];

	snprintf(method, sizeof method, "%s", method_name(resource->method));
	for (char *at = method; *at != '\0'; at++)
		*at = (char)(*at | 0x20); /* letters only: lower case */
	json_begin_object(w, method);
	json_string(w, "operationId", name);
	json_begin_array(w, "tags");
	json_string_n(w, NULL, resource->operation, strcspn(resource->operation, " "));
	json_end_array(w);
	json_string(w, "summary", json_get_text(said, "summary"));
	json_string(w, "description", json_get_text(said, "description"));
	if (resource->method == METHOD_POST)
		json_string(w, "x-lethe-idempotency", idempotency_of(resource));
}

static void end_method(struct json_writer *w, const struct resource *resource, const struct known *known)
{
	const struct json *example = of_resource(known->examples, resource);

	write_parameters(w, resource, example);
	write_body(w, resource, example);
	write_answers(w, resource, known);
	json_end_object(w);
}

static void write_operation(struct json_writer *w, const struct resource *resource, const struct known *known)
{
	char name[NAME_MAX_LEN];

	name_operation(resource, name);
	begin_method(w, resource, name, known);
	json_string(w, "x-lethe-permission", permission_name(resource->permission));
	end_method(w, resource, known);
}

/* How people come in: for everybody, or by the cookie of a session alone. */
static void write_door(struct json_writer *w, const struct door_resource *door, const struct known *known)
{
	char name[NAME_MAX_LEN];

	write_name(door->resource.operation, name);
	begin_method(w, &door->resource, name, known);
	json_begin_array(w, "security");
	if (!door->open)
		write_scheme(w, "session");
	json_end_array(w);
	end_method(w, &door->resource, known);
}

static bool is_first_of_path(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(resources[i].path, resources[n].path) == 0)
			return false;
	}
	return true;
}

static void write_doors(struct json_writer *w, const struct known *known)
{
	for (int i = 0; i < DOOR_COUNT; i++) {
		const char *path = door_resources[i].resource.path;
		bool begun = i > 0 && strcmp(door_resources[i - 1].resource.path, path) == 0;
		bool goes_on = i + 1 < DOOR_COUNT && strcmp(door_resources[i + 1].resource.path, path) == 0;

		if (!begun)
			json_begin_object(w, path);
		write_door(w, &door_resources[i], known);
		if (!goes_on)
			json_end_object(w);
	}
}

static void write_paths(struct json_writer *w, const struct known *known)
{
	json_begin_object(w, "paths");
	write_doors(w, known);
	for (size_t i = 0; i < resource_count; i++) {
		if (!is_first_of_path(i))
			continue;
		json_begin_object(w, resources[i].path);
		for (size_t k = i; k < resource_count; k++) {
			if (strcmp(resources[k].path, resources[i].path) == 0)
				write_operation(w, &resources[k], known);
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
		const enum problem problem = (enum problem)i;

		json_begin_object(w, kind->word);
		json_string(w, "description", kind->about);
		write_problem_body(w, &problem, 1);
		json_end_object(w);
	}
	json_end_object(w);
}

/* One of each, which the responses show. */
static void write_problem_examples(struct json_writer *w)
{
	char type[NAME_MAX_LEN];

	json_begin_object(w, "examples");
	for (int i = 0; i < PROBLEM_COUNT; i++) {
		const struct problem_kind *kind = problem_kind((enum problem)i);

		snprintf(type, sizeof type, "/problems/%s", kind->word);
		json_begin_object(w, kind->word);
		json_string(w, "summary", kind->title);
		json_begin_object(w, "value");
		json_string(w, "type", type);
		json_string(w, "title", kind->title);
		json_int(w, "status", kind->status);
		json_string(w, "detail", kind->about);
		json_string(w, "instance", "req_01m818s1n1e1rvdhyf64q686cn");
		json_end_object(w);
		json_end_object(w);
	}
	json_end_object(w);
}

/* First words of operations. */
static const struct { const char *name, *about; } tags[] = {
    {"account", "Controllers whose data are kept apart: their settings, and their end"},
    {"aggregate", "What anonymised records left"},
    {"audit", "The log of every act, and its proofs"},
    {"check", "Looking for damage"},
    {"contact", "The address book"},
    {"event", "What has happened that others act on"},
    {"hold", "Legal holds: what nothing deletes"},
    {"identity", "Numbers, addresses and ids by which people are known"},
    {"import", "Bringing in records and contacts"},
    {"job", "Long work: how far it is, and what came of it"},
    {"keys", "Epochs, and ending the life of old copies"},
    {"label", "Queues, campaigns and tags"},
    {"law", "Public holidays, and how long the law lets one wait"},
    {"link", "One-time links, by which people choose a password"},
    {"obligation", "Laws by which some fields stay longer"},
    {"oidc", "Signing in at an OpenID provider"},
    {"person", "What people ask for: to see, have, correct, restrict and erase what is on them"},
    {"policy", "How long each kind is kept"},
    {"profile", "Published retention rules of real systems"},
    {"record", "Single records and their media"},
    {"retention", "What is due and when; deleting it"},
    {"session", "Signing in and out; one's password and second factor"},
    {"sessions", "Where one is signed in"},
    {"token", "What programs are let in by"},
    {"user", "Who signs in to an account"},
    {"webhook", "Telling other programs of events"},
    {"why", "Why something is kept"},
};

static void write_tags(struct json_writer *w)
{
	json_begin_array(w, "tags");
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		json_begin_object(w, NULL);
		json_string(w, "name", tags[i].name);
		json_string(w, "description", tags[i].about);
		json_end_object(w);
	}
	json_end_array(w);
}

static void write_server(struct json_writer *w)
{
	json_begin_array(w, "servers");
	json_begin_object(w, NULL);
	json_string(w, "url", "/");
	json_string(w, "description", "the daemon that serves this");
	json_end_object(w);
	json_end_array(w);
}

static void write_info(struct json_writer *w)
{
	json_string(w, "openapi", "3.1.0");
	json_begin_object(w, "info");
	json_string(w, "title", "Lethe");
	json_string(w, "version", LETHE_VERSION);
	json_string(w, "summary", "The privacy engine of a business phone system");
	json_string(w, "description",
		    "Takes in what a phone system knows about people, keeps it encrypted for as long as policy and law say, answers "
		    "each person's rights over it, and proves every step.\n\nA program sends a token (`Authorization: Bearer "
		    "lethe_..`), a browser the cookie of a session. Errors are RFC 9457 problem details: go by `type`. Lists "
		    "come by pages: `next` is the `cursor` of the next one. A POST that does something takes an "
		    "`Idempotency-Key`, with which it is done once however often it is sent; `x-lethe-idempotency` says of each POST "
		    "whether it takes one (`key`), only looks and needs none (`looks`), or refuses it, because what lets somebody in is "
		    "kept nowhere (`refused`).");
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

/* Those that are built in are as they have to be. */
static enum result read_known(const char *schemas, size_t schemas_len, struct pool *pool, struct known *out, struct err *err)
{
	size_t said_len, examples_len;
	const char *said = descriptions_text(&said_len), *examples = examples_text(&examples_len);
	enum result r = json_parse_once(schemas, schemas_len, pool, &out->schemas, err);

	if (r == OK)
		r = json_parse_once(said, said_len, pool, &out->said, err);
	return r == OK ? json_parse_once(examples, examples_len, pool, &out->examples, err) : r;
}

enum result openapi_write(struct buf *out, const char *schemas, size_t schemas_len, struct err *err)
{
	struct known known;
	struct json_writer w;
	struct pool pool;
	enum result r;

	pool_init(&pool, SCHEMAS_POOL_MAX);
	r = read_known(schemas, schemas_len, &pool, &known, err);
	if (r == OK) {
		json_writer_init(&w, out, 1);
		json_begin_object(&w, NULL);
		write_info(&w);
		write_server(&w);
		write_tags(&w);
		write_paths(&w, &known);
		json_begin_object(&w, "components");
		write_security(&w);
		write_responses(&w);
		write_problem_examples(&w);
		json_node(&w, "schemas", known.schemas);
		json_end_object(&w);
		json_end_object(&w);
		r = buf_ok(out, "the description of the API", err);
	}
	pool_free(&pool);
	return r;
}
