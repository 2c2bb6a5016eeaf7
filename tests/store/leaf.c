/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/leaf.h"

static uint64_t append(uint32_t account, const char *body)
{
	uint64_t seq;

	assert_ok(leaf_append(vault, account, (struct instant){1000 + (int64_t)account}, LEAF_ACTIVITY, body, strlen(body), &seq, &err));
	return seq;
}

static uint64_t size(void)
{
	uint64_t out;

	assert_ok(leaf_tree_size(vault, &out, &err));
	return out;
}

static void leaves_are_numbered_from_0_without_gaps(void **state)
{
	struct leaf leaf;

	(void)state;
	assert_int_equal(size(), 0);
	assert_int_equal(append(1, "{\"a\":1}"), 0);
	assert_int_equal(append(2, "-"), 1);
	assert_int_equal(append(1, "{\"a\":3}"), 2);
	assert_int_equal(size(), 3);
	assert_ok(leaf_get(vault, 0, &pool, &leaf, &err));
	assert_int_equal(leaf.seq, 0);
	assert_int_equal(leaf.account, 1);
	assert_int_equal(leaf.at.ms, 1001);
	assert_int_equal(leaf.body_len, 7);
	assert_string_equal(leaf.body, "{\"a\":1}");
	assert_ok(leaf_get(vault, 1, &pool, &leaf, &err));
	assert_int_equal(leaf.account, 2);
	assert_int_equal(leaf.body_len, 1);
}

static void a_leaf_that_is_rolled_back_gives_its_number_to_the_next(void **state)
{
	int64_t hashes;

	(void)state;
	append(1, "kept");
	assert_ok(db_begin(vault, &err));
	assert_int_equal(append(1, "undone"), 1);
	db_rollback(vault);
	assert_int_equal(size(), 1);
	assert_int_equal(append(1, "next"), 1);
	assert_ok(leaf_count_hashes(vault, &hashes, &err));
	assert_int_equal(hashes, 3);
}

static void there_is_no_leaf_beyond_the_last(void **state)
{
	struct leaf leaf;

	(void)state;
	assert_fails(leaf_get(vault, 0, &pool, &leaf, &err), ERR_NOT_FOUND, "the audit log has no leaf 0");
	append(1, "x");
	assert_fails(leaf_get(vault, 1, &pool, &leaf, &err), ERR_NOT_FOUND, "the audit log has no leaf 1");
	assert_fails(leaf_get(vault, UINT64_MAX, &pool, &leaf, &err), ERR_NOT_FOUND, NULL);
}

static size_t list(uint32_t account, uint64_t from, struct leaf *out, size_t max)
{
	size_t count;

	assert_ok(leaf_list(vault, account, from, &pool, out, max, &count, &err));
	return count;
}

static void leaves_are_listed_by_account_or_all(void **state)
{
	struct leaf out[9];

	(void)state;
	assert_int_equal(list(0, 0, out, 9), 0);
	append(1, "a");
	append(2, "b");
	append(1, "c");
	append(UINT32_MAX, "d");
	assert_int_equal(list(0, 0, out, 9), 4);
	assert_string_equal(out[3].body, "d");
	assert_int_equal(list(1, 0, out, 9), 2);
	assert_int_equal(out[1].seq, 2);
	assert_int_equal(list(1, 1, out, 9), 1);
	assert_int_equal(list(1, 3, out, 9), 0);
	assert_int_equal(list(UINT32_MAX, 0, out, 9), 1);
	assert_int_equal(list(3, 0, out, 9), 0);
	assert_int_equal(list(0, 1, out, 1), 1);
	assert_string_equal(out[0].body, "b");
	assert_int_equal(list(0, 1, out, 0), 0);
}

/* RFC 6962 section 2.1, by its definition. */
static struct hash slow_root(uint64_t from, uint64_t count)
{
	struct leaf leaf;
	struct hash left, right;
	uint64_t half = 1;

	if (count == 1) {
		assert_ok(leaf_get(vault, from, &pool, &leaf, &err));
		return merkle_leaf(leaf.body, leaf.body_len);
	}
	while (half * 2 < count)
		half *= 2;
	left = slow_root(from, half);
	right = slow_root(from + half, count - half);
	return merkle_node(&left, &right);
}

