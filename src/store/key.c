/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/key.h"

#include <string.h>

int64_t key_period_number(int kind, struct date day)
{
	/* Days since 1970 need 22 bits even for the year 9999; the offset keeps earlier days positive. */
	return ((int64_t)kind << 24) | (int64_t)(uint32_t)(day.days + (1 << 22));
}

int key_period_kind(int64_t number)
{
	return (int)(number >> 24);
}

struct date key_period_day(int64_t number)
{
	return (struct date){(int32_t)(number & 0xffffff) - (1 << 22)};
}

static enum result copy_wrapped(struct db_rows *rows, int column, struct wrapped_key *out, struct err *err)
{
	size_t len;
	const void *data = db_blob(rows, column, &len);

	if (len != sizeof out->wrapped)
		return err_set(err, ERR_CORRUPT, "a wrapped key has %zu bytes instead of %d", len, KEY_WRAPPED_LEN);
	memcpy(out->wrapped, data, len);
	return OK;
}

/* ---- slots ---- */

/* SQLite overwrites what it deletes (secure_delete), but when it spreads the rows of a full page over two, or of an
 * empty one over its neighbours, it may leave a copy of a moved row in the unused middle of a page, where deleting
 * the row later does not reach it.  So wrapped keys stand in rows of one size that are only ever appended and
 * overwritten in place, and never move: a destroyed key's slot is zeroed and given to the next key. */

static const unsigned char no_key[KEY_WRAPPED_LEN];

static enum result fill_slot(struct db *keys, uint32_t account, int64_t slot, const unsigned char *wrapped,
			     struct err *err)
{
	return db_run(keys, "UPDATE key_slot SET wrapped = $3 WHERE slot = $2 AND account_id = $1", err, DB_INT(account),
		      DB_INT(slot), DB_BLOB(wrapped, KEY_WRAPPED_LEN));
}

static enum result append_slot(struct db *keys, uint32_t account, const unsigned char *wrapped, int64_t *slot,
			       struct err *err)
{
	int64_t last;
	enum result r = db_query_int(keys, "SELECT MAX(slot) FROM key_slot", 0, &last, err);

	if (r != OK)
		return r;
	*slot = last + 1;
	return db_run(keys, "INSERT INTO key_slot(slot, account_id, wrapped) VALUES($1, $2, $3)", err, DB_INT(*slot),
		      DB_INT(account), DB_BLOB(wrapped, KEY_WRAPPED_LEN));
}

/* A free one of this account, or a new one. */
static enum result take_slot(struct db *keys, uint32_t account, const unsigned char *wrapped, int64_t *slot,
			     struct err *err)
{
	enum result r = db_query_int(keys, "SELECT slot FROM key_free WHERE account_id = $1 ORDER BY slot LIMIT 1", 0,
				     slot, err, DB_INT(account));

	if (r == OK && *slot == 0)
		return append_slot(keys, account, wrapped, slot, err);
	if (r == OK)
		r = db_run(keys, "DELETE FROM key_free WHERE account_id = $1 AND slot = $2", err, DB_INT(account),
			   DB_INT(*slot));
	return r == OK ? fill_slot(keys, account, *slot, wrapped, err) : r;
}

/* 0 when there is no such key. */
static enum result find_slot(struct db *keys, uint32_t account, enum key_class class, int64_t number, int64_t *slot,
			     struct err *err)
{
	return db_query_int(keys, "SELECT slot FROM wrapped_key WHERE account_id = $1 AND class = $2 AND number = $3",
			    0, slot, err, DB_INT(account), DB_INT(class), DB_INT(number));
}

/* ---- keys ---- */

enum result key_get(struct db *keys, uint32_t account, enum key_class class, int64_t number,
		    struct wrapped_key *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(keys, "SELECT k.epoch, s.wrapped FROM wrapped_key k"
					   " JOIN key_slot s ON s.slot = k.slot AND s.account_id = k.account_id"
					   " WHERE k.account_id = $1 AND k.class = $2 AND k.number = $3",
				     &rows, &found, err, DB_INT(account), DB_INT(class), DB_INT(number));

	if (r != OK)
		return r;
	if (found) {
		*out = (struct wrapped_key){
		    .account = account, .class = class, .number = number, .epoch = (uint32_t)db_int(&rows, 0)};
		r = copy_wrapped(&rows, 1, out, err);
	} else {
		r = err_set(err, ERR_NOT_FOUND, "no such key");
	}
	db_end(&rows);
	return r;
}

enum result key_insert(struct db *keys, const struct wrapped_key *key, struct err *err)
{
	int64_t slot;
	enum result r = take_slot(keys, key->account, key->wrapped, &slot, err);

	if (r != OK)
		return r;
	return db_run(keys, "INSERT INTO wrapped_key(account_id, class, number, epoch, slot)"
			    " VALUES($1, $2, $3, $4, $5)",
		      err, DB_INT(key->account), DB_INT(key->class), DB_INT(key->number), DB_INT(key->epoch),
		      DB_INT(slot));
}

