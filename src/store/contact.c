/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/contact.h"

#include <string.h>

bool contact_is_deleted(const struct contact_row *row)
{
	return row->deleted.ms != 0;
}

static enum result delete_index(struct db *db, uint32_t account, struct id id, const struct contact_row *old,
				struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < old->party_count && r == OK; i++)
		r = db_run(db, "DELETE FROM contact_identity WHERE account_id = $1 AND identity_id = $2"
			       " AND contact_id = $3",
			   err, DB_INT(account), DB_INT(old->parties[i].identity), DB_BLOB(id.bytes, sizeof id.bytes));
	for (size_t i = 0; i < old->name_count && r == OK; i++)
		r = db_run(db, "DELETE FROM contact_name WHERE account_id = $1 AND blind = $2 AND contact_id = $3", err,
			   DB_INT(account), DB_BLOB(old->names[i].bytes, BLIND_LEN), DB_BLOB(id.bytes, sizeof id.bytes));
	return r;
}

static enum result insert_index(struct db *db, const struct contact_row *row, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < row->party_count && r == OK; i++)
		r = db_run(db, "INSERT INTO contact_identity(account_id, identity_id, contact_id) VALUES($1, $2, $3)"
			       " ON CONFLICT DO NOTHING",
			   err, DB_INT(row->account), DB_INT(row->parties[i].identity),
			   DB_BLOB(row->id.bytes, sizeof row->id.bytes));
	for (size_t i = 0; i < row->name_count && r == OK && !contact_is_deleted(row); i++)
		r = db_run(db, "INSERT INTO contact_name(account_id, blind, contact_id) VALUES($1, $2, $3)"
			       " ON CONFLICT DO NOTHING",
			   err, DB_INT(row->account), DB_BLOB(row->names[i].bytes, BLIND_LEN),
			   DB_BLOB(row->id.bytes, sizeof row->id.bytes));
	return r;
}

static enum result remove_old_index(struct db *db, const struct contact_row *row, struct err *err)
{
	struct contact_row old;
	struct pool pool;
	enum result r;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	r = contact_get(db, row->account, row->id, &pool, &old, err);
	if (r == OK)
		r = delete_index(db, row->account, row->id, &old, err);
	else if (r == ERR_NOT_FOUND)
		r = OK;
	pool_free(&pool);
	return r;
}

enum result contact_put(struct db *db, const struct contact_row *row, struct err *err)
{
	unsigned char packed[PARTIES_PACKED_MAX];
	size_t len = parties_pack(row->parties, row->party_count, packed);
	enum result r = remove_old_index(db, row, err);

	if (r == OK)
		r = db_run(db, "INSERT INTO contact(account_id, contact_id, hold_id, identities, names, payload, digest,"
			       " updated_at, key_id, deleted_at, gone_on) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
			       " ON CONFLICT(account_id, contact_id) DO UPDATE SET hold_id = excluded.hold_id,"
			       " identities = excluded.identities, names = excluded.names, payload = excluded.payload,"
			       " digest = excluded.digest, updated_at = excluded.updated_at, key_id = excluded.key_id,"
			       " deleted_at = excluded.deleted_at, gone_on = excluded.gone_on",
			   err, DB_INT(row->account), DB_BLOB(row->id.bytes, sizeof row->id.bytes), DB_INT(row->hold),
			   DB_BLOB(packed, len), DB_BLOB(row->names, row->name_count * sizeof row->names[0]),
			   DB_BLOB(row->payload, row->payload_len), DB_BLOB(row->digest, sizeof row->digest),
			   DB_INT(row->updated.ms), DB_INT(row->key), DB_INT(row->deleted.ms),
			   DB_INT(row->gone_on.days));
	if (r == OK)
		r = insert_index(db, row, err);
	return r;
}

static enum result read_contact(struct db_rows *rows, struct pool *pool, struct contact_row *out, struct err *err)
{
	size_t len, names_len;
	const unsigned char *packed = db_blob(rows, 1, &len);
	const void *names;
	enum result r;

	out->hold = db_int(rows, 0);
	out->updated.ms = db_int(rows, 5);
	out->key = db_int(rows, 6);
	out->deleted.ms = db_int(rows, 7);
	out->gone_on.days = (int32_t)db_int(rows, 8);
	r = parties_unpack(packed, len, out->parties, &out->party_count, err);
	names = db_blob(rows, 2, &names_len);
	if (r == OK && (names_len % BLIND_LEN != 0 || names_len > sizeof out->names))
		r = err_set(err, ERR_CORRUPT, "the name index of a contact is damaged");
	if (r != OK)
		return r;
	out->name_count = names_len / BLIND_LEN;
	if (names_len > 0)
		memcpy(out->names, names, names_len);
	r = column_bytes(rows, 3, pool, &out->payload, &out->payload_len, err);
	if (r == OK)
		r = column_exact(rows, 4, out->digest, sizeof out->digest, err);
	return r;
}

