/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/deliver.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "notify/schedule.h"
#include "notify/stopping.h"
#include "store/account.h"
#include "vault/outbox.h"

#define BATCH 256
#define DUE 16
#define POOL_MAX ((size_t)64 * 1024 * 1024)
#define ANSWER_MAX 4096 /* what it says beside its status is of no use */
#define HEADER_MAX 200
#define REST_LEAST_MS 5000
#define REST_MOST_MS 600000

static bool is_outside_2xx(int status)
{
	return status < 200 || status > 299;
}

/* ---- what is new ---- */

struct listing {
	uint32_t account;
	struct id webhook;
	struct instant now;
	uint64_t from_seq;
	int from_n;
	struct event_row events[BATCH];
	size_t count;
	int64_t listed;
	struct pool pool;
};

static enum result list_event(struct session *session, struct listing *l, const struct event_row *event, struct err *err)
{
	const struct delivery_row row = {.account = l->account, .webhook = l->webhook, .event = event->id,
					 .state = DELIVERY_WAITING, .next = l->now};

	l->listed++;
	return delivery_put(session->data, &row, err);
}

/* Nothing was decided by anybody: it leaves no leaf. */
static enum result list_op(struct session *session, void *arg, struct err *err)
{
	struct listing *l = arg;
	const struct event_row *last = &l->events[l->count - 1];
	struct webhook_row row;
	enum result r = webhook_get(session->data, l->account, l->webhook, &l->pool, &row, err);

	l->listed = 0;
	if (r == ERR_NOT_FOUND)
		return OK;
	if (r != OK || row.seq != l->from_seq || row.n != l->from_n)
		return r;
	for (size_t i = 0; i < l->count && r == OK; i++) {
		if (webhook_wants(row.types, l->events[i].type))
			r = list_event(session, l, &l->events[i], err);
	}
	row.seq = last->seq;
	row.n = last->n;
	return r == OK ? webhook_put(session->data, &row, err) : r;
}

static enum result list_new(struct vault *vault, const struct webhook_row *row, struct instant now, struct pool *pool,
			    struct delivered *out, struct err *err)
{
	struct listing l = {.account = row->account, .webhook = row->id, .now = now, .from_seq = row->seq,
			    .from_n = row->n};
	enum result r = OK;

	pool_init(&l.pool, POOL_MAX);
	do {
		r = event_list(vault->read.data, row->account, l.from_seq, l.from_n, pool, l.events, BATCH, &l.count, err);
		if (r != OK || l.count == 0)
			break;
		r = vault_write(vault, list_op, &l, err);
		out->listed += r == OK ? l.listed : 0;
		l.from_seq = l.events[l.count - 1].seq;
		l.from_n = l.events[l.count - 1].n;
	} while (r == OK && l.count == BATCH);
	pool_free(&l.pool);
	return r;
}

/* ---- one attempt ---- */

struct attempt {
	struct vault *vault;
	const struct deliver_how *how;
	struct webhook_row webhook; /* as it is now */
	struct delivery_row delivery;
	struct instant now;
	struct pool pool;
	/* What came of it. */
	enum delivery_fault fault;
	struct client_answer answer;
	int64_t took_ms;
	bool stopped; /* the webhook was */
	bool rests;   /* it is not to be asked for a while */
};

struct message {
	const char *url;
	struct buf body;
	char id[HEADER_MAX], at[HEADER_MAX], signature[HEADER_MAX];
};

static enum result write_body(struct attempt *a, struct buf *out, struct err *err)
{
	struct db *data = a->vault->read.data;
	struct account_row account;
	struct event_row event;
	enum result r = event_get(data, a->delivery.account, a->delivery.event, &a->pool, &event, err);

	if (r == OK)
		r = account_get(data, a->delivery.account, &a->pool, &account, err);
	return r == OK ? outbox_write(data, &event, account.id, &a->pool, out, err) : r;
}

static enum result sign(struct attempt *a, struct message *m, struct err *err)
{
	int64_t seconds = a->now.ms / 1000;
	const char *secret, *old;
	char id[ID_TEXT_MAX], signature[WEBHOOK_SIGNATURE_MAX];
	enum result r = webhook_secrets(&a->vault->read, &a->webhook, a->now, &a->pool, &secret, &old, err);

	id_format(EVENT_PREFIX, a->delivery.event, id);
	if (r == OK)
		r = webhook_sign(secret, old, id, seconds, m->body.data, m->body.len, signature, err);
	if (r != OK)
		return r;
	snprintf(m->id, sizeof m->id, "webhook-id: %s", id);
	snprintf(m->at, sizeof m->at, "webhook-timestamp: %" PRId64, seconds);
	snprintf(m->signature, sizeof m->signature, "webhook-signature: %s", signature);
	return OK;
}

static enum result write_message(struct attempt *a, struct message *m, struct err *err)
{
	enum result r = write_body(a, &m->body, err);

	if (r == OK)
		r = sign(a, m, err);
	return r == OK ? webhook_url(&a->vault->read, &a->webhook, &a->pool, &m->url, err) : r;
}

