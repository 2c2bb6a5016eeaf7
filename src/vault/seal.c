/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/seal.h"

#include <string.h>

#define SEAL_VERSION 1

/* Label, account, kind, id, n: enough to bind a sealed thing to its place. */
static size_t make_aad(const char *label, uint32_t account, int kind, struct id id, int n,
		       unsigned char out[MEDIA_AAD_LEN])
{
	size_t len = strlen(label);

	INVARIANT(len + 4 + 1 + 16 + 2 <= MEDIA_AAD_LEN);
	memcpy(out, label, len);
	for (int i = 0; i < 4; i++)
		out[len + (size_t)i] = (unsigned char)(account >> (24 - 8 * i));
	out[len + 4] = (unsigned char)kind;
	memcpy(out + len + 5, id.bytes, 16);
	out[len + 21] = (unsigned char)n;
	out[len + 22] = SEAL_VERSION;
	return len + 23;
}

/* Appends the keys of the outside identities to `ikm`, whose first key the caller has put there. */
static enum result add_identities(struct keyring *ring, uint32_t account, const struct party *parties, size_t count,
				  bool all, struct key *ikm, size_t *keys, struct err *err)
{
	enum result r;

	for (size_t i = 0; i < count; i++) {
		if (!all && (parties[i].roles & ~(unsigned)ROLE_AGENT) == 0)
			continue;
		r = keyring_get(ring, account, KEY_IDENTITY, parties[i].identity, &ikm[*keys], err);
		if (r != OK)
			return r;
		(*keys)++;
	}
	return OK;
}

static void derive(const struct key *ikm, size_t keys, struct id salt, const char *info, struct key *out)
{
	const struct span_in in = {ikm, keys * sizeof *ikm};

	hkdf_sha256(&in, 1, salt.bytes, sizeof salt.bytes, info, strlen(info), out->bytes, sizeof out->bytes);
}

/* The key for one use of what needs one key only. */
static enum result derive_one(struct keyring *ring, uint32_t account, enum key_class class, int64_t number,
			      struct id salt, const char *info, struct key *out, struct err *err)
{
	struct key ikm;
	enum result r = keyring_get(ring, account, class, number, &ikm, err);

	if (r != OK)
		return r;
	derive(&ikm, 1, salt, info, out);
	key_wipe(&ikm);
	return OK;
}

static enum result hold_key(struct keyring *ring, uint32_t account, int64_t hold, struct id id, struct key *out,
			    struct err *err)
{
	return derive_one(ring, account, KEY_HOLD, hold, id, "lethe/hold/1", out, err);
}

enum result seal_record_ikm(struct keyring *ring, const struct record_row *row, struct key *ikm, size_t *count,
			    struct err *err)
{
	int64_t period = key_period_number(row->kind, instant_date(id_time(row->id)), row->part);
	enum result r = keyring_get(ring, row->account, KEY_PERIOD, period, &ikm[0], err);

	INVARIANT(row->hold == 0);
	*count = 1;
	if (r == OK)
		r = add_identities(ring, row->account, row->parties, row->party_count, false, ikm, count, err);
	return r;
}

void seal_record_derive(const struct record_row *row, const struct key *ikm, size_t count, struct key *out)
{
	derive(ikm, count, row->id, "lethe/record/1", out);
}

enum result seal_record_key(struct keyring *ring, const struct record_row *row, struct key *out, struct err *err)
{
	struct key ikm[1 + PARTIES_MAX];
	size_t keys = 0;
	enum result r;

	if (row->hold != 0)
		return hold_key(ring, row->account, row->hold, row->id, out, err);
	r = seal_record_ikm(ring, row, ikm, &keys, err);
	if (r == OK)
		seal_record_derive(row, ikm, keys, out);
	explicit_bzero(ikm, keys * sizeof ikm[0]);
	return r;
}

static enum result seal_into(const struct key *key, const unsigned char *aad, size_t aad_len, const void *plain,
			     size_t len, struct pool *pool, const unsigned char **out, size_t *out_len,
			     struct err *err)
{
	unsigned char *sealed = pool_alloc(pool, len + SEAL_OVERHEAD);

	if (sealed == NULL)
		return err_no_memory(err);
	*out = sealed;
	*out_len = len + SEAL_OVERHEAD;
	return aead_seal(key, aad, aad_len, plain, len, sealed, err);
}

