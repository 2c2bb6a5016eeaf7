/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/holds.h"

#include <stdlib.h>
#include <string.h>

#include "vault/reseal.h"

#define HOLDS_FEW 8

/* ---- what holds cover ---- */

static enum result add_identities(struct hold_scope *scope, const int64_t *more, size_t count, struct pool *pool,
				  struct err *err)
{
	int64_t *all = pool_alloc(pool, (scope->identity_count + count) * sizeof *all);

	if (all == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < scope->identity_count; i++)
		all[i] = scope->identities[i];
	for (size_t i = 0; i < count; i++)
		all[scope->identity_count + i] = more[i];
	scope->identities = all;
	scope->identity_count += count;
	return OK;
}

/* Those the person has. */
static enum result add_living(struct session *session, struct hold_scope *scope, struct pool *pool, struct err *err)
{
	struct identity_row rows[HOLD_IDENTITIES_MAX];
	int64_t identities[HOLD_IDENTITIES_MAX];
	size_t count;
	enum result r = identity_of_person(session->data, scope->row.account, scope->row.person, pool, rows,
					   HOLD_IDENTITIES_MAX, &count, err);

	for (size_t i = 0; i < count && r == OK; i++)
		identities[i] = rows[i].identity;
	return r == OK && count > 0 ? add_identities(scope, identities, count, pool, err) : r;
}

/* Those the person had when they were erased: what another hold keeps of theirs is still this one's too. */
static enum result add_erased(struct session *session, struct hold_scope *scope, struct pool *pool, struct err *err)
{
	int64_t identities[HOLD_IDENTITIES_MAX], after = 0;
	size_t count;
	enum result r;

	do {
		r = hold_identity_list(session->data, scope->row.account, scope->row.hold, after, identities,
				       HOLD_IDENTITIES_MAX, &count, err);
		if (r == OK && count > 0) {
			after = identities[count - 1];
			r = add_identities(scope, identities, count, pool, err);
		}
	} while (r == OK && count == HOLD_IDENTITIES_MAX);
	return r;
}

enum result holds_resolve(struct session *session, const struct hold_row *row, struct pool *pool,
			  struct hold_scope *scope, struct err *err)
{
	enum result r;

	*scope = (struct hold_scope){.row = *row};
	if (!row->has_person)
		return OK;
	r = add_living(session, scope, pool, err);
	return r == OK ? add_erased(session, scope, pool, err) : r;
}

/* Legal holds first: a record that both cover is kept by the one that ends for nobody's wish. */
static int by_weight(const void *a, const void *b)
{
	const struct hold_scope *x = a, *y = b;

	if (x->row.type != y->row.type)
		return x->row.type == HOLD_LEGAL ? -1 : 1;
	return (x->row.hold > y->row.hold) - (x->row.hold < y->row.hold);
}

/* Most accounts have none or a few, and every read of a person, contact or record asks: so no room for all there may be. */
static enum result list_active(struct session *session, uint32_t account, struct pool *pool, struct hold_row **out,
			       size_t *count, struct err *err)
{
	struct hold_row few[HOLDS_FEW];
	size_t room = HOLDS_FEW;
	enum result r = hold_list(session->data, account, true, 0, pool, few, HOLDS_FEW, count, err);

	if (r == OK && *count == HOLDS_FEW)
		room = HOLDS_MAX;
	if (r != OK || *count == 0)
		return r;
	*out = pool_alloc(pool, room * sizeof **out);
	if (*out == NULL)
		return err_no_memory(err);
	if (room == HOLDS_MAX)
		return hold_list(session->data, account, true, 0, pool, *out, HOLDS_MAX, count, err);
	memcpy(*out, few, *count * sizeof **out);
	return OK;
}

static bool is_unheld(const struct vault *view, uint32_t account, uint64_t written)
{
	const struct unheld *known = view != NULL ? &view->unheld[account % VAULT_UNHELD] : NULL;

	return written != 0 && known->account == account && known->written == written;
}

enum result holds_load(struct session *session, uint32_t account, struct pool *pool, struct hold_set *out,
		       struct err *err)
{
	struct hold_row *rows = NULL;
	uint64_t written = session->vault != NULL ? vault_written(session->vault) : 0;
	enum result r;

	*out = (struct hold_set){.account = account};
	if (is_unheld(session->vault, account, written))
		return OK;
	r = list_active(session, account, pool, &rows, &out->count, err);
	if (r != OK)
		return r;
	if (out->count == 0 && written != 0)
		session->vault->unheld[account % VAULT_UNHELD] = (struct unheld){account, written};
	out->scopes = pool_alloc(pool, out->count * sizeof *out->scopes);
	if (out->scopes == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < out->count && r == OK; i++) {
		r = holds_resolve(session, &rows[i], pool, &out->scopes[i], err);
		out->legal += rows[i].type == HOLD_LEGAL;
	}
	if (r == OK && out->count > 1)
		qsort(out->scopes, out->count, sizeof *out->scopes, by_weight);
	return r;
}

