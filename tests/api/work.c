/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P61: long work that is answered later.
 */
#include "api/asking.h"

#include "access/token.h"
#include "api/work.h"
#include "privacy/resume.h"
#include "privacy/user.h"
#include "store/leaf.h"
#include "vault/check.h"

#define RUNS OURS "/retention/runs"
#define JOBS OURS "/jobs"
#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* ---- who carries it out ---- */

static int woken;
static bool stop;

static void wake(void *arg)
{
	(void)arg;
	woken++;
}

static bool is_stopping(void *arg)
{
	(void)arg;
	return stop;
}

static struct instant the_time(void *arg)
{
	const struct asking *asking = arg;

	return asking->world->now;
}

/* From here on it is a token of that role that asks. */
static struct id act_as(struct asking *asking, enum access_role role)
{
	struct world *world = asking->world;
	const struct token_new new = {.name = "program", .role = role, .scopes = permission_scopes(role), .expires = true,
				      .expires_at = {world->now.ms + DAY_MS}};
	const struct actor local = actor_local(0);
	uint32_t account = role == ROLE_OPERATOR ? VAULT_ACCOUNT : world->account.number;
	struct token_row row;
	struct opaque token;
	struct id id;
	struct err err;

	assert_ok(tokens_create(world->vault, &local, account, &new, world->now, &token, &id, &err), &err);
	assert_ok(token_get(world->vault->read.data, account, id, &world->pool, &row, &err), &err);
	asking->actor = actor_token(&row);
	asking->actor.region = world->vault->id;
	return id;
}

static void begin(struct asking *asking, void **state)
{
	asking_begin(asking, *state);
	act_as(asking, ROLE_OWNER);
	asking->desk.wake = wake;
	woken = 0;
	stop = false;
	with_header(asking, "prefer", "respond-async, wait=1");
}

static size_t open_ones(struct asking *asking, struct work_row *out)
{
	struct db *data = asking->world->vault->read.data;
	uint32_t account;
	size_t count = 0;
	bool found;
	struct err err;

	assert_ok(work_next_account(data, -1, &found, &account, &err), &err);
	if (found)
		assert_ok(work_list_open(data, account, &asking->world->pool, out, 8, &count, &err), &err);
	return count;
}

/* As it was when it was taken. Did it end? */
static bool carry_out_as(struct asking *asking, const struct work_row *row)
{
	const struct work_runner runner = {.desk = &asking->desk, .vaults = &asking->world->vault, .router = asking->router,
					   .stopping = is_stopping, .now = the_time, .arg = asking};

	return work_run(&runner, 0, row);
}

/* The oldest. */
static bool carry_out(struct asking *asking)
{
	struct work_row rows[8];

	assert_true(open_ones(asking, rows) > 0);
	return carry_out_as(asking, &rows[0]);
}

static const char *file(struct asking *asking, const char *target, const char *body)
{
	assert_asked(asking, METHOD_POST, target, body, 202);
	return pool_strdup(&asking->world->pool, answer_header(asking, "Location"));
}

static const struct json *job_at(struct asking *asking, const char *where)
{
	assert_asked(asking, METHOD_GET, where, NULL, 200);
	return document(asking);
}

static void is_in_state(struct asking *asking, const char *where, const char *state)
{
	assert_string_equal(json_get_text(job_at(asking, where), "state"), state);
}

static int count_leaves(const struct world *world, const char *act)
{
	struct leaf leaves[256];
	struct pool pool;
	struct err err;
	size_t count;
	int found = 0;

	pool_init(&pool, 1 << 22);
	assert_ok(leaf_list(world->vault->read.data, world->account.number, 0, &pool, leaves, 256, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		found += strstr(leaves[i].body, act) != NULL;
	pool_free(&pool);
	return found;
}

/* ---- filing and doing ---- */

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

	begin(&asking, state);
	act_as(&asking, ROLE_OPERATOR);
	where = file(&asking, "/v1/checks", "{\"quick\":true}");
	assert_int_equal(strncmp(where, "/v1/jobs/job_", 13), 0);
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "done");
	assert_int_equal(json_get_int(json_get(document(&asking), "answer"), "problems", -1), 0);
	asking_end(&asking);
}

/* ---- with what rights (P39) ---- */

static void is_refused(struct asking *asking, const char *where, const char *why)
{
	const struct json *answer;

	assert_true(carry_out(asking));
	act_as(asking, ROLE_AUDITOR);
	answer = json_get(job_at(asking, where), "answer");
	assert_string_equal(json_get_text(document(asking), "state"), "failed");
	assert_int_equal(json_get_int(document(asking), "status", 0), 403);
	assert_string_equal(json_get_text(answer, "type"), "/problems/denied");
	assert_non_null(strstr(json_get_text(answer, "detail"), why));
	assert_int_equal(count_leaves(asking->world, "\"job.end\""), 1);
	assert_int_equal(count_leaves(asking->world, "\"retention.run\""), 0);
}

