/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Changing policies: set, remove, undo, and the dry run of a change.
 */
#include <stdio.h>
#include <string.h>

#include "api/operations.h"
#include "api/policy_words.h"
#include "retention/sweep.h"

#define DAYS_SHOWN 31 /* more are said by month */

/* ---- what a change does ---- */

static const char *days_word(int64_t count)
{
	return count == 1 ? "day" : "days";
}

static void print_effect(struct call *call, const struct policy_planned *planned)
{
	const struct policy_effect *effect = &planned->effect;
	struct json_writer *w = &call->w;

	json_bool(w, "shortens", effect->shortens);
	json_int(w, "grace_hours", planned->grace_hours);
	json_int(w, "records", policy_effect_deleted(effect));
	json_int(w, "bytes", effect->bytes);
	json_int(w, "held", effect->held);
	json_int(w, "obliged", effect->obliged);
	policy_print_days(w, effect, false);
	json_string_n(w, "digest", effect->digest, PLAN_DIGEST_SHOWN);
}

static void say_line(struct call *call, const char *when, const struct effect_day *sum)
{
	char count[32];

	call_say(call, "  %-11s %9s", when, call_count(sum->records - sum->held - sum->obliged, count));
	if (sum->held > 0)
		call_say(call, ", and held: %s", call_count(sum->held, count));
	if (sum->obliged > 0)
		call_say(call, ", and cut down to what the law demands: %s", call_count(sum->obliged, count));
	call_say(call, "\n");
}

/* One line a day, or, where they are many, one a month. */
static void say_days(struct call *call, const struct policy_effect *effect)
{
	struct effect_day sum = {.records = 0};

	for (size_t i = 0; i < effect->day_count; i++) {
		const struct effect_day *day = &effect->days[i], *next = day + 1;
		bool last = i + 1 == effect->day_count;
		char text[TIME_TEXT_MAX];

		sum.records += day->records;
		sum.held += day->held;
		sum.obliged += day->obliged;
		date_format(day->day, text);
		if (effect->day_count > DAYS_SHOWN) {
			if (!last && date_month_index(next->day) == date_month_index(day->day))
				continue;
			text[strlen("2025-01")] = '\0';
		}
		say_line(call, text, &sum);
		sum = (struct effect_day){.records = 0};
	}
}

/* "From now on calls in queue Sales are kept 30 days"; for what is planned "would be". */
static enum result say_rule(struct call *call, const struct account *account, const struct policy *policy,
			    const struct scope_given *words, bool would, struct err *err)
{
	const char *what, *be = would ? "would be" : "are";
	char keep[TIME_TEXT_MAX], at[TIME_TEXT_MAX];
	enum result r = policy_what(call, account, policy, words, &what, err);

	if (r != OK)
		return r;
	if (policy->begins_at.ms > call->now.ms)
		call_say(call, "From %s on ", instant_format(policy->begins_at, at));
	else
		call_say(call, "From now on ");
	if (!policy->removed)
		call_say(call, "%s %s kept %s", what, be, policy_keep_text(policy, keep));
	else if (policy_scope_is_base(&policy->scope))
		call_say(call, "%s without a narrower rule %s kept without end", what, be);
	else
		call_say(call, "%s %s kept as the wider rules say", what, be);
	return OK;
}

/* ---- retention plan --policy ---- */

/* Of the kind, what a run at the moment at which the change would begin deletes. */
struct then {
	int64_t without, with;
};

static enum result plan_then(struct call *call, const struct account *account, const struct policy *policy,
			     struct then *out, struct err *err)
{
	struct session *session = &call->vault->read;
	struct sweep_plan plan;
	enum result r = sweep_plan(session, account->number, policy->begins_at, &plan, err);

	if (r == OK)
		out->without = sweep_plan_records(&plan.kinds[policy->kind]);
	if (r == OK)
		r = sweep_plan_with(session, account->number, policy->begins_at, policy, &plan, err);
	if (r == OK)
		out->with = sweep_plan_records(&plan.kinds[policy->kind]);
	return r;
}

static void say_planned(struct call *call, const struct policy_planned *planned, const struct then *then)
{
	const struct policy_effect *effect = &planned->effect;
	int64_t records = policy_effect_deleted(effect);
	char count[32], days[32], bytes[32], hours[32];

	if (effect->records == 0) {
		call_say(call, "That would delete nothing that stays without it, and begin at once.\n");
	} else {
		call_say(call, "That would delete %s %s of %s %s (%s):\n", call_count(records, count),
			 call_kind(planned->policy.kind, records), call_count((int64_t)effect->day_count, days),
			 days_word((int64_t)effect->day_count), call_bytes((uint64_t)effect->bytes, bytes));
		say_days(call, effect);
		if (planned->grace_hours > 0)
			call_say(call, "It would begin after a grace of %s hours, and could be undone until then.\n",
				 call_count(planned->grace_hours, hours));
		else
			call_say(call, "It would begin at once, and could not be undone.\n");
	}
	if (then->without > 0)
		call_say(call, "Due by then in any case are %s; with this change a run then deletes %s in all.\n",
			 call_count(then->without, days), call_count(then->with, count));
	call_say(call, "To do it, give `lethe policy %s` the same words and --plan %.*s\n",
		 planned->policy.removed ? "remove" : "set", PLAN_DIGEST_SHOWN, effect->digest);
}

