/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The clocks by their ids, C1 to C11 of docs/law-map.md.
 */
#include "law/clock.h"

#include "law/place.h"

static struct holidays *holidays;
static struct zone *copenhagen, *utc, *new_york, *kolkata;

static int open_places(void **state)
{
	(void)state;
	holidays = calendar();
	copenhagen = zone_of("Europe/Copenhagen");
	utc = zone_of("UTC");
	new_york = zone_of("America/New_York");
	kolkata = zone_of("Asia/Kolkata");
	return 0;
}

static int close_places(void **state)
{
	(void)state;
	holidays_close(holidays);
	zone_close(copenhagen);
	zone_close(utc);
	zone_close(new_york);
	zone_close(kolkata);
	return 0;
}

static struct clock_place place_of(const char *country, struct zone *zone)
{
	return (struct clock_place){.country = country_of(holidays, country), .zone = zone};
}

static struct clock_due answer_in(struct clock_place place, const char *received)
{
	struct clock_request request = {.received = instant_of(received)};
	struct clock_due first, due = {.stopped = true};

	assert_int_equal(clock_answer(&place, &request, &first, &due, &err), OK);
	assert_int_equal(first.due.ms, due.due.ms);
	return due;
}

/* "C1 C2 C3". */
static void assert_rules(const struct clock_reason *reason, const char *expected)
{
	char found[64] = "";

	for (size_t i = 0; i < reason->count; i++) {
		strncat(found, i > 0 ? " " : "", sizeof found - strlen(found) - 1);
		strncat(found, reason->rules[i], sizeof found - strlen(found) - 1);
	}
	assert_string_equal(found, expected);
}

static void assert_due(const struct clock_due *due, const char *day, const char *at)
{
	char text[TIME_TEXT_MAX];

	assert_false(due->stopped);
	assert_string_equal(date_format(due->day, text), day);
	assert_string_equal(instant_format(due->due, text), at);
}

/* Received in Germany, by UTC, whose working days are easily told. */
static void assert_answer(const char *received, const char *day)
{
	struct clock_due due = answer_in(place_of("DE", utc), received);
	char text[TIME_TEXT_MAX];

	assert_string_equal(date_format(due.day, text), day);
}

/* ---- C1, C2, C3 ---- */

static void c1_a_request_is_answered_within_a_month_of_receipt(void **state)
{
	struct clock_due due = answer_in(place_of("DK", copenhagen), "2026-03-05T12:00:00Z");

	(void)state;
	/* 5 April 2026 is Easter Sunday, and the day after it a holiday. */
	assert_due(&due, "2026-04-07", "2026-04-07T22:00:00Z");
	assert_rules(&due.reason, "C1 C2 C3");
	due = answer_in(place_of("DK", copenhagen), "2026-01-05T12:00:00Z");
	assert_due(&due, "2026-02-05", "2026-02-05T23:00:00Z");
	assert_rules(&due.reason, "C1 C2");
	assert_string_equal(due.reason.text, "one month after receipt on 5 January 2026 is 5 February 2026 (C1, C2)");
}

static void c2_a_month_without_the_date_ends_on_its_last_day(void **state)
{
	(void)state;
	assert_answer("2022-08-31T10:00:00Z", "2022-09-30"); /* law.md: 31 Aug -> 30 Sep */
	assert_answer("2023-01-31T10:00:00Z", "2023-02-28"); /* law.md: 31 Jan -> 28 Feb */
	assert_answer("2024-01-31T10:00:00Z", "2024-02-29"); /* law.md: 31 Jan -> 29 Feb */
	assert_answer("2024-01-30T10:00:00Z", "2024-02-29");
	assert_answer("2024-01-29T10:00:00Z", "2024-02-29");
	assert_answer("2024-02-29T10:00:00Z", "2024-04-02"); /* 29 March is Good Friday, and Easter follows */
	assert_answer("2028-02-29T10:00:00Z", "2028-03-29");
	assert_answer("2027-03-31T10:00:00Z", "2027-04-30");
	assert_answer("2100-01-31T10:00:00Z", "2100-03-01"); /* 28 February 2100 is a Sunday */
}

static void c2_a_month_may_end_in_another_year(void **state)
{
	(void)state;
	assert_answer("2025-12-31T10:00:00Z", "2026-02-02"); /* 31 January is a Saturday */
	assert_answer("2025-12-05T10:00:00Z", "2026-01-05");
	assert_answer("2025-12-01T10:00:00Z", "2026-01-02");
}

