/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "db/db.h"
#include "folder.h"

static char folder[PATH_MAX];
static struct err err;

static const char *path_of(const char *name)
{
	static char paths[4][PATH_MAX + 64];
	static int turn;
	char *out = paths[turn++ % 4];

	snprintf(out, sizeof paths[0], "%s/%s", folder, name);
	return out;
}

static int make_folder(void **state)
{
	(void)state;
	return folder_make(folder, sizeof folder, "sqlite");
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"a.db", "b.db", "copy.db"};
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
	char name[32];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 4; j++) {
			snprintf(name, sizeof name, "%s%s", names[i], endings[j]);
			unlink(path_of(name));
		}
	return rmdir(folder);
}

static struct db *open_db(const char *name, enum db_mode mode)
{
	struct db_options options = {.mode = mode, .secure_delete = true, .cache_bytes = 1 << 20};
	struct db *db = NULL;

	if (db_open_sqlite(path_of(name), &options, &db, &err) != OK)
		fail_msg("%s (%s)", err.what, err.where);
	return db;
}

static enum result open_result(const char *path, enum db_mode mode)
{
	struct db_options options = {.mode = mode};
	struct db *db = NULL;
	enum result r = db_open_sqlite(path, &options, &db, &err);

	db_close(db);
	return r;
}

static struct db *open_with_table(const char *name)
{
	struct db *db = open_db(name, DB_CREATE);

	assert_int_equal(db_script(db,
		"CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB, c TEXT) STRICT;"
		"CREATE TABLE child (t INTEGER NOT NULL REFERENCES t(a)) STRICT;"
		"CREATE TRIGGER no_delete BEFORE DELETE ON t WHEN old.c = 'held'"
		" BEGIN SELECT raise(ABORT, 'a held row stays'); END", &err), OK);
	return db;
}

/* The first integer that a query gives; -1 without a row. */
static int64_t ask(struct db *db, const char *sql)
{
	struct db_rows rows;
	int64_t value = -1;
	bool more;

	assert_int_equal(db_query(db, sql, &rows, &err), OK);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	if (more)
		value = db_int(&rows, 0);
	db_end(&rows);
	return value;
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(path_of(name), &st), 0);
	return st.st_mode & 0777;
}

static void insert(struct db *db, int a, const char *c)
{
	assert_int_equal(db_run(db, "INSERT INTO t (a, c) VALUES ($1, $2)", &err, DB_INT(a), DB_TEXT(c)), OK);
}

/* --- mapping ------------------------------------------------------------ */

static void who_reads_on_and_on_has_the_file_mapped(void **state)
{
	struct db_options options = {.mode = DB_READ_WRITE, .cache_bytes = 16384, .map_after = 200};
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_script(db, "INSERT INTO t (a, b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
				       " WHERE i < 100) SELECT i, zeroblob(3000) FROM n", &err), OK);
	db_close(db);
	assert_int_equal(db_open_sqlite(path_of("a.db"), &options, &db, &err), OK);
	assert_int_equal(ask(db, "PRAGMA mmap_size"), 0);
	assert_int_equal(ask(db, "SELECT SUM(LENGTH(b)) FROM t"), 300000); /* some 100 pages */
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask(db, "SELECT a FROM t WHERE a = 7"), 7);
	assert_int_equal(ask(db, "PRAGMA mmap_size"), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask(db, "SELECT SUM(LENGTH(b)) FROM t"), 300000);
	assert_true(ask(db, "PRAGMA mmap_size") > 0);
	insert(db, 101, "mapped");
	assert_int_equal(ask(db, "SELECT COUNT(*) FROM t"), 101);
	db_close(db);
}

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

/* --- refusals ----------------------------------------------------------- */

