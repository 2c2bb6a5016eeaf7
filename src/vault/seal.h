/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sealing and opening: how each stored thing's key is derived and what its tag binds.
 *
 *     record   HKDF(P || I1 || I2 .., salt = record id, info = "lethe/record/1"), identities sorted by number
 *     held     HKDF(H, salt = record id, info = "lethe/hold/1")
 *     contact  HKDF(C || I1 || I2 .., salt = contact id, info = "lethe/contact/1"), C the contact's own key
 *     identity HKDF(I, salt = account and number, info = "lethe/identity/1")
 *     user     HKDF(U, salt = user id, info = "lethe/user/1")
 *     secret   HKDF(U, salt = user id, info = "lethe/secret/1"), of a user's password and the like
 *     data     HKDF(D, salt = what, info = "lethe/data/1"), D the account's data key
 *
 * Only identities of people outside enter a key: a role other than agent.
 */
#ifndef LETHE_VAULT_SEAL_H
#define LETHE_VAULT_SEAL_H

#include "store/contact.h"
#include "store/identity.h"
#include "store/media.h"
#include "store/record.h"
#include "store/user.h"
#include "store/user_secret.h"
#include "vault/keyring.h"

/* The key of a record as it is sealed now: by its hold if row->hold, else by its period and identities.
 * ERR_GONE when any of them is destroyed. */
MUST_CHECK enum result seal_record_key(struct keyring *ring, const struct record_row *row, struct key *out,
				       struct err *err);
/* The same in two steps, for a row that is under no hold: what needs the keyring, and what any thread can do after.
 * `ikm` has room for 1 + row->party_count keys. */
MUST_CHECK enum result seal_record_ikm(struct keyring *ring, const struct record_row *row, struct key *ikm,
				       size_t *count, struct err *err);
void seal_record_derive(const struct record_row *row, const struct key *ikm, size_t count, struct key *out);
/* Seals `plain` into row->payload, allocated in `pool`. */
MUST_CHECK enum result seal_payload(const struct key *key, struct record_row *row, const void *plain, size_t len,
				    struct pool *pool, struct err *err);
/* With a nonce that was drawn for it, and for nothing else under this key. */
MUST_CHECK enum result seal_payload_nonce(const struct key *key, const unsigned char nonce[NONCE_LEN],
					  struct record_row *row, const void *plain, size_t len, struct pool *pool,
					  struct err *err);
/* The plaintext, NUL-terminated, in `pool`. ERR_CORRUPT. */
MUST_CHECK enum result open_payload(const struct key *key, const struct record_row *row, struct pool *pool,
				    const char **plain, size_t *len, struct err *err);
/* Both steps: derive and open. */
MUST_CHECK enum result open_record(struct keyring *ring, const struct record_row *row, struct pool *pool,
				   const char **plain, size_t *len, struct err *err);
MUST_CHECK enum result seal_media_key(const struct key *record_key, const struct key *media_key, struct media_row *row,
				      struct err *err);
MUST_CHECK enum result open_media_key(const struct key *record_key, const struct media_row *row, struct key *out,
				      struct err *err);
/* What the media's stream binds: account, kind, record id, n. */
#define MEDIA_AAD_LEN 32
size_t media_aad(const struct media_row *row, unsigned char out[MEDIA_AAD_LEN]);

/* The key of a contact as it is sealed now: by its hold if row->hold, else by its own, row->key, and those of its
 * identities. ERR_GONE when any of them is destroyed. */
MUST_CHECK enum result seal_contact_key(struct keyring *ring, const struct contact_row *row, struct key *out,
					struct err *err);
MUST_CHECK enum result seal_contact(struct keyring *ring, struct contact_row *row, const void *plain, size_t len,
				    struct pool *pool, struct err *err);
MUST_CHECK enum result open_contact(struct keyring *ring, const struct contact_row *row, struct pool *pool,
				    const char **plain, size_t *len, struct err *err);

MUST_CHECK enum result seal_identity(const struct key *identity_key, struct identity_row *row, const char *value,
				     struct pool *pool, struct err *err);
MUST_CHECK enum result open_identity(struct keyring *ring, const struct identity_row *row, struct pool *pool,
				     const char **value, struct err *err);

/* What a user is called, under a key of its own: destroying that is losing the name in every copy. */
MUST_CHECK enum result seal_user(const struct key *user_key, struct user_row *row, const char *name, struct pool *pool,
				 struct err *err);
MUST_CHECK enum result open_user(struct keyring *ring, const struct user_row *row, struct pool *pool, const char **name,
				 struct err *err);

/* What the user proves who they are with: sealed into row->sealed, which with row->kind says what it is. */
MUST_CHECK enum result seal_user_secret(struct keyring *ring, const struct user_row *user, struct user_secret_row *row,
					const void *plain, size_t len, struct pool *pool, struct err *err);
MUST_CHECK enum result open_user_secret(struct keyring *ring, const struct user_row *user,
					const struct user_secret_row *row, struct pool *pool, const char **plain,
					size_t *len, struct err *err);
/* A key of the user's for what is given to them and not kept, such as the mark of a device they use. `use` is a literal. */
MUST_CHECK enum result user_use_key(struct keyring *ring, const struct user_row *user, const char *use, struct key *out,
				    struct err *err);

/* Small texts of the account itself (its name, a hold's reason). `what` is a literal that keeps uses apart. */
MUST_CHECK enum result seal_data(struct keyring *ring, uint32_t account, const char *what, struct id id,
				 const char *text, struct pool *pool, const unsigned char **out, size_t *len,
				 struct err *err);
MUST_CHECK enum result open_data(struct keyring *ring, uint32_t account, const char *what, struct id id,
				 const unsigned char *sealed, size_t len, struct pool *pool, const char **text,
				 struct err *err);

#endif
