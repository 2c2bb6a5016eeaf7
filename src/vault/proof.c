/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/proof.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "shim/json_parse.h"
#include "store/leaf.h"
#include "vault/vault.h"

static enum result sign_seed(struct session *session, struct key *out, struct err *err)
{
	return keyring_get(session->ring, VAULT_ACCOUNT, KEY_OWN, OWN_SIGN, out, err);
}

static enum result key_of_seed(const struct key *seed, struct id vault, struct note_key *out, struct err *err)
{
	unsigned char public_key[SIGN_PUBLIC_LEN];
	char id[ID_TEXT_MAX], name[NOTE_NAME_MAX];

	sign_keypair(seed->bytes, public_key);
	snprintf(name, sizeof name, "lethe/%s", id_format("vault", vault, id));
	return note_key_make(name, public_key, out, err);
}

enum result proof_key(struct session *session, struct id vault, struct note_key *out, struct err *err)
{
	struct key seed;
	enum result r = sign_seed(session, &seed, err);

	if (r == OK)
		r = key_of_seed(&seed, vault, out, err);
	key_wipe(&seed);
	return r;
}

static bool has_text(const char *path, const char *line, size_t len)
{
	struct err ignored;
	struct buf text;
	bool same;

	if (file_read(path, 4096, &text, &ignored) != OK)
		return false;
	same = text.len == len && memcmp(text.data, line, len) == 0;
	buf_free(&text);
	return same;
}

enum result proof_write_key(struct session *session, struct id vault, const char *path, struct err *err)
{
	char text[NOTE_KEY_TEXT_MAX], line[NOTE_KEY_TEXT_MAX + 1];
	struct note_key key;
	enum result r = proof_key(session, vault, &key, err);
	size_t len;

	if (r != OK)
		return r;
	len = (size_t)snprintf(line, sizeof line, "%s\n", note_key_format(&key, text));
	return has_text(path, line, len) ? OK : file_write_atomic(path, line, len, 0644, err);
}

enum result proof_checkpoint(struct session *session, struct id vault, struct checkpoint *at, struct buf *note,
			     struct err *err)
{
	struct merkle_store hashes = leaf_hashes(session->data);
	struct note_key key;
	struct key seed;
	/* Who is in a transaction has its log, and must not wait for the writer, who may have to wait for its end. */
	bool fold = session->vault != NULL && !db_in_transaction(session->data);
	enum result r = fold ? vault_fold_reads(session->vault, err) : OK;

	if (r == OK)
		r = leaf_tree_size(session->data, &at->size, err);
	if (r == OK)
		r = merkle_root(&hashes, at->size, &at->root, err);
	if (r != OK)
		return r;
	r = sign_seed(session, &seed, err);
	if (r == OK)
		r = key_of_seed(&seed, vault, &key, err);
	if (r == OK) {
		snprintf(at->origin, sizeof at->origin, "%s", key.name);
		r = checkpoint_sign(at, &key, seed.bytes, note, err);
	}
	key_wipe(&seed);
	return r;
}

enum result proof_digest(const char *statement, size_t len, char out[65], struct err *err)
{
	const struct json *tree;
	struct pool pool;
	enum result r;

	pool_init(&pool, len * 16 + 65536);
	r = json_parse_once(statement, len, &pool, &tree, err);
	if (r == OK)
		r = receipt_digest(tree, out, err);
	pool_free(&pool);
	return r;
}

static enum result write_receipt(struct session *session, struct id vault, const struct json *statement,
				 const struct leaf *leaf, struct buf *out, struct err *err)
{
	struct merkle_store hashes = leaf_hashes(session->data);
	struct merkle_proof proof;
	struct checkpoint at;
	struct buf note;
	enum result r;

	buf_init(&note, NOTE_MAX);
	r = proof_checkpoint(session, vault, &at, &note, err);
	if (r == OK)
		r = merkle_prove_inclusion(&hashes, leaf->seq, at.size, &proof, err);
	if (r == OK)
		r = receipt_write(statement, leaf->body, leaf->body_len, leaf->seq, &proof, note.data, out, err);
	buf_free(&note);
	return r;
}

static enum result is_pruned(uint64_t seq, struct err *err)
{
	err_set(err, ERR_GONE, "leaf %llu of the audit log is past its time: only its hash is left",
		(unsigned long long)seq);
	return err_mend(err, "a receipt that was made before then still verifies; a new one cannot be made");
}

enum result proof_receipt(struct session *session, struct id vault, const char *statement, size_t len, uint64_t seq,
			  struct buf *out, struct err *err)
{
	const struct json *tree;
	struct leaf leaf;
	struct pool pool;
	enum result r;

	pool_init(&pool, len * 16 + 65536);
	r = json_parse_once(statement, len, &pool, &tree, err);
	if (r == OK)
		r = leaf_get(session->data, seq, &pool, &leaf, err);
	if (r == OK && leaf.body_len == 0)
		r = is_pruned(seq, err);
	if (r == OK)
		r = write_receipt(session, vault, tree, &leaf, out, err);
	pool_free(&pool);
	return r;
}
