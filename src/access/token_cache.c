/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/token_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 4
#define POOL_MAX ((size_t)64 * 1024)

/* What is needed of a token at each request. */
struct facts {
	struct id id;
	struct actor actor;
	bool revoked, expires, used;
	struct instant expires_at, used_at;
};

struct entry { struct hash hash; uint64_t generation, turn; bool full; struct facts facts; };

struct token_cache {
	pthread_mutex_t lock;
	uint64_t turn;            /* of what was asked for last */
	size_t places;            /* a power of two, of WAYS entries each */
	struct entry entries[];
};

enum result token_cache_new(size_t entries, struct token_cache **out, struct err *err)
{
	struct token_cache *cache;
	size_t places = 1;

	while (places * WAYS < entries)
		places *= 2;
	cache = calloc(1, sizeof *cache + places * WAYS * sizeof cache->entries[0]);
	if (cache == NULL)
		return err_no_memory(err);
	pthread_mutex_init(&cache->lock, NULL);
	cache->places = places;
	*out = cache;
	return OK;
}

void token_cache_free(struct token_cache *cache)
{
	if (cache == NULL)
		return;
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* ---- the table ---- */

static struct entry *place_of(struct token_cache *cache, const struct hash *hash)
{
	uint64_t bits;

	memcpy(&bits, hash->bytes, sizeof bits);
	return &cache->entries[(bits & (cache->places - 1)) * WAYS];
}

static struct entry *find(struct token_cache *cache, const struct hash *hash)
{
	struct entry *place = place_of(cache, hash);

	for (size_t i = 0; i < WAYS; i++) {
		if (place[i].full && memcmp(&place[i].hash, hash, sizeof *hash) == 0)
			return &place[i];
	}
	return NULL;
}

static bool recall(struct token_cache *cache, const struct hash *hash, uint64_t now, struct facts *out)
{
	struct entry *entry;
	bool known;

	pthread_mutex_lock(&cache->lock);
	entry = find(cache, hash);
	known = entry != NULL && entry->generation == now;
	if (known) {
		entry->turn = ++cache->turn;
		*out = entry->facts;
	}
	pthread_mutex_unlock(&cache->lock);
	return known;
}

static void remember(struct token_cache *cache, const struct hash *hash, uint64_t then, const struct facts *facts)
{
	struct entry *place = place_of(cache, hash), *entry;

	pthread_mutex_lock(&cache->lock);
	entry = find(cache, hash);
	for (size_t i = 0; i < WAYS && entry == NULL; i++) {
		if (!place[i].full)
			entry = &place[i];
	}
	if (entry == NULL) {
		entry = place;
		for (size_t i = 1; i < WAYS; i++) {
			if (place[i].turn < entry->turn)
				entry = &place[i];
		}
	}
	*entry = (struct entry){*hash, then, ++cache->turn, true, *facts};
	pthread_mutex_unlock(&cache->lock);
}

/* ---- use ---- */

struct noting { uint32_t account; struct id id; struct instant now; };

static enum result note_op(struct session *session, void *arg, struct err *err)
{
	const struct noting *n = arg;

	return token_use(session->data, n->account, n->id, n->now, err);
}

static bool is_noted(const struct facts *facts, struct instant now)
{
	return facts->used && now.ms - facts->used_at.ms < TOKEN_NOTED_MS;
}

/* One of those that ask at once does it. */
static bool claim(struct token_cache *cache, const struct hash *hash, struct instant now)
{
	struct entry *entry;
	bool ours = true;

	if (cache == NULL)
		return true;
	pthread_mutex_lock(&cache->lock);
	entry = find(cache, hash);
	if (entry != NULL) {
		ours = !is_noted(&entry->facts, now);
		entry->facts.used = true;
		entry->facts.used_at = ours ? now : entry->facts.used_at;
	}
	pthread_mutex_unlock(&cache->lock);
	return ours;
}

static enum result note_use(struct token_cache *cache, struct vault *vault, const struct hash *hash,
			    const struct facts *facts, struct instant now, struct err *err)
{
	struct noting noting = {facts->actor.account, facts->id, now};

	if (is_noted(facts, now) || !claim(cache, hash, now))
		return OK;
	return vault_write(vault, note_op, &noting, err);
}

/* ---- finding ---- */

static enum result no_token(struct err *err)
{
	err_set(err, ERR_DENIED, "the token is none, or was revoked");
	return err_mend(err, "give a token that is in force: lethe_a.. of an account, lethe_o.. of the operator");
}

static enum result look_up(struct session *session, const struct hash *hash, bool *found, struct facts *out,
			   struct err *err)
{
	struct token_row row;
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	r = token_find(session->data, hash, &pool, found, &row, err);
	if (r == OK && *found) {
		*out = (struct facts){.id = row.id, .actor = actor_token(&row), .revoked = row.revoked,
				      .expires = row.expires, .expires_at = row.expires_at, .used = row.used,
				      .used_at = row.used_at};
		out->actor.region = session->vault->id;
	}
	pool_free(&pool);
	return r;
}

bool tokens_recall(struct token_cache *cache, const struct vault *vault, const char *text, size_t len, struct instant now,
		   struct actor *out)
{
	struct facts facts;
	struct hash hash;

	if (!opaque_digest(text, len, &hash) ||
	    !recall(cache, &hash, atomic_load(&vault->shared->generation), &facts) ||
	    id_compare(facts.actor.region, vault->id) != 0)
		return false;
	*out = facts.actor;
	return !facts.revoked && (!facts.expires || now.ms < facts.expires_at.ms) && is_noted(&facts, now);
}

static enum result get_facts(struct token_cache *cache, struct vault *vault, const struct hash *hash, bool *found,
			     struct facts *out, struct err *err)
{
	/* Before the look: what is revoked after it is not taken. */
	uint64_t then = atomic_load(&vault->shared->generation);
	enum result r;

	*found = cache != NULL && recall(cache, hash, then, out) && id_compare(out->actor.region, vault->id) == 0;
	if (*found)
		return OK;
	r = look_up(&vault->read, hash, found, out, err);
	if (r == OK && *found && cache != NULL)
		remember(cache, hash, then, out);
	return r;
}

enum result tokens_find(struct token_cache *cache, struct vault *vault, const char *text, size_t len, struct instant now,
			struct actor *out, struct err *err)
{
	enum opaque_kind kind;
	struct facts facts;
	struct hash hash;
	bool found;
	enum result r;

	if (!opaque_read(text, len, &kind, &hash) || (kind != OPAQUE_ACCOUNT && kind != OPAQUE_OPERATOR))
		return no_token(err);
	r = get_facts(cache, vault, &hash, &found, &facts, err);
	if (r != OK)
		return r;
	if (!found || facts.revoked)
		return no_token(err);
	if (facts.expires && now.ms >= facts.expires_at.ms) {
		err_set(err, ERR_DENIED, "the token has expired");
		return err_mend(err, "make a new one: `lethe token create`");
	}
	*out = facts.actor;
	return note_use(cache, vault, &hash, &facts, now, err);
}
