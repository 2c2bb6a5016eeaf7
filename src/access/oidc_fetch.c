/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/oidc_fetch.h"

#include <string.h>

#include "net/client.h"

#define TIMEOUT_MS 10000

enum result oidc_fetch_init(struct err *err)
{
	return client_init(err);
}

enum result oidc_fetch_https(void *arg, const struct oidc_request *request, struct buf *body, int *status,
			     struct err *err)
{
	static const char *const headers[] = {"Accept: application/json", NULL};
	static const char *const form[] = {"Accept: application/json", "Content-Type: application/x-www-form-urlencoded", NULL};
	const struct oidc_fetcher *how = arg;
	const struct client_reach reach = {.inside = how->allow_inside, .ca_file = how->ca_file};
	const struct client_request out = {.url = request->url, .headers = request->form != NULL ? form : headers,
					   .body = request->form, .body_len = request->form != NULL ? strlen(request->form) : 0,
					   .user = request->user, .password = request->password,
					   .timeout_ms = how->timeout_ms > 0 ? how->timeout_ms : TIMEOUT_MS};
	struct client_answer answer;
	enum result r = client_send(&reach, &out, "the OpenID provider", body, &answer, err);

	*status = answer.status;
	return r;
}
