/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/account.h"
#include "store/aggregate.h"
#include "store/contact.h"
#include "store/duty.h"
#include "store/hold.h"
#include "store/holiday.h"
#include "store/job.h"
#include "store/label.h"
#include "store/leaf.h"
#include "store/media.h"
#include "store/policy.h"
#include "store/setting.h"
#include "store/user.h"
#include "vault/carry_access.h"

#define BATCH 256
#define MEDIA_MAX 64
#define ROWS 64 /* records of 4 MiB, of both, must fit the pool */

struct carry {
	struct session *live, *to;
	struct carried *out;
	uint32_t account;
	struct pool pool; /* of one batch */
};

static enum result none_is_fine(enum result r)
{
	return r == ERR_NOT_FOUND ? OK : r;
}

/* ---- accounts, labels, policies, identities ---- */

static enum result carry_account(struct carry *c, struct err *err)
{
	struct account_row row;
	enum result r = account_get(c->to->data, c->account, &c->pool, &row, err);

	if (r != ERR_NOT_FOUND)
		return r;
	r = account_get(c->live->data, c->account, &c->pool, &row, err);
	if (r == OK)
		r = account_insert(c->to->data, &row, err);
	c->out->accounts += r == OK;
	return r;
}

/* Numbers are never given out twice, so one that is there is the same label. */
static enum result carry_labels(struct carry *c, struct err *err)
{
	struct label_row rows[BATCH];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = label_list(c->live->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = label_insert(c->to->data, &rows[i], err);
			c->out->labels += r == OK ? db_changes(c->to->data) : 0;
		}
		after = r == OK && count > 0 ? rows[count - 1].label : after;
	} while (r == OK && count == BATCH);
	return r;
}

static enum result carry_policies(struct carry *c, struct err *err)
{
	struct policy rows[BATCH], after = {0};
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = policy_walk(c->live->data, c->account, &after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = policy_put_back(c->to->data, c->account, &rows[i], err);
			c->out->policies += r == OK ? db_changes(c->to->data) : 0;
		}
		after = r == OK && count > 0 ? rows[count - 1] : after;
	} while (r == OK && count == BATCH);
	return r;
}

/* What an account is set to is no part of what is gone back to: it may be cancelled by now. */
static enum result carry_settings(struct carry *c, struct err *err)
{
	struct setting rows[BATCH];
	char after[SETTING_NAME_MAX + 1] = "";
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = setting_list(c->live->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = setting_put(c->to->data, c->account, rows[i].name, rows[i].value, err);
		if (r == OK && count > 0)
			snprintf(after, sizeof after, "%s", rows[count - 1].name);
	} while (r == OK && count == BATCH);
	return r;
}

/* Exactly as they are now: a deadline that was said counts by them. */
static enum result drop_removed_holidays(struct carry *c, struct err *err)
{
	struct holiday_row rows[BATCH], live;
	struct date after = {INT32_MIN};
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = holiday_list(c->to->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = holiday_get(c->live->data, c->account, rows[i].day, &c->pool, &live, err);
			if (r == ERR_NOT_FOUND)
				r = holiday_delete(c->to->data, c->account, rows[i].day, err);
		}
		after = r == OK && count > 0 ? rows[count - 1].day : after;
	} while (r == OK && count == BATCH);
	return r;
}

static enum result carry_holidays(struct carry *c, struct err *err)
{
	struct holiday_row rows[BATCH];
	struct date after = {INT32_MIN};
	size_t count;
	enum result r = drop_removed_holidays(c, err);

	if (r != OK)
		return r;
	do {
		pool_reset(&c->pool);
		r = holiday_list(c->live->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = holiday_put(c->to->data, c->account, &rows[i], err);
		after = r == OK && count > 0 ? rows[count - 1].day : after;
	} while (r == OK && count == BATCH);
	return r;
}

/* What the live data do not have was removed since. First, so that its name is free for who was added under it. */
static enum result drop_removed_users(struct carry *c, struct err *err)
{
	struct user_row rows[BATCH], live;
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = user_list(c->to->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = user_get(c->live->data, c->account, rows[i].user, &c->pool, &live, err);
			if (r == ERR_NOT_FOUND)
				r = user_delete(c->to->data, c->account, rows[i].user, err);
		}
		after = r == OK && count > 0 ? rows[count - 1].user : after;
	} while (r == OK && count == BATCH);
	return r;
}

