/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/job.h"

#include <string.h>

#include "store/column.h"

#define COLUMNS "account_id, job_id, type, state, started_at, ended_at, args, result"

enum result job_insert(struct db *db, const struct job *job, struct err *err)
{
	return db_run(db, "INSERT INTO job(" COLUMNS ") VALUES($1, $2, $3, $4, $5, NULL, $6, $7)", err,
		      DB_INT(job->account), DB_BLOB(job->id.bytes, sizeof job->id.bytes), DB_INT(job->type),
		      DB_INT(job->state), DB_INT(job->started.ms), DB_TEXT(job->args), DB_TEXT(job->result));
}

static enum result read_job(struct db_rows *rows, struct pool *pool, struct job *out, struct err *err)
{
	*out = (struct job){.account = (uint32_t)db_int(rows, 0),
			    .type = (enum job_type)db_int(rows, 2),
			    .state = (enum job_state)db_int(rows, 3),
			    .started = {db_int(rows, 4)},
			    .ended = {db_int(rows, 5)},
			    .args = pool_strdup(pool, db_text(rows, 6)),
			    .result = pool_strdup(pool, db_text(rows, 7))};
	if (out->args == NULL || out->result == NULL)
		return err_no_memory(err);
	return column_id(rows, 1, &out->id, err);
}

static enum result one_job(struct db_rows *rows, bool found, struct pool *pool, struct job *out, struct err *err)
{
	enum result r = found ? read_job(rows, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such job");

	db_end(rows);
	return r;
}

enum result job_get(struct db *db, uint32_t account, struct id id, struct pool *pool, struct job *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM job WHERE account_id = $1 AND job_id = $2", &rows,
				     &found, err, DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes));

	return r == OK ? one_job(&rows, found, pool, out, err) : r;
}

enum result job_update(struct db *db, const struct job *job, struct err *err)
{
	return db_run(db, "UPDATE job SET state = $3, ended_at = $4, result = $5 WHERE account_id = $1 AND job_id = $2",
		      err, DB_INT(job->account), DB_BLOB(job->id.bytes, sizeof job->id.bytes), DB_INT(job->state),
		      job->state == JOB_DONE ? DB_INT(job->ended.ms) : DB_NULL, DB_TEXT(job->result));
}

enum result job_next_running(struct db *db, enum job_type type, struct pool *pool, struct job *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM job WHERE state = 1 AND type = $1 ORDER BY started_at LIMIT 1",
				     &rows, &found, err, DB_INT(type));

	return r == OK ? one_job(&rows, found, pool, out, err) : r;
}

enum result job_count_running(struct db *db, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT COUNT(*) FROM job WHERE state = 1", 0, out, err);
}

static enum result read_jobs(struct db_rows *rows, struct pool *pool, struct job *out, size_t *count, struct err *err)
{
	bool more;
	enum result r;

	while ((r = db_next(rows, &more, err)) == OK && more) {
		r = read_job(rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(rows);
	return r;
}

enum result job_list(struct db *db, uint32_t account, struct id after, struct pool *pool, struct job *out, size_t max,
		     size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM job WHERE account_id = $1 AND job_id > $2"
				     " ORDER BY job_id LIMIT $3",
				 &rows, err, DB_INT(account), DB_BLOB(after.bytes, sizeof after.bytes), DB_INT(max));

	*count = 0;
	return r == OK ? read_jobs(&rows, pool, out, count, err) : r;
}

enum result job_list_running(struct db *db, uint32_t account, enum job_type type, struct instant after,
			     struct id after_id, struct pool *pool, struct job *out, size_t max, size_t *count,
			     struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM job WHERE state = 1 AND type = $2 AND account_id = $1"
				     " AND (started_at, job_id) > ($3, $4) ORDER BY started_at, job_id LIMIT $5",
				 &rows, err, DB_INT(account), DB_INT(type), DB_INT(after.ms),
				 DB_BLOB(after_id.bytes, sizeof after_id.bytes), DB_INT(max));

	*count = 0;
	return r == OK ? read_jobs(&rows, pool, out, count, err) : r;
}

enum result job_list_of_type(struct db *db, uint32_t account, enum job_type type, struct id after, struct id *out,
			     size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT job_id FROM job WHERE account_id = $1 AND type = $2 AND job_id > $3"
				     " ORDER BY job_id LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(type), DB_BLOB(after.bytes, sizeof after.bytes),
				 DB_INT(max));

	*count = 0;
	return r == OK ? column_ids(&rows, out, max, count, err) : r;
}

enum result job_back_of_type(struct db *db, uint32_t account, enum job_type type, struct id before, struct id *out,
			     size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT job_id FROM job WHERE account_id = $1 AND type = $2 AND job_id < $3"
				     " ORDER BY job_id DESC LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(type), DB_BLOB(before.bytes, sizeof before.bytes),
				 DB_INT(max));

	*count = 0;
	return r == OK ? column_ids(&rows, out, max, count, err) : r;
}

enum result job_count_running_of(struct db *db, uint32_t account, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT COUNT(*) FROM job WHERE account_id = $1 AND state = 1", 0, out, err,
			    DB_INT(account));
}
