/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/stream.h"
#include "store/account.h"
#include "store/job.h"
#include "store/leaf.h"
#include "store/media.h"
#include "store/period.h"
#include "store/schema.h"
#include "vault/labels.h"
#include "vault/lock.h"
#include "vault/outdated.h"
#include "vault/proof.h"

#define STAGED "vault.db.restore"
#define DAMAGED "vault.db.damaged"
#define CHUNK ((size_t)1024 * 1024)
#define BATCH 256
#define BLOBS_A_BATCH 4096 /* in one journal */
#define STAGED_CACHE ((size_t)64 * 1024 * 1024)

/* A batch of blobs, published and waiting for the rows that name them. */
struct waiting { struct blob_batch *batch; size_t count; struct waiting *next; };

struct run {
	struct vault *vault;
	const struct restore_options *options;
	struct restore_result *out;
	struct checkpoint at;       /* of the backup's log */
	struct session staged;      /* vault.db.restore, and the vault's keys */
	struct blob_store *from;    /* the backup's blobs */
	struct waiting *waiting;    /* newest first */
	uint64_t blobs_seen;
	struct trash_row trash[BATCH];
	size_t trash_count;
	bool placed;                /* the new vault.db is in place */
};

static enum result report(struct run *run, enum restore_step step, uint64_t done, uint64_t total, struct err *err)
{
	const struct restore_options *o = run->options;

	if (o->progress == NULL || !o->progress(o->progress_arg, step, done, total))
		return OK;
	err_set(err, ERR_INTERRUPTED, "the restore was stopped");
	return err_mend(err, "nothing was changed");
}

/* ---- 1: the backup ---- */

static bool show_verify(void *arg, uint64_t done, uint64_t total)
{
	struct err ignored;

	return report(arg, RESTORE_VERIFY, done, total, &ignored) != OK;
}

static enum result check_whose(struct run *run, struct err *err)
{
	const struct manifest *m = &run->out->manifest;

	if (id_compare(m->vault, run->vault->id) != 0) {
		err_set(err, ERR_DENIED, "this is a backup of another vault");
		err_where(err, "%s", run->options->dir);
		return err_mend(err, "name the backup of this vault, or with --region and --data the vault it is of");
	}
	if (strcmp(m->region, run->vault->region) == 0)
		return OK;
	err_set(err, ERR_DENIED, "this is a backup of region %s, and data do not cross regions", m->region);
	err_where(err, "%s", run->options->dir);
	return err_mend(err, "restore it with --region %s", m->region);
}

static enum result verify(struct run *run, struct err *err)
{
	const struct manifest_progress progress = {show_verify, run};
	enum result r = manifest_read(run->options->dir, &run->out->manifest, err);

	if (r == OK)
		r = check_whose(run, err);
	if (r == OK)
		r = manifest_verify(&run->out->manifest, &run->vault->read, run->options->dir, &progress, &run->at, err);
	return r;
}

/* ---- 2: its data, beside the live ones ---- */

static enum result remove_file(const struct vault *vault, const char *name, struct err *err)
{
	char path[VAULT_PATH_MAX];

	if (unlink(vault_path(vault, name, path)) != 0 && errno != ENOENT)
		return err_sys(err, "cannot remove %s", path);
	return OK;
}

/* With its journal, which would be played back into the next file of that name. */
static enum result remove_staged(const struct vault *vault, struct err *err)
{
	static const char *const names[] = {STAGED, STAGED "-journal", STAGED "-wal", STAGED "-shm"};
	enum result r = OK;

	for (size_t i = 0; i < sizeof names / sizeof names[0] && r == OK; i++)
		r = remove_file(vault, names[i], err);
	return r;
}

static const struct manifest_file *data_file(const struct manifest *manifest)
{
	size_t i = 0;

	while (i < manifest->file_count && strcmp(manifest->files[i].name, "vault.db") != 0)
		i++;
	INVARIANT(i < manifest->file_count); /* manifest_read saw it */
	return &manifest->files[i];
}