static enum result carry_users(struct carry *c, struct err *err)
{
	struct user_row rows[BATCH];
	int64_t after = 0;
	size_t count;
	enum result r = drop_removed_users(c, err);

	if (r != OK)
		return r;
	do {
		pool_reset(&c->pool);
		r = user_list(c->live->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = user_put(c->to->data, &rows[i], err);
			c->out->users += r == OK;
		}
		after = r == OK && count > 0 ? rows[count - 1].user : after;
	} while (r == OK && count == BATCH);
	return r;
}

/* The same number, or the same identifier under another number, is there already: who it belongs to may have
 * changed. */
static enum result carry_identity(void *arg, const struct identity_row *live, struct err *err)
{
	struct carry *c = arg;
	struct identity_row have;
	bool found;
	enum result r;

	pool_reset(&c->pool);
	r = identity_get(c->to->data, c->account, live->identity, &c->pool, &have, err);

	if (r == OK && id_compare(have.person, live->person) != 0)
		return identity_move(c->to->data, c->account, live->identity, live->person, err);
	if (r != ERR_NOT_FOUND)
		return r;
	r = identity_find(c->to->data, c->account, &live->blind, &found, &have, err);
	/* Erased and met again since: the old number's key is gone, and its row goes when it is reconciled. */
	if (r == OK && found)
		return OK;
	if (r == OK)
		r = identity_insert(c->to->data, live, err);
	c->out->identities += r == OK;
	return r;
}

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

/* The blob is the same one: what taking the old row out listed as trash is not. */
static enum result put_media(struct carry *c, const struct record_row *row, struct period *period, struct err *err)
{
	struct media_row media[MEDIA_MAX];
	size_t count = 0;
	enum result r = media_list(c->live->data, c->account, row->kind, row->id, media, MEDIA_MAX, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		const struct trash_row trash = {c->account, row->kind, period->day, media[i].blob};

		r = media_insert(c->to->data, &media[i], err);
		if (r == OK)
			r = trash_remove(c->to->data, &trash, err);
		period->media++;
		period->media_bytes += (int64_t)media[i].bytes;
	}
	return r;
}

static enum result put_record(struct carry *c, const struct record_row *row, struct err *err)
{
	struct party_key parties[PARTIES_MAX];
	struct period period = {.kind = row->kind,
				.day = instant_date(id_time(row->id)),
				.records = 1,
				.bytes = (int64_t)row->payload_len};
	bool inserted;
	enum result r = record_insert(c->to->data, row, &inserted, err);

	for (size_t i = 0; i < row->party_count; i++)
		parties[i] = (struct party_key){.month = date_month_index(period.day),
						.identity = row->parties[i].identity,
						.kind = row->kind,
						.id = row->id};
	if (r == OK)
		r = party_insert(c->to->data, c->account, parties, row->party_count, err);
	if (r == OK && row->media > 0)
		r = put_media(c, row, &period, err);
	return r == OK ? period_add(c->to->data, c->account, &period, err) : r;
}

/* In place of the row that `to` has. */
static enum result exchange(struct carry *c, const struct record_row *have, const struct record_row *live,
			    struct err *err)
{
	struct removed ignored = {0};
	enum result r = remove_records(c->to, c->account, have, 1, &ignored, err);

	return r == OK ? put_record(c, live, err) : r;
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
		r = exchange(c, &have, live, err);
	else if (r == ERR_NOT_FOUND)
		r = put_record(c, live, err);
	c->out->held += r == OK;
	return r;
}

static enum result replace_contact(struct carry *c, struct id id, struct err *err)
{
	struct contact_row live, have;
	enum result r = contact_get(c->live->data, c->account, id, &c->pool, &live, err);

	if (r != OK)
		return none_is_fine(r);
	r = contact_get(c->to->data, c->account, id, &c->pool, &have, err);
	if (r == OK && have.hold == live.hold)
		return OK;
	if (r == OK && have.hold != 0)
		r = held_delete(c->to->data, c->account, have.hold, 0, id, err);
	r = none_is_fine(r);
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
		r = r == OK ? replace_record(c, &live, err) : none_is_fine(r);
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
		r = r == OK ? exchange(c, &have, record, err) : none_is_fine(r);
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
	if (!ended || none_is_fine(r) != OK)
		return none_is_fine(r);
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
struct each { struct carry *c; each_held *held; };

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

static enum result carry_holds(struct carry *c, struct err *err)
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

/* ---- deleted contacts ---- */

/* Whether it is deleted, and until when it can be brought back, is as it is now; what is in it, as in the backup. */
static enum result carry_deleted(struct carry *c, struct id id, struct err *err)
{
	struct contact_row live, have;
	enum result r = contact_get(c->live->data, c->account, id, &c->pool, &live, err);

