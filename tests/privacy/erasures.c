/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "world.h"

#include "privacy/erasures.h"
#include "privacy/resume.h"
#include "privacy/somebody.h"
#include "retention/keeping.h"
#include "store/job.h"

#define ANNA "+4520123456"
#define BO "+4530999999"

struct seen { struct erasure all[200]; size_t count; };

static enum result see(void *arg, const struct erasure *erasure, struct err *err)
{
	struct seen *seen = arg;

	if (seen->count == 200)
		return err_set(err, ERR_LIMIT, "too many");
	seen->all[seen->count++] = *erasure;
	return OK;
}

static void list(struct world *world, struct seen *seen)
{
	struct err err;

	seen->count = 0;
	assert_ok(erasures_list(&world->vault->read, world->account.number, see, seen, &err), &err);
}

static enum result erase(struct world *world, const char *who, const char *reference, struct erase_result *out,
			 struct err *err)
{
	const struct erase_options options = {.now = world->now, .reference = reference};

	return erase_person(world->vault, &world->account, one(world, who), &options, &world->pool, out, err);
}

static enum result receipt_of(struct world *world, struct id job, const char **receipt, struct err *err)
{
	return erasures_receipt(world->vault, &world->account, job, &world->pool, receipt, err);
}

static void the_receipt_of_a_finished_erasure_can_be_written_again(void **state)
{
	struct world *world = *state;
	struct erase_result result;
	const char *again;
	struct err err;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	assert_ok(erase(world, ANNA, "ticket-7", &result, &err), &err);
	assert_ok(receipt_of(world, result.job, &again, &err), &err);
	assert_string_equal(result.receipt, again);
	assert_int_equal(ERR_NOT_FOUND, receipt_of(world, id_new(world->now), &again, &err));
	assert_non_null(strstr(err.mend, "lethe person receipt"));
}

static bool stop(void *arg, int64_t done)
{
	(void)arg;
	(void)done;
	return true;
}

/* Interrupted after the keys are gone; `job` is what the error said. */
static struct id interrupt(struct world *world, const char *who)
{
	const struct erase_options options = {.now = world->now, .reference = "ticket-8", .progress = stop};
	struct erase_result result;
	struct id job;
	struct err err;

	assert_int_equal(ERR_INTERRUPTED, erase_person(world->vault, &world->account, one(world, who), &options,
						       &world->pool, &result, &err));
	assert_ok(id_parse(JOB_PREFIX, err.where, &job, &err), &err);
	assert_non_null(strstr(err.mend, "the next command that writes finishes the erasure"));
	assert_non_null(strstr(err.mend, "lethe person receipt job_"));
	assert_non_null(strstr(err.mend, err.where));
	return job;
}

/* P9 */
static void an_interrupted_erasure_is_listed_and_has_its_receipt_once_it_is_finished(void **state)
{
	struct world *world = *state;
	struct seen *seen = test_calloc(1, sizeof *seen);
	const char *receipt;
	struct id person, job;
	struct err err;
	bool found;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, BO, NULL);
	person = one(world, ANNA);
	job = interrupt(world, ANNA);
	world_reopen(world);
	list(world, seen);
	assert_int_equal(1, seen->count);
	assert_int_equal(ERASURE_UNFINISHED, seen->all[0].end);
	assert_int_equal(0, seen->all[0].ended.ms);
	assert_int_equal(ERR_NOT_FOUND, receipt_of(world, job, &receipt, &err));
	assert_non_null(strstr(err.what, "not come to its end"));
	assert_ok(resume_next(world->vault, JOB_ERASE, world->now, &found, &err), &err);
	list(world, seen);
	assert_int_equal(1, seen->count);
	assert_int_equal(ERASURE_DONE, seen->all[0].end);
	assert_memory_equal(&person, &seen->all[0].person, sizeof person);
	assert_memory_equal(&job, &seen->all[0].job, sizeof job);
	assert_string_equal("ticket-8", seen->all[0].reference);
	assert_int_equal(world->now.ms, seen->all[0].started.ms);
	assert_ok(receipt_of(world, job, &receipt, &err), &err);
	assert_non_null(strstr(receipt, "\"ticket-8\""));
	test_free(seen);
}

