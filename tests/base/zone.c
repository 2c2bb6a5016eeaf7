/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/zone.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct err err;

static struct zone *zone_of(const char *name)
{
	struct zone *zone = NULL;

	assert_int_equal(zone_open(name, &zone, &err), OK);
	return zone;
}

/* A local time as RFC 3339 text ending in Z, which is read and not believed. */
static struct civil local_of(const char *text)
{
	struct instant at = {0};

	assert_int_equal(instant_parse(text, strlen(text), &at, &err), OK);
	return instant_civil(at);
}

static void assert_utc(const char *name, const char *local, const char *expected, bool expected_doubtful)
{
	struct zone *zone = zone_of(name);
	struct civil civil = local_of(local);
	char text[TIME_TEXT_MAX];
	struct instant at;
	bool doubtful;

	assert_int_equal(zone_to_utc(zone, &civil, &at, &doubtful, &err), OK);
	assert_string_equal(instant_format(at, text), expected);
	assert_int_equal(doubtful, expected_doubtful);
	assert_int_equal(zone_to_utc(zone, &civil, &at, NULL, &err), OK);
	assert_string_equal(instant_format(at, text), expected);
	zone_close(zone);
}

static void local_times_convert_in_summer_and_in_winter(void **state)
{
	(void)state;
	assert_utc("Europe/Copenhagen", "2024-01-15T12:00:00.123Z", "2024-01-15T11:00:00.123Z", false);
	assert_utc("Europe/Copenhagen", "2024-07-15T12:00:00Z", "2024-07-15T10:00:00Z", false);
	assert_utc("America/New_York", "2024-01-15T20:00:00Z", "2024-01-16T01:00:00Z", false);
	assert_utc("Asia/Kolkata", "2024-01-15T02:00:00Z", "2024-01-14T20:30:00Z", false);
	assert_utc("Asia/Kathmandu", "2024-01-15T05:45:00Z", "2024-01-15T00:00:00Z", false);
	assert_utc("UTC", "2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z", false);
}

static void a_skipped_time_moves_forward_by_the_gap_and_is_doubtful(void **state)
{
	(void)state;
	assert_utc("Europe/Copenhagen", "2024-03-31T01:59:59Z", "2024-03-31T00:59:59Z", false);
	assert_utc("Europe/Copenhagen", "2024-03-31T02:00:00Z", "2024-03-31T01:00:00Z", true);
	assert_utc("Europe/Copenhagen", "2024-03-31T02:30:00Z", "2024-03-31T01:30:00Z", true);
	assert_utc("Europe/Copenhagen", "2024-03-31T03:00:00Z", "2024-03-31T01:00:00Z", false);
	assert_utc("America/New_York", "2024-03-10T02:30:00Z", "2024-03-10T07:30:00Z", true);
	assert_utc("Australia/Lord_Howe", "2024-10-06T02:15:00Z", "2024-10-05T15:45:00Z", true);
	/* Samoa left out the whole of 30 December 2011. */
	assert_utc("Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T22:00:00Z", true);
}

static void of_a_repeated_time_the_earlier_is_taken_and_is_doubtful(void **state)
{
	(void)state;
	assert_utc("Europe/Copenhagen", "2024-10-27T01:59:59Z", "2024-10-26T23:59:59Z", false);
	assert_utc("Europe/Copenhagen", "2024-10-27T02:00:00Z", "2024-10-27T00:00:00Z", true);
	assert_utc("Europe/Copenhagen", "2024-10-27T02:59:59Z", "2024-10-27T00:59:59Z", true);
	assert_utc("Europe/Copenhagen", "2024-10-27T03:00:00Z", "2024-10-27T02:00:00Z", false);
	assert_utc("America/New_York", "2024-11-03T01:30:00Z", "2024-11-03T05:30:00Z", true);
	assert_utc("Australia/Lord_Howe", "2024-04-07T01:45:00Z", "2024-04-06T14:45:00Z", true);
	assert_utc("Europe/London", "2024-10-27T01:30:00Z", "2024-10-27T00:30:00Z", true);
}

