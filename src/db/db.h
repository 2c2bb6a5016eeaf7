/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One narrow interface to a relational database; SQLite here, PostgreSQL to come.
 *
 * A `struct db` is one connection, used by one thread at a time.  SQL is
 * static text with numbered parameters ($1, $2, ..), which both drivers
 * understand; statements are prepared once per connection and found again by
 * the address of their text.  Integers are 64-bit, blobs are bytes, text is UTF-8.
 */
#ifndef LETHE_DB_DB_H
#define LETHE_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct db;

enum db_value_type { DB_T_NULL, DB_T_INT, DB_T_BLOB, DB_T_TEXT };
struct db_value {
	enum db_value_type type;
	int64_t integer;
	const void *data; /* borrowed until the statement is reset */
	size_t len;
};
#define DB_NULL ((struct db_value){.type = DB_T_NULL})
#define DB_INT(v) ((struct db_value){.type = DB_T_INT, .integer = (int64_t)(v)})
#define DB_BLOB(p, n) ((struct db_value){.type = DB_T_BLOB, .data = (p), .len = (n)})
#define DB_TEXT(s) ((struct db_value){.type = DB_T_TEXT, .data = (s), .len = strlen(s)})
#define DB_TEXT_N(p, n) ((struct db_value){.type = DB_T_TEXT, .data = (p), .len = (n)})

enum db_mode { DB_READ_WRITE, DB_READ_ONLY, DB_CREATE };

struct db_options {
	enum db_mode mode;
	bool secure_delete;    /* overwrite what is deleted */
	size_t cache_bytes;    /* page cache; 0: driver's default */
	int busy_timeout_ms;   /* wait for another process's transaction */
	int checkpoint_pages;  /* a log of so many pages is moved into the file on a thread of its own, beside the writer;
				* 0: by the commit that meets it. SQLite only */
	int map_after;         /* from so many pages read on, the file is mapped into memory; 0: never. SQLite only */
};

MUST_CHECK enum result db_open_sqlite(const char *path, const struct db_options *options, struct db **out,
				      struct err *err);
void db_close(struct db *db); /* finalises statements; rolls back what is open; NULL is fine */

/* Several statements without parameters or results (DDL). */
MUST_CHECK enum result db_script(struct db *db, const char *sql, struct err *err);
/* One statement, no rows wanted. `sql` must be a string literal: its address is its name.
 * ERR_EXISTS on a unique or primary key conflict. */
MUST_CHECK enum result db_run_n(struct db *db, const char *sql, const struct db_value *values, size_t count,
				struct err *err);
#define db_run(db, sql, err, ...) \
	db_run_n((db), (sql), (const struct db_value[]){__VA_ARGS__}, \
		 sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value), (err))
int64_t db_changes(struct db *db); /* rows changed by the last db_run */

/* A running query. Several may run at once on one connection as long as their SQL texts differ.
 *	struct db_rows rows;
 *	r = db_query(db, SQL, &rows, err, DB_INT(1));
 *	while (r == OK && (r = db_next(&rows, &more, err)) == OK && more) ..
 *	db_end(&rows);
 * db_end is required after a successful db_query, and harmless otherwise. */
struct db_rows { struct db *db; void *stmt; };
MUST_CHECK enum result db_query_n(struct db *db, const char *sql, struct db_rows *rows, const struct db_value *values,
				  size_t count, struct err *err);
#define db_query(db, sql, rows, err, ...) \
	db_query_n((db), (sql), (rows), (const struct db_value[]){__VA_ARGS__}, \
		   sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value), (err))
MUST_CHECK enum result db_next(struct db_rows *rows, bool *more, struct err *err);
void db_end(struct db_rows *rows);
/* Columns from 0, valid until db_next or db_end. */
bool db_is_null(struct db_rows *rows, int column);
int64_t db_int(struct db_rows *rows, int column);             /* NULL reads as 0 */
const void *db_blob(struct db_rows *rows, int column, size_t *len);
const char *db_text(struct db_rows *rows, int column);        /* NULL reads as "" */

/* A query for at most one row: runs it and takes the first step. `*found` tells; on failure it is ended already,
 * otherwise the caller reads the columns and calls db_end. */
MUST_CHECK enum result db_query_one_n(struct db *db, const char *sql, struct db_rows *rows, bool *found,
				      const struct db_value *values, size_t count, struct err *err);
#define db_query_one(db, sql, rows, found, err, ...) \
	db_query_one_n((db), (sql), (rows), (found), (const struct db_value[]){__VA_ARGS__}, \
		       sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value), (err))
/* Such a query for one integer: NULL and no row both give `fallback`. */
MUST_CHECK enum result db_query_int_n(struct db *db, const char *sql, int64_t fallback, int64_t *out,
				      const struct db_value *values, size_t count, struct err *err);
#define db_query_int(db, sql, fallback, out, err, ...) \
	db_query_int_n((db), (sql), (fallback), (out), (const struct db_value[]){__VA_ARGS__}, \
		       sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value), (err))

/* Transactions. begin takes the write lock at once. */
MUST_CHECK enum result db_begin(struct db *db, struct err *err);
MUST_CHECK enum result db_begin_read(struct db *db, struct err *err); /* a stable snapshot */
/* Durable when it returns OK; rolled back otherwise. */
MUST_CHECK enum result db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);
MUST_CHECK enum result db_savepoint(struct db *db, struct err *err);  /* one level */
MUST_CHECK enum result db_release(struct db *db, struct err *err);
void db_rollback_to(struct db *db);
bool db_in_transaction(struct db *db);

/* Everything in the log into the main file, and the log emptied: after keys are destroyed, no old page lingers in it.
 * ERR_BUSY when a reader still needs it after the connection's busy timeout. While it waits others write. */
MUST_CHECK enum result db_checkpoint(struct db *db, struct err *err);
/* The same with a wait of its own; less than 0: the connection's. */
MUST_CHECK enum result db_checkpoint_within(struct db *db, int wait_ms, struct err *err);
/* A consistent copy of a running database, written to `path` (which must not exist), fsynced. */
MUST_CHECK enum result db_copy_to(struct db *db, const char *path,
				  void (*progress)(void *arg, int64_t done, int64_t all), void *arg,
				  struct err *err);
/* Holds at most so much of the database in memory from now on; 0: as much as when it was opened. For work that meets each page
 * once. No-op where a server sees to it. */
MUST_CHECK enum result db_limit_cache(struct db *db, size_t bytes, struct err *err);
/* The driver's own check of its structure; ERR_CORRUPT when it finds a fault, and `problem` (of 200) names the first;
 * else `problem` is "". */
MUST_CHECK enum result db_integrity(struct db *db, char problem[200], struct err *err);

/* Numbered migrations, embedded: script i (from 0) brings version i to i+1. Applied in one transaction each.
 * ERR_UNSUPPORTED when the database is newer than `count`. */
MUST_CHECK enum result db_migrate(struct db *db, const char *const *scripts, int count, struct err *err);

#endif
