/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/smtp.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/client.h"
#include "notify/message.h"

#define TIMEOUT_MS 30000L
#define CONNECT_MS 10000L
#define QUIT_MS 1000

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0 && text[strlen(with)] != '\0';
}

enum result smtp_check(const struct smtp_server *server, struct err *err)
{
	if (!begins(server->url, "smtp://") && !begins(server->url, "smtps://")) {
		err_set(err, ERR_INPUT, "the mail server is no URL of one");
		return err_mend(err, "give it as smtp://mail.example.com:587 or smtps://mail.example.com");
	}
	if (!message_address_ok(server->from)) {
		err_set(err, ERR_INPUT, "mails are from no address");
		return err_mend(err, "set mail-from to one: lethe@example.com");
	}
	return OK;
}

const char *smtp_fault_name(enum smtp_fault fault)
{
	static const char *const names[] = {"", "name", "connection", "time", "tls", "certificate", "login", "server", "later", "refused"};

	return names[fault];
}

/* ---- one mail ---- */

struct sending {
	const struct smtp_server *server;
	const struct buf *mail;
	size_t done;
	int64_t until_ms;  /* by monotonic_ms() */
	bool named;        /* whom the mail is for was said */
	bool quitting;     /* QUIT was said: what it answered to the mail is in `status` */
	long status;
};

static size_t give(char *to, size_t size, size_t count, void *arg)
{
	struct sending *s = arg;
	size_t left = s->mail->len - s->done, n = size * count < left ? size * count : left;

	memcpy(to, s->mail->data + s->done, n);
	s->done += n;
	return n;
}

/* CURLOPT_TIMEOUT_MS ends when the mail is out, and the server has yet to say whether it takes it. */
static int is_over(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct sending *s = arg;

	(void)a, (void)b, (void)c, (void)d;
	return monotonic_ms() >= s->until_ms;
}

static bool is_command(const char *data, size_t len, const char *word)
{
	return len > strlen(word) && memcmp(data, word, strlen(word)) == 0;
}

/* What is said to the server: how far it has come nothing else tells. Whether it answers QUIT changes nothing any more, so it
 * is hardly waited for. */
static int note_command(CURL *curl, curl_infotype type, char *data, size_t len, void *arg)
{
	struct sending *s = arg;

	if (type != CURLINFO_HEADER_OUT)
		return 0;
	if (is_command(data, len, "RCPT TO:"))
		s->named = true;
	if (!is_command(data, len, "QUIT") || s->quitting)
		return 0;
	s->quitting = true;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &s->status);
	s->until_ms = monotonic_ms() + QUIT_MS;
	return 0;
}

static void set_server(CURL *curl, const struct smtp_server *server)
{
	client_secure(curl, false, server->ca_file);
	curl_easy_setopt(curl, CURLOPT_URL, server->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(server->plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
	if (server->user != NULL) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
	}
}

static void set_sending(CURL *curl, struct sending *s)
{
	long timeout = s->server->timeout_ms > 0 ? (long)s->server->timeout_ms : TIMEOUT_MS;

	s->until_ms = monotonic_ms() + timeout;
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_MS ? timeout : CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L); /* else QUIT is said without these limits */
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_over);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, s);
	curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, note_command);
	curl_easy_setopt(curl, CURLOPT_DEBUGDATA, s);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(curl, CURLOPT_READDATA, s);
}

static bool is_final(long status)
{
	return status >= 550 && status <= 554;
}

static enum smtp_fault fault_of(const struct sending *s, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return SMTP_FINE;
	case CURLE_COULDNT_RESOLVE_HOST:
		return SMTP_NAME;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_ABORTED_BY_CALLBACK:
		return SMTP_TIME;
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CONNECT_ERROR:
		return SMTP_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return SMTP_CERTIFICATE;
	case CURLE_LOGIN_DENIED:
		return SMTP_LOGIN;
	default:
		break;
	}
	if (s->status < 400)
		return SMTP_CONNECTION;
	if (!s->named)
		return SMTP_SERVER;
	return is_final(s->status) ? SMTP_REFUSED : SMTP_LATER;
}

static enum result perform(CURL *curl, struct sending *s, struct curl_slist *to, struct smtp_answer *answer, struct err *err)
{
	char from[MESSAGE_ADDRESS_MAX + 3];
	CURLcode code;

	snprintf(from, sizeof from, "<%s>", s->server->from);
	set_server(curl, s->server);
	set_sending(curl, s);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	code = curl_easy_perform(curl);
	if (!s->quitting)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &s->status);
	answer->fault = fault_of(s, code);
	answer->status = code == CURLE_OK || s->status >= 400 ? (int)s->status : 0;
	answer->named = s->named;
	if (code == CURLE_OK)
		return OK;
	err_set(err, ERR_IO, "the mail server did not take it: %s",
		curl_easy_strerror(answer->fault == SMTP_TIME ? CURLE_OPERATION_TIMEDOUT : code));
	return err_mend(err, "see whether mail-server, mail-user and the password are right");
}

enum result smtp_send(const struct smtp_server *server, const char *to, const struct buf *mail,
		      struct smtp_answer *answer, struct err *err)
{
	struct sending s = {.server = server, .mail = mail};
	char whom[MESSAGE_ADDRESS_MAX + 3];
	struct curl_slist *list;
	CURL *curl;
	enum result r = client_init(err);

	*answer = (struct smtp_answer){.fault = SMTP_CONNECTION};
	if (r != OK)
		return r;
	if (!message_address_ok(to))
		return err_set(err, ERR_INPUT, "a mail has an address that is none");
	snprintf(whom, sizeof whom, "<%s>", to);
	curl = curl_easy_init();
	list = curl_slist_append(NULL, whom);
	r = curl == NULL || list == NULL ? err_no_memory(err) : perform(curl, &s, list, answer, err);
	curl_easy_cleanup(curl);
	curl_slist_free_all(list);
	return r;
}
