/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/enrol.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/lookup.h"
#include "privacy/person.h"
#include "retention/erasing.h"
#include "vault/contact_key.h"

#define SHARED_BY_MAX 64 /* an identifier in more contacts than this is shared */

/* A contact with its identifiers looked up. */
struct enrolment {
	struct commit *c;
	const struct batch_contact *contact;
	struct entry entries[PARTIES_MAX];
	struct id persons[PARTIES_MAX]; /* of those found */
	bool found[PARTIES_MAX], shared[PARTIES_MAX];
	const struct id *person; /* theirs; NULL until it is known */
	int64_t key;             /* the contact's own; 0: still to be made */
};

static int by_id(const void *a, const void *b)
{
	const struct batch_contact *x = a, *y = b;
	int order = id_compare(x->id, y->id);

	if (order != 0)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

static enum result find_person(struct enrolment *e, size_t n, struct err *err)
{
	struct identity_row row;
	enum result r = identity_get(e->c->session->data, e->c->batch->account, e->entries[n].identity, &e->c->pool, &row,
				     err);

	e->persons[n] = row.person;
	return r;
}

static enum result look_up(struct enrolment *e, bool *refused, struct err *err)
{
	const struct batch *batch = e->c->batch;
	enum result r = OK;

	*refused = false;
	for (size_t i = 0; i < e->contact->handle_count && r == OK; i++) {
		r = directory_find(e->c->session, batch->account, &e->contact->handles[i].blind, &e->entries[i],
				   &e->found[i], err);
		/* Erased, and not come back by a later call or message. */
		*refused = *refused || (!e->found[i] && e->entries[i].erased);
		if (r == OK && e->found[i])
			r = find_person(e, i, err);
	}
	return r;
}

/* ---- who is who ---- */

static int compare_blinds(const void *a, const void *b)
{
	return memcmp(((const struct blind *)a)->bytes, ((const struct blind *)b)->bytes, BLIND_LEN);
}

/* The same words, in whatever order. One without a name contradicts no other. */
static bool names_agree(const struct batch_contact *contact, struct contact_row *other)
{
	struct blind words[CONTACT_NAMES_MAX];

	if (contact->name_count == 0 || other->name_count == 0)
		return true;
	if (contact->name_count != other->name_count)
		return false;
	memcpy(words, contact->names, contact->name_count * sizeof *words);
	qsort(words, contact->name_count, sizeof *words, compare_blinds);
	qsort(other->names, other->name_count, sizeof *words, compare_blinds);
	return memcmp(words, other->names, contact->name_count * sizeof *words) == 0;
}

static enum result find_shared(struct enrolment *e, size_t n, struct err *err)
{
	struct db *db = e->c->session->data;
	uint32_t account = e->c->batch->account;
	struct id ids[SHARED_BY_MAX];
	struct contact_row other;
	size_t count;
	enum result r = contact_of_identity(db, account, e->entries[n].identity, ids, SHARED_BY_MAX, &count, err);

	e->shared[n] = r == ERR_LIMIT;
	if (r != OK)
		return r == ERR_LIMIT ? OK : r;
	for (size_t i = 0; i < count && r == OK && !e->shared[n]; i++) {
		if (id_compare(ids[i], e->contact->id) == 0)
			continue;
		r = contact_get(db, account, ids[i], &e->c->pool, &other, err);
		e->shared[n] = r == OK && !names_agree(e->contact, &other);
	}
	return r;
}

static enum result persons_identities(struct enrolment *e, struct id person, struct identity_row *rows, size_t *count,
				      struct err *err)
{
	return identity_of_person(e->c->session->data, e->c->batch->account, person, &e->c->pool, rows,
				  PERSON_IDENTITIES_MAX, count, err);
}

static enum result move_all(struct enrolment *e, const struct identity_row *rows, size_t count, struct err *err)
{
	uint32_t account = e->c->batch->account;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		r = identity_move(e->c->session->data, account, rows[i].identity, *e->person, err);
		directory_forget(e->c->session->directory, account, &rows[i].blind);
	}
	return r;
}

/* Together they have no more identities than anybody has, and neither is being erased. */
static enum result may_merge(struct enrolment *e, struct id from, size_t together, bool *may, struct err *err)
{
	struct session *session = e->c->session;
	uint32_t account = e->c->batch->account;
	enum result r = OK;

	*may = together <= PERSON_IDENTITIES_MAX;
	if (*may)
		r = erasing_refuse(session, account, *e->person, err);
	if (*may && r == OK)
		r = erasing_refuse(session, account, from, err);
	*may = *may && r == OK;
	return r == ERR_WRONG_STATE ? OK : r;
}

/* The person of entry n becomes one with theirs, if they may. */
static enum result merge(struct enrolment *e, size_t n, struct err *err)
{
	struct identity_row rows[PERSON_IDENTITIES_MAX];
	const struct id from = e->persons[n];
	size_t count, theirs;
	bool may = false;
	enum result r = persons_identities(e, *e->person, rows, &theirs, err);

	if (r == OK)
		r = persons_identities(e, from, rows, &count, err);
	if (r == OK)
		r = may_merge(e, from, count + theirs, &may, err);
	if (r == ERR_LIMIT || (r == OK && !may)) {
		e->c->counts->shared++;
		return OK;
	}
	if (r == OK)
		r = move_all(e, rows, count, err);
	if (r != OK)
		return r;
	for (size_t i = 0; i < e->contact->handle_count; i++) {
		if (e->found[i] && id_compare(e->persons[i], from) == 0)
			e->persons[i] = *e->person;
	}
	e->c->counts->linked++;
	return OK;
}

