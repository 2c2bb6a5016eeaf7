/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Profiles that let go only of what is billed: sweeps, erasures and `why`.
 */
#include "retention/keeping.h"

#include "privacy/erase.h"
#include "retention/policies.h"
#include "retention/settings.h"
#include "retention/why.h"

#define ANNA "+4520000001"
#define BENT "+4520000002"

struct setting_op { struct world *world; const char *name, *value; };

static enum result set_op(struct session *session, void *arg, struct err *err)
{
	struct setting_op *op = arg;

	return settings_put(session, op->world->account.number, op->name, op->value, op->world->now, err);
}

static void set(struct world *world, const char *name, const char *value)
{
	struct setting_op op = {world, name, value};
	struct err err;

	assert_ok(vault_write(world->vault, set_op, &op, &err), &err);
}

static struct sweep_due plan_calls(struct world *world)
{
	struct sweep_plan plan;
	struct err err;

	assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
	return plan.kinds[KIND_CALL];
}

static struct why why_of(struct world *world, struct id id)
{
	char text[ID_TEXT_MAX];
	struct why why;
	struct err err;

	id_format(kind_prefix(KIND_CALL), id, text);
	assert_ok(why_record(&world->vault->read, world->account.number, text, world->now, &world->pool, &why, &err), &err);
	return why;
}

static enum result erase(struct world *world, const char *phone, struct err *err)
{
	struct erase_options options = {.now = world->now};
	struct erase_result result;
	struct id person;

	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, phone, &person), 0);
	return erase_person(world->vault, &world->account, person, &options, &world->pool, &result, err);
}

static void a_sweep_takes_only_what_is_billed_and_the_plan_counts_the_rest_apart(void **state)
{
	struct world *world = *state;
	struct id billed = world_put(world, KIND_CALL, "2025-06-30T23:59:59Z", "{}", ANNA, NULL);
	struct id unbilled = world_put(world, KIND_CALL, "2025-07-01T00:00:00Z", "{}", ANNA, NULL);
	struct id young = world_put(world, KIND_CALL, "2026-02-20T10:00:00Z", "{}", ANNA, NULL);
	struct sweep_result result;
	struct sweep_due due;

	set(world, "profile", "callrail");
	set(world, "billed_until", "2025-06-30");
	set_policy(world, KIND_CALL, "30 days");
	due = plan_calls(world);
	assert_int_equal(sweep_plan_records(&due), 1);
	assert_int_equal(due.unbilled, 1);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_false(is_there(world, KIND_CALL, billed));
	assert_opens(world, KIND_CALL, unbilled, "{}");
	set(world, "billed_until", "2026-02-28");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, unbilled));
	assert_opens(world, KIND_CALL, young, "{}");
}

static void nothing_is_billed_before_it_is_said(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-06-30T10:00:00Z", "{}", ANNA, NULL);
	struct sweep_result result;
	struct sweep_due due;
	struct err err;

	set(world, "profile", "callrail");
	set_policy(world, KIND_CALL, "30 days");
	due = plan_calls(world);
	assert_int_equal(sweep_plan_records(&due), 0);
	assert_int_equal(due.unbilled, 1);
	run_sweep(world, &result);
	assert_opens(world, KIND_CALL, id, "{}");
	assert_int_equal(erase(world, ANNA, &err), ERR_WRONG_STATE);
	assert_string_equal(err.where, "billed_until is not set");
	/* Of no account under another profile. */
	set(world, "profile", "exotel");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, id));
}

static void narrower_rules_wait_for_the_bill_too(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-07-01T10:00:00Z", "{}", ANNA, NULL);
	struct sweep_result result;
	struct sweep_due due;

	set(world, "profile", "callrail");
	set(world, "billed_until", "2025-06-30");
	set_scoped(world, KIND_CALL, (struct policy_scope){.direction = row_of(world, KIND_CALL, id).direction}, "30 days");
	due = plan_calls(world);
	assert_int_equal(sweep_plan_records(&due), 0);
	assert_int_equal(due.unbilled, 1);
	run_sweep(world, &result);
	assert_true(is_there(world, KIND_CALL, id));
	set(world, "billed_until", "2025-07-01");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, id));
}

