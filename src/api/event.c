/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/operations.h"
#include "api/paging.h"
#include "shim/json_parse.h"
#include "vault/outbox.h"

#define COUNT 50 /* unless --limit says otherwise */
#define BATCH 50

/* One whose time is over is before all that there are. */
static enum result find_after(struct call *call, uint32_t account, const char *text, uint64_t *seq, int *n,
			      struct err *err)
{
	struct event_row row;
	struct id id;
	enum result r;

	*seq = 0;
	*n = -1;
	if (text == NULL)
		return OK;
	if (id_parse(EVENT_PREFIX, text, &id, err) != OK) {
		err_where(err, "--after");
		return err_mend(err, "give the id of the last event you have, evt_..");
	}
	r = event_get(call->vault->read.data, account, id, &call->pool, &row, err);
	if (r == ERR_NOT_FOUND)
		return OK;
	*seq = row.seq;
	*n = row.n;
	return r;
}

static void say_event(struct call *call, const struct event_row *row, const struct json *event)
{
	char id[ID_TEXT_MAX], at[TIME_TEXT_MAX];
	struct buf data;

	buf_init(&data, EVENT_BODY_MAX);
	json_add_tree(&data, json_get(event, "data"));
	call_say(call, "%s  %s  %-20s %s\n", id_format(EVENT_PREFIX, row->id, id), instant_format(id_time(row->id), at),
		 event_type_name(row->type), data.data != NULL && !data.failed ? data.data : "");
	buf_free(&data);
}

static enum result show(struct call *call, const struct account *account, const struct event_row *row,
			struct pool *pool, struct err *err)
{
	const struct json *event;
	struct buf text;
	enum result r;

	buf_init(&text, EVENT_BODY_MAX);
	r = outbox_write(call->vault->read.data, row, account->id, pool, &text, err);
	if (r == OK)
		r = json_parse_once(text.data, text.len, pool, &event, err);
	if (r == OK) {
		json_node(&call->w, NULL, event);
		if (!call->json)
			say_event(call, row, event);
	}
	buf_free(&text);
	return r;
}

/* A cursor has the leaf and, in place of an id, which of its events it is. */
static void point_to(struct paging *page, const struct event_row *row)
{
	page->number = (int64_t)row->seq;
	page->id = (struct id){{(unsigned char)(row->n >> 8), (unsigned char)row->n}};
}

static int pointed_n(const struct paging *page)
{
	return page->id.bytes[0] << 8 | page->id.bytes[1];
}

static enum result show_all(struct call *call, const struct account *account, uint64_t seq, int n, struct paging *page,
			    size_t *shown, struct err *err)
{
	struct event_row rows[BATCH];
	size_t count, ask;
	struct pool pool;
	enum result r = OK;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	do {
		ask = paging_ask(page, BATCH);
		pool_reset(&pool);
		r = event_list(call->vault->read.data, account->number, seq, n, &pool, rows, ask, &count, err);
		for (size_t i = 0; i < count && r == OK && paging_take(page); i++) {
			seq = rows[i].seq;
			n = rows[i].n;
			point_to(page, &rows[i]);
			r = show(call, account, &rows[i], &pool, err);
			++*shown;
		}
	} while (r == OK && count == ask && !page->more);
	pool_free(&pool);
	return r;
}

enum result op_event_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *after = NULL;
	struct paging page = {0};
	const struct call_option options[] = {{"after", &after, NULL}, PAGING_OPTIONS(page)};
	struct account account;
	size_t shown = 0;
	uint64_t seq;
	int n;
	enum result r = call_parse(call, options, 3, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = find_after(call, account.number, after, &seq, &n, err);
	if (r == OK)
		r = paging_begin(call, &page, account.number, COUNT, "", err);
	if (r != OK)
		return r;
	if (page.begun) {
		seq = (uint64_t)page.number;
		n = pointed_n(&page);
	}
	paging_open(call, "events");
	r = show_all(call, &account, seq, n, &page, &shown, err);
	r = paging_close(call, &page, account.number, "", r, err);
	if (r == OK && shown == 0)
		call_say(call, "Nothing has happened that others are told of%s.\n", after != NULL ? " since" : "");
	return r;
}

enum result op_event_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct event_row row;
	struct id id;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK && id_parse(EVENT_PREFIX, argv[0], &id, err) != OK)
		r = err_mend(err, "give the event's id, evt_..: `lethe event list` shows it");
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = event_get(call->vault->read.data, account.number, id, &call->pool, &row, err);
	if (r == ERR_NOT_FOUND)
		return err_mend(err, "`lethe event list` shows those of the last 30 days");
	return r == OK ? show(call, &account, &row, &call->pool, err) : r;
}
