/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What users are let in by: passwords, second factors, sessions.
 */
#include <stdio.h>
#include <string.h>

#include "access/second.h"
#include "access/user_password.h"
#include "api/door.h"
#include "api/handout.h"
#include "api/operations.h"
#include "api/outside.h"
#include "api/paging.h"
#include "privacy/user.h"

static enum result open_user_of(struct call *call, const char *who, bool write, struct account *account,
				struct user_row *user, struct err *err)
{
	enum result r = call_open_account(call, write, account, err);

	return r == OK ? user_lookup(&call->vault->read, account, who, &call->pool, user, err) : r;
}

static void print_user(struct call *call, const struct user_row *user)
{
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", USER_PREFIX, user->id);
}

/* ---- passwords ---- */

static enum result set_password(struct call *call, const struct account *account, const struct user_row *user,
				const struct secret *secret, struct err *err)
{
	struct password_gate *gate;
	enum result r = password_gate_new(1, 0, &gate, err);

	if (r != OK)
		return r;
	r = user_password_set(call->vault, gate, account, user, secret->text, secret->len, PASSWORD_BY_SOMEBODY, call->now,
			      err);
	password_gate_free(gate);
	return r;
}

enum result op_user_password(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *file = NULL;
	const struct call_option options[] = {{"password-file", &file, NULL}};
	struct account account;
	struct user_row user;
	struct secret secret;
	char id[ID_TEXT_MAX];
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = open_user_of(call, argv[0], true, &account, &user, err);
	if (r == OK)
		r = call_may_give(call, account.number, (enum access_role)user.role, err);
	if (r == OK)
		r = call_secret(call, file, "New password", true, &secret, err);
	if (r != OK)
		return r;
	r = set_password(call, &account, &user, &secret, err);
	secret_wipe(&secret);
	if (r != OK)
		return r;
	call_say(call, "Set the password of %s. Their sessions have ended.\n", id_format(USER_PREFIX, user.id, id));
	print_user(call, &user);
	json_end_object(&call->w);
	return OK;
}

/* ---- second factors ---- */

struct totp_how { bool confirm, recovery, off; const char *code_file, *out; };

static enum result begin_totp(struct call *call, const struct user_row *user, struct handout *handout, struct err *err)
{
	struct buf uri;
	enum result r;

	buf_init(&uri, 4096);
	r = second_begin(call->vault, user, call->now, &uri, err);
	if (r == OK) {
		print_user(call, user);
		r = handout_give(call, handout, "uri", uri.data, err);
		json_end_object(&call->w);
	}
	buf_free(&uri);
	if (r == OK)
		call_say(call, "Have the program that makes codes read it; then `lethe user totp .. --confirm`.\n"
			       "Until then no code is asked for.\n");
	return r;
}

static enum result give_recovery(struct call *call, const struct user_row *user, const struct recovery *recovery,
				 struct handout *handout, struct err *err)
{
	char text[RECOVERY_CODES * RECOVERY_TEXT_MAX + 1] = "";
	size_t used = 0;
	enum result r;

	for (int i = 0; i < RECOVERY_CODES; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s\n", recovery->codes[i]);
	call_say(call, "Ten recovery codes, good once each, for who loses what makes the others:\n");
	print_user(call, user);
	r = handout_give(call, handout, "recovery_codes", text, err);
	json_end_object(&call->w);
	explicit_bzero(text, sizeof text);
	return r;
}

static enum result confirm_totp(struct call *call, const struct user_row *user, const struct totp_how *how,
				struct handout *handout, struct err *err)
{
	struct recovery recovery;
	struct secret code;
	enum result r = OK;

	if (how->confirm) {
		r = call_secret(call, how->code_file, "A code that it shows now", false, &code, err);
		if (r == OK)
			r = second_confirm(call->vault, user, code.text, call->now, &recovery, err);
		secret_wipe(&code);
	} else {
		r = second_renew(call->vault, user, call->now, &recovery, err);
	}
	if (r == OK)
		r = give_recovery(call, user, &recovery, handout, err);
	explicit_bzero(&recovery, sizeof recovery);
	return r;
}

static enum result totp_off(struct call *call, const struct user_row *user, struct err *err)
{
	char id[ID_TEXT_MAX];
	enum result r = second_off(call->vault, user, call->now, err);

	if (r != OK)
		return r;
	call_say(call, "%s is not asked for a code any more.\n", id_format(USER_PREFIX, user->id, id));
	print_user(call, user);
	json_end_object(&call->w);
	return OK;
}

static enum result change_totp(struct call *call, const struct user_row *user, const struct totp_how *how,
			       struct err *err)
{
	struct handout handout;
	enum result r;

