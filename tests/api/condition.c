/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P51: what was changed since it was read is not overwritten by who says what they read.
 */
#include "api/asking.h"

#include <pthread.h>

#include "api/condition.h"

#define GRACE OURS "/settings/grace_hours"
#define HOLDS OURS "/holds"

static const char *etag_of(struct asking *asking, const char *target)
{
	assert_asked(asking, METHOD_GET, target, NULL, 200);
	assert_non_null(answer_header(asking, "ETag"));
	return pool_strdup(&asking->world->pool, answer_header(asking, "ETag"));
}

static void set_grace(struct asking *asking, const char *hours, int wanted)
{
	assert_asked(asking, METHOD_PUT, GRACE, pool_printf(&asking->world->pool, "{\"value\":\"%s\"}", hours), wanted);
}

static void a_document_has_another_tag_when_it_is_another(void **state)
{
	struct asking asking;
	const char *first, *second;

	asking_begin(&asking, *state);
	first = etag_of(&asking, OURS);
	assert_string_equal(etag_of(&asking, OURS), first);
	set_grace(&asking, "5", 200);
	second = etag_of(&asking, OURS);
	assert_string_not_equal(second, first);
	with_header(&asking, "accept", "text/plain");
	assert_string_not_equal(etag_of(&asking, OURS), second);
	asking_end(&asking);
}

static void a_write_is_done_only_if_what_was_read_is_still_so(void **state)
{
	struct asking asking;
	const char *first;

	asking_begin(&asking, *state);
	first = etag_of(&asking, OURS);
	with_header(&asking, "if-match", first);
	set_grace(&asking, "5", 200);
	set_grace(&asking, "6", 412);
	assert_string_equal(json_get_text(document(&asking), "type"), "/problems/precondition");
	with_header(&asking, "if-match", NULL);
	with_header(&asking, "if-match", etag_of(&asking, OURS));
	set_grace(&asking, "6", 200);
	with_header(&asking, "if-match", "*");
	set_grace(&asking, "7", 200);
	with_header(&asking, "if-match", "5");
	set_grace(&asking, "8", 400);
	assert_string_equal(json_get_text(document(&asking), "field"), "If-Match");
	asking_end(&asking);
}

static void a_list_can_be_what_was_read(void **state)
{
	struct asking asking;
	const char *etag;

	asking_begin(&asking, *state);
	etag = etag_of(&asking, HOLDS);
	with_header(&asking, "if-match", etag);
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"one\"}", 201);
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"two\"}", 412);
	asking_end(&asking);
}

static void none_may_match_what_is_there(void **state)
{
	struct asking asking;

	asking_begin(&asking, *state);
	with_header(&asking, "if-none-match", "*");
	set_grace(&asking, "5", 412);
	with_header(&asking, "if-none-match", "\"other\"");
	set_grace(&asking, "5", 200);
	asking_end(&asking);
}

static void what_cannot_be_read_matches_nothing(void **state)
{
	struct asking asking;

	asking_begin(&asking, *state);
	asking.actor.role = ROLE_OPERATOR;
	asking.actor.account = 0;
	with_header(&asking, "if-match", "*");
	assert_asked(&asking, METHOD_POST, "/v1/checks", "{\"quick\":true}", 412);
	asking_end(&asking);
}

/* Who may write and not read does not learn by a condition what there is. */
static void who_may_not_read_it_is_told_so(void **state)
{
	struct asking asking;
	const char *etag;

	asking_begin(&asking, *state);
	etag = etag_of(&asking, HOLDS);
	asking.actor.scopes = 1 << MAY_HOLD_WRITE;
	with_header(&asking, "if-match", etag);
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"one\"}", 403);
	asking_end(&asking);
}

static void a_replayed_answer_has_no_condition(void **state)
{
	struct asking asking;

	asking_begin(&asking, *state);
	with_header(&asking, "if-match", etag_of(&asking, HOLDS));
	with_header(&asking, "idempotency-key", "one");
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"one\"}", 201);
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"one\"}", 201);
	assert_string_equal(answer_header(&asking, "Idempotency-Replayed"), "true");
	with_header(&asking, "idempotency-key", "two");
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"one\"}", 412);
	with_header(&asking, "if-match", NULL);
	assert_asked(&asking, METHOD_POST, HOLDS, "{\"reason\":\"one\"}", 201);
	asking_end(&asking);
}

/* ---- the subject ---- */

static const struct resource *resource_at(enum method method, const char *path)
{
	for (size_t i = 0; i < resource_count; i++) {
		if (resources[i].method == method && strcmp(resources[i].path, path) == 0)
			return &resources[i];
	}
	fail_msg("no such resource: %s", path);
	return NULL;
}

