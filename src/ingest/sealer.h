/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Deriving record keys and sealing payloads beside the writer thread, a chunk
 * of records at a time: while one chunk is sealed, the writer inserts the one
 * before and looks up the people of the next.  Half of what storing a record
 * costs is its cryptography.  Where no thread can be started, who starts it
 * seals.
 */
#ifndef LETHE_INGEST_SEALER_H
#define LETHE_INGEST_SEALER_H

#include "ingest/batch.h"
#include "store/hold.h"

#define SEALER_ROWS 128
#define SEALER_KEYS ((size_t)SEALER_ROWS * 4 + 1 + PARTIES_MAX)

struct sealer_row {
	const struct batch_record *record;
	struct record_row row;  /* payload: filled by the sealer, in the chunk's pool */
	const struct key *ikm;  /* in chunk->keys */
	size_t ikm_count;       /* 0: `key` is filled already */
	struct key *key;        /* the record's: filled by the sealer, in chunk->record_keys */
	enum held_cause cause;  /* of one under a keeper's key: how it is to be listed .. */
	struct instant due;     /* .. and since when it would be gone */
};

/* Filled by its owner, then the sealer's until sealer_wait returns. */
struct sealer_chunk {
	struct sealer_row rows[SEALER_ROWS];
	size_t count;
	struct key *keys, *record_keys; /* locked memory */
	size_t key_count;
	struct pool pool;
	enum result result;
	struct err err;
};

struct sealer;

MUST_CHECK enum result sealer_new(struct sealer **out, struct err *err);
void sealer_free(struct sealer *sealer); /* nothing may be under way; NULL is fine */
/* The two chunks, which take turns. */
struct sealer_chunk *sealer_chunk(struct sealer *sealer, int which);
/* Has it room for one more row, of as many parties as there may be? */
bool sealer_chunk_has_room(const struct sealer_chunk *chunk);
void sealer_chunk_reset(struct sealer_chunk *chunk); /* wipes */
/* Starts sealing; nothing may be under way. */
void sealer_start(struct sealer *sealer, struct sealer_chunk *chunk);
/* Waits for what is under way, if anything is. The outcome is in the chunk. */
void sealer_wait(struct sealer *sealer);

#endif
