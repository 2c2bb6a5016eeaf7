/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/oidc_signin.h"
#include "api/operations.h"
#include "privacy/user.h"

static enum result check_words(const char *subject, bool off, struct err *err)
{
	if ((subject != NULL) != off)
		return OK;
	err_set(err, ERR_INPUT, "a user has one subject at the account's OpenID provider, or none");
	return err_mend(err, "give --subject SUB, or --off");
}

enum result op_user_sso(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *subject = NULL;
	bool off = false;
	const struct call_option options[] = {{"subject", &subject, NULL}, {"off", NULL, &off}};
	struct account account;
	struct user_row user;
	char id[ID_TEXT_MAX];
	enum result r = call_parse(call, options, 2, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = check_words(subject, off, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = user_lookup(&call->vault->read, &account, argv[0], &call->pool, &user, err);
	if (r == OK)
		r = call_may_give(call, account.number, (enum access_role)user.role, err);
	if (r == OK)
		r = call_not_oneself(call, &user, err);
	if (r == OK)
		r = user_subject_put(call->vault, &user, subject, call->now, err);
	if (r != OK)
		return r;
	call_say(call, off ? "%s is nobody at the provider any more.\n" : "%s is who the provider says it is.\n",
		 id_format(USER_PREFIX, user.id, id));
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", USER_PREFIX, user.id);
	json_end_object(&call->w);
	return OK;
}
