/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/obliged.h"

#include "privacy/erase.h"
#include "privacy/resume.h"
#include "privacy/somebody.h"
#include "shim/json_parse.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define CAY "+4520333333"

static struct id call(struct world *world, const char *at, const char *from, const char *to)
{
	const struct call_spec spec = {.at = at, .status = STATUS_ANSWERED, .from = from, .to = to, .agent = "101"};

	return put_call(world, &spec);
}

static enum result try_erase(struct world *world, const char *who, struct erase_result *out, struct err *err)
{
	const struct erase_options options = {.now = world->now};

	return erase_person(world->vault, &world->account, one(world, who), &options, &world->pool, out, err);
}

static void nothing_left(const struct erase_left *left)
{
	assert_int_equal(left->keys + left->identities + left->contacts + left->records + left->blobs, 0);
}

static struct erase_result erase(struct world *world, const char *who)
{
	struct erase_result result;
	struct err err;

	assert_ok(try_erase(world, who, &result, &err), &err);
	nothing_left(&result.left);
	assert_sound(world);
	return result;
}

static void sweep_at(struct world *world, const char *now)
{
	struct sweep_result result;

	world->now = world_time(now);
	run_sweep(world, &result);
	assert_sound(world);
}

/* P31 */
static void an_erased_person_s_calls_keep_the_fields_the_law_names_and_nothing_else(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2026-02-01T10:00:00Z", ANNA, BENT);
	struct id note = world_put(world, KIND_NOTE, "2026-02-01T10:00:00Z", "{\"text\":\"x\"}", ANNA, NULL);
	struct id other = call(world, "2026-02-01T11:00:00Z", BENT, CAY);
	struct blob_name sound = attach(world, KIND_CALL, id, (struct key){{1}});
	int64_t anna = identity_of(world, IDENTITY_PHONE, ANNA, NULL);
	const char *before = payload_of(world, KIND_CALL, other);
	struct erase_result result;
	struct record_row row;

	oblige(world, TELEPHONE);
	result = erase(world, ANNA);
	assert_int_equal(result.obliged[KIND_CALL], 1);
	assert_int_equal(result.removed.records[KIND_NOTE], 1);
	assert_int_equal(result.removed.records[KIND_CALL], 0);
	assert_int_equal(result.law_count, 1);
	assert_string_equal(result.laws[0].code, TELEPHONE);
	assert_int_equal(result.laws[0].until.days, date_from_civil(2028, 2, 2).days);
	assert_false(has_key(world, KEY_IDENTITY, anna));
	assert_false(is_there(world, KIND_NOTE, note));
	assert_false(has_blob(world, &sound));
	assert_opens(world, KIND_CALL, id,
		     "{\"obliged_by\":[\"" TELEPHONE "\"],\"from\":{\"phone\":\"" ANNA "\"},\"to\":\"" BENT
		     "\",\"time\":\"2026-02-01T10:00:00Z\",\"duration\":61}");
	row = row_of(world, KIND_CALL, id);
	assert_int_equal(row.party_count, 1);
	assert_int_equal(row.parties[0].identity, identity_of(world, IDENTITY_PHONE, BENT, NULL));
	assert_opens(world, KIND_CALL, other, before);
	assert_int_equal(row_of(world, KIND_CALL, other).hold, 0);
}

static void the_receipt_says_by_which_law_and_until_when(void **state)
{
	struct world *world = *state;
	const struct json *receipt, *obliged, *law;
	struct erase_result result;
	struct err err;

	call(world, "2026-02-01T10:00:00Z", ANNA, BENT);
	oblige(world, TELEPHONE);
	result = erase(world, ANNA);
	assert_ok(json_parse_once(result.receipt, strlen(result.receipt), &world->pool, &receipt, &err), &err);
	obliged = json_get(json_get(receipt, "statement"), "obliged");
	assert_non_null(obliged);
	assert_int_equal(json_get_int(json_get(obliged, "records"), "call", 0), 1);
	assert_string_equal(json_get_text(obliged, "source"), "GDPR article 17(3)(b)");
	law = json_get(obliged, "laws")->first;
	assert_string_equal(json_get_text(law, "code"), TELEPHONE);
	assert_non_null(json_get_text(law, "law"));
	assert_non_null(json_get_text(law, "article"));
	assert_string_equal(json_get_text(law, "fields"), "from, to, time, duration");
	assert_string_equal(json_get_text(law, "until"), "2028-02-02");
}

/* P31: what is kept goes when the law's period ends, and then nothing of the person is anywhere. */
static void what_was_kept_of_the_erased_goes_at_its_end(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2026-02-01T10:00:00Z", ANNA, BENT);
	int64_t duty;

	oblige(world, TELEPHONE);
	erase(world, ANNA);
	duty = row_of(world, KIND_CALL, id).hold;
	sweep_at(world, "2028-02-01T23:59:59Z");
	assert_true(is_there(world, KIND_CALL, id));
	sweep_at(world, "2028-02-02T00:00:00Z");
	assert_false(is_there(world, KIND_CALL, id));
	assert_false(has_key(world, KEY_HOLD, duty));
}

static void what_had_expired_before_is_kept_on_and_leads_to_the_erased_no_more(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z", ANNA, BENT);
	struct erase_result result;
	int64_t duty;

	oblige(world, SPAIN);
	set_policy(world, KIND_CALL, "90 days");
	sweep_at(world, "2026-03-01T12:00:00Z");
	duty = row_of(world, KIND_CALL, id).hold;
	assert_int_equal(row_of(world, KIND_CALL, id).party_count, 2);
	result = erase(world, ANNA);
	assert_int_equal(result.obliged[KIND_CALL], 1);
	assert_int_equal(row_of(world, KIND_CALL, id).hold, duty);
	assert_int_equal(row_of(world, KIND_CALL, id).party_count, 1);
	assert_non_null(strstr(payload_of(world, KIND_CALL, id), ANNA));
}

