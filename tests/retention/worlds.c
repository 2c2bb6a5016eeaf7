/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole worlds: random records, policies, holds, erasures and a clock that
 * steps, in a real vault; and beside it a slow, obvious model that asks of each record
 * what must become of it.  After each sweep the two must have the same survivors, in the same state.
 * Records have own numbers, queues, campaigns, tags, directions, durations and agents, and policies and holds are narrowed
 * by any of them; in some worlds nothing goes before it is billed. What a run deletes is what the plan and the forecast of
 * the day say. A world in which the two differ is made small, and printed as a test of its own would have it.
 *
 * WORLD_SEED=n is the first world's seed, WORLD_COUNT=n how many there are; LONG=1: many.
 */
#include "retention/worlds_play.h"

#include "retention/forecast.h"

/* ---- sweeps ---- */

struct planned { int64_t run[KIND_COUNT], forecast[KIND_COUNT]; };

/* What a run will delete, as the plan and the forecast of today have it. */
static void foresee(struct play *play, struct planned *out)
{
	struct session *session = &play->world->vault->read;
	uint32_t account = play->world->account.number;
	struct forecast forecast;
	struct sweep_plan plan;
	struct err err;

	if (!went(play, sweep_plan(session, account, play->world->now, &plan, &err), "a plan fails", &err) ||
	    !went(play, forecast_make(session, account, play->world->now, 0, UINT32_MAX, &play->world->pool, &forecast, &err),
		  "a forecast fails", &err))
		return;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		out->run[kind] = sweep_plan_records(&plan.kinds[kind]);
		out->forecast[kind] = forecast.kinds[kind][0].goes.records;
	}
}

static void compare_planned(struct play *play, const struct planned *planned, const int64_t deleted[KIND_COUNT])
{
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (planned->run[kind] != deleted[kind] || planned->forecast[kind] != deleted[kind])
			differ(play, "a plan is not what is then done", "%s: the plan %lld, the forecast %lld, done %lld",
			       kind_plural((enum record_kind)kind), (long long)planned->run[kind],
			       (long long)planned->forecast[kind], (long long)deleted[kind]);
	}
}

/* Within its budget, as often as it takes. */
static void run_all(struct play *play, int64_t deleted[KIND_COUNT])
{
	struct sweep_budget budget = {.records = play->event->budget, .all_keys = play->event->all_keys};
	struct sweep_result result = {.spent = true};
	struct err err;

	while (play->difference == NULL && result.spent) {
		if (went(play,
			 sweep_run_within(play->world->vault, &play->world->account, play->world->now, &budget, NULL,
					  NULL, &play->world->pool, &result, &err),
			 "a sweep fails", &err) &&
		    sweep_left_any(&result.left))
			differ(play, "a sweep left something", "of what it deleted");
		for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
			deleted[kind] += result.kinds[kind].records;
	}
}

static void sweep(struct play *play)
{
	struct planned planned = {{0}, {0}};
	int64_t deleted[KIND_COUNT] = {0};

	compare_verdicts(play);
	foresee(play, &planned);
	run_all(play, deleted);
	compare_planned(play, &planned, deleted);
	model_sweep(&play->played);
	compare_survivors(play);
	compare_verdicts(play);
}

/* ---- playing ---- */

static void happen(struct play *play)
{
	switch (play->event->what) {
	case LAWS: come_under_laws(play); break;
	case PUT: put(play); break;
	case RULE: make_rule(play); break;
	case HOLD: make_hold(play); break;
	case RESTRICT: restrict_person(play); break;
	case RELEASE: release(play); break;
	case ERASE: play->event->from >= 0 ? erase(play) : erase_agent(play); break;
	case CLOCK: play->world->now.ms = play->played.now = play->event->at; break;
	case SWEEP: sweep(play); break;
	case BILL: bill(play); break;
	}
}

