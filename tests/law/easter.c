/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/easter.h"

#include "law/place.h"

/* The tables of paschal full moons by golden number (days after 21 March) that the churches print: of the Gregorian
 * calendar from 1900 to 2199, and of the Julian one for ever. Easter is the Sunday after. */
static const int gregorian_moon[] = {24, 13, 2, 21, 10, 28, 18, 7, 26, 15, 4, 23, 12, 1, 20, 9, 27, 17, 6};
static const int julian_moon[] = {15, 4, 23, 12, 1, 20, 9, 28, 17, 6, 25, 14, 3, 22, 11, 0, 19, 8, 27};

static struct date sunday_after(struct date moon)
{
	do
		moon = date_add_days(moon, 1);
	while (date_weekday(moon) != 7);
	return moon;
}

static void western_easter_is_that_of_the_printed_tables_from_1900_to_2100(void **state)
{
	(void)state;
	for (int32_t year = 1900; year <= 2100; year++) {
		struct date moon = date_add_days(date_from_civil(year, 3, 21), gregorian_moon[year % 19]);

		assert_int_equal(easter_western(year).days, sunday_after(moon).days);
	}
}

static void orthodox_easter_is_that_of_the_printed_tables_from_1900_to_2100(void **state)
{
	(void)state;
	for (int32_t year = 1900; year <= 2100; year++) {
		/* 21 March of the Julian calendar, which has a 29 February in 1900 and in 2100. */
		int behind = year < 2100 ? 13 : 14;
		struct date equinox = date_add_days(date_from_civil(year, 3, 21), behind);

		assert_int_equal(easter_orthodox(year).days,
				 sunday_after(date_add_days(equinox, julian_moon[year % 19])).days);
	}
}

static void known_easters_are_found(void **state)
{
	static const struct {
		int32_t year;
		const char *western, *orthodox;
	} known[] = {
	    {1583, "1583-04-10", "1583-04-10"}, {1818, "1818-03-22", "1818-04-26"}, {1943, "1943-04-25", "1943-04-25"},
	    {2000, "2000-04-23", "2000-04-30"}, {2008, "2008-03-23", "2008-04-27"}, {2017, "2017-04-16", "2017-04-16"},
	    {2021, "2021-04-04", "2021-05-02"}, {2024, "2024-03-31", "2024-05-05"}, {2025, "2025-04-20", "2025-04-20"},
	    {2026, "2026-04-05", "2026-04-12"}, {2038, "2038-04-25", "2038-04-25"}, {2100, "2100-03-28", "2100-05-02"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		char text[TIME_TEXT_MAX];

		assert_string_equal(date_format(easter_western(known[i].year), text), known[i].western);
		assert_string_equal(date_format(easter_orthodox(known[i].year), text), known[i].orthodox);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(western_easter_is_that_of_the_printed_tables_from_1900_to_2100),
	    cmocka_unit_test(orthodox_easter_is_that_of_the_printed_tables_from_1900_to_2100),
	    cmocka_unit_test(known_easters_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