enum result key_delete(struct db *keys, uint32_t account, enum key_class class, int64_t number, bool *existed,
		       struct err *err)
{
	int64_t slot;
	enum result r = find_slot(keys, account, class, number, &slot, err);

	*existed = r == OK && slot != 0;
	if (!*existed)
		return r;
	r = fill_slot(keys, account, slot, no_key, err);
	if (r == OK)
		r = db_run(keys, "INSERT INTO key_free(account_id, slot) VALUES($1, $2)", err, DB_INT(account),
			   DB_INT(slot));
	if (r == OK)
		r = db_run(keys, "DELETE FROM wrapped_key WHERE account_id = $1 AND class = $2 AND number = $3", err,
			   DB_INT(account), DB_INT(class), DB_INT(number));
	return r;
}

/* Its slots stay, zeroed and of no use to anybody: deleting rows would move others. */
enum result key_delete_account(struct db *keys, uint32_t account, int64_t *count, struct err *err)
{
	enum result r = db_run(keys, "UPDATE key_slot SET wrapped = $2 WHERE account_id = $1 AND slot IN"
				     " (SELECT slot FROM wrapped_key WHERE account_id = $1)",
			       err, DB_INT(account), DB_BLOB(no_key, sizeof no_key));

	if (r == OK)
		r = db_run(keys, "DELETE FROM key_free WHERE account_id = $1", err, DB_INT(account));
	if (r == OK)
		r = db_run(keys, "DELETE FROM wrapped_key WHERE account_id = $1", err, DB_INT(account));
	if (r != OK)
		return r;
	*count = db_changes(keys);
	return db_run(keys, "DELETE FROM account_key WHERE account_id = $1", err, DB_INT(account));
}

enum result key_rewrap(struct db *keys, const struct wrapped_key *key, struct err *err)
{
	int64_t slot;
	enum result r = find_slot(keys, key->account, key->class, key->number, &slot, err);

	if (r != OK || slot == 0)
		return r;
	r = fill_slot(keys, key->account, slot, key->wrapped, err);
	if (r != OK)
		return r;
	return db_run(keys, "UPDATE wrapped_key SET epoch = $4 WHERE account_id = $1 AND class = $2 AND number = $3",
		      err, DB_INT(key->account), DB_INT(key->class), DB_INT(key->number), DB_INT(key->epoch));
}

enum result key_list_older(struct db *keys, uint32_t epoch, const struct wrapped_key *after, size_t max,
			   struct wrapped_key *out, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(keys, "SELECT k.account_id, k.class, k.number, k.epoch, s.wrapped"
				       " FROM wrapped_key k"
				       " JOIN key_slot s ON s.slot = k.slot AND s.account_id = k.account_id"
				       " WHERE k.epoch < $1 AND (k.account_id, k.class, k.number) > ($2, $3, $4)"
				       " ORDER BY k.account_id, k.class, k.number LIMIT $5",
				 &rows, err, DB_INT(epoch), DB_INT(after->account), DB_INT(after->class),
				 DB_INT(after->number), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		struct wrapped_key *key = &out[(*count)++];

		*key = (struct wrapped_key){.account = (uint32_t)db_int(&rows, 0),
					    .class = (enum key_class)db_int(&rows, 1),
					    .number = db_int(&rows, 2),
					    .epoch = (uint32_t)db_int(&rows, 3)};
		r = copy_wrapped(&rows, 4, key, err);
		if (r != OK)
			break;
	}
	db_end(&rows);
	return r;
}

enum result key_count(struct db *keys, enum key_class class, int64_t *count, struct err *err)
{
	return db_query_int(keys, "SELECT COUNT(*) FROM wrapped_key WHERE class = $1", 0, count, err, DB_INT(class));
}

