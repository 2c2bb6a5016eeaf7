/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/reconcile.h"

#include <stdlib.h>

#include "store/account.h"
#include "store/duty.h"
#include "store/hold.h"
#include "vault/idle_keys.h"
#include "vault/remove_account.h"

#define BATCH 128 /* records of 4 MiB must fit the pool */

struct work {
	struct session *session;
	uint32_t account;
	struct reconciled *out;
	struct pool pool;
	struct record_row *rows; /* BATCH of them */
};

static enum result key_exists(struct work *w, enum key_class class, int64_t number, bool *exists, struct err *err)
{
	struct wrapped_key key;
	enum result r = key_get(w->session->keys, w->account, class, number, &key, err);

	*exists = r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

/* Ends a transaction as the work in it went. */
static enum result end(struct work *w, enum result r, struct err *err)
{
	if (r == OK)
		return db_commit(w->session->data, err);
	db_rollback(w->session->data);
	return r;
}

/* Takes out those of w->rows that no hold keeps, of one part or of all. */
static enum result remove_unheld(struct work *w, size_t count, int part, struct removed *removed, struct err *err)
{
	size_t gone = 0;

	for (size_t i = 0; i < count; i++) {
		if (part != PART_ALL && w->rows[i].part != part)
			continue;
		if (w->rows[i].hold == 0 && gone++ != i)
			w->rows[gone - 1] = w->rows[i];
	}
	return remove_records(w->session, w->account, w->rows, gone, removed, err);
}

/* ---- identities without a key ---- */

static enum result load(struct work *w, const struct party_key *keys, size_t seen, size_t *count, struct err *err)
{
	enum result r = OK;

	*count = 0;
	for (size_t i = 0; i < seen && r == OK; i++) {
		r = record_get(w->session->data, w->account, keys[i].kind, keys[i].id, &w->pool, &w->rows[*count], err);
		if (r == OK)
			(*count)++;
		else if (r == ERR_NOT_FOUND)
			r = OK;
	}
	return r;
}

static enum result drop_records_of(struct work *w, int64_t identity, struct err *err)
{
	struct party_key keys[BATCH], after = {0};
	size_t seen, count;
	enum result r;

	do {
		pool_reset(&w->pool);
		r = db_begin(w->session->data, err);
		if (r != OK)
			return r;
		r = party_list(w->session->data, w->account, identity, &after, keys, BATCH, &seen, err);
		if (r == OK)
			r = load(w, keys, seen, &count, err);
		if (r == OK)
			r = remove_unheld(w, count, PART_ALL, &w->out->erased, err);
		after = r == OK && seen > 0 ? keys[seen - 1] : after;
		r = end(w, r, err);
	} while (r == OK && seen == BATCH);
	return r;
}

static enum result drop_contact(struct work *w, struct id id, struct err *err)
{
	struct contact_row contact;
	enum result r = contact_get(w->session->data, w->account, id, &w->pool, &contact, err);

	if (r != OK || contact.hold != 0)
		return r;
	w->out->contacts++;
	return contact_delete(w->session->data, &contact, err);
}

static enum result drop_contacts_of(struct work *w, int64_t identity, struct err *err)
{
	struct id ids[BATCH], after = {{0}};
	size_t count;
	enum result r;

