/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/holidays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/pool.h"
#include "base/quote.h"
#include "law/embed.h"
#include "law/holiday_rule.h"
#include "shim/json_parse.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define POOL_MAX ((size_t)16 << 20)
#define YEAR_NEVER 1
#define YEAR_ALWAYS 9999
#define MOVE_MAX 31
#define RULES_MAX (HOLIDAYS_YEAR_MAX / 2) /* each may have a substitute */
#define DAYS_MAX (3 * HOLIDAYS_YEAR_MAX)  /* of three years */

struct holidays_country {
	const char *code, *name, *source, *left_out;
	const struct holidays_country *parent; /* whose days count too; NULL for a country */
	struct holiday_rule *rules;
	size_t count;
	struct holidays_country *next;
};

struct holidays {
	struct pool pool;
	struct holidays_country *first, **end;
};

/* ---- reading ---- */

struct reader {
	struct holidays *holidays;
	const char *code; /* where it is */
	size_t day;       /* from 1; 0 outside "days" */
	struct err *err;
};

static enum result bad(struct reader *reader, const char *what)
{
	err_set(reader->err, ERR_INPUT, "the calendar of holidays: %s", what);
	err_mend(reader->err, "write it as law/holidays.json of the sources says under \"form\"");
	if (reader->day > 0)
		return err_where(reader->err, "%s, day %zu", reader->code, reader->day);
	return err_where(reader->err, "%s", reader->code);
}

/* A text that must be there and not be empty, kept. */
static enum result read_text(struct reader *reader, const struct json *object, const char *name, const char **out)
{
	const char *text = json_get_text(object, name);
	char what[64];

	if (text == NULL || *text == '\0') {
		snprintf(what, sizeof what, "\"%s\" is missing or no text", name);
		return bad(reader, what);
	}
	*out = pool_strdup(&reader->holidays->pool, text);
	return *out != NULL ? OK : err_no_memory(reader->err);
}

static enum result read_year(struct reader *reader, const struct json *member, int32_t *out)
{
	if (member->type != JSON_INT || member->integer < YEAR_NEVER || member->integer > YEAR_ALWAYS)
		return bad(reader, "a year is not from 1 to 9999");
	*out = (int32_t)member->integer;
	return OK;
}

static enum result read_move(struct reader *reader, const struct json *moves, struct holiday_rule *rule)
{
	if (moves->type != JSON_OBJECT)
		return bad(reader, "\"move\" is no object");
	for (const struct json *move = moves->first; move != NULL; move = move->next) {
		int weekday = holiday_weekday(move->name);

		if (weekday == 0)
			return bad(reader, "\"move\" names what is none of mon, tue, wed, thu, fri, sat, sun");
		if (move->type != JSON_INT || move->integer < -MOVE_MAX || move->integer > MOVE_MAX)
			return bad(reader, "\"move\" is not by a number of days from -31 to 31");
		rule->move[weekday] = (int32_t)move->integer;
	}
	return OK;
}

static enum result read_member(struct reader *reader, const struct json *member, struct holiday_rule *rule)
{
	if (strcmp(member->name, "name") == 0)
		return OK;
	if (strcmp(member->name, "on") == 0) {
		if (member->type == JSON_STRING && holiday_rule_parse(member->text, rule))
			return OK;
		return bad(reader, "\"on\" has none of the forms of a day");
	}
	if (strcmp(member->name, "from") == 0)
		return read_year(reader, member, &rule->from);
	if (strcmp(member->name, "until") == 0)
		return read_year(reader, member, &rule->until);
	if (strcmp(member->name, "move") == 0)
		return read_move(reader, member, rule);
	if (strcmp(member->name, "substitute") != 0)
		return bad(reader, "a member is none of on, name, from, until, move, substitute");
	rule->substitute = member->boolean;
	return member->type == JSON_BOOL ? OK : bad(reader, "\"substitute\" is neither true nor false");
}

static enum result read_rule(struct reader *reader, const struct json *object, struct holiday_rule *rule)
{
	enum result result;

	*rule = (struct holiday_rule){.from = YEAR_NEVER, .until = YEAR_ALWAYS};
	if (json_get(object, "on") == NULL)
		return bad(reader, "\"on\" is missing");
	result = read_text(reader, object, "name", &rule->name);
	for (const struct json *member = object->first; result == OK && member != NULL; member = member->next)
		result = read_member(reader, member, rule);
	if (result == OK && rule->from > rule->until)
		return bad(reader, "\"from\" is after \"until\"");
	if (result != OK || !rule->substitute)
		return result;
	rule->substitute_name = pool_printf(&reader->holidays->pool, "%s (substitute day)", rule->name);
	return rule->substitute_name != NULL ? OK : err_no_memory(reader->err);
}

static enum result read_days(struct reader *reader, const struct json *object, struct holidays_country *country)
{
	const struct json *days = json_get(object, "days");
	size_t inherited = country->parent != NULL ? country->parent->count : 0;
	enum result result = OK;

