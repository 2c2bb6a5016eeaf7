/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "obliged.h"

#include "retention/reach.h"
#include "store/leaf.h"
#include "vault/idle_keys.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define OURS "+4570707070"

static struct id call(struct world *world, const char *at, enum record_status status)
{
	const struct call_spec spec = {.at = at, .status = status, .from = ANNA, .to = BENT, .agent = "101",
				       .number = OURS};

	return put_call(world, &spec);
}

static void at(struct world *world, const char *now)
{
	world->now = world_time(now);
}

static struct sweep_result sweep(struct world *world)
{
	struct sweep_result result;

	run_sweep(world, &result);
	assert_sound(world);
	return result;
}

static void cover_of(struct world *world, enum record_kind kind, struct id id, struct duty_cover *out)
{
	struct record_row row = row_of(world, kind, id);
	struct duty_row duty;
	struct duty_set set;
	struct err err;

	assert_ok(duties_load(&world->vault->read, world->account.number, world->now, &world->pool, &set, &err), &err);
	assert_ok(duties_cover_row(&world->vault->read, &set, &row, &world->pool, out, &duty, &err), &err);
	duties_free(&set);
}

static struct date day(const char *text)
{
	struct date date;
	struct err err;

	assert_ok(date_parse(text, 10, &date, &err), &err);
	return date;
}

/* ---- what covers what ---- */

static void every_country_of_the_shipped_obligations_has_a_clock(void **state)
{
	struct world *world = *state;
	struct obligations all;
	struct err err;

	assert_ok(obligations_load(&world->pool, &all, &err), &err);
	assert_true(all.count > 0);
	for (size_t i = 0; i < all.count; i++)
		assert_non_null(duties_zone_of(all.list[i].country));
	assert_null(duties_zone_of("XX"));
}

static void an_account_under_no_obligation_keeps_nothing(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2026-02-28T10:00:00Z", STATUS_ANSWERED);
	struct duty_cover cover;

	cover_of(world, KIND_CALL, id, &cover);
	assert_int_equal(cover.count, 0);
	assert_int_equal(cover.fields, 0);
}

static void an_obligation_covers_its_kinds_and_statuses_until_its_end(void **state)
{
	struct world *world = *state;
	struct id answered = call(world, "2026-02-28T10:00:00Z", STATUS_ANSWERED);
	struct id missed = call(world, "2026-02-28T11:00:00Z", STATUS_MISSED);
	struct id note = world_put(world, KIND_NOTE, "2026-02-28T10:00:00Z", "{}", ANNA, NULL);
	struct duty_cover cover;

	oblige(world, TELEPHONE);
	oblige(world, UNANSWERED);
	cover_of(world, KIND_CALL, answered, &cover);
	assert_int_equal(cover.count, 1);
	assert_string_equal(cover.laws[0]->code, TELEPHONE);
	assert_int_equal(cover.changes.days, day("2028-02-29").days);
	cover_of(world, KIND_CALL, missed, &cover);
	assert_int_equal(cover.count, 1);
	assert_string_equal(cover.laws[0]->code, UNANSWERED);
	assert_int_equal(cover.changes.days, day("2026-03-31").days);
	cover_of(world, KIND_NOTE, note, &cover);
	assert_int_equal(cover.count, 0);
	at(world, "2026-03-30T23:59:59Z");
	cover_of(world, KIND_CALL, missed, &cover);
	assert_int_equal(cover.count, 1);
	at(world, "2026-03-31T00:00:00Z");
	cover_of(world, KIND_CALL, missed, &cover);
	assert_int_equal(cover.count, 0);
}

/* 23:30Z in Madrid is the day after, in winter and in summer. */
static void a_record_s_day_is_that_of_the_law_s_country(void **state)
{
	struct world *world = *state;
	struct id late = call(world, "2026-01-10T23:30:00Z", STATUS_ANSWERED);
	struct id early = call(world, "2026-01-10T22:30:00Z", STATUS_ANSWERED);
	struct duty_cover cover;

	oblige(world, SPAIN);
	cover_of(world, KIND_CALL, late, &cover);
	assert_int_equal(cover.changes.days, day("2027-01-12").days);
	cover_of(world, KIND_CALL, early, &cover);
	assert_int_equal(cover.changes.days, day("2027-01-11").days);
}

