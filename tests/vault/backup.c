/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

#include "vault/backup.h"

struct place { struct world world; char dir[400], part[410]; };

static int set_up(void **state)
{
	struct place *p = test_calloc(1, sizeof *p);

	world_begin(&p->world, "2025-06-01T00:00:00Z");
	snprintf(p->dir, sizeof p->dir, "%s/backup", p->world.base);
	snprintf(p->part, sizeof p->part, "%s.part", p->dir);
	world_put(&p->world, KIND_CALL, "2025-05-01T10:00:00Z", "{\"secret\":\"words\"}", "+4520000001", NULL);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	world_end(&p->world);
	test_free(p);
	return 0;
}

static struct manifest back_up(struct place *p, struct backup_options options)
{
	struct manifest manifest;
	struct err err;

	options.dir = p->dir;
	options.now = p->world.now;
	assert_ok(backup_create(p->world.vault, &options, &manifest, &err), &err);
	return manifest;
}

static enum result verify(struct place *p, struct err *err)
{
	struct manifest manifest;
	struct checkpoint at;
	enum result r = manifest_read(p->dir, &manifest, err);

	return r == OK ? manifest_verify(&manifest, &p->world.vault->read, p->dir, NULL, &at, err) : r;
}

static char *in_backup(struct place *p, const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", p->dir, name);
	return out;
}

static bool backup_has(struct place *p, const char *name)
{
	char path[PATH_MAX];

	return file_exists(in_backup(p, name, path));
}

static void a_backup_holds_data_and_blobs_and_verifies(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", "+4520000001", 200000);
	struct manifest m = back_up(p, (struct backup_options){0}), read;
	char path[PATH_MAX], *live;
	struct stat a, b;
	struct err err;

	assert_int_equal(m.accounts, 1);
	assert_int_equal(m.identities, 1);
	assert_int_equal(m.records, 2);
	assert_int_equal(m.media, 1);
	assert_int_equal(m.blobs, 1);
	assert_int_equal(m.blob_bytes, stream_sealed_size(200000, 65536));
	assert_int_equal(m.blobs_removed + m.blobs_missing, 0);
	assert_ok(verify(p, &err), &err);
	assert_ok(manifest_read(p->dir, &read, &err), &err);
	assert_int_equal(read.created.ms, p->world.now.ms);
	assert_string_equal(read.region, "default");
	live = recording_path(&rec, path);
	assert_int_equal(stat(live, &a), 0);
	assert_int_equal(stat(in_backup(p, strstr(live, "blobs/"), path), &b), 0);
	assert_int_equal(a.st_size, b.st_size);
	assert_int_equal(b.st_mode & 077, 0);
	assert_false(file_exists(p->part));
}

static void neither_root_nor_keys_are_in_it_unless_keys_are_asked_for(void **state)
{
	struct place *p = *state;

	back_up(p, (struct backup_options){0});
	assert_false(backup_has(p, "keys.db"));
	assert_true(backup_has(p, "root.json")); /* it only says where the root is */
	assert_false(backup_has(p, "vault.db-wal"));
	snprintf(p->dir, sizeof p->dir, "%s/second", p->world.base);
	back_up(p, (struct backup_options){.with_keys = true});
	assert_true(backup_has(p, "keys.db"));
	assert_true(backup_has(p, "root.json")); /* it only says where the root is */
}

static void what_is_in_a_backup_is_not_in_the_clear(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];
	struct buf data;
	struct err err;

	back_up(p, (struct backup_options){0});
	assert_ok(file_read(in_backup(p, "vault.db", path), (size_t)64 << 20, &data, &err), &err);
	assert_null(memmem(data.data, data.len, "words", 5));
	assert_null(memmem(data.data, data.len, "20000001", 8));
	buf_free(&data);
}

static void a_backup_leaves_a_leaf_with_the_digest_of_its_manifest(void **state)
{
	struct place *p = *state;
	struct manifest m = back_up(p, (struct backup_options){0});
	char path[PATH_MAX], hex[65];
	struct buf text;
	struct hash hash;
	struct leaf leaf;
	struct err err;

	assert_ok(leaf_get(p->world.vault->read.data, m.log_size, &p->world.pool, &leaf, &err), &err);
	assert_ok(file_read(in_backup(p, "manifest.json", path), 65536, &text, &err), &err);
	hash = sha256(text.data, text.len);
	assert_non_null(strstr(leaf.body, "\"act\":\"backup\""));
	assert_non_null(strstr(leaf.body, manifest_hex(&hash, hex)));
	buf_free(&text);
}

static void an_existing_folder_is_refused(void **state)
{
	struct place *p = *state;
	struct backup_options options = {.dir = p->dir, .now = p->world.now};
	struct manifest manifest;
	struct err err;

	back_up(p, (struct backup_options){0});
	assert_int_equal(backup_create(p->world.vault, &options, &manifest, &err), ERR_EXISTS);
	assert_string_equal(err.where, p->dir);
}