/* How it failed, where it is the other side that did. */
static enum delivery_fault fault_of(enum result sent, int status)
{
	if (sent == ERR_DENIED)
		return DELIVERY_INSIDE;
	if (sent != OK)
		return DELIVERY_UNREACHABLE;
	return is_outside_2xx(status) ? DELIVERY_STATUS : DELIVERY_FINE;
}

static enum result send_message(struct attempt *a, const struct message *m, struct err *err)
{
	const char *const headers[] = {"Content-Type: application/json", "Expect:", m->id, m->at, m->signature, NULL};
	const struct client_request request = {.url = m->url, .headers = headers, .body = m->body.data,
					       .body_len = m->body.len, .timeout_ms = a->how->timeout_ms, .any_length = true};
	int64_t began = monotonic_ms();
	struct buf ignored;
	enum result r;

	if (client_check_url(a->how->reach, m->url, err) == ERR_INPUT) {
		a->fault = DELIVERY_URL;
		return OK;
	}
	buf_init(&ignored, ANSWER_MAX);
	r = client_send(a->how->reach, &request, "the webhook", &ignored, &a->answer, err);
	buf_free(&ignored);
	a->took_ms = monotonic_ms() - began;
	a->fault = fault_of(r, a->answer.status);
	return r == ERR_NO_MEMORY || r == ERR_INTERNAL ? r : OK;
}

/* ---- what came of it ---- */

static enum result note_attempt(struct session *session, const struct attempt *a, const struct delivery_row *row,
				struct err *err)
{
	struct act act;

	if (row->state == DELIVERY_DONE)
		act_begin(&act, "delivery.done", row->account, a->now);
	else
		act_begin(&act, "delivery.failed", row->account, a->now);
	act_id(&act, "webhook", WEBHOOK_PREFIX, row->webhook);
	act_id(&act, "event", EVENT_PREFIX, row->event);
	act_int(&act, "attempt", row->attempts);
	act_int(&act, "status", row->status);
	act_int(&act, "fault", row->fault);
	return act_append(&act, session->data, NULL, err);
}

static enum result note_stopped(struct session *session, const struct attempt *a, const struct webhook_row *webhook,
				struct err *err)
{
	struct act act;

	act_begin(&act, "webhook.disable", webhook->account, a->now);
	act_id(&act, "webhook", WEBHOOK_PREFIX, webhook->id);
	if (webhook->state == WEBHOOK_GONE)
		act_word(&act, "why", "gone");
	else
		act_word(&act, "why", "failing");
	act_instant(&act, "failing_since", webhook->failing_since);
	return act_append(&act, session->data, NULL, err);
}

static void judge_delivery(const struct attempt *a, struct delivery_row *row)
{
	row->attempts++;
	row->last = a->now;
	row->status = a->answer.status;
	row->fault = a->fault;
	row->took_ms = a->took_ms;
	if (a->fault == DELIVERY_FINE)
		row->state = DELIVERY_DONE;
	else if (a->fault == DELIVERY_EVENT_GONE || a->answer.status == 410 ||
		 !schedule_next(row->attempts, row->event, a->now, a->answer.retry_after_s, &row->next))
		row->state = DELIVERY_FAILED;
}

/* Events that come meanwhile, and all that wait already, would hold up a thread each: for nothing, or against its wish. */
static struct instant rest_of(const struct attempt *a, const struct webhook_row *row)
{
	int64_t ms = 0;

	if (a->fault == DELIVERY_UNREACHABLE)
		ms = (a->now.ms - row->failing_since.ms) / 10;
	if (a->fault == DELIVERY_UNREACHABLE && ms < REST_LEAST_MS)
		ms = REST_LEAST_MS;
	if (ms > REST_MOST_MS)
		ms = REST_MOST_MS;
	if (a->fault != DELIVERY_FINE && ms < a->answer.retry_after_s * 1000)
		ms = a->answer.retry_after_s * 1000;
	return (struct instant){ms > 0 ? a->now.ms + ms : 0};
}

/* True when the row has changed. */
static bool judge_webhook(struct attempt *a, struct webhook_row *row)
{
	struct webhook_row before = *row;

	if (a->fault == DELIVERY_EVENT_GONE || a->fault == DELIVERY_DAMAGED)
		return false; /* it was not asked */
	if (a->fault == DELIVERY_FINE)
		row->failing_since = (struct instant){0};
	else if (row->failing_since.ms == 0 || row->failing_since.ms > a->now.ms)
		row->failing_since = a->now;
	row->rest_until = rest_of(a, row);
	if (row->state == WEBHOOK_ENABLED && a->answer.status == 410)
		row->state = WEBHOOK_GONE;
	else if (row->state == WEBHOOK_ENABLED && row->failing_since.ms != 0 &&
		 a->now.ms - row->failing_since.ms >= WEBHOOK_PATIENCE_MS)
		row->state = WEBHOOK_FAILING;
	a->stopped = row->state != before.state;
	a->rests = row->rest_until.ms != 0;
	return a->stopped || row->failing_since.ms != before.failing_since.ms || row->rest_until.ms != before.rest_until.ms;
}

