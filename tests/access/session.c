/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P40: sessions end.
 */
#include "access/people.h"

#include "access/tidy.h"

struct beginning { const struct user_row *user; const struct session_rule *rule; struct instant now; struct session_new session; };

static enum result begin_op(struct session *session, void *arg, struct err *err)
{
	struct beginning *b = arg;

	return sessions_begin(session, b->user, (struct session_by){SESSION_PASSWORD, {0}}, b->rule, b->now, &b->session, err);
}

static struct session_new begin(struct people *p, const struct user_row *user)
{
	struct beginning b = {.user = user, .rule = &p->doors.sessions, .now = p->world.now};
	struct err err;

	assert_ok(vault_write(p->world.vault, begin_op, &b, &err), &err);
	return b.session;
}

static size_t count_of(struct people *p, const struct user_row *user)
{
	struct user_session_row rows[SESSIONS_A_USER + 1];
	size_t count;
	struct err err;

	assert_ok(sessions_list(&p->world.vault->read, user->account, user->user, &p->doors.sessions, p->world.now, rows,
				SESSIONS_A_USER + 1, &count, &err), &err);
	return count;
}

static void a_session_ends_when_it_is_quiet_for_an_hour(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT);
	struct session_new session = begin(p, &anna);

	later(p, 3599);
	assert_true(is_let_in(p, &session)); /* seen: the hour begins anew */
	later(p, 3599);
	assert_true(is_let_in(p, &session));
	later(p, 3600);
	assert_false(is_let_in(p, &session));
	assert_int_equal(count_of(p, &anna), 0);
}

static void a_session_ends_after_a_day_whatever_it_does(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT);
	struct session_new session = begin(p, &anna);

	for (int i = 0; i < 47; i++) {
		later(p, 1800);
		assert_true(is_let_in(p, &session));
	}
	later(p, 1799);
	assert_true(is_let_in(p, &session));
	later(p, 1);
	assert_false(is_let_in(p, &session));
}

static void a_session_of_a_clock_that_was_set_back_since_ends(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT);
	struct session_new session;

	later(p, 2 * 86400);
	session = begin(p, &anna);
	later(p, -3599);
	assert_true(is_let_in(p, &session));
	later(p, 3599 - 2 * 86400);
	assert_false(is_let_in(p, &session)); /* it would last three days */
	assert_int_equal(count_of(p, &anna), 0);
}

static int64_t seen_of(struct people *p, const struct user_row *user)
{
	struct user_session_row row;
	size_t count;
	struct err err;

	assert_ok(user_session_list(p->world.vault->read.data, user->account, user->user, (struct id){{0}}, &row, 1, &count, &err), &err);
	return row.seen.ms;
}

static void when_it_was_seen_is_written_once_a_minute(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT);
	struct session_new session = begin(p, &anna);
	int64_t begun = p->world.now.ms;

	later(p, 59);
	assert_true(is_let_in(p, &session));
	assert_int_equal(seen_of(p, &anna), begun);
	later(p, 1);
	assert_true(is_let_in(p, &session));
	assert_int_equal(seen_of(p, &anna), begun + 60000);
}

static void a_session_that_may_be_idle_for_a_minute_goes_on_while_it_is_used(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT);
	struct session_new session = begin(p, &anna);

	p->doors.sessions.idle.ms = 60000;
	for (int i = 0; i < 30; i++) {
		later(p, 14);
		assert_true(is_let_in(p, &session));
	}
	later(p, 45);
	assert_true(is_let_in(p, &session));
	later(p, 60);
	assert_false(is_let_in(p, &session));
}

static void what_is_no_session_lets_nobody_in(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT);
	struct session_new session = begin(p, &anna);
	struct opaque other;
	struct signed_in who;
	struct hash hash;
	struct err err;

	opaque_make(OPAQUE_SESSION, &other, &hash);
	assert_int_equal(sessions_find(p->world.vault, other.text, OPAQUE_LEN, &p->doors.sessions, p->world.now, &p->world.pool,
				       &who, &err), ERR_DENIED);
	assert_string_equal(err.what, "there is no such session, or it has ended");
	assert_int_equal(sessions_find(p->world.vault, "", 0, &p->doors.sessions, p->world.now, &p->world.pool, &who, &err),
			 ERR_DENIED);
	session.opaque.text[6] = OPAQUE_ACCOUNT;
	assert_false(is_let_in(p, &session));
}

