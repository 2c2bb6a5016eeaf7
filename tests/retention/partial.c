/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keeping.h"

#include "retention/expire.h"
#include "store/job.h"
#include "store/leaf.h"
#include "store/media.h"
#include "vault/check.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define DAY "2026-01-10T"

static const struct policy_scope incoming = {.direction = DIRECTION_INBOUND};

static struct id put(struct world *world, const char *at, enum direction direction, const char *phone)
{
	struct world_record spec = {.world = world, .kind = KIND_CALL, .at = world_time(at), .phones = {phone},
				    .text = "{\"n\":1}", .direction = direction};
	struct err err;

	spec.id = id_new(spec.at);
	assert_ok(vault_write(world->vault, world_put_op, &spec, &err), &err);
	return spec.id;
}

static struct period period_of(struct world *world, const char *at)
{
	struct period period;
	struct err err;

	assert_ok(period_get(world->vault->read.data, world->account.number, KIND_CALL, instant_date(world_time(at)),
			     &period, &err), &err);
	return period;
}

static bool has_part_key(struct world *world, const char *at, int part)
{
	return has_key(world, KEY_PERIOD, key_period_number(KIND_CALL, instant_date(world_time(at)), part));
}

/* The media and labels of these tests are made up: only numbers. */
static void assert_sound(struct world *world)
{
	struct check_options options = {0};
	struct check_report report;
	struct err err;

	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	for (int id = 0; id < CHECK_COUNT; id++) {
		if (report.checks[id].problems > 0 && id != CHECK_MEDIA && id != CHECK_LABELS)
			fail_msg("check %s", check_name((enum check_id)id));
	}
	assert_int_equal(report.keys_without_data, 0);
}

static int64_t due_of(struct world *world)
{
	struct sweep_plan plan;
	struct err err;

	assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
	return sweep_plan_records(&plan.kinds[KIND_CALL]);
}

/* What the live keys make of a row that somebody copied. */
static enum result open_copy(struct world *world, const struct record_row *copy)
{
	const char *text;
	size_t len;
	struct err err;

	return open_record(world->vault->read.ring, copy, &world->pool, &text, &len, &err);
}

/* Incoming calls go after a month, the others after a year. */
static void set_rules(struct world *world)
{
	set_policy(world, KIND_CALL, "1 year");
	set_scoped(world, KIND_CALL, incoming, "30 days");
}

/* P32 */
static void some_of_a_day_go_and_the_rest_is_read_as_before(void **state)
{
	struct world *world = *state;
	struct id in = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA), out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct id young = put(world, "2026-02-10T10:00:00Z", DIRECTION_INBOUND, ANNA);
	struct blob_name gone = attach(world, KIND_CALL, in, (struct key){{1}}),
			 stays = attach(world, KIND_CALL, out, (struct key){{2}});
	struct record_row before = row_of(world, KIND_CALL, in), also = row_of(world, KIND_CALL, out);
	struct sweep_result result;
	struct sweep_plan plan;
	struct err err;

	set_rules(world);
	assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
	assert_int_equal(plan.kinds[KIND_CALL].some_records, 1);
	assert_int_equal(plan.kinds[KIND_CALL].some_periods, 1);
	assert_int_equal(plan.kinds[KIND_CALL].records, 0);
	assert_int_equal(open_copy(world, &before), OK);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_int_equal(result.kinds[KIND_CALL].parts, 1);
	assert_int_equal(result.kinds[KIND_CALL].media, 1);
	assert_int_equal(result.kinds[KIND_CALL].bytes, plan.kinds[KIND_CALL].some_bytes);
	assert_false(is_there(world, KIND_CALL, in));
	assert_opens(world, KIND_CALL, out, "{\"n\":1}");
	assert_opens(world, KIND_CALL, young, "{\"n\":1}");
	assert_false(has_blob(world, &gone));
	assert_true(has_blob(world, &stays));
	/* Nothing of the day opens any more as it was copied: neither what went nor what stays. */
	assert_int_equal(open_copy(world, &before), ERR_GONE);
	assert_int_equal(open_copy(world, &also), ERR_GONE);
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_true(has_part_key(world, DAY "00:00:00Z", 1));
	assert_sound(world);
}

