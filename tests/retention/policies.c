/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which rule decides for a record.
 */
#include "retention/keeping.h"

#include "retention/policies.h"

#define SALES 7
#define VIP 8
#define SPRING 9

struct put { struct world *world; struct policy policy; };

static enum result put_op(struct session *session, void *arg, struct err *err)
{
	struct put *put = arg;

	return policy_put(session->data, put->world->account.number, &put->policy, err);
}

static int set_rule(struct world *world, struct policy_scope scope, struct span keep, const char *begins)
{
	struct put put = {world, {.kind = KIND_CALL, .scope = scope, .keep = keep, .set_at = world->now,
				  .begins_at = begins != NULL ? world_time(begins) : world->now, .set_by = "os:0"}};
	struct err err;

	assert_ok(vault_write(world->vault, put_op, &put, &err), &err);
	return put.policy.version;
}

static struct policy_set load(struct world *world)
{
	struct policy_set set;
	struct err err;

	assert_ok(policies_load(&world->vault->read, world->account.number, world->now, &world->pool, &set, &err), &err);
	return set;
}

static int32_t days_for(struct world *world, const struct record_row *row)
{
	struct policy_set set = load(world);
	const struct policy *policy = policies_pick(&set, row);

	return policy == NULL ? -1 : policy->keep.days;
}

static struct record_row a_call(void)
{
	return (struct record_row){.kind = KIND_CALL, .id = id_floor(world_time("2025-05-01T10:00:00Z")),
				   .direction = DIRECTION_INBOUND, .duration_ms = 60000, .number = 3,
				   .labels = {SALES, VIP, SPRING}, .label_count = 3};
}

static void without_a_rule_nothing_decides(void **state)
{
	struct world *world = *state;
	struct record_row row = a_call();
	struct policy_set set = load(world);

	assert_null(policies_pick(&set, &row));
	assert_null(policies_base(&set, KIND_CALL));
	assert_false(policies_scoped(&set, KIND_CALL));
	assert_false(policies_expired(&set, &row, instant_date(world->now)));
}

/* Each rule is narrower than all before it. */
static void the_narrowest_rule_that_fits_wins(void **state)
{
	static const struct policy_scope scopes[] = {
	    {.number = 0},
	    {.direction = DIRECTION_INBOUND},
	    {.min_duration_ms = 1000},
	    {.min_duration_ms = 60000},
	    {.number = 3},
	    {.queue = SALES},
	    {.campaign = SPRING},
	    {.tag = VIP},
	    {.direction = DIRECTION_INBOUND, .min_duration_ms = 1000},
	    {.number = 3, .direction = DIRECTION_INBOUND},
	    {.tag = VIP, .direction = DIRECTION_INBOUND},
	    {.tag = VIP, .queue = SALES},
	    {.number = 3, .min_duration_ms = 1, .direction = DIRECTION_INBOUND},
	};
	struct world *world = *state;
	struct record_row row = a_call();

	for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
		set_rule(world, scopes[i], (struct span){.days = 100 - (int32_t)i}, NULL);
		assert_int_equal(days_for(world, &row), 100 - (int)i);
	}
}

static void a_rule_that_does_not_fit_leaves_it_to_the_wider_one(void **state)
{
	static const struct policy_scope scopes[] = {
	    {.number = 4}, {.queue = 99}, {.campaign = 99}, {.tag = 99}, {.direction = DIRECTION_OUTBOUND},
	    {.min_duration_ms = 60001}, {.tag = VIP, .number = 4},
	};
	struct world *world = *state;
	struct record_row row = a_call();

	set_rule(world, (struct policy_scope){.number = 0}, (struct span){.days = 50}, NULL);
	for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++)
		set_rule(world, scopes[i], (struct span){.days = 1}, NULL);
	assert_int_equal(days_for(world, &row), 50);
	row.duration_ms = -1; /* none */
	set_rule(world, (struct policy_scope){.min_duration_ms = 1}, (struct span){.days = 2}, NULL);
	assert_int_equal(days_for(world, &row), 50);
}

static void of_two_tags_the_one_that_keeps_longer_decides(void **state)
{
	struct world *world = *state;
	struct record_row row = a_call();

	set_rule(world, (struct policy_scope){.tag = VIP}, (struct span){.days = 5}, NULL);
	set_rule(world, (struct policy_scope){.tag = SALES}, (struct span){.days = 9}, NULL);
	assert_int_equal(days_for(world, &row), 9);
	set_rule(world, (struct policy_scope){.tag = SPRING}, (struct span){.unlimited = true}, NULL);
	assert_int_equal(days_for(world, &row), 0);
}

/* A month is longer than 30 days, or shorter. */
static void which_of_two_keeps_longer_is_asked_of_the_records_own_day(void **state)
{
	struct world *world = *state;
	struct record_row row = a_call();

	set_rule(world, (struct policy_scope){.tag = VIP}, (struct span){.months = 1}, NULL);
	set_rule(world, (struct policy_scope){.tag = SALES}, (struct span){.days = 30}, NULL);
	row.id = id_floor(world_time("2025-05-01T10:00:00Z"));
	assert_int_equal(days_for(world, &row), 0);
	row.id = id_floor(world_time("2025-02-01T10:00:00Z"));
	assert_int_equal(days_for(world, &row), 30);
}

