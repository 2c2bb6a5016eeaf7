/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * API tokens: made, found, listed, revoked.
 *
 * A token is shown once and stored as its digest (access/opaque.h).  It has a
 * role, and of what the role may only what its scopes name.  Those of account
 * 0 are the platform operator's, and act in every account.
 */
#ifndef LETHE_ACCESS_TOKEN_H
#define LETHE_ACCESS_TOKEN_H

#include "access/opaque.h"
#include "access/permission.h"
#include "store/token.h"
#include "vault/vault.h"

#define TOKEN_NAME_MAX 100        /* bytes */
#define TOKENS_AN_ACCOUNT 1000    /* that are not revoked */
#define TOKEN_NOTED_MS 60000      /* how exactly it is known when one was used last */

/* "person.read,contact.read" to scopes; NULL: all that the role may. ERR_INPUT names what is no permission, or none of
 * the role's. */
MUST_CHECK enum result token_scopes_parse(const char *text, enum access_role role, int64_t *out, struct err *err);
/* The reverse, sorted as the table is, in the pool. */
MUST_CHECK enum result token_scopes_text(int64_t scopes, struct pool *pool, const char **out, struct err *err);

struct token_new {
	const char *name;         /* what it is for: UTF-8 without control characters */
	enum access_role role;    /* operator for account 0 and only there; no agent: a token is nobody's */
	int64_t scopes;
	bool expires;
	struct instant expires_at; /* after now */
};
/* ERR_INPUT, ERR_LIMIT; ERR_DENIED when it could do more than `actor` may. */
MUST_CHECK enum result tokens_create(struct vault *vault, const struct actor *actor, uint32_t account,
				     const struct token_new *new, struct instant now, struct opaque *out, struct id *id,
				     struct err *err);
/* For good: from the moment this returns on no thread of the process lets it in. ERR_NOT_FOUND; one that is revoked stays
 * so. */
MUST_CHECK enum result tokens_revoke(struct vault *vault, uint32_t account, struct id id, struct instant now,
				     struct err *err);
/* Its name, in the pool. */
MUST_CHECK enum result tokens_name(struct session *session, const struct token_row *row, struct pool *pool,
				   const char **out, struct err *err);
bool token_ended(const struct token_row *row, struct instant now); /* revoked or expired */
/* The leaf of a read of names, on disk before any is shown. */
MUST_CHECK enum result tokens_note_read(struct session *session, uint32_t account, struct instant now, struct err *err);

#endif