static void c3_a_weekend_or_holiday_at_the_end_is_passed_over(void **state)
{
	struct clock_due due = answer_in(place_of("DE", utc), "2023-08-31T10:00:00Z");

	(void)state;
	assert_due(&due, "2023-10-02", "2023-10-03T00:00:00Z");
	assert_rules(&due.reason, "C1 C2 C3");
	assert_string_equal(due.reason.text, "one month after receipt on 31 August 2023 is 30 September 2023 (C1, C2); "
					     "that is a Saturday, so 2 October 2023 (C3)");
	assert_answer("2026-11-25T10:00:00Z", "2026-12-28"); /* Christmas, a Saturday, a Sunday */
	assert_answer("2024-09-03T10:00:00Z", "2024-10-04");
	due = answer_in(place_of("DE", utc), "2024-09-03T10:00:00Z");
	assert_non_null(strstr(due.reason.text, "; that is German Unity Day, so 4 October 2024 (C3)"));
}

static void c3_goes_by_the_country_and_subdivision_of_the_account(void **state)
{
	struct clock_due due = answer_in(place_of("DE", utc), "2025-10-01T10:00:00Z");

	(void)state;
	assert_due(&due, "2025-11-03", "2025-11-04T00:00:00Z");
	due = answer_in(place_of("DE", utc), "2026-05-04T10:00:00Z"); /* 4 June 2026 is Corpus Christi */
	assert_due(&due, "2026-06-04", "2026-06-05T00:00:00Z");
	due = answer_in(place_of("DE-BY", utc), "2026-05-04T10:00:00Z");
	assert_due(&due, "2026-06-05", "2026-06-06T00:00:00Z");
	due = answer_in(place_of("GB-SCT", utc), "2026-10-30T10:00:00Z");
	assert_due(&due, "2026-12-01", "2026-12-02T00:00:00Z");
	due = answer_in(place_of("GB-EAW", utc), "2026-10-30T10:00:00Z");
	assert_due(&due, "2026-11-30", "2026-12-01T00:00:00Z");
}

static void c3_an_own_day_of_the_account_is_passed_over_and_its_name_kept_short(void **state)
{
	char name[200];
	const struct holidays_own days[] = {{date_of("2026-02-05"), "Fête de l'entreprise"},
					    {date_of("2026-02-06"), name}};
	const struct holidays_extra extra = {days, COUNT(days)};
	struct clock_place place = place_of("FR", utc);
	struct clock_due due;

	(void)state;
	memset(name, 'x', sizeof name);
	memcpy(name + 79, "\xc3\xa9", 2);
	name[sizeof name - 1] = '\0';
	place.extra = &extra;
	due = answer_in(place, "2026-01-05T10:00:00Z");
	assert_due(&due, "2026-02-09", "2026-02-10T00:00:00Z");
	assert_non_null(strstr(due.reason.text, "that is Fête de l'entreprise, so 9 February 2026 (C3)"));
	due = answer_in(place, "2026-01-06T10:00:00Z");
	assert_non_null(strstr(due.reason.text, "xxx, so 9 February 2026 (C3)"));
}

static void c1_the_day_of_receipt_is_that_of_the_accounts_zone(void **state)
{
	struct clock_due due = answer_in(place_of("US", new_york), "2026-02-01T03:00:00Z"); /* 31 January there */

	(void)state;
	assert_due(&due, "2026-03-02", "2026-03-03T05:00:00Z");           /* 28 February is a Saturday */
	due = answer_in(place_of("IN", kolkata), "2026-02-28T20:00:00Z"); /* 1 March there */
	assert_due(&due, "2026-04-01", "2026-04-01T18:30:00Z");
	due = answer_in(place_of("DK", copenhagen), "2026-01-31T23:00:00Z"); /* 1 February at 00:00 */
	assert_due(&due, "2026-03-02", "2026-03-02T23:00:00Z");
	due = answer_in(place_of("DK", copenhagen), "2026-01-31T22:59:59.999Z");
	assert_due(&due, "2026-03-02", "2026-03-02T23:00:00Z");
}

static void c1_a_month_over_a_change_of_clocks_ends_at_the_local_midnight(void **state)
{
	struct clock_due due = answer_in(place_of("DK", copenhagen), "2026-03-10T12:00:00Z");

	(void)state;
	assert_due(&due, "2026-04-10", "2026-04-10T22:00:00Z");
	due = answer_in(place_of("DK", copenhagen), "2026-10-10T12:00:00Z");
	assert_due(&due, "2026-11-10", "2026-11-10T23:00:00Z");
	due = answer_in(place_of("US", new_york), "2026-02-09T12:00:00Z");
	assert_due(&due, "2026-03-09", "2026-03-10T04:00:00Z");
	due = answer_in(place_of("US", new_york), "2026-10-02T12:00:00Z");
	assert_due(&due, "2026-11-02", "2026-11-03T05:00:00Z");
}

