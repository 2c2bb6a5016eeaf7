/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An erasure that gives up leaves everything as if nobody had asked for it.
 */
#include "privacy/erasing.h"

#define ANNA "+4520111111"
#define ANNA_2 "+4520111112"
#define BENT "+4520222222"
#define AGENT "a7"

/* ---- stopping it ---- */

static void stop_once_sealed(struct world *world)
{
	struct stopping stopping = {.stop_at = 0};

	assert_int_equal(erase_until(world, ANNA, once_sealed, &stopping), ERR_INTERRUPTED);
}

/* The hold is the account's first. */
static struct id interrupt_once_sealed(struct world *world)
{
	struct id hold = hold_person(world, ANNA);

	stop_once_sealed(world);
	return hold;
}

/* Two numbers of one person, so that the erasure comes to the second in a transaction of its own. */
struct calls {
	struct id first, second, damaged;
};

static struct calls two_numbers(struct world *world)
{
	struct calls calls;

	calls.first = world_put(world, KIND_CALL, "2026-01-10T08:00:00Z", "{\"n\":1}", ANNA, BENT, NULL);
	calls.second = world_put(world, KIND_CALL, "2026-02-10T08:00:00Z", "{\"n\":2}", ANNA, NULL);
	calls.damaged = world_put(world, KIND_CALL, "2026-02-11T08:00:00Z", "{\"n\":3}", ANNA_2, NULL);
	link_them(world, ANNA, ANNA_2);
	return calls;
}

/* P10 */
static void when_a_later_record_is_damaged_what_was_before_it_is_due_for_nothing(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);
	struct id hold = hold_person(world, ANNA);
	struct err err;

	spoil_record(world, KIND_CALL, calls.damaged);
	assert_int_equal(erase(world, ANNA, &err), ERR_CORRUPT);
	nothing_runs(world);
	assert_int_equal(release_hold(world, hold), 0);
	sweep(world);
	is_back(world, calls.first, "{\"n\":1}");
	is_back(world, calls.second, "{\"n\":2}");
	assert_true(is_there(world, KIND_CALL, calls.damaged));
}

static void it_goes_when_its_ordinary_time_is_over_and_not_before(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);
	struct id hold = hold_person(world, ANNA);
	struct err err;

	set_policy(world, KIND_CALL, "60 days");
	spoil_record(world, KIND_CALL, calls.damaged);
	assert_int_equal(erase(world, ANNA, &err), ERR_CORRUPT);
	release_hold(world, hold);
	sweep_at(world, "2026-03-10T23:59:59Z");
	is_back(world, calls.first, "{\"n\":1}");
	sweep_at(world, "2026-03-11T00:00:00Z");
	assert_false(is_there(world, KIND_CALL, calls.first));
	is_back(world, calls.second, "{\"n\":2}");
}

static void when_they_are_the_agent_in_a_held_record_the_rest_of_theirs_is_due_for_nothing(void **state)
{
	struct world *world = *state;
	struct id hers = world_put(world, KIND_CALL, "2026-01-10T08:00:00Z", "{\"n\":1}", ANNA, NULL);
	struct id as_agent = world_put_agent(world, "2026-01-11T08:00:00Z", "{\"agent\":\"a7\"}", BENT, AGENT);
	struct hold_request all = {.kinds = 1u << KIND_CALL};
	struct id hold;
	struct err err;

	link_them(world, ANNA, AGENT);
	hold = add_hold(world, &all);
	assert_int_equal(erase(world, ANNA, &err), ERR_HELD);
	nothing_runs(world);
	assert_int_equal(release_hold(world, hold), 0);
	sweep(world);
	is_back(world, hers, "{\"n\":1}");
	is_back(world, as_agent, "{\"agent\":\"a7\"}");
}

