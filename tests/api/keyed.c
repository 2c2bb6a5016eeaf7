/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P49: a request with an Idempotency-Key is done once.
 */
#include "checking.h"
#include "api/asking.h"

#include <pthread.h>

#include "access/tidy.h"
#include "api/keyed.h"
#include "store/hold.h"
#include "vault/answer.h"

#define HOLDS OURS "/holds"
#define CASE_7 "{\"reason\":\"case 7\"}"
#define KEY "idempotency-key"

static void begin(struct asking *asking, void **state, const char *key)
{
	asking_begin(asking, *state);
	with_header(asking, KEY, key);
}

static size_t count_holds(const struct world *world)
{
	struct hold_row rows[64];
	struct pool pool;
	struct err err;
	size_t count;

	pool_init(&pool, 1 << 20);
	assert_ok(hold_list(world->vault->read.data, world->account.number, false, 0, &pool, rows, 64, &count, &err), &err);
	pool_free(&pool);
	return count;
}

static void who_asks_again_is_told_the_same_and_nothing_is_done_twice(void **state)
{
	struct world *world = *state;
	struct asking asking;
	const char *first;

	begin(&asking, state, "\"one\"");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_null(answer_header(&asking, "Idempotency-Replayed"));
	first = pool_strdup(&world->pool, answered(&asking));
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_string_equal(answer_header(&asking, "Idempotency-Replayed"), "true");
	assert_string_equal(answer_header(&asking, "Content-Type"), "application/json");
	assert_string_equal(answered(&asking), first);
	assert_int_equal(count_holds(world), 1);
	checks_out(world, true);
	asking_end(&asking);
}

static void quotes_around_a_key_do_not_matter_and_another_key_is_another_request(void **state)
{
	struct asking asking;

	begin(&asking, state, "one");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	with_header(&asking, KEY, "\"one\"");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_int_equal(count_holds(*state), 1);
	with_header(&asking, KEY, "\"two\"");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_null(answer_header(&asking, "Idempotency-Replayed"));
	with_header(&asking, KEY, NULL);
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_int_equal(count_holds(*state), 3);
	asking_end(&asking);
}

static void a_key_of_another_request_is_refused(void **state)
{
	struct asking asking;

	begin(&asking, state, "one");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"case 8\"}", 422);
	assert_string_equal(json_get_text(document(&asking), "type"), "/problems/idempotency-key-reused");
	assert_string_equal(json_get_text(document(&asking), "field"), "Idempotency-Key");
	assert_asked(&asking, METHOD_POST, OURS "/retention/warnings", NULL, 422);
	assert_int_equal(count_holds(*state), 1);
	asking_end(&asking);
}

static void a_key_is_of_who_sent_it(void **state)
{
	struct asking asking;
	char who[ID_TEXT_MAX];

	begin(&asking, state, "one");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	snprintf(asking.actor.who, sizeof asking.actor.who, "%s", id_format(TOKEN_PREFIX, (struct id){{8}}, who));
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_null(answer_header(&asking, "Idempotency-Replayed"));
	assert_int_equal(count_holds(*state), 2);
	asking_end(&asking);
}

static void what_is_no_key_is_refused(void **state)
{
	static const char *const wrong[] = {"\"\"", "\"a b\"", "a\"b", "a\\b", "\"", "\xc3\xa6"};
	struct asking asking;
	char longer[KEYED_LEN_MAX + 2];

	begin(&asking, state, NULL);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		with_header(&asking, KEY, wrong[i]);
		assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 400);
		assert_string_equal(json_get_text(document(&asking), "field"), "Idempotency-Key");
	}
	memset(longer, 'k', sizeof longer);
	longer[KEYED_LEN_MAX + 1] = '\0';
	with_header(&asking, KEY, longer);
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 400);
	longer[KEYED_LEN_MAX] = '\0';
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_int_equal(count_holds(*state), 1);
	asking_end(&asking);
}

static void what_was_refused_before_anything_was_done_can_be_asked_anew(void **state)
{
	struct asking asking;

	begin(&asking, state, "one");
	assert_asked(&asking, METHOD_POST, HOLDS, "{}", 400);
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_null(answer_header(&asking, "Idempotency-Replayed"));
	asking_end(&asking);
}

static void a_secret_is_told_once_and_kept_nowhere(void **state)
{
	struct asking asking;
	const char *token;

	begin(&asking, state, "one");
	assert_asked(&asking, METHOD_POST, OURS "/tokens", "{\"name\":\"dialler\",\"role\":\"admin\"}", 201);
	token = json_get_text(document(&asking), "token");
	assert_int_equal(strncmp(token, "lethe_a", 7), 0);
	assert_asked(&asking, METHOD_POST, OURS "/tokens", "{\"name\":\"dialler\",\"role\":\"admin\"}", 201);
	assert_string_equal(answer_header(&asking, "Idempotency-Replayed"), "true");
	assert_string_equal(json_get_text(document(&asking), "token"), "(shown once)");
	assert_non_null(json_get_text(document(&asking), "id"));
	asking_end(&asking);
}

