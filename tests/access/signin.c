/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P40, P41: who gets in, who does not, and who is kept waiting.
 */
#include "access/people.h"

#include <pthread.h>
#include <sodium.h>

#include "access/second.h"
#include "access/secret.h"

/* ---- getting in ---- */

static void the_right_password_opens_a_session(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "Anna@Example.org", USER_ADMIN);
	struct signin in = sign_in(p, "anna@example.ORG", PASSWORD);
	const char *leaf = NULL;
	char id[ID_TEXT_MAX];
	struct signed_in who;
	struct err err;

	assert_int_equal(in.outcome, SIGNED_IN);
	assert_memory_equal(&in.user, &anna.id, sizeof anna.id);
	assert_ok(find_session(p, &in.session, &who, &err), &err);
	assert_int_equal(who.user.user, anna.user);
	assert_int_equal(who.actor.role, ROLE_ADMIN);
	assert_string_equal(who.actor.who, id_format(USER_PREFIX, anna.id, id));
	assert_int_equal(user_named(p, "anna@example.org").last_sign_in.ms, p->world.now.ms);
	assert_int_equal(leaves_of(p, "user.sign_in", &leaf), 1);
	assert_non_null(strstr(leaf, id));
	assert_null(strstr(leaf, "nna@"));
	signin_wipe(&in);
	in = sign_in(p, id, PASSWORD); /* by id too */
	assert_int_equal(in.outcome, SIGNED_IN);
	sound(p);
}

static void a_clock_that_was_set_back_makes_no_sign_in_older(void **state)
{
	struct people *p = *state;
	struct instant first = p->world.now;

	add_with_password(p, "anna", USER_ADMIN);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNED_IN);
	p->world.now.ms -= 86400000;
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNED_IN);
	assert_int_equal(user_named(p, "anna").last_sign_in.ms, first.ms);
}

static void who_is_being_removed_gets_in_no_more(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct err err;

	anna.state = USER_LEAVING;
	assert_ok(user_put(p->world.vault->read.data, &anna, &err), &err);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNIN_REFUSED);
	anna.state = USER_ACTIVE;
	assert_ok(user_put(p->world.vault->read.data, &anna, &err), &err);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNED_IN);
}

/* One answer for all, and one leaf each, with the id of who there is. */
static void what_does_not_fit_is_not_said(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	static const struct { const char *name, *password; bool known; } tries[] = {
	    {"anna", OTHER, true}, {"anna", "", true}, {"anna", "\xff", true}, {"none", PASSWORD, false}, {"nobody", PASSWORD, false},
	    {"", PASSWORD, false}, {"a\nb", PASSWORD, false}, {"usr_01h455vb4pex5vsknk084sn02q", PASSWORD, false},
	};
	const char *leaf = NULL;
	char id[ID_TEXT_MAX];

	add_user(p, "none", USER_AGENT); /* has no password */
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		struct signin in = sign_in(p, tries[i].name, tries[i].password);

		assert_int_equal(in.outcome, SIGNIN_REFUSED);
		assert_int_equal(in.wait.ms, 0);
		assert_int_equal(in.session.opaque.text[0], 0);
		assert_int_equal(in.device[0], 0);
		assert_int_equal(leaves_of(p, "user.sign_in.failed", &leaf), i + 1);
		assert_int_equal(strstr(leaf, id_format(USER_PREFIX, anna.id, id)) != NULL, tries[i].known);
		later(p, 60);
	}
	assert_int_equal(try_in(p, NULL, (struct try){.name = "anna", .password = PASSWORD}).outcome, SIGNIN_REFUSED);
	assert_int_equal(leaves_of(p, "user.sign_in.failed", &leaf), sizeof tries / sizeof tries[0] + 1);
	assert_non_null(strstr(leaf, "\"account\":0"));
}

static void a_user_of_another_account_is_nobody_here(void **state)
{
	struct people *p = *state;
	struct account other;
	struct err err;

	add_with_password(p, "anna", USER_OWNER);
	assert_ok(accounts_create(p->world.vault, "Other", "DK", p->world.now, &p->world.pool, &other, &err), &err);
	assert_int_equal(try_in(p, &other, (struct try){.name = "anna", .password = PASSWORD}).outcome, SIGNIN_REFUSED);
}

static void who_was_removed_gets_in_no_more(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct signin in = sign_in(p, "anna", PASSWORD);

	assert_true(is_let_in(p, &in.session));
	remove_user(p, &anna);
	assert_false(is_let_in(p, &in.session));
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNIN_REFUSED);
	anna = add_with_password(p, "anna", USER_ADMIN); /* another one */
	assert_false(is_let_in(p, &in.session));
	sound(p);
}