static void c1_a_day_whose_midnight_is_skipped_ends_when_the_clocks_jump(void **state)
{
	struct zone *beirut = zone_of("Asia/Beirut"), *sao_paulo = zone_of("America/Sao_Paulo");
	struct clock_due due = {.stopped = true};
	struct clock_place place = place_of("DE", sao_paulo);

	(void)state;
	due = answer_in(place, "2018-10-02T12:00:00Z");
	assert_due(&due, "2018-11-02", "2018-11-03T03:00:00Z");
	/* 4 November 2018 had no 00:00 to 01:00 there: the 3rd, a Saturday, ends at the jump. */
	assert_int_equal(clock_objection(&place, instant_of("2018-10-04T12:00:00Z"), &due, &err), OK);
	assert_due(&due, "2018-11-03", "2018-11-04T03:00:00Z");
	place.zone = beirut;
	assert_int_equal(clock_objection(&place, instant_of("2022-02-24T12:00:00Z"), &due, &err), OK);
	assert_due(&due, "2022-03-26", "2022-03-26T22:00:00Z");
	zone_close(beirut);
	zone_close(sao_paulo);
}

static void c1_what_is_done_before_midnight_is_in_time(void **state)
{
	struct clock_due due = answer_in(place_of("DK", copenhagen), "2026-01-05T12:00:00Z");

	(void)state;
	assert_false(clock_late(&due, instant_of("2026-02-05T22:59:59.999Z")));
	assert_true(clock_late(&due, instant_of("2026-02-05T23:00:00Z")));
	assert_int_equal(due.local.day, 6);
	assert_int_equal(due.local.hour, 0);
}

/* ---- C4 ---- */

static enum result extended(const char *received, const char *told, bool with_reasons, struct clock_due *first,
			    struct clock_due *due)
{
	struct clock_place place = place_of("DE", utc);
	struct clock_extension extension = {instant_of(told), with_reasons};
	struct clock_request request = {.received = instant_of(received), .extension = &extension};

	return clock_answer(&place, &request, first, due, &err);
}

static void c4_an_extension_comes_to_three_months_from_receipt_and_both_dates_are_kept(void **state)
{
	struct clock_due first, due;

	(void)state;
	assert_int_equal(extended("2025-01-31T10:00:00Z", "2025-02-10T10:00:00Z", true, &first, &due), OK);
	assert_due(&first, "2025-02-28", "2025-03-01T00:00:00Z");
	assert_due(&due, "2025-04-30", "2025-05-01T00:00:00Z"); /* not 28 April */
	assert_rules(&first.reason, "C1 C2");
	assert_rules(&due.reason, "C1 C4 C2");
	assert_string_equal(due.reason.text,
			    "three months after receipt on 31 January 2025 is 30 April 2025 (C1, C4, C2); "
			    "without the extension it was 28 February 2025");
	assert_int_equal(extended("2023-11-30T10:00:00Z", "2023-12-01T10:00:00Z", true, &first, &due), OK);
	assert_due(&due, "2024-02-29", "2024-03-01T00:00:00Z");
	assert_int_equal(extended("2026-02-15T10:00:00Z", "2026-02-15T10:00:00Z", true, &first, &due), OK);
	assert_due(&due, "2026-05-15", "2026-05-16T00:00:00Z");
	assert_int_equal(extended("2026-02-03T10:00:00Z", "2026-02-15T10:00:00Z", true, &first, &due), OK);
	assert_due(&due, "2026-05-04", "2026-05-05T00:00:00Z"); /* 3 May is a Sunday */
	assert_rules(&due.reason, "C1 C4 C2 C3");
}

static void c4_the_person_is_told_within_the_first_month(void **state)
{
	struct clock_due first, due;

	(void)state;
	/* The first month ends on Saturday 30 September, so on Monday 2 October. */
	assert_int_equal(extended("2023-08-31T10:00:00Z", "2023-10-02T23:59:59.999Z", true, &first, &due), OK);
	assert_due(&due, "2023-11-30", "2023-12-01T00:00:00Z");
	assert_int_equal(extended("2023-08-31T10:00:00Z", "2023-10-03T00:00:00Z", true, &first, &due), ERR_INPUT);
	assert_string_equal(err.what, "the person was told of an extension after the first month, which ended on "
				      "2 October 2023 (C4)");
	assert_string_equal(err.mend, "the first date stands: answer at once");
	assert_int_equal(extended("2023-08-31T10:00:00Z", "2023-08-31T09:59:59Z", true, &first, &due), ERR_INPUT);
	assert_non_null(strstr(err.what, "before the request came (C4)"));
}