static void of_several_the_fields_add_up_and_the_first_end_is_the_next_change(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2026-02-01T10:00:00Z", STATUS_ANSWERED);
	struct duty_cover cover;

	oblige(world, FRANCE);
	oblige(world, TELEPHONE);
	cover_of(world, KIND_CALL, id, &cover);
	assert_int_equal(cover.count, 2);
	assert_int_equal(cover.fields, OBLIGATION_FROM | OBLIGATION_TO | OBLIGATION_TIME | OBLIGATION_DURATION);
	assert_int_equal(cover.changes.days, day("2027-02-02").days);
	assert_int_equal(cover.over.days, day("2028-02-02").days);
}

struct tagging { struct world *world; struct id id; const char *tag; };

static enum result tag_op(struct session *session, void *arg, struct err *err)
{
	struct tagging *tagging = arg;
	struct record_row row = row_of(tagging->world, KIND_DOCUMENT, tagging->id);
	struct blind blind;
	struct key key;
	enum result r = keyring_get(session->ring, row.account, KEY_OWN, OWN_INDEX, &key, err);

	if (r == OK)
		r = labels_blind(&key, LABEL_TAG, tagging->tag, &tagging->world->pool, &blind, err);
	if (r == OK)
		r = labels_take(session, row.account, LABEL_TAG, &blind, tagging->tag, &tagging->world->pool,
				&row.labels[0], err);
	row.label_count = 1;
	return r == OK ? record_reseal(session->data, &row, err) : r;
}

static struct id document(struct world *world, const char *when, const char *tag)
{
	struct tagging tagging = {.world = world, .tag = tag};
	struct err err;

	tagging.id = world_put(world, KIND_DOCUMENT, when, "{\"type\":\"document\",\"text\":\"" WORDS "\"}", ANNA, NULL);
	assert_ok(vault_write(world->vault, tag_op, &tagging, &err), &err);
	return tagging.id;
}

/* In Delhi the financial year begins at 18:30Z of 31 March. */
static void its_financial_year_is_that_of_the_law_s_country(void **state)
{
	struct world *world = *state;
	struct id old_year = document(world, "2026-03-31T18:29:00Z", "invoice");
	struct id new_year = document(world, "2026-03-31T18:30:00Z", "invoice");
	struct duty_cover cover;

	oblige(world, INDIA);
	cover_of(world, KIND_DOCUMENT, old_year, &cover);
	assert_int_equal(cover.over.days, day("2033-01-01").days);
	cover_of(world, KIND_DOCUMENT, new_year, &cover);
	assert_int_equal(cover.over.days, day("2034-01-01").days);
}

static void a_tax_document_is_kept_whole_by_its_tag_with_its_media(void **state)
{
	struct world *world = *state;
	struct id invoice = document(world, "2020-12-31T22:59:00Z", "Invoice");
	struct id new_year = document(world, "2020-12-31T23:30:00Z", "invoice"); /* in Berlin it is 2021 */
	struct id letter = document(world, "2020-12-31T10:00:00Z", "holiday-card");
	struct blob_name scan = attach(world, KIND_DOCUMENT, invoice, (struct key){{7}});
	struct sweep_result result;

	oblige(world, INVOICES);
	set_policy(world, KIND_DOCUMENT, "1 year");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_DOCUMENT, letter));
	assert_non_null(strstr(payload_of(world, KIND_DOCUMENT, invoice), WORDS));
	assert_int_equal(row_of(world, KIND_DOCUMENT, invoice).label_count, 1);
	assert_true(has_blob(world, &scan));
	at(world, "2028-12-31T23:59:59Z");
	run_sweep(world, &result);
	assert_true(is_there(world, KIND_DOCUMENT, invoice));
	at(world, "2029-01-01T00:00:00Z");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_DOCUMENT, invoice));
	assert_false(has_blob(world, &scan));
	assert_true(is_there(world, KIND_DOCUMENT, new_year));
	at(world, "2030-01-01T00:00:00Z");
	run_sweep(world, &result);
	assert_false(is_there(world, KIND_DOCUMENT, new_year));
}

