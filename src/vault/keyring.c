/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/keycache.h"

/* The cache keeps account keys too, named by their epoch, under a class the key store does not use. */
#define CLASS_ACCOUNT 0

struct keyring {
	struct db *keys;
	struct keyring_shared *shared;
	struct keycache *cache;
	uint64_t generation; /* of shared->generation, when the cache was last good */
	uint32_t epoch;      /* current; 0: not read yet */
	bool destroyed;      /* a key, since the last commit */
};

enum result keyring_new(struct db *keys, struct keyring_shared *shared, size_t entries, struct keyring **out,
			struct err *err)
{
	struct keyring *ring = calloc(1, sizeof *ring);
	enum result r;

	if (ring == NULL)
		return err_no_memory(err);
	ring->keys = keys;
	ring->shared = shared;
	ring->generation = atomic_load(&shared->generation);
	r = keycache_new(entries, &ring->cache, err);
	if (r != OK) {
		free(ring);
		return r;
	}
	*out = ring;
	return OK;
}

void keyring_free(struct keyring *ring)
{
	if (ring == NULL)
		return;
	keycache_free(ring->cache);
	free(ring);
}

void keyring_clear(struct keyring *ring)
{
	keycache_clear(ring->cache);
	ring->epoch = 0;
}

bool keyring_is_locked(const struct keyring *ring)
{
	return keycache_is_locked(ring->cache);
}

/* Another keyring destroyed something: what is cached here may be of it. */
static void stay_current(struct keyring *ring)
{
	uint64_t now = atomic_load(&ring->shared->generation);

	if (now == ring->generation)
		return;
	keyring_clear(ring);
	ring->generation = now;
}

static unsigned char *put_be(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		*at++ = (unsigned char)(value >> (8 * i));
	return at;
}

/* Which key this is, bound to its wrapping, so that no row can stand in for another. */
#define WRAP_LABEL "lethe/wrap/1"
#define WRAP_AAD_LEN (sizeof WRAP_LABEL + 16 + 4 + 1 + 8 + 4)
static void wrap_aad(const struct keyring *ring, uint32_t account, int class, int64_t number, uint32_t epoch,
		     unsigned char out[WRAP_AAD_LEN])
{
	unsigned char *at = out;

	memcpy(at, WRAP_LABEL, sizeof WRAP_LABEL);
	at += sizeof WRAP_LABEL;
	memcpy(at, ring->shared->vault.bytes, 16);
	at = put_be(at + 16, account, 4);
	at = put_be(at, (uint64_t)class, 1);
	at = put_be(at, (uint64_t)number, 8);
	at = put_be(at, epoch, 4);
	INVARIANT(at == out + WRAP_AAD_LEN);
}

static enum result unwrap_account(struct keyring *ring, uint32_t account, uint32_t epoch, struct key *out,
				  struct err *err)
{
	unsigned char aad[WRAP_AAD_LEN];
	const unsigned char *wrapped;
	struct pool pool;
	size_t len;
	enum result r;

	pool_init(&pool, 4096);
	r = account_key_get(ring->keys, account, epoch, &pool, &wrapped, &len, err);
	if (r == ERR_NOT_FOUND)
		r = err_set(err, ERR_GONE, "the account's key has been destroyed");
	if (r == OK) {
		wrap_aad(ring, account, CLASS_ACCOUNT, 0, epoch, aad);
		pthread_mutex_lock(&ring->shared->root_lock);
		r = root_unwrap(ring->shared->root, epoch, aad, sizeof aad, wrapped, len, out, err);
		pthread_mutex_unlock(&ring->shared->root_lock);
	}
	pool_free(&pool);
	return r;
}

static enum result account_key(struct keyring *ring, uint32_t account, uint32_t epoch, struct key *out,
			       struct err *err)
{
	struct keycache_name name = {.account = account, .class = CLASS_ACCOUNT, .number = epoch};
	enum result r;

	if (keycache_get(ring->cache, name, out))
		return OK;
	r = unwrap_account(ring, account, epoch, out, err);
	if (r == OK)
		keycache_put(ring->cache, name, out);
	return r;
}

static enum result current_epoch(struct keyring *ring, uint32_t *out, struct err *err)
{
	struct epoch epoch;
	enum result r = OK;

