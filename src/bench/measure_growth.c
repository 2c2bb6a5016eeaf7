/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Importing the same number of calls into a large vault, against a vault of a
 * tenth of its size.
 */
#include "bench/measure.h"

#include <stdio.h>
#include <unistd.h>

#define NEXT_MAX 100000 /* and no more than the small vault has */
#define NEXT_DAYS 30

struct growing {
	struct measure *m;
	int64_t records; /* in the vault */
	const char *name;
	struct calls next;
	char file[GROUND_PATH_MAX];
};

static struct calls first_calls(int64_t records)
{
	return (struct calls){.seed = 3, .total = records, .people = records / 10 / 2 * 2, .first = calls_epoch(),
			      .days = 730};
}

/* Those of a later month, between the same people. */
static struct calls next_calls(int64_t records, int64_t count, int round)
{
	struct calls next = first_calls(records);

	next.seed = 4 + (uint64_t)round;
	next.total = count;
	next.first = date_add_days(next.first, 730 + round * NEXT_DAYS);
	next.days = NEXT_DAYS;
	return next;
}

static enum result import_next(void *arg, struct sample *out, struct err *err)
{
	struct growing *growing = arg;
	struct plot plot;
	struct moment started;
	enum result r = ground_open(&growing->m->ground, growing->name, true, &plot, err);

	if (r != OK)
		return r;
	started = child_now();
	r = ground_import(&growing->m->ground, &plot, growing->file, growing->next.total, err);
	child_stop(out, started);
	out->units = growing->next.total;
	if (r == OK)
		r = vault_scrub(plot.vault, err);
	ground_close(&plot);
	return r;
}

static enum result grow(struct measure *m, const char *name, int64_t records, int64_t count, int round,
			struct sample *out, struct err *err)
{
	struct growing growing = {.m = m, .records = records, .name = name,
				  .next = next_calls(records, count, round)};
	enum result r = measure_step(m, err, "importing %lld more calls into %lld", (long long)count,
				     (long long)records);

	ground_path(&m->ground, "next.jsonl", growing.file);
	if (r == OK)
		r = calls_write(&growing.next, 0, count, growing.file, err);
	if (r == OK)
		r = child_run(import_next, &growing, out, err);
	unlink(growing.file);
	return r;
}

static enum result fill(struct measure *m, const char *name, int64_t records, struct err *err)
{
	struct calls calls = first_calls(records);
	enum result r = measure_step(m, err, "filling a vault with %lld records", (long long)records);

	return r == OK ? ground_fill(&m->ground, name, &calls, err) : r;
}

static enum result measure_rounds(struct measure *m, int64_t small, int64_t large, int64_t count,
				  struct rounds *rounds, struct err *err)
{
	struct sample in_small, in_large;
	enum result r = fill(m, "small", small, err);

	if (r == OK)
		r = fill(m, "large", large, err);
	for (int i = 0; i < m->options->rounds && r == OK; i++) {
		r = grow(m, "small", small, count, i, &in_small, err);
		if (r == OK)
			r = grow(m, "large", large, count, i, &in_large, err);
		if (r == OK)
			rounds_add(rounds, &in_small, &in_large);
	}
	ground_remove(&m->ground, "small");
	ground_remove(&m->ground, "large");
	return r;
}

enum result measure_growth(struct measure *m, struct err *err)
{
	int64_t large = m->options->grown, small = large / 10;
	int64_t count = small < NEXT_MAX ? small : NEXT_MAX;
	struct figure figure = {.name = "growth", .unit = "records", .sense = FIGURE_COST, .target = 1.5};
	struct rounds rounds = {.count = 0};
	enum result r = measure_rounds(m, small, large, count, &rounds, err);

	if (r != OK)
		return r;
	snprintf(figure.what, sizeof figure.what, "the next %lld calls at %lld records", (long long)count,
		 (long long)large);
	snprintf(figure.against, sizeof figure.against, "the same at %lld", (long long)small);
	figure_of(&figure, &rounds);
	measure_figure(m, &figure);
	return OK;
}