	if (days == NULL || days->type != JSON_ARRAY)
		return bad(reader, "\"days\" is missing or no array");
	if (days->len + inherited > RULES_MAX)
		return bad(reader, "it has more than 32 days");
	country->rules = pool_alloc(&reader->holidays->pool, days->len * sizeof *country->rules);
	if (country->rules == NULL)
		return err_no_memory(reader->err);
	for (const struct json *day = days->first; result == OK && day != NULL; day = day->next) {
		reader->day++;
		result = read_rule(reader, day, &country->rules[country->count++]);
	}
	reader->day = 0;
	return result;
}

static struct holidays_country *find(const struct holidays *holidays, const char *code)
{
	struct holidays_country *country = holidays->first;

	while (country != NULL && strcasecmp(country->code, code) != 0)
		country = country->next;
	return country;
}

/* A country, or with `parent` a subdivision of it. */
static enum result read_country(struct reader *reader, const struct json *object, const struct holidays_country *parent,
				struct holidays_country **out)
{
	struct pool *pool = &reader->holidays->pool;
	struct holidays_country *country = pool_alloc(pool, sizeof *country);
	enum result result;

	if (country == NULL)
		return err_no_memory(reader->err);
	country->parent = parent;
	if ((result = read_text(reader, object, "code", &country->code)) != OK)
		return result;
	if (parent != NULL)
		country->code = pool_printf(pool, "%s-%s", parent->code, country->code);
	if (country->code == NULL)
		return err_no_memory(reader->err);
	reader->code = country->code;
	if (find(reader->holidays, country->code) != NULL)
		return bad(reader, "its code is there twice");
	if ((result = read_text(reader, object, "name", &country->name)) != OK ||
	    (result = read_text(reader, object, "source", &country->source)) != OK)
		return result;
	if (json_get(object, "left_out") != NULL &&
	    (result = read_text(reader, object, "left_out", &country->left_out)) != OK)
		return result;
	*reader->holidays->end = country;
	reader->holidays->end = &country->next;
	*out = country;
	return read_days(reader, object, country);
}

static enum result read_countries(struct reader *reader, const struct json *root)
{
	const struct json *countries = json_get(root, "countries");
	enum result result = OK;

	if (countries == NULL || countries->type != JSON_ARRAY || countries->len == 0)
		return bad(reader, "\"countries\" is missing, empty or no array");
	for (const struct json *object = countries->first; object != NULL; object = object->next) {
		const struct json *parts = json_get(object, "subdivisions");
		struct holidays_country *country = NULL, *part = NULL;

		reader->code = "a country";
		result = read_country(reader, object, NULL, &country);
		if (result == OK && parts != NULL && parts->type != JSON_ARRAY)
			result = bad(reader, "\"subdivisions\" is no array");
		parts = parts != NULL ? parts->first : NULL;
		for (; result == OK && parts != NULL; parts = parts->next)
			result = read_country(reader, parts, country, &part);
		if (result != OK)
			return result;
	}
	return OK;
}

enum result holidays_read(const char *text, size_t len, struct holidays **out, struct err *err)
{
	struct reader reader = {.code = "the file", .err = err};
	const struct json *root;
	struct pool pool;
	enum result result;

	*out = NULL;
	reader.holidays = calloc(1, sizeof *reader.holidays);
	if (reader.holidays == NULL)
		return err_no_memory(err);
	reader.holidays->end = &reader.holidays->first;
	pool_init(&reader.holidays->pool, POOL_MAX);
	pool_init(&pool, POOL_MAX);
	result = json_parse_once(text, len, &pool, &root, err);
	if (result == OK)
		result = read_countries(&reader, root);
	pool_free(&pool);
	if (result != OK)
		holidays_close(reader.holidays);
	else
		*out = reader.holidays;
	return result;
}

enum result holidays_open(struct holidays **out, struct err *err)
{
	const struct law_file *file = &law_holidays_file;

	return holidays_read(file->text, (size_t)(file->end - file->text), out, err);
}

void holidays_close(struct holidays *holidays)
{
	if (holidays == NULL)
		return;
	pool_free(&holidays->pool);
	free(holidays);
}

/* ---- countries ---- */

