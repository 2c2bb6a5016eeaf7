/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/account.h"

static struct account_row row_of(uint32_t account)
{
	return (struct account_row){.account = account,
				    .id = {{(unsigned char)account}},
				    .name_blind = blind_of((unsigned char)account),
				    .name = (const unsigned char *)"sealed\0name",
				    .name_len = 11,
				    .country = "DK",
				    .created = {-5}};
}

static void put(uint32_t account)
{
	struct account_row row = row_of(account);

	assert_ok(account_insert(vault, &row, &err));
}

static void an_account_comes_back_as_it_was_put(void **state)
{
	struct account_row row = row_of(UINT32_MAX), back;

	(void)state;
	put(UINT32_MAX);
	assert_ok(account_get(vault, UINT32_MAX, &pool, &back, &err));
	assert_int_equal(back.account, UINT32_MAX);
	assert_memory_equal(back.id.bytes, row.id.bytes, 16);
	assert_memory_equal(back.name_blind.bytes, row.name_blind.bytes, BLIND_LEN);
	assert_int_equal(back.name_len, 11);
	assert_memory_equal(back.name, "sealed\0name", 11);
	assert_string_equal(back.country, "DK");
	assert_int_equal(back.created.ms, -5);
	assert_fails(account_get(vault, 1, &pool, &back, &err), ERR_NOT_FOUND, "no such account");
}

static void an_account_is_found_by_id_and_by_name(void **state)
{
	struct blind name = blind_of(7), unknown = blind_of(8);
	uint32_t number;

	(void)state;
	put(7);
	assert_ok(account_find_by_id(vault, (struct id){{7}}, &number, &err));
	assert_int_equal(number, 7);
	assert_ok(account_find_by_name(vault, &name, &number, &err));
	assert_int_equal(number, 7);
	assert_fails(account_find_by_id(vault, (struct id){{8}}, &number, &err), ERR_NOT_FOUND, "no such account");
	assert_fails(account_find_by_name(vault, &unknown, &number, &err), ERR_NOT_FOUND, "no such account");
}

static void number_id_and_name_are_used_once(void **state)
{
	struct account_row row;

	(void)state;
	put(1);
	row = row_of(2);
	row.account = 1;
	assert_fails(account_insert(vault, &row, &err), ERR_EXISTS, NULL);
	row = row_of(2);
	row.id = row_of(1).id;
	assert_fails(account_insert(vault, &row, &err), ERR_EXISTS, NULL);
	row = row_of(2);
	row.name_blind = row_of(1).name_blind;
	assert_fails(account_insert(vault, &row, &err), ERR_EXISTS, NULL);
	put(2);
}

static void accounts_are_listed_page_by_page(void **state)
{
	uint32_t numbers[9];
	size_t count;

	(void)state;
	assert_ok(account_list(vault, 0, numbers, 9, &count, &err));
	assert_int_equal(count, 0);
	put(5);
	put(2);
	put(UINT32_MAX);
	assert_ok(account_list(vault, 0, numbers, 9, &count, &err));
	assert_int_equal(count, 3);
	assert_int_equal(numbers[0], 2);
	assert_int_equal(numbers[2], UINT32_MAX);
	assert_ok(account_list(vault, 2, numbers, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(numbers[0], 5);
	assert_ok(account_list(vault, UINT32_MAX, numbers, 1, &count, &err));
	assert_int_equal(count, 0);
}

static void damaged_columns_are_reported(void **state)
{
	struct account_row back;

	(void)state;
	put(1);
	raw(vault, "UPDATE account SET name_blind = x'01'");
	assert_fails(account_get(vault, 1, &pool, &back, &err), ERR_CORRUPT, "column 2 holds 1 bytes where 16 belong");
	raw(vault, "UPDATE account SET id = x''");
	assert_fails(account_get(vault, 1, &pool, &back, &err), ERR_CORRUPT, "column 1 holds 0 bytes where 16 belong");
}

static void a_country_too_long_is_cut_and_harms_nothing(void **state)
{
	struct account_row back;

	(void)state;
	put(1);
	raw(vault, "UPDATE account SET country = 'Denmark'");
	assert_ok(account_get(vault, 1, &pool, &back, &err));
	assert_string_equal(back.country, "De");
}

static void a_name_larger_than_the_pool_is_reported(void **state)
{
	struct account_row back;
	struct pool small;

	(void)state;
	put(1);
	pool_init(&small, 5);
	assert_fails(account_get(vault, 1, &small, &back, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
}

static void the_vault_says_what_it_was_told_last(void **state)
{
	const char *value;
	struct pool small;

	(void)state;
	assert_fails(meta_get(vault, "id", &pool, &value, &err), ERR_NOT_FOUND, "the vault does not say its id");
	assert_ok(meta_set(vault, "id", "one", &err));
	assert_ok(meta_set(vault, "made", "", &err));
	assert_ok(meta_set(vault, "id", "two", &err));
	assert_ok(meta_get(vault, "id", &pool, &value, &err));
	assert_string_equal(value, "two");
	assert_ok(meta_get(vault, "made", &pool, &value, &err));
	assert_string_equal(value, "");
	pool_init(&small, 2);
	assert_fails(meta_get(vault, "id", &small, &value, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(an_account_comes_back_as_it_was_put),
	    table_test(an_account_is_found_by_id_and_by_name),
	    table_test(number_id_and_name_are_used_once),
	    table_test(accounts_are_listed_page_by_page),
	    table_test(damaged_columns_are_reported),
	    table_test(a_country_too_long_is_cut_and_harms_nothing),
	    table_test(a_name_larger_than_the_pool_is_reported),
	    table_test(the_vault_says_what_it_was_told_last),
	};

	return cmocka_run_group_tests_name("store/account", tests, NULL, NULL);
}
