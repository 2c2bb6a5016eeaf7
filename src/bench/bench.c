/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "bench/measure.h"

static const char *const names[] = {"import", "media", "lookup", "records", "erase", "growth", "sweep", "idle",
				    "sweep-postgres", "ingest-http", "http", "http-synced", NULL};
static measure_run *const runs[] = {measure_import, measure_media, measure_lookup, measure_records, measure_erase,
				    measure_growth, measure_sweep, measure_idle, measure_sweep_postgres,
				    measure_ingest_http, measure_http, measure_http_synced};
#define COUNT (sizeof runs / sizeof runs[0])

_Static_assert(sizeof names / sizeof names[0] == COUNT + 1, "each has a name");

const char *const *bench_names(void)
{
	return names;
}

enum result measure_step(struct measure *m, struct err *err, const char *fmt, ...)
{
	char text[120];
	va_list args;

	if (m->options->stop != NULL && m->options->stop(m->options->arg))
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	if (m->options->step == NULL)
		return OK;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	m->options->step(m->options->arg, text);
	return OK;
}

void measure_figure(struct measure *m, const struct figure *figure)
{
	if (m->options->figure != NULL)
		m->options->figure(m->options->arg, figure);
}

/* ---- vaults that several share ---- */

struct sizes measure_sizes_between(int64_t first, int64_t most)
{
	struct sizes sizes = {{most > first ? first : most / 2}, 1};

	while (sizes.records[sizes.count - 1] < most && sizes.count < SIZES_MAX) {
		int64_t next = sizes.records[sizes.count - 1] * 10;

		sizes.records[sizes.count++] = next < most ? next : most;
	}
	return sizes;
}

struct sizes measure_sizes(const struct measure *m)
{
	return measure_sizes_between(10000, m->options->records);
}

struct calls measure_even_calls(int64_t records)
{
	int64_t people = records / 25 / 2 * 2;

	return (struct calls){.seed = 2, .total = records, .people = people < 4 ? 4 : people, .same_for_all = true,
			      .first = calls_epoch(), .days = 730};
}

enum result measure_even_vault(struct measure *m, int64_t records, char name[32], struct err *err)
{
	struct calls calls = measure_even_calls(records);
	char path[GROUND_PATH_MAX];
	enum result r;

	snprintf(name, 32, "even-%lld", (long long)records);
	if (file_exists(ground_path(&m->ground, name, path)))
		return OK;
	r = measure_step(m, err, "filling a vault with %lld records", (long long)records);
	return r == OK ? ground_fill(&m->ground, name, &calls, err) : r;
}

/* ---- running ---- */

static bool find(const char *name, size_t *out)
{
	for (*out = 0; *out < COUNT; (*out)++) {
		if (strcmp(names[*out], name) == 0)
			return true;
	}
	return false;
}

static enum result choose(const char *const *wanted, size_t count, bool chosen[COUNT], struct err *err)
{
	size_t at;

	for (size_t i = 0; i < COUNT; i++)
		chosen[i] = count == 0;
	for (size_t i = 0; i < count; i++) {
		if (!find(wanted[i], &at)) {
			err_set(err, ERR_INPUT, "there is no benchmark '%.40s'", wanted[i]);
			return err_mend(err, "one of: import, media, lookup, records, erase, growth, sweep, idle, sweep-postgres, "
					     "ingest-http, http, http-synced");
		}
		chosen[at] = true;
	}
	return OK;
}

enum result bench_run(const struct bench_options *options, const char *const *wanted, size_t count, struct err *err)
{
	struct measure m = {.options = options};
	bool chosen[COUNT];
	enum result r = choose(wanted, count, chosen, err);

	INVARIANT(options->records >= BENCH_RECORDS_MIN && options->grown >= BENCH_RECORDS_MIN);
	INVARIANT(options->swept >= BENCH_RECORDS_MIN);
	INVARIANT(options->rounds >= 1 && options->rounds <= ROUNDS_MAX);
	if (r == OK)
		r = ground_make(options->dir, &m.ground, err);
	if (r != OK)
		return r;
	for (size_t i = 0; i < COUNT && r == OK; i++) {
		if (chosen[i])
			r = runs[i](&m, err);
	}
	ground_clear(&m.ground);
	return r;
}