	if (r == OK)
		r = contact_get(c->to->data, c->account, id, &c->pool, &have, err);
	if (r != OK || (have.deleted.ms == live.deleted.ms && have.gone_on.days == live.gone_on.days))
		return none_is_fine(r);
	have.deleted = live.deleted;
	have.gone_on = live.gone_on;
	c->out->contacts++;
	return contact_put(c->to->data, &have, err);
}

/* Of those that `in` says are deleted. */
static enum result carry_deleted_of(struct carry *c, struct db *in, struct err *err)
{
	struct id ids[BATCH], after = {{0}};
	size_t count;
	enum result r;

	do {
		r = contact_list_deleted(in, c->account, after, ids, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			pool_reset(&c->pool);
			after = ids[i];
			r = carry_deleted(c, after, err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

/* Deleted since, or brought back since. */
static enum result carry_contacts(struct carry *c, struct err *err)
{
	enum result r = carry_deleted_of(c, c->live->data, err);

	return r == OK ? carry_deleted_of(c, c->to->data, err) : r;
}

/* ---- what was sealed anew when some of its day went ---- */

/* What the backup does not have was made since. */
static enum result carry_resealed(struct carry *c, const struct record_row *live, struct err *err)
{
	struct record_row have;
	enum result r;

	if (live->hold != 0 || live->part == 0)
		return OK;
	r = record_get(c->to->data, c->account, live->kind, live->id, &c->pool, &have, err);
	if (r != OK || have.hold != 0 || have.part == live->part)
		return none_is_fine(r);
	c->out->parts++;
	return exchange(c, &have, live, err);
}

static enum result carry_day(struct carry *c, const struct period *period, struct record_row *rows, struct err *err)
{
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = record_list_day(c->live->data, c->account, period->kind, period->day, after, &c->pool, rows, ROWS,
				    &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = carry_resealed(c, &rows[i], err);
		after = r == OK && count > 0 ? rows[count - 1].id : after;
	} while (r == OK && count == ROWS);
	return r;
}

struct parts { struct carry *c; struct record_row *rows; };

/* Where it is looked for what is due is left as the backup has it: looking again does no harm. */
static enum result carry_period(void *arg, const struct period *live, struct err *err)
{
	struct parts *parts = arg;
	struct carry *c = parts->c;
	struct period have;
	enum result r = live->part > 0 ? carry_day(c, live, parts->rows, err) : OK;

	if (r != OK || live->part == 0)
		return r;
	r = period_get(c->to->data, c->account, live->kind, live->day, &have, err);
	if (r != OK || have.part >= live->part)
		return r;
	have.part = live->part;
	return period_set_looked(c->to->data, c->account, &have, err);
}

static enum result carry_parts_of(struct carry *c, enum record_kind kind, struct record_row *rows, struct err *err)
{
	struct parts parts = {c, rows};

	return period_walk(c->live->data, c->account, kind, (struct date){INT32_MIN}, (struct date){INT32_MAX},
			   carry_period, &parts, err);
}

static enum result carry_parts(struct carry *c, struct err *err)
{
	struct record_row *rows = calloc(ROWS, sizeof *rows);
	enum result r = rows != NULL ? OK : err_no_memory(err);

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = carry_parts_of(c, (enum record_kind)kind, rows, err);
	free(rows);
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
		r = duty_list(live ? c->live->data : c->to->data, c->account, ever, after, &c->pool, rows, BATCH, &count,
			      err);
		for (size_t i = 0; r == OK && i < count; i++) {
			after = rows[i].duty;
			r = live ? carry_duty(c, &rows[i], err) : drop_ended(c, after, err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result carry_duties(struct carry *c, struct err *err)
{
	enum result r = carry_obligations(c, err);

	if (r == OK)
		r = walk_duties(c, false, err);
	return r == OK ? walk_duties(c, true, err) : r;
}

/* ---- what anonymised records left ---- */

struct aggregating { struct carry *c; bool waiting; };

static enum result carry_aggregate(void *arg, const struct aggregate_row *row, struct err *err)
{
	const struct aggregating *a = arg;

	return a->waiting ? aggregate_add_waiting(a->c->to->data, a->c->account, row, err)
			  : aggregate_add(a->c->to->data, a->c->account, row, err);
}

static enum result carry_aggregates_of(struct carry *c, enum record_kind kind, struct err *err)
{
	struct aggregating shown = {c, false}, waiting = {c, true};
	enum result r = aggregate_clear(c->to->data, c->account, kind, err);

	if (r == OK)
		r = aggregate_clear_waiting(c->to->data, c->account, kind, err);
	if (r == OK)
		r = aggregate_walk(c->live->data, c->account, kind, carry_aggregate, &shown, err);
	return r == OK ? aggregate_walk_waiting(c->live->data, c->account, kind, carry_aggregate, &waiting, err) : r;
}

/* What was shown stays shown, and nobody is in it twice. */
static enum result carry_aggregates(struct carry *c, struct err *err)
{
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = carry_aggregates_of(c, (enum record_kind)kind, err);
	return r;
}

/* ---- jobs ---- */

static enum result carry_job(struct carry *c, const struct job *live, struct err *err)
{
	struct job have;
	enum result r = job_get(c->to->data, c->account, live->id, &c->pool, &have, err);

	if (r == ERR_NOT_FOUND) {
		c->out->jobs++;
		r = job_insert(c->to->data, live, err);
	}
	return r == OK ? job_update(c->to->data, live, err) : r;
}

static enum result carry_jobs(struct carry *c, struct err *err)
{
	struct job rows[BATCH];
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = job_list(c->live->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = carry_job(c, &rows[i], err);
		after = r == OK && count > 0 ? rows[count - 1].id : after;
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- all of it ---- */

static enum result carry_one(struct carry *c, struct err *err)
{
	enum result r = c->account != VAULT_ACCOUNT ? carry_account(c, err) : OK;

	if (r == OK)
		r = carry_labels(c, err);
	if (r == OK)
		r = carry_users(c, err);
	if (r == OK)
		r = carry_access(c->live->data, c->to->data, c->account, &c->pool, err);
	if (r == OK)
		r = carry_policies(c, err);
	if (r == OK)
		r = carry_settings(c, err);
	if (r == OK)
		r = carry_holidays(c, err);
	if (r == OK)
		r = identity_walk(c->live->data, c->account, carry_identity, c, err);
	if (r == OK)
		r = carry_holds(c, err);
	if (r == OK)
		r = carry_duties(c, err);
	if (r == OK)
		r = carry_contacts(c, err);
	if (r == OK)
		r = carry_parts(c, err);
	if (r == OK)
		r = carry_aggregates(c, err);
	return r == OK ? carry_jobs(c, err) : r;
}

/* How long an epoch lasts: what receipts promise by, and no part of what is gone back to. */
static enum result carry_epoch_length(struct session *live, struct session *to, struct pool *pool, struct err *err)
{
	const char *days;
	enum result r = meta_get(live->data, "epoch_days", pool, &days, err);

	return r == OK ? meta_set(to->data, "epoch_days", days, err) : none_is_fine(r);
}

enum result carry_over(struct session *live, struct session *to, struct carried *out, struct err *err)
{
	struct carry c = {.live = live, .to = to, .out = out, .account = VAULT_ACCOUNT};
	uint32_t account;
	size_t count;
	enum result r;

	pool_init(&c.pool, (size_t)1024 * 1024 * 1024);
	r = carry_epoch_length(live, to, &c.pool, err);
	do {
		if (r == OK)
			r = carry_one(&c, err);
		if (r == OK)
			r = account_list(live->data, c.account, &account, 1, &count, err);
		c.account = r == OK && count > 0 ? account : c.account;
	} while (r == OK && count > 0);
	pool_free(&c.pool);
	return r;
}

/* ---- the log ---- */

/* RFC 6962's consistency: one log is the beginning of the other. */
static enum result check_prefix(struct db *live, struct db *to, uint64_t old_size, uint64_t size, struct err *err)
{
	struct merkle_store now = leaf_hashes(live), then = leaf_hashes(to);
	struct hash old_root, root;
	struct merkle_proof proof;
	enum result r = merkle_root(&then, old_size, &old_root, err);

	if (r == OK)
		r = merkle_root(&now, size, &root, err);
	if (r == OK)
		r = merkle_prove_consistency(&now, old_size, size, &proof, err);
	return r == OK ? merkle_check_consistency(&proof, old_size, size, &old_root, &root, err) : r;
}

static enum result other_history(struct err *err)
{
	err_set(err, ERR_CORRUPT, "the audit log of the backup is not the beginning of the vault's own");
	return err_mend(err, "the vault went back to another backup since, or was changed: to give up what it holds now, "
			     "move its vault.db away and restore again");
}

/* What the live log no longer says, the older one does not say again. */
static enum result prune_again(struct session *to, const struct leaf *live, struct carried *out, struct err *err)
{
	struct leaf have;
	struct pool pool;
	bool pruned = false;
	enum result r;

	pool_init(&pool, (size_t)64 * 1024);
	r = leaf_get(to->data, live->seq, &pool, &have, err);
	if (r == OK)
		r = leaf_prune(to->data, &have, &pruned, err);
	out->pruned += pruned;
	pool_free(&pool);
	return r;
}

static enum result carry_pruned(struct session *live, struct session *to, uint64_t size, struct carried *out,
				struct err *err)
{
	struct leaf rows[BATCH];
	uint64_t from = 0;
	size_t count;
	enum result r;

	do {
		r = leaf_list_pruned(live->data, from, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count && rows[i].seq < size; i++)
			r = prune_again(to, &rows[i], out, err);
		from = r == OK && count > 0 ? rows[count - 1].seq + 1 : from;
	} while (r == OK && count == BATCH && from < size);
	return r;
}

static enum result append_leaf(struct session *live, struct session *to, const struct leaf *leaf, uint64_t *seq,
			       struct err *err)
{
	struct hash hash;
	enum result r = OK;

	if (leaf->body_len > 0)
		return leaf_append(to->data, leaf->account, leaf->at, leaf->term, leaf->body, leaf->body_len, seq, err);
	r = leaf_hash(live->data, leaf, &hash, err);
	return r == OK ? leaf_append_pruned(to->data, leaf, &hash, seq, err) : r;
}

static enum result append_leaves(struct session *live, struct session *to, uint64_t from, uint64_t size,
				 struct carried *out, struct err *err)
{
	struct leaf rows[BATCH];
	struct pool pool;
	size_t count;
	uint64_t seq;
	enum result r = OK;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	while (r == OK && from < size) {
		pool_reset(&pool);
		r = leaf_list(live->data, 0, from, &pool, rows, BATCH, &count, err);
		if (r == OK && count == 0)
			r = err_set(err, ERR_CORRUPT, "the vault's audit log has gaps");
		for (size_t i = 0; r == OK && i < count; i++) {
			r = append_leaf(live, to, &rows[i], &seq, err);
			out->leaves += r == OK;
		}
		from += count;
	}
	pool_free(&pool);
	return r;
}

/* Computed anew from the leaves, so an altered one shows. */
static enum result check_root(struct session *live, struct session *to, uint64_t size, struct err *err)
{
	struct merkle_store one = leaf_hashes(live->data), other = leaf_hashes(to->data);
	struct hash a, b;
	enum result r = merkle_root(&one, size, &a, err);

	if (r == OK)
		r = merkle_root(&other, size, &b, err);
	if (r == OK && memcmp(&a, &b, sizeof a) != 0)
		r = err_set(err, ERR_CORRUPT, "a leaf of the vault's audit log does not have the hash that is stored");
	return r;
}

enum result carry_log(struct session *live, struct session *to, struct carried *out, struct err *err)
{
	uint64_t size, old_size;
	enum result r = leaf_tree_size(live->data, &size, err);

	if (r == OK)
		r = leaf_tree_size(to->data, &old_size, err);
	if (r != OK)
		return r;
	if (old_size == 0 || old_size > size)
		return other_history(err);
	r = check_prefix(live->data, to->data, old_size, size, err);
	if (r == ERR_CORRUPT)
		return other_history(err);
	if (r == OK)
		r = carry_pruned(live, to, old_size, out, err);
	if (r == OK)
		r = append_leaves(live, to, old_size, size, out, err);
	return r == OK ? check_root(live, to, size, err) : r;
}