	do {
		r = contact_list_identity(w->session->data, w->account, identity, after, ids, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			pool_reset(&w->pool);
			after = ids[i];
			r = drop_contact(w, after, err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

/* A hold on its person goes on covering what other holds keep of it. */
static enum result drop_rest_of(struct work *w, const struct identity_row *row, struct err *err)
{
	enum result r = db_begin(w->session->data, err);

	if (r != OK)
		return r;
	r = drop_contacts_of(w, row->identity, err);
	if (r == OK)
		r = hold_keep_identity(w->session->data, w->account, row->person, row->identity, err);
	if (r == OK)
		r = identity_delete(w->session->data, w->account, row->identity, err);
	r = end(w, r, err);
	w->out->identities += r == OK;
	return r;
}

static enum result look_at_identity(void *arg, const struct identity_row *row, struct err *err)
{
	struct work *w = arg;
	bool exists;
	enum result r = key_exists(w, KEY_IDENTITY, row->identity, &exists, err);

	if (r != OK || exists)
		return r;
	r = drop_records_of(w, row->identity, err);
	return r == OK ? drop_rest_of(w, row, err) : r;
}

/* ---- contacts without a key ---- */

/* Deleted since, and its grace is over. What a hold's key seals is that hold's. */
static enum result look_at_contact(struct work *w, struct id id, struct err *err)
{
	struct contact_row row;
	bool exists;
	enum result r = contact_get(w->session->data, w->account, id, &w->pool, &row, err);

	if (r != OK || row.hold != 0)
		return r;
	r = key_exists(w, KEY_CONTACT, row.key, &exists, err);
	if (r != OK || exists)
		return r;
	r = db_begin(w->session->data, err);
	if (r == OK)
		r = end(w, contact_delete(w->session->data, &row, err), err);
	w->out->purged += r == OK;
	return r;
}

static enum result look_at_contacts(struct work *w, struct err *err)
{
	struct id ids[BATCH], after = {{0}};
	size_t count;
	enum result r;

	do {
		r = contact_list(w->session->data, w->account, after, ids, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			pool_reset(&w->pool);
			after = ids[i];
			r = look_at_contact(w, after, err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- parts of periods without a key, or with another ---- */

struct part { enum record_kind kind; struct date day; int part; };

static enum result drop_part(struct work *w, const struct part *part, struct err *err)
{
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&w->pool);
		r = db_begin(w->session->data, err);
		if (r != OK)
			return r;
		r = record_list_day(w->session->data, w->account, part->kind, part->day, after, &w->pool, w->rows,
				    BATCH, &count, err);
		if (r == OK && count > 0) {
			after = w->rows[count - 1].id;
			r = remove_unheld(w, count, part->part, &w->out->expired, err);
		}
		r = end(w, r, err);
	} while (r == OK && count == BATCH);
	return r;
}

/* Says nothing of a row one of whose keys is gone or itself damaged. */
static enum result try_row(struct work *w, const struct record_row *row, bool *opens, bool *shut, struct err *err)
{
	const char *plain;
	struct key key;
	size_t len;
	enum result r = seal_record_key(w->session->ring, row, &key, err);

	if (r != OK)
		return r == ERR_GONE || r == ERR_CORRUPT ? OK : r;
	r = open_payload(&key, row, &w->pool, &plain, &len, err);
	key_wipe(&key);
	*opens = r == OK;
	*shut = *shut || r == ERR_CORRUPT;
	return r == ERR_CORRUPT ? OK : r;
}

/* A day that had expired has a key again when records were imported for it since, and it is not the one that sealed
 * these. One that opens shows that it is; that one does not may be damage, so all are tried before the day goes. */
static enum result was_remade(struct work *w, const struct part *part, bool *remade, struct err *err)
{
	struct record_row *row = &w->rows[0];
	struct id after = {{0}};
	bool opens = false, shut = false;
	size_t count;
	enum result r;

	do {
		pool_reset(&w->pool);
		r = record_list_day(w->session->data, w->account, part->kind, part->day, after, &w->pool, row, 1,
				    &count, err);
		if (r == OK && count > 0) {
			after = row->id;
			if (row->hold == 0 && row->part == part->part)
				r = try_row(w, row, &opens, &shut, err);
		}
	} while (r == OK && count > 0 && !opens);
	*remade = shut && !opens;
	return r;
}

static enum result look_at_part(struct work *w, const struct part *part, struct err *err)
{
	bool exists, remade = false;
	enum result r = key_exists(w, KEY_PERIOD, key_period_number(part->kind, part->day, part->part), &exists, err);

	if (r == OK && exists)
		r = was_remade(w, part, &remade, err);
	return r == OK && (!exists || remade) ? drop_part(w, part, err) : r;
}

static enum result look_at_period(struct work *w, enum record_kind kind, struct date day, struct err *err)
{
	int64_t before = w->out->expired.records[kind];
	struct part part = {kind, day, 0};
	struct period period;
	enum result r = period_get(w->session->data, w->account, kind, day, &period, err);

	for (; r == OK && part.part <= period.part; part.part++)
		r = look_at_part(w, &part, err);
	w->out->periods += w->out->expired.records[kind] > before;
	return r;
}

static enum result look_at_periods(struct work *w, enum record_kind kind, struct err *err)
{
	struct date day = {INT32_MIN / 2};
	enum result r;

	do {
		r = record_next_day(w->session->data, w->account, kind, day, &day, err);
		if (r == ERR_NOT_FOUND)
			return OK;
		if (r == OK)
			r = look_at_period(w, kind, day, err);
	} while (r == OK);
	return r;
}

/* ---- holds without a key ---- */

static enum result drop_held(struct work *w, const struct held_row *held, struct err *err)
{
	bool existed;
	enum result r = remove_held(w->session, held, &w->pool, &existed, err);

	w->out->released += r == OK && existed;
	return r;
}

static enum result drop_hold(struct work *w, int64_t hold, struct err *err)
{
	struct held_row rows[BATCH];
	size_t count;
	enum result r;

	do {
		pool_reset(&w->pool);
		r = db_begin(w->session->data, err);
		if (r != OK)
			return r;
		r = held_list(w->session->data, w->account, hold, 0, (struct id){{0}}, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = drop_held(w, &rows[i], err);
		r = end(w, r, err);
	} while (r == OK && count == BATCH);
	return r;
}

static enum result look_at_holds(struct work *w, struct err *err)
{
	struct hold_row row;
	int64_t after = 0;
	size_t count;
	bool exists;
	enum result r;

	do {
		pool_reset(&w->pool);
		r = hold_list(w->session->data, w->account, false, after, &w->pool, &row, 1, &count, err);
		if (r == OK && count > 0) {
			after = row.hold;
			r = key_exists(w, KEY_HOLD, row.hold, &exists, err);
			if (r == OK && !exists)
				r = drop_hold(w, after, err);
		}
	} while (r == OK && count > 0);
	return r;
}

/* ---- duties without a key ---- */

static enum result drop_duty(struct work *w, int64_t duty, struct err *err)
{
	enum result r = drop_hold(w, duty, err);

	if (r == OK)
		r = db_begin(w->session->data, err);
	return r == OK ? end(w, duty_delete(w->session->data, w->account, duty, err), err) : r;
}

static enum result look_at_duties(struct work *w, struct err *err)
{
	struct duty_row row;
	int64_t after = 0;
	size_t count;
	bool exists;
	enum result r;

	do {
		pool_reset(&w->pool);
		r = duty_list(w->session->data, w->account, (struct date){INT32_MAX}, after, &w->pool, &row, 1, &count,
			      err);
		if (r == OK && count > 0) {
			after = row.duty;
			r = key_exists(w, KEY_HOLD, row.duty, &exists, err);
			if (r == OK && !exists)
				r = drop_duty(w, after, err);
		}
	} while (r == OK && count > 0);
	return r;
}

/* ---- all of it ---- */

static enum result reconcile_account(struct work *w, struct err *err)
{
	enum result r = look_at_holds(w, err);

	if (r == OK)
		r = look_at_duties(w, err);
	if (r == OK)
		r = identity_walk(w->session->data, w->account, look_at_identity, w, err);
	if (r == OK)
		r = look_at_contacts(w, err);
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = look_at_periods(w, kind, err);
	return r;
}

/* Its end was since: nothing of it opens. */
static enum result drop_account(struct work *w, struct err *err)
{
	struct removed_account ignored = {.blobs = 0};
	bool more = true;
	enum result r = OK;

	while (r == OK && more) {
		r = db_begin(w->session->data, err);
		if (r != OK)
			return r;
		r = ending_account(w->session->data, w->account, err);
		if (r == OK)
			r = remove_account(w->session, w->account, true, &ignored, &more, err);
		r = end(w, r, err);
	}
	w->out->accounts += r == OK;
	return r;
}

static enum result look_at_account(struct work *w, struct err *err)
{
	bool exists;
	enum result r = key_exists(w, KEY_OWN, OWN_DATA, &exists, err);

	if (r != OK)
		return r;
	return exists ? reconcile_account(w, err) : drop_account(w, err);
}

enum result reconcile(struct session *session, struct reconciled *out, struct err *err)
{
	struct work w = {.session = session, .out = out, .rows = calloc(BATCH, sizeof *w.rows)};
	size_t count;
	enum result r = w.rows != NULL ? OK : err_no_memory(err);

	*out = (struct reconciled){0};
	pool_init(&w.pool, (size_t)1024 * 1024 * 1024);
	while (r == OK && (r = account_list(session->data, w.account, &w.account, 1, &count, err)) == OK && count > 0)
		r = look_at_account(&w, err);
	if (r == OK)
		r = idle_keys_count(session, &w.pool, &out->keys_without_data, err);
	pool_free(&w.pool);
	free(w.rows);
	return r;
}
