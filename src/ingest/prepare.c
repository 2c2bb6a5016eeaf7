/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/prepare.h"

#include <string.h>

#include "vault/labels.h"
#include "vault/normal.h"

#define PHONES_CACHED 65536

/* The handles of one line as they are made. */
struct handles {
	struct handle list[PARTIES_MAX];
	size_t count;
	int64_t fell_back;
};

static enum result keep(const void *copy, struct err *err)
{
	return copy != NULL ? OK : err_no_memory(err);
}

enum result prepare_begin(struct prepare *p, struct err *err)
{
	enum result r = keyring_get(p->vault->read.ring, p->options->account->number, KEY_OWN, OWN_INDEX, &p->index_key,
				    err);

	return r == OK ? phone_cache_new(PHONES_CACHED, &p->phones, err) : r;
}

void prepare_end(struct prepare *p)
{
	key_wipe(&p->index_key);
	phone_cache_free(p->phones);
	p->phones = NULL;
}

/* ---- identifiers ---- */

static const char *field_of(const struct intake *in, const struct intake_party *party)
{
	if (in->type == INTAKE_CONTACT)
		return party->kind == IDENTITY_PHONE ? "phones" : party->kind == IDENTITY_EMAIL ? "emails" : "ids";
	switch (party->role) {
	case ROLE_FROM:
		return "from";
	case ROLE_TO:
		return "to";
	case ROLE_MENTIONED:
		return "mentioned";
	default:
		return "participants";
	}
}

static enum result normalise(struct prepare *p, enum identity_kind kind, const char *text, const char *field,
			     struct normal *out, struct err *err)
{
	enum result r = normal_make(p->phones, p->options->account->country, kind, text, p->scratch, out, err);

	return r == ERR_INPUT ? err_where(err, "field '%s'", field) : r;
}

static enum result add_handle(struct prepare *p, struct batch *batch, struct handles *to, const struct normal *normal,
			      unsigned roles, struct err *err)
{
	size_t len = strlen(normal->text);
	struct handle *handle;

	INVARIANT(to->count < PARTIES_MAX);
	handle = &to->list[to->count++];
	handle->kind = normal->kind;
	handle->roles = roles;
	handle->blind = blind_with(&p->index_key, (int)normal->kind, normal->text, len);
	handle->text = batch_copy(batch, normal->text, len);
	to->fell_back += normal->fell_back;
	return handle->text != NULL ? OK : err_no_memory(err);
}

/* A party that is written otherwise but is the account's own number all the same. */
static bool is_own(const struct normal *party, const struct normal *number)
{
	return number->text != NULL && (party->kind == IDENTITY_PHONE || party->fell_back) &&
	       strcmp(party->text, number->text) == 0;
}

static enum result nobody_left(struct err *err)
{
	err_set(err, ERR_INPUT, "the only number in it is the account's own");
	err_where(err, "field 'from'");
	return err_mend(err, "without a person it could never be found or erased; repeat the call's 'from' and 'to'");
}

static enum result add_people(struct prepare *p, const struct intake *in, struct batch *batch,
			      const struct normal *number, struct handles *to, struct err *err)
{
	bool findable = false;
	enum result r = OK;

	for (size_t i = 0; i < in->party_count && r == OK; i++) {
		const struct intake_party *party = &in->parties[i];
		struct normal normal;

		r = normalise(p, party->kind, party->text, field_of(in, party), &normal, err);
		if (r != OK || is_own(&normal, number))
			continue;
		findable = findable || party->role != ROLE_MENTIONED;
		r = add_handle(p, batch, to, &normal, in->type == INTAKE_RECORD ? party->role : 0, err);
	}
	return r == OK && !findable ? nobody_left(err) : r;
}

/* The people, then the account's own side. */
static enum result add_handles(struct prepare *p, const struct intake *in, struct batch *batch, struct handles *to,
			       struct err *err)
{
	struct normal number = {0}, agent;
	enum result r = OK;

