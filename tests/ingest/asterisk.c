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

#include "ingest/asterisk.h"
#include "ingest/field.h"

/* 16 columns of cdr_csv; 2024-05-17 14:03:00 in Copenhagen is 12:03:00 UTC, 1715947380. */
#define FROM_CLID_ON(src, dst, clid) \
	"\"\",\"" src "\",\"" dst "\",\"from-pstn\",\"" clid "\",\"PJSIP/trunk-0000000a\",\"PJSIP/1000-0000000b\",\"Dial\"," \
	"\"PJSIP/1000,30\",\"2024-05-17 14:03:00\",\"2024-05-17 14:03:05\",\"2024-05-17 14:04:05\",65,60,"
#define ROW "\"\",\"20000578\",\"1000\",\"from-pstn\",\"\"\"Ann B\"\" <20000578>\"," \
	"\"PJSIP/trunk-0000000a\",\"PJSIP/1000-0000000b\",\"Dial\",\"PJSIP/1000,30\",\"2024-05-17 14:03:00\"," \
	"\"2024-05-17 14:03:05\",\"2024-05-17 14:04:05\",65,60,\"ANSWERED\",\"DOCUMENTATION\""
#define TAIL "\"ANSWERED\",\"DOCUMENTATION\""
#define UNIQUEID "\"1715947380.42\""

static struct pool pool;
static struct intake in;
static struct err err;
static struct asterisk_layout *layout;
static struct zone *zone;
static struct intake_context context = {.default_source = "import"};

