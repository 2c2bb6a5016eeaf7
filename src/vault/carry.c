/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/carry_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/account.h"
#include "store/aggregate.h"
#include "store/event.h"
#include "store/holiday.h"
#include "store/job.h"
#include "store/label.h"
#include "store/mail.h"
#include "store/policy.h"
#include "store/setting.h"
#include "store/user.h"
#include "store/webhook.h"
#include "store/work.h"
#include "vault/carry_access.h"
#include "vault/read_recover.h"

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

/* Numbers are never given out twice, so one that is there is the same label. But one that nothing used any more went,
 * and its name may have another number since: by that one policies and holds know it. */
struct relabelling { struct label_change *changes; size_t count, room; };

static enum result relabel(struct relabelling *all, int64_t from, int64_t to, struct err *err)
{
	struct label_change *more;

	if (all->count == all->room) {
		more = realloc(all->changes, (all->room + BATCH) * sizeof *more);
		if (more == NULL)
			return err_no_memory(err);
		all->changes = more;
		all->room += BATCH;
	}
	all->changes[all->count++] = (struct label_change){from, to};
	return OK;
}

static enum result carry_label(struct carry *c, const struct label_row *live, struct relabelling *all, struct err *err)
{
	int64_t have;
	enum result r = label_find(c->to->data, c->account, &live->blind, &have, err);

	if (r == OK && have != 0 && have != live->label) {
		r = relabel(all, have, live->label, err);
		if (r == OK)
			r = label_delete(c->to->data, c->account, have, err);
	}
	if (r == OK)
		r = label_insert(c->to->data, live, err);
	c->out->labels += r == OK ? db_changes(c->to->data) : 0;
	return r;
}

