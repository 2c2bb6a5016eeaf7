/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/holiday_rule.h"

#include "law/place.h"

static struct holiday_rule rule_of(const char *on)
{
	struct holiday_rule rule = {.from = 1, .until = 9999};

	if (!holiday_rule_parse(on, &rule))
		fail_msg("'%s' is not read", on);
	return rule;
}

static void assert_day(const char *on, int32_t year, const char *expected)
{
	struct holiday_rule rule = rule_of(on);
	char text[TIME_TEXT_MAX];
	struct date day;

	assert_true(holiday_rule_day(&rule, year, &day));
	assert_string_equal(date_format(day, text), expected);
}

static void each_form_of_a_day_is_read(void **state)
{
	(void)state;
	assert_day("05-01", 2026, "2026-05-01");
	assert_day("12-31", 1, "0001-12-31");
	assert_day("2022-06-03", 2022, "2022-06-03");
	assert_day("easter", 2026, "2026-04-05");
	assert_day("easter+39", 2026, "2026-05-14");
	assert_day("easter-2", 2024, "2024-03-29");
	assert_day("orthodox", 2024, "2024-05-05");
	assert_day("orthodox-48", 2024, "2024-03-18");
	assert_day("first mon of 05", 2026, "2026-05-04");
	assert_day("second sun of 05", 2022, "2022-05-08");
	assert_day("third mon of 02", 2027, "2027-02-15");
	assert_day("fourth thu of 11", 2029, "2029-11-22");
	assert_day("last mon of 05", 2027, "2027-05-31");
	assert_day("last mon of 12", 2026, "2026-12-28");
	assert_day("last thu of 02", 2024, "2024-02-29");
	assert_day("sat from 06-20", 2026, "2026-06-20");
	assert_day("sat from 06-20", 2027, "2027-06-26");
	assert_day("wed from 11-16", 2026, "2026-11-18");
}

static void what_has_no_form_of_a_day_is_not_read(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "5-1",
	    "13-01",
	    "00-10",
	    "02-29",
	    "02-30",
	    "05-01 ",
	    "easter+",
	    "easter-",
	    "easter39",
	    "easter+100",
	    "easter +1",
	    "Easter",
	    "orthodoxy",
	    "mon",
	    "mon from",
	    "mon from 05",
	    "fifth mon of 05",
	    "first mon of 13",
	    "first mon of 00",
	    "first mon of 5",
	    "last day of 05",
	    "first mon in 05",
	    "2023-02-29",
	    "2023-1-01",
	    "2022-06-03x",
	    "first",
	    "sat from 02-29",
	    "05/01",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct holiday_rule rule = {.from = 1, .until = 9999};

		if (holiday_rule_parse(wrong[i], &rule))
			fail_msg("'%s' is read", wrong[i]);
	}
}

static void a_rule_holds_from_its_first_year_to_its_last(void **state)
{
	struct holiday_rule rule = rule_of("05-01");
	struct holiday_rule once = rule_of("2022-06-03");
	struct date day;

	(void)state;
	rule.from = 2020;
	rule.until = 2022;
	assert_false(holiday_rule_day(&rule, 2019, &day));
	assert_true(holiday_rule_day(&rule, 2020, &day));
	assert_true(holiday_rule_day(&rule, 2022, &day));
	assert_false(holiday_rule_day(&rule, 2023, &day));
	assert_false(holiday_rule_day(&once, 2021, &day));
	assert_false(holiday_rule_day(&once, 2023, &day));
}

static void there_is_no_easter_before_the_gregorian_calendar(void **state)
{
	struct holiday_rule western = rule_of("easter"), orthodox = rule_of("orthodox");
	struct date day;

	(void)state;
	assert_false(holiday_rule_day(&western, 1582, &day));
	assert_false(holiday_rule_day(&orthodox, 1582, &day));
	assert_true(holiday_rule_day(&western, 1583, &day));
}

static void a_day_is_moved_by_its_weekday_also_into_another_year(void **state)
{
	struct holiday_rule rule = rule_of("01-01");
	char text[TIME_TEXT_MAX];
	struct date day;

	(void)state;
	rule.move[holiday_weekday("sat")] = -1;
	rule.move[holiday_weekday("sun")] = 1;
	assert_true(holiday_rule_day(&rule, 2022, &day)); /* a Saturday */
	assert_string_equal(date_format(day, text), "2021-12-31");
	assert_true(holiday_rule_day(&rule, 2023, &day));
	assert_string_equal(date_format(day, text), "2023-01-02");
	assert_true(holiday_rule_day(&rule, 2024, &day));
	assert_string_equal(date_format(day, text), "2024-01-01");
}

static void weekdays_have_their_names(void **state)
{
	(void)state;
	assert_int_equal(holiday_weekday("mon"), 1);
	assert_int_equal(holiday_weekday("sun"), 7);
	assert_int_equal(holiday_weekday("Mon"), 0);
	assert_int_equal(holiday_weekday(""), 0);
	assert_int_equal(holiday_weekday("monday"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_form_of_a_day_is_read),
	    cmocka_unit_test(what_has_no_form_of_a_day_is_not_read),
	    cmocka_unit_test(a_rule_holds_from_its_first_year_to_its_last),
	    cmocka_unit_test(there_is_no_easter_before_the_gregorian_calendar),
	    cmocka_unit_test(a_day_is_moved_by_its_weekday_also_into_another_year),
	    cmocka_unit_test(weekdays_have_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
