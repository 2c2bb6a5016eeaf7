/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Usage: emit FOLDER
 * Writes the verifier key, proofs (proof-<index>-<old>-<size>.json) and receipts of a log of ours into FOLDER, for
 * a foreign program to check.  The signing key is the published constant of the tests.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/base64.h"
#include "audit/receipt.h"
#include "shim/json_parse.h"
#include "audit/memory.h"

#define STATEMENT "{\"act\":\"erase\",\"account\":\"acct_1\",\"b\\u00fccher\":[1,null,true,-9007199254740991],\"A\":\"</\\u2028\\n\"}"

static struct memory memory;
static struct merkle_store store;
static struct note_key key;
static unsigned char seed[SIGN_SEED_LEN];
static const struct json *statement;
static const char *folder;

static enum result save(const char *name, const struct buf *text, struct err *err)
{
	char path[4096];
	FILE *file;

	if (buf_ok(text, name, err) != OK)
		return err->code;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "w");
	if (!file || fwrite(text->data, 1, text->len, file) != text->len || fclose(file) != 0)
		return err_sys(err, "cannot write %s", path);
	return OK;
}

/* Every third leaf is one a receipt can be written for. */
static enum result leaf_text(uint64_t index, char out[200], struct err *err)
{
	char digest[65];

	if (receipt_digest(statement, digest, err) != OK)
		return err->code;
	if (index % 3 == 0)
		snprintf(out, 200, "{\"act\":\"erase\",\"n\":%" PRIu64 ",\"statement\":\"%s\"}", index, digest);
	else
		snprintf(out, 200, "{\"act\":\"read\",\"n\":%" PRIu64 "}", index);
	return OK;
}

static enum result sign(uint64_t size, struct buf *out, struct err *err)
{
	struct checkpoint point = {.origin = "lethe.example.org/audit", .size = size};

	buf_init(out, NOTE_MAX);
	if (merkle_root(&store, size, &point.root, err) != OK)
		return err->code;
	return checkpoint_sign(&point, &key, seed, out, err);
}

static void add_hashes(struct json_writer *w, const char *name, const struct merkle_proof *proof)
{
	json_begin_array(w, name);
	for (size_t i = 0; i < proof->count; i++) {
		struct buf text;

		buf_init(&text, 64);
		base64_add(&text, proof->hashes[i].bytes, HASH_LEN);
		json_string(w, NULL, text.data);
		buf_free(&text);
	}
	json_end_array(w);
}

static enum result emit_proof(uint64_t index, uint64_t old, uint64_t size, struct err *err)
{
	struct merkle_proof inclusion, consistency;
	char leaf[200], name[100], vkey[NOTE_KEY_TEXT_MAX];
	struct buf now, then, out;
	struct json_writer w;
	enum result r;

	if (leaf_text(index, leaf, err) != OK || merkle_prove_inclusion(&store, index, size, &inclusion, err) != OK ||
	    merkle_prove_consistency(&store, old, size, &consistency, err) != OK || sign(size, &now, err) != OK ||
	    sign(old, &then, err) != OK)
		return err->code;
	buf_init(&out, 1 << 20);
	json_writer_init(&w, &out, 2);
	json_begin_object(&w, NULL);
	json_string(&w, "vkey", note_key_format(&key, vkey));
	json_string(&w, "checkpoint", now.data);
	json_string(&w, "leaf", leaf);
	json_int(&w, "index", (int64_t)index);
	json_int(&w, "size", (int64_t)size);
	add_hashes(&w, "inclusion", &inclusion);
	json_begin_object(&w, "consistency");
	json_string(&w, "old_checkpoint", then.data);
	add_hashes(&w, "hashes", &consistency);
	json_end_object(&w);
	json_end_object(&w);
	snprintf(name, sizeof name, "proof-%" PRIu64 "-%" PRIu64 "-%" PRIu64 ".json", index, old, size);
	r = save(name, &out, err);
	buf_free(&now);
	buf_free(&then);
	buf_free(&out);
	return r;
}

static enum result emit_receipt(uint64_t index, uint64_t size, struct err *err)
{
	struct merkle_proof proof;
	char leaf[200], name[100];
	struct buf point, out;
	enum result r;

	if (leaf_text(index, leaf, err) != OK || merkle_prove_inclusion(&store, index, size, &proof, err) != OK ||
	    sign(size, &point, err) != OK)
		return err->code;
	buf_init(&out, 1 << 20);
	r = receipt_write(statement, leaf, strlen(leaf), index, &proof, point.data, &out, err);
	snprintf(name, sizeof name, "receipt-%" PRIu64 "-%" PRIu64 ".json", index, size);
	if (r == OK)
		r = save(name, &out, err);
	buf_free(&point);
	buf_free(&out);
	return r;
}

static enum result emit_all(struct err *err)
{
	static const uint64_t sizes[] = {1, 2, 3, 7, 8, 13, 64, 100};
	char leaf[200], vkey[NOTE_KEY_TEXT_MAX];
	struct hash hash;
	struct buf line;
	enum result r = OK;

	buf_init(&line, NOTE_KEY_TEXT_MAX);
	buf_add_str(&line, note_key_format(&key, vkey));
	if (save("vkey", &line, err) != OK)
		return err->code;
	buf_free(&line);
	for (uint64_t i = 0; i < 100 && r == OK; i++) {
		if (leaf_text(i, leaf, err) != OK)
			return err->code;
		hash = merkle_leaf(leaf, strlen(leaf));
		r = merkle_append(&store, i, &hash, err);
	}
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		for (uint64_t i = 0; i < sizes[s] && r == OK; i += 5)
			r = emit_proof(i, sizes[s] - i, sizes[s], err);
		for (uint64_t i = 0; i < sizes[s] && r == OK; i += 9)
			r = emit_receipt(i, sizes[s], err);
	}
	return r;
}

int main(int argc, char **argv)
{
	unsigned char public_key[SIGN_PUBLIC_LEN];
	struct pool pool;
	struct err err;
	enum result r;

	if (argc != 2) {
		fprintf(stderr, "usage: emit FOLDER\n");
		return 2;
	}
	folder = argv[1];
	memset(seed, 9, sizeof seed);
	store = memory_store(&memory);
	pool_init(&pool, 1 << 20);
	r = crypto_init(&err);
	if (r == OK) {
		sign_keypair(seed, public_key);
		r = note_key_make("lethe.example.org/audit", public_key, &key, &err);
	}
	if (r == OK)
		r = json_parse_once(STATEMENT, strlen(STATEMENT), &pool, &statement, &err);
	if (r == OK)
		r = emit_all(&err);
	pool_free(&pool);
	if (r != OK)
		fprintf(stderr, "emit: %s\n", err.what);
	return r != OK;
}