static void when_a_contact_is_damaged_records_and_other_contacts_are_due_for_nothing(void **state)
{
	struct world *world = *state;
	struct id call = world_put(world, KIND_CALL, "2026-01-10T08:00:00Z", "{\"n\":1}", ANNA, NULL);
	struct id contact = world_put_contacts(world, ANNA, 1);
	struct id damaged = world_put_contacts(world, ANNA, 1);
	struct id hold = hold_person(world, ANNA);
	struct err err;

	spoil_contact(world, damaged);
	assert_int_equal(erase(world, ANNA, &err), ERR_CORRUPT);
	nothing_runs(world);
	assert_int_equal(release_hold(world, hold), 0);
	sweep(world);
	is_back(world, call, "{\"n\":1}");
	assert_int_equal(contact_of(world, contact).hold, 0);
	assert_int_equal(contact_of(world, damaged).hold, 0);
}

static void under_two_holds_it_is_there_after_both_are_released(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);
	struct hold_request all = {.kinds = 1u << KIND_CALL};
	struct id one_hold = hold_person(world, ANNA), other = add_hold(world, &all);
	struct err err;

	spoil_record(world, KIND_CALL, calls.damaged);
	assert_int_equal(erase(world, ANNA, &err), ERR_CORRUPT);
	assert_int_equal(release_hold(world, one_hold), 0);
	sweep(world);
	assert_opens(world, KIND_CALL, calls.first, "{\"n\":1}");
	assert_int_equal(release_hold(world, other), 0);
	sweep(world);
	is_back(world, calls.first, "{\"n\":1}");
	is_back(world, calls.second, "{\"n\":2}");
}

/* ---- interrupted ---- */

/* P9, P10: the damage comes while it is stopped, so that the look before anything is sealed does not see it. */
static void what_it_had_sealed_is_put_back_when_it_goes_on_and_cannot(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);
	struct id contact = world_put_contacts(world, ANNA, 1);

	interrupt_once_sealed(world);
	assert_int_not_equal(row_of(world, KIND_CALL, calls.second).hold, 0);
	spoil_record(world, KIND_CALL, calls.damaged);
	resume(world);
	nothing_runs(world);
	assert_int_equal(listed(world, 1), 0);
	is_back(world, calls.first, "{\"n\":1}");
	is_back(world, calls.second, "{\"n\":2}");
	assert_int_equal(contact_of(world, contact).hold, 0);
	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, ANNA, NULL), 0);
}

struct refusing {
	struct stopping stopping;
	struct id damaged;
	bool spoiled;
};

/* Damages what is still to come once something is sealed, and stops it when it is putting that back. */
static bool spoil_then_stop(void *arg, int64_t done)
{
	struct refusing *refusing = arg;

	if (!refusing->spoiled && once_sealed(&refusing->stopping, done)) {
		spoil_record(refusing->stopping.world, KIND_CALL, refusing->damaged);
		refusing->spoiled = true;
	}
	return refusing->spoiled && once_giving_up(&refusing->stopping, done);
}

/* P9: stopped again while it puts back, wherever that is. */
static void putting_back_that_is_stopped_goes_on_with_the_next_command(void **state)
{
	for (int64_t stop_at = 1; stop_at <= 4; stop_at++) {
		struct world *world = *state;
		struct refusing refusing = {.stopping = {.stop_at = stop_at}};
		struct erase_options options = {.progress = spoil_then_stop, .progress_arg = &refusing};
		struct erase_result result;
		struct calls calls;
		struct err err;

		world_end(world);
		world_begin(world, "2026-03-01T12:00:00Z");
		refusing.stopping.world = world;
		options.now = world->now;
		calls = two_numbers(world);
		refusing.damaged = calls.damaged;
		hold_person(world, ANNA);
		assert_int_equal(erase_person(world->vault, &world->account, one(world, ANNA), &options, &world->pool,
					      &result, &err),
				 ERR_CORRUPT);
		assert_non_null(strstr(err.mend, "nothing was erased; the next command that writes puts back"));
		assert_int_equal(phase_now(world), ERASE_BACK);
		world_reopen(world);
		resume(world);
		assert_int_equal(listed(world, 1), 0);
		is_back(world, calls.first, "{\"n\":1}");
		is_back(world, calls.second, "{\"n\":2}");
	}
}

