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

#include "ingest/field.h"
#include "ingest/jsonl.h"

#define POOL_MAX ((size_t)64 * 1024 * 1024)

/* The least a call needs; MORE goes before its end. */
#define CALL_START "{\"type\":\"call\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\""
#define CALL(more) CALL_START more "}"
#define CONTACT(more) "{\"type\":\"contact\",\"phones\":[\"+4520000578\"]" more "}"

static struct json_parser *parser;
static struct pool pool;
static struct intake in;
static struct err err;
static struct zone *copenhagen;
static struct intake_context context = {.default_source = "import"};

static int set_up(void **state)
{
	(void)state;
	pool_init(&pool, POOL_MAX);
	assert_int_equal(zone_open("Europe/Copenhagen", &copenhagen, &err), OK);
	assert_int_equal(json_parser_new(INTAKE_LINE_MAX, &parser, &err), OK);
	return crypto_init(&err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	json_parser_free(parser);
	zone_close(copenhagen);
	pool_free(&pool);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	pool_reset(&pool);
	context.zone = NULL;
	context.default_source = "import";
	return 0;
}

static enum result read_bytes(const char *line, size_t len)
{
	return jsonl_read(parser, &context, line, len, &pool, &in, &err);
}

static void reads(const char *line)
{
	err.what[0] = err.where[0] = '\0';
	if (read_bytes(line, strlen(line)) != OK)
		fail_msg("refused: %s: %s (%s)\n%s", line, err.what, err.where, err.mend);
}

/* The error says exactly `what`, at `where`, and how to mend it. */
static void refuses(const char *line, const char *what, const char *where)
{
	if (read_bytes(line, strlen(line)) == OK)
		fail_msg("taken: %s", line);
	assert_string_equal(err.what, what);
	assert_string_equal(err.where, where);
	assert_int_equal(err.code, ERR_INPUT);
	assert_true(err.mend[0]);
}

static void is_party(size_t i, enum party_role role, enum identity_kind kind, const char *text, const char *name)
{
	assert_true(i < in.party_count);
	assert_int_equal(in.parties[i].role, role);
	assert_int_equal(in.parties[i].kind, kind);
	assert_string_equal(in.parties[i].text, text);
	if (name)
		assert_string_equal(in.parties[i].name, name);
	else
		assert_null(in.parties[i].name);
}

static void is_label(size_t i, enum label_kind kind, const char *name)
{
	assert_int_equal(in.labels[i].kind, kind);
	assert_string_equal(in.labels[i].name, name);
}

static void a_call_is_read_with_all_its_plain_columns(void **state)
{
	(void)state;
	reads("{\"type\":\"call\",\"id\":\"c-1\",\"source\":\"pbx\",\"time\":\"2024-05-17T14:03:00.25+02:00\","
	      "\"from\":\"+45 20 00 05 78\",\"to\":{\"phone\":\"70101010\",\"name\":\"Desk\"},\"direction\":\"inbound\","
	      "\"status\":\"answered\",\"duration\":12.3456,\"number\":\"+4570101011\",\"agent\":{\"id\":\"a7\",\"name\":"
	      "\"Bo\"},\"queue\":\"support\",\"campaign\":\"spring\",\"tags\":[\"vip\"],\"custom\":{\"x\":[1,{}]}}");
	assert_int_equal(in.type, INTAKE_RECORD);
	assert_int_equal(in.kind, KIND_CALL);
	assert_string_equal(in.source, "pbx");
	assert_string_equal(in.source_id, "c-1");
	assert_int_equal(in.at.ms, INT64_C(1715947380250));
	assert_int_equal(in.direction, DIRECTION_INBOUND);
	assert_int_equal(in.status, STATUS_ANSWERED);
	assert_int_equal(in.duration_ms, 12346);
	assert_string_equal(in.number, "+4570101011");
	assert_string_equal(in.agent_id, "a7");
	assert_string_equal(in.agent_name, "Bo");
	assert_int_equal(in.party_count, 2);
	is_party(0, ROLE_FROM, IDENTITY_PHONE, "+45 20 00 05 78", NULL);
	is_party(1, ROLE_TO, IDENTITY_PHONE, "70101010", "Desk");
	assert_false(in.doubtful_time);
	assert_int_equal(in.label_count, 3);
	is_label(0, LABEL_QUEUE, "support");
	is_label(1, LABEL_CAMPAIGN, "spring");
	is_label(2, LABEL_TAG, "vip");
}

static void a_record_takes_so_many_labels_and_no_more(void **state)
{
	char line[1000] = CALL_START ",\"queue\":\"q\",\"campaign\":\"c\",\"tags\":[";

	(void)state;
	for (int i = 0; i < LABELS_MAX - 2; i++)
		snprintf(line + strlen(line), sizeof line - strlen(line), "%s\"t%d\"", i > 0 ? "," : "", i);
	snprintf(line + strlen(line), sizeof line - strlen(line), "]}");
	reads(line);
	assert_int_equal(in.label_count, LABELS_MAX);
	line[strlen(line) - 2] = '\0';
	snprintf(line + strlen(line), sizeof line - strlen(line), ",\"one more\"]}");
	refuses(line, "queue, campaign and tags are more than 40 together", "field 'tags[38]'");
	reads(CONTACT(",\"tags\":[\"a\"]"));
	assert_int_equal(in.label_count, 0);
}

static void every_kind_and_a_contact_is_a_type(void **state)
{
	char line[200];

	(void)state;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		snprintf(line, sizeof line, "{\"type\":\"%s\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"a@example.com\"}",
			 kind_name((enum record_kind)kind));
		reads(line);
		assert_int_equal(in.kind, kind);
		assert_int_equal(in.duration_ms, -1);
		assert_int_equal(in.direction, DIRECTION_NONE);
		assert_int_equal(in.status, STATUS_NONE);
	}
	reads(CONTACT(""));
	assert_int_equal(in.type, INTAKE_CONTACT);
}

