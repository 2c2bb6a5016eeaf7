/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Identities, and persons as sets of them.
 */
#ifndef LETHE_STORE_IDENTITY_H
#define LETHE_STORE_IDENTITY_H

#include "store/column.h"
#include "store/key.h"
#include "store/kind.h"

#define PERSON_PREFIX "per"

struct identity_row {
	uint32_t account;
	int64_t identity;
	enum identity_kind kind;
	struct id person;
	struct blind blind;
	const unsigned char *value; /* sealed; in the pool */
	size_t value_len;
	struct instant created;
};

MUST_CHECK enum result identity_insert(struct db *db, const struct identity_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result identity_get(struct db *db, uint32_t account, int64_t identity, struct pool *pool,
				    struct identity_row *out, struct err *err);
/* Only identity, kind and person are filled. `*found` tells. */
MUST_CHECK enum result identity_find(struct db *db, uint32_t account, const struct blind *blind, bool *found,
				     struct identity_row *out, struct err *err);
/* Its number alone; 0 when there is none. Half the cost: the index tells. */
MUST_CHECK enum result identity_find_number(struct db *db, uint32_t account, const struct blind *blind, int64_t *out,
					    struct err *err);
/* Those of one person, ascending; ERR_LIMIT above `max`. */
MUST_CHECK enum result identity_of_person(struct db *db, uint32_t account, struct id person, struct pool *pool,
					  struct identity_row *out, size_t max, size_t *count, struct err *err);
/* To another person. Active holds on a person who has no identity left follow (see hold_follow). */
MUST_CHECK enum result identity_move(struct db *db, uint32_t account, int64_t identity, struct id person,
				     struct err *err);
/* From now on it is found by no identifier, only by its number and its person: its identifier may be somebody else's.
 * Can be repeated. */
MUST_CHECK enum result identity_unname(struct db *db, uint32_t account, int64_t identity, struct err *err);
/* Was it unnamed? */
bool identity_is_unnamed(const struct identity_row *row);
MUST_CHECK enum result identity_delete(struct db *db, uint32_t account, int64_t identity, struct err *err);
MUST_CHECK enum result identity_count(struct db *db, uint32_t account, int64_t *out, struct err *err);
/* Those of the account after that number, ascending; at most `max`. */
MUST_CHECK enum result identity_list(struct db *db, uint32_t account, int64_t after, struct pool *pool,
				     struct identity_row *out, size_t max, size_t *count, struct err *err);
/* What a visitor is given lasts for its call. It may write, and also delete what it was given. */
typedef enum result identity_visit(void *arg, const struct identity_row *row, struct err *err);
/* Every identity of the account, ascending; what the visitor fails with ends it. */
MUST_CHECK enum result identity_walk(struct db *db, uint32_t account, identity_visit *visit, void *arg,
				     struct err *err);

#endif
