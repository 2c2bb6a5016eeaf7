/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "retention/partial.h"
#include "retention/sweep_run.h"

#define KEEPERS_POOL_MAX ((size_t)64 * 1024 * 1024)

struct batch {
	struct run *run;
	struct expiry periods[BATCH_PERIODS];
	size_t count;
	int64_t records;
	struct period looked[BATCH_PERIODS]; /* at, and nothing of them is due */
	size_t looked_count;
};

static bool has_ended(struct run *run)
{
	return run->out->stopped || run->out->spent;
}

/* ---- what was done ---- */

static enum result remember(struct run *run, const struct expiry *expiry, struct err *err)
{
	size_t room = run->swept_room == 0 ? 1024 : run->swept_room * 2;
	struct swept *more;

	if (run->swept_count == run->swept_room) {
		more = realloc(run->swept, room * sizeof *more);
		if (more == NULL)
			return err_no_memory(err);
		run->swept = more;
		run->swept_room = room;
	}
	run->swept[run->swept_count++] = (struct swept){
	    .kind = expiry->period.kind,
	    .day = expiry->period.day,
	    .spare = expiry->spare,
	    .keys_before = expiry->spare == PART_ALL ? expiry->period.part + 1 : expiry->spare,
	};
	return OK;
}

static void name_damaged(struct run *run, const struct expiry *expiry)
{
	for (int64_t i = 0; i < expiry->damage.count && i < EXPIRE_NAMED_MAX; i++)
		sweep_name(run->out, &(struct sweep_damaged){expiry->period.kind, expiry->damage.named[i], expiry->damaged});
	run->out->carried += expiry->damaged ? 0 : expiry->damage.count;
}

static enum result count_done(struct run *run, const struct expiry *expiry, struct err *err)
{
	struct sweep_done *done = &run->out->kinds[expiry->period.kind];

	name_damaged(run, expiry);
	run->done += expiry->period.records;
	if (expiry->damaged) {
		run->out->left.damaged++;
		return OK;
	}
	done->periods++;
	done->parts += expiry->spare != PART_ALL;
	run->deleted += expiry->records;
	done->records += expiry->records;
	done->media += expiry->media;
	done->bytes += expiry->bytes;
	done->kept += expiry->kept;
	done->cut += expiry->cut;
	done->held += expiry->held;
	return remember(run, expiry, err);
}

/* Counts those that are done and leaves those that are to be tried again. */
static enum result settle_batch(struct run *run, struct batch *batch, struct err *err)
{
	size_t left = 0;
	enum result r = OK;

	for (size_t i = 0; i < batch->count && r == OK; i++) {
		if (batch->periods[i].again)
			batch->periods[left++] = batch->periods[i];
		else
			r = count_done(run, &batch->periods[i], err);
	}
	batch->count = left;
	return r;
}

/* ---- a batch of periods ---- */

/* What is to be kept is, then what stays of a day is sealed anew. */
static enum result keep_period(struct run *run, const struct keepers *keepers, struct expiry *expiry, struct err *err)
{
	enum result r = expire_keep(&run->terms, keepers, expiry, err);

	if (r == OK && expiry->spare != PART_ALL && !expiry->damaged)
		r = partial_move(&run->terms, expiry, err);
	return r;
}

static enum result keep_batch(struct run *run, struct batch *batch, struct pool *pool, struct err *err)
{
	struct keepers keepers;
	struct date first, last;
	enum result r;

	expire_range(batch->periods, batch->count, &first, &last);
	r = keepers_load_due(&run->vault->read, run->account.number, run->now, first, last, pool, &keepers, err);
	for (size_t i = 0; i < batch->count && r == OK; i++)
		r = keep_period(run, &keepers, &batch->periods[i], err);
	keepers_free(&keepers);
	return r;
}

/* Keeps, then deletes; again for periods that a new keeper touched in between. */
static enum result expire_batch(struct run *run, struct batch *batch, struct err *err)
{
	struct pool pool;
	enum result r = OK;

	pool_init(&pool, KEEPERS_POOL_MAX);
	while (batch->count > 0 && r == OK) {
		pool_reset(&pool);
		r = keep_batch(run, batch, &pool, err);
		if (r != OK || sweep_asked_to_stop(run, SWEEP_KEPT))
			break;
		r = expire_delete(&run->terms, batch->periods, batch->count, err);
		if (r == OK)
			r = settle_batch(run, batch, err);
	}
	batch->count = 0;
	batch->records = 0;
	pool_free(&pool);
	return r;
}

/* Up to how many records periods are put together: a budget is not to be overdrawn by more than a day. */
static int64_t room_of(const struct run *run)
{
	int64_t left = run->budget.records - run->deleted;

	return run->budget.records > 0 && left > 0 && left < BATCH_RECORDS ? left : BATCH_RECORDS;
}

static enum result add_to_batch(struct run *run, struct batch *batch, const struct period *period, int spare,
				struct err *err)
{
	enum result r;

	batch->periods[batch->count++] = (struct expiry){.period = *period, .spare = spare,
							  .cleared = spare == PART_ALL &&
								     sweep_is_cleared(run, period->kind, period->day)};
	batch->records += period->records;
	if (batch->records < room_of(run) && batch->count < BATCH_PERIODS)
		return OK;
	r = expire_batch(run, batch, err);
	if (r == OK && !sweep_asked_to_stop(run, SWEEP_PERIODS))
		sweep_is_spent(run);
	return r;
}

/* ---- days that go whole ---- */

typedef enum result each_period(struct run *run, void *arg, const struct period *period, struct err *err);

