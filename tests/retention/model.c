/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The verdict against the model: random facts, and edges that were thought of or
 * found.  MODEL_SEED=n begins there, MODEL_CASES=n tries so many; LONG=1: a million.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "retention/disposition.h"
#include "retention/model.h"

#define FIELDS_AND_TIME 5u /* from, time */

static long number_of(const char *name, long fallback)
{
	const char *text = getenv(name);

	return text == NULL ? fallback : strtol(text, NULL, 10);
}

/* ---- the engine's answer to a case ---- */

static struct span span_of(struct model_span span)
{
	return (struct span){.months = span.months, .days = span.days, .unlimited = span.unlimited};
}

/* What facts point to. */
struct told {
	struct hold_row hold, restriction;
	struct disposition_obligation obligations[MODEL_LAWS];
	struct disposition_facts facts;
};

static void tell(const struct model_case *c, struct told *told)
{
	struct disposition_facts *facts = &told->facts;

	memset(told, 0, sizeof *told);
	told->hold = (struct hold_row){.hold = 1, .type = HOLD_LEGAL, .id = {{1}}, .created = {1}};
	told->restriction = (struct hold_row){.hold = 2, .type = HOLD_RESTRICTION, .id = {{2}}, .created = {1}};
	for (int i = 0; i < c->law_count; i++)
		told->obligations[i] = (struct disposition_obligation){"xx-law", "Law 1", c->laws[i].fields,
								       {c->laws[i].ends}};
	*facts = (struct disposition_facts){
	    .kind = KIND_CALL, .occurred = {date_start((struct date){c->occurred}).ms + 82800000},
	    .anonymised = c->anonymised, .key_gone = c->key_gone, .hold = c->holds > 0 ? &told->hold : NULL,
	    .hold_count = (size_t)c->holds, .obligations = told->obligations, .obligation_count = (size_t)c->law_count,
	    .unbilled = c->unbilled, .erasure_at = {1}, .erasure_due = {c->erasure_due},
	    .restriction = c->restrictions > 0 ? &told->restriction : NULL,
	    .restriction_count = (size_t)c->restrictions, .expired = c->expired, .expired_at = {1},
	    .erasure = c->erased ? ERASURE_DONE : c->erasure_asked ? ERASURE_REQUESTED : ERASURE_NONE};
	facts->contact.deleted = c->deleted;
	facts->contact.at = (struct instant){1};
	facts->contact.gone_on = (struct date){c->gone_on};
	facts->policy = (struct policy){.kind = KIND_CALL, .version = c->has_policy ? 1 : 0,
					.keep = span_of(c->policy), .set_at = {1}};
	facts->bound.set = c->has_bound;
	facts->bound.keep = span_of(c->bound);
	facts->bound.text = "at most this";
	facts->bound.source = "a contract";
}

/* The function under test, or one with a fault. */
typedef struct disposition engine(const struct disposition_facts *facts, struct instant now);

static bool agrees(engine *ask, const struct model_case *c)
{
	struct model_verdict wanted = model_verdict(c);
	struct disposition got;
	struct told told;

	tell(c, &told);
	got = ask(&told.facts, (struct instant){date_start((struct date){c->today}).ms + 3600000});
	if (got.verdict != (wanted.delete ? VERDICT_DELETE : wanted.forever ? VERDICT_KEEP : VERDICT_KEEP_UNTIL))
		return false;
	if (got.keeps != wanted.keeps || got.next.days != wanted.next)
		return false;
	return got.verdict != VERDICT_KEEP_UNTIL || got.until.days == wanted.until;
}

/* ---- random cases ---- */

static struct model_case random_case(struct model_random *random)
{
	struct model_case c = {.occurred = model_any_day(random)};
	int about;

