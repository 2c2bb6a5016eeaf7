/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#define DAY "2024-02-29"

static struct id first, last; /* the first and the last id a day can have */

static int open_day(void **state)
{
	int r = open_tables(state);

	first = id_of(DAY "T00:00:00.000Z", 0);
	last = id_of(DAY "T23:59:59.999Z", UINT64_MAX);
	return r;
}
#define day_test(name) cmocka_unit_test_setup_teardown(name, open_day, close_tables)

static void put(uint32_t account, enum record_kind kind, struct id id, int64_t hold)
{
	struct record_row row = record_of(account, kind, id);

	row.hold = hold;
	put_record(&row);
}

static bool exists(uint32_t account, enum record_kind kind, struct id id)
{
	bool is;

	assert_ok(record_exists(vault, account, kind, id, &is, &err));
	return is;
}

static void a_record_comes_back_as_it_was_put(void **state)
{
	struct record_row row = {.account = 1,
				 .kind = KIND_CAMPAIGN_RESULT,
				 .id = first,
				 .direction = DIRECTION_INTERNAL,
				 .status = STATUS_CONGESTION,
				 .duration_ms = -1,
				 .agent = INT64_MAX,
				 .number = 8,
				 .hold = 9,
				 .media = 3,
				 .parties = {{5, ROLE_FROM}, {INT64_MAX, ROLE_MENTIONED}},
				 .party_count = 2,
				 .payload = (const unsigned char *)"\0\1\2",
				 .payload_len = 3};
	struct record_row back;

	(void)state;
	put_record(&row);
	assert_ok(record_get(vault, 1, KIND_CAMPAIGN_RESULT, first, &pool, &back, &err));
	assert_int_equal(back.account, 1);
	assert_int_equal(back.kind, KIND_CAMPAIGN_RESULT);
	assert_memory_equal(back.id.bytes, first.bytes, 16);
	assert_int_equal(back.direction, DIRECTION_INTERNAL);
	assert_int_equal(back.status, STATUS_CONGESTION);
	assert_int_equal(back.duration_ms, -1);
	assert_int_equal(back.agent, INT64_MAX);
	assert_int_equal(back.number, 8);
	assert_int_equal(back.hold, 9);
	assert_int_equal(back.media, 3);
	assert_int_equal(back.party_count, 2);
	assert_int_equal(back.parties[1].identity, INT64_MAX);
	assert_int_equal(back.parties[1].roles, ROLE_MENTIONED);
	assert_int_equal(back.payload_len, 3);
	assert_memory_equal(back.payload, "\0\1\2", 3);
}

static void a_record_without_parties_and_with_an_empty_payload_is_a_record(void **state)
{
	struct record_row row = {.account = 1, .kind = KIND_NOTE, .id = first}, back;

	(void)state;
	put_record(&row);
	assert_ok(record_get(vault, 1, KIND_NOTE, first, &pool, &back, &err));
	assert_int_equal(back.party_count, 0);
	assert_int_equal(back.payload_len, 0);
}

static void an_id_that_is_there_already_is_left_as_it_is(void **state)
{
	struct record_row row = record_of(1, KIND_CALL, first), back;
	bool inserted;

	(void)state;
	put_record(&row);
	row.payload = (const unsigned char *)"other!";
	assert_ok(record_insert(vault, &row, &inserted, &err));
	assert_false(inserted);
	assert_ok(record_get(vault, 1, KIND_CALL, first, &pool, &back, &err));
	assert_memory_equal(back.payload, "sealed", 6);
	put(1, KIND_MESSAGE, first, 0); /* another kind is another record, */
	put(2, KIND_CALL, first, 0);    /* and so is another account */
}

/* ---- many at once ---- */

#define MANY (2 * RECORD_TOGETHER + 3)

/* So many rows of one minute, `step` numbers apart. */
static void make_rows(struct record_row rows[MANY], const struct record_row *pointers[MANY], uint64_t from, uint64_t step)
{
	for (size_t i = 0; i < MANY; i++) {
		rows[i] = record_of(1, KIND_CALL, id_of(DAY "T12:00:00.000Z", from + i * step));
		rows[i].duration_ms = (int64_t)i;
		pointers[i] = &rows[i];
	}
}

