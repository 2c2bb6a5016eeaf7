/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/lockout.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/primitives.h"

#define WAYS 8 /* that share a place */
#define SECONDS(n) {(n) * INT64_C(1000)}
#define KEYS_MAX 4

static const struct lockout_rule rules[LOCKOUT_KINDS] = {
    /*                    free  first       longest           quiet */
    [LOCKOUT_NAME]    = {4,    SECONDS(1), SECONDS(15 * 60), SECONDS(24 * 3600)},
    [LOCKOUT_ADDRESS] = {30,   SECONDS(1), SECONDS(5 * 60),  SECONDS(3600)},
    [LOCKOUT_DEVICE]  = {8,    SECONDS(1), SECONDS(15 * 60), SECONDS(24 * 3600)},
    [LOCKOUT_CODE]    = {5,    SECONDS(2), SECONDS(15 * 60), SECONDS(24 * 3600)},
    [LOCKOUT_NETWORK] = {20,   SECONDS(1), SECONDS(5 * 60),  SECONDS(24 * 3600)},
};

struct entry {
	uint64_t bits[2];
	struct instant last; /* when it was charged last */
	uint32_t count;      /* 0: nobody's */
	enum lockout_what what;
};

struct lockout {
	pthread_mutex_t lock;
	struct key secret;
	size_t places;       /* a power of two, of WAYS entries each */
	struct entry entries[];
};

const struct lockout_rule *lockout_rule(enum lockout_what what)
{
	INVARIANT(what < LOCKOUT_KINDS);
	return &rules[what];
}

enum result lockout_new(size_t entries, struct lockout **out, struct err *err)
{
	struct lockout *lockout;
	size_t places = 1;

	while (places * WAYS < entries)
		places *= 2;
	lockout = calloc(1, sizeof *lockout + places * WAYS * sizeof lockout->entries[0]);
	if (lockout == NULL)
		return err_no_memory(err);
	pthread_mutex_init(&lockout->lock, NULL);
	lockout->secret = key_random();
	lockout->places = places;
	*out = lockout;
	return OK;
}

void lockout_free(struct lockout *lockout)
{
	if (lockout == NULL)
		return;
	pthread_mutex_destroy(&lockout->lock);
	key_wipe(&lockout->secret);
	free(lockout);
}

struct lockout_key lockout_key(const struct lockout *lockout, enum lockout_what what, const struct lockout_part *parts,
			       size_t count)
{
	struct lockout_key key = {.what = what};
	struct span_in in[1 + 2 * KEYS_MAX] = {{&what, sizeof what}};
	struct hash hash;

	INVARIANT(count <= KEYS_MAX);
	for (size_t i = 0; i < count; i++) {
		in[1 + 2 * i] = (struct span_in){&parts[i].len, sizeof parts[i].len};
		in[2 + 2 * i] = (struct span_in){parts[i].data, parts[i].len};
	}
	hash = hmac_sha256(&lockout->secret, in, 1 + 2 * count);
	memcpy(key.bits, hash.bytes, sizeof key.bits);
	return key;
}

/* ---- the table: under the lock ---- */

static struct entry *place_of(struct lockout *lockout, const struct lockout_key *key)
{
	return &lockout->entries[(key->bits[0] & (lockout->places - 1)) * WAYS];
}

static struct entry *find(struct lockout *lockout, const struct lockout_key *key)
{
	struct entry *place = place_of(lockout, key);

	for (size_t i = 0; i < WAYS; i++) {
		if (place[i].count > 0 && place[i].what == key->what &&
		    memcmp(place[i].bits, key->bits, sizeof key->bits) == 0)
			return &place[i];
	}
	return NULL;
}

static struct entry *find_or_make(struct lockout *lockout, const struct lockout_key *key)
{
	struct entry *place = place_of(lockout, key), *found = find(lockout, key);

	for (size_t i = 0; i < WAYS && found == NULL; i++) {
		if (place[i].count == 0)
			found = &place[i];
	}
	if (found == NULL) {
		found = place;
		for (size_t i = 1; i < WAYS; i++) {
			if (place[i].last.ms < found->last.ms)
				found = &place[i];
		}
		found->count = 0;
	}
	if (found->count == 0) {
		*found = (struct entry){.what = key->what};
		memcpy(found->bits, key->bits, sizeof found->bits);
	}
	return found;
}

/* From the last attempt on. */
static int64_t wait_after(const struct lockout_rule *rule, uint32_t count)
{
	int64_t wait = rule->first.ms;

	if (count < rule->free)
		return 0;
	for (uint32_t i = rule->free; i < count && wait < rule->longest.ms; i++)
		wait *= 2;
	return wait < rule->longest.ms ? wait : rule->longest.ms;
}

/* A clock that was set back makes nobody wait longer than the rule's longest. */
static int64_t wait_now(struct lockout *lockout, const struct lockout_key *key, struct instant now)
{
	const struct lockout_rule *rule = &rules[key->what];
	struct entry *entry = find(lockout, key);
	int64_t since, wait;

	if (entry == NULL)
		return 0;
	since = now.ms - entry->last.ms;
	if (since >= rule->quiet.ms) {
		entry->count = 0;
		return 0;
	}
	wait = wait_after(rule, entry->count) - (since > 0 ? since : 0);
	return wait > 0 ? wait : 0;
}

struct duration lockout_charge(struct lockout *lockout, const struct lockout_key *keys, size_t count, struct instant now)
{
	int64_t longest = 0;

	pthread_mutex_lock(&lockout->lock);
	for (size_t i = 0; i < count; i++) {
		int64_t wait = wait_now(lockout, &keys[i], now);

		longest = wait > longest ? wait : longest;
	}
	for (size_t i = 0; i < count && longest == 0; i++) {
		struct entry *entry = find_or_make(lockout, &keys[i]);

		entry->count += entry->count < UINT32_MAX;
		entry->last = now;
	}
	pthread_mutex_unlock(&lockout->lock);
	return (struct duration){longest};
}

void lockout_refund(struct lockout *lockout, const struct lockout_key *key)
{
	struct entry *entry;

	pthread_mutex_lock(&lockout->lock);
	entry = find(lockout, key);
	if (entry != NULL)
		entry->count--;
	pthread_mutex_unlock(&lockout->lock);
}

void lockout_clear(struct lockout *lockout, const struct lockout_key *key)
{
	struct entry *entry;

	pthread_mutex_lock(&lockout->lock);
	entry = find(lockout, key);
	if (entry != NULL)
		entry->count = 0;
	pthread_mutex_unlock(&lockout->lock);
}

/* ---- where from ---- */

size_t lockout_address(const void *address, unsigned char out[LOCKOUT_ADDRESS_MAX])
{
	const struct sockaddr *any = address;
	const struct sockaddr_in *four = address;
	const struct sockaddr_in6 *six = address;
	bool mapped = any->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr);

	out[0] = any->sa_family == AF_INET || mapped ? 4 : any->sa_family == AF_INET6 ? 6 : 0;
	if (out[0] == 4)
		memcpy(out + 1, mapped ? (const void *)(six->sin6_addr.s6_addr + 12) : &four->sin_addr, 4);
	if (out[0] == 6)
		memcpy(out + 1, six->sin6_addr.s6_addr, 8);
	return out[0] == 4 ? 5 : out[0] == 6 ? 9 : 1;
}

size_t lockout_network(const void *address, unsigned char out[LOCKOUT_ADDRESS_MAX])
{
	return lockout_address(address, out) == 9 ? 7 : 0;
}
