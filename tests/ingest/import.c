/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "world.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/stream.h"
#include "ingest/import.h"
#include "ingest/intake.h"
#include "privacy/erase.h"
#include "retention/holds.h"
#include "store/leaf.h"
#include "store/policy.h"

#define NOW "2024-06-01T12:00:00Z"
#define CALL(id, more) \
	"{\"type\":\"call\",\"id\":\"" id "\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\",\"to\":\"+4520000300\"" more "}\n"
#define CONTACT(id, name, more) "{\"type\":\"contact\",\"id\":\"" id "\",\"name\":\"" name "\"," more "}\n"

static struct world world;
static struct import_options options;
static struct import_result result;
static struct err err;
static char told[1024]; /* the last bad line, as it was reported */
static int stop_after;  /* calls to stop() until it says yes; 0: never */

static void note_bad_line(void *arg, const char *file, uint64_t line, const struct err *why)
{
	(void)arg;
	snprintf(told, sizeof told, "%s:%d: %s: %s (%s)", file, (int)line, why->where, why->what, why->mend);
}

static bool stop(void *arg)
{
	(void)arg;
	return stop_after > 0 && --stop_after == 0;
}

static int set_up(void **state)
{
	(void)state;
	world_begin(&world, NOW);
	assert_int_equal(chdir(world.base), 0);
	options = (struct import_options){
	    .account = &world.account, .now = world.now, .bad_line = note_bad_line, .stop = stop};
	told[0] = '\0';
	stop_after = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	world_end(&world);
	return 0;
}

static void put_bytes(const char *path, const void *data, size_t len)
{
	assert_ok(file_write_atomic(path, data, len, 0600, &err), &err);
}

static void put_file(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static enum result import(const char *path)
{
	return import_files(world.vault, &options, &path, 1, &result, &err);
}

/* Writes and imports; it must go well. */
static void take_in(const char *text)
{
	put_file("in.jsonl", text);
	assert_ok(import("in.jsonl"), &err);
}

static const char *content_of(const char *path)
{
	struct buf text;
	char *copy;

	assert_ok(file_read(path, 1 << 24, &text, &err), &err);
	copy = pool_strndup(&world.pool, text.data != NULL ? text.data : "", text.len);
	buf_free(&text);
	return copy;
}

static int64_t count_rows(const char *kind_of_row)
{
	int64_t rows, by_month;

	assert_ok(party_count(world.vault->read.data, world.account.number, &rows, &by_month, &err), &err);
	assert_int_equal(rows, by_month);
	return strcmp(kind_of_row, "party") == 0 ? rows : -1;
}

/* All of a kind, by their day. */
static size_t list_day(enum record_kind kind, const char *day, struct record_row *rows, size_t max)
{
	struct instant at = world_time(day);
	size_t count;

	assert_ok(record_list_day(world.vault->read.data, world.account.number, kind, instant_date(at),
				  (struct id){{0}}, &world.pool, rows, max, &count, &err),
		  &err);
	return count;
}

static struct period period_of(enum record_kind kind, const char *day)
{
	struct period period;

	assert_ok(period_get(world.vault->read.data, world.account.number, kind, instant_date(world_time(day)), &period,
			     &err),
		  &err);
	return period;
}

static bool find(enum identity_kind kind, const char *value, struct identity_row *out)
{
	struct blind blind;
	bool found;

	assert_ok(keyring_blind(world.vault->read.ring, world.account.number, kind, value, strlen(value), &blind, &err),
		  &err);
	assert_ok(identity_find(world.vault->read.data, world.account.number, &blind, &found, out, &err), &err);
	return found;
}

static struct id person_of(enum identity_kind kind, const char *value)
{
	struct identity_row row;

	assert_true(find(kind, value, &row));
	return row.person;
}

static bool same_person(enum identity_kind a_kind, const char *a, enum identity_kind b_kind, const char *b)
{
	return id_compare(person_of(a_kind, a), person_of(b_kind, b)) == 0;
}

static void erase(const char *phone, const char *at)
{
	struct erase_options how = {.now = world_time(at)};
	struct erase_result *done = calloc(1, sizeof *done);

	assert_non_null(done);
	assert_ok(erase_person(world.vault, &world.account, person_of(IDENTITY_PHONE, phone), &how, &world.pool, done,
			       &err),
		  &err);
	free(done);
}

static enum result set_policy_op(struct session *session, void *arg, struct err *e)
{
	const struct span *keep = arg;
	int version;

	return policy_put(session->data, world.account.number, KIND_CALL, *keep, world.now, &version, e);
}

static void keep_calls_for_days(int days)
{
	struct span keep = {.days = days};

	assert_ok(vault_write(world.vault, set_policy_op, &keep, &err), &err);
}

/* ---- records ---- */

static void a_call_is_stored_with_its_parties_period_and_payload(void **state)
{
	struct record_row rows[4];
	struct period period;
	const char *text;
	size_t len;

	(void)state;
	take_in(CALL("1", ",\"direction\":\"inbound\",\"status\":\"answered\",\"duration\":12.5"));
	assert_int_equal(result.lines, 1);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.identities, 2);
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 4), 1);
	assert_int_equal(rows[0].direction, DIRECTION_INBOUND);
	assert_int_equal(rows[0].status, STATUS_ANSWERED);
	assert_int_equal(rows[0].duration_ms, 12500);
	assert_int_equal(rows[0].party_count, 2);
	assert_int_equal(id_time(rows[0].id).ms, world_time("2024-05-17T14:03:00Z").ms);
	assert_ok(open_record(world.vault->read.ring, &rows[0], &world.pool, &text, &len, &err), &err);
	assert_non_null(strstr(text, "\"duration\":12.5"));
	assert_int_equal(count_rows("party"), 2);
	period = period_of(KIND_CALL, "2024-05-17T00:00:00Z");
	assert_int_equal(period.records, 1);
	assert_int_equal(period.bytes, rows[0].payload_len);
}