/* ---- the password ---- */

static void a_password_is_nowhere_in_the_files(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct user_secret_row row;
	const char *hash;
	size_t len;
	struct err err;

	assert_ok(secret_get(&p->world.vault->read, &anna, SECRET_PASSWORD, &p->world.pool, &row, &hash, &len, &err), &err);
	assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
	assert_null(memmem(row.sealed, row.sealed_len, "argon2", 6));
	remove_user(p, &anna);
	assert_int_equal(open_user_secret(p->world.vault->read.ring, &anna, &row, &p->world.pool, &hash, &len, &err), ERR_GONE);
}

static void a_new_password_ends_all_sessions_and_the_old_one(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN), bent = add_with_password(p, "bent", USER_ADMIN);
	struct signin a = sign_in(p, "anna", PASSWORD), b = sign_in(p, "anna", PASSWORD), c = sign_in(p, "bent", PASSWORD);
	const char *leaf = NULL;
	struct err err;

	assert_true(is_let_in(p, &a.session));
	later(p, 1);
	assert_ok(user_password_set(p->world.vault, p->doors.gate, &p->world.account, &anna, OTHER, strlen(OTHER),
				    PASSWORD_BY_USER, p->world.now, &err), &err);
	assert_false(is_let_in(p, &a.session));
	assert_false(is_let_in(p, &b.session));
	assert_true(is_let_in(p, &c.session));
	assert_int_equal(leaves_of(p, "user.password.set", &leaf), 3);
	assert_non_null(strstr(leaf, "\"sessions\":2"));
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNIN_REFUSED);
	assert_int_equal(sign_in(p, "anna", OTHER).outcome, SIGNED_IN);
	(void)bent;
	sound(p);
}

static void a_password_that_is_not_accepted_changes_nothing(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna.andersen", USER_ADMIN);
	struct signin in = sign_in(p, "anna.andersen", PASSWORD);
	static const char *const bad[] = {"short", "password1234", "anna.andersen", "Test account"};
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(user_password_set(p->world.vault, p->doors.gate, &p->world.account, &anna, bad[i], strlen(bad[i]),
						   PASSWORD_BY_SOMEBODY, p->world.now, &err), ERR_INPUT);
	assert_true(is_let_in(p, &in.session));
}

struct cheap { const struct user_row *user; struct world *world; };

static enum result cheap_op(struct session *session, void *arg, struct err *err)
{
	const struct cheap *cheap = arg;
	char hash[PASSWORD_HASH_MAX];

	assert_int_equal(crypto_pwhash_argon2id_str(hash, PASSWORD, strlen(PASSWORD), 1, 8 << 20), 0);
	return secret_set(session, cheap->user, SECRET_PASSWORD, hash, strlen(hash), 0, cheap->world->now, &cheap->world->pool, err);
}

static void a_hash_that_is_too_cheap_is_made_anew_at_a_sign_in(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_ADMIN);
	struct cheap cheap = {&anna, &p->world};
	struct signin in;
	const char *hash;
	size_t len;
	struct err err;

	assert_ok(vault_write(p->world.vault, cheap_op, &cheap, &err), &err);
	later(p, 10);
	assert_int_equal(sign_in(p, "anna", OTHER).outcome, SIGNIN_REFUSED);
	assert_int_equal(leaves_of(p, "user.password.rehash", NULL), 0);
	in = sign_in(p, "anna", PASSWORD);
	assert_int_equal(in.outcome, SIGNED_IN);
	assert_int_equal(leaves_of(p, "user.password.rehash", NULL), 1);
	assert_ok(secret_get(&p->world.vault->read, &anna, SECRET_PASSWORD, &p->world.pool, NULL, &hash, &len, &err), &err);
	assert_int_equal(strncmp(hash, "$argon2id$v=19$m=65536,t=2,", 27), 0);
	assert_true(is_let_in(p, &in.session)); /* no change of the password: nothing ends */
	in = try_in(p, &p->world.account, (struct try){.name = "anna", .password = PASSWORD, .device = in.device});
	assert_int_equal(in.outcome, SIGNED_IN);
	assert_int_equal(leaves_of(p, "user.password.rehash", NULL), 1);
	sound(p);
}

/* ---- slowing down ---- */

