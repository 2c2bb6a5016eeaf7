/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A policy's scope as people give it, and as programs are given it.
 */
#ifndef LETHE_RETENTION_SCOPING_H
#define LETHE_RETENTION_SCOPING_H

#include "base/json.h"
#include "store/policy.h"
#include "vault/accounts.h"

/* As given; NULL: not narrowed by it. */
struct scope_given {
	const char *number;       /* of the account's own, in any spelling */
	const char *queue, *campaign, *tag;
	const char *direction;    /* "inbound", "outbound", "internal" */
	const char *min_duration; /* "30 seconds", "90s", "2 minutes", "1 hour" */
};

/* A label that no record has and nothing else names: no record is in such a scope. */
#define SCOPE_UNKNOWN (-1)

/* A label that is not known becomes SCOPE_UNKNOWN. ERR_INPUT; ERR_NOT_FOUND for a number that no record has. */
MUST_CHECK enum result scope_read(struct session *session, const struct account *account,
				  const struct scope_given *words, struct pool *pool, struct policy_scope *out,
				  struct err *err);
/* Inside a write transaction: makes the labels of `words` that are SCOPE_UNKNOWN in `scope`. */
MUST_CHECK enum result scope_make_labels(struct session *session, uint32_t account, const struct scope_given *words,
					 struct pool *pool, struct policy_scope *scope, struct err *err);
/* As scope_words of retention/scope.h, but "" for a kind's own rule; an unknown label is named as `words` has it, which may
 * be NULL when there is none. */
MUST_CHECK enum result scope_text(struct session *session, uint32_t account, const struct policy_scope *scope,
				  const struct scope_given *words, struct pool *pool, const char **out,
				  struct err *err);
/* As the member "scope": {} for a kind's own rule; else "number", "queue", "campaign", "tag", "direction",
 * "min_duration_ms". */
MUST_CHECK enum result scope_write(struct json_writer *w, struct session *session, uint32_t account,
				   const struct policy_scope *scope, const struct scope_given *words,
				   struct pool *pool, struct err *err);

#endif
