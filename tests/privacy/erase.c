/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "world.h"

#include "audit/receipt.h"
#include "base/file.h"
#include "privacy/erase.h"
#include "privacy/resume.h"
#include "privacy/somebody.h"
#include "retention/keeping.h"
#include "shim/json_parse.h"
#include "store/job.h"
#include "vault/proof.h"

#define ANNA "+4520123456"
#define ANNA_2 "+4520123457"
#define BO "+4530999999"
#define CAY "+4530888888"

static bool found(struct world *world, const char *who)
{
	struct id ids[4];
	struct err err;
	size_t count;

	assert_ok(person_find(&world->vault->read, &world->account, who, &world->pool, ids, 4, &count, &err), &err);
	return count > 0;
}

static struct erase_result erase(struct world *world, const char *who)
{
	const struct erase_options options = {.now = world->now, .reference = "ticket-7"};
	struct erase_result result;
	struct err err;

	assert_ok(erase_person(world->vault, &world->account, one(world, who), &options, &world->pool, &result, &err),
		  &err);
	return result;
}

static int64_t left(const struct erase_result *result)
{
	return result->left.keys + result->left.identities + result->left.contacts + result->left.records +
	       result->left.blobs;
}

/* P2, P3, P4 */
static void erasing_a_person_destroys_their_records_and_leaves_those_of_others(void **state)
{
	struct world *world = *state;
	struct id hers = world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{\"n\":1}", ANNA, BO, NULL);
	struct id others = world_put(world, KIND_CALL, "2025-05-01T09:00:00Z", "{\"n\":2}", BO, CAY, NULL);
	struct record_row copy;
	struct erase_result result;
	const char *text;
	size_t len;
	struct err err;

	assert_ok(record_get(world->vault->read.data, world->account.number, KIND_CALL, hers, &world->pool, &copy, &err), &err);
	assert_ok(open_record(world->vault->read.ring, &copy, &world->pool, &text, &len, &err), &err);
	result = erase(world, ANNA);
	assert_int_equal(open_record(world->vault->read.ring, &copy, &world->pool, &text, &len, &err), ERR_GONE);
	assert_int_equal(1, result.identities);
	assert_int_equal(1, result.removed.records[KIND_CALL]);
	assert_int_equal(2, result.removed.parties);
	assert_int_equal(0, left(&result));
	assert_false(found(world, ANNA));
	assert_int_equal(ERR_NOT_FOUND, world_open_record(world, KIND_CALL, hers, &text, &err));
	assert_ok(world_open_record(world, KIND_CALL, others, &text, &err), &err);
	assert_string_equal("{\"n\":2}", text);
}

static void erasing_a_linked_person_takes_all_their_identities(void **state)
{
	struct world *world = *state;
	struct erase_result result;
	struct err err;
	bool changed;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, ANNA_2, NULL);
	world_put(world, KIND_MESSAGE, "2025-04-01T08:00:00Z", "{}", ANNA_2, BO, NULL);
	assert_ok(person_link(world->vault, &world->account, one(world, ANNA), one(world, ANNA_2), world->now, &changed,
			      &err),
		  &err);
	result = erase(world, ANNA_2);
	assert_int_equal(2, result.identities);
	assert_int_equal(1, result.removed.records[KIND_CALL]);
	assert_int_equal(1, result.removed.records[KIND_MESSAGE]);
	assert_int_equal(0, left(&result));
	assert_false(found(world, ANNA));
	assert_false(found(world, ANNA_2));
}

static void an_erased_identifier_leaves_a_tombstone_with_the_time(void **state)
{
	struct world *world = *state;
	struct blind blind;
	struct instant at;
	struct err err;
	bool erased;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	assert_ok(keyring_blind(world->vault->read.ring, world->account.number, IDENTITY_PHONE, ANNA, strlen(ANNA),
				&blind, &err),
		  &err);
	erase(world, ANNA);
	assert_ok(tombstone_get(world->vault->read.keys, world->account.number, &blind, &erased, &at, &err), &err);
	assert_true(erased);
	assert_int_equal(world->now.ms, at.ms);
}

