/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/holiday.h"

#include <string.h>

#include "store/column.h"

#define COLUMNS "day, name, law, added_at, added_by"

enum result holiday_put(struct db *db, uint32_t account, const struct holiday_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO holiday(account_id, " COLUMNS ") VALUES($1, $2, $3, $4, $5, $6)"
			  " ON CONFLICT(account_id, day) DO UPDATE SET name = $3, law = $4, added_at = $5, added_by = $6",
		      err, DB_INT(account), DB_INT(row->day.days), DB_BLOB(row->name, row->name_len),
		      DB_BLOB(row->law, row->law_len), DB_INT(row->added.ms), DB_TEXT(row->added_by));
}

enum result holiday_delete(struct db *db, uint32_t account, struct date day, struct err *err)
{
	return db_run(db, "DELETE FROM holiday WHERE account_id = $1 AND day = $2", err, DB_INT(account),
		      DB_INT(day.days));
}

static enum result read_holiday(struct db_rows *rows, struct pool *pool, struct holiday_row *out, struct err *err)
{
	const char *by = db_text(rows, 4);
	enum result r = column_bytes(rows, 1, pool, &out->name, &out->name_len, err);

	out->day = (struct date){(int32_t)db_int(rows, 0)};
	out->added = (struct instant){db_int(rows, 3)};
	if (r == OK)
		r = column_bytes(rows, 2, pool, &out->law, &out->law_len, err);
	if (r != OK)
		return r;
	out->added_by = pool_strndup(pool, by, strlen(by));
	return out->added_by != NULL ? OK : err_no_memory(err);
}

enum result holiday_get(struct db *db, uint32_t account, struct date day, struct pool *pool, struct holiday_row *out,
			struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM holiday WHERE account_id = $1 AND day = $2", &rows,
				     &found, err, DB_INT(account), DB_INT(day.days));

	if (r != OK)
		return r;
	r = found ? read_holiday(&rows, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such day off");
	db_end(&rows);
	return r;
}

enum result holiday_list(struct db *db, uint32_t account, struct date after, struct pool *pool,
			 struct holiday_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM holiday WHERE account_id = $1 AND day > $2"
				     " ORDER BY day LIMIT $3",
				 &rows, err, DB_INT(account), DB_INT(after.days), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_holiday(&rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result holiday_count(struct db *db, uint32_t account, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT COUNT(*) FROM holiday WHERE account_id = $1", 0, out, err, DB_INT(account));
}
