/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What holds keep, and of whom, through a restore.
 */
#include "vault/place.h"

struct keeping { struct place *p; enum record_kind kind; struct id id; };

static enum result keep_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *k = arg;
	struct world *world = &k->p->world;
	struct record_row row;
	struct hold_set set;

	assert_ok(holds_load(session, world->account.number, &world->pool, &set, err), err);
	assert_ok(record_get(session->data, world->account.number, k->kind, k->id, &world->pool, &row, err), err);
	return holds_keep(session, &set.scopes[0], &row, HELD_ERASED, world->now, &world->pool, err);
}

static void what_only_a_hold_keeps_survives_a_backup_from_before_it(void **state)
{
	struct place *p = *state;
	struct recording rec = recording_put(&p->world, "2025-05-03T10:00:00Z", ANNA, 1000);
	struct hold_request request = {.reason = "a court order"};
	struct keeping call = {p, KIND_CALL, p->call}, media = {p, KIND_RECORDING, rec.id};
	struct restore_result out;
	char path[PATH_MAX];
	struct id hold;
	struct err err;

	back_up(p);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	assert_ok(vault_write(p->world.vault, keep_op, &call, &err), &err);
	assert_ok(vault_write(p->world.vault, keep_op, &media, &err), &err);
	destroy_identity(&p->world, ANNA);
	out = restore(p);
	assert_int_equal(out.carried.held, 2);
	assert_int_equal(all(&out.dropped.erased), 0);
	assert_int_equal(out.records, 4);
	assert_true(opens(p, KIND_CALL, p->call));
	assert_true(opens(p, KIND_RECORDING, rec.id));
	assert_true(file_exists(recording_path(&rec, path)));
	/* Once more, with a backup that has them held already. */
	snprintf(p->dir, sizeof p->dir, "%s/second", p->world.base);
	back_up(p);
	assert_int_equal(restore(p).carried.held, 0);
	assert_true(opens(p, KIND_CALL, p->call));
}

static enum result let_go_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *k = arg;
	struct held_row held = {.account = k->p->world.account.number, .hold = 1, .kind = k->kind, .id = k->id};
	bool existed;
	enum result r = remove_held(session, &held, &k->p->world.pool, &existed, err);

	assert_true(existed);
	return r;
}

static void keep_both_calls(struct place *p, const struct hold_request *request, struct id *hold)
{
	struct keeping call = {p, KIND_CALL, p->call}, other = {p, KIND_CALL, p->other};
	struct err err;

	assert_ok(holds_add(p->world.vault, &p->world.account, request, p->world.now, hold, &err), &err);
	assert_ok(vault_write(p->world.vault, keep_op, &call, &err), &err);
	assert_ok(vault_write(p->world.vault, keep_op, &other, &err), &err);
}

static void what_a_released_hold_had_kept_and_is_gone_stays_gone_while_its_key_keeps_others(void **state)
{
	struct place *p = *state;
	struct keeping call = {p, KIND_CALL, p->call};
	struct hold_request request = {.reason = "a court order"};
	struct restore_result out;
	struct id hold;
	int64_t listed;
	struct handed handed;
	struct err err;

	keep_both_calls(p, &request, &hold);
	back_up(p);
	assert_ok(holds_release(p->world.vault, &p->world.account, hold, p->world.now, &handed, &err), &err);
	assert_int_equal(handed.due, 2);
	assert_ok(vault_write(p->world.vault, let_go_op, &call, &err), &err);
	out = restore(p);
	assert_int_equal(out.carried.released, 1);
	assert_int_equal(out.dropped.released, 1);
	assert_false(opens(p, KIND_CALL, p->call));
	assert_true(opens(p, KIND_CALL, p->other)); /* due, as it was */
	assert_ok(held_count(p->world.vault->read.data, 1, 1, &listed, &err), &err);
	assert_int_equal(listed, 1);
}

