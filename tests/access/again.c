/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/people.h"

#include "access/again.h"
#include "vault/recording.h"

static enum result again(struct people *p, const struct user_row *user, const char *password, struct duration *wait,
			 struct err *err)
{
	return again_password(&p->doors, p->world.vault, user, password, strlen(password), p->world.now, wait, err);
}

static void who_knows_the_password_is_believed(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct duration wait;
	struct err err;

	assert_ok(again(p, &anna, PASSWORD, &wait, &err), &err);
	assert_int_equal(wait.ms, 0);
	assert_int_equal(leaves_of(p, "user.password.failed", NULL), 0);
}

static void who_does_not_is_not_and_it_is_in_the_log(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN), bent = add_user(p, "bent", USER_AGENT);
	static const char *const wrong[] = {OTHER, "", "\xff"};
	const char *leaf = "";
	struct duration wait;
	struct err err;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(again(p, &anna, wrong[i], &wait, &err), ERR_DENIED);
		assert_string_equal(err.what, "that is not the present password");
	}
	assert_int_equal(again(p, &bent, "", &wait, &err), ERR_DENIED); /* who has none knows none */
	assert_int_equal(leaves_of(p, "user.password.failed", &leaf), 4);
	assert_null(strstr(leaf, "donkey"));
	sound(p);
}

/* A session that somebody else got hold of: guesses wait, and sign-ins do not wait for them. */
static void guesses_wait_and_sign_ins_do_not(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN), bent = add_with_password(p, "bent", USER_ADMIN);
	uint32_t free = lockout_rule(LOCKOUT_CODE)->free;
	struct duration wait;
	struct err err;

	for (uint32_t i = 0; i < free; i++)
		assert_int_equal(again(p, &anna, OTHER, &wait, &err), ERR_DENIED);
	assert_ok(again(p, &anna, PASSWORD, &wait, &err), &err);
	assert_int_equal(wait.ms, lockout_rule(LOCKOUT_CODE)->first.ms);
	assert_ok(again(p, &bent, PASSWORD, &wait, &err), &err);
	assert_int_equal(wait.ms, 0);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNED_IN);
	later(p, 2);
	assert_ok(again(p, &anna, PASSWORD, &wait, &err), &err);
	assert_int_equal(wait.ms, 0);
	assert_int_equal(again(p, &anna, OTHER, &wait, &err), ERR_DENIED); /* what was counted is forgotten */
}

/* As with a password that cannot be read: the vault is to be mended, and nobody has guessed. */
static void what_could_not_be_looked_at_is_not_counted(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct duration wait;
	struct err err;

	tamper(&p->world, "vault.db", "UPDATE user_secret SET sealed = zeroblob(100)");
	for (uint32_t i = 0; i < 2 * lockout_rule(LOCKOUT_CODE)->free; i++) {
		assert_int_equal(again(p, &anna, PASSWORD, &wait, &err), ERR_CORRUPT);
		assert_int_equal(wait.ms, 0);
	}
	assert_int_equal(leaves_of(p, "user.password.failed", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AMONG_PEOPLE(who_knows_the_password_is_believed),
	    AMONG_PEOPLE(who_does_not_is_not_and_it_is_in_the_log),
	    AMONG_PEOPLE(guesses_wait_and_sign_ins_do_not),
	    AMONG_PEOPLE(what_could_not_be_looked_at_is_not_counted),
	};

	return cmocka_run_group_tests_name("access/again", tests, NULL, NULL);
}
