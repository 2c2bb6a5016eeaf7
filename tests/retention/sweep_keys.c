/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A sweep of more than a batch: all keys go before any rows do.
 */
#include "keeping.h"

#include "store/job.h"
#include "store/leaf.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define DAYS 70 /* more than share a transaction */
#define HELD_DAY 30 /* of them: July's first */

struct scene {
	struct world *world;
	struct id gone[DAYS], held, young, late;
	enum sweep_phase stop_at; /* 0: nowhere */
	int unreadable;           /* how often the phase was met */
	int parties;
	bool meddle;              /* then a call comes late to a day whose key is gone, and a hold with it */
	bool come_late;           /* after party rows went another does */
	bool hold_late;           /* and it is held */
	bool held_days;           /* Anna is held: July's first has its key until what is hers is safe */
	bool meddle_first;        /* before the keys go, more of hers come to one day after the other */
	struct id first[DAYS];
	int firsts;
};

static void assert_sound(struct world *world)
{
	checks_out_but(world, false, 1U << CHECK_LABELS);
}

static struct id put_for(struct world *world, int i, const char *phone)
{
	char at[TIME_TEXT_MAX];

	instant_format(date_start(date_add_days(date_from_civil(2024, 6, 1), i)), at);
	return world_put(world, KIND_CALL, at, "{\"n\":1}", phone, NULL);
}

static struct id put_on_day(struct world *world, int i)
{
	return put_for(world, i, BENT);
}

static void set_scene(struct world *world, struct scene *scene)
{
	*scene = (struct scene){.world = world};
	for (int i = 0; i < DAYS; i++)
		scene->gone[i] = put_on_day(world, i);
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
		if (scene->held_days && i == HELD_DAY)
			continue;
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
	if (phase == SWEEP_RELEASED && scene->meddle_first)
		scene->first[scene->firsts] = put_for(scene->world, scene->firsts, ANNA), scene->firsts++;
	if (phase == SWEEP_PARTIES && scene->parties++ == 0 && scene->come_late) {
		scene->late = world_put(scene->world, KIND_CALL, "2024-06-01T12:00:00Z", "{\"late\":1}", ANNA, NULL);
		if (scene->hold_late)
			hold_person(scene->world, ANNA);
	}
	return scene->stop_at != 0 && phase == scene->stop_at;
}

/* Party rows of the account. */
static int64_t parties(struct world *world)
{
	struct err err;
	int64_t rows, by_month;

	assert_ok(party_count(world->vault->read.data, world->account.number, &rows, &by_month, &err), &err);
	assert_int_equal(rows, by_month);
	return rows;
}

/* Of that act, of this account. */
static int64_t leaves(struct world *world, const char *act)
{
	struct leaf rows[256];
	char wanted[64];
	int64_t found = 0;
	uint64_t from = 0;
	struct err err;
	size_t count;

	snprintf(wanted, sizeof wanted, "\"act\":\"%s\"", act);
	do {
		pool_reset(&world->pool);
		assert_ok(leaf_list(world->vault->read.data, world->account.number, from, &world->pool, rows, 256, &count, &err), &err);
		for (size_t i = 0; i < count; i++)
			found += memmem(rows[i].body, rows[i].body_len, wanted, strlen(wanted)) != NULL;
		from = count > 0 ? rows[count - 1].seq + 1 : from;
	} while (count == 256);
	return found;
}

/* Where not all that is due goes unread before the first row. */
static bool meddle(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct scene *scene = arg;

	return phase != SWEEP_UNREADABLE && watch(scene, phase, done, total);
}

static void assert_ok_sweep(struct scene *scene, struct sweep_result *result)
{
	struct world *world = scene->world;
	struct err err;

	assert_ok(sweep_run(world->vault, &world->account, world->now, meddle, scene, &world->pool, result, &err), &err);
	assert_false(sweep_left_any(&result->left));
}

