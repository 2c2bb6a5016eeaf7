/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P62: which mails there are, to whom, and what becomes of those that cannot be sent. What a server can do wrong is in
 * tests/notify/smtp.c, one that takes mails as others do in tests/e2e/notify.bats.
 */
#include "notify/mailserver.h"

#include "access/people.h"
#include "vault/recording.h"

#include "notify/mail.h"
#include "notify/schedule.h"
#include "notify/template.h"
#include "retention/logs.h"
#include "retention/settings.h"

#define MAX 64

/* Nobody listens there. */
static const struct smtp_server nobody = {.url = "smtp://127.0.0.1:1", .plain = true, .from = "lethe@example.com", .timeout_ms = 2000};
static const struct mail_how how = {.server = &nobody};
static struct err err;

/* ---- a server */

static struct peer box;
static char url[64], cert[300];
static const struct smtp_server somebody = {.url = url, .ca_file = cert, .from = "lethe@example.com", .timeout_ms = 20000};
static const struct mail_how there = {.server = &somebody};

static int begin(void **state)
{
	(void)state;
	mailserver_start(&box);
	snprintf(url, sizeof url, "smtp://127.0.0.1:%d", box.port);
	peer_path(&box, "cert", cert);
	return 0;
}

static int end(void **state)
{
	(void)state;
	peer_stop(&box);
	return 0;
}

/* ---- what tests do */

struct doing { struct people *p; const char *act; int times; };

static enum result do_op(struct session *session, void *arg, struct err *e)
{
	const struct doing *doing = arg;
	enum result r = OK;
	struct act act;

	for (int i = 0; i < doing->times && r == OK; i++) {
		act_begin_(&act, doing->act, doing->p->world.account.number, doing->p->world.now);
		r = act_append(&act, session->data, NULL, e);
	}
	return r;
}

static void happen(struct people *p, const char *act, int times)
{
	struct doing doing = {p, act, times};

	assert_ok(vault_write(p->world.vault, do_op, &doing, &err), &err);
}

static struct mailed mail(struct people *p)
{
	struct mailed out = {.listed = 0};

	assert_ok(mail_account(p->world.vault, &how, p->world.account.number, p->world.now, 16, &out, &err), &err);
	return out;
}

static struct mailed mail_in_mode(struct people *p, const char *mode)
{
	struct mailed out = {.listed = 0};

	mailserver_mode(&box, mode);
	assert_ok(mail_account(p->world.vault, &there, p->world.account.number, p->world.now, 16, &out, &err), &err);
	return out;
}

static size_t mails(struct people *p, struct mail_row *rows)
{
	size_t count;

	assert_ok(mail_list(p->world.vault->read.data, p->world.account.number, (struct id){{0}}, rows, MAX, &count, &err), &err);
	return count;
}

static void owners_and_admins_are_told_from_now_on(void **state)
{
	struct people *p = *state;
	struct user_row owner = add_user(p, "o@example.com", USER_OWNER), admin = add_user(p, "a@example.com", USER_ADMIN);
	struct user_row leaving = add_user(p, "l@example.com", USER_OWNER);
	struct mail_row rows[MAX];

	leaving.state = USER_LEAVING;
	assert_ok(user_put(p->world.vault->read.data, &leaving, &err), &err);
	add_user(p, "g@example.com", USER_AGENT);
	add_user(p, "u@example.com", USER_AUDITOR);
	happen(p, "person.erase", 1); /* before there were mails */
	assert_int_equal(mail(p).listed, 0);
	happen(p, "person.erase", 1);
	happen(p, "hold.add", 1);
	assert_int_equal(mail(p).listed, 2);
	assert_int_equal(mail(p).listed, 0);
	assert_int_equal(mails(p, rows), 2);
	assert_true(rows[0].user == owner.user || rows[0].user == admin.user);
	assert_int_equal(rows[0].user + rows[1].user, owner.user + admin.user);
	assert_int_equal(rows[0].template, MAIL_PERSON_ERASED);
}

static void warnings_that_are_given_together_are_one_mail(void **state)
{
	struct people *p = *state;
	struct mail_row rows[MAX];

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	happen(p, "retention.warn", 5);
	happen(p, "webhook.disable", 2);
	assert_int_equal(mail(p).listed, 3);
	assert_int_equal(mails(p, rows), 3);
}

static void an_account_that_wants_none_gets_none(void **state)
{
	struct people *p = *state;
	struct mail_row rows[MAX];

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	assert_int_equal(settings_set(p->world.vault, &p->world.account, "mail", "no", p->world.now, &p->world.pool, &err), ERR_INPUT);
	assert_string_equal(err.mend, "give on or off");
	assert_ok(settings_set(p->world.vault, &p->world.account, "mail", "off", p->world.now, &p->world.pool, &err), &err);
	happen(p, "person.erase", 1);
	assert_int_equal(mail(p).listed, 0);
	assert_ok(settings_set(p->world.vault, &p->world.account, "mail", "on", p->world.now, &p->world.pool, &err), &err);
	assert_int_equal(mail(p).listed, 0);
	assert_int_equal(mails(p, rows), 0);
}

