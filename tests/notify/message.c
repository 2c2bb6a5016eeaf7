/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P62: mails as bytes. That other people's programs read them is in tests/e2e/notify.bats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "notify/message.h"
#include "notify/template.h"

static struct err err;
static struct buf out;

static const struct message_out plain = {.from = "lethe@example.com", .to = "anna@example.org", .id = "mail_1", .subject = "Hello",
					 .text = "One line\n", .html = "<p>One line</p>\n", .date = {INT64_C(1772366400000)}};

static const char *written(const struct message_out *m)
{
	buf_free(&out);
	buf_init(&out, MESSAGE_MAX);
	assert_int_equal(message_write(m, &out, &err), OK);
	return out.data;
}

static int tear_down(void **state)
{
	(void)state;
	buf_free(&out);
	return 0;
}

static void a_mail_is_text_and_html_under_its_headers(void **state)
{
	(void)state;
	assert_string_equal(written(&plain),
			    "Date: Sun, 1 Mar 2026 12:00:00 +0000\r\n"
			    "From: Lethe <lethe@example.com>\r\nTo: <anna@example.org>\r\n"
			    "Message-ID: <mail_1@example.com>\r\nSubject: Hello\r\n"
			    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
			    "Content-Type: multipart/alternative; boundary=\"=_mail_1\"\r\n\r\n"
			    "--=_mail_1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
			    "One line\r\n\r\n"
			    "--=_mail_1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
			    "<p>One line</p>\r\n\r\n"
			    "--=_mail_1--\r\n");
}

/* No line but those that begin a header begins one. */
static size_t headers_of(const char *mail)
{
	size_t count = 0;

	for (; strncmp(mail, "\r\n", 2) != 0; mail = strstr(mail, "\r\n") + 2)
		count += *mail != ' ';
	return count;
}

static void nothing_in_a_value_begins_a_header_or_ends_them(void **state)
{
	static const char *const subjects[] = {"a\r\nBcc: eve@example.com", "a\nBcc: eve@example.com", "a\rBcc: x", "\r\n\r\nbody", "\x01\x7f",
					       "\xc3\xa6\r\nBcc: eve@example.com"};
	struct message_out m = plain;

	(void)state;
	for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
		m.subject = subjects[i];
		assert_int_equal(headers_of(written(&m)), 8);
		assert_null(strstr(out.data, "\nBcc"));
	}
}

static void an_address_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {"", "anna", "anna@", "@example.com", "anna@example.com\r\nBcc: x@y.z", "anna @example.com", "<anna@example.com>",
					  "anna@exam ple.com", "anna@@example.com", ".anna@example.com", "anna.@example.com", "a..b@example.com",
					  "anna@-example.com", "anna@example.com.", "\"anna\"@example.com", "ann\xc3\xa6@example.com", "anna@[127.0.0.1]",
					  "anna@example.com,eve@example.com"};
	struct message_out m = plain;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (message_address_ok(bad[i]))
			fail_msg("%s is an address", bad[i]);
		buf_free(&out);
		buf_init(&out, MESSAGE_MAX);
		m.to = bad[i];
		assert_int_equal(message_write(&m, &out, &err), ERR_INPUT);
		m.to = plain.to;
		m.from = bad[i];
		assert_int_equal(message_write(&m, &out, &err), ERR_INPUT);
		m.from = plain.from;
	}
	assert_true(message_address_ok("a.b+c_d'e@sub-1.example.com"));
}

static void a_subject_in_any_script_is_folded_between_characters(void **state)
{
	char subject[400] = "";
	struct message_out m = plain;
	const char *at;

	(void)state;
	for (int i = 0; i < 60; i++)
		strncat(subject, "\xe2\x82\xac\xc3\xa6", sizeof subject - strlen(subject) - 1);
	m.subject = subject;
	at = strstr(written(&m), "Subject: ");
	for (at += strlen("Subject: "); strncmp(at, "=?UTF-8?B?", 10) == 0; at = strstr(at, "\r\n") + 3) {
		assert_true(strcspn(at, "\r") <= 75);
		assert_true((size_t)(at - strstr(out.data, "Subject: ")) > 9 || strcspn(at, "\r") <= 76 - 9); /* of the whole line */
		assert_memory_equal(at + strcspn(at, "\r") - 2, "?=", 2);
	}
}

