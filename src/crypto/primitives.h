/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The primitives, as OpenSSL 3 and libsodium provide them: SHA-256, HMAC and
 * HKDF (RFC 2104, RFC 5869), AES-256-GCM (NIST SP 800-38D), Ed25519 (RFC 8032),
 * Argon2id (RFC 9106).  Algorithms are fetched once per process and contexts
 * reused per thread (naive calls halve the small case: docs/performance.md).
 */
#ifndef LETHE_CRYPTO_PRIMITIVES_H
#define LETHE_CRYPTO_PRIMITIVES_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define KEY_LEN 32
#define HASH_LEN 32
#define NONCE_LEN 12
#define TAG_LEN 16
#define SEAL_OVERHEAD (NONCE_LEN + TAG_LEN)
#define SIGN_PUBLIC_LEN 32
#define SIGN_SEED_LEN 32
#define SIGNATURE_LEN 64

/* A 256-bit secret. Lives on a stack or in locked memory; wipe with key_wipe. */
struct key { unsigned char bytes[KEY_LEN]; };
struct hash { unsigned char bytes[HASH_LEN]; };
struct span_in { const void *data; size_t len; };

/* Once, before anything else; also libsodium's. Turns core dumps off and makes the process not dumpable. */
MUST_CHECK enum result crypto_init(struct err *err);
void random_bytes(void *out, size_t len); /* never fails: getrandom */
struct key key_random(void);
void key_wipe(struct key *key);
/* Constant time. */
int secret_equal(const void *a, const void *b, size_t len);

struct hash sha256(const void *data, size_t len);
struct sha256_stream;
struct sha256_stream *sha256_begin(void); /* NULL: no memory */
void sha256_update(struct sha256_stream *stream, const void *data, size_t len);
struct hash sha256_end(struct sha256_stream *stream); /* frees it */

/* HMAC-SHA256 over the concatenation of `parts`. */
struct hash hmac_sha256(const struct key *key, const struct span_in *parts, size_t count);
/* HMAC-SHA1, for one-time codes as others' programs make them (RFC 4226, RFC 6238) and for nothing else. `len` > 0. */
#define SHA1_LEN 20
void hmac_sha1(const void *key, size_t len, const void *data, size_t data_len, unsigned char out[SHA1_LEN]);
/* HKDF-SHA256. ikm is the concatenation of `ikm` parts; at most 8160 bytes out. */
void hkdf_sha256(const struct span_in *ikm, size_t ikm_count, const void *salt, size_t salt_len, const void *info,
		 size_t info_len, void *out, size_t out_len);

/* out = nonce || ciphertext || tag, len + SEAL_OVERHEAD bytes; the nonce is random. `out` must not overlap `in`. */
MUST_CHECK enum result aead_seal(const struct key *key, const void *aad, size_t aad_len, const void *in, size_t len,
				 unsigned char *out, struct err *err);
/* Opens what aead_seal made; out is len - SEAL_OVERHEAD bytes and is wiped when the tag fails (ERR_CORRUPT). */
MUST_CHECK enum result aead_open(const struct key *key, const void *aad, size_t aad_len, const unsigned char *in,
				 size_t len, void *out, struct err *err);
/* With a given nonce, for the streaming format and for test vectors: out = ciphertext || tag. Opening may be done in
 * place: out == in. */
MUST_CHECK enum result aead_seal_nonce(const struct key *key, const unsigned char nonce[NONCE_LEN], const void *aad,
				       size_t aad_len, const void *in, size_t len, unsigned char *out,
				       struct err *err);
/* Likewise of parts that follow each other; one may lie where its sealed bytes go, none later than that. */
MUST_CHECK enum result aead_seal_parts(const struct key *key, const unsigned char nonce[NONCE_LEN], const void *aad,
				       size_t aad_len, const struct span_in *parts, size_t count, unsigned char *out,
				       struct err *err);
MUST_CHECK enum result aead_open_nonce(const struct key *key, const unsigned char nonce[NONCE_LEN], const void *aad,
				       size_t aad_len, const unsigned char *in, size_t len, void *out,
				       struct err *err);

void sign_keypair(const unsigned char seed[SIGN_SEED_LEN], unsigned char public_key[SIGN_PUBLIC_LEN]);
void sign_detached(const unsigned char seed[SIGN_SEED_LEN], const void *msg, size_t len,
		   unsigned char signature[SIGNATURE_LEN]);
int sign_verify(const unsigned char public_key[SIGN_PUBLIC_LEN], const void *msg, size_t len,
		const unsigned char signature[SIGNATURE_LEN]); /* 1 when it verifies */

struct argon2_cost { uint32_t passes; uint64_t memory; }; /* memory in bytes */
MUST_CHECK enum result argon2id(const char *passphrase, size_t len, const unsigned char salt[16],
				struct argon2_cost cost, struct key *out, struct err *err);

#endif
