/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/quote.h"
#include "api/operations.h"
#include "privacy/account_end.h"
#include "privacy/account_life.h"

/* ---- its life ---- */

static void print_items(struct call *call, const struct account_life *life)
{
	json_begin_array(&call->w, "checklist");
	for (int i = 0; i < ITEM_COUNT; i++) {
		enum account_item item = (enum account_item)i;
		char at[TIME_TEXT_MAX];
		bool done = life->items[i].asserted;

		call_say(call, "  [%c] %-10s %s%s%s%s%s\n", done ? 'x' : ' ', account_item_name(item),
			 account_item_title(item), done ? ": " : "", done ? life->items[i].by : "", done ? ", " : "",
			 done ? instant_format(life->items[i].at, at) : "");
		json_begin_object(&call->w, NULL);
		json_string(&call->w, "item", account_item_name(item));
		json_bool(&call->w, "asserted", done);
		json_string(&call->w, "by", done ? life->items[i].by : NULL);
		json_string(&call->w, "at", done ? at : NULL);
		json_end_object(&call->w);
	}
	json_end_array(&call->w);
}

static void say_state(struct call *call, const struct account *account, const struct account_life *life)
{
	char due[TIME_TEXT_MAX], since[TIME_TEXT_MAX], keep[TIME_TEXT_MAX];

	date_format(life->due, due);
	date_format(instant_date(life->since), since);
	if (life->state == ACCOUNT_ACTIVE)
		call_say(call, "\"%s\" is active.\n", call_clean(call, account->name));
	else if (life->state == ACCOUNT_CANCELLED)
		call_say(
		    call,
		    "\"%s\" was cancelled on %s. It takes nothing in; what it has is kept %s and ends on %s, with\n"
		    "`lethe retention run`. Until then `lethe account reopen` undoes it.\n",
		    call_clean(call, account->name), since, span_format(life->keep, keep), due);
	else
		call_say(call, "\"%s\" is being deleted since %s, and should be gone by %s (30 days).\n",
			 call_clean(call, account->name), since, due);
	if (account_life_blocked(life))
		call_say(
		    call,
		    "In the way of its end: %lld legal holds, %lld obligations, what %lld ended obligations keep. %s\n",
		    (long long)life->holds, (long long)life->obligations, (long long)life->duties, life->names);
}

static enum result show_life(struct call *call, const struct account *account, struct err *err)
{
	struct account_life life;
	char text[TIME_TEXT_MAX];
	bool active;
	enum result r = account_life_read(&call->vault->read, account, &life, err);

	if (r != OK)
		return r;
	active = life.state == ACCOUNT_ACTIVE;
	say_state(call, account, &life);
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", ACCOUNT_PREFIX, account->id);
	json_string(&call->w, "state", account_state_name(life.state));
	json_string(&call->w, "since", active ? NULL : instant_format(life.since, text));
	json_string(&call->w, "due", active ? NULL : date_format(life.due, text));
	json_int(&call->w, "holds", life.holds);
	json_int(&call->w, "obligations", life.obligations);
	json_int(&call->w, "duties", life.duties);
	if (life.state == ACCOUNT_DELETING)
		print_items(call, &life);
	json_end_object(&call->w);
	return OK;
}

enum result op_account_status(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_named(call, argv[0], false, &account, err);
	return r == OK ? show_life(call, &account, err) : r;
}

/* Asks on a terminal; elsewhere --yes must say so. */
static enum result confirm(struct call *call, const struct account *account, const char *what, struct err *err)
{
	if (!call_can_ask(call)) {
		err_set(err, ERR_DENIED, "there is nobody to ask whether to %s", what);
		return err_mend(err, "add --yes");
	}
	return call_ask(call, "%s \"%s\"? ", what, call_clean(call, account->name))
		   ? OK
		   : err_set(err, ERR_INTERRUPTED, "nothing was done");
}

enum result op_account_cancel(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	bool yes = false;
	const struct call_option options[] = {{"yes", NULL, &yes}};
	struct account account;
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_named(call, argv[0], true, &account, err);
	if (r == OK && !yes)
		r = confirm(call, &account, "cancel the account", err);
	if (r == OK)
		r = account_cancel(call->vault, &account, call->now, err);
	return r == OK ? show_life(call, &account, err) : r;
}

enum result op_account_reopen(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_named(call, argv[0], true, &account, err);
	if (r == OK)
		r = account_reopen(call->vault, &account, call->now, err);
	return r == OK ? show_life(call, &account, err) : r;
}

enum result op_account_assert(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	enum account_item item = ITEM_EXPORTS;
	char shown[QUOTE_MAX];
	enum result r = call_parse(call, NULL, 0, &argc, argv, 2, 2, err);

	(void)partly;
	if (r == OK && !account_item_parse(argv[1], &item)) {
		err_set(err, ERR_INPUT, "%s is not on the checklist", quote(argv[1], strlen(argv[1]), shown));
		r = err_mend(err, "one of: exports, numbers, campaigns, invoices");
	}
	if (r == OK)
		r = call_open_named(call, argv[0], true, &account, err);
	if (r == OK)
		r = account_assert(call->vault, &account, item, call->who, call->now, err);
	return r == OK ? show_life(call, &account, err) : r;
}