/* It would be shown as what it stands for, which nobody looked at. */
static void a_subject_that_looks_encoded_is_encoded(void **state)
{
	struct message_out m = plain;

	(void)state;
	m.subject = "=?UTF-8?B?QmNjOiBl?=";
	assert_non_null(strstr(written(&m), "\r\nSubject: =?UTF-8?B?PT9VVEYtOD9CP1FtTmpPaUJsPz0=?=\r\n"));
}

static void a_long_subject_is_folded_too(void **state)
{
	char subject[101];
	struct message_out m = plain;

	(void)state;
	memset(subject, 'x', sizeof subject - 1);
	subject[sizeof subject - 1] = '\0';
	m.subject = subject;
	for (const char *at = written(&m); strncmp(at, "\r\n", 2) != 0; at = strstr(at, "\r\n") + 2)
		assert_true(strcspn(at, "\r") <= 76 || strncmp(at, "Content-Type:", 13) == 0);
}

static void lines_are_short_and_nothing_is_lost_at_their_ends(void **state)
{
	char text[1200];
	struct message_out m = plain;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	memcpy(text + 100, "=\xc3\xa6 \n. \t\n", 9);
	m.text = text;
	for (const char *at = written(&m); *at != '\0'; at += strcspn(at, "\n") + 1)
		assert_true(strcspn(at, "\n") <= 78);
	assert_non_null(strstr(out.data, "=3D=C3=A6=20\r\n. =09\r\n"));
}

static void a_list_has_its_id(void **state)
{
	struct message_out m = plain;

	(void)state;
	m.list = "retention";
	assert_non_null(strstr(written(&m), "\r\nList-Id: <retention.example.com>\r\n"));
}

static void templates_are_filled_and_html_is_escaped(void **state)
{
	const struct template_value values[] = {{"account", "A <b>&\"c\""}, {"lines", "call: 3\n"}, {"job", "job_1"},
						  {"link", "https://x/invite#l"}, {"until", "call: 3\n"}, {NULL, NULL}};
	struct template_filled filled;
	struct pool pool;

	(void)state;
	pool_init(&pool, (size_t)1024 * 1024);
	for (int t = 1; t <= MAIL_TEMPLATE_LAST; t++) {
		assert_int_equal(template_fill((enum mail_template)t, values, &pool, &filled, &err), OK);
		assert_memory_equal(filled.subject, "A <b>&\"c\": ", 11);
		assert_non_null(strstr(filled.text, "call: 3\n"));
		assert_true((strstr(filled.html, "href=\"https://x/invite#l\"") != NULL) == (t >= MAIL_INVITATION));
		assert_non_null(strstr(filled.html, "A &lt;b&gt;&amp;&quot;c&quot;"));
		assert_null(strstr(filled.html, "<b>"));
		assert_null(strstr(filled.text, "{{"));
		assert_null(strstr(filled.html, "{{"));
	}
	pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_mail_is_text_and_html_under_its_headers, tear_down),
	    cmocka_unit_test_teardown(nothing_in_a_value_begins_a_header_or_ends_them, tear_down),
	    cmocka_unit_test_teardown(an_address_that_is_none_is_refused, tear_down),
	    cmocka_unit_test_teardown(a_subject_in_any_script_is_folded_between_characters, tear_down),
	    cmocka_unit_test_teardown(a_subject_that_looks_encoded_is_encoded, tear_down),
	    cmocka_unit_test_teardown(a_long_subject_is_folded_too, tear_down),
	    cmocka_unit_test_teardown(lines_are_short_and_nothing_is_lost_at_their_ends, tear_down),
	    cmocka_unit_test_teardown(a_list_has_its_id, tear_down),
	    cmocka_unit_test(templates_are_filled_and_html_is_escaped),
	};

	return cmocka_run_group_tests_name("notify/message", tests, NULL, NULL);
}
