/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two threads.  The keeper writes and syncs what was noted, and tells who waits;
 * the folder, twice a second or when there are many, makes leaves of it.
 *
 * With READS_SYNC_SECOND who notes writes it to the file, and nobody waits; the
 * keeper syncs what is no leaf after a second, so nearly always nothing.  But what
 * cannot be written so, or comes while the disk is two seconds behind, goes the
 * other way and is waited for; and when many are no leaves yet, who comes is
 * answered as they become leaves, so that readers do not outrun the log.
 * It is written with `lock` held, so that the file has them in the order of their
 * numbers: where a file system lets a write wait, all that note wait with it.
 *
 * What was noted lies in batches, each written at once or as it grows.  A batch is
 * dropped when it is written and all in it are leaves.  No more than fits into one
 * half of the file may wait to become leaves: so when a half is full, all in the
 * other are leaves, and it can be begun again.
 */
#include "vault/read_log.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "vault/log_term.h"
#include "vault/read_file.h"
#include "vault/read_frame.h"
#include "vault/read_recover.h"
#include "vault/vault.h"

#define BATCH_MAX ((size_t)256 * 1024)
#define WAITING_MAX (READ_HALF - BATCH_MAX) /* bytes that are no leaves yet */
#define FOLD_AFTER 1024                     /* so many, or */
#define FOLD_AFTER_MS 500
#define SYNC_AFTER_MS 1000                  /* what is no leaf by then */
#define BEHIND_MS 2000                      /* from then on they wait for the disk */
#define FOLD_MAX 2048                       /* in one transaction, for which others wait */
#define PAST_ALL (2 * READ_HALF / READ_FRAME_HEAD) /* by so much at most a number in the file is above the position */
#define AHEAD 4096                          /* so many are kept and no leaves, and more have to wait */

struct batch {
	struct batch *next;
	uint64_t first, last;
	struct buf frames;
	size_t written; /* bytes, or failed to be */
};

struct read_log {
	struct vault *vault;
	struct read_file file; /* written by the keeper while there is what it has not written, else under `lock` */
	char path[VAULT_PATH_MAX];
	enum reads_sync sync;
	pthread_t keeper, folder;
	bool keeping, folding_too; /* which of them runs */
	uint64_t unsure;           /* the keeper's: below it those that are no leaves may be on no disk, whatever is synced */
	pthread_mutex_t folding;   /* one at a time; taken before `lock` */
	pthread_mutex_t lock;      /* guards what follows */
	pthread_cond_t added, many, folded;
	struct batch *oldest, *newest; /* what is no leaf yet, or not written; the keeper has not taken the newest if `open` */
	bool open;                     /* the newest may grow */
	uint64_t next;                 /* number */
	uint64_t written;              /* in the file are those below, or they have failed; on disk unless that is for later */
	uint64_t on_disk;              /* surely */
	uint64_t leaves;               /* in the log */
	uint64_t kept;                 /* and these are answered */
	int64_t loose_since_ms;        /* monotonic, when the first of those that are written and not on disk came, or before; 0: none */
	bool careful;                  /* something failed: until something is on disk again they wait for it */
	uint64_t failed_from, failed;  /* could not be written, from the one to before the other, unless they are leaves */
	size_t waiting;                /* bytes that are no leaves yet */
	struct read_waiter *first_waiter, **last_waiter;
	struct err failure;            /* why */
	bool no_leaves;                /* the last try to make leaves failed */
	struct err no_leaves_why;
	bool stopping;
};

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

/* May it be written here and now? Not before what the keeper still has to write. Locked. */
static bool goes_at_once(const struct read_log *log)
{
	return log->sync == READS_SYNC_SECOND && log->written == log->next && !log->careful &&
	       (log->loose_since_ms == 0 || monotonic_ms() - log->loose_since_ms < BEHIND_MS);
}

/* Those that may be answered now. Locked. */
static void count_kept(struct read_log *log)
{
	uint64_t most = log->leaves + AHEAD;

	if (log->sync == READS_SYNC_ANSWER || log->no_leaves || most > log->written)
		most = log->written;
	if (most > log->kept)
		log->kept = most;
}

static bool write_rest(struct read_log *log, const struct batch *batch)
{
	return read_file_write(&log->file, batch->frames.data + batch->written, batch->frames.len - batch->written);
}

