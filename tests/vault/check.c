/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

#include "vault/check.h"
#include "vault/proof.h"

struct told { enum check_id id; char text[200]; };
struct findings { struct told told[400]; size_t count; struct check_report report; };

static void note(void *arg, enum check_id id, const char *text)
{
	struct findings *f = arg;

	assert_true(f->count < 400);
	f->told[f->count].id = id;
	snprintf(f->told[f->count++].text, 200, "%s", text);
}

static int set_up(void **state)
{
	struct world *world;

	world_set_up(state);
	world = *state;
	world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{\"a\":1}", "+4520000001", "+4520000002", NULL);
	world_put(world, KIND_CALL, "2025-05-02T10:00:00Z", "{\"a\":2}", "+4520000001", NULL);
	world_put(world, KIND_MESSAGE, "2025-04-02T10:00:00Z", "{\"a\":3}", "+4520000003", NULL);
	return 0;
}

/* malloc'd */
static struct findings *look(struct world *world, struct check_options options)
{
	struct findings *f = calloc(1, sizeof *f);
	struct err err;

	assert_non_null(f);
	options.problem = note;
	options.arg = f;
	assert_ok(check_vault(world->vault, &options, &f->report, &err), &err);
	assert_int_equal((int64_t)f->count, f->report.problems);
	return f;
}

static void finds(struct world *world, struct check_options options, enum check_id id, size_t count,
		  const char *part)
{
	struct findings *f = look(world, options);

	if (f->count != count)
		fail_msg("%zu problems, first: %s: %s", f->count, f->count ? check_name(f->told[0].id) : "",
			 f->told[0].text);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(f->told[i].id, id);
	if (strstr(f->told[0].text, part) == NULL)
		fail_msg("'%s' does not say '%s'", f->told[0].text, part);
	free(f);
}

static void finds_nothing(struct world *world)
{
	finds(world, (struct check_options){0}, CHECK_LOG, 0, "");
}

static void a_sound_vault_has_no_problem_and_everything_was_looked_at(void **state)
{
	struct world *world = *state;
	struct findings *f;

	recording_put(world, "2025-05-03T10:00:00Z", "+4520000001", 200000);
	f = look(world, (struct check_options){0});
	assert_int_equal(f->count, 0);
	assert_int_equal(f->report.checks[CHECK_DATABASES].looked_at, 2);
	assert_int_equal(f->report.checks[CHECK_ACCOUNTS].looked_at, 1);
	assert_int_equal(f->report.checks[CHECK_IDENTITIES].looked_at, 3);
	assert_int_equal(f->report.checks[CHECK_RECORDS].looked_at, 4);
	assert_int_equal(f->report.checks[CHECK_PARTIES].looked_at, 10);
	assert_int_equal(f->report.checks[CHECK_PERIODS].looked_at, 4);
	assert_int_equal(f->report.checks[CHECK_STREAMS].looked_at, 1);
	assert_int_equal(f->report.checks[CHECK_BLOBS].looked_at, 1);
	assert_int_equal(f->report.keys_without_data, 0);
	assert_false(f->report.writing);
	assert_int_equal(f->report.at.size, f->report.checks[CHECK_LOG].looked_at);
	free(f);
}

static void an_identity_may_be_in_very_many_contacts(void **state)
{
	struct world *world = *state;

	world_put_contacts(world, "+4520000001", 5000);
	finds_nothing(world);
}

static void a_changed_byte_of_a_payload_is_found(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "UPDATE record SET payload = x'00' || substr(payload, 2) WHERE kind = 5");
	finds(world, (struct check_options){0}, CHECK_RECORDS, 1, "its payload fails its tag");
}

static void a_period_that_is_behind_the_parts_of_its_records_is_found(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "UPDATE period SET part = 1 WHERE kind = 1");
	finds_nothing(world); /* some of the day went: the records that stayed wait to be sealed anew */
	world_put(world, KIND_CALL, "2025-05-01T11:00:00Z", "{\"a\":4}", "+4520000001", NULL);
	finds_nothing(world);
	tamper(world, "vault.db", "UPDATE period SET part = 0 WHERE kind = 1");
	finds(world, (struct check_options){0}, CHECK_PERIODS, 1,
	      "calls of 2025-05-01: new records would be sealed as part 0; there are some of part 1");
}

