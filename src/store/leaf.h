/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rows of the audit log: leaves and tree hashes, append only. The one
 * thing that may change: an old leaf's body goes, and its hash stays in its
 * place, so that every root and every proof is what it was.
 */
#ifndef LETHE_STORE_LEAF_H
#define LETHE_STORE_LEAF_H

#include "audit/merkle.h"
#include "base/pool.h"
#include "base/time.h"
#include "db/db.h"

/* How long a leaf's body is kept: see vault/log_term.h. Stored: only add. */
enum leaf_term { LEAF_ACTIVITY = 1, LEAF_ACCESS = 2, LEAF_DELIVERY = 3, LEAF_PROOF = 4 };
#define LEAF_TERM_COUNT 5 /* 0 is none */

struct leaf {
	uint64_t seq;
	uint32_t account;
	struct instant at;
	enum leaf_term term;
	const char *body;
	size_t body_len; /* 0: pruned */
};

/* Appends as the next leaf, hashes included; `*seq` is its number. A body is never empty. */
MUST_CHECK enum result leaf_append(struct db *db, uint32_t account, struct instant at, enum leaf_term term,
				   const char *body, size_t len, uint64_t *seq, struct err *err);
/* Appends many in one transaction: what has to be known of the tree is read once, leaves are stored by the sixteen, and
 * hashes of a level several to a row. Nobody else appends until its end, without which leaves and hashes are missing. */
#define LEAF_HASHES 16 /* in a row, at most */
#define LEAF_LEVELS 64
#define LEAF_ROWS 16 /* in a statement */
#define LEAF_BODIES 16384 /* bytes of them all */
struct leaf_hash_row { uint64_t first; size_t count; struct hash hashes[LEAF_HASHES]; };
struct leaf_run {
	struct merkle_store stored;
	uint64_t next; /* seq */
	struct { uint64_t index; struct hash hash; bool known; } last[LEAF_LEVELS]; /* left one of each level */
	struct leaf_hash_row rows[LEAF_LEVELS];                                     /* that are not stored yet */
	struct leaf leaves[LEAF_ROWS];                                              /* nor are these */
	size_t count, used;
	char bodies[LEAF_BODIES]; /* theirs */
};
MUST_CHECK enum result leaf_run_begin(struct db *db, struct leaf_run *out, struct err *err);
/* `leaf->seq` is not looked at. */
MUST_CHECK enum result leaf_run_append(struct leaf_run *run, const struct leaf *leaf, struct err *err);
MUST_CHECK enum result leaf_run_end(struct leaf_run *run, struct err *err);
/* As leaf_append, of a leaf that was pruned elsewhere: `hash` is its hash there. */
MUST_CHECK enum result leaf_append_pruned(struct db *db, const struct leaf *leaf, const struct hash *hash,
					  uint64_t *seq, struct err *err);
/* The hash of a leaf: of its body, or as stored when that is pruned. */
MUST_CHECK enum result leaf_hash(struct db *db, const struct leaf *leaf, struct hash *out, struct err *err);
/* Empties the body of that leaf; `*pruned` false when it was. ERR_CORRUPT, and nothing changed, when the stored hash is
 * not that of the body. */
MUST_CHECK enum result leaf_prune(struct db *db, const struct leaf *leaf, bool *pruned, struct err *err);
/* Leaves of an account and term with a body, from before `before`, in order of time; after `after` (its time and
 * number), up to max. */
MUST_CHECK enum result leaf_list_due(struct db *db, uint32_t account, enum leaf_term term, struct instant before,
				     const struct leaf *after, struct pool *pool, struct leaf *out, size_t max,
				     size_t *count, struct err *err);
MUST_CHECK enum result leaf_count_due(struct db *db, uint32_t account, enum leaf_term term, struct instant before,
				      int64_t *out, struct err *err);
/* Up to max pruned leaves of all accounts from `from` on. */
MUST_CHECK enum result leaf_list_pruned(struct db *db, uint64_t from, struct leaf *out, size_t max, size_t *count,
					struct err *err);
MUST_CHECK enum result leaf_tree_size(struct db *db, uint64_t *size, struct err *err);
/* When the newest act was, by its own time; the earliest instant of all when there is none. */
MUST_CHECK enum result leaf_newest(struct db *db, struct instant *at, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result leaf_get(struct db *db, uint64_t seq, struct pool *pool, struct leaf *out, struct err *err);
/* Up to max leaves from `from` on, of one account, or of all with account 0. */
MUST_CHECK enum result leaf_list(struct db *db, uint32_t account, uint64_t from, struct pool *pool, struct leaf *out,
				 size_t max, size_t *count, struct err *err);
/* The number of the n-th leaf of an account, counted back from `before`, which is not included; n from 1. ERR_NOT_FOUND
 * when it has fewer. Walks those n. */
MUST_CHECK enum result leaf_back(struct db *db, uint32_t account, uint64_t before, uint64_t n, uint64_t *seq,
				 struct err *err);
/* Was anything done in the account, by the leaves from `from` on, but looked at? Looks at those only. */
MUST_CHECK enum result leaf_has_deed(struct db *db, uint32_t account, uint64_t from, bool *out, struct err *err);
/* How many hashes are stored. */
MUST_CHECK enum result leaf_count_hashes(struct db *db, int64_t *out, struct err *err);
/* The stored hashes, for roots and proofs. Lives as long as db. */
struct merkle_store leaf_hashes(struct db *db);

#endif
