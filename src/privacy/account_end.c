/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/account_end.h"

#include <string.h>

#include "privacy/account_life.h"
#include "privacy/statement.h"
#include "shim/json_parse.h"
#include "store/media.h"
#include "vault/kept.h"
#include "vault/proof.h"
#include "vault/receipts.h"
#include "vault/unfinished.h"

#define POOL_MAX ((size_t)16 * 1024 * 1024)
#define STATEMENT_MAX ((size_t)64 * 1024)
#define LIST 64

struct run {
	struct vault *vault;
	uint32_t number;
	struct instant now, started;
	account_end_progress *progress;
	void *arg;
	struct pool *pool;
	struct account_end *out;
	struct removed_account done;
	char digest[65];
	const char *args, *statement;
	bool more;
};

bool account_end_left_any(const struct account_end *end)
{
	int64_t sum = end->left_keys + end->left.blobs;

	for (int i = 0; i < ENDING_TABLES; i++)
		sum += end->left.rows[i];
	return sum != 0;
}

/* ---- 1: the intent ---- */

static void add_tables(struct json_writer *w, const char *name, const struct removed_account *counts)
{
	json_begin_object(w, name);
	for (int i = 0; i < ENDING_TABLES; i++)
		json_int(w, ending_table(i), counts->rows[i]);
	json_int(w, "blobs", counts->blobs);
}

/* What there is, too: who goes on after a crash no longer finds all of it. */
static enum result write_args(struct run *run, struct err *err)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, STATEMENT_MAX);
	json_writer_init(&w, &out, 0);
	json_begin_object(&w, NULL);
	json_int(&w, "account", run->number);
	json_id(&w, "id", ACCOUNT_PREFIX, run->out->account);
	json_int(&w, "keys", run->out->keys);
	add_tables(&w, "rows", &run->out->removed);
	json_end_object(&w);
	json_end_object(&w);
	run->args = buf_to_pool(&out, "the job that ends an account", run->pool, err);
	return run->args != NULL ? OK : err->code;
}

static enum result count_all(struct session *session, struct run *run, struct err *err)
{
	struct removed_account *found = &run->out->removed;
	enum result r = key_count_account(session->keys, run->number, &run->out->keys, err);

	if (r == OK)
		r = remove_account_look(session, run->number, found, err);
	found->blobs += r == OK ? found->rows[ENDING_MEDIA] : 0;
	return r;
}

static struct job job_of(const struct run *run, uint32_t account, enum job_state state)
{
	return (struct job){.account = account, .id = run->out->job, .type = JOB_ACCOUNT, .state = state,
			    .started = run->started, .ended = run->now, .args = run->args, .result = "{}"};
}

/* Who asked looked before; a hold may have come since. */
static enum result check_free(struct session *session, const struct run *run, struct err *err)
{
	const struct account account = {.number = run->number, .id = run->out->account};
	struct account_life life;
	enum result r = account_life_read(session, &account, &life, err);

	return r == OK ? account_life_may_end(&life, err) : r;
}

static enum result begin_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct job job = job_of(run, run->number, JOB_RUNNING);
	struct act act;
	enum result r = check_free(session, run, err);

	if (r == OK)
		r = count_all(session, run, err);
	if (r == OK)
		r = write_args(run, err);
	job.args = run->args;
	if (r == OK)
		r = job_insert(session->data, &job, err);
	if (r != OK)
		return r;
	act_begin(&act, "account.end.begin", run->number, run->now);
	act_id(&act, "id", ACCOUNT_PREFIX, run->out->account);
	act_id(&act, "job", JOB_PREFIX, run->out->job);
	return act_append(&act, session->data, NULL, err);
}

/* ---- 2: keys ---- */

static enum result destroy_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	int64_t keys;
	enum result r = keyring_account_destroy(session->ring, run->number, &keys, err);

	return r == OK ? ending_account(session->data, run->number, err) : r;
}

/* ---- 3: rows ---- */

static enum result remove_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;

	return remove_account(session, run->number, false, &run->done, &run->more, err);
}

static int64_t sum_rows(const struct removed_account *removed)
{
	int64_t sum = 0;

	for (int i = 0; i < ENDING_TABLES; i++)
		sum += removed->rows[i];
	return sum;
}

