/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "db/checkpointer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum state { IDLE, WANTED, RUNNING, THROUGH };

struct checkpointer {
	sqlite3 *writer, *own;
	const char *path;
	int pages;
	bool started;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	enum state state;
	bool stopping;
};

/* What fails here (a full disk, a reader in the way) loses nothing: it stays in the log, and is tried again. */
static void move_log(sqlite3 *handle)
{
	(void)sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void *checkpointer_main(void *arg)
{
	struct checkpointer *c = arg;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (c->state != WANTED && !c->stopping)
			pthread_cond_wait(&c->changed, &c->lock);
		if (c->stopping)
			break;
		c->state = RUNNING;
		pthread_mutex_unlock(&c->lock);
		move_log(c->own);
		pthread_mutex_lock(&c->lock);
		c->state = THROUGH;
		pthread_cond_broadcast(&c->changed);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static bool open_own(struct checkpointer *c)
{
	if (sqlite3_open_v2(c->path, &c->own, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_exec(c->own, "PRAGMA synchronous = FULL", NULL, NULL, NULL) == SQLITE_OK)
		return true;
	sqlite3_close(c->own);
	c->own = NULL;
	return false;
}

/* Only a writer who writes much needs the thread. */
static bool run(struct checkpointer *c)
{
	if (!c->started)
		c->started = open_own(c) && pthread_create(&c->thread, NULL, checkpointer_main, c) == 0;
	return c->started;
}

/* True when the writer is to move the rest. */
static bool is_through(struct checkpointer *c, int pages)
{
	bool through;

	pthread_mutex_lock(&c->lock);
	if (c->state == IDLE) {
		c->state = WANTED;
		pthread_cond_broadcast(&c->changed);
	}
	while (pages / 4 >= c->pages && c->state != THROUGH)
		pthread_cond_wait(&c->changed, &c->lock);
	through = c->state == THROUGH;
	if (through)
		c->state = IDLE;
	pthread_mutex_unlock(&c->lock);
	return through;
}

/* Called by SQLite on the writer's thread after each commit, without its locks. */
static int committed(void *arg, sqlite3 *writer, const char *name, int pages)
{
	struct checkpointer *c = arg;

	(void)name;
	if (pages >= c->pages && (!run(c) || is_through(c, pages)))
		move_log(writer);
	return SQLITE_OK;
}

enum result checkpointer_new(sqlite3 *writer, const char *path, int pages, struct checkpointer **out, struct err *err)
{
	struct checkpointer *c = calloc(1, sizeof *c);

	INVARIANT(pages > 0);
	if (c == NULL)
		return err_no_memory(err);
	c->writer = writer;
	c->path = path;
	c->pages = pages;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	sqlite3_wal_hook(writer, committed, c);
	*out = c;
	return OK;
}

static void stop(struct checkpointer *c)
{
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
}

void checkpointer_free(struct checkpointer *c)
{
	if (c == NULL)
		return;
	sqlite3_wal_hook(c->writer, NULL, NULL);
	if (c->started)
		stop(c);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	sqlite3_close(c->own);
	free(c);
}
