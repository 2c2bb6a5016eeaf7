/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P57: what was read is in the log, once, whatever was killed when.
 */
#include "vault/reading.h"
#include "vault/restoring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

static void reads_become_leaves_in_order_and_once(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);

	for (int i = 0; i < 20; i++)
		note(i % 2 == 0 ? view : world->vault, world, i);
	fold(world);
	assert_reads(world, before, 20);
	fold(world);
	vault_close(view);
	assert_reads(world, before, 20);
	world_reopen(world);
	assert_reads(world, before, 20);
}

static void what_is_noted_is_in_the_log_when_the_vault_was_closed(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);

	for (int i = 0; i < 3; i++)
		note(view, world, i);
	vault_close(view);
	world_reopen(world);
	assert_reads(world, before, 3);
}

static void more_than_the_file_holds_go_through_it_round_and_round(void **state)
{
	enum { MANY = 50000 };
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);
	char path[VAULT_PATH_MAX];
	struct stat st;
	struct err err;

	vault_defer_notes(view);
	for (int i = 0; i < MANY; i++)
		note(view, world, i);
	if (vault_noted(view) != 0)
		assert_ok(read_log_wait(view->reads, vault_noted(view), &err), &err);
	vault_defer_end(view);
	assert_int_equal(vault_noted(view), 0);
	fold(world);
	assert_int_equal(stat(reads_path(world, path), &st), 0);
	assert_int_equal(st.st_size, (off_t)(2 * READ_HALF));
	assert_int_equal(st.st_mode & 0777, 0600);
	vault_close(view);
	assert_reads(world, before, MANY);
	world_reopen(world);
	assert_int_equal(tree_size(world), before + MANY);
}

static enum result set_meta(struct session *session, void *arg, struct err *err)
{
	return meta_set(session->data, arg, "1", err);
}

static void making_leaves_of_reads_ends_nothing_that_is_remembered(void **state)
{
	static char name[] = "x";
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = vault_written(view);
	struct err err;

	note(view, world, 0);
	fold(world);
	assert_int_equal(vault_written(view), before);
	assert_ok(vault_write(view, set_meta, name, &err), &err);
	assert_int_not_equal(vault_written(view), before);
	vault_close(view);
}

static void a_restore_leaves_each_read_in_the_log_once(void **state)
{
	struct world *world = *state;
	struct vault *view;
	uint64_t before;

	back_up(world);
	before = tree_size(world);
	view = keeping(world);
	for (int i = 0; i < 5; i++)
		note(view, world, i);
	vault_close(view);
	world_reopen(world);
	assert_reads(world, before, 5);
	leave_reads(world, 1, 5); /* the file still has them */
	restore(world);
	world_reopen(world);
	assert_int_equal(tree_size(world), before + 6); /* and the restore's own leaf */
	view = keeping(world);
	note(view, world, 5);
	fold(world);
	vault_close(view);
	assert_int_equal(tree_size(world), before + 7);
}

static void a_backup_has_who_looked_before_it(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);

	note(view, world, 0);
	back_up(world);
	assert_true(tree_size(world) > before + 1); /* its own leaf, too */
	vault_close(view);
}

static void count_frame(const struct world *world, struct seen *seen)
{
	char path[VAULT_PATH_MAX];
	struct err err;
	int fd = open(reads_path(world, path), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_ok(read_frames(fd, world->vault->id, 1, see, seen, &err), &err);
	close(fd);
}

/* Whoever is killed now leaves it there. */
static void what_is_answered_is_in_the_file(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);

	for (size_t i = 0; i < 5; i++) {
		struct seen seen = {.count = 0};

		note(view, world, (int64_t)i);
		count_frame(world, &seen);
		assert_int_equal(seen.count, i + 1);
	}
	vault_close(view);
}

static void hear(void *arg, const struct err *err)
{
	(void)err;
	atomic_store((atomic_bool *)arg, true);
}

