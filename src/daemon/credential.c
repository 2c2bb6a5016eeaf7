/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/credential.h"

#include <string.h>
#include <strings.h>

#include "daemon/http.h"
#include "net/headers.h"

void credential_wipe(struct credential *credential)
{
	explicit_bzero(credential, sizeof *credential);
}

void credential_refuse(const struct request *request, struct response *response, const struct err *err)
{
	response_header(response, "WWW-Authenticate", "Bearer realm=\"lethe\"");
	problem_answer(response, request, PROBLEM_UNAUTHENTICATED, err, NULL);
}

/* ---- how often ---- */

bool credential_few(const struct http *http, enum rate_kind kind, const struct request *request, struct response *response)
{
	struct rate_key key = rate_key_address(&request->address);
	struct rate_state state;
	bool within;

	key.kind = kind;
	within = rate_take(http->by_address, &key, 1, request->now, &state);
	rate_headers(response, http->by_address, &state);
	if (!within)
		problem_answer(response, request, PROBLEM_RATE, NULL, NULL);
	return within;
}

bool credential_within_rate(const struct http *http, const struct actor *actor, const struct request *request,
			    struct response *response)
{
	struct rate_key key = {.kind = actor->type == ACTOR_USER ? RATE_USER : RATE_TOKEN};
	struct rate_state state;
	size_t len = strlen(actor->who);
	bool within;

	/* The end of an id is its random part. */
	memcpy(key.bytes, actor->who + (len > sizeof key.bytes ? len - sizeof key.bytes : 0),
	       len < sizeof key.bytes ? len : sizeof key.bytes);
	within = rate_take(http->by_token, &key, 1, request->now, &state);
	rate_headers(response, http->by_token, &state);
	if (!within)
		problem_answer(response, request, PROBLEM_RATE, NULL, NULL);
	return within;
}

/* ---- who made the browser ask ---- */

/* Is `origin` that of `url`: all of it up to the path? */
static bool is_origin_of(const char *url, const char *origin)
{
	const char *host = strstr(url, "://");
	size_t len = host != NULL ? (size_t)(host - url) + 3 + strcspn(host + 3, "/") : 0;

	return len > 0 && strlen(origin) == len && strncasecmp(url, origin, len) == 0;
}

static bool is_our_origin(const struct http *http, const struct request *request, const char *origin)
{
	const char *host = request_header(request, "host"), *scheme = request->tls ? "https://" : "http://";
	size_t len = strlen(scheme);

	if (*http->base_url != '\0' && is_origin_of(http->base_url, origin))
		return true;
	return host != NULL && strncmp(origin, scheme, len) == 0 && strcasecmp(origin + len, host) == 0;
}

static bool refuse_other_site(const struct request *request, struct response *response, const char *field)
{
	struct err err;

	err_set(&err, ERR_DENIED, "a page of another site made the browser ask for this");
	err_mend(&err, "use a token; if it was a page of this server, set base-url to how browsers reach it");
	problem_answer(response, request, PROBLEM_DENIED, &err, field);
	return false;
}

bool credential_going(const struct request *request, struct response *response)
{
	const char *site = request_header(request, "sec-fetch-site"), *mode = request_header(request, "sec-fetch-mode");
	const char *dest = request_header(request, "sec-fetch-dest");

	if (site == NULL || mode == NULL || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0)
		return true;
	if (strcmp(mode, "navigate") != 0)
		return refuse_other_site(request, response, "Sec-Fetch-Mode");
	if (dest == NULL || strcmp(dest, "document") == 0)
		return true;
	return refuse_other_site(request, response, "Sec-Fetch-Dest"); /* a frame, which whoever looks need not see */
}

bool credential_ours(const struct http *http, const struct request *request, struct response *response)
{
	const char *site = request_header(request, "sec-fetch-site"), *origin = request_header(request, "origin");

	if ((site == NULL || strcmp(site, "same-origin") == 0) &&
	    (origin == NULL || is_our_origin(http, request, origin)))
		return true;
	return refuse_other_site(request, response, site != NULL && origin == NULL ? "Sec-Fetch-Site" : "Origin");
}

