/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/unfinished.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define UNFINISHED_MAX 256

struct unfinished {
	pthread_mutex_t lock; /* guards what follows */
	struct unfinished_job jobs[UNFINISHED_MAX];
	size_t count;
};

struct unfinished *unfinished_new(void)
{
	struct unfinished *unfinished = calloc(1, sizeof *unfinished);

	if (unfinished != NULL)
		pthread_mutex_init(&unfinished->lock, NULL);
	return unfinished;
}

void unfinished_free(struct unfinished *unfinished)
{
	if (unfinished != NULL)
		pthread_mutex_destroy(&unfinished->lock);
	free(unfinished);
}

void unfinished_add(struct unfinished *unfinished, uint32_t account, struct id job)
{
	pthread_mutex_lock(&unfinished->lock);
	if (unfinished->count < UNFINISHED_MAX)
		unfinished->jobs[unfinished->count++] = (struct unfinished_job){account, job};
	pthread_mutex_unlock(&unfinished->lock);
}

bool unfinished_take(struct unfinished *unfinished, struct unfinished_job *out)
{
	bool found;

	pthread_mutex_lock(&unfinished->lock);
	found = unfinished->count > 0;
	if (found) {
		*out = unfinished->jobs[0];
		unfinished->count--;
		memmove(unfinished->jobs, unfinished->jobs + 1, unfinished->count * sizeof *unfinished->jobs);
	}
	pthread_mutex_unlock(&unfinished->lock);
	return found;
}

void unfinished_put_back(struct unfinished *unfinished, const struct unfinished_job *which)
{
	pthread_mutex_lock(&unfinished->lock);
	if (unfinished->count < UNFINISHED_MAX) {
		memmove(unfinished->jobs + 1, unfinished->jobs, unfinished->count * sizeof *unfinished->jobs);
		unfinished->jobs[0] = *which;
		unfinished->count++;
	}
	pthread_mutex_unlock(&unfinished->lock);
}