static void every_status_and_direction_has_its_name(void **state)
{
	char line[200];

	(void)state;
	for (int status = STATUS_ANSWERED; status <= STATUS_CONGESTION; status++) {
		snprintf(line, sizeof line, CALL_START ",\"status\":\"%s\"}", status_name((enum record_status)status));
		reads(line);
		assert_int_equal(in.status, status);
	}
	for (int direction = DIRECTION_INBOUND; direction <= DIRECTION_INTERNAL; direction++) {
		snprintf(line, sizeof line, CALL_START ",\"direction\":\"%s\"}", direction_name((enum direction)direction));
		reads(line);
		assert_int_equal(in.direction, direction);
	}
}

static void the_line_itself_is_the_payload(void **state)
{
	static const char line[] = CALL(",  \"custom\":{\"big\":123456789012345678901234567890,\"e\":1.0e2}");

	(void)state;
	reads(line);
	assert_string_equal(in.payload, line);
	assert_int_equal(in.payload_len, sizeof line - 1);
}

static void line_ends_blanks_and_a_byte_order_mark_are_no_part_of_it(void **state)
{
	const char *digest;

	(void)state;
	reads(CALL(""));
	digest = in.source_id;
	reads("\xef\xbb\xbf \t" CALL("") " \r\n");
	assert_string_equal(in.payload, CALL(""));
	assert_string_equal(in.source_id, digest);
}

static void a_line_without_id_is_known_by_its_digest(void **state)
{
	(void)state;
	reads(CALL(""));
	assert_string_equal(in.source_id, "sha256:425c8a0b5467f94415501c583cdd4182ab8ee1c6a92d5af93454aff6fff2f19e");
	assert_string_equal(in.source, "import");
	context.default_source = "pbx";
	reads(CALL(",\"source\":null,\"id\":null"));
	assert_string_equal(in.source, "pbx");
	assert_int_equal(strlen(in.source_id), 71);
}