/* P18 */
static void importing_twice_changes_nothing(void **state)
{
	(void)state;
	take_in(CALL("1", "") CALL("2", ""));
	assert_int_equal(result.records[KIND_CALL], 2);
	world_reopen(&world);
	take_in(CALL("1", "") CALL("2", "") CALL("3", ""));
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.duplicates, 2);
	assert_int_equal(result.identities, 0);
	assert_int_equal(count_rows("party"), 6);
	assert_int_equal(period_of(KIND_CALL, "2024-05-17T00:00:00Z").records, 3);
}

static void the_first_of_two_lines_with_one_id_wins(void **state)
{
	struct record_row rows[4];

	(void)state;
	take_in(CALL("1", ",\"duration\":1") CALL("1", ",\"duration\":2"));
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 4), 1);
	assert_int_equal(rows[0].duration_ms, 1000);
}

static void a_known_record_makes_no_new_identities(void **state)
{
	struct identity_row row;

	(void)state;
	take_in(CALL("1", ""));
	take_in(CALL("1", ",\"participants\":[\"+4520000999\"]"));
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(result.identities, 0);
	assert_false(find(IDENTITY_PHONE, "+4520000999", &row));
}

static void the_same_id_of_another_source_or_kind_is_another_record(void **state)
{
	(void)state;
	take_in(CALL("1", "") CALL("1", ",\"source\":\"other\""));
	assert_int_equal(result.records[KIND_CALL], 2);
	take_in("{\"type\":\"message\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\"}\n");
	assert_int_equal(result.records[KIND_MESSAGE], 1);
}

static void numbers_are_read_by_the_rules_of_the_accounts_country(void **state)
{
	struct identity_row row;

	(void)state;
	take_in("{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"20 00 05 78\"}\n");
	assert_true(find(IDENTITY_PHONE, "+4520000578", &row));
	assert_int_equal(result.fell_back, 0);
}

