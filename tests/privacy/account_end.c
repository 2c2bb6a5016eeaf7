/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P33: an account ends wholly, and only when nothing is in the way.
 */
#include "retention/keeping.h"

#include "ingest/import.h"
#include "privacy/account_end.h"
#include "privacy/account_life.h"
#include "privacy/resume.h"
#include "retention/logs.h"
#include "store/duty.h"
#include "store/job.h"
#include "store/setting.h"

static struct account_life life_of(struct world *world)
{
	struct account_life life;
	struct err err;

	assert_ok(account_life_read(&world->vault->read, &world->account, &life, &err), &err);
	return life;
}

static void fill(struct world *world)
{
	struct hold_request request = {.has_person = false};

	world_put(world, KIND_CALL, "2026-02-01T10:00:00Z", "{\"a\":1}", "+4520000001", "+4520000002", NULL);
	world_put(world, KIND_MESSAGE, "2026-02-02T10:00:00Z", "{\"a\":2}", "+4520000002", NULL);
	world_put_contacts(world, "+4520000001", 3);
	set_policy(world, KIND_CALL, "90 days");
	release_hold(world, add_hold(world, &request));
}

static int64_t rows_left(struct world *world, uint32_t account)
{
	struct session *session = &world->vault->read;
	int64_t sum = 0, count;
	struct err err;

	for (int i = 0; i < ENDING_TABLES; i++) {
		assert_ok(ending_count(session->data, account, i, &count, &err), &err);
		sum += count;
	}
	assert_ok(key_count_account(session->keys, account, &count, &err), &err);
	return sum + count;
}

static void end_it(struct world *world, struct account_end *out)
{
	struct err err;

	assert_ok(account_end(world->vault, &world->account, world->now, NULL, NULL, &world->pool, out, &err), &err);
	assert_false(account_end_left_any(out));
}

static void everything_of_an_account_goes_and_its_name_is_free(void **state)
{
	struct world *world = *state;
	uint32_t number = world->account.number;
	struct account_end end;
	struct account again;
	struct err err;

	fill(world);
	assert_true(rows_left(world, number) > 10);
	end_it(world, &end);
	assert_int_equal(rows_left(world, number), 0);
	assert_true(end.keys > 5);
	assert_non_null(strstr(end.receipt, "account.end"));
	assert_int_equal(accounts_find(&world->vault->read, "Test account", &world->pool, &again, &err), ERR_NOT_FOUND);
	checks_out(world, true);
	assert_ok(accounts_create(world->vault, "Test account", "DK", world->now, &world->pool, &again, &err), &err);
	assert_int_not_equal(again.number, number);
	assert_int_not_equal(id_compare(again.id, world->account.id), 0);
}

static void another_account_keeps_all_it_has(void **state)
{
	struct world *world = *state;
	struct account first = world->account, other;
	struct account_end end;
	int64_t before;
	struct id id;
	const char *text;
	struct err err;

	fill(world);
	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &other, &err), &err);
	world->account = other;
	fill(world);
	id = world_put(world, KIND_CALL, "2026-02-03T10:00:00Z", "{\"a\":3}", "+4520000001", NULL);
	before = rows_left(world, other.number);
	world->account = first;
	end_it(world, &end);
	assert_int_equal(rows_left(world, other.number), before);
	world->account = other;
	assert_ok(world_open_record(world, KIND_CALL, id, &text, &err), &err);
	assert_string_equal(text, "{\"a\":3}");
	checks_out(world, true);
}

static void a_hold_refuses_the_end_whoever_asks_for_it_and_nothing_is_changed(void **state)
{
	struct world *world = *state;
	struct hold_request request = {.reason = "a dispute"};
	struct account_end end;
	int64_t before;
	struct id hold;
	struct err err;

	fill(world);
	hold = add_hold(world, &request);
	before = rows_left(world, world->account.number);
	assert_int_equal(account_end(world->vault, &world->account, world->now, NULL, NULL, &world->pool, &end, &err),
			 ERR_HELD);
	assert_int_equal(rows_left(world, world->account.number), before);
	release_hold(world, hold);
	end_it(world, &end);
}

static bool stop_at_once(void *arg, int64_t rows)
{
	(void)arg, (void)rows;
	return true;
}

