/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of which days holds may cover something, found by whose records there are.
 */
#include "retention/keeping.h"

#include "privacy/erase.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define OWN "+4570101010"

static struct hold_set find(struct world *world)
{
	struct hold_set set;
	struct err err;

	assert_ok(holds_load(&world->vault->read, world->account.number, &world->pool, &set, &err), &err);
	assert_ok(holds_find_days(&world->vault->read, &set, &world->pool, &err), &err);
	return set;
}

static bool touches(const struct hold_set *set, enum record_kind kind, const char *day)
{
	return holds_touch_period(set, kind, instant_date(world_time(day)));
}

/* The first of January has Anna's call, the second Bent's, the third a message of Anna's, the fourth a call by an agent. */
static void fill(struct world *world)
{
	struct world_record by_agent = {.world = world, .kind = KIND_CALL, .at = world_time("2026-01-04T10:00:00Z"),
					.phones = {BENT}, .agent = "101", .number = OWN, .text = "{}"};
	struct err err;

	by_agent.id = id_new(by_agent.at);
	world_put(world, KIND_CALL, "2026-01-01T10:00:00Z", "{}", ANNA, NULL);
	world_put(world, KIND_CALL, "2026-01-02T10:00:00Z", "{}", BENT, NULL);
	world_put(world, KIND_MESSAGE, "2026-01-03T10:00:00Z", "{}", ANNA, NULL);
	assert_ok(vault_write(world->vault, world_put_op, &by_agent, &err), &err);
}

static void a_hold_on_a_person_touches_the_days_they_have_records_of(void **state)
{
	struct world *world = *state;
	struct hold_set set;

	fill(world);
	hold_person(world, ANNA);
	set = find(world);
	assert_true(touches(&set, KIND_CALL, "2026-01-01T00:00:00Z"));
	assert_false(touches(&set, KIND_CALL, "2026-01-02T00:00:00Z"));
	assert_false(touches(&set, KIND_CALL, "2026-01-03T00:00:00Z"));
	assert_true(touches(&set, KIND_MESSAGE, "2026-01-03T00:00:00Z"));
	assert_false(touches(&set, KIND_CALL, "2026-01-04T00:00:00Z"));
}

static void with_a_range_and_kinds_it_is_narrower_still(void **state)
{
	struct world *world = *state;
	struct hold_request request = {.has_person = true, .kinds = 1u << KIND_MESSAGE, .has_until = true,
				       .until = world_time("2026-01-03T00:00:00Z")};
	struct hold_set set;

	fill(world);
	identity_of(world, IDENTITY_PHONE, ANNA, &request.person);
	add_hold(world, &request);
	set = find(world);
	assert_false(touches(&set, KIND_CALL, "2026-01-01T00:00:00Z"));
	assert_false(touches(&set, KIND_MESSAGE, "2026-01-03T00:00:00Z"));
}

static void a_hold_on_an_agent_touches_the_days_of_their_calls(void **state)
{
	struct world *world = *state;
	struct hold_request request = {.agent = 0};
	struct hold_set set;

	fill(world);
	request.agent = identity_of(world, IDENTITY_AGENT, "101", NULL);
	add_hold(world, &request);
	set = find(world);
	assert_true(touches(&set, KIND_CALL, "2026-01-04T00:00:00Z"));
	assert_false(touches(&set, KIND_CALL, "2026-01-01T00:00:00Z"));
}

/* The account's own number leads to nothing, nor does a hold on everything: every day is touched. */
static void what_leads_to_no_records_touches_every_day(void **state)
{
	struct world *world = *state;
	struct hold_request request = {.identity = 0};
	struct hold_set set;

	fill(world);
	request.identity = identity_of(world, IDENTITY_NUMBER, OWN, NULL);
	add_hold(world, &request);
	set = find(world);
	assert_false(set.scopes[0].has_days);
	assert_true(touches(&set, KIND_CALL, "2026-01-01T00:00:00Z"));
	assert_true(touches(&set, KIND_CALL, "2020-01-01T00:00:00Z"));
	request = (struct hold_request){.kinds = 1u << KIND_CALL};
	add_hold(world, &request);
	set = find(world);
	assert_true(touches(&set, KIND_CALL, "2020-01-01T00:00:00Z"));
}

