/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "audit/merkle.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#define SHORT 1024 /* nearly all leaves: OpenSSL, which has the processor's instructions for it, wants one piece */

static struct hash short_leaf(const void *data, size_t len)
{
	unsigned char text[1 + SHORT];

	text[0] = 0x00;
	if (len > 0)
		memcpy(text + 1, data, len);
	return sha256(text, 1 + len);
}

struct hash merkle_leaf(const void *data, size_t len)
{
	static const unsigned char prefix = 0x00;
	crypto_hash_sha256_state state; /* libsodium's needs no memory and so cannot fail */
	struct hash out;

	if (len <= SHORT)
		return short_leaf(data, len);
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, &prefix, 1);
	crypto_hash_sha256_update(&state, data, len);
	crypto_hash_sha256_final(&state, out.bytes);
	return out;
}

struct hash merkle_node(const struct hash *l, const struct hash *r)
{
	unsigned char text[1 + 2 * HASH_LEN];

	text[0] = 0x01;
	memcpy(text + 1, l->bytes, HASH_LEN);
	memcpy(text + 1 + HASH_LEN, r->bytes, HASH_LEN);
	return sha256(text, sizeof text);
}

enum result merkle_append(const struct merkle_store *store, uint64_t size, const struct hash *leaf, struct err *err)
{
	struct hash node = *leaf, left;
	uint64_t index = size;
	int level = 0;

	INVARIANT(size < INT64_MAX);
	if (store->write(store->arg, 0, index, &node, err) != OK)
		return err->code;
	/* A right child completes its parent. */
	for (; index & 1; index >>= 1, level++) {
		if (store->read(store->arg, level, index - 1, &left, err) != OK)
			return err->code;
		node = merkle_node(&left, &node);
		if (store->write(store->arg, level + 1, index >> 1, &node, err) != OK)
			return err->code;
	}
	return OK;
}

/* Hash of leaves [begin, end), where begin is a multiple of a power of two that is at least end - begin. Folds the
 * complete subtrees it consists of from the right, the smallest first. */
static enum result range_hash(const struct merkle_store *store, uint64_t begin, uint64_t end, struct hash *out,
			      struct err *err)
{
	uint64_t left = end - begin;
	bool started = false;
	struct hash node;

	for (; left; left &= left - 1) {
		int level = __builtin_ctzll(left);

		end -= (uint64_t)1 << level;
		if (store->read(store->arg, level, end >> level, &node, err) != OK)
			return err->code;
		*out = started ? merkle_node(&node, out) : node;
		started = true;
	}
	return OK;
}

enum result merkle_root(const struct merkle_store *store, uint64_t size, struct hash *out, struct err *err)
{
	if (size == 0) {
		*out = sha256("", 0);
		return OK;
	}
	return range_hash(store, 0, size, out, err);
}

