/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/verdict.h"

#include <string.h>

/* ---- facts ---- */

static void add_hold(const struct hold_scope *scope, struct verdict_facts *out)
{
	struct disposition_facts *facts = &out->facts;
	bool legal = scope->row.type == HOLD_LEGAL;
	const struct hold_scope **first = legal ? &out->hold : &out->restriction;

	if (*first == NULL)
		*first = scope;
	*(legal ? &facts->hold_count : &facts->restriction_count) += 1;
	facts->hold = out->hold != NULL ? &out->hold->row : NULL;
	facts->restriction = out->restriction != NULL ? &out->restriction->row : NULL;
}

static void add_holds(const struct verdict_rules *rules, const struct verdict_case *c, struct verdict_facts *out)
{
	const struct hold_scope *scope = rules->holds != NULL ? holds_cover(rules->holds, c->row) : NULL;

	for (; scope != NULL; scope = holds_cover_next(rules->holds, c->row, scope))
		add_hold(scope, out);
}

/* Of what was cut down already a law keeps no more than what is left. */
static uint32_t kept_by(const struct obligation *law, uint32_t left)
{
	if ((left & KEEPS_ALL) != 0)
		return law->fields;
	return law->fields == KEEPS_ALL ? left : law->fields & left;
}

/* As on the day that counts, whichever they were loaded on. */
static struct duty_set duties_of(const struct verdict_rules *rules)
{
	struct duty_set duties = *rules->duties;

	duties.today = instant_date(rules->now);
	return duties;
}

static void add_obligations(const struct verdict_rules *rules, const struct verdict_case *c, struct verdict_facts *out)
{
	struct duty_set duties;

	_Static_assert(DUTIES_MAX <= DISPOSITION_OBLIGATIONS_MAX, "each may give its reason");
	if (rules->duties != NULL && rules->duties->count > 0) {
		duties = duties_of(rules);
		duties_cover(&duties, c->row, c->codes, c->left, &out->cover);
	}
	for (size_t i = 0; i < out->cover.count; i++)
		out->laws[i] = (struct disposition_obligation){.code = out->cover.laws[i]->code,
							       .fields = kept_by(out->cover.laws[i], out->cover.fields),
							       .ends = out->cover.ends[i]};
	out->facts.obligations = out->laws;
	out->facts.obligation_count = out->cover.count;
}

/* What only a hold or a duty keeps: why it would be gone. */
static void add_listed(const struct held_row *held, struct disposition_facts *facts)
{
	if (held != NULL && held->cause == HELD_ERASED) {
		facts->erasure = ERASURE_DONE;
		facts->erasure_at = held->due;
	}
	if (held != NULL && held->cause == HELD_EXPIRED) {
		facts->expired = true;
		facts->expired_at = held->due;
	}
}

static void add_cause(const struct verdict_rules *rules, const struct verdict_case *c, struct disposition_facts *facts)
{
	if (c->erased) {
		facts->erasure = ERASURE_DONE;
		facts->erasure_at = c->erased_at;
	}
	add_listed(c->held, facts);
	if (rules->only != NULL && memcmp(rules->only, &c->row->id, sizeof *rules->only) == 0) {
		facts->expired = true;
		facts->expired_at = rules->now;
	}
}

/* What is under another key than its day's had gone but for a keeper, and was billed by then. */
static void add_billing(const struct verdict_rules *rules, enum record_kind kind, struct date day, bool apart,
			struct disposition_facts *facts)
{
	facts->policy = (struct policy){.kind = kind, .keep = {.unlimited = true}};
	if (rules->policies == NULL)
		return;
	facts->unbilled = !apart && billing_waits(&rules->policies->billing, day);
	if (facts->unbilled && rules->policies->billing.said)
		facts->billed_until = rules->policies->billing.until;
}

/* A rule that is only thought of has no version yet, and decides all the same. */
static void add_policy(const struct policy *policy, struct disposition_facts *facts)
{
	if (policy == NULL)
		return;
	facts->policy = *policy;
	if (policy->version == 0)
		facts->policy.version = 1;
}

void verdict_facts(const struct verdict_rules *rules, const struct verdict_case *c, struct verdict_facts *out)
{
	const struct record_row *row = c->row;
	struct disposition_facts *facts = &out->facts;
	const struct policy *policy = rules->policies != NULL ? policies_pick(rules->policies, row) : NULL;

	*facts = (struct disposition_facts){.kind = row->kind, .occurred = id_time(row->id), .key_gone = c->key_gone};
	out->hold = out->restriction = NULL;
	out->cover.count = 0;
	out->cover.fields = 0;
	add_billing(rules, row->kind, instant_date(facts->occurred), row->hold != 0, facts);
	add_policy(policy, facts);
	add_holds(rules, c, out);
	add_obligations(rules, c, out);
	add_cause(rules, c, facts);
}

