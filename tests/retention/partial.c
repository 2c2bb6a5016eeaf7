/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "parting.h"

#include "store/leaf.h"

/* P32 */
static void some_of_a_day_go_and_the_rest_is_read_as_before(void **state)
{
	struct world *world = *state;
	struct id in = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA), out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct id young = put(world, "2026-02-10T10:00:00Z", DIRECTION_INBOUND, ANNA);
	struct blob_name gone = attach(world, KIND_CALL, in, (struct key){{1}}),
			 stays = attach(world, KIND_CALL, out, (struct key){{2}});
	struct record_row before = row_of(world, KIND_CALL, in), also = row_of(world, KIND_CALL, out);
	struct sweep_result result;
	struct sweep_plan plan;
	struct err err;

	set_rules(world);
	assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
	assert_int_equal(plan.kinds[KIND_CALL].some_records, 1);
	assert_int_equal(plan.kinds[KIND_CALL].some_periods, 1);
	assert_int_equal(plan.kinds[KIND_CALL].records, 0);
	assert_int_equal(open_copy(world, &before), OK);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_int_equal(result.kinds[KIND_CALL].parts, 1);
	assert_int_equal(result.kinds[KIND_CALL].media, 1);
	assert_int_equal(result.kinds[KIND_CALL].bytes, plan.kinds[KIND_CALL].some_bytes);
	assert_false(is_there(world, KIND_CALL, in));
	assert_opens(world, KIND_CALL, out, "{\"n\":1}");
	assert_opens(world, KIND_CALL, young, "{\"n\":1}");
	assert_false(has_blob(world, &gone));
	assert_true(has_blob(world, &stays));
	/* Nothing of the day opens any more as it was copied: neither what went nor what stays. */
	assert_int_equal(open_copy(world, &before), ERR_GONE);
	assert_int_equal(open_copy(world, &also), ERR_GONE);
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_true(has_part_key(world, DAY "00:00:00Z", 1));
	assert_sound(world);
}

static void media_of_what_stays_open_under_the_new_key(void **state)
{
	struct world *world = *state;
	struct id out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct key sound = {{7}}, record_key, key;
	struct media_row media;
	struct record_row row;
	struct sweep_result result;
	size_t count;
	struct err err;

	put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	attach(world, KIND_CALL, out, sound);
	set_rules(world);
	run_sweep(world, &result);
	row = row_of(world, KIND_CALL, out);
	assert_ok(seal_record_key(world->vault->read.ring, &row, &record_key, &err), &err);
	assert_ok(media_list(world->vault->read.data, row.account, KIND_CALL, out, &media, 1, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_ok(open_media_key(&record_key, &media, &key, &err), &err);
	assert_memory_equal(&key, &sound, sizeof key);
}

static void records_that_come_later_are_of_the_part_that_stays(void **state)
{
	struct world *world = *state;
	struct id out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA), late;
	struct sweep_result result;

	put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	set_rules(world);
	run_sweep(world, &result);
	late = put(world, DAY "12:00:00Z", DIRECTION_OUTBOUND, BENT);
	assert_int_equal(row_of(world, KIND_CALL, late).part, 1);
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_sound(world);
	world->now = world_time("2027-01-10T00:00:00Z");
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 2);
	assert_false(is_there(world, KIND_CALL, out));
	assert_false(is_there(world, KIND_CALL, late));
	assert_false(has_part_key(world, DAY "00:00:00Z", 1));
	assert_sound(world);
}

static void a_day_is_looked_at_again_when_another_rule_has_come_to_it_and_not_before(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct id mid;

	put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	mid = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	put(world, DAY "12:00:00Z", DIRECTION_NONE, ANNA);
	set_rules(world);
	set_scoped(world, KIND_CALL, (struct policy_scope){.direction = DIRECTION_OUTBOUND}, "60 days");
	run_sweep(world, &result);
	assert_int_equal(period_of(world, DAY "00:00:00Z").looked.days, instant_date(world->now).days);
	world->now = world_time("2026-03-10T12:00:00Z"); /* a day too early */
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 0);
	assert_int_equal(period_of(world, DAY "00:00:00Z").looked.days, instant_date(world_time("2026-03-01T12:00:00Z")).days);
	world->now = world_time("2026-03-11T12:00:00Z");
	assert_int_equal(due_of(world), 1);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_false(is_there(world, KIND_CALL, mid));
	assert_int_equal(period_of(world, DAY "00:00:00Z").part, 2);
	assert_sound(world);
}

