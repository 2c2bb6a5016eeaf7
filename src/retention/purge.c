/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/purge.h"

#include "store/job.h"
#include "vault/contact_key.h"

#define PAGE 128
#define POOL_MAX ((size_t)1024 * 1024 * 1024) /* of PAGE contacts */

/* ---- deleting ---- */

struct batch {
	uint32_t account;
	struct id job;
	struct date today;
	struct instant now;
	struct contact_gone last; /* looked at so far */
	size_t count;             /* listed in this batch */
	struct purged done;       /* in this batch */
	struct hold_set holds;
	struct pool *pool;
};

static enum result keep(struct session *session, struct batch *batch, const struct ruling *ruling,
			struct contact_row *row, struct err *err)
{
	enum result r = holds_keep_contact(session, ruling->scope, row, ruling->cause, ruling->due, batch->pool, err);

	batch->done.kept += r == OK;
	return r;
}

static enum result end(struct session *session, struct batch *batch, const struct contact_row *row, struct err *err)
{
	batch->done.contacts++;
	return contact_key_end(session, row, batch->now, err);
}

/* What nobody can open any more has nothing to keep. */
static enum result take(struct session *session, struct batch *batch, struct contact_row *row, struct err *err)
{
	const struct verdict_rules rules = {.holds = &batch->holds, .now = date_start(batch->today)};
	const struct verdict_contact c = {.row = row};
	struct ruling ruling;
	enum result r = OK;

	verdict_of_contact(&rules, &c, &ruling);
	if (ruling.fate == FATE_HELD)
		r = keep(session, batch, &ruling, row, err);
	return ruling.fate == FATE_GOES || r == ERR_GONE ? end(session, batch, row, err) : r;
}

static enum result take_one(struct session *session, struct batch *batch, struct id id, struct err *err)
{
	struct contact_row row;
	enum result r = contact_get(session->data, batch->account, id, batch->pool, &row, err);

	if (r == OK)
		r = take(session, batch, &row, err);
	if (r == ERR_CORRUPT)
		batch->done.damaged++;
	return r == ERR_CORRUPT ? OK : r;
}

static enum result note_batch(struct session *session, const struct batch *batch, struct err *err)
{
	struct act act;

	if (batch->done.contacts + batch->done.kept == 0)
		return OK;
	act_begin(&act, "contact.purge", batch->account, batch->now);
	act_id(&act, "job", JOB_PREFIX, batch->job);
	act_int(&act, "contacts", batch->done.contacts);
	act_int(&act, "kept", batch->done.kept);
	return act_append(&act, session->data, NULL, err);
}

static enum result take_batch(struct session *session, struct batch *batch, struct err *err)
{
	struct contact_gone gone[PAGE];
	enum result r = holds_load(session, batch->account, batch->pool, &batch->holds, err);

	if (r == OK)
		r = contact_list_gone(session->data, batch->account, batch->today, &batch->last, gone, PAGE,
				      &batch->count, err);
	for (size_t i = 0; i < batch->count && r == OK; i++)
		r = take_one(session, batch, gone[i].id, err);
	if (r == OK && batch->count > 0)
		batch->last = gone[batch->count - 1];
	return r == OK ? note_batch(session, batch, err) : r;
}

/* Holds as they are in this very transaction. */
static enum result batch_op(struct session *session, void *arg, struct err *err)
{
	struct batch *batch = arg;
	struct pool pool;
	enum result r;

	batch->count = 0;
	batch->done = (struct purged){.contacts = 0};
	pool_init(&pool, POOL_MAX);
	batch->pool = &pool;
	r = take_batch(session, batch, err);
	pool_free(&pool);
	return r;
}

enum result purge_delete(struct vault *vault, uint32_t account, struct id job, struct date today, struct instant now,
			 released_stop *stop, void *arg, struct purged *out, struct err *err)
{
	struct batch batch = {.account = account, .job = job, .today = today, .now = now};
	enum result r;

	*out = (struct purged){.contacts = 0};
	do {
		if (stop != NULL && stop(arg))
			return err_set(err, ERR_INTERRUPTED, "stopped; what is done is whole");
		r = vault_write(vault, batch_op, &batch, err);
		if (r != OK)
			break;
		out->contacts += batch.done.contacts;
		out->kept += batch.done.kept;
		out->damaged += batch.done.damaged;
	} while (batch.count == PAGE);
	return r;
}

/* ---- looking ahead ---- */

/* Without a hold the row would tell nothing more. */
static enum result look_at(struct session *session, const struct hold_set *holds, struct instant now,
			   const struct contact_gone *gone, purge_visit *visit, void *arg, struct pool *pool,
			   struct err *err)
{
	struct verdict_rules rules = {.holds = holds, .now = now};
	struct contact_row row = {.account = holds->account, .id = gone->id, .deleted = {1}, .gone_on = gone->on};
	const struct verdict_contact c = {.row = &row};
	struct ruling ruling;
	enum result r = OK;

	if (gone->on.days > instant_date(now).days)
		rules.now = date_start(gone->on);
	if (holds->count > 0)
		r = contact_get(session->data, holds->account, gone->id, pool, &row, err);
	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	verdict_of_contact(&rules, &c, &ruling);
	return visit(arg, gone, &ruling, err);
}

enum result purge_walk(struct session *session, const struct hold_set *holds, struct instant now, struct date until,
		       purge_visit *visit, void *arg, struct err *err)
{
	struct contact_gone gone[PAGE], last = {.bytes = 0};
	struct pool pool;
	size_t count;
	enum result r;

	pool_init(&pool, POOL_MAX);
	do {
		pool_reset(&pool);
		r = contact_list_gone(session->data, holds->account, until, &last, gone, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++)
			r = look_at(session, holds, now, &gone[i], visit, arg, &pool, err);
		if (r == OK && count > 0)
			last = gone[count - 1];
	} while (r == OK && count == PAGE);
	pool_free(&pool);
	return r;
}

enum result purge_left(struct session *session, uint32_t account, struct date today, int64_t *out, struct err *err)
{
	struct contact_gone gone[PAGE], last = {.bytes = 0};
	size_t count;
	enum result r;

	*out = 0;
	do {
		r = contact_list_gone(session->data, account, today, &last, gone, PAGE, &count, err);
		*out += r == OK ? (int64_t)count : 0;
		if (r == OK && count > 0)
			last = gone[count - 1];
	} while (r == OK && count == PAGE);
	return r;
}
