/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/policies.h"

#include <stdlib.h>
#include <string.h>

#include "retention/settings.h"

#define PAGE 64

/* ---- billing ---- */

enum result billing_load(struct session *session, uint32_t account, struct pool *pool, struct billing *out,
			 struct err *err)
{
	const struct profile *profile;
	const char *plan, *until = NULL;
	enum result r = settings_profile(session, account, pool, &profile, &plan, err);

	*out = (struct billing){.waits = r == OK && profile != NULL && profile->duties[DUTY_ERASE_ONCE_BILLED].set};
	if (r == OK && out->waits)
		r = settings_get(session, account, "billed_until", pool, &until, err);
	if (r == OK && until != NULL) {
		out->said = true;
		r = date_parse(until, strlen(until), &out->until, err);
	}
	return r;
}

bool billing_waits(const struct billing *billing, struct date day)
{
	return billing->waits && (!billing->said || day.days > billing->until.days);
}

/* What is not billed goes on no day: `found` and `cutoff` are those of the rules. */
static bool bill(const struct billing *billing, bool found, struct date *cutoff)
{
	if (!found || !billing->waits)
		return found;
	if (billing->said && billing->until.days < cutoff->days)
		*cutoff = billing->until;
	return billing->said;
}

/* ---- scopes ---- */

/* The parts, from the one that counts most. */
#define PARTS 6
static void parts_of(const struct policy_scope *scope, int64_t out[PARTS])
{
	const int64_t parts[PARTS] = {scope->tag,    scope->campaign,	     scope->queue,
				      scope->number, scope->min_duration_ms, (int64_t)scope->direction};

	memcpy(out, parts, sizeof parts);
}

bool policy_scope_equal(const struct policy_scope *a, const struct policy_scope *b)
{
	int64_t x[PARTS], y[PARTS];

	parts_of(a, x);
	parts_of(b, y);
	return memcmp(x, y, sizeof x) == 0;
}

bool policy_scope_is_base(const struct policy_scope *scope)
{
	return policy_scope_equal(scope, &(struct policy_scope){.number = 0});
}

int policy_scope_compare(const struct policy_scope *a, const struct policy_scope *b)
{
	int64_t x[PARTS], y[PARTS];
	int more = 0;

	parts_of(a, x);
	parts_of(b, y);
	for (int i = 0; i < PARTS; i++)
		more += (y[i] != 0) - (x[i] != 0);
	for (int i = 0; i < PARTS && more == 0; i++)
		more = (y[i] != 0) - (x[i] != 0);
	if (more != 0)
		return more;
	return (b->min_duration_ms > a->min_duration_ms) - (b->min_duration_ms < a->min_duration_ms);
}

static bool fits_label(const struct record_row *row, int64_t label)
{
	return label == 0 || labels_have(row->labels, row->label_count, label);
}

static bool fits(const struct policy_scope *scope, const struct record_row *row)
{
	return (scope->number == 0 || scope->number == row->number) && fits_label(row, scope->queue) &&
	       fits_label(row, scope->campaign) && fits_label(row, scope->tag) &&
	       (scope->direction == DIRECTION_NONE || scope->direction == row->direction) &&
	       (scope->min_duration_ms == 0 || row->duration_ms >= scope->min_duration_ms);
}

/* ---- loading ---- */

/* The later of two versions of one scope; by version, for begins_at of an undone one never comes. */
static void take(struct policy_set *set, const struct policy *policy)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->rules[i].kind == policy->kind && policy_scope_equal(&set->rules[i].scope, &policy->scope)) {
			set->rules[i] = *policy;
			return;
		}
	}
	set->rules[set->count++] = *policy;
}

static enum result make_room(struct policy_set *set, size_t more, size_t *room, struct pool *pool, struct err *err)
{
	size_t wanted = *room == 0 ? PAGE : *room * 2;
	struct policy *rules;

	if (set->count + more <= *room)
		return OK;
	rules = pool_alloc(pool, wanted * sizeof *rules);
	if (rules == NULL)
		return err_no_memory(err);
	if (set->count > 0)
		memcpy(rules, set->rules, set->count * sizeof *rules);
	set->rules = rules;
	*room = wanted;
	return OK;
}

