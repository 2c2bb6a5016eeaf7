/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P40: what lets somebody in and was changed, ended or revoked does not come back by a restore, also when the live data
 * are lost; and the check of it.
 */
#include "access/people.h"

#include "vault/recording.h"

#include "access/invite.h"
#include "access/second.h"
#include "access/secret.h"
#include "access/token_cache.h"
#include "store/request_key.h"
#include "store/user_subject.h"
#include "store/work.h"
#include "vault/backup.h"
#include "vault/restore.h"

#define AT(p) (p)->world.vault->read

static char *backup_dir(struct people *p)
{
	return pool_printf(&p->world.pool, "%s/backup", p->world.base);
}

static void back_up(struct people *p)
{
	struct backup_options options = {.dir = backup_dir(p), .now = p->world.now};
	struct manifest manifest;
	struct err err;

	assert_ok(backup_create(p->world.vault, &options, &manifest, &err), &err);
	later(p, 60);
}

static void restore(struct people *p)
{
	struct restore_options options = {.dir = backup_dir(p), .now = p->world.now};
	struct restore_result out;
	struct err err;

	assert_ok(restore_run(p->world.vault, &options, &out, &err), &err);
	sound(p);
}

/* vault.db is gone; what the key store remembers is all there is. */
static void lose_and_restore(struct people *p)
{
	struct vault_options options = {.data_dir = p->world.data, .command = "test", .write = true};
	struct id id = p->world.vault->id;
	char path[PATH_MAX];
	struct err err;

	vault_close(p->world.vault);
	p->world.vault = NULL;
	snprintf(path, sizeof path, "%s/regions/default/vault.db", p->world.data);
	assert_int_equal(unlink(path), 0);
	assert_ok(vault_open_without_data(&options, id, &p->world.vault, &err), &err);
	restore(p);
}

static struct opaque make_token(struct people *p, uint32_t account, struct id *id)
{
	struct token_new new = {.name = "x", .role = account == 0 ? ROLE_OPERATOR : ROLE_OWNER, .scopes = 1 << MAY_USER_READ};
	struct opaque token;
	struct err err;

	assert_ok(tokens_create(p->world.vault, &p->local, account, &new, p->world.now, &token, id, &err), &err);
	return token;
}

static bool token_works(struct people *p, const struct opaque *token)
{
	struct actor actor;
	struct err err;

	return tokens_find(NULL, p->world.vault, token->text, OPAQUE_LEN, p->world.now, &actor, &err) == OK;
}

static void turn_on(struct people *p, const struct user_row *user, struct recovery *recovery)
{
	char code[16];
	const char *key;
	struct buf uri;
	size_t len;
	struct err err;

	buf_init(&uri, 2000);
	assert_ok(second_begin(p->world.vault, user, p->world.now, &uri, &err), &err);
	assert_ok(secret_get(&AT(p), user, SECRET_TOTP_COMING, &p->world.pool, NULL, &key, &len, &err), &err);
	snprintf(code, sizeof code, "%06u", totp_code((const unsigned char *)key, len, totp_step(p->world.now), TOTP_DIGITS));
	assert_ok(second_confirm(p->world.vault, user, code, p->world.now, recovery, &err), &err);
	buf_free(&uri);
}

static enum signin_outcome with_code(struct people *p, const char *name, const char *code)
{
	return try_in(p, &p->world.account, (struct try){.name = name, .password = PASSWORD, .code = code}).outcome;
}

/* What there was when the backup was made, and what became of it. */
struct before {
	struct user_row anna, bent, carl;
	struct signin ended, kept;
	struct opaque revoked, living, operator, link;
	struct id revoked_id, living_id, operator_id;
	struct recovery recovery;
};

static struct before fill(struct people *p)
{
	struct before b = {.anna = add_with_password(p, "anna", USER_ADMIN), .bent = add_with_password(p, "bent", USER_ADMIN),
			   .carl = add_with_password(p, "carl", USER_ADMIN)};
	struct instant expires;
	struct err err;

	b.ended = sign_in(p, "bent", PASSWORD);
	b.kept = sign_in(p, "bent", PASSWORD);
	b.revoked = make_token(p, p->world.account.number, &b.revoked_id);
	b.living = make_token(p, p->world.account.number, &b.living_id);
	b.operator = make_token(p, VAULT_ACCOUNT, &b.operator_id);
	assert_ok(invites_make(p->world.vault, &p->local, &b.anna, p->world.now, &b.link, &expires, &err), &err);
	turn_on(p, &b.carl, &b.recovery);
	return b;
}

static void change(struct people *p, struct before *b)
{
	struct err err;

	assert_ok(user_password_set(p->world.vault, p->doors.gate, &p->world.account, &b->anna, OTHER, strlen(OTHER),
				    PASSWORD_BY_SOMEBODY, p->world.now, &err), &err);
	assert_ok(sessions_end(p->world.vault, b->bent.account, b->bent.user, b->ended.session.id, p->world.now, &err), &err);
	assert_ok(tokens_revoke(p->world.vault, p->world.account.number, b->revoked_id, p->world.now, &err), &err);
	assert_ok(tokens_revoke(p->world.vault, VAULT_ACCOUNT, b->operator_id, p->world.now, &err), &err);
	assert_int_equal(with_code(p, "carl", b->recovery.codes[0]), SIGNED_IN);
	remove_user(p, &b->bent);
	later(p, 60);
}