	c.anonymised = model_chance(random, 30);
	c.key_gone = model_chance(random, 30);
	c.holds = model_chance(random, 6) ? 1 + model_pick(random, 3) : 0;
	c.restrictions = model_chance(random, 5) ? 1 + model_pick(random, 2) : 0;
	c.law_count = model_chance(random, 2) ? 0 : 1 + model_pick(random, MODEL_LAWS);
	c.unbilled = model_chance(random, 8);
	c.erased = model_chance(random, 6);
	c.erasure_asked = !c.erased && model_chance(random, 5);
	c.expired = model_chance(random, 8);
	c.deleted = model_chance(random, 8);
	c.has_policy = !model_chance(random, 4);
	c.policy = model_any_span(random);
	c.has_bound = model_chance(random, 3);
	c.bound = model_any_span(random);
	for (int i = 0; i < c.law_count; i++)
		c.laws[i] = (struct model_law){model_chance(random, 8) ? MODEL_ALL : 1u + (unsigned)model_pick(random, 255),
					       c.occurred + model_pick(random, 2500)};
	/* Now is any day, but often just about when something ends. */
	about = c.has_policy ? model_due(c.occurred, c.policy) : c.occurred;
	if (c.law_count > 0 && model_chance(random, 2))
		about = c.laws[model_pick(random, c.law_count)].ends;
	c.today = model_chance(random, 3) ? c.occurred + model_pick(random, 2000) : about - 2 + model_pick(random, 5);
	c.erasure_due = c.today - 3 + model_pick(random, 40);
	c.gone_on = c.today - 3 + model_pick(random, 40);
	return c;
}

/* ---- making a counter-example small ---- */

/* The nth thing that can be left out or made plainer; false when there is no such. */
static bool simpler(struct model_case *c, int nth)
{
	switch (nth) {
	case 0: c->anonymised = false; break;
	case 1: c->key_gone = false; break;
	case 2: c->holds = 0; break;
	case 3: c->restrictions = 0; break;
	case 4: c->law_count -= c->law_count > 0; break;
	case 5: c->laws[0] = c->laws[1]; c->law_count -= c->law_count > 1; break;
	case 6: c->unbilled = false; break;
	case 7: c->erased = false; break;
	case 8: c->erasure_asked = false; break;
	case 9: c->expired = false; break;
	case 10: c->has_policy = false; break;
	case 11: c->has_bound = false; break;
	case 12: c->holds = c->holds > 0; break;
	case 13: c->restrictions = c->restrictions > 0; break;
	case 14: c->policy = (struct model_span){.unlimited = true}; break;
	case 15: c->policy.days /= 2; break;
	case 16: c->laws[0].fields = 1; break;
	case 17: c->deleted = false; break;
	default: return false;
	}
	return true;
}

static void tidy(struct model_case *c)
{
	for (int i = c->law_count; i < MODEL_LAWS; i++)
		c->laws[i] = (struct model_law){0, 0};
	if (!c->has_policy)
		c->policy = (struct model_span){.unlimited = false};
	if (!c->has_bound)
		c->bound = (struct model_span){.unlimited = false};
	if (!c->erasure_asked)
		c->erasure_due = 0;
	if (!c->deleted)
		c->gone_on = 0;
}

static int span_size(struct model_span span)
{
	return span.unlimited ? 0 : 1 + span.months + span.days;
}

/* How much there is to read in it. */
static int size_of(const struct model_case *c)
{
	int size = c->anonymised + c->key_gone + c->holds + c->restrictions + c->unbilled + c->erased +
		   c->erasure_asked + c->expired + c->deleted + 2 * (c->has_policy + c->has_bound);

	for (int i = 0; i < c->law_count; i++)
		size += c->laws[i].fields == 1 ? 1 : 2;
	return size + (c->has_policy ? span_size(c->policy) : 0) + (c->has_bound ? span_size(c->bound) : 0);
}

/* Leaves out one thing after the other as long as the two still disagree. */
static struct model_case shrink(engine *ask, struct model_case c)
{
	bool smaller = true;

	while (smaller) {
		smaller = false;
		for (int nth = 0;; nth++) {
			struct model_case less = c;

			if (!simpler(&less, nth))
				break;
			tidy(&less);
			if (size_of(&less) >= size_of(&c) || agrees(ask, &less))
				continue;
			c = less;
			smaller = true;
		}
	}
	return c;
}

