/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/reply.h"

#include <string.h>

#include "cli/interrupt.h"
#include "shim/json_parse.h"

static enum result result_of(const char *type)
{
	static const struct { const char *word; enum result result; } results[] = {
	    {"input", ERR_INPUT},	  {"unauthenticated", ERR_DENIED}, {"denied", ERR_DENIED},
	    {"not-found", ERR_NOT_FOUND}, {"conflict", ERR_EXISTS},	   {"gone", ERR_GONE},
	    {"limit", ERR_LIMIT},	  {"rate", ERR_BUSY},		   {"busy", ERR_BUSY},
	    {"share", ERR_BUSY},
	    {"unsupported", ERR_UNSUPPORTED}, {"full", ERR_FULL},	   {"state", ERR_WRONG_STATE},
	    {"held", ERR_HELD},		  {"precondition", ERR_CHANGED},   {"precondition-required", ERR_UNSEEN},
	};

	for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
		if (strcmp(type, results[i].word) == 0)
			return results[i].result;
	}
	return ERR_INTERNAL;
}

static enum result foreign(const struct asked *asked, int status, struct err *err)
{
	err_set(err, ERR_IO, "what answers there is no Lethe: status %d", status);
	err_where(err, "%s", asked->server.url);
	return err_mend(err, "see whether --server names the daemon, and no other path of its machine");
}

enum result reply_problem(struct asked *asked, const struct json *problem, int status, struct err *err)
{
	static const char before[] = "/problems/";
	const char *type = json_get_text(problem, "type"), *detail = json_get_text(problem, "detail");
	const char *field = json_get_text(problem, "field"), *mend = json_get_text(problem, "mend");
	char option[ASKED_NAME_MAX];

	if (detail == NULL)
		detail = json_get_text(problem, "title");
	if (type == NULL || strncmp(type, before, strlen(before)) != 0 || detail == NULL)
		return foreign(asked, status, err);
	err_set(err, result_of(type + strlen(before)), "%s", detail);
	if (field != NULL && strncmp(field, "--", 2) == 0)
		err_where(err, "%s", field);
	else if (field != NULL) {
		asked_option_name(field, option);
		err_where(err, "%s%s", asked_option(asked, option) != NULL ? "--" : "", option);
	}
	if (mend != NULL)
		err_mend(err, "%s", mend);
	return err->code;
}

static enum result read_problem(struct asked *asked, const struct buf *body, int status, struct err *err)
{
	const struct json *problem;

	if (body->data == NULL || json_parse_once(body->data, body->len, &asked->call->pool, &problem, err) != OK)
		return foreign(asked, status, err);
	return reply_problem(asked, problem, status, err);
}

enum result reply_get(struct asked *asked, const struct ask_request *request, const char *type, struct buf *body,
		      struct ask_answer *answer, struct err *err)
{
	enum result r = ask(&asked->server, request, body, answer, err);

	return r == OK ? reply_read(asked, answer, type, body, err) : r;
}

enum result reply_read(struct asked *asked, const struct ask_answer *answer, const char *type, const struct buf *body,
		       struct err *err)
{
	if (answer->status >= 200 && answer->status < 300 && (type == NULL || strcmp(answer->type, type) == 0))
		return OK;
	if (strcmp(answer->type, "application/problem+json") == 0)
		return read_problem(asked, body, answer->status, err);
	return foreign(asked, answer->status, err);
}

enum result reply_document(struct asked *asked, const char *method, const char *end, const char *sent,
			   const struct json **out, struct err *err)
{
	struct ask_request request = {.method = method, .body = sent, .json = true, .stop = interrupt_asked};
	struct buf target, body;
	struct ask_answer answer;
	enum result r;

	buf_init(&target, ASKED_TARGET_MAX);
	buf_init(&body, REPLY_MAX);
	buf_add_str(&target, "/v1/accounts/");
	asked_encode(&target, asked->call->account);
	buf_add_str(&target, end);
	r = buf_ok(&target, "the request", err);
	request.target = target.data;
	if (r == OK)
		r = reply_get(asked, &request, "application/json", &body, &answer, err);
	if (r == OK)
		r = json_parse_once(body.data != NULL ? body.data : "", body.len, &asked->call->pool, out, err);
	buf_free(&target);
	buf_free(&body);
	return r;
}