static void readers_do_not_outrun_the_log(void **state)
{
	enum { MANY = 5000 };
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t number = 0, last = 0;
	atomic_bool heard = false;
	struct read_waiter waiter = {.kept = hear, .arg = &heard};
	struct act act;
	struct err err;

	/* Nothing becomes a leaf while somebody else writes. */
	assert_ok(db_begin(world->vault->read.data, &err), &err);
	for (int i = 0; i < MANY; i++) {
		act_begin(&act, "contact.show", world->account.number, world->now);
		assert_ok(read_log_add(view->reads, &act, false, &number, &err), &err);
		last = number != 0 ? number : last;
	}
	assert_int_not_equal(last, 0);
	waiter.number = last;
	read_log_then(view->reads, &waiter);
	db_rollback(world->vault->read.data);
	assert_ok(read_log_wait(view->reads, last, &err), &err);
	fold(world);
	assert_true(atomic_load(&heard));
	vault_close(view);
}

/* ---- when it cannot be written ---- */

/* Its descriptor, which is given, becomes another's. */
static int replace_file(const struct world *world, const char *by)
{
	char path[VAULT_PATH_MAX], link[64], target[VAULT_PATH_MAX];
	int other = open(by, O_RDWR | O_CLOEXEC), found = -1;

	reads_path(world, path);
	for (int fd = 3; fd < 256 && found < 0; fd++) {
		ssize_t len;

		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		len = readlink(link, target, sizeof target - 1);
		if (len > 0 && (size_t)len == strlen(path) && memcmp(target, path, (size_t)len) == 0)
			found = fd;
	}
	assert_int_not_equal(found, -1);
	assert_int_not_equal(dup2(other, found), -1);
	close(other);
	return found;
}

static void fill_disk(const struct world *world)
{
	replace_file(world, "/dev/full");
}

static void without_room_for_the_file_reads_go_into_the_log_at_once(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);

	note(view, world, 0);
	fill_disk(world);
	note(view, world, 1);
	note(view, world, 2);
	assert_reads(world, before, 3);
	vault_close(view);
}

static void a_read_that_can_be_kept_nowhere_is_refused(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world), failed;
	struct err err;

	fill_disk(world);
	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	assert_int_equal(try_note(view, world, 0, &err), ERR_FULL);
	assert_non_null(strstr(err.what, "cannot write"));
	assert_int_equal(tree_size(world), before);

	vault_defer_notes(view);
	note(view, world, 1);
	failed = vault_noted(view);
	assert_int_equal(read_log_wait(view->reads, failed, &err), ERR_FULL);
	assert_int_equal(read_log_wait(view->reads, failed, &err), ERR_FULL); /* nor does who asks late hear that it was */
	vault_defer_end(view);

	sql(world, "DROP TRIGGER refuse_all");
	note(view, world, 2);
	assert_reads(world, before, 3);
	assert_ok(read_log_wait(view->reads, failed, &err), &err);
	vault_close(view);
}

/* Its bytes are taken, and then it is said that they are not on disk. */
static void what_cannot_be_synced_is_waited_for_from_then_on(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);
	int64_t noted = 0;
	struct err err;
	enum result r = OK;

	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	replace_file(world, "/dev/null");
	for (; r == OK; noted += r == OK) {
		assert_true(vault_fold_reads(view, &err) != OK || noted == 0); /* takes its time */
		r = try_note(view, world, noted, &err);
		assert_true(noted < 1000000);
	}
	sql(world, "DROP TRIGGER refuse_all");
	note(view, world, 0); /* the log itself can be written */
	fold(world);
	assert_true(tree_size(world) >= before + (uint64_t)noted + 1);
	vault_close(view);
}

