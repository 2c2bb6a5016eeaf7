/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The vault's lock: one process writes at a time.
 */
#ifndef LETHE_VAULT_LOCK_H
#define LETHE_VAULT_LOCK_H

#include "base/err.h"

/* Takes the lock in `path`, waiting up to wait_ms for who has it; ERR_BUSY names them. `command` is what others will
 * read. `*fd` holds the lock until it is closed; the system lets it go when the process dies. */
MUST_CHECK enum result lock_take(const char *path, const char *command, int wait_ms, int *fd, struct err *err);

#endif