	if (ring->epoch == 0) {
		r = epoch_find(ring->keys, EPOCH_CURRENT, &epoch, err);
		if (r == OK)
			ring->epoch = epoch.epoch;
	}
	*out = ring->epoch;
	return r;
}

static enum result unwrap(struct keyring *ring, const struct wrapped_key *wrapped, struct key *out, struct err *err)
{
	unsigned char aad[WRAP_AAD_LEN];
	struct key account;
	enum result r = account_key(ring, wrapped->account, wrapped->epoch, &account, err);

	if (r != OK)
		return r;
	wrap_aad(ring, wrapped->account, wrapped->class, wrapped->number, wrapped->epoch, aad);
	r = aead_open(&account, aad, sizeof aad, wrapped->wrapped, sizeof wrapped->wrapped, out->bytes, err);
	key_wipe(&account);
	if (r == ERR_CORRUPT)
		r = err_set(err, ERR_CORRUPT, "a wrapped key in the key store fails its tag");
	return r;
}

static enum result wrap(struct keyring *ring, const struct key *key, struct wrapped_key *wrapped, struct err *err)
{
	unsigned char aad[WRAP_AAD_LEN];
	struct key account;
	enum result r = account_key(ring, wrapped->account, wrapped->epoch, &account, err);

	if (r != OK)
		return r;
	wrap_aad(ring, wrapped->account, wrapped->class, wrapped->number, wrapped->epoch, aad);
	r = aead_seal(&account, aad, sizeof aad, key->bytes, sizeof key->bytes, wrapped->wrapped, err);
	key_wipe(&account);
	return r;
}

enum result keyring_get(struct keyring *ring, uint32_t account, enum key_class class, int64_t number, struct key *out,
			struct err *err)
{
	struct keycache_name name = {.account = account, .class = (uint32_t)class, .number = (uint64_t)number};
	struct wrapped_key wrapped;
	enum result r;

	stay_current(ring);
	if (keycache_get(ring->cache, name, out))
		return OK;
	r = key_get(ring->keys, account, class, number, &wrapped, err);
	if (r == ERR_NOT_FOUND)
		return err_set(err, ERR_GONE, "its key has been destroyed");
	if (r == OK)
		r = unwrap(ring, &wrapped, out, err);
	if (r == OK)
		keycache_put(ring->cache, name, out);
	return r;
}

void keyring_prefetch(const struct keyring *ring, uint32_t account, enum key_class class, int64_t number)
{
	struct keycache_name name = {.account = account, .class = (uint32_t)class, .number = (uint64_t)number};

	keycache_prefetch(ring->cache, name);
}

enum result keyring_make(struct keyring *ring, uint32_t account, enum key_class class, int64_t number,
			 struct key *out, struct err *err)
{
	struct keycache_name name = {.account = account, .class = (uint32_t)class, .number = (uint64_t)number};
	struct wrapped_key wrapped = {.account = account, .class = class, .number = number};
	enum result r = current_epoch(ring, &wrapped.epoch, err);

	if (r != OK)
		return r;
	*out = key_random();
	r = wrap(ring, out, &wrapped, err);
	if (r == OK)
		r = key_insert(ring->keys, &wrapped, err);
	if (r == OK)
		keycache_put(ring->cache, name, out);
	return r;
}

enum result keyring_get_or_make(struct keyring *ring, uint32_t account, enum key_class class, int64_t number,
				struct key *out, struct err *err)
{
	enum result r = keyring_get(ring, account, class, number, out, err);

	return r == ERR_GONE ? keyring_make(ring, account, class, number, out, err) : r;
}

static enum result destroy_one(struct keyring *ring, uint32_t account, enum key_class class, int64_t number,
			       bool *existed, struct err *err)
{
	struct keycache_name name = {.account = account, .class = (uint32_t)class, .number = (uint64_t)number};
	enum result r = key_delete(ring->keys, account, class, number, existed, err);

	stay_current(ring);
	keycache_drop(ring->cache, name);
	return r;
}

/* Whose keys answers may tell of. */
static bool is_somebodys(enum key_class class)
{
	return class == KEY_IDENTITY || class == KEY_CONTACT || class == KEY_USER;
}

