/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/taking.h"

#include "privacy/contacts.h"
#include "privacy/person.h"
#include "retention/settings.h"
#include "retention/sweep.h"

#define ANN "+4520000289"
#define ANN_MAIL "ann@example.com"
#define BO "+4520000512"

/* It is 1 June 2024; the grace is 30 days. */
#define ANNS CONTACT("k1", "Ann Holst", "\"phones\":[\"" ANN "\"],\"emails\":[\"" ANN_MAIL "\"]")
#define BOS CONTACT("k2", "Bo Berg", "\"phones\":[\"" BO "\"]")

static enum result try_find(const char *text, bool deleted, struct id *out)
{
	struct contact_row row;
	enum result r = contacts_find(&world.vault->read, &world.account, text, deleted, &world.pool, &row, &err);

	if (r == OK)
		*out = row.id;
	return r;
}

static struct id contact_of(const char *text, bool deleted)
{
	struct id id;

	assert_ok(try_find(text, deleted, &id), &err);
	return id;
}

static enum result try_delete(struct id id, struct contact_row *out)
{
	return contacts_delete(world.vault, &world.account, id, world.now, &world.pool, out, &err);
}

static struct id delete (const char *text)
{
	struct id id = contact_of(text, false);
	struct contact_row row;

	assert_ok(try_delete(id, &row), &err);
	return id;
}

static enum result try_undelete(struct id id)
{
	struct contact_row row;

	return contacts_undelete(world.vault, &world.account, id, world.now, &world.pool, &row, &err);
}

static enum result try_readmit(struct id id)
{
	return contacts_readmit(world.vault, &world.account, id, world.now, &err);
}

static size_t found(const char *who)
{
	struct id ids[8];
	size_t count;

	assert_ok(person_find(&world.vault->read, &world.account, who, &world.pool, ids, 8, &count, &err), &err);
	return count;
}

static void go_to(const char *when)
{
	world.now = world_time(when);
	options.now = world.now;
}

static void sweep(void)
{
	struct sweep_result done;

	assert_ok(sweep_run(world.vault, &world.account, world.now, NULL, NULL, &world.pool, &done, &err), &err);
	assert_false(sweep_left_any(&done.left));
}

static const char *last_leaf(void)
{
	struct leaf leaf;
	uint64_t size;

	assert_ok(leaf_tree_size(world.vault->read.data, &size, &err), &err);
	assert_ok(leaf_get(world.vault->read.data, size - 1, &world.pool, &leaf, &err), &err);
	return pool_strndup(&world.pool, (const char *)leaf.body, leaf.body_len);
}

static const char *content(struct id id)
{
	struct contact_row row;
	const char *plain;
	size_t len;

	assert_ok(contact_get(world.vault->read.data, world.account.number, id, &world.pool, &row, &err), &err);
	assert_ok(open_contact(world.vault->read.ring, &row, &world.pool, &plain, &len, &err), &err);
	return plain;
}

/* ---- deleting and bringing back ---- */

/* P42 */
static void a_deleted_contact_is_not_found_by_name_and_comes_back_as_it_was(void **state)
{
	struct person person;
	const char *before;
	struct id id;
	(void)state;

	take_in(ANNS BOS);
	assert_int_equal(found("ann holst"), 1);
	before = content(contact_of("Ann", false));
	id = delete ("Ann Holst");
	assert_int_equal(found("ann holst"), 0);
	assert_int_equal(found(ANN), 1);
	assert_int_equal(found("Bo"), 1);
	assert_ok(
	    person_load(&world.vault->read, &world.account, person_of(IDENTITY_PHONE, ANN), &world.pool, &person, &err),
	    &err);
	assert_int_equal(person.contact_count, 0);
	assert_int_equal(person.deleted_count, 1);
	assert_int_equal(id_compare(person.deleted[0], id), 0);
	assert_ok(try_undelete(id), &err);
	assert_int_equal(found("ann holst"), 1);
	assert_string_equal(content(id), before);
	assert_true(same_person(IDENTITY_PHONE, ANN, IDENTITY_EMAIL, ANN_MAIL));
}