static void what_is_no_number_becomes_an_external_id_and_is_counted(void **state)
{
	struct identity_row row;

	(void)state;
	take_in(CALL("1", ",\"participants\":[\"anonymous\"]"));
	assert_int_equal(result.fell_back, 1);
	assert_true(find(IDENTITY_EXTERNAL, "anonymous", &row));
	assert_int_equal(row.kind, IDENTITY_EXTERNAL);
}

static void the_business_number_and_the_agent_are_no_people_outside(void **state)
{
	struct record_row rows[2];
	struct identity_row agent, number;

	(void)state;
	take_in(CALL("1", ",\"number\":\"20000300\",\"agent\":{\"id\":\"ben\",\"name\":\"Ben\"}"));
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 2), 1);
	assert_true(find(IDENTITY_AGENT, "ben", &agent));
	assert_true(find(IDENTITY_NUMBER, "+4520000300", &number));
	assert_false(find(IDENTITY_PHONE, "+4520000300", &(struct identity_row){0}));
	assert_int_equal(rows[0].agent, agent.identity);
	assert_int_equal(rows[0].number, number.identity);
	assert_int_equal(rows[0].party_count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(rows[0].parties[i].roles,
				 rows[0].parties[i].identity == agent.identity ? ROLE_AGENT : ROLE_FROM);
	assert_int_equal(count_rows("party"), 2);
}

static void a_record_of_the_accounts_own_number_alone_is_rejected(void **state)
{
	(void)state;
	take_in("{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"004520000300\","
		"\"number\":\"+4520000300\"}\n");
	assert_int_equal(result.rejected, 1);
	assert_non_null(strstr(told, "in.jsonl:1: field 'from': the only number in it is the account's own"));
	assert_int_equal(count_rows("party"), 0);
}

static void somebody_who_calls_themselves_is_one_party_with_two_roles(void **state)
{
	struct record_row rows[2];

	(void)state;
	take_in("{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\","
		"\"to\":\"+4520000578\"}\n");
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 2), 1);
	assert_int_equal(rows[0].party_count, 1);
	assert_int_equal(rows[0].parties[0].roles, ROLE_FROM | ROLE_TO);
	assert_int_equal(result.identities, 1);
}

/* P12 */
static void each_batch_leaves_one_leaf_of_counts(void **state)
{
	uint64_t before, after;
	struct leaf leaf;

	(void)state;
	assert_ok(leaf_tree_size(world.vault->read.data, &before, &err), &err);
	take_in(CALL("1", "") CALL("2", ""));
	assert_ok(leaf_tree_size(world.vault->read.data, &after, &err), &err);
	assert_int_equal(after, before + 1);
	assert_ok(leaf_get(world.vault->read.data, before, &world.pool, &leaf, &err), &err);
	assert_non_null(strstr(leaf.body, "\"act\":\"import.batch\""));
	assert_non_null(strstr(leaf.body, "\"records.call\":2"));
	assert_null(strstr(leaf.body, "20000578"));
}

/* ---- what must not come in ---- */

/* P5 */
static void records_of_an_erased_person_from_before_do_not_come_back(void **state)
{
	struct identity_row row;

	(void)state;
	take_in(CALL("1", ""));
	erase("+4520000578", NOW);
	take_in(CALL("1", "") CALL("2", ""));
	assert_int_equal(result.refused_erased, 2);
	assert_int_equal(result.identities, 0);
	assert_false(find(IDENTITY_PHONE, "+4520000578", &row));
	take_in("{\"type\":\"call\",\"id\":\"9\",\"time\":\"2024-06-01T13:00:00Z\",\"from\":\"+4520000578\"}\n");
	assert_int_equal(result.refused_erased, 0);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_true(find(IDENTITY_PHONE, "+4520000578", &row));
	take_in(CALL("2", ""));
	assert_int_equal(result.refused_erased, 1);
}

