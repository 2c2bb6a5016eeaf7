/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "access/known.h"
#include "access/password.h"
#include "crypto/primitives.h"

static struct pool pool;
static struct password_gate *gate;
static struct err err;

static int set_up(void **state)
{
	(void)state;
	pool_init(&pool, (size_t)1 << 20);
	return crypto_init(&err) == OK && password_gate_new(2, 16, &gate, &err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	pool_free(&pool);
	password_gate_free(gate);
	return 0;
}

static enum result accept(const char *text)
{
	const char *out;

	return password_accept(text, strlen(text), "anna.andersen@example.org", "Contoso Ltd", &pool, &out, &err);
}

/* ---- what may be one ---- */

static void length_counts_and_composition_does_not(void **state)
{
	static const char *const good[] = {
	    "correct horse battery", "twelve chars", "kbnlpwqrsdft", "472910583628", "                        x y z w q",
	    "\xc3\xa6\xc3\xb8\xc3\xa5 er tre bogstaver", "\xf0\x9f\x90\x8e\xf0\x9f\x94\x8b\xf0\x9f\x93\x8e\xf0\x9f\x8e\xba\xf0\x9f\x9a\x81\xf0\x9f\x8c\xb5"
	    "\xf0\x9f\x8d\x8b\xf0\x9f\x8e\xb2\xf0\x9f\xa7\xa6\xf0\x9f\xa6\x91\xf0\x9f\xaa\x80\xf0\x9f\xa7\xad",
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (accept(good[i]) != OK)
			fail_msg("%s: %s", good[i], err.what);
}

static void what_is_too_short_or_too_long_says_how_long_it_may_be(void **state)
{
	char longest[PASSWORD_MOST * 2 + 3];

	(void)state;
	assert_int_equal(accept("elevenchars"), ERR_INPUT);
	assert_string_equal(err.what, "the password has 11 characters; it needs at least 12");
	assert_int_equal(accept("\xc3\xa6\xc3\xb8\xc3\xa5\xc3\xa6\xc3\xb8\xc3\xa5\xc3\xa6\xc3\xb8"), ERR_INPUT); /* 16 bytes, 8 characters */
	assert_int_equal(accept(""), ERR_INPUT);
	for (int i = 0; i < PASSWORD_MOST; i++)
		snprintf(longest + 2 * i, 3, "%s", i % 3 == 0 ? "\xc3\xa6" : i % 7 == 0 ? "\xc3\xb8" : "\xc3\xa5");
	assert_int_equal(accept(longest), OK);
	snprintf(longest + PASSWORD_MOST * 2, 3, "x");
	assert_int_equal(accept(longest), ERR_INPUT);
	assert_string_equal(err.what, "a password has at most 256 characters");
}

static void what_is_no_text_is_refused(void **state)
{
	static const char *const bad[] = {"correct\nhorse battery", "correct\x7fhorse battery", "correct \xff horse battery", "\xc3 correct horse"};
	const char *out;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(accept(bad[i]), ERR_INPUT);
		assert_string_equal(err.what, "a password is UTF-8 without control characters");
	}
	assert_int_equal(password_accept("correct\0horse battery", 21, NULL, NULL, &pool, &out, &err), ERR_INPUT);
}

static void what_is_tried_first_is_refused(void **state)
{
	static const char *const bad[] = {
	    "Password1234", "password 123", "QWERTY123456", "1qaz2wsx3edc", "123456789012", "210987654321", "abcdefghijkl",
	    "zyxwvutsrqpo", "aaaaaaaaaaaa", "abcabcabcabc", "hunter!!!!!!", "!!Dragon2024!!", "passwordpassword",
	    "Christopher1", "\xef\xbc\xb0\xef\xbd\x81\xef\xbd\x93\xef\xbd\x93\xef\xbd\x97\xef\xbd\x8f\xef\xbd\x92\xef\xbd\x84" "1234", /* in full width */
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (accept(bad[i]) != ERR_INPUT)
			fail_msg("%s is accepted", bad[i]);
		assert_string_equal(err.what, "the password is one of those that are tried first");
	}
	assert_false(known_password("correct horse battery"));
	assert_false(known_password("dragons and monkeys"));
	assert_false(known_password(""));
	assert_false(known_password(" "));
}

static void the_name_of_the_user_or_account_is_refused(void **state)
{
	static const char *const bad[] = {
	    "anna.andersen@example.org", "Anna.Andersen", "anna.andersen12345", "CONTOSO LTD", "contoso ltd 1", "Contoso Ltd2026!",
	};
	const char *out;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (accept(bad[i]) != ERR_INPUT)
			fail_msg("%s is accepted", bad[i]);
		if (strlen(bad[i]) >= PASSWORD_LEAST)
			assert_string_equal(err.what, "the password is little else than the name of the user or the account");
	}
	assert_int_equal(accept("anna.andersen rides a horse"), OK);
	/* A name that is in everything is none to look for. */
	assert_int_equal(password_accept("a lot of letter a and b", 23, "a", "b", &pool, &out, &err), OK);
	assert_int_equal(password_accept("anna.andersen", 13, NULL, NULL, &pool, &out, &err), OK);
}

