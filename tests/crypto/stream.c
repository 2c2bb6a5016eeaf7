/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/ready.h"
#include "crypto/stream.h"
#include "crypto/stream-vectors.h"

#define AAD "account 1/media 1"

/* Bytes in memory, as sink and as source. `limit`: the sink fails beyond it. */
struct memory {
	unsigned char *data;
	size_t len, cap, limit;
	int calls;
};

static enum result keep(void *arg, const void *data, size_t len, struct err *err)
{
	struct memory *m = arg;

	m->calls++;
	if (m->limit > 0 && m->len + len > m->limit)
		return err_set(err, ERR_FULL, "the disk is full");
	if (m->len + len > m->cap) {
		m->cap = (m->len + len) * 2;
		m->data = realloc(m->data, m->cap);
		assert_non_null(m->data);
	}
	memcpy(m->data + m->len, data, len);
	m->len += len;
	return OK;
}

static enum result fetch(void *arg, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct memory *m = arg;

	if (offset > m->len || len > m->len - offset)
		return err_set(err, ERR_IO, "the file is shorter than it was");
	memcpy(out, m->data + offset, len);
	return OK;
}

static unsigned char pattern_at(size_t i)
{
	return (unsigned char)(i * 7 + i / 251);
}

static unsigned char *pattern(size_t len)
{
	unsigned char *data = malloc(len + 1);

	assert_non_null(data);
	for (size_t i = 0; i < len; i++)
		data[i] = pattern_at(i);
	return data;
}

static struct key test_key(void)
{
	struct key key;

	for (size_t i = 0; i < KEY_LEN; i++)
		key.bytes[i] = (unsigned char)i;
	return key;
}

/* Seals `len` bytes of the pattern, written in pieces of `step`. */
static struct memory seal(size_t segment, size_t len, size_t step)
{
	struct memory out = {0};
	struct key key = test_key();
	unsigned char *plain = pattern(len);
	struct stream_writer *w;
	struct err err;

	assert_int_equal(stream_writer_new(&key, AAD, sizeof AAD - 1, segment, keep, &out, &w, &err), OK);
	for (size_t at = 0; at < len; at += step)
		assert_int_equal(stream_write(w, plain + at, len - at < step ? len - at : step, &err), OK);
	assert_int_equal(stream_finish(w, &err), OK);
	stream_writer_free(w);
	free(plain);
	return out;
}

/* Opens all of it; what was released goes to `out`. */
static enum result open_all(const struct memory *sealed, size_t segment, const char *aad, struct memory *out,
			    struct err *err)
{
	struct key key = test_key();
	struct memory source = *sealed;
	struct stream_reader *r;
	enum result rc;

	*out = (struct memory){0};
	rc = stream_reader_new(&key, aad, strlen(aad), segment, source.len, fetch, &source, &r, err);
	if (rc != OK)
		return rc;
	rc = stream_read(r, 0, UINT64_MAX, keep, out, err);
	stream_reader_free(r);
	return rc;
}

/* What was released before a failure must be a true beginning of the plaintext. */
static void assert_true_prefix(const struct memory *got)
{
	for (size_t i = 0; i < got->len; i++)
		assert_int_equal(got->data[i], pattern_at(i));
}

static void assert_refused(const struct memory *sealed, size_t segment, size_t released)
{
	struct memory got;
	struct err err;

	assert_int_equal(open_all(sealed, segment, AAD, &got, &err), ERR_CORRUPT);
	assert_int_equal(got.len, released);
	assert_true_prefix(&got);
	free(got.data);
}

/* P17 */
static void streams_made_by_the_specification_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof small_vectors / sizeof *small_vectors; i++) {
		struct memory sealed = {.len = small_vectors[i].len}, got;
		struct err err;

		sealed.data = malloc(sealed.len);
		assert_non_null(sealed.data);
		memcpy(sealed.data, small_vectors[i].sealed, sealed.len);
		assert_int_equal(stream_sealed_size(small_vectors[i].plain, small_vectors[i].segment), sealed.len);
		assert_int_equal(open_all(&sealed, small_vectors[i].segment, vector_aad, &got, &err), OK);
		assert_int_equal(got.len, small_vectors[i].plain);
		assert_true_prefix(&got);
		free(sealed.data);
		free(got.data);
	}
}

