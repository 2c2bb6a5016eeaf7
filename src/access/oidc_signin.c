/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/oidc_signin.h"

#include <ctype.h>
#include <string.h>

#include "access/coding.h"
#include "access/secret.h"
#include "base/text.h"
#include "net/client.h"
#include "privacy/user.h"
#include "store/setting.h"
#include "store/user_subject.h"

#define ISSUER "oidc_issuer"
#define CLIENT "oidc_client"
#define SECRET "oidc_secret"
#define ROLE "oidc_role"
#define SEALED_AS "oidc"
#define SECRET_MOST 512
#define POOL_MAX ((size_t)1024 * 1024)

/* ---- the setting ---- */

static enum result get_text(struct session *session, uint32_t account, const char *name, struct pool *pool,
			    const char **out, struct err *err)
{
	enum result r = setting_get(session->data, account, name, pool, out, err);

	if (r == OK && *out != NULL && **out == '\0')
		*out = NULL; /* unset */
	return r;
}

static enum result get_secret(struct session *session, uint32_t account, struct id id, struct pool *pool,
			      const char **out, struct err *err)
{
	unsigned char *sealed;
	const char *text;
	size_t len;
	enum result r = get_text(session, account, SECRET, pool, &text, err);

	*out = NULL;
	if (r != OK || text == NULL)
		return r;
	sealed = pool_alloc(pool, strlen(text));
	if (sealed == NULL)
		return err_no_memory(err);
	if (!base64url_read(text, strlen(text), sealed, strlen(text), &len))
		return err_set(err, ERR_CORRUPT, "the secret of the account's OpenID provider cannot be read");
	return open_data(session->ring, account, SEALED_AS, id, sealed, len, pool, out, err);
}

enum result oidc_setting_get(struct session *session, uint32_t account, struct pool *pool, bool *is,
			     struct oidc_setting *out, struct err *err)
{
	const char *role = NULL;
	struct account found;
	enum result r = get_text(session, account, ISSUER, pool, &out->issuer, err);

	*is = r == OK && out->issuer != NULL;
	if (!*is)
		return r;
	r = get_text(session, account, CLIENT, pool, &out->client_id, err);
	if (r == OK)
		r = get_text(session, account, ROLE, pool, &role, err);
	if (r == OK)
		r = accounts_get(session, account, pool, &found, err);
	if (r == OK)
		r = get_secret(session, account, found.id, pool, &out->client_secret, err);
	out->adds = r == OK && role != NULL && user_role_parse(role, &out->role);
	if (r == OK && out->client_id == NULL)
		return err_set(err, ERR_CORRUPT, "the account's OpenID provider has no client id");
	return r;
}

struct putting {
	const struct account *account;
	const struct oidc_setting *setting;
	int64_t by, ended;
	struct instant now;
	struct pool pool;
};

static enum result put_secret(struct session *session, struct putting *p, struct err *err)
{
	const char *secret = p->setting != NULL ? p->setting->client_secret : NULL;
	const unsigned char *sealed;
	char *text;
	size_t len;
	enum result r;

	if (secret == NULL)
		return setting_put(session->data, p->account->number, SECRET, "", err);
	r = seal_data(session->ring, p->account->number, SEALED_AS, p->account->id, secret, &p->pool, &sealed, &len, err);
	if (r != OK)
		return r;
	text = pool_alloc(&p->pool, BASE64URL_LEN(len) + 1);
	if (text == NULL)
		return err_no_memory(err);
	return setting_put(session->data, p->account->number, SECRET, base64url_write(sealed, len, text), err);
}

/* Who is not asked any more has nobody in here any more. */
static enum result end_sessions(struct session *session, struct putting *p, struct err *err)
{
	const char *was;
	enum result r = get_text(session, p->account->number, ISSUER, &p->pool, &was, err);

	if (r != OK || was == NULL || (p->setting != NULL && strcmp(was, p->setting->issuer) == 0))
		return r;
	return sessions_end_begun(session, p->account->number, 0, p->by, SESSION_OPENID, &p->ended, err);
}

static enum result put_op(struct session *session, void *arg, struct err *err)
{
	struct putting *p = arg;
	const struct oidc_setting *s = p->setting;
	struct act act;
	uint32_t account = p->account->number;
	enum result r = end_sessions(session, p, err);

