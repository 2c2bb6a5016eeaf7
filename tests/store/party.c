/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/party.h"

static struct party_key key_of(int64_t identity, enum record_kind kind, const char *time, uint64_t n)
{
	return (struct party_key){.month = date_month_index(instant_date(time_of(time))),
				  .identity = identity,
				  .kind = kind,
				  .id = id_of(time, n)};
}

static void assert_same_key(const struct party_key *a, const struct party_key *b)
{
	assert_int_equal(party_key_compare(a, b), 0);
}

static void insert(uint32_t account, const struct party_key *rows, size_t count)
{
	assert_ok(party_insert(vault, account, rows, count, &err));
}

static int64_t delete(uint32_t account, const struct party_key *rows, size_t count)
{
	int64_t deleted;

	assert_ok(party_delete(vault, account, rows, count, &deleted, &err));
	return deleted;
}

static size_t list(int64_t identity, const struct party_key *after, struct party_key *out, size_t max)
{
	size_t count;

	assert_ok(party_list(vault, 1, identity, after, out, max, &count, &err));
	return count;
}

static void keys_are_ordered_as_the_table_is(void **state)
{
	struct party_key a = key_of(5, KIND_CALL, "2024-01-31T23:59:59.999Z", UINT64_MAX);
	struct party_key b = key_of(4, KIND_CALL, "2024-02-01T00:00:00.000Z", 0);
	struct party_key c = b;

	(void)state;
	assert_int_equal(party_key_compare(&a, &b), -1);
	assert_int_equal(party_key_compare(&b, &a), 1);
	assert_int_equal(party_key_compare(&b, &c), 0);
	c.identity = 5;
	assert_int_equal(party_key_compare(&b, &c), -1);
	assert_int_equal(party_key_compare(&c, &b), 1);
	b.kind = KIND_CHAT;
	b.identity = 5;
	assert_true(party_key_compare(&c, &b) < 0);
	assert_true(party_key_compare(&b, &c) > 0);
	b = c;
	b.id.bytes[15]++;
	assert_true(party_key_compare(&c, &b) < 0);
}

static void an_identity_lists_its_records_across_months(void **state)
{
	const struct party_key rows[] = {key_of(7, KIND_CALL, "2024-01-31T23:59:59.999Z", UINT64_MAX),
					 key_of(7, KIND_CALL, "2024-02-01T00:00:00.000Z", 0),
					 key_of(7, KIND_CHAT, "2024-02-01T00:00:00.000Z", 0),
					 key_of(8, KIND_CALL, "2024-02-01T00:00:00.000Z", 0),
					 key_of(7, KIND_CALL, "2026-12-31T23:59:59.999Z", 0)};
	struct party_key out[9];
	size_t count;

	(void)state;
	insert(1, rows, 5);
	assert_int_equal(list(7, &(struct party_key){0}, out, 9), 4);
	assert_same_key(&out[0], &rows[0]);
	assert_same_key(&out[1], &rows[1]);
	assert_same_key(&out[2], &rows[2]);
	assert_same_key(&out[3], &rows[4]);
	assert_int_equal(list(8, &(struct party_key){0}, out, 9), 1);
	assert_same_key(&out[0], &rows[3]);
	assert_int_equal(list(9, &(struct party_key){0}, out, 9), 0);
	assert_int_equal(list(7, &rows[4], out, 9), 0);
	assert_int_equal(list(7, &(struct party_key){0}, out, 0), 0);
	assert_ok(party_list_until(vault, 1, 7, &(struct party_key){0}, rows[1].month, out, 9, &count, &err));
	assert_int_equal(count, 3);
	assert_ok(party_list_until(vault, 1, 7, &out[1], rows[4].month - 1, out, 9, &count, &err));
	assert_int_equal(count, 1);
	assert_same_key(&out[0], &rows[2]);
	assert_ok(party_list_until(vault, 1, 7, &(struct party_key){0}, rows[0].month - 1, out, 9, &count, &err));
	assert_int_equal(count, 0);
}

