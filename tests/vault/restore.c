/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

#include "store/setting.h"
#include "vault/remove_account.h"

#include <sys/file.h>

#include "privacy/contacts.h"
#include "privacy/person.h"
#include "privacy/user_end.h"
#include "retention/holds.h"
#include "retention/sweep.h"
#include "vault/backup.h"
#include "vault/calendar.h"
#include "vault/check.h"
#include "vault/labels.h"
#include "vault/reseal.h"
#include "vault/restore.h"
#include "vault/rotate.h"

struct place { struct world world; char dir[400]; struct id call, other, old; };

#define ANNA "+4520000001"
#define BENT "+4520000002"

static int set_up(void **state)
{
	struct place *p = test_calloc(1, sizeof *p);

	world_begin(&p->world, "2025-06-01T00:00:00Z");
	snprintf(p->dir, sizeof p->dir, "%s/backup", p->world.base);
	p->call = world_put(&p->world, KIND_CALL, "2025-05-01T10:00:00Z", "{\"a\":1}", ANNA, BENT, NULL);
	p->other = world_put(&p->world, KIND_CALL, "2025-05-01T11:00:00Z", "{\"a\":2}", BENT, NULL);
	p->old = world_put(&p->world, KIND_MESSAGE, "2025-02-01T11:00:00Z", "{\"a\":3}", BENT, NULL);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	world_end(&p->world);
	test_free(p);
	return 0;
}

static void back_up(struct place *p)
{
	struct backup_options options = {.dir = p->dir, .now = p->world.now};
	struct manifest manifest;
	struct err err;

	assert_ok(backup_create(p->world.vault, &options, &manifest, &err), &err);
}

static void sound(struct place *p)
{
	struct check_options options = {0};
	struct check_report report;
	struct err err;

	assert_ok(check_vault(p->world.vault, &options, &report, &err), &err);
	if (report.problems != 0)
		for (int id = 0; id < CHECK_COUNT; id++)
			if (report.checks[id].problems > 0)
				fail_msg("check %s", check_name(id));
}

static enum result try_restore(struct place *p, struct restore_result *out, struct err *err)
{
	struct restore_options options = {.dir = p->dir, .now = p->world.now};

	return restore_run(p->world.vault, &options, out, err);
}

static struct restore_result restore(struct place *p)
{
	struct restore_result out;
	struct err err;

	assert_ok(try_restore(p, &out, &err), &err);
	sound(p);
	return out;
}

static int64_t all(const struct removed *removed)
{
	int64_t sum = 0;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		sum += removed->records[kind];
	return sum;
}

static uint64_t log_size(struct place *p)
{
	uint64_t size;
	struct err err;

	assert_ok(leaf_tree_size(p->world.vault->read.data, &size, &err), &err);
	return size;
}

static bool opens(struct place *p, enum record_kind kind, struct id id)
{
	const char *text;
	struct err err;

	return world_open_record(&p->world, kind, id, &text, &err) == OK;
}

static void records_that_were_lost_come_back_and_later_ones_go(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct id later;

	back_up(p);
	remove_one(&p->world, KIND_CALL, p->call);
	later = world_put(&p->world, KIND_CALL, "2025-05-02T10:00:00Z", "{\"a\":4}", ANNA, NULL);
	out = restore(p);
	assert_int_equal(out.records, 3);
	assert_int_equal(all(&out.dropped.erased) + all(&out.dropped.expired), 0);
	assert_false(out.live_lost);
	assert_int_equal(out.dropped.keys_without_data, 1); /* of the later call's day */
	assert_true(opens(p, KIND_CALL, p->call));
	assert_false(opens(p, KIND_CALL, later));
}

/* P5 */
static void what_was_erased_since_stays_erased(void **state)
{
	struct place *p = *state;
	struct restore_result out;

	back_up(p);
	destroy_identity(&p->world, ANNA);
	out = restore(p);
	assert_int_equal(out.records, 2);
	assert_int_equal(out.dropped.identities, 1);
	assert_int_equal(all(&out.dropped.erased), 1);
	assert_int_equal(identity_of(&p->world, ANNA), 0);
	assert_false(opens(p, KIND_CALL, p->call));
	assert_true(opens(p, KIND_CALL, p->other));
}

static void what_has_expired_since_stays_gone(void **state)
{
	struct place *p = *state;
	struct restore_result out;

	back_up(p);
	destroy_period(&p->world, KIND_MESSAGE, "2025-02-01T00:00:00Z");
	out = restore(p);
	assert_int_equal(out.records, 2);
	assert_int_equal(out.dropped.periods, 1);
	assert_int_equal(all(&out.dropped.expired), 1);
	assert_int_equal(count_records(&p->world, KIND_MESSAGE), 0);
}

