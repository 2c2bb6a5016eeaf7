/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Blobs in a folder:
 *
 *	incoming/<token>                         being written, or written and not yet published
 *	journal/<token>                          names of a batch between publishing and settling
 *	<account>/<kind>/<YYYY-MM-DD>/<hex id>   published
 *
 * Beginning, writing and finishing touch nothing shared. What makes or removes
 * folders, and the list of folders to sync, is behind one lock.
 */
#include "blob/driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"

#define INCOMING "incoming"
#define JOURNAL "journal"
#define JOURNAL_BYTES_MAX ((size_t)64 << 20)
#define UNSYNCED_MAX 1024 /* folders; beyond it the whole file system is synced at once */
#define WALK_DEPTH_MAX 16

struct folder {
	struct blob_store store; /* first */
	char *dir;
	int root; /* descriptor; every path below is relative to it */
	pthread_mutex_t lock;
	char (*unsynced)[BLOB_PATH_MAX]; /* day folders that something was removed from */
	size_t unsynced_count;
	bool too_many;
};

struct writing {
	int fd;
	char path[BLOB_PATH_MAX];
};

struct reading {
	struct folder *folder;
	int fd;
	char path[BLOB_PATH_MAX];
};

static struct folder *self(struct blob_store *store)
{
	return (struct folder *)store;
}

static enum result fail(const struct folder *f, const char *path, const char *doing, struct err *err)
{
	err_sys(err, "cannot %s", doing);
	return err_where(err, "%s/%s", f->dir, path);
}

static enum result sync_fd(const struct folder *f, int fd, const char *path, struct err *err)
{
	return fsync(fd) ? fail(f, path, "sync", err) : OK;
}

static enum result sync_folder(const struct folder *f, const char *path, struct err *err)
{
	int fd = openat(f->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum result r;

	if (fd < 0)
		return fail(f, path, "open the folder", err);
	r = sync_fd(f, fd, path, err);
	close(fd);
	return r;
}

/* "a/b/c" to "a/b", and "a" to "."; in place. */
static char *to_parent(char path[BLOB_PATH_MAX])
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
	else
		snprintf(path, BLOB_PATH_MAX, ".");
	return path;
}

/* --- writing ------------------------------------------------------------ */

static enum result folder_begin(struct blob_store *store, const char *token, void **out, struct err *err)
{
	struct folder *f = self(store);
	struct writing *w = calloc(1, sizeof *w);

	if (!w)
		return err_no_memory(err);
	snprintf(w->path, sizeof w->path, INCOMING "/%s", token);
	w->fd = openat(f->root, w->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (w->fd < 0) {
		fail(f, w->path, "create a blob", err);
		free(w);
		return err->code;
	}
	*out = w;
	return OK;
}

static enum result folder_write(struct blob_store *store, void *writing, const void *data, size_t len, struct err *err)
{
	struct writing *w = writing;

	if (file_write_all(w->fd, data, len, err))
		return err_where(err, "%s/%s", self(store)->dir, w->path);
	return OK;
}

static enum result folder_finish(struct blob_store *store, void *writing, struct err *err)
{
	struct writing *w = writing;
	enum result r = sync_fd(self(store), w->fd, w->path, err);

	if (close(w->fd) && r == OK)
		r = fail(self(store), w->path, "close a blob", err);
	free(w);
	return r;
}

static void folder_abandon(struct blob_store *store, void *writing)
{
	struct writing *w = writing;

	(void)store;
	close(w->fd);
	free(w);
}

static enum result remove_at(struct folder *f, const char *path, bool *removed, struct err *err)
{
	*removed = unlinkat(f->root, path, 0) == 0;
	if (!*removed && errno != ENOENT && errno != ENOTDIR)
		return fail(f, path, "remove", err);
	return OK;
}

static enum result folder_discard(struct blob_store *store, const char *token, struct err *err)
{
	char path[BLOB_PATH_MAX];
	bool removed;

