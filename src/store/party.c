/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/party.h"

#include <string.h>

int party_key_compare(const void *a, const void *b)
{
	const struct party_key *x = a, *y = b;

	if (x->month != y->month)
		return x->month < y->month ? -1 : 1;
	if (x->identity != y->identity)
		return x->identity < y->identity ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return id_compare(x->id, y->id);
}

/* Moves the month's count; a month without rows has no row here. */
static enum result add_to_month(struct db *db, uint32_t account, int32_t month, int64_t delta, struct err *err)
{
	enum result r;

	if (delta == 0)
		return OK;
	r = db_run(db, "INSERT INTO party_month(account_id, month, parties) VALUES($1, $2, $3)"
		       " ON CONFLICT(account_id, month) DO UPDATE SET parties = party_month.parties + excluded.parties",
		   err, DB_INT(account), DB_INT(month), DB_INT(delta));
	if (r == OK && delta < 0)
		r = db_run(db, "DELETE FROM party_month WHERE account_id = $1 AND month = $2 AND parties = 0", err,
			   DB_INT(account), DB_INT(month));
	return r;
}

/* Starting a statement costs as much as inserting a row: what is many goes in by so many rows at once. */
#define TOGETHER 32
#define COLUMNS_OF_KEY 4

static const char insert_one[] = "INSERT INTO party(account_id, month, identity_id, kind, id) VALUES($1, $2, $3, $4, $5)";
static const char insert_together[] =
    "INSERT INTO party(account_id, month, identity_id, kind, id) VALUES"
    "($1, $2, $3, $4, $5), ($1, $6, $7, $8, $9), ($1, $10, $11, $12, $13), ($1, $14, $15, $16, $17), "
    "($1, $18, $19, $20, $21), ($1, $22, $23, $24, $25), ($1, $26, $27, $28, $29), ($1, $30, $31, $32, $33), "
    "($1, $34, $35, $36, $37), ($1, $38, $39, $40, $41), ($1, $42, $43, $44, $45), ($1, $46, $47, $48, $49), "
    "($1, $50, $51, $52, $53), ($1, $54, $55, $56, $57), ($1, $58, $59, $60, $61), ($1, $62, $63, $64, $65), "
    "($1, $66, $67, $68, $69), ($1, $70, $71, $72, $73), ($1, $74, $75, $76, $77), ($1, $78, $79, $80, $81), "
    "($1, $82, $83, $84, $85), ($1, $86, $87, $88, $89), ($1, $90, $91, $92, $93), ($1, $94, $95, $96, $97), "
    "($1, $98, $99, $100, $101), ($1, $102, $103, $104, $105), ($1, $106, $107, $108, $109), "
    "($1, $110, $111, $112, $113), ($1, $114, $115, $116, $117), ($1, $118, $119, $120, $121), "
    "($1, $122, $123, $124, $125), ($1, $126, $127, $128, $129)";

static enum result insert_rows(struct db *db, uint32_t account, const struct party_key *keys, size_t count,
			       struct err *err)
{
	struct db_value values[1 + TOGETHER * COLUMNS_OF_KEY], *at = values;

	*at++ = DB_INT(account);
	for (size_t i = 0; i < count; i++) {
		*at++ = DB_INT(keys[i].month);
		*at++ = DB_INT(keys[i].identity);
		*at++ = DB_INT(keys[i].kind);
		*at++ = DB_BLOB(keys[i].id.bytes, sizeof keys[i].id.bytes);
	}
	return db_run_n(db, count == 1 ? insert_one : insert_together, values, (size_t)(at - values), err);
}

static enum result count_months(struct db *db, uint32_t account, const struct party_key *keys, size_t count,
				struct err *err)
{
	int64_t in_month = 0;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		in_month++;
		if (i + 1 < count && keys[i + 1].month == keys[i].month)
			continue;
		r = add_to_month(db, account, keys[i].month, in_month, err);
		in_month = 0;
	}
	return r;
}

enum result party_insert(struct db *db, uint32_t account, const struct party_key *keys, size_t count, struct err *err)
{
	enum result r = OK;

	for (size_t at = 0, rows; at < count && r == OK; at += rows) {
		rows = count - at >= TOGETHER ? TOGETHER : 1;
		r = insert_rows(db, account, keys + at, rows, err);
	}
	return r == OK ? count_months(db, account, keys, count, err) : r;
}

