/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What somebody who is signed in does with how they are let in.
 */
#include <string.h>

#include "access/again.h"
#include "access/second.h"
#include "access/user_password.h"
#include "daemon/signin_run.h"
#include "net/headers.h"

/* ---- the session ---- */

enum result own_show(struct asking *a, struct err *err)
{
	const struct credential *by = a->by;
	struct act act;
	enum result r;

	act_begin(&act, "user.session.show", by->actor.account, a->request->now);
	act_id(&act, "id", USER_PREFIX, by->who.user.id);
	r = vault_note(&by->view->read, &act, err);
	return r == OK ? asking_say(a, by->view, &by->who, by->session, -1, err) : r;
}

static void forget(struct asking *a)
{
	const struct cookie cookie = {.name = SESSION_COOKIE, .same_site = SAME_SITE_STRICT};

	cookie_set(a->response, a->request, &cookie);
}

static void say_ended(struct asking *a, int64_t ended)
{
	json_begin_object(&a->w, NULL);
	json_id(&a->w, "id", USER_PREFIX, a->by->who.user.id);
	json_int(&a->w, "ended", ended);
	json_end_object(&a->w);
}

static enum result end_one(struct asking *a, struct id id, struct err *err)
{
	const struct user_session_row *mine = &a->by->who.session;
	enum result r = sessions_end(a->by->view, mine->account, mine->user, id, a->request->now, err);

	if (r != OK)
		return r;
	if (memcmp(id.bytes, mine->id.bytes, sizeof id.bytes) == 0)
		forget(a);
	say_ended(a, 1);
	return OK;
}

enum result own_leave(struct asking *a, struct err *err)
{
	return end_one(a, a->by->who.session.id, err);
}

enum result own_session_end(struct asking *a, struct err *err)
{
	struct id id;

	a->field = "session";
	if (id_parse(SESSION_PREFIX, a->values[0], &id, err) != OK) {
		err_set(err, ERR_NOT_FOUND, "you have no such session");
		return err_mend(err, "`GET /v1/sessions` lists those you have");
	}
	return end_one(a, id, err);
}

enum result own_sessions_end(struct asking *a, struct err *err)
{
	int64_t ended;
	enum result r = sessions_end_all(a->by->view, &a->by->who.user, a->request->now, &ended, err);

	if (r != OK)
		return r;
	forget(a);
	say_ended(a, ended);
	return OK;
}

enum result own_sessions(struct asking *a, struct err *err)
{
	const struct user_row *user = &a->by->who.user;
	struct user_session_row rows[SESSIONS_A_USER];
	size_t count;
	enum result r = sessions_list(&a->by->view->read, user->account, user->user, &a->http->doors.sessions,
				      a->request->now, rows, SESSIONS_A_USER, &count, err);

	if (r != OK)
		return r;
	json_begin_object(&a->w, NULL);
	json_id(&a->w, "id", USER_PREFIX, user->id);
	json_begin_array(&a->w, "sessions");
	for (size_t i = 0; i < count; i++) {
		json_begin_object(&a->w, NULL);
		door_session(&a->w, &rows[i]);
		json_end_object(&a->w);
	}
	json_end_array(&a->w);
	json_end_object(&a->w);
	return OK;
}

/* ---- the password ---- */

/* `*knows` false: they have been answered. */
static enum result knows_password(struct asking *a, const char *password, const char *field, bool *knows, struct err *err)
{
	struct duration wait;
	enum result r = again_password(&a->http->doors, a->by->view, &a->by->who.user, password, strlen(password), a->request->now,
				       &wait, err);

	*knows = r == OK && wait.ms == 0;
	if (r == ERR_DENIED)
		a->field = field;
	else if (r == OK && !*knows)
		asking_wait(a, wait);
	return r;
}

static enum result set_password(struct asking *a, const char *text, struct err *err)
{
	const struct user_row *user = &a->by->who.user;
	struct vault *view = a->by->view;
	struct account account;
	enum result r = accounts_get(&view->read, user->account, a->request->pool, &account, err);

