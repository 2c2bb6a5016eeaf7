/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/media.h"

#include <string.h>

#define COLUMNS "kind, id, n, blob, bytes, segment, format, key"

enum result media_insert(struct db *db, const struct media_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO media(account_id, " COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)", err,
		      DB_INT(row->account), DB_INT(row->kind), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      DB_INT(row->n), DB_BLOB(row->blob.bytes, sizeof row->blob.bytes), DB_INT(row->bytes),
		      DB_INT(row->segment), DB_INT(row->format), DB_BLOB(row->key, sizeof row->key));
}

static enum result read_media(struct db_rows *rows, uint32_t account, struct media_row *out, struct err *err)
{
	int kind = 0, format = 0;
	enum result r = column_word(rows, 0, KIND_FIRST, KIND_LAST, &kind, err);

	if (r == OK)
		r = column_word(rows, 6, MEDIA_OTHER, MEDIA_TEXT, &format, err);
	if (r != OK)
		return r;
	*out = (struct media_row){.account = account,
				  .kind = (enum record_kind)kind,
				  .n = (int)db_int(rows, 2),
				  .bytes = (uint64_t)db_int(rows, 4),
				  .segment = (uint32_t)db_int(rows, 5),
				  .format = (enum media_format)format};
	r = column_id(rows, 1, &out->id, err);
	if (r == OK)
		r = column_id(rows, 3, &out->blob, err);
	if (r == OK)
		r = column_exact(rows, 7, out->key, sizeof out->key, err);
	return r;
}

static enum result collect(struct db_rows *rows, uint32_t account, struct media_row *out, size_t max, size_t *count,
			   struct err *err)
{
	enum result r;
	bool more;

	*count = 0;
	while ((r = db_next(rows, &more, err)) == OK && more) {
		if (*count == max)
			return err_set(err, ERR_LIMIT, "more than %zu media", max);
		r = read_media(rows, account, &out[(*count)++], err);
		if (r != OK)
			return r;
	}
	return r;
}

enum result media_list(struct db *db, uint32_t account, enum record_kind kind, struct id id, struct media_row *out,
		       size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM media WHERE account_id = $1 AND kind = $2 AND id = $3"
				     " ORDER BY n",
				 &rows, err, DB_INT(account), DB_INT(kind), DB_BLOB(id.bytes, sizeof id.bytes));

	if (r != OK)
		return r;
	r = collect(&rows, account, out, max, count, err);
	db_end(&rows);
	return r;
}

enum result media_reseal(struct db *db, const struct media_row *row, struct err *err)
{
	return db_run(db, "UPDATE media SET key = $5 WHERE account_id = $1 AND kind = $2 AND id = $3 AND n = $4", err,
		      DB_INT(row->account), DB_INT(row->kind), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      DB_INT(row->n), DB_BLOB(row->key, sizeof row->key));
}

enum result media_delete(struct db *db, uint32_t account, enum record_kind kind, struct id id, struct err *err)
{
	return db_run(db, "DELETE FROM media WHERE account_id = $1 AND kind = $2 AND id = $3", err, DB_INT(account),
		      DB_INT(kind), DB_BLOB(id.bytes, sizeof id.bytes));
}

enum result media_list_day(struct db *db, uint32_t account, enum record_kind kind, struct date day, struct id after,
			   int after_n, struct media_row *out, size_t max, size_t *count, struct err *err)
{
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	struct db_rows rows;
	enum result r;

	if (id_compare(after, from) <= 0) {
		after = from;
		after_n = -1;
	}
	r = db_query(db, "SELECT " COLUMNS " FROM media WHERE account_id = $1 AND kind = $2"
			 " AND (id, n) > ($3, $4) AND id < $5 ORDER BY id, n LIMIT $6",
		     &rows, err, DB_INT(account), DB_INT(kind), DB_BLOB(after.bytes, sizeof after.bytes),
		     DB_INT(after_n), DB_BLOB(until.bytes, sizeof until.bytes), DB_INT(max));
	if (r != OK)
		return r;
	r = collect(&rows, account, out, max, count, err);
	db_end(&rows);
	return r;
}

