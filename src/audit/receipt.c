/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "audit/receipt.h"

#include <stdio.h>
#include <string.h>

#include "audit/base64.h"
#include "shim/json_parse.h"

#define RECEIPT_VERSION 1
#define STATEMENT_MAX (4 << 20)

enum result receipt_digest(const struct json *statement, char out[65], struct err *err)
{
	struct buf canonical;
	struct hash hash;

	buf_init(&canonical, STATEMENT_MAX);
	if (json_add_canonical(&canonical, statement, err) != OK ||
	    buf_ok(&canonical, "the statement of a receipt", err) != OK) {
		buf_free(&canonical);
		return err->code;
	}
	hash = sha256(canonical.data, canonical.len);
	buf_free(&canonical);
	for (size_t i = 0; i < HASH_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", hash.bytes[i]);
	return OK;
}

static void write_hash(struct json_writer *w, const struct hash *hash)
{
	struct buf text;

	buf_init(&text, BASE64_LEN(HASH_LEN) + 1);
	base64_add(&text, hash->bytes, HASH_LEN);
	if (text.failed)
		w->buf->failed = true;
	else
		json_string_n(w, NULL, text.data, text.len);
	buf_free(&text);
}

enum result receipt_write(const struct json *statement, const char *leaf, size_t leaf_len, uint64_t index,
			  const struct merkle_proof *proof, const char *checkpoint, struct buf *out, struct err *err)
{
	struct json_writer w;

	INVARIANT(index <= INT64_MAX && proof->count <= MERKLE_PROOF_MAX);
	json_writer_init(&w, out, 2);
	json_begin_object(&w, NULL);
	json_int(&w, "lethe_receipt", RECEIPT_VERSION);
	json_node(&w, "statement", statement);
	json_string_n(&w, "leaf", leaf, leaf_len);
	json_int(&w, "index", (int64_t)index);
	json_begin_array(&w, "proof");
	for (size_t i = 0; i < proof->count; i++)
		write_hash(&w, &proof->hashes[i]);
	json_end_array(&w);
	json_string(&w, "checkpoint", checkpoint);
	json_end_object(&w);
	buf_add_char(out, '\n');
	return buf_ok(out, "the receipt", err);
}

/* The members of a receipt, of the right types. */
struct parts {
	const struct json *statement, *leaf, *index, *proof, *checkpoint;
};

static enum result member(const struct json *receipt, const char *name, enum json_type type,
			  const struct json **out, struct err *err)
{
	*out = json_get(receipt, name);
	if (!*out)
		return err_set(err, ERR_CORRUPT, "the receipt has no \"%s\"", name);
	if ((*out)->type != type)
		return err_set(err, ERR_CORRUPT, "\"%s\" of the receipt is not %s", name, json_type_name(type));
	return OK;
}

static enum result find_parts(const struct json *receipt, struct parts *out, struct err *err)
{
	const struct json *version;
	enum result r;

	if (receipt->type != JSON_OBJECT)
		return err_set(err, ERR_CORRUPT, "the receipt is not a JSON object");
	if ((r = member(receipt, "lethe_receipt", JSON_INT, &version, err)) != OK)
		return r;
	if (version->integer != RECEIPT_VERSION) {
		err_set(err, ERR_UNSUPPORTED, "the receipt is of version %lld, which this program does not know",
			(long long)version->integer);
		return err_mend(err, "verify it with a newer lethe");
	}
	if ((r = member(receipt, "statement", JSON_OBJECT, &out->statement, err)) != OK ||
	    (r = member(receipt, "leaf", JSON_STRING, &out->leaf, err)) != OK ||
	    (r = member(receipt, "index", JSON_INT, &out->index, err)) != OK ||
	    (r = member(receipt, "proof", JSON_ARRAY, &out->proof, err)) != OK ||
	    (r = member(receipt, "checkpoint", JSON_STRING, &out->checkpoint, err)) != OK)
		return r;
	if (receipt->len != 6)
		return err_set(err, ERR_CORRUPT, "the receipt has members besides the six of a receipt");
	if (out->index->integer < 0)
		return err_set(err, ERR_CORRUPT, "\"index\" of the receipt is negative");
	return OK;
}

static enum result read_proof(const struct json *array, struct merkle_proof *out, struct err *err)
{
	out->count = 0;
	for (const struct json *item = array->first; item; item = item->next) {
		if (out->count == MERKLE_PROOF_MAX)
			return err_set(err, ERR_CORRUPT, "\"proof\" of the receipt has over %d hashes",
				       MERKLE_PROOF_MAX);
		if (item->type != JSON_STRING ||
		    !base64_read_exactly(item->text, item->len, out->hashes[out->count].bytes, HASH_LEN))
			return err_set(err, ERR_CORRUPT, "\"proof\" of the receipt: item %zu is not the base64 of a hash",
				       out->count + 1);
		out->count++;
	}
	return OK;
}

/* Parses what the receipt quotes; that it cannot be read is its fault, that memory ran out is not. */
static enum result parse(const char *what, const char *text, size_t len, struct pool *pool, const struct json **out,
			 struct err *err)
{
	struct err inner;
	enum result r = json_parse_once(text, len, pool, out, &inner);

	if (r == OK)
		return OK;
	if (r != ERR_INPUT) {
		*err = inner;
		return r;
	}
	return err_set(err, ERR_CORRUPT, "%s cannot be read: %s", what, inner.what);
}

/* The leaf, which the log holds, names the statement by its digest. */
static enum result check_statement(const struct parts *parts, struct pool *pool, struct err *err)
{
	const struct json *leaf;
	const char *named;
	char digest[65];

	if (parse("\"leaf\" of the receipt", parts->leaf->text, parts->leaf->len, pool, &leaf, err) != OK)
		return err->code;
	named = json_get_text(leaf, "statement");
	if (!named)
		return err_set(err, ERR_CORRUPT, "the leaf of the receipt names no statement");
	if (receipt_digest(parts->statement, digest, err) != OK) {
		if (err->code == ERR_INPUT)
			err->code = ERR_CORRUPT;
		return err->code;
	}
	if (strcmp(named, digest) != 0)
		return err_set(err, ERR_CORRUPT, "the statement is not the one the audit leaf was written for");
	return OK;
}

enum result receipt_verify(const char *text, size_t len, const struct note_key *key, struct pool *pool,
			   const struct json **statement, struct checkpoint *at, struct err *err)
{
	struct merkle_proof proof;
	const struct json *receipt;
	struct parts parts;
	struct hash leaf;

	if (parse("the receipt", text, len, pool, &receipt, err) != OK || find_parts(receipt, &parts, err) != OK ||
	    read_proof(parts.proof, &proof, err) != OK ||
	    checkpoint_verify(parts.checkpoint->text, parts.checkpoint->len, key, at, err) != OK)
		return err->code;
	leaf = merkle_leaf(parts.leaf->text, parts.leaf->len);
	if (merkle_check_inclusion(&proof, (uint64_t)parts.index->integer, at->size, &leaf, &at->root, err) != OK ||
	    check_statement(&parts, pool, err) != OK)
		return err->code;
	*statement = parts.statement;
	return OK;
}
