/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "db/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Bounds how long the first of a group waits for the last. */
#define GROUP_MAX 256

struct writer {
	struct db *dbs[WRITER_DBS_MAX];
	size_t count;
	struct writer_hooks hooks;
	pthread_t thread;
	pthread_mutex_t lock;  /* guards what follows, and every queued ticket's result, err, done, next */
	pthread_cond_t queued; /* the thread waits for work */
	struct writer_ticket *first, **last;
	bool stopping;
};

/* Tickets taken off the queue: the writer thread's alone until they are done. */
struct group {
	struct writer_ticket *tickets[GROUP_MAX];
	size_t count;
};

/* --- the databases together --------------------------------------------- */

static void rollback_all(struct writer *w)
{
	for (size_t i = 0; i < w->count; i++)
		db_rollback(w->dbs[i]);
	if (w->hooks.rolled_back)
		w->hooks.rolled_back(w->hooks.arg);
}

static enum result begin_all(struct writer *w, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < w->count && r == OK; i++)
		r = db_begin(w->dbs[i], err);
	return r;
}

/* In the order given: when a later one fails, keys without data are harmless, data without keys would not be. */
static enum result commit_all(struct writer *w, struct err *err)
{
	enum result r = OK;

	if (w->hooks.before_commit)
		r = w->hooks.before_commit(w->hooks.arg, err);
	for (size_t i = 0; i < w->count && r == OK; i++)
		r = db_commit(w->dbs[i], err);
	return r;
}

static enum result savepoint_all(struct writer *w, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < w->count && r == OK; i++)
		r = db_savepoint(w->dbs[i], err);
	return r;
}

static enum result release_all(struct writer *w, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < w->count && r == OK; i++)
		r = db_release(w->dbs[i], err);
	return r;
}

static void rollback_all_to(struct writer *w)
{
	for (size_t i = 0; i < w->count; i++)
		db_rollback_to(w->dbs[i]);
	if (w->hooks.rolled_back)
		w->hooks.rolled_back(w->hooks.arg);
}

/* A full disk or a read error can make a database drop its whole transaction. */
static bool all_in_transaction(struct writer *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (!db_in_transaction(w->dbs[i]))
			return false;
	return true;
}

/* --- one group ---------------------------------------------------------- */

/* Fails the group only when its transactions are lost; an operation that fails keeps that to its ticket. */
static enum result run_one(struct writer *w, struct writer_ticket *t, bool alone, struct err *err)
{
	enum result r = alone ? OK : savepoint_all(w, err);

	if (r)
		return r;
	t->result = t->op(t->arg, &t->err);
	if (!all_in_transaction(w)) {
		if (t->result)
			*err = t->err;
		else
			err_set(err, ERR_IO, "the database undid the transaction by itself");
		return err->code;
	}
	if (alone)
		return OK;
	if (t->result == OK)
		return release_all(w, err);
	rollback_all_to(w);
	if (all_in_transaction(w))
		return OK;
	*err = t->err;
	return err->code;
}

static bool any_succeeded(const struct group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->tickets[i]->result == OK)
			return true;
	return false;
}

static enum result run_all(struct writer *w, struct group *g, struct err *err)
{
	enum result r = begin_all(w, err);

	for (size_t i = 0; i < g->count && r == OK; i++)
		r = run_one(w, g->tickets[i], g->count == 1, err);
	return r;
}

/* What failed by itself keeps its own reason; what had succeeded, or had not run, shares the group's. */
static void fail_group(struct group *g, const struct err *err)
{
	for (size_t i = 0; i < g->count; i++) {
		struct writer_ticket *t = g->tickets[i];

		if (t->result == OK) {
			t->err = *err;
			t->result = err->code;
		}
	}
}

static void run_group(struct writer *w, struct group *g)
{
	struct err err;
	enum result r;

	r = run_all(w, g, &err);
	if (r == OK && !any_succeeded(g)) {
		rollback_all(w);
		return;
	}
	if (r == OK)
		r = commit_all(w, &err);
	if (r) {
		rollback_all(w);
		fail_group(g, &err);
	} else if (w->hooks.committed) {
		w->hooks.committed(w->hooks.arg);
	}
}

/* --- the thread --------------------------------------------------------- */

/* Called with the lock held. */
static void take_group(struct writer *w, struct group *g)
{
	g->count = 0;
	while (w->first && g->count < GROUP_MAX) {
		g->tickets[g->count++] = w->first;
		w->first = w->first->next;
	}
	if (!w->first)
		w->last = &w->first;
}

/* From then on each ticket is its owner's and may be gone. */
static void hand_back(struct group *g)
{
	for (size_t i = 0; i < g->count; i++)
		INVARIANT(sem_post(&g->tickets[i]->done) == 0);
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;
	struct group group;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->first && !w->stopping)
			pthread_cond_wait(&w->queued, &w->lock);
		if (!w->first)
			break;
		take_group(w, &group);
		pthread_mutex_unlock(&w->lock);
		run_group(w, &group);
		hand_back(&group);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

enum result writer_start(struct db *const *dbs, size_t count, const struct writer_hooks *hooks, struct writer **out,
			 struct err *err)
{
	struct writer *w;
	int failed;

	INVARIANT(count >= 1 && count <= WRITER_DBS_MAX);
	w = calloc(1, sizeof *w);
	if (!w)
		return err_no_memory(err);
	memcpy(w->dbs, dbs, count * sizeof *dbs);
	w->count = count;
	if (hooks)
		w->hooks = *hooks;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->queued, NULL);
	failed = pthread_create(&w->thread, NULL, writer_main, w);
	if (failed) {
		free(w);
		return err_no_thread(err, failed);
	}
	*out = w;
	return OK;
}

void writer_submit(struct writer *w, struct writer_ticket *ticket, writer_op *op, void *arg)
{
	/* A ticket's err is large: only its code is set until it fails. */
	ticket->op = op;
	ticket->arg = arg;
	ticket->result = OK;
	ticket->err.code = OK;
	INVARIANT(sem_init(&ticket->done, 0, 0) == 0);
	ticket->next = NULL;
	pthread_mutex_lock(&w->lock);
	INVARIANT(!w->stopping);
	*w->last = ticket;
	w->last = &ticket->next;
	pthread_cond_signal(&w->queued);
	pthread_mutex_unlock(&w->lock);
}

enum result writer_wait(struct writer *w, struct writer_ticket *ticket, struct err *err)
{
	/* An operation that waits for another would wait for itself. */
	INVARIANT(!pthread_equal(pthread_self(), w->thread));
	while (sem_wait(&ticket->done) != 0)
		INVARIANT(errno == EINTR);
	INVARIANT(sem_post(&ticket->done) == 0); /* whoever asks again is told again */
	if (ticket->result)
		*err = ticket->err;
	return ticket->result;
}

void writer_stop(struct writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->queued);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->queued);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
