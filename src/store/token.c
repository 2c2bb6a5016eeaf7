/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/token.h"

#include <string.h>

#include "store/column.h"

#define EACH_BATCH 64

#define COLUMNS "account_id, id, hash, name, role, scopes, made_by, created_at, expires_at, used_at, revoked_at"

static struct db_value maybe(bool is, struct instant at)
{
	return is ? DB_INT(at.ms) : DB_NULL;
}

enum result token_insert(struct db *db, const struct token_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO token(" COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", err,
		      DB_INT(row->account), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      DB_BLOB(row->hash.bytes, HASH_LEN), DB_BLOB(row->name, row->name_len), DB_INT(row->role),
		      DB_INT(row->scopes), DB_TEXT(row->made_by), DB_INT(row->created.ms),
		      maybe(row->expires, row->expires_at), maybe(row->used, row->used_at),
		      maybe(row->revoked, row->revoked_at));
}

static enum result read_token(struct db_rows *rows, struct pool *pool, struct token_row *out, struct err *err)
{
	enum result r;

	*out = (struct token_row){.account = (uint32_t)db_int(rows, 0), .scopes = db_int(rows, 5),
				  .created = {db_int(rows, 7)}, .expires = !db_is_null(rows, 8),
				  .expires_at = {db_int(rows, 8)}, .used = !db_is_null(rows, 9),
				  .used_at = {db_int(rows, 9)}, .revoked = !db_is_null(rows, 10),
				  .revoked_at = {db_int(rows, 10)}};
	r = column_id(rows, 1, &out->id, err);
	if (r == OK)
		r = column_exact(rows, 2, out->hash.bytes, HASH_LEN, err);
	if (r == OK)
		r = column_word(rows, 4, 0, TOKEN_ROLE_LAST, &out->role, err);
	if (r == OK)
		r = column_bytes(rows, 3, pool, &out->name, &out->name_len, err);
	if (r != OK)
		return r;
	out->made_by = pool_strdup(pool, db_text(rows, 6));
	return out->made_by != NULL ? OK : err_no_memory(err);
}

enum result token_find(struct db *db, const struct hash *hash, struct pool *pool, bool *found, struct token_row *out,
		       struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM token WHERE hash = $1", &rows, found, err,
				     DB_BLOB(hash->bytes, HASH_LEN));

	if (r != OK)
		return r;
	if (*found)
		r = read_token(&rows, pool, out, err);
	db_end(&rows);
	return r;
}

enum result token_get(struct db *db, uint32_t account, struct id id, struct pool *pool, struct token_row *out,
		      struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM token WHERE account_id = $1 AND id = $2", &rows, &found,
				     err, DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes));

	if (r != OK)
		return r;
	r = found ? read_token(&rows, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such token");
	db_end(&rows);
	return r;
}

enum result token_list(struct db *db, uint32_t account, struct id after, struct pool *pool, struct token_row *out,
		       size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM token WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3",
				 &rows, err, DB_INT(account), DB_BLOB(after.bytes, sizeof after.bytes), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_token(&rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result token_each(struct db *db, uint32_t account, struct pool *pool, token_visit *visit, void *arg, struct err *err)
{
	struct token_row rows[EACH_BATCH];
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(pool);
		r = token_list(db, account, after, pool, rows, EACH_BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].id;
			r = visit(arg, &rows[i], err);
		}
	} while (r == OK && count == EACH_BATCH);
	return r;
}

enum result token_use(struct db *db, uint32_t account, struct id id, struct instant at, struct err *err)
{
	return db_run(db, "UPDATE token SET used_at = $3 WHERE account_id = $1 AND id = $2"
			  " AND (used_at IS NULL OR used_at < $3)",
		      err, DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes), DB_INT(at.ms));
}

enum result token_revoke(struct db *db, uint32_t account, struct id id, struct instant at, struct err *err)
{
	return db_run(db, "UPDATE token SET revoked_at = $3 WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL", err,
		      DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes), DB_INT(at.ms));
}

enum result token_delete(struct db *db, uint32_t account, struct id id, struct err *err)
{
	return db_run(db, "DELETE FROM token WHERE account_id = $1 AND id = $2", err, DB_INT(account),
		      DB_BLOB(id.bytes, sizeof id.bytes));
}

enum result token_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM token WHERE account_id = $1", err, DB_INT(account));
}
