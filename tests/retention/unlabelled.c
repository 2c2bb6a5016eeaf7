/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The name of a label goes once no record has it and nothing else names it.
 */
#include "checking.h"
#include "ingest/taking.h"

#include "retention/obliging.h"
#include "retention/sweep.h"
#include "vault/backup.h"
#include "vault/labels.h"
#include "vault/restore.h"

#define MAY_1(id, more) \
	"{\"type\":\"call\",\"id\":\"" id "\",\"time\":\"2024-05-01T10:00:00Z\",\"from\":\"+4520000578\"" more "}\n"
#define MAY_20(id, more) \
	"{\"type\":\"call\",\"id\":\"" id "\",\"time\":\"2024-05-20T10:00:00Z\",\"from\":\"+4520000300\"" more "}\n"
#define GRIEF ",\"tags\":[\"grief\"]"

static int64_t label_of(const char *tag)
{
	int64_t label;

	assert_ok(labels_find(&world.vault->read, world.account.number, LABEL_TAG, tag, &world.pool, &label, &err), &err);
	return label;
}

static int64_t records_of(const char *tag)
{
	struct label_row row;

	assert_ok(label_get(world.vault->read.data, world.account.number, label_of(tag), &world.pool, &row, &err), &err);
	return row.records;
}

static struct sweep_result sweep(void)
{
	struct sweep_result swept;

	assert_ok(sweep_run(world.vault, &world.account, world.now, NULL, NULL, &world.pool, &swept, &err), &err);
	assert_false(sweep_left_any(&swept.left));
	checks_out(&world, false);
	return swept;
}

static void the_name_goes_with_the_last_record_that_has_it(void **state)
{
	int64_t first;

	(void)state;
	take_in(MAY_1("1", GRIEF) MAY_1("2", ",\"tags\":[\"grief\",\"joy\"]") MAY_20("3", GRIEF) MAY_20("4", ""));
	first = label_of("grief");
	assert_int_equal(records_of("grief"), 3);
	assert_int_equal(records_of("joy"), 1);
	assert_int_equal(sweep().labels, 0);
	keep_calls_for_days(20);
	assert_int_equal(sweep().labels, 1);
	assert_int_equal(label_of("joy"), 0);
	assert_int_equal(records_of("grief"), 1);
	keep_calls_for_days(5);
	assert_int_equal(sweep().labels, 1);
	assert_int_equal(label_of("grief"), 0);
	take_in("{\"type\":\"call\",\"id\":\"5\",\"time\":\"2024-06-01T10:00:00Z\",\"from\":\"+4520000300\"" GRIEF "}\n");
	assert_true(label_of("grief") > first); /* no number is given out twice */
	checks_out(&world, false);
}

static void importing_again_counts_nobody_twice(void **state)
{
	(void)state;
	take_in(MAY_1("1", GRIEF) MAY_1("1", GRIEF));
	take_in(MAY_1("1", GRIEF));
	assert_int_equal(records_of("grief"), 1);
	checks_out(&world, false);
}

static void what_went_with_a_person_is_seen_by_the_next_run(void **state)
{
	(void)state;
	take_in(MAY_1("1", GRIEF) MAY_20("2", ""));
	erase("+4520000578", NOW);
	assert_int_equal(records_of("grief"), 0);
	assert_int_equal(sweep().labels, 1);
	assert_int_equal(label_of("grief"), 0);
}

static enum result put_scoped(struct session *session, void *arg, struct err *e)
{
	struct policy *policy = arg;

	return policy_put(session->data, world.account.number, policy, e);
}

static void what_a_policy_ever_named_keeps_its_name(void **state)
{
	struct policy policy = {.kind = KIND_CALL, .keep = {.days = 5}, .set_at = {1}, .begins_at = {1}, .set_by = "os:0"};

	(void)state;
	take_in(MAY_1("1", GRIEF) MAY_20("2", ""));
	policy.scope.tag = label_of("grief");
	assert_ok(vault_write(world.vault, put_scoped, &policy, &err), &err);
	assert_int_equal(sweep().kinds[KIND_CALL].records, 1);
	assert_int_equal(records_of("grief"), 0);
	policy.removed = true;
	assert_ok(vault_write(world.vault, put_scoped, &policy, &err), &err);
	assert_int_equal(sweep().labels, 0);
	assert_int_not_equal(label_of("grief"), 0);
}

static void what_a_hold_named_keeps_its_name_also_when_it_is_released(void **state)
{
	struct hold_request request = {.reason = "a lawsuit"};
	struct handed handed;
	struct id hold;

	(void)state;
	take_in(MAY_1("1", GRIEF));
	request.tag = label_of("grief");
	assert_ok(holds_add(world.vault, &world.account, &request, world.now, &hold, &err), &err);
	keep_calls_for_days(5);
	sweep();
	assert_int_equal(records_of("grief"), 1);
	assert_ok(holds_release(world.vault, &world.account, hold, world.now, &handed, &err), &err);
	assert_int_equal(sweep().labels, 0);
	assert_int_equal(records_of("grief"), 0);
}

