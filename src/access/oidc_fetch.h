/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asking an OpenID provider, by libcurl: over HTTPS with its certificate
 * verified, no redirects, no proxy, ten seconds, and an answer of bounded
 * size.  Whose provider it is an account says, so it must not be an address
 * inside: private, loopback and link-local ones are refused, by what is
 * connected to and not by name, unless that is allowed.
 */
#ifndef LETHE_ACCESS_OIDC_FETCH_H
#define LETHE_ACCESS_OIDC_FETCH_H

#include <stdbool.h>
#include "access/oidc.h"

struct oidc_fetcher {
	bool allow_inside;    /* private addresses too */
	const char *ca_file;  /* certificates to trust; NULL: the system's */
	int64_t timeout_ms;   /* 0: ten seconds */
};

/* Once, before threads begin. */
MUST_CHECK enum result oidc_fetch_init(struct err *err);
/* For oidc_new; `arg` is a struct oidc_fetcher. Thread safe. ERR_IO, ERR_DENIED for an address inside. */
oidc_fetch oidc_fetch_https;

#endif
