/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "privacy/coarsen.h"

#define ROWS_MAX 400

/* SplitMix64. */
static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static int below(uint64_t *seed, int n)
{
	return (int)(next_random(seed) % (uint64_t)n);
}

static struct aggregate_row call_of(int64_t person, int year, int month, int day)
{
	return (struct aggregate_row){.kind = KIND_CALL,
				      .person = person,
				      .from = date_from_civil(year, month, day),
				      .direction = DIRECTION_INBOUND,
				      .status = STATUS_ANSWERED,
				      .duration_class = DURATION_MINUTE,
				      .queue = 7,
				      .records = 1,
				      .duration_ms = 30000,
				      .bytes = 100};
}

struct split { struct aggregate_row shown[ROWS_MAX]; size_t shown_count, waiting; };

static void split(struct aggregate_row *rows, size_t count, int64_t k, struct split *out)
{
	coarsen(rows, count, k, out->shown, &out->shown_count, &out->waiting);
}

static enum coarsen_step only_step(struct aggregate_row *rows, size_t count)
{
	static struct split out;

	split(rows, count, 3, &out);
	assert_int_equal(out.shown_count, 1);
	assert_int_equal(out.waiting, 0);
	assert_int_equal(out.shown[0].records, count);
	assert_int_equal(out.shown[0].person, 0);
	return (enum coarsen_step)out.shown[0].step;
}

static void the_smallest_step_that_suffices_is_taken(void **state)
{
	struct aggregate_row rows[3];
	static const int at[4][3][3] = {{{2026, 5, 4}, {2026, 5, 4}, {2026, 5, 4}},
					{{2026, 5, 4}, {2026, 5, 31}, {2026, 5, 1}},
					{{2026, 4, 1}, {2026, 5, 31}, {2026, 6, 30}},
					{{2026, 1, 1}, {2026, 5, 31}, {2026, 12, 31}}};

	(void)state;
	for (int step = 0; step < 4; step++) {
		for (int i = 0; i < 3; i++)
			rows[i] = call_of(i + 1, at[step][i][0], at[step][i][1], at[step][i][2]);
		assert_int_equal(only_step(rows, 3), step);
	}
}

static void what_is_dropped_is_dropped_in_a_fixed_order(void **state)
{
	(void)state;
	for (int step = COARSEN_DURATION; step <= COARSEN_ALL; step++) {
		struct aggregate_row rows[3] = {call_of(1, 2026, 5, 4), call_of(2, 2026, 5, 4), call_of(3, 2026, 5, 4)};

		if (step == COARSEN_DURATION)
			rows[1].duration_class = DURATION_NONE;
		else if (step == COARSEN_QUEUE)
			rows[1].queue = 0;
		else if (step == COARSEN_STATUS)
			rows[1].status = STATUS_MISSED;
		else if (step == COARSEN_DIRECTION)
			rows[1].direction = DIRECTION_OUTBOUND;
		else
			rows[1] = call_of(2, 2025, 5, 4);
		assert_int_equal(only_step(rows, 3), step);
	}
}

static void one_person_with_many_records_is_one_person(void **state)
{
	static struct aggregate_row rows[100];
	static struct split out;

	(void)state;
	for (int i = 0; i < 100; i++)
		rows[i] = call_of(1 + i % 2, 2026, 5, 4);
	split(rows, 100, 3, &out);
	assert_int_equal(out.shown_count, 0);
	assert_int_equal(out.waiting, 100);
}

static void rows_of_nobody_make_no_group_and_go_with_one(void **state)
{
	struct aggregate_row rows[8];
	static struct split out;

	(void)state;
	for (int i = 0; i < 5; i++)
		rows[i] = call_of(0, 2026, 5, 4);
	split(rows, 5, 3, &out);
	assert_int_equal(out.shown_count, 0);
	for (int i = 0; i < 3; i++)
		rows[5 + i] = call_of(i + 1, 2026, 5, 4);
	assert_int_equal(only_step(rows, 8), COARSEN_DAY);
}

/* ---- whatever comes ---- */

static size_t some_rows(uint64_t *seed, struct aggregate_row *rows)
{
	size_t count = (size_t)below(seed, 60);
	int people = 1 + below(seed, 12), years = 1 + below(seed, 3), statuses = 1 + below(seed, 4);

	for (size_t i = 0; i < count; i++) {
		rows[i] = call_of(below(seed, people + 1), 2024 + below(seed, years), 1 + below(seed, 12),
				  1 + below(seed, 28));
		rows[i].status = below(seed, statuses);
		rows[i].direction = below(seed, 4);
		rows[i].duration_class = below(seed, 6);
		rows[i].queue = below(seed, 3);
		rows[i].records = 1 + below(seed, 9);
	}
	return count;
}

static int64_t total(const struct aggregate_row *rows, size_t count)
{
	int64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += rows[i].records * 1000 + rows[i].duration_ms + rows[i].bytes;
	return sum;
}

static bool same_columns(const struct aggregate_row *a, const struct aggregate_row *b)
{
	return a->from.days == b->from.days && a->direction == b->direction && a->status == b->status &&
	       a->duration_class == b->duration_class && a->queue == b->queue;
}

