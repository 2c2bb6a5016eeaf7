/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/key.h"

#include <string.h>

#include "store/column.h"

int64_t key_period_number(int kind, struct date day, int part)
{
	/* Days since 1970 need 22 bits even for the year 9999; the offset keeps earlier days positive. */
	return ((int64_t)part << 32) | ((int64_t)kind << 24) | (int64_t)(uint32_t)(day.days + (1 << 22));
}

int key_period_kind(int64_t number)
{
	return (int)(number >> 24 & 0xff);
}

struct date key_period_day(int64_t number)
{
	return (struct date){(int32_t)(number & 0xffffff) - (1 << 22)};
}

int key_period_part(int64_t number)
{
	return (int)(number >> 32);
}

/* ---- slots ---- */

/* SQLite overwrites what it deletes (secure_delete), but when it spreads the rows of a full page over two, or of an
 * empty one over its neighbours, it may leave a copy of a moved row in the unused middle of a page, where deleting
 * the row later does not reach it.  So wrapped keys stand in rows of one size that are only ever appended and
 * overwritten in place, and never move: a destroyed key's slot is zeroed.  An identity's number is that of its slot,
 * found in one step and never given out again; the others' slots are named in wrapped_key, and used again. */

#define SLOT_LEN (4 + 1 + 8 + KEY_WRAPPED_LEN) /* epoch, class, number, big-endian; the wrapped key */

static const unsigned char no_key[SLOT_LEN];

static void put_be(unsigned char *at, uint64_t value, size_t bytes)
{
	while (bytes-- > 0) {
		at[bytes] = (unsigned char)value;
		value >>= 8;
	}
}

