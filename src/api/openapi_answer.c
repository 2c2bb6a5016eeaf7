/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an operation may answer: each status with its body and its headers.
 */
#include "api/openapi_run.h"

#include <stdio.h>
#include <string.h>

#include "api/direct.h"
#include "api/link.h"
#include "api/work.h"
#include "net/problem.h"

/* ---- headers ---- */

enum answer_header {
	HEADER_REQUEST,
	HEADER_POLICY,
	HEADER_LIMIT,
	HEADER_ETAG,
	HEADER_LINK,
	HEADER_PARTLY,
	HEADER_REPLAYED,
	HEADER_MADE,
	HEADER_JOB,
	HEADER_ELSEWHERE,
	HEADER_APPLIED,
	HEADER_RANGES,
	HEADER_RANGE,
	HEADER_NO_RANGE,
	HEADER_FILE,
	HEADER_COOKIE,
	HEADER_CHALLENGE,
	HEADER_WAIT,
	HEADER_MAY_WAIT,
	HEADER_COUNT,
};

struct answer_header_kind { const char *component, *name, *about, *type, *pattern; bool always; };

#define ETAG "^\"[!#-~]+\"$"

/* clang-format off: tables are read by their columns */
static const struct answer_header_kind headers[HEADER_COUNT] = {
    [HEADER_REQUEST] = {"RequestId", "X-Request-Id", "The id of the request, as in the log.", "string", "^req_[0-9a-z]{26}$", true},
    [HEADER_POLICY] = {"RateLimitPolicy", "RateLimit-Policy", "How often one may ask (draft-ietf-httpapi-ratelimit-headers-10): `q` times in `w` seconds. Of whoever is counted.", "string", NULL, false},
    [HEADER_LIMIT] = {"RateLimit", "RateLimit", "How often one may ask yet: `r` times now, all of it again after `t` seconds.", "string", NULL, false},
    [HEADER_ETAG] = {"ETag", "ETag", "What `If-None-Match` wants, and `If-Match` of what changes it.", "string", ETAG, true},
    [HEADER_LINK] = {"Link", "Link", "The address of the next page, `rel=\"next\"`. Not there on the last.", "string", "^<.+>; rel=\"next\"$", false},
    [HEADER_PARTLY] = {"Partly", "Lethe-Partly", "`true`: it is done, but something was left out, and the document says what.", "string", "^true$", false},
    [HEADER_REPLAYED] = {"IdempotencyReplayed", "Idempotency-Replayed", "`true`: this is what was answered to the first request with this `Idempotency-Key`.", "string", "^true$", false},
    [HEADER_MADE] = {"LocationOfMade", "Location", "Where what was made is read.", "string", "^/v1/", true},
    [HEADER_JOB] = {"LocationOfJob", "Location", "Where the job is followed.", "string", "^/v1/(accounts/[^/]+/)?jobs/job_[0-9a-z]{26}$", true},
    [HEADER_ELSEWHERE] = {"LocationElsewhere", "Location", "Where it goes on.", "string", NULL, true},
    [HEADER_APPLIED] = {"PreferenceApplied", "Preference-Applied", "`respond-async`, if that was asked for.", "string", "^respond-async$", false},
    [HEADER_RANGES] = {"AcceptRanges", "Accept-Ranges", "A part can be asked for with `Range`.", "string", "^bytes$", true},
    [HEADER_RANGE] = {"ContentRange", "Content-Range", "Which part this is, and of how many bytes.", "string", "^bytes [0-9]+-[0-9]+/[0-9]+$", true},
    [HEADER_NO_RANGE] = {"ContentRangeNone", "Content-Range", "How many bytes there are.", "string", "^bytes \\*/[0-9]+$", true},
    [HEADER_FILE] = {"ContentDisposition", "Content-Disposition", "What the file may be called.", "string", "^attachment; filename=\".+\"$", true},
    [HEADER_COOKIE] = {"SetCookie", "Set-Cookie", "The session, `__Host-lethe`; without TLS it is called `lethe`.", "string", NULL, false},
    [HEADER_CHALLENGE] = {"WWWAuthenticate", "WWW-Authenticate", "How one is let in.", "string", NULL, true},
    [HEADER_WAIT] = {"RetryAfter", "Retry-After", "So many seconds later it may be asked again.", "integer", NULL, true},
    [HEADER_MAY_WAIT] = {"RetryAfterIf", "Retry-After", "So many seconds later it may be asked again, where that may help.", "integer", NULL, false},
};
/* clang-format on */

