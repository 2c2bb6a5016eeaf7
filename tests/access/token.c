/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P39, P40: tokens may what they were made for, until they are revoked.
 */
#include "access/people.h"

#include <pthread.h>
#include <stdatomic.h>

#include "access/tidy.h"
#include "access/token_cache.h"

#define DAY_MS INT64_C(86400000)

static struct opaque create(struct people *p, uint32_t account, enum access_role role, const char *scopes, struct id *id)
{
	struct token_new new = {.name = "dialler", .role = role};
	struct opaque token;
	struct err err;

	assert_ok(token_scopes_parse(scopes, role, &new.scopes, &err), &err);
	assert_ok(tokens_create(p->world.vault, &p->local, account, &new, p->world.now, &token, id, &err), &err);
	return token;
}

static enum result find(struct people *p, struct token_cache *cache, const struct opaque *token, struct actor *out, struct err *err)
{
	return tokens_find(cache, p->world.vault, token->text, OPAQUE_LEN, p->world.now, out, err);
}

static struct token_row row_of(struct people *p, uint32_t account, struct id id)
{
	struct token_row row;
	struct err err;

	assert_ok(token_get(p->world.vault->read.data, account, id, &p->world.pool, &row, &err), &err);
	return row;
}

/* ---- making ---- */

static void a_token_is_who_it_was_made_for_with_what_it_may(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct opaque token, operator;
	struct id id, other;
	struct actor actor;
	const char *name, *leaf = NULL;
	char text[ID_TEXT_MAX];
	struct token_row row;
	struct err err;

	token = create(p, account, ROLE_ADMIN, "person.read,record.read", &id);
	operator = create(p, VAULT_ACCOUNT, ROLE_OPERATOR, NULL, &other);
	assert_int_equal(token.text[6], 'a');
	assert_int_equal(operator.text[6], 'o');
	assert_ok(find(p, NULL, &token, &actor, &err), &err);
	assert_string_equal(actor.who, id_format(TOKEN_PREFIX, id, text));
	assert_int_equal(access_may(&actor, MAY_PERSON_READ, account), ACCESS_YES);
	assert_int_equal(access_may(&actor, MAY_PERSON_ERASE, account), ACCESS_NO);
	assert_int_equal(access_may(&actor, MAY_PERSON_READ, account + 1), ACCESS_NO);
	assert_ok(find(p, NULL, &operator, &actor, &err), &err);
	assert_int_equal(access_may(&actor, MAY_ACCOUNT_CREATE, VAULT_ACCOUNT), ACCESS_YES);
	row = row_of(p, account, id);
	assert_string_equal(row.made_by, "os:1000");
	assert_null(memmem(row.name, row.name_len, "dialler", 7));
	assert_ok(tokens_name(&p->world.vault->read, &row, &p->world.pool, &name, &err), &err);
	assert_string_equal(name, "dialler");
	assert_int_equal(leaves_of(p, "token.create", &leaf), 2);
	assert_null(strstr(leaf, "dialler"));
	sound(p);
}

static void what_cannot_be_a_token_is_refused(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	const struct { struct token_new new; uint32_t account; const char *what; } bad[] = {
	    {{"", ROLE_ADMIN, 1 << MAY_USER_READ, false, {0}}, account, "a token's name is UTF-8 of 1 to 100 bytes without control characters"},
	    {{"a\nb", ROLE_ADMIN, 1 << MAY_USER_READ, false, {0}}, account, "a token's name is UTF-8 of 1 to 100 bytes without control characters"},
	    {{"x", ROLE_OPERATOR, 1 << MAY_USER_READ, false, {0}}, account, "a token of an account cannot be the operator's"},
	    {{"x", ROLE_ADMIN, 1 << MAY_USER_READ, false, {0}}, VAULT_ACCOUNT, "a token that is of no account is the operator's"},
	    {{"x", ROLE_OF_AGENT, 1 << MAY_CONTACT_READ, false, {0}}, account, "a token is nobody's, so it cannot be an agent's"},
	    {{"x", ROLE_ADMIN, 0, false, {0}}, account, "the token has no scope, or one that its role does not have"},
	    {{"x", ROLE_ADMIN, 1 << MAY_ACCOUNT_END, false, {0}}, account, "the token has no scope, or one that its role does not have"},
	    {{"x", ROLE_ADMIN, -1, false, {0}}, account, "the token has no scope, or one that its role does not have"},
	    {{"x", ROLE_ADMIN, 1 << MAY_USER_READ, true, p->world.now}, account, "the token would have expired already"},
	};
	struct opaque token;
	struct id id;
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(tokens_create(p->world.vault, &p->local, bad[i].account, &bad[i].new, p->world.now, &token, &id, &err),
				 ERR_INPUT);
		assert_string_equal(err.what, bad[i].what);
	}
}

