/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/shares.h"

static void nobody_has_more_than_the_most(void **state)
{
	struct shares *shares = shares_new(4);

	(void)state;
	assert_true(shares_take(shares, 7, 2));
	assert_true(shares_take(shares, 7, 2));
	assert_false(shares_take(shares, 7, 2));
	assert_true(shares_take(shares, 8, 2));
	assert_int_equal(shares_of(shares, 7), 2);
	assert_int_equal(shares_of(shares, 8), 1);
	assert_int_equal(shares_of(shares, 9), 0);
	shares_give(shares, 7);
	assert_true(shares_take(shares, 7, 2));
	shares_free(shares);
	shares_free(NULL);
}

static void of_nobody_nothing_is_counted(void **state)
{
	struct shares *shares = shares_new(1);

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(shares_take(shares, 0, 1));
	for (int i = 0; i < 10; i++)
		shares_give(shares, 0);
	assert_int_equal(shares_of(shares, 0), 0);
	assert_true(shares_take(shares, 1, 1));
	shares_free(shares);
}

static void half_is_rounded_up_so_that_one_is_somebodys(void **state)
{
	(void)state;
	assert_int_equal(shares_half(1), 1);
	assert_int_equal(shares_half(2), 1);
	assert_int_equal(shares_half(3), 2);
	assert_int_equal(shares_half(8), 4);
}

#define OWNERS 64
#define TURNS 200000

/* Against a plain array, with owners that collide: a table of 128 places has most at a few of them. */
static void any_order_of_taking_and_giving_is_counted_rightly(void **state)
{
	struct shares *shares = shares_new(OWNERS);
	size_t counts[OWNERS] = {0}, total = 0;
	uint64_t random = 12345;

	(void)state;
	for (int i = 0; i < TURNS; i++) {
		size_t n;

		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		n = (random >> 33) % OWNERS;
		if ((random >> 60) % 2 && total < OWNERS) {
			bool taken = shares_take(shares, (n + 1) << 40, 3);

			assert_int_equal(taken, counts[n] < 3);
			counts[n] += taken;
			total += taken;
		} else if (counts[n] > 0) {
			shares_give(shares, (n + 1) << 40);
			counts[n]--;
			total--;
		}
		for (size_t k = 0; k < OWNERS; k++)
			assert_int_equal(shares_of(shares, (k + 1) << 40), counts[k]);
	}
	shares_free(shares);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_has_more_than_the_most),
	    cmocka_unit_test(of_nobody_nothing_is_counted),
	    cmocka_unit_test(half_is_rounded_up_so_that_one_is_somebodys),
	    cmocka_unit_test(any_order_of_taking_and_giving_is_counted_rightly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
