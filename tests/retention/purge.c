/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coming.h"

#include "privacy/contacts.h"
#include "privacy/erase.h"
#include "retention/forecast.h"
#include "retention/purge.h"
#include "retention/reach.h"
#include "retention/warn.h"
#include "retention/why.h"
#include "store/job.h"

/* It is 1 March 2026, noon; what is deleted goes on the 31st. */

static struct contact_row contact(struct world *world, struct id id)
{
	struct contact_row row;
	struct err err;

	assert_ok(contact_get(world->vault->read.data, world->account.number, id, &world->pool, &row, &err), &err);
	return row;
}

static bool contact_is_there(struct world *world, struct id id)
{
	struct contact_row row;
	struct err err;
	enum result r = contact_get(world->vault->read.data, world->account.number, id, &world->pool, &row, &err);

	assert_true(r == OK || r == ERR_NOT_FOUND);
	return r == OK;
}

static enum result open_row(struct world *world, const struct contact_row *row)
{
	const char *plain;
	size_t len;
	struct err err;

	return open_contact(world->vault->read.ring, row, &world->pool, &plain, &len, &err);
}

static void delete (struct world *world, struct id id)
{
	struct contact_row row;
	struct err err;

	assert_ok(contacts_delete(world->vault, &world->account, id, world->now, &world->pool, &row, &err), &err);
}

static struct id put_deleted(struct world *world, const char *phone)
{
	struct id id = world_put_contacts(world, phone, 1);

	delete (world, id);
	return id;
}

static struct sweep_result sweep(struct world *world)
{
	struct sweep_result result;

	run_sweep(world, &result);
	return result;
}

static void go_to(struct world *world, const char *when)
{
	world->now = world_time(when);
}

static struct id restrict_person(struct world *world, const char *phone)
{
	struct id person, id;
	struct err err;

	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, phone, &person), 0);
	assert_ok(holds_restrict(world->vault, &world->account, person, GROUND_ACCURACY, NULL, world->now, &id, &err),
		  &err);
	return person;
}

/* P42 */
static void a_deleted_contact_goes_on_its_day_and_not_before(void **state)
{
	struct world *world = *state;
	struct id gone = put_deleted(world, ANNA), there = world_put_contacts(world, ANNA, 1);
	struct contact_row copy = contact(world, gone);

	go_to(world, "2026-03-30T23:59:59Z");
	assert_int_equal(sweep(world).purged, 0);
	assert_true(contact_is_there(world, gone));
	go_to(world, "2026-03-31T00:00:00Z");
	assert_int_equal(sweep(world).purged, 1);
	assert_false(contact_is_there(world, gone));
	assert_int_equal(open_row(world, &copy), ERR_GONE);
	assert_false(has_key(world, KEY_CONTACT, copy.key));
	assert_true(contact_is_there(world, there));
	assert_int_equal(sweep(world).purged, 0);
}

static void what_was_brought_back_stays(void **state)
{
	struct world *world = *state;
	struct id id = put_deleted(world, ANNA);
	struct contact_row row;
	struct err err;

	assert_ok(contacts_undelete(world->vault, &world->account, id, world->now, &world->pool, &row, &err), &err);
	go_to(world, "2026-06-01T00:00:00Z");
	assert_int_equal(sweep(world).purged, 0);
	row = contact(world, id);
	assert_int_equal(open_row(world, &row), OK);
}

static void more_than_a_page_goes_wholly(void **state)
{
	struct world *world = *state;
	struct id ids[300];

	for (size_t i = 0; i < 300; i++)
		ids[i] = put_deleted(world, i % 2 == 0 ? ANNA : BENT);
	go_to(world, "2026-04-01T00:00:00Z");
	assert_int_equal(sweep(world).purged, 300);
	for (size_t i = 0; i < 300; i++)
		assert_false(contact_is_there(world, ids[i]));
}

/* ---- what keeps it ---- */

