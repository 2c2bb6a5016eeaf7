/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/ground.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "bench/child.h"
#include "vault/init.h"

#define PIECE 500000 /* calls in one file while a vault is filled */
#define ACCOUNT_NAME "bench"
#define POOL_MAX ((size_t)64 * 1024 * 1024)

enum result ground_make(const char *below, struct ground *out, struct err *err)
{
	enum result r = file_make_dirs(below, 0700, err);

	if (r != OK)
		return r;
	if (snprintf(out->dir, sizeof out->dir - 64, "%s/lethe-bench-XXXXXX", below) >= (int)sizeof out->dir - 64)
		return err_set(err, ERR_INPUT, "the path of the folder is too long");
	if (mkdtemp(out->dir) == NULL)
		return err_sys(err, "cannot make a folder in %s", below);
	out->now = date_start(date_from_civil(2030, 1, 1));
	return OK;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
	(void)info;
	(void)type;
	(void)place;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void ground_clear(const struct ground *ground)
{
	remove_tree(ground->dir);
}

char *ground_path(const struct ground *ground, const char *name, char out[GROUND_PATH_MAX])
{
	int len = snprintf(out, GROUND_PATH_MAX, "%s/%s", ground->dir, name);

	INVARIANT(len > 0 && len < GROUND_PATH_MAX);
	return out;
}

void ground_remove(const struct ground *ground, const char *name)
{
	char path[GROUND_PATH_MAX];

	remove_tree(ground_path(ground, name, path));
}

/* ---- copying ---- */

/* For nftw, which takes no argument. */
static struct { char to[GROUND_PATH_MAX]; size_t from_len; } copying;

static int copy_bytes(int from, int to, off_t size)
{
	while (size > 0) {
		ssize_t copied = copy_file_range(from, NULL, to, NULL, (size_t)size, 0);

		if (copied <= 0)
			return -1;
		size -= copied;
	}
	return fsync(to);
}

static int copy_file(const char *from, const char *to, const struct stat *info)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), code = -1;
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info->st_mode & 0777);

	if (in >= 0 && out >= 0)
		code = copy_bytes(in, out, info->st_size);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return code;
}

static int copy_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
	char to[GROUND_PATH_MAX];
	int len = snprintf(to, sizeof to, "%s%s", copying.to, path + copying.from_len);

	(void)place;
	if (len <= 0 || len >= (int)sizeof to)
		return -1;
	return type == FTW_D ? mkdir(to, info->st_mode & 0777) : copy_file(path, to, info);
}

enum result ground_copy(const struct ground *ground, const char *from, const char *to, struct err *err)
{
	char path[GROUND_PATH_MAX];

	ground_path(ground, to, copying.to);
	copying.from_len = strlen(ground_path(ground, from, path));
	if (nftw(path, copy_one, 16, FTW_PHYS) != 0)
		return err_sys(err, "cannot copy the vault in %s", path);
	return OK;
}

/* ---- vaults ---- */

static enum result open_vault(const struct ground *ground, const char *data, bool write, struct plot *out,
			      struct err *err)
{
	const struct vault_options options = {.data_dir = data, .command = "bench", .write = write};

	*out = (struct plot){0};
	pool_init(&out->pool, POOL_MAX);
	return vault_open(&options, ground->now, &out->vault, err);
}

enum result ground_found(const struct ground *ground, const char *name, struct plot *out, struct err *err)
{
	char data[GROUND_PATH_MAX], file[GROUND_PATH_MAX], inner[64];
	struct root_options root = {.provider = "file", .file_path = file};
	struct vault_options options = {.data_dir = data, .command = "bench", .write = true};
	enum result r;

	*out = (struct plot){0};
	ground_path(ground, name, data);
	r = file_make_dirs(data, 0700, err);
	if (r != OK)
		return r;
	snprintf(inner, sizeof inner, "%.50s/root", name);
	ground_path(ground, inner, file);
	snprintf(inner, sizeof inner, "%.50s/data", name);
	ground_path(ground, inner, data);
	r = init_vault(&options, &root, date_start(calls_epoch()), err);
	if (r == OK)
		r = open_vault(ground, data, true, out, err);
	if (r == OK)
		r = accounts_create(out->vault, ACCOUNT_NAME, "US", ground->now, &out->pool, &out->account, err);
	if (r != OK)
		ground_close(out);
	return r;
}

enum result ground_open(const struct ground *ground, const char *name, bool write, struct plot *out, struct err *err)
{
	char data[GROUND_PATH_MAX], inner[64];
	enum result r;

	snprintf(inner, sizeof inner, "%.50s/data", name);
	r = open_vault(ground, ground_path(ground, inner, data), write, out, err);
	if (r == OK)
		r = accounts_find(&out->vault->read, ACCOUNT_NAME, &out->pool, &out->account, err);
	if (r != OK)
		ground_close(out);
	return r;
}

void ground_close(struct plot *plot)
{
	vault_close(plot->vault);
	pool_free(&plot->pool);
	*plot = (struct plot){0};
}

enum result ground_import(const struct ground *ground, struct plot *plot, const char *path, int64_t records,
			  struct err *err)
{
	char rejects[GROUND_PATH_MAX];
	const struct import_options options = {
		.account = &plot->account,
		.format = IMPORT_JSONL,
		.rejects = ground_path(ground, "rejects", rejects),
		.strict = true,
		.now = ground->now,
	};
	struct import_result result;
	enum result r = import_files(plot->vault, &options, &path, 1, &result, err);

	if (r == OK && (result.records[KIND_CALL] != records || result.fell_back != 0))
		return err_set(err, ERR_INTERNAL, "of %lld calls made up, %lld were taken, and %lld numbers were none",
			       (long long)records, (long long)result.records[KIND_CALL], (long long)result.fell_back);
	return r;
}

/* ---- filling ---- */

struct filling {
	const struct ground *ground;
	const char *name;
	const struct calls *calls;
};

static enum result fill_pieces(const struct filling *filling, struct plot *plot, struct err *err)
{
	const struct calls *calls = filling->calls;
	char path[GROUND_PATH_MAX];
	enum result r = OK;

	ground_path(filling->ground, "piece.jsonl", path);
	for (int64_t n = 0; n < calls->total && r == OK; n += PIECE) {
		int64_t end = n + PIECE < calls->total ? n + PIECE : calls->total;

		r = calls_write(calls, n, end, path, err);
		if (r == OK)
			r = ground_import(filling->ground, plot, path, end - n, err);
	}
	unlink(path);
	return r;
}

static enum result fill(void *arg, struct sample *out, struct err *err)
{
	struct filling *filling = arg;
	struct plot plot;
	enum result r = ground_found(filling->ground, filling->name, &plot, err);

	(void)out;
	if (r != OK)
		return r;
	r = fill_pieces(filling, &plot, err);
	if (r == OK)
		r = vault_scrub(plot.vault, err);
	ground_close(&plot);
	return r;
}

enum result ground_fill(const struct ground *ground, const char *name, const struct calls *calls, struct err *err)
{
	struct filling filling = {ground, name, calls};
	struct sample ignored;

	return child_run(fill, &filling, &ignored, err);
}