static int set_up(void **state)
{
	(void)state;
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	assert_int_equal(zone_open("Europe/Copenhagen", &zone, &err), OK);
	return crypto_init(&err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	zone_close(zone);
	pool_free(&pool);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	pool_reset(&pool);
	context.zone = zone;
	context.default_source = "import";
	return asterisk_layout_new(&layout, &err) == OK ? 0 : -1;
}

static int done(void **state)
{
	(void)state;
	asterisk_layout_free(layout);
	layout = NULL;
	return 0;
}

static enum result read_row(const char *text, bool *is_header)
{
	struct csv_row row;

	if (csv_split(text, strlen(text), &pool, &row, &err) != OK)
		fail_msg("no CSV: %s: %s", text, err.what);
	return asterisk_read(layout, &context, &row, &pool, is_header, &in, &err);
}

static void reads(const char *text)
{
	bool is_header;

	if (read_row(text, &is_header) != OK)
		fail_msg("refused: %s: %s (%s)", text, err.what, err.where);
	assert_false(is_header);
}

static void reads_header(const char *text)
{
	bool is_header = false;

	if (read_row(text, &is_header) != OK)
		fail_msg("refused: %s: %s (%s)", text, err.what, err.where);
	assert_true(is_header);
}

static void refuses(const char *text, const char *what, const char *where)
{
	bool is_header;

	if (read_row(text, &is_header) == OK)
		fail_msg("taken: %s", text);
	assert_string_equal(err.what, what);
	assert_string_equal(err.where, where);
	assert_int_equal(err.code, ERR_INPUT);
	assert_true(err.mend[0]);
}

static void holds(const char *needle)
{
	if (!strstr(in.payload, needle))
		fail_msg("no %s in %s", needle, in.payload);
}

static void lacks(const char *needle)
{
	if (strstr(in.payload, needle))
		fail_msg("%s in %s", needle, in.payload);
}

static void the_sixteen_columns_of_cdr_csv_are_a_call(void **state)
{
	(void)state;
	reads(ROW);
	assert_int_equal(in.type, INTAKE_RECORD);
	assert_int_equal(in.kind, KIND_CALL);
	assert_string_equal(in.source, "asterisk");
	assert_int_equal(in.at.ms, INT64_C(1715947380000));
	assert_int_equal(in.status, STATUS_ANSWERED);
	assert_int_equal(in.direction, DIRECTION_NONE);
	assert_int_equal(in.duration_ms, 65000);
	assert_int_equal(in.party_count, 2);
	assert_string_equal(in.parties[0].text, "20000578");
	assert_string_equal(in.parties[0].name, "Ann B");
	assert_int_equal(in.parties[0].role, ROLE_FROM);
	assert_int_equal(in.parties[0].kind, IDENTITY_PHONE);
	assert_string_equal(in.parties[1].text, "1000");
	assert_null(in.parties[1].name);
	assert_int_equal(in.parties[1].role, ROLE_TO);
	assert_int_equal(strlen(in.source_id), 71);
	assert_null(in.number);
	assert_null(in.agent_id);
}

static void the_payload_is_a_line_of_json_lines_with_all_columns(void **state)
{
	(void)state;
	reads(ROW "," UNIQUEID);
	holds("{\"type\":\"call\",\"id\":\"1715947380.42/sha256:");
	holds("\"source\":\"asterisk\",\"time\":\"2024-05-17T12:03:00Z\","
	      "\"from\":{\"phone\":\"20000578\",\"name\":\"Ann B\"},\"to\":{\"phone\":\"1000\"},"
	      "\"status\":\"answered\",\"duration\":65,\"custom\":{\"src\":\"20000578\",\"dst\":\"1000\","
	      "\"dcontext\":\"from-pstn\",\"clid\":\"\\\"Ann B\\\" <20000578>\",\"channel\":\"PJSIP/trunk-0000000a\","
	      "\"dstchannel\":\"PJSIP/1000-0000000b\",\"lastapp\":\"Dial\",\"lastdata\":\"PJSIP/1000,30\","
	      "\"start\":\"2024-05-17 14:03:00\",\"answer\":\"2024-05-17 14:03:05\",\"end\":\"2024-05-17 14:04:05\","
	      "\"duration\":\"65\",\"billsec\":\"60\",\"disposition\":\"ANSWERED\",\"amaflags\":\"DOCUMENTATION\","
	      "\"uniqueid\":\"1715947380.42\"}}");
	lacks("accountcode");
	assert_int_equal(in.payload_len, strlen(in.payload));
}

static void a_lone_seventeenth_column_is_told_by_its_shape(void **state)
{
	static const char *const userfields[] = {"\"\"", "\"note\"", "\"1234.5\"", "\"1715947380\"", "\"1715947380.\"",
						 "\"1015947380.42\"", "\"x1715947380.42\"", "\"1715947380.42x\"",
						 "\"171594738012.42\"", "\"pbx-17159.42\""};
	char row[600];

	(void)state;
	reads(ROW "," UNIQUEID);
	holds("\"uniqueid\":\"1715947380.42\"");
	reads(ROW ",\"pbx-01-1715947381.7\"");
	holds("\"uniqueid\":\"pbx-01-1715947381.7\"");
	for (size_t i = 0; i < sizeof userfields / sizeof *userfields; i++) {
		snprintf(row, sizeof row, ROW ",%s", userfields[i]);
		reads(row);
		lacks("\"uniqueid\"");
		assert_int_equal(strlen(in.source_id), 71);
	}
	holds("\"userfield\":\"pbx-17159.42\"");
}

static void all_widths_of_cdr_csv_are_known(void **state)
{
	(void)state;
	reads(ROW "," UNIQUEID ",\"uf\"");
	holds("\"uniqueid\":\"1715947380.42\",\"userfield\":\"uf\"");
	reads(ROW ",\"peer\",\"1715947380.41\",7");
	holds("\"peeraccount\":\"peer\",\"linkedid\":\"1715947380.41\",\"sequence\":\"7\"");
	assert_int_equal(strlen(in.source_id), 71);
	reads(ROW "," UNIQUEID ",\"peer\",\"1715947380.41\",7");
	assert_string_equal(in.source_id, "1715947380.42/7");
	reads(ROW ",\"uf\",\"peer\",\"1715947380.41\",7");
	holds("\"userfield\":\"uf\",\"peeraccount\":\"peer\"");
	reads(ROW "," UNIQUEID ",\"uf\",\"peer\",\"1715947380.41\",7");
	assert_string_equal(in.source_id, "1715947380.42/7");
	holds("\"userfield\":\"uf\",\"peeraccount\":\"peer\",\"linkedid\":\"1715947380.41\",\"sequence\":\"7\"");
}

#define CUSTOM "\"\"\"Ann B\"\" <20000578>\",\"20000578\",\"1000\",\"from-pstn\",\"PJSIP/trunk-0000000a\",\"\",\"Dial\"," \
	"\"PJSIP/1000,30\",\"2024-05-17 14:03:00\",\"\",\"2024-05-17 14:03:30\",\"30\",\"0\",\"NO ANSWER\",\"3\",\"acct\""

static void the_default_order_of_cdr_custom_is_known(void **state)
{
	(void)state;
	reads(CUSTOM ",\"1715947380.42\",\"uf\",\"9\"");
	assert_string_equal(in.source_id, "1715947380.42/9");
	assert_int_equal(in.status, STATUS_MISSED);
	assert_int_equal(in.duration_ms, 30000);
	assert_string_equal(in.parties[0].name, "Ann B");
	holds("\"accountcode\":\"acct\"");
	holds("\"userfield\":\"uf\"");
	reads(CUSTOM ",\"1715947380.42\",\"uf\"");
	assert_memory_equal(in.source_id, "1715947380.42/sha256:", 21);
	reads(CUSTOM);
	assert_memory_equal(in.source_id, "sha256:", 7);
}

static void a_header_row_names_the_columns(void **state)
{
	(void)state;
	reads_header("\xef\xbb\xbf" "calldate,clid,SRC,dst,duration,billsec,disposition,uniqueid,sequence,did,recordingfile");
	reads("2024-05-17 14:03:00,\"\"\"Ann\"\" <1>\",20000578,1000,5.25,3,BUSY,1715947380.42,3,70101010,a.wav");
	assert_int_equal(in.status, STATUS_BUSY);
	assert_int_equal(in.duration_ms, 5250);
	assert_string_equal(in.source_id, "1715947380.42/3");
	holds("\"duration\":5.25,\"custom\":{\"calldate\":\"2024-05-17 14:03:00\"");
	holds("\"did\":\"70101010\",\"recordingfile\":\"a.wav\"");
	refuses("2024-05-17 14:03:00,x,20000578", "the row has 3 columns, its header 11", "column 3");
	reads_header("accountcode,src,dst,start,duration,disposition");
	reads(",20000578,1000,2024-05-17T14:03:00Z,5,ANSWERED");
	assert_int_equal(in.at.ms, INT64_C(1715954580000));
}

static void a_header_that_lacks_or_repeats_a_column_is_refused(void **state)
{
	(void)state;
	refuses("src,dst,duration,disposition", "the header has no column 'start'", "column 'start'");
	refuses("src,dst,start,disposition", "the header has no column 'duration'", "column 'duration'");
	refuses("src,dst,start,duration", "the header has no column 'disposition'", "column 'disposition'");
	refuses("src,dst,start,calldate,duration,disposition", "the header names 'start' twice", "column 'calldate'");
	refuses("src,dst,start,duration,disposition,x,x", "the header names 'x' twice", "column 'x'");
	reads(ROW); /* what was refused is forgotten */
}

static void callers_are_read_from_src_or_else_from_clid(void **state)
{
	(void)state;
	reads(FROM_CLID_ON("", "1000", "\"\"Bo\"\" <20000021>") TAIL);
	assert_string_equal(in.parties[0].text, "20000021");
	assert_string_equal(in.parties[0].name, "Bo");
	reads(FROM_CLID_ON("", "1000", "20000021") TAIL);
	assert_string_equal(in.parties[0].text, "20000021");
	assert_null(in.parties[0].name);
	reads(FROM_CLID_ON("", "1000", "Bo") TAIL);
	assert_int_equal(in.party_count, 1);
	assert_string_equal(in.parties[0].text, "1000");
	reads(FROM_CLID_ON("20000021", "1000", "<20000021>") TAIL);
	assert_null(in.parties[0].name);
	reads(FROM_CLID_ON("20000021", "1000", "") TAIL);
	assert_null(in.parties[0].name);
	reads(FROM_CLID_ON("20000021", "1000", "Bo B") TAIL);
	assert_string_equal(in.parties[0].name, "Bo B");
}

static void the_dialplans_own_targets_are_nobody(void **state)
{
	static const char *const targets[] = {"s", "i", "t", "T", "h", "o", "a", "e", "fax", "failed", "~~s~~", "*97", "#1", ""};
	char row[600];

	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		snprintf(row, sizeof row, FROM_CLID_ON("20000021", "%s", "") TAIL, targets[i]);
		reads(row);
		assert_int_equal(in.party_count, 1);
		snprintf(row, sizeof row, FROM_CLID_ON("", "%s", "") TAIL, targets[i]);
		refuses(row, "neither 'src', 'dst' nor 'clid' names a caller or callee", "column 'src'");
	}
}