enum result contact_get(struct db *db, uint32_t account, struct id id, struct pool *pool, struct contact_row *out,
			struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT hold_id, identities, names, payload, digest, updated_at, key_id,"
					 " deleted_at, gone_on FROM contact"
					 " WHERE account_id = $1 AND contact_id = $2",
				     &rows, &found, err, DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes));

	if (r != OK)
		return r;
	out->account = account;
	out->id = id;
	r = found ? read_contact(&rows, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such contact");
	db_end(&rows);
	return r;
}

enum result contact_delete(struct db *db, const struct contact_row *row, struct err *err)
{
	enum result r = delete_index(db, row->account, row->id, row, err);

	if (r == OK)
		r = db_run(db, "DELETE FROM contact WHERE account_id = $1 AND contact_id = $2", err,
			   DB_INT(row->account), DB_BLOB(row->id.bytes, sizeof row->id.bytes));
	return r;
}

enum result contact_of_identity(struct db *db, uint32_t account, int64_t identity, struct id *out, size_t max,
				size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT contact_id FROM contact_identity WHERE account_id = $1 AND identity_id = $2"
				     " ORDER BY contact_id",
				 &rows, err, DB_INT(account), DB_INT(identity));

	*count = 0;
	r = r == OK ? column_ids(&rows, out, max, count, err) : r;
	return r == ERR_LIMIT ? err_set(err, ERR_LIMIT, "more than %zu contacts", max) : r;
}

enum result contact_list_identity(struct db *db, uint32_t account, int64_t identity, struct id after, struct id *out,
				  size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT contact_id FROM contact_identity WHERE account_id = $1 AND identity_id = $2"
				     " AND contact_id > $3 ORDER BY contact_id LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(identity), DB_BLOB(after.bytes, sizeof after.bytes),
				 DB_INT(max));

	*count = 0;
	return r == OK ? column_ids(&rows, out, max, count, err) : r;
}

enum result contact_has_identity(struct db *db, uint32_t account, int64_t identity, struct id contact, bool *has,
				 struct err *err)
{
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM contact_identity WHERE account_id = $1 AND identity_id = $2"
					 " AND contact_id = $3",
				     0, &one, err, DB_INT(account), DB_INT(identity),
				     DB_BLOB(contact.bytes, sizeof contact.bytes));

	*has = r == OK && one == 1;
	return r;
}

enum result contact_has_name(struct db *db, uint32_t account, const struct blind *word, struct id contact, bool *has,
			     struct err *err)
{
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM contact_name WHERE account_id = $1 AND blind = $2"
					 " AND contact_id = $3",
				     0, &one, err, DB_INT(account), DB_BLOB(word->bytes, BLIND_LEN),
				     DB_BLOB(contact.bytes, sizeof contact.bytes));

	*has = r == OK && one == 1;
	return r;
}

enum result contact_key_of(struct db *db, uint32_t account, struct id id, int64_t *key, struct err *err)
{
	return db_query_int(db, "SELECT key_id FROM contact WHERE account_id = $1 AND contact_id = $2", 0, key, err,
			    DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes));
}

enum result contact_has_key(struct db *db, uint32_t account, int64_t key, bool *has, struct err *err)
{
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM contact WHERE account_id = $1 AND key_id = $2 AND key_id > 0", 0,
				     &one, err, DB_INT(account), DB_INT(key));

	*has = r == OK && one == 1;
	return r;
}

static enum result has_words(struct db *db, uint32_t account, const struct blind *words, size_t word_count, struct id id,
			     bool *has, struct err *err)
{
	enum result r = OK;

	*has = true;
	for (size_t i = 0; i < word_count && *has && r == OK; i++)
		r = contact_has_name(db, account, &words[i], id, has, err);
	return r;
}

