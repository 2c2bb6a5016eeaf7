/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Agents in records of others.
 *
 * An agent's key is no part of a record's key, and the record is about the
 * person they spoke to: when an agent is erased it stays, under a pseudonym.
 * The agent's member of the payload goes, and their party row; what they are
 * called in free text is not rewritten.
 */
#ifndef LETHE_PRIVACY_AGENT_H
#define LETHE_PRIVACY_AGENT_H

#include "vault/vault.h"

/* Are these identities in the record as its agent, and as nothing else? */
bool agent_only(const struct record_row *row, const int64_t *identities, size_t count);
/* Inside a write transaction: takes them out of the record. One that does not open is left sealed as it is. */
MUST_CHECK enum result agent_leave(struct session *session, struct record_row *row, const int64_t *identities,
				   size_t count, struct pool *pool, struct err *err);

#endif