static void parties_may_be_addresses(void **state)
{
	(void)state;
	reads(FROM_CLID_ON("sip:a@example.com", "b@example.com", "") TAIL);
	assert_int_equal(in.parties[0].kind, IDENTITY_EXTERNAL);
	assert_int_equal(in.parties[1].kind, IDENTITY_EMAIL);
	holds("\"from\":{\"id\":\"sip:a@example.com\"},\"to\":{\"email\":\"b@example.com\"}");
	reads(FROM_CLID_ON(" 20000021 ", "1000", "\"\"a\tb\"\" <1>") TAIL);
	assert_string_equal(in.parties[0].text, "20000021");
	assert_null(in.parties[0].name);
	reads(FROM_CLID_ON("tel: 20000021", "tel:", "") TAIL);
	assert_int_equal(in.party_count, 1);
	assert_string_equal(in.parties[0].text, "20000021");
	refuses(FROM_CLID_ON("a\tb", "1000", "") TAIL, "control character 0x09 at byte 2", "column 'src'");
	refuses(FROM_CLID_ON("", "1000", "<a\tb>") TAIL, "control character 0x09 at byte 2", "column 'clid'");
}

static void names_in_latin_1_are_kept(void **state)
{
	(void)state;
	reads(FROM_CLID_ON("20000021", "1000", "\"\"Bj\xf8rn \xc5\"\" <20000021>") TAIL);
	assert_string_equal(in.parties[0].name, "Bj\xc3\xb8rn \xc3\x85");
	reads(FROM_CLID_ON("20000021", "1000", "\"\"Bj\xc3\xb8rn\"\" <20000021>") TAIL);
	assert_string_equal(in.parties[0].name, "Bj\xc3\xb8rn");
}

