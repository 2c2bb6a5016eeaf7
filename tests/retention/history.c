/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keeping.h"

#include "retention/history.h"
#include "store/job.h"
#include "vault/proof.h"

#define ANNA "+4520111111"

struct seen { struct past_sweep all[100]; int64_t records[100]; char command[100][32]; size_t count; };

static enum result see(void *arg, const struct past_sweep *sweep, struct err *err)
{
	const struct json *kinds = json_get(sweep->statement, "kinds");
	struct seen *seen = arg;
	size_t i = seen->count;

	if (i == 100)
		return err_set(err, ERR_LIMIT, "too many");
	seen->all[i] = *sweep;
	seen->records[i] = kinds != NULL && kinds->first != NULL ? json_get_int(kinds->first, "records", -1) : -1;
	snprintf(seen->command[i], sizeof seen->command[i], "%s", sweep->command);
	seen->count++;
	return OK;
}

static enum result list(struct world *world, int64_t count, struct seen *seen, struct err *err)
{
	seen->count = 0;
	return history_list(&world->vault->read, world->account.number, NULL, count, see, seen, err);
}

static enum result receipt_of(struct world *world, struct id job, const char **receipt, struct err *err)
{
	return history_receipt(world->vault, &world->account, job, &world->pool, receipt, err);
}

static void sweep_one(struct world *world, struct sweep_result *out)
{
	world_put(world, KIND_CALL, "2025-01-01T00:00:00Z", "{}", ANNA, NULL);
	run_sweep(world, out);
}

static void sweeps_are_listed_newest_first_with_what_they_did(void **state)
{
	struct world *world = *state;
	struct seen *seen = test_calloc(1, sizeof *seen);
	struct sweep_result first, second;
	struct err err;

	assert_ok(list(world, 10, seen, &err), &err);
	assert_int_equal(seen->count, 0);
	set_policy(world, KIND_CALL, "1 year");
	sweep_one(world, &first);
	world->now.ms += 86400000;
	run_sweep(world, &second);
	assert_ok(list(world, 10, seen, &err), &err);
	assert_int_equal(seen->count, 2);
	assert_memory_equal(&seen->all[0].job, &second.job, sizeof second.job);
	assert_memory_equal(&seen->all[1].job, &first.job, sizeof first.job);
	assert_int_equal(seen->all[1].end, PAST_DONE);
	assert_int_equal(seen->records[0], 0);
	assert_int_equal(seen->records[1], 1);
	assert_int_equal(seen->all[1].leaf, first.seq);
	assert_int_equal(seen->all[0].started.ms, world->now.ms);
	assert_string_equal(seen->command[0], "test");
	assert_ok(list(world, 1, seen, &err), &err);
	assert_int_equal(seen->count, 1);
	assert_ok(list(world, 0, seen, &err), &err);
	assert_int_equal(seen->count, 0);
	test_free(seen);
}

static void more_sweeps_than_a_page_are_listed_once_each(void **state)
{
	struct world *world = *state;
	struct seen *seen = test_calloc(1, sizeof *seen);
	struct sweep_result swept;
	struct err err;

	for (int i = 0; i < 67; i++) {
		run_sweep(world, &swept);
		world->now.ms += 1000;
	}
	assert_ok(list(world, 1000, seen, &err), &err);
	assert_int_equal(seen->count, 67);
	for (size_t i = 1; i < seen->count; i++)
		assert_true(seen->all[i].started.ms < seen->all[i - 1].started.ms);
	assert_ok(list(world, 65, seen, &err), &err);
	assert_int_equal(seen->count, 65);
	test_free(seen);
}

