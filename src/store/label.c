/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/label.h"

#include <stdlib.h>

#include "base/id.h"
#include "store/column.h"

#define COLUMNS "label_id, kind, blind, name, records"

enum result label_insert(struct db *db, const struct label_row *row, struct err *err)
{
	return db_run(db, "INSERT INTO label(account_id, " COLUMNS ") VALUES($1, $2, $3, $4, $5, $6)"
			  " ON CONFLICT DO NOTHING",
		      err, DB_INT(row->account), DB_INT(row->label), DB_INT(row->kind),
		      DB_BLOB(row->blind.bytes, BLIND_LEN), DB_BLOB(row->name, row->name_len),
		      DB_INT(row->records));
}

enum result label_find(struct db *db, uint32_t account, const struct blind *blind, int64_t *out, struct err *err)
{
	return db_query_int(db, "SELECT label_id FROM label WHERE account_id = $1 AND blind = $2", 0, out, err,
			    DB_INT(account), DB_BLOB(blind->bytes, BLIND_LEN));
}

static enum result read_label(struct db_rows *rows, uint32_t account, struct pool *pool, struct label_row *out,
			      struct err *err)
{
	int kind = 0;
	enum result r = column_word(rows, 1, LABEL_QUEUE, LABEL_TAG, &kind, err);

	*out = (struct label_row){.account = account, .label = db_int(rows, 0), .kind = (enum label_kind)kind,
				  .records = db_int(rows, 4)};
	if (r == OK)
		r = column_exact(rows, 2, out->blind.bytes, BLIND_LEN, err);
	return r == OK ? column_bytes(rows, 3, pool, &out->name, &out->name_len, err) : r;
}

