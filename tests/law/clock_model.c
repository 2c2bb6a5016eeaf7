/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The clocks C1 to C9 and C11 against a model that takes no short cut: it knows
 * the C library's local time, walks one day, hour or minute at a time, and asks of
 * each day whether it counts.
 */
#include "law/clock.h"

#include <stdio.h>
#include <time.h>

#include "law/place.h"

#define ROUNDS 4000
#define PAUSES_MAX 4
#define MS_HOUR INT64_C(3600000)
#define MS_DAY (24 * MS_HOUR)
#define NEVER (-1)

static struct holidays *holidays;

static const struct {
	const char *zone, *country;
} places[] = {
    {"UTC", "GB-EAW"},          {"Europe/Copenhagen", "DK"},
    {"Europe/Berlin", "DE-BY"}, {"America/New_York", "US"},
    {"Asia/Kolkata", "IN"},     {"Europe/Sofia", "BG"},
    {"Europe/Dublin", "IE"},    {"Atlantic/Azores", "PT"},
    {"Pacific/Auckland", "SE"}, {"America/St_Johns", "GB-SCT"},
    {"Europe/Riga", "LV"},      {"Australia/Lord_Howe", "NL"},
};

/* ---- chance, the same each time ---- */

static uint64_t seed = 20260704;

static int64_t below(int64_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((seed >> 33) % (uint64_t)n);
}

/* From 2018 on, often near midnight, a month's end, or a change of clocks. */
static struct instant some_instant(void)
{
	struct date day = date_add_days(date_of("2018-01-01"), (int32_t)below(365 * 40));
	static const int64_t near[] = {0, 1, -1, MS_HOUR, -MS_HOUR, MS_HOUR / 2};

	if (below(3) == 0)
		day = date_add_days(date_add_months(date_from_civil(date_civil(day).year, 1, 1), (int32_t)below(12)),
				    -(int32_t)below(4));
	if (below(4) == 0)
		return (struct instant){date_start(day).ms + near[below(COUNT(near))]};
	return (struct instant){date_start(day).ms + below(MS_DAY)};
}

/* ---- the model's own time ---- */

static struct tm wall(struct instant at)
{
	int64_t seconds = at.ms >= 0 ? at.ms / 1000 : (at.ms - 999) / 1000;
	time_t t = (time_t)seconds;
	struct tm tm;

	assert_non_null(localtime_r(&t, &tm));
	return tm;
}

static struct date wall_day(struct instant at)
{
	struct tm tm = wall(at);

	return date_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* The first instant whose day is a later one, found by hours, then minutes. */
static struct instant end_of(struct date day)
{
	struct instant at = {date_start(day).ms - 2 * MS_DAY};

	while (wall_day(at).days <= day.days)
		at.ms += MS_HOUR;
	while (wall_day((struct instant){at.ms - 60000}).days > day.days)
		at.ms -= 60000;
	return at;
}

static bool works(const struct holidays_country *country, struct date day)
{
	static struct holiday list[HOLIDAYS_YEAR_MAX]; /* of the last year asked about */
	static const struct holidays_country *of;
	static int32_t year;
	static size_t count;
	int weekday = ((day.days + 3) % 7 + 7) % 7; /* 0 Monday */

	if (of != country || year != date_civil(day).year) {
		of = country;
		year = date_civil(day).year;
		count = holidays_year(country, year, list);
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].day.days == day.days)
			return false;
	}
	return weekday < 5;
}

static struct date first_working(const struct holidays_country *country, struct date day)
{
	while (!works(country, day))
		day.days++;
	return day;
}

/* How many days follow the day of receipt until the same date of the `months`th next month, or that month's last day.
 */
static int32_t days_of_months(struct date received, int months)
{
	int date = date_civil(received).day, crossed = 0;
	int32_t n = 0;

	for (;;) {
		struct civil next = date_civil((struct date){received.days + n + 1});

		if (next.day == 1 && crossed++ == months)
			return n; /* the month is over, without the date */
		n++;
		if (crossed == months && next.day == date)
			return n;
	}
}

