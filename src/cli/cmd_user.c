/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "cli/commands.h"
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

static void print_id(struct cli *cli, struct id id)
{
	json_begin_object(&cli->w, NULL);
	json_id(&cli->w, "id", USER_PREFIX, id);
	json_end_object(&cli->w);
}

enum result cmd_user_add(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *role = NULL;
	struct user_new new = {.name = NULL};
	const struct cli_option options[] = {{"role", &role, NULL}, {"agent", &new.agent, NULL}};
	struct account account;
	char text[ID_TEXT_MAX];
	struct id id;
	enum result r = cli_parse(cli, options, 2, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = read_role(role, &new.role, err);
	if (r == OK)
		r = cli_open_account(cli, true, &account, err);
	if (r == OK) {
		new.name = argv[0];
		r = user_add(cli->vault, &account, &new, cli->now, &cli->pool, &id, err);
	}
	if (r != OK)
		return r;
	cli_say(cli, "Added %s, %s.\n", id_format(USER_PREFIX, id, text), user_role_name(new.role));
	print_id(cli, id);
	return OK;
}

enum result cmd_user_signed_in(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *at_text = NULL;
	const struct cli_option options[] = {{"at", &at_text, NULL}};
	struct account account;
	struct user_row user;
	struct instant at;
	char text[ID_TEXT_MAX];
	enum result r = cli_parse(cli, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	at = cli->now;
	if (r == OK && at_text != NULL)
		r = instant_parse(at_text, strlen(at_text), &at, err);
	if (r == OK)
		r = cli_open_account(cli, true, &account, err);
	if (r == OK)
		r = user_lookup(&cli->vault->read, &account, argv[0], &cli->pool, &user, err);
	if (r == OK)
		r = user_signed_in(cli->vault, &account, &user, at, cli->now, err);
	if (r != OK)
		return r;
	cli_say(cli, "Noted for %s.\n", id_format(USER_PREFIX, user.id, text));
	print_id(cli, user.id);
	return OK;
}

/* ---- listing ---- */

static void say_user(struct cli *cli, const struct user_row *user, const char *name, const struct user_life *life)
{
	char id[ID_TEXT_MAX], last[TIME_TEXT_MAX], idle[TIME_TEXT_MAX];

	cli_say(cli, "%s  %-7s  %s\n", id_format(USER_PREFIX, user->id, id), user_role_name(user->role),
		cli_clean(cli, name));
	cli_say(cli, "  last signed in: %s; ",
		user->signed_in ? date_format(instant_date(user->last_sign_in), last) : "never");
	if (!life->ever)
		cli_say(cli, "kept however long they do not\n");
	else if (life->due)
		cli_say(cli, "idle since %s, and due\n", date_format(life->idle_on, idle));
	else if (life->idle)
		cli_say(cli, "idle since %s, and kept while they have another account\n", date_format(life->idle_on, idle));
	else
		cli_say(cli, "idle from %s on\n", date_format(life->idle_on, idle));
}

static void print_user(struct cli *cli, const struct user_row *user, const char *name, const struct user_life *life)
{
	struct json_writer *w = &cli->w;
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

static enum result show_user(struct cli *cli, const struct user_rule *rule, const struct user_row *user,
			     struct err *err)
{
	struct user_life life;
	const char *name;
	enum result r = open_user(cli->vault->read.ring, user, &cli->pool, &name, err);

	if (r == OK)
		r = user_life_read(&cli->vault->read, rule, user, cli->now, &life, err);
	if (r != OK)
		return r;
	say_user(cli, user, name, &life);
	print_user(cli, user, name, &life);
	return OK;
}

static enum result show_users(struct cli *cli, uint32_t account, const struct user_rule *rule, int64_t *shown,
			      struct err *err)
{
	struct user_row rows[PAGE];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		r = user_list(cli->vault->read.data, account, after, &cli->pool, rows, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++)
			r = show_user(cli, rule, &rows[i], err);
		after = r == OK && count > 0 ? rows[count - 1].user : after;
		*shown += (int64_t)count;
	} while (r == OK && count == PAGE);
	return r;
}

enum result cmd_user_list(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct user_rule rule;
	int64_t shown = 0;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, false, &account, err);
	if (r == OK)
		r = user_rule(&cli->vault->read, account.number, &cli->pool, &rule, err);
	if (r == OK)
		r = user_note_read(&cli->vault->read, account.number, cli->now, err);
	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_begin_array(&cli->w, "users");
	r = show_users(cli, account.number, &rule, &shown, err);
	json_end_array(&cli->w);
	json_end_object(&cli->w);
	if (r == OK && shown == 0)
		cli_say(cli, "The account has no users yet: `lethe user add` makes one.\n");
	return r;
}

/* ---- removing ---- */

static enum result confirm(struct cli *cli, const struct user_row *user, struct err *err)
{
	char id[ID_TEXT_MAX];

	if (!cli_can_ask(cli)) {
		err_set(err, ERR_DENIED, "there is nobody to ask whether to remove the user");
		return err_mend(err, "add --yes");
	}
	fprintf(stderr, "Remove %s%s? It cannot be undone. ", id_format(USER_PREFIX, user->id, id),
		user->agent != 0 ? ", and erase the agent they are" : "");
	return cli_said_yes() ? OK : err_set(err, ERR_INTERRUPTED, "nothing was removed");
}

static void report_end(struct cli *cli, const struct user_end *end, bool *partly)
{
	char id[ID_TEXT_MAX], job[ID_TEXT_MAX], count[32];

	cli_say(cli, "Removed %s: the key of their name is destroyed.\n", id_format(USER_PREFIX, end->user, id));
	if (end->agent)
		cli_say(cli, "The agent they were is erased; %s records of others stay, without them. Its receipt: "
			     "`lethe person receipt %s`\n",
			cli_count(end->left_by_agent, count), id_format(JOB_PREFIX, end->erasure, job));
	cli_say(cli, end->left == 0 ? "Looked again in every store: nothing is left of them.\n"
				    : "Looked again, and found something left: `lethe check` says more.\n");
	*partly = end->left != 0;
	json_begin_object(&cli->w, NULL);
	json_id(&cli->w, "id", USER_PREFIX, end->user);
	json_id(&cli->w, "job", JOB_PREFIX, end->job);
	if (end->agent)
		json_id(&cli->w, "erasure", JOB_PREFIX, end->erasure);
	json_int(&cli->w, "left_by_agent", end->left_by_agent);
	json_int(&cli->w, "left", end->left);
	json_int(&cli->w, "leaf", (int64_t)end->leaf);
	json_end_object(&cli->w);
}

static bool ask_to_stop(void *arg, int step)
{
	(void)arg, (void)step;
	return cli_interrupted();
}

enum result cmd_user_remove(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	bool yes = false;
	const struct cli_option options[] = {{"yes", NULL, &yes}};
	struct account account;
	struct user_row user;
	struct user_end end;
	enum result r = cli_parse(cli, options, 1, &argc, argv, 1, 1, err);

	if (r == OK)
		r = cli_open_account(cli, true, &account, err);
	if (r == OK)
		r = user_lookup(&cli->vault->read, &account, argv[0], &cli->pool, &user, err);
	if (r == OK && !yes)
		r = confirm(cli, &user, err);
	if (r == OK)
		r = user_end(cli->vault, &account, &user, USER_REMOVED, cli->now, ask_to_stop, NULL, &end, err);
	if (r == OK)
		report_end(cli, &end, partly);
	return r;
}