static enum result copy_bytes(struct run *run, int from, int to, unsigned char *chunk, struct sha256_stream *stream,
			      struct err *err)
{
	uint64_t done = 0, total = data_file(&run->out->manifest)->bytes;
	ssize_t got;
	enum result r = OK;

	while (r == OK && (got = read(from, chunk, CHUNK)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "cannot read the backup's vault.db");
		sha256_update(stream, chunk, (size_t)got);
		r = file_write_all(to, chunk, (size_t)got, err);
		done += (uint64_t)got;
		if (r == OK)
			r = report(run, RESTORE_DATA, done, total, err);
	}
	return r;
}

/* What was verified was another reading of the file: it is the copy that must be what the manifest says. */
static enum result copy_verified(struct run *run, int from, int to, struct err *err)
{
	const struct manifest_file *file = data_file(&run->out->manifest);
	unsigned char *chunk = malloc(CHUNK);
	struct sha256_stream *stream = sha256_begin();
	struct hash hash = {0};
	enum result r = chunk != NULL && stream != NULL ? copy_bytes(run, from, to, chunk, stream, err)
							: err_no_memory(err);

	if (stream != NULL)
		hash = sha256_end(stream);
	free(chunk);
	if (r != OK || memcmp(&hash, &file->hash, sizeof hash) == 0)
		return r;
	err_set(err, ERR_CORRUPT, "the backup's vault.db changed while it was read");
	err_where(err, "%s/vault.db", run->options->dir);
	return err_mend(err, "see that nothing writes to the backup and that its disk is sound, and run this again");
}

static enum result copy_data(struct run *run, struct err *err)
{
	char source[VAULT_PATH_MAX], target[VAULT_PATH_MAX];
	int from, to;
	enum result r = manifest_path(run->options->dir, "vault.db", source, err);

	if (r != OK)
		return r;
	from = open(source, O_RDONLY | O_CLOEXEC);
	to = open(vault_path(run->vault, STAGED, target), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (from < 0 || to < 0)
		r = err_sys(err, "cannot copy %s to %s", source, target);
	else
		r = copy_verified(run, from, to, err);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return r;
}

static enum result open_staged(struct run *run, struct err *err)
{
	const struct db_options options = {.mode = DB_READ_WRITE, .secure_delete = true, .cache_bytes = STAGED_CACHE};
	char path[VAULT_PATH_MAX];
	enum result r = db_open_sqlite(vault_path(run->vault, STAGED, path), &options, &run->staged.data, err);

	run->staged.keys = run->vault->read.keys;
	run->staged.ring = run->vault->read.ring;
	return r == OK ? schema_migrate_vault(run->staged.data, err) : r;
}

/* Signed checkpoint, signed manifest and the data must be of one moment. */
static enum result check_log(struct run *run, struct err *err)
{
	struct merkle_store hashes = leaf_hashes(run->staged.data);
	struct hash root;
	uint64_t size;
	enum result r = leaf_tree_size(run->staged.data, &size, err);

	if (r == OK)
		r = merkle_root(&hashes, size, &root, err);
	if (r != OK)
		return r;
	if (size == run->at.size && memcmp(&root, &run->at.root, sizeof root) == 0)
		return OK;
	err_set(err, ERR_CORRUPT, "the audit log of the backup is not that of its checkpoint");
	err_where(err, "%s", run->options->dir);
	return err_mend(err, "use another copy of the backup, or another backup");
}

static enum result stage(struct run *run, struct err *err)
{
	enum result r = remove_staged(run->vault, err);

	if (r == OK)
		r = copy_data(run, err);
	if (r == OK)
		r = open_staged(run, err);
	return r == OK ? check_log(run, err) : r;
}

/* ---- 3: what must not go back ---- */

static enum result look_at_live(struct run *run, struct err *err)
{
	struct db *live = run->vault->read.data;
	char problem[200];
	int64_t running = 0;
	enum result r;

