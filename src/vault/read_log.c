/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two threads: one writes and syncs what was noted, and tells who waits; the
 * other, once a second or when there are many, makes leaves of it.
 *
 * What was noted lies in batches, each written at once.  A batch is dropped when
 * it is written and all in it are leaves.  No more than fits into one half of
 * the file may wait to become leaves: so when a half is full, all in the other
 * are leaves, and it can be begun again.
 */
#include "vault/read_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "store/account.h"
#include "vault/log_term.h"
#include "vault/read_frame.h"
#include "vault/vault.h"

#define BATCH_MAX ((size_t)256 * 1024)
#define WAITING_MAX (READ_HALF - BATCH_MAX) /* bytes that are no leaves yet */
#define FOLD_AFTER 1024                     /* so many, or */
#define FOLD_AFTER_S 1
#define FOLD_MAX 2048                       /* in one transaction, for which others wait */

struct batch {
	struct batch *next;
	uint64_t first, last;
	struct buf frames;
	bool written; /* or failed to be */
};

struct read_log {
	struct vault *vault;
	int fd;
	char path[VAULT_PATH_MAX];
	off_t at;     /* the keeper's: where it writes next */
	pthread_t keeper, folder;
	bool keeping, folding_too; /* which of them runs */
	pthread_mutex_t folding;   /* one at a time; taken before `lock` */
	pthread_mutex_t lock;      /* guards what follows */
	pthread_cond_t added, many, folded;
	struct batch *oldest, *newest; /* what is no leaf yet, or not written; the keeper has not taken the newest if `open` */
	bool open;                     /* the newest may grow */
	uint64_t next;                 /* number */
	uint64_t kept;                 /* on disk are those below */
	uint64_t leaves;               /* and in the log */
	uint64_t failed_from, failed;  /* could not be written, from the one to before the other, unless they are leaves */
	size_t waiting;                /* bytes that are no leaves yet */
	struct read_waiter *first_waiter, **last_waiter;
	struct err failure;            /* why */
	bool no_leaves;                /* the last try to make leaves failed */
	struct err no_leaves_why;
	bool stopping;
};

/* ---- where the log has got to ---- */

static enum result position(struct db *data, uint64_t *out, struct err *err)
{
	struct pool pool;
	const char *text;
	enum result r;

	*out = 1;
	pool_init(&pool, 4096);
	r = meta_get(data, READ_LOG_META, &pool, &text, err);
	if (r == OK)
		*out = strtoull(text, NULL, 10);
	if (r == OK && *out == 0)
		r = err_set(err, ERR_CORRUPT, "the vault does not say which reads are in its log");
	pool_free(&pool);
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result set_position(struct db *data, uint64_t next, struct err *err)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, next);
	return meta_set(data, READ_LOG_META, text, err);
}

/* ---- what a crash, or a daemon at work, has left in the file ---- */

struct recovery { struct db *data; struct leaf_run run; uint64_t next; };

static enum result see_one(void *arg, const struct read_frame *frame, struct err *err)
{
	struct recovery *recovery = arg;

	(void)err;
	recovery->next = frame->number + 1;
	return OK;
}

static enum result recover_one(void *arg, const struct read_frame *frame, struct err *err)
{
	struct recovery *recovery = arg;

	recovery->next = frame->number + 1;
	return leaf_run_append(&recovery->run, &frame->leaf, err);
}

static enum result recover_in(int fd, struct recovery *recovery, struct id vault, struct err *err)
{
	uint64_t from;
	enum result r = position(recovery->data, &from, err);

	recovery->next = from;
	if (r == OK)
		r = leaf_run_begin(recovery->data, &recovery->run, err);
	if (r == OK)
		r = read_frames(fd, vault, from, recover_one, recovery, err);
	return r == OK && recovery->next != from ? set_position(recovery->data, recovery->next, err) : r;
}

static enum result recover(int fd, struct recovery *recovery, struct id vault, struct err *err)
{
	enum result r = db_begin(recovery->data, err);

	if (r != OK)
		return r;
	r = recover_in(fd, recovery, vault, err);
	if (r == OK)
		return db_commit(recovery->data, err);
	db_rollback(recovery->data);
	return r;
}

enum result read_log_recover(const char *path, struct db *data, struct id vault, struct err *err)
{
	struct recovery recovery = {.data = data};
	uint64_t from;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum result r;

