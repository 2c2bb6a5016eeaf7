/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/idle_keys.h"
#include "vault/recording.h"

#define ANNA "+4520000001"
#define MANY 300 /* more than one batch */

static int64_t idle(struct world *world)
{
	int64_t sum = 0;
	struct err err;

	assert_ok(idle_keys_count(&world->vault->read, &world->pool, &sum, &err), &err);
	return sum;
}

static void keys_that_open_something_are_not_idle(void **state)
{
	struct world *world = *state;

	assert_int_equal(idle(world), 0);
	world_put(world, KIND_CALL, "2025-05-01T00:00:00Z", "{}", ANNA, NULL);
	world_put(world, KIND_CALL, "2025-05-02T23:59:59Z", "{}", ANNA, NULL);
	assert_int_equal(idle(world), 0);
}

static enum result make_keys(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	uint32_t account = world->account.number;
	struct date day = instant_date(world_time("2025-05-01T00:00:00Z"));
	struct key key;
	enum result r = OK;

	for (int i = 0; i < MANY && r == OK; i++) {
		int64_t number;

		r = key_next_identity(session->keys, &number, err);
		if (r == OK)
			r = keyring_make(session->ring, account, KEY_IDENTITY, number, &key, err);
		if (r == OK)
			r = keyring_get_or_make(session->ring, account, KEY_PERIOD,
						key_period_number(KIND_CALL, date_add_days(day, i), 0), &key, err);
	}
	key_wipe(&key);
	return r;
}

static void keys_of_nobody_and_of_empty_days_are_counted_across_batches(void **state)
{
	struct world *world = *state;
	struct err err;

	world_put(world, KIND_CALL, "2025-05-02T12:00:00Z", "{}", ANNA, NULL);
	world_put(world, KIND_MESSAGE, "2025-05-03T12:00:00Z", "{}", ANNA, NULL); /* another kind's day is not this one's */
	assert_ok(vault_write(world->vault, make_keys, world, &err), &err);
	assert_int_equal(idle(world), 2 * MANY - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(keys_that_open_something_are_not_idle),
	    IN_WORLD(keys_of_nobody_and_of_empty_days_are_counted_across_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