	if (r == OK)
		r = setting_put(session->data, account, ISSUER, s != NULL ? s->issuer : "", err);
	if (r == OK)
		r = setting_put(session->data, account, CLIENT, s != NULL ? s->client_id : "", err);
	if (r == OK)
		r = setting_put(session->data, account, ROLE, s != NULL && s->adds ? user_role_name(s->role) : "", err);
	if (r == OK)
		r = put_secret(session, p, err);
	if (r != OK)
		return r;
	act_begin(&act, "account.sso", account, p->now);
	act_int(&act, "on", s != NULL);
	act_int(&act, "adds", s != NULL && s->adds ? (int64_t)s->role : 0);
	act_int(&act, "sessions", p->ended);
	return act_append(&act, session->data, NULL, err);
}

static bool is_plain(const char *text, size_t most)
{
	for (const char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at <= 0x20 || *at == 0x7f)
			return false;
	}
	return *text != '\0' && strlen(text) <= most;
}

/* Whether it is inside is asked when it is connected to: only the daemon knows whether that is allowed. */
static bool is_issuer(const char *text)
{
	const struct client_reach anywhere = {.inside = true};
	size_t len = text != NULL ? strlen(text) : 0;
	struct err ignored;

	if (len < 9 || strncmp(text, "https://", 8) != 0 || !is_plain(text, OIDC_URL_MAX - 64) || text[8] == '/' ||
	    strpbrk(text, "?#\\") != NULL)
		return false;
	for (const char *at = text; *at != '\0'; at++) {
		if (!isascii((unsigned char)*at))
			return false;
	}
	return client_check_url(&anywhere, text, &ignored) == OK;
}

static enum result check_setting(const struct oidc_setting *s, struct err *err)
{
	if (!is_issuer(s->issuer)) {
		err_set(err, ERR_INPUT, "an issuer is an https address of ASCII without a user, '?' or '#'");
		return err_mend(err, "give it as the provider names itself in .well-known/openid-configuration");
	}
	if (s->client_id == NULL || !is_plain(s->client_id, 255)) {
		err_set(err, ERR_INPUT, "a client id has 1 to 255 characters, and none of them is white space");
		return err_mend(err, "give the one that the provider gave out for Lethe");
	}
	if (s->client_secret != NULL && !is_plain(s->client_secret, SECRET_MOST)) {
		err_set(err, ERR_INPUT, "a client secret has 1 to %d characters, and none of them is white space", SECRET_MOST);
		return err_mend(err, "give the one that the provider gave out for Lethe");
	}
	if (!s->adds || s->role != USER_OWNER)
		return OK;
	err_set(err, ERR_INPUT, "nobody becomes an owner by signing in");
	return err_mend(err, "give the role admin, agent or auditor");
}

enum result oidc_setting_put(struct vault *vault, const struct account *account, int64_t by,
			     const struct oidc_setting *setting, struct instant now, struct err *err)
{
	struct putting p = {.account = account, .setting = setting, .by = by, .now = now};
	enum result r = setting != NULL ? check_setting(setting, err) : OK;

	if (r != OK)
		return r;
	pool_init(&p.pool, POOL_MAX);
	r = vault_write(vault, put_op, &p, err);
	pool_free(&p.pool);
	return r;
}

/* ---- subjects ---- */

static enum result subject_text(const char *issuer, const char *subject, struct pool *pool, const char **out,
				struct err *err)
{
	*out = pool_printf(pool, "%s\n%s", issuer, subject);
	return *out != NULL ? OK : err_no_memory(err);
}

static enum result subject_blind(struct session *session, uint32_t account, const char *text, struct blind *out,
				 struct err *err)
{
	return keyring_blind(session->ring, account, BLIND_SUBJECT, text, strlen(text), out, err);
}

