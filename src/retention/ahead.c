/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/ahead.h"

#include <string.h>

#define PAGE 64
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define NEVER INT32_MAX

/* ---- loading ---- */

/* The first day at whose time of day the rule has begun; NEVER: not by the last. */
static int begins_on(struct instant begins, struct instant now, int days)
{
	int64_t after = begins.ms - now.ms;

	if (after <= 0)
		return 0;
	if (after > days * DAY_MS)
		return NEVER;
	return (int)((after + DAY_MS - 1) / DAY_MS);
}

/* Marks the days on which a rule begins. */
static enum result find_beginnings(struct session *session, uint32_t account, struct instant now, int days,
				   struct pool *pool, bool *begins, struct err *err)
{
	struct policy page[PAGE], after = {.version = 0};
	size_t count;
	enum result r;

	do {
		r = policy_walk(session->data, account, &after, pool, page, PAGE, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			int day = begins_on(page[i].begins_at, now, days);

			if (day != NEVER)
				begins[day] = true;
		}
		after = r == OK && count > 0 ? page[count - 1] : after;
	} while (r == OK && count == PAGE);
	return r;
}

static enum result load_spans(struct session *session, uint32_t account, struct instant now, const bool *begins,
			      struct pool *pool, struct ahead *out, struct err *err)
{
	enum result r = OK;

	for (int day = 0; day <= out->days && r == OK; day++) {
		struct instant then = instant_add(now, (struct duration){day * DAY_MS});

		if (day == 0 || begins[day]) {
			out->spans[out->count].from = day;
			r = policies_load(session, account, then, pool, &out->spans[out->count++].policies, err);
		}
		out->spans[out->count - 1].to = day;
	}
	return r;
}

enum result ahead_load(struct session *session, uint32_t account, struct instant now, int days, struct pool *pool,
		       struct ahead *out, struct err *err)
{
	bool begins[AHEAD_DAYS_MAX + 1] = {false};
	size_t spans = 1;
	enum result r;

	INVARIANT(days >= 0 && days <= AHEAD_DAYS_MAX);
	*out = (struct ahead){.today = instant_date(now), .days = days};
	r = find_beginnings(session, account, now, days, pool, begins, err);
	if (r != OK)
		return r;
	for (int day = 1; day <= days; day++)
		spans += begins[day];
	out->spans = pool_alloc(pool, spans * sizeof *out->spans);
	if (out->spans == NULL)
		return err_no_memory(err);
	return load_spans(session, account, now, begins, pool, out, err);
}

/* ---- asking ---- */

/* On which day of the span a rule ends what is of `day`. */
static int ends_on(const struct ahead *ahead, const struct ahead_span *span, struct date day, struct span keep)
{
	int on;

	if (keep.unlimited)
		return NEVER;
	on = date_add_span(day, keep).days - ahead->today.days;
	if (on > span->to)
		return NEVER;
	return on < span->from ? span->from : on;
}

bool ahead_last(const struct ahead *ahead, enum record_kind kind, struct date *out)
{
	bool found = false;

	for (size_t i = 0; i < ahead->count; i++) {
		const struct ahead_span *span = &ahead->spans[i];
		struct date cutoff;

		if (!policies_first_cutoff(&span->policies, kind, date_add_days(ahead->today, span->to), &cutoff))
			continue;
		if (!found || cutoff.days > out->days)
			*out = cutoff;
		found = true;
	}
	return found;
}

int ahead_record(const struct ahead *ahead, const struct record_row *row)
{
	struct date day = instant_date(id_time(row->id));

	for (size_t i = 0; i < ahead->count; i++) {
		const struct policy *policy = policies_pick(&ahead->spans[i].policies, row);
		int on = policy != NULL ? ends_on(ahead, &ahead->spans[i], day, policy->keep) : NEVER;

		if (on != NEVER)
			return on;
	}
	return -1;
}

/* Did a sweep look at it under the same rules when this one had ended it already? Then what went by it is gone. */
static bool gone_already(const struct ahead_span *span, const struct period *period, struct span keep)
{
	return period->looked.days != 0 && !keep.unlimited &&
	       period->looked_policy == span->policies.newest[period->kind] &&
	       date_add_span(period->day, keep).days <= period->looked.days;
}

/* The first and the last day of the span on which one of its rules ends something of the period. */
static void bounds_in(const struct ahead *ahead, const struct ahead_span *span, const struct period *period, int *first,
		      int *last)
{
	*first = NEVER;
	*last = policies_base(&span->policies, period->kind) == NULL ? NEVER : -1;
	for (size_t i = 0; i < span->policies.count; i++) {
		const struct policy *rule = &span->policies.rules[i];
		int on;

		if (rule->kind != period->kind || gone_already(span, period, rule->keep))
			continue;
		on = ends_on(ahead, span, period->day, rule->keep);
		*first = on < *first ? on : *first;
		*last = on > *last ? on : *last;
	}
}

enum ahead_fate ahead_period(const struct ahead *ahead, const struct period *period, int *day)
{
	*day = -1;
	for (size_t i = 0; i < ahead->count; i++) {
		int first, last;

		bounds_in(ahead, &ahead->spans[i], period, &first, &last);
		if (first == NEVER)
			continue;
		*day = first;
		return first == last ? AHEAD_WHOLE : AHEAD_MIXED;
	}
	return AHEAD_STAYS;
}
