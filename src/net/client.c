/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define CONNECT_MS 5000L
#define REST_MS 1000

static enum result init_result;

static void init_once(void)
{
	init_result = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? OK : ERR_INTERNAL;
}

enum result client_init(struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_once);
	return init_result == OK ? OK : err_set(err, ERR_INTERNAL, "libcurl cannot start");
}

/* ---- which addresses ---- */

static bool may_reach(const struct client_reach *reach, const struct address *address)
{
	if (reach->inside || !address_is_inside(address))
		return true;
	for (size_t i = 0; i < reach->allowed_count; i++) {
		if (address_in(address, &reach->allowed[i]))
			return true;
	}
	return false;
}

static enum result deny_inside(const char *what, struct err *err)
{
	err_set(err, ERR_DENIED, "%s is at an address inside, which accounts may not reach", what);
	return err_mend(err, "the operator can allow it");
}

/* ---- URLs ---- */

static bool has(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	CURLUcode code = curl_url_get(url, part, &text, 0);

	curl_free(text);
	return code == CURLUE_OK || code == CURLUE_OUT_OF_MEMORY; /* it could not be looked */
}

static enum result check_scheme(const struct client_reach *reach, CURLU *url, struct err *err)
{
	char *scheme = NULL;
	bool good = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		    (strcmp(scheme, "https") == 0 || (reach->plain && strcmp(scheme, "http") == 0));

	curl_free(scheme);
	if (good)
		return OK;
	err_set(err, ERR_INPUT, "the URL does not begin with https://");
	return err_mend(err, reach->plain ? "give a URL over https, or http" : "give a URL over https");
}

/* curl has made 2130706433 and 0x7f.1 the addresses that they are. */
static enum result check_host(const struct client_reach *reach, CURLU *url, struct err *err)
{
	struct address address;
	struct err ignored;
	char *host = NULL;
	const char *text;
	enum result r = OK;

	if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return err_set(err, ERR_INPUT, "the URL names no host");
	text = host;
	if (host[0] == '[') {
		host[strcspn(host, "]")] = '\0';
		text++;
	}
	if (strcasecmp(text, "localhost") == 0)
		text = "127.0.0.1";
	if (address_parse(text, &address, &ignored) == OK && !may_reach(reach, &address))
		r = deny_inside("the URL", err);
	curl_free(host);
	return r;
}

enum result client_check_url(const struct client_reach *reach, const char *url, struct err *err)
{
	CURLUcode code;
	CURLU *parts;
	enum result r;

	if (strlen(url) > CLIENT_URL_MAX)
		return err_set(err, ERR_INPUT, "the URL has more than %d bytes", CLIENT_URL_MAX);
	parts = curl_url();
	if (parts == NULL)
		return err_no_memory(err);
	code = curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
	if (code == CURLUE_OUT_OF_MEMORY)
		r = err_no_memory(err);
	else if (code != CURLUE_OK)
		r = err_set(err, ERR_INPUT, "this is no URL");
	else if (has(parts, CURLUPART_USER) || has(parts, CURLUPART_PASSWORD) || has(parts, CURLUPART_FRAGMENT))
		r = err_set(err, ERR_INPUT, "the URL has a user, a password or a fragment in it");
	else
		r = check_scheme(reach, parts, err);
	if (r == OK)
		r = check_host(reach, parts, err);
	curl_url_cleanup(parts);
	if (r == ERR_INPUT && err->mend[0] == '\0')
		err_mend(err, "give it as https://host/path");
	return r;
}

/* ---- one request ---- */

struct sending {
	const struct client_reach *reach;
	const struct client_request *request;
	struct buf *body;
	struct client_answer *out;
	CURL *curl;
	bool refused;
	bool answered;    /* any_length: the headers are here */
	int64_t until_ms; /* the rest is waited for, by monotonic_ms() */
};

