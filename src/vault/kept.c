/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/job.h"

#define FOLDER "kept"
#define SEGMENT ((size_t)256 * 1024)
#define INFO_KEY "lethe/kept/1"
#define INFO_MARK "lethe/kept/mark/1"
#define MARK_LEN 8 /* which key of answers it is under; zeros: none */
#define PLAIN_MAX (KEY_LEN + KEPT_NAME_MAX)
#define AAD_LEN (4 + (int)sizeof(struct id))
#define POOL_MAX ((size_t)64 * 1024 * 1024)
#define BATCH 4

/* ---- where ---- */

#define FILE_NAME_MAX 64

static void name_file(uint32_t account, struct id job, char out[FILE_NAME_MAX])
{
	int used = snprintf(out, FILE_NAME_MAX, "%u-", account);

	for (size_t i = 0; i < sizeof job.bytes; i++)
		used += snprintf(out + used, FILE_NAME_MAX - (size_t)used, "%02x", job.bytes[i]);
}

static enum result folder_of(const char *dir, char out[VAULT_PATH_MAX], struct err *err)
{
	int len = snprintf(out, VAULT_PATH_MAX, "%s/" FOLDER, dir);

	return len > 0 && len < VAULT_PATH_MAX ? OK : err_set(err, ERR_INPUT, "the path of the data folder is too long");
}

static enum result path_of(const char *dir, uint32_t account, struct id job, char out[VAULT_PATH_MAX], struct err *err)
{
	char name[FILE_NAME_MAX];
	int len;

	name_file(account, job, name);
	len = snprintf(out, VAULT_PATH_MAX, "%s/" FOLDER "/%s", dir, name);
	return len > 0 && len < VAULT_PATH_MAX ? OK : err_set(err, ERR_INPUT, "the path of the data folder is too long");
}

static enum result remove_file(const char *dir, uint32_t account, struct id job, struct err *err)
{
	char path[VAULT_PATH_MAX];
	enum result r = path_of(dir, account, job, path, err);

	if (r != OK || unlink(path) == 0 || errno == ENOENT)
		return r;
	err_sys(err, "cannot remove a file that was kept");
	return err_where(err, "%s", path);
}

/* ---- what seals it ---- */

/* What the tags bind: whose it is. */
static void bind(uint32_t account, struct id job, unsigned char out[AAD_LEN])
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(account >> (24 - 8 * i));
	memcpy(out + 4, job.bytes, sizeof job.bytes);
}

static void mark_of(const struct key *answers, unsigned char out[MARK_LEN])
{
	const struct span_in ikm = {answers->bytes, KEY_LEN};

	hkdf_sha256(&ikm, 1, "", 0, INFO_MARK, sizeof INFO_MARK - 1, out, MARK_LEN);
}

static bool is_marked(const unsigned char mark[MARK_LEN])
{
	static const unsigned char none[MARK_LEN];

	return memcmp(mark, none, MARK_LEN) != 0;
}

/* `answers` NULL: it is not under that key. */
static void derive(const struct key *own, const struct key *answers, struct id job, struct key *out)
{
	const struct span_in ikm[2] = {{own->bytes, KEY_LEN}, {answers != NULL ? answers->bytes : NULL, KEY_LEN}};

	hkdf_sha256(ikm, answers != NULL ? 2 : 1, job.bytes, sizeof job.bytes, INFO_KEY, sizeof INFO_KEY - 1, out->bytes,
		    KEY_LEN);
}

static enum result gone(struct err *err)
{
	err_set(err, ERR_GONE, "the file is not kept any more: its time is over, or somebody was erased or deleted since, whom it may tell of");
	return err_mend(err, "ask for it again");
}

/* The key of answers that `mark` names. */
static enum result get_answers(struct keyring *ring, uint32_t account, const unsigned char mark[MARK_LEN], struct key *out,
			       struct err *err)
{
	unsigned char now[MARK_LEN];
	enum result r = keyring_get(ring, account, KEY_OWN, OWN_ANSWERS, out, err);

	if (r != OK)
		return r;
	mark_of(out, now);
	if (memcmp(now, mark, MARK_LEN) == 0)
		return OK;
	key_wipe(out);
	return gone(err);
}