/* Both are read again: somebody may have changed or removed them while it was being sent. */
static enum result record_op(struct session *session, void *arg, struct err *err)
{
	struct attempt *a = arg;
	struct webhook_row webhook;
	struct delivery_row row;
	enum result r = delivery_get(session->data, a->delivery.account, a->delivery.webhook, a->delivery.event, &row, err);

	if (r == OK)
		r = webhook_get(session->data, row.account, row.webhook, &a->pool, &webhook, err);
	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	judge_delivery(a, &row);
	r = delivery_put(session->data, &row, err);
	if (r == OK)
		r = note_attempt(session, a, &row, err);
	if (r == OK && judge_webhook(a, &webhook))
		r = webhook_put(session->data, &webhook, err);
	return r == OK && a->stopped ? note_stopped(session, a, &webhook, err) : r;
}

static enum result try_once(struct attempt *a, struct err *err)
{
	struct message m = {.url = NULL};
	enum result r;

	buf_init(&m.body, EVENT_BODY_MAX);
	r = write_message(a, &m, err);
	if (r == OK)
		r = send_message(a, &m, err);
	else if (r == ERR_NOT_FOUND || r == ERR_CORRUPT) {
		a->fault = r == ERR_CORRUPT ? DELIVERY_DAMAGED : DELIVERY_EVENT_GONE;
		r = OK;
	}
	buf_free(&m.body);
	return r == OK ? vault_write(a->vault, record_op, a, err) : r;
}

/* ---- all that is due ---- */

/* A clock that was set back makes no rest longer than any that is given. */
static bool may_be_asked(const struct webhook_row *row, struct instant now)
{
	return row->state == WEBHOOK_ENABLED && (row->rest_until.ms <= now.ms ||
						 row->rest_until.ms - now.ms > CLIENT_RETRY_AFTER_MAX_S * INT64_C(1000));
}

/* It is looked at again each time: an attempt takes a while, and meanwhile it may have been removed, or have got another
 * secret. `*more`: whether another attempt may follow. */
static enum result try_if_wanted(struct attempt *a, struct delivered *out, bool *more, struct err *err)
{
	enum result r = webhook_get(a->vault->read.data, a->delivery.account, a->delivery.webhook, &a->pool, &a->webhook, err);

	*more = r == OK && may_be_asked(&a->webhook, a->now);
	if (r == OK && *more)
		r = try_once(a, err);
	if (r != OK || !*more)
		return r == ERR_NOT_FOUND ? OK : r;
	out->done += a->fault == DELIVERY_FINE;
	out->failed += a->fault != DELIVERY_FINE;
	*more = !a->stopped && !a->rests;
	return OK;
}

static enum result list_due(struct vault *vault, const struct webhook_row *row, struct instant now, struct delivery_row *due,
			    size_t max, size_t *count, struct err *err)
{
	struct instant ahead = {now.ms + SCHEDULE_LONGEST_MS + 1};
	enum result r = delivery_due(vault->read.data, row->account, row->id, (struct instant){0}, now, due, max, count, err);

	if (r != OK || *count > 0)
		return r;
	return delivery_due(vault->read.data, row->account, row->id, ahead, (struct instant){INT64_MAX}, due, max, count, err);
}

static enum result deliver_due(struct vault *vault, const struct deliver_how *how, const struct webhook_row *row,
			       struct instant now, size_t max, struct delivered *out, struct err *err)
{
	struct delivery_row due[DUE];
	size_t count;
	bool more = true;
	enum result r;

	if (!may_be_asked(row, now))
		return OK;
	r = list_due(vault, row, now, due, max < DUE ? max : DUE, &count, err);
	for (size_t i = 0; i < count && r == OK && more && !is_stopping(how->stopping); i++) {
		struct attempt a = {.vault = vault, .how = how, .delivery = due[i], .now = now};

		pool_init(&a.pool, POOL_MAX);
		r = try_if_wanted(&a, out, &more, err);
		pool_free(&a.pool);
	}
	return r;
}

enum result deliver_webhook(struct vault *vault, const struct deliver_how *how, uint32_t account, struct id webhook,
			    struct instant now, size_t max, struct delivered *out, struct err *err)
{
	struct webhook_row row;
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	r = webhook_get(vault->read.data, account, webhook, &pool, &row, err);
	if (r == OK && row.state == WEBHOOK_ENABLED) {
		r = list_new(vault, &row, now, &pool, out, err);
		if (r == OK)
			r = deliver_due(vault, how, &row, now, max, out, err);
	}
	pool_free(&pool);
	return r == ERR_NOT_FOUND ? OK : r;
}

enum result deliver_all(struct vault *vault, const struct deliver_how *how, struct instant now, struct delivered *out,
			struct err *err)
{
	uint32_t account = 0;
	struct id id = {{0}};
	bool found = true;
	enum result r = OK;

	*out = (struct delivered){.listed = 0};
	while (r == OK && (r = webhook_next(vault->read.data, account, id, &found, &account, &id, err)) == OK && found) {
		int64_t before;

		do {
			before = out->done + out->failed;
			r = deliver_webhook(vault, how, account, id, now, DUE, out, err);
		} while (r == OK && out->done + out->failed > before);
	}
	return r;
}
