/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/work.h"

#include <inttypes.h>
#include <string.h>

#include "api/direct.h"
#include "api/link.h"
#include "shim/json_parse.h"
#include "store/job.h"
#include "vault/act.h"
#include "vault/answer.h"
#include "vault/kept.h"

#define ASKED_MAX ((size_t)4 * 1024 * 1024)

static const char *const long_ones[] = {"person erase", "person anonymise", "record anonymise", "retention run",
					"user remove",  "keys rotate",      "audit verify",     "check",
					"person export", "import", "account delete"};

/* They look at a day after another, or at all that somebody has, and are never jobs. Writes are none of them: many at once
 * share a commit. */
static const char *const lookers[] = {"retention plan", "retention forecast", "retention warn", "hold preview"};

bool work_is_long(const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	if (direct != NULL)
		return direct->job;
	for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
		if (strcmp(resource->operation, long_ones[i]) == 0)
			return resource->flow != RESOURCE_READ;
	}
	return false;
}

bool work_holds(const struct resource *resource)
{
	for (size_t i = 0; i < sizeof lookers / sizeof *lookers; i++) {
		if (strcmp(resource->operation, lookers[i]) == 0)
			return true;
	}
	return work_is_long(resource);
}

/* Its answer is a file, which is fetched when it is whole. */
bool work_is_slow(const struct resource *resource)
{
	const struct direct_resource *direct = direct_find(resource);

	return strcmp(resource->operation, "person export") == 0 || (direct != NULL && direct->job);
}

/* Nobody is of an account that has ended. */
uint32_t work_owner(const struct resource *resource, uint32_t account)
{
	return strcmp(resource->operation, "account delete") == 0 ? VAULT_ACCOUNT : account;
}

bool work_preferred(const struct request *request)
{
	return field_has_token(request_header(request, "prefer"), "respond-async");
}

bool work_wanted(const struct resource *resource, const struct request *request)
{
	return work_is_long(resource) && (work_is_slow(resource) || work_preferred(request));
}

/* ---- filing ---- */

const char *const work_headers[] = {"accept", "if-match", "if-none-match", "lethe-reason", NULL};

static void write_headers(struct json_writer *w, const struct request *request)
{
	json_begin_object(w, "headers");
	for (const char *const *name = work_headers; *name != NULL; name++) {
		const char *value = request_header(request, *name);

		if (value != NULL)
			json_string(w, *name, value);
	}
	json_end_object(w);
}

/* What a thread of ours needs to do it as if it were asked then. */
static void write_asked(const struct request *request, const struct actor *actor, struct buf *target, struct buf *out)
{
	struct json_writer w;

	link_target(target, &request->target);
	buf_add(target, "", 1);
	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "method", method_name(request->method));
	json_string(&w, "target", target->data != NULL ? target->data : "");
	json_string_n(&w, "body", request->body, request->body_len);
	write_headers(&w, request);
	json_int(&w, "type", actor->type);
	json_string(&w, "who", actor->who);
	json_int(&w, "account", actor->account);
	json_int(&w, "role", actor->role);
	json_int(&w, "scopes", actor->scopes);
	json_int(&w, "user", actor->user);
	json_int(&w, "agent", actor->agent);
	json_end_object(&w);
	buf_add(out, "", 1);
}

struct filing { const struct work_asking *asking; struct work_row *row; const char *asked; };

static enum result check_files(struct session *session, const struct work_asking *asking, int64_t files, uint64_t bytes,
			       struct err *err)
{
	bool few = files < WORK_FILES_MAX, bounded = few && asking->kept_max > 0;
	int64_t kept = 0;
	enum result r = bounded ? work_file_bytes(session->data, asking->account, &kept, err) : OK;

	if (r != OK)
		return r;
	if (!few)
		err_set(err, ERR_LIMIT, "%d files of jobs are kept for the account already", WORK_FILES_MAX);
	else if (bounded && (kept >= asking->kept_max || bytes > (uint64_t)(asking->kept_max - kept)))
		err_set(err, ERR_LIMIT, "files of jobs may take %" PRId64 " bytes for the account together, and %" PRId64 " are taken",
			asking->kept_max, kept);
	else
		return OK;
	return err_mend(err, "fetch them, and destroy them by `lethe job drop`; or wait until their time is over");
}

/* Nobody's jobs and files grow without end. */
enum result work_room(struct session *session, const struct work_asking *asking, uint64_t bytes, struct err *err)
{
	int64_t open, files;
	enum result r = work_count(session->data, asking->account, WORK_OPEN_MAX, &open, &files, err);

	if (r == OK && open >= WORK_OPEN_MAX) {
		err_set(err, ERR_BUSY, "%d jobs of the account wait already", WORK_OPEN_MAX);
		return err_mend(err, "ask again when some of them have ended; `lethe job list` shows them");
	}
	return r == OK && work_is_slow(asking->resource) ? check_files(session, asking, files, bytes, err) : r;
}

static enum result file_op(struct session *session, void *arg, struct err *err)
{
	struct filing *filing = arg;
	struct kept_put *put = filing->asking->put;
	struct work_row *row = filing->row;
	struct act act;
	enum result r = work_room(session, filing->asking, put != NULL ? kept_bytes(put) : 0, err);

	if (r == OK)
		r = seal_data(session->ring, row->account, "work", row->id, filing->asked, filing->asking->request->pool,
			      &row->asked, &row->asked_len, err);
	if (r == OK)
		r = work_put(session->data, row, err);
	if (r == OK && put != NULL)
		r = kept_attach(session, put, err);
	if (r != OK)
		return r;
	act_begin(&act, "job.file", row->account, row->created);
	act_id(&act, "job", JOB_PREFIX, row->id);
	return act_append(&act, session->data, NULL, err);
}