/* The system tells of it once: what was not written then is not tried again. */
static void a_sync_that_succeeds_after_one_that_failed_is_not_believed(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	char path[VAULT_PATH_MAX];
	int fd, file = open(reads_path(world, path), O_RDWR | O_CLOEXEC);
	struct err err;
	enum result r = OK;

	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	fd = replace_file(world, "/dev/null");
	for (int64_t noted = 0; r == OK; noted++) {
		assert_true(vault_fold_reads(view, &err) != OK || noted == 0); /* takes its time */
		r = try_note(view, world, noted, &err);
	}
	assert_int_not_equal(dup2(file, fd), -1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(try_note(view, world, i, &err), ERR_IO);
	sql(world, "DROP TRIGGER refuse_all");
	note(view, world, 0); /* by the log itself */
	fold(world);
	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	note(view, world, 1); /* all are leaves: the file is as good as new */
	sql(world, "DROP TRIGGER refuse_all");
	close(file);
	vault_close(view);
}

/* On a full disk the file, which is there already, can still be written. */
static void who_notes_waits_for_no_room_where_nothing_becomes_leaves(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world), number = 0, noted = 0;
	enum result r = OK;
	struct act act;
	struct err err;

	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	while (r == OK) {
		act_begin(&act, "person.show", world->account.number, world->now);
		act_int(&act, "number", (int64_t)noted);
		r = read_log_add(view->reads, &act, true, &number, &err);
		noted += r == OK;
		assert_true(noted < 1000000);
	}
	assert_int_not_equal(r, ERR_BUSY);
	assert_non_null(strstr(err.what, "full"));
	assert_int_equal(tree_size(world), before);

	sql(world, "DROP TRIGGER refuse_all");
	if (number != 0)
		assert_ok(read_log_wait(view->reads, number, &err), &err);
	assert_ok(vault_fold_reads(view, &err), &err);
	assert_int_equal(tree_size(world), before + noted);
	vault_close(view);
}

static void a_file_that_cannot_be_made_is_said(void **state)
{
	struct world *world = *state;
	char path[VAULT_PATH_MAX];
	struct err err;

	assert_int_equal(mkdir(reads_path(world, path), 0700), 0);
	assert_int_equal(vault_keep_reads(world->vault, sync_when, &err), ERR_IO);
	assert_non_null(strstr(err.what, path));
	assert_int_equal(rmdir(path), 0);
	note(world->vault, world, 0); /* as before */
}

/* ---- many at once ---- */

enum { THREADS = 4, ROUNDS = 100 };

struct thread { pthread_t id; struct world *world; struct vault *view; };

static void *note_many(void *arg)
{
	struct thread *thread = arg;
	struct err err;

	for (int i = 0; i < ROUNDS; i++) {
		note(thread->view, thread->world, i);
		if (i % 10 == 0)
			assert_ok(vault_fold_reads(thread->view, &err), &err);
	}
	return NULL;
}

static void many_threads_note_and_fold_at_once(void **state)
{
	struct world *world = *state;
	struct thread threads[THREADS];
	uint64_t before = tree_size(world);
	struct err err;

	assert_ok(vault_keep_reads(world->vault, sync_when, &err), &err);
	for (int i = 0; i < THREADS; i++) {
		threads[i].world = world;
		assert_ok(vault_view(world->vault, &threads[i].view, &err), &err);
		assert_int_equal(pthread_create(&threads[i].id, NULL, note_many, &threads[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i].id, NULL), 0);
	fold(world);
	assert_int_equal(tree_size(world), before + THREADS * ROUNDS);
	for (int i = 0; i < THREADS; i++)
		vault_close(threads[i].view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(reads_become_leaves_in_order_and_once),
		IN_WORLD(what_is_noted_is_in_the_log_when_the_vault_was_closed),
		IN_WORLD(more_than_the_file_holds_go_through_it_round_and_round),
		IN_WORLD(making_leaves_of_reads_ends_nothing_that_is_remembered),
		IN_WORLD(a_restore_leaves_each_read_in_the_log_once),
		IN_WORLD(a_backup_has_who_looked_before_it),
		IN_WORLD(what_is_answered_is_in_the_file),
		IN_WORLD(readers_do_not_outrun_the_log),
		IN_WORLD(without_room_for_the_file_reads_go_into_the_log_at_once),
		IN_WORLD(a_read_that_can_be_kept_nowhere_is_refused),
		IN_WORLD(what_cannot_be_synced_is_waited_for_from_then_on),
		IN_WORLD(a_sync_that_succeeds_after_one_that_failed_is_not_believed),
		IN_WORLD(who_notes_waits_for_no_room_where_nothing_becomes_leaves),
		IN_WORLD(a_file_that_cannot_be_made_is_said),
		IN_WORLD(many_threads_note_and_fold_at_once),
	};

	return cmocka_run_group_tests(tests, prepare, NULL) + cmocka_run_group_tests(tests, synced_within_a_second, NULL);
}