	run->out->live_lost = live == NULL;
	if (live == NULL)
		return OK;
	r = db_integrity(live, problem, err);
	if (r == ERR_CORRUPT) {
		run->out->live_lost = true;
		return OK;
	}
	if (r == OK)
		r = job_count_running(live, &running, err);
	if (r == OK && running > 0) {
		err_set(err, ERR_BUSY, "work on the vault is unfinished: %lld jobs", (long long)running);
		r = err_mend(err, "run any command that writes, which finishes it, and then this one again");
	}
	return r;
}

/* Keeps readers of other processes from appending leaves that the new log would not have. */
static enum result freeze_live(struct run *run, struct err *err)
{
	return run->out->live_lost ? OK : db_begin(run->vault->read.data, err);
}

static enum result take_over(struct run *run, struct err *err)
{
	enum result r;

	if (run->out->live_lost)
		return OK;
	r = db_begin(run->staged.data, err);
	if (r != OK)
		return r;
	r = carry_log(&run->vault->read, &run->staged, &run->out->carried, err);
	if (r == OK)
		r = carry_over(&run->vault->read, &run->staged, &run->out->carried, err);
	if (r == OK)
		return db_commit(run->staged.data, err);
	db_rollback(run->staged.data);
	return r;
}

/* ---- 4: what must not come back ---- */

static enum result take_over_met_again(struct run *run, struct err *err)
{
	enum result r = db_begin(run->staged.data, err);

	if (r != OK)
		return r;
	r = carry_met_again(&run->vault->read, &run->staged, &run->out->carried, err);
	if (r == OK)
		return db_commit(run->staged.data, err);
	db_rollback(run->staged.data);
	return r;
}

static enum result drop_outdated(struct run *run, struct err *err)
{
	uint32_t account = VAULT_ACCOUNT;
	size_t count = 1;
	enum result r = OK;

	while (r == OK && count > 0) {
		r = outdated_drop(&run->staged, account, run->out->live_lost, err);
		if (r == OK)
			r = account_list(run->staged.data, account, &account, 1, &count, err);
	}
	return r;
}

static enum result drop(struct run *run, struct err *err)
{
	enum result r = reconcile(&run->staged, &run->out->dropped, err);

	if (r == OK && !run->out->live_lost)
		r = take_over_met_again(run, err);
	if (r == OK)
		r = drop_outdated(run, err);
	if (r == OK)
		r = labels_recount(&run->staged, err);
	run->out->dropped.released += run->out->carried.released;
	return r;
}

/* ---- 5: blobs ---- */

static enum result new_batch(struct run *run, struct err *err)
{
	struct waiting *waiting = calloc(1, sizeof *waiting);
	enum result r;

	if (waiting == NULL)
		return err_no_memory(err);
	r = blob_batch_new(run->vault->blobs, &waiting->batch, err);
	if (r != OK) {
		free(waiting);
		return r;
	}
	waiting->next = run->waiting;
	run->waiting = waiting;
	return OK;
}

static enum result copy_back(struct run *run, const struct blob_name *name, struct blob_file *file, uint64_t size,
			     struct err *err)
{
	enum result r = run->waiting == NULL ? new_batch(run, err) : OK;

	if (r == OK && run->waiting->count == BLOBS_A_BATCH) {
		r = blob_publish(run->waiting->batch, err);
		if (r == OK)
			r = new_batch(run, err);
	}
	/* One of another size is damaged, and in the way. */
	if (r == OK)
		r = blob_remove(run->vault->blobs, name, err);
	if (r == OK)
		r = manifest_copy_blob(file, size, name, run->waiting->batch, err);
	if (r == OK)
		run->waiting->count++;
	run->out->blobs_copied += r == OK;
	return r;
}

/* Is it there, with the size its row says? */
static enum result has_blob(struct blob_store *store, const struct blob_name *name, uint64_t wanted,
			    struct blob_file **file, bool *has, struct err *err)
{
	uint64_t size;
	enum result r = blob_get(store, name, file, &size, err);