static void people_are_told_by_what_they_look_like_or_are_called(void **state)
{
	(void)state;
	reads("{\"type\":\"note\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"  ann@example.com \",\"to\":[\"tel:+4533\","
	      "{\"email\":\"b@example.com\",\"name\":\"B\"},{\"id\":\"crm-7\"}],\"participants\":[\"sip:9@pbx.example.com\","
	      "\"@handle\"],\"mentioned\":[{\"phone\":\"0045 1\"},{\"id\":\"x\",\"phone\":null,\"name\":null}]}");
	assert_int_equal(in.party_count, 8);
	is_party(0, ROLE_FROM, IDENTITY_EMAIL, "ann@example.com", NULL);
	is_party(1, ROLE_TO, IDENTITY_PHONE, "+4533", NULL);
	is_party(2, ROLE_TO, IDENTITY_EMAIL, "b@example.com", "B");
	is_party(3, ROLE_TO, IDENTITY_EXTERNAL, "crm-7", NULL);
	is_party(4, ROLE_PARTICIPANT, IDENTITY_EXTERNAL, "sip:9@pbx.example.com", NULL);
	is_party(5, ROLE_PARTICIPANT, IDENTITY_PHONE, "@handle", NULL);
	is_party(6, ROLE_MENTIONED, IDENTITY_PHONE, "0045 1", NULL);
	is_party(7, ROLE_MENTIONED, IDENTITY_EXTERNAL, "x", NULL);
}

static void the_accounts_own_number_is_no_party(void **state)
{
	(void)state;
	reads(CALL(",\"to\":\"+45 7010-1010\",\"number\":\"+4570101010\""));
	assert_int_equal(in.party_count, 1);
	is_party(0, ROLE_FROM, IDENTITY_PHONE, "+4520000578", NULL);
	refuses(CALL(",\"number\":\"+4520000578\""), "the only number in it is the account's own", "field 'from'");
}

static void somebody_only_mentioned_does_not_make_a_record_findable(void **state)
{
	(void)state;
	refuses("{\"type\":\"note\",\"time\":\"2024-05-17T14:03:00Z\",\"mentioned\":[\"+4533\"],\"agent\":\"a\"}",
		"it names nobody: no 'from', 'to' or 'participants'", "field 'from'");
	assert_non_null(strstr(err.mend, "repeat the call's 'from' and 'to'"));
	refuses("{\"type\":\"session\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":null,\"to\":[]}",
		"it names nobody: no 'from', 'to' or 'participants'", "field 'from'");
}

static void local_times_are_read_in_the_zone_given(void **state)
{
	(void)state;
	refuses("{\"type\":\"call\",\"time\":\"2024-05-17 14:03:00\",\"from\":\"1\"}",
		"the time '2024-05-17 14:03:00' has no offset from UTC", "field 'time'");
	assert_non_null(strstr(err.mend, "--tz Europe/Copenhagen"));
	context.zone = copenhagen;
	reads("{\"type\":\"call\",\"time\":\"2024-05-17 14:03:00\",\"from\":\"1\"}");
	assert_int_equal(in.at.ms, INT64_C(1715947380000));
	assert_false(in.doubtful_time);
	reads("{\"type\":\"call\",\"time\":\"2024-05-17T14:03:00.12\",\"from\":\"1\"}");
	assert_int_equal(in.at.ms, INT64_C(1715947380120));
	reads("{\"type\":\"call\",\"time\":\"2024-05-17T12:03:00Z\",\"from\":\"1\"}");
	assert_int_equal(in.at.ms, INT64_C(1715947380000));
	refuses("{\"type\":\"call\",\"time\":\"2023-02-29 14:03:00\",\"from\":\"1\"}",
		"there is no such date or time of day as '2023-02-29 14:03:00'", "field 'time'");
}

static void times_that_summer_time_skips_or_repeats_are_doubtful(void **state)
{
	(void)state;
	context.zone = copenhagen;
	reads("{\"type\":\"call\",\"time\":\"2024-03-31 02:30:00\",\"from\":\"1\"}");
	assert_true(in.doubtful_time);
	assert_int_equal(in.at.ms, INT64_C(1711848600000)); /* 03:30 in summer time */
	reads("{\"type\":\"call\",\"time\":\"2024-10-27 02:30:00\",\"from\":\"1\"}");
	assert_true(in.doubtful_time);
	assert_int_equal(in.at.ms, INT64_C(1729989000000)); /* the first of the two */
	reads("{\"type\":\"call\",\"time\":\"2024-10-27 03:30:00\",\"from\":\"1\"}");
	assert_false(in.doubtful_time);
}

