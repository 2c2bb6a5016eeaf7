/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto/keycache.h"
#include "crypto/ready.h"

#define ALL_OF_THEM SIZE_MAX

static size_t locks_left = ALL_OF_THEM; /* by mlock, before it is over its limit */

/* Instead of libc's: how much may be locked differs from machine to machine, and the address sanitizer locks nothing. */
int mlock(const void *start, size_t len)
{
	if (locks_left == ALL_OF_THEM)
		return (int)syscall(SYS_mlock, start, len);
	if (locks_left > 0) {
		locks_left--;
		return 0;
	}
	errno = ENOMEM;
	return -1;
}

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

static void what_was_used_since_the_last_round_stays(void **state)
{
	struct keycache *cache = make(4);

	(void)state;
	for (uint64_t i = 1; i <= 4; i++)
		put(cache, i);
	put(cache, 5); /* all were used: the hand goes round once, and the first one goes */
	assert_false(has(cache, 1));
	assert_true(has(cache, 2) && has(cache, 4));
	put(cache, 6); /* 3 was not used since; 2 was */
	assert_false(has(cache, 3));
	assert_true(has(cache, 2) && has(cache, 4) && has(cache, 5) && has(cache, 6));
	keycache_free(cache);
}

static void fetching_ahead_changes_nothing(void **state)
{
	struct keycache *cache = make(2);

	(void)state;
	keycache_prefetch(cache, name_of(1));
	put(cache, 1);
	keycache_prefetch(cache, name_of(1));
	keycache_prefetch(cache, name_of(2));
	assert_true(has(cache, 1));
	assert_false(has(cache, 2));
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

/* A plain model beside it: what each of 16 places holds. */
#define PLACES 16
#define NOBODY UINT64_MAX
struct model {
	uint64_t names[PLACES];
	bool used[PLACES];
	size_t free[PLACES], free_count, hand;
};

static size_t model_find(const struct model *m, uint64_t name)
{
	size_t i = 0;

	while (i < PLACES && m->names[i] != name)
		i++;
	return i;
}

static void model_drop(struct model *m, size_t place)
{
	m->names[place] = NOBODY;
	m->free[m->free_count++] = place;
}

static void model_put(struct model *m, uint64_t name)
{
	size_t i = model_find(m, name);

	if (i == PLACES && m->free_count == 0) {
		while (m->used[m->hand]) {
			m->used[m->hand] = false;
			m->hand = (m->hand + 1) % PLACES;
		}
		model_drop(m, m->hand);
		m->hand = (m->hand + 1) % PLACES;
	}
	if (i == PLACES)
		i = m->free[--m->free_count];
	m->names[i] = name;
	m->used[i] = true;
}

static bool model_has(struct model *m, uint64_t name)
{
	size_t i = model_find(m, name);

	if (i == PLACES)
		return false;
	m->used[i] = true;
	return true;
}

static void it_agrees_with_a_simple_model_over_many_steps(void **state)
{
	struct keycache *cache = make(PLACES);
	struct model model = {.hand = 0};
	uint32_t seed = 12345;

	(void)state;
	for (size_t i = PLACES; i-- > 0;)
		model_drop(&model, i);
	for (int step = 1; step < 100000; step++) {
		uint64_t n = (seed = seed * 1664525u + 1013904223u) >> 26;
		uint32_t act = (seed >> 8) % 8;

		if (act < 4) {
			put(cache, n);
			model_put(&model, n);
		} else if (act < 7) {
			assert_int_equal(has(cache, n), model_has(&model, n));
		} else {
			keycache_drop(cache, name_of(n));
			if (model_find(&model, n) < PLACES)
				model_drop(&model, model_find(&model, n));
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

static void it_grows_to_its_size_and_not_further(void **state)
{
	enum { MANY = 20000 }; /* more than two slabs */
	struct keycache *cache = make(MANY);

	(void)state;
	for (uint64_t i = 0; i < MANY; i++)
		put(cache, i);
	for (uint64_t i = 0; i < MANY; i++)
		assert_true(has(cache, i));
	put(cache, MANY);
	assert_true(has(cache, MANY));
	assert_false(has(cache, 0));
	keycache_clear(cache);
	for (uint64_t i = 0; i <= MANY; i++)
		assert_false(has(cache, i));
	for (uint64_t i = MANY; i < 2 * MANY; i++)
		put(cache, i);
	for (uint64_t i = MANY; i < 2 * MANY; i++)
		assert_true(has(cache, i));
	keycache_free(cache);
}

static void it_grows_only_into_memory_that_can_be_locked(void **state)
{
	struct keycache *cache;

	(void)state;
	locks_left = 2; /* of one slab: libsodium locks too, and does not tell */
	cache = make(20000);
	for (uint64_t i = 0; i < 10000; i++)
		put(cache, i);
	locks_left = ALL_OF_THEM;
	assert_true(keycache_is_locked(cache));
	assert_false(has(cache, 0));
	assert_true(has(cache, 9999));
	keycache_free(cache);
}

static void it_says_when_nothing_can_be_locked(void **state)
{
	struct keycache *cache;

	(void)state;
	locks_left = 0;
	cache = make(4);
	locks_left = ALL_OF_THEM;
	assert_false(keycache_is_locked(cache));
	put(cache, 1);
	assert_true(has(cache, 1));
	keycache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_grows_to_its_size_and_not_further),
	    cmocka_unit_test(it_grows_only_into_memory_that_can_be_locked),
	    cmocka_unit_test(it_says_when_nothing_can_be_locked),
	    cmocka_unit_test(a_key_is_found_by_all_parts_of_its_name),
	    cmocka_unit_test(putting_again_replaces_the_key),
	    cmocka_unit_test(what_was_used_since_the_last_round_stays),
	    cmocka_unit_test(fetching_ahead_changes_nothing),
	    cmocka_unit_test(a_cache_of_one_holds_the_last),
	    cmocka_unit_test(dropping_takes_one_and_clearing_takes_all),
	    cmocka_unit_test(it_agrees_with_a_simple_model_over_many_steps),
	    cmocka_unit_test(sizes_out_of_bounds_are_refused),
	    cmocka_unit_test(it_tells_whether_its_memory_is_locked),
	};

	return cmocka_run_group_tests(tests, crypto_ready, NULL);
}
