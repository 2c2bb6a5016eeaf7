/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a database driver gives to db.c.  Private to src/db.
 *
 * A driver puts `struct db` first in a struct of its own and hands out its
 * address.  db.c does what is the same for every database: running a statement
 * to its end, transactions, savepoints and migrations.
 *
 * Required members are never NULL; an optional one may be, and db.c then
 * answers ERR_UNSUPPORTED.
 */
#ifndef LETHE_DB_DRIVER_H
#define LETHE_DB_DRIVER_H

#include "db/db.h"

struct db_driver {
	const char *name; /* required; for error texts */

	/* Required. Finalises statements, rolls back, frees `db`. */
	void (*close)(struct db *db);
	/* Required. Several statements, no parameters. */
	enum result (*script)(struct db *db, const char *sql, struct err *err);

	/* Required. Finds or prepares the statement named by the address of `sql`, binds, and marks it running.
	 * Values are borrowed until `finish`. ERR_INTERNAL when it runs already or the number of values is wrong. */
	enum result (*start)(struct db *db, const char *sql, const struct db_value *values, size_t count, void **stmt,
			     struct err *err);
	/* Required. One row further. The caller calls `finish` after a failure or the end. */
	enum result (*step)(struct db *db, void *stmt, bool *more, struct err *err);
	/* Required. Ready to be started again. */
	void (*finish)(struct db *db, void *stmt);

	/* Required. Columns of the current row. */
	bool (*is_null)(void *stmt, int column);
	int64_t (*integer)(void *stmt, int column);
	const void *(*blob)(void *stmt, int column, size_t *len); /* never NULL */
	const char *(*text)(void *stmt, int column);              /* never NULL */

	/* Required. Rows changed by the last finished statement. */
	int64_t (*changes)(struct db *db);
	/* Required. `write`: with the write lock; else a snapshot fixed at once. */
	enum result (*begin)(struct db *db, bool write, struct err *err);
	/* Required. False also when the database rolled back by itself. */
	bool (*in_transaction)(struct db *db);
	/* Required. The schema's version; 0 in a new database. set_version takes part in the transaction. */
	enum result (*version)(struct db *db, int *out, struct err *err);
	enum result (*set_version)(struct db *db, int version, struct err *err);

	/* Optional: a server looks after its own log, copies and structure. As in db.h. */
	enum result (*checkpoint)(struct db *db, int wait_ms, struct err *err);
	enum result (*copy_to)(struct db *db, const char *path, void (*progress)(void *arg, int64_t done, int64_t all),
			       void *arg, struct err *err);
	enum result (*integrity)(struct db *db, char problem[200], struct err *err);
	/* Optional: without it nothing is done. */
	enum result (*limit_cache)(struct db *db, size_t bytes, struct err *err);
};

struct db {
	const struct db_driver *driver;
	bool left_open; /* a transaction that could not be undone: undone before the next */
};

/* For a driver, as it opens: what ends a transaction is prepared, so that it can be ended when there is no memory. */
MUST_CHECK enum result db_prepare_ends(struct db *db, struct err *err);

#endif
