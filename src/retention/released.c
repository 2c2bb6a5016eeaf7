/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/released.h"

#include <stdlib.h>

#include "retention/handover.h"
#include "store/contact.h"
#include "store/job.h"
#include "vault/contact_key.h"

#define HOLDS_PAGE 64
#define HELD_BATCH 128
#define POOL_MAX ((size_t)1024 * 1024 * 1024) /* of HELD_BATCH records */

/* ---- which holds ---- */

/* The next released hold after `*after` that has a key or something listed under it. */
static enum result next_released(struct session *session, uint32_t account, int64_t *after, bool *found,
				 struct hold_row *out, struct pool *pool, struct err *err)
{
	struct hold_row rows[HOLDS_PAGE];
	struct wrapped_key key;
	int64_t listed;
	size_t count;
	enum result r;

	*found = false;
	do {
		r = hold_list(session->data, account, false, *after, pool, rows, HOLDS_PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			*after = rows[i].hold;
			if (!rows[i].released)
				continue;
			r = held_count(session->data, account, rows[i].hold, &listed, err);
			if (r == OK && listed == 0)
				r = key_get(session->keys, account, KEY_HOLD, rows[i].hold, &key, err);
			*out = rows[i];
			*found = r == OK;
			if (*found)
				return OK;
			r = r == ERR_NOT_FOUND ? OK : r;
		}
	} while (r == OK && count == HOLDS_PAGE);
	return r;
}

/* ---- deleting ---- */

struct batch {
	uint32_t account;
	struct id job;
	struct instant now;
	struct hold_row hold;
	struct held_row last;    /* looked at so far */
	struct record_row *rows; /* HELD_BATCH of them: to go */
	size_t row_count;
	size_t count;            /* listed in this batch */
	struct released done;    /* in this batch */
};

static enum result take_contact(struct session *session, struct batch *batch, const struct held_row *held,
				struct pool *pool, struct err *err)
{
	struct contact_row row;
	enum result r = contact_get(session->data, held->account, held->id, pool, &row, err);

	batch->done.contacts += r == OK;
	return r == OK ? contact_key_end(session, &row, batch->now, err) : r;
}

/* What only is listed still is not any more. */
static enum result take_one(struct session *session, struct batch *batch, const struct verdict_rules *rules,
			    const struct held_row *held, struct pool *pool, struct err *err)
{
	struct ruling ruling;
	enum result r = handover_one(session, rules, held, pool, &batch->rows[batch->row_count], &ruling, err);

	if (r == ERR_CORRUPT && ruling.fate == FATE_HELD) {
		batch->done.damaged++;
		return OK;
	}
	/* What fails its tag nobody can read: an obligation has nothing of it to keep. */
	if (r == ERR_CORRUPT && ruling.fate == FATE_CUT)
		ruling.fate = FATE_GOES;
	else if (r != OK)
		return r;
	if (ruling.fate == FATE_HELD || ruling.fate == FATE_CUT) {
		batch->done.moved++;
		return OK;
	}
	if (ruling.fate == FATE_GOES && held->kind == (enum record_kind)HELD_CONTACT) {
		r = take_contact(session, batch, held, pool, err);
		if (r != OK)
			return r;
	} else if (ruling.fate == FATE_GOES) {
		batch->row_count++;
	}
	return held_delete(session->data, held->account, held->hold, held->kind, held->id, err);
}

static enum result note_batch(struct session *session, const struct batch *batch, struct err *err)
{
	struct act act;

	act_begin(&act, "retention.released", batch->account, batch->now);
	act_id(&act, "job", JOB_PREFIX, batch->job);
	act_id(&act, "hold", HOLD_PREFIX, batch->hold.id);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (batch->done.removed.records[kind] > 0)
			act_int_of_kind(&act, "records", (enum record_kind)kind, batch->done.removed.records[kind]);
	}
	act_int(&act, "contacts", batch->done.contacts);
	act_int(&act, "media", batch->done.removed.media);
	act_int(&act, "moved", batch->done.moved);
	return act_append(&act, session->data, NULL, err);
}

static enum result take_batch(struct session *session, struct batch *batch, const struct keepers *keepers,
			      struct pool *pool, struct err *err)
{
	const struct verdict_rules rules = handover_rules(keepers, batch->now);
	struct held_row held[HELD_BATCH];
	enum result r = held_list(session->data, batch->account, batch->hold.hold, batch->last.kind, batch->last.id,
				  held, HELD_BATCH, &batch->count, err);

	for (size_t i = 0; i < batch->count && r == OK; i++)
		r = take_one(session, batch, &rules, &held[i], pool, err);
	if (r != OK || batch->count == 0)
		return r;
	batch->last = held[batch->count - 1];
	r = remove_records(session, batch->account, batch->rows, batch->row_count, &batch->done.removed, err);
	return r == OK ? note_batch(session, batch, err) : r;
}