static void a_condition_is_about_the_nearest_that_can_be_read(void **state)
{
	static const struct { enum method method; const char *path, *about; } cases[] = {
	    {METHOD_DELETE, "/v1/accounts/{account}/contacts/{contact}", "/v1/accounts/{account}/contacts/{contact}"},
	    {METHOD_DELETE, "/v1/accounts/{account}/contacts/{contact}/deletion", "/v1/accounts/{account}/contacts/{contact}"},
	    {METHOD_PUT, "/v1/accounts/{account}/persons/{person}/restriction", "/v1/accounts/{account}/persons/{person}"},
	    {METHOD_POST, "/v1/accounts/{account}/policies/removals", "/v1/accounts/{account}/policies"},
	    {METHOD_PUT, "/v1/accounts/{account}/settings/{setting}", "/v1/accounts/{account}"},
	    {METHOD_POST, "/v1/keys/rotations", "/v1/keys"},
	    {METHOD_POST, "/v1/accounts/{account}/records", "/v1/accounts/{account}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(condition_subject(resource_at(cases[i].method, cases[i].path))->path, cases[i].about);
	assert_null(condition_subject(resource_at(METHOD_POST, "/v1/checks")));
}

/* ---- many at once ---- */

enum { THREADS = 3, WINS = 8 };

struct editor { pthread_t id; struct asking asking; int won; };

/* Reads, and writes if it is still so; until it has won often enough. */
static void *edit(void *arg)
{
	struct editor *editor = arg;
	struct asking *asking = &editor->asking;
	char etag[64], body[64];

	for (int i = 0; editor->won < WINS && i < 1000; i++) {
		int status = ask(asking, METHOD_GET, HOLDS, NULL);

		if (status != 200)
			return NULL;
		snprintf(etag, sizeof etag, "%s", answer_header(asking, "ETag"));
		snprintf(body, sizeof body, "{\"reason\":\"%d\"}", i);
		with_header(asking, "if-match", etag);
		editor->won += ask(asking, METHOD_POST, HOLDS, body) == 201;
		with_header(asking, "if-match", NULL);
	}
	return NULL;
}

/* Each that won changed the list, and the others had to read it again: as many holds as wins, and no two of one tag. */
static void of_those_who_read_the_same_one_wins(void **state)
{
	struct world *world = *state;
	struct editor editors[THREADS];
	struct asking asking;
	int won = 0, holds = 0;

	for (int i = 0; i < THREADS; i++) {
		editors[i] = (struct editor){.won = 0};
		asking_begin(&editors[i].asking, world);
		assert_int_equal(pthread_create(&editors[i].id, NULL, edit, &editors[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(editors[i].id, NULL), 0);
		assert_int_equal(editors[i].won, WINS);
		won += editors[i].won;
		asking_end(&editors[i].asking);
	}
	asking_begin(&asking, world);
	assert_asked(&asking, METHOD_GET, HOLDS, NULL, 200);
	for (const struct json *at = json_get(document(&asking), "holds")->first; at != NULL; at = at->next)
		holds++;
	assert_int_equal(holds, won);
	asking_end(&asking);
}

/* In the middle of every write: something else was done in the account since the look. */
static void what_changes_between_the_look_and_the_write_is_found_in_its_transaction(void **state)
{
	struct world *world = *state;
	struct condition_guard guard;
	struct act act;
	struct err err;

	assert_ok(condition_begin(&guard, world->vault, world->account.number, &err), &err);
	act_begin(&act, "contact.show", world->account.number, world->now);
	assert_ok(vault_note(&world->vault->read, &act, &err), &err);
	assert_ok(condition_holds(&world->vault->read, &guard, &err), &err); /* somebody looked */
	act_begin(&act, "contact.delete", VAULT_ACCOUNT, world->now);
	assert_ok(vault_note(&world->vault->read, &act, &err), &err);
	assert_ok(condition_holds(&world->vault->read, &guard, &err), &err); /* elsewhere */
	act_begin(&act, "contact.delete", world->account.number, world->now);
	assert_ok(vault_note(&world->vault->read, &act, &err), &err);
	assert_int_equal(condition_holds(&world->vault->read, &guard, &err), ERR_BUSY);
	assert_true(guard.changed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_document_has_another_tag_when_it_is_another),
	    IN_WORLD(a_write_is_done_only_if_what_was_read_is_still_so),
	    IN_WORLD(a_list_can_be_what_was_read),
	    IN_WORLD(none_may_match_what_is_there),
	    IN_WORLD(what_cannot_be_read_matches_nothing),
	    IN_WORLD(who_may_not_read_it_is_told_so),
	    IN_WORLD(a_replayed_answer_has_no_condition),
	    IN_WORLD(a_condition_is_about_the_nearest_that_can_be_read),
	    IN_WORLD(what_changes_between_the_look_and_the_write_is_found_in_its_transaction),
	    IN_WORLD(of_those_who_read_the_same_one_wins),
	};

	return cmocka_run_group_tests_name("api/condition", tests, NULL, NULL);
}
