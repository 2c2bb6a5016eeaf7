/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One rule of a calendar of holidays: which day of a year it is. Its forms are
 * described where they are used, in "form" of law/holidays.json.
 */
#ifndef LETHE_LAW_HOLIDAY_RULE_H
#define LETHE_LAW_HOLIDAY_RULE_H

#include "base/time.h"

enum holiday_form {
	HOLIDAY_YEARLY,   /* 05-01: month, day */
	HOLIDAY_ONCE,     /* 2022-06-03: once */
	HOLIDAY_WESTERN,  /* easter+39: offset */
	HOLIDAY_ORTHODOX, /* orthodox-2: offset */
	HOLIDAY_NTH,      /* last mon of 05: nth (0 is last), weekday, month */
	HOLIDAY_FROM,     /* sat from 06-20: weekday, month, day */
};

struct holiday_rule {
	enum holiday_form form;
	int month, day, weekday, nth; /* weekday 1 Monday .. 7 Sunday */
	int32_t offset;
	struct date once;
	int32_t from, until; /* years, both included */
	int32_t move[8];     /* by weekday: held so many days later */
	bool substitute;     /* on a weekend: the next day that is free of either is a holiday too */
	const char *name, *substitute_name;
};

/* The text of "on" into `rule`, whose other members stay. False when it has none of the forms, or a day not in every
 * year (29 February). */
bool holiday_rule_parse(const char *on, struct holiday_rule *rule);
/* "mon" .. "sun" to 1 .. 7, else 0. */
int holiday_weekday(const char *name);
/* The day it is held in a year, moved by its weekday, before any substitute; false when there is none. The day may lie
 * in the year before or after. */
bool holiday_rule_day(const struct holiday_rule *rule, int32_t year, struct date *out);

#endif