static void an_erasure_that_would_take_what_is_not_billed_destroys_nothing(void **state)
{
	struct world *world = *state;
	struct id old = world_put(world, KIND_CALL, "2025-06-30T10:00:00Z", "{}", ANNA, NULL);
	struct id unbilled = world_put(world, KIND_CALL, "2025-12-01T10:00:00Z", "{}", ANNA, BENT, NULL);
	struct err err;

	world_put(world, KIND_MESSAGE, "2025-12-01T11:00:00Z", "{}", ANNA, NULL);
	set(world, "profile", "callrail");
	set(world, "billed_until", "2025-11-30");
	assert_int_equal(erase(world, ANNA, &err), ERR_WRONG_STATE);
	assert_string_equal(err.what, "2 records of this person are not billed yet, and the account's profile erases only "
				      "what is");
	assert_string_equal(err.where, "billed_until is 2025-11-30");
	assert_int_equal(erase(world, BENT, &err), ERR_WRONG_STATE);
	assert_string_equal(err.what, "1 record of this person is not billed yet, and the account's profile erases only "
				      "what is");
	assert_opens(world, KIND_CALL, old, "{}");
	assert_opens(world, KIND_CALL, unbilled, "{}");
	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, ANNA, NULL), 0);
	set(world, "billed_until", "2025-12-01");
	assert_ok(erase(world, ANNA, &err), &err);
	assert_false(is_there(world, KIND_CALL, unbilled));
}

static void what_is_billed_is_asked_in_the_transaction_that_begins_the_erasure(void **state)
{
	struct world *world = *state;
	struct setting_op op = {world, "billed_until", "2025-06-30"};
	struct vault_ticket ticket;
	struct err err, erring;
	enum result r;

	world_put(world, KIND_CALL, "2025-12-01T10:00:00Z", "{}", ANNA, NULL);
	set(world, "profile", "callrail");
	set(world, "billed_until", "2025-12-31");
	vault_write_submit(world->vault, &ticket, set_op, &op); /* comes before, whether it is on disk by then or not */
	r = erase(world, ANNA, &erring);
	assert_ok(vault_write_wait(&ticket, &err), &err);
	assert_int_equal(r, ERR_WRONG_STATE);
	assert_string_equal(erring.where, "billed_until is 2025-06-30");
	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, ANNA, NULL), 0);
}

static void why_says_that_it_waits_for_the_bill_and_what_the_plan_allows(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-07-01T10:00:00Z", "{}", ANNA, NULL);
	char text[DISPOSITION_TEXT_MAX];
	struct why why;

	set(world, "profile", "callrail");
	set(world, "billed_until", "2025-06-30");
	why = why_of(world, id);
	assert_int_equal(why.disposition.verdict, VERDICT_KEEP);
	assert_string_equal(why.disposition.reasons[0].rule, "unbilled");
	assert_string_equal(disposition_text(&why.disposition.reasons[0], text),
			    "it is not billed yet (what happened up to 2025-06-30 is), and nothing goes before it is");
	assert_string_equal(why.disposition.reasons[1].rule, "bound");
	assert_string_equal(why.disposition.reasons[1].bound, "at most 25 months");
	assert_non_null(strstr(why.disposition.reasons[1].source, "CallRail"));
	/* Billed, and no policy: a bound ends nothing. */
	set(world, "billed_until", "2025-07-01");
	why = why_of(world, id);
	assert_string_equal(why.disposition.reasons[why.disposition.decides].rule, "bound");
	assert_int_equal(why.disposition.verdict, VERDICT_KEEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(a_sweep_takes_only_what_is_billed_and_the_plan_counts_the_rest_apart),
	    KEEPING(nothing_is_billed_before_it_is_said),
	    KEEPING(narrower_rules_wait_for_the_bill_too),
	    KEEPING(an_erasure_that_would_take_what_is_not_billed_destroys_nothing),
	    KEEPING(what_is_billed_is_asked_in_the_transaction_that_begins_the_erasure),
	    KEEPING(why_says_that_it_waits_for_the_bill_and_what_the_plan_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