static enum result wrapping_key(struct keyring *ring, const struct work_row *row, const unsigned char mark[MARK_LEN],
				struct key *out, struct err *err)
{
	struct key own, answers;
	enum result r = keyring_get(ring, row->account, KEY_FILE, row->file_key, &own, err);

	if (r == OK && is_marked(mark)) {
		r = get_answers(ring, row->account, mark, &answers, err);
		if (r == OK) {
			derive(&own, &answers, row->id, out);
			key_wipe(&answers);
		}
	} else if (r == OK) {
		derive(&own, NULL, row->id, out);
	}
	key_wipe(&own);
	return r;
}

/* The stream's key, and what the file is called. */
static enum result open_row(struct keyring *ring, const struct work_row *row, struct key *stream, char name[KEPT_NAME_MAX],
			    struct err *err)
{
	unsigned char aad[AAD_LEN], plain[PLAIN_MAX];
	size_t len = row->file_len - MARK_LEN - SEAL_OVERHEAD;
	struct key key;
	enum result r;

	if (row->file_len < MARK_LEN + SEAL_OVERHEAD + KEY_LEN + 1 || len > PLAIN_MAX)
		return err_set(err, ERR_CORRUPT, "what opens a kept file is not of its form");
	r = wrapping_key(ring, row, row->file, &key, err);
	if (r == ERR_GONE)
		return gone(err);
	if (r != OK)
		return r;
	bind(row->account, row->id, aad);
	r = aead_open(&key, aad, sizeof aad, row->file + MARK_LEN, row->file_len - MARK_LEN, plain, err);
	if (r == OK) {
		memcpy(stream->bytes, plain, KEY_LEN);
		memcpy(name, plain + KEY_LEN, len - KEY_LEN);
		name[len - KEY_LEN - 1] = '\0';
	}
	key_wipe(&key);
	explicit_bzero(plain, sizeof plain);
	return r;
}

/* ---- making one ---- */

struct kept_put {
	struct vault *view;
	struct kept_what what;
	unsigned char mark[MARK_LEN];
	struct key key; /* the stream's */
	struct stream_writer *stream;
	int fd;
	bool finished;
	uint64_t bytes;
	const char *name; /* while it is finished, as the next */
	struct instant until;
	struct pool pool;
};

static enum result drop(struct session *session, struct work_row *row, struct instant now, struct err *err)
{
	bool existed;
	struct act act;
	enum result r;

	if (row->file_key == 0)
		return OK;
	r = keyring_destroy(session->ring, row->account, KEY_FILE, row->file_key, &existed, err);
	row->file_key = row->file_bytes = 0;
	row->file_until = (struct instant){0};
	row->file_len = 0;
	if (r == OK)
		r = work_set_file(session->data, row, err);
	if (r != OK)
		return r;
	act_begin(&act, "job.drop", row->account, now);
	act_id(&act, "job", JOB_PREFIX, row->id);
	return act_append(&act, session->data, NULL, err);
}

/* What the job had goes; which key of answers there is now is noted. */
static enum result begin_op(struct session *session, void *arg, struct err *err)
{
	struct kept_put *put = arg;
	struct work_row row;
	struct key answers;
	enum result r = work_get(session->data, put->what.account, put->what.job, &put->pool, &row, err);

	if (r == OK)
		r = drop(session, &row, put->what.now, err);
	if ((r != OK && r != ERR_NOT_FOUND) || !put->what.tells)
		return r == ERR_NOT_FOUND ? OK : r;
	r = keyring_get_or_make(session->ring, put->what.account, KEY_OWN, OWN_ANSWERS, &answers, err);
	if (r == OK)
		mark_of(&answers, put->mark);
	key_wipe(&answers);
	return r;
}

static enum result to_file(void *arg, const void *data, size_t len, struct err *err)
{
	const struct kept_put *put = arg;

	return file_write_all(put->fd, data, len, err);
}

static enum result open_new(struct kept_put *put, struct err *err)
{
	char folder[VAULT_PATH_MAX], path[VAULT_PATH_MAX];
	enum result r = folder_of(put->view->dir, folder, err);