/* P11 */
static void the_receipt_verifies_with_the_public_key_alone(void **state)
{
	struct world *world = *state;
	const struct json *statement;
	struct erase_result result;
	struct checkpoint at;
	struct note_key key;
	struct buf pub;
	char path[VAULT_PATH_MAX];
	struct err err;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	result = erase(world, ANNA);
	assert_ok(file_read(vault_path(world->vault, "lethe.pub", path), 4096, &pub, &err), &err);
	assert_ok(note_key_parse(pub.data, &key, &err), &err);
	buf_free(&pub);
	assert_ok(receipt_verify(result.receipt, strlen(result.receipt), &key, &world->pool, &statement, &at, &err),
		  &err);
	assert_string_equal("ticket-7", json_get_text(statement, "reference"));
	assert_int_equal(1, json_get_int(json_get(json_get(statement, "destroyed"), "records"), "call", 0));
	assert_string_equal("2025-06-08T12:00:00Z", json_get_text(json_get(statement, "copies"), "unreadable_by"));
}

/* P10 */
static void what_a_hold_covers_is_kept_under_its_key_and_said(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{\"n\":1}", ANNA, BO, NULL);
	struct erase_result result;
	const struct json *receipt;
	const char *text;
	struct err err;

	hold_person(world, ANNA);
	result = erase(world, ANNA);
	assert_int_equal(1, result.kept[KIND_CALL]);
	assert_int_equal(0, result.removed.records[KIND_CALL]);
	assert_int_equal(0, left(&result));
	assert_false(found(world, ANNA));
	assert_ok(world_open_record(world, KIND_CALL, id, &text, &err), &err);
	assert_string_equal("{\"n\":1}", text);
	assert_ok(json_parse_once(result.receipt, strlen(result.receipt), &world->pool, &receipt, &err), &err);
	assert_string_equal("legal hold", json_get_text(json_get(json_get(receipt, "statement"), "kept"), "why"));
}

static bool has_contact(struct world *world, struct id id)
{
	struct contact_row row;
	struct err err;
	enum result r = contact_get(world->vault->read.data, world->account.number, id, &world->pool, &row, &err);

	assert_true(r == OK || r == ERR_NOT_FOUND);
	return r == OK;
}

static void sweep(struct world *world)
{
	struct sweep_result result;

	run_sweep(world, &result);
}

static void a_held_contact_is_kept_until_its_hold_is_released(void **state)
{
	struct world *world = *state;
	struct id contact = world_put_contacts(world, ANNA, 1), other = world_put_contacts(world, BO, 1), hold;
	struct erase_result result;

	hold = hold_person(world, ANNA);
	result = erase(world, ANNA);
	assert_int_equal(1, result.kept[HELD_CONTACT]);
	assert_int_equal(0, left(&result));
	sweep(world);
	assert_true(has_contact(world, contact));
	assert_int_equal(1, release_hold(world, hold));
	sweep(world);
	assert_false(has_contact(world, contact));
	assert_true(has_contact(world, other));
}

/* Calls of May are past their time in June. */
static void expire_calls(struct world *world)
{
	set_policy(world, KIND_CALL, "7 days");
	sweep(world);
}

static void what_a_hold_kept_before_is_said_to_be_kept(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{\"n\":1}", ANNA, ANNA_2, NULL);
	struct erase_result result;
	struct err err;
	bool changed;

	assert_ok(person_link(world->vault, &world->account, one(world, ANNA), one(world, ANNA_2), world->now, &changed,
			      &err),
		  &err);
	hold_person(world, ANNA);
	expire_calls(world);
	result = erase(world, ANNA);
	assert_int_equal(1, result.kept[KIND_CALL]);
	assert_int_equal(0, left(&result));
	assert_opens(world, KIND_CALL, id, "{\"n\":1}");
}

