/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a sweep would delete: see retention/sweep.h.
 */
#include <stdlib.h>

#include "retention/ended.h"
#include "retention/policies.h"
#include "retention/released.h"
#include "retention/sweep.h"
#include "store/period.h"

#define PERIODS_PAGE 256
#define ROWS 128
#define PAYLOADS_MAX ((size_t)1024 * 1024 * 1024) /* of ROWS records */

struct planning {
	struct session *session;
	struct keepers keepers;
	uint32_t account;
	struct policy_set policies;
	struct sweep_plan *out;
	struct record_row *rows; /* ROWS of them */
	struct pool pool;
};

static enum result count_one(struct planning *planning, const struct record_row *row, struct sweep_due *due,
			     struct err *err)
{
	struct duty_cover cover;
	struct duty_row duty;
	enum result r;

	if (holds_cover(&planning->keepers.holds, row) != NULL) {
		due->held++;
		return OK;
	}
	r = duties_cover_row(planning->session, &planning->keepers.duties, row, &planning->pool, &cover, &duty, err);
	due->obliged += r == OK && cover.count > 0;
	return r == ERR_GONE || r == ERR_CORRUPT ? OK : r;
}

static enum result count_held(struct planning *planning, const struct period *period, struct sweep_due *due,
			      struct err *err)
{
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&planning->pool);
		r = record_list_day(planning->session->data, planning->account, period->kind, period->day,
				    after, &planning->pool, planning->rows, ROWS, &count, err);
		for (size_t i = 0; i < count && r == OK; i++)
			r = count_one(planning, &planning->rows[i], due, err);
		if (r == OK && count > 0)
			after = planning->rows[count - 1].id;
	} while (r == OK && count == ROWS);
	return r;
}

/* Periods that nothing keeps anything of are not opened. */
static enum result plan_kept(struct planning *planning, enum record_kind kind, struct sweep_due *due, struct err *err)
{
	struct period periods[PERIODS_PAGE];
	struct date after = {INT32_MIN};
	size_t count;
	enum result r;

	do {
		r = period_list(planning->session->data, planning->account, kind, after, due->cutoff, periods,
				PERIODS_PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = periods[i].day;
			if (keepers_touch_period(&planning->keepers, kind, periods[i].day))
				r = count_held(planning, &periods[i], due, err);
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
	r = period_sum(planning->session->data, planning->account, kind, due->cutoff, &sum, &due->periods, err);
	if (r != OK)
		return r;
	due->records = sum.records;
	due->bytes = sum.bytes + sum.media_bytes;
	return planning->keepers.holds.count + planning->keepers.duties.count > 0 ? plan_kept(planning, kind, due, err) : OK;
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

static enum result plan_all(struct planning *planning, struct err *err)
{
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = plan_kind(planning, (enum record_kind)kind, err);
	if (r == OK)
		r = released_walk(planning->session, &planning->keepers, plan_released, planning->out, err);
	if (r == OK)
		r = ended_walk(planning->session, &planning->keepers, plan_ended, planning->out, err);
	return r;
}

enum result sweep_plan(struct session *session, uint32_t account, struct instant now, struct sweep_plan *out,
		       struct err *err)
{
	struct planning planning = {.session = session, .out = out, .account = account};
	struct pool pool;
	enum result r;

	*out = (struct sweep_plan){.today = instant_date(now)};
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	pool_init(&planning.pool, PAYLOADS_MAX);
	planning.rows = malloc(ROWS * sizeof *planning.rows);
	r = keepers_load(session, account, now, &pool, &planning.keepers, err);
	if (r == OK && planning.rows == NULL)
		r = err_no_memory(err);
	if (r == OK)
		r = policies_load(session, account, now, &pool, &planning.policies, err);
	if (r == OK)
		r = plan_all(&planning, err);
	keepers_free(&planning.keepers);
	free(planning.rows);
	pool_free(&planning.pool);
	pool_free(&pool);
	return r;
}

int64_t sweep_plan_records(const struct sweep_due *due)
{
	return due->records - due->held - due->obliged + due->released;
}