	if (in->number != NULL)
		r = normalise(p, IDENTITY_NUMBER, in->number, "number", &number, err);
	if (r == OK)
		r = add_people(p, in, batch, &number, to, err);
	if (r == OK && in->number != NULL)
		r = add_handle(p, batch, to, &number, 0, err);
	if (r != OK || in->agent_id == NULL)
		return r;
	r = normalise(p, IDENTITY_AGENT, in->agent_id, "agent", &agent, err);
	return r == OK ? add_handle(p, batch, to, &agent, ROLE_AGENT, err) : r;
}

/* An identifier given twice counts once. */
static void drop_doubles(struct handles *handles)
{
	size_t kept = 0;

	for (size_t i = 0; i < handles->count; i++) {
		bool seen = false;

		for (size_t j = 0; j < kept && !seen; j++)
			seen = memcmp(handles->list[j].blind.bytes, handles->list[i].blind.bytes, BLIND_LEN) == 0;
		if (!seen)
			handles->list[kept++] = handles->list[i];
	}
	handles->count = kept;
}

/* ---- queue, campaign, tags ---- */

static enum result add_labels(struct prepare *p, const struct intake *in, struct batch *batch,
			      struct batch_record *record, struct err *err)
{
	struct batch_label labels[LABELS_MAX];
	enum result r = OK;

	for (size_t i = 0; i < in->label_count && r == OK; i++) {
		const struct intake_label *label = &in->labels[i];

		labels[i].kind = label->kind;
		r = labels_blind(&p->index_key, label->kind, label->name, p->scratch, &labels[i].blind, err);
		if (r == ERR_INPUT)
			r = err_where(err, "field '%s'",
				      label->kind == LABEL_TAG ? "tags" : label_kind_name(label->kind));
		if (r != OK)
			return r;
		labels[i].name = batch_copy(batch, label->name, strlen(label->name));
		r = keep(labels[i].name, err);
	}
	record->label_count = in->label_count;
	if (r == OK && in->label_count > 0)
		r = keep(record->labels = batch_copy(batch, labels, in->label_count * sizeof *labels), err);
	return r;
}

/* ---- ids ---- */

/* source NUL source_id NUL what: texts hold no NUL, so no two give the same bytes. */
static enum result derive_id(struct prepare *p, const struct intake *in, int blind_kind, const char *what,
			     struct instant at, struct id *out, struct err *err)
{
	size_t source = strlen(in->source) + 1, source_id = strlen(in->source_id) + 1, len = strlen(what);
	char *text = pool_alloc(p->scratch, source + source_id + len);
	struct blind blind;

	if (text == NULL)
		return err_no_memory(err);
	memcpy(text, in->source, source);
	memcpy(text + source, in->source_id, source_id);
	memcpy(text + source + source_id, what, len);
	blind = blind_with(&p->index_key, blind_kind, text, source + source_id + len);
	*out = id_derived(at, blind.bytes);
	return OK;
}

/* ---- media ---- */

static enum result seal_all(struct prepare *p, const struct intake *in, struct batch *batch,
			    struct batch_record *record, struct err *err)
{
	enum result r = OK;

	while (record->media_count < in->media_count && r == OK) {
		struct media_row *row = &record->media[record->media_count];

		*row = (struct media_row){.account = batch->account,
					  .kind = record->kind,
					  .id = record->id,
					  .n = (int)record->media_count};
		r = mediafile_seal(&p->folder, &in->media[record->media_count], batch->blobs, p->options->stop,
				   p->options->arg, row, &batch->keys[record->first_key + record->media_count], err);
		record->media_count += r == OK;
	}
	return r;
}

/* Files of a record that is there already are not looked at. */
static enum result add_media(struct prepare *p, const struct intake *in, struct batch *batch,
			     struct batch_record *record, struct err *err)
{
	struct err ignored;
	enum result r;

