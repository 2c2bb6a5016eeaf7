/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/partial.h"

#include "retention/day.h"
#include "store/hold.h"
#include "vault/reseal.h"

#define MOVE_MAX 2048 /* records in a transaction */

/* ---- what is due ---- */

struct finding { const struct expire_terms *terms; int part; bool due, left_over, kept; };

/* A run that ended between keeping and deleting left the key that it was under before. */
static enum result find_kept(struct finding *finding, const struct record_row *row, struct err *err)
{
	struct held_row held;
	enum result r = ERR_NOT_FOUND;

	if (!finding->kept && row->part == finding->part)
		r = held_get(finding->terms->vault->read.data, row->account, row->hold, row->kind, row->id, &held, err);
	finding->kept |= r == OK && held.cause == HELD_EXPIRED;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result find_rows(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			     struct err *err)
{
	struct finding *finding = arg;
	const struct expire_terms *terms = finding->terms;
	enum result r = OK;

	(void)pool;
	for (size_t i = 0; i < count && !finding->due && r == OK; i++) {
		if (rows[i].hold != 0)
			r = find_kept(finding, &rows[i], err);
		else if (rows[i].part != finding->part)
			finding->left_over = true;
		else
			finding->due = expire_due(terms, &rows[i]);
	}
	*stop = finding->due;
	return r;
}

/* Keys that should be gone: of parts before the current one, or of that itself when something in it has been kept. */
static enum result find_keys(struct finding *finding, const struct period *period, struct err *err)
{
	struct session *session = &finding->terms->vault->read;
	bool has = false;
	enum result r = OK;

	if (finding->kept)
		r = expire_has_key(session, finding->terms->account, period, period->part + 1, &has, err);
	finding->due = has;
	if (r == OK && !has)
		r = expire_has_key(session, finding->terms->account, period, period->part, &has, err);
	finding->left_over |= has;
	return r;
}

enum result partial_find(const struct expire_terms *terms, const struct period *period, bool *due, int *spare,
			 struct err *err)
{
	struct finding finding = {.terms = terms, .part = period->part};
	enum result r = day_walk(&terms->vault->read, terms->account, period, (struct id){{0}}, find_rows, &finding,
				 err);

	if (r == OK && !finding.due)
		r = find_keys(&finding, period, err);
	/* With something due under the key of the part that is current, that key must go; else only those before it. */
	*due = finding.due || finding.left_over;
	*spare = finding.due ? period->part + 1 : period->part;
	return r;
}

/* ---- moving ---- */

struct moving {
	const struct expire_terms *terms;
	const struct expiry *expiry;
	struct session *session;
	struct id after;  /* where this transaction begins */
	struct id last;   /* how far it came */
	size_t moved;
	bool more;
	bool damage_too;              /* what fails its tag goes along as it is */
	struct expire_damage damage;  /* in this transaction */
};

static enum result seal_anew(struct moving *moving, struct record_row *row, struct pool *pool, struct err *err)
{
	struct key from;
	enum result r = seal_record_key(moving->session->ring, row, &from, err);

	if (r == OK) {
		row->part = moving->expiry->spare;
		r = reseal_record(moving->session, row, &from, pool, err);
	}
	key_wipe(&from);
	return r;
}

static enum result take_along(struct moving *moving, struct record_row *row, struct pool *pool, struct err *err)
{
	struct key from;
	enum result r = seal_record_key(moving->session->ring, row, &from, err);
	bool has_key = r == OK;

	if (has_key || r == ERR_CORRUPT) {
		row->part = moving->expiry->spare;
		r = reseal_what_opens(moving->session, row, has_key ? &from : NULL, pool, err);
	}
	key_wipe(&from);
	return r;
}

static enum result move_row(struct moving *moving, struct record_row *row, struct pool *pool, struct err *err)
{
	struct record_row was;
	enum result r;

	if (row->hold != 0 || row->part == moving->expiry->spare || expire_due(moving->terms, row))
		return OK;
	was = *row;
	moving->moved++;
	r = seal_anew(moving, row, pool, err);
	if (r != ERR_CORRUPT)
		return r == ERR_GONE ? OK : r;
	expire_name(&moving->damage, row->id);
	*row = was;
	return moving->damage_too ? take_along(moving, row, pool, err) : r;
}

static enum result move_rows(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			     struct err *err)
{
	struct moving *moving = arg;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++)
		r = move_row(moving, &rows[i], pool, err);
	moving->last = rows[count - 1].id;
	*stop = moving->more = moving->moved >= MOVE_MAX;
	return r;
}