/* After released holds, duties and contacts comes the last moment before keys go. */
static bool stop_at_last_released(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct scene *scene = arg;

	(void)done;
	(void)total;
	return phase == SWEEP_RELEASED && ++scene->firsts == 4;
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

/* P10 */
static void a_hold_on_somebody_leaves_the_keys_of_days_without_them_to_go_first(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;

	set_scene(world, &scene);
	hold_person(world, ANNA);
	scene.held_days = true;
	sweep(&scene, &result);
	assert_int_equal(scene.unreadable, 1);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
	assert_int_equal(result.kinds[KIND_CALL].records, DAYS);
	assert_opens(world, KIND_CALL, scene.held, "{\"held\":1}");
	assert_gone(&scene);
}

/* P10. One comes each time that it is asked whether to stop: the last after the days were chosen whose keys go. */
static void what_comes_of_somebody_held_before_the_keys_go_is_kept(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;

	set_scene(world, &scene);
	hold_person(world, ANNA);
	scene.meddle_first = true;
	assert_ok_sweep(&scene, &result);
	assert_true(scene.firsts > 3);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1 + scene.firsts);
	for (int i = 0; i < scene.firsts; i++)
		assert_opens(world, KIND_CALL, scene.first[i], "{\"n\":1}");
	assert_opens(world, KIND_CALL, scene.held, "{\"held\":1}");
	assert_gone(&scene);
}

static void stopped_before_the_keys_go_all_is_as_it_was(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	scene.stop_at = SWEEP_RELEASED;
	assert_int_equal(sweep_run(world->vault, &world->account, world->now, stop_at_last_released, &scene, &world->pool,
				   &result, &err), ERR_INTERRUPTED);
	assert_int_equal(running_jobs(world), 0);
	for (int i = 0; i < DAYS; i++)
		assert_opens(world, KIND_CALL, scene.gone[i], "{\"n\":1}");
	scene.stop_at = (enum sweep_phase)0;
	sweep(&scene, &result);
	assert_gone(&scene);
}

struct dying { int after; };

static bool die_anywhere(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct dying *dying = arg;

	(void)phase;
	(void)done;
	(void)total;
	if (dying->after-- == 0)
		_exit(0);
	return false;
}

/* P10, P11 */
static void a_crash_at_any_step_beside_a_hold_is_resumed_and_loses_nothing_held(void **state)
{
	struct world *world = *state;
	struct scene scene;
	struct err err;
	bool died = true;

	for (int after = 3; died; after++) {
		struct dying dying = {after};

		world_end(world);
		world_begin(world, "2026-03-01T12:00:00Z");
		set_scene(world, &scene);
		hold_person(world, ANNA);
		died = sweep_in_child(world, die_anywhere, &dying);
		assert_true(died || after > 8);
		assert_opens(world, KIND_CALL, scene.held, "{\"held\":1}");
		assert_ok(sweep_resume(world->vault, world->now, &err), &err);
		assert_opens(world, KIND_CALL, scene.held, "{\"held\":1}");
		assert_gone(&scene);
	}
}

/* With the rows of that day, which go after them. */
static void party_rows_go_in_one_walk_on_either_side_of_a_day_that_is_touched(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;

	set_scene(world, &scene);
	world_put(world, KIND_CALL, "2024-06-15T12:00:00Z", "{}", ANNA, NULL);
	hold_person(world, ANNA);
	assert_ok_sweep(&scene, &result);
	assert_int_equal(result.kinds[KIND_CALL].kept, 2);
	assert_int_equal(leaves(world, "retention.parties"), 4); /* June's on either side, July's, August's */
	assert_int_equal(parties(world), 3);
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

/* ---- party rows ---- */

static void party_rows_go_month_by_month_before_their_records(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;

	set_scene(world, &scene);
	assert_int_equal(parties(world), DAYS + 2);
	sweep(&scene, &result);
	assert_int_equal(leaves(world, "retention.parties"), 3);
	assert_int_equal(scene.parties, 4); /* after each month, and at the end */
	assert_int_equal(parties(world), 1);
	assert_gone(&scene);
}

static void days_with_something_held_keep_its_party_rows(void **state)
{
	const struct hold_request request = {.has_from = true, .has_until = true, .from = world_time("2024-07-01T11:00:00Z"),
					     .until = world_time("2024-07-01T12:00:00Z")};
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;
	struct id hold;

	set_scene(world, &scene);
	hold = add_hold(world, &request);
	run_sweep(world, &result);
	assert_int_equal(leaves(world, "retention.parties"), 3);
	for (int i = 0; i < DAYS; i++)
		put_on_day(world, i);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, DAYS);
	assert_int_equal(leaves(world, "retention.parties"), 6); /* of each run, July's but for the first */
	assert_int_equal(parties(world), 2);
	assert_opens(world, KIND_CALL, scene.held, "{\"held\":1}");
	release_hold(world, hold);
	run_sweep(world, &result);
	assert_int_equal(parties(world), 1);
	assert_gone(&scene);
}

