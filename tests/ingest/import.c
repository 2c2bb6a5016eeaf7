/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files: bad lines, rejects, formats, batches, interruptions.
 */
#include "ingest/taking.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "store/event.h"

/* ---- bad lines ---- */

/* P20 */
static void bad_lines_are_kept_with_their_reasons_and_can_be_imported_again(void **state)
{
	struct stat st;
	const char *text;

	(void)state;
	take_in(CALL("1", "") "{\"type\":\"cal\"}\n" CALL("2", ",\"duration\":-1") CALL("3", "") "not json");
	assert_int_equal(result.lines, 5);
	assert_int_equal(result.rejected, 3);
	assert_int_equal(result.records[KIND_CALL], 2);
	assert_string_equal(result.rejects, "in.jsonl.rejects");
	assert_string_equal(content_of("in.jsonl.rejects"), "{\"type\":\"cal\"}\n" CALL("2", ",\"duration\":-1") "not json\n");
	text = content_of("in.jsonl.rejects.txt");
	assert_non_null(strstr(text, "line 2, field 'type': unknown type 'cal'; did you mean 'call'?"));
	assert_non_null(strstr(text, "line 3, field 'duration': "));
	assert_non_null(strstr(text, "line 5: "));
	assert_int_equal(stat("in.jsonl.rejects", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat("in.jsonl.rejects.txt", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	put_file("in.jsonl.rejects", CALL("2", ""));
	assert_ok(import("in.jsonl.rejects"), &err);
	assert_int_equal(result.records[KIND_CALL], 1);
}

static void rejects_never_overwrite_a_file(void **state)
{
	(void)state;
	put_file("in.jsonl.rejects", "mended already\n");
	take_in("bad\n");
	assert_string_equal(result.rejects, "in.jsonl.rejects.2");
	assert_string_equal(content_of("in.jsonl.rejects"), "mended already\n");
	options.rejects = "in.jsonl.rejects";
	assert_int_equal(import("in.jsonl"), ERR_EXISTS);
	options.rejects = "mine";
	put_file("mine.txt", "");
	assert_int_equal(import("in.jsonl"), ERR_EXISTS);
	options.rejects = "other";
	assert_ok(import("in.jsonl"), &err);
	assert_string_equal(content_of("other"), "bad\n");
}

static void rejects_that_cannot_be_written_end_the_import(void **state)
{
	(void)state;
	put_file("in.jsonl", "bad\n");
	options.rejects = "no/such/folder";
	assert_int_equal(import("in.jsonl"), ERR_IO);
	assert_non_null(strstr(err.mend, "--rejects"));
}

static void one_rejects_file_does_not_serve_two_imports(void **state)
{
	const char *paths[] = {"a.jsonl", "b.jsonl"};

	(void)state;
	options.rejects = "mine";
	assert_int_equal(import_files(world.vault, &options, paths, 2, &result, &err), ERR_INPUT);
}

static void several_files_each_have_their_rejects(void **state)
{
	const char *paths[] = {"a.jsonl", "b.jsonl"};

	(void)state;
	put_file("a.jsonl", CALL("1", "") "bad\n");
	put_file("b.jsonl", CALL("2", "") "worse\n");
	assert_ok(import_files(world.vault, &options, paths, 2, &result, &err), &err);
	assert_int_equal(result.records[KIND_CALL], 2);
	assert_int_equal(result.rejects_files, 2);
	assert_string_equal(content_of("a.jsonl.rejects"), "bad\n");
	assert_string_equal(content_of("b.jsonl.rejects"), "worse\n");
}

static void a_line_too_long_is_rejected_whole_and_the_next_one_read(void **state)
{
	size_t len = INTAKE_LINE_MAX * 3, call = strlen(CALL("1", ""));
	char *text = malloc(len + 1 + call);
	const char *kept;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\n';
	memcpy(text + len + 1, CALL("1", ""), call);
	put_bytes("in.jsonl", text, len + 1 + call);
	assert_ok(import("in.jsonl"), &err);
	assert_int_equal(result.rejected, 1);
	assert_int_equal(result.lines, 2);
	assert_int_equal(result.records[KIND_CALL], 1);
	kept = content_of("in.jsonl.rejects");
	assert_int_equal(strlen(kept), len + 1);
	assert_memory_equal(kept, text, len + 1);
	free(text);
}

static void line_ends_of_windows_byte_order_marks_and_blank_lines_are_taken(void **state)
{
	(void)state;
	put_file("in.jsonl", "\xef\xbb\xbf"
			     "{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\"}\r\n"
			     "\r\n"
			     "{\"type\":\"call\",\"id\":\"2\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\"}");
	assert_ok(import("in.jsonl"), &err);
	assert_int_equal(result.lines, 2);
	assert_int_equal(result.records[KIND_CALL], 2);
	assert_int_equal(result.rejected, 0);
}

static void a_byte_order_mark_before_a_blank_line_is_as_blank(void **state)
{
	(void)state;
	put_file("in.jsonl", "\xef\xbb\xbf\r\n" CALL("1", ""));
	assert_ok(import("in.jsonl"), &err);
	assert_int_equal(result.lines, 1);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.rejected, 0);
}

static void strict_ends_at_the_first_bad_line_with_nothing_of_its_batch(void **state)
{
	(void)state;
	options.strict = true;
	put_file("in.jsonl", CALL("1", "") CALL("2", ",\"durtion\":1"));
	assert_int_equal(import("in.jsonl"), ERR_INPUT);
	assert_string_equal(err.where, "in.jsonl:2: field 'durtion'");
	assert_int_equal(result.records[KIND_CALL], 0);
	assert_int_equal(count_rows("party"), 0);
	assert_false(file_exists("in.jsonl.rejects"));
}

static void a_file_that_is_not_there_or_a_folder_says_so(void **state)
{
	(void)state;
	assert_int_equal(import("nowhere.jsonl"), ERR_NOT_FOUND);
	assert_string_equal(err.where, "nowhere.jsonl");
	assert_int_equal(import("."), ERR_INPUT);
}

/* ---- asterisk ---- */

#define ROW(src, seq) \
	"\"\",\"" src "\",\"+4520000300\",\"ctx\",\"" src "\",\"a\",\"b\",\"Dial\",\"x\",\"2024-05-17 16:03:00\"," \
	"\"2024-05-17 16:03:01\",\"2024-05-17 16:03:09\",9,8,\"ANSWERED\",\"DOCUMENTATION\",\"1715954580." seq "\",\"\"\n"

static void master_csv_is_read_in_its_time_zone(void **state)
{
	struct record_row rows[4];

	(void)state;
	assert_ok(zone_open("Europe/Copenhagen", &options.zone, &err), &err);
	put_file("Master.csv", ROW("+4520000578", "1") ROW("+4520000579", "2"));
	assert_ok(import("Master.csv"), &err);
	assert_int_equal(result.records[KIND_CALL], 2);
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 4), 2);
	assert_int_equal(id_time(rows[0].id).ms, world_time("2024-05-17T14:03:00Z").ms);
	zone_close(options.zone);
}

