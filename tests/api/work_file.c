/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P61: the file that long work made.
 */
#include "api/working.h"

static const char *whose_copy(struct asking *asking)
{
	const struct json *found;

	world_put(asking->world, KIND_CALL, "2025-11-01T10:00:00Z", "{}", "+4520000577", NULL);
	assert_asked(asking, METHOD_POST, OURS "/persons/search", "{\"who\":\"+4520000577\"}", 200);
	found = json_get(document(asking), "persons");
	return pool_printf(&asking->world->pool, "%s/persons/%s/export", OURS, json_get_text(found->first, "id"));
}

static void read_sent(struct asking *asking, char out[4])
{
	struct response *response = &asking->response;
	size_t got;
	struct err err;

	assert_non_null(response->read);
	assert_ok(response->read(response->read_arg, 0, out, 4, &got, &err), &err);
	assert_int_equal(got, 4);
}

static void a_persons_copy_is_made_as_a_job_and_fetched(void **state)
{
	struct asking asking;
	const char *where, *fetched;
	char begins[4];

	begin(&asking, state);
	asking.header_count = 0; /* nobody need prefer it */
	where = file(&asking, whose_copy(&asking), "{}");
	assert_null(answer_header(&asking, "Preference-Applied"));
	fetched = pool_printf(&asking.world->pool, "%s/result", where);
	assert_asked(&asking, METHOD_GET, fetched, NULL, 404);
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "done");
	assert_string_equal(strrchr(json_get_text(json_get(document(&asking), "answer"), "result"), '/'), "/result");
	assert_asked(&asking, METHOD_GET, fetched, NULL, 200);
	assert_string_equal(answer_header(&asking, "Content-Type"), "application/zip");
	assert_non_null(strstr(answer_header(&asking, "Content-Disposition"), "per_"));
	assert_non_null(asking.response.etag);
	read_sent(&asking, begins);
	assert_memory_equal(begins, "PK\003\004", 4);
	assert_int_equal(count_leaves(*state, "\"person.export\""), 1);
	assert_int_equal(count_leaves(*state, "\"job.fetch\""), 1);
	assert_asked(&asking, METHOD_DELETE, fetched, NULL, 200);
	assert_asked(&asking, METHOD_GET, fetched, NULL, 404);
	assert_asked(&asking, METHOD_DELETE, fetched, NULL, 404);
	assert_int_equal(count_leaves(*state, "\"job.drop\""), 1);
	where = file(&asking, whose_copy(&asking), "{}");
	fetched = pool_printf(&asking.world->pool, "%s/result", where);
	assert_true(carry_out(&asking));
	asking.world->now.ms += asking.desk.keep_files.ms;
	assert_asked(&asking, METHOD_GET, fetched, NULL, 410);
	assert_int_equal(count_leaves(*state, "\"job.fetch\""), 1);
	asking_end(&asking);
}

static void a_copy_is_fetched_by_who_may_export(void **state)
{
	struct asking asking;
	const char *where;

	begin(&asking, state);
	where = file(&asking, whose_copy(&asking), "{\"others\":\"show\"}");
	assert_true(carry_out(&asking));
	where = pool_printf(&asking.world->pool, "%s/result", where);
	asking.actor.scopes = 1 << MAY_JOB_READ;
	assert_asked(&asking, METHOD_GET, where, NULL, 403);
	asking.actor.scopes = INT64_C(1) << MAY_PERSON_EXPORT;
	assert_asked(&asking, METHOD_GET, where, NULL, 200);
	assert_asked(&asking, METHOD_GET, OURS "/jobs/job_00000000000000000000000000/result", NULL, 404);
	assert_asked(&asking, METHOD_GET, OURS "/jobs/nonsense/result", NULL, 404);
	asking_end(&asking);
}

static void a_copy_that_is_cancelled_or_broken_off_leaves_nothing(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct err err;

	begin(&asking, state);
	where = file(&asking, whose_copy(&asking), "{}");
	stop = true;
	assert_false(carry_out(&asking));
	is_in_state(&asking, where, "running");
	stop = false;
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET cancel = 1", &err), &err);
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "cancelled");
	assert_asked(&asking, METHOD_GET, pool_printf(&world->pool, "%s/result", where), NULL, 404);
	asking_end(&asking);
}

static void neither_jobs_nor_files_grow_without_end(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *copy;
	struct err err;

	begin(&asking, state);
	copy = whose_copy(&asking);
	file(&asking, RUNS, "{}");
	assert_ok(db_script(world->vault->read.data,
			    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199)"
			    " INSERT INTO work SELECT account_id, randomblob(16), operation, made_by, asked, 3, 1, 0, 0, 0, 200, x'',"
			    " 1, 1, 1, i, 1, 1, x'01' FROM work, n", &err), &err);
	file(&asking, copy, "{}");
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET file_key = 1000 WHERE operation = 'person export'", &err), &err);
	assert_asked(&asking, METHOD_POST, copy, "{}", 422);
	file(&asking, RUNS, "{}");
	assert_ok(db_script(world->vault->read.data,
			    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 997)"
			    " INSERT INTO work SELECT account_id, randomblob(16), operation, made_by, asked, 1, 0, 0, 0, 0, 0, x'',"
			    " 1, 0, 0, 0, 0, 0, x'' FROM (SELECT * FROM work WHERE ended_at = 0 LIMIT 1), n", &err), &err);
	assert_asked(&asking, METHOD_POST, RUNS, "{}", 503);
	asking_end(&asking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_persons_copy_is_made_as_a_job_and_fetched),
		IN_WORLD(a_copy_is_fetched_by_who_may_export),
		IN_WORLD(a_copy_that_is_cancelled_or_broken_off_leaves_nothing),
		IN_WORLD(neither_jobs_nor_files_grow_without_end),
	};

	return cmocka_run_group_tests_name("api/work_file", tests, NULL, NULL);
}
