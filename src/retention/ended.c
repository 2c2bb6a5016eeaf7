/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/ended.h"

#include <stdlib.h>

#include "retention/handover.h"
#include "store/job.h"
#include "store/key.h"
#include "vault/idle_keys.h"

#define DUTIES_PAGE 64
#define HELD_BATCH 128
#define LAWS_MAX ((size_t)64 * 1024 * 1024)
#define POOL_MAX ((size_t)1024 * 1024 * 1024) /* of HELD_BATCH records */

/* ---- which duties ---- */

/* The next duty after `*after` that is due. */
static enum result next_due(struct session *session, const struct duty_set *set, int64_t *after, bool *found,
			    struct duty_row *out, struct pool *pool, struct err *err)
{
	struct duty_row rows[DUTIES_PAGE];
	size_t count;
	enum result r;

	*found = false;
	do {
		r = duty_list(session->data, set->account, (struct date){INT32_MAX}, *after, pool, rows, DUTIES_PAGE,
			      &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			*after = rows[i].duty;
			if (!duties_due(set, &rows[i]))
				continue;
			*out = rows[i];
			*found = true;
			return OK;
		}
	} while (r == OK && count == DUTIES_PAGE);
	return r;
}

typedef enum result due_visit(void *arg, const struct duty_row *duty, struct err *err);

static enum result walk_due(struct session *session, const struct duty_set *set, due_visit *visit, void *arg,
			    struct err *err)
{
	struct duty_row duty;
	struct pool pool;
	int64_t after = 0;
	bool found;
	enum result r;

	pool_init(&pool, LAWS_MAX);
	do {
		pool_reset(&pool);
		r = next_due(session, set, &after, &found, &duty, &pool, err);
		if (r == OK && found)
			r = visit(arg, &duty, err);
	} while (r == OK && found);
	pool_free(&pool);
	return r;
}

/* ---- deleting ---- */

struct batch {
	uint32_t account;
	struct id job;
	struct instant now;
	struct duty_row duty;
	struct held_row last;    /* looked at so far */
	struct record_row *rows; /* HELD_BATCH of them: to go */
	size_t row_count;
	size_t count;            /* listed in this batch */
	struct ended done;       /* in this batch */
	struct keepers keepers;
	struct pool *pool;
};

/* One that is not there, or is kept elsewhere by now, is only unlisted. */
static enum result take_one(struct session *session, struct batch *batch, const struct held_row *held, struct err *err)
{
	const struct verdict_rules rules = handover_rules(&batch->keepers, batch->now);
	struct ruling ruling;
	enum result r = handover_one(session, &rules, held, batch->pool, &batch->rows[batch->row_count], &ruling, err);

	if (r == ERR_CORRUPT) {
		batch->done.damaged++;
		return OK;
	}
	batch->done.moved += r == OK && ruling.fate == FATE_HELD;
	batch->done.cut += r == OK && ruling.fate == FATE_CUT;
	if (r != OK || ruling.fate == FATE_HELD || ruling.fate == FATE_CUT)
		return r;
	batch->row_count += ruling.fate == FATE_GOES;
	return held_delete(session->data, held->account, held->hold, held->kind, held->id, err);
}

static enum result note_batch(struct session *session, const struct batch *batch, struct err *err)
{
	struct act act;

	act_begin(&act, "duty.ended", batch->account, batch->now);
	act_id(&act, "job", JOB_PREFIX, batch->job);
	act_int(&act, "duty", batch->duty.duty);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (batch->done.removed.records[kind] > 0)
			act_int_of_kind(&act, "records", (enum record_kind)kind, batch->done.removed.records[kind]);
	}
	act_int(&act, "media", batch->done.removed.media);
	act_int(&act, "cut", batch->done.cut);
	act_int(&act, "moved", batch->done.moved);
	return act_append(&act, session->data, NULL, err);
}

static enum result take_batch(struct session *session, struct batch *batch, struct err *err)
{
	struct held_row held[HELD_BATCH];
	enum result r = held_list(session->data, batch->account, batch->duty.duty, batch->last.kind, batch->last.id,
				  held, HELD_BATCH, &batch->count, err);

