/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/raw.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "crypto/primitives.h"
#include "db/pagemem.h"
#include "store/party.h"
#include "store/schema.h"

#define NOISE_LEN 65536
#define SETTINGS /* those of src/db/sqlite.c and of the vault's writer */ \
	"PRAGMA journal_mode = WAL; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;" \
	"PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA synchronous = FULL;" \
	"PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 20000; PRAGMA journal_size_limit = 100663296;" \
	"PRAGMA cache_size = -131072;"

enum statement {
	INSERT_RECORD, INSERT_PARTY, ADD_MONTH, ADD_PERIOD, DELETE_PARTY, DELETE_RECORDS, LIST_BLINDS, FIND_IDENTITY,
	LIST_IDS, LIST_PAYLOADS, BEGIN, COMMIT, STATEMENT_COUNT
};

static const char *const texts[STATEMENT_COUNT] = {
	[INSERT_RECORD] = "INSERT INTO record(account_id, kind, id, direction, status, duration, agent_id, number_id,"
			  " hold_id, media, part, labels, parties, payload)"
			  " VALUES(1, 1, ?1, 1, 1, ?2, 0, 0, 0, 0, 0, x'', ?3, ?4)",
	[INSERT_PARTY] = "INSERT INTO party(account_id, month, identity_id, kind, id) VALUES(1, ?1, ?2, 1, ?3)",
	[ADD_MONTH] = "INSERT INTO party_month(account_id, month, parties) VALUES(1, ?1, ?2)"
		      " ON CONFLICT(account_id, month) DO UPDATE SET parties = parties + excluded.parties",
	[ADD_PERIOD] = "INSERT INTO period(account_id, kind, day, records, bytes, media, media_bytes,"
		       " part, looked_on, looked_policy) VALUES(1, 1, ?1, ?2, ?3, 0, 0, 0, 0, 0) ON CONFLICT(account_id, kind, day)"
		       " DO UPDATE SET records = records + excluded.records, bytes = bytes + excluded.bytes",
	[DELETE_PARTY] = "DELETE FROM party WHERE account_id = 1 AND month = ?1 AND identity_id = ?2 AND kind = 1"
			 " AND id = ?3",
	[DELETE_RECORDS] = "DELETE FROM record WHERE account_id = 1 AND kind = 1 AND id >= ?1 AND id <= ?2",
	[LIST_BLINDS] = "SELECT blind FROM identity WHERE account_id = 1 AND identity_id % ?1 = 0 LIMIT ?2",
	[FIND_IDENTITY] = "SELECT identity_id FROM identity WHERE account_id = 1 AND blind = ?1",
	[LIST_IDS] = "SELECT party.kind, party.id FROM party_month CROSS JOIN party WHERE party_month.account_id = 1"
		     " AND party.account_id = 1 AND party.month = party_month.month AND party.identity_id = ?1",
	[LIST_PAYLOADS] = "SELECT record.payload FROM party_month CROSS JOIN party CROSS JOIN record"
			  " WHERE party_month.account_id = 1 AND party.account_id = 1"
			  " AND party.month = party_month.month AND party.identity_id = ?1"
			  " AND record.account_id = 1 AND record.kind = party.kind AND record.id = party.id LIMIT ?2",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
};

struct raw {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	unsigned char *noise;
	struct raw_row *rows;
	struct party_key *keys;
};

static enum result fail(const struct raw *raw, struct err *err)
{
	return err_set(err, ERR_IO, "the baseline's SQLite says: %s", sqlite3_errmsg(raw->db));
}

static sqlite3_stmt *prepared(struct raw *raw, enum statement which)
{
	if (raw->statements[which] == NULL)
		sqlite3_prepare_v3(raw->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &raw->statements[which], NULL);
	return raw->statements[which];
}

/* To its end; what it was bound to may go. */
static enum result run(struct raw *raw, enum statement which, struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, which);
	int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	return code == SQLITE_DONE ? OK : fail(raw, err);
}

/* ---- opening ---- */

static enum result make_tables(const char *path, struct err *err)
{
	const struct db_options options = {.mode = DB_CREATE, .secure_delete = true};
	struct db *db = NULL;
	enum result r = db_open_sqlite(path, &options, &db, err);

	if (r == OK)
		r = schema_migrate_vault(db, err);
	db_close(db);
	return r;
}

static enum result open_with(const char *path, int flags, const char *settings, struct raw **out, struct err *err)
{
	struct raw *raw = calloc(1, sizeof *raw);
	enum result r = OK;

	if (raw == NULL)
		return err_no_memory(err);
	pagemem_install();
	raw->noise = malloc(NOISE_LEN);
	raw->rows = malloc(RAW_BATCH_MAX * sizeof *raw->rows);
	raw->keys = malloc((size_t)RAW_BATCH_MAX * 2 * sizeof *raw->keys);
	if (raw->noise == NULL || raw->rows == NULL || raw->keys == NULL)
		r = err_no_memory(err);
	else if (sqlite3_open_v2(path, &raw->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
		 sqlite3_exec(raw->db, settings, NULL, NULL, NULL) != SQLITE_OK)
		r = fail(raw, err);
	if (r == OK) {
		random_bytes(raw->noise, NOISE_LEN);
		*out = raw;
	} else {
		raw_close(raw);
	}
	return r;
}

enum result raw_create(const char *path, struct raw **out, struct err *err)
{
	enum result r = make_tables(path, err);