	if (fd < 0)
		return errno == ENOENT ? OK : err_sys(err, "cannot read %s", path);
	r = position(data, &from, err);
	recovery.next = from;
	/* Looked at first: most of the time there is nothing, and the writer need not be waited for. */
	if (r == OK)
		r = read_frames(fd, vault, from, see_one, &recovery, err);
	if (r == OK && recovery.next != from)
		r = recover(fd, &recovery, vault, err);
	close(fd);
	return r;
}

/* ---- noting ---- */

static struct batch *batch_new(uint64_t first)
{
	struct batch *batch = calloc(1, sizeof *batch);

	if (batch == NULL)
		return NULL;
	batch->first = first;
	batch->last = first - 1;
	buf_init(&batch->frames, BATCH_MAX + READ_FRAME_HEAD + ACT_LEAF_MAX);
	return batch;
}

/* The batch that grows. Locked. NULL: no memory. */
static struct batch *growing(struct read_log *log)
{
	struct batch *batch = log->newest;

	if (log->open && batch->frames.len < BATCH_MAX)
		return batch;
	batch = batch_new(log->next);
	if (batch == NULL)
		return NULL;
	if (log->newest != NULL)
		log->newest->next = batch;
	else
		log->oldest = batch;
	log->newest = batch;
	log->open = true;
	return batch;
}

static enum result add_frame(struct read_log *log, const struct leaf *leaf, uint64_t *number, struct err *err)
{
	const struct read_frame frame = {.number = log->next, .leaf = *leaf};
	struct batch *batch = growing(log);
	size_t before;

	if (batch == NULL)
		return err_no_memory(err);
	before = batch->frames.len;
	read_frame_add(&batch->frames, log->vault->id, &frame);
	if (batch->frames.failed) {
		batch->frames.failed = false;
		batch->frames.len = before;
		return err_no_memory(err);
	}
	batch->last = log->next;
	log->waiting += batch->frames.len - before;
	*number = log->next++;
	if (before == 0)
		pthread_cond_signal(&log->added);
	return OK;
}

/* Where nothing becomes leaves (a full disk), nobody waits for it. Locked. */
static enum result make_room(struct read_log *log, bool wait, struct err *err)
{
	while (log->waiting > WAITING_MAX && wait && !log->stopping && !log->no_leaves) {
		pthread_cond_signal(&log->many);
		pthread_cond_wait(&log->folded, &log->lock);
	}
	if (log->waiting <= WAITING_MAX)
		return OK;
	if (log->no_leaves) {
		*err = log->no_leaves_why;
		return err->code;
	}
	err_set(err, ERR_BUSY, "too many reads wait to become leaves of the log");
	return err_mend(err, "try again in a moment");
}

bool read_log_has_room(struct read_log *log)
{
	bool room;

	pthread_mutex_lock(&log->lock);
	room = log->waiting <= WAITING_MAX / 2;
	pthread_mutex_unlock(&log->lock);
	return room;
}

enum result read_log_add(struct read_log *log, const struct act *act, bool wait, uint64_t *number, struct err *err)
{
	struct leaf leaf = {.account = act->account, .at = act->at, .term = log_term_of(act->fields[0].text)};
	struct buf body;
	enum result r;

	buf_init(&body, ACT_LEAF_MAX);
	r = act_write(act, &body, err);
	leaf.body = body.data;
	leaf.body_len = body.len;
	pthread_mutex_lock(&log->lock);
	if (r == OK)
		r = make_room(log, wait, err);
	if (r == OK)
		r = add_frame(log, &leaf, number, err);
	pthread_mutex_unlock(&log->lock);
	buf_free(&body);
	return r;
}

/* ---- waiting ---- */

static bool has_failed(const struct read_log *log, uint64_t number)
{
	return number >= log->failed_from && number < log->failed && number >= log->leaves;
}

static void note_failure(struct read_log *log, const struct batch *batch, const struct err *err)
{
	log->failure = *err;
	if (log->failed <= log->leaves)
		log->failed_from = batch->first;
	log->failed = batch->last + 1;
}

void read_log_then(struct read_log *log, struct read_waiter *waiter)
{
	bool kept, failed;
	struct err err;

	waiter->next = NULL;
	pthread_mutex_lock(&log->lock);
	failed = has_failed(log, waiter->number);
	if (failed)
		err = log->failure;
	kept = !failed && waiter->number < log->kept;
	if (!kept && !failed) {
		*log->last_waiter = waiter;
		log->last_waiter = &waiter->next;
	}
	pthread_mutex_unlock(&log->lock);
	if (kept || failed)
		waiter->kept(waiter->arg, failed ? &err : NULL);
}

struct waiting { sem_t done; struct err *err; enum result result; };