/* ---- expiry ---- */

/* P31 */
static void what_expires_under_an_obligation_keeps_exactly_the_named_fields(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z", STATUS_ANSWERED);
	struct blob_name sound = attach(world, KIND_CALL, id, (struct key){{1}});
	struct sweep_result result;
	struct record_row row;

	oblige(world, TELEPHONE);
	set_policy(world, KIND_CALL, "90 days");
	result = sweep(world);
	assert_int_equal(result.kinds[KIND_CALL].cut, 1);
	assert_int_equal(result.kinds[KIND_CALL].kept, 0);
	assert_int_equal(result.kinds[KIND_CALL].records, 0);
	assert_int_equal(result.kinds[KIND_CALL].held, 1);
	assert_opens(world, KIND_CALL, id,
		     "{\"obliged_by\":[\"" TELEPHONE "\"],\"from\":{\"phone\":\"" ANNA "\"},\"to\":\"" BENT
		     "\",\"time\":\"2025-11-01T10:00:00Z\",\"duration\":61}");
	row = row_of(world, KIND_CALL, id);
	assert_int_equal(row.direction, DIRECTION_NONE);
	assert_int_equal(row.status, STATUS_NONE);
	assert_int_equal(row.duration_ms, 61000);
	assert_int_equal(row.agent, 0);
	assert_int_equal(row.number, 0);
	assert_int_equal(row.media, 0);
	assert_int_equal(row.party_count, 2);
	assert_false(has_blob(world, &sound));
	assert_false(has_period_key(world, KIND_CALL, "2025-11-01T00:00:00Z"));
	assert_string_equal(duty_of(world, KIND_CALL, id).codes, TELEPHONE);
}

static void the_plan_before_is_what_the_run_does(void **state)
{
	struct world *world = *state;
	struct sweep_plan plan;
	struct sweep_result result;
	struct err err;

	call(world, "2025-11-01T10:00:00Z", STATUS_ANSWERED);
	call(world, "2025-11-01T11:00:00Z", STATUS_MISSED);
	call(world, "2025-11-02T11:00:00Z", STATUS_MISSED);
	oblige(world, TELEPHONE);
	oblige(world, UNANSWERED);
	set_policy(world, KIND_CALL, "90 days");
	for (int i = 0; i < 3; i++) {
		assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
		result = sweep(world);
		assert_int_equal(sweep_plan_records(&plan.kinds[KIND_CALL]), result.kinds[KIND_CALL].records);
		assert_int_equal(plan.kinds[KIND_CALL].held + plan.kinds[KIND_CALL].obliged,
				 result.kinds[KIND_CALL].held);
		assert_int_equal(result.kinds[KIND_CALL].records, i == 0 ? 2 : i == 1 ? 0 : 1);
		at(world, i == 0 ? "2026-03-02T00:00:00Z" : "2027-11-02T00:00:00Z");
	}
}

