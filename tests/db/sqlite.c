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
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "db/database.h"

static enum result open_result(const char *path, enum db_mode mode)
{
	struct db_options options = {.mode = mode};
	struct db *db = NULL;
	enum result r = db_open_sqlite(path, &options, &db, &err);

	db_close(db);
	return r;
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(path_of(name), &st), 0);
	return st.st_mode & 0777;
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(who_reads_on_and_on_has_the_file_mapped),
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