static void what_no_server_takes_is_tried_by_the_schedule(void **state)
{
	struct people *p = *state;
	struct mail_row rows[MAX];

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	happen(p, "person.erase", 1);
	for (int i = 1; i < SCHEDULE_ATTEMPTS; i++) {
		assert_int_equal(mail(p).failed, 1);
		assert_int_equal(mails(p, rows), 1);
		assert_int_equal(rows[0].state, MAIL_WAITING);
		assert_int_equal(rows[0].attempts, i);
		assert_true(rows[0].next.ms > p->world.now.ms);
		p->world.now = rows[0].next;
	}
	assert_int_equal(mail(p).failed, 1);
	assert_int_equal(mails(p, rows), 1);
	assert_int_equal(rows[0].state, MAIL_FAILED);
}

static void as_the_program_stops_no_attempt_is_begun(void **state)
{
	struct people *p = *state;
	const atomic_bool stopping = true;
	const struct mail_how stopped = {.server = &nobody, .stopping = &stopping};
	struct mailed out = {.listed = 0};
	struct mail_row rows[MAX];

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	happen(p, "person.erase", 2);
	assert_ok(mail_account(p->world.vault, &stopped, p->world.account.number, p->world.now, 16, &out, &err), &err);
	assert_int_equal(out.listed, 2);
	assert_int_equal(out.failed, 0);
	assert_int_equal(mails(p, rows), 2);
	assert_int_equal(rows[0].attempts, 0);
	assert_int_equal(mail(p).failed, 1); /* one has told that it does not answer */
}

static void who_has_no_address_or_is_gone_is_sent_nothing(void **state)
{
	struct people *p = *state;
	struct mail_row rows[MAX];
	struct mailed listed = {.listed = 0};
	struct user_row leaving;

	add_user(p, "front-desk", USER_OWNER);
	leaving = add_user(p, "o@example.com", USER_ADMIN);
	mail(p);
	happen(p, "person.erase", 1);
	assert_ok(mail_account(p->world.vault, &how, p->world.account.number, p->world.now, 0, &listed, &err), &err);
	leaving.role = USER_AGENT;
	assert_ok(user_put(p->world.vault->read.data, &leaving, &err), &err);
	assert_int_equal(mail(p).failed, 2);
	assert_int_equal(mails(p, rows), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rows[i].state, MAIL_FAILED);
		assert_int_equal(rows[i].status, 0);
	}
}

static void a_clock_that_was_days_ahead_keeps_no_mail_waiting(void **state)
{
	struct people *p = *state;
	struct mail_row rows[MAX];
	struct instant now = p->world.now;

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	happen(p, "person.erase", 1);
	p->world.now.ms += INT64_C(172800000);
	assert_int_equal(mail(p).failed, 1);
	p->world.now = now;
	assert_int_equal(mail(p).failed, 1);
	assert_int_equal(mails(p, rows), 1);
	assert_int_equal(rows[0].attempts, 2);
	assert_true(rows[0].next.ms < now.ms + 400000);
	assert_int_equal(mail(p).failed, 0);
}

/* Also those that were listed when their events were old, as a daemon ran again. */
static void what_was_mailed_is_forgotten_after_its_time(void **state)
{
	struct people *p = *state;
	struct mail_row rows[MAX];
	struct logs_plan out = {.due = 0};
	int64_t day = INT64_C(86400000);

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	happen(p, "person.erase", 1);
	p->world.now.ms += 20 * day;
	assert_int_equal(mail_in_mode(p, "none none").sent, 1);
	p->world.now.ms += 20 * day;
	assert_ok(logs_prune(p->world.vault, p->world.account.number, p->world.now, &out, &err), &err);
	assert_int_equal(mails(p, rows), 1);
	p->world.now.ms += 20 * day;
	assert_ok(logs_prune(p->world.vault, p->world.account.number, p->world.now, &out, &err), &err);
	assert_int_equal(mails(p, rows), 0);
}

static void one_that_is_damaged_keeps_no_other_waiting(void **state)
{
	struct people *p = *state;
	struct mail_row rows[MAX];
	struct mailed out;

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	happen(p, "person.erase", 1);
	tamper(&p->world, "vault.db", "UPDATE event SET ids = x'01' WHERE seq = (SELECT MAX(seq) FROM event)");
	happen(p, "person.erase", 1);
	out = mail_in_mode(p, "none none");
	assert_int_equal(out.sent, 1);
	assert_int_equal(out.failed, 1);
	assert_int_equal(mails(p, rows), 2);
	assert_int_equal(rows[0].state + rows[1].state, MAIL_WAITING + MAIL_SENT);
}

/* The operator may mend it before the schedule ends; and whoever asked it would be asked the same. */
static void what_the_server_refuses_of_everybody_is_kept_and_ends_the_round(void **state)
{
	static const char *const modes[] = {"banner 554", "ehlo 550", "mail 550"};
	struct people *p = *state;
	struct mail_row rows[MAX];

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	happen(p, "person.erase", 3);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		struct mailed out = mail_in_mode(p, modes[i]);

		assert_int_equal(out.failed, 1);
		assert_true(out.nobody);
		assert_int_equal(out.last.fault, SMTP_SERVER);
	}
	assert_int_equal(mails(p, rows), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(rows[i].state, MAIL_WAITING);
		assert_int_equal(rows[i].attempts, 1);
	}
}