static enum result open_from(const struct key *key, const unsigned char *aad, size_t aad_len,
			     const unsigned char *sealed, size_t sealed_len, struct pool *pool, const char **out,
			     size_t *out_len, struct err *err)
{
	char *plain;

	if (sealed_len < SEAL_OVERHEAD)
		return err_set(err, ERR_CORRUPT, "a sealed value is cut short");
	*out_len = sealed_len - SEAL_OVERHEAD;
	plain = pool_alloc(pool, *out_len + 1);
	if (plain == NULL)
		return err_no_memory(err);
	*out = plain;
	return aead_open(key, aad, aad_len, sealed, sealed_len, plain, err);
}

enum result seal_payload(const struct key *key, struct record_row *row, const void *plain, size_t len,
			 struct pool *pool, struct err *err)
{
	unsigned char nonce[NONCE_LEN];

	random_bytes(nonce, sizeof nonce);
	return seal_payload_nonce(key, nonce, row, plain, len, pool, err);
}

enum result seal_payload_nonce(const struct key *key, const unsigned char nonce[NONCE_LEN], struct record_row *row,
			       const void *plain, size_t len, struct pool *pool, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN], *sealed = pool_alloc(pool, len + SEAL_OVERHEAD);
	size_t aad_len = make_aad("payload", row->account, row->kind, row->id, 0, aad);

	if (sealed == NULL)
		return err_no_memory(err);
	row->payload = sealed;
	row->payload_len = len + SEAL_OVERHEAD;
	memcpy(sealed, nonce, NONCE_LEN);
	return aead_seal_nonce(key, nonce, aad, aad_len, plain, len, sealed + NONCE_LEN, err);
}

enum result open_payload(const struct key *key, const struct record_row *row, struct pool *pool, const char **plain,
			 size_t *len, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad("payload", row->account, row->kind, row->id, 0, aad);

	return open_from(key, aad, aad_len, row->payload, row->payload_len, pool, plain, len, err);
}

enum result open_record(struct keyring *ring, const struct record_row *row, struct pool *pool, const char **plain,
			size_t *len, struct err *err)
{
	struct key key;
	enum result r = seal_record_key(ring, row, &key, err);

	if (r == OK)
		r = open_payload(&key, row, pool, plain, len, err);
	key_wipe(&key);
	return r;
}

enum result seal_media_key(const struct key *record_key, const struct key *media_key, struct media_row *row,
			   struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad("mediakey", row->account, row->kind, row->id, row->n, aad);

	return aead_seal(record_key, aad, aad_len, media_key->bytes, sizeof media_key->bytes, row->key, err);
}

enum result open_media_key(const struct key *record_key, const struct media_row *row, struct key *out,
			   struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad("mediakey", row->account, row->kind, row->id, row->n, aad);

	return aead_open(record_key, aad, aad_len, row->key, sizeof row->key, out->bytes, err);
}

size_t media_aad(const struct media_row *row, unsigned char out[MEDIA_AAD_LEN])
{
	return make_aad("media", row->account, row->kind, row->id, row->n, out);
}

enum result seal_contact_key(struct keyring *ring, const struct contact_row *row, struct key *out, struct err *err)
{
	struct key ikm[1 + PARTIES_MAX];
	size_t keys = 1;
	enum result r;

	if (row->hold != 0)
		return hold_key(ring, row->account, row->hold, row->id, out, err);
	r = keyring_get(ring, row->account, KEY_CONTACT, row->key, &ikm[0], err);
	if (r == OK)
		r = add_identities(ring, row->account, row->parties, row->party_count, true, ikm, &keys, err);
	if (r == OK)
		derive(ikm, keys, row->id, "lethe/contact/1", out);
	explicit_bzero(ikm, keys * sizeof ikm[0]);
	return r;
}

enum result seal_contact(struct keyring *ring, struct contact_row *row, const void *plain, size_t len,
			 struct pool *pool, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad("contact", row->account, 0, row->id, 0, aad);
	struct key key;
	enum result r = seal_contact_key(ring, row, &key, err);

	if (r == OK)
		r = seal_into(&key, aad, aad_len, plain, len, pool, &row->payload, &row->payload_len, err);
	key_wipe(&key);
	return r;
}

enum result open_contact(struct keyring *ring, const struct contact_row *row, struct pool *pool, const char **plain,
			 size_t *len, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad("contact", row->account, 0, row->id, 0, aad);
	struct key key;
	enum result r = seal_contact_key(ring, row, &key, err);

	if (r == OK)
		r = open_from(&key, aad, aad_len, row->payload, row->payload_len, pool, plain, len, err);
	key_wipe(&key);
	return r;
}

/* An identity has a number and no id of its own; this is the id its key and tag use. */
static struct id identity_salt(const struct identity_row *row)
{
	struct id salt = {{0}};