static void many_rows_go_in_at_once_and_each_month_is_counted(void **state)
{
	enum { MANY = 100 };
	struct party_key rows[MANY];
	int64_t all, by_month, said, has;
	int32_t month;

	(void)state;
	for (int i = 0; i < MANY; i++)
		rows[i] = key_of(7 + i % 2, KIND_CALL, i < 70 ? "2024-01-31T00:00:00Z" : "2024-02-01T00:00:00Z", (uint64_t)i);
	insert(1, rows, MANY);
	assert_ok(party_count(vault, 1, &all, &by_month, &err));
	assert_int_equal(all, MANY);
	assert_int_equal(by_month, MANY);
	assert_ok(party_month_next(vault, 1, 0, &month, &said, &has, &err));
	assert_int_equal(said, 70);
	assert_int_equal(has, 70);
	assert_fails(party_insert(vault, 1, rows, MANY, &err), ERR_EXISTS, NULL);
	assert_int_equal(delete(1, rows, MANY), MANY);
}

static void an_empty_table_lists_nothing(void **state)
{
	struct party_key out;
	int64_t rows, by_month, said;
	int32_t month;
	size_t count;
	bool exists;

	(void)state;
	assert_int_equal(list(7, &(struct party_key){0}, &out, 1), 0);
	assert_ok(party_walk(vault, 1, &(struct party_key){0}, &out, 1, &count, &err));
	assert_int_equal(count, 0);
	assert_ok(party_count(vault, 1, &rows, &by_month, &err));
	assert_int_equal(rows, 0);
	assert_int_equal(by_month, 0);
	out = key_of(7, KIND_CALL, "2024-01-01T00:00:00Z", 0);
	assert_ok(party_exists(vault, 1, &out, &exists, &err));
	assert_false(exists);
	assert_fails(party_month_next(vault, 1, INT32_MIN, &month, &said, &rows, &err), ERR_NOT_FOUND, "no later month");
}

static void a_row_that_is_there_already_is_refused(void **state)
{
	const struct party_key row = key_of(7, KIND_CALL, "2024-01-01T00:00:00Z", 0);

	(void)state;
	insert(1, &row, 1);
	assert_fails(party_insert(vault, 1, &row, 1, &err), ERR_EXISTS, NULL);
	insert(2, &row, 1);
}

static void assert_month(int32_t after, int32_t wanted, int64_t wanted_said, int64_t wanted_rows)
{
	int64_t said, rows;
	int32_t month;

	assert_ok(party_month_next(vault, 1, after, &month, &said, &rows, &err));
	assert_int_equal(month, wanted);
	assert_int_equal(said, wanted_said);
	assert_int_equal(rows, wanted_rows);
}

static void months_count_what_is_inserted_and_deleted(void **state)
{
	const struct party_key rows[] = {key_of(7, KIND_CALL, "2024-01-31T23:59:59.999Z", 0),
					 key_of(7, KIND_CALL, "2024-02-01T00:00:00.000Z", 0),
					 key_of(8, KIND_CALL, "2024-02-01T00:00:00.000Z", 0),
					 key_of(8, KIND_CALL, "2024-03-01T00:00:00.000Z", 0)};
	int64_t all, by_month;

	(void)state;
	insert(1, rows, 4);
	insert(2, rows, 1);
	assert_ok(party_count(vault, 1, &all, &by_month, &err));
	assert_int_equal(all, 4);
	assert_int_equal(by_month, 4);
	assert_month(INT32_MIN, 648, 1, 1);
	assert_month(648, 649, 2, 2);
	assert_month(649, 650, 1, 1);
	assert_int_equal(delete(1, rows, 2), 2);
	assert_int_equal(delete(1, rows, 2), 0); /* what is gone is not taken away twice */
	assert_month(INT32_MIN, 649, 1, 1);
	assert_int_equal(delete(1, rows, 4), 2);
	assert_ok(party_count(vault, 1, &all, &by_month, &err));
	assert_int_equal(all, 0);
	assert_int_equal(by_month, 0);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM party_month"), 1); /* of the other account */
	assert_int_equal(delete(1, rows, 0), 0);
	insert(1, rows, 0);
}

