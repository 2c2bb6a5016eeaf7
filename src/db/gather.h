/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Part of the SQLite driver: what SQLite writes to a write-ahead log one after
 * the other goes to the system in few large writes.
 *
 * SQLite writes each page of a commit in two pieces, its head and itself, and
 * each is a call of the system.  What is gathered is written before the log is
 * synced, read, measured or cut, and where the next piece does not follow the
 * last; so with synchronous = FULL, where every commit is synced before other
 * connections are told of it, nobody can see the difference.  With less a commit
 * could be told of before it is written: such connections do not use this.
 */
#ifndef LETHE_DB_GATHER_H
#define LETHE_DB_GATHER_H

#include <sqlite3.h>

/* The name of a VFS for sqlite3_open_v2: the system's, but for its logs. NULL, the system's, when there is no memory
 * for it. Any thread. */
const char *gather_vfs(void);
/* The errno with which the system refused the last sync of a log by this thread; 0: it did not. SQLite forgets it in a
 * commit, and without it a full disk looks like a broken one. */
int gather_errno(void);

#endif