static void scopes_are_read_by_name_and_within_the_role(void **state)
{
	struct people *p = *state;
	const char *text;
	int64_t scopes;
	struct err err;

	assert_ok(token_scopes_parse("record.read,person.read", ROLE_ADMIN, &scopes, &err), &err);
	assert_ok(token_scopes_text(scopes, &p->world.pool, &text, &err), &err);
	assert_string_equal(text, "person.read,record.read");
	assert_ok(token_scopes_parse(NULL, ROLE_AUDITOR, &scopes, &err), &err);
	assert_int_equal(scopes, permission_scopes(ROLE_AUDITOR));
	assert_int_equal(token_scopes_parse("person.read,", ROLE_ADMIN, &scopes, &err), ERR_INPUT);
	assert_int_equal(token_scopes_parse("person.look", ROLE_ADMIN, &scopes, &err), ERR_INPUT);
	assert_string_equal(err.what, "there is no permission 'person.look'");
	assert_int_equal(token_scopes_parse("person.read", ROLE_AUDITOR, &scopes, &err), ERR_INPUT);
	assert_string_equal(err.what, "the role auditor does not have the permission person.read");
	assert_int_equal(token_scopes_parse("an.extraordinarily.long.name.that.is.no.permission.at.all", ROLE_ADMIN, &scopes, &err), ERR_INPUT);
}

static void nobody_makes_a_token_that_may_more_than_they(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct user_row admin = add_user(p, "anna", USER_ADMIN);
	struct actor anna = actor_user(&admin), scoped, operator;
	struct token_new new = {.name = "x", .role = ROLE_OWNER, .scopes = INT64_C(1) << MAY_ACCOUNT_END};
	struct opaque token;
	struct id id;
	struct err err;

	assert_int_equal(tokens_create(p->world.vault, &anna, account, &new, p->world.now, &token, &id, &err), ERR_DENIED);
	assert_string_equal(err.what, "the token could do more than you may");
	new.scopes = INT64_C(1) << MAY_PERSON_READ;
	assert_int_equal(tokens_create(p->world.vault, &anna, account + 1, &new, p->world.now, &token, &id, &err), ERR_DENIED);
	assert_ok(tokens_create(p->world.vault, &anna, account, &new, p->world.now, &token, &id, &err), &err);
	assert_ok(find(p, NULL, &token, &scoped, &err), &err);
	new.scopes |= INT64_C(1) << MAY_POLICY_READ;
	assert_int_equal(tokens_create(p->world.vault, &scoped, account, &new, p->world.now, &token, &id, &err), ERR_DENIED);
	token = create(p, VAULT_ACCOUNT, ROLE_OPERATOR, NULL, &id);
	assert_ok(find(p, NULL, &token, &operator, &err), &err);
	new.scopes = INT64_C(1) << MAY_PERSON_READ; /* which the operator may not */
	assert_int_equal(tokens_create(p->world.vault, &operator, account, &new, p->world.now, &token, &id, &err), ERR_DENIED);
	new.scopes = INT64_C(1) << MAY_RECORD_WRITE;
	assert_ok(tokens_create(p->world.vault, &operator, account, &new, p->world.now, &token, &id, &err), &err);
	new.role = ROLE_OPERATOR;
	new.scopes = INT64_C(1) << MAY_USER_READ;
	assert_int_equal(tokens_create(p->world.vault, &anna, VAULT_ACCOUNT, &new, p->world.now, &token, &id, &err), ERR_DENIED);
}

/* ---- ending ---- */