/* IT: answered calls 24 months, unanswered ones 30 days, under a policy of 7 days. P31 */
static void each_goes_on_the_day_its_obligation_ends(void **state)
{
	struct world *world = *state;
	struct id answered = call(world, "2026-02-10T10:00:00Z", STATUS_ANSWERED);
	struct id missed = call(world, "2026-02-10T11:00:00Z", STATUS_MISSED);
	struct sweep_result result;
	int64_t short_one, long_one;

	oblige(world, TELEPHONE);
	oblige(world, UNANSWERED);
	set_policy(world, KIND_CALL, "7 days");
	sweep(world);
	short_one = row_of(world, KIND_CALL, missed).hold;
	long_one = row_of(world, KIND_CALL, answered).hold;
	assert_int_not_equal(short_one, long_one);
	assert_int_equal(row_of(world, KIND_CALL, missed).duration_ms, -1);
	at(world, "2026-03-12T23:59:59Z");
	sweep(world);
	assert_true(is_there(world, KIND_CALL, missed));
	at(world, "2026-03-13T00:00:00Z");
	result = sweep(world);
	assert_int_equal(result.duties, 1);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_false(is_there(world, KIND_CALL, missed));
	assert_false(has_key(world, KEY_HOLD, short_one));
	assert_true(has_key(world, KEY_HOLD, long_one));
	at(world, "2028-02-10T23:59:59Z");
	sweep(world);
	assert_true(is_there(world, KIND_CALL, answered));
	at(world, "2028-02-11T00:00:00Z");
	sweep(world);
	assert_false(is_there(world, KIND_CALL, answered));
	assert_false(has_key(world, KEY_HOLD, long_one));
}

static struct reach preview_calls(struct world *world)
{
	struct hold_scope scope = {.row = {.account = world->account.number, .type = HOLD_LEGAL, .kinds = 1u << KIND_CALL}};
	struct reach reach;
	struct err err;

	assert_ok(reach_preview(&world->vault->read, &scope, world->now, NULL, NULL, &reach, &err), &err);
	return reach;
}

static void a_preview_of_a_hold_says_that_what_a_duty_keeps_is_due_once_that_ends(void **state)
{
	struct world *world = *state;
	struct reach reach;

	call(world, "2026-02-10T11:00:00Z", STATUS_MISSED);
	oblige(world, UNANSWERED);
	set_policy(world, KIND_CALL, "7 days");
	sweep(world);
	at(world, "2026-03-12T23:59:59Z");
	reach = preview_calls(world);
	assert_int_equal(reach.kinds[KIND_CALL].due, 0);
	assert_int_equal(reach.kinds[KIND_CALL].kept, 1);
	at(world, "2026-03-13T00:00:00Z");
	reach = preview_calls(world);
	assert_int_equal(reach.kinds[KIND_CALL].due, 1);
	assert_int_equal(reach.kinds[KIND_CALL].kept, 0);
	assert_int_equal(sweep(world).kinds[KIND_CALL].records, 1);
}

static void a_release_says_what_an_obligation_keeps_on_and_what_goes(void **state)
{
	struct world *world = *state;
	struct id answered = call(world, "2026-02-10T10:00:00Z", STATUS_ANSWERED);
	struct hold_request calls = {.kinds = 1u << KIND_CALL};
	struct sweep_result result;
	struct reach_end end;
	struct handed handed;
	struct hold_row row;
	struct id hold;
	int64_t bytes;
	struct err err;

	bytes = (int64_t)row_of(world, KIND_CALL, call(world, "2026-02-10T11:00:00Z", STATUS_MISSED)).payload_len;
	oblige(world, TELEPHONE);
	hold = add_hold(world, &calls);
	set_policy(world, KIND_CALL, "7 days");
	sweep(world);
	assert_ok(hold_find(world->vault->read.data, world->account.number, hold, &world->pool, &row, &err), &err);
	assert_ok(reach_release(&world->vault->read, &row, world->now, NULL, NULL, &end, &err), &err);
	assert_int_equal(end.records[KIND_CALL], 1);
	assert_int_equal(end.cut[KIND_CALL], 1);
	assert_ok(holds_release(world->vault, &world->account, hold, world->now, &handed, &err), &err);
	assert_int_equal(handed.held, 0);
	assert_int_equal(handed.cut, 1);
	assert_int_equal(handed.due, 1);
	assert_string_equal(duty_of(world, KIND_CALL, answered).codes, TELEPHONE);
	result = sweep(world);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_int_equal(result.kinds[KIND_CALL].bytes, bytes);
}

