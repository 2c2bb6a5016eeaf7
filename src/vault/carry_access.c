/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/carry_access.h"

#include "store/invite.h"
#include "store/request_key.h"
#include "store/token.h"
#include "store/user_secret.h"
#include "store/user_session.h"
#include "store/user_subject.h"

#define BATCH 256

static enum result put_secret(void *arg, const struct user_secret_row *row, struct err *err)
{
	return user_secret_put(arg, row, err);
}

static enum result carry_secrets(struct db *live, struct db *to, uint32_t account, struct pool *pool, struct err *err)
{
	enum result r = user_secret_clear(to, account, err);

	return r == OK ? user_secret_each(live, account, pool, put_secret, to, err) : r;
}

static enum result carry_subjects(struct db *live, struct db *to, uint32_t account, struct pool *pool, struct err *err)
{
	struct user_subject_row rows[BATCH];
	struct blind after;
	bool first = true;
	size_t count;
	enum result r = user_subject_clear(to, account, err);

	(void)pool;
	if (r != OK)
		return r;
	do {
		r = user_subject_list(live, account, first ? NULL : &after, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].blind;
			first = false;
			r = user_subject_insert(to, account, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result carry_sessions(struct db *live, struct db *to, uint32_t account, struct pool *pool, struct err *err)
{
	struct user_session_row rows[BATCH];
	struct id after = {{0}};
	int64_t user = 0;
	size_t count;
	enum result r = user_session_clear(to, account, err);

	(void)pool;
	if (r != OK)
		return r;
	do {
		r = user_session_list(live, account, user, after, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			user = rows[i].user;
			after = rows[i].id;
			r = user_session_insert(to, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result put_token(void *arg, const struct token_row *row, struct err *err)
{
	return token_insert(arg, row, err);
}

static enum result carry_tokens(struct db *live, struct db *to, uint32_t account, struct pool *pool, struct err *err)
{
	enum result r = token_clear(to, account, err);

	return r == OK ? token_each(live, account, pool, put_token, to, err) : r;
}

static enum result carry_invites(struct db *live, struct db *to, uint32_t account, struct pool *pool, struct err *err)
{
	struct invite_row rows[BATCH];
	int64_t after = -1;
	size_t count;
	enum result r = invite_clear(to, account, err);

	if (r != OK)
		return r;
	do {
		pool_reset(pool);
		r = invite_list(live, account, after, pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].user;
			r = invite_put(to, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

/* What was asked since is not done again. */
static enum result carry_requests(struct db *live, struct db *to, uint32_t account, struct pool *pool, struct err *err)
{
	struct request_key_row rows[BATCH];
	struct blind after;
	bool first = true;
	size_t count;
	enum result r = request_key_clear(to, account, err);

	if (r != OK)
		return r;
	do {
		pool_reset(pool);
		r = request_key_list(live, account, first ? NULL : &after, pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].key;
			first = false;
			r = request_key_put(to, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

enum result carry_access(struct db *live, struct db *to, uint32_t account, struct pool *pool, struct err *err)
{
	enum result r = carry_secrets(live, to, account, pool, err);

	if (r == OK)
		r = carry_subjects(live, to, account, pool, err);
	if (r == OK)
		r = carry_sessions(live, to, account, pool, err);
	if (r == OK)
		r = carry_tokens(live, to, account, pool, err);
	if (r == OK)
		r = carry_invites(live, to, account, pool, err);
	return r == OK ? carry_requests(live, to, account, pool, err) : r;
}