static void media_of_what_stays_open_under_the_new_key(void **state)
{
	struct world *world = *state;
	struct id out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct key sound = {{7}}, record_key, key;
	struct media_row media;
	struct record_row row;
	struct sweep_result result;
	size_t count;
	struct err err;

	put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	attach(world, KIND_CALL, out, sound);
	set_rules(world);
	run_sweep(world, &result);
	row = row_of(world, KIND_CALL, out);
	assert_ok(seal_record_key(world->vault->read.ring, &row, &record_key, &err), &err);
	assert_ok(media_list(world->vault->read.data, row.account, KIND_CALL, out, &media, 1, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_ok(open_media_key(&record_key, &media, &key, &err), &err);
	assert_memory_equal(&key, &sound, sizeof key);
}

static void records_that_come_later_are_of_the_part_that_stays(void **state)
{
	struct world *world = *state;
	struct id out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA), late;
	struct sweep_result result;

	put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	set_rules(world);
	run_sweep(world, &result);
	late = put(world, DAY "12:00:00Z", DIRECTION_OUTBOUND, BENT);
	assert_int_equal(row_of(world, KIND_CALL, late).part, 1);
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_sound(world);
	world->now = world_time("2027-01-10T00:00:00Z");
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 2);
	assert_false(is_there(world, KIND_CALL, out));
	assert_false(is_there(world, KIND_CALL, late));
	assert_false(has_part_key(world, DAY "00:00:00Z", 1));
	assert_sound(world);
}

static void a_day_is_looked_at_again_when_another_rule_has_come_to_it_and_not_before(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct id mid;

	put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	mid = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	put(world, DAY "12:00:00Z", DIRECTION_NONE, ANNA);
	set_rules(world);
	set_scoped(world, KIND_CALL, (struct policy_scope){.direction = DIRECTION_OUTBOUND}, "60 days");
	run_sweep(world, &result);
	assert_int_equal(period_of(world, DAY "00:00:00Z").looked.days, instant_date(world->now).days);
	world->now = world_time("2026-03-10T12:00:00Z"); /* a day too early */
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 0);
	assert_int_equal(period_of(world, DAY "00:00:00Z").looked.days, instant_date(world_time("2026-03-01T12:00:00Z")).days);
	world->now = world_time("2026-03-11T12:00:00Z");
	assert_int_equal(due_of(world), 1);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_false(is_there(world, KIND_CALL, mid));
	assert_int_equal(period_of(world, DAY "00:00:00Z").part, 2);
	assert_sound(world);
}

static void a_day_with_nothing_due_is_looked_at_once(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	uint64_t before, after;
	struct err err;

	put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	set_rules(world);
	run_sweep(world, &result);
	assert_int_equal(period_of(world, DAY "00:00:00Z").looked.days, instant_date(world->now).days);
	assert_int_equal(period_of(world, DAY "00:00:00Z").part, 0);
	assert_ok(leaf_tree_size(world->vault->read.data, &before, &err), &err);
	run_sweep(world, &result);
	assert_ok(leaf_tree_size(world->vault->read.data, &after, &err), &err);
	assert_int_equal(after - before, 2);
}

static enum result put_later_policy(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct policy later = {.kind = KIND_CALL, .scope = {.direction = DIRECTION_OUTBOUND}, .keep = {.days = 5},
			       .set_at = world->now, .begins_at = {world->now.ms + 86400000}, .set_by = "os:0"};

	return policy_put(session->data, world->account.number, &later, err);
}

/* Its version is lower than that of a rule that is in force already. */
static void a_rule_that_begins_later_than_a_newer_one_is_not_missed(void **state)
{
	struct world *world = *state;
	struct id out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct sweep_result result;
	struct err err;

	set_policy(world, KIND_CALL, "1 year");
	assert_ok(vault_write(world->vault, put_later_policy, world, &err), &err);
	set_scoped(world, KIND_CALL, incoming, "30 days");
	run_sweep(world, &result);
	assert_true(is_there(world, KIND_CALL, out));
	world->now.ms += 86400000;
	assert_int_equal(due_of(world), 1);
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, out));
}

static void a_clock_that_was_ahead_hides_nothing(void **state)
{
	struct world *world = *state;
	struct instant now = world->now;
	struct sweep_result result;
	struct id in;

	put(world, "2026-02-20T10:00:00Z", DIRECTION_OUTBOUND, ANNA);
	set_rules(world);
	world->now = world_time("2026-04-01T00:00:00Z");
	run_sweep(world, &result);
	world->now = now;
	in = put(world, "2026-02-20T11:00:00Z", DIRECTION_INBOUND, ANNA);
	run_sweep(world, &result);
	world->now = world_time("2026-03-25T00:00:00Z");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, in));
}

