/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/tidy.h"

#include "access/token.h"
#include "store/invite.h"
#include "store/request_key.h"
#include "store/work.h"

#define BATCH 64
#define POOL_MAX ((size_t)1024 * 1024)

static const struct duration listed = {INT64_C(90) * 24 * 3600 * 1000};

struct tidying {
	uint32_t account;
	const struct session_rule *rule;
	struct instant now;
	struct tidied *out;
	struct pool pool;
};

static enum result tidy_sessions(struct session *session, struct tidying *t, struct err *err)
{
	struct user_session_row rows[BATCH];
	struct id after = {{0}};
	int64_t user = 0;
	size_t count;
	enum result r;

	do {
		r = user_session_list(session->data, t->account, user, after, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			user = rows[i].user;
			after = rows[i].id;
			if (t->now.ms < rows[i].ends.ms && t->now.ms - rows[i].seen.ms < t->rule->idle.ms)
				continue;
			r = user_session_delete(session->data, t->account, user, after, err);
			t->out->sessions++;
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result tidy_invites(struct session *session, struct tidying *t, struct err *err)
{
	struct invite_row rows[BATCH];
	int64_t after = -1;
	size_t count;
	enum result r;

	do {
		pool_reset(&t->pool);
		r = invite_list(session->data, t->account, after, &t->pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].user;
			if (t->now.ms < rows[i].expires.ms)
				continue;
			r = invite_delete(session->data, t->account, after, err);
			t->out->invites++;
		}
	} while (r == OK && count == BATCH);
	return r;
}

static bool is_forgotten(const struct token_row *row, struct instant now)
{
	return (row->revoked && now.ms - row->revoked_at.ms >= listed.ms) ||
	       (row->expires && now.ms - row->expires_at.ms >= listed.ms);
}

struct tidying_tokens { struct session *session; const struct tidying *t; };

static enum result tidy_token(void *arg, const struct token_row *token, struct err *err)
{
	const struct tidying_tokens *at = arg;

	if (!is_forgotten(token, at->t->now))
		return OK;
	at->t->out->tokens++;
	return token_delete(at->session->data, token->account, token->id, err);
}

static enum result tidy_tokens(struct session *session, struct tidying *t, struct err *err)
{
	struct tidying_tokens at = {session, t};

	return token_each(session->data, t->account, &t->pool, tidy_token, &at, err);
}

static enum result tidy_requests(struct session *session, struct tidying *t, struct err *err)
{
	int64_t deleted;
	enum result r;

	do {
		r = request_key_delete_due(session->data, t->account, t->now, BATCH, &deleted, err);
		t->out->requests += deleted;
	} while (r == OK && deleted == BATCH);
	return r;
}

static enum result tidy_work(struct session *session, struct tidying *t, struct err *err)
{
	int64_t deleted;
	enum result r;

	do {
		r = work_delete_ended(session->data, t->account, (struct instant){t->now.ms - listed.ms}, BATCH, &deleted, err);
		t->out->jobs += deleted;
	} while (r == OK && deleted == BATCH);
	return r;
}

static enum result tidy_op(struct session *session, void *arg, struct err *err)
{
	struct tidying *t = arg;
	struct act act;
	enum result r = tidy_sessions(session, t, err);

	if (r == OK)
		r = tidy_invites(session, t, err);
	if (r == OK)
		r = tidy_tokens(session, t, err);
	if (r == OK)
		r = tidy_requests(session, t, err);
	if (r == OK)
		r = tidy_work(session, t, err);
	if (r != OK || t->out->sessions + t->out->invites + t->out->tokens + t->out->requests + t->out->jobs == 0)
		return r;
	act_begin(&act, "access.tidy", t->account, t->now);
	act_int(&act, "sessions", t->out->sessions);
	act_int(&act, "invites", t->out->invites);
	act_int(&act, "tokens", t->out->tokens);
	act_int(&act, "requests", t->out->requests);
	act_int(&act, "jobs", t->out->jobs);
	return act_append(&act, session->data, NULL, err);
}

enum result access_tidy(struct vault *vault, uint32_t account, const struct session_rule *rule, struct instant now,
			struct tidied *out, struct err *err)
{
	struct tidying t = {.account = account, .rule = rule, .now = now, .out = out};
	enum result r;

	*out = (struct tidied){0};
	pool_init(&t.pool, POOL_MAX);
	r = vault_write(vault, tidy_op, &t, err);
	pool_free(&t.pool);
	return r;
}
