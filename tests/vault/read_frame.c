/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/reading.h"

static const struct id vault_id = {{7, 7, 7}}, other_id = {{8}};

static void add(struct buf *out, struct id vault, uint64_t number, const char *body)
{
	const struct read_frame frame = {.number = number,
					 .leaf = {.account = 3, .at = {-5}, .term = LEAF_ACCESS, .body = body,
						  .body_len = strlen(body)}};

	read_frame_add(out, vault, &frame);
	assert_false(out->failed);
}

static int file_of(const char *first, size_t first_len, const char *second, size_t second_len)
{
	FILE *file = tmpfile();
	int fd;

	assert_non_null(file);
	fd = dup(fileno(file));
	fclose(file);
	assert_int_equal(pwrite(fd, first, first_len, 0), (ssize_t)first_len);
	assert_int_equal(pwrite(fd, second, second_len, (off_t)READ_HALF), (ssize_t)second_len);
	return fd;
}

static struct seen frames_from(const struct buf *first, const struct buf *second, uint64_t from)
{
	struct seen seen = {.count = 0};
	int fd = file_of(first->data, first->len, second->data, second->len);
	struct err err;

	assert_ok(read_frames(fd, vault_id, from, see, &seen, &err), &err);
	close(fd);
	return seen;
}

static void begin(struct buf *first, struct buf *second)
{
	buf_init(first, 65536);
	buf_init(second, 65536);
	add(first, vault_id, 5, "{\"n\":5}");
	add(first, vault_id, 6, "{}");
	add(first, vault_id, 9, "{\"n\":9}"); /* what was between could not be written */
	add(second, vault_id, 2, "{}");
	add(second, vault_id, 3, "{}");
}

static void a_frame_is_read_as_it_was_written(void **state)
{
	struct read_frame frame;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	add(&out, vault_id, UINT64_MAX, "{\"n\":1}");
	assert_int_equal(out.len, READ_FRAME_HEAD + 7);
	assert_true(read_frame_whole((unsigned char *)out.data, vault_id, &frame));
	assert_true(frame.number == UINT64_MAX);
	assert_int_equal(frame.leaf.account, 3);
	assert_int_equal(frame.leaf.at.ms, -5);
	assert_int_equal(frame.leaf.term, LEAF_ACCESS);
	assert_memory_equal(frame.leaf.body, "{\"n\":1}", 7);
	buf_free(&out);
}

static void a_frame_with_a_bit_changed_or_of_another_vault_is_none(void **state)
{
	struct read_frame frame;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	add(&out, vault_id, 1, "{\"n\":1}");
	assert_false(read_frame_whole((unsigned char *)out.data, other_id, &frame));
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		if (bit / 8 >= 16 && bit / 8 < 20)
			continue; /* the length: no test reads beyond the buffer */
		out.data[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(read_frame_whole((unsigned char *)out.data, vault_id, &frame));
		out.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_true(read_frame_whole((unsigned char *)out.data, vault_id, &frame));
	buf_free(&out);
}

static void frames_of_both_halves_come_in_order_from_where_one_wants(void **state)
{
	struct buf first, second;
	struct seen seen;

	(void)state;
	begin(&first, &second);
	seen = frames_from(&first, &second, 1);
	assert_int_equal(seen.count, 5);
	for (size_t i = 1; i < seen.count; i++)
		assert_true(seen.numbers[i] > seen.numbers[i - 1]);
	seen = frames_from(&first, &second, 6);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.numbers[0], 6);
	assert_int_equal(seen.numbers[1], 9);
	assert_int_equal(frames_from(&first, &second, 10).count, 0);
	buf_free(&first);
	buf_free(&second);
}

static void what_an_older_round_left_behind_the_newest_is_passed_over(void **state)
{
	struct buf first, second;
	struct seen seen;

	(void)state;
	begin(&first, &second);
	buf_reset(&second);
	add(&second, vault_id, 10, "{}");
	add(&second, vault_id, 3, "{}"); /* of the round before */
	add(&second, vault_id, 11, "{}");
	seen = frames_from(&first, &second, 9);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.numbers[0], 9);
	assert_int_equal(seen.numbers[1], 10);
	buf_free(&first);
	buf_free(&second);
}

static void a_torn_end_costs_what_is_torn_and_nothing_before_it(void **state)
{
	struct buf first, second;

	(void)state;
	begin(&first, &second);
	for (size_t whole = first.len; first.len > whole - READ_FRAME_HEAD - 7; first.len--) {
		if (first.len < whole)
			assert_int_equal(frames_from(&first, &second, 5).count, 2);
	}
	second.len = 0;
	assert_int_equal(frames_from(&first, &second, 1).count, 2);
	first.len = 0;
	assert_int_equal(frames_from(&first, &second, 1).count, 0);
	buf_free(&first);
	buf_free(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_read_as_it_was_written),
		cmocka_unit_test(a_frame_with_a_bit_changed_or_of_another_vault_is_none),
		cmocka_unit_test(frames_of_both_halves_come_in_order_from_where_one_wants),
		cmocka_unit_test(what_an_older_round_left_behind_the_newest_is_passed_over),
		cmocka_unit_test(a_torn_end_costs_what_is_torn_and_nothing_before_it),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
