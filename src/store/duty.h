/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Obligations that an account is under, and duties: what obligations alone
 * keep, by the day on which it goes.
 *
 * A record that is erased or expired while an obligation runs is cut down to
 * the fields it names and sealed under the key of a duty (class KEY_HOLD, for
 * duties are numbered with the holds; record.hold names either); the table
 * `held` lists it. When the duty ends, its key goes, and with it all of that.
 */
#ifndef LETHE_STORE_DUTY_H
#define LETHE_STORE_DUTY_H

#include "base/pool.h"
#include "base/time.h"
#include "db/db.h"

struct obligation_row {
	const char *code;      /* of law/obligations; in the pool */
	struct instant applied;
	bool ended;
	struct instant ended_at;
	const char *set_by;    /* an opaque id; in the pool */
};
/* As applying from `row`, also when it was ended before. */
MUST_CHECK enum result obligation_put(struct db *db, uint32_t account, const struct obligation_row *row,
				      struct err *err);
/* ERR_NOT_FOUND when it does not apply. */
MUST_CHECK enum result obligation_end_row(struct db *db, uint32_t account, const char *code, struct instant now,
					  struct err *err);
/* In order of code, up to max; those that ended too. */
MUST_CHECK enum result obligation_list_rows(struct db *db, uint32_t account, const char *after, struct pool *pool,
					    struct obligation_row *out, size_t max, size_t *count, struct err *err);

struct duty_row {
	uint32_t account;
	int64_t duty;
	struct date ends;      /* gone from that day on */
	const char *codes;     /* of the obligations, sorted, a space between; in the pool */
	uint32_t fields;       /* bit set of law/obligation.h */
	struct instant made;
};
MUST_CHECK enum result duty_insert(struct db *db, const struct duty_row *row, struct err *err);
/* The one with that end, codes and fields; 0 when there is none. */
MUST_CHECK enum result duty_find(struct db *db, uint32_t account, struct date ends, const char *codes, uint32_t fields,
				 int64_t *out, struct err *err);
/* ERR_NOT_FOUND: then it may be a hold. */
MUST_CHECK enum result duty_get(struct db *db, uint32_t account, int64_t duty, struct pool *pool, struct duty_row *out,
				struct err *err);
/* Those that end on or before `until`, by number above `after`, up to max. */
MUST_CHECK enum result duty_list(struct db *db, uint32_t account, struct date until, int64_t after, struct pool *pool,
				 struct duty_row *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result duty_delete(struct db *db, uint32_t account, int64_t duty, struct err *err);

#endif
