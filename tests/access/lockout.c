/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P41: failures cost time, and lock nobody out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "access/lockout.h"
#include "crypto/primitives.h"

static struct lockout *lockout;
static struct err err;

static int set_up(void **state)
{
	(void)state;
	if (crypto_init(&err) != OK || lockout_new(1024, &lockout, &err) != OK)
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lockout_free(lockout);
	return 0;
}

static struct lockout_key key_of(enum lockout_what what, const char *name)
{
	const struct lockout_part part = {name, strlen(name)};

	return lockout_key(lockout, what, &part, 1);
}

static int64_t charge(const struct lockout_key *key, int64_t at)
{
	return lockout_charge(lockout, key, 1, (struct instant){at}).ms;
}

static void the_first_ones_are_free_and_then_each_wait_is_twice_the_last(void **state)
{
	const struct lockout_rule *rule = lockout_rule(LOCKOUT_NAME);
	struct lockout_key key = key_of(LOCKOUT_NAME, "anna");
	int64_t now = 1000000, wait = rule->first.ms;

	(void)state;
	for (uint32_t i = 0; i < rule->free; i++)
		assert_int_equal(charge(&key, now), 0);
	while (wait < rule->longest.ms) {
		assert_int_equal(charge(&key, now), wait); /* too soon: said, and not counted */
		assert_int_equal(charge(&key, now + wait - 1), 1);
		assert_int_equal(charge(&key, now += wait), 0);
		wait *= 2;
	}
	for (int i = 0; i < 100; i++) {
		assert_int_equal(charge(&key, now), rule->longest.ms); /* and no longer: a lock is never hard */
		assert_int_equal(charge(&key, now += rule->longest.ms), 0);
	}
}

static void who_was_quiet_begins_anew(void **state)
{
	const struct lockout_rule *rule = lockout_rule(LOCKOUT_NAME);
	struct lockout_key key = key_of(LOCKOUT_NAME, "anna");

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(charge(&key, (int64_t)i * rule->longest.ms), 0);
	assert_true(charge(&key, 19 * rule->longest.ms) > 0);
	for (uint32_t i = 0; i < rule->free; i++)
		assert_int_equal(charge(&key, 19 * rule->longest.ms + rule->quiet.ms), 0);
}

static void others_do_not_wait_with_them(void **state)
{
	struct lockout_key anna = key_of(LOCKOUT_NAME, "anna"), bent = key_of(LOCKOUT_NAME, "bent");
	struct lockout_key place = key_of(LOCKOUT_ADDRESS, "anna");

	(void)state;
	for (int i = 0; i < 10; i++)
		(void)charge(&anna, 0);
	assert_true(charge(&anna, 0) > 0);
	assert_int_equal(charge(&bent, 0), 0);
	assert_int_equal(charge(&place, 0), 0); /* the same words, of another kind */
}