static void a_day_with_nothing_due_is_looked_at_once(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	uint64_t before, after;
	struct err err;

	put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	set_rules(world);
	run_sweep(world, &result);
	assert_int_equal(period_of(world, DAY "00:00:00Z").looked.days, instant_date(world->now).days);
	assert_int_equal(period_of(world, DAY "00:00:00Z").part, 0);
	assert_ok(leaf_tree_size(world->vault->read.data, &before, &err), &err);
	run_sweep(world, &result);
	assert_ok(leaf_tree_size(world->vault->read.data, &after, &err), &err);
	assert_int_equal(after - before, 2);
}

static enum result put_later_policy(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct policy later = {.kind = KIND_CALL, .scope = {.direction = DIRECTION_OUTBOUND}, .keep = {.days = 5},
			       .set_at = world->now, .begins_at = {world->now.ms + 86400000}, .set_by = "os:0"};

	return policy_put(session->data, world->account.number, &later, err);
}

/* Its version is lower than that of a rule that is in force already. */
static void a_rule_that_begins_later_than_a_newer_one_is_not_missed(void **state)
{
	struct world *world = *state;
	struct id out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct sweep_result result;
	struct err err;

	set_policy(world, KIND_CALL, "1 year");
	assert_ok(vault_write(world->vault, put_later_policy, world, &err), &err);
	set_scoped(world, KIND_CALL, incoming, "30 days");
	run_sweep(world, &result);
	assert_true(is_there(world, KIND_CALL, out));
	world->now.ms += 86400000;
	assert_int_equal(due_of(world), 1);
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, out));
}

static void a_clock_that_was_ahead_hides_nothing(void **state)
{
	struct world *world = *state;
	struct instant now = world->now;
	struct sweep_result result;
	struct id in;

	put(world, "2026-02-20T10:00:00Z", DIRECTION_OUTBOUND, ANNA);
	set_rules(world);
	world->now = world_time("2026-04-01T00:00:00Z");
	run_sweep(world, &result);
	world->now = now;
	in = put(world, "2026-02-20T11:00:00Z", DIRECTION_INBOUND, ANNA);
	run_sweep(world, &result);
	world->now = world_time("2026-03-25T00:00:00Z");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, in));
}

/* ---- holds ---- */

/* P10, P32 */
static void what_a_hold_covers_is_kept_and_its_old_key_goes_all_the_same(void **state)
{
	struct world *world = *state;
	struct id held = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA), gone = put(world, DAY "10:30:00Z", DIRECTION_INBOUND, BENT);
	struct id out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct record_row before = row_of(world, KIND_CALL, held);
	struct id hold = hold_person(world, ANNA);
	struct sweep_result result;

	set_rules(world);
	assert_int_equal(due_of(world), 1);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
	assert_int_equal(result.kinds[KIND_CALL].held, 1);
	assert_false(is_there(world, KIND_CALL, gone));
	assert_opens(world, KIND_CALL, held, "{\"n\":1}");
	assert_opens(world, KIND_CALL, out, "{\"n\":1}");
	assert_int_equal(row_of(world, KIND_CALL, out).hold, 0); /* it is not past its time */
	assert_int_equal(open_copy(world, &before), ERR_GONE);
	assert_sound(world);
	assert_int_equal(release_hold(world, hold), 1);
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, held));
	assert_opens(world, KIND_CALL, out, "{\"n\":1}");
	assert_sound(world);
}

struct meddling { struct world *world; bool done; };

static bool meddle(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct meddling *meddling = arg;

	(void)done;
	(void)total;
	if (phase != SWEEP_KEPT || meddling->done)
		return false;
	meddling->done = true;
	hold_person(meddling->world, ANNA);
	put(meddling->world, DAY "13:00:00Z", DIRECTION_OUTBOUND, BENT);
	return false;
}