static void what_looks_the_same_is_the_same(void **state)
{
	static const char one[] = "sm\xc3\xb8rrebr\xc3\xb8" "d \xc3\xa5 \xc3\xa9", other[] = "sm\xc3\xb8rrebr\xc3\xb8" "d a\xcc\x8a e\xcc\x81";
	const char *composed, *typed;

	(void)state;
	assert_int_equal(password_compose(one, strlen(one), &pool, &composed, &err), OK);
	assert_int_equal(password_compose(other, strlen(other), &pool, &typed, &err), OK);
	assert_string_equal(composed, typed);
	assert_int_equal(password_compose("  Spaces Stay  ", 15, &pool, &composed, &err), OK);
	assert_string_equal(composed, "  Spaces Stay  ");
}

/* ---- hashes ---- */

static void the_right_password_fits_its_hash_and_no_other(void **state)
{
	char hash[PASSWORD_HASH_MAX], again[PASSWORD_HASH_MAX];
	bool right, weak;

	(void)state;
	assert_int_equal(password_hash(gate, "correct horse battery", hash, &err), OK);
	assert_int_equal(strncmp(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31), 0);
	assert_int_equal(password_hash(gate, "correct horse battery", again, &err), OK);
	assert_string_not_equal(hash, again);
	assert_int_equal(password_verify(gate, PASSWORD_STRANGERS, hash, "correct horse battery", &right, &weak, &err), OK);
	assert_true(right);
	assert_false(weak);
	assert_int_equal(password_verify(gate, PASSWORD_STRANGERS, hash, "correct horse batterz", &right, &weak, &err), OK);
	assert_false(right);
	assert_int_equal(password_verify(gate, PASSWORD_STRANGERS, hash, "", &right, &weak, &err), OK);
	assert_false(right);
}

static void a_cheaper_hash_is_right_and_weak(void **state)
{
	char hash[PASSWORD_HASH_MAX];
	bool right, weak;

	(void)state;
	assert_int_equal(crypto_pwhash_argon2id_str(hash, "correct horse battery", 21, 1, 8 << 20), 0);
	assert_int_equal(password_verify(gate, PASSWORD_STRANGERS, hash, "correct horse battery", &right, &weak, &err), OK);
	assert_true(right);
	assert_true(weak);
	assert_int_equal(password_verify(gate, PASSWORD_STRANGERS, hash, "wrong horse battery", &right, &weak, &err), OK);
	assert_false(right);
	assert_false(weak); /* nobody learns from it */
}

/* It is a hash that can be computed, so it takes as long; and it is never right. */
static void nobodys_password_is_never_right(void **state)
{
	static const char *const tries[] = {"", "correct horse battery", "A"};
	bool right, weak;

	(void)state;
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		assert_int_equal(password_verify(gate, PASSWORD_STRANGERS, NULL, tries[i], &right, &weak, &err), OK);
		assert_false(right);
		assert_false(weak);
	}
}

