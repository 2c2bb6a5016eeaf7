/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/time.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct err err;

static struct instant instant_of(const char *text)
{
	struct instant at = {0};

	assert_int_equal(instant_parse(text, strlen(text), &at, &err), OK);
	return at;
}

static struct date date_of(const char *text)
{
	struct date date = {0};

	assert_int_equal(date_parse(text, strlen(text), &date, &err), OK);
	return date;
}

static struct span span_of(const char *text)
{
	struct span span;

	assert_int_equal(span_parse(text, &span, &err), OK);
	return span;
}

static void assert_instant(const char *given, const char *expected)
{
	char text[TIME_TEXT_MAX];

	assert_string_equal(instant_format(instant_of(given), text), expected);
}

static void assert_date(struct date date, const char *expected)
{
	char text[TIME_TEXT_MAX];

	assert_string_equal(date_format(date, text), expected);
}

/* ---- date-times ---- */

static void the_examples_of_rfc_3339_are_read(void **state)
{
	(void)state;
	assert_instant("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z");
	assert_instant("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z");
	assert_instant("1990-12-31T23:59:60Z", "1991-01-01T00:00:00Z");
	assert_instant("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z");
	assert_instant("1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z");
}

static void the_epoch_is_zero(void **state)
{
	(void)state;
	assert_int_equal(instant_of("1970-01-01T00:00:00Z").ms, 0);
	assert_int_equal(instant_of("1969-12-31T23:59:59.999Z").ms, -1);
	assert_int_equal(instant_of("2001-09-09T01:46:40Z").ms, INT64_C(1000000000000));
}

static void lower_case_and_a_space_are_accepted(void **state)
{
	(void)state;
	assert_instant("2024-02-29t12:00:00z", "2024-02-29T12:00:00Z");
	assert_instant("2024-02-29 12:00:00+01:00", "2024-02-29T11:00:00Z");
	assert_instant("2024-02-29T12:00:00-00:00", "2024-02-29T12:00:00Z");
}

static void a_fraction_is_cut_to_milliseconds(void **state)
{
	(void)state;
	assert_instant("2024-01-01T00:00:00.9999999999999999999Z", "2024-01-01T00:00:00.999Z");
	assert_instant("2024-01-01T00:00:00.0009Z", "2024-01-01T00:00:00Z");
	assert_instant("1969-12-31T23:59:59.0009Z", "1969-12-31T23:59:59Z");
	assert_instant("2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.100Z");
}

static void a_leap_second_reads_as_the_next_second(void **state)
{
	(void)state;
	assert_instant("2024-02-29T23:59:60Z", "2024-03-01T00:00:00Z");
	assert_instant("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500Z");
	assert_instant("2017-01-01T05:29:60+05:30", "2017-01-01T00:00:00Z");
}

