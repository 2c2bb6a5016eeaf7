/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files that hold keys: mode 0600, ours, replaced whole or not at all, and the
 * bytes they held before overwritten (as far as the file system lets one: a
 * copy-on-write system, a snapshot or worn flash may keep them).
 *
 * A replacement passes through PATH.new.  If the machine stops in between,
 * PATH is whole, either old or new, and PATH.new is what is to be forgotten;
 * the next call wipes it.
 */
#ifndef LETHE_CRYPTO_KEYFILE_H
#define LETHE_CRYPTO_KEYFILE_H

#include "base/buf.h"

/* ERR_DENIED with the command to run when it is a symbolic link, not ours, or of another mode than 0600;
 * ERR_NOT_FOUND; ERR_LIMIT beyond `max` bytes. `out` is initialised here and is the caller's also after a failure. */
MUST_CHECK enum result keyfile_read(const char *path, size_t max, struct buf *out, struct err *err);
/* ERR_EXISTS when something has that name. */
MUST_CHECK enum result keyfile_create(const char *path, const void *data, size_t len, struct err *err);
MUST_CHECK enum result keyfile_replace(const char *path, const void *data, size_t len, struct err *err);
/* Finishes an interrupted replacement. */
MUST_CHECK enum result keyfile_clean(const char *path, struct err *err);
/* Overwrites and unlinks. ERR_NOT_FOUND. */
MUST_CHECK enum result keyfile_destroy(const char *path, struct err *err);

#endif
