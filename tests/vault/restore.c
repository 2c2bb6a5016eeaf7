/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What comes back from a backup and what does not, and restores that are refused or stopped.
 */
#include "vault/place.h"

static void records_that_were_lost_come_back_and_later_ones_go(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct id later;

	back_up(p);
	remove_one(&p->world, KIND_CALL, p->call);
	later = world_put(&p->world, KIND_CALL, "2025-05-02T10:00:00Z", "{\"a\":4}", ANNA, NULL);
	out = restore(p);
	assert_int_equal(out.records, 3);
	assert_int_equal(all(&out.dropped.erased) + all(&out.dropped.expired), 0);
	assert_false(out.live_lost);
	assert_int_equal(out.dropped.keys_without_data, 1); /* of the later call's day */
	assert_true(opens(p, KIND_CALL, p->call));
	assert_false(opens(p, KIND_CALL, later));
}

/* P5 */
static void what_was_erased_since_stays_erased(void **state)
{
	struct place *p = *state;
	struct restore_result out;

	back_up(p);
	destroy_identity(&p->world, ANNA);
	out = restore(p);
	assert_int_equal(out.records, 2);
	assert_int_equal(out.dropped.identities, 1);
	assert_int_equal(all(&out.dropped.erased), 1);
	assert_int_equal(identity_of(&p->world, ANNA), 0);
	assert_false(opens(p, KIND_CALL, p->call));
	assert_true(opens(p, KIND_CALL, p->other));
}

static void what_has_expired_since_stays_gone(void **state)
{
	struct place *p = *state;
	struct restore_result out;

	back_up(p);
	destroy_period(&p->world, KIND_MESSAGE, "2025-02-01T00:00:00Z");
	out = restore(p);
	assert_int_equal(out.records, 2);
	assert_int_equal(out.dropped.periods, 1);
	assert_int_equal(all(&out.dropped.expired), 1);
	assert_int_equal(count_records(&p->world, KIND_MESSAGE), 0);
}

static void a_day_that_has_expired_stays_gone_though_it_has_a_new_key(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct id again;

	world_put(&p->world, KIND_MESSAGE, "2025-02-01T12:00:00Z", "{\"a\":4}", ANNA, NULL);
	back_up(p);
	destroy_period(&p->world, KIND_MESSAGE, "2025-02-01T00:00:00Z");
	again = world_put(&p->world, KIND_MESSAGE, "2025-02-01T13:00:00Z", "{\"a\":5}", BENT, NULL);
	assert_true(opens(p, KIND_MESSAGE, again));
	out = restore(p);
	assert_int_equal(out.records, 2);
	assert_int_equal(out.dropped.periods, 1);
	assert_int_equal(all(&out.dropped.expired), 2);
	assert_int_equal(count_records(&p->world, KIND_MESSAGE), 0);
	assert_int_equal(out.dropped.keys_without_data, 1); /* the new one: a newer backup may need it */
}

/* As a sweep does when some of a day goes before the rest: what stays is sealed anew, then the old key goes. */
static enum result expire_some(struct session *session, void *arg, struct err *err)
{
	struct place *p = arg;
	uint32_t account = p->world.account.number;
	struct period period = {.kind = KIND_CALL, .day = instant_date(id_time(p->call)), .part = 1};
	struct removed ignored = {0};
	struct record_row row;
	struct key from;
	bool existed;
	enum result r = record_get(session->data, account, KIND_CALL, p->other, &p->world.pool, &row, err);

	if (r == OK)
		r = seal_record_key(session->ring, &row, &from, err);
	row.part = 1;
	if (r == OK)
		r = reseal_record(session, &row, &from, &p->world.pool, err);
	if (r == OK)
		r = period_set_looked(session->data, account, &period, err);
	if (r == OK)
		r = keyring_destroy(session->ring, account, KEY_PERIOD, key_period_number(KIND_CALL, period.day, 0),
				    &existed, err);
	if (r == OK)
		r = record_get(session->data, account, KIND_CALL, p->call, &p->world.pool, &row, err);
	return r == OK ? remove_records(session, account, &row, 1, &ignored, err) : r;
}

/* P5, P32 */
static void some_of_a_day_that_expired_stays_gone_and_the_rest_of_it_stays(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct id later;
	struct err err;

	back_up(p);
	assert_ok(vault_write(p->world.vault, expire_some, p, &err), &err);
	sound(p);
	out = restore(p);
	assert_int_equal(out.carried.parts, 1);
	assert_int_equal(all(&out.dropped.expired), 1);
	assert_int_equal(out.dropped.periods, 1);
	assert_false(opens(p, KIND_CALL, p->call));
	assert_int_equal(count_records(&p->world, KIND_CALL), 1);
	assert_true(opens(p, KIND_CALL, p->other));
	later = world_put(&p->world, KIND_CALL, "2025-05-01T12:00:00Z", "{\"a\":4}", BENT, NULL);
	assert_true(opens(p, KIND_CALL, later));
	sound(p);
}

