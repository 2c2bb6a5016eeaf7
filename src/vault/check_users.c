/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Users. That the agent of one is gone is no problem: they may have been erased as a person.
 */
#include "vault/check_run.h"
#include "vault/seal.h"

/* Removed meanwhile, or by a job that is not at its end. */
static enum result is_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct user_row row;
	const char *name;
	enum result r = user_get(run->session->data, suspect->account, suspect->number, &run->pool, &row, err);

	*still = false;
	if (r == ERR_NOT_FOUND)
		return OK;
	if (r == OK)
		r = open_user(run->session->ring, &row, &run->pool, &name, err);
	*still = check_is_problem(r);
	if (*still && r == ERR_GONE && row.state == USER_LEAVING) {
		bool covered = false;

		r = check_covered(run, suspect->account, &covered, err);
		*still = !covered;
		return r;
	}
	return *still ? OK : r;
}

static enum result check_user(void *arg, const struct user_row *row, struct err *err)
{
	struct check_run *run = arg;
	const struct suspect suspect = {.check = CHECK_USERS, .again = is_still_wrong, .account = run->account,
					.number = row->user};
	char text[ID_TEXT_MAX];
	const char *name;
	enum result r = open_user(run->session->ring, row, &run->pool, &name, err);

	run->report->checks[CHECK_USERS].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: %s: its name cannot be opened", run->account,
		      id_format(USER_PREFIX, row->id, text));
	return OK;
}

enum result check_users(struct check_run *run, struct err *err)
{
	return user_each(run->session->data, run->account, &run->pool, check_user, run, err);
}