static void what_is_sealed_opens_whatever_its_length_and_however_it_is_written(void **state)
{
	static const size_t steps[] = {1, 7, 72, 112, 1000};

	(void)state;
	for (size_t len = 0; len <= 72 + 3 * 112 + 1; len++) {
		for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
			struct memory sealed = seal(128, len, steps[s]), got;
			struct err err;
			uint64_t plain;

			assert_int_equal(sealed.len, stream_sealed_size(len, 128));
			assert_int_equal(stream_plain_size(sealed.len, 128, &plain, &err), OK);
			assert_int_equal(plain, len);
			assert_int_equal(open_all(&sealed, 128, AAD, &got, &err), OK);
			assert_int_equal(got.len, len);
			assert_true_prefix(&got);
			free(sealed.data);
			free(got.data);
		}
	}
}

static void the_real_segment_sizes_work(void **state)
{
	static const size_t segments[] = {STREAM_SEGMENT_MIN, STREAM_SEGMENT_MAX};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct memory sealed = seal(segments[i], 2500000, 100000), got;
		struct err err;

		assert_int_equal(open_all(&sealed, segments[i], AAD, &got, &err), OK);
		assert_int_equal(got.len, 2500000);
		assert_true_prefix(&got);
		free(sealed.data);
		free(got.data);
	}
}

static void sizes_that_no_stream_has_are_refused(void **state)
{
	uint64_t plain, valid = 0;
	struct err err;

	(void)state;
	for (uint64_t sealed = 0; sealed < 1000; sealed++) {
		enum result rc = stream_plain_size(sealed, 128, &plain, &err);
		bool possible = sealed == 56 || (sealed > 56 && (sealed % 128 == 0 || sealed % 128 > TAG_LEN));

		assert_int_equal(rc, possible ? OK : ERR_CORRUPT);
		assert_true(rc != OK || plain == valid);
		valid += rc == OK;
	}
	assert_int_equal(stream_plain_size(58, 57, &plain, &err), ERR_CORRUPT);
	assert_int_equal(stream_plain_size(UINT64_MAX, 128, &plain, &err), ERR_CORRUPT);
	assert_int_equal(stream_plain_size(((uint64_t)1 << 32) * 128 + 100, 128, &plain, &err), ERR_CORRUPT);
}

static void segment_sizes_out_of_bounds_are_refused(void **state)
{
	static const size_t bad[] = {0, 16, 56, STREAM_SEGMENT_MAX + 1, SIZE_MAX};
	struct key key = test_key();
	struct memory m = {0};
	struct stream_writer *w;
	struct stream_reader *r;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(stream_writer_new(&key, "", 0, bad[i], keep, &m, &w, &err), ERR_INPUT);
		assert_int_equal(stream_reader_new(&key, "", 0, bad[i], 100, fetch, &m, &r, &err), ERR_INPUT);
	}
}

static void any_range_can_be_read(void **state)
{
	/* One before, at and after every border: segments end at 72, 184, 296 and the end, 350. */
	static const uint64_t marks[] = {0, 1, 71, 72, 73, 183, 184, 185, 295, 296, 297, 349, 350, 351, 1000};
	struct memory sealed = seal(128, 350, 350);
	struct key key = test_key();
	struct stream_reader *r;
	struct err err;

	(void)state;
	assert_int_equal(stream_reader_new(&key, AAD, sizeof AAD - 1, 128, sealed.len, fetch, &sealed, &r, &err), OK);
	assert_int_equal(stream_reader_size(r), 350);
	for (size_t a = 0; a < sizeof marks / sizeof *marks; a++) {
		for (size_t b = a; b < sizeof marks / sizeof *marks; b++) {
			uint64_t from = marks[a] < 350 ? marks[a] : 350, to = marks[b] < 350 ? marks[b] : 350;
			struct memory got = {0};

			assert_int_equal(stream_read(r, marks[a], marks[b] - marks[a], keep, &got, &err), OK);
			assert_int_equal(got.len, to - from);
			for (size_t i = 0; i < got.len; i++)
				assert_int_equal(got.data[i], pattern_at(from + i));
			free(got.data);
		}
	}
	stream_reader_free(r);
	free(sealed.data);
}

