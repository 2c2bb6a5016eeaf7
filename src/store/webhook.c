/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/webhook.h"

#include <string.h>

#include "store/column.h"

#define HOOK "account_id, id, url, secret, old_secret, old_until, types, state, made_by, created_at, seq, n, failing_since,"\
	     " rest_until"
#define DELIVERY "account_id, webhook_id, event_id, state, attempts, next_at, last_at, status, fault, took_ms"
#define ID_BLOB(id) DB_BLOB((id).bytes, sizeof (id).bytes)

const char *webhook_state_name(enum webhook_state state)
{
	static const char *const names[] = {"", "enabled", "disabled", "failing", "gone"};

	return names[state];
}

const char *delivery_state_name(enum delivery_state state)
{
	static const char *const names[] = {"", "waiting", "delivered", "failed"};

	return names[state];
}

const char *delivery_fault_name(enum delivery_fault fault)
{
	static const char *const names[] = {"", "status", "inside", "unreachable", "event_gone", "url", "damaged"};

	return names[fault];
}

/* ---- webhooks ---- */

enum result webhook_put(struct db *db, const struct webhook_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO webhook(" HOOK ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
			  " ON CONFLICT(account_id, id) DO UPDATE SET url = $3, secret = $4, old_secret = $5, old_until = $6,"
			  " types = $7, state = $8, made_by = $9, created_at = $10, seq = $11, n = $12, failing_since = $13,"
			  " rest_until = $14",
		      err, DB_INT(row->account), ID_BLOB(row->id), DB_BLOB(row->url, row->url_len),
		      DB_BLOB(row->secret, row->secret_len), DB_BLOB(row->old_secret, row->old_secret_len),
		      DB_INT(row->old_until.ms), DB_TEXT(row->types), DB_INT(row->state), DB_TEXT(row->made_by),
		      DB_INT(row->created.ms), DB_INT(row->seq), DB_INT(row->n),
		      DB_INT(row->failing_since.ms), DB_INT(row->rest_until.ms));
}

static enum result read_sealed(struct db_rows *rows, struct pool *pool, struct webhook_row *out, struct err *err)
{
	enum result r = column_bytes(rows, 2, pool, &out->url, &out->url_len, err);

	if (r == OK)
		r = column_bytes(rows, 3, pool, &out->secret, &out->secret_len, err);
	return r == OK ? column_bytes(rows, 4, pool, &out->old_secret, &out->old_secret_len, err) : r;
}

static enum result read_webhook(struct db_rows *rows, struct pool *pool, struct webhook_row *out, struct err *err)
{
	int state = 0;
	enum result r;

	*out = (struct webhook_row){.account = (uint32_t)db_int(rows, 0), .old_until = {db_int(rows, 5)},
				    .created = {db_int(rows, 9)}, .seq = (uint64_t)db_int(rows, 10),
				    .n = (int)db_int(rows, 11), .failing_since = {db_int(rows, 12)},
				    .rest_until = {db_int(rows, 13)}};
	r = column_id(rows, 1, &out->id, err);
	if (r == OK)
		r = read_sealed(rows, pool, out, err);
	if (r == OK)
		r = column_word(rows, 7, 1, WEBHOOK_STATE_LAST, &state, err);
	if (r != OK)
		return r;
	out->state = (enum webhook_state)state;
	out->types = pool_strdup(pool, db_text(rows, 6));
	out->made_by = pool_strdup(pool, db_text(rows, 8));
	return out->types != NULL && out->made_by != NULL ? OK : err_no_memory(err);
}

enum result webhook_get(struct db *db, uint32_t account, struct id id, struct pool *pool, struct webhook_row *out,
			struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " HOOK " FROM webhook WHERE account_id = $1 AND id = $2", &rows, &found,
				     err, DB_INT(account), ID_BLOB(id));

	if (r != OK)
		return r;
	r = found ? read_webhook(&rows, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such webhook");
	db_end(&rows);
	return r;
}