enum result party_delete(struct db *db, uint32_t account, const struct party_key *keys, size_t count, int64_t *deleted,
			 struct err *err)
{
	int64_t in_month = 0;
	enum result r = OK;

	*deleted = 0;
	for (size_t i = 0; i < count && r == OK; i++) {
		r = db_run(db, "DELETE FROM party WHERE account_id = $1 AND month = $2 AND identity_id = $3"
			       " AND kind = $4 AND id = $5",
			   err, DB_INT(account), DB_INT(keys[i].month), DB_INT(keys[i].identity), DB_INT(keys[i].kind),
			   DB_BLOB(keys[i].id.bytes, sizeof keys[i].id.bytes));
		if (r == OK)
			in_month += db_changes(db);
		if (r == OK && (i + 1 == count || keys[i + 1].month != keys[i].month)) {
			*deleted += in_month;
			r = add_to_month(db, account, keys[i].month, -in_month, err);
			in_month = 0;
		}
	}
	return r;
}

/* Kind and id, from that column on. */
static enum result read_record_id(struct db_rows *rows, int column, struct party_key *out, struct err *err)
{
	int kind = 0;
	enum result r = column_word(rows, column, KIND_FIRST, KIND_LAST, &kind, err);

	out->kind = (enum record_kind)kind;
	return r == OK ? column_id(rows, column + 1, &out->id, err) : r;
}

/* Of the row that `most` rows lie before, from identity `from` on. */
static enum result find_identity_after(struct db *db, uint32_t account, int32_t month, int64_t from, size_t most,
				       int64_t *out, bool *found, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT identity_id FROM party WHERE account_id = $1 AND month = $2"
					 " AND identity_id >= $3 ORDER BY identity_id LIMIT 1 OFFSET $4",
				     &rows, found, err, DB_INT(account), DB_INT(month), DB_INT(from), DB_INT(most));

	if (r != OK || !*found)
		return r;
	*out = db_int(&rows, 0);
	db_end(&rows);
	return OK;
}

/* The `most`th id of one identity, after `from` and before `end`. */
static enum result find_id_after(struct db *db, uint32_t account, const struct party_key *from, const struct id *end,
				 size_t most, struct id *out, bool *found, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT id FROM party WHERE account_id = $1 AND month = $2 AND identity_id = $3"
					 " AND kind = $4 AND id > $5 AND id < $6 ORDER BY id LIMIT 1 OFFSET $7",
				     &rows, found, err, DB_INT(account), DB_INT(from->month), DB_INT(from->identity),
				     DB_INT(from->kind), DB_BLOB(from->id.bytes, sizeof from->id.bytes),
				     DB_BLOB(end->bytes, sizeof end->bytes), DB_INT(most - 1));

	if (r != OK || !*found)
		return r;
	r = column_id(&rows, 0, out, err);
	db_end(&rows);
	return r;
}

/* Of the identities from->identity to `last`, ids after `from` and before `end`. Nothing is compared that the order of the
 * table tells: half of what a row costs otherwise. */
static enum result delete_between(struct db *db, uint32_t account, const struct party_key *from, int64_t last,
				  const struct id *end, struct err *err)
{
	return db_run(db, "DELETE FROM party WHERE account_id = $1 AND month = $2 AND identity_id >= $3 AND identity_id <= $4"
			  " AND kind = $5 AND id > $6 AND id < $7",
		      err, DB_INT(account), DB_INT(from->month), DB_INT(from->identity), DB_INT(last),
		      DB_INT(from->kind), DB_BLOB(from->id.bytes, sizeof from->id.bytes),
		      DB_BLOB(end->bytes, sizeof end->bytes));
}

/* Of somebody who has more rows in a month than go at once. */
static enum result delete_of_one(struct db *db, uint32_t account, const struct party_key *from, const struct id *end,
				 size_t most, struct party_key *next, bool *more, struct err *err)
{
	struct id last;
	bool found;
	enum result r = find_id_after(db, account, from, end, most, &last, &found, err);

	if (r != OK)
		return r;
	if (!found) {
		*more = from->identity < INT64_MAX;
		*next = (struct party_key){.identity = from->identity + *more};
		return delete_between(db, account, from, from->identity, end, err);
	}
	next->id = last;
	*more = true;
	return db_run(db, "DELETE FROM party WHERE account_id = $1 AND month = $2 AND identity_id = $3 AND kind = $4"
			  " AND id > $5 AND id <= $6",
		      err, DB_INT(account), DB_INT(from->month), DB_INT(from->identity), DB_INT(from->kind),
		      DB_BLOB(from->id.bytes, sizeof from->id.bytes), DB_BLOB(last.bytes, sizeof last.bytes));
}

