/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Obligations and duties through a restore, and the check of them.
 */
#include "retention/obliged.h"

#include "privacy/erase.h"
#include "vault/restoring.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"

static struct id call(struct world *world, const char *at)
{
	const struct call_spec spec = {.at = at, .status = STATUS_ANSWERED, .from = ANNA, .to = BENT};

	return put_call(world, &spec);
}

static void sweep_at(struct world *world, const char *now)
{
	struct sweep_result result;

	world->now = world_time(now);
	run_sweep(world, &result);
}

static void erase(struct world *world, const char *who)
{
	const struct erase_options options = {.now = world->now};
	struct erase_result result;
	struct id person;
	struct err err;

	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, who, &person), 0);
	assert_ok(erase_person(world->vault, &world->account, person, &options, &world->pool, &result, &err), &err);
}

/* P5, P31 */
static void what_was_cut_down_since_is_cut_down_after_a_restore(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z");
	const char *cut;

	back_up(world);
	oblige(world, TELEPHONE);
	set_policy(world, KIND_CALL, "90 days");
	sweep_at(world, "2026-03-01T13:00:00Z");
	cut = payload_of(world, KIND_CALL, id);
	restore(world);
	assert_sound(world);
	assert_opens(world, KIND_CALL, id, cut);
	assert_string_equal(duty_of(world, KIND_CALL, id).codes, TELEPHONE);
	sweep_at(world, "2027-11-02T00:00:00Z");
	assert_false(is_there(world, KIND_CALL, id));
	assert_sound(world);
}

/* P5 */
static void what_ended_since_does_not_come_back(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z");

	oblige(world, SPAIN);
	set_policy(world, KIND_CALL, "90 days");
	sweep_at(world, "2026-03-01T13:00:00Z");
	back_up(world);
	sweep_at(world, "2026-11-02T00:00:00Z");
	restore(world);
	assert_sound(world);
	assert_false(is_there(world, KIND_CALL, id));
}

static void what_was_cut_again_since_is_as_it_is_now(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z");
	const char *cut;

	oblige(world, SPAIN);
	oblige(world, LONG_ITALY);
	set_policy(world, KIND_CALL, "90 days");
	sweep_at(world, "2026-03-01T13:00:00Z");
	back_up(world);
	sweep_at(world, "2026-11-02T00:00:00Z");
	cut = payload_of(world, KIND_CALL, id);
	restore(world);
	assert_sound(world);
	assert_opens(world, KIND_CALL, id, cut);
	assert_string_equal(duty_of(world, KIND_CALL, id).codes, LONG_ITALY);
}

/* P5 */
static void nothing_leads_to_who_was_erased_since(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z");

	oblige(world, TELEPHONE);
	set_policy(world, KIND_CALL, "90 days");
	sweep_at(world, "2026-03-01T13:00:00Z");
	back_up(world);
	erase(world, ANNA);
	restore(world);
	assert_sound(world);
	assert_int_equal(row_of(world, KIND_CALL, id).party_count, 1);
	assert_int_equal(identity_of(world, IDENTITY_PHONE, ANNA, NULL), 0);
}

static void obligations_are_what_they_are_now(void **state)
{
	struct world *world = *state;
	struct obligation_row rows[4];
	struct err err;
	int64_t due, cut;
	size_t count;

	oblige(world, SPAIN);
	back_up(world);
	oblige(world, TELEPHONE);
	assert_ok(obliging_end(world->vault, &world->account, SPAIN, world->now, &due, &cut, &err), &err);
	restore(world);
	assert_sound(world);
	assert_ok(obligation_list_rows(world->vault->read.data, world->account.number, "", &world->pool, rows, 4, &count,
				       &err), &err);
	assert_int_equal(count, 2);
	assert_true(rows[0].ended);
	assert_false(rows[1].ended);
	assert_string_equal(rows[1].set_by, "os:1000");
}

/* ---- check ---- */

struct swelling { struct record_row row; const char *text; struct world *world; };

static enum result swell_op(struct session *session, void *arg, struct err *err)
{
	struct swelling *s = arg;
	struct period delta = {.kind = s->row.kind, .day = instant_date(id_time(s->row.id)),
			       .bytes = -(int64_t)s->row.payload_len};
	struct key key;
	enum result r = seal_record_key(session->ring, &s->row, &key, err);

	if (r == OK)
		r = seal_payload(&key, &s->row, s->text, strlen(s->text), &s->world->pool, err);
	if (r == OK)
		r = record_reseal(session->data, &s->row, err);
	delta.bytes += (int64_t)s->row.payload_len;
	return r == OK ? period_add(session->data, s->row.account, &delta, err) : r;
}

static int64_t duty_problems(struct world *world)
{
	const struct check_report report = checked(world, true);

	assert_int_equal(report.problems, report.checks[CHECK_DUTIES].problems);
	return report.checks[CHECK_DUTIES].problems;
}

static void a_check_finds_more_than_a_duty_may_keep(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z");
	struct swelling s = {.world = world};
	struct err err;

	oblige(world, TELEPHONE);
	set_policy(world, KIND_CALL, "90 days");
	sweep_at(world, "2026-03-01T13:00:00Z");
	assert_int_equal(duty_problems(world), 0);
	s.row = row_of(world, KIND_CALL, id);
	s.text = "{\"from\":{\"phone\":\"" ANNA "\",\"name\":\"" NAME "\"}}";
	assert_ok(vault_write(world->vault, swell_op, &s, &err), &err);
	assert_int_equal(duty_problems(world), 1);
	s.text = "{\"from\":\"" ANNA "\",\"text\":\"" WORDS "\"}";
	assert_ok(vault_write(world->vault, swell_op, &s, &err), &err);
	assert_int_equal(duty_problems(world), 1);
	s.text = "{\"from\":\"" ANNA "\",\"to\":\"" BENT "\"}";
	s.row.status = STATUS_ANSWERED;
	assert_ok(vault_write(world->vault, swell_op, &s, &err), &err);
	assert_int_equal(duty_problems(world), 1);
	s.row.status = STATUS_NONE;
	assert_ok(vault_write(world->vault, swell_op, &s, &err), &err);
	assert_int_equal(duty_problems(world), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(what_was_cut_down_since_is_cut_down_after_a_restore),
	    KEEPING(what_ended_since_does_not_come_back),
	    KEEPING(what_was_cut_again_since_is_as_it_is_now),
	    KEEPING(nothing_leads_to_who_was_erased_since),
	    KEEPING(obligations_are_what_they_are_now),
	    KEEPING(a_check_finds_more_than_a_duty_may_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
