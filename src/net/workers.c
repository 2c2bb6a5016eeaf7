/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "net/thread.h"

struct workers {
	struct workers_settings settings;
	pthread_mutex_t lock; /* guards what follows, up to the threads */
	pthread_cond_t queued;
	struct job *first, **last;
	size_t waiting, busy;
	int begun; /* threads that have taken their number */
	bool stopping;
	int count;
	pthread_t threads[];
};

/* The next job; NULL when there will be none. */
static struct job *next_job(struct workers *workers, bool *cancelled)
{
	struct job *job;

	while (!workers->first && !workers->stopping)
		pthread_cond_wait(&workers->queued, &workers->lock);
	job = workers->first;
	*cancelled = workers->stopping;
	if (!job)
		return NULL;
	workers->first = job->next;
	if (!workers->first)
		workers->last = &workers->first;
	workers->waiting--;
	return job;
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
		workers->busy++;
		pthread_mutex_unlock(&workers->lock);
		job->run(job, cancelled ? NULL : context, cancelled);
		pthread_mutex_lock(&workers->lock);
		workers->busy--;
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

bool workers_submit(struct workers *workers, struct job *job)
{
	bool taken;

	job->next = NULL;
	pthread_mutex_lock(&workers->lock);
	taken = !workers->stopping && workers->waiting < workers->settings.queue_max;
	if (taken) {
		*workers->last = job;
		workers->last = &job->next;
		workers->waiting++;
		pthread_cond_signal(&workers->queued);
	}
	pthread_mutex_unlock(&workers->lock);
	return taken;
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
	free(workers);
}
