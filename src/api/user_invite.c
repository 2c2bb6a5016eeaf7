/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One-time links: shown once, or mailed by a daemon that can.
 */
#include <stdio.h>
#include <string.h>

#include "access/invite.h"
#include "api/handout.h"
#include "api/operations.h"
#include "api/outside.h"
#include "base/clock.h"
#include "notify/letter.h"
#include "notify/message.h"
#include "privacy/user.h"
#include "store/user_secret.h"

#define URL_MAX 2048

struct inviting {
	const char *url, *by, *to, *out; /* as given; NULL: not */
	const char *mail_to;             /* NULL: it is shown */
	enum mail_template template;
	struct handout handout;
	struct account account;
	bool first;                      /* the first owner, who is no user yet */
	struct id user;                  /* else */
	struct instant now;
	struct opaque link;
	struct instant expires;
};

/* ---- how it goes ---- */

/* Of this machine, and of no other whose name begins so. */
static bool is_local(const char *url)
{
	static const char local[] = "http://localhost";
	size_t len = strlen(local);

	return strncmp(url, local, len) == 0 && (url[len] == '\0' || url[len] == ':' || url[len] == '/');
}

static enum result check_url(const char *url, struct err *err)
{
	if (url == NULL || (strlen(url) < URL_MAX && (strncmp(url, "https://", 8) == 0 || is_local(url))))
		return OK;
	err_set(err, ERR_INPUT, "a link is good for whoever has it: it goes by https");
	err_where(err, "--url");
	return err_mend(err, "give where the daemon is reached, such as https://lethe.example.org");
}

static enum result no_mail_server(const struct call *call, struct err *err)
{
	if (call->outside == NULL) {
		err_set(err, ERR_UNSUPPORTED, "only a daemon sends mails");
		return err_mend(err, "leave --by out: the link is shown; or ask a daemon, with --server");
	}
	err_set(err, ERR_UNSUPPORTED, "no mail server is set up");
	return err_mend(err, "leave --by out: the link is in the answer; or have the operator set mail-server and mail-from");
}

static enum result no_base(struct err *err)
{
	err_set(err, ERR_INPUT, "a mail needs to say where the link leads");
	err_where(err, "--url");
	return err_mend(err, "give where the daemon is reached, or have the operator set base-url");
}

static enum result read_by(const char *text, bool *mail, bool *answer, struct err *err)
{
	*mail = text != NULL && strcmp(text, "mail") == 0;
	*answer = text != NULL && strcmp(text, "answer") == 0;
	if (text == NULL || *mail || *answer)
		return OK;
	err_set(err, ERR_INPUT, "a link goes by mail, or in the answer");
	err_where(err, "--by");
	return err_mend(err, "give mail or answer");
}

/* By mail where there is a mail server and an address, unless said otherwise. `field` is what the address comes from. */
static enum result choose(struct call *call, struct inviting *inviting, const char *address, const char *field,
			  struct err *err)
{
	bool can = call->outside != NULL && call->outside->mail != NULL, mail, answer;
	enum result r = read_by(inviting->by, &mail, &answer, err);

	mail = mail || inviting->to != NULL;
	if (r != OK || answer || (!mail && (!can || address == NULL || !message_address_ok(address))))
		return r;
	if (!can)
		return no_mail_server(call, err);
	if (address == NULL || !message_address_ok(address)) {
		err_set(err, ERR_INPUT, "%s", inviting->to != NULL ? "that is no e-mail address" : "their name is no e-mail address");
		err_where(err, "%s", field);
		return err_mend(err, inviting->to != NULL ? "give one such as anna@example.org"
							  : "leave --by out: the link is shown, and you send it");
	}
	if (inviting->url == NULL && *call->outside->base_url == '\0')
		return no_base(err);
	inviting->mail_to = address;
	return OK;
}

/* ---- handing it out ---- */

/* Behind the '#', so that it is in no server's log. */
static const char *link_text(struct call *call, const struct inviting *inviting)
{
	const char *base = inviting->url;

	if (base == NULL && inviting->mail_to != NULL)
		base = call->outside->base_url;
	if (base == NULL)
		return inviting->link.text;
	return pool_printf(&call->pool, "%s%sinvite#%s", base, *base != '\0' && base[strlen(base) - 1] == '/' ? "" : "/",
			   inviting->link.text);
}

static enum result mail_link(struct call *call, const struct inviting *inviting, const char *link, const char *until,
			     struct err *err)
{
	const struct template_value values[] = {
	    {"account", inviting->account.name}, {"link", link}, {"until", until}, {NULL, NULL}};
	const struct letter letter = {inviting->template, values, inviting->mail_to, call->now};
	struct away_turn turn;
	enum result r;

	if (!away_begin(call->outside->away, AWAY_MAIL, monotonic_ms(), &turn)) {
		err_set(err, ERR_BUSY, "too many wait for the mail server at this moment");
		return err_mend(err, "try again in some seconds");
	}
	r = letter_send(call->outside->mail, &letter, &call->pool, err);
	away_end(call->outside->away, &turn, monotonic_ms());
	if (r == ERR_INPUT)
		err_where(err, "%s", inviting->to != NULL ? "--to" : "user");
	return r;
}

static enum result note_mailed(struct session *session, void *arg, struct err *err)
{
	const struct inviting *inviting = arg;
	struct act act;

	act_begin(&act, "delivery.mail.done", inviting->account.number, inviting->now);
	if (!inviting->first)
		act_id(&act, "id", USER_PREFIX, inviting->user);
	act_int(&act, "template", inviting->template);
	return act_append(&act, session->data, NULL, err);
}