static void tell(void *arg, const struct err *err)
{
	struct waiting *waiting = arg;

	waiting->result = err != NULL ? err->code : OK;
	if (err != NULL)
		*waiting->err = *err;
	INVARIANT(sem_post(&waiting->done) == 0);
}

enum result read_log_wait(struct read_log *log, uint64_t number, struct err *err)
{
	struct waiting waiting = {.err = err, .result = OK};
	struct read_waiter waiter = {.number = number, .kept = tell, .arg = &waiting};

	INVARIANT(sem_init(&waiting.done, 0, 0) == 0);
	read_log_then(log, &waiter);
	while (sem_wait(&waiting.done) != 0)
		INVARIANT(errno == EINTR);
	sem_destroy(&waiting.done);
	return waiting.result;
}

/* Takes those that wait for numbers up to `last` off the list: who noted first need not wait first. Locked. */
static struct read_waiter *waiters_until(struct read_log *log, uint64_t last)
{
	struct read_waiter **at = &log->first_waiter, *out = NULL, **end = &out;

	while (*at != NULL) {
		struct read_waiter *waiter = *at;

		if (waiter->number > last) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->next = NULL;
		*end = waiter;
		end = &waiter->next;
	}
	log->last_waiter = at;
	return out;
}

static void tell_all(struct read_waiter *waiter, const struct err *err)
{
	while (waiter != NULL) {
		struct read_waiter *next = waiter->next; /* it is gone once it was told */

		waiter->kept(waiter->arg, err);
		waiter = next;
	}
}

/* ---- keeping ---- */

static enum result write_at(int fd, const char *data, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t wrote = pwrite(fd, data, len, at);

		if (wrote < 0 && errno != EINTR)
			return ERR_IO;
		if (wrote > 0) {
			data += wrote;
			len -= (size_t)wrote;
			at += wrote;
		}
	}
	return OK;
}

/* What does not fit into this half begins the other. */
static enum result keep(struct read_log *log, const struct batch *batch, struct err *err)
{
	off_t end = log->at < (off_t)READ_HALF ? (off_t)READ_HALF : (off_t)(2 * READ_HALF);
	size_t len = batch->frames.len;

	if (log->at + (off_t)len > end)
		log->at = end % (off_t)(2 * READ_HALF);
	if (write_at(log->fd, batch->frames.data, len, log->at) != OK || fdatasync(log->fd) != 0)
		return err_sys(err, "cannot write %s", log->path);
	log->at += (off_t)len;
	return OK;
}

/* Written, and all leaves. Locked. */
static void drop_batches(struct read_log *log)
{
	while (log->oldest != NULL && log->oldest->written && log->oldest->last < log->leaves) {
		struct batch *batch = log->oldest;

		log->oldest = batch->next;
		if (log->oldest == NULL)
			log->newest = NULL;
		buf_free(&batch->frames);
		free(batch);
	}
}

/* The next that is to be written; NULL: none will be. Locked. */
static struct batch *next_batch(struct read_log *log)
{
	for (;;) {
		for (struct batch *batch = log->oldest; batch != NULL; batch = batch->next) {
			if (batch->written)
				continue;
			if (batch == log->newest)
				log->open = false;
			return batch;
		}
		if (log->stopping)
			return NULL;
		pthread_cond_wait(&log->added, &log->lock);
	}
}

static enum result fold_until(struct read_log *log, uint64_t until, struct err *err);

static void keep_one(struct read_log *log, struct batch *batch)
{
	struct read_waiter *waiters;
	struct err err, ignored;
	uint64_t last = batch->last;
	enum result r = keep(log, batch, &err);

	/* The log itself is on another file, and may well be written. */
	if (r != OK && fold_until(log, last + 1, &ignored) == OK)
		r = OK;
	pthread_mutex_lock(&log->lock);
	batch->written = true;
	if (r != OK)
		note_failure(log, batch, &err);
	log->kept = last + 1;
	pthread_cond_signal(&log->many);
	waiters = waiters_until(log, last);
	drop_batches(log);
	pthread_mutex_unlock(&log->lock);
	tell_all(waiters, r == OK ? NULL : &err);
}

