/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/identity.h"

static const struct id anna = {{1}}, bert = {{2}};

static struct identity_row row_of(uint32_t account, int64_t identity, struct id person)
{
	return (struct identity_row){.account = account,
				     .identity = identity,
				     .kind = IDENTITY_PHONE,
				     .person = person,
				     .blind = blind_of((unsigned char)identity),
				     .value = (const unsigned char *)"sealed\0value",
				     .value_len = 12,
				     .created = {1700000000000}};
}

static void put(uint32_t account, int64_t identity, struct id person)
{
	struct identity_row row = row_of(account, identity, person);

	assert_ok(identity_insert(vault, &row, &err));
}

static size_t of_person(uint32_t account, struct id person, struct identity_row *out, size_t max)
{
	size_t count;

	assert_ok(identity_of_person(vault, account, person, &pool, out, max, &count, &err));
	return count;
}

static void an_identity_comes_back_as_it_was_put(void **state)
{
	struct identity_row row = row_of(1, INT64_MAX, anna), back;

	(void)state;
	row.kind = IDENTITY_NUMBER;
	assert_ok(identity_insert(vault, &row, &err));
	assert_ok(identity_get(vault, 1, INT64_MAX, &pool, &back, &err));
	assert_int_equal(back.account, 1);
	assert_int_equal(back.identity, INT64_MAX);
	assert_int_equal(back.kind, IDENTITY_NUMBER);
	assert_memory_equal(back.person.bytes, anna.bytes, 16);
	assert_memory_equal(back.blind.bytes, row.blind.bytes, BLIND_LEN);
	assert_int_equal(back.value_len, 12);
	assert_memory_equal(back.value, "sealed\0value", 12);
	assert_int_equal(back.created.ms, row.created.ms);
	assert_fails(identity_get(vault, 1, 1, &pool, &back, &err), ERR_NOT_FOUND, "no such identity");
}

static void a_number_or_a_blind_index_is_used_once_in_an_account(void **state)
{
	struct identity_row same_number = row_of(1, 1, bert), same_blind = row_of(1, 2, bert);

	(void)state;
	put(1, 1, anna);
	same_number.blind = blind_of(99);
	assert_fails(identity_insert(vault, &same_number, &err), ERR_EXISTS, NULL);
	same_blind.blind = blind_of(1);
	assert_fails(identity_insert(vault, &same_blind, &err), ERR_EXISTS, NULL);
	put(2, 1, anna);
}

static void one_that_is_unnamed_is_found_by_its_number_only_and_its_identifier_is_free(void **state)
{
	struct identity_row first, second = row_of(1, 2, bert), row;
	bool found;

	(void)state;
	put(1, 1, anna);
	assert_ok(identity_get(vault, 1, 1, &pool, &first, &err));
	assert_false(identity_is_unnamed(&first));
	assert_ok(identity_unname(vault, 1, 1, &err));
	assert_ok(identity_unname(vault, 1, 1, &err));
	assert_ok(identity_find(vault, 1, &first.blind, &found, &row, &err));
	assert_false(found);
	assert_ok(identity_get(vault, 1, 1, &pool, &row, &err));
	assert_true(identity_is_unnamed(&row));
	second.blind = first.blind;
	assert_ok(identity_insert(vault, &second, &err));
	assert_ok(identity_unname(vault, 1, 2, &err));
	assert_ok(identity_find(vault, 1, &row.blind, &found, &row, &err));
	assert_true(found);
	assert_int_equal(row.identity, 1);
}

static void an_identity_is_found_by_its_blind_index(void **state)
{
	struct blind known = blind_of(5), unknown = blind_of(6);
	struct identity_row row;
	bool found;

	(void)state;
	put(1, 5, bert);
	assert_ok(identity_find(vault, 1, &known, &found, &row, &err));
	assert_true(found);
	assert_int_equal(row.account, 1);
	assert_int_equal(row.identity, 5);
	assert_int_equal(row.kind, IDENTITY_PHONE);
	assert_memory_equal(row.person.bytes, bert.bytes, 16);
	assert_memory_equal(row.blind.bytes, known.bytes, BLIND_LEN);
	assert_ok(identity_find(vault, 1, &unknown, &found, &row, &err));
	assert_false(found);
	assert_ok(identity_find(vault, 2, &known, &found, &row, &err));
	assert_false(found);
}

static void a_person_is_the_set_of_its_identities(void **state)
{
	struct identity_row out[9];
	size_t count;

	(void)state;
	assert_int_equal(of_person(1, anna, out, 9), 0);
	put(1, 3, anna);
	put(1, 1, anna);
	put(1, 2, bert);
	put(2, 9, anna);
	assert_int_equal(of_person(1, anna, out, 9), 2);
	assert_int_equal(out[0].identity, 1);
	assert_int_equal(out[1].identity, 3);
	assert_int_equal(of_person(1, anna, out, 2), 2);
	assert_fails(identity_of_person(vault, 1, anna, &pool, out, 1, &count, &err), ERR_LIMIT,
		     "more than 1 identities");
	assert_int_equal(of_person(1, anna, out, 9), 2); /* the query was given back */
	assert_ok(identity_move(vault, 1, 3, bert, &err));
	assert_int_equal(of_person(1, anna, out, 9), 1);
	assert_int_equal(of_person(1, bert, out, 9), 2);
	assert_ok(identity_move(vault, 1, 77, bert, &err));
	assert_int_equal(of_person(1, bert, out, 9), 2);
	assert_ok(identity_delete(vault, 1, 1, &err));
	assert_int_equal(of_person(1, anna, out, 9), 0);
	assert_int_equal(of_person(2, anna, out, 9), 1);
}