static void a_token_that_is_revoked_or_has_expired_lets_nobody_in(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct token_new new = {.name = "x", .role = ROLE_OWNER, .scopes = 1 << MAY_USER_READ, .expires = true};
	struct opaque token, expiring;
	struct actor actor;
	struct id id, other;
	struct err err;

	new.expires_at.ms = p->world.now.ms + 1000;
	token = create(p, account, ROLE_OWNER, "user.read", &id);
	assert_ok(tokens_create(p->world.vault, &p->local, account, &new, p->world.now, &expiring, &other, &err), &err);
	assert_int_equal(tokens_revoke(p->world.vault, account + 1, id, p->world.now, &err), ERR_NOT_FOUND);
	assert_ok(find(p, NULL, &token, &actor, &err), &err);
	assert_ok(tokens_revoke(p->world.vault, account, id, p->world.now, &err), &err);
	assert_int_equal(find(p, NULL, &token, &actor, &err), ERR_DENIED);
	assert_string_equal(err.what, "the token is none, or was revoked");
	assert_ok(tokens_revoke(p->world.vault, account, id, p->world.now, &err), &err); /* again: as it was */
	assert_int_equal(leaves_of(p, "token.revoke", NULL), 1);
	p->world.now.ms += 999;
	assert_ok(find(p, NULL, &expiring, &actor, &err), &err);
	p->world.now.ms += 1;
	assert_int_equal(find(p, NULL, &expiring, &actor, &err), ERR_DENIED);
	assert_string_equal(err.what, "the token has expired");
	expiring.text[20] = expiring.text[20] == 'a' ? 'b' : 'a';
	assert_int_equal(find(p, NULL, &expiring, &actor, &err), ERR_DENIED);
	assert_string_equal(err.what, "the token is none, or was revoked");
	sound(p);
}

static void a_token_has_ended_from_the_moment_of_its_expiry_on(void **state)
{
	const struct token_row lasting = {.expires = false}, revoked = {.revoked = true},
			       expiring = {.expires = true, .expires_at = {1000}};

	(void)state;
	assert_false(token_ended(&lasting, (struct instant){INT64_MAX}));
	assert_true(token_ended(&revoked, (struct instant){0}));
	assert_false(token_ended(&expiring, (struct instant){999}));
	assert_true(token_ended(&expiring, (struct instant){1000}));
}

struct filling { uint32_t account; struct instant now; int count; bool revoked; };

static enum result fill_op(struct session *session, void *arg, struct err *err)
{
	const struct filling *f = arg;
	enum result r = OK;

	for (int i = 0; i < f->count && r == OK; i++) {
		struct token_row row = {.account = f->account, .id = id_new(f->now), .role = ROLE_OWNER, .scopes = 1, .made_by = "os:1",
					.created = f->now, .name = (const unsigned char *)"x", .name_len = 1};

		random_bytes(row.hash.bytes, sizeof row.hash.bytes);
		r = token_insert(session->data, &row, err);
		if (r == OK && f->revoked)
			r = token_revoke(session->data, f->account, row.id, f->now, err);
	}
	return r;
}

static void fill(struct people *p, int count, bool revoked)
{
	struct filling f = {p->world.account.number, p->world.now, count, revoked};
	struct err err;

	assert_ok(vault_write(p->world.vault, fill_op, &f, &err), &err);
}

static void an_account_has_a_thousand_tokens_besides_those_that_have_ended(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct token_new new = {.name = "x", .role = ROLE_OWNER, .scopes = 1 << MAY_USER_READ};
	struct opaque token;
	struct id id;
	struct err err;

	fill(p, 70, true);
	fill(p, TOKENS_AN_ACCOUNT - 1, false);
	create(p, account, ROLE_OWNER, "user.read", &id);
	assert_int_equal(tokens_create(p->world.vault, &p->local, account, &new, p->world.now, &token, &id, &err), ERR_LIMIT);
	assert_string_equal(err.what, "the account has 1000 tokens");
	create(p, VAULT_ACCOUNT, ROLE_OPERATOR, NULL, &id); /* which is not the account's */
}

