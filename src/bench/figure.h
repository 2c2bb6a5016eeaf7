/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A figure: ours against a baseline that was measured in turns with it, as a
 * ratio.  Rates depend on the machine; ratios hold.
 */
#ifndef LETHE_BENCH_FIGURE_H
#define LETHE_BENCH_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include "bench/child.h"

#define ROUNDS_MAX 16

/* Each round measures both, one after the other. */
struct rounds {
	struct sample baseline[ROUNDS_MAX], ours[ROUNDS_MAX];
	size_t count;
};
void rounds_add(struct rounds *rounds, const struct sample *baseline, const struct sample *ours);

enum figure_sense {
	FIGURE_RATE, /* ours per second / baseline's per second; the target is the least it should be */
	FIGURE_COST, /* our time for one / the baseline's; the target is the most it should be */
};

struct figure {
	const char *name;           /* of the benchmark: "import" */
	char what[80];              /* what ours is */
	char against[80];           /* what the baseline is */
	const char *unit;           /* of the work: "records" */
	enum figure_sense sense;
	double target;              /* 0: none */
	double bound_ms;            /* the most one unit may take by the clock, on whatever machine; 0: none */
	size_t rounds;              /* 0: could not be measured, and `note` says why */
	double ratio, lowest, highest; /* median of the rounds' ratios, and their extremes */
	double processor_ratio;     /* the same by processor time; 0: not known */
	double ours, baseline;      /* median units per second */
	int64_t ours_peak, baseline_peak, ours_own, baseline_own; /* bytes: the highest of the rounds; 0: not known */
	char note[200];
};

/* Fills in what follows from the rounds; the rest is the caller's. */
void figure_of(struct figure *figure, const struct rounds *rounds);
/* Whether the target is met; true when there is none. */
bool figure_is_met(const struct figure *figure);
/* Median milliseconds for one unit of ours, and whether they are within the bound; true when there is none. */
double figure_ms(const struct figure *figure);
bool figure_is_within(const struct figure *figure);
/* Sorts `values`. count > 0. */
double figure_median(double *values, size_t count);

#endif
