/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keeping.h"

#include "base/file.h"
#include "store/job.h"
#include "store/leaf.h"
#include "vault/proof.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"

static struct id call(struct world *world, const char *at, const char *from)
{
	return world_put(world, KIND_CALL, at, "{\"n\":1}", from, NULL);
}

/* ---- one thing at a time ---- */

static void what_is_past_its_time_goes_and_the_rest_stays(void **state)
{
	struct world *world = *state;
	struct id old = call(world, "2025-12-01T23:59:59.999Z", ANNA), young = call(world, "2025-12-02T00:00:00Z", ANNA);
	struct id note = world_put(world, KIND_NOTE, "2020-01-01T00:00:00Z", "{\"n\":1}", ANNA, NULL);
	struct blob_name sound = attach(world, KIND_CALL, old, (struct key){{1}});
	struct sweep_plan plan;
	struct sweep_result result;

	set_policy(world, KIND_CALL, "90 days");
	plan = plan_of(world);
	assert_int_equal(plan.kinds[KIND_CALL].cutoff.days, date_from_civil(2025, 12, 1).days);
	assert_int_equal(plan.kinds[KIND_CALL].records, 1);
	assert_int_equal(plan.kinds[KIND_CALL].periods, 1);
	assert_false(plan.kinds[KIND_NOTE].bounded);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_int_equal(result.kinds[KIND_CALL].periods, 1);
	assert_int_equal(result.kinds[KIND_CALL].media, 1);
	assert_int_equal(result.kinds[KIND_CALL].bytes, plan.kinds[KIND_CALL].bytes);
	assert_false(is_there(world, KIND_CALL, old));
	assert_false(has_blob(world, &sound));
	assert_false(has_period_key(world, KIND_CALL, "2025-12-01T00:00:00Z"));
	assert_opens(world, KIND_CALL, young, "{\"n\":1}");
	assert_opens(world, KIND_NOTE, note, "{\"n\":1}");
	assert_int_equal(running_jobs(world), 0);
}

/* P23 */
static void months_end_where_the_calendar_ends_them(void **state)
{
	struct world *world = *state;
	struct id leap = call(world, "2024-02-29T10:00:00Z", ANNA), last = call(world, "2024-01-31T10:00:00Z", ANNA);
	struct sweep_result result;

	world->now = world_time("2024-02-28T23:59:59Z");
	set_policy(world, KIND_CALL, "1 month");
	run_sweep(world, &result);
	assert_true(is_there(world, KIND_CALL, last));
	world->now = world_time("2024-02-29T00:00:00Z");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, last));
	world->now = world_time("2024-03-28T23:59:59Z");
	run_sweep(world, &result);
	assert_true(is_there(world, KIND_CALL, leap));
	set_policy(world, KIND_CALL, "12 months");
	world->now = world_time("2025-02-27T23:59:59Z");
	run_sweep(world, &result);
	assert_true(is_there(world, KIND_CALL, leap));
	world->now = world_time("2025-02-28T00:00:00Z");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, leap));
}

static void a_policy_of_no_days_makes_today_due_and_what_comes_later_too(void **state)
{
	struct world *world = *state;
	struct id now = call(world, "2026-03-01T11:59:00Z", ANNA), tomorrow = call(world, "2026-03-02T00:00:00Z", ANNA);
	struct id later;
	struct sweep_result result;

	set_policy(world, KIND_CALL, "0 days");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, now));
	assert_true(is_there(world, KIND_CALL, tomorrow));
	later = call(world, "2026-03-01T13:00:00Z", ANNA);
	assert_opens(world, KIND_CALL, later, "{\"n\":1}");
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_false(is_there(world, KIND_CALL, later));
}

static void a_run_with_nothing_due_says_so_and_a_second_run_finds_nothing(void **state)
{
	struct world *world = *state;
	struct sweep_result result;

	call(world, "2025-01-01T00:00:00Z", ANNA);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 0);
	set_policy(world, KIND_CALL, "1 year");
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 0);
	assert_int_equal(result.kinds[KIND_CALL].periods, 0);
}

static void held_records_cost_a_second_run_nothing_and_are_still_counted(void **state)
{
	struct world *world = *state;
	struct id held = call(world, "2025-01-01T00:00:00Z", ANNA);
	uint64_t before, after;
	struct sweep_result result;
	struct err err;

	call(world, "2025-01-01T00:00:00Z", BENT);
	hold_person(world, ANNA);
	set_policy(world, KIND_CALL, "1 year");
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].held, 1);
	assert_ok(leaf_tree_size(world->vault->read.data, &before, &err), &err);
	run_sweep(world, &result);
	assert_ok(leaf_tree_size(world->vault->read.data, &after, &err), &err);
	assert_int_equal(after - before, 2); /* begun and done: no period */
	assert_int_equal(result.kinds[KIND_CALL].held, 1);
	assert_int_equal(result.kinds[KIND_CALL].kept, 0);
	assert_int_equal(plan_of(world).kinds[KIND_CALL].held, 1);
	assert_opens(world, KIND_CALL, held, "{\"n\":1}");
}