static void times_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {"yesterday", "2024-05-17", "2024-05-17 14:03:00.", "2024-05-17 14:03:00.1x",
					  "17/05/2024 14:03:00", "2024-05-17 14:03:00 CEST", "1715947380"};
	char line[200];

	(void)state;
	context.zone = copenhagen;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(line, sizeof line, "{\"type\":\"call\",\"from\":\"1\",\"time\":\"%s\"}", bad[i]);
		assert_int_equal(read_bytes(line, strlen(line)), ERR_INPUT);
		assert_string_equal(err.where, "field 'time'");
		assert_true(err.mend[0]);
	}
	refuses("{\"type\":\"call\",\"from\":\"1\",\"time\":\"1969-12-31T23:59:59Z\"}",
		"the time '1969-12-31T23:59:59Z' is before 1970", "field 'time'");
	refuses("{\"type\":\"call\",\"from\":\"1\",\"time\":1715947380}", "a string is expected here, not an integer",
		"field 'time'");
	refuses("{\"type\":\"call\",\"from\":\"1\"}", "'time' is missing", "field 'time'");
	refuses("{\"type\":\"call\",\"from\":\"1\",\"time\":null}", "'time' is missing", "field 'time'");
}

static void unknown_fields_are_refused_with_the_nearest_known_one(void **state)
{
	(void)state;
	refuses(CALL(",\"durration\":3"), "unknown field 'durration'; did you mean 'duration'?", "field 'durration'");
	refuses(CALL(",\"form\":\"1\""), "unknown field 'form'; did you mean 'from'?", "field 'form'");
	refuses(CALL(",\"Status\":\"missed\""), "unknown field 'Status'; did you mean 'status'?", "field 'Status'");
	refuses(CALL(",\"zzzzzzzz\":1"), "unknown field 'zzzzzzzz'", "field 'zzzzzzzz'");
	refuses(CALL(",\"\":1"), "unknown field ''", "field ''");
	refuses(CONTACT(",\"phone\":[]"), "unknown field 'phone'; did you mean 'phones'?", "field 'phone'");
	refuses(CALL(",\"a\\nb\":1"), "unknown field 'a?b'", "field 'a?b'");
	refuses(CALL(",\"a-name-that-is-longer-than-any-that-could-be-a-slip\":1"),
		"unknown field 'a-name-that-is-longer-than-any-that-could-be-a-s..'",
		"field 'a-name-that-is-longer-than-any-that-could-be-a-s..'");
}

static void fields_of_another_type_are_sent_where_they_belong(void **state)
{
	(void)state;
	refuses(CALL(",\"phones\":[]"), "a call has no field 'phones'", "field 'phones'");
	assert_non_null(strstr(err.mend, "'contact'"));
	refuses(CALL(",\"turns\":[]"), "a call has no field 'turns'", "field 'turns'");
	assert_non_null(strstr(err.mend, "'transcript'"));
	refuses(CALL(",\"fields\":{}"), "a call has no field 'fields'", "field 'fields'");
	assert_non_null(strstr(err.mend, "'form'"));
	refuses(CONTACT(",\"time\":\"x\""), "a contact has no field 'time'", "field 'time'");
	assert_non_null(strstr(err.mend, "custom"));
}

static void types_are_refused_by_name(void **state)
{
	(void)state;
	refuses("{\"type\":\"cal\"}", "unknown type 'cal'; did you mean 'call'?", "field 'type'");
	refuses("{\"type\":\"sms\"}", "unknown type 'sms'", "field 'type'");
	refuses("{\"type\":\"contacts\"}", "unknown type 'contacts'; did you mean 'contact'?", "field 'type'");
	refuses("{\"type\":7}", "a string is expected here, not an integer", "field 'type'");
	refuses("{}", "'type' is missing", "field 'type'");
	refuses("{\"type\":null}", "'type' is missing", "field 'type'");
}

