/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/directory.h"

#include <stdlib.h>
#include <string.h>

/* A direct-mapped cache: the blind index is uniformly random, so its first bytes are the slot. A clash only costs a
 * look into the database. */
struct slot { uint32_t account; bool used; struct blind blind; struct entry entry; };

struct directory {
	size_t mask;
	struct slot slots[];
};

enum result directory_new(size_t entries, struct directory **out, struct err *err)
{
	size_t count = 1;

	while (count < entries)
		count *= 2;
	*out = calloc(1, sizeof **out + count * sizeof(struct slot));
	if (*out == NULL)
		return err_no_memory(err);
	(*out)->mask = count - 1;
	return OK;
}

void directory_free(struct directory *directory)
{
	free(directory);
}

void directory_clear(struct directory *directory)
{
	if (directory != NULL)
		memset(directory->slots, 0, (directory->mask + 1) * sizeof(struct slot));
}

static struct slot *slot_of(struct directory *directory, const struct blind *blind)
{
	uint64_t number;

	memcpy(&number, blind->bytes, sizeof number);
	return &directory->slots[number & directory->mask];
}

static void remember(struct directory *directory, uint32_t account, const struct blind *blind,
		     const struct entry *entry)
{
	if (directory != NULL)
		*slot_of(directory, blind) = (struct slot){account, true, *blind, *entry};
}

void directory_forget(struct directory *directory, uint32_t account, const struct blind *blind)
{
	struct slot *slot = directory != NULL ? slot_of(directory, blind) : NULL;

	if (slot != NULL && slot->account == account)
		*slot = (struct slot){0};
}

static bool recall(struct directory *directory, uint32_t account, const struct blind *blind, struct entry *out)
{
	const struct slot *slot = directory != NULL ? slot_of(directory, blind) : NULL;

	if (slot == NULL || !slot->used || slot->account != account ||
	    memcmp(slot->blind.bytes, blind->bytes, BLIND_LEN) != 0)
		return false;
	*out = slot->entry;
	return true;
}

enum result directory_find(struct session *session, uint32_t account, const struct blind *blind, struct entry *out,
			   bool *found, struct err *err)
{
	struct identity_row row;
	enum result r;

	*found = true;
	if (recall(session->directory, account, blind, out))
		return OK;
	*out = (struct entry){0};
	r = tombstone_get(session->keys, account, blind, &out->erased, &out->erased_at, err);
	if (r == OK)
		r = identity_find(session->data, account, blind, found, &row, err);
	if (r != OK || !*found)
		return r;
	out->identity = row.identity;
	out->person = row.person;
	remember(session->directory, account, blind, out);
	return OK;
}

enum result directory_make(struct session *session, uint32_t account, enum identity_kind kind,
			   const struct blind *blind, const char *value, const struct id *person, struct instant now,
			   struct entry *out, struct err *err)
{
	struct identity_row row = {.account = account, .kind = kind, .blind = *blind, .created = now};
	struct pool pool;
	struct key key;
	enum result r;

	pool_init(&pool, 64 * 1024);
	row.person = person != NULL ? *person : id_new(now);
	r = counter_next(session->keys, account, "identity", &row.identity, err);
	if (r == OK)
		r = keyring_get_or_make(session->ring, account, KEY_IDENTITY, row.identity, &key, err);
	if (r == OK)
		r = seal_identity(&key, &row, value, &pool, err);
	if (r == OK)
		r = identity_insert(session->data, &row, err);
	key_wipe(&key);
	pool_free(&pool);
	if (r != OK)
		return r;
	out->identity = row.identity;
	out->person = row.person;
	remember(session->directory, account, blind, out);
	return OK;
}