/* Until they differ. `play` is as it was then, and its world gone. */
static void play_script(const struct script *script, enum model_fault fault, struct play *play)
{
	struct world *world = test_calloc(1, sizeof *world);
	char start[TIME_TEXT_MAX];

	*play = (struct play){.world = world, .played = {.now = script->start, .fault = fault}};
	world_begin(world, instant_format((struct instant){script->start}, start));
	for (int i = 0; i < script->count && play->difference == NULL; i++) {
		play->event = &script->list[i];
		happen(play);
	}
	world_end(world);
	test_free(world);
	play->world = NULL;
	play->event = NULL;
}

/* A smaller world must differ in the same sort of thing, or it is another's example. */
struct looking { enum model_fault fault; const char *difference; struct play *play; };

static bool differs_so(void *arg, const struct script *script)
{
	struct looking *looking = arg;

	play_script(script, looking->fault, looking->play);
	return looking->play->difference != NULL && strcmp(looking->play->difference, looking->difference) == 0;
}

/* Do engine and model differ in it? Then it is made small, and `play` is how it is played. */
static bool find_difference(struct script *script, enum model_fault fault, struct play *play)
{
	struct looking looking = {.fault = fault, .play = play};

	play_script(script, fault, play);
	if (play->difference == NULL)
		return false;
	looking.difference = play->difference;
	shrink(script, differs_so, &looking);
	play_script(script, fault, play);
	return true;
}

/* print_message cuts. */
static void assert_agrees(const struct script *script)
{
	struct script smallest = *script;
	struct play *play = test_calloc(1, sizeof *play);

	if (find_difference(&smallest, FAULT_NONE, play)) {
		print_script(stderr, &smallest);
		fprintf(stderr, "%s: %s\n", play->difference, play->told);
		fail_msg("engine and model differ: %s", play->difference);
	}
	test_free(play);
}

static long number_of(const char *name, long fallback)
{
	const char *text = getenv(name);

	return text == NULL ? fallback : strtol(text, NULL, 10);
}

static void survivors_are_those_of_the_model_in_any_world(void **state)
{
	uint64_t seed = (uint64_t)number_of("WORLD_SEED", 1);
	long count = number_of("WORLD_COUNT", getenv("LONG") != NULL ? 3000 : 4);
	struct script script;
	(void)state;

	print_message("worlds %llu to %llu\n", (unsigned long long)seed, (unsigned long long)seed + count - 1);
	for (long i = 0; i < count; i++) {
		draw_script(seed + (uint64_t)i, &script);
		assert_agrees(&script);
	}
}

/* ---- is a difference found, and made small? ---- */

#define NOW INT64_C(1772366400000) /* 2026-03-01T12:00:00Z */
#define EARLIER (NOW - 40 * DAY_MS)

/* A record past its time that a hold on its queue keeps, one beside it that it does not, and what does not matter. */
static const struct script with_queues = {.start = NOW, .count = 6, .list = {
	    {PUT, .name = 0, .kind = KIND_CALL, .at = EARLIER, .facts = {0, 1, 0, 0, DIRECTION_INBOUND, 1}},
	    {PUT, .name = 1, .kind = KIND_CALL, .at = EARLIER, .facts = {0, 0, 1, 0, DIRECTION_INBOUND, 60},
	     .from = 2, .to = 2},
	    {HOLD, .name = 0, .facts = {.queue = 1}, .from = -1},
	    {RULE, .kind = KIND_CALL, .at = NOW, .keep = {false, 0, 30}},
	    {RULE, .kind = KIND_MESSAGE, .at = NOW, .keep = {true, 0, 0}},
	    {SWEEP},
	}};

