/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/carry_run.h"

#include <stdlib.h>

#include "store/contact.h"
#include "store/media.h"

#define MEDIA_MAX 64
#define ROWS 64 /* records of 4 MiB, of both, must fit the pool */

/* ---- one record ---- */

/* The blob is the same one: what taking the old row out listed as trash is not. */
static enum result put_media(struct carry *c, const struct record_row *row, struct period *period, struct err *err)
{
	struct media_row media[MEDIA_MAX];
	size_t count = 0;
	enum result r = media_list(c->live->data, c->account, row->kind, row->id, media, MEDIA_MAX, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		const struct trash_row trash = {c->account, row->kind, period->day, media[i].blob};

		r = media_insert(c->to->data, &media[i], err);
		if (r == OK)
			r = trash_remove(c->to->data, &trash, err);
		period->media++;
		period->media_bytes += (int64_t)media[i].bytes;
	}
	return r;
}

enum result carry_put_record(struct carry *c, const struct record_row *row, struct err *err)
{
	struct party_key parties[PARTIES_MAX];
	struct period period = {
	    .kind = row->kind, .day = instant_date(id_time(row->id)), .records = 1, .bytes = (int64_t)row->payload_len};
	bool inserted;
	enum result r = record_insert(c->to->data, row, &inserted, err);

	for (size_t i = 0; i < row->party_count; i++)
		parties[i] = (struct party_key){.month = date_month_index(period.day),
						.identity = row->parties[i].identity,
						.kind = row->kind,
						.id = row->id};
	if (r == OK)
		r = party_insert(c->to->data, c->account, parties, row->party_count, err);
	if (r == OK && row->media > 0)
		r = put_media(c, row, &period, err);
	return r == OK ? period_add(c->to->data, c->account, &period, err) : r;
}

enum result carry_exchange(struct carry *c, const struct record_row *have, const struct record_row *live,
			   struct err *err)
{
	struct removed ignored = {0};
	enum result r = remove_records(c->to, c->account, have, 1, &ignored, err);

	return r == OK ? carry_put_record(c, live, err) : r;
}

/* ---- what was sealed anew when some of its day went ---- */

/* What the backup does not have was made since. */
static enum result carry_resealed(struct carry *c, const struct record_row *live, struct err *err)
{
	struct record_row have;
	enum result r;

	if (live->hold != 0 || live->part == 0)
		return OK;
	r = record_get(c->to->data, c->account, live->kind, live->id, &c->pool, &have, err);
	if (r != OK || have.hold != 0 || have.part == live->part)
		return carry_none_is_fine(r);
	c->out->parts++;
	return carry_exchange(c, &have, live, err);
}

static enum result carry_day(struct carry *c, const struct period *period, struct record_row *rows, struct err *err)
{
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = record_list_day(c->live->data, c->account, period->kind, period->day, after, &c->pool, rows, ROWS,
				    &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = carry_resealed(c, &rows[i], err);
		after = r == OK && count > 0 ? rows[count - 1].id : after;
	} while (r == OK && count == ROWS);
	return r;
}

struct parts {
	struct carry *c;
	struct record_row *rows;
};

/* Where it is looked for what is due is left as the backup has it: looking again does no harm. */
static enum result carry_period(void *arg, const struct period *live, struct err *err)
{
	struct parts *parts = arg;
	struct carry *c = parts->c;
	struct period have;
	enum result r = live->part > 0 ? carry_day(c, live, parts->rows, err) : OK;

	if (r != OK || live->part == 0)
		return r;
	r = period_get(c->to->data, c->account, live->kind, live->day, &have, err);
	if (r != OK || have.part >= live->part)
		return r;
	have.part = live->part;
	return period_set_looked(c->to->data, c->account, &have, err);
}

static enum result carry_parts_of(struct carry *c, enum record_kind kind, struct record_row *rows, struct err *err)
{
	struct parts parts = {c, rows};

	return period_walk(c->live->data, c->account, kind, (struct date){INT32_MIN}, (struct date){INT32_MAX},
			   carry_period, &parts, err);
}

enum result carry_parts(struct carry *c, struct err *err)
{
	struct record_row *rows = calloc(ROWS, sizeof *rows);
	enum result r = rows != NULL ? OK : err_no_memory(err);

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = carry_parts_of(c, (enum record_kind)kind, rows, err);
	free(rows);
	return r;
}

/* ---- deleted contacts ---- */

/* Whether it is deleted, and until when it can be brought back, is as it is now; what is in it, as in the backup. */
static enum result carry_deleted(struct carry *c, struct id id, struct err *err)
{
	struct contact_row live, have;
	enum result r = contact_get(c->live->data, c->account, id, &c->pool, &live, err);

	if (r == OK)
		r = contact_get(c->to->data, c->account, id, &c->pool, &have, err);
	if (r != OK || (have.deleted.ms == live.deleted.ms && have.gone_on.days == live.gone_on.days))
		return carry_none_is_fine(r);
	have.deleted = live.deleted;
	have.gone_on = live.gone_on;
	c->out->contacts++;
	return contact_put(c->to->data, &have, err);
}

/* Of those that `in` says are deleted. */
static enum result carry_deleted_of(struct carry *c, struct db *in, struct err *err)
{
	struct id ids[BATCH], after = {{0}};
	size_t count;
	enum result r;

	do {
		r = contact_list_deleted(in, c->account, after, ids, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			pool_reset(&c->pool);
			after = ids[i];
			r = carry_deleted(c, after, err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

enum result carry_contacts(struct carry *c, struct err *err)
{
	enum result r = carry_deleted_of(c, c->live->data, err);

	return r == OK ? carry_deleted_of(c, c->to->data, err) : r;
}
