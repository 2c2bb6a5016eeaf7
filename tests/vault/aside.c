/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/obliged.h"

#include "retention/reach.h"
#include "vault/aside.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"

struct put {
	struct world *world;
	struct id id;
	bool contact;
	enum held_cause cause;
	bool back;
};

/* Seals it under the account's one hold. */
static enum result aside_op(struct session *session, void *arg, struct err *err)
{
	struct put *put = arg;
	struct pool *pool = &put->world->pool;
	struct contact_row contact;
	struct record_row row;
	struct hold_set set;
	enum result r = holds_load(session, put->world->account.number, pool, &set, err);

	if (r == OK && put->contact)
		r = contact_get(session->data, set.account, put->id, pool, &contact, err);
	else if (r == OK)
		r = record_get(session->data, set.account, KIND_CALL, put->id, pool, &row, err);
	if (r == OK && put->contact)
		return holds_keep_contact(session, &set.scopes[0], &contact, put->cause, put->world->now, pool, err);
	return r == OK ? holds_keep(session, &set.scopes[0], &row, put->cause, put->world->now, pool, err) : r;
}

static enum result back_op(struct session *session, void *arg, struct err *err)
{
	struct put *put = arg;
	struct pool *pool = &put->world->pool;
	uint32_t account = put->world->account.number;
	struct contact_row contact;
	struct record_row row;
	enum result r;

	if (put->contact) {
		r = contact_get(session->data, account, put->id, pool, &contact, err);
		return r == OK ? aside_put_contact_back(session, &contact, pool, &put->back, err) : r;
	}
	r = record_get(session->data, account, KIND_CALL, put->id, pool, &row, err);
	return r == OK ? aside_put_back(session, &row, pool, &put->back, err) : r;
}

static void write_op(struct world *world, vault_op *op, void *arg)
{
	struct err err;

	assert_ok(vault_write(world->vault, op, arg, &err), &err);
}

static void keep_as(struct world *world, struct id call, enum held_cause cause)
{
	struct put put = {.world = world, .id = call, .cause = cause};

	write_op(world, aside_op, &put);
	assert_int_not_equal(row_of(world, KIND_CALL, call).hold, 0);
}

static bool put_back(struct world *world, struct id call)
{
	struct put put = {.world = world, .id = call};

	write_op(world, back_op, &put);
	return put.back;
}

static struct id call(struct world *world)
{
	return world_put(world, KIND_CALL, "2026-02-10T08:00:00Z", "{\"n\":1}", ANNA, BENT, NULL);
}

static void sweep(struct world *world)
{
	struct sweep_result result;

	run_sweep(world, &result);
}

static void what_is_put_aside_goes_back_to_its_day(void **state)
{
	struct world *world = *state;
	struct id id = call(world);

	hold_person(world, ANNA);
	keep_as(world, id, HELD_ASIDE);
	assert_opens(world, KIND_CALL, id, "{\"n\":1}");
	assert_true(put_back(world, id));
	assert_int_equal(row_of(world, KIND_CALL, id).hold, 0);
	assert_opens(world, KIND_CALL, id, "{\"n\":1}");
	assert_false(put_back(world, id));
	assert_sound(world);
}

static void what_is_due_or_under_no_hold_stays_where_it_is(void **state)
{
	struct world *world = *state;
	struct id expired = call(world), erased = call(world), neither = call(world);

	hold_person(world, ANNA);
	keep_as(world, expired, HELD_EXPIRED);
	keep_as(world, erased, HELD_ERASED);
	assert_false(put_back(world, expired));
	assert_false(put_back(world, erased));
	assert_false(put_back(world, neither));
	assert_int_not_equal(row_of(world, KIND_CALL, expired).hold, 0);
	assert_int_not_equal(row_of(world, KIND_CALL, erased).hold, 0);
	assert_int_equal(row_of(world, KIND_CALL, neither).hold, 0);
}

static enum result destroy_op(struct session *session, void *arg, struct err *err)
{
	struct put *put = arg;
	bool existed;

	return keyring_destroy(session->ring, put->world->account.number, KEY_IDENTITY,
			       identity_of(put->world, IDENTITY_PHONE, BENT, NULL), &existed, err);
}

/* He was erased meanwhile: under his key nobody could open it. */
static void with_the_key_of_one_of_its_people_gone_it_stays_under_the_hold_s(void **state)
{
	struct world *world = *state;
	struct put bent = {.world = world};
	struct id id = call(world);

	hold_person(world, ANNA);
	keep_as(world, id, HELD_ASIDE);
	write_op(world, destroy_op, &bent);
	assert_false(put_back(world, id));
	assert_opens(world, KIND_CALL, id, "{\"n\":1}");
}

