/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A sweep of more than a batch: all keys go before any rows do.
 */
#include "keeping.h"

#include "store/job.h"
#include "vault/check.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define DAYS 70 /* more than share a transaction */

struct scene {
	struct world *world;
	struct id gone[DAYS], held, young, late;
	enum sweep_phase stop_at; /* 0: nowhere */
	int unreadable;           /* how often the phase was met */
	bool meddle;              /* then a call comes late to a day whose key is gone, and a hold with it */
};

static int64_t running_jobs(struct world *world)
{
	struct err err;
	int64_t count;

	assert_ok(job_count_running(world->vault->read.data, &count, &err), &err);
	return count;
}

static void assert_sound(struct world *world)
{
	struct check_options options = {0};
	struct check_report report;
	struct err err;

	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	for (int id = 0; id < CHECK_COUNT; id++) {
		if (report.checks[id].problems > 0 && id != CHECK_LABELS) /* labels of these records are made up */
			fail_msg("check %s", check_name((enum check_id)id));
	}
}

static void set_scene(struct world *world, struct scene *scene)
{
	char at[TIME_TEXT_MAX];
	struct date day = date_from_civil(2024, 6, 1);

	*scene = (struct scene){.world = world};
	for (int i = 0; i < DAYS; i++) {
		instant_format(date_start(date_add_days(day, i)), at);
		scene->gone[i] = world_put(world, KIND_CALL, at, "{\"n\":1}", BENT, NULL);
	}
	scene->held = world_put(world, KIND_CALL, "2024-07-01T11:00:00Z", "{\"held\":1}", ANNA, NULL);
	scene->young = world_put(world, KIND_CALL, "2026-01-01T11:00:00Z", "{\"young\":1}", BENT, NULL);
	set_policy(world, KIND_CALL, "1 year");
}

static void assert_unreadable(struct scene *scene)
{
	const char *text;
	struct err err;

	for (int i = 0; i < DAYS; i++) {
		assert_true(is_there(scene->world, KIND_CALL, scene->gone[i]));
		assert_int_equal(world_open_record(scene->world, KIND_CALL, scene->gone[i], &text, &err), ERR_GONE);
	}
	assert_opens(scene->world, KIND_CALL, scene->young, "{\"young\":1}");
}

static bool watch(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct scene *scene = arg;

	(void)done;
	(void)total;
	if (phase == SWEEP_UNREADABLE) {
		assert_unreadable(scene);
		scene->unreadable++;
		if (scene->meddle) {
			scene->late = world_put(scene->world, KIND_CALL, "2024-06-01T12:00:00Z", "{\"late\":1}", ANNA,
						NULL);
			hold_person(scene->world, ANNA);
			hold_person(scene->world, BENT);
		}
	}
	return scene->stop_at != 0 && phase == scene->stop_at;
}

static void sweep(struct scene *scene, struct sweep_result *result)
{
	struct world *world = scene->world;
	struct err err;

	assert_ok(sweep_run(world->vault, &world->account, world->now, watch, scene, &world->pool, result, &err), &err);
	assert_false(sweep_left_any(&result->left));
	assert_int_equal(running_jobs(world), 0);
}

static void assert_gone(struct scene *scene)
{
	for (int i = 0; i < DAYS; i++)
		assert_false(is_there(scene->world, KIND_CALL, scene->gone[i]));
	assert_opens(scene->world, KIND_CALL, scene->young, "{\"young\":1}");
	assert_sound(scene->world);
}

static void nothing_that_is_due_can_be_read_before_the_first_row_goes(void **state)
{
	struct sweep_result result;
	struct scene scene;

	set_scene(*state, &scene);
	sweep(&scene, &result);
	assert_int_equal(scene.unreadable, 1);
	assert_int_equal(result.kinds[KIND_CALL].records, DAYS + 1);
	assert_gone(&scene);
}

static void a_day_that_a_hold_touches_keeps_its_key_until_what_is_held_is_safe(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	hold_person(world, ANNA);
	assert_ok(sweep_run(world->vault, &world->account, world->now, NULL, NULL, &world->pool, &result, &err), &err);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
	assert_opens(world, KIND_CALL, scene.held, "{\"held\":1}");
	assert_gone(&scene);
}

static void what_comes_late_to_such_a_day_is_readable_until_it_goes_or_is_held(void **state)
{
	struct sweep_result result;
	struct scene scene;

	set_scene(*state, &scene);
	scene.meddle = true;
	sweep(&scene, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, DAYS + 1);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
	assert_opens(scene.world, KIND_CALL, scene.late, "{\"late\":1}");
	assert_gone(&scene);
}

static void stopped_after_the_keys_went_a_job_explains_the_rows_and_removes_them(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	scene.stop_at = SWEEP_UNREADABLE;
	assert_int_equal(sweep_run(world->vault, &world->account, world->now, watch, &scene, &world->pool, &result, &err),
			 ERR_INTERRUPTED);
	assert_string_equal(err.what, "stopped; of what is due nothing can be read any more, but not all rows are gone");
	assert_non_null(result.statement);
	assert_int_equal(running_jobs(world), 1);
	assert_unreadable(&scene);
	assert_sound(world);
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_int_equal(running_jobs(world), 0);
	assert_gone(&scene);
}

static bool die_when_unreadable(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	if (phase == SWEEP_UNREADABLE)
		_exit(0);
	return false;
}

static void a_crash_after_the_keys_went_is_resumed_to_the_end(void **state)
{
	struct world *world = *state;
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	assert_true(sweep_in_child(world, die_when_unreadable, NULL));
	assert_unreadable(&scene);
	assert_sound(world);
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_gone(&scene);
}

static bool count_unreadable(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct scene *scene = arg;
	const char *text;
	struct err err;

	(void)done;
	(void)total;
	if (phase == SWEEP_UNREADABLE)
		assert_ok(world_open_record(scene->world, KIND_CALL, scene->gone[0], &text, &err), &err);
	return false;
}

static void a_run_with_a_budget_leaves_what_it_does_not_reach_as_it_was(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 10};
	struct sweep_result result;
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	assert_ok(sweep_run_within(world->vault, &world->account, world->now, &budget, count_unreadable, &scene,
				   &world->pool, &result, &err), &err);
	assert_true(result.spent);
	assert_opens(world, KIND_CALL, scene.gone[DAYS - 1], "{\"n\":1}");
	assert_int_equal(running_jobs(world), 0);
	assert_sound(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(nothing_that_is_due_can_be_read_before_the_first_row_goes),
	    KEEPING(a_day_that_a_hold_touches_keeps_its_key_until_what_is_held_is_safe),
	    KEEPING(what_comes_late_to_such_a_day_is_readable_until_it_goes_or_is_held),
	    KEEPING(stopped_after_the_keys_went_a_job_explains_the_rows_and_removes_them),
	    KEEPING(a_crash_after_the_keys_went_is_resumed_to_the_end),
	    KEEPING(a_run_with_a_budget_leaves_what_it_does_not_reach_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