/* ---- holds ---- */

/* P10, P32 */
static void what_a_hold_covers_is_kept_and_its_old_key_goes_all_the_same(void **state)
{
	struct world *world = *state;
	struct id held = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA), gone = put(world, DAY "10:30:00Z", DIRECTION_INBOUND, BENT);
	struct id out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct record_row before = row_of(world, KIND_CALL, held);
	struct id hold = hold_person(world, ANNA);
	struct sweep_result result;

	set_rules(world);
	assert_int_equal(due_of(world), 1);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_int_equal(result.kinds[KIND_CALL].kept, 1);
	assert_int_equal(result.kinds[KIND_CALL].held, 1);
	assert_false(is_there(world, KIND_CALL, gone));
	assert_opens(world, KIND_CALL, held, "{\"n\":1}");
	assert_opens(world, KIND_CALL, out, "{\"n\":1}");
	assert_int_equal(row_of(world, KIND_CALL, out).hold, 0); /* it is not past its time */
	assert_int_equal(open_copy(world, &before), ERR_GONE);
	assert_sound(world);
	assert_int_equal(release_hold(world, hold), 1);
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_CALL, held));
	assert_opens(world, KIND_CALL, out, "{\"n\":1}");
	assert_sound(world);
}

struct meddling { struct world *world; bool done; };

static bool meddle(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct meddling *meddling = arg;

	(void)done;
	(void)total;
	if (phase != SWEEP_KEPT || meddling->done)
		return false;
	meddling->done = true;
	hold_person(meddling->world, ANNA);
	put(meddling->world, DAY "13:00:00Z", DIRECTION_OUTBOUND, BENT);
	return false;
}

static void a_hold_and_a_record_that_come_in_the_middle_are_heeded(void **state)
{
	struct world *world = *state;
	struct id held = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	struct meddling meddling = {world, false};
	struct sweep_result result;
	struct err err;

	put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, BENT);
	set_rules(world);
	assert_ok(sweep_run(world->vault, &world->account, world->now, meddle, &meddling, &world->pool, &result, &err),
		  &err);
	assert_true(meddling.done);
	assert_opens(world, KIND_CALL, held, "{\"n\":1}");
	assert_int_equal(period_of(world, DAY "00:00:00Z").records, 3);
	assert_sound(world);
}

static bool stop_once_kept(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	return phase == SWEEP_KEPT;
}

/* P10, P32: even when all that was due is kept, and a record of the day stays. */
static void the_old_key_of_what_was_kept_goes_after_a_run_that_was_stopped_before(void **state)
{
	struct world *world = *state;
	struct id held = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA), out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	struct record_row before = row_of(world, KIND_CALL, held);
	struct sweep_result result;
	struct err err;

	hold_person(world, ANNA);
	set_rules(world);
	assert_int_equal(sweep_run(world->vault, &world->account, world->now, stop_once_kept, NULL, &world->pool, &result,
				   &err), ERR_INTERRUPTED);
	assert_int_equal(open_copy(world, &before), OK);
	run_sweep(world, &result);
	assert_int_equal(open_copy(world, &before), ERR_GONE);
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_opens(world, KIND_CALL, held, "{\"n\":1}");
	assert_opens(world, KIND_CALL, out, "{\"n\":1}");
	assert_sound(world);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].parts, 0);
}

/* ---- damage ---- */

static enum result spoil(struct session *session, void *arg, struct err *err)
{
	struct record_row *row = arg;
	unsigned char payload[256];

	memcpy(payload, row->payload, row->payload_len);
	payload[row->payload_len - 1] ^= 1;
	row->payload = payload;
	return record_reseal(session->data, row, err);
}

static void spoil_payload(struct world *world, struct id id)
{
	struct record_row row = row_of(world, KIND_CALL, id);
	struct err err;

	assert_ok(vault_write(world->vault, spoil, &row, &err), &err);
}

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
	spoil_payload(world, bad);
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
		spoil_payload(world, put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA));
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

	spoil_payload(world, in);
	spoil_payload(world, bad);
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
	spoil_payload(world, bad); /* mended */
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
	spoil_payload(world, crowd.last);
	spoil_payload(world, in);
	set_rules(world);
	sweep_on(world, &result);
	assert_int_equal(result.left.damaged, 1);
	/* The first 2048 are under the new key, the others under the old: it must stay. */
	assert_int_equal(period_of(world, DAY "00:00:00Z").part, 1);
	assert_true(count_part(world, 1) >= 2048 && count_part(world, 0) > 0);
	assert_true(has_part_key(world, DAY "00:00:00Z", 0));
	assert_int_equal(row_of(world, KIND_CALL, crowd.last).part, 0);
	spoil_payload(world, crowd.last); /* mended */
	spoil_payload(world, in);
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