static void small_reads_in_one_segment_open_it_once(void **state)
{
	struct memory sealed = seal(128, 350, 350), got = {0};
	struct key key = test_key();
	struct stream_reader *r;
	struct err err;

	(void)state;
	assert_int_equal(stream_reader_new(&key, AAD, sizeof AAD - 1, 128, sealed.len, fetch, &sealed, &r, &err), OK);
	assert_int_equal(stream_read(r, 0, 10, keep, &got, &err), OK);
	memset(sealed.data, 0, sealed.len); /* the rest of segment 0 is held; segment 1 is not */
	assert_int_equal(stream_read(r, 10, 62, keep, &got, &err), OK);
	assert_int_equal(got.len, 72);
	assert_true_prefix(&got);
	assert_int_equal(stream_read(r, 72, 1, keep, &got, &err), ERR_CORRUPT);
	assert_int_equal(stream_read(r, 0, 1, keep, &got, &err), ERR_CORRUPT); /* and nothing stale is given */
	assert_int_equal(got.len, 72);
	stream_reader_free(r);
	free(got.data);
	free(sealed.data);
}

/* P16 */
static void a_flipped_bit_stops_before_its_segment(void **state)
{
	struct memory sealed = seal(128, 350, 350);

	(void)state;
	for (size_t i = 0; i < sealed.len; i++) {
		/* Header and segment 0 release nothing; segment n releases what is before it. */
		size_t released = i < 128 ? 0 : 72 + (i / 128 - 1) * 112;

		sealed.data[i] ^= (unsigned char)(1u << i % 8);
		assert_refused(&sealed, 128, released);
		sealed.data[i] ^= (unsigned char)(1u << i % 8);
	}
	free(sealed.data);
}

static void every_truncation_is_refused_also_at_segment_borders(void **state)
{
	struct memory sealed = seal(128, 350, 350);
	size_t whole = sealed.len;

	(void)state;
	for (size_t len = 0; len < whole; len++) {
		struct memory got;
		struct err err;

		sealed.len = len;
		assert_int_equal(open_all(&sealed, 128, AAD, &got, &err), ERR_CORRUPT);
		assert_true(got.len < 350);
		assert_true_prefix(&got);
		free(got.data);
	}
	/* At a border the segment that is last now was not sealed as the last. */
	sealed.len = 256;
	assert_refused(&sealed, 128, 72);
	sealed.len = 128;
	assert_refused(&sealed, 128, 0);
	free(sealed.data);
}

static void bytes_after_the_end_are_refused(void **state)
{
	struct memory sealed = seal(128, 72, 72); /* exactly one full segment */
	struct err err;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct memory got;

		assert_int_equal(keep(&sealed, "", 1, &err), OK);
		assert_int_equal(open_all(&sealed, 128, AAD, &got, &err), ERR_CORRUPT);
		assert_int_equal(got.len, 0);
		free(got.data);
	}
	free(sealed.data);
}

static void swapped_segments_are_refused(void **state)
{
	struct memory sealed = seal(128, 72 + 4 * 112, 1000);
	unsigned char second[128];

	(void)state;
	memcpy(second, sealed.data + 128, 128);
	memcpy(sealed.data + 128, sealed.data + 256, 128);
	memcpy(sealed.data + 256, second, 128);
	assert_refused(&sealed, 128, 72);
	free(sealed.data);
}

static void a_segment_of_another_stream_is_refused(void **state)
{
	struct memory one = seal(128, 350, 350), two = seal(128, 350, 350);

	(void)state;
	assert_memory_not_equal(one.data, two.data, one.len);
	memcpy(one.data + 128, two.data + 128, 128);
	assert_refused(&one, 128, 72);
	free(one.data);
	free(two.data);
}

static void another_aad_key_or_segment_size_is_refused(void **state)
{
	struct memory sealed = seal(128, 350, 350), got;
	struct key key = test_key();
	struct stream_reader *r;
	struct err err;

	(void)state;
	assert_int_equal(open_all(&sealed, 128, "account 2/media 1", &got, &err), ERR_CORRUPT);
	assert_int_equal(got.len, 0);
	assert_int_equal(open_all(&sealed, 128, "", &got, &err), ERR_CORRUPT);
	assert_refused(&sealed, 130, 0);
	key.bytes[0] ^= 1;
	assert_int_equal(stream_reader_new(&key, AAD, sizeof AAD - 1, 128, sealed.len, fetch, &sealed, &r, &err), OK);
	assert_int_equal(stream_read(r, 0, 1, keep, &got, &err), ERR_CORRUPT);
	assert_int_equal(got.len, 0);
	stream_reader_free(r);
	free(sealed.data);
}