/* The object is open. */
static enum result give_link(struct call *call, struct inviting *inviting, struct err *err)
{
	const char *link = link_text(call, inviting);
	char at[TIME_TEXT_MAX];
	enum result r = link != NULL ? OK : err_no_memory(err);

	if (r != OK)
		return r;
	json_string(&call->w, "expires", instant_format(inviting->expires, at));
	if (inviting->mail_to == NULL) {
		call_say(call, "A link that is good once, until %s.\n", at);
		r = handout_give(call, &inviting->handout, "link", link, err);
	} else {
		r = mail_link(call, inviting, link, at, err);
		if (r == OK)
			r = vault_write(call->vault, note_mailed, inviting, err);
		call_say(call, "Mailed to them: a link that is good once, until %s.\n", at);
		json_bool(&call->w, "mailed", true);
	}
	json_end_object(&call->w);
	return r;
}

/* ---- whose ---- */

static enum result find_user(struct call *call, const char *who, struct inviting *inviting, struct user_row *user,
			     struct err *err)
{
	enum result r = call_open_account(call, true, &inviting->account, err);

	return r == OK ? user_lookup(&call->vault->read, &inviting->account, who, &call->pool, user, err) : r;
}

/* Who has a password chooses a new one. */
static enum result choose_template(struct call *call, const struct user_row *user, struct inviting *inviting,
				   struct err *err)
{
	struct user_secret_row row;
	enum result r = user_secret_get(call->vault->read.data, user->account, user->user, SECRET_PASSWORD, &call->pool, &row,
					err);

	inviting->template = r == OK ? MAIL_PASSWORD : MAIL_INVITATION;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result invite_user(struct call *call, const char *who, struct inviting *inviting, struct err *err)
{
	struct actor actor = call_actor(call);
	struct user_row user;
	const char *name;
	enum result r = find_user(call, who, inviting, &user, err);

	if (r == OK)
		r = call_not_oneself(call, &user, err);
	if (r == OK)
		r = open_user(call->vault->read.ring, &user, &call->pool, &name, err);
	if (r == OK)
		r = choose(call, inviting, name, "--by", err);
	if (r == OK)
		r = choose_template(call, &user, inviting, err);
	if (r == OK && inviting->mail_to == NULL)
		r = handout_begin(call, inviting->out, &inviting->handout, err);
	if (r == OK)
		r = invites_make(call->vault, &actor, &user, call->now, &inviting->link, &inviting->expires, err);
	if (r != OK)
		return r;
	inviting->user = user.id;
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", USER_PREFIX, user.id);
	return give_link(call, inviting, err);
}

static enum result invite_owner(struct call *call, struct inviting *inviting, struct err *err)
{
	struct actor actor = call_actor(call);
	enum result r = choose(call, inviting, inviting->to, "--to", err);

	inviting->template = MAIL_INVITATION;
	if (r == OK && inviting->mail_to == NULL)
		r = handout_begin(call, inviting->out, &inviting->handout, err);
	if (r == OK)
		r = call_open_account(call, true, &inviting->account, err);
	if (r == OK)
		r = invites_first_owner(call->vault, &actor, &inviting->account, call->now, &inviting->link, &inviting->expires,
					err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	return give_link(call, inviting, err);
}

static enum result end_link(struct call *call, const char *who, struct err *err)
{
	struct inviting inviting;
	struct user_row user;
	char id[ID_TEXT_MAX];
	enum result r = find_user(call, who, &inviting, &user, err);

	if (r == OK)
		r = call_may_give(call, inviting.account.number, (enum access_role)user.role, err);
	if (r == OK)
		r = invites_end(call->vault, &user, call->now, err);
	if (r != OK)
		return r;
	call_say(call, "The link of %s is good no more.\n", id_format(USER_PREFIX, user.id, id));
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", USER_PREFIX, user.id);
	json_end_object(&call->w);
	return OK;
}

static enum result whose_link(const char *who, bool first, const char *to, struct err *err)
{
	if ((who != NULL) == first) {
		err_set(err, ERR_INPUT, "a link is for a user, or for the first owner");
		return err_mend(err, "give the user's name or id, or --first-owner");
	}
	if (first || to == NULL)
		return OK;
	err_set(err, ERR_INPUT, "a user's link is mailed to the address that their name is");
	err_where(err, "--to");
	return err_mend(err, "leave it out; --to is for the first owner, who has no name yet");
}

enum result op_user_invite(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct inviting inviting = {.handout = {.fd = -1}, .now = call->now};
	bool end = false;
	const struct call_option options[] = {
	    {"url", &inviting.url, NULL}, {"out", &inviting.out, NULL}, {"by", &inviting.by, NULL}, {"to", &inviting.to, NULL},
	    {"first-owner", NULL, &inviting.first}, {"end", NULL, &end}};
	const char *who;
	enum result r = call_parse(call, options, 6, &argc, argv, 0, 1, err);

	(void)partly;
	who = argc > 0 ? argv[0] : NULL;
	if (r == OK)
		r = whose_link(who, inviting.first, inviting.to, err);
	if (r == OK)
		r = check_url(inviting.url, err);
	if (r == OK && end && who != NULL)
		return end_link(call, who, err);
	if (r == OK)
		r = inviting.first ? invite_owner(call, &inviting, err) : invite_user(call, who, &inviting, err);
	handout_end(&inviting.handout);
	opaque_wipe(&inviting.link);
	return r;
}
