/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Errors over HTTP: RFC 9457 problem details.
 *
 *   {"type":"/problems/not-found","title":"Not found","status":404,"detail":"..","instance":"req_..",
 *    "field":"..","mend":".."}
 *
 * `type` is a word that stays as it is; the server's /problems/<word> says
 * what it means.  `field` is the parameter, header or member at fault, `mend`
 * what to do; both are there when there is something to say.  What is our own
 * affair (a full or broken disk, a bug: 5xx) says nothing of where and why:
 * the request id finds it in the log.
 */
#ifndef LETHE_NET_PROBLEM_H
#define LETHE_NET_PROBLEM_H

#include "net/request.h"
#include "net/response.h"

enum problem {
	PROBLEM_INPUT,
	PROBLEM_UNAUTHENTICATED,
	PROBLEM_SECOND_FACTOR,
	PROBLEM_DENIED,
	PROBLEM_NOT_FOUND,
	PROBLEM_METHOD,
	PROBLEM_CONFLICT,
	PROBLEM_STATE,
	PROBLEM_HELD,
	PROBLEM_GONE,
	PROBLEM_PRECONDITION,
	PROBLEM_TOO_LARGE,
	PROBLEM_TARGET_TOO_LONG,
	PROBLEM_MEDIA_TYPE,
	PROBLEM_RANGE,
	PROBLEM_LIMIT,
	PROBLEM_KEY_RUNNING,
	PROBLEM_KEY_SPENT,
	PROBLEM_KEY_REUSED,
	PROBLEM_PRECONDITION_REQUIRED,
	PROBLEM_RATE,
	PROBLEM_HEADERS_TOO_LARGE,
	PROBLEM_INTERNAL,
	PROBLEM_UNSUPPORTED,
	PROBLEM_BUSY,
	PROBLEM_SHARE,
	PROBLEM_FULL,
	PROBLEM_COUNT,
};

struct problem_kind {
	const char *word, *title;
	int status;
	const char *about; /* a sentence or two for whoever opens the type */
};
const struct problem_kind *problem_kind(enum problem problem);

/* What a result of the program is over HTTP: ERR_INPUT 400, ERR_NOT_FOUND 404, ERR_EXISTS, ERR_WRONG_STATE and
 * ERR_HELD 409, ERR_DENIED 403, ERR_GONE 410, ERR_CHANGED 412, ERR_UNSEEN 428, ERR_LIMIT 422, ERR_FULL 507, ERR_BUSY,
 * ERR_NO_MEMORY and ERR_INTERRUPTED 503, ERR_UNSUPPORTED 501, all else 500; of an err without descriptors 503 too. */
enum problem problem_of(enum result result);

/* Makes the answer that problem: status, type and body; what was in the body is dropped, with the headers that told of
 * it. `err` may be NULL; `field` too: then err->where is it, when the input was at fault. 503 gets a Retry-After unless
 * one is set. */
void problem_answer(struct response *response, const struct request *request, enum problem problem,
		    const struct err *err, const char *field);
/* problem_answer of problem_of(err->code). */
void problem_from(struct response *response, const struct request *request, const struct err *err, const char *field);

#endif
