/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/account_life.h"

#include <stdio.h>
#include <string.h>

#include "retention/settings.h"
#include "store/duty.h"
#include "store/hold.h"
#include "store/setting.h"

#define KEEP_DAYS 90 /* after cancellation, unless the profile says otherwise */
#define BATCH 32

static const char *const states[] = {"active", "cancelled", "deleting"};
static const struct { const char *name, *setting, *title; } items[ITEM_COUNT] = {
    {"exports", "assert_exports", "exports were offered to the account"},
    {"numbers", "assert_numbers", "its numbers are released or ported"},
    {"campaigns", "assert_campaigns", "its campaigns are complete"},
    {"invoices", "assert_invoices", "its invoices are clear"},
};

const char *account_state_name(enum account_state state)
{
	return states[state];
}

const char *account_item_name(enum account_item item)
{
	return items[item].name;
}

const char *account_item_title(enum account_item item)
{
	return items[item].title;
}

bool account_item_parse(const char *name, enum account_item *out)
{
	for (int i = 0; i < ITEM_COUNT; i++) {
		if (strcmp(items[i].name, name) == 0) {
			*out = (enum account_item)i;
			return true;
		}
	}
	return false;
}

/* ---- reading ---- */

struct reading { struct session *session; uint32_t account; struct pool *pool; struct account_life *out; };

static enum result corrupt(const char *name, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "the setting %s of an account is not what it must be", name);
}

static enum result read_state(struct reading *reading, struct err *err)
{
	const char *text;
	enum result r = setting_get(reading->session->data, reading->account, "state", reading->pool, &text, err);

	if (r != OK || text == NULL)
		return r;
	for (int i = 0; i <= ACCOUNT_DELETING; i++) {
		if (strcmp(states[i], text) == 0) {
			reading->out->state = (enum account_state)i;
			return OK;
		}
	}
	return corrupt("state", err);
}

static enum result read_since(struct reading *reading, struct err *err)
{
	const char *text;
	enum result r = setting_get(reading->session->data, reading->account, "cancelled_at", reading->pool, &text, err);

	if (r != OK || reading->out->state == ACCOUNT_ACTIVE)
		return r;
	if (text == NULL || instant_parse(text, strlen(text), &reading->out->since, err) != OK)
		return corrupt("cancelled_at", err);
	return OK;
}

static enum result read_keep(struct reading *reading, struct err *err)
{
	const struct profile *profile;
	const struct profile_term *term;
	const char *plan;
	enum result r = settings_profile(reading->session, reading->account, reading->pool, &profile, &plan, err);

	reading->out->keep = (struct span){.days = KEEP_DAYS};
	if (r != OK || profile == NULL)
		return r;
	term = &profile->terms[TERM_ACCOUNT_DATA_AFTER_CANCELLATION];
	if (term->set && !term->span.unlimited)
		reading->out->keep = term->span;
	return OK;
}

/* Written as "2026-01-01T00:00:00Z os:1000". */
static enum result read_item(struct reading *reading, int item, struct err *err)
{
	struct account_life *out = reading->out;
	const char *text, *space;
	enum result r = setting_get(reading->session->data, reading->account, items[item].setting, reading->pool, &text,
				    err);

	if (r != OK || text == NULL || *text == '\0')
		return r;
	space = strchr(text, ' ');
	if (space == NULL || instant_parse(text, (size_t)(space - text), &out->items[item].at, err) != OK)
		return corrupt(items[item].setting, err);
	snprintf(out->items[item].by, sizeof out->items[item].by, "%s", space + 1);
	out->items[item].asserted = true;
	out->asserted++;
	return OK;
}

static void add_name(struct account_life *life, const char *name)
{
	size_t len = strlen(life->names);

	snprintf(life->names + len, sizeof life->names - len, "%s%s", len > 0 ? ", " : "", name);
}

static enum result read_holds(struct reading *reading, struct err *err)
{
	struct hold_row rows[BATCH];
	int64_t after = 0;
	char text[ID_TEXT_MAX];
	size_t count;
	enum result r;

