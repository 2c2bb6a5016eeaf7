/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rest of store/key.c: lists of keys, account keys, epochs, counters and tombstones.
 */
#include "store/tables.h"

static void put(uint32_t account, enum key_class class, int64_t number, uint32_t epoch)
{
	struct wrapped_key key = {.account = account, .class = class, .number = number, .epoch = epoch};

	memset(key.wrapped, (int)number, sizeof key.wrapped);
	assert_ok(key_insert(keys, &key, &err));
}

/* ---- numbers ---- */

static void the_number_of_a_period_orders_by_kind_and_day(void **state)
{
	static const char *const days[] = {"0001-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "9999-12-31"};
	int64_t before = INT64_MIN;

	(void)state;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
			int64_t number = key_period_number(kind, day_of(days[i]), 0);

			assert_true(number > before);
			assert_int_equal(key_period_kind(number), kind);
			assert_int_equal(key_period_day(number).days, day_of(days[i]).days);
			before = number;
		}
	}
}

/* ---- keys ---- */

static void a_key_is_put_once(void **state)
{
	struct wrapped_key key = {.account = 1, .class = KEY_HOLD, .number = 5, .epoch = 1}, back;

	(void)state;
	assert_ok(key_insert(keys, &key, &err));
	assert_ok(db_begin(keys, &err));
	assert_fails(key_insert(keys, &key, &err), ERR_EXISTS, NULL);
	db_rollback(keys);
	assert_ok(key_get(keys, 1, KEY_HOLD, 5, &back, &err));
	assert_fails(key_get(keys, 1, KEY_OWN, 5, &back, &err), ERR_NOT_FOUND, "no such key");
	assert_fails(key_get(keys, 2, KEY_HOLD, 5, &back, &err), ERR_NOT_FOUND, "no such key");
}

static void a_wrapping_of_the_wrong_length_is_damage(void **state)
{
	struct wrapped_key out;
	int64_t after = 0;
	size_t count;

	(void)state;
	put(1, KEY_IDENTITY, 5, 1);
	raw(keys, "UPDATE key_slot SET wrapped = x'0102'");
	assert_fails(key_get(keys, 1, KEY_IDENTITY, 5, &out, &err), ERR_CORRUPT, "a wrapped key takes 2 bytes instead of 73");
	assert_fails(key_list_older(keys, 2, &after, 1, &out, &count, &err), ERR_CORRUPT, NULL);
}

static void a_key_in_another_ones_place_is_damage(void **state)
{
	struct wrapped_key out;

	(void)state;
	put(1, KEY_IDENTITY, 1, 1);
	put(1, KEY_IDENTITY, 2, 1);
	put(1, KEY_HOLD, 1, 1);
	put(1, KEY_HOLD, 2, 1);
	raw(keys, "UPDATE key_slot SET wrapped = (SELECT wrapped FROM key_slot WHERE slot = 1) WHERE slot = 2");
	raw(keys, "UPDATE wrapped_key SET slot = (SELECT slot FROM wrapped_key WHERE number = 1) WHERE number = 2");
	assert_ok(key_get(keys, 1, KEY_IDENTITY, 1, &out, &err));
	assert_ok(key_get(keys, 1, KEY_HOLD, 1, &out, &err));
	assert_fails(key_get(keys, 1, KEY_IDENTITY, 2, &out, &err), ERR_CORRUPT,
		     "a wrapped key stands in another one's place");
	assert_fails(key_get(keys, 1, KEY_HOLD, 2, &out, &err), ERR_CORRUPT, "a wrapped key stands in another one's place");
}

static void an_identitys_number_is_never_given_out_again(void **state)
{
	struct wrapped_key key = {.account = 1, .class = KEY_IDENTITY, .epoch = 1};
	int64_t first, next;
	bool existed;

	(void)state;
	assert_ok(key_next_identity(keys, &first, &err));
	key.number = first;
	assert_ok(key_insert(keys, &key, &err));
	assert_ok(key_delete(keys, 1, KEY_IDENTITY, first, &existed, &err));
	assert_true(existed);
	put(1, KEY_HOLD, 1, 1); /* does not take its place either */
	assert_fails(key_get(keys, 1, KEY_IDENTITY, first, &key, &err), ERR_NOT_FOUND, "no such key");
	assert_ok(key_next_identity(keys, &next, &err));
	assert_true(next > first + 1);
	assert_ok(db_begin(keys, &err));
	assert_fails(key_insert(keys, &(struct wrapped_key){.account = 1, .class = KEY_IDENTITY, .number = first}, &err),
		     ERR_EXISTS, NULL);
	db_rollback(keys);
}