static void a_damaged_record_does_not_take_its_day_along(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct err err;

	tamper(&p->world, "vault.db", "UPDATE record SET payload = zeroblob(40) WHERE kind = 1 AND id ="
				      " (SELECT MIN(id) FROM record WHERE kind = 1)");
	assert_false(opens(p, KIND_CALL, p->call));
	back_up(p);
	assert_ok(try_restore(p, &out, &err), &err);
	assert_int_equal(out.records, 3);
	assert_int_equal(all(&out.dropped.expired), 0);
	assert_true(opens(p, KIND_CALL, p->other));
}

static void the_log_never_goes_back(void **state)
{
	struct place *p = *state;
	uint64_t before;
	struct restore_result out;
	struct leaf leaf;
	struct account account;
	struct err err;

	back_up(p);
	assert_ok(accounts_create(p->world.vault, "Later", "SE", p->world.now, &p->world.pool, &account, &err), &err);
	before = log_size(p);
	out = restore(p);
	assert_int_equal(out.carried.leaves, 2); /* the backup's own, the account's */
	assert_int_equal(log_size(p), before + 1);
	assert_ok(leaf_get(p->world.vault->read.data, before, &p->world.pool, &leaf, &err), &err);
	assert_non_null(strstr(leaf.body, "\"act\":\"restore\""));
	assert_non_null(strstr(leaf.body, "\"live_lost\":0"));
	assert_int_equal(out.carried.accounts, 1);
	assert_ok(accounts_find(&p->world.vault->read, "later", &p->world.pool, &account, &err), &err);
}

static void blobs_come_back_and_those_of_later_records_go(void **state)
{
	struct place *p = *state;
	struct recording lost = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 300000), later;
	struct restore_result out;
	char path[PATH_MAX];

	back_up(p);
	assert_int_equal(unlink(recording_path(&lost, path)), 0);
	later = recording_put(&p->world, "2025-05-04T10:00:00Z", ANNA, 1000);
	out = restore(p);
	assert_int_equal(out.blobs_copied, 1);
	assert_int_equal(out.blobs_trashed, 1);
	assert_int_equal(out.blobs_missing, 0);
	assert_true(file_exists(recording_path(&lost, path)));
	assert_false(file_exists(recording_path(&later, path)));
	world_reopen(&p->world);
	sound(p);
}

static void a_public_key_that_was_damaged_is_written_anew(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];

	back_up(p);
	snprintf(path, sizeof path, "%s/regions/default/lethe.pub", p->world.data);
	assert_int_equal(truncate(path, 20), 0);
	restore(p);
	assert_int_equal(unlink(path), 0);
	restore(p);
}

static void erased_blobs_do_not_come_back(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 1000);
	struct restore_result out;
	char path[PATH_MAX];

	back_up(p);
	destroy_identity(&p->world, ANNA);
	assert_int_equal(unlink(recording_path(&rec, path)), 0);
	out = restore(p);
	assert_int_equal(out.blobs_copied, 0);
	assert_int_equal(out.dropped.erased.media, 1);
	assert_false(file_exists(recording_path(&rec, path)));
}

static void blobs_that_neither_has_are_counted(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 1000);
	struct restore_result out;
	char path[PATH_MAX];
	struct err err;

	assert_int_equal(unlink(recording_path(&rec, path)), 0);
	back_up(p);
	assert_ok(try_restore(p, &out, &err), &err);
	assert_int_equal(out.blobs_missing, 1);
}

static void a_newer_backup_can_still_be_restored_after_an_older_one(void **state)
{
	struct place *p = *state;
	char older[400];

	back_up(p);
	snprintf(older, sizeof older, "%s", p->dir);
	world_put(&p->world, KIND_CALL, "2025-05-02T10:00:00Z", "{\"a\":4}", "+4520000009", NULL);
	snprintf(p->dir, sizeof p->dir, "%s/newer", p->world.base);
	back_up(p);
	snprintf(p->dir, sizeof p->dir, "%s", older);
	assert_int_equal(restore(p).records, 3);
	snprintf(p->dir, sizeof p->dir, "%s/newer", p->world.base);
	assert_int_equal(restore(p).records, 4);
}

/* ---- when the live data are gone ---- */

static void a_lost_vault_goes_back_to_the_backup_and_says_so(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct leaf leaf;
	struct err err;
	uint64_t size = log_size(p);

	back_up(p);
	destroy_identity(&p->world, ANNA);
	lose(p, "lost");
	out = restore(p);
	assert_true(out.live_lost);
	assert_int_equal(out.records, 2);
	assert_int_equal(all(&out.dropped.erased), 1);
	assert_int_equal(log_size(p), size + 1);
	assert_ok(leaf_get(p->world.vault->read.data, size, &p->world.pool, &leaf, &err), &err);
	assert_non_null(strstr(leaf.body, "\"live_lost\":1"));
	world_reopen(&p->world);
	sound(p);
}

