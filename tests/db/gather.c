/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Logs whose writes are gathered, beside connections whose are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "db/db.h"
#include "db/gather.h"
#include "folder.h"

#define ROWS 300 /* of a page or two each */

static char folder[PATH_MAX], path[PATH_MAX + 16];

static int make_folder(void **state)
{
	int r = folder_make(folder, sizeof folder, "gather");

	(void)state;
	snprintf(path, sizeof path, "%s/a.db", folder);
	return r;
}

static int remove_folder(void **state)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	char name[PATH_MAX + 32];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, endings[i]);
		unlink(name);
	}
	return rmdir(folder);
}

static int run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static void must(sqlite3 *db, const char *sql)
{
	if (run(db, sql) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(db), sql);
}

static int64_t ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t out;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	out = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return out;
}

/* With hardly any cache, so that a transaction writes to the log before its end. */
static sqlite3 *open_at(const char *vfs, int page_size)
{
	char sql[200];
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs), SQLITE_OK);
	snprintf(sql, sizeof sql, "PRAGMA page_size = %d; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				  "PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 0",
		 page_size);
	must(db, sql);
	return db;
}

static void fill(sqlite3 *db, const char *value, int size)
{
	char sql[300];

	snprintf(sql, sizeof sql, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
				  " INSERT OR REPLACE INTO t SELECT i, %s, randomblob(%d) FROM n",
		 ROWS, value, size);
	must(db, sql);
}

static int64_t sum(sqlite3 *db)
{
	return ask(db, "SELECT coalesce(SUM(v), 0) FROM t");
}