static void a_hold_that_is_released_meanwhile_hands_back_and_the_erasure_goes_on(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);
	struct id hold = interrupt_once_sealed(world);

	assert_int_equal(release_hold(world, hold), 0);
	is_back(world, calls.first, "{\"n\":1}");
	resume(world);
	nothing_runs(world);
	assert_false(is_there(world, KIND_CALL, calls.first));
	assert_false(is_there(world, KIND_CALL, calls.damaged));
	sweep(world);
	assert_false(has_key(world, KEY_HOLD, 1));
	assert_sound(world);
}

/* Once it is through, what was put aside is due when its hold is released. */
static void what_is_kept_of_the_erased_is_listed_as_erased(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);
	struct id contact = world_put_contacts(world, ANNA, 1);
	struct id hold = interrupt_once_sealed(world);

	assert_int_equal(cause_of(world, KIND_CALL, calls.first), HELD_ASIDE);
	resume(world);
	assert_int_equal(cause_of(world, KIND_CALL, calls.first), HELD_ERASED);
	assert_int_equal(cause_of(world, KIND_CALL, calls.damaged), HELD_ERASED);
	assert_int_equal(cause_of(world, (enum record_kind)HELD_CONTACT, contact), HELD_ERASED);
	assert_int_equal(release_hold(world, hold), 4);
	sweep(world);
	assert_false(is_there(world, KIND_CALL, calls.first));
	assert_sound(world);
}

static enum result open_medium(struct session *session, const struct record_row *row, struct key *out, struct err *err)
{
	struct media_row media;
	struct key key;
	size_t count;
	enum result r = seal_record_key(session->ring, row, &key, err);

	if (r == OK)
		r = media_list(session->data, row->account, row->kind, row->id, &media, 1, &count, err);
	return r == OK ? open_media_key(&key, &media, out, err) : r;
}

static void media_are_put_back_with_their_record(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);
	struct key medium = key_random(), key;
	struct record_row row;
	struct err err;

	attach(world, KIND_CALL, calls.first, medium);
	interrupt_once_sealed(world);
	assert_int_not_equal(row_of(world, KIND_CALL, calls.first).hold, 0);
	spoil_record(world, KIND_CALL, calls.damaged);
	resume(world);
	is_back(world, calls.first, "{\"n\":1}");
	row = row_of(world, KIND_CALL, calls.first);
	assert_ok(open_medium(&world->vault->read, &row, &key, &err), &err);
	assert_memory_equal(&key, &medium, sizeof key);
}

/* ---- what was kept before ---- */

/* A restriction keeps what has expired; the hold takes it over for the erasure, and hands it back. */
static void what_a_restriction_kept_is_kept_by_it_after_the_hold(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);
	struct id hold, restriction;
	struct err err;

	assert_ok(holds_restrict(world->vault, &world->account, one(world, ANNA), GROUND_ACCURACY, NULL, world->now,
				 &restriction, &err),
		  &err);
	set_policy(world, KIND_CALL, "30 days");
	sweep(world);
	assert_int_equal(row_of(world, KIND_CALL, calls.first).hold, 1);
	hold = hold_person(world, ANNA);
	stop_once_sealed(world);
	spoil_record(world, KIND_CALL, calls.damaged);
	resume(world);
	assert_opens(world, KIND_CALL, calls.first, "{\"n\":1}");
	assert_int_equal(cause_of(world, KIND_CALL, calls.first), HELD_EXPIRED);
	release_hold(world, hold);
	sweep(world);
	assert_opens(world, KIND_CALL, calls.first, "{\"n\":1}");
	assert_int_equal(row_of(world, KIND_CALL, calls.first).hold, 1);
}