static void add_contact_holds(const struct verdict_rules *rules, const struct verdict_contact *c,
			      struct verdict_facts *out)
{
	for (size_t i = 0; rules->holds != NULL && i < rules->holds->count; i++) {
		const struct hold_set one = {
		    .account = rules->holds->account, .count = 1, .legal = 1, .scopes = &rules->holds->scopes[i]};

		if (holds_cover_contact(&one, c->row) != NULL)
			add_hold(&rules->holds->scopes[i], out);
	}
}

void verdict_contact_facts(const struct verdict_rules *rules, const struct verdict_contact *c,
			   struct verdict_facts *out)
{
	const enum record_kind kind = (enum record_kind)HELD_CONTACT;

	out->facts = (struct disposition_facts){.kind = kind,
						.occurred = c->row->updated,
						.key_gone = c->key_gone,
						.policy = {.kind = kind, .keep = {.unlimited = true}}};
	out->facts.contact.deleted = contact_is_deleted(c->row);
	out->facts.contact.at = c->row->deleted;
	out->facts.contact.gone_on = c->row->gone_on;
	out->hold = out->restriction = NULL;
	out->cover.count = 0;
	out->cover.fields = 0;
	add_contact_holds(rules, c, out);
	add_listed(c->held, &out->facts);
}

/* ---- from the disposition to what is to be done ---- */

static void give_cause(const struct disposition *d, struct ruling *out)
{
	const struct disposition_reason *ends = &d->reasons[d->ends];

	out->cause = ends->by == BY_ERASURE ? HELD_ERASED : HELD_EXPIRED;
	out->due = ends->by == BY_POLICY || ends->by == BY_DELETION ? date_start(ends->until) : ends->since;
}

static void rule(const struct verdict_facts *f, struct instant now, struct ruling *out)
{
	enum disposition_rule by;
	struct disposition d;

	disposition_weigh(&f->facts, now, &d);
	by = d.reasons[d.decides].by;
	out->fate = d.keeps == KEEPS_NOTHING ? FATE_GOES : FATE_STAYS;
	if (d.own != KEEPS_NOTHING)
		return;
	give_cause(&d, out);
	if (d.keeps == KEEPS_NOTHING)
		return;
	INVARIANT(by == BY_HOLD || by == BY_RESTRICTION || by == BY_OBLIGATION);
	out->fate = by == BY_OBLIGATION ? FATE_CUT : FATE_HELD;
	out->scope = by == BY_HOLD ? f->hold : f->restriction;
	if (by == BY_OBLIGATION)
		out->cover = f->cover;
}

void verdict_of(const struct verdict_rules *rules, const struct verdict_case *c, struct ruling *out)
{
	struct verdict_facts facts;

	verdict_facts(rules, c, &facts);
	rule(&facts, rules->now, out);
}

void verdict_of_contact(const struct verdict_rules *rules, const struct verdict_contact *c, struct ruling *out)
{
	struct verdict_facts facts;

	verdict_contact_facts(rules, c, &facts);
	rule(&facts, rules->now, out);
}

/* ---- a whole day ---- */

static void rule_day(const struct verdict_rules *rules, enum record_kind kind, struct date day,
		     const struct policy *policy, struct ruling *out)
{
	struct verdict_facts f = {.hold = NULL};

	f.facts = (struct disposition_facts){.kind = kind, .occurred = date_start(day)};
	add_billing(rules, kind, day, false, &f.facts);
	add_policy(policy, &f.facts);
	rule(&f, rules->now, out);
}

static bool duties_touch(const struct verdict_rules *rules, enum record_kind kind, struct date day)
{
	struct duty_set duties;

	if (rules->duties == NULL || rules->duties->count == 0)
		return false;
	duties = duties_of(rules);
	return duties_touch_period(&duties, kind, day);
}

static bool is_touched(const struct verdict_rules *rules, enum record_kind kind, struct date day)
{
	return (rules->holds != NULL && holds_touch_period(rules->holds, kind, day)) || duties_touch(rules, kind, day);
}

bool verdict_goes_by_sort(const struct verdict_rules *rules, enum record_kind kind, struct date day)
{
	return rules->only == NULL && (rules->holds == NULL || holds_go_by_sort(rules->holds, kind, day)) &&
	       !duties_touch(rules, kind, day);
}

