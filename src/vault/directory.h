/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The directory: from a blind index to an identity, made with its key and its
 * person when it is new.  Used on the writer thread, inside a transaction on
 * both databases.  Caches what it has seen, up to a maximum.
 */
#ifndef LETHE_VAULT_DIRECTORY_H
#define LETHE_VAULT_DIRECTORY_H

#include "vault/vault.h"

struct directory;

struct entry {
	int64_t identity;         /* 0: nobody */
	bool erased;              /* a tombstone exists for this identifier */
	struct instant erased_at; /* what happened before then must not come back */
};

MUST_CHECK enum result directory_new(size_t entries, struct directory **out, struct err *err);
void directory_free(struct directory *directory);
/* After a rollback, an erasure, a link: nothing remembered may be trusted. */
void directory_clear(struct directory *directory);
/* The same for one identifier. */
void directory_forget(struct directory *directory, uint32_t account, const struct blind *blind);

/* Looks up; `*found` false leaves only erased and erased_at set in `out`. */
MUST_CHECK enum result directory_find(struct session *session, uint32_t account, const struct blind *blind,
				      struct entry *out, bool *found, struct err *err);
/* Has the processor fetch what is remembered of it, if anything is: for who will look many up in a row. */
void directory_prefetch(const struct directory *directory, const struct blind *blind);
/* What is remembered of it, without a look into the databases. */
bool directory_recall(const struct directory *directory, uint32_t account, const struct blind *blind,
		      struct entry *out);
/* Makes the identity for `value` (normalised) and its key. `person` NULL: a new person's, else that one's; `*whose` says
 * whose it is then (NULL is fine). `out` is what directory_find left for it. */
MUST_CHECK enum result directory_make(struct session *session, uint32_t account, enum identity_kind kind,
				      const struct blind *blind, const char *value, const struct id *person,
				      struct instant now, struct entry *out, struct id *whose, struct err *err);

#endif
