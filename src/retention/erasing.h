/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the jobs of erasures and anonymisations say of a record: that its person
 * is being erased, that it is being anonymised, or that it was.  The jobs are
 * privacy/erase_state.c's and privacy/anonymise_record.c's; here they are only
 * read.
 */
#ifndef LETHE_RETENTION_ERASING_H
#define LETHE_RETENTION_ERASING_H

#include "store/record.h"
#include "vault/vault.h"

/* Stored: only add. In the order HOLDS, DUTIES, KEYS, ROWS, LOOK; or from HOLDS to BACK, when it is given up. */
enum erase_phase {
	ERASE_HOLDS = 1, ERASE_KEYS = 2, ERASE_ROWS = 3, ERASE_LOOK = 4, ERASE_DUTIES = 5, ERASE_BACK = 6,
};

struct erasing {
	bool found;
	bool anonymise;       /* what it says in plain columns goes into the aggregates */
	bool alone;           /* it and not its person */
	struct instant since;
};
/* The oldest that runs. Who is only the agent in it is taken out of it: that is no erasure of it. */
MUST_CHECK enum result erasing_find(struct session *session, const struct record_row *row, struct erasing *out,
				    struct err *err);
/* Inside a write transaction: ERR_WRONG_STATE while that person is being erased or anonymised, for then identities neither
 * leave nor join them. One that is given up is over. */
MUST_CHECK enum result erasing_refuse(struct session *session, uint32_t account, struct id person, struct err *err);
/* Of a record that is not there (any longer): was it anonymised alone, and when? One that went with its person leads
 * nowhere. Costs what was ever anonymised so in the account. */
MUST_CHECK enum result erasing_was_anonymised(struct session *session, uint32_t account, enum record_kind kind,
					      struct id id, bool *was, struct instant *at, struct err *err);

#endif