/* Is `a` to stand before `b`? Of equally narrow ones the one that keeps longer. */
static int by_narrowness(const void *a, const void *b)
{
	const struct policy *x = a, *y = b;
	int order = policy_scope_compare(&x->scope, &y->scope);
	struct date day = {0};

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (order != 0)
		return order;
	if (x->keep.unlimited != y->keep.unlimited)
		return x->keep.unlimited ? -1 : 1;
	if (!x->keep.unlimited) {
		int32_t mine = date_add_span(day, x->keep).days, theirs = date_add_span(day, y->keep).days;

		if (mine != theirs)
			return mine > theirs ? -1 : 1;
	}
	return x->version < y->version ? -1 : x->version > y->version;
}

static void drop_removed(struct policy_set *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (!set->rules[i].removed)
			set->rules[kept++] = set->rules[i];
	}
	set->count = kept;
}

static void settle(struct policy_set *set)
{
	drop_removed(set);
	if (set->count > 1)
		qsort(set->rules, set->count, sizeof *set->rules, by_narrowness);
}

static enum result take_page(struct policy_set *set, const struct policy *page, size_t count, struct instant at,
			     const int newest[KIND_COUNT], size_t *room, struct pool *pool, struct err *err)
{
	enum result r = make_room(set, count, room, pool, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		enum record_kind kind = page[i].kind;

		if (page[i].begins_at.ms > at.ms || (newest != NULL && page[i].version > newest[kind]))
			continue;
		take(set, &page[i]);
		set->newest[kind] = page[i].version;
		set->begun[kind]++;
	}
	return r;
}

enum result policies_load_as_of(struct session *session, uint32_t account, struct instant at,
				const int newest[KIND_COUNT], struct pool *pool, struct policy_set *out,
				struct err *err)
{
	struct policy page[PAGE], after = {.version = 0};
	size_t room = 0, count;
	enum result r;

	*out = (struct policy_set){.account = account};
	r = billing_load(session, account, pool, &out->billing, err);
	if (r != OK)
		return r;
	do {
		r = policy_walk(session->data, account, &after, pool, page, PAGE, &count, err);
		if (r == OK)
			r = take_page(out, page, count, at, newest, &room, pool, err);
		after = count > 0 ? page[count - 1] : after;
	} while (r == OK && count == PAGE);
	settle(out);
	return r;
}

enum result policies_load(struct session *session, uint32_t account, struct instant now, struct pool *pool,
			  struct policy_set *out, struct err *err)
{
	return policies_load_as_of(session, account, now, NULL, pool, out, err);
}

enum result policies_load_all(struct session *session, uint32_t account, struct pool *pool, struct policy_set *out,
			      struct err *err)
{
	return policies_load(session, account, (struct instant){INT64_MAX}, pool, out, err);
}

enum result policies_with(const struct policy_set *set, const struct policy *policy, struct pool *pool,
			  struct policy_set *out, struct err *err)
{
	*out = *set;
	out->rules = pool_alloc(pool, (set->count + 1) * sizeof *out->rules);
	if (out->rules == NULL)
		return err_no_memory(err);
	if (set->count > 0)
		memcpy(out->rules, set->rules, set->count * sizeof *out->rules);
	take(out, policy);
	out->begun[policy->kind]++;
	settle(out);
	return OK;
}

enum result policies_of_scope(struct session *session, uint32_t account, enum record_kind kind,
			      const struct policy_scope *scope, struct instant now, struct pool *pool,
			      struct policy *in_force, struct policy *newest, struct err *err)
{
	struct policy page[PAGE], after = {.kind = kind};
	size_t count;
	enum result r;

	*in_force = *newest = (struct policy){.kind = kind, .scope = *scope};
	do {
		r = policy_walk(session->data, account, &after, pool, page, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK && page[i].kind == kind; i++) {
			if (!policy_scope_equal(&page[i].scope, scope))
				continue;
			*newest = page[i];
			if (page[i].begins_at.ms <= now.ms)
				*in_force = page[i];
		}
		after = count > 0 ? page[count - 1] : after;
	} while (r == OK && count == PAGE && after.kind == kind);
	return r;
}