static void print_span(const char *name, struct model_span span)
{
	print_message(" .has_%s = true, .%s = {%s, %d, %d},", name, name, span.unlimited ? "true" : "false",
		      span.months, span.days);
}

/* As an initialiser, for a test of its own. */
static void print_case(const struct model_case *c)
{
	struct model_verdict wanted = model_verdict(c);

	print_message("{.occurred = %d, .today = %d,", c->occurred, c->today);
	if (c->anonymised)
		print_message(" .anonymised = true,");
	if (c->key_gone)
		print_message(" .key_gone = true,");
	if (c->holds > 0)
		print_message(" .holds = %d,", c->holds);
	if (c->restrictions > 0)
		print_message(" .restrictions = %d,", c->restrictions);
	if (c->law_count > 0)
		print_message(" .law_count = %d, .laws = {", c->law_count);
	for (int i = 0; i < c->law_count; i++)
		print_message("{%u, %d}%s", c->laws[i].fields, c->laws[i].ends, i + 1 < c->law_count ? ", " : "},");
	if (c->unbilled)
		print_message(" .unbilled = true,");
	if (c->erased)
		print_message(" .erased = true,");
	if (c->erasure_asked)
		print_message(" .erasure_asked = true, .erasure_due = %d,", c->erasure_due);
	if (c->expired)
		print_message(" .expired = true,");
	if (c->deleted)
		print_message(" .deleted = true, .gone_on = %d,", c->gone_on);
	if (c->has_policy)
		print_span("policy", c->policy);
	if (c->has_bound)
		print_span("bound", c->bound);
	print_message("} /* the model: keeps %u, until %d, next %d */\n", wanted.keeps, wanted.until, wanted.next);
}

/* Is there one in so many on which they disagree? It comes shrunk. */
static bool find_disagreement(engine *ask, uint64_t seed, long cases, struct model_case *out)
{
	struct model_random random = {seed};

	for (long i = 0; i < cases; i++) {
		struct model_case c = random_case(&random);

		tidy(&c);
		if (agrees(ask, &c))
			continue;
		*out = shrink(ask, c);
		return true;
	}
	return false;
}

static void the_verdict_is_that_of_the_model_whatever_the_facts(void **state)
{
	uint64_t seed = (uint64_t)number_of("MODEL_SEED", 1);
	long cases = number_of("MODEL_CASES", getenv("LONG") != NULL ? 1000000 : 20000);
	struct model_case c = {.occurred = 0};
	(void)state;

	print_message("seed %llu, %ld cases\n", (unsigned long long)seed, cases);
	if (!find_disagreement(disposition, seed, cases, &c))
		return;
	print_case(&c);
	fail_msg("the verdict is not that of the model (MODEL_SEED=%llu)", (unsigned long long)seed);
}

/* ---- would a fault be found? ---- */

static struct disposition that_forgets_restrictions(const struct disposition_facts *facts, struct instant now)
{
	struct disposition_facts less = *facts;

	less.restriction = NULL;
	return disposition(&less, now);
}

static struct disposition that_lets_laws_end_a_day_early(const struct disposition_facts *facts, struct instant now)
{
	struct disposition_obligation early[MODEL_LAWS];
	struct disposition_facts less = *facts;

	for (size_t i = 0; i < facts->obligation_count; i++) {
		early[i] = facts->obligations[i];
		early[i].ends.days--;
	}
	less.obligations = early;
	return disposition(&less, now);
}

static struct disposition that_takes_months_for_30_days(const struct disposition_facts *facts, struct instant now)
{
	struct disposition_facts less = *facts;

	less.policy.keep.days += 30 * less.policy.keep.months;
	less.policy.keep.months = 0;
	return disposition(&less, now);
}

