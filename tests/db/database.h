/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Databases in a folder of a test's own.
 */
#ifndef LETHE_TESTS_DB_DATABASE_H
#define LETHE_TESTS_DB_DATABASE_H

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/db.h"
#include "folder.h"

static char folder[PATH_MAX];
static struct err err;

static inline const char *path_of(const char *name)
{
	static char paths[4][PATH_MAX + 64];
	static int turn;
	char *out = paths[turn++ % 4];

	snprintf(out, sizeof paths[0], "%s/%s", folder, name);
	return out;
}

static inline int make_folder(void **state)
{
	(void)state;
	return folder_make(folder, sizeof folder, "sqlite");
}

static inline int remove_folder(void **state)
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

static inline struct db *open_db(const char *name, enum db_mode mode)
{
	struct db_options options = {.mode = mode, .secure_delete = true, .cache_bytes = 1 << 20};
	struct db *db = NULL;

	if (db_open_sqlite(path_of(name), &options, &db, &err) != OK)
		fail_msg("%s (%s)", err.what, err.where);
	return db;
}

static inline struct db *open_with_table(const char *name)
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
static inline int64_t ask(struct db *db, const char *sql)
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

static inline void insert(struct db *db, int a, const char *c)
{
	assert_int_equal(db_run(db, "INSERT INTO t (a, c) VALUES ($1, $2)", &err, DB_INT(a), DB_TEXT(c)), OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

#endif
