/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/perform.h"

#include <stdio.h>
#include <string.h>

#include "api/bind.h"
#include "api/call.h"
#include "api/condition.h"
#include "api/direct.h"
#include "api/keyed.h"
#include "api/link.h"
#include "api/table.h"
#include "api/translate.h"
#include "api/work.h"
#include "net/problem.h"
#include "privacy/person.h"
#include "store/job.h"
#include "store/record.h"
#include "vault/read_log.h"

struct performing {
	const struct desk *desk;
	const struct resource *resource;
	const struct actor *actor;
	struct request *request;
	struct response *response;
	struct account account; /* of the path; number 0: the path has none */
	struct vault *view;     /* of the region in which who asks was let in */
	const char *field;      /* at fault */
	bool text;              /* for people */
	const char *secret;     /* in the answer, to be kept nowhere; in the request's pool */
	const char *next;       /* cursor of the next page; NULL: none */
	struct keyed *keyed;    /* of a body that comes as a stream; NULL: it does not */
	const struct perform_watch *watch; /* of work; NULL: somebody waits for the answer */
};

/* ---- how an operation reaches the client ---- */

static void add_text(void *arg, const char *text, size_t len)
{
	const struct performing *performing = arg;

	buf_add(&performing->response->body, text, len);
}

static enum result add_document(void *arg, const char *json, size_t len, struct err *err)
{
	const struct performing *performing = arg;

	(void)err;
	if (len > 0)
		buf_add(&performing->response->body, json, len);
	return OK;
}

static bool is_gone(void *arg)
{
	const struct performing *performing = arg;

	return performing->watch != NULL ? performing->watch->stop(performing->watch->arg)
					 : response_gone(performing->response);
}

static void tell_progress(void *arg, const char *what, int64_t done, int64_t total)
{
	const struct performing *performing = arg;

	(void)what;
	if (performing->watch != NULL)
		performing->watch->progress(performing->watch->arg, done, total);
}

static bool prefers_text(const struct request *request)
{
	static const char *const offers[] = {"application/json", "text/plain"};

	return field_accept(request_header(request, "accept"), offers, 2) == 1;
}

/* ---- which account, and may they ---- */

static enum result no_account(struct err *err)
{
	err_set(err, ERR_NOT_FOUND, "there is no such account");
	return err_mend(err, "/v1/accounts lists those you may see");
}

uint64_t desk_owner(const struct desk *desk, struct id region, uint32_t account)
{
	for (size_t i = 0; i < desk->count; i++) {
		if (id_compare(desk->views[i]->id, region) == 0)
			return (uint64_t)(i + 1) << 32 | account;
	}
	return 0;
}

enum result desk_account(const struct desk *desk, const char *name, struct pool *pool, struct account *out,
			 struct vault **view, struct err *err)
{
	enum result r = ERR_NOT_FOUND;

	for (size_t i = 0; i < desk->count && r == ERR_NOT_FOUND; i++) {
		*view = desk->views[i];
		r = accounts_find_known(*view, name, pool, out, err);
	}
	return r == ERR_NOT_FOUND || r == ERR_INPUT ? no_account(err) : r;
}

/* From here on it is as if they had said its id. */
static enum result put_name(struct performing *performing, const char *said, struct err *err)
{
	struct route_match *match = &performing->request->match;
	char text[ID_TEXT_MAX];
	const char *id = pool_strdup(performing->request->pool, id_format(ACCOUNT_PREFIX, performing->account.id, text));

	for (size_t i = 0; i < match->count && id != NULL; i++)
		match->values[i] = match->values[i] == said ? id : match->values[i];
	return id != NULL ? OK : err_no_memory(err);
}

/* The region in which who asks was let in: nobody acts in another one. */
static struct vault *home_of(const struct performing *performing)
{
	const struct desk *desk = performing->desk;

	for (size_t i = 0; i < desk->count; i++) {
		if (id_compare(desk->views[i]->id, performing->actor->region) == 0)
			return desk->views[i];
	}
	return desk->views[0];
}

/* "-" is the account that who asks is of. */
static enum result find_own(struct performing *performing, const char *said, struct err *err)
{
	const struct actor *actor = performing->actor;
	enum result r = ERR_INPUT;