static void a_fault_is_found_and_its_example_holds_nothing_that_does_not_matter(void **state)
{
	struct model_case c = {.occurred = 0};
	(void)state;

	assert_true(find_disagreement(that_forgets_restrictions, 1, 20000, &c));
	assert_true(c.restrictions == 1 && c.law_count == 0 && c.holds == 0 && !c.unbilled && !c.erased);
	assert_int_equal(c.expired + c.has_policy + c.has_bound, 1);
	assert_true(find_disagreement(that_lets_laws_end_a_day_early, 1, 20000, &c));
	assert_true(c.law_count == 1 && c.laws[0].fields == 1 && c.holds == 0 && c.restrictions == 0);
	assert_true(find_disagreement(that_takes_months_for_30_days, 1, 20000, &c));
	assert_true(c.has_policy && c.policy.months > 0 && c.law_count == 0 && c.holds == 0 && !c.has_bound);
}

/* ---- the calendar of the model, against dates that anybody can look up ---- */

static void the_models_calendar_is_the_worlds(void **state)
{
	static const struct { struct model_date date; int number; } known[] = {
	    {{1970, 1, 1}, 0}, {{1970, 12, 31}, 364}, {{2000, 2, 29}, 11016}, {{2024, 2, 29}, 19782}, {{2100, 3, 1}, 47541}};
	(void)state;

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_int_equal(model_number(known[i].date), known[i].number);
	for (int day = 0; day < 60000; day++) {
		struct model_date date = model_date(day);

		assert_int_equal(model_number(date), day);
		assert_int_equal(date_from_civil(date.year, date.month, date.day).days, day);
	}
}

/* ---- edges ---- */

static int on(int year, int month, int day)
{
	return model_number((struct model_date){year, month, day});
}

/* Both the engine and the model say so; `until` and `next` 0: none. */
static void assert_case(struct model_case c, unsigned keeps, int until, int next)
{
	struct model_verdict wanted = model_verdict(&c);
	bool agree = agrees(disposition, &c);

	if (!agree)
		print_case(&c);
	assert_true(agree);
	assert_int_equal(wanted.keeps, keeps);
	assert_int_equal(wanted.until, until);
	assert_int_equal(wanted.next, next);
}

static struct model_case under(int occurred, int today, int months, int days)
{
	return (struct model_case){.occurred = occurred, .today = today, .has_policy = true,
				   .policy = {false, months, days}};
}

static void twelve_months_from_29_february_end_on_28_february_C2(void **state)
{
	(void)state;
	assert_case(under(on(2024, 2, 29), on(2025, 2, 27), 12, 0), MODEL_ALL, on(2025, 2, 28), on(2025, 2, 28));
	assert_case(under(on(2024, 2, 29), on(2025, 2, 28), 12, 0), 0, 0, 0);
	assert_case(under(on(2024, 2, 29), on(2028, 2, 28), 48, 0), MODEL_ALL, on(2028, 2, 29), on(2028, 2, 29));
	assert_case(under(on(2096, 2, 29), on(2100, 2, 27), 48, 0), MODEL_ALL, on(2100, 2, 28), on(2100, 2, 28));
}

static void a_month_from_31_january_ends_on_the_last_of_february_C2(void **state)
{
	(void)state;
	assert_case(under(on(2025, 1, 31), on(2025, 2, 27), 1, 0), MODEL_ALL, on(2025, 2, 28), on(2025, 2, 28));
	assert_case(under(on(2025, 1, 31), on(2025, 2, 28), 1, 0), 0, 0, 0);
	assert_case(under(on(2024, 1, 31), on(2024, 2, 28), 1, 0), MODEL_ALL, on(2024, 2, 29), on(2024, 2, 29));
	assert_case(under(on(2023, 12, 31), on(2024, 2, 28), 2, 0), MODEL_ALL, on(2024, 2, 29), on(2024, 2, 29));
}

static void no_days_at_all_is_due_on_the_day_itself(void **state)
{
	(void)state;
	assert_case(under(on(2025, 3, 1), on(2025, 3, 1), 0, 0), 0, 0, 0);
	/* Its source's clock ran ahead. */
	assert_case(under(on(2025, 3, 2), on(2025, 3, 1), 0, 0), MODEL_ALL, on(2025, 3, 2), on(2025, 3, 2));
}

