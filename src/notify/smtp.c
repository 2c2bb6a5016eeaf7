/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/smtp.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "net/client.h"
#include "notify/message.h"

#define TIMEOUT_MS 30000L
#define CONNECT_MS 10000L

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

bool smtp_is_final(int status)
{
	return status >= 550 && status <= 554;
}

struct reading { const struct buf *mail; size_t done; };

static size_t give(char *to, size_t size, size_t count, void *arg)
{
	struct reading *reading = arg;
	size_t left = reading->mail->len - reading->done, n = size * count < left ? size * count : left;

	memcpy(to, reading->mail->data + reading->done, n);
	reading->done += n;
	return n;
}

static void set_server(CURL *curl, const struct smtp_server *server)
{
	long timeout = server->timeout_ms > 0 ? (long)server->timeout_ms : TIMEOUT_MS;

	curl_easy_setopt(curl, CURLOPT_URL, server->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(server->plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_MS ? timeout : CONNECT_MS);
	if (server->ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
	if (server->user != NULL) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
	}
}

static enum result perform(CURL *curl, const struct smtp_server *server, struct curl_slist *to, struct reading *reading,
			   int *status, struct err *err)
{
	char from[MESSAGE_ADDRESS_MAX + 3];
	long answered = 0;
	CURLcode code;

	snprintf(from, sizeof from, "<%s>", server->from);
	set_server(curl, server);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(curl, CURLOPT_READDATA, reading);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answered);
	*status = (int)answered;
	if (code == CURLE_OK)
		return OK;
	err_set(err, ERR_IO, "the mail server did not take it: %s", curl_easy_strerror(code));
	return err_mend(err, "see whether mail-server, mail-user and the password are right");
}

enum result smtp_send(const struct smtp_server *server, const char *to, const struct buf *mail, int *status,
		      struct err *err)
{
	struct reading reading = {.mail = mail};
	char whom[MESSAGE_ADDRESS_MAX + 3];
	struct curl_slist *list;
	CURL *curl;
	enum result r = client_init(err);

	*status = 0;
	if (r != OK)
		return r;
	if (!message_address_ok(to))
		return err_set(err, ERR_INPUT, "a mail has an address that is none");
	snprintf(whom, sizeof whom, "<%s>", to);
	curl = curl_easy_init();
	list = curl_slist_append(NULL, whom);
	r = curl == NULL || list == NULL ? err_no_memory(err) : perform(curl, server, list, &reading, status, err);
	curl_easy_cleanup(curl);
	curl_slist_free_all(list);
	return r;
}
