/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of taking over share. Private to vault/carry*.c.
 */
#ifndef LETHE_VAULT_CARRY_RUN_H
#define LETHE_VAULT_CARRY_RUN_H

#include "vault/carry.h"

#define BATCH 256 /* rows looked at in one go */

struct carry {
	struct session *live, *to;
	struct carried *out;
	uint32_t account;
	struct pool pool; /* of one batch */
};

/* That a row is not there is no failure. */
static inline enum result carry_none_is_fine(enum result r)
{
	return r == ERR_NOT_FOUND ? OK : r;
}

/* ---- records, and contacts (carry_records.c) ---- */

/* A record of the live data, with its links and media, into `to`, which does not have it; or in place of the row it
 * has. */
MUST_CHECK enum result carry_put_record(struct carry *c, const struct record_row *row, struct err *err);
MUST_CHECK enum result carry_exchange(struct carry *c, const struct record_row *have, const struct record_row *live,
				      struct err *err);
/* What was sealed anew when some of its day went. */
MUST_CHECK enum result carry_parts(struct carry *c, struct err *err);
/* Those deleted since, or brought back since. */
MUST_CHECK enum result carry_contacts(struct carry *c, struct err *err);

/* ---- what keepers keep (carry_held.c) ---- */

MUST_CHECK enum result carry_holds(struct carry *c, struct err *err);
/* And obligations. */
MUST_CHECK enum result carry_duties(struct carry *c, struct err *err);

#endif
