/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

struct wanted { uint32_t account; enum key_class class; int64_t number; struct key key; bool fail; };

static enum result make_op(struct session *session, void *arg, struct err *err)
{
	struct wanted *w = arg;
	enum result r = keyring_get_or_make(session->ring, w->account, w->class, w->number, &w->key, err);

	return r == OK && w->fail ? err_set(err, ERR_IO, "as asked") : r;
}

static enum result destroy_op(struct session *session, void *arg, struct err *err)
{
	const struct wanted *w = arg;
	bool existed;
	enum result r = keyring_destroy(session->ring, w->account, w->class, w->number, &existed, err);

	if (r == OK)
		assert_true(existed);
	return r == OK && w->fail ? err_set(err, ERR_IO, "as asked") : r;
}

static struct key make(struct world *world, enum key_class class, int64_t number)
{
	struct wanted w = {.account = world->account.number, .class = class, .number = number};
	struct err err;

	assert_ok(vault_write(world->vault, make_op, &w, &err), &err);
	return w.key;
}

static enum result get(struct world *world, enum key_class class, int64_t number, struct key *out)
{
	struct err err;

	return keyring_get(world->vault->read.ring, world->account.number, class, number, out, &err);
}

static void a_key_is_made_once_and_found_again(void **state)
{
	struct world *world = *state;
	struct key made = make(world, KEY_IDENTITY, 7), again = make(world, KEY_IDENTITY, 7), got;

	assert_memory_equal(&made, &again, sizeof made);
	assert_int_equal(get(world, KEY_IDENTITY, 7, &got), OK);
	assert_memory_equal(&made, &got, sizeof made);
	world_reopen(world);
	assert_int_equal(get(world, KEY_IDENTITY, 7, &got), OK);
	assert_memory_equal(&made, &got, sizeof made);
}

static void classes_and_numbers_keep_keys_apart(void **state)
{
	struct world *world = *state;
	struct key a = make(world, KEY_IDENTITY, 7), b = make(world, KEY_PERIOD, 7), c = make(world, KEY_IDENTITY, 20);

	assert_memory_not_equal(&a, &b, sizeof a);
	assert_memory_not_equal(&a, &c, sizeof a);
}

static void a_key_that_never_was_is_gone(void **state)
{
	struct key got;

	assert_int_equal(get(*state, KEY_HOLD, 1, &got), ERR_GONE);
}

static void destroying_is_seen_by_every_keyring_at_once(void **state)
{
	struct world *world = *state;
	struct wanted w = {.account = world->account.number, .class = KEY_IDENTITY, .number = 7};
	struct key got;
	struct err err;

	make(world, KEY_IDENTITY, 7);
	assert_int_equal(get(world, KEY_IDENTITY, 7, &got), OK); /* cached by the reader */
	assert_ok(vault_write(world->vault, destroy_op, &w, &err), &err);
	assert_int_equal(get(world, KEY_IDENTITY, 7, &got), ERR_GONE);
}

struct reading { struct world *world; struct wanted wanted; };

/* As another thread would, between the destruction and its commit. */
static enum result destroy_and_read_op(struct session *session, void *arg, struct err *err)
{
	struct reading *reading = arg;
	struct key got;
	enum result r = destroy_op(session, &reading->wanted, err);

	assert_int_equal(get(reading->world, reading->wanted.class, reading->wanted.number, &got), OK);
	return r;
}

static void a_key_read_while_it_is_destroyed_is_not_kept(void **state)
{
	struct world *world = *state;
	struct reading reading = {world, {.account = world->account.number, .class = KEY_IDENTITY, .number = 7}};
	struct key got;
	struct err err;

	make(world, KEY_IDENTITY, 7);
	assert_ok(vault_write(world->vault, destroy_and_read_op, &reading, &err), &err);
	assert_int_equal(get(world, KEY_IDENTITY, 7, &got), ERR_GONE);
}

static void a_destruction_that_is_rolled_back_did_not_happen(void **state)
{
	struct world *world = *state;
	struct wanted w = {.account = world->account.number, .class = KEY_IDENTITY, .number = 7, .fail = true};
	struct key made = make(world, KEY_IDENTITY, 7), got;
	struct err err;

	assert_int_equal(vault_write(world->vault, destroy_op, &w, &err), ERR_IO);
	assert_int_equal(get(world, KEY_IDENTITY, 7, &got), OK);
	assert_memory_equal(&made, &got, sizeof made);
}

