/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keeping.h"

#include "retention/why.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define OURS "+4570707070"

static struct id call(struct world *world, const char *at, const char *from, const char *to)
{
	return world_put(world, KIND_CALL, at, "{\"n\":1}", from, to, NULL);
}

static void hold_on(struct world *world, const struct hold_request *request, struct hold_set *set)
{
	struct err err;

	add_hold(world, request);
	assert_ok(holds_load(&world->vault->read, world->account.number, &world->pool, set, &err), &err);
}

static bool covers(struct world *world, const struct hold_set *set, enum record_kind kind, struct id id)
{
	struct record_row row = row_of(world, kind, id);

	return holds_cover(set, &row) != NULL;
}

static void a_hold_on_a_person_covers_every_record_they_are_in_and_no_other(void **state)
{
	struct world *world = *state;
	struct id from = call(world, "2025-01-01T10:00:00Z", ANNA, BENT);
	struct id to = call(world, "2025-01-01T11:00:00Z", BENT, ANNA);
	struct id other = call(world, "2025-01-01T12:00:00Z", BENT, NULL);
	struct hold_request request = {.has_person = true};
	struct hold_set set;

	identity_of(world, IDENTITY_PHONE, ANNA, &request.person);
	hold_on(world, &request, &set);
	assert_true(covers(world, &set, KIND_CALL, from));
	assert_true(covers(world, &set, KIND_CALL, to));
	assert_false(covers(world, &set, KIND_CALL, other));
}

static void a_hold_on_a_number_covers_the_accounts_own_number(void **state)
{
	struct world *world = *state;
	struct world_record ours = {.kind = KIND_CALL, .at = world_time("2025-01-01T10:00:00Z"), .text = "{}",
				    .phones = {ANNA}, .number = OURS, .world = world};
	struct id other = call(world, "2025-01-01T12:00:00Z", ANNA, NULL);
	struct hold_request request = {.identity = 0};
	struct hold_set set;
	struct err err;

	ours.id = id_new(ours.at);
	assert_ok(vault_write(world->vault, world_put_op, &ours, &err), &err);
	request.identity = identity_of(world, IDENTITY_NUMBER, OURS, NULL);
	hold_on(world, &request, &set);
	assert_true(covers(world, &set, KIND_CALL, ours.id));
	assert_false(covers(world, &set, KIND_CALL, other));
}

static void a_hold_with_kinds_and_times_covers_only_those(void **state)
{
	struct world *world = *state;
	struct id before = call(world, "2024-12-31T23:59:59Z", ANNA, NULL);
	struct id first = call(world, "2025-01-01T00:00:00Z", ANNA, NULL);
	struct id last = call(world, "2025-01-31T23:59:59Z", ANNA, NULL);
	struct id after = call(world, "2025-02-01T00:00:00Z", ANNA, NULL);
	struct id note = world_put(world, KIND_NOTE, "2025-01-10T00:00:00Z", "{}", ANNA, NULL);
	const struct hold_request request = {.kinds = 1u << KIND_CALL | 1u << KIND_MESSAGE,
					     .has_from = true, .from = world_time("2025-01-01T00:00:00Z"),
					     .has_until = true, .until = world_time("2025-02-01T00:00:00Z")};
	struct hold_set set;

	hold_on(world, &request, &set);
	assert_false(covers(world, &set, KIND_CALL, before));
	assert_true(covers(world, &set, KIND_CALL, first));
	assert_true(covers(world, &set, KIND_CALL, last));
	assert_false(covers(world, &set, KIND_CALL, after));
	assert_false(covers(world, &set, KIND_NOTE, note));
	assert_true(holds_touch_period(&set, KIND_CALL, date_from_civil(2025, 1, 1)));
	assert_true(holds_touch_period(&set, KIND_CALL, date_from_civil(2025, 1, 31)));
	assert_false(holds_touch_period(&set, KIND_CALL, date_from_civil(2024, 12, 31)));
	assert_false(holds_touch_period(&set, KIND_CALL, date_from_civil(2025, 2, 1)));
	assert_false(holds_touch_period(&set, KIND_NOTE, date_from_civil(2025, 1, 10)));
}

