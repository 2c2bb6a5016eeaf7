/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <strings.h>

#include "base/quote.h"
#include "cli/commands.h"
#include "law/clock.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- law holidays ---- */

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

static void show_holidays(struct cli *cli, const struct holidays_country *country, int32_t year)
{
	struct holiday days[HOLIDAYS_YEAR_MAX];
	size_t count = holidays_year(country, year, days);
	char text[TIME_TEXT_MAX];

	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "country", holidays_code(country));
	json_string(&cli->w, "name", holidays_name(country));
	json_int(&cli->w, "year", year);
	json_begin_array(&cli->w, "holidays");
	for (size_t i = 0; i < count; i++) {
		cli_say(cli, "%s  %s\n", date_format(days[i].day, text), days[i].name);
		json_begin_object(&cli->w, NULL);
		json_date(&cli->w, "date", days[i].day);
		json_string(&cli->w, "name", days[i].name);
		json_end_object(&cli->w);
	}
	json_end_array(&cli->w);
	json_string(&cli->w, "source", holidays_source(country));
	json_string(&cli->w, "left_out", holidays_left_out(country));
	json_end_object(&cli->w);
	cli_say(cli, "\nSource: %s.\n", holidays_source(country));
	if (holidays_left_out(country) != NULL)
		cli_say(cli, "Left out: %s.\n", holidays_left_out(country));
}

enum result cmd_law_holidays(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const struct holidays_country *country;
	struct holidays *holidays = NULL;
	int32_t year = 0;
	enum result r = cli_parse(cli, NULL, 0, &argc, argv, 2, 2, err);

	(void)partly;
	if (r == OK)
		r = read_year(argv[1], &year, err);
	if (r == OK)
		r = holidays_open(&holidays, err);
	if (r == OK)
		r = holidays_find(holidays, argv[0], &country, err);
	if (r == OK)
		show_holidays(cli, country, year);
	holidays_close(holidays);
	return r;
}

/* ---- law deadline ---- */

static enum result answer(const struct clock_place *place, struct instant from, struct clock_due *out, struct err *err)
{
	const struct clock_request request = {.received = from};
	struct clock_due first;

	return clock_answer(place, &request, &first, out, err);
}

static enum result refusal(const struct clock_place *place, struct instant from, struct clock_due *out, struct err *err)
{
	const struct clock_request request = {.received = from};

	return clock_refusal(place, &request, out, err);
}

static const struct clock {
	const char *id;
	enum result (*run)(const struct clock_place *place, struct instant from, struct clock_due *out,
			   struct err *err);
} clocks[] = {
    {"C1", answer}, {"C5", refusal}, {"C7", clock_breach}, {"C8", clock_processor_breach}, {"C9", clock_objection},
};

static enum result find_clock(const char *id, const struct clock **out, struct err *err)
{
	char shown[QUOTE_MAX];

	for (size_t i = 0; i < COUNT(clocks); i++) {
		if (strcasecmp(clocks[i].id, id) == 0) {
			*out = &clocks[i];
			return OK;
		}
	}
	err_set(err, ERR_INPUT, "%s is no clock that runs from one time", quote(id, strlen(id), shown));
	return err_mend(err, "give C1 (answer), C5 (refusal), C7 or C8 (breach), or C9 (objection)");
}

static void show_due(struct cli *cli, const struct clock_due *due)
{
	struct json_writer *w = &cli->w;
	char text[TIME_TEXT_MAX];

	cli_say(cli, "%s: %s.\n", instant_format(due->due, text), due->reason.text);
	json_begin_object(w, NULL);
	json_date(w, "day", due->day);
	json_instant(w, "due", due->due);
	json_begin_array(w, "rules");
	for (size_t i = 0; i < due->reason.count; i++)
		json_string(w, NULL, due->reason.rules[i]);
	json_end_array(w);
	json_string(w, "why", due->reason.text);
	json_end_object(w);
}

static enum result run_clock(struct cli *cli, const struct clock *clock, const char *code, const char *zone,
			     struct instant from, struct err *err)
{
	struct clock_place place = {.extra = NULL};
	struct holidays *holidays = NULL;
	struct clock_due due;
	enum result r = holidays_open(&holidays, err);

	if (r == OK)
		r = holidays_find(holidays, code, &place.country, err);
	if (r == OK)
		r = zone_open(zone, &place.zone, err);
	if (r == OK)
		r = clock->run(&place, from, &due, err);
	if (r == OK)
		show_due(cli, &due);
	zone_close(place.zone);
	holidays_close(holidays);
	return r;
}

enum result cmd_law_deadline(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *from = NULL, *country = NULL, *zone = "UTC";
	const struct cli_option options[] = {{"from", &from, NULL}, {"country", &country, NULL}, {"zone", &zone, NULL}};
	const struct clock *clock = NULL;
	struct instant at = {0};
	enum result r = cli_parse(cli, options, COUNT(options), &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = find_clock(argv[0], &clock, err);
	if (r == OK && from == NULL)
		at = cli->now; /* known only after the options are read */
	else if (r == OK)
		r = instant_parse(from, strlen(from), &at, err);
	if (r != OK)
		return r;
	if (country == NULL) {
		err_set(err, ERR_INPUT, "the country whose public holidays count is missing");
		return err_mend(err, "add --country CC, such as --country DK or --country DE-BY");
	}
	return run_clock(cli, clock, country, zone, at, err);
}