static void c4_an_extension_without_reasons_is_none(void **state)
{
	struct clock_due first, due;

	(void)state;
	assert_int_equal(extended("2023-08-31T10:00:00Z", "2023-09-10T00:00:00Z", false, &first, &due), ERR_INPUT);
	assert_string_equal(err.what, "an extension of which the person is not told the reasons is none (C4)");
	assert_due(&first, "2023-10-02", "2023-10-03T00:00:00Z");
}

/* ---- C5 ---- */

static void c5_a_refusal_is_told_within_a_month_and_never_later_for_an_extension(void **state)
{
	struct clock_place place = place_of("DE", utc);
	struct clock_extension extension = {instant_of("2023-09-10T00:00:00Z"), true};
	struct clock_request request = {.received = instant_of("2023-08-31T10:00:00Z"), .extension = &extension};
	struct clock_due due;

	(void)state;
	assert_int_equal(clock_refusal(&place, &request, &due, &err), OK);
	assert_due(&due, "2023-10-02", "2023-10-03T00:00:00Z");
	assert_rules(&due.reason, "C5 C2 C3");
	assert_string_equal(due.reason.text, "one month after receipt on 31 August 2023 is 30 September 2023 (C5, C2); "
					     "that is a Saturday, so 2 October 2023 (C3)");
}

/* ---- C6 ---- */

static struct clock_pause pause_of(const char *asked, const char *answered)
{
	struct clock_pause pause = {.asked = instant_of(asked), .open = answered == NULL};

	if (!pause.open)
		pause.answered = instant_of(answered);
	return pause;
}

static enum result paused(const char *received, const struct clock_pause *pauses, size_t count, struct clock_due *due)
{
	struct clock_place place = place_of("DE", utc);
	struct clock_request request = {.received = instant_of(received), .pauses = pauses, .pause_count = count};
	struct clock_due first;

	return clock_answer(&place, &request, &first, due, &err);
}

static void c6_the_clock_stands_still_from_the_asking_to_the_answer(void **state)
{
	struct clock_pause pause = pause_of("2026-03-03T10:00:00Z", "2026-03-10T09:00:00Z");
	struct clock_due due;

	(void)state;
	assert_int_equal(paused("2026-02-16T10:00:00Z", &pause, 1, &due), OK);
	assert_due(&due, "2026-03-23", "2026-03-24T00:00:00Z"); /* 16 March and 7 days */
	assert_rules(&due.reason, "C1 C2 C6");
	assert_string_equal(due.reason.text, "one month after receipt on 16 February 2026 is 16 March 2026 (C1, C2); "
					     "the clock stood still from the asking on 3 March 2026 to the answer on "
					     "10 March 2026, 7 days, so 23 March 2026 (C6)");
}

static void c6_asked_and_answered_on_one_day_stops_nothing(void **state)
{
	struct clock_pause pause = pause_of("2026-03-03T00:00:00Z", "2026-03-03T23:59:59Z");
	struct clock_due due;

	(void)state;
	assert_int_equal(paused("2026-02-16T10:00:00Z", &pause, 1, &due), OK);
	assert_due(&due, "2026-03-16", "2026-03-17T00:00:00Z");
	assert_rules(&due.reason, "C1 C2");
	pause = pause_of("2026-03-03T23:59:59Z", "2026-03-04T00:00:00Z");
	assert_int_equal(paused("2026-02-16T10:00:00Z", &pause, 1, &due), OK);
	assert_due(&due, "2026-03-17", "2026-03-18T00:00:00Z");
}

static void c6_several_stops_are_added_and_days_asked_about_twice_count_once(void **state)
{
	const struct clock_pause pauses[] = {
	    pause_of("2026-03-12T10:00:00Z", "2026-03-14T10:00:00Z"), /* 2 days */
	    pause_of("2026-03-03T10:00:00Z", "2026-03-10T10:00:00Z"), /* 7 */
	    pause_of("2026-03-05T10:00:00Z", "2026-03-11T10:00:00Z"), /* 1 more */
	    pause_of("2026-03-06T10:00:00Z", "2026-03-07T10:00:00Z"), /* none */
	};
	struct clock_due due;

	(void)state;
	assert_int_equal(paused("2026-02-16T10:00:00Z", pauses, COUNT(pauses), &due), OK);
	assert_due(&due, "2026-03-26", "2026-03-27T00:00:00Z");
	assert_non_null(strstr(due.reason.text,
			       "; between 3 March 2026 and 14 March 2026 the clock stood still 3 times, "
			       "10 days, so 26 March 2026 (C6)"));
}