enum result media_walk(struct db *db, uint32_t account, const struct media_row *after, struct media_row *out,
		       size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM media WHERE account_id = $1 AND (kind, id, n) > ($2, $3, $4)"
				     " ORDER BY kind, id, n LIMIT $5",
				 &rows, err, DB_INT(account), DB_INT(after->kind),
				 DB_BLOB(after->id.bytes, sizeof after->id.bytes), DB_INT(after->n), DB_INT(max));

	if (r != OK)
		return r;
	r = collect(&rows, account, out, max, count, err);
	db_end(&rows);
	return r;
}

/* The media of a day whose record no longer stands. */
#define ORPHANS \
	" FROM media WHERE account_id = $1 AND kind = $2 AND id > $3 AND id < $4 AND NOT EXISTS (SELECT 1 FROM record" \
	" WHERE record.account_id = media.account_id AND record.kind = media.kind AND record.id = media.id)"

enum result media_trash_day(struct db *db, uint32_t account, enum record_kind kind, struct date day, int64_t *count,
			    struct err *err)
{
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	enum result r = db_run(db, "INSERT INTO blob_trash(account_id, kind, day, blob)"
				   " SELECT account_id, kind, $5, blob" ORPHANS " ON CONFLICT DO NOTHING",
			       err, DB_INT(account), DB_INT(kind), DB_BLOB(from.bytes, sizeof from.bytes),
			       DB_BLOB(until.bytes, sizeof until.bytes), DB_INT(day.days));

	*count = 0;
	if (r == OK)
		r = db_run(db, "DELETE" ORPHANS, err, DB_INT(account), DB_INT(kind),
			   DB_BLOB(from.bytes, sizeof from.bytes), DB_BLOB(until.bytes, sizeof until.bytes));
	if (r == OK)
		*count = db_changes(db);
	return r;
}

enum result media_names_blob(struct db *db, uint32_t account, enum record_kind kind, struct date day, struct id blob,
			     bool *named, struct err *err)
{
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM media WHERE account_id = $1 AND kind = $2 AND id > $3"
					 " AND id < $4 AND blob = $5 LIMIT 1",
				     0, &one, err, DB_INT(account), DB_INT(kind),
				     DB_BLOB(from.bytes, sizeof from.bytes), DB_BLOB(until.bytes, sizeof until.bytes),
				     DB_BLOB(blob.bytes, sizeof blob.bytes));

	*named = r == OK && one == 1;
	return r;
}

enum result trash_add(struct db *db, const struct trash_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO blob_trash(account_id, kind, day, blob) VALUES($1, $2, $3, $4)"
			  " ON CONFLICT DO NOTHING",
		      err, DB_INT(row->account), DB_INT(row->kind), DB_INT(row->day.days),
		      DB_BLOB(row->blob.bytes, sizeof row->blob.bytes));
}

static enum result read_trash(struct db_rows *rows, struct trash_row *out, struct err *err)
{
	int kind = 0;
	enum result r = column_word(rows, 1, KIND_FIRST, KIND_LAST, &kind, err);

	*out = (struct trash_row){.account = (uint32_t)db_int(rows, 0),
				  .kind = (enum record_kind)kind,
				  .day = {(int32_t)db_int(rows, 2)}};
	return r == OK ? column_id(rows, 3, &out->blob, err) : r;
}

enum result trash_list(struct db *db, struct trash_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT account_id, kind, day, blob FROM blob_trash LIMIT $1", &rows, err,
				 DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_trash(&rows, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result trash_remove(struct db *db, const struct trash_row *row, struct err *err)
{
	return db_run(db, "DELETE FROM blob_trash WHERE account_id = $1 AND kind = $2 AND day = $3 AND blob = $4", err,
		      DB_INT(row->account), DB_INT(row->kind), DB_INT(row->day.days),
		      DB_BLOB(row->blob.bytes, sizeof row->blob.bytes));
}

enum result trash_has(struct db *db, const struct trash_row *row, bool *has, struct err *err)
{
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM blob_trash WHERE account_id = $1 AND kind = $2 AND day = $3"
					 " AND blob = $4",
				     0, &one, err, DB_INT(row->account), DB_INT(row->kind), DB_INT(row->day.days),
				     DB_BLOB(row->blob.bytes, sizeof row->blob.bytes));

	*has = r == OK && one == 1;
	return r;
}