	for (size_t i = 0; i < batch->count && r == OK; i++)
		r = take_one(session, batch, &held[i], err);
	if (r == OK)
		r = remove_records(session, batch->account, batch->rows, batch->row_count, &batch->done.removed, err);
	if (r == OK && batch->count > 0) {
		batch->last = held[batch->count - 1];
		r = note_batch(session, batch, err);
	}
	return r;
}

/* Holds and obligations as they are in this very transaction. */
static enum result batch_op(struct session *session, void *arg, struct err *err)
{
	struct batch *batch = arg;
	struct pool pool;
	enum result r;

	batch->row_count = batch->count = 0;
	batch->done = (struct ended){.cut = 0};
	pool_init(&pool, POOL_MAX);
	batch->pool = &pool;
	r = keepers_load(session, batch->account, batch->now, &pool, &batch->keepers, err);
	/* Its obligation may have been applied again meanwhile. */
	if (r == OK && duties_due(&batch->keepers.duties, &batch->duty))
		r = take_batch(session, batch, err);
	keepers_free(&batch->keepers);
	pool_free(&pool);
	return r;
}

static enum result end_op(struct session *session, void *arg, struct err *err)
{
	struct batch *batch = arg;
	int64_t listed;
	enum result r = held_count(session->data, batch->account, batch->duty.duty, &listed, err);

	batch->done = (struct ended){.duties = r == OK && listed == 0};
	return batch->done.duties > 0 ? duties_end(session, &batch->duty, batch->job, batch->now, err) : r;
}

static void add_done(struct ended *out, const struct ended *done)
{
	removed_add(&out->removed, &done->removed);
	out->cut += done->cut;
	out->moved += done->moved;
	out->duties += done->duties;
	out->damaged += done->damaged;
}

struct ending {
	struct vault *vault;
	struct batch batch;
	released_stop *stop;
	void *arg;           /* of stop */
	struct ended *out;
};

static enum result end_duty(void *arg, const struct duty_row *duty, struct err *err)
{
	struct ending *e = arg;
	struct batch *batch = &e->batch;
	enum result r;

	batch->duty = *duty;
	batch->last = (struct held_row){.account = 0};
	do {
		if (e->stop != NULL && e->stop(e->arg))
			return err_set(err, ERR_INTERRUPTED, "stopped; what is done is whole");
		r = vault_write(e->vault, batch_op, batch, err);
		if (r == OK)
			add_done(e->out, &batch->done);
	} while (r == OK && batch->count > 0);
	if (r == OK)
		r = vault_write(e->vault, end_op, batch, err);
	if (r == OK)
		add_done(e->out, &batch->done);
	return r;
}

/* ---- keys that a crash left ---- */

/* The key store is committed first: a duty that was being made leaves its key and no row, and whoever makes it again takes the
 * next number. What was sealed under it may be in a copy of the log, so it goes. */
struct strays { struct batch *batch; int64_t numbers[DUTIES_PAGE]; size_t count; };

static enum result find_strays(struct session *session, struct strays *strays, int64_t *after, bool *more, struct err *err)
{
	int64_t numbers[DUTIES_PAGE];
	struct pool pool;
	size_t count;
	bool needed;
	enum result r = key_list_numbers(session->keys, strays->batch->account, KEY_HOLD, *after, numbers, DUTIES_PAGE, &count,
					 err);

	strays->count = 0;
	pool_init(&pool, POOL_MAX);
	for (size_t i = 0; i < count && r == OK; i++) {
		pool_reset(&pool);
		*after = numbers[i];
		r = idle_keys_keeper(session, strays->batch->account, *after, &pool, &needed, err);
		if (r == OK && !needed)
			strays->numbers[strays->count++] = *after;
	}
	pool_free(&pool);
	*more = r == OK && count == DUTIES_PAGE;
	return r;
}

