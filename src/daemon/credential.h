/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who a request is by: a token in Authorization, or else the cookie of a
 * session.
 *
 * A browser sends the cookie whoever made it ask.  So what is no GET or HEAD
 * needs two things more with it: X-Lethe-CSRF, a text made from the session
 * that only a page of ours was given; and, where the browser says who made it
 * ask (Sec-Fetch-Site, Origin), that it was such a page.  A token needs
 * neither: nobody can make a browser send one.
 */
#ifndef LETHE_DAEMON_CREDENTIAL_H
#define LETHE_DAEMON_CREDENTIAL_H

#include "access/session.h"
#include "api/perform.h"
#include "net/rate.h"

#define SESSION_COOKIE "lethe"
#define CSRF_HEADER "X-Lethe-CSRF"

struct http;

struct credential {
	struct actor actor;
	bool by_session;               /* the rest is set */
	char session[OPAQUE_LEN + 1];  /* what the cookie holds: wipe with credential_wipe */
	struct signed_in who;
	struct vault *view;            /* of the region they are in */
};

/* Each answers by itself, as a problem, when it returns false. */
bool credential_take(const struct http *http, const struct desk *desk, const struct request *request,
		     struct response *response, struct credential *out);
/* Whose token it is, where that is remembered and nothing has to be looked up or noted; false: credential_take knows. */
bool credential_recall(const struct http *http, const struct desk *desk, const struct request *request,
		       struct actor *out);
bool credential_within_rate(const struct http *http, const struct actor *actor, const struct request *request,
			    struct response *response);
/* For who is let in by nothing: few tries, from each address; RATE_DOOR of who comes to sign in or with a link, RATE_ADDRESS of
 * all others, so that a program whose token is no good any more keeps nobody beside it from signing in. */
bool credential_few(const struct http *http, enum rate_kind kind, const struct request *request, struct response *response);
/* Is somebody going there, as far as the browser says? What a page of another site has in it, such as an image, is none of ours:
 * else each page that people look at could use up what their address may. Who is no browser is believed. */
bool credential_going(const struct request *request, struct response *response);
/* Did a page of ours ask, as far as the browser says? Who is no browser says nothing, and is believed. */
bool credential_ours(const struct http *http, const struct request *request, struct response *response);
/* 401. */
void credential_refuse(const struct request *request, struct response *response, const struct err *err);
void credential_wipe(struct credential *credential);

#endif
