/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Importing calls, against SQLite inserting rows of the same keys and sizes.
 */
#include "bench/measure.h"

#include <stdio.h>
#include <unistd.h>

#include "bench/raw.h"

struct importing {
	struct measure *m;
	struct calls calls;
	char file[GROUND_PATH_MAX];
};

static enum result insert_raw(void *arg, struct sample *out, struct err *err)
{
	struct importing *importing = arg;
	char path[GROUND_PATH_MAX];
	struct raw *raw = NULL;
	enum result r = raw_create(ground_path(&importing->m->ground, "raw.db", path), &raw, err);

	if (r == OK)
		r = raw_insert(raw, &importing->calls, 0, importing->calls.total, out, err);
	raw_close(raw);
	return r;
}

static enum result import_ours(void *arg, struct sample *out, struct err *err)
{
	struct importing *importing = arg;
	struct plot plot;
	struct moment started;
	enum result r = ground_found(&importing->m->ground, "import", &plot, err);

	if (r != OK)
		return r;
	started = child_now();
	r = ground_import(&importing->m->ground, &plot, importing->file, importing->calls.total, err);
	child_stop(out, started);
	out->units = importing->calls.total;
	ground_close(&plot);
	return r;
}

static enum result one_round(struct importing *importing, struct rounds *rounds, struct err *err)
{
	const struct ground *ground = &importing->m->ground;
	struct sample raw, ours;
	enum result r = measure_step(importing->m, err, "inserting %lld rows into SQLite",
				     (long long)importing->calls.total);

	if (r == OK)
		r = child_run(insert_raw, importing, &raw, err);
	ground_remove(ground, "raw.db");
	ground_remove(ground, "raw.db-wal");
	ground_remove(ground, "raw.db-shm");
	if (r == OK)
		r = measure_step(importing->m, err, "importing %lld calls", (long long)importing->calls.total);
	if (r == OK)
		r = child_run(import_ours, importing, &ours, err);
	ground_remove(ground, "import");
	if (r == OK)
		rounds_add(rounds, &raw, &ours);
	return r;
}

static enum result measure_size(struct measure *m, int64_t records, struct err *err)
{
	struct importing importing = {
		.m = m,
		.calls = {.seed = 1, .total = records, .people = records / 10, .first = calls_epoch(), .days = 730},
	};
	struct figure figure = {.name = "import", .against = "raw SQLite inserts of the same rows", .unit = "records",
				.sense = FIGURE_RATE, .target = 0.6};
	struct rounds rounds = {.count = 0};
	enum result r;

	ground_path(&m->ground, "calls.jsonl", importing.file);
	r = calls_write(&importing.calls, 0, records, importing.file, err);
	for (int i = 0; i < m->options->rounds && r == OK; i++)
		r = one_round(&importing, &rounds, err);
	unlink(importing.file);
	if (r != OK)
		return r;
	snprintf(figure.what, sizeof figure.what, "importing %lld calls", (long long)records);
	figure_of(&figure, &rounds);
	measure_figure(m, &figure);
	return OK;
}

/* Small and large: what a vault costs while its pages fit a cache says little. */
enum result measure_import(struct measure *m, struct err *err)
{
	int64_t records = m->options->records;
	enum result r = records >= 1000000 ? measure_size(m, records / 10, err) : OK;

	return r == OK ? measure_size(m, records, err) : r;
}