	/* Not those above it: where they are gone, so is the vault. */
	if (r == OK && mkdir(folder, 0700) != 0 && errno != EEXIST) {
		err_sys(err, "cannot make the folder of files to keep");
		r = err_where(err, "%s", folder);
	}
	if (r == OK)
		r = path_of(put->view->dir, put->what.account, put->what.job, path, err);
	if (r != OK)
		return r;
	put->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (put->fd >= 0)
		return OK;
	err_sys(err, "cannot make a file to keep");
	return err_where(err, "%s", path);
}

enum result kept_begin(struct vault *view, const struct kept_what *what, struct kept_put **out, struct err *err)
{
	struct kept_put *put = calloc(1, sizeof *put);
	unsigned char aad[AAD_LEN];
	enum result r;

	*out = NULL;
	if (put == NULL)
		return err_no_memory(err);
	*put = (struct kept_put){.view = view, .what = *what, .fd = -1, .key = key_random()};
	pool_init(&put->pool, POOL_MAX);
	bind(what->account, what->job, aad);
	r = vault_write(view, begin_op, put, err);
	if (r == OK)
		r = open_new(put, err);
	if (r == OK)
		r = stream_writer_new(&put->key, aad, sizeof aad, SEGMENT, to_file, put, &put->stream, err);
	if (r == OK)
		*out = put;
	else
		kept_free(put);
	return r;
}

enum result kept_write(struct kept_put *put, const void *data, size_t len, struct err *err)
{
	put->bytes += len;
	return stream_write(put->stream, data, len, err);
}

static enum result seal_row(struct session *session, struct kept_put *put, struct work_row *row, struct err *err)
{
	unsigned char aad[AAD_LEN], plain[PLAIN_MAX], *sealed = pool_alloc(&put->pool, MARK_LEN + PLAIN_MAX + SEAL_OVERHEAD);
	size_t len = KEY_LEN + strlen(put->name) + 1;
	struct key key;
	enum result r;

	if (sealed == NULL)
		return err_no_memory(err);
	r = wrapping_key(session->ring, row, put->mark, &key, err);
	if (r == ERR_GONE) {
		err_set(err, ERR_BUSY, "somebody was erased or deleted while the file was made, and it may tell of them");
		return err_mend(err, "ask for it again");
	}
	if (r != OK)
		return r;
	memcpy(plain, put->key.bytes, KEY_LEN);
	memcpy(plain + KEY_LEN, put->name, len - KEY_LEN);
	memcpy(sealed, put->mark, MARK_LEN);
	bind(row->account, row->id, aad);
	r = aead_seal(&key, aad, sizeof aad, plain, len, sealed + MARK_LEN, err);
	key_wipe(&key);
	explicit_bzero(plain, sizeof plain);
	row->file = sealed;
	row->file_len = MARK_LEN + len + SEAL_OVERHEAD;
	return r;
}

enum result kept_attach(struct session *session, void *arg, struct err *err)
{
	struct kept_put *put = arg;
	struct work_row row;
	struct act act;
	struct key own;
	enum result r = work_get(session->data, put->what.account, put->what.job, &put->pool, &row, err);

	if (r == OK)
		r = counter_next(session->keys, row.account, "file", &row.file_key, err);
	if (r == OK)
		r = keyring_make(session->ring, row.account, KEY_FILE, row.file_key, &own, err);
	if (r != OK)
		return r;
	key_wipe(&own);
	row.file_bytes = (int64_t)put->bytes;
	row.file_until = put->until;
	r = seal_row(session, put, &row, err);
	if (r == OK)
		r = work_set_file(session->data, &row, err);
	if (r != OK)
		return r;
	act_begin(&act, "job.keep", row.account, put->what.now);
	act_id(&act, "job", JOB_PREFIX, row.id);
	act_int(&act, "bytes", row.file_bytes);
	return act_append(&act, session->data, NULL, err);
}

static enum result sync_it(const struct kept_put *put, struct err *err)
{
	char folder[VAULT_PATH_MAX];
	enum result r = folder_of(put->view->dir, folder, err);