static int tries_until_wait(struct people *p, const char *name, const char *from)
{
	for (int i = 0;; i++)
		if (try_in(p, &p->world.account, (struct try){.name = name, .password = OTHER, .from = from}).outcome == SIGNIN_WAIT)
			return i;
}

static void a_stranger_who_guesses_slows_down_themselves_only(void **state)
{
	struct people *p = *state;
	struct signin mine, out;

	add_with_password(p, "anna", USER_ADMIN);
	mine = sign_in(p, "anna", PASSWORD);
	assert_int_equal(tries_until_wait(p, "anna", "198.51.100.9"), 4);
	assert_int_equal(tries_until_wait(p, "nobody", "198.51.100.8"), 4); /* as who is not there */
	out = try_in(p, &p->world.account, (struct try){.name = "anna", .password = PASSWORD, .from = "198.51.100.9"});
	assert_int_equal(out.outcome, SIGNIN_WAIT); /* the right one is not tried either */
	assert_int_equal(out.wait.ms, 1000);
	assert_int_equal(leaves_of(p, "user.sign_in.failed", NULL), 8); /* what is not tried leaves none */
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNED_IN);
	out = try_in(p, &p->world.account, (struct try){.name = "anna", .password = PASSWORD, .from = "198.51.100.9", .device = mine.device});
	assert_int_equal(out.outcome, SIGNED_IN); /* a device of theirs, from the very same address */
	later(p, 1);
	out = try_in(p, &p->world.account, (struct try){.name = "anna", .password = PASSWORD, .from = "198.51.100.9"});
	assert_int_equal(out.outcome, SIGNED_IN);
}

static enum signin_outcome try_from_six(struct people *p, const char *name, const char *password, const char *device, unsigned network, unsigned subnet)
{
	struct sockaddr_in6 from = {.sin6_family = AF_INET6};
	const struct signing in = {.account = &p->world.account, .name = name, .password = password, .password_len = strlen(password),
				   .device = device, .address = &from, .now = p->world.now};
	struct signin out;
	char text[64];
	struct err err;

	snprintf(text, sizeof text, "2001:db8:%x:%x::1", network, subnet);
	assert_int_equal(inet_pton(AF_INET6, text, &from.sin6_addr), 1);
	assert_ok(signin(&p->doors, p->world.vault, &in, &out, &err), &err);
	return out.outcome;
}

/* Of IPv6 one customer has thousands of addresses. */
static void a_network_that_guesses_at_a_user_slows_down_itself_only(void **state)
{
	struct people *p = *state;
	uint32_t free = lockout_rule(LOCKOUT_NETWORK)->free;
	struct signin mine;

	add_with_password(p, "anna", USER_ADMIN);
	add_with_password(p, "bent", USER_ADMIN);
	mine = sign_in(p, "anna", PASSWORD);
	for (uint32_t i = 0; i <= free; i++)
		assert_int_equal(try_from_six(p, i % 2 == 0 ? "anna" : "ANNA", OTHER, NULL, 1, i), i < free ? SIGNIN_REFUSED : SIGNIN_WAIT);
	assert_int_equal(try_from_six(p, "anna", PASSWORD, NULL, 1, 900), SIGNIN_WAIT);
	assert_int_equal(try_from_six(p, "bent", PASSWORD, NULL, 1, 901), SIGNED_IN);
	assert_int_equal(try_from_six(p, "anna", PASSWORD, mine.device, 1, 902), SIGNED_IN);
	assert_int_equal(try_from_six(p, "anna", PASSWORD, NULL, 2, 0), SIGNED_IN);
	later(p, 1);
	assert_int_equal(try_from_six(p, "anna", PASSWORD, NULL, 1, 903), SIGNED_IN); /* and all is forgotten */
	assert_int_equal(try_from_six(p, "anna", OTHER, NULL, 1, 904), SIGNIN_REFUSED);
	assert_int_equal(try_from_six(p, "anna", PASSWORD, NULL, 1, 905), SIGNED_IN);
}

static void an_address_that_goes_through_names_is_slowed_down(void **state)
{
	struct people *p = *state;
	uint32_t free = lockout_rule(LOCKOUT_ADDRESS)->free;
	char name[32];

	for (uint32_t i = 0; i <= free; i++) {
		struct signin out;

		snprintf(name, sizeof name, "name%u", i);
		out = sign_in(p, name, OTHER);
		assert_int_equal(out.outcome, i < free ? SIGNIN_REFUSED : SIGNIN_WAIT);
	}
}

