/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/reach.h"

#include <stdlib.h>

#include "retention/handover.h"
#include "retention/purge.h"
#include "store/party.h"
#include "store/period.h"

#define ROWS 64
#define KEYS 512
#define ROWS_POOL_MAX ((size_t)1024 * 1024 * 1024) /* of ROWS records of 4 MiB, sealed */
#define POOL_MAX ((size_t)64 * 1024 * 1024)

typedef enum result visit_record(void *arg, const struct record_row *row, struct err *err);

struct walk {
	struct session *session;
	const struct hold_scope *scope;
	struct date until[KIND_COUNT]; /* the last day that is asked for */
	reach_stop *stop;
	void *stop_arg;
	visit_record *visit;
	void *arg;
	struct record_row *rows; /* ROWS of them */
	struct pool pool;        /* of one page of them */
};

static enum result check_stop(const struct walk *walk, struct err *err)
{
	if (walk->stop == NULL || !walk->stop(walk->stop_arg))
		return OK;
	return err_set(err, ERR_INTERRUPTED, "stopped; nothing was changed");
}

static bool wants_kind(const struct walk *walk, enum record_kind kind)
{
	uint32_t kinds = walk->scope->row.kinds;

	return kinds == 0 || (kinds & (1u << kind)) != 0;
}

/* ---- along people ---- */

/* A record of several of a person's identities is met by way of each; it counts by way of the first. */
static bool is_first_lane(const int64_t *lanes, size_t lane, const struct record_row *row)
{
	for (size_t i = 0; i < lane; i++) {
		for (size_t k = 0; k < row->party_count; k++) {
			if (row->parties[k].identity == lanes[i])
				return false;
		}
	}
	return true;
}

static enum result visit_key(struct walk *walk, const int64_t *lanes, size_t lane, const struct party_key *key,
			     struct err *err)
{
	enum result r;

	if (!wants_kind(walk, key->kind) || instant_date(id_time(key->id)).days > walk->until[key->kind].days)
		return OK;
	pool_reset(&walk->pool);
	r = record_get(walk->session->data, walk->scope->row.account, key->kind, key->id, &walk->pool, walk->rows, err);
	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	if (!is_first_lane(lanes, lane, walk->rows) || !holds_fit(walk->scope, walk->rows))
		return OK;
	return walk->visit(walk->arg, walk->rows, err);
}

static enum result walk_lane(struct walk *walk, const int64_t *lanes, size_t lane, struct err *err)
{
	struct party_key keys[KEYS], last = {.month = 0};
	size_t count;
	enum result r;

	do {
		r = check_stop(walk, err);
		if (r == OK)
			r = party_list(walk->session->data, walk->scope->row.account, lanes[lane], &last, keys, KEYS,
				       &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = visit_key(walk, lanes, lane, &keys[i], err);
		if (r == OK && count > 0)
			last = keys[count - 1];
	} while (r == OK && count == KEYS);
	return r;
}

/* ---- by days ---- */

static enum result walk_day(void *arg, const struct period *period, struct err *err)
{
	struct walk *walk = arg;
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&walk->pool);
		r = check_stop(walk, err);
		if (r == OK)
			r = record_list_day(walk->session->data, walk->scope->row.account, period->kind, period->day, after,
					    &walk->pool, walk->rows, ROWS, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			after = walk->rows[i].id;
			if (holds_fit(walk->scope, &walk->rows[i]))
				r = walk->visit(walk->arg, &walk->rows[i], err);
		}
	} while (r == OK && count == ROWS);
	return r;
}

static enum result walk_kind(struct walk *walk, enum record_kind kind, struct err *err)
{
	const struct hold_row *hold = &walk->scope->row;
	struct date after = {INT32_MIN}, until = walk->until[kind];

	if (hold->has_from)
		after = date_add_days(instant_date(hold->from), -1);
	if (hold->has_until && instant_date(hold->until).days < until.days)
		until = instant_date(hold->until);
	return period_walk(walk->session->data, hold->account, kind, after, until, walk_day, walk, err);
}

static enum result walk_scope(struct walk *walk, struct err *err)
{
	const int64_t *lanes;
	size_t count;
	enum result r = holds_lanes(walk->session, walk->scope, &walk->pool, &lanes, &count, err);

	if (r != OK || count > 0) {
		for (size_t i = 0; i < count && r == OK; i++)
			r = walk_lane(walk, lanes, i, err);
		return r;
	}
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		if (wants_kind(walk, (enum record_kind)kind))
			r = walk_kind(walk, (enum record_kind)kind, err);
	}
	return r;
}

