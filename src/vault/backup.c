/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "store/account.h"
#include "store/job.h"
#include "store/media.h"
#include "store/period.h"
#include "vault/aside.h"
#include "vault/proof.h"

#define BATCH 256           /* blobs made durable together */
#define ACCOUNTS_MAX 1024
#define ROOT_CONFIG_MAX ((size_t)64 * 1024)
#define LIST_FLUSH ((size_t)64 * 1024)
#define JOB_MAX ((size_t)1024 * 1024)

struct run {
	struct vault *vault;
	const struct backup_options *options;
	char dir[VAULT_PATH_MAX];  /* without a '/' at its end */
	char part[VAULT_PATH_MAX];
	int part_fd;
	struct session copy;       /* the copy's data, the vault's keys */
	struct blob_store *blobs;
	struct blob_batch *batch;
	int list_fd;
	struct buf list;
	int64_t blobs_seen;
	struct manifest *manifest;
};

static enum result report(struct run *run, enum backup_step step, int64_t done, int64_t all, struct err *err)
{
	const struct backup_options *o = run->options;

	if (o->progress == NULL || !o->progress(o->progress_arg, step, done, all))
		return OK;
	err_set(err, ERR_INTERRUPTED, "the backup stopped half-way");
	return err_mend(err, "the same command begins it anew, and keeps the blobs that are copied already");
}

/* ---- the folder ---- */

static enum result name_folders(struct run *run, struct err *err)
{
	size_t len = strlen(run->options->dir);

	while (len > 1 && run->options->dir[len - 1] == '/')
		len--;
	if (len == 0 || len + sizeof ".part" > sizeof run->part)
		return err_set(err, ERR_INPUT, "the path of the backup is %s", len == 0 ? "empty" : "too long");
	snprintf(run->dir, sizeof run->dir, "%.*s", (int)len, run->options->dir);
	snprintf(run->part, sizeof run->part, "%.*s.part", (int)len, run->options->dir);
	if (!file_exists(run->dir))
		return OK;
	err_set(err, ERR_EXISTS, "there is something here already; a backup goes into a folder of its own");
	err_where(err, "%s", run->dir);
	return err_mend(err, "name a folder that does not exist yet");
}

static enum result public_key_line(struct run *run, char out[NOTE_KEY_TEXT_MAX + 1], struct err *err)
{
	char text[NOTE_KEY_TEXT_MAX];
	struct note_key key;
	enum result r = proof_key(&run->vault->read, run->vault->id, &key, err);

	if (r == OK)
		snprintf(out, NOTE_KEY_TEXT_MAX + 1, "%s\n", note_key_format(&key, text));
	return r;
}

/* What a run that died while it wrote a file left beside it: names that begin with `prefix`, as
 * file_write_atomic makes them. */
static enum result remove_temporaries(struct run *run, const char *prefix, struct err *err)
{
	DIR *dir = opendir(run->part);
	const struct dirent *entry;
	enum result r = OK;

	if (dir == NULL)
		return errno == ENOENT || errno == ENOTDIR ? OK : err_sys(err, "cannot open %s", run->part);
	while (r == OK && (entry = readdir(dir)) != NULL) {
		const char *tail = strstr(entry->d_name, ".tmp-");

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || tail == NULL || strlen(tail) != 11)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) != 0 && errno != ENOENT)
			r = err_sys(err, "cannot remove %s/%s", run->part, entry->d_name);
	}
	closedir(dir);
	return r;
}

/* A folder that is there must be what an interrupted backup of this vault left: it begins with the vault's own key,
 * or, when not even that was written whole, holds nothing but the beginning of it. */
static enum result claim_part(struct run *run, struct err *err)
{
	char path[VAULT_PATH_MAX], line[NOTE_KEY_TEXT_MAX + 1];
	struct buf found = {0};
	bool left;
	enum result r = remove_temporaries(run, "lethe.pub.tmp-", err);

