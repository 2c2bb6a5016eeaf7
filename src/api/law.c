/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "api/paging.h"
#include "vault/calendar.h"

static enum result read_year(const char *text, int32_t *out, struct err *err)
{
	char shown[QUOTE_MAX];
	int32_t year = 0;

	for (const char *at = text; *at >= '0' && *at <= '9' && at - text < 4; at++)
		year = year * 10 + (*at - '0');
	*out = year;
	if (strlen(text) == 4 && strspn(text, "0123456789") == 4 && year >= 1583)
		return OK;
	err_set(err, ERR_INPUT, "%s is not a year", quote(text, strlen(text), shown));
	return err_mend(err, "give one from 1583 to 9999, such as 2027; the rules are right from 2018");
}

/* ---- of a country ---- */

static void show_own(struct call *call, const struct calendar_day *day)
{
	char text[TIME_TEXT_MAX];

	call_say(call, "%s  %s  ", date_format(day->day, text), call_clean(call, day->name));
	if (day->law != NULL)
		call_say(call, "(added; by %s)\n", call_clean(call, day->law));
	else
		call_say(call, "(added; the account's own: no period of the law is longer for it)\n");
	json_begin_object(&call->w, NULL);
	json_date(&call->w, "date", day->day);
	json_string(&call->w, "name", day->name);
	json_bool(&call->w, "added", true);
	json_bool(&call->w, "public", day->law != NULL);
	json_string(&call->w, "law", day->law);
	json_string(&call->w, "by", day->by);
	json_end_object(&call->w);
}

static void show_public(struct call *call, const struct holiday *day)
{
	char text[TIME_TEXT_MAX];

	call_say(call, "%s  %s\n", date_format(day->day, text), day->name);
	json_begin_object(&call->w, NULL);
	json_date(&call->w, "date", day->day);
	json_string(&call->w, "name", day->name);
	json_end_object(&call->w);
}

/* Both in order of date; of one date the country's first. */
static void show_days(struct call *call, const struct holidays_country *country, int32_t year,
		      const struct calendar *own)
{
	struct holiday days[HOLIDAYS_YEAR_MAX];
	size_t count = holidays_year(country, year, days), at = 0;

	for (size_t i = 0; i < own->count; i++) {
		if (date_civil(own->days[i].day).year != year)
			continue;
		while (at < count && days[at].day.days <= own->days[i].day.days)
			show_public(call, &days[at++]);
		show_own(call, &own->days[i]);
	}
	while (at < count)
		show_public(call, &days[at++]);
}

static void show_country(struct call *call, const struct holidays_country *country, int32_t year,
			 const struct calendar *own)
{
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "country", holidays_code(country));
	json_string(&call->w, "name", holidays_name(country));
	json_int(&call->w, "year", year);
	json_begin_array(&call->w, "holidays");
	show_days(call, country, year, own);
	json_end_array(&call->w);
	json_string(&call->w, "source", holidays_source(country));
	json_string(&call->w, "left_out", holidays_left_out(country));
	json_end_object(&call->w);
	call_say(call, "\nSource: %s.\n", holidays_source(country));
	if (holidays_left_out(country) != NULL)
		call_say(call, "Left out: %s.\n", holidays_left_out(country));
}

static enum result read_own(struct call *call, struct account *account, struct calendar *out, struct err *err)
{
	enum result r = call_open_account(call, false, account, err);

	return r == OK ? calendar_read(&call->vault->read, account->number, call->now, &call->pool, out, err) : r;
}

static enum result list_country(struct call *call, const char *code, const char *year_text, struct err *err)
{
	const struct holidays_country *country;
	struct holidays *holidays = NULL;
	struct calendar own = {.days = NULL};
	struct account account;
	int32_t year = 0;
	enum result r = read_year(year_text, &year, err);

	if (r == OK)
		r = holidays_open(&holidays, err);
	if (r == OK)
		r = holidays_find(holidays, code, &country, err);
	if (r == OK && call->account != NULL)
		r = read_own(call, &account, &own, err);
	if (r == OK)
		show_country(call, country, year, &own);
	holidays_close(holidays);
	return r;
}

