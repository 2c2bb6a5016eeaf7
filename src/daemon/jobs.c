/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/jobs.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/thread.h"
#include "privacy/resume.h"
#include "vault/kept.h"

#define THREADS_MAX 64
#define LOOK_AGAIN_MS 5000 /* a disk that was full may have room */
#define TELL_MS 200
#define EXPIRE_MS 60000
#define POOL_MAX ((size_t)64 * 1024 * 1024)

struct hand {
	struct jobs *jobs;
	pthread_t thread;
	bool started;
	struct desk desk;
	struct vault **views;
	struct id at; /* the job it is at; zero: none */
};

struct jobs {
	struct jobs_settings settings;
	pthread_mutex_t lock; /* guards each hand's `at`, `news` and `turns` */
	pthread_cond_t woken;
	atomic_bool stopping;
	uint64_t news; /* how often there was something new */
	int64_t *turns; /* of each region: the account whose job was taken last; -1: none */
	struct hand hands[THREADS_MAX + 2]; /* the last two tell who watches, and end files and what failed half-way */
};

static bool is_stopping(void *arg)
{
	const struct hand *hand = arg;

	return atomic_load(&hand->jobs->stopping);
}

static struct instant clock_now(void *arg)
{
	const struct hand *hand = arg;

	return hand->jobs->settings.now(hand->jobs->settings.arg);
}

/* ---- which is next ---- */

static bool somebody_is_at(const struct jobs *jobs, struct id id)
{
	for (int i = 0; i < jobs->settings.threads; i++) {
		if (id_compare(jobs->hands[i].at, id) == 0)
			return true;
	}
	return false;
}

/* Under the lock: what this hand takes no other does. */
static bool take_of(struct hand *hand, size_t region, uint32_t account, struct pool *pool, struct work_row *out)
{
	struct work_row *rows = pool_alloc(pool, (THREADS_MAX + 1) * sizeof *rows);
	struct err err;
	size_t count = 0;

	if (rows == NULL ||
	    work_list_open(hand->views[region]->read.data, account, pool, rows, THREADS_MAX + 1, &count, &err) != OK)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (somebody_is_at(hand->jobs, rows[i].id))
			continue;
		*out = rows[i];
		hand->at = rows[i].id;
		return true;
	}
	return false;
}

/* Accounts take turns: the one after that whose job was taken last, and so on round to that one. */
static bool take_from(struct hand *hand, size_t region, struct pool *pool, struct work_row *out)
{
	int64_t *turn = &hand->jobs->turns[region], at = *turn;
	bool found = true, round = false;
	uint32_t account;
	struct err err;

	for (;;) {
		if (work_next_account(hand->views[region]->read.data, at, &found, &account, &err) != OK ||
		    (round && (!found || account > *turn)))
			return false;
		round = round || !found;
		at = found ? (int64_t)account : -1;
		if (found && take_of(hand, region, account, pool, out)) {
			*turn = at;
			return true;
		}
	}
}

static bool take(struct hand *hand, struct pool *pool, struct work_row *out, size_t *region)
{
	bool found = false;

	pthread_mutex_lock(&hand->jobs->lock);
	for (*region = 0; *region < hand->desk.count && !found; *region += !found)
		found = take_from(hand, *region, pool, out);
	pthread_mutex_unlock(&hand->jobs->lock);
	return found;
}

static void leave(struct hand *hand)
{
	pthread_mutex_lock(&hand->jobs->lock);
	hand->at = (struct id){{0}};
	pthread_mutex_unlock(&hand->jobs->lock);
}

static uint64_t news_of(struct jobs *jobs)
{
	uint64_t news;

	pthread_mutex_lock(&jobs->lock);
	news = jobs->news;
	pthread_mutex_unlock(&jobs->lock);
	return news;
}

/* Until there is something new since `seen`, or that long. */
static void wait_for_news(struct jobs *jobs, uint64_t seen, int64_t wait_ms)
{
	struct timespec until = monotonic_at(monotonic_ms() + wait_ms);
	int waited = 0;

	pthread_mutex_lock(&jobs->lock);
	while (jobs->news == seen && !atomic_load(&jobs->stopping) && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&jobs->woken, &jobs->lock, &until);
	pthread_mutex_unlock(&jobs->lock);
}

/* That long, or until the daemon stops. */
static void rest(struct jobs *jobs, int64_t wait_ms)
{
	struct timespec until = monotonic_at(monotonic_ms() + wait_ms);
	int waited = 0;

	pthread_mutex_lock(&jobs->lock);
	while (!atomic_load(&jobs->stopping) && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&jobs->woken, &jobs->lock, &until);
	pthread_mutex_unlock(&jobs->lock);
}

/* ---- a thread ---- */

/* False: there was nothing to do, or it could not be done. */
static bool do_next(struct hand *hand)
{
	const struct jobs_settings *settings = &hand->jobs->settings;
	const struct work_runner runner = {.desk = &hand->desk, .vaults = settings->vaults, .router = settings->router,
					   .first_route = settings->first_route, .stopping = is_stopping,
					   .now = clock_now, .arg = hand};
	struct work_row row;
	struct pool pool;
	size_t region;
	bool found, ended = false;

	pool_init(&pool, POOL_MAX);
	found = take(hand, &pool, &row, &region);
	if (found) {
		ended = work_run(&runner, region, &row);
		leave(hand);
	}
	pool_free(&pool);
	return found && ended;
}

