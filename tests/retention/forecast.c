/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coming.h"

#include "retention/forecast.h"

#define ALL_KINDS UINT32_MAX
#define SEEDS 24

static enum result try_forecast(struct world *world, int days, uint32_t kinds, struct forecast *out, struct err *err)
{
	return forecast_make(&world->vault->read, world->account.number, world->now, days, kinds, &world->pool, out,
			     err);
}

static struct forecast forecast_of(struct world *world, int days)
{
	struct forecast forecast;
	struct err err;

	assert_ok(try_forecast(world, days, ALL_KINDS, &forecast, &err), &err);
	return forecast;
}

static struct forecast_day calls_on(const struct forecast *forecast, int day)
{
	return forecast->kinds[KIND_CALL][day];
}

/* ---- one thing at a time ---- */

/* P34 */
static void each_day_says_what_ends_on_it(void **state)
{
	struct world *world = *state;
	struct id second = call(world, "2026-02-20T10:00:00Z", ANNA);
	struct forecast forecast;

	call(world, "2025-12-01T10:00:00Z", ANNA); /* overdue */
	call(world, "2026-02-19T23:59:59Z", ANNA);
	call(world, "2026-02-20T00:00:00Z", BENT);
	call(world, "2026-02-28T00:00:00Z", BENT); /* beyond the days looked at */
	attach(world, KIND_CALL, second, (struct key){{1}});
	set_policy(world, KIND_CALL, "12 days");
	forecast = forecast_of(world, 5);
	assert_int_equal(calls_on(&forecast, 0).goes.records, 1);
	assert_int_equal(calls_on(&forecast, 1).goes.records, 0);
	assert_int_equal(calls_on(&forecast, 2).goes.records, 1);
	assert_int_equal(calls_on(&forecast, 3).goes.records, 2);
	assert_int_equal(calls_on(&forecast, 3).goes.media, 1);
	assert_int_equal(calls_on(&forecast, 4).goes.records + calls_on(&forecast, 5).goes.records, 0);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 4);
	assert_int_equal(forecast_all(&forecast, 3).goes.records, 2);
	assert_int_equal(forecast_all(&forecast, -1).held.records, 0);
}

/* P34 */
static void a_rule_that_begins_later_counts_from_then(void **state)
{
	struct world *world = *state;
	struct forecast forecast;

	call(world, "2026-02-01T10:00:00Z", ANNA);
	call(world, "2026-02-27T10:00:00Z", ANNA);
	put_rule(world, base, KIND_CALL, (struct span){.days = 7}, instant_add(days_from(world->now, 2), (struct duration){1}));
	forecast = forecast_of(world, 10);
	assert_int_equal(calls_on(&forecast, 0).goes.records + calls_on(&forecast, 2).goes.records, 0);
	assert_int_equal(calls_on(&forecast, 3).goes.records, 1);
	assert_int_equal(calls_on(&forecast, 5).goes.records, 1);
	put_rule(world, base, KIND_CALL, (struct span){.unlimited = true}, days_from(world->now, 4));
	forecast = forecast_of(world, 10);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 1);
	put_rule(world, base, KIND_CALL, (struct span){.days = 1}, days_from(world->now, 11));
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 1);
}

/* P34 */
static void what_holds_keep_is_set_apart_and_what_released_ones_kept_goes_today(void **state)
{
	struct world *world = *state;
	struct sweep_result swept;
	struct forecast forecast;
	struct id hold;

	call(world, "2025-01-01T10:00:00Z", ANNA);
	call(world, "2026-02-25T10:00:00Z", ANNA);
	call(world, "2026-02-25T11:00:00Z", BENT);
	world_put_contacts(world, ANNA, 1);
	set_policy(world, KIND_CALL, "1 year");
	hold = hold_person(world, ANNA);
	run_sweep(world, &swept);
	assert_int_equal(swept.kinds[KIND_CALL].kept, 1);
	set_policy(world, KIND_CALL, "7 days");
	forecast = forecast_of(world, 5);
	assert_int_equal(calls_on(&forecast, 0).held.records, 1);
	assert_int_equal(calls_on(&forecast, 0).goes.records, 0);
	assert_int_equal(calls_on(&forecast, 3).held.records, 1);
	assert_int_equal(calls_on(&forecast, 3).goes.records, 1);
	release_hold(world, hold);
	set_policy(world, KIND_CALL, "2 years");
	forecast = forecast_of(world, 5);
	assert_int_equal(calls_on(&forecast, 0).goes.records, 1);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 1);
	set_policy(world, KIND_CALL, "426 days"); /* its day ends tomorrow or so: it is not counted again */
	forecast = forecast_of(world, 5);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 1);
}