static void a_unique_conflict_says_exists_and_quotes_no_value(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_script(db, "CREATE TABLE u (x TEXT UNIQUE) STRICT", &err), OK);
	assert_int_equal(db_run(db, "INSERT INTO u VALUES ($1)", &err, DB_TEXT("secret")), OK);
	assert_int_equal(db_run(db, "INSERT INTO u VALUES ($1)", &err, DB_TEXT("secret")), ERR_EXISTS);
	assert_non_null(strstr(err.what, "u.x"));
	assert_null(strstr(err.what, "secret"));
	assert_non_null(strstr(err.where, "a.db"));
	db_close(db);
}

static void a_trigger_that_refuses_says_denied_and_why(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	insert(db, 1, "held");
	assert_int_equal(db_run(db, "DELETE FROM t WHERE a = $1", &err, DB_INT(1)), ERR_DENIED);
	assert_non_null(strstr(err.what, "a held row stays"));
	assert_int_equal(ask(db, "SELECT count(*) FROM t"), 1);
	db_close(db);
}

static void foreign_keys_and_strict_types_are_kept(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_run(db, "INSERT INTO child VALUES ($1)", &err, DB_INT(77)), ERR_DENIED);
	assert_int_equal(db_run(db, "INSERT INTO child VALUES ($1)", &err, DB_NULL), ERR_DENIED);
	assert_int_equal(db_run(db, "INSERT INTO t (a, b) VALUES (1, $1)", &err, DB_TEXT("secret")), ERR_DENIED);
	assert_null(strstr(err.what, "secret"));
	db_close(db);
}

static void errors_of_a_step_do_not_quote_values(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_run(db, "SELECT json_extract('{}', $1)", &err, DB_TEXT("secret")), ERR_INTERNAL);
	assert_null(strstr(err.what, "secret"));
	db_close(db);
}

static void a_second_writer_is_told_the_database_is_busy(void **state)
{
	struct db *one = open_with_table("a.db"), *two = open_db("a.db", DB_READ_WRITE);

	(void)state;
	assert_int_equal(db_begin(one, &err), OK);
	assert_int_equal(db_begin(two, &err), ERR_BUSY);
	assert_false(db_in_transaction(two));
	assert_non_null(strstr(err.what, "another process"));
	assert_int_equal(db_commit(one, &err), OK);
	assert_int_equal(db_begin(two, &err), OK);
	db_close(two);
	db_close(one);
}

static void a_file_that_is_no_database_is_corrupt(void **state)
{
	char junk[8192];
	int fd = open(path_of("a.db"), O_CREAT | O_WRONLY, 0600);

	(void)state;
	memset(junk, 'x', sizeof junk);
	assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
	close(fd);
	assert_int_equal(open_result(path_of("a.db"), DB_READ_WRITE), ERR_CORRUPT);
	assert_int_equal(open_result(path_of("a.db"), DB_READ_ONLY), ERR_CORRUPT);
	assert_int_equal(open_result(path_of("a.db"), DB_CREATE), ERR_CORRUPT);
	assert_non_null(strstr(err.where, "a.db"));
	assert_true(err.mend[0]);
}

static void a_database_that_is_not_there_is_not_found_unless_created(void **state)
{
	(void)state;
	assert_int_equal(open_result(path_of("a.db"), DB_READ_WRITE), ERR_NOT_FOUND);
	assert_int_equal(open_result(path_of("a.db"), DB_READ_ONLY), ERR_NOT_FOUND);
	assert_int_equal(open_result(path_of("none/a.db"), DB_CREATE), ERR_IO);
	assert_int_equal(open_result(folder, DB_READ_WRITE), ERR_IO);
	assert_int_equal(open_result(path_of("a.db"), DB_CREATE), OK);
	assert_int_equal(open_result(path_of("a.db"), DB_CREATE), OK);
}

static void a_database_that_no_file_is_left_for_says_so(void **state)
{
	struct rlimit old, few = {0, 0};

	(void)state;
	assert_int_equal(open_result(path_of("a.db"), DB_CREATE), OK);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(open_result(path_of("a.db"), DB_READ_WRITE), ERR_IO);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_non_null(strstr(err.what, "Too many open files"));
	assert_non_null(strstr(err.mend, "ulimit -n"));
}

