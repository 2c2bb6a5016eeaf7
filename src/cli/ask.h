/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One request to a daemon, by libcurl: TLS 1.2 or later with a certificate
 * that is verified, no redirects, no proxy.  Over plain HTTP the token goes to
 * this machine only.
 */
#ifndef LETHE_CLI_ASK_H
#define LETHE_CLI_ASK_H

#include <stdint.h>
#include "base/buf.h"
#include "crypto/secret.h"

struct ask_server {
	const char *url;     /* "https://lethe.example", without a path or with one that all others are below */
	struct secret token;
	const char *ca_file; /* certificates to trust; NULL: the system's */
};

/* A file that is sent. */
struct ask_upload {
	int fd;           /* read to its end */
	int64_t size;     /* -1: not known */
	const char *type; /* "text/csv" */
};

/* Where a file goes that comes: what is answered with 2xx, while all else comes into the body. */
struct ask_download {
	enum result (*write)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
	uint64_t from;    /* what is there already; 0: nothing */
	const char *etag; /* of what is there already */
};

struct ask_request {
	const char *method, *target; /* "POST", "/v1/accounts/Acme/holds" */
	const char *body;            /* JSON; NULL: none */
	const struct ask_upload *upload;     /* instead of `body`; NULL: none */
	const struct ask_download *download; /* NULL: into the body */
	bool json;                   /* the document is wanted, else the text */
	const char *range;           /* "0-99"; NULL: all of it */
	bool (*stop)(void);          /* asked while it waits; NULL: never */
	void (*progress)(void *arg, int64_t done, int64_t total); /* of the file, in bytes; total 0: not known. NULL: to nobody */
	void *progress_arg;
};

#define ASK_TEXT_MAX 200
struct ask_answer {
	int status;
	bool partly;   /* Lethe-Partly: true */
	char type[64]; /* media type, in lower case, without parameters */
	char etag[ASK_TEXT_MAX], location[ASK_TEXT_MAX]; /* "" when it says none */
	bool broken;   /* of a file: it broke off after it had begun, and can be gone on with */
};

/* `body` has its greatest length already. ERR_INPUT: the URL is none, or would send the token in the clear; ERR_DENIED:
 * the certificate is not trusted; ERR_IO: it cannot be reached; ERR_INTERRUPTED: `stop` said so; else what
 * download->write gave. */
MUST_CHECK enum result ask(const struct ask_server *server, const struct ask_request *request, struct buf *body,
			   struct ask_answer *out, struct err *err);

#endif
