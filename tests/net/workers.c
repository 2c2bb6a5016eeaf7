/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P67: no account keeps the others waiting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include "net/thread.h"
#include "net/workers.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool open;
	size_t waiting, done, cancelled, begun, ended;
	unsigned numbers;
} at = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
static struct err err;

static void *begin(void *arg, int number)
{
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	pthread_mutex_lock(&at.lock);
	at.begun += arg == &at && sigismember(&blocked, SIGTERM);
	at.numbers |= 1U << number;
	pthread_mutex_unlock(&at.lock);
	return &at.begun;
}

static void end(void *arg, void *context)
{
	pthread_mutex_lock(&at.lock);
	at.ended += arg == &at && context == &at.begun;
	pthread_mutex_unlock(&at.lock);
}

static void run(struct job *job, void *context, bool cancelled)
{
	(void)job;
	pthread_mutex_lock(&at.lock);
	at.waiting++;
	pthread_cond_broadcast(&at.change);
	while (!at.open && !cancelled)
		pthread_cond_wait(&at.change, &at.lock);
	at.waiting--;
	at.done += !cancelled && context == &at.begun;
	at.cancelled += cancelled && context == NULL;
	pthread_cond_broadcast(&at.change);
	pthread_mutex_unlock(&at.lock);
}

static void wait_for(const size_t *what, size_t least)
{
	pthread_mutex_lock(&at.lock);
	while (*what < least)
		pthread_cond_wait(&at.change, &at.lock);
	pthread_mutex_unlock(&at.lock);
}

static void open_gate(bool open)
{
	pthread_mutex_lock(&at.lock);
	at.open = open;
	pthread_cond_broadcast(&at.change);
	pthread_mutex_unlock(&at.lock);
}

static struct workers *start(int threads, size_t queue)
{
	struct workers_settings settings = {
	    .threads = threads, .queue_max = queue, .first = 3, .begin = begin, .end = end, .arg = &at};
	struct workers *workers;

	at.open = false;
	at.waiting = at.done = at.cancelled = at.begun = at.ended = 0;
	at.numbers = 0;
	assert_int_equal(workers_start(&settings, &workers, &err), OK);
	return workers;
}

static void jobs_run_on_as_many_threads_as_there_are(void **state)
{
	struct workers *workers = start(3, 10);
	struct job jobs[8] = {0};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		jobs[i].run = run;
		assert_int_equal(workers_submit(workers, &jobs[i]), SUBMITTED);
	}
	wait_for(&at.waiting, 3);
	assert_int_equal(workers_busy(workers), 3);
	assert_int_equal(workers_waiting(workers), 5);
	open_gate(true);
	wait_for(&at.done, 8);
	workers_free(workers);
	assert_int_equal(at.begun, 3);
	assert_int_equal(at.ended, 3);
	assert_int_equal(at.numbers, 1 << 3 | 1 << 4 | 1 << 5);
	assert_int_equal(at.cancelled, 0);
}

static void a_full_queue_takes_no_more(void **state)
{
	struct workers *workers = start(1, 2);
	struct job jobs[4] = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		jobs[i].run = run;
	assert_int_equal(workers_submit(workers, &jobs[0]), SUBMITTED);
	wait_for(&at.waiting, 1);
	assert_int_equal(workers_submit(workers, &jobs[1]), SUBMITTED);
	assert_int_equal(workers_submit(workers, &jobs[2]), SUBMITTED);
	assert_int_equal(workers_submit(workers, &jobs[3]), SUBMIT_FULL);
	open_gate(true);
	wait_for(&at.done, 3);
	assert_int_equal(workers_submit(workers, &jobs[3]), SUBMITTED);
	wait_for(&at.done, 4);
	workers_free(workers);
}

struct turn { struct job job; size_t number; };

static size_t turns[8], turned;

/* On one thread: one after another. */
static void note_turn(struct job *job, void *context, bool cancelled)
{
	turns[turned++ % 8] = ((struct turn *)(void *)job)->number;
	run(job, context, cancelled);
}

/* Until that thread has done all. */
static void hold_thread(struct job *job, void *context, bool cancelled)
{
	wait_for(&at.done, 8);
	run(job, context, cancelled);
}

static void whose_owner_has_fewest_running_is_next_and_of_these_the_oldest(void **state)
{
	static const uint64_t owners[] = {1, 1, 1, 2, 0, 3, 2};
	static const size_t in_turn[] = {3, 4, 5, 6, 0, 1, 2};
	struct workers *workers = start(2, 10);
	struct job first = {.run = run, .owner = 4}, holding = {.run = hold_thread, .owner = 1};
	struct turn waiting[7];

	(void)state;
	turned = 0;
	assert_int_equal(workers_submit(workers, &first), SUBMITTED);
	wait_for(&at.waiting, 1);
	assert_int_equal(workers_submit(workers, &holding), SUBMITTED);
	while (workers_busy(workers) < 2)
		sched_yield();
	for (size_t i = 0; i < 7; i++) {
		waiting[i] = (struct turn){.job = {.run = note_turn, .owner = owners[i]}, .number = i};
		assert_int_equal(workers_submit(workers, &waiting[i].job), SUBMITTED);
	}
	open_gate(true);
	wait_for(&at.done, 9);
	workers_free(workers);
	assert_int_equal(turned, 7);
	assert_memory_equal(turns, in_turn, sizeof in_turn);
}