static void records_that_come_late_to_a_swept_day_go_with_the_next_run(void **state)
{
	struct world *world = *state;
	struct id held = call(world, "2025-01-01T00:00:00Z", ANNA), late;
	struct sweep_result result;

	hold_person(world, ANNA);
	set_policy(world, KIND_CALL, "1 year");
	run_sweep(world, &result);
	late = call(world, "2025-01-01T05:00:00Z", BENT);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_false(is_there(world, KIND_CALL, late));
	assert_opens(world, KIND_CALL, held, "{\"n\":1}");
}

static void another_accounts_records_stay(void **state)
{
	struct world *world = *state;
	struct account first = world->account;
	struct sweep_result result;
	struct err err;
	struct id other;

	assert_ok(accounts_create(world->vault, "Another", "DE", world->now, &world->pool, &world->account, &err), &err);
	other = call(world, "2025-01-01T00:00:00Z", ANNA);
	world->account = first;
	call(world, "2025-01-01T00:00:00Z", ANNA);
	set_policy(world, KIND_CALL, "1 day");
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_ok(accounts_find(&world->vault->read, "Another", &world->pool, &world->account, &err), &err);
	assert_opens(world, KIND_CALL, other, "{\"n\":1}");
}

/* P11 */
static void the_run_can_be_proved_with_the_public_key_alone(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	const struct json *statement;
	struct note_key key;
	struct checkpoint at;
	struct buf receipt;
	struct err err;

	call(world, "2025-01-01T00:00:00Z", ANNA);
	set_policy(world, KIND_CALL, "1 year");
	run_sweep(world, &result);
	buf_init(&receipt, 1 << 20);
	assert_ok(proof_receipt(&world->vault->read, world->vault->id, result.statement, strlen(result.statement),
				result.seq, &receipt, &err), &err);
	assert_ok(proof_key(&world->vault->read, world->vault->id, &key, &err), &err);
	assert_ok(receipt_verify(receipt.data, receipt.len, &key, &world->pool, &statement, &at, &err), &err);
	assert_string_equal(json_get_text(statement, "act"), "retention.run");
	assert_int_equal(json_get_int(json_get(statement, "kinds")->first, "records", -1), 1);
	buf_free(&receipt);
}

/* ---- what happens meanwhile ---- */

struct meddling { struct world *world; enum sweep_phase phase; int calls; struct id late; };

static bool hold_at_phase(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct meddling *meddling = arg;

	(void)done;
	(void)total;
	if (phase == meddling->phase && meddling->calls++ == 0)
		hold_person(meddling->world, ANNA);
	return false;
}

static bool call_at_phase(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct meddling *meddling = arg;

	(void)done;
	(void)total;
	if (phase == meddling->phase && meddling->calls++ == 0)
		meddling->late = call(meddling->world, "2025-01-01T12:00:00Z", ANNA);
	return false;
}

/* P10. Its day had nothing of hers when it was looked at, just before its key goes. */
static void what_comes_of_somebody_held_as_its_day_goes_is_kept(void **state)
{
	struct world *world = *state;
	struct id gone = call(world, "2025-01-01T00:00:00Z", BENT);
	struct meddling meddling = {world, SWEEP_KEPT, 0, {{0}}};
	struct sweep_result result;
	struct err err;

	call(world, "2026-02-01T00:00:00Z", ANNA);
	hold_person(world, ANNA);
	set_policy(world, KIND_CALL, "1 year");
	assert_ok(sweep_run(world->vault, &world->account, world->now, call_at_phase, &meddling, &world->pool, &result,
			    &err), &err);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_opens(world, KIND_CALL, meddling.late, "{\"n\":1}");
	assert_false(is_there(world, KIND_CALL, gone));
	assert_false(has_period_key(world, KIND_CALL, "2025-01-01T00:00:00Z"));
}

static void a_hold_made_in_the_middle_of_a_run_is_heeded(void **state)
{
	struct world *world = *state;
	struct id held = call(world, "2025-01-01T00:00:00Z", ANNA), gone = call(world, "2025-01-01T00:00:00Z", BENT);
	struct meddling meddling = {world, SWEEP_KEPT, 0, {{0}}};
	struct sweep_result result;
	struct err err;

	set_policy(world, KIND_CALL, "1 year");
	assert_ok(sweep_run(world->vault, &world->account, world->now, hold_at_phase, &meddling, &world->pool, &result,
			    &err), &err);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_opens(world, KIND_CALL, held, "{\"n\":1}");
	assert_false(is_there(world, KIND_CALL, gone));
	assert_false(has_period_key(world, KIND_CALL, "2025-01-01T00:00:00Z"));
}

