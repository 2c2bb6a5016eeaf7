/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/expire.h"

#include <stdlib.h>

#include "store/job.h"
#include "store/media.h"
#include "store/party.h"

#define ROWS 64
#define MEDIA_MAX 64
#define PAYLOADS_MAX ((size_t)1024 * 1024 * 1024) /* of ROWS records of 4 MiB, sealed, opened and sealed anew */
#define KEEPERS_POOL_MAX ((size_t)64 * 1024 * 1024)

/* ---- looking at a day's records, a few at a time ---- */

/* `*stop` true ends the walk. */
typedef enum result visit_rows(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			       struct err *err);

static enum result walk_with(struct session *session, uint32_t account, const struct period *period,
			     struct record_row *rows, struct pool *pool, visit_rows *visit, void *arg, struct err *err)
{
	struct id after = {{0}};
	bool stop = false;
	size_t count;
	enum result r;

	do {
		pool_reset(pool);
		r = record_list_day(session->data, account, period->kind, period->day, after, pool, rows, ROWS, &count,
				    err);
		if (r != OK || count == 0)
			return r;
		after = rows[count - 1].id;
		r = visit(arg, rows, count, pool, &stop, err);
	} while (r == OK && count == ROWS && !stop);
	return r;
}

static enum result walk(struct session *session, uint32_t account, const struct period *period, visit_rows *visit,
			void *arg, struct err *err)
{
	struct record_row *rows = malloc(ROWS * sizeof *rows);
	struct pool pool;
	enum result r;

	if (rows == NULL)
		return err_no_memory(err);
	pool_init(&pool, PAYLOADS_MAX);
	r = walk_with(session, account, period, rows, &pool, visit, arg, err);
	pool_free(&pool);
	free(rows);
	return r;
}

struct search { struct session *session; const struct keepers *keepers; bool found; };

static enum result search_rows(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			       struct err *err)
{
	struct search *search = arg;
	enum result r = OK;

	(void)pool;
	for (size_t i = 0; i < count && r == OK && !search->found; i++)
		r = keepers_want(search->session, search->keepers, &rows[i], &search->found, err);
	*stop = search->found;
	return r;
}

/* ---- keeping ---- */

struct keeping {
	struct vault *vault;
	const struct keepers *keepers;
	struct expiry *expiry;
	struct record_row *rows; /* a batch */
	size_t count;
	int64_t kept, cut;
	struct pool *pool;
};

static enum result keep_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *keeping = arg;
	enum result r = OK;

	keeping->kept = keeping->cut = 0;
	for (size_t i = 0; i < keeping->count && r == OK; i++) {
		struct record_row *row = &keeping->rows[i];
		enum keeper keeper = keepers_of(keeping->keepers, row);
		bool wants;

		r = keepers_want(session, keeping->keepers, row, &wants, err);
		if (r != OK || !wants)
			continue;
		r = keepers_keep(session, keeping->keepers, row, HELD_EXPIRED, keeping->expiry->due, keeping->pool,
				 err);
		keeping->kept += keeper == KEEPER_HOLD;
		keeping->cut += keeper == KEEPER_DUTY;
	}
	return r;
}

static enum result keep_rows(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			     struct err *err)
{
	struct keeping *keeping = arg;
	struct search search = {&keeping->vault->read, keeping->keepers, false};
	enum result r = search_rows(&search, rows, count, pool, stop, err);

	*stop = false;
	if (r != OK || !search.found)
		return r;
	keeping->rows = rows;
	keeping->count = count;
	keeping->pool = pool;
	r = vault_write(keeping->vault, keep_op, keeping, err);
	keeping->expiry->kept += r == OK ? keeping->kept : 0;
	keeping->expiry->cut += r == OK ? keeping->cut : 0;
	return r;
}

