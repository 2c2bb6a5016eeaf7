/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/holidays.h"

#include <stdio.h>

#include "law/place.h"

static struct holidays *holidays;

static int open_calendar(void **state)
{
	(void)state;
	holidays = calendar();
	return 0;
}

static int close_calendar(void **state)
{
	(void)state;
	holidays_close(holidays);
	return 0;
}

static const char *day_off(const char *code, const char *day)
{
	return holidays_day_off(country_of(holidays, code), date_of(day), NULL);
}

static void assert_free(const char *code, const char *day, const char *name)
{
	const char *found = day_off(code, day);

	if (found == NULL)
		fail_msg("%s %s is a working day, not %s", code, day, name);
	assert_string_equal(found, name);
}

static void assert_working(const char *code, const char *day)
{
	const char *found = day_off(code, day);

	if (found != NULL)
		fail_msg("%s %s is %s, not a working day", code, day, found);
}

/* The holidays on Mondays to Fridays of a year, as "01-01 04-02 ..". */
static char *weekdays_of(const char *code, int32_t year, char *out, size_t size)
{
	struct holiday days[HOLIDAYS_YEAR_MAX];
	size_t count = holidays_year(country_of(holidays, code), year, days), used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		struct civil civil = date_civil(days[i].day);

		assert_int_equal(civil.year, year);
		assert_true(i == 0 || days[i].day.days > days[i - 1].day.days);
		if (date_weekday(days[i].day) <= 5)
			used += (size_t)snprintf(out + used, size - used, "%s%02d-%02d", used > 0 ? " " : "",
						 civil.month, civil.day);
	}
	return out;
}

static void assert_year(const char *code, int32_t year, const char *expected)
{
	char found[HOLIDAYS_YEAR_MAX * 6];

	assert_string_equal(weekdays_of(code, year, found, sizeof found), expected);
}

/* ---- the data ---- */

static void all_eu_states_the_uk_india_and_the_us_are_there_with_their_sources(void **state)
{
	static const char *const codes[] = {
	    "AT", "BE",     "BG",     "CY",     "CZ", "DE", "DK", "EE", "ES", "FI", "FR",
	    "GB", "GB-EAW", "GB-NIR", "GB-SCT", "GR", "HR", "HU", "IE", "IN", "IT", "LT",
	    "LU", "LV",     "MT",     "NL",     "PL", "PT", "RO", "SE", "SI", "SK", "US",
	};
	size_t countries = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++)
		assert_string_equal(holidays_code(country_of(holidays, codes[i])), codes[i]);
	for (const struct holidays_country *c = holidays_next(holidays, NULL); c != NULL;
	     c = holidays_next(holidays, c)) {
		countries += strlen(holidays_code(c)) == 2;
		assert_true(strlen(holidays_name(c)) > 3);
		assert_true(strlen(holidays_source(c)) > 10);
	}
	assert_int_equal(countries, 30);
	assert_int_equal(strlen(holidays_left_out(country_of(holidays, "IN"))) > 0, true);
	assert_null(holidays_left_out(country_of(holidays, "CZ")));
}

static void countries_are_in_order_of_their_codes(void **state)
{
	const struct holidays_country *before = NULL;

	(void)state;
	for (const struct holidays_country *c = holidays_next(holidays, NULL); c != NULL;
	     c = holidays_next(holidays, c)) {
		if (before != NULL)
			assert_true(strcmp(holidays_code(before), holidays_code(c)) < 0);
		before = c;
	}
}

static void every_country_has_some_holiday_on_each_of_many_years(void **state)
{
	struct holiday days[HOLIDAYS_YEAR_MAX];

	(void)state;
	for (const struct holidays_country *c = holidays_next(holidays, NULL); c != NULL;
	     c = holidays_next(holidays, c)) {
		for (int32_t year = 2018; year <= 2100; year++) {
			size_t count = holidays_year(c, year, days);

			assert_true(count >= 3 && count <= 26);
		}
	}
}