static void what_does_not_open_stays_and_goes_with_the_release(void **state)
{
	struct world *world = *state;
	struct id id = call(world), hold = hold_person(world, ANNA);

	keep_as(world, id, HELD_ASIDE);
	spoil_record(world, KIND_CALL, id);
	assert_false(put_back(world, id));
	assert_int_not_equal(row_of(world, KIND_CALL, id).hold, 0);
	assert_int_equal(release_hold(world, hold), 1);
	sweep(world);
	assert_false(is_there(world, KIND_CALL, id));
}

static struct id inbound(struct world *world, const char *text)
{
	struct world_record spec = {.world = world,
				    .kind = KIND_CALL,
				    .at = world_time("2026-02-10T08:00:00Z"),
				    .phones = {ANNA},
				    .text = text,
				    .direction = DIRECTION_INBOUND};

	spec.id = id_new(spec.at);
	write_op(world, world_put_op, &spec);
	return spec.id;
}

/* Some of its day went meanwhile: the key it was under is gone, and the day need not be looked at again but for this.
 */
static void it_goes_under_the_part_its_day_has_by_now_and_is_looked_at(void **state)
{
	struct world *world = *state;
	const struct policy_scope incoming = {.direction = DIRECTION_INBOUND};
	struct id due = inbound(world, "{\"n\":2}"), id = inbound(world, "{\"n\":3}"), stays = call(world);
	struct id hold = hold_person(world, ANNA);

	keep_as(world, id, HELD_ASIDE);
	set_policy(world, KIND_CALL, "1 year");
	set_scoped(world, KIND_CALL, incoming, "7 days");
	release_hold(world, hold);
	hold = hold_person(world, BENT); /* which covers the one that stays */
	keep_as(world, stays, HELD_ASIDE);
	sweep(world);
	assert_false(is_there(world, KIND_CALL, due));
	assert_false(is_there(world, KIND_CALL, id));
	assert_false(has_period_key(world, KIND_CALL, "2026-02-10T08:00:00Z"));
	assert_true(put_back(world, stays));
	assert_opens(world, KIND_CALL, stays, "{\"n\":1}");
	sweep(world);
	assert_opens(world, KIND_CALL, stays, "{\"n\":1}");
	release_hold(world, hold);
	world->now = world_time("2027-02-10T00:00:00Z");
	sweep(world);
	assert_false(is_there(world, KIND_CALL, stays));
	assert_sound(world);
}

static void a_release_puts_contacts_back_too(void **state)
{
	struct world *world = *state;
	struct put put = {.world = world, .contact = true, .cause = HELD_ASIDE};
	struct id hold;
	struct contact_row row;
	struct err err;

	put.id = world_put_contacts(world, ANNA, 1);
	hold = hold_person(world, ANNA);
	write_op(world, back_op, &put);
	assert_false(put.back);
	write_op(world, aside_op, &put);
	assert_int_equal(release_hold(world, hold), 0);
	assert_ok(contact_get(world->vault->read.data, world->account.number, put.id, &world->pool, &row, &err), &err);
	assert_int_equal(row.hold, 0);
	assert_sound(world);
}

/* It is the hold's own once another is released. */
static void another_hold_that_covers_it_takes_it_over_and_it_is_due_for_nothing(void **state)
{
	struct world *world = *state;
	struct id id = call(world), hold = hold_person(world, ANNA), other;

	keep_as(world, id, HELD_ASIDE);
	other = hold_person(world, BENT);
	assert_int_equal(release_hold(world, hold), 0);
	assert_int_equal(row_of(world, KIND_CALL, id).hold, 2);
	assert_int_equal(release_hold(world, other), 0);
	assert_int_equal(row_of(world, KIND_CALL, id).hold, 0);
	sweep(world);
	assert_opens(world, KIND_CALL, id, "{\"n\":1}");
}

/* As what a restriction does not keep from the erased is no restriction's, and what is not erased is. */
static void a_restriction_goes_on_keeping_it(void **state)
{
	struct world *world = *state;
	struct id id = call(world), hold = hold_person(world, ANNA), restriction, person;
	struct err err;

	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, ANNA, &person), 0);
	keep_as(world, id, HELD_ASIDE);
	assert_ok(
	    holds_restrict(world->vault, &world->account, person, GROUND_CLAIMS, NULL, world->now, &restriction, &err),
	    &err);
	set_policy(world, KIND_CALL, "1 day");
	assert_int_equal(release_hold(world, hold), 0);
	sweep(world);
	assert_opens(world, KIND_CALL, id, "{\"n\":1}");
	assert_int_equal(row_of(world, KIND_CALL, id).hold, 2);
}

