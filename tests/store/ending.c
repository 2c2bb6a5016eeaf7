/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/ending.h"
#include "store/setting.h"

static void every_table_with_an_account_in_it_is_on_the_list(void **state)
{
	int64_t tables;

	(void)state;
	assert_ok(db_query_int_n(vault, "SELECT COUNT(*) FROM sqlite_schema m, pragma_table_info(m.name) c"
					" WHERE m.type = 'table' AND c.name = 'account_id'"
					" AND m.name NOT IN ('account', 'blob_trash', 'audit_leaf')",
				 0, &tables, NULL, 0, &err));
	assert_int_equal(tables, ENDING_TABLES);
	assert_string_equal(ending_table(ENDING_MEDIA), "media");
}

static void a_table_is_emptied_in_batches_of_one_account_only(void **state)
{
	int64_t count;

	(void)state;
	for (uint32_t account = 1; account <= 2; account++)
		for (int i = 0; i < 5; i++)
			assert_ok(setting_put(vault, account, (char[]){(char)('a' + i), 0}, "x", &err));
	for (int table = 0; table < ENDING_TABLES; table++) {
		int64_t deleted;

		if (strcmp(ending_table(table), "setting") != 0)
			continue;
		assert_ok(ending_delete(vault, 1, table, 3, &deleted, &err));
		assert_int_equal(deleted, 3);
		assert_ok(ending_delete(vault, 1, table, 3, &deleted, &err));
		assert_int_equal(deleted, 2);
		assert_ok(ending_count(vault, 1, table, &count, &err));
		assert_int_equal(count, 0);
		assert_ok(ending_count(vault, 2, table, &count, &err));
		assert_int_equal(count, 5);
	}
}

static void the_statements_of_every_table_are_sound(void **state)
{
	(void)state;
	for (int table = 0; table < ENDING_TABLES; table++) {
		int64_t deleted;

		if (ending_delete(vault, 1, table, 3, &deleted, &err) != OK)
			fail_msg("%s: %s", ending_table(table), err.what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(every_table_with_an_account_in_it_is_on_the_list),
	    table_test(a_table_is_emptied_in_batches_of_one_account_only),
	    table_test(the_statements_of_every_table_are_sound),
	};

	return cmocka_run_group_tests_name("store/ending", tests, NULL, NULL);
}