/* "call=90 days", "call=remove". */
static enum result split_policy(struct call *call, const char *text, const char **kind, const char **span,
				struct err *err)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL) {
		err_set(err, ERR_INPUT, "--policy names a kind and how long it would be kept");
		return err_mend(err, "write --policy \"call=90 days\", or --policy call=remove");
	}
	*kind = pool_strndup(&call->pool, text, (size_t)(equals - text));
	*span = strcmp(equals + 1, "remove") == 0 ? NULL : equals + 1;
	return *kind != NULL ? OK : err_no_memory(err);
}

enum result policy_plan_show(struct call *call, const struct account *account, const struct policy_options *options,
			     struct err *err)
{
	struct policy_request request;
	struct policy_planned planned;
	const char *kind = NULL, *span = NULL;
	struct then then;
	enum result r = split_policy(call, options->policy, &kind, &span, err);

	if (r == OK)
		r = policy_read_request(call, options, kind, span, &request, err);
	if (r == OK)
		r = policy_plan(&call->vault->read, account, &request, call->now, &call->pool, &planned, err);
	if (r == OK)
		r = plan_then(call, account, &planned.policy, &then, err);
	if (r == OK)
		r = say_rule(call, account, &planned.policy, &options->scope, true, err);
	if (r != OK)
		return r;
	call_say(call, ".\n");
	say_planned(call, &planned, &then);
	json_begin_object(&call->w, NULL);
	json_date(&call->w, "today", planned.effect.today);
	r = policy_members(call, account, &planned.policy, &options->scope, err);
	json_instant(&call->w, "would_begin", planned.policy.begins_at);
	print_effect(call, &planned);
	json_int(&call->w, "anyway", then.without);
	json_int(&call->w, "in_all", then.with);
	json_end_object(&call->w);
	return r;
}

/* ---- set, remove ---- */

static enum result say_changed(struct call *call, const struct account *account, const struct policy_request *request,
			       const struct policy_planned *planned, struct err *err)
{
	const struct policy *policy = &planned->policy;
	int64_t records = policy_effect_deleted(&planned->effect);
	char count[32];
	enum result r = say_rule(call, account, policy, &request->scope, false, err);

	if (r != OK)
		return r;
	call_say(call, " (version %d).\n", policy->version);
	if (planned->replaced > 0)
		call_say(call, "That takes the place of version %d, which had not begun.\n", planned->replaced);
	if (policy->begins_at.ms > call->now.ms)
		call_say(call, "Until then `lethe policy undo %s` with the same scope takes it back.\n",
			 kind_name(policy->kind));
	if (records > 0)
		call_say(call, "That makes %s of them due; nothing is deleted before `lethe retention run`.\n",
			 call_count(records, count));
	json_begin_object(&call->w, NULL);
	r = policy_members(call, account, policy, &request->scope, err);
	json_int(&call->w, "replaced", planned->replaced);
	print_effect(call, planned);
	json_end_object(&call->w);
	return r;
}

static enum result change(struct call *call, const struct policy_options *options, const char *kind, const char *span,
			  struct err *err)
{
	struct policy_request request;
	struct policy_planned planned;
	struct account account;
	enum result r = policy_read_request(call, options, kind, span, &request, err);

	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = policy_change(call->vault, &account, &request, call->now, &call->pool, &planned, err);
	return r == OK ? say_changed(call, &account, &request, &planned, err) : r;
}

enum result op_policy_set(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct policy_options given = {.plan = NULL};
	enum result r = policy_options_parse(call, &given, POLICY_OPTIONS_CHANGE, &argc, argv, 2, err);

	(void)partly;
	return r == OK ? change(call, &given, argv[0], argv[1], err) : r;
}

enum result op_policy_remove(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct policy_options given = {.plan = NULL};
	enum result r = policy_options_parse(call, &given, POLICY_OPTIONS_CHANGE, &argc, argv, 1, err);

	(void)partly;
	return r == OK ? change(call, &given, argv[0], NULL, err) : r;
}

/* ---- undo ---- */

enum result op_policy_undo(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct policy_options given = {.plan = NULL};
	struct policy_request request;
	struct account account;
	struct policy policy;
	enum result r = policy_options_parse(call, &given, POLICY_OPTIONS_SCOPE, &argc, argv, 1, err);

	(void)partly;
	if (r == OK)
		r = policy_read_request(call, &given, argv[0], NULL, &request, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = policy_undo(call->vault, &account, request.kind, &given.scope, request.set_by, call->now,
				&call->pool, &policy, err);
	if (r == OK)
		r = say_rule(call, &account, &policy, &given.scope, false, err);
	if (r != OK)
		return r;
	call_say(call, ", as before (version %d).\n", policy.version);
	json_begin_object(&call->w, NULL);
	r = policy_members(call, &account, &policy, &given.scope, err);
	json_end_object(&call->w);
	return r;
}