enum result expire_keep(struct vault *vault, const struct keepers *keepers, struct expiry *expiry, struct err *err)
{
	struct keeping keeping = {.vault = vault, .keepers = keepers, .expiry = expiry};
	enum result r = walk(&vault->read, keepers->holds.account, &expiry->period, keep_rows, &keeping, err);

	expiry->damaged = r == ERR_CORRUPT;
	return r == ERR_CORRUPT ? OK : r;
}

enum result expire_has_key(struct session *session, uint32_t account, const struct period *period, int before,
			   bool *has, struct err *err)
{
	struct wrapped_key key;
	enum result r = ERR_NOT_FOUND;

	for (int part = 0; part < before && r == ERR_NOT_FOUND; part++)
		r = key_get(session->keys, account, KEY_PERIOD, key_period_number(period->kind, period->day, part), &key,
			    err);
	*has = r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

enum result expire_needed(struct session *session, uint32_t account, const struct period *period, bool *needed,
			  struct err *err)
{
	int64_t all, held;
	enum result r = record_count_day(session->data, account, period->kind, period->day, PART_ALL, &all, &held, err);

	if (r != OK)
		return r;
	*needed = all != held || all != period->records;
	if (*needed)
		return OK;
	return expire_has_key(session, account, period, period->part + 1, needed, err);
}

/* ---- deleting ---- */

struct deleting {
	struct session *session;
	uint32_t account;
	struct id job;
	struct instant now;
	struct expiry *batch, *at;
	size_t count;
	struct party_key *keys; /* of ROWS records */
	struct period left;
};

static enum result delete_parties(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
				  struct err *err)
{
	struct deleting *deleting = arg;
	int32_t month = date_month_index(deleting->at->period.day);
	size_t keys = 0;
	int64_t deleted;
	enum result r;

	(void)pool;
	*stop = false;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < rows[i].party_count && rows[i].hold == 0; j++)
			deleting->keys[keys++] = (struct party_key){.month = month,
								    .identity = rows[i].parties[j].identity,
								    .kind = rows[i].kind, .id = rows[i].id};
	}
	qsort(deleting->keys, keys, sizeof *deleting->keys, party_key_compare);
	r = party_delete(deleting->session->data, deleting->account, deleting->keys, keys, &deleted, err);
	deleting->at->parties += r == OK ? deleted : 0;
	return r;
}

static enum result add_left(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			    struct err *err)
{
	struct deleting *deleting = arg;
	struct media_row media[MEDIA_MAX];
	size_t media_count;
	enum result r = OK;

	(void)pool;
	*stop = false;
	for (size_t i = 0; i < count && r == OK; i++) {
		deleting->left.records++;
		deleting->left.bytes += (int64_t)rows[i].payload_len;
		if (rows[i].media == 0)
			continue;
		r = media_list(deleting->session->data, deleting->account, rows[i].kind, rows[i].id, media, MEDIA_MAX,
			       &media_count, err);
		for (size_t j = 0; j < media_count && r == OK; j++) {
			deleting->left.media++;
			deleting->left.media_bytes += (int64_t)media[j].bytes;
		}
	}
	return r;
}

/* The period's row says what is left, whatever it said before. */
static enum result correct_period(struct deleting *deleting, struct err *err)
{
	struct expiry *at = deleting->at;
	struct period was, *left = &deleting->left;
	struct period delta = {.kind = at->period.kind, .day = at->period.day};
	enum result r = period_get(deleting->session->data, deleting->account, delta.kind, delta.day, &was, err);

	*left = delta;
	if (r == OK)
		r = walk(deleting->session, deleting->account, &delta, add_left, deleting, err);
	if (r != OK)
		return r;
	delta.records = left->records - was.records;
	delta.bytes = left->bytes - was.bytes;
	delta.media = left->media - was.media;
	delta.media_bytes = left->media_bytes - was.media_bytes;
	at->bytes = -(delta.bytes + delta.media_bytes);
	at->held = left->records;
	if (delta.records == 0 && delta.bytes == 0 && delta.media == 0 && delta.media_bytes == 0)
		return OK;
	return period_add(deleting->session->data, deleting->account, &delta, err);
}

