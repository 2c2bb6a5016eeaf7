/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/policy_words.h"
#include "privacy/account_life.h"
#include "privacy/user_end.h"
#include "retention/logs.h"
#include "retention/sweep.h"
#include "retention/sweep_all.h"
#include "vault/receipts.h"

/* "1 call", "2 calls" are written with this. */
static const char *counted(enum record_kind kind, int64_t count)
{
	return count == 1 ? kind_name(kind) : kind_plural(kind);
}

/* ---- plan ---- */

static void print_due(struct cli *cli, enum record_kind kind, const struct sweep_due *due)
{
	struct json_writer *w = &cli->w;
	char text[TIME_TEXT_MAX];

	json_begin_object(w, NULL);
	json_string(w, "kind", kind_name(kind));
	json_string(w, "keep", span_format(due->policy.keep, text));
	json_string(w, "until", due->bounded ? date_format(due->cutoff, text) : NULL);
	json_int(w, "periods", due->periods);
	json_int(w, "records", due->records);
	json_int(w, "bytes", due->bytes);
	json_int(w, "some_periods", due->some_periods);
	json_int(w, "some_records", due->some_records);
	json_int(w, "some_bytes", due->some_bytes);
	json_int(w, "held", due->held);
	json_int(w, "obliged", due->obliged);
	json_int(w, "unbilled", due->unbilled);
	json_int(w, "released", due->released);
	json_int(w, "due", sweep_plan_records(due));
	json_end_object(w);
}

static void say_due(struct cli *cli, enum record_kind kind, const struct sweep_due *due)
{
	char keep[TIME_TEXT_MAX], until[TIME_TEXT_MAX], count[32], days[32], bytes[32], held[32], released[32];

	if (due->unbilled > 0 && (!due->bounded || due->records == 0)) {
		cli_say(cli, "%-17s kept %s, and until they are billed\n", kind_name(kind),
			span_format(due->policy.keep, keep));
	} else if (!due->bounded && !due->policy.keep.unlimited) {
		cli_say(cli, "%-17s kept %s, and some without end\n", kind_name(kind),
			span_format(due->policy.keep, keep));
	} else if (!due->bounded) {
		cli_say(cli, "%-17s kept without end\n", kind_name(kind));
	} else if (due->records == 0) {
		cli_say(cli, "%-17s kept %s: nothing is older\n", kind_name(kind),
			span_format(due->policy.keep, keep));
	} else {
		cli_say(cli, "%-17s kept %s: %s due, of %s and before (days: %s; %s)\n", kind_name(kind),
			span_format(due->policy.keep, keep), cli_count(due->records, count),
			date_format(due->cutoff, until), cli_count(due->periods, days),
			cli_bytes((uint64_t)due->bytes, bytes));
	}
	if (due->some_records > 0)
		cli_say(cli, "%-17s by narrower rules: %s due, of later days (days: %s; %s)\n", "",
			cli_count(due->some_records, count), cli_count(due->some_periods, days),
			cli_bytes((uint64_t)due->some_bytes, bytes));
	if (due->held > 0)
		cli_say(cli, "%-17s held, and kept of these: %s\n", "", cli_count(due->held, held));
	if (due->obliged > 0)
		cli_say(cli, "%-17s kept of these, only what obligations name: %s\n", "",
			cli_count(due->obliged, held));
	if (due->unbilled > 0)
		cli_say(cli, "%-17s past their time, and kept until they are billed: %s\n", "",
			cli_count(due->unbilled, held));
	if (due->released > 0)
		cli_say(cli, "%-17s due since what kept them ended: %s\n", "", cli_count(due->released, released));
}

/* ---- our own log ---- */

static void print_logs(struct cli *cli, const struct logs_plan *logs)
{
	json_begin_object(&cli->w, "log");
	for (enum leaf_term term = LEAF_ACTIVITY; term < LEAF_TERM_COUNT; term++)
		json_int(&cli->w, log_term(term)->name, logs->terms[term].due);
	json_int(&cli->w, "damaged", logs->damaged);
	json_end_object(&cli->w);
}