static void *work(void *arg)
{
	struct hand *hand = arg;

	while (!atomic_load(&hand->jobs->stopping)) {
		uint64_t seen = news_of(hand->jobs);

		if (!do_next(hand))
			wait_for_news(hand->jobs, seen, LOOK_AGAIN_MS);
	}
	return NULL;
}

/* Files whose time is over; what cannot be done now is tried again. */
static void expire(struct hand *hand, size_t region)
{
	struct err err;
	int64_t ended;
	enum result r = kept_expire(hand->views[region], clock_now(hand), &ended, &err);

	if (r != OK)
		log_event(LOG_WARNING, "job.expire", LOG_RESULT("why", r));
	if (ended > 0)
		log_event(LOG_INFO, "job.expire", LOG_INT("files", ended));
}

/* What the disk was full for, say. */
static void finish(struct hand *hand, size_t region)
{
	struct err err;
	int64_t done;
	enum result r = resume_unfinished(hand->views[region], clock_now(hand), &done, &err);

	if (r != OK)
		log_event(LOG_WARNING, "job.go_on", LOG_RESULT("why", r));
	if (done > 0)
		log_event(LOG_INFO, "job.go_on", LOG_INT("done", done));
}

static void *expire_all(void *arg)
{
	struct hand *hand = arg;
	struct jobs *jobs = hand->jobs;
	int64_t next = 0;

	while (!atomic_load(&jobs->stopping)) {
		bool due = monotonic_ms() >= next;

		for (size_t i = 0; i < hand->desk.count && !atomic_load(&jobs->stopping); i++) {
			if (due)
				expire(hand, i);
			finish(hand, i);
		}
		if (due)
			next = monotonic_ms() + EXPIRE_MS;
		rest(jobs, LOOK_AGAIN_MS);
	}
	return NULL;
}

static void *tell(void *arg)
{
	struct hand *hand = arg;
	struct jobs *jobs = hand->jobs;

	while (!atomic_load(&jobs->stopping)) {
		uint64_t seen = news_of(jobs);
		bool any = work_watchers_tell(jobs->settings.watchers, hand->desk.views, hand->desk.count);

		wait_for_news(jobs, seen, any ? TELL_MS : LOOK_AGAIN_MS);
	}
	return NULL;
}

/* ---- beginning and ending ---- */

static enum result open_hand(struct jobs *jobs, struct hand *hand, void *(*run)(void *arg), struct err *err)
{
	size_t count = jobs->settings.count;
	enum result r = OK;

	hand->jobs = jobs;
	hand->views = calloc(count, sizeof *hand->views);
	if (hand->views == NULL)
		return err_no_memory(err);
	hand->desk = (struct desk){.views = hand->views, .keep_files = jobs->settings.keep_files};
	for (; r == OK && hand->desk.count < count; hand->desk.count += r == OK)
		r = vault_view(jobs->settings.vaults[hand->desk.count], &hand->views[hand->desk.count], err);
	if (r == OK)
		r = thread_start(&hand->thread, run, hand, err);
	hand->started = r == OK;
	return r;
}

static void close_hand(struct hand *hand)
{
	if (hand->started)
		pthread_join(hand->thread, NULL);
	for (size_t i = 0; i < hand->desk.count; i++)
		vault_close(hand->views[i]);
	free(hand->views);
}

static void init_locks(struct jobs *jobs)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&jobs->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&jobs->woken, &attr);
	pthread_condattr_destroy(&attr);
}

enum result jobs_start(const struct jobs_settings *settings, struct jobs **out, struct err *err)
{
	struct jobs *jobs = calloc(1, sizeof *jobs);
	enum result r = OK;

	if (jobs == NULL)
		return err_no_memory(err);
	INVARIANT(settings->threads >= 1 && settings->threads <= THREADS_MAX);
	jobs->settings = *settings;
	init_locks(jobs);
	jobs->turns = calloc(settings->count, sizeof *jobs->turns);
	if (jobs->turns == NULL)
		r = err_no_memory(err);
	for (size_t i = 0; i < settings->count && r == OK; i++)
		jobs->turns[i] = -1;
	for (int i = 0; i < settings->threads && r == OK; i++)
		r = open_hand(jobs, &jobs->hands[i], work, err);
	if (r == OK)
		r = open_hand(jobs, &jobs->hands[settings->threads], tell, err);
	if (r == OK)
		r = open_hand(jobs, &jobs->hands[settings->threads + 1], expire_all, err);
	if (r == OK)
		*out = jobs;
	else
		jobs_stop(jobs);
	return r;
}

void jobs_wake(void *arg)
{
	struct jobs *jobs = arg;

	pthread_mutex_lock(&jobs->lock);
	jobs->news++;
	pthread_cond_broadcast(&jobs->woken);
	pthread_mutex_unlock(&jobs->lock);
}

void jobs_stop(struct jobs *jobs)
{
	if (jobs == NULL)
		return;
	atomic_store(&jobs->stopping, true);
	jobs_wake(jobs);
	for (int i = 0; i < jobs->settings.threads + 2; i++)
		close_hand(&jobs->hands[i]);
	pthread_cond_destroy(&jobs->woken);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs->turns);
	free(jobs);
}
