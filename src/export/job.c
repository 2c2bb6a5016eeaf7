/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/job.h"
#include "vault/cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_AT ((size_t)64 * 1024)

/* ---- words ---- */

const char *left_word(enum left left)
{
	static const char *const words[] = {"", "key_destroyed", "unreadable", "removed_meanwhile"};

	return words[left];
}

const char *left_text(enum left left)
{
	static const char *const texts[] = {
	    "", "its key has been destroyed: nobody can read it any more",
	    "what is stored of it is damaged and cannot be read",
	    "it was deleted while this export was being made"};

	return texts[left];
}

const char *medium_word(enum medium_state state)
{
	static const char *const words[] = {"copied", "converted_to_wav", "not_convertible", "missing", "damaged"};

	return words[state];
}

const char *medium_text(enum medium_state state)
{
	static const char *const texts[] = {
	    "as it is stored", "converted to WAV, which every computer plays",
	    "as it is stored: it could not be converted to WAV", "left out: the file is no longer in storage",
	    "left out: the stored file is damaged and cannot be read"};

	return texts[state];
}

bool medium_is_in(enum medium_state state)
{
	return state < MEDIUM_MISSING;
}

/* ---- loading ---- */

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : id_compare(x->id, y->id);
}

static enum result add_item(struct job *job, size_t *cap, const struct party_key *key, struct err *err)
{
	if (job->count == *cap) {
		size_t more = *cap == 0 ? 1024 : *cap * 2;
		struct item *grown = more > UINT32_MAX ? NULL : reallocarray(job->items, more, sizeof *grown);

		if (grown == NULL)
			return err_no_memory(err);
		job->items = grown;
		*cap = more;
	}
	job->items[job->count++] = (struct item){.id = key->id, .kind = (unsigned char)key->kind};
	return OK;
}

static void find_kinds(struct job *job)
{
	size_t at = 0;

	for (size_t kind = 0; kind <= KIND_COUNT; kind++) {
		while (at < job->count && job->items[at].kind < kind)
			at++;
		job->first[kind] = at;
	}
}

static enum result list_items(struct job *job, struct err *err)
{
	struct person_walk walk;
	struct party_key key;
	struct pool lanes;
	size_t cap = 0;
	bool more;
	enum result r;

	pool_init(&lanes, (size_t)64 * 1024 * 1024);
	r = person_walk_begin(job->session, job->account, &job->person, &lanes, &walk, err);
	while (r == OK && (r = person_walk_next(job->session, &walk, &key, &more, err)) == OK && more)
		r = add_item(job, &cap, &key, err);
	pool_free(&lanes);
	if (r != OK || job->count == 0)
		return r;
	qsort(job->items, job->count, sizeof *job->items, compare_items);
	find_kinds(job);
	return OK;
}

static enum result load_holds(struct job *job, struct err *err)
{
	enum result r = holds_load(job->session, job->account->number, &job->pool, &job->holds, err);

	for (size_t i = job->holds.legal; r == OK && i < job->holds.count && job->restriction == NULL; i++) {
		const struct hold_row *row = &job->holds.scopes[i].row;

		if (row->has_person && id_compare(row->person, job->person.id) == 0)
			job->restriction = row;
	}
	return r;
}

static void mark(const struct job *job, struct view *view)
{
	const struct hold_scope *scope = NULL;

	view->held = view->restricted = false;
	while ((scope = holds_cover_next(&job->holds, &job->row, scope)) != NULL) {
		view->held |= scope->row.type == HOLD_LEGAL;
		view->restricted |= scope->row.type == HOLD_RESTRICTION;
	}
}

static enum result name_laws(struct job *job, const struct duty_row *duty, const char **out, struct err *err)
{
	char fields[CUT_FIELDS_MAX], day[TIME_TEXT_MAX];
	const char *mark = ":";
	enum result r = job->laws.count == 0 ? obligations_load(&job->pool, &job->laws, err) : OK;

	*out = pool_printf(&job->scratch, "only %s, because a law forbids deleting that before %s",
			   cut_fields_text(duty->fields, fields), date_format(duty->ends, day));
	for (size_t i = 0; i < job->laws.count && *out != NULL && r == OK; i++) {
		const struct obligation *law = &job->laws.list[i];

		if (!duties_names(duty, law->code))
			continue;
		*out = pool_printf(&job->scratch, "%s%s %s, %s", *out, mark, law->law, law->article);
		mark = "; and";
	}
	return r == OK && *out == NULL ? err_no_memory(err) : r;
}