static void a_part_folder_that_is_not_ours_is_refused_and_left_alone(void **state)
{
	struct place *p = *state;
	struct backup_options options = {.dir = p->dir, .now = p->world.now};
	struct manifest manifest;
	char path[PATH_MAX];
	struct err err;

	assert_int_equal(mkdir(p->part, 0700), 0);
	snprintf(path, sizeof path, "%s/vault.db", p->part);
	assert_ok(file_write_atomic(path, "mine", 4, 0600, &err), &err);
	assert_int_equal(backup_create(p->world.vault, &options, &manifest, &err), ERR_EXISTS);
	assert_string_equal(err.what, "this folder is no unfinished backup of this vault");
	assert_true(file_exists(path));
}

static void a_backup_that_died_as_it_wrote_its_first_file_is_begun_anew(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];
	struct err err;

	assert_int_equal(mkdir(p->part, 0700), 0);
	snprintf(path, sizeof path, "%s/lethe.pub.tmp-5JKDv4", p->part);
	assert_ok(file_write_atomic(path, "lethe/va", 8, 0600, &err), &err);
	back_up(p, (struct backup_options){0});
	assert_ok(verify(p, &err), &err);
	assert_false(backup_has(p, "lethe.pub.tmp-5JKDv4"));
	assert_false(file_exists(p->part));
}

static bool stop_at_blobs(void *arg, enum backup_step step, int64_t done, int64_t all)
{
	(void)arg, (void)all;
	return step == BACKUP_BLOBS && done == 1;
}