static void what_a_token_asked_that_was_revoked_meanwhile_is_not_done(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct id id;
	struct err err;

	begin(&asking, state);
	id = act_as(&asking, ROLE_ADMIN);
	where = file(&asking, RUNS, "{}");
	assert_ok(tokens_revoke(world->vault, world->account.number, id, world->now, &err), &err);
	is_refused(&asking, where, "revoked");
	asking_end(&asking);
}

static void nor_what_one_asked_that_has_expired(void **state)
{
	struct asking asking;
	const char *where;

	begin(&asking, state);
	where = file(&asking, RUNS, "{}");
	asking.world->now.ms += DAY_MS;
	is_refused(&asking, where, "expired");
	asking_end(&asking);
}

static void act_as_a_user(struct asking *asking)
{
	struct world *world = asking->world;
	const struct user_new new = {.name = "Anna", .role = USER_ADMIN};
	struct user_row row;
	struct id id;
	struct err err;

	assert_ok(user_add(world->vault, &world->account, &new, world->now, &world->pool, &id, &err), &err);
	assert_ok(user_lookup(&world->vault->read, &world->account, "Anna", &world->pool, &row, &err), &err);
	asking->actor = actor_user(&row);
	asking->actor.region = world->vault->id;
}

static void is_refused_after(void **state, const char *sql, const char *why)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct err err;

	begin(&asking, state);
	act_as_a_user(&asking);
	where = file(&asking, RUNS, "{}");
	assert_ok(db_script(world->vault->read.data, sql, &err), &err);
	is_refused(&asking, where, why);
	asking_end(&asking);
}

static void nor_what_a_user_asked_who_was_removed(void **state)
{
	is_refused_after(state, "DELETE FROM account_user", "removed");
}

static void nor_what_one_asked_who_is_being_removed(void **state)
{
	is_refused_after(state, "UPDATE account_user SET state = 2", "removed");
}

static void nor_what_one_asked_whose_role_may_it_no_more(void **state)
{
	is_refused_after(state, "UPDATE account_user SET role = 4", "retention.run");
}

/* The daemon stopped after the first thing was done. */
static void goes_on_after(void **state, const char *sql)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct err err;

	begin(&asking, state);
	act_as_a_user(&asking);
	where = file(&asking, RUNS, "{}");
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET begun = 1, state = 2", &err), &err);
	assert_ok(db_script(world->vault->read.data, sql, &err), &err);
	assert_true(carry_out(&asking));
	act_as(&asking, ROLE_AUDITOR);
	is_in_state(&asking, where, "done");
	assert_int_equal(count_leaves(world, "\"retention.run\""), 1);
	asking_end(&asking);
}

static void what_was_begun_goes_on_after_a_restart_whoever_was_removed(void **state)
{
	goes_on_after(state, "DELETE FROM account_user");
}

static void and_whoever_may_it_no_more(void **state)
{
	goes_on_after(state, "UPDATE account_user SET role = 4");
}

static void and_whatever_token_was_revoked(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct id id;
	struct err err;

	begin(&asking, state);
	id = act_as(&asking, ROLE_ADMIN);
	where = file(&asking, RUNS, "{}");
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET begun = 1, state = 2", &err), &err);
	assert_ok(tokens_revoke(world->vault, world->account.number, id, world->now, &err), &err);
	assert_true(carry_out(&asking));
	act_as(&asking, ROLE_AUDITOR);
	is_in_state(&asking, where, "done");
	assert_int_equal(count_leaves(world, "\"retention.run\""), 1);
	asking_end(&asking);
}

/* ---- files ---- */

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

/* ---- stopping ---- */

static void one_that_waits_is_cancelled_at_once(void **state)
{
	struct asking asking;
	struct work_row rows[8];
	const char *where;

	begin(&asking, state);
	where = file(&asking, RUNS, "{}");
	assert_asked(&asking, METHOD_DELETE, where, NULL, 200);
	assert_string_equal(json_get_text(document(&asking), "state"), "cancelled");
	assert_int_equal(open_ones(&asking, rows), 0);
	is_in_state(&asking, where, "cancelled");
	assert_asked(&asking, METHOD_DELETE, where, NULL, 409);
	assert_int_equal(count_leaves(*state, "\"job.cancel\""), 1);
	assert_int_equal(count_leaves(*state, "\"job.end\""), 1); /* which is told as job.ended */
	asking_end(&asking);
}

static void one_that_was_cancelled_as_it_was_taken_is_not_carried_out(void **state)
{
	struct asking asking;
	struct work_row rows[8];
	const char *where;

	begin(&asking, state);
	where = file(&asking, RUNS, "{}");
	assert_int_equal(open_ones(&asking, rows), 1);
	assert_asked(&asking, METHOD_DELETE, where, NULL, 200);
	assert_true(carry_out_as(&asking, &rows[0]));
	is_in_state(&asking, where, "cancelled");
	assert_int_equal(count_leaves(*state, "\"retention.run\""), 0);
	assert_int_equal(count_leaves(*state, "\"job.end\""), 1);
	asking_end(&asking);
}

