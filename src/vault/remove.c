/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/remove.h"

#include <stdlib.h>

#include "store/contact.h"
#include "store/label.h"
#include "store/media.h"

#define MEDIA_MAX 64

void removed_add(struct removed *to, const struct removed *more)
{
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		to->records[kind] += more->records[kind];
		to->bytes[kind] += more->bytes[kind];
	}
	to->media += more->media;
	to->media_bytes += more->media_bytes;
	to->parties += more->parties;
}

/* Collected over a batch, so that party rows go in table order and each period is touched once. */
struct work {
	struct session *session;
	uint32_t account;
	struct removed *removed;
	struct party_key *parties;
	size_t party_count;
	struct period *periods;
	size_t period_count;
	int64_t *labels;
	size_t label_count;
};

static struct period *period_of(struct work *work, const struct record_row *row)
{
	struct date day = instant_date(id_time(row->id));

	for (size_t i = work->period_count; i > 0; i--) {
		struct period *period = &work->periods[i - 1];

		if (period->kind == row->kind && period->day.days == day.days)
			return period;
	}
	work->periods[work->period_count] = (struct period){.kind = row->kind, .day = day};
	return &work->periods[work->period_count++];
}

static enum result remove_media(struct work *work, const struct record_row *row, struct period *period,
				struct err *err)
{
	struct media_row media[MEDIA_MAX];
	size_t count = 0;
	enum result r = OK;

	if (row->media > 0)
		r = media_list(work->session->data, work->account, row->kind, row->id, media, MEDIA_MAX, &count, err);
	for (size_t i = 0; i < count && r == OK; i++) {
		struct trash_row trash = {work->account, row->kind, period->day, media[i].blob};

		r = trash_add(work->session->data, &trash, err);
		period->media--;
		period->media_bytes -= (int64_t)media[i].bytes;
		work->removed->media++;
		work->removed->media_bytes += (int64_t)media[i].bytes;
		work->removed->bytes[row->kind] += (int64_t)media[i].bytes;
	}
	if (r == OK && count > 0)
		r = media_delete(work->session->data, work->account, row->kind, row->id, err);
	return r;
}

static enum result remove_one(struct work *work, const struct record_row *row, struct err *err)
{
	struct period *period;
	bool existed;
	enum result r = record_delete(work->session->data, work->account, row->kind, row->id, &existed, err);

	if (r != OK || !existed)
		return r;
	period = period_of(work, row);
	period->records--;
	period->bytes -= (int64_t)row->payload_len;
	work->removed->bytes[row->kind] += (int64_t)row->payload_len;
	work->removed->records[row->kind]++;
	for (size_t i = 0; i < row->party_count; i++)
		work->parties[work->party_count++] = (struct party_key){.month = date_month_index(period->day),
									.identity = row->parties[i].identity,
									.kind = row->kind,
									.id = row->id};
	for (size_t i = 0; i < row->label_count; i++)
		work->labels[work->label_count++] = row->labels[i];
	return remove_media(work, row, period, err);
}

static enum result remove_all(struct work *work, const struct record_row *rows, size_t count, struct err *err)
{
	int64_t deleted;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++)
		r = remove_one(work, &rows[i], err);
	if (r == OK && work->party_count > 0) {
		qsort(work->parties, work->party_count, sizeof *work->parties, party_key_compare);
		r = party_delete(work->session->data, work->account, work->parties, work->party_count, &deleted, err);
		work->removed->parties += r == OK ? deleted : 0;
	}
	if (r == OK)
		r = label_use(work->session->data, work->account, work->labels, work->label_count, -1, err);
	for (size_t i = 0; i < work->period_count && r == OK; i++)
		r = period_add(work->session->data, work->account, &work->periods[i], err);
	return r;
}

enum result remove_records(struct session *session, uint32_t account, const struct record_row *rows, size_t count,
			   struct removed *removed, struct err *err)
{
	struct work work = {.session = session, .account = account, .removed = removed};
	size_t parties = 0, labels = 0;
	enum result r;

	for (size_t i = 0; i < count; i++) {
		parties += rows[i].party_count;
		labels += rows[i].label_count;
	}
	work.parties = malloc((parties + 1) * sizeof *work.parties);
	work.periods = malloc((count + 1) * sizeof *work.periods);
	work.labels = malloc((labels + 1) * sizeof *work.labels);
	r = work.parties != NULL && work.periods != NULL && work.labels != NULL ? remove_all(&work, rows, count, err) : err_no_memory(err);
	free(work.parties);
	free(work.periods);
	free(work.labels);
	return r;
}

static enum result remove_held_contact(struct session *session, const struct held_row *held, struct pool *pool,
				       bool *existed, struct err *err)
{
	struct contact_row row;
	enum result r = contact_get(session->data, held->account, held->id, pool, &row, err);

	*existed = r == OK && row.hold == held->hold;
	return *existed ? contact_delete(session->data, &row, err) : r;
}

static enum result remove_held_record(struct session *session, const struct held_row *held, struct pool *pool,
				      bool *existed, struct err *err)
{
	struct removed ignored = {0};
	struct record_row row;
	enum result r = record_get(session->data, held->account, held->kind, held->id, pool, &row, err);

	*existed = r == OK && row.hold == held->hold;
	return *existed ? remove_records(session, held->account, &row, 1, &ignored, err) : r;
}

enum result remove_held(struct session *session, const struct held_row *held, struct pool *pool, bool *existed,
			struct err *err)
{
	enum result r = held->kind == (enum record_kind)HELD_CONTACT
				? remove_held_contact(session, held, pool, existed, err)
				: remove_held_record(session, held, pool, existed, err);

	if (r == OK || r == ERR_NOT_FOUND)
		r = held_delete(session->data, held->account, held->hold, held->kind, held->id, err);
	return r;
}
