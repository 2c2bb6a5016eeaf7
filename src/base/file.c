/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_CHUNK ((size_t)16 * 1024)

static enum result fail(struct err *err, const char *path, const char *doing)
{
	err_sys(err, "cannot %s", doing);
	return err_where(err, "%s", path);
}

static ssize_t read_some(int fd, void *into, size_t len)
{
	ssize_t got;

	do {
		got = read(fd, into, len);
	} while (got < 0 && errno == EINTR);
	return got;
}

/* True when nothing is left; only asked once the buffer is full. */
static bool at_end(int fd)
{
	char one;

	return read_some(fd, &one, 1) == 0;
}

static enum result read_all(int fd, const char *path, struct buf *out, struct err *err)
{
	for (;;) {
		size_t room = out->max - out->len;
		size_t want = room < READ_CHUNK ? room : READ_CHUNK;
		char *into = buf_extend(out, want);
		ssize_t got;

		if (into == NULL)
			return err_no_memory(err);
		if (want == 0 && at_end(fd))
			return OK;
		if (want == 0) {
			err_set(err, ERR_LIMIT, "the file is larger than %zu bytes", out->max);
			return err_where(err, "%s", path);
		}
		got = read_some(fd, into, want);
		out->len -= want - (got > 0 ? (size_t)got : 0);
		out->data[out->len] = '\0';
		if (got < 0)
			return fail(err, path, "read the file");
		if (got == 0)
			return OK;
	}
}

enum result file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	enum result result;
	int fd;

	buf_init(out, max);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		err_set(err, ERR_NOT_FOUND, "there is no such file");
		return err_where(err, "%s", path);
	}
	if (fd < 0)
		return fail(err, path, "open the file");
	result = read_all(fd, path, out, err);
	close(fd);
	if (result != OK)
		buf_free(out);
	return result;
}

enum result file_write_all(int fd, const void *data, size_t len, struct err *err)
{
	const char *at = data;

	while (len > 0) {
		ssize_t wrote = write(fd, at, len);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return err_sys(err, "cannot write");
		at += wrote;
		len -= (size_t)wrote;
	}
	return OK;
}

enum result file_sync_dir(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed;

	if (fd < 0)
		return fail(err, path, "open the folder");
	failed = fsync(fd);
	if (failed)
		fail(err, path, "sync the folder");
	close(fd);
	return failed ? err->code : OK;
}

/* fsync of the folder that holds `path`. */
static enum result sync_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	enum result result;
	char *parent;

	if (slash == NULL)
		return file_sync_dir(".", err);
	parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (parent == NULL)
		return err_no_memory(err);
	result = file_sync_dir(parent, err);
	free(parent);
	return result;
}

/* Fills the temporary file and makes it durable; closes `fd` in every case. */
static enum result fill(int fd, const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	enum result result = file_write_all(fd, data, len, err);

	if (result != OK)
		err_where(err, "%s", path);
	else if (fchmod(fd, mode) != 0)
		result = fail(err, path, "set the mode of the file");
	else if (fsync(fd) != 0)
		result = fail(err, path, "sync the file");
	if (close(fd) != 0 && result == OK)
		result = fail(err, path, "close the file");
	return result;
}

enum result file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	char temporary[PATH_MAX];
	enum result result;
	int fd;

	if (snprintf(temporary, sizeof temporary, "%s.tmp-XXXXXX", path) >= (int)sizeof temporary) {
		errno = ENAMETOOLONG;
		return fail(err, path, "write the file");
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fail(err, path, "make a temporary file beside it");
	result = fill(fd, path, data, len, mode, err);
	if (result == OK && rename(temporary, path) != 0)
		result = fail(err, path, "put the file in its place");
	if (result != OK) {
		unlink(temporary);
		return result;
	}
	return sync_parent(path, err);
}

static enum result make_dir(const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return sync_parent(path, err);
	if (errno != EEXIST)
		return fail(err, path, "make the folder");
	if (stat(path, &st) != 0)
		return fail(err, path, "look at the folder");
	if (S_ISDIR(st.st_mode))
		return OK;
	errno = ENOTDIR;
	return fail(err, path, "make the folder");
}

enum result file_make_dirs(const char *path, mode_t mode, struct err *err)
{
	enum result result = OK;
	char *copy = strdup(path);
	char *at = copy;

	if (copy == NULL)
		return err_no_memory(err);
	while (result == OK && *at != '\0') {
		char cut;

		at += strspn(at, "/");
		at += strcspn(at, "/");
		cut = *at;
		*at = '\0';
		result = make_dir(copy, mode, err);
		*at = cut;
		at += strspn(at, "/");
	}
	free(copy);
	return result;
}

bool file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}
