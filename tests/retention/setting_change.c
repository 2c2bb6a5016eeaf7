/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is billed makes rules delete that were in force and did not: no change of it deletes by a slip.
 */
#include "retention/keeping.h"

#include "retention/setting_change.h"
#include "store/setting.h"

#define ANNA "+4520000001"

static enum result change(struct world *world, const char *name, const char *value, const char *plan,
			  struct policy_effect *out, struct err *err)
{
	const struct setting_request request = {name, value, plan};

	return setting_change(world->vault, &world->account, &request, world->now, &world->pool, out, err);
}

static struct policy_effect look(struct world *world, const char *name, const char *value)
{
	const struct setting_request request = {name, value, NULL};
	struct policy_effect effect;
	struct err err;

	assert_ok(setting_plan(&world->vault->read, &world->account, &request, world->now, &world->pool, &effect, &err),
		  &err);
	return effect;
}

static void set(struct world *world, const char *name, const char *value)
{
	struct policy_effect effect;
	struct err err;

	assert_ok(change(world, name, value, NULL, &effect, &err), &err);
}

static const char *setting(struct world *world, const char *name)
{
	const char *value;
	struct err err;

	assert_ok(settings_get(&world->vault->read, world->account.number, name, &world->pool, &value, &err), &err);
	return value;
}

/* Two calls and a message that are past their time and wait for the bill, one call that is not past it. */
static void fill(struct world *world)
{
	world_put(world, KIND_CALL, "2025-06-30T10:00:00Z", "{}", ANNA, NULL);
	world_put(world, KIND_CALL, "2025-07-01T10:00:00Z", "{}", ANNA, NULL);
	world_put(world, KIND_MESSAGE, "2025-07-01T11:00:00Z", "{}", ANNA, NULL);
	world_put(world, KIND_CALL, "2026-02-20T10:00:00Z", "{}", ANNA, NULL);
	set(world, "profile", "callrail");
	set_policy(world, KIND_CALL, "30 days");
	set_policy(world, KIND_MESSAGE, "30 days");
}

static void billing_more_is_refused_without_the_digest_of_its_dry_run(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct policy_effect effect;
	struct err err;

	fill(world);
	assert_int_equal(change(world, "billed_until", "2025-12-31", NULL, &effect, &err), ERR_UNSEEN);
	assert_string_equal(err.what, "with billed_until 2025-12-31 the rules in force would delete 3 records more");
	assert_string_equal(err.mend, "look at what goes with `lethe account set NAME billed_until 2025-12-31 --dry-run`, and give "
				      "its digest with --plan");
	assert_null(setting(world, "billed_until"));
	effect = look(world, "billed_until", "2025-12-31");
	assert_int_equal(policy_effect_deleted(&effect), 3);
	assert_int_equal(effect.day_count, 3);
	assert_int_equal(effect.days[0].kind, KIND_CALL);
	assert_int_equal(effect.days[2].kind, KIND_MESSAGE);
	assert_ok(change(world, "billed_until", "2025-12-31", effect.digest, &effect, &err), &err);
	assert_string_equal(setting(world, "billed_until"), "2025-12-31");
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records + result.kinds[KIND_MESSAGE].records, 3);
}

static void a_digest_is_of_one_day_of_one_value_and_of_what_was_there(void **state)
{
	struct world *world = *state;
	struct policy_effect effect, other;
	struct err err;

	fill(world);
	effect = look(world, "billed_until", "2025-06-30");
	assert_int_equal(policy_effect_deleted(&effect), 1);
	assert_int_equal(change(world, "billed_until", "2025-07-01", effect.digest, &other, &err), ERR_CHANGED);
	assert_string_equal(err.what, "the digest does not fit: what the change would delete is not what it was, or another change "
				      "was looked at (now 3 records)");
	world_put(world, KIND_CALL, "2025-06-30T11:00:00Z", "{}", ANNA, NULL);
	assert_int_equal(change(world, "billed_until", "2025-06-30", effect.digest, &other, &err), ERR_CHANGED);
	assert_null(setting(world, "billed_until"));
}

static void what_makes_nothing_due_needs_no_digest(void **state)
{
	struct world *world = *state;
	struct policy_effect effect;

	fill(world);
	set(world, "billed_until", "2025-06-29");
	effect = look(world, "billed_until", "2025-06-30");
	assert_int_equal(effect.records, 1);
	set(world, "billed_until", "2025-06-01"); /* earlier */
	set(world, "billed_until", "none");
	set(world, "warn_days", "7");
	effect = look(world, "warn_days", "30");
	assert_int_equal(effect.records, 0);
}

