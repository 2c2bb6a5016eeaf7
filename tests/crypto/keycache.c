/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "crypto/keycache.h"
#include "crypto/ready.h"

static struct keycache *make(size_t entries)
{
	struct keycache *cache;
	struct err err;

	assert_int_equal(keycache_new(entries, &cache, &err), OK);
	return cache;
}

static struct keycache_name name_of(uint64_t number)
{
	return (struct keycache_name){.account = 1, .class = 2, .number = number};
}

static struct key key_of(uint64_t number)
{
	struct key key = {{0}};

	memcpy(key.bytes, &number, sizeof number);
	key.bytes[KEY_LEN - 1] = 1;
	return key;
}

static void put(struct keycache *cache, uint64_t number)
{
	struct key key = key_of(number);

	keycache_put(cache, name_of(number), &key);
}

/* Is it there, with its own key? */
static bool has(struct keycache *cache, uint64_t number)
{
	struct key want = key_of(number), got;

	if (!keycache_get(cache, name_of(number), &got))
		return false;
	assert_memory_equal(&got, &want, sizeof got);
	return true;
}

static void a_key_is_found_by_all_parts_of_its_name(void **state)
{
	struct keycache *cache = make(4);
	struct key got;

	(void)state;
	put(cache, 7);
	assert_true(has(cache, 7));
	assert_false(keycache_get(cache, (struct keycache_name){2, 2, 7}, &got));
	assert_false(keycache_get(cache, (struct keycache_name){1, 3, 7}, &got));
	assert_false(keycache_get(cache, (struct keycache_name){1, 2, 8}, &got));
	keycache_free(cache);
}

static void putting_again_replaces_the_key(void **state)
{
	struct keycache *cache = make(2);
	struct key other = key_of(99), got;

	(void)state;
	put(cache, 1);
	keycache_put(cache, name_of(1), &other);
	assert_true(keycache_get(cache, name_of(1), &got));
	assert_memory_equal(&got, &other, sizeof got);
	keycache_free(cache);
}

static void the_least_recently_used_goes_first(void **state)
{
	struct keycache *cache = make(3);

	(void)state;
	put(cache, 1);
	put(cache, 2);
	put(cache, 3);
	assert_true(has(cache, 1)); /* 2 is the oldest now */
	put(cache, 4);
	assert_false(has(cache, 2));
	put(cache, 3); /* 1 is, for putting is using */
	put(cache, 5);
	assert_false(has(cache, 1));
	assert_true(has(cache, 3) && has(cache, 4) && has(cache, 5));
	keycache_free(cache);
}

static void a_cache_of_one_holds_the_last(void **state)
{
	struct keycache *cache = make(1);

	(void)state;
	for (uint64_t i = 0; i < 10; i++) {
		put(cache, i);
		assert_true(has(cache, i));
		assert_false(i > 0 && has(cache, i - 1));
	}
	keycache_free(cache);
}

static void dropping_takes_one_and_clearing_takes_all(void **state)
{
	struct keycache *cache = make(4);

	(void)state;
	put(cache, 1);
	put(cache, 2);
	keycache_drop(cache, name_of(1));
	keycache_drop(cache, name_of(1));
	assert_false(has(cache, 1));
	assert_true(has(cache, 2));
	keycache_clear(cache);
	assert_false(has(cache, 2));
	for (uint64_t i = 10; i < 14; i++)
		put(cache, i);
	for (uint64_t i = 10; i < 14; i++)
		assert_true(has(cache, i));
	keycache_free(cache);
}

/* A plain model beside it: the time of last use of each of 64 names, 0 when absent. */
static void evict_oldest(uint64_t *used)
{
	size_t oldest = 64, live = 0;

	for (size_t i = 0; i < 64; i++) {
		live += used[i] > 0;
		if (used[i] > 0 && (oldest == 64 || used[i] < used[oldest]))
			oldest = i;
	}
	if (live > 16)
		used[oldest] = 0;
}

static void it_agrees_with_a_simple_model_over_many_steps(void **state)
{
	struct keycache *cache = make(16);
	uint64_t used[64] = {0};
	uint32_t seed = 12345;

	(void)state;
	for (uint64_t step = 1; step < 100000; step++) {
		uint64_t n = (seed = seed * 1664525u + 1013904223u) >> 26;
		uint32_t act = (seed >> 8) % 8;

		if (act < 4) {
			put(cache, n);
			used[n] = step;
			evict_oldest(used);
		} else if (act < 7) {
			assert_int_equal(has(cache, n), used[n] > 0);
			used[n] = used[n] > 0 ? step : 0;
		} else {
			keycache_drop(cache, name_of(n));
			used[n] = 0;
		}
	}
	keycache_free(cache);
}

static void sizes_out_of_bounds_are_refused(void **state)
{
	struct keycache *cache;
	struct err err;

	(void)state;
	assert_int_equal(keycache_new(0, &cache, &err), ERR_INPUT);
	assert_int_equal(keycache_new(SIZE_MAX, &cache, &err), ERR_INPUT);
	keycache_free(NULL);
}

static void it_tells_whether_its_memory_is_locked(void **state)
{
	struct rlimit limit;
	struct keycache *cache = make(4);

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	if (limit.rlim_cur >= 64 * 1024)
		assert_true(keycache_is_locked(cache));
	keycache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_is_found_by_all_parts_of_its_name),
	    cmocka_unit_test(putting_again_replaces_the_key),
	    cmocka_unit_test(the_least_recently_used_goes_first),
	    cmocka_unit_test(a_cache_of_one_holds_the_last),
	    cmocka_unit_test(dropping_takes_one_and_clearing_takes_all),
	    cmocka_unit_test(it_agrees_with_a_simple_model_over_many_steps),
	    cmocka_unit_test(sizes_out_of_bounds_are_refused),
	    cmocka_unit_test(it_tells_whether_its_memory_is_locked),
	};

	return cmocka_run_group_tests(tests, crypto_ready, NULL);
}
