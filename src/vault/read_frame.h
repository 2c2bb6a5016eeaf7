/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How a read that was noted lies in the file of reads (vault/read_log.h) until it
 * is a leaf of the log:
 *
 *     16 bytes  beginning of the SHA-256 of the vault's id and all that follows
 *      4        length of the body
 *      4        account
 *      8        number: reads are numbered on and on, whatever becomes of the file
 *      8        time, ms
 *      4        term (store/leaf.h)
 *               body: the leaf, canonical JSON of opaque ids
 *
 * Integers are little-endian.  The file has two halves, each filled from its
 * beginning; a half is begun again when all in it are leaves.  What is left
 * behind the newest in it has lower numbers, so it is known for old.
 */
#ifndef LETHE_VAULT_READ_FRAME_H
#define LETHE_VAULT_READ_FRAME_H

#include "base/buf.h"
#include "base/id.h"
#include "store/leaf.h"

#define READ_FRAME_HEAD 44
#define READ_HALF ((size_t)4 * 1024 * 1024)

struct read_frame {
	uint64_t number;
	struct leaf leaf; /* but for its seq; the body is borrowed */
};

/* Appends it. The buffer's state says whether there was memory. */
void read_frame_add(struct buf *out, struct id vault, const struct read_frame *frame);
/* What the head at `data` (READ_FRAME_HEAD bytes) says; false: it is none. The sum is not looked at. */
bool read_frame_head(const unsigned char *data, struct read_frame *out);
/* The whole frame at `data`, head and body: is it as it was written, by this vault? Then `out` points into it. */
bool read_frame_whole(const unsigned char *data, struct id vault, struct read_frame *out);

/* Of the frames in the file `fd` that are numbered from `from` on, in order; stops at what is torn. */
typedef enum result read_frame_each(void *arg, const struct read_frame *frame, struct err *err);
MUST_CHECK enum result read_frames(int fd, struct id vault, uint64_t from, read_frame_each *each, void *arg,
				   struct err *err);

#endif
