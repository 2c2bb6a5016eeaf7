/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/people.h"

#include <pthread.h>

#include "access/invite.h"
#include "access/secret.h"
#include "access/tidy.h"
#include "access/token.h"

static struct opaque invite(struct people *p, const struct user_row *user)
{
	struct instant expires;
	struct opaque link;
	struct err err;

	assert_ok(invites_make(p->world.vault, &p->local, user, p->world.now, &link, &expires, &err), &err);
	assert_int_equal(expires.ms - p->world.now.ms, 24 * 3600 * 1000);
	return link;
}

static enum result use(struct people *p, const struct opaque *link, const char *name, const char *password, struct err *err)
{
	struct id user;

	return invites_use(p->world.vault, p->doors.gate, link->text, OPAQUE_LEN, name, password, strlen(password), p->world.now,
			   &user, err);
}

static void an_invited_user_chooses_a_password_once(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna.andersen", USER_ADMIN);
	struct opaque link = invite(p, &anna);
	struct invite_found found;
	struct err err;

	assert_ok(invites_find(&p->world.vault->read, link.text, OPAQUE_LEN, p->world.now, &p->world.pool, &found, &err), &err);
	assert_string_equal(found.name, "anna.andersen");
	assert_string_equal(found.account.name, "Test account");
	assert_false(found.first_owner);
	assert_int_equal(use(p, &link, NULL, "short", &err), ERR_INPUT); /* the link stays */
	assert_int_equal(use(p, &link, NULL, "anna.andersen1", &err), ERR_INPUT);
	assert_ok(use(p, &link, NULL, PASSWORD, &err), &err);
	assert_int_equal(use(p, &link, NULL, OTHER, &err), ERR_DENIED);
	assert_string_equal(err.what, "there is no such link: it was used, or its 24 hours are over");
	assert_int_equal(sign_in(p, "anna.andersen", PASSWORD).outcome, SIGNED_IN);
	assert_int_equal(leaves_of(p, "user.invite", NULL), 1);
	sound(p);
}

static void a_link_ends_after_a_day_or_when_another_is_made(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_ADMIN);
	struct opaque first = invite(p, &anna), second = invite(p, &anna);
	struct tidied tidied;
	struct err err;

	assert_int_equal(use(p, &first, NULL, PASSWORD, &err), ERR_DENIED);
	later(p, 24 * 3600 - 1);
	assert_ok(access_tidy(p->world.vault, anna.account, &p->doors.sessions, p->world.now, &tidied, &err), &err);
	assert_int_equal(tidied.invites, 0);
	later(p, 1);
	assert_int_equal(use(p, &second, NULL, PASSWORD, &err), ERR_DENIED);
	assert_ok(access_tidy(p->world.vault, anna.account, &p->doors.sessions, p->world.now, &tidied, &err), &err);
	assert_int_equal(tidied.invites, 1);
}

static void a_link_of_a_clock_that_was_set_back_since_is_over(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_ADMIN);
	struct opaque link = invite(p, &anna);
	struct invite_found found;
	struct err err;

	later(p, -3600);
	assert_ok(invites_find(&p->world.vault->read, link.text, OPAQUE_LEN, p->world.now, &p->world.pool, &found, &err), &err);
	later(p, -1);
	assert_int_equal(use(p, &link, NULL, PASSWORD, &err), ERR_DENIED);
	link = invite(p, &anna); /* by the clock as it is now */
	assert_ok(use(p, &link, NULL, PASSWORD, &err), &err);
	sound(p);
}

static void a_link_resets_a_password_and_one_set_otherwise_ends_the_link(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct opaque link = invite(p, &anna);
	struct signin in = sign_in(p, "anna", PASSWORD);
	struct err err;

	assert_ok(use(p, &link, NULL, OTHER, &err), &err);
	assert_false(is_let_in(p, &in.session));
	assert_int_equal(sign_in(p, "anna", OTHER).outcome, SIGNED_IN);
	link = invite(p, &anna);
	set_password(p, &anna, PASSWORD);
	assert_int_equal(use(p, &link, NULL, OTHER, &err), ERR_DENIED);
	link = invite(p, &anna);
	assert_ok(invites_end(p->world.vault, &anna, p->world.now, &err), &err);
	assert_int_equal(use(p, &link, NULL, OTHER, &err), ERR_DENIED);
	assert_int_equal(invites_end(p->world.vault, &anna, p->world.now, &err), ERR_NOT_FOUND);
	link = invite(p, &anna);
	remove_user(p, &anna);
	assert_int_equal(use(p, &link, NULL, OTHER, &err), ERR_DENIED);
	sound(p);
}

