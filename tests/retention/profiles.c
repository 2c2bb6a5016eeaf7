/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keeping.h"

#include "retention/policy_change.h"
#include "retention/profiles.h"

static struct profiles load_all(struct world *world)
{
	struct profiles all;
	struct err err;

	assert_ok(profiles_load(&world->pool, &all, &err), &err);
	return all;
}

static const struct profile *find(struct world *world, const char *name)
{
	struct profiles all = load_all(world);
	const struct profile *profile = NULL;
	struct err err;

	assert_ok(profile_find(&all, name, &profile, &err), &err);
	return profile;
}

static enum result begin_with(struct world *world, const char *name, const struct profile *profile, const char *plan,
			      struct err *err)
{
	struct profile_start start = {.profile = profile, .plan = plan, .now = world->now};

	return accounts_create_with(world->vault, name, "DK", profile_apply, &start, world->now, &world->pool,
				    &world->account, err);
}

static void compare(struct world *world, const struct profile *profile, const char *plan,
		    struct profile_line lines[KIND_COUNT])
{
	struct err err;

	assert_ok(profile_compare(&world->vault->read, world->account.number, profile, plan, world->now, &world->pool,
				  lines, &err), &err);
}

/* Of every profile, and of each of its plans: what an account begins with is what it says, and within its bounds. */
static void an_account_begins_with_the_rules_of_its_profile(void **state)
{
	struct world *world = *state;
	struct profiles all = load_all(world);

	for (size_t i = 0; i < all.count; i++) {
		const struct profile *profile = all.list[i];

		for (size_t p = 0; p <= profile->plan_count; p++) {
			const char *plan = p == 0 ? NULL : profile->plans[p - 1], *own_plan;
			char name[80], by[80];
			const struct profile *own;
			struct profile_line lines[KIND_COUNT];
			struct policy_set set;
			struct err err;

			snprintf(name, sizeof name, "%s %s", profile->name, plan != NULL ? plan : "plain");
			snprintf(by, sizeof by, "profile:%s", profile->name);
			assert_ok(begin_with(world, name, profile, plan, &err), &err);
			assert_ok(settings_profile(&world->vault->read, world->account.number, &world->pool, &own,
						   &own_plan, &err), &err);
			assert_string_equal(own->name, profile->name);
			if (plan == NULL)
				assert_null(own_plan);
			else
				assert_string_equal(own_plan, plan);
			compare(world, profile, plan, lines);
			assert_ok(policies_load(&world->vault->read, world->account.number, world->now, &world->pool,
						&set, &err), &err);
			for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
				const struct policy *base = policies_base(&set, (enum record_kind)kind);

				assert_int_equal(lines[kind].set, profile->rules[kind].set);
				assert_true(lines[kind].same);
				assert_true(lines[kind].within);
				assert_int_equal(base != NULL, profile->rules[kind].set);
				if (base != NULL) {
					assert_int_equal(base->version, 1);
					assert_string_equal(base->set_by, by);
				}
			}
		}
	}
}

/* May the account set it? */
static bool may(struct world *world, enum record_kind kind, struct span keep, struct err *err)
{
	struct policy_request request = {.kind = kind, .keep = keep, .grace_hours = GRACE_OF_ACCOUNT, .set_by = "os:0"};
	struct policy_planned planned;
	enum result r = policy_plan(&world->vault->read, &world->account, &request, world->now, &world->pool, &planned,
				    err);

	assert_true(r == OK || r == ERR_INPUT);
	return r == OK;
}

/* By a month when it is in months, else by a day. */
static struct span longer_by(struct span span, int one)
{
	if (span.months > 0)
		span.months += one;
	else
		span.days += one;
	return span;
}

static void try_bound(struct world *world, enum record_kind kind, const struct bound *bound)
{
	const struct span limit = bound->count > 0 || bound->type != BOUND_NONE ? bound->spans[0] : (struct span){.days = 1};
	bool finite = !limit.unlimited;
	struct err err;

	assert_true(may(world, kind, limit, &err));
	if (bound->type == BOUND_NONE || !finite)
		return;
	assert_int_equal(may(world, kind, longer_by(limit, 1), &err), bound->type == BOUND_MIN);
	if (bound->type != BOUND_MIN)
		assert_non_null(strstr(err.what, bound->source));
	assert_int_equal(may(world, kind, longer_by(limit, -1), &err), bound->type == BOUND_MAX);
	if (bound->type != BOUND_CHOICES)
		assert_int_equal(may(world, kind, (struct span){.unlimited = true}, &err), bound->type == BOUND_MIN);
}

static void the_bounds_of_every_profile_and_plan_hold(void **state)
{
	struct world *world = *state;
	struct profiles all = load_all(world);

	for (size_t i = 0; i < all.count; i++) {
		const struct profile *profile = all.list[i];

		for (size_t p = 0; p <= profile->plan_count; p++) {
			const char *plan = p == 0 ? NULL : profile->plans[p - 1];
			char name[80];
			struct bound bound;
			struct err err;

			snprintf(name, sizeof name, "%s %s", profile->name, plan != NULL ? plan : "plain");
			assert_ok(begin_with(world, name, profile, plan, &err), &err);
			for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
				assert_ok(profile_bound(profile, plan, (enum record_kind)kind, &bound, &err), &err);
				try_bound(world, (enum record_kind)kind, &bound);
			}
		}
	}
}

static void an_unknown_plan_makes_no_account(void **state)
{
	struct world *world = *state;
	struct account account;
	struct err err;

	assert_int_equal(begin_with(world, "Other", find(world, "exotel"), "gold", &err), ERR_NOT_FOUND);
	assert_int_equal(accounts_find(&world->vault->read, "Other", &world->pool, &account, &err), ERR_NOT_FOUND);
}

static void a_comparison_says_what_differs_and_what_is_outside(void **state)
{
	struct world *world = *state;
	struct profile_line lines[KIND_COUNT];
	struct policy_request request = {.kind = KIND_CALL, .keep = {.days = 900}, .scope = {.tag = "vip"},
					 .grace_hours = GRACE_OF_ACCOUNT, .set_by = "os:0"};
	struct policy_planned planned;
	struct err err;

	set_policy(world, KIND_CALL, "24 months");
	set_policy(world, KIND_MESSAGE, "26 months");
	assert_ok(policy_change(world->vault, &world->account, &request, world->now, &world->pool, &planned, &err), &err);
	compare(world, find(world, "callrail"), NULL, lines);
	assert_false(lines[KIND_CALL].same);
	assert_true(lines[KIND_CALL].within);
	assert_int_equal(lines[KIND_CALL].narrower, 1);
	assert_int_equal(lines[KIND_CALL].outside, 1);
	assert_false(lines[KIND_MESSAGE].within);
	assert_false(lines[KIND_VOICEMAIL].set); /* for ever, which CallRail has not */
	assert_false(lines[KIND_VOICEMAIL].within);
	assert_false(lines[KIND_NOTE].speaks);
	assert_true(lines[KIND_NOTE].within);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(an_account_begins_with_the_rules_of_its_profile),
	    KEEPING(the_bounds_of_every_profile_and_plan_hold),
	    KEEPING(an_unknown_plan_makes_no_account),
	    KEEPING(a_comparison_says_what_differs_and_what_is_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
