/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/policy.h"

static const struct instant monday = {1700000000000}, tuesday = {1700086400000};

static int put(uint32_t account, enum record_kind kind, struct span keep, struct instant now)
{
	struct policy policy = {.kind = kind, .keep = keep, .set_at = now, .begins_at = tuesday, .set_by = "os:1000"};

	assert_ok(policy_put(vault, account, &policy, &err));
	return policy.version;
}

static size_t walk(const struct policy *after, struct policy *out, size_t max)
{
	size_t count;

	assert_ok(policy_walk(vault, 1, after, &pool, out, max, &count, &err));
	return count;
}

static void versions_are_numbered_within_account_and_kind(void **state)
{
	(void)state;
	assert_int_equal(put(1, KIND_CALL, (struct span){.months = 25}, monday), 1);
	assert_int_equal(put(1, KIND_CALL, (struct span){.days = 90}, tuesday), 2);
	assert_int_equal(put(1, KIND_CHAT, (struct span){.unlimited = true}, monday), 1);
	assert_int_equal(put(2, KIND_CALL, (struct span){.days = 1}, monday), 1);
}

static void every_version_is_walked_in_order(void **state)
{
	struct policy out[9], after = {0};

	(void)state;
	assert_int_equal(walk(&after, out, 9), 0);
	put(1, KIND_CHAT, (struct span){.days = 3}, monday);
	put(1, KIND_CALL, (struct span){.months = 25}, monday);
	put(1, KIND_CALL, (struct span){.unlimited = true}, tuesday);
	put(2, KIND_CALL, (struct span){.days = 1}, monday);
	assert_int_equal(walk(&after, out, 9), 3);
	assert_int_equal(out[0].kind, KIND_CALL);
	assert_int_equal(out[0].version, 1);
	assert_int_equal(out[0].keep.months, 25);
	assert_int_equal(out[1].version, 2);
	assert_true(out[1].keep.unlimited);
	assert_int_equal(out[1].set_at.ms, tuesday.ms);
	assert_int_equal(out[2].kind, KIND_CHAT);
	for (int i = 0; i < 3; i++) {
		struct policy one;

		assert_int_equal(walk(&after, &one, 1), 1);
		assert_int_equal(one.kind, out[i].kind);
		assert_int_equal(one.version, out[i].version);
		after = one;
	}
	assert_int_equal(walk(&after, out, 1), 0);
}

static void a_rule_comes_back_as_it_was_put(void **state)
{
	struct policy out, after = {0}, policy = {
		.kind = KIND_RECORDING,
		.scope = {.number = 11, .queue = 2, .campaign = 3, .tag = 4, .direction = DIRECTION_OUTBOUND,
			  .min_duration_ms = 60000},
		.keep = {.days = 7}, .removed = true, .set_at = monday, .begins_at = tuesday, .set_by = "os:7"};

	(void)state;
	assert_ok(policy_put(vault, 1, &policy, &err));
	assert_int_equal(walk(&after, &out, 1), 1);
	assert_int_equal(out.scope.number, 11);
	assert_int_equal(out.scope.queue, 2);
	assert_int_equal(out.scope.campaign, 3);
	assert_int_equal(out.scope.tag, 4);
	assert_int_equal(out.scope.direction, DIRECTION_OUTBOUND);
	assert_int_equal(out.scope.min_duration_ms, 60000);
	assert_int_equal(out.keep.days, 7);
	assert_true(out.removed);
	assert_int_equal(out.set_at.ms, monday.ms);
	assert_int_equal(out.begins_at.ms, tuesday.ms);
	assert_string_equal(out.set_by, "os:7");
}

static void a_version_is_put_back_unless_it_is_there(void **state)
{
	struct policy out[3], after = {0};
	struct policy policy = {.kind = KIND_CALL, .version = 3, .keep = {.days = 7}, .set_at = monday, .set_by = "os:0"};

	(void)state;
	put(1, KIND_CALL, (struct span){.days = 1}, monday);
	assert_ok(policy_put_back(vault, 1, &policy, &err));
	policy.keep.days = 99;
	assert_ok(policy_put_back(vault, 1, &policy, &err));
	assert_int_equal(walk(&after, out, 3), 2);
	assert_int_equal(out[1].version, 3);
	assert_int_equal(out[1].keep.days, 7);
	assert_int_equal(put(1, KIND_CALL, (struct span){.days = 2}, tuesday), 4);
}

static void a_word_nobody_knows_is_damage(void **state)
{
	struct policy out, after = {0};
	size_t count;

	(void)state;
	put(1, KIND_CALL, (struct span){.days = 1}, monday);
	raw(vault, "UPDATE policy SET direction = 4");
	assert_fails(policy_walk(vault, 1, &after, &pool, &out, 1, &count, &err), ERR_CORRUPT,
		     "column 6 holds 4 where 0 to 3 belong");
	raw(vault, "UPDATE policy SET kind = 13");
	assert_fails(policy_walk(vault, 1, &after, &pool, &out, 1, &count, &err), ERR_CORRUPT,
		     "column 0 holds 13 where 1 to 12 belong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(versions_are_numbered_within_account_and_kind),
	    table_test(every_version_is_walked_in_order),
	    table_test(a_rule_comes_back_as_it_was_put),
	    table_test(a_version_is_put_back_unless_it_is_there),
	    table_test(a_word_nobody_knows_is_damage),
	};

	return cmocka_run_group_tests_name("store/policy", tests, NULL, NULL);
}