static void one_that_runs_is_stopped_between_two_steps(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct err err;

	begin(&asking, state);
	act_as(&asking, ROLE_OPERATOR);
	where = file(&asking, "/v1/checks", "{\"quick\":true}");
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET state = 2", &err), &err);
	assert_asked(&asking, METHOD_DELETE, where, NULL, 200);
	assert_string_equal(json_get_text(document(&asking), "state"), "running");
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "cancelled");
	assert_int_equal(json_get(document(&asking), "answer")->type, JSON_NULL);
	asking_end(&asking);
}

static void what_a_stop_of_the_daemon_broke_off_goes_on(void **state)
{
	struct asking asking;
	const char *where;

	begin(&asking, state);
	act_as(&asking, ROLE_OPERATOR);
	where = file(&asking, "/v1/checks", "{\"quick\":true}");
	stop = true;
	assert_false(carry_out(&asking));
	is_in_state(&asking, where, "running");
	stop = false;
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "done");
	asking_end(&asking);
}

/* A rotation that was begun is gone on with by the vault itself. */
static void what_the_vault_has_ended_by_itself_is_not_begun_anew(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct epoch before, after;
	struct err err;

	begin(&asking, state);
	act_as(&asking, ROLE_OPERATOR);
	assert_ok(epoch_find(world->vault->read.keys, EPOCH_CURRENT, &before, &err), &err);
	where = file(&asking, "/v1/keys/rotations", "{}");
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET begun = 1, state = 2", &err), &err);
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "done");
	assert_non_null(json_get(json_get(document(&asking), "answer"), "resumed"));
	assert_ok(epoch_find(world->vault->read.keys, EPOCH_CURRENT, &after, &err), &err);
	assert_int_equal(before.epoch, after.epoch);
	where = file(&asking, "/v1/keys/rotations", "{}");
	assert_true(carry_out(&asking));
	is_in_state(&asking, where, "done");
	assert_ok(epoch_find(world->vault->read.keys, EPOCH_CURRENT, &after, &err), &err);
	assert_int_equal(before.epoch + 1, after.epoch);
	asking_end(&asking);
}

static void what_was_answered_goes_with_the_key_of_anybody(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct err err;

	begin(&asking, state);
	where = file(&asking, RUNS, "{}");
	assert_true(carry_out(&asking));
	assert_int_equal(json_get(job_at(&asking, where), "answer")->type, JSON_OBJECT);
	assert_ok(db_script(world->vault->read.keys, "UPDATE key_slot SET wrapped = zeroblob(length(wrapped))"
						      " WHERE slot = (SELECT slot FROM wrapped_key WHERE class = 4 AND number = 4);"
						      "DELETE FROM wrapped_key WHERE class = 4 AND number = 4",
			    &err),
		  &err);
	keyring_clear(asking.view->read.ring);
	assert_int_equal(json_get(job_at(&asking, where), "answer")->type, JSON_NULL);
	assert_string_equal(json_get_text(document(&asking), "state"), "done");
	asking_end(&asking);
}

static void what_is_damaged_is_found(void **state)
{
	struct world *world = *state;
	struct check_options options = {.quick = true};
	struct check_report report;
	struct asking asking;
	struct err err;

	begin(&asking, state);
	file(&asking, RUNS, "{}");
	assert_true(carry_out(&asking));
	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	assert_int_equal(report.problems, 0);
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET result = substr(result, 1, length(result) - 1) || x'00'", &err),
		  &err);
	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	assert_int_equal(report.checks[CHECK_ACCESS].problems, 1);
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET result = x'', asked = x'00'", &err), &err);
	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	assert_int_equal(report.checks[CHECK_ACCESS].problems, 1);
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
	    IN_WORLD(what_a_token_asked_that_was_revoked_meanwhile_is_not_done),
	    IN_WORLD(nor_what_one_asked_that_has_expired),
	    IN_WORLD(nor_what_a_user_asked_who_was_removed),
	    IN_WORLD(nor_what_one_asked_who_is_being_removed),
	    IN_WORLD(nor_what_one_asked_whose_role_may_it_no_more),
	    IN_WORLD(what_was_begun_goes_on_after_a_restart_whoever_was_removed),
	    IN_WORLD(and_whoever_may_it_no_more),
	    IN_WORLD(and_whatever_token_was_revoked),
	    IN_WORLD(a_persons_copy_is_made_as_a_job_and_fetched),
	    IN_WORLD(a_copy_is_fetched_by_who_may_export),
	    IN_WORLD(a_copy_that_is_cancelled_or_broken_off_leaves_nothing),
	    IN_WORLD(neither_jobs_nor_files_grow_without_end),
	    IN_WORLD(one_that_waits_is_cancelled_at_once),
	    IN_WORLD(one_that_was_cancelled_as_it_was_taken_is_not_carried_out),
	    IN_WORLD(one_that_runs_is_stopped_between_two_steps),
	    IN_WORLD(what_a_stop_of_the_daemon_broke_off_goes_on),
	    IN_WORLD(what_the_vault_has_ended_by_itself_is_not_begun_anew),
	    IN_WORLD(what_is_damaged_is_found),
	    IN_WORLD(what_was_answered_goes_with_the_key_of_anybody),
	};

	return cmocka_run_group_tests_name("api/work", tests, NULL, NULL);
}
