/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/invite.h"

#include <string.h>

#include "access/giving.h"
#include "access/secret.h"
#include "privacy/user.h"

#define POOL_MAX ((size_t)4 * 1024 * 1024)

const struct duration invite_lasts = {INT64_C(24) * 3600 * 1000};

/* ---- making ---- */

struct making { struct invite_row row; const struct actor *actor; struct id user; bool first; struct pool pool; };

static enum result note_owner(void *arg, const struct user_row *user, struct err *err)
{
	bool *has = arg;

	(void)err;
	*has = *has || user->role == USER_OWNER;
	return OK;
}

enum result invites_has_owner(struct session *session, uint32_t account, bool *has, struct err *err)
{
	struct pool pool;
	enum result r;

	*has = false;
	pool_init(&pool, POOL_MAX);
	r = user_each(session->data, account, &pool, note_owner, has, err);
	pool_free(&pool);
	return r;
}

static enum result refuse_second_owner(struct session *session, uint32_t account, struct err *err)
{
	bool has;
	enum result r = invites_has_owner(session, account, &has, err);

	if (r != OK || !has)
		return r;
	err_set(err, ERR_EXISTS, "the account has an owner");
	return err_mend(err, "an owner adds others; `lethe user invite` lets one who lost their password in");
}

/* Who may is asked in this transaction: an owner may have come in just now. */
static enum result look_at_user(struct session *session, struct making *making, struct err *err)
{
	const struct invite_row *row = &making->row;
	struct user_row user;
	enum result r = secret_user(session, row->account, row->user, &making->pool, &user, err);

	return r == OK ? giving_require(session, making->actor, row->account, (enum access_role)user.role, err) : r;
}

static enum result make_op(struct session *session, void *arg, struct err *err)
{
	struct making *making = arg;
	struct invite_row *row = &making->row;
	struct act act;
	enum result r = making->first ? refuse_second_owner(session, row->account, err) : look_at_user(session, making, err);

	if (r == OK)
		r = invite_put(session->data, row, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.invite", row->account, row->created);
	act_id(&act, "invite", INVITE_PREFIX, row->id);
	if (!making->first)
		act_id(&act, "id", USER_PREFIX, making->user);
	return act_append(&act, session->data, NULL, err);
}

static enum result make(struct vault *vault, struct making *making, struct instant now, struct opaque *out,
			struct instant *expires, struct err *err)
{
	enum result r;

	opaque_make(OPAQUE_INVITE, out, &making->row.hash);
	making->row.id = id_new(now);
	making->row.created = now;
	making->row.expires = instant_add(now, invite_lasts);
	*expires = making->row.expires;
	pool_init(&making->pool, POOL_MAX);
	r = vault_write(vault, make_op, making, err);
	pool_free(&making->pool);
	if (r != OK)
		opaque_wipe(out);
	return r;
}

enum result invites_make(struct vault *vault, const struct actor *actor, const struct user_row *user,
			 struct instant now, struct opaque *out, struct instant *expires, struct err *err)
{
	struct making making = {.row = {.account = user->account, .user = user->user, .made_by = actor->who},
				.actor = actor, .user = user->id};

	return make(vault, &making, now, out, expires, err);
}

enum result invites_first_owner(struct vault *vault, const struct actor *actor, const struct account *account,
				struct instant now, struct opaque *out, struct instant *expires, struct err *err)
{
	struct making making = {.row = {.account = account->number, .made_by = actor->who}, .first = true};

	if (access_may_give(actor, ROLE_OWNER))
		return make(vault, &making, now, out, expires, err);
	err_set(err, ERR_DENIED, "an account's first owner is not yours to invite");
	return err_mend(err, "ask the operator");
}

/* ---- finding ---- */

static enum result no_link(struct err *err)
{
	err_set(err, ERR_DENIED, "there is no such link: it was used, or its 24 hours are over");
	return err_mend(err, "ask for a new one");
}

/* One that was made more than an hour from now was so under a clock that has been set back since: it would last until that time
 * comes again. */
static bool is_over(const struct invite_row *row, struct instant now)
{
	return now.ms >= row->expires.ms || row->created.ms - now.ms > INT64_C(3600000);
}

/* Who made it may have kept it. */
static enum result must_stand(struct session *session, const struct invite_row *row, struct err *err)
{
	bool withdrawn;
	enum result r = giving_is_withdrawn(session, row->made_by, row->account, &withdrawn, err);

	if (r != OK || !withdrawn)
		return r;
	err_set(err, ERR_DENIED, "who had this link made was removed since, or their token was revoked");
	return err_mend(err, "ask for a new one");
}

static enum result find_row(struct session *session, const char *text, size_t len, struct instant now,
			    struct pool *pool, struct invite_row *out, struct err *err)
{
	enum opaque_kind kind;
	struct hash hash;
	bool found = false;
	enum result r = OK;