static void c6_the_weekend_is_looked_at_after_all_stops(void **state)
{
	struct clock_pause pause = pause_of("2023-09-10T10:00:00Z", "2023-09-12T10:00:00Z");
	struct clock_due due;

	(void)state;
	/* 30 September is a Saturday; two days later it is a Monday, not two days after the Monday. */
	assert_int_equal(paused("2023-08-31T10:00:00Z", &pause, 1, &due), OK);
	assert_due(&due, "2023-10-02", "2023-10-03T00:00:00Z");
	assert_rules(&due.reason, "C1 C2 C6");
}

static void c6_asked_on_the_last_day_it_ends_on_the_day_of_the_answer(void **state)
{
	struct clock_pause pause = pause_of("2023-10-02T10:00:00Z", "2023-10-05T10:00:00Z");
	struct clock_due due;

	(void)state;
	assert_int_equal(paused("2023-08-31T10:00:00Z", &pause, 1, &due), OK);
	assert_due(&due, "2023-10-05", "2023-10-06T00:00:00Z");
	pause = pause_of("2023-10-02T10:00:00Z", "2023-10-07T10:00:00Z"); /* a Saturday */
	assert_int_equal(paused("2023-08-31T10:00:00Z", &pause, 1, &due), OK);
	assert_due(&due, "2023-10-09", "2023-10-10T00:00:00Z");
	assert_rules(&due.reason, "C1 C2 C6 C3");
}

static void c6_while_there_is_no_answer_nothing_is_late(void **state)
{
	struct clock_pause pauses[] = {
	    pause_of("2026-03-03T10:00:00Z", NULL),
	    pause_of("2026-02-18T10:00:00Z", "2026-02-20T10:00:00Z"),
	};
	struct clock_due due;

	(void)state;
	assert_int_equal(paused("2026-02-16T10:00:00Z", pauses, 1, &due), OK);
	assert_true(due.stopped);
	assert_int_equal(due.days_left, 13);
	assert_false(clock_late(&due, instant_of("9999-01-01T00:00:00Z")));
	assert_rules(&due.reason, "C1 C2 C6");
	assert_string_equal(due.reason.text, "one month after receipt on 16 February 2026 is 16 March 2026 (C1, C2); "
					     "the clock stands still since more was asked for on 3 March 2026, with 13 "
					     "days left after that of the answer (C6)");
	assert_int_equal(paused("2026-02-16T10:00:00Z", pauses, 2, &due), OK);
	assert_int_equal(due.days_left, 15);
	assert_non_null(strstr(due.reason.text, "asked for on 3 March 2026, with 15 days left"));
}

static void c6_askings_that_cannot_be_are_refused(void **state)
{
	struct clock_pause many[CLOCK_PAUSES_MAX + 1], pause = pause_of("2026-02-15T10:00:00Z", NULL);
	struct clock_due due;

	(void)state;
	assert_int_equal(paused("2026-02-16T10:00:00Z", &pause, 1, &due), ERR_INPUT);
	assert_string_equal(err.what, "more information was asked for before the request was received (C6)");
	pause = pause_of("2026-02-20T10:00:00Z", "2026-02-20T09:00:00Z");
	assert_int_equal(paused("2026-02-16T10:00:00Z", &pause, 1, &due), ERR_INPUT);
	assert_string_equal(err.what, "more information was given before it was asked for (C6)");
	pause = pause_of("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");
	assert_int_equal(paused("2026-02-16T10:00:00Z", &pause, 1, &due), ERR_INPUT);
	assert_string_equal(err.what, "more information was asked for when the time for an answer was over, after "
				      "16 March 2026 (C6)");
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = pause_of("2026-02-20T10:00:00Z", "2026-02-21T10:00:00Z");
	assert_int_equal(paused("2026-02-16T10:00:00Z", many, COUNT(many) - 1, &due), OK);
	assert_int_equal(paused("2026-02-16T10:00:00Z", many, COUNT(many), &due), ERR_LIMIT);
}

static void c6_and_c4_together_move_both_dates(void **state)
{
	const struct clock_pause pauses[] = {
	    pause_of("2026-02-20T10:00:00Z", "2026-02-23T10:00:00Z"), /* in the first month */
	    pause_of("2026-04-01T10:00:00Z", "2026-04-11T10:00:00Z"), /* in the extension */
	};
	struct clock_place place = place_of("DE", utc);
	struct clock_extension extension = {instant_of("2026-03-19T10:00:00Z"), true};
	struct clock_request request = {instant_of("2026-02-16T10:00:00Z"), pauses, 2, &extension};
	struct clock_due first, due;

	(void)state;
	assert_int_equal(clock_answer(&place, &request, &first, &due, &err), OK);
	assert_due(&first, "2026-03-19", "2026-03-20T00:00:00Z");
	assert_due(&due, "2026-05-29", "2026-05-30T00:00:00Z"); /* 16 May and 13 days */
	assert_rules(&due.reason, "C1 C4 C2 C6");
	assert_int_equal(clock_refusal(&place, &request, &due, &err), OK);
	assert_due(&due, "2026-03-19", "2026-03-20T00:00:00Z");
	request.extension = NULL;
	assert_int_equal(clock_answer(&place, &request, &first, &due, &err), ERR_INPUT);
	assert_int_equal(clock_refusal(&place, &request, &due, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "after 19 March 2026 (C6)"));
}

