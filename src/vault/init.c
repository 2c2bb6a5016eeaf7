/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/init.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/account.h"
#include "vault/databases.h"
#include "vault/lock.h"
#include "vault/proof.h"
#include "vault/region.h"

static enum result make_keys(struct session *session, struct root *root, struct instant now, struct err *err)
{
	enum result r = root_epoch_create(root, 1, err);

	if (r == OK)
		r = db_begin(session->keys, err);
	if (r != OK)
		return r;
	r = epoch_insert(session->keys, 1, EPOCH_CURRENT, now, err);
	if (r == OK)
		r = keyring_account_create(session->ring, VAULT_ACCOUNT, err);
	if (r == OK)
		return db_commit(session->keys, err);
	db_rollback(session->keys);
	return r;
}

static enum result first_leaf(struct session *session, struct id vault, struct instant now, struct err *err)
{
	struct act act;
	char text[ID_TEXT_MAX];
	enum result r = db_begin(session->data, err);

	if (r != OK)
		return r;
	act_begin(&act, "vault.init", VAULT_ACCOUNT, now);
	act_id(&act, "vault", "vault", vault);
	r = meta_set(session->data, "vault", id_format("vault", vault, text), err);
	if (r == OK)
		r = act_append(&act, session->data, NULL, err);
	if (r == OK)
		return db_commit(session->data, err);
	db_rollback(session->data);
	return r;
}

static enum result write_public_key(struct session *session, const char *dir, struct id vault, struct err *err)
{
	char path[VAULT_PATH_MAX];
	enum result r = region_path(path, dir, "lethe.pub", err);

	return r == OK ? proof_write_key(session, vault, path, err) : r;
}

static enum result fill(const char *dir, struct keyring_shared *shared, struct instant now, struct err *err)
{
	struct session session = {0};
	struct blob_store *blobs = NULL;
	char path[VAULT_PATH_MAX];
	enum result r = databases_open(dir, DB_CREATE, DATABASES_READ_CACHE, DATABASES_READ_CACHE, &session, err);

	if (r == OK)
		r = keyring_new(session.keys, shared, 64, &session.ring, err);
	if (r == OK)
		r = make_keys(&session, shared->root, now, err);
	if (r == OK)
		r = first_leaf(&session, shared->vault, now, err);
	if (r == OK)
		r = write_public_key(&session, dir, shared->vault, err);
	if (r == OK)
		r = region_path(path, dir, "blobs", err);
	if (r == OK)
		r = blob_open_folder(path, true, &blobs, err);
	blob_close(blobs);
	databases_close(&session);
	return r;
}

/* Removes what an earlier init that died left in its temporary folder: plain files only, nothing else was ever made. */
static void remove_leftover(const char *dir)
{
	static const char *const names[] = {"keys.db", "keys.db-wal", "keys.db-shm", "vault.db", "vault.db-wal",
					    "vault.db-shm", "lethe.pub", "root.json"};
	struct err ignored;
	char path[VAULT_PATH_MAX];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (region_path(path, dir, names[i], &ignored) == OK)
			unlink(path);
	}
}

/* The epoch key that an earlier init that died had made: it opens nothing that anybody has. Best effort; a passphrase
 * root is nowhere but in root.json, and opening it would ask for a secret. */
static void forget_leftover_root(const char *config, const struct root_options *given, const char *data_dir)
{
	const struct root_options options = {
		.config_path = config, .data_dir = data_dir, .secret_file = given->secret_file};
	struct root *root = NULL;
	struct err ignored;
	bool forgotten = strcmp(given->provider, "passphrase") != 0 && file_exists(config) &&
			 root_open(&options, &root, &ignored) == OK && root_epoch_destroy(root, 1, &ignored) == OK;

	(void)forgotten; /* if it could not be, root_create says what is in the way */
	root_close(root);
}

static enum result init_in(const char *dir, const struct root_options *given, const char *data_dir,
			   struct instant now, struct err *err)
{
	struct keyring_shared shared = {.vault = id_new(now)};
	struct root_options options = *given;
	char config[VAULT_PATH_MAX], label[ID_TEXT_MAX + 8], id[ID_TEXT_MAX];
	enum result r = file_make_dirs(dir, 0700, err);

	if (r == OK)
		r = region_path(config, dir, "root.json", err);
	if (r != OK)
		return r;
	forget_leftover_root(config, given, data_dir);
	remove_leftover(dir);
	snprintf(label, sizeof label, "lethe-%s", id_format("vault", shared.vault, id));
	options.config_path = config;
	options.data_dir = data_dir;
	options.label = label;
	r = root_create(&options, &shared.root, err);
	if (r != OK)
		return r;
	pthread_mutex_init(&shared.root_lock, NULL);
	r = fill(dir, &shared, now, err);
	pthread_mutex_destroy(&shared.root_lock);
	root_close(shared.root);
	return r;
}

static enum result not_there_yet(const char *dir, struct err *err)
{
	if (!file_exists(dir))
		return OK;
	err_set(err, ERR_EXISTS, "there is a vault here already");
	return err_where(err, "%s", dir);
}

/* Two at once must not meet in the same temporary folder, nor take the other's root for one that was left behind. */
static enum result have_alone(const char *parent, int wait_ms, int *fd, struct err *err)
{
	enum result r;

	do {
		r = file_make_dirs(parent, 0700, err);
		if (r == OK)
			r = lock_making(parent, wait_ms, fd, err);
	} while (r == ERR_NOT_FOUND);
	return r;
}

static enum result make_in_place(const char *dir, const char *data_dir, const struct root_options *root,
				 struct instant now, struct err *err)
{
	char building[VAULT_PATH_MAX];
	enum result r = not_there_yet(dir, err);

	if (r == OK && strlen(dir) + 5 > sizeof building)
		r = err_set(err, ERR_INPUT, "the path of the data folder is too long");
	if (r != OK)
		return r;
	snprintf(building, sizeof building, "%.*s.new", (int)(sizeof building - 5), dir);
	r = init_in(building, root, data_dir, now, err);
	if (r == OK && rename(building, dir) != 0)
		r = err_sys(err, "cannot rename %s to %s", building, dir);
	if (r != OK)
		rmdir(building); /* only when it is empty; the next attempt begins with what is not */
	return r;
}

enum result init_vault(const struct vault_options *options, const struct root_options *root, struct instant now,
		      struct err *err)
{
	char dir[VAULT_PATH_MAX], parent[VAULT_PATH_MAX];
	bool is_new = !file_exists(options->data_dir);
	int fd = -1;
	enum result r = region_dir(options, dir, err);

	if (r == OK)
		r = region_path(parent, options->data_dir, "regions", err);
	if (r == OK)
		r = not_there_yet(dir, err);
	if (r == OK)
		r = have_alone(parent, options->lock_wait_ms, &fd, err);
	if (r != OK)
		return r;
	r = make_in_place(dir, options->data_dir, root, now, err);
	if (r == OK)
		r = file_sync_dir(parent, err);
	else if (rmdir(parent) == 0 && is_new)
		rmdir(options->data_dir);
	close(fd);
	return r;
}
