/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/vault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "store/account.h"
#include "store/schema.h"
#include "vault/accounts.h"
#include "vault/databases.h"
#include "vault/directory.h"
#include "vault/lock.h"
#include "vault/log_term.h"
#include "vault/read_log.h"
#include "vault/read_recover.h"
#include "vault/region.h"
#include "vault/settle.h"
#include "vault/unfinished.h"

#define DATA_CACHE ((size_t)128 * 1024 * 1024)
#define KEYS_CACHE ((size_t)32 * 1024 * 1024)
/* Keys cached: up to 6 MiB of locked memory while writing, 4 while reading, as far as the 8 go that Debian allows. */
#define WRITE_KEYS 196608
#define READ_KEYS 131072
#define VIEW_KEYS 8192
#define DIRECTORY_ENTRIES 1048576
#define SCRUB_SOON_MS 500

char *vault_path(const struct vault *vault, const char *name, char out[VAULT_PATH_MAX])
{
	int len = snprintf(out, VAULT_PATH_MAX, "%s/%s", vault->dir, name);

	INVARIANT(len > 0 && len < VAULT_PATH_MAX);
	return out;
}

/* ---- connections ---- */

static enum result open_reader(struct vault *vault, size_t keys, struct err *err)
{
	enum result r = databases_open(vault->dir, DB_READ_WRITE, DATABASES_READ_CACHE, DATABASES_READ_CACHE, &vault->read, err);

	vault->read.vault = vault;
	return r == OK ? keyring_new(vault->read.keys, vault->shared, keys, &vault->read.ring, err) : r;
}

/* What was cached may name rows that are not there. */
static void forget_cached(void *arg)
{
	struct vault *vault = arg;

	keyring_clear(vault->write.ring);
	directory_clear(vault->write.directory);
}

/* Until now another thread could read a key that this group destroyed, and cache it. */
static void tell_readers(void *arg)
{
	const struct vault *vault = arg;
	struct keyring_shared *shared = vault->shared;

	keyring_committed(vault->write.ring);
	if (shared->changing)
		atomic_fetch_add(&shared->written, 1);
	shared->changing = false;
}

/* Nobody is told that it is done what nobody would find. */
static enum result check_place(void *arg, struct err *err)
{
	const struct vault *vault = arg;
	char path[VAULT_PATH_MAX];
	enum result r;

	if (vault->lock_fd < 0)
		return OK;
	r = lock_in_place(vault->lock_fd, vault_path(vault, "lock", path), err);
	if (r != OK)
		log_event(LOG_ERROR, "vault.place", LOG_RESULT("why", r));
	return r;
}

static enum result open_writer(struct vault *vault, struct err *err)
{
	const struct writer_hooks hooks = {vault, check_place, forget_cached, tell_readers};
	struct db *dbs[2];
	enum result r = databases_open(vault->dir, DB_READ_WRITE, DATA_CACHE, KEYS_CACHE, &vault->write, err);

	if (r == OK)
		r = keyring_new(vault->write.keys, vault->shared, WRITE_KEYS, &vault->write.ring, err);
	if (r == OK)
		r = directory_new(DIRECTORY_ENTRIES, &vault->write.directory, err);
	dbs[0] = vault->write.keys;
	dbs[1] = vault->write.data;
	return r == OK ? writer_start(dbs, 2, &hooks, &vault->writer, err) : r;
}

/* ---- writing ---- */

static enum result run_op(void *arg, struct err *err)
{
	struct vault_ticket *ticket = arg;
	struct session *session = &ticket->vault->write;
	enum result r = OK;

	act_by_take(&ticket->by);
	if (!ticket->quiet)
		ticket->vault->shared->changing = true;
	if (ticket->witness != NULL)
		r = ticket->witness(session, ticket->vault->witness_arg, err);
	if (r == OK)
		r = ticket->op(session, ticket->arg, err);
	if (r != OK)
		forget_cached(ticket->vault);
	return r;
}

