/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keeping what anonymised records said in plain columns: first as what waits,
 * in the transaction that deletes the records; then shown, once enough people
 * are in it (privacy/coarsen.h).
 */
#ifndef LETHE_PRIVACY_AGGREGATES_H
#define LETHE_PRIVACY_AGGREGATES_H

#include "privacy/coarsen.h"
#include "store/record.h"
#include "vault/vault.h"

/* Inside a write transaction: a number for whoever is anonymised next. It is never given twice and stands for nobody. */
MUST_CHECK enum result aggregates_person(struct session *session, uint32_t account, int64_t *out, struct err *err);
/* What a record says in plain columns. Its media rows must still be there. */
MUST_CHECK enum result aggregates_row(struct session *session, const struct record_row *record, struct pool *pool,
				      struct aggregate_row *out, struct err *err);

/* What a round of showing did; adds up over kinds. */
struct aggregates_shown {
	int64_t records[COARSEN_STEPS];  /* newly shown, by step */
	bool waits[KIND_COUNT];          /* something of the kind still does: fewer than k people */
	int64_t k;
};
/* Inside a write transaction, once all of a person waits: shows what may be. */
MUST_CHECK enum result aggregates_show(struct session *session, uint32_t account, struct aggregates_shown *out,
				       struct err *err);

#endif
