/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "retention/disposition.h"

static struct instant at(const char *text)
{
	struct instant out;
	struct err err;

	assert_int_equal(instant_parse(text, strlen(text), &out, &err), OK);
	return out;
}

static struct disposition_facts facts_of(const char *occurred, const char *keep)
{
	struct disposition_facts facts = {.kind = KIND_CALL, .occurred = at(occurred)};
	struct err err;

	facts.policy = (struct policy){.kind = KIND_CALL, .keep = {.unlimited = true}};
	if (keep != NULL) {
		facts.policy.version = 3;
		facts.policy.set_at = at("2024-01-01T00:00:00Z");
		assert_int_equal(span_parse(keep, &facts.policy.keep, &err), OK);
	}
	return facts;
}

static const struct hold_row a_hold = {.hold = 7, .id = {{1, 2, 3}}, .created = {1700000000000}};

static void assert_rules(const struct disposition *d, size_t count, const char *const *rules)
{
	assert_int_equal(d->count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(d->reasons[i].rule, rules[i]);
}

static void a_record_is_due_when_its_day_plus_the_span_is_today(void **state)
{
	static const struct { const char *occurred, *keep, *now; enum verdict verdict; const char *until; } table[] = {
	    {"2025-01-01T23:59:59Z", "30 days", "2025-01-30T23:59:59Z", VERDICT_KEEP_UNTIL, "2025-01-31"},
	    {"2025-01-01T23:59:59Z", "30 days", "2025-01-31T00:00:00Z", VERDICT_DELETE, "2025-01-31"},
	    {"2025-01-01T00:00:00Z", "30 days", "2025-01-31T00:00:00Z", VERDICT_DELETE, "2025-01-31"},
	    /* The end of a month: 31 January and one month is 28 February. */
	    {"2025-01-31T12:00:00Z", "1 month", "2025-02-27T12:00:00Z", VERDICT_KEEP_UNTIL, "2025-02-28"},
	    {"2025-01-31T12:00:00Z", "1 month", "2025-02-28T00:00:00Z", VERDICT_DELETE, "2025-02-28"},
	    {"2024-01-31T12:00:00Z", "1 month", "2024-02-28T12:00:00Z", VERDICT_KEEP_UNTIL, "2024-02-29"},
	    {"2024-01-31T12:00:00Z", "1 month", "2024-02-29T12:00:00Z", VERDICT_DELETE, "2024-02-29"},
	    /* A leap day, a year on. */
	    {"2024-02-29T12:00:00Z", "1 year", "2025-02-27T12:00:00Z", VERDICT_KEEP_UNTIL, "2025-02-28"},
	    {"2024-02-29T12:00:00Z", "1 year", "2025-02-28T12:00:00Z", VERDICT_DELETE, "2025-02-28"},
	    {"2024-02-29T12:00:00Z", "4 years", "2028-02-28T12:00:00Z", VERDICT_KEEP_UNTIL, "2028-02-29"},
	    {"2023-01-15T12:00:00Z", "25 months", "2025-02-14T12:00:00Z", VERDICT_KEEP_UNTIL, "2025-02-15"},
	    {"2023-01-15T12:00:00Z", "25 months", "2025-02-15T00:00:00Z", VERDICT_DELETE, "2025-02-15"},
	    {"2025-03-01T23:00:00Z", "0 days", "2025-03-01T23:30:00Z", VERDICT_DELETE, "2025-03-01"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct disposition_facts facts = facts_of(table[i].occurred, table[i].keep);
		struct disposition d = disposition(&facts, at(table[i].now));
		char until[TIME_TEXT_MAX];

		assert_int_equal(d.verdict, table[i].verdict);
		assert_rules(&d, 1, (const char *const[]){"policy"});
		assert_string_equal(date_format(d.until, until), table[i].until);
		assert_int_equal(d.reasons[0].version, 3);
	}
}

static void without_a_policy_a_record_is_kept_without_end(void **state)
{
	struct disposition_facts facts = facts_of("1999-01-01T00:00:00Z", NULL);
	struct disposition d = disposition(&facts, at("2026-01-01T00:00:00Z"));
	char text[DISPOSITION_TEXT_MAX];
	(void)state;

	assert_int_equal(d.verdict, VERDICT_KEEP);
	assert_rules(&d, 1, (const char *const[]){"default"});
	assert_string_equal(disposition_text(&d.reasons[0], text),
			    "no policy was set for calls: they are kept without end");
}

static void an_unlimited_policy_keeps_without_end_and_says_that_it_is_a_policy(void **state)
{
	struct disposition_facts facts = facts_of("1999-01-01T00:00:00Z", "unlimited");
	struct disposition d = disposition(&facts, at("2026-01-01T00:00:00Z"));
	char text[DISPOSITION_TEXT_MAX];
	(void)state;

	assert_int_equal(d.verdict, VERDICT_KEEP);
	assert_rules(&d, 1, (const char *const[]){"policy"});
	assert_string_equal(disposition_text(&d.reasons[0], text),
			    "the policy for calls, version 3 of 2024-01-01, keeps them without end");
}

static void a_hold_is_stronger_than_erasure_and_policy(void **state)
{
	struct disposition_facts facts = facts_of("2020-01-01T00:00:00Z", "30 days");
	struct disposition d;
	char text[DISPOSITION_TEXT_MAX];
	(void)state;

	facts.hold = &a_hold;
	facts.hold_count = 3;
	facts.erasure = ERASURE_DONE;
	facts.erasure_at = at("2025-06-01T10:00:00Z");
	d = disposition(&facts, at("2026-01-01T00:00:00Z"));
	assert_int_equal(d.verdict, VERDICT_KEEP);
	assert_rules(&d, 3, (const char *const[]){"hold", "erasure", "policy"});
	assert_memory_equal(&d.reasons[0].hold, &a_hold.id, sizeof a_hold.id);
	assert_non_null(strstr(disposition_text(&d.reasons[0], text), "so do 2 other holds"));
	assert_string_equal(disposition_text(&d.reasons[1], text),
			    "its person was erased on 2025-06-01; only a hold or an obligation kept it from then on");
	assert_string_equal(disposition_text(&d.reasons[2], text),
			    "the policy for calls, version 3 of 2024-01-01, keeps them 30 days: over since 2020-01-31");
}

static void once_its_hold_is_released_what_was_due_goes_whatever_the_policy_says_now(void **state)
{
	static const char *const rules[] = {"expired", "erasure"};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct disposition_facts facts = facts_of("2025-12-31T00:00:00Z", "10 years");
		struct disposition d;

		facts.expired = i == 0;
		facts.erasure = i == 0 ? ERASURE_NONE : ERASURE_DONE;
		facts.expired_at = facts.erasure_at = at("2025-06-01T10:00:00Z");
		d = disposition(&facts, at("2026-01-01T00:00:00Z"));
		assert_int_equal(d.verdict, VERDICT_DELETE);
		assert_rules(&d, 2, (const char *const[]){rules[i], "policy"});
	}
}

static void an_erasure_says_how_far_it_is(void **state)
{
	static const struct { enum disposition_erasure how; bool anonymising, alone; const char *name, *text; } table[] = {
	    {ERASURE_REQUESTED, false, false, "requested", "its person asked on 2025-06-01 to be erased: it goes on 2025-07-01"},
	    {ERASURE_UNDER_WAY, false, false, "under_way",
	     "the erasure of its person began on 2025-06-01: the next command that writes goes on with it"},
	    {ERASURE_UNDER_WAY, true, false, "under_way",
	     "the anonymisation of its person began on 2025-06-01: the next command that writes goes on with it"},
	    {ERASURE_UNDER_WAY, true, true, "under_way",
	     "the anonymisation of this record began on 2025-06-01: the next command that writes goes on with it"},
	    {ERASURE_DONE, false, false, "done",
	     "its person was erased on 2025-06-01; only a hold or an obligation kept it from then on"},
	};
	(void)state;

	assert_string_equal(erasure_name(ERASURE_NONE), "none");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct disposition_facts facts = facts_of("2025-05-31T00:00:00Z", "10 years");
		char text[DISPOSITION_TEXT_MAX];
		struct disposition d;

		facts.erasure = table[i].how;
		facts.anonymising = table[i].anonymising;
		facts.alone = table[i].alone;
		facts.erasure_at = at("2025-06-01T10:00:00Z");
		facts.erasure_due = (struct date){instant_date(at("2025-07-01T00:00:00Z")).days};
		d = disposition(&facts, at("2025-06-02T00:00:00Z"));
		assert_int_equal(d.verdict == VERDICT_DELETE, table[i].how != ERASURE_REQUESTED);
		assert_string_equal(erasure_name(d.reasons[0].erasure), table[i].name);
		assert_string_equal(disposition_text(&d.reasons[0], text), table[i].text);
	}
}