	left = rmdir(run->part) != 0 && file_exists(run->part);
	if (r == OK)
		r = public_key_line(run, line, err);
	if (r == OK)
		r = manifest_path(run->part, "lethe.pub", path, err);
	if (r == OK && left && (file_read(path, sizeof line, &found, err) != OK || strcmp(found.data, line) != 0)) {
		r = err_set(err, ERR_EXISTS, "this folder is no unfinished backup of this vault");
		err_where(err, "%s", run->part);
		err_mend(err, "move it away, or name another folder");
	}
	buf_free(&found);
	if (r == OK && !left)
		r = file_make_dirs(run->part, 0700, err);
	if (r == OK && !left)
		r = file_write_atomic(path, line, strlen(line), 0600, err);
	return r;
}

static enum result lock_part(struct run *run, struct err *err)
{
	run->part_fd = open(run->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (run->part_fd < 0)
		return err_sys(err, "cannot open %s", run->part);
	if (flock(run->part_fd, LOCK_EX | LOCK_NB) == 0)
		return OK;
	err_set(err, ERR_BUSY, "another process is making this backup");
	return err_where(err, "%s", run->part);
}

/* All but the blobs is made anew. */
static enum result remove_leftovers(struct run *run, struct err *err)
{
	static const char *const names[] = {"vault.db", "vault.db-journal", "vault.db-wal", "vault.db-shm", "keys.db", "keys.db-journal", MANIFEST_BLOBS,
					    "checkpoint", "manifest.json", "manifest.sig", "root.json"};
	char path[VAULT_PATH_MAX];
	enum result r = remove_temporaries(run, "", err);

	for (size_t i = 0; i < sizeof names / sizeof names[0] && r == OK; i++) {
		r = manifest_path(run->part, names[i], path, err);
		if (r == OK && unlink(path) != 0 && errno != ENOENT)
			r = err_sys(err, "cannot remove %s", path);
	}
	return r;
}

static enum result prepare(struct run *run, struct err *err)
{
	enum result r = name_folders(run, err);

	if (r == OK)
		r = claim_part(run, err);
	if (r == OK)
		r = lock_part(run, err);
	return r == OK ? remove_leftovers(run, err) : r;
}

/* ---- databases ---- */

struct copying { struct run *run; enum backup_step step; };

/* A database is copied whole or not at all: being asked to stop waits until it is done. */
static void show_pages(void *arg, int64_t done, int64_t all)
{
	struct copying *copying = arg;
	struct err ignored;

	if (report(copying->run, copying->step, done, all, &ignored) != OK)
		return;
}

static enum result copy_database(struct run *run, struct db *db, const char *name, enum backup_step step,
				 struct err *err)
{
	struct copying copying = {run, step};
	char path[VAULT_PATH_MAX];
	enum result r = manifest_path(run->part, name, path, err);

	return r == OK ? db_copy_to(db, path, show_pages, &copying, err) : r;
}

static enum result reopen_copy(struct run *run, enum db_mode mode, struct err *err)
{
	const struct db_options options = {
	    .mode = mode, .secure_delete = true, .cache_bytes = (size_t)16 * 1024 * 1024};
	char path[VAULT_PATH_MAX];
	enum result r = manifest_path(run->part, "vault.db", path, err);

	db_close(run->copy.data);
	run->copy.data = NULL;
	return r == OK ? db_open_sqlite(path, &options, &run->copy.data, err) : r;
}

/* An erasure that is under way may be given up, and the hold whose key seals what it has put aside be released, before
 * the copy is needed: then nothing would open that any more. */
static enum result settle_copy(struct run *run, struct err *err)
{
	struct pool pool;
	struct job job;
	enum result r;

	pool_init(&pool, JOB_MAX);
	r = job_next_running(run->copy.data, JOB_ERASE, &pool, &job, err);
	pool_free(&pool);
	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	r = reopen_copy(run, DB_READ_WRITE, err);
	if (r == OK)
		r = aside_put_all_back(&run->copy, err);
	/* Closing it takes its log away. */
	return r == OK ? db_checkpoint(run->copy.data, err) : r;
}

static enum result open_copy(struct run *run, struct err *err)
{
	enum result r;

	run->copy.keys = run->vault->read.keys;
	run->copy.ring = run->vault->read.ring;
	r = reopen_copy(run, DB_READ_ONLY, err);
	return r == OK ? settle_copy(run, err) : r;
}

static enum result copy_databases(struct run *run, struct err *err)
{
	enum result r = copy_database(run, run->vault->read.data, "vault.db", BACKUP_DATA, err);