	*has = r == OK && size == wanted;
	if (r == OK && !*has)
		blob_file_close(*file);
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result look_at_blob(struct run *run, const struct media_row *row, struct err *err)
{
	const struct blob_name name = {row->account, (uint32_t)row->kind, instant_date(id_time(row->id)), row->blob};
	uint64_t size = stream_sealed_size(row->bytes, row->segment);
	struct blob_file *file;
	bool has;
	enum result r = has_blob(run->vault->blobs, &name, size, &file, &has, err);

	if (r == OK && has)
		blob_file_close(file);
	if (r != OK || has)
		return r;
	r = has_blob(run->from, &name, size, &file, &has, err);
	if (r == OK && !has)
		run->out->blobs_missing++;
	if (r != OK || !has)
		return r;
	r = copy_back(run, &name, file, size, err);
	blob_file_close(file);
	return r;
}

static enum result look_at_account(struct run *run, uint32_t account, struct err *err)
{
	struct media_row rows[BATCH], after = {0};
	size_t count;
	enum result r;

	do {
		r = media_walk(run->staged.data, account, &after, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = look_at_blob(run, &rows[i], err);
			if (r == OK)
				r = report(run, RESTORE_BLOBS, ++run->blobs_seen, 0, err);
		}
		after = r == OK && count > 0 ? rows[count - 1] : after;
	} while (r == OK && count == BATCH);
	return r;
}

static enum result count_records(struct run *run, uint32_t account, struct err *err)
{
	struct period sum;
	int64_t days;
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		r = period_sum(run->staged.data, account, kind, (struct date){INT32_MAX}, &sum, &days, err);
		run->out->records += r == OK ? sum.records : 0;
	}
	return r;
}

static enum result copy_blobs_back(struct run *run, struct err *err)
{
	char path[VAULT_PATH_MAX];
	uint32_t account = 0;
	size_t count = 1;
	enum result r = manifest_path(run->options->dir, "blobs", path, err);

	if (r == OK)
		r = blob_open_folder(path, false, &run->from, err);
	while (r == OK && (r = account_list(run->staged.data, account, &account, 1, &count, err)) == OK && count > 0) {
		r = count_records(run, account, err);
		if (r == OK)
			r = look_at_account(run, account, err);
	}
	return r == OK && run->waiting != NULL ? blob_publish(run->waiting->batch, err) : r;
}

static enum result flush_trash(struct run *run, struct err *err)
{
	enum result r = run->trash_count > 0 ? db_begin(run->staged.data, err) : OK;

	if (r != OK || run->trash_count == 0)
		return r;
	for (size_t i = 0; i < run->trash_count && r == OK; i++)
		r = trash_add(run->staged.data, &run->trash[i], err);
	run->out->blobs_trashed += (int64_t)run->trash_count;
	run->trash_count = 0;
	if (r == OK)
		return db_commit(run->staged.data, err);
	db_rollback(run->staged.data);
	return r;
}

static enum result trash_unnamed(void *arg, const struct blob_name *name, const char *path, uint64_t size,
				 struct err *err)
{
	struct run *run = arg;
	struct trash_row row;
	bool named;
	enum result r;

	(void)path, (void)size;
	if (name == NULL)
		return OK;
	row = (struct trash_row){name->account, (enum record_kind)name->kind, name->day, name->id};
	r = media_names_blob(run->staged.data, row.account, row.kind, row.day, row.blob, &named, err);
	if (r != OK || named)
		return r;
	run->trash[run->trash_count++] = row;
	return run->trash_count == BATCH ? flush_trash(run, err) : OK;
}

static enum result settle_blobs(struct run *run, struct err *err)
{
	enum result r = copy_blobs_back(run, err);

	if (r == OK)
		r = blob_walk(run->vault->blobs, trash_unnamed, run, err);
	return r == OK ? flush_trash(run, err) : r;
}

/* ---- 6: the act ---- */

static int64_t all_kinds(const struct removed *removed)
{
	int64_t sum = 0;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		sum += removed->records[kind];
	return sum;
}

static enum result append_leaf(struct run *run, struct err *err)
{
	const struct restore_result *out = run->out;
	struct act act;

