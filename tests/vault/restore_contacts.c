/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Deleted contacts through a restore.
 */
#include "vault/place.h"

/* ---- deleted contacts ---- */

static void delete_contact(struct place *p, struct id id)
{
	struct contact_row row;
	struct err err;

	assert_ok(contacts_delete(p->world.vault, &p->world.account, id, p->world.now, &p->world.pool, &row, &err), &err);
}

static void undelete_contact(struct place *p, struct id id)
{
	struct contact_row row;
	struct err err;

	assert_ok(contacts_undelete(p->world.vault, &p->world.account, id, p->world.now, &p->world.pool, &row, &err), &err);
}

static void sweep_contacts(struct place *p, int64_t expected)
{
	struct sweep_result done;
	struct err err;

	assert_ok(sweep_run(p->world.vault, &p->world.account, p->world.now, NULL, NULL, &p->world.pool, &done, &err), &err);
	assert_int_equal(done.purged, expected);
}

/* NULL: it is not there. */
static const struct contact_row *contact_of(struct place *p, struct id id)
{
	static struct contact_row row;
	const char *plain;
	size_t len;
	struct err err;

	if (contact_get(p->world.vault->read.data, p->world.account.number, id, &p->world.pool, &row, &err) != OK)
		return NULL;
	assert_ok(open_contact(p->world.vault->read.ring, &row, &p->world.pool, &plain, &len, &err), &err);
	return &row;
}

/* P42 */
static void a_contact_whose_grace_is_over_stays_gone_whatever_the_backup_says_of_it(void **state)
{
	struct place *p = *state;
	struct id before = world_put_contacts(&p->world, ANNA, 1), meanwhile = world_put_contacts(&p->world, ANNA, 1),
		  there = world_put_contacts(&p->world, ANNA, 1);
	struct restore_result out;

	delete_contact(p, meanwhile);
	back_up(p);
	delete_contact(p, before);
	p->world.now = world_time("2025-07-01T00:00:00Z");
	sweep_contacts(p, 2);
	out = restore(p);
	assert_int_equal(out.dropped.purged, 2);
	assert_null(contact_of(p, before));
	assert_null(contact_of(p, meanwhile));
	assert_non_null(contact_of(p, there));
	sound(p);
}

static void whether_a_contact_is_deleted_is_as_it_is_now(void **state)
{
	struct place *p = *state;
	struct id since = world_put_contacts(&p->world, ANNA, 1), back = world_put_contacts(&p->world, ANNA, 1),
		  again = world_put_contacts(&p->world, ANNA, 1), later;
	struct restore_result out;

	delete_contact(p, back);
	delete_contact(p, again);
	back_up(p);
	later = world_put_contacts(&p->world, ANNA, 1);
	p->world.now = world_time("2025-06-10T00:00:00Z");
	delete_contact(p, since);
	delete_contact(p, later);
	undelete_contact(p, back);
	undelete_contact(p, again);
	delete_contact(p, again);
	out = restore(p);
	assert_int_equal(out.carried.contacts, 3);
	assert_int_equal(out.dropped.purged, 0);
	assert_true(contact_is_deleted(contact_of(p, since)));
	assert_int_equal(contact_of(p, since)->gone_on.days, instant_date(world_time("2025-07-10T00:00:00Z")).days);
	assert_false(contact_is_deleted(contact_of(p, back)));
	assert_int_equal(contact_of(p, again)->gone_on.days, contact_of(p, since)->gone_on.days);
	assert_null(contact_of(p, later)); /* made since */
	undelete_contact(p, since);
	sound(p);
}

static void a_contact_that_a_hold_keeps_past_its_grace_survives_a_backup_from_before(void **state)
{
	struct place *p = *state;
	struct id id = world_put_contacts(&p->world, ANNA, 1), hold;
	struct hold_request request = {.has_person = true, .reason = "a court order"};
	struct identity_row identity;
	struct err err;

	back_up(p);
	delete_contact(p, id);
	assert_ok(identity_get(p->world.vault->read.data, p->world.account.number, contact_of(p, id)->parties[0].identity,
			       &p->world.pool, &identity, &err), &err);
	request.person = identity.person;
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	p->world.now = world_time("2025-07-01T00:00:00Z");
	sweep_contacts(p, 0);
	assert_int_not_equal(contact_of(p, id)->hold, 0);
	restore(p);
	assert_int_not_equal(contact_of(p, id)->hold, 0);
	assert_true(contact_is_deleted(contact_of(p, id)));
	sound(p);
}

/* P42: the key store alone says so. */
static void a_contact_whose_grace_is_over_stays_gone_though_the_live_data_are_lost(void **state)
{
	struct place *p = *state;
	struct id gone = world_put_contacts(&p->world, ANNA, 1), deleted = world_put_contacts(&p->world, ANNA, 1);
	struct restore_result out;

	back_up(p);
	delete_contact(p, gone);
	p->world.now = world_time("2025-07-01T00:00:00Z");
	sweep_contacts(p, 1);
	delete_contact(p, deleted);
	lose(p, "lost");
	out = restore(p);
	assert_true(out.live_lost);
	assert_int_equal(out.dropped.purged, 1);
	assert_null(contact_of(p, gone));
	assert_false(contact_is_deleted(contact_of(p, deleted))); /* what was said of it is lost too */
	sound(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_contact_whose_grace_is_over_stays_gone_whatever_the_backup_says_of_it),
		TEST(whether_a_contact_is_deleted_is_as_it_is_now),
		TEST(a_contact_that_a_hold_keeps_past_its_grace_survives_a_backup_from_before),
		TEST(a_contact_whose_grace_is_over_stays_gone_though_the_live_data_are_lost),
	};

	return cmocka_run_group_tests_name("vault/restore_contacts", tests, NULL, NULL);
}
