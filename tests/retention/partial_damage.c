/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P32: what is damaged in a day keeps nothing else of it that is due.
 */
#include "parting.h"

static void sweep_on(struct world *world, struct sweep_result *result)
{
	struct err err;

	assert_ok(sweep_run(world->vault, &world->account, world->now, NULL, NULL, &world->pool, result, &err), &err);
}

static void assert_damaged(struct world *world, struct id id)
{
	const char *text;
	struct err err;

	assert_int_equal(world_open_record(world, KIND_CALL, id, &text, &err), ERR_CORRUPT);
}

static bool medium_opens(struct world *world, struct id id)
{
	struct session *session = &world->vault->read;
	struct record_row row = row_of(world, KIND_CALL, id);
	struct media_row media;
	struct key key, medium;
	struct err err;
	size_t count;
	enum result r;

	assert_ok(seal_record_key(session->ring, &row, &key, &err), &err);
	assert_ok(media_list(session->data, row.account, row.kind, row.id, &media, 1, &count, &err), &err);
	assert_int_equal(count, 1);
	r = open_media_key(&key, &media, &medium, &err);
	assert_true(r == OK || r == ERR_CORRUPT);
	return r == OK;
}

/* P32: what is due can be read by nobody, and of what is not due nothing is lost that could be read. */
static void a_damaged_record_that_stays_does_not_keep_what_is_due(void **state)
{
	struct world *world = *state;
	struct id in = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA), bad = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct id good = put(world, DAY "12:00:00Z", DIRECTION_OUTBOUND, BENT);
	struct record_row due = row_of(world, KIND_CALL, in), before, after;
	struct sweep_result result;

	attach(world, KIND_CALL, bad, (struct key){{7}});
	spoil_record(world, KIND_CALL, bad);
	before = row_of(world, KIND_CALL, bad);
	set_rules(world);
	sweep_on(world, &result);
	assert_false(sweep_left_any(&result.left));
	assert_int_equal(result.carried, 1);
	assert_int_equal(result.damaged_count, 1);
	assert_memory_equal(&result.damaged[0].id, &bad, sizeof bad);
	assert_false(result.damaged[0].waits);
	assert_non_null(strstr(result.statement, "\"carried\":1,\"damaged\":[{\"id\":\"call_"));
	assert_false(is_there(world, KIND_CALL, in));
	assert_int_equal(open_copy(world, &due), ERR_GONE);
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_opens(world, KIND_CALL, good, "{\"n\":1}");
	assert_damaged(world, bad);
	assert_true(medium_opens(world, bad));
	after = row_of(world, KIND_CALL, bad);
	assert_int_equal(after.part, 1);
	assert_int_equal(after.payload_len, before.payload_len);
	assert_memory_equal(after.payload, before.payload, before.payload_len);
	sweep_on(world, &result); /* nothing more is due */
	assert_int_equal(result.carried, 0);
	assert_int_equal(result.damaged_count, 0);
}

static enum result spoil_identity(struct session *session, void *arg, struct err *err)
{
	struct wrapped_key *key = arg;
	enum result r = key_get(session->keys, key->account, KEY_IDENTITY, key->number, key, err);

	key->wrapped[KEY_WRAPPED_LEN - 1] ^= 1;
	return r == OK ? key_rewrap(session->keys, key, err) : r;
}

/* Of a person whose key is damaged nothing can be opened; that is no reason to keep others' longer. */
static void nor_does_one_of_a_person_whose_key_is_damaged(void **state)
{
	struct world *world = *state;
	struct id in = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA), bad = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, BENT);
	struct wrapped_key key = {.account = world->account.number,
				  .number = identity_of(world, IDENTITY_PHONE, BENT, NULL)};
	struct sweep_result result;
	struct err err;

	assert_ok(vault_write(world->vault, spoil_identity, &key, &err), &err);
	world_reopen(world);
	set_rules(world);
	sweep_on(world, &result);
	assert_int_equal(result.carried, 1);
	assert_false(is_there(world, KIND_CALL, in));
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_true(has_part_key(world, DAY "00:00:00Z", 1));
	assert_damaged(world, bad);
	assert_ok(vault_write(world->vault, spoil_identity, &key, &err), &err); /* mended, and too late for this one */
	world_reopen(world);
	assert_damaged(world, bad);
}

static void only_a_few_of_many_damaged_records_are_named(void **state)
{
	struct world *world = *state;
	struct sweep_result result;

	put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	for (int i = 0; i < EXPIRE_NAMED_MAX + 3; i++)
		spoil_record(world, KIND_CALL, put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA));
	set_rules(world);
	sweep_on(world, &result);
	assert_int_equal(result.carried, EXPIRE_NAMED_MAX + 3);
	assert_int_equal(result.damaged_count, EXPIRE_NAMED_MAX);
}