/* It had expired, and its hold was released before another came: the other is not to make it stay longer. */
static void what_was_due_before_is_due_after(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);
	struct id before = hold_person(world, ANNA), hold;

	set_policy(world, KIND_CALL, "30 days");
	sweep(world);
	assert_int_equal(release_hold(world, before), 1);
	hold = hold_person(world, ANNA);
	stop_once_sealed(world);
	spoil_record(world, KIND_CALL, calls.damaged);
	resume(world);
	assert_opens(world, KIND_CALL, calls.first, "{\"n\":1}");
	is_back(world, calls.second, "{\"n\":2}");
	assert_int_equal(release_hold(world, hold), 1);
	sweep(world);
	assert_false(is_there(world, KIND_CALL, calls.first));
	is_back(world, calls.second, "{\"n\":2}");
}

/* P10, P31 */
static void a_duty_that_cannot_be_kept_leaves_what_a_hold_covers_as_it_was(void **state)
{
	struct world *world = *state;
	const struct call_spec spec = {
	    .at = "2026-02-01T10:00:00Z", .status = STATUS_ANSWERED, .from = ANNA_2, .to = BENT};
	struct hold_request until = {.has_until = true, .until = world_time("2026-01-20T00:00:00Z")};
	struct id held = world_put(world, KIND_CALL, "2026-01-10T08:00:00Z", "{\"n\":1}", ANNA, NULL), obliged, hold;
	struct err err;

	obliged = put_call(world, &spec);
	link_them(world, ANNA, ANNA_2);
	oblige(world, TELEPHONE);
	hold = add_hold(world, &until);
	spoil_record(world, KIND_CALL, obliged);
	assert_int_equal(erase(world, ANNA, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.mend, "an obligation covers it"));
	assert_int_equal(release_hold(world, hold), 0);
	sweep(world);
	is_back(world, held, "{\"n\":1}");
}

/* A sweep may come between: then its day's key is made anew, and the next sweep takes it by its policy. */
static void when_its_day_was_swept_meanwhile_it_goes_by_its_policy(void **state)
{
	struct world *world = *state;
	struct calls calls = two_numbers(world);

	interrupt_once_sealed(world);
	set_policy(world, KIND_CALL, "30 days");
	sweep(world);
	assert_false(has_period_key(world, KIND_CALL, "2026-01-10T08:00:00Z"));
	spoil_record(world, KIND_CALL, calls.damaged);
	resume(world);
	is_back(world, calls.first, "{\"n\":1}");
	sweep(world);
	assert_opens(world, KIND_CALL, calls.first, "{\"n\":1}"); /* held */
	assert_int_equal(cause_of(world, KIND_CALL, calls.first), HELD_EXPIRED);
	assert_false(has_period_key(world, KIND_CALL, "2026-01-10T08:00:00Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(when_a_later_record_is_damaged_what_was_before_it_is_due_for_nothing),
	    KEEPING(it_goes_when_its_ordinary_time_is_over_and_not_before),
	    KEEPING(when_they_are_the_agent_in_a_held_record_the_rest_of_theirs_is_due_for_nothing),
	    KEEPING(when_a_contact_is_damaged_records_and_other_contacts_are_due_for_nothing),
	    KEEPING(under_two_holds_it_is_there_after_both_are_released),
	    KEEPING(media_are_put_back_with_their_record),
	    KEEPING(what_it_had_sealed_is_put_back_when_it_goes_on_and_cannot),
	    KEEPING(putting_back_that_is_stopped_goes_on_with_the_next_command),
	    KEEPING(a_hold_that_is_released_meanwhile_hands_back_and_the_erasure_goes_on),
	    KEEPING(what_is_kept_of_the_erased_is_listed_as_erased),
	    KEEPING(what_a_restriction_kept_is_kept_by_it_after_the_hold),
	    KEEPING(what_was_due_before_is_due_after),
	    KEEPING(a_duty_that_cannot_be_kept_leaves_what_a_hold_covers_as_it_was),
	    KEEPING(when_its_day_was_swept_meanwhile_it_goes_by_its_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
