/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One job being carried out.
 */
#include <string.h>

#include "access/rights_now.h"
#include "api/work.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/problem.h"
#include "privacy/account_end.h"
#include "privacy/erasures.h"
#include "shim/json_parse.h"
#include "store/job.h"
#include "vault/answer.h"
#include "vault/kept.h"

#define POOL_MAX ((size_t)256 * 1024 * 1024)
#define NOTED_MS 300 /* how far it is, and whether it shall stop, is looked at so often */

struct running {
	const struct work_runner *runner;
	const struct work_row *row;
	struct vault *vault, *view; /* to note by, and to read by */
	struct pool pool;
	struct request request;
	struct header headers[WORK_HEADERS_MAX]; /* of the request */
	size_t header_count;
	struct response response;
	struct actor actor;
	int64_t noted_ms, looked_ms;
	bool cancel, stop;
	bool open; /* it had not ended before it could begin */
};

/* ---- while it runs ---- */

struct noting { const struct running *running; int64_t done, total; };

static enum result note_op(struct session *session, void *arg, struct err *err)
{
	const struct noting *noting = arg;
	const struct work_row *row = noting->running->row;

	return work_set_progress(session->data, row->account, row->id, noting->done, noting->total, err);
}

static void note_progress(void *arg, int64_t done, int64_t total)
{
	struct running *running = arg;
	struct noting noting = {running, done, total};
	int64_t now = monotonic_ms();
	struct err ignored;

	if (done < 0 || now - running->noted_ms < NOTED_MS)
		return;
	running->noted_ms = now;
	if (vault_write(running->vault, note_op, &noting, &ignored) != OK)
		log_event(LOG_WARNING, "job.progress", LOG_ID("job", "job", running->row->id));
}

static bool shall_stop(void *arg)
{
	struct running *running = arg;
	int64_t now = monotonic_ms();
	struct work_row row;
	struct pool pool;
	struct err ignored;

	running->stop = running->stop || running->runner->stopping(running->runner->arg);
	if (running->stop || running->cancel || now - running->looked_ms < NOTED_MS)
		return running->stop || running->cancel;
	running->looked_ms = now;
	pool_init(&pool, POOL_MAX);
	running->cancel = work_get(running->view->read.data, running->row->account, running->row->id, &pool, &row, &ignored) == OK &&
			  row.cancel;
	pool_free(&pool);
	return running->cancel;
}

static enum result begun_op(struct session *session, void *arg, struct err *err)
{
	const struct running *running = arg;

	return work_set_begun(session->data, running->row->account, running->row->id, err);
}

/* ---- what was asked ---- */

static enum result read_actor(const struct json *tree, struct id region, struct actor *out)
{
	const char *who = json_get_text(tree, "who");

	if (who == NULL || strlen(who) >= sizeof out->who)
		return ERR_CORRUPT;
	*out = (struct actor){.type = (enum actor_type)json_get_int(tree, "type", 0),
			      .account = (uint32_t)json_get_int(tree, "account", 0),
			      .role = (enum access_role)json_get_int(tree, "role", 0),
			      .scopes = json_get_int(tree, "scopes", 0),
			      .user = json_get_int(tree, "user", 0),
			      .agent = json_get_int(tree, "agent", 0)};
	out->region = region; /* that of the job */
	memcpy(out->who, who, strlen(who) + 1);
	return OK;
}

static enum result make_request(struct running *running, enum method method, const char *target, const char *body,
				struct err *err)
{
	const struct work_runner *runner = running->runner;
	struct request *request = &running->request;
	enum result r;

	*request = (struct request){.method = method, .router = runner->router, .pool = &running->pool,
				    .headers = running->headers, .header_count = running->header_count, .now = runner->now(runner->arg), .body = body, .body_len = strlen(body),
				    .has_body = *body != '\0', .id = running->row->id};
	id_format(JOB_PREFIX, running->row->id, request->id_text);
	r = target_parse(target, strlen(target), &running->pool, &request->target, err);
	if (r == OK && (router_find(runner->router, method, &request->target, &request->match) != ROUTE_FOUND ||
			request->match.route < runner->first_route))
		r = err_set(err, ERR_GONE, "what was asked is there no more");
	return r;
}

/* A condition held when the first thing was done, which may have changed what it is about. */
static void read_headers(struct running *running, const struct json *headers)
{
	for (const char *const *name = work_headers; *name != NULL; name++) {
		const char *value = json_get_text(headers, *name);

		if (value == NULL || (running->row->begun && strncmp(*name, "if-", 3) == 0))
			continue;
		INVARIANT(running->header_count < WORK_HEADERS_MAX);
		running->headers[running->header_count++] = (struct header){*name, value};
	}
}

