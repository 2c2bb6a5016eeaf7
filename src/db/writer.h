/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The group-commit writer: one thread owns the write connections; many
 * operations share one commit and one fsync, and each is acknowledged after it.
 *
 * Each group runs in one transaction per database; each operation in a
 * savepoint in all of them, so that one that fails undoes only itself.  The
 * databases are committed in the order given: keys before the data they open.
 */
#ifndef LETHE_DB_WRITER_H
#define LETHE_DB_WRITER_H

#include <semaphore.h>
#include "db/db.h"

#define WRITER_DBS_MAX 2

struct writer;

/* Runs on the writer thread inside the group's transaction. Fails by err; then its changes are undone. */
typedef enum result writer_op(void *arg, struct err *err);
/* All optional; called on the writer thread.
 * before_commit runs inside the transactions, once a group, when at least one operation succeeded; failing fails the
 * whole group.  rolled_back runs whenever changes were undone, of the whole group or of one operation in its middle:
 * what is cached beside the databases must be dropped, and read again from them inside the transaction.
 * committed runs when a group is on disk, before anybody is told. */
struct writer_hooks {
	void *arg;
	enum result (*before_commit)(void *arg, struct err *err);
	void (*rolled_back)(void *arg);
	void (*committed)(void *arg);
};

/* A submitted operation; owned by the caller until writer_wait returns. */
struct writer_ticket {
	writer_op *op;
	void *arg;
	enum result result;
	struct err err;
	sem_t done;                 /* one of its own: nobody is woken for another's */
	struct writer_ticket *next; /* the writer's */
};

/* The connections are borrowed: nobody else may use them until writer_stop. */
MUST_CHECK enum result writer_start(struct db *const *dbs, size_t count, const struct writer_hooks *hooks,
				    struct writer **out, struct err *err);
/* Queues; returns at once. */
void writer_submit(struct writer *w, struct writer_ticket *ticket, writer_op *op, void *arg);
/* Blocks until the ticket's group is on disk (or failed). */
MUST_CHECK enum result writer_wait(struct writer *w, struct writer_ticket *ticket, struct err *err);
/* Finishes what is queued, joins the thread. NULL is fine. */
void writer_stop(struct writer *w);

#endif