static void the_first_and_the_last_second_of_the_years_1_to_9999_are_read(void **state)
{
	(void)state;
	assert_instant("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
	assert_instant("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
}

static void text_beyond_the_given_length_is_not_read(void **state)
{
	struct instant at;

	(void)state;
	assert_int_equal(instant_parse("2024-02-29T12:00:00Zjunk", 20, &at, &err), OK);
	assert_int_equal(instant_parse("2024-02-29T12:00:00Zjunk", 19, &at, &err), ERR_INPUT);
}

static void what_is_no_date_time_is_refused_and_the_error_says_why(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"", "form"},
	    {"garbage", "form"},
	    {"2024-02-29", "form"},
	    {"2024-02-29T12:00Z", "form"},
	    {"2024-02-29T12:00:00,5Z", "offset"},
	    {"2024-02-29T12:00:00.Z", "form"},
	    {"2024-2-29T12:00:00Z", "form"},
	    {"24-02-29T12:00:00Z", "form"},
	    {"+2024-02-29T12:00:00Z", "form"},
	    {"2024-02-29_12:00:00Z", "form"},
	    {" 2024-02-29T12:00:00Z", "form"},
	    {"2024-02-29T12:00:00", "no offset"},
	    {"2024-02-29T12:00:00.123", "no offset"},
	    {"2024-02-29T12:00:00+0100", "its offset"},
	    {"2024-02-29T12:00:00+01", "its offset"},
	    {"2024-02-29T12:00:00+24:00", "its offset"},
	    {"2024-02-29T12:00:00+01:60", "its offset"},
	    {"2024-02-29T12:00:00 Europe/Paris", "its offset"},
	    {"2024-02-29T12:00:00Z ", "follows"},
	    {"2023-02-29T12:00:00Z", "no such day"},
	    {"1900-02-29T12:00:00Z", "no such day"},
	    {"2024-13-01T12:00:00Z", "no such day"},
	    {"2024-00-01T12:00:00Z", "no such day"},
	    {"2024-01-00T12:00:00Z", "no such day"},
	    {"2024-04-31T12:00:00Z", "no such day"},
	    {"2024-01-01T24:00:00Z", "no such day"},
	    {"2024-01-01T12:60:00Z", "no such day"},
	    {"2024-01-01T12:00:61Z", "no such day"},
	    {"0000-01-01T00:00:00Z", "no such day"},
	    {"2024-01-01T12:00:60Z", "second 60"},
	    {"2024-01-01T23:59:60+01:00", "second 60"},
	    {"0001-01-01T00:00:00+00:01", "outside"},
	    {"9999-12-31T23:59:59-00:01", "outside"},
	    {"9999-12-31T23:59:60Z", "outside"},
	};
	struct instant at = {42};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (instant_parse(cases[i].text, strlen(cases[i].text), &at, &err) != ERR_INPUT ||
		    strstr(err.what, cases[i].why) == NULL)
			fail_msg("'%s' gave: %s", cases[i].text, err.what);
		assert_non_null(strstr(err.mend, "RFC 3339"));
	}
	assert_int_equal(at.ms, 42);
	assert_int_equal(instant_parse("2024-02-29T12:00:00\0Z", 21, &at, &err), ERR_INPUT);
}

static void an_error_quotes_bad_input_without_its_control_characters(void **state)
{
	struct instant at;

	(void)state;
	assert_int_equal(instant_parse("\033[31m", 5, &at, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "'?[31m'"));
}

static void every_instant_there_is_can_be_written(void **state)
{
	char text[TIME_TEXT_MAX];

	(void)state;
	assert_true(strlen(instant_format((struct instant){INT64_MIN}, text)) < TIME_TEXT_MAX);
	assert_true(strlen(instant_format((struct instant){INT64_MAX}, text)) < TIME_TEXT_MAX);
	assert_int_equal(text[strlen(text) - 1], 'Z');
}

/* ---- dates ---- */

static void what_is_no_date_is_refused(void **state)
{
	static const char *const bad[] = {"", "2024-02-30", "2023-02-29", "0000-01-01", "2024-2-1", "2024-02-29 ",
					  "2024/02/29", "2024-02-29T00:00:00Z", "20240229", "abcd-ef-gh"};
	struct date date;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(date_parse(bad[i], strlen(bad[i]), &date, &err), ERR_INPUT);
		assert_non_null(strstr(err.what, "is not a date"));
		assert_non_null(strstr(err.mend, "2024-02-29"));
	}
}

static bool slow_leap(int year)
{
	if (year % 400 == 0)
		return true;
	if (year % 100 == 0)
		return false;
	return year % 4 == 0;
}

