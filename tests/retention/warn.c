/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coming.h"

#include "retention/warn.h"
#include "store/leaf.h"

#define SEEDS 10
#define DAYS 24

static enum result try_find(struct world *world, struct warnings *out, struct err *err)
{
	return warnings_find(&world->vault->read, world->account.number, world->now, &world->pool, out, err);
}

static struct warnings find(struct world *world)
{
	struct warnings warnings;
	struct err err;

	assert_ok(try_find(world, &warnings, &err), &err);
	return warnings;
}

/* What is said, and marked as said. */
static struct warnings say(struct world *world)
{
	struct warnings warnings = find(world);
	struct err err;

	assert_ok(warnings_mark(world->vault, world->account.number, &warnings, world->now, &err), &err);
	return warnings;
}

static void set_leads(struct world *world, const char *leads)
{
	struct err err;

	assert_ok(settings_set(world->vault, &world->account, "warn_days", leads, world->now, &world->pool, &err), &err);
}

static void assert_warns(const struct warning *warning, int lead, int64_t records, const char *first, const char *last)
{
	char text[TIME_TEXT_MAX];

	assert_int_equal(warning->lead, lead);
	assert_int_equal(warning->goes.records, records);
	assert_string_equal(date_format(warning->first, text), first);
	assert_string_equal(date_format(warning->last, text), last);
}

static void next_day(struct world *world, int days)
{
	world->now = days_from(world->now, days);
}

/* ---- one thing at a time ---- */

/* P38 */
static void each_lead_says_once_what_comes_within_it(void **state)
{
	struct world *world = *state;
	struct warnings said;

	call(world, "2026-02-19T10:00:00Z", ANNA); /* goes on 3 March */
	call(world, "2026-02-20T10:00:00Z", ANNA);
	call(world, "2026-02-25T10:00:00Z", BENT); /* goes on 9 March */
	set_policy(world, KIND_CALL, "12 days");
	said = say(world);
	assert_int_equal(said.count, 2);
	assert_warns(&said.list[0], 7, 2, "2026-03-03", "2026-03-04");
	assert_warns(&said.list[1], 30, 1, "2026-03-09", "2026-03-09");
	assert_int_equal(say(world).count, 0);
	next_day(world, 1);
	said = say(world);
	assert_int_equal(said.count, 2);
	assert_warns(&said.list[0], 1, 1, "2026-03-03", "2026-03-03");
	assert_warns(&said.list[1], 7, 1, "2026-03-09", "2026-03-09");
	next_day(world, 1);
	said = say(world);
	assert_int_equal(said.count, 1);
	assert_warns(&said.list[0], 1, 1, "2026-03-04", "2026-03-04");
}

/* P38 */
static void a_long_gap_loses_nothing_and_what_is_late_is_said_at_the_nearest_lead(void **state)
{
	struct world *world = *state;
	struct warnings said;

	call(world, "2026-02-01T10:00:00Z", ANNA);
	call(world, "2026-02-27T10:00:00Z", ANNA);
	call(world, "2026-03-01T10:00:00Z", ANNA);
	set_policy(world, KIND_CALL, "90 days");
	assert_int_equal(say(world).count, 0);
	next_day(world, 88); /* 28 May: the first is past its time, and no sweep has been */
	said = say(world);
	assert_int_equal(said.count, 2);
	assert_warns(&said.list[0], 1, 2, "2026-05-28", "2026-05-28");
	assert_warns(&said.list[1], 7, 1, "2026-05-30", "2026-05-30");
	assert_int_equal(say(world).count, 0);
}

/* P38 */
static void a_changed_policy_warns_again_and_one_that_begins_later_does_at_once(void **state)
{
	struct world *world = *state;
	struct warnings said;

	call(world, "2026-02-20T10:00:00Z", ANNA);
	set_policy(world, KIND_CALL, "30 days");
	assert_warns(&say(world).list[0], 30, 1, "2026-03-22", "2026-03-22");
	assert_int_equal(say(world).count, 0);
	put_rule(world, base, KIND_CALL, (struct span){.days = 14}, days_from(world->now, 2));
	said = say(world);
	assert_int_equal(said.count, 1);
	assert_warns(&said.list[0], 7, 1, "2026-03-06", "2026-03-06");
	assert_int_equal(say(world).count, 0);
	put_rule(world, base, KIND_CALL, (struct span){.unlimited = true}, world->now);
	assert_int_equal(say(world).count, 0);
}

