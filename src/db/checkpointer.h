/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Part of the SQLite driver: moves the write-ahead log into the database on a
 * thread and a connection of its own, so that the connection that writes can
 * go on writing.
 *
 * SQLite would do it inside a commit, and every writer behind that commit would
 * wait.  A checkpoint beside a busy writer never catches up with it, and a log
 * that was not caught up with grows; so when the thread is through, the next
 * commit moves the little that came meanwhile, and the log begins anew.
 * Source: sqlite.org/wal.html, "Avoiding Excessively Large WAL Files".
 */
#ifndef LETHE_DB_CHECKPOINTER_H
#define LETHE_DB_CHECKPOINTER_H

#include <sqlite3.h>
#include "base/err.h"

struct checkpointer;

/* For `writer`, an open connection to the database at `path`, which is borrowed: from a log of `pages` on. Replaces the
 * writer's own checkpoints. The thread begins at the first need; the writer does its work where it cannot be started,
 * and waits for it when the log has grown to four times `pages`. */
MUST_CHECK enum result checkpointer_new(sqlite3 *writer, const char *path, int pages, struct checkpointer **out,
					struct err *err);
/* Waits for what is under way. Before the writer is closed; NULL is fine. */
void checkpointer_free(struct checkpointer *checkpointer);

#endif
