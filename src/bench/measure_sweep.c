/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A retention run, against SQLite deleting the same rows: each round is a
 * month later than the one before, so that as much is due again.  Then runs in
 * larger and larger vaults, of which five sixths are due, and how much sooner
 * all of it cannot be read than it is gone; and of the largest the same beside a
 * hold on somebody.
 */
#include "bench/measure.h"

#include <stdio.h>

#include "bench/raw.h"
#include "retention/sweep.h"

#define ROUND_DAYS 30
#define CALLS_A_TRANSACTION 32768 /* as a run does: src/retention/sweep_run.h */

struct sweeping {
	struct measure *m;
	struct calls calls;
	int round;
};

static struct calls all_calls(const struct measure *m)
{
	int64_t records = m->options->records;

	return (struct calls){.seed = 5, .total = records, .people = records / 10, .first = calls_epoch(),
			      .days = ROUND_DAYS * (m->options->rounds + 1)};
}

/* The number of the first call of a round; those of whole days, so that both delete the same. */
static int64_t first_of_round(const struct sweeping *sweeping, int round)
{
	int64_t n = sweeping->calls.total * round / (sweeping->m->options->rounds + 1);
	struct date day = date_add_days(sweeping->calls.first, round * ROUND_DAYS);

	while (n > 0 && call_make(&sweeping->calls, n - 1).at.ms >= date_start(day).ms)
		n--;
	while (n < sweeping->calls.total && call_make(&sweeping->calls, n).at.ms < date_start(day).ms)
		n++;
	return n;
}

static enum result set_policy(struct session *session, void *arg, struct err *err)
{
	const struct plot *plot = arg;
	struct policy policy = {.kind = KIND_CALL, .keep = {.days = 1}, .set_at = date_start(calls_epoch()),
				.begins_at = date_start(calls_epoch()), .set_by = "bench"};

	return policy_put(session->data, plot->account.number, &policy, err);
}

/* ---- preparing ---- */

static enum result fill_raw(void *arg, struct sample *out, struct err *err)
{
	struct sweeping *sweeping = arg;
	char path[GROUND_PATH_MAX];
	struct raw *raw = NULL;
	enum result r = raw_create(ground_path(&sweeping->m->ground, "raw.db", path), &raw, err);

	if (r == OK)
		r = raw_insert(raw, &sweeping->calls, 0, sweeping->calls.total, out, err);
	raw_close(raw);
	return r;
}

static enum result limit(void *arg, struct sample *out, struct err *err)
{
	struct sweeping *sweeping = arg;
	struct plot plot;
	enum result r = ground_open(&sweeping->m->ground, "sweep", true, &plot, err);

	(void)out;
	if (r != OK)
		return r;
	r = vault_write(plot.vault, set_policy, &plot, err);
	ground_close(&plot);
	return r;
}

static enum result prepare(struct sweeping *sweeping, struct err *err)
{
	long long total = (long long)sweeping->calls.total;
	struct sample ignored;
	enum result r = measure_step(sweeping->m, err, "inserting %lld rows into SQLite", total);

	if (r == OK)
		r = child_run(fill_raw, sweeping, &ignored, err);
	if (r == OK)
		r = measure_step(sweeping->m, err, "filling a vault with %lld records", total);
	if (r == OK)
		r = ground_fill(&sweeping->m->ground, "sweep", &sweeping->calls, err);
	return r == OK ? child_run(limit, sweeping, &ignored, err) : r;
}

/* ---- measuring ---- */

static enum result delete_raw(void *arg, struct sample *out, struct err *err)
{
	struct sweeping *sweeping = arg;
	char path[GROUND_PATH_MAX];
	struct raw *raw = NULL;
	enum result r = raw_again(ground_path(&sweeping->m->ground, "raw.db", path), &raw, err);

	if (r == OK)
		r = raw_delete(raw, &sweeping->calls, first_of_round(sweeping, sweeping->round),
			       first_of_round(sweeping, sweeping->round + 1), CALLS_A_TRANSACTION, out, err);
	raw_close(raw);
	return r;
}

static enum result run_ours(void *arg, struct sample *out, struct err *err)
{
	struct sweeping *sweeping = arg;
	/* With a day to keep, what is before that of the next round is due. */
	struct instant now = date_start(date_add_days(sweeping->calls.first, (sweeping->round + 1) * ROUND_DAYS));
	int64_t due = first_of_round(sweeping, sweeping->round + 1) - first_of_round(sweeping, sweeping->round);
	struct moment started;
	struct sweep_result result;
	struct plot plot;
	enum result r = ground_open(&sweeping->m->ground, "sweep", true, &plot, err);

	if (r != OK)
		return r;
	started = child_now();
	r = sweep_run(plot.vault, &plot.account, now, NULL, NULL, &plot.pool, &result, err);
	child_stop(out, started);
	out->units = due;
	if (r == OK && (result.kinds[KIND_CALL].records != due || sweep_left_any(&result.left)))
		r = err_set(err, ERR_INTERNAL, "of %lld records due, %lld were deleted", (long long)due,
			    (long long)result.kinds[KIND_CALL].records);
	ground_close(&plot);
	return r;
}

static enum result measure_rounds(struct sweeping *sweeping, struct rounds *rounds, struct err *err)
{
	struct sample raw, ours;
	enum result r = OK;

