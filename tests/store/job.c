/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include "store/job.h"

static struct job job_of(uint32_t account, unsigned char n, enum job_type type, int64_t started)
{
	return (struct job){.account = account,
			    .id = {{n}},
			    .type = type,
			    .state = JOB_RUNNING,
			    .started = {started},
			    .args = "{\"a\":1}",
			    .result = ""};
}

static struct job put(uint32_t account, unsigned char n, enum job_type type, int64_t started)
{
	struct job job = job_of(account, n, type, started);

	assert_ok(job_insert(vault, &job, &err));
	return job;
}

static void end(struct job job)
{
	job.state = JOB_DONE;
	job.ended.ms = job.started.ms + 500;
	job.result = "{\"done\":true}";
	assert_ok(job_update(vault, &job, &err));
}

static void a_job_comes_back_as_it_was_put(void **state)
{
	struct job job = put(1, 7, JOB_SWEEP, 1000), back;

	(void)state;
	assert_ok(job_get(vault, 1, job.id, &pool, &back, &err));
	assert_int_equal(back.account, 1);
	assert_memory_equal(back.id.bytes, job.id.bytes, 16);
	assert_int_equal(back.type, JOB_SWEEP);
	assert_int_equal(back.state, JOB_RUNNING);
	assert_int_equal(back.started.ms, 1000);
	assert_int_equal(back.ended.ms, 0);
	assert_string_equal(back.args, "{\"a\":1}");
	assert_string_equal(back.result, "");
	assert_fails(job_insert(vault, &job, &err), ERR_EXISTS, NULL);
	assert_fails(job_get(vault, 2, job.id, &pool, &back, &err), ERR_NOT_FOUND, "no such job");
	assert_fails(job_get(vault, 1, (struct id){{8}}, &pool, &back, &err), ERR_NOT_FOUND, "no such job");
}