/* ---- its end ---- */

static bool show_progress(void *arg, int64_t rows)
{
	return call_progress_show(arg, rows, 0);
}

static void report_end(struct call *call, const struct account_end *end, bool *partly)
{
	char id[ID_TEXT_MAX], keys[32], records[32], blobs[32];
	int64_t rows = 0;

	for (int i = 0; i < ENDING_TABLES; i++)
		rows += end->removed.rows[i];
	call_say(call, "The account %s has ended: %s keys destroyed, %s rows and %s blobs deleted. Its name is free.\n",
		 id_format(ACCOUNT_PREFIX, end->account, id), call_count(end->keys, keys), call_count(rows, records),
		 call_count(end->removed.blobs, blobs));
	call_say(call, account_end_left_any(end) ? "Looked again, and found something left: `lethe check` says more.\n"
						 : "Looked again in every table: nothing is left of it.\n");
	*partly = account_end_left_any(end);
	json_begin_object(&call->w, NULL);
	json_bool(&call->w, "ended", true);
	json_id(&call->w, "account", ACCOUNT_PREFIX, end->account);
	json_id(&call->w, "job", "job", end->job);
	json_int(&call->w, "keys", end->keys);
	json_int(&call->w, "rows", rows);
	json_int(&call->w, "blobs", end->removed.blobs);
	json_bool(&call->w, "left", account_end_left_any(end));
	json_int(&call->w, "leaf", (int64_t)end->leaf);
	json_end_object(&call->w);
}

enum result account_end_now(struct call *call, const struct account *account, const char *receipt, bool *partly,
			    struct err *err)
{
	struct call_progress progress;
	struct account_end end;
	enum result r;

	call_progress_begin(call, &progress, "Ending the account");
	r = account_end(call->vault, account, call->now, show_progress, &progress, &call->pool, &end, err);
	call_progress_end(&progress);
	if (r == OK && receipt != NULL)
		r = file_write_atomic(receipt, end.receipt, strlen(end.receipt), 0644, err);
	if (r == OK)
		report_end(call, &end, partly);
	return r;
}

static enum result refuse_unasserted(const struct account_life *life, struct err *err)
{
	for (int i = 0; i < ITEM_COUNT; i++) {
		if (life->items[i].asserted)
			continue;
		err_set(err, ERR_WRONG_STATE, "it is not asserted yet that %s", account_item_title((enum account_item)i));
		return err_mend(err, "`lethe account assert NAME %s`, once it is so",
				account_item_name((enum account_item)i));
	}
	return OK;
}

/* The first time it begins; then it shows how far it is, until it is ended with all asserted. */
static enum result delete_account(struct call *call, const struct account *account, bool yes, const char *receipt,
				  bool *partly, struct err *err)
{
	struct account_life life;
	enum result r = account_life_read(&call->vault->read, account, &life, err);

	if (r == OK && life.state != ACCOUNT_DELETING) {
		r = account_delete_begin(call->vault, account, call->now, err);
		return r == OK ? show_life(call, account, err) : r;
	}
	if (r == OK && life.asserted < ITEM_COUNT && !yes)
		return show_life(call, account, err);
	if (r == OK)
		r = refuse_unasserted(&life, err);
	if (r == OK)
		r = account_life_may_end(&life, err);
	if (r == OK && !yes)
		r = confirm(call, account, "delete the account, which cannot be undone,", err);
	return r == OK ? account_end_now(call, account, receipt, partly, err) : r;
}

enum result op_account_delete(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *receipt = NULL;
	bool yes = false;
	const struct call_option options[] = {{"yes", NULL, &yes}, {"receipt", &receipt, NULL}};
	struct account account;
	enum result r = call_parse(call, options, 2, &argc, argv, 1, 1, err);

	if (r == OK)
		r = call_open_named(call, argv[0], true, &account, err);
	return r == OK ? delete_account(call, &account, yes, receipt, partly, err) : r;
}

enum result op_account_receipt(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *out = NULL, *receipt = NULL;
	const struct call_option options[] = {{"out", &out, NULL}};
	struct id id;
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK && id_parse(ACCOUNT_PREFIX, argv[0], &id, err) != OK) {
		err_set(err, ERR_INPUT, "an account that ended has no name any more");
		r = err_mend(err, "give its acc_ id");
	}
	if (r == OK)
		r = call_open(call, false, err);
	if (r == OK)
		r = account_end_receipt(call->vault, id, &call->pool, &receipt, err);
	if (r == OK && out != NULL) {
		r = file_write_atomic(out, receipt, strlen(receipt), 0644, err);
		call_say(call, "Receipt: %s\n", out);
	} else if (r == OK) {
		call_write(call, receipt);
	}
	return r;
}