enum result work_file(const struct work_asking *asking, struct work_row *out, struct err *err)
{
	struct filing filing = {.asking = asking, .row = out};
	struct buf asked, target;
	enum result r;

	*out = (struct work_row){.account = asking->account, .id = asking->put != NULL ? out->id : id_new(asking->request->now),
				 .operation = asking->resource->operation, .made_by = asking->actor->who,
				 .state = WORK_WAITING, .created = asking->request->now};
	buf_init(&asked, ASKED_MAX);
	buf_init(&target, ASKED_MAX);
	write_asked(asking->request, asking->actor, &target, &asked);
	filing.asked = asked.data;
	r = buf_ok(&target, "what is asked", err);
	if (r == OK)
		r = buf_ok(&asked, "what is asked", err);
	if (r == OK)
		r = vault_write(asking->view, file_op, &filing, err);
	buf_free(&target);
	buf_free(&asked);
	return r;
}

static const char *address_of(const struct account *account, const struct work_row *row, struct pool *pool)
{
	char id[ID_TEXT_MAX], of[ID_TEXT_MAX];

	id_format(JOB_PREFIX, row->id, id);
	if (row->account == VAULT_ACCOUNT)
		return pool_printf(pool, "/v1/jobs/%s", id);
	return pool_printf(pool, "/v1/accounts/%s/jobs/%s", id_format(ACCOUNT_PREFIX, account->id, of), id);
}

enum result work_answer(const struct account *account, const struct work_row *row, const struct request *request,
			struct response *response, struct err *err)
{
	const char *where = address_of(account, row, request->pool);
	struct json_writer w;

	if (where == NULL)
		return err_no_memory(err);
	json_writer_init(&w, &response->body, 2);
	json_begin_object(&w, NULL);
	work_print(&w, row);
	json_end_object(&w);
	response->status = 202;
	response_type(response, "application/json");
	response_header(response, "Location", where);
	if (work_preferred(request))
		response_header(response, "Preference-Applied", "respond-async");
	return OK;
}

/* ---- ending ---- */

enum result work_note_end(struct session *session, const struct work_row *row, struct err *err)
{
	struct act act;
	enum result r = work_end(session->data, row, err);

	if (r != OK)
		return r;
	act_begin(&act, "job.end", row->account, row->ended);
	act_id(&act, "job", JOB_PREFIX, row->id);
	act_int(&act, "state", row->state);
	act_int(&act, "status", row->status);
	return act_append(&act, session->data, NULL, err);
}

static enum result note_cancel(struct session *session, const struct work_row *row, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "job.cancel", row->account, now);
	act_id(&act, "job", JOB_PREFIX, row->id);
	return act_append(&act, session->data, NULL, err);
}

struct cancelling { uint32_t account; struct id id; struct instant now; struct pool *pool; struct work_row *row; };

static enum result cancel_op(struct session *session, void *arg, struct err *err)
{
	const struct cancelling *cancelling = arg;
	struct work_row *row = cancelling->row;
	enum result r = work_get(session->data, cancelling->account, cancelling->id, cancelling->pool, row, err);

	if (r == OK && row->ended.ms != 0)
		return err_set(err, ERR_EXISTS, "the job has ended: it is %s", work_state_name(row->state));
	if (r == OK && !row->cancel)
		r = work_set_cancel(session->data, row->account, row->id, err);
	row->cancel = true;
	if (r == OK)
		r = note_cancel(session, row, cancelling->now, err);
	if (r != OK || row->state != WORK_WAITING)
		return r;
	row->state = WORK_CANCELLED;
	row->ended = cancelling->now;
	return work_note_end(session, row, err);
}

enum result work_cancel(struct vault *view, uint32_t account, struct id id, struct instant now, struct pool *pool,
			struct work_row *row, struct err *err)
{
	struct cancelling cancelling = {account, id, now, pool, row};

	return vault_write(view, cancel_op, &cancelling, err);
}

/* ---- showing ---- */

const char *work_state_name(enum work_state state)
{
	static const char *const names[] = {"?", "waiting", "running", "done", "failed", "cancelled"};

	return names[state];
}

static void print_time(struct json_writer *w, const char *name, struct instant at)
{
	char text[TIME_TEXT_MAX];

	json_string(w, name, at.ms != 0 ? instant_format(at, text) : NULL);
}

enum result work_open_answer(struct session *session, const struct work_row *row, struct pool *pool,
			     const struct json **out, struct err *err)
{
	struct blind name;
	const char *plain;
	size_t len;
	enum result r = ERR_GONE;

	*out = NULL;
	memcpy(name.bytes, row->id.bytes, BLIND_LEN);
	if (row->result_len > 0)
		r = answer_open(session->ring, row->account, &name, row->result, row->result_len, pool, &plain, &len, err);
	if (r == OK)
		r = json_parse_once(plain, len, pool, out, err);
	return r == ERR_GONE ? OK : r;
}

void work_print(struct json_writer *w, const struct work_row *row)
{
	json_id(w, "id", JOB_PREFIX, row->id);
	json_string(w, "operation", row->operation);
	json_string(w, "state", work_state_name(row->state));
	json_string(w, "made_by", row->made_by);
	json_instant(w, "created", row->created);
	print_time(w, "started", row->started);
	print_time(w, "ended", row->ended);
	json_int(w, "done", row->done);
	if (row->total > 0)
		json_int(w, "total", row->total);
	else
		json_null(w, "total");
	json_bool(w, "cancel", row->cancel);
	if (row->status != 0)
		json_int(w, "status", row->status);
	else
		json_null(w, "status");
}