static void jobs_that_run_are_listed_by_when_they_began(void **state)
{
	struct job rows[2];
	size_t count;

	(void)state;
	put(1, 9, JOB_ERASE, 1000);
	put(1, 7, JOB_ERASE, 1000);
	put(1, 3, JOB_ERASE, 2000);
	put(1, 4, JOB_SWEEP, 500);
	put(2, 5, JOB_ERASE, 500);
	end(put(1, 6, JOB_ERASE, 1500));
	assert_ok(job_list_running(vault, 1, JOB_ERASE, (struct instant){INT64_MIN}, (struct id){{0}}, &pool, rows, 2,
				   &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(rows[0].id.bytes[0], 7);
	assert_int_equal(rows[1].id.bytes[0], 9);
	assert_ok(job_list_running(vault, 1, JOB_ERASE, rows[1].started, rows[1].id, &pool, rows, 2, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(rows[0].id.bytes[0], 3);
	assert_string_equal(rows[0].args, "{\"a\":1}");
	assert_ok(job_list_running(vault, 3, JOB_ERASE, (struct instant){0}, (struct id){{0}}, &pool, rows, 2, &count,
				   &err));
	assert_int_equal(count, 0);
}

static void only_a_job_that_is_done_has_an_end(void **state)
{
	struct job job = put(1, 7, JOB_ERASE, 1000), back;

	(void)state;
	job.ended.ms = 9999;
	job.result = "{\"half\":1}";
	job.args = "changed";
	assert_ok(job_update(vault, &job, &err));
	assert_ok(job_get(vault, 1, job.id, &pool, &back, &err));
	assert_int_equal(back.state, JOB_RUNNING);
	assert_int_equal(back.ended.ms, 0);
	assert_string_equal(back.result, "{\"half\":1}");
	assert_string_equal(back.args, "{\"a\":1}");
	end(job);
	assert_ok(job_get(vault, 1, job.id, &pool, &back, &err));
	assert_int_equal(back.state, JOB_DONE);
	assert_int_equal(back.ended.ms, 1500);
	assert_string_equal(back.result, "{\"done\":true}");
}

static int64_t running(uint32_t account)
{
	int64_t all, of_account;

	assert_ok(job_count_running(vault, &all, &err));
	assert_ok(job_count_running_of(vault, account, &of_account, &err));
	return all * 10 + of_account;
}

static void the_oldest_running_job_of_a_type_is_next(void **state)
{
	struct job late, early, other, next;

	(void)state;
	assert_fails(job_next_running(vault, JOB_ERASE, &pool, &next, &err), ERR_NOT_FOUND, "no such job");
	assert_int_equal(running(1), 0);
	late = put(1, 1, JOB_ERASE, 3000);
	early = put(2, 2, JOB_ERASE, 2000);
	other = put(1, 3, JOB_SWEEP, 1000);
	assert_int_equal(running(1), 32);
	assert_ok(job_next_running(vault, JOB_ERASE, &pool, &next, &err));
	assert_int_equal(next.account, 2);
	end(early);
	assert_ok(job_next_running(vault, JOB_ERASE, &pool, &next, &err));
	assert_memory_equal(next.id.bytes, late.id.bytes, 16);
	end(late);
	assert_fails(job_next_running(vault, JOB_ERASE, &pool, &next, &err), ERR_NOT_FOUND, "no such job");
	assert_int_equal(running(1), 11);
	assert_int_equal(running(2), 10);
	end(other);
	assert_int_equal(running(1), 0);
}

static void jobs_of_an_account_are_listed_page_by_page(void **state)
{
	struct job out[9];
	size_t count;

	(void)state;
	put(1, 3, JOB_SWEEP, 1);
	end(put(1, 1, JOB_ERASE, 2));
	put(2, 2, JOB_ERASE, 3);
	assert_ok(job_list(vault, 1, (struct id){{0}}, &pool, out, 9, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(out[0].state, JOB_DONE);
	assert_ok(job_list(vault, 1, (struct id){{0}}, &pool, out, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(out[0].id.bytes[0], 1);
	assert_ok(job_list(vault, 1, out[0].id, &pool, out, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(out[0].id.bytes[0], 3);
	assert_ok(job_list(vault, 1, out[0].id, &pool, out, 1, &count, &err));
	assert_int_equal(count, 0);
	assert_ok(job_list(vault, 3, (struct id){{0}}, &pool, out, 1, &count, &err));
	assert_int_equal(count, 0);
}

static void jobs_of_one_type_are_listed_page_by_page(void **state)
{
	struct id ids[9];
	size_t count;

	(void)state;
	put(1, 3, JOB_ERASE, 1);
	put(1, 2, JOB_SWEEP, 2);
	end(put(1, 1, JOB_ERASE, 3));
	put(2, 4, JOB_ERASE, 4);
	assert_ok(job_list_of_type(vault, 1, JOB_ERASE, (struct id){{0}}, ids, 9, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(ids[0].bytes[0], 1);
	assert_int_equal(ids[1].bytes[0], 3);
	assert_ok(job_list_of_type(vault, 1, JOB_ERASE, (struct id){{0}}, ids, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_ok(job_list_of_type(vault, 1, JOB_ERASE, ids[0], ids, 1, &count, &err));
	assert_int_equal(ids[0].bytes[0], 3);
	assert_ok(job_list_of_type(vault, 1, JOB_ERASE, ids[0], ids, 1, &count, &err));
	assert_int_equal(count, 0);
	assert_ok(job_back_of_type(vault, 1, JOB_ERASE, (struct id){{4}}, ids, 1, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(ids[0].bytes[0], 3);
	assert_ok(job_back_of_type(vault, 1, JOB_ERASE, ids[0], ids, 9, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(ids[0].bytes[0], 1);
	raw(vault, "UPDATE job SET job_id = x'01' WHERE type = 2");
	assert_fails(job_list_of_type(vault, 1, JOB_SWEEP, (struct id){{0}}, ids, 1, &count, &err), ERR_CORRUPT, NULL);
}

static void a_damaged_id_or_a_full_pool_is_reported(void **state)
{
	struct job job = put(1, 7, JOB_ERASE, 1000), back;
	struct pool small;
	size_t count;

	(void)state;
	pool_init(&small, 3);
	assert_fails(job_get(vault, 1, job.id, &small, &back, &err), ERR_NO_MEMORY, NULL);
	pool_free(&small);
	raw(vault, "UPDATE job SET job_id = x'01'");
	assert_fails(job_next_running(vault, JOB_ERASE, &pool, &back, &err), ERR_CORRUPT,
		     "column 1 holds 1 bytes where 16 belong");
	assert_fails(job_list(vault, 1, (struct id){{0}}, &pool, &back, 1, &count, &err), ERR_CORRUPT, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(a_job_comes_back_as_it_was_put),
	    table_test(jobs_that_run_are_listed_by_when_they_began),
	    table_test(only_a_job_that_is_done_has_an_end),
	    table_test(the_oldest_running_job_of_a_type_is_next),
	    table_test(jobs_of_an_account_are_listed_page_by_page),
	    table_test(jobs_of_one_type_are_listed_page_by_page),
	    table_test(a_damaged_id_or_a_full_pool_is_reported),
	};

	return cmocka_run_group_tests_name("store/job", tests, NULL, NULL);
}
