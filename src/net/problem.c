/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/problem.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"

static const struct problem_kind kinds[PROBLEM_COUNT] = {
    [PROBLEM_INPUT] = {"input", "Bad input", 400,
		       "The request is malformed, or something in it is out of bounds. `field` names what."},
    [PROBLEM_UNAUTHENTICATED] = {"unauthenticated", "Not signed in", 401,
				 "There is no valid token or session with the request."},
    [PROBLEM_SECOND_FACTOR] = {"second-factor", "Code wanted", 401,
			       "The name and the password fit; a code of the second factor is wanted too."},
    [PROBLEM_DENIED] = {"denied", "Not allowed", 403, "Who asks may not do this."},
    [PROBLEM_NOT_FOUND] = {"not-found", "Not found", 404, "There is no such thing, or none that who asks may know of."},
    [PROBLEM_METHOD] = {"method", "Method not allowed", 405,
			"The path is there, the method is not. Allow names those that are."},
    [PROBLEM_CONFLICT] = {"conflict", "Conflict", 409, "It is there already, was done already, or is there with another content."},
    [PROBLEM_STATE] = {"state", "Not in this state", 409,
		       "What it is about is in a state that does not allow this. `mend` says what comes first."},
    [PROBLEM_HELD] = {"held", "Must be kept", 409,
		      "A legal hold, an obligation or a restriction stands in the way. Nothing was done."},
    [PROBLEM_GONE] = {"gone", "Gone", 410, "It was there. Its key has been destroyed."},
    [PROBLEM_PRECONDITION] = {"precondition", "Changed meanwhile", 412,
			      "What was seen (If-Match, If-None-Match, `plan`) is not so any more: look again."},
    [PROBLEM_TOO_LARGE] = {"too-large", "Body too large", 413, "The body is longer than this operation takes."},
    [PROBLEM_TARGET_TOO_LONG] = {"target-too-long", "Address too long", 414, "Path and query are too long together."},
    [PROBLEM_MEDIA_TYPE] = {"media-type", "Wrong media type", 415,
			    "The body is of a type or an encoding that this operation does not take."},
    [PROBLEM_RANGE] = {"range", "No such range", 416, "The range begins after the end. Content-Range has the size."},
    [PROBLEM_LIMIT] = {"limit", "Limit reached", 422, "It would go beyond a maximum that `detail` names."},
    [PROBLEM_KEY_RUNNING] = {"idempotency-key-running", "Still being done", 409,
			     "A request with the same Idempotency-Key is being done. Ask again after Retry-After."},
    [PROBLEM_KEY_SPENT] = {"idempotency-key-spent", "Answer not kept", 409,
			   "A request with the same Idempotency-Key was begun or done, and its answer is not there. It is "
			   "not done again with this key."},
    [PROBLEM_KEY_REUSED] = {"idempotency-key-reused", "Key of another request", 422,
			    "The Idempotency-Key was sent before, with another method, path, query or body."},
    [PROBLEM_PRECONDITION_REQUIRED] = {"precondition-required", "Condition required", 428,
				       "It would delete something. Look at what, and send the digest of that dry run as `plan`."},
    [PROBLEM_RATE] = {"rate", "Too many requests", 429, "Wait as many seconds as Retry-After says."},
    [PROBLEM_HEADERS_TOO_LARGE] = {"headers-too-large", "Headers too large", 431,
				   "The headers of the request are too long together."},
    [PROBLEM_INTERNAL] = {"internal", "Internal error", 500,
			  "The server is at fault. Its log has more under the id in `instance`."},
    [PROBLEM_UNSUPPORTED] = {"unsupported", "Not supported", 501, "This server cannot do that."},
    [PROBLEM_BUSY] = {"busy", "Busy", 503, "Try again after as many seconds as Retry-After says."},
    [PROBLEM_SHARE] = {"share", "Share used up", 503,
		       "The account has half of the workers for this already, or of the places to wait for one (or the "
		       "address has, of who is not known yet). The rest is for others: try again after as many seconds as "
		       "Retry-After says."},
    [PROBLEM_FULL] = {"full", "No space left", 507,
		      "There is no space left, or a quota is used up. What was acknowledged stays."},
};