static size_t older(uint32_t epoch, int64_t after, struct wrapped_key *out, size_t max)
{
	size_t count;

	assert_ok(key_list_older(keys, epoch, &after, max, out, &count, &err));
	return count;
}

static void keys_of_older_epochs_are_listed_in_the_order_they_lie_in(void **state)
{
	struct wrapped_key out[9], one;
	int64_t after = 0;
	size_t count;
	bool existed;

	(void)state;
	assert_int_equal(older(9, 0, out, 9), 0);
	put(2, KEY_IDENTITY, 1, 1);
	put(1, KEY_PERIOD, 1, 1);
	put(1, KEY_IDENTITY, 9, 2);
	put(1, KEY_IDENTITY, 13, 1);
	put(1, KEY_IDENTITY, 14, 1);
	put(0, KEY_OWN, OWN_SIGN, 1);
	assert_ok(key_delete(keys, 1, KEY_IDENTITY, 14, &existed, &err));
	assert_int_equal(older(1, 0, out, 9), 0);
	assert_int_equal(older(2, 0, out, 9), 4);
	assert_int_equal(older(3, 0, out, 9), 5);
	assert_int_equal(out[0].account, 2);
	assert_int_equal(out[0].class, KEY_IDENTITY);
	assert_int_equal(out[1].class, KEY_PERIOD);
	assert_int_equal(out[2].number, 9);
	assert_int_equal(out[2].epoch, 2);
	assert_int_equal(out[3].number, 13);
	assert_int_equal(out[3].wrapped[59], 13);
	assert_int_equal(out[4].account, 0);
	for (int i = 0; i < 5; i++) { /* one at a time, over zeroed ones and newer ones */
		assert_ok(key_list_older(keys, 3, &after, 1, &one, &count, &err));
		assert_int_equal(count, 1);
		assert_memory_equal(&one.wrapped, &out[i].wrapped, sizeof one.wrapped);
		assert_int_equal(one.account, out[i].account);
	}
	assert_int_equal(older(3, after, out, 1), 0);
}

static void keys_are_counted_by_class(void **state)
{
	int64_t count;
	bool existed;

	(void)state;
	for (int64_t n = 1; n <= 3; n++)
		put(1, KEY_IDENTITY, n, 1);
	put(1, KEY_PERIOD, 7, 1);
	put(2, KEY_IDENTITY, 9, 1);
	assert_ok(key_delete(keys, 1, KEY_IDENTITY, 2, &existed, &err));
	assert_ok(key_count(keys, KEY_IDENTITY, &count, &err));
	assert_int_equal(count, 3);
	assert_ok(key_count(keys, KEY_PERIOD, &count, &err));
	assert_int_equal(count, 1);
	assert_ok(key_count(keys, KEY_HOLD, &count, &err));
	assert_int_equal(count, 0);
}

/* ---- account keys ---- */

static void put_account_key(uint32_t account, uint32_t epoch, const char *wrapped)
{
	assert_ok(account_key_insert(keys, account, epoch, wrapped, strlen(wrapped), &err));
}

static void an_account_has_one_key_an_epoch(void **state)
{
	const unsigned char *wrapped;
	size_t len;

	(void)state;
	put_account_key(1, 1, "one");
	put_account_key(1, 2, "two");
	assert_fails(account_key_insert(keys, 1, 2, "x", 1, &err), ERR_EXISTS, NULL);
	assert_ok(account_key_get(keys, 1, 2, &pool, &wrapped, &len, &err));
	assert_int_equal(len, 3);
	assert_memory_equal(wrapped, "two", 3);
	assert_fails(account_key_get(keys, 1, 3, &pool, &wrapped, &len, &err), ERR_NOT_FOUND,
		     "no account key for this epoch");
	assert_fails(account_key_get(keys, 2, 1, &pool, &wrapped, &len, &err), ERR_NOT_FOUND, NULL);
}