static bool has_second_text(const struct request *request, struct response *response, const char *session)
{
	const char *given = request_header(request, "x-lethe-csrf");
	struct err err;

	if (given != NULL && session_csrf_fits(session, OPAQUE_LEN, given))
		return true;
	err_set(&err, ERR_DENIED, given == NULL ? "the header " CSRF_HEADER " is missing"
						: "the header " CSRF_HEADER " is not that of this session");
	err_mend(&err, "send the csrf that `POST /v1/session` and `GET /v1/session` answer");
	problem_answer(response, request, PROBLEM_DENIED, &err, CSRF_HEADER);
	return false;
}

/* ---- who ---- */

/* The token of "Authorization: Bearer ..", NULL when there is none. */
static const char *bearer(const struct request *request)
{
	const char *value = request_header(request, "authorization");

	if (value == NULL || strncasecmp(value, "Bearer ", strlen("Bearer ")) != 0)
		return NULL;
	return value + strlen("Bearer ") + strspn(value + strlen("Bearer "), " ");
}

/* In which region the token is; ERR_DENIED when in none. */
static enum result find_token(const struct http *http, const struct desk *desk, const char *token, struct instant now,
			      struct actor *out, struct err *err)
{
	enum result r = ERR_DENIED;

	for (size_t i = 0; i < desk->count && r == ERR_DENIED; i++)
		r = tokens_find(http->tokens, desk->views[i], token, strlen(token), now, out, err);
	return r;
}

static enum result find_session(const struct http *http, const struct desk *desk, const struct request *request,
				struct credential *out, struct err *err)
{
	enum result r = ERR_DENIED;

	out->by_session = true;
	for (size_t i = 0; i < desk->count && r == ERR_DENIED; i++) {
		out->view = desk->views[i];
		r = sessions_find(out->view, out->session, strlen(out->session), &http->doors.sessions, request->now,
				  request->pool, &out->who, err);
	}
	out->actor = out->who.actor;
	return r;
}

static enum result find(const struct http *http, const struct desk *desk, const struct request *request,
			struct credential *out, struct err *err)
{
	const char *token = bearer(request);

	if (token != NULL)
		return find_token(http, desk, token, request->now, &out->actor, err);
	if (cookie_get(request, SESSION_COOKIE, out->session, sizeof out->session))
		return find_session(http, desk, request, out, err);
	err_set(err, ERR_DENIED, "there is no token, and no session");
	return err_mend(err, "send a token as Authorization: Bearer lethe_.. (`lethe token create` makes one), or sign in: "
			     "`POST /v1/session`");
}

bool credential_recall(const struct http *http, const struct desk *desk, const struct request *request,
		       struct actor *out)
{
	const char *token = bearer(request);

	for (size_t i = 0; token != NULL && i < desk->count; i++) {
		if (tokens_recall(http->tokens, desk->views[i], token, strlen(token), request->now, out))
			return true;
	}
	return false;
}

bool credential_take(const struct http *http, const struct desk *desk, const struct request *request,
		     struct response *response, struct credential *out)
{
	bool reads = request->method == METHOD_GET || request->method == METHOD_HEAD;
	struct err err;
	enum result r;

	*out = (struct credential){.by_session = false};
	r = find(http, desk, request, out, &err);
	if (r == ERR_DENIED) {
		if (credential_few(http, RATE_ADDRESS, request, response))
			credential_refuse(request, response, &err);
		return false;
	}
	if (r != OK) {
		problem_from(response, request, &err, NULL);
		return false;
	}
	if (!credential_within_rate(http, &out->actor, request, response))
		return false;
	return !out->by_session || reads ||
	       (credential_ours(http, request, response) && has_second_text(request, response, out->session));
}