	snprintf(path, sizeof path, INCOMING "/%s", token);
	return remove_at(self(store), path, &removed, err);
}

/* --- publishing --------------------------------------------------------- */

/* A new folder is durable before anything is put into it: somebody else may rely on finding it. */
static enum result make_folder(struct folder *f, const char *path, struct err *err)
{
	char parent[BLOB_PATH_MAX];

	if (mkdirat(f->root, path, 0700)) {
		if (errno == EEXIST)
			return OK;
		return fail(f, path, "create the folder", err);
	}
	snprintf(parent, sizeof parent, "%s", path);
	return sync_folder(f, to_parent(parent), err);
}

static enum result make_folders(struct folder *f, const char *path, struct err *err)
{
	char part[BLOB_PATH_MAX];
	enum result r = OK;

	for (const char *slash = strchr(path, '/'); slash && r == OK; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
		r = make_folder(f, part, err);
	}
	return r;
}

/* Never onto another blob. Where the file system has no such rename, the vault's lock keeps others out. */
static int rename_new(int root, const char *from, const char *to)
{
	int failed = renameat2(root, from, root, to, RENAME_NOREPLACE);

	if (failed && (errno == EINVAL || errno == ENOSYS)) {
		if (faccessat(root, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			errno = EEXIST;
			return -1;
		}
		failed = renameat(root, from, root, to);
	}
	return failed;
}

static enum result publish_locked(struct folder *f, const char *from, const char *to, struct err *err)
{
	int failed = rename_new(f->root, from, to);
	enum result r;

	if (failed && errno == ENOENT) {
		r = make_folders(f, to, err);
		if (r)
			return r;
		failed = rename_new(f->root, from, to);
	}
	if (failed && errno == EEXIST) {
		err_set(err, ERR_EXISTS, "there is a blob of this name already");
		err_where(err, "%s/%s", f->dir, to);
		return err_mend(err, "run the check: it tells whether a record still needs that blob");
	}
	return failed ? fail(f, to, "move a blob into place", err) : OK;
}

static enum result folder_publish(struct blob_store *store, const char *token, const char *path, struct err *err)
{
	struct folder *f = self(store);
	char from[BLOB_PATH_MAX];
	enum result r;

	snprintf(from, sizeof from, INCOMING "/%s", token);
	pthread_mutex_lock(&f->lock);
	r = publish_locked(f, from, path, err);
	pthread_mutex_unlock(&f->lock);
	return r;
}

static enum result folder_sync_path(struct blob_store *store, const char *path, struct err *err)
{
	char parent[BLOB_PATH_MAX];

	snprintf(parent, sizeof parent, "%s", path);
	return sync_folder(self(store), to_parent(parent), err);
}

/* --- journals ----------------------------------------------------------- */

static enum result folder_journal_write(struct blob_store *store, const char *token, const void *text, size_t len,
					struct err *err)
{
	struct folder *f = self(store);
	char path[BLOB_PATH_MAX];
	enum result r;
	int fd;

	snprintf(path, sizeof path, JOURNAL "/%s", token);
	fd = openat(f->root, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(f, path, "create a journal", err);
	r = file_write_all(fd, text, len, err);
	if (r)
		err_where(err, "%s/%s", f->dir, path);
	else
		r = sync_fd(f, fd, path, err);
	close(fd);
	return r ? r : sync_folder(f, JOURNAL, err);
}

static enum result folder_journal_remove(struct blob_store *store, const char *token, struct err *err)
{
	char path[PATH_MAX];
	bool removed;

	snprintf(path, sizeof path, JOURNAL "/%s", token);
	return remove_at(self(store), path, &removed, err);
}

typedef enum result entry_visit(struct folder *f, const char *name, void *arg, struct err *err);

static enum result open_dir(struct folder *f, const char *path, DIR **out, struct err *err)
{
	int fd = openat(f->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool gone = fd < 0 && errno == ENOENT;
	enum result r;

	*out = fd < 0 ? NULL : fdopendir(fd);
	if (*out)
		return OK;
	r = fail(f, path, "read the folder", err);
	if (fd >= 0)
		close(fd);
	return gone ? (err->code = ERR_NOT_FOUND) : r;
}

/* Each entry, "." and ".." left out; closes `dir`. */
static enum result each_entry_of(struct folder *f, DIR *dir, const char *path, entry_visit *visit, void *arg,
				 struct err *err)
{
	const struct dirent *entry;
	enum result r = OK;

	while (r == OK && (errno = 0, entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			r = visit(f, entry->d_name, arg, err);
	if (r == OK && errno)
		r = fail(f, path, "read the folder", err);
	closedir(dir);
	return r;
}

static enum result each_entry(struct folder *f, const char *path, entry_visit *visit, void *arg, struct err *err)
{
	DIR *dir;
	enum result r = open_dir(f, path, &dir, err);

	return r ? r : each_entry_of(f, dir, path, visit, arg, err);
}

struct journal_visit { blob_journal_visit *visit; void *arg; };

static enum result visit_journal(struct folder *f, const char *name, void *arg, struct err *err)
{
	const struct journal_visit *journal = arg;
	char path[PATH_MAX];
	struct buf text = {0};
	enum result r;

	snprintf(path, sizeof path, "%s/" JOURNAL "/%s", f->dir, name);
	r = file_read(path, JOURNAL_BYTES_MAX, &text, err);
	if (r)
		return r;
	r = journal->visit(journal->arg, name, text.data ? text.data : "", text.len, err);
	if (r && !err->where[0])
		err_where(err, "%s", path);
	buf_free(&text);
	return r;
}

static enum result folder_journal_each(struct blob_store *store, blob_journal_visit *visit, void *arg, struct err *err)
{
	struct journal_visit journal = {visit, arg};

	return each_entry(self(store), JOURNAL, visit_journal, &journal, err);
}

static enum result visit_leftover(struct folder *f, const char *name, void *arg, struct err *err)
{
	(void)f, (void)name, (void)err;
	*(bool *)arg = true;
	return OK;
}

/* A process that was killed may have made folders and not synced them: then they are there, but not for sure. */
static enum result folder_settle_disk(struct blob_store *store, struct err *err)
{
	struct folder *f = self(store);
	bool leftover = false;
	enum result r;

	r = each_entry(f, JOURNAL, visit_leftover, &leftover, err);
	if (r == OK)
		r = each_entry(f, INCOMING, visit_leftover, &leftover, err);
	if (r == OK && leftover && syncfs(f->root))
		r = fail(f, ".", "sync the file system", err);
	return r;
}

static enum result visit_incoming(struct folder *f, const char *name, void *arg, struct err *err)
{
	char path[PATH_MAX];
	bool removed;

	(void)arg;
	snprintf(path, sizeof path, INCOMING "/%s", name);
	return remove_at(f, path, &removed, err);
}

static enum result folder_clear_incoming(struct blob_store *store, struct err *err)
{
	return each_entry(self(store), INCOMING, visit_incoming, NULL, err);
}

/* --- reading ------------------------------------------------------------ */

static enum result folder_open(struct blob_store *store, const char *path, void **out, uint64_t *size, struct err *err)
{
	struct folder *f = self(store);
	struct reading *reading;
	struct stat st;
	int fd = openat(f->root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		err_set(err, ERR_NOT_FOUND, "there is no such blob");
		return err_where(err, "%s/%s", f->dir, path);
	}
	if (fd < 0)
		return fail(f, path, "open a blob", err);
	reading = calloc(1, sizeof *reading);
	if (!reading)
		err_no_memory(err);
	else if (fstat(fd, &st))
		fail(f, path, "open a blob", err);
	else if (!S_ISREG(st.st_mode))
		err_set(err, ERR_CORRUPT, "%s/%s is not a file", f->dir, path);
	else {
		*reading = (struct reading){.folder = f, .fd = fd};
		snprintf(reading->path, sizeof reading->path, "%s", path);
		*out = reading;
		*size = (uint64_t)st.st_size;
		return OK;
	}
	free(reading);
	close(fd);
	return err->code;
}

static enum result folder_read(void *handle, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct reading *reading = handle;
	char *at = out;

	while (len > 0) {
		ssize_t got = pread(reading->fd, at, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(reading->folder, reading->path, "read a blob", err);
		if (got == 0) {
			err_set(err, ERR_CORRUPT, "a blob ends too early, %zu bytes before where it should", len);
			return err_where(err, "%s/%s", reading->folder->dir, reading->path);
		}
		at += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return OK;
}

static void folder_end(void *handle)
{
	struct reading *reading = handle;

	close(reading->fd);
	free(reading);
}

/* --- removing ----------------------------------------------------------- */

/* Called with the lock held. Removals come in runs of one day, so the last one is the one to compare with. */
static void note_unsynced(struct folder *f, const char *day)
{
	if (f->unsynced_count && !strcmp(f->unsynced[f->unsynced_count - 1], day))
		return;
	if (!f->unsynced)
		f->unsynced = calloc(UNSYNCED_MAX, sizeof *f->unsynced);
	if (!f->unsynced || f->unsynced_count == UNSYNCED_MAX)
		f->too_many = true;
	else
		snprintf(f->unsynced[f->unsynced_count++], BLOB_PATH_MAX, "%s", day);
}

/* Also notes what was not there: a process that was killed may have removed it and not synced. */
static enum result folder_remove(struct blob_store *store, const char *path, bool *removed, struct err *err)
{
	struct folder *f = self(store);
	char day[BLOB_PATH_MAX];
	enum result r;

	snprintf(day, sizeof day, "%s", path);
	to_parent(day);
	pthread_mutex_lock(&f->lock);
	r = remove_at(f, path, removed, err);
	if (r == OK) {
		unlinkat(f->root, day, AT_REMOVEDIR); /* refused unless it is empty */
		note_unsynced(f, day);
	}
	pthread_mutex_unlock(&f->lock);
	return r;
}

/* The folder, or the nearest above it that is still there. */
static enum result sync_nearest(struct folder *f, const char *day, struct err *err)
{
	char path[BLOB_PATH_MAX];

	snprintf(path, sizeof path, "%s", day);
	while (faccessat(f->root, path, F_OK, 0) && strcmp(path, "."))
		to_parent(path);
	return sync_folder(f, path, err);
}

static enum result folder_sync_removed(struct blob_store *store, struct err *err)
{
	struct folder *f = self(store);
	enum result r = OK;

	pthread_mutex_lock(&f->lock);
	if (f->too_many && syncfs(f->root))
		r = fail(f, ".", "sync the file system", err);
	for (size_t i = 0; i < f->unsynced_count && r == OK && !f->too_many; i++)
		r = sync_nearest(f, f->unsynced[i], err);
	if (r == OK) {
		f->unsynced_count = 0;
		f->too_many = false;
	}
	pthread_mutex_unlock(&f->lock);
	return r;
}

/* --- walking ------------------------------------------------------------ */

struct walk {
	blob_visit *visit;
	void *arg;
	char path[PATH_MAX]; /* of the folder being read, with a '/' at its end; "" is the root */
	int depth;
};

static enum result visit_file(struct walk *walk, const char *path, uint64_t size, struct err *err)
{
	struct blob_name name;
	struct err ignored;
	bool ours = blob_path_parse(path, &name, &ignored) == OK;

	return walk->visit(walk->arg, ours ? &name : NULL, path, size, err);
}

static enum result visit_any(struct folder *f, const char *name, void *arg, struct err *err);

static enum result walk_folder(struct folder *f, struct walk *walk, struct err *err)
{
	const char *path = walk->path[0] ? walk->path : ".";
	enum result r;
	DIR *dir;

	if (walk->depth == WALK_DEPTH_MAX) {
		err_set(err, ERR_LIMIT, "folders in the blob store are nested too deep");
		err_where(err, "%s/%s", f->dir, walk->path);
		return err_mend(err, "nothing of lethe's is there: move it elsewhere");
	}
	r = open_dir(f, path, &dir, err);
	if (r)
		return r == ERR_NOT_FOUND && walk->depth ? OK : r; /* removed meanwhile */
	walk->depth++;
	r = each_entry_of(f, dir, path, visit_any, walk, err);
	walk->depth--;
	return r;
}

/* What is neither file nor folder (a link, a socket) is none of ours: told as a file whose name is unknown. */
static enum result visit_any(struct folder *f, const char *name, void *arg, struct err *err)
{
	struct walk *walk = arg;
	size_t len = strlen(walk->path);
	struct stat st;
	enum result r = OK;

	if (walk->depth == 1 && (!strcmp(name, INCOMING) || !strcmp(name, JOURNAL)))
		return OK;
	snprintf(walk->path + len, sizeof walk->path - len, "%s", name);
	if (fstatat(f->root, walk->path, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno != ENOENT) /* removed meanwhile */
			r = fail(f, walk->path, "look at", err);
	} else if (S_ISDIR(st.st_mode)) {
		snprintf(walk->path + len, sizeof walk->path - len, "%s/", name);
		r = walk_folder(f, walk, err);
	} else if (S_ISREG(st.st_mode))
		r = visit_file(walk, walk->path, (uint64_t)st.st_size, err);
	else
		r = walk->visit(walk->arg, NULL, walk->path, 0, err);
	walk->path[len] = '\0';
	return r;
}

static enum result folder_walk(struct blob_store *store, blob_visit *visit, void *arg, struct err *err)
{
	struct walk walk = {.visit = visit, .arg = arg};

	return walk_folder(self(store), &walk, err);
}

/* --- opening ------------------------------------------------------------ */

static void folder_close(struct blob_store *store)
{
	struct folder *f = self(store);

	if (f->root >= 0)
		close(f->root);
	pthread_mutex_destroy(&f->lock);
	free(f->unsynced);
	free(f->dir);
	free(f);
}

static const struct blob_driver folder_driver = {
    .close = folder_close,
    .begin = folder_begin,
    .write = folder_write,
    .finish = folder_finish,
    .abandon = folder_abandon,
    .discard = folder_discard,
    .publish = folder_publish,
    .sync_path = folder_sync_path,
    .journal_write = folder_journal_write,
    .journal_remove = folder_journal_remove,
    .journal_each = folder_journal_each,
    .settle_disk = folder_settle_disk,
    .clear_incoming = folder_clear_incoming,
    .open = folder_open,
    .read = folder_read,
    .end = folder_end,
    .remove = folder_remove,
    .sync_removed = folder_sync_removed,
    .walk = folder_walk,
};

/* incoming/ and journal/ are made again even in an old store: copying tools like to leave empty folders out. */
static enum result open_root(struct folder *f, bool create, struct err *err)
{
	enum result r = create ? file_make_dirs(f->dir, 0700, err) : OK;

	if (r)
		return r;
	f->root = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->root < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		err_set(err, ERR_NOT_FOUND, "there is no folder of blobs here");
		return err_where(err, "%s", f->dir);
	}
	if (f->root < 0)
		return fail(f, ".", "open the folder", err);
	r = make_folder(f, INCOMING, err);
	return r ? r : make_folder(f, JOURNAL, err);
}

enum result blob_open_folder(const char *dir, bool create, struct blob_store **out, struct err *err)
{
	struct folder *f = calloc(1, sizeof *f);
	enum result r;

	if (!f)
		return err_no_memory(err);
	f->store.driver = &folder_driver;
	f->root = -1;
	pthread_mutex_init(&f->lock, NULL);
	f->dir = strdup(dir);
	r = f->dir ? open_root(f, create, err) : err_no_memory(err);
	if (r) {
		folder_close(&f->store);
		return r;
	}
	*out = &f->store;
	return OK;
}