static void long_ago_the_calendar_is_still_gregorian(void **state)
{
	(void)state;
	assert_utc("UTC", "1500-03-01T00:00:00Z", "1500-03-01T00:00:00Z", false);
	assert_utc("UTC", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", false);
	assert_utc("UTC", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", false);
}

static void a_name_that_is_no_zone_is_refused(void **state)
{
	static const char *const bad[] = {"", "Mars/Olympus", "Europe/Kopenhagen", "europe/copenhagen ", "GMT+01:00",
					  "GMT+1", "+01:00", "Etc/Unknown", "Europe/Copenhagen\n", "K\xc3\xb8" "benhavn",
					  "Europe/Copenhagen/Europe/Copenhagen/Europe/Copenhagen/Europe/Copenhagen"};
	struct zone *zone;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (zone_open(bad[i], &zone, &err) != ERR_INPUT)
			fail_msg("'%s' was taken", bad[i]);
		assert_null(zone);
		assert_non_null(strstr(err.what, "is not a known time zone"));
		assert_non_null(strstr(err.mend, "Europe/Copenhagen"));
	}
}

static void a_time_that_no_clock_shows_is_refused(void **state)
{
	struct zone *zone = zone_of("Europe/Copenhagen");
	struct civil bad[] = {{.year = 2023, .month = 2, .day = 29},
			      {.year = 2024, .month = 1, .day = 1, .hour = 24},
			      {.year = 0, .month = 1, .day = 1},
			      {.year = 10000, .month = 1, .day = 1}};
	struct instant at;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(zone_to_utc(zone, &bad[i], &at, NULL, &err), ERR_INPUT);
		assert_non_null(strstr(err.what, "there is no local time"));
	}
	zone_close(zone);
}

static void assert_local(const char *name, const char *at, const char *expected)
{
	struct zone *zone = zone_of(name);
	struct instant instant = {0};
	struct civil local, wanted = local_of(expected);

	assert_int_equal(instant_parse(at, strlen(at), &instant, &err), OK);
	assert_int_equal(zone_local(zone, instant, &local, &err), OK);
	assert_memory_equal(&local, &wanted, sizeof local);
	zone_close(zone);
}

static void an_instant_has_its_local_time(void **state)
{
	(void)state;
	assert_local("Europe/Copenhagen", "2024-01-15T11:00:00.123Z", "2024-01-15T12:00:00.123Z");
	assert_local("Europe/Copenhagen", "2024-03-31T00:59:59.999Z", "2024-03-31T01:59:59.999Z");
	assert_local("Europe/Copenhagen", "2024-03-31T01:00:00Z", "2024-03-31T03:00:00Z");
	assert_local("Europe/Copenhagen", "2024-10-27T00:30:00Z", "2024-10-27T02:30:00Z");
	assert_local("Europe/Copenhagen", "2024-10-27T01:30:00Z", "2024-10-27T02:30:00Z");
	assert_local("America/New_York", "2024-01-01T04:59:59Z", "2023-12-31T23:59:59Z");
	assert_local("Asia/Kolkata", "2024-02-28T20:30:00Z", "2024-02-29T02:00:00Z");
	assert_local("UTC", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
	assert_local("UTC", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
}

static void an_instant_outside_the_years_1_to_9999_has_no_local_time(void **state)
{
	struct zone *zone = zone_of("UTC");
	struct civil local;

	(void)state;
	assert_int_equal(zone_local(zone, (struct instant){INT64_MAX}, &local, &err), ERR_INPUT);
	assert_int_equal(zone_local(zone, (struct instant){INT64_MIN}, &local, &err), ERR_INPUT);
	assert_int_equal(zone_local(zone, (struct instant){INT64_C(253402300800000)}, &local, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "in the year 10000"));
	zone_close(zone);
}

static void closing_nothing_is_fine(void **state)
{
	(void)state;
	zone_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(local_times_convert_in_summer_and_in_winter),
	    cmocka_unit_test(a_skipped_time_moves_forward_by_the_gap_and_is_doubtful),
	    cmocka_unit_test(of_a_repeated_time_the_earlier_is_taken_and_is_doubtful),
	    cmocka_unit_test(long_ago_the_calendar_is_still_gregorian),
	    cmocka_unit_test(a_name_that_is_no_zone_is_refused),
	    cmocka_unit_test(a_time_that_no_clock_shows_is_refused),
	    cmocka_unit_test(an_instant_has_its_local_time),
	    cmocka_unit_test(an_instant_outside_the_years_1_to_9999_has_no_local_time),
	    cmocka_unit_test(closing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