/* New records go under the new part's key before the first is sealed anew, so that none comes under the old one. */
static enum result move_op(struct session *session, void *arg, struct err *err)
{
	struct moving *moving = arg;
	const struct period *at = &moving->expiry->period;
	struct period period;
	enum result r = period_get(session->data, moving->terms->account, at->kind, at->day, &period, err);

	moving->session = session;
	moving->last = moving->after;
	moving->moved = 0;
	moving->more = false;
	moving->damage.count = 0;
	if (r == OK && period.part != moving->expiry->spare) {
		period.part = moving->expiry->spare;
		r = period_set_looked(session->data, moving->terms->account, &period, err);
	}
	if (r != OK)
		return r;
	return day_walk(session, moving->terms->account, at, moving->after, move_rows, moving, err);
}

static void add_damage(struct expiry *expiry, const struct expire_damage *damage)
{
	for (int64_t i = 0; i < damage->count && i < EXPIRE_NAMED_MAX; i++)
		expire_name(&expiry->damage, damage->named[i]);
	expiry->damage.count += damage->count > EXPIRE_NAMED_MAX ? damage->count - EXPIRE_NAMED_MAX : 0;
}

static enum result move_all(const struct expire_terms *terms, struct expiry *expiry, bool damage_too, struct err *err)
{
	struct moving moving = {.terms = terms, .expiry = expiry, .damage_too = damage_too};
	enum result r;

	do {
		r = vault_write(terms->vault, move_op, &moving, err);
		moving.after = moving.last;
		if (r == OK || (r == ERR_CORRUPT && !damage_too))
			add_damage(expiry, &moving.damage);
	} while (r == OK && moving.more);
	return r;
}

/* ---- what is damaged among what stays ---- */

struct reading { const struct expire_terms *terms; int spare; bool any; };

static enum result read_due(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			    struct err *err)
{
	struct reading *reading = arg;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK && !reading->any; i++) {
		const char *plain;
		size_t len;

		if (rows[i].hold != 0 || rows[i].part == reading->spare || !expire_due(reading->terms, &rows[i]))
			continue;
		r = open_record(reading->terms->vault->read.ring, &rows[i], pool, &plain, &len, err);
		reading->any = r == OK;
		r = r == ERR_GONE || r == ERR_CORRUPT ? OK : r;
	}
	*stop = reading->any;
	return r;
}

static bool due_can_be_read(const struct expire_terms *terms, const struct expiry *expiry)
{
	struct reading reading = {terms, expiry->spare, false};
	struct err ignored; /* what fails its tag is not read */

	return day_walk(&terms->vault->read, terms->account, &expiry->period, (struct id){{0}}, read_due, &reading,
			&ignored) == OK && reading.any;
}

/* As long as nobody could read what is due, the day's key can wait for what is damaged to be mended. When somebody could, it
 * goes: what is damaged stays as it is, and what of it opens is sealed anew. */
enum result partial_move(const struct expire_terms *terms, struct expiry *expiry, struct err *err)
{
	enum result r = move_all(terms, expiry, false, err);

	if (r == ERR_CORRUPT && due_can_be_read(terms, expiry)) {
		expiry->damage.count = 0;
		r = move_all(terms, expiry, true, err);
	}
	expiry->damaged |= r == ERR_CORRUPT;
	return r == ERR_CORRUPT ? OK : r;
}

/* ---- nothing due ---- */

struct looking { const struct expire_terms *terms; struct period *periods; size_t count; };

static enum result looked_op(struct session *session, void *arg, struct err *err)
{
	const struct looking *looking = arg;
	const struct expire_terms *terms = looking->terms;
	enum result r = OK;

	for (size_t i = 0; i < looking->count && r == OK; i++) {
		struct period *period = &looking->periods[i];

		period->looked = terms->today;
		period->looked_policy = terms->policies->begun[period->kind];
		r = period_set_looked(session->data, terms->account, period, err);
	}
	return r;
}

enum result partial_looked(const struct expire_terms *terms, struct period *periods, size_t count, struct err *err)
{
	struct looking looking = {terms, periods, count};

	return count > 0 ? vault_write(terms->vault, looked_op, &looking, err) : OK;
}
