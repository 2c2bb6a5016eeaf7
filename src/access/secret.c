/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/secret.h"

#include "vault/outdated.h"

enum result secret_get(struct session *session, const struct user_row *user, enum user_secret_kind kind,
		       struct pool *pool, struct user_secret_row *row, const char **plain, size_t *len, struct err *err)
{
	struct user_secret_row own, *to = row != NULL ? row : &own;
	enum result r = user_secret_get(session->data, user->account, user->user, kind, pool, to, err);

	*plain = NULL;
	*len = 0;
	if (r == ERR_NOT_FOUND)
		return OK;
	return r == OK ? open_user_secret(session->ring, user, to, pool, plain, len, err) : r;
}

enum result secret_has(struct session *session, const struct user_row *user, enum user_secret_kind kind,
		       struct pool *pool, bool *has, struct err *err)
{
	struct user_secret_row row;
	enum result r = user_secret_get(session->data, user->account, user->user, kind, pool, &row, err);

	*has = r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

enum result secret_set(struct session *session, const struct user_row *user, enum user_secret_kind kind,
		       const void *plain, size_t len, int64_t used, struct instant now, struct pool *pool,
		       struct err *err)
{
	struct user_secret_row row = {.kind = kind, .used = used};
	enum result r = outdate_secret(session, user->account, user->user, kind, now, &row.changed, err);

	if (r == OK)
		r = seal_user_secret(session->ring, user, &row, plain, len, pool, err);
	return r == OK ? user_secret_put(session->data, &row, err) : r;
}

enum result secret_drop(struct session *session, const struct user_row *user, enum user_secret_kind kind,
			struct instant now, struct err *err)
{
	struct instant changed;
	enum result r = outdate_secret(session, user->account, user->user, kind, now, &changed, err);

	return r == OK ? user_secret_delete(session->data, user->account, user->user, kind, err) : r;
}

enum result secret_user(struct session *session, uint32_t account, int64_t user, struct pool *pool,
			struct user_row *out, struct err *err)
{
	enum result r = user_get(session->data, account, user, pool, out, err);

	if (r == ERR_NOT_FOUND)
		return err_set(err, r, "the user is no more");
	if (r == OK && out->state == USER_LEAVING)
		r = err_set(err, ERR_WRONG_STATE, "the user is being removed");
	return r;
}
