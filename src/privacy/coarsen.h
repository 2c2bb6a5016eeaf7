/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How what anonymised records said is coarsened until nobody stands alone in it.
 *
 * A group is what has the same columns.  It may be shown once k people are in
 * it; k records would not do, for they may be one person's (WP216 2.2.2: an
 * individual must not be singled out).  What has fewer goes down a fixed ladder,
 * each step dropping one thing more, and is tried again together with what else
 * came as far; what is still too few at its end waits.  So each group is
 * coarsened as little as suffices, and groups do not overlap.
 *
 * What was shown is never taken back, refined or added to by fewer than k
 * people: the difference between any two states of what is shown is a sum of
 * whole groups, of k people or more each.  Hence no single person's part can be
 * had by subtracting states of the table, and hence the order in which people
 * are anonymised matters: it decides who is shown together with whom.
 */
#ifndef LETHE_PRIVACY_COARSEN_H
#define LETHE_PRIVACY_COARSEN_H

#include "store/aggregate.h"

const char *coarsen_name(enum coarsen_step step); /* "day", .. "duration", .. "all" */
const char *coarsen_text(enum coarsen_step step); /* what is said of it, for people */

/* The columns of a row as they are at that step. Pure. */
struct aggregate_row coarsen_row(const struct aggregate_row *row, enum coarsen_step step);

/* What waits of one kind, taken apart. `rows` are sorted anew: the first *waiting of them are what still waits, as it was.
 * `shown`, which has room for as many as rows, gets the groups, each of k people or more; person is 0 in them. Rows of
 * person 0 are in groups and make none. The same rows in any order give the same. Pure. */
void coarsen(struct aggregate_row *rows, size_t count, int64_t k, struct aggregate_row *shown, size_t *shown_count,
	     size_t *waiting);

#endif