static void a_nul_byte_is_refused(void **state)
{
	struct csv_row row = {.count = 2, .fields = {"a", "b\0c"}, .lens = {1, 3}};
	bool is_header;

	(void)state;
	assert_int_equal(asterisk_read(layout, &context, &row, &pool, &is_header, &in, &err), ERR_INPUT);
	assert_string_equal(err.what, "it holds a NUL byte");
	assert_string_equal(err.where, "column 2");
}

static void each_disposition_is_a_status(void **state)
{
	static const struct {
		const char *name;
		enum record_status status;
	} all[] = {
	    {"ANSWERED", STATUS_ANSWERED}, {"NO ANSWER", STATUS_MISSED}, {"BUSY", STATUS_BUSY},
	    {"FAILED", STATUS_FAILED}, {"CONGESTION", STATUS_CONGESTION}, {"CANCEL", STATUS_CANCELLED},
	    {"UNKNOWN", STATUS_NONE},
	};
	char row[600];

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		snprintf(row, sizeof row, FROM_CLID_ON("1", "2", "") "\"%s\",\"\"", all[i].name);
		reads(row);
		assert_int_equal(in.status, all[i].status);
	}
	lacks("\"status\"");
	refuses(FROM_CLID_ON("1", "2", "") "\"RINGING\",\"\"", "unknown disposition 'RINGING'", "column 'disposition'");
	refuses(FROM_CLID_ON("1", "2", "") "\"\",\"\"", "unknown disposition ''", "column 'disposition'");
}

#define TIMED(start, duration) \
	"\"\",\"1\",\"2\",\"\",\"\",\"\",\"\",\"\",\"\",\"" start "\",\"\",\"\"," duration ",0,\"FAILED\",\"\""

static void times_and_durations_are_checked(void **state)
{
	(void)state;
	refuses(TIMED("", "1"), "it is empty", "column 'start'");
	refuses(TIMED("17/05/2024", "1"), "'17/05/2024' is not a date and time: it does not have the form of one", "column 'start'");
	refuses(TIMED("2024-05-32 14:03:00", "1"), "there is no such date or time of day as '2024-05-32 14:03:00'",
		"column 'start'");
	refuses(TIMED("2024-05-17 14:03:00", ""), "'' is no number of seconds", "column 'duration'");
	refuses(TIMED("2024-05-17 14:03:00", "-1"), "'-1' is no number of seconds", "column 'duration'");
	refuses(TIMED("2024-05-17 14:03:00", "1.2.3"), "'1.2.3' is no number of seconds", "column 'duration'");
	refuses(TIMED("2024-05-17 14:03:00", "0x10"), "'0x10' is no number of seconds", "column 'duration'");
	refuses(TIMED("2024-05-17 14:03:00", "999999999"), "999999999 seconds is more than a year", "column 'duration'");
	reads(TIMED("2024-03-31 02:30:00", "1"));
	assert_true(in.doubtful_time);
	context.zone = NULL;
	refuses(TIMED("2024-05-17 14:03:00", "1"), "the time '2024-05-17 14:03:00' has no offset from UTC", "column 'start'");
}

static void half_rows_and_foreign_rows_are_refused(void **state)
{
	(void)state;
	refuses("\"\",\"20000578\",\"1000\"", "the row has 3 columns; a call detail record has 16 to 21", "column 3");
	refuses(ROW ",1,2,3,4,5,6", "the row has 22 columns; a call detail record has 16 to 21", "column 22");
	refuses("acc;20000578;1000;ctx;x;y", "the columns are parted by semicolons; commas are read", "column 1");
	refuses("a", "the row has 1 columns; a call detail record has 16 to 21", "column 1");
}

