/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * In larger and larger vaults, somebody found by telephone number: "lookup" is
 * what `person show` then does, who they are and which records there are;
 * "records" opens the first 100 of these.
 */
#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/raw.h"
#include "privacy/person.h"

#define LOOKUPS 100
#define OPENED_MAX 100
#define AGAIN 5

/* The two benchmarks. */
struct sight {
	const char *name, *what; /* what: .. of so many records */
	bool opens;
};

static const struct sight shown = {"lookup", "a person found by number and shown", false};
static const struct sight opened = {"records", "a person's 50 records opened", true};

struct looking {
	struct measure *m;
	const struct sight *sight;
	int64_t records;
	char name[32];
	int round;
};

static enum result open_records(struct plot *plot, const struct person *person, struct pool *pool, int64_t *seen,
				struct err *err)
{
	struct session *session = &plot->vault->read;
	struct person_walk walk;
	struct party_key key;
	struct record_row row;
	const char *plain;
	size_t len;
	bool more = true;
	enum result r = person_walk_begin(session, &plot->account, person, pool, &walk, err);

	for (int i = 0; i < OPENED_MAX && r == OK && more; i++) {
		r = person_walk_next(session, &walk, &key, &more, err);
		if (r != OK || !more)
			break;
		r = record_get(session->data, plot->account.number, key.kind, key.id, pool, &row, err);
		if (r == OK)
			r = open_record(session->ring, &row, pool, &plain, &len, err);
		*seen += r == OK;
	}
	return r;
}

static enum result count_records(struct plot *plot, struct person *person, int64_t *seen, struct err *err)
{
	enum result r;

	memset(person->records, 0, sizeof person->records);
	r = person_load_counts(&plot->vault->read, &plot->account, person, err);
	*seen += person->records[KIND_CALL];
	return r;
}

static enum result look_up(const struct sight *sight, struct plot *plot, int64_t who, struct pool *pool,
			   struct person *person, int64_t *seen, struct err *err)
{
	char phone[CALL_PHONE_MAX];
	struct id id;
	enum result r = person_find_one(&plot->vault->read, &plot->account, call_phone(who, phone), pool, &id, err);

	if (r == OK)
		r = person_load(&plot->vault->read, &plot->account, id, pool, person, err);
	if (r == OK)
		r = sight->opens ? open_records(plot, person, pool, seen, err) : count_records(plot, person, seen, err);
	pool_reset(pool);
	return r;
}

/* Each on a vault opened for it, as each command does: what the one before it cached would help a small vault more than
 * a large one. The opening is not on the clock. */
static enum result look_up_cold(const struct looking *looking, uint64_t who, struct person *person, int64_t *seen,
				struct sample *out, struct err *err)
{
	struct moment started;
	struct plot plot;
	struct pool pool;
	enum result r = ground_open(&looking->m->ground, looking->name, false, &plot, err);

	if (r != OK)
		return r;
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	started = child_now();
	r = look_up(looking->sight, &plot, (int64_t)who, &pool, person, seen, err);
	child_stop(out, started);
	pool_free(&pool);
	ground_close(&plot);
	return r;
}

static enum result measure_ours(void *arg, struct sample *out, struct err *err)
{
	struct looking *looking = arg;
	uint64_t people = (uint64_t)measure_even_calls(looking->records).people;
	struct person *person = malloc(sizeof *person);
	int64_t seen = 0;
	enum result r = person != NULL ? OK : err_no_memory(err);

	for (int i = 0; i < LOOKUPS && r == OK; i++)
		r = look_up_cold(looking, calls_mix((uint64_t)looking->round * 10000 + (uint64_t)i) % people, person,
				 &seen, out, err);
	out->units = LOOKUPS;
	free(person);
	if (r == OK && seen == 0)
		return err_set(err, ERR_INTERNAL, "the persons looked up have no records");
	return r;
}

/* By a process that stays, and looks up whom it looked up before: pages and keys are at hand, and what is measured is
 * the work itself. */
static enum result look_up_again(const struct looking *looking, struct plot *plot, struct person *person, bool timed,
				 struct sample *out, struct err *err)
{
	uint64_t people = (uint64_t)measure_even_calls(looking->records).people;
	struct moment started = child_now();
	struct pool pool;
	int64_t seen = 0;
	enum result r = OK;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	for (int i = 0; i < LOOKUPS && r == OK; i++)
		r = look_up(looking->sight, plot,
			    (int64_t)(calls_mix((uint64_t)looking->round * 10000 + (uint64_t)i) % people), &pool, person,
			    &seen, err);
	if (timed) {
		child_stop(out, started);
		out->units += LOOKUPS;
	}
	pool_free(&pool);
	return r;
}

static enum result measure_again(void *arg, struct sample *out, struct err *err)
{
	struct looking *looking = arg;
	struct person *person = malloc(sizeof *person);
	struct plot plot = {0};
	enum result r = person != NULL ? OK : err_no_memory(err);

	if (r == OK)
		r = ground_open(&looking->m->ground, looking->name, false, &plot, err);
	for (int i = 0; i < 1 + AGAIN && r == OK; i++)
		r = look_up_again(looking, &plot, person, i > 0, out, err);
	ground_close(&plot);
	free(person);
	return r;
}

/* ---- without Lethe ---- */

