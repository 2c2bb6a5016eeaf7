/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

static void write_it(const struct act *act, struct buf *out)
{
	struct err err;

	buf_init(out, ACT_LEAF_MAX);
	assert_ok(act_write(act, out, &err), &err);
}

static void a_leaf_is_canonical_json_with_sorted_members(void **state)
{
	struct instant at = world_time("2025-06-01T12:00:00.500Z");
	struct act act;
	struct buf out;
	char want[400];

	(void)state;
	act_begin(&act, "person.erase", 3, at);
	act_int(&act, "records", -5);
	act_word(&act, "cause", "request");
	act_instant(&act, "due", world_time("2025-07-01T00:00:00Z"));
	act_int_of_kind(&act, "deleted", KIND_CAMPAIGN_RESULT, 2);
	write_it(&act, &out);
	snprintf(want, sizeof want,
		 "{\"account\":3,\"act\":\"person.erase\",\"at\":\"2025-06-01T12:00:00.500Z\",\"cause\":\"request\","
		 "\"deleted.campaign_result\":2,\"due\":\"2025-07-01T00:00:00Z\",\"records\":-5,\"uid\":%d}", (int)getuid());
	assert_string_equal(out.data, want);
	buf_free(&out);
}

static void ids_and_digests_are_written_as_the_world_knows_them(void **state)
{
	struct id id = id_new(world_time("2025-06-01T12:00:00Z"));
	char text[ID_TEXT_MAX], record[ID_TEXT_MAX];
	static const char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct act act;
	struct buf out;

	(void)state;
	act_begin(&act, "x", 1, (struct instant){0});
	act_id(&act, "person", "per", id);
	act_record(&act, "record", KIND_MESSAGE, id);
	act_digest(&act, "statement", digest);
	write_it(&act, &out);
	assert_non_null(strstr(out.data, id_format("per", id, text)));
	assert_non_null(strstr(out.data, id_format("msg", id, record)));
	assert_non_null(strstr(out.data, digest));
	buf_free(&out);
}

struct appending { uint64_t seq; bool fail; };

static enum result append_op(struct session *session, void *arg, struct err *err)
{
	struct appending *a = arg;
	struct act act;
	enum result r;

	act_begin(&act, "x", 1, (struct instant){1000});
	r = act_append(&act, session->data, &a->seq, err);
	return r == OK && a->fail ? err_set(err, ERR_IO, "as asked") : r;
}

static void leaves_are_numbered_without_gaps_also_after_a_failure(void **state)
{
	struct world *world = *state;
	struct appending a = {0}, failing = {.fail = true}, b = {0};
	struct leaf leaf;
	struct err err;

	assert_ok(vault_write(world->vault, append_op, &a, &err), &err);
	assert_int_equal(vault_write(world->vault, append_op, &failing, &err), ERR_IO);
	assert_ok(vault_write(world->vault, append_op, &b, &err), &err);
	assert_int_equal(b.seq, a.seq + 1);
	assert_ok(leaf_get(world->vault->read.data, b.seq, &world->pool, &leaf, &err), &err);
	assert_int_equal(leaf.account, 1);
	assert_int_equal(leaf.at.ms, 1000);
	assert_non_null(strstr(leaf.body, "\"at\":\"1970-01-01T00:00:01Z\""));
}

static enum result who_op(struct session *session, void *arg, struct err *err)
{
	struct act act;

	act_begin(&act, "x", 1, (struct instant){1000});
	return act_append(&act, session->data, arg, err);
}

static bool says(struct world *world, const char *wanted)
{
	struct leaf leaf;
	struct err err;
	uint64_t seq;

	assert_ok(vault_write(world->vault, who_op, &seq, &err), &err);
	assert_ok(leaf_get(world->vault->read.data, seq, &world->pool, &leaf, &err), &err);
	return strstr(leaf.body, wanted) != NULL;
}

/* The writer's thread writes the leaf; who acts is the caller. */
static void who_hands_an_act_over_is_named_in_its_leaf(void **state)
{
	struct world *world = *state;
	struct id id = id_new(world->now);
	char text[ID_TEXT_MAX], by[ID_TEXT_MAX + 16];
	struct act_by user;

	assert_true(says(world, "\"uid\":"));
	act_by_set("usr", id);
	user = act_by_now();
	snprintf(by, sizeof by, "\"by\":\"%s\"", id_format("usr", id, text));
	assert_true(says(world, by));
	assert_false(says(world, "\"uid\":"));
	act_by_nobody();
	assert_false(says(world, "\"by\":"));
	act_by_take(&user);
	assert_true(says(world, by));
	act_by_nobody();
	assert_true(says(world, "\"uid\":"));
}

/* P57 */
static void a_reason_is_a_reference_and_goes_with_who_acts(void **state)
{
	static const char *const none[] = {"", "two words", "Ann\n", "\"", "caf\xc3\xa9",
					   "12345678901234567890123456789012345678901234567890123456789012345"};
	struct act act;
	struct buf out;
	struct err err;
	struct act_by taken;

	(void)state;
	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_false(act_by_reason(none[i]));
	assert_true(act_by_reason("CASE-7_b.2"));
	taken = act_by_now();
	act_by_nobody();
	act_by_take(&taken);
	act_begin(&act, "contact.show", 1, (struct instant){0});
	assert_int_equal(act_write(&act, &out, &err), OK);
	assert_non_null(strstr(out.data, "\"reason\":\"CASE-7_b.2\""));
	act_by_nobody();
	buf_reset(&out);
	act_begin(&act, "contact.show", 1, (struct instant){0});
	assert_int_equal(act_write(&act, &out, &err), OK);
	assert_null(strstr(out.data, "reason"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leaf_is_canonical_json_with_sorted_members),
		cmocka_unit_test(ids_and_digests_are_written_as_the_world_knows_them),
		IN_WORLD(who_hands_an_act_over_is_named_in_its_leaf),
		IN_WORLD(leaves_are_numbered_without_gaps_also_after_a_failure),
		cmocka_unit_test(a_reason_is_a_reference_and_goes_with_who_acts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