static bool stop_at_phase(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	const struct meddling *meddling = arg;

	(void)done;
	(void)total;
	return phase == meddling->phase;
}

static void stopping_leaves_what_is_done_whole_and_the_rest_untouched(void **state)
{
	struct world *world = *state;
	struct id old = call(world, "2025-01-01T00:00:00Z", ANNA);
	struct sweep_result result;
	struct err err;

	set_policy(world, KIND_CALL, "1 year");
	for (enum sweep_phase phase = SWEEP_BEGUN; phase <= SWEEP_KEPT; phase++) {
		struct meddling meddling = {world, phase, 0, {{0}}};
		enum result r = sweep_run(world->vault, &world->account, world->now, stop_at_phase, &meddling,
					  &world->pool, &result, &err);

		assert_int_equal(r, ERR_INTERRUPTED);
		assert_true(result.stopped);
		assert_int_equal(running_jobs(world), 0);
		assert_opens(world, KIND_CALL, old, "{\"n\":1}");
	}
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, old));
}

/* ---- damage ---- */

static void a_damaged_record_that_is_held_keeps_its_day_and_no_other(void **state)
{
	struct world *world = *state;
	struct id held = call(world, "2025-01-01T00:00:00Z", ANNA), same_day = call(world, "2025-01-01T00:00:00Z", BENT);
	struct id other = call(world, "2025-01-02T00:00:00Z", BENT);
	struct sweep_result result;
	struct err err;

	spoil_record(world, KIND_CALL, held);
	hold_person(world, ANNA);
	set_policy(world, KIND_CALL, "1 year");
	assert_ok(sweep_run(world->vault, &world->account, world->now, NULL, NULL, &world->pool, &result, &err), &err);
	assert_int_equal(result.left.damaged, 1);
	assert_int_equal(result.damaged_count, 1);
	assert_memory_equal(&result.damaged[0].id, &held, sizeof held);
	assert_true(result.damaged[0].waits);
	assert_true(sweep_left_any(&result.left));
	assert_int_equal(running_jobs(world), 0);
	assert_true(is_there(world, KIND_CALL, held));
	assert_opens(world, KIND_CALL, same_day, "{\"n\":1}");
	assert_false(is_there(world, KIND_CALL, other));
}

/* ---- crashes ---- */

struct crash { struct world *world; int after; bool lose_keys; };

static enum result destroy_periods(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct wrapped_key keys[64];
	int64_t after = 0, newest = 0;
	size_t count;
	bool existed;
	enum result r = key_list_older(session->keys, EPOCH_ANY, &after, 64, keys, &count, err);

	for (size_t i = 0; i < count; i++)
		if (keys[i].class == KEY_PERIOD && keys[i].number > newest)
			newest = keys[i].number;
	/* All but the newest, which is young. */
	for (size_t i = 0; i < count && r == OK; i++)
		if (keys[i].class == KEY_PERIOD && keys[i].number != newest)
			r = keyring_destroy(session->ring, world->account.number, KEY_PERIOD, keys[i].number, &existed, err);
	return r;
}

/* Dies as a process does whose power is cut. With `lose_keys` it dies between the two commits of a deletion: the key
 * store's is on disk, that of the data is not. */
static bool die(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct crash *crash = arg;
	struct err err;

	(void)done;
	(void)total;
	if (crash->lose_keys && phase != SWEEP_KEPT)
		return false;
	if (crash->after-- > 0)
		return false;
	if (crash->lose_keys && vault_write(crash->world->vault, destroy_periods, crash->world, &err) != OK)
		_exit(3);
	_exit(0);
}

static bool sweep_and_die(struct world *world, int after, bool lose_keys)
{
	struct crash crash = {world, after, lose_keys};

	return sweep_in_child(world, die, &crash);
}

/* Days old and young, a held record, one that a released hold kept, and media. */
struct scene { struct id gone[6], held, released, young; struct blob_name sound; };

static void set_scene(struct world *world, struct scene *scene)
{
	char at[TIME_TEXT_MAX];
	struct sweep_result result;
	struct id hold;

	scene->released = call(world, "2024-01-01T10:00:00Z", BENT);
	set_policy(world, KIND_CALL, "1 year");
	hold = hold_person(world, BENT);
	run_sweep(world, &result);
	release_hold(world, hold);
	for (int i = 0; i < 6; i++) {
		snprintf(at, sizeof at, "2025-01-%02dT10:00:00Z", i + 1);
		scene->gone[i] = call(world, at, BENT);
	}
	scene->sound = attach(world, KIND_CALL, scene->gone[3], (struct key){{9}});
	scene->held = world_put(world, KIND_CALL, "2025-01-03T11:00:00Z", "{\"held\":1}", ANNA, BENT, NULL);
	scene->young = world_put(world, KIND_CALL, "2026-01-01T11:00:00Z", "{\"young\":1}", ANNA, NULL);
	hold_person(world, ANNA);
}

