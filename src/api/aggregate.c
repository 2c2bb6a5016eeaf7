/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "api/paging.h"
#include "privacy/anonymise.h"
#include "privacy/anonymise_record.h"
#include "retention/settings.h"
#include "store/job.h"
#include "vault/labels.h"

/* ---- record anonymise ---- */

static enum result confirm(struct call *call, const char *id, struct err *err)
{
	if (!call_can_ask(call)) {
		err_set(err, ERR_DENIED, "anonymising cannot be undone, and there is nobody to ask");
		return err_mend(err, "add --yes");
	}
	return call_ask(call, "Anonymise %s? It cannot be undone. ", call_clean(call, id))
		   ? OK
		   : err_set(err, ERR_INTERRUPTED, "nothing was anonymised");
}

static void show_anonymised(struct call *call, enum record_kind kind, struct id id,
			    const struct record_anonymised *done)
{
	int64_t records[KIND_COUNT] = {0};
	char text[ID_TEXT_MAX];

	records[kind] = 1;
	call_say(call, "Anonymised: %s cannot be read any more, here or in a copy, and its row is gone.\n",
		 id_format(kind_prefix(kind), id, text));
	if (done->shown.waits[kind])
		call_say(call, "Its count waits: fewer than %lld people are in what it would be shown with.\n",
			 (long long)done->shown.k);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "record", text);
	json_id(&call->w, "job", JOB_PREFIX, done->job);
	anonymise_write(&call->w, records, &done->shown);
	json_int(&call->w, "leaf", (int64_t)done->leaf);
	json_end_object(&call->w);
}

static enum result no_record(const char *text, struct err *err)
{
	char shown[QUOTE_MAX];

	err_set(err, ERR_NOT_FOUND, "there is no record %s in this account", quote(text, strlen(text), shown));
	return err_mend(err, "it may have been deleted: `lethe audit list` says what was");
}

enum result op_record_anonymise(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct record_anonymised done;
	struct account account;
	enum record_kind kind;
	struct id id;
	bool yes = false;
	const struct call_option options[] = {{"yes", NULL, &yes}};
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = kind_read_id(argv[0], &kind, &id, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK && !yes)
		r = confirm(call, argv[0], err);
	if (r != OK)
		return r;
	r = record_anonymise(call->vault, &account, kind, id, call->now, &done, err);
	if (r != OK)
		return r == ERR_NOT_FOUND ? no_record(argv[0], err) : r;
	show_anonymised(call, kind, id, &done);
	return OK;
}

/* ---- aggregate list ---- */

#define PAGE 64

struct listing {
	struct call *call;
	struct paging page;
	uint32_t account;
	int64_t k;
	size_t shown;
	bool waits;
};

static void period_text(const struct aggregate_row *row, char out[TIME_TEXT_MAX])
{
	struct civil from = date_civil(row->from);

	if (row->step == COARSEN_DAY)
		date_format(row->from, out);
	else if (row->step == COARSEN_MONTH)
		snprintf(out, TIME_TEXT_MAX, "%04d-%02d", from.year, from.month);
	else if (row->step == COARSEN_QUARTER)
		snprintf(out, TIME_TEXT_MAX, "%04d-Q%d", from.year, (from.month + 2) / 3);
	else if (row->step < COARSEN_ALL)
		snprintf(out, TIME_TEXT_MAX, "%04d", from.year);
	else
		snprintf(out, TIME_TEXT_MAX, "any time");
}

/* A queue is there in name only while its label is. */
static enum result queue_name(struct listing *listing, const struct aggregate_row *row, const char **out,
			      struct err *err)
{
	enum label_kind kind;
	enum result r;

	*out = NULL;
	if (row->queue <= 0)
		return OK;
	r = labels_name(&listing->call->vault->read, listing->account, row->queue, &listing->call->pool, &kind, out,
			err);
	return r == ERR_NOT_FOUND ? OK : r;
}

static void say_row(struct call *call, const struct aggregate_row *row, const char *period, const char *queue)
{
	const char *direction = row->direction > 0 ? direction_name((enum direction)row->direction) : "";
	const char *status = row->status > 0 ? status_name((enum record_status)row->status) : "";
	const char *duration = duration_class_name((enum duration_class)row->duration_class);
	char count[32], seconds[32], bytes[32];

	call_say(call, "%9s %s, %s%s%s%s%s%s%s%s%s; %s s, %s  (%s)\n", call_count(row->records, count),
		 call_kind(row->kind, row->records), period, *direction ? ", " : "", direction, *status ? ", " : "",
		 status, *duration ? ", " : "", duration, queue != NULL ? ", queue " : "",
		 queue != NULL ? call_clean(call, queue) : "", call_count(row->duration_ms / 1000, seconds),
		 call_bytes((uint64_t)row->bytes, bytes), coarsen_text((enum coarsen_step)row->step));
}

/* A column that was dropped is not there; one that says nothing is null. */
static void print_row(struct json_writer *w, const struct aggregate_row *row, const char *period, const char *queue)
{
	json_begin_object(w, NULL);
	json_string(w, "kind", kind_name(row->kind));
	json_string(w, "coarsened", coarsen_name((enum coarsen_step)row->step));
	if (row->step < COARSEN_ALL)
		json_string(w, "period", period);
	if (row->direction != AGGREGATE_ANY)
		json_string(w, "direction", row->direction > 0 ? direction_name((enum direction)row->direction) : NULL);
	if (row->status != AGGREGATE_ANY)
		json_string(w, "status", row->status > 0 ? status_name((enum record_status)row->status) : NULL);
	if (row->duration_class != AGGREGATE_ANY)
		json_string(w, "duration_class",
			    row->duration_class > 0 ? duration_class_name((enum duration_class)row->duration_class)
						    : NULL);
	if (row->queue != AGGREGATE_ANY)
		json_string(w, "queue", queue);
	json_int(w, "records", row->records);
	json_int(w, "duration_ms", row->duration_ms);
	json_int(w, "bytes", row->bytes);
	json_end_object(w);
}

