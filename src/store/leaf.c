/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/leaf.h"

#include <string.h>

#include "store/column.h"

_Static_assert(HASH_LEN == 32 && LEAF_HASHES == 16, "as the statements here and in schema.c say");
_Static_assert(sizeof(struct hash) == HASH_LEN, "an array of them is their bytes");

static enum result lacks_hash(int level, uint64_t index, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "the audit log lacks the hash of subtree %llu at level %d", (unsigned long long)index, level);
}

/* Of the row that begins at it or at most LEAF_HASHES - 1 before. */
static enum result read_hash(void *arg, int level, uint64_t index, struct hash *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	size_t len = 0;
	enum result r = db_query_one(arg, "SELECT substr(hash, CAST(($2 - number) * 32 + 1 AS INTEGER), 32) FROM audit_hash"
					  " WHERE level = $1 AND number BETWEEN $2 - 15 AND $2 ORDER BY number DESC LIMIT 1",
				     &rows, &found, err, DB_INT(level), DB_INT(index));

	if (r != OK)
		return r;
	if (found)
		db_blob(&rows, 0, &len);
	r = len > 0 ? column_exact(&rows, 0, out->bytes, sizeof out->bytes, err) : lacks_hash(level, index, err);
	db_end(&rows);
	return r;
}

static enum result write_hashes(struct db *db, int level, uint64_t first, const unsigned char *hashes, size_t count, struct err *err)
{
	return db_run(db, "INSERT INTO audit_hash(level, number, hash) VALUES($1, $2, $3)", err, DB_INT(level),
		      DB_INT(first), DB_BLOB(hashes, count * HASH_LEN));
}

static enum result write_hash(void *arg, int level, uint64_t index, const struct hash *hash, struct err *err)
{
	return write_hashes(arg, level, index, hash->bytes, 1, err);
}

struct merkle_store leaf_hashes(struct db *db)
{
	return (struct merkle_store){.arg = db, .read = read_hash, .write = write_hash};
}

enum result leaf_tree_size(struct db *db, uint64_t *size, struct err *err)
{
	int64_t last;
	enum result r = db_query_int(db, "SELECT MAX(seq) FROM audit_leaf", -1, &last, err);

	*size = r == OK ? (uint64_t)(last + 1) : 0;
	return r;
}

enum result leaf_newest(struct db *db, struct instant *at, struct err *err)
{
	return db_query_int(db, "SELECT at FROM audit_leaf WHERE seq = (SELECT MAX(seq) FROM audit_leaf)", INT64_MIN, &at->ms, err);
}

static enum result insert(struct db *db, uint64_t seq, const struct leaf *leaf, struct err *err)
{
	return db_run(db, "INSERT INTO audit_leaf(seq, account_id, at, term, body) VALUES($1, $2, $3, $4, $5)", err,
		      DB_INT(seq), DB_INT(leaf->account), DB_INT(leaf->at.ms), DB_INT(leaf->term),
		      DB_BLOB(leaf->body, leaf->body_len));
}

static enum result append(struct db *db, const struct leaf *leaf, const struct hash *hash, uint64_t *seq,
			  struct err *err)
{
	struct merkle_store hashes = leaf_hashes(db);
	enum result r = leaf_tree_size(db, seq, err);

	if (r == OK)
		r = insert(db, *seq, leaf, err);
	return r == OK ? merkle_append(&hashes, *seq, hash, err) : r;
}

/* ---- many ---- */

static enum result read_last(void *arg, int level, uint64_t index, struct hash *out, struct err *err)
{
	const struct leaf_run *run = arg;

	if (!run->last[level].known || run->last[level].index != index)
		return run->stored.read(run->stored.arg, level, index, out, err);
	*out = run->last[level].hash;
	return OK;
}

static enum result write_row(struct leaf_run *run, int level, struct err *err)
{
	struct leaf_hash_row *row = &run->rows[level];
	size_t count = row->count;

	row->count = 0;
	return count > 0 ? write_hashes(run->stored.arg, level, row->first, row->hashes[0].bytes, count, err) : OK;
}

