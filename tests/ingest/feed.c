/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "taking.h"

#include "ingest/feed.h"

#define LINES_MAX 30000

static struct feed_options how;
static struct feed *feed;
static struct {
	uint64_t number;
	bool refused;
	enum taken taken;
	char where[80];
} heard[LINES_MAX];
static size_t heard_count, deaf_after; /* deaf_after: the told call that fails; 0: none */
static struct id last_id;

static enum result hear(void *arg, const struct feed_line *line, struct err *e)
{
	(void)arg;
	if (deaf_after > 0 && heard_count + 1 == deaf_after)
		return err_set(e, ERR_FULL, "no room for the answer");
	heard[heard_count].number = line->number;
	heard[heard_count].refused = line->why != NULL;
	heard[heard_count].taken = line->taken;
	snprintf(heard[heard_count].where, sizeof heard[0].where, "%.79s", line->why != NULL ? line->why->where : "");
	heard_count++;
	last_id = line->id;
	return OK;
}

static int begin(void **state)
{
	set_up(state);
	how = (struct feed_options){.account = &world.account, .now = world.now, .told = hear};
	heard_count = deaf_after = 0;
	assert_ok(feed_new(world.vault, &how, &feed, &err), &err);
	return 0;
}

static int finish(void **state)
{
	feed_free(feed);
	feed = NULL;
	return tear_down(state);
}

static void anew(void)
{
	feed_free(feed);
	heard_count = 0;
	assert_ok(feed_new(world.vault, &how, &feed, &err), &err);
}

static enum result give(uint64_t number, const char *line)
{
	return feed_take(feed, number, line, strlen(line), &err);
}

static void each_line_is_told_of_in_order_once_it_is_on_disk(void **state)
{
	struct err why;

	(void)state;
	err_set(&why, ERR_LIMIT, "too long");
	assert_ok(give(1, CALL("1", "")), &err);
	assert_ok(give(2, "{\"type\":\"call\",\"tme\":1}"), &err);
	assert_ok(give(4, CALL("1", "")), &err);
	assert_ok(give(5, CALL("1", ",\"agent\":\"a7\"")), &err);
	assert_ok(feed_refuse(feed, 6, &why, &err), &err);
	assert_ok(give(7, CONTACT("k", "Ann", "\"phones\":[\"+4520000578\"]")), &err);
	assert_ok(give(8, CONTACT("k", "Bo", "\"phones\":[\"+4520000578\"]")), &err);
	assert_int_equal(heard_count, 0);
	assert_ok(feed_finish(feed, &err), &err);
	assert_int_equal(heard_count, 7);
	for (size_t i = 1; i < heard_count; i++)
		assert_true(heard[i].number > heard[i - 1].number);
	assert_int_equal(heard[0].taken, TAKEN_NEW);
	assert_true(heard[1].refused);
	assert_string_equal(heard[1].where, "field 'tme'");
	assert_int_equal(heard[2].taken, TAKEN_KNOWN);
	assert_int_equal(heard[3].taken, TAKEN_DIFFERS);
	assert_true(heard[4].refused);
	assert_int_equal(heard[5].taken, TAKEN_NEW);
	assert_int_equal(heard[6].taken, TAKEN_UPDATED);
	assert_int_equal(feed_result(feed)->records[KIND_CALL], 1);
	assert_int_equal(feed_result(feed)->rejected, 2);
}

static void of_the_erased_and_the_expired_it_is_said(void **state)
{
	(void)state;
	assert_ok(give(1, CALL("1", "")), &err);
	assert_ok(feed_finish(feed, &err), &err);
	erase("+4520000578", "2024-06-01T13:00:00Z");
	keep_calls_for_days(5);
	anew();
	assert_ok(give(1, CALL("1", "")), &err);
	assert_ok(give(2, "{\"type\":\"call\",\"id\":\"old\",\"time\":\"2024-05-01T00:00:00Z\",\"from\":\"+4520000999\"}"), &err);
	assert_ok(feed_finish(feed, &err), &err);
	assert_int_equal(heard[0].taken, TAKEN_ERASED);
	assert_int_equal(heard[1].taken, TAKEN_EXPIRED);
}

