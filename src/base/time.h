/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Instants, dates, durations and calendar spans as distinct types.
 *
 * `now` is a parameter everywhere: only programs (cli, daemon) call
 * instant_now(), once per command.  All calendar arithmetic of Lethe lives
 * here.  Sources: RFC 3339; proleptic Gregorian calendar; Reg. (EEC, Euratom)
 * 1182/71 art. 3 for the end-of-month rule.
 */
#ifndef LETHE_BASE_TIME_H
#define LETHE_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct instant { int64_t ms; };  /* milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted */
struct date { int32_t days; };   /* days since 1970-01-01, a UTC calendar day */
struct duration { int64_t ms; }; /* elapsed time */
struct bytes { uint64_t n; };    /* a size */

/* A calendar length, as policies are written: "90 days", "25 months", "unlimited".  One of the two numbers is 0. */
struct span {
	int32_t months;
	int32_t days;
	bool unlimited;
};

struct civil { int32_t year; int month; int day; int hour; int minute; int second; int ms; }; /* month 1-12, day 1-31 */

/* Longest text the formatters below write, terminator included. */
#define TIME_TEXT_MAX 32

/* The only clock reading in the program. */
struct instant instant_now(void);

/* RFC 3339 date-time with an offset or Z ("2024-02-29T23:59:60Z" reads as the next second; fraction cut to
 * ms). A space for 'T' and lower case are accepted, a missing offset is not.  `text` need not be terminated.
 * Years 1 to 9999. */
MUST_CHECK enum result instant_parse(const char *text, size_t len, struct instant *out, struct err *err);
/* "2024-02-29T23:59:59.123Z", without the fraction when it is zero. Returns `out`. */
char *instant_format(struct instant at, char out[TIME_TEXT_MAX]);
/* "YYYY-MM-DD". */
MUST_CHECK enum result date_parse(const char *text, size_t len, struct date *out, struct err *err);
char *date_format(struct date date, char out[TIME_TEXT_MAX]);

struct date instant_date(struct instant at);    /* its UTC day */
struct instant date_start(struct date date);    /* 00:00:00.000Z of the day */
struct date date_from_civil(int32_t year, int month, int day); /* must be a real date: INVARIANT */
struct civil date_civil(struct date date);      /* time of day is zero */
struct civil instant_civil(struct instant at);  /* in UTC */
bool civil_valid(const struct civil *civil);    /* real date, time of day in range (second 60 not) */
int date_weekday(struct date date);             /* ISO: 1 Monday .. 7 Sunday */
int32_t date_month_index(struct date date);     /* months since 1970-01: 2024-02 is 649 */

/* Adds months, clamped to the end of the month (31 Jan + 1 month = 28/29 Feb). `months` may be negative. */
struct date date_add_months(struct date date, int32_t months);
struct date date_add_days(struct date date, int32_t days);
/* date + span (months first, then days); `span` must not be unlimited. The time of day of an instant is kept. */
struct date date_add_span(struct date date, struct span span);
struct instant instant_add_span(struct instant at, struct span span);
struct instant instant_add(struct instant at, struct duration by);
struct duration instant_since(struct instant later, struct instant earlier);

/* "30 days", "90d", "25 months", "25m", "1 year", "2y" (12 months each), "unlimited"; 0 days is allowed; at most
 * 1000 years. Upper or lower case; at most spaces between number and unit. */
MUST_CHECK enum result span_parse(const char *text, struct span *out, struct err *err);
char *span_format(struct span span, char out[TIME_TEXT_MAX]); /* "90 days", "25 months", "unlimited" */
/* Whatever day they begin on, does `a` never end after `b`? Months and days are compared by their worst case over all
 * start dates: 365 days are within 12 months, 12 months (366 days over a leap day) not within 365 days. */
bool span_within(struct span a, struct span b);
bool span_equal(struct span a, struct span b); /* ends on the same day, whatever day they begin on */
/* The last date D such that D + span <= today: what occurred on or before it is past. Calendar-exact for months. */
struct date span_cutoff(struct span span, struct date today);

#endif
