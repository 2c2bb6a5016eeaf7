/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The daemon as HTTP sees it: which routes there are, who is let in, and what
 * answers.  Everything that a request needs is here already; nothing is
 * opened for it.
 */
#ifndef LETHE_DAEMON_HTTP_H
#define LETHE_DAEMON_HTTP_H

#include <pthread.h>
#include <stdatomic.h>
#include "access/oidc_fetch.h"
#include "access/signin.h"
#include "access/token_cache.h"
#include "api/outside.h"
#include "api/perform.h"
#include "daemon/jobs.h"
#include "daemon/settings.h"
#include "net/address.h"
#include "net/metrics.h"
#include "net/rate.h"
#include "net/server.h"

#define HTTP_VAULTS_MAX 64

struct http {
	struct vault *vaults[HTTP_VAULTS_MAX]; /* one a region, open for writing; borrowed */
	size_t vault_count;
	struct route *routes;
	size_t route_count;
	struct router *router;
	struct metrics *metrics;
	struct token_cache *tokens;
	struct rate *by_token, *by_address;
	struct doors doors;
	struct oidc_fetcher fetcher;
	struct oidc *oidc;
	struct away *away; /* those who ask an OpenID provider or a mail server, which may be slow */
	struct outside outside; /* its mail put in by the caller too */
	const char *base_url; /* "": not set; borrowed, like the next */
	const char *data_dir;
	int64_t clock_ms;     /* its clock is so much ahead of the machine's: --now */
	struct address_block *proxies;
	size_t proxy_count;
	struct metric *sign_ins; /* by enum signin_outcome */
	struct buf openapi;
	const struct client_reach *reach; /* of what goes out; put in by the caller too */
	struct duration keep_answers;
	int64_t kept_max; /* bytes */
	struct jobs *jobs;
	struct work_watchers *watchers;
	pthread_key_t own_desk; /* of each thread of connections */
	bool has_own_desks;
	atomic_bool ready; /* false: it is starting or stopping */
};

/* Makes all of it but the vaults, the reach, the mail, data_dir and clock_ms, which the caller puts in first. `settings` outlives it. */
MUST_CHECK enum result http_open(struct http *http, const struct settings *settings, struct err *err);
void http_close(struct http *http); /* the vaults stay */
/* The callbacks and limits of `out`. */
void http_serve(struct http *http, const struct settings *settings, struct server_settings *out);

#endif