static void a_contact_of_an_erased_person_is_refused_until_they_live_again(void **state)
{
	(void)state;
	take_in(CALL("1", ""));
	erase("+4520000578", NOW);
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.refused_erased, 1);
	assert_int_equal(result.contacts_new, 0);
	take_in("{\"type\":\"call\",\"id\":\"9\",\"time\":\"2024-06-01T13:00:00Z\",\"from\":\"+4520000578\"}\n"
		CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.contacts_new, 1);
}

static void what_the_policy_would_delete_at_once_is_left_out(void **state)
{
	(void)state;
	keep_calls_for_days(15); /* 17 May + 15 days is today */
	take_in(CALL("1", "") "{\"type\":\"call\",\"id\":\"2\",\"time\":\"2024-05-18T00:00:00Z\",\"from\":\"+4520000578\"}\n");
	assert_int_equal(result.expired, 1);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(period_of(KIND_CALL, "2024-05-17T00:00:00Z").records, 0);
}

static void a_hold_lets_in_what_the_policy_would_delete(void **state)
{
	struct hold_request request = {.reason = "a lawsuit"};
	struct identity_row row;
	struct id hold;

	(void)state;
	take_in("{\"type\":\"note\",\"id\":\"2\",\"time\":\"2024-05-18T00:00:00Z\",\"from\":\"+4520000578\"}\n");
	assert_true(find(IDENTITY_PHONE, "+4520000578", &row));
	request.identity = row.identity;
	assert_ok(holds_add(world.vault, &world.account, &request, world.now, &hold, &err), &err);
	keep_calls_for_days(1);
	take_in(CALL("1", "")
		"{\"type\":\"call\",\"id\":\"2\",\"time\":\"2024-05-18T00:00:00Z\",\"from\":\"+4520000111\"}\n");
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.expired, 1);
	assert_int_equal(result.identities, 1); /* +4520000300: nothing is made for what is left out */
}

/* ---- contacts ---- */

static size_t contacts_named(const char *word)
{
	struct blind blind;
	struct id ids[8];
	size_t count;

	assert_ok(keyring_blind(world.vault->read.ring, world.account.number, BLIND_NAME_WORD, word, strlen(word), &blind,
				&err),
		  &err);
	assert_ok(contact_find_name(world.vault->read.data, world.account.number, &blind, 1, ids, 8, &count, &err), &err);
	return count;
}

