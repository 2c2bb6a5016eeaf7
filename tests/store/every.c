/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What holds for every function of the store: the accounts are apart (P22), and a database that fails is reported.
 * The headers are read, so that no function is forgotten.
 */
#include "store/calls.h"

#include <glob.h>
#include <sqlite3.h>

#include "base/file.h"
#include "db/driver.h"

/* ---- none is forgotten ---- */

static bool is_listed(const char *name, size_t len)
{
	static const char *const apart[] = {"column_exact", "column_id", "column_word", "column_bytes", "column_ids",
					    "column_numbers", "column_accounts", "kind_read_id", "parties_unpack", "labels_unpack",
					    "schema_migrate_vault", "schema_migrate_keys"};

	for (size_t i = 0; i < CALLS; i++)
		if (strlen(calls[i].name) == len && memcmp(calls[i].name, name, len) == 0)
			return true;
	for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++)
		if (strlen(apart[i]) == len && memcmp(apart[i], name, len) == 0)
			return true;
	return false;
}

static size_t check_header(const char *path)
{
	static const char before[] = "MUST_CHECK enum result ";
	struct buf text;
	size_t found = 0;
	const char *at;

	assert_ok(file_read(path, (size_t)1 << 20, &text, &err));
	for (at = text.data; (at = strstr(at, before)) != NULL; found++) {
		at += strlen(before);
		if (!is_listed(at, strcspn(at, "(")))
			fail_msg("%s: %.*s is not tried with another account", path, (int)strcspn(at, "("), at);
	}
	buf_free(&text);
	return found;
}

static void no_function_is_forgotten(void **state)
{
	size_t found = 0;
	glob_t headers;

	(void)state;
	assert_int_equal(glob("src/store/*.h", 0, NULL, &headers), 0); /* tests run in the project's folder */
	for (size_t i = 0; i < headers.gl_pathc; i++)
		found += check_header(headers.gl_pathv[i]);
	globfree(&headers);
	assert_true(found >= CALLS);
}

/* ---- P22 ---- */

static void nothing_of_one_account_is_there_for_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < CALLS; i++) {
		int64_t mine = 0, others = 0;
		enum result r;

		if (calls[i].what != READS)
			continue;
		assert_ok(calls[i].run(1, &mine));
		if (mine == 0)
			fail_msg("%s sees nothing of its own account", calls[i].name);
		r = calls[i].run(2, &others);
		if (others != 0 || (r != OK && r != ERR_NOT_FOUND))
			fail_msg("%s sees %lld of another account: %s", calls[i].name, (long long)others, result_name(r));
	}
}

static int add_column(void *stream, int count, char **values, char **names)
{
	(void)names;
	for (int i = 0; i < count; i++)
		sha256_update(stream, values[i] != NULL ? values[i] : "NULL", values[i] != NULL ? strlen(values[i]) + 1 : 5);
	return 0;
}

static int add_table(void *arg, int count, char **values, char **names)
{
	void **at = arg;
	char sql[400];

	(void)count;
	(void)names;
	snprintf(sql, sizeof sql, "SELECT '%s', %s FROM %s WHERE account_id = 1", values[0], values[1], values[0]);
	return sqlite3_exec(at[0], sql, add_column, at[1], NULL);
}

static void add_rows(const char *path, struct sha256_stream *stream)
{
	sqlite3 *handle;
	void *at[2];

	assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	at[0] = handle;
	at[1] = stream;
	assert_int_equal(sqlite3_exec(handle,
				      "SELECT m.name, group_concat('quote(' || c.name || ')') FROM sqlite_schema m,"
				      " pragma_table_info(m.name) c WHERE m.type = 'table' GROUP BY m.name"
				      " HAVING SUM(c.name = 'account_id') ORDER BY m.name",
				      add_table, at, NULL),
			 SQLITE_OK);
	sqlite3_close(handle);
}

