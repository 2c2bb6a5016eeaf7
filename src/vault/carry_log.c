/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/carry.h"

#include <string.h>

#include "store/leaf.h"

#define BATCH 256

/* RFC 6962's consistency: one log is the beginning of the other. */
static enum result check_prefix(struct db *live, struct db *to, uint64_t old_size, uint64_t size, struct err *err)
{
	struct merkle_store now = leaf_hashes(live), then = leaf_hashes(to);
	struct hash old_root, root;
	struct merkle_proof proof;
	enum result r = merkle_root(&then, old_size, &old_root, err);

	if (r == OK)
		r = merkle_root(&now, size, &root, err);
	if (r == OK)
		r = merkle_prove_consistency(&now, old_size, size, &proof, err);
	return r == OK ? merkle_check_consistency(&proof, old_size, size, &old_root, &root, err) : r;
}

static enum result other_history(struct err *err)
{
	err_set(err, ERR_CORRUPT, "the audit log of the backup is not the beginning of the vault's own");
	return err_mend(err,
			"the vault went back to another backup since, or was changed: to give up what it holds now, "
			"move its vault.db away and restore again");
}

/* What the live log no longer says, the older one does not say again. */
static enum result prune_again(struct session *to, const struct leaf *live, struct carried *out, struct err *err)
{
	struct leaf have;
	struct pool pool;
	bool pruned = false;
	enum result r;

	pool_init(&pool, (size_t)64 * 1024);
	r = leaf_get(to->data, live->seq, &pool, &have, err);
	if (r == OK)
		r = leaf_prune(to->data, &have, &pruned, err);
	out->pruned += pruned;
	pool_free(&pool);
	return r;
}

static enum result carry_pruned(struct session *live, struct session *to, uint64_t size, struct carried *out,
				struct err *err)
{
	struct leaf rows[BATCH];
	uint64_t from = 0;
	size_t count;
	enum result r;

	do {
		r = leaf_list_pruned(live->data, from, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count && rows[i].seq < size; i++)
			r = prune_again(to, &rows[i], out, err);
		from = r == OK && count > 0 ? rows[count - 1].seq + 1 : from;
	} while (r == OK && count == BATCH && from < size);
	return r;
}

static enum result append_leaf(struct session *live, struct session *to, const struct leaf *leaf, uint64_t *seq,
			       struct err *err)
{
	struct hash hash;
	enum result r = OK;

	if (leaf->body_len > 0)
		return leaf_append(to->data, leaf->account, leaf->at, leaf->term, leaf->body, leaf->body_len, seq, err);
	r = leaf_hash(live->data, leaf, &hash, err);
	return r == OK ? leaf_append_pruned(to->data, leaf, &hash, seq, err) : r;
}

static enum result append_leaves(struct session *live, struct session *to, uint64_t from, uint64_t size,
				 struct carried *out, struct err *err)
{
	struct leaf rows[BATCH];
	struct pool pool;
	size_t count;
	uint64_t seq;
	enum result r = OK;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	while (r == OK && from < size) {
		pool_reset(&pool);
		r = leaf_list(live->data, 0, from, &pool, rows, BATCH, &count, err);
		if (r == OK && count == 0)
			r = err_set(err, ERR_CORRUPT, "the vault's audit log has gaps");
		for (size_t i = 0; r == OK && i < count; i++) {
			r = append_leaf(live, to, &rows[i], &seq, err);
			out->leaves += r == OK;
		}
		from += count;
	}
	pool_free(&pool);
	return r;
}

/* Computed anew from the leaves, so an altered one shows. */
static enum result check_root(struct session *live, struct session *to, uint64_t size, struct err *err)
{
	struct merkle_store one = leaf_hashes(live->data), other = leaf_hashes(to->data);
	struct hash a, b;
	enum result r = merkle_root(&one, size, &a, err);

	if (r == OK)
		r = merkle_root(&other, size, &b, err);
	if (r == OK && memcmp(&a, &b, sizeof a) != 0)
		r = err_set(err, ERR_CORRUPT, "a leaf of the vault's audit log does not have the hash that is stored");
	return r;
}

enum result carry_log(struct session *live, struct session *to, struct carried *out, struct err *err)
{
	uint64_t size, old_size;
	enum result r = leaf_tree_size(live->data, &size, err);

	if (r == OK)
		r = leaf_tree_size(to->data, &old_size, err);
	if (r != OK)
		return r;
	if (old_size == 0 || old_size > size)
		return other_history(err);
	r = check_prefix(live->data, to->data, old_size, size, err);
	if (r == ERR_CORRUPT)
		return other_history(err);
	if (r == OK)
		r = carry_pruned(live, to, old_size, out, err);
	if (r == OK)
		r = append_leaves(live, to, old_size, size, out, err);
	return r == OK ? check_root(live, to, size, err) : r;
}
