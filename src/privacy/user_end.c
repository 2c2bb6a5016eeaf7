/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/user_end.h"

#include <string.h>

#include "shim/json_parse.h"
#include "store/invite.h"
#include "store/user_secret.h"
#include "store/user_session.h"
#include "store/user_subject.h"
#include "vault/unfinished.h"

#define POOL_MAX ((size_t)64 * 1024 * 1024)

struct run {
	struct vault *vault;
	struct account account;
	struct instant now;
	struct job job;
	int64_t user, agent;
	enum user_end_why why;
	user_end_progress *progress;
	void *arg;
	struct pool pool;
	struct user_end *out;
	bool begun, gave_up;
};

/* ---- 1: the intent ---- */

static enum result set_state(struct session *session, struct run *run, enum user_state state, struct err *err)
{
	struct user_row row;
	enum result r = user_get(session->data, run->account.number, run->user, &run->pool, &row, err);

	row.state = state;
	return r == OK ? user_put(session->data, &row, err) : r;
}

static enum result write_args(struct run *run, struct err *err)
{
	char id[ID_TEXT_MAX];

	run->job.args = pool_printf(&run->pool, "{\"user\":%lld,\"id\":\"%s\",\"agent\":%lld,\"why\":%d}",
				    (long long)run->user, id_format(USER_PREFIX, run->out->user, id),
				    (long long)run->agent, run->why);
	run->job.result = "{}";
	return run->job.args != NULL ? OK : err_no_memory(err);
}

static void begin_act(struct act *act, const struct run *run)
{
	act_id(act, "id", USER_PREFIX, run->out->user);
	act_id(act, "job", JOB_PREFIX, run->job.id);
	act_int(act, "why", run->why);
}

static enum result begin_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct act act;
	enum result r = set_state(session, run, USER_LEAVING, err);

	if (r == OK)
		r = job_insert(session->data, &run->job, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.remove.begin", run->account.number, run->now);
	begin_act(&act, run);
	return act_append(&act, session->data, NULL, err);
}

/* ---- 2: the agent ---- */

static enum result erase_agent(struct run *run, struct err *err)
{
	const struct erase_options options = {.now = run->now};
	struct identity_row row;
	struct erase_result erased;
	enum result r = identity_get(run->vault->read.data, run->account.number, run->agent, &run->pool, &row, err);

	if (r == ERR_NOT_FOUND) /* erased before: by this run, or as a person */
		return OK;
	if (r == OK)
		r = erase_person(run->vault, &run->account, row.person, &options, &run->pool, &erased, err);
	if (r != OK)
		return r;
	run->out->agent = true;
	run->out->erasure = erased.job;
	run->out->left_by_agent = erased.left_by_agent;
	return OK;
}

static enum result give_up_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct job job = run->job;
	struct act act;
	enum result r = set_state(session, run, USER_ACTIVE, err);

	job.state = JOB_DONE;
	job.ended = run->now;
	job.result = "{\"failed\":true}";
	if (r == OK)
		r = job_update(session->data, &job, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.remove.failed", run->account.number, run->now);
	begin_act(&act, run);
	return act_append(&act, session->data, NULL, err);
}

/* What is held or damaged would stop it every time, and with it every command that goes on with it. */
static enum result erase_or_give_up(struct run *run, struct err *err)
{
	struct err second;
	enum result r = run->agent != 0 ? erase_agent(run, err) : OK;

	if (r == ERR_HELD || r == ERR_WRONG_STATE || r == ERR_CORRUPT)
		run->gave_up = vault_write(run->vault, give_up_op, run, &second) == OK;
	return r;
}

/* ---- 3: the user ---- */

static enum result destroy_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	bool existed;
	uint32_t account = run->account.number;
	enum result r = keyring_destroy(session->ring, account, KEY_USER, run->user, &existed, err);

	if (r == OK)
		r = user_secret_delete_user(session->data, account, run->user, err);
	if (r == OK)
		r = user_subject_delete(session->data, account, run->user, err);
	if (r == OK)
		r = user_session_delete_user(session->data, account, run->user, err);
	if (r == OK)
		r = invite_delete(session->data, account, run->user, err);
	return r == OK ? user_delete(session->data, account, run->user, err) : r;
}

/* ---- 4: the second look ---- */

