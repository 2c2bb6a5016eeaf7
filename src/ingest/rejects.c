/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define NUMBER_MAX 10000

static enum result exists(const char *path, struct err *err)
{
	err_set(err, ERR_EXISTS, "the file for rejected lines is there already");
	err_where(err, "%.280s", path);
	return err_mend(err, "import or remove what it holds, or give another name with --rejects");
}

static enum result cannot(const char *path, struct err *err)
{
	if (errno == EEXIST)
		return exists(path, err);
	err_sys(err, "cannot write the file for rejected lines");
	err_where(err, "%.280s", path);
	return err_mend(err, "name one that can be written with --rejects, then run the import again: "
			     "what is imported already is passed over");
}

static enum result companion(const char *path, char out[REJECTS_PATH_MAX], struct err *err)
{
	int len = snprintf(out, REJECTS_PATH_MAX, "%s.txt", path);

	return len > 0 && len < REJECTS_PATH_MAX ? OK : err_set(err, ERR_INPUT, "the path for rejected lines is too long");
}

enum result rejects_check(const char *path, struct err *err)
{
	char reasons[REJECTS_PATH_MAX];
	enum result r = path != NULL ? companion(path, reasons, err) : OK;

	if (r != OK || path == NULL)
		return r;
	if (file_exists(path))
		return exists(path, err);
	return file_exists(reasons) ? exists(reasons, err) : OK;
}

static FILE *open_file(const char *path, int flags, const char *mode)
{
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, mode) : NULL;

	if (file == NULL && fd >= 0)
		close(fd);
	return file;
}

static FILE *create(const char *path)
{
	return open_file(path, O_CREAT | O_EXCL, "w");
}

/* A name of which neither file exists: "calls.jsonl.rejects", then "calls.jsonl.rejects.2" .. */
static enum result choose_name(const char *input, char out[REJECTS_PATH_MAX], struct err *err)
{
	const char *slash = strrchr(input, '/'), *name = slash != NULL ? slash + 1 : input;
	char reasons[REJECTS_PATH_MAX];
	enum result r;

	if (strcmp(input, "-") == 0)
		name = "stdin";
	for (int n = 1; n < NUMBER_MAX; n++) {
		int len = n == 1 ? snprintf(out, REJECTS_PATH_MAX, "%s.rejects", name)
				 : snprintf(out, REJECTS_PATH_MAX, "%s.rejects.%d", name, n);

		if (len < 0 || len >= REJECTS_PATH_MAX)
			return err_set(err, ERR_INPUT, "the path for rejected lines is too long");
		r = companion(out, reasons, err);
		if (r != OK || (!file_exists(out) && !file_exists(reasons)))
			return r;
	}
	return exists(out, err);
}

static enum result open_both(struct rejects *rejects, const char *path, const char *input, struct err *err)
{
	char chosen[REJECTS_PATH_MAX], reasons[REJECTS_PATH_MAX];
	enum result r = OK;

	if (path != NULL)
		snprintf(chosen, sizeof chosen, "%s", path);
	else
		r = choose_name(input, chosen, err);
	if (r == OK)
		r = companion(chosen, reasons, err);
	if (r != OK)
		return r;
	rejects->lines = create(chosen);
	if (rejects->lines == NULL)
		return cannot(chosen, err);
	memcpy(rejects->path, chosen, sizeof chosen);
	rejects->ended = true;
	rejects->reasons = create(reasons);
	if (rejects->reasons == NULL)
		return cannot(reasons, err);
	if (rejects->header.len > 0)
		fwrite(rejects->header.data, 1, rejects->header.len, rejects->lines);
	return OK;
}

static enum result reopen(struct rejects *rejects, struct err *err)
{
	char reasons[REJECTS_PATH_MAX];
	enum result r = companion(rejects->path, reasons, err);

	if (r != OK)
		return r;
	rejects->ended = true;
	rejects->lines = open_file(rejects->path, O_APPEND, "a");
	if (rejects->lines == NULL)
		return cannot(rejects->path, err);
	rejects->reasons = open_file(reasons, O_APPEND, "a");
	return rejects->reasons != NULL ? OK : cannot(reasons, err);
}

enum result rejects_add(struct rejects *rejects, const char *path, const char *input, const struct line *line,
			const struct err *why, struct err *err)
{
	enum result r = OK;

	if (rejects->lines == NULL)
		r = rejects->path[0] != '\0' ? reopen(rejects, err) : open_both(rejects, path, input, err);
	if (r != OK)
		return r;
	if (!rejects->ended)
		fputc('\n', rejects->lines);
	fprintf(rejects->reasons, "line %" PRIu64 "%s%s: %s%s%s%s\n", line->number, why->where[0] ? ", " : "",
		why->where, why->what, why->mend[0] ? " (" : "", why->mend, why->mend[0] ? ")" : "");
	return rejects_add_more(rejects, line, err);
}

enum result rejects_add_more(struct rejects *rejects, const struct line *line, struct err *err)
{
	if (line->len == 0)
		return OK;
	rejects->ended = line->text[line->len - 1] == '\n';
	if (fwrite(line->text, 1, line->len, rejects->lines) != line->len || ferror(rejects->reasons))
		return cannot(rejects->path, err);
	return OK;
}

static enum result finish(FILE *file, const char *path, struct err *err)
{
	bool failed = file != NULL && (ferror(file) || fflush(file) != 0 || fsync(fileno(file)) != 0);

	if (file == NULL)
		return OK;
	if (failed)
		cannot(path, err);
	if (fclose(file) != 0 && !failed) {
		failed = true;
		cannot(path, err);
	}
	return failed ? err->code : OK;
}

enum result rejects_close(struct rejects *rejects, struct err *err)
{
	struct err second;
	enum result r, r2;

	if (rejects->lines != NULL && !rejects->ended)
		fputc('\n', rejects->lines);
	r = finish(rejects->lines, rejects->path, err);
	r2 = finish(rejects->reasons, rejects->path, &second);
	rejects->lines = rejects->reasons = NULL;
	if (r == OK && r2 != OK)
		*err = second;
	return r != OK ? r : r2;
}

void rejects_free(struct rejects *rejects)
{
	struct err ignored;

	if (rejects->lines != NULL || rejects->reasons != NULL)
		(void)!rejects_close(rejects, &ignored);
	buf_free(&rejects->header);
}