static void a_day_that_has_expired_stays_gone_though_it_has_a_new_key(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct id again;

	world_put(&p->world, KIND_MESSAGE, "2025-02-01T12:00:00Z", "{\"a\":4}", ANNA, NULL);
	back_up(p);
	destroy_period(&p->world, KIND_MESSAGE, "2025-02-01T00:00:00Z");
	again = world_put(&p->world, KIND_MESSAGE, "2025-02-01T13:00:00Z", "{\"a\":5}", BENT, NULL);
	assert_true(opens(p, KIND_MESSAGE, again));
	out = restore(p);
	assert_int_equal(out.records, 2);
	assert_int_equal(out.dropped.periods, 1);
	assert_int_equal(all(&out.dropped.expired), 2);
	assert_int_equal(count_records(&p->world, KIND_MESSAGE), 0);
	assert_int_equal(out.dropped.keys_without_data, 1); /* the new one: a newer backup may need it */
}

/* As a sweep does when some of a day goes before the rest: what stays is sealed anew, then the old key goes. */
static enum result expire_some(struct session *session, void *arg, struct err *err)
{
	struct place *p = arg;
	uint32_t account = p->world.account.number;
	struct period period = {.kind = KIND_CALL, .day = instant_date(id_time(p->call)), .part = 1};
	struct removed ignored = {0};
	struct record_row row;
	struct key from;
	bool existed;
	enum result r = record_get(session->data, account, KIND_CALL, p->other, &p->world.pool, &row, err);

	if (r == OK)
		r = seal_record_key(session->ring, &row, &from, err);
	row.part = 1;
	if (r == OK)
		r = reseal_record(session, &row, &from, &p->world.pool, err);
	if (r == OK)
		r = period_set_looked(session->data, account, &period, err);
	if (r == OK)
		r = keyring_destroy(session->ring, account, KEY_PERIOD, key_period_number(KIND_CALL, period.day, 0),
				    &existed, err);
	if (r == OK)
		r = record_get(session->data, account, KIND_CALL, p->call, &p->world.pool, &row, err);
	return r == OK ? remove_records(session, account, &row, 1, &ignored, err) : r;
}

/* P5, P32 */
static void some_of_a_day_that_expired_stays_gone_and_the_rest_of_it_stays(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct id later;
	struct err err;

	back_up(p);
	assert_ok(vault_write(p->world.vault, expire_some, p, &err), &err);
	sound(p);
	out = restore(p);
	assert_int_equal(out.carried.parts, 1);
	assert_int_equal(all(&out.dropped.expired), 1);
	assert_int_equal(out.dropped.periods, 1);
	assert_false(opens(p, KIND_CALL, p->call));
	assert_int_equal(count_records(&p->world, KIND_CALL), 1);
	assert_true(opens(p, KIND_CALL, p->other));
	later = world_put(&p->world, KIND_CALL, "2025-05-01T12:00:00Z", "{\"a\":4}", BENT, NULL);
	assert_true(opens(p, KIND_CALL, later));
	sound(p);
}

static void a_damaged_record_does_not_take_its_day_along(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct err err;

	tamper(&p->world, "vault.db", "UPDATE record SET payload = zeroblob(40) WHERE kind = 1 AND id ="
				      " (SELECT MIN(id) FROM record WHERE kind = 1)");
	assert_false(opens(p, KIND_CALL, p->call));
	back_up(p);
	assert_ok(try_restore(p, &out, &err), &err);
	assert_int_equal(out.records, 3);
	assert_int_equal(all(&out.dropped.expired), 0);
	assert_true(opens(p, KIND_CALL, p->other));
}

static void the_log_never_goes_back(void **state)
{
	struct place *p = *state;
	uint64_t before;
	struct restore_result out;
	struct leaf leaf;
	struct account account;
	struct err err;

	back_up(p);
	assert_ok(accounts_create(p->world.vault, "Later", "SE", p->world.now, &p->world.pool, &account, &err), &err);
	before = log_size(p);
	out = restore(p);
	assert_int_equal(out.carried.leaves, 2); /* the backup's own, the account's */
	assert_int_equal(log_size(p), before + 1);
	assert_ok(leaf_get(p->world.vault->read.data, before, &p->world.pool, &leaf, &err), &err);
	assert_non_null(strstr(leaf.body, "\"act\":\"restore\""));
	assert_non_null(strstr(leaf.body, "\"live_lost\":0"));
	assert_int_equal(out.carried.accounts, 1);
	assert_ok(accounts_find(&p->world.vault->read, "later", &p->world.pool, &account, &err), &err);
}

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

struct keeping { struct place *p; enum record_kind kind; struct id id; };

static enum result keep_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *k = arg;
	struct world *world = &k->p->world;
	struct record_row row;
	struct hold_set set;

	assert_ok(holds_load(session, world->account.number, &world->pool, &set, err), err);
	assert_ok(record_get(session->data, world->account.number, k->kind, k->id, &world->pool, &row, err), err);
	return holds_keep(session, &set.scopes[0], &row, HELD_ERASED, world->now, &world->pool, err);
}