/* A hold on a record they were the agent of: it is given up. */
static void an_erasure_that_was_given_up_has_failed_and_has_no_receipt(void **state)
{
	struct world *world = *state;
	struct seen *seen = test_calloc(1, sizeof *seen);
	struct erase_result result;
	const char *receipt;
	struct err err;

	world_put_agent(world, "2025-05-01T08:00:00Z", "{\"agent\":\"a7\"}", ANNA, "a7");
	hold_person(world, ANNA);
	assert_int_equal(ERR_HELD, erase(world, "a7", NULL, &result, &err));
	assert_null(strstr(err.mend, "next command"));
	list(world, seen);
	assert_int_equal(1, seen->count);
	assert_int_equal(ERASURE_FAILED, seen->all[0].end);
	assert_string_equal("", seen->all[0].reference);
	assert_int_equal(ERR_NOT_FOUND, receipt_of(world, seen->all[0].job, &receipt, &err));
	assert_non_null(strstr(err.what, "given up"));
	test_free(seen);
}

/* More than a page, and sweeps between them. */
static void every_erasure_is_listed_in_order_and_nothing_else(void **state)
{
	struct world *world = *state;
	struct seen *seen = test_calloc(1, sizeof *seen);
	struct erase_result result;
	struct sweep_result swept;
	const char *receipt;
	struct err err;

	for (int i = 0; i < 130; i++) {
		world->now.ms += 1000;
		world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, NULL);
		assert_ok(erase(world, ANNA, NULL, &result, &err), &err);
		if (i % 60 == 0)
			assert_ok(sweep_run(world->vault, &world->account, world->now, NULL, NULL, &world->pool, &swept,
					    &err),
				  &err);
	}
	assert_int_equal(ERR_NOT_FOUND, receipt_of(world, swept.job, &receipt, &err));
	assert_string_equal("that job is no erasure", err.what);
	list(world, seen);
	assert_int_equal(130, seen->count);
	for (size_t i = 1; i < seen->count; i++)
		assert_true(seen->all[i - 1].started.ms < seen->all[i].started.ms);
	test_free(seen);
}

static enum result refuse(void *arg, const struct erasure *erasure, struct err *err)
{
	(void)erasure;
	++*(int *)arg;
	return err_set(err, ERR_LIMIT, "enough");
}

static void what_the_visitor_fails_with_ends_the_list(void **state)
{
	struct world *world = *state;
	struct erase_result result;
	struct err err;
	int calls = 0;

	for (int i = 0; i < 2; i++) {
		world->now.ms += 1000;
		world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, NULL);
		assert_ok(erase(world, ANNA, NULL, &result, &err), &err);
	}
	assert_int_equal(ERR_LIMIT, erasures_list(&world->vault->read, world->account.number, refuse, &calls, &err));
	assert_int_equal(1, calls);
}

static enum result spoil(struct session *session, void *arg, struct err *err)
{
	struct job *job = arg;

	job->result = "{";
	return job_update(session->data, job, err);
}

static void a_job_that_does_not_read_is_said(void **state)
{
	struct world *world = *state;
	struct seen *seen = test_calloc(1, sizeof *seen);
	struct erase_result result;
	const char *receipt;
	struct job job;
	struct err err;

	world_put(world, KIND_CALL, "2025-05-01T08:00:00Z", "{}", ANNA, NULL);
	assert_ok(erase(world, ANNA, NULL, &result, &err), &err);
	assert_ok(job_get(world->vault->read.data, world->account.number, result.job, &world->pool, &job, &err), &err);
	assert_ok(vault_write(world->vault, spoil, &job, &err), &err);
	assert_int_not_equal(OK, receipt_of(world, result.job, &receipt, &err));
	assert_int_equal(ERR_CORRUPT, erasures_list(&world->vault->read, world->account.number, see, seen, &err));
	test_free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(the_receipt_of_a_finished_erasure_can_be_written_again),
	    IN_WORLD(an_interrupted_erasure_is_listed_and_has_its_receipt_once_it_is_finished),
	    IN_WORLD(an_erasure_that_was_given_up_has_failed_and_has_no_receipt),
	    IN_WORLD(every_erasure_is_listed_in_order_and_nothing_else),
	    IN_WORLD(what_the_visitor_fails_with_ends_the_list),
	    IN_WORLD(a_job_that_does_not_read_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
