/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The audit log: computed anew from its leaves and compared hash by hash.
 */
#include <string.h>

#include "base/file.h"
#include "shim/json_parse.h"
#include "store/leaf.h"
#include "vault/check_run.h"
#include "vault/log_term.h"
#include "vault/proof.h"

#define BATCH 256
#define LEVELS_MAX 64

/* Each stored hash is compared with what follows from the stored ones below it, so that one fault is told once. */
struct regrown {
	struct check_run *run;
	struct merkle_store stored;
	struct json_parser *parser;
	struct hash left[LEVELS_MAX];   /* the newest left child of each level */
	int64_t hashes;
	struct pruned_leaves pruned;
};

/* `*out` is what is stored, or when it is missing what should be. */
static enum result compare(struct regrown *tree, int level, uint64_t index, const struct hash *expected,
			   struct hash *out, struct err *err)
{
	enum result r = tree->stored.read(tree->stored.arg, level, index, out, err);

	tree->hashes += r == OK;
	if (r == ERR_CORRUPT) {
		check_found(tree->run, CHECK_LOG, "the hash of subtree %llu at level %d is missing",
			    (unsigned long long)index, level);
		*out = *expected;
		return OK;
	}
	if (r == OK && memcmp(out, expected, sizeof *out) != 0 && level == 0)
		check_found(tree->run, CHECK_LOG, "leaf %llu does not have the hash that is stored",
			    (unsigned long long)index);
	else if (r == OK && memcmp(out, expected, sizeof *out) != 0)
		check_found(tree->run, CHECK_LOG, "subtree %llu at level %d does not have the hash that is stored",
			    (unsigned long long)index, level);
	return r;
}

/* The leaf, and every subtree that it completes. */
static enum result climb(struct regrown *tree, uint64_t index, const struct hash *leaf, struct err *err)
{
	struct hash expected = *leaf, node;
	enum result r = compare(tree, 0, index, &expected, &node, err);

	for (int level = 0; r == OK; level++, index >>= 1) {
		INVARIANT(level < LEVELS_MAX);
		if ((index & 1) == 0) {
			tree->left[level] = node;
			return OK;
		}
		expected = merkle_node(&tree->left[level], &node);
		r = compare(tree, level + 1, index >> 1, &expected, &node, err);
	}
	return r;
}

/* The columns repeat what the leaf says; only the leaf is hashed. */
static enum result check_columns(struct regrown *tree, const struct leaf *leaf, struct err *err)
{
	struct check_run *run = tree->run;
	const struct json *body;
	const char *at;
	struct instant said;
	enum result r = json_parse(tree->parser, leaf->body, leaf->body_len, &run->pool, &body, err);

	if (r != OK) {
		check_found(run, CHECK_LOG, "leaf %llu is no JSON", (unsigned long long)leaf->seq);
		return r == ERR_NO_MEMORY ? r : OK;
	}
	at = json_get_text(body, "at");
	if (json_get_int(body, "account", -1) != (int64_t)leaf->account || at == NULL ||
	    instant_parse(at, strlen(at), &said, err) != OK || said.ms != leaf->at.ms)
		check_found(run, CHECK_LOG, "leaf %llu is filed under another account or time than it says",
			    (unsigned long long)leaf->seq);
	at = json_get_text(body, "act");
	if (at == NULL || log_term_of(at) != leaf->term)
		check_found(run, CHECK_LOG, "leaf %llu is filed under another term than that of its act",
			    (unsigned long long)leaf->seq);
	return OK;
}

static enum result grow(struct regrown *tree, const struct leaf *leaf, uint64_t expected, struct err *err)
{
	struct hash hash;
	enum result r = leaf_hash(tree->run->session->data, leaf, &hash, err);

	tree->run->report->checks[CHECK_LOG].looked_at++;
	pruned_see(&tree->pruned, leaf);
	if (r == ERR_CORRUPT) {
		check_found(tree->run, CHECK_LOG, "leaf %llu is pruned and its hash is missing",
			    (unsigned long long)leaf->seq);
		hash = (struct hash){{0}}; /* so is every subtree's that it is in */
		r = OK;
	}
	if (r == OK && leaf->body_len > 0)
		r = check_columns(tree, leaf, err);
	return r == OK ? climb(tree, expected, &hash, err) : r;
}

static enum result check_leaves(struct regrown *tree, uint64_t size, struct err *err)
{
	struct check_run *run = tree->run;
	struct leaf rows[BATCH];
	uint64_t next = 0;
	size_t count;
	enum result r = OK;

	while (next < size && r == OK) {
		pool_reset(&run->pool);
		r = leaf_list(run->session->data, 0, next, &run->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count && next < size; i++, next++) {
			if (rows[i].seq != next) {
				check_found(run, CHECK_LOG, "leaf %llu is missing", (unsigned long long)next);
				return OK;
			}
			r = grow(tree, &rows[i], next, err);
		}
		if (r == OK)
			r = check_step(run, 0, err);
	}
	return r;
}

