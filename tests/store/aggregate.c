/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/aggregate.h"

static struct aggregate_row row_of(int step, int64_t person, int64_t records)
{
	return (struct aggregate_row){.kind = KIND_CALL, .person = person, .step = step, .from = {20000}, .direction = 1,
				      .status = 2, .duration_class = DURATION_MINUTE, .queue = 7, .records = records,
				      .duration_ms = 10 * records, .bytes = 100 * records};
}

struct seen { struct aggregate_row rows[8]; size_t count; };

static enum result see(void *arg, const struct aggregate_row *row, struct err *error)
{
	struct seen *seen = arg;

	(void)error;
	seen->rows[seen->count++] = *row;
	return seen->count < 8 ? OK : ERR_LIMIT;
}

static void rows_of_the_same_columns_are_one_that_adds_up(void **state)
{
	struct aggregate_row one = row_of(0, 0, 5), two = row_of(0, 0, 7), other = row_of(1, 0, 9);
	struct seen seen = {.count = 0};

	(void)state;
	assert_ok(aggregate_add(vault, 1, &one, &err));
	assert_ok(aggregate_add(vault, 1, &two, &err));
	assert_ok(aggregate_add(vault, 1, &other, &err));
	assert_ok(aggregate_walk(vault, 1, KIND_CALL, see, &seen, &err));
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.rows[0].records, 12);
	assert_int_equal(seen.rows[0].duration_ms, 120);
	assert_int_equal(seen.rows[0].bytes, 1200);
	assert_int_equal(seen.rows[0].from.days, 20000);
	assert_int_equal(seen.rows[0].queue, 7);
	assert_int_equal(seen.rows[1].step, 1);
}

static void those_who_wait_are_told_apart(void **state)
{
	struct aggregate_row hers = row_of(0, 3, 1), his = row_of(0, 4, 1), again = row_of(0, 3, 2);
	struct seen seen = {.count = 0};

	(void)state;
	assert_ok(aggregate_add_waiting(vault, 1, &hers, &err));
	assert_ok(aggregate_add_waiting(vault, 1, &his, &err));
	assert_ok(aggregate_add_waiting(vault, 1, &again, &err));
	assert_ok(aggregate_walk_waiting(vault, 1, KIND_CALL, see, &seen, &err));
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.rows[0].person, 3);
	assert_int_equal(seen.rows[0].records, 3);
	assert_int_equal(seen.rows[1].person, 4);
}

static void a_kind_is_cleared_alone(void **state)
{
	struct aggregate_row call = row_of(0, 3, 1), message = row_of(0, 3, 1);
	struct seen seen = {.count = 0};

	(void)state;
	message.kind = KIND_MESSAGE;
	assert_ok(aggregate_add(vault, 1, &call, &err));
	assert_ok(aggregate_add(vault, 1, &message, &err));
	assert_ok(aggregate_add_waiting(vault, 1, &call, &err));
	assert_ok(aggregate_add_waiting(vault, 1, &message, &err));
	assert_ok(aggregate_clear(vault, 1, KIND_CALL, &err));
	assert_ok(aggregate_clear_waiting(vault, 1, KIND_CALL, &err));
	assert_ok(aggregate_walk(vault, 1, KIND_CALL, see, &seen, &err));
	assert_ok(aggregate_walk_waiting(vault, 1, KIND_CALL, see, &seen, &err));
	assert_int_equal(seen.count, 0);
	assert_ok(aggregate_walk(vault, 1, KIND_MESSAGE, see, &seen, &err));
	assert_ok(aggregate_walk_waiting(vault, 1, KIND_MESSAGE, see, &seen, &err));
	assert_int_equal(seen.count, 2);
}

static void what_the_visitor_fails_with_ends_the_walk(void **state)
{
	struct seen seen = {.count = 7};
	struct aggregate_row row = row_of(0, 0, 5);

	(void)state;
	assert_ok(aggregate_add(vault, 1, &row, &err));
	assert_int_equal(aggregate_walk(vault, 1, KIND_CALL, see, &seen, &err), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(rows_of_the_same_columns_are_one_that_adds_up),
	    table_test(those_who_wait_are_told_apart),
	    table_test(a_kind_is_cleared_alone),
	    table_test(what_the_visitor_fails_with_ends_the_walk),
	};

	return cmocka_run_group_tests_name("store/aggregate", tests, NULL, NULL);
}
