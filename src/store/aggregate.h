/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What anonymised records leave: counts by plain columns. Two tables of the
 * same columns: what is shown, and what waits until enough people are in it
 * (privacy/coarsen.h). Neither names a record, a person, an agent or a number.
 */
#ifndef LETHE_STORE_AGGREGATE_H
#define LETHE_STORE_AGGREGATE_H

#include "base/time.h"
#include "db/db.h"
#include "store/kind.h"

/* In a column that was dropped when the row was coarsened. */
#define AGGREGATE_ANY (-1)

/* Stored: never change one, only add. */
enum duration_class {
	DURATION_NONE = 0, DURATION_10_SECONDS = 1, DURATION_MINUTE = 2, DURATION_5_MINUTES = 3, DURATION_30_MINUTES = 4,
	DURATION_LONGER = 5,
};
enum duration_class duration_class_of(int64_t duration_ms); /* below -1: none */
const char *duration_class_name(enum duration_class class); /* "up to 1 minute"; "" for none */

/* Stored: only add. Each has dropped what those before it did. */
enum coarsen_step {
	COARSEN_DAY = 0,      /* nothing dropped */
	COARSEN_MONTH = 1,
	COARSEN_QUARTER = 2,
	COARSEN_YEAR = 3,
	COARSEN_DURATION = 4, /* the class of duration */
	COARSEN_QUEUE = 5,
	COARSEN_STATUS = 6,
	COARSEN_DIRECTION = 7,
	COARSEN_ALL = 8,      /* the time too: all of a kind is one group */
};
#define COARSEN_STEPS 9

#define ANONYMOUS_K_MIN 3 /* no row that is shown has fewer people in it */

struct aggregate_row {
	enum record_kind kind;
	int64_t person;       /* of what waits: whose it was, by a number that leads nowhere; 0: not counted as anybody's */
	int step;             /* of what is shown: how it was coarsened, enum coarsen_step */
	struct date from;     /* the first day of its day, month, quarter or year; days 0: of any time */
	int direction, status, duration_class;
	int64_t queue;        /* a label; 0: none */
	int64_t records, duration_ms, bytes;
};

typedef enum result aggregate_visit(void *arg, const struct aggregate_row *row, struct err *err);

/* Adds to the row of the same columns, or makes it. */
MUST_CHECK enum result aggregate_add(struct db *db, uint32_t account, const struct aggregate_row *row, struct err *err);
MUST_CHECK enum result aggregate_add_waiting(struct db *db, uint32_t account, const struct aggregate_row *row,
					     struct err *err);
/* Of one kind, in the order of the columns. The visitor must not write to the table. */
MUST_CHECK enum result aggregate_walk(struct db *db, uint32_t account, enum record_kind kind, aggregate_visit *visit,
				      void *arg, struct err *err);
/* Those after that one (NULL: from the first), in that order, up to max. */
MUST_CHECK enum result aggregate_list(struct db *db, uint32_t account, enum record_kind kind,
				      const struct aggregate_row *after, struct aggregate_row *out, size_t max,
				      size_t *count, struct err *err);
MUST_CHECK enum result aggregate_walk_waiting(struct db *db, uint32_t account, enum record_kind kind,
					      aggregate_visit *visit, void *arg, struct err *err);
MUST_CHECK enum result aggregate_clear(struct db *db, uint32_t account, enum record_kind kind, struct err *err);
MUST_CHECK enum result aggregate_clear_waiting(struct db *db, uint32_t account, enum record_kind kind, struct err *err);

#endif