	if (r == OK)
		r = user_password_set(view, a->http->doors.gate, &account, user, text, strlen(text), PASSWORD_BY_USER,
				      a->request->now, err);
	if (r == ERR_INPUT)
		a->field = "password";
	return r;
}

/* All sessions have ended with the old password, this one too: another begins. */
static enum result begin_anew(struct asking *a, struct err *err)
{
	enum session_how how = a->by->who.session.how;
	const struct session_by by = {how == SESSION_INVITE ? SESSION_PASSWORD : how, asking_browser(a)};
	struct session_new session;
	bool in;
	enum result r = signin_straight(&a->http->doors, a->by->view, &a->by->who.user, by, a->request->now, &session, &in, err);

	if (r == OK)
		r = asking_welcome(a, a->by->view, &session, NULL, -1, err);
	session_new_wipe(&session);
	return r;
}

enum result own_password(struct asking *a, struct err *err)
{
	bool knows;
	enum result r = knows_password(a, a->values[0], "present", &knows, err);

	if (r != OK || !knows)
		return r;
	r = set_password(a, a->values[1], err);
	return r == OK ? begin_anew(a, err) : r;
}

/* ---- the second factor ---- */

enum result own_totp(struct asking *a, struct err *err)
{
	struct second_state state;
	enum result r = second_state(&a->by->view->read, &a->by->who.user, a->request->pool, &state, err);

	if (r != OK)
		return r;
	json_begin_object(&a->w, NULL);
	json_bool(&a->w, "on", state.on);
	json_bool(&a->w, "begun", state.begun);
	json_int(&a->w, "recovery_codes_left", state.recovery_left);
	json_end_object(&a->w);
	return OK;
}

enum result own_totp_begin(struct asking *a, struct err *err)
{
	struct buf uri;
	bool knows;
	enum result r = knows_password(a, a->values[0], "password", &knows, err);

	if (r != OK || !knows)
		return r;
	buf_init(&uri, 4096);
	r = second_begin(a->by->view, &a->by->who.user, a->request->now, &uri, err);
	if (r == OK) {
		json_begin_object(&a->w, NULL);
		json_string_n(&a->w, "uri", uri.data, uri.len);
		json_end_object(&a->w);
	}
	buf_free(&uri);
	return r;
}

static void say_codes(struct asking *a, struct recovery *recovery)
{
	json_begin_object(&a->w, NULL);
	json_begin_array(&a->w, "recovery_codes");
	for (int i = 0; i < RECOVERY_CODES; i++)
		json_string(&a->w, NULL, recovery->codes[i]);
	json_end_array(&a->w);
	json_end_object(&a->w);
	explicit_bzero(recovery, sizeof *recovery);
}

enum result own_totp_confirm(struct asking *a, struct err *err)
{
	struct recovery recovery;
	struct duration wait;
	enum result r = again_confirm(&a->http->doors, a->by->view, &a->by->who.user, a->values[0], a->request->now, &recovery,
				      &wait, err);

	if (r == OK && wait.ms > 0)
		asking_wait(a, wait);
	else if (r == OK)
		say_codes(a, &recovery);
	else if (r == ERR_DENIED)
		a->field = "code";
	return r;
}

enum result own_totp_renew(struct asking *a, struct err *err)
{
	struct recovery recovery;
	bool knows;
	enum result r = knows_password(a, a->values[0], "password", &knows, err);

	if (r != OK || !knows)
		return r;
	r = second_renew(a->by->view, &a->by->who.user, a->request->now, &recovery, err);
	if (r == OK)
		say_codes(a, &recovery);
	return r;
}

enum result own_totp_off(struct asking *a, struct err *err)
{
	bool knows;
	enum result r = knows_password(a, a->values[0], "password", &knows, err);

	if (r != OK || !knows)
		return r;
	r = second_off(a->by->view, &a->by->who.user, a->request->now, err);
	return r == OK ? own_totp(a, err) : r;
}
