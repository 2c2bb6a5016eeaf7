/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/duty.h"

#include <string.h>

static enum result copy_text(struct db_rows *rows, int column, struct pool *pool, const char **out, struct err *err)
{
	const char *text = db_text(rows, column);

	*out = pool_strndup(pool, text, strlen(text));
	return *out != NULL ? OK : err_no_memory(err);
}

/* ---- obligations ---- */

enum result obligation_put(struct db *db, uint32_t account, const struct obligation_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO obligation(account_id, code, applied_at, ended_at, set_by) VALUES($1, $2, $3, $4, $5)"
			  " ON CONFLICT(account_id, code) DO UPDATE SET applied_at = excluded.applied_at,"
			  " ended_at = excluded.ended_at, set_by = excluded.set_by",
		      err, DB_INT(account), DB_TEXT(row->code), DB_INT(row->applied.ms),
		      row->ended ? DB_INT(row->ended_at.ms) : DB_NULL, DB_TEXT(row->set_by));
}

enum result obligation_end_row(struct db *db, uint32_t account, const char *code, struct instant now, struct err *err)
{
	enum result r = db_run(db, "UPDATE obligation SET ended_at = $3"
				   " WHERE account_id = $1 AND code = $2 AND ended_at IS NULL",
			       err, DB_INT(account), DB_TEXT(code), DB_INT(now.ms));

	if (r == OK && db_changes(db) == 0)
		r = err_set(err, ERR_NOT_FOUND, "that obligation does not apply to this account");
	return r;
}

static enum result read_obligation(struct db_rows *rows, struct pool *pool, struct obligation_row *out,
				   struct err *err)
{
	enum result r;

	*out = (struct obligation_row){
	    .applied = {db_int(rows, 1)}, .ended = !db_is_null(rows, 2), .ended_at = {db_int(rows, 2)}};
	r = copy_text(rows, 0, pool, &out->code, err);
	return r == OK ? copy_text(rows, 3, pool, &out->set_by, err) : r;
}

enum result obligation_list_rows(struct db *db, uint32_t account, const char *after, struct pool *pool,
				 struct obligation_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT code, applied_at, ended_at, set_by FROM obligation"
				     " WHERE account_id = $1 AND code > $2 ORDER BY code LIMIT $3",
				 &rows, err, DB_INT(account), DB_TEXT(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_obligation(&rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

/* ---- duties ---- */

#define COLUMNS "duty_id, ends, codes, fields, made_at"

enum result duty_insert(struct db *db, const struct duty_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO duty(account_id, " COLUMNS ") VALUES($1, $2, $3, $4, $5, $6)", err,
		      DB_INT(row->account), DB_INT(row->duty), DB_INT(row->ends.days), DB_TEXT(row->codes),
		      DB_INT(row->fields), DB_INT(row->made.ms));
}

enum result duty_find(struct db *db, uint32_t account, struct date ends, const char *codes, uint32_t fields,
		      int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT duty_id FROM duty WHERE account_id = $1 AND ends = $2 AND codes = $3"
				" AND fields = $4",
			    0, out, err, DB_INT(account), DB_INT(ends.days), DB_TEXT(codes), DB_INT(fields));
}

static enum result read_duty(struct db_rows *rows, uint32_t account, struct pool *pool, struct duty_row *out,
			     struct err *err)
{
	*out = (struct duty_row){.account = account,
				 .duty = db_int(rows, 0),
				 .ends = {(int32_t)db_int(rows, 1)},
				 .fields = (uint32_t)db_int(rows, 3),
				 .made = {db_int(rows, 4)}};
	return copy_text(rows, 2, pool, &out->codes, err);
}

enum result duty_get(struct db *db, uint32_t account, int64_t duty, struct pool *pool, struct duty_row *out,
		     struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM duty WHERE account_id = $1 AND duty_id = $2", &rows,
				     &found, err, DB_INT(account), DB_INT(duty));

	if (r != OK)
		return r;
	r = found ? read_duty(&rows, account, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such duty");
	db_end(&rows);
	return r;
}

enum result duty_list(struct db *db, uint32_t account, struct date until, int64_t after, struct pool *pool,
		      struct duty_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM duty WHERE account_id = $1 AND duty_id > $3 AND ends <= $2"
				     " ORDER BY duty_id LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(until.days), DB_INT(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_duty(&rows, account, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result duty_delete(struct db *db, uint32_t account, int64_t duty, struct err *err)
{
	return db_run(db, "DELETE FROM duty WHERE account_id = $1 AND duty_id = $2", err, DB_INT(account), DB_INT(duty));
}
