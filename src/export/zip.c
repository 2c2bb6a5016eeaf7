/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

struct zip {
	char path[PATH_MAX], part[PATH_MAX];
	struct instant now;
	zip_sink *write; /* NULL: a file */
	void *write_arg;
	uint64_t written;
	int fd;
	bool part_exists;
	struct archive *archive;
	struct archive_entry *header;
	struct err write_err; /* of the file itself: libarchive only says that a write failed */
	bool write_failed, dropped;
	struct sha256_stream *sha; /* of the open entry; NULL: none is open */
	uint64_t expected;
	struct zip_entry open, *entries;
	size_t count, cap;
};

/* ---- the file below ---- */

/* libarchive does not free all it has once it has been told of a failure: so it is told of none. What follows one is
 * dropped, and each function here looks at write_failed. */
static la_ssize_t on_write(struct archive *archive, void *arg, const void *data, size_t len)
{
	struct zip *zip = arg;

	(void)archive;
	if (zip->write_failed || zip->dropped)
		return (la_ssize_t)len;
	if (zip->write != NULL)
		zip->write_failed = zip->write(zip->write_arg, data, len, &zip->write_err) != OK;
	else
		zip->write_failed = file_write_all(zip->fd, data, len, &zip->write_err) != OK;
	zip->written += len;
	return (la_ssize_t)len;
}

static enum result failed(struct zip *zip, struct err *err)
{
	if (zip->write_failed) {
		*err = zip->write_err;
		if (zip->write != NULL)
			return err->code;
	} else {
		const char *why = archive_error_string(zip->archive);

		err_set(err, ERR_IO, "the archive cannot be written: %s", why != NULL ? why : "no reason is given");
	}
	return err_where(err, "%s", zip->part);
}

static enum result exists(const char *path, const char *mend, struct err *err)
{
	err_set(err, ERR_EXISTS, "there is such a file already");
	err_where(err, "%.280s", path);
	return err_mend(err, "%s", mend);
}

static enum result open_part(struct zip *zip, struct err *err)
{
	if (access(zip->path, F_OK) == 0)
		return exists(zip->path, "nothing is written over: choose another name", err);
	zip->fd = open(zip->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (zip->fd < 0 && errno == EEXIST)
		return exists(zip->part, "another export writes it, or one was killed: then remove it", err);
	if (zip->fd < 0) {
		err_sys(err, "cannot make the file");
		return err_where(err, "%.280s", zip->part);
	}
	zip->part_exists = true;
	return OK;
}

static enum result open_archive(struct zip *zip, struct err *err)
{
	zip->archive = archive_write_new();
	zip->header = archive_entry_new();
	if (zip->archive == NULL || zip->header == NULL)
		return err_no_memory(err);
	if (archive_write_set_format_zip(zip->archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(zip->archive, 1) != ARCHIVE_OK ||
	    archive_write_open(zip->archive, zip, NULL, on_write, NULL) != ARCHIVE_OK || zip->write_failed)
		return failed(zip, err);
	return OK;
}

enum result zip_create(const char *path, struct instant now, struct zip **out, struct err *err)
{
	struct zip *zip = calloc(1, sizeof *zip);
	enum result r;

	*out = NULL;
	if (zip == NULL)
		return err_no_memory(err);
	zip->now = now;
	zip->fd = -1;
	if (path[0] == '\0' || strlen(path) + sizeof ".part" > sizeof zip->part) {
		free(zip);
		return err_set(err, ERR_INPUT, "the name of the file to write is empty or too long");
	}
	snprintf(zip->path, sizeof zip->path, "%s", path);
	snprintf(zip->part, sizeof zip->part, "%s.part", path);
	r = open_part(zip, err);
	if (r == OK)
		r = open_archive(zip, err);
	if (r == OK)
		*out = zip;
	else
		zip_free(zip);
	return r;
}

enum result zip_create_to(zip_sink *write, void *arg, struct instant now, struct zip **out, struct err *err)
{
	struct zip *zip = calloc(1, sizeof *zip);
	enum result r;

