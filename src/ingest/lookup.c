/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/lookup.h"

#include <string.h>

#include "store/label.h"
#include "vault/labels.h"

/* ---- identities ---- */

enum result lookup_identity(struct commit *c, const struct handle *handle, const struct id *person,
			    struct entry *entry, struct id *whose, struct err *err)
{
	enum result r = directory_make(c->session, c->batch->account, handle->kind, &handle->blind, handle->text,
				       person, c->batch->now, entry, whose, err);

	c->counts->identities += r == OK;
	return r;
}

static enum result find_identities(struct commit *c, const struct batch_record *record, struct lookup *out,
				   struct err *err)
{
	enum result r = OK;

	out->all_found = true;
	for (size_t i = 0; i < record->handle_count && r == OK; i++) {
		r = directory_find(c->session, c->batch->account, &record->handles[i].blind, &out->entries[i],
				   &out->found[i], err);
		out->all_found = out->all_found && out->found[i];
	}
	return r;
}

/* The same identifier may stand in one record twice, as when somebody calls themselves. */
static const struct entry *made_before(const struct batch_record *record, const struct lookup *found, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (memcmp(record->handles[i].blind.bytes, record->handles[n].blind.bytes, BLIND_LEN) == 0)
			return &found->entries[i];
	}
	return NULL;
}

static enum result make_identities(struct commit *c, const struct batch_record *record, struct lookup *found,
				   struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < record->handle_count && r == OK; i++) {
		const struct entry *made = found->found[i] ? NULL : made_before(record, found, i);

		if (made != NULL)
			found->entries[i] = *made;
		else if (!found->found[i])
			r = lookup_identity(c, &record->handles[i], NULL, &found->entries[i], NULL, err);
	}
	return r;
}

/* ---- labels ---- */

static struct lookup_label *place_of(struct lookup_labels *labels, const struct batch_label *label)
{
	uint32_t hash;

	memcpy(&hash, label->blind.bytes, sizeof hash); /* it is an HMAC: any part of it is as good as random */
	return &labels->places[hash % LOOKUP_LABELS];
}

static void remember(struct lookup_labels *labels, const struct batch_label *label, int64_t number)
{
	*place_of(labels, label) = (struct lookup_label){label->blind, number};
}

static enum result find_label(struct commit *c, struct lookup_labels *labels, const struct batch_label *label,
			      int64_t *out, struct err *err)
{
	const struct lookup_label *at = place_of(labels, label);
	enum result r;

	*out = at->label;
	if (at->label != 0 && memcmp(at->blind.bytes, label->blind.bytes, BLIND_LEN) == 0)
		return OK;
	r = label_find(c->session->data, c->batch->account, &label->blind, out, err);
	if (r == OK && *out != 0)
		remember(labels, label, *out);
	return r;
}

static enum result find_labels(struct commit *c, struct lookup_labels *labels, const struct batch_record *record,
			       struct lookup *out, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < record->label_count && r == OK; i++) {
		r = find_label(c, labels, &record->labels[i], &out->labels[i], err);
		out->all_found = out->all_found && out->labels[i] != 0;
	}
	return r;
}

static enum result make_labels(struct commit *c, struct lookup_labels *labels, const struct batch_record *record,
			       struct lookup *found, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < record->label_count && r == OK; i++) {
		const struct batch_label *label = &record->labels[i];

		if (found->labels[i] != 0)
			continue;
		r = labels_take(c->session, c->batch->account, label->kind, &label->blind, label->name, &c->batch->pool,
				&found->labels[i], err);
		if (r == OK)
			remember(labels, label, found->labels[i]);
	}
	return r;
}

/* ---- both ---- */

enum result lookup_find(struct commit *c, struct lookup_labels *labels, const struct batch_record *record,
			struct lookup *out, struct err *err)
{
	enum result r = find_identities(c, record, out, err);

	return r == OK ? find_labels(c, labels, record, out, err) : r;
}

enum result lookup_make(struct commit *c, struct lookup_labels *labels, const struct batch_record *record,
			struct lookup *found, struct err *err)
{
	enum result r = make_identities(c, record, found, err);

	return r == OK ? make_labels(c, labels, record, found, err) : r;
}

bool lookup_is_of_erased(const struct batch_record *record, const struct lookup *found)
{
	for (size_t i = 0; i < record->handle_count; i++) {
		const struct entry *entry = &found->entries[i];

		if (identity_kind_is_external(record->handles[i].kind) && entry->erased &&
		    id_time(record->id).ms < entry->erased_at.ms)
			return true;
	}
	return false;
}
