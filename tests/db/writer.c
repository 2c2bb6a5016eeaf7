/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "db/writer.h"
#include "folder.h"

static char folder[PATH_MAX];
static struct db *dbs[2]; /* keys, data */
static struct err err;

/* What the hooks saw. Written on the writer thread, read after a wait. */
static struct {
	int before_commit, rolled_back, committed;
	bool refuse;
} seen;

static enum result do_op(struct writer *w, writer_op *op, void *arg, struct err *e)
{
	struct writer_ticket ticket;

	writer_submit(w, &ticket, op, arg);
	return writer_wait(w, &ticket, e);
}

static enum result before_commit(void *arg, struct err *e)
{
	assert_ptr_equal(arg, &seen);
	seen.before_commit++;
	return seen.refuse ? err_set(e, ERR_FULL, "the hook refused") : OK;
}

static void rolled_back(void *arg)
{
	assert_ptr_equal(arg, &seen);
	seen.rolled_back++;
}

static void committed(void *arg)
{
	assert_ptr_equal(arg, &seen);
	seen.committed++;
}

static const struct writer_hooks hooks = {&seen, before_commit, rolled_back, committed};

static const char *path_of(size_t i)
{
	static char path[PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/%zu.db", folder, i);
	return path;
}

static int make_dbs(void **state)
{
	struct db_options options = {.mode = DB_CREATE};

	(void)state;
	memset(&seen, 0, sizeof seen);
	if (folder_make(folder, sizeof folder, "writer") != 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (db_open_sqlite(path_of(i), &options, &dbs[i], &err) ||
		    db_script(dbs[i], "CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT;"
				      "CREATE TABLE c (t INTEGER REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED)", &err))
			return -1;
	return 0;
}

static int remove_dbs(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		db_close(dbs[i]);
		unlink(path_of(i));
	}
	return rmdir(folder);
}

static struct writer *start(const struct writer_hooks *h)
{
	struct writer *w = NULL;

	assert_int_equal(writer_start(dbs, 2, h, &w, &err), OK);
	return w;
}

static int64_t rows_in(size_t i)
{
	struct db_rows rows;
	int64_t count;
	bool more;

	assert_int_equal(db_query(dbs[i], "SELECT count(*) FROM t", &rows, &err), OK);
	assert_int_equal(db_next(&rows, &more, &err), OK);
	count = db_int(&rows, 0);
	db_end(&rows);
	return count;
}

/* --- operations --------------------------------------------------------- */

static enum result insert_both(void *arg, struct err *e)
{
	int64_t value = *(const int64_t *)arg;
	enum result r = db_run(dbs[0], "INSERT INTO t VALUES ($1)", e, DB_INT(value));

	return r ? r : db_run(dbs[1], "INSERT INTO t VALUES ($1)", e, DB_INT(value));
}

static enum result insert_then_fail(void *arg, struct err *e)
{
	enum result r = insert_both(arg, e);

	return r ? r : err_set(e, ERR_INPUT, "operation %d does not like it", (int)*(const int64_t *)arg);
}

/* A deferred foreign key: nothing is wrong until the commit. */
static enum result break_commit_of(size_t i, struct err *e)
{
	return db_run(dbs[i], "INSERT INTO c VALUES (-1)", e);
}

static enum result break_first_commit(void *arg, struct err *e)
{
	(void)arg;
	return break_commit_of(0, e);
}

static enum result break_second_commit(void *arg, struct err *e)
{
	(void)arg;
	return break_commit_of(1, e);
}

/* As SQLite itself does when the disk is full. */
static enum result lose_the_transaction(void *arg, struct err *e)
{
	enum result r = insert_both(arg, e);

	db_rollback(dbs[1]);
	return r ? r : err_set(e, ERR_FULL, "no space");
}

static enum result lose_it_silently(void *arg, struct err *e)
{
	(void)arg, (void)e;
	db_rollback(dbs[0]);
	return OK;
}

/* Holds the writer until `opened`, so that what is submitted meanwhile forms one group. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool entered, opened;
};

static enum result wait_at_gate(void *arg, struct err *e)
{
	struct gate *gate = arg;

	(void)e;
	pthread_mutex_lock(&gate->lock);
	gate->entered = true;
	pthread_cond_broadcast(&gate->changed);
	while (!gate->opened)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
	return OK;
}

static void close_gate(struct gate *gate, struct writer *w, struct writer_ticket *ticket)
{
	*gate = (struct gate){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	writer_submit(w, ticket, wait_at_gate, gate);
	pthread_mutex_lock(&gate->lock);
	while (!gate->entered)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static void open_gate(struct gate *gate, struct writer *w, struct writer_ticket *ticket)
{
	pthread_mutex_lock(&gate->lock);
	gate->opened = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
	assert_int_equal(writer_wait(w, ticket, &err), OK);
}

/* Runs `count` operations as one group and gives their results. */
static void run_group(struct writer *w, writer_op *const *ops, size_t count, struct writer_ticket *tickets)
{
	static int64_t values[512];
	struct writer_ticket first;
	struct gate gate;

	close_gate(&gate, w, &first);
	for (size_t i = 0; i < count; i++) {
		values[i] = (int64_t)i + 1;
		writer_submit(w, &tickets[i], ops[i], &values[i]);
	}
	open_gate(&gate, w, &first);
	for (size_t i = 0; i < count; i++)
		if (writer_wait(w, &tickets[i], &err))
			assert_string_equal(err.what, tickets[i].err.what);
}

/* --- cases -------------------------------------------------------------- */

static void stopping_nothing_is_fine(void **state)
{
	(void)state;
	writer_stop(NULL);
	writer_stop(start(NULL));
}

static void an_operation_is_committed_in_every_database(void **state)
{
	struct writer *w = start(&hooks);
	int64_t value = 5;

	(void)state;
	assert_int_equal(do_op(w, insert_both, &value, &err), OK);
	assert_int_equal(seen.before_commit, 1);
	assert_int_equal(seen.rolled_back, 0);
	assert_int_equal(seen.committed, 1);
	writer_stop(w);
	assert_int_equal(rows_in(0), 1);
	assert_int_equal(rows_in(1), 1);
}

static void one_that_fails_alone_is_undone_everywhere(void **state)
{
	struct writer *w = start(&hooks);
	int64_t value = 5;

	(void)state;
	assert_int_equal(do_op(w, insert_then_fail, &value, &err), ERR_INPUT);
	assert_string_equal(err.what, "operation 5 does not like it");
	assert_int_equal(seen.before_commit, 0);
	assert_int_equal(seen.rolled_back, 1);
	assert_int_equal(seen.committed, 0);
	writer_stop(w);
	assert_int_equal(rows_in(0), 0);
	assert_int_equal(rows_in(1), 0);
}

/* P24 */
static void one_that_fails_in_a_group_undoes_only_itself(void **state)
{
	writer_op *const ops[] = {insert_both, insert_then_fail, insert_both, insert_then_fail, insert_both};
	struct writer *w = start(&hooks);
	struct writer_ticket t[5];

	(void)state;
	run_group(w, ops, 5, t);
	assert_int_equal(t[0].result, OK);
	assert_int_equal(t[1].result, ERR_INPUT);
	assert_string_equal(t[1].err.what, "operation 2 does not like it");
	assert_int_equal(t[2].result, OK);
	assert_string_equal(t[3].err.what, "operation 4 does not like it");
	assert_int_equal(t[4].result, OK);
	assert_int_equal(seen.before_commit, 2); /* the gate's group and this one */
	assert_int_equal(seen.rolled_back, 2);
	writer_stop(w);
	assert_int_equal(rows_in(0), 3);
	assert_int_equal(rows_in(1), 3);
}

static void a_group_in_which_all_fail_commits_nothing(void **state)
{
	writer_op *const ops[] = {insert_then_fail, insert_then_fail};
	struct writer *w = start(&hooks);
	struct writer_ticket t[2];

	(void)state;
	run_group(w, ops, 2, t);
	assert_int_equal(t[0].result, ERR_INPUT);
	assert_int_equal(t[1].result, ERR_INPUT);
	assert_int_equal(seen.before_commit, 1);
	writer_stop(w);
	assert_int_equal(rows_in(0), 0);
}

/* P24 */
static void a_failed_commit_fails_the_whole_group_alike(void **state)
{
	writer_op *const ops[] = {insert_both, break_first_commit, insert_both};
	struct writer *w = start(&hooks);
	struct writer_ticket t[3];
	int64_t value = 9;

	(void)state;
	run_group(w, ops, 3, t);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(t[i].result, ERR_DENIED);
		assert_string_equal(t[i].err.what, t[0].err.what);
	}
	assert_int_equal(seen.rolled_back, 1);
	assert_int_equal(do_op(w, insert_both, &value, &err), OK);
	writer_stop(w);
	assert_int_equal(rows_in(0), 1);
	assert_int_equal(rows_in(1), 1);
}

