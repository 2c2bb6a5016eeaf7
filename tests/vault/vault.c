/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/lock.h"
#include "vault/init.h"
#include "vault/recording.h"
#include "vault/region.h"

#include <pthread.h>

static enum result try_open(struct world *world, const char *data, const char *region, bool write, struct err *err)
{
	struct vault_options options = {
	    .data_dir = data, .region = region, .command = "second", .write = write, .lock_wait_ms = 10};
	struct vault *vault;
	enum result r = vault_open(&options, world->now, &vault, err);

	if (r == OK)
		vault_close(vault);
	return r;
}

static char *in_region(struct world *world, const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/regions/default/%s", world->data, name);
	return out;
}

static void a_new_vault_has_its_files_and_nobody_else_may_read_them(void **state)
{
	static const char *const names[] = {"vault.db", "keys.db", "root.json", "lock"};
	struct world *world = *state;
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_equal(stat(in_region(world, names[i], path), &st), 0);
		assert_int_equal(st.st_mode & 077, 0);
	}
	assert_int_equal(stat(in_region(world, "lethe.pub", path), &st), 0);
}

static void a_second_vault_in_the_same_place_is_refused(void **state)
{
	struct world *world = *state;
	struct vault_options options = {.data_dir = world->data, .command = "test"};
	struct root_options root = {.provider = "file", .file_path = "/nonexistent/x"};
	struct err err;

	assert_int_equal(init_vault(&options, &root, world->now, &err), ERR_EXISTS);
}

static void an_init_that_failed_leaves_no_empty_folders(void **state)
{
	struct world *world = *state;
	char data[400], inside[450];
	struct vault_options options = {.data_dir = data, .command = "test"};
	struct root_options root = {.provider = "file", .file_path = inside};
	struct err err;

	snprintf(data, sizeof data, "%s/new", world->base);
	snprintf(inside, sizeof inside, "%s/x.root", data);
	assert_int_equal(init_vault(&options, &root, world->now, &err), ERR_INPUT);
	assert_int_not_equal(access(data, F_OK), 0);
	assert_int_equal(mkdir(data, 0700), 0);
	assert_int_equal(init_vault(&options, &root, world->now, &err), ERR_INPUT);
	assert_int_equal(rmdir(data), 0); /* it was there before, and is empty as it was */
}

/* Renames it away, empties it if asked, looks what opening says, and puts it back. */
static void loses(struct world *world, const char *name, bool emptied, const char *what, const char *mend)
{
	char path[PATH_MAX], away[PATH_MAX + 8];
	struct err err;

	in_region(world, name, path);
	snprintf(away, sizeof away, "%s.away", path);
	assert_int_equal(rename(path, away), 0);
	if (emptied)
		assert_ok(file_write_atomic(path, "", 0, 0600, &err), &err);
	assert_int_not_equal(try_open(world, world->data, NULL, false, &err), OK);
	assert_string_equal(err.what, what);
	assert_non_null(strstr(err.mend, mend));
	if (emptied)
		assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(away, path), 0);
}

static void a_file_that_is_lost_or_empty_says_which_and_what_brings_it_back(void **state)
{
	struct world *world = *state;
	struct err err;

	vault_close(world->vault);
	world->vault = NULL;
	loses(world, "keys.db", false, "keys.db is missing", "--with-keys");
	loses(world, "keys.db", true, "keys.db is empty", "--with-keys");
	loses(world, "vault.db", false, "vault.db is missing", "lethe restore");
	loses(world, "vault.db", true, "vault.db is empty", "lethe restore");
	loses(world, "blobs", false, "the folder of the media is missing", "put blobs/ back");
	loses(world, "root.json", false, "this region has no root: root.json is missing", "copy root.json back from a backup");
	assert_ok(try_open(world, world->data, NULL, true, &err), &err);
}

static void a_root_json_half_written_says_what_brings_it_back(void **state)
{
	struct world *world = *state;
	char path[PATH_MAX];
	struct err err;

	assert_ok(file_write_atomic(in_region(world, "root.json", path), "{\"provider\": \"fi", 17, 0600, &err), &err);
	assert_int_equal(try_open(world, world->data, NULL, false, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.mend, "copy root.json back from a backup"));
}

