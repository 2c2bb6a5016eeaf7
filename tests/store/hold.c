/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/hold.h"

static struct hold_row row_of(uint32_t account, int64_t hold)
{
	return (struct hold_row){.account = account,
				 .hold = hold,
				 .id = {{(unsigned char)hold}},
				 .type = HOLD_LEGAL,
				 .reason = (const unsigned char *)"why",
				 .reason_len = 3,
				 .custodian = (const unsigned char *)"",
				 .matter = (const unsigned char *)"",
				 .created = {1000 + hold}};
}

static void put(uint32_t account, int64_t hold)
{
	struct hold_row row = row_of(account, hold);

	assert_ok(hold_insert(vault, &row, &err));
}

static void a_hold_on_everything_has_no_scope(void **state)
{
	struct hold_row row = row_of(1, 3), back;

	(void)state;
	assert_ok(hold_insert(vault, &row, &err));
	assert_ok(hold_get(vault, 1, 3, &pool, &back, &err));
	assert_int_equal(back.account, 1);
	assert_int_equal(back.hold, 3);
	assert_memory_equal(back.id.bytes, row.id.bytes, 16);
	assert_false(back.has_person || back.has_from || back.has_until || back.released);
	assert_int_equal(back.identity, 0);
	assert_int_equal(back.kinds, 0);
	assert_int_equal(back.reason_len, 3);
	assert_memory_equal(back.reason, "why", 3);
	assert_int_equal(back.created.ms, 1003);
}

static void a_hold_comes_back_with_its_whole_scope(void **state)
{
	struct hold_row row = row_of(1, 3), back;

	(void)state;
	row.has_person = row.has_from = row.has_until = row.released = true;
	row.person = (struct id){{9}};
	row.identity = 77;
	row.type = HOLD_RESTRICTION;
	row.number = 5;
	row.agent = 6;
	row.queue = 7;
	row.campaign = 8;
	row.tag = 9;
	row.custodian = (const unsigned char *)"who";
	row.custodian_len = 3;
	row.matter = (const unsigned char *)"A-1";
	row.matter_len = 3;
	row.kinds = 1u << KIND_CALL | 1u << KIND_CAMPAIGN_RESULT;
	row.from.ms = -1;
	row.until.ms = 0;
	row.released_at.ms = 5;
	assert_ok(hold_insert(vault, &row, &err));
	assert_ok(hold_find(vault, 1, row.id, &pool, &back, &err));
	assert_true(back.has_person && back.has_from && back.has_until && back.released);
	assert_memory_equal(back.person.bytes, row.person.bytes, 16);
	assert_int_equal(back.identity, 77);
	assert_int_equal(back.type, HOLD_RESTRICTION);
	assert_int_equal(back.number * 10000 + back.agent * 1000 + back.queue * 100 + back.campaign * 10 + back.tag, 56789);
	assert_int_equal(back.custodian_len, 3);
	assert_memory_equal(back.custodian, "who", 3);
	assert_int_equal(back.matter_len, 3);
	assert_memory_equal(back.matter, "A-1", 3);
	assert_int_equal(back.kinds, row.kinds);
	assert_int_equal(back.from.ms, -1);
	assert_int_equal(back.until.ms, 0);
	assert_int_equal(back.released_at.ms, 5);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct hold_row back;

	(void)state;
	put(2, 1);
	assert_fails(hold_get(vault, 1, 1, &pool, &back, &err), ERR_NOT_FOUND, "no such hold");
	assert_fails(hold_find(vault, 1, (struct id){{1}}, &pool, &back, &err), ERR_NOT_FOUND, "no such hold");
	assert_fails(hold_set_released(vault, 1, 1, (struct instant){5}, &err), ERR_NOT_FOUND,
		     "no such hold, or it is released already");
}

static size_t list(bool active_only, int64_t after, struct hold_row *out, size_t max)
{
	size_t count;

	assert_ok(hold_list(vault, 1, active_only, after, &pool, out, max, &count, &err));
	return count;
}