static uint64_t get_be(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static void pack(const struct wrapped_key *key, unsigned char out[SLOT_LEN])
{
	put_be(out, key->epoch, 4);
	put_be(out + 4, (uint64_t)key->class, 1);
	put_be(out + 5, (uint64_t)key->number, 8);
	memcpy(out + 13, key->wrapped, KEY_WRAPPED_LEN);
}

/* `*live` false for a zeroed one. */
static enum result unpack(struct db_rows *rows, int column, struct wrapped_key *out, bool *live, struct err *err)
{
	size_t len;
	const unsigned char *slot = db_blob(rows, column, &len);

	if (len != SLOT_LEN)
		return err_set(err, ERR_CORRUPT, "a wrapped key takes %zu bytes instead of %d", len, SLOT_LEN);
	*live = memcmp(slot, no_key, SLOT_LEN) != 0;
	out->epoch = (uint32_t)get_be(slot, 4);
	out->class = (enum key_class)get_be(slot + 4, 1);
	out->number = (int64_t)get_be(slot + 5, 8);
	memcpy(out->wrapped, slot + 13, KEY_WRAPPED_LEN);
	return OK;
}

static enum result fill_slot(struct db *keys, uint32_t account, int64_t slot, const unsigned char *content,
			     struct err *err)
{
	return db_run(keys, "UPDATE key_slot SET wrapped = $3 WHERE slot = $2 AND account_id = $1", err, DB_INT(account),
		      DB_INT(slot), DB_BLOB(content, SLOT_LEN));
}

static enum result append_slot(struct db *keys, const struct wrapped_key *key, int64_t slot, struct err *err)
{
	unsigned char content[SLOT_LEN];

	pack(key, content);
	return db_run(keys, "INSERT INTO key_slot(slot, account_id, identity, wrapped) VALUES($1, $2, $3, $4)", err,
		      DB_INT(slot), DB_INT(key->account), DB_INT(key->class == KEY_IDENTITY),
		      DB_BLOB(content, sizeof content));
}

enum result key_next_identity(struct db *keys, int64_t *number, struct err *err)
{
	enum result r = db_query_int(keys, "SELECT MAX(slot) FROM key_slot", 0, number, err);

	(*number)++;
	return r;
}

/* A free one of this account, or a new one. */
static enum result take_slot(struct db *keys, const struct wrapped_key *key, int64_t *slot, struct err *err)
{
	unsigned char content[SLOT_LEN];
	enum result r = db_query_int(keys, "SELECT slot FROM key_free WHERE account_id = $1 ORDER BY slot LIMIT 1", 0,
				     slot, err, DB_INT(key->account));

	if (r == OK && *slot == 0) {
		r = key_next_identity(keys, slot, err);
		return r == OK ? append_slot(keys, key, *slot, err) : r;
	}
	if (r == OK)
		r = db_run(keys, "DELETE FROM key_free WHERE account_id = $1 AND slot = $2", err, DB_INT(key->account),
			   DB_INT(*slot));
	pack(key, content);
	return r == OK ? fill_slot(keys, key->account, *slot, content, err) : r;
}

/* 0 when there is no such key. An identity's may be zeroed. */
static enum result find_slot(struct db *keys, uint32_t account, enum key_class class, int64_t number, int64_t *slot,
			     struct err *err)
{
	if (class == KEY_IDENTITY)
		return db_query_int(keys, "SELECT slot FROM key_slot WHERE slot = $2 AND account_id = $1 AND identity = 1",
				    0, slot, err, DB_INT(account), DB_INT(number));
	return db_query_int(keys, "SELECT slot FROM wrapped_key WHERE account_id = $1 AND class = $2 AND number = $3",
			    0, slot, err, DB_INT(account), DB_INT(class), DB_INT(number));
}

/* ---- keys ---- */

static enum result query_key(struct db *keys, uint32_t account, enum key_class class, int64_t number,
			     struct db_rows *rows, bool *found, struct err *err)
{
	if (class == KEY_IDENTITY)
		return db_query_one(keys, "SELECT wrapped FROM key_slot"
					  " WHERE slot = $2 AND account_id = $1 AND identity = 1",
				    rows, found, err, DB_INT(account), DB_INT(number));
	return db_query_one(keys, "SELECT s.wrapped FROM wrapped_key k"
				  " JOIN key_slot s ON s.slot = k.slot AND s.account_id = k.account_id"
				  " WHERE k.account_id = $1 AND k.class = $2 AND k.number = $3",
			    rows, found, err, DB_INT(account), DB_INT(class), DB_INT(number));
}

enum result key_get(struct db *keys, uint32_t account, enum key_class class, int64_t number,
		    struct wrapped_key *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = query_key(keys, account, class, number, &rows, &found, err);

	if (r != OK)
		return r;
	out->account = account;
	if (found)
		r = unpack(&rows, 0, out, &found, err);
	db_end(&rows);
	if (r == OK && !found)
		return err_set(err, ERR_NOT_FOUND, "no such key");
	/* What stands there is another key than the one asked for: opening it would fail; it is said here. */
	if (r == OK && (out->class != class || out->number != number))
		return err_set(err, ERR_CORRUPT, "a wrapped key stands in another one's place");
	return r;
}

enum result key_insert(struct db *keys, const struct wrapped_key *key, struct err *err)
{
	int64_t slot;
	enum result r;

	if (key->class == KEY_IDENTITY)
		return append_slot(keys, key, key->number, err);
	r = take_slot(keys, key, &slot, err);
	if (r != OK)
		return r;
	return db_run(keys, "INSERT INTO wrapped_key(account_id, class, number, slot) VALUES($1, $2, $3, $4)", err,
		      DB_INT(key->account), DB_INT(key->class), DB_INT(key->number), DB_INT(slot));
}

static enum result delete_identity(struct db *keys, uint32_t account, int64_t number, bool *existed, struct err *err)
{
	enum result r = db_run(keys, "UPDATE key_slot SET wrapped = $3"
				     " WHERE slot = $2 AND account_id = $1 AND identity = 1 AND wrapped <> $3",
			       err, DB_INT(account), DB_INT(number), DB_BLOB(no_key, sizeof no_key));

	*existed = r == OK && db_changes(keys) > 0;
	return r;
}

enum result key_delete(struct db *keys, uint32_t account, enum key_class class, int64_t number, bool *existed,
		       struct err *err)
{
	int64_t slot;
	enum result r;

	if (class == KEY_IDENTITY)
		return delete_identity(keys, account, number, existed, err);
	r = find_slot(keys, account, class, number, &slot, err);
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
	enum result r = db_run(keys, "UPDATE key_slot SET wrapped = $2 WHERE account_id = $1 AND wrapped <> $2", err,
			       DB_INT(account), DB_BLOB(no_key, sizeof no_key));

	*count = r == OK ? db_changes(keys) : 0;
	if (r == OK)
		r = db_run(keys, "DELETE FROM key_free WHERE account_id = $1", err, DB_INT(account));
	if (r == OK)
		r = db_run(keys, "DELETE FROM wrapped_key WHERE account_id = $1", err, DB_INT(account));
	if (r == OK)
		r = db_run(keys, "DELETE FROM account_key WHERE account_id = $1", err, DB_INT(account));
	return r;
}

enum result key_count_account(struct db *keys, uint32_t account, int64_t *count, struct err *err)
{
	int64_t own, more = 0;
	enum result r = db_query_int(keys, "SELECT COUNT(*) FROM key_slot WHERE account_id = $1 AND wrapped <> $2", 0, &own,
				     err, DB_INT(account), DB_BLOB(no_key, sizeof no_key));

	if (r == OK)
		r = db_query_int(keys, "SELECT COUNT(*) FROM account_key WHERE account_id = $1", 0, &more, err,
				 DB_INT(account));
	*count = own + more;
	if (r == OK)
		r = db_query_int(keys, "SELECT COUNT(*) FROM tombstone WHERE account_id = $1", 0, &more, err,
				 DB_INT(account));
	*count += r == OK ? more : 0;
	if (r == OK)
		r = db_query_int(keys, "SELECT COUNT(*) FROM counter WHERE account_id = $1", 0, &more, err, DB_INT(account));
	*count += r == OK ? more : 0;
	return r;
}

enum result key_rewrap(struct db *keys, const struct wrapped_key *key, struct err *err)
{
	unsigned char content[SLOT_LEN];
	int64_t slot;
	enum result r = find_slot(keys, key->account, key->class, key->number, &slot, err);

	if (r != OK || slot == 0)
		return r;
	pack(key, content);
	return db_run(keys, "UPDATE key_slot SET wrapped = $3 WHERE slot = $2 AND account_id = $1 AND wrapped <> $4",
		      err, DB_INT(key->account), DB_INT(slot), DB_BLOB(content, sizeof content),
		      DB_BLOB(no_key, sizeof no_key));
}

/* One step along the slots: `*looked` of them, at most `max`. */
static enum result list_some_older(struct db *keys, uint32_t epoch, int64_t *after, size_t max, struct wrapped_key *out,
				   size_t *count, size_t *looked, struct err *err)
{
	struct db_rows rows;
	bool more, live;
	enum result r = db_query(keys, "SELECT slot, account_id, wrapped FROM key_slot WHERE slot > $1"
				       " ORDER BY slot LIMIT $2",
				 &rows, err, DB_INT(*after), DB_INT(max));

	*looked = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		struct wrapped_key *key = &out[*count];

		key->account = (uint32_t)db_int(&rows, 1);
		r = unpack(&rows, 2, key, &live, err);
		if (r != OK)
			break;
		*after = db_int(&rows, 0);
		*count += live && key->epoch < epoch;
		(*looked)++;
	}
	db_end(&rows);
	return r;
}

