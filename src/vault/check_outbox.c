/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What others are told. That its time is over and it is gone by the second look is no problem.
 */
#include "store/leaf.h"
#include "vault/check_run.h"
#include "store/webhook.h"
#include "vault/outbox.h"
#include "vault/seal.h"

#define BATCH 256

static enum result look(struct check_run *run, const struct event_row *row, struct err *err)
{
	struct leaf leaf;
	enum result r = leaf_get(run->session->data, row->seq, &run->pool, &leaf, err);

	if (r != OK)
		return r;
	if (leaf.account != row->account || !outbox_ids_whole(row))
		return err_set(err, ERR_CORRUPT, "an event is damaged");
	return OK;
}

static enum result is_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct event_row row;
	enum result r = event_get(run->session->data, suspect->account, suspect->id, &run->pool, &row, err);

	*still = false;
	if (r == ERR_NOT_FOUND)
		return OK;
	if (r == OK)
		r = look(run, &row, err);
	*still = check_is_problem(r);
	return *still ? OK : r;
}

static enum result check_event(struct check_run *run, const struct event_row *row, struct err *err)
{
	const struct suspect suspect = {.check = CHECK_OUTBOX, .again = is_still_wrong, .account = run->account,
					.id = row->id};
	char text[ID_TEXT_MAX];
	enum result r = look(run, row, err);

	run->report->checks[CHECK_OUTBOX].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: %s hangs on no leaf of the account, or its ids are damaged", run->account,
		      id_format(EVENT_PREFIX, row->id, text));
	return OK;
}

static enum result check_events(struct check_run *run, struct err *err)
{
	struct event_row rows[BATCH];
	uint64_t seq = 0;
	size_t count;
	int n = -1;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = event_list(run->session->data, run->account, seq, n, &run->pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++)
			r = check_event(run, &rows[i], err);
		seq = r == OK && count > 0 ? rows[count - 1].seq : seq;
		n = r == OK && count > 0 ? rows[count - 1].n : n;
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- webhooks ---- */

static enum result open_texts(struct check_run *run, const struct webhook_row *row, struct err *err)
{
	struct keyring *ring = run->session->ring;
	const char *text;
	enum result r = open_data(ring, row->account, "hook-url", row->id, row->url, row->url_len, &run->pool, &text, err);

	if (r == OK)
		r = open_data(ring, row->account, "hook-key", row->id, row->secret, row->secret_len, &run->pool, &text,
			      err);
	if (r != OK || row->old_secret_len == 0)
		return r;
	return open_data(ring, row->account, "hook-key", row->id, row->old_secret, row->old_secret_len, &run->pool,
			 &text, err);
}

static enum result webhook_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct webhook_row row;
	enum result r = webhook_get(run->session->data, suspect->account, suspect->id, &run->pool, &row, err);

	*still = false;
	if (r == ERR_NOT_FOUND)
		return OK;
	if (r == OK)
		r = open_texts(run, &row, err);
	*still = check_is_problem(r);
	return *still ? OK : r;
}

static enum result check_webhook(struct check_run *run, const struct webhook_row *row, struct err *err)
{
	const struct suspect suspect = {.check = CHECK_OUTBOX, .again = webhook_still_wrong, .account = run->account,
					.id = row->id};
	char text[ID_TEXT_MAX];
	enum result r = open_texts(run, row, err);

	run->report->checks[CHECK_OUTBOX].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: %s: its URL or a secret of it cannot be opened", run->account,
		      id_format(WEBHOOK_PREFIX, row->id, text));
	return OK;
}

static enum result check_webhooks(struct check_run *run, struct err *err)
{
	struct webhook_row rows[BATCH];
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = webhook_list(run->session->data, run->account, after, &run->pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].id;
			r = check_webhook(run, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- deliveries: of webhooks that are there ---- */

static enum result delivery_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still,
					struct err *err)
{
	struct delivery_row row;
	struct webhook_row webhook;
	struct id last;
	size_t count;
	enum result r;

	for (size_t i = 0; i < sizeof last.bytes; i++)
		last.bytes[i] = 0xff;
	r = delivery_back(run->session->data, suspect->account, suspect->id, last, &row, 1, &count, err);
	*still = false;
	if (r != OK || count == 0)
		return r;
	r = webhook_get(run->session->data, suspect->account, suspect->id, &run->pool, &webhook, err);
	*still = check_is_problem(r);
	return *still ? OK : r;
}

static enum result check_delivery(struct check_run *run, const struct delivery_row *row, struct err *err)
{
	const struct suspect suspect = {.check = CHECK_OUTBOX, .again = delivery_still_wrong, .account = run->account,
					.id = row->webhook};
	struct webhook_row webhook;
	char text[ID_TEXT_MAX];
	enum result r = webhook_get(run->session->data, run->account, row->webhook, &run->pool, &webhook, err);

	run->report->checks[CHECK_OUTBOX].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: a delivery is to %s, which is not there", run->account,
		      id_format(WEBHOOK_PREFIX, row->webhook, text));
	return OK;
}

static enum result check_deliveries(struct check_run *run, struct err *err)
{
	struct delivery_row rows[BATCH];
	struct id webhook = {{0}}, event = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = delivery_list(run->session->data, run->account, webhook, event, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			webhook = rows[i].webhook;
			event = rows[i].event;
			r = check_delivery(run, &rows[i], err);
		}
	} while (r == OK && count == BATCH);
	return r;
}

enum result check_outbox(struct check_run *run, struct err *err)
{
	enum result r = check_events(run, err);

	if (r == OK)
		r = check_webhooks(run, err);
	return r == OK ? check_deliveries(run, err) : r;
}
