/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/again.h"

#include <string.h>

#include "access/user_password.h"

struct failing { const struct user_row *user; struct instant now; };

static enum result failed_op(struct session *session, void *arg, struct err *err)
{
	const struct failing *failing = arg;
	struct act act;

	act_begin(&act, "user.password.failed", failing->user->account, failing->now);
	act_id(&act, "id", USER_PREFIX, failing->user->id);
	return act_append(&act, session->data, NULL, err);
}

static enum result refuse(struct vault *vault, const struct user_row *user, struct instant now, struct err *err)
{
	struct failing failing = {user, now};
	enum result r = vault_write(vault, failed_op, &failing, err);

	if (r != OK)
		return r;
	err_set(err, ERR_DENIED, "that is not the present password");
	return err_mend(err, "type it again, or ask an admin for a one-time link");
}

/* Of a user, and apart from what else is counted of them. */
static struct lockout_key key_of(const struct doors *doors, const struct user_row *user, const char *what)
{
	const struct lockout_part parts[] = {
	    {&user->account, sizeof user->account}, {&user->user, sizeof user->user}, {what, strlen(what) + 1}};

	return lockout_key(doors->lockout, LOCKOUT_CODE, parts, 3);
}

enum result again_password(const struct doors *doors, struct vault *vault, const struct user_row *user, const char *password,
			   size_t len, struct instant now, struct duration *wait, struct err *err)
{
	struct lockout_key key = key_of(doors, user, "again");
	bool known;
	enum result r;

	*wait = lockout_charge(doors->lockout, &key, 1, now);
	if (wait->ms > 0)
		return OK;
	r = user_password_known(vault, doors->gate, user, password, len, &known, err);
	if (r != OK)
		lockout_refund(doors->lockout, &key);
	else if (known)
		lockout_clear(doors->lockout, &key);
	else
		r = refuse(vault, user, now, err);
	return r;
}

enum result again_confirm(const struct doors *doors, struct vault *vault, const struct user_row *user, const char *code,
			  struct instant now, struct recovery *out, struct duration *wait, struct err *err)
{
	struct lockout_key key = key_of(doors, user, "confirm");
	enum result r;

	*wait = lockout_charge(doors->lockout, &key, 1, now);
	if (wait->ms > 0)
		return OK;
	r = second_confirm(vault, user, code, now, out, err);
	if (r == OK)
		lockout_clear(doors->lockout, &key);
	else if (r != ERR_DENIED)
		lockout_refund(doors->lockout, &key);
	return r;
}
