/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "api/operations.h"
#include "base/quote.h"
#include "shim/json_parse.h"
#include "vault/outbox.h"

#define COUNT 50 /* unless --count says otherwise */
#define COUNT_MAX 1000
#define BATCH 50

static enum result read_count(const char *text, size_t *out, struct err *err)
{
	char *end, shown[QUOTE_MAX];
	long value;

	*out = COUNT;
	if (text == NULL)
		return OK;
	value = strtol(text, &end, 10);
	*out = (size_t)value;
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && value >= 1 && value <= COUNT_MAX)
		return OK;
	err_set(err, ERR_INPUT, "%s is no number of events", quote(text, strlen(text), shown));
	err_where(err, "--count");
	return err_mend(err, "give 1 to %d", COUNT_MAX);
}

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

static enum result show_all(struct call *call, const struct account *account, uint64_t seq, int n, size_t wanted,
			    size_t *shown, struct err *err)
{
	struct event_row rows[BATCH];
	size_t count = BATCH;
	struct pool pool;
	enum result r = OK;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	while (r == OK && count == BATCH && *shown < wanted) {
		size_t ask = wanted - *shown < BATCH ? wanted - *shown : BATCH;

		pool_reset(&pool);
		r = event_list(call->vault->read.data, account->number, seq, n, &pool, rows, ask, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			seq = rows[i].seq;
			n = rows[i].n;
			r = show(call, account, &rows[i], &pool, err);
		}
		*shown += count;
	}
	pool_free(&pool);
	return r;
}

enum result op_event_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *after = NULL, *count_text = NULL;
	const struct call_option options[] = {{"after", &after, NULL}, {"count", &count_text, NULL}};
	struct account account;
	size_t wanted, shown = 0;
	uint64_t seq;
	int n;
	enum result r = call_parse(call, options, 2, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = read_count(count_text, &wanted, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = find_after(call, account.number, after, &seq, &n, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "events");
	r = show_all(call, &account, seq, n, wanted, &shown, err);
	json_end_array(&call->w);
	json_end_object(&call->w);
	if (r == OK && shown == 0)
		call_say(call, "Nothing has happened that others are told of%s.\n", after != NULL ? " since" : "");
	return r;
}
