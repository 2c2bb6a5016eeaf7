/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/request_key.h"

#include "store/column.h"

#define COLUMNS "account_id, blind, request, state, status, answer, ends_at"

enum result request_key_put(struct db *db, const struct request_key_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO request_key(" COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7)"
			  " ON CONFLICT(account_id, blind) DO UPDATE SET request = excluded.request, state = excluded.state,"
			  " status = excluded.status, answer = excluded.answer, ends_at = excluded.ends_at",
		      err, DB_INT(row->account), DB_BLOB(row->key.bytes, BLIND_LEN),
		      DB_BLOB(row->request.bytes, BLIND_LEN), DB_INT(row->state), DB_INT(row->status),
		      DB_BLOB(row->answer != NULL ? row->answer : (const void *)"", row->answer_len),
		      DB_INT(row->ends.ms));
}

static enum result read_row(struct db_rows *rows, struct pool *pool, struct request_key_row *out, struct err *err)
{
	int state = 0;
	enum result r;

	*out = (struct request_key_row){.account = (uint32_t)db_int(rows, 0), .status = (int)db_int(rows, 4),
					.ends = {db_int(rows, 6)}};
	r = column_exact(rows, 1, out->key.bytes, BLIND_LEN, err);
	if (r == OK)
		r = column_exact(rows, 2, out->request.bytes, BLIND_LEN, err);
	if (r == OK)
		r = column_word(rows, 3, REQUEST_BEGUN, REQUEST_BROKEN, &state, err);
	out->state = (enum request_state)state;
	return r == OK ? column_bytes(rows, 5, pool, &out->answer, &out->answer_len, err) : r;
}

enum result request_key_get(struct db *db, uint32_t account, const struct blind *key, struct pool *pool, bool *found,
			    struct request_key_row *out, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM request_key WHERE account_id = $1 AND blind = $2", &rows,
				     found, err, DB_INT(account), DB_BLOB(key->bytes, BLIND_LEN));

	if (r != OK)
		return r;
	if (*found)
		r = read_row(&rows, pool, out, err);
	db_end(&rows);
	return r;
}

enum result request_key_list(struct db *db, uint32_t account, const struct blind *after, struct pool *pool,
			     struct request_key_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM request_key WHERE account_id = $1 AND blind > $2"
				     " ORDER BY blind LIMIT $3",
				 &rows, err, DB_INT(account),
				 DB_BLOB(after != NULL ? after->bytes : (const void *)"", after != NULL ? BLIND_LEN : 0),
				 DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_row(&rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result request_key_break(struct db *db, struct err *err)
{
	return db_run(db, "UPDATE request_key SET state = 3 WHERE state = 1", err);
}

enum result request_key_delete_due(struct db *db, uint32_t account, struct instant now, int64_t max, int64_t *deleted,
				   struct err *err)
{
	enum result r = db_run(db, "DELETE FROM request_key WHERE account_id = $1 AND (blind) IN"
				   " (SELECT blind FROM request_key WHERE account_id = $1 AND ends_at <= $2"
				   " ORDER BY ends_at LIMIT $3)",
			       err, DB_INT(account), DB_INT(now.ms), DB_INT(max));

	*deleted = r == OK ? db_changes(db) : 0;
	return r;
}

enum result request_key_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM request_key WHERE account_id = $1", err, DB_INT(account));
}