/* ---- answers that no resource gives at will ---- */

static void begin_by_hand(struct asking *asking, struct keyed *keyed)
{
	const struct keyed_by by = {asking->view, asking->world->account.number, asking->actor.who, asking->desk.keep_answers};
	struct request *request = &asking->request;
	struct err err;

	asking_forget(asking);
	*request = (struct request){.method = METHOD_POST, .router = asking->router, .pool = &asking->pool, .headers = asking->headers,
				    .header_count = asking->header_count, .now = asking->world->now, .body = CASE_7,
				    .body_len = strlen(CASE_7), .has_body = true, .id_text = "req_1"};
	assert_ok(target_parse(HOLDS, strlen(HOLDS), &asking->pool, &request->target, &err), &err);
	response_init(&asking->response, &asking->pool);
	asking->answered = true;
	assert_true(keyed_begin(keyed, &by, request, &asking->response));
}

static enum result do_by_hand(struct session *session, void *arg, struct err *err)
{
	return keyed_witness(session, arg, err);
}

/* What is asked with the key is done, and answered so. */
static void answer_by_hand(struct asking *asking, int status, const char *secret, const char *body)
{
	struct keyed keyed;
	struct err err;

	begin_by_hand(asking, &keyed);
	assert_ok(vault_write(asking->view, do_by_hand, &keyed, &err), &err);
	asking->response.status = status;
	buf_add_str(&asking->response.body, body);
	keyed_end(&keyed, status < 500 ? OK : ERR_INTERNAL, true, secret, &asking->response);
}

static void each_line_of_a_secret_is_kept_nowhere(void **state)
{
	struct asking asking;

	begin(&asking, state, "one");
	answer_by_hand(&asking, 200, "aaaa-bbbb\ncccc-dddd\n", "{\"codes\":[\"aaaa-bbbb\",\"cccc-dddd\"]}");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 200);
	assert_string_equal(answered(&asking), "{\"codes\":[\"(shown once)\",\"(shown once)\"]}");
	asking_end(&asking);
}

static void what_was_answered_with_a_fault_of_ours_is_said_to_be_broken_off(void **state)
{
	static const int statuses[] = {500, 503};
	struct asking asking;

	for (size_t i = 0; i < 2; i++) {
		begin(&asking, state, i == 0 ? "one" : "two");
		answer_by_hand(&asking, statuses[i], NULL, "{}");
		assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 409);
		assert_string_equal(json_get_text(document(&asking), "type"), "/problems/idempotency-key-spent");
		assert_non_null(strstr(json_get_text(document(&asking), "detail"), "broken off before it was answered"));
		asking_end(&asking);
	}
	assert_int_equal(count_holds(*state), 0);
}

/* Of two who began at once the second is answered as the first was, and not as it would have been. */
static void who_was_second_is_answered_as_the_first(void **state)
{
	struct asking first, second;
	struct keyed keyed;
	struct err err;

	begin(&first, state, "one");
	begin(&second, state, "one");
	begin_by_hand(&second, &keyed);
	answer_by_hand(&first, 201, NULL, "{\"who\":\"first\"}");
	assert_int_equal(vault_write(second.view, do_by_hand, &keyed, &err), ERR_BUSY);
	second.response.status = 503;
	response_header(&second.response, "Lethe-Partly", "true");
	buf_add_str(&second.response.body, "{\"who\":\"second\"}");
	keyed_end(&keyed, ERR_BUSY, false, NULL, &second.response);
	assert_int_equal(second.response.status, 201);
	assert_string_equal(answered(&second), "{\"who\":\"first\"}");
	assert_null(answer_header(&second, "Lethe-Partly"));
	assert_string_equal(answer_header(&second, "Idempotency-Replayed"), "true");
	asking_end(&first);
	asking_end(&second);
}

/* ---- what cannot be kept ---- */

static void set_state(struct world *world, enum request_state state)
{
	struct err err;

	assert_ok(db_script(world->vault->read.data, state == REQUEST_BEGUN ? "UPDATE request_key SET state = 1, status = 0, answer = x''"
									    : "UPDATE request_key SET state = 3, status = 0, answer = x''",
			    &err),
		  &err);
}