static void assert_swept(struct world *world, struct scene *scene)
{
	int64_t rows, by_month, days;
	struct period sum;
	struct err err;

	for (int i = 0; i < 6; i++)
		assert_false(is_there(world, KIND_CALL, scene->gone[i]));
	assert_false(is_there(world, KIND_CALL, scene->released));
	assert_opens(world, KIND_CALL, scene->held, "{\"held\":1}");
	assert_opens(world, KIND_CALL, scene->young, "{\"young\":1}");
	assert_false(has_blob(world, &scene->sound));
	assert_ok(party_count(world->vault->read.data, world->account.number, &rows, &by_month, &err), &err);
	assert_int_equal(rows, 3);
	assert_int_equal(by_month, 3);
	assert_ok(period_sum(world->vault->read.data, world->account.number, KIND_CALL, instant_date(world->now), &sum,
			     &days, &err), &err);
	assert_int_equal(sum.records, 2);
	assert_int_equal(sum.media, 0);
	assert_int_equal(days, 2);
	assert_ok(key_count(world->vault->read.keys, KEY_PERIOD, &days, &err), &err);
	assert_int_equal(days, 1);
	assert_ok(key_count(world->vault->read.keys, KEY_HOLD, &days, &err), &err);
	assert_int_equal(days, 1);
	assert_int_equal(running_jobs(world), 0);
}

static void a_crash_at_any_step_is_resumed_to_the_same_end(void **state)
{
	bool died = true;
	(void)state;

	for (int after = 0; died; after++) {
		struct world world;
		struct scene scene;
		struct err err;

		world_begin(&world, "2026-03-01T12:00:00Z");
		set_scene(&world, &scene);
		died = sweep_and_die(&world, after, false);
		assert_int_equal(running_jobs(&world), died ? 1 : 0);
		assert_true(after > 6 || died);
		assert_ok(sweep_resume(world.vault, world.now, &err), &err);
		assert_swept(&world, &scene);
		assert_ok(sweep_resume(world.vault, world.now, &err), &err);
		world_end(&world);
	}
}

static void rows_whose_keys_went_in_a_crash_are_deleted_on_resuming(void **state)
{
	struct world *world = *state;
	struct scene scene;
	struct err err;
	const char *text;

	/* After the days that nothing keeps comes the one with what is held. */
	set_scene(world, &scene);
	assert_true(sweep_and_die(world, 1, true));
	assert_false(is_there(world, KIND_CALL, scene.gone[0]));
	assert_int_equal(world_open_record(world, KIND_CALL, scene.gone[2], &text, &err), ERR_GONE);
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_swept(world, &scene);
}

static void a_resumed_sweep_keeps_to_the_cutoffs_it_began_with(void **state)
{
	struct world *world = *state;
	struct id later;
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	assert_true(sweep_and_die(world, 0, false));
	set_policy(world, KIND_CALL, "10 years");
	later = world_put(world, KIND_CALL, "2025-04-01T10:00:00Z", "{\"later\":1}", ANNA, NULL);
	world->now = world_time("2027-01-01T00:00:00Z");
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_opens(world, KIND_CALL, later, "{\"later\":1}");
	assert_false(is_there(world, KIND_CALL, scene.gone[5]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEEPING(what_is_past_its_time_goes_and_the_rest_stays),
		KEEPING(months_end_where_the_calendar_ends_them),
		KEEPING(a_policy_of_no_days_makes_today_due_and_what_comes_later_too),
		KEEPING(a_run_with_nothing_due_says_so_and_a_second_run_finds_nothing),
		KEEPING(held_records_cost_a_second_run_nothing_and_are_still_counted),
		KEEPING(records_that_come_late_to_a_swept_day_go_with_the_next_run),
		KEEPING(another_accounts_records_stay),
		KEEPING(the_run_can_be_proved_with_the_public_key_alone),
		KEEPING(what_comes_of_somebody_held_as_its_day_goes_is_kept),
		KEEPING(a_hold_made_in_the_middle_of_a_run_is_heeded),
		KEEPING(stopping_leaves_what_is_done_whole_and_the_rest_untouched),
		KEEPING(a_damaged_record_that_is_held_keeps_its_day_and_no_other),
		cmocka_unit_test(a_crash_at_any_step_is_resumed_to_the_same_end),
		KEEPING(rows_whose_keys_went_in_a_crash_are_deleted_on_resuming),
		KEEPING(a_resumed_sweep_keeps_to_the_cutoffs_it_began_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
