/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Why a record or a contact is still here, or will not be: its facts, gathered, and the
 * verdict on them.  Nothing of the record itself is opened. Names of labels are
 * the account's own; the matter of a hold may name somebody: when there is one
 * (facts.hold_matter), holds_note_read comes before it is shown.
 */
#ifndef LETHE_RETENTION_WHY_H
#define LETHE_RETENTION_WHY_H

#include "retention/disposition.h"
#include "retention/holds.h"

struct why {
	enum record_kind kind; /* or HELD_CONTACT */
	struct id id;
	struct disposition_facts facts;
	struct disposition disposition;
};

/* Of what the facts are. */
const char *why_prefix(const struct why *why);
/* `text` is a record's id. ERR_INPUT when it is none, ERR_NOT_FOUND when it is not (any longer) in this account. */
MUST_CHECK enum result why_record(struct session *session, uint32_t account, const char *text, struct instant now,
				  struct pool *pool, struct why *out, struct err *err);

/* Is it the id of a contact? */
bool why_is_contact(const char *text);
/* The same of a contact; facts.occurred is when it was changed last. */
MUST_CHECK enum result why_contact(struct session *session, uint32_t account, const char *text, struct instant now,
				   struct pool *pool, struct why *out, struct err *err);

#endif