/* P23 */
static void an_obligation_of_months_from_a_leap_day_ends_where_the_calendar_ends_it(void **state)
{
	struct world *world = *state;
	struct id leap = call(world, "2024-02-29T10:00:00Z", STATUS_ANSWERED);

	at(world, "2024-06-01T00:00:00Z");
	oblige(world, SPAIN);
	set_policy(world, KIND_CALL, "30 days");
	sweep(world);
	at(world, "2025-02-28T23:59:59Z");
	sweep(world);
	assert_true(is_there(world, KIND_CALL, leap));
	at(world, "2025-03-01T00:00:00Z");
	sweep(world);
	assert_false(is_there(world, KIND_CALL, leap));
}

static void when_one_of_several_ends_the_record_is_cut_again(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z", STATUS_ANSWERED);
	struct sweep_result result;
	int64_t first;

	oblige(world, SPAIN);
	oblige(world, LONG_ITALY);
	oblige(world, FRANCE);
	set_policy(world, KIND_CALL, "90 days");
	sweep(world);
	first = row_of(world, KIND_CALL, id).hold;
	at(world, "2026-11-02T00:00:00Z");
	result = sweep(world);
	assert_int_equal(result.cut_again, 1);
	assert_int_equal(result.duties, 1);
	assert_false(has_key(world, KEY_HOLD, first));
	assert_string_equal(duty_of(world, KIND_CALL, id).codes, LONG_ITALY);
	at(world, "2031-11-02T00:00:00Z");
	sweep(world);
	assert_false(is_there(world, KIND_CALL, id));
}

/* FR keeps who called only; whom and for how long, that IT asks for, is gone with that, and nothing brings it back. */
static void fields_that_are_gone_stay_gone_whatever_is_added_later(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z", STATUS_ANSWERED);
	struct err err;
	int64_t due, cut;

	oblige(world, FRANCE);
	set_policy(world, KIND_CALL, "90 days");
	sweep(world);
	oblige(world, LONG_ITALY);
	assert_ok(obliging_end(world->vault, &world->account, FRANCE, world->now, &due, &cut, &err), &err);
	assert_int_equal(due, 0);
	assert_int_equal(cut, 1);
	sweep(world);
	assert_string_equal(duty_of(world, KIND_CALL, id).codes, LONG_ITALY);
	assert_opens(world, KIND_CALL, id, "{\"obliged_by\":[\"" LONG_ITALY "\"],\"from\":{\"phone\":\"" ANNA "\"}}");
}

static void where_nobody_is_the_other_end_the_own_number_is(void **state)
{
	struct world *world = *state;
	struct world_record inbound = {.kind = KIND_CALL, .at = world_time("2025-11-01T10:00:00Z"), .phones = {ANNA},
				       .number = OURS, .world = world,
				       .text = "{\"from\":\"" ANNA "\",\"number\":\"" OURS "\",\"text\":\"" WORDS "\"}"};
	struct err err;

	inbound.id = id_new(inbound.at);
	assert_ok(vault_write(world->vault, world_put_op, &inbound, &err), &err);
	oblige(world, SPAIN);
	set_policy(world, KIND_CALL, "90 days");
	sweep(world);
	assert_opens(world, KIND_CALL, inbound.id,
		     "{\"obliged_by\":[\"" SPAIN "\"],\"from\":\"" ANNA "\",\"number\":\"" OURS "\"}");
	assert_int_not_equal(row_of(world, KIND_CALL, inbound.id).number, 0);
}

static void a_second_run_finds_nothing_to_do(void **state)
{
	struct world *world = *state;
	uint64_t before, after;
	struct sweep_result result;
	struct err err;

	call(world, "2025-11-01T10:00:00Z", STATUS_ANSWERED);
	oblige(world, TELEPHONE);
	set_policy(world, KIND_CALL, "90 days");
	sweep(world);
	assert_ok(leaf_tree_size(world->vault->read.data, &before, &err), &err);
	result = sweep(world);
	assert_ok(leaf_tree_size(world->vault->read.data, &after, &err), &err);
	assert_int_equal(after - before, 2); /* begun and done */
	assert_int_equal(result.kinds[KIND_CALL].cut, 0);
	assert_int_equal(result.kinds[KIND_CALL].held, 1);
}

