/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

#define ANNA "+4520000001"

struct meeting {
	struct world *world;
	const char *phone;
	struct entry entry;
	struct id whose;
	bool found, make;
	const struct id *person;
};

static enum result meet_op(struct session *session, void *arg, struct err *err)
{
	struct meeting *m = arg;
	uint32_t account = m->world->account.number;
	struct blind blind;

	assert_ok(keyring_blind(session->ring, account, IDENTITY_PHONE, m->phone, strlen(m->phone), &blind, err), err);
	assert_ok(directory_find(session, account, &blind, &m->entry, &m->found, err), err);
	if (!m->found && m->make)
		return directory_make(session, account, IDENTITY_PHONE, &blind, m->phone, m->person, m->world->now,
				      &m->entry, &m->whose, err);
	if (m->found) {
		struct identity_row row;
		enum result r = identity_get(session->data, account, m->entry.identity, &m->world->pool, &row, err);

		m->whose = row.person;
		return r;
	}
	return OK;
}

static struct meeting meet(struct world *world, const char *phone, bool make, const struct id *person)
{
	struct meeting m = {.world = world, .phone = phone, .make = make, .person = person};
	struct err err;

	assert_ok(vault_write(world->vault, meet_op, &m, &err), &err);
	return m;
}

static void whoever_is_new_gets_an_identity_a_key_and_a_person(void **state)
{
	struct world *world = *state;
	struct meeting first = meet(world, ANNA, true, NULL), again = meet(world, ANNA, true, NULL);
	struct key key;
	struct err err;

	assert_false(first.found);
	assert_true(again.found);
	assert_int_equal(first.entry.identity, again.entry.identity);
	assert_int_equal(id_compare(first.whose, again.whose), 0);
	assert_ok(keyring_get(world->vault->read.ring, 1, KEY_IDENTITY, first.entry.identity, &key, &err), &err);
	world_reopen(world); /* nothing is cached */
	again = meet(world, ANNA, false, NULL);
	assert_true(again.found);
	assert_int_equal(id_compare(first.whose, again.whose), 0);
}

static enum result recall_op(struct session *session, void *arg, struct err *err)
{
	struct meeting *m = arg;
	struct blind blind;

	assert_ok(keyring_blind(session->ring, m->world->account.number, IDENTITY_PHONE, m->phone, strlen(m->phone), &blind,
				err),
		  err);
	directory_prefetch(session->directory, &blind);
	m->found = directory_recall(session->directory, m->world->account.number, &blind, &m->entry);
	return OK;
}

static void who_is_nobody_is_remembered_as_nobody_until_somebody_is_made(void **state)
{
	struct world *world = *state;
	struct meeting m = {.world = world, .phone = ANNA};
	struct err err;

	assert_ok(vault_write(world->vault, recall_op, &m, &err), &err);
	assert_false(m.found); /* nobody has asked yet */
	assert_false(meet(world, ANNA, false, NULL).found);
	assert_ok(vault_write(world->vault, recall_op, &m, &err), &err);
	assert_true(m.found);
	assert_int_equal(m.entry.identity, 0);
	assert_false(meet(world, ANNA, true, NULL).found);
	assert_true(meet(world, ANNA, false, NULL).found);
	assert_ok(vault_write(world->vault, recall_op, &m, &err), &err);
	assert_int_not_equal(m.entry.identity, 0);
}

static void somebody_else_is_another_person_unless_told(void **state)
{
	struct world *world = *state;
	struct meeting anna = meet(world, ANNA, true, NULL), bent = meet(world, "+4520000002", true, NULL);
	struct meeting second = meet(world, "+4520000003", true, &anna.whose);

	assert_int_not_equal(anna.entry.identity, bent.entry.identity);
	assert_int_not_equal(id_compare(anna.whose, bent.whose), 0);
	assert_int_equal(id_compare(anna.whose, second.whose), 0);
}

static enum result row_away_op(struct session *session, void *arg, struct err *err)
{
	const struct meeting *m = arg;

	return identity_delete(session->data, m->world->account.number, m->entry.identity, err);
}

static void after_an_erasure_the_tombstone_is_seen_and_a_number_is_never_used_twice(void **state)
{
	struct world *world = *state;
	struct meeting before = meet(world, ANNA, true, NULL), after;
	struct err err;

	destroy_identity(world, ANNA);
	assert_ok(vault_write(world->vault, row_away_op, &before, &err), &err);
	after = meet(world, ANNA, false, NULL);
	assert_false(after.found);
	assert_true(after.entry.erased);
	assert_int_equal(after.entry.erased_at.ms, world->now.ms);
	after = meet(world, ANNA, true, NULL);
	assert_true(after.entry.identity > before.entry.identity);
	assert_int_not_equal(id_compare(before.whose, after.whose), 0);
	assert_true(meet(world, ANNA, false, NULL).entry.erased);
}

static void clearing_without_a_directory_or_freeing_none_is_fine(void **state)
{
	struct directory *directory;
	struct err err;

	(void)state;
	directory_clear(NULL);
	directory_free(NULL);
	assert_ok(directory_new(1, &directory, &err), &err);
	directory_clear(directory);
	directory_free(directory);
}

static void more_are_met_than_the_cache_holds(void **state)
{
	struct world *world = *state;
	struct directory *small, *big = world->vault->write.directory;
	char phone[24];
	struct err err;

	assert_ok(directory_new(4, &small, &err), &err);
	world->vault->write.directory = small;
	for (int i = 0; i < 40; i++) {
		snprintf(phone, sizeof phone, "+45201000%02d", i);
		assert_false(meet(world, phone, true, NULL).found);
	}
	for (int i = 0; i < 40; i++) {
		snprintf(phone, sizeof phone, "+45201000%02d", i);
		assert_int_equal(meet(world, phone, false, NULL).entry.identity, identity_of(world, phone));
	}
	world->vault->write.directory = big;
	directory_free(small);
}

static void it_grows_while_more_are_met(void **state)
{
	enum { MANY = 9000 };
	struct world *world = *state;
	struct meeting m = {.world = world};
	char phone[24];
	int remembered = 0;
	struct err err;

	for (int i = 0; i < MANY; i++) {
		snprintf(phone, sizeof phone, "+4520%06d", i);
		meet(world, phone, false, NULL);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(phone, sizeof phone, "+4520%06d", i);
		m.phone = phone;
		assert_ok(vault_write(world->vault, recall_op, &m, &err), &err);
		remembered += m.found;
	}
	assert_true(remembered > MANY * 9 / 10); /* sets of two are full by chance now and then */
	directory_clear(world->vault->write.directory);
	assert_ok(vault_write(world->vault, recall_op, &m, &err), &err);
	assert_false(m.found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(who_is_nobody_is_remembered_as_nobody_until_somebody_is_made),
		IN_WORLD(whoever_is_new_gets_an_identity_a_key_and_a_person),
		IN_WORLD(somebody_else_is_another_person_unless_told),
		IN_WORLD(after_an_erasure_the_tombstone_is_seen_and_a_number_is_never_used_twice),
		cmocka_unit_test(clearing_without_a_directory_or_freeing_none_is_fine),
		IN_WORLD(more_are_met_than_the_cache_holds),
		IN_WORLD(it_grows_while_more_are_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
