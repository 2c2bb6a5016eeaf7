/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What db.c does for every driver: transactions, savepoints, migrations, optional members.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "db/driver.h"
#include "folder.h"

static char folder[PATH_MAX], path[PATH_MAX + 8];
static struct db *db;
static struct err err;

static struct db *open_again(enum db_mode mode)
{
	struct db_options options = {.mode = mode};
	struct db *out = NULL;

	assert_int_equal(db_open_sqlite(path, &options, &out, &err), OK);
	return out;
}

static int make_db(void **state)
{
	(void)state;
	if (folder_make(folder, sizeof folder, "db") != 0)
		return -1;
	snprintf(path, sizeof path, "%s/a.db", folder);
	db = open_again(DB_CREATE);
	return db_script(db, "CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT", &err);
}

static int remove_db(void **state)
{
	(void)state;
	db_close(db);
	unlink(path);
	return rmdir(folder); /* fails when a -wal or -shm was left */
}

static void insert(int64_t value)
{
	assert_int_equal(db_run(db, "INSERT INTO t VALUES ($1)", &err, DB_INT(value)), OK);
}

static int64_t rows_in(struct db *which)
{
	struct db_rows rows;
	int64_t count;
	bool more;

	assert_int_equal(db_query(which, "SELECT count(*) FROM t", &rows, &err), OK);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	count = db_int(&rows, 0);
	db_end(&rows);
	return count;
}

static void closing_nothing_is_fine(void **state)
{
	(void)state;
	db_close(NULL);
}

static void ending_a_query_that_never_began_is_harmless(void **state)
{
	struct db_rows rows;
	bool more = true;

	(void)state;
	assert_int_equal(db_query(db, "SELECT nonsense", &rows, &err), ERR_INTERNAL);
	db_end(&rows);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	assert_false(more);
}

static void a_commit_is_seen_by_others_and_a_rollback_is_not(void **state)
{
	struct db *other = open_again(DB_READ_ONLY);

	(void)state;
	assert_int_equal(db_begin(db, &err), OK);
	assert_true(db_in_transaction(db));
	insert(1);
	assert_int_equal(rows_in(other), 0);
	assert_int_equal(db_commit(db, &err), OK);
	assert_false(db_in_transaction(db));
	assert_int_equal(rows_in(other), 1);
	assert_int_equal(db_begin(db, &err), OK);
	insert(2);
	db_rollback(db);
	assert_int_equal(rows_in(other), 1);
	assert_int_equal(rows_in(db), 1);
	db_close(other);
}

static void transactions_do_not_nest(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db, &err), OK);
	assert_int_equal(db_begin(db, &err), ERR_INTERNAL);
	assert_int_equal(db_begin_read(db, &err), ERR_INTERNAL);
	assert_true(db_in_transaction(db));
	db_rollback(db);
	db_rollback(db);
	assert_int_equal(db_commit(db, &err), ERR_INTERNAL);
}

static void a_reader_keeps_the_snapshot_of_its_beginning(void **state)
{
	struct db *reader = open_again(DB_READ_ONLY);

	(void)state;
	insert(1);
	assert_int_equal(db_begin_read(reader, &err), OK);
	insert(2);
	assert_int_equal(rows_in(reader), 1);
	assert_int_equal(db_commit(reader, &err), OK);
	assert_int_equal(rows_in(reader), 2);
	db_close(reader);
}

static void a_savepoint_undoes_only_what_came_after_it(void **state)
{
	(void)state;
	assert_int_equal(db_savepoint(db, &err), ERR_INTERNAL);
	assert_int_equal(db_begin(db, &err), OK);
	insert(1);
	assert_int_equal(db_savepoint(db, &err), OK);
	insert(2);
	db_rollback_to(db);
	assert_true(db_in_transaction(db));
	assert_int_equal(db_savepoint(db, &err), OK);
	insert(3);
	assert_int_equal(db_release(db, &err), OK);
	assert_int_equal(db_commit(db, &err), OK);
	assert_int_equal(rows_in(db), 2);
}

static void undoing_without_a_savepoint_undoes_the_transaction(void **state)
{
	(void)state;
	db_rollback_to(db);
	assert_int_equal(db_begin(db, &err), OK);
	insert(1);
	db_rollback_to(db);
	assert_false(db_in_transaction(db));
	assert_int_equal(rows_in(db), 0);
	assert_int_equal(db_release(db, &err), ERR_INTERNAL);
}

static void a_commit_that_fails_is_rolled_back(void **state)
{
	(void)state;
	assert_int_equal(db_script(db, "CREATE TABLE c (t INTEGER REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED)", &err),
			 OK);
	assert_int_equal(db_begin(db, &err), OK);
	assert_int_equal(db_run(db, "INSERT INTO c VALUES (99)", &err), OK);
	assert_int_equal(db_commit(db, &err), ERR_DENIED);
	assert_false(db_in_transaction(db));
	insert(1);
}

static void closing_rolls_back_what_is_open(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db, &err), OK);
	insert(1);
	db_close(db);
	db = open_again(DB_READ_WRITE);
	assert_int_equal(rows_in(db), 0);
}