enum result keyring_destroy(struct keyring *ring, uint32_t account, enum key_class class, int64_t number,
			    bool *existed, struct err *err)
{
	bool answers;
	enum result r = destroy_one(ring, account, class, number, existed, err);

	if (r == OK && is_somebodys(class))
		r = destroy_one(ring, account, KEY_OWN, OWN_ANSWERS, &answers, err);
	/* The other keyrings see a new generation; this one need only drop the keys themselves. */
	ring->generation = atomic_fetch_add(&ring->shared->generation, 1) + 1;
	ring->destroyed = true;
	return r;
}

enum result keyring_account_destroy(struct keyring *ring, uint32_t account, int64_t *count, struct err *err)
{
	enum result r = key_delete_account(ring->keys, account, count, err);

	if (r == OK)
		r = tombstone_delete_account(ring->keys, account, err);
	if (r == OK)
		r = counter_delete_account(ring->keys, account, err);
	keyring_clear(ring);
	ring->generation = atomic_fetch_add(&ring->shared->generation, 1) + 1;
	ring->destroyed = true;
	return r;
}

void keyring_committed(struct keyring *ring)
{
	uint64_t before;

	if (!ring->destroyed)
		return;
	ring->destroyed = false;
	before = atomic_fetch_add(&ring->shared->generation, 1);
	/* Nobody else has destroyed anything: what is cached here is good. */
	if (ring->generation == before)
		ring->generation = before + 1;
}

enum result keyring_account_epoch(struct keyring *ring, uint32_t account, uint32_t epoch, struct err *err)
{
	struct keycache_name name = {.account = account, .class = CLASS_ACCOUNT, .number = epoch};
	unsigned char aad[WRAP_AAD_LEN], wrapped[ROOT_WRAPPED_MAX];
	struct key key;
	size_t len;
	enum result r = account_key(ring, account, epoch, &key, err);

	if (r != ERR_GONE) {
		key_wipe(&key);
		return r;
	}
	key = key_random();
	wrap_aad(ring, account, CLASS_ACCOUNT, 0, epoch, aad);
	pthread_mutex_lock(&ring->shared->root_lock);
	r = root_wrap(ring->shared->root, epoch, aad, sizeof aad, &key, wrapped, &len, err);
	pthread_mutex_unlock(&ring->shared->root_lock);
	if (r == OK)
		r = account_key_insert(ring->keys, account, epoch, wrapped, len, err);
	if (r == OK)
		keycache_put(ring->cache, name, &key);
	key_wipe(&key);
	return r;
}

enum result keyring_account_create(struct keyring *ring, uint32_t account, struct err *err)
{
	struct key key;
	uint32_t epoch;
	enum result r = current_epoch(ring, &epoch, err);

	if (r == OK)
		r = keyring_account_epoch(ring, account, epoch, err);
	if (r == OK)
		r = keyring_make(ring, account, KEY_OWN, OWN_INDEX, &key, err);
	if (r == OK)
		r = keyring_make(ring, account, KEY_OWN, OWN_DATA, &key, err);
	if (r == OK && account == VAULT_ACCOUNT)
		r = keyring_make(ring, account, KEY_OWN, OWN_SIGN, &key, err);
	key_wipe(&key);
	return r;
}

enum result keyring_rewrap(struct keyring *ring, struct wrapped_key *wrapped, uint32_t epoch, struct err *err)
{
	struct key key;
	enum result r = unwrap(ring, wrapped, &key, err);

	if (r != OK)
		return r;
	wrapped->epoch = epoch;
	r = wrap(ring, &key, wrapped, err);
	key_wipe(&key);
	return r;
}

struct blind blind_with(const struct key *index_key, int kind, const void *text, size_t len)
{
	const unsigned char tag = (unsigned char)kind;
	const struct span_in parts[] = {{&tag, 1}, {text, len}};
	struct hash full = hmac_sha256(index_key, parts, 2);
	struct blind out;

	memcpy(out.bytes, full.bytes, sizeof out.bytes);
	return out;
}

enum result keyring_blind(struct keyring *ring, uint32_t account, int kind, const char *text, size_t len,
			  struct blind *out, struct err *err)
{
	struct key key;
	enum result r = keyring_get(ring, account, KEY_OWN, OWN_INDEX, &key, err);

	if (r != OK)
		return r;
	*out = blind_with(&key, kind, text, len);
	key_wipe(&key);
	return OK;
}