enum result party_delete_days(struct db *db, uint32_t account, const struct party_days *days, size_t most,
			      struct party_key *from, int64_t *deleted, bool *more, struct err *err)
{
	struct id first = id_floor(date_start(days->first)), end = id_floor(date_start(date_add_days(days->last, 1)));
	bool within = memcmp(from->id.bytes, first.bytes, sizeof first.bytes) > 0; /* rows of one identity */
	const struct party_key at = {.month = days->month, .kind = days->kind, .identity = from->identity,
				     .id = within ? from->id : first};
	struct party_key next = {.identity = INT64_MAX};
	int64_t identity = INT64_MAX;
	enum result r = find_identity_after(db, account, days->month, at.identity, most, &identity, more, err);

	*deleted = 0;
	if (r == OK && (within || (*more && identity == at.identity))) {
		next = at;
		r = delete_of_one(db, account, &at, &end, most, &next, more, err);
	} else if (r == OK) {
		next = (struct party_key){.identity = identity};
		r = delete_between(db, account, &at, identity - *more, &end, err);
	}
	if (r != OK)
		return r;
	*deleted = db_changes(db);
	*from = next;
	return add_to_month(db, account, days->month, -*deleted, err);
}

enum result party_month_get(struct db *db, uint32_t account, int32_t month, int64_t *parties, struct err *err)
{
	return db_query_int(db, "SELECT parties FROM party_month WHERE account_id = $1 AND month = $2", 0, parties, err,
			    DB_INT(account), DB_INT(month));
}

static enum result collect(struct db_rows *rows, int64_t identity, struct party_key *out, size_t *count,
			   struct err *err)
{
	enum result r;
	bool more;

	*count = 0;
	while ((r = db_next(rows, &more, err)) == OK && more) {
		struct party_key *key = &out[*count];

		*key = (struct party_key){.month = (int32_t)db_int(rows, 0), .identity = identity};
		r = read_record_id(rows, 1, key, err);
		if (r != OK)
			break;
		(*count)++;
	}
	return r;
}

/* Months are walked by the small table, so the cost is the person's records and one look per month. */
static enum result next_month(struct db *db, uint32_t account, int32_t after, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT MIN(month) FROM party_month WHERE account_id = $1 AND month > $2", INT64_MAX,
			    out, err, DB_INT(account), DB_INT(after));
}

static enum result list_month(struct db *db, uint32_t account, int64_t identity, const struct party_key *after,
			      struct party_key *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT month, kind, id FROM party WHERE account_id = $1 AND month = $2"
				     " AND identity_id = $3 AND (kind, id) > ($4, $5) ORDER BY kind, id LIMIT $6",
				 &rows, err, DB_INT(account), DB_INT(after->month), DB_INT(identity),
				 DB_INT(after->kind), DB_BLOB(after->id.bytes, sizeof after->id.bytes), DB_INT(max));

	if (r != OK)
		return r;
	r = collect(&rows, identity, out, count, err);
	db_end(&rows);
	return r;
}

enum result party_list_until(struct db *db, uint32_t account, int64_t identity, const struct party_key *after,
			     int32_t until, struct party_key *out, size_t max, size_t *count, struct err *err)
{
	struct party_key at = *after;
	int64_t month;
	size_t got;
	enum result r;

	*count = 0;
	if (at.kind == 0) {
		r = next_month(db, account, INT32_MIN, &month, err);
		if (r != OK || month > until)
			return r;
		at.month = (int32_t)month;
	}
	for (;;) {
		r = list_month(db, account, identity, &at, out + *count, max - *count, &got, err);
		if (r != OK)
			return r;
		*count += got;
		if (*count == max)
			return OK;
		r = next_month(db, account, at.month, &month, err);
		if (r != OK || month > until)
			return r;
		at = (struct party_key){.month = (int32_t)month};
	}
}