static void nobody_has_more_than_half_of_the_queue(void **state)
{
	struct workers *workers = start(1, 4);
	struct job jobs[7] = {0};

	(void)state;
	for (size_t i = 0; i < 7; i++)
		jobs[i] = (struct job){.run = run, .owner = i < 4 ? 1 : 2};
	assert_int_equal(workers_submit(workers, &jobs[0]), SUBMITTED);
	wait_for(&at.waiting, 1); /* and takes no place any more */
	assert_int_equal(workers_submit(workers, &jobs[1]), SUBMITTED);
	assert_int_equal(workers_submit(workers, &jobs[2]), SUBMITTED);
	assert_int_equal(workers_submit(workers, &jobs[3]), SUBMIT_SHARE);
	assert_int_equal(workers_submit(workers, &jobs[4]), SUBMITTED);
	assert_int_equal(workers_submit(workers, &jobs[5]), SUBMITTED);
	assert_int_equal(workers_submit(workers, &jobs[6]), SUBMIT_FULL);
	open_gate(true);
	wait_for(&at.done, 5);
	assert_int_equal(workers_submit(workers, &jobs[3]), SUBMITTED);
	wait_for(&at.done, 6);
	workers_free(workers);
}

struct claiming {
	struct job job;
	struct workers *workers;
	bool claimed;
};

static void claim(struct job *job, void *context, bool cancelled)
{
	struct claiming *claiming = (struct claiming *)(void *)job;

	claiming->claimed = workers_claim(claiming->workers, job, claiming->job.owner);
	run(job, context, cancelled);
}

/* Who has no claim holds a thread all the same, until it is let go. */
static void nobody_claims_more_than_half_of_the_threads(void **state)
{
	struct workers *workers = start(5, 10);
	struct claiming jobs[5] = {0};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		jobs[i] = (struct claiming){.job = {.run = claim, .owner = i < 4 ? 1 : 2}, .workers = workers};
		assert_int_equal(workers_submit(workers, &jobs[i].job), SUBMITTED);
		wait_for(&at.waiting, i + 1);
		assert_int_equal(jobs[i].claimed, i != 3);
	}
	open_gate(true);
	wait_for(&at.done, 5);
	workers_stop(workers);
	workers_free(workers);
}

static void a_claim_ends_with_its_job(void **state)
{
	struct workers *workers = start(1, 10);
	struct claiming jobs[20] = {0};

	(void)state;
	open_gate(true);
	for (size_t i = 0; i < 20; i++) {
		jobs[i] = (struct claiming){.job = {.run = claim, .owner = 1 + i / 2 % 3}, .workers = workers};
		assert_int_equal(workers_submit(workers, &jobs[i].job), SUBMITTED);
		wait_for(&at.done, i + 1);
		assert_true(jobs[i].claimed);
	}
	workers_free(workers);
}

static void *stop(void *arg)
{
	workers_stop(arg);
	return NULL;
}

#define MANY 1000000

/* Until nothing more is taken: then it has begun to stop. */
static size_t wait_stopping(struct workers *workers, struct job *jobs, size_t max)
{
	size_t taken = 0;

	for (; taken < max && workers_submit(workers, &jobs[taken]) == SUBMITTED; taken++)
		sched_yield();
	return taken;
}

static void stopping_cancels_what_waits_and_finishes_what_runs(void **state)
{
	static struct job jobs[MANY];
	struct workers *workers = start(1, 2 * MANY);
	size_t taken;
	pthread_t thread;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		jobs[i].run = run;
	assert_int_equal(workers_submit(workers, &jobs[0]), SUBMITTED);
	wait_for(&at.waiting, 1);
	assert_int_equal(workers_submit(workers, &jobs[1]), SUBMITTED);
	assert_int_equal(pthread_create(&thread, NULL, stop, workers), 0);
	taken = wait_stopping(workers, jobs + 2, MANY - 2);
	open_gate(true);
	pthread_join(thread, NULL);
	assert_int_equal(at.done, 1);
	assert_int_equal(at.cancelled, taken + 1);
	assert_int_equal(workers_submit(workers, &jobs[0]), SUBMIT_FULL); /* who comes late */
	assert_int_equal(workers_waiting(workers), 0);
	workers_free(workers);
	workers_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(jobs_run_on_as_many_threads_as_there_are),
	    cmocka_unit_test(a_full_queue_takes_no_more),
	    cmocka_unit_test(whose_owner_has_fewest_running_is_next_and_of_these_the_oldest),
	    cmocka_unit_test(nobody_has_more_than_half_of_the_queue),
	    cmocka_unit_test(nobody_claims_more_than_half_of_the_threads),
	    cmocka_unit_test(a_claim_ends_with_its_job),
	    cmocka_unit_test(stopping_cancels_what_waits_and_finishes_what_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
