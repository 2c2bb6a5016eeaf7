/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reading columns that must have a certain shape, and the packed form of
 * party lists.
 */
#ifndef LETHE_STORE_COLUMN_H
#define LETHE_STORE_COLUMN_H

#include "base/id.h"
#include "base/pool.h"
#include "db/db.h"

/* Exactly `len` bytes into `out`; ERR_CORRUPT otherwise. */
MUST_CHECK enum result column_exact(struct db_rows *rows, int column, void *out, size_t len, struct err *err);
MUST_CHECK enum result column_id(struct db_rows *rows, int column, struct id *out, struct err *err);
/* A word of one of the stored vocabularies, [first, last]; ERR_CORRUPT otherwise, so that no damage reaches
 * their names. */
MUST_CHECK enum result column_word(struct db_rows *rows, int column, int first, int last, int *out, struct err *err);
/* A copy in the pool. */
MUST_CHECK enum result column_bytes(struct db_rows *rows, int column, struct pool *pool, const unsigned char **out,
				    size_t *len, struct err *err);

/* All rows of a query for one column, which they end; ERR_LIMIT when there are more than `max`. */
MUST_CHECK enum result column_ids(struct db_rows *rows, struct id *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result column_numbers(struct db_rows *rows, int64_t *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result column_accounts(struct db_rows *rows, uint32_t *out, size_t max, size_t *count, struct err *err);

#define PARTIES_MAX 80
/* A party of a record: an identity and its roles (a set of enum party_role). */
struct party { int64_t identity; unsigned roles; };
/* LEB128 identity, then a byte of roles, for each; parties must be sorted by identity without doubles (INVARIANT). */
#define PARTIES_PACKED_MAX ((size_t)PARTIES_MAX * 11)
size_t parties_pack(const struct party *parties, size_t count, unsigned char out[PARTIES_PACKED_MAX]);
/* ERR_CORRUPT, also when they are not sorted: what is read may be packed again. */
MUST_CHECK enum result parties_unpack(const unsigned char *in, size_t len, struct party out[PARTIES_MAX],
				      size_t *count, struct err *err);
#define LABELS_MAX 40
/* Label ids of a record, LEB128; must be sorted without doubles (INVARIANT). */
#define LABELS_PACKED_MAX ((size_t)LABELS_MAX * 10)
size_t labels_pack(const int64_t *labels, size_t count, unsigned char out[LABELS_PACKED_MAX]);
MUST_CHECK enum result labels_unpack(const unsigned char *in, size_t len, int64_t out[LABELS_MAX], size_t *count,
				     struct err *err);
/* Sorts and drops doubles; returns the new count. */
size_t labels_sort(int64_t *labels, size_t count);
bool labels_have(const int64_t *labels, size_t count, int64_t label);
bool parties_have(const struct party *parties, size_t count, int64_t identity);
/* Sorts by identity and merges the roles of doubles; returns the new count. */
size_t parties_sort(struct party *parties, size_t count);

#endif
