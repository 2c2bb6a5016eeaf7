/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The vault's locks: one process writes at a time; and no other reads at the
 * moment when a restore puts another vault.db in place, since who has the old
 * one open would append the leaf of its read to a file that is no more.  And
 * one vault is made at a time.
 */
#ifndef LETHE_VAULT_LOCK_H
#define LETHE_VAULT_LOCK_H

#include <stdbool.h>

#include "base/err.h"

/* Takes the lock in `path`, waiting up to wait_ms for who has it; ERR_BUSY names them. `command` is what others will
 * read. `*fd` holds the lock until it is closed; the system lets it go when the process dies. */
MUST_CHECK enum result lock_take(const char *path, const char *command, int wait_ms, int *fd, struct err *err);

/* Whether `path` is still what `fd` has locked. ERR_IO: its folder was moved, removed or replaced by another, and what
 * would be written to what is open would be in none that anybody opens after. */
MUST_CHECK enum result lock_in_place(int fd, const char *path, struct err *err);

/* Who opens the vault for reading shares `path` until the vault is closed; a restore has it `alone` from before it
 * closes the old data until the new are in place. ERR_BUSY after wait_ms says which of the two is in the way. Who
 * writes needs no share: it has the lock above, which the restore would need too. */
MUST_CHECK enum result lock_readers(const char *path, bool alone, int wait_ms, int *fd, struct err *err);

/* Who makes a vault has `folder`, which it will stand in, to itself until it is there. ERR_BUSY after wait_ms.
 * ERR_NOT_FOUND: the folder went while this waited, with an init that failed. */
MUST_CHECK enum result lock_making(const char *folder, int wait_ms, int *fd, struct err *err);

#endif
