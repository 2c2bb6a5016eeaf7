/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "world.h"

#include "store/leaf.h"
#include "vault/labels.h"

struct taking { struct world *world; enum label_kind kind; const char *name; int64_t label; };

static enum result take_op(struct session *session, void *arg, struct err *err)
{
	struct taking *taking = arg;
	uint32_t account = taking->world->account.number;
	struct key index;
	struct blind blind;
	enum result r = keyring_get(session->ring, account, KEY_OWN, OWN_INDEX, &index, err);

	if (r == OK)
		r = labels_blind(&index, taking->kind, taking->name, &taking->world->pool, &blind, err);
	key_wipe(&index);
	return r == OK ? labels_take(session, account, taking->kind, &blind, taking->name, &taking->world->pool,
				     &taking->label, err)
		       : r;
}

static int64_t take(struct world *world, enum label_kind kind, const char *name)
{
	struct taking taking = {world, kind, name, 0};
	struct err err;

	assert_ok(vault_write(world->vault, take_op, &taking, &err), &err);
	return taking.label;
}

static int64_t find(struct world *world, enum label_kind kind, const char *name)
{
	int64_t label = -1;
	struct err err;

	assert_ok(labels_find(&world->vault->read, world->account.number, kind, name, &world->pool, &label, &err), &err);
	return label;
}

static void a_label_is_made_once_and_found_in_any_spelling(void **state)
{
	struct world *world = *state;
	int64_t sales = take(world, LABEL_QUEUE, "S\xc3\xa4les  Desk");

	assert_int_not_equal(sales, 0);
	assert_int_equal(take(world, LABEL_QUEUE, "sales desk"), sales);
	assert_int_equal(find(world, LABEL_QUEUE, " SALES DESK "), sales);
	assert_int_equal(find(world, LABEL_QUEUE, "salesdesk"), 0);
}

static void labels_of_different_kinds_or_accounts_are_different(void **state)
{
	struct world *world = *state;
	int64_t queue = take(world, LABEL_QUEUE, "spring"), tag = take(world, LABEL_TAG, "spring");
	struct err err;

	assert_int_not_equal(queue, tag);
	assert_int_equal(find(world, LABEL_CAMPAIGN, "spring"), 0);
	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &world->account, &err), &err);
	assert_int_equal(find(world, LABEL_TAG, "spring"), 0);
}

static void a_name_is_sealed_and_opens_as_it_was_first_written(void **state)
{
	struct world *world = *state;
	int64_t label = take(world, LABEL_TAG, "Anna Holst");
	struct label_row row;
	enum label_kind kind;
	const char *name;
	struct err err;

	assert_int_equal(take(world, LABEL_TAG, "anna holst"), label);
	assert_ok(label_get(world->vault->read.data, world->account.number, label, &world->pool, &row, &err), &err);
	assert_null(memmem(row.name, row.name_len, "Anna", 4));
	assert_ok(labels_name(&world->vault->read, world->account.number, label, &world->pool, &kind, &name, &err), &err);
	assert_int_equal(kind, LABEL_TAG);
	assert_string_equal(name, "Anna Holst");
	assert_int_equal(labels_name(&world->vault->read, world->account.number, label + 1, &world->pool, &kind, &name,
				     &err), ERR_NOT_FOUND);
}

static void a_name_that_is_none_is_refused(void **state)
{
	struct world *world = *state;
	char longer[LABEL_NAME_MAX + 2];
	int64_t label;
	struct err err;

	memset(longer, 'a', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	for (size_t i = 0; i < 3; i++) {
		const char *const bad[] = {"  ", "\xff", longer};

		assert_int_equal(labels_find(&world->vault->read, world->account.number, LABEL_TAG, bad[i], &world->pool,
					     &label, &err), ERR_INPUT);
		assert_string_equal(err.what, "the name of a tag is UTF-8 of 1 to 200 bytes, blanks and marks aside");
	}
	longer[LABEL_NAME_MAX] = '\0';
	assert_int_equal(find(world, LABEL_TAG, longer), 0);
}

static void kinds_have_names(void **state)
{
	enum label_kind kind;

	(void)state;
	assert_true(label_kind_parse("campaign", &kind));
	assert_int_equal(kind, LABEL_CAMPAIGN);
	assert_false(label_kind_parse("campaigns", &kind));
}

static void looking_at_names_leaves_a_leaf(void **state)
{
	struct world *world = *state;
	uint64_t before, after;
	struct err err;

	assert_ok(leaf_tree_size(world->vault->read.data, &before, &err), &err);
	assert_ok(labels_note_read(&world->vault->read, world->account.number, world->now, &err), &err);
	assert_ok(leaf_tree_size(world->vault->read.data, &after, &err), &err);
	assert_int_equal(after, before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_label_is_made_once_and_found_in_any_spelling),
	    IN_WORLD(labels_of_different_kinds_or_accounts_are_different),
	    IN_WORLD(a_name_is_sealed_and_opens_as_it_was_first_written),
	    IN_WORLD(a_name_that_is_none_is_refused),
	    IN_WORLD(kinds_have_names),
	    IN_WORLD(looking_at_names_leaves_a_leaf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
