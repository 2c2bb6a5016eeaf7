/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/user_subject.h"

#include "store/column.h"

enum result user_subject_insert(struct db *db, uint32_t account, const struct user_subject_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO user_subject(account_id, blind, user_id) VALUES($1, $2, $3)", err, DB_INT(account),
		      DB_BLOB(row->blind.bytes, BLIND_LEN), DB_INT(row->user));
}

enum result user_subject_find(struct db *db, uint32_t account, const struct blind *blind, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT user_id FROM user_subject WHERE account_id = $1 AND blind = $2", 0, out, err,
			    DB_INT(account), DB_BLOB(blind->bytes, BLIND_LEN));
}

enum result user_subject_list(struct db *db, uint32_t account, const struct blind *after, struct user_subject_row *out,
			      size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT blind, user_id FROM user_subject WHERE account_id = $1 AND blind > $2"
				     " ORDER BY blind LIMIT $3",
				 &rows, err, DB_INT(account), DB_BLOB(after != NULL ? after->bytes : (const void *)"", after != NULL ? BLIND_LEN : 0),
				 DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		out[*count].user = db_int(&rows, 1);
		r = column_exact(&rows, 0, out[*count].blind.bytes, BLIND_LEN, err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result user_subject_delete(struct db *db, uint32_t account, int64_t user, struct err *err)
{
	return db_run(db, "DELETE FROM user_subject WHERE account_id = $1 AND user_id = $2", err, DB_INT(account),
		      DB_INT(user));
}

enum result user_subject_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM user_subject WHERE account_id = $1", err, DB_INT(account));
}
