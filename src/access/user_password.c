/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/user_password.h"

#include <string.h>

#include "access/secret.h"
#include "store/invite.h"

#define POOL_MAX ((size_t)1024 * 1024)

enum result user_password_prepare(struct password_gate *gate, const struct account *account, const char *name,
				  const char *text, size_t len, struct pool *pool, char hash[PASSWORD_HASH_MAX],
				  struct err *err)
{
	const char *password;
	enum result r = password_accept(text, len, name, account->name, pool, &password, err);

	return r == OK ? password_hash(gate, password, hash, err) : r;
}

enum result user_password_put(struct session *session, const struct user_row *user, const char hash[PASSWORD_HASH_MAX],
			      enum password_how how, struct instant now, struct pool *pool, struct err *err)
{
	struct act act;
	int64_t ended = 0;
	enum result r = secret_set(session, user, SECRET_PASSWORD, hash, strlen(hash), 0, now, pool, err);

	if (r == OK)
		r = user_session_delete_user(session->data, user->account, user->user, err);
	ended = r == OK ? db_changes(session->data) : 0;
	if (r == OK)
		r = invite_delete(session->data, user->account, user->user, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.password.set", user->account, now);
	act_id(&act, "id", USER_PREFIX, user->id);
	act_int(&act, "how", how);
	act_int(&act, "sessions", ended);
	return act_append(&act, session->data, NULL, err);
}

struct setting {
	const struct user_row *user;
	char hash[PASSWORD_HASH_MAX];
	enum password_how how;
	struct instant now;
	struct pool pool;
};

static enum result set_op(struct session *session, void *arg, struct err *err)
{
	struct setting *s = arg;
	struct user_row user;
	enum result r = secret_user(session, s->user->account, s->user->user, &s->pool, &user, err);

	return r == OK ? user_password_put(session, &user, s->hash, s->how, s->now, &s->pool, err) : r;
}

enum result user_password_set(struct vault *vault, struct password_gate *gate, const struct account *account,
			      const struct user_row *user, const char *text, size_t len, enum password_how how,
			      struct instant now, struct err *err)
{
	struct setting s = {.user = user, .how = how, .now = now};
	const char *name;
	enum result r;

	pool_init(&s.pool, POOL_MAX);
	r = open_user(vault->read.ring, user, &s.pool, &name, err);
	if (r == OK)
		r = user_password_prepare(gate, account, name, text, len, &s.pool, s.hash, err);
	if (r == OK)
		r = vault_write(vault, set_op, &s, err);
	pool_free(&s.pool);
	explicit_bzero(s.hash, sizeof s.hash);
	return r;
}

static enum result known(struct vault *vault, struct password_gate *gate, const struct user_row *user, const char *text,
			 size_t len, struct pool *pool, bool *is, struct err *err)
{
	const char *hash, *composed;
	struct err ignored;
	bool weak;
	size_t hash_len;
	enum result r = secret_get(&vault->read, user, SECRET_PASSWORD, pool, NULL, &hash, &hash_len, err);

	if (r != OK || password_compose(text, len, pool, &composed, &ignored) != OK)
		return r;
	return password_verify(gate, PASSWORD_KNOWN, hash, composed, is, &weak, err);
}

enum result user_password_known(struct vault *vault, struct password_gate *gate, const struct user_row *user,
				const char *text, size_t len, bool *is, struct err *err)
{
	struct pool pool;
	enum result r;

	*is = false;
	pool_init(&pool, POOL_MAX);
	r = known(vault, gate, user, text, len, &pool, is, err);
	pool_free(&pool);
	return r;
}
