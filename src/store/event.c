/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/event.h"

#include <string.h>

#include "store/column.h"

#define COLUMNS "account_id, seq, n, type, id, ids"

static const char *const names[EVENT_TYPE_COUNT] = {
    [EVENT_ACCOUNT_CREATED] = "account.created",	 [EVENT_ACCOUNT_UPDATED] = "account.updated",
    [EVENT_ACCOUNT_CANCELLED] = "account.cancelled",	 [EVENT_ACCOUNT_REOPENED] = "account.reopened",
    [EVENT_ACCOUNT_ENDING] = "account.ending",		 [EVENT_CONTACT_CREATED] = "contact.created",
    [EVENT_CONTACT_UPDATED] = "contact.updated",	 [EVENT_CONTACT_DELETED] = "contact.deleted",
    [EVENT_CONTACT_RESTORED] = "contact.restored",	 [EVENT_PERSON_ERASED] = "person.erased",
    [EVENT_PERSON_RESTRICTED] = "person.restricted",	 [EVENT_PERSON_UNRESTRICTED] = "person.unrestricted",
    [EVENT_PERSON_LINKED] = "person.linked",		 [EVENT_PERSON_UNLINKED] = "person.unlinked",
    [EVENT_RECORD_CREATED] = "record.created",		 [EVENT_RECORD_ANONYMISED] = "record.anonymised",
    [EVENT_RECORDING_READY] = "recording.ready",	 [EVENT_RETENTION_EXPIRING] = "retention.expiring",
    [EVENT_RETENTION_DONE] = "retention.done",		 [EVENT_POLICY_CHANGED] = "policy.changed",
    [EVENT_OBLIGATION_CHANGED] = "obligation.changed",	 [EVENT_HOLD_ADDED] = "hold.added",
    [EVENT_HOLD_RELEASED] = "hold.released",		 [EVENT_JOB_STARTED] = "job.started",
    [EVENT_JOB_DONE] = "job.done",			 [EVENT_JOB_FAILED] = "job.failed",
    [EVENT_USER_ADDED] = "user.added",			 [EVENT_USER_REMOVED] = "user.removed",
    [EVENT_USER_INVITED] = "user.invited",		 [EVENT_WEBHOOK_DISABLED] = "webhook.disabled",
    [EVENT_WEBHOOK_TEST] = "webhook.test",		 [EVENT_JOB_ENDED] = "job.ended",
};

const char *event_type_name(enum event_type type)
{
	INVARIANT(type > 0 && type < EVENT_TYPE_COUNT);
	return names[type];
}

bool event_type_parse(const char *name, size_t len, enum event_type *out)
{
	for (int type = 1; type < EVENT_TYPE_COUNT; type++) {
		if (strlen(names[type]) != len || memcmp(names[type], name, len) != 0)
			continue;
		*out = (enum event_type)type;
		return true;
	}
	return false;
}

enum result event_insert(struct db *db, const struct event_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO event(" COLUMNS ") VALUES($1, $2, $3, $4, $5, $6)", err, DB_INT(row->account),
		      DB_INT(row->seq), DB_INT(row->n), DB_INT(row->type), DB_BLOB(row->id.bytes, sizeof row->id.bytes),
		      DB_BLOB(row->ids, row->ids_len));
}

static enum result read_event(struct db_rows *rows, struct pool *pool, struct event_row *out, struct err *err)
{
	int type = 0;
	enum result r;

	*out = (struct event_row){.account = (uint32_t)db_int(rows, 0), .seq = (uint64_t)db_int(rows, 1),
				  .n = (int)db_int(rows, 2)};
	r = column_word(rows, 3, 1, EVENT_TYPE_COUNT - 1, &type, err);
	if (r == OK)
		r = column_id(rows, 4, &out->id, err);
	out->type = (enum event_type)type;
	return r == OK ? column_bytes(rows, 5, pool, &out->ids, &out->ids_len, err) : r;
}

static enum result take_one(struct db_rows *rows, bool found, struct pool *pool, struct event_row *out, struct err *err)
{
	enum result r = found ? read_event(rows, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such event");

	db_end(rows);
	return r;
}

enum result event_get(struct db *db, uint32_t account, struct id id, struct pool *pool, struct event_row *out,
		      struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM event WHERE account_id = $1 AND id = $2", &rows, &found,
				     err, DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes));

	return r == OK ? take_one(&rows, found, pool, out, err) : r;
}

enum result event_at(struct db *db, uint32_t account, uint64_t seq, int n, struct pool *pool, struct event_row *out,
		     struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM event WHERE account_id = $1 AND seq = $2 AND n = $3",
				     &rows, &found, err, DB_INT(account), DB_INT(seq), DB_INT(n));

	return r == OK ? take_one(&rows, found, pool, out, err) : r;
}

enum result event_list(struct db *db, uint32_t account, uint64_t seq, int n, struct pool *pool, struct event_row *out,
		       size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM event WHERE account_id = $1 AND (seq, n) > ($2, $3)"
				     " ORDER BY seq, n LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(seq), DB_INT(n), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_event(&rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result event_any_before(struct db *db, uint32_t account, struct instant before, bool *any, struct err *err)
{
	struct id floor = id_floor(before);
	int64_t found;
	enum result r = db_query_int(db, "SELECT 1 FROM event WHERE account_id = $1 AND id < $2 LIMIT 1", 0, &found, err,
				     DB_INT(account), DB_BLOB(floor.bytes, sizeof floor.bytes));

	*any = r == OK && found != 0;
	return r;
}

enum result event_delete_before(struct db *db, uint32_t account, struct instant before, int64_t max, int64_t *deleted,
				struct err *err)
{
	struct id floor = id_floor(before);
	enum result r = db_run(db, "DELETE FROM event WHERE account_id = $1 AND id IN"
				   " (SELECT id FROM event WHERE account_id = $1 AND id < $2 ORDER BY id LIMIT $3)",
			       err, DB_INT(account), DB_BLOB(floor.bytes, sizeof floor.bytes), DB_INT(max));

	*deleted = r == OK ? db_changes(db) : 0;
	return r;
}

enum result event_clear(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM event WHERE account_id = $1", err, DB_INT(account));
}
