/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Writing the file of reads (vault/read_log.h): two halves of READ_HALF bytes, each
 * filled with frames (vault/read_frame.h, which reads it) from its beginning.  It
 * is made whole, of zeros that are written, so that what is synced later needs
 * nothing but its own bytes.
 *
 * A run of frames lies in one half.  What does not fit into this one begins the
 * other, over what is there: that all in it are leaves is the caller's to see to.
 *
 * No lock: one thread at a time writes.  Any may sync beside it.
 */
#ifndef LETHE_VAULT_READ_FILE_H
#define LETHE_VAULT_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct read_file {
	int fd;   /* -1: not open */
	off_t at; /* where the next goes */
};

/* `path`, in the folder `dir`. What is in it is never read, and written over from its beginning. One that has not its whole
 * length is made anew; when that fails there is none. The errors of the system, `where` is the path. */
MUST_CHECK enum result read_file_open(struct read_file *file, const char *dir, const char *path, struct err *err);
/* One that is not open is fine. What was not synced may be on no disk. */
void read_file_close(struct read_file *file);

/* Behind what was written; at most READ_HALF bytes, whole frames. Not synced. False: errno says why, and what of it came
 * to be there the next write writes over. */
MUST_CHECK bool read_file_write(struct read_file *file, const void *data, size_t len);
/* Is all that was written on disk? False: errno says why. The system tells of what it lost once: the next sync passes over it. */
MUST_CHECK bool read_file_sync(const struct read_file *file);
/* Whoever opens the vault sees at once that nothing in it is needed. Synced; that it may fail costs them a longer look. */
void read_file_clear(const struct read_file *file);

#endif
