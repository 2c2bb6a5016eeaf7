/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keeping.h"

#include "retention/settings.h"
#include "store/leaf.h"

static enum result set(struct world *world, const char *name, const char *value, struct err *err)
{
	return settings_set(world->vault, &world->account, name, value, world->now, &world->pool, err);
}

static const char *get(struct world *world, const char *name)
{
	const char *value;
	struct err err;

	assert_ok(settings_get(&world->vault->read, world->account.number, name, &world->pool, &value, &err), &err);
	return value;
}

static uint64_t leaves(struct world *world)
{
	uint64_t size;
	struct err err;

	assert_ok(leaf_tree_size(world->vault->read.data, &size, &err), &err);
	return size;
}

static void what_was_never_set_is_its_fallback(void **state)
{
	struct world *world = *state;
	int64_t hours;
	struct err err;

	assert_string_equal(get(world, "grace_hours"), "24");
	assert_string_equal(get(world, "warn_days"), "30,7,1");
	assert_null(get(world, "billed_until"));
	assert_null(get(world, "profile"));
	assert_ok(settings_int(&world->vault->read, world->account.number, "grace_hours", &world->pool, &hours, &err),
		  &err);
	assert_int_equal(hours, 24);
}

static void good_values_are_stored_with_a_leaf_each_and_can_be_unset(void **state)
{
	static const char *const good[][2] = {
	    {"anonymous_k", "3"}, {"anonymous_k", "100"}, {"grace_hours", "0"}, {"grace_hours", "8760"},	{"warn_days", "366,8,7,6,5,4,3,1"}, {"warn_days", "1"},
	    {"calendar", "DE-BY"}, {"time_zone", "Europe/Berlin"}, {"profile", "exotel"}, {"plan", "growth"}, {"billed_until", "2026-02-28"},
	};
	struct world *world = *state;
	uint64_t before = leaves(world);
	struct leaf leaf;
	struct err err;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_ok(set(world, good[i][0], good[i][1], &err), &err);
		assert_string_equal(get(world, good[i][0]), good[i][1]);
	}
	assert_int_equal(leaves(world), before + sizeof good / sizeof good[0]);
	assert_ok(leaf_get(world->vault->read.data, leaves(world) - 1, &world->pool, &leaf, &err), &err);
	assert_non_null(strstr(leaf.body, "\"act\":\"account.set\""));
	assert_non_null(strstr(leaf.body, "\"setting\":\"billed_until\""));
	assert_non_null(strstr(leaf.body, "\"value\":\"2026-02-28\""));
	assert_ok(set(world, "grace_hours", "none", &err), &err);
	assert_string_equal(get(world, "grace_hours"), "24");
	assert_ok(set(world, "plan", "none", &err), &err);
	assert_null(get(world, "plan"));
}

static void bad_values_change_nothing_and_say_what_is_good(void **state)
{
	static const struct { const char *name, *value; enum result expected; } bad[] = {
	    {"grace_hours", "-1", ERR_INPUT},	   {"grace_hours", "8761", ERR_INPUT},
	    {"grace_hours", "24h", ERR_INPUT},	   {"grace_hours", "", ERR_INPUT},
	    {"grace_hours", "99999999999999999999999", ERR_INPUT},
	    {"warn_days", "0", ERR_INPUT}, {"anonymous_k", "2", ERR_INPUT}, {"anonymous_k", "101", ERR_INPUT},	   {"warn_days", "7,7", ERR_INPUT},
	    {"warn_days", "7,30", ERR_INPUT},	   {"warn_days", "7,", ERR_INPUT},
	    {"warn_days", "9,8,7,6,5,4,3,2,1", ERR_INPUT}, {"billed_until", "2026-02-29", ERR_INPUT},
	    {"billed_until", "tomorrow", ERR_INPUT}, {"plan", "growth", ERR_INPUT},
	    {"calendar", "XX", ERR_INPUT}, {"time_zone", "Mars/Olympus", ERR_INPUT}, {"profile", "nobodys", ERR_NOT_FOUND}, {"speed", "1", ERR_INPUT},
	};
	struct world *world = *state;
	uint64_t before = leaves(world);
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (set(world, bad[i].name, bad[i].value, &err) != bad[i].expected || *err.mend == '\0')
			fail_msg("%s %s: %s [%s]", bad[i].name, bad[i].value, err.what, err.mend);
	}
	assert_int_equal(leaves(world), before);
	assert_string_equal(get(world, "grace_hours"), "24");
}

