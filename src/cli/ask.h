/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One request to a daemon, by libcurl: TLS 1.2 or later with a certificate
 * that is verified, no redirects, no proxy.  Over plain HTTP the token goes to
 * this machine only.
 */
#ifndef LETHE_CLI_ASK_H
#define LETHE_CLI_ASK_H

#include "base/buf.h"
#include "crypto/secret.h"

struct ask_server {
	const char *url;     /* "https://lethe.example", without a path or with one that all others are below */
	struct secret token;
	const char *ca_file; /* certificates to trust; NULL: the system's */
};

struct ask_request {
	const char *method, *target; /* "POST", "/v1/accounts/Acme/holds" */
	const char *body;            /* JSON; NULL: none */
	bool json;                   /* the document is wanted, else the text */
	bool (*stop)(void);          /* asked while it waits; NULL: never */
};

struct ask_answer {
	int status;
	bool partly;   /* Lethe-Partly: true */
	char type[64]; /* media type, in lower case, without parameters */
};

/* `body` has its greatest length already. ERR_INPUT: the URL is none, or would send the token in the clear; ERR_DENIED:
 * the certificate is not trusted; ERR_IO: it cannot be reached; ERR_INTERRUPTED: `stop` said so. */
MUST_CHECK enum result ask(const struct ask_server *server, const struct ask_request *request, struct buf *body,
			   struct ask_answer *out, struct err *err);

#endif