static enum result choose(const struct looking *looking, const char *path, unsigned char blinds[LOOKUPS][16],
			  size_t *count, struct err *err)
{
	int64_t step = measure_even_calls(looking->records).people / LOOKUPS;
	struct raw *raw = NULL;
	enum result r = raw_open(path, &raw, err);

	if (r == OK)
		r = raw_blinds(raw, step > 0 ? step : 1, blinds, LOOKUPS, count, err);
	if (r == OK && *count == 0)
		r = err_set(err, ERR_INTERNAL, "there is nobody to look up");
	raw_close(raw);
	return r;
}

static enum result look_up_raw(const struct sight *sight, const char *path, const unsigned char blind[16],
			       struct sample *out, struct err *err)
{
	struct moment started;
	struct raw *raw = NULL;
	int64_t records;
	enum result r = raw_open(path, &raw, err);

	if (r == OK) {
		started = child_now();
		r = sight->opens ? raw_look_up(raw, blind, OPENED_MAX, &records, err)
				 : raw_count(raw, blind, &records, err);
		child_stop(out, started);
	}
	raw_close(raw);
	return r;
}

static enum result measure_raw(void *arg, struct sample *out, struct err *err)
{
	static unsigned char blinds[LOOKUPS][16];
	struct looking *looking = arg;
	char path[GROUND_PATH_MAX], inner[64];
	size_t count = 0;
	enum result r;

	snprintf(inner, sizeof inner, "%s/data/regions/%s/vault.db", looking->name, VAULT_DEFAULT_REGION);
	ground_path(&looking->m->ground, inner, path);
	r = choose(looking, path, blinds, &count, err);
	for (size_t i = 0; i < LOOKUPS && r == OK; i++)
		r = look_up_raw(looking->sight, path, blinds[i * 7919 % count], out, err);
	out->units = LOOKUPS;
	return r;
}

/* ---- rounds ---- */

struct found { struct sample ours[SIZES_MAX], again[SIZES_MAX], raw[SIZES_MAX]; };

static enum result one_round(struct measure *m, const struct sight *sight, const struct sizes *sizes, int round,
			     struct found *out, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < sizes->count && r == OK; i++) {
		struct looking looking = {.m = m, .sight = sight, .records = sizes->records[i], .round = round};

		r = measure_even_vault(m, looking.records, looking.name, err);
		if (r == OK)
			r = measure_step(m, err, "looking persons up among %lld records", (long long)looking.records);
		if (r == OK)
			r = child_run(measure_raw, &looking, &out->raw[i], err);
		if (r == OK)
			r = child_run(measure_ours, &looking, &out->ours[i], err);
		if (r == OK)
			r = child_run(measure_again, &looking, &out->again[i], err);
	}
	return r;
}

struct lookup_rounds { struct rounds size[SIZES_MAX], again[SIZES_MAX], raw[SIZES_MAX]; };

static void report_size(struct measure *m, const struct sight *sight, const struct sizes *sizes, size_t i,
			const struct rounds *rounds, const char *how)
{
	struct figure figure = {.name = sight->name, .unit = "persons", .sense = FIGURE_COST, .target = 1.3};

	snprintf(figure.what, sizeof figure.what, "%s, of %lld%s", sight->what, (long long)sizes->records[i], how);
	snprintf(figure.against, sizeof figure.against, "the same of %lld", (long long)sizes->records[0]);
	figure_of(&figure, rounds);
	measure_figure(m, &figure);
}

static void report(struct measure *m, const struct sight *sight, const struct sizes *sizes,
		   const struct lookup_rounds *rounds)
{
	for (size_t i = 0; i < sizes->count; i++) {
		struct figure raw = {.name = sight->name, .against = "a raw SQLite query, nothing opened",
				     .unit = "persons", .sense = FIGURE_COST};

		snprintf(raw.what, sizeof raw.what, "%s, of %lld", sight->what, (long long)sizes->records[i]);
		figure_of(&raw, &rounds->raw[i]);
		measure_figure(m, &raw);
		if (i == 0)
			continue;
		report_size(m, sight, sizes, i, &rounds->size[i], "");
		report_size(m, sight, sizes, i, &rounds->again[i], ", again");
	}
}

static enum result measure(struct measure *m, const struct sight *sight, struct err *err)
{
	struct sizes sizes = measure_sizes(m);
	struct lookup_rounds rounds = {.size = {{.count = 0}}};
	struct found found;
	enum result r = OK;

	for (int round = 0; round < m->options->rounds && r == OK; round++) {
		found = (struct found){.ours = {{.ns = 0}}};
		r = one_round(m, sight, &sizes, round, &found, err);
		for (size_t i = 0; i < sizes.count && r == OK; i++) {
			rounds_add(&rounds.size[i], &found.ours[0], &found.ours[i]);
			rounds_add(&rounds.again[i], &found.again[0], &found.again[i]);
			rounds_add(&rounds.raw[i], &found.raw[i], &found.ours[i]);
		}
	}
	if (r == OK)
		report(m, sight, &sizes, &rounds);
	return r;
}

enum result measure_lookup(struct measure *m, struct err *err)
{
	return measure(m, &shown, err);
}

enum result measure_records(struct measure *m, struct err *err)
{
	return measure(m, &opened, err);
}