static void each_step_has_its_leaf_without_a_name(void **state)
{
	struct id id;
	char text[ID_TEXT_MAX];
	(void)state;

	take_in(ANNS);
	id = delete ("Ann Holst");
	assert_non_null(strstr(last_leaf(), "\"act\":\"contact.delete\""));
	assert_non_null(strstr(last_leaf(), "\"gone_on\":\"2024-07-01T00:00:00Z\""));
	assert_non_null(strstr(last_leaf(), id_format(CONTACT_PREFIX, id, text)));
	assert_null(strstr(last_leaf(), "Ann"));
	assert_ok(try_undelete(id), &err);
	assert_non_null(strstr(last_leaf(), "\"act\":\"contact.undelete\""));
	delete (ANN);
	go_to("2024-07-01T00:00:00Z");
	sweep();
	assert_ok(try_readmit(id), &err);
	assert_non_null(strstr(last_leaf(), "\"act\":\"contact.readmit\""));
	assert_ok(contacts_note_show(&world.vault->read, world.account.number, id, world.now, &err), &err);
	assert_non_null(strstr(last_leaf(), "\"act\":\"contact.show\""));
	assert_ok(contacts_note_list(&world.vault->read, world.account.number, &id, 1, world.now, &err), &err);
	assert_non_null(strstr(last_leaf(), "\"act\":\"contact.list\""));
}

static void the_grace_ends_with_its_last_day(void **state)
{
	struct id id;
	(void)state;

	take_in(ANNS);
	id = delete ("Ann Holst");
	go_to("2024-06-30T23:59:59Z");
	assert_ok(try_undelete(id), &err);
	go_to("2024-06-01T12:00:00Z");
	delete ("Ann Holst");
	go_to("2024-07-01T00:00:00Z");
	assert_int_equal(try_undelete(id), ERR_GONE);
	assert_string_equal(err.what, "it could be brought back before 2024-07-01, and cannot any more");
	assert_non_null(strstr(err.mend, "retention run"));
	sweep();
	assert_int_equal(try_undelete(id), ERR_GONE);
	assert_non_null(strstr(err.what, "nobody can read it any more"));
	assert_non_null(strstr(err.mend, "lethe contact readmit con_"));
}

static void the_grace_is_that_of_the_day_on_which_it_was_deleted(void **state)
{
	struct contact_row row;
	(void)state;

	take_in(ANNS BOS);
	assert_ok(settings_set(world.vault, &world.account, "contact_grace_days", "3", world.now, &world.pool, &err),
		  &err);
	assert_ok(try_delete(contact_of("Ann", false), &row), &err);
	assert_int_equal(row.gone_on.days, instant_date(world.now).days + 3);
	assert_ok(settings_set(world.vault, &world.account, "contact_grace_days", "0", world.now, &world.pool, &err),
		  &err);
	assert_int_equal(contacts_in_grace(&row, world.now), true);
	assert_ok(try_delete(contact_of("Bo", false), &row), &err);
	assert_int_equal(contacts_in_grace(&row, world.now), false);
	assert_int_equal(try_undelete(row.id), ERR_GONE);
}