static void the_first_owner_comes_by_a_link_and_only_the_first(void **state)
{
	struct people *p = *state;
	struct opaque link, again;
	struct invite_found found;
	struct user_row owner;
	struct instant expires;
	struct err err;

	assert_ok(invites_first_owner(p->world.vault, &p->local, &p->world.account, p->world.now, &link, &expires, &err), &err);
	assert_ok(invites_find(&p->world.vault->read, link.text, OPAQUE_LEN, p->world.now, &p->world.pool, &found, &err), &err);
	assert_true(found.first_owner);
	assert_null(found.name);
	assert_int_equal(use(p, &link, NULL, PASSWORD, &err), ERR_INPUT);
	assert_string_equal(err.what, "the first owner needs a name to sign in with");
	assert_int_equal(use(p, &link, "", PASSWORD, &err), ERR_INPUT);
	assert_string_equal(err.what, "the first owner needs a name to sign in with");
	assert_int_equal(use(p, &link, "a\nb", PASSWORD, &err), ERR_INPUT);
	sound(p);
	assert_ok(use(p, &link, "Olga@example.org", PASSWORD, &err), &err);
	owner = user_named(p, "olga@example.org");
	assert_int_equal(owner.role, USER_OWNER);
	assert_int_equal(sign_in(p, "olga@example.org", PASSWORD).outcome, SIGNED_IN);
	assert_int_equal(use(p, &link, "Second@example.org", PASSWORD, &err), ERR_DENIED);
	assert_int_equal(invites_first_owner(p->world.vault, &p->local, &p->world.account, p->world.now, &again, &expires, &err),
			 ERR_EXISTS);
	assert_string_equal(err.what, "the account has an owner");
	assert_int_equal(again.text[0], 0);
	sound(p);
}

/* An owner who was added meanwhile: the link makes no second one. */
static void a_link_for_the_first_owner_is_void_once_there_is_one(void **state)
{
	struct people *p = *state;
	struct instant expires;
	struct opaque link;
	struct err err;

	assert_ok(invites_first_owner(p->world.vault, &p->local, &p->world.account, p->world.now, &link, &expires, &err), &err);
	add_user(p, "olga", USER_OWNER);
	assert_int_equal(use(p, &link, "per", PASSWORD, &err), ERR_EXISTS);
}

static void nobody_makes_a_link_for_who_may_do_more_than_they(void **state)
{
	struct people *p = *state;
	struct user_row owner = add_user(p, "olga", USER_OWNER), admin = add_user(p, "anna", USER_ADMIN);
	struct actor actor = actor_user(&admin);
	struct instant expires;
	struct opaque link;
	struct err err;

	assert_int_equal(invites_make(p->world.vault, &actor, &owner, p->world.now, &link, &expires, &err), ERR_DENIED);
	assert_string_equal(err.mend, "ask an owner");
	assert_ok(invites_make(p->world.vault, &actor, &admin, p->world.now, &link, &expires, &err), &err);
	assert_int_equal(invites_first_owner(p->world.vault, &actor, &p->world.account, p->world.now, &link, &expires, &err), ERR_DENIED);
}

/* ---- what the operator may only while no owner can sign in ---- */

static struct actor token_of(struct people *p, uint32_t account, enum access_role role)
{
	const struct token_new new = {.name = "portal", .role = role, .scopes = permission_scopes(role)};
	struct token_row row;
	struct opaque token;
	struct id id;
	struct err err;

	assert_ok(tokens_create(p->world.vault, &p->local, account, &new, p->world.now, &token, &id, &err), &err);
	assert_ok(token_get(p->world.vault->read.data, account, id, &p->world.pool, &row, &err), &err);
	return actor_token(&row);
}

