/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/record.h"

#include <string.h>

#define COLUMNS "kind, id, direction, status, duration, agent_id, number_id, hold_id, media, part, labels, parties, payload"

static const char insert_one[] = "INSERT INTO record(account_id, " COLUMNS ")"
				 " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
				 " ON CONFLICT DO NOTHING";
static const char insert_together[] =
    "INSERT INTO record(account_id, " COLUMNS ") VALUES"
    "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14), "
    "($1, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27), "
    "($1, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40), "
    "($1, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53), "
    "($1, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66), "
    "($1, $67, $68, $69, $70, $71, $72, $73, $74, $75, $76, $77, $78, $79), "
    "($1, $80, $81, $82, $83, $84, $85, $86, $87, $88, $89, $90, $91, $92), "
    "($1, $93, $94, $95, $96, $97, $98, $99, $100, $101, $102, $103, $104, $105), "
    "($1, $106, $107, $108, $109, $110, $111, $112, $113, $114, $115, $116, $117, $118), "
    "($1, $119, $120, $121, $122, $123, $124, $125, $126, $127, $128, $129, $130, $131), "
    "($1, $132, $133, $134, $135, $136, $137, $138, $139, $140, $141, $142, $143, $144), "
    "($1, $145, $146, $147, $148, $149, $150, $151, $152, $153, $154, $155, $156, $157), "
    "($1, $158, $159, $160, $161, $162, $163, $164, $165, $166, $167, $168, $169, $170), "
    "($1, $171, $172, $173, $174, $175, $176, $177, $178, $179, $180, $181, $182, $183), "
    "($1, $184, $185, $186, $187, $188, $189, $190, $191, $192, $193, $194, $195, $196), "
    "($1, $197, $198, $199, $200, $201, $202, $203, $204, $205, $206, $207, $208, $209)";

#define COLUMN_COUNT 13 /* of COLUMNS */

/* What a row's values point to. */
struct packed { unsigned char parties[PARTIES_PACKED_MAX], labels[LABELS_PACKED_MAX]; };

static void fill_values(const struct record_row *row, struct packed *packed, struct db_value values[COLUMN_COUNT])
{
	const struct db_value filled[COLUMN_COUNT] = {
	    DB_INT(row->kind), DB_BLOB(row->id.bytes, sizeof row->id.bytes), DB_INT(row->direction), DB_INT(row->status),
	    DB_INT(row->duration_ms), DB_INT(row->agent), DB_INT(row->number), DB_INT(row->hold), DB_INT(row->media),
	    DB_INT(row->part), DB_BLOB(packed->labels, labels_pack(row->labels, row->label_count, packed->labels)),
	    DB_BLOB(packed->parties, parties_pack(row->parties, row->party_count, packed->parties)),
	    DB_BLOB(row->payload, row->payload_len)};

	memcpy(values, filled, sizeof filled);
}

enum result record_insert(struct db *db, const struct record_row *row, bool *inserted, struct err *err)
{
	struct db_value values[1 + COLUMN_COUNT] = {DB_INT(row->account)};
	struct packed packed;
	enum result r;

	fill_values(row, &packed, values + 1);
	r = db_run_n(db, insert_one, values, 1 + COLUMN_COUNT, err);
	*inserted = r == OK && db_changes(db) > 0;
	return r;
}

/* Are they in order, of one account and kind, and is there nothing yet where they go? Then none is there already. */
static enum result is_new_ground(struct db *db, const struct record_row *const rows[RECORD_TOGETHER], bool *out,
				 struct err *err)
{
	const struct record_row *first = rows[0], *last = rows[RECORD_TOGETHER - 1];
	int64_t one;
	enum result r;

	*out = false;
	for (size_t i = 1; i < RECORD_TOGETHER; i++) {
		if (rows[i]->account != first->account || rows[i]->kind != first->kind ||
		    id_compare(rows[i - 1]->id, rows[i]->id) >= 0)
			return OK;
	}
	r = db_query_int(db, "SELECT 1 FROM record WHERE account_id = $1 AND kind = $2 AND id >= $3 AND id <= $4 LIMIT 1",
			 0, &one, err, DB_INT(first->account), DB_INT(first->kind),
			 DB_BLOB(first->id.bytes, sizeof first->id.bytes), DB_BLOB(last->id.bytes, sizeof last->id.bytes));
	*out = r == OK && one == 0;
	return r;
}