static void what_only_a_released_hold_kept_is_erased_and_its_key_with_it(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{\"n\":1}", ANNA, BO, NULL);
	struct id hold = hold_person(world, ANNA);
	struct erase_result result;

	expire_calls(world);
	assert_int_equal(1, release_hold(world, hold));
	result = erase(world, ANNA);
	assert_int_equal(1, result.removed.records[KIND_CALL]);
	assert_int_equal(0, result.kept[KIND_CALL]);
	assert_int_equal(0, left(&result));
	assert_false(is_there(world, KIND_CALL, id));
	assert_false(has_key(world, KEY_HOLD, 1));
}

static enum result spoil(struct session *session, void *arg, struct err *err)
{
	struct record_row *row = arg;
	static const unsigned char noise[100];

	row->payload = noise;
	row->payload_len = sizeof noise;
	return record_reseal(session->data, row, err);
}

static void a_damaged_record_under_a_hold_stops_the_erasure_and_nothing_else(void **state)
{
	struct world *world = *state;
	const struct erase_options options = {.now = world->now};
	struct id id = world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, NULL);
	struct id sound = world_put(world, KIND_CALL, "2025-05-01T09:00:00Z", "{\"n\":2}", ANNA, NULL);
	struct erase_result result;
	struct record_row row = row_of(world, KIND_CALL, id);
	int64_t running;
	struct err err;

	assert_ok(vault_write(world->vault, spoil, &row, &err), &err);
	hold_person(world, ANNA);
	assert_int_equal(ERR_CORRUPT, erase_person(world->vault, &world->account, one(world, ANNA), &options,
						   &world->pool, &result, &err));
	assert_non_null(strstr(err.where, "call_"));
	assert_ok(job_count_running(world->vault->read.data, &running, &err), &err);
	assert_int_equal(0, running);
	assert_true(found(world, ANNA));
	assert_opens(world, KIND_CALL, sound, "{\"n\":2}");
}

static enum result cut_short(struct session *session, void *arg, struct err *err)
{
	const struct id *id = arg;

	return db_run(session->data, "UPDATE contact SET identities = x'ff' WHERE contact_id = $1", err,
		      DB_BLOB(id->bytes, sizeof id->bytes));
}

static void a_contact_that_cannot_be_read_does_not_stand_in_the_way(void **state)
{
	struct world *world = *state;
	struct id damaged = world_put_contacts(world, ANNA, 1), sound = world_put_contacts(world, ANNA, 1);
	struct err err;

	assert_ok(vault_write(world->vault, cut_short, &damaged, &err), &err);
	erase(world, ANNA);
	assert_false(found(world, ANNA));
	assert_false(has_contact(world, damaged));
	assert_false(has_contact(world, sound));
}

static void a_person_in_very_many_contacts_is_erased_whole(void **state)
{
	struct world *world = *state;
	struct erase_result result;

	world_put_contacts(world, ANNA, PERSON_FOUND_MAX + 1);
	result = erase(world, ANNA);
	assert_int_equal(PERSON_FOUND_MAX + 1, result.contacts);
	assert_int_equal(0, left(&result));
	assert_false(found(world, ANNA));
}

static bool stop_at_once(void *arg, int64_t done)
{
	(void)done;
	return --*(int *)arg < 0;
}

/* P9. Every place between two transactions, one after the other; each time a new process goes on. */
static void an_erasure_stopped_between_any_two_steps_goes_on_to_its_end(void **state)
{
	struct world *world = *state;
	struct erase_result result;
	struct err err;
	int64_t running;
	char at[40];
	bool again;

	for (int steps = 0; steps < 5; steps++) {
		struct erase_options options = {.now = world->now, .progress = stop_at_once};
		int countdown = steps;

		for (int i = 0; i < 40; i++) {
			snprintf(at, sizeof at, "2025-05-%02dT08:00:00Z", 1 + i % 28);
			world_put(world, KIND_CALL, at, "{}", ANNA, BO, NULL);
		}
		options.progress_arg = &countdown;
		if (erase_person(world->vault, &world->account, one(world, ANNA), &options, &world->pool, &result,
				 &err) != ERR_INTERRUPTED)
			break;
		world_reopen(world);
		assert_ok(resume_next(world->vault, JOB_ERASE, world->now, &again, &err), &err);
		assert_true(again);
		assert_ok(job_count_running(world->vault->read.data, &running, &err), &err);
		assert_int_equal(0, running);
		assert_false(found(world, ANNA));
	}
}