static void both_ends_of_a_call_can_be_erased_one_after_the_other(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2026-02-01T10:00:00Z", ANNA, BENT);

	oblige(world, TELEPHONE);
	erase(world, ANNA);
	assert_int_equal(erase(world, BENT).obliged[KIND_CALL], 1);
	assert_int_equal(row_of(world, KIND_CALL, id).party_count, 0);
	assert_non_null(strstr(payload_of(world, KIND_CALL, id), BENT));
	sweep_at(world, "2028-02-02T00:00:00Z");
	assert_false(is_there(world, KIND_CALL, id));
}

static void a_duty_that_is_over_keeps_nothing_from_an_erasure(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z", ANNA, BENT);
	struct erase_result result;
	int64_t duty;

	oblige(world, SPAIN);
	set_policy(world, KIND_CALL, "90 days");
	sweep_at(world, "2026-03-01T12:00:00Z");
	duty = row_of(world, KIND_CALL, id).hold;
	world->now = world_time("2026-11-02T00:00:00Z"); /* no run since */
	result = erase(world, ANNA);
	assert_int_equal(result.removed.records[KIND_CALL], 1);
	assert_int_equal(result.obliged[KIND_CALL], 0);
	assert_false(is_there(world, KIND_CALL, id));
	assert_false(has_key(world, KEY_HOLD, duty));
}

/* P10 */
static void a_hold_keeps_all_and_its_release_leaves_what_the_law_names(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2026-02-01T10:00:00Z", ANNA, BENT), hold;
	struct erase_result result;

	oblige(world, TELEPHONE);
	hold = hold_person(world, ANNA);
	result = erase(world, ANNA);
	assert_int_equal(result.kept[KIND_CALL], 1);
	assert_int_equal(result.obliged[KIND_CALL], 0);
	assert_non_null(strstr(payload_of(world, KIND_CALL, id), WORDS));
	assert_int_equal(release_hold(world, hold), 0);
	assert_null(strstr(payload_of(world, KIND_CALL, id), WORDS));
	assert_null(strstr(payload_of(world, KIND_CALL, id), NAME));
	assert_non_null(strstr(payload_of(world, KIND_CALL, id), ANNA));
	assert_int_equal(row_of(world, KIND_CALL, id).party_count, 1); /* BENT: ANNA has no identity any more */
	assert_sound(world);
}

static void damage_to_what_the_law_keeps_stops_the_erasure_before_anything_is_cut(void **state)
{
	struct world *world = *state;
	struct id bad = call(world, "2026-02-01T10:00:00Z", ANNA, BENT);
	struct id good = call(world, "2026-02-02T10:00:00Z", ANNA, BENT);
	struct erase_result result;
	struct err err;

	oblige(world, TELEPHONE);
	spoil_record(world, KIND_CALL, bad);
	assert_int_equal(try_erase(world, ANNA, &result, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.mend, "nothing was erased"));
	assert_non_null(strstr(payload_of(world, KIND_CALL, good), WORDS));
}

/* ---- stopped anywhere ---- */

struct stopping { int64_t calls, stop_at; };

static bool stop_after(void *arg, int64_t done)
{
	struct stopping *stopping = arg;

	(void)done;
	return ++stopping->calls == stopping->stop_at;
}

/* P9, P31: interrupted between any two batches, it goes on to the same end, and counts the same. */
static void stopped_between_any_two_steps_it_ends_the_same(void **state)
{
	for (int64_t stop_at = 1; stop_at <= 8; stop_at++) {
		struct stopping stopping = {.stop_at = stop_at};
		struct world *world = *state;
		struct erase_options options = {.progress = stop_after, .progress_arg = &stopping};
		struct erase_result result;
		struct err err;
		struct id id;
		bool found = true;
		enum result r;

		world_end(world);
		world_begin(world, "2026-03-01T12:00:00Z");
		options.now = world->now;
		oblige(world, TELEPHONE);
		id = call(world, "2026-02-01T10:00:00Z", ANNA, BENT);
		world_put(world, KIND_NOTE, "2026-02-01T10:00:00Z", "{\"text\":\"x\"}", ANNA, NULL);
		r = erase_person(world->vault, &world->account, one(world, ANNA), &options, &world->pool, &result, &err);
		assert_true(r == OK || r == ERR_INTERRUPTED);
		world_reopen(world);
		while (found)
			assert_ok(resume_next(world->vault, JOB_ERASE, world->now, &found, &err), &err);
		assert_non_null(strstr(payload_of(world, KIND_CALL, id), ANNA));
		assert_null(strstr(payload_of(world, KIND_CALL, id), WORDS));
		assert_int_equal(row_of(world, KIND_CALL, id).party_count, 1);
		assert_int_equal(identity_of(world, IDENTITY_PHONE, ANNA, NULL), 0);
		assert_sound(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(an_erased_person_s_calls_keep_the_fields_the_law_names_and_nothing_else),
	    KEEPING(the_receipt_says_by_which_law_and_until_when),
	    KEEPING(what_was_kept_of_the_erased_goes_at_its_end),
	    KEEPING(what_had_expired_before_is_kept_on_and_leads_to_the_erased_no_more),
	    KEEPING(both_ends_of_a_call_can_be_erased_one_after_the_other),
	    KEEPING(a_duty_that_is_over_keeps_nothing_from_an_erasure),
	    KEEPING(a_hold_keeps_all_and_its_release_leaves_what_the_law_names),
	    KEEPING(damage_to_what_the_law_keeps_stops_the_erasure_before_anything_is_cut),
	    KEEPING(stopped_between_any_two_steps_it_ends_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
