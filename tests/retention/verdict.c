/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Random accounts, days and records: what becomes of a day is what becomes of each record in it, and what becomes
 * of a record is what the model of one record says.  VERDICT_SEED=n begins there, VERDICT_WORLDS=n plays so many; LONG=1: many.
 */
#include "retention/model.h"
#include "world.h"

#include "retention/verdict.h"

#define RULES 6
#define HOLDS 3
#define LAWS 3
#define RECORDS 24
#define DAY_MS INT64_C(86400000)

struct scene {
	struct model_random random;
	struct pool pool;
	struct policy_set policies;
	struct hold_scope scopes[HOLDS];
	struct hold_set holds;
	struct obligation laws[LAWS];
	struct duty_law applied[LAWS];
	struct duty_set duties;
	struct verdict_rules rules;
	struct date day;
};

static long number_of(const char *name, long fallback)
{
	const char *text = getenv(name);

	return text == NULL ? fallback : strtol(text, NULL, 10);
}

/* ---- a random account ---- */

static void add_rule(struct scene *s, int version)
{
	struct model_span keep = model_any_span(&s->random);
	struct policy rule = {.kind = KIND_CALL,
			      .version = version,
			      .keep = {.months = keep.months, .days = keep.days, .unlimited = keep.unlimited}};
	struct policy_set more;
	struct err err;

	if (version > 1 || model_chance(&s->random, 8)) {
		rule.scope.tag = model_chance(&s->random, 2) ? 5 + model_pick(&s->random, 2) : 0;
		rule.scope.direction = model_chance(&s->random, 2) ? DIRECTION_INBOUND : DIRECTION_NONE;
		rule.scope.min_duration_ms = 1000 * model_pick(&s->random, 3);
	}
	assert_ok(policies_with(&s->policies, &rule, &s->pool, &more, &err), &err);
	s->policies = more;
}

/* Many of them narrow, so that they touch some days and not others. */
static void add_hold(struct scene *s)
{
	struct hold_scope *scope = &s->scopes[s->holds.count++];
	int64_t start = date_start(s->day).ms;

	*scope = (struct hold_scope){.row = {.hold = (int64_t)s->holds.count,
					     .type = s->holds.count == 1 ? HOLD_LEGAL : HOLD_RESTRICTION}};
	s->holds.legal += scope->row.type == HOLD_LEGAL;
	scope->row.identity = model_chance(&s->random, 2) ? 1 + model_pick(&s->random, 3) : 0;
	scope->row.kinds = model_chance(&s->random, 3) ? 1u << KIND_MESSAGE : 0;
	scope->row.has_from = model_chance(&s->random, 2);
	scope->row.from.ms = start + (model_pick(&s->random, 7) - 3) * DAY_MS / 2;
	scope->row.has_until = model_chance(&s->random, 2);
	scope->row.until.ms = start + (model_pick(&s->random, 7) - 3) * DAY_MS / 2;
}

static void add_law(struct scene *s)
{
	size_t nth = s->duties.count++;

	s->laws[nth] = (struct obligation){.code = nth == 0 ? "xx-a" : nth == 1 ? "xx-b" : "xx-c",
					   .country = "XX",
					   .kinds = 1u << (model_chance(&s->random, 2) ? KIND_CALL : KIND_MESSAGE),
					   .fields = model_chance(&s->random, 6) ? MODEL_ALL : 1u + (unsigned)model_pick(&s->random, 255),
					   .period = {.days = 1 + model_pick(&s->random, 900)}};
	if (model_chance(&s->random, 3))
		s->laws[nth].statuses = 1u << STATUS_MISSED;
	s->applied[nth] = (struct duty_law){.law = &s->laws[nth]};
}

