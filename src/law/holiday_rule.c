/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/holiday_rule.h"

#include <string.h>

#include "law/easter.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NAME_LEN 3 /* of a weekday */

static const char *const weekdays[] = {"", "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
static const char *const places[] = {"last ", "first ", "second ", "third ", "fourth "};

/* ---- reading ---- */

int holiday_weekday(const char *name)
{
	for (int i = 1; i < (int)COUNT(weekdays); i++) {
		if (strcmp(name, weekdays[i]) == 0)
			return i;
	}
	return 0;
}

/* Goes past `text` where it stands. */
static bool take(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool take_digit(const char **at, int *value)
{
	if (**at < '0' || **at > '9')
		return false;
	*value = *value * 10 + (*(*at)++ - '0');
	return true;
}

static bool take_two(const char **at, int *out)
{
	*out = 0;
	return take_digit(at, out) && take_digit(at, out);
}

static bool take_weekday(const char **at, int *out)
{
	for (int i = 1; i < (int)COUNT(weekdays); i++) {
		if (take(at, weekdays[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* MM-DD of a day that every year has. */
static bool take_month_day(const char **at, struct holiday_rule *rule)
{
	struct civil civil = {.year = 2023};

	if (!take_two(at, &rule->month) || !take(at, "-") || !take_two(at, &rule->day))
		return false;
	civil.month = rule->month;
	civil.day = rule->day;
	return civil_valid(&civil);
}

/* Nothing, or + or - and up to two digits. */
static bool take_offset(const char **at, int32_t *out)
{
	bool before = **at == '-';
	int value = 0, digits = 0;

	*out = 0;
	if (**at == '\0')
		return true;
	if (!take(at, "+") && !take(at, "-"))
		return false;
	while (digits < 2 && take_digit(at, &value))
		digits++;
	*out = before ? -value : value;
	return digits > 0;
}

/* "last mon of 05" after its first word. */
static bool take_nth(const char **at, struct holiday_rule *rule)
{
	return take_weekday(at, &rule->weekday) && take(at, " of ") && take_two(at, &rule->month) && rule->month >= 1 &&
	       rule->month <= 12;
}

static bool take_once(const char **at, struct holiday_rule *rule)
{
	struct err ignored;

	if (date_parse(*at, strlen(*at), &rule->once, &ignored) != OK)
		return false;
	*at += strlen(*at);
	return true;
}

static bool take_form(const char **at, struct holiday_rule *rule)
{
	for (int i = 0; i < (int)COUNT(places); i++) {
		if (!take(at, places[i]))
			continue;
		rule->form = HOLIDAY_NTH;
		rule->nth = i;
		return take_nth(at, rule);
	}
	if (take(at, "easter")) {
		rule->form = HOLIDAY_WESTERN;
		return take_offset(at, &rule->offset);
	}
	if (take(at, "orthodox")) {
		rule->form = HOLIDAY_ORTHODOX;
		return take_offset(at, &rule->offset);
	}
	if (take_weekday(at, &rule->weekday)) {
		rule->form = HOLIDAY_FROM;
		return take(at, " from ") && take_month_day(at, rule);
	}
	rule->form = strlen(*at) == strlen("MM-DD") ? HOLIDAY_YEARLY : HOLIDAY_ONCE;
	return rule->form == HOLIDAY_YEARLY ? take_month_day(at, rule) : take_once(at, rule);
}

bool holiday_rule_parse(const char *on, struct holiday_rule *rule)
{
	return take_form(&on, rule) && *on == '\0';
}

/* ---- reckoning ---- */

/* The first `weekday` on or after a day. */
static struct date weekday_from(struct date day, int weekday)
{
	return date_add_days(day, (weekday - date_weekday(day) + 7) % 7);
}

static struct date nth_of_month(const struct holiday_rule *rule, int32_t year)
{
	struct date first = date_from_civil(year, rule->month, 1);

	if (rule->nth > 0)
		return date_add_days(weekday_from(first, rule->weekday), 7 * (rule->nth - 1));
	return date_add_days(weekday_from(date_add_months(first, 1), rule->weekday), -7);
}

static struct date day_of(const struct holiday_rule *rule, int32_t year)
{
	switch (rule->form) {
	case HOLIDAY_WESTERN:
		return date_add_days(easter_western(year), rule->offset);
	case HOLIDAY_ORTHODOX:
		return date_add_days(easter_orthodox(year), rule->offset);
	case HOLIDAY_NTH:
		return nth_of_month(rule, year);
	case HOLIDAY_FROM:
		return weekday_from(date_from_civil(year, rule->month, rule->day), rule->weekday);
	case HOLIDAY_ONCE:
		return rule->once;
	case HOLIDAY_YEARLY:
	default:
		return date_from_civil(year, rule->month, rule->day);
	}
}

bool holiday_rule_day(const struct holiday_rule *rule, int32_t year, struct date *out)
{
	if (year < rule->from || year > rule->until)
		return false;
	if (rule->form == HOLIDAY_ONCE && date_civil(rule->once).year != year)
		return false;
	if ((rule->form == HOLIDAY_WESTERN || rule->form == HOLIDAY_ORTHODOX) && year < 1583)
		return false;
	*out = day_of(rule, year);
	*out = date_add_days(*out, rule->move[date_weekday(*out)]);
	return true;
}