static void what_only_a_hold_keeps_survives_a_backup_from_before_it(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 1000);
	struct hold_request request = {.reason = "a court order"};
	struct keeping call = {p, KIND_CALL, p->call}, media = {p, KIND_RECORDING, rec.id};
	struct restore_result out;
	char path[PATH_MAX];
	struct id hold;
	struct err err;

	back_up(p);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	assert_ok(vault_write(p->world.vault, keep_op, &call, &err), &err);
	assert_ok(vault_write(p->world.vault, keep_op, &media, &err), &err);
	destroy_identity(&p->world, ANNA);
	out = restore(p);
	assert_int_equal(out.carried.held, 2);
	assert_int_equal(all(&out.dropped.erased), 0);
	assert_int_equal(out.records, 4);
	assert_true(opens(p, KIND_CALL, p->call));
	assert_true(opens(p, KIND_RECORDING, rec.id));
	assert_true(file_exists(recording_path(&rec, path)));
	/* Once more, with a backup that has them held already. */
	snprintf(p->dir, sizeof p->dir, "%s/second", p->world.base);
	back_up(p);
	assert_int_equal(restore(p).carried.held, 0);
	assert_true(opens(p, KIND_CALL, p->call));
}

static enum result let_go_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *k = arg;
	struct held_row held = {.account = k->p->world.account.number, .hold = 1, .kind = k->kind, .id = k->id};
	bool existed;
	enum result r = remove_held(session, &held, &k->p->world.pool, &existed, err);

	assert_true(existed);
	return r;
}

static void keep_both_calls(struct place *p, const struct hold_request *request, struct id *hold)
{
	struct keeping call = {p, KIND_CALL, p->call}, other = {p, KIND_CALL, p->other};
	struct err err;

	assert_ok(holds_add(p->world.vault, &p->world.account, request, p->world.now, hold, &err), &err);
	assert_ok(vault_write(p->world.vault, keep_op, &call, &err), &err);
	assert_ok(vault_write(p->world.vault, keep_op, &other, &err), &err);
}

static void what_a_released_hold_had_kept_and_is_gone_stays_gone_while_its_key_keeps_others(void **state)
{
	struct place *p = *state;
	struct keeping call = {p, KIND_CALL, p->call};
	struct hold_request request = {.reason = "a court order"};
	struct restore_result out;
	struct id hold;
	int64_t listed;
	struct handed handed;
	struct err err;

	keep_both_calls(p, &request, &hold);
	back_up(p);
	assert_ok(holds_release(p->world.vault, &p->world.account, hold, p->world.now, &handed, &err), &err);
	assert_int_equal(handed.due, 2);
	assert_ok(vault_write(p->world.vault, let_go_op, &call, &err), &err);
	out = restore(p);
	assert_int_equal(out.carried.released, 1);
	assert_int_equal(out.dropped.released, 1);
	assert_false(opens(p, KIND_CALL, p->call));
	assert_true(opens(p, KIND_CALL, p->other)); /* due, as it was */
	assert_ok(held_count(p->world.vault->read.data, 1, 1, &listed, &err), &err);
	assert_int_equal(listed, 1);
}

static void what_another_hold_took_over_from_a_released_one_is_kept(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.reason = "a court order"};
	struct restore_result out;
	struct id hold, second;
	struct handed handed;
	struct err err;

	keep_both_calls(p, &request, &hold);
	back_up(p);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &second, &err), &err);
	assert_ok(holds_release(p->world.vault, &p->world.account, hold, p->world.now, &handed, &err), &err);
	assert_int_equal(handed.due, 0);
	out = restore(p);
	assert_int_equal(out.carried.held, 2);
	assert_true(opens(p, KIND_CALL, p->call));
	assert_true(opens(p, KIND_CALL, p->other));
}

static struct id person_of(struct place *p, const char *phone)
{
	struct identity_row row;
	struct err err;

	assert_ok(identity_get(p->world.vault->read.data, 1, identity_of(&p->world, phone), &p->world.pool, &row, &err),
		  &err);
	return row.person;
}

static void link_persons(struct place *p, const char *one, const char *other)
{
	bool changed;
	struct err err;

	assert_ok(person_link(p->world.vault, &p->world.account, person_of(p, one), person_of(p, other), p->world.now,
			      &changed, &err), &err);
	assert_true(changed);
}

static enum result forget_op(struct session *session, void *arg, struct err *err)
{
	return identity_delete(session->data, 1, *(int64_t *)arg, err);
}