static void a_stray_quote_costs_its_own_row_only(void **state)
{
	(void)state;
	assert_ok(zone_open("UTC", &options.zone, &err), &err);
	put_file("Master.csv", ROW("+4520000578", "1") "\"stray,1,2\n" ROW("+4520000579", "2") ROW("+4520000580", "3"));
	assert_ok(import("Master.csv"), &err);
	assert_int_equal(result.records[KIND_CALL], 3);
	assert_int_equal(result.rejected, 1);
	assert_non_null(strstr(told, "Master.csv:2: "));
	assert_string_equal(content_of("Master.csv.rejects"), "\"stray,1,2\n");
	zone_close(options.zone);
}

static void a_later_time_makes_another_record_and_one_in_the_future_none(void **state)
{
	(void)state;
	take_in("{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-06-02T12:00:00Z\",\"from\":\"+4520000578\"}\n"
		"{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-06-01T12:00:00Z\",\"from\":\"+4520000578\"}\n"
		"{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-06-02T12:00:01Z\",\"from\":\"+4520000578\"}\n");
	assert_int_equal(result.records[KIND_CALL], 2);
	assert_int_equal(result.rejected, 1);
	assert_non_null(strstr(told, "in.jsonl:3: field 'time': the time '2024-06-02T12:00:01Z' is in the future: is --tz right?"));
}

