/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/user.h"

#include <string.h>

#include "base/text.h"
#include "law/profile.h"
#include "privacy/account_life.h"
#include "retention/settings.h"
#include "vault/directory.h"
#include "vault/normal.h"

#define IDLE_MONTHS 13 /* unless the profile says otherwise */

static const char *const roles[] = {[USER_OWNER] = "owner", [USER_ADMIN] = "admin", [USER_AGENT] = "agent",
				    [USER_AUDITOR] = "auditor"};

const char *user_role_name(enum user_role role)
{
	INVARIANT(role >= USER_OWNER && role <= USER_AUDITOR);
	return roles[role];
}

bool user_role_parse(const char *name, enum user_role *out)
{
	for (int role = USER_OWNER; role <= USER_AUDITOR; role++) {
		*out = (enum user_role)role;
		if (strcmp(roles[role], name) == 0)
			return true;
	}
	return false;
}

/* ---- names ---- */

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

static enum result name_blind(struct session *session, const char *name, struct pool *pool, struct blind *out,
			      struct err *err)
{
	size_t len = strlen(name);
	const char *folded = "";

	if (len <= USER_NAME_MAX && text_is_utf8(name, len) && !has_control(name))
		folded = text_fold(pool, name, len);
	if (folded == NULL)
		return err_no_memory(err);
	if (*folded != '\0')
		return keyring_blind(session->ring, VAULT_ACCOUNT, BLIND_USER, folded, strlen(folded), out, err);
	err_set(err, ERR_INPUT, "a user's name is UTF-8 of 1 to %d bytes without control characters", USER_NAME_MAX);
	return err_mend(err, "give the e-mail address or the id they sign in with");
}

/* ---- adding ---- */

struct adding {
	const struct account *account;
	const struct user_new *new;
	struct normal agent;
	struct user_row row;
	struct instant now;
	struct pool *pool;
};

static enum result refuse_taken(struct session *session, struct adding *adding, struct err *err)
{
	int64_t taken;
	enum result r = user_find(session->data, adding->row.account, &adding->row.blind, &taken, err);

	if (r != OK || taken == 0)
		return r;
	err_set(err, ERR_EXISTS, "the account has a user of that name already");
	return err_mend(err, "`lethe user list` shows those there are");
}

/* Calls that are imported later find the same identity. */
static enum result take_agent(struct session *session, struct adding *adding, struct err *err)
{
	const struct normal *agent = &adding->agent;
	uint32_t account = adding->row.account;
	struct entry entry;
	struct blind blind;
	int64_t other = 0;
	bool found;
	enum result r;

	if (adding->new->agent == NULL)
		return OK;
	r = keyring_blind(session->ring, account, agent->kind, agent->text, strlen(agent->text), &blind, err);
	if (r == OK)
		r = directory_find(session, account, &blind, &entry, &found, err);
	if (r == OK && !found)
		r = directory_make(session, account, agent->kind, &blind, agent->text, NULL, adding->now, &entry, NULL, err);
	if (r == OK)
		r = user_find_agent(session->data, account, entry.identity, &other, err);
	if (r != OK)
		return r;
	adding->row.agent = entry.identity;
	if (other == 0)
		return OK;
	err_set(err, ERR_EXISTS, "another user is that agent already");
	return err_mend(err, "remove that user first, or add this one without --agent");
}

static enum result add(struct session *session, struct adding *adding, struct err *err)
{
	struct user_row *row = &adding->row;
	struct act act;
	struct key key;
	enum result r = refuse_taken(session, adding, err);

	if (r == OK)
		r = take_agent(session, adding, err);
	if (r == OK)
		r = counter_next(session->keys, row->account, "user", &row->user, err);
	if (r != OK)
		return r;
	r = keyring_make(session->ring, row->account, KEY_USER, row->user, &key, err);
	if (r == OK)
		r = seal_user(&key, row, adding->new->name, adding->pool, err);
	key_wipe(&key);
	if (r == OK)
		r = user_put(session->data, row, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.add", row->account, adding->now);
	act_id(&act, "id", USER_PREFIX, row->id);
	act_int(&act, "role", row->role);
	act_int(&act, "agent", row->agent != 0);
	return act_append(&act, session->data, NULL, err);
}

/* Who is called so would be found by nobody: it is looked for as an id. */
static enum result refuse_id(const char *name, struct err *err)
{
	struct err ignored;
	struct id id;

	if (id_parse(USER_PREFIX, name, &id, &ignored) != OK)
		return OK;
	err_set(err, ERR_INPUT, "a user's name is no id of a user");
	return err_mend(err, "give the e-mail address or the name they sign in with");
}

enum result user_add_in(struct session *session, const struct account *account, const struct user_new *new,
			struct instant now, struct pool *pool, struct user_row *out, struct err *err)
{
	struct adding adding = {.account = account, .new = new, .now = now, .pool = pool,
				.row = {.account = account->number, .id = id_new(now), .role = new->role,
					.state = USER_ACTIVE, .created = now}};
	enum result r = account_life_takes_in(session, account->number, err);

	if (r == OK)
		r = refuse_id(new->name, err);
	if (r == OK)
		r = name_blind(session, new->name, pool, &adding.row.blind, err);
	if (r == OK && new->agent != NULL)
		r = normal_make(NULL, account->country, IDENTITY_AGENT, new->agent, pool, &adding.agent, err);
	if (r == OK)
		r = add(session, &adding, err);
	*out = adding.row;
	return r;
}

struct add_arg {
	const struct account *account;
	const struct user_new *new;
	struct instant now;
	struct pool *pool;
	struct id id;
};

static enum result add_op(struct session *session, void *arg, struct err *err)
{
	struct add_arg *a = arg;
	struct user_row row;
	enum result r = user_add_in(session, a->account, a->new, a->now, a->pool, &row, err);