enum result label_list(struct db *db, uint32_t account, int64_t after, struct pool *pool, struct label_row *out,
		       size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM label WHERE account_id = $1 AND label_id > $2"
				     " ORDER BY label_id LIMIT $3",
				 &rows, err, DB_INT(account), DB_INT(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_label(&rows, account, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result label_get(struct db *db, uint32_t account, int64_t label, struct pool *pool, struct label_row *out,
		      struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT " COLUMNS " FROM label WHERE account_id = $1 AND label_id = $2", &rows,
				     &found, err, DB_INT(account), DB_INT(label));

	if (r != OK)
		return r;
	r = found ? read_label(&rows, account, pool, out, err) : err_set(err, ERR_NOT_FOUND, "no such label");
	db_end(&rows);
	return r;
}

/* ---- how many records have them ---- */

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static enum result add(struct db *db, uint32_t account, int64_t label, int64_t records, struct err *err)
{
	return db_run(db, "UPDATE label SET records = records + $3 WHERE account_id = $1 AND label_id = $2", err,
		      DB_INT(account), DB_INT(label), DB_INT(records));
}

enum result label_use(struct db *db, uint32_t account, int64_t *labels, size_t count, int by, struct err *err)
{
	enum result r = OK;
	size_t end;

	if (count > 0)
		qsort(labels, count, sizeof *labels, by_number);
	for (size_t i = 0; i < count && r == OK; i = end) {
		for (end = i + 1; end < count && labels[end] == labels[i];)
			end++;
		r = add(db, account, labels[i], by * (int64_t)(end - i), err);
	}
	return r;
}

/* What records say, one after the other; merged whenever there is no room. */
struct tally { struct label_tally *all; size_t count, room; struct pool *pool; };

static int by_label(const void *a, const void *b)
{
	const struct label_tally *x = a, *y = b;

	return (x->label > y->label) - (x->label < y->label);
}

static void merge(struct tally *tally)
{
	size_t kept = 0;

	if (tally->count == 0)
		return;
	qsort(tally->all, tally->count, sizeof *tally->all, by_label);
	for (size_t i = 1; i < tally->count; i++) {
		if (tally->all[i].label == tally->all[kept].label)
			tally->all[kept].records += tally->all[i].records;
		else
			tally->all[++kept] = tally->all[i];
	}
	tally->count = kept + 1;
}

/* Twice what there are different ones of, so that merging costs little a record. */
static enum result make_room(struct tally *tally, struct err *err)
{
	size_t room = tally->room == 0 ? 4096 : tally->room * 2;
	struct label_tally *more;

	merge(tally);
	if (tally->count < tally->room / 2)
		return OK;
	more = pool_alloc(tally->pool, room * sizeof *more);
	if (more == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < tally->count; i++)
		more[i] = tally->all[i];
	tally->all = more;
	tally->room = room;
	return OK;
}

static enum result take_set(struct tally *tally, struct db_rows *rows, struct err *err)
{
	int64_t labels[LABELS_MAX];
	size_t len, count = 0;
	const unsigned char *packed = db_blob(rows, 0, &len);
	enum result r = labels_unpack(packed, len, labels, &count, err);

	if (r == OK && tally->count + count > tally->room)
		r = make_room(tally, err);
	for (size_t i = 0; i < count && r == OK; i++)
		tally->all[tally->count++] = (struct label_tally){labels[i], 1};
	return r;
}

static enum result read_sets(struct tally *tally, struct db_rows *rows, struct err *err)
{
	bool more;
	enum result r;

	while ((r = db_next(rows, &more, err)) == OK && more) {
		r = take_set(tally, rows, err);
		if (r != OK)
			break;
	}
	db_end(rows);
	merge(tally);
	return r;
}

enum result label_tally(struct db *db, uint32_t account, struct pool *pool, struct label_tally **out, size_t *count,
			struct err *err)
{
	struct tally tally = {.pool = pool};
	struct db_rows rows;
	enum result r = db_query(db, "SELECT labels FROM record WHERE account_id = $1 AND LENGTH(labels) > 0",
				 &rows, err, DB_INT(account));

	if (r == OK)
		r = read_sets(&tally, &rows, err);
	*out = tally.all;
	*count = tally.count;
	return r;
}

static enum result add_all(struct db *db, uint32_t account, const struct label_tally *all, size_t count, int by,
			   struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++)
		r = add(db, account, all[i].label, by * all[i].records, err);
	return r;
}

#define TALLY_POOL_MAX ((size_t)256 * 1024 * 1024)

enum result label_leave_day(struct db *db, uint32_t account, enum record_kind kind, struct date day, int but,
			    struct err *err)
{
	struct id from = id_floor(date_start(day)), until = id_floor(date_start(date_add_days(day, 1)));
	struct tally tally = {.count = 0};
	struct db_rows rows;
	struct pool pool;
	enum result r = db_query(db, "SELECT labels FROM record WHERE account_id = $1 AND kind = $2 AND id > $3"
				     " AND id < $4 AND hold_id = 0 AND part <> $5 AND LENGTH(labels) > 0",
				 &rows, err, DB_INT(account), DB_INT(kind), DB_BLOB(from.bytes, sizeof from.bytes),
				 DB_BLOB(until.bytes, sizeof until.bytes), DB_INT(but));

	if (r != OK)
		return r;
	pool_init(&pool, TALLY_POOL_MAX);
	tally.pool = &pool;
	r = read_sets(&tally, &rows, err);
	if (r == OK)
		r = add_all(db, account, tally.all, tally.count, -1, err);
	pool_free(&pool);
	return r;
}

enum result label_recount(struct db *db, uint32_t account, struct pool *pool, struct err *err)
{
	struct label_tally *all;
	size_t count;
	enum result r = label_tally(db, account, pool, &all, &count, err);

	if (r == OK)
		r = db_run(db, "UPDATE label SET records = 0 WHERE account_id = $1", err, DB_INT(account));
	return r == OK ? add_all(db, account, all, count, 1, err) : r;
}

/* ---- one instead of another ---- */

#define PAGE 128

struct labelled {
	enum record_kind kind;
	struct id id;
	int64_t labels[LABELS_MAX];
	size_t count;
};

static enum result read_labelled(struct db_rows *rows, struct labelled *out, struct err *err)
{
	size_t len;
	const unsigned char *packed = db_blob(rows, 2, &len);
	int kind = 0;
	enum result r = column_word(rows, 0, KIND_FIRST, KIND_LAST, &kind, err);

	out->kind = (enum record_kind)kind;
	if (r == OK)
		r = column_exact(rows, 1, out->id.bytes, sizeof out->id.bytes, err);
	return r == OK ? labels_unpack(packed, len, out->labels, &out->count, err) : r;
}

/* Those after the one in `from`. */
static enum result list_labelled(struct db *db, uint32_t account, const struct labelled *from, struct labelled *out,
				 size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT kind, id, labels FROM record WHERE account_id = $1 AND (kind, id) > ($2, $3)"
				     " AND LENGTH(labels) > 0 ORDER BY kind, id LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(from->kind),
				 DB_BLOB(from->id.bytes, sizeof from->id.bytes), DB_INT(PAGE));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_labelled(&rows, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

static int by_from(const void *a, const void *b)
{
	const struct label_change *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static enum result exchange_of(struct db *db, uint32_t account, struct labelled *of, const struct label_change *changes,
			       size_t count, struct err *err)
{
	unsigned char packed[LABELS_PACKED_MAX];
	bool changed = false;
	size_t len;

	for (size_t i = 0; i < of->count; i++) {
		const struct label_change key = {.from = of->labels[i]};
		const struct label_change *found = bsearch(&key, changes, count, sizeof *changes, by_from);

		if (found != NULL)
			of->labels[i] = found->to;
		changed |= found != NULL;
	}
	if (!changed)
		return OK;
	len = labels_pack(of->labels, labels_sort(of->labels, of->count), packed);
	return db_run(db, "UPDATE record SET labels = $4 WHERE account_id = $1 AND kind = $2 AND id = $3", err,
		      DB_INT(account), DB_INT(of->kind), DB_BLOB(of->id.bytes, sizeof of->id.bytes),
		      DB_BLOB(packed, len));
}

enum result label_exchange(struct db *db, uint32_t account, const struct label_change *changes, size_t count,
			   struct err *err)
{
	struct labelled *page = malloc(PAGE * sizeof *page), after = {.count = 0};
	enum result r = page != NULL ? OK : err_no_memory(err);
	size_t got = PAGE;

	while (r == OK && got == PAGE) {
		r = list_labelled(db, account, &after, page, &got, err);
		if (r == OK && got > 0)
			after = page[got - 1];
		for (size_t i = 0; i < got && r == OK; i++)
			r = exchange_of(db, account, &page[i], changes, count, err);
	}
	free(page);
	return r;
}

enum result label_list_unused(struct db *db, uint32_t account, int64_t after, int64_t *out, size_t max, size_t *count,
			      struct err *err)
{
	struct db_rows rows;
	enum result r = db_query(
	    db, "SELECT label_id FROM label l WHERE account_id = $1 AND label_id > $2 AND records = 0"
		" AND NOT EXISTS (SELECT 1 FROM policy p WHERE p.account_id = $1"
		" AND (p.queue_id = l.label_id OR p.campaign_id = l.label_id OR p.tag_id = l.label_id))"
		" AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.account_id = $1"
		" AND (h.queue_id = l.label_id OR h.campaign_id = l.label_id OR h.tag_id = l.label_id))"
		" AND NOT EXISTS (SELECT 1 FROM aggregate a WHERE a.account_id = $1 AND a.queue_id = l.label_id)"
		" AND NOT EXISTS (SELECT 1 FROM aggregate_waiting w WHERE w.account_id = $1 AND w.queue_id = l.label_id)"
		" ORDER BY label_id LIMIT $3",
	    &rows, err, DB_INT(account), DB_INT(after), DB_INT(max));

	*count = 0;
	return r == OK ? column_numbers(&rows, out, max, count, err) : r;
}

enum result label_delete(struct db *db, uint32_t account, int64_t label, struct err *err)
{
	return db_run(db, "DELETE FROM label WHERE account_id = $1 AND label_id = $2", err, DB_INT(account), DB_INT(label));
}