static void when_the_second_commit_fails_keys_are_left_without_data_and_it_is_said(void **state)
{
	writer_op *const ops[] = {insert_both, break_second_commit};
	struct writer *w = start(&hooks);
	struct writer_ticket t[2];

	(void)state;
	run_group(w, ops, 2, t);
	assert_int_equal(t[0].result, ERR_DENIED);
	assert_non_null(strstr(t[0].err.where, "1.db"));
	writer_stop(w);
	assert_int_equal(rows_in(0), 1);
	assert_int_equal(rows_in(1), 0);
}

static void a_hook_that_refuses_fails_the_group(void **state)
{
	struct writer *w = start(&hooks);
	int64_t value = 1;

	(void)state;
	seen.refuse = true;
	assert_int_equal(do_op(w, insert_both, &value, &err), ERR_FULL);
	assert_string_equal(err.what, "the hook refused");
	assert_int_equal(seen.rolled_back, 1);
	seen.refuse = false;
	assert_int_equal(do_op(w, insert_both, &value, &err), OK);
	writer_stop(w);
	assert_int_equal(rows_in(1), 1);
}

static void a_lost_transaction_fails_all_that_shared_it(void **state)
{
	writer_op *const ops[] = {insert_both, insert_then_fail, lose_the_transaction, insert_both};
	struct writer *w = start(&hooks);
	struct writer_ticket t[4];

	(void)state;
	run_group(w, ops, 4, t);
	assert_int_equal(t[0].result, ERR_FULL);
	assert_int_equal(t[1].result, ERR_INPUT);
	assert_int_equal(t[2].result, ERR_FULL);
	assert_int_equal(t[3].result, ERR_FULL);
	writer_stop(w);
	assert_int_equal(rows_in(0), 0);
	assert_int_equal(rows_in(1), 0);
}