static void begin(struct scene *s, uint64_t seed)
{
	int rules, holds, laws;

	memset(s, 0, sizeof *s);
	s->random.state = seed;
	pool_init(&s->pool, (size_t)16 * 1024 * 1024);
	s->day.days = model_any_day(&s->random);
	rules = model_chance(&s->random, 2) ? 1 : model_pick(&s->random, RULES);
	holds = model_chance(&s->random, 3) ? model_pick(&s->random, HOLDS + 1) : 0;
	laws = model_chance(&s->random, 3) ? model_pick(&s->random, LAWS + 1) : 0;
	s->policies.billing.waits = model_chance(&s->random, 6);
	s->policies.billing.said = model_chance(&s->random, 2);
	s->policies.billing.until.days = s->day.days + model_pick(&s->random, 3) - 1;
	s->holds.scopes = s->scopes;
	s->duties.laws = s->applied;
	for (int i = 0; i < rules; i++)
		add_rule(s, i + 1);
	for (int i = 0; i < holds; i++)
		add_hold(s);
	for (int i = 0; i < laws; i++)
		add_law(s);
}

/* Any day, but often just about when a rule ends what is of the day. */
static void choose_today(struct scene *s)
{
	int today = s->day.days + model_pick(&s->random, 1000);

	if (s->policies.count > 0 && model_chance(&s->random, 2)) {
		struct span keep = s->policies.rules[model_pick(&s->random, (int)s->policies.count)].keep;

		if (!keep.unlimited)
			today = date_add_span(s->day, keep).days - 2 + model_pick(&s->random, 5);
	}
	s->rules = (struct verdict_rules){.policies = &s->policies, .holds = &s->holds, .duties = &s->duties,
					  .now = {date_start((struct date){today}).ms + model_pick(&s->random, (int)DAY_MS)}};
	s->duties.now = s->rules.now;
	s->duties.today = instant_date(s->rules.now);
}

static struct record_row any_record(struct scene *s)
{
	struct record_row row = {.kind = KIND_CALL,
				 .id = id_new((struct instant){date_start(s->day).ms + model_pick(&s->random, (int)DAY_MS)}),
				 .direction = model_chance(&s->random, 2) ? DIRECTION_INBOUND : DIRECTION_OUTBOUND,
				 .status = model_chance(&s->random, 2) ? STATUS_MISSED : STATUS_ANSWERED,
				 .duration_ms = 1000 * model_pick(&s->random, 4),
				 .party_count = 1,
				 .parties = {{1 + model_pick(&s->random, 4), ROLE_FROM}}};

	for (int tag = 5; tag <= 6; tag++) {
		if (model_chance(&s->random, 2))
			row.labels[row.label_count++] = tag;
	}
	return row;
}

static void end(struct scene *s)
{
	pool_free(&s->pool);
}

/* ---- a day and its records ---- */

static const char *const fates[] = {
    [FATE_STAYS] = "stays", [FATE_GOES] = "goes", [FATE_HELD] = "is held", [FATE_CUT] = "is cut"};

/* Were all of the day one, or were they not? */
static bool play_day(uint64_t seed, bool *goes)
{
	struct scene s;
	struct ruling whole, one;
	bool sure;

	begin(&s, seed);
	choose_today(&s);
	sure = verdict_of_period(&s.rules, KIND_CALL, s.day, &whole);
	for (int i = 0; i < RECORDS && sure; i++) {
		struct record_row row = any_record(&s);
		struct verdict_case c = {.row = &row};

		verdict_of(&s.rules, &c, &one);
		if (one.fate != whole.fate)
			fail_msg("VERDICT_SEED=%llu VERDICT_WORLDS=1: the day %s, and a record of it %s",
				 (unsigned long long)seed, fates[whole.fate], fates[one.fate]);
	}
	*goes = sure && whole.fate == FATE_GOES;
	end(&s);
	return sure;
}