	/* Keys that came later than the data are harmless. */
	if (r == OK && run->options->with_keys)
		r = copy_database(run, run->vault->read.keys, "keys.db", BACKUP_KEYS, err);
	return r == OK ? open_copy(run, err) : r;
}

/* It says where the root is. That of a passphrase holds the wrapped epoch keys besides, and must not be copied. */
static bool may_hold_root_config(const struct run *run)
{
	const char *provider = root_provider(run->vault->shared->root);

	return strcmp(provider, "file") == 0 || strcmp(provider, "pkcs11") == 0;
}

static enum result copy_root_config(struct run *run, struct err *err)
{
	char path[VAULT_PATH_MAX];
	struct buf text = {0};
	enum result r;

	if (!may_hold_root_config(run))
		return OK;
	r = file_read(vault_path(run->vault, "root.json", path), ROOT_CONFIG_MAX, &text, err);
	if (r == OK)
		r = manifest_path(run->part, "root.json", path, err);
	if (r == OK)
		r = file_write_atomic(path, text.data, text.len, 0600, err);
	buf_free(&text);
	return r;
}

static enum result count_account(struct run *run, uint32_t account, struct err *err)
{
	struct manifest *m = run->manifest;
	struct period sum;
	int64_t n = 0, days;
	enum result r = identity_count(run->copy.data, account, &n, err);

	m->identities += n;
	if (r == OK)
		r = contact_count(run->copy.data, account, &n, err);
	m->contacts += n;
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		r = period_sum(run->copy.data, account, kind, (struct date){INT32_MAX}, &sum, &days, err);
		m->records += r == OK ? sum.records : 0;
		m->media += r == OK ? sum.media : 0;
	}
	m->accounts++;
	return r;
}

/* Runs `each` for every account of the copy. */
static enum result each_account(struct run *run,
				enum result (*each)(struct run *run, uint32_t account, struct err *err),
				struct err *err)
{
	uint32_t accounts[ACCOUNTS_MAX], after = 0;
	size_t count;
	enum result r;

	do {
		r = account_list(run->copy.data, after, accounts, ACCOUNTS_MAX, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = each(run, accounts[i], err);
		after = r == OK && count > 0 ? accounts[count - 1] : after;
	} while (r == OK && count == ACCOUNTS_MAX);
	return r;
}

static enum result write_checkpoint(struct run *run, struct err *err)
{
	char path[VAULT_PATH_MAX];
	struct checkpoint at;
	struct buf note;
	enum result r;

	buf_init(&note, NOTE_MAX);
	r = proof_checkpoint(&run->copy, run->vault->id, &at, &note, err);
	if (r == OK)
		r = manifest_path(run->part, "checkpoint", path, err);
	if (r == OK)
		r = file_write_atomic(path, note.data, note.len, 0600, err);
	if (r == OK)
		run->manifest->log_size = at.size;
	buf_free(&note);
	return r;
}

/* ---- blobs ---- */

static enum result known_if_named(struct run *run, const struct blob_name *name, bool *named, struct err *err)
{
	return media_names_blob(run->copy.data, name->account, (enum record_kind)name->kind, name->day, name->id, named,
				err);
}

static enum result keep_if_named(void *arg, const struct blob_name *name, bool *known, struct err *err)
{
	return known_if_named(arg, name, known, err);
}

static enum result open_blobs(struct run *run, struct err *err)
{
	char path[VAULT_PATH_MAX];
	uint64_t removed;
	enum result r = manifest_path(run->part, "blobs", path, err);

	if (r == OK)
		r = blob_open_folder(path, true, &run->blobs, err);
	if (r == OK)
		r = blob_recover(run->blobs, keep_if_named, run, &removed, err);
	if (r == OK)
		r = blob_batch_new(run->blobs, &run->batch, err);
	if (r != OK)
		return r;
	r = manifest_path(run->part, MANIFEST_BLOBS, path, err);
	if (r != OK)
		return r;
	run->list_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return run->list_fd >= 0 ? OK : err_sys(err, "cannot make %s", path);
}

static enum result flush_list(struct run *run, struct err *err)
{
	enum result r = buf_ok(&run->list, "the list of blobs", err);