static size_t insert_many(const struct record_row *const *rows, bool inserted[MANY])
{
	size_t count = 0;

	memset(inserted, 0, MANY * sizeof *inserted);
	assert_ok(record_insert_many(vault, rows, MANY, inserted, &err));
	for (size_t i = 0; i < MANY; i++)
		count += inserted[i];
	return count;
}

static void many_records_come_back_as_they_were_put(void **state)
{
	struct record_row rows[MANY], back;
	const struct record_row *pointers[MANY];
	bool inserted[MANY];

	(void)state;
	make_rows(rows, pointers, 0, 1);
	rows[RECORD_TOGETHER].labels[0] = 7;
	rows[RECORD_TOGETHER].label_count = 1;
	assert_int_equal(insert_many(pointers, inserted), MANY);
	for (size_t i = 0; i < MANY; i++) {
		assert_ok(record_get(vault, 1, KIND_CALL, rows[i].id, &pool, &back, &err));
		assert_int_equal(back.duration_ms, i);
		assert_int_equal(back.party_count, 2);
		assert_int_equal(back.label_count, i == RECORD_TOGETHER);
		assert_memory_equal(back.payload, "sealed", 6);
	}
	assert_int_equal(insert_many(pointers, inserted), 0); /* each is there already */
}

static void of_many_records_those_that_are_there_already_are_left_as_they_are(void **state)
{
	static const size_t there[] = {0, 5, RECORD_TOGETHER - 1, MANY - 1};
	struct record_row rows[MANY], back;
	const struct record_row *pointers[MANY];
	bool inserted[MANY];

	(void)state;
	make_rows(rows, pointers, 0, 2);
	put(1, KIND_CALL, id_of(DAY "T12:00:00.000Z", 2 * RECORD_TOGETHER + 1), 0); /* between two, and none of them */
	for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
		put_record(&rows[there[i]]);
	for (size_t i = 0; i < MANY; i++)
		rows[i].payload = (const unsigned char *)"other!";
	assert_int_equal(insert_many(pointers, inserted), MANY - 4);
	for (size_t i = 0; i < sizeof there / sizeof there[0]; i++) {
		assert_false(inserted[there[i]]);
		assert_ok(record_get(vault, 1, KIND_CALL, rows[there[i]].id, &pool, &back, &err));
		assert_memory_equal(back.payload, "sealed", 6);
	}
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM record"), MANY + 1);
}

static void many_records_need_be_of_no_one_kind_account_or_order(void **state)
{
	struct record_row rows[MANY];
	const struct record_row *pointers[MANY];
	bool inserted[MANY];

	(void)state;
	make_rows(rows, pointers, 0, 1);
	rows[3].kind = KIND_MESSAGE;
	rows[RECORD_TOGETHER + 1].account = 2;
	pointers[RECORD_TOGETHER + 4] = pointers[RECORD_TOGETHER + 3]; /* one twice */
	assert_int_equal(insert_many(pointers, inserted), MANY - 1);
	assert_false(inserted[RECORD_TOGETHER + 4]);
	assert_true(exists(1, KIND_MESSAGE, rows[3].id));
	assert_true(exists(2, KIND_CALL, rows[RECORD_TOGETHER + 1].id));
	make_rows(rows, pointers, 1000, 1);
	for (size_t i = 0; i < MANY / 2; i++) {
		const struct record_row *row = pointers[i];

		pointers[i] = pointers[MANY - 1 - i];
		pointers[MANY - 1 - i] = row;
	}
	assert_int_equal(insert_many(pointers, inserted), MANY);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct record_row back;
	bool existed;

	(void)state;
	assert_fails(record_get(vault, 1, KIND_CALL, first, &pool, &back, &err), ERR_NOT_FOUND, "no such record");
	assert_false(exists(1, KIND_CALL, first));
	assert_ok(record_delete(vault, 1, KIND_CALL, first, &existed, &err));
	assert_false(existed);
}

static void a_deleted_record_is_gone_and_no_other(void **state)
{
	bool existed;

	(void)state;
	put(1, KIND_CALL, first, 0);
	put(1, KIND_CALL, last, 0);
	put(1, KIND_MESSAGE, first, 0);
	put(2, KIND_CALL, first, 0);
	assert_ok(record_delete(vault, 1, KIND_CALL, first, &existed, &err));
	assert_true(existed);
	assert_false(exists(1, KIND_CALL, first));
	assert_true(exists(1, KIND_CALL, last));
	assert_true(exists(1, KIND_MESSAGE, first));
	assert_true(exists(2, KIND_CALL, first));
}

