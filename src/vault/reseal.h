/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sealing a record anew under another key, so that the one it is under can go.
 */
#ifndef LETHE_VAULT_RESEAL_H
#define LETHE_VAULT_RESEAL_H

#include "vault/seal.h"
#include "vault/vault.h"

/* Inside a write transaction: payload and media keys of the row, which `from` opens, go under the key that row->hold and
 * row->part name now; a hold's or a period's key is made when it is the first under it. `row` is changed and stored.
 * ERR_CORRUPT when a tag fails: nothing is to be committed then. */
MUST_CHECK enum result reseal_record(struct session *session, struct record_row *row, const struct key *from,
				     struct pool *pool, struct err *err);
/* Would it find all of it whole? ERR_CORRUPT when a tag fails, ERR_GONE when a key is. Nothing is written. */
MUST_CHECK enum result reseal_check(struct session *session, const struct record_row *row, struct pool *pool,
				    struct err *err);
/* The same for a record that is damaged: what `from` opens of it (NULL: nothing) is sealed anew, the rest stays as the bytes
 * it is, which nobody can open. */
MUST_CHECK enum result reseal_what_opens(struct session *session, struct record_row *row, const struct key *from,
					 struct pool *pool, struct err *err);

#endif