	if (actor->account != 0)
		r = accounts_get(&performing->view->read, actor->account, performing->request->pool, &performing->account, err);
	if (r == OK)
		return put_name(performing, said, err);
	performing->field = "account";
	err_set(err, ERR_INPUT, "which account is meant is not said, and who asks is of none");
	return err_mend(err, "say which; `lethe account list` shows them");
}

static enum result find_account(struct performing *performing, struct err *err)
{
	const char *name = request_parameter(performing->request, "account");
	enum result r;

	performing->view = home_of(performing);
	if (name == NULL)
		return OK;
	if (strcmp(name, "-") == 0)
		return find_own(performing, name, err);
	r = accounts_find_known(performing->view, name, performing->request->pool, &performing->account, err);
	return r == ERR_NOT_FOUND || r == ERR_INPUT ? no_account(err) : r;
}

/* Who acts in one account does not learn which others there are. */
static enum result may_see(const struct performing *performing, struct err *err)
{
	uint32_t theirs = performing->actor->account;

	if (performing->account.number == 0)
		return OK;
	if (id_compare(performing->actor->region, performing->view->id) == 0 &&
	    (theirs == 0 || theirs == performing->account.number))
		return OK;
	return no_account(err);
}

/* An agent's own records: of another's they are told what they would be told if there were none. Who is among the users
 * that are shown, the operation looks at; of all else that is in no record nothing is their own. */
static enum result must_be_own(const struct performing *performing, struct err *err)
{
	const char *text = request_parameter(performing->request, "record");
	struct record_row row;
	enum record_kind kind;
	struct id id;
	enum result r;

	/* Of those two the operation itself shows no more. */
	if (text == NULL && (performing->resource->permission == MAY_USER_READ ||
			     strcmp(performing->resource->operation, "record list") == 0))
		return OK;
	if (text == NULL)
		return access_require(performing->actor, performing->resource->permission, performing->account.number, NULL,
				      err);
	if (!kind_of_prefix(text, &kind) || id_parse(kind_prefix(kind), text, &id, err) != OK)
		return err_set(err, ERR_NOT_FOUND, "there is no such record");
	r = record_get(performing->view->read.data, performing->account.number, kind, id, performing->request->pool, &row,
		       err);
	if (r == ERR_NOT_FOUND || (r == OK && (row.agent == 0 || row.agent != performing->actor->agent)))
		return err_set(err, ERR_NOT_FOUND, "there is no such record");
	return r;
}

static enum result may(struct performing *performing, struct err *err)
{
	const struct actor *actor = performing->actor;
	/* What is in no account (profiles, laws) is asked from the actor's own. */
	uint32_t account = performing->account.number != 0 ? performing->account.number : actor->account;
	enum access access;
	enum result r = may_see(performing, err);

	if (r == OK)
		r = access_require(actor, performing->resource->permission, account, &access, err);
	return r == OK && access == ACCESS_OWN ? must_be_own(performing, err) : r;
}

/* ---- doing it ---- */

/* Leaves that are written from here on say who it was, and why if that was sent. */
static enum result act_for(struct performing *performing, struct err *err)
{
	const char *reason = request_header(performing->request, "lethe-reason");

	perform_as(performing->actor);
	if (reason == NULL || act_by_reason(reason))
		return OK;
	performing->field = "Lethe-Reason";
	err_set(err, ERR_INPUT, "the reason is no reference");
	return err_mend(err, "send the number of a case or ticket: up to %d letters, digits, '.', '_' and '-'; words stand there, for "
			     "the log holds nothing personal", ACT_REASON_MAX);
}

/* A command line asks (`lethe --server`): errors are in its words, and lists whole, as at the machine. */
static bool for_a_command(const struct request *request)
{
	const char *words = request_header(request, "lethe-words");

	return words != NULL && strcmp(words, "command") == 0;
}

static void begin(struct performing *performing, struct call *call, const struct caller *caller)
{
	call_begin(call, caller, performing->request->now);
	call->command = performing->resource->operation;
	call->views = performing->desk->views;
	call->view_count = performing->desk->count;
	call->who = performing->actor->who;
	call->reach = performing->desk->reach;
	call->outside = performing->desk->outside;
	call->actor = performing->actor;
	call->job = performing->watch != NULL ? &performing->watch->job : NULL;
	call->keeps = performing->desk->keep_files;
	call->confidential = true;
	call->whole = for_a_command(performing->request);
	call->json = !performing->text;
	if (performing->account.number != 0)
		call->account = pool_strdup(&call->pool, request_parameter(performing->request, "account"));
	call->found = performing->account.number != 0 ? &performing->account : NULL;
	call->region = performing->view->region;
}

