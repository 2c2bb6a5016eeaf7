/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/rights_now.h"

#include "access/token.h"

static enum result no_more(struct err *err, const char *why)
{
	err_set(err, ERR_DENIED, "who asked for this may not any more: %s", why);
	return err_mend(err, "have it asked for again by somebody who may");
}

static enum result of_token(struct session *session, struct instant now, struct pool *pool, struct actor *actor,
			    struct err *err)
{
	struct token_row row;
	struct id id;
	enum result r = id_parse(TOKEN_PREFIX, actor->who, &id, err);

	if (r == OK)
		r = token_get(session->data, actor->account, id, pool, &row, err);
	if (r == ERR_NOT_FOUND || (r == OK && token_ended(&row, now)))
		return no_more(err, "the token was revoked, or has expired");
	if (r == OK)
		*actor = actor_token(&row);
	return r;
}

static enum result of_user(struct session *session, struct pool *pool, struct actor *actor, struct err *err)
{
	struct user_row row;
	enum result r = user_get(session->data, actor->account, actor->user, pool, &row, err);

	if (r == ERR_NOT_FOUND || (r == OK && row.state != USER_ACTIVE))
		return no_more(err, "the user was removed");
	if (r == OK)
		*actor = actor_user(&row);
	return r;
}

enum result rights_now(struct session *session, struct instant now, struct pool *pool, struct actor *actor, struct err *err)
{
	struct id region = actor->region;
	enum result r = OK;

	if (actor->type == ACTOR_TOKEN)
		r = of_token(session, now, pool, actor, err);
	else if (actor->type == ACTOR_USER)
		r = of_user(session, pool, actor, err);
	actor->region = region;
	return r;
}