static void what_makes_no_sense_is_refused_with_what_would(void **state)
{
	struct contact_row row;
	struct id id, none = id_new(world.now);
	(void)state;

	take_in(ANNS);
	id = contact_of("Ann Holst", false);
	assert_int_equal(try_undelete(id), ERR_EXISTS);
	assert_string_equal(err.what, "it is not deleted");
	assert_int_equal(try_readmit(id), ERR_EXISTS);
	assert_ok(try_delete(id, &row), &err);
	assert_int_equal(try_delete(id, &row), ERR_EXISTS);
	assert_string_equal(err.what, "it is deleted already, since 2024-06-01");
	assert_non_null(strstr(err.mend, "before 2024-07-01"));
	assert_int_equal(try_readmit(id), ERR_EXISTS);
	assert_non_null(strstr(err.mend, "contact undelete"));
	go_to("2024-07-02T00:00:00Z");
	assert_int_equal(try_delete(id, &row), ERR_EXISTS);
	assert_non_null(strstr(err.mend, "over since 2024-07-01"));
	assert_int_equal(try_readmit(id), ERR_EXISTS);
	assert_non_null(strstr(err.mend, "retention run"));
	assert_int_equal(try_delete(none, &row), ERR_NOT_FOUND);
	assert_int_equal(try_undelete(none), ERR_NOT_FOUND);
	assert_int_equal(try_readmit(none), ERR_NOT_FOUND);
}

/* ---- whom it is about ---- */

static void somebody_in_several_contacts_is_asked_which(void **state)
{
	struct id one, other, out;
	char text[ID_TEXT_MAX], first[ID_TEXT_MAX];
	(void)state;

	take_in(ANNS CONTACT("k3", "Ann Holst", "\"phones\":[\"" ANN "\"]"));
	assert_int_equal(try_find(ANN, false, &out), ERR_INPUT);
	assert_string_equal(err.what, "that person is in 2 contacts");
	snprintf(first, sizeof first, "%.30s", strstr(err.mend, "con_"));
	assert_ok(id_parse(CONTACT_PREFIX, first, &one, &err), &err);
	assert_int_equal(id_compare(contact_of(id_format(CONTACT_PREFIX, one, text), false), one), 0);
	delete (text);
	other = contact_of(ANN, false);
	assert_int_not_equal(id_compare(one, other), 0);
	assert_int_equal(id_compare(contact_of(ANN, true), one), 0);
	delete (ANN);
	assert_int_equal(try_find(ANN, true, &out), ERR_INPUT);
	assert_string_equal(err.what, "that person is in 2 deleted contacts");
	assert_int_equal(try_find(ANN, false, &out), ERR_NOT_FOUND);
	assert_non_null(strstr(err.mend, "--deleted"));
}

static void who_is_not_known_or_in_no_contact_is_said(void **state)
{
	struct id out;
	(void)state;

	take_in(ANNS CALL("c1", ""));
	assert_int_equal(try_find("+4520000578", false, &out), ERR_NOT_FOUND);
	assert_string_equal(err.what, "that person is in no contact that is there");
	assert_int_equal(try_find(ANN, true, &out), ERR_NOT_FOUND);
	assert_string_equal(err.what, "that person is in no deleted contact");
	delete ("Ann Holst");
	assert_int_equal(try_find("Ann Holst", true, &out), ERR_NOT_FOUND);
	assert_non_null(strstr(err.mend, "is not found by its name"));
	assert_int_equal(try_find("con_00000000000000000000000000", true, &out), ERR_NOT_FOUND);
	assert_non_null(strstr(err.mend, "contact list"));
}

/* P22 */
static void another_account_has_no_part_in_it(void **state)
{
	struct account mine = world.account;
	struct contact_row row;
	struct id id, out;
	char text[ID_TEXT_MAX];
	(void)state;

	take_in(ANNS);
	id = delete ("Ann Holst");
	assert_ok(accounts_create(world.vault, "Another", "DK", world.now, &world.pool, &world.account, &err), &err);
	assert_int_equal(try_undelete(id), ERR_NOT_FOUND);
	assert_int_equal(try_delete(id, &row), ERR_NOT_FOUND);
	assert_int_equal(try_find(id_format(CONTACT_PREFIX, id, text), true, &out), ERR_NOT_FOUND);
	world.account = mine;
	go_to("2024-07-02T00:00:00Z");
	sweep();
	assert_ok(accounts_create(world.vault, "A third", "DK", world.now, &world.pool, &world.account, &err), &err);
	assert_int_equal(try_readmit(id), ERR_NOT_FOUND);
	assert_int_equal(try_find(text, true, &out), ERR_NOT_FOUND);
	world.account = mine;
	assert_ok(try_readmit(id), &err);
}