static enum result read_asked(struct running *running, struct err *err)
{
	const struct work_row *row = running->row;
	const struct json *tree;
	const char *text, *method, *target, *body;
	enum result r = open_data(running->view->read.ring, row->account, "work", row->id, row->asked, row->asked_len,
				  &running->pool, &text, err);

	if (r == OK)
		r = json_parse_once(text, strlen(text), &running->pool, &tree, err);
	if (r != OK)
		return r;
	method = json_get_text(tree, "method");
	target = json_get_text(tree, "target");
	body = json_get_text(tree, "body");
	if (method == NULL || target == NULL || body == NULL || read_actor(tree, running->view->id, &running->actor) != OK)
		return err_set(err, ERR_CORRUPT, "what was asked is not of its form");
	read_headers(running, json_get(tree, "headers"));
	return make_request(running, strcmp(method, "DELETE") == 0 ? METHOD_DELETE : METHOD_POST, target, body, err);
}

static void do_it(struct running *running, bool watched)
{
	const struct perform_watch watch = {.job = running->row->id, .arg = running, .stop = shall_stop, .progress = note_progress,
					    .first = watched ? begun_op : NULL};

	perform_work(running->runner->desk, &resources[running->request.match.route - running->runner->first_route],
		     &running->actor, &running->request, &running->response, &watch);
}

/* ---- what the vault has gone on with by itself ---- */

static bool ends_by_itself(const struct work_row *row)
{
	static const char *const once[] = {"person erase", "person anonymise", "record anonymise", "user remove", "keys rotate",
						 "account delete"};

	for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
		if (strcmp(row->operation, once[i]) == 0)
			return row->begun;
	}
	return false;
}

struct finding { const char *person; struct instant since; struct erasure found; bool any; };

static enum result see_erasure(void *arg, const struct erasure *erasure, struct err *err)
{
	struct finding *finding = arg;
	char text[ID_TEXT_MAX];

	(void)err;
	if (strcmp(id_format(PERSON_PREFIX, erasure->person, text), finding->person) != 0 ||
	    erasure->started.ms < finding->since.ms)
		return OK;
	finding->found = *erasure;
	finding->any = true;
	return OK;
}

static enum result account_id(struct running *running, char out[ID_TEXT_MAX], struct err *err)
{
	struct account account;
	enum result r = accounts_get(&running->view->read, running->row->account, &running->pool, &account, err);

	if (r == OK)
		id_format("acc", account.id, out);
	return r;
}

/* What of it can be had: the receipt of an erasure. */
static enum result find_receipt(struct running *running, const char *person, const char **target, struct err *err)
{
	struct finding finding = {.person = person, .since = running->row->created};
	char job[ID_TEXT_MAX], account[ID_TEXT_MAX];
	enum result r = erasures_list(&running->view->read, running->row->account, see_erasure, &finding, err);

	*target = NULL;
	if (r == OK && finding.any)
		r = account_id(running, account, err);
	if (r != OK || !finding.any)
		return r;
	if (finding.found.end == ERASURE_FAILED)
		return err_set(err, ERR_HELD, "it was given up: something that must be kept could not be, and nothing was destroyed");
	*target = pool_printf(&running->pool, "/v1/accounts/%s/erasures/%s/receipt", account,
			      id_format(JOB_PREFIX, finding.found.job, job));
	return *target != NULL ? OK : err_no_memory(err);
}

static void say_resumed(struct running *running)
{
	response_type(&running->response, "application/json");
	buf_add_str(&running->response.body, "{\"resumed\":true}");
}

static void show_status(struct running *running)
{
	const char *target = pool_printf(&running->pool, "/v1/accounts/%s/status", request_parameter(&running->request, "account"));
	struct err err;
	enum result r = target != NULL ? make_request(running, METHOD_GET, target, "", &err) : err_no_memory(&err);

	if (r == OK)
		do_it(running, false);
	else
		problem_from(&running->response, &running->request, &err, NULL);
}