/* Bent is erased and then Anna is linked to Carl: nobody is left of the person the hold was on, but in the backup. */
static void a_hold_is_of_whom_it_is_in_the_live_data(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.has_person = true, .reason = "a court order"};
	struct hold_row row;
	struct id hold, carl;
	int64_t bent;
	struct err err;

	world_put(&p->world, KIND_CALL, "2025-05-02T10:00:00Z", "{\"a\":4}", "+4520000003", NULL);
	link_persons(p, ANNA, BENT);
	request.person = person_of(p, ANNA);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	back_up(p);
	remove_one(&p->world, KIND_CALL, p->call);
	remove_one(&p->world, KIND_CALL, p->other);
	remove_one(&p->world, KIND_MESSAGE, p->old);
	bent = identity_of(&p->world, BENT);
	destroy_identity(&p->world, BENT);
	assert_ok(vault_write(p->world.vault, forget_op, &bent, &err), &err);
	link_persons(p, "+4520000003", ANNA);
	carl = person_of(p, "+4520000003");
	assert_int_equal(restore(p).carried.holds, 1);
	assert_ok(hold_find(p->world.vault->read.data, 1, hold, &p->world.pool, &row, &err), &err);
	assert_int_equal(id_compare(row.person, carl), 0);
	assert_int_equal(id_compare(person_of(p, ANNA), carl), 0);
}

/* Bent was erased and called again: a hold covers who he is now, and whoever he is now can be found and erased. */
static void who_was_erased_and_is_known_again_is_who_they_are_now(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.has_person = true, .reason = "a court order"};
	int64_t bent = identity_of(&p->world, BENT);
	struct restore_result out;
	struct id hold, now;
	struct err err;

	back_up(p);
	remove_one(&p->world, KIND_CALL, p->call);
	remove_one(&p->world, KIND_CALL, p->other);
	remove_one(&p->world, KIND_MESSAGE, p->old);
	destroy_identity(&p->world, BENT);
	assert_ok(vault_write(p->world.vault, forget_op, &bent, &err), &err);
	world_put(&p->world, KIND_CALL, "2025-05-20T10:00:00Z", "{\"a\":6}", BENT, NULL);
	now = request.person = person_of(p, BENT);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	out = restore(p);
	assert_int_equal(out.dropped.identities, 1);
	assert_int_equal(out.carried.identities, 1);
	assert_int_not_equal(identity_of(&p->world, BENT), bent);
	assert_int_equal(id_compare(person_of(p, BENT), now), 0);
}

static enum result erased_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *k = arg;

	return held_set_erased(session->data, 1, 1, k->kind, k->id, k->p->world.now, err);
}

static enum result expired_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *k = arg;
	const struct held_row held = {1, 1, k->kind, k->id, HELD_EXPIRED, {0}};
	enum result r = keep_op(session, arg, err);

	if (r == OK)
		r = held_delete(session->data, 1, 1, k->kind, k->id, err);
	return r == OK ? held_insert(session->data, &held, err) : r;
}

/* Else a restriction could keep it, as what has only expired. */
static void what_was_erased_since_is_listed_so_though_the_backup_has_it_as_expired(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.reason = "a court order"};
	struct keeping call = {p, KIND_CALL, p->call};
	struct held_row held;
	struct id hold;
	struct err err;

	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	assert_ok(vault_write(p->world.vault, expired_op, &call, &err), &err);
	back_up(p);
	assert_ok(vault_write(p->world.vault, erased_op, &call, &err), &err);
	restore(p);
	assert_ok(held_get(p->world.vault->read.data, 1, 1, KIND_CALL, p->call, &held, &err), &err);
	assert_int_equal(held.cause, HELD_ERASED);
	assert_int_equal(held.due.ms, p->world.now.ms);
}

struct kept_identity { struct id person; int64_t identity; };

static enum result erase_identity_op(struct session *session, void *arg, struct err *err)
{
	const struct kept_identity *k = arg;
	enum result r = hold_keep_identity(session->data, 1, k->person, k->identity, err);

	return r == OK ? identity_delete(session->data, 1, k->identity, err) : r;
}

static size_t erased_under(struct place *p, int64_t hold, int64_t *identity)
{
	size_t count;
	struct err err;

	assert_ok(hold_identity_list(p->world.vault->read.data, 1, hold, 0, identity, 1, &count, &err), &err);
	return count;
}

/* Bent is erased under a hold; what another keeps of his must still be found by it. */
static void whom_an_erasure_took_under_a_hold_stays_with_it(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.has_person = true, .person = person_of(p, BENT), .reason = "a court order"};
	struct kept_identity bent = {request.person, identity_of(&p->world, BENT)};
	int64_t listed = 0;
	struct id hold;
	struct err err;

	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	back_up(p);
	destroy_identity(&p->world, BENT);
	assert_ok(vault_write(p->world.vault, erase_identity_op, &bent, &err), &err);
	restore(p);
	assert_int_equal(erased_under(p, 1, &listed), 1);
	assert_int_equal(listed, bent.identity);
	sound(p);
}

/* The same when nothing of the vault is left but its keys: the backup's own row of him goes, and is kept for the hold. */
static void whom_a_backup_still_has_and_whose_key_is_gone_stays_with_the_hold_on_them(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.has_person = true, .person = person_of(p, BENT), .reason = "a court order"};
	int64_t bent = identity_of(&p->world, BENT), listed = 0;
	struct id hold;
	struct err err;

	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	back_up(p);
	destroy_identity(&p->world, BENT);
	restore(p);
	assert_int_equal(erased_under(p, 1, &listed), 1);
	assert_int_equal(listed, bent);
}