enum result webhook_list(struct db *db, uint32_t account, struct id after, struct pool *pool, struct webhook_row *out,
			 size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " HOOK " FROM webhook WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3",
				 &rows, err, DB_INT(account), ID_BLOB(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_webhook(&rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result webhook_next(struct db *db, uint32_t account, struct id after, bool *found, uint32_t *next, struct id *id,
			 struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT account_id, id FROM webhook WHERE state = 1 AND (account_id, id) > ($1, $2)"
					 " ORDER BY account_id, id LIMIT 1",
				     &rows, found, err, DB_INT(account), ID_BLOB(after));

	if (r != OK)
		return r;
	if (*found) {
		*next = (uint32_t)db_int(&rows, 0);
		r = column_id(&rows, 1, id, err);
	}
	db_end(&rows);
	return r;
}

enum result webhook_delete(struct db *db, uint32_t account, struct id id, struct err *err)
{
	return db_run(db, "DELETE FROM webhook WHERE account_id = $1 AND id = $2", err, DB_INT(account), ID_BLOB(id));
}

enum result webhook_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM webhook WHERE account_id = $1", err, DB_INT(account));
}

/* ---- deliveries ---- */

enum result delivery_put(struct db *db, const struct delivery_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO delivery(" DELIVERY ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
			  " ON CONFLICT(account_id, webhook_id, event_id) DO UPDATE SET state = $4, attempts = $5, next_at = $6,"
			  " last_at = $7, status = $8, fault = $9, took_ms = $10",
		      err, DB_INT(row->account), ID_BLOB(row->webhook), ID_BLOB(row->event), DB_INT(row->state),
		      DB_INT(row->attempts), DB_INT(row->next.ms), DB_INT(row->last.ms), DB_INT(row->status),
		      DB_INT(row->fault), DB_INT(row->took_ms));
}

static enum result read_delivery(struct db_rows *rows, struct delivery_row *out, struct err *err)
{
	int state = 0, fault = 0;
	enum result r;

	*out = (struct delivery_row){.account = (uint32_t)db_int(rows, 0), .attempts = (int)db_int(rows, 4),
				     .next = {db_int(rows, 5)}, .last = {db_int(rows, 6)}, .status = (int)db_int(rows, 7),
				     .took_ms = db_int(rows, 9)};
	r = column_id(rows, 1, &out->webhook, err);
	if (r == OK)
		r = column_id(rows, 2, &out->event, err);
	if (r == OK)
		r = column_word(rows, 3, 1, DELIVERY_STATE_LAST, &state, err);
	if (r == OK)
		r = column_word(rows, 8, 0, DELIVERY_FAULT_LAST, &fault, err);
	out->state = (enum delivery_state)state;
	out->fault = (enum delivery_fault)fault;
	return r;
}

enum result delivery_get(struct db *db, uint32_t account, struct id webhook, struct id event, struct delivery_row *out,
			 struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " DELIVERY " FROM delivery WHERE account_id = $1 AND webhook_id = $2"
					 " AND event_id = $3",
				     &rows, &found, err, DB_INT(account), ID_BLOB(webhook), ID_BLOB(event));

	if (r != OK)
		return r;
	r = found ? read_delivery(&rows, out, err) : err_set(err, ERR_NOT_FOUND, "no such delivery");
	db_end(&rows);
	return r;
}

/* Takes the rows of a query that has begun. */
static enum result read_all(struct db_rows *rows, struct delivery_row *out, size_t *count, struct err *err)
{
	bool more;
	enum result r;

	while ((r = db_next(rows, &more, err)) == OK && more) {
		r = read_delivery(rows, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(rows);
	return r;
}

enum result delivery_back(struct db *db, uint32_t account, struct id webhook, struct id before, struct delivery_row *out,
			  size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " DELIVERY " FROM delivery WHERE account_id = $1 AND webhook_id = $2"
				     " AND event_id < $3 ORDER BY event_id DESC LIMIT $4",
				 &rows, err, DB_INT(account), ID_BLOB(webhook), ID_BLOB(before), DB_INT(max));

	*count = 0;
	return r == OK ? read_all(&rows, out, count, err) : r;
}

enum result delivery_list(struct db *db, uint32_t account, struct id webhook, struct id event, struct delivery_row *out,
			  size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " DELIVERY " FROM delivery WHERE account_id = $1"
				     " AND (webhook_id, event_id) > ($2, $3) ORDER BY webhook_id, event_id LIMIT $4",
				 &rows, err, DB_INT(account), ID_BLOB(webhook), ID_BLOB(event), DB_INT(max));

	*count = 0;
	return r == OK ? read_all(&rows, out, count, err) : r;
}

enum result delivery_due(struct db *db, uint32_t account, struct id webhook, struct instant from, struct instant until,
			 struct delivery_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " DELIVERY " FROM delivery WHERE state = 1 AND account_id = $1"
				     " AND webhook_id = $2 AND next_at >= $3 AND next_at <= $4 ORDER BY next_at, event_id LIMIT $5",
				 &rows, err, DB_INT(account), ID_BLOB(webhook), DB_INT(from.ms), DB_INT(until.ms), DB_INT(max));

	*count = 0;
	return r == OK ? read_all(&rows, out, count, err) : r;
}

enum result delivery_delete_webhook(struct db *db, uint32_t account, struct id webhook, struct err *err)
{
	return db_run(db, "DELETE FROM delivery WHERE account_id = $1 AND webhook_id = $2", err, DB_INT(account),
		      ID_BLOB(webhook));
}

enum result delivery_delete_before(struct db *db, uint32_t account, struct instant before, int64_t max,
				   int64_t *deleted, struct err *err)
{
	struct id floor = id_floor(before);
	enum result r = db_run(db, "DELETE FROM delivery WHERE account_id = $1 AND (webhook_id, event_id) IN"
				   " (SELECT webhook_id, event_id FROM delivery WHERE account_id = $1 AND event_id < $2"
				   " ORDER BY event_id LIMIT $3)",
			       err, DB_INT(account), ID_BLOB(floor), DB_INT(max));

	*deleted = r == OK ? db_changes(db) : 0;
	return r;
}

enum result delivery_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM delivery WHERE account_id = $1", err, DB_INT(account));
}