static enum result remove_rows(struct run *run, struct err *err)
{
	enum result r;

	do {
		r = vault_write(run->vault, remove_op, run, err);
		if (r == OK && run->progress != NULL && run->progress(run->arg, sum_rows(&run->done)) && run->more)
			r = err_set(err, ERR_INTERRUPTED, "stopped; every key of the account is destroyed, rows are left");
	} while (r == OK && run->more);
	return r;
}

/* ---- 4: the second look ---- */

static enum result look_again(struct run *run, struct err *err)
{
	uint64_t removed;
	enum result r = vault_empty_trash(run->vault, &removed, err);

	if (r == OK)
		r = kept_remove_account(run->vault, run->number, err);
	if (r == OK)
		r = vault_scrub(run->vault, err);
	if (r == OK)
		r = remove_account_look(&run->vault->read, run->number, &run->out->left, err);
	return r == OK ? key_count_account(run->vault->read.keys, run->number, &run->out->left_keys, err) : r;
}

/* ---- 5: the act ---- */

static enum result state(struct run *run, struct buf *out, struct err *err)
{
	struct json_writer w;
	enum result r;

	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "act", "account.end");
	json_id(&w, "vault", "vault", run->vault->id);
	json_string(&w, "region", run->vault->region);
	json_id(&w, "account", ACCOUNT_PREFIX, run->out->account);
	json_id(&w, "job", JOB_PREFIX, run->out->job);
	json_instant(&w, "started", run->started);
	json_instant(&w, "ended", run->now);
	add_tables(&w, "destroyed", &run->out->removed);
	json_int(&w, "keys", run->out->keys);
	json_end_object(&w);
	add_tables(&w, "left", &run->out->left);
	json_int(&w, "keys", run->out->left_keys);
	json_end_object(&w);
	r = statement_copies(&w, run->vault, run->now, &run->out->unreadable_by, err);
	json_end_object(&w);
	return r == OK ? buf_ok(out, "a statement", err) : r;
}

/* The job moves to the vault: the account has no row in any table any more. */
static enum result close_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct job job = job_of(run, VAULT_ACCOUNT, JOB_DONE);
	struct act act;
	bool more = true;
	enum result r = OK;

	act_begin(&act, "account.end", VAULT_ACCOUNT, run->now);
	act_id(&act, "id", ACCOUNT_PREFIX, run->out->account);
	act_id(&act, "job", JOB_PREFIX, run->out->job);
	act_int(&act, "number", run->number);
	act_int(&act, "keys", run->out->keys);
	act_int(&act, "rows", sum_rows(&run->out->removed));
	act_int(&act, "blobs", run->out->removed.blobs);
	act_int(&act, "left", account_end_left_any(run->out));
	act_digest(&act, "statement", run->digest);
	r = act_append(&act, session->data, &run->out->leaf, err);
	while (r == OK && more)
		r = remove_account(session, run->number, true, &run->done, &more, err);
	if (r == OK)
		r = job_insert(session->data, &job, err);
	if (r == OK)
		r = receipts_result(run->statement, run->out->leaf, run->pool, &job.result, err);
	return r == OK ? job_update(session->data, &job, err) : r;
}

static enum result close_job(struct run *run, struct err *err)
{
	struct buf statement;
	enum result r;

	buf_init(&statement, STATEMENT_MAX);
	r = state(run, &statement, err);
	if (r == OK)
		r = proof_digest(statement.data, statement.len, run->digest, err);
	run->statement = statement.data;
	if (r == OK)
		r = vault_write(run->vault, close_op, run, err);
	if (r == OK)
		r = receipts_sign(run->vault, statement.data, statement.len, run->out->leaf, run->pool, &run->out->receipt,
				  err);
	buf_free(&statement);
	return r;
}

/* ---- from the top ---- */

/* Every step can be done again: what a crash left half done is found by what is still there. */
static enum result go_on(struct run *run, struct err *err)
{
	char id[ID_TEXT_MAX];
	enum result r = vault_write(run->vault, destroy_op, run, err);

	if (r == OK)
		r = vault_scrub(run->vault, err);
	if (r == OK)
		r = remove_rows(run, err);
	if (r == OK)
		r = look_again(run, err);
	if (r == OK)
		r = close_job(run, err);
	if (r != OK)
		err_mend(err, "the next command that writes goes on with it; then `lethe account receipt %s` gives its receipt",
			 id_format(ACCOUNT_PREFIX, run->out->account, id));
	return r;
}