static void what_comes_after_the_party_rows_went_goes_with_its_own(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;

	set_scene(world, &scene);
	scene.come_late = true;
	sweep(&scene, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, DAYS + 2);
	assert_false(is_there(world, KIND_CALL, scene.late));
	assert_int_equal(parties(world), 1);
	assert_gone(&scene);
}

static void what_comes_after_the_party_rows_went_and_is_held_keeps_its_own(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;

	set_scene(world, &scene);
	scene.come_late = scene.hold_late = true;
	sweep(&scene, &result);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
	assert_opens(world, KIND_CALL, scene.late, "{\"late\":1}");
	assert_int_equal(parties(world), 2);
	assert_gone(&scene);
}

static void few_days_of_a_month_go_row_by_row(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;

	set_scene(world, &scene);
	for (int i = 0; i < 200; i++)
		world_put(world, KIND_MESSAGE, "2024-08-20T00:00:00Z", "{}", BENT, NULL);
	sweep(&scene, &result);
	assert_int_equal(leaves(world, "retention.parties"), 2);
	assert_int_equal(parties(world), 201);
	assert_gone(&scene);
}

static void stopped_between_party_rows_a_job_goes_on_with_them(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	scene.stop_at = SWEEP_PARTIES;
	assert_int_equal(sweep_run(world->vault, &world->account, world->now, watch, &scene, &world->pool, &result, &err),
			 ERR_INTERRUPTED);
	assert_int_equal(running_jobs(world), 1);
	assert_int_equal(parties(world), DAYS + 2 - 30); /* June's are gone */
	assert_unreadable(&scene);
	assert_sound(world);
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_int_equal(parties(world), 1);
	assert_gone(&scene);
}

static bool die_between_parties(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	int *after = arg;

	(void)done;
	(void)total;
	if (phase == SWEEP_PARTIES && (*after)-- == 0)
		_exit(0);
	return false;
}

static void a_crash_between_party_rows_is_resumed_to_the_end(void **state)
{
	struct world *world = *state;
	struct scene scene;
	struct err err;

	for (int after = 0; after < 4; after++) {
		int left = after;

		world_end(world);
		world_begin(world, "2026-03-01T12:00:00Z");
		set_scene(world, &scene);
		assert_true(sweep_in_child(world, die_between_parties, &left));
		assert_true(parties(world) < DAYS + 2);
		assert_unreadable(&scene);
		assert_sound(world);
		assert_ok(sweep_resume(world->vault, world->now, &err), &err);
		assert_int_equal(parties(world), 1);
		assert_gone(&scene);
	}
}

/* ---- within a budget ---- */

/* How many of them are there and can be read, and are there and cannot. */
struct state { int open, shut; };

static struct state state_of(struct scene *scene)
{
	struct state state = {0, 0};
	const char *text;
	struct err err;

	for (int i = 0; i < DAYS; i++) {
		if (!is_there(scene->world, KIND_CALL, scene->gone[i]))
			continue;
		if (world_open_record(scene->world, KIND_CALL, scene->gone[i], &text, &err) == OK)
			state.open++;
		else
			state.shut++;
	}
	return state;
}

struct watching { struct scene *scene; struct state met; enum sweep_phase stop_at; };

