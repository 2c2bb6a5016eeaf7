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
	int64_t hold; /* 0, or the hold whose key seals it */
	struct party parties[PARTIES_MAX]; /* its identities, sorted; roles 0 */
	size_t party_count;
	struct blind names[CONTACT_NAMES_MAX]; /* blind tokens of its name */
	size_t name_count;
	const unsigned char *payload; /* sealed; in the pool */
	size_t payload_len;
	unsigned char digest[16]; /* keyed digest of the payload's plaintext */
	struct instant updated;
};

/* Inserts or replaces, with its index rows. */
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
/* Contacts whose name has all the given words (none: no contact); ERR_LIMIT above max. */
MUST_CHECK enum result contact_find_name(struct db *db, uint32_t account, const struct blind *words, size_t word_count,
					 struct id *out, size_t max, size_t *count, struct err *err);
/* Up to max after `after`. */
MUST_CHECK enum result contact_list(struct db *db, uint32_t account, struct id after, struct id *out, size_t max,
				    size_t *count, struct err *err);
MUST_CHECK enum result contact_count(struct db *db, uint32_t account, int64_t *out, struct err *err);

#endif
