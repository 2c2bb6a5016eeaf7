/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/databases.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/schema.h"
#include "vault/directory.h"
#include "vault/region.h"

#define CHECKPOINT_PAGES 20000 /* 80 MB */
#define MAP_AFTER 4096 /* pages: a reader whose cache is full */

/* SQLite would make a new database of an empty file, and say nothing. */
static enum result check_there(const char *path, const char *name, struct err *err)
{
	struct stat st;
	bool there = stat(path, &st) == 0;

	if ((there && st.st_size > 0) || (!there && errno != ENOENT))
		return OK;
	err_set(err, ERR_CORRUPT, "%s is %s", name, there ? "empty" : "missing");
	err_where(err, "%s", path);
	if (strcmp(name, "keys.db") != 0)
		return err_mend(err, "stop here, keep what is left, and bring it back with `lethe restore` from a backup");
	return err_mend(err, "put the live one back, or one of a backup made --with-keys since the last `lethe keys rotate`; "
			     "without it nothing that is sealed can be read");
}

enum result databases_open_one(const char *dir, const char *name, enum db_mode mode, size_t cache, struct db **out,
			       struct err *err)
{
	const struct db_options options = {
	    .mode = mode,
	    .secure_delete = true,
	    .cache_bytes = cache,
	    .busy_timeout_ms = DATABASES_BUSY_MS,
	    .checkpoint_pages = CHECKPOINT_PAGES,
	    .map_after = cache == DATABASES_READ_CACHE ? MAP_AFTER : 0, /* the writer reads what it changes, and maps nothing */
	};
	char path[VAULT_PATH_MAX];
	enum result r = region_path(path, dir, name, err);

	if (r == OK && mode != DB_CREATE)
		r = check_there(path, name, err);
	return r == OK ? db_open_sqlite(path, &options, out, err) : r;
}

enum result databases_open_keys(const char *dir, enum db_mode mode, size_t cache, struct session *session, struct err *err)
{
	enum result r = databases_open_one(dir, "keys.db", mode, cache, &session->keys, err);

	return r == OK ? schema_migrate_keys(session->keys, err) : r;
}

enum result databases_open(const char *dir, enum db_mode mode, size_t data_cache, size_t keys_cache,
			    struct session *session, struct err *err)
{
	enum result r = databases_open_keys(dir, mode, keys_cache, session, err);

	if (r == OK)
		r = databases_open_one(dir, "vault.db", mode, data_cache, &session->data, err);
	return r == OK ? schema_migrate_vault(session->data, err) : r;
}

void databases_close(struct session *session)
{
	keyring_free(session->ring);
	directory_free(session->directory);
	db_close(session->data);
	db_close(session->keys);
	*session = (struct session){0};
}