static bool look_when_unreadable(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct watching *watching = arg;

	(void)done;
	(void)total;
	if (phase == SWEEP_UNREADABLE)
		watching->met = state_of(watching->scene);
	return watching->stop_at != 0 && phase == watching->stop_at;
}

static enum result run_within(struct watching *watching, const struct sweep_budget *budget, struct sweep_result *result)
{
	struct world *world = watching->scene->world;
	struct err err;

	return sweep_run_within(world->vault, &world->account, world->now, budget, look_when_unreadable, watching,
				&world->pool, result, &err);
}

static void a_run_with_a_small_budget_leaves_what_it_does_not_reach_as_it_was(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 10};
	struct sweep_result result;
	struct scene scene;
	struct watching watching = {&scene, {0, 0}, 0};

	set_scene(world, &scene);
	assert_int_equal(run_within(&watching, &budget, &result), OK);
	assert_true(result.spent);
	assert_int_equal(watching.met.shut, 0); /* a batch: keys and rows go together */
	assert_int_equal(state_of(&scene).open, DAYS - 10);
	assert_int_equal(running_jobs(world), 0);
	assert_sound(world);
}

/* One of the first days has two records. */
static void a_budget_of_more_than_a_batch_destroys_the_keys_of_what_it_covers_first(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 67};
	struct sweep_result result;
	struct scene scene;
	struct watching watching = {&scene, {0, 0}, 0};

	set_scene(world, &scene);
	assert_int_equal(run_within(&watching, &budget, &result), OK);
	assert_true(result.spent);
	assert_int_equal(watching.met.shut, 66);
	assert_int_equal(watching.met.open, DAYS - 66);
	assert_int_equal(result.kinds[KIND_CALL].records, 67);
	assert_int_equal(state_of(&scene).open, DAYS - 66);
	assert_int_equal(state_of(&scene).shut, 0);
	assert_int_equal(running_jobs(world), 0);
	assert_sound(world);
}

static void stopped_after_those_keys_went_their_rows_go_and_no_others(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 67};
	struct sweep_result result;
	struct scene scene;
	struct watching watching = {&scene, {0, 0}, SWEEP_UNREADABLE};
	struct err err;

	set_scene(world, &scene);
	assert_int_equal(run_within(&watching, &budget, &result), ERR_INTERRUPTED);
	assert_int_equal(running_jobs(world), 1);
	assert_int_equal(state_of(&scene).shut, 66);
	assert_sound(world);
	world_reopen(world);
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_int_equal(state_of(&scene).shut, 0);
	assert_int_equal(state_of(&scene).open, DAYS - 66);
	assert_int_equal(running_jobs(world), 0);
	assert_sound(world);
}

static void rows_whose_keys_are_gone_go_whatever_the_budget(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 67}, one = {.records = 1};
	struct sweep_result result;
	struct scene scene;
	struct watching watching = {&scene, {0, 0}, SWEEP_UNREADABLE};

	set_scene(world, &scene);
	assert_int_equal(run_within(&watching, &budget, &result), ERR_INTERRUPTED);
	assert_int_equal(state_of(&scene).shut, 66);
	watching.stop_at = 0;
	assert_int_equal(run_within(&watching, &one, &result), OK);
	assert_true(result.spent);
	assert_int_equal(state_of(&scene).shut, 0);
	assert_int_equal(state_of(&scene).open, DAYS - 66);
	assert_int_equal(running_jobs(world), 0);
	assert_sound(world);
}

static int64_t tick(void *arg)
{
	return *(int64_t *)arg += 10;
}

static void a_bound_of_time_destroys_keys_at_the_pace_that_rows_go(void **state)
{
	struct world *world = *state;
	int64_t clock = 0;
	struct sweep_budget budget = {.ms = 150, .clock = tick, .clock_arg = &clock};
	struct sweep_result result;
	struct scene scene;
	struct watching watching = {&scene, {0, 0}, 0};
	char at[TIME_TEXT_MAX];

	set_scene(world, &scene);
	for (int i = 0; i < 300; i++) {
		instant_format(date_start(date_add_days(date_from_civil(2023, 6, 1), i)), at);
		world_put(world, KIND_CALL, at, "{\"n\":1}", BENT, NULL);
	}
	assert_int_equal(run_within(&watching, &budget, &result), OK);
	assert_true(result.spent);
	assert_true(result.kinds[KIND_CALL].records > 64 && result.kinds[KIND_CALL].records < 300 + DAYS);
	assert_int_equal(running_jobs(world), 0);
	assert_sound(world); /* no row without its key */
	run_sweep(world, &result);
	assert_gone(&scene);
}

