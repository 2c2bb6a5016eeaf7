/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/figure.h"

#include <stdlib.h>

void rounds_add(struct rounds *rounds, const struct sample *baseline, const struct sample *ours)
{
	INVARIANT(rounds->count < ROUNDS_MAX);
	INVARIANT(baseline->ns > 0 && baseline->units > 0 && ours->ns > 0 && ours->units > 0);
	rounds->baseline[rounds->count] = *baseline;
	rounds->ours[rounds->count] = *ours;
	rounds->count++;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double figure_median(double *values, size_t count)
{
	INVARIANT(count > 0);
	qsort(values, count, sizeof *values, by_value);
	return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double rate_of(const struct sample *sample)
{
	return (double)sample->units * 1e9 / (double)sample->ns;
}

static double processor_ratio(enum figure_sense sense, const struct sample *ours, const struct sample *baseline)
{
	double us = (double)ours->processor_ns / (double)ours->units;
	double them = (double)baseline->processor_ns / (double)baseline->units;

	if (us <= 0 || them <= 0)
		return 0;
	return sense == FIGURE_RATE ? them / us : us / them;
}

static int64_t higher(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void figure_of(struct figure *figure, const struct rounds *rounds)
{
	double ratios[ROUNDS_MAX], by_processor[ROUNDS_MAX], ours[ROUNDS_MAX], baseline[ROUNDS_MAX];

	for (size_t i = 0; i < rounds->count; i++) {
		const struct sample *us = &rounds->ours[i], *them = &rounds->baseline[i];

		ours[i] = rate_of(us);
		baseline[i] = rate_of(them);
		ratios[i] = figure->sense == FIGURE_RATE ? ours[i] / baseline[i] : baseline[i] / ours[i];
		by_processor[i] = processor_ratio(figure->sense, us, them);
		figure->ours_peak = higher(figure->ours_peak, us->peak_bytes);
		figure->ours_own = higher(figure->ours_own, us->own_bytes);
		figure->baseline_peak = higher(figure->baseline_peak, them->peak_bytes);
		figure->baseline_own = higher(figure->baseline_own, them->own_bytes);
	}
	figure->rounds = rounds->count;
	figure->ratio = figure_median(ratios, rounds->count);
	figure->lowest = ratios[0];
	figure->highest = ratios[rounds->count - 1];
	figure->processor_ratio = figure_median(by_processor, rounds->count);
	figure->ours = figure_median(ours, rounds->count);
	figure->baseline = figure_median(baseline, rounds->count);
}

bool figure_is_met(const struct figure *figure)
{
	if (figure->target <= 0)
		return true;
	return figure->sense == FIGURE_RATE ? figure->ratio >= figure->target : figure->ratio <= figure->target;
}

double figure_ms(const struct figure *figure)
{
	return figure->ours > 0 ? 1000 / figure->ours : 0;
}

bool figure_is_within(const struct figure *figure)
{
	return figure->bound_ms <= 0 || figure_ms(figure) <= figure->bound_ms;
}