	a->id = row.id;
	return r;
}

enum result user_add(struct vault *vault, const struct account *account, const struct user_new *new, struct instant now,
		     struct pool *pool, struct id *out, struct err *err)
{
	struct add_arg arg = {account, new, now, pool, {{0}}};
	enum result r = vault_write(vault, add_op, &arg, err);

	*out = arg.id;
	return r;
}

/* ---- finding ---- */

enum result user_lookup(struct session *session, const struct account *account, const char *who, struct pool *pool,
			struct user_row *out, struct err *err)
{
	struct blind blind;
	struct id id;
	int64_t user = 0;
	enum result r;

	if (id_parse(USER_PREFIX, who, &id, err) == OK) {
		r = user_find_id(session->data, account->number, id, &user, err);
	} else {
		r = name_blind(session, who, pool, &blind, err);
		if (r == OK)
			r = user_find(session->data, account->number, &blind, &user, err);
	}
	if (r == OK && user == 0) {
		err_set(err, ERR_NOT_FOUND, "the account has no user '%.100s'", who);
		return err_mend(err, "`lethe user list` shows those there are");
	}
	return r == OK ? user_get(session->data, account->number, user, pool, out, err) : r;
}

static enum result show_user(struct session *session, uint32_t account, int64_t user, struct pool *pool,
			     struct user_shown *out, struct err *err)
{
	enum result r = user_get(session->data, account, user, pool, &out->row, err);

	if (r != OK)
		return r;
	r = open_user(session->ring, &out->row, pool, &out->name, err);
	if (r != ERR_GONE && r != ERR_CORRUPT)
		return r;
	out->name = NULL;
	return OK;
}

enum result users_of_person(struct session *session, const struct account *account, const struct person *person,
			    struct pool *pool, struct user_shown **out, size_t *count, struct err *err)
{
	enum result r = OK;

	*count = 0;
	*out = pool_alloc(pool, person->identity_count * sizeof **out);
	if (*out == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < person->identity_count && r == OK; i++) {
		int64_t user = 0;

		if (person->identities[i].kind == IDENTITY_AGENT)
			r = user_find_agent(session->data, account->number, person->identities[i].identity, &user, err);
		if (r == OK && user != 0)
			r = show_user(session, account->number, user, pool, &(*out)[(*count)++], err);
	}
	return r;
}

enum result user_note_read(struct session *session, uint32_t account, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "user.list", account, now);
	return vault_note(session, &act, err);
}

/* ---- signing in ---- */

struct signing_in { uint32_t account; int64_t user; struct instant at, now; };

static enum result sign_in(struct session *session, const struct signing_in *in, struct pool *pool, struct err *err)
{
	struct user_row row;
	struct act act;
	enum result r = user_get(session->data, in->account, in->user, pool, &row, err);

	if (r == OK && row.state == USER_LEAVING)
		r = err_set(err, ERR_WRONG_STATE, "the user is being removed");
	if (r != OK || (row.signed_in && row.last_sign_in.ms >= in->at.ms))
		return r;
	row.signed_in = true;
	row.last_sign_in = in->at;
	r = user_put(session->data, &row, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.signed_in", in->account, in->now);
	act_id(&act, "id", USER_PREFIX, row.id);
	act_instant(&act, "when", in->at);
	return act_append(&act, session->data, NULL, err);
}

static enum result sign_in_op(struct session *session, void *arg, struct err *err)
{
	struct pool pool;
	enum result r;

	pool_init(&pool, (size_t)64 * 1024);
	r = sign_in(session, arg, &pool, err);
	pool_free(&pool);
	return r;
}

enum result user_signed_in(struct vault *vault, const struct account *account, const struct user_row *user,
			   struct instant at, struct instant now, struct err *err)
{
	struct signing_in in = {account->number, user->user, at, now};

	if (at.ms <= now.ms && at.ms >= user->created.ms)
		return vault_write(vault, sign_in_op, &in, err);
	err_set(err, ERR_INPUT, "a sign-in lies between when the user was added and now");
	err_where(err, "--at");
	return err_mend(err, "give when it was, such as 2026-01-31T09:00:00Z");
}

/* ---- the rule ---- */

enum result user_rule(struct session *session, uint32_t account, struct pool *pool, struct user_rule *out,
		      struct err *err)
{
	const struct profile *profile;
	const char *plan;
	enum result r = settings_profile(session, account, pool, &profile, &plan, err);

	*out = (struct user_rule){.idle = {.months = IDLE_MONTHS}, .last_account = true};
	if (r != OK || profile == NULL || !profile->terms[TERM_USERS_IDLE].set)
		return r;
	out->idle = profile->terms[TERM_USERS_IDLE].span;
	out->last_account = profile->duties[DUTY_IDLE_USERS_WITHOUT_ACCOUNT].set;
	return OK;
}

enum result user_life_read(struct session *session, const struct user_rule *rule, const struct user_row *user,
			   struct instant now, struct user_life *out, struct err *err)
{
	struct instant last = user->signed_in ? user->last_sign_in : user->created;
	enum result r = OK;

	*out = (struct user_life){.ever = !rule->idle.unlimited};
	if (!out->ever)
		return OK;
	out->idle_on = date_add_span(instant_date(last), rule->idle);
	out->idle = instant_date(now).days >= out->idle_on.days;
	if (out->idle && rule->last_account)
		r = user_elsewhere(session->data, user->account, &user->blind, &out->elsewhere, err);
	out->due = r == OK && out->idle && !out->elsewhere;
	return r;
}