/* Those of a level follow each other. */
static enum result write_last(void *arg, int level, uint64_t index, const struct hash *hash, struct err *err)
{
	struct leaf_run *run = arg;
	struct leaf_hash_row *row = &run->rows[level];

	/* Only left ones are asked for: for their parents, once the right one is there. */
	if (index % 2 == 0) {
		run->last[level].known = true;
		run->last[level].index = index;
		run->last[level].hash = *hash;
	}
	if (row->count == 0)
		row->first = index;
	INVARIANT(row->first + row->count == index);
	row->hashes[row->count++] = *hash;
	return row->count == LEAF_HASHES ? write_row(run, level, err) : OK;
}

enum result leaf_run_begin(struct db *db, struct leaf_run *out, struct err *err)
{
	memset(out, 0, sizeof *out);
	out->stored = leaf_hashes(db);
	return leaf_tree_size(db, &out->next, err);
}

#define LEAF_COLUMNS 5

/* A statement of one row alone would cost twice as much: around each, SQLite keeps what it would need to undo it. */
static enum result insert_rows(struct db *db, const struct leaf leaves[LEAF_ROWS], struct err *err)
{
	struct db_value values[LEAF_ROWS * LEAF_COLUMNS], *at = values;

	_Static_assert(LEAF_ROWS == 16, "as the statement says");
	for (size_t i = 0; i < LEAF_ROWS; i++) {
		*at++ = DB_INT(leaves[i].seq);
		*at++ = DB_INT(leaves[i].account);
		*at++ = DB_INT(leaves[i].at.ms);
		*at++ = DB_INT(leaves[i].term);
		*at++ = DB_BLOB(leaves[i].body, leaves[i].body_len);
	}
	return db_run_n(db, "INSERT INTO audit_leaf(seq, account_id, at, term, body) VALUES"
				   " ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10), ($11, $12, $13, $14, $15), ($16, $17, $18, $19, $20),"
				   " ($21, $22, $23, $24, $25), ($26, $27, $28, $29, $30), ($31, $32, $33, $34, $35), ($36, $37, $38, $39, $40),"
				   " ($41, $42, $43, $44, $45), ($46, $47, $48, $49, $50), ($51, $52, $53, $54, $55), ($56, $57, $58, $59, $60),"
				   " ($61, $62, $63, $64, $65), ($66, $67, $68, $69, $70), ($71, $72, $73, $74, $75), ($76, $77, $78, $79, $80)",
			values, LEAF_ROWS * LEAF_COLUMNS, err);
}

/* Those that wait. */
static enum result write_leaves(struct leaf_run *run, struct err *err)
{
	size_t count = run->count;
	enum result r = OK;

	run->count = run->used = 0;
	if (count == LEAF_ROWS)
		return insert_rows(run->stored.arg, run->leaves, err);
	for (size_t i = 0; i < count && r == OK; i++)
		r = insert(run->stored.arg, run->leaves[i].seq, &run->leaves[i], err);
	return r;
}

/* It waits for others, unless it is too long for that. */
static enum result add_leaf(struct leaf_run *run, const struct leaf *leaf, struct err *err)
{
	struct leaf *kept;
	enum result r = OK;

	if (leaf->body_len > sizeof run->bodies - run->used)
		r = write_leaves(run, err);
	if (r == OK && leaf->body_len > sizeof run->bodies)
		return insert(run->stored.arg, run->next, leaf, err);
	if (r != OK)
		return r;
	kept = &run->leaves[run->count++];
	*kept = *leaf;
	kept->seq = run->next;
	kept->body = memcpy(run->bodies + run->used, leaf->body, leaf->body_len);
	run->used += leaf->body_len;
	return run->count == LEAF_ROWS ? write_leaves(run, err) : OK;
}

enum result leaf_run_append(struct leaf_run *run, const struct leaf *leaf, struct err *err)
{
	const struct merkle_store hashes = {.arg = run, .read = read_last, .write = write_last};
	struct hash hash = merkle_leaf(leaf->body, leaf->body_len);
	enum result r;

