/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signing in at an OpenID provider (OpenID Connect Core 1.0, Discovery 1.0):
 * the authorization code flow with PKCE (RFC 7636), a state and a nonce.
 *
 *     oidc_begin    where to send the browser, and what it keeps meanwhile
 *     oidc_finish   it came back with a code: who is it?
 *
 * What the browser keeps is sealed under a key of the process, so that nothing
 * is stored of those who begin and never come back; it lasts ten minutes.
 * What providers publish is remembered for an hour.  Thread safe.
 */
#ifndef LETHE_ACCESS_OIDC_H
#define LETHE_ACCESS_OIDC_H

#include "base/json.h"
#include "base/time.h"

#define OIDC_URL_MAX 2048
#define OIDC_ANSWER_MAX ((size_t)256 * 1024)
#define OIDC_SUBJECT_MAX 255  /* characters, by the standard */

/* One request over HTTPS, and its whole answer. */
struct oidc_request {
	const char *url;
	const char *form;             /* of a POST, application/x-www-form-urlencoded; NULL: a GET */
	const char *user, *password;  /* basic authentication; NULL: none */
};
/* `body`, of OIDC_ANSWER_MAX, is appended to. An answer of any status is OK. */
typedef enum result oidc_fetch(void *arg, const struct oidc_request *request, struct buf *body, int *status,
			       struct err *err);

struct oidc_provider {
	const char *issuer;        /* https://.. as it names itself, with or without a '/' at its end */
	const char *client_id;
	const char *client_secret; /* NULL: none */
	const char *redirect;      /* where the browser comes back to: registered there */
};

struct oidc;
MUST_CHECK enum result oidc_new(oidc_fetch *fetch, void *arg, struct oidc **out, struct err *err);
void oidc_free(struct oidc *oidc); /* NULL is fine */

struct oidc_start { const char *url, *kept; }; /* in the pool */
MUST_CHECK enum result oidc_begin(struct oidc *oidc, uint32_t account, const struct oidc_provider *provider,
				  struct instant now, struct pool *pool, struct oidc_start *out, struct err *err);

struct oidc_answer {
	const char *kept;          /* of oidc_begin, from the same browser */
	const char *state, *code;  /* as they came in the query */
	const char *issuer;        /* "iss" of RFC 9207, NULL: the provider does not say */
};
struct oidc_who {
	const char *subject;       /* opaque: the same for ever at this issuer, and never somebody else's */
	const char *email;         /* NULL unless the provider says that it is verified */
};
/* ERR_DENIED when anything does not fit; ERR_IO when the provider cannot be asked. `out` is in the pool. */
MUST_CHECK enum result oidc_finish(struct oidc *oidc, uint32_t account, const struct oidc_provider *provider,
				   const struct oidc_answer *answer, struct instant now, struct pool *pool,
				   struct oidc_who *out, struct err *err);

#endif
