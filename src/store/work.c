/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/work.h"

#include <string.h>

#include "store/column.h"

#define EACH_BATCH 64

#define COLUMNS \
	"account_id, job_id, operation, made_by, asked, state, begun, cancel, done, total, status, result, created_at, " \
	"started_at, ended_at, file_key, file_bytes, file_until, file"
#define FILE_OF(row) \
	DB_INT((row)->file_key), DB_INT((row)->file_bytes), DB_INT((row)->file_until.ms), \
	    DB_BLOB((row)->file != NULL ? (row)->file : (const void *)"", (row)->file_len)
#define THIS DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes)

enum result work_put(struct db *db, const struct work_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO work(" COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
			  " $17, $18, $19)"
			  " ON CONFLICT(account_id, job_id) DO UPDATE SET state = excluded.state, begun = excluded.begun,"
			  " cancel = excluded.cancel, done = excluded.done, total = excluded.total, status = excluded.status,"
			  " result = excluded.result, started_at = excluded.started_at, ended_at = excluded.ended_at,"
			  " file_key = excluded.file_key, file_bytes = excluded.file_bytes, file_until = excluded.file_until,"
			  " file = excluded.file",
		      err, DB_INT(row->account), DB_BLOB(row->id.bytes, sizeof row->id.bytes), DB_TEXT(row->operation),
		      DB_TEXT(row->made_by), DB_BLOB(row->asked, row->asked_len), DB_INT(row->state), DB_INT(row->begun),
		      DB_INT(row->cancel), DB_INT(row->done), DB_INT(row->total), DB_INT(row->status),
		      DB_BLOB(row->result != NULL ? row->result : (const void *)"", row->result_len), DB_INT(row->created.ms),
		      DB_INT(row->started.ms), DB_INT(row->ended.ms), FILE_OF(row));
}

static enum result read_work(struct db_rows *rows, struct pool *pool, struct work_row *out, struct err *err)
{
	int state = 0;
	enum result r;

	*out = (struct work_row){.account = (uint32_t)db_int(rows, 0), .operation = pool_strdup(pool, db_text(rows, 2)),
				 .made_by = pool_strdup(pool, db_text(rows, 3)), .begun = db_int(rows, 6) != 0,
				 .cancel = db_int(rows, 7) != 0, .done = db_int(rows, 8), .total = db_int(rows, 9),
				 .status = (int)db_int(rows, 10), .created = {db_int(rows, 12)}, .started = {db_int(rows, 13)},
				 .ended = {db_int(rows, 14)}, .file_key = db_int(rows, 15), .file_bytes = db_int(rows, 16),
				 .file_until = {db_int(rows, 17)}};
	if (out->operation == NULL || out->made_by == NULL)
		return err_no_memory(err);
	r = column_id(rows, 1, &out->id, err);
	if (r == OK)
		r = column_bytes(rows, 4, pool, &out->asked, &out->asked_len, err);
	if (r == OK)
		r = column_word(rows, 5, WORK_WAITING, WORK_CANCELLED, &state, err);
	out->state = (enum work_state)state;
	if (r == OK)
		r = column_bytes(rows, 11, pool, &out->result, &out->result_len, err);
	return r == OK ? column_bytes(rows, 18, pool, &out->file, &out->file_len, err) : r;
}

static enum result read_all(struct db_rows *rows, struct pool *pool, struct work_row *out, size_t *count,
			    struct err *err)
{
	bool more;
	enum result r;

	while ((r = db_next(rows, &more, err)) == OK && more) {
		r = read_work(rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(rows);
	return r;
}

enum result work_get(struct db *db, uint32_t account, struct id id, struct pool *pool, struct work_row *out,
		     struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM work WHERE account_id = $1 AND job_id = $2", &rows, &found,
				     err, THIS);

	if (r != OK)
		return r;
	r = found ? read_work(&rows, pool, out, err) : err_set(err, ERR_NOT_FOUND, "there is no such job");
	db_end(&rows);
	return r;
}

enum result work_list(struct db *db, uint32_t account, struct id before, struct pool *pool, struct work_row *out,
		      size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM work WHERE account_id = $1 AND job_id < $2"
				     " ORDER BY job_id DESC LIMIT $3",
				 &rows, err, DB_INT(account), DB_BLOB(before.bytes, sizeof before.bytes), DB_INT(max));

	*count = 0;
	return r == OK ? read_all(&rows, pool, out, count, err) : r;
}

enum result work_each(struct db *db, uint32_t account, struct pool *pool, work_visit *visit, void *arg, struct err *err)
{
	struct work_row rows[EACH_BATCH];
	struct id before;
	size_t count;
	enum result r;

	memset(&before, 0xff, sizeof before);
	do {
		pool_reset(pool);
		r = work_list(db, account, before, pool, rows, EACH_BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			before = rows[i].id;
			r = visit(arg, &rows[i], err);
		}
	} while (r == OK && count == EACH_BATCH);
	return r;
}

enum result work_next_account(struct db *db, int64_t after, bool *found, uint32_t *account, struct err *err)
{
	int64_t next = -1;
	enum result r = db_query_int(db, "SELECT account_id FROM work WHERE ended_at = 0 AND account_id > $1"
					 " ORDER BY account_id LIMIT 1", -1, &next, err, DB_INT(after));