static void a_restore_takes_what_lets_people_in_as_it_is_now(void **state)
{
	struct people *p = *state;
	struct before b = fill(p);
	struct opaque later_token;
	struct id id;
	struct signin in;

	back_up(p);
	change(p, &b);
	later_token = make_token(p, p->world.account.number, &id);
	in = sign_in(p, "anna", OTHER);
	restore(p);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNIN_REFUSED);
	assert_int_equal(sign_in(p, "anna", OTHER).outcome, SIGNED_IN);
	assert_true(is_let_in(p, &in.session));
	assert_false(is_let_in(p, &b.ended.session));
	assert_false(is_let_in(p, &b.kept.session)); /* its user is gone */
	assert_int_equal(sign_in(p, "bent", PASSWORD).outcome, SIGNIN_REFUSED);
	assert_false(token_works(p, &b.revoked));
	assert_false(token_works(p, &b.operator));
	assert_true(token_works(p, &b.living));
	assert_true(token_works(p, &later_token));
	assert_int_equal(with_code(p, "carl", b.recovery.codes[0]), SIGNIN_REFUSED);
	assert_int_equal(with_code(p, "carl", b.recovery.codes[1]), SIGNED_IN);
}

static void a_restore_without_live_data_brings_back_nothing_that_was_ended(void **state)
{
	struct people *p = *state;
	struct before b = fill(p);
	struct invite_found found;
	struct err err;

	back_up(p);
	change(p, &b);
	lose_and_restore(p);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNIN_REFUSED); /* the old one; the new one is lost */
	assert_int_equal(sign_in(p, "anna", OTHER).outcome, SIGNIN_REFUSED);
	assert_false(is_let_in(p, &b.ended.session));
	assert_false(is_let_in(p, &b.kept.session));
	assert_false(token_works(p, &b.revoked));
	assert_false(token_works(p, &b.operator));
	assert_true(token_works(p, &b.living));
	assert_int_equal(invites_find(&AT(p), b.link.text, OPAQUE_LEN, p->world.now, &p->world.pool, &found, &err), ERR_DENIED);
	/* Which codes were used is not known: none is good. The second factor itself is still asked for. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(with_code(p, "carl", b.recovery.codes[i]), SIGNIN_REFUSED);
	assert_int_equal(sign_in(p, "carl", PASSWORD).outcome, SIGNIN_CODE);
	assert_int_equal(user_lookup(&AT(p), &p->world.account, "bent", &p->world.pool, &b.bent, &err), ERR_NOT_FOUND);
	set_password(p, &b.anna, PASSWORD);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNED_IN);
	sound(p);
}

static void a_second_factor_that_was_turned_off_stays_off(void **state)
{
	struct people *p = *state;
	struct user_row carl = add_with_password(p, "carl", USER_ADMIN);
	struct recovery recovery;
	struct err err;

	turn_on(p, &carl, &recovery);
	back_up(p);
	assert_ok(second_off(p->world.vault, &carl, p->world.now, &err), &err);
	lose_and_restore(p);
	assert_int_equal(sign_in(p, "carl", PASSWORD).outcome, SIGNED_IN);
}

/* Set again by a clock that runs behind: it is still the newest. */
static void a_clock_that_was_set_back_outdates_no_present_password(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_with_password(p, "anna", USER_ADMIN);

	later(p, -3600);
	set_password(p, &anna, OTHER);
	back_up(p);
	lose_and_restore(p);
	assert_int_equal(sign_in(p, "anna", OTHER).outcome, SIGNED_IN);
	assert_int_equal(sign_in(p, "anna", PASSWORD).outcome, SIGNIN_REFUSED);
}

/* ---- check ---- */

struct finding { enum check_id id; char text[200]; int count; };

static void tell(void *arg, enum check_id id, const char *text)
{
	struct finding *f = arg;

	f->id = id;
	snprintf(f->text, sizeof f->text, "%s", text);
	f->count++;
}

static void finds(struct people *p, const char *sql, const char *back, const char *part)
{
	struct finding f = {.count = 0};
	const struct check_options options = {.quick = true, .problem = tell, .arg = &f};
	struct check_report report;
	struct err err;

	tamper(&p->world, "vault.db", sql);
	assert_ok(check_vault(p->world.vault, &options, &report, &err), &err);
	if (f.count != 1 || f.id != CHECK_ACCESS || strstr(f.text, part) == NULL)
		fail_msg("%s: %d: %s", sql, f.count, f.text);
	tamper(&p->world, "vault.db", back);
	sound(p);
}

