/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An answer that is put together over a long time and sent after it: the
 * results of a bulk upload, say.  What does not fit in 64 KiB of memory goes
 * to a file without a name, sealed with a key that is in memory only: so
 * nothing of it can be read on the disk, then or later.
 */
#ifndef LETHE_NET_SPOOL_H
#define LETHE_NET_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "net/response.h"

struct spool;

/* `folder` is where a file would be made, borrowed; `max` is in bytes. */
MUST_CHECK enum result spool_new(const char *folder, uint64_t max, struct spool **out, struct err *err);
void spool_free(struct spool *spool); /* NULL is fine */
/* ERR_LIMIT beyond the maximum, ERR_FULL, ERR_IO: nothing more can be written, what is there stays. */
MUST_CHECK enum result spool_write(struct spool *spool, const void *data, size_t len, struct err *err);
uint64_t spool_size(const struct spool *spool);
MUST_CHECK enum result spool_read(struct spool *spool, uint64_t offset, void *out, size_t len, size_t *got,
				  struct err *err);
/* Makes it the body of an answer, which then owns it. Nothing may be written any more. */
void spool_answer(struct spool *spool, struct response *response);

#endif
