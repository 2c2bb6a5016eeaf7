/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Dropping from restored data what has no key any more: erased stays erased.
 */
#ifndef LETHE_VAULT_RECONCILE_H
#define LETHE_VAULT_RECONCILE_H

#include "vault/remove.h"

struct reconciled {
	int64_t accounts;            /* that ended since: with all they had */
	int64_t identities;          /* of persons erased since, with their contacts and records */
	int64_t contacts;
	struct removed erased;
	int64_t purged;              /* contacts that were deleted, and went since */
	int64_t periods;             /* a key of which went when they, or some of them, expired, also if there is another since */
	struct removed expired;
	int64_t released;            /* records and contacts whose key went with their hold or duty */
	int64_t keys_without_data;   /* identity, contact and period keys that nothing here needs; a newer backup may */
};

/* Goes over all data of `session`, in transactions of its own; can be repeated. What a hold keeps stays. */
MUST_CHECK enum result reconcile(struct session *session, struct reconciled *out, struct err *err);

#endif