/* Then nobody can read what is due either, and the key may yet mend what is not. */
static void a_day_of_which_nothing_due_opens_is_left_alone_until_something_does(void **state)
{
	struct world *world = *state;
	struct id in = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA), bad = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct id other = put(world, "2026-01-11T10:00:00Z", DIRECTION_INBOUND, ANNA);
	struct sweep_result result;

	spoil_record(world, KIND_CALL, in);
	spoil_record(world, KIND_CALL, bad);
	set_rules(world);
	for (int i = 0; i < 2; i++) { /* it says so until it is mended */
		sweep_on(world, &result);
		assert_int_equal(result.left.damaged, 1);
		assert_int_equal(result.carried, 0);
		assert_int_equal(result.damaged_count, 1);
		assert_memory_equal(&result.damaged[0].id, &bad, sizeof bad);
		assert_true(result.damaged[0].waits);
	}
	assert_true(is_there(world, KIND_CALL, in));
	assert_false(is_there(world, KIND_CALL, other));
	spoil_record(world, KIND_CALL, bad); /* mended */
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, in));
	assert_opens(world, KIND_CALL, bad, "{\"n\":1}");
}

struct crowd { struct world *world; size_t count; struct id last; };

/* At one moment each second, all in one transaction. */
static enum result put_crowd(struct session *session, void *arg, struct err *err)
{
	struct crowd *crowd = arg;
	struct world_record spec = {.world = crowd->world, .kind = KIND_CALL, .at = world_time(DAY "11:00:00Z"),
				    .phones = {ANNA}, .text = "{\"n\":1}", .direction = DIRECTION_OUTBOUND};
	enum result r = OK;

	for (size_t i = 0; i < crowd->count && r == OK; i++) {
		spec.at.ms += 1000;
		spec.id = crowd->last = id_new(spec.at);
		r = world_put_op(session, &spec, err);
		pool_reset(&crowd->world->pool);
	}
	return r;
}

/* How many calls of the day are of a part? */
static int64_t count_part(struct world *world, int part)
{
	int64_t all, of_part;
	struct err err;

	assert_ok(record_count_day(world->vault->read.data, world->account.number, KIND_CALL,
				   instant_date(world_time(DAY "00:00:00Z")), part, &all, &of_part, &err), &err);
	return of_part;
}

/* P32 */
static void a_day_whose_move_broke_off_half_way_reads_and_goes_on_once_it_is_mended(void **state)
{
	struct world *world = *state;
	struct id in = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	struct crowd crowd = {world, 2048 + 100, {{0}}};
	struct sweep_result result;
	struct record_row first;
	struct err err;

	assert_ok(vault_write(world->vault, put_crowd, &crowd, &err), &err);
	first = row_of(world, KIND_CALL, crowd.last);
	spoil_record(world, KIND_CALL, crowd.last);
	spoil_record(world, KIND_CALL, in);
	set_rules(world);
	sweep_on(world, &result);
	assert_int_equal(result.left.damaged, 1);
	/* The first 2048 are under the new key, the others under the old: it must stay. */
	assert_int_equal(period_of(world, DAY "00:00:00Z").part, 1);
	assert_true(count_part(world, 1) >= 2048 && count_part(world, 0) > 0);
	assert_true(has_part_key(world, DAY "00:00:00Z", 0));
	assert_int_equal(row_of(world, KIND_CALL, crowd.last).part, 0);
	spoil_record(world, KIND_CALL, crowd.last); /* mended */
	spoil_record(world, KIND_CALL, in);
	assert_opens(world, KIND_CALL, in, "{\"n\":1}");
	assert_sound(world);
	assert_int_equal(due_of(world), 1);
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, in));
	assert_opens(world, KIND_CALL, crowd.last, "{\"n\":1}");
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_int_equal(open_copy(world, &first), ERR_GONE);
	assert_int_equal(due_of(world), 0);
	assert_sound(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEEPING(a_damaged_record_that_stays_does_not_keep_what_is_due),
		KEEPING(nor_does_one_of_a_person_whose_key_is_damaged),
		KEEPING(only_a_few_of_many_damaged_records_are_named),
		KEEPING(a_day_of_which_nothing_due_opens_is_left_alone_until_something_does),
		KEEPING(a_day_whose_move_broke_off_half_way_reads_and_goes_on_once_it_is_mended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