static struct opaque invite_by(struct people *p, struct actor actor, const struct user_row *user)
{
	struct instant expires;
	struct opaque link;
	struct err err;

	assert_ok(invites_make(p->world.vault, &actor, user, p->world.now, &link, &expires, &err), &err);
	return link;
}

struct coming { struct people *p; const struct user_row *owner; };

/* As if it were written just before. */
static enum result owner_comes(struct session *session, void *arg, struct err *err)
{
	const struct coming *coming = arg;

	return secret_set(session, coming->owner, SECRET_PASSWORD, "x", 1, 0, coming->p->world.now, &coming->p->world.pool, err);
}

static void the_operator_makes_no_link_for_an_owner_who_came_in_just_before(void **state)
{
	struct people *p = *state;
	struct user_row olga = add_user(p, "olga", USER_OWNER);
	struct actor operator = token_of(p, VAULT_ACCOUNT, ROLE_OPERATOR);
	struct coming coming = {p, &olga};
	struct instant expires;
	struct opaque link;
	struct err err;

	vault_witness(p->world.vault, owner_comes, &coming);
	assert_int_equal(invites_make(p->world.vault, &operator, &olga, p->world.now, &link, &expires, &err), ERR_DENIED);
	assert_string_equal(err.what, "the account has an owner who can sign in: who is one, and how they are let in, is not yours to change");
	assert_int_equal(link.text[0], 0);
	vault_witness(p->world.vault, NULL, NULL);
	invite_by(p, operator, &olga);
	sound(p);
}

static void a_link_of_the_operators_lets_no_second_owner_in(void **state)
{
	struct people *p = *state;
	struct user_row olga = add_user(p, "olga", USER_OWNER), per = add_user(p, "per", USER_OWNER), anna = add_user(p, "anna", USER_ADMIN);
	struct actor operator = token_of(p, VAULT_ACCOUNT, ROLE_OPERATOR);
	struct opaque first = invite_by(p, operator, &olga), second = invite_by(p, operator, &per), third = invite_by(p, operator, &anna);
	struct invite_found found;
	struct err err;

	assert_ok(use(p, &first, NULL, PASSWORD, &err), &err);
	assert_int_equal(use(p, &second, NULL, PASSWORD, &err), ERR_DENIED);
	assert_string_equal(err.what, "the operator had this link made, and an owner can sign in by now");
	assert_string_equal(err.mend, "ask an owner for a new one");
	assert_int_equal(invites_find(&p->world.vault->read, second.text, OPAQUE_LEN, p->world.now, &p->world.pool, &found, &err),
			 ERR_DENIED);
	assert_int_equal(sign_in(p, "per", PASSWORD).outcome, SIGNIN_REFUSED);
	assert_ok(use(p, &third, NULL, PASSWORD, &err), &err);
	second = invite_by(p, token_of(p, per.account, ROLE_OWNER), &per);
	assert_ok(use(p, &second, NULL, PASSWORD, &err), &err);
	first = invite(p, &olga); /* at the machine */
	assert_ok(use(p, &first, NULL, OTHER, &err), &err);
	sound(p);
}

