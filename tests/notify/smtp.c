/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P62: a mail server that misbehaves in every way at every stage is told nothing that it should not be, holds nobody up for
 * longer than was said, and loses no mail.
 */
#include "notify/mailserver.h"

#include <dlfcn.h>
#include <netdb.h>
#include <openssl/x509_vfy.h>
#include <semaphore.h>

#include "base/clock.h"
#include "notify/letter.h"
#include "notify/smtp.h"

#define HASTY_MS 400
#define WIRE "Subject: x\r\n\r\n.\r\n..\r\n.a\r\nb\r\n"
#define TAKEN "Subject: x||.|..|.a|b\n" /* with '|' for the ends of its lines */

static struct peer server;
static char url[64], wrong_name[64], cert[300];
static struct pool pool;
static struct err err;

static int folders_of_certificates; /* that libcurl has OpenSSL trust */

int X509_STORE_load_path(X509_STORE *store, const char *folder)
{
	(void)store, (void)folder;
	folders_of_certificates++;
	return 1;
}

/* ---- a name that nobody answers for */

static sem_t answered, asked_for;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (strcmp(name, "hangs.example") == 0) {
		struct timespec most = {.tv_sec = time(NULL) + 30};

		sem_timedwait(&answered, &most);
		sem_post(&asked_for);
		return EAI_AGAIN;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(name, service, hints, out);
}

static int begin(void **state)
{
	(void)state;
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	mailserver_start(&server);
	snprintf(url, sizeof url, "smtp://127.0.0.1:%d", server.port);
	snprintf(wrong_name, sizeof wrong_name, "smtp://127.0.0.2:%d", server.port);
	peer_path(&server, "cert", cert);
	return 0;
}

static int end(void **state)
{
	(void)state;
	peer_stop(&server);
	pool_free(&pool);
	return 0;
}

static struct smtp_server hasty(void)
{
	return (struct smtp_server){.url = url, .user = "lethe", .password = "correct horse", .from = "lethe@example.com",
				    .ca_file = cert, .timeout_ms = HASTY_MS};
}

static struct smtp_answer send_by(const struct smtp_server *to, const char *mode)
{
	struct smtp_answer answer;
	struct buf mail;
	enum result r;

	mailserver_mode(&server, mode);
	buf_init(&mail, 1000);
	buf_add_str(&mail, WIRE);
	r = smtp_send(to, "anna@example.org", &mail, &answer, &err);
	buf_free(&mail);
	assert_int_equal(r, answer.fault == SMTP_FINE ? OK : ERR_IO);
	return answer;
}

static struct smtp_answer send_in_mode(const char *mode)
{
	const struct smtp_server patient = {.url = url, .user = "lethe", .password = "correct horse", .from = "lethe@example.com",
					    .ca_file = cert, .timeout_ms = 20000};

	return send_by(&patient, mode);
}

static bool was_said(const char *text)
{
	return strstr(peer_file(&server, "said", &pool), text) != NULL;
}

static const char *taken(void)
{
	return peer_file(&server, "mails", &pool);
}

/* ---- tests ---- */

static void a_mail_comes_as_it_was_written(void **state)
{
	struct smtp_answer answer = send_in_mode("none none");

	(void)state;
	assert_int_equal(answer.fault, SMTP_FINE);
	assert_int_equal(answer.status, 250);
	assert_string_equal(taken(), TAKEN);
	assert_true(was_said("secure RCPT TO:<anna@example.org>"));
}