static void a_days_verdict_is_that_of_each_record_in_it(void **state)
{
	uint64_t seed = (uint64_t)number_of("VERDICT_SEED", 1);
	long worlds = number_of("VERDICT_WORLDS", getenv("LONG") != NULL ? 1000000 : 20000), sure = 0, gone = 0;
	(void)state;

	for (long i = 0; i < worlds; i++) {
		bool goes;

		sure += play_day(seed + (uint64_t)i, &goes);
		gone += goes;
	}
	print_message("of %ld days %ld had a verdict of their own; %ld went\n", worlds, sure, gone);
	if (worlds >= 1000) {
		assert_true(sure > worlds / 4);
		assert_true(gone > worlds / 20);
	}
}

/* With nothing that could make its records differ, a day need not be opened. */
static void a_day_under_one_rule_that_nothing_keeps_anything_of_has_a_verdict(void **state)
{
	struct scene s;
	struct ruling ruling;
	(void)state;

	for (uint64_t seed = 1; seed <= 1000; seed++) {
		begin(&s, seed);
		s.holds.count = s.duties.count = 0;
		choose_today(&s);
		if (s.policies.count == 1 && policies_base(&s.policies, KIND_CALL) != NULL)
			assert_true(verdict_of_period(&s.rules, KIND_CALL, s.day, &ruling));
		end(&s);
	}
}

/* ---- a record and the model of one ---- */

static struct model_case case_of(const struct scene *s, const struct verdict_facts *f)
{
	struct model_case c = {.occurred = s->day.days, .today = instant_date(s->rules.now).days};

	c.key_gone = f->facts.key_gone;
	c.holds = (int)f->facts.hold_count;
	c.restrictions = (int)f->facts.restriction_count;
	c.unbilled = f->facts.unbilled;
	c.erased = f->facts.erasure == ERASURE_DONE;
	c.expired = f->facts.expired;
	c.has_policy = f->facts.policy.version > 0;
	c.policy = (struct model_span){f->facts.policy.keep.unlimited, f->facts.policy.keep.months, f->facts.policy.keep.days};
	for (size_t i = 0; i < f->facts.obligation_count; i++)
		c.laws[c.law_count++] = (struct model_law){f->facts.obligations[i].fields, f->facts.obligations[i].ends.days};
	return c;
}

/* Somebody else's reasons to keep it left out. */
static bool is_due(struct model_case c)
{
	c.holds = c.restrictions = c.law_count = 0;
	return model_verdict(&c).keeps == 0;
}

static void assert_as_the_model(uint64_t seed, const struct model_case *model, const struct ruling *ruling)
{
	unsigned keeps = model_verdict(model).keeps;
	bool right = false;

	switch (ruling->fate) {
	case FATE_STAYS:
		right = keeps == MODEL_ALL && !is_due(*model);
		break;
	case FATE_GOES:
		right = keeps == 0;
		break;
	case FATE_HELD:
		right = keeps == MODEL_ALL && is_due(*model) &&
			(ruling->scope->row.type == HOLD_LEGAL ? model->holds > 0 : model->restrictions > 0);
		break;
	case FATE_CUT:
		right = keeps == ruling->cover.fields && is_due(*model);
		break;
	}
	if (!right)
		fail_msg("VERDICT_SEED=%llu VERDICT_WORLDS=1: it %s, and of it the model keeps %u",
			 (unsigned long long)seed, fates[ruling->fate], keeps);
}

static void play_record(uint64_t seed)
{
	struct held_row held = {.hold = 9, .due = {1}};
	struct verdict_facts facts;
	struct record_row row;
	struct model_case model;
	struct ruling ruling;
	struct scene s;
	struct verdict_case c = {.row = &row};

	begin(&s, seed);
	choose_today(&s);
	row = any_record(&s);
	if (model_chance(&s.random, 3)) {
		row.hold = model_chance(&s.random, 2) ? 9 : 1 + model_pick(&s.random, HOLDS);
		held.cause = model_chance(&s.random, 2) ? HELD_EXPIRED : HELD_ERASED;
		c.held = &held;
	}
	c.erased = model_chance(&s.random, 4);
	c.key_gone = model_chance(&s.random, 10);
	verdict_facts(&s.rules, &c, &facts);
	verdict_of(&s.rules, &c, &ruling);
	model = case_of(&s, &facts);
	assert_as_the_model(seed, &model, &ruling);
	end(&s);
}