/* Of the contacts with one word, those that have the others too: the limit is on what is found, not on what is looked at. */
static enum result collect_named(struct db *db, struct db_rows *rows, uint32_t account, const struct blind *words,
				 size_t word_count, struct id *out, size_t max, size_t *count, struct err *err)
{
	enum result r;
	struct id id;
	bool more, has;

	while ((r = db_next(rows, &more, err)) == OK && more) {
		r = column_id(rows, 0, &id, err);
		if (r == OK)
			r = has_words(db, account, words, word_count, id, &has, err);
		if (r == OK && has && *count == max)
			r = err_set(err, ERR_LIMIT, "more than %zu contacts", max);
		if (r != OK)
			return r;
		if (has)
			out[(*count)++] = id;
	}
	return r;
}

enum result contact_find_name(struct db *db, uint32_t account, const struct blind *words, size_t word_count,
			      struct id *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r;

	*count = 0;
	if (word_count == 0)
		return OK;
	r = db_query(db, "SELECT contact_id FROM contact_name WHERE account_id = $1 AND blind = $2 ORDER BY contact_id",
		     &rows, err, DB_INT(account), DB_BLOB(words[0].bytes, BLIND_LEN));
	if (r != OK)
		return r;
	r = collect_named(db, &rows, account, words + 1, word_count - 1, out, max, count, err);
	db_end(&rows);
	return r;
}

enum result contact_list(struct db *db, uint32_t account, struct id after, struct id *out, size_t max, size_t *count,
			 struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT contact_id FROM contact WHERE account_id = $1 AND contact_id > $2"
				     " ORDER BY contact_id LIMIT $3",
				 &rows, err, DB_INT(account), DB_BLOB(after.bytes, sizeof after.bytes), DB_INT(max));

	*count = 0;
	return r == OK ? column_ids(&rows, out, max, count, err) : r;
}

enum result contact_list_there(struct db *db, uint32_t account, struct id after, struct id *out, size_t max,
			       size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT contact_id FROM contact WHERE account_id = $1 AND contact_id > $2"
				     " AND deleted_at = 0 ORDER BY contact_id LIMIT $3",
				 &rows, err, DB_INT(account), DB_BLOB(after.bytes, sizeof after.bytes), DB_INT(max));

	*count = 0;
	return r == OK ? column_ids(&rows, out, max, count, err) : r;
}

enum result contact_list_deleted(struct db *db, uint32_t account, struct id after, struct id *out, size_t max,
				 size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT contact_id FROM contact WHERE account_id = $1 AND contact_id > $2"
				     " AND deleted_at > 0 ORDER BY contact_id LIMIT $3",
				 &rows, err, DB_INT(account), DB_BLOB(after.bytes, sizeof after.bytes), DB_INT(max));

	*count = 0;
	return r == OK ? column_ids(&rows, out, max, count, err) : r;
}

enum result contact_in_deleted(struct db *db, uint32_t account, struct id id, bool *deleted, struct err *err)
{
	int64_t one;
	enum result r = db_query_int(db, "SELECT 1 FROM contact WHERE account_id = $1 AND contact_id = $2"
					 " AND deleted_at > 0",
				     0, &one, err, DB_INT(account), DB_BLOB(id.bytes, sizeof id.bytes));

	*deleted = r == OK && one == 1;
	return r;
}

static enum result collect_gone(struct db_rows *rows, struct contact_gone *out, size_t *count, struct err *err)
{
	enum result r;
	bool more;

	*count = 0;
	while ((r = db_next(rows, &more, err)) == OK && more) {
		struct contact_gone *gone = &out[*count];

		*gone = (struct contact_gone){.on = {(int32_t)db_int(rows, 0)}, .bytes = db_int(rows, 2)};
		r = column_id(rows, 1, &gone->id, err);
		if (r != OK)
			return r;
		(*count)++;
	}
	return r;
}

enum result contact_list_gone(struct db *db, uint32_t account, struct date until, const struct contact_gone *after,
			      struct contact_gone *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT gone_on, contact_id, CAST(length(payload) AS BIGINT) FROM contact"
				     " WHERE account_id = $1 AND (gone_on, contact_id) > ($2, $3) AND gone_on <= $4 AND deleted_at > 0"
				     " AND hold_id = 0 ORDER BY gone_on, contact_id LIMIT $5",
				 &rows, err, DB_INT(account), DB_INT(after->on.days),
				 DB_BLOB(after->id.bytes, sizeof after->id.bytes), DB_INT(until.days), DB_INT(max));

	if (r != OK)
		return r;
	r = collect_gone(&rows, out, count, err);
	db_end(&rows);
	return r;
}

enum result contact_count(struct db *db, uint32_t account, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT COUNT(*) FROM contact WHERE account_id = $1", 0, out, err, DB_INT(account));
}
