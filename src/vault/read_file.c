/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "vault/read_frame.h"

#define WHOLE ((off_t)(2 * READ_HALF))
#define ZEROS ((size_t)256 * 1024)

_Static_assert(2 * READ_HALF % ZEROS == 0, "the file is made in pieces of that size");

static bool write_at(int fd, const char *data, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t wrote = pwrite(fd, data, len, at);

		if (wrote < 0 && errno != EINTR)
			return false;
		if (wrote > 0) {
			data += wrote;
			len -= (size_t)wrote;
			at += wrote;
		}
	}
	return true;
}

static enum result fill(int fd, struct err *err)
{
	char *zeros = calloc(1, ZEROS);
	enum result r = zeros != NULL ? OK : err_no_memory(err);

	for (off_t at = 0; r == OK && at < WHOLE; at += (off_t)ZEROS) {
		if (!write_at(fd, zeros, ZEROS, at))
			r = err_sys(err, "cannot write the file of reads");
	}
	if (r == OK && fsync(fd) != 0)
		r = err_sys(err, "cannot sync the file of reads");
	free(zeros);
	return r;
}

enum result read_file_open(struct read_file *file, const char *dir, const char *path, struct err *err)
{
	enum result r = OK;

	file->at = 0;
	file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return err_sys(err, "cannot open %s", path);
	/* What can be read in it are leaves: opening the vault has seen to that. */
	if (lseek(file->fd, 0, SEEK_END) != WHOLE)
		r = fill(file->fd, err);
	if (r == OK)
		r = file_sync_dir(dir, err);
	if (r == OK)
		return OK;
	err_where(err, "%s", path);
	unlink(path); /* it was not whole, and held nothing */
	read_file_close(file);
	return r;
}

void read_file_close(struct read_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

bool read_file_write(struct read_file *file, const void *data, size_t len)
{
	off_t end = file->at < (off_t)READ_HALF ? (off_t)READ_HALF : WHOLE;

	INVARIANT(len <= READ_HALF);
	if (file->at + (off_t)len > end)
		file->at = end % WHOLE;
	if (!write_at(file->fd, data, len, file->at))
		return false;
	file->at += (off_t)len;
	return true;
}

bool read_file_sync(const struct read_file *file)
{
	return fdatasync(file->fd) == 0;
}

void read_file_clear(const struct read_file *file)
{
	static const char none[READ_FRAME_HEAD];

	if (write_at(file->fd, none, sizeof none, 0) && write_at(file->fd, none, sizeof none, (off_t)READ_HALF))
		fdatasync(file->fd);
}
