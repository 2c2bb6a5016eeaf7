/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One-time links: their secret comes in the body, so that it is in no log.
 */
#include <string.h>

#include "access/invite.h"
#include "daemon/first_owner.h"
#include "daemon/signin_run.h"
#include "privacy/user.h"
#include "store/token.h"

/* What stands behind the '#' of a link, or all of it. */
static const char *secret_of(const char *link)
{
	const char *hash = strrchr(link, '#');

	return hash != NULL ? hash + 1 : link;
}

static enum result find(struct asking *a, const char *secret, struct vault **view, struct invite_found *out,
			struct err *err)
{
	enum result r = ERR_DENIED;

	for (size_t i = 0; i < a->desk->count && r == ERR_DENIED; i++) {
		*view = a->desk->views[i];
		r = invites_find(&(*view)->read, secret, strlen(secret), a->request->now, a->request->pool, out, err);
	}
	if (r == ERR_DENIED)
		a->field = "link";
	return r;
}

static enum result note_shown(struct asking *a, struct vault *view, const struct invite_found *found, struct err *err)
{
	struct act act;

	if (found->first_owner)
		return OK;
	act_begin(&act, "user.invite.show", found->account.number, a->request->now);
	act_id(&act, "id", USER_PREFIX, found->user.id);
	return vault_note(&view->read, &act, err);
}

enum result link_show(struct asking *a, struct err *err)
{
	struct invite_found found;
	struct vault *view;
	enum result r = find(a, secret_of(a->values[0]), &view, &found, err);

	if (r == OK)
		r = note_shown(a, view, &found, err);
	if (r != OK)
		return r;
	json_begin_object(&a->w, NULL);
	json_bool(&a->w, "first_owner", found.first_owner);
	json_begin_object(&a->w, "account");
	json_id(&a->w, "id", ACCOUNT_PREFIX, found.account.id);
	json_string(&a->w, "name", found.account.name);
	json_end_object(&a->w);
	json_string(&a->w, "name", found.first_owner ? NULL : found.name);
	json_end_object(&a->w);
	return OK;
}

static enum result check(struct asking *a, const struct invite_found *found, const char *name, const char *password,
			 struct err *err)
{
	const char *ignored;
	enum result r = OK;

	a->field = "name";
	if (found->first_owner && (name == NULL || *name == '\0')) {
		err_set(err, ERR_INPUT, "the first owner needs a name to sign in with");
		return err_mend(err, "give an e-mail address");
	}
	if (!found->first_owner && name != NULL && strcmp(name, found->name) != 0) {
		err_set(err, ERR_INPUT, "the link is for a user who has a name");
		return err_mend(err, "leave it out");
	}
	a->field = "password";
	r = password_accept(password, strlen(password), found->first_owner ? name : found->name, found->account.name,
			    a->request->pool, &ignored, err);
	if (r == OK)
		a->field = NULL;
	return r;
}

/* A link is one factor: who has a second one signs in with both. */
static enum result let_in(struct asking *a, struct vault *view, const struct account *account, struct id id,
			  struct err *err)
{
	struct session_new session;
	struct user_row user;
	char text[ID_TEXT_MAX];
	bool in = false;
	enum result r = user_lookup(&view->read, account, id_format(USER_PREFIX, id, text), a->request->pool, &user, err);

	if (r == OK)
		r = signin_straight(&a->http->doors, view, &user, (struct session_by){SESSION_INVITE, asking_browser(a)}, a->request->now, &session, &in, err);
	if (r != OK)
		return r;
	if (in)
		asking_keep(a, &session, NULL);
	json_begin_object(&a->w, NULL);
	json_string(&a->w, "user", text);
	json_bool(&a->w, "signed_in", in);
	json_string(&a->w, "csrf", in ? session.csrf : NULL);
	json_end_object(&a->w);
	session_new_wipe(&session);
	return OK;
}

enum result link_use(struct asking *a, struct err *err)
{
	const char *secret = secret_of(a->values[0]), *name = a->values[1], *password = a->values[2];
	struct invite_found found;
	struct vault *view;
	struct id user;
	enum result r = find(a, secret, &view, &found, err);

	if (r == OK)
		r = check(a, &found, name, password, err);
	if (r == OK)
		r = invites_use(view, a->http->doors.gate, secret, strlen(secret), name, password, strlen(password),
				a->request->now, &user, err);
	if (r != OK)
		return r;
	if (found.first_owner)
		first_owner_done(a->http->data_dir, found.account.id);
	return let_in(a, view, &found.account, user, err);
}