static void what_is_wrong_with_what_lets_people_in_is_found(void **state)
{
	struct people *p = *state;

	fill(p);
	sound(p);
	finds(p, "UPDATE user_secret SET kind = 3 WHERE kind = 4", "UPDATE user_secret SET kind = 4 WHERE kind = 3",
	      "their secret of kind 3 cannot be opened");
	finds(p, "INSERT INTO user_secret VALUES(1, 77, 1, x'00', 0, 0)", "DELETE FROM user_secret WHERE user_id = 77",
	      "user 77: their secret of kind 1 cannot be opened");
	finds(p, "INSERT INTO user_session VALUES(1, 77, randomblob(16), zeroblob(32), 1, 0, 0, 0, 0)", "DELETE FROM user_session WHERE user_id = 77",
	      "is of user 77, who is not there");
	finds(p, "INSERT INTO invite VALUES(1, 77, zeroblob(16), zeroblob(32), 'os:0', 0, 0)", "DELETE FROM invite WHERE user_id = 77",
	      "is for user 77, who is not there");
	finds(p, "INSERT INTO user_subject VALUES(1, zeroblob(16), 77)", "DELETE FROM user_subject", "is of user 77, who does not have it");
	finds(p, "INSERT INTO token VALUES(1, randomblob(16), zeroblob(32), x'00', 1, 1, 'os:0', 0, NULL, NULL, NULL)",
	      "DELETE FROM token WHERE hash = zeroblob(32)", "its name cannot be opened");
	finds(p, "INSERT INTO token VALUES(0, randomblob(16), zeroblob(32), x'00', 0, 1, 'os:0', 0, NULL, NULL, NULL)",
	      "DELETE FROM token WHERE hash = zeroblob(32)", "account 0: tok_");
}

static enum result put_key(struct session *session, void *arg, struct err *err)
{
	return request_key_put(session->data, arg, err);
}

static void what_was_asked_with_a_key_since_is_not_done_again(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct request_key_row old = {.account = account, .key = {{1}}, .state = REQUEST_ANSWERED}, new = old, found;
	bool there;
	struct err err;

	new.key.bytes[0] = 2;
	assert_ok(vault_write(p->world.vault, put_key, &old, &err), &err);
	back_up(p);
	old.state = REQUEST_BROKEN;
	assert_ok(vault_write(p->world.vault, put_key, &old, &err), &err);
	assert_ok(vault_write(p->world.vault, put_key, &new, &err), &err);
	restore(p);
	assert_ok(request_key_get(AT(p).data, account, &new.key, &p->world.pool, &there, &found, &err), &err);
	assert_true(there);
	assert_ok(request_key_get(AT(p).data, account, &old.key, &p->world.pool, &there, &found, &err), &err);
	assert_true(there);
	assert_int_equal(found.state, REQUEST_BROKEN);
}

static enum result put_work(struct session *session, void *arg, struct err *err)
{
	return work_put(session->data, arg, err);
}

static void jobs_that_were_asked_for_are_as_they_are_now(void **state)
{
	struct people *p = *state;
	uint32_t account = p->world.account.number;
	struct work_row old = {.account = account, .id = {{1}}, .operation = "check", .made_by = "os:0", .state = WORK_DONE,
			       .ended = {1}};
	struct work_row new = old, found;
	struct err err;

	new.id.bytes[0] = 2;
	assert_ok(seal_data(AT(p).ring, account, "work", old.id, "{}", &p->world.pool, &old.asked, &old.asked_len, &err), &err);
	assert_ok(seal_data(AT(p).ring, account, "work", new.id, "{}", &p->world.pool, &new.asked, &new.asked_len, &err), &err);
	assert_ok(vault_write(p->world.vault, put_work, &old, &err), &err);
	back_up(p);
	old.state = WORK_FAILED;
	assert_ok(vault_write(p->world.vault, put_work, &old, &err), &err);
	assert_ok(vault_write(p->world.vault, put_work, &new, &err), &err);
	restore(p);
	assert_ok(work_get(AT(p).data, account, old.id, &p->world.pool, &found, &err), &err);
	assert_int_equal(found.state, WORK_FAILED);
	assert_ok(work_get(AT(p).data, account, new.id, &p->world.pool, &found, &err), &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AMONG_PEOPLE(a_restore_takes_what_lets_people_in_as_it_is_now),
	    AMONG_PEOPLE(a_restore_without_live_data_brings_back_nothing_that_was_ended),
	    AMONG_PEOPLE(a_second_factor_that_was_turned_off_stays_off),
	    AMONG_PEOPLE(a_clock_that_was_set_back_outdates_no_present_password),
	    AMONG_PEOPLE(jobs_that_were_asked_for_are_as_they_are_now),
	    AMONG_PEOPLE(what_was_asked_with_a_key_since_is_not_done_again),
	    AMONG_PEOPLE(what_is_wrong_with_what_lets_people_in_is_found),
	};

	return cmocka_run_group_tests_name("vault/carry_access", tests, NULL, NULL);
}
