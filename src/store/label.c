/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/label.h"

#include "store/column.h"

#define COLUMNS "label_id, kind, blind, name"

enum result label_insert(struct db *db, const struct label_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO label(account_id, " COLUMNS ") VALUES($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
		      err, DB_INT(row->account), DB_INT(row->label), DB_INT(row->kind),
		      DB_BLOB(row->blind.bytes, BLIND_LEN), DB_BLOB(row->name, row->name_len));
}

enum result label_find(struct db *db, uint32_t account, const struct blind *blind, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT label_id FROM label WHERE account_id = $1 AND blind = $2", 0, out, err,
			    DB_INT(account), DB_BLOB(blind->bytes, BLIND_LEN));
}

static enum result read_label(struct db_rows *rows, uint32_t account, struct pool *pool, struct label_row *out,
			      struct err *err)
{
	int kind = 0;
	enum result r = column_word(rows, 1, LABEL_QUEUE, LABEL_TAG, &kind, err);

	*out = (struct label_row){.account = account, .label = db_int(rows, 0), .kind = (enum label_kind)kind};
	if (r == OK)
		r = column_exact(rows, 2, out->blind.bytes, BLIND_LEN, err);
	return r == OK ? column_bytes(rows, 3, pool, &out->name, &out->name_len, err) : r;
}

enum result label_list(struct db *db, uint32_t account, int64_t after, struct pool *pool, struct label_row *out,
		       size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM label WHERE account_id = $1 AND label_id > $2"
				     " ORDER BY label_id LIMIT $3",
				 &rows, err, DB_INT(account), DB_INT(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_label(&rows, account, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result label_get(struct db *db, uint32_t account, int64_t label, struct pool *pool, struct label_row *out,
		      struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM label WHERE account_id = $1 AND label_id = $2", &rows,
				     &found, err, DB_INT(account), DB_INT(label));

	if (r != OK)
		return r;
	r = found ? read_label(&rows, account, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such label");
	db_end(&rows);
	return r;
}
