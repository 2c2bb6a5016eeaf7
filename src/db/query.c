/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Queries for one row, on top of the driver's interface.
 */
#include "db/db.h"

enum result db_query_one_n(struct db *db, const char *sql, struct db_rows *rows, bool *found,
			   const struct db_value *values, size_t count, struct err *err)
{
	enum result r = db_query_n(db, sql, rows, values, count, err);

	*found = false;
	if (r != OK)
		return r;
	r = db_next(rows, found, err);
	if (r != OK)
		db_end(rows);
	return r;
}

enum result db_query_int_n(struct db *db, const char *sql, int64_t fallback, int64_t *out,
			   const struct db_value *values, size_t count, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one_n(db, sql, &rows, &found, values, count, err);

	if (r != OK)
		return r;
	*out = found && !db_is_null(&rows, 0) ? db_int(&rows, 0) : fallback;
	db_end(&rows);
	return OK;
}
