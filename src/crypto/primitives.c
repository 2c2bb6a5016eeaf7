/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto/primitives.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>

/* LeakSanitizer traces its own process, which one that is not dumpable forbids. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEP_DUMPABLE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_DUMPABLE 1
#endif
#endif

/* OpenSSL takes lengths as int. No caller comes near: payloads are pages, media are segments. */
#define AEAD_LEN_MAX ((size_t)1 << 30)

/* One set per thread, made at its first use, freed when it ends. Each holds its last key until its next use. */
struct contexts {
	EVP_CIPHER_CTX *seal, *open;
	EVP_MD_CTX *sha256;
};

static EVP_MD *md_sha256;
static EVP_CIPHER *cipher_gcm;
static pthread_key_t contexts_key;
static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;
static int ready;
static _Thread_local struct contexts *mine;

static void contexts_free(void *arg)
{
	struct contexts *c = arg;

	if (c == NULL)
		return;
	EVP_CIPHER_CTX_free(c->seal);
	EVP_CIPHER_CTX_free(c->open);
	EVP_MD_CTX_free(c->sha256);
	free(c);
	mine = NULL; /* a destructor of the same thread may come later and start afresh */
}

static enum result fetch_algorithms(struct err *err)
{
	md_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	cipher_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (md_sha256 != NULL && cipher_gcm != NULL)
		return OK;
	err_set(err, ERR_UNSUPPORTED, "this OpenSSL lacks SHA-256 or AES-256-GCM");
	return err_mend(err, "check the providers in openssl.cnf: `openssl list -providers` must show \"default\" or \"fips\"");
}

/* Keys must reach neither a core file nor another process of the same user. */
static enum result harden(struct err *err)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return err_sys(err, "cannot turn core dumps off");
#ifndef KEEP_DUMPABLE
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_sys(err, "cannot make the process not dumpable");
#endif
	return OK;
}

static enum result init_locked(struct err *err)
{
	enum result rc;

	if (ready)
		return OK;
	if (sodium_init() < 0)
		return err_set(err, ERR_INTERNAL, "libsodium cannot start");
	rc = fetch_algorithms(err);
	if (rc == OK)
		rc = harden(err);
	if (rc == OK && pthread_key_create(&contexts_key, contexts_free) != 0)
		rc = err_set(err, ERR_NO_MEMORY, "no thread-specific key is left for the cipher contexts");
	ready = rc == OK;
	return rc;
}

enum result crypto_init(struct err *err)
{
	enum result rc;

	pthread_mutex_lock(&init_lock);
	rc = init_locked(err);
	pthread_mutex_unlock(&init_lock);
	return rc;
}

/* The hash and the cipher are set once; later uses only change key and nonce. */
static int contexts_set_up(struct contexts *c)
{
	c->seal = EVP_CIPHER_CTX_new();
	c->open = EVP_CIPHER_CTX_new();
	c->sha256 = EVP_MD_CTX_new();
	return c->seal != NULL && c->open != NULL && c->sha256 != NULL &&
	       EVP_EncryptInit_ex2(c->seal, cipher_gcm, NULL, NULL, NULL) == 1 &&
	       EVP_DecryptInit_ex2(c->open, cipher_gcm, NULL, NULL, NULL) == 1;
}

static struct contexts *contexts_make(void)
{
	struct contexts *c;

	INVARIANT(ready); /* crypto_init comes first */
	c = calloc(1, sizeof *c);
	if (c == NULL || !contexts_set_up(c) || pthread_setspecific(contexts_key, c) != 0) {
		contexts_free(c);
		return NULL;
	}
	mine = c;
	return c;
}

/* NULL: no memory; the next use tries again. */
static inline struct contexts *contexts(void)
{
	return mine != NULL ? mine : contexts_make();
}

/* ---- randomness, comparing, wiping ---- */

void random_bytes(void *out, size_t len)
{
	unsigned char *at = out;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		INVARIANT(n > 0 || errno == EINTR);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
}

struct key key_random(void)
{
	struct key key = {{0}};

	random_bytes(key.bytes, sizeof key.bytes);
	return key;
}

void key_wipe(struct key *key)
{
	sodium_memzero(key, sizeof *key);
}

int secret_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

/* ---- SHA-256 ---- */