/* ---- deleted contacts ---- */

static void delete_contact(struct place *p, struct id id)
{
	struct contact_row row;
	struct err err;

	assert_ok(contacts_delete(p->world.vault, &p->world.account, id, p->world.now, &p->world.pool, &row, &err), &err);
}

static void undelete_contact(struct place *p, struct id id)
{
	struct contact_row row;
	struct err err;

	assert_ok(contacts_undelete(p->world.vault, &p->world.account, id, p->world.now, &p->world.pool, &row, &err), &err);
}

static void sweep_contacts(struct place *p, int64_t expected)
{
	struct sweep_result done;
	struct err err;

	assert_ok(sweep_run(p->world.vault, &p->world.account, p->world.now, NULL, NULL, &p->world.pool, &done, &err), &err);
	assert_int_equal(done.purged, expected);
}

/* NULL: it is not there. */
static const struct contact_row *contact_of(struct place *p, struct id id)
{
	static struct contact_row row;
	const char *plain;
	size_t len;
	struct err err;

	if (contact_get(p->world.vault->read.data, p->world.account.number, id, &p->world.pool, &row, &err) != OK)
		return NULL;
	assert_ok(open_contact(p->world.vault->read.ring, &row, &p->world.pool, &plain, &len, &err), &err);
	return &row;
}

/* P42 */
static void a_contact_whose_grace_is_over_stays_gone_whatever_the_backup_says_of_it(void **state)
{
	struct place *p = *state;
	struct id before = world_put_contacts(&p->world, ANNA, 1), meanwhile = world_put_contacts(&p->world, ANNA, 1),
		  there = world_put_contacts(&p->world, ANNA, 1);
	struct restore_result out;

	delete_contact(p, meanwhile);
	back_up(p);
	delete_contact(p, before);
	p->world.now = world_time("2025-07-01T00:00:00Z");
	sweep_contacts(p, 2);
	out = restore(p);
	assert_int_equal(out.dropped.purged, 2);
	assert_null(contact_of(p, before));
	assert_null(contact_of(p, meanwhile));
	assert_non_null(contact_of(p, there));
	sound(p);
}

static void whether_a_contact_is_deleted_is_as_it_is_now(void **state)
{
	struct place *p = *state;
	struct id since = world_put_contacts(&p->world, ANNA, 1), back = world_put_contacts(&p->world, ANNA, 1),
		  again = world_put_contacts(&p->world, ANNA, 1), later;
	struct restore_result out;

	delete_contact(p, back);
	delete_contact(p, again);
	back_up(p);
	later = world_put_contacts(&p->world, ANNA, 1);
	p->world.now = world_time("2025-06-10T00:00:00Z");
	delete_contact(p, since);
	delete_contact(p, later);
	undelete_contact(p, back);
	undelete_contact(p, again);
	delete_contact(p, again);
	out = restore(p);
	assert_int_equal(out.carried.contacts, 3);
	assert_int_equal(out.dropped.purged, 0);
	assert_true(contact_is_deleted(contact_of(p, since)));
	assert_int_equal(contact_of(p, since)->gone_on.days, instant_date(world_time("2025-07-10T00:00:00Z")).days);
	assert_false(contact_is_deleted(contact_of(p, back)));
	assert_int_equal(contact_of(p, again)->gone_on.days, contact_of(p, since)->gone_on.days);
	assert_null(contact_of(p, later)); /* made since */
	undelete_contact(p, since);
	sound(p);
}

static void a_contact_that_a_hold_keeps_past_its_grace_survives_a_backup_from_before(void **state)
{
	struct place *p = *state;
	struct id id = world_put_contacts(&p->world, ANNA, 1), hold;
	struct hold_request request = {.has_person = true, .reason = "a court order"};
	struct identity_row identity;
	struct err err;

	back_up(p);
	delete_contact(p, id);
	assert_ok(identity_get(p->world.vault->read.data, p->world.account.number, contact_of(p, id)->parties[0].identity,
			       &p->world.pool, &identity, &err), &err);
	request.person = identity.person;
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	p->world.now = world_time("2025-07-01T00:00:00Z");
	sweep_contacts(p, 0);
	assert_int_not_equal(contact_of(p, id)->hold, 0);
	restore(p);
	assert_int_not_equal(contact_of(p, id)->hold, 0);
	assert_true(contact_is_deleted(contact_of(p, id)));
	sound(p);
}

static void blobs_come_back_and_those_of_later_records_go(void **state)
{
	struct place *p = *state;
	struct recording lost = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 300000), later;
	struct restore_result out;
	char path[PATH_MAX];

	back_up(p);
	assert_int_equal(unlink(recording_path(&lost, path)), 0);
	later = recording_put(&p->world, "2025-05-04T10:00:00Z", ANNA, 1000);
	out = restore(p);
	assert_int_equal(out.blobs_copied, 1);
	assert_int_equal(out.blobs_trashed, 1);
	assert_int_equal(out.blobs_missing, 0);
	assert_true(file_exists(recording_path(&lost, path)));
	assert_false(file_exists(recording_path(&later, path)));
	world_reopen(&p->world);
	sound(p);
}

