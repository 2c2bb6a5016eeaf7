/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keeping.h"

#include "retention/sweep_all.h"
#include "store/job.h"

#define ANNA "+4520111111"

/* Makes an account with so many days of a record each, all due, and leaves it as the world's. */
static void add_account(struct world *world, const char *name, int days)
{
	char at[TIME_TEXT_MAX];
	struct err err;

	assert_ok(accounts_create(world->vault, name, "DK", world->now, &world->pool, &world->account, &err), &err);
	for (int i = 0; i < days; i++) {
		instant_format(date_start(date_add_days(date_from_civil(2024, 1, 1), i)), at);
		world_put(world, KIND_CALL, at, "{\"n\":1}", ANNA, NULL);
	}
	set_policy(world, KIND_CALL, "1 year");
}

static void run_all(struct world *world, const struct sweep_budget *budget, struct sweep_all *out)
{
	struct err err;

	assert_ok(sweep_all(world->vault, world->now, budget, NULL, NULL, &world->pool, out, &err), &err);
}

static int64_t deleted(const struct sweep_all *all, size_t i)
{
	return all->accounts[i].sum.kinds[KIND_CALL].records;
}

static void every_account_is_swept_to_its_end_without_a_budget(void **state)
{
	struct world *world = *state;
	struct sweep_budget none = {.records = 0};
	struct sweep_all all;

	add_account(world, "Large", 30);
	add_account(world, "Small", 2);
	run_all(world, &none, &all);
	assert_int_equal(all.count, 3);
	assert_int_equal(deleted(&all, 0), 0);
	assert_int_equal(deleted(&all, 1), 30);
	assert_int_equal(deleted(&all, 2), 2);
	assert_false(all.spent || all.stopped);
	for (size_t i = 0; i < all.count; i++) {
		assert_true(all.accounts[i].done);
		assert_int_equal(all.accounts[i].slices, 1);
		assert_false(sweep_left_any(&all.accounts[i].sum.left));
	}
}

static void a_large_account_does_not_starve_small_ones(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 12};
	struct sweep_all all;

	add_account(world, "Large", 30);
	add_account(world, "Small", 2);
	run_all(world, &budget, &all);
	assert_true(all.spent);
	assert_int_equal(deleted(&all, 2), 2);
	assert_int_equal(deleted(&all, 1), 10); /* all that the others left of it */
	assert_true(all.accounts[2].done);
	assert_false(all.accounts[1].done);
	assert_int_equal(all.accounts[1].slices, 2);
}

static void every_account_gets_further_with_the_smallest_budget(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 1};
	struct sweep_all all;

	add_account(world, "Large", 30);
	add_account(world, "Small", 2);
	run_all(world, &budget, &all);
	assert_true(all.spent);
	assert_int_equal(deleted(&all, 1), 1);
	assert_int_equal(deleted(&all, 2), 1);
}

static int64_t tick(void *arg)
{
	return *(int64_t *)arg += 1000;
}

static void time_is_shared_too(void **state)
{
	struct world *world = *state;
	int64_t clock = 0;
	struct sweep_budget budget = {.ms = 5000, .clock = tick, .clock_arg = &clock};
	struct sweep_all all;

	add_account(world, "Large", 200);
	add_account(world, "Small", 2);
	run_all(world, &budget, &all);
	assert_true(all.spent);
	assert_in_range(deleted(&all, 1), 64, 136);
	assert_int_equal(deleted(&all, 2), 2);
}

static enum result break_obligation(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;

	return db_run(session->data, "INSERT INTO obligation(account_id, code, applied_at, set_by)"
				     " VALUES($1, 'xx-unknown', 0, 'os:0')",
		      err, DB_INT(world->account.number));
}

static void an_account_that_fails_is_told_and_the_others_go_on(void **state)
{
	struct world *world = *state;
	struct sweep_budget none = {.records = 0};
	struct sweep_all all;
	struct err err;
	int64_t running;

	add_account(world, "Broken", 2);
	assert_ok(vault_write(world->vault, break_obligation, world, &err), &err);
	add_account(world, "Small", 2);
	run_all(world, &none, &all);
	assert_int_equal(all.accounts[1].result, ERR_UNSUPPORTED);
	assert_true(all.accounts[1].done);
	assert_int_equal(deleted(&all, 1), 0);
	assert_ok(job_count_running(world->vault->read.data, &running, &err), &err);
	assert_int_equal(running, 0); /* it stands in nobody's way */
	assert_int_equal(all.accounts[2].result, OK);
	assert_int_equal(deleted(&all, 2), 2);
}

static bool stop_at_once(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	(void)arg;
	(void)phase;
	(void)done;
	(void)total;
	return true;
}

static void asked_to_stop_it_stops_all(void **state)
{
	struct world *world = *state;
	struct sweep_budget none = {.records = 0};
	struct sweep_all all;
	struct err err;

	add_account(world, "Large", 3);
	assert_int_equal(sweep_all(world->vault, world->now, &none, stop_at_once, NULL, &world->pool, &all, &err),
			 ERR_INTERRUPTED);
	assert_true(all.stopped);
	assert_int_equal(deleted(&all, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(every_account_is_swept_to_its_end_without_a_budget),
	    KEEPING(a_large_account_does_not_starve_small_ones),
	    KEEPING(every_account_gets_further_with_the_smallest_budget),
	    KEEPING(time_is_shared_too),
	    KEEPING(an_account_that_fails_is_told_and_the_others_go_on),
	    KEEPING(asked_to_stop_it_stops_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
