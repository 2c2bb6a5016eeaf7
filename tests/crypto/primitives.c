/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "crypto/primitives.h"
#include "crypto/hex.h"

#define TEXT(s) (&(struct span_in){(s), sizeof(s) - 1})

static void sha256_of_the_fips_180_messages(void **state)
{
	struct hash h;

	(void)state;
	h = sha256("", 0);
	assert_hex(h.bytes, HASH_LEN, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	h = sha256("abc", 3);
	assert_hex(h.bytes, HASH_LEN, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	h = sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
	assert_hex(h.bytes, HASH_LEN, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void sha256_of_a_million_letters_in_pieces(void **state)
{
	struct sha256_stream *stream = sha256_begin();
	char thousand[1000];
	struct hash h;

	(void)state;
	memset(thousand, 'a', sizeof thousand);
	assert_non_null(stream);
	for (int i = 0; i < 1000; i++)
		sha256_update(stream, thousand, sizeof thousand);
	h = sha256_end(stream);
	assert_hex(h.bytes, HASH_LEN, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void hmac_of_rfc_4231(void **state)
{
	static const struct { const char *key, *data, *mac; } cases[] = {
	    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
	     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
	     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct key key = key_of(cases[i].key);
		struct bin data = unhex(cases[i].data);
		struct span_in parts[] = {{data.data, 3}, {NULL, 0}, {data.data + 3, data.len - 3}};
		struct hash mac = hmac_sha256(&key, parts, 3);

		assert_hex(mac.bytes, HASH_LEN, cases[i].mac);
	}
}

struct hkdf_case { const char *ikm, *salt, *info, *okm; };

static void check_hkdf(const struct hkdf_case *c)
{
	struct bin ikm = unhex(c->ikm), salt = unhex(c->salt), info = unhex(c->info), okm = unhex(c->okm);
	struct span_in parts[] = {{ikm.data, 1}, {ikm.data + 1, ikm.len - 1}};
	unsigned char out[512];

	hkdf_sha256(parts, 2, salt.data, salt.len, info.data, info.len, out, okm.len);
	assert_memory_equal(out, okm.data, okm.len);
}

static void hkdf_of_rfc_5869(void **state)
{
	static const struct hkdf_case cases[] = {
	    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
	    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
	     "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
	     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
	     "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
	     "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
	     "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
	    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_hkdf(&cases[i]);
}

/* McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13 to 16. */
static const struct { const char *key, *nonce, *aad, *plain, *sealed; } gcm_cases[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
     "b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
     "c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
     "b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
     "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

static void gcm_of_its_specification(void **state)
{
	unsigned char out[256];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof gcm_cases / sizeof *gcm_cases; i++) {
		struct key key = key_of(gcm_cases[i].key);
		struct bin nonce = unhex(gcm_cases[i].nonce), aad = unhex(gcm_cases[i].aad);
		struct bin plain = unhex(gcm_cases[i].plain), sealed = unhex(gcm_cases[i].sealed);

		assert_int_equal(aead_seal_nonce(&key, nonce.data, aad.data, aad.len, plain.data, plain.len, out, &err),
				 OK);
		assert_memory_equal(out, sealed.data, sealed.len);
		assert_int_equal(
		    aead_open_nonce(&key, nonce.data, aad.data, aad.len, sealed.data, sealed.len, out, &err), OK);
		assert_memory_equal(out, plain.data, plain.len);
	}
}

/* In two parts at every place, the first sealed where it lies. */
static void parts_are_sealed_as_their_whole_is(void **state)
{
	struct bin nonce = unhex(gcm_cases[3].nonce), aad = unhex(gcm_cases[3].aad);
	struct bin plain = unhex(gcm_cases[3].plain), sealed = unhex(gcm_cases[3].sealed);
	struct key key = key_of(gcm_cases[3].key);
	unsigned char out[256];
	struct err err;

	(void)state;
	for (size_t cut = 0; cut <= plain.len; cut++) {
		const struct span_in parts[] = {{out, cut}, {plain.data + cut, plain.len - cut}};

		memcpy(out, plain.data, cut);
		assert_int_equal(aead_seal_parts(&key, nonce.data, aad.data, aad.len, parts, 2, out, &err), OK);
		assert_memory_equal(out, sealed.data, sealed.len);
	}
}

static void a_sealed_text_opens_and_no_two_are_alike(void **state)
{
	struct key key = key_random();
	unsigned char a[5 + SEAL_OVERHEAD], b[5 + SEAL_OVERHEAD];
	char out[5];
	struct err err;

	(void)state;
	assert_int_equal(aead_seal(&key, "aad", 3, "hello", 5, a, &err), OK);
	assert_int_equal(aead_seal(&key, "aad", 3, "hello", 5, b, &err), OK);
	assert_memory_not_equal(a, b, sizeof a);
	assert_int_equal(aead_open(&key, "aad", 3, a, sizeof a, out, &err), OK);
	assert_memory_equal(out, "hello", 5);
}

static void a_flipped_bit_anywhere_is_refused_and_nothing_is_left_in_the_output(void **state)
{
	static const char zeros[5];
	struct key key = key_random();
	unsigned char sealed[5 + SEAL_OVERHEAD];
	char out[5];
	struct err err;

	(void)state;
	assert_int_equal(aead_seal(&key, "aad", 3, "hello", 5, sealed, &err), OK);
	for (size_t bit = 0; bit < sizeof sealed * 8; bit++) {
		sealed[bit / 8] ^= (unsigned char)(1u << bit % 8);
		memcpy(out, "dirty", 5);
		assert_int_equal(aead_open(&key, "aad", 3, sealed, sizeof sealed, out, &err), ERR_CORRUPT);
		assert_memory_equal(out, zeros, 5);
		sealed[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_int_equal(aead_open(&key, "aae", 3, sealed, sizeof sealed, out, &err), ERR_CORRUPT);
	assert_int_equal(aead_open(&key, "aad", 2, sealed, sizeof sealed, out, &err), ERR_CORRUPT);
	key.bytes[31] ^= 1;
	assert_int_equal(aead_open(&key, "aad", 3, sealed, sizeof sealed, out, &err), ERR_CORRUPT);
}

static void every_truncation_is_refused(void **state)
{
	struct key key = key_random();
	unsigned char sealed[5 + SEAL_OVERHEAD];
	char out[5];
	struct err err;

	(void)state;
	assert_int_equal(aead_seal(&key, NULL, 0, "hello", 5, sealed, &err), OK);
	for (size_t len = 0; len < sizeof sealed; len++)
		assert_int_equal(aead_open(&key, NULL, 0, sealed, len, out, &err), ERR_CORRUPT);
	for (size_t len = 0; len < TAG_LEN; len++)
		assert_int_equal(aead_open_nonce(&key, sealed, NULL, 0, sealed, len, out, &err), ERR_CORRUPT);
}

static void a_text_of_no_bytes_is_sealed_too(void **state)
{
	struct key key = key_random();
	unsigned char sealed[SEAL_OVERHEAD];
	struct err err;

	(void)state;
	assert_int_equal(aead_seal(&key, "aad", 3, NULL, 0, sealed, &err), OK);
	assert_int_equal(aead_open(&key, "aad", 3, sealed, sizeof sealed, NULL, &err), OK);
	assert_int_equal(aead_open(&key, "aaD", 3, sealed, sizeof sealed, NULL, &err), ERR_CORRUPT);
}

static void more_than_a_gibibyte_in_one_piece_is_refused(void **state)
{
	struct key key = key_random();
	unsigned char out[1];
	struct err err;

	(void)state;
	assert_int_equal(aead_seal(&key, NULL, 0, "x", ((size_t)1 << 30) + 1, (unsigned char[64]){0}, &err), ERR_LIMIT);
	assert_int_equal(aead_open(&key, NULL, 0, (const unsigned char *)"0123456789ab", ((size_t)1 << 30) + 29, out,
				   &err),
			 ERR_LIMIT);
}

/* RFC 8032 section 7.1, tests 1 to 3 and SHA(abc). */
static const struct { const char *seed, *public_key, *msg, *signature; } ed25519_cases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
     "454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
     "3dca179c138ac17ad9bef1177331a704"},
};

static void ed25519_of_rfc_8032(void **state)
{
	unsigned char public_key[SIGN_PUBLIC_LEN], signature[SIGNATURE_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof ed25519_cases / sizeof *ed25519_cases; i++) {
		struct bin seed = unhex(ed25519_cases[i].seed), msg = unhex(ed25519_cases[i].msg);

		sign_keypair(seed.data, public_key);
		assert_hex(public_key, SIGN_PUBLIC_LEN, ed25519_cases[i].public_key);
		sign_detached(seed.data, msg.data, msg.len, signature);
		assert_hex(signature, SIGNATURE_LEN, ed25519_cases[i].signature);
		assert_int_equal(sign_verify(public_key, msg.data, msg.len, signature), 1);
		signature[i] ^= 1;
		assert_int_equal(sign_verify(public_key, msg.data, msg.len, signature), 0);
		signature[i] ^= 1;
		assert_int_equal(sign_verify(public_key, "other", 5, signature), 0);
	}
}

/* Computed with OpenSSL's Argon2id (version 0x13, one lane): the RFC's own vector has four lanes and a secret. */
static void argon2id_agrees_with_another_implementation(void **state)
{
	static const unsigned char salt[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	struct key key;
	struct err err;

	(void)state;
	assert_int_equal(argon2id("correct horse battery", 21, salt, (struct argon2_cost){3, 64 << 10}, &key, &err), OK);
	assert_hex(key.bytes, KEY_LEN, "828258a8d22491cd22df5df54fa4ce9629f4610db172a40bfad0e21913394ce3");
	assert_int_equal(argon2id("password", 8, (const unsigned char *)"0123456789abcdef",
				  (struct argon2_cost){2, 19456 << 10}, &key, &err),
			 OK);
	assert_hex(key.bytes, KEY_LEN, "d2ab07b39ef7f8b806227cd86fbb11aa5393066a98e17eacacd126eb26e9276d");
}

static void argon2id_refuses_costs_out_of_bounds(void **state)
{
	static const unsigned char salt[16];
	struct key key;
	struct err err;

	(void)state;
	assert_int_equal(argon2id("x", 1, salt, (struct argon2_cost){0, 1 << 20}, &key, &err), ERR_INPUT);
	assert_int_equal(argon2id("x", 1, salt, (struct argon2_cost){1, 1000}, &key, &err), ERR_INPUT);
	assert_int_equal(argon2id("x", 1, salt, (struct argon2_cost){1, UINT64_MAX}, &key, &err), ERR_INPUT);
}

static void random_bytes_fill_every_length(void **state)
{
	static const unsigned char zeros[1000];
	unsigned char out[1000] = {0};

	(void)state;
	random_bytes(out, 0);
	assert_memory_equal(out, zeros, sizeof out);
	random_bytes(out, sizeof out - 1);
	assert_memory_not_equal(out, zeros, 32);
	assert_memory_not_equal(out + 967, zeros, 32);
	assert_int_equal(out[999], 0);
}

static void wiping_leaves_zeros_and_comparing_finds_the_last_byte(void **state)
{
	struct key a = key_random(), b = a, zero = {{0}};

	(void)state;
	assert_true(secret_equal(&a, &b, sizeof a));
	b.bytes[KEY_LEN - 1] ^= 1;
	assert_false(secret_equal(&a, &b, sizeof a));
	key_wipe(&a);
	assert_memory_equal(&a, &zero, sizeof a);
}

static void *hash_on_a_thread(void *arg)
{
	struct key key = {{1}};
	struct hash *out = arg;

	*out = hmac_sha256(&key, TEXT("thread"), 1);
	return NULL;
}

static void every_thread_has_contexts_of_its_own(void **state)
{
	struct key key = {{1}};
	struct hash mine = hmac_sha256(&key, TEXT("thread"), 1), theirs[4];
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_on_a_thread, &theirs[i]), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_memory_equal(&theirs[i], &mine, sizeof mine);
	}
}

/* ---- without memory ---- */

static _Thread_local bool none_left;

static void *some_memory(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return none_left ? NULL : malloc(size);
}

static void *other_memory(void *memory, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return none_left ? NULL : realloc(memory, size);
}

static void given_back(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

struct hashes {
	struct hash plain, mac;
	unsigned char derived[80];
	enum result sealed;
};

static void hash_all(struct hashes *out)
{
	struct key key = {{1}};
	unsigned char sealed[SEAL_OVERHEAD + 3];
	struct err err;

	out->plain = sha256("abc", 3);
	out->mac = hmac_sha256(&key, TEXT("thread"), 1);
	hkdf_sha256(TEXT("key"), 1, "salt", 4, "info", 4, out->derived, sizeof out->derived);
	out->sealed = aead_seal(&key, NULL, 0, "abc", 3, sealed, &err);
}

static void *hash_without_memory(void *arg)
{
	struct hashes *out = arg;

	none_left = true;
	hash_all(&out[0]); /* there is no context of this thread */
	none_left = false;
	hash_all(&out[1]);
	none_left = true;
	hash_all(&out[2]); /* there is one */
	none_left = false;
	return NULL;
}

static void without_memory_hashes_are_the_same_and_sealing_says_so(void **state)
{
	struct hashes out[3] = {0};
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, hash_without_memory, out), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (int i = 0; i < 3; i += 2) {
		assert_memory_equal(&out[i].plain, &out[1].plain, sizeof out[i].plain);
		assert_memory_equal(&out[i].mac, &out[1].mac, sizeof out[i].mac);
		assert_memory_equal(out[i].derived, out[1].derived, sizeof out[i].derived);
	}
	assert_int_equal(out[0].sealed, ERR_NO_MEMORY);
	assert_int_equal(out[1].sealed, OK);
	assert_int_equal(out[2].sealed, OK);
}

/* P68 */
static void after_init_there_are_no_core_dumps(void **state)
{
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 0);
	assert_int_equal(limit.rlim_max, 0);
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
#endif
}

static int init(void **state)
{
	struct err err;

	(void)state;
	return crypto_init(&err) == OK && crypto_init(&err) == OK ? 0 : -1;
}

int main(void)
{
	CRYPTO_set_mem_functions(some_memory, other_memory, given_back);

	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sha256_of_the_fips_180_messages),
	    cmocka_unit_test(sha256_of_a_million_letters_in_pieces),
	    cmocka_unit_test(hmac_of_rfc_4231),
	    cmocka_unit_test(hkdf_of_rfc_5869),
	    cmocka_unit_test(gcm_of_its_specification),
	    cmocka_unit_test(parts_are_sealed_as_their_whole_is),
	    cmocka_unit_test(a_sealed_text_opens_and_no_two_are_alike),
	    cmocka_unit_test(a_flipped_bit_anywhere_is_refused_and_nothing_is_left_in_the_output),
	    cmocka_unit_test(every_truncation_is_refused),
	    cmocka_unit_test(a_text_of_no_bytes_is_sealed_too),
	    cmocka_unit_test(more_than_a_gibibyte_in_one_piece_is_refused),
	    cmocka_unit_test(ed25519_of_rfc_8032),
	    cmocka_unit_test(argon2id_agrees_with_another_implementation),
	    cmocka_unit_test(argon2id_refuses_costs_out_of_bounds),
	    cmocka_unit_test(random_bytes_fill_every_length),
	    cmocka_unit_test(wiping_leaves_zeros_and_comparing_finds_the_last_byte),
	    cmocka_unit_test(every_thread_has_contexts_of_its_own),
	    cmocka_unit_test(without_memory_hashes_are_the_same_and_sealing_says_so),
	    cmocka_unit_test(after_init_there_are_no_core_dumps),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