static void say_logs(struct cli *cli, const char *what, const struct logs_plan *logs)
{
	char count[32];

	if (logs->due > 0)
		cli_say(cli, "%s %s of the log's leaves; their hashes stay (`lethe audit keep`).\n", what,
			cli_count(logs->due, count));
	if (logs->damaged > 0)
		cli_say(cli, "%s leaves were left alone: they do not have their hashes. `lethe audit verify` says more.\n",
			cli_count(logs->damaged, count));
}

/* ---- users ---- */

static void show_users_due(struct cli *cli, const struct users_plan *users)
{
	char count[32], idle[TIME_TEXT_MAX];

	json_begin_object(&cli->w, "users");
	json_string(&cli->w, "idle", span_format(users->rule.idle, idle));
	json_int(&cli->w, "due", users->due);
	json_int(&cli->w, "elsewhere", users->elsewhere);
	json_end_object(&cli->w);
	if (users->due > 0)
		cli_say(cli, "Users without a sign-in for %s: %s would be removed, and the agents they are erased.\n", idle,
			cli_count(users->due, count));
	if (users->elsewhere > 0)
		cli_say(cli, "Users as idle, and kept while they have another account: %s\n",
			cli_count(users->elsewhere, count));
}

static void show_users_gone(struct cli *cli, const struct users_done *users)
{
	char count[32], agents[32];

	json_begin_object(&cli->w, "users");
	json_int(&cli->w, "removed", users->gone);
	json_int(&cli->w, "agents", users->agents);
	json_int(&cli->w, "held", users->held);
	json_int(&cli->w, "left", users->left);
	json_end_object(&cli->w);
	if (users->gone > 0)
		cli_say(cli, "%9s idle users removed, of whom %s were agents and are erased\n",
			cli_count(users->gone, count), cli_count(users->agents, agents));
	if (users->held > 0)
		cli_say(cli, "%9s idle users kept by a legal hold on records they were the agent of\n",
			cli_count(users->held, count));
}

static bool ask_to_stop(void *arg, int step)
{
	(void)arg, (void)step;
	return cli_interrupted();
}

/* ---- an account that was cancelled ---- */

static void show_end(struct cli *cli, const struct account_life *life)
{
	char due[TIME_TEXT_MAX];
	bool ends = account_life_due(life, cli->now) && !account_life_blocked(life);

	if (life->state != ACCOUNT_CANCELLED)
		return;
	json_begin_object(&cli->w, "account_end");
	json_date(&cli->w, "due", life->due);
	json_bool(&cli->w, "now", ends);
	json_end_object(&cli->w);
	if (ends)
		cli_say(cli, "The account is past its time since %s: the run ends it, with all it has.\n",
			date_format(life->due, due));
	else
		cli_say(cli, "The account was cancelled and ends on %s%s.\n", date_format(life->due, due),
			account_life_blocked(life) ? ", once nothing is in the way (`lethe account status`)" : "");
}