static void an_init_that_failed_can_be_done_again(void **state)
{
	struct world *world = *state;
	struct vault_options options = {.data_dir = world->data, .region = "eu-west", .command = "test"};
	struct root_options root = {.provider = "file", .file_path = "/nonexistent/x"};
	char path[400];
	struct err err;

	assert_int_not_equal(init_vault(&options, &root, world->now, &err), OK);
	assert_int_equal(try_open(world, world->data, "eu-west", false, &err), ERR_NOT_FOUND);
	snprintf(path, sizeof path, "%s/eu.root", world->base);
	root.file_path = path;
	assert_ok(init_vault(&options, &root, world->now, &err), &err);
	assert_ok(try_open(world, world->data, "eu-west", true, &err), &err);
}

static void while_another_init_is_under_way_nothing_is_begun(void **state)
{
	struct world *world = *state;
	struct vault_options options = {.data_dir = world->data, .region = "eu", .command = "test", .lock_wait_ms = 10};
	char root_path[400], regions[400], building[450];
	struct root_options root = {.provider = "file", .file_path = root_path};
	struct err err;
	int fd;

	snprintf(root_path, sizeof root_path, "%s/eu.root", world->base);
	snprintf(regions, sizeof regions, "%s/regions", world->data);
	snprintf(building, sizeof building, "%s/eu.new", regions);
	assert_ok(lock_making(regions, 0, &fd, &err), &err);
	assert_int_equal(init_vault(&options, &root, world->now, &err), ERR_BUSY);
	assert_non_null(strstr(err.what, "another `lethe init`"));
	assert_int_not_equal(access(root_path, F_OK), 0);
	assert_int_not_equal(access(building, F_OK), 0);
	close(fd);
	assert_ok(init_vault(&options, &root, world->now, &err), &err);
	assert_ok(try_open(world, world->data, "eu", true, &err), &err);
}

static void *wait_for_making(void *arg)
{
	static enum result r;
	struct err err;
	int fd;

	r = lock_making(arg, 10000, &fd, &err);
	return &r;
}

/* The other init failed, and took its empty folders with it. */
static void a_folder_that_goes_while_it_is_waited_for_is_not_taken(void **state)
{
	struct world *world = *state;
	char folder[400];
	pthread_t waiter;
	struct err err;
	void *got;
	int fd;

	snprintf(folder, sizeof folder, "%s/short-lived", world->base);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_ok(lock_making(folder, 0, &fd, &err), &err);
	assert_int_equal(pthread_create(&waiter, NULL, wait_for_making, folder), 0);
	assert_int_equal(rmdir(folder), 0);
	close(fd);
	assert_int_equal(pthread_join(waiter, &got), 0);
	assert_int_equal(*(enum result *)got, ERR_NOT_FOUND);
}