static void only_the_kinds_asked_for_and_only_this_account(void **state)
{
	struct world *world = *state;
	struct forecast forecast;
	struct err err;

	call(world, "2026-02-25T10:00:00Z", ANNA);
	world_put(world, KIND_NOTE, "2026-02-25T10:00:00Z", "{}", ANNA, NULL);
	set_policy(world, KIND_CALL, "7 days");
	set_policy(world, KIND_NOTE, "7 days");
	assert_int_equal(forecast_all(&(struct forecast){0}, -1).goes.records, 0);
	assert_ok(try_forecast(world, 30, UINT32_C(1) << KIND_NOTE, &forecast, &err), &err);
	assert_null(forecast.kinds[KIND_CALL]);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 1);
	forecast = forecast_of(world, AHEAD_DAYS_MAX);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 2);
	assert_ok(accounts_create(world->vault, "Another", "DE", world->now, &world->pool, &world->account, &err), &err);
	set_policy(world, KIND_CALL, "7 days");
	forecast = forecast_of(world, 30);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 0);
}

struct looked_op { struct world *world; struct date looked; int policy; };

static enum result looked_op(struct session *session, void *arg, struct err *err)
{
	struct looked_op *op = arg;
	struct period period;
	enum result r = period_get(session->data, op->world->account.number, KIND_CALL,
				   instant_date(world_time("2026-01-01T00:00:00Z")), &period, err);

	period.looked = op->looked;
	period.looked_policy = op->policy;
	return r == OK ? period_set_looked(session->data, op->world->account.number, &period, err) : r;
}

/* What stays of a day that a sweep has looked at is of the rules that have not ended yet. */
static void a_day_that_was_looked_at_is_not_opened_again_before_something_of_it_ends(void **state)
{
	struct world *world = *state;
	struct looked_op op = {world, instant_date(world->now), 2};
	struct forecast forecast;
	struct err err;

	put_of_number(world, world_time("2026-01-01T10:00:00Z"), "+4570101010");
	put_rule(world, base, KIND_CALL, (struct span){.days = 30}, world->now);
	put_rule(world, (struct policy_scope){.number = identity_of(world, IDENTITY_NUMBER, "+4570101010", NULL)},
		 KIND_CALL, (struct span){.days = 62}, world->now);
	forecast = forecast_of(world, 5);
	assert_int_equal(calls_on(&forecast, 3).goes.records, 1);
	assert_ok(vault_write(world->vault, looked_op, &op, &err), &err);
	world->now = days_from(world->now, -3); /* before anything of it ends */
	forecast = forecast_of(world, 5);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 0);
	world->now = days_from(world->now, 3);
	forecast = forecast_of(world, 5);
	assert_int_equal(calls_on(&forecast, 3).goes.records, 1);
	op.policy = 1; /* looked at under other rules: it is opened, and says the same */
	assert_ok(vault_write(world->vault, looked_op, &op, &err), &err);
	forecast = forecast_of(world, 5);
	assert_int_equal(calls_on(&forecast, 3).goes.records, 1);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 1);
}

static void damage_and_lack_of_memory_are_reported(void **state)
{
	struct world *world = *state;
	struct forecast forecast;
	struct pool tiny;
	struct err err;

	call(world, "2026-02-25T10:00:00Z", ANNA);
	set_policy(world, KIND_CALL, "7 days");
	for (size_t room = 0; room < 20000; room += 4000) {
		enum result r;

		pool_init(&tiny, room);
		r = forecast_make(&world->vault->read, world->account.number, world->now, 30, ALL_KINDS, &tiny,
				  &forecast, &err);
		assert_true(r == ERR_NO_MEMORY);
		pool_free(&tiny);
	}
	hold_person(world, ANNA);
	assert_ok(db_script(world->vault->write.data, "UPDATE record SET parties = x'ff'", &err), &err);
	assert_int_equal(try_forecast(world, 30, ALL_KINDS, &forecast, &err), ERR_CORRUPT);
}

/* ---- random worlds ---- */

static void assert_same(uint64_t seed, int day, const struct forecast_sum *said, const struct sweep_done *done,
			bool whole)
{
	if (said->records != done->records || (whole && (said->media != done->media || said->bytes != done->bytes)))
		fail_msg("seed %llu, day %d: %lld records, %lld media, %lld bytes were said, %lld, %lld, %lld went",
			 (unsigned long long)seed, day, (long long)said->records, (long long)said->media,
			 (long long)said->bytes, (long long)done->records, (long long)done->media,
			 (long long)done->bytes);
}