bool verdict_of_period(const struct verdict_rules *rules, enum record_kind kind, struct date day, struct ruling *out)
{
	const struct policy *shortest, *longest;
	struct ruling other;

	if (rules->only != NULL || rules->policies == NULL || is_touched(rules, kind, day))
		return false;
	policies_extremes(rules->policies, kind, day, &shortest, &longest);
	rule_day(rules, kind, day, longest, out);
	rule_day(rules, kind, day, shortest, &other);
	return out->fate == other.fate;
}

/* ---- a row as it is stored ---- */

enum result verdict_opens(struct session *session, const struct record_row *row, bool *opens, struct err *err)
{
	struct key key;
	enum result r = seal_record_key(session->ring, row, &key, err);

	key_wipe(&key);
	*opens = r == OK;
	return r == ERR_GONE ? OK : r;
}

/* To what it was cut. Of what fails its tag, to nothing. */
static enum result find_cut(struct session *session, const struct verdict_rules *rules, struct pool *pool,
			    struct verdict_case *c, struct err *err)
{
	struct duty_row duty;
	enum result r = OK;

	if (c->row->hold != 0 && rules->duties != NULL)
		r = duties_cut_of(session, rules->duties, c->row, pool, &c->codes, &c->left, &duty, err);
	if (r == ERR_CORRUPT) {
		c->codes = "";
		c->left = 0;
	}
	return r == ERR_GONE || r == ERR_CORRUPT ? OK : r;
}

static enum result find_key(struct session *session, struct verdict_case *c, struct err *err)
{
	bool opens;
	enum result r = verdict_opens(session, c->row, &opens, err);

	c->key_gone = r == OK && !opens;
	return r == ERR_CORRUPT ? OK : r;
}

enum result verdict_case_of(struct session *session, const struct verdict_rules *rules, const struct record_row *row,
			    struct pool *pool, struct held_row *held, struct verdict_case *c, struct err *err)
{
	enum result r = OK;

	*c = (struct verdict_case){.row = row};
	if (row->hold != 0) {
		r = held_get(session->data, row->account, row->hold, row->kind, row->id, held, err);
		c->held = held;
	}
	if (r == OK)
		r = find_cut(session, rules, pool, c, err);
	return r == OK ? find_key(session, c, err) : r;
}

static bool is_held(const struct verdict_rules *rules, const struct record_row *row)
{
	const struct hold_scope *scope = rules->holds != NULL ? holds_cover(rules->holds, row) : NULL;

	return scope != NULL && scope->row.type == HOLD_LEGAL;
}

enum result verdict_row(struct session *session, const struct verdict_rules *rules, const struct record_row *row,
			const struct held_row *held, const struct instant *erased_at, struct pool *pool,
			struct ruling *out, struct err *err)
{
	struct verdict_case c = {.row = row, .held = held, .erased = erased_at != NULL};
	struct held_row found;
	enum result r = OK;

	if (row->hold != 0 && held == NULL) {
		r = held_get(session->data, row->account, row->hold, row->kind, row->id, &found, err);
		c.held = &found;
	}
	c.erased_at = erased_at != NULL ? *erased_at : (struct instant){0};
	/* A legal hold keeps whatever is left of it. */
	if (r == OK && !is_held(rules, row))
		r = find_cut(session, rules, pool, &c, err);
	if (r != OK)
		return r;
	verdict_of(rules, &c, out);
	if (out->fate == FATE_GOES)
		return OK;
	r = find_key(session, &c, err);
	if (r == OK && c.key_gone)
		verdict_of(rules, &c, out);
	return r;
}

enum result verdict_look(struct session *session, const struct verdict_rules *rules, const struct record_row *row,
			 struct pool *pool, struct ruling *out, struct err *err)
{
	const struct verdict_case c = {.row = row};

	if (row->hold != 0)
		return verdict_row(session, rules, row, NULL, NULL, pool, out, err);
	verdict_of(rules, &c, out);
	return OK;
}

enum result verdict_keep(struct session *session, const struct verdict_rules *rules, const struct ruling *ruling,
			 struct record_row *row, const struct duty_leaving *leaving, struct pool *pool,
			 struct err *err)
{
	if (ruling->fate == FATE_HELD)
		return holds_keep(session, ruling->scope, row, ruling->cause, ruling->due, pool, err);
	if (ruling->fate == FATE_CUT)
		return duties_keep(session, rules->duties, &ruling->cover, row, ruling->cause, ruling->due, leaving, pool,
				   err);
	return OK;
}
