/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Days that an account adds to its calendar, and how C3 takes them.
 */
#include "world.h"

#include "law/clock.h"
#include "store/leaf.h"
#include "vault/calendar.h"

static struct date date_of(const char *text)
{
	struct date date;
	struct err err;

	assert_ok(date_parse(text, strlen(text), &date, &err), &err);
	return date;
}

static enum result add(struct world *world, const char *date, const char *name, const char *law, struct err *err)
{
	const struct calendar_day day = {date_of(date), name, law, "os:0"};

	return calendar_add(world->vault, &world->account, &day, world->now, &world->pool, err);
}

static enum result take_away(struct world *world, const char *date, struct err *err)
{
	return calendar_remove(world->vault, &world->account, date_of(date), world->now, &world->pool, err);
}

static struct calendar read_all(struct world *world)
{
	struct calendar calendar;
	struct err err;

	assert_ok(calendar_read(&world->vault->read, world->account.number, world->now, &world->pool, &calendar, &err),
		  &err);
	return calendar;
}

static const char *last_leaf(struct world *world, uint64_t *size)
{
	struct leaf leaf;
	struct err err;

	assert_ok(leaf_tree_size(world->vault->read.data, size, &err), &err);
	assert_ok(leaf_get(world->vault->read.data, *size - 1, &world->pool, &leaf, &err), &err);
	return (const char *)leaf.body;
}

static void a_day_is_kept_sealed_and_comes_back_in_order(void **state)
{
	struct world *world = *state;
	struct holiday_row row;
	struct calendar all;
	struct err err;

	assert_int_equal(read_all(world).count, 0);
	assert_ok(add(world, "2027-12-23", "Anna's birthday", NULL, &err), &err);
	assert_ok(add(world, "2027-08-09", "Friedensfest", "BayFTG Art. 1(2)", &err), &err);
	all = read_all(world);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.days[0].name, "Friedensfest");
	assert_string_equal(all.days[0].law, "BayFTG Art. 1(2)");
	assert_string_equal(all.days[1].name, "Anna's birthday");
	assert_null(all.days[1].law);
	assert_string_equal(all.days[1].by, "os:0");
	assert_int_equal(all.lawful.count, 1);
	assert_int_equal(all.lawful.days[0].day.days, date_of("2027-08-09").days);
	assert_int_equal(all.closed.count, 2);
	assert_ok(holiday_get(world->vault->read.data, world->account.number, all.days[1].day, &world->pool, &row, &err),
		  &err);
	assert_null(memmem(row.name, row.name_len, "Anna", 4));
	assert_int_equal(row.law_len, 0);
}

static void each_change_and_each_look_leaves_a_leaf_without_the_name(void **state)
{
	struct world *world = *state;
	uint64_t before, after;
	const char *leaf;
	struct err err;

	last_leaf(world, &before);
	assert_ok(add(world, "2027-08-09", "Friedensfest", "BayFTG", &err), &err);
	leaf = last_leaf(world, &after);
	assert_int_equal(after, before + 1);
	assert_non_null(strstr(leaf, "\"act\":\"holiday.add\""));
	assert_non_null(strstr(leaf, "\"day\":\"2027-08-09T00:00:00Z\""));
	assert_non_null(strstr(leaf, "\"public\":1"));
	assert_null(strstr(leaf, "Frieden"));
	read_all(world);
	assert_non_null(strstr(last_leaf(world, &before), "\"act\":\"holiday.list\""));
	assert_ok(take_away(world, "2027-08-09", &err), &err);
	assert_non_null(strstr(last_leaf(world, &before), "\"act\":\"holiday.remove\""));
	read_all(world); /* nothing is there to be looked at */
	last_leaf(world, &after);
	assert_int_equal(after, before);
}