static void a_read_only_database_refuses_writes(void **state)
{
	struct db *writer = open_with_table("a.db"), *reader = open_db("a.db", DB_READ_ONLY);

	(void)state;
	insert(writer, 1, "x");
	assert_int_equal(ask(reader, "SELECT a FROM t"), 1);
	assert_int_equal(db_run(reader, "DELETE FROM t", &err), ERR_DENIED);
	assert_int_equal(db_begin(reader, &err), ERR_DENIED);
	assert_int_equal(db_checkpoint(reader, &err), ERR_DENIED);
	db_close(reader);
	db_close(writer);
}

/* RLIMIT_FSIZE stands in for a disk that refuses: EFBIG. */
static void a_refused_write_is_an_error_and_leaves_the_rows_of_before(void **state)
{
	struct db *db = open_with_table("a.db");
	struct rlimit before, small = {64 << 10, 0};
	static char big[256 << 10];
	enum result r;

	(void)state;
	insert(db, 1, "x");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = db_run(db, "INSERT INTO t (a, b) VALUES (2, $1)", &err, DB_BLOB(big, sizeof big));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, ERR_IO);
	assert_true(err.mend[0]);
	assert_false(db_in_transaction(db));
	assert_int_equal(ask(db, "SELECT count(*) FROM t"), 1);
	insert(db, 2, "y");
	assert_int_equal(ask(db, "SELECT count(*) FROM t"), 2);
	db_close(db);
}

static void a_database_at_its_page_limit_is_full(void **state)
{
	static char big[256 << 10];
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_script(db, "PRAGMA max_page_count = 10", &err), OK);
	assert_int_equal(db_begin(db, &err), OK);
	assert_int_equal(db_run(db, "INSERT INTO t (a, b) VALUES (2, $1)", &err, DB_BLOB(big, sizeof big)), ERR_FULL);
	assert_non_null(strstr(err.mend, "free some space"));
	db_rollback(db);
	assert_false(db_in_transaction(db));
	insert(db, 1, "x");
	db_close(db);
}

/* --- settings ----------------------------------------------------------- */