void vault_write_submit(struct vault *vault, struct vault_ticket *ticket, vault_op *op, void *arg)
{
	INVARIANT(vault->writable);
	vault_snapshot_end(vault);
	ticket->vault = vault;
	ticket->op = op;
	ticket->witness = vault->witness;
	ticket->arg = arg;
	ticket->by = act_by_now();
	ticket->quiet = false;
	writer_submit(vault->writer, &ticket->writer, run_op, ticket);
}

enum result vault_write_wait(struct vault_ticket *ticket, struct err *err)
{
	enum result r = writer_wait(ticket->vault->writer, &ticket->writer, err);

	if (r == OK && ticket->witness != NULL)
		ticket->vault->witness = NULL;
	return r;
}

void vault_witness(struct vault *view, vault_op *op, void *arg)
{
	view->witness = op;
	view->witness_arg = arg;
}

bool vault_witnessed(const struct vault *view)
{
	return view->witness == NULL && view->witness_arg != NULL;
}

enum result vault_write(struct vault *vault, vault_op *op, void *arg, struct err *err)
{
	struct vault_ticket ticket = {0};

	vault_write_submit(vault, &ticket, op, arg);
	return vault_write_wait(&ticket, err);
}

struct noting {
	const struct act *act;
	uint64_t *seq; /* or NULL */
};

static enum result note_op(struct session *session, void *arg, struct err *err)
{
	const struct noting *noting = arg;

	return act_append(noting->act, session->data, noting->seq, err);
}

enum result vault_write_quietly(struct vault *vault, vault_op *op, void *arg, struct err *err)
{
	struct vault_ticket ticket = {.vault = vault, .op = op, .arg = arg, .by = act_by_now(), .quiet = true};

	INVARIANT(vault->writable);
	writer_submit(vault->writer, &ticket.writer, run_op, &ticket);
	return vault_write_wait(&ticket, err);
}

/* A read that others are told of, or that the log keeps longer than who looked, is a deed like any other. */
static bool can_be_kept(const struct vault *vault, const struct act *act)
{
	return vault != NULL && vault->reads != NULL && log_term_of(act->fields[0].text) == LEAF_ACCESS;
}

static enum result keep_note(struct vault *vault, const struct act *act, struct err *err)
{
	uint64_t number;
	enum result r = read_log_add(vault->reads, act, false, &number, err);

	/* Nobody waits who has a snapshot: the writer may have to wait for its end. */
	if (r == ERR_BUSY || !vault->deferring)
		vault_snapshot_end(vault);
	if (r == ERR_BUSY)
		r = read_log_add(vault->reads, act, true, &number, err);
	if (r != OK || number == 0)
		return r;
	if (!vault->deferring)
		return read_log_wait(vault->reads, number, err);
	vault->noted = number;
	return OK;
}

enum result vault_note_numbered(struct session *session, const struct act *act, uint64_t *seq, struct err *err)
{
	struct noting noting = {act, seq};

	if (seq == NULL && can_be_kept(session->vault, act))
		return keep_note(session->vault, act, err);
	if (session->vault != NULL && session->vault->writable) {
		vault_snapshot_end(session->vault);
		return vault_write_quietly(session->vault, note_op, &noting, err);
	}
	return act_append_alone(act, session->data, seq, err);
}

enum result vault_note(struct session *session, const struct act *act, struct err *err)
{
	return vault_note_numbered(session, act, NULL, err);
}

enum result vault_keep_reads(struct vault *vault, enum reads_sync sync, struct err *err)
{
	INVARIANT(vault->writable && vault->view_of == NULL && vault->reads == NULL);
	return read_log_open(vault, sync, &vault->reads, err);
}

enum result vault_fold_reads(struct vault *vault, struct err *err)
{
	return vault->reads != NULL ? read_log_fold(vault->reads, err) : OK;
}