/* P35 */
static void the_receipt_of_an_earlier_sweep_verifies_as_the_first_one_did(void **state)
{
	struct world *world = *state;
	struct sweep_result swept;
	const char *again;
	struct note_key key;
	const struct json *statement;
	struct checkpoint at;
	struct err err;

	set_policy(world, KIND_CALL, "1 year");
	sweep_one(world, &swept);
	set_policy(world, KIND_CALL, "2 years"); /* a later leaf */
	run_sweep(world, &(struct sweep_result){0});
	assert_ok(receipt_of(world, swept.job, &again, &err), &err);
	assert_ok(proof_key(&world->vault->read, world->vault->id, &key, &err), &err);
	assert_ok(receipt_verify(again, strlen(again), &key, &world->pool, &statement, &at, &err), &err);
	assert_non_null(strstr(again, "retention.run"));
}

struct job_op { struct job job; };

static enum result put_job(struct session *session, void *arg, struct err *err)
{
	struct job_op *op = arg;
	enum result r = job_insert(session->data, &op->job, err);

	return r == OK ? job_update(session->data, &op->job, err) : r;
}

static struct id add_job(struct world *world, enum job_type type, enum job_state state, const char *args,
			 const char *result)
{
	struct job_op op = {{.account = world->account.number, .id = id_new(world->now), .type = type, .state = state,
			     .started = world->now, .ended = world->now, .args = args, .result = result}};
	struct err err;

	assert_ok(vault_write(world->vault, put_job, &op, &err), &err);
	return op.job.id;
}

static void what_has_no_receipt_says_why(void **state)
{
	struct world *world = *state;
	struct seen *seen = test_calloc(1, sizeof *seen);
	struct id running = add_job(world, JOB_SWEEP, JOB_RUNNING, "{\"today\":\"2026-03-01\"}", "{}");
	struct id failed = add_job(world, JOB_SWEEP, JOB_DONE, "{}", "{\"failed\":true}");
	const char *receipt;
	struct err err;

	assert_int_equal(receipt_of(world, running, &receipt, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.what, "not come to its end"));
	assert_int_equal(receipt_of(world, failed, &receipt, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.what, "given up"));
	assert_int_equal(receipt_of(world, add_job(world, JOB_ERASE, JOB_DONE, "{}", "{}"), &receipt, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.mend, "retention history"));
	assert_int_equal(receipt_of(world, id_new(world->now), &receipt, &err), ERR_NOT_FOUND);
	assert_ok(list(world, 10, seen, &err), &err);
	assert_int_equal(seen->count, 2);
	assert_int_equal(seen->all[0].end + seen->all[1].end, PAST_FAILED + PAST_UNFINISHED);
	test_free(seen);
}

static void damaged_jobs_and_visitors_that_fail_end_it(void **state)
{
	struct world *world = *state;
	struct seen *seen = test_calloc(1, sizeof *seen);
	struct id bad = add_job(world, JOB_SWEEP, JOB_DONE, "{}", "{");
	char text[ID_TEXT_MAX];
	const char *receipt;
	struct err err;

	assert_int_equal(list(world, 10, seen, &err), ERR_CORRUPT);
	assert_string_equal(err.where, id_format(JOB_PREFIX, bad, text));
	assert_int_equal(receipt_of(world, bad, &receipt, &err), ERR_CORRUPT);
	add_job(world, JOB_SWEEP, JOB_DONE, "no", "{}");
	assert_int_equal(list(world, 10, seen, &err), ERR_CORRUPT);
	assert_ok(db_script(world->vault->write.data, "UPDATE job SET args = '{}', result = '{}'", &err), &err);
	seen->count = 100;
	assert_int_equal(history_list(&world->vault->read, world->account.number, NULL, 5, see, seen, &err), ERR_LIMIT);
	test_free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(sweeps_are_listed_newest_first_with_what_they_did),
	    KEEPING(more_sweeps_than_a_page_are_listed_once_each),
	    KEEPING(the_receipt_of_an_earlier_sweep_verifies_as_the_first_one_did),
	    KEEPING(what_has_no_receipt_says_why),
	    KEEPING(damaged_jobs_and_visitors_that_fail_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