/* `person` must stay where it is: persons do not move. */
static enum result settle_person(struct enrolment *e, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < e->contact->handle_count && r == OK; i++) {
		if (!e->found[i])
			continue;
		r = find_shared(e, i, err);
		if (r != OK)
			break;
		if (e->shared[i])
			e->c->counts->shared++;
		else if (e->person == NULL)
			e->person = &e->persons[i];
		else if (id_compare(*e->person, e->persons[i]) != 0)
			r = merge(e, i, err);
	}
	return r;
}

static enum result make_missing(struct enrolment *e, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < e->contact->handle_count && r == OK; i++) {
		if (e->found[i])
			continue;
		r = lookup_identity(e->c, &e->contact->handles[i], e->person, &e->entries[i], &e->persons[i], err);
		e->found[i] = true;
		if (e->person == NULL)
			e->person = &e->persons[i];
	}
	return r;
}

/* ---- the row ---- */

static void fill_row(const struct enrolment *e, struct contact_row *row)
{
	const struct batch_contact *contact = e->contact;

	row->account = e->c->batch->account;
	row->id = contact->id;
	row->key = e->key;
	row->hold = 0;
	row->party_count = contact->handle_count;
	for (size_t i = 0; i < contact->handle_count; i++)
		row->parties[i] = (struct party){e->entries[i].identity, 0};
	row->party_count = parties_sort(row->parties, row->party_count);
	row->name_count = contact->name_count;
	memcpy(row->names, contact->names, contact->name_count * sizeof *row->names);
	memcpy(row->digest, contact->digest.bytes, sizeof row->digest);
	row->updated = e->c->batch->now;
	row->deleted = (struct instant){0};
	row->gone_on = (struct date){0};
}

/* Persons have changed: what a hold of a person covers may have too. */
static enum result reload_holds(struct commit *c, struct err *err)
{
	if (c->holds.count == 0)
		return OK;
	pool_reset(&c->hold_pool);
	return holds_load(c->session, c->batch->account, &c->hold_pool, &c->holds, err);
}

static enum result put(struct enrolment *e, struct err *err)
{
	int64_t linked = e->c->counts->linked;
	struct contact_row row;
	enum result r = settle_person(e, err);

	if (r == OK)
		r = make_missing(e, err);
	if (r == OK && e->key == 0)
		r = contact_key_make(e->c->session, e->c->batch->account, &e->key, err);
	if (r != OK)
		return r;
	fill_row(e, &row);
	r = seal_contact(e->c->session->ring, &row, e->contact->payload, e->contact->payload_len, &e->c->pool, err);
	if (r == OK)
		r = contact_put(e->c->session->data, &row, err);
	if (r == OK)
		e->c->counts->payload_bytes += (int64_t)row.payload_len;
	return r == OK && e->c->counts->linked > linked ? reload_holds(e->c, err) : r;
}

static void note(struct enrolment *e, enum taken taken)
{
	e->c->batch->taken_contacts[e->contact->order] = (unsigned char)taken;
}

/* What was deleted stays so, whatever its source still says of it, until somebody says otherwise. */
static enum result put_new(struct enrolment *e, struct err *err)
{
	struct import_result *counts = e->c->counts;
	struct instant at;
	bool gone;
	enum result r = contact_key_gone(e->c->session, e->c->batch->account, e->contact->id, &gone, &at, err);

	if (r == OK && gone) {
		note(e, TAKEN_DELETED);
		counts->contacts_deleted++;
	}
	if (r != OK || gone)
		return r;
	counts->contacts_new++;
	r = outbox_add(&e->c->enrolled, OUTBOX_CONTACT, e->contact->id, err);
	return r == OK ? put(e, err) : r;
}

static enum result put_changed(struct enrolment *e, const struct contact_row *old, struct err *err)
{
	struct import_result *counts = e->c->counts;
	enum result r;

	if (contact_is_deleted(old)) {
		note(e, TAKEN_DELETED);
		counts->contacts_deleted++;
	} else if (memcmp(old->digest, e->contact->digest.bytes, sizeof old->digest) == 0) {
		note(e, TAKEN_KNOWN);
		counts->contacts_unchanged++;
	} else if (old->hold != 0 || holds_cover_contact(&e->c->holds, old) != NULL) {
		note(e, TAKEN_HELD);
		counts->contacts_held++;
	} else {
		note(e, TAKEN_UPDATED);
		counts->contacts_updated++;
		e->key = old->key;
		r = outbox_add(&e->c->changed, OUTBOX_CONTACT, e->contact->id, err);
		return r == OK ? put(e, err) : r;
	}
	return OK;
}

static enum result enrol(struct commit *c, const struct batch_contact *contact, struct err *err)
{
	struct enrolment e = {.c = c, .contact = contact};
	struct contact_row old;
	bool refused;
	enum result r = look_up(&e, &refused, err);

	if (r == OK && refused) {
		note(&e, TAKEN_ERASED);
		c->counts->refused_erased++;
		return OK;
	}
	if (r == OK)
		r = contact_get(c->session->data, c->batch->account, contact->id, &c->pool, &old, err);
	if (r == ERR_NOT_FOUND)
		return put_new(&e, err);
	return r == OK ? put_changed(&e, &old, err) : r;
}

enum result enrol_contacts(struct commit *c, struct err *err)
{
	struct batch *batch = c->batch;
	enum result r = OK;

	memset(batch->taken_contacts, TAKEN_NEW, batch->contact_count);
	qsort(batch->contacts, batch->contact_count, sizeof *batch->contacts, by_id);
	for (size_t i = 0; i < batch->contact_count && r == OK; i++) {
		r = enrol(c, &batch->contacts[i], err);
		pool_reset(&c->pool);
	}
	return r;
}