enum result key_list_older(struct db *keys, uint32_t epoch, int64_t *after, size_t max, struct wrapped_key *out,
			   size_t *count, struct err *err)
{
	size_t looked;
	enum result r;

	*count = 0;
	do {
		r = list_some_older(keys, epoch, after, max, out, count, &looked, err);
	} while (r == OK && *count == 0 && looked == max);
	return r;
}

enum result key_list_numbers(struct db *keys, uint32_t account, enum key_class class, int64_t after, int64_t *out,
			     size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(keys, "SELECT number FROM wrapped_key WHERE account_id = $1 AND class = $2 AND number > $3"
				       " ORDER BY number LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(class), DB_INT(after), DB_INT(max));

	*count = 0;
	return r == OK ? column_numbers(&rows, out, max, count, err) : r;
}

enum result key_count(struct db *keys, enum key_class class, int64_t *count, struct err *err)
{
	if (class == KEY_IDENTITY)
		return db_query_int(keys, "SELECT COUNT(*) FROM key_slot WHERE identity = 1 AND wrapped <> $1", 0, count,
				    err, DB_BLOB(no_key, sizeof no_key));
	return db_query_int(keys, "SELECT COUNT(*) FROM wrapped_key WHERE class = $1", 0, count, err, DB_INT(class));
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
	enum result r = db_query(keys, "SELECT account_id FROM account_key WHERE epoch = $1 ORDER BY account_id LIMIT $2",
				 &rows, err, DB_INT(epoch), DB_INT(max));

	*count = 0;
	return r == OK ? column_accounts(&rows, out, max, count, err) : r;
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

enum result counter_next(struct db *keys, uint32_t account, const char *name, int64_t *out, struct err *err)
{
	enum result r = db_run(keys, "INSERT INTO counter(account_id, name, value) VALUES($1, $2, 1)"
				     " ON CONFLICT(account_id, name) DO UPDATE SET value = counter.value + 1",
			       err, DB_INT(account), DB_TEXT(name));

	if (r != OK)
		return r;
	return db_query_int(keys, "SELECT value FROM counter WHERE account_id = $1 AND name = $2", 0, out, err,
			    DB_INT(account), DB_TEXT(name));
}

enum result counter_delete_account(struct db *keys, uint32_t account, struct err *err)
{
	return db_run(keys, "DELETE FROM counter WHERE account_id = $1", err, DB_INT(account));
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

enum result tombstone_delete(struct db *keys, uint32_t account, const struct blind *blind, bool *existed, struct err *err)
{
	enum result r = db_run(keys, "DELETE FROM tombstone WHERE account_id = $1 AND blind = $2", err, DB_INT(account),
			       DB_BLOB(blind->bytes, BLIND_LEN));

	*existed = r == OK && db_changes(keys) > 0;
	return r;
}

enum result tombstone_delete_account(struct db *keys, uint32_t account, struct err *err)
{
	return db_run(keys, "DELETE FROM tombstone WHERE account_id = $1", err, DB_INT(account));
}
