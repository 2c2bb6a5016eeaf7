/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole exports, read back with libarchive.
 */
#include "export/unzip.h"

#include "base/csv.h"
#include "retention/holds.h"
#include "store/leaf.h"

static struct unzipped zip;

static const struct json *first_of_kind(const struct json *data, const char *kind)
{
	const struct json *records = json_get(data, "records");

	for (const struct json *record = records->first; record != NULL; record = record->next) {
		if (strcmp(json_get_text(record, "kind"), kind) == 0)
			return record;
	}
	return NULL;
}

static const char *hex_of(struct pool *pool, const struct entry_read *entry)
{
	struct hash hash = sha256(entry->data, entry->len);
	char *text = pool_alloc(pool, 2 * HASH_LEN + 1);

	for (size_t i = 0; i < HASH_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", hash.bytes[i]);
	return text;
}

static void take_in_one_of_each(struct world *world)
{
	make_sound(world, "a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16);
	make_file(world, "c.pdf", "%PDF-1.4 a contract");
	take_in(world,
		"{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"" ANN "\",\"to\":{\"phone\":\"" BO
		"\",\"name\":\"Bo Hansen\"},\"status\":\"answered\",\"direction\":\"outbound\",\"duration\":65,\"agent\":{\"id\":"
		"\"a7\",\"name\":\"Cy Agentsen\"},\"custom\":{\"dst\":\"" BO "\",\"clid\":\"Bo Hansen <4530999912>\"}}\n"
		"{\"type\":\"recording\",\"id\":\"2\",\"time\":\"2024-05-17T14:04:00Z\",\"from\":\"" ANN "\",\"media\":\"a.wav\"}\n"
		"{\"type\":\"message\",\"id\":\"3\",\"time\":\"2024-05-18T14:04:00Z\",\"from\":\"" ANN "\",\"to\":{\"email\":"
		"\"bo@example.com\"},\"text\":\"See you, Bo\"}\n"
		"{\"type\":\"transcript\",\"id\":\"4\",\"time\":\"2024-05-18T15:04:00Z\",\"from\":\"" ANN "\",\"agent\":\"a7\","
		"\"turns\":[{\"speaker\":\"Agent (Cy)\",\"at\":1,\"text\":\"Hello\"},{\"speaker\":\"customer\",\"text\":\"Hi\"}]}\n"
		"{\"type\":\"form\",\"id\":\"5\",\"time\":\"2024-05-19T15:04:00Z\",\"from\":\"" ANN "\",\"fields\":{\"name\":\"Ann\"}}\n"
		"{\"type\":\"document\",\"id\":\"6\",\"time\":\"2025-01-19T15:04:00Z\",\"from\":\"" ANN "\",\"media\":\"c.pdf\"}\n"
		"{\"type\":\"contact\",\"id\":\"k1\",\"name\":\"Ann Holst\",\"phones\":[\"" ANN "\"],\"emails\":[\"ann@example.com\"],"
		"\"company\":\"Holst ApS\",\"tags\":[\"vip\"]}\n"
		"{\"type\":\"contact\",\"id\":\"bo-entry\",\"name\":\"Bo Hansen\",\"phones\":[\"" BO "\"]}\n");
}

static void every_kind_comes_out_in_html_json_and_csv(void **state)
{
	static const char *const names[] = {"index.html", "data.json", "contacts.csv", "csv/call.csv", "csv/recording.csv",
					    "csv/message.csv", "csv/transcript.csv", "csv/form.csv", "csv/document.csv"};
	struct world *world = *state;
	struct export_result result;
	const struct json *data;

	take_in_one_of_each(world);
	result = export_of(world, ANN, false, &zip);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_non_null(entry_of(&zip, names[i]));
	assert_null(entry_of(&zip, "csv/chat.csv"));
	assert_int_equal(6, result.records);
	assert_int_equal(1, result.contacts);
	assert_int_equal(2, result.media);
	assert_int_equal(0, result.left_out + result.media_left_out);
	data = tree_of(world, &zip, "data.json");
	assert_int_equal(6, json_get(data, "records")->len);
	assert_int_equal(65000, json_get_int(first_of_kind(data, "call"), "duration_ms", 0));
	assert_string_equal("Test account", json_get_text(json_get(data, "account"), "name"));
	assert_non_null(strstr(text_of(&zip, "index.html"), "See you, Bo"));
	assert_non_null(strstr(text_of(&zip, "index.html"), "Holst ApS"));
	unzipped_free(&zip);
}

static void the_manifest_is_last_and_names_every_file_with_its_digest(void **state)
{
	struct world *world = *state;
	const struct json *manifest, *files;
	char id[ID_TEXT_MAX];

	take_in_one_of_each(world);
	(void)export_of(world, ANN, false, &zip);
	assert_string_equal("manifest.json", zip.entries[zip.count - 1].name);
	manifest = tree_of(world, &zip, "manifest.json");
	files = json_get(manifest, "files");
	assert_int_equal(zip.count - 1, files->len);
	for (const struct json *file = files->first; file != NULL; file = file->next) {
		const struct entry_read *entry = entry_of(&zip, json_get_text(file, "name"));

		assert_non_null(entry);
		assert_int_equal(entry->len, json_get_int(file, "size", -1));
		assert_string_equal(hex_of(&world->pool, entry), json_get_text(file, "sha256"));
	}
	assert_string_equal(id_format("vault", world->vault->id, id), json_get_text(manifest, "vault"));
	assert_string_equal(id_format("acc", world->account.id, id), json_get_text(manifest, "account"));
	assert_string_equal("mask", json_get_text(json_get(manifest, "options"), "others"));
	unzipped_free(&zip);
}

static void the_export_is_in_the_audit_log_under_the_leaf_it_names(void **state)
{
	struct world *world = *state;
	struct export_result result;
	struct leaf leaf;
	struct err err;

	take_in_one_of_each(world);
	result = export_of(world, ANN, true, &zip);
	assert_ok(leaf_get(world->vault->read.data, result.leaf, &world->pool, &leaf, &err), &err);
	assert_non_null(strstr(leaf.body, "\"person.export\""));
	assert_non_null(strstr(leaf.body, "\"show\""));
	assert_non_null(strstr(leaf.body, json_get_text(tree_of(world, &zip, "manifest.json"), "person")));
	assert_int_equal(result.leaf, json_get_int(tree_of(world, &zip, "manifest.json"), "audit_leaf", -1));
	assert_null(strstr(leaf.body, ANN));
	unzipped_free(&zip);
}

/* GDPR, article 15: an agent who is a user of the account is told so; others are not told of them. */
static void who_is_a_user_of_the_account_is_told_so(void **state)
{
	const struct user_new new = {.name = "cy@example.com", .role = USER_AGENT, .agent = "a7"};
	struct world *world = *state;
	const struct json *user;
	struct user_row row;
	struct err err;
	struct id id;

	take_in_one_of_each(world);
	assert_ok(user_add(world->vault, &world->account, &new, world->now, &world->pool, &id, &err), &err);
	assert_ok(user_lookup(&world->vault->read, &world->account, "cy@example.com", &world->pool, &row, &err), &err);
	assert_ok(user_signed_in(world->vault, &world->account, &row, world->now, world->now, &err), &err);
	(void)export_of(world, "a7", false, &zip);
	user = json_get(json_get(tree_of(world, &zip, "data.json"), "person"), "users")->first;
	assert_string_equal(json_get_text(user, "name"), "cy@example.com");
	assert_string_equal(json_get_text(user, "role"), "agent");
	assert_non_null(json_get_text(user, "last_sign_in"));
	assert_non_null(strstr(text_of(&zip, "index.html"), "You are a user of this system, in the role of agent, and sign in as "
							    "<bdi>cy@example.com</bdi>. You were added on "));
	unzipped_free(&zip);
	(void)export_of(world, ANN, false, &zip);
	assert_null(json_get(json_get(tree_of(world, &zip, "data.json"), "person"), "users"));
	assert_false(anywhere(&zip, "cy@example.com"));
	unzipped_free(&zip);
}

static void others_are_masked_in_every_file(void **state)
{
	static const char *const secrets[] = {BO, "4530999912", "30 99 99 12", "Bo Hansen", "bo@example.com", "Agentsen",
					      "(Cy)", "bo-entry"};
	struct world *world = *state;
	struct export_result result;

	take_in_one_of_each(world);
	result = export_of(world, ANN, false, &zip);
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
		if (anywhere(&zip, secrets[i]))
			fail_msg("%s is in the export", secrets[i]);
	}
	assert_true(anywhere(&zip, "+45 \xe2\x80\xa2\xe2\x80\xa2 \xe2\x80\xa2\xe2\x80\xa2 \xe2\x80\xa2\xe2\x80\xa2 12"));
	assert_true(anywhere(&zip, "b\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2@example.com"));
	assert_true(anywhere(&zip, "other person 1"));
	assert_true(anywhere(&zip, "agent 1"));
	assert_true(anywhere(&zip, ANN));
	assert_int_equal(3, result.others_masked);
	assert_non_null(strstr(text_of(&zip, "index.html"), "Article 15(4)"));
	unzipped_free(&zip);
}

static void others_are_shown_when_that_is_asked_for(void **state)
{
	struct world *world = *state;

	take_in_one_of_each(world);
	assert_int_equal(0, export_of(world, ANN, true, &zip).others_masked);
	assert_true(anywhere(&zip, BO));
	assert_true(anywhere(&zip, "Bo Hansen"));
	assert_true(anywhere(&zip, "Cy Agentsen"));
	assert_false(anywhere(&zip, "bo-entry")); /* still not their contact */
	assert_string_equal("show", json_get_text(tree_of(world, &zip, "data.json"), "others"));
	unzipped_free(&zip);
}

static void the_same_export_twice_is_the_same_to_the_byte(void **state)
{
	struct world *world = *state;
	struct unzipped again;

	take_in_one_of_each(world);
	(void)export_of(world, ANN, false, &zip);
	(void)export_of(world, ANN, false, &again);
	assert_int_equal(zip.count, again.count);
	for (size_t i = 0; i + 1 < zip.count; i++) { /* the manifest names another audit leaf */
		assert_string_equal(zip.entries[i].name, again.entries[i].name);
		assert_int_equal(zip.entries[i].len, again.entries[i].len);
		assert_memory_equal(zip.entries[i].data, again.entries[i].data, zip.entries[i].len);
	}
	unzipped_free(&zip);
	unzipped_free(&again);
}

static void names_that_are_markup_stay_text(void **state)
{
	struct world *world = *state;
	const char *index;

	make_file(world, "x.txt", "hello");
	take_in(world,
		"{\"type\":\"message\",\"id\":\"<script>alert(1)</script>\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":{\"phone\":"
		"\"" ANN "\",\"name\":\"<script>alert(2)</script>\"},\"subject\":\"<img src=x onerror=alert(3)>\",\"text\":"
		"\"</p><script>alert(4)</script>\",\"tags\":[\"<b>\"],\"url\":\"javascript:alert(5)\",\"custom\":{\"<i>\":"
		"\"'\\\"><svg onload=alert(6)>\"},\"media\":[{\"path\":\"x.txt\",\"name\":\"\\\"><script>.txt\"}]}\n"
		"{\"type\":\"transcript\",\"id\":\"t\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"" ANN "\",\"turns\":[{\"speaker\":"
		"\"<script>\",\"text\":\"<script>\\u0007\"}]}\n"
		"{\"type\":\"contact\",\"id\":\"k\",\"name\":\"<script>alert(7)</script>\",\"phones\":[\"" ANN "\"],\"company\":\"<u>\"}\n");
	(void)export_of(world, ANN, true, &zip);
	index = text_of(&zip, "index.html");
	assert_null(strstr(index, "<script"));
	assert_null(strstr(index, "<img src=x"));
	assert_null(strstr(index, "<svg"));
	assert_null(strstr(index, "<u>"));
	assert_null(strstr(index, "href=\"javascript"));
	assert_null(strchr(index, '\a'));
	assert_non_null(strstr(index, "&lt;script&gt;alert(4)"));
	assert_non_null(strstr(index, "script-src 'none'"));
	(void)tree_of(world, &zip, "data.json");
	unzipped_free(&zip);
}

static void a_spreadsheet_runs_nothing_of_what_callers_wrote(void **state)
{
	struct world *world = *state;
	struct csv_row row;
	const char *csv;
	size_t header, len;
	struct err err;

	take_in(world, "{\"type\":\"message\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"" ANN
		       "\",\"text\":\"=HYPERLINK(\\\"http://evil\\\",\\\"a\\\")\\nand, more\",\"subject\":\"@SUM(1)\"}\n");
	(void)export_of(world, ANN, false, &zip);
	csv = text_of(&zip, "csv/message.csv");
	header = csv_row_length(csv, strlen(csv), true);
	len = csv_row_length(csv + header, strlen(csv) - header, true);
	assert_int_equal(strlen(csv), header + len);
	assert_ok(csv_split(csv + header, len, &world->pool, &row, &err), &err);
	assert_int_equal(29, row.count);
	assert_string_equal(ANN, row.fields[5]);
	assert_string_equal("'@SUM(1)", row.fields[12]);
	assert_string_equal("'=HYPERLINK(\"http://evil\",\"a\")\nand, more", row.fields[13]);
	unzipped_free(&zip);
}

/* ---- what is left out ---- */

static enum result destroy_period(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct date day = instant_date(world_time("2024-05-17T00:00:00Z"));
	bool existed;

	return keyring_destroy(session->ring, world->account.number, KEY_PERIOD, key_period_number(KIND_CALL, day, 0),
			       &existed, err);
}

static void a_record_whose_key_is_gone_is_listed_with_the_reason(void **state)
{
	struct world *world = *state;
	struct export_result result;
	const struct json *left;
	struct err err;

	world_put(world, KIND_CALL, "2024-05-17T08:00:00Z", "{\"from\":\"" ANN "\"}", ANN, NULL);
	world_put(world, KIND_CALL, "2024-05-18T08:00:00Z", "{\"from\":\"" ANN "\"}", ANN, NULL);
	assert_ok(vault_write(world->vault, destroy_period, world, &err), &err);
	result = export_of(world, ANN, false, &zip);
	assert_int_equal(1, result.records);
	assert_int_equal(1, result.left_out);
	left = json_get(tree_of(world, &zip, "data.json"), "left_out");
	assert_int_equal(1, left->len);
	assert_string_equal("key_destroyed", json_get_text(left->first, "reason"));
	assert_non_null(strstr(text_of(&zip, "index.html"), "its key has been destroyed"));
	unzipped_free(&zip);
}

static void a_record_whose_content_is_no_json_is_listed_as_unreadable(void **state)
{
	struct world *world = *state;
	const struct json *left;

	world_put(world, KIND_NOTE, "2024-05-17T08:00:00Z", "{not json", ANN, NULL);
	world_put(world, KIND_NOTE, "2024-05-17T09:00:00Z", "[1]", ANN, NULL);
	assert_int_equal(2, export_of(world, ANN, false, &zip).left_out);
	left = json_get(tree_of(world, &zip, "manifest.json"), "left_out");
	assert_string_equal("unreadable", json_get_text(left->first, "reason"));
	assert_string_equal("unreadable", json_get_text(left->first->next, "reason"));
	unzipped_free(&zip);
}

static enum result spoil_contact(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct contact_row row;
	struct id id;
	size_t count;
	enum result r = contact_list(session->data, world->account.number, (struct id){{0}}, &id, 1, &count, err);

	if (r == OK)
		r = contact_get(session->data, world->account.number, id, &world->pool, &row, err);
	if (r != OK)
		return r;
	row.payload_len--;
	return contact_put(session->data, &row, err);
}

static enum result delete_contact(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct contact_row row;
	struct id id;
	size_t count;
	enum result r = contact_list(session->data, world->account.number, (struct id){{0}}, &id, 1, &count, err);

	if (r == OK)
		r = contact_get(session->data, world->account.number, id, &world->pool, &row, err);
	row.deleted = world_time("2025-06-01T08:00:00Z");
	row.gone_on = instant_date(world_time("2025-07-01T00:00:00Z"));
	return r == OK ? contact_put(session->data, &row, err) : r;
}

/* A1: what is still held is told of, and that it is deleted. */
static void a_deleted_contact_is_in_it_and_says_until_when(void **state)
{
	struct world *world = *state;
	struct export_result result;
	const struct json *contacts, *deleted;
	struct err err;

	take_in(world, "{\"type\":\"contact\",\"id\":\"k1\",\"name\":\"Ann Holst\",\"phones\":[\"" ANN "\"]}\n"
		       "{\"type\":\"contact\",\"id\":\"k2\",\"name\":\"Ann Holst\",\"phones\":[\"" ANN "\"]}\n");
	assert_ok(vault_write(world->vault, delete_contact, world, &err), &err);
	result = export_of(world, ANN, false, &zip);
	assert_int_equal(2, result.contacts);
	assert_int_equal(0, result.left_out);
	contacts = json_get(tree_of(world, &zip, "data.json"), "contacts");
	assert_int_equal(2, contacts->len);
	assert_null(json_get(contacts->first, "deleted"));
	deleted = contacts->first->next;
	assert_string_equal("2025-06-01T08:00:00Z", json_get_text(deleted, "deleted"));
	assert_string_equal("2025-07-01", json_get_text(deleted, "until"));
	assert_string_equal("Ann Holst", json_get_text(deleted, "name"));
	assert_non_null(strstr(text_of(&zip, "contacts.csv"), ",2025-06-01T08:00:00Z,2025-07-01,"));
	assert_non_null(strstr(text_of(&zip, "index.html"), "It was deleted on "));
	unzipped_free(&zip);
}

/* Each of the three walks over the contacts meets it. */
static void a_contact_that_cannot_be_read_is_listed_once_and_the_others_are_there(void **state)
{
	struct world *world = *state;
	struct export_result result;
	const struct json *left;
	struct err err;

	take_in(world, "{\"type\":\"contact\",\"id\":\"k1\",\"name\":\"Ann Holst\",\"phones\":[\"" ANN "\"]}\n"
		       "{\"type\":\"contact\",\"id\":\"k2\",\"name\":\"Ann Holst\",\"phones\":[\"" ANN "\"]}\n"
		       "{\"type\":\"contact\",\"id\":\"k3\",\"name\":\"Ann Holst\",\"phones\":[\"" ANN "\"]}\n");
	assert_ok(vault_write(world->vault, spoil_contact, world, &err), &err);
	result = export_of(world, ANN, false, &zip);
	assert_int_equal(2, result.contacts);
	assert_int_equal(1, result.left_out);
	left = json_get(tree_of(world, &zip, "data.json"), "left_out");
	assert_int_equal(1, left->len);
	assert_string_equal("contact", json_get_text(left->first, "kind"));
	assert_string_equal("unreadable", json_get_text(left->first, "reason"));
	assert_non_null(strstr(text_of(&zip, "index.html"), "<tr><td>contact</td>"));
	unzipped_free(&zip);
}

/* ---- much ---- */

static void a_person_with_thousands_of_records_gets_pages_by_year(void **state)
{
	struct world *world = *state;
	const char *index;
	size_t pages = 0, rows = 0;

	put_many(world, 5000);
	assert_int_equal(5000, export_of(world, ANN, false, &zip).records);
	index = text_of(&zip, "index.html");
	assert_true(strlen(index) < 100000);
	assert_non_null(strstr(index, "html/calls-2024.html#calls-2024-"));
	assert_non_null(entry_of(&zip, "html/calls-2023-2.html"));
	assert_non_null(entry_of(&zip, "html/calls-2024-2.html"));
	for (size_t i = 0; i < zip.count; i++) {
		const char *at = zip.entries[i].data;

		if (strncmp(zip.entries[i].name, "html/", 5) != 0)
			continue;
		pages++;
		for (; (at = strstr(at, "<tr><td>")) != NULL; at++)
			rows++;
	}
	assert_int_equal(4, pages);
	assert_int_equal(5000, rows);
	assert_int_equal(5000, json_get(tree_of(world, &zip, "data.json"), "records")->len);
	unzipped_free(&zip);
}

static void pages_begin_with_the_newest(void **state)
{
	struct world *world = *state;
	const char *page, *at, *last = "9999";
	char time[24];

	put_many(world, 300);
	(void)export_of(world, ANN, false, &zip);
	page = text_of(&zip, "html/calls-2024.html");
	last = pool_strdup(&world->pool, "9999");
	for (at = page; (at = strstr(at, "<tr><td><time datetime=\"")) != NULL; at++) {
		snprintf(time, sizeof time, "%.20s", at + strlen("<tr><td><time datetime=\""));
		assert_true(strcmp(time, last) <= 0);
		last = pool_strdup(&world->pool, time);
	}
	unzipped_free(&zip);
}

/* ---- meanwhile ---- */

static int64_t last_done, last_total;
static bool note_progress(void *arg, int64_t done, int64_t total)
{
	(void)arg;
	assert_true(done >= last_done);
	last_done = done;
	last_total = total;
	return false;
}

static void progress_ends_where_it_said_it_would(void **state)
{
	struct world *world = *state;
	struct export_request request = {.path = path_in(world, "out.zip"), .now = world->now, .progress = note_progress};
	struct export_result result;
	struct err err;

	put_many(world, 150);
	take_in_one_of_each(world);
	assert_ok(person_find_one(&world->vault->read, &world->account, ANN, &world->pool, &request.person, &err), &err);
	last_done = 0;
	assert_ok(export_person(world->vault, &world->account, &request, &result, &err), &err);
	assert_int_equal(last_total, last_done);
}

/* A day's key is destroyed in the middle of an export: after `when` records' worth of work. */
static struct { struct world *world; int64_t when; bool done; } event;

static bool let_it_happen(void *arg, int64_t done, int64_t total)
{
	struct err err;

	(void)arg, (void)total;
	if (event.done || done < event.when)
		return false;
	event.done = true;
	assert_ok(vault_write(event.world->vault, destroy_period, event.world, &err), &err);
	return false;
}

static enum result export_while(struct world *world, struct export_result *result, struct err *err)
{
	struct export_request request = {.path = path_in(world, "out.zip"), .now = world->now, .progress = let_it_happen};

	assert_ok(person_find_one(&world->vault->read, &world->account, ANN, &world->pool, &request.person, err), err);
	event.world = world;
	event.done = false;
	return export_person(world->vault, &world->account, &request, result, err);
}

static void a_record_that_is_erased_meanwhile_is_said_to_be_left_out(void **state)
{
	struct world *world = *state;
	struct export_result result;
	struct err err;

	for (int64_t when = 0; when <= 2; when++) {
		world_put(world, KIND_CALL, "2024-05-17T08:00:00Z", "{\"from\":\"" ANN "\"}", ANN, NULL);
		world_put(world, KIND_CALL, "2024-05-18T08:00:00Z", "{\"from\":\"" ANN "\"}", ANN, NULL);
		event.when = when;
		assert_ok(export_while(world, &result, &err), &err);
		unzip(path_in(world, "out.zip"), &zip);
		assert_int_equal(when + 1, result.left_out);
		assert_int_equal(when + 1, json_get(tree_of(world, &zip, "manifest.json"), "left_out")->len);
		unzipped_free(&zip);
		assert_int_equal(0, unlink(path_in(world, "out.zip")));
	}
}

struct keeping { struct world *world; struct id id; };

static enum result keep_for_hold(struct session *session, void *arg, struct err *err)
{
	struct keeping *keeping = arg;
	struct world *world = keeping->world;
	struct hold_set holds;
	struct record_row row;
	enum result r = holds_load(session, world->account.number, &world->pool, &holds, err);

	if (r == OK)
		r = record_get(session->data, world->account.number, KIND_CALL, keeping->id, &world->pool, &row, err);
	return r == OK ? holds_keep(session, &holds.scopes[0], &row, HELD_EXPIRED, world->now, &world->pool, err) : r;
}

static void what_only_a_hold_keeps_is_in_it_and_marked(void **state)
{
	struct world *world = *state;
	const struct hold_request request = {.kinds = 1u << KIND_CALL, .reason = "a dispute"};
	struct keeping keeping = {.world = world};
	struct id hold;
	struct err err;

	keeping.id = world_put(world, KIND_CALL, "2024-05-17T08:00:00Z", "{\"from\":\"" ANN "\",\"subject\":\"kept\"}", ANN,
			       NULL);
	assert_ok(holds_add(world->vault, &world->account, &request, world->now, &hold, &err), &err);
	assert_ok(vault_write(world->vault, keep_for_hold, &keeping, &err), &err);
	assert_int_equal(1, export_of(world, ANN, false, &zip).records);
	assert_true(json_get(first_of_kind(tree_of(world, &zip, "data.json"), "call"), "kept_for_legal_hold")->boolean);
	assert_int_equal(1, json_get_int(tree_of(world, &zip, "manifest.json"), "kept_for_legal_hold", 0));
	assert_non_null(strstr(text_of(&zip, "index.html"), "kept only because of a legal hold"));
	assert_non_null(strstr(text_of(&zip, "csv/call.csv"), "kept"));
	unzipped_free(&zip);
}

static void somebody_unknown_is_not_found(void **state)
{
	struct world *world = *state;
	struct export_request request = {.path = path_in(world, "out.zip"), .now = world->now, .person = id_new(world->now)};
	struct export_result result;
	struct err err;

	assert_int_equal(ERR_NOT_FOUND, export_person(world->vault, &world->account, &request, &result, &err));
	assert_false(file_exists(path_in(world, "out.zip.part")));
}

static void a_person_with_a_contact_only_gets_that(void **state)
{
	struct world *world = *state;

	take_in(world, "{\"type\":\"contact\",\"id\":\"k1\",\"name\":\"Ann Holst\",\"phones\":[\"" ANN "\"]}\n");
	assert_int_equal(0, export_of(world, ANN, false, &zip).records);
	assert_non_null(strstr(text_of(&zip, "contacts.csv"), "Ann Holst"));
	assert_int_equal(0, json_get(tree_of(world, &zip, "data.json"), "records")->len);
	unzipped_free(&zip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(every_kind_comes_out_in_html_json_and_csv),
		IN_WORLD(who_is_a_user_of_the_account_is_told_so),
		IN_WORLD(the_manifest_is_last_and_names_every_file_with_its_digest),
		IN_WORLD(the_export_is_in_the_audit_log_under_the_leaf_it_names),
		IN_WORLD(others_are_masked_in_every_file),
		IN_WORLD(others_are_shown_when_that_is_asked_for),
		IN_WORLD(the_same_export_twice_is_the_same_to_the_byte),
		IN_WORLD(names_that_are_markup_stay_text),
		IN_WORLD(a_spreadsheet_runs_nothing_of_what_callers_wrote),
		IN_WORLD(a_record_whose_key_is_gone_is_listed_with_the_reason),
		IN_WORLD(a_record_whose_content_is_no_json_is_listed_as_unreadable),
		IN_WORLD(a_deleted_contact_is_in_it_and_says_until_when),
		IN_WORLD(a_contact_that_cannot_be_read_is_listed_once_and_the_others_are_there),
		IN_WORLD(a_person_with_thousands_of_records_gets_pages_by_year),
		IN_WORLD(pages_begin_with_the_newest),
		IN_WORLD(progress_ends_where_it_said_it_would),
		IN_WORLD(a_record_that_is_erased_meanwhile_is_said_to_be_left_out),
		IN_WORLD(what_only_a_hold_keeps_is_in_it_and_marked),
		IN_WORLD(somebody_unknown_is_not_found),
		IN_WORLD(a_person_with_a_contact_only_gets_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