/* ---- crashes ---- */

struct crash { struct world *world; int after; bool lose_key; };

static enum result destroy_part(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	bool existed;

	return keyring_destroy(session->ring, world->account.number, KEY_PERIOD,
			       key_period_number(KIND_CALL, instant_date(world_time(DAY "00:00:00Z")), 0), &existed, err);
}

/* With `lose_key` between the two commits of the deletion: that of the key store is on disk. */
static bool die(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct crash *crash = arg;
	struct err err;

	(void)done;
	(void)total;
	if ((crash->lose_key && phase != SWEEP_KEPT) || crash->after-- > 0)
		return false;
	if (crash->lose_key && vault_write(crash->world->vault, destroy_part, crash->world, &err) != OK)
		_exit(3);
	_exit(0);
}

struct scene { struct id in, out, held, other; };

static void set_scene(struct world *world, struct scene *scene)
{
	scene->in = put(world, DAY "10:00:00Z", DIRECTION_INBOUND, BENT);
	scene->out = put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, BENT);
	scene->held = put(world, DAY "12:00:00Z", DIRECTION_INBOUND, ANNA);
	scene->other = put(world, "2026-01-12T11:00:00Z", DIRECTION_OUTBOUND, BENT);
	hold_person(world, ANNA);
	set_rules(world);
}

static void assert_swept(struct world *world, const struct scene *scene)
{
	struct err err;
	int64_t running;

	assert_false(is_there(world, KIND_CALL, scene->in));
	assert_opens(world, KIND_CALL, scene->out, "{\"n\":1}");
	assert_opens(world, KIND_CALL, scene->held, "{\"n\":1}");
	assert_opens(world, KIND_CALL, scene->other, "{\"n\":1}");
	assert_false(has_part_key(world, DAY "00:00:00Z", 0));
	assert_int_equal(period_of(world, DAY "00:00:00Z").records, 2);
	assert_int_equal(period_of(world, DAY "00:00:00Z").part, 1);
	assert_ok(job_count_running(world->vault->read.data, &running, &err), &err);
	assert_int_equal(running, 0);
	assert_sound(world);
}

/* P29, P32 */
static void a_crash_at_any_step_is_resumed_to_the_same_end(void **state)
{
	bool died = true;

	(void)state;
	for (int after = 0; died; after++) {
		struct crash crash;
		struct world world;
		struct scene scene;
		struct err err;

		world_begin(&world, "2026-03-01T12:00:00Z");
		set_scene(&world, &scene);
		crash = (struct crash){&world, after, false};
		died = sweep_in_child(&world, die, &crash);
		assert_opens(&world, KIND_CALL, scene.out, "{\"n\":1}");
		assert_opens(&world, KIND_CALL, scene.held, "{\"n\":1}");
		assert_sound(&world);
		assert_ok(sweep_resume(world.vault, world.now, &err), &err);
		assert_swept(&world, &scene);
		world_end(&world);
	}
}

static void rows_whose_key_went_in_a_crash_are_deleted_on_resuming(void **state)
{
	struct world *world = *state;
	struct crash crash = {world, 0, true};
	struct scene scene;
	const char *text;
	struct err err;

	set_scene(world, &scene);
	assert_true(sweep_in_child(world, die, &crash));
	assert_int_equal(world_open_record(world, KIND_CALL, scene.in, &text, &err), ERR_GONE);
	assert_opens(world, KIND_CALL, scene.out, "{\"n\":1}");
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_swept(world, &scene);
}

static void a_resumed_sweep_goes_by_the_rules_it_began_with(void **state)
{
	struct world *world = *state;
	struct crash crash = {world, 0, true};
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	assert_true(sweep_in_child(world, die, &crash));
	set_policy(world, KIND_CALL, "1 day");
	set_scoped(world, KIND_CALL, incoming, "unlimited");
	world->now = world_time("2030-01-01T00:00:00Z");
	assert_ok(sweep_resume(world->vault, world->now, &err), &err);
	assert_swept(world, &scene);
}

static bool stop_when_kept(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	return phase == SWEEP_KEPT;
}