static void write_header(struct json_writer *w, enum answer_header header)
{
	openapi_ref(w, headers[header].name, "headers", headers[header].component);
}

/* Opens the headers, with those that each answer has. */
static void begin_headers(struct json_writer *w)
{
	json_begin_object(w, "headers");
	write_header(w, HEADER_REQUEST);
	write_header(w, HEADER_POLICY);
	write_header(w, HEADER_LIMIT);
}

static void write_header_kinds(struct json_writer *w)
{
	json_begin_object(w, "headers");
	for (int i = 0; i < HEADER_COUNT; i++) {
		json_begin_object(w, headers[i].component);
		json_string(w, "description", headers[i].about);
		json_bool(w, "required", headers[i].always);
		json_begin_object(w, "schema");
		json_string(w, "type", headers[i].type);
		if (headers[i].pattern != NULL)
			json_string(w, "pattern", headers[i].pattern);
		json_end_object(w);
		json_end_object(w);
	}
	json_end_object(w);
}

/* What a problem of that status has besides. */
static void write_problem_headers(struct json_writer *w, int status)
{
	begin_headers(w);
	if (status == 401)
		write_header(w, HEADER_CHALLENGE);
	if (status == 409)
		write_header(w, HEADER_MAY_WAIT);
	if (status == 416)
		write_header(w, HEADER_NO_RANGE);
	if (status == 429 || status == 503)
		write_header(w, HEADER_WAIT);
	json_end_object(w);
}

/* ---- problems ---- */

/* A problem, and those of the same status that can come in its place: an example of each. */
static void write_problem_body(struct json_writer *w, const enum problem *kinds, size_t count)
{
	json_begin_object(w, "content");
	json_begin_object(w, "application/problem+json");
	openapi_ref(w, "schema", "schemas", "Problem");
	json_begin_object(w, "examples");
	for (size_t i = 0; i < count; i++)
		openapi_ref(w, problem_kind(kinds[i])->word, "examples", problem_kind(kinds[i])->word);
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
	write_problem_headers(w, problem_kind(kinds[0])->status);
	write_problem_body(w, kinds, count);
}

static void write_problem(struct json_writer *w, const enum problem *kinds, size_t count)
{
	const struct problem_kind *kind = problem_kind(kinds[0]);
	char status[16];

	snprintf(status, sizeof status, "%d", kind->status);
	if (count == 1) {
		openapi_ref(w, status, "responses", kind->word);
		return;
	}
	json_begin_object(w, status);
	write_either(w, kinds, count);
	json_end_object(w);
}

/* What a state, a hold or a key of the request refuses. */
static void write_refusals(struct json_writer *w, const struct resource *resource)
{
	static const enum problem conflicts[] = {PROBLEM_CONFLICT, PROBLEM_STATE, PROBLEM_HELD, PROBLEM_KEY_RUNNING, PROBLEM_KEY_SPENT};
	static const enum problem full[] = {PROBLEM_FULL}, limits[] = {PROBLEM_LIMIT, PROBLEM_KEY_REUSED};
	bool keyed = openapi_takes_key(resource);

	write_problem(w, conflicts, keyed ? 5 : 3);
	write_problem(w, limits, keyed ? 2 : 1);
	write_problem(w, full, 1);
}

/* Would it delete something, it wants to be told what was seen of that. */
static bool wants_plan(const struct resource *resource)
{
	return openapi_has_word(resource, "plan") && (openapi_has_word(resource, "setting") || openapi_has_word(resource, "kind"));
}

/* A stream of no length that is known has no parts. */
static bool has_parts(const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	return direct != NULL && resource->method == METHOD_GET && strcmp(direct->gives, "*/*") == 0;
}

/* This daemon may be set up without a mail server, or without an address of its own. */
static bool may_be_unsupported(const struct resource *resource)
{
	return strcmp(resource->operation, "user invite") == 0 || strncmp(resource->operation, "oidc ", strlen("oidc ")) == 0;
}

