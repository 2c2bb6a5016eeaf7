/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/somebody.h"

#include "privacy/identities.h"
#include "retention/keeping.h"

#define ANNA "+4520123456"
#define ANNA_2 "+4520123457"
#define BO "+4530999999"

static int64_t number_of(struct world *world, const char *who)
{
	struct identity_row rows[IDENTITIES_FOUND_MAX];
	struct err err;
	size_t count;

	assert_ok(identities_find(&world->vault->read, &world->account, who, &world->pool, rows, &count, &err), &err);
	assert_int_equal(1, count);
	return rows[0].identity;
}

static enum result link_to(struct world *world, const char *who, struct id person, bool *changed, struct err *err)
{
	return identities_link(world->vault, &world->account, number_of(world, who), person, world->now, changed, err);
}

static enum result unlink_it(struct world *world, const char *who, struct err *err)
{
	struct id out;

	return identities_unlink(world->vault, &world->account, number_of(world, who), world->now, &out, err);
}

/* Anna's two numbers are one person's, Bo's is another's. */
static struct id put_people(struct world *world)
{
	struct err err;
	bool changed;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	world_put(world, KIND_CALL, "2025-05-02T08:00:00Z", "{}", ANNA_2, BO, NULL);
	assert_ok(link_to(world, ANNA_2, one(world, ANNA), &changed, &err), &err);
	assert_true(changed);
	return one(world, ANNA);
}

static void an_identity_is_found_by_any_spelling_once(void **state)
{
	struct world *world = *state;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	assert_int_equal(number_of(world, ANNA), number_of(world, "20 12 34 56"));
	assert_int_equal(number_of(world, ANNA), number_of(world, "0045 20-12-34-56"));
}

static void what_is_no_identity_here_or_no_text_is_none(void **state)
{
	struct world *world = *state;
	struct identity_row rows[IDENTITIES_FOUND_MAX];
	const char *value;
	struct err err;
	size_t count = 9;

	assert_ok(identities_find(&world->vault->read, &world->account, ANNA, &world->pool, rows, &count, &err), &err);
	assert_int_equal(0, count);
	assert_int_equal(ERR_INPUT, identities_find(&world->vault->read, &world->account, "\xff", &world->pool, rows,
						    &count, &err));
	assert_int_equal(ERR_NOT_FOUND, identities_open(&world->vault->read, world->account.number, 4711, &world->pool,
							rows, &value, &err));
	assert_string_equal("there is no identity 4711 in this account", err.what);
}

/* P22 */
static void an_identity_of_another_account_is_none(void **state)
{
	struct world *world = *state;
	struct account other;
	struct identity_row row;
	const char *value;
	struct err err;
	bool changed;

	put_people(world);
	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &other, &err), &err);
	assert_int_equal(ERR_NOT_FOUND, identities_open(&world->vault->read, other.number, number_of(world, ANNA),
							&world->pool, &row, &value, &err));
	assert_int_equal(ERR_NOT_FOUND, identities_link(world->vault, &other, number_of(world, ANNA), one(world, BO),
							world->now, &changed, &err));
}

static void one_identity_alone_becomes_somebody_elses(void **state)
{
	struct world *world = *state;
	struct id anna = put_people(world), bo = one(world, BO);
	struct err err;
	bool changed;

	assert_int_equal(0, id_compare(one(world, ANNA_2), anna));
	assert_ok(link_to(world, ANNA_2, anna, &changed, &err), &err);
	assert_false(changed);
	assert_ok(link_to(world, ANNA_2, bo, &changed, &err), &err);
	assert_int_equal(0, id_compare(one(world, ANNA_2), bo));
	assert_int_equal(0, id_compare(one(world, ANNA), anna));
	assert_int_equal(ERR_NOT_FOUND, link_to(world, ANNA_2, id_new(world->now), &changed, &err));
}

static void one_identity_becomes_a_person_of_its_own_unless_it_is_that(void **state)
{
	struct world *world = *state;
	struct id anna = put_people(world);
	struct err err;

	assert_ok(unlink_it(world, ANNA_2, &err), &err);
	assert_int_not_equal(0, id_compare(one(world, ANNA_2), anna));
	assert_int_equal(ERR_EXISTS, unlink_it(world, ANNA_2, &err));
}

/* It would be free of the hold. */
static void no_identity_leaves_a_person_under_a_hold(void **state)
{
	struct world *world = *state;
	struct id anna = put_people(world), bo = one(world, BO);
	struct err err;
	bool changed;

	hold_person(world, ANNA);
	assert_int_equal(ERR_HELD, unlink_it(world, ANNA_2, &err));
	assert_int_equal(ERR_HELD, link_to(world, ANNA_2, bo, &changed, &err));
	assert_non_null(strstr(err.mend, "hold list"));
	assert_int_equal(0, id_compare(one(world, ANNA_2), anna));
}

static void a_hold_goes_with_a_persons_only_identity(void **state)
{
	struct world *world = *state;
	struct id anna = put_people(world);
	struct err err;
	bool held = false, changed;

	hold_person(world, BO);
	assert_ok(link_to(world, BO, anna, &changed, &err), &err);
	assert_ok(hold_names_person(world->vault->read.data, world->account.number, anna, &held, &err), &err);
	assert_true(held);
}

static void nobody_gets_more_identities_than_a_person_can_have(void **state)
{
	struct world *world = *state;
	struct id anna = put_people(world);
	char number[32];
	struct err err;
	bool changed;

	for (int i = 0; i < PERSON_IDENTITIES_MAX - 2; i++) {
		snprintf(number, sizeof number, "+45310%05d", i);
		world_put(world, KIND_CALL, "2025-05-03T08:00:00Z", "{}", number, NULL);
		assert_ok(link_to(world, number, anna, &changed, &err), &err);
	}
	assert_int_equal(ERR_LIMIT, link_to(world, BO, anna, &changed, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(an_identity_is_found_by_any_spelling_once),
	    IN_WORLD(what_is_no_identity_here_or_no_text_is_none),
	    IN_WORLD(an_identity_of_another_account_is_none),
	    IN_WORLD(one_identity_alone_becomes_somebody_elses),
	    IN_WORLD(one_identity_becomes_a_person_of_its_own_unless_it_is_that),
	    IN_WORLD(no_identity_leaves_a_person_under_a_hold),
	    IN_WORLD(a_hold_goes_with_a_persons_only_identity),
	    IN_WORLD(nobody_gets_more_identities_than_a_person_can_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
