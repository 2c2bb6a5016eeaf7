/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The own key of a contact: destroying it is losing the contact in every copy,
 * while the people in it, and what else there is of them, stay.  It is made with
 * the contact and lives as long as its row, also while a hold's key seals it.
 *
 * A contact that somebody deleted leaves a tombstone (store/key.h) by its id,
 * which is a keyed hash of what its source calls it: a nightly import of the same
 * address book does not bring it back.
 */
#ifndef LETHE_VAULT_CONTACT_KEY_H
#define LETHE_VAULT_CONTACT_KEY_H

#include "vault/vault.h"

/* Inside a write transaction: the number of a new one. */
MUST_CHECK enum result contact_key_make(struct session *session, uint32_t account, int64_t *number, struct err *err);
/* Inside a write transaction: the contact goes, key and rows; of one that was deleted a tombstone stays. */
MUST_CHECK enum result contact_key_end(struct session *session, const struct contact_row *row, struct instant now,
				       struct err *err);
/* Does a tombstone keep imports of the contact out? Looks at the key store alone. */
MUST_CHECK enum result contact_key_gone(struct session *session, uint32_t account, struct id id, bool *gone,
					struct instant *at, struct err *err);
/* Inside a write transaction: takes the tombstone away. */
MUST_CHECK enum result contact_key_readmit(struct session *session, uint32_t account, struct id id, bool *existed,
					   struct err *err);

#endif
