/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an erasure has put aside: sealed under the key of a legal hold before the
 * person's keys go, and listed as HELD_ASIDE.  It is due for nothing: only once
 * the keys are gone is it listed as erased.  When the erasure is given up, or
 * the hold is released before it is through, it goes back to where it was.
 */
#ifndef LETHE_VAULT_ASIDE_H
#define LETHE_VAULT_ASIDE_H

#include "store/hold.h"
#include "vault/vault.h"

/* Can it go back? Not when the key of one of its people is gone, or it does not open. */
MUST_CHECK enum result aside_can_go(struct session *session, const struct record_row *row, struct pool *pool, bool *can,
				    struct err *err);
MUST_CHECK enum result aside_contact_can_go(struct session *session, const struct contact_row *row, struct pool *pool,
					    bool *can, struct err *err);
/* Inside a write transaction: seals what is put aside under the key of its day (or, a contact, its own) and of
 * its people anew, and lists it no longer. `*back` false, and nothing changed: it is not put aside, or it cannot go. */
MUST_CHECK enum result aside_put_back(struct session *session, struct record_row *row, struct pool *pool, bool *back,
				      struct err *err);
MUST_CHECK enum result aside_put_contact_back(struct session *session, struct contact_row *row, struct pool *pool,
					      bool *back, struct err *err);

/* Of a copy of the data, which nobody else writes to: all that can go back under keys that are there, in a transaction of
 * its own. The copy may be all that is left when its hold, with its key, is long gone. */
MUST_CHECK enum result aside_put_all_back(struct session *copy, struct err *err);

#endif