/* The largest power of two below n; n > 1. */
static uint64_t split(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

static enum result push(const struct merkle_store *store, uint64_t begin, uint64_t end, struct merkle_proof *proof,
			struct err *err)
{
	INVARIANT(proof->count < MERKLE_PROOF_MAX);
	return range_hash(store, begin, end, &proof->hashes[proof->count++], err);
}

/* From [begin, end) to the half of it that leaf number `upto`, counted from 1, is in; the other half is part of the proof. */
static enum result step_down(const struct merkle_store *store, uint64_t upto, uint64_t *begin, uint64_t *end,
			     struct merkle_proof *proof, struct err *err)
{
	uint64_t middle = *begin + split(*end - *begin);
	bool left = upto <= middle;
	enum result r = push(store, left ? middle : *begin, left ? *end : middle, proof, err);

	*(left ? end : begin) = middle;
	return r;
}

/* The proofs are found from the root down and told from the leaf up. */
static void reverse(struct merkle_proof *proof)
{
	for (size_t i = 0, j = proof->count; i + 1 < j; i++) {
		struct hash swap = proof->hashes[i];

		proof->hashes[i] = proof->hashes[--j];
		proof->hashes[j] = swap;
	}
}

enum result merkle_prove_inclusion(const struct merkle_store *store, uint64_t index, uint64_t size,
				   struct merkle_proof *out, struct err *err)
{
	uint64_t begin = 0, end = size;

	out->count = 0;
	if (index >= size)
		return err_set(err, ERR_INPUT, "leaf %" PRIu64 " is not in a log of %" PRIu64, index, size);
	while (end - begin > 1) {
		if (step_down(store, index + 1, &begin, &end, out, err) != OK)
			return err->code;
	}
	reverse(out);
	return OK;
}

enum result merkle_prove_consistency(const struct merkle_store *store, uint64_t old_size, uint64_t size,
				     struct merkle_proof *out, struct err *err)
{
	uint64_t begin = 0, end = size;

	out->count = 0;
	if (old_size == 0 || old_size > size)
		return err_set(err, ERR_INPUT, "a log of %" PRIu64 " has no earlier state of %" PRIu64 " leaves", size,
			       old_size);
	while (end != old_size) {
		if (step_down(store, old_size, &begin, &end, out, err) != OK)
			return err->code;
	}
	/* What is left was a complete subtree then; the verifier knows it only when it was the whole tree. */
	if (begin != 0 && push(store, begin, end, out, err) != OK)
		return err->code;
	reverse(out);
	return OK;
}

static bool same(const struct hash *a, const struct hash *b)
{
	return memcmp(a->bytes, b->bytes, HASH_LEN) == 0;
}

/* Where a verifier stands on its way up: `node` is the path's node on this level, `last` the rightmost one. */
struct climb {
	uint64_t node, last;
};

/* One level up for one hash of the proof; says on which side that hash stands. */
static bool climb_from_left(struct climb *at)
{
	bool left = (at->node & 1) || at->node == at->last;

	/* A rightmost node without a sibling is its own parent: no hash is spent on those levels. */
	while (left && !(at->node & 1) && at->node) {
		at->node >>= 1;
		at->last >>= 1;
	}
	at->node >>= 1;
	at->last >>= 1;
	return left;
}

enum result merkle_check_inclusion(const struct merkle_proof *proof, uint64_t index, uint64_t size,
				   const struct hash *leaf, const struct hash *root, struct err *err)
{
	struct climb at = {index, size - 1};
	struct hash node = *leaf;

	if (index >= size)
		return err_set(err, ERR_CORRUPT, "leaf %" PRIu64 " is not in a log of %" PRIu64, index, size);
	for (size_t i = 0; i < proof->count; i++) {
		const struct hash *sibling = &proof->hashes[i];

		if (at.last == 0)
			return err_set(err, ERR_CORRUPT, "the inclusion proof is too long");
		node = climb_from_left(&at) ? merkle_node(sibling, &node) : merkle_node(&node, sibling);
	}
	if (at.last != 0)
		return err_set(err, ERR_CORRUPT, "the inclusion proof is too short");
	if (!same(&node, root))
		return err_set(err, ERR_CORRUPT, "the inclusion proof does not lead to the root of the log");
	return OK;
}

/* The part of a consistency proof above the node both trees share: recomputes both roots from it. */
static enum result climb_both(const struct merkle_proof *proof, size_t from, struct climb at, struct hash *old,
			      struct hash *now, struct err *err)
{
	for (size_t i = from; i < proof->count; i++) {
		const struct hash *sibling = &proof->hashes[i];

		if (at.last == 0)
			return err_set(err, ERR_CORRUPT, "the consistency proof is too long");
		if (climb_from_left(&at)) {
			*old = merkle_node(sibling, old);
			*now = merkle_node(sibling, now);
		} else {
			*now = merkle_node(now, sibling);
		}
	}
	if (at.last != 0)
		return err_set(err, ERR_CORRUPT, "the consistency proof is too short");
	return OK;
}

enum result merkle_check_consistency(const struct merkle_proof *proof, uint64_t old_size, uint64_t size,
				     const struct hash *old_root, const struct hash *root, struct err *err)
{
	struct climb at = {old_size - 1, size - 1};
	struct hash old, now;
	size_t from = 0;

	if (old_size == 0 || old_size > size)
		return err_set(err, ERR_CORRUPT, "a log of %" PRIu64 " has no earlier state of %" PRIu64 " leaves",
			       size, old_size);
	old = *old_root;
	if (old_size == size)
		at.node = at.last = 0; /* nothing to climb: the proof is empty and the roots are the same */
	for (; at.node & 1; at.node >>= 1)
		at.last >>= 1;
	if (at.node != 0) { /* the old tree was not one complete subtree: the proof begins with its last one */
		if (proof->count == 0)
			return err_set(err, ERR_CORRUPT, "the consistency proof is too short");
		old = proof->hashes[from++];
	}
	now = old;
	if (climb_both(proof, from, at, &old, &now, err) != OK)
		return err->code;
	if (!same(&old, old_root))
		return err_set(err, ERR_CORRUPT, "the consistency proof does not lead to the old root of the log");
	if (!same(&now, root))
		return err_set(err, ERR_CORRUPT, "the consistency proof does not lead to the new root of the log");
	return OK;
}
