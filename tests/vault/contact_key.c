/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "world.h"

#define ANNA "+4520000001"

static struct contact_row row_of(struct world *world, struct id id)
{
	struct contact_row row;
	struct err err;

	assert_ok(contact_get(world->vault->read.data, world->account.number, id, &world->pool, &row, &err), &err);
	return row;
}

static bool has_key(struct world *world, int64_t number)
{
	struct wrapped_key key;
	struct err err;

	return key_get(world->vault->read.keys, world->account.number, KEY_CONTACT, number, &key, &err) == OK;
}

static bool is_gone(struct world *world, struct id id)
{
	struct instant at;
	bool gone;
	struct err err;

	assert_ok(contact_key_gone(&world->vault->read, world->account.number, id, &gone, &at, &err), &err);
	return gone;
}

static enum result open_row(struct world *world, const struct contact_row *row)
{
	const char *plain;
	size_t len;
	struct err err;

	return open_contact(world->vault->read.ring, row, &world->pool, &plain, &len, &err);
}

struct ending {
	struct world *world;
	struct contact_row row;
};

static enum result end_op(struct session *session, void *arg, struct err *err)
{
	struct ending *ending = arg;

	return contact_key_end(session, &ending->row, ending->world->now, err);
}

static void end(struct world *world, const struct contact_row *row)
{
	struct ending ending = {world, *row};
	struct err err;

	assert_ok(vault_write(world->vault, end_op, &ending, &err), &err);
}

static void each_contact_has_a_key_of_its_own(void **state)
{
	struct world *world = *state;
	struct id one = world_put_contacts(world, ANNA, 1), other = world_put_contacts(world, ANNA, 1);

	assert_true(row_of(world, one).key > 0);
	assert_int_not_equal(row_of(world, one).key, row_of(world, other).key);
	assert_true(has_key(world, row_of(world, one).key));
	assert_int_equal(open_row(world, &(struct contact_row){0}), ERR_GONE);
}

/* P42: the copy of the row stands for a backup from before. */
static void a_contact_that_ended_opens_from_no_copy_though_its_people_are_there(void **state)
{
	struct world *world = *state;
	struct id id = world_put_contacts(world, ANNA, 1), other = world_put_contacts(world, ANNA, 1);
	struct contact_row copy = row_of(world, id), row;
	struct key identity;
	struct err err;

	assert_int_equal(open_row(world, &copy), OK);
	end(world, &copy);
	assert_int_equal(open_row(world, &copy), ERR_GONE);
	assert_false(has_key(world, copy.key));
	assert_int_equal(contact_get(world->vault->read.data, world->account.number, id, &world->pool, &row, &err),
			 ERR_NOT_FOUND);
	assert_ok(keyring_get(world->vault->read.ring, world->account.number, KEY_IDENTITY, copy.parties[0].identity,
			      &identity, &err),
		  &err);
	key_wipe(&identity);
	row = row_of(world, other);
	assert_int_equal(open_row(world, &row), OK);
}

static void its_number_is_not_given_out_again(void **state)
{
	struct world *world = *state;
	struct contact_row copy = row_of(world, world_put_contacts(world, ANNA, 1));

	end(world, &copy);
	assert_true(row_of(world, world_put_contacts(world, ANNA, 1)).key > copy.key);
	assert_int_equal(open_row(world, &copy), ERR_GONE);
}

struct readmitting {
	struct world *world;
	struct id id;
	bool existed;
};

static enum result readmit_op(struct session *session, void *arg, struct err *err)
{
	struct readmitting *r = arg;

	return contact_key_readmit(session, r->world->account.number, r->id, &r->existed, err);
}

static bool readmit(struct world *world, struct id id)
{
	struct readmitting r = {world, id, false};
	struct err err;

	assert_ok(vault_write(world->vault, readmit_op, &r, &err), &err);
	return r.existed;
}

static void a_tombstone_is_left_by_what_was_deleted_and_by_nothing_else(void **state)
{
	struct world *world = *state;
	struct contact_row erased = row_of(world, world_put_contacts(world, ANNA, 1)),
			   deleted = row_of(world, world_put_contacts(world, ANNA, 1));

	deleted.deleted = world->now;
	end(world, &erased);
	end(world, &deleted);
	assert_false(is_gone(world, erased.id));
	assert_true(is_gone(world, deleted.id));
	assert_false(readmit(world, erased.id));
	assert_true(readmit(world, deleted.id));
	assert_false(is_gone(world, deleted.id));
	assert_false(readmit(world, deleted.id));
}

static void ending_it_again_after_a_crash_changes_nothing(void **state)
{
	struct world *world = *state;
	struct contact_row copy = row_of(world, world_put_contacts(world, ANNA, 1));

	copy.deleted = world->now;
	end(world, &copy);
	end(world, &copy);
	assert_true(is_gone(world, copy.id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(each_contact_has_a_key_of_its_own),
	    IN_WORLD(a_contact_that_ended_opens_from_no_copy_though_its_people_are_there),
	    IN_WORLD(its_number_is_not_given_out_again),
	    IN_WORLD(a_tombstone_is_left_by_what_was_deleted_and_by_nothing_else),
	    IN_WORLD(ending_it_again_after_a_crash_changes_nothing),
	};

	return cmocka_run_group_tests_name("vault/contact_key", tests, NULL, NULL);
}
