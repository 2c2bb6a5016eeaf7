/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bounded number of threads that take jobs from a bounded queue: next is
 * whose owner has fewest running, and of these the oldest.  Each thread has a
 * context of its own, made and freed on it by its owner's functions: a
 * database session, say.
 *
 * Whoever a job is for has at most half of the queue; and of the threads, for
 * what holds them long, when the job says so (workers_claim).
 */
#ifndef LETHE_NET_WORKERS_H
#define LETHE_NET_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/* Part of what it is a job for; lives until `run` was called, which happens once. */
struct job {
	struct job *next;
	uint64_t owner;  /* whose it is (net/shares.h); 0: nobody's */
	uint64_t *claim; /* the pool's own: while it runs, who claims the thread */
	/* `cancelled`: the pool ends without doing it, and there is no context. */
	void (*run)(struct job *job, void *context, bool cancelled);
};

struct workers_settings {
	int threads;      /* at least 1 */
	size_t queue_max; /* jobs that wait */
	int first;        /* number of the first thread, for `begin` */
	bool all_claim;   /* each job claims its thread: whose owner has half of them need not wait for a refusal */
	/* On the thread itself. NULL is a context like any other. May be NULL. */
	void *(*begin)(void *arg, int number);
	void (*end)(void *arg, void *context);
	void *arg;
};

struct workers;

MUST_CHECK enum result workers_start(const struct workers_settings *settings, struct workers **out, struct err *err);
enum submitted {
	SUBMITTED,
	SUBMIT_FULL,  /* the queue is, or the pool ends */
	SUBMIT_SHARE, /* its owner has half of the queue, or of threads that all claim */
};
enum submitted workers_submit(struct workers *workers, struct job *job);
/* While it runs, and from its thread: this takes long, and is `owner`'s. False: they have half of the threads already. */
bool workers_claim(struct workers *workers, struct job *job, uint64_t owner);
size_t workers_waiting(struct workers *workers);
size_t workers_busy(struct workers *workers);
/* What is queued is cancelled, what runs is waited for, and nothing more is taken: who comes late may still ask. Once. */
void workers_stop(struct workers *workers);
/* When nobody asks any more; stops it if nobody has. NULL is fine. */
void workers_free(struct workers *workers);

#endif
