/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a sweep would delete: see retention/sweep.h.
 */
#include "retention/alike.h"
#include "retention/day.h"
#include "retention/ended.h"
#include "retention/purge.h"
#include "retention/released.h"
#include "retention/sweep.h"
#include "retention/verdict.h"
#include "store/period.h"

struct planning {
	struct session *session;
	struct keepers keepers;
	uint32_t account;
	struct policy_set policies;
	struct sweep_plan *out;
	struct sweep_due *due;       /* of the kind at work */
	const struct period *period; /* at work */
	int64_t some;                /* of it go by narrower rules */
	struct alike alike;
};

/* Those of a kind after a day and up to another. */
static enum result walk_periods(struct planning *planning, enum record_kind kind, struct date after,
				struct date until, period_visit *plan, struct err *err)
{
	return period_walk(planning->session->data, planning->account, kind, after, until, plan, planning, err);
}

static struct verdict_rules rules_of(const struct planning *planning)
{
	return (struct verdict_rules){.policies = &planning->policies,
				      .holds = &planning->keepers.holds,
				      .duties = &planning->keepers.duties,
				      .now = date_start(planning->out->today)};
}

static void count_kept(struct planning *planning, const struct ruling *ruling)
{
	planning->due->held += ruling->fate == FATE_HELD;
	planning->due->obliged += ruling->fate == FATE_CUT;
}

/* ---- days that a look at each sort of record tells of ---- */

static bool goes_by_sort(struct planning *planning, const struct period *period)
{
	const struct verdict_rules rules = rules_of(planning);

	alike_next_day(&planning->alike);
	return verdict_goes_by_sort(&rules, period->kind, period->day);
}

static enum result judge(struct planning *planning, const struct record_row *row, struct ruling *out, struct err *err)
{
	const struct verdict_rules rules = rules_of(planning);
	bool known;
	int *fate;
	enum result r = OK;

	if (holds_name(&planning->keepers.holds, row))
		return verdict_look(planning->session, &rules, row, NULL, out, err);
	fate = alike_find(&planning->alike, row, &known);
	if (!known) {
		r = verdict_look(planning->session, &rules, row, NULL, out, err);
		*fate = (int)out->fate;
	}
	out->fate = (enum fate)*fate;
	return r;
}

/* Who is in them matters where one that is named may be. */
static enum result look_at(struct planning *planning, const struct period *period, record_visit *visit, struct err *err)
{
	bool people = holds_touch_period(&planning->keepers.holds, period->kind, period->day);

	return record_look_day(planning->session->data, planning->account, period->kind, period->day, people, visit,
			       planning, err);
}

/* ---- days that go whole ---- */

static enum result count_kept_sort(void *arg, const struct record_row *row, struct err *err)
{
	struct planning *planning = arg;
	struct ruling ruling;
	enum result r = judge(planning, row, &ruling, err);

	if (r == OK)
		count_kept(planning, &ruling);
	return r;
}

static enum result count_kept_rows(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			      struct err *err)
{
	struct planning *planning = arg;
	const struct verdict_rules rules = rules_of(planning);
	enum result r = OK;

	(void)stop;
	for (size_t i = 0; i < count && r == OK; i++) {
		struct ruling ruling;

		r = verdict_look(planning->session, &rules, &rows[i], pool, &ruling, err);
		if (r == OK)
			count_kept(planning, &ruling);
	}
	return r;
}

/* Periods that nothing keeps anything of are not opened. */
static enum result plan_kept(void *arg, const struct period *period, struct err *err)
{
	struct planning *planning = arg;
	const struct verdict_rules rules = rules_of(planning);
	struct ruling ruling;
	bool held = true;
	enum result r = OK;

	if (verdict_of_period(&rules, period->kind, period->day, &ruling))
		return OK;
	if (goes_by_sort(planning, period))
		r = record_has_held(planning->session->data, planning->account, period->kind, period->day, period->day,
				    &held, err);
	if (r != OK)
		return r;
	if (!held)
		return look_at(planning, period, count_kept_sort, err);
	return day_walk(planning->session, planning->account, period, (struct id){{0}}, count_kept_rows, planning,
			err);
}