enum result cmd_retention_plan(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct account_life life;
	struct users_plan users;
	struct logs_plan logs;
	struct sweep_plan plan;
	char today[TIME_TEXT_MAX], count[32];
	int64_t all = 0;
	struct policy_options given = {.grace = NULL};
	enum result r = policy_options_parse(cli, &given, POLICY_OPTIONS_PLAN, &argc, argv, 0, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, false, &account, err);
	if (r == OK && given.policy != NULL)
		return policy_plan_show(cli, &account, &given, err);
	if (r == OK)
		r = sweep_plan(&cli->vault->read, account.number, cli->now, &plan, err);
	if (r == OK)
		r = logs_plan(&cli->vault->read, account.number, cli->now, &logs, err);
	if (r == OK)
		r = account_life_read(&cli->vault->read, &account, &life, err);
	if (r == OK)
		r = users_plan(&cli->vault->read, account.number, cli->now, &users, err);
	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_date(&cli->w, "today", plan.today);
	json_begin_array(&cli->w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		say_due(cli, (enum record_kind)kind, &plan.kinds[kind]);
		print_due(cli, (enum record_kind)kind, &plan.kinds[kind]);
		all += sweep_plan_records(&plan.kinds[kind]);
	}
	json_end_array(&cli->w);
	json_int(&cli->w, "contacts", plan.contacts);
	json_int(&cli->w, "due", all);
	print_logs(cli, &logs);
	show_users_due(cli, &users);
	show_end(cli, &life);
	json_end_object(&cli->w);
	if (plan.contacts > 0)
		cli_say(cli, "Contacts due since their hold was released: %s\n", cli_count(plan.contacts, count));
	cli_say(cli, "On %s `lethe retention run` would delete %s %s.\n", date_format(plan.today, today), cli_count(all, count),
		all == 1 ? "record" : "records");
	say_logs(cli, "It would empty", &logs);
	return OK;
}

/* ---- run ---- */

static bool show_progress(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	(void)phase;
	cli_progress_show(arg, done, total);
	return cli_interrupted();
}

static void print_done(struct cli *cli, enum record_kind kind, const struct sweep_done *done)
{
	struct json_writer *w = &cli->w;
	char text[TIME_TEXT_MAX];

	json_begin_object(w, NULL);
	json_string(w, "kind", kind_name(kind));
	json_string(w, "until", done->bounded ? date_format(done->cutoff, text) : NULL);
	json_int(w, "periods", done->periods);
	json_int(w, "parts", done->parts);
	json_int(w, "records", done->records);
	json_int(w, "media", done->media);
	json_int(w, "bytes", done->bytes);
	json_int(w, "kept", done->kept);
	json_int(w, "cut", done->cut);
	json_int(w, "held", done->held);
	json_end_object(w);
}

static void say_done(struct cli *cli, enum record_kind kind, const struct sweep_done *done)
{
	char count[32], days[32], bytes[32];

	if (done->records > 0)
		cli_say(cli, "%9s %s", cli_count(done->records, count), counted(kind, done->records));
	if (done->records > 0 && done->periods > 0)
		cli_say(cli, " (days: %s; %s)", cli_count(done->periods, days), cli_bytes((uint64_t)done->bytes, bytes));
	cli_say(cli, done->records > 0 ? "\n" : "");
	if (done->cut > 0)
		cli_say(cli, "%9s %s cut down to what obligations name (`lethe obligation show`)\n",
			cli_count(done->cut, count), counted(kind, done->cut));
	if (done->held > 0)
		cli_say(cli, "%9s %s kept past their time by a legal hold or an obligation (`lethe hold list`)\n",
			cli_count(done->held, count), counted(kind, done->held));
}

static void say_left(struct cli *cli, const struct sweep_left *left)
{
	char records[32], media[32], keys[32], counts[32], blobs[32], damaged[32];

	if (!sweep_left_any(left)) {
		cli_say(cli, "Looked again in every store: nothing is left of it.\n");
		return;
	}
	cli_say(cli, "Looked again, and found what should not be there: %s records, %s media, %s keys, %s wrong "
		     "counts, %s blobs%s.\n",
		cli_count(left->records, records), cli_count(left->media, media), cli_count(left->keys, keys),
		cli_count(left->counts, counts), cli_count(left->blobs, blobs),
		left->log ? "; a reader kept a database's log from being emptied" : "");
	if (left->damaged > 0)
		cli_say(cli, "%s days were left alone: a record that a hold covers is damaged there.\n",
			cli_count(left->damaged, damaged));
	cli_say(cli, "Run it again; if it stays, `lethe check` says more.\n");
}

