/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/aggregates.h"

#include <stdlib.h>

#include "retention/settings.h"
#include "store/key.h"
#include "store/label.h"
#include "store/media.h"

#define MEDIA_MAX 64
#define SETTING_POOL_MAX ((size_t)64 * 1024)

enum result aggregates_person(struct session *session, uint32_t account, int64_t *out, struct err *err)
{
	return counter_next(session->keys, account, "anonymous", out, err);
}

/* ---- one record ---- */

static enum result queue_of(struct session *session, const struct record_row *record, struct pool *pool, int64_t *out,
			    struct err *err)
{
	*out = 0;
	for (size_t i = 0; i < record->label_count; i++) {
		struct label_row label;
		enum result r = label_get(session->data, record->account, record->labels[i], pool, &label, err);

		if (r != OK && r != ERR_NOT_FOUND)
			return r;
		if (r == OK && label.kind == LABEL_QUEUE) {
			*out = label.label;
			return OK;
		}
	}
	return OK;
}

static enum result bytes_of(struct session *session, const struct record_row *record, int64_t *out, struct err *err)
{
	struct media_row media[MEDIA_MAX];
	size_t count = 0;
	enum result r = OK;

	*out = (int64_t)record->payload_len;
	if (record->media > 0)
		r = media_list(session->data, record->account, record->kind, record->id, media, MEDIA_MAX, &count, err);
	for (size_t i = 0; r == OK && i < count; i++)
		*out += (int64_t)media[i].bytes;
	return r;
}

enum result aggregates_row(struct session *session, const struct record_row *record, struct pool *pool,
			   struct aggregate_row *out, struct err *err)
{
	enum result r;

	*out = (struct aggregate_row){.kind = record->kind,
				      .from = instant_date(id_time(record->id)),
				      .direction = record->direction,
				      .status = record->status,
				      .duration_class = duration_class_of(record->duration_ms),
				      .records = 1,
				      .duration_ms = record->duration_ms > 0 ? record->duration_ms : 0};
	r = queue_of(session, record, pool, &out->queue, err);
	return r == OK ? bytes_of(session, record, &out->bytes, err) : r;
}

/* ---- showing ---- */

struct waiting { struct aggregate_row *rows; size_t count, room; };

static enum result gather(void *arg, const struct aggregate_row *row, struct err *err)
{
	struct waiting *waiting = arg;
	struct aggregate_row *more;

	if (waiting->count == waiting->room) {
		size_t room = waiting->room > 0 ? 2 * waiting->room : 64;

		more = realloc(waiting->rows, room * sizeof *more);
		if (more == NULL)
			return err_no_memory(err);
		waiting->rows = more;
		waiting->room = room;
	}
	waiting->rows[waiting->count++] = *row;
	return OK;
}

/* What is shown leaves what waits, row by row anew: the rest is what it was. */
static enum result store(struct session *session, uint32_t account, enum record_kind kind,
			 const struct waiting *waiting, const struct aggregate_row *shown, size_t shown_count,
			 size_t left, struct err *err)
{
	enum result r = aggregate_clear_waiting(session->data, account, kind, err);

	for (size_t i = 0; i < shown_count && r == OK; i++)
		r = aggregate_add(session->data, account, &shown[i], err);
	for (size_t i = 0; i < left && r == OK; i++)
		r = aggregate_add_waiting(session->data, account, &waiting->rows[i], err);
	return r;
}

static enum result show_rows(struct session *session, uint32_t account, enum record_kind kind, struct waiting *waiting,
			     struct aggregates_shown *out, struct err *err)
{
	struct aggregate_row *shown = malloc(waiting->count * sizeof *shown);
	size_t shown_count, left;
	enum result r = OK;

	if (shown == NULL)
		return err_no_memory(err);
	coarsen(waiting->rows, waiting->count, out->k, shown, &shown_count, &left);
	if (shown_count > 0)
		r = store(session, account, kind, waiting, shown, shown_count, left, err);
	for (size_t i = 0; i < shown_count; i++)
		out->records[shown[i].step] += shown[i].records;
	out->waits[kind] = left > 0;
	free(shown);
	return r;
}

static enum result show_kind(struct session *session, uint32_t account, enum record_kind kind,
			     struct aggregates_shown *out, struct err *err)
{
	struct waiting waiting = {0};
	enum result r = aggregate_walk_waiting(session->data, account, kind, gather, &waiting, err);

	if (r == OK && waiting.count > 0)
		r = show_rows(session, account, kind, &waiting, out, err);
	free(waiting.rows);
	return r;
}

enum result aggregates_show(struct session *session, uint32_t account, struct aggregates_shown *out, struct err *err)
{
	struct pool pool;
	enum result r;

	*out = (struct aggregates_shown){0};
	pool_init(&pool, SETTING_POOL_MAX);
	r = settings_int(session, account, "anonymous_k", &pool, &out->k, err);
	pool_free(&pool);
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = show_kind(session, account, (enum record_kind)kind, out, err);
	return r;
}
