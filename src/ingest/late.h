/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What arrives past its time: it is left out, or stored as a sweep would have
 * left it: under a hold's key, or cut down to the fields that obligations name,
 * under a duty's.  Nobody is made an identity, and nothing a label, for what is
 * cut away.
 */
#ifndef LETHE_INGEST_LATE_H
#define LETHE_INGEST_LATE_H

#include "ingest/commit.h"
#include "retention/verdict.h"

/* What the verdict needs beside policies and holds, loaded when the first of a batch arrives. Zeroed is empty; late_free
 * also after an error. */
struct late {
	bool loaded;
	struct duty_set duties;
	struct pool pool;
};
void late_free(struct late *late);
/* By the account's rules as they are in this transaction. Identities and labels that are not there yet are not in `row`. */
MUST_CHECK enum result late_judge(struct commit *c, struct late *late, const struct policy_set *policies,
				  const struct record_row *row, struct ruling *out, struct err *err);
/* The record without what obligations do not name, in the batch's pool. */
MUST_CHECK enum result late_cut(struct commit *c, const struct ruling *ruling, const struct batch_record *record,
				const struct batch_record **out, struct err *err);
/* The keeper under whose key it is to go: its number, with a key, and a duty made when it is the first. */
MUST_CHECK enum result late_keeper(struct commit *c, const struct late *late, const struct ruling *ruling,
				   int64_t *keeper, struct err *err);

#endif