enum result party_list(struct db *db, uint32_t account, int64_t identity, const struct party_key *after,
		       struct party_key *out, size_t max, size_t *count, struct err *err)
{
	return party_list_until(db, account, identity, after, INT32_MAX, out, max, count, err);
}

static enum result newest_of_month(struct db *db, uint32_t account, int64_t identity, int32_t month,
				   struct instant *out, struct err *err)
{
	struct db_rows rows;
	struct id id;
	bool more;
	/* Not MAX(id): PostgreSQL has none for bytes before version 18. */
	enum result r = db_query(db, "SELECT id FROM party WHERE account_id = $1 AND month = $2 AND identity_id = $3",
				 &rows, err, DB_INT(account), DB_INT(month), DB_INT(identity));

	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = column_id(&rows, 0, &id, err);
		if (r != OK)
			break;
		if (id_time(id).ms > out->ms)
			*out = id_time(id);
	}
	db_end(&rows);
	return r;
}

enum result party_newest(struct db *db, uint32_t account, int64_t identity, struct instant *out, struct err *err)
{
	int64_t month = (int64_t)INT32_MAX + 1;
	enum result r;

	out->ms = INT64_MIN;
	do {
		r = db_query_int(db, "SELECT MAX(month) FROM party_month WHERE account_id = $1 AND month < $2",
				 INT64_MIN, &month, err, DB_INT(account), DB_INT(month));
		if (r == OK && month != INT64_MIN)
			r = newest_of_month(db, account, identity, (int32_t)month, out, err);
	} while (r == OK && month != INT64_MIN && out->ms == INT64_MIN);
	return r;
}

enum result party_exists(struct db *db, uint32_t account, const struct party_key *key, bool *exists, struct err *err)
{
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM party WHERE account_id = $1 AND month = $2"
					 " AND identity_id = $3 AND kind = $4 AND id = $5",
				     0, &one, err, DB_INT(account), DB_INT(key->month), DB_INT(key->identity),
				     DB_INT(key->kind), DB_BLOB(key->id.bytes, sizeof key->id.bytes));

	*exists = r == OK && one == 1;
	return r;
}

enum result party_count(struct db *db, uint32_t account, int64_t *rows, int64_t *by_month, struct err *err)
{
	enum result r = db_query_int(db, "SELECT COUNT(*) FROM party WHERE account_id = $1", 0, rows, err,
				     DB_INT(account));

	if (r == OK)
		r = db_query_int(db, "SELECT CAST(SUM(parties) AS BIGINT) FROM party_month WHERE account_id = $1", 0,
				 by_month, err, DB_INT(account));
	return r;
}

enum result party_walk(struct db *db, uint32_t account, const struct party_key *after, struct party_key *out,
		       size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT month, identity_id, kind, id FROM party WHERE account_id = $1"
				     " AND (month, identity_id, kind, id) > ($2, $3, $4, $5)"
				     " ORDER BY month, identity_id, kind, id LIMIT $6",
				 &rows, err, DB_INT(account),
				 after->identity == 0 ? DB_INT(INT32_MIN) : DB_INT(after->month),
				 DB_INT(after->identity), DB_INT(after->kind),
				 DB_BLOB(after->id.bytes, sizeof after->id.bytes), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		struct party_key *key = &out[*count];

		*key = (struct party_key){.month = (int32_t)db_int(&rows, 0), .identity = db_int(&rows, 1)};
		r = read_record_id(&rows, 2, key, err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result party_month_next(struct db *db, uint32_t account, int32_t after, int32_t *month, int64_t *said,
			     int64_t *rows, struct err *err)
{
	int64_t by_table, by_rows = 0;
	enum result r = next_month(db, account, after, &by_table, err);

	if (r == OK)
		r = db_query_int(db, "SELECT MIN(month) FROM party WHERE account_id = $1 AND month > $2", INT64_MAX,
				 &by_rows, err, DB_INT(account), DB_INT(after));
	if (r != OK)
		return r;
	if (by_table == INT64_MAX && by_rows == INT64_MAX)
		return err_set(err, ERR_NOT_FOUND, "no later month");
	*month = (int32_t)(by_table < by_rows ? by_table : by_rows);
	r = party_month_get(db, account, *month, said, err);
	if (r == OK)
		r = db_query_int(db, "SELECT COUNT(*) FROM party WHERE account_id = $1 AND month = $2", 0, rows, err,
				 DB_INT(account), DB_INT(*month));
	return r;
}
