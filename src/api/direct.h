/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Resources whose body or answer is no document of words: lines that are taken
 * in, media, archives.  They are in the one table of resources like all others
 * (path, permission, the words of path and query); here is what more there is to
 * say of them, and who answers.
 */
#ifndef LETHE_API_DIRECT_H
#define LETHE_API_DIRECT_H

#include "api/perform.h"
#include "vault/accounts.h"

struct keyed;

struct direct {
	const struct desk *desk;
	const struct resource *resource;
	const struct actor *actor;
	struct request *request;
	struct response *response;
	struct vault *view;
	const struct account *account;
	struct keyed *keyed; /* the key of a request whose body comes as a stream */
	const char *field; /* at fault; set on an error */
};

/* The words of path and query have been checked. Makes the whole answer; an error becomes a problem. */
typedef enum result direct_run(struct direct *direct, struct err *err);

struct direct_resource {
	enum method method;
	const char *path;         /* as in the table of resources */
	bool stream;              /* body and answer as they come (net/server.h: a stream route); else the body is whole */
	uint64_t body_max;        /* bytes; 0: none is taken */
	const char *const *takes; /* media types, NULL-terminated; NULL: any, or none */
	const char *gives;        /* media type of the answer */
	bool job;                 /* it files a job (api/work.h), which the operation then carries out */
	direct_run *run;
};

/* NULL: an operation answers it. */
const struct direct_resource *direct_find(const struct resource *resource);

/* Who was let in when the request came, at `begun` of monotonic_ms(): may they still? A body may come for hours. ERR_DENIED
 * when the token was revoked or has expired, or the user was removed. */
MUST_CHECK enum result direct_may_still(const struct direct *direct, int64_t begun, struct err *err);

/* A parameter of the query; NULL: it was not sent. */
const char *direct_query(const struct direct *direct, const char *name);

#endif
