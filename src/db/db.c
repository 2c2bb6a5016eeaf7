/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "db/driver.h"

void db_close(struct db *db)
{
	if (db)
		db->driver->close(db);
}

enum result db_script(struct db *db, const char *sql, struct err *err)
{
	return db->driver->script(db, sql, err);
}

enum result db_run_n(struct db *db, const char *sql, const struct db_value *values, size_t count, struct err *err)
{
	const struct db_driver *driver = db->driver;
	bool more = true;
	enum result r;
	void *stmt;

	r = driver->start(db, sql, values, count, &stmt, err);
	if (r)
		return r;
	while (r == OK && more)
		r = driver->step(db, stmt, &more, err);
	driver->finish(db, stmt);
	return r;
}

int64_t db_changes(struct db *db)
{
	return db->driver->changes(db);
}

enum result db_query_n(struct db *db, const char *sql, struct db_rows *rows, const struct db_value *values,
		       size_t count, struct err *err)
{
	*rows = (struct db_rows){.db = db};
	return db->driver->start(db, sql, values, count, &rows->stmt, err);
}

/* Past the last row and after a failure the statement is given back at once, so that it holds no lock. */
enum result db_next(struct db_rows *rows, bool *more, struct err *err)
{
	enum result r;

	*more = false;
	if (!rows->stmt)
		return OK;
	r = rows->db->driver->step(rows->db, rows->stmt, more, err);
	if (r || !*more)
		db_end(rows);
	return r;
}

void db_end(struct db_rows *rows)
{
	if (rows->stmt)
		rows->db->driver->finish(rows->db, rows->stmt);
	rows->stmt = NULL;
}

bool db_is_null(struct db_rows *rows, int column)
{
	return rows->db->driver->is_null(rows->stmt, column);
}

int64_t db_int(struct db_rows *rows, int column)
{
	return rows->db->driver->integer(rows->stmt, column);
}

const void *db_blob(struct db_rows *rows, int column, size_t *len)
{
	return rows->db->driver->blob(rows->stmt, column, len);
}

const char *db_text(struct db_rows *rows, int column)
{
	return rows->db->driver->text(rows->stmt, column);
}

/* By their addresses, which the drivers find them by. */
static const char rollback_sql[] = "ROLLBACK", rollback_to_sql[] = "ROLLBACK TO SAVEPOINT operation",
		  release_sql[] = "RELEASE SAVEPOINT operation";

enum result db_prepare_ends(struct db *db, struct err *err)
{
	static const char *const ends[] = {rollback_sql, rollback_to_sql, release_sql};
	enum result r = OK;
	void *stmt;

	for (size_t i = 0; i < sizeof ends / sizeof *ends && r == OK; i++) {
		r = db->driver->start(db, ends[i], NULL, 0, &stmt, err);
		if (r == OK)
			db->driver->finish(db, stmt);
	}
	return r;
}

static enum result none_open(struct db *db, struct err *err)
{
	if (db->left_open && db_in_transaction(db)) {
		enum result r = db_run_n(db, rollback_sql, NULL, 0, err);

		if (r)
			return r;
	}
	db->left_open = false;
	return db_in_transaction(db) ? err_set(err, ERR_INTERNAL, "a transaction is open already") : OK;
}

enum result db_begin(struct db *db, struct err *err)
{
	enum result r = none_open(db, err);

	if (r)
		return r;
	return db->driver->begin(db, true, err);
}

enum result db_begin_read(struct db *db, struct err *err)
{
	enum result r = none_open(db, err);

	if (r)
		return r;
	return db->driver->begin(db, false, err);
}

enum result db_commit(struct db *db, struct err *err)
{
	enum result r = db_run_n(db, "COMMIT", NULL, 0, err);

	if (r)
		db_rollback(db);
	return r;
}

void db_rollback(struct db *db)
{
	struct err ignored;

	if (db_in_transaction(db))
		(void)!db_run_n(db, rollback_sql, NULL, 0, &ignored);
	db->left_open = db_in_transaction(db);
}

enum result db_savepoint(struct db *db, struct err *err)
{
	if (!db_in_transaction(db))
		return err_set(err, ERR_INTERNAL, "a savepoint needs a transaction");
	return db_run_n(db, "SAVEPOINT operation", NULL, 0, err);
}

enum result db_release(struct db *db, struct err *err)
{
	return db_run_n(db, release_sql, NULL, 0, err);
}

/* When even this fails, everything goes: db_in_transaction tells. */
void db_rollback_to(struct db *db)
{
	struct err ignored;

	if (!db_in_transaction(db))
		return;
	if (db_run_n(db, rollback_to_sql, NULL, 0, &ignored) || db_release(db, &ignored))
		db_rollback(db);
}

bool db_in_transaction(struct db *db)
{
	return db->driver->in_transaction(db);
}

static enum result unsupported(const struct db *db, const char *what, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, "%s cannot %s from here: its own tools do that", db->driver->name, what);
}

enum result db_checkpoint_within(struct db *db, int wait_ms, struct err *err)
{
	if (!db->driver->checkpoint)
		return unsupported(db, "empty its log", err);
	return db->driver->checkpoint(db, wait_ms, err);
}

enum result db_checkpoint(struct db *db, struct err *err)
{
	return db_checkpoint_within(db, -1, err);
}

enum result db_copy_to(struct db *db, const char *path, void (*progress)(void *arg, int64_t done, int64_t all),
		       void *arg, struct err *err)
{
	if (!db->driver->copy_to)
		return unsupported(db, "be copied", err);
	return db->driver->copy_to(db, path, progress, arg, err);
}

enum result db_integrity(struct db *db, char problem[200], struct err *err)
{
	problem[0] = '\0';
	if (!db->driver->integrity)
		return unsupported(db, "be checked", err);
	return db->driver->integrity(db, problem, err);
}

enum result db_limit_cache(struct db *db, size_t bytes, struct err *err)
{
	return db->driver->limit_cache != NULL ? db->driver->limit_cache(db, bytes, err) : OK;
}

/* One step up, unless another process took it while this one waited for the lock. */
static enum result migrate_step(struct db *db, const char *const *scripts, int *version, struct err *err)
{
	int before = *version;
	enum result r;

	r = db_begin(db, err);
	if (r)
		return r;
	r = db->driver->version(db, version, err);
	if (r == OK && *version == before) {
		r = db_script(db, scripts[before], err);
		if (r == OK)
			r = db->driver->set_version(db, ++*version, err);
	}
	if (r) {
		db_rollback(db);
		return r;
	}
	return db_commit(db, err);
}

enum result db_migrate(struct db *db, const char *const *scripts, int count, struct err *err)
{
	int version;
	enum result r;

	r = db->driver->version(db, &version, err);
	while (r == OK && version >= 0 && version < count)
		r = migrate_step(db, scripts, &version, err);
	if (r)
		return r;
	if (version < 0 || version > count) {
		err_set(err, ERR_UNSUPPORTED, "the database has version %d; this program knows versions up to %d",
			version, count);
		return err_mend(err, "use the version of lethe that wrote it, or a newer one");
	}
	return OK;
}
