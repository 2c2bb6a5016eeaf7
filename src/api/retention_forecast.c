/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * retention forecast.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/quote.h"
#include "api/chart.h"
#include "api/operations.h"
#include "retention/forecast.h"

#define CONTACT "contact" /* of deleted ones */
#define DAYS 30 /* unless --days says otherwise */
#define CHART_MAX ((size_t)64 * 1024)

/* ---- options ---- */

static enum result read_days(const char *text, int *out, struct err *err)
{
	size_t len = strlen(text);
	char shown[QUOTE_MAX];
	int days = 0;

	for (size_t i = 0; i < len && i < 5; i++)
		days = text[i] >= '0' && text[i] <= '9' ? days * 10 + text[i] - '0' : AHEAD_DAYS_MAX + 1;
	*out = days;
	if (len >= 1 && len < 5 && days >= 1 && days <= AHEAD_DAYS_MAX)
		return OK;
	err_set(err, ERR_INPUT, "%s is no number of days from 1 to %d", quote(text, len, shown), AHEAD_DAYS_MAX);
	err_where(err, "--days");
	return err_mend(err, "write just the number, such as --days 90");
}

static enum result read_kind(const char *text, uint32_t *out, struct err *err)
{
	enum record_kind kind;
	char shown[QUOTE_MAX];

	if (strcmp(text, CONTACT) == 0) {
		*out = UINT32_C(1) << HELD_CONTACT;
		return OK;
	}
	if (kind_parse(text, &kind)) {
		*out = UINT32_C(1) << kind;
		return OK;
	}
	err_set(err, ERR_INPUT, "there is no kind %s", quote(text, strlen(text), shown));
	err_where(err, "--kind");
	return err_mend(err,
			"`lethe help policy set` lists the kinds; deleted contacts are of the kind \"" CONTACT "\"");
}

/* ---- JSON ---- */

static bool is_empty(const struct forecast_day *day)
{
	return day->goes.records == 0 && day->held.records == 0 && day->obliged.records == 0;
}

/* Of a day; of all with day -1. */
static struct forecast_day contacts_on(const struct forecast *forecast, int day)
{
	struct forecast_day sum = {.goes = {0}};

	for (int i = 0; forecast->kinds[HELD_CONTACT] != NULL && i <= forecast->days; i++) {
		if (day != -1 && day != i)
			continue;
		forecast_add(&sum.goes, &forecast->kinds[HELD_CONTACT][i].goes);
		forecast_add(&sum.held, &forecast->kinds[HELD_CONTACT][i].held);
	}
	return sum;
}

static void print_contacts(struct json_writer *w, const char *name, const struct forecast_day *contacts)
{
	json_begin_object(w, name);
	json_int(w, "goes", contacts->goes.records);
	json_int(w, "bytes", contacts->goes.bytes);
	json_int(w, "held", contacts->held.records);
	json_end_object(w);
}

static void print_sum(struct json_writer *w, const char *name, const struct forecast_sum *sum)
{
	json_begin_object(w, name);
	json_int(w, "records", sum->records);
	json_int(w, "media", sum->media);
	json_int(w, "bytes", sum->bytes);
	json_end_object(w);
}

static void print_sums(struct json_writer *w, const struct forecast_day *day)
{
	json_int(w, "records", day->goes.records);
	json_int(w, "media", day->goes.media);
	json_int(w, "bytes", day->goes.bytes);
	print_sum(w, "held", &day->held);
	print_sum(w, "obliged", &day->obliged);
}

static void print_day(struct call *call, const struct forecast *forecast, int day)
{
	struct forecast_day all = forecast_all(forecast, day), contacts = contacts_on(forecast, day);
	struct json_writer *w = &call->w;

	json_begin_object(w, NULL);
	json_date(w, "day", date_add_days(forecast->today, day));
	print_sums(w, &all);
	json_begin_array(w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (forecast->kinds[kind] == NULL || is_empty(&forecast->kinds[kind][day]))
			continue;
		json_begin_object(w, NULL);
		json_string(w, "kind", kind_name((enum record_kind)kind));
		print_sums(w, &forecast->kinds[kind][day]);
		json_end_object(w);
	}
	json_end_array(w);
	if (!is_empty(&contacts))
		print_contacts(w, "deleted_contacts", &contacts);
	json_end_object(w);
}

static bool is_empty_day(const struct forecast *forecast, const struct forecast_day *by_day, int day)
{
	struct forecast_day contacts = contacts_on(forecast, day);

	return is_empty(&by_day[day]) && is_empty(&contacts);
}

static void print_all(struct call *call, const struct forecast *forecast, const struct forecast_day *by_day,
		      const struct forecast_day *all)
{
	struct forecast_day contacts = contacts_on(forecast, -1);
	struct json_writer *w = &call->w;

	json_begin_object(w, NULL);
	json_date(w, "today", forecast->today);
	json_date(w, "until", date_add_days(forecast->today, forecast->days));
	json_begin_array(w, "days");
	for (int day = 0; day <= forecast->days; day++) {
		if (!is_empty_day(forecast, by_day, day))
			print_day(call, forecast, day);
	}
	json_end_array(w);
	json_begin_object(w, "all");
	print_sums(w, all);
	json_end_object(w);
	json_int(w, "contacts", forecast->contacts);
	print_contacts(w, "deleted_contacts", &contacts);
	json_end_object(w);
}