static void account_keys_leave_with_their_epoch(void **state)
{
	uint32_t out[9];
	size_t count;

	(void)state;
	for (uint32_t account = 0; account < 3; account++) {
		put_account_key(account, 1, "old");
		put_account_key(account, 2, "new");
	}
	assert_ok(account_key_list(keys, 1, out, 9, &count, &err));
	assert_int_equal(count, 3);
	assert_int_equal(out[0], 0);
	assert_int_equal(out[2], 2);
	assert_ok(account_key_list(keys, 1, out, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_ok(account_key_delete_epoch(keys, 1, &err));
	assert_ok(account_key_list(keys, 1, out, 9, &count, &err));
	assert_int_equal(count, 0);
	assert_ok(account_key_list(keys, 2, out, 9, &count, &err));
	assert_int_equal(count, 3);
}

static void the_keys_of_an_account_go_together(void **state)
{
	const unsigned char *wrapped;
	struct wrapped_key key;
	int64_t count;
	size_t len;

	(void)state;
	for (uint32_t account = 1; account <= 2; account++) {
		put_account_key(account, 1, "key");
		put(account, KEY_IDENTITY, account * 10, 1);
		put(account, KEY_OWN, OWN_INDEX, 1);
	}
	assert_ok(key_delete_account(keys, 1, &count, &err));
	assert_int_equal(count, 2);
	assert_fails(account_key_get(keys, 1, 1, &pool, &wrapped, &len, &err), ERR_NOT_FOUND, NULL);
	assert_fails(key_get(keys, 1, KEY_OWN, OWN_INDEX, &key, &err), ERR_NOT_FOUND, NULL);
	assert_ok(account_key_get(keys, 2, 1, &pool, &wrapped, &len, &err));
	assert_ok(key_get(keys, 2, KEY_OWN, OWN_INDEX, &key, &err));
	assert_ok(key_delete_account(keys, 1, &count, &err));
	assert_int_equal(count, 0);
}

static void an_account_key_larger_than_the_pool_is_reported(void **state)
{
	const unsigned char *wrapped;
	struct pool small;
	size_t len;

	(void)state;
	put_account_key(1, 1, "one");
	pool_init(&small, 3);
	assert_fails(account_key_get(keys, 1, 1, &small, &wrapped, &len, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
}

/* ---- epochs ---- */

static void an_epoch_goes_through_its_states(void **state)
{
	struct instant born = {1000}, died = {2000};
	struct epoch epoch, all[9];
	size_t count;

	(void)state;
	assert_fails(epoch_find(keys, EPOCH_CURRENT, &epoch, &err), ERR_NOT_FOUND, "no epoch in that state");
	assert_ok(epoch_list(keys, all, 9, &count, &err));
	assert_int_equal(count, 0);
	assert_ok(epoch_insert(keys, 1, EPOCH_COMING, born, &err));
	assert_fails(epoch_insert(keys, 1, EPOCH_COMING, born, &err), ERR_EXISTS, NULL);
	assert_ok(epoch_insert(keys, 2, EPOCH_COMING, born, &err));
	assert_ok(epoch_set_state(keys, 1, EPOCH_CURRENT, died, &err));
	assert_ok(epoch_find(keys, EPOCH_CURRENT, &epoch, &err));
	assert_int_equal(epoch.epoch, 1);
	assert_int_equal(epoch.started.ms, 1000);
	assert_int_equal(epoch.ended.ms, 0); /* only the end is an end */
	assert_ok(epoch_set_state(keys, 1, EPOCH_ENDED, died, &err));
	assert_ok(epoch_find(keys, EPOCH_ENDED, &epoch, &err));
	assert_int_equal(epoch.ended.ms, 2000);
	assert_ok(epoch_find(keys, EPOCH_COMING, &epoch, &err));
	assert_int_equal(epoch.epoch, 2);
	assert_ok(epoch_insert(keys, 3, EPOCH_COMING, born, &err));
	assert_ok(epoch_find(keys, EPOCH_COMING, &epoch, &err));
	assert_int_equal(epoch.epoch, 3); /* the latest of several */
	assert_ok(epoch_list(keys, all, 9, &count, &err));
	assert_int_equal(count, 3);
	assert_int_equal(all[0].epoch, 3);
	assert_int_equal(all[2].state, EPOCH_ENDED);
	assert_ok(epoch_list(keys, all, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(all[0].epoch, 3);
}

/* ---- counters ---- */

static int64_t next(uint32_t account, const char *name)
{
	int64_t value;

	assert_ok(counter_next(keys, account, name, &value, &err));
	return value;
}

static void a_counter_counts_from_1_by_itself(void **state)
{
	(void)state;
	for (int64_t n = 1; n <= 100; n++)
		assert_int_equal(next(1, "identity"), n);
	assert_int_equal(next(1, "hold"), 1);
	assert_int_equal(next(2, "identity"), 1);
	assert_int_equal(next(1, "identity"), 101);
}

/* Whoever takes a number uses it in the same transaction: of a number that is rolled back nothing is left to confuse. */
static void only_a_number_that_was_rolled_back_is_given_out_again(void **state)
{
	(void)state;
	assert_int_equal(next(1, "hold"), 1);
	assert_ok(db_begin(keys, &err));
	assert_int_equal(next(1, "hold"), 2);
	assert_int_equal(next(1, "hold"), 3);
	db_rollback(keys);
	assert_ok(db_begin(keys, &err));
	assert_int_equal(next(1, "hold"), 2);
	assert_ok(db_commit(keys, &err));
	assert_int_equal(next(1, "hold"), 3);
}

/* ---- tombstones ---- */

static void assert_tombstone(uint32_t account, unsigned char blind, bool wanted, int64_t ms)
{
	struct blind b = blind_of(blind);
	struct instant at;
	bool erased;

	assert_ok(tombstone_get(keys, account, &b, &erased, &at, &err));
	assert_int_equal(erased, wanted);
	if (wanted)
		assert_int_equal(at.ms, ms);
}

static void bury(uint32_t account, unsigned char blind, int64_t ms)
{
	struct blind b = blind_of(blind);

	assert_ok(tombstone_put(keys, account, &b, (struct instant){ms}, &err));
}

static void a_tombstone_keeps_the_latest_time(void **state)
{
	(void)state;
	assert_tombstone(1, 7, false, 0);
	bury(1, 7, 1000);
	assert_tombstone(1, 7, true, 1000);
	bury(1, 7, 3000);
	assert_tombstone(1, 7, true, 3000);
	bury(1, 7, 2000);
	bury(1, 7, 3000);
	assert_tombstone(1, 7, true, 3000);
	bury(1, 8, -5);
	assert_tombstone(1, 8, true, -5);
	bury(1, 9, 0);
	assert_tombstone(1, 9, true, 0);
	assert_tombstone(2, 7, false, 0);
	assert_int_equal(count_of(keys, "SELECT COUNT(*) FROM tombstone"), 3);
}

static void tombstones_go_with_their_account_only(void **state)
{
	(void)state;
	bury(1, 7, 1000);
	bury(2, 7, 2000);
	assert_ok(tombstone_delete_account(keys, 1, &err));
	assert_tombstone(1, 7, false, 0);
	assert_tombstone(2, 7, true, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_number_of_a_period_orders_by_kind_and_day),
	    table_test(a_key_is_put_once),
	    table_test(a_wrapping_of_the_wrong_length_is_damage),
	    table_test(a_key_in_another_ones_place_is_damage),
	    table_test(an_identitys_number_is_never_given_out_again),
	    table_test(keys_of_older_epochs_are_listed_in_the_order_they_lie_in),
	    table_test(keys_are_counted_by_class),
	    table_test(an_account_has_one_key_an_epoch),
	    table_test(account_keys_leave_with_their_epoch),
	    table_test(the_keys_of_an_account_go_together),
	    table_test(an_account_key_larger_than_the_pool_is_reported),
	    table_test(an_epoch_goes_through_its_states),
	    table_test(a_counter_counts_from_1_by_itself),
	    table_test(only_a_number_that_was_rolled_back_is_given_out_again),
	    table_test(a_tombstone_keeps_the_latest_time),
	    table_test(tombstones_go_with_their_account_only),
	};

	return cmocka_run_group_tests_name("store/epoch", tests, NULL, NULL);
}
