/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/rate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "crypto/primitives.h"
#include "net/address.h"

#define WAYS 8
#define PLACES_MIN 64
#define PLACES_MAX ((size_t)1 << 24)
#define LOCKS 64
#define QUOTA_MAX 1000000
#define WINDOW_MAX_S (7 * 86400)

struct bucket {
	struct rate_key key;
	int64_t level; /* as of `at`, in requests times milliseconds of the window: so filling loses no fraction */
	int64_t at;    /* ms; 0: nobody has this place */
};

struct rate {
	struct rate_limit limit;
	char policy[64]; /* the header's item */
	unsigned char secret[crypto_shorthash_KEYBYTES];
	pthread_mutex_t locks[LOCKS]; /* one for every LOCKS-th set */
	size_t sets;                  /* a power of two */
	struct bucket *buckets;
};

struct rate_key rate_key_address(const struct address *address)
{
	struct rate_key key = {.kind = RATE_ADDRESS};

	struct address group = address_group(address);

	memcpy(key.bytes, group.bytes, sizeof key.bytes);
	return key;
}

struct rate_key rate_key_id(enum rate_kind kind, struct id id)
{
	struct rate_key key = {.kind = kind};

	memcpy(key.bytes, id.bytes, sizeof key.bytes);
	return key;
}

enum result rate_new(const struct rate_limit *limit, size_t places, struct rate **out, struct err *err)
{
	struct rate *rate = calloc(1, sizeof *rate);
	size_t wanted = PLACES_MIN;
	int written;

	*out = NULL;
	INVARIANT(limit->quota > 0 && limit->quota <= QUOTA_MAX && limit->window_s > 0 &&
		  limit->window_s <= WINDOW_MAX_S);
	while (wanted < places && wanted < PLACES_MAX)
		wanted *= 2;
	if (rate)
		rate->buckets = calloc(wanted, sizeof *rate->buckets);
	if (!rate || !rate->buckets) {
		free(rate);
		return err_no_memory(err);
	}
	rate->limit = *limit;
	written = snprintf(rate->policy, sizeof rate->policy, "\"%s\";q=%u;w=%u", limit->name, limit->quota, limit->window_s);
	INVARIANT(written > 0 && (size_t)written < sizeof rate->policy);
	rate->sets = wanted / WAYS;
	random_bytes(rate->secret, sizeof rate->secret);
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&rate->locks[i], NULL);
	*out = rate;
	return OK;
}

void rate_free(struct rate *rate)
{
	if (!rate)
		return;
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&rate->locks[i]);
	free(rate->buckets);
	free(rate);
}

/* What one request takes. */
static int64_t unit(const struct rate *rate)
{
	return (int64_t)rate->limit.window_s * 1000;
}

static int64_t full(const struct rate *rate)
{
	return rate->limit.quota * unit(rate);
}

/* A request that waited is of a moment ago; a bucket of a time that is further off is of a clock that has been set back
 * since, and would fill no more until that time comes again. */
static bool was_set_back(const struct rate *rate, const struct bucket *bucket, int64_t now)
{
	return bucket->at - now > unit(rate);
}

/* What has come into the bucket until `now`. */
static int64_t level_at(const struct rate *rate, const struct bucket *bucket, int64_t now)
{
	int64_t passed = now - bucket->at, level;

	if (bucket->at == 0 || passed >= unit(rate))
		return full(rate);
	if (passed <= 0)
		return bucket->level;
	level = bucket->level + passed * rate->limit.quota;
	return level < full(rate) ? level : full(rate);
}

static bool same_key(const struct rate_key *a, const struct rate_key *b)
{
	return a->kind == b->kind && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static size_t set_of(const struct rate *rate, const struct rate_key *key)
{
	unsigned char in[1 + sizeof key->bytes], hash[crypto_shorthash_BYTES];
	uint64_t number;

	in[0] = (unsigned char)key->kind;
	memcpy(in + 1, key->bytes, sizeof key->bytes);
	crypto_shorthash(hash, in, sizeof in, rate->secret);
	memcpy(&number, hash, sizeof number);
	return (size_t)number & (rate->sets - 1);
}

/* The key's bucket, or the one that makes way for it: it is its own from then on, full. */
static struct bucket *bucket_of(struct rate *rate, size_t set, const struct rate_key *key, int64_t now)
{
	struct bucket *at = rate->buckets + set * WAYS, *fullest = at;

	for (size_t i = 0; i < WAYS; i++) {
		if (at[i].at != 0 && same_key(&at[i].key, key))
			return &at[i];
		if (level_at(rate, &at[i], now) > level_at(rate, fullest, now))
			fullest = &at[i];
	}
	*fullest = (struct bucket){.key = *key};
	return fullest;
}

/* Seconds until `missing` has come in, rounded up. */
static uint32_t seconds_for(const struct rate *rate, int64_t missing)
{
	int64_t a_second = (int64_t)rate->limit.quota * 1000;

	return (uint32_t)((missing + a_second - 1) / a_second);
}

bool rate_take(struct rate *rate, const struct rate_key *key, uint32_t cost, struct instant now,
	       struct rate_state *state)
{
	int64_t price = cost * unit(rate), ms = now.ms > 0 ? now.ms : 1;
	size_t set = set_of(rate, key);
	pthread_mutex_t *lock = &rate->locks[set % LOCKS];
	struct bucket *bucket;
	bool taken;

	pthread_mutex_lock(lock);
	bucket = bucket_of(rate, set, key, ms);
	bucket->level = level_at(rate, bucket, ms);
	if (ms > bucket->at || was_set_back(rate, bucket, ms))
		bucket->at = ms;
	taken = bucket->level >= price;
	if (taken)
		bucket->level -= price;
	state->remaining = (uint32_t)(bucket->level / unit(rate));
	state->reset_s = seconds_for(rate, full(rate) - bucket->level);
	state->retry_after_s = taken ? 0 : seconds_for(rate, price - bucket->level);
	pthread_mutex_unlock(lock);
	return taken;
}

/* Sets the header, or makes it a list with what is there. */
static void append(struct response *response, const char *name, const char *item)
{
	const char *before = response_get_header(response, name);
	const char *list = before ? pool_printf(response->pool, "%s, %s", before, item) : item;

	if (list)
		response_header(response, name, list);
	else
		response->failed = response->no_memory = true;
}

static char *put(char *at, const char *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len);
	return at + len;
}

static char *put_number(char *at, uint32_t number)
{
	char digits[10];
	size_t from = sizeof digits;

	do {
		digits[--from] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	memcpy(at, digits + from, sizeof digits - from);
	return at + (sizeof digits - from);
}

/* Each answer has it, and printing it would take longer than all else here. */
static void write_state(const struct rate *rate, const struct rate_state *state, char *at)
{
	at = put(put(put(at, "\""), rate->limit.name), "\";r=");
	at = put(put_number(at, state->remaining), ";t=");
	*put_number(at, state->reset_s) = '\0';
}

void rate_headers(struct response *response, const struct rate *rate, const struct rate_state *state)
{
	char text[sizeof rate->policy + 24];

	append(response, "RateLimit-Policy", rate->policy);
	write_state(rate, state, text);
	append(response, "RateLimit", text);
	if (state->retry_after_s == 0)
		return;
	snprintf(text, sizeof text, "%u", state->retry_after_s);
	response_header(response, "Retry-After", text);
}
