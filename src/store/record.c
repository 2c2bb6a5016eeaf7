/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/record.h"

#include <string.h>

#define COLUMNS "kind, id, direction, status, duration, agent_id, number_id, hold_id, media, part, labels, parties, payload"

enum result record_insert(struct db *db, const struct record_row *row, bool *inserted, struct err *err)
{
	unsigned char packed[PARTIES_PACKED_MAX], labels[LABELS_PACKED_MAX];
	size_t len = parties_pack(row->parties, row->party_count, packed);
	size_t labels_len = labels_pack(row->labels, row->label_count, labels);
	enum result r = db_run(db, "INSERT INTO record(account_id, " COLUMNS ")"
				   " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
				   " ON CONFLICT DO NOTHING",
			       err, DB_INT(row->account), DB_INT(row->kind), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
			       DB_INT(row->direction), DB_INT(row->status), DB_INT(row->duration_ms),
			       DB_INT(row->agent), DB_INT(row->number), DB_INT(row->hold), DB_INT(row->media),
			       DB_INT(row->part), DB_BLOB(labels, labels_len), DB_BLOB(packed, len),
			       DB_BLOB(row->payload, row->payload_len));

	*inserted = r == OK && db_changes(db) > 0;
	return r;
}

static enum result read_words(struct db_rows *rows, struct record_row *out, struct err *err)
{
	int direction = 0, status = 0;
	enum result r = column_word(rows, 2, DIRECTION_NONE, DIRECTION_INTERNAL, &direction, err);

	if (r == OK)
		r = column_word(rows, 3, STATUS_NONE, STATUS_CONGESTION, &status, err);
	out->direction = (enum direction)direction;
	out->status = (enum record_status)status;
	return r;
}

static enum result read_record(struct db_rows *rows, uint32_t account, struct pool *pool, struct record_row *out,
			       struct err *err)
{
	size_t len, labels_len;
	const unsigned char *labels = db_blob(rows, 10, &labels_len), *packed = db_blob(rows, 11, &len);
	enum result r;

	out->account = account;
	out->kind = (enum record_kind)db_int(rows, 0);
	out->duration_ms = db_int(rows, 4);
	out->agent = db_int(rows, 5);
	out->number = db_int(rows, 6);
	out->hold = db_int(rows, 7);
	out->media = (int)db_int(rows, 8);
	out->part = (int)db_int(rows, 9);
	r = parties_unpack(packed, len, out->parties, &out->party_count, err);
	if (r == OK)
		r = labels_unpack(labels, labels_len, out->labels, &out->label_count, err);
	if (r == OK)
		r = read_words(rows, out, err);
	if (r == OK)
		r = column_id(rows, 1, &out->id, err);
	if (r == OK)
		r = column_bytes(rows, 12, pool, &out->payload, &out->payload_len, err);
	return r;
}

enum result record_get(struct db *db, uint32_t account, enum record_kind kind, struct id id, struct pool *pool,
		       struct record_row *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM record"
					 " WHERE account_id = $1 AND kind = $2 AND id = $3",
				     &rows, &found, err, DB_INT(account), DB_INT(kind), DB_BLOB(id.bytes, sizeof id.bytes));

	if (r != OK)
		return r;
	r = found ? read_record(&rows, account, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such record");
	db_end(&rows);
	return r;
}

enum result record_exists(struct db *db, uint32_t account, enum record_kind kind, struct id id, bool *exists,
			  struct err *err)
{
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM record WHERE account_id = $1 AND kind = $2 AND id = $3", 0,
				     &one, err, DB_INT(account), DB_INT(kind), DB_BLOB(id.bytes, sizeof id.bytes));

	*exists = r == OK && one == 1;
	return r;
}

enum result record_delete(struct db *db, uint32_t account, enum record_kind kind, struct id id, bool *existed,
			  struct err *err)
{
	enum result r = db_run(db, "DELETE FROM record WHERE account_id = $1 AND kind = $2 AND id = $3", err,
			       DB_INT(account), DB_INT(kind), DB_BLOB(id.bytes, sizeof id.bytes));

	*existed = r == OK && db_changes(db) > 0;
	return r;
}

enum result record_reseal(struct db *db, const struct record_row *row, struct err *err)
{
	unsigned char packed[PARTIES_PACKED_MAX], labels[LABELS_PACKED_MAX];
	size_t len = parties_pack(row->parties, row->party_count, packed);
	size_t labels_len = labels_pack(row->labels, row->label_count, labels);

