/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "db/database.h"

/* --- values ------------------------------------------------------------- */

static void values_of_every_type_come_back_as_they_went_in(void **state)
{
	struct db *db = open_with_table("a.db");
	struct db_rows rows;
	size_t len;
	bool more;

	(void)state;
	assert_int_equal(db_run(db, "INSERT INTO t VALUES ($1, $2, $3)", &err, DB_INT(INT64_MIN), DB_BLOB("\0\1\2", 3),
				DB_TEXT_N("h\xc3\xa9llo", 4)), OK);
	assert_int_equal(db_changes(db), 1);
	assert_int_equal(db_query(db, "SELECT a, b, c, NULL FROM t", &rows, &err), OK);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	assert_true(more);
	assert_true(db_int(&rows, 0) == INT64_MIN);
	assert_memory_equal(db_blob(&rows, 1, &len), "\0\1\2", 3);
	assert_int_equal(len, 3);
	assert_string_equal(db_text(&rows, 2), "h\xc3\xa9l");
	assert_true(db_is_null(&rows, 3));
	assert_false(db_is_null(&rows, 0));
	db_end(&rows);
	db_close(db);
}

static void null_reads_as_zero_empty_text_and_an_empty_blob(void **state)
{
	struct db *db = open_with_table("a.db");
	struct db_rows rows;
	size_t len = 9;
	bool more;

	(void)state;
	assert_int_equal(db_run(db, "INSERT INTO t VALUES (1, $1, $2)", &err, DB_NULL, DB_NULL), OK);
	assert_int_equal(db_query(db, "SELECT b, c FROM t", &rows, &err), OK);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	assert_int_equal(db_int(&rows, 0), 0);
	assert_string_equal(db_text(&rows, 1), "");
	assert_non_null(db_blob(&rows, 0, &len));
	assert_int_equal(len, 0);
	db_end(&rows);
	db_close(db);
}

static void a_value_of_no_bytes_is_empty_and_not_null(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_run(db, "INSERT INTO t VALUES (1, $1, $2)", &err, DB_BLOB(NULL, 0), DB_TEXT_N(NULL, 0)), OK);
	assert_int_equal(ask(db, "SELECT count(*) FROM t WHERE b = x'' AND c = ''"), 1);
	db_close(db);
}

static void a_parameter_is_known_by_its_number_not_by_its_place(void **state)
{
	struct db *db = open_with_table("a.db");
	struct db_rows rows;
	bool more;

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		assert_int_equal(db_query(db, "SELECT $3, $1, $2, $1, $3", &rows, &err, DB_INT(10 + turn), DB_INT(20),
					  DB_INT(30)), OK);
		assert_int_equal(db_next(&rows, &more, &err), OK);
		assert_int_equal(db_int(&rows, 0), 30);
		assert_int_equal(db_int(&rows, 1), 10 + turn);
		assert_int_equal(db_int(&rows, 2), 20);
		assert_int_equal(db_int(&rows, 3), 10 + turn);
		assert_int_equal(db_int(&rows, 4), 30);
		db_end(&rows);
	}
	db_close(db);
}

static void more_than_nine_parameters_are_not_mixed_up(void **state)
{
	struct db *db = open_with_table("a.db");
	struct db_rows rows;
	bool more;

	(void)state;
	assert_int_equal(db_query(db, "SELECT $12, $2, $1, $11, $10, $3, $4, $5, $6, $7, $8, $9", &rows, &err, DB_INT(1),
				  DB_INT(2), DB_INT(3), DB_INT(4), DB_INT(5), DB_INT(6), DB_INT(7), DB_INT(8),
				  DB_INT(9), DB_INT(10), DB_INT(11), DB_INT(12)), OK);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	assert_int_equal(db_int(&rows, 0), 12);
	assert_int_equal(db_int(&rows, 1), 2);
	assert_int_equal(db_int(&rows, 2), 1);
	assert_int_equal(db_int(&rows, 3), 11);
	assert_int_equal(db_int(&rows, 4), 10);
	db_end(&rows);
	db_close(db);
}

static void a_wrong_number_of_values_is_refused(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_run(db, "SELECT $1, $2", &err, DB_INT(1)), ERR_INTERNAL);
	assert_int_equal(db_run(db, "SELECT $1", &err, DB_INT(1), DB_INT(2)), ERR_INTERNAL);
	assert_int_equal(db_run(db, "SELECT $1 + $1", &err, DB_INT(1)), OK);
	db_close(db);
}

static void parameters_that_are_not_numbers_are_refused(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_run(db, "SELECT ?", &err, DB_INT(1)), ERR_INTERNAL);
	assert_int_equal(db_run(db, "SELECT $a", &err, DB_INT(1)), ERR_INTERNAL);
	assert_int_equal(db_run(db, "SELECT $0", &err, DB_INT(1)), ERR_INTERNAL);
	assert_int_equal(db_run(db, "SELECT $1x", &err, DB_INT(1)), ERR_INTERNAL);
	assert_int_equal(db_run(db, "SELECT $256", &err, DB_INT(1)), ERR_INTERNAL);
	assert_non_null(strstr(err.what, "$1 to $255"));
	db_close(db);
}