const struct problem_kind *problem_kind(enum problem problem)
{
	return &kinds[problem];
}

enum problem problem_of(enum result result)
{
	switch (result) {
	case ERR_INPUT:
		return PROBLEM_INPUT;
	case ERR_NOT_FOUND:
		return PROBLEM_NOT_FOUND;
	case ERR_EXISTS:
		return PROBLEM_CONFLICT;
	case ERR_DENIED:
		return PROBLEM_DENIED;
	case ERR_WRONG_STATE:
		return PROBLEM_STATE;
	case ERR_HELD:
		return PROBLEM_HELD;
	case ERR_UNSEEN:
		return PROBLEM_PRECONDITION_REQUIRED;
	case ERR_CHANGED:
		return PROBLEM_PRECONDITION;
	case ERR_GONE:
		return PROBLEM_GONE;
	case ERR_LIMIT:
		return PROBLEM_LIMIT;
	case ERR_FULL:
		return PROBLEM_FULL;
	case ERR_BUSY:
	case ERR_NO_MEMORY:
	case ERR_INTERRUPTED:
		return PROBLEM_BUSY;
	case ERR_UNSUPPORTED:
		return PROBLEM_UNSUPPORTED;
	case OK:
	case ERR_CORRUPT:
	case ERR_IO:
	case ERR_INTERNAL:
		break;
	}
	return PROBLEM_INTERNAL;
}

/* Where it went wrong is a path of ours or a field of theirs. Only the latter is told. */
static const char *field_at_fault(const struct err *err, const char *field)
{
	if (field || !err)
		return field;
	return err->code == ERR_INPUT && err->where[0] != '\0' ? err->where : NULL;
}

static void write_body(struct response *response, const struct request *request, enum problem problem,
		       const struct err *err, const char *field)
{
	const struct problem_kind *kind = &kinds[problem];
	char type[64] = "/problems/";
	struct json_writer w;

	strncat(type, kind->word, sizeof type - strlen(type) - 1);
	json_writer_init(&w, &response->body, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "type", type);
	json_string(&w, "title", kind->title);
	json_int(&w, "status", kind->status);
	json_string(&w, "detail", err ? err->what : kind->about);
	json_string(&w, "instance", request->id_text);
	if (field)
		json_string(&w, "field", field);
	if (err && err->mend[0] != '\0')
		json_string(&w, "mend", err->mend);
	json_end_object(&w);
}

/* Headers that say something of a body that is not sent. */
static const char *const of_the_body[] = {"ETag", "Location", "Content-Disposition", "Content-Range", "Accept-Ranges", "Link"};

void problem_answer(struct response *response, const struct request *request, enum problem problem,
		    const struct err *err, const char *field)
{
	if (kinds[problem].status >= 500 && problem != PROBLEM_UNSUPPORTED) {
		response_why(response, err);
		err = NULL; /* paths of ours, the system's words */
	}
	for (size_t i = 0; i < sizeof of_the_body / sizeof *of_the_body; i++)
		response_header_remove(response, of_the_body[i]);
	response_reader(response, NULL, NULL, NULL, 0);
	response->etag = NULL;
	response->status = kinds[problem].status;
	buf_reset(&response->body);
	response_type(response, "application/problem+json");
	write_body(response, request, problem, err, field_at_fault(err, field));
	if (kinds[problem].status == 503 && !response_get_header(response, "Retry-After"))
		response_header(response, "Retry-After", "2");
}

/* Without a descriptor, as without memory, it can be done as soon as somebody else is through. */
static bool is_short_of_files(const struct err *err)
{
	return err->code == ERR_IO && (err->system == EMFILE || err->system == ENFILE);
}

void problem_from(struct response *response, const struct request *request, const struct err *err, const char *field)
{
	enum problem problem = is_short_of_files(err) ? PROBLEM_BUSY : problem_of(err->code);

	problem_answer(response, request, problem, err, field);
}
