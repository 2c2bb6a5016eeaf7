/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/recording.h"

#include <pthread.h>

static char deed[] = "deed", later[] = "later", nothing[] = "nothing", seen[] = "seen", witness[] = "witness";

static struct vault *view_of(struct world *world)
{
	struct vault *view;
	struct err err;

	assert_ok(vault_view(world->vault, &view, &err), &err);
	return view;
}

static enum result set_meta(struct session *session, void *arg, struct err *err)
{
	return meta_set(session->data, arg, "1", err);
}

static enum result set_and_fail(struct session *session, void *arg, struct err *err)
{
	enum result r = set_meta(session, arg, err);

	return r == OK ? err_set(err, ERR_LIMIT, "on purpose") : r;
}

static bool has_meta(struct vault *vault, const char *name)
{
	struct pool pool;
	const char *text;
	struct err err;
	enum result r;

	pool_init(&pool, 4096);
	r = meta_get(vault->read.data, name, &pool, &text, &err);
	pool_free(&pool);
	assert_true(r == OK || r == ERR_NOT_FOUND);
	return r == OK;
}

static enum result destroy_day(struct session *session, void *arg, struct err *err)
{
	const struct recording *rec = arg;
	bool existed;

	return keyring_destroy(session->ring, rec->world->account.number, KEY_PERIOD,
			       key_period_number(KIND_RECORDING, instant_date(rec->at), 0), &existed, err);
}

static void what_one_view_writes_the_others_read(void **state)
{
	struct world *world = *state;
	struct vault *one = view_of(world), *other = view_of(world);
	struct err err;

	assert_ok(vault_write(one, set_meta, seen, &err), &err);
	assert_true(has_meta(other, "seen"));
	assert_true(has_meta(world->vault, "seen"));
	vault_close(one);
	assert_ok(vault_write(other, set_meta, later, &err), &err);
	vault_close(other);
	assert_true(has_meta(world->vault, "later"));
}

static void a_key_destroyed_through_one_view_opens_nothing_in_another(void **state)
{
	struct world *world = *state;
	struct recording rec = recording_put(world, "2026-01-02T03:04:05Z", "+4520000001", 100);
	struct vault *view = view_of(world);
	struct record_row row;
	struct key key;
	struct err err;

	assert_ok(record_get(view->read.data, world->account.number, KIND_RECORDING, rec.id, &world->pool, &row, &err),
		  &err);
	assert_ok(seal_record_key(view->read.ring, &row, &key, &err), &err);
	assert_ok(vault_write(world->vault, destroy_day, &rec, &err), &err);
	assert_int_equal(seal_record_key(view->read.ring, &row, &key, &err), ERR_GONE);
	vault_close(view);
}

static void a_witness_is_there_exactly_if_something_was_done(void **state)
{
	struct world *world = *state;
	struct vault *view = view_of(world);
	struct err err;

	assert_false(vault_witnessed(view));
	vault_witness(view, set_meta, witness);
	assert_int_equal(vault_write(view, set_and_fail, nothing, &err), ERR_LIMIT);
	assert_false(has_meta(view, "witness"));
	assert_false(vault_witnessed(view));
	assert_ok(vault_write(view, set_meta, deed, &err), &err);
	assert_true(has_meta(view, "witness"));
	assert_true(vault_witnessed(view));
	vault_close(view);
}

static void when_the_witness_refuses_nothing_is_done(void **state)
{
	struct world *world = *state;
	struct vault *view = view_of(world);
	struct err err;

	vault_witness(view, set_and_fail, witness);
	assert_int_equal(vault_write(view, set_meta, deed, &err), ERR_LIMIT);
	assert_false(has_meta(view, "deed"));
	vault_witness(view, NULL, NULL);
	assert_ok(vault_write(view, set_meta, deed, &err), &err);
	assert_false(vault_witnessed(view));
	vault_close(view);
}

static void the_leaf_of_a_read_goes_through_the_writer(void **state)
{
	struct world *world = *state;
	struct vault *view = view_of(world);
	uint64_t before, after;
	struct act act;
	struct err err;

	assert_ok(leaf_tree_size(view->read.data, &before, &err), &err);
	act_begin(&act, "test.read", world->account.number, world->now);
	assert_ok(vault_note(&view->read, &act, &err), &err);
	assert_ok(leaf_tree_size(view->read.data, &after, &err), &err);
	assert_int_equal(after, before + 1);
	vault_close(view);
}

static enum result note(struct vault *view, struct world *world, struct err *err)
{
	struct act act;

	act_begin(&act, "test.read", world->account.number, world->now);
	return vault_note(&view->read, &act, err);
}

static void reads_in_a_snapshot_are_of_one_moment(void **state)
{
	struct world *world = *state;
	struct vault *view = view_of(world);
	uint64_t before = vault_written(view);
	struct err err;

	assert_ok(vault_snapshot_begin(view, &err), &err);
	assert_ok(vault_write(world->vault, set_meta, seen, &err), &err);
	assert_false(has_meta(view, "seen"));
	assert_int_equal(vault_written(view), before);
	vault_snapshot_end(view);
	assert_true(has_meta(view, "seen"));
	assert_int_not_equal(vault_written(view), before);
	vault_snapshot_end(view);
	vault_close(view);
}