static enum result note_expiry(const struct deleting *deleting, struct err *err)
{
	const struct expiry *at = deleting->at;
	struct act act;

	act_begin(&act, "retention.expire", deleting->account, deleting->now);
	act_id(&act, "job", JOB_PREFIX, deleting->job);
	act_instant(&act, "day", date_start(at->period.day));
	act_int_of_kind(&act, "records", at->period.kind, at->records);
	act_int(&act, "media", at->media);
	act_int(&act, "parties", at->parties);
	act_int(&act, "held", at->held);
	return act_append(&act, deleting->session->data, NULL, err);
}

/* Those of all parts, also of one that a crash kept from being named. */
static enum result destroy_keys(struct deleting *deleting, struct err *err)
{
	const struct period *period = &deleting->at->period;
	struct period now;
	bool existed;
	enum result r = period_get(deleting->session->data, deleting->account, period->kind, period->day, &now, err);

	for (int part = 0; r == OK && part <= now.part + 1; part++)
		r = keyring_destroy(deleting->session->ring, deleting->account, KEY_PERIOD,
				    key_period_number(period->kind, period->day, part), &existed, err);
	return r;
}

static enum result delete_period(struct deleting *deleting, struct err *err)
{
	struct session *session = deleting->session;
	const struct period *period = &deleting->at->period;
	enum result r = destroy_keys(deleting, err);

	if (r == OK)
		r = walk(session, deleting->account, period, delete_parties, deleting, err);
	if (r == OK)
		r = record_delete_day(session->data, deleting->account, period->kind, period->day, PART_ALL,
				      &deleting->at->records, err);
	if (r == OK)
		r = media_trash_day(session->data, deleting->account, period->kind, period->day, &deleting->at->media,
				    err);
	if (r == OK)
		r = correct_period(deleting, err);
	return r == OK ? note_expiry(deleting, err) : r;
}

/* Keepers as they are in this very transaction: one may have been made since the records were kept. */
static enum result delete_op_with(struct deleting *deleting, struct pool *pool, struct err *err)
{
	struct keepers keepers;
	enum result r = keepers_load(deleting->session, deleting->account, deleting->now, pool, &keepers, err);

	for (size_t i = 0; i < deleting->count && r == OK; i++) {
		struct expiry *at = deleting->at = &deleting->batch[i];
		struct search search = {deleting->session, &keepers, false};

		at->records = at->media = at->bytes = at->parties = at->held = 0;
		if (!at->damaged && keepers_touch_period(&keepers, at->period.kind, at->period.day))
			r = walk(deleting->session, deleting->account, &at->period, search_rows, &search, err);
		at->again = search.found;
		if (r == OK && !at->again && !at->damaged)
			r = delete_period(deleting, err);
	}
	keepers_free(&keepers);
	return r;
}

static enum result delete_op(struct session *session, void *arg, struct err *err)
{
	struct deleting *deleting = arg;
	struct pool pool;
	enum result r;

	deleting->session = session;
	pool_init(&pool, KEEPERS_POOL_MAX);
	r = delete_op_with(deleting, &pool, err);
	pool_free(&pool);
	return r;
}

enum result expire_delete(struct vault *vault, uint32_t account, struct id job, struct instant now,
			  struct expiry *batch, size_t count, struct err *err)
{
	struct deleting deleting = {.account = account, .job = job, .now = now, .batch = batch, .count = count};
	enum result r;

	deleting.keys = malloc((size_t)ROWS * PARTIES_MAX * sizeof *deleting.keys);
	if (deleting.keys == NULL)
		return err_no_memory(err);
	r = vault_write(vault, delete_op, &deleting, err);
	free(deleting.keys);
	return r;
}
