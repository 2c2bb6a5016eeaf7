/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "access/tidy.h"
#include "api/operations.h"
#include "vault/kept.h"
#include "api/policy_words.h"
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

static void print_due(struct call *call, enum record_kind kind, const struct sweep_due *due)
{
	struct json_writer *w = &call->w;
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

static void say_due(struct call *call, enum record_kind kind, const struct sweep_due *due)
{
	char keep[TIME_TEXT_MAX], until[TIME_TEXT_MAX], count[32], days[32], bytes[32], held[32], released[32];

	if (due->unbilled > 0 && (!due->bounded || due->records == 0)) {
		call_say(call, "%-17s kept %s, and until they are billed\n", kind_name(kind),
			 span_format(due->policy.keep, keep));
	} else if (!due->bounded && !due->policy.keep.unlimited) {
		call_say(call, "%-17s kept %s, and some without end\n", kind_name(kind),
			 span_format(due->policy.keep, keep));
	} else if (!due->bounded) {
		call_say(call, "%-17s kept without end\n", kind_name(kind));
	} else if (due->records == 0) {
		call_say(call, "%-17s kept %s: nothing is older\n", kind_name(kind),
			 span_format(due->policy.keep, keep));
	} else {
		call_say(call, "%-17s kept %s: %s due, of %s and before (days: %s; %s)\n", kind_name(kind),
			 span_format(due->policy.keep, keep), call_count(due->records, count),
			 date_format(due->cutoff, until), call_count(due->periods, days),
			 call_bytes((uint64_t)due->bytes, bytes));
	}
	if (due->some_records > 0)
		call_say(call, "%-17s by narrower rules: %s due, of later days (days: %s; %s)\n", "",
			 call_count(due->some_records, count), call_count(due->some_periods, days),
			 call_bytes((uint64_t)due->some_bytes, bytes));
	if (due->held > 0)
		call_say(call, "%-17s held, and kept of these: %s\n", "", call_count(due->held, held));
	if (due->obliged > 0)
		call_say(call, "%-17s kept of these, only what obligations name: %s\n", "",
			 call_count(due->obliged, held));
	if (due->unbilled > 0)
		call_say(call, "%-17s past their time, and kept until they are billed: %s\n", "",
			 call_count(due->unbilled, held));
	if (due->released > 0)
		call_say(call, "%-17s due since what kept them ended: %s\n", "", call_count(due->released, released));
}

/* ---- our own log ---- */

static void print_logs(struct call *call, const struct logs_plan *logs)
{
	json_begin_object(&call->w, "log");
	for (enum leaf_term term = LEAF_ACTIVITY; term < LEAF_TERM_COUNT; term++)
		json_int(&call->w, log_term(term)->name, logs->terms[term].due);
	json_int(&call->w, "damaged", logs->damaged);
	json_end_object(&call->w);
}

static void say_logs(struct call *call, const char *what, const struct logs_plan *logs)
{
	char count[32];

	if (logs->due > 0)
		call_say(call, "%s %s of the log's leaves; their hashes stay (`lethe audit keep`).\n", what,
			 call_count(logs->due, count));
	if (logs->damaged > 0)
		call_say(call,
			 "%s leaves were left alone: they do not have their hashes. `lethe audit verify` says more.\n",
			 call_count(logs->damaged, count));
}

/* ---- users ---- */

static void show_users_due(struct call *call, const struct users_plan *users)
{
	char count[32], idle[TIME_TEXT_MAX];

	json_begin_object(&call->w, "users");
	json_string(&call->w, "idle", span_format(users->rule.idle, idle));
	json_int(&call->w, "due", users->due);
	json_int(&call->w, "elsewhere", users->elsewhere);
	json_end_object(&call->w);
	if (users->due > 0)
		call_say(call, "Users without a sign-in for %s: %s would be removed, and the agents they are erased.\n",
			 idle, call_count(users->due, count));
	if (users->elsewhere > 0)
		call_say(call, "Users as idle, and kept while they have another account: %s\n",
			 call_count(users->elsewhere, count));
}

static void show_users_gone(struct call *call, const struct users_done *users)
{
	char count[32], agents[32];

	json_begin_object(&call->w, "users");
	json_int(&call->w, "removed", users->gone);
	json_int(&call->w, "agents", users->agents);
	json_int(&call->w, "held", users->held);
	json_int(&call->w, "left", users->left);
	json_end_object(&call->w);
	if (users->gone > 0)
		call_say(call, "%9s idle users removed, of whom %s were agents and are erased\n",
			 call_count(users->gone, count), call_count(users->agents, agents));
	if (users->held > 0)
		call_say(call, "%9s idle users kept by a legal hold on records they were the agent of\n",
			 call_count(users->held, count));
}

static bool ask_to_stop(void *arg, int step)
{
	(void)step;
	return call_interrupted(arg);
}

/* ---- an account that was cancelled ---- */

static void show_end(struct call *call, const struct account_life *life)
{
	char due[TIME_TEXT_MAX];
	bool ends = account_life_due(life, call->now) && !account_life_blocked(life);

	if (life->state != ACCOUNT_CANCELLED)
		return;
	json_begin_object(&call->w, "account_end");
	json_date(&call->w, "due", life->due);
	json_bool(&call->w, "now", ends);
	json_end_object(&call->w);
	if (ends)
		call_say(call, "The account is past its time since %s: the run ends it, with all it has.\n",
			 date_format(life->due, due));
	else
		call_say(call, "The account was cancelled and ends on %s%s.\n", date_format(life->due, due),
			 account_life_blocked(life) ? ", once nothing is in the way (`lethe account status`)" : "");
}

/* What a run would do today. */
struct outlook { struct sweep_plan sweep; struct logs_plan logs; struct account_life life; struct users_plan users; };

static enum result look_out(struct call *call, const struct account *account, struct outlook *out, struct err *err)
{
	struct session *session = &call->vault->read;
	enum result r = sweep_plan(session, account->number, call->now, &out->sweep, err);

	if (r == OK)
		r = logs_plan(session, account->number, call->now, &out->logs, err);
	if (r == OK)
		r = account_life_read(session, account, &out->life, err);
	return r == OK ? users_plan(session, account->number, call->now, &out->users, err) : r;
}

/* Returns how many records are due. */
static int64_t show_kinds_due(struct call *call, const struct sweep_plan *plan)
{
	int64_t all = 0;

	json_begin_array(&call->w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		say_due(call, (enum record_kind)kind, &plan->kinds[kind]);
		print_due(call, (enum record_kind)kind, &plan->kinds[kind]);
		all += sweep_plan_records(&plan->kinds[kind]);
	}
	json_end_array(&call->w);
	return all;
}

static void print_contacts_due(struct json_writer *w, const struct sweep_plan *plan)
{
	json_int(w, "contacts", plan->contacts);
	json_begin_object(w, "deleted_contacts");
	json_int(w, "due", plan->deleted.due);
	json_int(w, "bytes", plan->deleted.bytes);
	json_int(w, "held", plan->deleted.held);
	json_end_object(w);
}

static void say_contacts_due(struct call *call, const struct sweep_plan *plan)
{
	char count[32];

	if (plan->contacts > 0)
		call_say(call, "Contacts due since their hold was released: %s\n", call_count(plan->contacts, count));
	if (plan->deleted.due > 0)
		call_say(call, "Deleted contacts whose grace is over: %s due\n", call_count(plan->deleted.due, count));
	if (plan->deleted.held > 0)
		call_say(call, "Deleted contacts whose grace is over, and that a hold or a restriction keeps: %s\n",
			 call_count(plan->deleted.held, count));
}

static void show_outlook(struct call *call, const struct outlook *outlook)
{
	const struct sweep_plan *plan = &outlook->sweep;
	char today[TIME_TEXT_MAX], count[32];
	int64_t all;

	json_begin_object(&call->w, NULL);
	json_date(&call->w, "today", plan->today);
	all = show_kinds_due(call, plan);
	print_contacts_due(&call->w, plan);
	json_int(&call->w, "due", all);
	print_logs(call, &outlook->logs);
	show_users_due(call, &outlook->users);
	show_end(call, &outlook->life);
	json_end_object(&call->w);
	say_contacts_due(call, plan);
	call_say(call, "On %s `lethe retention run` would delete %s %s.\n", date_format(plan->today, today),
		 call_count(all, count), all == 1 ? "record" : "records");
	say_logs(call, "It would empty", &outlook->logs);
}

enum result op_retention_plan(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct outlook outlook;
	struct policy_options given = {.grace = NULL};
	enum result r = policy_options_parse(call, &given, POLICY_OPTIONS_PLAN, &argc, argv, 0, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK && given.policy != NULL)
		return policy_plan_show(call, &account, &given, err);
	if (r == OK)
		r = look_out(call, &account, &outlook, err);
	if (r == OK)
		show_outlook(call, &outlook);
	return r;
}

/* ---- run ---- */

static bool show_progress(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	(void)phase;
	return call_progress_show(arg, done, total);
}

static void print_done(struct call *call, enum record_kind kind, const struct sweep_done *done)
{
	struct json_writer *w = &call->w;
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

static void say_done(struct call *call, enum record_kind kind, const struct sweep_done *done)
{
	char count[32], days[32], bytes[32];

	if (done->records > 0)
		call_say(call, "%9s %s", call_count(done->records, count), counted(kind, done->records));
	call_bytes((uint64_t)done->bytes, bytes);
	if (done->records > 0 && done->periods > 0)
		call_say(call, " (days: %s; %s)", call_count(done->periods, days), bytes);
	else if (done->records > 0)
		call_say(call, " (%s)", bytes);
	call_say(call, done->records > 0 ? "\n" : "");
	if (done->cut > 0)
		call_say(call, "%9s %s cut down to what obligations name (`lethe obligation show`)\n",
			 call_count(done->cut, count), counted(kind, done->cut));
	if (done->held > 0)
		call_say(call, "%9s %s kept past their time by a legal hold or an obligation (`lethe hold list`)\n",
			 call_count(done->held, count), counted(kind, done->held));
}

static void name_damaged(struct call *call, const struct sweep_result *result, bool waits)
{
	char id[ID_TEXT_MAX];

	for (size_t i = 0; i < result->damaged_count; i++) {
		const struct sweep_damaged *damaged = &result->damaged[i];

		if (damaged->waits == waits)
			call_say(call, "  %s\n", id_format(kind_prefix(damaged->kind), damaged->id, id));
	}
}

static void say_damaged(struct call *call, const struct sweep_result *result)
{
	char count[32];

	if (result->carried > 0) {
		call_say(call,
			 "Damaged and not due: %s. They stay as they are, and nobody can open them; the rest of their days "
			 "went:\n",
			 call_count(result->carried, count));
		name_damaged(call, result, false);
	}
	if (result->left.damaged > 0) {
		call_say(call,
			 "Days left alone: %s. A record that must stay is damaged there: restore a backup, or end what "
			 "keeps it (`lethe why ID`):\n",
			 call_count(result->left.damaged, count));
		name_damaged(call, result, true);
	}
}

static void say_left(struct call *call, const struct sweep_result *result)
{
	const struct sweep_left *left = &result->left;
	char records[32], media[32], keys[32], counts[32], contacts[32], blobs[32];

	say_damaged(call, result);
	if (!sweep_left_any(left)) {
		call_say(call, "Looked again in every store: nothing is left of it.\n");
		return;
	}
	call_say(
	    call,
	    "Looked again, and found what should not be there: %s records, %s media, %s contacts, %s keys, %s wrong "
	    "counts, %s blobs%s.\n",
	    call_count(left->records, records), call_count(left->media, media), call_count(left->contacts, contacts),
	    call_count(left->keys, keys), call_count(left->counts, counts), call_count(left->blobs, blobs),
	    left->log ? "; a reader kept a database's log from being emptied" : "");
	call_say(call, "Run it again; if it stays, `lethe check` says more.\n");
}

/* Returns how many records are gone; `*held`: some stay past their time. */
static int64_t report_kinds(struct call *call, const struct sweep_result *result, bool *held)
{
	int64_t all = 0;

	*held = false;
	json_begin_array(&call->w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		const struct sweep_done *done = &result->kinds[kind];

		if (done->bounded || done->records > 0)
			print_done(call, (enum record_kind)kind, done);
		say_done(call, (enum record_kind)kind, done);
		all += done->records;
		*held = *held || done->held > 0;
	}
	json_end_array(&call->w);
	return all;
}

static void print_rest(struct json_writer *w, const struct sweep_result *result)
{
	json_int(w, "contacts", result->contacts);
	json_begin_object(w, "deleted_contacts");
	json_int(w, "purged", result->purged);
	json_int(w, "kept", result->purged_kept);
	json_end_object(w);
	json_int(w, "handed_on", result->moved);
	json_int(w, "cut_again", result->cut_again);
	json_int(w, "hold_keys", result->hold_keys);
	json_int(w, "duties_ended", result->duties);
	json_int(w, "labels", result->labels);
	json_int(w, "leaf", (int64_t)result->seq);
	json_bool(w, "stopped", result->stopped);
	json_bool(w, "spent", result->spent);
	sweep_left_write(w, &result->left);
	sweep_damaged_write(w, result);
}

static void say_rest(struct call *call, const struct sweep_result *result)
{
	const struct { int64_t count; const char *what; } lines[] = {
	    {result->contacts, "contacts whose hold was released"},
	    {result->purged, "deleted contacts whose grace was over"},
	    {result->purged_kept, "deleted contacts kept past their grace by a hold or a restriction (`lethe hold list`)"},
	    {result->moved, "handed on to another hold or an obligation, when what had kept them ended"},
	    {result->cut_again, "cut down again, as one of their obligations ended"},
	    {result->labels, "names of queues, campaigns or tags that nothing has any more"},
	};
	char count[32];

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if (lines[i].count > 0)
			call_say(call, "%9s %s\n", call_count(lines[i].count, count), lines[i].what);
	}
}

/* Of one account: the members of an object, and lines. `users` NULL: the run did not come to them. */
static void report_one(struct call *call, const struct sweep_result *result, const struct logs_plan *logs,
		       const struct users_done *users, bool *partly)
{
	char count[32];
	bool held;
	int64_t all;

	json_id(&call->w, "job", "job", result->job);
	all = report_kinds(call, result, &held);
	print_rest(&call->w, result);
	print_logs(call, logs);
	if (users != NULL)
		show_users_gone(call, users);
	say_rest(call, result);
	call_say(call, "Deleted %s %s%s.\n", call_count(all, count), all == 1 ? "record" : "records",
		 result->stopped ? " before it was stopped" : "");
	*partly = *partly || held || result->purged_kept > 0 || sweep_left_any(&result->left) || result->carried > 0 ||
		  logs->damaged > 0 || (users != NULL && (users->held > 0 || users->left > 0));
}

/* After a budget was spent: how much more is due. */
static enum result say_more(struct call *call, const struct account *account, int64_t *due, struct err *err)
{
	struct sweep_plan plan;
	char count[32];
	enum result r = sweep_plan(&call->vault->read, account->number, call->now, &plan, err);

	*due = 0;
	if (r != OK)
		return r;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		*due += sweep_plan_records(&plan.kinds[kind]);
	json_int(&call->w, "due", *due);
	call_say(call, "The budget is spent: %s more are due, and the next `lethe retention run` goes on.\n",
		 call_count(*due, count));
	return OK;
}

static enum result report(struct call *call, const struct account *account, const struct sweep_result *result,
			  const struct logs_plan *logs, const struct users_done *users, bool *partly, struct err *err)
{
	int64_t due;
	enum result r = OK;

	json_begin_object(&call->w, NULL);
	report_one(call, result, logs, users, partly);
	if (result->spent)
		r = say_more(call, account, &due, err);
	json_end_object(&call->w);
	say_left(call, result);
	say_logs(call, "Emptied", logs);
	return r;
}

/* The deletion stands whatever becomes of the file. */
static enum result save_receipt(struct call *call, const struct sweep_result *result, const char *path, struct err *err)
{
	const char *receipt;
	enum result r = receipts_sign(call->vault, result->statement, strlen(result->statement), result->seq,
				      &call->pool, &receipt, err);

	if (r == OK)
		r = file_write_atomic(path, receipt, strlen(receipt), 0644, err);
	if (r == OK)
		call_say(call, "Receipt: %s\n", path);
	else
		err_mend(err,
			 "the deletion is done; its leaf in the audit log is %llu: `lethe audit prove` gives "
			 "its proof",
			 (unsigned long long)result->seq);
	return r;
}

/* ---- the budget ---- */

static int64_t clock_ms(void *arg)
{
	(void)arg;
	return monotonic_ms();
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
		err_set(err, ERR_INPUT, "--%s: %s is not a number from 1 to %lld", option, text,
			(long long)BOUND_MAX - 1);
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
static enum result say_life(struct call *call, const struct account *account, bool *partly, struct err *err)
{
	struct account_life life;
	enum result r = account_life_read(&call->vault->read, account, &life, err);

	if (r != OK || !account_life_due(&life, call->now))
		return r;
	json_bool(&call->w, "past_its_time", true);
	call_say(call, "The account is past its time: `lethe retention run --account` with its name ends it.\n");
	*partly = true;
	return OK;
}

static enum result report_turns(struct call *call, const struct sweep_turns *turns, const struct users_done *users,
				bool *partly, struct err *err)
{
	int64_t due;
	enum result r = OK;

	json_begin_object(&call->w, NULL);
	json_id(&call->w, "account", ACCOUNT_PREFIX, turns->account.id);
	json_string(&call->w, "name", turns->account.name);
	call_say(call, "%s\n", call_clean(call, turns->account.name));
	report_one(call, &turns->sum, &turns->logs, users, partly);
	if (turns->result != OK) {
		json_string(&call->w, "failed", turns->err.what);
		call_say(call, "It failed: %s\n", turns->err.what);
	} else if (!turns->done && turns->slices > 0 && !turns->sum.stopped) {
		r = say_more(call, &turns->account, &due, err);
	}
	if (r == OK)
		r = say_life(call, &turns->account, partly, err);
	json_end_object(&call->w);
	if (sweep_left_any(&turns->sum.left))
		say_left(call, &turns->sum);
	return r;
}

static enum result report_all(struct call *call, const struct sweep_all *all, const struct users_done *users,
			      bool *partly, struct err *err)
{
	enum result r = OK;

	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "accounts");
	for (size_t i = 0; i < all->count && r == OK; i++)
		r = report_turns(call, &all->accounts[i], users != NULL ? &users[i] : NULL, partly, err);
	json_end_array(&call->w);
	json_bool(&call->w, "stopped", all->stopped);
	json_bool(&call->w, "spent", all->spent);
	json_end_object(&call->w);
	for (size_t i = 0; i < all->count && r == OK; i++) {
		if (all->accounts[i].result != OK) {
			*err = all->accounts[i].err;
			r = all->accounts[i].result;
		}
	}
	return r;
}

/* What lets nobody in any more: sessions, links and tokens that have ended. */
static enum result tidy(struct call *call, uint32_t account, struct err *err)
{
	struct tidied ignored;

	return access_tidy(call->vault, account, &session_rule_default, call->now, &ignored, err);
}

/* Of every account that was swept. */
static enum result end_users(struct call *call, const struct sweep_all *all, struct users_done **out, struct err *err)
{
	struct users_done *users = pool_alloc(&call->pool, (all->count + 1) * sizeof *users);
	int64_t files;
	enum result r = users != NULL ? OK : err_no_memory(err);

	*out = users;
	for (size_t i = 0; i < all->count && r == OK; i++) {
		users[i] = (struct users_done){.gone = 0};
		if (all->accounts[i].result == OK)
			r = users_run(call->vault, &all->accounts[i].account, call->now, ask_to_stop, call, &users[i],
				      err);
		if (r == OK && all->accounts[i].result == OK)
			r = tidy(call, all->accounts[i].account.number, err);
	}
	if (r == OK)
		r = kept_expire(call->vault, call->now, &files, err);
	return r == OK ? tidy(call, VAULT_ACCOUNT, err) : r;
}

static enum result run_all(struct call *call, const struct sweep_budget *budget, bool *partly, struct err *err)
{
	struct call_progress progress;
	struct users_done *users = NULL;
	struct sweep_all all;
	struct err failed;
	enum result swept, r = call_open(call, true, err);

	if (r != OK)
		return r;
	call_progress_begin(call, &progress, "Deleting");
	swept = sweep_all(call->vault, call->now, budget, show_progress, &progress, &call->pool, &all, err);
	call_progress_end(&progress);
	if (swept != OK && swept != ERR_INTERRUPTED)
		return swept;
	if (swept == OK)
		swept = end_users(call, &all, &users, err);
	r = report_all(call, &all, swept == OK ? users : NULL, partly, &failed);
	if (r != OK)
		*err = failed;
	return r == OK ? swept : r;
}

/* ---- one account ---- */

/* `*ended`: it was past its time, and is no more. */
static enum result end_if_due(struct call *call, struct account *account, const char *receipt, bool *ended, bool *partly,
			      struct err *err)
{
	struct account_life life;
	enum result r = account_life_read(&call->vault->read, account, &life, err);

	*ended = false;
	if (r != OK || !account_life_due(&life, call->now))
		return r;
	r = account_life_may_end(&life, err);
	*ended = r == OK;
	if (r == OK)
		return account_end_now(call, account, receipt, partly, err);
	if (r != ERR_HELD)
		return r;
	call_say(call, "The account is past its time, and does not end: %s\n", err->what);
	*partly = true;
	return OK;
}

/* Its logs and users go before: the sweep empties the databases' logs at its end. */
static enum result sweep_one(struct call *call, struct account *account, const struct sweep_budget *budget,
			     const char *receipt, bool *partly, struct err *err)
{
	struct call_progress progress;
	struct sweep_result result;
	struct users_done users;
	struct logs_plan logs;
	struct err failed;
	enum result swept, r = logs_prune(call->vault, account->number, call->now, &logs, err);

	if (r == OK)
		r = users_run(call->vault, account, call->now, ask_to_stop, call, &users, err);
	if (r == OK)
		r = tidy(call, account->number, err);
	if (r != OK)
		return r;
	call_progress_begin(call, &progress, "Deleting");
	swept = sweep_run_within(call->vault, account, call->now, budget, show_progress, &progress, &call->pool, &result,
				 err);
	call_progress_end(&progress);
	if (swept != OK && swept != ERR_INTERRUPTED)
		return swept;
	r = report(call, account, &result, &logs, &users, partly, &failed);
	if (r == OK && receipt != NULL)
		r = save_receipt(call, &result, receipt, &failed);
	if (r != OK)
		*err = failed;
	return r == OK ? swept : r;
}

static enum result run_one(struct call *call, const struct sweep_budget *budget, const char *receipt, bool *partly,
			   struct err *err)
{
	struct account account;
	bool ended = false;
	enum result r = call_open_account(call, true, &account, err);

	if (r == OK)
		r = end_if_due(call, &account, receipt, &ended, partly, err);
	return r == OK && !ended ? sweep_one(call, &account, budget, receipt, partly, err) : r;
}

enum result op_retention_run(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *receipt = NULL, *records = NULL, *seconds = NULL;
	bool all = false;
	const struct call_option options[] = {
	    {"receipt", &receipt, NULL},
	    {"all", NULL, &all},
	    {"max-records", &records, NULL},
	    {"max-seconds", &seconds, NULL},
	};
	struct sweep_budget budget;
	enum result r = call_parse(call, options, sizeof options / sizeof options[0], &argc, argv, 0, 0, err);

	if (r == OK)
		r = read_budget(records, seconds, &budget, err);
	if (r == OK && all && receipt != NULL) {
		err_set(err, ERR_INPUT, "--receipt is of one account, and --all is of every one");
		r = err_mend(err, "run it with --account NAME --receipt FILE for each");
	}
	if (r != OK)
		return r;
	return all ? run_all(call, &budget, partly, err) : run_one(call, &budget, receipt, partly, err);
}