	if (r == OK && run->list.len > 0)
		r = file_write_all(run->list_fd, run->list.data, run->list.len, err);
	buf_reset(&run->list);
	return r;
}

static enum result note_blob(struct run *run, const struct blob_name *name, uint64_t size, struct err *err)
{
	char path[BLOB_PATH_MAX];

	run->manifest->blobs++;
	run->manifest->blob_bytes += size;
	buf_printf(&run->list, "%" PRIu64 " %s\n", size, blob_path(name, path));
	return run->list.len >= LIST_FLUSH ? flush_list(run, err) : OK;
}

/* Blobs never change under their name: one of the same size that an interrupted run left is whole. */
static bool have_already(struct run *run, const struct blob_name *name, uint64_t size)
{
	struct blob_file *file;
	struct err ignored;
	uint64_t have;

	if (blob_get(run->blobs, name, &file, &have, &ignored) != OK)
		return false;
	blob_file_close(file);
	return have == size;
}

/* The vault's blob is not there: removed since the copy of vault.db was made, or lost. */
static enum result note_absent(struct run *run, const struct blob_name *name, struct err *err)
{
	bool named;
	enum result r = media_names_blob(run->vault->read.data, name->account, (enum record_kind)name->kind, name->day,
					 name->id, &named, err);

	if (r == OK && named)
		run->manifest->blobs_missing++;
	else if (r == OK)
		run->manifest->blobs_removed++;
	return r;
}

static enum result copy_one(struct run *run, const struct blob_name *name, struct err *err)
{
	struct blob_file *file;
	uint64_t size;
	enum result r = blob_get(run->vault->blobs, name, &file, &size, err);

	if (r == ERR_NOT_FOUND)
		return note_absent(run, name, err);
	if (r != OK)
		return r;
	if (!have_already(run, name, size)) {
		r = blob_remove(run->blobs, name, err);
		if (r == OK)
			r = manifest_copy_blob(file, size, name, run->batch, err);
	}
	blob_file_close(file);
	return r == OK ? note_blob(run, name, size, err) : r;
}

static enum result settle_batch(struct run *run, struct err *err)
{
	enum result r = blob_publish(run->batch, err);

	if (r == OK)
		r = blob_settle(run->batch, err);
	if (r != OK)
		return r;
	blob_batch_free(run->batch);
	run->batch = NULL;
	return blob_batch_new(run->blobs, &run->batch, err);
}

static enum result copy_account(struct run *run, uint32_t account, struct err *err)
{
	struct media_row rows[BATCH], after = {0};
	size_t count;
	enum result r;