	return r == OK ? raw_again(path, out, err) : r;
}

enum result raw_again(const char *path, struct raw **out, struct err *err)
{
	return open_with(path, SQLITE_OPEN_READWRITE, SETTINGS, out, err);
}

enum result raw_open(const char *path, struct raw **out, struct err *err)
{
	return open_with(path, SQLITE_OPEN_READWRITE, "PRAGMA mmap_size = 0; PRAGMA cache_size = -16384;", out,
			 err);
}

void raw_close(struct raw *raw)
{
	if (raw == NULL)
		return;
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(raw->statements[i]);
	sqlite3_close(raw->db);
	free(raw->keys);
	free(raw->rows);
	free(raw->noise);
	free(raw);
}

/* ---- rows ---- */

static struct id id_of(const struct call *call)
{
	unsigned char entropy[16];
	uint64_t words[2] = {call->entropy, calls_mix(call->entropy)};

	memcpy(entropy, words, sizeof entropy);
	return id_derived(call->at, entropy);
}

void raw_row_of(const struct calls *calls, const struct call *call, struct raw_row *row)
{
	char line[CALL_LINE_MAX];
	struct party parties[2] = {{call->from + 1, ROLE_FROM}, {call->to + 1, ROLE_TO}};
	unsigned char packed[PARTIES_PACKED_MAX];

	row->id = id_of(call);
	row->day = instant_date(call->at);
	row->duration = (int64_t)(call->entropy % 1000000);
	row->parties_len = parties_pack(parties, parties_sort(parties, 2), packed);
	INVARIANT(row->parties_len <= sizeof row->parties);
	memcpy(row->parties, packed, row->parties_len);
	row->payload_len = call_line(calls, call, line) - 1 + SEAL_OVERHEAD;
}

static int by_id(const void *a, const void *b)
{
	return id_compare(((const struct raw_row *)a)->id, ((const struct raw_row *)b)->id);
}

static void make_batch(struct raw *raw, const struct calls *calls, int64_t from, int64_t until)
{
	for (int64_t n = from; n < until; n++) {
		struct call call = call_make(calls, n);
		struct raw_row *row = &raw->rows[n - from];
		struct party_key key;

		raw_row_of(calls, &call, row);
		key = (struct party_key){date_month_index(row->day), call.from + 1, KIND_CALL, row->id};
		raw->keys[2 * (n - from)] = key;
		key.identity = call.to + 1;
		raw->keys[2 * (n - from) + 1] = key;
	}
}

/* Part of the work in a real program too: on the clock. */
static void sort_batch(struct raw *raw, size_t count)
{
	qsort(raw->rows, count, sizeof *raw->rows, by_id);
	qsort(raw->keys, count * 2, sizeof *raw->keys, party_key_compare);
}

/* ---- inserting ---- */

static enum result insert_record(struct raw *raw, const struct raw_row *row, struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, INSERT_RECORD);
	size_t at = (size_t)row->duration % (NOISE_LEN - CALL_LINE_MAX);

	sqlite3_bind_blob(statement, 1, row->id.bytes, sizeof row->id.bytes, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, row->duration);
	sqlite3_bind_blob(statement, 3, row->parties, (int)row->parties_len, SQLITE_STATIC);
	sqlite3_bind_blob(statement, 4, raw->noise + at, (int)row->payload_len, SQLITE_STATIC);
	return run(raw, INSERT_RECORD, err);
}

static enum result add_period(struct raw *raw, struct date day, int64_t records, int64_t bytes, struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, ADD_PERIOD);

	sqlite3_bind_int64(statement, 1, day.days);
	sqlite3_bind_int64(statement, 2, records);
	sqlite3_bind_int64(statement, 3, bytes);
	return run(raw, ADD_PERIOD, err);
}

static enum result add_month(struct raw *raw, int32_t month, int64_t parties, struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, ADD_MONTH);

	sqlite3_bind_int64(statement, 1, month);
	sqlite3_bind_int64(statement, 2, parties);
	return run(raw, ADD_MONTH, err);
}

static enum result insert_records(struct raw *raw, size_t count, struct err *err)
{
	int64_t records = 0, bytes = 0;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		r = insert_record(raw, &raw->rows[i], err);
		records++;
		bytes += (int64_t)raw->rows[i].payload_len;
		if (r == OK && (i + 1 == count || raw->rows[i + 1].day.days != raw->rows[i].day.days)) {
			r = add_period(raw, raw->rows[i].day, records, bytes, err);
			records = bytes = 0;
		}
	}
	return r;
}