static void a_hold_and_a_record_that_come_in_the_middle_are_heeded(void **state)
{
	struct world *world = *state;
	struct id held = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	struct meddling meddling = {world, false};
	struct sweep_result result;
	struct err err;

	put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, BENT);
	set_rules(world);
	assert_ok(sweep_run(world->vault, &world->account, world->now, meddle, &meddling, &world->pool, &result, &err),
		  &err);
	assert_true(meddling.done);
	assert_opens(world, KIND_CALL, held, "{\"n\":1}");
	assert_int_equal(period_of(world, DAY "00:00:00Z").records, 3);
	assert_sound(world);
}

static bool stop_once_kept(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	return phase == SWEEP_KEPT;
}

/* P10, P32: even when all that was due is kept, and a record of the day stays. */
static void the_old_key_of_what_was_kept_goes_after_a_run_that_was_stopped_before(void **state)
{
	struct world *world = *state;
	struct id held = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA), out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct record_row before = row_of(world, KIND_CALL, held);
	struct sweep_result result;
	struct err err;

	hold_person(world, ANNA);
	set_rules(world);
	assert_int_equal(sweep_run(world->vault, &world->account, world->now, stop_once_kept, NULL, &world->pool, &result,
				   &err), ERR_INTERRUPTED);
	assert_int_equal(open_copy(world, &before), OK);
	run_sweep(world, &result);
	assert_int_equal(open_copy(world, &before), ERR_GONE);
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_opens(world, KIND_CALL, held, "{\"n\":1}");
	assert_opens(world, KIND_CALL, out, "{\"n\":1}");
	assert_sound(world);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].parts, 0);
}

/* ---- random days and rules ---- */

#define RECORDS 60

struct one { struct id id; struct record_row copy; bool present; };
struct many { struct world *world; unsigned seed; struct one all[RECORDS]; };

static int pick(struct many *many, int below)
{
	many->seed = many->seed * 1664525u + 1013904223u;
	return (int)((many->seed >> 8) % (unsigned)below);
}

static const char *const spans[] = {"0 days", "7 days", "30 days", "1 month", "90 days", "13 months", "unlimited"};

static void set_random_rule(struct many *many)
{
	struct policy_scope scope = {0};

	if (pick(many, 3) == 0)
		scope.direction = pick(many, 2) ? DIRECTION_INBOUND : DIRECTION_OUTBOUND;
	if (pick(many, 3) == 0)
		scope.min_duration_ms = 1000 * (1 + pick(many, 3));
	if (pick(many, 3) == 0)
		scope.tag = 1 + pick(many, 3);
	set_scoped(many->world, KIND_CALL, scope, spans[pick(many, 7)]);
}

static void put_random(struct many *many, struct one *one)
{
	struct world_record spec = {.world = many->world, .kind = KIND_CALL, .text = "{\"n\":1}",
				    .direction = (enum direction)pick(many, 3), .duration_ms = 1000 * (1 + pick(many, 4)),
				    .label = pick(many, 4), .phones = {pick(many, 2) ? ANNA : BENT}};
	struct err err;

	spec.at = (struct instant){many->world->now.ms - pick(many, 8) * 15 * 86400000LL - pick(many, 43200) * 1000LL};
	spec.id = one->id = id_new(spec.at);
	assert_ok(vault_write(many->world->vault, world_put_op, &spec, &err), &err);
	one->copy = row_of(many->world, KIND_CALL, one->id);
	one->present = true;
}

static void check_run_of(struct many *many)
{
	struct world *world = many->world;
	struct policy_set policies;
	struct sweep_result result;
	int64_t due = due_of(world), gone = 0;
	struct err err;

	assert_ok(policies_load(&world->vault->read, world->account.number, world->now, &world->pool, &policies, &err),
		  &err);
	run_sweep(world, &result);
	for (int i = 0; i < RECORDS; i++) {
		struct one *one = &many->all[i];
		bool expired = one->present && policies_expired(&policies, &one->copy, instant_date(world->now));

		gone += expired;
		one->present = one->present && !expired;
		assert_int_equal(is_there(world, KIND_CALL, one->id), one->present);
		if (one->present)
			assert_opens(world, KIND_CALL, one->id, "{\"n\":1}");
		else
			assert_int_equal(open_copy(world, &one->copy), ERR_GONE);
	}
	assert_int_equal(due, gone);
	assert_int_equal(result.kinds[KIND_CALL].records, gone);
	assert_int_equal(due_of(world), 0);
	assert_sound(world);
}