static void a_key_whose_making_is_rolled_back_is_not_cached(void **state)
{
	struct world *world = *state;
	struct wanted w = {.account = world->account.number, .class = KEY_IDENTITY, .number = 7, .fail = true};
	struct key got, made;
	struct err err;

	assert_int_equal(vault_write(world->vault, make_op, &w, &err), ERR_IO);
	assert_int_equal(get(world, KEY_IDENTITY, 7, &got), ERR_GONE);
	made = make(world, KEY_IDENTITY, 7);
	assert_memory_not_equal(&made, &w.key, sizeof made);
}

static void a_wrapped_key_cannot_stand_in_for_another(void **state)
{
	struct world *world = *state;
	struct key got;

	make(world, KEY_IDENTITY, 7);
	make(world, KEY_IDENTITY, 8);
	/* As somebody would who knows the layout: only the tag tells. */
	tamper(world, "keys.db", "UPDATE key_slot SET wrapped = CAST(substr(wrapped, 1, 13) ||"
				 " (SELECT substr(wrapped, 14) FROM key_slot WHERE slot = 7) AS BLOB) WHERE slot = 8");
	world_reopen(world);
	assert_int_equal(get(world, KEY_IDENTITY, 7, &got), OK);
	assert_int_equal(get(world, KEY_IDENTITY, 8, &got), ERR_CORRUPT);
}

static void an_account_has_its_own_keys_and_only_the_vault_signs(void **state)
{
	struct world *world = *state;
	struct key got;
	struct err err;

	assert_int_equal(get(world, KEY_OWN, OWN_INDEX, &got), OK);
	assert_int_equal(get(world, KEY_OWN, OWN_DATA, &got), OK);
	assert_int_equal(get(world, KEY_OWN, OWN_SIGN, &got), ERR_GONE);
	assert_ok(keyring_get(world->vault->read.ring, VAULT_ACCOUNT, KEY_OWN, OWN_SIGN, &got, &err), &err);
}

static void blind_indexes_differ_by_account_kind_and_text(void **state)
{
	struct world *world = *state;
	struct keyring *ring = world->vault->read.ring;
	struct account other;
	struct blind a, same, kind, text, account;
	struct key index;
	struct err err;

	assert_ok(accounts_create(world->vault, "Other", "SE", world->now, &world->pool, &other, &err), &err);
	assert_ok(keyring_blind(ring, 1, IDENTITY_PHONE, "+4520000001", 11, &a, &err), &err);
	assert_ok(keyring_blind(ring, 1, IDENTITY_PHONE, "+4520000001", 11, &same, &err), &err);
	assert_ok(keyring_blind(ring, 1, IDENTITY_EXTERNAL, "+4520000001", 11, &kind, &err), &err);
	assert_ok(keyring_blind(ring, 1, IDENTITY_PHONE, "+4520000002", 11, &text, &err), &err);
	assert_ok(keyring_blind(ring, other.number, IDENTITY_PHONE, "+4520000001", 11, &account, &err), &err);
	assert_memory_equal(&a, &same, sizeof a);
	assert_memory_not_equal(&a, &kind, sizeof a);
	assert_memory_not_equal(&a, &text, sizeof a);
	assert_memory_not_equal(&a, &account, sizeof a);
	assert_ok(keyring_get(ring, 1, KEY_OWN, OWN_INDEX, &index, &err), &err);
	same = blind_with(&index, IDENTITY_PHONE, "+4520000001", 11);
	assert_memory_equal(&a, &same, sizeof a);
}

static void a_periods_number_tells_its_kind_and_day(void **state)
{
	const int32_t days[] = {-800000, -1, 0, 20000, 2932896};

	(void)state;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
			int64_t number = key_period_number(kind, (struct date){days[i]}, 0);

			assert_int_equal(key_period_kind(number), kind);
			assert_int_equal(key_period_day(number).days, days[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_key_is_made_once_and_found_again),
		IN_WORLD(classes_and_numbers_keep_keys_apart),
		IN_WORLD(a_key_that_never_was_is_gone),
		IN_WORLD(destroying_is_seen_by_every_keyring_at_once),
		IN_WORLD(a_key_read_while_it_is_destroyed_is_not_kept),
		IN_WORLD(a_destruction_that_is_rolled_back_did_not_happen),
		IN_WORLD(a_key_whose_making_is_rolled_back_is_not_cached),
		IN_WORLD(a_wrapped_key_cannot_stand_in_for_another),
		IN_WORLD(an_account_has_its_own_keys_and_only_the_vault_signs),
		IN_WORLD(blind_indexes_differ_by_account_kind_and_text),
		cmocka_unit_test(a_periods_number_tells_its_kind_and_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
