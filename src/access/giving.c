/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/giving.h"

#include "access/oidc_signin.h"
#include "access/secret.h"
#include "store/token.h"

#define POOL_MAX ((size_t)1024 * 1024)

struct looking { struct session *session; bool provider, can; struct pool pool; };

/* By a password, or at the account's provider, which may know them by their address. */
static enum result can_sign_in(void *arg, const struct user_row *user, struct err *err)
{
	struct looking *looking = arg;

	if (looking->can || user->role != USER_OWNER || user->state != USER_ACTIVE)
		return OK;
	looking->can = looking->provider;
	return looking->can ? OK : secret_has(looking->session, user, SECRET_PASSWORD, &looking->pool, &looking->can, err);
}

static enum result an_owner_can(struct session *session, uint32_t account, bool *can, struct err *err)
{
	struct looking looking = {.session = session};
	struct oidc_setting setting;
	enum result r;

	pool_init(&looking.pool, POOL_MAX);
	r = oidc_setting_get(session, account, &looking.pool, &looking.provider, &setting, err);
	if (r == OK)
		r = user_each(session->data, account, &looking.pool, can_sign_in, &looking, err);
	pool_free(&looking.pool);
	*can = looking.can;
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

/* Is it for them only while no owner can sign in? */
static bool is_limited(const struct actor *actor, enum access_role role)
{
	return actor->type != ACTOR_LOCAL && actor->role == ROLE_OPERATOR && role == ROLE_OWNER;
}

enum result giving_require(struct session *session, const struct actor *actor, uint32_t account, enum access_role role,
			   struct err *err)
{
	if (!access_may_give(actor, role)) {
		err_set(err, ERR_DENIED, "the role %s may do more than you: who has it is not yours to change",
			access_role_name(role));
		return err_mend(err, "ask an owner");
	}
	return is_limited(actor, role) ? for_operator(session, account, err) : OK;
}

static enum result still_may(struct session *session, void *arg, struct err *err)
{
	const struct giving_watch *watch = arg;
	enum result r = watch->next != NULL ? watch->next(session, watch->next_arg, err) : OK;

	return r == OK ? giving_require(session, &watch->actor, watch->account, watch->role, err) : r;
}

enum result giving_watched(struct vault *vault, const struct actor *actor, uint32_t account, enum access_role role,
			   struct giving_watch *watch, struct err *err)
{
	enum result r = giving_require(&vault->read, actor, account, role, err);

	if (r != OK || !is_limited(actor, role))
		return r;
	*watch = (struct giving_watch){*actor, account, role, vault->witness, vault->witness_arg};
	vault_witness(vault, still_may, watch);
	return OK;
}

enum result giving_is_over(struct session *session, const char *made_by, uint32_t account, enum access_role role,
			   bool *over, struct err *err)
{
	struct token_row token;
	struct pool pool;
	struct id id;
	enum result r;

	*over = false;
	if (role != ROLE_OWNER || id_parse(TOKEN_PREFIX, made_by, &id, err) != OK)
		return OK;
	pool_init(&pool, POOL_MAX);
	r = token_get(session->data, VAULT_ACCOUNT, id, &pool, &token, err);
	pool_free(&pool);
	if (r == OK)
		return an_owner_can(session, account, over, err);
	return r == ERR_NOT_FOUND ? OK : r;
}

/* ---- who gave it may be gone ---- */

static enum result user_is_gone(struct session *session, uint32_t account, struct id id, bool *gone, struct err *err)
{
	struct user_row user;
	struct pool pool;
	int64_t number = 0;
	enum result r = user_find_id(session->data, account, id, &number, err);

	*gone = true;
	if (r != OK || number == 0)
		return r;
	pool_init(&pool, POOL_MAX);
	r = secret_user(session, account, number, &pool, &user, err);
	pool_free(&pool);
	*gone = r != OK;
	return r == ERR_NOT_FOUND || r == ERR_WRONG_STATE ? OK : r;
}

/* Of the account, or the operator's. One that has expired is not distrusted for that. */
static enum result token_is_gone(struct session *session, uint32_t account, struct id id, bool *gone, struct err *err)
{
	struct token_row token;
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	r = token_get(session->data, account, id, &pool, &token, err);
	if (r == ERR_NOT_FOUND)
		r = token_get(session->data, VAULT_ACCOUNT, id, &pool, &token, err);
	pool_free(&pool);
	*gone = r != OK || token.revoked;
	return r == ERR_NOT_FOUND ? OK : r;
}

enum result giving_is_withdrawn(struct session *session, const char *made_by, uint32_t account, bool *withdrawn,
				struct err *err)
{
	struct err none;
	struct id id;

	*withdrawn = false;
	if (id_parse(USER_PREFIX, made_by, &id, &none) == OK)
		return user_is_gone(session, account, id, withdrawn, err);
	if (id_parse(TOKEN_PREFIX, made_by, &id, &none) == OK)
		return token_is_gone(session, account, id, withdrawn, err);
	return OK;
}