static enum result insert_all(struct db *db, const struct record_row *const rows[RECORD_TOGETHER],
			      bool inserted[RECORD_TOGETHER], struct err *err)
{
	struct db_value values[1 + RECORD_TOGETHER * COLUMN_COUNT] = {DB_INT(rows[0]->account)};
	struct packed packed[RECORD_TOGETHER];
	enum result r;

	for (size_t i = 0; i < RECORD_TOGETHER; i++)
		fill_values(rows[i], &packed[i], values + 1 + i * COLUMN_COUNT);
	r = db_run_n(db, insert_together, values, sizeof values / sizeof values[0], err);
	for (size_t i = 0; i < RECORD_TOGETHER; i++)
		inserted[i] = r == OK;
	return r;
}

enum result record_insert_many(struct db *db, const struct record_row *const *rows, size_t count, bool *inserted,
			       struct err *err)
{
	bool new_ground = false;
	size_t at = 0;
	enum result r = OK;

	while (at < count && r == OK) {
		if (count - at >= RECORD_TOGETHER)
			r = is_new_ground(db, rows + at, &new_ground, err);
		else
			new_ground = false;
		if (r == OK && new_ground) {
			r = insert_all(db, rows + at, inserted + at, err);
			at += RECORD_TOGETHER;
			continue;
		}
		for (size_t end = at + RECORD_TOGETHER; at < count && at < end && r == OK; at++)
			r = record_insert(db, rows[at], &inserted[at], err);
	}
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

#define FACTS "id, direction, duration, number_id, hold_id, media, labels, length(payload)"

static enum result read_people(struct db_rows *rows, struct record_row *out, struct err *err)
{
	size_t len;
	const unsigned char *packed = db_blob(rows, 9, &len);

	out->agent = db_int(rows, 8);
	return parties_unpack(packed, len, out->parties, &out->party_count, err);
}

static enum result read_facts(struct db_rows *rows, struct record_row *out, struct err *err)
{
	size_t len;
	const unsigned char *labels = db_blob(rows, 6, &len);
	int direction = 0;
	enum result r = labels_unpack(labels, len, out->labels, &out->label_count, err);

	if (r == OK)
		r = column_id(rows, 0, &out->id, err);
	if (r == OK)
		r = column_word(rows, 1, DIRECTION_NONE, DIRECTION_INTERNAL, &direction, err);
	out->direction = (enum direction)direction;
	out->duration_ms = db_int(rows, 2);
	out->number = db_int(rows, 3);
	out->hold = db_int(rows, 4);
	out->media = (int)db_int(rows, 5);
	out->payload_len = (size_t)db_int(rows, 7);
	return r;
}

enum result record_look_day(struct db *db, uint32_t account, enum record_kind kind, struct date day,
			    bool people, record_visit *visit, void *arg, struct err *err)
{
	static const char facts[] = "SELECT " FACTS " FROM record"
				    " WHERE account_id = $1 AND kind = $2 AND id > $3 AND id < $4 ORDER BY id";
	static const char with_people[] = "SELECT " FACTS ", agent_id, parties FROM record"
					  " WHERE account_id = $1 AND kind = $2 AND id > $3 AND id < $4 ORDER BY id";
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	struct record_row row = {.account = account, .kind = kind};
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, people ? with_people : facts, &rows, err, DB_INT(account), DB_INT(kind),
				 DB_BLOB(from.bytes, sizeof from.bytes), DB_BLOB(until.bytes, sizeof until.bytes));

	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_facts(&rows, &row, err);
		if (r == OK && people)
			r = read_people(&rows, &row, err);
		if (r == OK)
			r = visit(arg, &row, err);
		if (r != OK)
			break;
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

enum result record_has_held(struct db *db, uint32_t account, enum record_kind kind, struct date first,
			    struct date last, bool *has, struct err *err)
{
	struct id from = id_floor(date_start(first)), until = id_floor(date_start(date_add_days(last, 1)));
	struct db_rows rows;
	/* In these words, and in this order, SQLite finds it in the index of what is held. */
	enum result r = db_query_one(db, "SELECT 1 FROM record WHERE account_id = $1 AND kind = $2 AND id > $3 AND id < $4"
					 " AND hold_id > 0 ORDER BY id LIMIT 1",
				     &rows, has, err, DB_INT(account), DB_INT(kind),
				     DB_BLOB(from.bytes, sizeof from.bytes), DB_BLOB(until.bytes, sizeof until.bytes));

	if (r == OK)
		db_end(&rows);
	return r;
}

enum result record_has_unheld(struct db *db, uint32_t account, enum record_kind kind, struct date day, bool *has,
			      struct err *err)
{
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT 1 FROM record WHERE account_id = $1 AND kind = $2 AND id > $3 AND id < $4"
					 " AND hold_id = 0 LIMIT 1",
				     &rows, has, err, DB_INT(account), DB_INT(kind),
				     DB_BLOB(from.bytes, sizeof from.bytes), DB_BLOB(until.bytes, sizeof until.bytes));

	if (r == OK)
		db_end(&rows);
	return r;
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
