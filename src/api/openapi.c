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

const struct json *openapi_of_resource(const struct json *all, const struct resource *resource)
{
	char name[2 * OPENAPI_NAME_MAX];

	snprintf(name, sizeof name, "%s %s", method_name(resource->method), resource->path);
	return json_get(all, name);
}

void openapi_ref(struct json_writer *w, const char *name, const char *where, const char *what)
{
	char ref[OPENAPI_NAME_MAX];

	snprintf(ref, sizeof ref, "#/components/%s/%s", where, what);
	json_begin_object(w, name);
	json_string(w, "$ref", ref);
	json_end_object(w);
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

bool openapi_is_stream(const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	return direct != NULL && direct->stream;
}

bool openapi_is_door(const struct resource *resource)
{
	return resource->permission == PERMISSION_COUNT;
}

bool openapi_takes_key(const struct resource *resource)
{
	return resource->method == METHOD_POST && resource->flow != RESOURCE_READ && !openapi_is_door(resource);
}

bool openapi_has_etag(const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	if (resource->method != METHOD_GET || openapi_is_door(resource))
		return false;
	return direct == NULL || strcmp(direct->gives, "*/*") == 0;
}

/* Of every POST; api/keyed.h and the doors' refusal (daemon/signin.c) say why. */
static const char *idempotency_of(const struct resource *resource)
{
	if (openapi_is_door(resource))
		return "refused";
	return openapi_takes_key(resource) ? "key" : "looks";
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

#define REASON "^[0-9A-Za-z._-]{1,64}$"
#define ETAG "(W/)?\"[!#-~]*\""
#define ETAGS "^(\\*|" ETAG "( *, *" ETAG ")*)$"

/* What is read, as a whole or a part of it. */
static void write_reading_headers(struct json_writer *w, const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	write_header(w, "If-None-Match", "the ETag of what you have: 304 if it is still so", ETAGS);
	if (direct == NULL || strcmp(direct->gives, "*/*") != 0)
		return;
	write_header(w, "Range", "a part: bytes=0-99999; of several nothing is left out", NULL);
	write_header(w, "If-Range", "the ETag of what you have the rest of: all of it, if it is another by now", NULL);
}

/* What is changed, if it is what was read. */
static void write_writing_headers(struct json_writer *w, const struct resource *resource)
{
	bool file = resource->method == METHOD_PUT && openapi_is_stream(resource);

	if (openapi_takes_key(resource))
		write_header(w, "Idempotency-Key",
			     "random; who asks again with it is told what was answered, and nothing is done twice",
			     "^(\"[!#-\\[\\]-~]{1,255}\"|[!#-\\[\\]-~]{1,255})$");
	if (work_is_long(resource) && !work_is_slow(resource))
		write_header(w, "Prefer", "respond-async: it is answered at once, and done as a job", NULL);
	if (file) {
		write_header(w, "If-None-Match", "*: only if there is nothing yet, else 412; what is there is never replaced", ETAGS);
		write_header(w, "Content-Digest", "sha-256=:<base64>: of what is sent (RFC 9530), checked before it is there", NULL);
		write_header(w, "Repr-Digest", "the same", NULL);
	}
	if (condition_subject(resource) != NULL && !openapi_is_stream(resource))
		write_header(w, "If-Match", "the ETag of what was read: it is done only if that is still so, else 412", ETAGS);
}

static void write_headers(struct json_writer *w, const struct resource *resource)
{
	if (resource->flow != RESOURCE_READ)
		write_writing_headers(w, resource);
	else if (openapi_has_etag(resource))
		write_reading_headers(w, resource);
	if (!openapi_is_door(resource))
		write_header(w, "Lethe-Reason", "why: the number of a case or ticket, which goes into the log of acts", REASON);
}

bool openapi_has_word(const struct resource *resource, const char *name)
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
	if (strstr(resource->path, "{account}") != NULL && !openapi_has_word(resource, "account"))
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

bool openapi_takes_body(const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	return count_body(resource, false) > 0 || (direct != NULL && direct->body_max > 0);
}

/* What is no document of words: by its media types alone. */
static void write_direct_body(struct json_writer *w, const struct direct_resource *direct, const struct json *example)
{
	const struct json *body = json_get(example, "body");

	json_begin_object(w, "requestBody");
	json_bool(w, "required", strcmp(direct->gives, "application/x-ndjson") != 0); /* there may be no lines */
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

/* ---- operations ---- */

/* "hold add" is "hold_add"; of several resources of one operation src/api/descriptions.json names each. */
static void write_operation_id(struct json_writer *w, const char *operation, const char *said)
{
	char name[OPENAPI_NAME_MAX];

	snprintf(name, sizeof name, "%s", said != NULL ? said : operation);
	for (char *at = name; *at != '\0'; at++)
		*at = *at == ' ' || *at == '-' ? '_' : *at;
	json_string(w, "operationId", name);
}

static void write_scheme(struct json_writer *w, const char *scheme)
{
	json_begin_object(w, NULL);
	json_begin_array(w, scheme);
	json_end_array(w);
	json_end_object(w);
}

/* What a session's cookie is not enough for, because a page of somebody else's may have sent it: what is no GET. */
static void write_security_of(struct json_writer *w, const struct resource *resource, bool token)
{
	json_begin_array(w, "security");
	if (token)
		write_scheme(w, "token");
	json_begin_object(w, NULL);
	json_begin_array(w, "session");
	json_end_array(w);
	if (resource->method != METHOD_GET) {
		json_begin_array(w, "csrf");
		json_end_array(w);
	}
	json_end_object(w);
	json_end_array(w);
}

/* Begins the object of a method, with what each has. */
static void begin_method(struct json_writer *w, const struct resource *resource, const struct openapi_known *known)
{
	const struct json *said = openapi_of_resource(known->said, resource);
	char method[16];

	snprintf(method, sizeof method, "%s", method_name(resource->method));
	for (char *at = method; *at != '\0'; at++)
		*at = (char)(*at | 0x20); /* letters only: lower case */
	json_begin_object(w, method);
	write_operation_id(w, resource->operation, json_get_text(said, "id"));
	json_begin_array(w, "tags");
	json_string_n(w, NULL, resource->operation, strcspn(resource->operation, " "));
	json_end_array(w);
	json_string(w, "summary", json_get_text(said, "summary"));
	json_string(w, "description", json_get_text(said, "description"));
	if (resource->method == METHOD_POST)
		json_string(w, "x-lethe-idempotency", idempotency_of(resource));
}

static void end_method(struct json_writer *w, const struct resource *resource, const struct openapi_known *known)
{
	const struct json *example = openapi_of_resource(known->examples, resource);

	write_parameters(w, resource, example);
	write_body(w, resource, example);
	openapi_answers(w, resource, known);
	json_end_object(w);
}

static void write_operation(struct json_writer *w, const struct resource *resource, const struct openapi_known *known)
{
	begin_method(w, resource, known);
	write_security_of(w, resource, true);
	json_string(w, "x-lethe-permission", permission_name(resource->permission));
	end_method(w, resource, known);
}

/* How people come in: for everybody, or by the cookie of a session alone. */
static void write_door(struct json_writer *w, const struct door_resource *door, const struct openapi_known *known)
{
	begin_method(w, &door->resource, known);
	if (door->open) {
		json_begin_array(w, "security");
		json_end_array(w);
	} else {
		write_security_of(w, &door->resource, false);
	}
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

static void write_doors(struct json_writer *w, const struct openapi_known *known)
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

static void write_paths(struct json_writer *w, const struct openapi_known *known)
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
	json_begin_object(w, "csrf");
	json_string(w, "type", "apiKey");
	json_string(w, "in", "header");
	json_string(w, "name", "X-Lethe-CSRF");
	json_string(w, "description", "`csrf` of what POST /v1/session answered. With a session's cookie only; a token needs none.");
	json_end_object(w);
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
static enum result read_known(const char *schemas, size_t schemas_len, struct pool *pool, struct openapi_known *out, struct err *err)
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
	struct openapi_known known;
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
		openapi_answer_parts(&w);
		json_node(&w, "schemas", known.schemas);
		json_end_object(&w);
		json_end_object(&w);
		r = buf_ok(out, "the description of the API", err);
	}
	pool_free(&pool);
	return r;
}