	INVARIANT(leaf->body_len > 0); /* an empty one is a pruned one */
	r = add_leaf(run, leaf, err);
	return r == OK ? merkle_append(&hashes, run->next++, &hash, err) : r;
}

enum result leaf_run_end(struct leaf_run *run, struct err *err)
{
	enum result r = write_leaves(run, err);

	for (int level = 0; r == OK && level < LEAF_LEVELS; level++)
		r = write_row(run, level, err);
	return r;
}

/* ---- one ---- */

enum result leaf_append(struct db *db, uint32_t account, struct instant at, enum leaf_term term, const char *body,
			size_t len, uint64_t *seq, struct err *err)
{
	const struct leaf leaf = {.account = account, .at = at, .term = term, .body = body, .body_len = len};
	struct hash hash = merkle_leaf(body, len);

	INVARIANT(len > 0); /* an empty one is a pruned one */
	return append(db, &leaf, &hash, seq, err);
}

enum result leaf_append_pruned(struct db *db, const struct leaf *leaf, const struct hash *hash, uint64_t *seq,
			       struct err *err)
{
	struct leaf pruned = *leaf;

	pruned.body = "";
	pruned.body_len = 0;
	return append(db, &pruned, hash, seq, err);
}

enum result leaf_hash(struct db *db, const struct leaf *leaf, struct hash *out, struct err *err)
{
	if (leaf->body_len == 0)
		return read_hash(db, 0, leaf->seq, out, err);
	*out = merkle_leaf(leaf->body, leaf->body_len);
	return OK;
}

/* A body that does not have its hash is evidence: it stays. */
static enum result compare_hash(struct db *db, const struct leaf *leaf, struct err *err)
{
	struct hash hash = merkle_leaf(leaf->body, leaf->body_len), stored;
	enum result r = read_hash(db, 0, leaf->seq, &stored, err);

	if (r != OK || memcmp(hash.bytes, stored.bytes, sizeof hash.bytes) == 0)
		return r;
	return err_set(err, ERR_CORRUPT, "leaf %llu does not have the hash that is stored",
		       (unsigned long long)leaf->seq);
}

enum result leaf_prune(struct db *db, const struct leaf *leaf, bool *pruned, struct err *err)
{
	enum result r;

	*pruned = false;
	if (leaf->body_len == 0)
		return OK;
	r = compare_hash(db, leaf, err);
	if (r == OK)
		r = db_run(db, "UPDATE audit_leaf SET body = $3 WHERE seq = $2 AND account_id = $1 AND length(body) > 0",
			   err, DB_INT(leaf->account), DB_INT(leaf->seq), DB_BLOB("", 0));
	*pruned = r == OK && db_changes(db) > 0;
	return r;
}

static enum result read_leaf(struct db_rows *rows, struct pool *pool, struct leaf *out, struct err *err)
{
	const unsigned char *body;
	enum result r;

	*out = (struct leaf){.seq = (uint64_t)db_int(rows, 0),
			     .account = (uint32_t)db_int(rows, 1),
			     .at = {db_int(rows, 2)},
			     .term = (enum leaf_term)db_int(rows, 3)};
	r = column_bytes(rows, 4, pool, &body, &out->body_len, err);
	out->body = (const char *)body;
	return r;
}

enum result leaf_get(struct db *db, uint64_t seq, struct pool *pool, struct leaf *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT seq, account_id, at, term, body FROM audit_leaf WHERE seq = $1", &rows, &found,
				     err, DB_INT(seq));

	if (r != OK)
		return r;
	r = found ? read_leaf(&rows, pool, out, err)
		  : err_set(err, ERR_NOT_FOUND, "the audit log has no leaf %llu", (unsigned long long)seq);
	db_end(&rows);
	return r;
}

static enum result read_leaves(struct db_rows *rows, struct pool *pool, struct leaf *out, size_t *count, struct err *err)
{
	bool more;
	enum result r;

