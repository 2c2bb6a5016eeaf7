/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/media.h"

#define DAY "2024-02-29"

static struct media_row row_of(uint32_t account, enum record_kind kind, struct id id, int n)
{
	struct media_row row = {.account = account,
				.kind = kind,
				.id = id,
				.n = n,
				.blob = id,
				.bytes = UINT64_C(5000000000),
				.segment = 1048576,
				.format = MEDIA_TEXT};

	row.blob.bytes[15] ^= (unsigned char)(n << 4 | (int)account); /* one of its own */
	memset(row.key, n + 1, sizeof row.key);
	return row;
}

static void put(uint32_t account, enum record_kind kind, struct id id, int n)
{
	struct media_row row = row_of(account, kind, id, n);

	assert_ok(media_insert(vault, &row, &err));
}

static size_t list(uint32_t account, enum record_kind kind, struct id id, struct media_row *out)
{
	size_t count;

	assert_ok(media_list(vault, account, kind, id, out, 9, &count, &err));
	return count;
}

static void the_media_of_a_record_come_back_in_order(void **state)
{
	struct id id = id_of(DAY "T12:00:00Z", 0);
	struct media_row wanted = row_of(1, KIND_RECORDING, id, 0), out[9];

	(void)state;
	assert_int_equal(list(1, KIND_RECORDING, id, out), 0);
	put(1, KIND_RECORDING, id, 1);
	put(1, KIND_RECORDING, id, 0);
	put(1, KIND_VOICEMAIL, id, 0);
	put(2, KIND_RECORDING, id, 0);
	assert_int_equal(list(1, KIND_RECORDING, id, out), 2);
	assert_int_equal(out[0].account, 1);
	assert_int_equal(out[0].kind, KIND_RECORDING);
	assert_memory_equal(out[0].id.bytes, id.bytes, 16);
	assert_int_equal(out[0].n, 0);
	assert_memory_equal(out[0].blob.bytes, wanted.blob.bytes, 16);
	assert_int_equal(out[0].bytes, UINT64_C(5000000000));
	assert_int_equal(out[0].segment, 1048576);
	assert_int_equal(out[0].format, MEDIA_TEXT);
	assert_memory_equal(out[0].key, wanted.key, sizeof wanted.key);
	assert_int_equal(out[1].n, 1);
}

static void a_medium_is_put_once_and_their_number_is_limited(void **state)
{
	struct id id = id_of(DAY "T12:00:00Z", 0);
	struct media_row row = row_of(1, KIND_RECORDING, id, 0);
	size_t count;

	(void)state;
	put(1, KIND_RECORDING, id, 0);
	assert_fails(media_insert(vault, &row, &err), ERR_EXISTS, NULL);
	put(1, KIND_RECORDING, id, 1);
	assert_fails(media_list(vault, 1, KIND_RECORDING, id, &row, 1, &count, &err), ERR_LIMIT, "more than 1 media");
}

static void resealing_changes_the_key_only(void **state)
{
	struct id id = id_of(DAY "T12:00:00Z", 0);
	struct media_row row = row_of(1, KIND_RECORDING, id, 0), out[9];

	(void)state;
	put(1, KIND_RECORDING, id, 0);
	put(1, KIND_RECORDING, id, 1);
	put(2, KIND_RECORDING, id, 0);
	memset(row.key, 0xee, sizeof row.key);
	row.bytes = 1;
	assert_ok(media_reseal(vault, &row, &err));
	assert_int_equal(list(1, KIND_RECORDING, id, out), 2);
	assert_int_equal(out[0].key[59], 0xee);
	assert_int_equal(out[0].bytes, UINT64_C(5000000000));
	assert_int_equal(out[1].key[59], 2);
	assert_int_equal(list(2, KIND_RECORDING, id, out), 1);
	assert_int_equal(out[0].key[59], 1);
}

static void deleting_takes_all_media_of_one_record(void **state)
{
	struct id id = id_of(DAY "T12:00:00Z", 0), other = id_of(DAY "T12:00:00Z", 1);
	struct media_row out[9];

	(void)state;
	put(1, KIND_RECORDING, id, 0);
	put(1, KIND_RECORDING, id, 1);
	put(1, KIND_RECORDING, other, 0);
	put(2, KIND_RECORDING, id, 0);
	assert_ok(media_delete(vault, 1, KIND_RECORDING, id, &err));
	assert_int_equal(list(1, KIND_RECORDING, id, out), 0);
	assert_int_equal(list(1, KIND_RECORDING, other, out), 1);
	assert_int_equal(list(2, KIND_RECORDING, id, out), 1);
}