/* ---- C1 to C6 ---- */

struct world {
	struct clock_place place;
	struct clock_pause pauses[PAUSES_MAX];
	struct date asked[PAUSES_MAX], answered[PAUSES_MAX]; /* their days */
	size_t count;
	struct instant received;
};

/* Does the clock stand still on a day that a walk comes to from the day before? */
static bool stands_still(const struct world *world, struct date day)
{
	for (size_t i = 0; i < world->count; i++) {
		bool answered = !world->pauses[i].open && world->answered[i].days < day.days;

		if (world->asked[i].days < day.days && !answered)
			return true;
	}
	return false;
}

/* Its own days are used up; what is asked until the working day it ends on stops it still. NEVER as below. */
static int32_t end_on_working_day(const struct world *world, struct date day)
{
	for (;;) {
		struct date last = first_working(world->place.country, day), furthest = day;

		for (size_t i = 0; i < world->count; i++) {
			if (world->asked[i].days > last.days)
				continue;
			if (world->pauses[i].open)
				return NEVER;
			if (world->answered[i].days > furthest.days)
				furthest = world->answered[i];
		}
		if (furthest.days == day.days)
			return last.days;
		day = furthest;
	}
}

/* The last day, or NEVER while it stands still for ever. */
static int32_t walk(const struct world *world, int months)
{
	struct date received = wall_day(world->received), day = received;

	for (int32_t left = days_of_months(received, months); left > 0; left -= !stands_still(world, day)) {
		if (day.days - received.days > 1000)
			return NEVER;
		day.days++;
	}
	return end_on_working_day(world, day);
}

static void make_world(struct world *world)
{
	world->received = some_instant();
	world->count = (size_t)below(PAUSES_MAX + 1);
	for (size_t i = 0; i < world->count; i++) {
		struct clock_pause *pause = &world->pauses[i];

		pause->asked.ms = world->received.ms + below(34 * MS_DAY);
		pause->answered.ms = pause->asked.ms + below(20 * MS_DAY);
		pause->open = below(12) == 0;
		world->asked[i] = wall_day(pause->asked);
		world->answered[i] = wall_day(pause->answered);
	}
}

/* Some pause begins after the last day: the function refuses, the model cannot know. */
static bool asked_after(const struct world *world, int32_t last)
{
	for (size_t i = 0; i < world->count; i++) {
		if (world->asked[i].days > last)
			return true;
	}
	return false;
}

static void check_due(const struct clock_due *due, int32_t last)
{
	if (last == NEVER) {
		assert_true(due->stopped);
		return;
	}
	assert_false(due->stopped);
	assert_int_equal(due->day.days, last);
	assert_int_equal(due->due.ms, end_of(due->day).ms);
}

static void check_answer(const struct world *world)
{
	struct clock_request request = {world->received, world->pauses, world->count, NULL};
	struct clock_extension extension = {world->received, true};
	struct clock_due first, due;
	int32_t last = walk(world, 1);
	enum result result = clock_answer(&world->place, &request, &first, &due, &err);

	if (last != NEVER && asked_after(world, last)) {
		assert_int_equal(result, ERR_INPUT);
	} else {
		assert_int_equal(result, OK);
		check_due(&due, last);
		assert_int_equal(clock_refusal(&world->place, &request, &due, &err), OK);
		check_due(&due, last);
	}
	request.extension = &extension;
	assert_int_equal(clock_answer(&world->place, &request, &first, &due, &err), OK);
	check_due(&first, last);
	check_due(&due, walk(world, 3));
	if (last == NEVER)
		return;
	extension.told = (struct instant){end_of((struct date){last}).ms - 1};
	assert_int_equal(clock_answer(&world->place, &request, &first, &due, &err), OK);
	extension.told.ms++;
	assert_int_equal(clock_answer(&world->place, &request, &first, &due, &err), ERR_INPUT);
}