static void rows_of_the_future_are_rejected(void **state)
{
	(void)state;
	assert_ok(zone_open("UTC", &options.zone, &err), &err);
	put_file("cdr.csv", "src,dst,start,duration,disposition\n"
			    "+4520000578,+4520000300,2034-05-17 10:00:00,5,ANSWERED\n");
	assert_ok(import("cdr.csv"), &err);
	assert_int_equal(result.rejected, 1);
	assert_non_null(strstr(told, "cdr.csv:2: column 'start': the time '2034-05-17 10:00:00' is in the future"));
	zone_close(options.zone);
}

/* The first file is closed when the batch with its rows is stored. */
static void rows_with_other_content_are_kept_as_they_came_behind_those_rejected(void **state)
{
	static const char header[] = "src,dst,start,duration,disposition,uniqueid,sequence\n";
	const char *paths[] = {"a.csv", "b.csv"};
	char text[400];

	(void)state;
	assert_ok(zone_open("UTC", &options.zone, &err), &err);
	snprintf(text, sizeof text, "%s+4520000578,+4520000300,2024-05-17 10:00:00,5,ANSWERED,1715940000.1,1\n", header);
	put_file("a.csv", text);
	assert_ok(import("a.csv"), &err);
	snprintf(text, sizeof text, "%s+4520000578,+4520000300,yesterday,5,ANSWERED,1715940000.2,2\n"
		 "+4520000578,+4520000300,2024-05-17 10:00:00,6,ANSWERED,1715940000.1,1\n", header);
	put_file("a.csv", text);
	snprintf(text, sizeof text, "%s+4520000578,+4520000300,2024-05-17 10:00:00,7,ANSWERED,1715940000.1,1\n", header);
	put_file("b.csv", text);
	assert_ok(import_files(world.vault, &options, paths, 2, &result, &err), &err);
	assert_int_equal(result.rejected, 1);
	assert_int_equal(result.differs, 2);
	assert_int_equal(result.rejects_files, 2);
	assert_string_equal(content_of("a.csv.rejects"),
			    "src,dst,start,duration,disposition,uniqueid,sequence\n"
			    "+4520000578,+4520000300,yesterday,5,ANSWERED,1715940000.2,2\n"
			    "+4520000578,+4520000300,2024-05-17 10:00:00,6,ANSWERED,1715940000.1,1\n");
	assert_non_null(strstr(content_of("a.csv.rejects.txt"), "line 3: a record of this source"));
	assert_string_equal(content_of("b.csv.rejects"), text);
	zone_close(options.zone);
}

static void a_file_in_utf_16_is_refused_whole(void **state)
{
	(void)state;
	put_bytes("in.jsonl", "\xff\xfe{\0}\0\n\0", 8);
	assert_int_equal(import("in.jsonl"), ERR_INPUT);
	assert_non_null(strstr(err.what, "UTF-16"));
	assert_non_null(strstr(err.mend, "iconv -f UTF-16 -t UTF-8"));
	put_bytes("in.jsonl", "\xfe\xff\0{\0}\0\n", 8);
	assert_int_equal(import("in.jsonl"), ERR_INPUT);
}

static void a_row_too_long_is_told_otherwise_than_a_line(void **state)
{
	size_t len = INTAKE_LINE_MAX + 200000;
	char *text = test_malloc(len + 1);

	(void)state;
	memset(text, 'x', len);
	text[len] = '\0';
	put_file("Master.csv", text);
	test_free(text);
	assert_ok(import("Master.csv"), &err);
	assert_int_equal(result.rejected, 1);
	assert_non_null(strstr(told, "no call detail record is"));
}

static void rejected_rows_of_a_table_keep_its_header(void **state)
{
	(void)state;
	assert_ok(zone_open("UTC", &options.zone, &err), &err);
	put_file("cdr.csv", "src,dst,start,duration,disposition\n"
			    "+4520000578,+4520000300,2024-05-17 10:00:00,5,ANSWERED\n"
			    "+4520000578,+4520000300,yesterday,5,ANSWERED\n");
	assert_ok(import("cdr.csv"), &err);
	assert_int_equal(result.lines, 2);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_string_equal(content_of("cdr.csv.rejects"), "src,dst,start,duration,disposition\n"
							   "+4520000578,+4520000300,yesterday,5,ANSWERED\n");
	zone_close(options.zone);
}