static void what_nobody_can_open_is_not_worth_keeping(void **state)
{
	struct disposition_facts facts = facts_of("2025-12-31T00:00:00Z", "10 years");
	struct disposition d;
	char text[DISPOSITION_TEXT_MAX];
	(void)state;

	facts.key_gone = true;
	facts.hold = &a_hold;
	facts.hold_count = 1;
	d = disposition(&facts, at("2026-01-01T00:00:00Z"));
	assert_int_equal(d.verdict, VERDICT_DELETE);
	assert_rules(&d, 3, (const char *const[]){"unreadable", "hold", "policy"});
	assert_string_equal(disposition_text(&d.reasons[0], text),
			    "its key has been destroyed: nobody can read it any more");
	assert_null(strstr(disposition_text(&d.reasons[1], text), "other"));
}

static void the_verdict_of_the_engine_is_that_of_the_cutoff(void **state)
{
	static const char *const spans[] = {"0 days", "1 day", "90 days", "1 month", "6 months", "25 months", "1 year"};
	struct date today = date_from_civil(2023, 12, 1);
	(void)state;

	for (int day = 0; day < 500; day++, today.days++) {
		for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
			struct disposition_facts facts = facts_of("2024-01-01T00:00:00Z", spans[i]);
			struct date cutoff = span_cutoff(facts.policy.keep, today);

			for (int by = -2; by <= 2; by++) {
				facts.occurred = date_start(date_add_days(cutoff, by));
				assert_int_equal(disposition(&facts, date_start(today)).verdict,
						 by <= 0 ? VERDICT_DELETE : VERDICT_KEEP_UNTIL);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_is_due_when_its_day_plus_the_span_is_today),
	    cmocka_unit_test(without_a_policy_a_record_is_kept_without_end),
	    cmocka_unit_test(an_unlimited_policy_keeps_without_end_and_says_that_it_is_a_policy),
	    cmocka_unit_test(a_hold_is_stronger_than_erasure_and_policy),
	    cmocka_unit_test(once_its_hold_is_released_what_was_due_goes_whatever_the_policy_says_now),
	    cmocka_unit_test(an_erasure_says_how_far_it_is),
	    cmocka_unit_test(what_nobody_can_open_is_not_worth_keeping),
	    cmocka_unit_test(the_verdict_of_the_engine_is_that_of_the_cutoff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