static void the_mark_of_a_device_is_its_users_until_their_password_changes(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN), bent = add_with_password(p, "bent", USER_ADMIN);
	struct signin in = sign_in(p, "anna", PASSWORD);
	struct instant set = p->world.now;
	unsigned char nonce[DEVICE_NONCE];
	struct keyring *ring = p->world.vault->read.ring;
	struct err err;
	bool known;

	assert_ok(device_known(ring, &anna, set, in.device, p->world.now, &known, nonce, &err), &err);
	assert_true(known);
	assert_ok(device_known(ring, &bent, set, in.device, p->world.now, &known, nonce, &err), &err);
	assert_false(known);
	assert_ok(device_known(ring, &anna, (struct instant){set.ms + 1}, in.device, p->world.now, &known, nonce, &err), &err);
	assert_false(known);
	assert_ok(device_known(ring, &anna, set, in.device, instant_add(set, device_lasts), &known, nonce, &err), &err);
	assert_false(known);
	assert_ok(device_known(ring, &anna, set, in.device, (struct instant){set.ms - 1}, &known, nonce, &err), &err);
	assert_false(known); /* of a time that is to come */
	in.device[10] = in.device[10] == 'A' ? 'B' : 'A';
	assert_ok(device_known(ring, &anna, set, in.device, p->world.now, &known, nonce, &err), &err);
	assert_false(known);
	assert_ok(device_known(ring, &anna, set, "", p->world.now, &known, nonce, &err), &err);
	assert_false(known);
}

/* ---- the second factor ---- */

static const unsigned char *totp_key_of(struct people *p, const struct user_row *user, enum user_secret_kind kind)
{
	const char *key;
	size_t len;
	struct err err;

	assert_ok(secret_get(&p->world.vault->read, user, kind, &p->world.pool, NULL, &key, &len, &err), &err);
	assert_non_null(key);
	return (const unsigned char *)key;
}

static const char *code_now(struct people *p, const struct user_row *user, enum user_secret_kind kind)
{
	static char text[16];

	snprintf(text, sizeof text, "%06u", totp_code(totp_key_of(p, user, kind), TOTP_KEY_LEN, totp_step(p->world.now), TOTP_DIGITS));
	return text;
}

static void turn_on(struct people *p, const struct user_row *user, struct recovery *recovery)
{
	struct buf uri;
	struct err err;

	buf_init(&uri, 2000);
	assert_ok(second_begin(p->world.vault, user, p->world.now, &uri, &err), &err);
	assert_int_equal(strncmp(uri.data, "otpauth://totp/Lethe:anna?secret=", 33), 0);
	buf_free(&uri);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNED_IN); /* not asked for yet */
	assert_int_equal(second_confirm(p->world.vault, user, "000000x", p->world.now, recovery, &err), ERR_DENIED);
	assert_string_equal(err.what, "the code does not fit");
	assert_ok(second_confirm(p->world.vault, user, code_now(p, user, SECRET_TOTP_COMING), p->world.now, recovery, &err), &err);
}

static struct signin with_code(struct people *p, const char *code)
{
	return try_in(p, &p->world.account, (struct try){.name = "anna", .password = PASSWORD, .code = code});
}

static void a_second_factor_is_asked_for_and_a_code_is_taken_once(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct recovery recovery;
	const char *leaf = NULL;
	struct signin out;

	turn_on(p, &anna, &recovery);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNIN_CODE);
	assert_int_equal(sign_in(p, "anna", OTHER).outcome, SIGNIN_REFUSED); /* and nobody learns of it without the password */
	assert_int_equal(with_code(p, code_now(p, &anna, SECRET_TOTP)).outcome, SIGNIN_REFUSED); /* confirmed with: used */
	assert_int_equal(leaves_of(p, "user.sign_in.failed", &leaf), 2);
	assert_non_null(strstr(leaf, "\"code\":1"));
	later(p, 30);
	out = with_code(p, code_now(p, &anna, SECRET_TOTP));
	assert_int_equal(out.outcome, SIGNED_IN);
	assert_int_equal(out.recovery_left, -1);
	assert_true(is_let_in(p, &out.session));
	out = with_code(p, code_now(p, &anna, SECRET_TOTP));
	assert_int_equal(out.outcome, SIGNIN_REFUSED);
	assert_int_equal(out.session.opaque.text[0], 0);
	later(p, 30);
	assert_int_equal(with_code(p, code_now(p, &anna, SECRET_TOTP)).outcome, SIGNED_IN);
	sound(p);
}

