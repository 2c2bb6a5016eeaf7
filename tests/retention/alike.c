/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One answer for records that are alike in what rules go by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "retention/alike.h"

static struct pool pool;
static struct alike alike;

static int begin(void **state)
{
	struct err err;
	(void)state;

	pool_init(&pool, (size_t)1 << 20);
	return alike_init(&alike, &pool, &err) == OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	pool_free(&pool);
	return 0;
}

#define ALIKE(test) cmocka_unit_test_setup_teardown(test, begin, end)

static const struct record_row some = {.kind = KIND_CALL, .number = 7, .direction = DIRECTION_INBOUND,
				       .duration_ms = 60000, .labels = {3, 5}, .label_count = 2};

/* Of calls, with rules of these minimum durations. */
static void begin_with(const int64_t *durations, size_t count)
{
	struct policy rules[ALIKE_DURATIONS_MAX + 2];
	const struct policy_set set = {.rules = rules, .count = count + 1};

	rules[0] = (struct policy){.kind = KIND_MESSAGE, .scope = {.min_duration_ms = 1}};
	for (size_t i = 0; i < count; i++)
		rules[i + 1] = (struct policy){.kind = KIND_CALL, .scope = {.min_duration_ms = durations[i]}};
	alike_begin(&alike, &set, KIND_CALL);
}

static bool knows(const struct record_row *row)
{
	bool known;

	alike_find(&alike, row, &known);
	return known;
}

static void one_answer_is_remembered_for_all_that_are_alike(void **state)
{
	struct record_row other = some;
	bool known;
	(void)state;

	begin_with(NULL, 0);
	*alike_find(&alike, &some, &known) = 42;
	assert_false(known);
	other.duration_ms = 1;
	other.agent = 99;
	other.party_count = 1;
	assert_int_equal(*alike_find(&alike, &other, &known), 42);
	assert_true(known);
}

static void what_differs_in_number_direction_or_labels_is_another_sort(void **state)
{
	struct record_row other = some;
	(void)state;

	begin_with(NULL, 0);
	assert_false(knows(&some));
	other.number = 8;
	assert_false(knows(&other));
	other = some;
	other.direction = DIRECTION_OUTBOUND;
	assert_false(knows(&other));
	other = some;
	other.labels[1] = 6;
	assert_false(knows(&other));
	other.label_count = 1;
	assert_false(knows(&other));
	other.label_count = 0;
	assert_false(knows(&other));
	assert_true(knows(&other));
	assert_true(knows(&some));
}

static void durations_differ_where_a_rule_lies_between_them(void **state)
{
	const int64_t durations[] = {90000, 30000, 90000};
	struct record_row other = some;
	(void)state;

	begin_with(durations, 3);
	assert_int_equal(alike.duration_count, 2);
	assert_false(knows(&some));
	other.duration_ms = 89999;
	assert_true(knows(&other));
	other.duration_ms = 30000;
	assert_true(knows(&other));
	other.duration_ms = 90000;
	assert_false(knows(&other));
	other.duration_ms = 29999;
	assert_false(knows(&other));
	other.duration_ms = -1;
	assert_true(knows(&other));
}

static void of_rules_with_very_many_durations_only_the_same_is_alike(void **state)
{
	int64_t durations[ALIKE_DURATIONS_MAX + 1];
	struct record_row other = some;
	(void)state;

	for (int i = 0; i <= ALIKE_DURATIONS_MAX; i++)
		durations[i] = 100 * i + 100;
	begin_with(durations, ALIKE_DURATIONS_MAX + 1);
	assert_false(knows(&some));
	assert_true(knows(&some));
	other.duration_ms++;
	assert_false(knows(&other));
}

static void another_day_begins_with_nothing_remembered(void **state)
{
	(void)state;
	begin_with(NULL, 0);
	assert_false(knows(&some));
	alike_next_day(&alike);
	assert_false(knows(&some));
	alike.day = UINT32_MAX; /* so many days there never are */
	alike_next_day(&alike);
	assert_int_equal(alike.day, 1);
	assert_false(knows(&some));
	assert_true(knows(&some));
}

static void very_many_sorts_and_labels_are_asked_for_again(void **state)
{
	struct record_row row = some;
	(void)state;

	begin_with(NULL, 0);
	for (row.number = 1; row.number <= 512; row.number++)
		assert_false(knows(&row));
	row.number = 1;
	assert_true(knows(&row));
	row.number = 513;
	assert_false(knows(&row));
	assert_true(knows(&row));
	row.number = 2;
	assert_false(knows(&row));
	row.label_count = 7;
	for (int i = 0; i < 7; i++)
		row.labels[i] = i + 1;
	assert_false(knows(&row));
	assert_false(knows(&row));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ALIKE(one_answer_is_remembered_for_all_that_are_alike),
	    ALIKE(what_differs_in_number_direction_or_labels_is_another_sort),
	    ALIKE(durations_differ_where_a_rule_lies_between_them),
	    ALIKE(of_rules_with_very_many_durations_only_the_same_is_alike),
	    ALIKE(another_day_begins_with_nothing_remembered),
	    ALIKE(very_many_sorts_and_labels_are_asked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