static enum result plan_whole(struct planning *planning, enum record_kind kind, struct err *err)
{
	struct sweep_due *due = planning->due;
	struct period sum;
	enum result r = period_sum(planning->session->data, planning->account, kind, due->cutoff, &sum,
				   &due->periods, err);

	if (r != OK)
		return r;
	due->records = sum.records;
	due->bytes = sum.bytes + sum.media_bytes;
	if (planning->keepers.holds.count + planning->keepers.duties.count == 0)
		return OK;
	return walk_periods(planning, kind, (struct date){INT32_MIN}, due->cutoff, plan_kept, err);
}

/* ---- days of which some go before the rest ---- */

static enum result add_bytes(struct planning *planning, const struct record_row *row, struct err *err)
{
	struct day_size size;
	enum result r = day_size_of(planning->session, row, &size, err);

	planning->due->some_bytes += r == OK ? size.bytes : 0;
	return r;
}

static enum result add_some(struct planning *planning, const struct record_row *row, const struct ruling *ruling,
			    struct err *err)
{
	planning->some++;
	count_kept(planning, ruling);
	return add_bytes(planning, row, err);
}

/* What is under a hold's key has left its day already. */
static enum result count_some_sort(void *arg, const struct record_row *row, struct err *err)
{
	struct planning *planning = arg;
	struct ruling ruling = {.fate = FATE_STAYS};
	enum result r = row->hold == 0 ? judge(planning, row, &ruling, err) : OK;

	return r == OK && ruling.fate != FATE_STAYS ? add_some(planning, row, &ruling, err) : r;
}

static enum result count_some(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			      struct err *err)
{
	struct planning *planning = arg;
	const struct verdict_rules rules = rules_of(planning);
	enum result r = OK;

	(void)stop;
	for (size_t i = 0; i < count && r == OK; i++) {
		struct ruling ruling = {.fate = FATE_STAYS};

		if (rows[i].hold == 0)
			r = verdict_look(planning->session, &rules, &rows[i], pool, &ruling, err);
		if (r == OK && ruling.fate != FATE_STAYS)
			r = add_some(planning, &rows[i], &ruling, err);
	}
	return r;
}

static enum result plan_some(void *arg, const struct period *period, struct err *err)
{
	struct planning *planning = arg;
	enum result r;

	if (!policies_worth_a_look(&planning->policies, period, planning->out->today))
		return OK;
	planning->some = 0;
	if (goes_by_sort(planning, period))
		r = look_at(planning, period, count_some_sort, err);
	else
		r = day_walk(planning->session, planning->account, period, (struct id){{0}}, count_some, planning, err);
	planning->due->some_records += planning->some;
	planning->due->some_periods += planning->some > 0;
	return r;
}

/* ---- what is not billed ---- */

/* As if all were billed, of days that are not. */
static enum result count_unbilled(void *arg, const struct record_row *row, struct err *err)
{
	struct planning *planning = arg;
	struct policy_set billed = planning->policies;
	bool known;
	int *expired = alike_find(&planning->alike, row, &known);

	(void)err;
	billed.billing.waits = false;
	if (!known)
		*expired = policies_expired(&billed, row, planning->out->today);
	planning->due->unbilled += row->hold == 0 && *expired;
	return OK;
}

static enum result plan_unbilled(void *arg, const struct period *period, struct err *err)
{
	struct planning *planning = arg;

	if (!billing_waits(&planning->policies.billing, period->day))
		return OK;
	alike_next_day(&planning->alike);
	return record_look_day(planning->session->data, planning->account, period->kind, period->day, false,
			       count_unbilled, planning, err);
}

static enum result plan_waiting(struct planning *planning, enum record_kind kind, struct err *err)
{
	struct policy_set billed = planning->policies;
	struct date after = {INT32_MIN}, until;

	billed.billing.waits = false;
	if (!planning->policies.billing.waits ||
	    !policies_first_cutoff(&billed, kind, planning->out->today, &until))
		return OK;
	if (planning->policies.billing.said)
		after = planning->policies.billing.until;
	return until.days > after.days ? walk_periods(planning, kind, after, until, plan_unbilled, err) : OK;
}

/* ---- a kind ---- */