static void holds_are_released_once_and_listed_either_way(void **state)
{
	struct hold_row out[9];

	(void)state;
	assert_int_equal(list(false, 0, out, 9), 0);
	for (int64_t n = 3; n > 0; n--)
		put(1, n);
	put(2, 4);
	assert_ok(hold_set_released(vault, 1, 2, (struct instant){5000}, &err));
	assert_fails(hold_set_released(vault, 1, 2, (struct instant){6000}, &err), ERR_NOT_FOUND, NULL);
	assert_int_equal(list(false, 0, out, 9), 3);
	assert_int_equal(out[1].hold, 2);
	assert_true(out[1].released);
	assert_int_equal(out[1].released_at.ms, 5000);
	assert_int_equal(list(true, 0, out, 9), 2);
	assert_int_equal(out[0].hold, 1);
	assert_int_equal(out[1].hold, 3);
	assert_int_equal(list(true, 0, out, 1), 1);
	assert_int_equal(list(true, 1, out, 1), 1);
	assert_int_equal(out[0].hold, 3);
	assert_int_equal(list(true, 3, out, 1), 0);
}

static void assert_refused(const char *sql, const char *why)
{
	if (db_script(vault, sql, &err) == OK)
		fail_msg("not refused: %s", sql);
	if (strstr(err.what, why) == NULL)
		fail_msg("%s: refused by: %s", sql, err.what);
}

static void a_hold_is_never_deleted(void **state)
{
	struct hold_row row = row_of(1, 1), back;

	(void)state;
	put(1, 1);
	raw(vault, "INSERT INTO account(account_id, id, name_blind, name, country, created_at)"
		   " VALUES(1, x'01', x'01', x'01', 'DK', 1)");
	assert_refused("DELETE FROM hold", "a hold is released, never deleted");
	assert_refused("DELETE FROM hold WHERE account_id = 1 AND hold_id = 1", "a hold is released, never deleted");
	assert_refused("REPLACE INTO hold(account_id, hold_id, id, kinds, reason, created_at)"
		       " VALUES(1, 1, x'00', 0, x'00', 1)",
		       "a hold is released, never replaced");
	assert_ok(hold_set_released(vault, 1, 1, (struct instant){5}, &err));
	assert_refused("DELETE FROM hold", "a hold is released, never deleted");
	assert_fails(hold_insert(vault, &row, &err), ERR_DENIED,
		     "the database refused: a hold is released, never replaced");
	assert_ok(hold_get(vault, 1, 1, &pool, &back, &err));
	assert_memory_equal(back.reason, "why", 3);
}

static void damaged_holds_are_reported(void **state)
{
	struct hold_row back;
	size_t count;

	(void)state;
	put(1, 1);
	raw(vault, "UPDATE hold SET person_id = x'01'");
	assert_fails(hold_get(vault, 1, 1, &pool, &back, &err), ERR_CORRUPT, "column 2 holds 1 bytes where 16 belong");
	raw(vault, "UPDATE hold SET person_id = NULL, id = x'01'");
	assert_fails(hold_get(vault, 1, 1, &pool, &back, &err), ERR_CORRUPT, "column 1 holds 1 bytes where 16 belong");
	assert_fails(hold_list(vault, 1, false, 0, &pool, &back, 1, &count, &err), ERR_CORRUPT, NULL);
}

