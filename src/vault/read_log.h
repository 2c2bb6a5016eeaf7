/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who looked at what, kept before they are answered, and a moment later leaves of
 * the log.
 *
 * Appending a leaf costs a commit, after which every reader begins anew with an
 * empty cache of pages.  So a process that answers many reads and alone writes
 * the vault (the daemon) notes them in a file beside it, `reads`, and puts them
 * into the log by the hundred.  How far it has got with that stands in vault.db
 * and is committed with the leaves, so that nothing comes twice.  What "kept"
 * means is enum reads_sync (vault/vault.h): on disk, synced once for all that
 * wait; or written, and on disk within a second.
 *
 * Any process that opens the vault puts into the log first what is left in the
 * file: after a crash, and beside a daemon that is at work (vault/read_recover.h).
 *
 * When the file cannot be written the leaves go into the log at once.
 */
#ifndef LETHE_VAULT_READ_LOG_H
#define LETHE_VAULT_READ_LOG_H

#include "vault/act.h"

struct vault;
struct read_log;
enum reads_sync;

/* Of a vault that is open for writing. Makes the file. */
MUST_CHECK enum result read_log_open(struct vault *vault, enum reads_sync sync, struct read_log **out, struct err *err);
/* Finishes: all that was noted is in the log, unless that cannot be written; then it is still in the file. NULL is
 * fine. Before the vault's writer ends. */
void read_log_close(struct read_log *log);

/* Notes it and says its number: it is not kept yet; or 0: it is. When more wait to become leaves than there is room for, waits for
 * that, or without `wait` gives ERR_BUSY. Any thread but the writer's. */
MUST_CHECK enum result read_log_add(struct read_log *log, const struct act *act, bool wait, uint64_t *number,
				    struct err *err);
/* Would as much again as waits now go in without waiting? */
bool read_log_has_room(struct read_log *log);
/* Who waits until that number and all before it are kept. `kept` is called once, on a thread of the log's or at once on
 * this one; `err` NULL: they are, else they could not be kept. It must not wait. `waiter` lives until then. */
struct read_waiter {
	uint64_t number;
	void (*kept)(void *arg, const struct err *err);
	void *arg;
	struct read_waiter *next;
};
void read_log_then(struct read_log *log, struct read_waiter *waiter);
MUST_CHECK enum result read_log_wait(struct read_log *log, uint64_t number, struct err *err);

/* All that was kept until now is in the log when it returns. */
MUST_CHECK enum result read_log_fold(struct read_log *log, struct err *err);

#endif