static void c6_an_asking_after_three_months_is_refused_too(void **state)
{
	const struct clock_pause pause = pause_of("2026-05-19T10:00:00Z", NULL);
	struct clock_place place = place_of("DE", utc);
	struct clock_extension extension = {instant_of("2026-03-10T10:00:00Z"), true};
	struct clock_request request = {instant_of("2026-02-16T10:00:00Z"), &pause, 1, &extension};
	struct clock_due first, due;

	(void)state;
	assert_int_equal(clock_answer(&place, &request, &first, &due, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "after 18 May 2026 (C6)"));
}

/* ---- C7, C8 ---- */

static struct clock_due breach(struct clock_place place, const char *aware)
{
	struct clock_due due = {.stopped = true};

	assert_int_equal(clock_breach(&place, instant_of(aware), &due, &err), OK);
	return due;
}

static void c7_a_breach_is_notified_within_72_hours_of_which_the_first_is_not_counted(void **state)
{
	struct clock_due due = breach(place_of("DK", copenhagen), "2026-03-03T09:20:30.5Z");

	(void)state;
	assert_due(&due, "2026-03-06", "2026-03-06T10:00:00Z");
	assert_int_equal(due.local.hour, 11);
	assert_rules(&due.reason, "C7");
	assert_string_equal(due.reason.text,
			    "the hour of becoming aware, on 3 March 2026 at 10:20, is not counted; 72 hours "
			    "from 3 March 2026 at 11:00 end on 6 March 2026 at 11:00 there, "
			    "2026-03-06T10:00:00Z (C7)");
	due = breach(place_of("DK", copenhagen), "2026-03-03T09:00:00Z"); /* in the hour that begins then */
	assert_due(&due, "2026-03-06", "2026-03-06T10:00:00Z");
	due = breach(place_of("DK", copenhagen), "2026-03-03T08:59:59.999Z");
	assert_due(&due, "2026-03-06", "2026-03-06T09:00:00Z");
}

static void c7_weekends_and_holidays_count(void **state)
{
	struct clock_due due = breach(place_of("DK", copenhagen), "2026-04-02T10:30:00Z"); /* Maundy Thursday */

	(void)state;
	assert_due(&due, "2026-04-05", "2026-04-05T11:00:00Z"); /* Easter Sunday */
	due = breach(place_of("DE", utc), "2025-12-31T23:30:00Z");
	assert_due(&due, "2026-01-04", "2026-01-04T00:00:00Z");
	due = breach(place_of("DE", utc), "2024-02-27T23:30:00Z"); /* over a leap day */
	assert_due(&due, "2024-03-02", "2024-03-02T00:00:00Z");
}

static void c7_hours_pass_alike_when_the_clocks_change(void **state)
{
	struct clock_due due = breach(place_of("DK", copenhagen), "2026-03-27T09:20:00Z"); /* 10:20, winter time */

	(void)state;
	assert_due(&due, "2026-03-30", "2026-03-30T10:00:00Z");
	assert_int_equal(due.local.hour, 12);                             /* summer time */
	due = breach(place_of("DK", copenhagen), "2026-10-23T08:20:00Z"); /* 10:20, summer time */
	assert_due(&due, "2026-10-26", "2026-10-26T09:00:00Z");
	assert_int_equal(due.local.hour, 10);
	/* In the hour that comes twice, and in the last one before the jump. */
	due = breach(place_of("DK", copenhagen), "2026-10-25T00:30:00Z");
	assert_due(&due, "2026-10-28", "2026-10-28T01:00:00Z");
	due = breach(place_of("DK", copenhagen), "2026-10-25T01:30:00Z");
	assert_due(&due, "2026-10-28", "2026-10-28T02:00:00Z");
	due = breach(place_of("DK", copenhagen), "2026-03-29T00:59:00Z");
	assert_due(&due, "2026-04-01", "2026-04-01T01:00:00Z");
}

static void c7_the_full_hour_is_that_of_the_local_clock(void **state)
{
	struct clock_due due = breach(place_of("IN", kolkata), "2026-03-03T10:20:00Z"); /* 15:50 */

	(void)state;
	assert_due(&due, "2026-03-06", "2026-03-06T10:30:00Z");
	assert_int_equal(due.local.hour, 16);
	assert_int_equal(due.local.minute, 0);
	due = breach(place_of("US", new_york), "2026-03-04T04:20:00Z"); /* 23:20 of the day before */
	assert_due(&due, "2026-03-07", "2026-03-07T05:00:00Z");
}