static void a_period_is_touched_when_a_hold_begins_or_ends_within_it(void **state)
{
	struct world *world = *state;
	const struct hold_request request = {.has_from = true, .from = world_time("2025-01-01T23:59:59.999Z"),
					     .has_until = true, .until = world_time("2025-01-02T00:00:00.001Z")};
	struct hold_set set;

	hold_on(world, &request, &set);
	assert_true(holds_touch_period(&set, KIND_CALL, date_from_civil(2025, 1, 1)));
	assert_true(holds_touch_period(&set, KIND_CALL, date_from_civil(2025, 1, 2)));
	assert_false(holds_touch_period(&set, KIND_CALL, date_from_civil(2024, 12, 31)));
	assert_false(holds_touch_period(&set, KIND_CALL, date_from_civil(2025, 1, 3)));
}

static void contacts_are_covered_by_holds_on_people_only(void **state)
{
	struct world *world = *state;
	struct contact_row contact = {.account = world->account.number, .party_count = 1};
	struct hold_request request = {.kinds = 0};
	struct hold_set set;

	call(world, "2025-01-01T10:00:00Z", ANNA, NULL);
	contact.parties[0].identity = identity_of(world, IDENTITY_PHONE, ANNA, &request.person);
	hold_on(world, &request, &set); /* everything: records, not contacts */
	assert_null(holds_cover_contact(&set, &contact));
	request.has_person = true;
	request.kinds = 1u << KIND_CALL;
	hold_on(world, &request, &set);
	assert_null(holds_cover_contact(&set, &contact));
	request.kinds = 0;
	hold_on(world, &request, &set);
	assert_ptr_equal(holds_cover_contact(&set, &contact), &set.scopes[2]);
}

static void the_oldest_hold_that_covers_is_the_one(void **state)
{
	struct world *world = *state;
	struct record_row row = row_of(world, KIND_CALL, call(world, "2025-01-01T10:00:00Z", ANNA, NULL));
	const struct hold_request notes = {.kinds = 1u << KIND_NOTE}, all = {.kinds = 0};
	struct hold_set set;

	hold_on(world, &notes, &set);
	hold_on(world, &all, &set);
	hold_on(world, &all, &set);
	assert_ptr_equal(holds_cover(&set, &row), &set.scopes[1]);
	row.hold = set.scopes[0].row.hold; /* under its key: that one keeps it whatever its scope says */
	assert_ptr_equal(holds_cover(&set, &row), &set.scopes[0]);
}

static void assert_refused(struct world *world, const struct hold_request *request, enum result code)
{
	struct id id;
	struct err err;

	assert_int_equal(holds_add(world->vault, &world->account, request, world->now, &id, &err), code);
	assert_true(err.what[0] != '\0');
}

static void a_hold_without_reason_or_scope_that_exists_is_refused(void **state)
{
	struct world *world = *state;
	const struct hold_request none = {.reason = NULL}, blank = {.reason = "  \n"}, latin = {.reason = "\xe9t\xe9"};
	const struct hold_request nobody = {.reason = "r", .has_person = true, .person = id_new(world->now)};
	const struct hold_request nothing = {.reason = "r", .identity = 4711};
	const struct hold_request backwards = {.reason = "r", .has_from = true, .from = {2000},
					       .has_until = true, .until = {2000}};
	struct hold_set set;
	struct err err;

	assert_refused(world, &none, ERR_INPUT);
	assert_refused(world, &blank, ERR_INPUT);
	assert_refused(world, &latin, ERR_INPUT);
	assert_refused(world, &backwards, ERR_INPUT);
	assert_refused(world, &nobody, ERR_NOT_FOUND);
	assert_refused(world, &nothing, ERR_NOT_FOUND);
	assert_ok(holds_load(&world->vault->read, world->account.number, &world->pool, &set, &err), &err);
	assert_int_equal(set.count, 0);
}

static void a_reason_is_sealed_and_opens_again(void **state)
{
	struct world *world = *state;
	const struct hold_request request = {.reason = "Anna v. Bent"};
	struct id id = add_hold(world, &request);
	struct hold_row row;
	const char *text;
	struct err err;

	assert_ok(hold_find(world->vault->read.data, world->account.number, id, &world->pool, &row, &err), &err);
	assert_null(memmem(row.reason, row.reason_len, "Anna", 4));
	assert_ok(open_data(world->vault->read.ring, row.account, "hold", row.id, row.reason, row.reason_len,
			    &world->pool, &text, &err), &err);
	assert_string_equal(text, "Anna v. Bent");
}

