/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Identities, contacts, holds, and keys without data.
 */
#include "store/hold.h"
#include "vault/check_run.h"
#include "vault/contact_key.h"
#include "vault/idle_keys.h"

#define BATCH 64

static enum result gone_is_right(enum result r, bool *still)
{
	*still = false;
	return r == ERR_NOT_FOUND ? OK : r;
}

/* ---- identities ---- */

static enum result identity_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct identity_row row;
	const char *value;
	bool covered;
	enum result r = identity_get(run->session->data, suspect->account, suspect->number, &run->pool, &row, err);

	if (r != OK)
		return gone_is_right(r, still);
	r = check_covered(run, suspect->account, &covered, err);
	if (r != OK)
		return r;
	r = open_identity(run->session->ring, &row, &run->pool, &value, err);
	*still = check_is_problem(r) && !covered;
	return check_is_problem(r) ? OK : r;
}

/* An erasure that is under way has set the tombstone and not yet taken the row. */
static enum result tombstone_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct identity_row row;
	bool covered;
	enum result r = identity_get(run->session->data, suspect->account, suspect->number, &run->pool, &row, err);

	if (r != OK)
		return gone_is_right(r, still);
	r = check_covered(run, suspect->account, &covered, err);
	*still = !covered;
	return r;
}

static enum result check_identity(void *arg, const struct identity_row *row, struct err *err)
{
	struct check_run *run = arg;
	struct suspect suspect = {.check = CHECK_IDENTITIES, .account = run->account, .number = row->identity};
	struct instant erased_at;
	const char *value;
	bool erased;
	enum result r;

	pool_reset(&run->pool);
	r = open_identity(run->session->ring, row, &run->pool, &value, err);
	run->report->checks[CHECK_IDENTITIES].looked_at++;
	if (check_is_problem(r)) {
		suspect.again = identity_again;
		check_suspect(run, &suspect, "account %u: identity %lld: %s", run->account, (long long)row->identity,
			      r == ERR_GONE ? "its key is gone and no unfinished job explains it"
					    : "it cannot be opened");
		r = OK;
	}
	if (r == OK)
		r = tombstone_get(run->session->keys, run->account, &row->blind, &erased, &erased_at, err);
	if (r == OK && erased && row->created.ms < erased_at.ms) {
		suspect.again = tombstone_again;
		check_suspect(run, &suspect, "account %u: identity %lld: it was erased, and is here", run->account,
			      (long long)row->identity);
	}
	return r == OK ? check_step(run, 0, err) : r;
}

enum result check_identities(struct check_run *run, struct err *err)
{
	return identity_walk(run->session->data, run->account, check_identity, run, err);
}

/* ---- contacts ---- */

static enum result contact_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct contact_row row;
	const char *plain;
	bool covered;
	size_t len;
	enum result r = contact_get(run->session->data, suspect->account, suspect->id, &run->pool, &row, err);

	if (r != OK)
		return gone_is_right(r, still);
	r = check_covered(run, suspect->account, &covered, err);
	if (r != OK)
		return r;
	r = open_contact(run->session->ring, &row, &run->pool, &plain, &len, err);
	*still = check_is_problem(r) && !covered;
	return check_is_problem(r) ? OK : r;
}

/* A purge that is under way has set the tombstone and not yet taken the row. */
static enum result purged_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct contact_row row;
	struct instant at;
	bool covered, gone = false;
	enum result r = contact_get(run->session->data, suspect->account, suspect->id, &run->pool, &row, err);

	if (r != OK)
		return gone_is_right(r, still);
	r = contact_key_gone(run->session, suspect->account, suspect->id, &gone, &at, err);
	if (r == OK)
		r = check_covered(run, suspect->account, &covered, err);
	*still = r == OK && gone && !covered;
	return r;
}

static enum result check_deleted(struct check_run *run, const struct contact_row *row, const char *id, struct err *err)
{
	struct suspect suspect = {
	    .check = CHECK_CONTACTS, .again = purged_again, .account = run->account, .id = row->id};
	struct instant at;
	bool gone;
	enum result r = contact_key_gone(run->session, run->account, row->id, &gone, &at, err);

	if (r == OK && gone)
		check_suspect(run, &suspect, "account %u: %s: it was deleted for good, and is here", run->account, id);
	if (contact_is_deleted(row) ? row->gone_on.days < instant_date(row->deleted).days : row->gone_on.days != 0)
		check_found(run, CHECK_CONTACTS, "account %u: %s: when it was deleted and when it goes do not fit",
			    run->account, id);
	return r;
}

/* A deleted one is not found by its name, any other is. */
static enum result check_names(struct check_run *run, const struct contact_row *row, const char *id, struct err *err)
{
	bool deleted = contact_is_deleted(row), leads;
	enum result r = OK;

	for (size_t i = 0; i < row->name_count && r == OK; i++) {
		r = contact_has_name(run->session->data, run->account, &row->names[i], row->id, &leads, err);
		if (r == OK && leads == deleted)
			check_found(run, CHECK_CONTACTS, "account %u: %s: %s", run->account, id,
				    deleted ? "it is deleted, and a word of its name leads to it"
					    : "a word of its name does not lead to it");
	}
	return r == OK ? check_deleted(run, row, id, err) : r;
}

static enum result check_index(struct check_run *run, const struct contact_row *row, const char *id, struct err *err)
{
	struct held_row held;
	bool indexed;
	enum result r = check_names(run, row, id, err);