static void a_stream_of_nothing_still_has_to_be_true(void **state)
{
	struct memory sealed = seal(128, 0, 1), got;
	struct err err;

	(void)state;
	assert_int_equal(sealed.len, 56);
	assert_int_equal(open_all(&sealed, 128, AAD, &got, &err), OK);
	assert_int_equal(got.calls, 0);
	sealed.data[50] ^= 1;
	assert_refused(&sealed, 128, 0);
	free(sealed.data);
}

static void a_full_sink_stops_the_writer_for_good(void **state)
{
	struct memory out = {.limit = 200};
	struct key key = test_key();
	unsigned char *plain = pattern(500);
	struct stream_writer *w;
	struct err err;

	(void)state;
	assert_int_equal(stream_writer_new(&key, "", 0, 128, keep, &out, &w, &err), OK);
	assert_int_equal(stream_write(w, plain, 500, &err), ERR_FULL);
	assert_string_equal(err.what, "the disk is full");
	assert_int_equal(stream_write(w, plain, 1, &err), ERR_INTERNAL);
	assert_int_equal(stream_finish(w, &err), ERR_INTERNAL);
	assert_int_equal(out.len, 128);
	stream_writer_free(w);
	free(plain);
	free(out.data);
}

static void a_finished_writer_takes_no_more(void **state)
{
	struct memory out = {0};
	struct key key = test_key();
	struct stream_writer *w;
	struct err err;

	(void)state;
	assert_int_equal(stream_writer_new(&key, "", 0, 128, keep, &out, &w, &err), OK);
	assert_int_equal(out.calls, 0); /* nothing before the first output */
	assert_int_equal(stream_write(w, NULL, 0, &err), OK);
	assert_int_equal(stream_finish(w, &err), OK);
	assert_int_equal(stream_finish(w, &err), ERR_INTERNAL);
	assert_int_equal(stream_write(w, "x", 1, &err), ERR_INTERNAL);
	assert_int_equal(out.len, 56);
	stream_writer_free(w);
	stream_writer_free(NULL);
	stream_reader_free(NULL);
	free(out.data);
}

static void failures_of_source_and_sink_are_passed_on(void **state)
{
	struct memory sealed = seal(128, 350, 350), got = {.limit = 100};
	struct key key = test_key();
	struct stream_reader *r;
	struct err err;

	(void)state;
	assert_int_equal(stream_reader_new(&key, AAD, sizeof AAD - 1, 128, sealed.len, fetch, &sealed, &r, &err), OK);
	assert_int_equal(stream_read(r, 0, 350, keep, &got, &err), ERR_FULL);
	assert_int_equal(got.len, 72);
	sealed.len = 200; /* the file was cut after it was opened */
	assert_int_equal(stream_read(r, 300, 10, keep, &got, &err), ERR_IO);
	stream_reader_free(r);
	sealed.len = 10;
	assert_int_equal(stream_reader_new(&key, AAD, sizeof AAD - 1, 128, 300, fetch, &sealed, &r, &err), ERR_IO);
	free(sealed.data);
	free(got.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(streams_made_by_the_specification_open),
	    cmocka_unit_test(what_is_sealed_opens_whatever_its_length_and_however_it_is_written),
	    cmocka_unit_test(the_real_segment_sizes_work),
	    cmocka_unit_test(sizes_that_no_stream_has_are_refused),
	    cmocka_unit_test(segment_sizes_out_of_bounds_are_refused),
	    cmocka_unit_test(any_range_can_be_read),
	    cmocka_unit_test(small_reads_in_one_segment_open_it_once),
	    cmocka_unit_test(a_flipped_bit_stops_before_its_segment),
	    cmocka_unit_test(every_truncation_is_refused_also_at_segment_borders),
	    cmocka_unit_test(bytes_after_the_end_are_refused),
	    cmocka_unit_test(swapped_segments_are_refused),
	    cmocka_unit_test(a_segment_of_another_stream_is_refused),
	    cmocka_unit_test(another_aad_key_or_segment_size_is_refused),
	    cmocka_unit_test(a_stream_of_nothing_still_has_to_be_true),
	    cmocka_unit_test(a_full_sink_stops_the_writer_for_good),
	    cmocka_unit_test(a_finished_writer_takes_no_more),
	    cmocka_unit_test(failures_of_source_and_sink_are_passed_on),
	};

	return cmocka_run_group_tests(tests, crypto_ready, NULL);
}