void perform_as(const struct actor *actor)
{
	struct err ignored;
	struct id id;

	act_by_nobody();
	if (actor == NULL)
		return;
	if (actor->type == ACTOR_TOKEN && id_parse(TOKEN_PREFIX, actor->who, &id, &ignored) == OK)
		act_by_set(TOKEN_PREFIX, id);
	else if (actor->type == ACTOR_USER && id_parse(USER_PREFIX, actor->who, &id, &ignored) == OK)
		act_by_set(USER_PREFIX, id);
}

static enum result run(struct performing *performing, bool *partly, struct err *err)
{
	const struct operation *operation = table_find(performing->resource->operation);
	const struct caller caller = {
	    .arg = performing, .say = add_text, .progress = tell_progress, .interrupted = is_gone, .flush = add_document};
	struct bound bound;
	struct call call;
	enum result r = bind_request(performing->resource, performing->request, &bound, &performing->field, err);

	if (r != OK)
		return r;
	INVARIANT(operation != NULL);
	begin(performing, &call, &caller);
	r = act_for(performing, err);
	if (r == OK)
		r = operation->run(&call, bound.argc, bound.argv, partly, err);
	if (r == OK)
		r = call_flush(&call, err);
	if (r == OK && *call.made != '\0' && link_made_is_read(performing->resource))
		r = link_made(performing->response, performing->resource,
			      performing->account.number != 0 ? &performing->account.id : NULL, call.made, err);
	perform_as(NULL);
	if (call.handed_out != NULL)
		performing->secret = pool_strdup(performing->request->pool, call.handed_out);
	performing->next = call.next != NULL ? pool_strdup(performing->request->pool, call.next) : NULL;
	if ((call.handed_out != NULL && performing->secret == NULL) || (call.next != NULL && performing->next == NULL))
		r = err_no_memory(err);
	call_end(&call);
	return r;
}

/* Its body is no document of words: only path and query are bound. */
static enum result run_direct(struct performing *performing, const struct direct_resource *how, struct err *err)
{
	struct direct direct = {.desk = performing->desk, .resource = performing->resource, .actor = performing->actor, .request = performing->request,
				.response = performing->response, .view = performing->view, .account = &performing->account,
				.keyed = performing->keyed};
	struct request bare = *performing->request;
	struct bound bound;
	enum result r;

	bare.body_len = 0;
	r = bind_request(performing->resource, &bare, &bound, &performing->field, err);
	if (r != OK)
		return r;
	r = act_for(performing, err);
	if (r == OK)
		r = how->run(&direct, err);
	perform_as(NULL);
	if (direct.field != NULL)
		performing->field = direct.field;
	return r;
}

static void refuse(const struct performing *performing, struct err *err)
{
	if (!for_a_command(performing->request))
		translate_err(err);
	problem_from(performing->response, performing->request, err, performing->field);
}

/* A new thing is there, and memory ran out before it could be told of: who hears 503 asks again, and then there are two. */
static bool made_untold(const struct performing *performing, const struct err *err)
{
	return err->code == ERR_NO_MEMORY && performing->resource->flow == RESOURCE_MAKE && vault_witnessed(performing->view);
}

static void refuse_operation(const struct performing *performing, struct err *err)
{
	if (made_untold(performing, err))
		problem_answer(performing->response, performing->request, PROBLEM_INTERNAL, err, NULL);
	else
		refuse(performing, err);
}

/* Of the document in the response. */
static enum result tag(const struct performing *performing, const char **etag, struct err *err)
{
	const struct buf *body = &performing->response->body;

	return condition_etag(performing->view, performing->account.number, body->data != NULL ? body->data : "", body->len,
			      performing->request->pool, etag, err);
}

static enum result tag_answer(const struct performing *performing, struct err *err)
{
	const char *etag;
	enum result r = tag(performing, &etag, err);

	if (r == OK)
		response_etag(performing->response, etag);
	return r;
}