/* P10 */
static void a_hold_keeps_it_past_its_grace_and_it_goes_after_the_release(void **state)
{
	struct world *world = *state;
	struct id held = put_deleted(world, ANNA), other = put_deleted(world, BENT), hold = hold_person(world, ANNA);
	struct sweep_plan plan;
	struct sweep_result done;
	struct contact_row row;
	struct held_row listed;
	struct err err;

	go_to(world, "2026-03-31T00:00:00Z");
	assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
	assert_int_equal(plan.deleted.held, 1);
	assert_int_equal(plan.deleted.due, 1);
	assert_true(plan.deleted.bytes > 0);
	done = sweep(world);
	assert_int_equal(done.purged, 1);
	assert_int_equal(done.purged_kept, 1);
	assert_false(contact_is_there(world, other));
	row = contact(world, held);
	assert_int_not_equal(row.hold, 0);
	assert_int_equal(open_row(world, &row), OK);
	assert_ok(held_get(world->vault->read.data, world->account.number, row.hold, HELD_CONTACT, held, &listed, &err),
		  &err);
	assert_int_equal(listed.cause, HELD_EXPIRED);
	assert_int_equal(sweep(world).purged_kept, 0);
	assert_int_equal(contacts_undelete(world->vault, &world->account, held, world->now, &world->pool, &row, &err),
			 ERR_GONE);
	assert_non_null(strstr(err.mend, "only a legal hold"));
	assert_int_equal(release_hold(world, hold), 1);
	done = sweep(world);
	assert_int_equal(done.contacts, 1);
	assert_false(contact_is_there(world, held));
	assert_int_equal(open_row(world, &row), ERR_GONE);
}

static void a_restriction_keeps_it_and_an_erasure_takes_it_all_the_same(void **state)
{
	struct world *world = *state;
	struct id id = put_deleted(world, ANNA), person = restrict_person(world, ANNA);
	struct erase_options options = {.now = world_time("2026-04-02T00:00:00Z")};
	struct erase_result *erased = test_calloc(1, sizeof *erased);
	struct contact_row row;
	struct err err;

	go_to(world, "2026-03-31T00:00:00Z");
	assert_int_equal(sweep(world).purged_kept, 1);
	row = contact(world, id);
	assert_int_not_equal(row.hold, 0);
	go_to(world, "2026-04-02T00:00:00Z");
	assert_ok(erase_person(world->vault, &world->account, person, &options, &world->pool, erased, &err), &err);
	assert_int_equal(erased->contacts, 1);
	assert_false(contact_is_there(world, id));
	assert_int_equal(open_row(world, &row), ERR_GONE);
	assert_false(has_key(world, KEY_CONTACT, row.key));
	test_free(erased);
}

static void a_lifted_restriction_lets_it_go(void **state)
{
	struct world *world = *state;
	struct id id = put_deleted(world, ANNA), person = restrict_person(world, ANNA);
	struct handed due;
	struct err err;

	go_to(world, "2026-04-01T12:00:00Z");
	assert_int_equal(sweep(world).purged_kept, 1);
	assert_ok(holds_unrestrict(world->vault, &world->account, person,
				   instant_date(world_time("2026-03-31T00:00:00Z")), world->now, &due, &err),
		  &err);
	assert_int_equal(due.due, 1);
	assert_int_equal(sweep(world).contacts, 1);
	assert_false(contact_is_there(world, id));
}

/* P10: the erasure keeps what the hold covers; from then on no restriction does. */
static void held_past_its_grace_and_erased_it_stays_as_long_as_the_hold(void **state)
{
	struct world *world = *state;
	struct id id = put_deleted(world, ANNA), hold = hold_person(world, ANNA), person;
	struct erase_options options = {.now = world_time("2026-04-02T00:00:00Z")};
	struct erase_result *erased = test_calloc(1, sizeof *erased);
	struct contact_row row;
	struct held_row listed;
	struct err err;

	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, ANNA, &person), 0);
	go_to(world, "2026-03-31T00:00:00Z");
	assert_int_equal(sweep(world).purged_kept, 1);
	go_to(world, "2026-04-02T00:00:00Z");
	assert_ok(erase_person(world->vault, &world->account, person, &options, &world->pool, erased, &err), &err);
	assert_int_equal(erased->kept[HELD_CONTACT], 1);
	row = contact(world, id);
	assert_int_equal(open_row(world, &row), OK);
	assert_ok(held_get(world->vault->read.data, world->account.number, row.hold, HELD_CONTACT, id, &listed, &err),
		  &err);
	assert_int_equal(listed.cause, HELD_ERASED);
	assert_int_equal(release_hold(world, hold), 1);
	assert_int_equal(sweep(world).contacts, 1);
	assert_false(contact_is_there(world, id));
	test_free(erased);
}