static void a_public_key_that_was_damaged_is_written_anew(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];

	back_up(p);
	snprintf(path, sizeof path, "%s/regions/default/lethe.pub", p->world.data);
	assert_int_equal(truncate(path, 20), 0);
	restore(p);
	assert_int_equal(unlink(path), 0);
	restore(p);
}

static void erased_blobs_do_not_come_back(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 1000);
	struct restore_result out;
	char path[PATH_MAX];

	back_up(p);
	destroy_identity(&p->world, ANNA);
	assert_int_equal(unlink(recording_path(&rec, path)), 0);
	out = restore(p);
	assert_int_equal(out.blobs_copied, 0);
	assert_int_equal(out.dropped.erased.media, 1);
	assert_false(file_exists(recording_path(&rec, path)));
}

static void blobs_that_neither_has_are_counted(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 1000);
	struct restore_result out;
	char path[PATH_MAX];
	struct err err;

	assert_int_equal(unlink(recording_path(&rec, path)), 0);
	back_up(p);
	assert_ok(try_restore(p, &out, &err), &err);
	assert_int_equal(out.blobs_missing, 1);
}

static void a_newer_backup_can_still_be_restored_after_an_older_one(void **state)
{
	struct place *p = *state;
	char older[400];

	back_up(p);
	snprintf(older, sizeof older, "%s", p->dir);
	world_put(&p->world, KIND_CALL, "2025-05-02T10:00:00Z", "{\"a\":4}", "+4520000009", NULL);
	snprintf(p->dir, sizeof p->dir, "%s/newer", p->world.base);
	back_up(p);
	snprintf(p->dir, sizeof p->dir, "%s", older);
	assert_int_equal(restore(p).records, 3);
	snprintf(p->dir, sizeof p->dir, "%s/newer", p->world.base);
	assert_int_equal(restore(p).records, 4);
}

/* ---- when the live data are gone ---- */

static void lose(struct place *p, const char *how)
{
	struct vault_options options = {.data_dir = p->world.data, .command = "restore", .write = true};
	struct id id = p->world.vault->id;
	char path[PATH_MAX];
	struct vault *vault;
	struct err err;

	vault_close(p->world.vault);
	p->world.vault = NULL;
	snprintf(path, sizeof path, "%s/regions/default/vault.db", p->world.data);
	if (strcmp(how, "lost") == 0)
		assert_int_equal(unlink(path), 0);
	else
		assert_int_equal(truncate(path, 5000), 0);
	assert_int_not_equal(vault_open(&options, p->world.now, &vault, &err), OK);
	assert_ok(vault_open_without_data(&options, id, &p->world.vault, &err), &err);
}

static void a_lost_vault_goes_back_to_the_backup_and_says_so(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct leaf leaf;
	struct err err;
	uint64_t size = log_size(p);

	back_up(p);
	destroy_identity(&p->world, ANNA);
	lose(p, "lost");
	out = restore(p);
	assert_true(out.live_lost);
	assert_int_equal(out.records, 2);
	assert_int_equal(all(&out.dropped.erased), 1);
	assert_int_equal(log_size(p), size + 1);
	assert_ok(leaf_get(p->world.vault->read.data, size, &p->world.pool, &leaf, &err), &err);
	assert_non_null(strstr(leaf.body, "\"live_lost\":1"));
	world_reopen(&p->world);
	sound(p);
}

/* P42: the key store alone says so. */
static void a_contact_whose_grace_is_over_stays_gone_though_the_live_data_are_lost(void **state)
{
	struct place *p = *state;
	struct id gone = world_put_contacts(&p->world, ANNA, 1), deleted = world_put_contacts(&p->world, ANNA, 1);
	struct restore_result out;

	back_up(p);
	delete_contact(p, gone);
	p->world.now = world_time("2025-07-01T00:00:00Z");
	sweep_contacts(p, 1);
	delete_contact(p, deleted);
	lose(p, "lost");
	out = restore(p);
	assert_true(out.live_lost);
	assert_int_equal(out.dropped.purged, 1);
	assert_null(contact_of(p, gone));
	assert_false(contact_is_deleted(contact_of(p, deleted))); /* what was said of it is lost too */
	sound(p);
}

static void a_damaged_vault_is_kept_aside(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];

	back_up(p);
	lose(p, "cut");
	assert_true(restore(p).live_lost);
	snprintf(path, sizeof path, "%s/regions/default/vault.db.damaged", p->world.data);
	assert_true(file_exists(path));
}