static void doubtful_times_are_counted(void **state)
{
	(void)state;
	assert_ok(zone_open("Europe/Copenhagen", &options.zone, &err), &err);
	take_in("{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-03-31 02:30:00\",\"from\":\"+4520000578\"}\n");
	assert_int_equal(result.doubtful_times, 1);
	zone_close(options.zone);
}

static void formats_are_known_by_name(void **state)
{
	enum import_format format;

	(void)state;
	assert_true(import_format_parse("jsonl", &format));
	assert_int_equal(format, IMPORT_JSONL);
	assert_true(import_format_parse("asterisk-csv", &format));
	assert_int_equal(format, IMPORT_ASTERISK);
	assert_false(import_format_parse("xml", &format));
}

/* ---- many ---- */

#define MANY 25000 /* three batches */

static void put_many(const char *path, int count, int bad_at)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (int i = 0; i < count; i++) {
		if (i == bad_at)
			fputs("bad\n", file);
		fprintf(file, "{\"type\":\"call\",\"id\":\"%d\",\"time\":\"2024-05-%02dT14:%02d:00Z\",\"from\":\"+4520%06d\","
			      "\"to\":\"+4530%06d\",\"duration\":%d}\n",
			i, 1 + i % 28, i % 60, i % 997, i % 499, i % 100);
	}
	assert_int_equal(fclose(file), 0);
}

static void many_records_come_in_batches_and_every_count_agrees(void **state)
{
	int64_t records = 0;

	(void)state;
	put_many("in.jsonl", MANY, -1);
	assert_ok(import("in.jsonl"), &err);
	assert_int_equal(result.records[KIND_CALL], MANY);
	assert_int_equal(result.identities, 997 + 499);
	assert_int_equal(count_rows("party"), 2 * MANY);
	for (int day = 1; day <= 28; day++) {
		int64_t all, held;
		struct date date = date_from_civil(2024, 5, day);
		struct period period;

		assert_ok(record_count_day(world.vault->read.data, world.account.number, KIND_CALL, date, PART_ALL, &all, &held,
					   &err),
			  &err);
		assert_ok(period_get(world.vault->read.data, world.account.number, KIND_CALL, date, &period, &err), &err);
		assert_int_equal(period.records, all);
		records += all;
	}
	assert_int_equal(records, MANY);
	assert_ok(import("in.jsonl"), &err);
	assert_int_equal(result.duplicates, MANY);
	assert_int_equal(count_rows("party"), 2 * MANY);
}

/* P19 */
static void an_interrupted_import_is_whole_and_goes_on_when_run_again(void **state)
{
	int64_t first;

	(void)state;
	put_many("in.jsonl", MANY, -1);
	stop_after = 12345;
	assert_int_equal(import("in.jsonl"), ERR_INTERRUPTED);
	first = result.records[KIND_CALL];
	assert_int_equal(first, 12344);
	assert_int_equal(count_rows("party"), 2 * first);
	assert_ok(import("in.jsonl"), &err);
	assert_int_equal(result.duplicates, first);
	assert_int_equal(result.records[KIND_CALL], MANY - first);
}

static void strict_keeps_the_batches_before_the_bad_line(void **state)
{
	(void)state;
	options.strict = true;
	put_many("in.jsonl", MANY, 15000);
	assert_int_equal(import("in.jsonl"), ERR_INPUT);
	assert_string_equal(err.where, "in.jsonl:15001");
	assert_int_equal(result.records[KIND_CALL], 10000);
	assert_int_equal(count_rows("party"), 20000);
}

/* No file may grow beyond this: what a full disk does to the databases. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* P19 */
static void a_batch_that_cannot_be_written_is_not_there_and_the_rest_follows_later(void **state)
{
	int64_t first;

	(void)state;
	put_many("in.jsonl", MANY, -1);
	signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)9 * 1024 * 1024);
	assert_int_not_equal(import("in.jsonl"), OK);
	assert_true(err.what[0] != '\0');
	limit_files(RLIM_INFINITY);
	first = result.records[KIND_CALL];
	assert_in_range(first, 0, MANY - 1);
	assert_int_equal(first % 10000, 0);
	world_reopen(&world);
	assert_int_equal(count_rows("party"), 2 * first);
	assert_ok(import("in.jsonl"), &err);
	assert_int_equal(result.duplicates, first);
	assert_int_equal(result.records[KIND_CALL], MANY - first);
	assert_int_equal(count_rows("party"), 2 * MANY);
}

