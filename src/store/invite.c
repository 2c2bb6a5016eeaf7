/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/invite.h"

#include <string.h>

#include "store/column.h"

#define COLUMNS "account_id, user_id, id, hash, made_by, created_at, expires_at"

enum result invite_put(struct db *db, const struct invite_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO invite(" COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7)"
			  " ON CONFLICT(account_id, user_id) DO UPDATE SET id = $3, hash = $4, made_by = $5,"
			  " created_at = $6, expires_at = $7",
		      err, DB_INT(row->account), DB_INT(row->user), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      DB_BLOB(row->hash.bytes, HASH_LEN), DB_TEXT(row->made_by), DB_INT(row->created.ms),
		      DB_INT(row->expires.ms));
}

static enum result read_invite(struct db_rows *rows, struct pool *pool, struct invite_row *out, struct err *err)
{
	enum result r;

	*out = (struct invite_row){.account = (uint32_t)db_int(rows, 0), .user = db_int(rows, 1),
				   .created = {db_int(rows, 5)}, .expires = {db_int(rows, 6)}};
	r = column_id(rows, 2, &out->id, err);
	if (r == OK)
		r = column_exact(rows, 3, out->hash.bytes, HASH_LEN, err);
	if (r != OK)
		return r;
	out->made_by = pool_strdup(pool, db_text(rows, 4));
	return out->made_by != NULL ? OK : err_no_memory(err);
}

enum result invite_find(struct db *db, const struct hash *hash, struct pool *pool, bool *found, struct invite_row *out,
			struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM invite WHERE hash = $1", &rows, found, err,
				     DB_BLOB(hash->bytes, HASH_LEN));

	if (r != OK)
		return r;
	if (*found)
		r = read_invite(&rows, pool, out, err);
	db_end(&rows);
	return r;
}

enum result invite_list(struct db *db, uint32_t account, int64_t after, struct pool *pool, struct invite_row *out,
			size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM invite WHERE account_id = $1 AND user_id > $2"
				     " ORDER BY user_id LIMIT $3",
				 &rows, err, DB_INT(account), DB_INT(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_invite(&rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result invite_delete(struct db *db, uint32_t account, int64_t user, struct err *err)
{
	return db_run(db, "DELETE FROM invite WHERE account_id = $1 AND user_id = $2", err, DB_INT(account),
		      DB_INT(user));
}

enum result invite_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM invite WHERE account_id = $1", err, DB_INT(account));
}