/* ---- asking ---- */

/* Of what happened on that day: a month is longer than 30 days or not, as the day has it. */
static bool keeps_longer(const struct policy *a, const struct policy *b, struct date day)
{
	if (a->keep.unlimited || b->keep.unlimited)
		return a->keep.unlimited && !b->keep.unlimited;
	return date_add_span(day, a->keep).days > date_add_span(day, b->keep).days;
}

const struct policy *policies_pick(const struct policy_set *set, const struct record_row *row)
{
	const struct policy *best = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct policy *rule = &set->rules[i];

		if (rule->kind != row->kind || !fits(&rule->scope, row))
			continue;
		if (best != NULL && policy_scope_compare(&best->scope, &rule->scope) != 0)
			break;
		if (best == NULL || keeps_longer(rule, best, instant_date(id_time(row->id))))
			best = rule;
	}
	return best;
}

void policies_extremes(const struct policy_set *set, enum record_kind kind, struct date day,
		       const struct policy **shortest, const struct policy **longest)
{
	*shortest = *longest = NULL;
	for (size_t i = 0; i < set->count; i++) {
		const struct policy *rule = &set->rules[i];

		if (rule->kind != kind)
			continue;
		if (*longest == NULL || keeps_longer(rule, *longest, day))
			*longest = rule;
		if (*shortest == NULL || keeps_longer(*shortest, rule, day))
			*shortest = rule;
	}
	if (policies_base(set, kind) == NULL)
		*longest = NULL;
}

const struct policy *policies_base(const struct policy_set *set, enum record_kind kind)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->rules[i].kind == kind && policy_scope_is_base(&set->rules[i].scope))
			return &set->rules[i];
	}
	return NULL;
}

bool policies_scoped(const struct policy_set *set, enum record_kind kind)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->rules[i].kind == kind && !policy_scope_is_base(&set->rules[i].scope))
			return true;
	}
	return false;
}

bool policies_first_cutoff(const struct policy_set *set, enum record_kind kind, struct date today, struct date *out)
{
	bool found = false;

	for (size_t i = 0; i < set->count; i++) {
		struct date cutoff;

		if (set->rules[i].kind != kind || set->rules[i].keep.unlimited)
			continue;
		cutoff = span_cutoff(set->rules[i].keep, today);
		if (!found || cutoff.days > out->days)
			*out = cutoff;
		found = true;
	}
	return bill(&set->billing, found, out);
}

bool policies_last_cutoff(const struct policy_set *set, enum record_kind kind, struct date today, struct date *out)
{
	bool found = false;

	/* Without a rule of the kind's own, what no other fits is kept for ever. */
	if (policies_base(set, kind) == NULL)
		return false;
	for (size_t i = 0; i < set->count; i++) {
		struct date cutoff;

		if (set->rules[i].kind != kind)
			continue;
		if (set->rules[i].keep.unlimited)
			return false;
		cutoff = span_cutoff(set->rules[i].keep, today);
		if (!found || cutoff.days < out->days)
			*out = cutoff;
		found = true;
	}
	return bill(&set->billing, found, out);
}

bool policies_worth_a_look(const struct policy_set *set, const struct period *period, struct date today)
{
	/* A clock that was ahead may have looked beyond what has come since. */
	if (period->looked.days == 0 || period->looked.days > today.days ||
	    period->looked_policy != set->begun[period->kind])
		return true;
	for (size_t i = 0; i < set->count; i++) {
		const struct policy *rule = &set->rules[i];

		if (rule->kind == period->kind && !rule->keep.unlimited &&
		    span_cutoff(rule->keep, today).days >= period->day.days &&
		    span_cutoff(rule->keep, period->looked).days < period->day.days)
			return true;
	}
	return false;
}

bool policies_expired(const struct policy_set *set, const struct record_row *row, struct date today)
{
	const struct policy *policy = policies_pick(set, row);
	struct date day = instant_date(id_time(row->id));

	return policy != NULL && !policy->keep.unlimited && !billing_waits(&set->billing, day) &&
	       day.days <= span_cutoff(policy->keep, today).days;
}
