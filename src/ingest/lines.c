/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "ingest/intake.h"

#define READ_SIZE ((size_t)256 * 1024)
#define ROOM (INTAKE_LINE_MAX + 64 * 1024) /* a line of the greatest length, its line end and a byte order mark */

struct lines {
	int fd; /* unless there is a reader */
	lines_read *read;
	void *arg;
	const char *path;
	enum lines_split split;
	uint64_t offset;       /* of data[at] in the file */
	uint64_t number;       /* of the physical line that begins at data[at] */
	size_t at, end;        /* what is read and not yet given */
	size_t used;           /* of data, to be wiped */
	bool at_end, skipping; /* skipping: in a line that is too long */
	char data[];
};

static enum result open_file(const char *path, int *fd, struct err *err)
{
	struct stat st;

	*fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT) {
		err_set(err, ERR_NOT_FOUND, "there is no such file");
		return err_where(err, "%.280s", path);
	}
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return err_sys(err, "cannot open %.250s", path);
	if (S_ISDIR(st.st_mode)) {
		err_set(err, ERR_INPUT, "it is a folder, not a file");
		err_where(err, "%.280s", path);
		return err_mend(err, "name the files in it");
	}
	return OK;
}

static void close_file(int fd)
{
	if (fd > STDIN_FILENO)
		close(fd);
}

/* Large, so it comes as pages that are zero already and cost nothing until they are used. */
static enum result make(const char *path, enum lines_split split, struct lines **out, struct err *err)
{
	struct lines *lines = calloc(1, sizeof *lines + ROOM);

	if (lines == NULL)
		return err_no_memory(err);
	lines->fd = -1;
	lines->path = path;
	lines->split = split;
	lines->number = 1;
	*out = lines;
	return OK;
}

enum result lines_open(const char *path, enum lines_split split, struct lines **out, struct err *err)
{
	int fd = -1;
	enum result r = open_file(path, &fd, err);

	if (r == OK)
		r = make(path, split, out, err);
	if (r != OK) {
		close_file(fd);
		return r;
	}
	(*out)->fd = fd;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return OK;
}

enum result lines_open_from(lines_read *from, void *arg, const char *name, enum lines_split split, struct lines **out,
			    struct err *err)
{
	enum result r = make(name, split, out, err);

	if (r != OK)
		return r;
	(*out)->read = from;
	(*out)->arg = arg;
	return OK;
}

void lines_close(struct lines *lines)
{
	if (lines == NULL)
		return;
	close_file(lines->fd);
	explicit_bzero(lines->data, lines->used);
	free(lines);
}

/* At least one byte, unless it is at its end. */
static enum result read_some(struct lines *lines, size_t len, size_t *got, struct err *err)
{
	ssize_t n;

	if (lines->read != NULL)
		return lines->read(lines->arg, lines->data + lines->end, len, got, err);
	do
		n = read(lines->fd, lines->data + lines->end, len);
	while (n < 0 && errno == EINTR);
	*got = n > 0 ? (size_t)n : 0;
	return n >= 0 ? OK : err_sys(err, "cannot read %.250s", lines->path);
}

/* Reads `want` bytes, or what there is room for, or what is left. */
static enum result fill(struct lines *lines, size_t want, struct err *err)
{
	size_t got = 0;

	memmove(lines->data, lines->data + lines->at, lines->end - lines->at);
	lines->end -= lines->at;
	lines->at = 0;
	while (got < want && lines->end < ROOM && !lines->at_end) {
		size_t room = ROOM - lines->end, n = 0;
		enum result r = read_some(lines, room < want - got ? room : want - got, &n, err);

		if (r != OK)
			return r;
		lines->at_end = n == 0;
		lines->end += n;
		lines->used = lines->end > lines->used ? lines->end : lines->used;
		got += n;
	}
	return OK;
}

static size_t physical_line(const char *text, size_t len)
{
	const char *end = len > 0 ? memchr(text, '\n', len) : NULL;

	return end != NULL ? (size_t)(end - text) + 1 : 0;
}

static size_t whole_line(const struct lines *lines)
{
	const char *text = lines->data + lines->at;
	size_t len = lines->end - lines->at, line;

	if (lines->split == LINES_CSV && !lines->skipping)
		return csv_row_length(text, len, lines->at_end);
	line = physical_line(text, len);
	return line > 0 || !lines->at_end ? line : len;
}

static uint64_t count_line_ends(const char *text, size_t len)
{
	uint64_t count = 0;

	for (const char *at = text; (at = memchr(at, '\n', len - (size_t)(at - text))) != NULL; at++)
		count++;
	return count;
}

static void give(struct lines *lines, size_t len, struct line *out)
{
	*out = (struct line){.text = lines->data + lines->at, .len = len, .number = lines->number};
	lines->at += len;
	lines->offset += len;
	lines->number += lines->split == LINES_PLAIN ? len > 0 && out->text[len - 1] == '\n'
						     : count_line_ends(out->text, len);
}

/* The buffer is full and holds no whole line. */
static void give_part(struct lines *lines, struct line *out)
{
	size_t len = lines->end - lines->at, line = physical_line(lines->data + lines->at, len);

	if (line > 0) { /* a CSV row whose quote is never closed */
		give(lines, line, out);
		return;
	}
	give(lines, len, out);
	out->continues = lines->skipping;
	out->too_long = !lines->skipping;
	lines->skipping = true;
}

enum result lines_next(struct lines *lines, struct line *out, bool *more, struct err *err)
{
	size_t len;

	while ((len = whole_line(lines)) == 0 && !lines->at_end && lines->end - lines->at < ROOM) {
		size_t held = lines->end - lines->at;
		enum result r = fill(lines, held > READ_SIZE ? held : READ_SIZE, err);

		if (r != OK)
			return r;
	}
	*more = lines->end > lines->at;
	if (!*more)
		return OK;
	if (len == 0) {
		give_part(lines, out);
		return OK;
	}
	give(lines, len, out);
	out->continues = lines->skipping;
	lines->skipping = false;
	return OK;
}

void lines_cut(struct lines *lines, struct line *line)
{
	size_t first = physical_line(line->text, line->len);

	if (first == 0 || first == line->len)
		return;
	lines->number -= count_line_ends(line->text + first, line->len - first);
	lines->at -= line->len - first;
	lines->offset -= line->len - first;
	line->len = first;
}

uint64_t lines_offset(const struct lines *lines)
{
	return lines->offset;
}
