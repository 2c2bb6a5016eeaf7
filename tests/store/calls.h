/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tables with one of everything in them, and every function of the store as a call on them.
 */
#ifndef LETHE_TESTS_STORE_CALLS_H
#define LETHE_TESTS_STORE_CALLS_H

#include "store/tables.h"

#include "store/account.h"
#include "store/contact.h"
#include "store/hold.h"
#include "store/identity.h"
#include "store/job.h"
#include "store/leaf.h"
#include "store/media.h"
#include "store/party.h"
#include "store/period.h"
#include "store/policy.h"

/* ---- one of everything, of account 1 ---- */

#define NOON INT64_C(1709208000000) /* 2024-02-29T12:00:00Z */

static const struct date day = {19782};
static const struct id person = {{1}}, con = {{2}}, hold_id = {{3}}, job_id = {{4}};
static struct id record_id, lost_id, new_id; /* lost: media without a record */

static struct identity_row identity_of(uint32_t account, int64_t identity)
{
	return (struct identity_row){.account = account, .identity = identity, .kind = IDENTITY_PHONE, .person = person,
				     .blind = blind_of((unsigned char)identity), .value = (const unsigned char *)"v",
				     .value_len = 1};
}

static struct contact_row contact_of(uint32_t account, const char *payload)
{
	return (struct contact_row){.account = account, .id = con, .parties = {{7, 0}}, .party_count = 1,
				    .names = {blind_of(1), blind_of(2)}, .name_count = 2,
				    .payload = (const unsigned char *)payload, .payload_len = strlen(payload)};
}

static struct media_row media_of(uint32_t account, struct id id, int n)
{
	return (struct media_row){.account = account, .kind = KIND_CALL, .id = id, .n = n,
				  .blob = {{(unsigned char)n, id.bytes[7]}}};
}

static struct hold_row hold_of(uint32_t account, int64_t hold)
{
	return (struct hold_row){.account = account, .hold = hold, .id = hold_id, .has_person = true,
				 .person = {{9}}, .reason = (const unsigned char *)"r", .reason_len = 1};
}

static struct job job_of(uint32_t account, struct id id)
{
	return (struct job){.account = account, .id = id, .type = JOB_ERASE, .state = JOB_RUNNING, .args = "", .result = ""};
}

static struct wrapped_key key_of(uint32_t account, int64_t number)
{
	struct wrapped_key key = {.account = account, .class = KEY_IDENTITY, .number = number, .epoch = 1};

	memset(key.wrapped, 0x11, sizeof key.wrapped);
	return key;
}

static struct party_key party_of(struct id id)
{
	return (struct party_key){.month = date_month_index(day), .identity = 7, .kind = KIND_CALL, .id = id};
}

static struct trash_row trash_of(uint32_t account, unsigned char blob)
{
	return (struct trash_row){account, KIND_CALL, day, {{blob}}};
}

static void fill_contacts(void)
{
	struct account_row account = {.account = 1, .id = {{1}}, .name_blind = blind_of(1), .name = (const unsigned char *)"n",
				      .name_len = 1, .country = "DK"};
	struct identity_row identity = identity_of(1, 7);
	struct contact_row contact = contact_of(1, "p");

	assert_ok(account_insert(vault, &account, &err));
	assert_ok(meta_set(vault, "vault", "x", &err));
	assert_ok(identity_insert(vault, &identity, &err));
	assert_ok(contact_put(vault, &contact, &err));
}

static void fill_records(void)
{
	struct record_row record = record_of(1, KIND_CALL, record_id);
	struct party_key party = party_of(record_id);
	struct media_row media = media_of(1, record_id, 0), lost = media_of(1, lost_id, 1);
	struct trash_row trash = trash_of(1, 99);

	put_record(&record);
	assert_ok(party_insert(vault, 1, &party, 1, &err));
	assert_ok(media_insert(vault, &media, &err));
	assert_ok(media_insert(vault, &lost, &err));
	assert_ok(trash_add(vault, &trash, &err));
	assert_ok(period_add(vault, 1, &(struct period){KIND_CALL, day, 1, 6, 1, 1}, &err));
}

