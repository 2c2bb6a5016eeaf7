/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

#define ANNA "+4520000001"
#define BENT "+4520000002"

static void party_rows(struct world *world, int64_t want)
{
	int64_t rows, by_month;
	struct err err;

	assert_ok(party_count(world->vault->read.data, 1, &rows, &by_month, &err), &err);
	assert_int_equal(rows, want);
	assert_int_equal(by_month, want);
}

static struct period period_of(struct world *world, enum record_kind kind, const char *day)
{
	struct period period;
	struct err err;

	assert_ok(period_get(world->vault->read.data, 1, kind, instant_date(world_time(day)), &period, &err), &err);
	return period;
}

static void a_record_goes_with_its_parties_and_its_count(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", ANNA, BENT, NULL);
	struct removed removed;
	struct err err;
	const char *text;

	world_put(world, KIND_CALL, "2025-05-01T11:00:00Z", "{}", ANNA, NULL);
	party_rows(world, 3);
	removed = remove_one(world, KIND_CALL, id);
	assert_int_equal(removed.records[KIND_CALL], 1);
	assert_int_equal(removed.parties, 2);
	party_rows(world, 1);
	assert_int_equal(period_of(world, KIND_CALL, "2025-05-01T00:00:00Z").records, 1);
	assert_int_equal(world_open_record(world, KIND_CALL, id, &text, &err), ERR_NOT_FOUND);
}

static void the_last_of_a_day_takes_its_period_away(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", ANNA, NULL);
	struct period rows[2];
	size_t count;
	struct err err;

	remove_one(world, KIND_CALL, id);
	assert_ok(period_list(world->vault->read.data, 1, KIND_CALL, (struct date){INT32_MIN}, (struct date){INT32_MAX},
			      rows, 2, &count, &err), &err);
	assert_int_equal(count, 0);
	party_rows(world, 0);
}

static void media_rows_go_and_blobs_are_listed_as_trash(void **state)
{
	struct world *world = *state;
	struct recording rec = recording_put(world, "2025-05-03T10:00:00Z", ANNA, 1234);
	struct removed removed;
	struct trash_row trash[2];
	struct media_row media;
	size_t count;
	uint64_t gone;
	char path[PATH_MAX];
	struct err err;

	removed = remove_one(world, KIND_RECORDING, rec.id);
	assert_int_equal(removed.media, 1);
	assert_int_equal(removed.media_bytes, 1234);
	assert_ok(media_list(world->vault->read.data, 1, KIND_RECORDING, rec.id, &media, 1, &count, &err), &err);
	assert_int_equal(count, 0);
	assert_ok(trash_list(world->vault->read.data, trash, 2, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_int_equal(id_compare(trash[0].blob, rec.blob), 0);
	assert_true(file_exists(recording_path(&rec, path)));
	assert_ok(vault_empty_trash(world->vault, &gone, &err), &err);
	assert_int_equal(gone, 1);
	assert_false(file_exists(path));
}

struct twice { struct world *world; struct record_row row; struct removed removed; };

static enum result twice_op(struct session *session, void *arg, struct err *err)
{
	struct twice *t = arg;
	enum result r = remove_records(session, 1, &t->row, 1, &t->removed, err);

	return r == OK ? remove_records(session, 1, &t->row, 1, &t->removed, err) : r;
}

static void what_is_gone_already_is_passed_over(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", ANNA, NULL);
	struct twice t = {.world = world};
	struct err err;

	world_put(world, KIND_CALL, "2025-05-01T11:00:00Z", "{}", ANNA, NULL);
	assert_ok(record_get(world->vault->read.data, 1, KIND_CALL, id, &world->pool, &t.row, &err), &err);
	assert_ok(vault_write(world->vault, twice_op, &t, &err), &err);
	assert_int_equal(t.removed.records[KIND_CALL], 1);
	assert_int_equal(period_of(world, KIND_CALL, "2025-05-01T00:00:00Z").records, 1);
	party_rows(world, 1);
}

struct many { struct world *world; struct record_row *rows; size_t count; struct removed removed; };

static enum result many_op(struct session *session, void *arg, struct err *err)
{
	struct many *m = arg;

	return remove_records(session, 1, m->rows, m->count, &m->removed, err);
}

static void a_batch_over_kinds_days_and_months_counts_exactly(void **state)
{
	static const char *const times[] = {"2025-03-31T23:59:59Z", "2025-04-01T00:00:00Z", "2025-04-01T10:00:00Z", "2025-05-09T10:00:00Z"};
	struct world *world = *state;
	struct many m = {.world = world, .rows = calloc(8, sizeof *m.rows)};
	struct err err;

	assert_non_null(m.rows);
	for (int i = 0; i < 8; i++) {
		enum record_kind kind = i % 2 ? KIND_CALL : KIND_MESSAGE;
		struct id id = world_put(world, kind, times[i / 2], "{}", ANNA, i % 3 ? BENT : NULL, NULL);

		assert_ok(record_get(world->vault->read.data, 1, kind, id, &world->pool, &m.rows[m.count++], &err), &err);
	}
	assert_ok(vault_write(world->vault, many_op, &m, &err), &err);
	assert_int_equal(m.removed.records[KIND_CALL], 4);
	assert_int_equal(m.removed.records[KIND_MESSAGE], 4);
	party_rows(world, 0);
	assert_int_equal(count_records(world, KIND_CALL) + count_records(world, KIND_MESSAGE), 0);
	free(m.rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_record_goes_with_its_parties_and_its_count),
		IN_WORLD(the_last_of_a_day_takes_its_period_away),
		IN_WORLD(media_rows_go_and_blobs_are_listed_as_trash),
		IN_WORLD(what_is_gone_already_is_passed_over),
		IN_WORLD(a_batch_over_kinds_days_and_months_counts_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