static enum result run_walk(struct walk *walk, struct err *err)
{
	enum result r;

	walk->rows = malloc(ROWS * sizeof *walk->rows);
	if (walk->rows == NULL)
		return err_no_memory(err);
	pool_init(&walk->pool, ROWS_POOL_MAX);
	r = walk_scope(walk, err);
	pool_free(&walk->pool);
	free(walk->rows);
	return r;
}

/* ---- judging ---- */

struct judge {
	struct session *session;
	struct policy_set policies;
	struct keepers keepers;  /* those that stand, or will */
	struct hold_set ending;  /* the one that is released */
	struct instant now;
	struct reach *preview;
	struct reach_end *end;
	struct pool pool;        /* of one look */
};

static enum result judge_begin(struct judge *judge, struct session *session, uint32_t account, struct instant now,
			       struct pool *pool, struct err *err)
{
	enum result r = policies_load(session, account, now, pool, &judge->policies, err);

	judge->session = session;
	judge->now = now;
	return r == OK ? keepers_load(session, account, now, pool, &judge->keepers, err) : r;
}

/* What was kept by a hold that was released, and by a duty that ends now, is judged anew; what is kept by any other is not. */
static enum result is_over(struct judge *judge, const struct record_row *row, bool *over, struct err *err)
{
	struct hold_row hold;
	struct duty_row duty;
	enum result r = hold_get(judge->session->data, row->account, row->hold, &judge->pool, &hold, err);

	*over = r == OK && hold.released;
	if (r != ERR_NOT_FOUND)
		return r;
	r = duty_get(judge->session->data, row->account, row->hold, &judge->pool, &duty, err);
	*over = r == OK && duties_due(&judge->keepers.duties, &duty);
	return r == ERR_NOT_FOUND ? OK : r;
}

/* What the next run would do with it. */
static enum result judge_row(struct judge *judge, const struct record_row *row, struct ruling *out, struct err *err)
{
	const struct verdict_rules rules = {.policies = &judge->policies,
					    .holds = &judge->keepers.holds,
					    .duties = &judge->keepers.duties,
					    .now = judge->now};
	bool over = true;
	enum result r = OK;

	out->fate = FATE_STAYS;
	pool_reset(&judge->pool);
	if (row->hold != 0)
		r = is_over(judge, row, &over, err);
	return r == OK && over ? verdict_look(judge->session, &rules, row, &judge->pool, out, err) : r;
}

static enum result preview_record(void *arg, const struct record_row *row, struct err *err)
{
	struct judge *judge = arg;
	struct reach_kind *kind = &judge->preview->kinds[row->kind];
	struct instant at = id_time(row->id);
	struct ruling ruling;
	enum result r = judge_row(judge, row, &ruling, err);
	bool due = r == OK && ruling.fate == FATE_GOES;

	if (kind->records == 0 || at.ms < kind->oldest.ms)
		kind->oldest = at;
	if (kind->records == 0 || at.ms > kind->newest.ms)
		kind->newest = at;
	kind->records++;
	kind->due += due;
	kind->kept += row->hold != 0 && !due;
	return r;
}

static enum result preview_with(struct judge *judge, struct walk *walk, struct instant now, struct pool *pool,
				struct err *err)
{
	enum result r = judge_begin(judge, walk->session, walk->scope->row.account, now, pool, err);

	for (int kind = 0; kind < KIND_COUNT; kind++)
		walk->until[kind] = (struct date){INT32_MAX};
	return r == OK ? run_walk(walk, err) : r;
}

enum result reach_preview(struct session *session, const struct hold_scope *scope, struct instant now,
			  reach_stop *stop, void *arg, struct reach *out, struct err *err)
{
	struct judge judge = {.preview = out};
	struct walk walk = {.session = session, .scope = scope, .stop = stop, .stop_arg = arg,
			    .visit = preview_record, .arg = &judge};
	struct pool pool;
	enum result r;

	*out = (struct reach){.kinds = {{0}}};
	pool_init(&pool, POOL_MAX);
	pool_init(&judge.pool, POOL_MAX);
	r = preview_with(&judge, &walk, now, &pool, err);
	keepers_free(&judge.keepers);
	pool_free(&judge.pool);
	pool_free(&pool);
	return r;
}

/* ---- before a release ---- */

static void count_end(struct judge *judge, enum record_kind kind, const struct ruling *ruling)
{
	judge->end->records[kind] += ruling->fate == FATE_GOES;
	judge->end->cut[kind] += ruling->fate == FATE_CUT;
}

