/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* One row of one column to read from. */
static struct db_rows one_row(const char *literal_sql)
{
	struct db_rows rows;
	bool found;

	assert_ok(db_query_one_n(vault, literal_sql, &rows, &found, NULL, 0, &err));
	assert_true(found);
	return rows;
}

static void a_column_of_the_right_length_is_copied(void **state)
{
	struct db_rows rows = one_row("SELECT x'0102030405060708090a0b0c0d0e0f10'");
	unsigned char bytes[16] = {0};
	struct id id;

	(void)state;
	assert_ok(column_exact(&rows, 0, bytes, sizeof bytes, &err));
	assert_int_equal(bytes[0], 1);
	assert_int_equal(bytes[15], 16);
	assert_ok(column_id(&rows, 0, &id, &err));
	assert_memory_equal(id.bytes, bytes, 16);
	db_end(&rows);
}

static void a_column_of_another_length_is_damage(void **state)
{
	struct db_rows rows = one_row("SELECT x'0102', NULL, x'0102030405060708090a0b0c0d0e0f1011'");
	unsigned char bytes[3];
	struct id id;

	(void)state;
	assert_fails(column_exact(&rows, 0, bytes, 3, &err), ERR_CORRUPT, "column 0 holds 2 bytes where 3 belong");
	assert_fails(column_id(&rows, 1, &id, &err), ERR_CORRUPT, "column 1 holds 0 bytes where 16 belong");
	assert_fails(column_id(&rows, 2, &id, &err), ERR_CORRUPT, "column 2 holds 17 bytes where 16 belong");
	db_end(&rows);
}

static struct db_rows rows_of(const char *literal_sql)
{
	struct db_rows rows;

	assert_ok(db_query_n(vault, literal_sql, &rows, NULL, 0, &err));
	return rows;
}