/* P38 */
static void what_was_not_marked_is_said_again(void **state)
{
	struct world *world = *state;

	call(world, "2026-02-20T10:00:00Z", ANNA);
	set_policy(world, KIND_CALL, "12 days");
	assert_int_equal(find(world).count, 1);
	assert_int_equal(find(world).count, 1);
	assert_int_equal(say(world).count, 1);
	assert_int_equal(find(world).count, 0);
}

static void a_kind_of_which_nothing_goes_is_not_marked_so_that_what_arrives_is_said(void **state)
{
	struct world *world = *state;

	call(world, "2026-02-20T10:00:00Z", ANNA);
	set_policy(world, KIND_CALL, "12 days");
	set_policy(world, KIND_NOTE, "12 days");
	assert_int_equal(say(world).count, 1);
	world_put(world, KIND_NOTE, "2026-02-20T10:00:00Z", "{}", ANNA, NULL);
	assert_int_equal(say(world).count, 1);
}

static void each_warning_has_its_leaf_without_anything_personal(void **state)
{
	struct world *world = *state;
	struct leaf leaf;
	uint64_t size;
	struct err err;

	call(world, "2026-02-20T10:00:00Z", ANNA);
	set_policy(world, KIND_CALL, "12 days");
	assert_int_equal(say(world).count, 1);
	assert_ok(leaf_tree_size(world->vault->read.data, &size, &err), &err);
	assert_ok(leaf_get(world->vault->read.data, size - 1, &world->pool, &leaf, &err), &err);
	assert_int_equal(leaf.term, LEAF_PROOF);
	assert_non_null(strstr(leaf.body, "\"retention.warn\""));
	assert_non_null(strstr(leaf.body, "\"first_day\":\"2026-03-04T00:00:00Z\",\"kind\":\"call\",\"last_day\":\"2026-03-04T00:00:00Z\",\"lead_days\":7,"
					  "\"media\":0,\"records\":1"));
	assert_int_equal(say(world).count, 0);
	assert_ok(leaf_tree_size(world->vault->read.data, &size, &err), &err);
	assert_int_equal(leaf.seq, size - 1);
}

static void leads_can_be_set_and_what_a_hold_keeps_is_not_said(void **state)
{
	struct world *world = *state;
	struct warnings said;

	call(world, "2026-02-20T10:00:00Z", ANNA);
	call(world, "2026-02-20T11:00:00Z", BENT);
	set_policy(world, KIND_CALL, "30 days");
	hold_person(world, ANNA);
	set_leads(world, "20");
	assert_int_equal(say(world).count, 0);
	set_leads(world, "366,21,20");
	said = say(world);
	assert_int_equal(said.count, 1);
	assert_warns(&said.list[0], 21, 1, "2026-03-22", "2026-03-22");
}

struct setting_op { struct world *world; const char *name, *value; };

static enum result setting_op(struct session *session, void *arg, struct err *err)
{
	struct setting_op *op = arg;

	return setting_put(session->data, op->world->account.number, op->name, op->value, err);
}

static void put_setting(struct world *world, const char *name, const char *value)
{
	struct setting_op op = {world, name, value};
	struct err err;

	assert_ok(vault_write(world->vault, setting_op, &op, &err), &err);
}

static void a_damaged_mark_warns_again_and_damaged_leads_and_lack_of_memory_are_reported(void **state)
{
	static const char *const damaged[] = {"x", "9999-99-99 1", "2026-03-08 x", "2026-03-08", ""};
	struct world *world = *state;
	struct warnings said;
	struct pool tiny;
	struct err err;

	call(world, "2026-02-20T10:00:00Z", ANNA);
	set_policy(world, KIND_CALL, "12 days");
	for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
		say(world);
		put_setting(world, "warned_7_call", damaged[i]);
		assert_int_equal(find(world).count, 1);
	}
	for (size_t room = 0; room < 20000; room += 4000) {
		pool_init(&tiny, room);
		assert_int_equal(warnings_find(&world->vault->read, world->account.number, world->now, &tiny, &said, &err),
				 ERR_NO_MEMORY);
		pool_free(&tiny);
	}
	put_setting(world, "warn_days", "7,30");
	assert_int_equal(try_find(world, &said, &err), ERR_CORRUPT);
	assert_string_equal(err.what, "the account's setting warn_days is damaged");
}

/* ---- random worlds ---- */

static const int leads[] = {9, 4, 1};
#define LEADS (sizeof leads / sizeof leads[0])

struct told { int64_t goes, cut; };
struct tale {
	struct told said[DAYS][LEADS][KIND_COUNT]; /* on each day */
	struct told went[DAYS + 10][KIND_COUNT];   /* as a sweep on each day did */
	bool ran[DAYS];                            /* was it asked for warnings on that day? */
};

