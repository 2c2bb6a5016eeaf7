/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "audit/memory.h"
#include "audit/receipt.h"
#include "shim/json_parse.h"

#define STATEMENT "{\"act\":\"erase\",\"account\":\"acct_1\",\"records\":17,\"left\":[],\"note\":\"z\\u00fcrich\"}"
#define LEAVES 11
#define INDEX 6

static struct err err;
static struct note_key key;
static unsigned char seed[SIGN_SEED_LEN];
static struct memory memory;
static struct merkle_store store;
static struct pool pool;

/* A receipt in the making; tests change one part before it is written. */
static struct {
	const struct json *statement;
	char leaf[400];
	uint64_t index;
	struct merkle_proof proof;
	struct checkpoint at;
	struct buf checkpoint, text;
} made;

static const struct json *parse(const char *text)
{
	const struct json *out;

	assert_int_equal(json_parse_once(text, strlen(text), &pool, &out, &err), OK);
	return out;
}

static void write_receipt(void)
{
	buf_reset(&made.text);
	assert_int_equal(receipt_write(made.statement, made.leaf, strlen(made.leaf), made.index, &made.proof,
				       made.checkpoint.data, &made.text, &err),
			 OK);
}

/* Logs `leaf` among others and makes its receipt. */
static void log_leaf(const char *leaf)
{
	store = memory_store(&memory);
	snprintf(made.leaf, sizeof made.leaf, "%s", leaf);
	for (uint64_t i = 0; i < LEAVES; i++) {
		struct hash hash = i == INDEX ? merkle_leaf(leaf, strlen(leaf)) : merkle_leaf(&i, sizeof i);

		assert_int_equal(merkle_append(&store, i, &hash, &err), OK);
	}
	made.index = INDEX;
	made.at = (struct checkpoint){.origin = "lethe.example.org/audit", .size = LEAVES};
	assert_int_equal(merkle_root(&store, LEAVES, &made.at.root, &err), OK);
	assert_int_equal(merkle_prove_inclusion(&store, INDEX, LEAVES, &made.proof, &err), OK);
	buf_reset(&made.checkpoint);
	assert_int_equal(checkpoint_sign(&made.at, &key, seed, &made.checkpoint, &err), OK);
	write_receipt();
}

static void make(void)
{
	char leaf[400], digest[65];

	made.statement = parse(STATEMENT);
	assert_int_equal(receipt_digest(made.statement, digest, &err), OK);
	snprintf(leaf, sizeof leaf, "{\"act\":\"erase\",\"statement\":\"%s\",\"time\":\"2026-01-01T00:00:00Z\"}", digest);
	log_leaf(leaf);
}

static enum result verify(const struct json **statement, struct checkpoint *at)
{
	return receipt_verify(made.text.data, made.text.len, &key, &pool, statement, at, &err);
}

static void refused(const char *why)
{
	const struct json *statement;
	struct checkpoint at;

	assert_int_equal(verify(&statement, &at), ERR_CORRUPT);
	if (!strstr(err.what, why))
		fail_msg("says '%s', not '%s'", err.what, why);
}

/* P11 */
static void a_receipt_verifies_and_gives_the_statement_back(void **state)
{
	const struct json *statement;
	struct checkpoint at;
	char before[65], after[65];

	(void)state;
	make();
	assert_int_equal(verify(&statement, &at), OK);
	assert_int_equal(receipt_digest(made.statement, before, &err), OK);
	assert_int_equal(receipt_digest(statement, after, &err), OK);
	assert_string_equal(before, after);
	assert_string_equal(json_get_text(statement, "account"), "acct_1");
	assert_int_equal(at.size, LEAVES);
	assert_string_equal(at.origin, made.at.origin);
}

static void the_digest_is_that_of_the_canonical_form(void **state)
{
	char a[65], b[65];

	(void)state;
	/* sha256 of {"a":1,"b":[true,null]} */
	assert_int_equal(receipt_digest(parse("{ \"b\": [true, null], \"a\": 1 }"), a, &err), OK);
	assert_int_equal(receipt_digest(parse("{\"a\":1,\"b\":[true,null]}"), b, &err), OK);
	assert_string_equal(a, b);
	assert_string_equal(a, "1cc69c7fa23616ca2ec3ee70d24390a6225c8832db8a4c814c7e0e7f942f8668");
	assert_int_equal(receipt_digest(parse("{\"a\":1.5}"), a, &err), ERR_INPUT);
}