static void a_reason_larger_than_the_pool_is_reported(void **state)
{
	struct hold_row back;
	struct pool small;
	size_t count;

	(void)state;
	put(1, 1);
	pool_init(&small, 3);
	assert_fails(hold_get(vault, 1, 1, &small, &back, &err), ERR_NO_MEMORY, NULL);
	assert_fails(hold_list(vault, 1, false, 0, &small, &back, 1, &count, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
}

/* ---- whom a hold covers after an erasure ---- */

static void put_on(int64_t hold, unsigned char person, enum hold_type type, bool released)
{
	struct hold_row row = row_of(1, hold);

	row.has_person = true;
	row.person = (struct id){{person}};
	row.type = type;
	row.released = released;
	row.released_at.ms = 5;
	assert_ok(hold_insert(vault, &row, &err));
}

static size_t identities_of(int64_t hold, int64_t after, int64_t *out, size_t max)
{
	size_t count;

	assert_ok(hold_identity_list(vault, 1, hold, after, out, max, &count, &err));
	return count;
}

static void an_identity_that_goes_stays_with_the_active_legal_holds_on_its_person(void **state)
{
	int64_t out[4];

	(void)state;
	put_on(1, 9, HOLD_LEGAL, false);
	put_on(2, 9, HOLD_LEGAL, false);
	put_on(3, 9, HOLD_LEGAL, true);
	put_on(4, 9, HOLD_RESTRICTION, false);
	put_on(5, 8, HOLD_LEGAL, false);
	put(1, 6);
	assert_ok(hold_keep_identity(vault, 1, (struct id){{9}}, 77, &err));
	assert_ok(hold_keep_identity(vault, 1, (struct id){{9}}, 77, &err));
	assert_ok(hold_keep_identity(vault, 2, (struct id){{9}}, 78, &err));
	for (int64_t hold = 1; hold <= 6; hold++)
		assert_int_equal(identities_of(hold, 0, out, 4), hold <= 2);
	assert_int_equal(out[0], 77);
}

static void the_identities_of_a_hold_come_in_order_and_in_pages(void **state)
{
	int64_t out[4];

	(void)state;
	for (int64_t identity = 5; identity > 2; identity--)
		assert_ok(hold_identity_insert(vault, 1, 1, identity, &err));
	assert_ok(hold_identity_insert(vault, 1, 1, 5, &err));
	assert_ok(hold_identity_insert(vault, 1, 2, 9, &err));
	assert_ok(hold_identity_insert(vault, 2, 1, 9, &err));
	assert_int_equal(identities_of(1, 0, out, 2), 2);
	assert_true(out[0] == 3 && out[1] == 4);
	assert_int_equal(identities_of(1, out[1], out, 2), 1);
	assert_int_equal(out[0], 5);
}

static void what_a_hold_covers_is_only_added_to(void **state)
{
	int64_t out[4];

	(void)state;
	raw(vault, "INSERT INTO account(account_id, id, name_blind, name, country, created_at)"
		   " VALUES(1, x'01', x'01', x'01', 'DK', 1)");
	assert_ok(hold_identity_insert(vault, 1, 1, 5, &err));
	assert_refused("DELETE FROM hold_identity", "what a hold covers is added to, never deleted");
	assert_refused("UPDATE hold_identity SET identity_id = 6", "what a hold covers is added to, never changed");
	assert_int_equal(identities_of(1, 0, out, 4), 1);
	raw(vault, "DELETE FROM account; DELETE FROM hold_identity"); /* the end of an account */
	assert_int_equal(identities_of(1, 0, out, 4), 0);
}

/* ---- what only a hold still keeps ---- */

static void hold_record(uint32_t account, int64_t hold, enum record_kind kind, unsigned char n)
{
	struct held_row row = {account, hold, kind, {{n}}, HELD_ERASED, {1000 + n}};

	assert_ok(held_insert(vault, &row, &err));
}

static int64_t held(uint32_t account, int64_t hold)
{
	int64_t out;

	assert_ok(held_count(vault, account, hold, &out, &err));
	return out;
}

static void a_held_record_is_kept_with_its_cause(void **state)
{
	struct held_row back, again = {1, 5, KIND_CALL, {{7}}, HELD_EXPIRED, {9}};

	(void)state;
	hold_record(1, 5, KIND_CALL, 7);
	assert_ok(held_get(vault, 1, 5, KIND_CALL, (struct id){{7}}, &back, &err));
	assert_int_equal(back.account, 1);
	assert_int_equal(back.hold, 5);
	assert_int_equal(back.kind, KIND_CALL);
	assert_int_equal(back.id.bytes[0], 7);
	assert_int_equal(back.cause, HELD_ERASED);
	assert_int_equal(back.due.ms, 1007);
	assert_ok(held_insert(vault, &again, &err)); /* the first cause stands */
	assert_ok(held_get(vault, 1, 5, KIND_CALL, (struct id){{7}}, &back, &err));
	assert_int_equal(back.cause, HELD_ERASED);
	assert_fails(held_get(vault, 1, 6, KIND_CALL, (struct id){{7}}, &back, &err), ERR_NOT_FOUND,
		     "that record is not under this hold's key");
	assert_fails(held_get(vault, 1, 5, KIND_CHAT, (struct id){{7}}, &back, &err), ERR_NOT_FOUND, NULL);
	assert_fails(held_get(vault, 2, 5, KIND_CALL, (struct id){{7}}, &back, &err), ERR_NOT_FOUND, NULL);
}

static void what_had_expired_can_be_erased_and_not_the_other_way_round(void **state)
{
	struct held_row back, row = {1, 5, KIND_CALL, {{7}}, HELD_EXPIRED, {9}}, other = {1, 5, KIND_CALL, {{8}}, HELD_EXPIRED, {9}};

	(void)state;
	assert_ok(held_insert(vault, &row, &err));
	assert_ok(held_insert(vault, &other, &err));
	assert_ok(held_set_erased(vault, 1, 5, KIND_CALL, row.id, (struct instant){20}, &err));
	assert_ok(held_set_erased(vault, 1, 5, KIND_CALL, row.id, (struct instant){30}, &err));
	assert_ok(held_set_erased(vault, 1, 6, KIND_CALL, other.id, (struct instant){30}, &err));
	assert_ok(held_get(vault, 1, 5, KIND_CALL, row.id, &back, &err));
	assert_int_equal(back.cause, HELD_ERASED);
	assert_int_equal(back.due.ms, 20);
	assert_ok(held_get(vault, 1, 5, KIND_CALL, other.id, &back, &err));
	assert_int_equal(back.cause, HELD_EXPIRED);
}

static void held_records_are_listed_by_kind_and_id(void **state)
{
	struct held_row out[9], after = {.kind = 0};
	size_t count;

	(void)state;
	hold_record(1, 5, KIND_CHAT, 1);
	hold_record(1, 5, KIND_CALL, 9);
	hold_record(1, 5, KIND_CALL, 2);
	hold_record(1, 6, KIND_CALL, 3);
	hold_record(2, 5, KIND_CALL, 4);
	assert_ok(held_list(vault, 1, 5, 0, after.id, out, 9, &count, &err));
	assert_int_equal(count, 3);
	for (int i = 0; i < 3; i++) {
		assert_ok(held_list(vault, 1, 5, after.kind, after.id, &after, 1, &count, &err));
		assert_int_equal(count, 1);
		assert_int_equal(after.kind, out[i].kind);
		assert_memory_equal(after.id.bytes, out[i].id.bytes, 16);
	}
	assert_int_equal(out[1].id.bytes[0], 9);
	assert_int_equal(out[2].kind, KIND_CHAT);
	assert_ok(held_list(vault, 1, 5, after.kind, after.id, out, 1, &count, &err));
	assert_int_equal(count, 0);
}

struct walked { struct held_row last; int count, fail_at; };

static enum result see(void *arg, const struct held_row *row, struct err *e)
{
	struct walked *w = arg;

	assert_true(w->count == 0 || row->kind > w->last.kind ||
		    (row->kind == w->last.kind && id_compare(row->id, w->last.id) > 0));
	w->last = *row;
	if (++w->count == w->fail_at)
		return err_set(e, ERR_INTERRUPTED, "enough");
	return held_delete(vault, row->account, row->hold, row->kind, row->id, e);
}

static void a_walk_comes_by_each_in_order_also_when_they_go_and_stops_when_told(void **state)
{
	struct walked w = {.fail_at = 3};

	(void)state;
	for (int i = 0; i < 255; i++) { /* more than two pages */
		hold_record(1, 5, KIND_CALL, (unsigned char)i);
		hold_record(1, 5, KIND_CHAT, (unsigned char)i);
		hold_record(1, 5, KIND_NOTE, (unsigned char)i);
	}
	hold_record(1, 6, KIND_CALL, 1);
	hold_record(2, 5, KIND_CALL, 1);
	assert_fails(held_walk(vault, 1, 5, see, &w, &err), ERR_INTERRUPTED, "enough");
	assert_int_equal(w.count, 3);
	assert_int_equal(held(1, 5), 763);
	w = (struct walked){.fail_at = 0};
	assert_ok(held_walk(vault, 1, 5, see, &w, &err));
	assert_int_equal(w.count, 763);
	assert_int_equal(held(1, 5), 0);
	assert_int_equal(held(1, 6) + held(2, 5), 2);
}

static void a_held_record_is_let_go_alone(void **state)
{
	(void)state;
	hold_record(1, 5, KIND_CALL, 1);
	hold_record(1, 5, KIND_CALL, 2);
	hold_record(1, 6, KIND_CALL, 1);
	hold_record(2, 5, KIND_CALL, 1);
	assert_int_equal(held(1, 5), 2);
	assert_ok(held_delete(vault, 1, 5, KIND_CALL, (struct id){{1}}, &err));
	assert_ok(held_delete(vault, 1, 5, KIND_CALL, (struct id){{1}}, &err));
	assert_int_equal(held(1, 5), 1);
	assert_int_equal(held(1, 6), 1);
	assert_int_equal(held(2, 5), 1);
	assert_int_equal(held(1, 99), 0);
}

static void damaged_held_rows_are_reported(void **state)
{
	struct held_row out;
	size_t count;

	(void)state;
	hold_record(1, 5, KIND_CALL, 1);
	raw(vault, "UPDATE held SET cause = 4");
	assert_fails(held_get(vault, 1, 5, KIND_CALL, (struct id){{1}}, &out, &err), ERR_CORRUPT,
		     "column 2 holds 4 where 1 to 3 belong");
	assert_fails(held_list(vault, 1, 5, 0, (struct id){{0}}, &out, 1, &count, &err), ERR_CORRUPT, NULL);
	raw(vault, "UPDATE held SET cause = 1, kind = 13");
	assert_fails(held_list(vault, 1, 5, 0, (struct id){{0}}, &out, 1, &count, &err), ERR_CORRUPT, NULL);
	raw(vault, "UPDATE held SET kind = 1, id = x'02'");
	assert_fails(held_list(vault, 1, 5, 0, (struct id){{0}}, &out, 1, &count, &err), ERR_CORRUPT, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(a_hold_on_everything_has_no_scope),
	    table_test(a_hold_comes_back_with_its_whole_scope),
	    table_test(what_is_not_there_is_not_found),
	    table_test(holds_are_released_once_and_listed_either_way),
	    table_test(a_hold_is_never_deleted),
	    table_test(damaged_holds_are_reported),
	    table_test(a_reason_larger_than_the_pool_is_reported),
	    table_test(an_identity_that_goes_stays_with_the_active_legal_holds_on_its_person),
	    table_test(the_identities_of_a_hold_come_in_order_and_in_pages),
	    table_test(what_a_hold_covers_is_only_added_to),
	    table_test(a_held_record_is_kept_with_its_cause),
	    table_test(what_had_expired_can_be_erased_and_not_the_other_way_round),
	    table_test(held_records_are_listed_by_kind_and_id),
	    table_test(a_walk_comes_by_each_in_order_also_when_they_go_and_stops_when_told),
	    table_test(a_held_record_is_let_go_alone),
	    table_test(damaged_held_rows_are_reported),
	};

	return cmocka_run_group_tests_name("store/hold", tests, NULL, NULL);
}