static void an_ended_token_is_listed_for_ninety_days(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct token_row rows[4];
	struct tidied tidied;
	struct id id, kept;
	size_t count;
	struct err err;

	create(p, account, ROLE_OWNER, "user.read", &id);
	create(p, account, ROLE_OWNER, "user.read", &kept);
	assert_ok(tokens_revoke(p->world.vault, account, id, p->world.now, &err), &err);
	p->world.now.ms += 90 * DAY_MS - 1;
	assert_ok(access_tidy(p->world.vault, account, &p->doors.sessions, p->world.now, &tidied, &err), &err);
	assert_int_equal(tidied.tokens, 0);
	p->world.now.ms += 1;
	assert_ok(access_tidy(p->world.vault, account, &p->doors.sessions, p->world.now, &tidied, &err), &err);
	assert_int_equal(tidied.tokens, 1);
	assert_ok(token_list(p->world.vault->read.data, account, (struct id){{0}}, &p->world.pool, rows, 4, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_memory_equal(&rows[0].id, &kept, sizeof kept);
}

/* ---- use ---- */

static void when_it_was_used_is_written_once_a_minute(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct token_cache *cache;
	struct opaque token;
	struct actor actor;
	struct id id;
	int64_t first;
	struct err err;

	assert_ok(token_cache_new(16, &cache, &err), &err);
	token = create(p, account, ROLE_OWNER, "user.read", &id);
	assert_false(row_of(p, account, id).used);
	for (int with = 0; with < 2; with++) {
		struct token_cache *use = with ? cache : NULL;

		assert_ok(find(p, use, &token, &actor, &err), &err);
		first = p->world.now.ms;
		assert_int_equal(row_of(p, account, id).used_at.ms, first);
		later(p, 59);
		assert_ok(find(p, use, &token, &actor, &err), &err);
		assert_int_equal(row_of(p, account, id).used_at.ms, first);
		later(p, 1);
		assert_ok(find(p, use, &token, &actor, &err), &err);
		assert_int_equal(row_of(p, account, id).used_at.ms, first + 60000);
		later(p, 61);
	}
	token_cache_free(cache);
}

/* ---- the cache ---- */

static enum result gone_op(struct session *session, void *arg, struct err *err)
{
	return token_clear(session->data, *(uint32_t *)arg, err);
}

static void what_is_remembered_costs_no_look_and_is_forgotten_at_once(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct token_cache *cache;
	struct opaque token;
	struct actor actor;
	struct id id;
	struct err err;

	assert_ok(token_cache_new(16, &cache, &err), &err);
	token = create(p, account, ROLE_OWNER, "user.read", &id);
	assert_ok(find(p, cache, &token, &actor, &err), &err);
	assert_ok(vault_write(p->world.vault, gone_op, &account, &err), &err); /* behind its back: so it did not look */
	assert_ok(find(p, cache, &token, &actor, &err), &err);
	assert_int_equal(actor.account, account);
	assert_int_equal(tokens_revoke(p->world.vault, account, id, p->world.now, &err), ERR_NOT_FOUND);
	assert_int_equal(find(p, cache, &token, &actor, &err), ERR_DENIED);
	token_cache_free(cache);
}

static void an_expiry_is_met_by_what_is_remembered(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct token_new new = {.name = "x", .role = ROLE_OWNER, .scopes = 1 << MAY_USER_READ, .expires = true,
				.expires_at = {p->world.now.ms + 1000}};
	struct token_cache *cache;
	struct opaque token;
	struct actor actor;
	struct id id;
	struct err err;

	assert_ok(token_cache_new(16, &cache, &err), &err);
	assert_ok(tokens_create(p->world.vault, &p->local, account, &new, p->world.now, &token, &id, &err), &err);
	assert_ok(find(p, cache, &token, &actor, &err), &err);
	later(p, 1);
	assert_int_equal(find(p, cache, &token, &actor, &err), ERR_DENIED);
	token_cache_free(cache);
}

static bool recall(const struct people *p, struct token_cache *cache, const struct opaque *token)
{
	struct actor actor;

	return tokens_recall(cache, p->world.vault, token->text, OPAQUE_LEN, p->world.now, &actor) &&
	       actor.account == p->world.account.number;
}

static void a_token_is_recalled_only_while_nothing_is_to_be_looked_up_or_noted(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct token_cache *cache;
	struct opaque token;
	struct actor actor;
	struct id id;
	struct err err;

	assert_ok(token_cache_new(16, &cache, &err), &err);
	token = create(p, account, ROLE_OWNER, "user.read", &id);
	assert_false(recall(p, cache, &token)); /* nobody has looked yet */
	assert_ok(find(p, cache, &token, &actor, &err), &err);
	assert_true(recall(p, cache, &token));
	assert_false(tokens_recall(cache, p->world.vault, "lethe_a1", 8, p->world.now, &actor));
	later(p, 61);
	assert_false(recall(p, cache, &token)); /* its use is to be noted */
	assert_ok(find(p, cache, &token, &actor, &err), &err);
	assert_true(recall(p, cache, &token));
	assert_ok(tokens_revoke(p->world.vault, account, id, p->world.now, &err), &err);
	assert_false(recall(p, cache, &token));
	token_cache_free(cache);
}

/* An account's end destroys its keys: from then on nothing that was remembered is taken. */
static void the_destruction_of_keys_empties_the_cache(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct user_row bent = add_user(p, "bent", USER_AGENT);
	struct token_cache *cache;
	struct opaque token;
	struct actor actor;
	struct id id;
	struct err err;

	assert_ok(token_cache_new(16, &cache, &err), &err);
	token = create(p, account, ROLE_OWNER, "user.read", &id);
	assert_ok(find(p, cache, &token, &actor, &err), &err);
	assert_ok(vault_write(p->world.vault, gone_op, &account, &err), &err);
	remove_user(p, &bent);
	assert_int_equal(find(p, cache, &token, &actor, &err), ERR_DENIED);
	token_cache_free(cache);
}

static void more_tokens_than_it_holds_are_all_found(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct opaque tokens[20];
	struct id ids[20];
	struct token_cache *cache;
	struct actor actor;
	char text[ID_TEXT_MAX];
	struct err err;

	assert_ok(token_cache_new(4, &cache, &err), &err);
	for (int i = 0; i < 20; i++)
		tokens[i] = create(p, account, ROLE_OWNER, "user.read", &ids[i]);
	for (int turn = 0; turn < 3; turn++)
		for (int i = 0; i < 20; i++) {
			assert_ok(find(p, cache, &tokens[i], &actor, &err), &err);
			assert_string_equal(actor.who, id_format(TOKEN_PREFIX, ids[i], text));
		}
	token_cache_free(cache);
}

struct asking { struct people *p; struct vault *view; struct token_cache *cache; const struct opaque *token; _Atomic bool *revoked, *stop; bool late; int64_t asked; };

/* Once revoking has returned no thread lets it in. */
static void *ask(void *arg)
{
	struct asking *a = arg;
	struct actor actor;
	struct err err;

	while (!atomic_load(a->stop)) {
		bool was_revoked = atomic_load(a->revoked);
		enum result r = tokens_find(a->cache, a->view, a->token->text, OPAQUE_LEN, a->p->world.now, &actor, &err);

		a->late = a->late || (was_revoked && r != ERR_DENIED);
		a->asked++;
	}
	return NULL;
}

static void no_thread_lets_a_revoked_token_in(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct token_cache *cache;
	struct err err;

	assert_ok(token_cache_new(64, &cache, &err), &err);
	for (int turn = 0; turn < 5; turn++) {
		_Atomic bool revoked = false, stop = false;
		struct asking asking[3];
		pthread_t threads[3];
		struct opaque token;
		struct id id;

		token = create(p, account, ROLE_OWNER, "user.read", &id);
		for (int i = 0; i < 3; i++) {
			asking[i] = (struct asking){.p = p, .cache = cache, .token = &token, .revoked = &revoked, .stop = &stop};
			assert_ok(vault_view(p->world.vault, &asking[i].view, &err), &err);
			assert_int_equal(pthread_create(&threads[i], NULL, ask, &asking[i]), 0);
		}
		assert_ok(tokens_revoke(p->world.vault, account, id, p->world.now, &err), &err);
		atomic_store(&revoked, true);
		for (int i = 0; i < 200; i++)
			sched_yield();
		atomic_store(&stop, true);
		for (int i = 0; i < 3; i++) {
			pthread_join(threads[i], NULL);
			assert_false(asking[i].late);
			vault_close(asking[i].view);
		}
	}
	token_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AMONG_PEOPLE(a_token_is_who_it_was_made_for_with_what_it_may),
	    AMONG_PEOPLE(what_cannot_be_a_token_is_refused),
	    AMONG_PEOPLE(scopes_are_read_by_name_and_within_the_role),
	    AMONG_PEOPLE(nobody_makes_a_token_that_may_more_than_they),
	    AMONG_PEOPLE(a_token_that_is_revoked_or_has_expired_lets_nobody_in),
	    cmocka_unit_test(a_token_has_ended_from_the_moment_of_its_expiry_on),
	    AMONG_PEOPLE(an_account_has_a_thousand_tokens_besides_those_that_have_ended),
	    AMONG_PEOPLE(an_ended_token_is_listed_for_ninety_days),
	    AMONG_PEOPLE(when_it_was_used_is_written_once_a_minute),
	    AMONG_PEOPLE(what_is_remembered_costs_no_look_and_is_forgotten_at_once),
	    AMONG_PEOPLE(an_expiry_is_met_by_what_is_remembered),
	    AMONG_PEOPLE(a_token_is_recalled_only_while_nothing_is_to_be_looked_up_or_noted),
	    AMONG_PEOPLE(the_destruction_of_keys_empties_the_cache),
	    AMONG_PEOPLE(more_tokens_than_it_holds_are_all_found),
	    AMONG_PEOPLE(no_thread_lets_a_revoked_token_in),
	};

	return cmocka_run_group_tests_name("access/token", tests, NULL, NULL);
}
