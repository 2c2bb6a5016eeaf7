/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of which days a hold may cover something: see retention/holds.h.
 */
#include <stdlib.h>

#include "retention/holds.h"
#include "store/party.h"

#define SCOPES_MAX 64   /* holds of an account for which it is worth the looks */
#define DAYS_MAX 16384  /* records of all of them together */
#define PAGE 256

/* Of a scope at work. */
struct finding {
	struct session *session;
	struct hold_scope *scope;
	struct hold_day *days; /* `room` of them */
	size_t count, room;
};

int hold_day_compare(const void *a, const void *b)
{
	const struct hold_day *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->day.days > y->day.days) - (x->day.days < y->day.days);
}

enum result holds_lanes(struct session *session, const struct hold_scope *scope, struct pool *pool,
			const int64_t **lanes, size_t *count, struct err *err)
{
	const struct hold_row *hold = &scope->row;
	struct identity_row row;
	enum result r = OK;

	*lanes = hold->has_person ? scope->identities : hold->identity != 0 ? &hold->identity : &hold->agent;
	*count = hold->has_person ? scope->identity_count : (size_t)(**lanes != 0);
	for (size_t i = 0; i < *count && r == OK; i++) {
		r = identity_get(session->data, hold->account, (*lanes)[i], pool, &row, err);
		if (r == OK && row.kind == IDENTITY_NUMBER)
			*count = 0;
		r = r == ERR_NOT_FOUND ? OK : r;
	}
	return r;
}

static bool has_room(const struct finding *f)
{
	return f->count < f->room;
}

static void add(struct finding *f, enum record_kind kind, struct id id)
{
	f->days[f->count++] = (struct hold_day){kind, instant_date(id_time(id))};
}

static enum result add_lane(struct finding *f, int64_t identity, struct err *err)
{
	struct party_key keys[PAGE], last = {.month = 0};
	size_t count;
	enum result r;

	do {
		r = party_list(f->session->data, f->scope->row.account, identity, &last, keys, PAGE, &count, err);
		for (size_t i = 0; r == OK && i < count && has_room(f); i++)
			add(f, keys[i].kind, keys[i].id);
		if (r == OK && count > 0)
			last = keys[count - 1];
	} while (r == OK && count == PAGE && has_room(f));
	return r;
}

/* What is under its key is its, whoever that leads to by now. */
static enum result add_held(struct finding *f, struct err *err)
{
	struct held_row rows[PAGE], last = {.kind = (enum record_kind)0};
	size_t count;
	enum result r;

	do {
		r = held_list(f->session->data, f->scope->row.account, f->scope->row.hold, last.kind, last.id, rows, PAGE,
			      &count, err);
		for (size_t i = 0; r == OK && i < count && has_room(f); i++)
			add(f, rows[i].kind, rows[i].id);
		if (r == OK && count > 0)
			last = rows[count - 1];
	} while (r == OK && count == PAGE && has_room(f));
	return r;
}

static size_t without_doubles(struct hold_day *days, size_t count)
{
	size_t kept = 0;

	qsort(days, count, sizeof *days, hold_day_compare);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || hold_day_compare(&days[kept - 1], &days[i]) != 0)
			days[kept++] = days[i];
	}
	return kept;
}

static enum result find_days(struct finding *f, struct pool *pool, struct err *err)
{
	const int64_t *lanes;
	size_t count;
	enum result r = holds_lanes(f->session, f->scope, pool, &lanes, &count, err);

	if (r != OK || count == 0)
		return r;
	for (size_t i = 0; i < count && r == OK; i++)
		r = add_lane(f, lanes[i], err);
	if (r == OK)
		r = add_held(f, err);
	/* Full: there may be more. */
	if (r != OK || !has_room(f))
		return r;
	f->scope->day_count = without_doubles(f->days, f->count);
	f->scope->days = f->days;
	f->scope->has_days = true;
	return OK;
}

enum result holds_find_days(struct session *session, struct hold_set *set, struct pool *pool, struct err *err)
{
	struct hold_day *days;
	size_t used = 0;
	enum result r = OK;

	if (set->count == 0 || set->count > SCOPES_MAX)
		return OK;
	days = pool_alloc(pool, DAYS_MAX * sizeof *days);
	if (days == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < set->count && r == OK; i++) {
		struct finding finding = {
		    .session = session, .scope = &set->scopes[i], .days = days + used, .room = DAYS_MAX - used};

		r = find_days(&finding, pool, err);
		used += finding.scope->day_count;
	}
	return r;
}