/* ---- text ---- */

static void say_line(struct call *call, const char *day, const char *kind, const struct forecast_day *line)
{
	char records[32], media[32], bytes[32], kept[32];

	call_say(call, "%-10s  %-15s  %12s  %10s  %12s  %10s\n", day, kind, call_count(line->goes.records, records),
		 call_count(line->goes.media, media), call_bytes((uint64_t)line->goes.bytes, bytes),
		 call_count(line->held.records + line->obliged.records, kept));
}

static void say_day(struct call *call, const struct forecast *forecast, int day)
{
	char text[TIME_TEXT_MAX];

	date_format(date_add_days(forecast->today, day), text);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (forecast->kinds[kind] != NULL && !is_empty(&forecast->kinds[kind][day]))
			say_line(call, text, kind_name((enum record_kind)kind), &forecast->kinds[kind][day]);
	}
	if (forecast->kinds[HELD_CONTACT] != NULL && !is_empty(&forecast->kinds[HELD_CONTACT][day]))
		say_line(call, text, CONTACT, &forecast->kinds[HELD_CONTACT][day]);
}

static void say_table(struct call *call, const struct forecast *forecast, const struct forecast_day *all)
{
	struct forecast_day contacts = contacts_on(forecast, -1), sum = *all;
	char until[TIME_TEXT_MAX], count[32];

	date_format(date_add_days(forecast->today, forecast->days), until);
	if (forecast->contacts > 0)
		call_say(call, "Contacts that go today, since their hold was released: %s\n",
			 call_count(forecast->contacts, count));
	if (is_empty(all) && is_empty(&contacts)) {
		call_say(call, "Nothing of what there is now goes before the end of %s.\n", until);
		return;
	}
	call_say(call, "%-10s  %-15s  %12s  %10s  %12s  %10s\n", "day", "kind", "records", "media", "size", "kept");
	for (int day = 0; day <= forecast->days; day++)
		say_day(call, forecast, day);
	forecast_add(&sum.goes, &contacts.goes);
	forecast_add(&sum.held, &contacts.held);
	say_line(call, "all", "", &sum);
	call_say(call, "Today's is all that is due by then. What holds and obligations keep is not\n"
		       "among the records.\n");
}

static enum result say_chart(struct call *call, const struct forecast *forecast, const struct forecast_day *by_day,
			     struct err *err)
{
	size_t days = (size_t)forecast->days + 1;
	int64_t *values = pool_alloc(&call->pool, days * sizeof *values);
	struct buf text;
	enum result r;

	if (values == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < days; i++)
		values[i] = by_day[i].goes.records;
	buf_init(&text, CHART_MAX);
	chart_draw(&text, values, days, forecast->today, chart_columns(STDOUT_FILENO, getenv("COLUMNS")));
	r = buf_ok(&text, "a chart", err);
	if (r == OK)
		call_say(call, "\nRecords that go:\n%s", text.data);
	buf_free(&text);
	return r;
}

/* ---- the command ---- */

static enum result report(struct call *call, const struct forecast *forecast, bool chart, struct err *err)
{
	struct forecast_day *by_day = pool_alloc(&call->pool, ((size_t)forecast->days + 1) * sizeof *by_day);
	struct forecast_day all = {.goes = {0}};

	if (by_day == NULL)
		return err_no_memory(err);
	for (int day = 0; day <= forecast->days; day++) {
		by_day[day] = forecast_all(forecast, day);
		forecast_add(&all.goes, &by_day[day].goes);
		forecast_add(&all.held, &by_day[day].held);
		forecast_add(&all.obliged, &by_day[day].obliged);
	}
	if (call->json)
		print_all(call, forecast, by_day, &all);
	say_table(call, forecast, &all);
	return chart && all.goes.records > 0 && !call->json ? say_chart(call, forecast, by_day, err) : OK;
}

enum result op_retention_forecast(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *days = NULL, *kind = NULL;
	bool chart = false;
	const struct call_option options[] = {{"days", &days, NULL}, {"kind", &kind, NULL}, {"chart", NULL, &chart}};
	uint32_t kinds = UINT32_MAX;
	int wanted = DAYS;
	struct forecast forecast;
	struct account account;
	enum result r = call_parse(call, options, 3, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK && days != NULL)
		r = read_days(days, &wanted, err);
	if (r == OK && kind != NULL)
		r = read_kind(kind, &kinds, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = forecast_make(&call->vault->read, account.number, call->now, wanted, kinds, &call->pool, &forecast,
				  err);
	return r == OK ? report(call, &forecast, chart || call->terminal, err) : r;
}
