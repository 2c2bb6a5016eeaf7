/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include "crypto/primitives.h"
#include "net/address.h"
#include "net/rate.h"

static struct rate *rate;
static struct rate_state now_is;
static struct err err;

static int begin(void **state)
{
	(void)state;
	return crypto_init(&err) == OK ? 0 : -1;
}

static void limit(uint32_t quota, uint32_t window_s, size_t places)
{
	static struct rate_limit limits;

	limits = (struct rate_limit){"token", quota, window_s};
	assert_int_equal(rate_new(&limits, places, &rate, &err), OK);
}

static int drop(void **state)
{
	(void)state;
	rate_free(rate);
	rate = NULL;
	return 0;
}

static struct rate_key key_of(uint32_t n)
{
	struct rate_key key = {.kind = RATE_TOKEN};

	memcpy(key.bytes, &n, sizeof n);
	return key;
}

static bool take(uint32_t n, uint32_t cost, int64_t ms)
{
	struct rate_key key = key_of(n);

	return rate_take(rate, &key, cost, (struct instant){ms}, &now_is);
}

#define T0 INT64_C(1700000000000)

static void a_full_bucket_empties_and_fills_evenly(void **state)
{
	(void)state;
	limit(10, 60, 1000);
	for (uint32_t i = 0; i < 10; i++) {
		assert_true(take(1, 1, T0));
		assert_int_equal(now_is.remaining, 9 - i);
	}
	assert_int_equal(now_is.reset_s, 60);
	assert_false(take(1, 1, T0));
	assert_int_equal(now_is.retry_after_s, 6);
	assert_true(take(2, 1, T0)); /* another's is its own */
	assert_false(take(1, 1, T0 + 5999));
	assert_int_equal(now_is.retry_after_s, 1);
	assert_true(take(1, 1, T0 + 6000));
	assert_int_equal(now_is.retry_after_s, 0);
	assert_false(take(1, 1, T0 + 6000));
	assert_false(take(1, 3, T0 + 18000)); /* two have come */
	assert_int_equal(now_is.retry_after_s, 6);
	assert_true(take(1, 2, T0 + 18000));
	assert_true(take(1, 10, T0 + 1000000));
	assert_int_equal(now_is.remaining, 0);
}

static void asking_often_does_not_stop_it_from_filling(void **state)
{
	size_t taken = 0;

	(void)state;
	limit(10, 60, 1000);
	for (int64_t ms = 0; ms < 600000; ms++)
		taken += take(1, 1, T0 + ms);
	assert_int_equal(taken, 10 + 99); /* what was there, and ten a minute for ten minutes less a millisecond */
}

static void a_clock_that_goes_back_gives_nothing(void **state)
{
	(void)state;
	limit(2, 60, 1000);
	assert_true(take(1, 2, T0));
	assert_false(take(1, 1, T0 - 60000));
	assert_false(take(1, 1, T0 + 29999));
	assert_true(take(1, 1, T0 + 30000));
}

static void a_clock_that_was_set_back_keeps_nobody_waiting_until_it_has_caught_up(void **state)
{
	(void)state;
	limit(2, 60, 1000);
	assert_true(take(1, 2, T0));
	assert_false(take(1, 1, T0 - 3600000));
	assert_int_equal(now_is.retry_after_s, 30);
	assert_false(take(1, 1, T0 - 3600000 + 29999));
	assert_true(take(1, 1, T0 - 3600000 + 30000));
	assert_false(take(1, 1, T0 - 3600000 + 30000));
}

static void addresses_count_by_what_one_subscriber_has(void **state)
{
	struct address a, b, c;
	struct rate_key ka, kb, kc;

	(void)state;
	assert_int_equal(address_parse("2001:db8:1:2::1", &a, &err), OK);
	assert_int_equal(address_parse("2001:db8:1:2:ffff::1", &b, &err), OK);
	assert_int_equal(address_parse("2001:db8:1:3::1", &c, &err), OK);
	ka = rate_key_address(&a), kb = rate_key_address(&b), kc = rate_key_address(&c);
	assert_memory_equal(ka.bytes, kb.bytes, 16);
	assert_memory_not_equal(ka.bytes, kc.bytes, 16);
	assert_int_equal(address_parse("10.0.0.1", &a, &err), OK);
	assert_int_equal(address_parse("10.0.0.2", &b, &err), OK);
	ka = rate_key_address(&a), kb = rate_key_address(&b);
	assert_memory_not_equal(ka.bytes, kb.bytes, 16);
}