static void what_was_stopped_half_way_is_whole_and_gone_on_with(void **state)
{
	struct world *world = *state;
	struct sweep_result result;
	struct scene scene;
	struct err err;

	set_scene(world, &scene);
	assert_int_equal(sweep_run(world->vault, &world->account, world->now, stop_when_kept, NULL, &world->pool, &result,
				   &err), ERR_INTERRUPTED);
	assert_opens(world, KIND_CALL, scene.in, "{\"n\":1}");
	assert_int_equal(row_of(world, KIND_CALL, scene.out).part, 1);
	assert_sound(world);
	assert_int_equal(due_of(world), 1);
	run_sweep(world, &result);
	assert_swept(world, &scene);
}

/* ---- random days and rules ---- */

#define RECORDS 60

struct one { struct id id; struct record_row copy; bool present; };
struct many { struct world *world; unsigned seed; struct one all[RECORDS]; };

static int pick(struct many *many, int below)
{
	many->seed = many->seed * 1664525u + 1013904223u;
	return (int)((many->seed >> 8) % (unsigned)below);
}

static const char *const spans[] = {"0 days", "7 days", "30 days", "1 month", "90 days", "13 months", "unlimited"};

static void set_random_rule(struct many *many)
{
	struct policy_scope scope = {0};

	if (pick(many, 3) == 0)
		scope.direction = pick(many, 2) ? DIRECTION_INBOUND : DIRECTION_OUTBOUND;
	if (pick(many, 3) == 0)
		scope.min_duration_ms = 1000 * (1 + pick(many, 3));
	if (pick(many, 3) == 0)
		scope.tag = 1 + pick(many, 3);
	set_scoped(many->world, KIND_CALL, scope, spans[pick(many, 7)]);
}

static void put_random(struct many *many, struct one *one)
{
	struct world_record spec = {.world = many->world, .kind = KIND_CALL, .text = "{\"n\":1}",
				    .direction = (enum direction)pick(many, 3), .duration_ms = 1000 * (1 + pick(many, 4)),
				    .label = pick(many, 4), .phones = {pick(many, 2) ? ANNA : BENT}};
	struct err err;

	spec.at = (struct instant){many->world->now.ms - pick(many, 8) * 15 * 86400000LL - pick(many, 43200) * 1000LL};
	spec.id = one->id = id_new(spec.at);
	assert_ok(vault_write(many->world->vault, world_put_op, &spec, &err), &err);
	one->copy = row_of(many->world, KIND_CALL, one->id);
	one->present = true;
}

static void check_run_of(struct many *many)
{
	struct world *world = many->world;
	struct policy_set policies;
	struct sweep_result result;
	int64_t due = due_of(world), gone = 0;
	struct err err;

	assert_ok(policies_load(&world->vault->read, world->account.number, world->now, &world->pool, &policies, &err),
		  &err);
	run_sweep(world, &result);
	for (int i = 0; i < RECORDS; i++) {
		struct one *one = &many->all[i];
		bool expired = one->present && policies_expired(&policies, &one->copy, instant_date(world->now));

		gone += expired;
		one->present = one->present && !expired;
		assert_int_equal(is_there(world, KIND_CALL, one->id), one->present);
		if (one->present)
			assert_opens(world, KIND_CALL, one->id, "{\"n\":1}");
		else
			assert_int_equal(open_copy(world, &one->copy), ERR_GONE);
	}
	assert_int_equal(due, gone);
	assert_int_equal(result.kinds[KIND_CALL].records, gone);
	assert_int_equal(due_of(world), 0);
	assert_sound(world);
}

/* P32: nothing is past its time that is there, nothing is gone that is not, and copies from before open nothing that is. */
static void random_rules_leave_exactly_what_is_not_past_its_time(void **state)
{
	const char *is_long = getenv("LONG");
	int rounds = is_long != NULL && *is_long != '\0' ? 60 : 6;

	(void)state;
	for (int round = 0; round < rounds; round++) {
		static struct many many;
		struct world world;

		world_begin(&world, "2026-03-01T12:00:00Z");
		many = (struct many){.world = &world, .seed = (unsigned)round * 104729u + 3};
		for (int i = 0; i < RECORDS; i++)
			put_random(&many, &many.all[i]);
		for (int step = 0; step < 8; step++) {
			for (int rules = pick(&many, 3); rules > 0; rules--)
				set_random_rule(&many);
			check_run_of(&many);
			world.now.ms += pick(&many, 30) * 86400000LL;
		}
		world_end(&world);
	}
}

/* ---- budgets ---- */

