/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whatever keeps what a policy ends: holds and restrictions (all of a record)
 * and obligations (the fields they name), loaded together, so that nothing
 * deletes having asked only one. What they keep of a record, and which of them
 * before the others, retention/verdict.h says.
 */
#ifndef LETHE_RETENTION_KEEPERS_H
#define LETHE_RETENTION_KEEPERS_H

#include "retention/duties.h"
#include "retention/holds.h"

struct keepers {
	struct hold_set holds;
	struct duty_set duties;
};
/* Those in force at `now`. keepers_free also after an error. */
MUST_CHECK enum result keepers_load(struct session *session, uint32_t account, struct instant now, struct pool *pool,
				    struct keepers *out, struct err *err);
/* The same for who destroys the keys of days from `first` to `last` and asks of no others: holds on somebody touch those in
 * which there is a record of theirs, and none else. In the transaction that destroys them no record comes in between. */
MUST_CHECK enum result keepers_load_due(struct session *session, uint32_t account, struct instant now, struct date first,
					struct date last, struct pool *pool, struct keepers *out, struct err *err);
void keepers_free(struct keepers *keepers);
/* Could any record of this kind and day be kept? false spares looking at the records. */
bool keepers_touch_period(const struct keepers *keepers, enum record_kind kind, struct date day);
/* Are those of that day that are alike (retention/alike.h) all kept or none, as far as they are under the period's keys and
 * no hold names anybody in them? */
bool keepers_go_by_sort(const struct keepers *keepers, enum record_kind kind, struct date day);

#endif