	do {
		r = media_walk(run->copy.data, account, &after, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			const struct blob_name name = {account, (uint32_t)rows[i].kind,
						       instant_date(id_time(rows[i].id)), rows[i].blob};

			r = copy_one(run, &name, err);
			if (r == OK)
				r = report(run, BACKUP_BLOBS, ++run->blobs_seen, run->manifest->media, err);
		}
		if (r == OK && count > 0) {
			after = rows[count - 1];
			r = settle_batch(run, err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result drop_stranger(void *arg, const struct blob_name *name, const char *path, uint64_t size,
				 struct err *err)
{
	struct run *run = arg;
	bool named;
	enum result r;

	(void)path, (void)size;
	if (name == NULL)
		return OK;
	r = known_if_named(run, name, &named, err);
	return r == OK && !named ? blob_remove(run->blobs, name, err) : r;
}

static enum result finish_list(struct run *run, struct err *err)
{
	enum result r = flush_list(run, err);

	if (r == OK && fsync(run->list_fd) != 0)
		r = err_sys(err, "cannot sync the list of blobs");
	close(run->list_fd);
	run->list_fd = -1;
	return r;
}

static enum result copy_blobs(struct run *run, struct err *err)
{
	enum result r = open_blobs(run, err);

	if (r == OK)
		r = each_account(run, copy_account, err);
	/* What an earlier, interrupted run copied and this snapshot does not name. */
	if (r == OK)
		r = blob_walk(run->blobs, drop_stranger, run, err);
	if (r == OK)
		r = blob_sync_removed(run->blobs, err);
	return r == OK ? finish_list(run, err) : r;
}

/* ---- the end ---- */

static enum result seal_manifest(struct run *run, struct hash *digest, struct err *err)
{
	static const char *const names[] = {"vault.db", MANIFEST_BLOBS, "checkpoint", "lethe.pub"};
	struct manifest *m = run->manifest;
	enum result r = OK;

	for (size_t i = 0; i < sizeof names / sizeof names[0] && r == OK; i++)
		r = manifest_add_file(m, run->part, names[i], err);
	if (r == OK && m->with_keys)
		r = manifest_add_file(m, run->part, "keys.db", err);
	if (r == OK && may_hold_root_config(run))
		r = manifest_add_file(m, run->part, "root.json", err);
	return r == OK ? manifest_write(m, &run->vault->read, run->part, digest, err) : r;
}

/* Outside the writer: another process may be it. Before the rename, so that no finished backup lacks its leaf. */
static enum result log_backup(struct run *run, const struct hash *digest, struct err *err)
{
	const struct manifest *m = run->manifest;
	struct session *session = &run->vault->read;
	char hex[65];
	struct act act;
	enum result r = db_begin(session->data, err);

	if (r != OK)
		return r;
	act_begin(&act, "backup", VAULT_ACCOUNT, run->options->now);
	act_digest(&act, "manifest", manifest_hex(digest, hex));
	act_int(&act, "size", (int64_t)m->log_size);
	act_int(&act, "records", m->records);
	act_int(&act, "blobs", m->blobs);
	act_int(&act, "keys", m->with_keys);
	r = act_append(&act, session->data, NULL, err);
	if (r == OK)
		return db_commit(session->data, err);
	db_rollback(session->data);
	return r;
}

static enum result sync_parent(const char *path, struct err *err)
{
	char parent[VAULT_PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return file_sync_dir(".", err);
	snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return file_sync_dir(parent, err);
}

static enum result put_in_place(struct run *run, struct err *err)
{
	enum result r = file_sync_dir(run->part, err);

	if (r == OK && rename(run->part, run->dir) != 0)
		r = err_sys(err, "cannot rename %s to %s", run->part, run->dir);
	return r == OK ? sync_parent(run->dir, err) : r;
}

static enum result finish(struct run *run, struct err *err)
{
	struct hash digest;
	enum result r;

	db_close(run->copy.data);
	run->copy.data = NULL;
	r = seal_manifest(run, &digest, err);
	if (r == OK)
		r = log_backup(run, &digest, err);
	return r == OK ? put_in_place(run, err) : r;
}

static void clean_up(struct run *run)
{
	blob_batch_free(run->batch);
	blob_close(run->blobs);
	db_close(run->copy.data);
	buf_free(&run->list);
	if (run->list_fd >= 0)
		close(run->list_fd);
	if (run->part_fd >= 0)
		close(run->part_fd);
	free(run);
}

enum result backup_create(struct vault *vault, const struct backup_options *options, struct manifest *out,
			  struct err *err)
{
	struct run *run = calloc(1, sizeof *run);
	enum result r;

	if (run == NULL)
		return err_no_memory(err);
	*out = (struct manifest){.vault = vault->id, .created = options->now, .with_keys = options->with_keys};
	snprintf(out->region, sizeof out->region, "%s", vault->region);
	run->vault = vault;
	run->options = options;
	run->manifest = out;
	run->part_fd = run->list_fd = -1;
	buf_init(&run->list, LIST_FLUSH * 2);
	r = prepare(run, err);
	if (r == OK)
		r = vault_fold_reads(vault, err);
	if (r == OK)
		r = copy_databases(run, err);
	if (r == OK)
		r = copy_root_config(run, err);
	if (r == OK)
		r = each_account(run, count_account, err);
	if (r == OK)
		r = write_checkpoint(run, err);
	if (r == OK)
		r = copy_blobs(run, err);
	if (r == OK)
		r = finish(run, err);
	clean_up(run);
	return r;
}
