/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P61: long work that is answered later.
 */
#include "api/working.h"

static void it_is_filed_at_once_and_done_later(void **state)
{
	struct asking asking;
	const char *where;

	begin(&asking, state);
	where = file(&asking, RUNS, "{}");
	assert_string_equal(answer_header(&asking, "Preference-Applied"), "respond-async");
	assert_string_equal(json_get_text(document(&asking), "state"), "waiting");
	assert_int_equal(woken, 1);
	assert_int_equal(count_leaves(*state, "\"job.file\""), 1);
	assert_int_equal(count_leaves(*state, "\"retention.run\""), 0);
	is_in_state(&asking, where, "waiting");
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "done");
	assert_int_equal(json_get_int(document(&asking), "status", 0), 200);
	assert_non_null(json_get(json_get(document(&asking), "answer"), "kinds"));
	assert_int_equal(count_leaves(*state, "\"job.end\""), 1);
	assert_int_equal(count_leaves(*state, pool_printf(&asking.world->pool, "\"by\":\"%s\"", asking.actor.who)),
			 2 + count_leaves(*state, "\"retention."));
	asking_end(&asking);
}

static void who_does_not_prefer_it_waits_for_the_answer(void **state)
{
	struct asking asking;

	begin(&asking, state);
	with_header(&asking, "prefer", "wait=10");
	assert_asked(&asking, METHOD_POST, RUNS, "{}", 200);
	with_header(&asking, "prefer", "respond-async");
	assert_asked(&asking, METHOD_POST, OURS "/holds", "{\"reason\":\"short\"}", 201);
	assert_null(answer_header(&asking, "Preference-Applied"));
	assert_int_equal(woken, 0);
	asking_end(&asking);
}

static void what_is_wrong_with_it_is_said_at_once(void **state)
{
	struct asking asking;
	struct work_row rows[8];

	begin(&asking, state);
	assert_asked(&asking, METHOD_POST, RUNS, "{\"max_recrods\":1}", 400);
	assert_string_equal(json_get_text(document(&asking), "field"), "max_recrods");
	asking.actor.scopes = 1 << MAY_JOB_READ;
	assert_asked(&asking, METHOD_POST, RUNS, "{}", 403);
	assert_int_equal(open_ones(&asking, rows), 0);
	asking_end(&asking);
}

static void what_fails_later_says_why(void **state)
{
	struct asking asking;
	const char *where;
	const struct json *answer;

	begin(&asking, state);
	where = file(&asking, OURS "/persons/per_00000000000000000000000000/erasure", "{}");
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "failed");
	answer = json_get(document(&asking), "answer");
	assert_string_equal(json_get_text(answer, "type"), "/problems/not-found");
	assert_int_equal(json_get_int(document(&asking), "status", 0), 404);
	asking_end(&asking);
}

/* Puts another text, sealed, in the place of what the one job asks. */
struct forging { struct work_row row; const char *text; struct pool *pool; };

static enum result forge_op(struct session *session, void *arg, struct err *err)
{
	struct forging *forging = arg;
	char script[4096];
	size_t len = 0;
	enum result r = seal_data(session->ring, forging->row.account, "work", forging->row.id, forging->text, forging->pool,
				  &forging->row.asked, &forging->row.asked_len, err);

	len = (size_t)snprintf(script, sizeof script, "UPDATE work SET asked = x'");
	for (size_t i = 0; i < forging->row.asked_len; i++)
		len += (size_t)snprintf(script + len, sizeof script - len, "%02x", forging->row.asked[i]);
	snprintf(script + len, sizeof script - len, "'");
	return r == OK ? db_script(session->data, script, err) : r;
}

static void what_asks_nothing_is_damaged_and_ends(void **state)
{
	static const char *const texts[] = {"{}", "[]", "7", "{\"target\":\"/v1/a\",\"body\":\"\"}",
					    "{\"method\":\"POST\",\"target\":\"/v1/a\",\"body\":\"\"}"};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct forging forging = {.text = texts[i], .pool = &world->pool};
		struct asking asking;
		struct work_row rows[8];
		const char *where;
		struct err err;

		begin(&asking, state);
		where = file(&asking, RUNS, "{}");
		assert_int_equal(open_ones(&asking, rows), 1);
		forging.row = rows[0];
		assert_ok(vault_write(world->vault, forge_op, &forging, &err), &err);
		assert_true(carry_out(&asking));
		is_in_state(&asking, where, "failed");
		assert_int_equal(json_get_int(document(&asking), "status", 0), 500);
		assert_int_equal(count_leaves(world, "\"retention.run\""), 0);
		assert_ok(db_script(world->vault->read.data, "DELETE FROM work", &err), &err);
		asking_end(&asking);
	}
}

static void with_a_key_it_is_filed_once(void **state)
{
	struct asking asking;
	struct work_row rows[8];
	const char *where;

	begin(&asking, state);
	with_header(&asking, "idempotency-key", "one");
	where = file(&asking, RUNS, "{}");
	assert_string_equal(file(&asking, RUNS, "{}"), where);
	assert_string_equal(answer_header(&asking, "Idempotency-Replayed"), "true");
	assert_int_equal(open_ones(&asking, rows), 1);
	asking_end(&asking);
}

static const char *tag_of(struct asking *asking, const char *target)
{
	assert_asked(asking, METHOD_GET, target, NULL, 200);
	return pool_strdup(&asking->world->pool, answer_header(asking, "ETag"));
}