struct sha256_stream {
	EVP_MD_CTX *ctx;
};

/* One hash. Each time OpenSSL begins one it asks for a little memory, and who hashes cannot say that there is none:
 * libsodium's, which is slower and asks for none, takes its place then. */
struct hashing {
	EVP_MD_CTX *ctx;
	crypto_hash_sha256_state plain; /* where there is no ctx */
};

static struct hashing hashing_begin(void)
{
	const struct contexts *c = contexts();
	struct hashing h = {.ctx = c != NULL ? c->sha256 : NULL};

	if (h.ctx != NULL && EVP_DigestInit_ex2(h.ctx, md_sha256, NULL) == 1)
		return h;
	h.ctx = NULL;
	crypto_hash_sha256_init(&h.plain);
	return h;
}

static void hashing_add(struct hashing *h, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (h->ctx != NULL)
		INVARIANT(EVP_DigestUpdate(h->ctx, data, len) == 1);
	else
		crypto_hash_sha256_update(&h->plain, data, len);
}

static void hashing_end(struct hashing *h, unsigned char out[HASH_LEN])
{
	if (h->ctx != NULL)
		INVARIANT(EVP_DigestFinal_ex(h->ctx, out, NULL) == 1);
	else
		crypto_hash_sha256_final(&h->plain, out); /* wipes it */
}

struct hash sha256(const void *data, size_t len)
{
	struct hashing h = hashing_begin();
	struct hash out;

	hashing_add(&h, data, len);
	hashing_end(&h, out.bytes);
	return out;
}

struct sha256_stream *sha256_begin(void)
{
	struct sha256_stream *stream = calloc(1, sizeof *stream);

	INVARIANT(ready);
	if (stream == NULL)
		return NULL;
	stream->ctx = EVP_MD_CTX_new();
	if (stream->ctx != NULL && EVP_DigestInit_ex2(stream->ctx, md_sha256, NULL) == 1)
		return stream;
	EVP_MD_CTX_free(stream->ctx);
	free(stream);
	return NULL;
}

void sha256_update(struct sha256_stream *stream, const void *data, size_t len)
{
	INVARIANT(EVP_DigestUpdate(stream->ctx, data, len) == 1);
}

struct hash sha256_end(struct sha256_stream *stream)
{
	struct hash out;

	INVARIANT(EVP_DigestFinal_ex(stream->ctx, out.bytes, NULL) == 1);
	EVP_MD_CTX_free(stream->ctx);
	free(stream);
	return out;
}

/* ---- HMAC, HKDF ---- */

#define BLOCK_LEN 64 /* of SHA-256 */

/* A key no longer than a block stands in its beginning, a longer one's hash does, and zeros fill it. */
static void key_block(const void *key, size_t len, unsigned char block[BLOCK_LEN])
{
	struct hash hashed;

	memset(block, 0, BLOCK_LEN);
	if (len <= BLOCK_LEN) {
		if (len > 0)
			memcpy(block, key, len);
		return;
	}
	hashed = sha256(key, len);
	memcpy(block, hashed.bytes, sizeof hashed.bytes);
	sodium_memzero(&hashed, sizeof hashed);
}

/* SHA-256 of the block, each of its bytes with `pad` in it, and the parts. */
static void padded_hash(const unsigned char block[BLOCK_LEN], unsigned char pad, const struct span_in *parts,
			size_t count, unsigned char out[HASH_LEN])
{
	struct hashing h = hashing_begin();
	unsigned char padded[BLOCK_LEN];

	for (size_t i = 0; i < BLOCK_LEN; i++)
		padded[i] = block[i] ^ pad;
	hashing_add(&h, padded, BLOCK_LEN);
	for (size_t i = 0; i < count; i++)
		hashing_add(&h, parts[i].data, parts[i].len);
	hashing_end(&h, out);
	sodium_memzero(padded, sizeof padded);
}

/* RFC 2104. OpenSSL's own takes twice as long for so few bytes: most of that looks for what is the same each time. */
static void mac(const void *key, size_t key_len, const struct span_in *parts, size_t count, unsigned char out[HASH_LEN])
{
	unsigned char block[BLOCK_LEN], inner[HASH_LEN];
	const struct span_in inner_part = {inner, sizeof inner};

	key_block(key, key_len, block);
	padded_hash(block, 0x36, parts, count, inner);
	padded_hash(block, 0x5c, &inner_part, 1, out);
	sodium_memzero(block, sizeof block);
	sodium_memzero(inner, sizeof inner);
}

