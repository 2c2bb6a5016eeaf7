/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Contacts that are deleted, and brought back while their grace lasts.
 *
 * A deleted contact is not found by its name, not listed and not updated by an
 * import; it is in its person's export and goes with their erasure.  From its day
 * on a retention run destroys its own key (retention/purge.h), and imports of it
 * are refused until it is readmitted.
 */
#ifndef LETHE_PRIVACY_CONTACTS_H
#define LETHE_PRIVACY_CONTACTS_H

#include "store/contact.h"
#include "vault/accounts.h"

/* What `text` names, its row in the pool: a con_ id, or whatever finds one person (privacy/person.h), who is in one contact
 * that is there, or, `deleted`, in one that is deleted. ERR_INPUT names them when they are several; ERR_NOT_FOUND,
 * ERR_GONE when it was deleted and is past its grace. */
MUST_CHECK enum result contacts_find(struct session *session, const struct account *account, const char *text,
				     bool deleted, struct pool *pool, struct contact_row *out, struct err *err);
/* `out` is the row as it is then, in the pool. ERR_EXISTS when it is deleted already; ERR_HELD when only a hold keeps
 * it. */
MUST_CHECK enum result contacts_delete(struct vault *vault, const struct account *account, struct id id,
				       struct instant now, struct pool *pool, struct contact_row *out, struct err *err);
/* ERR_EXISTS when it is not deleted; ERR_GONE when its grace is over. */
MUST_CHECK enum result contacts_undelete(struct vault *vault, const struct account *account, struct id id,
					 struct instant now, struct pool *pool, struct contact_row *out,
					 struct err *err);
/* Imports may bring it again, once it is gone. ERR_EXISTS while it is there, deleted or not; ERR_NOT_FOUND when no
 * import of it is refused. */
MUST_CHECK enum result contacts_readmit(struct vault *vault, const struct account *account, struct id id,
					struct instant now, struct err *err);
/* Can it be brought back still? */
bool contacts_in_grace(const struct contact_row *row, struct instant now);

/* The leaves of reads, on disk before anything is shown. Outside the writer. Of a page: from which to which. */
MUST_CHECK enum result contacts_note_show(struct session *session, uint32_t account, struct id id, struct instant now,
					  struct err *err);
MUST_CHECK enum result contacts_note_list(struct session *session, uint32_t account, const struct id *ids, size_t count,
					  struct instant now, struct err *err);

#endif
