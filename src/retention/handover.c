/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/handover.h"

#include "vault/aside.h"
#include "store/contact.h"

#define SEALED_MAX ((size_t)256 * 1024 * 1024) /* of one record at work */

struct verdict_rules handover_rules(const struct keepers *keepers, struct instant now)
{
	return (struct verdict_rules){.holds = &keepers->holds, .duties = &keepers->duties, .now = now};
}

/* ---- looking ---- */

static enum result look_at_contact(struct session *session, const struct verdict_rules *rules,
				   const struct held_row *held, struct pool *pool, struct contact_row *row,
				   struct ruling *out, struct err *err)
{
	struct hold_set able = holds_for(rules->holds, held);
	bool back;
	enum result r = contact_get(session->data, held->account, held->id, pool, row, err);

	out->fate = FATE_STAYS;
	if (r != OK || row->hold != held->hold)
		return r == ERR_NOT_FOUND ? OK : r;
	out->scope = holds_cover_contact(&able, row);
	out->fate = out->scope != NULL ? FATE_HELD : FATE_GOES;
	out->cause = held->cause;
	out->due = held->due;
	if (held->cause != HELD_ASIDE || out->fate == FATE_HELD)
		return OK;
	r = aside_contact_can_go(session, row, pool, &back, err);
	if (r == OK && back)
		out->fate = FATE_STAYS;
	return r;
}

/* What was put aside is asked of as what is erased, and that only when it cannot go back to its day. */
static enum result look_aside(struct session *session, const struct record_row *row, struct pool *pool,
			      struct ruling *out, struct err *err)
{
	bool back;
	enum result r;

	out->cause = out->fate == FATE_HELD ? HELD_ASIDE : HELD_ERASED;
	if (out->fate == FATE_HELD)
		return OK;
	r = aside_can_go(session, row, pool, &back, err);
	if (r == OK && back)
		out->fate = FATE_STAYS;
	return r;
}

static enum result look_at_record(struct session *session, const struct verdict_rules *rules,
				  const struct held_row *held, struct pool *pool, struct record_row *row,
				  struct ruling *out, struct err *err)
{
	struct held_row as = *held;
	enum result r = record_get(session->data, held->account, held->kind, held->id, pool, row, err);

	out->fate = FATE_STAYS;
	if (r != OK || row->hold != held->hold)
		return r == ERR_NOT_FOUND ? OK : r;
	if (held->cause == HELD_ASIDE)
		as.cause = HELD_ERASED;
	r = verdict_row(session, rules, row, &as, NULL, pool, out, err);
	INVARIANT(r != OK || out->fate != FATE_STAYS);
	return r == OK && held->cause == HELD_ASIDE ? look_aside(session, row, pool, out, err) : r;
}

enum result handover_look(struct session *session, const struct verdict_rules *rules, const struct held_row *held,
			  struct pool *pool, struct record_row *row, struct ruling *out, struct err *err)
{
	struct contact_row contact;

	if (held->kind == (enum record_kind)HELD_CONTACT)
		return look_at_contact(session, rules, held, pool, &contact, out, err);
	return look_at_record(session, rules, held, pool, row, out, err);
}

struct ahead {
	struct session *session;
	struct verdict_rules rules;
	handover_visit *visit;
	void *arg;
	struct pool pool; /* of one record */
};

static enum result look_ahead(void *arg, const struct held_row *held, struct err *err)
{
	struct ahead *a = arg;
	struct record_row row;
	struct ruling ruling;
	enum result r;

	pool_reset(&a->pool);
	r = handover_look(a->session, &a->rules, held, &a->pool, &row, &ruling, err);
	return r == OK ? a->visit(a->arg, held, &row, &ruling, err) : r;
}

enum result handover_walk(struct session *session, const struct keepers *keepers, int64_t keeper,
			  handover_visit *visit, void *arg, struct err *err)
{
	struct ahead a = {.session = session, .visit = visit, .arg = arg,
			  .rules = handover_rules(keepers, date_start(keepers->duties.today))};
	enum result r;

	pool_init(&a.pool, SEALED_MAX);
	r = held_walk(session->data, keepers->holds.account, keeper, look_ahead, &a, err);
	pool_free(&a.pool);
	return r;
}

/* ---- handing over ---- */

static enum result put_back(struct session *session, const struct held_row *held, struct pool *pool, struct err *err)
{
	struct contact_row contact;
	struct record_row row;
	bool back;
	enum result r;

	if (held->kind == (enum record_kind)HELD_CONTACT) {
		r = contact_get(session->data, held->account, held->id, pool, &contact, err);
		if (r == OK && contact.hold == held->hold)
			r = aside_put_contact_back(session, &contact, pool, &back, err);
	} else {
		r = record_get(session->data, held->account, held->kind, held->id, pool, &row, err);
		if (r == OK && row.hold == held->hold)
			r = aside_put_back(session, &row, pool, &back, err);
	}
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result hand_over_contact(struct session *session, const struct verdict_rules *rules,
				     const struct held_row *held, struct pool *pool, struct ruling *out,
				     struct err *err)
{
	struct contact_row contact;
	enum result r = look_at_contact(session, rules, held, pool, &contact, out, err);

	if (r == OK && out->fate == FATE_HELD)
		r = holds_keep_contact(session, out->scope, &contact, held->cause, held->due, pool, err);
	if (r == ERR_GONE)
		out->fate = FATE_GOES;
	return r == ERR_GONE ? OK : r;
}

enum result handover_one(struct session *session, const struct verdict_rules *rules, const struct held_row *held,
			 struct pool *pool, struct record_row *row, struct ruling *out, struct err *err)
{
	enum result r;

	if (held->kind == (enum record_kind)HELD_CONTACT) {
		r = hand_over_contact(session, rules, held, pool, out, err);
	} else {
		r = look_at_record(session, rules, held, pool, row, out, err);
		if (r == OK)
			r = verdict_keep(session, rules, out, row, NULL, pool, err);
	}
	return r == OK && out->fate == FATE_STAYS && held->cause == HELD_ASIDE ? put_back(session, held, pool, err) : r;
}

struct handing {
	struct session *session;
	const struct verdict_rules *rules;
	struct handed *out;
};

static enum result hand_over(void *arg, const struct held_row *held, struct err *err)
{
	const struct handing *h = arg;
	struct handed *out = h->out;
	struct ruling ruling;
	struct record_row row;
	struct pool pool;
	enum result r;

	pool_init(&pool, SEALED_MAX);
	r = handover_one(h->session, h->rules, held, &pool, &row, &ruling, err);
	pool_free(&pool);
	/* What fails its tag nobody can read: an obligation has nothing of it to keep. */
	if (r == ERR_CORRUPT && ruling.fate == FATE_CUT) {
		ruling.fate = FATE_GOES;
		r = OK;
	}
	out->held += r == OK && ruling.fate == FATE_HELD;
	out->cut += r == OK && ruling.fate == FATE_CUT;
	out->due += r == OK && ruling.fate == FATE_GOES;
	return r;
}

enum result handover_all(struct session *session, const struct verdict_rules *rules, int64_t hold, struct handed *out,
			 struct err *err)
{
	struct handing handing = {session, rules, out};

	*out = (struct handed){.due = 0};
	return held_walk(session->data, rules->holds->account, hold, hand_over, &handing, err);
}