enum result key_list_numbers(struct db *keys, uint32_t account, enum key_class class, int64_t after, size_t max,
			     int64_t *out, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(keys, "SELECT number FROM wrapped_key WHERE account_id = $1 AND class = $2"
				       " AND number > $3 ORDER BY number LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(class), DB_INT(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more)
		out[(*count)++] = db_int(&rows, 0);
	db_end(&rows);
	return r;
}

enum result account_key_get(struct db *keys, uint32_t account, uint32_t epoch, struct pool *pool,
			    const unsigned char **wrapped, size_t *len, struct err *err)
{
	struct db_rows rows;
	bool found;
	const void *data;
	enum result r = db_query_one(keys, "SELECT wrapped FROM account_key WHERE account_id = $1 AND epoch = $2",
				     &rows, &found, err, DB_INT(account), DB_INT(epoch));

	if (r != OK)
		return r;
	if (found) {
		data = db_blob(&rows, 0, len);
		*wrapped = (unsigned char *)pool_strndup(pool, data, *len);
		if (*wrapped == NULL)
			r = err_no_memory(err);
	} else {
		r = err_set(err, ERR_NOT_FOUND, "no account key for this epoch");
	}
	db_end(&rows);
	return r;
}

enum result account_key_insert(struct db *keys, uint32_t account, uint32_t epoch, const void *wrapped, size_t len,
			       struct err *err)
{
	return db_run(keys, "INSERT INTO account_key(account_id, epoch, wrapped) VALUES($1, $2, $3)", err,
		      DB_INT(account), DB_INT(epoch), DB_BLOB(wrapped, len));
}

enum result account_key_delete_epoch(struct db *keys, uint32_t epoch, struct err *err)
{
	return db_run(keys, "DELETE FROM account_key WHERE epoch = $1", err, DB_INT(epoch));
}

enum result account_key_list(struct db *keys, uint32_t epoch, uint32_t *out, size_t max, size_t *count,
			     struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(keys, "SELECT account_id FROM account_key WHERE epoch = $1 ORDER BY account_id LIMIT $2",
				 &rows, err, DB_INT(epoch), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more)
		out[(*count)++] = (uint32_t)db_int(&rows, 0);
	db_end(&rows);
	return r;
}

enum result epoch_insert(struct db *keys, uint32_t epoch, enum epoch_state state, struct instant now, struct err *err)
{
	return db_run(keys, "INSERT INTO epoch(epoch, state, started_at) VALUES($1, $2, $3)", err, DB_INT(epoch),
		      DB_INT(state), DB_INT(now.ms));
}

enum result epoch_set_state(struct db *keys, uint32_t epoch, enum epoch_state state, struct instant now,
			    struct err *err)
{
	if (state == EPOCH_ENDED)
		return db_run(keys, "UPDATE epoch SET state = $2, ended_at = $3 WHERE epoch = $1", err, DB_INT(epoch),
			      DB_INT(state), DB_INT(now.ms));
	return db_run(keys, "UPDATE epoch SET state = $2 WHERE epoch = $1", err, DB_INT(epoch), DB_INT(state));
}

static void read_epoch(struct db_rows *rows, struct epoch *out)
{
	*out = (struct epoch){.epoch = (uint32_t)db_int(rows, 0),
			      .state = (enum epoch_state)db_int(rows, 1),
			      .started = {db_int(rows, 2)},
			      .ended = {db_int(rows, 3)}};
}

enum result epoch_find(struct db *keys, enum epoch_state state, struct epoch *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(keys, "SELECT epoch, state, started_at, ended_at FROM epoch WHERE state = $1"
					   " ORDER BY epoch DESC LIMIT 1",
				     &rows, &found, err, DB_INT(state));

	if (r != OK)
		return r;
	if (found)
		read_epoch(&rows, out);
	else
		r = err_set(err, ERR_NOT_FOUND, "no epoch in that state");
	db_end(&rows);
	return r;
}

enum result epoch_list(struct db *keys, struct epoch *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(keys, "SELECT epoch, state, started_at, ended_at FROM epoch ORDER BY epoch DESC LIMIT $1",
				 &rows, err, DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more)
		read_epoch(&rows, &out[(*count)++]);
	db_end(&rows);
	return r;
}

enum result counter_take(struct db *keys, uint32_t account, const char *name, int64_t many, int64_t *first,
			 struct err *err)
{
	int64_t last;
	enum result r = db_run(keys, "INSERT INTO counter(account_id, name, value) VALUES($1, $2, $3)"
				     " ON CONFLICT(account_id, name) DO UPDATE SET"
				     " value = counter.value + excluded.value",
			       err, DB_INT(account), DB_TEXT(name), DB_INT(many));

	if (r == OK)
		r = db_query_int(keys, "SELECT value FROM counter WHERE account_id = $1 AND name = $2", 0, &last, err,
				 DB_INT(account), DB_TEXT(name));
	if (r == OK)
		*first = last - many + 1;
	return r;
}

enum result counter_next(struct db *keys, uint32_t account, const char *name, int64_t *out, struct err *err)
{
	return counter_take(keys, account, name, 1, out, err);
}

enum result tombstone_put(struct db *keys, uint32_t account, const struct blind *blind, struct instant at,
			  struct err *err)
{
	return db_run(keys, "INSERT INTO tombstone(account_id, blind, erased_at) VALUES($1, $2, $3)"
			    " ON CONFLICT(account_id, blind) DO UPDATE SET erased_at = excluded.erased_at"
			    " WHERE excluded.erased_at > tombstone.erased_at",
		      err, DB_INT(account), DB_BLOB(blind->bytes, BLIND_LEN), DB_INT(at.ms));
}

enum result tombstone_get(struct db *keys, uint32_t account, const struct blind *blind, bool *erased,
			  struct instant *at, struct err *err)
{
	enum result r = db_query_int(keys, "SELECT erased_at FROM tombstone WHERE account_id = $1 AND blind = $2",
				     INT64_MIN, &at->ms, err, DB_INT(account), DB_BLOB(blind->bytes, BLIND_LEN));

	*erased = r == OK && at->ms != INT64_MIN;
	return r;
}

enum result tombstone_delete_account(struct db *keys, uint32_t account, struct err *err)
{
	return db_run(keys, "DELETE FROM tombstone WHERE account_id = $1", err, DB_INT(account));
}