static void lines_name_no_files_and_only_what_is_taken_here(void **state)
{
	(void)state;
	assert_ok(give(1, CALL("1", ",\"media\":\"/etc/passwd\"")), &err);
	assert_ok(feed_finish(feed, &err), &err);
	assert_true(heard[0].refused);
	assert_string_equal(heard[0].where, "field 'media'");
	how.no_contacts = "send it elsewhere";
	anew();
	assert_ok(give(1, CONTACT("k", "Ann", "\"phones\":[\"+4520000578\"]")), &err);
	assert_ok(give(2, CALL("1", "")), &err);
	assert_ok(feed_finish(feed, &err), &err);
	assert_string_equal(heard[0].where, "field 'type'");
	assert_int_equal(heard[1].taken, TAKEN_NEW);
}

static void a_contact_can_be_put_in_the_place_of_another(void **state)
{
	struct id first;

	(void)state;
	assert_ok(give(1, CONTACT("k", "Ann", "\"phones\":[\"+4520000578\"]")), &err);
	assert_ok(feed_finish(feed, &err), &err);
	first = last_id;
	how.contact = &first;
	anew();
	assert_ok(give(1, "{\"type\":\"contact\",\"name\":\"Ann Holst\",\"phones\":[\"+4520000579\"]}"), &err);
	assert_ok(feed_finish(feed, &err), &err);
	assert_int_equal(heard[0].taken, TAKEN_UPDATED);
	assert_int_equal(id_compare(last_id, first), 0);
}

/* P50. More lines than a batch has, good ones and bad ones; and bad ones alone fill a batch too. */
static void many_lines_stay_in_order_over_batches(void **state)
{
	char line[200];
	size_t good = 0;

	(void)state;
	for (uint64_t i = 1; i <= 12000; i++) {
		snprintf(line, sizeof line, "{\"type\":\"call\",\"id\":\"%d\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\"}",
			 (int)i);
		assert_ok(give(i, i % 3 == 0 ? "{" : line), &err);
	}
	for (uint64_t i = 12001; i <= 23000; i++)
		assert_ok(give(i, "{"), &err);
	assert_ok(feed_finish(feed, &err), &err);
	assert_int_equal(heard_count, 23000);
	for (size_t i = 0; i < heard_count; i++) {
		assert_int_equal(heard[i].number, i + 1);
		good += !heard[i].refused;
	}
	assert_int_equal(good, 8000);
	assert_int_equal(feed_result(feed)->records[KIND_CALL], 8000);
}

static void what_cannot_be_told_ends_it(void **state)
{
	(void)state;
	deaf_after = 2;
	assert_ok(give(1, CALL("1", "")), &err);
	assert_ok(give(2, CALL("2", "")), &err);
	assert_int_equal(feed_finish(feed, &err), ERR_FULL);
	assert_ok(feed_break_off(feed, &err), &err);
	assert_int_equal(heard_count, 1);
}

static void broken_off_what_was_not_handed_over_stays_out(void **state)
{
	(void)state;
	assert_ok(give(1, CALL("1", "")), &err);
	assert_ok(feed_break_off(feed, &err), &err);
	assert_int_equal(heard_count, 0);
	assert_int_equal(feed_result(feed)->records[KIND_CALL], 0);
}

static void an_account_that_has_ended_takes_nothing_in(void **state)
{
	struct account nobody = world.account;
	struct feed *none;

	(void)state;
	nobody.number = 99;
	how.account = &nobody;
	assert_int_not_equal(feed_new(world.vault, &how, &none, &err), OK);
	assert_null(none);
	how.account = &world.account;
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_line_is_told_of_in_order_once_it_is_on_disk),
		TEST(of_the_erased_and_the_expired_it_is_said),
		TEST(lines_name_no_files_and_only_what_is_taken_here),
		TEST(a_contact_can_be_put_in_the_place_of_another),
		TEST(many_lines_stay_in_order_over_batches),
		TEST(what_cannot_be_told_ends_it),
		TEST(broken_off_what_was_not_handed_over_stays_out),
		TEST(an_account_that_has_ended_takes_nothing_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