static enum result count_found(enum result r, int64_t *left)
{
	*left += r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result look_for_key(struct run *run, enum key_class class, int64_t number, struct err *err)
{
	struct wrapped_key key;

	return count_found(key_get(run->vault->read.keys, run->account.number, class, number, &key, err), &run->out->left);
}

/* Of what let them in. */
static enum result look_for_ways_in(struct run *run, struct err *err)
{
	struct db *data = run->vault->read.data;
	struct user_secret_row secret;
	struct user_session_row session;
	size_t count;
	enum result r = user_secret_list(data, run->account.number, run->user, 0, &run->pool, &secret, 1, &count, err);

	run->out->left += r == OK && count > 0 && secret.user == run->user;
	if (r == OK)
		r = user_session_list(data, run->account.number, run->user, (struct id){{0}}, &session, 1, &count, err);
	run->out->left += r == OK && count > 0 && session.user == run->user;
	return r;
}

static enum result look_again(struct run *run, struct err *err)
{
	struct session *session = &run->vault->read;
	struct identity_row agent;
	struct user_row row;
	enum result r = vault_scrub(run->vault, err);

	run->out->left = 0;
	if (r == OK)
		r = look_for_key(run, KEY_USER, run->user, err);
	if (r == OK)
		r = count_found(user_get(session->data, run->account.number, run->user, &run->pool, &row, err),
				&run->out->left);
	if (r == OK)
		r = look_for_ways_in(run, err);
	if (r != OK || run->agent == 0)
		return r;
	r = look_for_key(run, KEY_IDENTITY, run->agent, err);
	if (r != OK)
		return r;
	return count_found(identity_get(session->data, run->account.number, run->agent, &run->pool, &agent, err),
			   &run->out->left);
}

/* ---- 5: the act ---- */

static enum result close_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct job job = run->job;
	struct act act;
	enum result r;

	job.state = JOB_DONE;
	job.ended = run->now;
	r = job_update(session->data, &job, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.remove", run->account.number, run->now);
	begin_act(&act, run);
	act_int(&act, "agent", run->agent != 0);
	act_int(&act, "left", run->out->left);
	return act_append(&act, session->data, &run->out->leaf, err);
}

/* ---- from the top ---- */

static enum result before(struct run *run, int step, struct err *err)
{
	if (run->progress == NULL || !run->progress(run->arg, step))
		return OK;
	return err_set(err, ERR_INTERRUPTED, "stopped while a user was being removed");
}

/* Every step can be done again: what a crash left half done is found by what is still there. */
static enum result go_on(struct run *run, struct err *err)
{
	enum result r = before(run, 2, err);

	if (r == OK)
		r = erase_or_give_up(run, err);
	if (r == OK)
		r = before(run, 3, err);
	if (r == OK)
		r = vault_write(run->vault, destroy_op, run, err);
	if (r == OK)
		r = before(run, 4, err);
	if (r == OK)
		r = look_again(run, err);
	if (r == OK)
		r = vault_write(run->vault, close_op, run, err);
	if (r != OK && !run->gave_up)
		err_mend(err, "the next command that writes goes on with it");
	return r;
}

enum result user_end(struct vault *vault, const struct account *account, const struct user_row *user,
		     enum user_end_why why, struct instant now, user_end_progress *progress, void *arg,
		     struct user_end *out, struct err *err)
{
	struct run run = {.vault = vault, .account = *account, .now = now, .user = user->user, .agent = user->agent,
			  .why = why, .progress = progress, .arg = arg, .out = out};
	enum result r;

	*out = (struct user_end){.job = id_new(now), .user = user->id};
	run.job = (struct job){.account = account->number, .id = out->job, .type = JOB_USER, .state = JOB_RUNNING,
			       .started = now};
	pool_init(&run.pool, POOL_MAX);
	r = write_args(&run, err);
	if (r == OK)
		r = vault_write(vault, begin_op, &run, err);
	run.begun = r == OK;
	if (r == OK)
		r = go_on(&run, err);
	if (r != OK && run.begun && !run.gave_up)
		unfinished_add(vault->unfinished, account->number, run.job.id);
	pool_free(&run.pool);
	return r;
}

static enum result read_args(struct run *run, struct err *err)
{
	const struct json *args;
	const char *id;
	enum result r = json_parse_once(run->job.args, strlen(run->job.args), &run->pool, &args, err);