/* ---- imports ---- */

/* P43 */
static void what_was_deleted_is_not_brought_back_by_an_import_until_it_is_readmitted(void **state)
{
	struct id id;
	(void)state;

	take_in(ANNS BOS);
	id = delete ("Ann Holst");
	take_in(ANNS BOS);
	assert_int_equal(result.contacts_deleted, 1);
	assert_int_equal(result.contacts_unchanged, 1);
	take_in(CONTACT("k1", "Ann Berg", "\"phones\":[\"" ANN "\",\"+4520000999\"]"));
	assert_int_equal(result.contacts_deleted, 1);
	assert_int_equal(result.identities, 0);
	assert_null(strstr(content(id), "Berg"));
	go_to("2024-07-01T00:00:00Z");
	sweep();
	take_in(ANNS);
	assert_int_equal(result.contacts_deleted, 1);
	assert_int_equal(result.contacts_new, 0);
	assert_int_equal(found("ann"), 0);
	assert_ok(try_readmit(id), &err);
	take_in(ANNS);
	assert_int_equal(result.contacts_new, 1);
	assert_int_equal(found("ann"), 1);
}

static void one_that_was_brought_back_is_updated_again(void **state)
{
	(void)state;

	take_in(ANNS);
	assert_ok(try_undelete(delete ("Ann Holst")), &err);
	take_in(CONTACT("k1", "Ann Berg", "\"phones\":[\"" ANN "\"]"));
	assert_int_equal(result.contacts_updated, 1);
	assert_int_equal(found("berg"), 1);
}

/* ---- holds, erasures ---- */

static void what_only_a_hold_keeps_can_be_neither_deleted_nor_brought_back(void **state)
{
	struct hold_request request = {.has_person = true, .reason = "a dispute"};
	struct contact_row row;
	struct id id, hold;
	(void)state;

	take_in(ANNS);
	id = contact_of("Ann Holst", false);
	request.person = person_of(IDENTITY_PHONE, ANN);
	assert_ok(holds_add(world.vault, &world.account, &request, world.now, &hold, &err), &err);
	erase(ANN, "2024-06-02T00:00:00Z");
	assert_int_equal(try_delete(id, &row), ERR_HELD);
	assert_non_null(strstr(err.mend, "hold list"));
	assert_int_equal(try_undelete(id), ERR_EXISTS);
}

/* P3 */
static void an_erasure_takes_a_deleted_contact_at_once(void **state)
{
	struct contact_row row;
	struct id id;
	(void)state;

	take_in(ANNS);
	id = delete ("Ann Holst");
	erase(ANN, "2024-06-02T00:00:00Z");
	assert_int_equal(contact_get(world.vault->read.data, world.account.number, id, &world.pool, &row, &err),
			 ERR_NOT_FOUND);
	assert_int_equal(try_undelete(id), ERR_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_deleted_contact_is_not_found_by_name_and_comes_back_as_it_was),
	    TEST(each_step_has_its_leaf_without_a_name),
	    TEST(the_grace_ends_with_its_last_day),
	    TEST(the_grace_is_that_of_the_day_on_which_it_was_deleted),
	    TEST(what_makes_no_sense_is_refused_with_what_would),
	    TEST(somebody_in_several_contacts_is_asked_which),
	    TEST(who_is_not_known_or_in_no_contact_is_said),
	    TEST(another_account_has_no_part_in_it),
	    TEST(what_was_deleted_is_not_brought_back_by_an_import_until_it_is_readmitted),
	    TEST(one_that_was_brought_back_is_updated_again),
	    TEST(what_only_a_hold_keeps_can_be_neither_deleted_nor_brought_back),
	    TEST(an_erasure_takes_a_deleted_contact_at_once),
	};

	return cmocka_run_group_tests_name("privacy/contacts", tests, NULL, NULL);
}