/* gov.uk/bank-holidays, as published for these years. */
static void bank_holidays_of_the_uk_are_those_that_gov_uk_published(void **state)
{
	(void)state;
	assert_year("GB-EAW", 2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28");
	assert_year("GB-SCT", 2021, "01-01 01-04 04-02 05-03 05-31 08-02 11-30 12-27 12-28");
	assert_year("GB-NIR", 2021, "01-01 03-17 04-02 04-05 05-03 05-31 07-12 08-30 12-27 12-28");
	assert_year("GB-EAW", 2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27");
	assert_year("GB-SCT", 2022, "01-03 01-04 04-15 05-02 06-02 06-03 08-01 09-19 11-30 12-26 12-27");
	assert_year("GB-NIR", 2022, "01-03 03-17 04-15 04-18 05-02 06-02 06-03 07-12 08-29 09-19 12-26 12-27");
	assert_year("GB-EAW", 2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28");
	assert_year("GB-SCT", 2027, "01-01 01-04 03-26 05-03 05-31 08-02 11-30 12-27 12-28");
	assert_year("GB-NIR", 2027, "01-01 03-17 03-26 03-29 05-03 05-31 07-12 08-30 12-27 12-28");
}

static void a_substitute_day_takes_the_next_day_that_is_free_and_says_so(void **state)
{
	(void)state;
	assert_free("GB-EAW", "2021-12-25", "Christmas Day");
	assert_free("GB-EAW", "2021-12-27", "Christmas Day (substitute day)");
	assert_free("GB-EAW", "2021-12-28", "Boxing Day (substitute day)");
	assert_free("GB-EAW", "2022-12-26", "Boxing Day");
	assert_free("GB-EAW", "2022-12-27", "Christmas Day (substitute day)");
	assert_working("GB-EAW", "2022-12-28");
	assert_free("GB-SCT", "2022-01-03", "New Year's Day (substitute day)");
	assert_free("GB-SCT", "2022-01-04", "2nd January (substitute day)");
	assert_working("GB-EAW", "2022-01-04");
	/* 1 May 2021 was Holy Saturday, and the Monday after it Easter Monday. */
	assert_free("BG", "2021-05-04", "Labour Day (substitute day)");
	assert_free("LV", "2024-05-06", "Restoration of Independence Day (substitute day)");
}

static void one_time_bank_holidays_come_once(void **state)
{
	(void)state;
	assert_free("GB-EAW", "2020-05-08", "Early May Bank Holiday (VE Day)");
	assert_working("GB-EAW", "2020-05-04");
	assert_free("GB-EAW", "2022-09-19", "State Funeral of Queen Elizabeth II");
	assert_working("GB-EAW", "2022-05-30");
	assert_free("GB-EAW", "2023-05-08", "Coronation of King Charles III");
	assert_working("GB-EAW", "2023-09-19");
}

static void known_holidays_of_many_countries_and_years(void **state)
{
	(void)state;
	assert_year("DE", 2026, "01-01 04-03 04-06 05-01 05-14 05-25 12-25"); /* 3 October is a Saturday */
	assert_year("DE-BY", 2026, "01-01 01-06 04-03 04-06 05-01 05-14 05-25 06-04 12-25");
	assert_year("FR", 2024, "01-01 04-01 05-01 05-08 05-09 05-20 08-15 11-01 11-11 12-25");
	assert_year("GR", 2023, "01-06 02-27 04-14 04-17 05-01 06-05 08-15 12-25 12-26");
	assert_year("RO", 2025, "01-01 01-02 01-06 01-07 01-24 04-18 04-21 05-01 06-09 08-15 12-01 12-25 12-26");
	assert_free("AT", "2025-10-26", "National Day");
	assert_free("BE", "2025-07-21", "National Day");
	assert_free("CY", "2024-03-18", "Green Monday");
	assert_free("CZ", "2026-09-28", "Czech Statehood Day");
	assert_free("DK", "2023-05-05", "Great Prayer Day");
	assert_working("DK", "2024-04-26"); /* the Great Prayer Day was abolished */
	assert_free("EE", "2026-02-24", "Independence Day");
	assert_free("ES", "2026-10-12", "National Day");
	assert_free("FI", "2026-06-20", "Midsummer Day");
	assert_free("HR", "2021-11-18", "Remembrance Day");
	assert_working("HR", "2019-11-18");
	assert_free("HU", "2025-10-23", "National Day");
	assert_free("IE", "2023-02-06", "St Brigid's Day");
	assert_free("IE", "2030-02-01", "St Brigid's Day"); /* 1 February is a Friday: that day */
	assert_working("IE", "2030-02-04");
	assert_working("IE", "2022-02-07");
	assert_working("IT", "2024-10-04");
	assert_free("IT", "2027-10-04", "St Francis' Day");
	assert_free("LT", "2026-03-11", "Restoration of Independence Day");
	assert_free("LU", "2025-06-23", "National Day");
	assert_free("MT", "2025-09-08", "Victory Day");
	assert_free("NL", "2025-04-26", "King's Day"); /* 27 April is a Sunday */
	assert_free("NL", "2026-04-27", "King's Day");
	assert_free("PL", "2025-12-24", "Christmas Eve");
	assert_working("PL", "2024-12-24");
	assert_free("PT", "2025-06-10", "Portugal Day");
	assert_free("SE", "2025-06-06", "National Day");
	assert_free("SE", "2025-06-21", "Midsummer Day");
	assert_free("SI", "2023-08-14", "Solidarity Day");
	assert_free("SK", "2023-09-01", "Constitution Day");
	assert_working("SK", "2025-09-01");
	assert_free("IN", "2026-01-26", "Republic Day");
	assert_free("IN", "2028-08-15", "Independence Day");
	assert_free("IN", "2026-10-02", "Gandhi Jayanti");
	assert_year("US", 2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31");
}

static void subdivisions_have_the_days_of_their_country_and_their_own(void **state)
{
	(void)state;
	assert_free("DE-SN", "2026-11-18", "Day of Repentance and Prayer");
	assert_working("DE", "2026-11-18");
	assert_free("DE-SN", "2025-10-03", "German Unity Day");
	assert_free("DE-BE", "2025-05-08", "Liberation Day");
	assert_working("DE-BE", "2026-05-08");
	assert_working("DE-MV", "2022-03-08");
	assert_free("DE-MV", "2023-03-08", "International Women's Day");
	assert_working("GB", "2025-04-21"); /* Easter Monday is none in Scotland */
	assert_free("GB-NIR", "2025-04-21", "Easter Monday");
}

/* ---- days ---- */

static void weekends_are_days_off_but_no_holidays(void **state)
{
	const struct holidays_country *country = country_of(holidays, "DE");

	(void)state;
	assert_free("DE", "2026-10-10", "Saturday");
	assert_free("DE", "2026-10-11", "Sunday");
	assert_working("DE", "2026-10-12");
	assert_false(holidays_is(country, date_of("2026-10-10"), NULL, NULL));
	assert_true(holidays_is(country, date_of("2026-10-03"), NULL, NULL)); /* a Saturday, and a holiday */
	assert_free("DE", "2026-10-03", "German Unity Day");
}

static void an_account_adds_its_own_days(void **state)
{
	const struct holidays_own days[] = {{date_of("2026-10-13"), "Works outing"}, {date_of("2026-12-25"), "Ours"}};
	const struct holidays_extra extra = {days, COUNT(days)};
	const struct holidays_country *country = country_of(holidays, "DE");
	const char *name = NULL;

	(void)state;
	assert_true(holidays_is(country, date_of("2026-10-13"), &extra, &name));
	assert_string_equal(name, "Works outing");
	assert_true(holidays_is(country, date_of("2026-12-25"), &extra, &name));
	assert_string_equal(name, "Christmas Day");
	assert_false(holidays_is(country, date_of("2026-10-14"), &extra, &name));
	assert_int_equal(holidays_working_day(country, date_of("2026-10-13"), &extra).days, date_of("2026-10-14").days);
	assert_int_equal(holidays_working_day_before(country, date_of("2026-10-13"), &extra).days,
			 date_of("2026-10-12").days);
	assert_int_equal(holidays_working_day_before(country, date_of("2026-10-12"), &extra).days,
			 date_of("2026-10-12").days);
	assert_int_equal(holidays_working_day(country, date_of("2026-10-13"), NULL).days, date_of("2026-10-13").days);
}

static void the_next_working_day_lies_behind_all_days_off(void **state)
{
	(void)state;
	/* Maundy Thursday to Easter Monday. */
	assert_int_equal(holidays_working_day(country_of(holidays, "DK"), date_of("2026-04-02"), NULL).days,
			 date_of("2026-04-07").days);
	assert_int_equal(holidays_working_day(country_of(holidays, "LV"), date_of("2026-12-31"), NULL).days,
			 date_of("2027-01-04").days);
}

static void a_country_that_is_not_there_is_refused_with_those_that_are(void **state)
{
	const struct holidays_country *country;

	(void)state;
	assert_int_equal(holidays_find(holidays, "XX", &country, &err), ERR_INPUT);
	assert_null(country);
	assert_string_equal(err.what, "there are no public holidays of 'XX' here");
	assert_non_null(strstr(err.mend, "AT, BE, BG"));
	assert_non_null(strstr(err.mend, "SK, US"));
	assert_int_equal(holidays_find(holidays, "DE-XX", &country, &err), ERR_INPUT);
	assert_non_null(strstr(err.mend, "DE-BB, DE-BE"));
	assert_int_equal(holidays_find(holidays, "FR-57", &country, &err), ERR_INPUT);
	assert_string_equal(err.mend, "give FR, and add the other days to the account");
	assert_int_equal(holidays_find(holidays, "", &country, &err), ERR_INPUT);
	assert_int_equal(holidays_find(holidays, "-", &country, &err), ERR_INPUT);
	assert_int_equal(holidays_find(holidays, "toolongforacountry-X", &country, &err), ERR_INPUT);
	assert_int_equal(holidays_find(holidays, "de-by", &country, &err), OK);
	assert_string_equal(holidays_code(country), "DE-BY");
}

/* ---- what is wrong with a file ---- */

#define DAY(day) "{\"countries\":[{\"code\":\"XA\",\"name\":\"A\",\"source\":\"S\",\"days\":[" day "]}]}"
#define GOOD "{\"on\":\"05-01\",\"name\":\"May\"}"

static void a_file_with_a_fault_is_refused_where_it_is(void **state)
{
	static const struct {
		const char *text, *what, *where;
	} faults[] = {
	    {"{}", "\"countries\" is missing, empty or no array", "the file"},
	    {"{\"countries\":[]}", "\"countries\" is missing, empty or no array", "the file"},
	    {"{\"countries\":[{}]}", "\"code\" is missing or no text", "a country"},
	    {"{\"countries\":[{\"code\":\"XA\"}]}", "\"name\" is missing or no text", "XA"},
	    {"{\"countries\":[{\"code\":\"XA\",\"name\":\"A\",\"source\":\"\"}]}", "\"source\" is missing or no text",
	     "XA"},
	    {"{\"countries\":[{\"code\":\"XA\",\"name\":\"A\",\"source\":\"S\"}]}", "\"days\" is missing or no array",
	     "XA"},
	    {"{\"countries\":[{\"code\":\"XA\",\"name\":\"A\",\"source\":\"S\",\"left_out\":1}]}",
	     "\"left_out\" is missing or no text", "XA"},
	    {"{\"countries\":[{\"code\":\"XA\",\"name\":\"A\",\"source\":\"S\",\"days\":[],\"subdivisions\":1}]}",
	     "\"subdivisions\" is no array", "XA"},
	    {"{\"countries\":[{\"code\":\"XA\",\"name\":\"A\",\"source\":\"S\",\"days\":[],\"subdivisions\":[{\"code\":"
	     "\"B\"}]}]}",
	     "\"name\" is missing or no text", "XA-B"},
	    {"{\"countries\":[{\"code\":\"XA\",\"name\":\"A\",\"source\":\"S\",\"days\":[]},{\"code\":\"xa\"}]}",
	     "its code is there twice", "xa"},
	    {DAY("1"), "\"on\" is missing", "XA, day 1"},
	    {DAY(GOOD ",{\"name\":\"x\"}"), "\"on\" is missing", "XA, day 2"},
	    {DAY("{\"on\":\"05-01\"}"), "\"name\" is missing or no text", "XA, day 1"},
	    {DAY("{\"on\":\"05-32\",\"name\":\"x\"}"), "\"on\" has none of the forms of a day", "XA, day 1"},
	    {DAY("{\"on\":501,\"name\":\"x\"}"), "\"on\" has none of the forms of a day", "XA, day 1"},
	    {DAY("{\"on\":\"05-01\",\"name\":\"x\",\"form\":1}"),
	     "a member is none of on, name, from, until, move, substitute", "XA, day 1"},
	    {DAY("{\"on\":\"05-01\",\"name\":\"x\",\"from\":0}"), "a year is not from 1 to 9999", "XA, day 1"},
	    {DAY("{\"on\":\"05-01\",\"name\":\"x\",\"until\":\"2020\"}"), "a year is not from 1 to 9999", "XA, day 1"},
	    {DAY("{\"on\":\"05-01\",\"name\":\"x\",\"from\":2021,\"until\":2020}"), "\"from\" is after \"until\"",
	     "XA, day 1"},
	    {DAY("{\"on\":\"05-01\",\"name\":\"x\",\"move\":1}"), "\"move\" is no object", "XA, day 1"},
	    {DAY("{\"on\":\"05-01\",\"name\":\"x\",\"move\":{\"day\":1}}"),
	     "\"move\" names what is none of mon, tue, wed, thu, fri, sat, sun", "XA, day 1"},
	    {DAY("{\"on\":\"05-01\",\"name\":\"x\",\"move\":{\"sun\":32}}"),
	     "\"move\" is not by a number of days from -31 to 31", "XA, day 1"},
	    {DAY("{\"on\":\"05-01\",\"name\":\"x\",\"substitute\":1}"), "\"substitute\" is neither true nor false",
	     "XA, day 1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct holidays *none;

		assert_int_equal(holidays_read(faults[i].text, strlen(faults[i].text), &none, &err), ERR_INPUT);
		assert_null(none);
		if (strstr(err.what, faults[i].what) == NULL || strcmp(err.where, faults[i].where) != 0)
			fail_msg("%s: '%s' at '%s'", faults[i].text, err.what, err.where);
		assert_non_null(strstr(err.mend, "law/holidays.json"));
	}
}

static void text_that_is_no_json_and_too_many_days_are_refused(void **state)
{
	char text[4096];
	size_t used = (size_t)snprintf(text, sizeof text,
				       "{\"countries\":[{\"code\":\"XA\",\"name\":\"A\",\"source\":\"S\","
				       "\"days\":[" GOOD);
	struct holidays *none;

	(void)state;
	for (int i = 0; i < 32; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "," GOOD);
	used += (size_t)snprintf(text + used, sizeof text - used, "]}]}");
	assert_int_equal(holidays_read(text, used, &none, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "it has more than 32 days"));
	assert_int_equal(holidays_read("{", 1, &none, &err), ERR_INPUT);
	assert_null(none);
}

static void closing_nothing_is_fine(void **state)
{
	(void)state;
	holidays_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_eu_states_the_uk_india_and_the_us_are_there_with_their_sources),
	    cmocka_unit_test(countries_are_in_order_of_their_codes),
	    cmocka_unit_test(every_country_has_some_holiday_on_each_of_many_years),
	    cmocka_unit_test(bank_holidays_of_the_uk_are_those_that_gov_uk_published),
	    cmocka_unit_test(a_substitute_day_takes_the_next_day_that_is_free_and_says_so),
	    cmocka_unit_test(one_time_bank_holidays_come_once),
	    cmocka_unit_test(known_holidays_of_many_countries_and_years),
	    cmocka_unit_test(subdivisions_have_the_days_of_their_country_and_their_own),
	    cmocka_unit_test(weekends_are_days_off_but_no_holidays),
	    cmocka_unit_test(an_account_adds_its_own_days),
	    cmocka_unit_test(the_next_working_day_lies_behind_all_days_off),
	    cmocka_unit_test(a_country_that_is_not_there_is_refused_with_those_that_are),
	    cmocka_unit_test(a_file_with_a_fault_is_refused_where_it_is),
	    cmocka_unit_test(text_that_is_no_json_and_too_many_days_are_refused),
	    cmocka_unit_test(closing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, open_calendar, close_calendar);
}