static void one_key_for_all_that_ends_on_a_day(void **state)
{
	struct world *world = *state;
	struct id a = call(world, "2025-11-01T10:00:00Z", STATUS_ANSWERED);
	struct id b = call(world, "2025-11-01T11:00:00Z", STATUS_ANSWERED);
	struct id c = call(world, "2025-11-02T11:00:00Z", STATUS_ANSWERED);

	oblige(world, SPAIN);
	set_policy(world, KIND_CALL, "90 days");
	sweep(world);
	assert_int_equal(row_of(world, KIND_CALL, a).hold, row_of(world, KIND_CALL, b).hold);
	assert_int_not_equal(row_of(world, KIND_CALL, a).hold, row_of(world, KIND_CALL, c).hold);
}

/* ---- ending an obligation by hand ---- */

static void ending_an_obligation_makes_due_what_it_alone_kept(void **state)
{
	struct world *world = *state;
	struct id alone = call(world, "2025-11-01T10:00:00Z", STATUS_MISSED);
	struct id both = call(world, "2025-11-01T11:00:00Z", STATUS_ANSWERED);
	struct err err;
	int64_t due, cut;

	oblige(world, SPAIN);
	oblige(world, TELEPHONE);
	set_policy(world, KIND_CALL, "90 days");
	sweep(world);
	assert_int_equal(obliging_add(world->vault, &world->account, SPAIN, "os:1", world->now, &err), ERR_EXISTS);
	assert_ok(obliging_end(world->vault, &world->account, SPAIN, world->now, &due, &cut, &err), &err);
	assert_int_equal(due, 1);
	assert_int_equal(cut, 1);
	assert_true(is_there(world, KIND_CALL, alone));
	sweep(world);
	assert_false(is_there(world, KIND_CALL, alone));
	assert_string_equal(duty_of(world, KIND_CALL, both).codes, TELEPHONE);
	assert_int_equal(obliging_end(world->vault, &world->account, SPAIN, world->now, &due, &cut, &err),
			 ERR_NOT_FOUND);
	assert_int_equal(obliging_add(world->vault, &world->account, "de-nothing", "os:1", world->now, &err),
			 ERR_NOT_FOUND);
	assert_non_null(strstr(err.mend, "obligation list"));
}

static void one_that_is_applied_again_before_the_run_keeps_on(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z", STATUS_ANSWERED);
	struct err err;
	int64_t due, cut;

	oblige(world, SPAIN);
	set_policy(world, KIND_CALL, "90 days");
	sweep(world);
	assert_ok(obliging_end(world->vault, &world->account, SPAIN, world->now, &due, &cut, &err), &err);
	oblige(world, SPAIN);
	sweep(world);
	assert_true(is_there(world, KIND_CALL, id));
}

struct foreign { struct world *world; };

static enum result put_foreign(struct session *session, void *arg, struct err *err)
{
	struct foreign *foreign = arg;
	const struct obligation_row row = {.code = "zz-of-another-version", .applied = foreign->world->now,
					   .set_by = "os:1"};

	return obligation_put(session->data, foreign->world->account.number, &row, err);
}

static void an_obligation_nobody_knows_stops_the_run_until_it_is_ended(void **state)
{
	struct world *world = *state;
	struct foreign foreign = {world};
	struct sweep_result result;
	struct id id = call(world, "2025-11-01T10:00:00Z", STATUS_ANSWERED);
	struct err err;
	int64_t due, cut;

	assert_ok(vault_write(world->vault, put_foreign, &foreign, &err), &err);
	set_policy(world, KIND_CALL, "90 days");
	assert_int_equal(sweep_run(world->vault, &world->account, world->now, NULL, NULL, &world->pool, &result, &err),
			 ERR_UNSUPPORTED);
	assert_non_null(strstr(err.mend, "obligation end zz-of-another-version"));
	assert_ok(sweep_resume(world->vault, world->now, &err), &err); /* it began nothing */
	assert_true(is_there(world, KIND_CALL, id));
	assert_ok(obliging_end(world->vault, &world->account, "zz-of-another-version", world->now, &due, &cut, &err),
		  &err);
	sweep(world);
	assert_false(is_there(world, KIND_CALL, id));
}

