/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Erasures that are not through, or were given up, through a restore.
 */
#include "privacy/erasing.h"

#include "vault/restoring.h"

#define ANNA "+4520111111"
#define ANNA_2 "+4520111112"
#define BENT "+4520222222"

/* Anna has two numbers: the call of the first is put aside, that of the second not yet. */
struct story {
	struct id first, second, hold;
};

static struct story begin(struct world *world)
{
	struct story story;

	story.first = world_put(world, KIND_CALL, "2026-02-10T08:00:00Z", "{\"n\":1}", ANNA, BENT, NULL);
	story.second = world_put(world, KIND_CALL, "2026-02-11T08:00:00Z", "{\"n\":2}", ANNA_2, NULL);
	link_them(world, ANNA, ANNA_2);
	story.hold = hold_person(world, ANNA);
	return story;
}

static void interrupt(struct world *world)
{
	struct stopping stopping = {.stop_at = 0};

	assert_int_equal(erase_until(world, ANNA, once_sealed, &stopping), ERR_INTERRUPTED);
}

/* With a copy from in between. The damage is taken out of the world again, so that it is sound. */
static struct story give_up_after_backup(struct world *world)
{
	struct story story = begin(world);
	struct record_row sound;
	struct err err;

	interrupt(world);
	back_up(world);
	sound = row_of(world, KIND_CALL, story.second);
	spoil_record(world, KIND_CALL, story.second);
	resume(world);
	is_back(world, story.first, "{\"n\":1}");
	assert_ok(vault_write(world->vault, reseal_op, &sound, &err), &err);
	return story;
}

/* P9, P10 */
static void what_was_put_back_since_is_back_after_a_restore(void **state)
{
	struct world *world = *state;
	struct story story = give_up_after_backup(world);

	restore(world);
	nothing_runs(world);
	is_back(world, story.first, "{\"n\":1}");
	is_back(world, story.second, "{\"n\":2}");
	assert_int_equal(listed(world, 1), 0);
	assert_sound(world);
}

/* P10: its key is gone with the hold, and what was under it then is not. */
static void so_it_is_when_the_hold_was_released_since(void **state)
{
	struct world *world = *state;
	struct story story = give_up_after_backup(world);

	release_hold(world, story.hold);
	sweep(world);
	assert_false(has_key(world, KEY_HOLD, 1));
	restore(world);
	is_back(world, story.first, "{\"n\":1}");
	assert_int_equal(listed(world, 1), 0);
	assert_sound(world);
}

static void what_has_expired_since_is_listed_so(void **state)
{
	struct world *world = *state;
	struct story story = give_up_after_backup(world);

	set_policy(world, KIND_CALL, "10 days");
	sweep(world);
	assert_int_equal(cause_of(world, KIND_CALL, story.first), HELD_EXPIRED);
	restore(world);
	assert_int_equal(cause_of(world, KIND_CALL, story.first), HELD_EXPIRED);
	assert_opens(world, KIND_CALL, story.first, "{\"n\":1}");
	assert_sound(world);
}

static void lose_data(struct world *world)
{
	struct vault_options options = {.data_dir = world->data, .command = "restore", .write = true};
	struct id id = world->vault->id;
	char path[400];
	struct err err;

	vault_close(world->vault);
	world->vault = NULL;
	snprintf(path, sizeof path, "%s/regions/default/vault.db", world->data);
	assert_int_equal(unlink(path), 0);
	assert_ok(vault_open_without_data(&options, id, &world->vault, &err), &err);
}

/* P9: of a copy from in between, when nothing else is left. */
static void an_erasure_that_was_not_through_goes_on_after_a_restore(void **state)
{
	struct world *world = *state;
	struct story story = begin(world);

	interrupt(world);
	back_up(world);
	lose_data(world);
	restore(world);
	world_reopen(world);
	is_back(world, story.first, "{\"n\":1}"); /* until it is put aside again */
	resume(world);
	assert_int_equal(identity_of(world, IDENTITY_PHONE, ANNA, NULL), 0);
	assert_int_equal(cause_of(world, KIND_CALL, story.first), HELD_ERASED);
	assert_opens(world, KIND_CALL, story.first, "{\"n\":1}");
	assert_opens(world, KIND_CALL, story.second, "{\"n\":2}");
	assert_sound(world);
}

