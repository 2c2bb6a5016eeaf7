/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/period.h"

static void add(uint32_t account, enum record_kind kind, const char *day, int64_t records)
{
	struct period delta = {.kind = kind, .day = day_of(day), .records = records, .bytes = records * 100,
			       .media = records * 2, .media_bytes = records * 1000};

	assert_ok(period_add(vault, account, &delta, &err));
}

static void assert_period(uint32_t account, enum record_kind kind, const char *day, int64_t records)
{
	struct period got;

	assert_ok(period_get(vault, account, kind, day_of(day), &got, &err));
	assert_int_equal(got.kind, kind);
	assert_int_equal(got.day.days, day_of(day).days);
	assert_int_equal(got.records, records);
	assert_int_equal(got.bytes, records * 100);
	assert_int_equal(got.media, records * 2);
	assert_int_equal(got.media_bytes, records * 1000);
}

static void what_is_added_is_summed(void **state)
{
	(void)state;
	assert_period(1, KIND_CALL, "2024-02-29", 0);
	add(1, KIND_CALL, "2024-02-29", 1);
	add(1, KIND_CALL, "2024-02-29", 2);
	add(1, KIND_CHAT, "2024-02-29", 4);
	add(2, KIND_CALL, "2024-02-29", 8);
	add(1, KIND_CALL, "1969-12-31", 16);
	assert_period(1, KIND_CALL, "2024-02-29", 3);
	assert_period(1, KIND_CHAT, "2024-02-29", 4);
	assert_period(2, KIND_CALL, "2024-02-29", 8);
	assert_period(1, KIND_CALL, "1969-12-31", 16);
	assert_period(1, KIND_CALL, "2024-03-01", 0);
}

static void a_period_left_with_nothing_is_no_row(void **state)
{
	(void)state;
	add(1, KIND_CALL, "2024-02-29", 3);
	add(1, KIND_CALL, "2024-03-01", 3);
	add(2, KIND_CALL, "2024-02-29", 3);
	add(1, KIND_CALL, "2024-02-29", -1);
	assert_period(1, KIND_CALL, "2024-02-29", 2);
	add(1, KIND_CALL, "2024-02-29", -2);
	assert_period(1, KIND_CALL, "2024-02-29", 0);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM period"), 2);
	assert_period(1, KIND_CALL, "2024-03-01", 3);
	assert_period(2, KIND_CALL, "2024-02-29", 3);
}

static void media_may_go_before_their_record(void **state)
{
	struct period delta = {.kind = KIND_CALL, .day = day_of("2024-02-29"), .media = -2, .media_bytes = -1000}, got;

	(void)state;
	add(1, KIND_CALL, "2024-02-29", 1);
	assert_ok(period_add(vault, 1, &delta, &err));
	assert_ok(period_get(vault, 1, KIND_CALL, delta.day, &got, &err));
	assert_int_equal(got.records, 1);
	assert_int_equal(got.media, 0);
	assert_int_equal(got.media_bytes, 0);
}

static void what_was_looked_at_is_told_and_counting_leaves_it_alone(void **state)
{
	struct period looked = {.kind = KIND_CALL, .day = day_of("2024-02-29"), .part = 3, .looked = day_of("2024-06-01"),
				.looked_policy = 7}, got;

	(void)state;
	assert_ok(period_set_looked(vault, 1, &looked, &err)); /* there is none: nothing happens */
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM period"), 0);
	add(1, KIND_CALL, "2024-02-29", 2);
	add(1, KIND_CALL, "2024-03-01", 2);
	assert_ok(period_set_looked(vault, 1, &looked, &err));
	add(1, KIND_CALL, "2024-02-29", 1);
	assert_ok(period_get(vault, 1, KIND_CALL, looked.day, &got, &err));
	assert_int_equal(got.records, 3);
	assert_int_equal(got.part, 3);
	assert_int_equal(got.looked.days, looked.looked.days);
	assert_int_equal(got.looked_policy, 7);
	assert_ok(period_look_again(vault, 1, KIND_CALL, looked.day, &err));
	assert_ok(period_get(vault, 1, KIND_CALL, looked.day, &got, &err));
	assert_int_equal(got.looked.days, 0);
	assert_int_equal(got.part, 3);
	assert_ok(period_get(vault, 1, KIND_CALL, day_of("2024-03-01"), &got, &err));
	assert_int_equal(got.part, 0);
}

static size_t list(const char *after, const char *until, struct period *out, size_t max)
{
	size_t count;

	assert_ok(period_list(vault, 1, KIND_CALL, day_of(after), day_of(until), out, max, &count, &err));
	return count;
}