/* In place of the one they have. */
static enum result bind_subject(struct session *session, const struct user_row *user, const char *issuer,
				const char *subject, struct instant now, struct pool *pool, struct err *err)
{
	struct user_subject_row row = {.user = user->user};
	const char *text;
	struct act act;
	enum result r = subject_text(issuer, subject, pool, &text, err);

	if (r == OK)
		r = subject_blind(session, user->account, text, &row.blind, err);
	if (r == OK)
		r = user_subject_delete(session->data, user->account, user->user, err);
	if (r == OK)
		r = user_subject_insert(session->data, user->account, &row, err);
	if (r == OK)
		r = secret_set(session, user, SECRET_SUBJECT, text, strlen(text), 0, now, pool, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.subject.set", user->account, now);
	act_id(&act, "id", USER_PREFIX, user->id);
	return act_append(&act, session->data, NULL, err);
}

static enum result unbind(struct session *session, const struct user_row *user, struct instant now, struct err *err)
{
	struct act act;
	enum result r = user_subject_delete(session->data, user->account, user->user, err);

	if (r == OK)
		r = secret_drop(session, user, SECRET_SUBJECT, now, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.subject.end", user->account, now);
	act_id(&act, "id", USER_PREFIX, user->id);
	return act_append(&act, session->data, NULL, err);
}

struct binding { const struct user_row *user; const char *subject; struct instant now; struct pool pool; };

/* To their provider they are somebody else from now on. */
static enum result bind_anew(struct session *session, struct binding *b, const struct user_row *user, struct err *err)
{
	const char *issuer;
	enum result r = get_text(session, user->account, ISSUER, &b->pool, &issuer, err);

	if (r == OK && issuer == NULL) {
		err_set(err, ERR_NOT_FOUND, "the account has no OpenID provider");
		return err_mend(err, "`lethe account sso` names one");
	}
	if (r == OK)
		r = bind_subject(session, user, issuer, b->subject, b->now, &b->pool, err);
	if (r == ERR_EXISTS) {
		err_set(err, r, "that is what the provider calls another user");
		r = err_mend(err, "take it from them first");
	}
	return r;
}

static enum result bind_op(struct session *session, void *arg, struct err *err)
{
	struct binding *b = arg;
	struct user_row user;
	int64_t ended;
	enum result r = secret_user(session, b->user->account, b->user->user, &b->pool, &user, err);

	if (r == OK)
		r = sessions_end_begun(session, user.account, user.user, 0, SESSION_OPENID, &ended, err);
	if (r != OK)
		return r;
	return b->subject != NULL ? bind_anew(session, b, &user, err) : unbind(session, &user, b->now, err);
}

enum result user_subject_put(struct vault *vault, const struct user_row *user, const char *subject, struct instant now,
			     struct err *err)
{
	struct binding b = {.user = user, .subject = subject, .now = now};
	enum result r;

	if (subject != NULL && (*subject == '\0' || strlen(subject) > OIDC_SUBJECT_MAX)) {
		err_set(err, ERR_INPUT, "what a provider calls a user has 1 to %d bytes", OIDC_SUBJECT_MAX);
		return err_mend(err, "give the \"sub\" that it gives for them");
	}
	pool_init(&b.pool, POOL_MAX);
	r = vault_write(vault, bind_op, &b, err);
	pool_free(&b.pool);
	return r;
}

/* ---- signing in ---- */

struct entering {
	const struct account *account;
	const struct oidc_setting *setting;
	struct oidc_setting now_set;
	const struct oidc_who *who;
	struct browser browser;
	const struct session_rule *rule;
	struct instant now;
	struct session_new *out;
	struct pool pool;
	struct user_row user;
	bool known;
};

static enum result find_by_subject(struct session *session, struct entering *e, struct err *err)
{
	struct blind blind;
	const char *text;
	int64_t user = 0;
	enum result r = subject_text(e->setting->issuer, e->who->subject, &e->pool, &text, err);

	if (r == OK)
		r = subject_blind(session, e->account->number, text, &blind, err);
	if (r == OK)
		r = user_subject_find(session->data, e->account->number, &blind, &user, err);
	if (r != OK || user == 0)
		return r;
	r = user_get(session->data, e->account->number, user, &e->pool, &e->user, err);
	e->known = r == OK;
	return r;
}

static bool same_but_for_case(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		unsigned char x = (unsigned char)*a, y = (unsigned char)*b;

		if (x != y && (!isascii(x) || !isascii(y) || tolower(x) != tolower(y)))
			return false;
	}
	return *a == *b;
}

/* Names are found in a wider sense than addresses may be believed in: with an accent on one letter, or letters of full
 * width, it is the address of somebody else, whom a provider may know as well. */
static enum result is_their_address(struct session *session, struct entering *e, bool *is, struct err *err)
{
	const char *name, *composed, *given;
	enum result r = open_user(session->ring, &e->user, &e->pool, &name, err);

	*is = false;
	if (r != OK)
		return r;
	composed = text_compose(&e->pool, name, strlen(name));
	given = text_compose(&e->pool, e->who->email, strlen(e->who->email));
	if (composed == NULL || given == NULL)
		return err_no_memory(err);
	*is = same_but_for_case(composed, given);
	return OK;
}

/* By a subject of this issuer: what another one called them, before the account came to this one, says nothing here. */
static enum result is_known_otherwise(struct session *session, struct entering *e, bool *is, struct err *err)
{
	size_t len, issuer = strlen(e->setting->issuer);
	const char *text;
	enum result r = secret_get(session, &e->user, SECRET_SUBJECT, &e->pool, NULL, &text, &len, err);

	*is = r == OK && text != NULL && len > issuer && memcmp(text, e->setting->issuer, issuer) == 0 && text[issuer] == '\n';
	return r;
}

/* Only who is not known by another subject. */
static enum result find_by_address(struct session *session, struct entering *e, struct err *err)
{
	struct err none;
	bool other = false, is;
	enum result r;

	if (e->known || e->who->email == NULL)
		return OK;
	r = user_lookup(session, e->account, e->who->email, &e->pool, &e->user, &none);
	if (r == ERR_NOT_FOUND || r == ERR_INPUT) {
		e->user.user = 0;
		return OK;
	}
	if (r != OK) {
		*err = none;
		return r;
	}
	if (e->user.state != USER_ACTIVE)
		return OK; /* refused, and nothing of them is written that may stay when their removal is given up */
	r = is_their_address(session, e, &is, err);
	if (r == OK && is)
		r = is_known_otherwise(session, e, &other, err);
	if (r != OK || !is || other)
		return r;
	e->known = true;
	return bind_subject(session, &e->user, e->setting->issuer, e->who->subject, e->now, &e->pool, err);
}

static enum result add_user(struct session *session, struct entering *e, struct err *err)
{
	const struct user_new new = {.name = e->who->email, .role = e->setting->role};
	enum result r;

	if (e->known || e->user.user != 0 || e->who->email == NULL || !e->setting->adds)
		return OK;
	r = user_add_in(session, e->account, &new, e->now, &e->pool, &e->user, err);
	if (r == OK)
		r = bind_subject(session, &e->user, e->setting->issuer, e->who->subject, e->now, &e->pool, err);
	e->known = r == OK;
	return r;
}

static enum result note_failure(struct session *session, const struct entering *e, struct err *err)
{
	struct act act;

	act_begin(&act, "user.sign_in.failed", e->account->number, e->now);
	if (e->user.user != 0)
		act_id(&act, "id", USER_PREFIX, e->user.id);
	act_int(&act, "how", SESSION_OPENID);
	return act_append(&act, session->data, NULL, err);
}

/* As the account has it now: while its provider was asked, which may have taken long, an owner may have named another. */
static enum result still_theirs(struct session *session, struct entering *e, struct err *err)
{
	const struct oidc_setting *asked = e->setting;
	bool is;
	enum result r = oidc_setting_get(session, e->account->number, &e->pool, &is, &e->now_set, err);

	if (r != OK)
		return r;
	if (is && strcmp(asked->issuer, e->now_set.issuer) == 0 && strcmp(asked->client_id, e->now_set.client_id) == 0) {
		e->setting = &e->now_set;
		return OK;
	}
	err_set(err, ERR_DENIED, "the account has another OpenID provider by now, or none");
	return err_mend(err, "begin again");
}

static enum result enter_op(struct session *session, void *arg, struct err *err)
{
	struct entering *e = arg;
	enum result r = still_theirs(session, e, err);

	if (r == OK)
		r = find_by_subject(session, e, err);
	if (r == OK)
		r = find_by_address(session, e, err);
	if (r == OK)
		r = add_user(session, e, err);
	if (r != OK)
		return r;
	e->known = e->known && e->user.state == USER_ACTIVE;
	if (!e->known)
		return note_failure(session, e, err);
	return sessions_enter(session, &e->user, (struct session_by){SESSION_OPENID, e->browser}, e->rule, e->now, e->out, err);
}

enum result oidc_sign_in(struct vault *vault, const struct account *account, const struct oidc_setting *setting,
			 const struct oidc_who *who, struct browser browser, const struct session_rule *rule, struct instant now,
			 struct session_new *out, struct id *user, struct err *err)
{
	struct entering e = {.account = account, .setting = setting, .who = who, .browser = browser, .rule = rule, .now = now, .out = out};
	enum result r;

	pool_init(&e.pool, POOL_MAX);
	r = vault_write(vault, enter_op, &e, err);
	pool_free(&e.pool);
	*user = e.user.id;
	if (r != OK || e.known)
		return r;
	err_set(err, ERR_DENIED, "who signed in at the provider is no user of this account");
	return err_mend(err, "ask an admin to add you under your e-mail address");
}