static enum result show_row(struct listing *listing, const struct aggregate_row *row, struct err *err)
{
	char period[TIME_TEXT_MAX];
	const char *queue;
	enum result r = queue_name(listing, row, &queue, err);

	if (r != OK)
		return r;
	period_text(row, period);
	say_row(listing->call, row, period, queue);
	print_row(&listing->call->w, row, period, queue);
	listing->shown++;
	return OK;
}

static enum result note_waiting(void *arg, const struct aggregate_row *row, struct err *err)
{
	(void)row, (void)err;
	((struct listing *)arg)->waits = true;
	return OK;
}

static enum result list_waiting(struct listing *listing, int first, int last, struct err *err)
{
	struct call *call = listing->call;
	enum result r = OK;

	json_begin_array(&call->w, "waits");
	for (int kind = first; kind <= last && r == OK; kind++) {
		listing->waits = false;
		r = aggregate_walk_waiting(call->vault->read.data, listing->account, (enum record_kind)kind,
					   note_waiting, listing, err);
		if (r != OK || !listing->waits)
			continue;
		listing->shown++;
		call_say(call, "     some %s wait: fewer than %lld people are in them\n",
			 kind_plural((enum record_kind)kind), (long long)listing->k);
		json_string(&call->w, NULL, kind_name((enum record_kind)kind));
	}
	json_end_array(&call->w);
	return r;
}

/* Where a page ends: all the columns by which a row is found, in the two parts of a cursor. */
static void point_to(struct paging *page, const struct aggregate_row *row)
{
	page->number = (int64_t)row->kind << 40 | (int64_t)row->step << 32 | (uint32_t)row->from.days;
	page->id = (struct id){{(unsigned char)(row->direction + 1), (unsigned char)(row->status + 1),
				(unsigned char)(row->duration_class + 1)}};
	for (int i = 0; i < 8; i++)
		page->id.bytes[8 + i] = (unsigned char)((uint64_t)row->queue >> (56 - 8 * i));
}

static struct aggregate_row pointed_to(const struct paging *page)
{
	const unsigned char *at = page->id.bytes;
	uint64_t queue = 0;

	for (int i = 0; i < 8; i++)
		queue = queue << 8 | at[8 + i];
	return (struct aggregate_row){.kind = (enum record_kind)(page->number >> 40), .step = (int)(page->number >> 32 & 0xff),
				      .from = {(int32_t)(uint32_t)page->number}, .direction = at[0] - 1, .status = at[1] - 1,
				      .duration_class = at[2] - 1, .queue = (int64_t)queue};
}

static enum result list_kind(struct listing *listing, enum record_kind kind, struct err *err)
{
	struct paging *page = &listing->page;
	struct aggregate_row rows[PAGE], last = pointed_to(page);
	bool after = page->begun && last.kind == kind;
	size_t count, ask;
	enum result r;

	do {
		ask = paging_ask(page, PAGE);
		r = aggregate_list(listing->call->vault->read.data, listing->account, kind, after ? &last : NULL, rows, ask,
				   &count, err);
		for (size_t i = 0; i < count && r == OK && paging_take(page); i++) {
			point_to(page, &rows[i]);
			last = rows[i];
			after = true;
			r = show_row(listing, &rows[i], err);
		}
	} while (r == OK && count == ask && !page->more);
	return r;
}

static enum result list(struct listing *listing, int first, int last, struct err *err)
{
	struct call *call = listing->call;
	enum result r = OK;

	json_begin_object(&call->w, NULL);
	json_int(&call->w, "people_at_least", listing->k);
	json_begin_array(&call->w, "aggregates");
	for (int kind = first; kind <= last && r == OK && !listing->page.more; kind++) {
		if (!listing->page.begun || kind >= (int)pointed_to(&listing->page).kind)
			r = list_kind(listing, (enum record_kind)kind, err);
	}
	json_end_array(&call->w);
	if (r == OK)
		r = list_waiting(listing, first, last, err);
	if (r == OK)
		r = paging_end(call, &listing->page, listing->account, "", err);
	json_end_object(&call->w);
	if (r == OK && listing->shown == 0 && !listing->page.begun)
		call_say(call, "Nothing was anonymised.\n");
	return r;
}

static enum result read_kind(const char *text, int *first, int *last, struct err *err)
{
	char shown[QUOTE_MAX];
	enum record_kind kind;

	if (text == NULL)
		return OK;
	if (!kind_parse(text, &kind)) {
		err_set(err, ERR_INPUT, "%s is no kind of record", quote(text, strlen(text), shown));
		err_where(err, "--kind");
		return err_mend(err, "as in call, recording, message; `lethe help policy set` names them all");
	}
	*first = *last = kind;
	return OK;
}

enum result op_aggregate_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *kind = NULL;
	struct listing listing = {.call = call};
	const struct call_option options[] = {{"kind", &kind, NULL}, PAGING_OPTIONS(listing.page)};
	struct account account;
	int first = KIND_FIRST, last = KIND_LAST;
	enum result r = call_parse(call, options, 3, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = read_kind(kind, &first, &last, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = settings_int(&call->vault->read, account.number, "anonymous_k", &call->pool, &listing.k, err);
	if (r == OK)
		r = paging_begin(call, &listing.page, account.number, PAGING_ALL, "", err);
	/* Names of queues are shown. */
	if (r == OK)
		r = labels_note_read(&call->vault->read, account.number, call->now, err);
	if (r != OK)
		return r;
	listing.account = account.number;
	return list(&listing, first, last, err);
}
