/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Taking one record out, with everything that belongs to it.
 */
#ifndef LETHE_VAULT_REMOVE_H
#define LETHE_VAULT_REMOVE_H

#include "store/hold.h"
#include "store/party.h"
#include "store/period.h"
#include "vault/vault.h"

/* What was removed, per kind; adds up over calls. */
struct removed {
	int64_t records[KIND_COUNT], bytes[KIND_COUNT]; /* bytes of payloads and media */
	int64_t media, media_bytes, parties;
};
void removed_add(struct removed *to, const struct removed *more);

#define REMOVE_BATCH 2048
/* Inside a write transaction: deletes the rows, their party rows, media rows (blobs go to the trash) and corrects the
 * period counts, each in the cheap order. Rows that are gone already are passed over. */
MUST_CHECK enum result remove_records(struct session *session, uint32_t account, const struct record_row *rows,
				      size_t count, struct removed *removed, struct err *err);
/* The same for one record or contact that is under a hold's key, and its line in the hold's list; `*existed` false when
 * nothing is under that key any more. */
MUST_CHECK enum result remove_held(struct session *session, const struct held_row *held, struct pool *pool,
				   bool *existed, struct err *err);

#endif
