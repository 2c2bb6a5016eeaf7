/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P70: who asks one that hangs leaves room for others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "net/away.h"

#define MANY 300

static struct away *new_away(size_t all)
{
	struct away *away;
	struct err err;

	assert_int_equal(away_new(all, &away, &err), OK);
	return away;
}

/* As many as it gets, into turns; returns how many. */
static size_t take_all(struct away *away, uint64_t owner, int64_t now, struct away_turn *turns)
{
	size_t count = 0;

	while (away_begin(away, owner, now, &turns[count]))
		count++;
	return count;
}

static void end_all(struct away *away, const struct away_turn *turns, size_t count, int64_t now)
{
	for (size_t i = 0; i < count; i++)
		away_end(away, &turns[i], now);
}

static void each_has_half_of_what_others_leave(void **state)
{
	struct away *away = new_away(8);
	struct away_turn first[9], second[9], third[9], fourth[9], fifth[9];

	(void)state;
	assert_int_equal(take_all(away, 1, 0, first), 4);
	assert_int_equal(take_all(away, 2, 0, second), 2);
	assert_int_equal(take_all(away, 3, 0, third), 1);
	assert_int_equal(take_all(away, 4, 0, fourth), 1);
	assert_int_equal(take_all(away, 5, 0, fifth), 0);
	end_all(away, first, 4, 100);
	assert_int_equal(take_all(away, 5, 100, fifth), 2);
	assert_int_equal(take_all(away, 1, 100, first), 1);
	end_all(away, first, 1, 200);
	end_all(away, second, 2, 200);
	end_all(away, third, 1, 200);
	end_all(away, fourth, 1, 200);
	end_all(away, fifth, 2, 200);
	assert_int_equal(take_all(away, 5, 200, fifth), 4);
	away_free(away);
	away_free(NULL);
}

static void who_was_slow_has_one_at_a_time_for_a_minute(void **state)
{
	struct away *away = new_away(8);
	struct away_turn turns[9];

	(void)state;
	assert_int_equal(take_all(away, 7, 0, turns), 4);
	end_all(away, turns, 4, AWAY_SLOW_MS - 1);
	assert_int_equal(take_all(away, 7, AWAY_SLOW_MS, turns), 4);
	end_all(away, turns, 4, (int64_t)2 * AWAY_SLOW_MS);
	assert_int_equal(take_all(away, 7, (int64_t)2 * AWAY_SLOW_MS, turns), 1);
	end_all(away, turns, 1, (int64_t)2 * AWAY_SLOW_MS + 5);
	assert_int_equal(take_all(away, 7, (int64_t)2 * AWAY_SLOW_MS + AWAY_DOUBT_MS - 1, turns), 1);
	end_all(away, turns, 1, (int64_t)2 * AWAY_SLOW_MS + AWAY_DOUBT_MS);
	assert_int_equal(take_all(away, 7, (int64_t)2 * AWAY_SLOW_MS + AWAY_DOUBT_MS, turns), 4);
	away_free(away);
}

/* The server of many hangs: whoever asks another one is not kept from it, whatever they do. */
static void all_who_were_slow_have_half_together(void **state)
{
	struct away *away = new_away(8);
	struct away_turn turns[MANY + 1], other[9];
	size_t held = 0;

	(void)state;
	for (uint64_t owner = 100; owner < 110; owner++) {
		assert_true(away_begin(away, owner, 0, &turns[0]));
		away_end(away, &turns[0], 10000);
	}
	for (uint64_t owner = 100; owner < 110; owner++)
		held += take_all(away, owner, 10000, turns + held);
	assert_int_equal(held, 4);
	assert_int_equal(take_all(away, 7, 10000, other), 2);
	end_all(away, other, 2, 10001);
	end_all(away, turns, held, 20000);
	assert_int_equal(take_all(away, 7, 20000, other), 4);
	away_free(away);
}

static void of_one_there_is_one(void **state)
{
	struct away *away = new_away(1);
	struct away_turn turn, none;

	(void)state;
	assert_true(away_begin(away, 7, 0, &turn));
	assert_false(away_begin(away, 7, 0, &none));
	assert_false(away_begin(away, 8, 0, &none));
	away_end(away, &turn, 10000);
	assert_true(away_begin(away, 7, 10000, &turn)); /* slow as it was */
	away_end(away, &turn, 10001);
	away_free(away);
}

static void of_more_who_were_slow_than_are_remembered_the_first_are_forgotten(void **state)
{
	struct away *away = new_away(8);
	struct away_turn turns[9];

	(void)state;
	for (uint64_t owner = 1; owner <= MANY; owner++) {
		assert_true(away_begin(away, owner, (int64_t)owner, &turns[0]));
		away_end(away, &turns[0], (int64_t)owner + AWAY_SLOW_MS);
	}
	assert_int_equal(take_all(away, 1, MANY + AWAY_SLOW_MS, turns), 4);
	end_all(away, turns, 4, MANY + AWAY_SLOW_MS);
	assert_int_equal(take_all(away, MANY, MANY + AWAY_SLOW_MS, turns), 1);
	away_free(away);
}

#define THREADS 8
struct crowd { struct away *away; _Atomic int inside; _Atomic bool wrong; };

static void *come_and_go(void *arg)
{
	struct crowd *crowd = arg;

	for (int i = 0; i < 2000; i++) {
		struct away_turn turn;

		if (!away_begin(crowd->away, (uint64_t)(i % 5 + 1), i, &turn))
			continue;
		if (atomic_fetch_add(&crowd->inside, 1) >= 4)
			atomic_store(&crowd->wrong, true);
		atomic_fetch_sub(&crowd->inside, 1);
		away_end(crowd->away, &turn, i % 7 == 0 ? i + AWAY_SLOW_MS : i);
	}
	return NULL;
}

static void those_who_come_at_once_are_no_more_than_may(void **state)
{
	struct crowd crowd = {.away = new_away(4)};
	pthread_t threads[THREADS];
	struct away_turn turns[5];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &crowd), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_false(crowd.wrong);
	assert_int_equal(take_all(crowd.away, 77, 0, turns), 2); /* none was lost */
	assert_int_equal(take_all(crowd.away, 78, 0, turns + 2), 1);
	away_free(crowd.away);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_has_half_of_what_others_leave),
	    cmocka_unit_test(who_was_slow_has_one_at_a_time_for_a_minute),
	    cmocka_unit_test(all_who_were_slow_have_half_together),
	    cmocka_unit_test(of_one_there_is_one),
	    cmocka_unit_test(those_who_come_at_once_are_no_more_than_may),
	    cmocka_unit_test(of_more_who_were_slow_than_are_remembered_the_first_are_forgotten),
	};

	return cmocka_run_group_tests_name("net/away", tests, NULL, NULL);
}
