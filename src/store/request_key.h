/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Requests over HTTP that came with a key of their own (Idempotency-Key), so
 * that who asks again is told what was answered and nothing is done twice.
 */
#ifndef LETHE_STORE_REQUEST_KEY_H
#define LETHE_STORE_REQUEST_KEY_H

#include "store/key.h"

/* Stored: only add. */
enum request_state {
	REQUEST_BEGUN = 1,    /* something was done; its answer is still to come */
	REQUEST_ANSWERED = 2,
	REQUEST_BROKEN = 3,   /* begun by a process that is no more, or broken off: there will be no answer */
};

struct request_key_row {
	uint32_t account;
	struct blind key;     /* of who asked and their key */
	struct blind request; /* of method, path, query and body */
	enum request_state state;
	int status;                  /* of the answer, else 0 */
	const unsigned char *answer; /* sealed (vault/answer.h); empty: it is not kept */
	size_t answer_len;
	struct instant ends;         /* until then it is known */
};

/* Takes the place of one that has the same key. */
MUST_CHECK enum result request_key_put(struct db *db, const struct request_key_row *row, struct err *err);
/* `*found` false when there is none. */
MUST_CHECK enum result request_key_get(struct db *db, uint32_t account, const struct blind *key, struct pool *pool,
				       bool *found, struct request_key_row *out, struct err *err);
/* Those above `after` (NULL: from the first), in order, up to max. */
MUST_CHECK enum result request_key_list(struct db *db, uint32_t account, const struct blind *after, struct pool *pool,
					struct request_key_row *out, size_t max, size_t *count, struct err *err);
/* Whatever was begun, in all accounts, will have no answer. */
MUST_CHECK enum result request_key_break(struct db *db, struct err *err);
/* Up to max whose time is over at `now`; how many went. */
MUST_CHECK enum result request_key_delete_due(struct db *db, uint32_t account, struct instant now, int64_t max,
					      int64_t *deleted, struct err *err);
/* All of an account's, for a restore. */
MUST_CHECK enum result request_key_clear(struct db *db, uint32_t account, struct err *err);

#endif
