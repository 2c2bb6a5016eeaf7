/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Labels: the queues, campaigns and tags of an account. Their names are
 * sealed; records, policies and holds name them by number.  How many records have
 * a label is counted, so that a name that nothing uses any more can go.
 */
#ifndef LETHE_STORE_LABEL_H
#define LETHE_STORE_LABEL_H

#include "base/pool.h"
#include "store/key.h"
#include "store/kind.h"

/* Stored: only add. */
enum label_kind { LABEL_QUEUE = 1, LABEL_CAMPAIGN = 2, LABEL_TAG = 3 };

struct label_row {
	uint32_t account;
	int64_t label;
	enum label_kind kind;
	struct blind blind;
	const unsigned char *name; /* sealed; in the pool */
	size_t name_len;
	int64_t records;           /* that have it */
};

/* Unless it is there. */
MUST_CHECK enum result label_insert(struct db *db, const struct label_row *row, struct err *err);
/* 0 when there is none. */
MUST_CHECK enum result label_find(struct db *db, uint32_t account, const struct blind *blind, int64_t *out,
				  struct err *err);
/* Those with a number above `after`, ascending, up to max. */
MUST_CHECK enum result label_list(struct db *db, uint32_t account, int64_t after, struct pool *pool,
				  struct label_row *out, size_t max, size_t *count, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result label_get(struct db *db, uint32_t account, int64_t label, struct pool *pool,
				 struct label_row *out, struct err *err);

/* Each of these (they come sorted) is in so many more records, or, negative, in fewer; one that stands there twice, twice as
 * many. */
MUST_CHECK enum result label_use(struct db *db, uint32_t account, int64_t *labels, size_t count, int by,
				 struct err *err);
/* Before record_delete_day of the same: its labels are in as many records less. */
MUST_CHECK enum result label_leave_day(struct db *db, uint32_t account, enum record_kind kind, struct date day, int but,
				       struct err *err);
/* How many records have each, as the records say. Looks at all of the account. */
struct label_tally { int64_t label, records; };
MUST_CHECK enum result label_tally(struct db *db, uint32_t account, struct pool *pool, struct label_tally **out,
				   size_t *count, struct err *err);
/* Counts anew. */
MUST_CHECK enum result label_recount(struct db *db, uint32_t account, struct pool *pool, struct err *err);
/* Records that have a label `from` have `to` instead; sorted by `from`. Counts nothing. Looks at all of the account. */
struct label_change { int64_t from, to; };
MUST_CHECK enum result label_exchange(struct db *db, uint32_t account, const struct label_change *changes, size_t count,
				      struct err *err);
/* Those above `after` that no record has, and no policy, hold or aggregate names, in any version; up to max. */
MUST_CHECK enum result label_list_unused(struct db *db, uint32_t account, int64_t after, int64_t *out, size_t max,
					 size_t *count, struct err *err);
MUST_CHECK enum result label_delete(struct db *db, uint32_t account, int64_t label, struct err *err);

#endif
