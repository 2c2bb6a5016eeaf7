/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A look at a day's records, a few at a time, and at how large one is.
 */
#ifndef LETHE_RETENTION_DAY_H
#define LETHE_RETENTION_DAY_H

#include "store/period.h"
#include "store/record.h"
#include "vault/vault.h"

#define DAY_ROWS 64 /* at a time */

/* Whole rows in id order; they and `pool` are the visitor's until it returns. `*stop` true ends the walk. */
typedef enum result day_visit(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			      struct err *err);
/* Of the period's kind and day, those after `after` (zeroed: all). The visitor may change and delete what it sees. */
MUST_CHECK enum result day_walk(struct session *session, uint32_t account, const struct period *period, struct id after,
				day_visit *visit, void *arg, struct err *err);

/* How much of a disk a record takes, as the counts of its period have it. */
struct day_size { int64_t media, bytes; }; /* files; bytes of payload and files */
MUST_CHECK enum result day_size_of(struct session *session, const struct record_row *row, struct day_size *out,
				   struct err *err);

#endif
