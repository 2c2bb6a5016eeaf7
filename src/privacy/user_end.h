/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The end of a user, removed by somebody or idle for too long.
 *
 *     1  the intent is committed as a job, and the user is leaving
 *     2  the person that is their agent is erased (privacy/erase.h): their name, numbers and
 *        devices go; calls of others stay, without them
 *     3  their own key is destroyed and their row goes, with their password, sessions and one-time link
 *     4  a second look counts what is left
 *     5  the act is logged
 *
 * A legal hold on a record they were the agent of refuses it: they stay a user.
 * A crash at any point is gone on with by user_end_resume.
 */
#ifndef LETHE_PRIVACY_USER_END_H
#define LETHE_PRIVACY_USER_END_H

#include "privacy/erase.h"
#include "privacy/user.h"

enum user_end_why { USER_REMOVED = 1, USER_IDLE = 2 }; /* stored: only add */

struct user_end {
	struct id job, user;
	bool agent;              /* an agent was erased: `erasure` says how */
	struct id erasure;       /* the erasure's job, for `person receipt` */
	int64_t left_by_agent;   /* calls that stay without them */
	int64_t left;            /* what a second look finds: 0, or something is wrong */
	uint64_t leaf;
};

/* Before each step, 2 to 4; true stops with ERR_INTERRUPTED, to be gone on with by the next writing command. */
typedef bool user_end_progress(void *arg, int step);
/* ERR_HELD when a legal hold is in the way, ERR_WRONG_STATE when something is not billed yet: nothing is changed. `progress` may be NULL. */
MUST_CHECK enum result user_end(struct vault *vault, const struct account *account, const struct user_row *user,
				enum user_end_why why, struct instant now, user_end_progress *progress, void *arg,
				struct user_end *out, struct err *err);
/* Goes on with this one, which runs and which nobody is at. OK too when it had to be given up. */
MUST_CHECK enum result user_end_go_on(struct vault *vault, const struct job *job, struct instant now, struct err *err);

/* The users of an account by the rule. */
struct users_plan {
	struct user_rule rule;
	int64_t users, due;
	int64_t elsewhere;       /* idle, and kept: another account has them */
};
MUST_CHECK enum result users_plan(struct session *session, uint32_t account, struct instant now, struct users_plan *out,
				  struct err *err);
struct users_done {
	int64_t gone, agents;    /* users; of these, whose agent was erased */
	int64_t held;            /* due, and kept by a legal hold */
	int64_t left;
};
/* Ends all that are due. */
MUST_CHECK enum result users_run(struct vault *vault, const struct account *account, struct instant now,
				 user_end_progress *progress, void *arg, struct users_done *out, struct err *err);

#endif