/* Inserts or deletes each key, and counts them by month. */
static enum result run_keys(struct raw *raw, enum statement which, size_t count, struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, which);
	int64_t in_month = 0, sign = which == INSERT_PARTY ? 1 : -1;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		const struct party_key *key = &raw->keys[i];

		sqlite3_bind_int64(statement, 1, key->month);
		sqlite3_bind_int64(statement, 2, key->identity);
		sqlite3_bind_blob(statement, 3, key->id.bytes, sizeof key->id.bytes, SQLITE_STATIC);
		r = run(raw, which, err);
		in_month++;
		if (r == OK && (i + 1 == count || raw->keys[i + 1].month != key->month)) {
			r = add_month(raw, key->month, sign * in_month, err);
			in_month = 0;
		}
	}
	return r;
}

static enum result insert_batch(struct raw *raw, size_t count, struct err *err)
{
	enum result r = run(raw, BEGIN, err);

	sort_batch(raw, count);
	if (r == OK)
		r = insert_records(raw, count, err);
	if (r == OK)
		r = run_keys(raw, INSERT_PARTY, count * 2, err);
	return r == OK ? run(raw, COMMIT, err) : r;
}

enum result raw_insert(struct raw *raw, const struct calls *calls, int64_t from, int64_t until, struct sample *sample,
		       struct err *err)
{
	enum result r = OK;

	for (int64_t n = from; n < until && r == OK; n += RAW_BATCH) {
		int64_t end = n + RAW_BATCH < until ? n + RAW_BATCH : until;
		struct moment started;

		make_batch(raw, calls, n, end);
		started = child_now();
		r = insert_batch(raw, (size_t)(end - n), err);
		child_stop(sample, started);
		sample->units += end - n;
	}
	return r;
}

/* ---- deleting ---- */

static enum result delete_batch(struct raw *raw, size_t count, struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, DELETE_RECORDS);
	enum result r = run(raw, BEGIN, err);

	sort_batch(raw, count);
	sqlite3_bind_blob(statement, 1, raw->rows[0].id.bytes, sizeof raw->rows[0].id.bytes, SQLITE_STATIC);
	sqlite3_bind_blob(statement, 2, raw->rows[count - 1].id.bytes, sizeof raw->rows[0].id.bytes, SQLITE_STATIC);
	if (r == OK)
		r = run_keys(raw, DELETE_PARTY, count * 2, err);
	if (r == OK)
		r = run(raw, DELETE_RECORDS, err);
	return r == OK ? run(raw, COMMIT, err) : r;
}

enum result raw_delete(struct raw *raw, const struct calls *calls, int64_t from, int64_t until, int64_t batch,
		       struct sample *sample, struct err *err)
{
	enum result r = OK;

	INVARIANT(batch > 0 && batch <= RAW_BATCH_MAX);
	for (int64_t n = from; n < until && r == OK; n += batch) {
		int64_t end = n + batch < until ? n + batch : until;
		struct moment started;

		make_batch(raw, calls, n, end);
		started = child_now();
		r = delete_batch(raw, (size_t)(end - n), err);
		child_stop(sample, started);
		sample->units += end - n;
	}
	return r;
}

/* ---- looking up ---- */

enum result raw_blinds(struct raw *raw, int64_t step, unsigned char (*out)[16], size_t max, size_t *count,
		       struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, LIST_BLINDS);
	int code;

	*count = 0;
	sqlite3_bind_int64(statement, 1, step);
	sqlite3_bind_int64(statement, 2, (int64_t)max);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW && sqlite3_column_bytes(statement, 0) == 16)
		memcpy(out[(*count)++], sqlite3_column_blob(statement, 0), 16);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? OK : fail(raw, err);
}

static enum result find_identity(struct raw *raw, const unsigned char blind[16], int64_t *out, struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, FIND_IDENTITY);
	int code;

	sqlite3_bind_blob(statement, 1, blind, 16, SQLITE_STATIC);
	code = sqlite3_step(statement);
	*out = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return code == SQLITE_ROW ? OK : fail(raw, err);
}

enum result raw_count(struct raw *raw, const unsigned char blind[16], int64_t *records, struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, LIST_IDS);
	int64_t identity;
	int code;
	enum result r = find_identity(raw, blind, &identity, err);

	if (r != OK)
		return r;
	*records = 0;
	sqlite3_bind_int64(statement, 1, identity);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		*records += sqlite3_column_bytes(statement, 1) == (int)sizeof(struct id);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? OK : fail(raw, err);
}

enum result raw_look_up(struct raw *raw, const unsigned char blind[16], int most, int64_t *records, struct err *err)
{
	sqlite3_stmt *statement = prepared(raw, LIST_PAYLOADS);
	unsigned char payload[CALL_LINE_MAX * 2];
	int64_t identity;
	int code, len;
	enum result r = find_identity(raw, blind, &identity, err);

	if (r != OK)
		return r;
	*records = 0;
	sqlite3_bind_int64(statement, 1, identity);
	sqlite3_bind_int64(statement, 2, most);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		len = sqlite3_column_bytes(statement, 0);
		if (len > 0 && (size_t)len <= sizeof payload)
			memcpy(payload, sqlite3_column_blob(statement, 0), (size_t)len);
		(*records)++;
	}
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? OK : fail(raw, err);
}