static void another_profile_that_does_not_wait_for_the_bill_needs_one_too(void **state)
{
	struct world *world = *state;
	struct policy_effect effect;
	struct err err;

	fill(world);
	assert_int_equal(change(world, "profile", "none", NULL, &effect, &err), ERR_UNSEEN);
	assert_string_equal(err.what, "with profile none the rules in force would delete 3 records more");
	assert_string_equal(setting(world, "profile"), "callrail");
	effect = look(world, "profile", "none");
	assert_ok(change(world, "profile", "none", effect.digest, &effect, &err), &err);
	assert_null(setting(world, "profile"));
	set(world, "profile", "callrail"); /* waits again: that keeps */
}

static void what_a_hold_keeps_is_counted_apart(void **state)
{
	struct world *world = *state;
	struct policy_effect effect;
	struct err err;

	fill(world);
	hold_person(world, ANNA);
	effect = look(world, "billed_until", "2025-12-31");
	assert_int_equal(effect.records, 3);
	assert_int_equal(policy_effect_deleted(&effect), 0);
	assert_int_equal(change(world, "billed_until", "2025-12-31", NULL, &effect, &err), ERR_UNSEEN);
	assert_string_equal(err.what, "with billed_until 2025-12-31 the rules in force would delete 0 records more, besides what "
				      "holds or obligations keep");
}

static void a_bad_value_is_refused_before_anything_is_counted(void **state)
{
	struct world *world = *state;
	struct policy_effect effect;
	struct err err;

	assert_int_equal(change(world, "billed_until", "soon", NULL, &effect, &err), ERR_INPUT);
	assert_int_equal(change(world, "profile", "nobodys", NULL, &effect, &err), ERR_NOT_FOUND);
	assert_int_equal(change(world, "speed", "1", NULL, &effect, &err), ERR_INPUT);
	assert_int_equal(change(world, "billed_until", "", NULL, &effect, &err), ERR_INPUT);
}

/* What is read from here on is as of now, whatever is written. */
static void read_as_of_now(struct world *world)
{
	struct err err;

	assert_ok(db_begin_read(world->vault->read.data, &err), &err);
	assert_null(setting(world, "billed_until"));
}

static void what_came_in_between_is_to_be_looked_at_first(void **state)
{
	struct world *world = *state;
	struct policy_effect effect;
	struct err err;

	fill(world);
	effect = look(world, "billed_until", "2025-06-30");
	read_as_of_now(world);
	set_policy(world, KIND_CALL, "10 days");
	assert_int_equal(change(world, "billed_until", "2025-06-30", effect.digest, &effect, &err), ERR_CHANGED);
	assert_string_equal(err.what, "another change of a policy or of what is billed came in between");
	assert_string_equal(err.mend, "look at `lethe account show` and `lethe policy list`, and try again");
	db_rollback(world->vault->read.data);
	assert_null(setting(world, "billed_until"));
	effect = look(world, "billed_until", "2025-06-30");
	assert_ok(change(world, "billed_until", "2025-06-30", effect.digest, &effect, &err), &err);
}

static enum result bill_op(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;

	return setting_put(session->data, world->account.number, "billed_until", "2025-06-29", err);
}

static void so_is_another_change_of_what_is_billed_but_not_for_other_settings(void **state)
{
	struct world *world = *state;
	struct policy_effect effect;
	struct err err;

	fill(world);
	read_as_of_now(world);
	assert_ok(vault_write(world->vault, bill_op, world, &err), &err);
	assert_int_equal(change(world, "billed_until", "2025-06-29", NULL, &effect, &err), ERR_CHANGED);
	assert_ok(change(world, "warn_days", "7", NULL, &effect, &err), &err);
	db_rollback(world->vault->read.data);
	assert_string_equal(setting(world, "billed_until"), "2025-06-29");
	assert_string_equal(setting(world, "warn_days"), "7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(billing_more_is_refused_without_the_digest_of_its_dry_run),
	    KEEPING(a_digest_is_of_one_day_of_one_value_and_of_what_was_there),
	    KEEPING(what_makes_nothing_due_needs_no_digest),
	    KEEPING(another_profile_that_does_not_wait_for_the_bill_needs_one_too),
	    KEEPING(what_a_hold_keeps_is_counted_apart),
	    KEEPING(a_bad_value_is_refused_before_anything_is_counted),
	    KEEPING(what_came_in_between_is_to_be_looked_at_first),
	    KEEPING(so_is_another_change_of_what_is_billed_but_not_for_other_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