static void resealing_changes_what_a_record_says_and_not_which_it_is(void **state)
{
	struct record_row row = record_of(1, KIND_CALL, first), back;

	(void)state;
	put_record(&row);
	put(2, KIND_CALL, first, 0);
	row.hold = 4;
	row.payload = (const unsigned char *)"kept";
	row.payload_len = 4;
	row.direction = DIRECTION_OUTBOUND;
	row.part = 3;
	row.media = 0;
	row.labels[0] = 300;
	row.labels[1] = 301;
	row.label_count = 2;
	row.party_count = 1;
	assert_ok(record_reseal(vault, &row, &err));
	assert_ok(record_get(vault, 1, KIND_CALL, first, &pool, &back, &err));
	assert_int_equal(back.hold, 4);
	assert_int_equal(back.payload_len, 4);
	assert_memory_equal(back.payload, "kept", 4);
	assert_int_equal(back.direction, DIRECTION_OUTBOUND);
	assert_int_equal(back.part, 3);
	assert_int_equal(back.label_count, 2);
	assert_int_equal(back.labels[1], 301);
	assert_int_equal(back.party_count, 1);
	assert_ok(record_get(vault, 2, KIND_CALL, first, &pool, &back, &err));
	assert_int_equal(back.hold, 0);
	assert_int_equal(back.party_count, 2);
}

/* ---- days ---- */

/* The records around both ends of DAY; two of them are of that day. */
static void put_around_the_day(void)
{
	put(1, KIND_CALL, id_of("2024-02-28T23:59:59.999Z", UINT64_MAX), 0);
	put(1, KIND_CALL, first, 0);
	put(1, KIND_CALL, last, 0);
	put(1, KIND_CALL, id_of("2024-03-01T00:00:00.000Z", 0), 0);
	put(1, KIND_MESSAGE, id_of(DAY "T12:00:00Z", 0), 0);
	put(2, KIND_CALL, id_of(DAY "T12:00:00Z", 0), 0);
}

static size_t list(const char *day, struct id after, struct record_row *out, size_t max)
{
	size_t count;

	assert_ok(record_list_day(vault, 1, KIND_CALL, day_of(day), after, &pool, out, max, &count, &err));
	return count;
}

static void a_day_has_its_first_and_its_last_millisecond(void **state)
{
	struct record_row rows[9];

	(void)state;
	put_around_the_day();
	assert_int_equal(list(DAY, (struct id){{0}}, rows, 9), 2);
	assert_memory_equal(rows[0].id.bytes, first.bytes, 16);
	assert_memory_equal(rows[1].id.bytes, last.bytes, 16);
	assert_int_equal(rows[1].payload_len, 6);
	assert_int_equal(list("2024-02-27", (struct id){{0}}, rows, 9), 0);
	assert_int_equal(list("2024-03-02", (struct id){{0}}, rows, 9), 0);
}

struct looked { struct record_row rows[4]; size_t count; enum result end; };

static enum result look(void *arg, const struct record_row *row, struct err *failed)
{
	struct looked *looked = arg;

	(void)failed;
	looked->rows[looked->count++] = *row;
	return looked->count == 1 ? looked->end : OK;
}

