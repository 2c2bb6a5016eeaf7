/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/oidc_fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#define TIMEOUT_MS 10000L
#define CONNECT_MS 5000L

static enum result init_result;

static void init_once(void)
{
	init_result = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? OK : ERR_INTERNAL;
}

enum result oidc_fetch_init(struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_once);
	return init_result == OK ? OK : err_set(err, ERR_INTERNAL, "libcurl cannot start");
}

/* ---- addresses inside ---- */

static const struct { uint32_t net; int bits; } inside4[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  {0xac100000, 12}, {0xc0a80000, 16}, /* private: RFC 1918 */
    {0x64400000, 10}, /* shared: RFC 6598 */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local, where clouds keep their secrets */
    {0xc0000000, 24}, {0xc0000200, 24}, {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, /* special, tests */
    {0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static bool is_inside4(uint32_t address)
{
	for (size_t i = 0; i < sizeof inside4 / sizeof inside4[0]; i++) {
		if ((address ^ inside4[i].net) >> (32 - inside4[i].bits) == 0)
			return true;
	}
	return false;
}

static uint32_t last_four(const struct in6_addr *address)
{
	uint32_t four;

	memcpy(&four, address->s6_addr + 12, sizeof four);
	return ntohl(four);
}

/* Only what is routed to everywhere (2000::/3), and not what leads to an IPv4 address by another way. */
static bool is_inside6(const struct in6_addr *address)
{
	const unsigned char *a = address->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(address))
		return is_inside4(last_four(address));
	if ((a[0] & 0xe0) != 0x20)
		return true;
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
		return true;
	if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0 && a[3] == 0) /* Teredo */
		return true;
	return a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8; /* documentation */
}

static bool is_inside(const struct sockaddr *address)
{
	const void *any = address;

	if (address->sa_family == AF_INET)
		return is_inside4(ntohl(((const struct sockaddr_in *)any)->sin_addr.s_addr));
	if (address->sa_family == AF_INET6)
		return is_inside6(&((const struct sockaddr_in6 *)any)->sin6_addr);
	return true;
}

/* ---- one request ---- */

struct fetching { const struct oidc_fetcher *how; struct buf *body; bool refused; };

/* The address is known here, whatever the name was resolved to. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct fetching *f = arg;

	(void)purpose;
	if (!f->how->allow_inside && is_inside(&address->addr)) {
		f->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct fetching *f = arg;

	buf_add(f->body, data, size * count);
	return f->body->failed ? 0 : size * count;
}

static void set_limits(CURL *curl, const struct oidc_fetcher *how)
{
	long timeout = how->timeout_ms > 0 ? (long)how->timeout_ms : TIMEOUT_MS;

	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_MS ? timeout : CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)OIDC_ANSWER_MAX);
	if (how->ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, how->ca_file);
}

static void set_request(CURL *curl, const struct oidc_request *request, struct fetching *f)
{
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "lethe");
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, f);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, f);
	if (request->form != NULL)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->form);
	if (request->user != NULL) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(curl, CURLOPT_USERNAME, request->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, request->password);
	}
}

static enum result failed(const struct fetching *f, CURLcode code, struct err *err)
{
	if (f->refused) {
		err_set(err, ERR_DENIED, "the OpenID provider is at an address inside, which accounts may not reach");
		return err_mend(err, "the operator can allow it");
	}
	if (f->body->failed)
		return err_set(err, ERR_IO, "the OpenID provider answers with more than %zu bytes", f->body->max);
	err_set(err, ERR_IO, "the OpenID provider cannot be asked: %s", curl_easy_strerror(code));
	return err_mend(err, "try again; if it stays so, see whether the account's issuer is right and can be reached");
}

enum result oidc_fetch_https(void *arg, const struct oidc_request *request, struct buf *body, int *status,
			     struct err *err)
{
	struct fetching f = {.how = arg, .body = body};
	struct curl_slist *headers = NULL;
	CURL *curl;
	CURLcode code;
	long answer = 0;
	enum result r = oidc_fetch_init(err);

	if (r != OK)
		return r;
	curl = curl_easy_init();
	headers = curl_slist_append(NULL, "Accept: application/json");
	if (curl == NULL || headers == NULL) {
		curl_easy_cleanup(curl);
		curl_slist_free_all(headers);
		return err_no_memory(err);
	}
	set_limits(curl, f.how);
	set_request(curl, request, &f);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	*status = (int)answer;
	return code == CURLE_OK ? OK : failed(&f, code, err);
}