static void a_contact_links_its_identities_and_is_found_by_name(void **state)
{
	(void)state;
	take_in(CALL("1", "")
		"{\"type\":\"chat\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":{\"email\":\"zoe@example.com\"}}\n");
	assert_false(same_person(IDENTITY_PHONE, "+4520000578", IDENTITY_EMAIL, "zoe@example.com"));
	take_in(CONTACT("a", "Zo\xc3\xab M\xc3\xbcller",
			"\"phones\":[\"+45 20 00 05 78\"],\"emails\":[\"Zoe@Example.com\"],\"ids\":[\"crm-1\"]"));
	assert_int_equal(result.contacts_new, 1);
	assert_int_equal(result.linked, 1);
	assert_int_equal(result.identities, 1);
	assert_true(same_person(IDENTITY_PHONE, "+4520000578", IDENTITY_EMAIL, "zoe@example.com"));
	assert_true(same_person(IDENTITY_PHONE, "+4520000578", IDENTITY_EXTERNAL, "crm-1"));
	assert_int_equal(contacts_named("zoe"), 1);
	assert_int_equal(contacts_named("muller"), 1);
}

static void a_linked_identity_is_known_by_its_new_person_at_once(void **state)
{
	(void)state;
	take_in("{\"type\":\"chat\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":{\"email\":\"zoe@example.com\"}}\n"
		CALL("1", "") CONTACT("a", "Zoe", "\"phones\":[\"+4520000578\"],\"emails\":[\"zoe@example.com\"]"));
	take_in(CONTACT("b", "Zoe", "\"emails\":[\"zoe@example.com\"],\"ids\":[\"crm-2\"]"));
	assert_true(same_person(IDENTITY_PHONE, "+4520000578", IDENTITY_EXTERNAL, "crm-2"));
}

static void an_unchanged_contact_is_left_and_a_changed_one_updated(void **state)
{
	(void)state;
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.contacts_unchanged, 1);
	assert_int_equal(result.contacts_updated, 0);
	take_in(CONTACT("a", "Astrid Krog", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.contacts_updated, 1);
	assert_int_equal(contacts_named("holst"), 0);
	assert_int_equal(contacts_named("krog"), 1);
}

static void an_identifier_that_two_names_share_links_nobody(void **state)
{
	(void)state;
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000300\",\"+4520000001\"]")
		CONTACT("b", "Marcus Paulsen", "\"phones\":[\"+4520000300\",\"+4520000002\"]"));
	assert_int_equal(result.contacts_new, 2);
	assert_int_equal(result.shared, 1);
	assert_false(same_person(IDENTITY_PHONE, "+4520000001", IDENTITY_PHONE, "+4520000002"));
	/* The same name in another order is the same person. */
	take_in(CONTACT("c", "holst, astrid", "\"phones\":[\"+4520000001\",\"+4520000003\"]"));
	assert_true(same_person(IDENTITY_PHONE, "+4520000001", IDENTITY_PHONE, "+4520000003"));
}