static enum result plan_kind(struct planning *planning, enum record_kind kind, struct err *err)
{
	struct sweep_due *due = planning->due = &planning->out->kinds[kind];
	const struct policy *base = policies_base(&planning->policies, kind);
	struct date today = planning->out->today, after = {INT32_MIN}, until;
	enum result r = OK;

	alike_begin(&planning->alike, &planning->policies, kind);
	due->policy = base != NULL ? *base : (struct policy){.kind = kind, .keep = {.unlimited = true}};
	due->bounded = policies_last_cutoff(&planning->policies, kind, today, &due->cutoff);
	if (due->bounded) {
		after = due->cutoff;
		r = plan_whole(planning, kind, err);
	}
	if (r == OK && policies_first_cutoff(&planning->policies, kind, today, &until) && until.days > after.days)
		r = walk_periods(planning, kind, after, until, plan_some, err);
	return r == OK ? plan_waiting(planning, kind, err) : r;
}

static enum result plan_released(void *arg, const struct held_row *held, const struct record_row *row, struct err *err)
{
	struct sweep_plan *plan = arg;
	struct sweep_due *due;

	(void)err;
	if (row == NULL) {
		plan->contacts++;
		return OK;
	}
	due = &plan->kinds[held->kind];
	if (!due->bounded || instant_date(id_time(held->id)).days > due->cutoff.days)
		due->released++;
	return OK;
}

static enum result plan_ended(void *arg, const struct held_row *held, const struct record_row *row,
			      enum ended_fate fate, struct err *err)
{
	return fate == ENDED_GOES ? plan_released(arg, held, row, err) : OK;
}

static enum result plan_deleted(void *arg, const struct contact_gone *gone, const struct ruling *ruling,
				struct err *err)
{
	struct sweep_plan *plan = arg;
	bool goes = ruling->fate == FATE_GOES;

	(void)err;
	plan->deleted.held += ruling->fate == FATE_HELD;
	plan->deleted.due += goes;
	plan->deleted.bytes += goes ? gone->bytes : 0;
	return OK;
}

static enum result plan_all(struct planning *planning, struct err *err)
{
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = plan_kind(planning, (enum record_kind)kind, err);
	if (r == OK)
		r = released_walk(planning->session, &planning->keepers, plan_released, planning->out, err);
	if (r == OK)
		r = ended_walk(planning->session, &planning->keepers, plan_ended, planning->out, err);
	if (r == OK)
		r = purge_walk(planning->session, &planning->keepers.holds, date_start(planning->out->today),
			       planning->out->today, plan_deleted, planning->out, err);
	return r;
}

/* The rules in force then; with one changed, unless that is NULL. */
static enum result load_rules(struct planning *planning, struct instant now, const struct policy *change,
			      struct pool *pool, struct err *err)
{
	struct policy_set rules;
	enum result r = policies_load(planning->session, planning->account, now, pool, &rules, err);

	planning->policies = rules;
	return r == OK && change != NULL ? policies_with(&rules, change, pool, &planning->policies, err) : r;
}

enum result sweep_plan_with(struct session *session, uint32_t account, struct instant now, const struct policy *change,
			    struct sweep_plan *out, struct err *err)
{
	struct planning planning = {.session = session, .out = out, .account = account};
	struct pool pool;
	enum result r;

	*out = (struct sweep_plan){.today = instant_date(now)};
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	r = keepers_load(session, account, now, &pool, &planning.keepers, err);
	if (r == OK)
		r = holds_find_days(session, &planning.keepers.holds, &pool, err);
	if (r == OK)
		r = load_rules(&planning, now, change, &pool, err);
	if (r == OK)
		r = alike_init(&planning.alike, &pool, err);
	if (r == OK)
		r = plan_all(&planning, err);
	keepers_free(&planning.keepers);
	pool_free(&pool);
	return r;
}

enum result sweep_plan(struct session *session, uint32_t account, struct instant now, struct sweep_plan *out,
		       struct err *err)
{
	return sweep_plan_with(session, account, now, NULL, out, err);
}

int64_t sweep_plan_records(const struct sweep_due *due)
{
	return due->records + due->some_records - due->held - due->obliged + due->released;
}