static void a_record_put_under_another_id_is_found(void **state)
{
	struct world *world = *state;
	struct findings *f;

	tamper(world, "vault.db", "UPDATE record SET payload = (SELECT payload FROM record ORDER BY kind, id LIMIT 1)"
				  " WHERE kind = 1");
	f = look(world, (struct check_options){0});
	assert_int_equal(f->report.checks[CHECK_RECORDS].problems, 1);
	free(f);
}

static void a_missing_key_makes_its_identity_and_records_unreadable(void **state)
{
	struct world *world = *state;
	struct findings *f;

	tamper(world, "keys.db", "UPDATE key_slot SET wrapped = zeroblob(73)"
				 " WHERE slot = (SELECT MIN(slot) FROM key_slot WHERE identity = 1)");
	world_reopen(world);
	f = look(world, (struct check_options){0});
	assert_int_equal(f->count, 3);
	assert_int_equal(f->report.checks[CHECK_IDENTITIES].problems, 1);
	assert_int_equal(f->report.checks[CHECK_RECORDS].problems, 2);
	assert_non_null(strstr(f->told[1].text, "unreadable"));
	free(f);
}

static void an_unfinished_job_explains_missing_keys(void **state)
{
	struct world *world = *state;

	tamper(world, "keys.db", "UPDATE key_slot SET wrapped = zeroblob(73)"
				 " WHERE slot = (SELECT MIN(slot) FROM key_slot WHERE identity = 1)");
	tamper(world, "vault.db", "INSERT INTO job VALUES(1, x'00000000000000000000000000000001', 2, 1, 0, NULL, '{}', '{}')");
	world_reopen(world);
	finds_nothing(world);
}

#define THIRD_IDENTITY "(SELECT identity_id FROM identity ORDER BY identity_id LIMIT 1 OFFSET 2)"

static void a_missing_party_row_is_found_and_its_month_counts_wrong(void **state)
{
	struct world *world = *state;
	struct findings *f;

	tamper(world, "vault.db", "DELETE FROM party WHERE identity_id ="
				  " " THIRD_IDENTITY);
	f = look(world, (struct check_options){0});
	assert_int_equal(f->count, 2);
	assert_int_equal(f->report.checks[CHECK_PARTIES].problems, 2);
	assert_non_null(strstr(f->told[0].text, "2025-04 is counted as 1 party rows and has 0"));
	assert_non_null(strstr(f->told[1].text, "does not lead to it")); /* after a second look */
	free(f);
}

static void a_party_row_too_many_is_found(void **state)
{
	struct world *world = *state;
	struct findings *f;

	tamper(world, "vault.db", "INSERT INTO party SELECT account_id, month, 99, kind, id FROM party"
				  " WHERE identity_id = " THIRD_IDENTITY ";"
				  "UPDATE party_month SET parties = 2 WHERE parties = 1");
	f = look(world, (struct check_options){0});
	assert_int_equal(f->count, 1);
	assert_non_null(strstr(f->told[0].text, "identity 99 leads to msg_"));
	assert_non_null(strstr(f->told[0].text, "does not name it"));
	free(f);
}

static void a_wrong_period_count_is_found(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "UPDATE period SET records = 7 WHERE kind = 5");
	finds(world, (struct check_options){0}, CHECK_PERIODS, 1,
	      "messages of 2025-04-02: counted as 7 records, 0 media; there are 1 and 0");
}

static void a_period_without_records_is_found(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "INSERT INTO period VALUES(1, 5, 20000, 2, 10, 0, 0, 0, 0, 0)");
	finds(world, (struct check_options){0}, CHECK_PERIODS, 1, "counted as 2 records, 0 media; there are 0 and 0");
}

