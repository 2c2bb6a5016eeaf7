/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/sweep_all.h"

#define SLICE_POOL_MAX ((size_t)64 * 1024 * 1024)
#define ACCOUNTS_PAGE 64

struct rounds {
	struct vault *vault;
	struct instant now;
	const struct sweep_budget *budget;
	sweep_progress *progress;
	void *arg;
	struct pool *pool;
	struct sweep_all *out;
	int64_t clock_began;
	int64_t deleted; /* records, by all so far */
	size_t waiting;  /* for their slice of this round, the one at work included */
};

/* ---- what is left of the budget ---- */

static int64_t ms_left(const struct rounds *rounds)
{
	const struct sweep_budget *budget = rounds->budget;

	return budget->ms - (budget->clock(budget->clock_arg) - rounds->clock_began);
}

static bool is_spent(const struct rounds *rounds)
{
	return (rounds->budget->records > 0 && rounds->deleted >= rounds->budget->records) ||
	       (rounds->budget->ms > 0 && ms_left(rounds) <= 0);
}

static int64_t share_of(const struct rounds *rounds, int64_t left)
{
	int64_t share = left / (int64_t)rounds->waiting;

	return share > 0 ? share : 1;
}

static struct sweep_budget slice_of(const struct rounds *rounds)
{
	struct sweep_budget slice = *rounds->budget;

	slice.records = SWEEP_SLICE;
	slice.all_keys = rounds->budget->records == 0 && rounds->budget->ms == 0;
	if (rounds->budget->records > 0 && share_of(rounds, rounds->budget->records - rounds->deleted) < SWEEP_SLICE)
		slice.records = share_of(rounds, rounds->budget->records - rounds->deleted);
	if (slice.ms > 0)
		slice.ms = share_of(rounds, ms_left(rounds));
	return slice;
}

/* ---- a slice ---- */

static int64_t add_kinds(struct sweep_result *sum, const struct sweep_result *slice)
{
	int64_t records = 0;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		const struct sweep_done *from = &slice->kinds[kind];
		struct sweep_done *to = &sum->kinds[kind], before = *to;

		*to = *from; /* what is held is counted anew by each */
		to->periods += before.periods;
		to->parts += before.parts;
		to->records += before.records;
		to->media += before.media;
		to->bytes += before.bytes;
		to->kept += before.kept;
		to->cut += before.cut;
		records += from->records;
	}
	return records;
}

static void add_left(struct sweep_left *to, const struct sweep_left *from)
{
	to->records += from->records;
	to->media += from->media;
	to->keys += from->keys;
	to->counts += from->counts;
	to->contacts += from->contacts;
	to->blobs = from->blobs;
	to->damaged = from->damaged;
	to->damaged_kept = from->damaged_kept;
	to->log = from->log;
}

static void add_slice(struct rounds *rounds, struct sweep_turns *turns, const struct sweep_result *slice)
{
	struct sweep_result *sum = &turns->sum;

	rounds->deleted += add_kinds(sum, slice);
	add_left(&sum->left, &slice->left);
	sum->job = slice->job;
	sum->today = slice->today;
	sum->contacts += slice->contacts;
	sum->purged += slice->purged;
	sum->purged_kept += slice->purged_kept;
	sum->hold_keys += slice->hold_keys;
	sum->moved += slice->moved;
	sum->duties += slice->duties;
	sum->cut_again += slice->cut_again;
	sum->labels += slice->labels;
	sum->carried += slice->carried;
	for (size_t i = 0; i < slice->damaged_count; i++)
		sweep_name(sum, &slice->damaged[i]);
	sum->seq = slice->seq;
	sum->stopped = slice->stopped;
	sum->spent = slice->spent;
	turns->slices++;
	turns->done = !slice->spent;
}

static enum result run_slice(struct rounds *rounds, struct sweep_turns *turns, struct err *err)
{
	struct sweep_budget slice = slice_of(rounds);
	struct sweep_result result = {.stopped = false};
	struct pool pool;
	enum result r = OK;

