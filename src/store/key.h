/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The key store: wrapped keys, epochs, counters and tombstones (keys.db).
 * Knows nothing of how keys are wrapped: see vault/keyring.h.
 */
#ifndef LETHE_STORE_KEY_H
#define LETHE_STORE_KEY_H

#include "base/pool.h"
#include "base/time.h"
#include "db/db.h"

#define KEY_WRAPPED_LEN 60   /* nonce, 32 bytes, tag */
#define BLIND_LEN 16

enum key_class { KEY_IDENTITY = 1, KEY_PERIOD = 2, KEY_HOLD = 3, KEY_OWN = 4, KEY_USER = 5, KEY_CONTACT = 6, KEY_FILE = 7 };
/* Numbers within KEY_OWN. That of answers is made when there is one to keep, and goes with any key of a person, contact
 * or user (vault/keyring.h). */
enum own_key { OWN_INDEX = 1, OWN_DATA = 2, OWN_SIGN = 3, OWN_ANSWERS = 4 };

struct blind { unsigned char bytes[BLIND_LEN]; };

struct wrapped_key {
	uint32_t account;
	enum key_class class;
	int64_t number;
	uint32_t epoch;
	unsigned char wrapped[KEY_WRAPPED_LEN];
};

/* The number of a period's key: part 0, or the one that what is left was sealed under anew when some of the day's records
 * went before the rest; each part has a key of its own. */
int64_t key_period_number(int kind, struct date day, int part);
int key_period_kind(int64_t number);
struct date key_period_day(int64_t number);
int key_period_part(int64_t number);

/* ERR_NOT_FOUND when there is none: it was destroyed or never made. */
MUST_CHECK enum result key_get(struct db *keys, uint32_t account, enum key_class class, int64_t number,
			       struct wrapped_key *out, struct err *err);
/* The number of the next identity whose key is inserted: never one that was given out before. */
MUST_CHECK enum result key_next_identity(struct db *keys, int64_t *number, struct err *err);
MUST_CHECK enum result key_insert(struct db *keys, const struct wrapped_key *key, struct err *err);
MUST_CHECK enum result key_delete(struct db *keys, uint32_t account, enum key_class class, int64_t number,
				  bool *existed, struct err *err);
MUST_CHECK enum result key_delete_account(struct db *keys, uint32_t account, int64_t *count, struct err *err);
/* Keys of an account of every class, those of its epochs among them, and its tombstones and counters. */
MUST_CHECK enum result key_count_account(struct db *keys, uint32_t account, int64_t *count, struct err *err);
/* Replaces the wrapping, if the key still exists. */
MUST_CHECK enum result key_rewrap(struct db *keys, const struct wrapped_key *key, struct err *err);
/* Up to `max` keys of all accounts whose epoch is below `epoch` (EPOCH_ANY: of every one), in the order they lie in after place *after (0: from the first), which
 * is moved to the last place looked at. None: there are no more. */
#define EPOCH_ANY UINT32_MAX
MUST_CHECK enum result key_list_older(struct db *keys, uint32_t epoch, int64_t *after, size_t max,
				      struct wrapped_key *out, size_t *count, struct err *err);
/* The numbers of an account's keys of a class, but not of identities, above `after`, in order, up to max. */
MUST_CHECK enum result key_list_numbers(struct db *keys, uint32_t account, enum key_class class, int64_t after,
					int64_t *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result key_count(struct db *keys, enum key_class class, int64_t *count, struct err *err);

MUST_CHECK enum result account_key_get(struct db *keys, uint32_t account, uint32_t epoch, struct pool *pool,
				       const unsigned char **wrapped, size_t *len, struct err *err);
MUST_CHECK enum result account_key_insert(struct db *keys, uint32_t account, uint32_t epoch, const void *wrapped,
					  size_t len, struct err *err);
MUST_CHECK enum result account_key_delete_epoch(struct db *keys, uint32_t epoch, struct err *err);
MUST_CHECK enum result account_key_list(struct db *keys, uint32_t epoch, uint32_t *out, size_t max, size_t *count,
					struct err *err);

enum epoch_state { EPOCH_COMING = 1, EPOCH_CURRENT = 2, EPOCH_LEAVING = 3, EPOCH_ENDED = 4 };
struct epoch { uint32_t epoch; enum epoch_state state; struct instant started, ended; };
#define EPOCH_LIST_MAX 4096
MUST_CHECK enum result epoch_insert(struct db *keys, uint32_t epoch, enum epoch_state state, struct instant now,
				    struct err *err);
MUST_CHECK enum result epoch_set_state(struct db *keys, uint32_t epoch, enum epoch_state state, struct instant now,
				       struct err *err);
/* The epoch in that state; ERR_NOT_FOUND. */
MUST_CHECK enum result epoch_find(struct db *keys, enum epoch_state state, struct epoch *out, struct err *err);
MUST_CHECK enum result epoch_list(struct db *keys, struct epoch *out, size_t max, size_t *count, struct err *err);

/* The next value, from 1; never the same twice. */
MUST_CHECK enum result counter_next(struct db *keys, uint32_t account, const char *name, int64_t *out, struct err *err);

/* At an account's end: its number is not given out again, nor is anything that was counted in it. */
MUST_CHECK enum result counter_delete_account(struct db *keys, uint32_t account, struct err *err);

MUST_CHECK enum result tombstone_put(struct db *keys, uint32_t account, const struct blind *blind, struct instant at,
				     struct err *err);
/* `*erased` when there is one. */
MUST_CHECK enum result tombstone_get(struct db *keys, uint32_t account, const struct blind *blind, bool *erased,
				     struct instant *at, struct err *err);
/* `*existed` when there was one. */
MUST_CHECK enum result tombstone_delete(struct db *keys, uint32_t account, const struct blind *blind, bool *existed,
					struct err *err);
MUST_CHECK enum result tombstone_delete_account(struct db *keys, uint32_t account, struct err *err);

#endif