static enum result answer(struct performing *performing)
{
	struct response *response = performing->response;
	/* What was sent for a job is with it. */
	const struct direct_resource *direct = performing->watch == NULL ? direct_find(performing->resource) : NULL;
	bool partly = false;
	struct err err;
	enum result r = direct != NULL ? run_direct(performing, direct, &err) : run(performing, &partly, &err);

	if (r != OK && direct != NULL)
		refuse(performing, &err);
	else if (r != OK)
		refuse_operation(performing, &err);
	if (r != OK || direct != NULL)
		return r;
	response->status = performing->resource->flow == RESOURCE_MAKE ? 201 : 200;
	response_type(response, performing->text ? "text/plain; charset=utf-8" : "application/json");
	if (partly)
		response_header(response, "Lethe-Partly", "true"); /* done, but something was left out and is said */
	return OK;
}

/* ---- what is answered later ---- */

/* Of whom a copy is made: somebody who is not there is no job. */
static enum result look_for_person(const struct performing *performing, struct err *err)
{
	const char *text = request_parameter(performing->request, "person");
	struct id person;

	if (!work_is_slow(performing->resource) || text == NULL)
		return OK;
	return person_find_one(&performing->view->read, &performing->account, text, performing->request->pool, &person, err);
}

/* By the time it is done the account may have no name any more. */
static void by_id(const struct performing *performing, char id[ID_TEXT_MAX], struct request *out)
{
	*out = *performing->request;
	for (size_t i = 1; i < out->target.segment_count && performing->account.number != 0; i++) {
		if (strcmp(out->target.segments[i - 1], "accounts") == 0) {
			out->target.segments[i] = id_format(ACCOUNT_PREFIX, performing->account.id, id);
			return;
		}
	}
}

/* What is wrong with the words is said now. */
static enum result file_work(struct performing *performing, struct work_row *row, struct err *err)
{
	char id[ID_TEXT_MAX];
	struct request request;
	const struct work_asking asking = {.view = performing->view, .resource = performing->resource, .request = &request,
					   .account = work_owner(performing->resource, performing->account.number),
					   .actor = performing->actor, .kept_max = performing->desk->kept_max};
	struct bound bound;
	enum result r = bind_request(performing->resource, performing->request, &bound, &performing->field, err);

	if (r == OK)
		r = look_for_person(performing, err);
	if (r != OK)
		return r;
	by_id(performing, id, &request);
	r = act_for(performing, err);
	if (r != OK)
		return r;
	r = work_file(&asking, row, err);
	perform_as(NULL);
	return r;
}

static enum result answer_later(struct performing *performing)
{
	const struct desk *desk = performing->desk;
	struct work_row row;
	struct err err;
	enum result r = file_work(performing, &row, &err);

	if (r == OK)
		r = work_answer(&performing->account, &row, performing->request, performing->response, &err);
	if (r != OK) {
		refuse(performing, &err);
		return r;
	}
	desk->wake(desk->wake_arg);
	return OK;
}

static enum result answer_now_or_later(struct performing *performing)
{
	if (performing->watch == NULL && performing->desk->wake != NULL && work_wanted(performing->resource, performing->request))
		return answer_later(performing);
	return answer(performing);
}

/* ---- what is done once, and only if ---- */

/* What the first thing that is written has to find, and leaves behind. */
struct guarding {
	struct performing *performing;
	struct keyed keyed;
	bool conditional;
	struct condition_guard guard;
};

static enum result guard_op(struct session *session, void *arg, struct err *err)
{
	struct guarding *guarding = arg;
	const struct perform_watch *watch = guarding->performing->watch;
	enum result r = guarding->conditional ? condition_holds(session, &guarding->guard, err) : OK;

	if (r == OK && watch != NULL)
		return watch->first(session, watch->arg, err);
	return r == OK ? keyed_witness(session, &guarding->keyed, err) : r;
}

/* The document that the condition is about, as GET answers it; `*etag` NULL when there is no such thing. */
static enum result look(const struct performing *performing, const struct resource *subject, const char **etag,
			struct err *err)
{
	struct request request = *performing->request;
	struct response response;
	struct performing looking = *performing;
	bool partly = false;
	enum result r;