/* As `retention run --all` does: rows in slices. */
static void when_only_rows_are_bounded_all_keys_go_first_and_a_job_goes_on(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 30, .all_keys = true};
	struct sweep_result result = {.spent = true};
	struct scene scene;
	struct watching watching = {&scene, {0, 0}, 0};
	int64_t deleted = 0;
	int slices = 0;

	set_scene(world, &scene);
	while (result.spent) {
		assert_int_equal(run_within(&watching, &budget, &result), OK);
		deleted += result.kinds[KIND_CALL].records;
		assert_int_equal(state_of(&scene).open, 0);
		assert_int_equal(running_jobs(world), result.spent);
		assert_sound(world);
		slices++;
	}
	assert_in_range(slices, 2, 4);
	assert_int_equal(deleted, DAYS + 1);
	assert_gone(&scene);
}

static void and_after_a_crash_it_goes_on_to_the_end(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 30, .all_keys = true};
	struct sweep_result result;
	struct scene scene;
	struct watching watching = {&scene, {0, 0}, 0};
	struct err err;

	set_scene(world, &scene);
	assert_int_equal(run_within(&watching, &budget, &result), OK);
	assert_true(result.spent && state_of(&scene).shut > 0);
	world_reopen(world);
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_int_equal(running_jobs(world), 0);
	assert_gone(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(nothing_that_is_due_can_be_read_before_the_first_row_goes),
	    KEEPING(a_day_that_a_hold_touches_keeps_its_key_until_what_is_held_is_safe),
	    KEEPING(a_hold_on_somebody_leaves_the_keys_of_days_without_them_to_go_first),
	    KEEPING(what_comes_of_somebody_held_before_the_keys_go_is_kept),
	    KEEPING(stopped_before_the_keys_go_all_is_as_it_was),
	    KEEPING(a_crash_at_any_step_beside_a_hold_is_resumed_and_loses_nothing_held),
	    KEEPING(party_rows_go_in_one_walk_on_either_side_of_a_day_that_is_touched),
	    KEEPING(what_comes_late_to_such_a_day_is_readable_until_it_goes_or_is_held),
	    KEEPING(stopped_after_the_keys_went_a_job_explains_the_rows_and_removes_them),
	    KEEPING(a_crash_after_the_keys_went_is_resumed_to_the_end),
	    KEEPING(party_rows_go_month_by_month_before_their_records),
	    KEEPING(days_with_something_held_keep_its_party_rows),
	    KEEPING(what_comes_after_the_party_rows_went_goes_with_its_own),
	    KEEPING(what_comes_after_the_party_rows_went_and_is_held_keeps_its_own),
	    KEEPING(few_days_of_a_month_go_row_by_row),
	    KEEPING(stopped_between_party_rows_a_job_goes_on_with_them),
	    KEEPING(a_crash_between_party_rows_is_resumed_to_the_end),
	    KEEPING(a_run_with_a_small_budget_leaves_what_it_does_not_reach_as_it_was),
	    KEEPING(a_budget_of_more_than_a_batch_destroys_the_keys_of_what_it_covers_first),
	    KEEPING(stopped_after_those_keys_went_their_rows_go_and_no_others),
	    KEEPING(rows_whose_keys_are_gone_go_whatever_the_budget),
	    KEEPING(a_bound_of_time_destroys_keys_at_the_pace_that_rows_go),
	    KEEPING(when_only_rows_are_bounded_all_keys_go_first_and_a_job_goes_on),
	    KEEPING(and_after_a_crash_it_goes_on_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