	for (; sweeping->round < sweeping->m->options->rounds && r == OK; sweeping->round++) {
		r = measure_step(sweeping->m, err, "deleting a month's rows from SQLite");
		if (r == OK)
			r = child_run(delete_raw, sweeping, &raw, err);
		if (r == OK)
			r = measure_step(sweeping->m, err, "sweeping a month's records");
		if (r == OK)
			r = child_run(run_ours, sweeping, &ours, err);
		if (r == OK)
			rounds_add(rounds, &raw, &ours);
	}
	return r;
}

static enum result measure_raw(struct measure *m, struct err *err)
{
	static const char *const names[] = {"raw.db", "raw.db-wal", "raw.db-shm", "sweep"};
	struct sweeping sweeping = {.m = m, .calls = all_calls(m)};
	struct figure figure = {.name = "sweep", .against = "raw SQLite deletes of the same rows", .unit = "records",
				.sense = FIGURE_COST};
	struct rounds rounds = {.count = 0};
	enum result r = prepare(&sweeping, err);

	if (r == OK)
		r = measure_rounds(&sweeping, &rounds, err);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ground_remove(&m->ground, names[i]);
	if (r != OK)
		return r;
	snprintf(figure.what, sizeof figure.what, "retention run over %lld of %lld records",
		 (long long)(sweeping.calls.total / (m->options->rounds + 1)), (long long)sweeping.calls.total);
	figure_of(&figure, &rounds);
	measure_figure(m, &figure);
	return OK;
}

/* ---- larger and larger vaults ---- */

struct growing {
	struct sizes sizes;
	struct due due[SIZES_MAX];
	struct rounds whole[SIZES_MAX], first[SIZES_MAX], held;
};

/* The largest again. */
static enum result one_held(struct measure *m, struct growing *growing, const struct sample *baseline, struct err *err)
{
	struct due due = growing->due[growing->sizes.count - 1];
	struct sample ours;
	enum result r;

	due.held = true;
	r = measure_due_sweep(m, &due, &ours, err);
	if (r == OK)
		rounds_add(&growing->held, baseline, &ours);
	return r;
}

static enum result one_round(struct measure *m, struct growing *growing, struct err *err)
{
	struct sample samples[SIZES_MAX], first;
	enum result r = OK;

	for (size_t i = 0; i < growing->sizes.count && r == OK; i++) {
		r = measure_due_sweep(m, &growing->due[i], &samples[i], err);
		if (r != OK)
			return r;
		first = child_until_first(&samples[i]);
		rounds_add(&growing->whole[i], &samples[0], &samples[i]);
		rounds_add(&growing->first[i], &samples[i], &first);
	}
	return r == OK ? one_held(m, growing, &samples[growing->sizes.count - 1], err) : r;
}

/* What the sizes above the first cost, against the first. */
static void hand_out_whole(struct measure *m, const struct due *least, const struct due *due, const struct rounds *rounds)
{
	struct figure whole = {.name = "sweep", .unit = "records", .sense = FIGURE_COST, .target = 1.3};

	snprintf(whole.what, sizeof whole.what, "one record of %lld due among %lld", (long long)due->expired,
		 (long long)due->records);
	snprintf(whole.against, sizeof whole.against, "the same of %lld among %lld", (long long)least->expired,
		 (long long)least->records);
	figure_of(&whole, rounds);
	measure_figure(m, &whole);
}

static void hand_out_first(struct measure *m, const struct due *due, const struct rounds *rounds)
{
	struct figure first = {.name = "sweep", .unit = "records", .sense = FIGURE_RATE};

	snprintf(first.what, sizeof first.what, "until none of %lld due among %lld can be read", (long long)due->expired,
		 (long long)due->records);
	snprintf(first.against, sizeof first.against, "until they are gone, in the same run");
	figure_of(&first, rounds);
	measure_figure(m, &first);
}

static void hand_out_held(struct measure *m, const struct due *due, const struct rounds *rounds)
{
	struct figure held = {.name = "sweep", .against = "the same without a hold", .unit = "records", .sense = FIGURE_COST};

	snprintf(held.what, sizeof held.what, "one record of %lld due among %lld, somebody held", (long long)due->expired,
		 (long long)due->records);
	figure_of(&held, rounds);
	measure_figure(m, &held);
}

static enum result measure_growing(struct measure *m, struct err *err)
{
	struct growing growing = {.sizes = measure_due_sizes(m)};
	enum result r = OK;

	for (size_t i = 0; i < growing.sizes.count; i++)
		growing.due[i] = measure_due(growing.sizes.records[i]);
	for (int round = 0; round < m->options->rounds && r == OK; round++)
		r = one_round(m, &growing, err);
	for (size_t i = 0; i < growing.sizes.count && r == OK; i++) {
		if (i > 0)
			hand_out_whole(m, &growing.due[0], &growing.due[i], &growing.whole[i]);
		hand_out_first(m, &growing.due[i], &growing.first[i]);
	}
	if (r == OK)
		hand_out_held(m, &growing.due[growing.sizes.count - 1], &growing.held);
	return r;
}

enum result measure_sweep(struct measure *m, struct err *err)
{
	enum result r = measure_raw(m, err);

	return r == OK ? measure_growing(m, err) : r;
}