/* P10 */
static void what_it_keeps_of_somebody_erased_is_touched(void **state)
{
	struct world *world = *state;
	const struct erase_options options = {.now = world->now};
	struct erase_result result;
	struct hold_set set;
	struct id anna;
	struct err err;

	fill(world);
	hold_person(world, ANNA);
	identity_of(world, IDENTITY_PHONE, ANNA, &anna);
	assert_ok(erase_person(world->vault, &world->account, anna, &options, &world->pool, &result, &err), &err);
	set = find(world);
	assert_true(touches(&set, KIND_CALL, "2026-01-01T00:00:00Z"));
	assert_true(touches(&set, KIND_MESSAGE, "2026-01-03T00:00:00Z"));
	assert_false(touches(&set, KIND_CALL, "2026-01-02T00:00:00Z"));
}

struct many { uint32_t account; int64_t identity; int records; int64_t apart_ms; };

static enum result many_op(struct session *session, void *arg, struct err *err)
{
	const struct many *many = arg;
	struct party_key key = {.identity = many->identity, .kind = KIND_CALL};
	enum result r = OK;

	for (int i = 0; i < many->records && r == OK; i++) {
		key.id = id_new((struct instant){INT64_C(1700000000000) + i * many->apart_ms});
		key.month = date_month_index(instant_date(id_time(key.id)));
		r = party_insert(session->data, many->account, &key, 1, err);
	}
	return r;
}

static void put_many(struct world *world, struct many many)
{
	struct err err;

	many.account = world->account.number;
	many.identity = identity_of(world, IDENTITY_PHONE, ANNA, NULL);
	assert_ok(vault_write(world->vault, many_op, &many, &err), &err);
}

/* A record a minute, from 2023-11-14T22:13:20Z on. */
static void of_who_has_very_many_records_the_days_are_found(void **state)
{
	struct world *world = *state;
	struct hold_set set;

	fill(world);
	put_many(world, (struct many){.records = 17000, .apart_ms = 60000});
	hold_person(world, ANNA);
	set = find(world);
	assert_int_equal(set.scopes[0].day_count, 13 + 2);
	assert_true(touches(&set, KIND_CALL, "2023-11-14T00:00:00Z"));
	assert_true(touches(&set, KIND_CALL, "2023-11-26T00:00:00Z"));
	assert_false(touches(&set, KIND_CALL, "2023-11-27T00:00:00Z"));
	assert_true(touches(&set, KIND_MESSAGE, "2026-01-03T00:00:00Z"));
}

static enum result many_holds_op(struct session *session, void *arg, struct err *err)
{
	struct hold_row row = *(const struct hold_row *)arg;
	enum result r = OK;

	for (int i = 1; i <= 1000 && r == OK; i++) {
		row.hold = i;
		row.id = id_new((struct instant){INT64_C(1700000000000) + i});
		r = hold_insert(session->data, &row, err);
	}
	return r;
}

/* Where they are more than are worth remembering, the rest of the holds touches every day. */
static void of_very_many_holds_and_days_some_touch_every_day(void **state)
{
	struct world *world = *state;
	struct hold_row row = {.account = world->account.number, .type = HOLD_LEGAL, .has_person = true,
			       .reason = (const unsigned char *)"", .custodian = (const unsigned char *)"",
			       .matter = (const unsigned char *)""};
	struct hold_set set;
	struct err err;

	fill(world);
	identity_of(world, IDENTITY_PHONE, ANNA, &row.person);
	assert_ok(vault_write(world->vault, many_holds_op, &row, &err), &err);
	set = find(world);
	assert_int_equal(set.count, 1000);
	assert_true(set.scopes[999].has_days);
	assert_false(touches(&set, KIND_CALL, "2020-01-01T00:00:00Z"));
	put_many(world, (struct many){.records = 1100, .apart_ms = INT64_C(86400000)});
	set = find(world);
	assert_true(set.scopes[900].has_days);
	assert_false(set.scopes[999].has_days);
	assert_true(touches(&set, KIND_CALL, "2020-01-01T00:00:00Z"));
}