struct hold_set holds_legal(const struct hold_set *set)
{
	struct hold_set legal = *set;

	legal.count = set->legal;
	return legal;
}

struct hold_set holds_for(const struct hold_set *set, const struct held_row *held)
{
	return held->cause == HELD_EXPIRED ? *set : holds_legal(set);
}

void holds_leave_out(struct hold_set *set, int64_t hold)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (set->scopes[i].row.hold == hold)
			set->legal -= set->scopes[i].row.type == HOLD_LEGAL;
		else
			set->scopes[kept++] = set->scopes[i];
	}
	set->count = kept;
}

static bool involves(const struct record_row *row, int64_t identity)
{
	return row->number == identity || row->agent == identity ||
	       parties_have(row->parties, row->party_count, identity);
}

static bool fits_person(const struct hold_scope *scope, const struct record_row *row)
{
	for (size_t i = 0; i < scope->identity_count; i++) {
		if (involves(row, scope->identities[i]))
			return true;
	}
	return false;
}

static bool fits_kind(const struct hold_row *hold, enum record_kind kind)
{
	return hold->kinds == 0 || (hold->kinds & (1u << kind)) != 0;
}

static bool fits_label(const struct record_row *row, int64_t label)
{
	return label == 0 || labels_have(row->labels, row->label_count, label);
}

static bool fits_labels(const struct hold_row *hold, const struct record_row *row)
{
	return fits_label(row, hold->queue) && fits_label(row, hold->campaign) && fits_label(row, hold->tag);
}

/* The cheap parts first. */
bool holds_fit(const struct hold_scope *scope, const struct record_row *row)
{
	const struct hold_row *hold = &scope->row;
	int64_t at = id_time(row->id).ms;

	return fits_kind(hold, row->kind) && (!hold->has_from || at >= hold->from.ms) &&
	       (!hold->has_until || at < hold->until.ms) && (hold->number == 0 || hold->number == row->number) &&
	       fits_labels(hold, row) && (hold->agent == 0 || involves(row, hold->agent)) &&
	       (hold->identity == 0 || involves(row, hold->identity)) &&
	       (!hold->has_person || fits_person(scope, row));
}

/* A record under the key of an active hold is that hold's, even when its person no longer leads to it. */
const struct hold_scope *holds_cover_next(const struct hold_set *set, const struct record_row *row,
					  const struct hold_scope *after)
{
	for (size_t i = after == NULL ? 0 : (size_t)(after - set->scopes) + 1; i < set->count; i++) {
		if (set->scopes[i].row.hold == row->hold || holds_fit(&set->scopes[i], row))
			return &set->scopes[i];
	}
	return NULL;
}

const struct hold_scope *holds_cover(const struct hold_set *set, const struct record_row *row)
{
	return holds_cover_next(set, row, NULL);
}

static bool fits_contact(const struct hold_scope *scope, const struct contact_row *row)
{
	const struct hold_row *hold = &scope->row;
	bool found = !hold->has_person;

	if (hold->kinds != 0 || hold->has_from || hold->has_until || hold->number != 0 || hold->agent != 0 ||
	    hold->queue != 0 || hold->campaign != 0 || hold->tag != 0 || (!hold->has_person && hold->identity == 0))
		return false;
	for (size_t i = 0; i < scope->identity_count && !found; i++)
		found = parties_have(row->parties, row->party_count, scope->identities[i]);
	return found && (hold->identity == 0 || parties_have(row->parties, row->party_count, hold->identity));
}

const struct hold_scope *holds_cover_contact(const struct hold_set *set, const struct contact_row *row)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->scopes[i].row.hold == row->hold || fits_contact(&set->scopes[i], row))
			return &set->scopes[i];
	}
	return NULL;
}

bool hold_scope_touches(const struct hold_scope *scope, enum record_kind kind, struct date day)
{
	int64_t start = date_start(day).ms, end = date_start(date_add_days(day, 1)).ms;
	const struct hold_row *hold = &scope->row;
	const struct hold_day key = {kind, day};

	if (!fits_kind(hold, kind) || (hold->has_from && end <= hold->from.ms) ||
	    (hold->has_until && start >= hold->until.ms))
		return false;
	return !scope->has_days || (scope->day_count > 0 && bsearch(&key, scope->days, scope->day_count, sizeof key,
								    hold_day_compare) != NULL);
}

bool holds_touch_period(const struct hold_set *set, enum record_kind kind, struct date day)
{
	for (size_t i = 0; i < set->count; i++) {
		if (hold_scope_touches(&set->scopes[i], kind, day))
			return true;
	}
	return false;
}

