/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/time.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/quote.h"

#define MS_SECOND INT64_C(1000)
#define MS_MINUTE (60 * MS_SECOND)
#define MS_DAY (24 * 60 * MS_MINUTE)
/* No law and no policy reaches further than this; it keeps every sum below far from overflow. */
#define SPAN_YEARS_MAX 1000
#define SPAN_MONTHS_MAX (SPAN_YEARS_MAX * 12)
#define SPAN_DAYS_MAX (SPAN_YEARS_MAX * 366)

struct instant instant_now(void)
{
	struct timespec now;

	INVARIANT(clock_gettime(CLOCK_REALTIME, &now) == 0);
	return (struct instant){(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
}

/* ---- the calendar ---- */

static int64_t floor_div(int64_t n, int64_t by)
{
	return n / by - (n % by < 0);
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int32_t saturate_days(int64_t days)
{
	if (days > INT32_MAX)
		return INT32_MAX;
	return days < INT32_MIN ? INT32_MIN : (int32_t)days;
}

/* A year is counted from 1 March, so that a leap day comes last; 400 years are 146097 days. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct date date_from_civil(int32_t year, int month, int day)
{
	INVARIANT(month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month));
	return (struct date){saturate_days(days_of(year, month, day))};
}

struct civil date_civil(struct date date)
{
	int64_t days = (int64_t)date.days + 719468;
	int64_t era = floor_div(days, 146097);
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153; /* 0 is March */
	int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);

	return (struct civil){
	    .year = (int32_t)(year_of_era + era * 400 + (month <= 2)),
	    .month = month,
	    .day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1),
	};
}

struct date instant_date(struct instant at)
{
	return (struct date){saturate_days(floor_div(at.ms, MS_DAY))};
}

struct instant date_start(struct date date)
{
	return (struct instant){date.days * MS_DAY};
}

struct civil instant_civil(struct instant at)
{
	struct civil civil = date_civil(instant_date(at));
	int of_day = (int)((at.ms % MS_DAY + MS_DAY) % MS_DAY);

	civil.ms = of_day % 1000;
	civil.second = of_day / 1000 % 60;
	civil.minute = of_day / 60000 % 60;
	civil.hour = of_day / 3600000;
	return civil;
}

bool civil_valid(const struct civil *civil)
{
	return civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
	       civil->day <= days_in_month(civil->year, civil->month) && civil->hour >= 0 && civil->hour <= 23 &&
	       civil->minute >= 0 && civil->minute <= 59 && civil->second >= 0 && civil->second <= 59 &&
	       civil->ms >= 0 && civil->ms <= 999;
}

int date_weekday(struct date date)
{
	int64_t since_monday = (int64_t)date.days + 3; /* 1970-01-01 was a Thursday */

	return (int)(since_monday - floor_div(since_monday, 7) * 7) + 1;
}

static int64_t month_index(struct date date)
{
	struct civil civil = date_civil(date);

	return ((int64_t)civil.year - 1970) * 12 + civil.month - 1;
}

int32_t date_month_index(struct date date)
{
	return (int32_t)month_index(date); /* 5.9 million years have 71 million months */
}

/* ---- sums ---- */

struct date date_add_months(struct date date, int32_t months)
{
	int64_t index = month_index(date) + months;
	int64_t year = floor_div(index, 12) + 1970;
	int month = (int)(index - floor_div(index, 12) * 12) + 1;
	int day = date_civil(date).day;
	int last = days_in_month(year, month);

	return (struct date){saturate_days(days_of(year, month, day < last ? day : last))};
}

struct date date_add_days(struct date date, int32_t days)
{
	return (struct date){saturate_days((int64_t)date.days + days)};
}

struct date date_add_span(struct date date, struct span span)
{
	INVARIANT(!span.unlimited);
	return date_add_days(date_add_months(date, span.months), span.days);
}

struct instant instant_add(struct instant at, struct duration by)
{
	int64_t sum;

