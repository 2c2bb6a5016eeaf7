/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of which days a hold may cover something: see retention/holds.h.
 */
#include <stdlib.h>
#include <string.h>

#include "retention/holds.h"
#include "store/party.h"

#define DAYS_MAX 1048576 /* of all scopes together */
#define PAGE 64
#define EVER_FIRST ((struct date){INT32_MIN})
#define EVER_LAST ((struct date){INT32_MAX})

/* Of a scope at work. */
struct finding {
	struct session *session;
	struct hold_scope *scope;
	struct date first, last;
	struct hold_day *days; /* `room` of them */
	size_t count, room;
	size_t left;           /* so many more there may be */
	bool full;
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

/* ---- one scope ---- */

static size_t without_doubles(struct hold_day *days, size_t count)
{
	size_t kept = 0;

	if (count > 1)
		qsort(days, count, sizeof *days, hold_day_compare);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || hold_day_compare(&days[kept - 1], &days[i]) != 0)
			days[kept++] = days[i];
	}
	return kept;
}

/* Several people have records of the same days: doubles go before there is more. */
static enum result make_room(struct finding *f, struct err *err)
{
	size_t room = f->room == 0 ? 1024 : f->room * 2;
	struct hold_day *more;

	f->count = without_doubles(f->days, f->count);
	f->full = f->count >= f->left;
	if (f->full || (f->room > 0 && f->count < f->room / 2))
		return OK;
	more = realloc(f->days, room * sizeof *more);
	if (more == NULL)
		return err_no_memory(err);
	f->days = more;
	f->room = room;
	return OK;
}

static enum result add(struct finding *f, enum record_kind kind, struct date day, struct err *err)
{
	enum result r = OK;

	if (!hold_scope_touches(f->scope, kind, day) || day.days < f->first.days || day.days > f->last.days)
		return OK;
	if (f->count > 0 && f->days[f->count - 1].kind == kind && f->days[f->count - 1].day.days == day.days)
		return OK;
	if (f->count == f->room)
		r = make_room(f, err);
	if (r == OK && !f->full)
		f->days[f->count++] = (struct hold_day){kind, day};
	return r;
}

static struct date day_of(struct id id)
{
	return instant_date(id_time(id));
}

/* Sorts after every id of the same day, and before those of the next. */
static struct id end_of_day(struct id id)
{
	struct id end = id_floor(date_start(date_add_days(day_of(id), 1)));

	return id_compare(end, id) > 0 ? end : id; /* after the last day there is none */
}

/* From the month of the first day on, and no further than that of the last; the rest of a day is skipped where there is much. */
static enum result add_lane(struct finding *f, int64_t identity, struct err *err)
{
	struct party_key keys[PAGE], last = {.month = 0};
	int32_t last_month = f->last.days == EVER_LAST.days ? INT32_MAX : date_month_index(f->last);
	size_t count;
	enum result r;

	if (f->first.days != EVER_FIRST.days)
		last = (struct party_key){.month = date_month_index(f->first), .kind = KIND_FIRST};
	do {
		r = party_list_until(f->session->data, f->scope->row.account, identity, &last, last_month, keys, PAGE,
				     &count, err);
		for (size_t i = 0; r == OK && i < count && !f->full; i++)
			r = add(f, keys[i].kind, day_of(keys[i].id), err);
		if (r == OK && count > 0) {
			last = keys[count - 1];
			last.id = end_of_day(last.id);
		}
	} while (r == OK && count == PAGE && !f->full);
	return r;
}

/* What is under its key is its, whoever that leads to by now. */
static enum result add_held(struct finding *f, struct err *err)
{
	struct held_row rows[PAGE], last = {.kind = KIND_FIRST}; /* contacts come before */
	size_t count;
	enum result r;

	do {
		r = held_list(f->session->data, f->scope->row.account, f->scope->row.hold, last.kind, last.id, rows, PAGE,
			      &count, err);
		for (size_t i = 0; r == OK && i < count && !f->full; i++)
			r = add(f, rows[i].kind, day_of(rows[i].id), err);
		if (r == OK && count > 0) {
			last = rows[count - 1];
			last.id = end_of_day(last.id);
		}
	} while (r == OK && count == PAGE && !f->full);
	return r;
}

/* ---- all of them ---- */

static enum result keep_days(struct finding *f, struct pool *pool, struct err *err)
{
	struct hold_scope *scope = f->scope;

	f->count = without_doubles(f->days, f->count);
	if (f->full || f->count > f->left)
		return OK;
	scope->days = pool_alloc(pool, (f->count + 1) * sizeof *scope->days);
	if (scope->days == NULL)
		return err_no_memory(err);
	if (f->days != NULL)
		memcpy(scope->days, f->days, f->count * sizeof *scope->days);
	scope->day_count = f->count;
	scope->has_days = true;
	f->left -= f->count;
	return OK;
}

/* Of one that leads to no people, and where days are very many, each is touched as before. */
static enum result find_days(struct finding *f, bool held, struct pool *pool, struct err *err)
{
	const int64_t *lanes;
	size_t count;
	enum result r = holds_lanes(f->session, f->scope, pool, &lanes, &count, err);

	if (r != OK || count == 0)
		return r;
	f->count = 0;
	f->full = false;
	for (size_t i = 0; i < count && r == OK && !f->full; i++)
		r = add_lane(f, lanes[i], err);
	if (r == OK && held)
		r = add_held(f, err);
	return r == OK ? keep_days(f, pool, err) : r;
}

static enum result find_all(struct finding *f, struct hold_set *set, bool held, struct pool *pool, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < set->count && r == OK; i++) {
		f->scope = &set->scopes[i];
		r = find_days(f, held, pool, err);
	}
	free(f->days);
	return r;
}

enum result holds_find_days(struct session *session, struct hold_set *set, struct pool *pool, struct err *err)
{
	struct finding finding = {.session = session, .first = EVER_FIRST, .last = EVER_LAST, .left = DAYS_MAX};
	enum result r = holds_find_named(set, pool, err);

	return r == OK ? find_all(&finding, set, true, pool, err) : r;
}

enum result holds_find_due_days(struct session *session, struct hold_set *set, struct date first, struct date last,
				struct pool *pool, struct err *err)
{
	struct finding finding = {.session = session, .first = first, .last = last, .left = DAYS_MAX};

	return find_all(&finding, set, false, pool, err);
}