static void a_damaged_vault_is_kept_aside(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];

	back_up(p);
	lose(p, "cut");
	assert_true(restore(p).live_lost);
	snprintf(path, sizeof path, "%s/regions/default/vault.db.damaged", p->world.data);
	assert_true(file_exists(path));
}

static void after_a_loss_a_newer_backup_is_of_another_history(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	char older[400];
	struct err err;

	back_up(p);
	snprintf(older, sizeof older, "%s", p->dir);
	snprintf(p->dir, sizeof p->dir, "%s/newer", p->world.base);
	back_up(p);
	lose(p, "lost");
	snprintf(p->dir, sizeof p->dir, "%s", older);
	restore(p);
	snprintf(p->dir, sizeof p->dir, "%s/newer", p->world.base);
	assert_int_equal(try_restore(p, &out, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "is not the beginning of the vault's own"));
	sound(p);
}

/* ---- refusals leave everything as it was ---- */

static void a_damaged_backup_changes_nothing(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	uint64_t before;
	char path[PATH_MAX];
	struct err err;

	back_up(p);
	before = log_size(p);
	snprintf(path, sizeof path, "%s/vault.db", p->dir);
	flip(path, 9000);
	assert_int_equal(try_restore(p, &out, &err), ERR_CORRUPT);
	assert_int_equal(log_size(p), before);
	snprintf(path, sizeof path, "%s/regions/default/vault.db.restore", p->world.data);
	assert_false(file_exists(path));
	sound(p);
}

static bool change_when_verified(void *arg, enum restore_step step, uint64_t done, uint64_t total)
{
	const struct place *p = arg;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/vault.db", p->dir);
	if (step == RESTORE_VERIFY && done == total)
		flip(path, -1);
	return false;
}

static void a_backup_that_changes_after_it_was_verified_changes_nothing(void **state)
{
	struct place *p = *state;
	struct restore_options options = {
	    .dir = p->dir, .now = p->world.now, .progress = change_when_verified, .progress_arg = p};
	struct restore_result out;
	uint64_t before;
	struct err err;

	back_up(p);
	before = log_size(p);
	assert_int_equal(restore_run(p->world.vault, &options, &out, &err), ERR_CORRUPT);
	assert_string_equal(err.what, "the backup's vault.db changed while it was read");
	assert_int_equal(log_size(p), before);
	sound(p);
}

static void a_backup_of_another_vault_or_region_is_refused(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct world other;
	struct err err;

	world_begin(&other, "2025-06-01T00:00:00Z");
	{
		struct backup_options options = {.dir = p->dir, .now = other.now};
		struct manifest manifest;

		assert_ok(backup_create(other.vault, &options, &manifest, &err), &err);
	}
	assert_int_equal(try_restore(p, &out, &err), ERR_DENIED);
	assert_string_equal(err.what, "this is a backup of another vault");
	world_end(&other);
	snprintf(p->dir, sizeof p->dir, "%s/mine", p->world.base);
	back_up(p);
	snprintf(p->world.vault->region, sizeof p->world.vault->region, "elsewhere");
	assert_int_equal(try_restore(p, &out, &err), ERR_DENIED);
	assert_string_equal(err.what, "this is a backup of region default, and data do not cross regions");
}

static void an_unfinished_job_is_to_be_finished_first(void **state)
{
	struct place *p = *state;
	struct restore_result out;
	struct err err;

	back_up(p);
	tamper(&p->world, "vault.db", "INSERT INTO job VALUES(1, x'00000000000000000000000000000001', 2, 1, 0, NULL, '{}', '{}')");
	assert_int_equal(try_restore(p, &out, &err), ERR_BUSY);
	assert_non_null(strstr(err.what, "unfinished"));
}

static void another_process_that_reads_is_noticed(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];
	struct restore_result out;
	struct leaf leaf;
	uint64_t before;
	sqlite3 *db;
	struct err err;

	back_up(p);
	before = log_size(p);
	snprintf(path, sizeof path, "%s/regions/default/vault.db", p->world.data);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM record", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(try_restore(p, &out, &err), ERR_BUSY);
	assert_string_equal(err.what, "another process is reading the vault");
	sqlite3_close(db);
	assert_int_equal(log_size(p), before); /* open again, as it was */
	assert_ok(leaf_get(p->world.vault->read.data, 0, &p->world.pool, &leaf, &err), &err);
	restore(p);
}

