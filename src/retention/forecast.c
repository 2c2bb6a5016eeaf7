/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/forecast.h"

#include <stdlib.h>

#include "retention/alike.h"
#include "retention/day.h"
#include "retention/ended.h"
#include "retention/purge.h"

#define ROWS 128
#define PAYLOADS_MAX ((size_t)1024 * 1024 * 1024) /* of ROWS records */

/* A day of which something goes today by itself, whatever becomes of the rest. */
struct apart { enum record_kind kind; struct date day; };

struct looking {
	struct session *session;
	uint32_t account;
	struct ahead ahead;
	struct alike alike;
	struct keepers keepers;
	struct apart *apart; /* sorted once they are all there */
	size_t apart_count, apart_room;
	struct record_row *rows; /* ROWS of them */
	struct pool pool;        /* of one page of them */
	struct forecast *out;
};

void forecast_add(struct forecast_sum *sum, const struct forecast_sum *more)
{
	sum->records += more->records;
	sum->media += more->media;
	sum->bytes += more->bytes;
}

static void add_day(struct forecast_day *sum, const struct forecast_day *more)
{
	forecast_add(&sum->goes, &more->goes);
	forecast_add(&sum->held, &more->held);
	forecast_add(&sum->obliged, &more->obliged);
	sum->cut += more->cut;
}

struct forecast_day forecast_all(const struct forecast *forecast, int day)
{
	struct forecast_day sum = {.goes = {0}};

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		for (int i = 0; forecast->kinds[kind] != NULL && i <= forecast->days; i++) {
			if (day == -1 || day == i)
				add_day(&sum, &forecast->kinds[kind][i]);
		}
	}
	return sum;
}

/* ---- one record ---- */

static enum result size_of(struct looking *looking, const struct record_row *row, struct forecast_sum *out,
			   struct err *err)
{
	struct day_size size;
	enum result r = day_size_of(looking->session, row, &size, err);

	*out = (struct forecast_sum){.records = 1, .media = size.media, .bytes = size.bytes};
	return r;
}

/* What obligations keep of it goes when the last of them ends. */
static void add_end(struct looking *looking, enum record_kind kind, struct date over)
{
	int day = over.days - looking->out->today.days;

	if (day <= looking->out->days)
		looking->out->kinds[kind][day > 0 ? day : 0].goes.records++;
}

/* Past its time on `day`, under its period's key. */
static enum result add_due(struct looking *looking, const struct record_row *row, int day, struct err *err)
{
	struct forecast_day *to = &looking->out->kinds[row->kind][day];
	struct duty_set duties = looking->keepers.duties;
	struct duty_cover cover;
	struct forecast_sum size;
	enum result r = size_of(looking, row, &size, err);

	if (r != OK)
		return r;
	/* Which obligations run on that day, of those there are now. */
	duties.today = date_add_days(duties.today, day);
	duties_cover(&duties, row, NULL, 0, &cover);
	forecast_add(cover.count > 0 ? &to->obliged : &to->goes, &size);
	if (cover.count == 0)
		return OK;
	to->cut++;
	add_end(looking, row->kind, cover.over);
	return OK;
}

/* Past its time before, and cut down or to be cut down: by the duty it is under, or by none since a hold was released. */
static enum result add_kept(struct looking *looking, const struct record_row *row, int day, struct err *err)
{
	struct duty_cover cover = {.count = 0};
	struct forecast_sum size;
	struct duty_row duty;
	enum result r = duties_cover_row(looking->session, &looking->keepers.duties, row, &looking->pool, &cover, &duty,
					 err);

	if (r == ERR_GONE || r == ERR_CORRUPT)
		return OK;
	if (r != OK || cover.count == 0)
		return r;
	r = size_of(looking, row, &size, err);
	if (r != OK)
		return r;
	forecast_add(&looking->out->kinds[row->kind][day].obliged, &size);
	if (duty.duty != 0)
		return OK;
	looking->out->kinds[row->kind][day].cut++;
	add_end(looking, row->kind, cover.over);
	return OK;
}

static enum result add_record(struct looking *looking, const struct record_row *row, struct err *err)
{
	int day = ahead_record(&looking->ahead, row);
	struct forecast_sum size;
	enum result r;

	if (day == -1)
		return OK;
	if (holds_cover(&looking->keepers.holds, row) == NULL)
		return row->hold == 0 ? add_due(looking, row, day, err) : add_kept(looking, row, day, err);
	r = size_of(looking, row, &size, err);
	if (r == OK)
		forecast_add(&looking->out->kinds[row->kind][day].held, &size);
	return r;
}

/* ---- what released holds kept: it goes today ---- */

static enum result note_apart(struct looking *looking, const struct record_row *row, struct err *err)
{
	size_t room = looking->apart_room == 0 ? 256 : looking->apart_room * 2;
	struct apart *more;

