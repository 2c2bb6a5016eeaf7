/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/carry_run.h"

#include "store/contact.h"
#include "store/duty.h"
#include "store/hold.h"

/* ---- holds and what they keep ---- */

/* Whose it is may have changed with who is whose, and it may have been released. */
static enum result update_hold(struct carry *c, const struct hold_row *live, const struct hold_row *have,
			       struct err *err)
{
	bool moved = live->has_person && id_compare(live->person, have->person) != 0;
	bool ended = live->released && !have->released;
	enum result r = OK;

	if (moved)
		r = hold_set_person(c->to->data, c->account, live->hold, live->person, err);
	if (r == OK && ended)
		r = hold_set_released(c->to->data, c->account, live->hold, live->released_at, err);
	c->out->holds += r == OK && (moved || ended);
	return r;
}

static enum result carry_hold(struct carry *c, const struct hold_row *live, struct err *err)
{
	struct hold_row have;
	enum result r = hold_get(c->to->data, c->account, live->hold, &c->pool, &have, err);

	if (r == OK)
		return update_hold(c, live, &have, err);
	if (r != ERR_NOT_FOUND)
		return r;
	c->out->holds++;
	return hold_insert(c->to->data, live, err);
}

/* Who was erased since is no identity any more by which what is held could be found. */
static enum result carry_hold_identities(struct carry *c, int64_t hold, struct err *err)
{
	int64_t rows[BATCH], after = 0;
	size_t count;
	enum result r;

	do {
		r = hold_identity_list(c->live->data, c->account, hold, after, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = hold_identity_insert(c->to->data, c->account, hold, rows[i], err);
		after = r == OK && count > 0 ? rows[count - 1] : after;
	} while (r == OK && count == BATCH);
	return r;
}

static enum result replace_record(struct carry *c, const struct record_row *live, struct err *err)
{
	struct record_row have;
	enum result r = record_get(c->to->data, c->account, live->kind, live->id, &c->pool, &have, err);

	/* Who was erased since is taken out of what a duty keeps. */
	if (r == OK && have.hold == live->hold && have.party_count == live->party_count)
		return OK;
	if (r == OK && have.hold != 0)
		r = held_delete(c->to->data, c->account, have.hold, have.kind, have.id, err);
	if (r == OK)
		r = carry_exchange(c, &have, live, err);
	else if (r == ERR_NOT_FOUND)
		r = carry_put_record(c, live, err);
	c->out->held += r == OK;
	return r;
}

static enum result replace_contact(struct carry *c, struct id id, struct err *err)
{
	struct contact_row live, have;
	enum result r = contact_get(c->live->data, c->account, id, &c->pool, &live, err);

	if (r != OK)
		return carry_none_is_fine(r);
	r = contact_get(c->to->data, c->account, id, &c->pool, &have, err);
	if (r == OK && have.hold == live.hold)
		return OK;
	if (r == OK && have.hold != 0)
		r = held_delete(c->to->data, c->account, have.hold, 0, id, err);
	r = carry_none_is_fine(r);
	c->out->held += r == OK;
	return r == OK ? contact_put(c->to->data, &live, err) : r;
}

/* A contact is listed under kind 0. */
static enum result carry_held(struct carry *c, const struct held_row *held, struct err *err)
{
	struct record_row live;
	enum result r;

	if (held->kind == 0) {
		r = replace_contact(c, held->id, err);
	} else {
		r = record_get(c->live->data, c->account, held->kind, held->id, &c->pool, &live, err);
		r = r == OK ? replace_record(c, &live, err) : carry_none_is_fine(r);
	}
	/* Why it would be gone may have changed. */
	if (r == OK)
		r = held_delete(c->to->data, c->account, held->hold, held->kind, held->id, err);
	return r == OK ? held_insert(c->to->data, held, err) : r;
}

/* Put back under the key of its day, or of its account: it is as the live data have it. */
static enum result take_back(struct carry *c, const struct held_row *held, const struct record_row *record,
			     const struct contact_row *contact, struct err *err)
{
	struct record_row have;
	enum result r;

	if (held->kind == (enum record_kind)HELD_CONTACT) {
		r = contact_put(c->to->data, contact, err);
	} else {
		r = record_get(c->to->data, c->account, held->kind, held->id, &c->pool, &have, err);
		r = r == OK ? carry_exchange(c, &have, record, err) : carry_none_is_fine(r);
	}
	c->out->held += r == OK;
	return r == OK ? held_delete(c->to->data, c->account, held->hold, held->kind, held->id, err) : r;
}

/* What the backup lists under a keeper and the live data do not. */
static enum result settle_held(struct carry *c, const struct held_row *held, bool ended, struct err *err)
{
	struct contact_row contact = {.hold = 0};
	struct record_row record = {.hold = 0};
	bool existed = false;
	enum result r;

