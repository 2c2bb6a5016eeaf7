/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a restore leaves as it is now: the log, accounts, users, policies, labels, days.
 */
#include "vault/place.h"

static enum result set_op(struct session *session, void *arg, struct err *err)
{
	const struct place *p = arg;

	return setting_put(session->data, p->world.account.number, "state", "cancelled", err);
}

static void what_an_account_is_set_to_since_stays(void **state)
{
	struct place *p = *state;
	const char *value;
	struct err err;

	back_up(p);
	assert_ok(vault_write(p->world.vault, set_op, p, &err), &err);
	restore(p);
	assert_ok(setting_get(p->world.vault->read.data, p->world.account.number, "state", &p->world.pool, &value, &err),
		  &err);
	assert_string_equal(value, "cancelled");
}

static enum result prune_op(struct session *session, void *arg, struct err *err)
{
	const struct leaf *leaf = arg;
	bool pruned;
	enum result r = leaf_prune(session->data, leaf, &pruned, err);

	assert_true(pruned);
	return r;
}

static size_t body_len(struct place *p, uint64_t seq)
{
	struct leaf leaf;
	struct err err;

	assert_ok(leaf_get(p->world.vault->read.data, seq, &p->world.pool, &leaf, &err), &err);
	return leaf.body_len;
}

static void prune_leaf(struct place *p, uint64_t seq)
{
	struct leaf leaf;
	struct err err;

	assert_ok(leaf_get(p->world.vault->read.data, seq, &p->world.pool, &leaf, &err), &err);
	assert_ok(vault_write(p->world.vault, prune_op, &leaf, &err), &err);
}

static enum result end_account_op(struct session *session, void *arg, struct err *err)
{
	uint32_t account = *(const uint32_t *)arg;
	struct removed_account removed = {.blobs = 0};
	int64_t keys;
	bool more = true;
	enum result r = keyring_account_destroy(session->ring, account, &keys, err);

	if (r == OK)
		r = ending_account(session->data, account, err);
	while (r == OK && more)
		r = remove_account(session, account, true, &removed, &more, err);
	return r;
}

/* P33 */
static void an_account_that_ended_since_stays_gone(void **state)
{
	struct place *p = *state;
	uint32_t number = p->world.account.number;
	struct removed_account left;
	struct account account;
	struct err err;

	back_up(p);
	assert_ok(vault_write(p->world.vault, end_account_op, &number, &err), &err);
	assert_int_equal(restore(p).dropped.accounts, 1);
	assert_int_equal(accounts_get(&p->world.vault->read, number, &p->world.pool, &account, &err), ERR_NOT_FOUND);
	assert_ok(remove_account_look(&p->world.vault->read, number, &left, &err), &err);
	for (int i = 0; i < ENDING_TABLES; i++)
		assert_int_equal(left.rows[i], 0);
}

/* P30 */
static void what_the_log_no_longer_says_it_does_not_say_again(void **state)
{
	struct place *p = *state;
	struct account account;
	struct err err;
	uint64_t later;

	back_up(p);
	assert_ok(accounts_create(p->world.vault, "Later", "SE", p->world.now, &p->world.pool, &account, &err), &err);
	later = log_size(p) - 1;
	prune_leaf(p, 1);     /* the backup has it with its body */
	prune_leaf(p, later); /* the backup does not have it */
	p->world.now.ms += INT64_C(3) * 366 * 86400000; /* when they may be */
	assert_int_equal(restore(p).carried.pruned, 1);
	assert_int_equal(body_len(p, 1), 0);
	assert_int_equal(body_len(p, later), 0);
	assert_int_not_equal(body_len(p, 0), 0);
	assert_int_not_equal(body_len(p, later + 1), 0);
}

static void identities_known_since_stay_so_that_an_erasure_finds_them(void **state)
{
	struct place *p = *state;

	back_up(p);
	world_put(&p->world, KIND_CALL, "2025-05-02T10:00:00Z", "{\"a\":4}", "+4520000009", NULL);
	assert_int_equal(restore(p).carried.identities, 1);
	assert_int_not_equal(identity_of(&p->world, "+4520000009"), 0);
}