static int slow_month_length(int year, int month)
{
	if (month == 2)
		return slow_leap(year) ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Counts the calendar day by day, so that it shares nothing with the arithmetic it judges. */
static void every_day_from_1600_to_2400_converts_both_ways(void **state)
{
	struct date date = date_of("1600-01-01");
	int weekday = 6; /* 1 January 1600 was a Saturday */

	(void)state;
	for (int year = 1600; year <= 2400; year++) {
		for (int month = 1; month <= 12; month++) {
			for (int day = 1; day <= slow_month_length(year, month); day++, date.days++) {
				struct civil civil = date_civil(date);

				assert_true(civil.year == year && civil.month == month && civil.day == day);
				assert_int_equal(date_from_civil(year, month, day).days, date.days);
				assert_int_equal(date_weekday(date), weekday);
				assert_int_equal(date_month_index(date), (year - 1970) * 12 + month - 1);
				assert_int_equal(instant_date(date_start(date)).days, date.days);
				weekday = weekday % 7 + 1;
			}
		}
	}
	assert_date(date, "2401-01-01");
}

static void the_last_millisecond_of_a_day_belongs_to_it(void **state)
{
	struct instant at = {instant_of("1969-12-31T00:00:00Z").ms - 1};

	(void)state;
	assert_date(instant_date(at), "1969-12-30");
	assert_int_equal(instant_civil(at).hour, 23);
	assert_int_equal(instant_civil(at).minute, 59);
	assert_int_equal(instant_civil(at).second, 59);
	assert_int_equal(instant_civil(at).ms, 999);
}

static void a_civil_time_out_of_range_is_not_valid(void **state)
{
	const struct civil good = {2024, 2, 29, 23, 59, 59, 999};
	struct civil bad[11];

	(void)state;
	assert_true(civil_valid(&good));
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].year = 2023;
	bad[1].month = 0;
	bad[2].month = 13;
	bad[3].day = 0;
	bad[4].day = 30;
	bad[5].hour = 24;
	bad[6].minute = 60;
	bad[7].second = 60;
	bad[8].ms = 1000;
	bad[9].hour = -1;
	bad[10].ms = -1;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(civil_valid(&bad[i]));
}

/* ---- sums ---- */

/* P23 */
static void adding_a_month_to_31_january_gives_the_last_day_of_february(void **state)
{
	(void)state;
	assert_date(date_add_months(date_of("2023-01-31"), 1), "2023-02-28");
	assert_date(date_add_months(date_of("2024-01-31"), 1), "2024-02-29");
	assert_date(date_add_months(date_of("2024-02-29"), 12), "2025-02-28");
	assert_date(date_add_months(date_of("2024-03-31"), -1), "2024-02-29");
	assert_date(date_add_months(date_of("2024-01-15"), -13), "2022-12-15");
	assert_date(date_add_months(date_of("1970-01-01"), -1), "1969-12-01");
	assert_date(date_add_months(date_of("2021-12-31"), 25), "2024-01-31");
}

static struct date slow_add_months(struct date date, int months)
{
	struct civil civil = date_civil(date);

	for (; months > 0; months--) {
		if (++civil.month == 13) {
			civil.month = 1;
			civil.year++;
		}
	}
	while (civil.day > slow_month_length(civil.year, civil.month))
		civil.day--;
	return date_from_civil(civil.year, civil.month, civil.day);
}

static void adding_months_agrees_with_counting_them_one_by_one(void **state)
{
	struct date last = date_of("2028-12-31");

	(void)state;
	for (struct date date = date_of("2019-12-01"); date.days <= last.days; date.days++) {
		for (int months = 0; months <= 50; months++)
			assert_int_equal(date_add_months(date, months).days, slow_add_months(date, months).days);
	}
}

/* Walks back from today until what occurred then is past. */
static struct date slow_cutoff(struct span span, struct date today)
{
	struct date date = today;

	while (date_add_days(slow_add_months(date, span.months), span.days).days > today.days)
		date.days--;
	return date;
}

/* P23 */
static void the_cutoff_is_the_last_day_that_is_past(void **state)
{
	static const struct span spans[] = {{0, 0, false},  {0, 1, false},  {0, 90, false}, {1, 0, false},
					    {3, 0, false},  {11, 0, false}, {12, 0, false}, {25, 0, false},
					    {1, 1, false}, {2, 30, false}};
	struct date last = date_of("2024-12-31");

	(void)state;
	for (struct date today = date_of("2022-12-25"); today.days <= last.days; today.days++) {
		for (size_t i = 0; i < COUNT(spans); i++)
			assert_int_equal(span_cutoff(spans[i], today).days, slow_cutoff(spans[i], today).days);
	}
}

static void a_record_of_31_january_kept_one_month_is_past_on_the_last_of_february(void **state)
{
	(void)state;
	assert_date(span_cutoff(span_of("1 month"), date_of("2023-02-28")), "2023-01-31");
	assert_date(span_cutoff(span_of("1 month"), date_of("2023-02-27")), "2023-01-27");
	assert_date(span_cutoff(span_of("1 month"), date_of("2023-03-30")), "2023-02-28");
	assert_date(span_cutoff(span_of("25 months"), date_of("2024-03-31")), "2022-02-28");
}