static void a_person_with_several_batches_of_records_is_erased_whole(void **state)
{
	struct world *world = *state;
	struct erase_result result;
	struct period period;
	char at[40];
	struct err err;

	for (int i = 0; i < 1300; i++) {
		snprintf(at, sizeof at, "2025-%02d-%02dT%02d:00:00Z", 1 + i % 5, 1 + i % 28, i % 24);
		world_put(world, KIND_CALL, at, "{}", ANNA, BO, NULL);
	}
	result = erase(world, ANNA);
	assert_int_equal(1300, result.removed.records[KIND_CALL]);
	assert_int_equal(2600, result.removed.parties);
	assert_int_equal(0, left(&result));
	assert_ok(period_get(world->vault->read.data, world->account.number, KIND_CALL,
			     instant_date(world_time("2025-01-01T00:00:00Z")), &period, &err),
		  &err);
	assert_int_equal(0, period.records);
}

static void an_erased_agent_leaves_the_records_of_others_and_is_taken_out_of_them(void **state)
{
	struct world *world = *state;
	struct id id = world_put_agent(world, "2025-05-01T08:00:00Z", "{\"agent\":{\"id\":\"a7\",\"name\":\"Ib\"},\"n\":1}",
				       ANNA, "a7");
	struct erase_result result = erase(world, "a7");
	struct record_row row = row_of(world, KIND_CALL, id);
	struct period period;
	struct err err;

	assert_int_equal(1, result.left_by_agent);
	assert_int_equal(0, result.removed.records[KIND_CALL]);
	assert_int_equal(0, left(&result));
	assert_false(found(world, "a7"));
	assert_true(found(world, ANNA));
	assert_opens(world, KIND_CALL, id, "{\"n\":1}");
	assert_int_equal(1, row.party_count);
	assert_int_not_equal(0, row.agent);
	assert_ok(period_get(world->vault->read.data, world->account.number, KIND_CALL, instant_date(id_time(id)),
			     &period, &err),
		  &err);
	assert_int_equal(1, period.records);
	assert_int_equal(row.payload_len, period.bytes);
}

static void an_agent_in_a_held_record_is_not_erased_from_it(void **state)
{
	struct world *world = *state;
	const struct erase_options options = {.now = world->now};
	struct id id = world_put_agent(world, "2025-05-01T08:00:00Z", "{\"agent\":\"a7\"}", ANNA, "a7");
	struct erase_result result;
	int64_t running;
	struct err err;

	hold_person(world, ANNA);
	assert_int_equal(ERR_HELD, erase_person(world->vault, &world->account, one(world, "a7"), &options,
						  &world->pool, &result, &err));
	assert_non_null(strstr(err.mend, "release the hold"));
	assert_true(found(world, "a7"));
	assert_opens(world, KIND_CALL, id, "{\"agent\":\"a7\"}");
	assert_ok(job_count_running(world->vault->read.data, &running, &err), &err);
	assert_int_equal(0, running);
}

static struct instant buried_at(struct world *world, const char *phone)
{
	struct blind blind;
	struct instant at;
	struct err err;
	bool erased;

	assert_ok(keyring_blind(world->vault->read.ring, world->account.number, IDENTITY_PHONE, phone, strlen(phone),
				&blind, &err),
		  &err);
	assert_ok(tombstone_get(world->vault->read.keys, world->account.number, &blind, &erased, &at, &err), &err);
	assert_true(erased);
	return at;
}

