/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/table.h"

#include <stdio.h>
#include <string.h>

#include "base/csv.h"

#define FIELD_MAX ((size_t)64 * 1024 * 1024)

/* A row under way. */
struct line {
	struct buf *out;
	struct buf field; /* of several values */
	struct pool *pool;
	bool has_fields;
};

static void line_begin(struct line *line)
{
	line->has_fields = false;
}

static void line_end(struct line *line)
{
	buf_add_str(line->out, "\r\n");
}

/* "+4520000289" is a number and not a formula: it stays as it is. */
static bool is_phone(const char *text, size_t len)
{
	return len > 1 && text[0] == '+' && strspn(text + 1, "0123456789") == len - 1;
}

static void put_n(struct line *line, const char *text, size_t len)
{
	if (line->has_fields)
		buf_add_char(line->out, ',');
	line->has_fields = true;
	csv_add_field(line->out, text, len, is_phone(text, len));
}

static void put(struct line *line, const char *text)
{
	put_n(line, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

/* The values gathered in line->field. */
static void put_gathered(struct line *line)
{
	if (line->field.failed)
		line->out->failed = true;
	put_n(line, line->field.data != NULL ? line->field.data : "", line->field.len);
	buf_reset(&line->field);
}

static void gather(struct line *line, const char *text)
{
	if (line->field.len > 0)
		buf_add_str(&line->field, "; ");
	buf_add_str(&line->field, text != NULL ? text : "");
}

static void put_time(struct line *line, struct instant at)
{
	char text[TIME_TEXT_MAX];

	put(line, instant_format(at, text));
}

/* A string list as "a; b"; anything else as JSON. */
static void put_tree(struct line *line, const struct json *tree)
{
	bool plain = tree != NULL && tree->type == JSON_ARRAY;

	for (const struct json *item = plain ? tree->first : NULL; item != NULL; item = item->next)
		plain = plain && item->type == JSON_STRING;
	if (plain) {
		for (const struct json *item = tree->first; item != NULL; item = item->next)
			gather(line, item->text);
	} else if (tree != NULL) {
		json_add_tree(&line->field, tree);
	}
	put_gathered(line);
}

/* One turn a line: "agent: Hello". */
static void put_turns(struct line *line, const struct json *turns)
{
	for (const struct json *turn = turns != NULL ? turns->first : NULL; turn != NULL; turn = turn->next) {
		const char *speaker = json_get_text(turn, "speaker"), *text = json_get_text(turn, "text");

		if (line->field.len > 0)
			buf_add_char(&line->field, '\n');
		if (speaker != NULL)
			buf_printf(&line->field, "%s: ", speaker);
		buf_add_str(&line->field, text != NULL ? text : "");
	}
	put_gathered(line);
}

static void put_parties(struct line *line, const struct view *view, enum party_role role)
{
	for (size_t i = 0; i < view->party_count; i++) {
		if (view->parties[i].role == role)
			gather(line, shown_text(&view->parties[i].shown, line->pool));
	}
	put_gathered(line);
}

static void put_media(struct line *line, const struct job *job, size_t index)
{
	char path[ZIP_NAME_MAX];
	size_t count;
	const struct medium *media = job_media_of(job, index, &count);

	for (size_t i = 0; i < count; i++)
		gather(line, medium_is_in(media[i].state) ? medium_path(job, &media[i], path)
							  : medium_text(media[i].state));
	put_gathered(line);
}

/* ---- records ---- */

static const char record_header[] =
    "id,time,direction,status,duration_seconds,from,to,participants,mentioned,number,agent,call,subject,text,"
    "language,turns,fields,url,referrer,queue,campaign,tags,custom,media,kept_for_legal_hold,under_legal_hold,restricted,source,source_id\r\n";

static void put_facts(struct line *line, const struct view *view)
{
	const struct record_row *row = view->row;
	char id[ID_TEXT_MAX], seconds[32] = "";

	if (row->duration_ms >= 0)
		snprintf(seconds, sizeof seconds, "%lld.%03lld", (long long)row->duration_ms / 1000,
			 (long long)row->duration_ms % 1000);
	put(line, id_format(kind_prefix(row->kind), row->id, id));
	put_time(line, view->at);
	put(line, direction_name(row->direction));
	put(line, status_name(row->status));
	put(line, seconds);
	put_parties(line, view, ROLE_FROM);
	put_parties(line, view, ROLE_TO);
	put_parties(line, view, ROLE_PARTICIPANT);
	put_parties(line, view, ROLE_MENTIONED);
	put(line, view->number);
	put(line, view->has_agent ? shown_text(&view->agent, line->pool) : "");
}

static void put_record(struct line *line, const struct job *job, size_t index, const struct view *view)
{
	line_begin(line);
	put_facts(line, view);
	put(line, view->call);
	put(line, view->subject);
	put(line, view->text);
	put(line, view->language);
	put_turns(line, view->turns);
	put_tree(line, view->fields);
	put(line, view->url);
	put(line, view->referrer);
	put(line, view->queue);
	put(line, view->campaign);
	put_tree(line, view->tags);
	put_tree(line, view->custom);
	put_media(line, job, index);
	put(line, view->held && view->row->hold != 0 ? "yes" : "");
	put(line, view->held ? "yes" : "");
	put(line, view->restricted ? "yes" : "");
	put(line, view->source);
	put(line, view->source_id);
	line_end(line);
}

static enum result export_kind(struct job *job, struct line *line, enum record_kind kind, struct err *err)
{
	char name[ZIP_NAME_MAX];
	struct view view;
	bool there;
	enum result r;

	snprintf(name, sizeof name, "csv/%s.csv", kind_name(kind));
	r = job_text_begin(job, name, err);
	buf_add_str(&job->out, record_header);
	for (size_t i = job->first[kind]; i < job->first[kind + 1] && r == OK; i++) {
		r = job_view(job, i, &view, &there, err);
		if (r == OK && there)
			put_record(line, job, i, &view);
		if (r == OK)
			r = job_text_flush(job, err);
	}
	return r == OK ? job_text_end(job, err) : r;
}

/* ---- contacts ---- */

static void put_handles(struct line *line, const struct contact_view *contact, enum identity_kind kind)
{
	for (size_t i = 0; i < contact->handle_count; i++) {
		if (contact->handles[i].kind == kind)
			gather(line, shown_text(&contact->handles[i], line->pool));
	}
	put_gathered(line);
}

static void put_deleted(struct line *line, const struct contact_view *contact)
{
	char until[TIME_TEXT_MAX];

	if (contact->deleted.ms == 0) {
		put(line, "");
		put(line, "");
		return;
	}
	put_time(line, contact->deleted);
	put(line, date_format(contact->gone_on, until));
}

static void put_contact(struct line *line, const struct contact_view *contact)
{
	char id[ID_TEXT_MAX];

	line_begin(line);
	put(line, id_format(CONTACT_PREFIX, contact->id, id));
	put(line, contact->name);
	put_handles(line, contact, IDENTITY_PHONE);
	put_handles(line, contact, IDENTITY_EMAIL);
	put_handles(line, contact, IDENTITY_EXTERNAL);
	put(line, contact->company);
	put_tree(line, contact->tags);
	put_tree(line, contact->lists);
	put_tree(line, contact->custom);
	put_time(line, contact->updated);
	put_deleted(line, contact);
	put(line, contact->source);
	put(line, contact->source_id);
	line_end(line);
}

static enum result export_contacts(struct job *job, struct line *line, struct err *err)
{
	struct contact_view contact;
	bool there;
	enum result r = job_text_begin(job, "contacts.csv", err);

	buf_add_str(&job->out,
		    "id,name,phones,emails,ids,company,tags,lists,custom,updated,deleted,until,source,source_id\r\n");
	for (size_t i = 0; i < job->person.contact_count && r == OK; i++) {
		r = job_contact(job, i, &contact, &there, err);
		if (r == OK && there)
			put_contact(line, &contact);
		if (r == OK)
			r = job_text_flush(job, err);
	}
	return r == OK ? job_text_end(job, err) : r;
}

enum result table_export(struct job *job, struct err *err)
{
	struct line line = {.out = &job->out, .pool = &job->scratch};
	enum result r;

	buf_init(&line.field, FIELD_MAX);
	r = export_contacts(job, &line, err);
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		if (job_kind_count(job, (enum record_kind)kind) > 0)
			r = export_kind(job, &line, (enum record_kind)kind, err);
	}
	buf_free(&line.field);
	return r;
}
