/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files that imported records name: found below one folder and nowhere
 * else, and sealed on their way into the blob store.
 */
#ifndef LETHE_INGEST_MEDIAFILE_H
#define LETHE_INGEST_MEDIAFILE_H

#include <limits.h>
#include "blob/blob.h"
#include "ingest/intake.h"
#include "vault/seal.h"

struct mediafile_folder {
	char path[PATH_MAX]; /* without symbolic links; "" when it could not be resolved */
	bool absolute;       /* are absolute paths below it taken? */
};

/* `root` (may be NULL) as the user gave it, else the folder of the import file `input` ("-": the current one). */
MUST_CHECK enum result mediafile_folder(const char *root, const char *input, struct mediafile_folder *out,
					struct err *err);
/* Seals one file into `blobs` under a new random key. `row` comes with account, kind, id and n, and leaves
 * with all but its sealed key. Asks `stop` (may be NULL) between pieces: ERR_INTERRUPTED. ERR_INPUT, `where`
 * set: no such file, outside the folder, unreadable: a fault of its line. All else is the vault's. */
MUST_CHECK enum result mediafile_seal(const struct mediafile_folder *folder, const struct intake_media *media,
				      struct blob_batch *blobs, bool (*stop)(void *arg), void *arg,
				      struct media_row *row, struct key *key, struct err *err);
/* By its first bytes, else by content type (may be NULL), else by the name's ending. */
enum media_format mediafile_format(const void *head, size_t len, const char *content_type, const char *name);

/* Sealed segments for so many bytes; 0: it is not known how many. */
uint32_t mediafile_segment(uint64_t size);

#endif
