/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Days off that an account added to the calendar of its country. What they are
 * called, and the law that makes one a public holiday, are sealed.
 */
#ifndef LETHE_STORE_HOLIDAY_H
#define LETHE_STORE_HOLIDAY_H

#include "base/pool.h"
#include "base/time.h"
#include "db/db.h"

/* Texts are in the pool when read. */
struct holiday_row {
	struct date day;
	const unsigned char *name; /* sealed, as the next */
	size_t name_len;
	const unsigned char *law;  /* empty: no public holiday, a day off of the account's own */
	size_t law_len;
	struct instant added;
	const char *added_by;      /* an opaque id */
};

/* In place of what is there for that day. */
MUST_CHECK enum result holiday_put(struct db *db, uint32_t account, const struct holiday_row *row, struct err *err);
/* Unless it is not there: db_changes says. */
MUST_CHECK enum result holiday_delete(struct db *db, uint32_t account, struct date day, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result holiday_get(struct db *db, uint32_t account, struct date day, struct pool *pool,
				   struct holiday_row *out, struct err *err);
/* Those after a day, in order, up to max. */
MUST_CHECK enum result holiday_list(struct db *db, uint32_t account, struct date after, struct pool *pool,
				    struct holiday_row *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result holiday_count(struct db *db, uint32_t account, int64_t *out, struct err *err);

#endif