static void an_interrupted_backup_begins_anew_and_is_whole(void **state)
{
	struct place *p = *state;
	struct backup_options options = {.dir = p->dir, .now = p->world.now, .progress = stop_at_blobs};
	struct manifest manifest;
	char path[PATH_MAX];
	struct err err;

	recording_put(&p->world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	recording_put(&p->world, "2025-05-04T10:00:00Z", "+4520000001", 1000);
	assert_int_equal(backup_create(p->world.vault, &options, &manifest, &err), ERR_INTERRUPTED);
	assert_true(file_exists(p->part));
	assert_false(file_exists(p->dir));
	assert_int_equal(manifest_read(p->dir, &manifest, &err), ERR_NOT_FOUND);
	recording_put(&p->world, "2025-05-05T10:00:00Z", "+4520000001", 1000);
	snprintf(path, sizeof path, "%s/checkpoint.tmp-aB3dE6", p->part); /* as if it had died while it wrote that */
	assert_ok(file_write_atomic(path, "x", 1, 0600, &err), &err);
	manifest = back_up(p, (struct backup_options){0});
	assert_false(backup_has(p, "checkpoint.tmp-aB3dE6"));
	assert_int_equal(manifest.blobs, 3);
	assert_ok(verify(p, &err), &err);
	assert_false(file_exists(p->part));
}

static void blobs_left_by_an_interrupted_run_that_are_erased_since_do_not_stay(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	char path[PATH_MAX];
	struct manifest m;
	struct err err;
	uint64_t removed;

	m = back_up(p, (struct backup_options){0});
	assert_int_equal(m.blobs, 1);
	assert_int_equal(rename(p->dir, p->part), 0); /* as if it had died before its last step */
	remove_one(&p->world, KIND_RECORDING, rec.id);
	assert_ok(vault_empty_trash(p->world.vault, &removed, &err), &err);
	m = back_up(p, (struct backup_options){0});
	assert_int_equal(m.blobs, 0);
	assert_false(file_exists(in_backup(p, strstr(recording_path(&rec, path), "blobs/"), path)));
	assert_ok(verify(p, &err), &err);
}

struct erasing { struct place *p; struct recording *rec; bool done; };

/* Runs while the backup is between its copy of vault.db and the blobs. */
static bool erase_meanwhile(void *arg, enum backup_step step, int64_t done, int64_t all)
{
	struct erasing *e = arg;
	uint64_t removed;
	struct err err;

	(void)done, (void)all;
	if (step == BACKUP_DATA || e->done)
		return false;
	e->done = true;
	remove_one(&e->p->world, KIND_RECORDING, e->rec->id);
	assert_ok(vault_empty_trash(e->p->world.vault, &removed, &err), &err);
	return false;
}

static void a_blob_that_is_erased_meanwhile_is_skipped_and_counted(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	struct erasing e = {.p = p, .rec = &rec};
	struct manifest m = back_up(p, (struct backup_options){
	    .with_keys = true, .progress = erase_meanwhile, .progress_arg = &e});
	struct err err;

	assert_true(e.done);
	assert_int_equal(m.media, 1);
	assert_int_equal(m.blobs, 0);
	assert_int_equal(m.blobs_removed, 1);
	assert_int_equal(m.blobs_missing, 0);
	assert_ok(verify(p, &err), &err);
}

static void a_blob_that_the_vault_lacks_is_counted_apart(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	char path[PATH_MAX];
	struct manifest m;

	assert_int_equal(unlink(recording_path(&rec, path)), 0);
	m = back_up(p, (struct backup_options){0});
	assert_int_equal(m.blobs_missing, 1);
	assert_int_equal(m.blobs_removed, 0);
}

static void a_reader_beside_a_writer_can_back_up(void **state)
{
	struct place *p = *state;
	struct vault_options open = {.data_dir = p->world.data, .command = "backup"};
	struct backup_options options = {.dir = p->dir, .now = p->world.now};
	struct manifest manifest;
	struct vault *reader;
	struct err err;

	assert_ok(vault_open(&open, p->world.now, &reader, &err), &err);
	assert_ok(backup_create(reader, &options, &manifest, &err), &err);
	vault_close(reader);
	assert_ok(verify(p, &err), &err);
}

static void damaged(struct place *p, const char *name, const char *where)
{
	char path[PATH_MAX];
	struct err err;

	flip(in_backup(p, name, path), -5);
	assert_int_equal(verify(p, &err), ERR_CORRUPT);
	if (strstr(err.where, where) == NULL)
		fail_msg("%s: %s", err.what, err.where);
	flip(path, -5);
	assert_ok(verify(p, &err), &err);
}

static void a_changed_byte_in_any_file_is_found_and_the_file_named(void **state)
{
	struct place *p = *state;

	recording_put(&p->world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	back_up(p, (struct backup_options){.with_keys = true});
	damaged(p, "vault.db", "vault.db");
	damaged(p, "keys.db", "keys.db");
	damaged(p, "blobs.txt", "blobs.txt");
	damaged(p, "checkpoint", "checkpoint");
	damaged(p, "lethe.pub", "lethe.pub");
	damaged(p, "manifest.json", "manifest");
	damaged(p, "manifest.sig", "manifest.sig");
}

static void a_missing_or_cut_blob_is_found_and_missing_keys_are_fine(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", "+4520000001", 1000);
	char path[PATH_MAX];
	struct err err;

	back_up(p, (struct backup_options){.with_keys = true});
	assert_int_equal(unlink(in_backup(p, "keys.db", path)), 0); /* kept elsewhere */
	assert_ok(verify(p, &err), &err);
	in_backup(p, strstr(recording_path(&rec, path), "blobs/"), path);
	assert_int_equal(truncate(path, 10), 0);
	assert_int_equal(verify(p, &err), ERR_CORRUPT);
	assert_string_equal(err.what, "a blob of the backup has another size than the list says");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(verify(p, &err), ERR_CORRUPT);
	assert_string_equal(err.what, "a blob of the backup is missing");
}

static void a_manifest_of_a_newer_lethe_is_told_apart_from_a_broken_one(void **state)
{
	struct place *p = *state;
	struct manifest manifest;
	char path[PATH_MAX];
	struct err err;

	assert_int_equal(mkdir(p->dir, 0700), 0);
	in_backup(p, "manifest.json", path);
	assert_ok(file_write_atomic(path, "{\"lethe_backup\":2}", 18, 0600, &err), &err);
	assert_int_equal(manifest_read(p->dir, &manifest, &err), ERR_UNSUPPORTED);
	assert_ok(file_write_atomic(path, "{\"lethe_backup\":1}", 18, 0600, &err), &err);
	assert_int_equal(manifest_read(p->dir, &manifest, &err), ERR_CORRUPT);
	assert_ok(file_write_atomic(path, "{", 1, 0600, &err), &err);
	assert_int_equal(manifest_read(p->dir, &manifest, &err), ERR_CORRUPT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_holds_data_and_blobs_and_verifies),
		TEST(neither_root_nor_keys_are_in_it_unless_keys_are_asked_for),
		TEST(what_is_in_a_backup_is_not_in_the_clear),
		TEST(a_backup_leaves_a_leaf_with_the_digest_of_its_manifest),
		TEST(an_existing_folder_is_refused),
		TEST(a_part_folder_that_is_not_ours_is_refused_and_left_alone),
		TEST(a_backup_that_died_as_it_wrote_its_first_file_is_begun_anew),
		TEST(an_interrupted_backup_begins_anew_and_is_whole),
		TEST(blobs_left_by_an_interrupted_run_that_are_erased_since_do_not_stay),
		TEST(a_blob_that_is_erased_meanwhile_is_skipped_and_counted),
		TEST(a_blob_that_the_vault_lacks_is_counted_apart),
		TEST(a_reader_beside_a_writer_can_back_up),
		TEST(a_changed_byte_in_any_file_is_found_and_the_file_named),
		TEST(a_missing_or_cut_blob_is_found_and_missing_keys_are_fine),
		TEST(a_manifest_of_a_newer_lethe_is_told_apart_from_a_broken_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