static void a_look_at_a_day_sees_what_rules_go_by_and_no_payload(void **state)
{
	struct looked looked = {.count = 0};
	struct record_row whole[2];

	(void)state;
	put_around_the_day();
	assert_ok(record_look_day(vault, 1, KIND_CALL, day_of(DAY), false, look, &looked, &err));
	assert_int_equal(looked.count, 2);
	assert_int_equal(list(DAY, (struct id){{0}}, whole, 2), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct record_row *row = &looked.rows[i];

		assert_int_equal(row->account, 1);
		assert_int_equal(row->kind, KIND_CALL);
		assert_memory_equal(row->id.bytes, whole[i].id.bytes, 16);
		assert_int_equal(row->direction, whole[i].direction);
		assert_int_equal(row->duration_ms, whole[i].duration_ms);
		assert_int_equal(row->number, whole[i].number);
		assert_int_equal(row->hold, whole[i].hold);
		assert_int_equal(row->media, whole[i].media);
		assert_int_equal(row->label_count, whole[i].label_count);
		assert_memory_equal(row->labels, whole[i].labels, row->label_count * sizeof row->labels[0]);
		assert_int_equal(row->payload_len, whole[i].payload_len);
		assert_null(row->payload);
		assert_int_equal(row->party_count, 0);
	}
	looked.count = 0;
	assert_ok(record_look_day(vault, 1, KIND_CALL, day_of(DAY), true, look, &looked, &err));
	assert_int_equal(looked.rows[0].agent, whole[0].agent);
	assert_int_equal(looked.rows[0].party_count, whole[0].party_count);
	for (size_t i = 0; i < whole[0].party_count; i++) {
		assert_int_equal(looked.rows[0].parties[i].identity, whole[0].parties[i].identity);
		assert_int_equal(looked.rows[0].parties[i].roles, whole[0].parties[i].roles);
	}
	looked = (struct looked){.end = ERR_LIMIT};
	assert_int_equal(record_look_day(vault, 1, KIND_CALL, day_of(DAY), true, look, &looked, &err), ERR_LIMIT);
	assert_int_equal(looked.count, 1);
}

static void damage_is_seen_by_a_look_at_a_day(void **state)
{
	static const char *const damages[] = {"UPDATE record SET direction = 4", "UPDATE record SET labels = x'81'",
					      "UPDATE record SET parties = x'81'", "UPDATE record SET id = substr(id, 1, 15)"};
	struct looked looked;

	(void)state;
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		put(1, KIND_CALL, first, 0);
		raw(vault, damages[i]);
		looked.count = 0;
		assert_fails(record_look_day(vault, 1, KIND_CALL, day_of(DAY), true, look, &looked, &err), ERR_CORRUPT, NULL);
		assert_int_equal(looked.count, 0);
		raw(vault, "DELETE FROM record");
	}
}

static void a_day_is_listed_page_by_page(void **state)
{
	struct record_row row;
	struct id after = {{0}};

	(void)state;
	put_around_the_day();
	assert_int_equal(list(DAY, after, &row, 0), 0);
	assert_int_equal(list(DAY, after, &row, 1), 1);
	assert_memory_equal(row.id.bytes, first.bytes, 16);
	assert_int_equal(list(DAY, row.id, &row, 1), 1);
	assert_memory_equal(row.id.bytes, last.bytes, 16);
	assert_int_equal(list(DAY, row.id, &row, 1), 0);
	/* an id of a later day is after all of this one */
	assert_int_equal(list(DAY, id_of("2024-03-01T00:00:00Z", 0), &row, 1), 0);
}

static void deleting_a_day_leaves_its_neighbours_and_what_is_held(void **state)
{
	int64_t deleted, all, held;
	struct id noon = id_of(DAY "T12:00:00Z", 1);

	(void)state;
	put_around_the_day();
	put(1, KIND_CALL, noon, 7);
	assert_ok(record_count_day(vault, 1, KIND_CALL, day_of(DAY), PART_ALL, &all, &held, &err));
	assert_int_equal(all, 3);
	assert_int_equal(held, 1);
	assert_ok(record_delete_day(vault, 1, KIND_CALL, day_of(DAY), PART_ALL, &deleted, &err));
	assert_int_equal(deleted, 2);
	assert_ok(record_count_day(vault, 1, KIND_CALL, day_of(DAY), PART_ALL, &all, &held, &err));
	assert_int_equal(all, 1);
	assert_int_equal(held, 1);
	assert_true(exists(1, KIND_CALL, noon));
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM record"), 5);
	assert_ok(record_delete_day(vault, 1, KIND_CALL, day_of(DAY), PART_ALL, &deleted, &err));
	assert_int_equal(deleted, 0);
	assert_ok(record_count_day(vault, 1, KIND_CALL, day_of("2023-01-01"), PART_ALL, &all, &held, &err));
	assert_int_equal(all, 0);
	assert_int_equal(held, 0);
}

static bool has_held(const char *from, const char *until)
{
	bool has;

	assert_ok(record_has_held(vault, 1, KIND_CALL, day_of(from), day_of(until), &has, &err));
	return has;
}