static void what_another_hold_took_over_from_a_released_one_is_kept(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.reason = "a court order"};
	struct restore_result out;
	struct id hold, second;
	struct handed handed;
	struct err err;

	keep_both_calls(p, &request, &hold);
	back_up(p);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &second, &err), &err);
	assert_ok(holds_release(p->world.vault, &p->world.account, hold, p->world.now, &handed, &err), &err);
	assert_int_equal(handed.due, 0);
	out = restore(p);
	assert_int_equal(out.carried.held, 2);
	assert_true(opens(p, KIND_CALL, p->call));
	assert_true(opens(p, KIND_CALL, p->other));
}

static struct id person_of(struct place *p, const char *phone)
{
	struct identity_row row;
	struct err err;

	assert_ok(identity_get(p->world.vault->read.data, 1, identity_of(&p->world, phone), &p->world.pool, &row, &err),
		  &err);
	return row.person;
}

static void link_persons(struct place *p, const char *one, const char *other)
{
	bool changed;
	struct err err;

	assert_ok(person_link(p->world.vault, &p->world.account, person_of(p, one), person_of(p, other), p->world.now,
			      &changed, &err), &err);
	assert_true(changed);
}

static enum result forget_op(struct session *session, void *arg, struct err *err)
{
	return identity_delete(session->data, 1, *(int64_t *)arg, err);
}

/* Bent is erased and then Anna is linked to Carl: nobody is left of the person the hold was on, but in the backup. */
static void a_hold_is_of_whom_it_is_in_the_live_data(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.has_person = true, .reason = "a court order"};
	struct hold_row row;
	struct id hold, carl;
	int64_t bent;
	struct err err;

	world_put(&p->world, KIND_CALL, "2025-05-02T10:00:00Z", "{\"a\":4}", "+4520000003", NULL);
	link_persons(p, ANNA, BENT);
	request.person = person_of(p, ANNA);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	back_up(p);
	remove_one(&p->world, KIND_CALL, p->call);
	remove_one(&p->world, KIND_CALL, p->other);
	remove_one(&p->world, KIND_MESSAGE, p->old);
	bent = identity_of(&p->world, BENT);
	destroy_identity(&p->world, BENT);
	assert_ok(vault_write(p->world.vault, forget_op, &bent, &err), &err);
	link_persons(p, "+4520000003", ANNA);
	carl = person_of(p, "+4520000003");
	assert_int_equal(restore(p).carried.holds, 1);
	assert_ok(hold_find(p->world.vault->read.data, 1, hold, &p->world.pool, &row, &err), &err);
	assert_int_equal(id_compare(row.person, carl), 0);
	assert_int_equal(id_compare(person_of(p, ANNA), carl), 0);
}

/* Bent was erased and called again: a hold covers who he is now, and whoever he is now can be found and erased. */
static void who_was_erased_and_is_known_again_is_who_they_are_now(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.has_person = true, .reason = "a court order"};
	int64_t bent = identity_of(&p->world, BENT);
	struct restore_result out;
	struct id hold, now;
	struct err err;

	back_up(p);
	remove_one(&p->world, KIND_CALL, p->call);
	remove_one(&p->world, KIND_CALL, p->other);
	remove_one(&p->world, KIND_MESSAGE, p->old);
	destroy_identity(&p->world, BENT);
	assert_ok(vault_write(p->world.vault, forget_op, &bent, &err), &err);
	world_put(&p->world, KIND_CALL, "2025-05-20T10:00:00Z", "{\"a\":6}", BENT, NULL);
	now = request.person = person_of(p, BENT);
	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	out = restore(p);
	assert_int_equal(out.dropped.identities, 1);
	assert_int_equal(out.carried.identities, 1);
	assert_int_not_equal(identity_of(&p->world, BENT), bent);
	assert_int_equal(id_compare(person_of(p, BENT), now), 0);
}

static enum result erased_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *k = arg;

	return held_set_erased(session->data, 1, 1, k->kind, k->id, k->p->world.now, err);
}

