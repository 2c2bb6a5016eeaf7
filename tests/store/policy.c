/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/policy.h"

static const struct instant monday = {1700000000000}, tuesday = {1700086400000};

static int put(uint32_t account, enum record_kind kind, struct span keep, struct instant now)
{
	int version;

	assert_ok(policy_put(vault, account, kind, keep, now, &version, &err));
	return version;
}

static struct policy get(uint32_t account, enum record_kind kind)
{
	struct policy out;

	assert_ok(policy_get(vault, account, kind, &out, &err));
	assert_int_equal(out.kind, kind);
	return out;
}

static void without_a_policy_all_is_kept_for_ever(void **state)
{
	struct policy policy = get(1, KIND_CALL);

	(void)state;
	assert_int_equal(policy.version, 0);
	assert_true(policy.keep.unlimited);
	assert_int_equal(policy.set_at.ms, 0);
}

static void the_latest_version_is_in_force(void **state)
{
	struct policy policy;

	(void)state;
	assert_int_equal(put(1, KIND_CALL, (struct span){.months = 25}, monday), 1);
	assert_int_equal(put(1, KIND_CALL, (struct span){.days = 90}, tuesday), 2);
	assert_int_equal(put(1, KIND_CHAT, (struct span){.unlimited = true}, monday), 1);
	assert_int_equal(put(2, KIND_CALL, (struct span){.days = 1}, monday), 1);
	policy = get(1, KIND_CALL);
	assert_int_equal(policy.version, 2);
	assert_int_equal(policy.keep.months, 0);
	assert_int_equal(policy.keep.days, 90);
	assert_false(policy.keep.unlimited);
	assert_int_equal(policy.set_at.ms, tuesday.ms);
	assert_true(get(1, KIND_CHAT).keep.unlimited);
	assert_int_equal(get(1, KIND_CHAT).version, 1);
	assert_int_equal(get(2, KIND_CALL).keep.days, 1);
}

static size_t walk(const struct policy *after, struct policy *out, size_t max)
{
	size_t count;

	assert_ok(policy_walk(vault, 1, after, out, max, &count, &err));
	return count;
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

static void a_version_is_put_back_unless_it_is_there(void **state)
{
	struct policy policy = {.kind = KIND_CALL, .version = 3, .keep = {.days = 7}, .set_at = monday};

	(void)state;
	put(1, KIND_CALL, (struct span){.days = 1}, monday);
	assert_ok(policy_put_back(vault, 1, &policy, &err));
	assert_int_equal(get(1, KIND_CALL).version, 3);
	assert_int_equal(get(1, KIND_CALL).keep.days, 7);
	assert_int_equal(get(2, KIND_CALL).version, 0);
	policy.keep.days = 99;
	assert_ok(policy_put_back(vault, 1, &policy, &err));
	assert_int_equal(get(1, KIND_CALL).keep.days, 7);
	assert_int_equal(put(1, KIND_CALL, (struct span){.days = 2}, tuesday), 4);
}

static void a_kind_nobody_knows_is_damage(void **state)
{
	struct policy out, after = {0};
	size_t count;

	(void)state;
	put(1, KIND_CALL, (struct span){.days = 1}, monday);
	raw(vault, "UPDATE policy SET kind = 13");
	assert_fails(policy_walk(vault, 1, &after, &out, 1, &count, &err), ERR_CORRUPT,
		     "column 0 holds 13 where 1 to 12 belong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(without_a_policy_all_is_kept_for_ever),
	    table_test(the_latest_version_is_in_force),
	    table_test(every_version_is_walked_in_order),
	    table_test(a_version_is_put_back_unless_it_is_there),
	    table_test(a_kind_nobody_knows_is_damage),
	};

	return cmocka_run_group_tests_name("store/policy", tests, NULL, NULL);
}