/* What was cut down under a duty says so. */
static enum result mark_law(struct job *job, struct view *view, struct err *err)
{
	struct duty_row duty;
	enum result r;

	view->by_law = NULL;
	if (job->row.hold == 0)
		return OK;
	r = duty_get(job->session->data, job->row.account, job->row.hold, &job->scratch, &duty, err);
	return r == OK ? name_laws(job, &duty, &view->by_law, err) : r == ERR_NOT_FOUND ? OK : r;
}

/* What is still here is to be told of: deleted ones are in it, and say so. */
static enum result join_deleted(struct job *job, struct err *err)
{
	struct person *person = &job->person;
	struct id *all = pool_alloc(&job->pool, (person->contact_count + person->deleted_count) * sizeof *all);

	if (all == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < person->contact_count; i++)
		all[i] = person->contacts[i];
	for (size_t i = 0; i < person->deleted_count; i++)
		all[person->contact_count++] = person->deleted[i];
	person->contacts = all;
	return OK;
}

enum result job_load(struct job *job, struct err *err)
{
	enum result r = person_load(job->session, job->account, job->request->person, &job->pool, &job->person, err);

	if (r == OK)
		r = users_of_person(job->session, job->account, &job->person, &job->pool, &job->users, &job->user_count, err);
	if (r == OK)
		r = join_deleted(job, err);
	if (r == OK)
		r = policies_load(job->session, job->account->number, job->request->now, &job->pool, &job->policies, err);
	if (r == OK)
		r = load_holds(job, err);
	if (r != OK)
		return r;
	job->contact_left = pool_alloc(&job->pool, job->person.contact_count);
	if (job->contact_left == NULL)
		return err_no_memory(err);
	return list_items(job, err);
}

void job_policy(const struct job *job, enum record_kind kind, struct policy *out)
{
	const struct policy *base = policies_base(&job->policies, kind);

	*out = base != NULL ? *base : (struct policy){.kind = kind, .keep = {.unlimited = true}};
}

/* ---- records ---- */

enum result job_step(struct job *job, struct err *err)
{
	job->done++;
	return job_show(job, err);
}

enum result job_show(const struct job *job, struct err *err)
{
	const struct export_request *request = job->request;

	if (request->progress == NULL ||
	    !request->progress(request->progress_arg, job->done / JOB_STEPS, (int64_t)job->count))
		return OK;
	return err_set(err, ERR_INTERRUPTED, "stopped as asked; the unfinished file is removed");
}

/* What makes a record or contact unreadable, but no other. */
static bool left_by(enum result r, enum left *left)
{
	*left = r == ERR_GONE ? LEFT_GONE : r == ERR_CORRUPT || r == ERR_INPUT ? LEFT_CORRUPT
		: r == ERR_NOT_FOUND ? LEFT_REMOVED : LEFT_NOT;
	return *left != LEFT_NOT;
}

/* OK when the failure belongs to this item alone. */
static enum result leave_out(struct job *job, size_t index, enum result r)
{
	enum left left;

	if (!left_by(r, &left))
		return r;
	job->items[index].left = (unsigned char)left;
	return OK;
}

enum result job_row(struct job *job, size_t index, bool *there, struct err *err)
{
	const struct item *item = &job->items[index];
	enum result r = job_step(job, err);

	*there = false;
	if (r != OK || item->left != LEFT_NOT)
		return r;
	pool_reset(&job->scratch);
	r = record_get(job->session->data, job->account->number, (enum record_kind)item->kind, item->id, &job->scratch,
		       &job->row, err);
	*there = r == OK;
	return leave_out(job, index, r);
}

static enum result open_payload_tree(struct job *job, const struct json **out, struct err *err)
{
	const char *plain;
	size_t len;
	enum result r = open_record(job->session->ring, &job->row, &job->scratch, &plain, &len, err);

	return r == OK ? json_parse(job->parser, plain, len, &job->scratch, out, err) : r;
}

enum result job_view(struct job *job, size_t index, struct view *out, bool *there, struct err *err)
{
	const struct json *payload;
	enum result r = job_row(job, index, there, err);

	if (r != OK || !*there)
		return r;
	r = open_payload_tree(job, &payload, err);
	if (r == OK)
		r = view_read(job->mask, &job->row, payload, &job->scratch, out, err);
	if (r == OK)
		mark(job, out);
	if (r == OK)
		r = mark_law(job, out, err);
	*there = r == OK;
	return leave_out(job, index, r);
}

/* ---- contacts ---- */

