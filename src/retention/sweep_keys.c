/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The keys of days that go whole, before any of their rows: see
 * retention/sweep.h.  A chunk of days at a time: all there are, or as many as
 * the budget covers. Days whose keys went in a run that ended before their
 * rows did come first, and go whatever the budget.
 */
#include <stdlib.h>

#include "retention/sweep_run.h"

#define PERIODS 512 /* of which the keys go in one transaction */
#define KEEPERS_POOL_MAX ((size_t)64 * 1024 * 1024)

/* Days that go whole and that nothing keeps, in the order of the period table. */
struct chunk {
	struct run *run;
	struct keepers keepers; /* once it is asked what they keep */
	struct pool pool;       /* of theirs */
	bool asked;
	struct period *periods;
	size_t count, room;
	int64_t records;       /* of theirs */
	int64_t wanted, wanted_days; /* so many are enough; of either */
	bool shut;             /* the keys of some are gone already */
	bool full;             /* there are more */
	bool told;             /* that nothing of it can be read */
	int kind;              /* how far it came */
	struct date after;
};

struct locking {
	struct run *run;
	struct session *session;
	const struct period *periods; /* up to PERIODS of the chunk */
	size_t count;
	int64_t days; /* of this transaction, whose keys went */
};

/* ---- which days ---- */

/* Does all of it go? */
static bool all_goes(const struct run *run, const struct keepers *keepers, const struct period *period)
{
	const struct verdict_rules rules = expire_rules(&run->terms, keepers);
	struct ruling ruling;

	return verdict_of_period(&rules, period->kind, period->day, &ruling) && ruling.fate == FATE_GOES;
}

/* Where nothing is due, which is nearly always, nobody asks. */
static enum result goes_whole(struct chunk *chunk, const struct period *period, bool *whole, struct err *err)
{
	struct run *run = chunk->run;
	enum result r = OK;

	if (!chunk->asked)
		r = keepers_load_due(&run->vault->read, run->account.number, run->now, (struct date){INT32_MIN},
				     (struct date){INT32_MAX}, &chunk->pool, &chunk->keepers, err);
	chunk->asked = true;
	*whole = r == OK && all_goes(run, &chunk->keepers, period);
	return r;
}

static enum result add(struct chunk *chunk, const struct period *period, struct err *err)
{
	size_t room = chunk->room == 0 ? PERIODS : chunk->room * 2;
	struct period *more;

	if (chunk->count == chunk->room) {
		more = realloc(chunk->periods, room * sizeof *more);
		if (more == NULL)
			return err_no_memory(err);
		chunk->periods = more;
		chunk->room = room;
	}
	chunk->periods[chunk->count++] = *period;
	chunk->records += period->records;
	return OK;
}

static enum result consider(struct chunk *chunk, const struct period *period, struct err *err)
{
	struct session *session = &chunk->run->vault->read;
	uint32_t account = chunk->run->account.number;
	bool has_key, needed = true;
	enum result r = expire_has_key(session, account, period, period->part + 2, &has_key, err);

	if (r == OK && !has_key)
		r = expire_needed(session, account, period, &needed, err);
	if (r == OK && needed)
		r = goes_whole(chunk, period, &needed, err);
	chunk->full = r == OK && needed && has_key &&
		      (chunk->records >= chunk->wanted || (int64_t)chunk->count >= chunk->wanted_days);
	if (r != OK || !needed || chunk->full)
		return r;
	chunk->shut |= !has_key;
	return add(chunk, period, err);
}

static enum result choose_kind(struct chunk *chunk, struct err *err)
{
	struct run *run = chunk->run;
	struct period page[BATCH_PERIODS];
	size_t count;
	enum result r;

	do {
		r = period_list(run->vault->read.data, run->account.number, (enum record_kind)chunk->kind, chunk->after,
				run->out->kinds[chunk->kind].cutoff, page, BATCH_PERIODS, &count, err);
		for (size_t i = 0; i < count && r == OK && !chunk->full; i++) {
			r = consider(chunk, &page[i], err);
			chunk->after = chunk->full ? chunk->after : page[i].day;
		}
	} while (r == OK && count == BATCH_PERIODS && !chunk->full);
	return r;
}

static enum result choose_kinds(struct chunk *chunk, struct err *err)
{
	enum result r = OK;