static void an_account_s_last_leaves_are_counted_back(void **state)
{
	uint64_t seq;

	(void)state;
	for (int i = 0; i < 10; i++)
		append(i % 3 == 0 ? 1 : 2, "x"); /* account 1: 0, 3, 6, 9 */
	assert_ok(leaf_back(vault, 1, 10, 1, &seq, &err));
	assert_int_equal(seq, 9);
	assert_ok(leaf_back(vault, 1, 9, 1, &seq, &err));
	assert_int_equal(seq, 6);
	assert_ok(leaf_back(vault, 1, 10, 4, &seq, &err));
	assert_int_equal(seq, 0);
	assert_fails(leaf_back(vault, 1, 10, 5, &seq, &err), ERR_NOT_FOUND, NULL);
	assert_int_equal(seq, 0);
	assert_fails(leaf_back(vault, 3, 10, 1, &seq, &err), ERR_NOT_FOUND, NULL);
	assert_fails(leaf_back(vault, 1, 10, INT64_MAX, &seq, &err), ERR_NOT_FOUND, NULL);
}

static void the_stored_hashes_make_the_root_of_every_size(void **state)
{
	struct merkle_store hashes = leaf_hashes(vault);
	struct merkle_proof proof;
	char body[16];

	(void)state;
	for (uint64_t n = 1; n <= 33; n++) {
		struct hash root, wanted, leaf;
		int64_t stored;

		snprintf(body, sizeof body, "leaf %d", (int)n);
		append(1, body);
		wanted = slow_root(0, n);
		assert_ok(merkle_root(&hashes, n, &root, &err));
		assert_memory_equal(root.bytes, wanted.bytes, HASH_LEN);
		leaf = merkle_leaf(body, strlen(body));
		assert_ok(merkle_prove_inclusion(&hashes, n - 1, n, &proof, &err));
		assert_ok(merkle_check_inclusion(&proof, n - 1, n, &leaf, &root, &err));
		assert_ok(leaf_count_hashes(vault, &stored, &err));
		assert_true((uint64_t)stored < 2 * n);
	}
}

static void a_missing_or_damaged_hash_is_reported(void **state)
{
	struct merkle_store hashes = leaf_hashes(vault);
	struct hash root;

	(void)state;
	append(1, "a");
	append(1, "b");
	raw(vault, "DROP TRIGGER audit_hash_fixed; DROP TRIGGER audit_hash_kept;"
		   "UPDATE audit_hash SET hash = x'00' WHERE level = 1");
	assert_fails(merkle_root(&hashes, 2, &root, &err), ERR_CORRUPT, "column 0 holds 1 bytes where 32 belong");
	raw(vault, "DELETE FROM audit_hash WHERE level = 1");
	assert_fails(merkle_root(&hashes, 2, &root, &err), ERR_CORRUPT,
		     "the audit log lacks the hash of subtree 0 at level 1");
}

static void assert_refused(const char *sql)
{
	/* A script's own error is internal: it has no business being wrong. */
	if (db_script(vault, sql, &err) == OK)
		fail_msg("not refused: %s", sql);
	if (strstr(err.what, "the audit log is append only") == NULL)
		fail_msg("%s: refused by: %s", sql, err.what);
}