static void adding_a_span_keeps_the_time_of_day(void **state)
{
	struct instant at = instant_of("2024-01-31T12:34:56.789Z");
	char text[TIME_TEXT_MAX];

	(void)state;
	assert_string_equal(instant_format(instant_add_span(at, span_of("1 month")), text),
			    "2024-02-29T12:34:56.789Z");
	assert_string_equal(instant_format(instant_add_span(at, span_of("30 days")), text),
			    "2024-03-01T12:34:56.789Z");
	assert_int_equal(instant_since(instant_add_span(at, span_of("1d")), at).ms, 86400000);
}

static void sums_beyond_all_bounds_stop_at_the_bound(void **state)
{
	(void)state;
	assert_int_equal(date_add_days((struct date){INT32_MAX}, 1).days, INT32_MAX);
	assert_int_equal(date_add_days((struct date){INT32_MIN}, -1).days, INT32_MIN);
	assert_int_equal(date_add_months((struct date){INT32_MAX}, 12).days, INT32_MAX);
	assert_true(instant_add((struct instant){INT64_MAX}, (struct duration){1}).ms == INT64_MAX);
	assert_true(instant_add((struct instant){INT64_MIN}, (struct duration){-1}).ms == INT64_MIN);
	assert_true(instant_since((struct instant){INT64_MAX}, (struct instant){-1}).ms == INT64_MAX);
	assert_true(instant_since((struct instant){INT64_MIN}, (struct instant){1}).ms == INT64_MIN);
}

static void the_clock_reads_this_century(void **state)
{
	struct instant now = instant_now();

	(void)state;
	assert_true(now.ms > instant_of("2024-01-01T00:00:00Z").ms);
	assert_true(now.ms < instant_of("2199-01-01T00:00:00Z").ms);
}

/* ---- spans ---- */

static void spans_are_read_as_policies_write_them(void **state)
{
	static const struct {
		const char *text;
		struct span span;
		const char *written;
	} cases[] = {
	    {"30 days", {0, 30, false}, "30 days"},	  {"90d", {0, 90, false}, "90 days"},
	    {"1 day", {0, 1, false}, "1 day"},		  {"0 days", {0, 0, false}, "0 days"},
	    {"25 months", {25, 0, false}, "25 months"},	  {"25m", {25, 0, false}, "25 months"},
	    {"1 month", {1, 0, false}, "1 month"},	  {"1 year", {12, 0, false}, "12 months"},
	    {"2y", {24, 0, false}, "24 months"},	  {"7 Years", {84, 0, false}, "84 months"},
	    {"unlimited", {0, 0, true}, "unlimited"},	  {"1000 years", {12000, 0, false}, "12000 months"},
	    {"366000 days", {0, 366000, false}, "366000 days"},
	};
	char text[TIME_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span span = span_of(cases[i].text);

		assert_int_equal(span.months, cases[i].span.months);
		assert_int_equal(span.days, cases[i].span.days);
		assert_int_equal(span.unlimited, cases[i].span.unlimited);
		assert_string_equal(span_format(span, text), cases[i].written);
	}
}

static void what_is_no_span_is_refused(void **state)
{
	static const char *const bad[] = {"", "90", "days", "-1 days", "+1 days", "1.5 years", "90 dayz",
					  "90 days ", " 90 days", "forever", "1 year 2 months", "9 weeks"};
	static const char *const large[] = {"366001 days", "12001m", "1001 years", "99999999999999999999 days"};
	struct span span;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(span_parse(bad[i], &span, &err), ERR_INPUT);
		assert_non_null(strstr(err.what, "is not a length of time"));
	}
	for (size_t i = 0; i < COUNT(large); i++) {
		assert_int_equal(span_parse(large[i], &span, &err), ERR_INPUT);
		assert_non_null(strstr(err.what, "is longer than"));
		assert_non_null(strstr(err.mend, "unlimited"));
	}
}

/* ---- comparing spans ---- */

static bool within(const char *a, const char *b)
{
	return span_within(span_of(a), span_of(b));
}

static void spans_of_one_unit_compare_by_their_number(void **state)
{
	(void)state;
	assert_true(within("30 days", "30 days"));
	assert_false(within("31 days", "30 days"));
	assert_true(within("1 year", "12 months"));
	assert_false(within("25 months", "24 months"));
	assert_true(within("0 days", "0 months"));
	assert_true(within("10 years", "unlimited"));
	assert_true(within("unlimited", "unlimited"));
	assert_false(within("unlimited", "1000 years"));
}

