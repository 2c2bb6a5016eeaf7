/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/signin_run.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "api/bind.h"
#include "api/translate.h"
#include "net/headers.h"
#include "net/problem.h"
#include "privacy/user.h"
#include "vault/seal.h"

#define DEVICE_COOKIE "lethe-device"

/* ---- what is said ---- */

void asking_wait(struct asking *a, struct duration wait)
{
	char seconds[24];
	struct err err;

	snprintf(seconds, sizeof seconds, "%" PRId64, (wait.ms + 999) / 1000);
	err_set(&err, ERR_BUSY, "too many attempts failed; this one was not tried");
	err_mend(&err, "try again in %s seconds", seconds);
	response_header(a->response, "Retry-After", seconds);
	problem_answer(a->response, a->request, PROBLEM_RATE, &err, NULL);
}

void asking_keep(struct asking *a, const struct session_new *session, const char *device)
{
	const struct cookie cookie = {.name = SESSION_COOKIE, .value = session->opaque.text, .same_site = SAME_SITE_STRICT};
	const struct cookie mark = {.name = DEVICE_COOKIE, .value = device, .max_age_s = device_lasts.ms / 1000,
				    .same_site = SAME_SITE_STRICT};

	cookie_set(a->response, a->request, &cookie);
	if (device != NULL)
		cookie_set(a->response, a->request, &mark);
}

struct browser asking_browser(const struct asking *a)
{
	return browser_read(request_header(a->request, "user-agent"));
}

static void say_rights(struct asking *a, const struct actor *actor)
{
	static const struct { const char *name; enum access access; } lists[] = {{"may", ACCESS_YES}, {"may_own", ACCESS_OWN}};

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		json_begin_array(&a->w, lists[i].name);
		for (int permission = 0; permission < PERMISSION_COUNT; permission++) {
			if (access_may(actor, (enum permission)permission, actor->account) == lists[i].access)
				json_string(&a->w, NULL, permission_name((enum permission)permission));
		}
		json_end_array(&a->w);
	}
}

enum result asking_say(struct asking *a, struct vault *view, const struct signed_in *who, const char *session,
		       int recovery_left, struct err *err)
{
	struct account account;
	char csrf[CSRF_LEN + 1];
	const char *name;
	enum result r = accounts_get(&view->read, who->user.account, a->request->pool, &account, err);

	if (r == OK)
		r = open_user(view->read.ring, &who->user, a->request->pool, &name, err);
	if (r != OK)
		return r;
	session_csrf(session, strlen(session), csrf);
	json_begin_object(&a->w, NULL);
	json_begin_object(&a->w, "session");
	door_session(&a->w, &who->session);
	json_end_object(&a->w);
	json_begin_object(&a->w, "user");
	json_id(&a->w, "id", USER_PREFIX, who->user.id);
	json_string(&a->w, "name", name);
	json_string(&a->w, "role", user_role_name(who->user.role));
	json_end_object(&a->w);
	json_begin_object(&a->w, "account");
	json_id(&a->w, "id", ACCOUNT_PREFIX, account.id);
	json_string(&a->w, "name", account.name);
	json_end_object(&a->w);
	json_string(&a->w, "csrf", csrf);
	say_rights(a, &who->actor);
	if (recovery_left >= 0)
		json_int(&a->w, "recovery_codes_left", recovery_left);
	json_end_object(&a->w);
	explicit_bzero(csrf, sizeof csrf);
	return OK;
}

enum result asking_welcome(struct asking *a, struct vault *view, const struct session_new *session, const char *device,
			   int recovery_left, struct err *err)
{
	struct signed_in who;
	enum result r = sessions_find(view, session->opaque.text, OPAQUE_LEN, &a->http->doors.sessions, a->request->now,
				      a->request->pool, &who, err);

	if (r != OK)
		return r;
	asking_keep(a, session, device);
	return asking_say(a, view, &who, session->opaque.text, recovery_left, err);
}

/* ---- signing in ---- */

/* The only one there is, over all regions. */
static enum result only_account(struct asking *a, struct account *out, struct vault **view, struct err *err)
{
	const struct desk *desk = a->desk;
	uint32_t numbers[2], found = 0;
	size_t count, all = 0;
	enum result r = OK;

	for (size_t i = 0; i < desk->count && r == OK; i++) {
		r = account_list(desk->views[i]->read.data, 0, numbers, 2, &count, err);
		if (r == OK && count > 0) {
			found = numbers[0];
			*view = desk->views[i];
		}
		all += r == OK ? count : 0;
	}
	if (r == OK && all == 1)
		return accounts_get(&(*view)->read, found, a->request->pool, out, err);
	a->field = "account";
	if (r == OK) {
		err_set(err, ERR_INPUT, "account is missing");
		r = err_mend(err, "account: its id, or its name");
	}
	return r;
}

/* Whether there is one of that name is not said: `*found` false. */
static enum result find_account(struct asking *a, const char *name, struct account *out, struct vault **view, bool *found,
				struct err *err)
{
	enum result r;