	*found = r == OK && next >= 0;
	*account = *found ? (uint32_t)next : 0;
	return r;
}

enum result work_list_open(struct db *db, uint32_t account, struct pool *pool, struct work_row *out, size_t max,
			   size_t *count, struct err *err)
{
	struct db_rows rows;
	/* Ids are in the order in which they were made. */
	enum result r = db_query(db, "SELECT " COLUMNS " FROM work WHERE account_id = $1 AND job_id IN"
				     " (SELECT job_id FROM work WHERE account_id = $1 AND ended_at = 0 AND created_at > 0"
				     " ORDER BY created_at, job_id LIMIT $2) ORDER BY job_id",
				 &rows, err, DB_INT(account), DB_INT(max));

	*count = 0;
	return r == OK ? read_all(&rows, pool, out, count, err) : r;
}

enum result work_set_running(struct db *db, uint32_t account, struct id id, struct instant now, bool *open, struct err *err)
{
	enum result r = db_run(db, "UPDATE work SET state = 2, started_at = $3"
				   " WHERE account_id = $1 AND job_id = $2 AND ended_at = 0",
			       err, THIS, DB_INT(now.ms));

	*open = r == OK && db_changes(db) > 0;
	return r;
}

enum result work_set_begun(struct db *db, uint32_t account, struct id id, struct err *err)
{
	return db_run(db, "UPDATE work SET begun = 1 WHERE account_id = $1 AND job_id = $2", err, THIS);
}

enum result work_set_progress(struct db *db, uint32_t account, struct id id, int64_t done, int64_t total,
			      struct err *err)
{
	return db_run(db, "UPDATE work SET done = $3, total = $4 WHERE account_id = $1 AND job_id = $2", err, THIS,
		      DB_INT(done), DB_INT(total));
}

enum result work_set_cancel(struct db *db, uint32_t account, struct id id, struct err *err)
{
	return db_run(db, "UPDATE work SET cancel = 1 WHERE account_id = $1 AND job_id = $2", err, THIS);
}

enum result work_end(struct db *db, const struct work_row *row, struct err *err)
{
	return db_run(db, "UPDATE work SET state = $3, status = $4, result = $5, ended_at = $6"
			  " WHERE account_id = $1 AND job_id = $2",
		      err, DB_INT(row->account), DB_BLOB(row->id.bytes, sizeof row->id.bytes), DB_INT(row->state),
		      DB_INT(row->status), DB_BLOB(row->result != NULL ? row->result : (const void *)"", row->result_len),
		      DB_INT(row->ended.ms));
}

enum result work_set_file(struct db *db, const struct work_row *row, struct err *err)
{
	return db_run(db, "UPDATE work SET file_key = $3, file_bytes = $4, file_until = $5, file = $6"
			  " WHERE account_id = $1 AND job_id = $2",
		      err, DB_INT(row->account), DB_BLOB(row->id.bytes, sizeof row->id.bytes), FILE_OF(row));
}

enum result work_list_files(struct db *db, uint32_t account, int64_t key, struct pool *pool, struct work_row *out,
			    size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM work WHERE file_key > 0 AND (account_id, file_key) > ($1, $2)"
				     " ORDER BY account_id, file_key LIMIT $3",
				 &rows, err, DB_INT(account), DB_INT(key), DB_INT(max));

	*count = 0;
	return r == OK ? read_all(&rows, pool, out, count, err) : r;
}

enum result work_count(struct db *db, uint32_t account, int64_t max, int64_t *open, int64_t *files, struct err *err)
{
	enum result r = db_query_int(db, "SELECT COUNT(*) FROM (SELECT 1 FROM work WHERE account_id = $1 AND ended_at = 0 LIMIT $2) AS some",
				     0, open, err, DB_INT(account), DB_INT(max));

	if (r != OK)
		return r;
	return db_query_int(db, "SELECT COUNT(*) FROM (SELECT 1 FROM work WHERE account_id = $1 AND file_key > 0 LIMIT $2) AS some",
			    0, files, err, DB_INT(account), DB_INT(max));
}

enum result work_file_bytes(struct db *db, uint32_t account, int64_t *bytes, struct err *err)
{
	return db_query_int(db, "SELECT CAST(SUM(file_bytes) AS BIGINT) FROM work WHERE account_id = $1 AND file_key > 0", 0, bytes,
			    err, DB_INT(account));
}

enum result work_has_key(struct db *db, uint32_t account, int64_t key, bool *out, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT 1 FROM work WHERE account_id = $1 AND file_key = $2 AND file_key > 0", &rows, out,
				     err, DB_INT(account), DB_INT(key));

	if (r == OK)
		db_end(&rows);
	return r;
}

enum result work_delete_ended(struct db *db, uint32_t account, struct instant before, int64_t max, int64_t *deleted,
			      struct err *err)
{
	enum result r = db_run(db, "DELETE FROM work WHERE account_id = $1 AND (job_id) IN"
				   " (SELECT job_id FROM work WHERE account_id = $1 AND ended_at > 0 AND ended_at < $2"
				   " ORDER BY ended_at LIMIT $3)",
			       err, DB_INT(account), DB_INT(before.ms), DB_INT(max));

	*deleted = r == OK ? db_changes(db) : 0;
	return r;
}