/* P32: nothing is past its time that is there, nothing is gone that is not, and copies from before open nothing that is. */
static void random_rules_leave_exactly_what_is_not_past_its_time(void **state)
{
	const char *is_long = getenv("LONG");
	int rounds = is_long != NULL && *is_long != '\0' ? 60 : 6;

	(void)state;
	for (int round = 0; round < rounds; round++) {
		static struct many many;
		struct world world;

		world_begin(&world, "2026-03-01T12:00:00Z");
		many = (struct many){.world = &world, .seed = (unsigned)round * 104729u + 3};
		for (int i = 0; i < RECORDS; i++)
			put_random(&many, &many.all[i]);
		for (int step = 0; step < 8; step++) {
			for (int rules = pick(&many, 3); rules > 0; rules--)
				set_random_rule(&many);
			check_run_of(&many);
			world.now.ms += pick(&many, 30) * 86400000LL;
		}
		world_end(&world);
	}
}

/* ---- budgets ---- */

static int64_t tick(void *arg)
{
	return *(int64_t *)arg += 10;
}

static void a_run_stops_whole_at_its_budget_and_the_next_goes_on(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 2};
	char at[TIME_TEXT_MAX];
	struct sweep_result result;
	struct err err;

	for (int i = 1; i <= 6; i++) {
		snprintf(at, sizeof at, "2025-01-%02dT10:00:00Z", i);
		put(world, at, DIRECTION_OUTBOUND, ANNA);
		put(world, at, DIRECTION_INBOUND, ANNA);
	}
	put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	set_rules(world);
	for (int64_t left = 13; left > 0; left -= result.kinds[KIND_CALL].records) {
		assert_int_equal(due_of(world), left);
		assert_ok(sweep_run_within(world->vault, &world->account, world->now, &budget, NULL, NULL, &world->pool,
					   &result, &err), &err);
		assert_int_equal(result.kinds[KIND_CALL].records, left > 2 ? 2 : 1);
		assert_int_equal(result.spent, left > 2);
		assert_false(sweep_left_any(&result.left));
		assert_sound(world);
	}
}

static void a_run_stops_when_its_time_is_over_and_has_got_further(void **state)
{
	struct world *world = *state;
	int64_t clock = 0;
	struct sweep_budget budget = {.ms = 1, .clock = tick, .clock_arg = &clock};
	struct sweep_result result;
	struct err err;

	for (int i = 0; i < 70; i++) {
		char at[TIME_TEXT_MAX];

		instant_format(date_start(date_add_days(date_from_civil(2024, 1, 1), i)), at);
		put(world, at, DIRECTION_INBOUND, ANNA);
	}
	set_rules(world);
	assert_ok(sweep_run_within(world->vault, &world->account, world->now, &budget, NULL, NULL, &world->pool, &result,
				   &err), &err);
	assert_true(result.spent);
	assert_int_equal(result.kinds[KIND_CALL].records, 64); /* a batch */
	budget.ms = 1000000;
	assert_ok(sweep_run_within(world->vault, &world->account, world->now, &budget, NULL, NULL, &world->pool, &result,
				   &err), &err);
	assert_false(result.spent);
	assert_int_equal(result.kinds[KIND_CALL].records, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEEPING(some_of_a_day_go_and_the_rest_is_read_as_before),
		KEEPING(media_of_what_stays_open_under_the_new_key),
		KEEPING(records_that_come_later_are_of_the_part_that_stays),
		KEEPING(a_day_is_looked_at_again_when_another_rule_has_come_to_it_and_not_before),
		KEEPING(a_day_with_nothing_due_is_looked_at_once),
		KEEPING(a_rule_that_begins_later_than_a_newer_one_is_not_missed),
		KEEPING(a_clock_that_was_ahead_hides_nothing),
		KEEPING(what_a_hold_covers_is_kept_and_its_old_key_goes_all_the_same),
		KEEPING(a_hold_and_a_record_that_come_in_the_middle_are_heeded),
		KEEPING(the_old_key_of_what_was_kept_goes_after_a_run_that_was_stopped_before),
		cmocka_unit_test(random_rules_leave_exactly_what_is_not_past_its_time),
		KEEPING(a_run_stops_whole_at_its_budget_and_the_next_goes_on),
		KEEPING(a_run_stops_when_its_time_is_over_and_has_got_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