static void a_damaged_hash_is_said_and_lets_nobody_in(void **state)
{
	bool right, weak;

	(void)state;
	assert_int_equal(password_verify(gate, PASSWORD_STRANGERS, "$argon2id$v=19$m=65536", "x", &right, &weak, &err), ERR_CORRUPT);
	assert_false(right);
	assert_int_equal(password_verify(gate, PASSWORD_STRANGERS, "", "x", &right, &weak, &err), ERR_CORRUPT);
}

/* ---- how many at once ---- */

struct crowd { struct password_gate *gate; enum password_whose whose; _Atomic int fine, busy, wrong; };

static void *knock(void *arg)
{
	struct crowd *crowd = arg;
	bool right, weak;
	struct err own;
	enum result r = password_verify(crowd->gate, crowd->whose, NULL, "x", &right, &weak, &own);

	atomic_fetch_add(r == OK ? &crowd->fine : r == ERR_BUSY ? &crowd->busy : &crowd->wrong, 1);
	return NULL;
}

static void more_than_may_wait_are_turned_away(void **state)
{
	struct crowd crowd = {.whose = PASSWORD_KNOWN};
	pthread_t threads[12];

	(void)state;
	assert_int_equal(password_gate_new(1, 2, &crowd.gate, &err), OK);
	for (int i = 0; i < 12; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, knock, &crowd), 0);
	for (int i = 0; i < 12; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.wrong, 0);
	assert_int_equal(crowd.fine + crowd.busy, 12);
	assert_true(crowd.fine >= 3); /* one runs, two wait */
	password_gate_free(crowd.gate);
}

/* One runs, half of the places are theirs; `left` places are not. */
static void crowd_around(size_t places, int left)
{
	struct crowd strangers = {.whose = PASSWORD_STRANGERS}, known = {.whose = PASSWORD_KNOWN};
	pthread_t threads[20], theirs[2];

	assert_int_equal(password_gate_new(1, places, &strangers.gate, &err), OK);
	known.gate = strangers.gate;
	for (int i = 0; i < 20; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, knock, &strangers), 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < left; i++)
			assert_int_equal(pthread_create(&theirs[i], NULL, knock, &known), 0);
		for (int i = 0; i < left; i++)
			pthread_join(theirs[i], NULL);
	}
	for (int i = 0; i < 20; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(known.fine, 3 * left);
	assert_int_equal(strangers.fine + strangers.busy, 20);
	assert_true(strangers.fine >= 1);
	password_gate_free(strangers.gate);
}

static void strangers_leave_places_to_those_who_are_known(void **state)
{
	(void)state;
	crowd_around(4, 2);
	crowd_around(1, 1);
}

static void of_no_place_to_wait_there_is_none_for_anybody(void **state)
{
	struct crowd crowd = {.whose = PASSWORD_STRANGERS};

	(void)state;
	assert_int_equal(password_gate_new(1, 0, &crowd.gate, &err), OK);
	knock(&crowd);
	crowd.whose = PASSWORD_KNOWN;
	knock(&crowd);
	assert_int_equal(crowd.fine, 2);
	password_gate_free(crowd.gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(length_counts_and_composition_does_not),
	    cmocka_unit_test(what_is_too_short_or_too_long_says_how_long_it_may_be),
	    cmocka_unit_test(what_is_no_text_is_refused),
	    cmocka_unit_test(what_is_tried_first_is_refused),
	    cmocka_unit_test(the_name_of_the_user_or_account_is_refused),
	    cmocka_unit_test(what_looks_the_same_is_the_same),
	    cmocka_unit_test(the_right_password_fits_its_hash_and_no_other),
	    cmocka_unit_test(a_cheaper_hash_is_right_and_weak),
	    cmocka_unit_test(nobodys_password_is_never_right),
	    cmocka_unit_test(a_damaged_hash_is_said_and_lets_nobody_in),
	    cmocka_unit_test(more_than_may_wait_are_turned_away),
	    cmocka_unit_test(strangers_leave_places_to_those_who_are_known),
	    cmocka_unit_test(of_no_place_to_wait_there_is_none_for_anybody),
	};

	return cmocka_run_group_tests_name("access/password", tests, set_up, tear_down);
}