static void a_held_contact_is_not_updated(void **state)
{
	struct hold_request request = {.reason = "a lawsuit"};
	struct identity_row row;
	struct id hold;

	(void)state;
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	assert_true(find(IDENTITY_PHONE, "+4520000578", &row));
	request.identity = row.identity;
	assert_ok(holds_add(world.vault, &world.account, &request, world.now, &hold, &err), &err);
	take_in(CONTACT("a", "Somebody Else", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.contacts_held, 1);
	assert_int_equal(contacts_named("holst"), 1);
}

static void an_identifier_given_twice_in_a_contact_counts_once(void **state)
{
	(void)state;
	take_in(CONTACT("a", "Astrid", "\"phones\":[\"+4520000578\",\"20000578\"]"));
	assert_int_equal(result.contacts_new, 1);
	assert_int_equal(result.identities, 1);
}

/* ---- media ---- */

#define RECORDING(id, media) \
	"{\"type\":\"recording\",\"id\":\"" id "\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\",\"media\":" media "}\n"

static enum result read_blob(void *arg, uint64_t offset, void *out, size_t len, struct err *e)
{
	return blob_read(arg, offset, out, len, e);
}

static enum result into_buf(void *arg, const void *data, size_t len, struct err *e)
{
	(void)e;
	buf_add(arg, data, len);
	return OK;
}

static void open_medium(const struct record_row *record, const struct media_row *media, struct buf *out)
{
	struct blob_name name = {media->account, (uint32_t)media->kind, instant_date(id_time(media->id)), media->blob};
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = media_aad(media, aad);
	struct stream_reader *reader;
	struct blob_file *file;
	struct key key, media_key;
	uint64_t size;

	buf_init(out, 1 << 24);
	assert_ok(seal_record_key(world.vault->read.ring, record, &key, &err), &err);
	assert_ok(open_media_key(&key, media, &media_key, &err), &err);
	assert_ok(blob_get(world.vault->blobs, &name, &file, &size, &err), &err);
	assert_ok(stream_reader_new(&media_key, aad, aad_len, media->segment, size, read_blob, file, &reader, &err), &err);
	assert_ok(stream_read(reader, 0, stream_reader_size(reader), into_buf, out, &err), &err);
	stream_reader_free(reader);
	blob_file_close(file);
}

static enum result count_blob(void *arg, const struct blob_name *name, const char *path, uint64_t size, struct err *e)
{
	(void)name, (void)path, (void)size, (void)e;
	(*(int *)arg)++;
	return OK;
}

static int count_blobs(void)
{
	int count = 0;

	assert_ok(blob_walk(world.vault->blobs, count_blob, &count, &err), &err);
	return count;
}

static void media_are_sealed_beside_their_record(void **state)
{
	static char large[3 * 1024 * 1024 + 17];
	struct record_row rows[2];
	struct media_row media[4];
	struct buf out;
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (char)(i * 31 + i / 977);
	memcpy(large, "RIFF....WAVE", 12);
	assert_int_equal(mkdir("audio", 0700), 0);
	put_bytes("audio/a.bin", large, sizeof large);
	put_file("audio/b.txt", "hello");
	take_in(RECORDING("1", "[\"audio/a.bin\",\"audio/b.txt\"]"));
	assert_int_equal(result.media, 2);
	assert_int_equal(result.media_bytes, sizeof large + 5);
	assert_int_equal(list_day(KIND_RECORDING, "2024-05-17T00:00:00Z", rows, 2), 1);
	assert_int_equal(rows[0].media, 2);
	assert_ok(media_list(world.vault->read.data, world.account.number, KIND_RECORDING, rows[0].id, media, 4, &count,
			     &err),
		  &err);
	assert_int_equal(count, 2);
	assert_int_equal(media[0].format, MEDIA_WAV);
	assert_int_equal(media[0].segment, STREAM_SEGMENT_MAX);
	assert_int_equal(media[1].format, MEDIA_TEXT);
	assert_int_equal(media[1].segment, STREAM_SEGMENT_MIN);
	open_medium(&rows[0], &media[0], &out);
	assert_int_equal(out.len, sizeof large);
	assert_memory_equal(out.data, large, sizeof large);
	buf_free(&out);
	open_medium(&rows[0], &media[1], &out);
	assert_string_equal(out.data, "hello");
	buf_free(&out);
	assert_int_equal(period_of(KIND_RECORDING, "2024-05-17T00:00:00Z").media_bytes, sizeof large + 5);
}

static void media_of_duplicates_and_refused_records_are_dropped_again(void **state)
{
	(void)state;
	put_file("a.txt", "one");
	put_file("b.txt", "two");
	take_in(RECORDING("1", "\"a.txt\"") RECORDING("1", "\"b.txt\""));
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(result.media, 1);
	assert_int_equal(count_blobs(), 1);
	assert_int_equal(unlink("a.txt"), 0);
	take_in(RECORDING("1", "\"a.txt\"")); /* known: its file is not looked for */
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(count_blobs(), 1);
	erase("+4520000578", "2024-05-20T00:00:00Z");
	take_in(RECORDING("2", "\"b.txt\""));
	assert_int_equal(result.refused_erased, 1);
	assert_int_equal(count_blobs(), 0);
	world_reopen(&world);
	assert_int_equal(count_blobs(), 0);
}

static void a_missing_file_rejects_its_line_alone(void **state)
{
	(void)state;
	put_file("a.txt", "one");
	take_in(RECORDING("1", "[\"a.txt\",\"gone.wav\"]") RECORDING("2", "\"a.txt\""));
	assert_int_equal(result.rejected, 1);
	assert_int_equal(result.records[KIND_RECORDING], 1);
	assert_int_equal(result.media, 1);
	assert_int_equal(count_blobs(), 1);
	assert_non_null(strstr(told, "in.jsonl:1: field 'media': 'gone.wav' cannot be found: No such file"));
}

static void expect_refused(const char *line, const char *why)
{
	told[0] = '\0';
	take_in(line);
	assert_int_equal(result.rejected, 1);
	if (strstr(told, why) == NULL)
		fail_msg("'%s' is not in '%s'", why, told);
}

static void files_outside_the_folder_are_refused(void **state)
{
	char line[1024];

	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	put_file("secret.txt", "secret");
	put_file("sub/ok.txt", "fine");
	assert_int_equal(symlink("../secret.txt", "sub/link.txt"), 0);
	put_file("sub/in.jsonl", RECORDING("1", "\"../secret.txt\"") RECORDING("2", "\"link.txt\"") RECORDING("3", "\"ok.txt\""));
	assert_ok(import("sub/in.jsonl"), &err);
	assert_int_equal(result.rejected, 2);
	assert_non_null(strstr(told, "lies outside the folder"));
	assert_int_equal(result.records[KIND_RECORDING], 1);
	snprintf(line, sizeof line, RECORDING("4", "\"%s/secret.txt\""), world.base);
	expect_refused(line, "is an absolute path");
	expect_refused(RECORDING("5", "\"sub\""), "is no file");
	options.media_root = world.base;
	take_in(line);
	assert_int_equal(result.records[KIND_RECORDING], 1);
	options.media_root = "sub";
	expect_refused(RECORDING("6", "\"secret.txt\""), "cannot be found");
	options.media_root = "nowhere";
	assert_int_equal(import("in.jsonl"), ERR_IO);
}

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

		assert_ok(record_count_day(world.vault->read.data, world.account.number, KIND_CALL, date, &all, &held,
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

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_call_is_stored_with_its_parties_period_and_payload),
	    TEST(importing_twice_changes_nothing),
	    TEST(the_first_of_two_lines_with_one_id_wins),
	    TEST(a_known_record_makes_no_new_identities),
	    TEST(the_same_id_of_another_source_or_kind_is_another_record),
	    TEST(numbers_are_read_by_the_rules_of_the_accounts_country),
	    TEST(what_is_no_number_becomes_an_external_id_and_is_counted),
	    TEST(the_business_number_and_the_agent_are_no_people_outside),
	    TEST(a_record_of_the_accounts_own_number_alone_is_rejected),
	    TEST(somebody_who_calls_themselves_is_one_party_with_two_roles),
	    TEST(each_batch_leaves_one_leaf_of_counts),
	    TEST(records_of_an_erased_person_from_before_do_not_come_back),
	    TEST(a_contact_of_an_erased_person_is_refused_until_they_live_again),
	    TEST(what_the_policy_would_delete_at_once_is_left_out),
	    TEST(a_hold_lets_in_what_the_policy_would_delete),
	    TEST(a_contact_links_its_identities_and_is_found_by_name),
	    TEST(a_linked_identity_is_known_by_its_new_person_at_once),
	    TEST(an_unchanged_contact_is_left_and_a_changed_one_updated),
	    TEST(an_identifier_that_two_names_share_links_nobody),
	    TEST(a_held_contact_is_not_updated),
	    TEST(an_identifier_given_twice_in_a_contact_counts_once),
	    TEST(media_are_sealed_beside_their_record),
	    TEST(media_of_duplicates_and_refused_records_are_dropped_again),
	    TEST(a_missing_file_rejects_its_line_alone),
	    TEST(files_outside_the_folder_are_refused),
	    TEST(bad_lines_are_kept_with_their_reasons_and_can_be_imported_again),
	    TEST(rejects_never_overwrite_a_file),
	    TEST(rejects_that_cannot_be_written_end_the_import),
	    TEST(one_rejects_file_does_not_serve_two_imports),
	    TEST(several_files_each_have_their_rejects),
	    TEST(a_line_too_long_is_rejected_whole_and_the_next_one_read),
	    TEST(line_ends_of_windows_byte_order_marks_and_blank_lines_are_taken),
	    TEST(strict_ends_at_the_first_bad_line_with_nothing_of_its_batch),
	    TEST(a_file_that_is_not_there_or_a_folder_says_so),
	    TEST(master_csv_is_read_in_its_time_zone),
	    TEST(a_stray_quote_costs_its_own_row_only),
	    TEST(rejected_rows_of_a_table_keep_its_header),
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
