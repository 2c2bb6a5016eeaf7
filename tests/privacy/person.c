/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/somebody.h"

#include "retention/keeping.h"

#define ANNA "+4520123456"
#define ANNA_2 "+4520123457"
#define BO "+4530999999"

static struct person load(struct world *world, struct id id)
{
	struct person person;
	struct err err;

	assert_ok(person_load(&world->vault->read, &world->account, id, &world->pool, &person, &err), &err);
	assert_ok(person_load_counts(&world->vault->read, &world->account, &person, &err), &err);
	return person;
}

static void a_person_is_found_by_any_spelling_of_a_number(void **state)
{
	static const char *const spellings[] = {"+4520123456", "20 12 34 56", "0045 20123456", "+45 20-12-34-56"};
	struct world *world = *state;
	struct id first;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	first = one(world, ANNA);
	for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
		assert_int_equal(0, id_compare(first, one(world, spellings[i])));
}

static void nobody_is_found_by_a_number_that_was_never_seen(void **state)
{
	struct world *world = *state;
	struct id id;
	struct err err;

	assert_int_equal(ERR_NOT_FOUND, person_find_one(&world->vault->read, &world->account, "+4511111111",
							&world->pool, &id, &err));
	assert_non_null(strstr(err.mend, "spelling"));
}

/* P22 */
static void a_person_of_another_account_answers_as_one_that_does_not_exist(void **state)
{
	struct world *world = *state;
	struct account other;
	struct id id, found;
	struct err err, absent;
	char text[ID_TEXT_MAX];

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	id = one(world, ANNA);
	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &other, &err), &err);
	assert_int_equal(ERR_NOT_FOUND, person_find_one(&world->vault->read, &other, id_format(PERSON_PREFIX, id, text),
							&world->pool, &found, &err));
	assert_int_equal(ERR_NOT_FOUND,
			 person_find_one(&world->vault->read, &other, ANNA, &world->pool, &found, &absent));
	assert_int_equal(err.code, absent.code);
	assert_string_equal(err.mend, absent.mend);
}

static void records_are_counted_by_kind_with_their_first_and_last_time(void **state)
{
	struct world *world = *state;
	struct person person;

	world_put(world, KIND_CALL, "2025-03-01T08:00:00Z", "{}", ANNA, BO, NULL);
	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", BO, ANNA, NULL);
	world_put(world, KIND_MESSAGE, "2025-04-01T08:00:00Z", "{}", ANNA, BO, NULL);
	person = load(world, one(world, ANNA));
	assert_int_equal(2, person.records[KIND_CALL]);
	assert_int_equal(1, person.records[KIND_MESSAGE]);
	assert_int_equal(world_time("2025-03-01T08:00:00Z").ms, person.first.ms);
	assert_int_equal(world_time("2025-05-01T08:00:00Z").ms, person.last.ms);
}

static void linking_two_persons_makes_one_whose_shared_record_counts_once(void **state)
{
	struct world *world = *state;
	struct person person;
	struct id a, b;
	struct err err;
	bool changed;

	/* A call between her own two numbers, and one of each with Bo. */
	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, ANNA_2, NULL);
	world_put(world, KIND_CALL, "2025-05-02T08:00:00Z", "{}", ANNA, BO, NULL);
	world_put(world, KIND_CALL, "2025-05-03T08:00:00Z", "{}", ANNA_2, BO, NULL);
	a = one(world, ANNA);
	b = one(world, ANNA_2);
	assert_ok(person_link(world->vault, &world->account, a, b, world->now, &changed, &err), &err);
	assert_true(changed);
	assert_int_equal(0, id_compare(one(world, ANNA_2), a));
	person = load(world, a);
	assert_int_equal(2, person.identity_count);
	assert_int_equal(3, person.records[KIND_CALL]);
	assert_ok(person_link(world->vault, &world->account, a, a, world->now, &changed, &err), &err);
	assert_false(changed);
}

static enum result link_two(struct world *world, const char *a, const char *b)
{
	struct err err;
	bool changed;

	return person_link(world->vault, &world->account, one(world, a), one(world, b), world->now, &changed, &err);
}

/* Nobody could show, hold or erase a person of more. */
static void linking_stops_where_a_person_has_as_many_identities_as_one_can_have(void **state)
{
	struct world *world = *state;
	char number[32];
	struct person person;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	for (int i = 1; i < PERSON_IDENTITIES_MAX; i++) {
		snprintf(number, sizeof number, "+45206%05d", i);
		world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", number, NULL);
		assert_int_equal(OK, link_two(world, ANNA, number));
	}
	assert_int_equal(ERR_LIMIT, link_two(world, ANNA, BO));
	assert_int_equal(ERR_LIMIT, link_two(world, BO, ANNA));
	person = load(world, one(world, ANNA));
	assert_int_equal(PERSON_IDENTITIES_MAX, person.identity_count);
	assert_int_equal(1, load(world, one(world, BO)).identity_count);
}

static const struct hold_scope *covering(struct world *world, struct id call)
{
	struct hold_set set;
	struct err err;

	assert_ok(holds_load(&world->vault->read, world->account.number, &world->pool, &set, &err), &err);
	return holds_cover(&set, (struct record_row[]){row_of(world, KIND_CALL, call)});
}

