/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/token.h"

#include <string.h>

#include "base/quote.h"
#include "base/text.h"
#include "vault/outdated.h"

#define POOL_MAX ((size_t)1024 * 1024)
#define SEALED_AS "token"

/* ---- scopes ---- */

static enum result add_scope(const char *name, size_t len, enum access_role role, int64_t *scopes, struct err *err)
{
	char copy[40], shown[QUOTE_MAX];
	enum permission permission;

	if (len >= sizeof copy)
		len = sizeof copy - 1;
	memcpy(copy, name, len);
	copy[len] = '\0';
	if (!permission_parse(copy, &permission)) {
		err_set(err, ERR_INPUT, "there is no permission %s", quote(name, len, shown));
		return err_mend(err, "docs/access.md lists those there are");
	}
	if (permission_of(role, permission) == ACCESS_NO) {
		err_set(err, ERR_INPUT, "the role %s does not have the permission %s", access_role_name(role), copy);
		return err_mend(err, "leave it out, or give the token another role");
	}
	*scopes |= INT64_C(1) << permission;
	return OK;
}

enum result token_scopes_parse(const char *text, enum access_role role, int64_t *out, struct err *err)
{
	enum result r = OK;

	*out = text == NULL ? permission_scopes(role) : 0;
	while (text != NULL && r == OK) {
		size_t len = strcspn(text, ",");

		r = add_scope(text, len, role, out, err);
		text = text[len] == ',' ? text + len + 1 : NULL;
	}
	return r;
}

enum result token_scopes_text(int64_t scopes, struct pool *pool, const char **out, struct err *err)
{
	struct buf text;

	buf_init(&text, 4096);
	for (int permission = 0; permission < PERMISSION_COUNT; permission++) {
		if ((scopes >> permission & 1) != 0)
			buf_printf(&text, "%s%s", text.len > 0 ? "," : "", permission_name((enum permission)permission));
	}
	*out = buf_to_pool(&text, "the scopes of a token", pool, err);
	return *out != NULL ? OK : err->code;
}

/* ---- making ---- */

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

static enum result check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len > 0 && len <= TOKEN_NAME_MAX && text_is_utf8(name, len) && !has_control(name))
		return OK;
	err_set(err, ERR_INPUT, "a token's name is UTF-8 of 1 to %d bytes without control characters", TOKEN_NAME_MAX);
	return err_mend(err, "say what it is for, such as \"dialler\"");
}

static enum result check_role(const struct token_new *new, uint32_t account, struct err *err)
{
	bool platform = new->role == ROLE_OPERATOR;

	if (platform != (account == VAULT_ACCOUNT)) {
		err_set(err, ERR_INPUT, "%s", platform ? "a token of an account cannot be the operator's"
						      : "a token that is of no account is the operator's");
		return err_mend(err, "give the role owner, admin or auditor to a token of an account");
	}
	if (new->role == ROLE_OF_AGENT) {
		err_set(err, ERR_INPUT, "a token is nobody's, so it cannot be an agent's");
		return err_mend(err, "give the role owner, admin or auditor, and only the scopes that are needed");
	}
	if (new->scopes == 0 || (new->scopes & ~permission_scopes(new->role)) != 0) {
		err_set(err, ERR_INPUT, "the token has no scope, or one that its role does not have");
		return err_mend(err, "name permissions of the role %s", access_role_name(new->role));
	}
	return OK;
}

static enum result check_new(const struct actor *actor, uint32_t account, const struct token_new *new, struct instant now,
			     struct err *err)
{
	enum result r = check_name(new->name, err);

	if (r == OK)
		r = check_role(new, account, err);
	if (r != OK)
		return r;
	if (new->expires && new->expires_at.ms <= now.ms) {
		err_set(err, ERR_INPUT, "the token would have expired already");
		return err_mend(err, "give a time that is to come");
	}
	if (access_may_hand_out(actor, new->role, new->scopes, account))
		return OK;
	err_set(err, ERR_DENIED, "the token could do more than you may");
	return err_mend(err, "leave out the scopes that you do not have yourself, or ask an owner");
}

struct creating { struct token_row row; const char *name; struct instant now; int live; struct pool pool; };

static enum result count_live(void *arg, const struct token_row *token, struct err *err)
{
	struct creating *c = arg;

