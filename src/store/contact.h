/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Contacts: sealed entries, found by identity or by the words of a name.
 */
#ifndef LETHE_STORE_CONTACT_H
#define LETHE_STORE_CONTACT_H

#include "store/column.h"
#include "store/key.h"

#define CONTACT_PREFIX "con"
#define CONTACT_NAMES_MAX 16

struct contact_row {
	uint32_t account;
	struct id id;
	int64_t key;  /* the number of its own key: see vault/contact_key.h */
	int64_t hold; /* 0, or the hold whose key seals it */
	struct party parties[PARTIES_MAX]; /* its identities, sorted; roles 0 */
	size_t party_count;
	struct blind names[CONTACT_NAMES_MAX]; /* blind tokens of its name */
	size_t name_count;
	const unsigned char *payload; /* sealed; in the pool */
	size_t payload_len;
	unsigned char digest[16]; /* keyed digest of the payload's plaintext */
	struct instant updated;
	struct instant deleted; /* ms 0: it is not */
	struct date gone_on;    /* of a deleted one: from that day on it cannot be brought back */
};
bool contact_is_deleted(const struct contact_row *row);

/* Inserts or replaces, with its index rows. A deleted one is not found by name. */
MUST_CHECK enum result contact_put(struct db *db, const struct contact_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result contact_get(struct db *db, uint32_t account, struct id id, struct pool *pool,
				   struct contact_row *out, struct err *err);
MUST_CHECK enum result contact_delete(struct db *db, const struct contact_row *row, struct err *err);
/* Ids of the contacts an identity is in; ERR_LIMIT above max. */
MUST_CHECK enum result contact_of_identity(struct db *db, uint32_t account, int64_t identity, struct id *out,
					   size_t max, size_t *count, struct err *err);
/* The same by pages: up to max after `after`. */
MUST_CHECK enum result contact_list_identity(struct db *db, uint32_t account, int64_t identity, struct id after,
					     struct id *out, size_t max, size_t *count, struct err *err);
/* Is that contact among them? */
MUST_CHECK enum result contact_has_identity(struct db *db, uint32_t account, int64_t identity, struct id contact,
					    bool *has, struct err *err);
/* Does that word of a name lead to it? */
MUST_CHECK enum result contact_has_name(struct db *db, uint32_t account, const struct blind *word, struct id contact,
					bool *has, struct err *err);
/* The number of its own key, also of one that contact_get finds damaged; 0 when it is not there. */
MUST_CHECK enum result contact_key_of(struct db *db, uint32_t account, struct id id, int64_t *key, struct err *err);
/* Is there a contact whose own key has that number? */
MUST_CHECK enum result contact_has_key(struct db *db, uint32_t account, int64_t key, bool *has, struct err *err);
/* Contacts whose name has all the given words (none: no contact); ERR_LIMIT above max. */
MUST_CHECK enum result contact_find_name(struct db *db, uint32_t account, const struct blind *words, size_t word_count,
					 struct id *out, size_t max, size_t *count, struct err *err);
/* Up to max after `after`, deleted ones too. */
MUST_CHECK enum result contact_list(struct db *db, uint32_t account, struct id after, struct id *out, size_t max,
				    size_t *count, struct err *err);
/* The same without deleted ones, and of those alone. */
MUST_CHECK enum result contact_list_there(struct db *db, uint32_t account, struct id after, struct id *out, size_t max,
					  size_t *count, struct err *err);
MUST_CHECK enum result contact_list_deleted(struct db *db, uint32_t account, struct id after, struct id *out,
					    size_t max, size_t *count, struct err *err);
/* Is it there and deleted? */
MUST_CHECK enum result contact_in_deleted(struct db *db, uint32_t account, struct id id, bool *deleted, struct err *err);
/* Deleted ones that no hold's key keeps, whose day is `until` or before, by day and id after `after` (all zero: from the
 * first). */
struct contact_gone { struct date on; struct id id; int64_t bytes; }; /* of the sealed payload */
MUST_CHECK enum result contact_list_gone(struct db *db, uint32_t account, struct date until,
					 const struct contact_gone *after, struct contact_gone *out, size_t max,
					 size_t *count, struct err *err);
MUST_CHECK enum result contact_count(struct db *db, uint32_t account, int64_t *out, struct err *err);

#endif