static bool has_unheld(const char *day)
{
	bool has;

	assert_ok(record_has_unheld(vault, 1, KIND_CALL, day_of(day), &has, &err));
	return has;
}

static void what_is_held_is_told_from_what_is_not(void **state)
{
	struct record_row row;

	(void)state;
	put(1, KIND_CALL, first, 0);
	put(1, KIND_MESSAGE, last, 7);
	put(2, KIND_CALL, last, 7);
	assert_false(has_held("2024-01-01", "2024-12-31"));
	assert_true(has_unheld(DAY));
	assert_false(has_unheld("2024-03-01"));
	put(1, KIND_CALL, last, 7);
	assert_true(has_held(DAY, DAY));
	assert_true(has_held("2024-01-01", DAY));
	assert_true(has_held(DAY, "2024-03-01"));
	assert_false(has_held("2024-01-01", "2024-02-28"));
	assert_false(has_held("2024-03-01", "2024-12-31"));
	row = record_of(1, KIND_CALL, first);
	row.hold = 8;
	assert_ok(record_reseal(vault, &row, &err));
	assert_false(has_unheld(DAY));
	row.hold = 0;
	assert_ok(record_reseal(vault, &row, &err));
	assert_true(has_unheld(DAY));
}

static bool has_part(int part)
{
	bool has;

	assert_ok(record_has_part(vault, 1, KIND_CALL, day_of(DAY), part, &has, &err));
	return has;
}

static void a_part_of_a_day_can_be_spared(void **state)
{
	struct record_row row = record_of(1, KIND_CALL, id_of(DAY "T12:00:00Z", 1));
	int64_t deleted, all, spared;

	(void)state;
	put_around_the_day();
	row.part = 1;
	put_record(&row);
	row = record_of(1, KIND_CALL, id_of(DAY "T13:00:00Z", 1));
	row.part = 2;
	row.hold = 7;
	put_record(&row);
	assert_true(has_part(0));
	assert_true(has_part(1));
	assert_false(has_part(2)); /* under the hold's key */
	assert_ok(record_count_day(vault, 1, KIND_CALL, day_of(DAY), 1, &all, &spared, &err));
	assert_int_equal(all, 4);
	assert_int_equal(spared, 2);
	assert_ok(record_delete_day(vault, 1, KIND_CALL, day_of(DAY), 1, &deleted, &err));
	assert_int_equal(deleted, 2);
	assert_false(has_part(0));
	assert_true(has_part(1));
}

static void what_is_older_than_1970_counts_as_its_first_day(void **state)
{
	struct id early = id_at((struct instant){-86400000 * INT64_C(365)}, 3);
	struct record_row row;
	int64_t deleted;

	(void)state;
	put(1, KIND_CALL, early, 0);
	assert_int_equal(list("1969-01-01", (struct id){{0}}, &row, 1), 0);
	assert_int_equal(list("1969-12-31", (struct id){{0}}, &row, 1), 0);
	assert_int_equal(list("1970-01-01", (struct id){{0}}, &row, 1), 1);
	assert_ok(record_delete_day(vault, 1, KIND_CALL, day_of("1969-01-01"), PART_ALL, &deleted, &err));
	assert_int_equal(deleted, 0);
	assert_ok(record_delete_day(vault, 1, KIND_CALL, day_of("1970-01-01"), PART_ALL, &deleted, &err));
	assert_int_equal(deleted, 1);
}

static void assert_next_day(const char *after, const char *wanted)
{
	struct date day;
	char text[TIME_TEXT_MAX];

	assert_ok(record_next_day(vault, 1, KIND_CALL, day_of(after), &day, &err));
	assert_string_equal(date_format(day, text), wanted);
}

