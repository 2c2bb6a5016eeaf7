/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/identity.h"

#include <string.h>

#include "store/hold.h"

#define PAGE 128 /* identities read at a time by a walk */
#define PAGE_MAX ((size_t)64 * 1024 * 1024)
#define COLUMNS "identity_id, kind, person_id, blind, value, created_at"

enum result identity_insert(struct db *db, const struct identity_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO identity(account_id, identity_id, kind, person_id, blind, value, created_at)"
			  " VALUES($1, $2, $3, $4, $5, $6, $7)",
		      err, DB_INT(row->account), DB_INT(row->identity), DB_INT(row->kind),
		      DB_BLOB(row->person.bytes, sizeof row->person.bytes), DB_BLOB(row->blind.bytes, BLIND_LEN),
		      DB_BLOB(row->value, row->value_len), DB_INT(row->created.ms));
}

static enum result read_kind(struct db_rows *rows, struct identity_row *out, struct err *err)
{
	int kind = 0;
	enum result r = column_word(rows, 1, IDENTITY_PHONE, IDENTITY_NUMBER, &kind, err);

	out->kind = (enum identity_kind)kind;
	return r;
}

static enum result read_identity(struct db_rows *rows, uint32_t account, struct pool *pool, struct identity_row *out,
				 struct err *err)
{
	enum result r;

	*out = (struct identity_row){.account = account, .identity = db_int(rows, 0), .created = {db_int(rows, 5)}};
	r = read_kind(rows, out, err);
	if (r == OK)
		r = column_id(rows, 2, &out->person, err);
	if (r == OK)
		r = column_exact(rows, 3, out->blind.bytes, BLIND_LEN, err);
	if (r == OK)
		r = column_bytes(rows, 4, pool, &out->value, &out->value_len, err);
	return r;
}

enum result identity_get(struct db *db, uint32_t account, int64_t identity, struct pool *pool,
			 struct identity_row *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM identity WHERE account_id = $1 AND identity_id = $2",
				     &rows, &found, err, DB_INT(account), DB_INT(identity));

	if (r != OK)
		return r;
	r = found ? read_identity(&rows, account, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such identity");
	db_end(&rows);
	return r;
}

enum result identity_find(struct db *db, uint32_t account, const struct blind *blind, bool *found,
			  struct identity_row *out, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT identity_id, kind, person_id FROM identity"
					 " WHERE account_id = $1 AND blind = $2",
				     &rows, found, err, DB_INT(account), DB_BLOB(blind->bytes, BLIND_LEN));

	if (r != OK)
		return r;
	if (*found) {
		*out = (struct identity_row){.account = account, .identity = db_int(&rows, 0), .blind = *blind};
		r = read_kind(&rows, out, err);
		if (r == OK)
			r = column_id(&rows, 2, &out->person, err);
	}
	db_end(&rows);
	return r;
}

enum result identity_find_number(struct db *db, uint32_t account, const struct blind *blind, int64_t *out,
				 struct err *err)
{
	return db_query_int(db, "SELECT identity_id FROM identity WHERE account_id = $1 AND blind = $2", 0, out, err,
			    DB_INT(account), DB_BLOB(blind->bytes, BLIND_LEN));
}

static enum result collect(struct db_rows *rows, uint32_t account, struct pool *pool, struct identity_row *out,
			   size_t max, size_t *count, struct err *err)
{
	enum result r;
	bool more;

	*count = 0;
	while ((r = db_next(rows, &more, err)) == OK && more) {
		if (*count == max)
			return err_set(err, ERR_LIMIT, "more than %zu identities", max);
		r = read_identity(rows, account, pool, &out[(*count)++], err);
		if (r != OK)
			return r;
	}
	return r;
}