	do {
		r = hold_list(reading->session->data, reading->account, true, after, reading->pool, rows, BATCH, &count,
			      err);
		for (size_t i = 0; r == OK && i < count; i++) {
			after = rows[i].hold;
			if (rows[i].type != HOLD_LEGAL)
				continue;
			reading->out->holds++;
			add_name(reading->out, id_format(HOLD_PREFIX, rows[i].id, text));
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result read_obligations(struct reading *reading, struct err *err)
{
	struct obligation_row rows[BATCH];
	const char *after = "";
	size_t count;
	enum result r;

	do {
		r = obligation_list_rows(reading->session->data, reading->account, after, reading->pool, rows, BATCH,
					 &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			after = rows[i].code;
			if (rows[i].ended)
				continue;
			reading->out->obligations++;
			add_name(reading->out, rows[i].code);
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result read_duties(struct reading *reading, struct err *err)
{
	struct duty_row rows[BATCH];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		r = duty_list(reading->session->data, reading->account, (struct date){INT32_MAX}, after, reading->pool,
			      rows, BATCH, &count, err);
		after = r == OK && count > 0 ? rows[count - 1].duty : after;
		reading->out->duties += r == OK ? (int64_t)count : 0;
	} while (r == OK && count == BATCH);
	return r;
}

static enum result read_all(struct reading *reading, struct err *err)
{
	enum result r = read_state(reading, err);

	if (r == OK)
		r = read_since(reading, err);
	if (r == OK)
		r = read_keep(reading, err);
	for (int i = 0; i < ITEM_COUNT && r == OK; i++)
		r = read_item(reading, i, err);
	if (r == OK)
		r = read_holds(reading, err);
	if (r == OK)
		r = read_obligations(reading, err);
	return r == OK ? read_duties(reading, err) : r;
}

enum result account_life_read(struct session *session, const struct account *account, struct account_life *out,
			      struct err *err)
{
	struct pool pool;
	struct reading reading = {session, account->number, &pool, out};
	enum result r;

	*out = (struct account_life){.state = ACCOUNT_ACTIVE};
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	r = read_all(&reading, err);
	pool_free(&pool);
	if (r == OK && out->state == ACCOUNT_CANCELLED)
		out->due = date_add_span(instant_date(out->since), out->keep);
	if (r == OK && out->state == ACCOUNT_DELETING)
		out->due = date_add_days(instant_date(out->since), DELETE_LIMIT_DAYS);
	return r;
}

bool account_life_due(const struct account_life *life, struct instant now)
{
	return life->state == ACCOUNT_CANCELLED && instant_date(now).days >= life->due.days;
}

bool account_life_blocked(const struct account_life *life)
{
	return life->holds > 0 || life->obligations > 0 || life->duties > 0;
}

enum result account_life_may_end(const struct account_life *life, struct err *err)
{
	if (!account_life_blocked(life))
		return OK;
	if (life->holds > 0 || life->obligations > 0) {
		err_set(err, ERR_HELD, "%lld legal holds and %lld obligations are on the account: %.150s",
			(long long)life->holds, (long long)life->obligations, life->names);
		return err_mend(err, "`lethe hold release` and `lethe obligation end` lift them, if the law allows it");
	}
	err_set(err, ERR_HELD, "obligations that ended still keep records of the account");
	return err_mend(err, "they go by themselves on their day: run `lethe retention run` until then");
}

enum result account_life_takes_in(struct session *session, uint32_t account, struct err *err)
{
	struct account_life life = {.state = ACCOUNT_ACTIVE};
	struct pool pool;
	struct reading reading = {session, account, &pool, &life};
	enum result r;

	pool_init(&pool, 4096);
	r = read_state(&reading, err);
	pool_free(&pool);
	if (r != OK || life.state == ACCOUNT_ACTIVE)
		return r;
	err_set(err, ERR_WRONG_STATE, life.state == ACCOUNT_CANCELLED ? "the account is cancelled: it takes nothing in"
								 : "the account is being deleted: it takes nothing in");
	return err_mend(err, "what it has can be read and exported; `lethe account reopen` makes it active again");
}

/* ---- changing ---- */

struct change {
	const struct account *account;
	struct instant now;
	enum account_state to;
	enum account_item item;
	char value[LIFE_BY_MAX + TIME_TEXT_MAX];
};

static void begin_act(struct act *act, const struct change *change)
{
	switch (change->to) {
	case ACCOUNT_CANCELLED:
		act_begin(act, "account.cancel", change->account->number, change->now);
		break;
	case ACCOUNT_DELETING:
		act_begin(act, "account.delete.begin", change->account->number, change->now);
		break;
	case ACCOUNT_ACTIVE:
		act_begin(act, "account.reopen", change->account->number, change->now);
	}
}

static enum result set_state_op(struct session *session, void *arg, struct err *err)
{
	struct change *change = arg;
	uint32_t account = change->account->number;
	char at[TIME_TEXT_MAX];
	struct act act;
	enum result r = setting_put(session->data, account, "state", states[change->to], err);

	if (r == OK)
		r = setting_put(session->data, account, "cancelled_at",
				change->to == ACCOUNT_ACTIVE ? "" : instant_format(change->now, at), err);
	for (int i = 0; i < ITEM_COUNT && r == OK; i++) /* another time, another list */
		r = setting_put(session->data, account, items[i].setting, "", err);
	if (r != OK)
		return r;
	begin_act(&act, change);
	act_id(&act, "id", ACCOUNT_PREFIX, change->account->id);
	return act_append(&act, session->data, NULL, err);
}

static enum result change_state(struct vault *vault, struct change *change, struct err *err)
{
	struct account_life life;
	enum result r = account_life_read(&vault->read, change->account, &life, err);

	if (r == OK && life.state == change->to)
		r = err_set(err, ERR_EXISTS, "the account is %s already", states[change->to]);
	if (r == OK && change->to == ACCOUNT_ACTIVE && account_life_due(&life, change->now)) {
		err_set(err, ERR_WRONG_STATE, "the account was cancelled too long ago: it is due to end");
		r = err_mend(err, "make a new one with `lethe account create`");
	}
	return r == OK ? vault_write(vault, set_state_op, change, err) : r;
}

enum result account_cancel(struct vault *vault, const struct account *account, struct instant now, struct err *err)
{
	struct change change = {.account = account, .now = now, .to = ACCOUNT_CANCELLED};

	return change_state(vault, &change, err);
}

enum result account_reopen(struct vault *vault, const struct account *account, struct instant now, struct err *err)
{
	struct change change = {.account = account, .now = now, .to = ACCOUNT_ACTIVE};

	return change_state(vault, &change, err);
}

enum result account_delete_begin(struct vault *vault, const struct account *account, struct instant now,
				 struct err *err)
{
	struct change change = {.account = account, .now = now, .to = ACCOUNT_DELETING};

	return change_state(vault, &change, err);
}

static enum result assert_op(struct session *session, void *arg, struct err *err)
{
	struct change *change = arg;
	struct act act;
	enum result r = setting_put(session->data, change->account->number, items[change->item].setting, change->value,
				    err);

	if (r != OK)
		return r;
	act_begin(&act, "account.assert", change->account->number, change->now);
	act_int(&act, "item", change->item);
	return act_append(&act, session->data, NULL, err);
}

enum result account_assert(struct vault *vault, const struct account *account, enum account_item item, const char *by,
			   struct instant now, struct err *err)
{
	struct change change = {.account = account, .now = now, .item = item};
	struct account_life life;
	char at[TIME_TEXT_MAX];
	enum result r = account_life_read(&vault->read, account, &life, err);

	if (r == OK && life.state != ACCOUNT_DELETING) {
		err_set(err, ERR_WRONG_STATE, "the account is not being deleted");
		r = err_mend(err, "begin with `lethe account delete`");
	}
	if (r != OK)
		return r;
	snprintf(change.value, sizeof change.value, "%s %.*s", instant_format(now, at), LIFE_BY_MAX - 1, by);
	return vault_write(vault, assert_op, &change, err);
}