static void after_a_loss_a_newer_backup_is_of_another_history(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	char older[400];
	struct err err;

	back_up(p);
	snprintf(older, sizeof older, "%s", p->dir);
	snprintf(p->dir, sizeof p->dir, "%s/newer", p->world.base);
	back_up(p);
	lose(p, "lost");
	snprintf(p->dir, sizeof p->dir, "%s", older);
	restore(p);
	snprintf(p->dir, sizeof p->dir, "%s/newer", p->world.base);
	assert_int_equal(try_restore(p, &out, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "is not the beginning of the vault's own"));
	sound(p);
}

/* ---- refusals leave everything as it was ---- */

static void a_damaged_backup_changes_nothing(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	uint64_t before;
	char path[PATH_MAX];
	struct err err;

	back_up(p);
	before = log_size(p);
	snprintf(path, sizeof path, "%s/vault.db", p->dir);
	flip(path, 9000);
	assert_int_equal(try_restore(p, &out, &err), ERR_CORRUPT);
	assert_int_equal(log_size(p), before);
	snprintf(path, sizeof path, "%s/regions/default/vault.db.restore", p->world.data);
	assert_false(file_exists(path));
	sound(p);
}

static bool change_when_verified(void *arg, enum restore_step step, uint64_t done, uint64_t total)
{
	const struct place *p = arg;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/vault.db", p->dir);
	if (step == RESTORE_VERIFY && done == total)
		flip(path, -1);
	return false;
}

static void a_backup_that_changes_after_it_was_verified_changes_nothing(void **state)
{
	struct place *p = *state;
	struct restore_options options = {
	    .dir = p->dir, .now = p->world.now, .progress = change_when_verified, .progress_arg = p};
	struct restore_result out;
	uint64_t before;
	struct err err;

	back_up(p);
	before = log_size(p);
	assert_int_equal(restore_run(p->world.vault, &options, &out, &err), ERR_CORRUPT);
	assert_string_equal(err.what, "the backup's vault.db changed while it was read");
	assert_int_equal(log_size(p), before);
	sound(p);
}

static void a_backup_of_another_vault_or_region_is_refused(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct world other;
	struct err err;

	world_begin(&other, "2025-06-01T00:00:00Z");
	{
		struct backup_options options = {.dir = p->dir, .now = other.now};
		struct manifest manifest;

		assert_ok(backup_create(other.vault, &options, &manifest, &err), &err);
	}
	assert_int_equal(try_restore(p, &out, &err), ERR_DENIED);
	assert_string_equal(err.what, "this is a backup of another vault");
	world_end(&other);
	snprintf(p->dir, sizeof p->dir, "%s/mine", p->world.base);
	back_up(p);
	snprintf(p->world.vault->region, sizeof p->world.vault->region, "elsewhere");
	assert_int_equal(try_restore(p, &out, &err), ERR_DENIED);
	assert_string_equal(err.what, "this is a backup of region default, and data do not cross regions");
}

static void an_unfinished_job_is_to_be_finished_first(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct err err;

	back_up(p);
	tamper(&p->world, "vault.db", "INSERT INTO job VALUES(1, x'00000000000000000000000000000001', 2, 1, 0, NULL, '{}', '{}')");
	assert_int_equal(try_restore(p, &out, &err), ERR_BUSY);
	assert_non_null(strstr(err.what, "unfinished"));
}

static void another_process_that_reads_is_noticed(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];
	struct restore_result out;
	struct leaf leaf;
	uint64_t before;
	sqlite3 *db;
	struct err err;

	back_up(p);
	before = log_size(p);
	snprintf(path, sizeof path, "%s/regions/default/vault.db", p->world.data);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM record", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(try_restore(p, &out, &err), ERR_BUSY);
	assert_string_equal(err.what, "another process is reading the vault");
	sqlite3_close(db);
	assert_int_equal(log_size(p), before); /* open again, as it was */
	assert_ok(leaf_get(p->world.vault->read.data, 0, &p->world.pool, &leaf, &err), &err);
	restore(p);
}

static void a_lethe_that_reads_keeps_the_data_in_place(void **state)
{
	struct place *p = *state;
	struct vault_options options = {.data_dir = p->world.data, .command = "reader"};
	struct restore_result out;
	struct vault *reader;
	char path[PATH_MAX];
	uint64_t before;
	struct err err;
	int fd;

	back_up(p);
	before = log_size(p);
	assert_ok(vault_open(&options, p->world.now, &reader, &err), &err);
	assert_int_equal(try_restore(p, &out, &err), ERR_BUSY);
	assert_string_equal(err.what, "another process is reading the vault");
	vault_close(reader);
	/* Also one that has opened no database yet, so that there is no log that shows it. */
	snprintf(path, sizeof path, "%s/regions/default/readers", p->world.data);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	assert_int_equal(try_restore(p, &out, &err), ERR_BUSY);
	assert_string_equal(err.what, "another process is reading the vault");
	assert_int_equal(log_size(p), before);
	close(fd);
	restore(p);
	assert_ok(vault_open(&options, p->world.now, &reader, &err), &err); /* and lets readers in again */
	vault_close(reader);
}

