/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an erasure must leave by law (GDPR art. 17(3)(b)): the fields that
 * obligations name, sealed under the keys of duties; what they are, and until
 * when, for the receipt.
 */
#ifndef LETHE_PRIVACY_ERASE_DUTIES_H
#define LETHE_PRIVACY_ERASE_DUTIES_H

#include "privacy/erase_state.h"
#include "retention/duties.h"

/* Before anything is cut: can what `cover` names be kept? ERR_CORRUPT when the record does not open. */
MUST_CHECK enum result erase_duties_check(struct session *session, const struct duty_cover *cover,
					  const struct record_row *row, struct pool *pool, struct err *err);
/* Inside a write transaction: cuts it down to what `cover` names, so that nothing leads from the person to it any more,
 * and counts it in `state`. `*kept` false, and nothing changed: it cannot be opened. */
MUST_CHECK enum result erase_duties_keep(struct session *session, const struct duty_set *set,
					 const struct duty_cover *cover, struct record_row *row,
					 struct erase_state *state, struct pool *pool, bool *kept,
					 struct err *err);
/* The member "obliged" of the statement: nothing when nothing was. */
MUST_CHECK enum result erase_duties_state(struct json_writer *w, const struct erase_result *result, struct err *err);

#endif