static void keys_need_not_be_sorted_for_the_months_to_be_right(void **state)
{
	const struct party_key rows[] = {key_of(7, KIND_CALL, "2024-02-01T00:00:00.000Z", 0),
					 key_of(7, KIND_CALL, "2024-01-01T00:00:00.000Z", 0),
					 key_of(7, KIND_CALL, "2024-02-02T00:00:00.000Z", 0)};

	(void)state;
	insert(1, rows, 3);
	assert_month(INT32_MIN, 648, 1, 1);
	assert_month(648, 649, 2, 2);
	assert_int_equal(delete(1, rows, 3), 3);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM party_month"), 0);
}

static void a_month_that_is_miscounted_is_shown_as_it_is(void **state)
{
	const struct party_key row = key_of(7, KIND_CALL, "2024-02-01T00:00:00.000Z", 0);
	int64_t said, rows;
	int32_t month;

	(void)state;
	insert(1, &row, 1);
	raw(vault, "UPDATE party_month SET month = 700, parties = 5");
	assert_month(INT32_MIN, 649, 0, 1);
	assert_month(649, 700, 5, 0);
	assert_fails(party_month_next(vault, 1, 700, &month, &said, &rows, &err), ERR_NOT_FOUND, NULL);
}

/* Walks the whole month, `most` rows a time; how many went. */
static int64_t delete_days(enum record_kind kind, const char *first, const char *last, size_t most)
{
	const struct party_days days = {.month = date_month_index(day_of(first)), .kind = kind, .first = day_of(first), .last = day_of(last)};
	struct party_key from = {.identity = 0};
	int64_t deleted, all = 0;
	bool more = true;

	while (more) {
		assert_ok(party_delete_days(vault, 1, &days, most, &from, &deleted, &more, &err));
		assert_true(deleted <= (int64_t)most);
		all += deleted;
	}
	return all;
}

static void days_of_a_month_go_in_one_walk_and_nothing_else_does(void **state)
{
	const struct party_key rows[] = {key_of(7, KIND_CALL, "2024-02-01T23:59:59.999Z", UINT64_MAX),
					 key_of(7, KIND_CALL, "2024-02-02T00:00:00.000Z", 0),
					 key_of(7, KIND_CALL, "2024-02-04T23:59:59.999Z", UINT64_MAX),
					 key_of(7, KIND_CALL, "2024-02-05T00:00:00.000Z", 0),
					 key_of(7, KIND_CHAT, "2024-02-03T12:00:00.000Z", 0),
					 key_of(INT64_MAX, KIND_CALL, "2024-02-03T12:00:00.000Z", 0),
					 key_of(7, KIND_CALL, "2024-03-03T12:00:00.000Z", 0)};

	(void)state;
	for (size_t most = 1; most < 9; most++) {
		raw(vault, "DELETE FROM party");
		raw(vault, "DELETE FROM party_month");
		insert(1, rows, 7);
		insert(2, rows, 7);
		assert_int_equal(delete_days(KIND_CALL, "2024-02-02", "2024-02-04", most), 3);
		assert_int_equal(delete_days(KIND_CALL, "2024-02-02", "2024-02-04", most), 0);
		assert_month(INT32_MIN, 649, 3, 3);
		assert_month(649, 650, 1, 1);
		assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM party WHERE account_id = 2"), 7);
	}
	assert_int_equal(delete_days(KIND_CHAT, "2024-02-01", "2024-02-29", 5), 1);
	assert_int_equal(delete_days(KIND_CALL, "2024-02-01", "2024-02-29", 5), 2);
	assert_int_equal(delete_days(KIND_CALL, "2024-02-01", "2024-02-29", 5), 0);
	assert_month(INT32_MIN, 650, 1, 1);
}

/* Between two others of few rows, whose rows are of the same time. */
static void days_go_too_of_somebody_with_more_rows_than_go_at_once(void **state)
{
	struct party_key row = key_of(7, KIND_CALL, "2024-02-03T12:00:00.000Z", 0);

	(void)state;
	for (size_t most = 1; most < 40; most += 3) {
		raw(vault, "DELETE FROM party");
		raw(vault, "DELETE FROM party_month");
		for (int i = 0; i < 90; i++) {
			row.identity = i % 3 != 0 ? 8 : i < 45 ? 7 : 9;
			row.kind = i % 5 == 0 ? KIND_CHAT : KIND_CALL;
			row.id = id_of("2024-02-03T12:00:00.000Z", (uint64_t)i);
			insert(1, &row, 1);
		}
		assert_int_equal(delete_days(KIND_CALL, "2024-02-03", "2024-02-03", most), 72);
		assert_month(INT32_MIN, 649, 18, 18);
		assert_int_equal(delete_days(KIND_CHAT, "2024-02-01", "2024-02-29", most), 18);
	}
}