static void a_list_begins_after_one_day_and_has_the_other(void **state)
{
	struct period out[9];

	(void)state;
	add(1, KIND_CALL, "1969-12-31", 1);
	add(1, KIND_CALL, "2024-02-28", 1);
	add(1, KIND_CALL, "2024-02-29", 2);
	add(1, KIND_CALL, "2024-03-01", 3);
	add(1, KIND_CHAT, "2024-02-29", 9);
	add(2, KIND_CALL, "2024-02-29", 9);
	assert_int_equal(list("2024-02-28", "2024-03-01", out, 9), 2);
	assert_int_equal(out[0].records, 2);
	assert_int_equal(out[1].records, 3);
	assert_int_equal(out[1].kind, KIND_CALL);
	assert_int_equal(list("2024-03-01", "9999-12-31", out, 9), 0);
	assert_int_equal(list("2024-02-29", "2024-02-29", out, 9), 0);
	assert_int_equal(list("0001-01-01", "2024-02-28", out, 9), 2);
	assert_int_equal(out[0].day.days, -1);
	assert_int_equal(list("2024-02-28", "2024-03-01", out, 1), 1);
	assert_int_equal(out[0].records, 2);
	assert_int_equal(list("2024-02-28", "2024-03-01", out, 0), 0);
}

struct walked { int32_t last; int count, fail_at; };

static enum result see(void *arg, const struct period *period, struct err *e)
{
	struct walked *w = arg;

	assert_true(period->day.days > w->last);
	w->last = period->day.days;
	if (++w->count == w->fail_at)
		return err_set(e, ERR_INTERRUPTED, "enough");
	return period_add(vault, 1, &(struct period){.kind = period->kind, .day = period->day, .records = -1}, e);
}

static void a_walk_comes_by_each_in_order_also_when_they_go_and_stops_when_told(void **state)
{
	struct walked w = {.last = INT32_MIN};

	(void)state;
	for (int32_t i = 1; i <= 600; i++) /* more than two pages */
		assert_ok(period_add(vault, 1, &(struct period){.kind = KIND_CALL, .day = {i}, .records = 1}, &err));
	assert_ok(period_walk(vault, 1, KIND_CALL, (struct date){10}, (struct date){590}, see, &w, &err));
	assert_int_equal(w.count, 580);
	assert_int_equal(w.last, 590);
	w = (struct walked){.last = INT32_MIN};
	assert_ok(period_walk(vault, 1, KIND_CALL, (struct date){INT32_MIN}, (struct date){INT32_MAX}, see, &w, &err));
	assert_int_equal(w.count, 20);
	add(1, KIND_CALL, "2024-02-28", 1);
	add(1, KIND_CALL, "2024-02-29", 1);
	w = (struct walked){.last = INT32_MIN, .fail_at = 1};
	assert_fails(period_walk(vault, 1, KIND_CALL, (struct date){INT32_MIN}, (struct date){INT32_MAX}, see, &w, &err),
		     ERR_INTERRUPTED, "enough");
	assert_int_equal(w.count, 1);
}

static void a_sum_has_its_last_day(void **state)
{
	struct period sum;
	int64_t days;

	(void)state;
	add(1, KIND_CALL, "2024-02-28", 1);
	add(1, KIND_CALL, "2024-02-29", 2);
	add(1, KIND_CALL, "2024-03-01", 4);
	add(1, KIND_CHAT, "2024-02-29", 8);
	add(2, KIND_CALL, "2024-02-29", 16);
	assert_ok(period_sum(vault, 1, KIND_CALL, day_of("2024-02-29"), &sum, &days, &err));
	assert_int_equal(days, 2);
	assert_int_equal(sum.records, 3);
	assert_int_equal(sum.bytes, 300);
	assert_int_equal(sum.media, 6);
	assert_int_equal(sum.media_bytes, 3000);
	assert_ok(period_sum(vault, 1, KIND_CALL, day_of("2024-02-27"), &sum, &days, &err));
	assert_int_equal(days, 0);
	assert_int_equal(sum.records, 0);
	assert_int_equal(sum.kind, KIND_CALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(what_is_added_is_summed),
	    table_test(a_period_left_with_nothing_is_no_row),
	    table_test(media_may_go_before_their_record),
	    table_test(what_was_looked_at_is_told_and_counting_leaves_it_alone),
	    table_test(a_list_begins_after_one_day_and_has_the_other),
	    table_test(a_walk_comes_by_each_in_order_also_when_they_go_and_stops_when_told),
	    table_test(a_sum_has_its_last_day),
	};

	return cmocka_run_group_tests_name("store/period", tests, NULL, NULL);
}