	if (r == OK && fsync(put->fd) != 0)
		r = err_sys(err, "cannot write a file to keep");
	return r == OK ? file_sync_dir(folder, err) : r;
}

enum result kept_seal(struct kept_put *put, const char *name, struct instant until, struct err *err)
{
	enum result r = stream_finish(put->stream, err);

	INVARIANT(strlen(name) < KEPT_NAME_MAX);
	put->name = name;
	put->until = until;
	return r == OK ? sync_it(put, err) : r;
}

void kept_done(struct kept_put *put)
{
	put->finished = true;
}

uint64_t kept_bytes(const struct kept_put *put)
{
	return put->bytes;
}

enum result kept_finish(struct kept_put *put, const char *name, struct instant until, struct err *err)
{
	enum result r = kept_seal(put, name, until, err);

	if (r == OK)
		r = vault_write(put->view, kept_attach, put, err);
	if (r == OK)
		kept_done(put);
	return r;
}

void kept_free(struct kept_put *put)
{
	struct err ignored;

	if (put == NULL)
		return;
	if (put->fd >= 0)
		close(put->fd);
	if (put->fd >= 0 && !put->finished)
		(void)!remove_file(put->view->dir, put->what.account, put->what.job, &ignored); /* else the next opening does */
	stream_writer_free(put->stream);
	key_wipe(&put->key);
	pool_free(&put->pool);
	free(put);
}

/* ---- reading one ---- */

static enum result from_file(void *arg, uint64_t offset, void *out, size_t len, struct err *err)
{
	const int *fd = arg;
	char *at = out;

	while (len > 0) {
		ssize_t some = pread(*fd, at, len, (off_t)offset);

		if (some < 0 && errno == EINTR)
			continue;
		if (some < 0)
			return err_sys(err, "cannot read a file that is kept");
		if (some == 0)
			return err_set(err, ERR_CORRUPT, "a file that is kept is shorter than it was");
		at += some;
		offset += (uint64_t)some;
		len -= (size_t)some;
	}
	return OK;
}

static enum result open_file(const char *dir, const struct work_row *row, int **out, struct err *err)
{
	char path[VAULT_PATH_MAX];
	int *fd = malloc(sizeof *fd);
	enum result r = fd != NULL ? path_of(dir, row->account, row->id, path, err) : err_no_memory(err);

	if (r == OK) {
		*fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (*fd >= 0) {
			*out = fd;
			return OK;
		}
		r = errno == ENOENT ? err_set(err, ERR_CORRUPT, "a file that is kept is missing")
				    : err_sys(err, "cannot open a file that is kept");
		err_where(err, "%s", path);
	}
	free(fd);
	return r;
}

static enum result open_stream(const struct work_row *row, const struct key *key, struct kept_file *out, struct err *err)
{
	uint64_t sealed = stream_sealed_size((uint64_t)row->file_bytes, SEGMENT);
	unsigned char aad[AAD_LEN];
	off_t size = lseek(*out->fd, 0, SEEK_END);

	if (size < 0 || (uint64_t)size != sealed)
		return err_set(err, ERR_CORRUPT, "a file that is kept has the wrong size");
	bind(row->account, row->id, aad);
	return stream_reader_new(key, aad, sizeof aad, SEGMENT, sealed, from_file, out->fd, &out->reader, err);
}

enum result kept_open(struct session *session, const char *dir, const struct work_row *row, struct instant now,
		      struct kept_file *out, struct err *err)
{
	struct key key;
	enum result r;

	*out = (struct kept_file){0};
	if (row->file_key == 0)
		return err_set(err, ERR_NOT_FOUND, "the job has no file");
	if (row->file_until.ms <= now.ms)
		return gone(err);
	r = open_row(session->ring, row, &key, out->name, err);
	if (r != OK)
		return r;
	r = open_file(dir, row, &out->fd, err);
	if (r == OK)
		r = open_stream(row, &key, out, err);
	key_wipe(&key);
	if (r != OK)
		kept_close(out);
	return r;
}