static void a_hold_is_released_once(void **state)
{
	struct world *world = *state;
	const struct hold_request all = {.kinds = 0};
	struct id id = add_hold(world, &all);
	struct handed due;
	struct err err;

	assert_int_equal(release_hold(world, id), 0);
	assert_int_equal(holds_release(world->vault, &world->account, id, world->now, &due, &err), ERR_EXISTS);
	assert_non_null(strstr(err.what, "2026-03-01"));
	assert_non_null(strstr(err.mend, "nothing left to do"));
	assert_int_equal(holds_release(world->vault, &world->account, id_new(world->now), world->now, &due, &err),
			 ERR_NOT_FOUND);
}

/* P10 */
static void an_expired_record_lives_on_under_the_key_of_its_hold(void **state)
{
	struct world *world = *state;
	struct id held = world_put(world, KIND_CALL, "2025-01-01T10:00:00Z", "{\"held\":1}", ANNA, BENT, NULL);
	struct id gone = world_put(world, KIND_CALL, "2025-01-01T11:00:00Z", "{\"gone\":1}", BENT, NULL);
	struct key sound = {{5, 6, 7}}, opened;
	struct blob_name kept = attach(world, KIND_CALL, held, sound), dropped = attach(world, KIND_CALL, gone, sound);
	struct media_row media;
	struct record_row row;
	struct sweep_result result;
	struct key key;
	size_t count;
	struct err err;

	hold_person(world, ANNA);
	set_policy(world, KIND_CALL, "90 days");
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
	assert_int_equal(result.kinds[KIND_CALL].held, 1);
	assert_false(is_there(world, KIND_CALL, gone));
	assert_false(has_period_key(world, KIND_CALL, "2025-01-01T10:00:00Z"));
	world_reopen(world);
	assert_opens(world, KIND_CALL, held, "{\"held\":1}");
	row = row_of(world, KIND_CALL, held);
	assert_int_not_equal(row.hold, 0);
	assert_ok(media_list(world->vault->read.data, row.account, row.kind, row.id, &media, 1, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_ok(seal_record_key(world->vault->read.ring, &row, &key, &err), &err);
	assert_ok(open_media_key(&key, &media, &opened, &err), &err);
	assert_memory_equal(&opened, &sound, sizeof sound);
	assert_true(has_blob(world, &kept));
	assert_false(has_blob(world, &dropped));
}

static void what_a_released_hold_kept_goes_with_the_next_run_and_its_key_with_it(void **state)
{
	struct world *world = *state;
	struct id held = call(world, "2025-01-01T10:00:00Z", ANNA, BENT);
	struct blob_name sound = attach(world, KIND_CALL, held, (struct key){{1}});
	struct sweep_result result;
	struct id hold;
	int64_t rows, by_month, number;
	struct period period;
	struct err err;

	hold = hold_person(world, ANNA);
	set_policy(world, KIND_CALL, "90 days");
	run_sweep(world, &result);
	number = row_of(world, KIND_CALL, held).hold;
	assert_true(has_key(world, KEY_HOLD, number));
	assert_int_equal(release_hold(world, hold), 1);
	assert_true(is_there(world, KIND_CALL, held));
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_int_equal(result.hold_keys, 1);
	assert_false(is_there(world, KIND_CALL, held));
	assert_false(has_key(world, KEY_HOLD, number));
	assert_false(has_blob(world, &sound));
	assert_ok(party_count(world->vault->read.data, world->account.number, &rows, &by_month, &err), &err);
	assert_int_equal(rows, 0);
	assert_ok(period_get(world->vault->read.data, world->account.number, KIND_CALL, date_from_civil(2025, 1, 1),
			     &period, &err), &err);
	assert_int_equal(period.records, 0);
	assert_int_equal(period.media, 0);
}

static void on_release_another_hold_that_covers_takes_over(void **state)
{
	struct world *world = *state;
	struct id both = world_put(world, KIND_CALL, "2025-01-01T10:00:00Z", "{\"both\":1}", ANNA, BENT, NULL);
	struct id one = call(world, "2025-01-01T11:00:00Z", ANNA, NULL);
	struct id first = hold_person(world, ANNA), second = hold_person(world, BENT);
	struct sweep_result result;

	set_policy(world, KIND_CALL, "90 days");
	run_sweep(world, &result);
	assert_int_equal(release_hold(world, first), 1);
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, one));
	assert_opens(world, KIND_CALL, both, "{\"both\":1}");
	assert_int_equal(result.hold_keys, 1);
	assert_int_equal(release_hold(world, second), 1);
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, both));
}