/* Whatever happens, it is known whether it was this mail's fault: only then is it given up. */
static void what_each_stage_refuses_is_told_apart(void **state)
{
	static const struct { const char *mode; enum smtp_fault fault; int status; bool named; } is[] = {
	    {"banner drop", SMTP_CONNECTION, 0, false}, {"banner 421", SMTP_SERVER, 421, false}, {"banner 554", SMTP_SERVER, 554, false},
	    {"banner garbage", SMTP_CONNECTION, 0, false}, {"ehlo drop", SMTP_CONNECTION, 0, false}, {"ehlo 550", SMTP_SERVER, 550, false},
	    {"starttls drop", SMTP_CONNECTION, 0, false}, {"starttls 454", SMTP_TLS, 454, false}, {"starttls 554", SMTP_TLS, 554, false},
	    {"tls drop", SMTP_TLS, 0, false}, {"ehlo2 drop", SMTP_CONNECTION, 0, false},
	    {"ehlo2 550", SMTP_SERVER, 550, false}, {"auth drop", SMTP_CONNECTION, 0, false}, {"auth 454", SMTP_LOGIN, 454, false},
	    {"auth 535", SMTP_LOGIN, 535, false}, {"auth 550", SMTP_LOGIN, 550, false}, {"mail drop", SMTP_CONNECTION, 0, false},
	    {"mail 452", SMTP_SERVER, 452, false}, {"mail 550", SMTP_SERVER, 550, false}, {"rcpt drop", SMTP_CONNECTION, 0, true},
	    {"rcpt 450", SMTP_LATER, 450, true}, {"rcpt 550", SMTP_REFUSED, 550, true}, {"rcpt 530", SMTP_LATER, 530, true},
	    {"data drop", SMTP_CONNECTION, 0, true}, {"data 451", SMTP_LATER, 451, true}, {"data 554", SMTP_REFUSED, 554, true},
	    {"dot drop", SMTP_CONNECTION, 0, true}, {"dot garbage", SMTP_CONNECTION, 0, true}, {"dot 451", SMTP_LATER, 451, true},
	    {"dot 554", SMTP_REFUSED, 554, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof is / sizeof is[0]; i++) {
		struct smtp_answer answer = send_in_mode(is[i].mode);

		if (answer.fault != is[i].fault || answer.status != is[i].status || answer.named != is[i].named)
			fail_msg("%s: %s %d %d", is[i].mode, smtp_fault_name(answer.fault), answer.status, answer.named);
		assert_string_equal(taken(), "");
		assert_true(err.mend[0] != '\0');
	}
}

/* What was taken is never sent again, however the server then ends. */
static void once_it_is_taken_it_is_taken(void **state)
{
	static const char *const modes[] = {"dot late", "quit drop", "quit 421", "quit 554", "quit garbage", "quit endless", "quit silent"};

	(void)state;
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		struct smtp_answer answer = send_in_mode(modes[i]);

		if (answer.fault != SMTP_FINE || answer.status != 250)
			fail_msg("%s: %s %d", modes[i], smtp_fault_name(answer.fault), answer.status);
		assert_string_equal(taken(), TAKEN);
	}
}

static void who_says_nothing_or_never_ends_is_left(void **state)
{
	static const char *const stages[] = {"banner", "ehlo", "starttls", "ehlo2", "auth", "mail", "rcpt", "data", "dot"};
	static const char *const acts[] = {"silent", "slow", "endless"};
	const struct smtp_server impatient = hasty();
	int64_t began;

	(void)state;
	for (size_t i = 0; i < sizeof stages / sizeof stages[0] * 3; i++) {
		const char *mode = pool_printf(&pool, "%s %s", stages[i / 3], acts[i % 3]);
		struct smtp_answer answer;

		began = monotonic_ms();
		answer = send_by(&impatient, mode);
		if (answer.fault != SMTP_TIME && answer.fault != SMTP_CONNECTION)
			fail_msg("%s: %s", mode, smtp_fault_name(answer.fault));
		assert_int_equal(answer.status, 0);
		assert_true(monotonic_ms() - began < 60000); /* libcurl alone waits two minutes for what follows the mail */
		assert_string_equal(taken(), "");
	}
	began = monotonic_ms();
	send_in_mode("quit silent");
	assert_true(monotonic_ms() - began < 60000);
}

static void nothing_is_said_in_the_clear_where_tls_is_demanded(void **state)
{
	static const char *const modes[] = {"starttls none", "starttls 454", "starttls inject", "starttls late", "tls garbage", "tls old"};

	(void)state;
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		assert_int_not_equal(send_in_mode(modes[i]).fault, SMTP_FINE);
		assert_false(was_said("AUTH"));
		assert_false(was_said("MAIL"));
		assert_string_equal(taken(), "");
	}
}

/* What stood in the clear behind the answer to STARTTLS is no answer to anything. */
static void what_is_injected_before_tls_is_not_believed(void **state)
{
	(void)state;
	assert_int_not_equal(send_in_mode("starttls inject").fault, SMTP_FINE);
	assert_false(was_said("secure"));
}

static void a_certificate_has_to_be_the_servers(void **state)
{
	struct smtp_server other = hasty();
	char old[300];

	(void)state;
	other.timeout_ms = 20000;
	assert_int_equal(send_in_mode("tls old").fault, SMTP_CERTIFICATE);
	other.url = wrong_name;
	assert_int_equal(send_by(&other, "none none").fault, SMTP_CERTIFICATE);
	other.url = url;
	other.ca_file = peer_path(&server, "old", old);
	assert_int_equal(send_by(&other, "none none").fault, SMTP_CERTIFICATE);
	assert_string_equal(taken(), "");
}