static void fill_acts(void)
{
	struct hold_row hold = hold_of(1, 5);
	struct held_row held = {1, 5, KIND_CALL, record_id, HELD_EXPIRED, {0}};
	struct job job = job_of(1, job_id);
	uint64_t seq;
	int version;

	assert_ok(hold_insert(vault, &hold, &err));
	assert_ok(held_insert(vault, &held, &err));
	assert_ok(job_insert(vault, &job, &err));
	assert_ok(policy_put(vault, 1, KIND_CALL, (struct span){.days = 9}, (struct instant){0}, &version, &err));
	assert_ok(leaf_append(vault, 1, (struct instant){0}, "{}", 2, &seq, &err));
}

static void fill_keys(void)
{
	struct wrapped_key key = key_of(1, 7);
	struct blind blind = blind_of(7);
	int64_t number;

	assert_ok(epoch_insert(keys, 1, EPOCH_CURRENT, (struct instant){0}, &err));
	assert_ok(account_key_insert(keys, 1, 1, "wrapped", 7, &err));
	assert_ok(key_insert(keys, &key, &err));
	assert_ok(counter_next(keys, 1, "number", &number, &err));
	assert_ok(tombstone_put(keys, 1, &blind, (struct instant){1000}, &err));
}

static int open_filled(void **state)
{
	int r = open_tables(state);

	record_id = id_at((struct instant){NOON}, UINT64_C(0x1111111111111111));
	lost_id = id_at((struct instant){NOON}, UINT64_C(0x2222222222222222));
	new_id = id_at((struct instant){NOON}, UINT64_C(0x3333333333333333));
	fill_contacts();
	fill_records();
	fill_acts();
	fill_keys();
	return r;
}

/* ---- every function, called for an account; `seen` is how much of it was there ---- */

#define CALL(name) static enum result call_##name(uint32_t account, int64_t *seen)
#define SYSTEM_CALL(name) \
	static enum result call_##name(MAYBE_UNUSED uint32_t account, MAYBE_UNUSED int64_t *seen)

static enum result one(enum result r, int64_t *seen)
{
	*seen = r == OK;
	return r;
}

static enum result several(enum result r, size_t count, int64_t *seen)
{
	*seen = r == OK ? (int64_t)count : 0;
	return r;
}

CALL(account_get)
{
	struct account_row row;

	return one(account_get(vault, account, &pool, &row, &err), seen);
}

CALL(contact_get)
{
	struct contact_row row;

	return one(contact_get(vault, account, con, &pool, &row, &err), seen);
}