void vault_defer_notes(struct vault *view)
{
	view->deferring = true;
	view->noted = 0;
}

void vault_defer_end(struct vault *view)
{
	view->deferring = false;
	view->noted = 0;
}

uint64_t vault_noted(const struct vault *view)
{
	return view->noted;
}

/* ---- reading what does not change ---- */

enum result vault_snapshot_begin(struct vault *view, struct err *err)
{
	uint64_t written = vault_written(view);
	enum result r = db_begin_read(view->read.data, err);

	view->snapshot = r == OK;
	view->snapshot_written = written;
	return r;
}

void vault_snapshot_end(struct vault *view)
{
	if (!view->snapshot)
		return;
	db_rollback(view->read.data);
	view->snapshot = false;
}

uint64_t vault_written(const struct vault *view)
{
	if (!view->writable)
		return 0;
	return view->snapshot ? view->snapshot_written : 1 + atomic_load(&view->shared->written);
}

/* What is destroyed meanwhile, whoever destroys it scrubs. */
static enum result scrub_within(struct vault *vault, int wait_ms, struct err *err)
{
	enum result r;

	atomic_store(&vault->shared->scrub_owed, false);
	r = db_checkpoint_within(vault->read.keys, wait_ms, err);
	if (r == OK)
		r = db_checkpoint_within(vault->read.data, wait_ms, err);
	if (r != OK)
		atomic_store(&vault->shared->scrub_owed, true);
	return r;
}

enum result vault_scrub(struct vault *vault, struct err *err)
{
	return scrub_within(vault, DATABASES_BUSY_MS, err);
}

enum result vault_scrub_soon(struct vault *vault, struct err *err)
{
	enum result r = scrub_within(vault, SCRUB_SOON_MS, err);

	return r == ERR_BUSY ? OK : r;
}

enum result vault_scrub_owed(struct vault *vault, struct err *err)
{
	return atomic_load(&vault->shared->scrub_owed) ? scrub_within(vault, SCRUB_SOON_MS, err) : OK;
}

/* ---- opening ---- */

static enum result open_root(struct vault *vault, const struct vault_options *options, struct err *err)
{
	struct root_options root = {.data_dir = vault->data_dir, .secret_file = options->secret_file};
	char config[VAULT_PATH_MAX];

	root.config_path = vault_path(vault, "root.json", config);
	return root_open(&root, &vault->shared->root, err);
}

/* Opening the vault's own key proves that the key store is of vault->id. */
static enum result prove_keys(struct vault *vault, struct err *err)
{
	struct key key;
	enum result r;

	vault->shared->vault = vault->id;
	r = keyring_get(vault->read.ring, VAULT_ACCOUNT, KEY_OWN, OWN_INDEX, &key, err);
	key_wipe(&key);
	if (r == ERR_CORRUPT || r == ERR_GONE) {
		err_where(err, "%s/keys.db", vault->dir);
		err_mend(err, "either keys.db is not the live key store of this vault (an older copy opens nothing, by design), or "
			      "the root that root.json names is another vault's: put the right one back");
	}
	return r;
}

/* The data say which vault they are of. */
static enum result read_id(struct vault *vault, struct err *err)
{
	struct pool pool;
	const char *text;
	enum result r;

	pool_init(&pool, 4096);
	r = meta_get(vault->read.data, "vault", &pool, &text, err);
	if (r == OK)
		r = id_parse("vault", text, &vault->id, err);
	pool_free(&pool);
	return r == OK ? prove_keys(vault, err) : r;
}

static enum result take_lock(struct vault *vault, const struct vault_options *options, struct err *err)
{
	char path[VAULT_PATH_MAX];

	return lock_take(vault_path(vault, "lock", path), options->command, options->lock_wait_ms, &vault->lock_fd,
			 err);
}

static enum result share_reading(struct vault *vault, const struct vault_options *options, struct err *err)
{
	char path[VAULT_PATH_MAX];

