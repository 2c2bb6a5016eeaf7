/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

#include "vault/proof.h"

static const char statement[] = "{\"what\":\"erasure\",\"records\":3,\"at\":\"2025-06-01T00:00:00Z\"}";

static enum result statement_op(struct session *session, void *arg, struct err *err)
{
	char digest[65];
	struct act act;

	assert_ok(proof_digest(statement, sizeof statement - 1, digest, err), err);
	act_begin(&act, "test.act", 1, (struct instant){0});
	act_digest(&act, "statement", digest);
	return act_append(&act, session->data, arg, err);
}

static uint64_t state_it(struct world *world)
{
	uint64_t seq;
	struct err err;

	assert_ok(vault_write(world->vault, statement_op, &seq, &err), &err);
	return seq;
}

/* What lethe.pub says: all that a verifier has. */
static struct note_key published_key(struct world *world)
{
	char path[PATH_MAX];
	struct note_key key;
	struct buf text;
	struct err err;

	snprintf(path, sizeof path, "%s/regions/default/lethe.pub", world->data);
	assert_ok(file_read(path, 4096, &text, &err), &err);
	assert_ok(note_key_parse(text.data, &key, &err), &err);
	buf_free(&text);
	return key;
}

static void a_checkpoint_verifies_with_the_published_key(void **state)
{
	struct world *world = *state;
	struct note_key key = published_key(world);
	struct checkpoint made, read;
	char id[ID_TEXT_MAX], origin[100];
	struct buf note;
	struct err err;

	buf_init(&note, NOTE_MAX);
	assert_ok(proof_checkpoint(&world->vault->read, world->vault->id, &made, &note, &err), &err);
	assert_ok(checkpoint_verify(note.data, note.len, &key, &read, &err), &err);
	assert_int_equal(read.size, made.size);
	assert_memory_equal(&read.root, &made.root, sizeof made.root);
	snprintf(origin, sizeof origin, "lethe/%s", id_format("vault", world->vault->id, id));
	assert_string_equal(read.origin, origin);
	buf_free(&note);
}

static void a_receipt_verifies_with_the_published_key_and_gives_its_statement_back(void **state)
{
	struct world *world = *state;
	struct note_key key = published_key(world);
	uint64_t seq = state_it(world);
	const struct json *said;
	struct checkpoint at;
	struct buf receipt;
	struct err err;

	buf_init(&receipt, 65536);
	assert_ok(proof_receipt(&world->vault->read, world->vault->id, statement, sizeof statement - 1, seq, &receipt, &err),
		  &err);
	assert_ok(receipt_verify(receipt.data, receipt.len, &key, &world->pool, &said, &at, &err), &err);
	assert_int_equal(json_get_int(said, "records", 0), 3);
	buf_free(&receipt);
}

static void an_older_receipt_can_be_made_again_over_a_later_tree(void **state)
{
	struct world *world = *state;
	struct note_key key = published_key(world);
	uint64_t seq = state_it(world);
	const struct json *said;
	struct checkpoint at;
	struct buf receipt;
	struct err err;

	for (int i = 0; i < 5; i++)
		state_it(world);
	buf_init(&receipt, 65536);
	assert_ok(proof_receipt(&world->vault->read, world->vault->id, statement, sizeof statement - 1, seq, &receipt, &err),
		  &err);
	assert_ok(receipt_verify(receipt.data, receipt.len, &key, &world->pool, &said, &at, &err), &err);
	assert_int_equal(at.size, seq + 6);
	buf_free(&receipt);
}

static void another_statement_or_key_does_not_verify(void **state)
{
	struct world *world = *state, other;
	struct note_key key = published_key(world);
	uint64_t seq = state_it(world);
	const struct json *said;
	struct checkpoint at;
	struct buf receipt;
	struct err err;
	char *three;

	buf_init(&receipt, 65536);
	assert_ok(proof_receipt(&world->vault->read, world->vault->id, statement, sizeof statement - 1, seq, &receipt, &err),
		  &err);
	three = strstr(receipt.data, "\"records\": 3");
	if (three == NULL)
		three = strstr(receipt.data, "\"records\":3");
	assert_non_null(three);
	*strchr(three, '3') = '2';
	assert_int_equal(receipt_verify(receipt.data, receipt.len, &key, &world->pool, &said, &at, &err), ERR_CORRUPT);
	*strchr(three, '2') = '3';
	world_begin(&other, "2025-06-01T00:00:00Z");
	key = published_key(&other);
	assert_int_equal(receipt_verify(receipt.data, receipt.len, &key, &world->pool, &said, &at, &err), ERR_CORRUPT);
	world_end(&other);
	buf_free(&receipt);
}

static void a_leaf_that_is_not_there_has_no_receipt(void **state)
{
	struct world *world = *state;
	struct buf receipt;
	struct err err;

	buf_init(&receipt, 65536);
	assert_int_equal(proof_receipt(&world->vault->read, world->vault->id, statement, sizeof statement - 1, 999, &receipt,
				       &err), ERR_NOT_FOUND);
	assert_int_equal(proof_receipt(&world->vault->read, world->vault->id, "{", 1, 0, &receipt, &err), ERR_INPUT);
	buf_free(&receipt);
}

static void the_digest_is_of_the_canonical_form(void **state)
{
	char a[65], b[65], c[65];
	struct err err;

	(void)state;
	assert_ok(proof_digest("{\"b\":1,\"a\":2}", 13, a, &err), &err);
	assert_ok(proof_digest("{ \"a\" : 2, \"b\" : 1 }", 20, b, &err), &err);
	assert_ok(proof_digest("{\"a\":2,\"b\":2}", 13, c, &err), &err);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_int_equal(proof_digest("{\"a\":1.5}", 9, a, &err), ERR_INPUT);
}

static void the_signing_key_survives_a_restart(void **state)
{
	struct world *world = *state;
	struct note_key before, after;
	struct err err;

	assert_ok(proof_key(&world->vault->read, world->vault->id, &before, &err), &err);
	world_reopen(world);
	assert_ok(proof_key(&world->vault->read, world->vault->id, &after, &err), &err);
	assert_memory_equal(&before, &after, sizeof before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_checkpoint_verifies_with_the_published_key),
		IN_WORLD(a_receipt_verifies_with_the_published_key_and_gives_its_statement_back),
		IN_WORLD(an_older_receipt_can_be_made_again_over_a_later_tree),
		IN_WORLD(another_statement_or_key_does_not_verify),
		IN_WORLD(a_leaf_that_is_not_there_has_no_receipt),
		cmocka_unit_test(the_digest_is_of_the_canonical_form),
		IN_WORLD(the_signing_key_survives_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