/* A tree of n leaves has 2n - (ones in n) stored hashes. */
static enum result check_hash_count(struct regrown *tree, struct err *err)
{
	int64_t stored;
	enum result r = leaf_count_hashes(tree->run->session->data, &stored, err);

	if (r == OK && stored > tree->hashes)
		check_found(tree->run, CHECK_LOG, "%lld hashes are stored that belong to no leaf",
			    (long long)(stored - tree->hashes));
	return r;
}

static enum result check_key(struct check_run *run, struct note_key *key, struct err *err)
{
	char path[VAULT_PATH_MAX];
	struct note_key said;
	struct buf text;
	enum result r = proof_key(run->session, run->vault->id, key, err);

	if (r != OK)
		return r;
	r = file_read(vault_path(run->vault, "lethe.pub", path), 4096, &text, err);
	if (r != OK && r != ERR_NOT_FOUND)
		return r;
	if (r == ERR_NOT_FOUND || note_key_parse(text.data != NULL ? text.data : "", &said, err) != OK ||
	    memcmp(said.public_key, key->public_key, sizeof said.public_key) != 0)
		check_found(run, CHECK_LOG, "lethe.pub is not the key this vault signs with; a restore writes it anew");
	if (r == OK)
		buf_free(&text);
	return OK;
}

static enum result compare_checkpoint(struct check_run *run, const struct checkpoint *old, struct err *err)
{
	struct merkle_store hashes = leaf_hashes(run->session->data);
	struct hash root;
	enum result r;

	if (old->size > run->report->at.size) {
		check_found(run, CHECK_LOG, "the checkpoint is of %llu leaves; the log has %llu",
			    (unsigned long long)old->size, (unsigned long long)run->report->at.size);
		return OK;
	}
	r = merkle_root(&hashes, old->size, &root, err);
	if (r == OK && memcmp(&root, &old->root, sizeof root) != 0)
		check_found(run, CHECK_LOG, "the log does not begin with the %llu leaves of the checkpoint",
			    (unsigned long long)old->size);
	return check_is_problem(r) ? OK : r;
}

static enum result check_checkpoint(struct check_run *run, const struct note_key *key, struct err *err)
{
	struct checkpoint old;
	struct buf note;
	enum result r;

	if (run->options->checkpoint == NULL)
		return OK;
	r = file_read(run->options->checkpoint, NOTE_MAX, &note, err);
	if (r != OK)
		return r;
	r = checkpoint_verify(note.data != NULL ? note.data : "", note.len, key, &old, err);
	buf_free(&note);
	if (r == OK)
		return compare_checkpoint(run, &old, err);
	check_found(run, CHECK_LOG, "the checkpoint given is not signed by this vault");
	return OK;
}

/* The newest act may be that of a run which pruned some while they were looked at. */
static enum result check_pruned(struct regrown *tree, struct err *err)
{
	struct instant newest;
	const struct leaf *early;
	enum result r = leaf_newest(tree->run->session->data, &newest, err);

	if (r != OK)
		return r;
	if (tree->pruned.newest.ms < newest.ms)
		tree->pruned.newest = newest;
	tree->run->report->pruned = tree->pruned.count;
	early = pruned_early(&tree->pruned);
	if (early != NULL)
		check_found(tree->run, CHECK_LOG, "leaf %llu was emptied before its time",
			    (unsigned long long)early->seq);
	return OK;
}

static enum result check_tree(struct regrown *tree, struct err *err)
{
	struct check_run *run = tree->run;
	struct note_key key;
	enum result r = leaf_tree_size(run->session->data, &run->report->at.size, err);

	if (r == OK)
		r = check_leaves(tree, run->report->at.size, err);
	if (r == OK)
		r = check_hash_count(tree, err);
	if (r == OK)
		r = check_pruned(tree, err);
	if (r == OK)
		r = check_key(run, &key, err);
	if (r == OK)
		r = check_checkpoint(run, &key, err);
	if (r == OK && run->report->checks[CHECK_LOG].problems == 0)
		r = merkle_root(&tree->stored, run->report->at.size, &run->report->at.root, err);
	return r;
}

enum result check_log(struct check_run *run, struct err *err)
{
	struct regrown tree = {.run = run, .stored = leaf_hashes(run->session->data)};
	enum result r = json_parser_new(64 * 1024, &tree.parser, err);

	if (r == OK)
		r = check_begin(run, err);
	if (r == OK) {
		r = check_tree(&tree, err);
		check_end(run);
	}
	json_parser_free(tree.parser);
	return r;
}
