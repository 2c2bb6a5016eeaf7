/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "access/permission.h"
#include "base/quote.h"
#include "api/operations.h"
#include "api/paging.h"
#include "privacy/user_end.h"
#include "store/job.h"

#define PAGE 64

/* ---- adding, signing in ---- */

static enum result read_role(const char *text, enum user_role *out, struct err *err)
{
	char shown[QUOTE_MAX];

	*out = USER_AGENT;
	if (text == NULL || user_role_parse(text, out))
		return OK;
	err_set(err, ERR_INPUT, "%s is no role of a user", quote(text, strlen(text), shown));
	err_where(err, "--role");
	return err_mend(err, "give owner, admin, agent or auditor");
}

static void print_id(struct call *call, struct id id)
{
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", USER_PREFIX, id);
	json_end_object(&call->w);
}

enum result op_user_add(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *role = NULL;
	struct user_new new = {.name = NULL};
	const struct call_option options[] = {{"role", &role, NULL}, {"agent", &new.agent, NULL}};
	struct account account;
	struct id id;
	enum result r = call_parse(call, options, 2, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = read_role(role, &new.role, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = call_may_give(call, account.number, (enum access_role)new.role, err);
	if (r == OK) {
		new.name = argv[0];
		r = user_add(call->vault, &account, &new, call->now, &call->pool, &id, err);
	}
	if (r != OK)
		return r;
	call_say(call, "Added %s, %s.\n", id_format(USER_PREFIX, id, call->made), user_role_name(new.role));
	print_id(call, id);
	return OK;
}

enum result op_user_signed_in(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *at_text = NULL;
	const struct call_option options[] = {{"at", &at_text, NULL}};
	struct account account;
	struct user_row user;
	struct instant at;
	char text[ID_TEXT_MAX];
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	at = call->now;
	if (r == OK && at_text != NULL)
		r = instant_parse(at_text, strlen(at_text), &at, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = user_lookup(&call->vault->read, &account, argv[0], &call->pool, &user, err);
	if (r == OK)
		r = user_signed_in(call->vault, &account, &user, at, call->now, err);
	if (r != OK)
		return r;
	call_say(call, "Noted for %s.\n", id_format(USER_PREFIX, user.id, text));
	print_id(call, user.id);
	return OK;
}

/* ---- listing ---- */

static void say_user(struct call *call, const struct user_row *user, const char *name, const struct user_life *life)
{
	char id[ID_TEXT_MAX], last[TIME_TEXT_MAX], idle[TIME_TEXT_MAX];

	call_say(call, "%s  %-7s  %s\n", id_format(USER_PREFIX, user->id, id), user_role_name(user->role),
		 call_clean(call, name));
	call_say(call, "  last signed in: %s; ",
		 user->signed_in ? date_format(instant_date(user->last_sign_in), last) : "never");
	if (!life->ever)
		call_say(call, "kept however long they do not\n");
	else if (life->due)
		call_say(call, "idle since %s, and due\n", date_format(life->idle_on, idle));
	else if (life->idle)
		call_say(call, "idle since %s, and kept while they have another account\n",
			 date_format(life->idle_on, idle));
	else
		call_say(call, "idle from %s on\n", date_format(life->idle_on, idle));
}

static void print_user(struct call *call, const struct user_row *user, const char *name, const struct user_life *life)
{
	struct json_writer *w = &call->w;
	char text[TIME_TEXT_MAX];

	json_begin_object(w, NULL);
	json_id(w, "id", USER_PREFIX, user->id);
	json_string(w, "name", name);
	json_string(w, "role", user_role_name(user->role));
	json_bool(w, "agent", user->agent != 0);
	json_instant(w, "created", user->created);
	json_string(w, "last_sign_in", user->signed_in ? instant_format(user->last_sign_in, text) : NULL);
	json_string(w, "idle_on", life->ever ? date_format(life->idle_on, text) : NULL);
	json_bool(w, "due", life->due);
	json_end_object(w);
}

static enum result show_user(struct call *call, const struct user_rule *rule, const struct user_row *user,
			     struct err *err)
{
	struct user_life life;
	const char *name;
	enum result r = open_user(call->vault->read.ring, user, &call->pool, &name, err);

	if (r == OK)
		r = user_life_read(&call->vault->read, rule, user, call->now, &life, err);
	if (r != OK)
		return r;
	say_user(call, user, name, &life);
	print_user(call, user, name, &life);
	return OK;
}

/* Who may see themselves and nobody else; 0: whoever asks sees all. */
static int64_t only_of(const struct call *call, uint32_t account)
{
	bool own = call->actor != NULL && access_may(call->actor, MAY_USER_READ, account) == ACCESS_OWN;

	return own ? call->actor->user : 0;
}

static enum result show_users(struct call *call, uint32_t account, const struct user_rule *rule, struct paging *page,
			      int64_t *shown, struct err *err)
{
	int64_t only = only_of(call, account);
	struct user_row rows[PAGE];
	size_t count, ask;
	enum result r;

	do {
		ask = paging_ask(page, PAGE);
		r = user_list(call->vault->read.data, account, page->number, &call->pool, rows, ask, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			bool shows = only == 0 || rows[i].user == only;

			if (shows && !paging_take(page))
				break;
			page->number = rows[i].user;
			if (shows)
				r = show_user(call, rule, &rows[i], err);
		}
		*shown += (int64_t)count;
	} while (r == OK && count == ask && !page->more);
	return r;
}

enum result op_user_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct user_rule rule;
	struct user_row user;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = user_lookup(&call->vault->read, &account, argv[0], &call->pool, &user, err);
	if (r == OK && only_of(call, account.number) != 0 && only_of(call, account.number) != user.user) {
		err_set(err, ERR_NOT_FOUND, "the account has no user '%.100s'", argv[0]); /* as user_lookup has it */
		r = err_mend(err, "`lethe user list` shows those there are");
	}
	if (r == OK)
		r = user_rule(&call->vault->read, account.number, &call->pool, &rule, err);
	if (r == OK)
		r = user_note_read(&call->vault->read, account.number, call->now, err);
	return r == OK ? show_user(call, &rule, &user, err) : r;
}

enum result op_user_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct paging page = {0};
	struct account account;
	struct user_rule rule;
	int64_t shown = 0;
	enum result r = paging_parse(call, argc, argv, PAGING_ALL, &page, &account, err);

	(void)partly;
	if (r == OK)
		r = user_rule(&call->vault->read, account.number, &call->pool, &rule, err);
	if (r == OK)
		r = user_note_read(&call->vault->read, account.number, call->now, err);
	if (r != OK)
		return r;
	paging_open(call, "users");
	r = show_users(call, account.number, &rule, &page, &shown, err);
	r = paging_close(call, &page, account.number, "", r, err);
	if (r == OK && shown == 0 && !page.begun)
		call_say(call, "The account has no users yet: `lethe user add` makes one.\n");
	return r;
}

/* ---- removing ---- */

static enum result confirm(struct call *call, const struct user_row *user, struct err *err)
{
	char id[ID_TEXT_MAX];

	if (!call_can_ask(call)) {
		err_set(err, ERR_DENIED, "there is nobody to ask whether to remove the user");
		return err_mend(err, "add --yes");
	}
	return call_ask(call, "Remove %s%s? It cannot be undone. ", id_format(USER_PREFIX, user->id, id),
			user->agent != 0 ? ", and erase the agent they are" : "")
		   ? OK
		   : err_set(err, ERR_INTERRUPTED, "nothing was removed");
}

static void report_end(struct call *call, const struct user_end *end, bool *partly)
{
	char id[ID_TEXT_MAX], job[ID_TEXT_MAX], count[32];

	call_say(call, "Removed %s: the key of their name is destroyed.\n", id_format(USER_PREFIX, end->user, id));
	if (end->agent)
		call_say(call,
			 "The agent they were is erased; %s records of others stay, without them. Its receipt: "
			 "`lethe person receipt %s`\n",
			 call_count(end->left_by_agent, count), id_format(JOB_PREFIX, end->erasure, job));
	call_say(call, end->left == 0 ? "Looked again in every store: nothing is left of them.\n"
				      : "Looked again, and found something left: `lethe check` says more.\n");
	*partly = end->left != 0;
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", USER_PREFIX, end->user);
	json_id(&call->w, "job", JOB_PREFIX, end->job);
	if (end->agent)
		json_id(&call->w, "erasure", JOB_PREFIX, end->erasure);
	json_int(&call->w, "left_by_agent", end->left_by_agent);
	json_int(&call->w, "left", end->left);
	json_int(&call->w, "leaf", (int64_t)end->leaf);
	json_end_object(&call->w);
}

static bool ask_to_stop(void *arg, int step)
{
	(void)step;
	return call_interrupted(arg);
}

enum result op_user_remove(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	bool yes = false;
	const struct call_option options[] = {{"yes", NULL, &yes}};
	struct account account;
	struct user_row user;
	struct user_end end;
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = user_lookup(&call->vault->read, &account, argv[0], &call->pool, &user, err);
	if (r == OK)
		r = call_may_give(call, account.number, (enum access_role)user.role, err);
	if (r == OK && !yes)
		r = confirm(call, &user, err);
	if (r == OK)
		r = user_end(call->vault, &account, &user, USER_REMOVED, call->now, ask_to_stop, call, &end, err);
	if (r == OK)
		report_end(call, &end, partly);
	return r;
}