static void a_day_from_new_years_eve_is_due_in_the_new_year(void **state)
{
	(void)state;
	assert_case(under(on(2024, 12, 31), on(2024, 12, 31), 0, 1), MODEL_ALL, on(2025, 1, 1), on(2025, 1, 1));
	assert_case(under(on(2024, 12, 31), on(2025, 1, 1), 0, 1), 0, 0, 0);
}

static void a_hold_goes_before_a_law_and_a_law_before_an_erasure(void **state)
{
	struct model_case c = under(on(2020, 1, 1), on(2025, 1, 1), 0, 30);
	(void)state;

	c.erased = true;
	assert_case(c, 0, 0, 0);
	c.laws[c.law_count++] = (struct model_law){FIELDS_AND_TIME, on(2026, 1, 1)};
	assert_case(c, FIELDS_AND_TIME, on(2026, 1, 1), on(2026, 1, 1));
	c.holds = 1;
	assert_case(c, MODEL_ALL, 0, 0);
}

static void an_erasure_goes_before_a_restriction_and_that_before_a_policy(void **state)
{
	struct model_case c = under(on(2020, 1, 1), on(2025, 1, 1), 0, 30);
	(void)state;

	c.restrictions = 1;
	assert_case(c, MODEL_ALL, 0, 0);
	c.erased = true;
	assert_case(c, 0, 0, 0);
}

static void a_law_keeps_its_fields_when_the_policy_is_over_and_all_stays_until_then(void **state)
{
	struct model_case c = under(on(2025, 1, 1), on(2025, 1, 15), 0, 30);
	(void)state;

	c.laws[c.law_count++] = (struct model_law){FIELDS_AND_TIME, on(2026, 1, 1)};
	assert_case(c, MODEL_ALL, on(2026, 1, 1), on(2025, 1, 31));
	c.today = on(2025, 1, 31);
	assert_case(c, FIELDS_AND_TIME, on(2026, 1, 1), on(2026, 1, 1));
	c.today = on(2025, 12, 31);
	assert_case(c, FIELDS_AND_TIME, on(2026, 1, 1), on(2026, 1, 1));
	c.today = on(2026, 1, 1);
	assert_case(c, 0, 0, 0);
}

static void a_law_that_ends_before_the_policy_changes_nothing(void **state)
{
	struct model_case c = under(on(2025, 1, 1), on(2025, 1, 15), 12, 0);
	(void)state;

	c.laws[c.law_count++] = (struct model_law){FIELDS_AND_TIME, on(2025, 6, 1)};
	assert_case(c, MODEL_ALL, on(2026, 1, 1), on(2026, 1, 1));
}

static void of_several_laws_each_field_stays_until_its_own_ends(void **state)
{
	struct model_case c = under(on(2020, 1, 1), on(2025, 1, 1), 0, 30);
	(void)state;

	c.laws[c.law_count++] = (struct model_law){1, on(2026, 1, 1)};
	c.laws[c.law_count++] = (struct model_law){6, on(2025, 6, 1)};
	c.laws[c.law_count++] = (struct model_law){MODEL_ALL, on(2025, 2, 1)};
	c.laws[c.law_count++] = (struct model_law){8, on(2024, 12, 31)};
	assert_case(c, MODEL_ALL, on(2026, 1, 1), on(2025, 2, 1));
	c.today = on(2025, 2, 1);
	assert_case(c, 7, on(2026, 1, 1), on(2025, 6, 1));
	c.today = on(2025, 6, 1);
	assert_case(c, 1, on(2026, 1, 1), on(2026, 1, 1));
}

static void one_who_asked_to_be_erased_is_not_kept_longer_by_it(void **state)
{
	struct model_case c = under(on(2025, 1, 1), on(2025, 1, 15), 0, 30);
	(void)state;

	c.erasure_asked = true;
	c.erasure_due = on(2025, 2, 14);
	assert_case(c, MODEL_ALL, on(2025, 1, 31), on(2025, 1, 31));
	c.erasure_due = on(2025, 1, 20);
	assert_case(c, MODEL_ALL, on(2025, 1, 20), on(2025, 1, 20));
	c.today = on(2025, 1, 20);
	assert_case(c, 0, 0, 0);
}

