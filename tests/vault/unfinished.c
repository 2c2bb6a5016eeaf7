/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vault/unfinished.h"

static struct id id_of(int n)
{
	struct id id = {{0}};

	id.bytes[0] = (unsigned char)n;
	id.bytes[1] = (unsigned char)(n >> 8);
	return id;
}

static int take(struct unfinished *unfinished)
{
	struct unfinished_job job;

	if (!unfinished_take(unfinished, &job))
		return -1;
	assert_int_equal(job.account, 7);
	return job.job.bytes[0] | job.job.bytes[1] << 8;
}

static void they_come_in_the_order_in_which_they_failed(void **state)
{
	struct unfinished *unfinished = unfinished_new();

	(void)state;
	assert_int_equal(take(unfinished), -1);
	for (int n = 1; n <= 3; n++)
		unfinished_add(unfinished, 7, id_of(n));
	for (int n = 1; n <= 3; n++)
		assert_int_equal(take(unfinished), n);
	assert_int_equal(take(unfinished), -1);
	unfinished_free(unfinished);
}

/* The end of a user waits for the erasure of the agent they are. */
static void what_is_put_back_is_still_the_first(void **state)
{
	struct unfinished *unfinished = unfinished_new();
	struct unfinished_job job;

	(void)state;
	unfinished_add(unfinished, 7, id_of(1));
	unfinished_add(unfinished, 7, id_of(2));
	assert_true(unfinished_take(unfinished, &job));
	unfinished_put_back(unfinished, &job);
	assert_int_equal(take(unfinished), 1);
	assert_int_equal(take(unfinished), 2);
	unfinished_free(unfinished);
}

static void what_there_is_no_room_for_is_left_to_the_next_opening(void **state)
{
	struct unfinished *unfinished = unfinished_new();
	struct unfinished_job job;
	int count = 0;

	(void)state;
	for (int n = 1; n <= 1000; n++)
		unfinished_add(unfinished, 7, id_of(n));
	assert_true(unfinished_take(unfinished, &job));
	unfinished_add(unfinished, 7, id_of(1001));
	unfinished_put_back(unfinished, &job);
	for (int n; (n = take(unfinished)) != -1; count++)
		assert_int_not_equal(n, 1);
	assert_int_equal(count, 256);
	unfinished_free(unfinished);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(they_come_in_the_order_in_which_they_failed),
	    cmocka_unit_test(what_is_put_back_is_still_the_first),
	    cmocka_unit_test(what_there_is_no_room_for_is_left_to_the_next_opening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