static void bad_names_of_regions_are_refused(void **state)
{
	static const char *const names[] = {"", "EU", "a/b", "..", "a b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct world *world = *state;
	struct err err;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(try_open(world, world->data, names[i], false, &err), ERR_INPUT);
}

static void only_one_writes_and_the_other_is_told_who(void **state)
{
	struct world *world = *state;
	struct err err;

	assert_int_equal(try_open(world, world->data, NULL, true, &err), ERR_BUSY);
	assert_non_null(strstr(err.what, "lethe test (process "));
	assert_ok(try_open(world, world->data, NULL, false, &err), &err);
	vault_close(world->vault);
	world->vault = NULL;
	assert_ok(try_open(world, world->data, NULL, true, &err), &err);
	world_open_vault(world);
}

static void nobody_reads_while_a_restore_puts_its_data_in_place(void **state)
{
	struct world *world = *state;
	char path[PATH_MAX];
	struct err err;
	int alone, second;

	in_region(world, "readers", path);
	assert_ok(lock_readers(path, true, 0, &alone, &err), &err);
	assert_int_equal(try_open(world, world->data, NULL, false, &err), ERR_BUSY);
	assert_string_equal(err.what, "a restore is putting its data in place");
	assert_int_equal(lock_readers(path, true, 0, &second, &err), ERR_BUSY);
	assert_int_equal(second, -1);
	close(alone);
	assert_ok(try_open(world, world->data, NULL, false, &err), &err);
	assert_int_equal(lock_readers(world->data, false, 0, &second, &err), ERR_IO);
}

static void where_there_is_no_vault_is_said(void **state)
{
	struct world *world = *state;
	struct err err;

	assert_int_equal(try_open(world, world->base, NULL, false, &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "there is no vault here");
}

static void the_key_store_of_another_vault_opens_nothing(void **state)
{
	struct world *world = *state, other;
	char mine[PATH_MAX], theirs[PATH_MAX];
	struct err err;

	world_begin(&other, "2025-06-01T00:00:00Z");
	vault_close(other.vault);
	other.vault = NULL;
	vault_close(world->vault);
	world->vault = NULL;
	assert_int_equal(rename(in_region(&other, "keys.db", theirs), in_region(world, "keys.db", mine)), 0);
	assert_int_equal(try_open(world, world->data, NULL, false, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.mend, "is another vault's: put the right one back"));
	world_end(&other);
}

static void regions_are_listed_in_order(void **state)
{
	struct world *world = *state;
	struct vault_options options = {.data_dir = world->data, .region = "an-earlier", .command = "test"};
	struct root_options root = {.provider = "file"};
	char found[4][VAULT_REGION_MAX + 1], path[400];
	size_t count;
	struct err err;

	snprintf(path, sizeof path, "%s/second.root", world->base);
	root.file_path = path;
	assert_ok(init_vault(&options, &root, world->now, &err), &err);
	assert_ok(region_list(world->data, found, 4, &count, &err), &err);
	assert_int_equal(count, 2);
	assert_string_equal(found[0], "an-earlier");
	assert_string_equal(found[1], "default");
	assert_int_equal(region_list(world->data, found, 1, &count, &err), ERR_LIMIT);
	assert_ok(region_list("/nonexistent", found, 4, &count, &err), &err);
	assert_int_equal(count, 0);
}

static enum result half_op(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct entry entry;

	assert_ok(world_identity(session, world->account.number, IDENTITY_PHONE, "+4520000099", world->now, &entry, err),
		  err);
	return err_set(err, ERR_IO, "as asked");
}

static void an_operation_that_fails_leaves_nothing_in_either_database(void **state)
{
	struct world *world = *state;
	int64_t before, after;
	struct err err;

	assert_ok(key_count(world->vault->read.keys, KEY_IDENTITY, &before, &err), &err);
	assert_int_equal(vault_write(world->vault, half_op, world, &err), ERR_IO);
	assert_ok(key_count(world->vault->read.keys, KEY_IDENTITY, &after, &err), &err);
	assert_int_equal(before, after);
	assert_int_equal(identity_of(world, "+4520000099"), 0);
	world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", "+4520000099", NULL);
	assert_int_not_equal(identity_of(world, "+4520000099"), 0);
}

static struct blob_batch *volatile abandoned; /* still reachable: its store is closed before it could be freed */

static void published_blobs_whose_rows_were_not_committed_go_when_it_is_opened(void **state)
{
	struct world *world = *state;
	struct recording rec = {.world = world, .at = world->now, .phone = "+4520000001", .bytes = 100,
				.without_row = true};
	char path[PATH_MAX];
	struct err err;

	rec.id = id_new(rec.at);
	rec.blob = id_new(rec.at);
	assert_ok(vault_write(world->vault, recording_op, &rec, &err), &err);
	abandoned = rec.batch;
	assert_true(file_exists(recording_path(&rec, path)));
	world_reopen(world); /* the batch was never settled: as after a crash */
	assert_false(file_exists(path));
}

static void listed_trash_goes_when_it_is_opened(void **state)
{
	struct world *world = *state;
	struct recording rec = recording_put(world, "2025-05-03T10:00:00Z", "+4520000001", 100);
	struct trash_row row;
	char path[PATH_MAX];
	size_t count;
	struct err err;

	remove_one(world, KIND_RECORDING, rec.id);
	assert_true(file_exists(recording_path(&rec, path)));
	world_reopen(world);
	assert_false(file_exists(path));
	assert_ok(trash_list(world->vault->read.data, &row, 1, &count, &err), &err);
	assert_int_equal(count, 0);
}

static void after_a_scrub_the_logs_are_empty(void **state)
{
	struct world *world = *state;
	char path[PATH_MAX];
	struct stat st;
	struct err err;

	world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", "+4520000001", NULL);
	assert_ok(vault_scrub(world->vault, &err), &err);
	assert_int_equal(stat(in_region(world, "keys.db-wal", path), &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(stat(in_region(world, "vault.db-wal", path), &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void the_data_can_be_closed_and_opened_under_an_open_vault(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", "+4520000001", NULL);
	char path[PATH_MAX];
	const char *text;
	struct err err;

	vault_close_data(world->vault);
	assert_null(world->vault->read.data);
	assert_false(file_exists(in_region(world, "vault.db-wal", path)));
	assert_int_equal(try_open(world, world->data, NULL, true, &err), ERR_BUSY); /* the lock is kept */
	assert_ok(vault_open_data(world->vault, world->now, &err), &err);
	assert_ok(world_open_record(world, KIND_CALL, id, &text, &err), &err);
	world_put(world, KIND_CALL, "2025-05-01T10:00:00Z", "{}", "+4520000002", NULL);
}

static void without_its_data_a_vault_opens_for_the_right_id_only(void **state)
{
	struct world *world = *state;
	struct vault_options options = {.data_dir = world->data, .command = "restore", .write = true};
	struct id id = world->vault->id;
	struct vault *vault;
	char path[PATH_MAX];
	struct err err;

	vault_close(world->vault);
	world->vault = NULL;
	assert_int_equal(unlink(in_region(world, "vault.db", path)), 0);
	assert_int_equal(try_open(world, world->data, NULL, false, &err), ERR_CORRUPT);
	assert_int_equal(vault_open_without_data(&options, id_new(world->now), &vault, &err), ERR_CORRUPT);
	assert_ok(vault_open_without_data(&options, id, &vault, &err), &err);
	vault_close(vault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_new_vault_has_its_files_and_nobody_else_may_read_them),
		IN_WORLD(a_second_vault_in_the_same_place_is_refused),
		IN_WORLD(an_init_that_failed_leaves_no_empty_folders),
		IN_WORLD(a_file_that_is_lost_or_empty_says_which_and_what_brings_it_back),
		IN_WORLD(a_root_json_half_written_says_what_brings_it_back),
		IN_WORLD(an_init_that_failed_can_be_done_again),
		IN_WORLD(while_another_init_is_under_way_nothing_is_begun),
		IN_WORLD(a_folder_that_goes_while_it_is_waited_for_is_not_taken),
		IN_WORLD(bad_names_of_regions_are_refused),
		IN_WORLD(only_one_writes_and_the_other_is_told_who),
		IN_WORLD(nobody_reads_while_a_restore_puts_its_data_in_place),
		IN_WORLD(where_there_is_no_vault_is_said),
		IN_WORLD(the_key_store_of_another_vault_opens_nothing),
		IN_WORLD(regions_are_listed_in_order),
		IN_WORLD(an_operation_that_fails_leaves_nothing_in_either_database),
		IN_WORLD(published_blobs_whose_rows_were_not_committed_go_when_it_is_opened),
		IN_WORLD(listed_trash_goes_when_it_is_opened),
		IN_WORLD(after_a_scrub_the_logs_are_empty),
		IN_WORLD(the_data_can_be_closed_and_opened_under_an_open_vault),
		IN_WORLD(without_its_data_a_vault_opens_for_the_right_id_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