CALL(contact_of_identity)
{
	struct id out[4];
	size_t count = 0;
	enum result r = contact_of_identity(vault, account, 7, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_find_name)
{
	struct blind words[] = {blind_of(1), blind_of(2)};
	struct id out[4];
	size_t count = 0;
	enum result r = contact_find_name(vault, account, words, 2, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_list_identity)
{
	struct id out[4];
	size_t count = 0;
	enum result r = contact_list_identity(vault, account, 7, (struct id){{0}}, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_has_identity)
{
	bool has = false;
	enum result r = contact_has_identity(vault, account, 7, con, &has, &err);

	return several(r, has, seen);
}

CALL(contact_list)
{
	struct id out[4];
	size_t count = 0;
	enum result r = contact_list(vault, account, (struct id){{0}}, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_count)
{
	return contact_count(vault, account, seen, &err);
}

CALL(contact_put)
{
	struct contact_row row = contact_of(account, "other");

	return one(contact_put(vault, &row, &err), seen);
}

CALL(contact_delete)
{
	struct contact_row row = contact_of(account, "p");

	return one(contact_delete(vault, &row, &err), seen);
}

CALL(hold_find)
{
	struct hold_row row;

	return one(hold_find(vault, account, hold_id, &pool, &row, &err), seen);
}

CALL(hold_get)
{
	struct hold_row row;

	return one(hold_get(vault, account, 5, &pool, &row, &err), seen);
}

CALL(hold_list)
{
	struct hold_row rows[4];
	size_t count = 0;
	enum result r = hold_list(vault, account, false, 0, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(hold_insert)
{
	struct hold_row row = hold_of(account, 6);

	return one(hold_insert(vault, &row, &err), seen);
}

CALL(hold_names_person)
{
	bool names = false;
	enum result r = hold_names_person(vault, account, (struct id){{9}}, &names, &err);

	return several(r, names, seen);
}

CALL(hold_follow)
{
	return one(hold_follow(vault, account, (struct id){{9}}, person, &err), seen);
}

CALL(hold_set_person)
{
	return one(hold_set_person(vault, account, 5, person, &err), seen);
}

CALL(hold_set_released)
{
	return one(hold_set_released(vault, account, 5, (struct instant){1}, &err), seen);
}

CALL(held_insert)
{
	struct held_row row = {account, 5, KIND_CALL, new_id, HELD_EXPIRED, {0}};

	return one(held_insert(vault, &row, &err), seen);
}

CALL(held_get)
{
	struct held_row row;

	return one(held_get(vault, account, 5, KIND_CALL, record_id, &row, &err), seen);
}

CALL(held_list)
{
	struct held_row rows[4];
	size_t count = 0;
	enum result r = held_list(vault, account, 5, 0, (struct id){{0}}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(held_delete)
{
	return one(held_delete(vault, account, 5, KIND_CALL, record_id, &err), seen);
}

CALL(held_count)
{
	return held_count(vault, account, 5, seen, &err);
}

CALL(identity_insert)
{
	struct identity_row row = identity_of(account, 8);

	return one(identity_insert(vault, &row, &err), seen);
}

CALL(identity_get)
{
	struct identity_row row;

	return one(identity_get(vault, account, 7, &pool, &row, &err), seen);
}

CALL(identity_find)
{
	struct blind blind = blind_of(7);
	struct identity_row row;
	bool found = false;
	enum result r = identity_find(vault, account, &blind, &found, &row, &err);

	return several(r, found, seen);
}

CALL(identity_of_person)
{
	struct identity_row rows[4];
	size_t count = 0;
	enum result r = identity_of_person(vault, account, person, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(identity_move)
{
	return one(identity_move(vault, account, 7, con, &err), seen);
}

CALL(identity_delete)
{
	return one(identity_delete(vault, account, 7, &err), seen);
}

CALL(identity_count)
{
	return identity_count(vault, account, seen, &err);
}

static enum result count_identity(void *arg, const struct identity_row *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(int64_t *)arg;
	return OK;
}

CALL(identity_walk)
{
	return identity_walk(vault, account, count_identity, seen, &err);
}

CALL(job_insert)
{
	struct job job = job_of(account, new_id);

	return one(job_insert(vault, &job, &err), seen);
}

CALL(job_get)
{
	struct job job;

	return one(job_get(vault, account, job_id, &pool, &job, &err), seen);
}

CALL(job_update)
{
	struct job job = job_of(account, job_id);

	job.state = JOB_DONE;
	return one(job_update(vault, &job, &err), seen);
}

CALL(job_list)
{
	struct job jobs[4];
	size_t count = 0;
	enum result r = job_list(vault, account, (struct id){{0}}, &pool, jobs, 4, &count, &err);

	return several(r, count, seen);
}

CALL(job_list_of_type)
{
	struct id ids[4];
	size_t count = 0;
	enum result r = job_list_of_type(vault, account, JOB_ERASE, (struct id){{0}}, ids, 4, &count, &err);

	return several(r, count, seen);
}

CALL(job_count_running_of)
{
	return job_count_running_of(vault, account, seen, &err);
}

CALL(key_get)
{
	struct wrapped_key key;

	return one(key_get(keys, account, KEY_IDENTITY, 7, &key, &err), seen);
}

CALL(key_insert)
{
	struct wrapped_key key = key_of(account, 8);

	return one(key_insert(keys, &key, &err), seen);
}

CALL(key_delete)
{
	bool existed = false;
	enum result r = key_delete(keys, account, KEY_IDENTITY, 7, &existed, &err);

	return several(r, existed, seen);
}

CALL(key_delete_account)
{
	return key_delete_account(keys, account, seen, &err);
}

CALL(key_rewrap)
{
	struct wrapped_key key = key_of(account, 7);

	key.epoch = 2;
	return one(key_rewrap(keys, &key, &err), seen);
}

CALL(key_list_numbers)
{
	int64_t numbers[4];
	size_t count = 0;
	enum result r = key_list_numbers(keys, account, KEY_IDENTITY, 0, 4, numbers, &count, &err);

	return several(r, count, seen);
}

CALL(account_key_get)
{
	const unsigned char *wrapped;
	size_t len;

	return one(account_key_get(keys, account, 1, &pool, &wrapped, &len, &err), seen);
}

CALL(account_key_insert)
{
	return one(account_key_insert(keys, account, 2, "w", 1, &err), seen);
}

CALL(counter_next)
{
	return one(counter_next(keys, account, "number", seen, &err), seen);
}

CALL(counter_take)
{
	return one(counter_take(keys, account, "number", 3, seen, &err), seen);
}

CALL(tombstone_put)
{
	struct blind blind = blind_of(7);

	return one(tombstone_put(keys, account, &blind, (struct instant){2000}, &err), seen);
}

CALL(tombstone_get)
{
	struct blind blind = blind_of(7);
	struct instant at;
	bool erased = false;
	enum result r = tombstone_get(keys, account, &blind, &erased, &at, &err);

	return several(r, erased, seen);
}

CALL(tombstone_delete_account)
{
	return one(tombstone_delete_account(keys, account, &err), seen);
}

CALL(leaf_append)
{
	uint64_t seq;

	return one(leaf_append(vault, account, (struct instant){0}, "x", 1, &seq, &err), seen);
}

CALL(leaf_list)
{
	struct leaf leaves[4];
	size_t count = 0;
	enum result r = leaf_list(vault, account, 0, &pool, leaves, 4, &count, &err);

	return several(r, count, seen);
}

CALL(leaf_back)
{
	uint64_t seq;

	return one(leaf_back(vault, account, 1, 1, &seq, &err), seen);
}

CALL(media_insert)
{
	struct media_row row = media_of(account, record_id, 5);

	return one(media_insert(vault, &row, &err), seen);
}

CALL(media_list)
{
	struct media_row rows[4];
	size_t count = 0;
	enum result r = media_list(vault, account, KIND_CALL, record_id, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(media_reseal)
{
	struct media_row row = media_of(account, record_id, 0);

	memset(row.key, 0x77, sizeof row.key);
	return one(media_reseal(vault, &row, &err), seen);
}

CALL(media_delete)
{
	return one(media_delete(vault, account, KIND_CALL, record_id, &err), seen);
}

CALL(media_list_day)
{
	struct media_row rows[4];
	size_t count = 0;
	enum result r = media_list_day(vault, account, KIND_CALL, day, (struct id){{0}}, 0, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(media_walk)
{
	struct media_row rows[4], after = {.kind = 0};
	size_t count = 0;
	enum result r = media_walk(vault, account, &after, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(media_trash_day)
{
	return media_trash_day(vault, account, KIND_CALL, day, seen, &err);
}

CALL(media_names_blob)
{
	bool named = false;
	enum result r = media_names_blob(vault, account, KIND_CALL, day, media_of(1, record_id, 0).blob, &named, &err);

	return several(r, named, seen);
}

CALL(trash_add)
{
	struct trash_row row = trash_of(account, 98);

	return one(trash_add(vault, &row, &err), seen);
}

CALL(trash_remove)
{
	struct trash_row row = trash_of(account, 99);

	return one(trash_remove(vault, &row, &err), seen);
}

CALL(trash_has)
{
	struct trash_row row = trash_of(account, 99);
	bool has = false;
	enum result r = trash_has(vault, &row, &has, &err);

	return several(r, has, seen);
}

CALL(party_insert)
{
	struct party_key key = party_of(new_id);

	return one(party_insert(vault, account, &key, 1, &err), seen);
}

CALL(party_delete)
{
	struct party_key key = party_of(record_id);

	return party_delete(vault, account, &key, 1, seen, &err);
}

CALL(party_list)
{
	struct party_key rows[4];
	size_t count = 0;
	enum result r = party_list(vault, account, 7, &(struct party_key){0}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(party_newest)
{
	struct instant at = {0};
	enum result r = party_newest(vault, account, 7, &at, &err);

	*seen = r == OK && at.ms != INT64_MIN;
	return r;
}

CALL(party_exists)
{
	struct party_key key = party_of(record_id);
	bool exists = false;
	enum result r = party_exists(vault, account, &key, &exists, &err);

	return several(r, exists, seen);
}

CALL(party_walk)
{
	struct party_key rows[4];
	size_t count = 0;
	enum result r = party_walk(vault, account, &(struct party_key){0}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(party_month_next)
{
	int64_t said;
	int32_t month;

	*seen = 0;
	return party_month_next(vault, account, INT32_MIN, &month, &said, seen, &err);
}

CALL(party_count)
{
	int64_t by_month = 0;
	enum result r = party_count(vault, account, seen, &by_month, &err);

	*seen += by_month;
	return r;
}

CALL(period_add)
{
	return one(period_add(vault, account, &(struct period){KIND_CALL, day, -1, -6, -1, -1}, &err), seen);
}

CALL(period_get)
{
	struct period out = {.records = 0};
	enum result r = period_get(vault, account, KIND_CALL, day, &out, &err);

	return several(r, (size_t)out.records, seen);
}

CALL(period_list)
{
	struct period rows[4];
	size_t count = 0;
	enum result r = period_list(vault, account, KIND_CALL, (struct date){0}, day, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(period_sum)
{
	struct period sum;

	return period_sum(vault, account, KIND_CALL, day, &sum, seen, &err);
}

CALL(policy_get)
{
	struct policy policy = {.version = 0};
	enum result r = policy_get(vault, account, KIND_CALL, &policy, &err);

	return several(r, (size_t)policy.version, seen);
}

CALL(policy_put)
{
	int version;

	return one(policy_put(vault, account, KIND_CALL, (struct span){.days = 1}, (struct instant){0}, &version, &err),
		   seen);
}

CALL(policy_walk)
{
	struct policy rows[4], after = {.version = 0};
	size_t count = 0;
	enum result r = policy_walk(vault, account, &after, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(policy_put_back)
{
	struct policy policy = {.kind = KIND_CALL, .version = 9};

	return one(policy_put_back(vault, account, &policy, &err), seen);
}

CALL(record_insert)
{
	struct record_row row = record_of(account, KIND_CALL, new_id);
	bool inserted = false;
	enum result r = record_insert(vault, &row, &inserted, &err);

	return several(r, inserted, seen);
}

CALL(record_get)
{
	struct record_row row;

	return one(record_get(vault, account, KIND_CALL, record_id, &pool, &row, &err), seen);
}

CALL(record_exists)
{
	bool exists = false;
	enum result r = record_exists(vault, account, KIND_CALL, record_id, &exists, &err);

	return several(r, exists, seen);
}

CALL(record_delete)
{
	bool existed = false;
	enum result r = record_delete(vault, account, KIND_CALL, record_id, &existed, &err);

	return several(r, existed, seen);
}

CALL(record_reseal)
{
	struct record_row row = record_of(account, KIND_CALL, record_id);

	row.hold = 5;
	return one(record_reseal(vault, &row, &err), seen);
}

CALL(record_list_day)
{
	struct record_row rows[4];
	size_t count = 0;
	enum result r = record_list_day(vault, account, KIND_CALL, day, (struct id){{0}}, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(record_delete_day)
{
	return record_delete_day(vault, account, KIND_CALL, day, seen, &err);
}

CALL(record_count_day)
{
	int64_t held;

	return record_count_day(vault, account, KIND_CALL, day, seen, &held, &err);
}

CALL(record_next_day)
{
	struct date next;

	return one(record_next_day(vault, account, KIND_CALL, (struct date){0}, &next, &err), seen);
}

/* ---- those of the whole vault ---- */

SYSTEM_CALL(account_insert)
{
	struct account_row row = {.account = 9, .id = {{9}}, .name_blind = blind_of(9), .country = "DK"};

	return account_insert(vault, &row, &err);
}

SYSTEM_CALL(account_find_by_id)
{
	uint32_t number;

	return account_find_by_id(vault, (struct id){{1}}, &number, &err);
}

SYSTEM_CALL(account_find_by_name)
{
	struct blind blind = blind_of(1);
	uint32_t number;

	return account_find_by_name(vault, &blind, &number, &err);
}

SYSTEM_CALL(account_list)
{
	uint32_t numbers[4];
	size_t count;

	return account_list(vault, 0, numbers, 4, &count, &err);
}

SYSTEM_CALL(meta_get)
{
	const char *value;

	return meta_get(vault, "vault", &pool, &value, &err);
}

SYSTEM_CALL(meta_set)
{
	return meta_set(vault, "vault", "y", &err);
}

SYSTEM_CALL(job_next_running)
{
	struct job job;

	return job_next_running(vault, JOB_ERASE, &pool, &job, &err);
}

SYSTEM_CALL(job_count_running)
{
	return job_count_running(vault, seen, &err);
}

SYSTEM_CALL(key_list_older)
{
	struct wrapped_key rows[4], after = {.account = 0};
	size_t count;

	return key_list_older(keys, 9, &after, 4, rows, &count, &err);
}

SYSTEM_CALL(key_count)
{
	return key_count(keys, KEY_IDENTITY, seen, &err);
}

SYSTEM_CALL(account_key_delete_epoch)
{
	return account_key_delete_epoch(keys, 1, &err);
}

SYSTEM_CALL(account_key_list)
{
	uint32_t numbers[4];
	size_t count;

	return account_key_list(keys, 1, numbers, 4, &count, &err);
}

SYSTEM_CALL(epoch_insert)
{
	return epoch_insert(keys, 2, EPOCH_COMING, (struct instant){0}, &err);
}

SYSTEM_CALL(epoch_set_state)
{
	enum result r = epoch_set_state(keys, 1, EPOCH_LEAVING, (struct instant){0}, &err);

	return r == OK ? epoch_set_state(keys, 1, EPOCH_ENDED, (struct instant){0}, &err) : r;
}

SYSTEM_CALL(epoch_find)
{
	struct epoch epoch;

	return epoch_find(keys, EPOCH_CURRENT, &epoch, &err);
}

SYSTEM_CALL(epoch_list)
{
	struct epoch rows[4];
	size_t count;

	return epoch_list(keys, rows, 4, &count, &err);
}

SYSTEM_CALL(leaf_tree_size)
{
	uint64_t size;

	return leaf_tree_size(vault, &size, &err);
}

SYSTEM_CALL(leaf_newest)
{
	struct instant at = {0};
	enum result r = leaf_newest(vault, &at, &err);

	*seen = r == OK;
	return r;
}

SYSTEM_CALL(leaf_get)
{
	struct leaf leaf;

	return leaf_get(vault, 0, &pool, &leaf, &err);
}

SYSTEM_CALL(leaf_count_hashes)
{
	return leaf_count_hashes(vault, seen, &err);
}

SYSTEM_CALL(trash_list)
{
	struct trash_row rows[4];
	size_t count;

	return trash_list(vault, rows, 4, &count, &err);
}

enum what { READS, WRITES, SYSTEM };

static const struct call {
	const char *name;
	enum result (*run)(uint32_t account, int64_t *seen);
	enum what what;
} calls[] = {
#define READ(name) {#name, call_##name, READS}
#define WRITE(name) {#name, call_##name, WRITES}
#define WHOLE(name) {#name, call_##name, SYSTEM}
    READ(account_get), READ(contact_get), READ(contact_of_identity), READ(contact_list_identity),
    READ(contact_has_identity), READ(contact_find_name), READ(contact_list), READ(contact_count), READ(hold_find),
    READ(hold_get), READ(hold_list), READ(hold_names_person), READ(held_get), READ(held_list),
    READ(held_count), READ(identity_get), READ(identity_find), READ(identity_of_person), READ(identity_count),
    READ(identity_walk), READ(job_get), READ(job_list), READ(job_list_of_type), READ(job_count_running_of), READ(key_get),
    READ(key_list_numbers), READ(account_key_get), READ(tombstone_get), READ(party_newest), READ(leaf_list), READ(leaf_back),
    READ(media_list),
    READ(media_list_day), READ(media_walk), READ(media_names_blob), READ(trash_has), READ(party_list),
    READ(party_exists), READ(party_walk), READ(party_month_next), READ(party_count),
    READ(period_get), READ(period_list), READ(period_sum), READ(policy_get), READ(policy_walk), READ(record_get),
    READ(record_exists), READ(record_list_day), READ(record_count_day), READ(record_next_day),

    WRITE(contact_put), WRITE(contact_delete), WRITE(hold_insert), WRITE(hold_follow),
    WRITE(hold_set_person), WRITE(hold_set_released), WRITE(held_insert),
    WRITE(held_delete), WRITE(identity_insert), WRITE(identity_move), WRITE(identity_delete), WRITE(job_insert),
    WRITE(job_update), WRITE(key_insert), WRITE(key_delete), WRITE(key_delete_account), WRITE(key_rewrap),
    WRITE(account_key_insert), WRITE(counter_next), WRITE(counter_take), WRITE(tombstone_put), WRITE(tombstone_delete_account),
    WRITE(leaf_append), WRITE(media_insert), WRITE(media_reseal), WRITE(media_delete), WRITE(media_trash_day),
    WRITE(trash_add), WRITE(trash_remove), WRITE(party_insert), WRITE(party_delete), WRITE(period_add),
    WRITE(policy_put), WRITE(policy_put_back), WRITE(record_insert), WRITE(record_delete), WRITE(record_reseal),
    WRITE(record_delete_day),

    WHOLE(account_insert), WHOLE(account_find_by_id), WHOLE(account_find_by_name), WHOLE(account_list), WHOLE(meta_get),
    WHOLE(meta_set), WHOLE(job_next_running), WHOLE(job_count_running), WHOLE(key_list_older), WHOLE(key_count),
    WHOLE(account_key_delete_epoch), WHOLE(account_key_list), WHOLE(epoch_insert), WHOLE(epoch_set_state),
    WHOLE(epoch_find), WHOLE(epoch_list), WHOLE(leaf_tree_size), WHOLE(leaf_newest), WHOLE(leaf_get), WHOLE(leaf_count_hashes),
    WHOLE(trash_list),
};
#define CALLS (sizeof calls / sizeof calls[0])

#endif