#define SEEN_MAX 200

struct seen { int64_t numbers[SEEN_MAX]; size_t count; };

static enum result note(void *arg, const struct identity_row *row, struct err *e)
{
	struct seen *seen = arg;

	(void)e;
	assert_true(seen->count < SEEN_MAX);
	assert_int_equal(row->value_len, 12);
	seen->numbers[seen->count++] = row->identity;
	return OK;
}

static void see(uint32_t account, struct seen *seen)
{
	seen->count = 0;
	assert_ok(identity_walk(vault, account, note, seen, &err));
}

static void identities_are_counted_and_walked_in_order(void **state)
{
	struct seen seen;
	int64_t total;

	(void)state;
	assert_ok(identity_count(vault, 1, &total, &err));
	assert_int_equal(total, 0);
	for (int64_t n = 3; n > 0; n--)
		put(1, n, anna);
	put(2, 4, anna);
	assert_ok(identity_count(vault, 1, &total, &err));
	assert_int_equal(total, 3);
	see(1, &seen);
	assert_int_equal(seen.count, 3);
	for (int64_t n = 0; n < 3; n++)
		assert_int_equal(seen.numbers[n], n + 1);
	see(2, &seen);
	assert_int_equal(seen.count, 1);
	see(3, &seen);
	assert_int_equal(seen.count, 0);
}

static enum result delete_and_note(void *arg, const struct identity_row *row, struct err *e)
{
	return identity_delete(vault, row->account, row->identity, e) == OK ? note(arg, row, e) : e->code;
}

/* More than are read at a time, and each goes as it is met. */
static void a_walk_meets_every_identity_though_the_visitor_deletes_them(void **state)
{
	struct seen seen = {.count = 0};
	int64_t left;

	(void)state;
	assert_ok(db_begin(vault, &err));
	for (int64_t n = 1; n <= SEEN_MAX; n++)
		put(1, n, anna);
	assert_ok(identity_walk(vault, 1, delete_and_note, &seen, &err));
	assert_int_equal(seen.count, SEEN_MAX);
	for (int64_t n = 0; n < SEEN_MAX; n++)
		assert_int_equal(seen.numbers[n], n + 1);
	assert_ok(identity_count(vault, 1, &left, &err));
	assert_int_equal(left, 0);
	db_rollback(vault);
}

static enum result refuse_second(void *arg, const struct identity_row *row, struct err *e)
{
	(void)arg;
	return row->identity < 2 ? OK : err_set(e, ERR_DENIED, "enough");
}

static void what_the_visitor_fails_with_ends_the_walk(void **state)
{
	(void)state;
	for (int64_t n = 3; n > 0; n--)
		put(1, n, anna);
	assert_fails(identity_walk(vault, 1, refuse_second, NULL, &err), ERR_DENIED, "enough");
}

static void damaged_columns_are_reported(void **state)
{
	static const char *const damages[] = {"UPDATE identity SET kind = 6", "UPDATE identity SET kind = 0",
					      "UPDATE identity SET person_id = x'01' WHERE identity_id = 1"};
	struct blind blind = blind_of(1);
	struct seen seen = {.count = 0};
	struct identity_row row;
	size_t count;
	bool found;

	(void)state;
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		put(1, 1, anna);
		raw(vault, damages[i]);
		assert_fails(identity_get(vault, 1, 1, &pool, &row, &err), ERR_CORRUPT, NULL);
		assert_fails(identity_find(vault, 1, &blind, &found, &row, &err), ERR_CORRUPT, NULL);
		assert_fails(identity_walk(vault, 1, note, &seen, &err), ERR_CORRUPT, NULL);
		raw(vault, "DELETE FROM identity");
	}
	put(1, 1, anna);
	raw(vault, "UPDATE identity SET blind = x''");
	assert_fails(identity_get(vault, 1, 1, &pool, &row, &err), ERR_CORRUPT, "column 3 holds 0 bytes where 16 belong");
	assert_fails(identity_of_person(vault, 1, anna, &pool, &row, 1, &count, &err), ERR_CORRUPT, NULL);
}

static void a_value_larger_than_the_pool_is_reported(void **state)
{
	struct identity_row row;
	struct pool small;

	(void)state;
	put(1, 1, anna);
	pool_init(&small, 5);
	assert_fails(identity_get(vault, 1, 1, &small, &row, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(an_identity_comes_back_as_it_was_put),
	    table_test(a_number_or_a_blind_index_is_used_once_in_an_account),
	    table_test(one_that_is_unnamed_is_found_by_its_number_only_and_its_identifier_is_free),
	    table_test(an_identity_is_found_by_its_blind_index),
	    table_test(a_person_is_the_set_of_its_identities),
	    table_test(identities_are_counted_and_walked_in_order),
	    table_test(a_walk_meets_every_identity_though_the_visitor_deletes_them),
	    table_test(what_the_visitor_fails_with_ends_the_walk),
	    table_test(damaged_columns_are_reported),
	    table_test(a_value_larger_than_the_pool_is_reported),
	};

	return cmocka_run_group_tests_name("store/identity", tests, NULL, NULL);
}
