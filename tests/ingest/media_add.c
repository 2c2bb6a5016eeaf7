/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "taking.h"

#include "ingest/media_add.h"
#include "ingest/mediafile.h"
#include "vault/media_open.h"

#define SOUND "RIFF....WAVEfmt and then all that sounds"

static struct media_adding what;
static struct media_add *add;
static struct vault *view;
static bool made;

static struct record_row record_now(void)
{
	struct record_row row;

	assert_ok(record_get(world.vault->read.data, what.account, what.kind, what.id, &world.pool, &row, &err), &err);
	return row;
}

static int begin(void **state)
{
	struct record_row rows[2];

	set_up(state);
	take_in(CALL("1", ""));
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 2), 1);
	what = (struct media_adding){.account = world.account.number, .kind = KIND_CALL, .id = rows[0].id, .now = world.now};
	assert_ok(vault_view(world.vault, &view, &err), &err);
	return 0;
}

static int finish(void **state)
{
	media_add_free(add);
	add = NULL;
	vault_close(view);
	return tear_down(state);
}

static enum result send(const char *text, size_t len)
{
	enum result r = media_add_begin(view, &what, &add, &err);

	for (size_t at = 0; at < len && r == OK; at += 7)
		r = media_add_write(add, text + at, len - at < 7 ? len - at : 7, &err);
	if (r == OK)
		r = media_add_finish(add, &made, &err);
	media_add_free(add);
	add = NULL;
	return r;
}

static enum result take(void *arg, const void *data, size_t len, struct err *e)
{
	(void)e;
	buf_add(arg, data, len);
	return OK;
}

static void is_there(int n, const char *text)
{
	struct record_row record = record_now();
	struct media_row rows[4];
	struct media_open open;
	struct buf got;
	size_t count;

	buf_init(&got, 1 << 20);
	assert_ok(media_list(world.vault->read.data, what.account, what.kind, what.id, rows, 4, &count, &err), &err);
	assert_true((size_t)n < count && count == (size_t)record.media);
	assert_ok(media_open(&world.vault->read, world.vault->blobs, &record, &rows[n], &open, &err), &err);
	assert_ok(stream_read(open.reader, 0, UINT64_MAX, take, &got, &err), &err);
	assert_int_equal(got.len, strlen(text));
	assert_memory_equal(got.data, text, got.len);
	assert_int_equal(rows[n].bytes, got.len);
	media_close(&open);
	buf_free(&got);
}

static void a_file_is_there_with_its_record_counted_and_told_of(void **state)
{
	struct period before = period_of(KIND_CALL, "2024-05-17T00:00:00Z"), after;

	(void)state;
	assert_ok(send(SOUND, strlen(SOUND)), &err);
	assert_true(made);
	what.n = 1;
	assert_ok(send("words", 5), &err);
	is_there(0, SOUND);
	is_there(1, "words");
	after = period_of(KIND_CALL, "2024-05-17T00:00:00Z");
	assert_int_equal(after.media, before.media + 2);
	assert_int_equal(after.media_bytes, before.media_bytes + (int64_t)strlen(SOUND) + 5);
	assert_int_equal(after.records, before.records);
}

static void sent_again_it_is_known_and_another_is_refused(void **state)
{
	(void)state;
	assert_ok(send(SOUND, strlen(SOUND)), &err);
	assert_ok(send(SOUND, strlen(SOUND)), &err);
	assert_false(made);
	assert_int_equal(send(SOUND, strlen(SOUND) - 1), ERR_EXISTS);
	assert_int_equal(send(SOUND "!", strlen(SOUND) + 1), ERR_EXISTS);
	assert_int_equal(send("QIFF....WAVEfmt and then all that sounds", strlen(SOUND)), ERR_EXISTS);
	is_there(0, SOUND);
	assert_int_equal(record_now().media, 1);
}

/* P53 */
static void one_that_breaks_off_leaves_nothing(void **state)
{
	uint64_t unsettled;

	(void)state;
	assert_ok(media_add_begin(view, &what, &add, &err), &err);
	assert_ok(media_add_write(add, SOUND, 20, &err), &err);
	media_add_free(add);
	add = NULL;
	assert_int_equal(record_now().media, 0);
	assert_ok(blob_unsettled(world.vault->blobs, &unsettled, &err), &err);
	assert_int_equal(unsettled, 0);
	assert_int_equal(send("", 0), ERR_INPUT);
	assert_int_equal(record_now().media, 0);
}

static void of_two_that_come_at_once_for_one_place_one_is_there(void **state)
{
	struct media_add *first, *second;
	struct vault *other;

	(void)state;
	assert_ok(vault_view(world.vault, &other, &err), &err);
	assert_ok(media_add_begin(view, &what, &first, &err), &err);
	assert_ok(media_add_begin(other, &what, &second, &err), &err);
	assert_ok(media_add_write(first, "first", 5, &err), &err);
	assert_ok(media_add_write(second, "second", 6, &err), &err);
	assert_ok(media_add_finish(second, &made, &err), &err);
	assert_int_equal(media_add_finish(first, &made, &err), ERR_EXISTS);
	assert_false(made);
	media_add_free(first);
	media_add_free(second);
	vault_close(other);
	is_there(0, "second");
}

static void files_are_counted_from_nought_and_sixteen_at_most(void **state)
{
	(void)state;
	what.n = 1;
	assert_int_equal(send("x", 1), ERR_INPUT);
	assert_non_null(strstr(err.mend, "the next one is 0"));
	what.n = INTAKE_MEDIA_MAX;
	assert_int_equal(send("x", 1), ERR_INPUT);
}

static void nothing_is_added_to_what_is_gone_or_whose_people_are_erased(void **state)
{
	(void)state;
	assert_ok(media_add_begin(view, &what, &add, &err), &err);
	assert_ok(media_add_write(add, SOUND, 20, &err), &err);
	erase("+4520000578", "2024-06-01T13:00:00Z");
	assert_int_not_equal(media_add_finish(add, &made, &err), OK);
	assert_false(made);
	media_add_free(add);
	add = NULL;
	assert_int_equal(send("x", 1), ERR_NOT_FOUND);
}

static void a_large_file_goes_in_large_segments(void **state)
{
	(void)state;
	assert_int_equal(mediafile_segment(1000), STREAM_SEGMENT_MIN);
	assert_int_equal(mediafile_segment(5000000), STREAM_SEGMENT_MAX);
	assert_int_equal(mediafile_segment(0), STREAM_SEGMENT_MAX);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_there_with_its_record_counted_and_told_of),
		TEST(sent_again_it_is_known_and_another_is_refused),
		TEST(one_that_breaks_off_leaves_nothing),
		TEST(of_two_that_come_at_once_for_one_place_one_is_there),
		TEST(files_are_counted_from_nought_and_sixteen_at_most),
		TEST(nothing_is_added_to_what_is_gone_or_whose_people_are_erased),
		TEST(a_large_file_goes_in_large_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