void kept_close(struct kept_file *file)
{
	stream_reader_free(file->reader);
	if (file->fd != NULL)
		close(*file->fd);
	free(file->fd);
	*file = (struct kept_file){0};
}

static enum result nowhere(void *arg, const void *data, size_t len, struct err *err)
{
	(void)arg, (void)data, (void)len, (void)err;
	return OK;
}

enum result kept_check(struct session *session, const char *dir, const struct work_row *row, bool quick, struct err *err)
{
	struct kept_file file;
	enum result r = kept_open(session, dir, row, (struct instant){0}, &file, err);

	if (r == ERR_GONE || r == ERR_NOT_FOUND)
		return OK; /* nobody can have it, and it goes */
	if (r == OK && !quick)
		r = stream_read(file.reader, 0, stream_reader_size(file.reader), nowhere, NULL, err);
	kept_close(&file);
	return r;
}

/* ---- their end ---- */

struct ending { uint32_t account; struct id job; struct instant now; struct pool pool; bool had; };

static enum result end_op(struct session *session, void *arg, struct err *err)
{
	struct ending *ending = arg;
	struct work_row row;
	enum result r = work_get(session->data, ending->account, ending->job, &ending->pool, &row, err);

	if (r == ERR_NOT_FOUND)
		return OK;
	ending->had = r == OK && row.file_key != 0;
	return r == OK ? drop(session, &row, ending->now, err) : r;
}

/* A file without a row is one that is being made. */
static enum result end_one(struct vault *vault, uint32_t account, struct id job, struct instant now, struct err *err)
{
	struct ending ending = {.account = account, .job = job, .now = now};
	enum result r;

	pool_init(&ending.pool, POOL_MAX);
	r = vault_write(vault, end_op, &ending, err);
	pool_free(&ending.pool);
	return r == OK && ending.had ? remove_file(vault->dir, account, job, err) : r;
}

enum result kept_end(struct vault *vault, uint32_t account, struct id job, struct instant now, struct err *err)
{
	enum result r = end_one(vault, account, job, now, err);

	return r == OK ? vault_scrub_soon(vault, err) : r;
}

/* Is there any use in it still? */
typedef enum result judge_row(struct vault *vault, const struct work_row *row, struct instant now, bool *over, struct err *err);

/* What was sent is of no use once the job has ended, nor is what was made by one that failed. */
static bool is_used_up(const struct work_row *row)
{
	bool result = row->state == WORK_DONE && row->file_len > MARK_LEN && is_marked(row->file);

	return row->ended.ms != 0 && !result;
}

static enum result is_over(struct vault *vault, const struct work_row *row, struct instant now, bool *over, struct err *err)
{
	char name[KEPT_NAME_MAX];
	struct key key;
	enum result r;

	*over = row->state != WORK_RUNNING && (row->file_until.ms <= now.ms || is_used_up(row));
	if (*over || row->state == WORK_RUNNING) /* which makes another in its place, or is judged when it has ended */
		return OK;
	r = open_row(vault->read.ring, row, &key, name, err);
	key_wipe(&key);
	*over = r == ERR_GONE;
	return r == ERR_GONE || r == ERR_CORRUPT ? OK : r; /* what is damaged, a check says */
}

static enum result is_missing(struct vault *vault, const struct work_row *row, struct instant now, bool *over, struct err *err)
{
	char path[VAULT_PATH_MAX];
	enum result r = path_of(vault->dir, row->account, row->id, path, err);

	*over = r == OK && !file_exists(path);
	return r == OK && !*over ? is_over(vault, row, now, over, err) : r;
}

static enum result end_if_over(struct vault *vault, const struct work_row *row, struct instant now, judge_row *judge,
			       int64_t *ended, struct err *err)
{
	bool over = false;
	enum result r = judge(vault, row, now, &over, err);

	if (r == OK && over)
		r = end_one(vault, row->account, row->id, now, err);
	*ended += r == OK && over;
	return r;
}

/* One that cannot go keeps no other; what was wrong with the first of those is told at the end. */
static enum result end_those(struct vault *vault, struct instant now, judge_row *judge, int64_t *ended, struct err *err)
{
	struct work_row rows[BATCH];
	enum result r, failed = OK;
	uint32_t account = 0;
	int64_t key = 0;
	struct pool pool;
	struct err why;
	size_t count;