/* Holds and obligations as they are in this very transaction. */
static enum result batch_op(struct session *session, void *arg, struct err *err)
{
	struct batch *batch = arg;
	struct keepers keepers;
	struct pool pool;
	enum result r;

	batch->row_count = batch->count = 0;
	batch->done = (struct released){.contacts = 0};
	pool_init(&pool, POOL_MAX);
	r = keepers_load(session, batch->account, batch->now, &pool, &keepers, err);
	if (r == OK)
		r = take_batch(session, batch, &keepers, &pool, err);
	keepers_free(&keepers);
	pool_free(&pool);
	return r;
}

/* Unless something that it should hand on fails its tag, and is under it still. */
static enum result key_op(struct session *session, void *arg, struct err *err)
{
	struct batch *batch = arg;
	struct act act;
	int64_t listed;
	bool existed = false;
	enum result r = held_count(session->data, batch->account, batch->hold.hold, &listed, err);

	if (r == OK && listed == 0)
		r = keyring_destroy(session->ring, batch->account, KEY_HOLD, batch->hold.hold, &existed, err);
	batch->done = (struct released){.keys = existed};
	if (r != OK || !existed)
		return r;
	act_begin(&act, "hold.key.destroy", batch->account, batch->now);
	act_id(&act, "job", JOB_PREFIX, batch->job);
	act_id(&act, "hold", HOLD_PREFIX, batch->hold.id);
	return act_append(&act, session->data, NULL, err);
}

static void add_done(struct released *out, const struct released *done)
{
	removed_add(&out->removed, &done->removed);
	out->damaged += done->damaged;
	out->contacts += done->contacts;
	out->moved += done->moved;
	out->keys += done->keys;
}

static enum result delete_hold(struct vault *vault, struct batch *batch, released_stop *stop, void *arg,
			       struct released *out, struct err *err)
{
	enum result r;

	batch->last = (struct held_row){.account = 0};
	do {
		if (stop != NULL && stop(arg))
			return err_set(err, ERR_INTERRUPTED, "stopped; what is done is whole");
		r = vault_write(vault, batch_op, batch, err);
		if (r == OK && batch->count > 0)
			add_done(out, &batch->done);
	} while (r == OK && batch->count > 0);
	if (r == OK)
		r = vault_write(vault, key_op, batch, err);
	if (r == OK)
		add_done(out, &batch->done);
	return r;
}

static enum result delete_all(struct vault *vault, struct batch *batch, released_stop *stop, void *arg,
			      struct pool *pool, struct released *out, struct err *err)
{
	int64_t after = 0;
	bool found;
	enum result r;

	do {
		pool_reset(pool);
		r = next_released(&vault->read, batch->account, &after, &found, &batch->hold, pool, err);
		if (r == OK && found)
			r = delete_hold(vault, batch, stop, arg, out, err);
	} while (r == OK && found);
	return r;
}

enum result released_delete(struct vault *vault, uint32_t account, struct id job, struct instant now,
			    released_stop *stop, void *arg, struct released *out, struct err *err)
{
	struct batch batch = {.account = account, .job = job, .now = now};
	struct pool pool;
	enum result r;

	*out = (struct released){.contacts = 0};
	batch.rows = malloc(HELD_BATCH * sizeof *batch.rows);
	if (batch.rows == NULL)
		return err_no_memory(err);
	pool_init(&pool, POOL_MAX);
	r = delete_all(vault, &batch, stop, arg, &pool, out, err);
	pool_free(&pool);
	free(batch.rows);
	return r;
}

/* ---- looking ahead ---- */

struct ahead { released_visit *visit; void *arg; };

static enum result look_at(void *arg, const struct held_row *held, const struct record_row *row,
			   const struct ruling *ruling, struct err *err)
{
	const struct ahead *a = arg;

	if (ruling->fate != FATE_GOES)
		return OK;
	return a->visit(a->arg, held, held->kind == (enum record_kind)HELD_CONTACT ? NULL : row, err);
}

enum result released_walk(struct session *session, const struct keepers *keepers, released_visit *visit, void *arg,
			  struct err *err)
{
	struct ahead ahead = {visit, arg};
	struct hold_row hold;
	struct pool pool;
	int64_t after = 0;
	bool found;
	enum result r;

	pool_init(&pool, POOL_MAX);
	do {
		pool_reset(&pool);
		r = next_released(session, keepers->holds.account, &after, &found, &hold, &pool, err);
		if (r == OK && found)
			r = handover_walk(session, keepers, hold.hold, look_at, &ahead, err);
	} while (r == OK && found);
	pool_free(&pool);
	return r;
}
