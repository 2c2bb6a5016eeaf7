/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/aggregate.h"

#define COLUMNS "day, direction, status, duration_class, queue_id, records, duration, bytes"

static const struct { int64_t up_to_ms; const char *name; } classes[] = {
    [DURATION_NONE] = {-1, ""},
    [DURATION_10_SECONDS] = {10 * 1000, "up to 10 seconds"},
    [DURATION_MINUTE] = {60 * 1000, "up to 1 minute"},
    [DURATION_5_MINUTES] = {5 * 60 * 1000, "up to 5 minutes"},
    [DURATION_30_MINUTES] = {30 * 60 * 1000, "up to 30 minutes"},
    [DURATION_LONGER] = {INT64_MAX, "longer"},
};

enum duration_class duration_class_of(int64_t duration_ms)
{
	int class = DURATION_NONE;

	while (duration_ms > classes[class].up_to_ms)
		class++;
	return (enum duration_class)class;
}

const char *duration_class_name(enum duration_class class)
{
	return class >= DURATION_NONE && class <= DURATION_LONGER ? classes[class].name : "";
}

enum result aggregate_add(struct db *db, uint32_t account, const struct aggregate_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO aggregate(account_id, kind, step, " COLUMNS ")"
			  " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
			  " ON CONFLICT(account_id, kind, step, day, direction, status, duration_class, queue_id) DO UPDATE SET"
			  " records = aggregate.records + excluded.records,"
			  " duration = aggregate.duration + excluded.duration, bytes = aggregate.bytes + excluded.bytes",
		      err, DB_INT(account), DB_INT(row->kind), DB_INT(row->step), DB_INT(row->from.days),
		      DB_INT(row->direction), DB_INT(row->status), DB_INT(row->duration_class), DB_INT(row->queue),
		      DB_INT(row->records), DB_INT(row->duration_ms), DB_INT(row->bytes));
}

enum result aggregate_add_waiting(struct db *db, uint32_t account, const struct aggregate_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO aggregate_waiting(account_id, kind, person, " COLUMNS ")"
			  " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
			  " ON CONFLICT(account_id, kind, person, day, direction, status, duration_class, queue_id) DO UPDATE SET"
			  " records = aggregate_waiting.records + excluded.records,"
			  " duration = aggregate_waiting.duration + excluded.duration,"
			  " bytes = aggregate_waiting.bytes + excluded.bytes",
		      err, DB_INT(account), DB_INT(row->kind), DB_INT(row->person), DB_INT(row->from.days),
		      DB_INT(row->direction), DB_INT(row->status), DB_INT(row->duration_class), DB_INT(row->queue),
		      DB_INT(row->records), DB_INT(row->duration_ms), DB_INT(row->bytes));
}

/* The first column is the step, or the person. */
static struct aggregate_row read_row(struct db_rows *rows, enum record_kind kind, bool waiting)
{
	return (struct aggregate_row){.kind = kind,
				      .person = waiting ? db_int(rows, 0) : 0,
				      .step = waiting ? 0 : (int)db_int(rows, 0),
				      .from = {(int32_t)db_int(rows, 1)},
				      .direction = (int)db_int(rows, 2),
				      .status = (int)db_int(rows, 3),
				      .duration_class = (int)db_int(rows, 4),
				      .queue = db_int(rows, 5),
				      .records = db_int(rows, 6),
				      .duration_ms = db_int(rows, 7),
				      .bytes = db_int(rows, 8)};
}

/* Ends the rows. */
static enum result visit_all(struct db_rows *rows, enum record_kind kind, bool waiting, aggregate_visit *visit,
			     void *arg, struct err *err)
{
	bool more;
	enum result r;

	while ((r = db_next(rows, &more, err)) == OK && more) {
		const struct aggregate_row row = read_row(rows, kind, waiting);

		r = visit(arg, &row, err);
		if (r != OK)
			break;
	}
	db_end(rows);
	return r;
}

enum result aggregate_walk(struct db *db, uint32_t account, enum record_kind kind, aggregate_visit *visit, void *arg,
			   struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT step, " COLUMNS " FROM aggregate WHERE account_id = $1 AND kind = $2"
				     " ORDER BY step, day, direction, status, duration_class, queue_id",
				 &rows, err, DB_INT(account), DB_INT(kind));

	return r == OK ? visit_all(&rows, kind, false, visit, arg, err) : r;
}

enum result aggregate_list(struct db *db, uint32_t account, enum record_kind kind, const struct aggregate_row *after,
			   struct aggregate_row *out, size_t max, size_t *count, struct err *err)
{
	static const struct aggregate_row none = {.step = -1};
	const struct aggregate_row *from = after != NULL ? after : &none;
	struct db_rows rows;
	bool more = true;
	enum result r = db_query(db, "SELECT step, " COLUMNS " FROM aggregate WHERE account_id = $1 AND kind = $2"
				     " AND (step, day, direction, status, duration_class, queue_id) > ($3, $4, $5, $6, $7, $8)"
				     " ORDER BY step, day, direction, status, duration_class, queue_id LIMIT $9",
				 &rows, err, DB_INT(account), DB_INT(kind), DB_INT(from->step), DB_INT(from->from.days),
				 DB_INT(from->direction), DB_INT(from->status), DB_INT(from->duration_class),
				 DB_INT(from->queue), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while (*count < max && (r = db_next(&rows, &more, err)) == OK && more)
		out[(*count)++] = read_row(&rows, kind, false);
	db_end(&rows);
	return r;
}

enum result aggregate_walk_waiting(struct db *db, uint32_t account, enum record_kind kind, aggregate_visit *visit,
				   void *arg, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT person, " COLUMNS " FROM aggregate_waiting WHERE account_id = $1 AND kind = $2"
				     " ORDER BY person, day, direction, status, duration_class, queue_id",
				 &rows, err, DB_INT(account), DB_INT(kind));

	return r == OK ? visit_all(&rows, kind, true, visit, arg, err) : r;
}

enum result aggregate_clear(struct db *db, uint32_t account, enum record_kind kind, struct err *err)
{
	return db_run(db, "DELETE FROM aggregate WHERE account_id = $1 AND kind = $2", err, DB_INT(account), DB_INT(kind));
}

enum result aggregate_clear_waiting(struct db *db, uint32_t account, enum record_kind kind, struct err *err)
{
	return db_run(db, "DELETE FROM aggregate_waiting WHERE account_id = $1 AND kind = $2", err, DB_INT(account),
		      DB_INT(kind));
}
