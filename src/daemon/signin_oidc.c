/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signing in at an account's OpenID provider: there, and back.  Meanwhile the
 * browser keeps a cookie that it also sends when the provider sends it back
 * (SameSite=Lax); what is in it is sealed (access/oidc.h).
 */
#include <string.h>

#include "access/oidc_signin.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/signin_run.h"
#include "net/headers.h"
#include "net/problem.h"

#define KEPT_COOKIE "lethe-oidc"
#define KEPT_SECONDS 600
#define KEPT_MAX 2048

struct meeting {
	struct account account;
	struct vault *view;
	struct oidc_setting setting;
	struct oidc_provider provider;
};

/* Whose provider keeps them waiting keeps few others from theirs. */
static bool go_away(struct asking *a, const struct meeting *m, struct away_turn *turn)
{
	return away_begin(a->http->away, desk_owner(a->desk, m->view->id, m->account.number), monotonic_ms(), turn);
}

static void come_back(struct asking *a, const struct away_turn *turn)
{
	away_end(a->http->away, turn, monotonic_ms());
}

/* Whether there is such an account is not said. */
static enum result no_provider(struct asking *a, struct err *err)
{
	a->field = "account";
	err_set(err, ERR_NOT_FOUND, "there is no OpenID provider to sign in at");
	return err_mend(err, "sign in with a password: `POST /v1/session`; an admin sets one with `lethe account sso`");
}

/* Each account has an address of its own to come back to, so that no provider can pass for another's (RFC 9700). */
static enum result say_redirect(struct asking *a, struct meeting *m, struct err *err)
{
	const char *base = a->http->base_url;
	size_t len = strlen(base);
	char id[ID_TEXT_MAX];

	if (len == 0) {
		err_set(err, ERR_UNSUPPORTED, "signing in at an OpenID provider needs the setting base-url");
		return err_mend(err, "set base-url to how browsers reach this server, and register BASE/v1/session/oidc/acc_../callback "
				     "at the provider");
	}
	m->provider.redirect = pool_printf(a->request->pool, "%.*s/v1/session/oidc/%s/callback",
					   (int)(base[len - 1] == '/' ? len - 1 : len), base,
					   id_format(ACCOUNT_PREFIX, m->account.id, id));
	return m->provider.redirect != NULL ? OK : err_no_memory(err);
}

static enum result meet(struct asking *a, struct meeting *m, struct err *err)
{
	struct pool *pool = a->request->pool;
	bool is = false;
	enum result r = desk_account(a->desk, request_parameter(a->request, "account"), pool, &m->account, &m->view, err);

	if (r == OK)
		r = oidc_setting_get(&m->view->read, m->account.number, pool, &is, &m->setting, err);
	if (r == ERR_NOT_FOUND || (r == OK && !is))
		return no_provider(a, err);
	if (r != OK)
		return r;
	m->provider = (struct oidc_provider){.issuer = m->setting.issuer, .client_id = m->setting.client_id,
					     .client_secret = m->setting.client_secret};
	return say_redirect(a, m, err);
}

static enum result too_many(struct err *err)
{
	err_set(err, ERR_BUSY, "too many are signing in at this moment");
	return err_mend(err, "try again in some seconds");
}

/* The provider cannot be asked, or says what it should not: no fault of ours, and not for ever. */
static enum result blame(struct asking *a, const struct meeting *m, enum result r, struct err *err)
{
	if (r != ERR_IO)
		return r;
	log_event(LOG_WARNING, "signin.provider", LOG_INT("account", m->account.number));
	problem_answer(a->response, a->request, PROBLEM_BUSY, err, NULL);
	return OK;
}

enum result oidc_go(struct asking *a, struct err *err)
{
	struct cookie cookie = {.name = KEPT_COOKIE, .max_age_s = KEPT_SECONDS, .same_site = SAME_SITE_LAX};
	struct meeting m;
	struct oidc_start start;
	struct away_turn turn;
	enum result r = meet(a, &m, err);

	if (r != OK)
		return r;
	if (!go_away(a, &m, &turn))
		return too_many(err);
	r = oidc_begin(a->http->oidc, m.account.number, &m.provider, a->request->now, a->request->pool, &start, err);
	come_back(a, &turn);
	if (r != OK)
		return blame(a, &m, r, err);
	cookie.value = start.kept;
	cookie_set(a->response, a->request, &cookie);
	response_header_remove(a->response, "Content-Type");
	response_header(a->response, "Location", start.url);
	a->response->status = 302;
	return OK;
}

/* ---- back ---- */

static void forget_kept(struct asking *a)
{
	const struct cookie cookie = {.name = KEPT_COOKIE, .same_site = SAME_SITE_LAX};

	cookie_set(a->response, a->request, &cookie);
}

/* A parameter that is not known is none of ours (RFC 6749, section 4.1.2). */
static enum result read_answer(struct asking *a, struct oidc_answer *out, struct err *err)
{
	const struct target *target = &a->request->target;
	const char *error = NULL;
	enum result r = target_param(target, "error", &error, err);

	if (r == OK)
		r = target_param(target, "state", &out->state, err);
	if (r == OK)
		r = target_param(target, "code", &out->code, err);
	if (r == OK)
		r = target_param(target, "iss", &out->issuer, err);
	if (r != OK)
		return r;
	if (error != NULL) {
		err_set(err, ERR_DENIED, "the OpenID provider signed nobody in");
		return err_mend(err, "begin again, and agree there");
	}
	a->field = out->state == NULL ? "state" : "code";
	if (out->state == NULL || out->code == NULL) {
		err_set(err, ERR_INPUT, "%s is missing", a->field);
		return err_mend(err, "begin again");
	}
	a->field = NULL;
	return OK;
}

static enum result finish(struct asking *a, struct meeting *m, const struct oidc_answer *answer,
			  struct session_new *session, struct err *err)
{
	struct away_turn turn;
	struct oidc_who who;
	struct id user;
	enum result r;

	if (!go_away(a, m, &turn))
		return too_many(err); /* who tries again comes with what the browser keeps */
	forget_kept(a);
	r = oidc_finish(a->http->oidc, m->account.number, &m->provider, answer, a->request->now, a->request->pool, &who,
			err);
	come_back(a, &turn);
	if (r == OK)
		r = oidc_sign_in(m->view, &m->account, &m->setting, &who, asking_browser(a), &a->http->doors.sessions, a->request->now,
				 session, &user, err);
	return r;
}

enum result oidc_back(struct asking *a, struct err *err)
{
	char kept[KEPT_MAX] = "";
	struct oidc_answer answer = {.kept = kept};
	struct session_new session;
	struct meeting m;
	enum result r = meet(a, &m, err);

	if (!cookie_get(a->request, KEPT_COOKIE, kept, sizeof kept))
		kept[0] = '\0';
	if (r == OK)
		r = read_answer(a, &answer, err);
	if (r != OK) {
		forget_kept(a);
		return r;
	}
	r = finish(a, &m, &answer, &session, err);
	if (r != OK)
		return blame(a, &m, r, err);
	r = asking_welcome(a, m.view, &session, NULL, -1, err);
	session_new_wipe(&session);
	return r;
}