static void months_before_1970_are_listed_and_walked_too(void **state)
{
	const struct party_key rows[] = {{-1, 7, KIND_CALL, id_at((struct instant){0}, 1)},
					 {0, 7, KIND_CALL, id_at((struct instant){0}, 2)}};
	struct party_key out[3];
	size_t count;

	(void)state;
	insert(1, rows, 2);
	assert_int_equal(list(7, &(struct party_key){0}, out, 3), 2);
	assert_same_key(&out[0], &rows[0]);
	assert_ok(party_walk(vault, 1, &(struct party_key){0}, out, 3, &count, &err));
	assert_int_equal(count, 2);
	assert_same_key(&out[1], &rows[1]);
}

static void damaged_rows_are_reported(void **state)
{
	static const char *const damages[] = {"UPDATE party SET id = x'01'", "UPDATE party SET kind = 99"};
	struct party_key row, out;
	size_t count;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		row = key_of((int64_t)i + 1, KIND_CALL, "2024-02-01T00:00:00.000Z", 0);
		raw(vault, "DELETE FROM party");
		insert(1, &row, 1);
		raw(vault, damages[i]);
		assert_fails(party_list(vault, 1, row.identity, &(struct party_key){0}, &out, 1, &count, &err),
			     ERR_CORRUPT, NULL);
		assert_fails(party_walk(vault, 1, &(struct party_key){0}, &out, 1, &count, &err), ERR_CORRUPT, NULL);
	}
}

/* ---- against a slow model: an array ---- */

#define MODEL_MAX 400

struct model { struct party_key rows[MODEL_MAX]; size_t count; };

static struct party_key random_key(uint64_t *seed)
{
	/* Few of each, and times on the borders of months, so that keys meet. */
	static const char *const days[] = {"2023-12-31", "2024-01-01", "2024-01-31", "2024-02-01", "2024-02-29",
					   "2024-03-01", "2030-06-15"};
	struct instant at = date_start(day_of(days[next_random(seed) % 7]));

	if (next_random(seed) % 2 == 0)
		at.ms += 86399999;
	return (struct party_key){.month = date_month_index(instant_date(at)),
				  .identity = (int64_t)(next_random(seed) % 4) + 1,
				  .kind = (enum record_kind)(next_random(seed) % 3 * 5 + 1),
				  .id = id_at(at, next_random(seed) % 3)};
}

static ssize_t model_find(const struct model *model, const struct party_key *key)
{
	for (size_t i = 0; i < model->count; i++)
		if (party_key_compare(&model->rows[i], key) == 0)
			return (ssize_t)i;
	return -1;
}

/* From the key's day to the end of its month. */
static void change_days(struct model *model, const struct party_key *key, uint64_t *seed)
{
	struct date first = instant_date(id_time(key->id)), last = first;
	struct party_days days = {.month = key->month, .kind = key->kind, .first = first};
	struct party_key from = {.identity = 0};
	int64_t deleted, all = 0;
	size_t kept = 0;
	bool more = true;

	while (date_month_index(date_add_days(last, 1)) == key->month)
		last = date_add_days(last, 1);
	days.last = last;
	while (more) {
		assert_ok(party_delete_days(vault, 1, &days, next_random(seed) % 20 + 1, &from, &deleted, &more, &err));
		all += deleted;
	}
	for (size_t i = 0; i < model->count; i++) {
		struct party_key *row = &model->rows[i];

		if (row->kind != key->kind || row->month != key->month || instant_date(id_time(row->id)).days < first.days)
			model->rows[kept++] = *row;
	}
	assert_int_equal(all, model->count - kept);
	model->count = kept;
}