static enum result end_record(void *arg, const struct record_row *row, struct err *err)
{
	struct judge *judge = arg;
	struct ruling ruling = {.fate = FATE_STAYS};
	enum result r = row->hold == 0 ? judge_row(judge, row, &ruling, err) : OK;

	if (r == OK)
		count_end(judge, row->kind, &ruling);
	return r;
}

/* What is put aside goes back to its day, and follows its policy there. */
static enum result end_aside(struct judge *judge, const struct held_row *held, struct err *err)
{
	struct record_row record;
	enum result r;

	if (held->kind == (enum record_kind)HELD_CONTACT)
		return OK;
	r = record_get(judge->session->data, held->account, held->kind, held->id, &judge->pool, &record, err);
	record.hold = 0;
	if (r == OK)
		r = end_record(judge, &record, err);
	return r == ERR_NOT_FOUND ? OK : r;
}

struct ending { struct judge *judge; const struct walk *walk; };

static enum result end_held(void *arg, const struct held_row *held, struct err *err)
{
	const struct ending *ending = arg;
	struct judge *judge = ending->judge;
	const struct verdict_rules rules = handover_rules(&judge->keepers, judge->now);
	struct record_row record;
	struct ruling ruling;
	enum result r = check_stop(ending->walk, err);

	if (r != OK)
		return r;
	pool_reset(&judge->pool);
	if (held->cause == HELD_ASIDE)
		return end_aside(judge, held, err);
	r = handover_look(judge->session, &rules, held, &judge->pool, &record, &ruling, err);
	if (r != OK)
		return r;
	if (held->kind == (enum record_kind)HELD_CONTACT)
		judge->end->contacts += ruling.fate == FATE_GOES;
	else
		count_end(judge, held->kind, &ruling);
	return OK;
}

static enum result end_all_held(struct judge *judge, const struct walk *walk, struct err *err)
{
	const struct hold_row *hold = &walk->scope->row;
	struct ending ending = {judge, walk};

	return held_walk(judge->session->data, hold->account, hold->hold, end_held, &ending, err);
}

/* Deleted, and its grace over since the last run. */
static enum result end_contact(void *arg, const struct contact_gone *gone, const struct ruling *ruling, struct err *err)
{
	struct judge *judge = arg;
	struct contact_row row;
	enum result r;

	if (ruling->fate != FATE_GOES)
		return OK;
	pool_reset(&judge->pool);
	r = contact_get(judge->session->data, judge->ending.account, gone->id, &judge->pool, &row, err);
	judge->end->contacts += r == OK && holds_cover_contact(&judge->ending, &row) != NULL;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result end_contacts(struct judge *judge, struct hold_scope *scope, struct err *err)
{
	judge->ending = (struct hold_set){.account = scope->row.account, .count = 1, .scopes = scope};
	return purge_walk(judge->session, &judge->keepers.holds, judge->now, instant_date(judge->now), end_contact,
			  judge, err);
}

/* No day that no rule has ended has anything due. */
static bool limit_days(struct walk *walk, const struct judge *judge)
{
	bool any = false;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		walk->until[kind] = (struct date){INT32_MIN};
		any |= policies_first_cutoff(&judge->policies, (enum record_kind)kind, instant_date(judge->now), &walk->until[kind]);
	}
	return any;
}

static enum result release_with(struct judge *judge, struct walk *walk, const struct hold_row *hold,
				struct hold_scope *scope, struct pool *pool, struct err *err)
{
	enum result r = judge_begin(judge, walk->session, hold->account, judge->now, pool, err);

	if (r == OK)
		r = holds_resolve(walk->session, hold, pool, scope, err);
	if (r != OK)
		return r;
	holds_leave_out(&judge->keepers.holds, hold->hold);
	r = end_all_held(judge, walk, err);
	if (r == OK)
		r = end_contacts(judge, scope, err);
	return r == OK && limit_days(walk, judge) ? run_walk(walk, err) : r;
}

enum result reach_release(struct session *session, const struct hold_row *hold, struct instant now, reach_stop *stop,
			  void *arg, struct reach_end *out, struct err *err)
{
	struct judge judge = {.end = out, .now = now};
	struct hold_scope scope;
	struct walk walk = {.session = session, .scope = &scope, .stop = stop, .stop_arg = arg, .visit = end_record, .arg = &judge};
	struct pool pool;
	enum result r;

	*out = (struct reach_end){.contacts = 0};
	pool_init(&pool, POOL_MAX);
	pool_init(&judge.pool, POOL_MAX);
	r = release_with(&judge, &walk, hold, &scope, &pool, err);
	keepers_free(&judge.keepers);
	pool_free(&judge.pool);
	pool_free(&pool);
	return r;
}