static void write_problems(struct json_writer *w, const struct resource *resource)
{
	static const enum problem always[] = {PROBLEM_INPUT, PROBLEM_DENIED, PROBLEM_NOT_FOUND, PROBLEM_GONE,
					      PROBLEM_RATE,  PROBLEM_INTERNAL};
	static const enum problem busy[] = {PROBLEM_BUSY, PROBLEM_SHARE};
	static const enum problem nobody[] = {PROBLEM_UNAUTHENTICATED, PROBLEM_SECOND_FACTOR};
	static const enum problem of_bodies[] = {PROBLEM_TOO_LARGE, PROBLEM_MEDIA_TYPE};
	static const enum problem unplanned[] = {PROBLEM_PRECONDITION_REQUIRED}, precondition[] = {PROBLEM_PRECONDITION};
	static const enum problem range[] = {PROBLEM_RANGE}, unsupported[] = {PROBLEM_UNSUPPORTED};

	write_problem(w, nobody, strcmp(resource->operation, "session begin") == 0 ? 2 : 1);
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		write_problem(w, &always[i], 1);
	write_problem(w, busy, 2);
	for (size_t i = 0; openapi_takes_body(resource) && i < sizeof of_bodies / sizeof *of_bodies; i++)
		write_problem(w, &of_bodies[i], 1);
	if (resource->flow != RESOURCE_READ)
		write_refusals(w, resource);
	if (resource->flow != RESOURCE_READ || openapi_has_etag(resource))
		write_problem(w, precondition, 1);
	if (wants_plan(resource))
		write_problem(w, unplanned, 1);
	if (has_parts(resource))
		write_problem(w, range, 1);
	if (may_be_unsupported(resource))
		write_problem(w, unsupported, 1);
	json_begin_object(w, "default");
	json_string(w, "description", "It was not done.");
	json_begin_object(w, "content");
	json_begin_object(w, "application/problem+json");
	openapi_ref(w, "schema", "schemas", "Problem");
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
}

/* ---- what was asked for ---- */

/* A document can be had as the text that the command line shows. */
static bool has_text(const struct resource *resource)
{
	return direct_find(resource) == NULL && !openapi_is_door(resource);
}

static void write_content(struct json_writer *w, const char *type, const char *schema, const struct json *example, bool text)
{
	json_begin_object(w, "content");
	json_begin_object(w, type);
	if (schema != NULL)
		openapi_ref(w, "schema", "schemas", schema);
	if (example != NULL)
		json_node(w, "example", example);
	json_end_object(w);
	if (text) {
		json_begin_object(w, "text/plain");
		json_begin_object(w, "schema");
		json_string(w, "type", "string");
		json_end_object(w);
		json_end_object(w);
	}
	json_end_object(w);
}

static void write_done_headers(struct json_writer *w, const struct resource *resource, bool made)
{
	bool reads = resource->flow == RESOURCE_READ;

	begin_headers(w);
	if (openapi_has_etag(resource))
		write_header(w, HEADER_ETAG);
	if (openapi_has_word(resource, "cursor"))
		write_header(w, HEADER_LINK);
	if (has_parts(resource)) {
		write_header(w, HEADER_RANGES);
		write_header(w, HEADER_FILE);
	}
	if (has_text(resource) || (!reads && openapi_is_stream(resource)))
		write_header(w, HEADER_PARTLY);
	if (openapi_takes_key(resource))
		write_header(w, HEADER_REPLAYED);
	if (made && link_made_is_read(resource))
		write_header(w, HEADER_MADE);
	if (openapi_is_door(resource))
		write_header(w, HEADER_COOKIE);
	json_end_object(w);
}

static void write_done(struct json_writer *w, const struct resource *resource, bool made, const char *answer,
		       const struct json *example)
{
	const struct direct_resource *direct = direct_find(resource);
	const char *about = resource->flow == RESOURCE_READ ? "What was asked for." : "Done, and on disk.";

	if (!made && resource->flow == RESOURCE_MAKE)
		about = "It was there already, or takes the place of what was.";
	json_begin_object(w, made ? "201" : "200");
	json_string(w, "description", about);
	write_done_headers(w, resource, made);
	write_content(w, direct != NULL ? direct->gives : "application/json", answer, example, has_text(resource));
	json_end_object(w);
}