/* Of one account: the members of an object, and lines. `users` NULL: the run did not come to them. */
static int64_t report_one(struct cli *cli, const struct sweep_result *result, const struct logs_plan *logs,
			  const struct users_done *users, bool *partly)
{
	char count[32];
	int64_t all = 0;

	json_id(&cli->w, "job", "job", result->job);
	json_begin_array(&cli->w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		const struct sweep_done *done = &result->kinds[kind];

		if (done->bounded || done->records > 0)
			print_done(cli, (enum record_kind)kind, done);
		say_done(cli, (enum record_kind)kind, done);
		all += done->records;
		*partly = *partly || done->held > 0;
	}
	json_end_array(&cli->w);
	json_int(&cli->w, "contacts", result->contacts);
	json_int(&cli->w, "handed_on", result->moved);
	json_int(&cli->w, "cut_again", result->cut_again);
	json_int(&cli->w, "hold_keys", result->hold_keys);
	json_int(&cli->w, "duties_ended", result->duties);
	json_int(&cli->w, "leaf", (int64_t)result->seq);
	json_bool(&cli->w, "stopped", result->stopped);
	json_bool(&cli->w, "spent", result->spent);
	sweep_left_write(&cli->w, &result->left);
	print_logs(cli, logs);
	if (users != NULL)
		show_users_gone(cli, users);
	if (result->contacts > 0)
		cli_say(cli, "%9s contacts whose hold was released\n", cli_count(result->contacts, count));
	if (result->moved > 0)
		cli_say(cli, "%9s handed on to another hold or an obligation, when what had kept them ended\n",
			cli_count(result->moved, count));
	if (result->cut_again > 0)
		cli_say(cli, "%9s cut down again, as one of their obligations ended\n",
			cli_count(result->cut_again, count));
	cli_say(cli, "Deleted %s %s%s.\n", cli_count(all, count), all == 1 ? "record" : "records",
		result->stopped ? " before it was stopped" : "");
	*partly = *partly || sweep_left_any(&result->left) || logs->damaged > 0 ||
		  (users != NULL && (users->held > 0 || users->left > 0));
	return all;
}

/* After a budget was spent: how much more is due. */
static enum result say_more(struct cli *cli, const struct account *account, int64_t *due, struct err *err)
{
	struct sweep_plan plan;
	char count[32];
	enum result r = sweep_plan(&cli->vault->read, account->number, cli->now, &plan, err);

	*due = 0;
	if (r != OK)
		return r;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		*due += sweep_plan_records(&plan.kinds[kind]);
	json_int(&cli->w, "due", *due);
	cli_say(cli, "The budget is spent: %s more are due, and the next `lethe retention run` goes on.\n",
		cli_count(*due, count));
	return OK;
}

static enum result report(struct cli *cli, const struct account *account, const struct sweep_result *result,
			  const struct logs_plan *logs, const struct users_done *users, bool *partly, struct err *err)
{
	int64_t due;
	enum result r = OK;

	json_begin_object(&cli->w, NULL);
	report_one(cli, result, logs, users, partly);
	if (result->spent)
		r = say_more(cli, account, &due, err);
	json_end_object(&cli->w);
	say_left(cli, &result->left);
	say_logs(cli, "Emptied", logs);
	return r;
}

/* The deletion stands whatever becomes of the file. */
static enum result save_receipt(struct cli *cli, const struct sweep_result *result, const char *path, struct err *err)
{
	const char *receipt;
	enum result r = receipts_sign(cli->vault, result->statement, strlen(result->statement), result->seq, &cli->pool,
				      &receipt, err);

	if (r == OK)
		r = file_write_atomic(path, receipt, strlen(receipt), 0644, err);
	if (r == OK)
		cli_say(cli, "Receipt: %s\n", path);
	else
		err_mend(err, "the deletion is done; its leaf in the audit log is %llu: `lethe audit prove` gives "
			      "its proof", (unsigned long long)result->seq);
	return r;
}