static uint64_t last_done, last_total;

static void note_progress(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	assert_true(done > last_done);
	last_done = done;
	last_total = total;
}

static void progress_grows_towards_the_size_of_the_file(void **state)
{
	struct stat st;

	(void)state;
	options.progress = note_progress;
	put_many("in.jsonl", MANY, -1);
	assert_int_equal(stat("in.jsonl", &st), 0);
	assert_ok(import("in.jsonl"), &err);
	assert_int_equal(last_total, st.st_size);
	assert_in_range(last_done, 1, st.st_size);
	assert_int_equal(result.input_bytes, st.st_size);
}

/* ---- P48: what others are told ---- */

static size_t told_of(enum event_type type)
{
	struct event_row rows[32];
	size_t count, found = 0;

	assert_ok(event_list(world.vault->read.data, world.account.number, 0, -1, &world.pool, rows, 32, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		found += rows[i].type == type ? rows[i].ids_len / 17 : 0;
	return found;
}

static void what_is_new_or_changed_is_told_of_once(void **state)
{
	(void)state;
	take_in(CALL("a", "") CALL("b", "") CONTACT("c", "Ann", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(told_of(EVENT_RECORD_CREATED), 2);
	assert_int_equal(told_of(EVENT_CONTACT_CREATED), 1);
	take_in(CALL("a", "") CONTACT("c", "Ann", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(told_of(EVENT_RECORD_CREATED), 2);
	assert_int_equal(told_of(EVENT_CONTACT_UPDATED), 0);
	take_in(CONTACT("c", "Anne", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(told_of(EVENT_CONTACT_UPDATED), 1);
	assert_int_equal(told_of(EVENT_RECORDING_READY), 0);
}

static void a_record_with_media_is_ready_when_it_is_there(void **state)
{
	(void)state;
	put_bytes("a.wav", "RIFF", 4);
	take_in("{\"type\":\"recording\",\"id\":\"r\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\","
		"\"media\":\"a.wav\"}\n");
	assert_int_equal(told_of(EVENT_RECORD_CREATED), 1);
	assert_int_equal(told_of(EVENT_RECORDING_READY), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_new_or_changed_is_told_of_once),
	    TEST(a_record_with_media_is_ready_when_it_is_there),
	    TEST(bad_lines_are_kept_with_their_reasons_and_can_be_imported_again),
	    TEST(rejects_never_overwrite_a_file),
	    TEST(rejects_that_cannot_be_written_end_the_import),
	    TEST(one_rejects_file_does_not_serve_two_imports),
	    TEST(several_files_each_have_their_rejects),
	    TEST(a_line_too_long_is_rejected_whole_and_the_next_one_read),
	    TEST(line_ends_of_windows_byte_order_marks_and_blank_lines_are_taken),
	    TEST(a_byte_order_mark_before_a_blank_line_is_as_blank),
	    TEST(strict_ends_at_the_first_bad_line_with_nothing_of_its_batch),
	    TEST(a_file_that_is_not_there_or_a_folder_says_so),
	    TEST(master_csv_is_read_in_its_time_zone),
	    TEST(a_stray_quote_costs_its_own_row_only),
	    TEST(rejected_rows_of_a_table_keep_its_header),
	    TEST(a_later_time_makes_another_record_and_one_in_the_future_none),
	    TEST(rows_of_the_future_are_rejected),
	    TEST(rows_with_other_content_are_kept_as_they_came_behind_those_rejected),
	    TEST(a_file_in_utf_16_is_refused_whole),
	    TEST(a_row_too_long_is_told_otherwise_than_a_line),
	    TEST(doubtful_times_are_counted),
	    TEST(formats_are_known_by_name),
	    TEST(many_records_come_in_batches_and_every_count_agrees),
	    TEST(an_interrupted_import_is_whole_and_goes_on_when_run_again),
	    TEST(strict_keeps_the_batches_before_the_bad_line),
	    TEST(a_batch_that_cannot_be_written_is_not_there_and_the_rest_follows_later),
	    TEST(progress_grows_towards_the_size_of_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