enum result account_end(struct vault *vault, const struct account *account, struct instant now,
			account_end_progress *progress, void *arg, struct pool *pool, struct account_end *out,
			struct err *err)
{
	struct run run = {.vault = vault, .number = account->number, .now = now, .started = now, .progress = progress,
			  .arg = arg, .pool = pool, .out = out};
	enum result r;

	*out = (struct account_end){.job = id_new(now), .account = account->id};
	r = vault_write(vault, begin_op, &run, err);
	if (r != OK)
		return r;
	r = go_on(&run, err);
	if (r != OK)
		unfinished_add(vault->unfinished, run.number, out->job);
	return r;
}

static enum result read_args(const struct job *job, struct pool *pool, struct account_end *out, uint32_t *number,
			     struct err *err)
{
	const struct json *args, *rows;
	const char *id;
	enum result r = json_parse_once(job->args, strlen(job->args), pool, &args, err);

	if (r != OK)
		return r;
	id = json_get_text(args, "id");
	*number = (uint32_t)json_get_int(args, "account", 0);
	out->job = job->id;
	out->keys = json_get_int(args, "keys", 0);
	rows = json_get(args, "rows");
	for (int i = 0; i < ENDING_TABLES && rows != NULL; i++)
		out->removed.rows[i] = json_get_int(rows, ending_table(i), 0);
	out->removed.blobs = rows != NULL ? json_get_int(rows, "blobs", 0) : 0;
	if (*number == 0 || id == NULL || id_parse(ACCOUNT_PREFIX, id, &out->account, err) != OK)
		return err_set(err, ERR_CORRUPT, "the job that ends an account does not say which");
	return OK;
}

static enum result resume(struct vault *vault, const struct job *job, struct instant now, struct pool *pool,
			  struct err *err)
{
	struct account_end out = {.keys = 0};
	struct run run = {.vault = vault, .now = now, .pool = pool, .out = &out, .args = job->args, .started = job->started};
	enum result r = read_args(job, pool, &out, &run.number, err);

	return r == OK ? go_on(&run, err) : r;
}

enum result account_end_go_on(struct vault *vault, const struct job *job, struct instant now, struct err *err)
{
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	r = resume(vault, job, now, &pool, err);
	pool_free(&pool);
	return r;
}

/* ---- once more ---- */

static enum result receipt_of(struct vault *vault, const struct job *job, struct pool *pool, const char **receipt,
			      struct err *err)
{
	struct receipts_kept kept;
	enum result r = receipts_kept(job, pool, &kept, err);

	if (r != OK)
		return r;
	if (kept.statement == NULL)
		return err_set(err, ERR_CORRUPT, "the job that ended an account does not say what it did");
	return receipts_again(vault, &kept, pool, receipt, err);
}

static enum result look_at_job(struct vault *vault, struct id id, struct id account, struct pool *pool, bool *is_it,
			       const char **receipt, struct err *err)
{
	struct account_end end;
	struct job job;
	uint32_t number;
	enum result r = job_get(vault->read.data, VAULT_ACCOUNT, id, pool, &job, err);

	if (r == OK)
		r = read_args(&job, pool, &end, &number, err);
	*is_it = r == OK && id_compare(end.account, account) == 0;
	return *is_it ? receipt_of(vault, &job, pool, receipt, err) : r;
}

enum result account_end_receipt(struct vault *vault, struct id account, struct pool *pool, const char **receipt,
				struct err *err)
{
	struct id jobs[LIST], after = {{0}};
	bool is_it = false;
	size_t count;
	enum result r;

	do {
		r = job_list_of_type(vault->read.data, VAULT_ACCOUNT, JOB_ACCOUNT, after, jobs, LIST, &count, err);
		for (size_t i = 0; r == OK && i < count && !is_it; i++)
			r = look_at_job(vault, after = jobs[i], account, pool, &is_it, receipt, err);
	} while (r == OK && count == LIST && !is_it);
	if (r != OK || is_it)
		return r;
	return err_set(err, ERR_NOT_FOUND, "no account of that id has ended here");
}