static int by_number(const void *a, const void *b)
{
	const struct label_change *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static enum result carry_labels(struct carry *c, struct err *err)
{
	struct relabelling all = {.count = 0};
	struct label_row rows[BATCH];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		pool_reset(&c->pool);
		r = label_list(c->live->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = carry_label(c, &rows[i], &all, err);
		after = r == OK && count > 0 ? rows[count - 1].label : after;
	} while (r == OK && count == BATCH);
	if (r == OK && all.count > 0) {
		qsort(all.changes, all.count, sizeof *all.changes, by_number);
		r = label_exchange(c->to->data, c->account, all.changes, all.count, err);
	}
	free(all.changes);
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
static enum result drop_if_removed(void *arg, const struct user_row *user, struct err *err)
{
	struct carry *c = arg;
	struct user_row live;
	enum result r = user_get(c->live->data, c->account, user->user, &c->pool, &live, err);

	return r == ERR_NOT_FOUND ? user_delete(c->to->data, c->account, user->user, err) : r;
}

static enum result carry_user(void *arg, const struct user_row *user, struct err *err)
{
	struct carry *c = arg;
	enum result r = user_put(c->to->data, user, err);

	c->out->users += r == OK;
	return r;
}

static enum result carry_users(struct carry *c, struct err *err)
{
	enum result r = user_each(c->to->data, c->account, &c->pool, drop_if_removed, c, err);

	return r == OK ? user_each(c->live->data, c->account, &c->pool, carry_user, c, err) : r;
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
	/* Erased and met again since: the old number's key is gone, and its row goes when it is reconciled. Then this
	 * one's turn comes (carry_met_again). */
	if (r == OK && found)
		return OK;
	if (r == OK)
		r = identity_insert(c->to->data, live, err);
	c->out->identities += r == OK;
	return r;
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

/* ---- what others are told ---- */

/* Nobody hears of the same twice, or of what a restore brings back as if it were new. */
static enum result carry_events(struct carry *c, struct err *err)
{
	struct event_row rows[BATCH];
	uint64_t seq = 0;
	size_t count;
	int n = -1;
	enum result r = event_clear(c->to->data, c->account, err);

	if (r != OK)
		return r;
	do {
		pool_reset(&c->pool);
		r = event_list(c->live->data, c->account, seq, n, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = event_insert(c->to->data, &rows[i], err);
		seq = r == OK && count > 0 ? rows[count - 1].seq : seq;
		n = r == OK && count > 0 ? rows[count - 1].n : n;
	} while (r == OK && count == BATCH);
	return r;
}

static enum result carry_webhooks(struct carry *c, struct err *err)
{
	struct webhook_row rows[BATCH];
	struct id after = {{0}};
	size_t count;
	enum result r = webhook_clear(c->to->data, c->account, err);

	if (r != OK)
		return r;
	do {
		pool_reset(&c->pool);
		r = webhook_list(c->live->data, c->account, after, &c->pool, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			after = rows[i].id;
			r = webhook_put(c->to->data, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result carry_deliveries(struct carry *c, struct err *err)
{
	struct delivery_row rows[BATCH];
	struct id webhook = {{0}}, event = {{0}};
	size_t count;
	enum result r = delivery_clear(c->to->data, c->account, err);

	if (r != OK)
		return r;
	do {
		r = delivery_list(c->live->data, c->account, webhook, event, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			webhook = rows[i].webhook;
			event = rows[i].event;
			r = delivery_put(c->to->data, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

static enum result carry_mails(struct carry *c, struct err *err)
{
	struct mail_row rows[BATCH];
	struct id after = {{0}};
	size_t count;
	enum result r = mail_clear(c->to->data, c->account, err);

	if (r != OK)
		return r;
	do {
		r = mail_list(c->live->data, c->account, after, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			after = rows[i].id;
			r = mail_put(c->to->data, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- work that was asked for ---- */

static enum result put_work(void *arg, const struct work_row *work, struct err *err)
{
	const struct carry *c = arg;

	return work_put(c->to->data, work, err);
}

static enum result carry_work(struct carry *c, struct err *err)
{
	return work_each(c->live->data, c->account, &c->pool, put_work, c, err);
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
	if (r == OK)
		r = carry_jobs(c, err);
	if (r == OK)
		r = carry_work(c, err);
	if (r == OK)
		r = carry_events(c, err);
	if (r == OK)
		r = carry_webhooks(c, err);
	if (r == OK)
		r = carry_deliveries(c, err);
	return r == OK ? carry_mails(c, err) : r;
}

static enum result carry_if_alive(void *arg, const struct identity_row *live, struct err *err)
{
	struct carry *c = arg;
	struct wrapped_key key;
	enum result r = key_get(c->to->keys, c->account, KEY_IDENTITY, live->identity, &key, err);

	return r == OK ? carry_identity(c, live, err) : carry_none_is_fine(r);
}

enum result carry_met_again(struct session *live, struct session *to, struct carried *out, struct err *err)
{
	struct carry c = {.live = live, .to = to, .out = out, .account = VAULT_ACCOUNT};
	size_t count = 1;
	enum result r = OK;

	pool_init(&c.pool, (size_t)1024 * 1024);
	while (r == OK && count > 0) {
		r = account_list(live->data, c.account, &c.account, 1, &count, err);
		if (r == OK && count > 0)
			r = identity_walk(live->data, c.account, carry_if_alive, &c, err);
	}
	pool_free(&c.pool);
	return r;
}

static enum result carry_fact(struct session *live, struct session *to, const char *name, struct pool *pool,
			      struct err *err)
{
	const char *value;
	enum result r = meta_get(live->data, name, pool, &value, err);

	return r == OK ? meta_set(to->data, name, value, err) : carry_none_is_fine(r);
}

/* How long an epoch lasts: what receipts promise by, and no part of what is gone back to. And which reads the log has,
 * which is the live one; its loose ones were seen to when it was opened, and those of the backup's time are nobody's. */
static enum result carry_facts(struct session *live, struct session *to, struct pool *pool, struct err *err)
{
	enum result r = carry_fact(live, to, "epoch_days", pool, err);

	if (r == OK)
		r = carry_fact(live, to, READ_LOG_META, pool, err);
	return r == OK ? read_set_loose(to->data, false, err) : r;
}

enum result carry_over(struct session *live, struct session *to, struct carried *out, struct err *err)
{
	struct carry c = {.live = live, .to = to, .out = out, .account = VAULT_ACCOUNT};
	uint32_t account;
	size_t count;
	enum result r;

	pool_init(&c.pool, (size_t)1024 * 1024 * 1024);
	r = carry_facts(live, to, &c.pool, err);
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