/* A record of the queue, for without one nothing can be held for it; one that is not, a hold, a rule and a sweep. */
static const char smallest[] =
    "\tstatic const struct script script = {.start = INT64_C(1772366400000), .count = 5, .list = {\n"
    "\t    {PUT, .name = 0, .kind = KIND_CALL, .at = INT64_C(1768910400000) /* 2026-01-20T12:00:00Z */"
    ", .facts = {0, 1, 0, 0, DIRECTION_INBOUND, 1}, .from = 0, .to = 0},\n"
    "\t    {PUT, .name = 1, .kind = KIND_CALL, .at = INT64_C(1768910400000) /* 2026-01-20T12:00:00Z */"
    ", .facts = {0, 0, 0, 0, DIRECTION_INBOUND, 1}, .from = 2, .to = 2},\n"
    "\t    {HOLD, .name = 0, .facts = {0, 1, 0, 0, DIRECTION_NONE, 0}, .from = -1},\n"
    "\t    {RULE, .kind = KIND_CALL, .at = INT64_C(1772366400000) /* 2026-03-01T12:00:00Z */"
    ", .facts = {0, 0, 0, 0, DIRECTION_NONE, 0}, .keep = {false, 0, 30}},\n"
    "\t    {SWEEP},\n"
    "\t}};\n";

static void a_fault_is_found_and_its_world_holds_nothing_that_does_not_matter(void **state)
{
	struct play *play = test_calloc(1, sizeof *play);
	struct script script = with_queues;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	(void)state;

	assert_non_null(out);
	play_script(&script, FAULT_NONE, play);
	assert_null(play->difference);
	assert_true(find_difference(&script, FAULT_QUEUES_OF_HOLDS, play));
	assert_string_equal(play->difference, "the verdict is not that of the model");
	assert_non_null(strstr(play->told, "record 1"));
	print_script(out, &script);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, smallest);
	free(text);
	test_free(play);
}

/* A stand-in for a difference: an erasure, and after it a rule for a campaign and a tag. */
static bool has_both(void *arg, const struct script *script)
{
	bool erased = false;

	++*(int *)arg;
	for (int i = 0; i < script->count; i++) {
		const struct event *event = &script->list[i];

		erased |= event->what == ERASE;
		if (erased && event->what == RULE && event->facts.campaign != 0 && event->facts.tags != 0)
			return true;
	}
	return false;
}

static void whatever_the_world_shrinking_leaves_what_matters_and_nothing_else(void **state)
{
	int worlds = 0, tries = 0;
	struct script script;
	(void)state;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		draw_script(seed, &script);
		if (!has_both(&tries, &script))
			continue;
		worlds++;
		shrink(&script, has_both, &tries);
		assert_int_equal(script.count, 2);
		assert_int_equal(script.list[0].what, ERASE);
		assert_int_equal(script.list[1].what, RULE);
		assert_int_not_equal(script.list[1].facts.campaign, 0);
		assert_true(script.list[1].facts.tags == 1 || script.list[1].facts.tags == 2);
		assert_int_equal(
		    script.list[1].facts.queue | script.list[1].facts.number | script.list[1].facts.seconds, 0);
	}
	assert_true(worlds >= 10);
	assert_true(tries < worlds * 200 + 200);
}

/* ---- found so ---- */

/* A restriction must not take over what a released hold kept of somebody erased: an erasure is stronger. */
static void what_was_erased_is_not_kept_by_a_restriction_when_its_hold_ends(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2026-02-01T10:00:00Z", "{}", phones[0], phones[1], NULL);
	struct id erased, restricted, hold_id, restriction;
	struct erase_options options = {.now = world->now};
	struct erase_result result;
	struct sweep_result swept;
	struct err err;

	identity_of(world, IDENTITY_PHONE, phones[0], &erased);
	identity_of(world, IDENTITY_PHONE, phones[1], &restricted);
	hold_id = hold_person(world, phones[1]);
	assert_ok(holds_restrict(world->vault, &world->account, restricted, GROUND_CLAIMS, NULL, world->now,
				 &restriction, &err),
		  &err);
	assert_ok(erase_person(world->vault, &world->account, erased, &options, &world->pool, &result, &err), &err);
	assert_true(is_there(world, KIND_CALL, id));
	assert_int_equal(release_hold(world, hold_id), 1);
	run_sweep(world, &swept);
	assert_false(is_there(world, KIND_CALL, id));
}

/* Two holds cover it, it is under the older one's key, and the erasure takes the identities by which the other finds
 * it. */
