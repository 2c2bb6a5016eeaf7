/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole files: the bundled samples, which are all taken, and tests/data/ugly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/file.h"
#include "ingest/asterisk.h"
#include "ingest/field.h"
#include "ingest/jsonl.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)
#define IDS_MAX 8

/* What became of a file's lines. */
struct tally {
	size_t taken, refused, doubtful, missing_media;
	char ids[IDS_MAX][120]; /* of the first ones taken */
	char payloads[IDS_MAX][1200];
};

static struct json_parser *parser;
static struct pool pool;
static struct intake in;
static struct err err;
static struct intake_context context = {.default_source = "import"};

static int set_up(void **state)
{
	(void)state;
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	assert_int_equal(json_parser_new(INTAKE_LINE_MAX, &parser, &err), OK);
	assert_int_equal(zone_open("Europe/Copenhagen", &context.zone, &err), OK);
	return crypto_init(&err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	json_parser_free(parser);
	zone_close(context.zone);
	pool_free(&pool);
	return 0;
}

static void count_media(struct tally *tally, const char *folder)
{
	struct stat st;
	char path[300];

	for (size_t i = 0; i < in.media_count; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, in.media[i].path);
		tally->missing_media += stat(path, &st) != 0 || st.st_size == 0;
	}
}

static void count(struct tally *tally, enum result result)
{
	if (result != OK) {
		tally->refused++;
		assert_true(err.what[0]);
		return;
	}
	if (tally->taken < IDS_MAX) {
		snprintf(tally->ids[tally->taken], sizeof tally->ids[0], "%s", in.source_id);
		snprintf(tally->payloads[tally->taken], sizeof tally->payloads[0], "%s", in.payload);
	}
	tally->taken++;
	tally->doubtful += in.doubtful_time;
	count_media(tally, "samples");
}

static struct buf open_file(const char *folder, const char *name)
{
	char path[200];
	struct buf buf;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	if (file_read(path, FILE_MAX, &buf, &err) != OK)
		fail_msg("%s: %s (the tests run in the project's folder)", path, err.what);
	return buf;
}

static struct tally read_lines(const char *folder, const char *name)
{
	struct buf buf = open_file(folder, name);
	struct tally tally = {0};

	for (size_t at = 0; at < buf.len;) {
		const char *end = memchr(buf.data + at, '\n', buf.len - at);
		size_t len = end ? (size_t)(end - buf.data) - at : buf.len - at;

		pool_reset(&pool);
		if (strspn(buf.data + at, " \r") < len)
			count(&tally, jsonl_read(parser, &context, buf.data + at, len, &pool, &in, &err));
		at += len + 1;
	}
	buf_free(&buf);
	return tally;
}

static struct tally read_rows(const char *folder, const char *name)
{
	struct buf buf = open_file(folder, name);
	struct asterisk_layout *layout;
	struct tally tally = {0};

	assert_int_equal(asterisk_layout_new(&layout, &err), OK);
	for (size_t at = 0, len; at < buf.len; at += len) {
		struct csv_row row;
		bool is_header = false;
		enum result result;

		len = csv_row_length(buf.data + at, buf.len - at, true);
		pool_reset(&pool);
		result = csv_split(buf.data + at, len, &pool, &row, &err);
		if (result == OK)
			result = asterisk_read(layout, &context, &row, &pool, &is_header, &in, &err);
		assert_false(is_header && result == OK);
		count(&tally, result);
	}
	asterisk_layout_free(layout);
	buf_free(&buf);
	return tally;
}

static void every_line_of_the_samples_is_taken(void **state)
{
	static const struct {
		const char *name;
		size_t lines;
	} files[] = {{"copenhagen-calls.jsonl", 1781}, {"copenhagen-sms.jsonl", 13437}, {"contacts.jsonl", 543},
		     {"recordings.jsonl", 12},	       {"transcripts.jsonl", 24},	{"chats.jsonl", 3},
		     {"notes.jsonl", 8},	       {"forms.jsonl", 8}};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct tally tally = read_lines("samples", files[i].name);

		if (tally.refused)
			fail_msg("%s: %zu refused, as: %s (%s)", files[i].name, tally.refused, err.what, err.where);
		assert_int_equal(tally.taken, files[i].lines);
		assert_int_equal(tally.missing_media, 0);
		assert_int_equal(tally.doubtful, 0);
	}
}