/* Whoever saw a code, and can set the clock back to when it was shown, does not get in by it. */
static void a_clock_that_was_set_back_makes_no_used_code_good_again(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct instant used[3];
	struct recovery recovery;

	turn_on(p, &anna, &recovery);
	for (int i = 0; i < 3; i++) {
		later(p, 60);
		used[i] = p->world.now;
		assert_int_equal(with_code(p, code_now(p, &anna, SECRET_TOTP)).outcome, SIGNED_IN);
	}
	for (int i = 0; i < 3; i++) {
		p->world.now = used[i];
		assert_int_equal(with_code(p, code_now(p, &anna, SECRET_TOTP)).outcome, SIGNIN_REFUSED);
	}
	p->world.now = used[0];
	assert_int_equal(with_code(p, recovery.codes[0]).outcome, SIGNED_IN); /* she is not locked out meanwhile */
	p->world.now = used[2];
	later(p, 31);
	assert_int_equal(with_code(p, code_now(p, &anna, SECRET_TOTP)).outcome, SIGNED_IN);
	later(p, 365 * 24 * 3600); /* a step forward is as harmless */
	assert_int_equal(with_code(p, code_now(p, &anna, SECRET_TOTP)).outcome, SIGNED_IN);
	sound(p);
}

static void a_recovery_code_lets_in_once(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct recovery recovery, fresh;
	struct signin out;
	struct err err;

	turn_on(p, &anna, &recovery);
	out = with_code(p, recovery.codes[3]);
	assert_int_equal(out.outcome, SIGNED_IN);
	assert_int_equal(out.recovery_left, 9);
	assert_int_equal(with_code(p, recovery.codes[3]).outcome, SIGNIN_REFUSED);
	assert_int_equal(with_code(p, recovery.codes[9]).recovery_left, 8);
	assert_ok(second_renew(p->world.vault, &anna, p->world.now, &fresh, &err), &err);
	assert_int_equal(with_code(p, recovery.codes[0]).outcome, SIGNIN_REFUSED);
	assert_int_equal(with_code(p, fresh.codes[0]).recovery_left, 9);
	sound(p);
}

static void a_second_factor_is_begun_turned_on_and_off_in_that_order(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct second_state second;
	struct recovery recovery;
	struct buf uri;
	struct err err;

	buf_init(&uri, 2000);
	assert_int_equal(second_off(p->world.vault, &anna, p->world.now, &err), ERR_NOT_FOUND);
	assert_int_equal(second_renew(p->world.vault, &anna, p->world.now, &recovery, &err), ERR_NOT_FOUND);
	assert_int_equal(second_confirm(p->world.vault, &anna, "123456", p->world.now, &recovery, &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "no second factor was begun");
	turn_on(p, &anna, &recovery);
	assert_ok(second_state(&p->world.vault->read, &anna, &p->world.pool, &second, &err), &err);
	assert_true(second.on && !second.begun && second.recovery_left == 10);
	assert_int_equal(second_begin(p->world.vault, &anna, p->world.now, &uri, &err), ERR_EXISTS);
	assert_ok(second_off(p->world.vault, &anna, p->world.now, &err), &err);
	assert_ok(second_state(&p->world.vault->read, &anna, &p->world.pool, &second, &err), &err);
	assert_true(!second.on && second.recovery_left == 0);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNED_IN);
	assert_int_equal(leaves_of(p, "user.totp.begin", NULL) + leaves_of(p, "user.totp.on", NULL) + leaves_of(p, "user.totp.off", NULL), 3);
	buf_free(&uri);
	sound(p);
}

/* Codes are guessed at by who knows the password, from as many addresses as they like. */
static void codes_cannot_be_gone_through_from_many_addresses(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct signin mine = sign_in(p, "anna", PASSWORD), out;
	struct recovery recovery;
	char from[32];
	int tried = 0;

	turn_on(p, &anna, &recovery);
	for (int i = 1; i < 20; i++) {
		snprintf(from, sizeof from, "198.51.100.%d", i);
		out = try_in(p, &p->world.account, (struct try){.name = "anna", .password = PASSWORD, .code = "000001", .from = from});
		tried += out.outcome == SIGNIN_REFUSED;
	}
	assert_int_equal(tried, lockout_rule(LOCKOUT_CODE)->free);
	assert_int_equal(out.outcome, SIGNIN_WAIT);
	later(p, 30);
	out = try_in(p, &p->world.account, (struct try){.name = "anna", .password = PASSWORD, .from = "198.51.100.1",
							.code = code_now(p, &anna, SECRET_TOTP), .device = mine.device});
	assert_int_equal(out.outcome, SIGNED_IN); /* a device of theirs is not kept waiting by it */
}