/* ---- of an account ---- */

static void show_page(struct call *call, const struct calendar *own, struct paging *page)
{
	for (size_t i = 0; i < own->count; i++) {
		if (page->begun && own->days[i].day.days <= page->number)
			continue;
		if (!paging_take(page))
			return;
		page->number = own->days[i].day.days;
		show_own(call, &own->days[i]);
	}
}

static enum result list_own(struct call *call, struct paging *page, struct err *err)
{
	struct account account;
	struct calendar own;
	enum result r = read_own(call, &account, &own, err);

	if (r == OK)
		r = paging_begin(call, page, account.number, PAGING_ALL, "list", err);
	if (r != OK)
		return r;
	paging_open(call, "holidays");
	show_page(call, &own, page);
	r = paging_close(call, page, account.number, "list", r, err);
	if (own.count == 0)
		call_say(call, "The account has added no days: `lethe law holidays add DATE NAME` does.\n");
	return r;
}

static enum result read_date(const char *text, struct date *out, struct err *err)
{
	enum result r = date_parse(text, strlen(text), out, err);

	if (r == OK)
		return OK;
	return err_mend(err, "write the day as in 2027-08-08");
}

static void report(struct call *call, const char *what, struct date day)
{
	json_begin_object(&call->w, NULL);
	json_date(&call->w, what, day);
	json_end_object(&call->w);
}

static enum result add_own(struct call *call, char **argv, const char *law, struct err *err)
{
	struct calendar_day day = {.name = argv[1], .law = law};
	struct account account;
	char text[TIME_TEXT_MAX];
	enum result r = read_date(argv[0], &day.day, err);

	day.by = call->who;
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = calendar_add(call->vault, &account, &day, call->now, &call->pool, err);
	if (r != OK)
		return r;
	call_say(call, "Added %s, %s.\n", date_format(day.day, text),
		 law != NULL ? "a public holiday: a period of the law that would end on it ends on the next working day"
			     : "a day off of the account's own: no period of the law is longer for it (Reg. 1182/71 "
			       "art. 2(1)).\nIf a law makes it a public holiday, remove it and add it with --law");
	report(call, "added", day.day);
	return OK;
}

static enum result remove_own(struct call *call, char **argv, struct err *err)
{
	struct account account;
	struct date day;
	char text[TIME_TEXT_MAX];
	enum result r = read_date(argv[0], &day, err);

	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = calendar_remove(call->vault, &account, day, call->now, &call->pool, err);
	if (r != OK)
		return r;
	call_say(call, "Removed %s.\n", date_format(day, text));
	report(call, "removed", day);
	return OK;
}

static enum result wants(const char *usage, struct err *err)
{
	err_set(err, ERR_INPUT, "lethe law holidays takes COUNTRY YEAR, or add, remove or list");
	return err_mend(err, "such as: lethe law holidays %s", usage);
}

enum result op_law_holidays(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *law = NULL;
	struct paging page = {0};
	const struct call_option options[] = {{"law", &law, NULL}, PAGING_OPTIONS(page)};
	enum result r = call_parse(call, options, 3, &argc, argv, 1, 3, err);

	(void)partly;
	if (r == OK && strcmp(argv[0], "list") != 0)
		r = paging_refuse(&page, "what is not the list of the account's own days", err);
	if (r != OK)
		return r;
	if (strcmp(argv[0], "add") == 0)
		return argc == 3 ? add_own(call, argv + 1, law, err) : wants("add 2027-12-24 'Christmas Eve'", err);
	if (law != NULL) {
		err_set(err, ERR_INPUT, "--law says which law makes a day that is added a public holiday");
		return err_mend(err, "leave it out, or: lethe law holidays add DATE NAME --law TEXT");
	}
	if (strcmp(argv[0], "remove") == 0)
		return argc == 2 ? remove_own(call, argv + 1, err) : wants("remove 2027-12-24", err);
	if (strcmp(argv[0], "list") == 0)
		return argc == 1 ? list_own(call, &page, err) : wants("list", err);
	return argc == 2 ? list_country(call, argv[0], argv[1], err) : wants("DE 2027", err);
}