	if (__builtin_add_overflow(at.ms, by.ms, &sum))
		sum = by.ms > 0 ? INT64_MAX : INT64_MIN;
	return (struct instant){sum};
}

struct instant instant_add_span(struct instant at, struct span span)
{
	struct date day = instant_date(at);
	struct duration of_day = instant_since(at, date_start(day));

	return instant_add(date_start(date_add_span(day, span)), of_day);
}

struct duration instant_since(struct instant later, struct instant earlier)
{
	int64_t difference;

	if (__builtin_sub_overflow(later.ms, earlier.ms, &difference))
		difference = later.ms > earlier.ms ? INT64_MAX : INT64_MIN;
	return (struct duration){difference};
}

/* Adding months maps the days of one month, in order, onto one other month and clamps at its end.  So the last day that
 * lands on or before a target is the target's own day of the month; or, where the target ends its month, the end of the
 * month it came from, however long that is. */
struct date span_cutoff(struct span span, struct date today)
{
	struct date target, back;
	struct civil civil;

	INVARIANT(!span.unlimited);
	target = date_add_days(today, -span.days);
	civil = date_civil(target);
	back = date_add_months(target, -span.months);
	if (civil.day < days_in_month(civil.year, civil.month))
		return back;
	civil = date_civil(back);
	return date_from_civil(civil.year, civil.month, days_in_month(civil.year, civil.month));
}

/* How many days so many months are at most. From the first of a month nothing is clamped, and a later start day can
 * only lose by clamping; so the starts of the months of one 400-year cycle show every case. */
static int64_t months_most_days(int32_t months)
{
	int64_t most = 0;

	for (int64_t from = 0; from < 400 * 12; from++) {
		int64_t to = from + months;
		int64_t days = days_of(to / 12, (int)(to % 12) + 1, 1) - days_of(from / 12, (int)(from % 12) + 1, 1);

		most = days > most ? days : most;
	}
	return most;
}

/* And at least: from the last day of a month, where clamping takes most. */
static int64_t months_least_days(int32_t months)
{
	int64_t least = INT64_MAX;

	for (int64_t from = 0; from < 400 * 12; from++) {
		int64_t to = from + months;
		int last_from = days_in_month(from / 12, (int)(from % 12) + 1);
		int last_to = days_in_month(to / 12, (int)(to % 12) + 1);
		int64_t days = days_of(to / 12, (int)(to % 12) + 1, last_from < last_to ? last_from : last_to) -
			       days_of(from / 12, (int)(from % 12) + 1, last_from);

		least = days < least ? days : least;
	}
	return least;
}

bool span_within(struct span a, struct span b)
{
	if (a.unlimited || b.unlimited)
		return b.unlimited;
	if (a.months == 0 && b.months == 0)
		return a.days <= b.days;
	if (a.days == 0 && b.days == 0)
		return a.months <= b.months;
	if (a.months == 0)
		return a.days <= months_least_days(b.months);
	return months_most_days(a.months) <= b.days;
}

bool span_equal(struct span a, struct span b)
{
	return a.unlimited == b.unlimited && (a.unlimited || (a.months == b.months && a.days == b.days));
}

/* ---- reading ---- */