/* P11 */
static void every_flipped_byte_is_refused_or_changes_nothing(void **state)
{
	static const unsigned char masks[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff};
	const struct json *statement;
	char before[65], after[65];
	struct checkpoint at;
	size_t verified = 0;

	(void)state;
	make();
	assert_int_equal(receipt_digest(made.statement, before, &err), OK);
	for (size_t i = 0; i < made.text.len; i++) {
		for (size_t m = 0; m < sizeof masks; m++) {
			struct pool own;
			enum result r;

			pool_init(&own, 1 << 20);
			made.text.data[i] ^= (char)masks[m];
			r = receipt_verify(made.text.data, made.text.len, &key, &own, &statement, &at, &err);
			made.text.data[i] ^= (char)masks[m];
			if (r == OK) {
				verified++;
				assert_int_equal(receipt_digest(statement, after, &err), OK);
				assert_string_equal(before, after);
				assert_int_equal(at.size, LEAVES);
			} else {
				assert_true(r == ERR_CORRUPT || r == ERR_UNSUPPORTED);
			}
			pool_free(&own);
		}
	}
	assert_true(verified < 60); /* white space for white space, and case in a \u escape */
}

static void every_shortened_receipt_is_refused(void **state)
{
	size_t len;

	(void)state;
	make();
	for (len = made.text.len - 2; len > 0; len--) {
		made.text.len = len;
		refused("");
	}
	made.text.len = 0;
	refused("the receipt cannot be read");
}

static void the_statement_of_another_leaf_is_refused(void **state)
{
	(void)state;
	make();
	made.statement = parse("{\"act\":\"erase\",\"account\":\"acct_2\",\"records\":17,\"left\":[]}");
	write_receipt();
	refused("the statement is not the one the audit leaf was written for");
}

static void a_leaf_that_is_not_in_the_log_is_refused(void **state)
{
	(void)state;
	make();
	made.leaf[8] ^= 1;
	write_receipt();
	refused("the inclusion proof does not lead to the root of the log");
}

static void a_wrong_index_or_proof_is_refused(void **state)
{
	(void)state;
	make();
	made.index = INDEX + 1;
	write_receipt();
	refused("the inclusion proof");
	made.index = LEAVES;
	write_receipt();
	refused("leaf 11 is not in a log of 11");
	make();
	made.proof.count--;
	write_receipt();
	refused("the inclusion proof is too short");
}

static void another_key_does_not_verify(void **state)
{
	struct note_key other = key;

	(void)state;
	make();
	key.hash ^= 1;
	refused("the checkpoint is not signed by");
	key = other;
	key.public_key[0] ^= 1;
	refused("does not verify");
	key = other;
}

static void a_leaf_that_names_no_statement_is_refused(void **state)
{
	(void)state;
	made.statement = parse(STATEMENT);
	log_leaf("{\"act\":\"erase\"}");
	refused("the leaf of the receipt names no statement");
	log_leaf("{\"act\":\"erase\",\"statement\":7}");
	refused("the leaf of the receipt names no statement");
	log_leaf("no JSON");
	refused("\"leaf\" of the receipt cannot be read");
	log_leaf("[]");
	refused("the leaf of the receipt names no statement");
}

static void replace(const char *what, const char *by)
{
	char *at = strstr(made.text.data, what);
	struct buf out;

	assert_non_null(at);
	buf_init(&out, 1 << 20);
	buf_add(&out, made.text.data, (size_t)(at - made.text.data));
	buf_add_str(&out, by);
	buf_add_str(&out, at + strlen(what));
	buf_free(&made.text);
	made.text = out;
}