	if (in->media_count == 0)
		return OK;
	r = record_exists(p->vault->read.data, batch->account, record->kind, record->id, &record->is_known, err);
	if (r != OK || record->is_known)
		return r;
	if (batch->blobs == NULL)
		r = blob_batch_new(p->vault->blobs, &batch->blobs, err);
	record->media = pool_alloc(&batch->pool, in->media_count * sizeof *record->media);
	record->first_key = batch->key_count;
	if (r == OK && record->media == NULL)
		r = err_no_memory(err);
	if (r == OK)
		r = seal_all(p, in, batch, record, err);
	if (r != OK && record->media_count > 0) /* its files that were good go again */
		(void)!batch_drop_media(batch, record->media, record->media_count, &ignored);
	if (r != OK)
		return r;
	batch->key_count += record->media_count;
	for (size_t i = 0; i < record->media_count; i++)
		batch->media_bytes += record->media[i].bytes;
	return OK;
}

/* ---- both ---- */

static enum result add_record(struct prepare *p, const struct intake *in, struct batch *batch, struct err *err)
{
	struct batch_record *record = &batch->records[batch->record_count];
	struct handles handles = {.count = 0};
	enum result r = add_handles(p, in, batch, &handles, err);

	*record = (struct batch_record){.kind = in->kind,
					.order = batch->record_count,
					.direction = in->direction,
					.status = in->status,
					.duration_ms = in->duration_ms,
					.handle_count = handles.count,
					.payload_len = in->payload_len};
	if (r == OK)
		r = derive_id(p, in, BLIND_RECORD_ID, kind_name(in->kind), in->at, &record->id, err);
	if (r == OK)
		r = keep(record->handles = batch_copy(batch, handles.list, handles.count * sizeof *handles.list), err);
	if (r == OK)
		r = add_labels(p, in, batch, record, err);
	if (r == OK)
		r = keep(record->payload = batch_copy(batch, in->payload, in->payload_len), err);
	if (r == OK)
		r = add_media(p, in, batch, record, err);
	if (r != OK)
		return r;
	batch->record_count++;
	batch->party_count += handles.count;
	batch->counts.fell_back += handles.fell_back;
	batch->counts.doubtful_times += in->doubtful_time;
	return OK;
}

static enum result add_names(struct prepare *p, const struct intake *in, struct batch *batch,
			     struct batch_contact *contact, struct err *err)
{
	const char *words[CONTACT_NAMES_MAX];
	struct blind blinds[CONTACT_NAMES_MAX];
	size_t count = in->contact_name == NULL ? 0 : normal_name_words(p->scratch, in->contact_name, words,
									CONTACT_NAMES_MAX);

	for (size_t i = 0; i < count; i++)
		blinds[i] = blind_with(&p->index_key, BLIND_NAME_WORD, words[i], strlen(words[i]));
	contact->name_count = count;
	return keep(contact->names = batch_copy(batch, blinds, count * sizeof *blinds), err);
}

static enum result add_contact(struct prepare *p, const struct intake *in, struct batch *batch, struct err *err)
{
	struct batch_contact *contact = &batch->contacts[batch->contact_count];
	const struct instant none = {0};
	struct handles handles = {.count = 0};
	enum result r = add_handles(p, in, batch, &handles, err);

	drop_doubles(&handles);
	*contact = (struct batch_contact){
	    .order = batch->contact_count, .handle_count = handles.count, .payload_len = in->payload_len};
	if (r == OK && in->as != NULL)
		contact->id = *in->as;
	else if (r == OK)
		r = derive_id(p, in, BLIND_CONTACT_ID, "contact", none, &contact->id, err);
	if (r == OK)
		r = keep(contact->handles = batch_copy(batch, handles.list, handles.count * sizeof *handles.list), err);
	if (r == OK)
		r = add_names(p, in, batch, contact, err);
	if (r == OK)
		r = keep(contact->payload = batch_copy(batch, in->payload, in->payload_len), err);
	if (r != OK)
		return r;
	contact->digest = blind_with(&p->index_key, BLIND_DIGEST, in->payload, in->payload_len);
	batch->contact_count++;
	batch->counts.fell_back += handles.fell_back;
	return OK;
}

enum result prepare_add(struct prepare *p, const struct intake *in, struct batch *batch, struct err *err)
{
	return in->type == INTAKE_CONTACT ? add_contact(p, in, batch, err) : add_record(p, in, batch, err);
}