/* Of an account that is gone its receipt is left; one that is there has only begun to end. */
static void tell_end(struct running *running)
{
	const char *name = request_parameter(&running->request, "account"), *receipt;
	struct id account;
	struct err err;
	enum result r = id_parse(ACCOUNT_PREFIX, name, &account, &err);

	if (r == OK)
		r = account_end_receipt(running->view, account, &running->pool, &receipt, &err);
	if (r == ERR_NOT_FOUND) {
		show_status(running);
		return;
	}
	if (r == OK) {
		response_type(&running->response, "application/json");
		buf_add_str(&running->response.body, receipt);
	} else {
		problem_from(&running->response, &running->request, &err, NULL);
	}
}

static void tell_what_became(struct running *running)
{
	const char *person = request_parameter(&running->request, "person"), *target = NULL;
	struct err err;
	enum result r = person != NULL ? find_receipt(running, person, &target, &err) : OK;

	if (strcmp(running->row->operation, "account delete") == 0) {
		tell_end(running);
		return;
	}
	if (r == OK && target == NULL) {
		say_resumed(running);
		return;
	}
	if (r == OK)
		r = make_request(running, METHOD_GET, target, "", &err);
	if (r == OK)
		do_it(running, false);
	else
		problem_from(&running->response, &running->request, &err, NULL);
}

/* ---- how it ended ---- */

struct ending { struct running *running; struct work_row row; };

static enum result end_op(struct session *session, void *arg, struct err *err)
{
	struct ending *ending = arg;
	struct work_row *row = &ending->row;
	const struct buf *body = &ending->running->response.body;
	struct blind name;
	enum result r = OK;

	memcpy(name.bytes, row->id.bytes, BLIND_LEN);
	if (row->status != 0 && body->len > 0)
		r = answer_seal(session, row->account, &name, body->data, body->len, &ending->running->pool, &row->result,
				&row->result_len, err);
	return r == OK ? work_note_end(session, row, err) : r;
}

/* Nobody has any use for it; what cannot go now goes later (kept_expire). */
static void drop_file(const struct running *running, struct instant now)
{
	struct err err;
	enum result r = kept_end(running->view, running->row->account, running->row->id, now, &err);

	if (r != OK)
		log_event(LOG_WARNING, "job.expire", LOG_RESULT("why", r));
}

static bool end(struct running *running)
{
	struct ending ending = {.running = running, .row = *running->row};
	const struct work_runner *runner = running->runner;
	int status = running->response.status;
	struct err err;
	enum result r;

	if (running->stop && status == 503)
		return false; /* goes on when the daemon begins again */
	ending.row.status = status;
	ending.row.state = status < 300 ? WORK_DONE : running->cancel && status == 503 ? WORK_CANCELLED : WORK_FAILED;
	if (ending.row.state == WORK_CANCELLED)
		ending.row.status = 0;
	ending.row.ended = runner->now(runner->arg);
	perform_as(&running->actor);
	r = vault_write(running->vault, end_op, &ending, &err);
	perform_as(NULL);
	if (r == OK && (ending.row.state != WORK_DONE || strcmp(ending.row.operation, "import") == 0))
		drop_file(running, ending.row.ended);
	log_event(r == OK ? LOG_INFO : LOG_ERROR, "job.end", LOG_ID("job", "job", running->row->id),
		  LOG_INT("status", status), LOG_RESULT("result", r));
	return r == OK;
}

static enum result start_op(struct session *session, void *arg, struct err *err)
{
	struct running *running = arg;
	const struct work_runner *runner = running->runner;

	return work_set_running(session->data, running->row->account, running->row->id, runner->now(runner->arg), &running->open,
				err);
}

/* If it could be begun. What was broken off by a stop goes on with the rights it had: what was done of it is done. */
static void carry_out(struct running *running, enum result r, struct err *err)
{
	if (r == OK)
		r = read_asked(running, err);
	if (r == OK && !running->row->begun)
		r = rights_now(&running->view->read, running->request.now, &running->pool, &running->actor, err);
	if (r != OK)
		problem_from(&running->response, &running->request, err, NULL);
	else if (ends_by_itself(running->row))
		tell_what_became(running);
	else
		do_it(running, true);
}

bool work_run(const struct work_runner *runner, size_t n, const struct work_row *row)
{
	struct running running = {.runner = runner, .row = row, .vault = runner->vaults[n], .view = runner->desk->views[n]};
	bool ended;
	struct err err;
	enum result r;

	pool_init(&running.pool, POOL_MAX);
	response_init(&running.response, &running.pool);
	r = vault_write(running.vault, start_op, &running, &err);
	ended = r == OK && !running.open;
	if (!ended) {
		carry_out(&running, r, &err);
		ended = end(&running);
	}
	response_free(&running.response);
	pool_free(&running.pool);
	return ended;
}