static bool stop_at(void *arg, enum restore_step step, uint64_t done, uint64_t total)
{
	(void)done, (void)total;
	return (int)step == *(int *)arg;
}

static void stopping_at_any_step_changes_nothing(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 1000);
	char path[PATH_MAX];
	struct err err;

	recording_put(&p->world, "2025-05-04T10:00:00Z", ANNA, 1000);
	back_up(p);
	assert_int_equal(unlink(recording_path(&rec, path)), 0);
	for (int step = RESTORE_VERIFY; step <= RESTORE_BLOBS; step++) {
		struct restore_options options = {
		    .dir = p->dir, .now = p->world.now, .progress = stop_at, .progress_arg = &step};
		struct restore_result out;
		uint64_t before = log_size(p);

		assert_int_equal(restore_run(p->world.vault, &options, &out, &err), ERR_INTERRUPTED);
		assert_int_equal(log_size(p), before);
		assert_false(file_exists(path)); /* a blob that was copied back is taken out again */
	}
	restore(p);
	assert_true(file_exists(path));
}

static void what_a_restore_that_died_left_is_cleared_away(void **state)
{
	struct place *p = *state;
	static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
	char path[PATH_MAX];
	struct err err;

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(path, sizeof path, "%s/regions/default/vault.db.restore%s", p->world.data, endings[i]);
		assert_ok(file_write_atomic(path, "x", 1, 0600, &err), &err);
		assert_ok(restore_resume(p->world.vault, p->world.now, &err), &err);
		assert_false(file_exists(path));
	}
	assert_ok(restore_resume(p->world.vault, p->world.now, &err), &err);
}

static void a_restored_vault_takes_new_records_and_finds_old_identities(void **state)
{
	struct place *p = *state;
	int64_t anna = identity_of(&p->world, ANNA);
	struct id id;

	back_up(p);
	restore(p);
	id = world_put(&p->world, KIND_CALL, "2025-05-20T10:00:00Z", "{\"a\":5}", ANNA, "+4520000010", NULL);
	assert_true(opens(p, KIND_CALL, id));
	assert_int_equal(identity_of(&p->world, ANNA), anna);
	sound(p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_that_were_lost_come_back_and_later_ones_go),
		TEST(what_was_erased_since_stays_erased),
		TEST(what_has_expired_since_stays_gone),
		TEST(a_day_that_has_expired_stays_gone_though_it_has_a_new_key),
		TEST(a_damaged_record_does_not_take_its_day_along),
		TEST(some_of_a_day_that_expired_stays_gone_and_the_rest_of_it_stays),
		TEST(the_log_never_goes_back),
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
		TEST(what_only_a_hold_keeps_survives_a_backup_from_before_it),
		TEST(what_a_released_hold_had_kept_and_is_gone_stays_gone_while_its_key_keeps_others),
		TEST(what_another_hold_took_over_from_a_released_one_is_kept),
		TEST(a_hold_is_of_whom_it_is_in_the_live_data),
		TEST(who_was_erased_and_is_known_again_is_who_they_are_now),
		TEST(what_was_erased_since_is_listed_so_though_the_backup_has_it_as_expired),
		TEST(whom_an_erasure_took_under_a_hold_stays_with_it),
		TEST(whom_a_backup_still_has_and_whose_key_is_gone_stays_with_the_hold_on_them),
		TEST(a_contact_whose_grace_is_over_stays_gone_whatever_the_backup_says_of_it),
		TEST(whether_a_contact_is_deleted_is_as_it_is_now),
		TEST(a_contact_that_a_hold_keeps_past_its_grace_survives_a_backup_from_before),
		TEST(blobs_come_back_and_those_of_later_records_go),
		TEST(a_public_key_that_was_damaged_is_written_anew),
		TEST(erased_blobs_do_not_come_back),
		TEST(blobs_that_neither_has_are_counted),
		TEST(a_newer_backup_can_still_be_restored_after_an_older_one),
		TEST(a_lost_vault_goes_back_to_the_backup_and_says_so),
		TEST(a_contact_whose_grace_is_over_stays_gone_though_the_live_data_are_lost),
		TEST(a_damaged_vault_is_kept_aside),
		TEST(after_a_loss_a_newer_backup_is_of_another_history),
		TEST(a_damaged_backup_changes_nothing),
		TEST(a_backup_that_changes_after_it_was_verified_changes_nothing),
		TEST(a_backup_of_another_vault_or_region_is_refused),
		TEST(an_unfinished_job_is_to_be_finished_first),
		TEST(another_process_that_reads_is_noticed),
		TEST(a_lethe_that_reads_keeps_the_data_in_place),
		TEST(stopping_at_any_step_changes_nothing),
		TEST(what_a_restore_that_died_left_is_cleared_away),
		TEST(a_restored_vault_takes_new_records_and_finds_old_identities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