struct hash hmac_sha256(const struct key *key, const struct span_in *parts, size_t count)
{
	struct hash out;

	mac(key->bytes, KEY_LEN, parts, count, out.bytes);
	return out;
}

void hmac_sha1(const void *key, size_t len, const void *data, size_t data_len, unsigned char out[SHA1_LEN])
{
	size_t written = 0;

	INVARIANT(ready && len > 0);
	INVARIANT(EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, key, len, data, data_len, out, SHA1_LEN, &written) != NULL &&
		  written == SHA1_LEN);
}

void hkdf_sha256(const struct span_in *ikm, size_t ikm_count, const void *salt, size_t salt_len, const void *info,
		 size_t info_len, void *out, size_t out_len)
{
	unsigned char block[HASH_LEN], *at = out;
	unsigned char counter = 0;
	struct key prk;

	INVARIANT(out_len <= 255 * HASH_LEN);
	mac(salt, salt_len, ikm, ikm_count, prk.bytes); /* RFC 5869 section 2.2; no salt is zeros, as an empty key is */
	while (out_len > 0) { /* section 2.3 */
		size_t take = out_len < HASH_LEN ? out_len : HASH_LEN;
		const struct span_in parts[] = {{block, counter > 0 ? HASH_LEN : 0}, {info, info_len}, {&counter, 1}};

		counter++;
		mac(prk.bytes, KEY_LEN, parts, 3, block);
		memcpy(at, block, take);
		at += take;
		out_len -= take;
	}
	sodium_memzero(block, sizeof block);
	key_wipe(&prk);
}

/* ---- AES-256-GCM ---- */

static enum result check_len(size_t aad_len, size_t len, struct err *err)
{
	if (aad_len > AEAD_LEN_MAX || len > AEAD_LEN_MAX)
		return err_set(err, ERR_LIMIT, "%zu bytes are more than the %zu that are sealed in one piece",
			       aad_len > len ? aad_len : len, AEAD_LEN_MAX);
	return OK;
}

/* The parts one after the other, as one plaintext; `out` moves on. */
static bool encrypt_parts(EVP_CIPHER_CTX *ctx, const struct span_in *parts, size_t count, unsigned char *out)
{
	int n;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > 0 && EVP_EncryptUpdate(ctx, out, &n, parts[i].data, (int)parts[i].len) != 1)
			return false;
		out += parts[i].len;
	}
	return EVP_EncryptFinal_ex(ctx, out, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, out) == 1;
}

enum result aead_seal_parts(const struct key *key, const unsigned char nonce[NONCE_LEN], const void *aad,
			    size_t aad_len, const struct span_in *parts, size_t count, unsigned char *out,
			    struct err *err)
{
	const struct contexts *c = contexts();
	EVP_CIPHER_CTX *ctx = c != NULL ? c->seal : NULL;
	size_t len = 0;
	int n = 0;
	enum result rc = OK;

	for (size_t i = 0; i < count && rc == OK; i++) {
		rc = check_len(aad_len, parts[i].len, err);
		len += parts[i].len;
	}
	if (rc == OK)
		rc = check_len(aad_len, len, err);
	if (rc == OK && ctx == NULL)
		rc = err_no_memory(err);
	if (rc != OK)
		return rc;
	if (EVP_EncryptInit_ex2(ctx, NULL, key->bytes, nonce, NULL) != 1 ||
	    (aad_len > 0 && EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len) != 1) ||
	    !encrypt_parts(ctx, parts, count, out))
		return err_set(err, ERR_INTERNAL, "OpenSSL failed to seal %zu bytes", len);
	return OK;
}

enum result aead_seal_nonce(const struct key *key, const unsigned char nonce[NONCE_LEN], const void *aad,
			    size_t aad_len, const void *in, size_t len, unsigned char *out, struct err *err)
{
	const struct span_in part = {in, len};

	return aead_seal_parts(key, nonce, aad, aad_len, &part, 1, out, err);
}

