/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ingest/jsonl.h"

static const struct calls even = {.seed = 7, .total = 500, .people = 20, .same_for_all = true, .days = 730};
static const struct calls random_ones = {.seed = 7, .total = 500, .people = 50, .days = 30};

static void the_same_number_gives_the_same_call(void **state)
{
	char a[CALL_LINE_MAX], b[CALL_LINE_MAX];
	struct call call = call_make(&random_ones, 123), again = call_make(&random_ones, 123);

	(void)state;
	assert_int_equal(call_line(&random_ones, &call, a), call_line(&random_ones, &again, b));
	assert_string_equal(a, b);
}

static void calls_come_in_the_order_of_time_and_fill_their_days(void **state)
{
	(void)state;
	for (int64_t n = 1; n < even.total; n++)
		assert_true(call_make(&even, n - 1).at.ms < call_make(&even, n).at.ms);
	assert_int_equal(call_make(&even, 0).at.ms, 0);
	assert_int_equal(instant_date(call_make(&even, even.total - 1).at).days, 728);
}

static void everybody_has_as_many_calls_and_nobody_calls_themselves(void **state)
{
	int counts[20] = {0};

	(void)state;
	for (int64_t n = 0; n < even.total; n++) {
		struct call call = call_make(&even, n);

		assert_in_range(call.from, 0, 19);
		assert_in_range(call.to, 0, 19);
		assert_int_not_equal(call.from, call.to);
		counts[call.from]++;
		counts[call.to]++;
	}
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(counts[i], 50);
}

static void at_random_too_two_people_talk(void **state)
{
	(void)state;
	for (int64_t n = 0; n < random_ones.total; n++) {
		struct call call = call_make(&random_ones, n);

		assert_in_range(call.from, 0, 49);
		assert_in_range(call.to, 0, 49);
		assert_int_not_equal(call.from, call.to);
	}
}

static void every_line_is_one_that_an_import_takes(void **state)
{
	const struct intake_context context = {.default_source = "bench"};
	struct json_parser *parser;
	struct pool pool;
	struct err err;

	(void)state;
	pool_init(&pool, 1024 * 1024);
	assert_int_equal(json_parser_new(INTAKE_LINE_MAX, &parser, &err), OK);
	for (int64_t n = 0; n < random_ones.total; n++) {
		struct call call = call_make(&random_ones, n);
		char line[CALL_LINE_MAX], phone[CALL_PHONE_MAX];
		size_t len = call_line(&random_ones, &call, line);
		struct intake intake;

		assert_int_equal(line[len - 1], '\n');
		assert_int_equal(jsonl_read(parser, &context, line, len - 1, &pool, &intake, &err), OK);
		assert_int_equal(intake.kind, KIND_CALL);
		assert_int_equal(intake.at.ms / 1000, call.at.ms / 1000);
		assert_int_equal(intake.party_count, 2);
		assert_string_equal(intake.parties[0].text, call_phone(call.from, phone));
		pool_reset(&pool);
	}
	json_parser_free(parser);
	pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_number_gives_the_same_call),
		cmocka_unit_test(calls_come_in_the_order_of_time_and_fill_their_days),
		cmocka_unit_test(everybody_has_as_many_calls_and_nobody_calls_themselves),
		cmocka_unit_test(at_random_too_two_people_talk),
		cmocka_unit_test(every_line_is_one_that_an_import_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