static void what_becomes_of_a_record_is_what_the_model_says(void **state)
{
	uint64_t seed = (uint64_t)number_of("VERDICT_SEED", 1);
	long worlds = number_of("VERDICT_WORLDS", getenv("LONG") != NULL ? 1000000 : 20000);
	(void)state;

	for (long i = 0; i < worlds; i++)
		play_record(seed + (uint64_t)i);
}

/* ---- what is told of it ---- */

static struct record_row a_call(void)
{
	return (struct record_row){.kind = KIND_CALL, .id = id_new(date_start(date_from_civil(2025, 1, 10)))};
}

static void what_its_policy_ended_is_due_since_that_day_and_what_was_listed_since_then(void **state)
{
	struct policy rules[] = {{.kind = KIND_CALL, .version = 1, .keep = {.days = 30}}};
	struct policy_set policies = {.rules = rules, .count = 1};
	struct verdict_rules by = {.policies = &policies, .now = date_start(date_from_civil(2025, 6, 1))};
	struct held_row held = {.hold = 7, .cause = HELD_ERASED, .due = {77}};
	struct record_row row = a_call();
	struct verdict_case c = {.row = &row};
	struct ruling ruling;
	(void)state;

	verdict_of(&by, &c, &ruling);
	assert_int_equal(ruling.fate, FATE_GOES);
	assert_int_equal(ruling.cause, HELD_EXPIRED);
	assert_int_equal(ruling.due.ms, date_start(date_from_civil(2025, 2, 9)).ms);
	row.hold = 7;
	c.held = &held;
	verdict_of(&by, &c, &ruling);
	assert_int_equal(ruling.fate, FATE_GOES);
	assert_int_equal(ruling.cause, HELD_ERASED);
	assert_int_equal(ruling.due.ms, 77);
}

/* As a plan asks of a change that is not made. */
static void a_rule_without_a_version_decides_as_any_other(void **state)
{
	struct policy rules[] = {{.kind = KIND_CALL, .keep = {.days = 30}}};
	struct policy_set policies = {.rules = rules, .count = 1};
	struct verdict_rules by = {.policies = &policies, .now = date_start(date_from_civil(2025, 6, 1))};
	struct record_row row = a_call();
	struct verdict_case c = {.row = &row};
	struct ruling ruling;
	(void)state;

	verdict_of(&by, &c, &ruling);
	assert_int_equal(ruling.fate, FATE_GOES);
	assert_true(verdict_of_period(&by, KIND_CALL, instant_date(id_time(row.id)), &ruling));
	assert_int_equal(ruling.fate, FATE_GOES);
}

static void one_record_alone_goes_whatever_the_policies_say(void **state)
{
	struct record_row row = a_call(), other = a_call();
	struct verdict_rules by = {.only = &row.id, .now = date_start(date_from_civil(2025, 6, 1))};
	struct verdict_case c = {.row = &row}, of_other = {.row = &other};
	struct ruling ruling;
	(void)state;

	verdict_of(&by, &c, &ruling);
	assert_int_equal(ruling.fate, FATE_GOES);
	verdict_of(&by, &of_other, &ruling);
	assert_int_equal(ruling.fate, FATE_STAYS);
	assert_false(verdict_of_period(&by, KIND_CALL, instant_date(id_time(row.id)), &ruling));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_days_verdict_is_that_of_each_record_in_it),
	    cmocka_unit_test(a_day_under_one_rule_that_nothing_keeps_anything_of_has_a_verdict),
	    cmocka_unit_test(what_becomes_of_a_record_is_what_the_model_says),
	    cmocka_unit_test(what_its_policy_ended_is_due_since_that_day_and_what_was_listed_since_then),
	    cmocka_unit_test(a_rule_without_a_version_decides_as_any_other),
	    cmocka_unit_test(one_record_alone_goes_whatever_the_policies_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