static void every_example_of_the_documentation_is_taken(void **state)
{
	struct buf buf = open_file("docs", "import.md");
	const char *line = strstr(buf.data, "```json\n");
	struct tally tally = {0};

	(void)state;
	assert_non_null(line);
	for (line += strlen("```json\n"); *line == '{'; line = strchr(line, '\n') + 1) {
		pool_reset(&pool);
		count(&tally, jsonl_read(parser, &context, line, strcspn(line, "\n"), &pool, &in, &err));
		if (tally.refused)
			fail_msg("%.*s: %s (%s)", (int)strcspn(line, "\n"), line, err.what, err.where);
	}
	assert_int_equal(tally.taken, KIND_LAST + 1); /* one of each type */
	buf_free(&buf);
}

static void every_row_of_the_sample_master_csv_is_taken(void **state)
{
	struct tally tally = read_rows("samples", "Master.csv");

	(void)state;
	assert_int_equal(tally.refused, 0);
	assert_int_equal(tally.taken, 300);
	assert_memory_equal(tally.ids[0], "1762124584.2/sha256:", 20);
	/* the very call that copenhagen-calls.jsonl begins with */
	assert_non_null(strstr(tally.payloads[0], "\"time\":\"2025-11-02T23:03:04Z\",\"from\":{\"phone\":\"+4520000300\""));
}

static void every_refused_line_is_refused(void **state)
{
	struct tally tally = read_lines("tests/data/ugly", "refused.jsonl");

	(void)state;
	if (tally.taken)
		fail_msg("taken: %s", tally.payloads[0]);
	assert_int_equal(tally.refused, 50);
	tally = read_rows("tests/data/ugly", "refused.csv");
	if (tally.taken)
		fail_msg("taken: %s", tally.payloads[0]);
	assert_int_equal(tally.refused, 14);
}

static void odd_line_ends_marks_and_empty_lines_change_nothing(void **state)
{
	static const char *const names[] = {"crlf", "bom", "empty"};
	static const char *const files[] = {"crlf.jsonl", "bom.jsonl", "empty-lines.jsonl"};
	char id[20];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct tally tally = read_lines("tests/data/ugly", files[i]);

		assert_int_equal(tally.taken, 2);
		assert_int_equal(tally.refused, 0);
		for (int n = 0; n < 2; n++) {
			snprintf(id, sizeof id, "%s-%d", names[i], n + 1);
			assert_string_equal(tally.ids[n], id);
			assert_int_equal(tally.payloads[n][0], '{');
			assert_null(strchr(tally.payloads[n], '\r'));
		}
	}
}

static void the_same_line_has_the_same_id(void **state)
{
	struct tally tally = read_lines("tests/data/ugly", "duplicates.jsonl");

	(void)state;
	assert_int_equal(tally.taken, 4);
	assert_string_equal(tally.ids[0], tally.ids[1]);
	assert_string_equal(tally.ids[2], tally.ids[3]);
	assert_string_not_equal(tally.ids[0], tally.ids[2]);
}

static void doubtful_times_are_taken_and_counted(void **state)
{
	struct tally tally = read_lines("tests/data/ugly", "doubtful-times.jsonl");

	(void)state;
	assert_int_equal(tally.taken, 4);
	assert_int_equal(tally.doubtful, 4);
}

static void a_row_is_the_same_in_latin_1_and_utf_8(void **state)
{
	struct tally tally = read_rows("tests/data/ugly", "latin1.csv");

	(void)state;
	assert_int_equal(tally.taken, 2);
	assert_string_equal(tally.ids[0], tally.ids[1]);
	assert_string_equal(tally.payloads[0], tally.payloads[1]);
}

static void a_quoted_field_may_hold_a_line_end(void **state)
{
	struct tally tally = read_rows("tests/data/ugly", "line-end-in-field.csv");

	(void)state;
	assert_int_equal(tally.taken, 2);
	assert_int_equal(tally.refused, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_line_of_the_samples_is_taken),
	    cmocka_unit_test(every_example_of_the_documentation_is_taken),
	    cmocka_unit_test(every_row_of_the_sample_master_csv_is_taken),
	    cmocka_unit_test(every_refused_line_is_refused),
	    cmocka_unit_test(odd_line_ends_marks_and_empty_lines_change_nothing),
	    cmocka_unit_test(the_same_line_has_the_same_id),
	    cmocka_unit_test(doubtful_times_are_taken_and_counted),
	    cmocka_unit_test(a_row_is_the_same_in_latin_1_and_utf_8),
	    cmocka_unit_test(a_quoted_field_may_hold_a_line_end),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
