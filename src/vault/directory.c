/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/directory.h"

#include <stdlib.h>
#include <string.h>

/* A cache of sets of two, the newer first: the blind index is uniformly random, so its first bytes choose the set. What
 * falls out only costs a look into the databases. It begins small and doubles while it fills, so that what is remembered
 * of few lies close together and stays in the processor's caches. */
#define SETS_START 2048

struct slot {
	struct blind blind;
	uint32_t account;
	uint32_t generation; /* of the directory when it was filled; another one: empty */
	struct entry entry;
};

struct directory {
	struct slot *slots;
	size_t mask;         /* number of sets - 1 */
	size_t mask_max;
	size_t filled;       /* slots, since it began or grew; those that fell out count too */
	uint32_t generation; /* from 1 */
};

enum result directory_new(size_t entries, struct directory **out, struct err *err)
{
	struct directory *directory = calloc(1, sizeof *directory);
	size_t sets = 1, start;

	if (directory == NULL)
		return err_no_memory(err);
	while (sets * 2 < entries)
		sets *= 2;
	start = sets < SETS_START ? sets : SETS_START;
	directory->slots = calloc(start * 2, sizeof *directory->slots);
	if (directory->slots == NULL) {
		free(directory);
		return err_no_memory(err);
	}
	directory->mask = start - 1;
	directory->mask_max = sets - 1;
	directory->generation = 1;
	*out = directory;
	return OK;
}

void directory_free(struct directory *directory)
{
	if (directory == NULL)
		return;
	free(directory->slots);
	free(directory);
}

void directory_clear(struct directory *directory)
{
	if (directory == NULL)
		return;
	directory->filled = 0;
	if (++directory->generation != 0)
		return;
	memset(directory->slots, 0, (directory->mask + 1) * 2 * sizeof(struct slot));
	directory->generation = 1;
}

/* Of the first of its set. */
static size_t place_of(const struct directory *directory, const struct blind *blind)
{
	uint64_t number;

	memcpy(&number, blind->bytes, sizeof number);
	return (number & directory->mask) * 2;
}

static struct slot *set_of(struct directory *directory, const struct blind *blind)
{
	return &directory->slots[place_of(directory, blind)];
}

static bool is_of(const struct directory *directory, const struct slot *slot, uint32_t account,
		  const struct blind *blind)
{
	return slot->generation == directory->generation && slot->account == account &&
	       memcmp(slot->blind.bytes, blind->bytes, BLIND_LEN) == 0;
}

static void put(struct directory *directory, const struct slot *slot)
{
	struct slot *set = set_of(directory, &slot->blind);

	if (!is_of(directory, &set[0], slot->account, &slot->blind)) {
		set[1] = set[0];
		directory->filled++;
	}
	set[0] = *slot;
}

/* A quarter full is full: of sets that are fuller too many hold more than two. Without memory it stays as it is. */
static void grow(struct directory *directory)
{
	struct directory larger = *directory;

	if (directory->filled * 2 < directory->mask + 1 || directory->mask >= directory->mask_max)
		return;
	larger.mask = directory->mask * 2 + 1;
	larger.filled = 0;
	larger.slots = calloc((larger.mask + 1) * 2, sizeof *larger.slots);
	if (larger.slots == NULL)
		return;
	/* Written before it is read: a page that is read first costs two faults, and a word with every other processor. */
	for (size_t i = 0; i < (larger.mask + 1) * 2; i++)
		larger.slots[i].generation = 0;
	for (size_t i = (directory->mask + 1) * 2; i-- > 0;) { /* the older of a set first */
		if (directory->slots[i].generation == directory->generation)
			put(&larger, &directory->slots[i]);
	}
	free(directory->slots);
	*directory = larger;
}

static void remember(struct directory *directory, uint32_t account, const struct blind *blind,
		     const struct entry *entry)
{
	const struct slot slot = {*blind, account, directory != NULL ? directory->generation : 0, *entry};

	if (directory == NULL)
		return;
	grow(directory);
	put(directory, &slot);
}

void directory_forget(struct directory *directory, uint32_t account, const struct blind *blind)
{
	struct slot *set = directory != NULL ? set_of(directory, blind) : NULL;

	for (int i = 0; set != NULL && i < 2; i++) {
		if (is_of(directory, &set[i], account, blind))
			set[i] = (struct slot){0};
	}
}

void directory_prefetch(const struct directory *directory, const struct blind *blind)
{
	if (directory != NULL) {
		const struct slot *set = &directory->slots[place_of(directory, blind)];

		__builtin_prefetch(&set[0]);
		__builtin_prefetch(&set[1]);
	}
}

bool directory_recall(const struct directory *directory, uint32_t account, const struct blind *blind,
		      struct entry *out)
{
	const struct slot *set = directory != NULL ? &directory->slots[place_of(directory, blind)] : NULL;

	for (int i = 0; set != NULL && i < 2; i++) {
		if (is_of(directory, &set[i], account, blind)) {
			*out = set[i].entry;
			return true;
		}
	}
	return false;
}

enum result directory_find(struct session *session, uint32_t account, const struct blind *blind, struct entry *out,
			   bool *found, struct err *err)
{
	enum result r;

	if (directory_recall(session->directory, account, blind, out)) {
		*found = out->identity != 0;
		return OK;
	}
	*out = (struct entry){0};
	r = tombstone_get(session->keys, account, blind, &out->erased, &out->erased_at, err);
	if (r == OK)
		r = identity_find_number(session->data, account, blind, &out->identity, err);
	*found = r == OK && out->identity != 0;
	/* Who is not there is remembered too: nobody is made but through directory_make. */
	if (r == OK)
		remember(session->directory, account, blind, out);
	return r;
}

enum result directory_make(struct session *session, uint32_t account, enum identity_kind kind,
			   const struct blind *blind, const char *value, const struct id *person, struct instant now,
			   struct entry *out, struct id *whose, struct err *err)
{
	struct identity_row row = {.account = account, .kind = kind, .blind = *blind, .created = now};
	struct pool pool;
	struct key key;
	enum result r;

	/* A tombstone may lie ahead of the clock: whoever is met again counts from it on, or `check` would take them for
	 * the one who was erased. */
	if (out->erased && out->erased_at.ms > now.ms)
		row.created = out->erased_at;
	pool_init(&pool, 64 * 1024);
	row.person = person != NULL ? *person : id_new(now);
	r = key_next_identity(session->keys, &row.identity, err);
	if (r == OK)
		r = keyring_make(session->ring, account, KEY_IDENTITY, row.identity, &key, err);
	if (r == OK)
		r = seal_identity(&key, &row, value, &pool, err);
	if (r == OK)
		r = identity_insert(session->data, &row, err);
	key_wipe(&key);
	pool_free(&pool);
	if (r != OK)
		return r;
	out->identity = row.identity;
	if (whose != NULL)
		*whose = row.person;
	remember(session->directory, account, blind, out);
	return OK;
}
