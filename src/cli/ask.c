/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/ask.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define URL_MAX 8192
#define CONNECT_MS 10000L
#define BEARER "Authorization: Bearer "

struct asking {
	const struct ask_request *request;
	struct buf *body;
	struct ask_answer *answer;
};

/* ---- the URL ---- */

/* 127.0.0.0/8, ::1 and localhost: what goes there leaves the machine on no wire. */
static bool is_here(const char *host)
{
	static const char *const names[] = {"localhost", "[::1]"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i]);

		if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':' || host[len] == '/'))
			return true;
	}
	return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strcspn(host, ":/");
}

static enum result check_url(const char *url, struct err *err)
{
	bool tls = strncmp(url, "https://", 8) == 0, plain = strncmp(url, "http://", 7) == 0;
	const char *host = url + (tls ? 8 : 7);

	if ((!tls && !plain) || *host == '\0' || strpbrk(url, "@?# \t\r\n") != NULL) {
		err_set(err, ERR_INPUT, "this is no URL of a daemon");
		err_where(err, "--server");
		return err_mend(err, "write it as https://lethe.example, or http://127.0.0.1:7411 on this machine");
	}
	if (tls || is_here(host))
		return OK;
	err_set(err, ERR_INPUT, "over plain HTTP whoever is on the way could read the token");
	err_where(err, "--server");
	return err_mend(err, "write https://; plain http:// is for this machine only");
}

static enum result join(const char *url, const char *target, char out[URL_MAX], struct err *err)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	if (snprintf(out, URL_MAX, "%.*s%s", (int)len, url, target) < URL_MAX)
		return OK;
	return err_set(err, ERR_INPUT, "what is asked for is longer than %d bytes", URL_MAX);
}

/* ---- what comes back ---- */

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
	struct asking *asking = arg;

	buf_add(asking->body, data, size * count);
	return asking->body->failed ? 0 : size * count;
}

static void take_type(struct ask_answer *answer, const char *value, size_t len)
{
	size_t end = 0;

	while (end < len && end + 1 < sizeof answer->type && value[end] != ';' && (unsigned char)value[end] > ' ')
		end++;
	for (size_t i = 0; i < end; i++)
		answer->type[i] = (char)tolower((unsigned char)value[i]);
	answer->type[end] = '\0';
}

static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
	static const char type[] = "content-type: ", partly[] = "lethe-partly: true";
	struct asking *asking = arg;
	size_t len = size * count;

	if (len > sizeof type && strncasecmp(data, type, sizeof type - 1) == 0)
		take_type(asking->answer, data + sizeof type - 1, len - (sizeof type - 1));
	else if (len > sizeof partly && strncasecmp(data, partly, sizeof partly - 1) == 0)
		asking->answer->partly = true;
	return len;
}

static int look_up(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
	const struct asking *asking = arg;

	(void)total;
	(void)now;
	(void)up_total;
	(void)up;
	return asking->request->stop != NULL && asking->request->stop();
}

/* ---- asking ---- */

static void set_security(CURL *curl, const struct ask_server *server)
{
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (server->ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
}

static void set_request(CURL *curl, const struct ask_request *request, struct asking *asking)
{
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "lethe");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L); /* long work is answered when it is done */
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, asking);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, asking);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, asking);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	if (request->body != NULL)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	else if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "DELETE") != 0)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "{}");
}

static struct curl_slist *add_header(struct curl_slist *list, const char *header, bool *whole)
{
	struct curl_slist *more = *whole ? curl_slist_append(list, header) : NULL;

	*whole = more != NULL;
	return more != NULL ? more : list;
}

static struct curl_slist *headers_of(const struct ask_request *request, const struct secret *token, bool *whole)
{
	char bearer[sizeof BEARER + SECRET_MAX];
	struct curl_slist *list = NULL;

	*whole = true;
	snprintf(bearer, sizeof bearer, BEARER "%.*s", (int)token->len, token->text);
	list = add_header(list, bearer, whole);
	explicit_bzero(bearer, sizeof bearer);
	list = add_header(list, request->json ? "Accept: application/json" : "Accept: text/plain", whole);
	list = add_header(list, "Content-Type: application/json", whole);
	return add_header(list, "Lethe-Words: command", whole); /* errors in its words, and lists whole */
}

/* libcurl has copied the token: it is wiped before the memory goes back. */
static void free_headers(struct curl_slist *list)
{
	for (struct curl_slist *at = list; at != NULL; at = at->next)
		explicit_bzero(at->data, strlen(at->data));
	curl_slist_free_all(list);
}

static enum result failed(const struct asking *asking, const struct ask_server *server, CURLcode code, struct err *err)
{
	switch (code) {
	case CURLE_ABORTED_BY_CALLBACK:
		err_set(err, ERR_INTERRUPTED, "it was stopped");
		return err_mend(err, "what the daemon had begun it finishes, or undoes; ask again to see");
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		err_set(err, ERR_DENIED, "the daemon's certificate is not trusted: %s", curl_easy_strerror(code));
		err_where(err, "%s", server->url);
		return err_mend(err, "name the file of who signed it with --ca");
	default:
		break;
	}
	if (asking->body->failed)
		return err_set(err, ERR_LIMIT, "the answer is longer than %zu bytes", asking->body->max);
	err_set(err, ERR_IO, "the daemon cannot be asked: %s", curl_easy_strerror(code));
	err_where(err, "%s", server->url);
	return err_mend(err, "see whether `lethe serve` runs there, and --server names it");
}

static enum result send_it(CURL *curl, const struct ask_server *server, struct asking *asking, struct err *err)
{
	struct curl_slist *headers;
	char url[URL_MAX];
	long status = 0;
	bool whole;
	CURLcode code;
	enum result r = join(server->url, asking->request->target, url, err);

	if (r != OK)
		return r;
	headers = headers_of(asking->request, &server->token, &whole);
	if (!whole) {
		free_headers(headers);
		return err_no_memory(err);
	}
	set_security(curl, server);
	set_request(curl, asking->request, asking);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	free_headers(headers);
	asking->answer->status = (int)status;
	return code == CURLE_OK ? OK : failed(asking, server, code, err);
}

enum result ask(const struct ask_server *server, const struct ask_request *request, struct buf *body,
		struct ask_answer *out, struct err *err)
{
	struct asking asking = {.request = request, .body = body, .answer = out};
	CURL *curl;
	enum result r = check_url(server->url, err);

	*out = (struct ask_answer){.status = 0};
	if (r != OK)
		return r;
	curl = curl_easy_init();
	r = curl != NULL ? send_it(curl, server, &asking, err) : err_no_memory(err);
	curl_easy_cleanup(curl);
	return r;
}
