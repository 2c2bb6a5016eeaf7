/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Media rows, and the list of blobs still to be removed.
 */
#ifndef LETHE_STORE_MEDIA_H
#define LETHE_STORE_MEDIA_H

#include "store/column.h"
#include "store/kind.h"

#define MEDIA_SEALED_KEY_LEN 60

/* Stored: only add. */
enum media_format {
	MEDIA_OTHER = 0, MEDIA_WAV = 1, MEDIA_MP3 = 2, MEDIA_OGG = 3, MEDIA_FLAC = 4, MEDIA_GSM = 5, MEDIA_IMAGE = 6,
	MEDIA_TEXT = 7
};

struct media_row {
	uint32_t account;
	enum record_kind kind;
	struct id id; /* of the record */
	int n;
	struct id blob;
	uint64_t bytes; /* plaintext */
	uint32_t segment;
	enum media_format format;
	unsigned char key[MEDIA_SEALED_KEY_LEN]; /* sealed under the record's key */
};

MUST_CHECK enum result media_insert(struct db *db, const struct media_row *row, struct err *err);
/* Those of one record, by n. ERR_LIMIT above max. */
MUST_CHECK enum result media_list(struct db *db, uint32_t account, enum record_kind kind, struct id id,
				  struct media_row *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result media_reseal(struct db *db, const struct media_row *row, struct err *err);
MUST_CHECK enum result media_delete(struct db *db, uint32_t account, enum record_kind kind, struct id id,
				    struct err *err);
/* Of one UTC day, after (id, n), up to max. */
MUST_CHECK enum result media_list_day(struct db *db, uint32_t account, enum record_kind kind, struct date day,
				      struct id after, int after_n, struct media_row *out, size_t max, size_t *count,
				      struct err *err);
/* All of one account after (kind, id, n) of `after` (zeroed: from the start), up to max. */
MUST_CHECK enum result media_walk(struct db *db, uint32_t account, const struct media_row *after, struct media_row *out,
				  size_t max, size_t *count, struct err *err);
/* Moves the media of that day whose record is gone to the trash: rows deleted, blobs listed. */
MUST_CHECK enum result media_trash_day(struct db *db, uint32_t account, enum record_kind kind, struct date day,
				       int64_t *count, struct err *err);
/* Does a row name this blob? `day` is that of its record. */
MUST_CHECK enum result media_names_blob(struct db *db, uint32_t account, enum record_kind kind, struct date day,
					struct id blob, bool *named, struct err *err);

struct trash_row { uint32_t account; enum record_kind kind; struct date day; struct id blob; };
MUST_CHECK enum result trash_add(struct db *db, const struct trash_row *row, struct err *err);
MUST_CHECK enum result trash_list(struct db *db, struct trash_row *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result trash_remove(struct db *db, const struct trash_row *row, struct err *err);
MUST_CHECK enum result trash_has(struct db *db, const struct trash_row *row, bool *has, struct err *err);

#endif