/* Of a file; and what shows what has not changed has no body. */
static void write_part(struct json_writer *w)
{
	json_begin_object(w, "206");
	json_string(w, "description", "The part that was asked for with Range.");
	begin_headers(w);
	write_header(w, HEADER_ETAG);
	write_header(w, HEADER_RANGES);
	write_header(w, HEADER_RANGE);
	write_header(w, HEADER_FILE);
	json_end_object(w);
	write_content(w, "*/*", NULL, NULL, false);
	json_end_object(w);
}

static void write_unchanged(struct json_writer *w, const struct resource *resource)
{
	json_begin_object(w, "304");
	json_string(w, "description", "What you have is still so.");
	begin_headers(w);
	write_header(w, HEADER_ETAG);
	if (openapi_has_word(resource, "cursor"))
		write_header(w, HEADER_LINK);
	if (has_parts(resource))
		write_header(w, HEADER_FILE);
	json_end_object(w);
	json_end_object(w);
}

/* A door that sends the browser to somebody else, or on. */
static void write_elsewhere(struct json_writer *w, const char *status, const char *about)
{
	json_begin_object(w, status);
	json_string(w, "description", about);
	begin_headers(w);
	write_header(w, HEADER_ELSEWHERE);
	write_header(w, HEADER_COOKIE);
	json_end_object(w);
	json_end_object(w);
}

/* `answer` is what the job's answer is, in the end. */
static void write_job(struct json_writer *w, const struct resource *resource, const char *answer, const struct json *example)
{
	json_begin_object(w, "202");
	json_string(w, "description", "It is a job: Location says where.");
	begin_headers(w);
	write_header(w, HEADER_JOB);
	write_header(w, HEADER_APPLIED);
	if (openapi_takes_key(resource))
		write_header(w, HEADER_REPLAYED);
	json_end_object(w);
	write_content(w, "application/json", "Job", example, false);
	if (answer != NULL)
		openapi_ref(w, "x-lethe-answer", "schemas", answer);
	json_end_object(w);
}

static void write_success(struct json_writer *w, const struct resource *resource, const char *answer, const struct json *example)
{
	const struct direct_resource *direct = direct_find(resource);

	if (resource->answer == NULL && direct == NULL) {
		write_elsewhere(w, "302", "It goes on there.");
		return;
	}
	if (work_is_slow(resource)) {
		write_job(w, resource, answer, example);
		return;
	}
	write_done(w, resource, resource->flow == RESOURCE_MAKE, answer, example);
	if (direct != NULL && resource->flow == RESOURCE_MAKE)
		write_done(w, resource, false, answer, NULL);
	if (work_is_long(resource))
		write_job(w, resource, answer, NULL);
	if (has_parts(resource))
		write_part(w);
	if (openapi_is_door(resource) && strstr(resource->path, "/callback") != NULL)
		write_elsewhere(w, "303", "A browser that wants a page (Accept: text/html) is signed in, and goes on to /signed-in.");
	if (openapi_has_etag(resource))
		write_unchanged(w, resource);
}

void openapi_answers(struct json_writer *w, const struct resource *resource, const struct openapi_known *known)
{
	const struct json *example = json_get(openapi_of_resource(known->examples, resource), "answer");
	const char *answer = resource->answer;

	if (answer != NULL && json_get(known->schemas, answer) == NULL)
		answer = NULL;
	json_begin_object(w, "responses");
	write_success(w, resource, answer, example);
	write_problems(w, resource);
	json_end_object(w);
}

/* ---- what they refer to ---- */

/* Each problem once, under its word; operations name those they can give. */
static void write_responses(struct json_writer *w)
{
	json_begin_object(w, "responses");
	for (int i = 0; i < PROBLEM_COUNT; i++) {
		const struct problem_kind *kind = problem_kind((enum problem)i);
		const enum problem problem = (enum problem)i;

		json_begin_object(w, kind->word);
		json_string(w, "description", kind->about);
		write_problem_headers(w, kind->status);
		write_problem_body(w, &problem, 1);
		json_end_object(w);
	}
	json_end_object(w);
}

/* One of each, which the responses show. */
static void write_problem_examples(struct json_writer *w)
{
	char type[OPENAPI_NAME_MAX];

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

void openapi_answer_parts(struct json_writer *w)
{
	write_header_kinds(w);
	write_responses(w);
	write_problem_examples(w);
}
