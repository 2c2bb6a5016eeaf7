/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Anonymising a person: an erasure (privacy/erase.h) that first adds what its
 * records said in plain columns to the aggregates.  Everything else goes as in
 * any erasure: links, payloads, media, keys.
 */
#ifndef LETHE_PRIVACY_ANONYMISE_H
#define LETHE_PRIVACY_ANONYMISE_H

#include "base/json.h"
#include "privacy/erase_state.h"

/* May what happened on that day go? ERR_WRONG_STATE under a profile that lets go only of what is billed, while it is not. */
MUST_CHECK enum result anonymise_billed(struct session *session, uint32_t account, struct date day, struct err *err);
/* The same of the newest record of each identity. */
MUST_CHECK enum result anonymise_person_billed(struct session *session, const struct erase_state *state, struct err *err);
/* Inside the transaction that removes these records, before it does: what they said waits from here on. */
MUST_CHECK enum result anonymise_add(struct session *session, struct erase_state *state, const struct record_row *rows,
				     size_t count, struct pool *pool, struct err *err);
/* The members "anonymised" of an open object. */
void anonymise_write(struct json_writer *w, const int64_t records[KIND_COUNT], const struct aggregates_shown *shown);

#endif