static void a_deleted_blob_is_found(void **state)
{
	struct world *world = *state;
	struct recording rec = recording_put(world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	char path[PATH_MAX];

	assert_int_equal(unlink(recording_path(&rec, path)), 0);
	finds(world, (struct check_options){0}, CHECK_MEDIA, 1, "blob of its media 0 is missing");
}

static void a_cut_blob_is_found(void **state)
{
	struct world *world = *state;
	struct recording rec = recording_put(world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	char path[PATH_MAX];

	assert_int_equal(truncate(recording_path(&rec, path), 500), 0);
	finds(world, (struct check_options){0}, CHECK_MEDIA, 1, "has the wrong size");
}

static void a_changed_byte_of_a_stream_is_found_unless_the_check_is_quick(void **state)
{
	struct world *world = *state;
	struct recording rec = recording_put(world, "2025-05-03T10:00:00Z", "+4520000001", 200000);
	char path[PATH_MAX];

	flip(recording_path(&rec, path), -100000);
	finds(world, (struct check_options){.quick = true}, CHECK_STREAMS, 0, "");
	finds(world, (struct check_options){0}, CHECK_STREAMS, 1, "media 0: it cannot be decrypted; move blobs/");
}

static void media_rows_without_their_record_are_found(void **state)
{
	struct world *world = *state;
	struct findings *f;

	recording_put(world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	tamper(world, "vault.db", "INSERT INTO media SELECT account_id, kind, id, 1, x'00112233445566778899aabbccddeeff', bytes,"
				  " segment, format, key FROM media");
	f = look(world, (struct check_options){0});
	assert_int_equal(f->report.checks[CHECK_MEDIA].problems, 2);   /* one too many for its record; no blob */
	assert_int_equal(f->report.checks[CHECK_PERIODS].problems, 1); /* nor was it counted */
	free(f);
}

static void a_blob_of_no_record_is_found(void **state)
{
	struct world *world = *state;

	recording_orphan(world, "2025-05-03T10:00:00Z");
	finds(world, (struct check_options){0}, CHECK_BLOBS, 1, "no record has it");
}

static void what_a_crash_left_unsettled_is_no_damage_but_is_told(void **state)
{
	struct world *world = *state;
	const struct blob_name name = {world->account.number, KIND_RECORDING,
				       instant_date(world_time("2025-05-03T10:00:00Z")), id_new(world->now)};
	struct blob_batch *batch;
	struct blob_put *put;
	struct findings *f;
	struct err err;

	assert_ok(blob_batch_new(world->vault->blobs, &batch, &err), &err);
	assert_ok(blob_put_begin(batch, &name, &put, &err), &err);
	assert_ok(blob_put_write(put, "sealed", 6, &err), &err);
	assert_ok(blob_put_finish(put, &err), &err);
	assert_ok(blob_publish(batch, &err), &err);
	f = look(world, (struct check_options){0});
	assert_int_equal(f->report.problems, 0);
	assert_true(f->report.unsettled);
	free(f);
	assert_ok(blob_settle(batch, &err), &err);
	blob_batch_free(batch);
	finds(world, (struct check_options){0}, CHECK_BLOBS, 1, "no record has it");
}

static void a_foreign_file_among_the_blobs_is_found_and_not_named(void **state)
{
	struct world *world = *state;
	char path[PATH_MAX];
	struct err err;

	snprintf(path, sizeof path, "%s/regions/default/blobs/jane-doe.wav", world->data);
	assert_ok(file_write_atomic(path, "x", 1, 0600, &err), &err);
	finds(world, (struct check_options){0}, CHECK_BLOBS, 1, "a file below blobs/ is none of lethe's");
}

static void trash_that_was_left_is_no_damage_but_is_told(void **state)
{
	struct world *world = *state;
	struct findings *f;

	tamper(world, "vault.db", "INSERT INTO blob_trash VALUES(1, 2, 20000, x'00112233445566778899aabbccddeeff')");
	f = look(world, (struct check_options){0});
	assert_int_equal(f->report.problems, 0);
	assert_true(f->report.unsettled);
	free(f);
}

static void a_leaf_that_was_altered_is_named_and_no_other(void **state)
{
	struct world *world = *state;

	/* Its columns still say what it says. */
	tamper(world, "vault.db", "UPDATE audit_leaf SET body = CAST(replace(CAST(body AS TEXT), 'init', 'tini') AS BLOB)"
				  " WHERE seq = 0");
	finds(world, (struct check_options){0}, CHECK_LOG, 1, "leaf 0 does not have the hash that is stored");
}

static void an_altered_column_of_a_leaf_is_found(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "DELETE FROM event; UPDATE audit_leaf SET account_id = 5 WHERE seq = 1");
	finds(world, (struct check_options){0}, CHECK_LOG, 1, "leaf 1 is filed under another account or time");
}

static void an_altered_or_missing_hash_is_found(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "UPDATE audit_hash SET hash = zeroblob(32) WHERE level = 1 AND number = 0");
	finds(world, (struct check_options){0}, CHECK_LOG, 1, "subtree 0 at level 1");
	tamper(world, "vault.db", "DELETE FROM audit_hash WHERE level = 1 AND number = 0");
	finds(world, (struct check_options){0}, CHECK_LOG, 1, "the hash of subtree 0 at level 1 is missing");
}

static void a_missing_leaf_is_found(void **state)
{
	struct world *world = *state;
	struct findings *f;

	tamper(world, "vault.db", "DELETE FROM audit_leaf WHERE seq = 0");
	f = look(world, (struct check_options){0});
	assert_true(f->count >= 1);
	assert_string_equal(f->told[0].text, "leaf 0 is missing");
	free(f);
}

static void a_log_that_was_rewritten_no_longer_begins_with_its_checkpoint(void **state)
{
	struct world *world = *state;
	char path[PATH_MAX];
	struct checkpoint at;
	struct buf note_text;
	struct err err;

	buf_init(&note_text, NOTE_MAX);
	assert_ok(proof_checkpoint(&world->vault->read, world->vault->id, &at, &note_text, &err), &err);
	snprintf(path, sizeof path, "%s/checkpoint", world->base);
	assert_ok(file_write_atomic(path, note_text.data, note_text.len, 0600, &err), &err);
	finds(world, (struct check_options){.checkpoint = path}, CHECK_LOG, 0, "");
	tamper(world, "vault.db", "DELETE FROM event; DELETE FROM audit_leaf WHERE seq = 1; DELETE FROM audit_hash WHERE level > 0;"
				  "DELETE FROM audit_hash WHERE number = 1");
	finds(world, (struct check_options){.checkpoint = path}, CHECK_LOG, 1,
	      "the checkpoint is of 2 leaves; the log has 1");
	note_text.data[note_text.len / 2] ^= 1;
	assert_ok(file_write_atomic(path, note_text.data, note_text.len, 0600, &err), &err);
	finds(world, (struct check_options){.checkpoint = path}, CHECK_LOG, 1, "is not signed by this vault");
	buf_free(&note_text);
}

static void an_erased_identity_that_came_back_is_found(void **state)
{
	struct world *world = *state;
	char sql[600];

	snprintf(sql, sizeof sql, "ATTACH '%s/regions/default/vault.db' AS v; INSERT INTO tombstone"
				  " SELECT account_id, blind, created_at + 1 FROM v.identity ORDER BY identity_id LIMIT 1",
		 world->data);
	tamper(world, "keys.db", sql);
	finds(world, (struct check_options){0}, CHECK_IDENTITIES, 1, ": it was erased, and is here");
}

static void a_contact_that_was_deleted_for_good_and_came_back_is_found(void **state)
{
	struct world *world = *state;
	char sql[600];

	world_put_contacts(world, "+4520000001", 1);
	snprintf(sql, sizeof sql, "ATTACH '%s/regions/default/vault.db' AS v; INSERT INTO tombstone"
				  " SELECT account_id, contact_id, 1 FROM v.contact",
		 world->data);
	tamper(world, "keys.db", sql);
	finds(world, (struct check_options){0}, CHECK_CONTACTS, 1, ": it was deleted for good, and is here");
}

static void what_a_contact_says_of_its_deletion_must_fit(void **state)
{
	struct world *world = *state;

	world_put_contacts(world, "+4520000001", 1);
	tamper(world, "vault.db", "UPDATE contact SET gone_on = 20000");
	finds(world, (struct check_options){0}, CHECK_CONTACTS, 1, "when it was deleted and when it goes do not fit");
	tamper(world, "vault.db", "UPDATE contact SET deleted_at = 1748779200000");
	finds(world, (struct check_options){0}, CHECK_CONTACTS, 1, "when it was deleted and when it goes do not fit");
	tamper(world, "vault.db", "UPDATE contact SET gone_on = 20270");
	finds_nothing(world);
	/* A deleted one is not found by name, any other is. */
	tamper(world, "vault.db", "UPDATE contact SET names = zeroblob(16); INSERT INTO contact_name SELECT account_id,"
				  " zeroblob(16), contact_id FROM contact");
	finds(world, (struct check_options){0}, CHECK_CONTACTS, 1, "it is deleted, and a word of its name leads to it");
	tamper(world, "vault.db", "UPDATE contact SET deleted_at = 0, gone_on = 0");
	finds_nothing(world);
	tamper(world, "vault.db", "DELETE FROM contact_name");
	finds(world, (struct check_options){0}, CHECK_CONTACTS, 1, "a word of its name does not lead to it");
}

static void a_contact_without_its_own_key_is_found_and_a_key_without_a_contact_counted(void **state)
{
	struct world *world = *state;
	struct findings *f;

	world_put_contacts(world, "+4520000001", 1);
	tamper(world, "vault.db", "UPDATE contact SET key_id = 77");
	f = look(world, (struct check_options){0});
	assert_int_equal(f->report.checks[CHECK_CONTACTS].problems, 1);
	assert_non_null(strstr(f->told[0].text, "its key is gone and no unfinished job explains it"));
	assert_int_equal(f->report.keys_without_data, 1);
	free(f);
}

static void what_is_listed_as_held_must_be_under_that_holds_key_and_the_other_way_round(void **state)
{
	struct world *world = *state;
	struct findings *f;

	tamper(world, "vault.db", "INSERT INTO hold VALUES(1, 1, zeroblob(16), 1, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, x'00', x'', x'',"
				  " 0, NULL);"
				  "INSERT INTO held SELECT account_id, 1, kind, id, 1, 0 FROM record WHERE kind = 5");
	finds(world, (struct check_options){0}, CHECK_HOLDS, 1, "it is listed as held and is not under that hold's key");
	tamper(world, "vault.db", "DELETE FROM held; UPDATE record SET hold_id = 1 WHERE kind = 5");
	f = look(world, (struct check_options){0});
	assert_int_equal(f->report.checks[CHECK_HOLDS].problems, 1);
	assert_int_equal(f->report.checks[CHECK_RECORDS].problems, 1); /* that hold has no key */
	free(f);
}

static void a_user_whose_name_does_not_open_is_found(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "INSERT INTO account_user VALUES(1, 7, zeroblob(16), zeroblob(16), x'00', 1, 1, 0, 0, NULL)");
	finds(world, (struct check_options){0}, CHECK_USERS, 1, ": its name cannot be opened");
	tamper(world, "vault.db", "UPDATE account_user SET state = 2"); /* no job explains it */
	finds(world, (struct check_options){0}, CHECK_USERS, 1, ": its name cannot be opened");
}

