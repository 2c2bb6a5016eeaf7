/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rows of the audit log: leaves and tree hashes, append only.
 */
#ifndef LETHE_STORE_LEAF_H
#define LETHE_STORE_LEAF_H

#include "audit/merkle.h"
#include "base/pool.h"
#include "base/time.h"
#include "db/db.h"

struct leaf { uint64_t seq; uint32_t account; struct instant at; const char *body; size_t body_len; };

/* Appends as the next leaf, hashes included; `*seq` is its number. */
MUST_CHECK enum result leaf_append(struct db *db, uint32_t account, struct instant at, const char *body, size_t len,
				   uint64_t *seq, struct err *err);
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
/* How many hashes are stored. */
MUST_CHECK enum result leaf_count_hashes(struct db *db, int64_t *out, struct err *err);
/* The stored hashes, for roots and proofs. Lives as long as db. */
struct merkle_store leaf_hashes(struct db *db);

#endif