/* A sweep counts what it newly keeps, and of days that it need not look at again nothing; on the first day the forecast counts what is kept already, too. */
static void assert_kept(uint64_t seed, int day, const struct forecast_day *said, const struct sweep_done *done,
			bool scoped)
{
	bool same = said->held.records == done->kept && said->obliged.records == done->cut;

	if (day == 0)
		same = scoped || !done->bounded || said->held.records + said->obliged.records == done->held;
	if (!same)
		fail_msg("seed %llu, day %d: %lld held and %lld obliged were said, %lld and %lld were, %lld in all",
			 (unsigned long long)seed, day, (long long)said->held.records,
			 (long long)said->obliged.records, (long long)done->kept, (long long)done->cut,
			 (long long)done->held);
}

#define LAST 9

static void sweep_each_day(struct world *world, uint64_t seed, const struct forecast *forecast)
{
	bool scoped = identity_of(world, IDENTITY_NUMBER, "+4570101010", NULL) != 0;

	for (int day = 0; day <= LAST; day++) {
		struct sweep_result swept;

		run_sweep(world, &swept);
		for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
			const struct forecast_day *said = &forecast->kinds[kind][day];

			/* Of what released holds and obligations kept, a sweep counts records only. */
			assert_same(seed, day, &said->goes, &swept.kinds[kind], day > 0 && swept.duties == 0);
			assert_kept(seed, day, said, &swept.kinds[kind], scoped);
		}
		world->now = days_from(world->now, 1);
	}
}

/* P34 */
static void in_random_worlds_each_day_is_what_a_sweep_then_deletes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world world;
		struct forecast forecast;
		uint64_t random = seed;

		world_begin(&world, "2026-03-01T12:00:00Z");
		some_world(&world, &random);
		forecast = forecast_of(&world, LAST);
		sweep_each_day(&world, seed, &forecast);
		world_end(&world);
	}
}

/* ---- narrower rules, by every record and every day ---- */

static void model_record(struct world *world, const struct record_row *row, int64_t expected[LAST + 1])
{
	struct policy_set set;
	struct err err;

	for (int day = 0; day <= LAST; day++) {
		struct instant then = days_from(world->now, day);

		assert_ok(policies_load(&world->vault->read, world->account.number, then, &world->pool, &set, &err), &err);
		if (policies_expired(&set, row, instant_date(then))) {
			expected[day]++;
			return;
		}
	}
}

static void model_world(struct world *world, int64_t expected[LAST + 1])
{
	struct record_row rows[16];
	size_t count;
	struct err err;

	for (int day = -41; day <= 0; day++) {
		assert_ok(record_list_day(world->vault->read.data, world->account.number, KIND_CALL,
					  instant_date(days_from(world->now, day)), (struct id){{0}}, &world->pool, rows,
					  16, &count, &err), &err);
		assert_true(count < 16);
		for (size_t i = 0; i < count; i++)
			model_record(world, &rows[i], expected);
	}
}

/* P34 */
static void in_random_worlds_with_narrower_rules_each_day_is_what_their_rules_end_on_it(void **state)
{
	static const char *const numbers[] = {"+4570101010", "+4570202020", "+4570303030"};

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		int64_t expected[LAST + 1] = {0};
		struct world world;
		struct forecast forecast;
		uint64_t random = seed;

		world_begin(&world, "2026-03-01T12:00:00Z");
		for (int i = 0; i < 40; i++)
			put_of_number(&world, some_time(&world, &random), numbers[i < 3 ? i : below(&random, 3)]);
		if (seed % 4 != 0)
			some_rule(&world, &random, KIND_CALL, base);
		for (int i = below(&random, 5); i >= 0; i--) {
			int64_t number = identity_of(&world, IDENTITY_NUMBER, numbers[below(&random, 2)], NULL);

			some_rule(&world, &random, KIND_CALL, (struct policy_scope){.number = number});
		}
		forecast = forecast_of(&world, LAST);
		model_world(&world, expected);
		for (int day = 0; day <= LAST; day++) {
			if (calls_on(&forecast, day).goes.records != expected[day])
				fail_msg("seed %llu, day %d", (unsigned long long)seed, day);
		}
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(each_day_says_what_ends_on_it),
	    KEEPING(a_rule_that_begins_later_counts_from_then),
	    KEEPING(what_holds_keep_is_set_apart_and_what_released_ones_kept_goes_today),
	    KEEPING(only_the_kinds_asked_for_and_only_this_account),
	    KEEPING(a_day_that_was_looked_at_is_not_opened_again_before_something_of_it_ends),
	    KEEPING(damage_and_lack_of_memory_are_reported),
	    cmocka_unit_test(in_random_worlds_each_day_is_what_a_sweep_then_deletes),
	    cmocka_unit_test(in_random_worlds_with_narrower_rules_each_day_is_what_their_rules_end_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