static void days_with_records_are_found_one_after_the_other(void **state)
{
	struct date day;

	(void)state;
	put_around_the_day();
	put(1, KIND_CALL, id_of("1970-01-01T00:00:00Z", 0), 0);
	put(1, KIND_CALL, id_of("9999-12-31T23:59:59.999Z", UINT64_MAX), 0);
	assert_next_day("1969-12-31", "1970-01-01");
	assert_next_day("0001-01-01", "1970-01-01");
	assert_next_day("1970-01-01", "2024-02-28");
	assert_next_day("2024-02-27", "2024-02-28");
	assert_next_day("2024-02-28", DAY);
	assert_next_day(DAY, "2024-03-01");
	assert_next_day("2024-03-01", "9999-12-31");
	assert_fails(record_next_day(vault, 1, KIND_CALL, day_of("9999-12-31"), &day, &err), ERR_NOT_FOUND,
		     "no later day");
	assert_fails(record_next_day(vault, 1, KIND_CHAT, day_of("1970-01-01"), &day, &err), ERR_NOT_FOUND,
		     "no later day");
	assert_ok(record_next_day(vault, 1, KIND_CALL, (struct date){INT32_MIN}, &day, &err));
	assert_int_equal(day.days, 0);
}

/* ---- damage ---- */

static void assert_damage_is_seen(void)
{
	struct record_row row;
	size_t count;

	assert_fails(record_get(vault, 1, KIND_CALL, first, &pool, &row, &err), ERR_CORRUPT, NULL);
	assert_fails(record_list_day(vault, 1, KIND_CALL, day_of(DAY), (struct id){{0}}, &pool, &row, 1, &count, &err),
		     ERR_CORRUPT, NULL);
	raw(vault, "DELETE FROM record");
	put(1, KIND_CALL, first, 0); /* no statement was left running */
}

static void damaged_columns_are_reported(void **state)
{
	(void)state;
	put(1, KIND_CALL, first, 0);
	raw(vault, "UPDATE record SET parties = x'81'");
	assert_damage_is_seen();
	raw(vault, "UPDATE record SET direction = 4");
	assert_damage_is_seen();
	raw(vault, "UPDATE record SET direction = -1");
	assert_damage_is_seen();
	raw(vault, "UPDATE record SET status = 99");
	assert_damage_is_seen();
}

static void an_id_of_the_wrong_length_is_damage(void **state)
{
	struct record_row row;
	struct date day;
	size_t count;

	(void)state;
	put(1, KIND_CALL, first, 0);
	raw(vault, "UPDATE record SET id = substr(id, 1, 15)");
	assert_fails(record_list_day(vault, 1, KIND_CALL, day_of(DAY), (struct id){{0}}, &pool, &row, 1, &count, &err),
		     ERR_CORRUPT, NULL);
	assert_fails(record_next_day(vault, 1, KIND_CALL, day_of("2024-02-01"), &day, &err), ERR_CORRUPT, NULL);
}

static void a_payload_larger_than_the_pool_is_reported(void **state)
{
	struct record_row row;
	struct pool small;

	(void)state;
	put(1, KIND_CALL, first, 0);
	pool_init(&small, 3);
	assert_fails(record_get(vault, 1, KIND_CALL, first, &small, &row, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    day_test(a_record_comes_back_as_it_was_put),
	    day_test(a_record_without_parties_and_with_an_empty_payload_is_a_record),
	    day_test(an_id_that_is_there_already_is_left_as_it_is),
	    day_test(many_records_come_back_as_they_were_put),
	    day_test(of_many_records_those_that_are_there_already_are_left_as_they_are),
	    day_test(many_records_need_be_of_no_one_kind_account_or_order),
	    day_test(what_is_not_there_is_not_found),
	    day_test(a_deleted_record_is_gone_and_no_other),
	    day_test(resealing_changes_what_a_record_says_and_not_which_it_is),
	    day_test(a_day_has_its_first_and_its_last_millisecond),
	    day_test(a_look_at_a_day_sees_what_rules_go_by_and_no_payload),
	    day_test(damage_is_seen_by_a_look_at_a_day),
	    day_test(a_day_is_listed_page_by_page),
	    day_test(deleting_a_day_leaves_its_neighbours_and_what_is_held),
	    day_test(what_is_held_is_told_from_what_is_not),
	    day_test(a_part_of_a_day_can_be_spared),
	    day_test(what_is_older_than_1970_counts_as_its_first_day),
	    day_test(days_with_records_are_found_one_after_the_other),
	    day_test(damaged_columns_are_reported),
	    day_test(an_id_of_the_wrong_length_is_damage),
	    day_test(a_payload_larger_than_the_pool_is_reported),
	};

	return cmocka_run_group_tests_name("store/record", tests, NULL, NULL);
}