/* ---- the budget ---- */

static int64_t clock_ms(void *arg)
{
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define BOUND_MAX 1000000000000
static enum result read_bound(const char *option, const char *text, int64_t *out, struct err *err)
{
	int64_t number = 0;
	size_t len = strlen(text);

	for (size_t i = 0; i < len && len <= 12; i++) {
		if (text[i] < '0' || text[i] > '9')
			len = 0;
		else
			number = number * 10 + (text[i] - '0');
	}
	if (len == 0 || len > 12 || number == 0) {
		err_set(err, ERR_INPUT, "--%s: %s is not a number from 1 to %lld", option, text, (long long)BOUND_MAX - 1);
		return err_mend(err, "write it in digits, or leave it out to have no bound");
	}
	*out = number;
	return OK;
}

static enum result read_budget(const char *records, const char *seconds, struct sweep_budget *out, struct err *err)
{
	enum result r = OK;

	*out = (struct sweep_budget){.clock = clock_ms};
	if (records != NULL)
		r = read_bound("max-records", records, &out->records, err);
	if (r == OK && seconds != NULL)
		r = read_bound("max-seconds", seconds, &out->ms, err);
	out->ms *= 1000;
	return r;
}

/* ---- every account ---- */

/* Ending an account is asked for by its name. */
static enum result say_life(struct cli *cli, const struct account *account, bool *partly, struct err *err)
{
	struct account_life life;
	enum result r = account_life_read(&cli->vault->read, account, &life, err);

	if (r != OK || !account_life_due(&life, cli->now))
		return r;
	json_bool(&cli->w, "past_its_time", true);
	cli_say(cli, "The account is past its time: `lethe retention run --account` with its name ends it.\n");
	*partly = true;
	return OK;
}

static enum result report_turns(struct cli *cli, const struct sweep_turns *turns, const struct users_done *users,
				bool *partly, struct err *err)
{
	int64_t due;
	enum result r = OK;

	json_begin_object(&cli->w, NULL);
	json_id(&cli->w, "account", ACCOUNT_PREFIX, turns->account.id);
	json_string(&cli->w, "name", turns->account.name);
	cli_say(cli, "%s\n", cli_clean(cli, turns->account.name));
	report_one(cli, &turns->sum, &turns->logs, users, partly);
	if (turns->result != OK) {
		json_string(&cli->w, "failed", turns->err.what);
		cli_say(cli, "It failed: %s\n", turns->err.what);
	} else if (!turns->done && turns->slices > 0 && !turns->sum.stopped) {
		r = say_more(cli, &turns->account, &due, err);
	}
	if (r == OK)
		r = say_life(cli, &turns->account, partly, err);
	json_end_object(&cli->w);
	if (sweep_left_any(&turns->sum.left))
		say_left(cli, &turns->sum.left);
	return r;
}

static enum result report_all(struct cli *cli, const struct sweep_all *all, const struct users_done *users,
			      bool *partly, struct err *err)
{
	enum result r = OK;

	json_begin_object(&cli->w, NULL);
	json_begin_array(&cli->w, "accounts");
	for (size_t i = 0; i < all->count && r == OK; i++)
		r = report_turns(cli, &all->accounts[i], users != NULL ? &users[i] : NULL, partly, err);
	json_end_array(&cli->w);
	json_bool(&cli->w, "stopped", all->stopped);
	json_bool(&cli->w, "spent", all->spent);
	json_end_object(&cli->w);
	for (size_t i = 0; i < all->count && r == OK; i++) {
		if (all->accounts[i].result != OK) {
			*err = all->accounts[i].err;
			r = all->accounts[i].result;
		}
	}
	return r;
}

/* Of every account that was swept. */
static enum result end_users(struct cli *cli, const struct sweep_all *all, struct users_done **out, struct err *err)
{
	struct users_done *users = pool_alloc(&cli->pool, (all->count + 1) * sizeof *users);
	enum result r = users != NULL ? OK : err_no_memory(err);

	*out = users;
	for (size_t i = 0; i < all->count && r == OK; i++) {
		users[i] = (struct users_done){.gone = 0};
		if (all->accounts[i].result == OK)
			r = users_run(cli->vault, &all->accounts[i].account, cli->now, ask_to_stop, NULL, &users[i], err);
	}
	return r;
}

static enum result run_all(struct cli *cli, const struct sweep_budget *budget, bool *partly, struct err *err)
{
	struct cli_progress progress;
	struct users_done *users = NULL;
	struct sweep_all all;
	struct err failed;
	enum result swept, r = cli_open(cli, true, err);

	if (r != OK)
		return r;
	cli_progress_begin(&progress, "Deleting");
	swept = sweep_all(cli->vault, cli->now, budget, show_progress, &progress, &cli->pool, &all, err);
	cli_progress_end(&progress);
	if (swept != OK && swept != ERR_INTERRUPTED)
		return swept;
	if (swept == OK)
		swept = end_users(cli, &all, &users, err);
	r = report_all(cli, &all, swept == OK ? users : NULL, partly, &failed);
	if (r != OK)
		*err = failed;
	return r == OK ? swept : r;
}

/* ---- one account ---- */

static enum result run_one(struct cli *cli, const struct sweep_budget *budget, const char *receipt, bool *partly,
			   struct err *err)
{
	struct cli_progress progress;
	struct sweep_result result;
	struct account_life life;
	struct users_done users;
	struct logs_plan logs;
	struct account account;
	struct err failed;
	enum result swept, r = cli_open_account(cli, true, &account, err);

	if (r == OK)
		r = account_life_read(&cli->vault->read, &account, &life, err);
	if (r == OK && account_life_due(&life, cli->now)) {
		r = account_life_may_end(&life, err);
		if (r == OK)
			return account_end_now(cli, &account, receipt, partly, err);
		if (r != ERR_DENIED)
			return r;
		cli_say(cli, "The account is past its time, and does not end: %s\n", err->what);
		*partly = true;
		r = OK;
	}
	/* First: the sweep empties the databases' logs at its end. */
	if (r == OK)
		r = logs_prune(cli->vault, account.number, cli->now, &logs, err);
	if (r == OK)
		r = users_run(cli->vault, &account, cli->now, ask_to_stop, NULL, &users, err);
	if (r != OK)
		return r;
	cli_progress_begin(&progress, "Deleting");
	swept = sweep_run_within(cli->vault, &account, cli->now, budget, show_progress, &progress, &cli->pool, &result,
				 err);
	cli_progress_end(&progress);
	if (swept != OK && swept != ERR_INTERRUPTED)
		return swept;
	r = report(cli, &account, &result, &logs, &users, partly, &failed);
	if (r == OK && receipt != NULL)
		r = save_receipt(cli, &result, receipt, &failed);
	if (r != OK)
		*err = failed;
	return r == OK ? swept : r;
}

enum result cmd_retention_run(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *receipt = NULL, *records = NULL, *seconds = NULL;
	bool all = false;
	const struct cli_option options[] = {
	    {"receipt", &receipt, NULL},
	    {"all", NULL, &all},
	    {"max-records", &records, NULL},
	    {"max-seconds", &seconds, NULL},
	};
	struct sweep_budget budget;
	enum result r = cli_parse(cli, options, sizeof options / sizeof options[0], &argc, argv, 0, 0, err);

	if (r == OK)
		r = read_budget(records, seconds, &budget, err);
	if (r == OK && all && receipt != NULL) {
		err_set(err, ERR_INPUT, "--receipt is of one account, and --all is of every one");
		r = err_mend(err, "run it with --account NAME --receipt FILE for each");
	}
	if (r != OK)
		return r;
	return all ? run_all(cli, &budget, partly, err) : run_one(cli, &budget, receipt, partly, err);
}