/* ---- C7 to C11 ---- */

static void check_breach(const struct clock_place *place, struct instant aware)
{
	struct instant start = {aware.ms - aware.ms % 60000 + 60000};
	struct clock_due due;

	while (wall(start).tm_min != 0)
		start.ms += 60000;
	assert_int_equal(clock_breach(place, aware, &due, &err), OK);
	/* On Lord Howe the clocks change by half an hour, and an hour of the clock with them. */
	if (start.ms - aware.ms <= MS_HOUR && wall(start).tm_gmtoff == wall(aware).tm_gmtoff)
		assert_int_equal(due.due.ms, start.ms + 72 * MS_HOUR);
	assert_int_equal(due.local.hour, wall(due.due).tm_hour);
	assert_int_equal(clock_processor_breach(place, aware, &due, &err), OK);
	assert_int_equal(due.due.ms, aware.ms + 3 * MS_DAY);
}

static void check_days(const struct clock_place *place, struct instant at)
{
	struct date day = wall_day(at);
	struct clock_due due, latest;

	assert_int_equal(clock_objection(place, at, &due, &err), OK);
	assert_int_equal(due.due.ms, end_of((struct date){day.days + 30}).ms);
	assert_int_equal(clock_opt_out(place, at, &due, &latest, &err), OK);
	assert_int_equal(due.due.ms, at.ms);
	for (int worked = 0; worked < 10; worked += works(place->country, day))
		day.days++;
	assert_int_equal(latest.due.ms, end_of(day).ms);
}

/* ---- rounds ---- */

static void every_place(void (*check)(struct world *world, int round))
{
	for (size_t i = 0; i < COUNT(places); i++) {
		struct world world = {.count = 0};

		setenv("TZ", places[i].zone, 1);
		tzset();
		world.place.zone = zone_of(places[i].zone);
		world.place.country = country_of(holidays, places[i].country);
		for (int round = 0; round < ROUNDS / (int)COUNT(places); round++)
			check(&world, round);
		zone_close(world.place.zone);
	}
}

static void round_of_answers(struct world *world, int round)
{
	(void)round;
	make_world(world);
	check_answer(world);
}

static void round_of_hours_and_days(struct world *world, int round)
{
	struct instant at = some_instant();

	(void)round;
	check_breach(&world->place, at);
	check_days(&world->place, at);
}

/* Each day of receipt of nine years, without pauses. */
static void round_of_days(struct world *world, int round)
{
	struct clock_request request = {.received = {date_start(date_of("2023-06-01")).ms + round * 10 * MS_DAY}};
	struct clock_due first, due;

	for (int i = 0; i < 10; i++, request.received.ms += MS_DAY) {
		world->received = request.received;
		assert_int_equal(clock_answer(&world->place, &request, &first, &due, &err), OK);
		check_due(&due, walk(world, 1));
	}
}

static void c1_to_c6_are_what_a_walk_day_by_day_comes_to(void **state)
{
	(void)state;
	every_place(round_of_answers);
}

static void c1_to_c3_are_what_a_walk_comes_to_for_every_day_of_years(void **state)
{
	(void)state;
	every_place(round_of_days);
}

static void c7_to_c11_are_what_a_walk_by_minutes_and_days_comes_to(void **state)
{
	(void)state;
	every_place(round_of_hours_and_days);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c1_to_c6_are_what_a_walk_day_by_day_comes_to),
	    cmocka_unit_test(c1_to_c3_are_what_a_walk_comes_to_for_every_day_of_years),
	    cmocka_unit_test(c7_to_c11_are_what_a_walk_by_minutes_and_days_comes_to),
	};

	return cmocka_run_group_tests(tests, open_calendar, close_calendar);
}
