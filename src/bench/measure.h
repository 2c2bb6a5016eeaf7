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
measure_run measure_import, measure_media, measure_lookup, measure_erase, measure_growth, measure_sweep;

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
struct calls measure_even_calls(int64_t records);
/* Its name; made when it is not there yet. */
MUST_CHECK enum result measure_even_vault(struct measure *m, int64_t records, char name[32], struct err *err);

#endif
