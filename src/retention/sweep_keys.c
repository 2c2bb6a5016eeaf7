/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The keys of all days that go whole, before any of their rows: see
 * retention/sweep.h.
 */
#include <stdlib.h>

#include "retention/sweep_run.h"

#define PERIODS 512 /* of which the keys go in one transaction */
#define KEEPERS_POOL_MAX ((size_t)64 * 1024 * 1024)

struct locking {
	struct run *run;
	struct session *session;
	struct period periods[PERIODS];
	size_t count;
	int64_t days; /* of this transaction, whose keys went */
};

/* Does all of it go, and is there a key of its? */
static enum result wants_locking(const struct run *run, struct session *session, const struct keepers *keepers,
				 const struct period *period, bool *wants, struct err *err)
{
	const struct verdict_rules rules = expire_rules(&run->terms, keepers);
	struct ruling ruling;

	*wants = verdict_of_period(&rules, period->kind, period->day, &ruling) && ruling.fate == FATE_GOES;
	return *wants ? expire_has_key(session, run->account.number, period, period->part + 2, wants, err) : OK;
}

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
		bool wants;

		r = period_get(locking->session->data, account, locking->periods[i].kind, locking->periods[i].day,
			       &period, err);
		if (r == OK)
			r = wants_locking(locking->run, locking->session, keepers, &period, &wants, err);
		if (r == OK && wants)
			r = lock_period(locking, &period, err);
	}
	return r == OK && locking->days > 0 ? note_keys(locking, err) : r;
}

/* Holds as they are in this very transaction. */
static enum result lock_op(struct session *session, void *arg, struct err *err)
{
	struct locking *locking = arg;
	struct keepers keepers;
	struct pool pool;
	enum result r;

	locking->session = session;
	pool_init(&pool, KEEPERS_POOL_MAX);
	r = keepers_load(session, locking->run->account.number, locking->run->now, &pool, &keepers, err);
	if (r == OK)
		r = lock_with(locking, &keepers, err);
	keepers_free(&keepers);
	pool_free(&pool);
	return r;
}

static enum result lock_some(struct locking *locking, struct err *err)
{
	enum result r = locking->count > 0 ? vault_write(locking->run->vault, lock_op, locking, err) : OK;

	if (r == OK && locking->count > 0 && locking->days > 0)
		locking->run->locked = true;
	locking->count = 0;
	return r;
}

static enum result lock_kind(struct locking *locking, enum record_kind kind, const struct keepers *keepers,
			     struct err *err)
{
	struct run *run = locking->run;
	struct period page[BATCH_PERIODS];
	struct date after = {INT32_MIN};
	size_t count;
	bool wants;
	enum result r;

	do {
		r = period_list(run->vault->read.data, run->account.number, kind, after, run->out->kinds[kind].cutoff,
				page, BATCH_PERIODS, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = page[i].day;
			r = wants_locking(run, &run->vault->read, keepers, &page[i], &wants, err);
			if (r == OK && wants)
				locking->periods[locking->count++] = page[i];
		}
		if (r == OK && locking->count + BATCH_PERIODS > PERIODS)
			r = lock_some(locking, err);
	} while (r == OK && count == BATCH_PERIODS);
	return r;
}

static enum result lock_all(struct locking *locking, struct err *err)
{
	struct run *run = locking->run;
	struct keepers keepers;
	struct pool pool;
	enum result r;

	pool_init(&pool, KEEPERS_POOL_MAX);
	r = keepers_load(&run->vault->read, run->account.number, run->now, &pool, &keepers, err);
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		if (run->out->kinds[kind].bounded)
			r = lock_kind(locking, (enum record_kind)kind, &keepers, err);
	}
	if (r == OK)
		r = lock_some(locking, err);
	keepers_free(&keepers);
	pool_free(&pool);
	return r;
}

/* A single batch has its keys and rows go together: nothing would be gained. */
static enum result is_worth_it(struct run *run, bool *worth, struct err *err)
{
	int64_t days = 0, records = 0;
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		struct period sum;
		int64_t of_kind = 0;

		if (!run->out->kinds[kind].bounded)
			continue;
		r = period_sum(run->vault->read.data, run->account.number, (enum record_kind)kind,
			       run->out->kinds[kind].cutoff, &sum, &of_kind, err);
		days += of_kind;
		records += r == OK ? sum.records : 0;
	}
	*worth = run->budget.records == 0 && run->budget.ms == 0 && (days > BATCH_PERIODS || records > BATCH_RECORDS);
	return r;
}

enum result sweep_destroy_keys(struct run *run, struct err *err)
{
	struct locking *locking;
	bool worth;
	enum result r = is_worth_it(run, &worth, err);

	if (r == OK && worth) {
		locking = calloc(1, sizeof *locking);
		if (locking == NULL)
			return err_no_memory(err);
		locking->run = run;
		r = lock_all(locking, err);
		free(locking);
		if (r == OK && run->locked)
			r = vault_scrub(run->vault, err);
		/* A reader kept a log from being emptied: it is tried again at the end, and told of. */
		r = r == ERR_BUSY ? OK : r;
	}
	if (r == OK)
		sweep_asked_to_stop(run, SWEEP_UNREADABLE);
	return r;
}