static void leave_contact_out(struct job *job, size_t index, enum left left)
{
	if (job->contact_left[index] != LEFT_NOT)
		return;
	job->contact_left[index] = (unsigned char)left;
	job->left_contact_count++;
}

enum result job_contact(struct job *job, size_t index, struct contact_view *out, bool *there, struct err *err)
{
	const struct id id = job->person.contacts[index];
	const struct json *payload;
	struct contact_row row;
	const char *plain;
	size_t len;
	enum left left;
	enum result r;

	pool_reset(&job->scratch);
	r = contact_get(job->session->data, job->account->number, id, &job->scratch, &row, err);
	if (r == OK)
		r = open_contact(job->session->ring, &row, &job->scratch, &plain, &len, err);
	if (r == OK)
		r = json_parse(job->parser, plain, len, &job->scratch, &payload, err);
	if (r == OK)
		r = contact_view_read(job->mask, id, row.updated, payload, &job->scratch, out, err);
	*there = r == OK;
	if (r == OK) {
		out->deleted = row.deleted;
		out->gone_on = row.gone_on;
		out->held = row.hold != 0;
	}
	if (!left_by(r, &left))
		return r;
	leave_contact_out(job, index, left);
	return OK;
}

/* ---- text ---- */

enum result job_text_begin(struct job *job, const char *name, struct err *err)
{
	buf_reset(&job->out);
	return zip_begin(job->zip, name, ZIP_SIZE_UNKNOWN, true, err);
}

static enum result flush(struct job *job, struct err *err)
{
	enum result r = buf_ok(&job->out, "a part of the export", err);

	if (r == OK)
		r = zip_write(job->zip, job->out.data, job->out.len, err);
	buf_reset(&job->out);
	return r;
}

enum result job_text_flush(struct job *job, struct err *err)
{
	return job->out.failed || job->out.len >= FLUSH_AT ? flush(job, err) : OK;
}

enum result job_text_end(struct job *job, struct err *err)
{
	enum result r = flush(job, err);

	return r == OK ? zip_end(job->zip, err) : r;
}

/* ---- counting ---- */

int64_t job_kind_count(const struct job *job, enum record_kind kind)
{
	int64_t count = 0;

	for (size_t i = job->first[kind]; i < job->first[kind + 1]; i++)
		count += job->items[i].left == LEFT_NOT;
	return count;
}

int64_t job_left_count(const struct job *job)
{
	int64_t count = (int64_t)job->left_contact_count;

	for (size_t i = 0; i < job->count; i++)
		count += job->items[i].left != LEFT_NOT;
	return count;
}

bool job_range(const struct job *job, enum record_kind kind, struct instant *first, struct instant *last)
{
	size_t from = kind == 0 ? 0 : job->first[kind], until = kind == 0 ? job->count : job->first[kind + 1];
	bool any = false;

	for (size_t i = from; i < until; i++) {
		struct instant at = id_time(job->items[i].id);

		if (job->items[i].left != LEFT_NOT)
			continue;
		if (!any || at.ms < first->ms)
			*first = at;
		if (!any || at.ms > last->ms)
			*last = at;
		any = true;
	}
	return any;
}

/* ---- media ---- */

const struct medium *job_media_of(const struct job *job, size_t index, size_t *count)
{
	size_t low = 0, high = job->media_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (job->media[middle].item < index)
			low = middle + 1;
		else
			high = middle;
	}
	for (*count = 0; low + *count < job->media_count && job->media[low + *count].item == index; (*count)++)
		;
	return job->media + low;
}

enum result job_add_medium(struct job *job, struct medium medium, struct err *err)
{
	if (job->media_count == job->media_cap) {
		size_t cap = job->media_cap == 0 ? 64 : job->media_cap * 2;
		struct medium *grown = reallocarray(job->media, cap, sizeof *grown);

		if (grown == NULL)
			return err_no_memory(err);
		job->media = grown;
		job->media_cap = cap;
	}
	job->media[job->media_count++] = medium;
	return OK;
}

char *medium_path(const struct job *job, const struct medium *medium, char out[ZIP_NAME_MAX])
{
	const struct item *item = &job->items[medium->item];
	char id[ID_TEXT_MAX], number[16] = "";

	if (!medium->only)
		snprintf(number, sizeof number, "-%d", medium->n);
	snprintf(out, ZIP_NAME_MAX, "media/%s%s.%s", id_format(kind_prefix((enum record_kind)item->kind), item->id, id),
		 number, medium->ext);
	return out;
}
