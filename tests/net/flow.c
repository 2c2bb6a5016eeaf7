/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "net/flow.h"

static struct flow *flow;
static atomic_int woken;
static struct err err;

static void count_wake(void *arg)
{
	(void)arg;
	woken++;
}

static int make(void **state)
{
	(void)state;
	woken = 0;
	flow = flow_new(16, count_wake, NULL);
	return flow ? 0 : -1;
}

static int drop(void **state)
{
	(void)state;
	flow_release(flow);
	flow_release(NULL);
	return 0;
}

static void what_goes_in_comes_out_in_order_round_the_ring(void **state)
{
	char out[16];
	size_t got;

	(void)state;
	for (int i = 0; i < 100; i++) {
		char in[11] = {(char)i, (char)(i + 1), 3, 4, 5, 6, 7, 8, 9, 10, (char)(i * 3)};

		assert_int_equal(flow_offer(flow, in, sizeof in), sizeof in);
		assert_int_equal(flow_read(flow, out, sizeof out, &got, &err), OK);
		assert_int_equal(got, sizeof in);
		assert_memory_equal(out, in, sizeof in);
	}
	assert_int_equal(woken, 0);
}

static void who_offers_too_much_is_called_when_there_is_room(void **state)
{
	char out[16];
	size_t got;

	(void)state;
	assert_int_equal(flow_offer(flow, "0123456789abcdefgh", 18), 16);
	assert_int_equal(flow_offer(flow, "gh", 2), 0);
	assert_int_equal(flow_read(flow, out, 4, &got, &err), OK);
	assert_int_equal(woken, 0); /* not worth it yet */
	assert_int_equal(flow_read(flow, out, 4, &got, &err), OK);
	assert_int_equal(woken, 1);
	assert_int_equal(flow_offer(flow, "gh", 2), 2);
	assert_int_equal(flow_read(flow, out, 16, &got, &err), OK);
	assert_int_equal(got, 10);
	assert_memory_equal(out, "89abcdefgh", 10);
	assert_int_equal(woken, 1);
}

static void who_takes_in_vain_is_called_when_there_is_enough(void **state)
{
	enum flow_state s;
	char out[16];

	(void)state;
	assert_int_equal(flow_take(flow, out, 16, &s), 0);
	assert_int_equal(s, FLOW_OPEN);
	assert_int_equal(flow_write(flow, "abc", 3, &err), OK);
	assert_int_equal(woken, 0);
	flow_flush(flow);
	assert_int_equal(woken, 1);
	flow_flush(flow);
	assert_int_equal(woken, 1); /* once is enough */
	assert_int_equal(flow_take(flow, out, 16, &s), 3);
	assert_int_equal(flow_take(flow, out, 16, &s), 0);
	assert_int_equal(flow_write(flow, "12345678", 8, &err), OK); /* half of it */
	assert_int_equal(woken, 2);
	assert_int_equal(flow_write_now(flow, "123456789", 9, &err), ERR_BUSY);
	assert_int_equal(flow_write_now(flow, "1234", 4, &err), OK);
	flow_end(flow);
	assert_int_equal(flow_take(flow, out, 16, &s), 12);
	assert_int_equal(s, FLOW_ENDED);
	assert_int_equal(flow_take(flow, out, 16, &s), 0);
	assert_int_equal(s, FLOW_ENDED);
}

static void the_end_wakes_who_waits(void **state)
{
	enum flow_state s;
	char out[16];
	size_t got;

	(void)state;
	assert_int_equal(flow_take(flow, out, 16, &s), 0);
	flow_end(flow);
	assert_int_equal(woken, 1);
	assert_int_equal(flow_read(flow, out, 16, &got, &err), OK);
	assert_int_equal(got, 0);
}

static void an_abort_is_told_to_both_sides_and_its_first_reason_stays(void **state)
{
	enum flow_state s;
	char out[16];
	size_t got;

	(void)state;
	assert_int_equal(flow_write(flow, "abc", 3, &err), OK);
	assert_int_equal(flow_take(flow, out, 3, &s), 3);
	assert_int_equal(flow_take(flow, out, 3, &s), 0);
	flow_abort(flow, ERR_LIMIT, "the first reason");
	flow_abort(flow, ERR_IO, "another");
	assert_int_equal(woken, 1);
	assert_true(flow_aborted(flow));
	assert_int_equal(flow_take(flow, out, 16, &s), 0);
	assert_int_equal(s, FLOW_ABORTED);
	assert_int_equal(flow_read(flow, out, 16, &got, &err), ERR_LIMIT);
	assert_string_equal(err.what, "the first reason");
	assert_int_equal(flow_write(flow, "x", 1, &err), ERR_LIMIT);
	assert_int_equal(flow_write_now(flow, "x", 1, &err), ERR_LIMIT);
	assert_int_equal(flow_offer(flow, "swallowed", 9), 9);
}

