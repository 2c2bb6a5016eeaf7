/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/hold.h"

#include <string.h>

#define PAGE 256
#define COLUMNS "hold_id, id, person_id, identity_id, kinds, from_at, until_at, reason, created_at, released_at," \
		" type, number_id, agent_id, queue_id, campaign_id, tag_id, custodian, matter"

static struct db_value maybe_instant(bool has, struct instant at)
{
	return has ? DB_INT(at.ms) : DB_NULL;
}

enum result hold_insert(struct db *db, const struct hold_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO hold(account_id, " COLUMNS ")"
			  " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
		      err, DB_INT(row->account), DB_INT(row->hold), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      row->has_person ? DB_BLOB(row->person.bytes, sizeof row->person.bytes) : DB_NULL,
		      row->identity != 0 ? DB_INT(row->identity) : DB_NULL, DB_INT(row->kinds),
		      maybe_instant(row->has_from, row->from), maybe_instant(row->has_until, row->until),
		      DB_BLOB(row->reason, row->reason_len), DB_INT(row->created.ms),
		      maybe_instant(row->released, row->released_at), DB_INT(row->type), DB_INT(row->number),
		      DB_INT(row->agent), DB_INT(row->queue), DB_INT(row->campaign), DB_INT(row->tag),
		      DB_BLOB(row->custodian, row->custodian_len), DB_BLOB(row->matter, row->matter_len));
}

static enum result read_hold(struct db_rows *rows, uint32_t account, struct pool *pool, struct hold_row *out,
			     struct err *err)
{
	int type = 0;
	enum result r = column_word(rows, 10, HOLD_LEGAL, HOLD_RESTRICTION, &type, err);

	*out = (struct hold_row){.account = account,
				 .type = (enum hold_type)type,
				 .number = db_int(rows, 11),
				 .agent = db_int(rows, 12),
				 .queue = db_int(rows, 13),
				 .campaign = db_int(rows, 14),
				 .tag = db_int(rows, 15),
				 .hold = db_int(rows, 0),
				 .has_person = !db_is_null(rows, 2),
				 .identity = db_int(rows, 3),
				 .kinds = (uint32_t)db_int(rows, 4),
				 .has_from = !db_is_null(rows, 5),
				 .from = {db_int(rows, 5)},
				 .has_until = !db_is_null(rows, 6),
				 .until = {db_int(rows, 6)},
				 .created = {db_int(rows, 8)},
				 .released = !db_is_null(rows, 9),
				 .released_at = {db_int(rows, 9)}};
	if (r == OK && out->has_person)
		r = column_id(rows, 2, &out->person, err);
	if (r == OK)
		r = column_id(rows, 1, &out->id, err);
	if (r == OK)
		r = column_bytes(rows, 7, pool, &out->reason, &out->reason_len, err);
	if (r == OK)
		r = column_bytes(rows, 16, pool, &out->custodian, &out->custodian_len, err);
	if (r == OK)
		r = column_bytes(rows, 17, pool, &out->matter, &out->matter_len, err);
	return r;
}

static enum result one_hold(struct db_rows *rows, bool found, uint32_t account, struct pool *pool,
			    struct hold_row *out, struct err *err)
{
	enum result r = found ? read_hold(rows, account, pool, out, err)
			      : err_set(err, ERR_NOT_FOUND, "no such hold");

	db_end(rows);
	return r;
}

enum result hold_find(struct db *db, uint32_t account, struct id id, struct pool *pool, struct hold_row *out,
		      struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM hold WHERE account_id = $1 AND id = $2", &rows, &found,
				     err, DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes));

	return r == OK ? one_hold(&rows, found, account, pool, out, err) : r;
}

enum result hold_get(struct db *db, uint32_t account, int64_t hold, struct pool *pool, struct hold_row *out,
		     struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM hold WHERE account_id = $1 AND hold_id = $2", &rows,
				     &found, err, DB_INT(account), DB_INT(hold));

	return r == OK ? one_hold(&rows, found, account, pool, out, err) : r;
}

enum result hold_list(struct db *db, uint32_t account, bool active_only, int64_t after, struct pool *pool,
		      struct hold_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM hold WHERE account_id = $1 AND hold_id > $2"
				     " AND (released_at IS NULL OR CAST($3 AS BIGINT) = 0) ORDER BY hold_id LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(after), DB_INT(active_only), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_hold(&rows, account, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result hold_set_released(struct db *db, uint32_t account, int64_t hold, struct instant now, struct err *err)
{
	enum result r = db_run(db, "UPDATE hold SET released_at = $3"
				   " WHERE account_id = $1 AND hold_id = $2 AND released_at IS NULL",
			       err, DB_INT(account), DB_INT(hold), DB_INT(now.ms));

	if (r == OK && db_changes(db) == 0)
		r = err_set(err, ERR_NOT_FOUND, "no such hold, or it is released already");
	return r;
}

enum result hold_names_person(struct db *db, uint32_t account, struct id person, bool *names, struct err *err)
{
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM hold WHERE account_id = $1 AND person_id = $2"
					 " AND released_at IS NULL LIMIT 1",
				     0, &one, err, DB_INT(account), DB_BLOB(person.bytes, sizeof person.bytes));

	*names = r == OK && one == 1;
	return r;
}

enum result hold_follow(struct db *db, uint32_t account, struct id from, struct id to, struct err *err)
{
	return db_run(db, "UPDATE hold SET person_id = $3 WHERE account_id = $1 AND person_id = $2"
			  " AND released_at IS NULL AND NOT EXISTS (SELECT 1 FROM identity WHERE account_id = $1"
			  " AND person_id = $2)",
		      err, DB_INT(account), DB_BLOB(from.bytes, sizeof from.bytes),
		      DB_BLOB(to.bytes, sizeof to.bytes));
}

