/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys lie in locked slabs, entry by entry, which are added as they fill, so that
 * a short command locks little; names and links, which are no secret, beside
 * them.  A table with linear probing finds an entry by name.  What makes room is
 * chosen by the clock algorithm: a hand goes round, passes over what was used
 * since it came by last, and takes the first that was not.
 */
#include "crypto/keycache.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct entry {
	struct keycache_name name;
	uint32_t next_free;
	bool used; /* since the hand came by */
};

#define SLAB 8192 /* entries: 256 KiB of keys */

struct keycache {
	struct key **slabs;
	size_t slab_count;
	struct entry *entries; /* from 1 */
	uint32_t *table;       /* entry numbers, 0 for an empty place */
	size_t count, max, mask;
	uint32_t free; /* 0: none */
	uint32_t hand;
	bool locked;
};

static struct key *key_at(const struct keycache *cache, uint32_t i)
{
	return &cache->slabs[(i - 1) / SLAB][(i - 1) % SLAB];
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t slab_entries(const struct keycache *cache, size_t slab)
{
	return smaller(SLAB, cache->max - slab * SLAB);
}

static size_t table_size(size_t entries)
{
	size_t size = 4;

	while (size < entries * 2) /* at most half full: probes stay short */
		size *= 2;
	return size;
}

/* The finaliser of splitmix64; names are numbers of our own, given by nobody outside. */
static size_t home_of(const struct keycache *cache, struct keycache_name name)
{
	uint64_t x = name.number * 0x9e3779b97f4a7c15u + (((uint64_t)name.account << 32) | name.class);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (size_t)(x ^ (x >> 31)) & cache->mask;
}

/* Room for so many entries: the table grows with the slabs, so that a short command touches little of it. */
static bool grow_table(struct keycache *cache, size_t entries)
{
	struct keycache larger = {.mask = table_size(entries) - 1};
	size_t places = cache->table != NULL ? cache->mask + 1 : 0;

	if (places > larger.mask)
		return true;
	larger.table = calloc(larger.mask + 1, sizeof *larger.table);
	if (larger.table == NULL)
		return false;
	for (size_t i = 0; i < places; i++) {
		size_t at = cache->table[i] == 0 ? 0 : home_of(&larger, cache->entries[cache->table[i]].name);

		if (cache->table[i] == 0)
			continue;
		while (larger.table[at] != 0)
			at = (at + 1) & larger.mask;
		larger.table[at] = cache->table[i];
	}
	free(cache->table);
	cache->table = larger.table;
	cache->mask = larger.mask;
	return true;
}

/* Entries of a new slab go to the free list. False when there is no memory, or none that can be locked. */
static bool add_slab(struct keycache *cache, bool must_lock)
{
	size_t entries = slab_entries(cache, cache->slab_count);
	struct key *keys = grow_table(cache, cache->count + entries) ? sodium_allocarray(entries, sizeof *keys) : NULL;

	if (keys == NULL)
		return false;
	/* sodium_allocarray locks too, but does not tell whether it could. */
	if (mlock(keys, entries * sizeof *keys) != 0) {
		cache->locked = false;
		if (must_lock) {
			cache->locked = true; /* what there is still is */
			sodium_free(keys);
			return false;
		}
	}
	cache->slabs[cache->slab_count++] = keys;
	for (size_t i = entries; i > 0; i--) {
		uint32_t entry = (uint32_t)(cache->count + i);

		cache->entries[entry].next_free = cache->free;
		cache->free = entry;
	}
	cache->count += entries;
	return true;
}

enum result keycache_new(size_t entries, struct keycache **out, struct err *err)
{
	struct keycache *cache;

	if (entries == 0 || entries > UINT32_MAX / 4)
		return err_set(err, ERR_INPUT, "a key cache of %zu entries is not between 1 and %u", entries,
			       UINT32_MAX / 4);
	cache = calloc(1, sizeof *cache);
	if (cache == NULL)
		return err_no_memory(err);
	cache->max = entries;
	cache->hand = 1;
	cache->locked = true;
	cache->slabs = calloc((entries + SLAB - 1) / SLAB, sizeof *cache->slabs);
	cache->entries = calloc(entries + 1, sizeof *cache->entries);
	if (cache->slabs == NULL || cache->entries == NULL || !add_slab(cache, false)) {
		keycache_free(cache);
		return err_no_memory(err);
	}
	*out = cache;
	return OK;
}

void keycache_free(struct keycache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < cache->slab_count; i++)
		sodium_free(cache->slabs[i]); /* wipes and unlocks */
	free(cache->slabs);
	free(cache->entries);
	free(cache->table);
	free(cache);
}