static void closing_in_the_middle_of_a_query_is_fine(void **state)
{
	struct db_rows rows;
	bool more;

	(void)state;
	insert(1);
	assert_int_equal(db_query(db, "SELECT a FROM t", &rows, &err), OK);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	db_close(db);
	db = open_again(DB_READ_WRITE);
}

static void what_was_committed_survives_a_killed_process(void **state)
{
	int status;
	pid_t child;

	(void)state;
	db_close(db);
	child = fork();
	if (child == 0) {
		struct db *own = open_again(DB_READ_WRITE);

		if (db_run(own, "INSERT INTO t VALUES (1)", &err) || db_begin(own, &err) ||
		    db_run(own, "INSERT INTO t VALUES (2)", &err))
			_exit(1);
		raise(SIGKILL);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	db = open_again(DB_READ_WRITE);
	assert_int_equal(rows_in(db), 1);
}

/* --- migrations --------------------------------------------------------- */

static const char *const migrations[] = {
    "CREATE TABLE one (a INTEGER) STRICT",
    "CREATE TABLE two (a INTEGER) STRICT; INSERT INTO one VALUES (7)",
    "ALTER TABLE two ADD COLUMN b TEXT",
};

static void migrations_run_once_each_and_in_order(void **state)
{
	int version;

	(void)state;
	assert_int_equal(db_migrate(db, migrations, 1, &err), OK);
	assert_int_equal(db_migrate(db, migrations, 3, &err), OK);
	assert_int_equal(db_migrate(db, migrations, 3, &err), OK);
	assert_int_equal(db->driver->version(db, &version, &err), OK);
	assert_int_equal(version, 3);
	assert_int_equal(db_run(db, "DELETE FROM one", &err), OK);
	assert_int_equal(db_changes(db), 1);
}

static void a_migration_that_fails_leaves_the_version_before_it(void **state)
{
	static const char *const broken[] = {"CREATE TABLE one (a INTEGER)", "CREATE TABLE two (a); NONSENSE"};
	int version;

	(void)state;
	assert_int_equal(db_migrate(db, broken, 2, &err), ERR_INTERNAL);
	assert_false(db_in_transaction(db));
	assert_int_equal(db->driver->version(db, &version, &err), OK);
	assert_int_equal(version, 1);
	assert_int_equal(db_migrate(db, migrations, 3, &err), OK);
}

static void a_database_of_a_newer_program_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(db_migrate(db, migrations, 3, &err), OK);
	assert_int_equal(db_migrate(db, migrations, 2, &err), ERR_UNSUPPORTED);
	assert_non_null(strstr(err.what, "version 3"));
	assert_true(err.mend[0]);
	assert_int_equal(db_script(db, "PRAGMA user_version = -4", &err), OK);
	assert_int_equal(db_migrate(db, migrations, 3, &err), ERR_UNSUPPORTED);
}

static void a_reader_needs_no_lock_when_there_is_nothing_to_migrate(void **state)
{
	struct db *reader;

	(void)state;
	assert_int_equal(db_migrate(db, migrations, 2, &err), OK);
	reader = open_again(DB_READ_ONLY);
	assert_int_equal(db_begin(db, &err), OK);
	assert_int_equal(db_migrate(reader, migrations, 2, &err), OK);
	assert_int_equal(db_migrate(reader, migrations, 3, &err), ERR_DENIED);
	db_rollback(db);
	db_close(reader);
}

/* --- optional members --------------------------------------------------- */

static void what_a_driver_cannot_do_is_unsupported(void **state)
{
	static const struct db_driver bare = {.name = "A bare driver"};
	struct db one = {.driver = &bare};
	char problem[200];

	(void)state;
	assert_int_equal(db_checkpoint(&one, &err), ERR_UNSUPPORTED);
	assert_non_null(strstr(err.what, "A bare driver"));
	assert_int_equal(db_copy_to(&one, "copy", NULL, NULL, &err), ERR_UNSUPPORTED);
	assert_int_equal(db_integrity(&one, problem, &err), ERR_UNSUPPORTED);
	assert_int_equal(db_limit_cache(&one, 1, &err), OK); /* there is nothing to do */
	assert_string_equal(problem, "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_db, remove_db)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(closing_nothing_is_fine),
	    CASE(ending_a_query_that_never_began_is_harmless),
	    CASE(a_commit_is_seen_by_others_and_a_rollback_is_not),
	    CASE(transactions_do_not_nest),
	    CASE(a_reader_keeps_the_snapshot_of_its_beginning),
	    CASE(a_savepoint_undoes_only_what_came_after_it),
	    CASE(undoing_without_a_savepoint_undoes_the_transaction),
	    CASE(a_commit_that_fails_is_rolled_back),
	    CASE(closing_rolls_back_what_is_open),
	    CASE(closing_in_the_middle_of_a_query_is_fine),
	    CASE(what_was_committed_survives_a_killed_process),
	    CASE(migrations_run_once_each_and_in_order),
	    CASE(a_migration_that_fails_leaves_the_version_before_it),
	    CASE(a_database_of_a_newer_program_is_left_alone),
	    CASE(a_reader_needs_no_lock_when_there_is_nothing_to_migrate),
	    CASE(what_a_driver_cannot_do_is_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