static void what_is_not_billed_goes_neither_by_erasure_nor_by_policy(void **state)
{
	struct model_case c = under(on(2025, 1, 1), on(2026, 1, 15), 0, 30);
	(void)state;

	c.erased = c.unbilled = true;
	assert_case(c, MODEL_ALL, 0, 0);
	c.unbilled = false;
	assert_case(c, 0, 0, 0);
}

static void what_has_expired_once_stays_expired_whatever_the_policy_says_now(void **state)
{
	struct model_case c = under(on(2025, 1, 1), on(2025, 3, 1), 120, 0);
	(void)state;

	c.expired = true;
	assert_case(c, 0, 0, 0);
	c.restrictions = 1;
	assert_case(c, MODEL_ALL, 0, 0);
}

static void a_deleted_contact_stays_until_its_grace_is_over_whatever_a_policy_says(void **state)
{
	struct model_case c = under(on(2025, 1, 1), on(2025, 3, 1), 0, 30);
	(void)state;

	c.deleted = true;
	c.gone_on = on(2025, 3, 31);
	assert_case(c, MODEL_ALL, on(2025, 3, 31), on(2025, 3, 31));
	c.gone_on = on(2025, 3, 1);
	assert_case(c, 0, 0, 0);
	c.restrictions = 1;
	assert_case(c, MODEL_ALL, 0, 0);
}

static void a_plan_decides_only_where_no_policy_was_set(void **state)
{
	struct model_case c = {.occurred = on(2025, 1, 1), .today = on(2025, 3, 1), .has_bound = true,
			       .bound = {false, 0, 30}};
	(void)state;

	assert_case(c, 0, 0, 0);
	c.has_policy = true;
	c.policy = (struct model_span){true, 0, 0};
	assert_case(c, MODEL_ALL, 0, 0);
}

static void what_is_anonymised_or_unreadable_asks_nobody(void **state)
{
	struct model_case c = under(on(2025, 1, 1), on(2025, 3, 1), 0, 30);
	(void)state;

	c.holds = 1;
	c.key_gone = true;
	assert_case(c, 0, 0, 0);
	c.anonymised = true;
	assert_case(c, MODEL_AGGREGATE, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_models_calendar_is_the_worlds),
	    cmocka_unit_test(the_verdict_is_that_of_the_model_whatever_the_facts),
	    cmocka_unit_test(a_fault_is_found_and_its_example_holds_nothing_that_does_not_matter),
	    cmocka_unit_test(twelve_months_from_29_february_end_on_28_february_C2),
	    cmocka_unit_test(a_month_from_31_january_ends_on_the_last_of_february_C2),
	    cmocka_unit_test(no_days_at_all_is_due_on_the_day_itself),
	    cmocka_unit_test(a_day_from_new_years_eve_is_due_in_the_new_year),
	    cmocka_unit_test(a_hold_goes_before_a_law_and_a_law_before_an_erasure),
	    cmocka_unit_test(an_erasure_goes_before_a_restriction_and_that_before_a_policy),
	    cmocka_unit_test(a_law_keeps_its_fields_when_the_policy_is_over_and_all_stays_until_then),
	    cmocka_unit_test(a_law_that_ends_before_the_policy_changes_nothing),
	    cmocka_unit_test(of_several_laws_each_field_stays_until_its_own_ends),
	    cmocka_unit_test(one_who_asked_to_be_erased_is_not_kept_longer_by_it),
	    cmocka_unit_test(what_is_not_billed_goes_neither_by_erasure_nor_by_policy),
	    cmocka_unit_test(what_has_expired_once_stays_expired_whatever_the_policy_says_now),
	    cmocka_unit_test(a_deleted_contact_stays_until_its_grace_is_over_whatever_a_policy_says),
	    cmocka_unit_test(a_plan_decides_only_where_no_policy_was_set),
	    cmocka_unit_test(what_is_anonymised_or_unreadable_asks_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