/* Of all rows of account 1, in both databases. */
static struct hash own_rows(void)
{
	struct sha256_stream *stream = sha256_begin();

	assert_non_null(stream);
	add_rows(vault_path, stream);
	add_rows(keys_path, stream);
	return sha256_end(stream);
}

static void check_write(const struct call *call)
{
	struct hash before = own_rows(), after;
	int64_t seen;
	enum result r = call->run(2, &seen);

	if (r != OK && r != ERR_NOT_FOUND)
		fail_msg("%s of another account: %s", call->name, err.what);
	after = own_rows();
	if (memcmp(&before, &after, sizeof before) != 0)
		fail_msg("%s changes another account's rows", call->name);
	assert_ok(call->run(1, &seen));
	after = own_rows();
	if (memcmp(&before, &after, sizeof before) == 0)
		fail_msg("%s changes nothing, so it shows nothing", call->name);
}

static void nothing_of_one_account_is_changed_by_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < CALLS; i++) {
		if (calls[i].what != WRITES)
			continue;
		check_write(&calls[i]);
		assert_int_equal(close_tables(NULL), 0);
		assert_int_equal(open_filled(NULL), 0);
	}
}

/* ---- a database that fails ---- */

static const struct db_driver *real;
static struct db_driver failing;
static long until_failure;
static int running;

static enum result failing_start(struct db *db, const char *sql, const struct db_value *values, size_t count, void **stmt,
				 struct err *e)
{
	enum result r = --until_failure == 0 ? err_set(e, ERR_IO, "the disk is gone")
					     : real->start(db, sql, values, count, stmt, e);

	running += r == OK;
	return r;
}

static enum result failing_step(struct db *db, void *stmt, bool *more, struct err *e)
{
	*more = false;
	return --until_failure == 0 ? err_set(e, ERR_IO, "the disk is gone") : real->step(db, stmt, more, e);
}

static void failing_finish(struct db *db, void *stmt)
{
	running--;
	real->finish(db, stmt);
}

/* In a transaction that is undone. */
static enum result run_failing(const struct call *call, long at)
{
	int64_t seen = 0;
	enum result r;

	assert_ok(db_begin(vault, &err));
	assert_ok(db_begin(keys, &err));
	until_failure = at;
	running = 0;
	vault->driver = keys->driver = &failing;
	r = call->run(1, &seen);
	vault->driver = keys->driver = real;
	if (running != 0)
		fail_msg("%s leaves %d statements running", call->name, running);
	db_rollback(vault);
	db_rollback(keys);
	return r;
}

static void every_failure_of_the_database_is_reported(void **state)
{
	struct hash before = own_rows(), after;

	(void)state;
	real = vault->driver;
	failing = *real;
	failing.start = failing_start;
	failing.step = failing_step;
	failing.finish = failing_finish;
	for (size_t i = 0; i < CALLS; i++) {
		long steps;

		assert_ok(run_failing(&calls[i], 1000000));
		steps = 1000000 - until_failure;
		assert_true(steps >= 2);
		for (long n = 1; n <= steps; n++) {
			enum result r = run_failing(&calls[i], n);

			if (r != ERR_IO)
				fail_msg("%s: when step %ld of %ld fails it says %s", calls[i].name, n, steps, result_name(r));
			assert_string_equal(err.what, "the disk is gone");
		}
	}
	after = own_rows();
	assert_memory_equal(&before, &after, sizeof before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_function_is_forgotten),
	    cmocka_unit_test_setup_teardown(nothing_of_one_account_is_there_for_another, open_filled, close_tables),
	    cmocka_unit_test_setup_teardown(nothing_of_one_account_is_changed_by_another, open_filled, close_tables),
	    cmocka_unit_test_setup_teardown(every_failure_of_the_database_is_reported, open_filled, close_tables),
	};

	return cmocka_run_group_tests_name("store/every", tests, NULL, NULL);
}