static void nobody_is_called_once_disconnected(void **state)
{
	enum flow_state s;
	char out[16];

	(void)state;
	flow_keep(flow);
	assert_int_equal(flow_take(flow, out, 16, &s), 0);
	flow_disconnect(flow);
	flow_end(flow);
	assert_int_equal(woken, 0);
	flow_release(flow);
	assert_false(flow_aborted(flow)); /* the other reference */
}

static void a_heartbeat_comes_when_nothing_else_does(void **state)
{
	enum flow_state s;
	char out[16];

	(void)state;
	flow_tick(flow, 1000);
	flow_heartbeat(flow, ":\n\n", 100);
	assert_int_equal(flow_take(flow, out, 16, &s), 0);
	flow_tick(flow, 1000);
	flow_tick(flow, 1099);
	assert_int_equal(flow_take(flow, out, 16, &s), 0);
	flow_tick(flow, 1100);
	assert_int_equal(woken, 1);
	assert_int_equal(flow_take(flow, out, 16, &s), 3);
	flow_tick(flow, 1150);
	assert_int_equal(flow_write_now(flow, "data", 4, &err), OK);
	flow_tick(flow, 1250); /* something came: it is quiet since then */
	flow_tick(flow, 1349);
	assert_int_equal(flow_take(flow, out, 16, &s), 4);
	flow_tick(flow, 1350);
	assert_int_equal(flow_take(flow, out, 16, &s), 3);
	flow_end(flow);
	flow_tick(flow, 5000);
	assert_int_equal(flow_take(flow, out, 16, &s), 0);
}

/* --- two threads ------------------------------------------------------------------ */

#define MANY 200000

static void *write_many(void *arg)
{
	struct err e;

	(void)arg;
	for (uint32_t i = 0; i < MANY; i++)
		if (flow_write(flow, &i, sizeof i, &e) != OK)
			return flow;
	flow_end(flow);
	return NULL;
}

static void a_writer_that_waits_loses_nothing(void **state)
{
	unsigned char out[7], number[4];
	enum flow_state s = FLOW_OPEN;
	pthread_t thread;
	uint32_t next = 0, have = 0;
	void *result;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, write_many, NULL), 0);
	while (s == FLOW_OPEN) {
		size_t got = flow_take(flow, out, sizeof out, &s);

		for (size_t i = 0; i < got; i++) {
			number[have++] = out[i];
			if (have < 4)
				continue;
			have = 0;
			assert_memory_equal(number, &next, 4);
			next++;
		}
	}
	assert_int_equal(s, FLOW_ENDED);
	assert_int_equal(next, MANY);
	pthread_join(thread, &result);
	assert_null(result);
}

static void *read_until_aborted(void *arg)
{
	char out[3];
	struct err e;
	size_t got = 1;

	(void)arg;
	while (flow_read(flow, out, sizeof out, &got, &e) == OK)
		if (got == 0)
			return flow;
	return NULL;
}

static void a_reader_that_waits_is_set_free_by_an_abort(void **state)
{
	pthread_t thread;
	void *result;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, read_until_aborted, NULL), 0);
	for (int i = 0; i < 1000; i++)
		flow_offer(flow, "abcdefg", 7);
	flow_abort(flow, ERR_INTERRUPTED, "enough");
	pthread_join(thread, &result);
	assert_null(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	    T(what_goes_in_comes_out_in_order_round_the_ring),
	    T(who_offers_too_much_is_called_when_there_is_room),
	    T(who_takes_in_vain_is_called_when_there_is_enough),
	    T(the_end_wakes_who_waits),
	    T(an_abort_is_told_to_both_sides_and_its_first_reason_stays),
	    T(nobody_is_called_once_disconnected),
	    T(a_heartbeat_comes_when_nothing_else_does),
	    T(a_writer_that_waits_loses_nothing),
	    T(a_reader_that_waits_is_set_free_by_an_abort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