static void a_receipt_of_another_shape_is_refused(void **state)
{
	static const struct {
		const char *what, *by, *why;
	} cases[] = {
	    {"\"statement\": {", "\"statement\": 1, \"x\": {", "\"statement\" of the receipt is not an object"},
	    {"\"statement\": {", "\"x\": {", "the receipt has no \"statement\""},
	    {"\"index\": 6", "\"index\": \"6\"", "\"index\" of the receipt is not an integer"},
	    {"\"index\": 6", "\"index\": -6", "\"index\" of the receipt is negative"},
	    {"\"index\": 6", "\"index\": 6, \"more\": 6", "members besides"},
	    {"\"proof\": [", "\"proof\": [7,", "item 1 is not the base64 of a hash"},
	    {"\"proof\": [", "\"proof\": [\"AAAA\",", "item 1 is not the base64 of a hash"},
	    {"\"lethe_receipt\": 1", "\"lethe_receipt\": true", "\"lethe_receipt\" of the receipt is not"},
	    {"\"records\":17", "\"records\":17.5", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		make();
		replace(cases[i].what, cases[i].by);
		refused(cases[i].why);
	}
	buf_reset(&made.text);
	buf_add_str(&made.text, "[1]");
	refused("the receipt is not a JSON object");
}

static void a_newer_version_is_named_as_such(void **state)
{
	const struct json *statement;
	struct checkpoint at;

	(void)state;
	make();
	replace("\"lethe_receipt\": 1", "\"lethe_receipt\": 2");
	assert_int_equal(verify(&statement, &at), ERR_UNSUPPORTED);
	assert_string_equal(err.what, "the receipt is of version 2, which this program does not know");
}

static void a_proof_with_too_many_hashes_is_refused(void **state)
{
	(void)state;
	make();
	memset(&made.proof, 0, sizeof made.proof);
	made.proof.count = MERKLE_PROOF_MAX;
	write_receipt();
	refused("the inclusion proof is too long");
	replace("\"proof\": [", "\"proof\": [\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",");
	refused("has over 64 hashes");
}

static void running_out_of_room_is_an_error(void **state)
{
	struct pool tiny;
	const struct json *statement;
	struct checkpoint at;
	struct buf small;

	(void)state;
	make();
	buf_init(&small, 300);
	assert_int_equal(receipt_write(made.statement, made.leaf, strlen(made.leaf), made.index, &made.proof,
				       made.checkpoint.data, &small, &err),
			 ERR_LIMIT);
	buf_free(&small);
	pool_init(&tiny, 64);
	assert_int_equal(receipt_verify(made.text.data, made.text.len, &key, &tiny, &statement, &at, &err),
			 ERR_LIMIT);
	pool_free(&tiny);
}

static int init(void **state)
{
	unsigned char public_key[SIGN_PUBLIC_LEN];

	(void)state;
	memset(seed, 9, sizeof seed);
	pool_init(&pool, 64 << 20);
	buf_init(&made.checkpoint, NOTE_MAX);
	buf_init(&made.text, 1 << 20);
	if (crypto_init(&err) != OK)
		return 1;
	sign_keypair(seed, public_key);
	return note_key_make("lethe.example.org/audit", public_key, &key, &err) != OK;
}

static int done(void **state)
{
	(void)state;
	pool_free(&pool);
	buf_free(&made.checkpoint);
	buf_free(&made.text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_receipt_verifies_and_gives_the_statement_back),
	    cmocka_unit_test(the_digest_is_that_of_the_canonical_form),
	    cmocka_unit_test(every_flipped_byte_is_refused_or_changes_nothing),
	    cmocka_unit_test(every_shortened_receipt_is_refused),
	    cmocka_unit_test(the_statement_of_another_leaf_is_refused),
	    cmocka_unit_test(a_leaf_that_is_not_in_the_log_is_refused),
	    cmocka_unit_test(a_wrong_index_or_proof_is_refused),
	    cmocka_unit_test(another_key_does_not_verify),
	    cmocka_unit_test(a_leaf_that_names_no_statement_is_refused),
	    cmocka_unit_test(a_receipt_of_another_shape_is_refused),
	    cmocka_unit_test(a_newer_version_is_named_as_such),
	    cmocka_unit_test(a_proof_with_too_many_hashes_is_refused),
	    cmocka_unit_test(running_out_of_room_is_an_error),
	};

	return cmocka_run_group_tests(tests, init, done);
}
