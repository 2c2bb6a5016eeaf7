/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function on records and what follows from them, as a call.
 */
#ifndef LETHE_TESTS_STORE_CALLS_RECORDS_H
#define LETHE_TESTS_STORE_CALLS_RECORDS_H

#include "store/call.h"

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

CALL(party_delete_days)
{
	const struct party_days days = {.month = date_month_index(day), .kind = KIND_CALL, .first = day, .last = day};
	struct party_key from = {.identity = 0};
	bool more;

	return party_delete_days(vault, account, &days, 4, &from, seen, &more, &err);
}

CALL(party_month_get)
{
	return party_month_get(vault, account, date_month_index(day), seen, &err);
}

CALL(party_list)
{
	struct party_key rows[4];
	size_t count = 0;
	enum result r = party_list(vault, account, 7, &(struct party_key){0}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(party_list_until)
{
	struct party_key rows[4];
	size_t count = 0;
	enum result r = party_list_until(vault, account, 7, &(struct party_key){0}, date_month_index(day), rows, 4,
					 &count, &err);

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
	struct period delta = {.kind = KIND_CALL, .day = day, .records = -1, .bytes = -6, .media = -1, .media_bytes = -1};

	return one(period_add(vault, account, &delta, &err), seen);
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

static enum result count_period(void *arg, const struct period *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(int64_t *)arg;
	return OK;
}

CALL(period_walk)
{
	return period_walk(vault, account, KIND_CALL, (struct date){0}, day, count_period, seen, &err);
}

CALL(period_sum)
{
	struct period sum;

	return period_sum(vault, account, KIND_CALL, day, &sum, seen, &err);
}

static struct policy policy_of(int version)
{
	return (struct policy){.kind = KIND_CALL, .version = version, .keep = {.days = 1}, .set_by = "os:0"};
}

CALL(policy_put)
{
	struct policy policy = policy_of(0);

	return one(policy_put(vault, account, &policy, &err), seen);
}

CALL(policy_walk)
{
	struct policy rows[4], after = {.version = 0};
	size_t count;
	enum result r = policy_walk(vault, account, &after, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(policy_put_back)
{
	struct policy policy = policy_of(9);

	return one(policy_put_back(vault, account, &policy, &err), seen);
}

CALL(period_set_looked)
{
	struct period period = {.kind = KIND_CALL, .day = day, .part = 1};
	enum result r = period_set_looked(vault, account, &period, &err);

	*seen = db_changes(vault);
	return r;
}

CALL(period_look_again)
{
	enum result r = period_look_again(vault, account, KIND_CALL, day, &err);

	*seen = db_changes(vault);
	return r;
}

CALL(label_insert)
{
	struct label_row row = label_of(account, 8);

	return one(label_insert(vault, &row, &err), seen);
}

CALL(label_find)
{
	struct blind blind = blind_of(7);

	return label_find(vault, account, &blind, seen, &err);
}

CALL(label_list)
{
	struct label_row rows[4];
	size_t count;
	enum result r = label_list(vault, account, 0, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(label_get)
{
	struct label_row row;

	return one(label_get(vault, account, 7, &pool, &row, &err), seen);
}

CALL(label_use)
{
	int64_t labels[] = {7, 7};
	enum result r = label_use(vault, account, labels, 2, 1, &err);

	*seen = db_changes(vault);
	return r;
}

CALL(label_leave_day)
{
	enum result r = label_leave_day(vault, account, KIND_CALL, day, PART_ALL, &err);

	*seen = db_changes(vault);
	return r;
}

CALL(label_tally)
{
	struct label_tally *all;
	size_t count;
	enum result r = label_tally(vault, account, &pool, &all, &count, &err);

	return several(r, count, seen);
}

CALL(label_recount)
{
	enum result r = label_recount(vault, account, &pool, &err);

	*seen = db_changes(vault);
	return r;
}

CALL(label_exchange)
{
	const struct label_change changes[] = {{7, 70}};
	enum result r = label_exchange(vault, account, changes, 1, &err);

	*seen = db_changes(vault);
	return r;
}

CALL(label_list_unused)
{
	int64_t labels[4];
	size_t count;
	enum result r = label_list_unused(vault, account, 0, labels, 4, &count, &err);

	return several(r, count, seen);
}

CALL(label_delete)
{
	return one(label_delete(vault, account, 9, &err), seen);
}

CALL(user_put)
{
	struct user_row row = user_of(account, 8);

	return one(user_put(vault, &row, &err), seen);
}

CALL(user_get)
{
	struct user_row row;

	return one(user_get(vault, account, 7, &pool, &row, &err), seen);
}

CALL(user_find)
{
	struct blind blind = blind_of(7);

	return user_find(vault, account, &blind, seen, &err);
}

CALL(user_find_id)
{
	return user_find_id(vault, account, user_of(account, 7).id, seen, &err);
}

CALL(user_find_agent)
{
	return user_find_agent(vault, account, 7, seen, &err);
}

CALL(user_list)
{
	struct user_row rows[4];
	size_t count;
	enum result r = user_list(vault, account, 0, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

static enum result see_user(void *arg, const struct user_row *row, struct err *unused)
{
	size_t *count = arg;

	(void)row, (void)unused;
	++*count;
	return OK;
}

CALL(user_each)
{
	size_t count = 0;
	enum result r = user_each(vault, account, &pool, see_user, &count, &err);

	return several(r, count, seen);
}

CALL(user_delete)
{
	return one(user_delete(vault, account, 7, &err), seen);
}

/* Of all accounts but this one: that is what it is for. */
CALL(user_elsewhere)
{
	struct blind blind = blind_of(7);
	bool elsewhere = false;
	enum result r = user_elsewhere(vault, account, &blind, &elsewhere, &err);

	*seen = elsewhere;
	return r;
}

CALL(setting_get)
{
	const char *value = NULL;
	enum result r = setting_get(vault, account, "plan", &pool, &value, &err);

	*seen = value != NULL;
	return r;
}

CALL(setting_put)
{
	return one(setting_put(vault, account, "plan", "other", &err), seen);
}

CALL(setting_list)
{
	struct setting rows[4];
	size_t count;
	enum result r = setting_list(vault, account, "", &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(holiday_put)
{
	struct holiday_row row = holiday_of(8);

	return one(holiday_put(vault, account, &row, &err), seen);
}

CALL(holiday_delete)
{
	enum result r = holiday_delete(vault, account, (struct date){7}, &err);

	*seen = r == OK ? db_changes(vault) : 0;
	return r;
}

CALL(holiday_get)
{
	struct holiday_row row;

	return one(holiday_get(vault, account, (struct date){7}, &pool, &row, &err), seen);
}

CALL(holiday_list)
{
	struct holiday_row rows[4];
	size_t count;
	enum result r = holiday_list(vault, account, (struct date){0}, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(holiday_count)
{
	return holiday_count(vault, account, seen, &err);
}

CALL(obligation_put)
{
	struct obligation_row row = {.code = "it-2", .set_by = "os:0"};

	return one(obligation_put(vault, account, &row, &err), seen);
}

CALL(obligation_end_row)
{
	return one(obligation_end_row(vault, account, "it-1", (struct instant){1}, &err), seen);
}

CALL(obligation_list_rows)
{
	struct obligation_row rows[4];
	size_t count;
	enum result r = obligation_list_rows(vault, account, "", &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(duty_insert)
{
	struct duty_row row = duty_of(account, 12, (struct date){day.days + 1});

	return one(duty_insert(vault, &row, &err), seen);
}

CALL(duty_find)
{
	return duty_find(vault, account, day, "it-1", 3, seen, &err);
}

CALL(duty_get)
{
	struct duty_row row;

	return one(duty_get(vault, account, 11, &pool, &row, &err), seen);
}

CALL(duty_list)
{
	struct duty_row rows[4];
	size_t count;
	enum result r = duty_list(vault, account, day, 0, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(duty_delete)
{
	enum result r = duty_delete(vault, account, 11, &err);

	*seen = db_changes(vault);
	return r;
}

CALL(record_insert)
{
	struct record_row row = record_of(account, KIND_CALL, new_id);
	bool inserted = false;
	enum result r = record_insert(vault, &row, &inserted, &err);

	return several(r, inserted, seen);
}

CALL(record_insert_many)
{
	struct record_row rows[RECORD_TOGETHER];
	const struct record_row *pointers[RECORD_TOGETHER];
	bool inserted[RECORD_TOGETHER] = {false};
	enum result r;

	for (size_t i = 0; i < RECORD_TOGETHER; i++) {
		rows[i] = record_of(account, KIND_CALL, new_id);
		rows[i].id.bytes[15] = (unsigned char)i;
		pointers[i] = &rows[i];
	}
	r = record_insert_many(vault, pointers, RECORD_TOGETHER, inserted, &err);
	return several(r, inserted[0], seen);
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

static enum result count_row(void *arg, const struct record_row *row, struct err *failed)
{
	(void)row;
	(void)failed;
	++*(size_t *)arg;
	return OK;
}

CALL(record_look_day)
{
	size_t count = 0;
	enum result r = record_look_day(vault, account, KIND_CALL, day, true, count_row, &count, &err);

	return several(r, count, seen);
}

CALL(record_delete_day)
{
	return record_delete_day(vault, account, KIND_CALL, day, PART_ALL, seen, &err);
}

CALL(record_count_day)
{
	int64_t spared;

	return record_count_day(vault, account, KIND_CALL, day, PART_ALL, seen, &spared, &err);
}

CALL(record_has_unheld)
{
	bool has = false;
	enum result r = record_has_unheld(vault, account, KIND_CALL, day, &has, &err);

	return several(r, has, seen);
}

CALL(record_has_held)
{
	bool has = false;
	enum result r = record_has_held(vault, account, KIND_NOTE, day, day, &has, &err);

	return several(r, has, seen);
}

CALL(record_has_part)
{
	bool has;
	enum result r = record_has_part(vault, account, KIND_CALL, day, 0, &has, &err);

	*seen = r == OK && has;
	return r;
}

CALL(record_next_day)
{
	struct date next;

	return one(record_next_day(vault, account, KIND_CALL, (struct date){0}, &next, &err), seen);
}

static enum result count_aggregate(void *arg, const struct aggregate_row *row, struct err *error)
{
	(void)error;
	*(int64_t *)arg += row->records;
	return OK;
}

CALL(aggregate_walk)
{
	return aggregate_walk(vault, account, KIND_CALL, count_aggregate, seen, &err);
}

CALL(aggregate_list)
{
	struct aggregate_row rows[4];
	size_t count = 0;
	enum result r = aggregate_list(vault, account, KIND_CALL, NULL, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(aggregate_walk_waiting)
{
	return aggregate_walk_waiting(vault, account, KIND_CALL, count_aggregate, seen, &err);
}

CALL(aggregate_add)
{
	struct aggregate_row row = aggregate_of(0);

	return one(aggregate_add(vault, account, &row, &err), seen);
}

CALL(aggregate_add_waiting)
{
	struct aggregate_row row = aggregate_of(3);

	return one(aggregate_add_waiting(vault, account, &row, &err), seen);
}

CALL(aggregate_clear)
{
	enum result r = aggregate_clear(vault, account, KIND_CALL, &err);

	*seen = r == OK ? db_changes(vault) : 0;
	return r;
}

CALL(aggregate_clear_waiting)
{
	enum result r = aggregate_clear_waiting(vault, account, KIND_CALL, &err);

	*seen = r == OK ? db_changes(vault) : 0;
	return r;
}

SYSTEM_CALL(trash_list)
{
	struct trash_row rows[4];
	size_t count;

	return trash_list(vault, rows, 4, &count, &err);
}

#endif