static void a_release_is_foretold_as_it_comes(void **state)
{
	struct world *world = *state;
	struct id old = world_put(world, KIND_CALL, "2026-01-01T08:00:00Z", "{}", ANNA, NULL), id = call(world);
	struct put contact = {.world = world, .contact = true, .cause = HELD_ASIDE};
	struct id hold;
	struct reach_end end;
	struct hold_row row;
	struct err err;

	contact.id = world_put_contacts(world, ANNA, 1);
	hold = hold_person(world, ANNA);
	keep_as(world, old, HELD_ASIDE);
	keep_as(world, id, HELD_ASIDE);
	write_op(world, aside_op, &contact);
	set_policy(world, KIND_CALL, "30 days");
	assert_ok(hold_find(world->vault->read.data, world->account.number, hold, &world->pool, &row, &err), &err);
	assert_ok(reach_release(&world->vault->read, &row, world->now, NULL, NULL, &end, &err), &err);
	assert_int_equal(end.records[KIND_CALL], 1);
	assert_int_equal(end.contacts, 0);
	release_hold(world, hold);
	sweep(world);
	assert_false(is_there(world, KIND_CALL, old));
	assert_true(is_there(world, KIND_CALL, id));
}

/* ---- all of a copy ---- */

static enum result destroy_day_op(struct session *session, void *arg, struct err *err)
{
	struct put *put = arg;
	bool existed;

	return keyring_destroy(session->ring, put->world->account.number, KEY_PERIOD,
			       key_period_number(KIND_CALL, instant_date(id_time(put->id)), 0), &existed, err);
}

/* The world's own data stand for the copy: nobody else writes here. */
static void put_all_back(struct world *world)
{
	struct err err;

	assert_ok(aside_put_all_back(&world->vault->read, &err), &err);
}

static void of_a_copy_all_that_is_put_aside_goes_back(void **state)
{
	struct world *world = *state;
	struct put contact = {
	    .world = world, .contact = true, .cause = HELD_ASIDE, .id = world_put_contacts(world, ANNA, 1)};
	struct id first = call(world), second = call(world), expired = call(world);
	struct contact_row row;
	struct err err;

	hold_person(world, ANNA);
	keep_as(world, first, HELD_ASIDE);
	keep_as(world, second, HELD_ASIDE);
	keep_as(world, expired, HELD_EXPIRED);
	write_op(world, aside_op, &contact);
	put_all_back(world);
	assert_int_equal(row_of(world, KIND_CALL, first).hold, 0);
	assert_int_equal(row_of(world, KIND_CALL, second).hold, 0);
	assert_int_not_equal(row_of(world, KIND_CALL, expired).hold, 0);
	assert_opens(world, KIND_CALL, first, "{\"n\":1}");
	assert_ok(contact_get(world->vault->read.data, world->account.number, contact.id, &world->pool, &row, &err),
		  &err);
	assert_int_equal(row.hold, 0);
	assert_sound(world);
}

/* The live key store is nobody's copy. */
static void no_key_is_made_for_a_copy(void **state)
{
	struct world *world = *state;
	struct id id = call(world);
	struct put day = {.world = world, .id = id};

	hold_person(world, ANNA);
	keep_as(world, id, HELD_ASIDE);
	write_op(world, destroy_day_op, &day);
	put_all_back(world);
	assert_int_not_equal(row_of(world, KIND_CALL, id).hold, 0);
	assert_false(has_period_key(world, KIND_CALL, "2026-02-10T08:00:00Z"));
	assert_opens(world, KIND_CALL, id, "{\"n\":1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(what_is_put_aside_goes_back_to_its_day),
	    KEEPING(what_is_due_or_under_no_hold_stays_where_it_is),
	    KEEPING(with_the_key_of_one_of_its_people_gone_it_stays_under_the_hold_s),
	    KEEPING(what_does_not_open_stays_and_goes_with_the_release),
	    KEEPING(it_goes_under_the_part_its_day_has_by_now_and_is_looked_at),
	    KEEPING(a_release_puts_contacts_back_too),
	    KEEPING(another_hold_that_covers_it_takes_it_over_and_it_is_due_for_nothing),
	    KEEPING(a_restriction_goes_on_keeping_it),
	    KEEPING(a_release_is_foretold_as_it_comes),
	    KEEPING(of_a_copy_all_that_is_put_aside_goes_back),
	    KEEPING(no_key_is_made_for_a_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