/* They may have kept it, to come in by when they may not any more. */
static void a_link_is_good_no_more_when_who_made_it_was_removed_or_their_token_revoked(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_ADMIN), carl = add_user(p, "carl", USER_AGENT), bent = add_user(p, "bent", USER_AGENT);
	struct user_row dora = add_user(p, "dora", USER_AGENT), eva = add_user(p, "eva", USER_AGENT);
	struct actor account = token_of(p, anna.account, ROLE_ADMIN), operator = token_of(p, VAULT_ACCOUNT, ROLE_OPERATOR);
	struct opaque links[] = {invite_by(p, actor_user(&anna), &carl), invite_by(p, account, &bent), invite_by(p, operator, &dora)};
	struct opaque stays = invite_by(p, token_of(p, anna.account, ROLE_ADMIN), &eva);
	struct invite_found found;
	struct id id;
	struct err err;

	for (size_t i = 0; i < 3; i++)
		assert_ok(invites_find(&p->world.vault->read, links[i].text, OPAQUE_LEN, p->world.now, &p->world.pool, &found, &err), &err);
	remove_user(p, &anna);
	assert_ok(id_parse(TOKEN_PREFIX, account.who, &id, &err), &err);
	assert_ok(tokens_revoke(p->world.vault, carl.account, id, p->world.now, &err), &err);
	assert_ok(id_parse(TOKEN_PREFIX, operator.who, &id, &err), &err);
	assert_ok(tokens_revoke(p->world.vault, VAULT_ACCOUNT, id, p->world.now, &err), &err);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(use(p, &links[i], NULL, PASSWORD, &err), ERR_DENIED);
		assert_string_equal(err.what, "who had this link made was removed since, or their token was revoked");
		assert_int_equal(invites_find(&p->world.vault->read, links[i].text, OPAQUE_LEN, p->world.now, &p->world.pool, &found, &err), ERR_DENIED);
	}
	assert_ok(use(p, &stays, NULL, PASSWORD, &err), &err);
	links[0] = invite(p, &carl); /* a new one, by somebody else */
	assert_ok(use(p, &links[0], NULL, PASSWORD, &err), &err);
	sound(p);
}

static void what_is_no_link_opens_nothing(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_ADMIN);
	struct opaque link = invite(p, &anna), other;
	struct invite_found found;
	struct hash hash;
	struct err err;

	opaque_make(OPAQUE_INVITE, &other, &hash);
	assert_int_equal(use(p, &other, NULL, PASSWORD, &err), ERR_DENIED);
	opaque_make(OPAQUE_SESSION, &other, &hash);
	assert_int_equal(use(p, &other, NULL, PASSWORD, &err), ERR_DENIED);
	assert_int_equal(invites_find(&p->world.vault->read, link.text, 7, p->world.now, &p->world.pool, &found, &err), ERR_DENIED);
}

struct user_of_link { struct people *p; const struct opaque *link; struct vault *view; bool in; };

static void *open_link(void *arg)
{
	struct user_of_link *u = arg;
	struct err err;
	struct id id;

	u->in = invites_use(u->view, u->p->doors.gate, u->link->text, OPAQUE_LEN, NULL, PASSWORD, strlen(PASSWORD), u->p->world.now,
			    &id, &err) == OK;
	return NULL;
}

static void of_several_who_open_one_link_at_once_one_gets_in(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_ADMIN);
	struct opaque link = invite(p, &anna);
	struct user_of_link users[3];
	pthread_t threads[3];
	int in = 0;
	struct err err;

	for (int i = 0; i < 3; i++) {
		users[i] = (struct user_of_link){.p = p, .link = &link};
		assert_ok(vault_view(p->world.vault, &users[i].view, &err), &err);
		assert_int_equal(pthread_create(&threads[i], NULL, open_link, &users[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		in += users[i].in;
		vault_close(users[i].view);
	}
	assert_int_equal(in, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AMONG_PEOPLE(an_invited_user_chooses_a_password_once),
	    AMONG_PEOPLE(a_link_ends_after_a_day_or_when_another_is_made),
	    AMONG_PEOPLE(a_link_of_a_clock_that_was_set_back_since_is_over),
	    AMONG_PEOPLE(a_link_resets_a_password_and_one_set_otherwise_ends_the_link),
	    AMONG_PEOPLE(the_first_owner_comes_by_a_link_and_only_the_first),
	    AMONG_PEOPLE(a_link_for_the_first_owner_is_void_once_there_is_one),
	    AMONG_PEOPLE(nobody_makes_a_link_for_who_may_do_more_than_they),
	    AMONG_PEOPLE(the_operator_makes_no_link_for_an_owner_who_came_in_just_before),
	    AMONG_PEOPLE(a_link_of_the_operators_lets_no_second_owner_in),
	    AMONG_PEOPLE(a_link_is_good_no_more_when_who_made_it_was_removed_or_their_token_revoked),
	    AMONG_PEOPLE(what_is_no_link_opens_nothing),
	    AMONG_PEOPLE(of_several_who_open_one_link_at_once_one_gets_in),
	};

	return cmocka_run_group_tests_name("access/invite", tests, NULL, NULL);
}