static void while_the_server_takes_nothing_what_is_new_is_listed(void **state)
{
	struct people *p = *state;
	struct mailed out = {.nobody = true};

	add_user(p, "o@example.com", USER_OWNER);
	assert_ok(mail_account(p->world.vault, &there, p->world.account.number, p->world.now, 16, &out, &err), &err);
	happen(p, "person.erase", 1);
	assert_ok(mail_account(p->world.vault, &there, p->world.account.number, p->world.now, 16, &out, &err), &err);
	assert_int_equal(out.listed, 1);
	assert_int_equal(out.sent + out.failed, 0);
	assert_int_equal(mail_in_mode(p, "none none").sent, 1);
}

static void what_one_address_is_refused_is_given_up_and_others_are_tried(void **state)
{
	struct people *p = *state;
	struct mail_row rows[MAX];
	struct mailed out;

	add_user(p, "o@example.com", USER_OWNER);
	add_user(p, "a@example.com", USER_ADMIN);
	mail(p);
	happen(p, "person.erase", 1);
	out = mail_in_mode(p, "rcpt 550");
	assert_int_equal(out.failed, 2);
	assert_false(out.nobody);
	assert_int_equal(mails(p, rows), 2);
	assert_int_equal(rows[0].state, MAIL_FAILED);
	assert_int_equal(rows[0].status, 550);
}

static void who_hangs_up_on_one_is_not_asked_for_the_others_in_that_turn(void **state)
{
	struct people *p = *state;
	struct mailed out;

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	happen(p, "person.erase", 3);
	out = mail_in_mode(p, "rcpt drop");
	assert_int_equal(out.failed, 1);
	assert_false(out.nobody);
	assert_int_equal(mail_in_mode(p, "none none").sent, 2);
}

static const char *message_id(struct people *p)
{
	const char *text = strstr(peer_file(&box, "mails", &p->world.pool), "|Message-ID:");

	assert_non_null(text);
	return pool_strndup(&p->world.pool, text, strcspn(text + 1, "|") + 1);
}

static void what_was_sent_and_not_noted_is_sent_again_under_the_same_id(void **state)
{
	struct people *p = *state;
	struct mail_row rows[MAX];
	const char *before;

	add_user(p, "o@example.com", USER_OWNER);
	mail(p);
	happen(p, "person.erase", 1);
	assert_int_equal(mail_in_mode(p, "dot late").sent, 1);
	before = message_id(p);
	assert_int_equal(mails(p, rows), 1);
	rows[0].state = MAIL_WAITING; /* as it was when the power went */
	world_reopen(&p->world);
	assert_ok(mail_put(p->world.vault->read.data, &rows[0], &err), &err);
	assert_int_equal(mail_in_mode(p, "none none").sent, 1);
	assert_string_equal(message_id(p), before);
	assert_int_equal(mail_in_mode(p, "none none").sent, 0);
}

static void what_is_no_mail_server_is_refused(void **state)
{
	static const char *const bad[] = {"", "mail.example.com", "http://mail.example.com", "smtp://", "imap://mail.example.com"};
	struct smtp_server server = nobody;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		server.url = bad[i];
		assert_int_equal(smtp_check(&server, &err), ERR_INPUT);
	}
	server = nobody;
	server.from = "lethe";
	assert_int_equal(smtp_check(&server, &err), ERR_INPUT);
	assert_string_equal(err.mend, "set mail-from to one: lethe@example.com");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AMONG_PEOPLE(owners_and_admins_are_told_from_now_on),
	    AMONG_PEOPLE(warnings_that_are_given_together_are_one_mail),
	    AMONG_PEOPLE(an_account_that_wants_none_gets_none),
	    AMONG_PEOPLE(what_no_server_takes_is_tried_by_the_schedule),
	    AMONG_PEOPLE(as_the_program_stops_no_attempt_is_begun),
	    AMONG_PEOPLE(who_has_no_address_or_is_gone_is_sent_nothing),
	    AMONG_PEOPLE(a_clock_that_was_days_ahead_keeps_no_mail_waiting),
	    AMONG_PEOPLE(what_was_mailed_is_forgotten_after_its_time),
	    AMONG_PEOPLE(one_that_is_damaged_keeps_no_other_waiting),
	    AMONG_PEOPLE(what_the_server_refuses_of_everybody_is_kept_and_ends_the_round),
	    AMONG_PEOPLE(while_the_server_takes_nothing_what_is_new_is_listed),
	    AMONG_PEOPLE(what_one_address_is_refused_is_given_up_and_others_are_tried),
	    AMONG_PEOPLE(who_hangs_up_on_one_is_not_asked_for_the_others_in_that_turn),
	    AMONG_PEOPLE(what_was_sent_and_not_noted_is_sent_again_under_the_same_id),
	    cmocka_unit_test(what_is_no_mail_server_is_refused),
	};

	return cmocka_run_group_tests_name("notify/mail", tests, begin, end);
}