	if (looking->apart_count == looking->apart_room) {
		more = realloc(looking->apart, room * sizeof *more);
		if (more == NULL)
			return err_no_memory(err);
		looking->apart = more;
		looking->apart_room = room;
	}
	looking->apart[looking->apart_count++] = (struct apart){row->kind, instant_date(id_time(row->id))};
	return OK;
}

static enum result add_released(void *arg, const struct held_row *held, const struct record_row *row, struct err *err)
{
	struct looking *looking = arg;
	struct forecast_sum size;
	enum result r;

	(void)held;
	if (row == NULL) {
		looking->out->contacts += looking->out->kinds[HELD_CONTACT] != NULL;
		return OK;
	}
	if (looking->out->kinds[row->kind] == NULL)
		return OK;
	r = size_of(looking, row, &size, err);
	if (r == OK)
		forecast_add(&looking->out->kinds[row->kind][0].goes, &size);
	return r == OK ? note_apart(looking, row, err) : r;
}

/* What is under a duty that ends by the last day looked at. */
static enum result add_ended(void *arg, const struct held_row *held, const struct record_row *row,
			     enum ended_fate fate, struct err *err)
{
	struct looking *looking = arg;
	struct duty_cover cover = {.count = 0};
	struct duty_row duty;
	enum result r;

	(void)held;
	if (looking->out->kinds[row->kind] == NULL)
		return OK;
	r = note_apart(looking, row, err);
	if (r != OK || fate != ENDED_GOES)
		return r;
	r = duties_cover_row(looking->session, &looking->keepers.duties, row, &looking->pool, &cover, &duty, err);
	if (r == OK)
		add_end(looking, row->kind, cover.count > 0 ? cover.over : looking->out->today);
	return r == ERR_GONE || r == ERR_CORRUPT ? OK : r;
}

/* Those that end by the last day are due on it. */
static enum result add_duties(struct looking *looking, struct err *err)
{
	struct keepers then = looking->keepers;

	then.duties.today = date_add_days(then.duties.today, looking->out->days);
	return ended_walk(looking->session, &then, add_ended, looking, err);
}

static int compare_apart(const void *a, const void *b)
{
	const struct apart *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->day.days > y->day.days) - (x->day.days < y->day.days);
}

static bool is_apart(const struct looking *looking, const struct period *period)
{
	const struct apart key = {period->kind, period->day};

	return looking->apart_count > 0 && bsearch(&key, looking->apart, looking->apart_count, sizeof key,
						   compare_apart) != NULL;
}

/* ---- deleted contacts ---- */

static enum result add_deleted(void *arg, const struct contact_gone *gone, const struct ruling *ruling, struct err *err)
{
	struct looking *looking = arg;
	const struct forecast_sum size = {.records = 1, .bytes = gone->bytes};
	int day = gone->on.days - looking->out->today.days;
	struct forecast_day *to = &looking->out->kinds[HELD_CONTACT][day > 0 ? day : 0];

	(void)err;
	forecast_add(ruling->fate == FATE_HELD ? &to->held : &to->goes, &size);
	return OK;
}

static enum result add_contacts(struct looking *looking, struct err *err)
{
	if (looking->out->kinds[HELD_CONTACT] == NULL)
		return OK;
	return purge_walk(looking->session, &looking->keepers.holds, date_start(looking->out->today),
			  date_add_days(looking->out->today, looking->out->days), add_deleted, looking, err);
}

/* ---- periods ---- */

static enum result add_rows(struct looking *looking, const struct period *period, struct err *err)
{
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&looking->pool);
		r = record_list_day(looking->session->data, looking->account, period->kind, period->day, after,
				    &looking->pool, looking->rows, ROWS, &count, err);
		for (size_t i = 0; i < count && r == OK; i++)
			r = add_record(looking, &looking->rows[i], err);
		after = r == OK && count > 0 ? looking->rows[count - 1].id : after;
	} while (r == OK && count == ROWS);
	return r;
}

/* Of those that are alike all go on one day, or all are held. */
struct sort { int day; bool held; };

static struct sort sort_of(struct looking *looking, const struct record_row *row)
{
	bool known = false;
	int alone, *answer = &alone;

	if (!holds_name(&looking->keepers.holds, row))
		answer = alike_find(&looking->alike, row, &known);
	if (!known)
		*answer = ahead_record(&looking->ahead, row) * 2 + (holds_cover(&looking->keepers.holds, row) != NULL);
	return (struct sort){*answer < 0 ? -1 : *answer / 2, *answer % 2 != 0};
}

static enum result add_sort(void *arg, const struct record_row *row, struct err *err)
{
	struct looking *looking = arg;
	const struct sort sort = sort_of(looking, row);
	struct forecast_day *to;
	struct forecast_sum size;
	enum result r;

