/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "crypto/root_provider.h"

/* The first place whose epoch is not below `epoch`. */
static size_t place_of(const struct root_keys *keys, uint32_t epoch)
{
	size_t i = 0;

	while (i < keys->count && keys->epochs[i] < epoch)
		i++;
	return i;
}

const struct key *root_keys_find(const struct root_keys *keys, uint32_t epoch)
{
	size_t i = place_of(keys, epoch);

	return i < keys->count && keys->epochs[i] == epoch ? &keys->keys[i] : NULL;
}

enum result root_keys_add(struct root_keys *keys, uint32_t epoch, const struct key *key, struct err *err)
{
	size_t i = place_of(keys, epoch), after = keys->count - i;

	if (root_keys_find(keys, epoch) != NULL)
		return root_exists(epoch, err);
	if (keys->count == ROOT_EPOCHS_MAX)
		return root_full(err);
	memmove(&keys->epochs[i + 1], &keys->epochs[i], after * sizeof *keys->epochs);
	memmove(&keys->keys[i + 1], &keys->keys[i], after * sizeof *keys->keys);
	keys->epochs[i] = epoch;
	keys->keys[i] = *key;
	keys->count++;
	return OK;
}

void root_keys_remove(struct root_keys *keys, uint32_t epoch)
{
	size_t i = place_of(keys, epoch), after;

	if (root_keys_find(keys, epoch) == NULL)
		return;
	after = keys->count - i - 1;
	memmove(&keys->epochs[i], &keys->epochs[i + 1], after * sizeof *keys->epochs);
	memmove(&keys->keys[i], &keys->keys[i + 1], after * sizeof *keys->keys);
	keys->count--;
	key_wipe(&keys->keys[keys->count]);
}

enum result root_keys_create(struct root_keys *keys, uint32_t epoch, root_save *save, struct root *root,
			     struct err *err)
{
	struct key key = key_random();
	enum result rc = root_keys_add(keys, epoch, &key, err);

	key_wipe(&key);
	if (rc != OK)
		return rc;
	rc = save(root, err);
	if (rc != OK)
		root_keys_remove(keys, epoch);
	return rc;
}

enum result root_keys_destroy(struct root_keys *keys, uint32_t epoch, root_save *save, struct root *root,
			      struct err *err)
{
	const struct key *found = root_keys_find(keys, epoch);
	struct key key;
	struct err none;
	enum result rc;

	if (found == NULL)
		return OK;
	key = *found;
	root_keys_remove(keys, epoch);
	rc = save(root, err);
	if (rc != OK)
		INVARIANT(root_keys_add(keys, epoch, &key, &none) == OK); /* where it just was there is room */
	key_wipe(&key);
	return rc;
}

void root_keys_list(const struct root_keys *keys, uint32_t epochs[ROOT_EPOCHS_MAX], size_t *count)
{
	memcpy(epochs, keys->epochs, keys->count * sizeof *epochs);
	*count = keys->count;
}

enum result root_keys_wrap(const struct root_keys *keys, uint32_t epoch, const void *aad, size_t aad_len,
			   const struct key *key, unsigned char out[ROOT_WRAPPED_MAX], size_t *out_len,
			   struct err *err)
{
	const struct key *with = root_keys_find(keys, epoch);

	if (with == NULL)
		return root_gone(epoch, err);
	*out_len = KEY_LEN + SEAL_OVERHEAD;
	return aead_seal(with, aad, aad_len, key->bytes, KEY_LEN, out, err);
}

enum result root_keys_unwrap(const struct root_keys *keys, uint32_t epoch, const void *aad, size_t aad_len,
			     const unsigned char *wrapped, size_t wrapped_len, struct key *out, struct err *err)
{
	const struct key *with = root_keys_find(keys, epoch);
	enum result rc;

	if (with == NULL)
		return root_gone(epoch, err);
	if (wrapped_len != KEY_LEN + SEAL_OVERHEAD)
		return root_damaged(epoch, err);
	rc = aead_open(with, aad, aad_len, wrapped, wrapped_len, out->bytes, err);
	return rc == ERR_CORRUPT ? root_damaged(epoch, err) : rc;
}