/* ---- holds over duties ---- */

/* P10 */
static void a_released_hold_hands_over_to_the_duty_cut_down(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2025-11-01T10:00:00Z", STATUS_ANSWERED), hold;

	oblige(world, TELEPHONE);
	set_policy(world, KIND_CALL, "90 days");
	hold = hold_person(world, ANNA);
	sweep(world);
	assert_non_null(strstr(payload_of(world, KIND_CALL, id), WORDS));
	assert_int_equal(release_hold(world, hold), 0);
	assert_null(strstr(payload_of(world, KIND_CALL, id), WORDS));
	assert_string_equal(duty_of(world, KIND_CALL, id).codes, TELEPHONE);
	sweep(world);
	assert_true(is_there(world, KIND_CALL, id));
	at(world, "2027-11-02T00:00:00Z");
	sweep(world);
	assert_false(is_there(world, KIND_CALL, id));
}

/* Its status is gone, so it looks like a call of unknown status; it is still the unanswered one. P10, P31 */
static void a_hold_on_what_was_cut_down_keeps_what_is_left_and_gives_it_back(void **state)
{
	struct world *world = *state;
	struct id missed = call(world, "2026-02-10T10:00:00Z", STATUS_MISSED), hold;
	const char *before;
	int64_t duty;

	oblige(world, TELEPHONE);
	oblige(world, UNANSWERED);
	set_policy(world, KIND_CALL, "7 days");
	sweep(world);
	before = payload_of(world, KIND_CALL, missed);
	duty = row_of(world, KIND_CALL, missed).hold;
	hold = hold_person(world, ANNA);
	at(world, "2026-03-14T00:00:00Z");
	sweep(world);
	assert_opens(world, KIND_CALL, missed, before);
	assert_int_not_equal(row_of(world, KIND_CALL, missed).hold, duty);
	assert_false(has_key(world, KEY_HOLD, duty));
	assert_int_equal(release_hold(world, hold), 1);
	sweep(world);
	assert_false(is_there(world, KIND_CALL, missed));
}

static void a_hold_in_between_gives_back_to_the_obligations_that_still_run(void **state)
{
	struct world *world = *state;
	struct id missed = call(world, "2026-02-10T10:00:00Z", STATUS_MISSED), hold;

	oblige(world, SPAIN);
	oblige(world, UNANSWERED);
	set_policy(world, KIND_CALL, "7 days");
	sweep(world);
	hold = hold_person(world, ANNA);
	at(world, "2026-03-14T00:00:00Z");
	sweep(world);
	assert_int_equal(release_hold(world, hold), 0);
	assert_string_equal(duty_of(world, KIND_CALL, missed).codes, SPAIN);
	sweep(world);
	assert_true(is_there(world, KIND_CALL, missed));
}

/* ---- stopped between steps ---- */

struct stopping { enum sweep_phase at; };

static bool stop_at(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	const struct stopping *stopping = arg;

	(void)done, (void)total;
	return phase == stopping->at;
}

/* P31: what was cut before the stop is cut once, and the next run comes to the same end. */
static void a_run_stopped_between_any_two_steps_ends_the_same(void **state)
{
	struct world *world = *state;

	for (enum sweep_phase phase = SWEEP_BEGUN; phase <= SWEEP_PERIODS; phase++) {
		struct stopping stopping = {phase};
		struct sweep_result result;
		struct id missed, answered;
		struct err err;
		enum result r;

		world_end(world);
		world_begin(world, "2026-03-01T12:00:00Z");
		missed = call(world, "2026-02-10T11:00:00Z", STATUS_MISSED);
		oblige(world, TELEPHONE);
		oblige(world, UNANSWERED);
		set_policy(world, KIND_CALL, "7 days");
		sweep(world);
		answered = call(world, "2026-02-11T11:00:00Z", STATUS_ANSWERED);
		at(world, "2026-03-14T00:00:00Z");
		r = sweep_run(world->vault, &world->account, world->now, stop_at, &stopping, &world->pool, &result, &err);
		assert_true(r == OK || r == ERR_INTERRUPTED);
		assert_sound(world);
		assert_true(is_there(world, KIND_CALL, answered));
		world_reopen(world);
		sweep(world);
		assert_false(is_there(world, KIND_CALL, missed));
		assert_string_equal(duty_of(world, KIND_CALL, answered).codes, TELEPHONE);
		assert_false(has_period_key(world, KIND_CALL, "2026-02-11T00:00:00Z"));
	}
}

