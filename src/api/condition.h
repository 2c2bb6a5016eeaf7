/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * If-Match and If-None-Match of what is written (RFC 9110 section 13): which
 * document they are about, and that it is still so in the transaction of the
 * write.
 *
 * A document is told apart from its other states by a keyed digest of what is
 * answered.  Every act that changes something has its leaf in the same
 * transaction.  So: the log's size is noted, the document is read, its tag
 * compared; then what is written has first to find no leaf in the account
 * that came since, but those of who only looked.
 */
#ifndef LETHE_API_CONDITION_H
#define LETHE_API_CONDITION_H

#include "api/resource.h"
#include "net/request.h"
#include "vault/vault.h"

#define CONDITION_TRIES 8 /* while others write in the account */

struct condition_guard {
	uint32_t account;
	uint64_t since; /* leaves from this one on are new */
	bool changed;
};

/* Has the write a condition? */
bool condition_asked(const struct resource *resource, const struct request *request);
/* What it is about: the nearest path, from the write's own upwards, that is read by GET. NULL: none. */
const struct resource *condition_subject(const struct resource *resource);
/* "\"..\"", of a document as it is answered, in `pool`. */
MUST_CHECK enum result condition_etag(struct vault *view, uint32_t account, const void *document, size_t len,
				      struct pool *pool, const char **out, struct err *err);
/* Before the document is read. */
MUST_CHECK enum result condition_begin(struct condition_guard *guard, struct vault *view, uint32_t account,
				       struct err *err);
/* In the transaction of the write. ERR_BUSY, and guard->changed, when it may be another document by now. */
MUST_CHECK enum result condition_holds(struct session *session, struct condition_guard *guard, struct err *err);

#endif
