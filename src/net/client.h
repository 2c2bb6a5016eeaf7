/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asking others over HTTP, by libcurl: certificates verified, TLS 1.2 or
 * later, no redirects, no proxy, a deadline, an answer of bounded size.
 *
 * Where to is often said by somebody who is not trusted, so what is inside is
 * out of reach: private, loopback, link-local, shared, multicast and reserved
 * addresses, also as an IPv6 address that leads to one.  What is judged is the
 * address that is connected to, at the moment it is: a name that changes its
 * address between two looks gains nothing.
 */
#ifndef LETHE_NET_CLIENT_H
#define LETHE_NET_CLIENT_H

#include "base/buf.h"
#include "net/address.h"

#define CLIENT_URL_MAX 2000
#define CLIENT_TIMEOUT_MS 15000
#define CLIENT_HEADERS_MAX 16
#define CLIENT_RETRY_AFTER_MAX_S 86400

/* Which addresses may be reached. Zeroed: those outside, over HTTPS only. */
struct client_reach {
	bool plain;                         /* http too */
	bool inside;                        /* every address inside too; or only: */
	const struct address_block *allowed;
	size_t allowed_count;
	const char *ca_file;                /* certificates to trust; NULL: the system's */
	const char *const *resolve;         /* "host:port:address", as CURLOPT_RESOLVE has it, ended by NULL; for tests */
};

struct client_request {
	const char *url;
	const char *const *headers;         /* "Name: value", ended by NULL; NULL: none */
	const void *body;                   /* NULL: a GET, else a POST */
	size_t body_len;
	const char *user, *password;        /* Basic, when user is not NULL */
	int64_t timeout_ms;                 /* 0: CLIENT_TIMEOUT_MS */
	bool any_length;                    /* its status and headers are the answer: what follows is hardly waited for, nor has to be whole */
};

struct client_answer {
	int status;                         /* 0: none came, or no whole one */
	int64_t retry_after_s;              /* by Retry-After, seconds or a date, a day at the most; 0: it does not say */
};

/* Once, before threads begin; and by client_send. */
MUST_CHECK enum result client_init(struct err *err);
/* Is it a URL that may be asked? By its form and, of one that has an address in it, by that. ERR_INPUT, ERR_DENIED. */
MUST_CHECK enum result client_check_url(const struct client_reach *reach, const char *url, struct err *err);
/* What every request of ours has, of a CURL *: HTTPS, and with `plain` HTTP too; TLS 1.2 or later, the certificate verified by
 * `ca_file` (NULL: the system's alone, else that alone); no redirects, no proxy, no .netrc; a name
 * that nobody answers for is waited for no longer than the rest, in a thread of libcurl that then ends by itself. */
void client_secure(void *curl, bool plain, const char *ca_file);
/* `body` has its greatest length already. Thread safe. ERR_DENIED: an address inside; ERR_IO: it cannot be
 * asked, and curl's words for why, or the answer is longer. `what` is who it is, for the error text: "the webhook". */
MUST_CHECK enum result client_send(const struct client_reach *reach, const struct client_request *request,
				   const char *what, struct buf *body, struct client_answer *out, struct err *err);

#endif