static void a_clock_set_back_does_not_let_the_records_of_before_come_back(void **state)
{
	struct world *world = *state;
	struct instant newest_act = world->now;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	world->now = world_time("2020-01-01T00:00:00Z");
	erase(world, ANNA);
	assert_int_equal(newest_act.ms, buried_at(world, ANNA).ms);
}

static void a_record_dated_ahead_by_a_skewed_clock_does_not_come_back(void **state)
{
	struct world *world = *state;

	world_put(world, KIND_CALL, "2025-06-01T20:00:00Z", "{}", ANNA, BO, NULL);
	erase(world, ANNA);
	assert_int_equal(world_time("2025-06-01T20:00:00.001Z").ms, buried_at(world, ANNA).ms);
}

static void somebody_met_again_ahead_of_the_clock_counts_from_their_tombstone_on(void **state)
{
	struct world *world = *state;
	struct person person;
	struct err err;

	world_put(world, KIND_CALL, "2025-06-01T20:00:00Z", "{}", ANNA, BO, NULL);
	erase(world, ANNA);
	world_put(world, KIND_CALL, "2025-06-01T21:00:00Z", "{}", ANNA, BO, NULL);
	assert_ok(person_load(&world->vault->read, &world->account, one(world, ANNA), &world->pool, &person, &err), &err);
	assert_true(person.identities[0].created.ms >= buried_at(world, ANNA).ms);
}

static void a_reference_that_could_be_a_name_is_refused(void **state)
{
	struct world *world = *state;
	const struct erase_options options = {.now = world->now, .reference = "Anna Berg"};
	struct erase_result result;
	struct err err;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	assert_int_equal(ERR_INPUT, erase_person(world->vault, &world->account, one(world, ANNA), &options,
						 &world->pool, &result, &err));
	assert_true(found(world, ANNA));
}

static void erasing_nobody_is_not_found(void **state)
{
	struct world *world = *state;
	const struct erase_options options = {.now = world->now};
	struct erase_result result;
	struct err err;

	assert_int_equal(ERR_NOT_FOUND, erase_person(world->vault, &world->account, id_new(world->now), &options,
						     &world->pool, &result, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(erasing_a_person_destroys_their_records_and_leaves_those_of_others),
	    IN_WORLD(erasing_a_linked_person_takes_all_their_identities),
	    IN_WORLD(an_erased_identifier_leaves_a_tombstone_with_the_time),
	    IN_WORLD(the_receipt_verifies_with_the_public_key_alone),
	    IN_WORLD(a_held_contact_is_kept_until_its_hold_is_released),
	    IN_WORLD(what_a_hold_kept_before_is_said_to_be_kept),
	    IN_WORLD(what_only_a_released_hold_kept_is_erased_and_its_key_with_it),
	    IN_WORLD(a_damaged_record_under_a_hold_stops_the_erasure_and_nothing_else),
	    IN_WORLD(a_contact_that_cannot_be_read_does_not_stand_in_the_way),
	    IN_WORLD(a_person_in_very_many_contacts_is_erased_whole),
	    IN_WORLD(what_a_hold_covers_is_kept_under_its_key_and_said),
	    IN_WORLD(an_erasure_stopped_between_any_two_steps_goes_on_to_its_end),
	    IN_WORLD(a_person_with_several_batches_of_records_is_erased_whole),
	    IN_WORLD(an_erased_agent_leaves_the_records_of_others_and_is_taken_out_of_them),
	    IN_WORLD(an_agent_in_a_held_record_is_not_erased_from_it),
	    IN_WORLD(a_clock_set_back_does_not_let_the_records_of_before_come_back),
	    IN_WORLD(a_record_dated_ahead_by_a_skewed_clock_does_not_come_back),
	    IN_WORLD(somebody_met_again_ahead_of_the_clock_counts_from_their_tombstone_on),
	    IN_WORLD(a_reference_that_could_be_a_name_is_refused),
	    IN_WORLD(erasing_nobody_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