	*out = NULL;
	if (zip == NULL)
		return err_no_memory(err);
	zip->now = now;
	zip->fd = -1;
	zip->write = write;
	zip->write_arg = arg;
	r = open_archive(zip, err);
	if (r == OK)
		*out = zip;
	else
		zip_free(zip);
	return r;
}

/* ---- entries ---- */

enum result zip_begin(struct zip *zip, const char *name, uint64_t size, bool text, struct err *err)
{
	INVARIANT(zip->sha == NULL && strlen(name) < ZIP_NAME_MAX);
	zip->open = (struct zip_entry){0};
	snprintf(zip->open.name, sizeof zip->open.name, "%s", name);
	zip->expected = size;
	archive_entry_clear(zip->header);
	archive_entry_set_pathname(zip->header, name);
	archive_entry_set_filetype(zip->header, AE_IFREG);
	archive_entry_set_perm(zip->header, 0600);
	archive_entry_set_mtime(zip->header, zip->now.ms / 1000, 0);
	if (size != ZIP_SIZE_UNKNOWN)
		archive_entry_set_size(zip->header, (la_int64_t)size);
	if ((text ? archive_write_zip_set_compression_deflate(zip->archive)
		  : archive_write_zip_set_compression_store(zip->archive)) != ARCHIVE_OK ||
	    archive_write_header(zip->archive, zip->header) != ARCHIVE_OK || zip->write_failed)
		return failed(zip, err);
	zip->sha = sha256_begin();
	return zip->sha != NULL ? OK : err_no_memory(err);
}

enum result zip_write(struct zip *zip, const void *data, size_t len, struct err *err)
{
	INVARIANT(zip->sha != NULL);
	if (len == 0)
		return OK;
	if (archive_write_data(zip->archive, data, len) != (la_ssize_t)len || zip->write_failed)
		return failed(zip, err);
	sha256_update(zip->sha, data, len);
	zip->open.size += len;
	return OK;
}

static enum result remember(struct zip *zip, struct err *err)
{
	if (zip->count == zip->cap) {
		size_t cap = zip->cap == 0 ? 64 : zip->cap * 2;
		struct zip_entry *grown = reallocarray(zip->entries, cap, sizeof *grown);

		if (grown == NULL)
			return err_no_memory(err);
		zip->entries = grown;
		zip->cap = cap;
	}
	zip->entries[zip->count++] = zip->open;
	return OK;
}

enum result zip_end(struct zip *zip, struct err *err)
{
	INVARIANT(zip->sha != NULL);
	zip->open.hash = sha256_end(zip->sha);
	zip->sha = NULL;
	if (zip->expected != ZIP_SIZE_UNKNOWN && zip->open.size != zip->expected) {
		err_set(err, ERR_INTERNAL, "an entry of the archive is not as long as was said");
		return err_where(err, "%s", zip->open.name);
	}
	if (archive_write_finish_entry(zip->archive) != ARCHIVE_OK || zip->write_failed)
		return failed(zip, err);
	return remember(zip, err);
}

const struct zip_entry *zip_entries(const struct zip *zip, size_t *count)
{
	*count = zip->count;
	return zip->entries;
}

/* ---- the end ---- */

/* Not rename(2) alone: it would replace what somebody put there meanwhile. File systems that cannot rename without
 * replacing can link. */
static enum result publish(struct zip *zip, struct err *err)
{
	if (renameat2(AT_FDCWD, zip->part, AT_FDCWD, zip->path, RENAME_NOREPLACE) == 0)
		return OK;
	if (errno == EINVAL && link(zip->part, zip->path) == 0) {
		unlink(zip->part);
		return OK;
	}
	if (errno == EEXIST)
		return exists(zip->path, "it came there during the export, which was dropped: choose another name", err);
	err_sys(err, "cannot rename the finished file");
	return err_where(err, "%.280s", zip->path);
}

static enum result sync_folder(const char *path, struct err *err)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);

	snprintf(dir, sizeof dir, "%.*s", (int)len, path);
	return file_sync_dir(len == 0 ? "." : dir, err);
}

enum result zip_finish(struct zip *zip, uint64_t *bytes, struct err *err)
{
	enum result r;

	INVARIANT(zip->sha == NULL);
	if (archive_write_close(zip->archive) != ARCHIVE_OK || zip->write_failed)
		return failed(zip, err);
	*bytes = zip->written;
	if (zip->write != NULL)
		return OK;
	if (fsync(zip->fd) != 0) {
		err_sys(err, "cannot bring the file to disk");
		return err_where(err, "%.280s", zip->part);
	}
	r = publish(zip, err);
	if (r != OK)
		return r;
	zip->part_exists = false;
	return sync_folder(zip->path, err);
}

void zip_free(struct zip *zip)
{
	if (zip == NULL)
		return;
	if (zip->sha != NULL)
		(void)sha256_end(zip->sha);
	zip->dropped = true; /* freeing an archive first ends it, as if it were whole */
	archive_write_free(zip->archive);
	archive_entry_free(zip->header);
	if (zip->fd >= 0)
		close(zip->fd);
	if (zip->part_exists)
		unlink(zip->part);
	free(zip->entries);
	free(zip);
}
