/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/turns.h"

static struct turn of(uint32_t account, unsigned char webhook)
{
	return (struct turn){.account = account, .webhook = {{webhook}}};
}

static bool begins(struct turns *turns, uint32_t account, unsigned char webhook)
{
	struct turn turn = of(account, webhook);

	return turns_begin(turns, &turn);
}

static void ends(struct turns *turns, uint32_t account, unsigned char webhook)
{
	struct turn turn = of(account, webhook);

	turns_end(turns, &turn, TURN_IDLE);
}

static void ends_as(struct turns *turns, uint32_t account, unsigned char webhook, enum turn_pace pace)
{
	struct turn turn = of(account, webhook);

	turns_end(turns, &turn, pace);
}

static void assert_next(struct turns *turns, uint32_t account, unsigned char webhook)
{
	struct turn wanted = of(account, webhook), next;

	assert_true(turns_begin_passed(turns, &next));
	assert_int_equal(next.account, wanted.account);
	assert_int_equal(id_compare(next.webhook, wanted.webhook), 0);
}

static void no_two_are_at_one_and_an_account_has_half(void **state)
{
	struct turns *turns = turns_new(4);
	struct turn next;

	(void)state;
	assert_true(begins(turns, 1, 1));
	assert_false(begins(turns, 1, 1));
	assert_true(begins(turns, 1, 2));
	assert_false(begins(turns, 1, 3));
	assert_true(begins(turns, 2, 4));
	assert_false(turns_begin_passed(turns, &next)); /* the account has its half still */
	ends(turns, 1, 1);
	assert_true(begins(turns, 1, 3));
	ends(turns, 1, 2);
	assert_false(turns_begin_passed(turns, &next)); /* it has had its turn */
	turns_free(turns);
	turns_free(NULL);
}

/* P58 */
static void who_is_passed_over_comes_before_those_that_hang_and_are_met_again(void **state)
{
	struct turns *turns = turns_new(4);
	struct turn next;

	(void)state;
	assert_true(begins(turns, 1, 1)); /* hangs */
	assert_true(begins(turns, 1, 2)); /* hangs too */
	for (int round = 0; round < 3; round++) { /* of threads that have nothing to do */
		assert_false(begins(turns, 1, 1));
		assert_false(begins(turns, 1, 2));
		assert_false(begins(turns, 1, 3));
		assert_false(begins(turns, 1, 4));
	}
	ends(turns, 1, 1);
	assert_next(turns, 1, 3);
	assert_false(begins(turns, 1, 1)); /* now it is passed over itself */
	ends(turns, 1, 3);
	assert_next(turns, 1, 4);
	ends(turns, 1, 4);
	assert_next(turns, 1, 1);
	ends(turns, 1, 2);
	assert_false(turns_begin_passed(turns, &next));
	turns_free(turns);
}

static void however_many_are_passed_over_all_goes_on(void **state)
{
	struct turns *turns = turns_new(1);
	struct turn next;
	int had = 0;

	(void)state;
	assert_true(begins(turns, 1, 0));
	for (int i = 1; i < 1000; i++) {
		struct turn turn = of(1, (unsigned char)(i / 256 + 1));

		turn.webhook.bytes[1] = (unsigned char)i;
		assert_false(turns_begin(turns, &turn));
	}
	ends(turns, 1, 0);
	for (; turns_begin_passed(turns, &next); had++)
		turns_end(turns, &next, TURN_IDLE);
	assert_in_range(had, 100, 999);
	turns_free(turns);
}

/* P58 */
static void those_that_were_slow_have_half_together(void **state)
{
	struct turns *turns = turns_new(4);
	struct turn next;

	(void)state;
	for (unsigned char i = 1; i <= 4; i++)
		assert_true(begins(turns, i, i)); /* nobody knows yet */
	for (unsigned char i = 1; i <= 4; i++)
		ends_as(turns, i, i, TURN_SLOW);
	assert_true(begins(turns, 1, 1));
	assert_true(begins(turns, 2, 2));
	assert_false(begins(turns, 3, 3));
	assert_true(begins(turns, 5, 5)); /* others have the rest */
	assert_true(begins(turns, 6, 6));
	ends_as(turns, 5, 5, TURN_QUICK);
	assert_false(turns_begin_passed(turns, &next));
	ends_as(turns, 1, 1, TURN_IDLE); /* that tells nothing */
	assert_next(turns, 3, 3);
	assert_false(begins(turns, 1, 1));
	ends_as(turns, 3, 3, TURN_QUICK);
	assert_true(begins(turns, 3, 3)); /* it answers again */
	assert_next(turns, 1, 1);
	turns_free(turns);
}

static void of_more_than_can_be_remembered_the_last_are_slow(void **state)
{
	struct turns *turns = turns_new(2);

	(void)state;
	for (uint32_t i = 1; i <= 1000; i++) {
		assert_true(begins(turns, i, 1));
		ends_as(turns, i, 1, TURN_SLOW);
	}
	assert_true(begins(turns, 1000, 1));
	assert_false(begins(turns, 999, 1));
	assert_true(begins(turns, 1, 1));
	turns_free(turns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_two_are_at_one_and_an_account_has_half),
	    cmocka_unit_test(who_is_passed_over_comes_before_those_that_hang_and_are_met_again),
	    cmocka_unit_test(however_many_are_passed_over_all_goes_on),
	    cmocka_unit_test(those_that_were_slow_have_half_together),
	    cmocka_unit_test(of_more_than_can_be_remembered_the_last_are_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