static void what_two_holds_keep_of_somebody_erased_outlives_the_release_of_either(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2026-02-01T10:00:00Z", "{}", phones[0], NULL);
	struct hold_request all = {.kinds = 1u << KIND_CALL};
	struct erase_options options = {.now = world->now};
	struct id older = add_hold(world, &all), younger = hold_person(world, phones[0]), person;
	struct erase_result result;
	struct sweep_result swept;
	struct err err;

	identity_of(world, IDENTITY_PHONE, phones[0], &person);
	assert_ok(erase_person(world->vault, &world->account, person, &options, &world->pool, &result, &err), &err);
	assert_int_equal(identity_of(world, IDENTITY_PHONE, phones[0], NULL), 0);
	assert_int_equal(release_hold(world, older), 0);
	run_sweep(world, &swept);
	assert_opens(world, KIND_CALL, id, "{}");
	assert_int_equal(release_hold(world, younger), 1);
	run_sweep(world, &swept);
	assert_false(is_there(world, KIND_CALL, id));
}

/* It had expired under a hold, and its person was erased: no restriction on somebody else takes it over after that. */
static void what_had_expired_and_was_erased_is_not_kept_by_a_restriction(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-01-01T10:00:00Z", "{}", phones[0], phones[1], NULL);
	struct hold_request all = {.kinds = 1u << KIND_CALL};
	struct erase_options options = {.now = world->now};
	struct id hold_id = add_hold(world, &all), erased, restricted, restriction;
	struct erase_result result;
	struct sweep_result swept;
	struct err err;

	set_policy(world, KIND_CALL, "30 days");
	run_sweep(world, &swept);
	assert_opens(world, KIND_CALL, id, "{}");
	identity_of(world, IDENTITY_PHONE, phones[0], &erased);
	identity_of(world, IDENTITY_PHONE, phones[1], &restricted);
	assert_ok(holds_restrict(world->vault, &world->account, restricted, GROUND_CLAIMS, NULL, world->now,
				 &restriction, &err),
		  &err);
	assert_ok(erase_person(world->vault, &world->account, erased, &options, &world->pool, &result, &err), &err);
	assert_int_equal(release_hold(world, hold_id), 1);
	run_sweep(world, &swept);
	assert_false(is_there(world, KIND_CALL, id));
}

/* Where an obligation was in force, what a restriction kept past its time was taken for what a law had cut down: the agent
 * went out of its row and not out of what it says. */
static void an_erased_agent_goes_out_of_what_a_restriction_keeps_whole(void **state)
{
	static const struct script script = {.start = INT64_C(1772366400000), .count = 6, .list = {
	    {LAWS, .laws = 2},
	    {PUT, .name = 9, .kind = KIND_MESSAGE, .at = INT64_C(1759276120865) /* 2025-09-30T23:48:40.865Z */,
	     .facts = {0, 0, 0, 0, DIRECTION_INBOUND, 1}, .from = 1, .to = 3, .agent = 2},
	    {RULE, .kind = KIND_MESSAGE, .at = INT64_C(1772366400000) /* 2026-03-01T12:00:00Z */,
	     .facts = {0, 0, 0, 0, DIRECTION_NONE, 0}, .keep = {false, 0, 90}},
	    {RESTRICT, .name = 1, .from = 3},
	    {SWEEP},
	    {ERASE, .from = -1, .agent = 2},
	}};
	(void)state;

	assert_agrees(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(what_was_erased_is_not_kept_by_a_restriction_when_its_hold_ends),
	    KEEPING(what_had_expired_and_was_erased_is_not_kept_by_a_restriction),
	    KEEPING(what_two_holds_keep_of_somebody_erased_outlives_the_release_of_either),
	    cmocka_unit_test(an_erased_agent_goes_out_of_what_a_restriction_keeps_whole),
	    cmocka_unit_test(survivors_are_those_of_the_model_in_any_world),
	    cmocka_unit_test(a_fault_is_found_and_its_world_holds_nothing_that_does_not_matter),
	    cmocka_unit_test(whatever_the_world_shrinking_leaves_what_matters_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