enum result aead_open_nonce(const struct key *key, const unsigned char nonce[NONCE_LEN], const void *aad,
			    size_t aad_len, const unsigned char *in, size_t len, void *out, struct err *err)
{
	const struct contexts *c = contexts();
	EVP_CIPHER_CTX *ctx = c != NULL ? c->open : NULL;
	unsigned char tag[TAG_LEN], none;
	size_t plain = len - TAG_LEN;
	int n = 0;
	enum result rc;

	if (len < TAG_LEN)
		return err_set(err, ERR_CORRUPT, "%zu sealed bytes are too few to hold a tag", len);
	rc = check_len(aad_len, plain, err);
	if (rc == OK && ctx == NULL)
		rc = err_no_memory(err);
	if (rc != OK)
		return rc;
	memcpy(tag, in + plain, TAG_LEN);
	if (EVP_DecryptInit_ex2(ctx, NULL, key->bytes, nonce, NULL) == 1 &&
	    (aad_len == 0 || EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1) &&
	    (plain == 0 || EVP_DecryptUpdate(ctx, out, &n, in, (int)plain) == 1) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
	    EVP_DecryptFinal_ex(ctx, &none, &n) == 1)
		return OK;
	if (plain > 0)
		sodium_memzero(out, plain);
	return err_set(err, ERR_CORRUPT, "the tag does not match: the bytes, their key or what they belong to is another");
}

enum result aead_seal(const struct key *key, const void *aad, size_t aad_len, const void *in, size_t len,
		      unsigned char *out, struct err *err)
{
	random_bytes(out, NONCE_LEN);
	return aead_seal_nonce(key, out, aad, aad_len, in, len, out + NONCE_LEN, err);
}

enum result aead_open(const struct key *key, const void *aad, size_t aad_len, const unsigned char *in, size_t len,
		      void *out, struct err *err)
{
	if (len < SEAL_OVERHEAD)
		return err_set(err, ERR_CORRUPT, "%zu sealed bytes are too few to hold a nonce and a tag", len);
	return aead_open_nonce(key, in, aad, aad_len, in + NONCE_LEN, len - NONCE_LEN, out, err);
}

/* ---- Ed25519 ---- */

void sign_keypair(const unsigned char seed[SIGN_SEED_LEN], unsigned char public_key[SIGN_PUBLIC_LEN])
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES];

	INVARIANT(crypto_sign_seed_keypair(public_key, secret, seed) == 0);
	sodium_memzero(secret, sizeof secret);
}

void sign_detached(const unsigned char seed[SIGN_SEED_LEN], const void *msg, size_t len,
		   unsigned char signature[SIGNATURE_LEN])
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES], public_key[SIGN_PUBLIC_LEN];

	INVARIANT(crypto_sign_seed_keypair(public_key, secret, seed) == 0 &&
		  crypto_sign_detached(signature, NULL, msg, len, secret) == 0);
	sodium_memzero(secret, sizeof secret);
}

int sign_verify(const unsigned char public_key[SIGN_PUBLIC_LEN], const void *msg, size_t len,
		const unsigned char signature[SIGNATURE_LEN])
{
	return crypto_sign_verify_detached(signature, msg, len, public_key) == 0;
}

/* ---- Argon2id ---- */

enum result argon2id(const char *passphrase, size_t len, const unsigned char salt[16], struct argon2_cost cost,
		     struct key *out, struct err *err)
{
	if (cost.passes < crypto_pwhash_argon2id_OPSLIMIT_MIN || cost.memory < crypto_pwhash_argon2id_MEMLIMIT_MIN ||
	    cost.memory > crypto_pwhash_argon2id_MEMLIMIT_MAX)
		return err_set(err, ERR_INPUT, "Argon2id with %u passes over %llu bytes is out of its bounds",
			       cost.passes, (unsigned long long)cost.memory);
	errno = 0;
	if (crypto_pwhash_argon2id(out->bytes, KEY_LEN, passphrase, len, salt, cost.passes, (size_t)cost.memory,
				   crypto_pwhash_argon2id_ALG_ARGON2ID13) == 0)
		return OK;
	key_wipe(out);
	err_set(err, ERR_NO_MEMORY, "out of memory: Argon2id needs %llu MiB",
		(unsigned long long)(cost.memory >> 20));
	return err_mend(err, "free that much memory, or raise the memory limit of the service, and try again");
}
