/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who may do what: one table, a row for each kind of act, a column for each
 * role (docs/access.md shows it).  Everything that is let in over the network
 * is asked of it; who runs the command line at the machine has the vault's
 * files and its root, and is asked nothing.
 */
#ifndef LETHE_ACCESS_PERMISSION_H
#define LETHE_ACCESS_PERMISSION_H

#include "access/actor.h"

/* Stored as bits in the scopes of tokens: only add, at the end. */
enum permission {
	MAY_ACCOUNT_CREATE, MAY_ACCOUNT_LIST, MAY_ACCOUNT_READ, MAY_ACCOUNT_MANAGE, MAY_ACCOUNT_END,
	MAY_USER_READ, MAY_USER_MANAGE, MAY_TOKEN_READ, MAY_TOKEN_MANAGE, MAY_WEBHOOK_MANAGE,
	MAY_PERSON_READ, MAY_PERSON_LINK, MAY_PERSON_EXPORT, MAY_PERSON_ERASE,
	MAY_CONTACT_READ, MAY_CONTACT_WRITE,
	MAY_RECORD_READ, MAY_RECORD_MEDIA, MAY_RECORD_WRITE, MAY_RECORD_ANONYMISE,
	MAY_POLICY_READ, MAY_POLICY_WRITE, MAY_HOLD_READ, MAY_HOLD_WRITE, MAY_OBLIGATION_READ, MAY_OBLIGATION_WRITE,
	MAY_RETENTION_READ, MAY_RETENTION_RUN, MAY_FIGURES_READ, MAY_AUDIT_READ,
	MAY_JOB_READ, MAY_JOB_CANCEL, MAY_VAULT_OPERATE,
	PERMISSION_COUNT
};

/* OWN: of records, those they were the agent of; of users, themselves. */
enum access { ACCESS_NO = 0, ACCESS_OWN = 1, ACCESS_YES = 2 };

const char *permission_name(enum permission permission); /* "person.erase" */
const char *permission_what(enum permission permission); /* half a line: what is done by it */
bool permission_parse(const char *name, enum permission *out);
const char *access_name(enum access access);             /* "own" */

/* A cell of the table. */
enum access permission_of(enum access_role role, enum permission permission);
/* Bit set of what a role may, all or its own. */
int64_t permission_scopes(enum access_role role);

/* May the actor do it in that account? Account 0 is the vault itself: only the operator's. */
enum access access_may(const struct actor *actor, enum permission permission, uint32_t account);
/* The same as a result: ERR_DENIED names what is missing; `*access` may be NULL where OWN is not enough. */
MUST_CHECK enum result access_require(const struct actor *actor, enum permission permission, uint32_t account,
				      enum access *access, struct err *err);
/* May the actor give somebody that role, or change who has it? Only when they may themselves whatever it may; the operator
 * may any. Who changes something asks access/giving.h. */
bool access_may_give(const struct actor *actor, enum access_role role);
/* May the actor make a token of that role with those scopes in that account? None that may more than they. */
bool access_may_hand_out(const struct actor *actor, enum access_role role, int64_t scopes, uint32_t account);

#endif