/* Else the writer waits for the log, the log for the snapshot, and who has it for the writer. */
static void who_notes_what_was_read_in_a_snapshot_keeps_no_log_from_being_emptied(void **state)
{
	struct world *world = *state;
	struct vault *view = view_of(world);
	struct err err;

	assert_ok(vault_snapshot_begin(view, &err), &err);
	assert_ok(vault_write(world->vault, set_meta, seen, &err), &err);
	assert_ok(note(view, world, &err), &err);
	assert_ok(vault_scrub(world->vault, &err), &err);
	assert_true(has_meta(view, "seen"));
	vault_snapshot_end(view);
	vault_close(view);
}

static void a_note_of_a_read_ends_nothing_that_is_remembered_and_a_write_does(void **state)
{
	struct world *world = *state;
	struct vault *view = view_of(world);
	uint64_t before = vault_written(view);
	struct err err;

	assert_int_not_equal(before, 0);
	assert_ok(note(view, world, &err), &err);
	assert_int_equal(vault_written(view), before);
	assert_int_equal(vault_write(world->vault, set_and_fail, nothing, &err), ERR_LIMIT);
	assert_int_equal(vault_written(view), before);
	assert_ok(vault_write(world->vault, set_meta, deed, &err), &err);
	assert_int_not_equal(vault_written(view), before);
	vault_close(view);
}

static enum result destroy_account(struct session *session, void *arg, struct err *err)
{
	const struct world *world = arg;
	int64_t count;

	return keyring_account_destroy(session->ring, world->account.number, &count, err);
}

static void an_account_that_is_remembered_is_looked_up_again_after_a_write(void **state)
{
	struct world *world = *state;
	struct vault *view = view_of(world);
	struct account found;
	struct err err;

	for (int i = 0; i < 2; i++) {
		assert_ok(accounts_find_known(view, world->account.name, &world->pool, &found, &err), &err);
		assert_int_equal(found.number, world->account.number);
		assert_string_equal(found.name, world->account.name);
	}
	assert_ok(vault_write(world->vault, destroy_account, world, &err), &err);
	assert_int_equal(accounts_find_known(view, world->account.name, &world->pool, &found, &err), ERR_GONE);
	assert_int_equal(accounts_find_known(view, "nobody", &world->pool, &found, &err), ERR_NOT_FOUND);
	vault_close(view);
}

static void more_accounts_than_are_remembered_are_found_all_the_same(void **state)
{
	struct world *world = *state;
	struct vault *view = view_of(world);
	struct account made, found;
	char name[24];
	struct err err;

	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof name, "acme %d", i);
		assert_ok(accounts_create(world->vault, name, "DK", world->now, &world->pool, &made, &err), &err);
	}
	for (int i = 0; i < 24; i++) {
		snprintf(name, sizeof name, "acme %d", i % 12);
		assert_ok(accounts_find_known(view, name, &world->pool, &found, &err), &err);
		assert_string_equal(found.name, name);
	}
	vault_close(view);
}

/* ---- many at once ---- */

enum { THREADS = 4, ROUNDS = 50 };

struct thread {
	pthread_t id;
	struct vault *view;
	struct account account;
	int number;
};

static void *read_and_write(void *arg)
{
	struct thread *thread = arg;
	char name[32];
	struct err err;
	struct key key;

	for (int i = 0; i < ROUNDS; i++) {
		snprintf(name, sizeof name, "t%d-%d", thread->number, i);
		assert_ok(vault_write(thread->view, set_meta, name, &err), &err);
		assert_true(has_meta(thread->view, name));
		assert_ok(keyring_get(thread->view->read.ring, thread->account.number, KEY_OWN, OWN_INDEX, &key, &err),
			  &err);
	}
	return NULL;
}

static void views_work_side_by_side(void **state)
{
	struct world *world = *state;
	struct thread threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){.view = view_of(world), .account = world->account, .number = i};
		assert_int_equal(pthread_create(&threads[i].id, NULL, read_and_write, &threads[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i].id, NULL), 0);
		vault_close(threads[i].view);
	}
	assert_true(has_meta(world->vault, "t3-49"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(what_one_view_writes_the_others_read),
		IN_WORLD(a_key_destroyed_through_one_view_opens_nothing_in_another),
		IN_WORLD(a_witness_is_there_exactly_if_something_was_done),
		IN_WORLD(when_the_witness_refuses_nothing_is_done),
		IN_WORLD(the_leaf_of_a_read_goes_through_the_writer),
		IN_WORLD(reads_in_a_snapshot_are_of_one_moment),
		IN_WORLD(who_notes_what_was_read_in_a_snapshot_keeps_no_log_from_being_emptied),
		IN_WORLD(a_note_of_a_read_ends_nothing_that_is_remembered_and_a_write_does),
		IN_WORLD(an_account_that_is_remembered_is_looked_up_again_after_a_write),
		IN_WORLD(more_accounts_than_are_remembered_are_found_all_the_same),
		IN_WORLD(views_work_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