static void a_hold_released_before_the_next_run_lets_it_go_and_says_so_before(void **state)
{
	struct world *world = *state;
	struct id id = put_deleted(world, ANNA), hold = hold_person(world, ANNA);
	struct reach_end end;
	struct hold_row row;
	struct err err;

	assert_ok(hold_find(world->vault->read.data, world->account.number, hold, &world->pool, &row, &err), &err);
	assert_ok(reach_release(&world->vault->read, &row, world->now, NULL, NULL, &end, &err), &err);
	assert_int_equal(end.contacts, 0);
	go_to(world, "2026-03-31T00:00:00Z");
	assert_ok(reach_release(&world->vault->read, &row, world->now, NULL, NULL, &end, &err), &err);
	assert_int_equal(end.contacts, 1);
	assert_int_equal(release_hold(world, hold), 0);
	assert_int_equal(sweep(world).purged, 1);
	assert_false(contact_is_there(world, id));
}

/* ---- damage, crashes ---- */

static enum result spoil_op(struct session *session, void *arg, struct err *err)
{
	struct contact_row *row = arg;

	row->payload_len--;
	return contact_put(session->data, row, err);
}

static void one_that_is_held_and_damaged_stays_and_is_told_of_and_the_others_go(void **state)
{
	struct world *world = *state;
	struct id bad = put_deleted(world, ANNA), good = put_deleted(world, BENT);
	struct contact_row row = contact(world, bad);
	struct sweep_result result;
	struct err err;

	hold_person(world, ANNA);
	assert_ok(vault_write(world->vault, spoil_op, &row, &err), &err);
	go_to(world, "2026-03-31T00:00:00Z");
	assert_ok(sweep_run(world->vault, &world->account, world->now, NULL, NULL, &world->pool, &result, &err), &err);
	assert_int_equal(result.left.damaged_kept, 1);
	assert_int_equal(result.purged, 1);
	assert_true(contact_is_there(world, bad));
	assert_false(contact_is_there(world, good));
}

static void damage_keeps_nothing_that_nothing_else_keeps(void **state)
{
	struct world *world = *state;
	struct id bad = put_deleted(world, ANNA);
	struct contact_row row = contact(world, bad);
	struct err err;

	assert_ok(vault_write(world->vault, spoil_op, &row, &err), &err);
	go_to(world, "2026-03-31T00:00:00Z");
	assert_int_equal(sweep(world).purged, 1);
	assert_false(contact_is_there(world, bad));
}

static bool die_at(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	const int *when = arg;

	(void)done, (void)total;
	if ((int)phase == *when)
		_exit(0);
	return false;
}

/* What a power cut between the two commits of a batch leaves: the key is gone, the row there. */
static enum result half_op(struct session *session, void *arg, struct err *err)
{
	struct contact_row *row = arg;
	bool existed;

	return keyring_destroy(session->ring, row->account, KEY_CONTACT, row->key, &existed, err);
}

/* P29 */
static void after_a_crash_at_any_step_the_next_run_comes_to_the_same_end(void **state)
{
	struct world *world = *state;
	struct err err;

	for (int phase = SWEEP_BEGUN; phase <= SWEEP_LOOKED; phase++) {
		struct id half, whole, held;
		struct contact_row row;

		go_to(world, "2026-03-01T12:00:00Z");
		half = put_deleted(world, ANNA);
		whole = put_deleted(world, ANNA);
		held = put_deleted(world, BENT);
		if (phase == SWEEP_BEGUN)
			hold_person(world, BENT);
		go_to(world, "2026-03-31T00:00:00Z");
		row = contact(world, half);
		assert_ok(vault_write(world->vault, half_op, &row, &err), &err);
		assert_int_equal(open_row(world, &row), ERR_GONE);
		sweep_in_child(world, die_at, &phase);
		assert_ok(sweep_resume(world->vault, world->now, &err), &err);
		assert_false(contact_is_there(world, half));
		assert_false(contact_is_there(world, whole));
		row = contact(world, held);
		assert_int_not_equal(row.hold, 0);
		assert_int_equal(open_row(world, &row), OK);
	}
}

/* A hold that came in between has nothing to keep any more. */
static void what_nobody_can_open_any_more_goes_though_a_hold_covers_it(void **state)
{
	struct world *world = *state;
	struct id id = put_deleted(world, ANNA);
	struct contact_row row = contact(world, id);
	struct err err;

	go_to(world, "2026-03-31T00:00:00Z");
	assert_ok(vault_write(world->vault, half_op, &row, &err), &err);
	hold_person(world, ANNA);
	assert_int_equal(sweep(world).purged, 1);
	assert_false(contact_is_there(world, id));
}