	while (chunk->kind <= KIND_LAST && r == OK) {
		if (chunk->run->out->kinds[chunk->kind].bounded)
			r = choose_kind(chunk, err);
		if (chunk->full)
			break;
		chunk->kind++;
		chunk->after = (struct date){INT32_MIN};
	}
	return r;
}

/* The next days. */
static enum result choose(struct chunk *chunk, struct err *err)
{
	enum result r;

	chunk->count = 0;
	chunk->records = 0;
	chunk->shut = chunk->full = chunk->asked = false;
	chunk->keepers = (struct keepers){.holds = {.count = 0}};
	pool_init(&chunk->pool, KEEPERS_POOL_MAX);
	r = choose_kinds(chunk, err);
	keepers_free(&chunk->keepers);
	pool_free(&chunk->pool);
	return r;
}

/* ---- their keys ---- */

/* Also that of a part which a crash kept from being named. What an import adds before the rows go is of a later part:
 * under a new key of the same number the old rows would look damaged. */
static enum result lock_period(struct locking *locking, struct period *period, struct err *err)
{
	uint32_t account = locking->run->account.number;
	bool existed;
	enum result r = OK;

	for (int part = 0; part < period->part + 2 && r == OK; part++)
		r = keyring_destroy(locking->session->ring, account, KEY_PERIOD,
				    key_period_number(period->kind, period->day, part), &existed, err);
	period->part += 2;
	locking->days++;
	return r == OK ? period_set_looked(locking->session->data, account, period, err) : r;
}

static enum result note_keys(const struct locking *locking, struct err *err)
{
	struct act act;

	act_begin(&act, "retention.keys", locking->run->account.number, locking->run->now);
	act_id(&act, "job", JOB_PREFIX, locking->run->job.id);
	act_int(&act, "periods", locking->days);
	return act_append(&act, locking->session->data, NULL, err);
}

static enum result lock_with(struct locking *locking, const struct keepers *keepers, struct err *err)
{
	uint32_t account = locking->run->account.number;
	enum result r = OK;

	locking->days = 0;
	for (size_t i = 0; i < locking->count && r == OK; i++) {
		struct period period;
		bool has_key = false;

		r = period_get(locking->session->data, account, locking->periods[i].kind, locking->periods[i].day,
			       &period, err);
		if (r == OK && all_goes(locking->run, keepers, &period))
			r = expire_has_key(locking->session, account, &period, period.part + 2, &has_key, err);
		if (r == OK && has_key)
			r = lock_period(locking, &period, err);
	}
	return r == OK && locking->days > 0 ? note_keys(locking, err) : r;
}

static void range_of(const struct locking *locking, struct date *first, struct date *last)
{
	*first = *last = locking->periods[0].day;
	for (size_t i = 1; i < locking->count; i++) {
		struct date day = locking->periods[i].day;

		*first = day.days < first->days ? day : *first;
		*last = day.days > last->days ? day : *last;
	}
}

/* Holds, and what they touch, as they are in this very transaction. */
static enum result lock_op(struct session *session, void *arg, struct err *err)
{
	struct locking *locking = arg;
	struct keepers keepers;
	struct date first, last;
	struct pool pool;
	enum result r;

	locking->session = session;
	range_of(locking, &first, &last);
	pool_init(&pool, KEEPERS_POOL_MAX);
	r = keepers_load_due(session, locking->run->account.number, locking->run->now, first, last, &pool, &keepers,
			     err);
	if (r == OK)
		r = lock_with(locking, &keepers, err);
	keepers_free(&keepers);
	pool_free(&pool);
	return r;
}

static enum result lock(struct chunk *chunk, struct err *err)
{
	struct run *run = chunk->run;
	enum result r = OK;

	for (size_t done = 0; done < chunk->count && r == OK; done += PERIODS) {
		struct locking locking = {.run = run, .periods = chunk->periods + done};

		locking.count = chunk->count - done < PERIODS ? chunk->count - done : PERIODS;
		r = vault_write(run->vault, lock_op, &locking, err);
		run->locked |= r == OK && locking.days > 0;
	}
	if (r == OK && run->locked)
		r = vault_scrub(run->vault, err);
	/* A reader kept a log from being emptied: it is tried again at the end, and told of. */
	return r == ERR_BUSY ? OK : r;
}

