/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/contact_key.h"

#include <string.h>

_Static_assert(sizeof(struct id) == BLIND_LEN, "an id of a contact is a keyed hash, as a blind index is");

static struct blind tombstone_of(struct id id)
{
	struct blind blind;

	memcpy(blind.bytes, id.bytes, sizeof blind.bytes);
	return blind;
}

enum result contact_key_make(struct session *session, uint32_t account, int64_t *number, struct err *err)
{
	struct key key;
	enum result r = counter_next(session->keys, account, "contact", number, err);

	if (r != OK)
		return r;
	r = keyring_make(session->ring, account, KEY_CONTACT, *number, &key, err);
	key_wipe(&key);
	return r;
}

enum result contact_key_end(struct session *session, const struct contact_row *row, struct instant now, struct err *err)
{
	struct blind blind = tombstone_of(row->id);
	bool existed;
	enum result r = keyring_destroy(session->ring, row->account, KEY_CONTACT, row->key, &existed, err);

	if (r == OK && contact_is_deleted(row))
		r = tombstone_put(session->keys, row->account, &blind, now, err);
	return r == OK ? contact_delete(session->data, row, err) : r;
}

enum result contact_key_gone(struct session *session, uint32_t account, struct id id, bool *gone, struct instant *at,
			     struct err *err)
{
	struct blind blind = tombstone_of(id);

	return tombstone_get(session->keys, account, &blind, gone, at, err);
}

enum result contact_key_readmit(struct session *session, uint32_t account, struct id id, bool *existed, struct err *err)
{
	struct blind blind = tombstone_of(id);

	return tombstone_delete(session->keys, account, &blind, existed, err);
}