static void a_day_of_the_account_that_does_not_open_is_found(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "INSERT INTO holiday VALUES(1, 20000, x'00', x'', 0, 'os:0')");
	finds(world, (struct check_options){0}, CHECK_ACCOUNTS, 1, "account 1: its day off on 2024-10-04 cannot be opened");
}

static void whom_a_hold_lists_as_erased_must_be_gone(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "INSERT INTO hold VALUES(1, 1, zeroblob(16), 1, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, x'00', x'', x'',"
				  " 0, NULL);"
				  "INSERT INTO hold_identity VALUES(1, 1, 999999);"
				  "INSERT INTO hold_identity SELECT account_id, 1, MIN(identity_id) FROM identity");
	finds(world, (struct check_options){0}, CHECK_HOLDS, 1, ": a hold lists it as erased, and it is here");
}

static void labels_that_do_not_open_or_are_not_there_are_found(void **state)
{
	struct world *world = *state;
	struct findings *f;

	tamper(world, "vault.db", "INSERT INTO label VALUES(1, 7, 3, zeroblob(16), x'00', 1);"
				  "UPDATE record SET labels = x'07' WHERE kind = 5");
	finds(world, (struct check_options){0}, CHECK_LABELS, 1, "account 1: label 7: its name cannot be opened");
	tamper(world, "vault.db", "DELETE FROM label");
	finds(world, (struct check_options){0}, CHECK_LABELS, 1, ": it names label 7, which is not there");
	tamper(world, "vault.db", "UPDATE record SET labels = x'';"
				  "INSERT INTO hold VALUES(1, 1, zeroblob(16), 1, NULL, NULL, 0, 0, 8, 9, 10, 0, NULL, NULL,"
				  " x'00', x'', x'', 0, NULL);"
				  "INSERT INTO policy VALUES(1, 1, 3, 0, 0, 0, 8, 0, 0, 0, 30, 0, 0, 0, 0, 'os:0')");
	f = look(world, (struct check_options){0});
	assert_int_equal(f->count, 4);
	assert_int_equal(f->report.checks[CHECK_LABELS].problems, 4);
	assert_non_null(strstr(f->told[0].text, "the policy for calls, version 3: it names label 8"));
	assert_non_null(strstr(f->told[3].text, "it names label 10"));
	free(f);
}