/* libcurl adds the system's folder of certificates to a file of them by itself. */
static void who_names_certificates_trusts_no_others(void **state)
{
	struct smtp_server any = hasty();

	(void)state;
	any.timeout_ms = 20000;
	folders_of_certificates = 0;
	assert_int_equal(send_in_mode("none none").fault, SMTP_FINE);
	assert_int_equal(folders_of_certificates, 0);
	any.ca_file = NULL;
	assert_int_equal(send_by(&any, "none none").fault, SMTP_CERTIFICATE);
	assert_true(folders_of_certificates > 0); /* otherwise this test sees nothing */
}

static void a_wrong_password_lets_nobody_in(void **state)
{
	struct smtp_server wrong = hasty();
	struct smtp_answer answer;

	(void)state;
	wrong.timeout_ms = 20000;
	wrong.password = "wrong";
	answer = send_by(&wrong, "none none");
	assert_int_equal(answer.fault, SMTP_LOGIN);
	assert_int_equal(answer.status, 535);
	assert_null(strstr(err.what, "wrong"));
	assert_false(was_said("MAIL"));
}

/* A letter's address is blamed only when it is the address. */
static void who_waits_is_told_whose_fault_it_is(void **state)
{
	const struct template_value values[] = {{"account", "Acme"}, {"link", "https://x"}, {"until", "soon"}, {NULL, NULL}};
	const struct letter letter = {MAIL_INVITATION, values, "anna@example.org", world_time("2026-03-01T12:00:00Z")};
	struct smtp_server patient = hasty();

	(void)state;
	mailserver_mode(&server, "banner 554");
	assert_int_equal(letter_send(&patient, &letter, &pool, &err), ERR_BUSY);
	assert_string_equal(err.what, "the mail server did not take the mail");
	mailserver_mode(&server, "mail 550");
	assert_int_equal(letter_send(&patient, &letter, &pool, &err), ERR_BUSY);
	mailserver_mode(&server, "rcpt 550");
	assert_int_equal(letter_send(&patient, &letter, &pool, &err), ERR_INPUT);
	assert_string_equal(err.what, "the mail server takes no mail for that address (550)");
}

static void what_cannot_be_connected_to_is_named(void **state)
{
	struct smtp_server nobody = hasty();

	(void)state;
	nobody.url = "smtp://127.0.0.1:1";
	assert_string_equal(smtp_fault_name(send_by(&nobody, "none none").fault), "connection");
	nobody.url = "smtp://nobody.invalid:25";
	assert_string_equal(smtp_fault_name(send_by(&nobody, "none none").fault), "name");
}

static void a_name_that_nobody_answers_for_is_waited_for_no_longer(void **state)
{
	struct smtp_server slow = hasty();
	int64_t began = monotonic_ms();

	(void)state;
	sem_init(&answered, 0, 0);
	sem_init(&asked_for, 0, 0);
	slow.url = "smtp://hangs.example:25";
	assert_int_equal(send_by(&slow, "none none").fault, SMTP_TIME);
	assert_true(monotonic_ms() - began < 20000);
	sem_post(&answered);
	while (sem_wait(&asked_for) != 0)
		;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_mail_comes_as_it_was_written),
	    cmocka_unit_test(what_each_stage_refuses_is_told_apart),
	    cmocka_unit_test(once_it_is_taken_it_is_taken),
	    cmocka_unit_test(who_says_nothing_or_never_ends_is_left),
	    cmocka_unit_test(nothing_is_said_in_the_clear_where_tls_is_demanded),
	    cmocka_unit_test(what_is_injected_before_tls_is_not_believed),
	    cmocka_unit_test(a_certificate_has_to_be_the_servers),
	    cmocka_unit_test(who_names_certificates_trusts_no_others),
	    cmocka_unit_test(a_wrong_password_lets_nobody_in),
	    cmocka_unit_test(who_waits_is_told_whose_fault_it_is),
	    cmocka_unit_test(what_cannot_be_connected_to_is_named),
	    cmocka_unit_test(a_name_that_nobody_answers_for_is_waited_for_no_longer),
	};

	return cmocka_run_group_tests_name("notify/smtp", tests, begin, end);
}