#define IN_QUEUE(app, data) \
	"\"\",\"20000578\",\"1000\",\"from-pstn\",\"\",\"PJSIP/trunk-0000000a\",\"PJSIP/1000-0000000b\"," app "," data \
	",\"2024-05-17 14:03:00\",\"2024-05-17 14:03:05\",\"2024-05-17 14:04:05\",65,60," TAIL

static void the_queue_application_names_the_queue(void **state)
{
	(void)state;
	reads(IN_QUEUE("\"Queue\"", "\"support,tT,,,60\""));
	assert_int_equal(in.label_count, 1);
	assert_int_equal(in.labels[0].kind, LABEL_QUEUE);
	assert_string_equal(in.labels[0].name, "support");
	holds("\"queue\":\"support\"");
	reads(IN_QUEUE("\"queue\"", "\"sales|t\""));
	assert_string_equal(in.labels[0].name, "sales");
	reads(IN_QUEUE("\"Queue\"", "\",t\""));
	assert_int_equal(in.label_count, 0);
	reads(IN_QUEUE("\"Queue\"", "\"a\tb\""));
	assert_int_equal(in.label_count, 0);
	reads(ROW);
	assert_int_equal(in.label_count, 0);
}

static void rows_that_differ_anywhere_have_different_ids(void **state)
{
	const char *first;

	(void)state;
	reads(ROW);
	first = in.source_id;
	reads(ROW);
	assert_string_equal(in.source_id, first);
	reads(FROM_CLID_ON("20000578", "1000", "\"\"Ann B\"\" <20000578>") "\"ANSWERED\",\"BILLING\"");
	assert_string_not_equal(in.source_id, first);
	/* one uniqueid, two rows, as a queue writes them */
	reads(ROW "," UNIQUEID);
	first = in.source_id;
	reads(FROM_CLID_ON("20000578", "1001", "\"\"Ann B\"\" <20000578>") TAIL "," UNIQUEID);
	assert_string_not_equal(in.source_id, first);
	/* what moves from one column to the next is another row */
	reads(TIMED("2024-05-17 14:03:00", "1") ",\"ab\",\"c\",\"d\",1");
	first = in.source_id;
	reads(TIMED("2024-05-17 14:03:00", "1") ",\"a\",\"bc\",\"d\",1");
	assert_string_not_equal(in.source_id, first);
}

static void a_source_given_is_kept(void **state)
{
	(void)state;
	context.default_source = "pbx-2";
	reads(ROW);
	assert_string_equal(in.source, "pbx-2");
	holds("\"source\":\"pbx-2\"");
}

static void memory_running_out_is_an_error_at_every_size(void **state)
{
	struct csv_row row;
	struct pool small;
	enum result result;
	bool is_header;
	size_t max = 0;

	(void)state;
	assert_int_equal(csv_split(ROW "," UNIQUEID, strlen(ROW "," UNIQUEID), &pool, &row, &err), OK);
	do {
		pool_init(&small, max += 16);
		result = asterisk_read(layout, &context, &row, &small, &is_header, &in, &err);
		assert_true(result == OK || result == ERR_NO_MEMORY);
		pool_free(&small);
	} while (result != OK);
	assert_true(max > 200);
}

static void freeing_no_layout_is_fine(void **state)
{
	(void)state;
	asterisk_layout_free(NULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)
	const struct CMUnitTest tests[] = {
	    T(the_sixteen_columns_of_cdr_csv_are_a_call),
	    T(the_payload_is_a_line_of_json_lines_with_all_columns),
	    T(a_lone_seventeenth_column_is_told_by_its_shape),
	    T(all_widths_of_cdr_csv_are_known),
	    T(the_default_order_of_cdr_custom_is_known),
	    T(a_header_row_names_the_columns),
	    T(a_header_that_lacks_or_repeats_a_column_is_refused),
	    T(callers_are_read_from_src_or_else_from_clid),
	    T(the_dialplans_own_targets_are_nobody),
	    T(parties_may_be_addresses),
	    T(names_in_latin_1_are_kept),
	    T(a_nul_byte_is_refused),
	    T(each_disposition_is_a_status),
	    T(times_and_durations_are_checked),
	    T(half_rows_and_foreign_rows_are_refused),
	    T(the_queue_application_names_the_queue),
	    T(rows_that_differ_anywhere_have_different_ids),
	    T(a_source_given_is_kept),
	    T(memory_running_out_is_an_error_at_every_size),
	    T(freeing_no_layout_is_fine),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