static void months_and_days_compare_by_the_worst_start_date(void **state)
{
	(void)state;
	assert_true(within("1 month", "31 days"));
	assert_false(within("1 month", "30 days"));
	assert_true(within("28 days", "1 month"));
	assert_false(within("29 days", "1 month"));
	assert_true(within("365 days", "12 months"));
	assert_false(within("366 days", "12 months"));
	assert_true(within("12 months", "366 days"));
	assert_false(within("12 months", "365 days"));
	assert_false(within("1461 days", "48 months")); /* 1460 over 1900, which was no leap year */
	assert_true(within("1460 days", "48 months"));
}

/* The slow, obvious way: every start date of 400 years. */
static void the_worst_start_date_is_that_of_all_of_them(void **state)
{
	static const int months[] = {1, 2, 11, 12, 13, 25};

	(void)state;
	for (size_t i = 0; i < COUNT(months); i++) {
		struct span span = {.months = months[i]};
		int least = INT32_MAX, most = 0;

		for (int day = 0; day < 146097; day++) {
			int days = date_add_span((struct date){day}, span).days - day;

			least = days < least ? days : least;
			most = days > most ? days : most;
		}
		assert_true(span_within((struct span){.days = least}, span));
		assert_false(span_within((struct span){.days = least + 1}, span));
		assert_true(span_within(span, (struct span){.days = most}));
		assert_false(span_within(span, (struct span){.days = most - 1}));
	}
}

static void spans_are_equal_when_they_always_end_on_the_same_day(void **state)
{
	(void)state;
	assert_true(span_equal(span_of("1 year"), span_of("12 months")));
	assert_false(span_equal(span_of("1 year"), span_of("365 days")));
	assert_true(span_equal(span_of("unlimited"), (struct span){.unlimited = true, .days = 3}));
	assert_false(span_equal(span_of("unlimited"), span_of("0 days")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_rfc_3339_are_read),
	    cmocka_unit_test(the_epoch_is_zero),
	    cmocka_unit_test(lower_case_and_a_space_are_accepted),
	    cmocka_unit_test(a_fraction_is_cut_to_milliseconds),
	    cmocka_unit_test(a_leap_second_reads_as_the_next_second),
	    cmocka_unit_test(the_first_and_the_last_second_of_the_years_1_to_9999_are_read),
	    cmocka_unit_test(text_beyond_the_given_length_is_not_read),
	    cmocka_unit_test(what_is_no_date_time_is_refused_and_the_error_says_why),
	    cmocka_unit_test(an_error_quotes_bad_input_without_its_control_characters),
	    cmocka_unit_test(every_instant_there_is_can_be_written),
	    cmocka_unit_test(what_is_no_date_is_refused),
	    cmocka_unit_test(every_day_from_1600_to_2400_converts_both_ways),
	    cmocka_unit_test(the_last_millisecond_of_a_day_belongs_to_it),
	    cmocka_unit_test(a_civil_time_out_of_range_is_not_valid),
	    cmocka_unit_test(adding_a_month_to_31_january_gives_the_last_day_of_february),
	    cmocka_unit_test(adding_months_agrees_with_counting_them_one_by_one),
	    cmocka_unit_test(the_cutoff_is_the_last_day_that_is_past),
	    cmocka_unit_test(a_record_of_31_january_kept_one_month_is_past_on_the_last_of_february),
	    cmocka_unit_test(adding_a_span_keeps_the_time_of_day),
	    cmocka_unit_test(sums_beyond_all_bounds_stop_at_the_bound),
	    cmocka_unit_test(the_clock_reads_this_century),
	    cmocka_unit_test(spans_are_read_as_policies_write_them),
	    cmocka_unit_test(what_is_no_span_is_refused),
	    cmocka_unit_test(spans_of_one_unit_compare_by_their_number),
	    cmocka_unit_test(months_and_days_compare_by_the_worst_start_date),
	    cmocka_unit_test(the_worst_start_date_is_that_of_all_of_them),
	    cmocka_unit_test(spans_are_equal_when_they_always_end_on_the_same_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
