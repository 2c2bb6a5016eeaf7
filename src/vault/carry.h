/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a restore takes over from the live data, so that going back in time
 * loses no duty:
 *
 *     accounts     made since: their keys live, and so must their names
 *     identities   known since, and who is whose: an erasure must find them, a hold must cover them
 *     labels       made since: policies and holds name them; a name that has another number since has that one everywhere
 *     policies     every version
 *     settings     as they are now
 *     holidays     the account's own days, exactly as they are now
 *     users        exactly as they are now: of one who was removed the key is gone
 *     access       users' secrets, sessions, tokens, one-time links: exactly as they are now
 *     holds        added since, releases, whose they are now, and whom an erasure took that they still cover
 *     obligations  that apply or applied, as they are now
 *     duties       what obligations alone keep, cut down: as it is now, and gone where they ended since
 *     held         what only a hold keeps: the backup has it under keys that are gone;
 *                  and that what a released hold had kept is gone
 *     contacts     whether they are deleted, and until when they can be brought back
 *     parts        what was sealed anew as the rest of its day went: the backup has it under a key that is gone
 *     aggregates   what anonymised records left, shown and waiting: as it is now
 *     jobs         whose results are receipts
 *     work         what was asked for over HTTP, and what came of it: as it is now
 *     events       and webhooks, deliveries, mails: as they are now, so that nobody hears of the same twice
 *     epoch length receipts promise by it
 *     leaves       the log never goes back
 *
 * Records and contacts made since are not: going back is what a restore is for.
 */
#ifndef LETHE_VAULT_CARRY_H
#define LETHE_VAULT_CARRY_H

#include "vault/remove.h"

struct carried {
	int64_t accounts, identities, labels, users, policies, holds, held, contacts, parts, duties, jobs,
	    leaves;       /* parts: records */
	int64_t pruned;   /* leaves whose bodies went since */
	int64_t released; /* records and contacts dropped: a released hold had kept them, and they went since */
};

/* From `live` into `to`, whose data are a transaction's; `live` is only read. Both sessions have the same keys. */
MUST_CHECK enum result carry_over(struct session *live, struct session *to, struct carried *out, struct err *err);
/* Identities whose identifier had another number in the backup, which reconciling has dropped: who was erased, and is
 * known again since. In a transaction, as carry_over. */
MUST_CHECK enum result carry_met_again(struct session *live, struct session *to, struct carried *out, struct err *err);
/* The leaves of `live` that `to` lacks. ERR_CORRUPT when the log of `to` is not the beginning of that of `live`. */
MUST_CHECK enum result carry_log(struct session *live, struct session *to, struct carried *out, struct err *err);

#endif