	if (opaque_read(text, len, &kind, &hash) && kind == OPAQUE_INVITE)
		r = invite_find(session->data, &hash, pool, &found, out, err);
	if (r == OK && (!found || is_over(out, now)))
		return no_link(err);
	return r == OK ? must_stand(session, out, err) : r;
}

/* From when an owner can sign in, no link that the operator had made lets another in. */
static enum result must_be_given(struct session *session, const struct invite_row *row, const struct user_row *user,
				 struct err *err)
{
	bool over;
	enum result r = giving_is_over(session, row->made_by, row->account, (enum access_role)user->role, &over, err);

	if (r != OK || !over)
		return r;
	err_set(err, ERR_DENIED, "the operator had this link made, and an owner can sign in by now");
	return err_mend(err, "ask an owner for a new one");
}

static enum result find_user(struct session *session, const struct invite_row *row, struct pool *pool,
			     struct invite_found *out, struct err *err)
{
	enum result r = secret_user(session, row->account, row->user, pool, &out->user, err);

	if (r == ERR_NOT_FOUND || r == ERR_WRONG_STATE)
		return no_link(err);
	if (r == OK)
		r = must_be_given(session, row, &out->user, err);
	return r == OK ? open_user(session->ring, &out->user, pool, &out->name, err) : r;
}

enum result invites_find(struct session *session, const char *text, size_t len, struct instant now, struct pool *pool,
			 struct invite_found *out, struct err *err)
{
	struct invite_row row;
	enum result r = find_row(session, text, len, now, pool, &row, err);

	if (r != OK)
		return r;
	*out = (struct invite_found){.first_owner = row.user == 0};
	r = accounts_get(session, row.account, pool, &out->account, err);
	return r == OK && row.user != 0 ? find_user(session, &row, pool, out, err) : r;
}

/* ---- using ---- */

struct using {
	const char *text, *name;
	size_t len;
	const struct account *account;
	char hash[PASSWORD_HASH_MAX];
	struct instant now;
	struct pool *pool;
	struct id user;
};

static enum result take_user(struct session *session, const struct using *u, const struct invite_row *row,
			     struct user_row *out, struct err *err)
{
	const struct user_new new = {.name = u->name, .role = USER_OWNER};
	enum result r;

	if (row->user != 0) {
		r = secret_user(session, row->account, row->user, u->pool, out, err);
		return r == OK ? must_be_given(session, row, out, err) : r;
	}
	r = refuse_second_owner(session, row->account, err);
	if (r == OK)
		r = user_add_in(session, u->account, &new, u->now, u->pool, out, err);
	return r == OK ? invite_delete(session->data, row->account, 0, err) : r;
}

/* Found again: of two at once the second finds none. */
static enum result use_op(struct session *session, void *arg, struct err *err)
{
	struct using *u = arg;
	struct invite_row row;
	struct user_row user;
	enum result r = find_row(session, u->text, u->len, u->now, u->pool, &row, err);

	if (r == OK)
		r = take_user(session, u, &row, &user, err);
	if (r != OK)
		return r;
	u->user = user.id;
	return user_password_put(session, &user, u->hash, PASSWORD_BY_INVITE, u->now, u->pool, err);
}

static enum result need_name(const struct invite_found *found, const char *name, struct err *err)
{
	if (!found->first_owner || (name != NULL && *name != '\0'))
		return OK;
	err_set(err, ERR_INPUT, "the first owner needs a name to sign in with");
	return err_mend(err, "give an e-mail address");
}

enum result invites_use(struct vault *vault, struct password_gate *gate, const char *text, size_t len, const char *name,
			const char *password, size_t password_len, struct instant now, struct id *user,
			struct err *err)
{
	struct using u = {.text = text, .len = len, .name = name, .now = now};
	struct invite_found found;
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	u.pool = &pool;
	u.account = &found.account;
	r = invites_find(&vault->read, text, len, now, &pool, &found, err);
	if (r == OK)
		r = need_name(&found, name, err);
	if (r == OK)
		r = user_password_prepare(gate, &found.account, found.first_owner ? name : found.name, password,
					  password_len, &pool, u.hash, err);
	if (r == OK)
		r = vault_write(vault, use_op, &u, err);
	pool_free(&pool);
	explicit_bzero(u.hash, sizeof u.hash);
	*user = u.user;
	return r;
}

/* ---- ending ---- */

struct invite_ending { const struct user_row *user; struct instant now; };

static enum result end_op(struct session *session, void *arg, struct err *err)
{
	const struct invite_ending *e = arg;
	struct act act;
	enum result r = invite_delete(session->data, e->user->account, e->user->user, err);

	if (r == OK && db_changes(session->data) == 0)
		return err_set(err, ERR_NOT_FOUND, "the user has no one-time link");
	if (r != OK)
		return r;
	act_begin(&act, "user.invite.end", e->user->account, e->now);
	act_id(&act, "id", USER_PREFIX, e->user->id);
	return act_append(&act, session->data, NULL, err);
}

enum result invites_end(struct vault *vault, const struct user_row *user, struct instant now, struct err *err)
{
	struct invite_ending e = {user, now};

	return vault_write(vault, end_op, &e, err);
}