enum result identity_of_person(struct db *db, uint32_t account, struct id person, struct pool *pool,
			       struct identity_row *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	/* Written so that SQLite goes by identity_person: it takes an account for a few rows, and would walk
	 * all of it. */
	enum result r = db_query(db, "SELECT " COLUMNS " FROM identity WHERE account_id = $1 AND identity_id IN"
				     " (SELECT identity_id FROM identity WHERE account_id = $1 AND person_id = $2)"
				     " ORDER BY identity_id",
				 &rows, err, DB_INT(account), DB_BLOB(person.bytes, sizeof person.bytes));

	if (r != OK)
		return r;
	r = collect(&rows, account, pool, out, max, count, err);
	db_end(&rows);
	return r;
}

static enum result person_of(struct db *db, uint32_t account, int64_t identity, struct id *out, bool *found,
			     struct err *err)
{
	struct db_rows rows;
	enum result r = db_query_one(db, "SELECT person_id FROM identity WHERE account_id = $1 AND identity_id = $2",
				     &rows, found, err, DB_INT(account), DB_INT(identity));

	if (r != OK)
		return r;
	if (*found)
		r = column_id(&rows, 0, out, err);
	db_end(&rows);
	return r;
}

enum result identity_move(struct db *db, uint32_t account, int64_t identity, struct id person, struct err *err)
{
	struct id before;
	bool found;
	enum result r = person_of(db, account, identity, &before, &found, err);

	if (r == OK && found)
		r = db_run(db, "UPDATE identity SET person_id = $3 WHERE account_id = $1 AND identity_id = $2", err,
			   DB_INT(account), DB_INT(identity), DB_BLOB(person.bytes, sizeof person.bytes));
	return r == OK && found ? hold_follow(db, account, before, person, err) : r;
}

/* An index that no identifier has, and no other identity. */
static struct blind no_blind(int64_t identity)
{
	struct blind out = {{0}};

	for (int i = 0; i < 8; i++)
		out.bytes[BLIND_LEN - 1 - i] = (unsigned char)((uint64_t)identity >> (8 * i));
	return out;
}

enum result identity_unname(struct db *db, uint32_t account, int64_t identity, struct err *err)
{
	struct blind none = no_blind(identity);

	return db_run(db, "UPDATE identity SET blind = $3 WHERE account_id = $1 AND identity_id = $2", err,
		      DB_INT(account), DB_INT(identity), DB_BLOB(none.bytes, BLIND_LEN));
}

bool identity_is_unnamed(const struct identity_row *row)
{
	struct blind none = no_blind(row->identity);

	return memcmp(row->blind.bytes, none.bytes, BLIND_LEN) == 0;
}

enum result identity_delete(struct db *db, uint32_t account, int64_t identity, struct err *err)
{
	return db_run(db, "DELETE FROM identity WHERE account_id = $1 AND identity_id = $2", err, DB_INT(account),
		      DB_INT(identity));
}

enum result identity_count(struct db *db, uint32_t account, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT COUNT(*) FROM identity WHERE account_id = $1", 0, out, err, DB_INT(account));
}

enum result identity_list(struct db *db, uint32_t account, int64_t after, struct pool *pool, struct identity_row *out,
			  size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM identity WHERE account_id = $1 AND identity_id > $2"
				     " ORDER BY identity_id LIMIT $3",
				 &rows, err, DB_INT(account), DB_INT(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	r = collect(&rows, account, pool, out, max, count, err);
	db_end(&rows);
	return r;
}

enum result identity_walk(struct db *db, uint32_t account, identity_visit *visit, void *arg, struct err *err)
{
	struct identity_row rows[PAGE];
	struct pool pool;
	int64_t after = 0;
	size_t count;
	enum result r;

	pool_init(&pool, PAGE_MAX);
	do {
		pool_reset(&pool);
		r = identity_list(db, account, after, &pool, rows, PAGE, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			after = rows[i].identity;
			r = visit(arg, &rows[i], err);
		}
	} while (r == OK && count == PAGE);
	pool_free(&pool);
	return r;
}
