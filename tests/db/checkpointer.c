/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A log that is moved into the database beside the connection that writes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "db/db.h"
#include "folder.h"

#define PAGES 40
#define PAGE 4096
#define FRAME (PAGE + 24)
#define COMMITS 3000

static char folder[PATH_MAX], path[PATH_MAX + 16];
static struct err err;

static int make_folder(void **state)
{
	(void)state;
	return folder_make(folder, sizeof folder, "checkpointer");
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

static struct db *open_db(enum db_mode mode, int pages)
{
	const struct db_options options = {.mode = mode, .busy_timeout_ms = 5000, .checkpoint_pages = pages};
	struct db *db = NULL;

	snprintf(path, sizeof path, "%s/a.db", folder);
	if (db_open_sqlite(path, &options, &db, &err) != OK)
		fail_msg("%s (%s)", err.what, err.where);
	return db;
}

static int64_t size_of(const char *ending)
{
	char name[PATH_MAX + 32];
	struct stat st;

	snprintf(name, sizeof name, "%s%s", path, ending);
	return stat(name, &st) == 0 ? (int64_t)st.st_size : -1;
}

static int64_t count(struct db *db)
{
	int64_t n = 0;

	assert_int_equal(db_query_int(db, "SELECT COUNT(*) FROM t WHERE a >= $1", 0, &n, &err, DB_INT(0)), OK);
	return n;
}

static void write_rows(struct db *db, int from, int rows)
{
	for (int i = from; i < from + rows; i++)
		assert_int_equal(db_run(db, "INSERT INTO t (a, b) VALUES ($1, $2)", &err, DB_INT(i),
					DB_TEXT("a row that is as long as some sixty bytes, so that pages fill")),
				 OK);
}

static struct db *make_table(int pages)
{
	struct db *db = open_db(DB_CREATE, pages);

	assert_int_equal(db_script(db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL)", &err), OK);
	return db;
}

static void the_log_stays_short_however_much_is_written(void **state)
{
	struct db *db = make_table(PAGES), *reader;

	(void)state;
	write_rows(db, 0, COMMITS);
	/* Four times the threshold at most, and what one commit adds; SQLite rounds nothing up. */
	assert_in_range(size_of("-wal"), 1, (int64_t)(4 * PAGES + 8) * FRAME);
	assert_true(size_of("") > COMMITS * 50 / 2); /* most of it is in the file */
	reader = open_db(DB_READ_ONLY, 0);
	assert_int_equal(count(reader), COMMITS);
	db_close(reader);
	db_close(db);
	assert_int_equal(size_of("-wal"), -1); /* the last one to close takes the log away */
}

static void without_it_the_log_holds_all_of_that(void **state)
{
	struct db *db = make_table(0);

	(void)state;
	write_rows(db, 0, COMMITS);
	assert_true(size_of("-wal") > (int64_t)(4 * PAGES + 8) * FRAME);
	db_close(db);
}

/* A reader's snapshot keeps the log from beginning anew; nothing is lost, and afterwards it does. */
static void a_reader_only_makes_the_log_longer(void **state)
{
	struct db *db = make_table(PAGES), *reader;
	int64_t grown;

	(void)state;
	write_rows(db, 0, 100);
	reader = open_db(DB_READ_WRITE, 0);
	assert_int_equal(db_begin_read(reader, &err), OK);
	write_rows(db, 100, COMMITS);
	grown = size_of("-wal");
	assert_true(grown > (int64_t)COMMITS / 2 * FRAME);
	assert_int_equal(count(reader), 100);
	db_rollback(reader);
	write_rows(db, 100 + COMMITS, COMMITS);
	/* Written over from its beginning, as soon as the thread is through. */
	assert_in_range(size_of("-wal"), grown, grown + (int64_t)(4 * PAGES + 8) * FRAME);
	assert_int_equal(count(reader), 100 + 2 * COMMITS);
	db_close(reader);
	db_close(db);
}

struct emptying { atomic_bool stop; int emptied, failed; };

static void *empty_again_and_again(void *arg)
{
	struct emptying *e = arg;
	struct db *db = open_db(DB_READ_WRITE, 0);
	struct err ignored;

	while (!atomic_load(&e->stop)) {
		if (db_checkpoint(db, &ignored) == OK)
			e->emptied++;
		else
			e->failed++;
	}
	db_close(db);
	return NULL;
}

/* As after an erasure: who empties the log waits for the thread's turn, instead of being refused. */
static void emptying_the_log_beside_it_is_never_refused(void **state)
{
	struct emptying emptying = {.emptied = 0};
	struct db *db = make_table(4);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, empty_again_and_again, &emptying), 0);
	for (int i = 0; i < 2000; i += 100) {
		write_rows(db, i, 100);
		usleep(1000); /* let the other have the lock */
	}
	atomic_store(&emptying.stop, true);
	pthread_join(thread, NULL);
	assert_true(emptying.emptied > 0);
	assert_int_equal(emptying.failed, 0);
	assert_int_equal(count(db), 2000);
	db_close(db);
}

/* No file descriptor is left for a second connection: commits do the work themselves. */
static void without_a_second_connection_commits_move_the_log(void **state)
{
	struct rlimit before, none;
	struct db *db = make_table(PAGES);

	(void)state;
	write_rows(db, 0, 10);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	write_rows(db, 10, COMMITS);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_in_range(size_of("-wal"), 1, (int64_t)(2 * PAGES) * FRAME);
	assert_int_equal(count(db), COMMITS + 10);
	db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_log_stays_short_however_much_is_written),
	    TEST(without_it_the_log_holds_all_of_that),
	    TEST(a_reader_only_makes_the_log_longer),
	    TEST(emptying_the_log_beside_it_is_never_refused),
	    TEST(without_a_second_connection_commits_move_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