	if (held->kind == (enum record_kind)HELD_CONTACT)
		r = contact_get(c->live->data, c->account, held->id, &c->pool, &contact, err);
	else
		r = record_get(c->live->data, c->account, held->kind, held->id, &c->pool, &record, err);
	if (r == OK && (contact.hold == held->hold || record.hold == held->hold))
		return OK;
	if (r == OK && contact.hold == 0 && record.hold == 0)
		return take_back(c, held, &record, &contact, err);
	if (!ended || carry_none_is_fine(r) != OK)
		return carry_none_is_fine(r);
	r = remove_held(c->to, held, &c->pool, &existed, err);
	c->out->released += r == OK && existed;
	return r;
}

/* Of a hold that is released: what was due and went since must not come back by a key that still keeps the rest. What
 * another hold took over comes with that one. */
static enum result drop_if_gone(struct carry *c, const struct held_row *held, struct err *err)
{
	return settle_held(c, held, true, err);
}

static enum result drop_if_back(struct carry *c, const struct held_row *held, struct err *err)
{
	return settle_held(c, held, false, err);
}

typedef enum result each_held(struct carry *c, const struct held_row *held, struct err *err);
struct each {
	struct carry *c;
	each_held *held;
};

static enum result visit_held(void *arg, const struct held_row *held, struct err *err)
{
	const struct each *each = arg;

	pool_reset(&each->c->pool);
	return each->held(each->c, held, err);
}

static enum result walk_held(struct carry *c, struct db *in, int64_t hold, each_held *held, struct err *err)
{
	struct each each = {c, held};
	struct pool outer = c->pool;
	enum result r;

	pool_init(&c->pool, (size_t)1024 * 1024 * 1024);
	r = held_walk(in, c->account, hold, visit_held, &each, err);
	pool_free(&c->pool);
	c->pool = outer;
	return r;
}

enum result carry_holds(struct carry *c, struct err *err)
{
	struct hold_row rows[BATCH];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = hold_list(c->live->data, c->account, false, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = carry_hold(c, &rows[i], err);
			if (r == OK)
				r = carry_hold_identities(c, rows[i].hold, err);
			if (r == OK)
				r = walk_held(c, c->live->data, rows[i].hold, carry_held, err);
			if (r == OK)
				r = walk_held(c, c->to->data, rows[i].hold,
					      rows[i].released ? drop_if_gone : drop_if_back, err);
		}
		after = r == OK && count > 0 ? rows[count - 1].hold : after;
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- obligations and duties ---- */

static enum result carry_obligations(struct carry *c, struct err *err)
{
	struct obligation_row rows[BATCH];
	const char *after = "";
	size_t count;
	enum result r;

	pool_reset(&c->pool);
	do {
		r = obligation_list_rows(c->live->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = obligation_put(c->to->data, c->account, &rows[i], err);
		after = r == OK && count > 0 ? rows[count - 1].code : after;
	} while (r == OK && count == BATCH);
	return r;
}

/* Its key is gone. What other keys keep by now comes with those. */
static enum result drop_ended(struct carry *c, int64_t duty, struct err *err)
{
	struct duty_row live;
	enum result r = duty_get(c->live->data, c->account, duty, &c->pool, &live, err);

	if (r != ERR_NOT_FOUND)
		return r;
	r = walk_held(c, c->to->data, duty, drop_if_gone, err);
	return r == OK ? duty_delete(c->to->data, c->account, duty, err) : r;
}

static enum result carry_duty(struct carry *c, const struct duty_row *live, struct err *err)
{
	struct duty_row have;
	enum result r = duty_get(c->to->data, c->account, live->duty, &c->pool, &have, err);

	if (r == ERR_NOT_FOUND) {
		c->out->duties++;
		r = duty_insert(c->to->data, live, err);
	}
	if (r == OK)
		r = walk_held(c, c->live->data, live->duty, carry_held, err);
	return r == OK ? walk_held(c, c->to->data, live->duty, drop_if_gone, err) : r;
}

static enum result walk_duties(struct carry *c, bool live, struct err *err)
{
	const struct date ever = {INT32_MAX};
	struct duty_row rows[BATCH];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = duty_list(live ? c->live->data : c->to->data, c->account, ever, after, &c->pool, rows, BATCH,
			      &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			after = rows[i].duty;
			r = live ? carry_duty(c, &rows[i], err) : drop_ended(c, after, err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

enum result carry_duties(struct carry *c, struct err *err)
{
	enum result r = carry_obligations(c, err);

	if (r == OK)
		r = walk_duties(c, false, err);
	return r == OK ? walk_duties(c, true, err) : r;
}