/* Is it kept? What cannot be written is the keeper's to try. Locked. */
static bool write_at_once(struct read_log *log, struct batch *batch)
{
	if (!write_rest(log, batch)) {
		log->careful = true;
		return false;
	}
	batch->written = batch->frames.len;
	log->written = batch->last + 1;
	if (log->loose_since_ms == 0) {
		log->loose_since_ms = monotonic_ms();
		pthread_cond_signal(&log->added);
	}
	if (log->written - log->leaves == 1 || log->written - log->leaves == FOLD_AFTER)
		pthread_cond_signal(&log->many);
	count_kept(log);
	return log->kept == log->written;
}

static enum result add_frame(struct read_log *log, const struct leaf *leaf, uint64_t *number, struct err *err)
{
	const struct read_frame frame = {.number = log->next, .leaf = *leaf};
	bool at_once = goes_at_once(log);
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
	if (at_once && write_at_once(log, batch))
		*number = 0;
	else if (batch->written <= before) /* for the keeper, which may sleep */
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

/* Takes those that wait for numbers below `below` off the list: who noted first need not wait first. Locked. */
static struct read_waiter *waiters_below(struct read_log *log, uint64_t below)
{
	struct read_waiter **at = &log->first_waiter, *out = NULL, **end = &out;

	while (*at != NULL) {
		struct read_waiter *waiter = *at;

		if (waiter->number >= below) {
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

/* `err`, or NULL, is of those from `first` on. */
static void tell_all(struct read_waiter *waiter, uint64_t first, const struct err *err)
{
	while (waiter != NULL) {
		struct read_waiter *next = waiter->next; /* it is gone once it was told */

		waiter->kept(waiter->arg, waiter->number >= first ? err : NULL);
		waiter = next;
	}
}

/* ---- keeping ---- */

static uint64_t leaves_now(struct read_log *log)
{
	uint64_t leaves;

	pthread_mutex_lock(&log->lock);
	leaves = log->leaves;
	pthread_mutex_unlock(&log->lock);
	return leaves;
}

/* Is all that was written on disk? What a sync that failed did not write the next one passes over, and succeeds: then
 * all up to there have to be leaves first. The keeper's. */
static bool sync_file(struct read_log *log)
{
	int why = read_file_sync(&log->file) ? 0 : errno;

	if (why != 0) {
		pthread_mutex_lock(&log->lock);
		log->unsure = log->next;
		pthread_mutex_unlock(&log->lock);
	}
	errno = why != 0 ? why : EIO;
	return log->unsure <= leaves_now(log);
}

static enum result keep(struct read_log *log, const struct batch *batch, struct err *err)
{
	if (!write_rest(log, batch) || !sync_file(log))
		return err_sys(err, "cannot write %s", log->path);
	return OK;
}

static bool is_written(const struct batch *batch)
{
	return batch->written == batch->frames.len;
}

/* Written, and all leaves. Locked. */
static void drop_batches(struct read_log *log)
{
	while (log->oldest != NULL && is_written(log->oldest) && log->oldest->last < log->leaves) {
		struct batch *batch = log->oldest;

		log->oldest = batch->next;
		if (log->oldest == NULL) {
			log->newest = NULL;
			log->open = false;
		}
		buf_free(&batch->frames);
		free(batch);
	}
}

/* All below `until` are on disk; what came since `began_ms` may not be. Locked. */
static void note_on_disk(struct read_log *log, uint64_t until, int64_t began_ms)
{
	if (until <= log->on_disk)
		return;
	log->on_disk = until;
	log->loose_since_ms = log->written > until ? began_ms : 0;
	if (log->loose_since_ms != 0) /* the keeper may wait without an end */
		pthread_cond_signal(&log->added);
}

static enum result fold_until(struct read_log *log, uint64_t until, struct err *err);

/* Of what was written and not waited for. Locked. */
static void sync_loose(struct read_log *log)
{
	uint64_t until = log->written;
	int64_t began_ms = monotonic_ms();
	struct err ignored;
	bool synced;

	pthread_mutex_unlock(&log->lock);
	synced = sync_file(log) || fold_until(log, until, &ignored) == OK;
	pthread_mutex_lock(&log->lock);
	if (synced)
		note_on_disk(log, until, began_ms);
	else
		log->careful = true;
	if (!synced && !log->stopping) /* and try again then */
		log->loose_since_ms = began_ms;
}

/* Locked. */
static void wait_for_more(struct read_log *log)
{
	const struct timespec until = monotonic_at(log->loose_since_ms + SYNC_AFTER_MS);

	if (log->loose_since_ms == 0)
		pthread_cond_wait(&log->added, &log->lock);
	else if (pthread_cond_timedwait(&log->added, &log->lock, &until) == ETIMEDOUT && log->loose_since_ms != 0 &&
		 monotonic_ms() - log->loose_since_ms >= SYNC_AFTER_MS)
		sync_loose(log);
}

/* The next that is to be written; NULL: none will be. Locked. */
static struct batch *next_batch(struct read_log *log)
{
	for (;;) {
		for (struct batch *batch = log->oldest; batch != NULL; batch = batch->next) {
			if (is_written(batch))
				continue;
			if (batch == log->newest)
				log->open = false;
			return batch;
		}
		if (log->stopping)
			return NULL;
		wait_for_more(log);
	}
}

static void keep_one(struct read_log *log, struct batch *batch)
{
	struct read_waiter *waiters;
	struct err err, ignored;
	uint64_t first = batch->first, last = batch->last;
	int64_t began_ms = monotonic_ms();
	enum result r = keep(log, batch, &err);
	bool synced = r == OK;

	/* The log itself is on another file, and may well be written. */
	if (r != OK && fold_until(log, last + 1, &ignored) == OK)
		r = OK;
	pthread_mutex_lock(&log->lock);
	batch->written = batch->frames.len;
	if (r != OK)
		note_failure(log, batch, &err);
	log->written = last + 1;
	log->careful = !synced;
	if (r == OK)
		note_on_disk(log, log->written, began_ms);
	pthread_cond_signal(&log->many);
	count_kept(log);
	if (r != OK)
		log->kept = log->written;
	waiters = waiters_below(log, log->kept);
	drop_batches(log);
	pthread_mutex_unlock(&log->lock);
	tell_all(waiters, first, r == OK ? NULL : &err);
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

/* Batches from `until` on may be growing. */
struct fold { struct read_log *log; const struct batch *oldest; struct leaf_run run; uint64_t until, next; };

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
static enum result how_far(struct session *session, struct fold *fold, struct err *err)
{
	bool noted;
	enum result r = read_position(session->data, &fold->next, err);

	if (r != OK)
		return r;
	pthread_mutex_lock(&fold->log->lock);
	noted = fold->next <= fold->log->next;
	pthread_mutex_unlock(&fold->log->lock);
	if (noted)
		return OK;
	err_set(err, ERR_CORRUPT, "the vault says of reads that nobody has noted yet that they are in its log");
	err_where(err, "%s", fold->log->path);
	return err_mend(err, "stop what changes the vault besides lethe, and start the daemon again");
}

static enum result fold_op(struct session *session, void *arg, struct err *err)
{
	struct fold *fold = arg;
	uint64_t most;
	enum result r = how_far(session, fold, err);

	if (r == OK)
		r = leaf_run_begin(session->data, &fold->run, err);
	most = fold->next + FOLD_MAX < fold->until ? fold->next + FOLD_MAX : fold->until;
	for (const struct batch *batch = fold->oldest; r == OK && fold->next < most;) {
		if (batch->last >= fold->next)
			r = fold_frames(fold, batch, most, err);
		if (r == OK && fold->next < most)
			batch = batch->next;
	}
	if (r == OK)
		r = leaf_run_end(&fold->run, err);
	return r == OK ? read_set_position(session->data, fold->next, err) : r;
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
	struct fold fold = {.log = log, .until = until};
	struct read_waiter *waiters;
	enum result r;

	pthread_mutex_lock(&log->lock);
	/* Those before it may go meanwhile. */
	for (fold.oldest = log->oldest; fold.oldest != NULL && fold.oldest->last < log->leaves;)
		fold.oldest = fold.oldest->next;
	if (log->newest != NULL && log->newest->first < until)
		log->open = false;
	pthread_mutex_unlock(&log->lock);
	r = vault_write_quietly(log->vault, fold_op, &fold, err);
	if (r != OK)
		return r;
	pthread_mutex_lock(&log->lock);
	now_leaves(log, fold.next > log->leaves ? fold.next : log->leaves);
	count_kept(log);
	waiters = waiters_below(log, log->kept);
	pthread_mutex_unlock(&log->lock);
	tell_all(waiters, 0, NULL);
	return OK;
}

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
	int64_t began_ms = monotonic_ms();
	uint64_t until;
	enum result r;

	pthread_mutex_lock(&log->lock);
	until = log->written;
	pthread_mutex_unlock(&log->lock);
	r = fold_until(log, until, err);
	pthread_mutex_lock(&log->lock);
	if (r == OK)
		note_on_disk(log, until, began_ms);
	pthread_mutex_unlock(&log->lock);
	return r;
}

/* Until many are written, or half a second after one was. Locked. */
static void wait_for_some(struct read_log *log)
{
	struct timespec until;

	while (log->written == log->leaves && !log->stopping)
		pthread_cond_wait(&log->many, &log->lock);
	until = monotonic_at(monotonic_ms() + FOLD_AFTER_MS);
	while (log->written - log->leaves < FOLD_AFTER && log->waiting <= WAITING_MAX && !log->stopping &&
	       pthread_cond_timedwait(&log->many, &log->lock, &until) == 0)
		continue;
}

/* However many there are. Locked. */
static void wait_a_moment(struct read_log *log)
{
	struct timespec until = monotonic_at(monotonic_ms() + FOLD_AFTER_MS);

	while (!log->stopping && pthread_cond_timedwait(&log->many, &log->lock, &until) == 0)
		continue;
}

/* Nobody waits for what does not happen. Locked, but not while they are told. */
static void give_up(struct read_log *log, const struct err *why)
{
	struct read_waiter *waiters;

	log->no_leaves = true;
	log->no_leaves_why = *why;
	count_kept(log);
	waiters = waiters_below(log, log->kept);
	pthread_cond_broadcast(&log->folded);
	pthread_mutex_unlock(&log->lock);
	tell_all(waiters, 0, NULL);
	pthread_mutex_lock(&log->lock);
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
		log->no_leaves = false;
		if (r == OK)
			continue;
		give_up(log, &err);
		wait_a_moment(log);
	}
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

/* ---- beginning and ending ---- */

static enum result start_threads(struct read_log *log, struct err *err)
{
	int failed = pthread_create(&log->keeper, NULL, keeper_main, log);

	log->keeping = failed == 0;
	if (failed == 0) {
		failed = pthread_create(&log->folder, NULL, folder_main, log);
		log->folding_too = failed == 0;
	}
	return failed == 0 ? OK : err_no_thread(err, failed);
}

static void init_locks(struct read_log *log)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&log->folding, NULL);
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->folded, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&log->added, &monotonic);
	pthread_cond_init(&log->many, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

/* Who opens the vault after the machine went down is to know that the last moment may be missing. */
static enum result not_loose_op(struct session *session, void *arg, struct err *err)
{
	(void)arg;
	return read_set_loose(session->data, false, err);
}

/* Behind what a power cut tore there may be whole frames, never to follow on new ones: none of their numbers comes again. */
static enum result begin_op(struct session *session, void *arg, struct err *err)
{
	struct read_log *log = arg;
	enum result r = read_position(session->data, &log->next, err);

	log->next += PAST_ALL;
	if (r == OK)
		r = read_set_position(session->data, log->next, err);
	return r == OK && log->sync == READS_SYNC_SECOND ? read_set_loose(session->data, true, err) : r;
}

enum result read_log_open(struct vault *vault, enum reads_sync sync, struct read_log **out, struct err *err)
{
	struct read_log *log = calloc(1, sizeof *log);
	enum result r;

	if (log == NULL)
		return err_no_memory(err);
	log->vault = vault;
	log->sync = sync;
	log->file.fd = -1;
	log->last_waiter = &log->first_waiter;
	init_locks(log);
	r = read_file_open(&log->file, vault->dir, vault_path(vault, READ_LOG_FILE, log->path), err);
	if (r == OK)
		r = vault_write_quietly(vault, begin_op, log, err);
	log->written = log->kept = log->on_disk = log->leaves = log->next;
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

/* What cannot become leaves now stays in the file. */
static void finish(struct read_log *log)
{
	struct err ignored;
	enum result r = fold_until(log, log->next, &ignored);

	if (r == OK)
		read_file_clear(&log->file);
	if (log->sync == READS_SYNC_SECOND && (r == OK || sync_file(log)) &&
	    vault_write_quietly(log->vault, not_loose_op, NULL, &ignored) != OK)
		return; /* then it is said once more than is needed that something may be missing */
}

void read_log_close(struct read_log *log)
{
	if (log == NULL)
		return;
	stop_threads(log);
	if (log->keeping)
		finish(log);
	log->leaves = log->next;
	for (struct batch *batch = log->oldest; batch != NULL; batch = batch->next)
		batch->written = batch->frames.len;
	drop_batches(log);
	read_file_close(&log->file);
	pthread_cond_destroy(&log->added);
	pthread_cond_destroy(&log->many);
	pthread_cond_destroy(&log->folded);
	pthread_mutex_destroy(&log->lock);
	pthread_mutex_destroy(&log->folding);
	free(log);
}
