/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/ask.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "net/client.h"

#define URL_MAX 8192
#define CONNECT_MS 10000L
#define BEARER "Authorization: Bearer "

struct asking {
	CURL *curl;
	const struct ask_request *request;
	struct buf *body;
	struct ask_answer *answer;
	uint64_t came; /* of the file */
	enum result written;
	bool changed;  /* what is there is the beginning of another file */
	struct err *err;
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
	const struct ask_download *download = asking->request->download;
	size_t len = size * count;
	long status = 0;

	curl_easy_getinfo(asking->curl, CURLINFO_RESPONSE_CODE, &status);
	if (download != NULL && status >= 200 && status < 300) {
		if (asking->came == 0 && download->from > 0 && status != 206) { /* it is not what it was */
			asking->changed = true;
			return 0;
		}
		asking->came += len;
		asking->written = download->write(download->arg, data, len, asking->err);
		return asking->written == OK ? len : 0;
	}
	buf_add(asking->body, data, len);
	return asking->body->failed ? 0 : len;
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

static void take_text(char out[ASK_TEXT_MAX], const char *value, size_t len)
{
	while (len > 0 && (unsigned char)value[len - 1] <= ' ')
		len--;
	if (len < ASK_TEXT_MAX) {
		memcpy(out, value, len);
		out[len] = '\0';
	}
}

static bool is_header(const char *data, size_t len, const char *name, const char **value, size_t *value_len)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(data, name, name_len) != 0)
		return false;
	*value = data + name_len;
	*value_len = len - name_len;
	return true;
}

static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
	struct asking *asking = arg;
	struct ask_answer *answer = asking->answer;
	size_t len = size * count, value_len;
	const char *value;

	if (is_header(data, len, "content-type: ", &value, &value_len))
		take_type(answer, value, value_len);
	else if (is_header(data, len, "lethe-partly: true", &value, &value_len))
		answer->partly = true;
	else if (is_header(data, len, "etag: ", &value, &value_len))
		take_text(answer->etag, value, value_len);
	else if (is_header(data, len, "location: ", &value, &value_len))
		take_text(answer->location, value, value_len);
	return len;
}

static int look_up(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
	const struct asking *asking = arg;
	const struct ask_request *request = asking->request;

	if (request->progress != NULL && request->upload != NULL)
		request->progress(request->progress_arg, up, up_total);
	else if (request->progress != NULL && request->download != NULL && total > 0)
		request->progress(request->progress_arg, (int64_t)request->download->from + now,
				  (int64_t)request->download->from + total);
	return request->stop != NULL && request->stop();
}

/* ---- asking ---- */

static size_t give_file(char *out, size_t size, size_t count, void *arg)
{
	const struct ask_upload *upload = arg;
	ssize_t some;

	do
		some = read(upload->fd, out, size * count);
	while (some < 0 && errno == EINTR);
	return some >= 0 ? (size_t)some : CURL_READFUNC_ABORT;
}

static void set_upload(CURL *curl, const struct ask_upload *upload)
{
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_file);
	curl_easy_setopt(curl, CURLOPT_READDATA, upload);
	if (upload->size >= 0)
		curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)upload->size);
}

static void set_request(CURL *curl, const struct ask_request *request, struct asking *asking)
{
	const struct ask_download *download = request->download;
	char rest[32] = "";

	if (request->upload != NULL)
		set_upload(curl, request->upload);
	else if (request->body != NULL)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	else if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "DELETE") != 0)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "{}");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L); /* long work is answered when it is done */
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, asking);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, asking);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, asking);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	if (download != NULL && download->from > 0)
		snprintf(rest, sizeof rest, "%" PRIu64 "-", download->from);
	if (request->range != NULL || rest[0] != '\0')
		curl_easy_setopt(curl, CURLOPT_RANGE, request->range != NULL ? request->range : rest);
}

static struct curl_slist *add_header(struct curl_slist *list, const char *header, bool *whole)
{
	struct curl_slist *more = *whole ? curl_slist_append(list, header) : NULL;

	*whole = more != NULL;
	return more != NULL ? more : list;
}

static struct curl_slist *headers_of(const struct ask_request *request, const struct secret *token, bool *whole)
{
	char bearer[sizeof BEARER + SECRET_MAX], other[ASK_TEXT_MAX + 32];
	struct curl_slist *list = NULL;

	*whole = true;
	snprintf(bearer, sizeof bearer, BEARER "%.*s", (int)token->len, token->text);
	list = add_header(list, bearer, whole);
	explicit_bzero(bearer, sizeof bearer);
	if (request->download == NULL)
		list = add_header(list, request->json ? "Accept: application/json" : "Accept: text/plain", whole);
	else
		list = add_header(list, "Accept: */*", whole);
	snprintf(other, sizeof other, "Content-Type: %.100s", request->upload != NULL ? request->upload->type : "application/json");
	list = add_header(list, other, whole);
	if (request->upload != NULL)
		list = add_header(list, "Expect:", whole); /* it is sent at once */
	if (request->download != NULL && request->download->from > 0) {
		snprintf(other, sizeof other, "If-Range: %s", request->download->etag);
		list = add_header(list, other, whole);
	}
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
	if (asking->written != OK)
		return asking->written;
	if (asking->changed) {
		err_set(err, ERR_GONE, "what is fetched there now is another file than the one that was begun");
		return err_mend(err, "ask again, from its beginning");
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
	client_secure(curl, true, server->ca_file); /* where HTTP may go, check_url says */
	set_request(curl, asking->request, asking);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	free_headers(headers);
	asking->answer->status = (int)status;
	asking->answer->broken = code != CURLE_OK && asking->came > 0 && asking->written == OK;
	return code == CURLE_OK ? OK : failed(asking, server, code, err);
}

enum result ask(const struct ask_server *server, const struct ask_request *request, struct buf *body,
		struct ask_answer *out, struct err *err)
{
	struct asking asking = {.request = request, .body = body, .answer = out, .err = err};
	CURL *curl;
	enum result r = check_url(server->url, err);

	*out = (struct ask_answer){.status = 0};
	if (r != OK)
		return r;
	curl = curl_easy_init();
	asking.curl = curl;
	r = curl != NULL ? send_it(curl, server, &asking, err) : err_no_memory(err);
	curl_easy_cleanup(curl);
	return r;
}
