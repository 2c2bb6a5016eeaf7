/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdalign.h>

#include "base/pool.h"

static struct pool pool;

static int fresh(void **state)
{
	(void)state;
	pool_init(&pool, 100000);
	return 0;
}

static int release(void **state)
{
	(void)state;
	pool_free(&pool);
	return 0;
}

static void memory_is_zeroed_and_aligned(void **state)
{
	(void)state;
	for (size_t size = 0; size < 100; size++) {
		unsigned char *at = pool_alloc(&pool, size);

		assert_non_null(at);
		assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(at[i], 0);
		memset(at, 0xff, size);
	}
}

static void memory_used_again_is_zeroed_again(void **state)
{
	unsigned char *first = pool_alloc(&pool, 64), *again;

	(void)state;
	memset(first, 0xff, 64);
	pool_reset(&pool);
	assert_int_equal(pool.used, 0);
	again = pool_alloc(&pool, 64);
	assert_ptr_equal(first, again);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(again[i], 0);
}

/* Through pools that come and go, of more than what is kept for the next. */
static void what_another_pool_held_is_nowhere_in_the_next(void **state)
{
	struct pool pools[100];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 100; i++) {
			unsigned char *at;

			pool_init(&pools[i], 100000);
			at = pool_alloc(&pools[i], 40000); /* alone */
			assert_non_null(at);
			at = pool_alloc(&pools[i], 16000);
			assert_non_null(at);
			for (size_t n = 0; n < 16000; n++)
				assert_int_equal(at[n], 0);
			memset(at, 0xaa, 16000);
		}
		for (size_t i = 0; i < 100; i++)
			pool_free(&pools[i]);
	}
}

static void a_reset_wipes_what_was_held(void **state)
{
	char *secret = pool_strdup(&pool, "a secret");

	(void)state;
	pool_reset(&pool);
	assert_int_equal(secret[0], 0); /* the first chunk is kept, so this may be looked at */
}

static void beyond_the_maximum_there_is_nothing(void **state)
{
	(void)state;
	assert_null(pool_alloc(&pool, 100001));
	assert_null(pool_alloc(&pool, SIZE_MAX));
	assert_non_null(pool_alloc(&pool, 60000));
	assert_null(pool_alloc(&pool, 60000));
	assert_non_null(pool_alloc(&pool, 30000));
	pool_reset(&pool);
	assert_non_null(pool_alloc(&pool, 60000));
}

static void pieces_larger_than_a_chunk_live_beside_small_ones(void **state)
{
	char *small = pool_strdup(&pool, "small"), *large, *last;

	(void)state;
	large = pool_alloc(&pool, 50000);
	assert_non_null(large);
	memset(large, 'x', 50000);
	last = pool_strdup(&pool, "last");
	assert_string_equal(small, "small");
	assert_string_equal(last, "last");
}

static void copies_are_terminated(void **state)
{
	(void)state;
	assert_string_equal(pool_strndup(&pool, "abcdef", 3), "abc");
	assert_string_equal(pool_strndup(&pool, NULL, 0), "");
	assert_string_equal(pool_strdup(&pool, "whole"), "whole");
	assert_string_equal(pool_printf(&pool, "%d-%s", 7, "x"), "7-x");
	assert_null(pool_strndup(&pool, "", SIZE_MAX));
	pool_free(&pool);
	pool_init(&pool, 2);
	assert_null(pool_strdup(&pool, "abc"));
	assert_null(pool_printf(&pool, "%s", "abc"));
}

static void a_zeroed_pool_can_be_freed(void **state)
{
	struct pool zeroed = {0};

	(void)state;
	pool_free(&zeroed);
	pool_reset(&zeroed);
	pool_free(&zeroed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(memory_is_zeroed_and_aligned, fresh, release),
	    cmocka_unit_test_setup_teardown(memory_used_again_is_zeroed_again, fresh, release),
	    cmocka_unit_test_setup_teardown(what_another_pool_held_is_nowhere_in_the_next, fresh, release),
	    cmocka_unit_test_setup_teardown(a_reset_wipes_what_was_held, fresh, release),
	    cmocka_unit_test_setup_teardown(beyond_the_maximum_there_is_nothing, fresh, release),
	    cmocka_unit_test_setup_teardown(pieces_larger_than_a_chunk_live_beside_small_ones, fresh, release),
	    cmocka_unit_test_setup_teardown(copies_are_terminated, fresh, release),
	    cmocka_unit_test(a_zeroed_pool_can_be_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