	act_begin(&act, "restore", VAULT_ACCOUNT, run->options->now);
	act_id(&act, "job", JOB_PREFIX, out->job);
	act_instant(&act, "backup", out->manifest.created);
	act_int(&act, "backup_size", (int64_t)out->manifest.log_size);
	act_int(&act, "live_lost", out->live_lost);
	act_int(&act, "leaves_kept", out->carried.leaves);
	act_int(&act, "records", out->records);
	act_int(&act, "erased", all_kinds(&out->dropped.erased));
	act_int(&act, "expired", all_kinds(&out->dropped.expired));
	act_int(&act, "held_kept", out->carried.held);
	act_int(&act, "parts_kept", out->carried.parts);
	return act_append(&act, run->staged.data, NULL, err);
}

static enum result note_job(struct run *run, struct err *err)
{
	char result[160];
	struct job job = {.account = VAULT_ACCOUNT,
			  .id = run->out->job,
			  .type = JOB_RESTORE,
			  .state = JOB_DONE,
			  .started = run->options->now,
			  .ended = run->options->now,
			  .args = "{}",
			  .result = result};
	enum result r;

	snprintf(result, sizeof result, "{\"records\":%lld,\"erased\":%lld,\"expired\":%lld}",
		 (long long)run->out->records, (long long)all_kinds(&run->out->dropped.erased),
		 (long long)all_kinds(&run->out->dropped.expired));
	r = job_insert(run->staged.data, &job, err);
	return r == OK ? job_update(run->staged.data, &job, err) : r;
}

static enum result log_restore(struct run *run, struct err *err)
{
	enum result r = db_begin(run->staged.data, err);

	if (r != OK)
		return r;
	r = append_leaf(run, err);
	if (r == OK)
		r = note_job(run, err);
	if (r == OK)
		return db_commit(run->staged.data, err);
	db_rollback(run->staged.data);
	return r;
}

/* It may be what was damaged. */
static enum result write_public_key(struct run *run, struct err *err)
{
	char path[VAULT_PATH_MAX];

	return proof_write_key(&run->staged, run->vault->id, vault_path(run->vault, "lethe.pub", path), err);
}

/* Closing the last connection folds the log into the file and removes it. */
static enum result close_staged(struct run *run, struct err *err)
{
	char path[VAULT_PATH_MAX];
	enum result r = db_checkpoint(run->staged.data, err);
	int fd;

	db_close(run->staged.data);
	run->staged.data = NULL;
	if (r != OK)
		return r;
	if (file_exists(vault_path(run->vault, STAGED "-wal", path)))
		return err_set(err, ERR_BUSY, "another process has opened vault.db.restore");
	fd = open(vault_path(run->vault, STAGED, path), O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		r = err_sys(err, "cannot sync %s", path);
	if (fd >= 0)
		close(fd);
	return r;
}

/* ---- 7: the swap ---- */

static enum result move(const struct vault *vault, const char *from, const char *to, struct err *err)
{
	char source[VAULT_PATH_MAX], target[VAULT_PATH_MAX];

	if (rename(vault_path(vault, from, source), vault_path(vault, to, target)) == 0 || errno == ENOENT)
		return OK;
	return err_sys(err, "cannot rename %s to %s", source, target);
}

/* Its log would otherwise be taken for that of the new file. */
static enum result set_aside(struct run *run, struct err *err)
{
	enum result r = move(run->vault, "vault.db", DAMAGED, err);

	if (r == OK)
		r = move(run->vault, "vault.db-wal", DAMAGED "-wal", err);
	if (r == OK)
		r = remove_file(run->vault, "vault.db-shm", err);
	return r == OK ? file_sync_dir(run->vault->dir, err) : r;
}

/* We have closed all of ours: a log that is still there is in use by somebody who is no lethe. */
static enum result check_alone(struct run *run, struct err *err)
{
	char path[VAULT_PATH_MAX];

	if (!file_exists(vault_path(run->vault, "vault.db-wal", path)))
		return OK;
	err_set(err, ERR_BUSY, "another process is reading the vault");
	err_where(err, "%s", path);
	return err_mend(err, "stop every other lethe on this vault and run this again; nothing was changed");
}

static enum result put_in_place(struct run *run, struct err *err)
{
	char from[VAULT_PATH_MAX], to[VAULT_PATH_MAX];
	enum result r = run->out->live_lost ? set_aside(run, err) : check_alone(run, err);