	request.method = METHOD_GET;
	request.target.param_count = 0;
	request.body = "";
	request.body_len = 0;
	looking.resource = subject;
	looking.request = &request;
	looking.text = prefers_text(&request);
	looking.response = &response;
	response_init(&response, request.pool);
	response.exchange = performing->response->exchange; /* who goes away, goes away here too */
	r = may(&looking, err);
	if (r == OK)
		r = run(&looking, &partly, err);
	*etag = NULL;
	if (r == OK)
		r = buf_ok(&response.body, "the document", err);
	if (r == OK)
		r = tag(&looking, etag, err);
	response_free(&response);
	return r == ERR_NOT_FOUND || r == ERR_GONE ? OK : r;
}

static enum result precondition_failed(struct performing *performing)
{
	problem_answer(performing->response, performing->request, PROBLEM_PRECONDITION, NULL, NULL);
	return ERR_CHANGED;
}

/* OK: the condition holds now, and guard_op sees that it still does. Else the answer is made. */
static enum result check_condition(struct guarding *guarding)
{
	struct performing *performing = guarding->performing;
	const struct resource *subject = condition_subject(performing->resource);
	enum condition condition = CONDITION_GO;
	const char *etag = NULL;
	struct err err;
	enum result r = condition_begin(&guarding->guard, performing->view, performing->account.number, &err);

	if (r == OK && subject != NULL)
		r = look(performing, subject, &etag, &err);
	if (r == OK)
		r = request_condition(performing->request, etag, &condition, &err);
	if (r == OK && condition != CONDITION_GO)
		return precondition_failed(performing);
	if (r != OK)
		refuse(performing, &err);
	return r;
}

static void forget_answer(struct response *response)
{
	buf_reset(&response->body);
	response_header_remove(response, "Retry-After");
	response_header_remove(response, "Lethe-Partly");
	response_header_remove(response, "Location");
}

/* Others may write in the account between the look and the write: then it is looked at again. */
static enum result answer_guarded(struct guarding *guarding)
{
	struct performing *performing = guarding->performing;
	enum result r = OK;

	for (int i = 0; i < CONDITION_TRIES; i++) {
		if (guarding->conditional)
			r = check_condition(guarding);
		if (r != OK)
			return r;
		forget_answer(performing->response);
		vault_witness(performing->view, guard_op, guarding);
		r = answer_now_or_later(performing);
		if (!guarding->guard.changed)
			return r;
	}
	return r;
}

/* A request with a key of its own is done once; what only looks has none. */
static void do_guarded(struct performing *performing)
{
	const struct keyed_by by = {performing->view, performing->account.number, performing->actor->who,
				    performing->desk->keep_answers};
	struct guarding guarding = {.performing = performing,
				    .conditional = condition_asked(performing->resource, performing->request)};
	enum result r;
	bool done;

	if (!keyed_begin(&guarding.keyed, &by, performing->request, performing->response))
		return;
	r = answer_guarded(&guarding);
	done = vault_witnessed(performing->view);
	vault_witness(performing->view, NULL, NULL);
	keyed_end(&guarding.keyed, r, done, performing->secret, performing->response);
}

/* A job, whose request is known already: what was read when it was filed has to be so still. */
static void do_work(struct performing *performing)
{
	struct guarding guarding = {.performing = performing,
				    .conditional = condition_asked(performing->resource, performing->request)};
	enum result r = answer_guarded(&guarding);

	(void)r; /* the response says it */
	vault_witness(performing->view, NULL, NULL);
}

/* Lines that come in a stream have ids of their own, and nothing that was read is compared with them. */
static void do_stream(struct performing *performing)
{
	const struct keyed_by by = {performing->view, performing->account.number, performing->actor->who,
				    performing->desk->keep_answers};
	struct keyed keyed;
	enum result r;
	bool done;

	vault_witness(performing->view, NULL, NULL);
	if (!keyed_stream_begin(&keyed, &by, performing->request, performing->response))
		return;
	performing->keyed = &keyed;
	r = answer(performing);
	done = vault_witnessed(performing->view);
	vault_witness(performing->view, NULL, NULL);
	performing->keyed = NULL;
	keyed_stream_end(&keyed, r, done, performing->response);
}

