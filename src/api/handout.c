/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/handout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum result handout_begin(const struct call *call, const char *path, struct handout *out, struct err *err)
{
	*out = (struct handout){path, -1};
	if (path == NULL && call->confidential)
		return OK;
	if (path == NULL) {
		err_set(err, ERR_DENIED, "the answer holds a secret, and does not go to a terminal");
		return err_mend(err, "add --out FILE: a new file of mode 0600");
	}
	out->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out->fd >= 0)
		return OK;
	if (errno == EEXIST) {
		err_set(err, ERR_EXISTS, "there is a file of that name");
		err_where(err, "%s", path);
		return err_mend(err, "give another name, or remove it");
	}
	err_sys(err, "cannot make the file");
	return err_where(err, "%s", path);
}

static enum result write_file(struct handout *handout, const char *text, struct err *err)
{
	enum result r = file_write_all(handout->fd, text, strlen(text), err);

	if (r == OK && strchr(text, '\n') == NULL)
		r = file_write_all(handout->fd, "\n", 1, err);
	if (r == OK && fsync(handout->fd) != 0)
		r = err_sys(err, "cannot write the file");
	if (r != OK)
		return err_where(err, "%s", handout->path);
	close(handout->fd);
	handout->fd = -1;
	return OK;
}

enum result handout_give(struct call *call, struct handout *handout, const char *what, const char *lines,
			 struct err *err)
{
	enum result r = OK;

	if (handout->path != NULL)
		r = write_file(handout, lines, err);
	if (r != OK)
		return r;
	json_string(&call->w, handout->path != NULL ? "file" : what, handout->path != NULL ? handout->path : lines);
	if (handout->path == NULL && (call->handed_out = pool_strdup(&call->pool, lines)) == NULL)
		return err_no_memory(err);
	if (handout->path != NULL)
		call_say(call, "Written to %s, for nobody else to read.\n", call_clean(call, handout->path));
	else
		call_say(call, "\n%s%s\n", lines, strchr(lines, '\n') != NULL ? "" : "\n");
	return OK;
}

void handout_end(struct handout *handout)
{
	if (handout->fd < 0)
		return;
	close(handout->fd);
	unlink(handout->path);
	handout->fd = -1;
}
