/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a sweep would delete: see retention/sweep.h.
 */
#include <stdlib.h>

#include "retention/policies.h"
#include "retention/released.h"
#include "retention/sweep.h"
#include "store/period.h"

#define PERIODS_PAGE 256
#define ROWS 128
#define PAYLOADS_MAX ((size_t)1024 * 1024 * 1024) /* of ROWS records */

struct planning {
	struct session *session;
	const struct hold_set *holds;
	struct policy_set policies;
	struct sweep_plan *out;
	struct record_row *rows; /* ROWS of them */
	struct pool pool;
};

static enum result count_held(struct planning *planning, const struct period *period, int64_t *held, struct err *err)
{
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&planning->pool);
		r = record_list_day(planning->session->data, planning->holds->account, period->kind, period->day,
				    after, &planning->pool, planning->rows, ROWS, &count, err);
		for (size_t i = 0; i < count && r == OK; i++)
			*held += holds_cover(planning->holds, &planning->rows[i]) != NULL;
		if (r == OK && count > 0)
			after = planning->rows[count - 1].id;
	} while (r == OK && count == ROWS);
	return r;
}

/* Periods that no hold touches are not opened. */
static enum result plan_holds(struct planning *planning, enum record_kind kind, struct sweep_due *due, struct err *err)
{
	struct period periods[PERIODS_PAGE];
	struct date after = {INT32_MIN};
	size_t count;
	enum result r;

	do {
		r = period_list(planning->session->data, planning->holds->account, kind, after, due->cutoff, periods,
				PERIODS_PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = periods[i].day;
			if (holds_touch_period(planning->holds, kind, periods[i].day))
				r = count_held(planning, &periods[i], &due->held, err);
		}
	} while (r == OK && count == PERIODS_PAGE);
	return r;
}

static enum result plan_kind(struct planning *planning, enum record_kind kind, struct err *err)
{
	struct sweep_due *due = &planning->out->kinds[kind];
	struct period sum;
	const struct policy *base = policies_base(&planning->policies, kind);
	enum result r;

	due->policy = base != NULL ? *base : (struct policy){.kind = kind, .keep = {.unlimited = true}};
	due->bounded = policies_last_cutoff(&planning->policies, kind, planning->out->today, &due->cutoff);
	if (!due->bounded)
		return OK;
	r = period_sum(planning->session->data, planning->holds->account, kind, due->cutoff, &sum, &due->periods, err);
	if (r != OK)
		return r;
	due->records = sum.records;
	due->bytes = sum.bytes + sum.media_bytes;
	return planning->holds->count > 0 ? plan_holds(planning, kind, due, err) : OK;
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

static enum result plan_all(struct planning *planning, struct err *err)
{
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = plan_kind(planning, (enum record_kind)kind, err);
	if (r == OK)
		r = released_walk(planning->session, planning->holds, plan_released, planning->out, err);
	return r;
}

enum result sweep_plan(struct session *session, uint32_t account, struct instant now, struct sweep_plan *out,
		       struct err *err)
{
	struct planning planning = {.session = session, .out = out};
	struct hold_set holds;
	struct pool pool;
	enum result r;

	*out = (struct sweep_plan){.today = instant_date(now)};
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	pool_init(&planning.pool, PAYLOADS_MAX);
	planning.rows = malloc(ROWS * sizeof *planning.rows);
	r = planning.rows != NULL ? holds_load(session, account, &pool, &holds, err) : err_no_memory(err);
	planning.holds = &holds;
	if (r == OK)
		r = policies_load(session, account, now, &pool, &planning.policies, err);
	if (r == OK)
		r = plan_all(&planning, err);
	free(planning.rows);
	pool_free(&planning.pool);
	pool_free(&pool);
	return r;
}

int64_t sweep_plan_records(const struct sweep_due *due)
{
	return due->records - due->held + due->released;
}