/* Those of a kind after a day and up to another. */
static enum result walk_periods(struct run *run, enum record_kind kind, struct date after, struct date until,
				each_period *each, void *arg, struct err *err)
{
	struct period periods[BATCH_PERIODS];
	size_t count;
	enum result r;

	do {
		r = period_list(run->vault->read.data, run->account.number, kind, after, until, periods,
				BATCH_PERIODS, &count, err);
		for (size_t i = 0; i < count && r == OK && !has_ended(run); i++) {
			after = periods[i].day;
			r = each(run, arg, &periods[i], err);
		}
	} while (r == OK && count == BATCH_PERIODS && !has_ended(run));
	return r;
}

static enum result sweep_whole(struct run *run, void *arg, const struct period *period, struct err *err)
{
	bool needed;
	enum result r = expire_needed(&run->vault->read, run->account.number, period, &needed, err);

	if (r != OK)
		return r;
	if (needed)
		return add_to_batch(run, arg, period, PART_ALL, err);
	run->out->kinds[period->kind].held += period->records;
	run->done += period->records;
	return OK;
}

static enum result sweep_all_rows(struct run *run, const struct period *periods, size_t count, bool whatever,
				  bool *whole, struct batch *batch, struct err *err)
{
	enum result r = OK;
	size_t i = 0;

	for (; i < count && r == OK && !run->out->stopped && (whatever || !run->out->spent); i++)
		r = sweep_whole(run, batch, &periods[i], err);
	if (r == OK && !run->out->stopped)
		r = expire_batch(run, batch, err);
	*whole = r == OK && i == count && !run->out->stopped;
	if (r == OK && run->deleted > 0 && !sweep_asked_to_stop(run, SWEEP_PERIODS))
		sweep_is_spent(run);
	return r;
}

enum result sweep_rows(struct run *run, const struct period *periods, size_t count, bool whatever, bool *whole,
		       struct err *err)
{
	struct batch *batch = calloc(1, sizeof *batch);
	enum result r = batch != NULL ? sweep_all_rows(run, periods, count, whatever, whole, batch, err)
				      : err_no_memory(err);

	free(batch);
	return r;
}

/* ---- days of which some go before the rest ---- */

static enum result note_looked(struct run *run, struct batch *batch, struct err *err)
{
	enum result r = partial_looked(&run->terms, batch->looked, batch->looked_count, err);

	batch->looked_count = 0;
	return r;
}

static enum result sweep_some(struct run *run, void *arg, const struct period *period, struct err *err)
{
	struct batch *batch = arg;
	bool due;
	int spare;
	enum result r;

	if (!policies_worth_a_look(&run->policies, period, run->out->today))
		return OK;
	r = partial_find(&run->terms, period, &due, &spare, err);
	if (r != OK || due)
		return r == OK ? add_to_batch(run, batch, period, spare, err) : r;
	run->done += period->records;
	batch->looked[batch->looked_count++] = *period;
	if (batch->looked_count == BATCH_PERIODS)
		r = note_looked(run, batch, err);
	if (r == OK && !sweep_asked_to_stop(run, SWEEP_PERIODS))
		sweep_is_spent(run);
	return r;
}

/* The days of which something may be past its time and something may not. */
static bool some_days(const struct run *run, enum record_kind kind, struct date *after, struct date *until)
{
	*after = run->out->kinds[kind].bounded ? run->out->kinds[kind].cutoff : (struct date){INT32_MIN};
	return policies_first_cutoff(&run->policies, kind, run->out->today, until) && until->days > after->days;
}

static enum result sweep_kind(struct run *run, enum record_kind kind, struct batch *batch, struct err *err)
{
	struct date after, until;
	enum result r = OK;

	if (run->out->kinds[kind].bounded)
		r = walk_periods(run, kind, (struct date){INT32_MIN}, run->out->kinds[kind].cutoff, sweep_whole,
				 batch, err);
	if (r == OK && !has_ended(run) && some_days(run, kind, &after, &until))
		r = walk_periods(run, kind, after, until, sweep_some, batch, err);
	return r;
}

static enum result sweep_kinds(struct run *run, struct batch *batch, struct err *err)
{
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK && !has_ended(run); kind++)
		r = sweep_kind(run, (enum record_kind)kind, batch, err);
	if (r == OK && !has_ended(run))
		r = expire_batch(run, batch, err);
	if (r == OK)
		r = note_looked(run, batch, err);
	if (r == OK)
		sweep_asked_to_stop(run, SWEEP_PERIODS);
	return r;
}

enum result sweep_periods(struct run *run, struct err *err)
{
	struct batch *batch = calloc(1, sizeof *batch);
	enum result r = batch != NULL ? sweep_kinds(run, batch, err) : err_no_memory(err);

	free(batch);
	return r;
}

/* ---- how much there is to do ---- */

static enum result add_records(struct run *run, void *arg, const struct period *period, struct err *err)
{
	(void)arg;
	(void)err;
	if (policies_worth_a_look(&run->policies, period, run->out->today))
		run->total += period->records;
	return OK;
}

enum result sweep_sum_total(struct run *run, struct err *err)
{
	struct date after, until;
	struct period sum;
	int64_t days;
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		if (run->out->kinds[kind].bounded) {
			r = period_sum(run->vault->read.data, run->account.number, (enum record_kind)kind,
				       run->out->kinds[kind].cutoff, &sum, &days, err);
			run->total += r == OK ? sum.records : 0;
		}
		if (r == OK && some_days(run, (enum record_kind)kind, &after, &until))
			r = walk_periods(run, (enum record_kind)kind, after, until, add_records, NULL, err);
	}
	return r;
}
