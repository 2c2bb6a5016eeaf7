/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One function for each benchmark, in measure_<name>.c, and what they share.
 */
#ifndef LETHE_BENCH_MEASURE_H
#define LETHE_BENCH_MEASURE_H

#include "bench/bench.h"
#include "bench/ground.h"

struct measure {
	const struct bench_options *options;
	struct ground ground;
};

typedef enum result measure_run(struct measure *m, struct err *err);
measure_run measure_import, measure_media, measure_lookup, measure_records, measure_erase, measure_growth,
	measure_sweep, measure_idle, measure_sweep_postgres, measure_ingest_http, measure_http, measure_http_synced;

/* What is done now, for people; ERR_INTERRUPTED when they asked to stop. */
MUST_CHECK enum result measure_step(struct measure *m, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Hands a figure out. */
void measure_figure(struct measure *m, const struct figure *figure);

/* The vaults of lookup and erase: 10,000 records and ten times as many until options->records (half and all of it when
 * that is no more); everybody in them has 50. */
#define SIZES_MAX 8
struct sizes {
	int64_t records[SIZES_MAX];
	size_t count;
};
struct sizes measure_sizes(const struct measure *m);
/* From `first` on (half of `most` when it is not less), ten times as many each, until `most`. */
struct sizes measure_sizes_between(int64_t first, int64_t most);
struct calls measure_even_calls(int64_t records);
/* Its name; made when it is not there yet. */
MUST_CHECK enum result measure_even_vault(struct measure *m, int64_t records, char name[32], struct err *err);

/* The vaults of sweeps: two years of calls, of which the first five sixths can be due. */
#define DUE_NAME_MAX 32
struct due {
	int64_t records, expired;
	struct calls calls;
	struct instant before, after; /* `now` at which none is due, and at which `expired` are */
	bool held;                    /* a hold on somebody keeps what is theirs of these */
};
struct sizes measure_due_sizes(const struct measure *m);
struct due measure_due(int64_t records);
/* Its name; made when it is not there yet. Not to be written to: measure_due_sweep works on a copy. */
MUST_CHECK enum result measure_due_vault(struct measure *m, const struct due *due, char name[DUE_NAME_MAX],
					 struct err *err);
/* Sweeps a copy, first goal: all that is due cannot be read any more; removes the copy. */
MUST_CHECK enum result measure_due_sweep(struct measure *m, const struct due *due, struct sample *out,
					 struct err *err);

#endif