static enum result policy_op(struct session *session, void *arg, struct err *err)
{
	const struct place *p = arg;
	struct policy policy = {.kind = KIND_CALL, .keep = {.days = 30}, .set_at = p->world.now,
				.begins_at = p->world.now, .set_by = "os:0"};

	return policy_put(session->data, p->world.account.number, &policy, err);
}

static void holds_and_policies_made_since_stay(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.kinds = 1u << KIND_CALL, .reason = "a court order"};
	struct hold_row rows[4];
	struct restore_result out;
	struct policy policy, first = {.version = 0};
	struct id hold;
	size_t count;
	struct err err;

	back_up(p);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	assert_ok(vault_write(p->world.vault, policy_op, p, &err), &err);
	out = restore(p);
	assert_int_equal(out.carried.holds, 1);
	assert_int_equal(out.carried.policies, 1);
	assert_ok(hold_list(p->world.vault->read.data, 1, true, 0, &p->world.pool, rows, 4, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_int_equal(id_compare(rows[0].id, hold), 0);
	assert_ok(policy_walk(p->world.vault->read.data, 1, &first, &p->world.pool, &policy, 1, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_string_equal(policy.set_by, "os:0");
	assert_int_equal(policy.keep.days, 30);
}

static enum result label_op(struct session *session, void *arg, struct err *err)
{
	struct place *p = arg;
	struct blind blind = {{7}};
	int64_t label;

	return labels_take(session, p->world.account.number, LABEL_TAG, &blind, "vip", &p->world.pool, &label, err);
}

static void labels_made_since_stay_for_policies_and_holds_name_them(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	enum label_kind kind;
	const char *name;
	struct err err;

	back_up(p);
	assert_ok(vault_write(p->world.vault, label_op, p, &err), &err);
	out = restore(p);
	assert_int_equal(out.carried.labels, 1);
	assert_ok(labels_name(&p->world.vault->read, 1, 1, &p->world.pool, &kind, &name, &err), &err);
	assert_string_equal(name, "vip");
	out = restore(p);
	assert_int_equal(out.carried.labels, 1);
}

static enum result unlabel_op(struct session *session, void *arg, struct err *err)
{
	return label_delete(session->data, 1, *(int64_t *)arg, err);
}

static void tag(struct place *p, const char *at)
{
	struct world_record spec = {.kind = KIND_NOTE, .at = world_time(at), .phones = {BENT}, .text = "{\"a\":5}",
				    .label = 1, .world = &p->world};
	struct err err;

	spec.id = id_new(spec.at);
	assert_ok(vault_write(p->world.vault, world_put_op, &spec, &err), &err);
}

/* Nothing had the tag any more, so it went, and came again: the backup has it under a number that no hold knows. */
static void a_name_that_went_and_came_again_is_the_one_that_policies_and_holds_know(void **state)
{
	struct hold_request request = {.tag = 2, .reason = "a court order"};
	struct place *p = *state;
	struct label_row row;
	int64_t old = 1;
	struct id hold;
	struct err err;

	assert_ok(vault_write(p->world.vault, label_op, p, &err), &err);
	for (int i = 0; i < 300; i++) /* more than are looked at in one go */
		tag(p, i < 200 ? "2025-05-03T10:00:00Z" : "2025-05-04T10:00:00Z");
	back_up(p);
	assert_ok(vault_write(p->world.vault, unlabel_op, &old, &err), &err);
	assert_ok(vault_write(p->world.vault, label_op, p, &err), &err);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	restore(p);
	assert_int_equal(label_get(p->world.vault->read.data, 1, 1, &p->world.pool, &row, &err), ERR_NOT_FOUND);
	assert_ok(label_get(p->world.vault->read.data, 1, 2, &p->world.pool, &row, &err), &err);
	assert_int_equal(row.records, 300);
}

static struct user_row add_user(struct place *p, const char *name)
{
	const struct user_new new = {.name = name, .role = USER_ADMIN};
	struct user_row row;
	struct err err;
	struct id id;

	assert_ok(user_add(p->world.vault, &p->world.account, &new, p->world.now, &p->world.pool, &id, &err), &err);
	assert_ok(user_lookup(&p->world.vault->read, &p->world.account, name, &p->world.pool, &row, &err), &err);
	return row;
}

/* P5, P36 */
static void users_are_as_they_are_now_and_a_removed_one_stays_gone(void **state)
{
	struct place *p = *state;
	struct user_row anna = add_user(p, "anna"), bent = add_user(p, "bent"), row;
	struct session *read;
	struct user_end end;
	struct err err;

	back_up(p);
	p->world.now.ms += 1000;
	assert_ok(user_end(p->world.vault, &p->world.account, &anna, USER_REMOVED, p->world.now, NULL, NULL, &end, &err), &err);
	assert_ok(user_signed_in(p->world.vault, &p->world.account, &bent, p->world.now, p->world.now, &err), &err);
	add_user(p, "carl");
	anna = add_user(p, "anna"); /* another one, of the same name */
	assert_int_equal(restore(p).carried.users, 3);
	read = &p->world.vault->read;
	assert_ok(user_lookup(read, &p->world.account, "anna", &p->world.pool, &row, &err), &err);
	assert_int_equal(row.user, anna.user);
	assert_ok(user_lookup(read, &p->world.account, "bent", &p->world.pool, &row, &err), &err);
	assert_true(row.signed_in);
	assert_ok(user_lookup(read, &p->world.account, "carl", &p->world.pool, &row, &err), &err);
}

static void change_calendar(struct place *p, int32_t day, const char *name)
{
	const struct calendar_day added = {{day}, name, NULL, "os:0"};
	struct err err;

	if (name != NULL)
		assert_ok(calendar_add(p->world.vault, &p->world.account, &added, p->world.now, &p->world.pool, &err), &err);
	else
		assert_ok(calendar_remove(p->world.vault, &p->world.account, added.day, p->world.now, &p->world.pool, &err),
			  &err);
}

static void days_of_the_account_are_as_they_are_now_and_a_removed_one_stays_gone(void **state)
{
	struct place *p = *state;
	struct calendar all;
	struct err err;

	change_calendar(p, 20000, "Went");
	change_calendar(p, 20001, "Stayed");
	change_calendar(p, 20002, "Old");
	back_up(p);
	p->world.now.ms += 1000;
	change_calendar(p, 20000, NULL);
	change_calendar(p, 20002, NULL);
	change_calendar(p, 20002, "New");
	change_calendar(p, 20003, "Came");
	restore(p);
	assert_ok(calendar_read(&p->world.vault->read, 1, p->world.now, &p->world.pool, &all, &err), &err);
	assert_int_equal(all.count, 3);
	assert_string_equal(all.days[0].name, "Stayed");
	assert_string_equal(all.days[1].name, "New");
	assert_string_equal(all.days[2].name, "Came");
}

static void the_epoch_length_does_not_go_back(void **state)
{
	struct place *p = *state;
	struct instant due;
	struct err err;
	int days;

	assert_ok(rotate_set_days(p->world.vault, 3, p->world.now, &err), &err);
	back_up(p);
	assert_ok(rotate_set_days(p->world.vault, 30, p->world.now, &err), &err);
	restore(p);
	assert_ok(rotate_due(&p->world.vault->read, &due, &days, &err), &err);
	assert_int_equal(days, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_log_no_longer_says_it_does_not_say_again),
		TEST(an_account_that_ended_since_stays_gone),
		TEST(what_an_account_is_set_to_since_stays),
		TEST(identities_known_since_stay_so_that_an_erasure_finds_them),
		TEST(holds_and_policies_made_since_stay),
		TEST(labels_made_since_stay_for_policies_and_holds_name_them),
		TEST(a_name_that_went_and_came_again_is_the_one_that_policies_and_holds_know),
		TEST(users_are_as_they_are_now_and_a_removed_one_stays_gone),
		TEST(days_of_the_account_are_as_they_are_now_and_a_removed_one_stays_gone),
		TEST(the_epoch_length_does_not_go_back),
	};

	return cmocka_run_group_tests_name("vault/restore_now", tests, NULL, NULL);
}
