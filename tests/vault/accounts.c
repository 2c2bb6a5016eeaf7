/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

static enum result create(struct world *world, const char *name, const char *country, struct account *out, struct err *err)
{
	return accounts_create(world->vault, name, country, world->now, &world->pool, out, err);
}

static void an_account_is_found_by_its_name_however_written_and_by_its_id(void **state)
{
	struct world *world = *state;
	struct account made, found;
	char id[ID_TEXT_MAX];
	struct err err;

	assert_ok(create(world, "M\xc3\xbcller & Co", "de", &made, &err), &err);
	assert_string_equal(made.country, "DE");
	assert_ok(accounts_find(&world->vault->read, " MULLER  & co", &world->pool, &found, &err), &err);
	assert_int_equal(found.number, made.number);
	assert_string_equal(found.name, "M\xc3\xbcller & Co");
	assert_ok(accounts_find(&world->vault->read, id_format(ACCOUNT_PREFIX, made.id, id), &world->pool, &found, &err),
		  &err);
	assert_int_equal(found.number, made.number);
	assert_int_equal(accounts_find(&world->vault->read, "nobody", &world->pool, &found, &err), ERR_NOT_FOUND);
	assert_int_equal(accounts_get(&world->vault->read, 99, &world->pool, &found, &err), ERR_NOT_FOUND);
}

static void a_name_is_taken_once(void **state)
{
	struct world *world = *state;
	struct account account;
	uint64_t before, after;
	struct err err;

	assert_ok(leaf_tree_size(world->vault->read.data, &before, &err), &err);
	assert_int_equal(create(world, "test  ACCOUNT", "SE", &account, &err), ERR_EXISTS);
	assert_ok(leaf_tree_size(world->vault->read.data, &after, &err), &err);
	assert_int_equal(before, after);
}

static void bad_names_and_countries_are_refused(void **state)
{
	struct world *world = *state;
	struct account account;
	char longer[ACCOUNT_NAME_MAX + 2];
	struct err err;

	memset(longer, 'a', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(create(world, "", "SE", &account, &err), ERR_INPUT);
	assert_int_equal(create(world, "  ", "SE", &account, &err), ERR_INPUT);
	assert_int_equal(create(world, "\xff", "SE", &account, &err), ERR_INPUT);
	assert_int_equal(create(world, "A\nB", "SE", &account, &err), ERR_INPUT);
	assert_int_equal(create(world, "A\x1b[31m", "SE", &account, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "control characters"));
	assert_int_equal(create(world, longer, "SE", &account, &err), ERR_INPUT);
	assert_int_equal(create(world, "acc_01m7zzb9n8e5xarcv5fmb52r3z", "SE", &account, &err), ERR_INPUT);
	assert_int_equal(create(world, "A", "XX", &account, &err), ERR_INPUT);
	assert_int_equal(create(world, "A", "SWE", &account, &err), ERR_INPUT);
}

static void making_one_leaves_a_leaf_without_its_name(void **state)
{
	struct world *world = *state;
	struct account account;
	struct leaf leaf;
	char id[ID_TEXT_MAX];
	uint64_t size;
	struct err err;

	assert_ok(leaf_tree_size(world->vault->read.data, &size, &err), &err);
	assert_ok(create(world, "Secret Client", "SE", &account, &err), &err);
	assert_ok(leaf_get(world->vault->read.data, size, &world->pool, &leaf, &err), &err);
	assert_int_equal(leaf.account, account.number);
	assert_non_null(strstr(leaf.body, id_format(ACCOUNT_PREFIX, account.id, id)));
	assert_null(strstr(leaf.body, "Secret"));
}

static void a_number_is_never_given_out_twice(void **state)
{
	struct world *world = *state;
	struct account first, second;
	struct err err;

	assert_ok(create(world, "First", "SE", &first, &err), &err);
	tamper(world, "vault.db", "DELETE FROM account WHERE account_id = 2");
	assert_ok(create(world, "Second", "SE", &second, &err), &err);
	assert_true(second.number > first.number);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(an_account_is_found_by_its_name_however_written_and_by_its_id),
		IN_WORLD(a_name_is_taken_once),
		IN_WORLD(bad_names_and_countries_are_refused),
		IN_WORLD(making_one_leaves_a_leaf_without_its_name),
		IN_WORLD(a_number_is_never_given_out_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
