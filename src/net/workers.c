/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "net/shares.h"
#include "net/thread.h"

struct workers {
	struct workers_settings settings;
	pthread_mutex_t lock; /* guards what follows, up to the threads */
	pthread_cond_t queued;
	struct job *first, **last;
	size_t waiting, busy;
	struct shares *queue, *running, *claims; /* of those that wait, of those that run, and of the threads */
	int begun; /* threads that have taken their number */
	bool stopping;
	int count;
	pthread_t threads[];
};

/* The oldest of those whose owner has fewest running: who has many waiting keeps nobody else's behind them. */
static struct job **choose(struct workers *workers)
{
	struct job **best = &workers->first;
	size_t fewest = shares_of(workers->running, (*best)->owner);

	for (struct job **at = &(*best)->next; *at && fewest > 0; at = &(*at)->next) {
		size_t running = shares_of(workers->running, (*at)->owner);

		if (running < fewest) {
			best = at;
			fewest = running;
		}
	}
	return best;
}

/* The next job; NULL when there will be none. */
static struct job *next_job(struct workers *workers, bool *cancelled)
{
	struct job *job, **at;
	bool counted;

	while (!workers->first && !workers->stopping)
		pthread_cond_wait(&workers->queued, &workers->lock);
	*cancelled = workers->stopping;
	if (!workers->first)
		return NULL;
	at = choose(workers);
	job = *at;
	*at = job->next;
	if (!*at)
		workers->last = at;
	workers->waiting--;
	shares_give(workers->queue, job->owner);
	counted = shares_take(workers->running, job->owner, (size_t)workers->settings.threads);
	INVARIANT(counted);
	return job;
}

/* Without the lock; the job is nobody's any more when it returns. */
static uint64_t run(struct job *job, void *context, bool cancelled)
{
	uint64_t claim = 0;

	/* cppcheck-suppress autoVariables ; nobody looks at it once run() is through */
	job->claim = &claim;
	job->run(job, cancelled ? NULL : context, cancelled);
	return claim;
}

static void *work(void *arg)
{
	struct workers *workers = arg;
	const struct workers_settings *settings = &workers->settings;
	void *context = NULL;
	struct job *job;
	bool cancelled;
	int number;

	pthread_mutex_lock(&workers->lock);
	number = settings->first + workers->begun++;
	pthread_mutex_unlock(&workers->lock);
	if (settings->begin)
		context = settings->begin(settings->arg, number);
	pthread_mutex_lock(&workers->lock);
	while ((job = next_job(workers, &cancelled)) != NULL) {
		uint64_t owner = job->owner, claim;

		workers->busy++;
		pthread_mutex_unlock(&workers->lock);
		claim = run(job, context, cancelled);
		pthread_mutex_lock(&workers->lock);
		workers->busy--;
		shares_give(workers->running, owner);
		shares_give(workers->claims, claim);
	}
	pthread_mutex_unlock(&workers->lock);
	if (settings->end)
		settings->end(settings->arg, context);
	return NULL;
}

enum result workers_start(const struct workers_settings *settings, struct workers **out, struct err *err)
{
	struct workers *workers = calloc(1, sizeof *workers + (size_t)settings->threads * sizeof *workers->threads);

	*out = NULL;
	if (!workers)
		return err_no_memory(err);
	workers->settings = *settings;
	workers->last = &workers->first;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->queued, NULL);
	workers->queue = shares_new(settings->queue_max);
	workers->running = shares_new((size_t)settings->threads);
	workers->claims = shares_new((size_t)settings->threads);
	if (!workers->queue || !workers->running || !workers->claims) {
		workers_free(workers);
		return err_no_memory(err);
	}
	for (; workers->count < settings->threads; workers->count++) {
		enum result r = thread_start(&workers->threads[workers->count], work, workers, err);

		if (r) {
			workers_free(workers);
			return r;
		}
	}
	*out = workers;
	return OK;
}

/* Under the lock. */
static enum submitted take_place(struct workers *workers, uint64_t owner)
{
	const struct workers_settings *settings = &workers->settings;

	if (workers->stopping || workers->waiting >= settings->queue_max)
		return SUBMIT_FULL;
	if (settings->all_claim && shares_of(workers->claims, owner) >= shares_half((size_t)settings->threads))
		return SUBMIT_SHARE;
	return shares_take(workers->queue, owner, shares_half(settings->queue_max)) ? SUBMITTED : SUBMIT_SHARE;
}

enum submitted workers_submit(struct workers *workers, struct job *job)
{
	enum submitted submitted;

	job->next = NULL;
	pthread_mutex_lock(&workers->lock);
	submitted = take_place(workers, job->owner);
	if (submitted == SUBMITTED) {
		*workers->last = job;
		workers->last = &job->next;
		workers->waiting++;
		pthread_cond_signal(&workers->queued);
	}
	pthread_mutex_unlock(&workers->lock);
	return submitted;
}

bool workers_claim(struct workers *workers, struct job *job, uint64_t owner)
{
	size_t half = shares_half((size_t)workers->settings.threads);
	bool claimed;

	INVARIANT(*job->claim == 0);
	pthread_mutex_lock(&workers->lock);
	claimed = shares_take(workers->claims, owner, half);
	if (claimed)
		*job->claim = owner;
	pthread_mutex_unlock(&workers->lock);
	return claimed;
}

size_t workers_waiting(struct workers *workers)
{
	size_t waiting;

	pthread_mutex_lock(&workers->lock);
	waiting = workers->waiting;
	pthread_mutex_unlock(&workers->lock);
	return waiting;
}

size_t workers_busy(struct workers *workers)
{
	size_t busy;

	pthread_mutex_lock(&workers->lock);
	busy = workers->busy;
	pthread_mutex_unlock(&workers->lock);
	return busy;
}

void workers_stop(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	pthread_cond_broadcast(&workers->queued);
	pthread_mutex_unlock(&workers->lock);
	for (; workers->count > 0; workers->count--)
		pthread_join(workers->threads[workers->count - 1], NULL);
}

void workers_free(struct workers *workers)
{
	if (!workers)
		return;
	workers_stop(workers);
	pthread_cond_destroy(&workers->queued);
	pthread_mutex_destroy(&workers->lock);
	shares_free(workers->queue);
	shares_free(workers->running);
	shares_free(workers->claims);
	free(workers);
}