	(void)err;
	c->live += !token_ended(token, c->now);
	return OK;
}

static enum result refuse_too_many(struct session *session, struct creating *c, struct err *err)
{
	enum result r = token_each(session->data, c->row.account, &c->pool, count_live, c, err);

	if (r != OK || c->live < TOKENS_AN_ACCOUNT)
		return r;
	err_set(err, ERR_LIMIT, "the account has %d tokens", TOKENS_AN_ACCOUNT);
	return err_mend(err, "revoke those that are not used: `lethe token list` says when each was");
}

static enum result create_op(struct session *session, void *arg, struct err *err)
{
	struct creating *c = arg;
	struct token_row *row = &c->row;
	struct act act;
	enum result r = refuse_too_many(session, c, err);

	if (r == OK)
		r = seal_data(session->ring, row->account, SEALED_AS, row->id, c->name, &c->pool, &row->name, &row->name_len,
			      err);
	if (r == OK)
		r = token_insert(session->data, row, err);
	if (r != OK)
		return r;
	act_begin(&act, "token.create", row->account, c->now);
	act_id(&act, "token", TOKEN_PREFIX, row->id);
	act_int(&act, "role", row->role);
	act_int(&act, "scopes", row->scopes);
	if (row->expires)
		act_instant(&act, "expires", row->expires_at);
	return act_append(&act, session->data, NULL, err);
}

enum result tokens_create(struct vault *vault, const struct actor *actor, uint32_t account, const struct token_new *new,
			  struct instant now, struct opaque *out, struct id *id, struct err *err)
{
	struct creating c = {.name = new->name, .now = now,
			     .row = {.account = account, .id = id_new(now), .role = (int)new->role, .scopes = new->scopes,
				     .made_by = actor->who, .created = now, .expires = new->expires,
				     .expires_at = new->expires_at}};
	enum result r = check_new(actor, account, new, now, err);

	if (r != OK)
		return r;
	opaque_make(account == VAULT_ACCOUNT ? OPAQUE_OPERATOR : OPAQUE_ACCOUNT, out, &c.row.hash);
	*id = c.row.id;
	pool_init(&c.pool, POOL_MAX);
	r = vault_write(vault, create_op, &c, err);
	pool_free(&c.pool);
	if (r != OK)
		opaque_wipe(out);
	return r;
}

/* ---- revoking ---- */

struct revoking { uint32_t account; struct id id; struct instant now; struct pool pool; };

static enum result revoke_op(struct session *session, void *arg, struct err *err)
{
	struct revoking *v = arg;
	struct token_row row;
	struct act act;
	enum result r = token_get(session->data, v->account, v->id, &v->pool, &row, err);

	if (r == ERR_NOT_FOUND)
		return err_mend(err, "`lethe token list` shows those there are");
	if (r != OK || row.revoked)
		return r;

	r = token_revoke(session->data, v->account, v->id, v->now, err);
	if (r == OK)
		r = outdate_token(session, v->account, v->id, v->now, err);
	if (r != OK)
		return r;
	act_begin(&act, "token.revoke", v->account, v->now);
	act_id(&act, "token", TOKEN_PREFIX, v->id);
	return act_append(&act, session->data, NULL, err);
}

enum result tokens_revoke(struct vault *vault, uint32_t account, struct id id, struct instant now, struct err *err)
{
	struct revoking v = {.account = account, .id = id, .now = now};
	enum result r;

	pool_init(&v.pool, POOL_MAX);
	r = vault_write(vault, revoke_op, &v, err);
	pool_free(&v.pool);
	atomic_fetch_add(&vault->shared->generation, 1); /* what caches remember of it is of the one before */
	return r;
}

/* ---- looking ---- */

bool token_ended(const struct token_row *row, struct instant now)
{
	return row->revoked || (row->expires && now.ms >= row->expires_at.ms);
}

enum result tokens_name(struct session *session, const struct token_row *row, struct pool *pool, const char **out,
			struct err *err)
{
	return open_data(session->ring, row->account, SEALED_AS, row->id, row->name, row->name_len, pool, out, err);
}

enum result tokens_note_read(struct session *session, uint32_t account, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "token.list", account, now);
	return vault_note(session, &act, err);
}
