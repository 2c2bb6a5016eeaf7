/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static enum result fail(struct err *err, const char *path, const char *doing)
{
	err_sys(err, "cannot %s the key file", doing);
	return err_where(err, "%s", path);
}

static enum result new_name(const char *path, char out[PATH_MAX], struct err *err)
{
	if (snprintf(out, PATH_MAX, "%s.new", path) < PATH_MAX)
		return OK;
	return err_set(err, ERR_INPUT, "the path of the key file is longer than %d bytes", PATH_MAX - 5);
}

static enum result sync_folder_of(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";

	if (slash != NULL && (size_t)(slash - path) < sizeof folder)
		snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return file_sync_dir(folder, err);
}

/* ---- reading ---- */

static enum result check_owner_and_mode(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fail(err, path, "look at");
	if (!S_ISREG(st.st_mode))
		err_set(err, ERR_DENIED, "the key file is not a regular file");
	else if (st.st_uid != geteuid()) {
		err_set(err, ERR_DENIED, "the key file belongs to user %u, and this process runs as user %u", st.st_uid,
			geteuid());
		err_mend(err, "run: chown %u '%s'", geteuid(), path);
	} else if ((st.st_mode & 07777) != 0600) {
		err_set(err, ERR_DENIED, "the key file has mode %04o; it must have 0600, so that only its owner can "
			"read the keys", st.st_mode & 07777);
		err_mend(err, "run: chmod 600 '%s', and rotate the keys if somebody else may have read it", path);
	} else
		return OK;
	return err_where(err, "%s", path);
}

static enum result open_checked(const char *path, int *fd, struct err *err)
{
	*fd = open(path, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (*fd >= 0)
		return OK;
	if (errno == ENOENT || errno == ENOTDIR) {
		err_set(err, ERR_NOT_FOUND, "there is no key file");
		err_mend(err, "put it back, or mount the volume it is on; without it nothing sealed can be read");
	} else if (errno == ELOOP) {
		err_set(err, ERR_DENIED, "the key file is a symbolic link");
		err_mend(err, "name the file itself: replacing a link would leave the keys behind");
	} else
		return fail(err, path, "open");
	return err_where(err, "%s", path);
}

static enum result read_all(int fd, const char *path, struct buf *out, struct err *err)
{
	for (;;) {
		char chunk[4096];
		ssize_t n = read(fd, chunk, sizeof chunk);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, path, "read");
		buf_add(out, chunk, (size_t)n);
		explicit_bzero(chunk, (size_t)n);
		if (n > 0 && !out->failed)
			continue;
		return buf_ok(out, "the key file", err) == OK ? OK : err_where(err, "%s", path);
	}
}

enum result keyfile_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	enum result rc;
	int fd;

	buf_init(out, max);
	rc = open_checked(path, &fd, err);
	if (rc != OK)
		return rc;
	rc = check_owner_and_mode(fd, path, err);
	if (rc == OK)
		rc = read_all(fd, path, out, err);
	close(fd);
	return rc;
}

/* ---- forgetting ---- */

/* Best effort: that the file is replaced is what counts, and is done by now. */
static void overwrite(int fd)
{
	static const char zeros[4096];
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	for (off_t at = 0; at < st.st_size; at += (off_t)sizeof zeros) {
		size_t left = (size_t)(st.st_size - at);

		if (pwrite(fd, zeros, left < sizeof zeros ? left : sizeof zeros, at) < 0)
			return;
	}
	fdatasync(fd);
}

enum result keyfile_destroy(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		err_set(err, ERR_NOT_FOUND, "there is no key file");
		return err_where(err, "%s", path);
	}
	if (fd >= 0) {
		overwrite(fd);
		close(fd);
	}
	if (unlink(path) != 0)
		return fail(err, path, "remove");
	return sync_folder_of(path, err);
}

enum result keyfile_clean(const char *path, struct err *err)
{
	char temp[PATH_MAX];
	enum result rc = new_name(path, temp, err);

	if (rc != OK || !file_exists(temp))
		return rc;
	/* Which of the two is old must be certain on the disk before one is overwritten. */
	rc = sync_folder_of(path, err);
	return rc == OK ? keyfile_destroy(temp, err) : rc;
}

/* What was never installed; the failure before is the one to tell. */
static void discard(const char *temp)
{
	struct err ignored;

	if (keyfile_destroy(temp, &ignored) != OK)
		return;
}

/* ---- writing ---- */

static enum result write_new(const char *temp, const void *data, size_t len, struct err *err)
{
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	enum result rc;

	if (fd < 0)
		return fail(err, temp, "create");
	rc = fchmod(fd, 0600) == 0 ? OK : fail(err, temp, "set the mode of"); /* whatever the umask */
	if (rc == OK)
		rc = file_write_all(fd, data, len, err);
	if (rc == OK && fsync(fd) != 0)
		rc = fail(err, temp, "sync");
	if (close(fd) != 0 && rc == OK)
		rc = fail(err, temp, "close");
	if (rc != OK && err->where[0] == '\0')
		err_where(err, "%s", temp);
	return rc;
}

static bool unsupported_rename(void)
{
	return errno == EINVAL || errno == ENOSYS || errno == ENOTSUP;
}

/* Some network file systems cannot rename without replacing. */
static enum result install_first(const char *temp, const char *path, struct err *err)
{
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return OK;
	if (unsupported_rename() && !file_exists(path) && rename(temp, path) == 0)
		return OK;
	if (errno != EEXIST)
		return fail(err, path, "create");
	err_set(err, ERR_EXISTS, "a file of that name is there already");
	return err_where(err, "%s", path);
}

enum result keyfile_create(const char *path, const void *data, size_t len, struct err *err)
{
	char temp[PATH_MAX];
	enum result rc = new_name(path, temp, err);

	if (rc != OK)
		return rc;
	if (file_exists(path)) {
		err_set(err, ERR_EXISTS, "a file of that name is there already");
		return err_where(err, "%s", path);
	}
	rc = keyfile_clean(path, err);
	if (rc != OK)
		return rc;
	rc = write_new(temp, data, len, err);
	if (rc == OK)
		rc = install_first(temp, path, err);
	if (rc == OK)
		return sync_folder_of(path, err);
	discard(temp);
	return rc;
}

/* Afterwards the old content is at `temp`, or nowhere but behind a descriptor opened before. */
static enum result swap(const char *temp, const char *path, struct err *err)
{
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
		return OK;
	if (unsupported_rename() && rename(temp, path) == 0)
		return OK;
	return fail(err, path, "replace");
}

static enum result forget_old(int old, const char *temp, const char *path, struct err *err)
{
	enum result rc = sync_folder_of(path, err);

	if (rc != OK)
		return rc; /* `temp` stays for keyfile_clean */
	overwrite(old);
	if (unlink(temp) != 0 && errno != ENOENT)
		return fail(err, temp, "remove");
	return sync_folder_of(path, err);
}

enum result keyfile_replace(const char *path, const void *data, size_t len, struct err *err)
{
	char temp[PATH_MAX];
	enum result rc = new_name(path, temp, err);
	int old;

	if (rc == OK)
		rc = keyfile_clean(path, err);
	if (rc != OK)
		return rc;
	old = open(path, O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (old < 0)
		return fail(err, path, "open");
	rc = write_new(temp, data, len, err);
	if (rc == OK)
		rc = swap(temp, path, err);
	if (rc == OK)
		rc = forget_old(old, temp, path, err);
	else
		discard(temp);
	close(old);
	return rc;
}
