/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Periods of which some records go before the rest, by narrower rules.
 *
 * All of a day are under one key, and losing it is losing them. So what stays
 * is sealed anew under the key of the day's next part, and then the old key
 * goes with the rows that are due (retention/expire.h):
 *
 *     found    is anything of it past its time, and which part is to stay
 *     kept     what a hold covers goes under its key, as with a whole day
 *     moved    the day's new records are of the part that stays from here on, and what stays is sealed
 *              under its key, in small transactions; until then both keys live, and nothing is lost
 *     deleted  in one transaction: the keys of the parts before, and what is still under them
 *
 * Doing any of it again goes on where it was left.
 */
#ifndef LETHE_RETENTION_PARTIAL_H
#define LETHE_RETENTION_PARTIAL_H

#include "retention/expire.h"

/* Looks at each of the day's records. `*due` false: nothing of it is past its time, nor left over from before. */
MUST_CHECK enum result partial_find(const struct expire_terms *terms, const struct period *period, bool *due,
				    int *spare, struct err *err);
/* What stays goes under the key of part expiry->spare; what nobody can open any more is left to go. A record that stays and
 * fails its tag goes along as the bytes it is, so that what is due can go; unless of that nothing opens either, which
 * makes the period `damaged`: nothing is won by losing the key that it may be mended with. expiry->damage names it. */
MUST_CHECK enum result partial_move(const struct expire_terms *terms, struct expiry *expiry, struct err *err);
/* Notes in one transaction that these were looked at and hold nothing that is due. */
MUST_CHECK enum result partial_looked(const struct expire_terms *terms, struct period *periods, size_t count,
				      struct err *err);

#endif
