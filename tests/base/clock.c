/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

static void the_clock_goes_forward(void **state)
{
	int64_t us = monotonic_us(), ms = monotonic_ms();

	(void)state;
	assert_true(monotonic_us() >= us);
	assert_true(monotonic_ms() >= ms);
	assert_true(ms >= us / 1000);
}

static void a_moment_is_seconds_and_what_is_left(void **state)
{
	struct timespec at = monotonic_at(12345);

	(void)state;
	assert_int_equal(at.tv_sec, 12);
	assert_int_equal(at.tv_nsec, 345000000);
	assert_int_equal(monotonic_at(0).tv_sec, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_clock_goes_forward),
	    cmocka_unit_test(a_moment_is_seconds_and_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