static void a_lethe_that_reads_keeps_the_data_in_place(void **state)
{
	struct place *p = *state;
	struct vault_options options = {.data_dir = p->world.data, .command = "reader"};
	struct restore_result out;
	struct vault *reader;
	char path[PATH_MAX];
	uint64_t before;
	struct err err;
	int fd;

	back_up(p);
	before = log_size(p);
	assert_ok(vault_open(&options, p->world.now, &reader, &err), &err);
	assert_int_equal(try_restore(p, &out, &err), ERR_BUSY);
	assert_string_equal(err.what, "another process is reading the vault");
	vault_close(reader);
	/* Also one that has opened no database yet, so that there is no log that shows it. */
	snprintf(path, sizeof path, "%s/regions/default/readers", p->world.data);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	assert_int_equal(try_restore(p, &out, &err), ERR_BUSY);
	assert_string_equal(err.what, "another process is reading the vault");
	assert_int_equal(log_size(p), before);
	close(fd);
	restore(p);
	assert_ok(vault_open(&options, p->world.now, &reader, &err), &err); /* and lets readers in again */
	vault_close(reader);
}

static bool stop_at(void *arg, enum restore_step step, uint64_t done, uint64_t total)
{
	(void)done, (void)total;
	return (int)step == *(int *)arg;
}

static void stopping_at_any_step_changes_nothing(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 1000);
	char path[PATH_MAX];
	struct err err;

	recording_put(&p->world, "2025-05-04T10:00:00Z", ANNA, 1000);
	back_up(p);
	assert_int_equal(unlink(recording_path(&rec, path)), 0);
	for (int step = RESTORE_VERIFY; step <= RESTORE_BLOBS; step++) {
		struct restore_options options = {
		    .dir = p->dir, .now = p->world.now, .progress = stop_at, .progress_arg = &step};
		struct restore_result out;
		uint64_t before = log_size(p);

		assert_int_equal(restore_run(p->world.vault, &options, &out, &err), ERR_INTERRUPTED);
		assert_int_equal(log_size(p), before);
		assert_false(file_exists(path)); /* a blob that was copied back is taken out again */
	}
	restore(p);
	assert_true(file_exists(path));
}

static void what_a_restore_that_died_left_is_cleared_away(void **state)
{
	struct place *p = *state;
	static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
	char path[PATH_MAX];
	struct err err;

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(path, sizeof path, "%s/regions/default/vault.db.restore%s", p->world.data, endings[i]);
		assert_ok(file_write_atomic(path, "x", 1, 0600, &err), &err);
		assert_ok(restore_resume(p->world.vault, p->world.now, &err), &err);
		assert_false(file_exists(path));
	}
	assert_ok(restore_resume(p->world.vault, p->world.now, &err), &err);
}

static void a_restored_vault_takes_new_records_and_finds_old_identities(void **state)
{
	struct place *p = *state;
	int64_t anna = identity_of(&p->world, ANNA);
	struct id id;

	back_up(p);
	restore(p);
	id = world_put(&p->world, KIND_CALL, "2025-05-20T10:00:00Z", "{\"a\":5}", ANNA, "+4520000010", NULL);
	assert_true(opens(p, KIND_CALL, id));
	assert_int_equal(identity_of(&p->world, ANNA), anna);
	sound(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_that_were_lost_come_back_and_later_ones_go),
		TEST(what_was_erased_since_stays_erased),
		TEST(what_has_expired_since_stays_gone),
		TEST(a_day_that_has_expired_stays_gone_though_it_has_a_new_key),
		TEST(a_damaged_record_does_not_take_its_day_along),
		TEST(some_of_a_day_that_expired_stays_gone_and_the_rest_of_it_stays),
		TEST(the_log_never_goes_back),
		TEST(blobs_come_back_and_those_of_later_records_go),
		TEST(a_public_key_that_was_damaged_is_written_anew),
		TEST(erased_blobs_do_not_come_back),
		TEST(blobs_that_neither_has_are_counted),
		TEST(a_newer_backup_can_still_be_restored_after_an_older_one),
		TEST(a_lost_vault_goes_back_to_the_backup_and_says_so),
		TEST(a_damaged_vault_is_kept_aside),
		TEST(after_a_loss_a_newer_backup_is_of_another_history),
		TEST(a_damaged_backup_changes_nothing),
		TEST(a_backup_that_changes_after_it_was_verified_changes_nothing),
		TEST(a_backup_of_another_vault_or_region_is_refused),
		TEST(an_unfinished_job_is_to_be_finished_first),
		TEST(another_process_that_reads_is_noticed),
		TEST(a_lethe_that_reads_keeps_the_data_in_place),
		TEST(stopping_at_any_step_changes_nothing),
		TEST(what_a_restore_that_died_left_is_cleared_away),
		TEST(a_restored_vault_takes_new_records_and_finds_old_identities),
	};

	return cmocka_run_group_tests_name("vault/restore", tests, NULL, NULL);
}