static bool goes_by_sort(const struct hold_row *hold, struct date day)
{
	int64_t start = date_start(day).ms, end = date_start(date_add_days(day, 1)).ms;

	return (!hold->has_from || hold->from.ms <= start) && (!hold->has_until || hold->until.ms >= end);
}

static int by_identity(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool is_named(const struct hold_set *set, int64_t identity)
{
	return identity != 0 && bsearch(&identity, set->named, set->named_count, sizeof identity, by_identity) != NULL;
}

bool holds_name(const struct hold_set *set, const struct record_row *row)
{
	bool named = set->named_count > 0 && (is_named(set, row->number) || is_named(set, row->agent));

	for (size_t i = 0; i < row->party_count && set->named_count > 0 && !named; i++)
		named = is_named(set, row->parties[i].identity);
	return named;
}

enum result holds_find_named(struct hold_set *set, struct pool *pool, struct err *err)
{
	size_t room = 0;

	for (size_t i = 0; i < set->count; i++)
		room += set->scopes[i].identity_count + 2;
	set->named = pool_alloc(pool, (room + 1) * sizeof *set->named);
	if (set->named == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < set->count; i++) {
		const struct hold_scope *scope = &set->scopes[i];

		for (size_t k = 0; k < scope->identity_count; k++)
			set->named[set->named_count++] = scope->identities[k];
		if (scope->row.identity != 0)
			set->named[set->named_count++] = scope->row.identity;
		if (scope->row.agent != 0)
			set->named[set->named_count++] = scope->row.agent;
	}
	if (set->named_count > 1)
		qsort(set->named, set->named_count, sizeof *set->named, by_identity);
	return OK;
}

bool holds_go_by_sort(const struct hold_set *set, enum record_kind kind, struct date day)
{
	for (size_t i = 0; i < set->count; i++) {
		if (hold_scope_touches(&set->scopes[i], kind, day) && !goes_by_sort(&set->scopes[i].row, day))
			return false;
	}
	return true;
}

/* ---- keeping ---- */

/* Is it under the key of a hold that stands? Then it is kept already, unless only a restriction keeps it and a legal
 * hold is to. A released one's key will go, and a duty's. */
enum result holds_leave_be(struct session *session, const struct hold_scope *scope, int64_t hold, struct pool *pool,
			   bool *leave, struct err *err)
{
	struct hold_row row;
	enum result r;

	*leave = hold == scope->row.hold;
	if (hold == 0 || *leave)
		return OK;
	r = hold_get(session->data, scope->row.account, hold, pool, &row, err);
	*leave = r == OK && !row.released && (row.type == HOLD_LEGAL || scope->row.type == HOLD_RESTRICTION);
	return r == ERR_NOT_FOUND ? OK : r;
}

/* Lists it under `hold`, and no longer under the released hold it was under before. */
static enum result list_held(struct session *session, const struct held_row *held, int64_t before, struct err *err)
{
	enum result r = held_insert(session->data, held, err);

	if (r == OK && before != 0)
		r = held_delete(session->data, held->account, before, held->kind, held->id, err);
	return r;
}

enum result holds_keep(struct session *session, const struct hold_scope *scope, struct record_row *row,
		       enum held_cause cause, struct instant due, struct pool *pool, struct err *err)
{
	const struct held_row held = {.account = row->account, .hold = scope->row.hold, .kind = row->kind,
				      .id = row->id, .cause = cause, .due = due};
	int64_t before = row->hold;
	struct key from;
	bool kept;
	enum result r = holds_leave_be(session, scope, before, pool, &kept, err);

	if (r != OK || kept)
		return r;
	r = seal_record_key(session->ring, row, &from, err);
	if (r == OK) {
		row->hold = scope->row.hold;
		r = reseal_record(session, row, &from, pool, err);
	}
	key_wipe(&from);
	return r == OK ? list_held(session, &held, before, err) : r;
}

enum result holds_keep_contact(struct session *session, const struct hold_scope *scope, struct contact_row *row,
			       enum held_cause cause, struct instant due, struct pool *pool, struct err *err)
{
	const struct held_row held = {.account = row->account, .hold = scope->row.hold,
				      .kind = (enum record_kind)HELD_CONTACT, .id = row->id, .cause = cause, .due = due};
	int64_t before = row->hold;
	const char *plain;
	struct key key;
	size_t len;
	bool kept;
	enum result r = holds_leave_be(session, scope, before, pool, &kept, err);

	if (r != OK || kept)
		return r;
	r = open_contact(session->ring, row, pool, &plain, &len, err);
	if (r == OK)
		r = keyring_get_or_make(session->ring, row->account, KEY_HOLD, scope->row.hold, &key, err);
	if (r != OK)
		return r;
	key_wipe(&key);
	row->hold = scope->row.hold;
	r = seal_contact(session->ring, row, plain, len, pool, err);
	if (r == OK)
		r = contact_put(session->data, row, err);
	return r == OK ? list_held(session, &held, before, err) : r;
}
