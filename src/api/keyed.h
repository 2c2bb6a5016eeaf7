/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): who asks
 * again with the key of an earlier POST is told what was answered then, and
 * nothing is done twice.
 *
 * The key is stored in the transaction of the first thing that is done, so
 * that it is there exactly if anything is (vault_witness), and the answer
 * before it is sent.  A key belongs to who asks, in one account.  What was
 * refused before anything was done leaves none.
 *
 * Of a body that comes as a stream nothing is known before its end: its digest
 * stands for it, and the key is stored when it was whole.  Lines that are taken
 * in as they come have ids of their own, so whoever broke off can send them
 * again with the same key.
 */
#ifndef LETHE_API_KEYED_H
#define LETHE_API_KEYED_H

#include "net/problem.h"
#include "store/request_key.h"
#include "vault/vault.h"

#define KEYED_LEN_MAX 255                       /* characters of a key */
#define KEYED_ANSWER_MAX ((size_t)1024 * 1024)  /* what is longer is not kept */

struct keyed {
	bool active;
	struct request *stream; /* whose body comes as a stream, and is not whole yet; NULL: none */
	const struct request *request;
	struct vault *view;
	struct request_key_row row;
	bool stored; /* by us */
	bool known;  /* somebody has begun it meanwhile */
};

struct keyed_by { struct vault *view; uint32_t account; const char *who; struct duration keep; };

/* The key in the value of an Idempotency-Key, with or without quotes: KEYED_LEN_MAX visible characters at most. ERR_INPUT. */
MUST_CHECK enum result keyed_read(const char *value, const char **key, size_t *len, struct err *err);
/* False: `response` is made, nothing is to be done. True: go on. */
MUST_CHECK bool keyed_begin(struct keyed *keyed, const struct keyed_by *by, const struct request *request,
			    struct response *response);
/* In the transaction of the first thing that is written, as a witness of `by->view`: stores the key, if there is one. Fails,
 * and nothing may be done, when somebody has begun it meanwhile. */
MUST_CHECK enum result keyed_witness(struct session *session, struct keyed *keyed, struct err *err);
/* When `response` has the outcome: keeps it. `done`: the witness has happened. `secret` (NULL: none) is text in the answer that is never stored, a line each. */
void keyed_end(struct keyed *keyed, enum result outcome, bool done, const char *secret, struct response *response);
/* The same for a body that comes as a stream: to be read to its end. */
MUST_CHECK bool keyed_stream_begin(struct keyed *keyed, const struct keyed_by *by, struct request *request,
				   struct response *response);
/* The body is whole, and something is about to be written of it: the key is its witness. For what is done at once; else
 * the key is stored at the end alone. */
MUST_CHECK enum result keyed_stream_guard(struct keyed *keyed, struct err *err);
void keyed_stream_end(struct keyed *keyed, enum result outcome, bool done, struct response *response);
/* When the vault is opened: what was begun will have no answer. */
MUST_CHECK enum result keyed_break(struct vault *vault, struct err *err);

#endif
