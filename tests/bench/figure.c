/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/figure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct sample sample_of(int64_t ms, int64_t units)
{
	return (struct sample){.ns = ms * 1000000, .units = units, .processor_ns = ms * 2000000, .peak_bytes = ms, .own_bytes = units};
}

static void add(struct rounds *rounds, int64_t baseline_ms, int64_t ours_ms)
{
	struct sample baseline = sample_of(baseline_ms, 100), ours = sample_of(ours_ms, 100);

	rounds_add(rounds, &baseline, &ours);
}

static void the_median_of_an_even_number_lies_between_the_middle_two(void **state)
{
	double four[] = {9, 1, 3, 2}, three[] = {5, 1, 2}, one[] = {7};

	(void)state;
	assert_true(figure_median(four, 4) == 2.5);
	assert_true(figure_median(three, 3) == 2);
	assert_true(figure_median(one, 1) == 7);
}

static void a_rate_is_ours_over_the_baselines_round_by_round(void **state)
{
	struct figure figure = {.sense = FIGURE_RATE, .target = 0.6};
	struct rounds rounds = {.count = 0};

	(void)state;
	add(&rounds, 100, 200); /* 0.5 */
	add(&rounds, 100, 125); /* 0.8 */
	add(&rounds, 300, 400); /* 0.75 */
	figure_of(&figure, &rounds);
	assert_int_equal(figure.rounds, 3);
	assert_float_equal(figure.ratio, 0.75, 1e-9);
	assert_float_equal(figure.lowest, 0.5, 1e-9);
	assert_float_equal(figure.highest, 0.8, 1e-9);
	assert_float_equal(figure.baseline, 1000, 1e-6);
	assert_int_equal(figure.ours_peak, 400);
	assert_int_equal(figure.baseline_peak, 300);
	assert_true(figure_is_met(&figure));
}

static void a_cost_is_our_time_over_the_baselines(void **state)
{
	struct figure figure = {.sense = FIGURE_COST, .target = 1.3};
	struct rounds rounds = {.count = 0};

	(void)state;
	add(&rounds, 100, 150);
	figure_of(&figure, &rounds);
	assert_float_equal(figure.ratio, 1.5, 1e-9);
	assert_float_equal(figure.processor_ratio, 1.5, 1e-9);
	assert_false(figure_is_met(&figure));
	figure.target = 1.6;
	assert_true(figure_is_met(&figure));
}

static void a_figure_without_a_target_is_met(void **state)
{
	struct figure figure = {.sense = FIGURE_COST, .ratio = 99};

	(void)state;
	assert_true(figure_is_met(&figure));
}

static void a_bound_is_of_the_milliseconds_for_one_of_ours(void **state)
{
	struct figure figure = {.sense = FIGURE_COST, .ours = 25, .bound_ms = 50};

	(void)state;
	assert_true(figure_ms(&figure) == 40 && figure_is_within(&figure));
	figure.bound_ms = 30;
	assert_false(figure_is_within(&figure));
	figure.bound_ms = 0;
	assert_true(figure_is_within(&figure));
}

static void until_a_first_goal_is_a_sample_of_the_same_work(void **state)
{
	const struct sample whole = {.ns = 900, .units = 10, .first_ns = 30, .first_processor_ns = 20, .own_bytes = 7};
	struct sample first = child_until_first(&whole);

	(void)state;
	assert_true(first.ns == 30 && first.processor_ns == 20 && first.units == 10 && first.own_bytes == 7);
	assert_int_equal(first.first_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_median_of_an_even_number_lies_between_the_middle_two),
		cmocka_unit_test(a_rate_is_ours_over_the_baselines_round_by_round),
		cmocka_unit_test(a_cost_is_our_time_over_the_baselines),
		cmocka_unit_test(a_figure_without_a_target_is_met),
		cmocka_unit_test(a_bound_is_of_the_milliseconds_for_one_of_ours),
		cmocka_unit_test(until_a_first_goal_is_a_sample_of_the_same_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