static void what_was_stopped_is_gone_on_with_and_its_receipt_counts_all(void **state)
{
	struct world *world = *state;
	uint32_t number = world->account.number;
	struct account_end end;
	const char *receipt;
	struct err err;

	fill(world);
	assert_int_equal(account_end(world->vault, &world->account, world->now, stop_at_once, NULL, &world->pool, &end,
				     &err), ERR_INTERRUPTED);
	assert_non_null(strstr(err.mend, "the next command that writes goes on with it"));
	assert_int_not_equal(rows_left(world, number), 0);
	assert_int_equal(account_end_receipt(world->vault, world->account.id, &world->pool, &receipt, &err), ERR_NOT_FOUND);
	world_reopen(world);
	assert_ok(resume_jobs(world->vault, world->now, &err), &err);
	assert_int_equal(rows_left(world, number), 0);
	assert_ok(account_end_receipt(world->vault, world->account.id, &world->pool, &receipt, &err), &err);
	assert_non_null(strstr(receipt, "\"record\":2"));
	checks_out(world, true);
	assert_ok(resume_jobs(world->vault, world->now, &err), &err);
}

/* P9, P33: not only with the next command: who has the vault open for long goes on with it, in a view of its own. */
static void what_failed_half_way_goes_on_in_the_same_process(void **state)
{
	struct world *world = *state;
	uint32_t number = world->account.number;
	struct account_end end;
	struct vault *view;
	int64_t done;
	struct err err;

	fill(world);
	assert_ok(vault_view(world->vault, &view, &err), &err);
	assert_int_equal(account_end(world->vault, &world->account, world->now, stop_at_once, NULL, &world->pool, &end,
				     &err), ERR_INTERRUPTED);
	assert_ok(resume_unfinished(view, world->now, &done, &err), &err);
	assert_int_equal(done, 1);
	assert_int_equal(rows_left(world, number), 0);
	assert_ok(resume_unfinished(view, world->now, &done, &err), &err);
	assert_int_equal(done, 0);
	vault_close(view);
	checks_out(world, true);
}

static void what_the_log_says_of_an_ended_account_goes_in_its_time(void **state)
{
	struct world *world = *state;
	uint32_t number = world->account.number;
	struct account_end end;
	struct logs_plan plan;
	struct err err;

	fill(world);
	end_it(world, &end);
	world->now = world_time("2028-03-03T00:00:00Z");
	assert_ok(logs_plan(&world->vault->read, number, world->now, &plan, &err), &err);
	assert_true(plan.due > 0);
	assert_ok(logs_prune(world->vault, VAULT_ACCOUNT, world->now, &plan, &err), &err);
	assert_ok(logs_plan(&world->vault->read, number, world->now, &plan, &err), &err);
	assert_int_equal(plan.due, 0);
	checks_out(world, true);
}

/* ---- cancelling ---- */

static void a_cancelled_account_ends_after_90_days_and_not_a_day_before(void **state)
{
	struct world *world = *state;
	struct account_life life;
	struct err err;

	assert_int_equal(life_of(world).state, ACCOUNT_ACTIVE);
	assert_ok(account_cancel(world->vault, &world->account, world->now, &err), &err);
	assert_int_equal(account_cancel(world->vault, &world->account, world->now, &err), ERR_EXISTS);
	life = life_of(world);
	assert_int_equal(life.state, ACCOUNT_CANCELLED);
	assert_int_equal(life.due.days, instant_date(world_time("2026-05-30T00:00:00Z")).days);
	assert_false(account_life_due(&life, world_time("2026-05-29T23:59:59Z")));
	assert_true(account_life_due(&life, world_time("2026-05-30T00:00:00Z")));
}

static void a_cancelled_account_takes_nothing_in_and_still_gives(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2026-02-03T10:00:00Z", "{\"a\":3}", "+4520000001", NULL);
	struct import_options options = {.account = &world->account, .now = world->now};
	const char *const files[] = {"-"};
	struct import_result result;
	const char *text;
	struct err err;

	assert_ok(account_cancel(world->vault, &world->account, world->now, &err), &err);
	assert_int_equal(import_files(world->vault, &options, files, 1, &result, &err), ERR_WRONG_STATE);
	assert_string_equal(err.what, "the account is cancelled: it takes nothing in");
	assert_ok(world_open_record(world, KIND_CALL, id, &text, &err), &err);
	assert_ok(account_reopen(world->vault, &world->account, world->now, &err), &err);
	assert_ok(account_life_takes_in(&world->vault->read, world->account.number, &err), &err);
}

