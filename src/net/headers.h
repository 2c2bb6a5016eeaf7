/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What every answer carries besides its own headers, and cookies.
 *
 * For an API nothing may be framed, run, sniffed, cached or told to others
 * (OWASP REST Security).  A page of the dashboard sets its own
 * Content-Security-Policy or Cache-Control before; what is set stays.
 */
#ifndef LETHE_NET_HEADERS_H
#define LETHE_NET_HEADERS_H

#include "net/request.h"
#include "net/response.h"

/* X-Content-Type-Options, Content-Security-Policy, Referrer-Policy, Cache-Control, Cross-Origin-Resource-Policy,
 * X-Request-Id; under TLS Strict-Transport-Security. No Server. */
void headers_add(struct response *response, const struct request *request);

enum same_site { SAME_SITE_STRICT, SAME_SITE_LAX };

struct cookie {
	const char *name;  /* without the prefix */
	const char *value; /* cookie-octets; NULL or "": the browser forgets the cookie */
	int64_t max_age_s; /* 0: until the browser ends */
	enum same_site same_site;
};

/* Set-Cookie, always HttpOnly, Path=/ and without Domain. Under TLS it is Secure and its name begins with "__Host-", so
 * that no other host of the domain can set it; without (loopback) browsers would drop that. A value that cannot be sent
 * fails the response. */
void cookie_set(struct response *response, const struct request *request, const struct cookie *cookie);
/* The value that the client sent; false when there is none. */
bool cookie_get(const struct request *request, const char *name, char *out, size_t size);

#endif