	while ((r = db_next(rows, &more, err)) == OK && more) {
		r = read_leaf(rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(rows);
	return r;
}

enum result leaf_list(struct db *db, uint32_t account, uint64_t from, struct pool *pool, struct leaf *out, size_t max,
		      size_t *count, struct err *err)
{
	struct db_rows rows;
	enum result r;

	*count = 0;
	if (account == 0)
		r = db_query(db, "SELECT seq, account_id, at, term, body FROM audit_leaf WHERE seq >= $1 ORDER BY seq LIMIT $2",
			     &rows, err, DB_INT(from), DB_INT(max));
	else
		r = db_query(db, "SELECT seq, account_id, at, term, body FROM audit_leaf WHERE account_id = $1 AND seq >= $2"
				 " ORDER BY seq LIMIT $3",
			     &rows, err, DB_INT(account), DB_INT(from), DB_INT(max));
	return r == OK ? read_leaves(&rows, pool, out, count, err) : r;
}

enum result leaf_list_due(struct db *db, uint32_t account, enum leaf_term term, struct instant before,
			  const struct leaf *after, struct pool *pool, struct leaf *out, size_t max, size_t *count,
			  struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(db, "SELECT seq, account_id, at, term, body FROM audit_leaf WHERE account_id = $1"
				     " AND term = $2 AND at < $3 AND (at, seq) > ($4, $5) AND length(body) > 0"
				     " ORDER BY at, seq LIMIT $6",
				 &rows, err, DB_INT(account), DB_INT(term), DB_INT(before.ms),
				 DB_INT(after != NULL ? after->at.ms : INT64_MIN),
				 DB_INT(after != NULL ? (int64_t)after->seq : -1), DB_INT(max));

	*count = 0;
	return r == OK ? read_leaves(&rows, pool, out, count, err) : r;
}

enum result leaf_count_due(struct db *db, uint32_t account, enum leaf_term term, struct instant before, int64_t *out,
			   struct err *err)
{
	return db_query_int(db, "SELECT COUNT(*) FROM audit_leaf WHERE account_id = $1 AND term = $2 AND at < $3"
				" AND length(body) > 0",
			    0, out, err, DB_INT(account), DB_INT(term), DB_INT(before.ms));
}

enum result leaf_list_pruned(struct db *db, uint64_t from, struct leaf *out, size_t max, size_t *count,
			     struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT seq, account_id, at, term FROM audit_leaf WHERE seq >= $1"
				     " AND length(body) = 0 ORDER BY seq LIMIT $2",
				 &rows, err, DB_INT(from), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more)
		out[(*count)++] = (struct leaf){.seq = (uint64_t)db_int(&rows, 0),
						.account = (uint32_t)db_int(&rows, 1),
						.at = {db_int(&rows, 2)},
						.term = (enum leaf_term)db_int(&rows, 3),
						.body = ""};
	db_end(&rows);
	return r;
}

enum result leaf_back(struct db *db, uint32_t account, uint64_t before, uint64_t n, uint64_t *seq, struct err *err)
{
	int64_t found;
	enum result r = db_query_int(db, "SELECT seq FROM audit_leaf WHERE account_id = $1 AND seq < $2"
					 " ORDER BY seq DESC LIMIT 1 OFFSET $3",
				     -1, &found, err, DB_INT(account), DB_INT(before), DB_INT(n - 1));

	*seq = r == OK && found >= 0 ? (uint64_t)found : 0;
	return r == OK && found < 0 ? err_set(err, ERR_NOT_FOUND, "the account has no so many leaves") : r;
}

enum result leaf_count_hashes(struct db *db, int64_t *out, struct err *err)
{
	return db_query_int_n(db, "SELECT COALESCE(SUM(length(hash) / 32), 0) FROM audit_hash", 0, out, NULL, 0, err);
}

enum result leaf_has_deed(struct db *db, uint32_t account, uint64_t from, bool *out, struct err *err)
{
	int64_t found = 0;
	enum result r = db_query_int(db, "SELECT 1 FROM audit_leaf WHERE account_id = $1 AND seq >= $2 AND term <> 2 LIMIT 1", 0,
				     &found, err, DB_INT(account), DB_INT((int64_t)from));

	*out = found != 0;
	return r;
}