static void who_ends_a_session_ends_that_one(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT), bent = add_user(p, "bent", USER_AGENT);
	struct session_new a = begin(p, &anna), b = begin(p, &anna), c = begin(p, &bent);
	const char *leaf = NULL;
	int64_t ended;
	struct err err;

	assert_int_equal(sessions_end(p->world.vault, anna.account, bent.user, a.id, p->world.now, &err), ERR_NOT_FOUND);
	assert_int_equal(sessions_end(p->world.vault, anna.account + 1, anna.user, a.id, p->world.now, &err), ERR_NOT_FOUND);
	assert_ok(sessions_end(p->world.vault, anna.account, anna.user, a.id, p->world.now, &err), &err);
	assert_false(is_let_in(p, &a));
	assert_true(is_let_in(p, &b));
	assert_int_equal(count_of(p, &anna), 1);
	assert_int_equal(leaves_of(p, "user.session.end", &leaf), 1);
	assert_ok(sessions_end_all(p->world.vault, &anna, p->world.now, &ended, &err), &err);
	assert_int_equal(ended, 1);
	assert_false(is_let_in(p, &b));
	assert_true(is_let_in(p, &c));
	assert_int_equal(leaves_of(p, "user.session.end_all", &leaf), 1);
	assert_non_null(strstr(leaf, "\"sessions\":1"));
}

static void beyond_fifty_the_oldest_goes(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT), bent = add_user(p, "bent", USER_AGENT);
	struct session_new first = begin(p, &anna), second, bents = begin(p, &bent);

	p->world.now.ms++;
	second = begin(p, &anna);
	for (int i = 2; i < SESSIONS_A_USER; i++) {
		p->world.now.ms++;
		begin(p, &anna);
	}
	assert_int_equal(count_of(p, &anna), SESSIONS_A_USER);
	assert_true(is_let_in(p, &first));
	begin(p, &anna);
	assert_int_equal(count_of(p, &anna), SESSIONS_A_USER);
	assert_false(is_let_in(p, &first));
	assert_true(is_let_in(p, &second));
	assert_true(is_let_in(p, &bents));
}

static void the_second_text_belongs_to_its_session(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT);
	struct session_new a = begin(p, &anna), b = begin(p, &anna);
	char other[CSRF_LEN + 2];

	assert_int_equal(strlen(a.csrf), CSRF_LEN);
	assert_true(session_csrf_fits(a.opaque.text, OPAQUE_LEN, a.csrf));
	assert_false(session_csrf_fits(a.opaque.text, OPAQUE_LEN, b.csrf));
	assert_false(session_csrf_fits(a.opaque.text, OPAQUE_LEN, ""));
	assert_false(session_csrf_fits(a.opaque.text, OPAQUE_LEN, a.opaque.text));
	snprintf(other, sizeof other, "%sA", a.csrf); /* longer, and shorter */
	assert_false(session_csrf_fits(a.opaque.text, OPAQUE_LEN, other));
	other[CSRF_LEN - 1] = '\0';
	assert_false(session_csrf_fits(a.opaque.text, OPAQUE_LEN, other));
}

static void what_has_ended_is_tidied_away(void **state)
{
	struct people *p = *state;
	struct user_row anna = add_user(p, "anna", USER_AGENT), bent = add_user(p, "bent", USER_AGENT);
	struct session_new b;
	struct tidied out;
	struct err err;

	begin(p, &anna);
	begin(p, &bent);
	later(p, 3000);
	b = begin(p, &bent);
	later(p, 700);
	assert_ok(access_tidy(p->world.vault, anna.account, &p->doors.sessions, p->world.now, &out, &err), &err);
	assert_int_equal(out.sessions, 2);
	assert_true(is_let_in(p, &b));
	assert_int_equal(leaves_of(p, "access.tidy", NULL), 1);
	assert_ok(access_tidy(p->world.vault, anna.account, &p->doors.sessions, p->world.now, &out, &err), &err);
	assert_int_equal(out.sessions, 0);
	assert_int_equal(leaves_of(p, "access.tidy", NULL), 1); /* nothing done, nothing said */
	p->world.now.ms += 3600000 - 1; /* since b was let in, but for a millisecond */
	assert_ok(access_tidy(p->world.vault, anna.account, &p->doors.sessions, p->world.now, &out, &err), &err);
	assert_int_equal(out.sessions, 0);
	p->world.now.ms += 1;
	assert_ok(access_tidy(p->world.vault, anna.account, &p->doors.sessions, p->world.now, &out, &err), &err);
	assert_int_equal(out.sessions, 1);
	sound(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AMONG_PEOPLE(a_session_ends_when_it_is_quiet_for_an_hour),
	    AMONG_PEOPLE(a_session_ends_after_a_day_whatever_it_does),
	    AMONG_PEOPLE(a_session_of_a_clock_that_was_set_back_since_ends),
	    AMONG_PEOPLE(when_it_was_seen_is_written_once_a_minute),
	    AMONG_PEOPLE(a_session_that_may_be_idle_for_a_minute_goes_on_while_it_is_used),
	    AMONG_PEOPLE(what_is_no_session_lets_nobody_in),
	    AMONG_PEOPLE(who_ends_a_session_ends_that_one),
	    AMONG_PEOPLE(beyond_fifty_the_oldest_goes),
	    AMONG_PEOPLE(the_second_text_belongs_to_its_session),
	    AMONG_PEOPLE(what_has_ended_is_tidied_away),
	};

	return cmocka_run_group_tests_name("access/session", tests, NULL, NULL);
}