static void all_rows_of_a_column_are_read_up_to_a_maximum(void **state)
{
	struct db_rows rows = rows_of("SELECT 7 UNION ALL SELECT -8 UNION ALL SELECT 9");
	uint32_t accounts[2];
	int64_t numbers[3];
	size_t count = 99;

	(void)state;
	assert_ok(column_numbers(&rows, numbers, 3, &count, &err));
	assert_int_equal(count, 3);
	assert_int_equal(numbers[1], -8);
	rows = rows_of("SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9");
	assert_fails(column_numbers(&rows, numbers, 2, &count, &err), ERR_LIMIT, "more than 2 rows");
	rows = rows_of("SELECT 4294967295 UNION ALL SELECT 8");
	assert_ok(column_accounts(&rows, accounts, 2, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(accounts[0], UINT32_MAX);
	rows = rows_of("SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9");
	assert_fails(column_accounts(&rows, accounts, 2, &count, &err), ERR_LIMIT, "more than 2 rows");
	rows = rows_of("SELECT 7 WHERE 1 = 0");
	assert_ok(column_numbers(&rows, numbers, 0, &count, &err));
	assert_int_equal(count, 0);
}

static void ids_of_a_column_are_read_up_to_the_first_that_is_damaged(void **state)
{
	struct db_rows rows = rows_of("SELECT x'0102030405060708090a0b0c0d0e0f10' UNION ALL SELECT x'0102'");
	struct id ids[2];
	size_t count = 99;

	(void)state;
	assert_fails(column_ids(&rows, ids, 2, &count, &err), ERR_CORRUPT, "column 0 holds 2 bytes where 16 belong");
	assert_int_equal(count, 1);
	assert_int_equal(ids[0].bytes[15], 16);
	rows = rows_of("SELECT x'0102030405060708090a0b0c0d0e0f10' UNION ALL SELECT x'0102'");
	assert_fails(column_ids(&rows, ids, 1, &count, &err), ERR_LIMIT, "more than 1 rows");
}

static void a_word_outside_its_vocabulary_is_damage(void **state)
{
	struct db_rows rows = one_row("SELECT 1, 5, 0, 6, NULL, -9223372036854775808, 4294967297");
	int word = 0;

	(void)state;
	assert_ok(column_word(&rows, 0, 1, 5, &word, &err));
	assert_int_equal(word, 1);
	assert_ok(column_word(&rows, 1, 1, 5, &word, &err));
	assert_int_equal(word, 5);
	assert_fails(column_word(&rows, 2, 1, 5, &word, &err), ERR_CORRUPT, "column 2 holds 0 where 1 to 5 belong");
	assert_fails(column_word(&rows, 3, 1, 5, &word, &err), ERR_CORRUPT, "column 3 holds 6 where 1 to 5 belong");
	for (int i = 4; i < 7; i++)
		assert_fails(column_word(&rows, i, 1, 5, &word, &err), ERR_CORRUPT, NULL);
	assert_int_equal(word, 5);
	db_end(&rows);
}

static void bytes_are_copied_into_the_pool(void **state)
{
	struct db_rows rows = one_row("SELECT x'00ff00', x''");
	const unsigned char *bytes;
	size_t len;

	(void)state;
	assert_ok(column_bytes(&rows, 0, &pool, &bytes, &len, &err));
	assert_int_equal(len, 3);
	assert_memory_equal(bytes, "\0\377\0", 3);
	assert_ok(column_bytes(&rows, 1, &pool, &bytes, &len, &err));
	assert_int_equal(len, 0);
	assert_non_null(bytes);
	db_end(&rows);
}

static void a_pool_that_is_full_is_reported(void **state)
{
	struct db_rows rows = one_row("SELECT x'00ff00', 1");
	const unsigned char *bytes;
	struct pool small;
	size_t len;

	(void)state;
	pool_init(&small, 2);
	assert_fails(column_bytes(&rows, 0, &small, &bytes, &len, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
	db_end(&rows);
}

/* ---- parties ---- */

static void parties_are_packed_as_documented(void **state)
{
	static const struct party parties[] = {{1, ROLE_FROM}, {127, 0}, {128, ROLE_TO}, {300, ROLE_TO | ROLE_AGENT}};
	static const unsigned char wanted[] = {0x01, 0x01, 0x7f, 0x00, 0x80, 0x01, 0x02, 0xac, 0x02, 0x12};
	unsigned char packed[PARTIES_PACKED_MAX];

	(void)state;
	assert_int_equal(parties_pack(parties, 4, packed), sizeof wanted);
	assert_memory_equal(packed, wanted, sizeof wanted);
	assert_int_equal(parties_pack(NULL, 0, packed), 0);
}

static void assert_same_after_a_round_trip(const struct party *parties, size_t count)
{
	unsigned char packed[PARTIES_PACKED_MAX];
	struct party back[PARTIES_MAX];
	size_t len = parties_pack(parties, count, packed), got;

	assert_true(len <= sizeof packed);
	assert_ok(parties_unpack(packed, len, back, &got, &err));
	assert_int_equal(got, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(back[i].identity, parties[i].identity);
		assert_int_equal(back[i].roles, parties[i].roles);
	}
}

static void random_parties_come_back_as_they_were(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct party parties[PARTIES_MAX];
		size_t count = next_random(&seed) % (PARTIES_MAX + 1);

		for (size_t i = 0; i < count; i++) {
			parties[i].identity = (int64_t)(next_random(&seed) >> (1 + next_random(&seed) % 63));
			parties[i].roles = (unsigned)(next_random(&seed) & 0xff);
		}
		assert_same_after_a_round_trip(parties, parties_sort(parties, count));
	}
}

static void the_largest_list_fits(void **state)
{
	struct party parties[PARTIES_MAX];

	(void)state;
	for (size_t i = 0; i < PARTIES_MAX; i++)
		parties[i] = (struct party){INT64_MAX - PARTIES_MAX + 1 + (int64_t)i, 0xff};
	assert_same_after_a_round_trip(parties, PARTIES_MAX);
}

static void a_damaged_list_is_refused(void **state)
{
	static const struct { const char *bytes; size_t len; } bad[] = {
	    {"\x01", 1},                                              /* no roles */
	    {"\x80", 1},                                              /* no end */
	    {"\x01\x01\xac", 3},                                      /* the second is cut off */
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01", 11},     /* longer than 63 bits */
	    {"\x02\x01\x01\x01", 4},                                  /* not sorted */
	    {"\x02\x01\x02\x01", 4},                                  /* a double */
	};
	struct party out[PARTIES_MAX];
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_fails(parties_unpack((const unsigned char *)bad[i].bytes, bad[i].len, out, &count, &err),
			     ERR_CORRUPT, "a list of parties is damaged");
}

static void a_list_beyond_the_maximum_is_refused(void **state)
{
	unsigned char packed[2 * (PARTIES_MAX + 1)];
	struct party out[PARTIES_MAX];
	size_t count;

	(void)state;
	for (size_t i = 0; i <= PARTIES_MAX; i++) {
		packed[2 * i] = (unsigned char)(i + 1);
		packed[2 * i + 1] = ROLE_TO;
	}
	assert_ok(parties_unpack(packed, sizeof packed - 2, out, &count, &err));
	assert_int_equal(count, PARTIES_MAX);
	assert_fails(parties_unpack(packed, sizeof packed, out, &count, &err), ERR_CORRUPT, NULL);
}

/* What is accepted can be packed again, and no byte is read that is not there. */
static void random_bytes_are_refused_or_stand_for_a_list(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = next_random(&seed) % 12, count;
		unsigned char *bytes = malloc(len + 1), packed[PARTIES_PACKED_MAX];
		struct party out[PARTIES_MAX];

		assert_non_null(bytes);
		for (size_t i = 0; i < len; i++)
			bytes[i] = (unsigned char)(next_random(&seed) >> (next_random(&seed) % 2 ? 56 : 60));
		if (parties_unpack(bytes, len, out, &count, &err) == OK)
			assert_true(parties_pack(out, count, packed) <= len);
		else
			assert_int_equal(err.code, ERR_CORRUPT);
		free(bytes);
	}
}

static void sorting_merges_the_roles_of_doubles(void **state)
{
	struct party parties[] = {{9, ROLE_TO}, {2, ROLE_FROM}, {9, ROLE_MENTIONED}, {1, ROLE_AGENT}, {2, ROLE_FROM}};

	(void)state;
	assert_int_equal(parties_sort(parties, 5), 3);
	assert_int_equal(parties[0].identity, 1);
	assert_int_equal(parties[0].roles, ROLE_AGENT);
	assert_int_equal(parties[1].identity, 2);
	assert_int_equal(parties[1].roles, ROLE_FROM);
	assert_int_equal(parties[2].identity, 9);
	assert_int_equal(parties[2].roles, ROLE_TO | ROLE_MENTIONED);
	assert_int_equal(parties_sort(parties, 1), 1);
	assert_int_equal(parties_sort(parties, 0), 0);
}

/* Did packing them stop the program? */
static bool aborts(const struct party *parties, size_t count)
{
	unsigned char packed[PARTIES_PACKED_MAX];
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		signal(SIGABRT, SIG_DFL); /* cmocka has its own */
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(2);
		parties_pack(parties, count, packed);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void packing_what_is_not_sorted_is_a_bug_of_ours(void **state)
{
	static const struct party doubled[] = {{1, 1}, {1, 2}}, unsorted[] = {{2, 1}, {1, 2}}, good[] = {{1, 1}, {2, 2}};

	(void)state;
	assert_true(aborts(doubled, 2));
	assert_true(aborts(unsorted, 2));
	assert_false(aborts(good, 2));
}

static void labels_come_back_sorted_and_once(void **state)
{
	int64_t labels[] = {300, 7, 300, 1, INT64_MAX}, back[LABELS_MAX];
	unsigned char packed[LABELS_PACKED_MAX];
	size_t count = labels_sort(labels, 5), got;

	(void)state;
	assert_int_equal(count, 4);
	assert_ok(labels_unpack(packed, labels_pack(labels, count, packed), back, &got, &err));
	assert_int_equal(got, 4);
	assert_memory_equal(back, labels, 4 * sizeof labels[0]);
	assert_int_equal(labels_sort(labels, 0), 0);
	assert_ok(labels_unpack(packed, 0, back, &got, &err));
	assert_int_equal(got, 0);
}

static void damaged_labels_are_refused(void **state)
{
	static const unsigned char bad[][3] = {{0x80}, {2, 2}, {2, 1}};
	static const size_t len[] = {1, 2, 2};
	unsigned char many[LABELS_MAX + 1];
	int64_t out[LABELS_MAX];
	size_t count;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_fails(labels_unpack(bad[i], len[i], out, &count, &err), ERR_CORRUPT, "a list of labels is damaged");
	for (size_t i = 0; i < sizeof many; i++)
		many[i] = (unsigned char)(i + 1);
	assert_ok(labels_unpack(many, LABELS_MAX, out, &count, &err));
	assert_fails(labels_unpack(many, sizeof many, out, &count, &err), ERR_CORRUPT, "a list of labels is damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labels_come_back_sorted_and_once),
	    cmocka_unit_test(damaged_labels_are_refused),
	    table_test(a_column_of_the_right_length_is_copied),
	    table_test(a_column_of_another_length_is_damage),
	    table_test(all_rows_of_a_column_are_read_up_to_a_maximum),
	    table_test(ids_of_a_column_are_read_up_to_the_first_that_is_damaged),
	    table_test(a_word_outside_its_vocabulary_is_damage),
	    table_test(bytes_are_copied_into_the_pool),
	    table_test(a_pool_that_is_full_is_reported),
	    cmocka_unit_test(parties_are_packed_as_documented),
	    cmocka_unit_test(random_parties_come_back_as_they_were),
	    cmocka_unit_test(the_largest_list_fits),
	    cmocka_unit_test(a_damaged_list_is_refused),
	    cmocka_unit_test(a_list_beyond_the_maximum_is_refused),
	    cmocka_unit_test(random_bytes_are_refused_or_stand_for_a_list),
	    cmocka_unit_test(sorting_merges_the_roles_of_doubles),
	    cmocka_unit_test(packing_what_is_not_sorted_is_a_bug_of_ours),
	};

	return cmocka_run_group_tests_name("store/column", tests, NULL, NULL);
}
