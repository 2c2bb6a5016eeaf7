/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P61, P39: long work is carried out once, with the rights that it was asked with.
 */
#include "checking.h"
#include "api/working.h"

#include "privacy/user.h"

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

/* As the daemon leaves it when it stops after the first thing was done. */
static void was_begun(const struct asking *asking)
{
	struct err err;

	assert_ok(db_script(asking->world->vault->read.data, "UPDATE work SET begun = 1, state = 2", &err), &err);
}

static void is_gone_on_with(struct asking *asking, const char *where)
{
	assert_true(carry_out(asking));
	act_as(asking, ROLE_AUDITOR);
	is_in_state(asking, where, "done");
	assert_int_equal(count_leaves(asking->world, "\"retention.run\""), 1);
}

static void goes_on_after(void **state, const char *sql)
{
	struct world *world = *state;
	struct asking asking;
	const char *where;
	struct err err;

	begin(&asking, state);
	act_as_a_user(&asking);
	where = file(&asking, RUNS, "{}");
	was_begun(&asking);
	assert_ok(db_script(world->vault->read.data, sql, &err), &err);
	is_gone_on_with(&asking, where);
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
	was_begun(&asking);
	assert_ok(tokens_revoke(world->vault, world->account.number, id, world->now, &err), &err);
	is_gone_on_with(&asking, where);
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

	where = file_check(&asking, state);
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

	where = file_check(&asking, state);
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
	was_begun(&asking);
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
	struct asking asking;
	struct err err;

	begin(&asking, state);
	file(&asking, RUNS, "{}");
	assert_true(carry_out(&asking));
	checks_out(world, true);
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET result = substr(result, 1, length(result) - 1) || x'00'", &err),
		  &err);
	assert_int_equal(checked(world, true).checks[CHECK_ACCESS].problems, 1);
	assert_ok(db_script(world->vault->read.data, "UPDATE work SET result = x'', asked = x'00'", &err), &err);
	assert_int_equal(checked(world, true).checks[CHECK_ACCESS].problems, 1);
	asking_end(&asking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(what_a_token_asked_that_was_revoked_meanwhile_is_not_done),
		IN_WORLD(nor_what_one_asked_that_has_expired),
		IN_WORLD(nor_what_a_user_asked_who_was_removed),
		IN_WORLD(nor_what_one_asked_who_is_being_removed),
		IN_WORLD(nor_what_one_asked_whose_role_may_it_no_more),
		IN_WORLD(what_was_begun_goes_on_after_a_restart_whoever_was_removed),
		IN_WORLD(and_whoever_may_it_no_more),
		IN_WORLD(and_whatever_token_was_revoked),
		IN_WORLD(one_that_waits_is_cancelled_at_once),
		IN_WORLD(one_that_was_cancelled_as_it_was_taken_is_not_carried_out),
		IN_WORLD(one_that_runs_is_stopped_between_two_steps),
		IN_WORLD(what_a_stop_of_the_daemon_broke_off_goes_on),
		IN_WORLD(what_the_vault_has_ended_by_itself_is_not_begun_anew),
		IN_WORLD(what_was_answered_goes_with_the_key_of_anybody),
		IN_WORLD(what_is_damaged_is_found),
	};

	return cmocka_run_group_tests_name("api/work_run", tests, NULL, NULL);
}
