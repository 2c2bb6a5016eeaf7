/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/actor.h"

#include <stdio.h>
#include <string.h>

static const char *const names[ACCESS_ROLES] = {"operator", "owner", "admin", "agent", "auditor"};

_Static_assert(ACCESS_ROLES == TOKEN_ROLE_LAST + 1, "every role can be stored with a token");

const char *access_role_name(enum access_role role)
{
	INVARIANT(role < ACCESS_ROLES);
	return names[role];
}

bool access_role_parse(const char *name, enum access_role *out)
{
	for (int role = 0; role < ACCESS_ROLES; role++) {
		*out = (enum access_role)role;
		if (strcmp(names[role], name) == 0)
			return true;
	}
	return false;
}

struct actor actor_local(unsigned uid)
{
	struct actor actor = {.type = ACTOR_LOCAL, .role = ROLE_OPERATOR};

	snprintf(actor.who, sizeof actor.who, "os:%u", uid);
	return actor;
}

struct actor actor_user(const struct user_row *user)
{
	struct actor actor = {.type = ACTOR_USER, .account = user->account, .role = (enum access_role)user->role,
			      .user = user->user, .agent = user->agent};

	id_format(USER_PREFIX, user->id, actor.who);
	return actor;
}

struct actor actor_token(const struct token_row *token)
{
	struct actor actor = {.type = ACTOR_TOKEN, .account = token->account, .role = (enum access_role)token->role,
			      .scopes = token->scopes};

	id_format(TOKEN_PREFIX, token->id, actor.who);
	return actor;
}
