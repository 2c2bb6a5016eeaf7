/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/user.h"

#include "store/column.h"

#define EACH_BATCH 64

#define COLUMNS "user_id, id, blind, name, role, state, agent_id, created_at, last_sign_in"

enum result user_put(struct db *db, const struct user_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO account_user(account_id, " COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
			  " ON CONFLICT(account_id, user_id) DO UPDATE SET role = $6, state = $7, agent_id = $8, last_sign_in = $10",
		      err, DB_INT(row->account), DB_INT(row->user), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      DB_BLOB(row->blind.bytes, BLIND_LEN), DB_BLOB(row->name, row->name_len), DB_INT(row->role),
		      DB_INT(row->state), DB_INT(row->agent), DB_INT(row->created.ms),
		      row->signed_in ? DB_INT(row->last_sign_in.ms) : DB_NULL);
}

static enum result read_user(struct db_rows *rows, uint32_t account, struct pool *pool, struct user_row *out,
			     struct err *err)
{
	int role = 0, state = 0;
	enum result r = column_word(rows, 4, USER_OWNER, USER_AUDITOR, &role, err);

	if (r == OK)
		r = column_word(rows, 5, USER_ACTIVE, USER_LEAVING, &state, err);
	*out = (struct user_row){.account = account, .user = db_int(rows, 0), .role = (enum user_role)role,
				 .state = (enum user_state)state, .agent = db_int(rows, 6), .created = {db_int(rows, 7)},
				 .signed_in = !db_is_null(rows, 8), .last_sign_in = {db_int(rows, 8)}};
	if (r == OK)
		r = column_id(rows, 1, &out->id, err);
	if (r == OK)
		r = column_exact(rows, 2, out->blind.bytes, BLIND_LEN, err);
	return r == OK ? column_bytes(rows, 3, pool, &out->name, &out->name_len, err) : r;
}

enum result user_get(struct db *db, uint32_t account, int64_t user, struct pool *pool, struct user_row *out,
		     struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM account_user WHERE account_id = $1 AND user_id = $2", &rows,
				     &found, err, DB_INT(account), DB_INT(user));

	if (r != OK)
		return r;
	r = found ? read_user(&rows, account, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such user");
	db_end(&rows);
	return r;
}

enum result user_find(struct db *db, uint32_t account, const struct blind *blind, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT user_id FROM account_user WHERE account_id = $1 AND blind = $2", 0, out, err,
			    DB_INT(account), DB_BLOB(blind->bytes, BLIND_LEN));
}

enum result user_find_id(struct db *db, uint32_t account, struct id id, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT user_id FROM account_user WHERE account_id = $1 AND id = $2", 0, out, err,
			    DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes));
}

enum result user_find_agent(struct db *db, uint32_t account, int64_t agent, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT user_id FROM account_user WHERE account_id = $1 AND agent_id = $2 AND agent_id > 0", 0,
			    out, err, DB_INT(account), DB_INT(agent));
}

enum result user_list(struct db *db, uint32_t account, int64_t after, struct pool *pool, struct user_row *out, size_t max,
		      size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM account_user WHERE account_id = $1 AND user_id > $2"
				     " ORDER BY user_id LIMIT $3",
				 &rows, err, DB_INT(account), DB_INT(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_user(&rows, account, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result user_each(struct db *db, uint32_t account, struct pool *pool, user_visit *visit, void *arg, struct err *err)
{
	struct user_row rows[EACH_BATCH];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(pool);
		r = user_list(db, account, after, pool, rows, EACH_BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].user;
			r = visit(arg, &rows[i], err);
		}
	} while (r == OK && count == EACH_BATCH);
	return r;
}

enum result user_delete(struct db *db, uint32_t account, int64_t user, struct err *err)
{
	return db_run(db, "DELETE FROM account_user WHERE account_id = $1 AND user_id = $2", err, DB_INT(account),
		      DB_INT(user));
}

enum result user_elsewhere(struct db *db, uint32_t account, const struct blind *blind, bool *out, struct err *err)
{
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM account_user WHERE blind = $1 AND account_id <> $2 LIMIT 1", 0, &one,
				     err, DB_BLOB(blind->bytes, BLIND_LEN), DB_INT(account));

	*out = r == OK && one == 1;
	return r;
}
