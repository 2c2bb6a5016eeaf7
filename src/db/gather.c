/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "db/gather.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define VFS_NAME "lethe"
#define GATHER_BYTES (124 * 1024) /* SQLite writes less than 128 KiB at once, and of more a part */

/* SQLite allocates it, with the system's own file after it. */
struct gathering {
	sqlite3_file file; /* first: what SQLite holds */
	sqlite3_file *under;
	unsigned char *held; /* GATHER_BYTES of them; NULL before the first */
	sqlite3_int64 at;    /* where they belong */
	int len;
};

static struct gathering *self(sqlite3_file *file)
{
	return (struct gathering *)file;
}

/* What cannot be written is dropped: SQLite is told, and undoes the transaction that it is of. */
static int write_held(struct gathering *g)
{
	int len = g->len;

	g->len = 0;
	return len > 0 ? g->under->pMethods->xWrite(g->under, g->held, len, g->at) : SQLITE_OK;
}

/* ---- a log's file ---- */

/* What is still held was never synced, so it is of no commit. */
static int gathering_close(sqlite3_file *file)
{
	struct gathering *g = self(file);

	free(g->held);
	g->held = NULL;
	return g->under->pMethods->xClose(g->under);
}

static int gathering_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
	struct gathering *g = self(file);
	int code = write_held(g);

	return code == SQLITE_OK ? g->under->pMethods->xRead(g->under, out, len, at) : code;
}

static bool follows(const struct gathering *g, int len, sqlite3_int64 at)
{
	return g->len > 0 && at == g->at + g->len && len <= GATHER_BYTES - g->len;
}

static int gathering_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	struct gathering *g = self(file);
	int code = follows(g, len, at) ? SQLITE_OK : write_held(g);

	if (code != SQLITE_OK)
		return code;
	if (g->held == NULL)
		g->held = malloc(GATHER_BYTES);
	if (g->held == NULL || len > GATHER_BYTES)
		return g->under->pMethods->xWrite(g->under, data, len, at);
	if (g->len == 0)
		g->at = at;
	memcpy(g->held + g->len, data, (size_t)len);
	g->len += len;
	return SQLITE_OK;
}

static int gathering_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct gathering *g = self(file);
	int code = write_held(g);

	return code == SQLITE_OK ? g->under->pMethods->xTruncate(g->under, size) : code;
}

static _Thread_local int sync_errno;

static int gathering_sync(sqlite3_file *file, int flags)
{
	struct gathering *g = self(file);
	int code = write_held(g);

	if (code == SQLITE_OK)
		code = g->under->pMethods->xSync(g->under, flags);
	sync_errno = code == SQLITE_OK ? 0 : errno;
	return code;
}

int gather_errno(void)
{
	return sync_errno;
}

static int gathering_size(sqlite3_file *file, sqlite3_int64 *out)
{
	struct gathering *g = self(file);
	int code = write_held(g);

	return code == SQLITE_OK ? g->under->pMethods->xFileSize(g->under, out) : code;
}

static int gathering_lock(sqlite3_file *file, int level)
{
	return self(file)->under->pMethods->xLock(self(file)->under, level);
}

static int gathering_unlock(sqlite3_file *file, int level)
{
	return self(file)->under->pMethods->xUnlock(self(file)->under, level);
}

static int gathering_is_reserved(sqlite3_file *file, int *out)
{
	return self(file)->under->pMethods->xCheckReservedLock(self(file)->under, out);
}

static int gathering_control(sqlite3_file *file, int op, void *arg)
{
	return self(file)->under->pMethods->xFileControl(self(file)->under, op, arg);
}

static int gathering_sector_size(sqlite3_file *file)
{
	return self(file)->under->pMethods->xSectorSize(self(file)->under);
}

static int gathering_characteristics(sqlite3_file *file)
{
	return self(file)->under->pMethods->xDeviceCharacteristics(self(file)->under);
}

/* Of the first version: a log is neither mapped nor shared. */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = gathering_close,
    .xRead = gathering_read,
    .xWrite = gathering_write,
    .xTruncate = gathering_truncate,
    .xSync = gathering_sync,
    .xFileSize = gathering_size,
    .xLock = gathering_lock,
    .xUnlock = gathering_unlock,
    .xCheckReservedLock = gathering_is_reserved,
    .xFileControl = gathering_control,
    .xSectorSize = gathering_sector_size,
    .xDeviceCharacteristics = gathering_characteristics,
};

/* ---- the file system ---- */

static sqlite3_vfs *system_vfs, gather;

static int gather_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
	struct gathering *g = self(file);
	int code;

	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) == 0)
		return system_vfs->xOpen(system_vfs, path, file, flags, out_flags);
	*g = (struct gathering){.under = (sqlite3_file *)(g + 1)};
	code = system_vfs->xOpen(system_vfs, path, g->under, flags, out_flags);
	/* Whoever gets methods closes the file, also one that could not be opened. */
	if (g->under->pMethods != NULL)
		g->file.pMethods = &methods;
	return code;
}

static void register_once(void)
{
	sqlite3_vfs *found = sqlite3_vfs_find(NULL);

	if (found == NULL)
		return;
	gather = *found;
	gather.szOsFile += (int)sizeof(struct gathering);
	gather.pNext = NULL;
	gather.zName = VFS_NAME;
	gather.xOpen = gather_open;
	if (sqlite3_vfs_register(&gather, 0) == SQLITE_OK)
		system_vfs = found;
}

const char *gather_vfs(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, register_once);
	return system_vfs != NULL ? VFS_NAME : NULL;
}