	if (sort.day == -1)
		return OK;
	to = &looking->out->kinds[row->kind][sort.day];
	r = size_of(looking, row, &size, err);
	if (r == OK)
		forecast_add(sort.held ? &to->held : &to->goes, &size);
	return r;
}

/* Is a look at each sort of record enough? Not where some are kept past their time already. */
static enum result goes_by_sort(struct looking *looking, const struct period *period, bool *out, struct err *err)
{
	bool held = true;
	enum result r = OK;

	*out = false;
	if (is_apart(looking, period) || !keepers_go_by_sort(&looking->keepers, period->kind, period->day))
		return OK;
	r = record_has_held(looking->session->data, looking->account, period->kind, period->day, period->day, &held, err);
	*out = r == OK && !held;
	return r;
}

static enum result look_at(struct looking *looking, const struct period *period, struct err *err)
{
	bool by_sort;
	enum result r = goes_by_sort(looking, period, &by_sort, err);

	if (r != OK || !by_sort)
		return r == OK ? add_rows(looking, period, err) : r;
	alike_next_day(&looking->alike);
	return record_look_day(looking->session->data, looking->account, period->kind, period->day,
			       holds_touch_period(&looking->keepers.holds, period->kind, period->day), add_sort, looking, err);
}

static enum result add_period(void *arg, const struct period *period, struct err *err)
{
	struct looking *looking = arg;
	bool look = keepers_touch_period(&looking->keepers, period->kind, period->day) || is_apart(looking, period);
	int day;
	enum ahead_fate fate = ahead_period(&looking->ahead, period, &day);

	if (look || fate == AHEAD_MIXED)
		return look_at(looking, period, err);
	if (fate == AHEAD_WHOLE)
		forecast_add(&looking->out->kinds[period->kind][day].goes,
			     &(struct forecast_sum){period->records, period->media,
						    period->bytes + period->media_bytes});
	return OK;
}

static enum result add_kind(struct looking *looking, enum record_kind kind, struct err *err)
{
	struct date until;

	if (!ahead_last(&looking->ahead, kind, &until))
		return OK;
	alike_begin(&looking->alike, &looking->ahead.spans[0].policies, kind);
	for (size_t i = 1; i < looking->ahead.count; i++)
		alike_also(&looking->alike, &looking->ahead.spans[i].policies, kind);
	return period_walk(looking->session->data, looking->account, kind, (struct date){INT32_MIN}, until, add_period,
			   looking, err);
}

static enum result add_all(struct looking *looking, struct err *err)
{
	enum result r = released_walk(looking->session, &looking->keepers, add_released, looking, err);

	if (r == OK)
		r = add_duties(looking, err);
	if (r == OK && looking->apart_count > 0)
		qsort(looking->apart, looking->apart_count, sizeof *looking->apart, compare_apart);
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		if (looking->out->kinds[kind] != NULL)
			r = add_kind(looking, (enum record_kind)kind, err);
	}
	if (r == OK)
		r = add_contacts(looking, err);
	return r;
}

/* ---- all of it ---- */

static enum result make_days(struct forecast *out, uint32_t kinds, struct pool *pool, struct err *err)
{
	for (int kind = HELD_CONTACT; kind <= KIND_LAST; kind++) {
		size_t days = (size_t)out->days + 1;

		if ((kinds & (UINT32_C(1) << kind)) == 0)
			continue;
		out->kinds[kind] = pool_alloc(pool, days * sizeof *out->kinds[kind]);
		if (out->kinds[kind] == NULL)
			return err_no_memory(err);
		for (size_t i = 0; i < days; i++)
			out->kinds[kind][i] = (struct forecast_day){.goes = {0}};
	}
	return OK;
}

enum result forecast_make(struct session *session, uint32_t account, struct instant now, int days, uint32_t kinds,
			  struct pool *pool, struct forecast *out, struct err *err)
{
	struct looking looking = {.session = session, .account = account, .out = out};
	enum result r;

	*out = (struct forecast){.today = instant_date(now), .days = days};
	pool_init(&looking.pool, PAYLOADS_MAX);
	looking.rows = malloc(ROWS * sizeof *looking.rows);
	r = keepers_load(session, account, now, pool, &looking.keepers, err);
	if (r == OK)
		r = holds_find_days(session, &looking.keepers.holds, pool, err);
	if (r == OK && looking.rows == NULL)
		r = err_no_memory(err);
	if (r == OK)
		r = make_days(out, kinds, pool, err);
	if (r == OK)
		r = ahead_load(session, account, now, days, pool, &looking.ahead, err);
	if (r == OK)
		r = alike_init(&looking.alike, pool, err);
	if (r == OK)
		r = add_all(&looking, err);
	keepers_free(&looking.keepers);
	free(looking.apart);
	free(looking.rows);
	pool_free(&looking.pool);
	return r;
}