static void what_a_law_goes_by_keeps_its_name_while_it_applies(void **state)
{
	int64_t due, cut;

	(void)state;
	assert_ok(obliging_add(world.vault, &world.account, "de-ustg-14b-invoice", "os:0", world.now, &err), &err);
	assert_int_equal(records_of("invoice"), 0);
	assert_int_equal(sweep().labels, 0);
	assert_ok(obliging_end(world.vault, &world.account, "de-ustg-14b-invoice", world.now, &due, &cut, &err), &err);
	assert_true(sweep().labels >= 1);
	assert_int_equal(label_of("invoice"), 0);
}

static void what_is_cut_down_to_a_law_loses_its_labels(void **state)
{
	(void)state;
	assert_ok(obliging_add(world.vault, &world.account, "fr-cpce-l34-1-source", "os:0", world.now, &err), &err);
	take_in(MAY_1("1", GRIEF));
	keep_calls_for_days(5);
	assert_int_equal(sweep().labels, 1);
	assert_int_equal(label_of("grief"), 0);
}

/* Some of a day goes, and what stays has it still. */
static void of_a_day_that_goes_in_part_only_what_goes_is_counted_off(void **state)
{
	struct policy policy = {.kind = KIND_CALL, .keep = {.days = 5}, .set_at = {1}, .begins_at = {1}, .set_by = "os:0"};

	(void)state;
	take_in(MAY_1("1", GRIEF ",\"direction\":\"inbound\"") MAY_1("2", GRIEF ",\"direction\":\"outbound\""));
	policy.scope.direction = DIRECTION_INBOUND;
	assert_ok(vault_write(world.vault, put_scoped, &policy, &err), &err);
	assert_int_equal(sweep().kinds[KIND_CALL].parts, 1);
	assert_int_equal(records_of("grief"), 1);
}

static void a_restore_counts_anew(void **state)
{
	struct backup_options backup = {.now = world.now};
	struct restore_options how = {.now = world.now};
	struct restore_result restored;
	struct manifest manifest;

	(void)state;
	take_in(MAY_1("1", GRIEF) MAY_20("2", GRIEF));
	backup.dir = how.dir = pool_printf(&world.pool, "%s/backup", world.base);
	assert_ok(backup_create(world.vault, &backup, &manifest, &err), &err);
	take_in(MAY_20("3", GRIEF) MAY_20("4", ",\"tags\":[\"joy\"]"));
	keep_calls_for_days(20);
	sweep();
	assert_int_equal(records_of("grief"), 2);
	assert_ok(restore_run(world.vault, &how, &restored, &err), &err);
	world_reopen(&world);
	assert_int_equal(records_of("grief"), 1);
	assert_int_equal(records_of("joy"), 0);
	checks_out(&world, false);
	assert_int_equal(sweep().labels, 1);
	assert_int_equal(label_of("joy"), 0);
}

static enum result miscount(struct session *session, void *arg, struct err *e)
{
	(void)arg;
	return label_use(session->data, world.account.number, (int64_t[]){label_of("grief")}, 1, 1, e);
}

static void a_wrong_count_is_found_by_check(void **state)
{
	struct check_options how = {0};
	struct check_report report;

	(void)state;
	take_in(MAY_1("1", GRIEF));
	assert_ok(vault_write(world.vault, miscount, NULL, &err), &err);
	assert_ok(check_vault(world.vault, &how, &report, &err), &err);
	assert_int_equal(report.checks[CHECK_LABELS].problems, 1);
	assert_int_equal(report.problems, 1);
}

/* More than fit at once before they are merged. */
static void many_labels_are_counted_right(void **state)
{
	struct buf lines;

	(void)state;
	buf_init(&lines, 1 << 22);
	for (int i = 0; i < 5000; i++)
		buf_printf(&lines, "{\"type\":\"call\",\"id\":\"%d\",\"time\":\"2024-05-01T10:00:00Z\",\"from\":\"+4520000578\","
				   "\"tags\":[\"t%d\",\"all\"]}\n", i, i);
	buf_add(&lines, "", 1);
	take_in(lines.data);
	buf_free(&lines);
	assert_int_equal(records_of("all"), 5000);
	assert_int_equal(records_of("t4999"), 1);
	checks_out(&world, false);
	keep_calls_for_days(20);
	assert_int_equal(sweep().labels, 5001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_name_goes_with_the_last_record_that_has_it),
	    TEST(importing_again_counts_nobody_twice),
	    TEST(what_went_with_a_person_is_seen_by_the_next_run),
	    TEST(what_a_policy_ever_named_keeps_its_name),
	    TEST(what_a_hold_named_keeps_its_name_also_when_it_is_released),
	    TEST(what_a_law_goes_by_keeps_its_name_while_it_applies),
	    TEST(what_is_cut_down_to_a_law_loses_its_labels),
	    TEST(of_a_day_that_goes_in_part_only_what_goes_is_counted_off),
	    TEST(a_restore_counts_anew),
	    TEST(a_wrong_count_is_found_by_check),
	    TEST(many_labels_are_counted_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
