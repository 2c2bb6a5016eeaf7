/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The baseline: SQLite without Lethe.  The same tables (of the same
 * migrations), rows of the same keys and sizes in the same order, the same
 * settings and batches; the payloads are random bytes.  Speaks to SQLite
 * directly, and is a place outside src/store that holds SQL: what it
 * measures would else be partly ours.
 */
#ifndef LETHE_BENCH_RAW_H
#define LETHE_BENCH_RAW_H

#include "base/id.h"
#include "bench/calls.h"
#include "bench/child.h"

#define RAW_BATCH 10000     /* calls of an insert's transaction */
#define RAW_BATCH_MAX 32768 /* of a deletion's */

struct raw;

/* One record as it will be stored; the payload is so many random bytes. */
struct raw_row {
	struct id id;
	struct date day;
	int64_t duration;
	unsigned char parties[32];
	size_t parties_len, payload_len;
};
void raw_row_of(const struct calls *calls, const struct call *call, struct raw_row *row);

/* Makes `path`, a database of the vault's tables. */
MUST_CHECK enum result raw_create(const char *path, struct raw **out, struct err *err);
/* The same once more. */
MUST_CHECK enum result raw_again(const char *path, struct raw **out, struct err *err);
/* A vault's own vault.db, to read beside it. */
MUST_CHECK enum result raw_open(const char *path, struct raw **out, struct err *err);
void raw_close(struct raw *raw); /* NULL is fine */

/* Inserts calls from..until-1, a transaction a batch; making them up is not on the clock. */
MUST_CHECK enum result raw_insert(struct raw *raw, const struct calls *calls, int64_t from, int64_t until,
				  struct sample *sample, struct err *err);
/* Deletes them again: party rows by key, each batch sorted, and records by range; a transaction for `batch` calls. */
MUST_CHECK enum result raw_delete(struct raw *raw, const struct calls *calls, int64_t from, int64_t until,
				  int64_t batch, struct sample *sample, struct err *err);
/* The blind index of every `step`th identity, for raw_look_up: 16 bytes each. */
MUST_CHECK enum result raw_blinds(struct raw *raw, int64_t step, unsigned char (*out)[16], size_t max, size_t *count,
				  struct err *err);
/* From a blind index to which records there are: how many. */
MUST_CHECK enum result raw_count(struct raw *raw, const unsigned char blind[16], int64_t *records, struct err *err);
/* From a blind index to the payloads of its first `most` records: how many. */
MUST_CHECK enum result raw_look_up(struct raw *raw, const unsigned char blind[16], int most, int64_t *records,
				   struct err *err);

#endif