static void a_version_is_in_force_from_its_beginning_and_a_later_one_overrides_it(void **state)
{
	struct world *world = *state;
	struct record_row row = a_call();

	set_rule(world, (struct policy_scope){.number = 0}, (struct span){.days = 50}, NULL);
	set_rule(world, (struct policy_scope){.number = 0}, (struct span){.days = 10}, "2026-03-02T12:00:00Z");
	assert_int_equal(days_for(world, &row), 50);
	world->now = world_time("2026-03-02T12:00:00Z");
	assert_int_equal(days_for(world, &row), 10);
	world->now = world_time("2026-03-01T12:00:00Z");
	set_rule(world, (struct policy_scope){.number = 0}, (struct span){.days = 50}, NULL); /* undone in time */
	world->now = world_time("2026-03-09T12:00:00Z");
	assert_int_equal(days_for(world, &row), 50);
}

static void a_removed_rule_decides_no_more(void **state)
{
	struct world *world = *state;
	struct put put = {world, {.kind = KIND_CALL, .scope = {.tag = VIP}, .removed = true, .set_at = world->now,
				  .begins_at = world->now, .set_by = "os:0"}};
	struct record_row row = a_call();
	struct err err;

	set_rule(world, (struct policy_scope){.number = 0}, (struct span){.days = 50}, NULL);
	set_rule(world, (struct policy_scope){.tag = VIP}, (struct span){.days = 5}, NULL);
	assert_int_equal(days_for(world, &row), 5);
	assert_ok(vault_write(world->vault, put_op, &put, &err), &err);
	assert_int_equal(days_for(world, &row), 50);
}

static void cutoffs_say_what_may_go_and_what_goes_wholly(void **state)
{
	struct world *world = *state;
	struct date first, last, today = date_from_civil(2026, 3, 1);
	struct policy_set set;

	set_rule(world, (struct policy_scope){.tag = VIP}, (struct span){.days = 5}, NULL);
	set = load(world);
	assert_true(policies_first_cutoff(&set, KIND_CALL, today, &first));
	assert_int_equal(first.days, today.days - 5);
	assert_false(policies_last_cutoff(&set, KIND_CALL, today, &last)); /* the rest has no rule */
	set_rule(world, (struct policy_scope){.number = 0}, (struct span){.days = 50}, NULL);
	set = load(world);
	assert_true(policies_last_cutoff(&set, KIND_CALL, today, &last));
	assert_int_equal(last.days, today.days - 50);
	set_rule(world, (struct policy_scope){.queue = SALES}, (struct span){.unlimited = true}, NULL);
	set = load(world);
	assert_false(policies_last_cutoff(&set, KIND_CALL, today, &last));
	assert_true(policies_first_cutoff(&set, KIND_CALL, today, &first));
	assert_int_equal(first.days, today.days - 5);
	assert_false(policies_first_cutoff(&set, KIND_NOTE, today, &first));
}

/* Narrowness orders scopes: no two are each narrower than the other, and it carries over. */
static void narrowness_is_an_order(void **state)
{
	struct policy_scope scopes[96];
	size_t count = 0;

	(void)state;
	for (int bits = 0; bits < 32; bits++)
		for (int minutes = 0; minutes < 3; minutes++)
			scopes[count++] = (struct policy_scope){
			    .tag = bits & 1, .campaign = bits >> 1 & 1, .queue = bits >> 2 & 1, .number = bits >> 3 & 1,
			    .direction = (enum direction)(bits >> 4 & 1), .min_duration_ms = 60000 * minutes};
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++) {
			int ij = policy_scope_compare(&scopes[i], &scopes[j]);

			assert_int_equal(ij, -policy_scope_compare(&scopes[j], &scopes[i]));
			assert_int_equal(ij == 0, policy_scope_equal(&scopes[i], &scopes[j]));
			for (size_t k = 0; k < count; k++)
				if (ij < 0 && policy_scope_compare(&scopes[j], &scopes[k]) < 0)
					assert_true(policy_scope_compare(&scopes[i], &scopes[k]) < 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(without_a_rule_nothing_decides),
	    KEEPING(the_narrowest_rule_that_fits_wins),
	    KEEPING(a_rule_that_does_not_fit_leaves_it_to_the_wider_one),
	    KEEPING(of_two_tags_the_one_that_keeps_longer_decides),
	    KEEPING(which_of_two_keeps_longer_is_asked_of_the_records_own_day),
	    KEEPING(a_version_is_in_force_from_its_beginning_and_a_later_one_overrides_it),
	    KEEPING(a_removed_rule_decides_no_more),
	    KEEPING(cutoffs_say_what_may_go_and_what_goes_wholly),
	    cmocka_unit_test(narrowness_is_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