static enum result expired_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *k = arg;
	const struct held_row held = {1, 1, k->kind, k->id, HELD_EXPIRED, {0}};
	enum result r = keep_op(session, arg, err);

	if (r == OK)
		r = held_delete(session->data, 1, 1, k->kind, k->id, err);
	return r == OK ? held_insert(session->data, &held, err) : r;
}

/* Else a restriction could keep it, as what has only expired. */
static void what_was_erased_since_is_listed_so_though_the_backup_has_it_as_expired(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.reason = "a court order"};
	struct keeping call = {p, KIND_CALL, p->call};
	struct held_row held;
	struct id hold;
	struct err err;

	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	assert_ok(vault_write(p->world.vault, expired_op, &call, &err), &err);
	back_up(p);
	assert_ok(vault_write(p->world.vault, erased_op, &call, &err), &err);
	restore(p);
	assert_ok(held_get(p->world.vault->read.data, 1, 1, KIND_CALL, p->call, &held, &err), &err);
	assert_int_equal(held.cause, HELD_ERASED);
	assert_int_equal(held.due.ms, p->world.now.ms);
}

struct kept_identity { struct id person; int64_t identity; };

static enum result erase_identity_op(struct session *session, void *arg, struct err *err)
{
	const struct kept_identity *k = arg;
	enum result r = hold_keep_identity(session->data, 1, k->person, k->identity, err);

	return r == OK ? identity_delete(session->data, 1, k->identity, err) : r;
}

static size_t erased_under(struct place *p, int64_t hold, int64_t *identity)
{
	size_t count;
	struct err err;

	assert_ok(hold_identity_list(p->world.vault->read.data, 1, hold, 0, identity, 1, &count, &err), &err);
	return count;
}

/* Bent is erased under a hold; what another keeps of his must still be found by it. */
static void whom_an_erasure_took_under_a_hold_stays_with_it(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.has_person = true, .person = person_of(p, BENT), .reason = "a court order"};
	struct kept_identity bent = {request.person, identity_of(&p->world, BENT)};
	int64_t listed = 0;
	struct id hold;
	struct err err;

	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	back_up(p);
	destroy_identity(&p->world, BENT);
	assert_ok(vault_write(p->world.vault, erase_identity_op, &bent, &err), &err);
	restore(p);
	assert_int_equal(erased_under(p, 1, &listed), 1);
	assert_int_equal(listed, bent.identity);
	sound(p);
}

/* The same when nothing of the vault is left but its keys: the backup's own row of him goes, and is kept for the hold. */
static void whom_a_backup_still_has_and_whose_key_is_gone_stays_with_the_hold_on_them(void **state)
{
	struct place *p = *state;
	struct hold_request request = {.has_person = true, .person = person_of(p, BENT), .reason = "a court order"};
	int64_t bent = identity_of(&p->world, BENT), listed = 0;
	struct id hold;
	struct err err;

	assert_ok(holds_add(p->world.vault, &p->world.account, &request, p->world.now, &hold, &err), &err);
	back_up(p);
	destroy_identity(&p->world, BENT);
	restore(p);
	assert_int_equal(erased_under(p, 1, &listed), 1);
	assert_int_equal(listed, bent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_only_a_hold_keeps_survives_a_backup_from_before_it),
		TEST(what_a_released_hold_had_kept_and_is_gone_stays_gone_while_its_key_keeps_others),
		TEST(what_another_hold_took_over_from_a_released_one_is_kept),
		TEST(a_hold_is_of_whom_it_is_in_the_live_data),
		TEST(who_was_erased_and_is_known_again_is_who_they_are_now),
		TEST(what_was_erased_since_is_listed_so_though_the_backup_has_it_as_expired),
		TEST(whom_an_erasure_took_under_a_hold_stays_with_it),
		TEST(whom_a_backup_still_has_and_whose_key_is_gone_stays_with_the_hold_on_them),
	};

	return cmocka_run_group_tests_name("vault/restore_holds", tests, NULL, NULL);
}
