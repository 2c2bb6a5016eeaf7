/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Users: who signs in to an account. What they are called is sealed; the blind
 * index of it is the same in every account of the region, so that one who uses
 * several is known for the same.
 */
#ifndef LETHE_STORE_USER_H
#define LETHE_STORE_USER_H

#include "base/id.h"
#include "base/pool.h"
#include "store/key.h"

#define USER_PREFIX "usr"

/* Stored: only add. */
enum user_role { USER_OWNER = 1, USER_ADMIN = 2, USER_AGENT = 3, USER_AUDITOR = 4 };
enum user_state { USER_ACTIVE = 1, USER_LEAVING = 2 }; /* leaving: a job removes it */

struct user_row {
	uint32_t account;
	int64_t user;              /* from the key store's counter; also the number of its key */
	struct id id;              /* usr_ */
	struct blind blind;        /* under the vault's own index key */
	const unsigned char *name; /* sealed under the user's key; in the pool */
	size_t name_len;
	enum user_role role;
	enum user_state state;
	int64_t agent;             /* identity, 0: none */
	struct instant created;
	bool signed_in;            /* ever */
	struct instant last_sign_in;
};

/* Inserts it, or changes role, state, agent and last sign-in. ERR_EXISTS when another has its blind, id or agent. */
MUST_CHECK enum result user_put(struct db *db, const struct user_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result user_get(struct db *db, uint32_t account, int64_t user, struct pool *pool, struct user_row *out,
				struct err *err);
/* Its number, 0 when there is none. */
MUST_CHECK enum result user_find(struct db *db, uint32_t account, const struct blind *blind, int64_t *out,
				 struct err *err);
MUST_CHECK enum result user_find_id(struct db *db, uint32_t account, struct id id, int64_t *out, struct err *err);
MUST_CHECK enum result user_find_agent(struct db *db, uint32_t account, int64_t agent, int64_t *out, struct err *err);
/* Those with a number above `after`, ascending, up to max. */
MUST_CHECK enum result user_list(struct db *db, uint32_t account, int64_t after, struct pool *pool, struct user_row *out,
				 size_t max, size_t *count, struct err *err);
/* All of an account, one after another, until `visit` fails; it may delete the row it is shown. `pool` is emptied now and then. */
typedef enum result user_visit(void *arg, const struct user_row *row, struct err *err);
MUST_CHECK enum result user_each(struct db *db, uint32_t account, struct pool *pool, user_visit *visit, void *arg,
				 struct err *err);
MUST_CHECK enum result user_delete(struct db *db, uint32_t account, int64_t user, struct err *err);
/* Has any account but this one a user of that blind? */
MUST_CHECK enum result user_elsewhere(struct db *db, uint32_t account, const struct blind *blind, bool *out,
				      struct err *err);

#endif
