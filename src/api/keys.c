/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "api/operations.h"
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

static const struct class_name {
	enum key_class class;
	const char *json, *text;
} classes[] = {
    {KEY_IDENTITY, "identity", "identity keys: one per number, address or id of a person"},
    {KEY_PERIOD, "period", "period keys: one per kind and day"},
    {KEY_HOLD, "hold", "hold keys: one per legal hold that keeps something"},
	{KEY_CONTACT, "contact", "contact keys: one per contact"},
    {KEY_USER, "user", "user keys: one per user of an account"},
    {KEY_FILE, "file", "file keys: one per file that a job keeps for a while"},
    {KEY_OWN, "own", "keys of the accounts and of the vault itself"},
};

static enum result show_counts(struct call *call, struct err *err)
{
	json_begin_object(&call->w, "keys");
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		int64_t count;
		char text[32];
		enum result r = key_count(call->vault->read.keys, classes[i].class, &count, err);

		if (r != OK)
			return r;
		json_int(&call->w, classes[i].json, count);
		call_say(call, "  %12s %s\n", call_count(count, text), classes[i].text);
	}
	json_end_object(&call->w);
	return OK;
}

/* If the root can forget, copies of the key store from before the current epoch open nothing; those from within it do
 * until the next. */
static enum result show_epoch(struct call *call, const struct epoch *current, struct err *err)
{
	char started[TIME_TEXT_MAX], due[TIME_TEXT_MAX];
	struct instant next;
	bool late;
	int days;
	enum result r = rotate_due(&call->vault->read, &next, &days, err);

	if (r != OK)
		return r;
	late = next.ms < call->now.ms;
	instant_format(current->started, started);
	instant_format(next, due);
	call_say(call, "Epoch %u, since %s.\n", current->epoch, started);
	if (root_promise(call->vault->shared->root) != ROOT_CANNOT_FORGET)
		call_say(call, "Copies of the key store from before then open nothing; those made since do until\n"
			       "the next rotation.\n");
	call_say(call, "An epoch is to last %d %s: the next `lethe keys rotate` %s %s.\n", days,
		 days == 1 ? "day" : "days", late ? "has been due since" : "is due by", due);
	json_begin_object(&call->w, "epoch");
	json_int(&call->w, "number", current->epoch);
	json_string(&call->w, "since", started);
	json_int(&call->w, "days", days);
	json_string(&call->w, "rotation_due", due);
	json_bool(&call->w, "overdue", late);
	json_end_object(&call->w);
	return OK;
}

static enum result show_root(struct call *call, struct err *err)
{
	const struct root *root = call->vault->shared->root;
	bool locked = keyring_is_locked(call->vault->read.ring);

	(void)err;
	call_say(call, "Root: %s.\n%s\n", root_provider(root), root_promise_text(root));
	call_say(call, locked
			   ? "Opened keys are in locked memory.\n"
			   : "Opened keys are NOT in locked memory and may be swapped to disk: raise `ulimit -l`.\n");
	json_begin_object(&call->w, "root");
	json_string(&call->w, "provider", root_provider(root));
	json_string(&call->w, "forgets", promise_name(root_promise(root)));
	json_string(&call->w, "promise", root_promise_text(root));
	json_end_object(&call->w);
	json_bool(&call->w, "memory_locked", locked);
	return OK;
}

enum result op_keys_status(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct epoch current, leaving;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = call_open(call, false, err);
	if (r == OK)
		r = epoch_find(call->vault->read.keys, EPOCH_CURRENT, &current, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "region", call->vault->region);
	r = show_epoch(call, &current, err);
	if (r == OK)
		r = epoch_find(call->vault->read.keys, EPOCH_LEAVING, &leaving, err);
	if (r != OK && r != ERR_NOT_FOUND)
		return r;
	json_bool(&call->w, "rotation_under_way", r == OK);
	if (r == OK)
		call_say(call, "A rotation was interrupted; the next command that writes goes on with it.\n");
	r = show_counts(call, err);
	if (r == OK)
		r = show_root(call, err);
	json_end_object(&call->w);
	return r;
}

/* ---- rotate ---- */

static bool show_progress(void *arg, int64_t rewrapped)
{
	return call_progress_show(arg, rewrapped, 0);
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
static enum result set_length(struct call *call, int days, struct err *err)
{
	struct instant due;
	int before;
	enum result r = rotate_due(&call->vault->read, &due, &before, err);

	return r == OK && days != before ? rotate_set_days(call->vault, days, call->now, err) : r;
}

static enum result rotate(struct call *call, struct rotation *out, struct err *err)
{
	struct call_progress progress;
	enum result r;

	call_progress_begin(call, &progress, "Wrapping keys anew");
	r = rotate_begin(call->vault, call->now, show_progress, &progress, out, err);
	call_progress_end(&progress);
	return r;
}

static enum result report(struct call *call, const struct rotation *rotation, struct err *err)
{
	struct instant next;
	char count[32], due[TIME_TEXT_MAX];
	int days;
	enum result r = rotate_due(&call->vault->read, &next, &days, err);

	if (r != OK)
		return r;
	call_say(call, "Epoch %u has ended and its key is destroyed; epoch %u began. %s keys were wrapped anew.\n",
		 rotation->from, rotation->to, call_count(rotation->rewrapped, count));
	if (root_promise(call->vault->shared->root) != ROOT_CANNOT_FORGET)
		call_say(
		    call,
		    "What was erased before now is unreadable in every older copy that does not include the root.\n");
	else
		call_say(call, "%s\n", root_promise_text(call->vault->shared->root));
	call_say(call, "The next is due by %s.\n", instant_format(next, due));
	json_begin_object(&call->w, NULL);
	json_int(&call->w, "ended", rotation->from);
	json_int(&call->w, "current", rotation->to);
	json_int(&call->w, "rewrapped", rotation->rewrapped);
	json_string(&call->w, "forgets", promise_name(root_promise(call->vault->shared->root)));
	json_int(&call->w, "days", days);
	json_string(&call->w, "rotation_due", instant_format(next, due));
	json_end_object(&call->w);
	return OK;
}

enum result op_keys_rotate(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *every = NULL;
	const struct call_option options[] = {{"every", &every, NULL}};
	struct rotation rotation;
	int days = 0;
	enum result r = call_parse(call, options, 1, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK && every != NULL)
		r = read_days(every, &days, err);
	if (r == OK)
		r = call_open(call, true, err);
	if (r == OK)
		r = rotate(call, &rotation, err);
	/* Then, and not before: what receipts promised of the old epoch is kept whatever comes. */
	if (r == OK && every != NULL)
		r = set_length(call, days, err);
	return r == OK ? report(call, &rotation, err) : r;
}