static void values_of_the_wrong_type_are_refused(void **state)
{
	static const struct {
		const char *line, *what, *where;
	} bad[] = {
	    {CALL(",\"id\":7"), "a string is expected here, not an integer", "field 'id'"},
	    {CALL(",\"source\":{}"), "a string is expected here, not an object", "field 'source'"},
	    {CALL(",\"to\":7"), "a string is expected here, not an integer", "field 'to'"},
	    {CALL(",\"to\":[\"1\",true]"), "a string is expected here, not a boolean", "field 'to[1]'"},
	    {CALL(",\"participants\":\"1\""), "an array of people is expected here, not a string", "field 'participants'"},
	    {CALL(",\"mentioned\":{}"), "an array of people is expected here, not an object", "field 'mentioned'"},
	    {CALL(",\"to\":{\"phone\":5}"), "a string is expected here, not an integer", "field 'to.phone'"},
	    {CALL(",\"to\":{\"id\":\"a\",\"name\":[]}"), "a string is expected here, not an array", "field 'to.name'"},
	    {CALL(",\"duration\":\"12\""), "a number of seconds is expected here, not a string", "field 'duration'"},
	    {CALL(",\"direction\":1"), "a string is expected here, not an integer", "field 'direction'"},
	    {CALL(",\"status\":[]"), "a string is expected here, not an array", "field 'status'"},
	    {CALL(",\"number\":4570"), "a string is expected here, not an integer", "field 'number'"},
	    {CALL(",\"agent\":7"), "a string is expected here, not an integer", "field 'agent'"},
	    {CALL(",\"agent\":{\"id\":7}"), "a string is expected here, not an integer", "field 'agent.id'"},
	    {CALL(",\"agent\":{\"id\":\"a\",\"name\":7}"), "a string is expected here, not an integer", "field 'agent.name'"},
	    {CALL(",\"call\":7"), "a string is expected here, not an integer", "field 'call'"},
	    {CALL(",\"text\":7"), "a string is expected here, not an integer", "field 'text'"},
	    {CALL(",\"url\":7"), "a string is expected here, not an integer", "field 'url'"},
	    {CALL(",\"custom\":[]"), "an object is expected here, not an array", "field 'custom'"},
	    {CALL(",\"tags\":\"a\""), "an array of strings is expected here, not a string", "field 'tags'"},
	    {CALL(",\"tags\":[\"a\",1]"), "a string is expected here, not an integer", "field 'tags[1]'"},
	    {CALL(",\"media\":1"), "a string is expected here, not an integer", "field 'media'"},
	    {CALL(",\"media\":[[]]"), "a string is expected here, not an array", "field 'media[0]'"},
	    {CALL(",\"media\":{\"path\":1}"), "a string is expected here, not an integer", "field 'media.path'"},
	    {CALL(",\"media\":{\"path\":\"a\",\"name\":1}"), "a string is expected here, not an integer", "field 'media.name'"},
	    {CALL(",\"media\":{\"path\":\"a\",\"content_type\":1}"), "a string is expected here, not an integer",
	     "field 'media.content_type'"},
	    {CONTACT(",\"name\":1"), "a string is expected here, not an integer", "field 'name'"},
	    {CONTACT(",\"emails\":\"a@example.com\""), "an array of strings is expected here, not a string",
	     "field 'emails'"},
	    {CONTACT(",\"ids\":[1]"), "a string is expected here, not an integer", "field 'ids[0]'"},
	    {CONTACT(",\"lists\":{}"), "an array of strings is expected here, not an object", "field 'lists'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (read_bytes(bad[i].line, strlen(bad[i].line)) == OK)
			fail_msg("taken: %s", bad[i].line);
		assert_string_equal(err.what, bad[i].what);
		assert_string_equal(err.where, bad[i].where);
	}
	refuses(CALL(",\"number\":4570"), "a string is expected here, not an integer", "field 'number'");
	assert_string_equal(err.mend, "put it in quotes: \"4570\"");
}

static void people_who_cannot_be_told_are_refused(void **state)
{
	(void)state;
	refuses(CALL(",\"to\":{\"name\":\"Ann\"}"), "it does not say who: no 'phone', 'email' or 'id'", "field 'to'");
	refuses(CALL(",\"to\":[\"1\",{\"phone\":\"1\",\"id\":\"2\"}]"), "both 'phone' and 'id' are given", "field 'to[1]'");
	refuses(CALL(",\"to\":{\"email\":\"ann\"}"), "'ann' is not an e-mail address", "field 'to.email'");
	refuses(CALL(",\"to\":{\"mobile\":\"1\"}"), "unknown field 'mobile'", "field 'to.mobile'");
	refuses(CALL(",\"to\":\"  \""), "it is empty", "field 'to'");
	refuses(CALL(",\"to\":\"tel:\""), "it is empty", "field 'to'");
	refuses(CALL(",\"to\":\"\""), "it is empty", "field 'to'");
	refuses(CONTACT(",\"emails\":[\"a@b.example\",\"c\"]"), "'c' is not an e-mail address", "field 'emails[1]'");
	refuses(CALL(",\"agent\":{\"name\":\"Bo\"}"), "an agent needs an 'id'", "field 'agent'");
	refuses(CALL(",\"agent\":{\"id\":\"1\",\"nam\":\"Bo\"}"), "unknown field 'nam'; did you mean 'name'?",
		"field 'agent.nam'");
}

static void control_characters_are_refused_but_in_free_text(void **state)
{
	(void)state;
	refuses(CALL(",\"to\":\"+45\\u0000\""), "control character 0x00 at byte 4", "field 'to'");
	refuses(CALL(",\"id\":\"a\\nb\""), "control character 0x0a at byte 2", "field 'id'");
	refuses(CONTACT(",\"name\":\"\\u007f\""), "control character 0x7f at byte 1", "field 'name'");
	reads(CALL(",\"text\":\"a\\nb\\u0000c\",\"subject\":\"\""));
}

static void lengths_of_time_have_bounds(void **state)
{
	(void)state;
	reads(CALL(",\"duration\":0"));
	assert_int_equal(in.duration_ms, 0);
	reads(CALL(",\"duration\":1.0005"));
	assert_int_equal(in.duration_ms, 1001);
	reads(CALL(",\"duration\":null"));
	assert_int_equal(in.duration_ms, -1);
	refuses(CALL(",\"duration\":-1"), "-1 seconds is no length of time", "field 'duration'");
	refuses(CALL(",\"duration\":3600000000"), "3600000000 seconds is more than a year", "field 'duration'");
	assert_non_null(strstr(err.mend, "divide milliseconds by 1000"));
	refuses(CALL(",\"duration\":1e300"), "1e+300 seconds is more than a year", "field 'duration'");
}

static void misspelt_words_are_told_the_nearest(void **state)
{
	(void)state;
	refuses(CALL(",\"status\":\"anwsered\""), "unknown status 'anwsered'; did you mean 'answered'?", "field 'status'");
	refuses(CALL(",\"direction\":\"incoming\""), "unknown direction 'incoming'", "field 'direction'");
	refuses(CALL(",\"direction\":\"in-bound\""), "unknown direction 'in-bound'; did you mean 'inbound'?",
		"field 'direction'");
}

#define TRANSCRIPT(turns) \
	"{\"type\":\"transcript\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"1\",\"turns\":" turns "}"

static void turns_are_checked_one_by_one(void **state)
{
	(void)state;
	reads(TRANSCRIPT("[{\"speaker\":\"agent\",\"at\":0.5,\"text\":\"Hello\\n\"},{\"at\":null,\"text\":\"\"}]"));
	refuses(TRANSCRIPT("{}"), "an array of turns is expected here, not an object", "field 'turns'");
	refuses(TRANSCRIPT("[\"hi\"]"), "an object with 'speaker', 'at' and 'text' is expected here, not a string",
		"field 'turns[0]'");
	refuses(TRANSCRIPT("[{\"text\":\"a\"},{\"speaker\":\"b\"}]"), "a turn needs a 'text'", "field 'turns[1]'");
	refuses(TRANSCRIPT("[{\"text\":1}]"), "a string is expected here, not an integer", "field 'turns[0].text'");
	refuses(TRANSCRIPT("[{\"text\":\"a\",\"at\":\"0\"}]"), "a number of seconds is expected here, not a string",
		"field 'turns[0].at'");
	refuses(TRANSCRIPT("[{\"text\":\"a\",\"at\":-1}]"), "-1 seconds is no length of time", "field 'turns[0].at'");
	refuses(TRANSCRIPT("[{\"text\":\"a\",\"speaker\":1}]"), "a string is expected here, not an integer",
		"field 'turns[0].speaker'");
	refuses(TRANSCRIPT("[{\"text\":\"a\",\"speeker\":\"b\"}]"), "unknown field 'speeker'; did you mean 'speaker'?",
		"field 'turns[0].speeker'");
}

static void media_lose_their_paths_in_the_payload(void **state)
{
	(void)state;
	reads(CALL(",\"media\":[\"audio/a.wav\",{\"path\":\"/b/c.mp3\",\"content_type\":\"audio/mpeg\",\"name\":\"Call\"}]"));
	assert_int_equal(in.media_count, 2);
	assert_string_equal(in.media[0].path, "audio/a.wav");
	assert_null(in.media[0].content_type);
	assert_null(in.media[0].name);
	assert_string_equal(in.media[1].path, "/b/c.mp3");
	assert_string_equal(in.media[1].content_type, "audio/mpeg");
	assert_string_equal(in.media[1].name, "Call");
	assert_string_equal(in.payload,
			    CALL(",\"media\":[{\"name\":\"a.wav\"},{\"name\":\"Call\",\"content_type\":\"audio/mpeg\"}]"));
	assert_int_equal(in.payload_len, strlen(in.payload));
	reads(CALL(",\"media\":\"a.wav\""));
	assert_string_equal(in.payload, CALL(",\"media\":[{\"name\":\"a.wav\"}]"));
	reads(CALL(",\"media\":[]"));
	assert_int_equal(in.media_count, 0);
}

static void media_that_are_no_files_are_refused(void **state)
{
	(void)state;
	refuses(CALL(",\"media\":\"https://example.com/a.wav\""), "'https://example.com/a.wav' is a web address, not a file",
		"field 'media'");
	refuses(CALL(",\"media\":[\"a/\"]"), "'a/' is a folder, not a file", "field 'media[0]'");
	refuses(CALL(",\"media\":{\"name\":\"a\"}"), "media need a 'path'", "field 'media'");
	refuses(CALL(",\"media\":{\"file\":\"a\"}"), "unknown field 'file'", "field 'media.file'");
	refuses(CALL(",\"media\":\"\""), "it is empty", "field 'media'");
}

static void contacts_carry_their_identities(void **state)
{
	(void)state;
	reads("{\"type\":\"contact\",\"id\":\"k1\",\"name\":\"Ann B\",\"phones\":[\"+4533\",\"tel:+4534\"],\"emails\":"
	      "[\"a@example.com\"],\"ids\":[\"crm-1\"],\"company\":\"C\",\"tags\":[\"t\"],\"lists\":[\"l\"],\"custom\":{}}");
	assert_string_equal(in.contact_name, "Ann B");
	assert_string_equal(in.source_id, "k1");
	assert_int_equal(in.party_count, 4);
	is_party(0, ROLE_PARTICIPANT, IDENTITY_PHONE, "+4533", NULL);
	is_party(1, ROLE_PARTICIPANT, IDENTITY_PHONE, "+4534", NULL);
	is_party(2, ROLE_PARTICIPANT, IDENTITY_EMAIL, "a@example.com", NULL);
	is_party(3, ROLE_PARTICIPANT, IDENTITY_EXTERNAL, "crm-1", NULL);
	refuses("{\"type\":\"contact\",\"name\":\"Ann\"}", "a contact needs a phone, an e-mail address or an id",
		"field 'phones'");
}

/* A line of `count` times `item`, between `start` and `end`. */
static char *repeated(const char *start, const char *item, size_t count, const char *end)
{
	size_t len = strlen(item);
	char *line = pool_alloc(&pool, strlen(start) + count * (len + 1) + strlen(end) + 1), *p = line;

	assert_non_null(line);
	p = stpcpy(p, start);
	for (size_t i = 0; i < count; i++)
		p = stpcpy(stpcpy(p, i && len > 1 ? "," : ""), item);
	stpcpy(p, end);
	return line;
}

static void what_there_is_too_much_of_is_refused(void **state)
{
	(void)state;
	reads(repeated(CALL_START ",\"to\":[", "\"1\"", 63, "]}"));
	assert_int_equal(in.party_count, 64);
	refuses(repeated(CALL_START ",\"to\":[", "\"1\"", 64, "]}"), "more than 64 people in one record", "field 'to'");
	reads(repeated(CALL_START ",\"media\":[", "\"a\"", 16, "]}"));
	refuses(repeated(CALL_START ",\"media\":[", "\"a\"", 17, "]}"), "more than 16 files in one record", "field 'media'");
	reads(repeated(CALL_START ",\"id\":\"", "x", 200, "\"}"));
	refuses(repeated(CALL_START ",\"id\":\"", "x", 201, "\"}"), "201 bytes long; at most 200 are taken", "field 'id'");
	refuses(repeated(CALL_START ",\"source\":\"", "x", 65, "\"}"), "65 bytes long; at most 64 are taken",
		"field 'source'");
	reads(repeated(CALL_START ",\"text\":\"", "x", 1000000, "\"}"));
}

static void a_line_over_the_limit_says_so(void **state)
{
	char *line = repeated(CALL_START ",\"text\":\"", "x", (size_t)5 * 1024 * 1024, "\"}");

	(void)state;
	assert_int_equal(read_bytes(line, strlen(line)), ERR_LIMIT);
	assert_non_null(strstr(err.what, "at most 4194304 are read"));
	assert_non_null(strstr(err.mend, "'media'"));
}

static void what_is_no_json_object_is_refused(void **state)
{
	static const char *const bad[] = {
	    "{", "{\"type\":\"call\",}", "{'type':'call'}", "nonsense", "{\"type\":\"call\"} {}", "{\"a\":\"\xff\"}",
	    "{\"type\":\"call\",\"type\":\"call\"}", "{\"a\":NaN}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (read_bytes(bad[i], strlen(bad[i])) != ERR_INPUT)
			fail_msg("taken: %s", bad[i]);
		assert_true(err.what[0]);
	}
	assert_int_equal(read_bytes("{\"type\":\0\"call\"}", 16), ERR_INPUT);
	assert_int_equal(read_bytes("", 0), ERR_INPUT);
	assert_string_equal(err.what, "the line is empty");
	assert_int_equal(read_bytes(" \r\n", 3), ERR_INPUT);
	assert_string_equal(err.what, "the line is empty");
	assert_int_equal(read_bytes("[1]", 3), ERR_INPUT);
	assert_string_equal(err.what, "a JSON object is expected, not an array");
}

static void memory_running_out_is_an_error_at_every_size(void **state)
{
	static const char line[] = CALL(",\"to\":[\" 1 \",{\"phone\":\" 2 \"}],\"media\":\"a.wav\"");
	size_t max = 0;
	struct pool small;
	enum result result;

	(void)state;
	do {
		pool_init(&small, max += 16);
		result = jsonl_read(parser, &context, line, sizeof line - 1, &small, &in, &err);
		assert_true(result == OK || result == ERR_NO_MEMORY || result == ERR_LIMIT);
		pool_free(&small);
	} while (result != OK);
	assert_true(max > 200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
	    T(a_call_is_read_with_all_its_plain_columns),
	    T(a_record_takes_so_many_labels_and_no_more),
	    T(every_kind_and_a_contact_is_a_type),
	    T(every_status_and_direction_has_its_name),
	    T(the_line_itself_is_the_payload),
	    T(line_ends_blanks_and_a_byte_order_mark_are_no_part_of_it),
	    T(a_line_without_id_is_known_by_its_digest),
	    T(people_are_told_by_what_they_look_like_or_are_called),
	    T(the_accounts_own_number_is_no_party),
	    T(somebody_only_mentioned_does_not_make_a_record_findable),
	    T(local_times_are_read_in_the_zone_given),
	    T(times_that_summer_time_skips_or_repeats_are_doubtful),
	    T(times_that_are_none_are_refused),
	    T(unknown_fields_are_refused_with_the_nearest_known_one),
	    T(fields_of_another_type_are_sent_where_they_belong),
	    T(types_are_refused_by_name),
	    T(values_of_the_wrong_type_are_refused),
	    T(people_who_cannot_be_told_are_refused),
	    T(control_characters_are_refused_but_in_free_text),
	    T(lengths_of_time_have_bounds),
	    T(misspelt_words_are_told_the_nearest),
	    T(turns_are_checked_one_by_one),
	    T(media_lose_their_paths_in_the_payload),
	    T(media_that_are_no_files_are_refused),
	    T(contacts_carry_their_identities),
	    T(what_there_is_too_much_of_is_refused),
	    T(a_line_over_the_limit_says_so),
	    T(what_is_no_json_object_is_refused),
	    T(memory_running_out_is_an_error_at_every_size),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