struct cursor {
	const char *at, *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take(struct cursor *cursor, const char *any_of)
{
	if (cursor->at == cursor->end || *cursor->at == '\0' || strchr(any_of, *cursor->at) == NULL)
		return false;
	cursor->at++;
	return true;
}

/* Exactly `digits` of them. */
static bool take_number(struct cursor *cursor, int digits, int *out)
{
	int value = 0;

	for (int i = 0; i < digits; i++, cursor->at++) {
		if (cursor->at == cursor->end || !is_digit(*cursor->at))
			return false;
		value = value * 10 + (*cursor->at - '0');
	}
	*out = value;
	return true;
}

static bool take_date(struct cursor *cursor, struct civil *civil)
{
	return take_number(cursor, 4, &civil->year) && take(cursor, "-") && take_number(cursor, 2, &civil->month) &&
	       take(cursor, "-") && take_number(cursor, 2, &civil->day);
}

/* Digits beyond the third are cut, however many there are. */
static bool take_fraction(struct cursor *cursor, int *ms)
{
	int weight = 100;

	*ms = 0;
	if (!take(cursor, "."))
		return true;
	if (cursor->at == cursor->end || !is_digit(*cursor->at))
		return false;
	for (; cursor->at < cursor->end && is_digit(*cursor->at); cursor->at++, weight /= 10)
		*ms += weight * (*cursor->at - '0');
	return true;
}

static bool take_time(struct cursor *cursor, struct civil *civil)
{
	return take_number(cursor, 2, &civil->hour) && take(cursor, ":") && take_number(cursor, 2, &civil->minute) &&
	       take(cursor, ":") && take_number(cursor, 2, &civil->second) && take_fraction(cursor, &civil->ms);
}

static bool take_offset(struct cursor *cursor, int *minutes)
{
	bool west;
	int hour, minute;

	*minutes = 0;
	if (take(cursor, "Zz"))
		return true;
	if (cursor->at == cursor->end)
		return false;
	west = *cursor->at == '-';
	if (!take(cursor, "+-") || !take_number(cursor, 2, &hour) || !take(cursor, ":") ||
	    !take_number(cursor, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*minutes = (west ? -1 : 1) * (hour * 60 + minute);
	return true;
}

static enum result bad_instant(struct err *err, const char *text, size_t len, const char *why)
{
	char shown[QUOTE_MAX];

	err_set(err, ERR_INPUT, "%s is not a date and time: %s", quote(text, len, shown), why);
	return err_mend(err, "write it as 2024-02-29T23:59:59Z or 2024-02-29T23:59:59.123+01:00 (RFC 3339)");
}

/* What is wrong with the text, or NULL. */
static const char *take_instant(struct cursor *cursor, struct instant *out)
{
	struct civil civil = {0};
	int offset;
	bool leap;

	if (!take_date(cursor, &civil) || !take(cursor, "Tt ") || !take_time(cursor, &civil))
		return "it does not have the form of one";
	if (cursor->at == cursor->end)
		return "it has no offset from UTC";
	if (!take_offset(cursor, &offset))
		return "its offset is not Z, +hh:mm or -hh:mm";
	if (cursor->at != cursor->end)
		return "something follows it";
	leap = civil.second == 60;
	civil.second -= leap;
	if (civil.year < 1 || !civil_valid(&civil))
		return "there is no such day or time";
	out->ms = days_of(civil.year, civil.month, civil.day) * MS_DAY +
		  (civil.hour * 60 + civil.minute - offset) * MS_MINUTE + civil.second * MS_SECOND;
	if (leap) {
		struct civil utc = instant_civil(*out);

		if (utc.hour != 23 || utc.minute != 59)
			return "a second 60 comes only at 23:59:60 UTC";
		out->ms += MS_SECOND;
	}
	out->ms += civil.ms;
	return NULL;
}

enum result instant_parse(const char *text, size_t len, struct instant *out, struct err *err)
{
	struct cursor cursor = {text, text + len};
	struct instant at;
	const char *fault = take_instant(&cursor, &at);
	int32_t year;

	if (fault != NULL)
		return bad_instant(err, text, len, fault);
	year = instant_civil(at).year;
	if (year < 1 || year > 9999)
		return bad_instant(err, text, len, "in UTC it lies outside the years 1 to 9999");
	*out = at;
	return OK;
}

enum result date_parse(const char *text, size_t len, struct date *out, struct err *err)
{
	struct cursor cursor = {text, text + len};
	struct civil civil = {0};
	char shown[QUOTE_MAX];

	if (!take_date(&cursor, &civil) || cursor.at != cursor.end || civil.year < 1 || !civil_valid(&civil)) {
		err_set(err, ERR_INPUT, "%s is not a date", quote(text, len, shown));
		return err_mend(err, "write a day that exists, as 2024-02-29");
	}
	*out = date_from_civil(civil.year, civil.month, civil.day);
	return OK;
}

/* ---- writing ---- */

/* So many digits of it, and what follows them. Each read writes some instants: printing would cost it more than SQLite does. */
static char *put_digits(char *at, int value, int digits, char after)
{
	for (int i = digits; i-- > 0; value /= 10)
		at[i] = (char)('0' + value % 10);
	at[digits] = after;
	return at + digits + 1;
}

/* Returns the end. */
static char *put_date(const struct civil *civil, char out[TIME_TEXT_MAX])
{
	char *at;

	if (civil->year < 0 || civil->year > 9999)
		return out + snprintf(out, TIME_TEXT_MAX, "%04d-%02d-%02d", civil->year, civil->month, civil->day);
	at = put_digits(out, civil->year, 4, '-');
	at = put_digits(at, civil->month, 2, '-');
	return put_digits(at, civil->day, 2, '\0') - 1;
}

char *date_format(struct date date, char out[TIME_TEXT_MAX])
{
	struct civil civil = date_civil(date);

	put_date(&civil, out);
	return out;
}

char *instant_format(struct instant at, char out[TIME_TEXT_MAX])
{
	struct civil civil = instant_civil(at);
	char *end = put_date(&civil, out);

	*end++ = 'T';
	end = put_digits(end, civil.hour, 2, ':');
	end = put_digits(end, civil.minute, 2, ':');
	end = put_digits(end, civil.second, 2, civil.ms != 0 ? '.' : 'Z');
	if (civil.ms != 0)
		end = put_digits(end, civil.ms, 3, 'Z');
	*end = '\0';
	return out;
}

/* ---- spans ---- */

static const struct unit {
	const char *names[3];
	int32_t months, days, max;
} units[] = {
    {{"d", "day", "days"}, 0, 1, SPAN_DAYS_MAX},
    {{"m", "month", "months"}, 1, 0, SPAN_MONTHS_MAX},
    {{"y", "year", "years"}, 12, 0, SPAN_YEARS_MAX},
};

static const struct unit *find_unit(const char *name)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		for (size_t j = 0; j < 3; j++) {
			if (strcasecmp(units[i].names[j], name) == 0)
				return &units[i];
		}
	}
	return NULL;
}

enum result span_parse(const char *text, struct span *out, struct err *err)
{
	const struct unit *unit;
	const char *at = text;
	char shown[QUOTE_MAX];
	int32_t count = 0;