static void nothing_changes_the_log_once_it_is_written(void **state)
{
	static const char *const tries[] = {
	    "UPDATE audit_leaf SET body = x'00'",
	    "UPDATE audit_leaf SET account_id = account_id",
	    "UPDATE audit_leaf SET seq = seq + 10",
	    "UPDATE audit_leaf SET term = 2",
	    "UPDATE audit_leaf SET at = at + 1, body = x''",
	    "UPDATE audit_leaf SET account_id = 2, body = x''",
	    "UPDATE audit_leaf SET term = 2, body = x''",
	    "UPDATE audit_leaf SET seq = seq + 10, body = x''",
	    "UPDATE audit_leaf SET body = ''", /* text */
	    "UPDATE audit_leaf SET body = NULL",
	    "DELETE FROM audit_leaf",
	    "DELETE FROM audit_leaf WHERE seq = 1",
	    "INSERT OR REPLACE INTO audit_leaf(seq, account_id, at, term, body) VALUES(1, 1, 1, 1, x'00')",
	    "REPLACE INTO audit_leaf(seq, account_id, at, term, body) VALUES(0, 1, 1, 1, x'00')",
	    "INSERT INTO audit_leaf(seq, account_id, at, term, body) VALUES(1, 1, 1, 1, x'00')"
	    " ON CONFLICT(seq) DO UPDATE SET body = x'00'",
	    "UPDATE audit_hash SET hash = x'00'",
	    "UPDATE OR REPLACE audit_hash SET number = 0",
	    "DELETE FROM audit_hash",
	    "DELETE FROM audit_hash WHERE level = 1",
	    "INSERT OR REPLACE INTO audit_hash(level, number, hash) VALUES(0, 1, x'00')",
	    "INSERT INTO audit_hash(level, number, hash) VALUES(0, 1, x'00') ON CONFLICT DO NOTHING",
	    "INSERT INTO audit_hash(level, number, hash) VALUES(0, -1, zeroblob(64))", /* and that of 0 */
	};
	struct merkle_store hashes = leaf_hashes(vault);
	struct hash before, after;

	(void)state;
	append(1, "a");
	append(1, "b");
	assert_ok(merkle_root(&hashes, 2, &before, &err));
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
		assert_refused(tries[i]);
	assert_ok(merkle_root(&hashes, 2, &after, &err));
	assert_memory_equal(before.bytes, after.bytes, HASH_LEN);
	assert_int_equal(append(1, "c"), 2);
}

static void a_bound_statement_is_told_why_it_is_refused(void **state)
{
	(void)state;
	append(1, "a");
	assert_fails(db_run_n(vault, "DELETE FROM audit_leaf WHERE seq = 0", NULL, 0, &err), ERR_DENIED,
		     "the database refused: the audit log is append only");
}

