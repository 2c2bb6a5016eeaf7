/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/data.h"

#include <string.h>

#include "store/policy.h"

static void put_optional(struct json_writer *w, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		json_string(w, name, text);
}

static void put_tree(struct json_writer *w, const char *name, const struct json *tree)
{
	if (tree != NULL)
		json_node(w, name, tree);
}

static void put_shown(struct json_writer *w, const char *name, const char *role, const struct shown *shown)
{
	json_begin_object(w, name);
	put_optional(w, "role", role);
	json_string(w, "kind", shown->ours ? "number" : identity_kind_name(shown->kind));
	json_string(w, "value", shown->value);
	put_optional(w, "name", shown->name);
	json_bool(w, "is_person", shown->self);
	json_bool(w, "masked", shown->masked);
	json_end_object(w);
}

/* ---- the head ---- */

static void put_users(const struct job *job, struct json_writer *w)
{
	if (job->user_count == 0)
		return;
	json_begin_array(w, "users");
	for (size_t i = 0; i < job->user_count; i++) {
		const struct user_row *user = &job->users[i].row;

		json_begin_object(w, NULL);
		json_id(w, "id", USER_PREFIX, user->id);
		put_optional(w, "name", job->users[i].name);
		json_string(w, "role", user_role_name(user->role));
		json_instant(w, "known_since", user->created);
		if (user->signed_in)
			json_instant(w, "last_sign_in", user->last_sign_in);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_person(const struct job *job, struct json_writer *w)
{
	json_begin_object(w, "person");
	json_id(w, "id", PERSON_PREFIX, job->person.id);
	json_begin_array(w, "identities");
	for (size_t i = 0; i < job->person.identity_count; i++) {
		const struct person_identity *identity = &job->person.identities[i];

		json_begin_object(w, NULL);
		json_string(w, "kind", identity_kind_name(identity->kind));
		json_string(w, "value", identity->value);
		json_instant(w, "known_since", identity->created);
		json_end_object(w);
	}
	json_end_array(w);
	put_users(job, w);
	if (job->restriction != NULL)
		json_instant(w, "restricted_since", job->restriction->created);
	json_end_object(w);
}

static void put_retention(const struct job *job, struct json_writer *w)
{
	char text[TIME_TEXT_MAX];

	json_begin_array(w, "retention");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		struct policy policy;

		if (job->first[kind] == job->first[kind + 1])
			continue;
		job_policy(job, (enum record_kind)kind, &policy);
		json_begin_object(w, NULL);
		json_string(w, "kind", kind_name((enum record_kind)kind));
		json_string(w, "keep", span_format(policy.keep, text));
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_head(const struct job *job, struct json_writer *w)
{
	json_string(w, "format", "lethe/person-export/1");
	json_instant(w, "generated", job->request->now);
	json_begin_object(w, "account");
	json_id(w, "id", ACCOUNT_PREFIX, job->account->id);
	json_string(w, "name", job->account->name);
	json_string(w, "country", job->account->country);
	json_end_object(w);
	put_person(job, w);
	json_string(w, "others", job->request->show_others ? "show" : "mask");
	put_retention(job, w);
}

/* ---- contacts ---- */

static void put_contact(struct json_writer *w, const struct contact_view *contact)
{
	json_begin_object(w, NULL);
	json_id(w, "id", CONTACT_PREFIX, contact->id);
	put_optional(w, "name", contact->name);
	put_optional(w, "company", contact->company);
	json_begin_array(w, "identities");
	for (size_t i = 0; i < contact->handle_count; i++)
		put_shown(w, NULL, NULL, &contact->handles[i]);
	json_end_array(w);
	put_tree(w, "tags", contact->tags);
	put_tree(w, "lists", contact->lists);
	put_tree(w, "custom", contact->custom);
	put_optional(w, "source", contact->source);
	put_optional(w, "source_id", contact->source_id);
	json_instant(w, "updated", contact->updated);
	if (contact->deleted.ms != 0) {
		json_instant(w, "deleted", contact->deleted);
		json_date(w, "until", contact->gone_on);
	}
	if (contact->held)
		json_bool(w, "kept_for_legal_hold", true);
	json_end_object(w);
}

static enum result put_contacts(struct job *job, struct json_writer *w, struct err *err)
{
	struct contact_view contact;
	bool there;
	enum result r = OK;

	json_begin_array(w, "contacts");
	for (size_t i = 0; i < job->person.contact_count && r == OK; i++) {
		r = job_contact(job, i, &contact, &there, err);
		if (r == OK && there)
			put_contact(w, &contact);
		if (r == OK)
			r = job_text_flush(job, err);
	}
	json_end_array(w);
	return r;
}

/* ---- records ---- */

static void put_media(const struct job *job, size_t index, const struct view *view, struct json_writer *w)
{
	char path[ZIP_NAME_MAX];
	size_t count;
	const struct medium *media = job_media_of(job, index, &count);

	if (count == 0)
		return;
	json_begin_array(w, "media");
	for (size_t i = 0; i < count; i++) {
		json_begin_object(w, NULL);
		if (medium_is_in(media[i].state))
			json_string(w, "file", medium_path(job, &media[i], path));
		json_string(w, "state", medium_word(media[i].state));
		put_optional(w, "name", view_media_name(view, media[i].n));
		put_optional(w, "content_type", view_media_type(view, media[i].n));
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_facts(const struct view *view, struct json_writer *w)
{
	const struct record_row *row = view->row;

	json_id(w, "id", kind_prefix(row->kind), row->id);
	json_string(w, "kind", kind_name(row->kind));
	json_instant(w, "time", view->at);
	put_optional(w, "direction", direction_name(row->direction));
	put_optional(w, "status", status_name(row->status));
	if (row->duration_ms >= 0)
		json_int(w, "duration_ms", row->duration_ms);
	if (view->held && row->hold != 0)
		json_bool(w, "kept_for_legal_hold", true);
	if (view->held)
		json_bool(w, "under_legal_hold", true);
	if (view->by_law != NULL)
		json_string(w, "kept_by_law", view->by_law);
	if (view->restricted)
		json_bool(w, "restricted", true);
}

static void put_content(const struct view *view, struct json_writer *w)
{
	put_optional(w, "number", view->number);
	put_optional(w, "call", view->call);
	put_optional(w, "subject", view->subject);
	put_optional(w, "text", view->text);
	put_optional(w, "language", view->language);
	put_tree(w, "turns", view->turns);
	put_tree(w, "fields", view->fields);
	put_optional(w, "url", view->url);
	put_optional(w, "referrer", view->referrer);
	put_optional(w, "queue", view->queue);
	put_optional(w, "campaign", view->campaign);
	put_tree(w, "tags", view->tags);
	put_tree(w, "custom", view->custom);
	if (view->rest_count > 0) {
		json_begin_object(w, "more");
		for (size_t i = 0; i < view->rest_count; i++)
			json_node(w, view->rest[i]->name, view->rest[i]);
		json_end_object(w);
	}
}

static void put_record(const struct job *job, size_t index, const struct view *view, struct json_writer *w)
{
	json_begin_object(w, NULL);
	put_facts(view, w);
	json_begin_array(w, "parties");
	for (size_t i = 0; i < view->party_count; i++)
		put_shown(w, NULL, role_name(view->parties[i].role), &view->parties[i].shown);
	json_end_array(w);
	if (view->has_agent)
		put_shown(w, "agent", NULL, &view->agent);
	put_content(view, w);
	put_media(job, index, view, w);
	put_optional(w, "source", view->source);
	put_optional(w, "source_id", view->source_id);
	json_end_object(w);
}

static enum result note_source(struct job *job, const char *source, struct err *err)
{
	if (source == NULL || job->source_count == JOB_SOURCES_MAX)
		return OK;
	for (size_t i = 0; i < job->source_count; i++) {
		if (strcmp(job->sources[i], source) == 0)
			return OK;
	}
	job->sources[job->source_count] = pool_strdup(&job->pool, source);
	return job->sources[job->source_count++] != NULL ? OK : err_no_memory(err);
}

static enum result put_records(struct job *job, struct json_writer *w, struct err *err)
{
	struct view view;
	bool there;
	enum result r = OK;

	json_begin_array(w, "records");
	for (size_t i = 0; i < job->count && r == OK; i++) {
		r = job_view(job, i, &view, &there, err);
		if (r != OK || !there)
			continue;
		put_record(job, i, &view, w);
		r = note_source(job, view.source, err);
		if (r == OK)
			r = job_text_flush(job, err);
	}
	json_end_array(w);
	return r;
}

/* ---- what is left out ---- */

/* `at` NULL: contacts have no time. */
static void put_left(struct json_writer *w, const char *id, const char *kind, const struct instant *at,
		     enum left left)
{
	json_begin_object(w, NULL);
	json_string(w, "id", id);
	json_string(w, "kind", kind);
	if (at != NULL)
		json_instant(w, "time", *at);
	json_string(w, "reason", left_word(left));
	json_string(w, "explanation", left_text(left));
	json_end_object(w);
}

static void put_left_media(const struct job *job, const struct medium *medium, struct json_writer *w)
{
	const struct item *item = &job->items[medium->item];
	char id[ID_TEXT_MAX];

	json_begin_object(w, NULL);
	json_string(w, "id", id_format(kind_prefix((enum record_kind)item->kind), item->id, id));
	json_string(w, "kind", "media");
	json_int(w, "n", medium->n);
	json_instant(w, "time", id_time(item->id));
	json_string(w, "reason", medium_word(medium->state));
	json_string(w, "explanation", medium_text(medium->state));
	json_end_object(w);
}

enum result data_left_out(struct job *job, struct json_writer *w, struct err *err)
{
	char id[ID_TEXT_MAX];
	enum result r = OK;

	json_begin_array(w, "left_out");
	for (size_t i = 0; i < job->person.contact_count && r == OK; i++) {
		if (job->contact_left[i] == LEFT_NOT)
			continue;
		put_left(w, id_format(CONTACT_PREFIX, job->person.contacts[i], id), "contact", NULL,
			 (enum left)job->contact_left[i]);
		r = job_text_flush(job, err);
	}
	for (size_t i = 0; i < job->count && r == OK; i++) {
		const struct item *item = &job->items[i];
		enum record_kind kind = (enum record_kind)item->kind;
		struct instant at = id_time(item->id);

		if (item->left == LEFT_NOT)
			continue;
		put_left(w, id_format(kind_prefix(kind), item->id, id), kind_name(kind), &at, item->left);
		r = job_text_flush(job, err);
	}
	for (size_t i = 0; i < job->media_count && r == OK; i++) {
		if (medium_is_in(job->media[i].state))
			continue;
		put_left_media(job, &job->media[i], w);
		r = job_text_flush(job, err);
	}
	json_end_array(w);
	return r;
}

enum result data_export(struct job *job, struct err *err)
{
	struct json_writer w;
	enum result r = job_text_begin(job, "data.json", err);

	if (r != OK)
		return r;
	json_writer_init(&w, &job->out, 1);
	json_begin_object(&w, NULL);
	put_head(job, &w);
	r = put_contacts(job, &w, err);
	if (r == OK)
		r = put_records(job, &w, err);
	if (r == OK)
		r = data_left_out(job, &w, err);
	json_end_object(&w);
	buf_add_char(&job->out, '\n');
	return r == OK ? job_text_end(job, err) : r;
}