static void a_transaction_lost_silently_is_not_taken_for_success(void **state)
{
	struct writer *w = start(NULL);

	(void)state;
	assert_int_equal(do_op(w, lose_it_silently, NULL, &err), ERR_IO);
	writer_stop(w);
}

static void a_writer_that_cannot_begin_says_why_to_all(void **state)
{
	struct db_options options = {.mode = DB_READ_WRITE};
	writer_op *const ops[] = {insert_both, insert_both};
	struct writer *w = start(&hooks);
	struct writer_ticket t[2];
	struct db *other = NULL;
	int64_t value = 7;

	(void)state;
	assert_int_equal(db_open_sqlite(path_of(1), &options, &other, &err), OK);
	assert_int_equal(db_begin(other, &err), OK);
	assert_int_equal(do_op(w, insert_both, &value, &err), ERR_BUSY);
	db_close(other);
	assert_int_equal(do_op(w, insert_both, &value, &err), OK);
	run_group(w, ops, 2, t);
	writer_stop(w);
	assert_int_equal(rows_in(0), 3);
}

static void more_than_one_group_fits_are_all_done(void **state)
{
	static struct writer_ticket t[500];
	writer_op *ops[500];
	struct writer *w = start(&hooks);

	(void)state;
	for (int i = 0; i < 500; i++)
		ops[i] = insert_both;
	run_group(w, ops, 500, t);
	for (int i = 0; i < 500; i++)
		assert_int_equal(t[i].result, OK);
	assert_int_equal(seen.before_commit, 3); /* the gate, 256, 244 */
	writer_stop(w);
	assert_int_equal(rows_in(1), 500);
}

static void stopping_finishes_what_is_queued(void **state)
{
	struct writer *w = start(NULL);
	struct writer_ticket t[50];
	int64_t values[50];

	(void)state;
	for (int i = 0; i < 50; i++) {
		values[i] = i;
		writer_submit(w, &t[i], insert_both, &values[i]);
	}
	writer_stop(w);
	for (int i = 0; i < 50; i++) {
		int told = 0;

		assert_int_equal(sem_getvalue(&t[i].done, &told), 0);
		assert_true(told > 0 && t[i].result == OK);
	}
	assert_int_equal(rows_in(0), 50);
}

/* --- many threads ------------------------------------------------------- */

#define THREADS 16
#define EACH 100

struct submitter { struct writer *w; int64_t base; int wrong; };

/* Every tenth fails after having written; nobody else may notice. */
static void *submit_many(void *arg)
{
	struct submitter *s = arg;

	for (int64_t i = 0; i < EACH; i++) {
		int64_t value = s->base + i;
		bool bad = i % 10 == 9;
		struct err e;
		enum result r = do_op(s->w, bad ? insert_then_fail : insert_both, &value, &e);

		s->wrong += r != (bad ? ERR_INPUT : OK);
	}
	return NULL;
}

static void many_threads_each_get_their_own_answer(void **state)
{
	struct submitter s[THREADS];
	pthread_t threads[THREADS];
	struct writer *w = start(&hooks);

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		s[i] = (struct submitter){w, (int64_t)i * EACH, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &s[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(s[i].wrong, 0);
	}
	writer_stop(w);
	assert_int_equal(rows_in(0), THREADS * EACH * 9 / 10);
	assert_int_equal(rows_in(1), THREADS * EACH * 9 / 10);
	assert_true(seen.before_commit < THREADS * EACH);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_dbs, remove_dbs)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(stopping_nothing_is_fine),
	    CASE(an_operation_is_committed_in_every_database),
	    CASE(one_that_fails_alone_is_undone_everywhere),
	    CASE(one_that_fails_in_a_group_undoes_only_itself),
	    CASE(a_group_in_which_all_fail_commits_nothing),
	    CASE(a_failed_commit_fails_the_whole_group_alike),
	    CASE(when_the_second_commit_fails_keys_are_left_without_data_and_it_is_said),
	    CASE(a_hook_that_refuses_fails_the_group),
	    CASE(a_lost_transaction_fails_all_that_shared_it),
	    CASE(a_transaction_lost_silently_is_not_taken_for_success),
	    CASE(a_writer_that_cannot_begin_says_why_to_all),
	    CASE(more_than_one_group_fits_are_all_done),
	    CASE(stopping_finishes_what_is_queued),
	    CASE(many_threads_each_get_their_own_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