static void a_budget_ends_it_between_batches(void **state)
{
	const struct sweep_budget budget = {.records = 1};
	struct world *world = *state;
	struct sweep_result result;
	int64_t gone = 0;
	struct err err;
	int runs = 0;

	for (size_t i = 0; i < 300; i++)
		put_deleted(world, ANNA);
	go_to(world, "2026-03-31T00:00:00Z");
	do {
		assert_ok(sweep_run_within(world->vault, &world->account, world->now, &budget, NULL, NULL, &world->pool,
					   &result, &err),
			  &err);
		gone += result.purged;
	} while (result.spent && ++runs < 10);
	assert_int_equal(gone, 300);
	assert_in_range(runs, 2, 9);
}

/* ---- said before ---- */

/* P34 */
static void a_forecast_has_it_on_its_day_and_apart_when_it_is_held(void **state)
{
	struct world *world = *state;
	struct forecast forecast;
	struct err err;

	put_deleted(world, ANNA);
	hold_person(world, ANNA);
	go_to(world, "2026-03-02T12:00:00Z");
	put_deleted(world, BENT);
	put_deleted(world, BENT);
	assert_ok(forecast_make(&world->vault->read, world->account.number, world->now, 40, UINT32_MAX, &world->pool,
				&forecast, &err),
		  &err);
	assert_int_equal(forecast.kinds[HELD_CONTACT][29].held.records, 1);
	assert_int_equal(forecast.kinds[HELD_CONTACT][29].goes.records, 0);
	assert_int_equal(forecast.kinds[HELD_CONTACT][30].goes.records, 2);
	assert_true(forecast.kinds[HELD_CONTACT][30].goes.bytes > 0);
	assert_int_equal(forecast_all(&forecast, -1).goes.records, 0);
	go_to(world, "2026-06-01T00:00:00Z");
	assert_ok(forecast_make(&world->vault->read, world->account.number, world->now, 1, UINT32_MAX, &world->pool,
				&forecast, &err),
		  &err);
	assert_int_equal(forecast.kinds[HELD_CONTACT][0].goes.records, 2);
	assert_ok(forecast_make(&world->vault->read, world->account.number, world->now, 1, 1u << KIND_CALL,
				&world->pool, &forecast, &err),
		  &err);
	assert_null(forecast.kinds[HELD_CONTACT]);
}

/* P38 */
static void it_is_warned_of_once_at_each_lead(void **state)
{
	static const struct {
		const char *now;
		size_t count;
		int lead;
	} days[] = {{"2026-03-01T12:00:00Z", 1, 30}, {"2026-03-02T12:00:00Z", 0, 0}, {"2026-03-24T12:00:00Z", 1, 7},
		    {"2026-03-25T12:00:00Z", 0, 0},  {"2026-03-30T12:00:00Z", 1, 1}, {"2026-03-30T13:00:00Z", 0, 0}};
	struct world *world = *state;
	struct warnings said;
	struct err err;

	put_deleted(world, ANNA);
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		go_to(world, days[i].now);
		assert_ok(
		    warnings_find(&world->vault->read, world->account.number, world->now, &world->pool, &said, &err),
		    &err);
		assert_int_equal(said.count, days[i].count);
		if (said.count == 0)
			continue;
		assert_int_equal(said.list[0].kind, HELD_CONTACT);
		assert_int_equal(said.list[0].lead, days[i].lead);
		assert_int_equal(said.list[0].goes.records, 1);
		assert_int_equal(said.list[0].first.days, instant_date(world_time("2026-03-31T00:00:00Z")).days);
		assert_ok(warnings_mark(world->vault, world->account.number, &said, world->now, &err), &err);
	}
}

/* ---- why ---- */

static struct why why(struct world *world, struct id id)
{
	char text[ID_TEXT_MAX];
	struct why out;
	struct err err;

	assert_true(why_is_contact(id_format(CONTACT_PREFIX, id, text)));
	assert_ok(why_contact(&world->vault->read, world->account.number, text, world->now, &world->pool, &out, &err),
		  &err);
	return out;
}