static void a_day_is_there_once_and_goes_once(void **state)
{
	struct world *world = *state;
	struct err err;

	assert_ok(add(world, "2027-08-09", "One", NULL, &err), &err);
	assert_int_equal(add(world, "2027-08-09", "Two", NULL, &err), ERR_EXISTS);
	assert_string_equal(err.what, "2027-08-09 is in the account's calendar");
	assert_string_equal(err.mend, "to change it, first: lethe law holidays remove 2027-08-09");
	assert_string_equal(read_all(world).days[0].name, "One");
	assert_ok(take_away(world, "2027-08-09", &err), &err);
	assert_int_equal(take_away(world, "2027-08-09", &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "2027-08-09 is not in the account's calendar");
	assert_ok(add(world, "2027-08-09", "Two", NULL, &err), &err);
	assert_string_equal(read_all(world).days[0].name, "Two");
}

static void a_text_that_is_none_is_refused(void **state)
{
	struct world *world = *state;
	char longer[CALENDAR_TEXT_MAX + 2];
	struct err err;

	memset(longer, 'a', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	for (size_t i = 0; i < 4; i++) {
		const char *const bad[] = {"", "  ", "\xff", longer};

		assert_int_equal(add(world, "2027-08-09", bad[i], NULL, &err), ERR_INPUT);
		assert_string_equal(err.what, "what a day off is called is UTF-8 of 1 to 200 bytes, blanks and marks aside");
		assert_int_equal(add(world, "2027-08-09", "Ours", bad[i], &err), ERR_INPUT);
		assert_string_equal(err.what, "the law that makes a day a public holiday is UTF-8 of 1 to 200 bytes, blanks "
					      "and marks aside");
	}
	assert_int_equal(read_all(world).count, 0);
	longer[CALENDAR_TEXT_MAX] = '\0';
	assert_ok(add(world, "2027-08-09", longer, longer, &err), &err);
}

static enum result fill_op(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	enum result r = OK;

	for (int i = 0; i < CALENDAR_DAYS_MAX && r == OK; i++) {
		const struct holiday_row row = {.day = {i}, .name = (const unsigned char *)"x", .name_len = 1,
						.law = (const unsigned char *)"", .added_by = "os:0"};

		r = holiday_put(session->data, world->account.number, &row, err);
	}
	return r;
}

static void an_account_has_no_more_than_so_many_days(void **state)
{
	struct world *world = *state;
	struct err err;

	assert_ok(vault_write(world->vault, fill_op, world, &err), &err);
	assert_int_equal(add(world, "2027-08-09", "One more", NULL, &err), ERR_LIMIT);
	assert_string_equal(err.what, "an account has at most 1000 days of its own");
}

static void another_account_has_days_of_its_own(void **state)
{
	struct world *world = *state;
	struct err err;

	assert_ok(add(world, "2027-08-09", "Ours", NULL, &err), &err);
	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &world->account, &err), &err);
	assert_int_equal(read_all(world).count, 0);
	assert_int_equal(take_away(world, "2027-08-09", &err), ERR_NOT_FOUND);
}

static void a_day_that_does_not_open_is_damage(void **state)
{
	struct world *world = *state;
	struct calendar all;
	struct err err;

	assert_ok(vault_write(world->vault, fill_op, world, &err), &err);
	assert_int_equal(calendar_read(&world->vault->read, world->account.number, world->now, &world->pool, &all, &err),
			 ERR_CORRUPT);
}

/* ---- C3 ---- */

static struct clock_due answer_by(struct world *world, const struct holidays_extra *extra, const char *received)
{
	const struct clock_request request = {.received = world_time(received)};
	struct holidays *holidays;
	struct clock_place place = {.extra = extra};
	struct clock_due first, due;
	struct err err;

	(void)world;
	assert_ok(holidays_open(&holidays, &err), &err);
	assert_ok(holidays_find(holidays, "DE", &place.country, &err), &err);
	assert_ok(zone_open("Europe/Berlin", &place.zone, &err), &err);
	assert_ok(clock_answer(&place, &request, &first, &due, &err), &err);
	zone_close(place.zone);
	holidays_close(holidays);
	return due;
}

/* C3, Reg. 1182/71 arts. 2(1), 3(4): what prolongs a period is a public holiday, whoever wants a day off. */
static void c3_only_a_day_that_a_law_makes_a_holiday_prolongs_a_period(void **state)
{
	struct world *world = *state;
	struct calendar all;
	struct clock_due due;
	struct err err;

	assert_ok(add(world, "2028-08-08", "Friedensfest", "BayFTG Art. 1(2)", &err), &err);
	assert_ok(add(world, "2028-08-09", "Works outing", NULL, &err), &err);
	all = read_all(world);
	due = answer_by(world, NULL, "2028-07-08T10:00:00Z");
	assert_int_equal(due.day.days, date_of("2028-08-08").days);
	due = answer_by(world, &all.lawful, "2028-07-08T10:00:00Z");
	assert_int_equal(due.day.days, date_of("2028-08-09").days);
	assert_non_null(strstr(due.reason.text, "that is Friedensfest, so 9 August 2028 (C3)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_day_is_kept_sealed_and_comes_back_in_order),
	    IN_WORLD(each_change_and_each_look_leaves_a_leaf_without_the_name),
	    IN_WORLD(a_day_is_there_once_and_goes_once),
	    IN_WORLD(a_text_that_is_none_is_refused),
	    IN_WORLD(an_account_has_no_more_than_so_many_days),
	    IN_WORLD(another_account_has_days_of_its_own),
	    IN_WORLD(a_day_that_does_not_open_is_damage),
	    IN_WORLD(c3_only_a_day_that_a_law_makes_a_holiday_prolongs_a_period),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