enum result hold_set_person(struct db *db, uint32_t account, int64_t hold, struct id person, struct err *err)
{
	return db_run(db, "UPDATE hold SET person_id = $3 WHERE account_id = $1 AND hold_id = $2", err, DB_INT(account),
		      DB_INT(hold), DB_BLOB(person.bytes, sizeof person.bytes));
}

enum result hold_keep_identity(struct db *db, uint32_t account, struct id person, int64_t identity, struct err *err)
{
	return db_run(db, "INSERT INTO hold_identity(account_id, hold_id, identity_id) SELECT account_id, hold_id, $3 FROM hold"
			  " WHERE account_id = $1 AND person_id = $2 AND type = $4 AND released_at IS NULL"
			  " ON CONFLICT DO NOTHING",
		      err, DB_INT(account), DB_BLOB(person.bytes, sizeof person.bytes), DB_INT(identity),
		      DB_INT(HOLD_LEGAL));
}

enum result hold_identity_insert(struct db *db, uint32_t account, int64_t hold, int64_t identity, struct err *err)
{
	return db_run(db, "INSERT INTO hold_identity(account_id, hold_id, identity_id) VALUES($1, $2, $3)"
			  " ON CONFLICT DO NOTHING",
		      err, DB_INT(account), DB_INT(hold), DB_INT(identity));
}

enum result hold_identity_list(struct db *db, uint32_t account, int64_t hold, int64_t after, int64_t *out, size_t max,
			       size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT identity_id FROM hold_identity WHERE account_id = $1 AND hold_id = $2"
				     " AND identity_id > $3 ORDER BY identity_id LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(hold), DB_INT(after), DB_INT(max));

	*count = 0;
	return r == OK ? column_numbers(&rows, out, max, count, err) : r;
}

enum result held_insert(struct db *db, const struct held_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO held(account_id, hold_id, kind, id, cause, due_at) VALUES($1, $2, $3, $4, $5, $6)"
			  " ON CONFLICT DO NOTHING",
		      err, DB_INT(row->account), DB_INT(row->hold), DB_INT(row->kind),
		      DB_BLOB(row->id.bytes, sizeof row->id.bytes), DB_INT(row->cause), DB_INT(row->due.ms));
}

static enum result read_held(struct db_rows *rows, uint32_t account, int64_t hold, struct held_row *out,
			     struct err *err)
{
	int kind = 0, cause = 0;
	enum result r = column_word(rows, 0, HELD_CONTACT, KIND_LAST, &kind, err);

	if (r == OK)
		r = column_word(rows, 2, HELD_EXPIRED, HELD_ASIDE, &cause, err);
	*out = (struct held_row){.account = account,
				 .hold = hold,
				 .kind = (enum record_kind)kind,
				 .cause = (enum held_cause)cause,
				 .due = {db_int(rows, 3)}};
	return r == OK ? column_id(rows, 1, &out->id, err) : r;
}

enum result held_get(struct db *db, uint32_t account, int64_t hold, enum record_kind kind, struct id id,
		     struct held_row *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT kind, id, cause, due_at FROM held WHERE account_id = $1 AND hold_id = $2"
					 " AND kind = $3 AND id = $4",
				     &rows, &found, err, DB_INT(account), DB_INT(hold), DB_INT(kind),
				     DB_BLOB(id.bytes, sizeof id.bytes));

	if (r != OK)
		return r;
	r = found ? read_held(&rows, account, hold, out, err)
		  : err_set(err, ERR_NOT_FOUND, "that record is not under this hold's key");
	db_end(&rows);
	return r;
}

enum result held_list(struct db *db, uint32_t account, int64_t hold, enum record_kind after_kind, struct id after,
		      struct held_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT kind, id, cause, due_at FROM held WHERE account_id = $1 AND hold_id = $2"
				     " AND (kind, id) > ($3, $4) ORDER BY kind, id LIMIT $5",
				 &rows, err, DB_INT(account), DB_INT(hold), DB_INT(after_kind),
				 DB_BLOB(after.bytes, sizeof after.bytes), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_held(&rows, account, hold, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result held_walk(struct db *db, uint32_t account, int64_t hold, held_visit *visit, void *arg, struct err *err)
{
	struct held_row rows[PAGE], last = {.hold = 0};
	size_t count;
	enum result r;

	do {
		r = held_list(db, account, hold, last.kind, last.id, rows, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			last = rows[i];
			r = visit(arg, &rows[i], err);
		}
	} while (r == OK && count == PAGE);
	return r;
}

enum result held_set_erased(struct db *db, uint32_t account, int64_t hold, enum record_kind kind, struct id id,
			    struct instant due, struct err *err)
{
	return db_run(db, "UPDATE held SET cause = $6, due_at = $5 WHERE account_id = $1 AND hold_id = $2 AND kind = $3"
			  " AND id = $4 AND cause <> $6",
		      err, DB_INT(account), DB_INT(hold), DB_INT(kind), DB_BLOB(id.bytes, sizeof id.bytes),
		      DB_INT(due.ms), DB_INT(HELD_ERASED));
}

enum result held_delete(struct db *db, uint32_t account, int64_t hold, enum record_kind kind, struct id id,
			struct err *err)
{
	return db_run(db, "DELETE FROM held WHERE account_id = $1 AND hold_id = $2 AND kind = $3 AND id = $4", err,
		      DB_INT(account), DB_INT(hold), DB_INT(kind), DB_BLOB(id.bytes, sizeof id.bytes));
}

enum result held_count(struct db *db, uint32_t account, int64_t hold, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT COUNT(*) FROM held WHERE account_id = $1 AND hold_id = $2", 0, out, err,
			    DB_INT(account), DB_INT(hold));
}