static enum result make_idle_keys(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	int64_t identity;
	struct key key;
	enum result r = key_next_identity(session->keys, &identity, err);

	if (r == OK)
		r = keyring_make(session->ring, world->account.number, KEY_IDENTITY, identity, &key, err);
	if (r == OK)
		r = keyring_make(session->ring, world->account.number, KEY_PERIOD,
				 key_period_number(KIND_CALL, date_from_civil(2001, 1, 1), 0), &key, err);
	key_wipe(&key);
	return r;
}

static void keys_without_data_are_counted_and_no_problem(void **state)
{
	struct world *world = *state;
	struct findings *f;
	struct err err;

	assert_ok(vault_write(world->vault, make_idle_keys, world, &err), &err);
	f = look(world, (struct check_options){0});
	assert_int_equal(f->count, 0);
	assert_int_equal(f->report.keys_without_data, 2);
	free(f);
}

static void an_accounts_name_that_does_not_open_is_found(void **state)
{
	struct world *world = *state;

	tamper(world, "vault.db", "UPDATE account SET name = x'00'");
	finds(world, (struct check_options){0}, CHECK_ACCOUNTS, 1, "account 1: its name cannot be opened");
}

static void another_public_key_beside_the_vault_is_found(void **state)
{
	struct world *world = *state;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/regions/default/lethe.pub", world->data);
	flip(path, -10);
	finds(world, (struct check_options){0}, CHECK_LOG, 1, "lethe.pub is not the key this vault signs with; a restore writes it anew");
}

