/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P39: who has a role is said by nobody who could become more by it.
 */
#include "access/people.h"

#include "access/giving.h"
#include "access/oidc_signin.h"
#include "access/secret.h"

static struct actor user_with(struct people *p, enum access_role role)
{
	return (struct actor){.type = ACTOR_USER, .account = p->world.account.number, .role = role};
}

static struct actor token_with(uint32_t account, enum access_role role)
{
	return (struct actor){.type = ACTOR_TOKEN, .account = account, .role = role, .scopes = -1};
}

static enum result try_give(struct people *p, struct actor actor, enum access_role role, struct err *err)
{
	return giving_require(&p->world.vault->read, &actor, p->world.account.number, role, err);
}

static void expect_row(struct people *p, struct actor actor, const char *gives)
{
	struct err err;

	for (int role = ROLE_OWNER; role < ACCESS_ROLES; role++) {
		bool may = strstr(gives, access_role_name((enum access_role)role)) != NULL;

		if (try_give(p, actor, (enum access_role)role, &err) != (may ? OK : ERR_DENIED))
			fail_msg("%s %s %s", access_role_name(actor.role), may ? "cannot give" : "gives", access_role_name((enum access_role)role));
	}
}

static void expect_all(struct people *p, const char *operators)
{
	expect_row(p, p->local, "owner admin agent auditor");
	expect_row(p, token_with(VAULT_ACCOUNT, ROLE_OPERATOR), operators);
	expect_row(p, user_with(p, ROLE_OWNER), "owner admin agent auditor");
	expect_row(p, token_with(p->world.account.number, ROLE_OWNER), "owner admin agent auditor");
	expect_row(p, user_with(p, ROLE_ADMIN), "admin agent auditor");
	expect_row(p, user_with(p, ROLE_OF_AGENT), "agent");
	expect_row(p, user_with(p, ROLE_AUDITOR), "auditor");
}

static void the_operator_gives_the_role_of_owners_while_none_can_sign_in(void **state)
{
	struct people *p = *state;
	struct user_row olga;
	struct err err;

	expect_all(p, "owner admin agent auditor");
	add_with_password(p, "anna", USER_ADMIN);
	olga = add_user(p, "olga", USER_OWNER);
	expect_all(p, "owner admin agent auditor");
	set_password(p, &olga, PASSWORD);
	expect_all(p, "admin agent auditor");
	assert_int_equal(try_give(p, token_with(VAULT_ACCOUNT, ROLE_OPERATOR), ROLE_OWNER, &err), ERR_DENIED);
	assert_string_equal(err.what, "the account has an owner who can sign in: who is one, and how they are let in, is not yours to change");
	assert_int_equal(try_give(p, user_with(p, ROLE_ADMIN), ROLE_OWNER, &err), ERR_DENIED);
	assert_string_equal(err.what, "the role owner may do more than you: who has it is not yours to change");
}

static void an_owner_who_comes_by_the_provider_can_sign_in(void **state)
{
	const struct oidc_setting setting = {.issuer = "https://id.example.org", .client_id = "lethe"};
	struct people *p = *state;
	struct err err;

	assert_ok(oidc_setting_put(p->world.vault, &p->world.account, 0, &setting, p->world.now, &err), &err);
	expect_all(p, "owner admin agent auditor");
	add_user(p, "olga@example.org", USER_OWNER);
	expect_all(p, "admin agent auditor");
}

static void who_is_being_removed_is_no_owner_any_more(void **state)
{
	struct people *p = *state;
	struct err err;

	add_with_password(p, "olga", USER_OWNER);
	assert_ok(db_script(p->world.vault->read.data, "UPDATE account_user SET state = 2", &err), &err);
	expect_all(p, "owner admin agent auditor");
}

/* ---- an owner who comes in between ---- */

static int notes;

static enum result note_op(struct session *session, void *arg, struct err *err)
{
	(void)session, (void)arg, (void)err;
	notes++;
	return OK;
}

struct coming { struct people *p; const struct user_row *owner; };

/* A witness of its own, which comes first: as if it were written just before. */
static enum result owner_comes(struct session *session, void *arg, struct err *err)
{
	const struct coming *coming = arg;

	return secret_set(session, coming->owner, SECRET_PASSWORD, "x", 1, 0, coming->p->world.now, &coming->p->world.pool, err);
}

static void an_owner_who_comes_before_it_is_written_is_seen(void **state)
{
	struct people *p = *state;
	struct vault *vault = p->world.vault;
	struct user_row olga = add_user(p, "olga", USER_OWNER);
	struct actor operator = token_with(VAULT_ACCOUNT, ROLE_OPERATOR);
	struct coming coming = {p, &olga};
	struct giving_watch watch;
	struct err err;

	notes = 0;
	vault_witness(vault, owner_comes, &coming);
	assert_ok(giving_watched(vault, &operator, olga.account, ROLE_OWNER, &watch, &err), &err);
	assert_int_equal(vault_write(vault, note_op, NULL, &err), ERR_DENIED);
	assert_string_equal(err.what, "the account has an owner who can sign in: who is one, and how they are let in, is not yours to change");
	assert_int_equal(notes, 0);
	assert_false(vault_witnessed(vault));
	vault_witness(vault, NULL, NULL);
	assert_ok(giving_watched(vault, &operator, olga.account, ROLE_OWNER, &watch, &err), &err); /* it was undone with the rest */
	assert_ok(vault_write(vault, note_op, NULL, &err), &err);
	assert_true(vault_witnessed(vault));
	vault_witness(vault, NULL, NULL);
	assert_int_equal(notes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AMONG_PEOPLE(the_operator_gives_the_role_of_owners_while_none_can_sign_in),
	    AMONG_PEOPLE(an_owner_who_comes_by_the_provider_can_sign_in),
	    AMONG_PEOPLE(who_is_being_removed_is_no_owner_any_more),
	    AMONG_PEOPLE(an_owner_who_comes_before_it_is_written_is_seen),
	};

	return cmocka_run_group_tests_name("access/giving", tests, NULL, NULL);
}