/* ---- days ---- */

static struct id first, last;

static void put_around_the_day(void)
{
	first = id_of(DAY "T00:00:00.000Z", 0);
	last = id_of(DAY "T23:59:59.999Z", UINT64_MAX);
	put(1, KIND_RECORDING, id_of("2024-02-28T23:59:59.999Z", UINT64_MAX), 0);
	put(1, KIND_RECORDING, first, 0);
	put(1, KIND_RECORDING, first, 1);
	put(1, KIND_RECORDING, last, 0);
	put(1, KIND_RECORDING, id_of("2024-03-01T00:00:00.000Z", 0), 0);
	put(1, KIND_VOICEMAIL, first, 0);
	put(2, KIND_RECORDING, first, 0);
}

static size_t list_day(const char *day, struct id after, int after_n, struct media_row *out, size_t max)
{
	size_t count;

	assert_ok(media_list_day(vault, 1, KIND_RECORDING, day_of(day), after, after_n, out, max, &count, &err));
	return count;
}

static void the_media_of_a_day_are_listed_page_by_page(void **state)
{
	struct media_row all[9], one = {.n = 0};

	(void)state;
	put_around_the_day();
	assert_int_equal(list_day(DAY, one.id, 0, all, 9), 3);
	assert_memory_equal(all[0].id.bytes, first.bytes, 16);
	assert_int_equal(all[0].n, 0);
	assert_int_equal(all[1].n, 1);
	assert_memory_equal(all[2].id.bytes, last.bytes, 16);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(list_day(DAY, one.id, one.n, &one, 1), 1);
		assert_memory_equal(one.blob.bytes, all[i].blob.bytes, 16);
	}
	assert_int_equal(list_day(DAY, one.id, one.n, &one, 1), 0);
	assert_int_equal(list_day("2024-02-27", (struct id){{0}}, 0, all, 9), 0);
	assert_int_equal(list_day("1969-12-31", (struct id){{0}}, 0, all, 9), 0);
}

static void all_media_of_an_account_are_walked(void **state)
{
	struct media_row all[9], after = {.kind = 0};
	size_t count;

	(void)state;
	put_around_the_day();
	assert_ok(media_walk(vault, 1, &after, all, 9, &count, &err));
	assert_int_equal(count, 6);
	assert_int_equal(all[5].kind, KIND_VOICEMAIL);
	for (size_t i = 0; i < 6; i++) {
		assert_ok(media_walk(vault, 1, &after, &after, 1, &count, &err));
		assert_int_equal(count, 1);
		assert_memory_equal(after.blob.bytes, all[i].blob.bytes, 16);
	}
	assert_ok(media_walk(vault, 1, &after, &after, 1, &count, &err));
	assert_int_equal(count, 0);
}

static bool names(uint32_t account, enum record_kind kind, const char *day, struct id blob)
{
	bool named;

	assert_ok(media_names_blob(vault, account, kind, day_of(day), blob, &named, &err));
	return named;
}

static void a_blob_is_named_by_a_row_of_its_day(void **state)
{
	struct id blob;

	(void)state;
	put_around_the_day();
	blob = row_of(1, KIND_RECORDING, last, 0).blob;
	assert_true(names(1, KIND_RECORDING, DAY, blob));
	assert_false(names(1, KIND_RECORDING, "2024-03-01", blob));
	assert_false(names(1, KIND_RECORDING, "2024-02-28", blob));
	assert_false(names(1, KIND_VOICEMAIL, DAY, blob));
	assert_false(names(2, KIND_RECORDING, DAY, blob));
	assert_false(names(1, KIND_RECORDING, DAY, (struct id){{99}}));
}

/* ---- trash ---- */