/* What is no document has its own tag. */
static void do_it(struct performing *performing)
{
	const struct direct_resource *direct = direct_find(performing->resource);
	struct err err;
	enum result r;

	if (performing->resource->flow != RESOURCE_READ && (direct == NULL || !direct->stream)) {
		do_guarded(performing);
		return;
	}
	if (performing->resource->flow != RESOURCE_READ) {
		do_stream(performing);
		return;
	}
	r = answer(performing);
	if (r != OK || direct != NULL || performing->resource->method != METHOD_GET)
		return;
	r = tag_answer(performing, &err);
	if (r == OK && performing->next != NULL)
		r = link_next(performing->response, performing->request, performing->next, &err);
	if (r != OK)
		refuse(performing, &err);
}

/* What is read by the way and at once: of persons, contacts and records. Their leaves go through vault_note. */
static bool is_glance(const struct performing *performing)
{
	enum permission permission = performing->resource->permission;

	return performing->resource->flow == RESOURCE_READ && direct_find(performing->resource) == NULL &&
	       performing->account.number != 0 &&
	       (permission == MAY_PERSON_READ || permission == MAY_CONTACT_READ || permission == MAY_RECORD_READ);
}

struct held_back { struct read_waiter waiter; const struct request *request; struct response *response; };

/* Who looked is on disk, or cannot be kept. */
static void let_go(void *arg, const struct err *err)
{
	struct held_back *held = arg;

	if (err != NULL)
		problem_from(held->response, held->request, err, NULL);
	response_done(held->response);
}

/* Until who looked is on disk; nobody waits for that. */
static void hold_back(const struct performing *performing, uint64_t number)
{
	struct held_back *held = pool_alloc(performing->request->pool, sizeof *held);
	struct err err;

	if (held == NULL) {
		if (read_log_wait(performing->view->reads, number, &err) != OK)
			refuse(performing, &err);
		return;
	}
	*held = (struct held_back){.waiter = {.number = number, .kept = let_go, .arg = held},
				   .request = performing->request, .response = performing->response};
	response_later(performing->response);
	read_log_then(performing->view->reads, &held->waiter);
}

/* All of it is of one moment, and SQLite's locks are taken once. */
static void glance(struct performing *performing)
{
	uint64_t noted;
	struct err err;

	if (performing->response->exchange != NULL)
		vault_defer_notes(performing->view);
	if (vault_snapshot_begin(performing->view, &err) == OK)
		do_it(performing);
	else
		refuse(performing, &err);
	vault_snapshot_end(performing->view);
	noted = vault_noted(performing->view);
	vault_defer_end(performing->view);
	if (noted != 0)
		hold_back(performing, noted);
}

/* What holds a worker long, or for as long as the client likes, one account has no more of than half. What is asked
 * of the operator's, or by them of no account, is the operator's. */
static bool has_share(const struct performing *performing)
{
	const struct direct_resource *direct = direct_find(performing->resource);
	bool holds = direct != NULL ? direct->stream
				    : work_holds(performing->resource) && !work_wanted(performing->resource, performing->request);

	return !holds || response_share(performing->response, desk_owner(performing->desk, performing->view->id,
									 performing->account.number));
}

void perform(const struct desk *desk, const struct resource *resource, const struct actor *actor,
	     struct request *request, struct response *response)
{
	struct performing performing = {.desk = desk, .resource = resource, .actor = actor, .request = request,
					.response = response, .text = prefers_text(request)};
	struct err err;
	enum result r = find_account(&performing, &err);

	if (r == OK)
		r = may(&performing, &err);
	if (r != OK)
		refuse(&performing, &err);
	else if (is_glance(&performing))
		glance(&performing);
	else if (has_share(&performing))
		do_it(&performing);
}

void perform_work(const struct desk *desk, const struct resource *resource, const struct actor *actor,
		  struct request *request, struct response *response, const struct perform_watch *watch)
{
	struct performing performing = {.desk = desk, .resource = resource, .actor = actor, .request = request,
					.response = response, .watch = watch};
	struct err err;
	enum result r = find_account(&performing, &err);

	if (r == OK && watch->first != NULL)
		r = may(&performing, &err);
	if (r != OK)
		refuse(&performing, &err);
	else if (watch->first != NULL)
		do_work(&performing);
	else
		r = answer(&performing);
	(void)r; /* the response says it */
}