static void one_that_must_wait_has_none_charged(void **state)
{
	struct lockout_key keys[] = {key_of(LOCKOUT_ADDRESS, "there"), key_of(LOCKOUT_NAME, "anna")};
	uint32_t free = lockout_rule(LOCKOUT_ADDRESS)->free;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(lockout_charge(lockout, keys, 2, (struct instant){0}).ms, 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(lockout_charge(lockout, keys, 2, (struct instant){0}).ms, 1000);
	for (uint32_t i = 4; i < free; i++)
		assert_int_equal(charge(&keys[0], 0), 0);
	assert_int_equal(charge(&keys[0], 0), 1000);
}

static void a_charge_can_be_taken_back_and_forgotten(void **state)
{
	struct lockout_key key = key_of(LOCKOUT_NAME, "anna"), unknown = key_of(LOCKOUT_NAME, "nobody");

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(charge(&key, 0), 0);
		lockout_refund(lockout, &key);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(charge(&key, 0), 0);
	assert_int_equal(charge(&key, 0), 1000);
	lockout_clear(lockout, &key);
	assert_int_equal(charge(&key, 0), 0);
	lockout_refund(lockout, &unknown);
	lockout_clear(lockout, &unknown);
	assert_int_equal(charge(&unknown, 0), 0);
}

static void a_clock_that_was_set_back_makes_nobody_wait_longer_than_the_longest(void **state)
{
	const struct lockout_rule *rule = lockout_rule(LOCKOUT_NAME);
	struct lockout_key key = key_of(LOCKOUT_NAME, "anna");
	int64_t at = INT64_C(1000000000000);

	(void)state;
	for (int i = 0; i < 30; i++)
		assert_int_equal(charge(&key, at += rule->longest.ms), 0);
	assert_int_equal(charge(&key, 0), rule->longest.ms);
}

/* Memory is bounded: of a million names the table still works, and who is being guessed at now is remembered. */
static void a_flood_of_names_costs_no_memory_and_frees_nobody_of_their_address(void **state)
{
	struct lockout_key address = key_of(LOCKOUT_ADDRESS, "203.0.113.7");
	int64_t waited = 0;
	char name[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct lockout_key keys[2] = {address};

		snprintf(name, sizeof name, "name%d", i);
		keys[1] = key_of(LOCKOUT_NAME, name);
		waited += lockout_charge(lockout, keys, 2, (struct instant){i}).ms > 0;
	}
	assert_true(waited > 99900); /* the address is known all the time */
}

static void who_tried_longest_ago_makes_way(void **state)
{
	struct lockout *large = lockout;
	struct lockout_key keys[9];
	uint32_t free = lockout_rule(LOCKOUT_NAME)->free;
	char name[2] = "a";

	(void)state;
	assert_int_equal(lockout_new(8, &lockout, &err), OK);
	for (int i = 0; i < 9; i++, name[0]++)
		keys[i] = key_of(LOCKOUT_NAME, name);
	for (int i = 0; i < 8; i++) {
		for (uint32_t n = 0; n < free; n++)
			assert_int_equal(charge(&keys[i], 1000 + (i + 5) % 8), 0); /* the fourth is the oldest */
	}
	assert_int_equal(charge(&keys[8], 1010), 0);
	for (int i = 0; i < 8; i++) {
		if (i != 3)
			assert_true(charge(&keys[i], 1010) > 0);
	}
	assert_int_equal(charge(&keys[3], 1010), 0);
	lockout_free(lockout);
	lockout = large;
}

static void an_ipv6_customer_is_one_address_and_a_mapped_one_is_its_ipv4(void **state)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 a = {.sin6_family = AF_INET6}, b = a, other = a, mapped = a;
	struct sockaddr local = {.sa_family = AF_UNIX};
	unsigned char out[LOCKOUT_ADDRESS_MAX], out2[LOCKOUT_ADDRESS_MAX];

	(void)state;
	inet_pton(AF_INET, "203.0.113.7", &four.sin_addr);
	inet_pton(AF_INET6, "2001:db8:1:2::1", &a.sin6_addr);
	inet_pton(AF_INET6, "2001:db8:1:2:ffff::9", &b.sin6_addr);
	inet_pton(AF_INET6, "2001:db8:1:3::1", &other.sin6_addr);
	inet_pton(AF_INET6, "::ffff:203.0.113.7", &mapped.sin6_addr);
	assert_int_equal(lockout_address(&a, out), 9);
	assert_int_equal(lockout_address(&b, out2), 9);
	assert_memory_equal(out, out2, 9);
	assert_int_equal(lockout_address(&other, out2), 9);
	assert_memory_not_equal(out, out2, 9);
	assert_int_equal(lockout_address(&four, out), 5);
	assert_int_equal(lockout_address(&mapped, out2), 5);
	assert_memory_equal(out, out2, 5);
	assert_int_equal(lockout_address(&local, out), 1);
	assert_int_equal(lockout_network(&a, out), 7);
	assert_int_equal(lockout_network(&other, out2), 7);
	assert_memory_equal(out, out2, 7);
	inet_pton(AF_INET6, "2001:db8:2:3::1", &other.sin6_addr);
	assert_int_equal(lockout_network(&other, out2), 7);
	assert_memory_not_equal(out, out2, 7);
	assert_int_equal(lockout_network(&four, out), 0);
	assert_int_equal(lockout_network(&mapped, out), 0);
	assert_int_equal(lockout_network(&local, out), 0);
}

/* ---- threads ---- */

static void *guess(void *arg)
{
	int *tried = arg;
	struct lockout_key key = key_of(LOCKOUT_NAME, "anna");

	for (int i = 0; i < 1000; i++)
		*tried += charge(&key, 0) == 0;
	return NULL;
}

/* Many at once get no more tries than one after another. */
static void those_who_try_at_once_share_what_is_free(void **state)
{
	pthread_t threads[4];
	int tried[4] = {0}, all = 0;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, guess, &tried[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		all += tried[i];
	}
	assert_int_equal(all, lockout_rule(LOCKOUT_NAME)->free);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_first_ones_are_free_and_then_each_wait_is_twice_the_last),
	    TEST(who_was_quiet_begins_anew),
	    TEST(others_do_not_wait_with_them),
	    TEST(one_that_must_wait_has_none_charged),
	    TEST(a_charge_can_be_taken_back_and_forgotten),
	    TEST(a_clock_that_was_set_back_makes_nobody_wait_longer_than_the_longest),
	    TEST(a_flood_of_names_costs_no_memory_and_frees_nobody_of_their_address),
	    TEST(who_tried_longest_ago_makes_way),
	    TEST(an_ipv6_customer_is_one_address_and_a_mapped_one_is_its_ipv4),
	    TEST(those_who_try_at_once_share_what_is_free),
	};

	return cmocka_run_group_tests_name("access/lockout", tests, NULL, NULL);
}
