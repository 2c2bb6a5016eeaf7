/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/answer.h"

#include <string.h>

#define MARK_LEN 8
#define INFO_KEY "lethe/answer/1"
#define INFO_MARK "lethe/answer/mark/1"

static void derive(const struct key *answers, const struct blind *name, struct key *key, unsigned char mark[MARK_LEN])
{
	const struct span_in ikm = {answers->bytes, KEY_LEN};

	hkdf_sha256(&ikm, 1, name->bytes, BLIND_LEN, INFO_KEY, sizeof INFO_KEY - 1, key->bytes, KEY_LEN);
	hkdf_sha256(&ikm, 1, "", 0, INFO_MARK, sizeof INFO_MARK - 1, mark, MARK_LEN);
}

/* What the tag binds besides: whose it is. The name is in the key. */
static void bind(uint32_t account, unsigned char out[4])
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(account >> (24 - 8 * i));
}

enum result answer_seal(struct session *session, uint32_t account, const struct blind *name, const void *plain,
			size_t len, struct pool *pool, const unsigned char **out, size_t *out_len, struct err *err)
{
	unsigned char aad[4], *sealed = pool_alloc(pool, MARK_LEN + len + SEAL_OVERHEAD);
	struct key answers, key;
	enum result r;

	if (sealed == NULL)
		return err_no_memory(err);
	r = keyring_get_or_make(session->ring, account, KEY_OWN, OWN_ANSWERS, &answers, err);
	if (r != OK)
		return r;
	derive(&answers, name, &key, sealed);
	key_wipe(&answers);
	bind(account, aad);
	r = aead_seal(&key, aad, sizeof aad, plain, len, sealed + MARK_LEN, err);
	key_wipe(&key);
	*out = sealed;
	*out_len = MARK_LEN + len + SEAL_OVERHEAD;
	return r;
}

static enum result open_with(const struct key *key, uint32_t account, const unsigned char *sealed, size_t len,
			     struct pool *pool, const char **plain, size_t *plain_len, struct err *err)
{
	size_t text_len = len - SEAL_OVERHEAD;
	char *text = pool_alloc(pool, text_len + 1);
	unsigned char aad[4];

	if (text == NULL)
		return err_no_memory(err);
	bind(account, aad);
	*plain = text;
	*plain_len = text_len;
	return aead_open(key, aad, sizeof aad, sealed, len, text, err);
}

enum result answer_open(struct keyring *ring, uint32_t account, const struct blind *name, const unsigned char *sealed,
			size_t len, struct pool *pool, const char **plain, size_t *plain_len, struct err *err)
{
	unsigned char mark[MARK_LEN];
	struct key answers, key;
	enum result r;

	if (len < MARK_LEN + SEAL_OVERHEAD)
		return err_set(err, ERR_CORRUPT, "a kept answer is too short");
	r = keyring_get(ring, account, KEY_OWN, OWN_ANSWERS, &answers, err);
	if (r != OK)
		return r;
	derive(&answers, name, &key, mark);
	key_wipe(&answers);
	if (memcmp(mark, sealed, MARK_LEN) != 0)
		r = err_set(err, ERR_GONE, "the key of that answer has been destroyed");
	else
		r = open_with(&key, account, sealed + MARK_LEN, len - MARK_LEN, pool, plain, plain_len, err);
	key_wipe(&key);
	return r;
}