static void c8_a_processor_tells_within_the_72_hours_promised_from_the_minute(void **state)
{
	struct clock_place place = place_of("DK", copenhagen);
	struct clock_due due;

	(void)state;
	assert_int_equal(clock_processor_breach(&place, instant_of("2026-03-27T09:20:30Z"), &due, &err), OK);
	assert_due(&due, "2026-03-30", "2026-03-30T09:20:30Z");
	assert_int_equal(due.local.hour, 11);
	assert_rules(&due.reason, "C8");
	assert_string_equal(due.reason.text,
			    "without undue delay, and as promised within 72 hours, which from becoming aware "
			    "on 27 March 2026 at 10:20 end on 30 March 2026 at 11:20 there, "
			    "2026-03-30T09:20:30Z (C8)");
}

/* ---- C9 to C11 ---- */

static void c9_an_account_may_object_for_30_days_after_the_day_of_notice(void **state)
{
	struct clock_place place = place_of("DK", copenhagen);
	struct clock_due due;

	(void)state;
	assert_int_equal(clock_objection(&place, instant_of("2026-03-01T22:00:00Z"), &due, &err), OK);
	assert_due(&due, "2026-03-31", "2026-03-31T22:00:00Z");
	assert_rules(&due.reason, "C9");
	assert_string_equal(due.reason.text, "30 days after the notice of 1 March 2026 end with 31 March 2026 (C9)");
	assert_int_equal(clock_objection(&place, instant_of("2024-01-30T12:00:00Z"), &due, &err), OK);
	assert_due(&due, "2024-02-29", "2024-02-29T23:00:00Z");
	assert_int_equal(clock_objection(&place, instant_of("2026-03-05T12:00:00Z"), &due, &err), OK);
	assert_due(&due, "2026-04-04", "2026-04-04T22:00:00Z"); /* a Saturday stays */
}

static void c10_a_restriction_is_lifted_only_after_the_person_was_told(void **state)
{
	struct instant told = instant_of("2026-03-01T22:00:00Z");
	struct clock_reason reason;

	(void)state;
	assert_false(clock_may_lift(NULL, told, &reason));
	assert_rules(&reason, "C10");
	assert_string_equal(reason.text, "the person has not been told that the restriction is to be lifted (C10)");
	assert_false(clock_may_lift(&told, told, &reason));
	assert_false(clock_may_lift(&told, instant_of("2026-02-01T00:00:00Z"), &reason));
	assert_string_equal(reason.text,
			    "the person is only told at 2026-03-01T22:00:00Z that the restriction is to be lifted "
			    "(C10)");
	assert_true(clock_may_lift(&told, instant_of("2026-03-01T22:00:00.001Z"), &reason));
	assert_rules(&reason, "C10");
	assert_string_equal(reason.text,
			    "the person was told at 2026-03-01T22:00:00Z that the restriction is to be lifted "
			    "(C10)");
}

static void c11_an_opt_out_counts_at_once_where_us_law_allows_10_business_days(void **state)
{
	struct clock_place place = place_of("US", new_york);
	struct clock_due due, latest;

	(void)state;
	assert_int_equal(clock_opt_out(&place, instant_of("2026-11-17T15:00:00Z"), &due, &latest, &err), OK);
	assert_due(&due, "2026-11-17", "2026-11-17T15:00:00Z");
	assert_rules(&due.reason, "C11");
	assert_due(&latest, "2026-12-02", "2026-12-03T05:00:00Z"); /* Thanksgiving is on the 26th */
	assert_rules(&latest.reason, "C11");
	assert_string_equal(latest.reason.text,
			    "10 business days after the opt-out of 17 November 2026 end with 2 December 2026 (C11)");
	assert_true(clock_late(&due, instant_of("2026-11-17T15:00:00Z")));
	assert_int_equal(clock_opt_out(&place, instant_of("2021-12-20T15:00:00Z"), &due, &latest, &err), OK);
	assert_due(&latest, "2022-01-05", "2022-01-06T05:00:00Z"); /* 24 and 31 December are days observed */
}

/* ---- all ---- */