	*out = (struct span){.unlimited = strcasecmp(text, "unlimited") == 0};
	if (out->unlimited)
		return OK;
	for (; is_digit(*at); at++)
		count = count > SPAN_DAYS_MAX ? count : count * 10 + (*at - '0');
	unit = at > text ? find_unit(at + strspn(at, " ")) : NULL;
	if (unit == NULL) {
		err_set(err, ERR_INPUT, "%s is not a length of time", quote(text, strlen(text), shown));
		return err_mend(err, "write it as '90 days', '25 months', '2 years' or 'unlimited'");
	}
	if (count > unit->max) {
		err_set(err, ERR_INPUT, "%s is longer than %d %s", quote(text, strlen(text), shown), unit->max,
			unit->names[2]);
		return err_mend(err, "write 'unlimited' for what is never deleted");
	}
	out->months = count * unit->months;
	out->days = count * unit->days;
	return OK;
}

char *span_format(struct span span, char out[TIME_TEXT_MAX])
{
	int32_t count = span.months != 0 ? span.months : span.days;

	INVARIANT(span.months == 0 || span.days == 0);
	if (span.unlimited)
		snprintf(out, TIME_TEXT_MAX, "unlimited");
	else
		snprintf(out, TIME_TEXT_MAX, "%d %s%s", count, span.months != 0 ? "month" : "day", count == 1 ? "" : "s");
	return out;
}
