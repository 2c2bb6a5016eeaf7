/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * record list: which records there are of a kind, the oldest first, without
 * what was said and by whom.
 */
#include <string.h>

#include "api/operations.h"
#include "api/paging.h"
#include "api/policy_words.h"
#include "store/record.h"
#include "vault/act.h"

#define COUNT 50     /* unless --limit says otherwise */
#define PAGE 100
#define LOOKED_MAX 10000 /* for a page of somebody's own: then it ends, shorter than it could be */

struct listing {
	struct call *call;
	struct paging page;
	struct account account;
	enum record_kind kind;
	struct instant from, until; /* until: not included */
	int64_t agent;              /* their own only; 0: all */
	int64_t shown, looked;
	struct pool pool;
};

static enum result read_time(const char *text, const char *option, struct instant *out, struct err *err)
{
	struct date day;
	enum result r = OK;

	if (strlen(text) == 10 && date_parse(text, 10, &day, err) == OK)
		*out = date_start(day);
	else
		r = instant_parse(text, strlen(text), out, err);
	return r == OK ? OK : err_where(err, "--%s", option);
}

static void show(struct listing *listing, const struct record_row *row)
{
	struct call *call = listing->call;
	struct json_writer *w = &call->w;
	char id[ID_TEXT_MAX], at[TIME_TEXT_MAX];

	id_format(kind_prefix(row->kind), row->id, id);
	instant_format(id_time(row->id), at);
	call_say(call, "%s  %s  %s\n", id, at, row->direction != 0 ? direction_name(row->direction) : "");
	json_begin_object(w, NULL);
	json_string(w, "id", id);
	json_string(w, "kind", kind_name(row->kind));
	json_string(w, "at", at);
	json_string(w, "direction", row->direction != 0 ? direction_name(row->direction) : NULL);
	if (row->duration_ms >= 0)
		json_int(w, "duration_ms", row->duration_ms);
	else
		json_null(w, "duration_ms");
	json_int(w, "media", row->media);
	json_end_object(w);
}

static bool is_wanted(const struct listing *listing, const struct record_row *row)
{
	int64_t at = id_time(row->id).ms;

	return at >= listing->from.ms && at < listing->until.ms && (listing->agent == 0 || row->agent == listing->agent);
}

/* False: the page ends here. */
static bool take(struct listing *listing, const struct record_row *row)
{
	if (is_wanted(listing, row)) {
		if (!paging_take(&listing->page))
			return false;
		listing->shown++;
		show(listing, row);
	}
	listing->page.id = row->id;
	listing->page.more = ++listing->looked >= LOOKED_MAX;
	return !listing->page.more;
}

static enum result list_day(struct listing *listing, struct date day, struct err *err)
{
	struct record_row rows[PAGE];
	size_t count;
	bool goes_on = true;
	enum result r;

	do {
		pool_reset(&listing->pool);
		r = record_list_day(listing->call->vault->read.data, listing->account.number, listing->kind, day,
				    listing->page.id, &listing->pool, rows, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK && goes_on; i++)
			goes_on = take(listing, &rows[i]);
	} while (r == OK && goes_on && count == PAGE);
	return r;
}

/* From day to day that has records, never past the last that is asked for. */
static enum result list_days(struct listing *listing, struct err *err)
{
	struct db *data = listing->call->vault->read.data;
	struct instant begin = listing->page.begun ? id_time(listing->page.id) : listing->from;
	struct date day = {begin.ms > 0 ? instant_date(begin).days - 1 : -1}; /* no id is of a time before 1970 */
	enum result r = OK;

	while (r == OK && !listing->page.more) {
		r = record_next_day(data, listing->account.number, listing->kind, day, &day, err);
		if (r == OK && date_start(day).ms >= listing->until.ms)
			break;
		if (r == OK)
			r = list_day(listing, day, err);
	}
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result note(const struct listing *listing, struct err *err)
{
	struct act act;

	act_begin(&act, "record.list", listing->account.number, listing->call->now);
	act_int(&act, "records", listing->shown);
	return vault_note(&listing->call->vault->read, &act, err);
}

static enum result list(struct listing *listing, struct err *err)
{
	struct call *call = listing->call;
	enum result r;

	paging_open(call, "records");
	r = list_days(listing, err);
	if (r == OK)
		r = note(listing, err);
	r = paging_close(call, &listing->page, listing->account.number, kind_name(listing->kind), r, err);
	if (r == OK && listing->shown == 0 && !listing->page.more)
		call_say(call, "There is no %s of that time.\n", kind_name(listing->kind));
	return r;
}

enum result op_record_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct listing listing = {.call = call, .from = {INT64_MIN}, .until = {INT64_MAX}};
	const char *from = NULL, *until = NULL;
	const struct call_option options[] = {{"from", &from, NULL}, {"until", &until, NULL}, PAGING_OPTIONS(listing.page)};
	enum result r = call_parse(call, options, 4, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = policy_read_kind(argv[0], &listing.kind, err);
	if (r == OK && from != NULL)
		r = read_time(from, "from", &listing.from, err);
	if (r == OK && until != NULL)
		r = read_time(until, "until", &listing.until, err);
	if (r == OK)
		r = call_open_account(call, false, &listing.account, err);
	if (r == OK)
		r = paging_begin(call, &listing.page, listing.account.number, COUNT, kind_name(listing.kind), err);
	if (r != OK)
		return r;
	if (call->actor != NULL && call->actor->role == ROLE_OF_AGENT)
		listing.agent = call->actor->agent != 0 ? call->actor->agent : -1;
	pool_init(&listing.pool, (size_t)256 * 1024 * 1024);
	r = list(&listing, err);
	pool_free(&listing.pool);
	return r;
}
