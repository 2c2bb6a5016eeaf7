/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Benchmarks: what Lethe costs, as ratios against a baseline measured in turns
 * with it.  What each figure means is in docs/performance.md.
 */
#ifndef LETHE_BENCH_BENCH_H
#define LETHE_BENCH_BENCH_H

#include "bench/figure.h"

struct bench_options {
	const char *dir;   /* the folder of the vaults is made in it */
	int64_t records;   /* of the largest vault of lookup and erase, and of the imports: BENCH_RECORDS_MIN or more */
	int64_t grown;     /* growth: of the large vault; the small one has a tenth */
	int64_t swept;     /* sweeps: of the largest vault; five in six of its records go */
	int rounds;        /* 1 to ROUNDS_MAX */
	double seconds;    /* media, http: for each measurement */
	const char *lethe; /* ingest-http, http: the program that serves, by its path; NULL: they are left out */
	void *arg;         /* for what follows; each may be NULL */
	bool (*stop)(void *arg);
	void (*step)(void *arg, const char *what);               /* what is done now */
	void (*figure)(void *arg, const struct figure *figure);  /* one more is known */
};
#define BENCH_RECORDS_MIN 5000
#define BENCH_RECORDS_MAX 60000000

/* Runs the benchmarks of those names, all when count is 0. ERR_INPUT for a name there is none of. ERR_INTERRUPTED. */
MUST_CHECK enum result bench_run(const struct bench_options *options, const char *const *names, size_t count,
				 struct err *err);
/* The names there are, in the order they run; NULL at the end. */
const char *const *bench_names(void);

#endif