static void change(struct model *model, uint64_t *seed)
{
	struct party_key key = random_key(seed);
	ssize_t at = model_find(model, &key);

	if (next_random(seed) % 64 == 0)
		change_days(model, &key, seed);
	else if (next_random(seed) % 3 == 0) {
		assert_int_equal(delete(1, &key, 1), at >= 0);
		if (at >= 0)
			model->rows[at] = model->rows[--model->count];
	} else if (at < 0 && model->count < MODEL_MAX) {
		insert(1, &key, 1);
		model->rows[model->count++] = key;
	}
	qsort(model->rows, model->count, sizeof model->rows[0], party_key_compare);
}

static void assert_lists_agree(const struct model *model, int64_t identity, size_t page)
{
	struct party_key got[8], after = {0};
	size_t count, at = 0;

	do {
		count = list(identity, &after, got, page);
		for (size_t i = 0; i < count; i++) {
			while (at < model->count && model->rows[at].identity != identity)
				at++;
			assert_true(at < model->count);
			assert_same_key(&got[i], &model->rows[at++]);
		}
		if (count > 0)
			after = got[count - 1];
	} while (count == page);
	for (; at < model->count; at++)
		assert_true(model->rows[at].identity != identity);
}

static void assert_walks_agree(const struct model *model, size_t page)
{
	struct party_key got[8], after = {0};
	size_t count, at = 0;

	do {
		assert_ok(party_walk(vault, 1, &after, got, page, &count, &err));
		for (size_t i = 0; i < count; i++)
			assert_same_key(&got[i], &model->rows[at++]);
		if (count > 0)
			after = got[count - 1];
	} while (count == page);
	assert_int_equal(at, model->count);
}

static void assert_months_agree(const struct model *model)
{
	int64_t rows, by_month, said;
	int32_t month = INT32_MIN;
	enum result r;

	assert_ok(party_count(vault, 1, &rows, &by_month, &err));
	assert_int_equal(rows, model->count);
	assert_int_equal(by_month, model->count);
	for (size_t at = 0; (r = party_month_next(vault, 1, month, &month, &said, &rows, &err)) == OK; at += (size_t)rows) {
		assert_true(rows > 0);
		assert_int_equal(said, rows);
		assert_int_equal(model->rows[at].month, month);
		assert_int_equal(model->rows[at + (size_t)rows - 1].month, month);
	}
	assert_int_equal(r, ERR_NOT_FOUND);
}

static void any_sequence_of_changes_lists_as_a_slow_model_does(void **state)
{
	struct model model = {.count = 0};
	uint64_t seed = 42;
	bool exists;

	(void)state;
	assert_ok(db_begin(vault, &err));
	for (int round = 0; round < 300; round++) {
		struct party_key probe = random_key(&seed), other = random_key(&seed);

		for (uint64_t n = next_random(&seed) % 10; n > 0; n--)
			change(&model, &seed);
		if (round % 10 == 0 && party_insert(vault, 2, &other, 1, &err) != OK) /* noise of another account */
			assert_int_equal(err.code, ERR_EXISTS);
		for (int64_t identity = 1; identity <= 5; identity++)
			assert_lists_agree(&model, identity, next_random(&seed) % 8 + 1);
		assert_walks_agree(&model, next_random(&seed) % 8 + 1);
		assert_months_agree(&model);
		assert_ok(party_exists(vault, 1, &probe, &exists, &err));
		assert_int_equal(exists, model_find(&model, &probe) >= 0);
	}
	assert_true(model.count > 20);
	assert_ok(db_commit(vault, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_are_ordered_as_the_table_is),
	    table_test(an_identity_lists_its_records_across_months),
	    table_test(many_rows_go_in_at_once_and_each_month_is_counted),
	    table_test(an_empty_table_lists_nothing),
	    table_test(a_row_that_is_there_already_is_refused),
	    table_test(months_count_what_is_inserted_and_deleted),
	    table_test(keys_need_not_be_sorted_for_the_months_to_be_right),
	    table_test(a_month_that_is_miscounted_is_shown_as_it_is),
	    table_test(days_of_a_month_go_in_one_walk_and_nothing_else_does),
	    table_test(days_go_too_of_somebody_with_more_rows_than_go_at_once),
	    table_test(months_before_1970_are_listed_and_walked_too),
	    table_test(damaged_rows_are_reported),
	    table_test(any_sequence_of_changes_lists_as_a_slow_model_does),
	};

	return cmocka_run_group_tests_name("store/party", tests, NULL, NULL);
}