static bool stop(void *arg, int64_t done, int64_t total)
{
	(void)arg, (void)total;
	return done > 0;
}

static void a_check_can_be_stopped(void **state)
{
	struct world *world = *state;
	struct check_options options = {.progress = stop};
	struct check_report report;
	struct err err;

	assert_int_equal(check_vault(world->vault, &options, &report, &err), ERR_INTERRUPTED);
	finds_nothing(world); /* nothing was left open */
}

static void a_reader_can_check_while_another_holds_the_lock(void **state)
{
	struct world *world = *state;
	struct vault_options options = {.data_dir = world->data, .command = "check"};
	struct check_options check = {0};
	struct check_report report;
	struct vault *reader;
	struct err err;

	assert_ok(vault_open(&options, world->now, &reader, &err), &err);
	assert_ok(check_vault(reader, &check, &report, &err), &err);
	assert_int_equal(report.problems, 0);
	assert_true(report.writing);
	vault_close(reader);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, world_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_vault_has_no_problem_and_everything_was_looked_at),
		TEST(an_identity_may_be_in_very_many_contacts),
		TEST(a_changed_byte_of_a_payload_is_found),
		TEST(a_period_that_is_behind_the_parts_of_its_records_is_found),
		TEST(a_record_put_under_another_id_is_found),
		TEST(a_missing_key_makes_its_identity_and_records_unreadable),
		TEST(an_unfinished_job_explains_missing_keys),
		TEST(a_missing_party_row_is_found_and_its_month_counts_wrong),
		TEST(a_party_row_too_many_is_found),
		TEST(a_wrong_period_count_is_found),
		TEST(a_period_without_records_is_found),
		TEST(a_deleted_blob_is_found),
		TEST(a_cut_blob_is_found),
		TEST(a_changed_byte_of_a_stream_is_found_unless_the_check_is_quick),
		TEST(media_rows_without_their_record_are_found),
		TEST(a_blob_of_no_record_is_found),
		TEST(what_a_crash_left_unsettled_is_no_damage_but_is_told),
		TEST(a_foreign_file_among_the_blobs_is_found_and_not_named),
		TEST(trash_that_was_left_is_no_damage_but_is_told),
		TEST(a_leaf_that_was_altered_is_named_and_no_other),
		TEST(an_altered_column_of_a_leaf_is_found),
		TEST(an_altered_or_missing_hash_is_found),
		TEST(a_missing_leaf_is_found),
		TEST(a_log_that_was_rewritten_no_longer_begins_with_its_checkpoint),
		TEST(an_erased_identity_that_came_back_is_found),
		TEST(a_contact_that_was_deleted_for_good_and_came_back_is_found),
	    TEST(what_a_contact_says_of_its_deletion_must_fit),
	    TEST(a_contact_without_its_own_key_is_found_and_a_key_without_a_contact_counted),
	    TEST(what_is_listed_as_held_must_be_under_that_holds_key_and_the_other_way_round),
		TEST(a_user_whose_name_does_not_open_is_found),
		TEST(whom_a_hold_lists_as_erased_must_be_gone),
		TEST(a_day_of_the_account_that_does_not_open_is_found),
		TEST(labels_that_do_not_open_or_are_not_there_are_found),
		TEST(keys_without_data_are_counted_and_no_problem),
		TEST(an_accounts_name_that_does_not_open_is_found),
		TEST(another_public_key_beside_the_vault_is_found),
		TEST(a_check_can_be_stopped),
		TEST(a_reader_can_check_while_another_holds_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
