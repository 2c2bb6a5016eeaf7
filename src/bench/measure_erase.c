/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Erasing somebody with 50 records, in larger and larger vaults.
 */
#include "bench/measure.h"

#include <stdio.h>

#include "privacy/erase.h"

#define ERASURES 5 /* in each round: few, or what is left of a small vault would be another one */

struct erasing {
	struct measure *m;
	int64_t records;
	char name[32];
	int round;
};

static enum result erase_one(const struct erasing *erasing, struct plot *plot, int64_t who, struct err *err)
{
	const struct erase_options options = {.now = erasing->m->ground.now};
	char phone[CALL_PHONE_MAX];
	struct erase_result result;
	struct pool pool;
	struct id id;
	enum result r;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	r = person_find_one(&plot->vault->read, &plot->account, call_phone(who, phone), &pool, &id, err);
	if (r == OK)
		r = erase_person(plot->vault, &plot->account, id, &options, &pool, &result, err);
	if (r == OK && result.removed.records[KIND_CALL] == 0)
		r = err_set(err, ERR_INTERNAL, "the person erased had no records");
	pool_free(&pool);
	return r;
}

/* On a vault opened for it, as a command does; the opening is not on the clock. */
static enum result erase_cold(const struct erasing *erasing, int64_t who, struct sample *out, struct err *err)
{
	struct moment started;
	struct plot plot;
	enum result r = ground_open(&erasing->m->ground, erasing->name, true, &plot, err);

	if (r != OK)
		return r;
	started = child_now();
	r = erase_one(erasing, &plot, who, err);
	child_stop(out, started);
	ground_close(&plot);
	return r;
}

static enum result erase_some(void *arg, struct sample *out, struct err *err)
{
	struct erasing *erasing = arg;
	int64_t people = measure_even_calls(erasing->records).people;
	int64_t place = (int64_t)erasing->round * ERASURES, all = ERASURES * ROUNDS_MAX;
	enum result r = OK;

	for (int i = 0; i < ERASURES && r == OK; i++)
		r = erase_cold(erasing, people >= all ? (place + i) * (people / all) : place + i, out, err);
	out->units = ERASURES;
	return r;
}

static enum result one_round(struct measure *m, const struct sizes *sizes, int round, struct sample *out,
			     struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < sizes->count && r == OK; i++) {
		struct erasing erasing = {.m = m, .records = sizes->records[i], .round = round};

		r = measure_even_vault(m, erasing.records, erasing.name, err);
		if (r == OK)
			r = measure_step(m, err, "erasing persons among %lld records", (long long)erasing.records);
		if (r == OK)
			r = child_run(erase_some, &erasing, &out[i], err);
	}
	return r;
}

enum result measure_erase(struct measure *m, struct err *err)
{
	struct sizes sizes = measure_sizes(m);
	struct rounds rounds[SIZES_MAX] = {{.count = 0}};
	struct sample samples[SIZES_MAX];
	enum result r = OK;

	for (int round = 0; round < m->options->rounds && r == OK; round++) {
		r = one_round(m, &sizes, round, samples, err);
		for (size_t i = 0; i < sizes.count && r == OK; i++)
			rounds_add(&rounds[i], &samples[0], &samples[i]);
	}
	for (size_t i = 1; i < sizes.count && r == OK; i++) {
		struct figure figure = {.name = "erase", .unit = "persons", .sense = FIGURE_COST, .target = 1.3};

		snprintf(figure.what, sizeof figure.what, "erasing a person with 50 records of %lld",
			 (long long)sizes.records[i]);
		snprintf(figure.against, sizeof figure.against, "the same of %lld", (long long)sizes.records[0]);
		figure_of(&figure, &rounds[i]);
		measure_figure(m, &figure);
	}
	return r;
}