static void a_leaf_larger_than_the_pool_is_reported(void **state)
{
	struct leaf leaf;
	struct pool small;
	size_t count;

	(void)state;
	append(1, "abc");
	pool_init(&small, 3);
	assert_fails(leaf_get(vault, 0, &small, &leaf, &err), ERR_NO_MEMORY, NULL);
	assert_fails(leaf_list(vault, 0, 0, &small, &leaf, 1, &count, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
}

/* ---- pruning ---- */

static struct leaf got(uint64_t seq)
{
	struct leaf leaf;

	assert_ok(leaf_get(vault, seq, &pool, &leaf, &err));
	return leaf;
}

static bool prune(uint64_t seq)
{
	struct leaf leaf = got(seq);
	bool pruned;

	assert_ok(leaf_prune(vault, &leaf, &pruned, &err));
	return pruned;
}

static void a_pruned_leaf_keeps_its_place_and_its_hash(void **state)
{
	struct merkle_store hashes = leaf_hashes(vault);
	struct hash before, after, leaf, wanted = merkle_leaf("bb", 2);
	struct merkle_proof proof;
	struct leaf pruned;

	(void)state;
	append(1, "a");
	append(2, "bb");
	append(1, "c");
	assert_ok(merkle_root(&hashes, 3, &before, &err));
	assert_true(prune(1));
	assert_false(prune(1));
	pruned = got(1);
	assert_int_equal(pruned.body_len, 0);
	assert_int_equal(pruned.account, 2);
	assert_int_equal(pruned.at.ms, 1002);
	assert_int_equal(pruned.term, LEAF_ACTIVITY);
	assert_ok(leaf_hash(vault, &pruned, &leaf, &err));
	assert_memory_equal(&leaf, &wanted, sizeof leaf);
	assert_ok(merkle_root(&hashes, 3, &after, &err));
	assert_memory_equal(&before, &after, sizeof after);
	assert_ok(merkle_prove_inclusion(&hashes, 1, 3, &proof, &err));
	assert_ok(merkle_check_inclusion(&proof, 1, 3, &leaf, &after, &err));
	assert_int_equal(append(1, "d"), 3);
	assert_refused("UPDATE audit_leaf SET body = x'61' WHERE seq = 1");
	assert_refused("UPDATE audit_leaf SET body = x'' WHERE seq = 1");
}

static void a_leaf_without_a_stored_hash_is_not_pruned(void **state)
{
	struct leaf leaf;
	bool pruned;

	(void)state;
	append(1, "a");
	append(1, "b");
	raw(vault, "DROP TRIGGER audit_hash_kept; DELETE FROM audit_hash WHERE level = 0 AND number = 1");
	assert_refused("UPDATE audit_leaf SET body = x'' WHERE seq = 1");
	leaf = got(1);
	assert_fails(leaf_prune(vault, &leaf, &pruned, &err), ERR_CORRUPT, NULL);
	assert_int_equal(got(1).body_len, 1);
}

static void a_leaf_that_was_altered_is_not_pruned(void **state)
{
	struct leaf leaf;
	bool pruned = true;

	(void)state;
	append(1, "a");
	raw(vault, "DROP TRIGGER audit_leaf_fixed; UPDATE audit_leaf SET body = x'62'");
	leaf = got(0);
	assert_fails(leaf_prune(vault, &leaf, &pruned, &err), ERR_CORRUPT, "leaf 0 does not have the hash that is stored");
	assert_false(pruned);
	assert_int_equal(got(0).body_len, 1);
}

static void due_leaves_are_found_by_their_own_time_and_term(void **state)
{
	struct leaf out[9], after;
	uint64_t seq;
	size_t count;
	int64_t due;

	(void)state;
	for (int i = 0; i < 6; i++) /* clocks step: times 50 40 30 .. */
		assert_ok(leaf_append(vault, 1, (struct instant){50 - 10 * i}, i % 2 ? LEAF_ACCESS : LEAF_ACTIVITY, "x", 1,
				      &seq, &err));
	assert_ok(leaf_append(vault, 2, (struct instant){1}, LEAF_ACTIVITY, "x", 1, &seq, &err));
	assert_ok(leaf_count_due(vault, 1, LEAF_ACTIVITY, (struct instant){50}, &due, &err));
	assert_int_equal(due, 2);
	assert_ok(leaf_list_due(vault, 1, LEAF_ACTIVITY, (struct instant){50}, NULL, &pool, out, 9, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(out[0].seq, 4);
	assert_int_equal(out[1].seq, 2);
	after = out[0];
	assert_ok(leaf_list_due(vault, 1, LEAF_ACTIVITY, (struct instant){50}, &after, &pool, out, 9, &count, &err));
	assert_int_equal(count, 1);
	assert_true(prune(2));
	assert_ok(leaf_count_due(vault, 1, LEAF_ACTIVITY, (struct instant){50}, &due, &err));
	assert_int_equal(due, 1);
	assert_ok(leaf_list_pruned(vault, 0, out, 9, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(out[0].seq, 2);
	assert_ok(leaf_list_pruned(vault, 3, out, 9, &count, &err));
	assert_int_equal(count, 0);
}

static void a_pruned_leaf_can_be_appended_by_its_hash(void **state)
{
	struct merkle_store hashes = leaf_hashes(vault);
	struct hash hash = merkle_leaf("b", 1), root, wanted;
	struct leaf leaf = {.account = 1, .at = {5}, .term = LEAF_ACCESS};
	uint64_t seq;

	(void)state;
	append(1, "a");
	append(1, "b");
	assert_ok(merkle_root(&hashes, 2, &wanted, &err));
	append(1, "a");
	assert_ok(leaf_append_pruned(vault, &leaf, &hash, &seq, &err));
	assert_int_equal(seq, 3);
	assert_ok(hashes.read(hashes.arg, 1, 1, &root, &err));
	assert_memory_equal(&root, &wanted, sizeof root);
	assert_int_equal(got(3).body_len, 0);
}

static struct hash stored(int level, uint64_t index)
{
	struct merkle_store hashes = leaf_hashes(vault);
	struct hash out;

	assert_ok(hashes.read(hashes.arg, level, index, &out, &err));
	return out;
}

static void many_that_are_appended_at_once_make_the_tree_that_each_alone_would(void **state)
{
	struct leaf leaf = {.account = 2, .at = {9}, .term = LEAF_ACCESS};
	struct leaf_run run;
	int64_t rows;
	bool pruned;
	char body[16];

	(void)state;
	for (uint64_t from = 0; from < 200; from = size()) {
		append(1, "alone");
		assert_ok(leaf_run_begin(vault, &run, &err));
		for (uint64_t i = 0; i < from + 1; i++) {
			leaf.body_len = (size_t)snprintf(body, sizeof body, "%d", (int)i);
			leaf.body = body;
			assert_ok(leaf_run_append(&run, &leaf, &err));
		}
		assert_ok(leaf_run_end(&run, &err));
	}
	for (int level = 0; size() >> (level + 1) > 0; level++) {
		for (uint64_t i = 0; i < size() >> (level + 1); i++) {
			struct hash left = stored(level, 2 * i), right = stored(level, 2 * i + 1);
			struct hash node = merkle_node(&left, &right), above = stored(level + 1, i);

			assert_memory_equal(&node, &above, sizeof node);
		}
	}
	assert_ok(db_query_int_n(vault, "SELECT COUNT(*) FROM audit_hash", 0, &rows, NULL, 0, &err));
	assert_true(rows < (int64_t)size() / 2); /* several to a row */
	for (uint64_t i = 0; i < size(); i++) {
		leaf = got(i);
		assert_ok(leaf_prune(vault, &leaf, &pruned, &err));
		assert_true(pruned);
	}
	assert_ok(leaf_get(vault, size() - 1, &pool, &leaf, &err));
	assert_int_equal(leaf.account, 2);
	assert_int_equal(leaf.at.ms, 9);
	assert_int_equal(leaf.term, LEAF_ACCESS);
}

static void many_that_are_appended_at_once_may_be_of_any_length(void **state)
{
	static const size_t lengths[] = {1, LEAF_BODIES, 7, LEAF_BODIES + 1, LEAF_BODIES - 1, 2, 3, 3 * LEAF_BODIES, 5};
	static char body[3 * LEAF_BODIES];
	struct leaf leaf = {.account = 2, .at = {9}, .term = LEAF_ACCESS, .body = body};
	struct leaf_run run;

	(void)state;
	assert_ok(leaf_run_begin(vault, &run, &err));
	for (size_t i = 0; i < 10 * sizeof lengths / sizeof *lengths; i++) {
		leaf.body_len = lengths[i % (sizeof lengths / sizeof *lengths)];
		memset(body, 'a' + (int)(i % 26), leaf.body_len);
		assert_ok(leaf_run_append(&run, &leaf, &err));
	}
	assert_ok(leaf_run_end(&run, &err));
	assert_int_equal(size(), 10 * sizeof lengths / sizeof *lengths);
	for (uint64_t i = 0; i < size(); i++) {
		struct hash hash = stored(0, i), of_body;

		leaf = got(i);
		assert_int_equal(leaf.body_len, lengths[i % (sizeof lengths / sizeof *lengths)]);
		assert_int_equal(leaf.body[leaf.body_len - 1], 'a' + (int)(i % 26));
		of_body = merkle_leaf(leaf.body, leaf.body_len);
		assert_memory_equal(&hash, &of_body, sizeof hash);
		pool_reset(&pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(leaves_are_numbered_from_0_without_gaps),
	    table_test(a_leaf_that_is_rolled_back_gives_its_number_to_the_next),
	    table_test(there_is_no_leaf_beyond_the_last),
	    table_test(leaves_are_listed_by_account_or_all),
	    table_test(an_account_s_last_leaves_are_counted_back),
	    table_test(the_stored_hashes_make_the_root_of_every_size),
	    table_test(many_that_are_appended_at_once_make_the_tree_that_each_alone_would),
	    table_test(many_that_are_appended_at_once_may_be_of_any_length),
	    table_test(a_missing_or_damaged_hash_is_reported),
	    table_test(nothing_changes_the_log_once_it_is_written),
	    table_test(a_bound_statement_is_told_why_it_is_refused),
	    table_test(a_leaf_larger_than_the_pool_is_reported),
	    table_test(a_pruned_leaf_keeps_its_place_and_its_hash),
	    table_test(a_leaf_without_a_stored_hash_is_not_pruned),
	    table_test(a_leaf_that_was_altered_is_not_pruned),
	    table_test(due_leaves_are_found_by_their_own_time_and_term),
	    table_test(a_pruned_leaf_can_be_appended_by_its_hash),
	};

	return cmocka_run_group_tests_name("store/leaf", tests, NULL, NULL);
}