static size_t place_of(int lead)
{
	for (size_t i = 0; i < LEADS; i++) {
		if (leads[i] == lead)
			return i;
	}
	fail_msg("%d days is no lead", lead);
	return 0;
}

static void listen(struct world *world, struct told said[LEADS][KIND_COUNT])
{
	struct warnings warnings = say(world);

	for (size_t i = 0; i < warnings.count; i++) {
		size_t lead = place_of(warnings.list[i].lead);

		assert_int_equal(said[lead][warnings.list[i].kind].goes + said[lead][warnings.list[i].kind].cut, 0);
		said[lead][warnings.list[i].kind] = (struct told){warnings.list[i].goes.records, warnings.list[i].cut};
	}
	assert_int_equal(say(world).count, 0);
}

static void live(struct world *world, uint64_t *random, bool gaps, struct tale *tale)
{
	for (int day = 0; day < DAYS + 10; day++) {
		struct sweep_result swept;

		if (day < DAYS && (!gaps || below(random, 4) == 0)) {
			tale->ran[day] = true;
			listen(world, tale->said[day]);
		}
		run_sweep(world, &swept);
		for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
			tale->went[day][kind] = (struct told){swept.kinds[kind].records, swept.kinds[kind].cut};
		next_day(world, 1);
	}
}

/* From what went alone: at each lead, on the first run from which a day is that near, and not nearer than the next. */
static struct told expected(const struct tale *tale, int day, size_t lead, int kind)
{
	struct told sum = {0};

	for (int on = day + (lead + 1 < LEADS ? leads[lead + 1] + 1 : 0); on <= day + leads[lead]; on++) {
		int before = on - leads[lead] > 0 ? on - leads[lead] : 0;

		while (before < day && !tale->ran[before])
			before++;
		if (before < day)
			continue;
		sum.goes += tale->went[on][kind].goes;
		sum.cut += tale->went[on][kind].cut;
	}
	return sum;
}

static void assert_told(const struct tale *tale, uint64_t seed)
{
	for (int day = 0; day < DAYS; day++) {
		for (size_t lead = 0; lead < LEADS && tale->ran[day]; lead++) {
			for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
				struct told want = expected(tale, day, lead, kind), got = tale->said[day][lead][kind];

				if (got.goes != want.goes || got.cut != want.cut)
					fail_msg("seed %llu, day %d, lead %d, %s: %lld and %lld cut were said, not %lld and %lld",
						 (unsigned long long)seed, day, leads[lead], kind_name((enum record_kind)kind),
						 (long long)got.goes, (long long)got.cut, (long long)want.goes,
						 (long long)want.cut);
			}
		}
	}
}

static void try_worlds(bool gaps)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct tale *tale = test_calloc(1, sizeof *tale);
		uint64_t random = seed;
		struct world world;

		world_begin(&world, "2026-03-01T12:00:00Z");
		some_world(&world, &random);
		set_leads(&world, "9,4,1");
		live(&world, &random, gaps, tale);
		assert_told(tale, seed);
		world_end(&world);
		test_free(tale);
	}
}

/* P38 */
static void in_random_worlds_each_record_that_goes_was_said_once_at_each_lead_on_the_day_it_came_within_it(void **state)
{
	(void)state;
	try_worlds(false);
}

/* P38 */
static void in_random_worlds_gaps_lose_nothing_and_nothing_is_said_twice_at_a_lead(void **state)
{
	(void)state;
	try_worlds(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(each_lead_says_once_what_comes_within_it),
	    KEEPING(a_long_gap_loses_nothing_and_what_is_late_is_said_at_the_nearest_lead),
	    KEEPING(a_changed_policy_warns_again_and_one_that_begins_later_does_at_once),
	    KEEPING(what_was_not_marked_is_said_again),
	    KEEPING(a_kind_of_which_nothing_goes_is_not_marked_so_that_what_arrives_is_said),
	    KEEPING(each_warning_has_its_leaf_without_anything_personal),
	    KEEPING(leads_can_be_set_and_what_a_hold_keeps_is_not_said),
	    KEEPING(a_damaged_mark_warns_again_and_damaged_leads_and_lack_of_memory_are_reported),
	    cmocka_unit_test(
		in_random_worlds_each_record_that_goes_was_said_once_at_each_lead_on_the_day_it_came_within_it),
	    cmocka_unit_test(in_random_worlds_gaps_lose_nothing_and_nothing_is_said_twice_at_a_lead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