static void a_hold_made_after_a_release_saves_what_had_become_due(void **state)
{
	struct world *world = *state;
	struct id held = world_put(world, KIND_CALL, "2025-01-01T10:00:00Z", "{\"saved\":1}", ANNA, NULL);
	struct id first = hold_person(world, ANNA);
	struct sweep_result result;

	set_policy(world, KIND_CALL, "90 days");
	run_sweep(world, &result);
	assert_int_equal(release_hold(world, first), 1);
	hold_person(world, ANNA);
	run_sweep(world, &result);
	assert_int_equal(result.moved, 1);
	assert_opens(world, KIND_CALL, held, "{\"saved\":1}");
}

static void why_tells_policy_hold_and_what_became_of_it(void **state)
{
	struct world *world = *state;
	struct id held = call(world, "2025-01-01T10:00:00Z", ANNA, NULL), first, second;
	char text[ID_TEXT_MAX];
	struct sweep_result result;
	struct why why;
	struct err err;

	id_format("call", held, text);
	assert_ok(why_record(&world->vault->read, world->account.number, text, world->now, &world->pool, &why, &err),
		  &err);
	assert_string_equal(why.disposition.reasons[0].rule, "default");
	first = hold_person(world, ANNA);
	second = hold_person(world, ANNA);
	set_policy(world, KIND_CALL, "90 days");
	run_sweep(world, &result);
	assert_ok(why_record(&world->vault->read, world->account.number, text, world->now, &world->pool, &why, &err),
		  &err);
	assert_int_equal(why.disposition.verdict, VERDICT_KEEP);
	assert_string_equal(why.disposition.reasons[0].rule, "hold");
	assert_int_equal(why.disposition.reasons[0].others, 1);
	assert_memory_equal(&why.disposition.reasons[0].hold, &first, sizeof first);
	assert_string_equal(why.disposition.reasons[1].rule, "expired");
	assert_int_equal(instant_date(why.disposition.reasons[1].since).days, date_from_civil(2025, 4, 1).days);
	release_hold(world, second);
	release_hold(world, first);
	assert_ok(why_record(&world->vault->read, world->account.number, text, world->now, &world->pool, &why, &err),
		  &err);
	assert_int_equal(why.disposition.verdict, VERDICT_DELETE);
	run_sweep(world, &result);
	assert_int_equal(why_record(&world->vault->read, world->account.number, text, world->now, &world->pool, &why,
				    &err), ERR_NOT_FOUND);
	assert_int_equal(why_record(&world->vault->read, world->account.number, "per_1", world->now, &world->pool, &why,
				    &err), ERR_INPUT);
}

static void that_nothing_is_held_is_remembered_until_something_is(void **state)
{
	struct world *world = *state;
	struct hold_request request = {.kinds = 1u << KIND_CALL};
	struct hold_set set;
	struct err err;

	for (int i = 0; i < 2; i++) {
		assert_ok(holds_load(&world->vault->read, world->account.number, &world->pool, &set, &err), &err);
		assert_int_equal(set.count, 0);
	}
	for (size_t i = 1; i <= 12; i++) {
		hold_on(world, &request, &set);
		assert_int_equal(set.count, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(a_hold_on_a_person_covers_every_record_they_are_in_and_no_other),
	    KEEPING(a_hold_on_a_number_covers_the_accounts_own_number),
	    KEEPING(a_hold_with_kinds_and_times_covers_only_those),
	    KEEPING(a_period_is_touched_when_a_hold_begins_or_ends_within_it),
	    KEEPING(contacts_are_covered_by_holds_on_people_only),
	    KEEPING(the_oldest_hold_that_covers_is_the_one),
	    KEEPING(a_hold_without_reason_or_scope_that_exists_is_refused),
	    KEEPING(a_reason_is_sealed_and_opens_again),
	    KEEPING(a_hold_is_released_once),
	    KEEPING(an_expired_record_lives_on_under_the_key_of_its_hold),
	    KEEPING(what_a_released_hold_kept_goes_with_the_next_run_and_its_key_with_it),
	    KEEPING(on_release_another_hold_that_covers_takes_over),
	    KEEPING(a_hold_made_after_a_release_saves_what_had_become_due),
	    KEEPING(why_tells_policy_hold_and_what_became_of_it),
	    KEEPING(that_nothing_is_held_is_remembered_until_something_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
