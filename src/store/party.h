/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which records an identity takes part in.
 *
 * Kept by month: a row goes to the pages of its record's month, so inserting
 * costs the same whatever the vault holds, and an old month is left alone.
 */
#ifndef LETHE_STORE_PARTY_H
#define LETHE_STORE_PARTY_H

#include "store/column.h"
#include "store/kind.h"

struct party_key {
	int32_t month; /* of the record: date_month_index */
	int64_t identity;
	enum record_kind kind;
	struct id id;
};
int party_key_compare(const void *a, const void *b); /* for qsort: the order of the table */

/* `keys` should be sorted: the order of the table is the cheap one. */
MUST_CHECK enum result party_insert(struct db *db, uint32_t account, const struct party_key *keys, size_t count,
				    struct err *err);
MUST_CHECK enum result party_delete(struct db *db, uint32_t account, const struct party_key *keys, size_t count,
				    int64_t *deleted, struct err *err);
/* Of these days, all of one month, and of one kind. */
struct party_days { int32_t month; enum record_kind kind; struct date first, last; };
/* Walks a month, up to `most` rows from after *from on (zeroed: from its start), and deletes those of the days. *from is
 * moved on; *more is false at the month's end. Cheaper than party_delete where much of a month goes. */
MUST_CHECK enum result party_delete_days(struct db *db, uint32_t account, const struct party_days *days, size_t most,
					 struct party_key *from, int64_t *deleted, bool *more, struct err *err);
/* How many rows a month is said to have. */
MUST_CHECK enum result party_month_get(struct db *db, uint32_t account, int32_t month, int64_t *parties,
				       struct err *err);
/* Records of one identity after `after` (zeroed: from the start), by month, kind and id; up to max. */
MUST_CHECK enum result party_list(struct db *db, uint32_t account, int64_t identity, const struct party_key *after,
				  struct party_key *out, size_t max, size_t *count, struct err *err);
/* The same, of months up to `month`. */
MUST_CHECK enum result party_list_until(struct db *db, uint32_t account, int64_t identity, const struct party_key *after,
					int32_t month, struct party_key *out, size_t max, size_t *count, struct err *err);
/* The time of an identity's newest record; the earliest instant of all when it has none. */
MUST_CHECK enum result party_newest(struct db *db, uint32_t account, int64_t identity, struct instant *out,
				    struct err *err);
MUST_CHECK enum result party_exists(struct db *db, uint32_t account, const struct party_key *key, bool *exists,
				    struct err *err);
/* Every row of the account after `after` (zeroed: from the start), in the order of the table, up to max. */
MUST_CHECK enum result party_walk(struct db *db, uint32_t account, const struct party_key *after, struct party_key *out,
				  size_t max, size_t *count, struct err *err);
/* The next month after `after` that has rows, or is said to: how many it is said to have, and how many it has.
 * ERR_NOT_FOUND after the last. */
MUST_CHECK enum result party_month_next(struct db *db, uint32_t account, int32_t after, int32_t *month, int64_t *said,
					int64_t *rows, struct err *err);
MUST_CHECK enum result party_count(struct db *db, uint32_t account, int64_t *rows, int64_t *by_month, struct err *err);

#endif