/* P10 */
static void a_hold_on_a_person_follows_them_into_another(void **state)
{
	struct world *world = *state;
	struct id held = world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA_2, BO, NULL);

	world_put(world, KIND_CALL, "2025-05-02T08:00:00Z", "{}", ANNA, BO, NULL);
	hold_person(world, ANNA_2);
	assert_non_null(covering(world, held));
	assert_int_equal(OK, link_two(world, ANNA, ANNA_2)); /* hers has no identity left */
	assert_non_null(covering(world, held));
}

/* P10 */
static void nobody_is_taken_out_of_a_person_under_a_hold(void **state)
{
	struct world *world = *state;
	struct id hold, out;
	struct person person;
	struct err err;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, ANNA_2, NULL);
	assert_int_equal(OK, link_two(world, ANNA, ANNA_2));
	hold = hold_person(world, ANNA);
	person = load(world, one(world, ANNA));
	assert_int_equal(ERR_HELD, person_unlink(world->vault, &world->account, person.id,
						   person.identities[1].identity, world->now, &out, &err));
	release_hold(world, hold);
	assert_ok(person_unlink(world->vault, &world->account, person.id, person.identities[1].identity, world->now,
				&out, &err),
		  &err);
}

static void unlinking_gives_an_identity_a_person_of_its_own(void **state)
{
	struct world *world = *state;
	struct person person;
	struct id a, b, out;
	struct err err;
	bool changed;

	world_put(world, KIND_CALL, "2025-05-02T08:00:00Z", "{}", ANNA, BO, NULL);
	world_put(world, KIND_CALL, "2025-05-03T08:00:00Z", "{}", ANNA_2, BO, NULL);
	a = one(world, ANNA);
	b = one(world, ANNA_2);
	assert_ok(person_link(world->vault, &world->account, a, b, world->now, &changed, &err), &err);
	person = load(world, a);
	assert_ok(person_unlink(world->vault, &world->account, a, person.identities[1].identity, world->now, &out, &err),
		  &err);
	assert_int_not_equal(0, id_compare(out, a));
	assert_int_equal(1, load(world, a).identity_count);
	assert_int_equal(1, load(world, out).identity_count);
	assert_int_equal(ERR_INPUT, person_unlink(world->vault, &world->account, out, person.identities[1].identity,
						  world->now, &out, &err));
}

static void walking_more_records_than_one_batch_meets_each_once(void **state)
{
	struct world *world = *state;
	struct person person;
	char at[40];

	for (int i = 0; i < 700; i++) {
		snprintf(at, sizeof at, "2025-%02d-%02dT%02d:00:00Z", 1 + i % 5, 1 + i % 28, i % 24);
		world_put(world, i % 3 == 0 ? KIND_MESSAGE : KIND_CALL, at, "{}", ANNA, BO, NULL);
	}
	person = load(world, one(world, ANNA));
	assert_int_equal(700, person.records[KIND_CALL] + person.records[KIND_MESSAGE]);
}

static enum result put_contact(struct session *session, void *arg, struct err *err)
{
	return contact_put(session->data, arg, err);
}

/* Gives a contact of the person's first identity their second one too. */
static void share_contact(struct world *world, const struct person *person, struct id contact)
{
	struct contact_row row;
	struct err err;

	assert_ok(contact_get(world->vault->read.data, world->account.number, contact, &world->pool, &row, &err), &err);
	row.parties[0].identity = person->identities[0].identity;
	row.parties[1] = (struct party){person->identities[1].identity, 0};
	row.party_count = 2;
	assert_ok(vault_write(world->vault, put_contact, &row, &err), &err);
}

/* More pages than one of the first number, exactly one of the second, and one contact of both. */
static void a_person_in_a_thousand_contacts_has_each_of_them_once(void **state)
{
	struct world *world = *state;
	struct person person;
	struct id shared = world_put_contacts(world, ANNA, 1000);

	world_put_contacts(world, ANNA_2, 256);
	assert_int_equal(OK, link_two(world, ANNA, ANNA_2));
	person = load(world, one(world, ANNA));
	share_contact(world, &person, shared);
	person = load(world, one(world, ANNA));
	assert_int_equal(1256, person.contact_count);
	for (size_t i = 1; i < person.contact_count; i++)
		assert_true(id_compare(person.contacts[i - 1], person.contacts[i]) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_person_is_found_by_any_spelling_of_a_number),
	    IN_WORLD(nobody_is_found_by_a_number_that_was_never_seen),
	    IN_WORLD(a_person_of_another_account_answers_as_one_that_does_not_exist),
	    IN_WORLD(records_are_counted_by_kind_with_their_first_and_last_time),
	    IN_WORLD(linking_two_persons_makes_one_whose_shared_record_counts_once),
	    IN_WORLD(linking_stops_where_a_person_has_as_many_identities_as_one_can_have),
	    IN_WORLD(a_hold_on_a_person_follows_them_into_another),
	    IN_WORLD(nobody_is_taken_out_of_a_person_under_a_hold),
	    IN_WORLD(unlinking_gives_an_identity_a_person_of_its_own),
	    IN_WORLD(walking_more_records_than_one_batch_meets_each_once),
	    IN_WORLD(a_person_in_a_thousand_contacts_has_each_of_them_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