/* ---- chunk by chunk ---- */

/* Of what is left of the time half, at the pace so far; first of all a batch, which tells the pace. */
static int64_t by_time(const struct run *run, int64_t done, int64_t least)
{
	int64_t spent = run->budget.clock(run->budget.clock_arg) - run->clock_began, left = run->budget.ms - spent;
	int64_t wanted = spent > 0 && left > 0 ? done * left / spent / 2 : 0;

	return wanted > least ? wanted : least;
}

static void set_wanted(struct chunk *chunk)
{
	const struct run *run = chunk->run;
	const struct sweep_budget *budget = &run->budget;

	chunk->wanted = chunk->wanted_days = INT64_MAX;
	if (budget->all_keys)
		return;
	if (budget->ms > 0) {
		chunk->wanted = by_time(run, run->deleted, BATCH_RECORDS);
		chunk->wanted_days = by_time(run, (int64_t)run->swept_count, BATCH_PERIODS);
	}
	if (budget->records > 0 && budget->records - run->deleted < chunk->wanted)
		chunk->wanted = budget->records - run->deleted;
	if (run->out->spent)
		chunk->wanted = 0;
}

/* A single batch has its keys and rows go together: nothing would be gained by destroying keys before. */
static bool is_worth_it(const struct chunk *chunk)
{
	return chunk->count > BATCH_PERIODS || chunk->records > BATCH_RECORDS;
}

static bool same_month(const struct period *a, const struct period *b)
{
	return a->kind == b->kind && date_month_index(a->day) == date_month_index(b->day);
}

/* Months from `from` on that fill a transaction of records, if there are so many; where they end. */
static size_t months_end(const struct chunk *chunk, size_t from)
{
	int64_t records = 0;
	size_t i = from;

	while (i < chunk->count && (records < BATCH_RECORDS || same_month(&chunk->periods[i], &chunk->periods[i - 1])))
		records += chunk->periods[i++].records;
	return i;
}

/* Months at a time, so that who stops or has a budget has not walked them all. */
static enum result do_months(struct chunk *chunk, bool whatever, bool *whole, struct err *err)
{
	struct run *run = chunk->run;
	enum result r = OK;

	*whole = true;
	for (size_t from = 0, until; from < chunk->count && r == OK && *whole; from = until) {
		until = months_end(chunk, from);
		*whole = false;
		r = sweep_clear_parties(run, chunk->periods + from, until - from, err);
		if (r == OK && !run->out->stopped)
			r = sweep_rows(run, chunk->periods + from, until - from, whatever, whole, err);
	}
	return r;
}

/* Once keys are gone, rows go whatever the budget, unless another run goes on with them. */
static enum result do_chunk(struct chunk *chunk, struct err *err)
{
	struct run *run = chunk->run;
	bool worth = is_worth_it(chunk), whole = false;
	enum result r = OK;

	run->locked |= chunk->shut;
	if (worth && sweep_asked_to_stop(run, SWEEP_RELEASED))
		return OK;
	if (worth)
		r = lock(chunk, err);
	if (r == OK && (worth || !chunk->told)) {
		chunk->told = true;
		if (sweep_asked_to_stop(run, SWEEP_UNREADABLE))
			return OK;
	}
	if (r == OK)
		r = do_months(chunk, run->locked && !run->budget.all_keys, &whole, err);
	run->locked = run->locked && !whole;
	return r;
}

static enum result do_chunks(struct chunk *chunk, struct err *err)
{
	struct run *run = chunk->run;
	enum result r;

	do {
		set_wanted(chunk);
		r = choose(chunk, err);
		if (r == OK && chunk->count > 0)
			r = do_chunk(chunk, err);
	} while (r == OK && chunk->full && !run->out->stopped && !run->out->spent);
	return r;
}

enum result sweep_destroy_keys(struct run *run, struct err *err)
{
	struct chunk chunk = {.run = run, .kind = KIND_FIRST, .after = {INT32_MIN}};
	enum result r = do_chunks(&chunk, err);

	free(chunk.periods);
	if (r == OK && !chunk.told)
		sweep_asked_to_stop(run, SWEEP_UNREADABLE);
	return r;
}
