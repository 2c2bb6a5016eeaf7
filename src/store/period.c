/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/period.h"

#define PAGE 256
#define COLUMNS "day, records, bytes, media, media_bytes, part, looked_on, looked_policy"

enum result period_add(struct db *db, uint32_t account, const struct period *delta, struct err *err)
{
	enum result r = db_run(db, "INSERT INTO period(account_id, kind, " COLUMNS ")"
				   " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
				   " ON CONFLICT(account_id, kind, day) DO UPDATE SET"
				   " records = period.records + excluded.records,"
				   " bytes = period.bytes + excluded.bytes,"
				   " media = period.media + excluded.media,"
				   " media_bytes = period.media_bytes + excluded.media_bytes",
			       err, DB_INT(account), DB_INT(delta->kind), DB_INT(delta->day.days),
			       DB_INT(delta->records), DB_INT(delta->bytes), DB_INT(delta->media),
			       DB_INT(delta->media_bytes), DB_INT(delta->part), DB_INT(delta->looked.days),
			       DB_INT(delta->looked_policy));

	if (r == OK && delta->records < 0)
		r = db_run(db, "DELETE FROM period WHERE account_id = $1 AND kind = $2 AND day = $3 AND records = 0",
			   err, DB_INT(account), DB_INT(delta->kind), DB_INT(delta->day.days));
	return r;
}

enum result period_set_looked(struct db *db, uint32_t account, const struct period *period, struct err *err)
{
	return db_run(db, "UPDATE period SET part = $4, looked_on = $5, looked_policy = $6"
			  " WHERE account_id = $1 AND kind = $2 AND day = $3",
		      err, DB_INT(account), DB_INT(period->kind), DB_INT(period->day.days), DB_INT(period->part),
		      DB_INT(period->looked.days), DB_INT(period->looked_policy));
}

enum result period_look_again(struct db *db, uint32_t account, enum record_kind kind, struct date day, struct err *err)
{
	return db_run(db, "UPDATE period SET looked_on = 0 WHERE account_id = $1 AND kind = $2 AND day = $3", err,
		      DB_INT(account), DB_INT(kind), DB_INT(day.days));
}

static void read_sums(struct db_rows *rows, enum record_kind kind, struct period *out)
{
	*out = (struct period){.kind = kind,
			       .day = {(int32_t)db_int(rows, 0)},
			       .records = db_int(rows, 1),
			       .bytes = db_int(rows, 2),
			       .media = db_int(rows, 3),
			       .media_bytes = db_int(rows, 4)};
}

static void read_period(struct db_rows *rows, enum record_kind kind, struct period *out)
{
	read_sums(rows, kind, out);
	out->part = (int)db_int(rows, 5);
	out->looked.days = (int32_t)db_int(rows, 6);
	out->looked_policy = (int)db_int(rows, 7);
}

enum result period_get(struct db *db, uint32_t account, enum record_kind kind, struct date day, struct period *out,
		       struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM period"
					 " WHERE account_id = $1 AND kind = $2 AND day = $3",
				     &rows, &found, err, DB_INT(account), DB_INT(kind), DB_INT(day.days));

	if (r != OK)
		return r;
	if (found)
		read_period(&rows, kind, out);
	else
		*out = (struct period){.kind = kind, .day = day};
	db_end(&rows);
	return OK;
}

enum result period_list(struct db *db, uint32_t account, enum record_kind kind, struct date after, struct date until,
			struct period *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM period WHERE account_id = $1 AND kind = $2"
				     " AND day > $3 AND day <= $4 ORDER BY day LIMIT $5",
				 &rows, err, DB_INT(account), DB_INT(kind), DB_INT(after.days), DB_INT(until.days),
				 DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more)
		read_period(&rows, kind, &out[(*count)++]);
	db_end(&rows);
	return r;
}

enum result period_walk(struct db *db, uint32_t account, enum record_kind kind, struct date after, struct date until,
			period_visit *visit, void *arg, struct err *err)
{
	struct period rows[PAGE];
	size_t count;
	enum result r;

	do {
		r = period_list(db, account, kind, after, until, rows, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].day;
			r = visit(arg, &rows[i], err);
		}
	} while (r == OK && count == PAGE);
	return r;
}

enum result period_sum(struct db *db, uint32_t account, enum record_kind kind, struct date until, struct period *out,
		       int64_t *days, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT MAX(day), CAST(SUM(records) AS BIGINT),"
					 " CAST(SUM(bytes) AS BIGINT), CAST(SUM(media) AS BIGINT),"
					 " CAST(SUM(media_bytes) AS BIGINT), COUNT(*) FROM period WHERE account_id = $1 AND kind = $2 AND day <= $3",
				     &rows, &found, err, DB_INT(account), DB_INT(kind), DB_INT(until.days));

	if (r != OK)
		return r;
	read_sums(&rows, kind, out);
	*days = db_int(&rows, 5);
	db_end(&rows);
	return OK;
}