	*ended = 0;
	pool_init(&pool, POOL_MAX);
	do {
		pool_reset(&pool);
		r = work_list_files(vault->read.data, account, key, &pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			account = rows[i].account;
			key = rows[i].file_key;
			if (end_if_over(vault, &rows[i], now, judge, ended, &why) == OK || failed != OK)
				continue;
			*err = why;
			failed = why.code;
		}
	} while (r == OK && count == BATCH);
	pool_free(&pool);
	return r == OK ? failed : r;
}

enum result kept_expire(struct vault *vault, struct instant now, int64_t *ended, struct err *err)
{
	struct err why;
	enum result r = end_those(vault, now, is_over, ended, err);
	enum result scrubbed = *ended > 0 ? vault_scrub_soon(vault, &why) : vault_scrub_owed(vault, &why);

	if (r == OK && scrubbed != OK)
		*err = why;
	return r == OK ? scrubbed : r;
}

/* ---- files ---- */

typedef enum result judge_file(struct vault *vault, const char *name, uint32_t account, bool *stray, struct err *err);

static enum result remove_those(struct vault *vault, judge_file *judge, uint32_t account, struct err *err)
{
	char folder[VAULT_PATH_MAX];
	const struct dirent *entry;
	bool stray = false;
	enum result r = folder_of(vault->dir, folder, err);
	DIR *dir = r == OK ? opendir(folder) : NULL;

	if (r != OK || (dir == NULL && errno == ENOENT))
		return r;
	if (dir == NULL) {
		err_sys(err, "cannot look through the folder of files that are kept");
		return err_where(err, "%s", folder);
	}
	while (r == OK && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		r = judge(vault, entry->d_name, account, &stray, err);
		if (r == OK && stray && unlinkat(dirfd(dir), entry->d_name, 0) != 0 && errno != ENOENT)
			r = err_sys(err, "cannot remove %s/%s", folder, entry->d_name);
	}
	closedir(dir);
	return r;
}

static enum result is_of_account(struct vault *vault, const char *name, uint32_t account, bool *stray, struct err *err)
{
	char *end;

	(void)vault, (void)err;
	*stray = strtoul(name, &end, 10) == account && *end == '-';
	return OK;
}

static bool parse_name(const char *name, uint32_t *account, struct id *job)
{
	char again[FILE_NAME_MAX];
	const char *hex = strchr(name, '-');
	unsigned byte;

	if (hex == NULL || strlen(hex + 1) != 2 * sizeof job->bytes)
		return false;
	*account = (uint32_t)strtoul(name, NULL, 10);
	for (size_t i = 0; i < sizeof job->bytes; i++) {
		if (sscanf(hex + 1 + 2 * i, "%2x", &byte) != 1)
			return false;
		job->bytes[i] = (unsigned char)byte;
	}
	name_file(*account, *job, again);
	return strcmp(again, name) == 0;
}

/* What is none of ours stays. */
static enum result has_no_row(struct vault *vault, const char *name, uint32_t unused, bool *stray, struct err *err)
{
	struct work_row row;
	struct pool pool;
	uint32_t account;
	struct id job;
	enum result r;

	(void)unused;
	*stray = false;
	if (!parse_name(name, &account, &job))
		return OK;
	pool_init(&pool, POOL_MAX);
	r = work_get(vault->read.data, account, job, &pool, &row, err);
	*stray = r == ERR_NOT_FOUND || (r == OK && row.file_key == 0);
	pool_free(&pool);
	return r == ERR_NOT_FOUND ? OK : r;
}

enum result kept_remove_account(struct vault *vault, uint32_t account, struct err *err)
{
	return remove_those(vault, is_of_account, account, err);
}

enum result kept_settle(struct vault *vault, struct instant now, struct err *err)
{
	int64_t ended;
	enum result r = remove_those(vault, has_no_row, 0, err);

	if (r == OK)
		r = end_those(vault, now, is_missing, &ended, err);
	return r == OK && ended > 0 ? vault_scrub(vault, err) : r;
}