	*found = true;
	if (name == NULL)
		return only_account(a, out, view, err);
	r = desk_account(a->desk, name, a->request->pool, out, view, err);
	if (r != ERR_NOT_FOUND)
		return r;
	*found = false;
	*view = a->desk->views[0];
	return OK;
}

static void refuse(struct asking *a)
{
	struct err err;

	err_set(&err, ERR_DENIED, "account, name, password or code do not fit");
	err_mend(&err, "type them again, or ask an admin for a one-time link");
	credential_refuse(a->request, a->response, &err);
}

static void want_code(struct asking *a)
{
	struct err err;

	err_set(&err, ERR_DENIED, "a code of the second factor is wanted too");
	err_mend(&err, "send the same again with code: the six digits that are shown now, or a recovery code");
	response_header(a->response, "WWW-Authenticate", "Bearer realm=\"lethe\"");
	problem_answer(a->response, a->request, PROBLEM_SECOND_FACTOR, &err, "code");
}

static enum result tell(struct asking *a, struct vault *view, const struct signin *signin, struct err *err)
{
	metric_add(a->http->sign_ins, signin->outcome, 0, 1);
	switch (signin->outcome) {
	case SIGNED_IN:
		return asking_welcome(a, view, &signin->session, signin->device, signin->recovery_left, err);
	case SIGNIN_REFUSED:
		refuse(a);
		break;
	case SIGNIN_CODE:
		want_code(a);
		break;
	case SIGNIN_WAIT:
		asking_wait(a, signin->wait);
		break;
	}
	return OK;
}

static enum result enter(struct asking *a, struct err *err)
{
	struct sockaddr_in6 from = {.sin6_family = AF_INET6};
	char device[DEVICE_LEN + 1];
	struct signing in = {.name = a->values[1], .password = a->values[2], .password_len = strlen(a->values[2]),
			     .code = a->values[3], .address = &from, .browser = asking_browser(a),
			     .now = a->request->now};
	struct account account;
	struct signin out;
	struct vault *view;
	bool found;
	enum result r = find_account(a, a->values[0], &account, &view, &found, err);

	if (r != OK)
		return r;
	memcpy(&from.sin6_addr, a->request->address.bytes, sizeof from.sin6_addr);
	in.account = found ? &account : NULL;
	in.device = cookie_get(a->request, DEVICE_COOKIE, device, sizeof device) ? device : NULL;
	r = signin(&a->http->doors, view, &in, &out, err);
	if (r == OK)
		r = tell(a, view, &out, err);
	signin_wipe(&out);
	return r;
}

/* ---- which door ---- */

static door_answer *const answers[DOOR_COUNT] = {
    [DOOR_ENTER] = enter,
    [DOOR_SHOW] = own_show,
    [DOOR_LEAVE] = own_leave,
    [DOOR_SESSIONS] = own_sessions,
    [DOOR_SESSIONS_END] = own_sessions_end,
    [DOOR_SESSION_END] = own_session_end,
    [DOOR_PASSWORD] = own_password,
    [DOOR_TOTP] = own_totp,
    [DOOR_TOTP_BEGIN] = own_totp_begin,
    [DOOR_TOTP_CONFIRM] = own_totp_confirm,
    [DOOR_TOTP_RENEW] = own_totp_renew,
    [DOOR_TOTP_OFF] = own_totp_off,
    [DOOR_LINK] = link_show,
    [DOOR_LINK_USE] = link_use,
    [DOOR_OIDC] = oidc_go,
    [DOOR_OIDC_BACK] = oidc_back,
};

/* Kept answers let nobody in, and no digest of a password stays on the disk: who counts on it is told so. */
static enum result refuse_key(struct asking *a, struct err *err)
{
	if (a->request->method != METHOD_POST || request_header(a->request, "idempotency-key") == NULL)
		return OK;
	a->field = "Idempotency-Key";
	err_set(err, ERR_INPUT, "what lets somebody in is kept nowhere, so it takes no key");
	return err_mend(err, "leave it out; asked again, it is done again");
}

void signin_answer(const struct http *http, const struct desk *desk, enum door door, const struct credential *by,
		   const struct request *request, struct response *response)
{
	const struct resource *resource = &door_resources[door].resource;
	struct asking a = {.http = http, .desk = desk, .by = by, .request = request, .response = response};
	struct err err;
	enum result r = refuse_key(&a, &err);

	INVARIANT(resource->word_count <= DOOR_WORDS_MAX);
	json_writer_init(&a.w, &response->body, 2);
	response->status = resource->flow == RESOURCE_MAKE ? 201 : 200;
	response_type(response, "application/json");
	if (r == OK && !door_resources[door].lax)
		r = bind_values(resource, request, a.values, &a.field, &err);
	if (r == OK) {
		perform_as(by != NULL ? &by->actor : NULL);
		r = answers[door](&a, &err);
		perform_as(NULL);
	}
	if (r == OK)
		return;
	translate_err(&err);
	problem_from(response, request, &err, a.field);
}