	if (how->off)
		return totp_off(call, user, err);
	r = handout_begin(call, how->out, &handout, err);
	if (r == OK && (how->confirm || how->recovery))
		r = confirm_totp(call, user, how, &handout, err);
	else if (r == OK)
		r = begin_totp(call, user, &handout, err);
	handout_end(&handout);
	return r;
}

enum result op_user_totp(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct totp_how how = {.off = false};
	const struct call_option options[] = {
	    {"confirm", NULL, &how.confirm}, {"recovery", NULL, &how.recovery}, {"off", NULL, &how.off},
	    {"code-file", &how.code_file, NULL}, {"out", &how.out, NULL}};
	struct account account;
	struct user_row user;
	enum result r = call_parse(call, options, 5, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK && how.confirm + how.recovery + how.off > 1) {
		err_set(err, ERR_INPUT, "--confirm, --recovery and --off are each by themselves");
		r = err_mend(err, "give one of them");
	}
	if (r == OK)
		r = open_user_of(call, argv[0], true, &account, &user, err);
	if (r == OK)
		r = call_may_give(call, account.number, (enum access_role)user.role, err);
	if (r == OK)
		r = call_not_oneself(call, &user, err);
	return r == OK ? change_totp(call, &user, &how, err) : r;
}

/* ---- sessions ---- */

static void show_session(struct call *call, const struct user_session_row *row)
{
	char id[ID_TEXT_MAX], created[TIME_TEXT_MAX], seen[TIME_TEXT_MAX], text[BROWSER_TEXT_MAX];
	const char *browser = browser_text(browser_of(row->browser), text);

	call_say(call, "%s  since %s, seen %s, by %s%s%s\n", id_format(SESSION_PREFIX, row->id, id),
		 instant_format(row->created, created), instant_format(row->seen, seen), session_how_name(row->how),
		 browser != NULL ? ", with " : "", browser != NULL ? browser : "");
	json_begin_object(&call->w, NULL);
	door_session(&call->w, row);
	json_end_object(&call->w);
}

/* They come by their ids. */
static void show_sessions(struct call *call, struct paging *page, const struct user_session_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (page->begun && id_compare(rows[i].id, page->id) <= 0)
			continue;
		if (!paging_take(page))
			return;
		page->id = rows[i].id;
		show_session(call, &rows[i]);
	}
}

static enum result list_sessions(struct call *call, const struct user_row *user, struct paging *page, struct err *err)
{
	struct user_session_row rows[SESSIONS_A_USER];
	struct act act;
	size_t count = 0;
	char whose[ID_TEXT_MAX];
	enum result r = paging_begin(call, page, user->account, PAGING_ALL, id_format(USER_PREFIX, user->id, whose), err);

	if (r != OK)
		return r;
	act_begin(&act, "user.sessions", user->account, call->now);
	act_id(&act, "id", USER_PREFIX, user->id);
	r = vault_note(&call->vault->read, &act, err);
	if (r == OK)
		r = sessions_list(&call->vault->read, user->account, user->user,
				  call->outside != NULL ? call->outside->sessions : &session_rule_default, call->now, rows,
				  SESSIONS_A_USER, &count, err);
	if (r != OK)
		return r;
	print_user(call, user);
	json_begin_array(&call->w, "sessions");
	show_sessions(call, page, rows, count);
	r = paging_close(call, page, user->account, whose, r, err);
	if (count == 0)
		call_say(call, "They are signed in nowhere.\n");
	return r;
}

static enum result end_sessions(struct call *call, const struct user_row *user, const char *which, struct err *err)
{
	int64_t ended = 1;
	char count[32];
	struct id id;
	enum result r;

	if (which == NULL)
		r = sessions_end_all(call->vault, user, call->now, &ended, err);
	else if (id_parse(SESSION_PREFIX, which, &id, err) == OK)
		r = sessions_end(call->vault, user->account, user->user, id, call->now, err);
	else
		r = err_where(err, "--end");
	if (r != OK)
		return r;
	call_say(call, "Ended %s session%s.\n", call_count(ended, count), ended == 1 ? "" : "s");
	print_user(call, user);
	json_int(&call->w, "ended", ended);
	json_end_object(&call->w);
	return OK;
}

enum result op_user_sessions(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *which = NULL;
	bool all = false;
	struct paging page = {0};
	const struct call_option options[] = {{"end", &which, NULL}, {"end-all", NULL, &all}, PAGING_OPTIONS(page)};
	struct account account;
	struct user_row user;
	enum result r = call_parse(call, options, 4, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK && which != NULL && all) {
		err_set(err, ERR_INPUT, "--end ends one session, --end-all every one");
		r = err_mend(err, "give one of them");
	}
	if (r == OK)
		r = open_user_of(call, argv[0], which != NULL || all, &account, &user, err);
	if (r == OK && (which != NULL || all))
		r = call_may_give(call, account.number, (enum access_role)user.role, err);
	if (r == OK && (which != NULL || all))
		return end_sessions(call, &user, which, err);
	return r == OK ? list_sessions(call, &user, &page, err) : r;
}