	return lock_readers(vault_path(vault, VAULT_READERS, path), false, options->lock_wait_ms, &vault->lock_fd, err);
}

static enum result open_blobs(struct vault *vault, struct err *err)
{
	char path[VAULT_PATH_MAX];
	enum result r = blob_open_folder(vault_path(vault, "blobs", path), false, &vault->blobs, err);

	if (r != ERR_NOT_FOUND)
		return r;
	err_set(err, ERR_CORRUPT, "the folder of the media is missing");
	err_where(err, "%s", path);
	return err_mend(err, "put blobs/ back from a copy; without one make it anew (mkdir -m 700) and run `lethe check`, which "
			     "names what is lost");
}

static enum result start_writing(struct vault *vault, struct instant now, struct err *err)
{
	enum result r;

	vault->writable = true;
	r = open_writer(vault, err);
	return r == OK ? settle(vault, now, err) : r;
}

/* Who looked, as a crash left it, or a daemon that is at work: before anybody looks at the log. */
static enum result recover_reads(struct vault *vault, struct err *err)
{
	char path[VAULT_PATH_MAX];

	return read_recover(vault_path(vault, READ_LOG_FILE, path), vault->read.data, vault->id, err);
}

/* What the machine took with it is said by who writes, or else under the same lock. */
static enum result settle_reads(struct vault *vault, bool alone, struct instant now, struct err *err)
{
	char path[VAULT_PATH_MAX];
	bool unsettled;
	enum result r = read_unsettled(vault->read.data, alone, &unsettled, err);
	int fd = -1;

	if (r != OK || !unsettled)
		return r;
	if (!alone)
		r = lock_take(vault_path(vault, "lock", path), vault->command, 0, &fd, err);
	if (r == OK)
		r = read_settle(vault->read.data, now, err);
	else if (r == ERR_BUSY)
		r = OK; /* who has it does it */
	if (fd >= 0)
		close(fd);
	return r;
}

static enum result open_parts(struct vault *vault, const struct vault_options *options, struct instant now,
			      struct err *err)
{
	enum result r = options->write ? take_lock(vault, options, err) : share_reading(vault, options, err);

	if (r == OK)
		r = open_root(vault, options, err);
	if (r == OK)
		r = open_reader(vault, READ_KEYS, err);
	if (r == OK)
		r = read_id(vault, err);
	if (r == OK)
		r = open_blobs(vault, err);
	if (r == OK)
		r = recover_reads(vault, err);
	if (r == OK)
		r = settle_reads(vault, options->write, now, err);
	return r == OK && options->write ? start_writing(vault, now, err) : r;
}

/* The blobs' folder may be as lost as the data. */
static enum result open_without_data(struct vault *vault, const struct vault_options *options, struct err *err)
{
	char path[VAULT_PATH_MAX];
	enum result r = take_lock(vault, options, err);

	if (r == OK)
		r = open_root(vault, options, err);
	if (r == OK)
		r = databases_open_keys(vault->dir, DB_READ_WRITE, DATABASES_READ_CACHE, &vault->read, err);
	vault->read.vault = vault;
	if (r == OK)
		r = keyring_new(vault->read.keys, vault->shared, READ_KEYS, &vault->read.ring, err);
	if (r == OK)
		r = prove_keys(vault, err);
	return r == OK ? blob_open_folder(vault_path(vault, "blobs", path), true, &vault->blobs, err) : r;
}

void vault_close_data(struct vault *vault)
{
	writer_stop(vault->writer);
	vault->writer = NULL;
	vault->writable = false;
	databases_close(&vault->write);
	db_close(vault->read.data);
	vault->read.data = NULL;
}

enum result vault_open_data(struct vault *vault, struct instant now, struct err *err)
{
	enum result r = databases_open_one(vault->dir, "vault.db", DB_READ_WRITE, DATABASES_READ_CACHE, &vault->read.data, err);