/* P51 */
static void what_was_read_has_to_be_so_when_it_is_filed_and_when_it_is_done(void **state)
{
	struct asking asking;
	const char *where, *tag;

	begin(&asking, state);
	tag = tag_of(&asking, RUNS);
	with_header(&asking, "if-match", tag);
	where = file(&asking, RUNS, "{}");
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "done");
	assert_asked(&asking, METHOD_POST, RUNS, "{}", 412);
	with_header(&asking, "if-match", tag_of(&asking, RUNS));
	where = file(&asking, RUNS, "{}");
	with_header(&asking, "if-match", NULL);
	with_header(&asking, "prefer", NULL);
	asking.world->now.ms += 1000;
	assert_asked(&asking, METHOD_POST, RUNS, "{}", 200);
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "failed");
	assert_int_equal(json_get_int(document(&asking), "status", 0), 412);
	assert_string_equal(json_get_text(json_get(document(&asking), "answer"), "type"), "/problems/precondition");
	assert_int_equal(count_leaves(*state, "\"retention.run\""), 2);
	asking_end(&asking);
}

static void a_condition_is_about_the_form_that_was_read_and_of_what_is_begun_no_more(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct err err;

	begin(&asking, state);
	with_header(&asking, "accept", "text/plain");
	with_header(&asking, "if-match", tag_of(&asking, RUNS));
	where = file(&asking, RUNS, "{}");
	assert_true(carry_out(&asking));
	with_header(&asking, "accept", NULL);
	is_in_state(&asking, where, "done");
	with_header(&asking, "if-match", tag_of(&asking, RUNS));
	where = file(&asking, RUNS, "{}");
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET begun = 1, state = 2 WHERE ended_at = 0", &err), &err);
	with_header(&asking, "if-match", NULL);
	with_header(&asking, "prefer", NULL);
	world->now.ms += 1000;
	assert_asked(&asking, METHOD_POST, RUNS, "{}", 200);
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "done");
	asking_end(&asking);
}

/* P57 */
static void why_it_was_asked_is_in_the_leaves_of_the_job(void **state)
{
	struct asking asking;

	begin(&asking, state);
	with_header(&asking, "lethe-reason", "not a reference");
	assert_asked(&asking, METHOD_POST, RUNS, "{}", 400);
	with_header(&asking, "lethe-reason", "CASE-7");
	file(&asking, RUNS, "{}");
	assert_int_equal(count_leaves(*state, "CASE-7"), 1);
	assert_true(carry_out(&asking));
	assert_int_equal(count_leaves(*state, "CASE-7"), 1 + count_leaves(*state, "\"retention."));
	asking_end(&asking);
}

static void jobs_are_listed_the_newest_first(void **state)
{
	struct asking asking;
	const char *where[3];
	int i = 3;

	begin(&asking, state);
	for (int k = 0; k < 3; k++) {
		where[k] = file(&asking, RUNS, "{}");
		asking.world->now.ms += 1000;
	}
	assert_asked(&asking, METHOD_GET, JOBS "?limit=2", NULL, 200);
	for (const struct json *at = json_get(document(&asking), "jobs")->first; at != NULL && i > 0; at = at->next)
		assert_non_null(strstr(where[--i], json_get_text(at, "id")));
	assert_int_equal(i, 1);
	assert_asked(&asking, METHOD_GET,
		     pool_printf(&asking.world->pool, "%s?limit=2&cursor=%s", JOBS, json_get_text(document(&asking), "next")), NULL, 200);
	assert_non_null(strstr(where[0], json_get_text(json_get(document(&asking), "jobs")->first, "id")));
	assert_null(json_get_text(document(&asking), "next"));
	asking_end(&asking);
}

static void a_job_of_another_account_is_not_there(void **state)
{
	struct world *world = *state;
	struct asking asking;
	struct account other;
	const char *where;
	struct err err;

	begin(&asking, state);
	where = strrchr(file(&asking, RUNS, "{}"), '/');
	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &other, &err), &err);
	asking.actor.account = other.number;
	assert_asked(&asking, METHOD_GET, pool_printf(&world->pool, "/v1/accounts/Other/jobs%s", where), NULL, 404);
	assert_asked(&asking, METHOD_DELETE, pool_printf(&world->pool, "/v1/accounts/Other/jobs%s", where), NULL, 404);
	asking_end(&asking);
}

static void the_operators_jobs_are_of_the_vault(void **state)
{
	struct asking asking;
	const char *where;

	where = file_check(&asking, state);
	assert_int_equal(strncmp(where, "/v1/jobs/job_", 13), 0);
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "done");
	assert_int_equal(json_get_int(json_get(document(&asking), "answer"), "problems", -1), 0);
	asking_end(&asking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(it_is_filed_at_once_and_done_later),
		IN_WORLD(who_does_not_prefer_it_waits_for_the_answer),
		IN_WORLD(what_is_wrong_with_it_is_said_at_once),
		IN_WORLD(what_fails_later_says_why),
		IN_WORLD(what_asks_nothing_is_damaged_and_ends),
		IN_WORLD(with_a_key_it_is_filed_once),
		IN_WORLD(what_was_read_has_to_be_so_when_it_is_filed_and_when_it_is_done),
		IN_WORLD(a_condition_is_about_the_form_that_was_read_and_of_what_is_begun_no_more),
		IN_WORLD(why_it_was_asked_is_in_the_leaves_of_the_job),
		IN_WORLD(jobs_are_listed_the_newest_first),
		IN_WORLD(a_job_of_another_account_is_not_there),
		IN_WORLD(the_operators_jobs_are_of_the_vault),
	};

	return cmocka_run_group_tests_name("api/work", tests, NULL, NULL);
}
