/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files, durably.
 */
#ifndef LETHE_BASE_FILE_H
#define LETHE_BASE_FILE_H

#include <sys/types.h>
#include "base/buf.h"

/* Reads a whole file, at most `max` bytes, into `out` (initialised here). ERR_NOT_FOUND when absent. */
MUST_CHECK enum result file_read(const char *path, size_t max, struct buf *out, struct err *err);
/* Writes `path` whole or not at all: temporary name beside it, fsync, rename, fsync of the folder. */
MUST_CHECK enum result file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct err *err);
/* fsync of the folder itself. */
MUST_CHECK enum result file_sync_dir(const char *path, struct err *err);
/* mkdir -p; existing folders are fine. */
MUST_CHECK enum result file_make_dirs(const char *path, mode_t mode, struct err *err);
/* write(2) until all is written. */
MUST_CHECK enum result file_write_all(int fd, const void *data, size_t len, struct err *err);
bool file_exists(const char *path);

#endif
