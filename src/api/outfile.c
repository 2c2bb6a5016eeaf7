/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static enum result to_output(struct outfile *out, struct err *err)
{
	out->fd = STDOUT_FILENO;
	if (!isatty(out->fd))
		return OK;
	err_set(err, ERR_INPUT, "sound, pictures and archives do not belong on a terminal");
	return err_mend(err, "pipe it into a program, or name a file with --out");
}

enum result outfile_open(const struct call *call, const char *path, struct outfile *out, struct err *err)
{
	*out = (struct outfile){.call = call, .path = path, .fd = -1};
	if (path == NULL) {
		err_set(err, ERR_INPUT, "where the file goes is not said");
		return err_mend(err, "add --out FILE, or --out - for standard output");
	}
	if (strcmp(path, "-") == 0)
		return to_output(out, err);
	out->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out->fd >= 0)
		return OK;
	if (errno == EEXIST)
		err_set(err, ERR_EXISTS, "there is a file of that name already");
	else
		err_sys(err, "cannot make the file");
	return err_where(err, "%s", path);
}

enum result outfile_write(void *arg, const void *data, size_t len, struct err *err)
{
	struct outfile *out = arg;

	if (call_interrupted(out->call))
		return err_set(err, ERR_INTERRUPTED, "stopped");
	out->written += len;
	return file_write_all(out->fd, data, len, err);
}

enum result outfile_close(struct outfile *out, enum result r, struct err *err)
{
	if (out->fd < 0 || out->fd == STDOUT_FILENO)
		return r;
	if (close(out->fd) != 0 && r == OK) {
		err_sys(err, "cannot write the file");
		r = err_where(err, "%s", out->path);
	}
	out->fd = -1;
	if (r != OK)
		unlink(out->path);
	return r;
}