/* Slow and obvious: how many people among those rows would be in a group at that step? */
static int64_t people_in(const struct aggregate_row *rows, size_t count, const struct aggregate_row *group)
{
	bool met[16] = {false};
	int64_t people = 0;

	for (size_t i = 0; i < count; i++) {
		struct aggregate_row at = coarsen_row(&rows[i], (enum coarsen_step)group->step);

		if (same_columns(&at, group) && at.person != 0 && !met[at.person]) {
			met[at.person] = true;
			people++;
		}
	}
	return people;
}

static void shuffle(uint64_t *seed, struct aggregate_row *rows, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)below(seed, (int)i);
		struct aggregate_row other = rows[j];

		rows[j] = rows[i - 1];
		rows[i - 1] = other;
	}
}

/* P37 */
static void every_group_has_k_people_and_nothing_is_lost(void **state)
{
	static struct aggregate_row before[ROWS_MAX], rows[ROWS_MAX];
	static struct split out;
	uint64_t seed = 20260301;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		size_t count = some_rows(&seed, rows);
		int64_t k = 3 + below(&seed, 4);

		memcpy(before, rows, sizeof before);
		split(rows, count, k, &out);
		assert_int_equal(total(before, count), total(out.shown, out.shown_count) + total(rows, out.waiting));
		for (size_t i = 0; i < out.shown_count; i++)
			assert_true(people_in(before, count, &out.shown[i]) >= k);
		/* What waits could not be shown in any way. */
		for (size_t i = 0; i < out.waiting; i++)
			for (int step = 0; step < COARSEN_STEPS; step++) {
				struct aggregate_row at = coarsen_row(&rows[i], (enum coarsen_step)step);

				assert_true(people_in(rows, out.waiting, &at) < k);
			}
	}
}

/* P37 */
static void the_order_of_rows_does_not_matter(void **state)
{
	static struct aggregate_row rows[ROWS_MAX], other[ROWS_MAX];
	static struct split one, two;
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 500; round++) {
		size_t count = some_rows(&seed, rows);

		memcpy(other, rows, sizeof rows);
		shuffle(&seed, other, count);
		split(rows, count, 3, &one);
		split(other, count, 3, &two);
		assert_int_equal(one.shown_count, two.shown_count);
		assert_int_equal(one.waiting, two.waiting);
		for (size_t i = 0; i < one.shown_count; i++) {
			assert_true(same_columns(&one.shown[i], &two.shown[i]));
			assert_int_equal(one.shown[i].step, two.shown[i].step);
			assert_int_equal(one.shown[i].records, two.shown[i].records);
		}
	}
}

/* P37: whoever sees the table after each person learns of changes that k people made together, and of no smaller ones. */
static void no_two_states_differ_by_fewer_than_k_people(void **state)
{
	static struct aggregate_row waiting[ROWS_MAX], before[ROWS_MAX];
	static struct split out;
	uint64_t seed = 99;

	(void)state;
	for (int round = 0; round < 300; round++) {
		int64_t k = 3 + below(&seed, 3), all = 0, shown = 0;
		size_t count = 0;

		for (int64_t person = 1; person <= 15; person++) {
			for (int i = below(&seed, 4); i > 0; i--) {
				waiting[count] = call_of(person, 2024 + below(&seed, 2), 1 + below(&seed, 12), 1);
				all += waiting[count++].records;
			}
			memcpy(before, waiting, sizeof before);
			split(waiting, count, k, &out);
			for (size_t i = 0; i < out.shown_count; i++) {
				assert_true(people_in(before, count, &out.shown[i]) >= k);
				shown += out.shown[i].records;
			}
			count = out.waiting;
		}
		for (size_t i = 0; i < count; i++)
			shown += waiting[i].records;
		assert_int_equal(all, shown);
	}
}

static void durations_have_classes(void **state)
{
	(void)state;
	assert_int_equal(duration_class_of(-1), DURATION_NONE);
	assert_int_equal(duration_class_of(0), DURATION_10_SECONDS);
	assert_int_equal(duration_class_of(10000), DURATION_10_SECONDS);
	assert_int_equal(duration_class_of(10001), DURATION_MINUTE);
	assert_int_equal(duration_class_of(INT64_C(5) * 60 * 1000), DURATION_5_MINUTES);
	assert_int_equal(duration_class_of(INT64_C(30) * 60 * 1000 + 1), DURATION_LONGER);
	assert_int_equal(duration_class_of(INT64_MAX), DURATION_LONGER);
	assert_string_equal(duration_class_name(DURATION_MINUTE), "up to 1 minute");
	assert_string_equal(duration_class_name((enum duration_class)AGGREGATE_ANY), "");
	assert_string_equal(coarsen_name(COARSEN_ALL), "all");
	assert_string_equal(coarsen_text((enum coarsen_step)COARSEN_STEPS), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_smallest_step_that_suffices_is_taken),
	    cmocka_unit_test(what_is_dropped_is_dropped_in_a_fixed_order),
	    cmocka_unit_test(one_person_with_many_records_is_one_person),
	    cmocka_unit_test(rows_of_nobody_make_no_group_and_go_with_one),
	    cmocka_unit_test(every_group_has_k_people_and_nothing_is_lost),
	    cmocka_unit_test(the_order_of_rows_does_not_matter),
	    cmocka_unit_test(no_two_states_differ_by_fewer_than_k_people),
	    cmocka_unit_test(durations_have_classes),
	};

	return cmocka_run_group_tests_name("privacy/coarsen", tests, NULL, NULL);
}