bool keycache_is_locked(const struct keycache *cache)
{
	return cache->locked;
}

/* ---- the table ---- */

static bool same_name(struct keycache_name a, struct keycache_name b)
{
	return a.account == b.account && a.class == b.class && a.number == b.number;
}

/* The place of `name`, or the empty one where it would go. */
static size_t place_of(const struct keycache *cache, struct keycache_name name)
{
	size_t at = home_of(cache, name);

	while (cache->table[at] != 0 && !same_name(cache->entries[cache->table[at]].name, name))
		at = (at + 1) & cache->mask;
	return at;
}

/* Empties a place and moves up what had to go around it, so that no probe ends too early. */
static void table_remove(struct keycache *cache, size_t hole)
{
	size_t at = hole;

	for (;;) {
		size_t home;

		at = (at + 1) & cache->mask;
		if (cache->table[at] == 0)
			break;
		home = home_of(cache, cache->entries[cache->table[at]].name);
		if (((at - home) & cache->mask) >= ((at - hole) & cache->mask)) {
			cache->table[hole] = cache->table[at];
			hole = at;
		}
	}
	cache->table[hole] = 0;
}

/* ---- making room ---- */

static void drop_at(struct keycache *cache, size_t place)
{
	uint32_t i = cache->table[place];

	table_remove(cache, place);
	key_wipe(key_at(cache, i));
	cache->entries[i].next_free = cache->free;
	cache->free = i;
}

/* Only when nothing is free, so that every entry the hand meets holds a key. */
static void drop_unused(struct keycache *cache)
{
	uint32_t found = 0;

	while (found == 0) {
		struct entry *entry = &cache->entries[cache->hand];

		if (!entry->used)
			found = cache->hand;
		entry->used = false;
		cache->hand = cache->hand == cache->count ? 1 : cache->hand + 1;
	}
	drop_at(cache, place_of(cache, cache->entries[found].name));
}

/* ---- the interface ---- */

bool keycache_get(struct keycache *cache, struct keycache_name name, struct key *out)
{
	uint32_t i = cache->table[place_of(cache, name)];

	if (i == 0)
		return false;
	cache->entries[i].used = true;
	*out = *key_at(cache, i);
	return true;
}

void keycache_put(struct keycache *cache, struct keycache_name name, const struct key *key)
{
	uint32_t i = cache->table[place_of(cache, name)];

	if (i != 0) {
		cache->entries[i].used = true;
		*key_at(cache, i) = *key;
		return;
	}
	if (cache->free == 0 && (cache->count == cache->max || !add_slab(cache, cache->locked)))
		drop_unused(cache);
	i = cache->free;
	cache->free = cache->entries[i].next_free;
	cache->entries[i].name = name;
	cache->entries[i].used = true;
	*key_at(cache, i) = *key;
	cache->table[place_of(cache, name)] = i;
}

void keycache_drop(struct keycache *cache, struct keycache_name name)
{
	size_t place = place_of(cache, name);

	if (cache->table[place] != 0)
		drop_at(cache, place);
}

void keycache_prefetch(const struct keycache *cache, struct keycache_name name)
{
	uint32_t i = cache->table[home_of(cache, name)];

	/* Usually the right one; a wrong guess costs a line of cache. */
	__builtin_prefetch(&cache->entries[i], 1);
	__builtin_prefetch(key_at(cache, i == 0 ? 1 : i));
}

/* The slabs stay: what was wanted once is wanted again. */
void keycache_clear(struct keycache *cache)
{
	for (size_t i = 0; i < cache->slab_count; i++)
		sodium_memzero(cache->slabs[i], slab_entries(cache, i) * sizeof *cache->slabs[i]);
	memset(cache->table, 0, (cache->mask + 1) * sizeof *cache->table);
	memset(cache->entries, 0, (cache->count + 1) * sizeof *cache->entries);
	for (size_t i = 1; i < cache->count; i++)
		cache->entries[i].next_free = (uint32_t)i + 1;
	cache->free = cache->hand = 1;
}
