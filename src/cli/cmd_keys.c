/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "vault/rotate.h"

/* ---- status ---- */

static const char *promise_name(enum root_promise promise)
{
	switch (promise) {
	case ROOT_FORGETS_EVERYWHERE:
		return "everywhere";
	case ROOT_FORGETS_OUTSIDE:
		return "outside";
	case ROOT_CANNOT_FORGET:
		break;
	}
	return "here";
}

static const struct class_name { enum key_class class; const char *json, *text; } classes[] = {
	{KEY_IDENTITY, "identity", "identity keys: one per number, address or id of a person"},
	{KEY_PERIOD, "period", "period keys: one per kind and day"},
	{KEY_HOLD, "hold", "hold keys: one per legal hold that keeps something"},
	{KEY_USER, "user", "user keys: one per user of an account"},
	{KEY_OWN, "own", "keys of the accounts and of the vault itself"},
};

static enum result show_counts(struct cli *cli, struct err *err)
{
	json_begin_object(&cli->w, "keys");
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		int64_t count;
		char text[32];
		enum result r = key_count(cli->vault->read.keys, classes[i].class, &count, err);

		if (r != OK)
			return r;
		json_int(&cli->w, classes[i].json, count);
		cli_say(cli, "  %12s %s\n", cli_count(count, text), classes[i].text);
	}
	json_end_object(&cli->w);
	return OK;
}

/* If the root can forget, copies of the key store from before the current epoch open nothing; those from within it do
 * until the next. */
static enum result show_epoch(struct cli *cli, const struct epoch *current, struct err *err)
{
	char started[TIME_TEXT_MAX], due[TIME_TEXT_MAX];
	struct instant next;
	bool late;
	int days;
	enum result r = rotate_due(&cli->vault->read, &next, &days, err);

	if (r != OK)
		return r;
	late = next.ms < cli->now.ms;
	instant_format(current->started, started);
	instant_format(next, due);
	cli_say(cli, "Epoch %u, since %s.\n", current->epoch, started);
	if (root_promise(cli->vault->shared->root) != ROOT_CANNOT_FORGET)
		cli_say(cli, "Copies of the key store from before then open nothing; those made since do until\n"
			     "the next rotation.\n");
	cli_say(cli, "An epoch is to last %d %s: the next `lethe keys rotate` %s %s.\n", days, days == 1 ? "day" : "days",
		late ? "has been due since" : "is due by", due);
	json_begin_object(&cli->w, "epoch");
	json_int(&cli->w, "number", current->epoch);
	json_string(&cli->w, "since", started);
	json_int(&cli->w, "days", days);
	json_string(&cli->w, "rotation_due", due);
	json_bool(&cli->w, "overdue", late);
	json_end_object(&cli->w);
	return OK;
}

static enum result show_root(struct cli *cli, struct err *err)
{
	const struct root *root = cli->vault->shared->root;
	bool locked = keyring_is_locked(cli->vault->read.ring);

	(void)err;
	cli_say(cli, "Root: %s.\n%s\n", root_provider(root), root_promise_text(root));
	cli_say(cli, locked ? "Opened keys are in locked memory.\n"
			    : "Opened keys are NOT in locked memory and may be swapped to disk: raise `ulimit -l`.\n");
	json_begin_object(&cli->w, "root");
	json_string(&cli->w, "provider", root_provider(root));
	json_string(&cli->w, "forgets", promise_name(root_promise(root)));
	json_string(&cli->w, "promise", root_promise_text(root));
	json_end_object(&cli->w);
	json_bool(&cli->w, "memory_locked", locked);
	return OK;
}

