/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The Merkle tree of the audit log (RFC 6962 section 2.1), kept as the stored
 * hashes of a tlog (research.swtch.com/tlog): appending n leaves stores fewer
 * than 2n hashes, none is ever changed, and every proof reads O(log n) of them.
 * Storage is the caller's, through two callbacks.
 */
#ifndef LETHE_AUDIT_MERKLE_H
#define LETHE_AUDIT_MERKLE_H

#include <stdint.h>
#include "crypto/primitives.h"

#define MERKLE_PROOF_MAX 64

/* Hash of a complete subtree: level 0 is a leaf hash, index counts subtrees of that level from the left. */
struct merkle_store {
	void *arg;
	enum result (*read)(void *arg, int level, uint64_t index, struct hash *out, struct err *err);
	enum result (*write)(void *arg, int level, uint64_t index, const struct hash *hash, struct err *err);
};

struct hash merkle_leaf(const void *data, size_t len);              /* SHA-256(0x00 || data) */
struct hash merkle_node(const struct hash *l, const struct hash *r); /* SHA-256(0x01 || l || r) */
/* Appends leaf number `size` (so the tree had `size` leaves). */
MUST_CHECK enum result merkle_append(const struct merkle_store *store, uint64_t size, const struct hash *leaf,
				     struct err *err);
/* Root of the first `size` leaves; SHA-256 of nothing for 0. */
MUST_CHECK enum result merkle_root(const struct merkle_store *store, uint64_t size, struct hash *out, struct err *err);

struct merkle_proof { size_t count; struct hash hashes[MERKLE_PROOF_MAX]; };
/* Audit path of leaf `index` in the tree of `size` leaves (RFC 6962 2.1.1); index < size. */
MUST_CHECK enum result merkle_prove_inclusion(const struct merkle_store *store, uint64_t index, uint64_t size,
					      struct merkle_proof *out, struct err *err);
/* Consistency proof between the trees of `old_size` and `size` leaves (RFC 6962 2.1.2); 0 < old_size <= size. */
MUST_CHECK enum result merkle_prove_consistency(const struct merkle_store *store, uint64_t old_size, uint64_t size,
						struct merkle_proof *out, struct err *err);
/* ERR_CORRUPT when the proof does not hold. Pure. */
MUST_CHECK enum result merkle_check_inclusion(const struct merkle_proof *proof, uint64_t index, uint64_t size,
					      const struct hash *leaf, const struct hash *root, struct err *err);
MUST_CHECK enum result merkle_check_consistency(const struct merkle_proof *proof, uint64_t old_size, uint64_t size,
						const struct hash *old_root, const struct hash *root,
						struct err *err);

#endif