	for (int i = 0; i < 8; i++)
		salt.bytes[8 + i] = (unsigned char)((uint64_t)row->identity >> (56 - 8 * i));
	for (int i = 0; i < 4; i++)
		salt.bytes[4 + i] = (unsigned char)(row->account >> (24 - 8 * i));
	return salt;
}

enum result seal_identity(const struct key *identity_key, struct identity_row *row, const char *value,
			  struct pool *pool, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	struct id salt = identity_salt(row);
	size_t aad_len = make_aad("identity", row->account, row->kind, salt, 0, aad);
	struct key key;
	enum result r;

	derive(identity_key, 1, salt, "lethe/identity/1", &key);
	r = seal_into(&key, aad, aad_len, value, strlen(value), pool, &row->value, &row->value_len, err);
	key_wipe(&key);
	return r;
}

enum result open_identity(struct keyring *ring, const struct identity_row *row, struct pool *pool, const char **value,
			  struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	struct id salt = identity_salt(row);
	size_t aad_len = make_aad("identity", row->account, row->kind, salt, 0, aad), len;
	struct key key;
	enum result r = derive_one(ring, row->account, KEY_IDENTITY, row->identity, salt, "lethe/identity/1", &key, err);

	if (r != OK)
		return r;
	r = open_from(&key, aad, aad_len, row->value, row->value_len, pool, value, &len, err);
	key_wipe(&key);
	return r;
}

enum result seal_user(const struct key *user_key, struct user_row *row, const char *name, struct pool *pool,
		      struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad("user", row->account, 0, row->id, 0, aad);
	struct key key;
	enum result r;

	derive(user_key, 1, row->id, "lethe/user/1", &key);
	r = seal_into(&key, aad, aad_len, name, strlen(name), pool, &row->name, &row->name_len, err);
	key_wipe(&key);
	return r;
}

enum result open_user(struct keyring *ring, const struct user_row *row, struct pool *pool, const char **name,
		      struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad("user", row->account, 0, row->id, 0, aad), len;
	struct key key;
	enum result r = user_use_key(ring, row, "lethe/user/1", &key, err);

	if (r != OK)
		return r;
	r = open_from(&key, aad, aad_len, row->name, row->name_len, pool, name, &len, err);
	key_wipe(&key);
	return r;
}

enum result user_use_key(struct keyring *ring, const struct user_row *user, const char *use, struct key *out,
			 struct err *err)
{
	return derive_one(ring, user->account, KEY_USER, user->user, user->id, use, out, err);
}

enum result seal_user_secret(struct keyring *ring, const struct user_row *user, struct user_secret_row *row,
			     const void *plain, size_t len, struct pool *pool, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad("secret", user->account, (int)row->kind, user->id, 0, aad);
	struct key key;
	enum result r = user_use_key(ring, user, "lethe/secret/1", &key, err);

	if (r != OK)
		return r;
	row->account = user->account;
	row->user = user->user;
	r = seal_into(&key, aad, aad_len, plain, len, pool, &row->sealed, &row->sealed_len, err);
	key_wipe(&key);
	return r;
}

enum result open_user_secret(struct keyring *ring, const struct user_row *user, const struct user_secret_row *row,
			     struct pool *pool, const char **plain, size_t *len, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad("secret", user->account, (int)row->kind, user->id, 0, aad);
	struct key key;
	enum result r = user_use_key(ring, user, "lethe/secret/1", &key, err);

	if (r != OK)
		return r;
	r = open_from(&key, aad, aad_len, row->sealed, row->sealed_len, pool, plain, len, err);
	key_wipe(&key);
	return r;
}

static enum result data_key(struct keyring *ring, uint32_t account, struct id id, struct key *out, struct err *err)
{
	return derive_one(ring, account, KEY_OWN, OWN_DATA, id, "lethe/data/1", out, err);
}

enum result seal_data(struct keyring *ring, uint32_t account, const char *what, struct id id, const char *text,
		      struct pool *pool, const unsigned char **out, size_t *len, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad(what, account, 0, id, 0, aad);
	struct key key;
	enum result r = data_key(ring, account, id, &key, err);

	if (r == OK)
		r = seal_into(&key, aad, aad_len, text, strlen(text), pool, out, len, err);
	key_wipe(&key);
	return r;
}

enum result open_data(struct keyring *ring, uint32_t account, const char *what, struct id id,
		      const unsigned char *sealed, size_t len, struct pool *pool, const char **text, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = make_aad(what, account, 0, id, 0, aad), text_len;
	struct key key;
	enum result r = data_key(ring, account, id, &key, err);

	if (r == OK)
		r = open_from(&key, aad, aad_len, sealed, len, pool, text, &text_len, err);
	key_wipe(&key);
	return r;
}