	if (turns->slices == 0)
		r = logs_prune(rounds->vault, turns->account.number, rounds->now, &turns->logs, err);
	if (r != OK)
		return r;
	pool_init(&pool, SLICE_POOL_MAX);
	r = sweep_run_within(rounds->vault, &turns->account, rounds->now, &slice, rounds->progress, rounds->arg, &pool,
			     &result, err);
	if (r == OK || r == ERR_INTERRUPTED)
		add_slice(rounds, turns, &result);
	pool_free(&pool);
	return r;
}

/* One account's damage is not to keep the others' data longer than they may be kept. */
static enum result take_turn(struct rounds *rounds, struct sweep_turns *turns, struct err *err)
{
	enum result r = run_slice(rounds, turns, err);

	if (r != ERR_CORRUPT && r != ERR_UNSUPPORTED)
		return r;
	turns->result = r;
	turns->err = *err;
	turns->done = true;
	return OK;
}

/* ---- rounds ---- */

static size_t count_waiting(const struct sweep_all *all)
{
	size_t waiting = 0;

	for (size_t i = 0; i < all->count; i++)
		waiting += !all->accounts[i].done;
	return waiting;
}

static enum result run_round(struct rounds *rounds, bool first, struct err *err)
{
	struct sweep_all *all = rounds->out;
	enum result r = OK;

	for (size_t i = 0; i < all->count && r == OK && (first || !is_spent(rounds)); i++) {
		if (all->accounts[i].done)
			continue;
		r = take_turn(rounds, &all->accounts[i], err);
		rounds->waiting--;
	}
	return r;
}

static enum result run_rounds(struct rounds *rounds, struct err *err)
{
	bool first = true;
	enum result r = OK;

	rounds->waiting = count_waiting(rounds->out);
	while (r == OK && rounds->waiting > 0 && (first || !is_spent(rounds))) {
		r = run_round(rounds, first, err);
		rounds->waiting = count_waiting(rounds->out);
		first = false;
	}
	rounds->out->stopped = r == ERR_INTERRUPTED;
	rounds->out->spent = r == OK && rounds->waiting > 0;
	return r;
}

/* ---- which accounts ---- */

static enum result count_accounts(struct rounds *rounds, size_t *count, struct err *err)
{
	uint32_t page[ACCOUNTS_PAGE], after = 0;
	size_t more;
	enum result r;

	*count = 0;
	do {
		r = account_list(rounds->vault->read.data, after, page, ACCOUNTS_PAGE, &more, err);
		after = r == OK && more > 0 ? page[more - 1] : after;
		*count += r == OK ? more : 0;
	} while (r == OK && more == ACCOUNTS_PAGE);
	return r;
}

static enum result load_accounts(struct rounds *rounds, struct err *err)
{
	struct sweep_all *all = rounds->out;
	uint32_t number = 0;
	size_t room, found = 1;
	enum result r = count_accounts(rounds, &room, err);

	if (r != OK)
		return r;
	all->accounts = pool_alloc(rounds->pool, (room + 1) * sizeof *all->accounts);
	if (all->accounts == NULL)
		return err_no_memory(err);
	while (r == OK && found > 0 && all->count < room) {
		struct sweep_turns *turns = &all->accounts[all->count];

		r = account_list(rounds->vault->read.data, number, &number, 1, &found, err);
		if (r != OK || found == 0)
			break;
		*turns = (struct sweep_turns){.slices = 0};
		r = accounts_get(&rounds->vault->read, number, rounds->pool, &turns->account, err);
		all->count += r == OK;
	}
	return r;
}

enum result sweep_all(struct vault *vault, struct instant now, const struct sweep_budget *budget,
		      sweep_progress *progress, void *arg, struct pool *pool, struct sweep_all *out, struct err *err)
{
	struct rounds rounds = {.vault = vault, .now = now, .budget = budget, .progress = progress, .arg = arg,
				.pool = pool, .out = out};
	enum result r;

	*out = (struct sweep_all){.count = 0};
	rounds.clock_began = budget->ms > 0 ? budget->clock(budget->clock_arg) : 0;
	r = load_accounts(&rounds, err);
	return r == OK ? run_rounds(&rounds, err) : r;
}