/* ---- at once ---- */

struct racer { struct people *p; struct vault *view; const char *code; int in; };

static void *race(void *arg)
{
	struct racer *racer = arg;
	struct sockaddr_in from = place("203.0.113.1");
	const struct signing in = {.account = &racer->p->world.account, .name = "anna", .password = PASSWORD,
				   .password_len = strlen(PASSWORD), .code = racer->code, .address = &from, .now = racer->p->world.now};
	struct signin out;
	struct err err;

	racer->in = signin(&racer->p->doors, racer->view, &in, &out, &err) == OK && out.outcome == SIGNED_IN;
	return NULL;
}

static void of_two_who_show_the_same_code_at_once_one_gets_in(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct racer racers[3];
	pthread_t threads[3];
	struct recovery recovery;
	int in = 0;
	struct err err;

	turn_on(p, &anna, &recovery);
	for (int i = 0; i < 3; i++) {
		racers[i] = (struct racer){.p = p, .code = recovery.codes[0]};
		assert_ok(vault_view(p->world.vault, &racers[i].view, &err), &err);
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		in += racers[i].in;
		vault_close(racers[i].view);
	}
	assert_int_equal(in, 1);
	sound(p);
}

static bool straight(struct people *p, const struct user_row *user, enum session_how how)
{
	struct session_new session;
	struct err err;
	bool in;

	assert_ok(signin_straight(&p->doors, p->world.vault, user, (struct session_by){how, {0}}, p->world.now, &session, &in, &err), &err);
	assert_int_equal(in, in && is_let_in(p, &session));
	return in;
}

static void a_link_is_no_second_factor(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);
	struct recovery recovery;
	struct session_new session;
	struct err err;
	bool in;

	assert_true(straight(p, &anna, SESSION_INVITE));
	turn_on(p, &anna, &recovery);
	assert_false(straight(p, &anna, SESSION_INVITE));
	assert_true(straight(p, &anna, SESSION_CODE));
	remove_user(p, &anna);
	assert_int_equal(signin_straight(&p->doors, p->world.vault, &anna, (struct session_by){SESSION_CODE, {0}}, p->world.now, &session, &in, &err),
			 ERR_NOT_FOUND);
	assert_false(in);
	sound(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AMONG_PEOPLE(the_right_password_opens_a_session),
	    AMONG_PEOPLE(a_clock_that_was_set_back_makes_no_sign_in_older),
	    AMONG_PEOPLE(who_is_being_removed_gets_in_no_more),
	    AMONG_PEOPLE(what_does_not_fit_is_not_said),
	    AMONG_PEOPLE(a_user_of_another_account_is_nobody_here),
	    AMONG_PEOPLE(who_was_removed_gets_in_no_more),
	    AMONG_PEOPLE(a_password_is_nowhere_in_the_files),
	    AMONG_PEOPLE(a_new_password_ends_all_sessions_and_the_old_one),
	    AMONG_PEOPLE(a_password_that_is_not_accepted_changes_nothing),
	    AMONG_PEOPLE(a_hash_that_is_too_cheap_is_made_anew_at_a_sign_in),
	    AMONG_PEOPLE(a_stranger_who_guesses_slows_down_themselves_only),
	    AMONG_PEOPLE(a_network_that_guesses_at_a_user_slows_down_itself_only),
	    AMONG_PEOPLE(an_address_that_goes_through_names_is_slowed_down),
	    AMONG_PEOPLE(the_mark_of_a_device_is_its_users_until_their_password_changes),
	    AMONG_PEOPLE(a_second_factor_is_asked_for_and_a_code_is_taken_once),
	    AMONG_PEOPLE(a_clock_that_was_set_back_makes_no_used_code_good_again),
	    AMONG_PEOPLE(a_recovery_code_lets_in_once),
	    AMONG_PEOPLE(a_second_factor_is_begun_turned_on_and_off_in_that_order),
	    AMONG_PEOPLE(codes_cannot_be_gone_through_from_many_addresses),
	    AMONG_PEOPLE(of_two_who_show_the_same_code_at_once_one_gets_in),
	    AMONG_PEOPLE(a_link_is_no_second_factor),
	};

	return cmocka_run_group_tests_name("access/signin", tests, NULL, NULL);
}