static void why_says_until_when_it_stays_and_what_keeps_it_longer(void **state)
{
	struct world *world = *state;
	const struct date day = instant_date(world_time("2026-03-31T00:00:00Z"));
	struct id id = world_put_contacts(world, ANNA, 1), hold;
	char text[DISPOSITION_TEXT_MAX];
	struct why w = why(world, id);

	assert_int_equal(w.disposition.verdict, VERDICT_KEEP);
	assert_string_equal(disposition_text(&w.disposition.reasons[0], text), "a contact is kept until it is deleted");
	delete (world, id);
	w = why(world, id);
	assert_int_equal(w.disposition.verdict, VERDICT_KEEP_UNTIL);
	assert_int_equal(w.disposition.next.days, day.days);
	assert_int_equal(w.disposition.until.days, day.days);
	assert_string_equal(w.disposition.reasons[w.disposition.decides].rule, "deleted");
	assert_string_equal(
	    disposition_text(&w.disposition.reasons[0], text),
	    "it was deleted on 2026-03-01: until 2026-03-31 it can be brought back (`lethe contact undelete`), and "
	    "then it goes");
	hold = hold_person(world, ANNA);
	w = why(world, id);
	assert_int_equal(w.disposition.verdict, VERDICT_KEEP);
	assert_string_equal(w.disposition.reasons[0].rule, "hold");
	go_to(world, "2026-03-31T00:00:00Z");
	assert_int_equal(sweep(world).purged_kept, 1);
	w = why(world, id);
	assert_int_equal(w.disposition.verdict, VERDICT_KEEP);
	assert_string_equal(w.disposition.reasons[1].rule, "expired");
	assert_int_equal(release_hold(world, hold), 1);
	w = why(world, id);
	assert_int_equal(w.disposition.verdict, VERDICT_DELETE);
}

/* The verdict and the sweep are one: whatever the day. */
static void what_why_says_is_what_the_sweep_does(void **state)
{
	static const char *const days[] = {"2026-03-01T12:00:00Z", "2026-03-30T23:59:59Z", "2026-03-31T00:00:00Z",
					   "2027-01-01T00:00:00Z"};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		bool goes;
		struct id id;

		go_to(world, "2026-03-01T12:00:00Z");
		id = put_deleted(world, ANNA);
		go_to(world, days[i]);
		goes = why(world, id).disposition.verdict == VERDICT_DELETE;
		sweep(world);
		assert_int_equal(contact_is_there(world, id), !goes);
	}
}

/* P22 */
static void another_accounts_contacts_stay(void **state)
{
	struct world *world = *state;
	struct account mine = world->account;
	struct id id = put_deleted(world, ANNA);
	struct err err;

	assert_ok(accounts_create(world->vault, "Another", "DK", world->now, &world->pool, &world->account, &err),
		  &err);
	go_to(world, "2026-04-01T00:00:00Z");
	assert_int_equal(sweep(world).purged, 0);
	world->account = mine;
	assert_true(contact_is_there(world, id));
	assert_int_equal(sweep(world).purged, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(a_deleted_contact_goes_on_its_day_and_not_before),
	    KEEPING(what_was_brought_back_stays),
	    KEEPING(more_than_a_page_goes_wholly),
	    KEEPING(a_hold_keeps_it_past_its_grace_and_it_goes_after_the_release),
	    KEEPING(a_restriction_keeps_it_and_an_erasure_takes_it_all_the_same),
	    KEEPING(a_lifted_restriction_lets_it_go),
	    KEEPING(held_past_its_grace_and_erased_it_stays_as_long_as_the_hold),
	    KEEPING(a_hold_released_before_the_next_run_lets_it_go_and_says_so_before),
	    KEEPING(one_that_is_held_and_damaged_stays_and_is_told_of_and_the_others_go),
	    KEEPING(damage_keeps_nothing_that_nothing_else_keeps),
	    KEEPING(after_a_crash_at_any_step_the_next_run_comes_to_the_same_end),
	    KEEPING(what_nobody_can_open_any_more_goes_though_a_hold_covers_it),
	    KEEPING(a_budget_ends_it_between_batches),
	    KEEPING(a_forecast_has_it_on_its_day_and_apart_when_it_is_held),
	    KEEPING(it_is_warned_of_once_at_each_lead),
	    KEEPING(why_says_until_when_it_stays_and_what_keeps_it_longer),
	    KEEPING(what_why_says_is_what_the_sweep_does),
	    KEEPING(another_accounts_contacts_stay),
	};

	return cmocka_run_group_tests_name("retention/purge", tests, NULL, NULL);
}