static enum result make_stray(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	int64_t number;
	struct key key;
	enum result r = counter_next(session->keys, world->account.number, "hold", &number, err);

	if (r == OK)
		r = keyring_make(session->ring, world->account.number, KEY_HOLD, number, &key, err);
	key_wipe(&key);
	return r;
}

/* P31: the key store is on disk before the rows. */
static void the_key_of_a_duty_whose_making_crashed_goes_with_the_next_run(void **state)
{
	struct world *world = *state;
	struct id id = call(world, "2026-02-10T11:00:00Z", STATUS_ANSWERED);
	int64_t keys, idle;
	struct err err;

	oblige(world, TELEPHONE);
	set_policy(world, KIND_CALL, "7 days");
	sweep(world);
	assert_ok(vault_write(world->vault, make_stray, world, &err), &err);
	assert_ok(idle_keys_count(&world->vault->read, &world->pool, &idle, &err), &err);
	assert_int_equal(idle, 1);
	sweep(world);
	assert_ok(key_count(world->vault->read.keys, KEY_HOLD, &keys, &err), &err);
	assert_int_equal(keys, 1);
	assert_string_equal(duty_of(world, KIND_CALL, id).codes, TELEPHONE);
	assert_sound(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(every_country_of_the_shipped_obligations_has_a_clock),
	    KEEPING(an_account_under_no_obligation_keeps_nothing),
	    KEEPING(an_obligation_covers_its_kinds_and_statuses_until_its_end),
	    KEEPING(a_record_s_day_is_that_of_the_law_s_country),
	    KEEPING(of_several_the_fields_add_up_and_the_first_end_is_the_next_change),
	    KEEPING(its_financial_year_is_that_of_the_law_s_country),
	    KEEPING(a_tax_document_is_kept_whole_by_its_tag_with_its_media),
	    KEEPING(what_expires_under_an_obligation_keeps_exactly_the_named_fields),
	    KEEPING(the_plan_before_is_what_the_run_does),
	    KEEPING(each_goes_on_the_day_its_obligation_ends),
	    KEEPING(a_preview_of_a_hold_says_that_what_a_duty_keeps_is_due_once_that_ends),
	    KEEPING(a_release_says_what_an_obligation_keeps_on_and_what_goes),
	    KEEPING(an_obligation_of_months_from_a_leap_day_ends_where_the_calendar_ends_it),
	    KEEPING(when_one_of_several_ends_the_record_is_cut_again),
	    KEEPING(fields_that_are_gone_stay_gone_whatever_is_added_later),
	    KEEPING(where_nobody_is_the_other_end_the_own_number_is),
	    KEEPING(a_second_run_finds_nothing_to_do),
	    KEEPING(one_key_for_all_that_ends_on_a_day),
	    KEEPING(ending_an_obligation_makes_due_what_it_alone_kept),
	    KEEPING(one_that_is_applied_again_before_the_run_keeps_on),
	    KEEPING(an_obligation_nobody_knows_stops_the_run_until_it_is_ended),
	    KEEPING(a_released_hold_hands_over_to_the_duty_cut_down),
	    KEEPING(a_hold_on_what_was_cut_down_keeps_what_is_left_and_gives_it_back),
	    KEEPING(the_key_of_a_duty_whose_making_crashed_goes_with_the_next_run),
	    KEEPING(a_run_stopped_between_any_two_steps_ends_the_same),
	    KEEPING(a_hold_in_between_gives_back_to_the_obligations_that_still_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