/* "AT, BE, ..": the countries, or with `parent` its subdivisions. */
static void list_codes(const struct holidays *holidays, const struct holidays_country *parent, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (const struct holidays_country *c = holidays->first; c != NULL; c = c->next) {
		if (c->parent == parent && used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", c->code);
	}
}

enum result holidays_find(const struct holidays *holidays, const char *code, const struct holidays_country **out,
			  struct err *err)
{
	const char *dash = strchr(code, '-');
	const struct holidays_country *parent = NULL;
	char shown[QUOTE_MAX], country[8] = "", codes[256];

	*out = find(holidays, code);
	if (*out != NULL)
		return OK;
	if (dash != NULL && (size_t)(dash - code) < sizeof country) {
		memcpy(country, code, (size_t)(dash - code));
		parent = find(holidays, country);
	}
	err_set(err, ERR_INPUT, "there are no public holidays of %s here", quote(code, strlen(code), shown));
	list_codes(holidays, parent, codes, sizeof codes);
	if (parent == NULL || codes[0] != '\0')
		return err_mend(err, "give one of %s", codes);
	return err_mend(err, "give %s, and add the other days to the account", parent->code);
}

const struct holidays_country *holidays_next(const struct holidays *holidays, const struct holidays_country *country)
{
	return country != NULL ? country->next : holidays->first;
}

const char *holidays_code(const struct holidays_country *country)
{
	return country->code;
}

const char *holidays_name(const struct holidays_country *country)
{
	return country->name;
}

const char *holidays_source(const struct holidays_country *country)
{
	return country->source;
}

const char *holidays_left_out(const struct holidays_country *country)
{
	return country->left_out;
}

/* ---- days ---- */

struct days {
	struct holiday days[DAYS_MAX];
	size_t count;
};

static const char *look_up(const struct days *days, struct date day)
{
	for (size_t i = 0; i < days->count; i++) {
		if (days->days[i].day.days == day.days)
			return days->days[i].name;
	}
	return NULL;
}

static bool is_weekend(struct date day)
{
	return date_weekday(day) >= 6;
}

static void add_rules(const struct holidays_country *country, int32_t year, struct days *days, struct days *to_follow)
{
	for (size_t i = 0; i < country->count; i++) {
		const struct holiday_rule *rule = &country->rules[i];
		struct date day;

		if (!holiday_rule_day(rule, year, &day))
			continue;
		days->days[days->count++] = (struct holiday){day, rule->name};
		if (rule->substitute && is_weekend(day))
			to_follow->days[to_follow->count++] = (struct holiday){day, rule->substitute_name};
	}
}

static int by_day(const void *a, const void *b)
{
	const struct holiday *left = a, *right = b;

	return (left->day.days > right->day.days) - (left->day.days < right->day.days);
}

/* All holidays of a year, and of those beside it, whose days a weekend can carry over into it. Substitutes are given
 * out in order of date, each to the first day that is still free. */
static void collect(const struct holidays_country *country, int32_t year, struct days *days)
{
	struct days to_follow = {.count = 0};

	days->count = 0;
	for (int32_t y = year - 1; y <= year + 1; y++) {
		if (country->parent != NULL)
			add_rules(country->parent, y, days, &to_follow);
		add_rules(country, y, days, &to_follow);
	}
	qsort(to_follow.days, to_follow.count, sizeof to_follow.days[0], by_day);
	for (size_t i = 0; i < to_follow.count; i++) {
		struct holiday *follow = &to_follow.days[i];

		while (is_weekend(follow->day) || look_up(days, follow->day) != NULL)
			follow->day = date_add_days(follow->day, 1);
		days->days[days->count++] = *follow;
	}
}

static const char *own_day(const struct holidays_extra *extra, struct date day)
{
	for (size_t i = 0; extra != NULL && i < extra->count; i++) {
		if (extra->days[i].day.days == day.days)
			return extra->days[i].name;
	}
	return NULL;
}

bool holidays_is(const struct holidays_country *country, struct date day, const struct holidays_extra *extra,
		 const char **name)
{
	const char *found;
	struct days days;

	collect(country, date_civil(day).year, &days);
	found = look_up(&days, day);
	if (found == NULL)
		found = own_day(extra, day);
	if (found != NULL && name != NULL)
		*name = found;
	return found != NULL;
}

const char *holidays_day_off(const struct holidays_country *country, struct date day,
			     const struct holidays_extra *extra)
{
	const char *name = NULL;

	if (holidays_is(country, day, extra, &name))
		return name;
	if (!is_weekend(day))
		return NULL;
	return date_weekday(day) == 6 ? "Saturday" : "Sunday";
}

struct date holidays_working_day(const struct holidays_country *country, struct date day,
				 const struct holidays_extra *extra)
{
	while (holidays_day_off(country, day, extra) != NULL)
		day = date_add_days(day, 1);
	return day;
}

struct date holidays_working_day_before(const struct holidays_country *country, struct date day,
					const struct holidays_extra *extra)
{
	while (holidays_day_off(country, day, extra) != NULL)
		day = date_add_days(day, -1);
	return day;
}

size_t holidays_year(const struct holidays_country *country, int32_t year, struct holiday out[HOLIDAYS_YEAR_MAX])
{
	size_t count = 0;
	struct days days;

	collect(country, year, &days);
	for (size_t i = 0; i < days.count && count < HOLIDAYS_YEAR_MAX; i++) {
		const struct holiday *holiday = &days.days[i];

		/* Two of them on one day are one day off: the one that the file names first. */
		if (date_civil(holiday->day).year == year && look_up(&days, holiday->day) == holiday->name)
			out[count++] = *holiday;
	}
	qsort(out, count, sizeof out[0], by_day);
	return count;
}
