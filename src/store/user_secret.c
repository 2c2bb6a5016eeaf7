/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/user_secret.h"

#include "store/column.h"

#define EACH_BATCH 64

#define COLUMNS "user_id, kind, sealed, used, changed_at"

enum result user_secret_put(struct db *db, const struct user_secret_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO user_secret(account_id, " COLUMNS ") VALUES($1, $2, $3, $4, $5, $6)"
			  " ON CONFLICT(account_id, user_id, kind) DO UPDATE SET sealed = $4, used = $5, changed_at = $6",
		      err, DB_INT(row->account), DB_INT(row->user), DB_INT(row->kind),
		      DB_BLOB(row->sealed, row->sealed_len), DB_INT(row->used), DB_INT(row->changed.ms));
}

static enum result read_secret(struct db_rows *rows, uint32_t account, struct pool *pool, struct user_secret_row *out,
			       struct err *err)
{
	int kind = 0;
	enum result r = column_word(rows, 1, SECRET_PASSWORD, SECRET_SUBJECT, &kind, err);

	*out = (struct user_secret_row){.account = account, .user = db_int(rows, 0), .kind = (enum user_secret_kind)kind,
					.used = db_int(rows, 3), .changed = {db_int(rows, 4)}};
	return r == OK ? column_bytes(rows, 2, pool, &out->sealed, &out->sealed_len, err) : r;
}

enum result user_secret_get(struct db *db, uint32_t account, int64_t user, enum user_secret_kind kind, struct pool *pool,
			    struct user_secret_row *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM user_secret WHERE account_id = $1 AND user_id = $2"
					 " AND kind = $3",
				     &rows, &found, err, DB_INT(account), DB_INT(user), DB_INT(kind));

	if (r != OK)
		return r;
	r = found ? read_secret(&rows, account, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such secret");
	db_end(&rows);
	return r;
}

enum result user_secret_list(struct db *db, uint32_t account, int64_t user, int kind, struct pool *pool,
			     struct user_secret_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM user_secret WHERE account_id = $1"
				     " AND (user_id, kind) > ($2, $3) ORDER BY user_id, kind LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(user), DB_INT(kind), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_secret(&rows, account, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result user_secret_each(struct db *db, uint32_t account, struct pool *pool, user_secret_visit *visit, void *arg,
			     struct err *err)
{
	struct user_secret_row rows[EACH_BATCH];
	int64_t user = 0;
	int kind = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(pool);
		r = user_secret_list(db, account, user, kind, pool, rows, EACH_BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			user = rows[i].user;
			kind = (int)rows[i].kind;
			r = visit(arg, &rows[i], err);
		}
	} while (r == OK && count == EACH_BATCH);
	return r;
}

enum result user_secret_use(struct db *db, uint32_t account, int64_t user, enum user_secret_kind kind, int64_t used,
			    struct err *err)
{
	return db_run(db, "UPDATE user_secret SET used = $4 WHERE account_id = $1 AND user_id = $2 AND kind = $3", err,
		      DB_INT(account), DB_INT(user), DB_INT(kind), DB_INT(used));
}

enum result user_secret_delete(struct db *db, uint32_t account, int64_t user, enum user_secret_kind kind,
			       struct err *err)
{
	return db_run(db, "DELETE FROM user_secret WHERE account_id = $1 AND user_id = $2 AND kind = $3", err,
		      DB_INT(account), DB_INT(user), DB_INT(kind));
}

enum result user_secret_delete_user(struct db *db, uint32_t account, int64_t user, struct err *err)
{
	return db_run(db, "DELETE FROM user_secret WHERE account_id = $1 AND user_id = $2", err, DB_INT(account),
		      DB_INT(user));
}

enum result user_secret_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM user_secret WHERE account_id = $1", err, DB_INT(account));
}