	if (r == OK)
		r = schema_migrate_vault(vault->read.data, err);
	if (r == OK)
		r = read_id(vault, err);
	if (r == OK)
		r = recover_reads(vault, err);
	if (r == OK)
		r = settle_reads(vault, true, now, err);
	return r == OK ? start_writing(vault, now, err) : r;
}

/* All that opening has in common; nothing is opened yet. */
static enum result vault_new(const struct vault_options *options, struct vault **out, struct err *err)
{
	struct vault *vault = calloc(1, sizeof *vault);
	enum result r;

	*out = vault;
	if (vault == NULL)
		return err_no_memory(err);
	vault->lock_fd = -1;
	vault->shared = calloc(1, sizeof *vault->shared);
	if (vault->shared == NULL)
		return err_no_memory(err);
	vault->unfinished = unfinished_new();
	if (vault->unfinished == NULL)
		return err_no_memory(err);
	vault->lock_wait_ms = options->lock_wait_ms;
	vault->command = options->command != NULL ? options->command : "";
	pthread_mutex_init(&vault->shared->root_lock, NULL);
	snprintf(vault->data_dir, sizeof vault->data_dir, "%s", options->data_dir);
	snprintf(vault->region, sizeof vault->region, "%s",
		 options->region != NULL ? options->region : VAULT_DEFAULT_REGION);
	r = region_dir(options, vault->dir, err);
	if (r == OK && !file_exists(vault->dir)) {
		err_set(err, ERR_NOT_FOUND, "there is no vault here");
		err_where(err, "%s", vault->dir);
		r = err_mend(err, "make one with `lethe init`, or name another folder with --data or LETHE_DATA");
	}
	return r;
}

enum result vault_open(const struct vault_options *options, struct instant now, struct vault **out, struct err *err)
{
	struct vault *vault;
	enum result r = vault_new(options, &vault, err);

	if (r == OK)
		r = open_parts(vault, options, now, err);
	if (r == OK)
		*out = vault;
	else
		vault_close(vault);
	return r;
}

enum result vault_open_without_data(const struct vault_options *options, struct id id, struct vault **out,
				    struct err *err)
{
	struct vault *vault;
	enum result r = vault_new(options, &vault, err);

	if (r == OK) {
		vault->id = id;
		r = open_without_data(vault, options, err);
	}
	if (r == OK)
		*out = vault;
	else
		vault_close(vault);
	return r;
}

enum result vault_view(struct vault *vault, struct vault **out, struct err *err)
{
	struct vault *view = malloc(sizeof *view);
	enum result r;

	INVARIANT(vault->writable && vault->view_of == NULL);
	if (view == NULL)
		return err_no_memory(err);
	*view = *vault;
	view->view_of = vault;
	view->read = (struct session){0};
	view->witness = NULL;
	view->witness_arg = NULL;
	view->snapshot = false;
	vault_defer_end(view);
	view->known = NULL;
	memset(view->unheld, 0, sizeof view->unheld);
	r = open_reader(view, VIEW_KEYS, err);
	if (r == OK)
		*out = view;
	else
		vault_close(view);
	return r;
}

static void close_own(struct vault *vault)
{
	read_log_close(vault->reads);
	writer_stop(vault->writer);
	databases_close(&vault->write);
	blob_close(vault->blobs);
	unfinished_free(vault->unfinished);
	if (vault->shared != NULL) {
		root_close(vault->shared->root);
		pthread_mutex_destroy(&vault->shared->root_lock);
		free(vault->shared);
	}
	if (vault->lock_fd >= 0)
		close(vault->lock_fd);
}

void vault_close(struct vault *vault)
{
	if (vault == NULL)
		return;
	databases_close(&vault->read);
	accounts_known_free(vault->known);
	if (vault->view_of == NULL)
		close_own(vault);
	free(vault);
}
