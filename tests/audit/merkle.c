/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tree against the published vectors of certificate-transparency (merkle_tree_test.cc), and against RFC 6962's
 * own recursive definitions for every pair of sizes up to BRUTE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>

#include "audit/memory.h"

#define BRUTE 130

static struct memory memory;
static struct merkle_store store;
static struct hash leaves[BRUTE];
static struct err err;

static void append(uint64_t index, const void *data, size_t len)
{
	struct hash leaf = merkle_leaf(data, len);

	if (index < BRUTE)
		leaves[index] = leaf;
	assert_int_equal(merkle_append(&store, index, &leaf, &err), OK);
}

/* A store of `count` leaves "leaf 0", "leaf 1" .. */
static void grow(uint64_t count)
{
	char text[32];

	store = memory_store(&memory);
	for (uint64_t i = 0; i < count; i++)
		append(i, text, (size_t)snprintf(text, sizeof text, "leaf %d", (int)i));
}

static const char *hex(const struct hash *hash)
{
	static char text[65];

	return sodium_bin2hex(text, sizeof text, hash->bytes, HASH_LEN);
}

static struct hash root_of(uint64_t size)
{
	struct hash root;

	assert_int_equal(merkle_root(&store, size, &root, &err), OK);
	return root;
}

/* RFC 6962 2.1, 2.1.1 and 2.1.2, word for word. */
static size_t model_split(size_t n)
{
	size_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

static struct hash model_root(const struct hash *d, size_t n)
{
	struct hash l, r;

	if (n == 1)
		return d[0];
	l = model_root(d, model_split(n));
	r = model_root(d + model_split(n), n - model_split(n));
	return merkle_node(&l, &r);
}

static void model_path(size_t m, const struct hash *d, size_t n, struct merkle_proof *out)
{
	size_t k = n > 1 ? model_split(n) : 0;

	if (n == 1)
		return;
	if (m < k) {
		model_path(m, d, k, out);
		out->hashes[out->count++] = model_root(d + k, n - k);
	} else {
		model_path(m - k, d + k, n - k, out);
		out->hashes[out->count++] = model_root(d, k);
	}
}

static void model_subproof(size_t m, const struct hash *d, size_t n, bool whole, struct merkle_proof *out)
{
	size_t k = n > 1 ? model_split(n) : 0;

	if (m == n) {
		if (!whole)
			out->hashes[out->count++] = model_root(d, n);
	} else if (m <= k) {
		model_subproof(m, d, k, whole, out);
		out->hashes[out->count++] = model_root(d + k, n - k);
	} else {
		model_subproof(m - k, d + k, n - k, false, out);
		out->hashes[out->count++] = model_root(d, k);
	}
}

static void assert_same_proof(const struct merkle_proof *a, const struct merkle_proof *b)
{
	assert_int_equal(a->count, b->count);
	if (a->count)
		assert_memory_equal(a->hashes, b->hashes, a->count * sizeof a->hashes[0]);
}

static void grow_published(void)
{
	static const char *const data[] = {
	    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
	};
	unsigned char bytes[16];
	size_t len;

	store = memory_store(&memory);
	for (uint64_t i = 0; i < 8; i++) {
		assert_int_equal(sodium_hex2bin(bytes, sizeof bytes, data[i], strlen(data[i]), NULL, &len, NULL), 0);
		append(i, bytes, len);
	}
}

static void the_root_of_nothing_is_the_hash_of_nothing(void **state)
{
	struct hash root;

	(void)state;
	store = memory_store(&memory);
	root = root_of(0);
	assert_string_equal(hex(&root), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void roots_are_the_published_ones(void **state)
{
	static const char *const roots[] = {
	    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};

	(void)state;
	grow_published();
	for (uint64_t size = 1; size <= 8; size++) {
		struct hash root = root_of(size);

		assert_string_equal(hex(&root), roots[size - 1]);
	}
}

struct published {
	uint64_t a, size;
	const char *hashes[4];
};

#define H_A "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define H_B "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define H_C "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define H_D "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define H_E "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define H_F "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define H_G "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define H_H "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define H_I "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"

static void assert_published(const struct merkle_proof *proof, const struct published *wanted)
{
	size_t i;

	for (i = 0; wanted->hashes[i]; i++) {
		assert_true(i < proof->count);
		assert_string_equal(hex(&proof->hashes[i]), wanted->hashes[i]);
	}
	assert_int_equal(proof->count, i);
}

static void inclusion_proofs_are_the_published_ones(void **state)
{
	static const struct published paths[] = {
	    {0, 1, {NULL}},          {0, 8, {H_A, H_B, H_C}}, {5, 8, {H_D, H_E, H_F}},
	    {2, 3, {H_G}},           {1, 5, {H_H, H_B, H_D}},
	};
	struct merkle_proof proof;

	(void)state;
	grow_published();
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		assert_int_equal(merkle_prove_inclusion(&store, paths[i].a, paths[i].size, &proof, &err), OK);
		assert_published(&proof, &paths[i]);
	}
}

static void consistency_proofs_are_the_published_ones(void **state)
{
	static const struct published proofs[] = {
	    {1, 1, {NULL}}, {1, 8, {H_A, H_B, H_C}}, {6, 8, {H_I, H_E, H_F}}, {2, 5, {H_B, H_D}},
	};
	struct merkle_proof proof;

	(void)state;
	grow_published();
	for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
		assert_int_equal(merkle_prove_consistency(&store, proofs[i].a, proofs[i].size, &proof, &err), OK);
		assert_published(&proof, &proofs[i]);
	}
}

static void every_root_and_inclusion_proof_is_that_of_the_rfc(void **state)
{
	(void)state;
	grow(BRUTE);
	for (uint64_t size = 1; size <= BRUTE; size++) {
		struct hash root = root_of(size), model = model_root(leaves, size);

		assert_memory_equal(&root, &model, sizeof root);
		for (uint64_t index = 0; index < size; index++) {
			struct merkle_proof proof, wanted = {0};

			assert_int_equal(merkle_prove_inclusion(&store, index, size, &proof, &err), OK);
			model_path(index, leaves, size, &wanted);
			assert_same_proof(&proof, &wanted);
			assert_int_equal(merkle_check_inclusion(&proof, index, size, &leaves[index], &root, &err), OK);
		}
	}
}

static void every_consistency_proof_is_that_of_the_rfc(void **state)
{
	(void)state;
	grow(BRUTE);
	for (uint64_t size = 1; size <= BRUTE; size++) {
		struct hash root = root_of(size);

		for (uint64_t old = 1; old <= size; old++) {
			struct merkle_proof proof, wanted = {0};
			struct hash old_root = root_of(old);

			assert_int_equal(merkle_prove_consistency(&store, old, size, &proof, &err), OK);
			model_subproof(old, leaves, size, true, &wanted);
			assert_same_proof(&proof, &wanted);
			assert_int_equal(merkle_check_consistency(&proof, old, size, &old_root, &root, &err), OK);
		}
	}
}

/* Flips each bit of `bytes` in turn and expects `check` to fail with ERR_CORRUPT. */
#define EVERY_BIT(bytes, len, check)                                                                                   \
	for (size_t bit_ = 0; bit_ < 8 * (len); bit_++) {                                                              \
		((unsigned char *)(bytes))[bit_ / 8] ^= (unsigned char)(1 << bit_ % 8);                                \
		assert_int_equal((check), ERR_CORRUPT);                                                                \
		((unsigned char *)(bytes))[bit_ / 8] ^= (unsigned char)(1 << bit_ % 8);                                \
	}

/* P14 */
static void a_damaged_bit_of_an_inclusion_proof_is_refused(void **state)
{
	(void)state;
	grow(21);
	for (uint64_t size = 1; size <= 21; size += 4) {
		struct hash root = root_of(size), leaf;
		struct merkle_proof proof;

		for (uint64_t index = 0; index < size; index++) {
			leaf = leaves[index];
			assert_int_equal(merkle_prove_inclusion(&store, index, size, &proof, &err), OK);
			EVERY_BIT(proof.hashes, proof.count * HASH_LEN,
				  merkle_check_inclusion(&proof, index, size, &leaf, &root, &err))
			EVERY_BIT(&leaf, HASH_LEN, merkle_check_inclusion(&proof, index, size, &leaf, &root, &err))
			EVERY_BIT(&root, HASH_LEN, merkle_check_inclusion(&proof, index, size, &leaf, &root, &err))
		}
	}
}

static void a_damaged_bit_of_a_consistency_proof_is_refused(void **state)
{
	(void)state;
	grow(21);
	for (uint64_t size = 1; size <= 21; size += 4) {
		struct hash root = root_of(size), old_root;
		struct merkle_proof proof;

		for (uint64_t old = 1; old <= size; old++) {
			old_root = root_of(old);
			assert_int_equal(merkle_prove_consistency(&store, old, size, &proof, &err), OK);
			EVERY_BIT(proof.hashes, proof.count * HASH_LEN,
				  merkle_check_consistency(&proof, old, size, &old_root, &root, &err))
			EVERY_BIT(&old_root, HASH_LEN,
				  merkle_check_consistency(&proof, old, size, &old_root, &root, &err))
			EVERY_BIT(&root, HASH_LEN,
				  merkle_check_consistency(&proof, old, size, &old_root, &root, &err))
		}
	}
}

static void a_proof_for_another_index_is_refused(void **state)
{
	struct merkle_proof proof;
	struct hash root;

	(void)state;
	grow(70);
	root = root_of(70);
	for (uint64_t index = 0; index < 70; index++) {
		assert_int_equal(merkle_prove_inclusion(&store, index, 70, &proof, &err), OK);
		for (uint64_t other = 0; other < 75; other++) {
			if (other == index)
				continue;
			assert_int_equal(merkle_check_inclusion(&proof, other, 70, &leaves[index], &root, &err),
					 ERR_CORRUPT);
		}
	}
}

static void a_proof_with_a_hash_more_or_less_is_refused(void **state)
{
	struct merkle_proof proof;
	struct hash root, old_root;

	(void)state;
	grow(70);
	root = root_of(70);
	for (uint64_t n = 1; n < 70; n++) {
		assert_int_equal(merkle_prove_inclusion(&store, n, 70, &proof, &err), OK);
		proof.hashes[proof.count++] = root;
		assert_int_equal(merkle_check_inclusion(&proof, n, 70, &leaves[n], &root, &err), ERR_CORRUPT);
		assert_string_equal(err.what, "the inclusion proof is too long");
		proof.count -= 2;
		assert_int_equal(merkle_check_inclusion(&proof, n, 70, &leaves[n], &root, &err), ERR_CORRUPT);
		assert_string_equal(err.what, "the inclusion proof is too short");

		old_root = root_of(n);
		assert_int_equal(merkle_prove_consistency(&store, n, 70, &proof, &err), OK);
		proof.hashes[proof.count++] = root;
		assert_int_equal(merkle_check_consistency(&proof, n, 70, &old_root, &root, &err), ERR_CORRUPT);
		assert_string_equal(err.what, "the consistency proof is too long");
		proof.count -= 2;
		assert_int_equal(merkle_check_consistency(&proof, n, 70, &old_root, &root, &err), ERR_CORRUPT);
		assert_string_equal(err.what, "the consistency proof is too short");
		proof.count = 0;
		assert_int_equal(merkle_check_consistency(&proof, n, 70, &old_root, &root, &err), ERR_CORRUPT);
	}
}

static void a_log_is_consistent_with_itself_by_an_empty_proof_only(void **state)
{
	struct merkle_proof proof = {0};
	struct hash root, other;

	(void)state;
	grow(8);
	for (uint64_t size = 1; size <= 8; size++) {
		root = root_of(size);
		other = root_of(size == 8 ? 7 : size + 1);
		proof.count = 0;
		assert_int_equal(merkle_check_consistency(&proof, size, size, &root, &root, &err), OK);
		assert_int_equal(merkle_check_consistency(&proof, size, size, &root, &other, &err), ERR_CORRUPT);
		proof.hashes[proof.count++] = root;
		assert_int_equal(merkle_check_consistency(&proof, size, size, &root, &root, &err), ERR_CORRUPT);
	}
}

/* P14 */
static void a_rewritten_log_is_not_consistent(void **state)
{
	struct merkle_proof proof;
	struct hash old_root, root;

	(void)state;
	grow(5);
	old_root = root_of(5);
	store = memory_store(&memory);
	for (uint64_t i = 0; i < 9; i++)
		append(i, i == 2 ? "forged" : "x", i == 2 ? 6 : 1);
	root = root_of(9);
	assert_int_equal(merkle_prove_consistency(&store, 5, 9, &proof, &err), OK);
	assert_int_equal(merkle_check_consistency(&proof, 5, 9, &old_root, &root, &err), ERR_CORRUPT);
	assert_string_equal(err.what, "the consistency proof does not lead to the old root of the log");
}

static void sizes_that_cannot_be_are_refused(void **state)
{
	struct merkle_proof proof;
	struct hash root = {{0}};

	(void)state;
	grow(3);
	assert_int_equal(merkle_prove_inclusion(&store, 3, 3, &proof, &err), ERR_INPUT);
	assert_string_equal(err.what, "leaf 3 is not in a log of 3");
	assert_int_equal(merkle_prove_inclusion(&store, 0, 0, &proof, &err), ERR_INPUT);
	assert_int_equal(merkle_prove_consistency(&store, 0, 3, &proof, &err), ERR_INPUT);
	assert_int_equal(merkle_prove_consistency(&store, 4, 3, &proof, &err), ERR_INPUT);
	assert_string_equal(err.what, "a log of 3 has no earlier state of 4 leaves");
	proof.count = 0;
	assert_int_equal(merkle_check_inclusion(&proof, 0, 0, &root, &root, &err), ERR_CORRUPT);
	assert_int_equal(merkle_check_inclusion(&proof, UINT64_MAX, UINT64_MAX, &root, &root, &err), ERR_CORRUPT);
	assert_int_equal(merkle_check_inclusion(&proof, 1, UINT64_MAX, &root, &root, &err), ERR_CORRUPT);
	assert_int_equal(merkle_check_consistency(&proof, 0, 3, &root, &root, &err), ERR_CORRUPT);
	assert_int_equal(merkle_check_consistency(&proof, 4, 3, &root, &root, &err), ERR_CORRUPT);
	assert_int_equal(merkle_check_consistency(&proof, 1, UINT64_MAX, &root, &root, &err), ERR_CORRUPT);
}

static void a_leaf_cannot_pass_for_a_node(void **state)
{
	unsigned char pair[2 * HASH_LEN];
	struct hash node, leaf;

	(void)state;
	grow(2);
	memcpy(pair, &leaves[0], HASH_LEN);
	memcpy(pair + HASH_LEN, &leaves[1], HASH_LEN);
	node = merkle_node(&leaves[0], &leaves[1]);
	leaf = merkle_leaf(pair, sizeof pair);
	assert_memory_not_equal(&node, &leaf, sizeof node);
}

static void storage_and_proofs_cost_what_the_header_says(void **state)
{
	struct merkle_proof proof;

	(void)state;
	grow(1500);
	assert_true(memory.writes < 2 * 1500);
	for (uint64_t index = 0; index < 1500; index += 7) {
		memory.reads = 0;
		assert_int_equal(merkle_prove_inclusion(&store, index, 1500, &proof, &err), OK);
		assert_true(memory.reads <= 2 * 11);
		memory.reads = 0;
		assert_int_equal(merkle_prove_consistency(&store, index + 1, 1500, &proof, &err), OK);
		assert_true(memory.reads <= 2 * 11);
	}
}

static void a_failure_of_the_storage_is_handed_on(void **state)
{
	struct hash leaf = merkle_leaf("x", 1), root;
	struct merkle_proof proof;
	enum result r;

	(void)state;
	for (long at = 1;; at++) {
		grow(7);
		memory.reads = memory.writes = 0;
		memory.fail_at = at;
		r = merkle_append(&store, 7, &leaf, &err);
		assert_true(r == OK || r == ERR_IO || r == ERR_FULL);
		if (r == OK && (r = merkle_root(&store, 7, &root, &err)) == OK &&
		    (r = merkle_prove_inclusion(&store, 3, 7, &proof, &err)) == OK)
			r = merkle_prove_consistency(&store, 3, 7, &proof, &err);
		if (r == OK) {
			assert_true(memory.reads + memory.writes < at);
			return;
		}
		assert_true(r == ERR_IO || r == ERR_FULL);
	}
}

static int init(void **state)
{
	(void)state;
	return crypto_init(&err) != OK;
}

static void leaves_of_every_length_are_hashed_alike(void **state)
{
	unsigned char text[1 + 2100];

	(void)state;
	memset(text, 'x', sizeof text);
	text[0] = 0x00;
	for (size_t len = 0; len < sizeof text; len++) {
		struct hash leaf = merkle_leaf(text + 1, len), want = sha256(text, 1 + len);

		assert_memory_equal(&leaf, &want, sizeof want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_of_every_length_are_hashed_alike),
	    cmocka_unit_test(the_root_of_nothing_is_the_hash_of_nothing),
	    cmocka_unit_test(roots_are_the_published_ones),
	    cmocka_unit_test(inclusion_proofs_are_the_published_ones),
	    cmocka_unit_test(consistency_proofs_are_the_published_ones),
	    cmocka_unit_test(every_root_and_inclusion_proof_is_that_of_the_rfc),
	    cmocka_unit_test(every_consistency_proof_is_that_of_the_rfc),
	    cmocka_unit_test(a_damaged_bit_of_an_inclusion_proof_is_refused),
	    cmocka_unit_test(a_damaged_bit_of_a_consistency_proof_is_refused),
	    cmocka_unit_test(a_proof_for_another_index_is_refused),
	    cmocka_unit_test(a_proof_with_a_hash_more_or_less_is_refused),
	    cmocka_unit_test(a_log_is_consistent_with_itself_by_an_empty_proof_only),
	    cmocka_unit_test(a_rewritten_log_is_not_consistent),
	    cmocka_unit_test(sizes_that_cannot_be_are_refused),
	    cmocka_unit_test(a_leaf_cannot_pass_for_a_node),
	    cmocka_unit_test(storage_and_proofs_cost_what_the_header_says),
	    cmocka_unit_test(a_failure_of_the_storage_is_handed_on),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