static void refuse_rows(struct world *world, const char *which)
{
	const char *script = pool_printf(&world->pool, "CREATE TRIGGER refused BEFORE UPDATE ON request_key WHEN %s"
						       " BEGIN SELECT RAISE(ABORT, 'full'); END", which);
	struct err err;

	assert_ok(db_script(world->vault->read.data, script, &err), &err);
}

static void take_rows(struct world *world)
{
	struct err err;

	assert_ok(db_script(world->vault->read.data, "DROP TRIGGER refused", &err), &err);
}

static void is_said_to_be_done(struct asking *asking)
{
	assert_asked(asking, METHOD_POST, HOLDS, CASE_7, 409);
	assert_string_equal(json_get_text(document(asking), "type"), "/problems/idempotency-key-spent");
	assert_non_null(strstr(json_get_text(document(asking), "detail"), "was done and answered with status 201"));
	assert_null(answer_header(asking, "Retry-After"));
}

static void where_the_answer_cannot_be_kept_it_is_said_that_it_was_done(void **state)
{
	struct asking asking;

	begin(&asking, state, "one");
	refuse_rows(*state, "length(NEW.answer) > 0");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	is_said_to_be_done(&asking);
	take_rows(*state);
	is_said_to_be_done(&asking);
	assert_int_equal(count_holds(*state), 1);
	asking_end(&asking);
}

static void and_where_nothing_can_be_written_any_more_too(void **state)
{
	struct world *world = *state;
	struct asking asking;

	begin(&asking, state, "one");
	refuse_rows(world, "NEW.state <> 1");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	is_said_to_be_done(&asking);
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"other\"}", 422);
	take_rows(world);
	is_said_to_be_done(&asking);
	assert_int_equal(count_holds(world), 1);
	world->now.ms += asking.desk.keep_answers.ms; /* another with the same key */
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	set_state(world, REQUEST_BEGUN);
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 409);
	assert_string_equal(json_get_text(document(&asking), "type"), "/problems/idempotency-key-running");
	asking_end(&asking);
}

/* ---- time ---- */

static void a_key_is_forgotten_after_a_day(void **state)
{
	struct world *world = *state;
	struct session_rule rule = session_rule_default;
	struct tidied tidied;
	struct asking asking;
	struct err err;

	begin(&asking, state, "one");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	world->now.ms += 24 * 3600 * INT64_C(1000) - 1;
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_string_equal(answer_header(&asking, "Idempotency-Replayed"), "true");
	assert_ok(access_tidy(world->vault, world->account.number, &rule, world->now, &tidied, &err), &err);
	assert_int_equal(tidied.requests, 0);
	world->now.ms += 1;
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_null(answer_header(&asking, "Idempotency-Replayed"));
	assert_int_equal(count_holds(world), 2);
	world->now.ms += 24 * 3600 * INT64_C(1000);
	assert_ok(access_tidy(world->vault, world->account.number, &rule, world->now, &tidied, &err), &err);
	assert_int_equal(tidied.requests, 1);
	asking_end(&asking);
}

/* ---- what goes with somebody's key ---- */

struct destroying { struct world *world; enum key_class class; };

static enum result destroy_op(struct session *session, void *arg, struct err *err)
{
	const struct destroying *destroying = arg;
	uint32_t account = destroying->world->account.number;
	bool existed;

	return keyring_destroy(session->ring, account, destroying->class, 1, &existed, err);
}

static void destroy(struct world *world, enum key_class class)
{
	struct destroying destroying = {world, class};
	struct err err;

	assert_ok(vault_write(world->vault, destroy_op, &destroying, &err), &err);
}

static void answers_go_with_the_key_of_anybody_and_are_still_not_done_twice(void **state)
{
	static const enum key_class somebodys[] = {KEY_IDENTITY, KEY_CONTACT, KEY_USER};
	struct world *world = *state;
	struct asking asking;

	begin(&asking, state, NULL);
	for (size_t i = 0; i < sizeof somebodys / sizeof *somebodys; i++) {
		with_header(&asking, KEY, pool_printf(&world->pool, "key-%zu", i));
		assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
		destroy(world, KEY_PERIOD);
		assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
		destroy(world, somebodys[i]);
		assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 409);
		assert_string_equal(json_get_text(document(&asking), "type"), "/problems/idempotency-key-spent");
		assert_non_null(strstr(json_get_text(document(&asking), "detail"), "status 201"));
		assert_int_equal(count_holds(world), i + 1);
		checks_out(world, true);
	}
	asking_end(&asking);
}

