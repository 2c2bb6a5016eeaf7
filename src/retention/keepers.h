/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whatever keeps what a policy ends: legal holds (all of a record), then
 * obligations (the fields they name).  One place to ask both, so that nothing
 * deletes having asked only one.
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
void keepers_free(struct keepers *keepers);
/* Could any record of this kind and day be kept? false spares looking at the records. */
bool keepers_touch_period(const struct keepers *keepers, enum record_kind kind, struct date day);
/* What keeps a record that is under its period's key. */
enum keeper { KEEPER_NONE, KEEPER_HOLD, KEEPER_DUTY };
enum keeper keepers_of(const struct keepers *keepers, const struct record_row *row);
/* Has one of them a claim to it that is not met yet? What nobody can open any more has nothing to keep. */
MUST_CHECK enum result keepers_want(struct session *session, const struct keepers *keepers,
				    const struct record_row *row, bool *wants, struct err *err);
/* Inside a write transaction, while its old keys still open it: seals what keepers_want wants under the keeper's key. */
MUST_CHECK enum result keepers_keep(struct session *session, const struct keepers *keepers, struct record_row *row,
				    enum held_cause cause, struct instant due, struct pool *pool, struct err *err);

#endif