static void settings_are_as_promised(void **state)
{
	struct db *db = open_with_table("a.db");
	struct db_rows rows;
	bool more;

	(void)state;
	assert_int_equal(db_query(db, "PRAGMA journal_mode", &rows, &err), OK);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	assert_string_equal(db_text(&rows, 0), "wal");
	db_end(&rows);
	assert_int_equal(ask(db, "PRAGMA synchronous"), 2);
	assert_int_equal(ask(db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(ask(db, "PRAGMA temp_store"), 2);
	assert_int_equal(ask(db, "PRAGMA trusted_schema"), 0);
	assert_int_equal(ask(db, "PRAGMA cell_size_check"), 1);
	assert_int_equal(ask(db, "PRAGMA mmap_size"), 0); /* no file is mapped before much of it was read */
	assert_int_equal(ask(db, "PRAGMA wal_autocheckpoint"), 20000);
	assert_int_equal(ask(db, "PRAGMA secure_delete"), 1);
	assert_int_equal(ask(db, "PRAGMA page_size"), 4096);
	assert_int_equal(ask(db, "PRAGMA cache_size"), -1024);
	db_close(db);
}

static void a_cache_can_be_smaller_for_a_while_and_never_larger(void **state)
{
	struct db_options options = {.mode = DB_READ_WRITE};
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_limit_cache(db, 65536, &err), OK);
	assert_int_equal(ask(db, "PRAGMA cache_size"), -64);
	assert_int_equal(db_limit_cache(db, 1 << 30, &err), OK);
	assert_int_equal(ask(db, "PRAGMA cache_size"), -1024);
	assert_int_equal(db_limit_cache(db, 1, &err), OK);
	assert_int_equal(ask(db, "PRAGMA cache_size"), -1);
	assert_int_equal(db_limit_cache(db, 0, &err), OK);
	assert_int_equal(ask(db, "PRAGMA cache_size"), -1024);
	db_close(db);
	assert_int_equal(db_open_sqlite(path_of("a.db"), &options, &db, &err), OK);
	assert_int_equal(ask(db, "PRAGMA cache_size"), -2000);
	assert_int_equal(db_limit_cache(db, 0, &err), OK);
	assert_int_equal(ask(db, "PRAGMA cache_size"), -2000);
	db_close(db);
}

static void the_schema_cannot_be_written_by_hand(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(db_script(db, "PRAGMA writable_schema = ON", &err), OK);
	assert_int_equal(db_run(db, "DELETE FROM sqlite_schema", &err), ERR_INTERNAL);
	assert_int_equal(db_run(db, "SELECT \"no such column\"", &err), ERR_INTERNAL);
	db_close(db);
}

static void files_are_the_owners_only(void **state)
{
	mode_t before = umask(0);
	struct db *db = open_with_table("a.db");

	(void)state;
	assert_int_equal(mode_of("a.db"), 0600);
	assert_int_equal(mode_of("a.db-wal"), 0600);
	assert_int_equal(mode_of("a.db-shm"), 0600);
	assert_int_equal(db_copy_to(db, path_of("copy.db"), NULL, NULL, &err), OK);
	assert_int_equal(mode_of("copy.db"), 0600);
	db_close(db);
	umask(before);
}

static bool file_holds(const char *name, const char *text)
{
	static char bytes[1 << 20];
	int fd = open(path_of(name), O_RDONLY);
	ssize_t len;

	assert_true(fd >= 0);
	len = read(fd, bytes, sizeof bytes);
	close(fd);
	assert_true(len >= 0);
	return memmem(bytes, (size_t)len, text, strlen(text)) != NULL;
}

static void what_is_deleted_is_overwritten_and_a_checkpoint_empties_the_log(void **state)
{
	struct db *db = open_with_table("a.db");

	(void)state;
	insert(db, 1, "a-destroyed-key-0123456789");
	assert_int_equal(db_checkpoint(db, &err), OK);
	assert_true(file_holds("a.db", "a-destroyed-key-0123456789"));
	assert_int_equal(db_run(db, "DELETE FROM t", &err), OK);
	assert_int_equal(db_checkpoint(db, &err), OK);
	assert_false(file_holds("a.db", "a-destroyed-key"));
	assert_false(file_holds("a.db-wal", "a-destroyed-key"));
	assert_false(file_holds("a.db-shm", "a-destroyed-key"));
	db_close(db);
}

static void a_checkpoint_is_busy_while_somebody_reads_the_past(void **state)
{
	struct db *writer = open_with_table("a.db"), *reader = open_db("a.db", DB_READ_ONLY);

	(void)state;
	assert_int_equal(db_begin_read(reader, &err), OK);
	insert(writer, 1, "x");
	assert_int_equal(db_checkpoint(writer, &err), ERR_BUSY);
	assert_int_equal(db_checkpoint_within(writer, 0, &err), ERR_BUSY);
	db_rollback(reader);
	insert(writer, 2, "y");
	assert_int_equal(db_checkpoint_within(writer, 0, &err), OK);
	assert_int_equal(db_checkpoint(writer, &err), OK);
	assert_int_equal(db_begin(writer, &err), OK);
	assert_int_equal(db_checkpoint(writer, &err), ERR_BUSY);
	db_close(reader);
	db_close(writer);
}

struct reading { struct db *reader, *other; enum result wrote; };

/* A reader that ends its look when something has been written. */
static void *write_then_end(void *arg)
{
	struct reading *reading = arg;
	struct err why;

	reading->wrote = db_run(reading->other, "INSERT INTO t(a) VALUES (7)", &why);
	db_rollback(reading->reader);
	return NULL;
}

static void a_checkpoint_that_waits_for_a_reader_lets_others_write_for_whom_the_reader_waits(void **state)
{
	struct db *writer = open_with_table("a.db");
	struct db_options patient = {.mode = DB_READ_WRITE, .busy_timeout_ms = 20000};
	struct reading reading = {.reader = open_db("a.db", DB_READ_ONLY)};
	pthread_t thread;

	(void)state;
	assert_int_equal(db_open_sqlite(path_of("a.db"), &patient, &reading.other, &err), OK);
	assert_int_equal(db_begin_read(reading.reader, &err), OK);
	insert(writer, 1, "x");
	assert_int_equal(db_begin(writer, &err), OK); /* the other has to wait, and wakes when the checkpoint waits too */
	assert_int_equal(pthread_create(&thread, NULL, write_then_end, &reading), 0);
	assert_int_equal(db_commit(writer, &err), OK);
	assert_int_equal(db_checkpoint_within(writer, 60000, &err), OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(reading.wrote, OK);
	db_close(reading.reader);
	db_close(reading.other);
	db_close(writer);
}

/* --- copies ------------------------------------------------------------- */

static void count_progress(void *arg, int64_t done, int64_t all)
{
	int64_t *last = arg;

	assert_true(done >= *last && done <= all);
	*last = done;
}

static void a_copy_is_of_one_moment_and_stands_alone(void **state)
{
	struct db *db = open_with_table("a.db"), *copy;
	int64_t done = 0;

	(void)state;
	for (int i = 1; i <= 3000; i++)
		insert(db, i, "some text that takes its place on the page, and some more of it for the sake of size");
	assert_int_equal(db_copy_to(db, path_of("copy.db"), count_progress, &done, &err), OK);
	assert_true(done > 50);
	assert_false(db_in_transaction(db));
	assert_int_not_equal(access(path_of("copy.db-wal"), F_OK), 0);
	assert_int_not_equal(access(path_of("copy.db-journal"), F_OK), 0);
	insert(db, 9999, "later");
	copy = open_db("copy.db", DB_READ_WRITE);
	assert_int_equal(ask(copy, "SELECT count(*) FROM t"), 3000);
	db_close(copy);
	db_close(db);
}

struct meddler { struct db *writer; int turn; };

static void write_meanwhile(void *arg, int64_t done, int64_t all)
{
	struct meddler *m = arg;

	(void)done, (void)all;
	insert(m->writer, 100000 + m->turn++, "meanwhile");
}

static void a_copy_ends_although_others_write_all_the_time(void **state)
{
	struct db *writer = open_with_table("a.db"), *reader = open_db("a.db", DB_READ_ONLY), *copy;
	struct meddler meddler = {writer, 0};
	static char big[64 << 10];

	(void)state;
	for (int i = 1; i <= 100; i++)
		assert_int_equal(db_run(writer, "INSERT INTO t (a, b) VALUES ($1, $2)", &err, DB_INT(i),
					DB_BLOB(big, sizeof big)), OK);
	assert_int_equal(db_copy_to(reader, path_of("copy.db"), write_meanwhile, &meddler, &err), OK);
	assert_int_equal(meddler.turn, 2);
	copy = open_db("copy.db", DB_READ_ONLY);
	assert_int_equal(ask(copy, "SELECT count(*) FROM t"), 100);
	db_close(copy);
	db_close(reader);
	db_close(writer);
}

static void a_copy_never_overwrites_and_a_failed_one_leaves_nothing(void **state)
{
	struct db *db = open_with_table("a.db");
	struct rlimit before, small = {8 << 10, 0};
	enum result r;

	(void)state;
	assert_int_equal(db_copy_to(db, path_of("a.db"), NULL, NULL, &err), ERR_EXISTS);
	assert_int_equal(db_copy_to(db, path_of("none/copy.db"), NULL, NULL, &err), ERR_IO);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = db_copy_to(db, path_of("copy.db"), NULL, NULL, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, ERR_IO);
	assert_int_not_equal(access(path_of("copy.db"), F_OK), 0);
	assert_int_equal(db_copy_to(db, path_of("copy.db"), NULL, NULL, &err), OK);
	db_close(db);
}

static void a_writer_copies_what_its_open_transaction_sees(void **state)
{
	struct db *db = open_with_table("a.db");
	enum result r;

	(void)state;
	insert(db, 1, "x");
	assert_int_equal(db_begin_read(db, &err), OK);
	r = db_copy_to(db, path_of("copy.db"), NULL, NULL, &err);
	assert_int_equal(r, OK);
	assert_true(db_in_transaction(db));
	db_close(db);
}

/* --- the driver's own check -------------------------------------------- */

static void a_sound_database_has_no_problem(void **state)
{
	struct db *db = open_with_table("a.db");
	char problem[200] = "old";

	(void)state;
	assert_int_equal(db_integrity(db, problem, &err), OK);
	assert_string_equal(problem, "");
	db_close(db);
}

static void a_damaged_page_is_found(void **state)
{
	struct db *db = open_with_table("a.db");
	char problem[200], junk[4096];
	int fd;

	(void)state;
	for (int i = 1; i <= 500; i++)
		insert(db, i, "some text that takes its place on the page");
	db_close(db);
	memset(junk, 0xa5, sizeof junk);
	fd = open(path_of("a.db"), O_WRONLY);
	for (int page = 4; page < 7; page++)
		assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), sizeof junk);
	close(fd);
	db = open_db("a.db", DB_READ_WRITE);
	assert_int_equal(db_integrity(db, problem, &err), ERR_CORRUPT);
	assert_true(problem[0]);
	assert_non_null(strstr(err.where, "a.db"));
	assert_int_equal(db_run(db, "SELECT sum(length(c)) FROM t", &err), ERR_CORRUPT);
	db_close(db);
}