static void a_cancellation_is_undone_within_its_time_only(void **state)
{
	struct world *world = *state;
	struct err err;

	assert_int_equal(account_reopen(world->vault, &world->account, world->now, &err), ERR_EXISTS);
	assert_ok(account_cancel(world->vault, &world->account, world->now, &err), &err);
	assert_int_equal(account_reopen(world->vault, &world->account, world_time("2026-05-30T00:00:00Z"), &err), ERR_WRONG_STATE);
	assert_ok(account_reopen(world->vault, &world->account, world_time("2026-05-29T00:00:00Z"), &err), &err);
	assert_int_equal(life_of(world).state, ACCOUNT_ACTIVE);
}

static enum result profile_op(struct session *session, void *arg, struct err *err)
{
	return setting_put(session->data, ((struct world *)arg)->account.number, "profile", "justcall", err);
}

/* JustCall: account data 90 days after cancellation. */
static void a_profile_says_how_long_a_cancelled_account_is_kept(void **state)
{
	struct world *world = *state;
	struct err err;

	assert_ok(vault_write(world->vault, profile_op, world, &err), &err);
	assert_int_equal(life_of(world).keep.days, 90);
}

/* ---- what is in the way ---- */

static enum result oblige_op(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct obligation_row row = {.code = "it-1", .applied = world->now, .set_by = "os:0"};

	return obligation_put(session->data, world->account.number, &row, err);
}

static void a_hold_or_an_obligation_is_named_and_refuses_the_end(void **state)
{
	struct world *world = *state;
	struct hold_request request = {.has_person = false};
	struct account_life life = life_of(world);
	char name[ID_TEXT_MAX];
	struct err err;
	struct id hold;

	assert_ok(account_life_may_end(&life, &err), &err);
	hold = add_hold(world, &request);
	life = life_of(world);
	assert_int_equal(life.holds, 1);
	assert_int_equal(account_life_may_end(&life, &err), ERR_HELD);
	assert_non_null(strstr(err.what, id_format(HOLD_PREFIX, hold, name)));
	release_hold(world, hold);
	assert_ok(vault_write(world->vault, oblige_op, world, &err), &err);
	life = life_of(world);
	assert_int_equal(life.holds, 0);
	assert_int_equal(account_life_may_end(&life, &err), ERR_HELD);
	assert_non_null(strstr(err.what, "it-1"));
}

/* ---- deleting ---- */

static void each_item_is_asserted_by_somebody_at_some_time(void **state)
{
	struct world *world = *state;
	struct account_life life;
	enum account_item item;
	struct err err;

	assert_int_equal(account_assert(world->vault, &world->account, ITEM_NUMBERS, "os:7", world->now, &err), ERR_WRONG_STATE);
	assert_ok(account_delete_begin(world->vault, &world->account, world->now, &err), &err);
	life = life_of(world);
	assert_int_equal(life.due.days, instant_date(world->now).days + 30);
	assert_int_equal(life.asserted, 0);
	assert_true(account_item_parse("numbers", &item));
	assert_false(account_item_parse("number", &item));
	assert_ok(account_assert(world->vault, &world->account, item, "os:7", world->now, &err), &err);
	life = life_of(world);
	assert_int_equal(life.asserted, 1);
	assert_string_equal(life.items[ITEM_NUMBERS].by, "os:7");
	assert_int_equal(life.items[ITEM_NUMBERS].at.ms, world->now.ms);
	assert_ok(account_reopen(world->vault, &world->account, world->now, &err), &err);
	assert_ok(account_delete_begin(world->vault, &world->account, world->now, &err), &err);
	assert_int_equal(life_of(world).asserted, 0); /* another time, another list */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(everything_of_an_account_goes_and_its_name_is_free),
	    KEEPING(another_account_keeps_all_it_has),
	    KEEPING(a_hold_refuses_the_end_whoever_asks_for_it_and_nothing_is_changed),
	    KEEPING(what_was_stopped_is_gone_on_with_and_its_receipt_counts_all),
	    KEEPING(what_failed_half_way_goes_on_in_the_same_process),
	    KEEPING(what_the_log_says_of_an_ended_account_goes_in_its_time),
	    KEEPING(a_cancelled_account_ends_after_90_days_and_not_a_day_before),
	    KEEPING(a_cancelled_account_takes_nothing_in_and_still_gives),
	    KEEPING(a_cancellation_is_undone_within_its_time_only),
	    KEEPING(a_profile_says_how_long_a_cancelled_account_is_kept),
	    KEEPING(a_hold_or_an_obligation_is_named_and_refuses_the_end),
	    KEEPING(each_item_is_asserted_by_somebody_at_some_time),
	};

	return cmocka_run_group_tests_name("privacy/account_end", tests, NULL, NULL);
}