static void media_whose_record_is_gone_are_trashed_and_no_others(void **state)
{
	struct media_row out[9];
	struct trash_row trash = {1, KIND_RECORDING, {0}, {{0}}};
	struct record_row standing;
	int64_t count;
	bool has;

	(void)state;
	put_around_the_day();
	standing = record_of(1, KIND_RECORDING, last); /* of the day's records, one still stands */
	put_record(&standing);
	trash.day = day_of(DAY);
	trash.blob = row_of(1, KIND_RECORDING, first, 1).blob;
	assert_ok(trash_add(vault, &trash, &err)); /* listed already: no obstacle */
	assert_ok(media_trash_day(vault, 1, KIND_RECORDING, trash.day, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM media"), 5);
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM blob_trash"), 2);
	assert_int_equal(list_day(DAY, (struct id){{0}}, 0, out, 9), 1);
	assert_memory_equal(out[0].id.bytes, last.bytes, 16);
	assert_ok(trash_has(vault, &trash, &has, &err));
	assert_true(has);
	assert_ok(media_trash_day(vault, 1, KIND_RECORDING, trash.day, &count, &err));
	assert_int_equal(count, 0);
	assert_ok(media_trash_day(vault, 1, KIND_RECORDING, day_of("1960-01-01"), &count, &err));
	assert_int_equal(count, 0);
}

static void trash_is_listed_until_it_is_removed(void **state)
{
	struct trash_row row = {1, KIND_RECORDING, {19782}, {{7}}}, other = row, out[9];
	size_t count;
	bool has;

	(void)state;
	assert_ok(trash_list(vault, out, 9, &count, &err));
	assert_int_equal(count, 0);
	assert_ok(trash_add(vault, &row, &err));
	assert_ok(trash_add(vault, &row, &err));
	other.account = 2;
	assert_ok(trash_has(vault, &other, &has, &err));
	assert_false(has);
	assert_ok(trash_add(vault, &other, &err));
	assert_ok(trash_list(vault, out, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_ok(trash_list(vault, out, 9, &count, &err));
	assert_int_equal(count, 2);
	assert_ok(trash_remove(vault, &row, &err));
	assert_ok(trash_has(vault, &row, &has, &err));
	assert_false(has);
	assert_ok(trash_list(vault, out, 9, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(out[0].account, 2);
	assert_int_equal(out[0].kind, KIND_RECORDING);
	assert_int_equal(out[0].day.days, 19782);
	assert_int_equal(out[0].blob.bytes[0], 7);
}

static void damaged_columns_are_reported(void **state)
{
	static const char *const damages[] = {"UPDATE media SET blob = x'01'", "UPDATE media SET key = x'01'",
					      "UPDATE media SET format = 8", "UPDATE media SET format = -1"};
	struct id id = id_of(DAY "T12:00:00Z", 0);
	struct media_row out, after = {.kind = 0};
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		put(1, KIND_RECORDING, id, 0);
		raw(vault, damages[i]);
		assert_fails(media_list(vault, 1, KIND_RECORDING, id, &out, 1, &count, &err), ERR_CORRUPT, NULL);
		assert_fails(media_list_day(vault, 1, KIND_RECORDING, day_of(DAY), after.id, 0, &out, 1, &count, &err),
			     ERR_CORRUPT, NULL);
		raw(vault, "DELETE FROM media");
	}
	put(1, KIND_RECORDING, id, 0);
	raw(vault, "UPDATE media SET kind = 0, n = 1");
	assert_fails(media_walk(vault, 1, &after, &out, 1, &count, &err), ERR_CORRUPT,
		     "column 0 holds 0 where 1 to 12 belong");
}

static void damaged_trash_is_reported(void **state)
{
	struct trash_row row = {1, KIND_RECORDING, {19782}, {{7}}}, out;
	size_t count;

	(void)state;
	assert_ok(trash_add(vault, &row, &err));
	raw(vault, "UPDATE blob_trash SET blob = x'01'");
	assert_fails(trash_list(vault, &out, 1, &count, &err), ERR_CORRUPT, "column 3 holds 1 bytes where 16 belong");
	raw(vault, "UPDATE blob_trash SET kind = 99");
	assert_fails(trash_list(vault, &out, 1, &count, &err), ERR_CORRUPT, "column 1 holds 99 where 1 to 12 belong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(the_media_of_a_record_come_back_in_order),
	    table_test(a_medium_is_put_once_and_their_number_is_limited),
	    table_test(resealing_changes_the_key_only),
	    table_test(deleting_takes_all_media_of_one_record),
	    table_test(the_media_of_a_day_are_listed_page_by_page),
	    table_test(all_media_of_an_account_are_walked),
	    table_test(a_blob_is_named_by_a_row_of_its_day),
	    table_test(media_whose_record_is_gone_are_trashed_and_no_others),
	    table_test(trash_is_listed_until_it_is_removed),
	    table_test(damaged_columns_are_reported),
	    table_test(damaged_trash_is_reported),
	};

	return cmocka_run_group_tests_name("store/media", tests, NULL, NULL);
}