/* P9, P10: the copy is from before, and the key of the hold is gone. */
static void what_was_put_back_is_there_when_nothing_but_a_copy_from_in_between_is_left(void **state)
{
	struct world *world = *state;
	struct id contact = world_put_contacts(world, ANNA, 1);
	struct story story = give_up_after_backup(world);

	release_hold(world, story.hold);
	sweep(world);
	assert_false(has_key(world, KEY_HOLD, 1));
	lose_data(world);
	restore(world);
	is_back(world, story.first, "{\"n\":1}");
	is_back(world, story.second, "{\"n\":2}");
	assert_int_equal(contact_of(world, contact).hold, 0);
	assert_int_equal(listed(world, 1), 0);
	world_reopen(world);
	assert_sound(world);
}

static void what_is_erased_since_is_listed_so(void **state)
{
	struct world *world = *state;
	struct story story = begin(world);
	struct id contact = world_put_contacts(world, ANNA, 1);

	interrupt(world);
	back_up(world);
	resume(world);
	restore(world);
	assert_int_equal(cause_of(world, KIND_CALL, story.first), HELD_ERASED);
	assert_int_equal(cause_of(world, (enum record_kind)HELD_CONTACT, contact), HELD_ERASED);
	assert_int_equal(release_hold(world, story.hold), 3);
	sweep(world);
	assert_false(is_there(world, KIND_CALL, story.first));
	assert_sound(world);
}

/* Her keys are gone, and her rows are not. */
static struct story back_up_between(struct world *world)
{
	struct stopping stopping = {.phase = ERASE_ROWS};
	struct story story = begin(world);

	release_hold(world, story.hold);
	assert_int_equal(erase_until(world, ANNA, once_in_phase, &stopping), ERR_INTERRUPTED);
	back_up(world);
	return story;
}

/* P5: of a copy from between the keys and the rows. */
static void who_was_erased_since_is_gone_and_who_called_since_is_there(void **state)
{
	struct world *world = *state;
	struct story story = back_up_between(world);

	resume(world);
	world_put(world, KIND_CALL, "2026-03-01T12:00:01Z", "{\"n\":3}", ANNA, NULL);
	restore(world);
	assert_false(is_there(world, KIND_CALL, story.first));
	assert_false(is_there(world, KIND_CALL, story.second));
	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, ANNA, NULL), 0);
	assert_int_equal(identity_of(world, IDENTITY_PHONE, ANNA_2, NULL), 0);
	assert_sound(world);
}

static void so_it_is_when_nothing_else_is_left_and_the_erasure_goes_on(void **state)
{
	struct world *world = *state;
	struct story story = back_up_between(world);

	lose_data(world);
	restore(world);
	world_reopen(world);
	resume(world);
	assert_false(is_there(world, KIND_CALL, story.first));
	assert_false(is_there(world, KIND_CALL, story.second));
	assert_int_equal(identity_of(world, IDENTITY_PHONE, ANNA, NULL), 0);
	assert_sound(world);
}

struct putting {
	struct world *world;
	struct id contact;
};

static enum result contact_aside_op(struct session *session, void *arg, struct err *err)
{
	struct putting *putting = arg;
	struct world *world = putting->world;
	struct contact_row row;
	struct hold_set set;
	enum result r = holds_load(session, world->account.number, &world->pool, &set, err);

	if (r == OK)
		r = contact_get(session->data, set.account, putting->contact, &world->pool, &row, err);
	return r == OK ? holds_keep_contact(session, &set.scopes[0], &row, HELD_ASIDE, world->now, &world->pool, err)
		       : r;
}

static void a_contact_that_was_put_back_since_is_back(void **state)
{
	struct world *world = *state;
	struct putting putting = {.world = world, .contact = world_put_contacts(world, ANNA, 1)};
	struct id hold = hold_person(world, ANNA);
	struct err err;

	assert_ok(vault_write(world->vault, contact_aside_op, &putting, &err), &err);
	back_up(world);
	assert_int_equal(release_hold(world, hold), 0);
	sweep(world);
	assert_false(has_key(world, KEY_HOLD, 1));
	restore(world);
	assert_int_equal(contact_of(world, putting.contact).hold, 0);
	assert_int_equal(listed(world, 1), 0);
	assert_sound(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(what_was_put_back_since_is_back_after_a_restore),
	    KEEPING(so_it_is_when_the_hold_was_released_since),
	    KEEPING(what_has_expired_since_is_listed_so),
	    KEEPING(an_erasure_that_was_not_through_goes_on_after_a_restore),
	    KEEPING(what_was_put_back_is_there_when_nothing_but_a_copy_from_in_between_is_left),
	    KEEPING(what_is_erased_since_is_listed_so),
	    KEEPING(who_was_erased_since_is_gone_and_who_called_since_is_there),
	    KEEPING(so_it_is_when_nothing_else_is_left_and_the_erasure_goes_on),
	    KEEPING(a_contact_that_was_put_back_since_is_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