static void kinds_of_keys_do_not_meet(void **state)
{
	struct rate_key token = rate_key_id(RATE_TOKEN, (struct id){{1}}),
			user = rate_key_id(RATE_USER, (struct id){{1}});

	(void)state;
	limit(1, 60, 1000);
	assert_true(rate_take(rate, &token, 1, (struct instant){T0}, &now_is));
	assert_true(rate_take(rate, &user, 1, (struct instant){T0}, &now_is));
	assert_false(rate_take(rate, &token, 1, (struct instant){T0}, &now_is));
	for (unsigned char i = 2; i < 34; i++) { /* nor where they share a set, of which there are eight */
		rate_free(rate);
		limit(1, 60, 64);
		token = rate_key_id(RATE_TOKEN, (struct id){{i}});
		user = rate_key_id(RATE_USER, (struct id){{i}});
		assert_true(rate_take(rate, &token, 1, (struct instant){T0}, &now_is));
		assert_true(rate_take(rate, &user, 1, (struct instant){T0}, &now_is));
	}
}

/* Whoever has used up most is the last to be forgotten, and being forgotten only gives. */
static void a_flood_of_keys_does_not_free_who_is_refused(void **state)
{
	(void)state;
	limit(100, 60, 64);
	assert_true(take(1, 100, T0));
	assert_false(take(1, 1, T0));
	for (uint32_t i = 2; i < 200000; i++)
		assert_true(take(i, 1, T0));
	assert_false(take(1, 1, T0));
}

static void *take_many(void *arg)
{
	struct rate_key key = key_of(7);
	struct rate_state state;
	size_t *taken = arg;

	for (int i = 0; i < 20000; i++)
		*taken += rate_take(rate, &key, 1, (struct instant){T0}, &state);
	return NULL;
}

static void threads_together_get_no_more_than_there_is(void **state)
{
	size_t taken[4] = {0};
	pthread_t threads[4];

	(void)state;
	limit(10000, 60, 64);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_many, &taken[i]), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(taken[0] + taken[1] + taken[2] + taken[3], 10000);
}

static void headers_tell_the_policy_and_what_is_left(void **state)
{
	struct response response;
	struct pool pool;

	(void)state;
	limit(2, 60, 64);
	pool_init(&pool, 1 << 20);
	response_init(&response, &pool);
	assert_true(take(1, 1, T0));
	rate_headers(&response, rate, &now_is);
	assert_string_equal(response_get_header(&response, "RateLimit-Policy"), "\"token\";q=2;w=60");
	assert_string_equal(response_get_header(&response, "RateLimit"), "\"token\";r=1;t=30");
	assert_null(response_get_header(&response, "Retry-After"));
	assert_false(take(1, 2, T0));
	rate_headers(&response, rate, &now_is);
	assert_string_equal(response_get_header(&response, "RateLimit"), "\"token\";r=1;t=30, \"token\";r=1;t=30");
	assert_string_equal(response_get_header(&response, "Retry-After"), "30");
	assert_false(response.failed);
	response_free(&response);
	pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_teardown(f, drop)
	    T(a_full_bucket_empties_and_fills_evenly),
	    T(asking_often_does_not_stop_it_from_filling),
	    T(a_clock_that_goes_back_gives_nothing),
	    T(a_clock_that_was_set_back_keeps_nobody_waiting_until_it_has_caught_up),
	    T(addresses_count_by_what_one_subscriber_has),
	    T(kinds_of_keys_do_not_meet),
	    T(a_flood_of_keys_does_not_free_who_is_refused),
	    T(threads_together_get_no_more_than_there_is),
	    T(headers_tell_the_policy_and_what_is_left),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