static void a_damaged_answer_is_found(void **state)
{
	struct world *world = *state;
	struct check_options options = {.quick = true};
	struct check_report report;
	struct asking asking;
	struct err err;

	begin(&asking, state, "one");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	assert_ok(db_script(world->vault->read.data, "UPDATE request_key SET answer = substr(answer, 1, length(answer) - 1) || x'00'",
			    &err),
		  &err);
	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	assert_int_equal(report.checks[CHECK_ACCESS].problems, 1);
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 500);
	assert_int_equal(count_holds(world), 1);
	asking_end(&asking);
}

/* ---- crashes and crowds ---- */

static void what_is_being_done_is_not_done_beside_it(void **state)
{
	struct asking asking;

	begin(&asking, state, "one");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	set_state(*state, REQUEST_BEGUN);
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 409);
	assert_string_equal(json_get_text(document(&asking), "type"), "/problems/idempotency-key-running");
	assert_string_equal(answer_header(&asking, "Retry-After"), "1");
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"other\"}", 422);
	asking_end(&asking);
}

static void what_a_crash_broke_off_is_said_to_be(void **state)
{
	struct world *world = *state;
	struct asking asking;
	struct err err;

	begin(&asking, state, "one");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	with_header(&asking, KEY, "two");
	assert_asked(&asking, METHOD_POST, HOLDS, CASE_7, 201);
	asking_end(&asking);
	assert_ok(db_script(world->vault->read.data, "UPDATE request_key SET state = 1 WHERE blind = (SELECT MIN(blind) FROM request_key)",
			    &err),
		  &err);
	world_reopen(world);
	assert_ok(keyed_break(world->vault, &err), &err);
	begin(&asking, state, "one");
	int one = ask(&asking, METHOD_POST, HOLDS, CASE_7);
	with_header(&asking, KEY, "two");
	int two = ask(&asking, METHOD_POST, HOLDS, CASE_7);
	assert_int_equal(one + two, 201 + 409);
	assert_int_equal(count_holds(world), 2);
	asking_end(&asking);
}

enum { THREADS = 4, ROUNDS = 12 };

struct crowd { pthread_t id; struct asking asking; int done; };

static void *ask_often(void *arg)
{
	struct crowd *one = arg;
	char key[32];

	for (int i = 0; i < ROUNDS; i++) {
		int status;

		snprintf(key, sizeof key, "key-%d", i);
		with_header(&one->asking, KEY, key);
		status = ask(&one->asking, METHOD_POST, HOLDS, CASE_7);
		if (status == 201 && answer_header(&one->asking, "Idempotency-Replayed") == NULL)
			one->done++;
		else if (status != 201 && status != 409)
			one->done += 1000;
	}
	return NULL;
}

static void many_who_ask_at_once_with_one_key_have_it_done_once(void **state)
{
	struct world *world = *state;
	struct crowd crowd[THREADS];
	int done = 0;

	for (int i = 0; i < THREADS; i++) {
		crowd[i] = (struct crowd){.done = 0};
		asking_begin(&crowd[i].asking, world);
		assert_int_equal(pthread_create(&crowd[i].id, NULL, ask_often, &crowd[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(crowd[i].id, NULL), 0);
		done += crowd[i].done;
		asking_end(&crowd[i].asking);
	}
	assert_int_equal(done, ROUNDS);
	assert_int_equal(count_holds(world), ROUNDS);
	checks_out(world, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(who_asks_again_is_told_the_same_and_nothing_is_done_twice),
	    IN_WORLD(quotes_around_a_key_do_not_matter_and_another_key_is_another_request),
	    IN_WORLD(a_key_of_another_request_is_refused),
	    IN_WORLD(a_key_is_of_who_sent_it),
	    IN_WORLD(what_is_no_key_is_refused),
	    IN_WORLD(what_was_refused_before_anything_was_done_can_be_asked_anew),
	    IN_WORLD(a_secret_is_told_once_and_kept_nowhere),
	    IN_WORLD(each_line_of_a_secret_is_kept_nowhere),
	    IN_WORLD(what_was_answered_with_a_fault_of_ours_is_said_to_be_broken_off),
	    IN_WORLD(where_the_answer_cannot_be_kept_it_is_said_that_it_was_done),
	    IN_WORLD(and_where_nothing_can_be_written_any_more_too),
	    IN_WORLD(who_was_second_is_answered_as_the_first),
	    IN_WORLD(a_key_is_forgotten_after_a_day),
	    IN_WORLD(answers_go_with_the_key_of_anybody_and_are_still_not_done_twice),
	    IN_WORLD(a_damaged_answer_is_found),
	    IN_WORLD(what_is_being_done_is_not_done_beside_it),
	    IN_WORLD(what_a_crash_broke_off_is_said_to_be),
	    IN_WORLD(many_who_ask_at_once_with_one_key_have_it_done_once),
	};

	return cmocka_run_group_tests_name("api/keyed", tests, NULL, NULL);
}
