/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who acts: somebody at the machine, a user who is signed in, or a program with a token.
 */
#ifndef LETHE_ACCESS_ACTOR_H
#define LETHE_ACCESS_ACTOR_H

#include <stdint.h>
#include "base/id.h"
#include "store/token.h"
#include "store/user.h"

/* Columns of the table of permissions. Stored with tokens: only add. The others are those of enum user_role. */
enum access_role {
	ROLE_OPERATOR = 0, ROLE_OWNER = USER_OWNER, ROLE_ADMIN = USER_ADMIN, ROLE_OF_AGENT = USER_AGENT,
	ROLE_AUDITOR = USER_AUDITOR,
	ACCESS_ROLES
};
const char *access_role_name(enum access_role role); /* "operator" */
bool access_role_parse(const char *name, enum access_role *out);

enum actor_type { ACTOR_LOCAL = 1, ACTOR_USER, ACTOR_TOKEN };

struct actor {
	enum actor_type type;
	char who[ID_TEXT_MAX];  /* opaque, for the log: "os:1000", "usr_..", "tok_.." */
	uint32_t account;       /* where they act: 0 of a token of the operator's, which acts in all */
	struct id region;       /* of the vault that has this account: each numbers its own */
	enum access_role role;
	int64_t scopes;         /* of a token: bit set of 1 << enum permission */
	int64_t user;           /* of a user */
	int64_t agent;          /* the identity they are the agent by, 0: none */
};

/* Who has that number in the operating system, at the machine. */
struct actor actor_local(unsigned uid);
struct actor actor_user(const struct user_row *user);
struct actor actor_token(const struct token_row *token);

#endif