static void *keeper_main(void *arg)
{
	struct read_log *log = arg;
	struct batch *batch;

	pthread_mutex_lock(&log->lock);
	while ((batch = next_batch(log)) != NULL) {
		pthread_mutex_unlock(&log->lock);
		keep_one(log, batch);
		pthread_mutex_lock(&log->lock);
	}
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

/* ---- folding ---- */

struct fold { const struct batch *oldest; struct leaf_run run; uint64_t until, next; }; /* batches from `until` on may be growing */

static enum result fold_frames(struct fold *fold, const struct batch *batch, uint64_t most, struct err *err)
{
	const unsigned char *data = (const unsigned char *)batch->frames.data;
	struct read_frame frame;
	enum result r = OK;

	for (size_t at = 0; r == OK && at < batch->frames.len; at += READ_FRAME_HEAD + frame.leaf.body_len) {
		INVARIANT(read_frame_head(data + at, &frame));
		frame.leaf.body = batch->frames.data + at + READ_FRAME_HEAD;
		if (frame.number < fold->next)
			continue;
		if (frame.number >= most)
			break;
		r = leaf_run_append(&fold->run, &frame.leaf, err);
		fold->next = frame.number + 1;
	}
	return r;
}

/* Another process may have been here: how far the log has got is read where it is written. */
static enum result fold_op(struct session *session, void *arg, struct err *err)
{
	struct fold *fold = arg;
	uint64_t most;
	enum result r = position(session->data, &fold->next, err);

	if (r == OK)
		r = leaf_run_begin(session->data, &fold->run, err);
	most = fold->next + FOLD_MAX < fold->until ? fold->next + FOLD_MAX : fold->until;
	for (const struct batch *batch = fold->oldest; r == OK && fold->next < most;) {
		if (batch->last >= fold->next)
			r = fold_frames(fold, batch, most, err);
		if (fold->next < most)
			batch = batch->next;
	}
	return r == OK ? set_position(session->data, fold->next, err) : r;
}

/* Batches whose bytes are all leaves make room. Locked. */
static void now_leaves(struct read_log *log, uint64_t next)
{
	for (const struct batch *batch = log->oldest; batch != NULL && batch->last < next; batch = batch->next) {
		if (batch->last >= log->leaves)
			log->waiting -= batch->frames.len;
	}
	log->leaves = next;
	drop_batches(log);
	pthread_cond_broadcast(&log->folded);
}

static enum result fold_some(struct read_log *log, uint64_t until, struct err *err)
{
	struct fold fold = {.until = until};
	enum result r;

	pthread_mutex_lock(&log->lock);
	fold.oldest = log->oldest;
	pthread_mutex_unlock(&log->lock);
	r = vault_write_quietly(log->vault, fold_op, &fold, err);
	if (r != OK)
		return r;
	pthread_mutex_lock(&log->lock);
	now_leaves(log, fold.next > log->leaves ? fold.next : log->leaves);
	pthread_mutex_unlock(&log->lock);
	return OK;
}

static uint64_t leaves_now(struct read_log *log)
{
	uint64_t leaves;

	pthread_mutex_lock(&log->lock);
	leaves = log->leaves;
	pthread_mutex_unlock(&log->lock);
	return leaves;
}

/* Of batches that grow no more. */
static enum result fold_until(struct read_log *log, uint64_t until, struct err *err)
{
	enum result r = OK;

	pthread_mutex_lock(&log->folding);
	while (r == OK && leaves_now(log) < until)
		r = fold_some(log, until, err);
	pthread_mutex_unlock(&log->folding);
	return r;
}

enum result read_log_fold(struct read_log *log, struct err *err)
{
	uint64_t until;

	pthread_mutex_lock(&log->lock);
	until = log->kept;
	pthread_mutex_unlock(&log->lock);
	return fold_until(log, until, err);
}

static struct timespec in_a_moment(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += FOLD_AFTER_S;
	return until;
}

/* Until many are on disk, or a second after one was. Locked. */
static void wait_for_some(struct read_log *log)
{
	struct timespec until;

	while (log->kept == log->leaves && !log->stopping)
		pthread_cond_wait(&log->many, &log->lock);
	until = in_a_moment();
	while (log->kept - log->leaves < FOLD_AFTER && log->waiting <= WAITING_MAX && !log->stopping &&
	       pthread_cond_timedwait(&log->many, &log->lock, &until) == 0)
		continue;
}

/* However many there are. Locked. */
static void wait_a_moment(struct read_log *log)
{
	struct timespec until = in_a_moment();

	while (!log->stopping && pthread_cond_timedwait(&log->many, &log->lock, &until) == 0)
		continue;
}

/* What cannot be folded now (no space) is in the file, and is tried again. */
static void *folder_main(void *arg)
{
	struct read_log *log = arg;
	struct err err;

	pthread_mutex_lock(&log->lock);
	while (!log->stopping) {
		enum result r;

		wait_for_some(log);
		pthread_mutex_unlock(&log->lock);
		r = read_log_fold(log, &err);
		pthread_mutex_lock(&log->lock);
		log->no_leaves = r != OK;
		if (r == OK)
			continue;
		log->no_leaves_why = err;
		pthread_cond_broadcast(&log->folded);
		wait_a_moment(log);
	}
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

/* ---- beginning and ending ---- */

/* Zeros that are written: what is synced later needs nothing but its own bytes. */
static enum result make_file(int fd, struct err *err)
{
	char *zeros = calloc(1, BATCH_MAX);
	enum result r = zeros != NULL ? OK : err_no_memory(err);

	for (off_t at = 0; r == OK && at < (off_t)(2 * READ_HALF); at += (off_t)BATCH_MAX) {
		if (write_at(fd, zeros, BATCH_MAX, at) != OK)
			r = err_sys(err, "cannot write the file of reads");
	}
	if (r == OK && fsync(fd) != 0)
		r = err_sys(err, "cannot sync the file of reads");
	free(zeros);
	return r;
}

static enum result open_file(struct read_log *log, struct err *err)
{
	enum result r = OK;

	vault_path(log->vault, READ_LOG_FILE, log->path);
	log->fd = open(log->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (log->fd < 0)
		return err_sys(err, "cannot open %s", log->path);
	/* All in it are leaves: opening the vault has seen to that. */
	if (lseek(log->fd, 0, SEEK_END) != (off_t)(2 * READ_HALF))
		r = make_file(log->fd, err);
	if (r == OK)
		r = file_sync_dir(log->vault->dir, err);
	if (r != OK) {
		err_where(err, "%s", log->path);
		unlink(log->path); /* it was not whole, and held nothing */
	}
	return r;
}

static enum result start_threads(struct read_log *log, struct err *err)
{
	int failed = pthread_create(&log->keeper, NULL, keeper_main, log);

	log->keeping = failed == 0;
	if (failed == 0) {
		failed = pthread_create(&log->folder, NULL, folder_main, log);
		log->folding_too = failed == 0;
	}
	return failed == 0 ? OK : err_set(err, ERR_LIMIT, "cannot start a thread of the file of reads: %s", strerror(failed));
}

static void init_locks(struct read_log *log)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&log->folding, NULL);
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->added, NULL);
	pthread_cond_init(&log->folded, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&log->many, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

enum result read_log_open(struct vault *vault, struct read_log **out, struct err *err)
{
	struct read_log *log = calloc(1, sizeof *log);
	enum result r;

	if (log == NULL)
		return err_no_memory(err);
	log->vault = vault;
	log->fd = -1;
	log->last_waiter = &log->first_waiter;
	init_locks(log);
	r = open_file(log, err);
	if (r == OK)
		r = position(vault->read.data, &log->next, err);
	log->kept = log->leaves = log->next;
	if (r == OK)
		r = start_threads(log, err);
	if (r == OK)
		*out = log;
	else
		read_log_close(log);
	return r;
}

static void stop_threads(struct read_log *log)
{
	pthread_mutex_lock(&log->lock);
	log->stopping = true;
	pthread_cond_broadcast(&log->added);
	pthread_cond_broadcast(&log->many);
	pthread_cond_broadcast(&log->folded);
	pthread_mutex_unlock(&log->lock);
	if (log->keeping)
		pthread_join(log->keeper, NULL);
	if (log->folding_too)
		pthread_join(log->folder, NULL);
}

/* Nothing in it is needed: the next to open the vault sees that at once. */
static void begin_anew(const struct read_log *log)
{
	static const char zeros[READ_FRAME_HEAD];

	if (write_at(log->fd, zeros, sizeof zeros, 0) == OK && write_at(log->fd, zeros, sizeof zeros, (off_t)READ_HALF) == OK)
		fdatasync(log->fd);
}

void read_log_close(struct read_log *log)
{
	struct err ignored;

	if (log == NULL)
		return;
	stop_threads(log);
	if (log->keeping && fold_until(log, log->next, &ignored) == OK)
		begin_anew(log);
	log->leaves = log->next;
	for (struct batch *batch = log->oldest; batch != NULL; batch = batch->next)
		batch->written = true;
	drop_batches(log);
	if (log->fd >= 0)
		close(log->fd);
	pthread_cond_destroy(&log->added);
	pthread_cond_destroy(&log->many);
	pthread_cond_destroy(&log->folded);
	pthread_mutex_destroy(&log->lock);
	pthread_mutex_destroy(&log->folding);
	free(log);
}