/* Who destroys asks of the days at hand; of records under a hold's key it does not ask. */
static void in_a_range_the_days_of_no_others_are_found(void **state)
{
	struct world *world = *state;
	struct date first = date_from_civil(2026, 1, 3), last = date_from_civil(2026, 1, 31);
	struct hold_set set;
	struct err err;

	fill(world);
	hold_person(world, ANNA);
	hold_person(world, BENT);
	assert_ok(holds_load(&world->vault->read, world->account.number, &world->pool, &set, &err), &err);
	assert_ok(holds_find_due_days(&world->vault->read, &set, first, last, &world->pool, &err), &err);
	assert_int_equal(set.scopes[0].day_count, 1);
	assert_int_equal(set.scopes[1].day_count, 1);
	assert_true(touches(&set, KIND_MESSAGE, "2026-01-03T00:00:00Z"));
	assert_false(touches(&set, KIND_CALL, "2026-01-03T00:00:00Z"));
	assert_true(touches(&set, KIND_CALL, "2026-01-04T00:00:00Z"));
	assert_false(touches(&set, KIND_CALL, "2026-01-01T00:00:00Z"));
}

/* Every number of the plan is what the run then does. */
static void a_plan_looks_at_the_days_that_are_touched_and_counts_what_a_run_keeps(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct sweep_plan plan;
	struct err err;

	fill(world);
	world_put(world, KIND_CALL, "2026-01-01T11:00:00Z", "{}", BENT, NULL);
	hold_person(world, ANNA);
	set_policy(world, KIND_CALL, "10 days");
	assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
	assert_int_equal(plan.kinds[KIND_CALL].records, 4);
	assert_int_equal(plan.kinds[KIND_CALL].held, 1);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 3);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
}

static void call_of(struct world *world, const char *at, const char *number)
{
	struct world_record spec = {.world = world, .kind = KIND_CALL, .at = world_time(at), .phones = {BENT},
				    .number = number, .text = "{}"};
	struct err err;

	spec.id = id_new(spec.at);
	assert_ok(vault_write(world->vault, world_put_op, &spec, &err), &err);
}

/* Beside a hold on a number and one that ends in the middle of a day; before the run and after it, when some are held. */
static void a_plan_counts_what_is_held_by_number_and_time_sort_by_sort(void **state)
{
	struct world *world = *state;
	struct hold_request by_number = {.number = 0}, until_noon = {.has_until = true};
	struct sweep_result result;
	struct sweep_plan plan;
	struct err err;

	for (int i = 0; i < 3; i++)
		call_of(world, "2026-01-04T10:00:00Z", OWN);
	call_of(world, "2026-01-04T11:00:00Z", "+4570202020");
	call_of(world, "2026-01-02T11:00:00Z", "+4570202020");
	call_of(world, "2026-01-02T13:00:00Z", "+4570202020");
	by_number.number = identity_of(world, IDENTITY_NUMBER, OWN, NULL);
	add_hold(world, &by_number);
	until_noon.has_from = true;
	until_noon.from = world_time("2026-01-02T00:00:00Z");
	until_noon.until = world_time("2026-01-02T12:00:00Z");
	add_hold(world, &until_noon);
	set_policy(world, KIND_CALL, "10 days");
	for (int round = 0; round < 2; round++) {
		assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
		assert_int_equal(plan.kinds[KIND_CALL].held, 4 + round);
		assert_int_equal(sweep_plan_records(&plan.kinds[KIND_CALL]), 2 - round);
		run_sweep(world, &result);
		assert_int_equal(result.kinds[KIND_CALL].records, 2 - round);
		call_of(world, "2026-01-04T12:00:00Z", OWN);
		call_of(world, "2026-01-04T12:00:00Z", "+4570202020");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(a_hold_on_a_person_touches_the_days_they_have_records_of),
	    KEEPING(with_a_range_and_kinds_it_is_narrower_still),
	    KEEPING(a_hold_on_an_agent_touches_the_days_of_their_calls),
	    KEEPING(what_leads_to_no_records_touches_every_day),
	    KEEPING(what_it_keeps_of_somebody_erased_is_touched),
	    KEEPING(of_who_has_very_many_records_the_days_are_found),
	    KEEPING(of_very_many_holds_and_days_some_touch_every_day),
	    KEEPING(in_a_range_the_days_of_no_others_are_found),
	    KEEPING(a_plan_looks_at_the_days_that_are_touched_and_counts_what_a_run_keeps),
	    KEEPING(a_plan_counts_what_is_held_by_number_and_time_sort_by_sort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
