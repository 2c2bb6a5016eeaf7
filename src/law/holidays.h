/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Public holidays: of the EU states, the United Kingdom, India and the
 * United States, as rules with their sources (law/holidays.json), and days that
 * an account adds. They say whether a day is a working day, which rule C3
 * needs (Reg. (EEC, Euratom) 1182/71, arts. 2 and 3(4)).
 *
 * Weekends are Saturday and Sunday. The rules hold from 2018; what is left out
 * is said in the data, always so that a time limit ends earlier, not later.
 * Where what is read here is not changed, any thread may use it.
 */
#ifndef LETHE_LAW_HOLIDAYS_H
#define LETHE_LAW_HOLIDAYS_H

#include "base/time.h"

struct holidays;         /* a calendar of many countries; owns all texts below */
struct holidays_country; /* one of them, or a subdivision with the days of its country */

/* Days an account adds; borrowed. Which of them are public holidays, the caller knows: see vault/calendar.h. */
struct holidays_own {
	struct date day;
	const char *name;
};
struct holidays_extra {
	const struct holidays_own *days;
	size_t count;
};

struct holiday {
	struct date day;
	const char *name;
};

/* No country has more days in a year; a file with more rules for one is refused. */
#define HOLIDAYS_YEAR_MAX 64

/* The calendar of the program. */
MUST_CHECK enum result holidays_open(struct holidays **out, struct err *err);
/* One of the same form: ERR_INPUT names country, day and what is wrong. `text` need not outlive the call. */
MUST_CHECK enum result holidays_read(const char *text, size_t len, struct holidays **out, struct err *err);
void holidays_close(struct holidays *holidays);

/* By code, upper or lower case: "DE", "DE-BY", "GB-SCT" (ISO 3166). ERR_INPUT when it is not in the calendar; what it
 * then could be is said. */
MUST_CHECK enum result holidays_find(const struct holidays *holidays, const char *code,
				     const struct holidays_country **out, struct err *err);
/* One after the other, subdivisions after their country; the first after NULL, NULL after the last. */
const struct holidays_country *holidays_next(const struct holidays *holidays, const struct holidays_country *country);
const char *holidays_code(const struct holidays_country *country);
const char *holidays_name(const struct holidays_country *country);
const char *holidays_source(const struct holidays_country *country);   /* law and article, or official page */
const char *holidays_left_out(const struct holidays_country *country); /* NULL: nothing known */

/* Is it a public holiday or a day of the account's own (`extra` may be NULL)? `*name` (may be NULL) is set when it is.
 */
bool holidays_is(const struct holidays_country *country, struct date day, const struct holidays_extra *extra,
		 const char **name);
/* Why it is no working day: the holiday's name, else "Saturday" or "Sunday"; NULL for a working day. */
const char *holidays_day_off(const struct holidays_country *country, struct date day,
			     const struct holidays_extra *extra);
/* The day itself if it is a working day, else the next one. */
struct date holidays_working_day(const struct holidays_country *country, struct date day,
				 const struct holidays_extra *extra);
/* The same backwards: the day itself, else the last one before. */
struct date holidays_working_day_before(const struct holidays_country *country, struct date day,
					const struct holidays_extra *extra);
/* The public holidays of a year in order of date, the account's own not among them; returns how many. */
size_t holidays_year(const struct holidays_country *country, int32_t year, struct holiday out[HOLIDAYS_YEAR_MAX]);

#endif