static void assert_sound(sqlite3 *db)
{
	assert_int_equal(ask(db, "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

static void the_name_is_of_a_file_system_that_is_there(void **state)
{
	(void)state;
	assert_string_equal(gather_vfs(), "lethe");
	assert_non_null(sqlite3_vfs_find("lethe"));
	assert_string_not_equal(sqlite3_vfs_find(NULL)->zName, "lethe");
}

static void others_see_each_commit_and_nothing_before_it(void **state)
{
	static const int page_sizes[] = {512, 4096, 65536};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		sqlite3 *db = open_at(gather_vfs(), page_sizes[i]), *other = open_at(NULL, page_sizes[i]);

		must(db, "CREATE TABLE t(k INTEGER PRIMARY KEY, v INTEGER, b BLOB)");
		for (int n = 1; n <= 5; n++) {
			char value[16];

			snprintf(value, sizeof value, "%d", n);
			must(db, "BEGIN IMMEDIATE");
			fill(db, value, page_sizes[i]);
			assert_int_equal(sum(db), n * ROWS); /* what it has written to the log already is read from there */
			assert_int_equal(sum(other), (n - 1) * ROWS);
			must(db, "COMMIT");
			assert_int_equal(sum(other), n * ROWS);
		}
		assert_sound(other);
		must(other, "PRAGMA wal_checkpoint(TRUNCATE)");
		assert_sound(db);
		sqlite3_close(db);
		sqlite3_close(other);
		unlink(path);
	}
}

static void what_is_undone_is_not_there_and_does_no_harm(void **state)
{
	sqlite3 *db = open_at(gather_vfs(), 4096), *other = open_at(NULL, 4096);

	(void)state;
	must(db, "CREATE TABLE t(k INTEGER PRIMARY KEY, v INTEGER, b BLOB)");
	for (int n = 1; n <= 5; n++) {
		must(db, "BEGIN IMMEDIATE");
		fill(db, "7", 4000 * n);
		must(db, "ROLLBACK");
		assert_int_equal(sum(db), n - 1);
		must(db, "BEGIN IMMEDIATE");
		must(db, "SAVEPOINT s");
		fill(db, "9", 4000);
		must(db, "ROLLBACK TO s");
		must(db, "INSERT INTO t(v) VALUES(1)");
		must(db, "COMMIT");
		assert_int_equal(sum(other), n);
	}
	sqlite3_close(db);
	assert_int_equal(sum(other), 5);
	assert_sound(other);
	sqlite3_close(other);
}

static void a_process_that_dies_in_a_transaction_leaves_what_was_committed(void **state)
{
	sqlite3 *db;
	int status;
	pid_t child;

	(void)state;
	for (int n = 0; n < 5; n++) {
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			db = open_at(gather_vfs(), 4096);
			must(db, "CREATE TABLE IF NOT EXISTS t(k INTEGER PRIMARY KEY, v INTEGER, b BLOB)");
			must(db, "INSERT INTO t(v) VALUES(1)");
			must(db, "BEGIN IMMEDIATE");
			fill(db, "9", 1000 * n);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		db = open_at(gather_vfs(), 4096);
		assert_int_equal(sum(db), n + 1);
		assert_sound(db);
		sqlite3_close(db);
	}
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_write_that_fails_undoes_its_transaction_and_no_other(void **state)
{
	sqlite3 *db = open_at(gather_vfs(), 4096), *other = open_at(NULL, 4096);
	void (*before)(int) = signal(SIGXFSZ, SIG_IGN);

	(void)state;
	must(db, "CREATE TABLE t(k INTEGER PRIMARY KEY, v INTEGER, b BLOB)");
	must(db, "INSERT INTO t(v) VALUES(1)");
	for (rlim_t limit = 20000; limit < 1000000; limit += 97777) {
		limit_files(limit);
		run(db, "BEGIN IMMEDIATE");
		run(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
			" INSERT INTO t SELECT i + 1, 9, randomblob(9000) FROM n");
		assert_int_not_equal(run(db, "COMMIT"), SQLITE_OK);
		run(db, "ROLLBACK");
		limit_files(RLIM_INFINITY);
		assert_int_equal(sum(other), 1);
		assert_int_equal(sum(db), 1);
		assert_sound(db);
	}
	must(db, "INSERT INTO t(v) VALUES(1)");
	assert_int_equal(sum(other), 2);
	signal(SIGXFSZ, before);
	sqlite3_close(db);
	sqlite3_close(other);
}

/* For SQLite, which this program is linked with. */
static int refuse_sync; /* an errno */

int fdatasync(int fd)
{
	if (refuse_sync == 0)
		return (int)syscall(SYS_fdatasync, fd);
	errno = refuse_sync;
	return -1;
}

static void assert_refused(struct db *db, int system, enum result wanted, const char *text)
{
	struct err err;

	refuse_sync = system;
	assert_int_equal(db_run(db, "INSERT INTO t VALUES($1)", &err, DB_INT(1)), wanted);
	refuse_sync = 0;
	assert_non_null(strstr(err.what, text));
	assert_int_equal(gather_errno(), system);
	assert_int_equal(db_run(db, "INSERT INTO t VALUES($1)", &err, DB_INT(2)), OK);
	assert_int_equal(gather_errno(), 0);
}

static void what_the_system_said_to_a_sync_is_told(void **state)
{
	const struct db_options options = {.mode = DB_CREATE};
	struct db *db = NULL;
	struct err err;
	int64_t sum_of;

	(void)state;
	assert_int_equal(db_open_sqlite(path, &options, &db, &err), OK);
	assert_int_equal(db_script(db, "CREATE TABLE t(v INTEGER)", &err), OK);
	assert_refused(db, ENOSPC, ERR_FULL, "no space is left for the database");
	assert_refused(db, EIO, ERR_IO, "the system refused to read or write the database (Input/output error)");
	assert_int_equal(db_query_int(db, "SELECT SUM(v) FROM t", 0, &sum_of, &err), OK);
	assert_int_equal(sum_of, 4);
	db_close(db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(the_name_is_of_a_file_system_that_is_there),
	    CASE(others_see_each_commit_and_nothing_before_it),
	    CASE(what_is_undone_is_not_there_and_does_no_harm),
	    CASE(a_process_that_dies_in_a_transaction_leaves_what_was_committed),
	    CASE(a_write_that_fails_undoes_its_transaction_and_no_other),
	    CASE(what_the_system_said_to_a_sync_is_told),
	};

	return cmocka_run_group_tests_name("db/gather", tests, NULL, NULL);
}