/* The address is known here, whatever the name was resolved to. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct sending *s = arg;
	struct address address = address_of(&to->addr);
	bool known = to->addr.sa_family == AF_INET || to->addr.sa_family == AF_INET6;

	(void)purpose;
	if (!known || !may_reach(s->reach, &address)) {
		s->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct sending *s = arg;
	size_t len = size * count;

	if (s->request->any_length && len > s->body->max - s->body->len) {
		buf_add(s->body, data, s->body->max - s->body->len);
		return 0;
	}
	buf_add(s->body, data, len);
	return s->body->failed ? 0 : len;
}

/* The line behind the headers of an answer; of one with 1xx the real one follows. */
static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
	struct sending *s = arg;
	long status = 0;

	(void)data;
	if (!s->request->any_length || size * count > 2)
		return size * count;
	curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && !s->answered) {
		s->answered = true;
		s->until_ms = monotonic_ms() + REST_MS;
	}
	return size * count;
}

/* Whether it answered is known: what else it says is waited for a moment, so that few see us hang up. */
static int is_over(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct sending *s = arg;

	(void)a, (void)b, (void)c, (void)d;
	return s->answered && monotonic_ms() >= s->until_ms;
}

void client_secure(void *curl, bool plain, const char *ca_file)
{
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, plain ? "https,http" : "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* a name that nobody answers for is waited for no longer than the rest */
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "lethe");
	if (ca_file != NULL) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* else the system's are good too */
	}
}

static void set_limits(CURL *curl, const struct sending *s)
{
	long timeout = s->request->timeout_ms > 0 ? (long)s->request->timeout_ms : CLIENT_TIMEOUT_MS;

	client_secure(curl, s->reach->plain, s->reach->ca_file);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_MS ? timeout : CONNECT_MS);
	if (!s->request->any_length)
		curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)s->body->max);
}

static void set_request(CURL *curl, struct sending *s)
{
	const struct client_request *request = s->request;

	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, s);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, s);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_over);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, s);
	if (request->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body_len);
	}
	if (request->user != NULL) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(curl, CURLOPT_USERNAME, request->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, request->password);
	}
}

static enum result failed(const struct sending *s, CURLcode code, const char *what, struct err *err)
{
	if (s->refused)
		return deny_inside(what, err);
	if (s->body->failed || code == CURLE_FILESIZE_EXCEEDED)
		return err_set(err, ERR_IO, "%s answers with more than %zu bytes", what, s->body->max);
	err_set(err, ERR_IO, "%s cannot be asked: %s", what, curl_easy_strerror(code));
	return err_mend(err, "try again; if it stays so, see whether its URL is right and can be reached");
}

static bool add_all(struct curl_slist **list, const char *const *texts)
{
	for (; texts != NULL && *texts != NULL; texts++) {
		struct curl_slist *longer = curl_slist_append(*list, *texts);

		if (longer == NULL)
			return false;
		*list = longer;
	}
	return true;
}

static CURLcode perform(CURL *curl, struct sending *s, struct curl_slist *headers, struct curl_slist *resolve)
{
	CURLcode code;
	curl_off_t retry_after_s = 0;
	long status = 0;

	s->curl = curl;
	set_limits(curl, s);
	set_request(curl, s);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_RESOLVE, resolve);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after_s);
	s->out->status = code == CURLE_OK || s->answered ? (int)status : 0;
	s->out->retry_after_s = retry_after_s < 0 ? 0 : retry_after_s;
	if (s->out->retry_after_s > CLIENT_RETRY_AFTER_MAX_S)
		s->out->retry_after_s = CLIENT_RETRY_AFTER_MAX_S;
	return s->answered ? CURLE_OK : code;
}

enum result client_send(const struct client_reach *reach, const struct client_request *request, const char *what,
			struct buf *body, struct client_answer *out, struct err *err)
{
	struct sending s = {.reach = reach, .request = request, .body = body, .out = out};
	struct curl_slist *headers = NULL, *resolve = NULL;
	CURLcode code;
	CURL *curl;
	enum result r = client_init(err);

	*out = (struct client_answer){.status = 0};
	if (r != OK)
		return r;
	curl = curl_easy_init();
	if (curl == NULL || !add_all(&headers, request->headers) || !add_all(&resolve, reach->resolve)) {
		r = err_no_memory(err);
	} else {
		code = perform(curl, &s, headers, resolve);
		r = code == CURLE_OK ? OK : failed(&s, code, what, err);
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	curl_slist_free_all(resolve);
	return r;
}
