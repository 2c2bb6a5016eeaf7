/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/account.h"

#include <stdio.h>
#include <string.h>

#include "store/column.h"

enum result account_insert(struct db *db, const struct account_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO account(account_id, id, name_blind, name, country, created_at)"
			  " VALUES($1, $2, $3, $4, $5, $6)",
		      err, DB_INT(row->account), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      DB_BLOB(row->name_blind.bytes, BLIND_LEN), DB_BLOB(row->name, row->name_len),
		      DB_TEXT(row->country), DB_INT(row->created.ms));
}

static enum result read_account(struct db_rows *rows, struct pool *pool, struct account_row *out, struct err *err)
{
	enum result r;

	out->account = (uint32_t)db_int(rows, 0);
	out->created.ms = db_int(rows, 5);
	snprintf(out->country, sizeof out->country, "%s", db_text(rows, 4));
	r = column_exact(rows, 1, out->id.bytes, sizeof out->id.bytes, err);
	if (r == OK)
		r = column_exact(rows, 2, out->name_blind.bytes, BLIND_LEN, err);
	if (r == OK)
		r = column_bytes(rows, 3, pool, &out->name, &out->name_len, err);
	return r;
}

enum result account_get(struct db *db, uint32_t account, struct pool *pool, struct account_row *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT account_id, id, name_blind, name, country, created_at"
					 " FROM account WHERE account_id = $1",
				     &rows, &found, err, DB_INT(account));

	if (r != OK)
		return r;
	r = found ? read_account(&rows, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such account");
	db_end(&rows);
	return r;
}

static enum result found_account(enum result r, int64_t number, uint32_t *out, struct err *err)
{
	if (r != OK)
		return r;
	if (number == 0)
		return err_set(err, ERR_NOT_FOUND, "no such account");
	*out = (uint32_t)number;
	return OK;
}

enum result account_find_by_id(struct db *db, struct id id, uint32_t *out, struct err *err)
{
	int64_t number = 0;
	enum result r = db_query_int(db, "SELECT account_id FROM account WHERE id = $1", 0, &number, err,
				     DB_BLOB(id.bytes, sizeof id.bytes));

	return found_account(r, number, out, err);
}

enum result account_find_by_name(struct db *db, const struct blind *blind, uint32_t *out, struct err *err)
{
	int64_t number = 0;
	enum result r = db_query_int(db, "SELECT account_id FROM account WHERE name_blind = $1", 0, &number, err,
				     DB_BLOB(blind->bytes, BLIND_LEN));

	return found_account(r, number, out, err);
}

enum result account_list(struct db *db, uint32_t after, uint32_t *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT account_id FROM account WHERE account_id > $1 ORDER BY account_id LIMIT $2",
				 &rows, err, DB_INT(after), DB_INT(max));

	*count = 0;
	return r == OK ? column_accounts(&rows, out, max, count, err) : r;
}

enum result meta_get(struct db *db, const char *name, struct pool *pool, const char **value, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT value FROM meta WHERE name = $1", &rows, &found, err, DB_TEXT(name));

	if (r != OK)
		return r;
	if (!found)
		r = err_set(err, ERR_NOT_FOUND, "the vault does not say its %s", name);
	else if ((*value = pool_strdup(pool, db_text(&rows, 0))) == NULL)
		r = err_no_memory(err);
	db_end(&rows);
	return r;
}

enum result meta_set(struct db *db, const char *name, const char *value, struct err *err)
{
	return db_run(db, "INSERT INTO meta(name, value) VALUES($1, $2)"
			  " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
		      err, DB_TEXT(name), DB_TEXT(value));
}
