/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/giving.h"

#include "access/oidc_signin.h"
#include "access/secret.h"

#define BATCH 64
#define POOL_MAX ((size_t)1024 * 1024)

/* By a password, or at the account's provider, which may know them by their address. */
static enum result can_sign_in(struct session *session, const struct user_row *user, bool provider, struct pool *pool,
			       bool *can, struct err *err)
{
	enum result r = OK;

	*can = user->state == USER_ACTIVE && provider;
	if (user->state == USER_ACTIVE && !provider)
		r = secret_has(session, user, SECRET_PASSWORD, pool, can, err);
	return r;
}

static enum result look_among(struct session *session, uint32_t account, bool provider, struct pool *pool, bool *can,
			      struct err *err)
{
	struct user_row rows[BATCH];
	int64_t after = 0;
	size_t count;
	enum result r;

	*can = false;
	do {
		pool_reset(pool);
		r = user_list(session->data, account, after, pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count && !*can; i++) {
			after = rows[i].user;
			if (rows[i].role == USER_OWNER)
				r = can_sign_in(session, &rows[i], provider, pool, can, err);
		}
	} while (r == OK && count == BATCH && !*can);
	return r;
}

static enum result an_owner_can(struct session *session, uint32_t account, bool *can, struct err *err)
{
	struct oidc_setting setting;
	struct pool pool;
	bool provider;
	enum result r;

	pool_init(&pool, POOL_MAX);
	r = oidc_setting_get(session, account, &pool, &provider, &setting, err);
	if (r == OK)
		r = look_among(session, account, provider, &pool, can, err);
	pool_free(&pool);
	return r;
}

static enum result for_operator(struct session *session, uint32_t account, struct err *err)
{
	bool can = false;
	enum result r = an_owner_can(session, account, &can, err);

	if (r != OK || !can)
		return r;
	err_set(err, ERR_DENIED, "the account has an owner who can sign in: who is one, and how they are let in, is not yours to change");
	return err_mend(err, "ask an owner; or, if none of them can get in any more, run the command on the machine itself");
}

enum result giving_require(struct session *session, const struct actor *actor, uint32_t account, enum access_role role,
			   struct err *err)
{
	if (!access_may_give(actor, role)) {
		err_set(err, ERR_DENIED, "the role %s may do more than you: who has it is not yours to change",
			access_role_name(role));
		return err_mend(err, "ask an owner");
	}
	if (actor->type == ACTOR_LOCAL || actor->role != ROLE_OPERATOR || role != ROLE_OWNER)
		return OK;
	return for_operator(session, account, err);
}