	if (r != OK)
		return r;
	if (rename(vault_path(run->vault, STAGED, from), vault_path(run->vault, "vault.db", to)) != 0)
		return err_sys(err, "cannot rename %s to %s", from, to);
	run->placed = true;
	return file_sync_dir(run->vault->dir, err);
}

/* A batch that cannot be settled is let go of, not freed: freeing would remove blobs that now have rows. The next
 * opening for writing settles it. */
static enum result settle_waiting(struct run *run, struct err *err)
{
	enum result r = OK;

	while (run->waiting != NULL && r == OK) {
		struct waiting *w = run->waiting;

		r = blob_settle(w->batch, err);
		if (r == OK)
			blob_batch_free(w->batch);
		run->waiting = w->next;
		free(w);
	}
	return r;
}

/* Nobody may have the old data open as they go: the leaf of what they read would go too. */
static enum result replace_data(struct run *run, struct err *err)
{
	char path[VAULT_PATH_MAX];
	int alone;
	enum result r = lock_readers(vault_path(run->vault, VAULT_READERS, path), true, run->vault->lock_wait_ms, &alone,
				     err);

	if (r != OK)
		return r;
	if (!run->out->live_lost)
		db_rollback(run->vault->read.data);
	vault_close_data(run->vault);
	r = put_in_place(run, err);
	close(alone);
	return r;
}

static enum result swap(struct run *run, struct err *err)
{
	struct err reopening;
	enum result r = replace_data(run, err);

	if (r != OK && run->vault->read.data != NULL)
		return r; /* nothing was closed */
	if (r == OK)
		r = settle_waiting(run, err);
	if (r == OK)
		return vault_open_data(run->vault, run->options->now, err);
	if (run->placed)
		run->waiting = NULL; /* see settle_waiting */
	/* What is in place is whole, old or new; when that cannot be opened either, the first failure is the one to tell. */
	if ((run->placed || !run->out->live_lost) && vault_open_data(run->vault, run->options->now, &reopening) != OK)
		vault_close_data(run->vault);
	return r;
}

/* ---- from the top ---- */

static enum result go(struct run *run, struct err *err)
{
	enum result r = verify(run, err);

	if (r == OK)
		r = stage(run, err);
	if (r == OK)
		r = look_at_live(run, err);
	if (r == OK)
		r = freeze_live(run, err);
	if (r == OK)
		r = take_over(run, err);
	if (r == OK)
		r = drop(run, err);
	if (r == OK)
		r = settle_blobs(run, err);
	if (r == OK)
		r = log_restore(run, err);
	if (r == OK)
		r = write_public_key(run, err);
	if (r == OK)
		r = close_staged(run, err);
	return r == OK ? swap(run, err) : r;
}

static void clean_up(struct run *run, enum result r)
{
	struct err ignored;

	db_close(run->staged.data);
	if (r != OK && run->vault->read.data != NULL)
		db_rollback(run->vault->read.data);
	while (run->waiting != NULL) {
		struct waiting *next = run->waiting->next;

		blob_batch_free(run->waiting->batch);
		free(run->waiting);
		run->waiting = next;
	}
	blob_close(run->from);
	if (r != OK) /* what went wrong first is the thing to tell; resuming clears away what is left */
		(void)!remove_staged(run->vault, &ignored);
	free(run);
}

enum result restore_run(struct vault *vault, const struct restore_options *options, struct restore_result *out,
			struct err *err)
{
	struct run *run = calloc(1, sizeof *run);
	enum result r;

	*out = (struct restore_result){.job = id_new(options->now)};
	if (run == NULL)
		return err_no_memory(err);
	run->vault = vault;
	run->options = options;
	run->out = out;
	r = go(run, err);
	clean_up(run, r);
	return r;
}

enum result restore_resume(struct vault *vault, struct instant now, struct err *err)
{
	(void)now;
	return remove_staged(vault, err);
}