static void a_time_beyond_the_calendar_is_refused_by_every_clock(void **state)
{
	struct clock_place place = place_of("DE", new_york);
	struct instant never = {INT64_MAX}, last = instant_of("9999-12-31T12:00:00Z");
	struct clock_request request = {.received = never};
	struct clock_pause pause = pause_of("2026-02-20T10:00:00Z", "2026-02-20T10:00:00Z");
	struct clock_due first, due;

	(void)state;
	assert_int_equal(clock_answer(&place, &request, &first, &due, &err), ERR_INPUT);
	assert_int_equal(clock_refusal(&place, &request, &due, &err), ERR_INPUT);
	assert_int_equal(clock_breach(&place, never, &due, &err), ERR_INPUT);
	assert_int_equal(clock_processor_breach(&place, never, &due, &err), ERR_INPUT);
	assert_int_equal(clock_objection(&place, never, &due, &err), ERR_INPUT);
	assert_int_equal(clock_opt_out(&place, never, &due, &first, &err), ERR_INPUT);
	assert_int_equal(clock_breach(&place, last, &due, &err), ERR_INPUT);
	assert_int_equal(clock_processor_breach(&place, last, &due, &err), ERR_INPUT);
	assert_int_equal(clock_objection(&place, last, &due, &err), ERR_INPUT);
	assert_int_equal(clock_opt_out(&place, last, &due, &first, &err), ERR_INPUT);
	request.received = last;
	assert_int_equal(clock_answer(&place, &request, &first, &due, &err), ERR_INPUT);
	pause.answered = never;
	request =
	    (struct clock_request){.received = instant_of("2026-02-16T10:00:00Z"), .pauses = &pause, .pause_count = 1};
	assert_int_equal(clock_answer(&place, &request, &first, &due, &err), ERR_INPUT);
	assert_int_equal(clock_refusal(&place, &request, &due, &err), ERR_INPUT);
	pause = (struct clock_pause){.asked = never, .open = true};
	assert_int_equal(clock_answer(&place, &request, &first, &due, &err), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c1_a_request_is_answered_within_a_month_of_receipt),
	    cmocka_unit_test(c2_a_month_without_the_date_ends_on_its_last_day),
	    cmocka_unit_test(c2_a_month_may_end_in_another_year),
	    cmocka_unit_test(c3_a_weekend_or_holiday_at_the_end_is_passed_over),
	    cmocka_unit_test(c3_goes_by_the_country_and_subdivision_of_the_account),
	    cmocka_unit_test(c3_an_own_day_of_the_account_is_passed_over_and_its_name_kept_short),
	    cmocka_unit_test(c1_the_day_of_receipt_is_that_of_the_accounts_zone),
	    cmocka_unit_test(c1_a_month_over_a_change_of_clocks_ends_at_the_local_midnight),
	    cmocka_unit_test(c1_a_day_whose_midnight_is_skipped_ends_when_the_clocks_jump),
	    cmocka_unit_test(c1_what_is_done_before_midnight_is_in_time),
	    cmocka_unit_test(c4_an_extension_comes_to_three_months_from_receipt_and_both_dates_are_kept),
	    cmocka_unit_test(c4_the_person_is_told_within_the_first_month),
	    cmocka_unit_test(c4_an_extension_without_reasons_is_none),
	    cmocka_unit_test(c5_a_refusal_is_told_within_a_month_and_never_later_for_an_extension),
	    cmocka_unit_test(c6_the_clock_stands_still_from_the_asking_to_the_answer),
	    cmocka_unit_test(c6_asked_and_answered_on_one_day_stops_nothing),
	    cmocka_unit_test(c6_several_stops_are_added_and_days_asked_about_twice_count_once),
	    cmocka_unit_test(c6_the_weekend_is_looked_at_after_all_stops),
	    cmocka_unit_test(c6_asked_on_the_last_day_it_ends_on_the_day_of_the_answer),
	    cmocka_unit_test(c6_while_there_is_no_answer_nothing_is_late),
	    cmocka_unit_test(c6_askings_that_cannot_be_are_refused),
	    cmocka_unit_test(c6_and_c4_together_move_both_dates),
	    cmocka_unit_test(c6_an_asking_after_three_months_is_refused_too),
	    cmocka_unit_test(c7_a_breach_is_notified_within_72_hours_of_which_the_first_is_not_counted),
	    cmocka_unit_test(c7_weekends_and_holidays_count),
	    cmocka_unit_test(c7_hours_pass_alike_when_the_clocks_change),
	    cmocka_unit_test(c7_the_full_hour_is_that_of_the_local_clock),
	    cmocka_unit_test(c8_a_processor_tells_within_the_72_hours_promised_from_the_minute),
	    cmocka_unit_test(c9_an_account_may_object_for_30_days_after_the_day_of_notice),
	    cmocka_unit_test(c10_a_restriction_is_lifted_only_after_the_person_was_told),
	    cmocka_unit_test(c11_an_opt_out_counts_at_once_where_us_law_allows_10_business_days),
	    cmocka_unit_test(a_time_beyond_the_calendar_is_refused_by_every_clock),
	};

	return cmocka_run_group_tests(tests, open_places, close_places);
}
