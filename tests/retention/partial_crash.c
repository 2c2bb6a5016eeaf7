/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P32: a day of which some go is whole wherever the run broke off.
 */
#include "parting.h"

struct crash { struct world *world; int after; bool lose_key; };

static enum result destroy_part(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	bool existed;

	return keyring_destroy(session->ring, world->account.number, KEY_PERIOD,
			       key_period_number(KIND_CALL, instant_date(world_time(DAY "00:00:00Z")), 0), &existed, err);
}

/* With `lose_key` between the two commits of the deletion: that of the key store is on disk. */
static bool die(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct crash *crash = arg;
	struct err err;

	(void)done;
	(void)total;
	if ((crash->lose_key && phase != SWEEP_KEPT) || crash->after-- > 0)
		return false;
	if (crash->lose_key && vault_write(crash->world->vault, destroy_part, crash->world, &err) != OK)
		_exit(3);
	_exit(0);
}

struct scene { struct id in, out, held, other; };

static void set_scene(struct world *world, struct scene *scene)
{
	scene->in = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, BENT);
	scene->out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, BENT);
	scene->held = put(world, DAY "12:00:00Z", DIRECTION_INBOUND, ANNA);
	scene->other = put(world, "2026-01-12T11:00:00Z", DIRECTION_OUTBOUND, BENT);
	hold_person(world, ANNA);
	set_rules(world);
}

static void assert_swept(struct world *world, const struct scene *scene)
{
	struct err err;
	int64_t running;

	assert_false(is_there(world, KIND_CALL, scene->in));
	assert_opens(world, KIND_CALL, scene->out, "{\"n\":1}");
	assert_opens(world, KIND_CALL, scene->held, "{\"n\":1}");
	assert_opens(world, KIND_CALL, scene->other, "{\"n\":1}");
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_int_equal(period_of(world, DAY "00:00:00Z").records, 2);
	assert_int_equal(period_of(world, DAY "00:00:00Z").part, 1);
	assert_ok(job_count_running(world->vault->read.data, &running, &err), &err);
	assert_int_equal(running, 0);
	assert_sound(world);
}

/* P29, P32 */
static void a_crash_at_any_step_is_resumed_to_the_same_end(void **state)
{
	bool died = true;

	(void)state;
	for (int after = 0; died; after++) {
		struct crash crash;
		struct world world;
		struct scene scene;
		struct err err;

		world_begin(&world, "2026-03-01T12:00:00Z");
		set_scene(&world, &scene);
		crash = (struct crash){&world, after, false};
		died = sweep_in_child(&world, die, &crash);
		assert_opens(&world, KIND_CALL, scene.out, "{\"n\":1}");
		assert_opens(&world, KIND_CALL, scene.held, "{\"n\":1}");
		assert_sound(&world);
		assert_ok(sweep_resume(world.vault, world.now, &err), &err);
		assert_swept(&world, &scene);
		world_end(&world);
	}
}

static void rows_whose_key_went_in_a_crash_are_deleted_on_resuming(void **state)
{
	struct world *world = *state;
	struct crash crash = {world, 0, true};
	struct scene scene;
	const char *text;
	struct err err;

	set_scene(world, &scene);
	assert_true(sweep_in_child(world, die, &crash));
	assert_int_equal(world_open_record(world, KIND_CALL, scene.in, &text, &err), ERR_GONE);
	assert_opens(world, KIND_CALL, scene.out, "{\"n\":1}");
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_swept(world, &scene);
}

static void a_resumed_sweep_goes_by_the_rules_it_began_with(void **state)
{
	struct world *world = *state;
	struct crash crash = {world, 0, true};
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	assert_true(sweep_in_child(world, die, &crash));
	set_policy(world, KIND_CALL, "1 day");
	set_scoped(world, KIND_CALL, incoming, "unlimited");
	world->now = world_time("2030-01-01T00:00:00Z");
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_swept(world, &scene);
}

static bool stop_when_kept(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	return phase == SWEEP_KEPT;
}

static void what_was_stopped_half_way_is_whole_and_gone_on_with(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	assert_int_equal(sweep_run(world->vault, &world->account, world->now, stop_when_kept, NULL, &world->pool, &result,
				   &err), ERR_INTERRUPTED);
	assert_opens(world, KIND_CALL, scene.in, "{\"n\":1}");
	assert_int_equal(row_of(world, KIND_CALL, scene.out).part, 1);
	assert_sound(world);
	assert_int_equal(due_of(world), 1);
	run_sweep(world, &result);
	assert_swept(world, &scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crash_at_any_step_is_resumed_to_the_same_end),
		KEEPING(rows_whose_key_went_in_a_crash_are_deleted_on_resuming),
		KEEPING(a_resumed_sweep_goes_by_the_rules_it_began_with),
		KEEPING(what_was_stopped_half_way_is_whole_and_gone_on_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