static void a_row_whose_parent_is_gone_is_found(void **state)
{
	struct db *db = open_with_table("a.db");
	char problem[200];

	(void)state;
	assert_int_equal(db_script(db, "PRAGMA foreign_keys = OFF; INSERT INTO child VALUES (5)", &err), OK);
	assert_int_equal(db_integrity(db, problem, &err), ERR_CORRUPT);
	assert_non_null(strstr(problem, "child"));
	db_close(db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(who_reads_on_and_on_has_the_file_mapped),
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
	    CASE(a_unique_conflict_says_exists_and_quotes_no_value),
	    CASE(a_trigger_that_refuses_says_denied_and_why),
	    CASE(foreign_keys_and_strict_types_are_kept),
	    CASE(errors_of_a_step_do_not_quote_values),
	    CASE(a_second_writer_is_told_the_database_is_busy),
	    CASE(a_file_that_is_no_database_is_corrupt),
	    CASE(a_database_that_is_not_there_is_not_found_unless_created),
	    CASE(a_database_that_no_file_is_left_for_says_so),
	    CASE(a_read_only_database_refuses_writes),
	    CASE(a_refused_write_is_an_error_and_leaves_the_rows_of_before),
	    CASE(a_database_at_its_page_limit_is_full),
	    CASE(settings_are_as_promised),
	    CASE(a_cache_can_be_smaller_for_a_while_and_never_larger),
    CASE(the_schema_cannot_be_written_by_hand),
	    CASE(files_are_the_owners_only),
	    CASE(what_is_deleted_is_overwritten_and_a_checkpoint_empties_the_log),
	    CASE(a_checkpoint_is_busy_while_somebody_reads_the_past),
	    CASE(a_checkpoint_that_waits_for_a_reader_lets_others_write_for_whom_the_reader_waits),
	    CASE(a_copy_is_of_one_moment_and_stands_alone),
	    CASE(a_copy_ends_although_others_write_all_the_time),
	    CASE(a_copy_never_overwrites_and_a_failed_one_leaves_nothing),
	    CASE(a_writer_copies_what_its_open_transaction_sees),
	    CASE(a_sound_database_has_no_problem),
	    CASE(a_damaged_page_is_found),
	    CASE(a_row_whose_parent_is_gone_is_found),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
