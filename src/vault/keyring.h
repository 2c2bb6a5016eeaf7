/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The key hierarchy at work: finds, makes, wraps, unwraps and destroys keys.
 *
 *     epoch key E        in the root provider
 *       wraps account key A      one per account and epoch; account 0 is the vault itself
 *         wraps identity, contact, period, hold, user, file and own keys
 *
 * A keyring belongs to one connection to the key store and one thread.  Every
 * keyring of a process shares a generation counter: when any of them destroys
 * a key the others drop what they cached.
 */
#ifndef LETHE_VAULT_KEYRING_H
#define LETHE_VAULT_KEYRING_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/id.h"
#include "crypto/primitives.h"
#include "crypto/root.h"
#include "store/key.h"

#define VAULT_ACCOUNT 0u /* the vault's own keys */

/* What all keyrings of a process share; owned by the vault. */
struct keyring_shared {
	struct id vault;
	struct root *root;
	pthread_mutex_t root_lock;
	_Atomic uint64_t generation;
	_Atomic bool scrub_owed;  /* see vault_scrub_owed */
	_Atomic uint64_t written; /* groups committed by this process that did more than note a read: see vault_written */
	bool changing;            /* the writer thread's: the group under way is one of them */
};

struct keyring;

/* `keys` and `shared` are borrowed. `entries` is the size of the cache. */
MUST_CHECK enum result keyring_new(struct db *keys, struct keyring_shared *shared, size_t entries,
				   struct keyring **out, struct err *err);
void keyring_free(struct keyring *ring);
/* Drops every cached key of this keyring. */
void keyring_clear(struct keyring *ring);
/* Whether cached keys are in locked memory. */
bool keyring_is_locked(const struct keyring *ring);

/* ERR_GONE when the key is not there: destroyed, or never made. */
MUST_CHECK enum result keyring_get(struct keyring *ring, uint32_t account, enum key_class class, int64_t number,
				   struct key *out, struct err *err);
/* Has the processor fetch it from the cache of keys, if it is there: for who will get many keys in a row. */
void keyring_prefetch(const struct keyring *ring, uint32_t account, enum key_class class, int64_t number);
/* Makes it when it is not there. Inside a transaction on the key store. */
MUST_CHECK enum result keyring_get_or_make(struct keyring *ring, uint32_t account, enum key_class class,
					   int64_t number, struct key *out, struct err *err);
/* Makes one that cannot be there yet: its number was never given out before. Inside a transaction on the key store. */
MUST_CHECK enum result keyring_make(struct keyring *ring, uint32_t account, enum key_class class, int64_t number,
				    struct key *out, struct err *err);
/* Inside a transaction on the key store. What was answered lately may tell of a person, contact or user whose key goes: so
 * the account's OWN_ANSWERS goes with it. */
MUST_CHECK enum result keyring_destroy(struct keyring *ring, uint32_t account, enum key_class class, int64_t number,
				       bool *existed, struct err *err);
/* All of an account's, of every class and epoch, its tombstones and counters: nothing of it opens any more. Inside a
 * transaction on the key store. */
MUST_CHECK enum result keyring_account_destroy(struct keyring *ring, uint32_t account, int64_t *count,
					       struct err *err);
/* After the transaction is on disk: the other keyrings drop once more what they may have read before it was. */
void keyring_committed(struct keyring *ring);
/* Makes account's key for the current epoch and its own keys (index, data; for account 0 also sign). */
MUST_CHECK enum result keyring_account_create(struct keyring *ring, uint32_t account, struct err *err);
/* Its account key for `epoch`, made and wrapped anew: one step of a rotation. No-op when it is there. */
MUST_CHECK enum result keyring_account_epoch(struct keyring *ring, uint32_t account, uint32_t epoch, struct err *err);
/* Wraps one key under its account's key of `epoch` instead of key->epoch; `key` is changed, not stored. */
MUST_CHECK enum result keyring_rewrap(struct keyring *ring, struct wrapped_key *key, uint32_t epoch, struct err *err);

/* HMAC of kind and normalised text under the account's index key, first 128 bits. kind is a small number that keeps
 * vocabularies apart: an enum identity_kind, or one of these. */
enum {
	BLIND_NAME_WORD = 100, BLIND_ACCOUNT_NAME = 101, BLIND_RECORD_ID = 102, BLIND_CONTACT_ID = 103, BLIND_DIGEST = 104,
	BLIND_QUEUE = 105, BLIND_CAMPAIGN = 106, BLIND_TAG = 107, BLIND_USER = 108, BLIND_SUBJECT = 109,
	BLIND_REQUEST_KEY = 110, BLIND_REQUEST = 111, BLIND_ETAG = 112, BLIND_CURSOR = 113,
};
MUST_CHECK enum result keyring_blind(struct keyring *ring, uint32_t account, int kind, const char *text, size_t len,
				     struct blind *out, struct err *err);
/* The same with the index key at hand, for threads without a keyring. */
struct blind blind_with(const struct key *index_key, int kind, const void *text, size_t len);

#endif