static int64_t tick(void *arg)
{
	return *(int64_t *)arg += 10;
}

static void a_run_stops_whole_at_its_budget_and_the_next_goes_on(void **state)
{
	struct world *world = *state;
	struct sweep_budget budget = {.records = 2};
	char at[TIME_TEXT_MAX];
	struct sweep_result result;
	struct err err;

	for (int i = 1; i <= 6; i++) {
		snprintf(at, sizeof at, "2025-01-%02dT10:00:00Z", i);
		put(world, at, DIRECTION_OUTBOUND, ANNA);
		put(world, at, DIRECTION_INBOUND, ANNA);
	}
	put(world, DAY "10:00:00Z", DIRECTION_INBOUND, ANNA);
	put(world, DAY "11:00:00Z", DIRECTION_OUTBOUND, ANNA);
	set_rules(world);
	for (int64_t left = 13; left > 0; left -= result.kinds[KIND_CALL].records) {
		assert_int_equal(due_of(world), left);
		assert_ok(sweep_run_within(world->vault, &world->account, world->now, &budget, NULL, NULL, &world->pool,
					   &result, &err), &err);
		assert_int_equal(result.kinds[KIND_CALL].records, left > 2 ? 2 : 1);
		assert_int_equal(result.spent, left > 2);
		assert_false(sweep_left_any(&result.left));
		assert_sound(world);
	}
}

static void a_run_stops_when_its_time_is_over_and_has_got_further(void **state)
{
	struct world *world = *state;
	int64_t clock = 0;
	struct sweep_budget budget = {.ms = 1, .clock = tick, .clock_arg = &clock};
	struct sweep_result result;
	struct err err;

	for (int i = 0; i < 70; i++) {
		char at[TIME_TEXT_MAX];

		instant_format(date_start(date_add_days(date_from_civil(2024, 1, 1), i)), at);
		put(world, at, DIRECTION_INBOUND, ANNA);
	}
	set_rules(world);
	assert_ok(sweep_run_within(world->vault, &world->account, world->now, &budget, NULL, NULL, &world->pool, &result,
				   &err), &err);
	assert_true(result.spent);
	assert_int_equal(result.kinds[KIND_CALL].records, 64); /* a batch */
	budget.ms = 1000000;
	assert_ok(sweep_run_within(world->vault, &world->account, world->now, &budget, NULL, NULL, &world->pool, &result,
				   &err), &err);
	assert_false(result.spent);
	assert_int_equal(result.kinds[KIND_CALL].records, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(some_of_a_day_go_and_the_rest_is_read_as_before),
	    KEEPING(media_of_what_stays_open_under_the_new_key),
	    KEEPING(records_that_come_later_are_of_the_part_that_stays),
	    KEEPING(a_day_is_looked_at_again_when_another_rule_has_come_to_it_and_not_before),
	    KEEPING(a_day_with_nothing_due_is_looked_at_once),
	    KEEPING(a_rule_that_begins_later_than_a_newer_one_is_not_missed),
	    KEEPING(a_clock_that_was_ahead_hides_nothing),
	    KEEPING(what_a_hold_covers_is_kept_and_its_old_key_goes_all_the_same),
	    KEEPING(a_hold_and_a_record_that_come_in_the_middle_are_heeded),
	    KEEPING(the_old_key_of_what_was_kept_goes_after_a_run_that_was_stopped_before),
	    KEEPING(a_damaged_record_that_stays_does_not_keep_what_is_due),
	    KEEPING(nor_does_one_of_a_person_whose_key_is_damaged),
	    KEEPING(only_a_few_of_many_damaged_records_are_named),
	    KEEPING(a_day_of_which_nothing_due_opens_is_left_alone_until_something_does),
	    KEEPING(a_day_whose_move_broke_off_half_way_reads_and_goes_on_once_it_is_mended),
	    cmocka_unit_test(a_crash_at_any_step_is_resumed_to_the_same_end),
	    KEEPING(rows_whose_key_went_in_a_crash_are_deleted_on_resuming),
	    KEEPING(a_resumed_sweep_goes_by_the_rules_it_began_with),
	    KEEPING(what_was_stopped_half_way_is_whole_and_gone_on_with),
	    cmocka_unit_test(random_rules_leave_exactly_what_is_not_past_its_time),
	    KEEPING(a_run_stops_whole_at_its_budget_and_the_next_goes_on),
	    KEEPING(a_run_stops_when_its_time_is_over_and_has_got_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
