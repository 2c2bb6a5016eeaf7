/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/mail.h"

#include "store/column.h"

#define COLUMNS "account_id, id, user_id, template, first_event, last_event, state, attempts, next_at, status"
#define ID_BLOB(id) DB_BLOB((id).bytes, sizeof (id).bytes)
#define TEMPLATE_MOST 100 /* which there are, notify/template.h knows */

enum result mail_put(struct db *db, const struct mail_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO mail(" COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
			  " ON CONFLICT(account_id, id) DO UPDATE SET state = $7, attempts = $8, next_at = $9, status = $10",
		      err, DB_INT(row->account), ID_BLOB(row->id), DB_INT(row->user), DB_INT(row->template),
		      ID_BLOB(row->first), ID_BLOB(row->last), DB_INT(row->state), DB_INT(row->attempts),
		      DB_INT(row->next.ms), DB_INT(row->status));
}

static enum result read_mail(struct db_rows *rows, struct mail_row *out, struct err *err)
{
	int state = 0;
	enum result r;

	*out = (struct mail_row){.account = (uint32_t)db_int(rows, 0), .user = db_int(rows, 2),
				 .attempts = (int)db_int(rows, 7), .next = {db_int(rows, 8)}, .status = (int)db_int(rows, 9)};
	r = column_id(rows, 1, &out->id, err);
	if (r == OK)
		r = column_word(rows, 3, 1, TEMPLATE_MOST, &out->template, err);
	if (r == OK)
		r = column_id(rows, 4, &out->first, err);
	if (r == OK)
		r = column_id(rows, 5, &out->last, err);
	if (r == OK)
		r = column_word(rows, 6, 1, MAIL_STATE_LAST, &state, err);
	out->state = (enum mail_state)state;
	return r;
}

/* Takes the rows of a query that has begun. */
static enum result read_all(struct db_rows *rows, struct mail_row *out, size_t *count, struct err *err)
{
	bool more;
	enum result r;

	while ((r = db_next(rows, &more, err)) == OK && more) {
		r = read_mail(rows, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(rows);
	return r;
}

enum result mail_get(struct db *db, uint32_t account, struct id id, struct mail_row *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM mail WHERE account_id = $1 AND id = $2", &rows, &found, err,
				     DB_INT(account), ID_BLOB(id));

	if (r != OK)
		return r;
	r = found ? read_mail(&rows, out, err) : err_set(err, ERR_NOT_FOUND, "no such mail");
	db_end(&rows);
	return r;
}

enum result mail_list(struct db *db, uint32_t account, struct id after, struct mail_row *out, size_t max, size_t *count,
		      struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM mail WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3",
				 &rows, err, DB_INT(account), ID_BLOB(after), DB_INT(max));

	*count = 0;
	return r == OK ? read_all(&rows, out, count, err) : r;
}

enum result mail_due(struct db *db, uint32_t account, struct instant from, struct instant until, struct mail_row *out,
		     size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM mail WHERE state = 1 AND account_id = $1 AND next_at >= $2"
				     " AND next_at <= $3 ORDER BY next_at, id LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(from.ms), DB_INT(until.ms), DB_INT(max));

	*count = 0;
	return r == OK ? read_all(&rows, out, count, err) : r;
}

enum result mail_delete_before(struct db *db, uint32_t account, struct instant before, int64_t max, int64_t *deleted,
			       struct err *err)
{
	struct id floor = id_floor(before);
	enum result r = db_run(db, "DELETE FROM mail WHERE account_id = $1 AND id IN"
				   " (SELECT id FROM mail WHERE account_id = $1 AND id < $2 ORDER BY id LIMIT $3)",
			       err, DB_INT(account), ID_BLOB(floor), DB_INT(max));

	*deleted = r == OK ? db_changes(db) : 0;
	return r;
}

enum result mail_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM mail WHERE account_id = $1", err, DB_INT(account));
}