	return db_run(db, "UPDATE record SET hold_id = $4, parties = $5, payload = $6, part = $7, media = $8,"
			  " direction = $9, status = $10, duration = $11, agent_id = $12, number_id = $13, labels = $14"
			  " WHERE account_id = $1 AND kind = $2 AND id = $3",
		      err, DB_INT(row->account), DB_INT(row->kind), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      DB_INT(row->hold), DB_BLOB(packed, len), DB_BLOB(row->payload, row->payload_len),
		      DB_INT(row->part), DB_INT(row->media), DB_INT(row->direction), DB_INT(row->status),
		      DB_INT(row->duration_ms), DB_INT(row->agent), DB_INT(row->number), DB_BLOB(labels, labels_len));
}

enum result record_list_day(struct db *db, uint32_t account, enum record_kind kind, struct date day, struct id after,
			    struct pool *pool, struct record_row *out, size_t max, size_t *count, struct err *err)
{
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	struct db_rows rows;
	bool more;
	enum result r;

	*count = 0;
	/* The floor of a day is no id itself: version bits are not set in it. */
	if (id_compare(after, from) > 0)
		from = after;
	r = db_query(db, "SELECT " COLUMNS " FROM record WHERE account_id = $1 AND kind = $2 AND id > $3 AND id < $4"
			 " ORDER BY id LIMIT $5",
		     &rows, err, DB_INT(account), DB_INT(kind), DB_BLOB(from.bytes, sizeof from.bytes),
		     DB_BLOB(until.bytes, sizeof until.bytes), DB_INT(max));
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_record(&rows, account, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result record_delete_day(struct db *db, uint32_t account, enum record_kind kind, struct date day, int but,
			      int64_t *deleted, struct err *err)
{
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	enum result r = db_run(db, "DELETE FROM record WHERE account_id = $1 AND kind = $2 AND id > $3 AND id < $4"
				   " AND hold_id = 0 AND part <> $5",
			       err, DB_INT(account), DB_INT(kind), DB_BLOB(from.bytes, sizeof from.bytes),
			       DB_BLOB(until.bytes, sizeof until.bytes), DB_INT(but));

	*deleted = r == OK ? db_changes(db) : 0;
	return r;
}

enum result record_count_day(struct db *db, uint32_t account, enum record_kind kind, struct date day, int but,
			     int64_t *all, int64_t *spared, struct err *err)
{
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT COUNT(*), COUNT(CASE WHEN hold_id <> 0 OR part = $5 THEN 1 END)"
					 " FROM record WHERE account_id = $1 AND kind = $2 AND id > $3 AND id < $4",
				     &rows, &found, err, DB_INT(account), DB_INT(kind),
				     DB_BLOB(from.bytes, sizeof from.bytes), DB_BLOB(until.bytes, sizeof until.bytes),
				     DB_INT(but));

	if (r != OK)
		return r;
	*all = db_int(&rows, 0);
	*spared = db_int(&rows, 1);
	db_end(&rows);
	return OK;
}

enum result record_has_part(struct db *db, uint32_t account, enum record_kind kind, struct date day, int part,
			    bool *has, struct err *err)
{
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT 1 FROM record WHERE account_id = $1 AND kind = $2 AND id > $3 AND id < $4"
					 " AND hold_id = 0 AND part = $5 LIMIT 1",
				     &rows, has, err, DB_INT(account), DB_INT(kind),
				     DB_BLOB(from.bytes, sizeof from.bytes), DB_BLOB(until.bytes, sizeof until.bytes),
				     DB_INT(part));

	if (r == OK)
		db_end(&rows);
	return r;
}

enum result record_next_day(struct db *db, uint32_t account, enum record_kind kind, struct date after,
			    struct date *out, struct err *err)
{
	struct id from = id_floor(date_start(date_add_days(after, 1)));
	struct db_rows rows;
	struct id id;
	bool found;
	enum result r = db_query_one(db, "SELECT id FROM record WHERE account_id = $1 AND kind = $2 AND id > $3"
					 " ORDER BY id LIMIT 1",
				     &rows, &found, err, DB_INT(account), DB_INT(kind),
				     DB_BLOB(from.bytes, sizeof from.bytes));

	if (r != OK)
		return r;
	r = found ? column_id(&rows, 0, &id, err) : err_set(err, ERR_NOT_FOUND, "no later day");
	db_end(&rows);
	if (r == OK)
		*out = instant_date(id_time(id));
	return r;
}