enum result cmd_keys_status(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct epoch current, leaving;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = cli_open(cli, false, err);
	if (r == OK)
		r = epoch_find(cli->vault->read.keys, EPOCH_CURRENT, &current, err);
	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "region", cli->vault->region);
	r = show_epoch(cli, &current, err);
	if (r == OK)
		r = epoch_find(cli->vault->read.keys, EPOCH_LEAVING, &leaving, err);
	if (r != OK && r != ERR_NOT_FOUND)
		return r;
	json_bool(&cli->w, "rotation_under_way", r == OK);
	if (r == OK)
		cli_say(cli, "A rotation was interrupted; the next command that writes goes on with it.\n");
	r = show_counts(cli, err);
	if (r == OK)
		r = show_root(cli, err);
	json_end_object(&cli->w);
	return r;
}

/* ---- rotate ---- */

static bool show_progress(void *arg, int64_t rewrapped)
{
	cli_progress_show(arg, rewrapped, 0);
	return cli_interrupted();
}

static enum result read_days(const char *text, int *out, struct err *err)
{
	size_t len = strlen(text);

	*out = 0;
	for (size_t i = 0; i < len && i < 4; i++)
		*out = text[i] >= '0' && text[i] <= '9' ? *out * 10 + text[i] - '0' : EPOCH_DAYS_MAX + 1;
	if (len < 4 && *out >= 1 && *out <= EPOCH_DAYS_MAX)
		return OK;
	err_set(err, ERR_INPUT, "'%.40s' is no number of days from 1 to %d", text, EPOCH_DAYS_MAX);
	err_where(err, "--every");
	return err_mend(err, "write just the number, such as --every 14");
}

/* Only a change is an act: the same line may stand in a crontab. */
static enum result set_length(struct cli *cli, int days, struct err *err)
{
	struct instant due;
	int before;
	enum result r = rotate_due(&cli->vault->read, &due, &before, err);

	return r == OK && days != before ? rotate_set_days(cli->vault, days, cli->now, err) : r;
}

static enum result rotate(struct cli *cli, struct rotation *out, struct err *err)
{
	struct cli_progress progress;
	enum result r;

	cli_progress_begin(&progress, "Wrapping keys anew");
	r = rotate_begin(cli->vault, cli->now, show_progress, &progress, out, err);
	cli_progress_end(&progress);
	return r;
}

static enum result report(struct cli *cli, const struct rotation *rotation, struct err *err)
{
	struct instant next;
	char count[32], due[TIME_TEXT_MAX];
	int days;
	enum result r = rotate_due(&cli->vault->read, &next, &days, err);

	if (r != OK)
		return r;
	cli_say(cli, "Epoch %u has ended and its key is destroyed; epoch %u began. %s keys were wrapped anew.\n",
		rotation->from, rotation->to, cli_count(rotation->rewrapped, count));
	if (root_promise(cli->vault->shared->root) != ROOT_CANNOT_FORGET)
		cli_say(cli, "What was erased before now is unreadable in every older copy that does not include the root.\n");
	else
		cli_say(cli, "%s\n", root_promise_text(cli->vault->shared->root));
	cli_say(cli, "The next is due by %s.\n", instant_format(next, due));
	json_begin_object(&cli->w, NULL);
	json_int(&cli->w, "ended", rotation->from);
	json_int(&cli->w, "current", rotation->to);
	json_int(&cli->w, "rewrapped", rotation->rewrapped);
	json_string(&cli->w, "forgets", promise_name(root_promise(cli->vault->shared->root)));
	json_int(&cli->w, "days", days);
	json_string(&cli->w, "rotation_due", instant_format(next, due));
	json_end_object(&cli->w);
	return OK;
}

enum result cmd_keys_rotate(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *every = NULL;
	const struct cli_option options[] = {{"every", &every, NULL}};
	struct rotation rotation;
	int days = 0;
	enum result r = cli_parse(cli, options, 1, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK && every != NULL)
		r = read_days(every, &days, err);
	if (r == OK)
		r = cli_open(cli, true, err);
	if (r == OK)
		r = rotate(cli, &rotation, err);
	/* Then, and not before: what receipts promised of the old epoch is kept whatever comes. */
	if (r == OK && every != NULL)
		r = set_length(cli, days, err);
	return r == OK ? report(cli, &rotation, err) : r;
}