static enum result destroy_stray(struct session *session, const struct batch *batch, int64_t number, struct err *err)
{
	struct act act;
	bool existed;
	enum result r = keyring_destroy(session->ring, batch->account, KEY_HOLD, number, &existed, err);

	if (r != OK || !existed)
		return r;
	act_begin(&act, "duty.end", batch->account, batch->now);
	act_id(&act, "job", JOB_PREFIX, batch->job);
	act_int(&act, "duty", number);
	return act_append(&act, session->data, NULL, err);
}

/* Looked at again: its duty may have been made meanwhile. */
static enum result strays_op(struct session *session, void *arg, struct err *err)
{
	struct strays *strays = arg;
	struct pool pool;
	bool needed;
	enum result r = OK;

	pool_init(&pool, POOL_MAX);
	for (size_t i = 0; i < strays->count && r == OK; i++) {
		pool_reset(&pool);
		r = idle_keys_keeper(session, strays->batch->account, strays->numbers[i], &pool, &needed, err);
		if (r == OK && !needed)
			r = destroy_stray(session, strays->batch, strays->numbers[i], err);
	}
	pool_free(&pool);
	return r;
}

static enum result destroy_strays(struct vault *vault, struct batch *batch, struct err *err)
{
	struct strays strays = {.batch = batch};
	int64_t after = 0;
	bool more;
	enum result r;

	do {
		r = find_strays(&vault->read, &strays, &after, &more, err);
		if (r == OK && strays.count > 0)
			r = vault_write(vault, strays_op, &strays, err);
	} while (r == OK && more);
	return r;
}

enum result ended_delete(struct vault *vault, uint32_t account, struct id job, struct instant now, released_stop *stop,
			 void *arg, struct ended *out, struct err *err)
{
	struct ending ending = {.vault = vault, .stop = stop, .arg = arg, .out = out,
				.batch = {.account = account, .job = job, .now = now}};
	struct duty_set set;
	struct pool pool;
	enum result r;

	*out = (struct ended){.cut = 0};
	ending.batch.rows = malloc(HELD_BATCH * sizeof *ending.batch.rows);
	if (ending.batch.rows == NULL)
		return err_no_memory(err);
	pool_init(&pool, LAWS_MAX);
	r = duties_load(&vault->read, account, now, &pool, &set, err);
	if (r == OK)
		r = walk_due(&vault->read, &set, end_duty, &ending, err);
	if (r == OK)
		r = destroy_strays(vault, &ending.batch, err);
	duties_free(&set);
	pool_free(&pool);
	free(ending.batch.rows);
	return r;
}

/* ---- looking ahead ---- */

struct ahead {
	struct session *session;
	const struct keepers *keepers;
	ended_visit *visit;
	void *arg;
};

static enum result look_at(void *arg, const struct held_row *held, const struct record_row *row,
			   const struct ruling *ruling, struct err *err)
{
	const struct ahead *a = arg;

	if (ruling->fate == FATE_STAYS)
		return OK;
	return a->visit(a->arg, held, row,
			ruling->fate == FATE_HELD ? ENDED_MOVED : ruling->fate == FATE_CUT ? ENDED_CUT : ENDED_GOES, err);
}

static enum result walk_duty(void *arg, const struct duty_row *duty, struct err *err)
{
	struct ahead *a = arg;

	return handover_walk(a->session, a->keepers, duty->duty, look_at, a, err);
}

enum result ended_walk(struct session *session, const struct keepers *keepers, ended_visit *visit, void *arg,
		       struct err *err)
{
	struct ahead ahead = {session, keepers, visit, arg};

	return walk_due(session, &keepers->duties, walk_duty, &ahead, err);
}

static enum result count_duty(void *arg, const struct duty_row *duty, struct err *err)
{
	int64_t *count = arg;

	(void)duty;
	(void)err;
	(*count)++;
	return OK;
}

enum result ended_left(struct session *session, const struct duty_set *duties, int64_t *out, struct err *err)
{
	*out = 0;
	return walk_due(session, duties, count_duty, out, err);
}
