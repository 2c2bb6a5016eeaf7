/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/headers.h"

#include <stdio.h>
#include <string.h>

#define COOKIE_NAME_MAX 64
#define COOKIE_PREFIX "__Host-"

#define add_default(response, name, value) \
	do { \
		if (!response_get_header((response), (name))) \
			response_header_literal((response), name, value); \
	} while (0)

void headers_add(struct response *response, const struct request *request)
{
	add_default(response, "X-Content-Type-Options", "nosniff");
	add_default(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
	add_default(response, "Referrer-Policy", "no-referrer");
	add_default(response, "Cache-Control", "no-store");
	add_default(response, "Cross-Origin-Resource-Policy", "same-origin");
	response_header_remove(response, "X-Request-Id");
	response_header_literal_(response, "X-Request-Id", request->id_text); /* which lives as long */
	if (request->tls)
		add_default(response, "Strict-Transport-Security", "max-age=63072000; includeSubDomains");
}

static const char *full_name(const struct request *request, const char *name, char out[COOKIE_NAME_MAX])
{
	int len = snprintf(out, COOKIE_NAME_MAX, "%s%s", request->tls ? COOKIE_PREFIX : "", name);

	INVARIANT(len > 0 && len < COOKIE_NAME_MAX && field_is_token(out, (size_t)len));
	return out;
}

static bool is_cookie_value(const char *value)
{
	for (const char *at = value; *at != '\0'; at++)
		if (*at <= 0x20 || *at >= 0x7f || strchr("\",;\\", *at))
			return false;
	return true;
}

void cookie_set(struct response *response, const struct request *request, const struct cookie *cookie)
{
	const char *value = cookie->value ? cookie->value : "";
	char name[COOKIE_NAME_MAX], age[48] = "";
	const char *text;

	if (!is_cookie_value(value)) {
		response->failed = true;
		return;
	}
	if (*value == '\0')
		snprintf(age, sizeof age, "; Max-Age=0");
	else if (cookie->max_age_s > 0)
		snprintf(age, sizeof age, "; Max-Age=%lld", (long long)cookie->max_age_s);
	text = pool_printf(response->pool, "%s=%s; Path=/%s%s; HttpOnly; SameSite=%s",
			   full_name(request, cookie->name, name), value, age, request->tls ? "; Secure" : "",
			   cookie->same_site == SAME_SITE_STRICT ? "Strict" : "Lax");
	if (text)
		response_header_add(response, "Set-Cookie", text);
	else
		response->failed = response->no_memory = true;
}

bool cookie_get(const struct request *request, const char *name, char *out, size_t size)
{
	char full[COOKIE_NAME_MAX];

	return field_cookie(request_header(request, "cookie"), full_name(request, name, full), out, size);
}