	if (r != OK)
		return r;
	id = json_get_text(args, "id");
	run->user = json_get_int(args, "user", 0);
	run->agent = json_get_int(args, "agent", 0);
	run->why = (enum user_end_why)json_get_int(args, "why", USER_REMOVED);
	run->out->job = run->job.id;
	if (run->user == 0 || id == NULL || id_parse(USER_PREFIX, id, &run->out->user, err) != OK)
		return err_set(err, ERR_CORRUPT, "the job that removes a user does not say which");
	return accounts_get(&run->vault->read, run->job.account, &run->pool, &run->account, err);
}

enum result user_end_go_on(struct vault *vault, const struct job *job, struct instant now, struct err *err)
{
	struct user_end out = {.leaf = 0};
	struct run run = {.vault = vault, .now = now, .job = *job, .out = &out};
	enum result r;

	pool_init(&run.pool, POOL_MAX);
	r = read_args(&run, err);
	if (r == OK)
		r = go_on(&run, err);
	pool_free(&run.pool);
	return run.gave_up ? OK : r;
}

/* ---- the rule, for all of an account ---- */

typedef enum result visit_user(void *arg, const struct user_row *user, const struct user_life *life, struct err *err);

struct visiting { struct session *session; const struct user_rule *rule; struct instant now; visit_user *visit; void *arg; };

static enum result visit_one(void *arg, const struct user_row *user, struct err *err)
{
	const struct visiting *v = arg;
	struct user_life life;
	enum result r = user_life_read(v->session, v->rule, user, v->now, &life, err);

	return r == OK ? v->visit(v->arg, user, &life, err) : r;
}

static enum result visit_users(struct session *session, uint32_t account, const struct user_rule *rule,
			       struct instant now, visit_user *visit, void *arg, struct err *err)
{
	struct visiting v = {session, rule, now, visit, arg};
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	r = user_each(session->data, account, &pool, visit_one, &v, err);
	pool_free(&pool);
	return r;
}

static enum result read_rule(struct session *session, uint32_t account, struct user_rule *out, struct err *err)
{
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	r = user_rule(session, account, &pool, out, err);
	pool_free(&pool);
	return r;
}

static enum result count_user(void *arg, const struct user_row *user, const struct user_life *life, struct err *err)
{
	struct users_plan *plan = arg;

	(void)user, (void)err;
	plan->users++;
	plan->due += life->due;
	plan->elsewhere += life->idle && life->elsewhere;
	return OK;
}

enum result users_plan(struct session *session, uint32_t account, struct instant now, struct users_plan *out,
		       struct err *err)
{
	enum result r;

	*out = (struct users_plan){.users = 0};
	r = read_rule(session, account, &out->rule, err);
	return r == OK ? visit_users(session, account, &out->rule, now, count_user, out, err) : r;
}

struct ending {
	struct vault *vault;
	const struct account *account;
	struct instant now;
	user_end_progress *progress;
	void *arg;
	struct users_done *out;
};

static enum result end_if_due(void *arg, const struct user_row *user, const struct user_life *life, struct err *err)
{
	struct ending *ending = arg;
	struct user_end end;
	enum result r;

	if (!life->due)
		return OK;
	r = user_end(ending->vault, ending->account, user, USER_IDLE, ending->now, ending->progress, ending->arg, &end,
		     err);
	ending->out->gone += r == OK;
	ending->out->agents += r == OK && end.agent;
	ending->out->left += r == OK ? end.left : 0;
	ending->out->held += r == ERR_HELD || r == ERR_WRONG_STATE;
	return r == ERR_HELD || r == ERR_WRONG_STATE ? OK : r;
}

enum result users_run(struct vault *vault, const struct account *account, struct instant now,
		      user_end_progress *progress, void *arg, struct users_done *out, struct err *err)
{
	struct ending ending = {vault, account, now, progress, arg, out};
	struct user_rule rule;
	enum result r;

	*out = (struct users_done){.gone = 0};
	r = read_rule(&vault->read, account->number, &rule, err);
	return r == OK ? visit_users(&vault->read, account->number, &rule, now, end_if_due, &ending, err) : r;
}