/* --- statements --------------------------------------------------------- */

static void hundreds_of_statements_are_kept_apart(void **state)
{
	static char sql[700][32];
	struct db *db = open_with_table("a.db");

	(void)state;
	for (int i = 0; i < 700; i++)
		snprintf(sql[i], sizeof sql[i], "SELECT %d", i);
	for (int turn = 0; turn < 2; turn++)
		for (int i = 0; i < 700; i++)
			assert_int_equal(ask(db, sql[i]), i);
	db_close(db);
}

static void two_queries_run_at_once_but_not_one_query_twice(void **state)
{
	static const char again[] = "SELECT a FROM t ORDER BY a";
	struct db *db = open_with_table("a.db");
	struct db_rows one, two;
	bool more;

	(void)state;
	insert(db, 1, "x");
	insert(db, 2, "y");
	assert_int_equal(db_query(db, again, &one, &err), OK);
	assert_int_equal(db_next(&one, &more, &err), OK);
	assert_int_equal(db_query(db, "SELECT c FROM t ORDER BY a DESC", &two, &err), OK);
	assert_int_equal(db_next(&two, &more, &err), OK);
	assert_int_equal(db_int(&one, 0), 1);
	assert_string_equal(db_text(&two, 0), "y");
	db_end(&two);
	assert_int_equal(db_query(db, again, &two, &err), ERR_INTERNAL);
	assert_non_null(strstr(err.what, "running already"));
	db_end(&two);
	assert_int_equal(db_next(&one, &more, &err), OK);
	assert_int_equal(db_int(&one, 0), 2);
	db_end(&one);
	assert_int_equal(ask(db, again), 1);
	db_close(db);
}

static void after_the_last_row_a_query_stays_at_its_end(void **state)
{
	struct db *db = open_with_table("a.db");
	struct db_rows rows;
	bool more;

	(void)state;
	insert(db, 1, "x");
	assert_int_equal(db_query(db, "SELECT a FROM t", &rows, &err), OK);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	assert_true(more);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(db_next(&rows, &more, &err), OK);
		assert_false(more);
	}
	db_end(&rows);
	db_end(&rows);
	db_close(db);
}

static void a_statement_works_again_after_it_failed(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	insert(db, 1, "x");
	assert_int_equal(db_run(db, "INSERT INTO t (a, c) VALUES ($1, $2)", &err, DB_INT(1), DB_TEXT("y")), ERR_EXISTS);
	assert_int_equal(db_run(db, "INSERT INTO t (a) VALUES ($1)", &err, DB_INT(1)), ERR_EXISTS);
	assert_int_equal(db_run(db, "INSERT INTO t (a) VALUES ($1)", &err, DB_INT(2)), OK);
	insert(db, 3, "z");
	assert_int_equal(ask(db, "SELECT count(*) FROM t"), 3);
	db_close(db);
}

static void a_run_goes_through_all_rows(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_run(db, "INSERT INTO t (a) VALUES (1), (2), (3) RETURNING a", &err), OK);
	assert_int_equal(db_changes(db), 3);
	assert_int_equal(ask(db, "SELECT count(*) FROM t"), 3);
	db_close(db);
}

static void text_that_is_not_one_statement_is_refused(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_run(db, "SELECT 1; SELECT 2", &err), ERR_INTERNAL);
	assert_int_equal(db_run(db, "", &err), ERR_INTERNAL);
	assert_int_equal(db_run(db, "SELECT nonsense FROM nowhere", &err), ERR_INTERNAL);
	assert_non_null(strstr(err.what, "nowhere"));
	assert_non_null(strstr(err.where, "a.db"));
	assert_int_equal(db_run(db, "SELECT 1;\n", &err), OK);
	assert_int_equal(db_script(db, "CREATE TABLE broken (", &err), ERR_INTERNAL);
	db_close(db);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(values_of_every_type_come_back_as_they_went_in),
	    CASE(null_reads_as_zero_empty_text_and_an_empty_blob),
	    CASE(a_value_of_no_bytes_is_empty_and_not_null),
	    CASE(a_parameter_is_known_by_its_number_not_by_its_place),
	    CASE(more_than_nine_parameters_are_not_mixed_up),
	    CASE(a_wrong_number_of_values_is_refused),
	    CASE(parameters_that_are_not_numbers_are_refused),
	    CASE(hundreds_of_statements_are_kept_apart),
	    CASE(two_queries_run_at_once_but_not_one_query_twice),
	    CASE(after_the_last_row_a_query_stays_at_its_end),
	    CASE(a_statement_works_again_after_it_failed),
	    CASE(a_run_goes_through_all_rows),
	    CASE(text_that_is_not_one_statement_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
