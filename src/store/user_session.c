/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/user_session.h"

#include "store/column.h"

#define COLUMNS "account_id, user_id, id, hash, how, created_at, seen_at, ends_at, browser"

enum result user_session_insert(struct db *db, const struct user_session_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO user_session(" COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)", err,
		      DB_INT(row->account), DB_INT(row->user), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      DB_BLOB(row->hash.bytes, HASH_LEN), DB_INT(row->how), DB_INT(row->created.ms),
		      DB_INT(row->seen.ms), DB_INT(row->ends.ms), DB_INT(row->browser));
}

static enum result read_session(struct db_rows *rows, struct user_session_row *out, struct err *err)
{
	int how = 0;
	enum result r = column_word(rows, 4, SESSION_PASSWORD, SESSION_OPENID, &how, err);

	*out = (struct user_session_row){.account = (uint32_t)db_int(rows, 0), .user = db_int(rows, 1),
					 .how = (enum session_how)how, .created = {db_int(rows, 5)},
					 .seen = {db_int(rows, 6)}, .ends = {db_int(rows, 7)},
					 .browser = (int)db_int(rows, 8)};
	if (r == OK)
		r = column_id(rows, 2, &out->id, err);
	return r == OK ? column_exact(rows, 3, out->hash.bytes, HASH_LEN, err) : r;
}

enum result user_session_find(struct db *db, const struct hash *hash, bool *found, struct user_session_row *out,
			      struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM user_session WHERE hash = $1", &rows, found, err,
				     DB_BLOB(hash->bytes, HASH_LEN));

	if (r != OK)
		return r;
	if (*found)
		r = read_session(&rows, out, err);
	db_end(&rows);
	return r;
}

enum result user_session_list(struct db *db, uint32_t account, int64_t user, struct id after,
			      struct user_session_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM user_session WHERE account_id = $1"
				     " AND (user_id, id) > ($2, $3) ORDER BY user_id, id LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(user), DB_BLOB(after.bytes, sizeof after.bytes),
				 DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_session(&rows, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result user_session_touch(struct db *db, uint32_t account, int64_t user, struct id id, struct instant seen,
			       struct err *err)
{
	return db_run(db, "UPDATE user_session SET seen_at = $4 WHERE account_id = $1 AND user_id = $2 AND id = $3", err,
		      DB_INT(account), DB_INT(user), DB_BLOB(id.bytes, sizeof id.bytes), DB_INT(seen.ms));
}

enum result user_session_delete(struct db *db, uint32_t account, int64_t user, struct id id, struct err *err)
{
	return db_run(db, "DELETE FROM user_session WHERE account_id = $1 AND user_id = $2 AND id = $3", err,
		      DB_INT(account), DB_INT(user), DB_BLOB(id.bytes, sizeof id.bytes));
}

enum result user_session_delete_user(struct db *db, uint32_t account, int64_t user, struct err *err)
{
	return db_run(db, "DELETE FROM user_session WHERE account_id = $1 AND user_id = $2", err, DB_INT(account),
		      DB_INT(user));
}

enum result user_session_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM user_session WHERE account_id = $1", err, DB_INT(account));
}
