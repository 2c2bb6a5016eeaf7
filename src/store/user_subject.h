/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which user an OpenID provider means: a blind index of issuer and subject. What it calls them is sealed among the
 * user's secrets.
 */
#ifndef LETHE_STORE_USER_SUBJECT_H
#define LETHE_STORE_USER_SUBJECT_H

#include "store/key.h"

struct user_subject_row { struct blind blind; int64_t user; };

/* ERR_EXISTS when another user has it, or the user has one already. */
MUST_CHECK enum result user_subject_insert(struct db *db, uint32_t account, const struct user_subject_row *row,
					   struct err *err);
/* The user, 0 when there is none. */
MUST_CHECK enum result user_subject_find(struct db *db, uint32_t account, const struct blind *blind, int64_t *out,
					 struct err *err);
/* Those above `after` (NULL: from the first), in order, up to max. */
MUST_CHECK enum result user_subject_list(struct db *db, uint32_t account, const struct blind *after,
					 struct user_subject_row *out, size_t max, size_t *count, struct err *err);
/* The user's. */
MUST_CHECK enum result user_subject_delete(struct db *db, uint32_t account, int64_t user, struct err *err);
/* All of an account's, for a restore. */
MUST_CHECK enum result user_subject_clear(struct db *db, uint32_t account, struct err *err);

#endif