	for (size_t i = 0; i < row->party_count && r == OK; i++) {
		r = contact_has_identity(run->session->data, run->account, row->parties[i].identity, row->id,
					 &indexed, err);
		if (r == OK && !indexed)
			check_found(run, CHECK_CONTACTS, "account %u: %s: identity %lld does not lead to it",
				    run->account, id, (long long)row->parties[i].identity);
	}
	if (r != OK || row->hold == 0)
		return r;
	r = held_get(run->session->data, run->account, row->hold, HELD_CONTACT, row->id, &held, err);
	if (r == ERR_NOT_FOUND) {
		check_found(run, CHECK_HOLDS, "account %u: %s: it is under a hold's key and not listed as held",
			    run->account, id);
		r = OK;
	}
	return r;
}

static enum result check_contact(struct check_run *run, struct id contact, struct err *err)
{
	struct suspect suspect = {
	    .check = CHECK_CONTACTS, .again = contact_again, .account = run->account, .id = contact};
	struct contact_row row;
	char id[ID_TEXT_MAX];
	const char *plain;
	size_t len;
	enum result r = contact_get(run->session->data, run->account, contact, &run->pool, &row, err);

	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	run->report->checks[CHECK_CONTACTS].looked_at++;
	id_format(CONTACT_PREFIX, contact, id);
	r = open_contact(run->session->ring, &row, &run->pool, &plain, &len, err);
	if (check_is_problem(r)) {
		check_suspect(run, &suspect, "account %u: %s: %s", run->account, id,
			      r == ERR_GONE ? "its key is gone and no unfinished job explains it"
					    : "it cannot be opened");
		r = OK;
	}
	return r == OK ? check_index(run, &row, id, err) : r;
}

enum result check_contacts(struct check_run *run, struct err *err)
{
	struct id ids[BATCH], after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = check_begin(run, err);
		if (r != OK)
			return r;
		r = contact_list(run->session->data, run->account, after, ids, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = check_contact(run, ids[i], err);
		check_end(run);
		after = r == OK && count > 0 ? ids[count - 1] : after;
		if (r == OK)
			r = check_step(run, 0, err);
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- holds ---- */

static enum result held_is_there(struct check_run *run, const struct held_row *held, bool *there, struct err *err)
{
	struct contact_row contact;
	struct record_row record;
	enum result r;

	if (held->kind == HELD_CONTACT) {
		r = contact_get(run->session->data, run->account, held->id, &run->pool, &contact, err);
		*there = r == OK && contact.hold == held->hold;
	} else {
		r = record_get(run->session->data, run->account, held->kind, held->id, &run->pool, &record, err);
		*there = r == OK && record.hold == held->hold;
	}
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result check_held(struct check_run *run, const void *arg, const struct held_row *held, struct err *err)
{
	const char *prefix = held->kind == HELD_CONTACT ? CONTACT_PREFIX : kind_prefix(held->kind);
	char id[ID_TEXT_MAX];
	bool there;
	enum result r = held_is_there(run, held, &there, err);

	(void)arg;
	run->report->checks[CHECK_HOLDS].looked_at++;
	if (r == OK && !there)
		check_found(run, CHECK_HOLDS, "account %u: %s: it is listed as held and is not under that hold's key",
			    run->account, id_format(prefix, held->id, id));
	return r;
}

enum result check_walk_held(struct check_run *run, int64_t hold, check_each_held *each, const void *arg,
			    struct err *err)
{
	struct held_row rows[BATCH], after = {0};
	size_t count;
	enum result r;

	do {
		r = check_begin(run, err);
		if (r != OK)
			return r;
		r = held_list(run->session->data, run->account, hold, after.kind, after.id, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			pool_reset(&run->pool);
			r = each(run, arg, &rows[i], err);
		}
		check_end(run);
		after = r == OK && count > 0 ? rows[count - 1] : after;
	} while (r == OK && count == BATCH);
	return r;
}

/* Listed in the transaction in which its row went. */
static enum result check_hold_identity(struct check_run *run, int64_t identity, struct err *err)
{
	struct identity_row row;
	enum result r = identity_get(run->session->data, run->account, identity, &run->pool, &row, err);

	run->report->checks[CHECK_HOLDS].looked_at++;
	if (r == OK)
		check_found(run, CHECK_HOLDS, "account %u: identity %lld: a hold lists it as erased, and it is here",
			    run->account, (long long)identity);
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result check_hold_identities(struct check_run *run, int64_t hold, struct err *err)
{
	int64_t rows[BATCH], after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = hold_identity_list(run->session->data, run->account, hold, after, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = check_hold_identity(run, rows[i], err);
		after = r == OK && count > 0 ? rows[count - 1] : after;
	} while (r == OK && count == BATCH);
	return r;
}

enum result check_holds(struct check_run *run, struct err *err)
{
	struct hold_row row;
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = hold_list(run->session->data, run->account, false, after, &run->pool, &row, 1, &count, err);
		if (r == OK && count > 0) {
			after = row.hold;
			r = check_walk_held(run, after, check_held, NULL, err);
			if (r == OK)
				r = check_hold_identities(run, after, err);
		}
	} while (r == OK && count > 0);
	return r;
}

/* ---- keys without data ---- */

enum result check_keys(struct check_run *run, struct err *err)
{
	return idle_keys_count(run->session, &run->pool, &run->report->keys_without_data, err);
}