static void a_plan_must_be_one_of_the_profiles_and_a_profile_have_the_plan(void **state)
{
	struct world *world = *state;
	struct err err;

	assert_ok(set(world, "profile", "exotel", &err), &err);
	assert_int_equal(set(world, "plan", "gold", &err), ERR_NOT_FOUND);
	assert_ok(set(world, "plan", "enterprise", &err), &err);
	assert_int_equal(set(world, "profile", "justcall", &err), ERR_INPUT);
	assert_non_null(strstr(err.mend, "plan none"));
	assert_ok(set(world, "plan", "none", &err), &err);
	assert_ok(set(world, "profile", "justcall", &err), &err);
}

/* Exotel: what is deleted is purged within 30 days; our own recommendation: 28. */
static void the_grace_of_a_deleted_contact_is_within_what_the_profile_says(void **state)
{
	struct world *world = *state;
	struct err err;

	assert_string_equal(get(world, "contact_grace_days"), "30");
	assert_ok(set(world, "contact_grace_days", "90", &err), &err);
	assert_ok(set(world, "contact_grace_days", "none", &err), &err);
	assert_ok(set(world, "profile", "callrail", &err), &err);
	assert_string_equal(get(world, "contact_grace_days"), "30");
	assert_ok(set(world, "profile", "exotel", &err), &err);
	assert_int_equal(set(world, "contact_grace_days", "31", &err), ERR_INPUT);
	assert_string_equal(err.what, "contact_grace_days cannot be 31: what is deleted is gone within 30 days");
	assert_non_null(strstr(err.mend, "give up to 30; it is said by: Exotel"));
	assert_ok(set(world, "contact_grace_days", "30", &err), &err);
	assert_ok(set(world, "contact_grace_days", "none", &err), &err);
	assert_ok(set(world, "profile", "gdpr-strict", &err), &err);
	assert_string_equal(get(world, "contact_grace_days"), "28");
	assert_int_equal(set(world, "contact_grace_days", "-1", &err), ERR_INPUT);
	assert_int_equal(set(world, "contact_grace_days", "366", &err), ERR_INPUT);
}

static void the_bound_is_that_of_the_profile_and_plan(void **state)
{
	struct world *world = *state;
	char text[BOUND_TEXT_MAX];
	struct bound bound;
	struct err err;

	assert_ok(settings_bound(&world->vault->read, 1, KIND_RECORDING, &world->pool, &bound, &err), &err);
	assert_int_equal(bound.type, BOUND_NONE);
	assert_ok(set(world, "profile", "exotel", &err), &err);
	assert_ok(settings_bound(&world->vault->read, 1, KIND_RECORDING, &world->pool, &bound, &err), &err);
	assert_string_equal(bound_text(&bound, text), "at most 90 days");
	assert_ok(set(world, "plan", "growth", &err), &err);
	assert_ok(settings_bound(&world->vault->read, 1, KIND_RECORDING, &world->pool, &bound, &err), &err);
	assert_string_equal(bound_text(&bound, text), "at most 180 days");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(what_was_never_set_is_its_fallback),
	    KEEPING(good_values_are_stored_with_a_leaf_each_and_can_be_unset),
	    KEEPING(bad_values_change_nothing_and_say_what_is_good),
	    KEEPING(a_plan_must_be_one_of_the_profiles_and_a_profile_have_the_plan),
	    KEEPING(the_grace_of_a_deleted_contact_is_within_what_the_profile_says),
	    KEEPING(the_bound_is_that_of_the_profile_and_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
