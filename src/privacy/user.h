/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Users of an account: added, found, signed in; and the rule by which they go.
 *
 * CallRail's: a user is kept until 13 calendar months have passed without a
 * sign-in and no other account of the region is left to them, whichever is
 * later. A profile may say another number, and may not ask for other accounts.
 */
#ifndef LETHE_PRIVACY_USER_H
#define LETHE_PRIVACY_USER_H

#include "privacy/person.h"
#include "store/user.h"

#define USER_NAME_MAX 320 /* bytes: the longest e-mail address */

const char *user_role_name(enum user_role role); /* "auditor" */
bool user_role_parse(const char *name, enum user_role *out);

struct user_new {
	const char *name;    /* an e-mail address, or what else they sign in with; compared folded */
	enum user_role role;
	const char *agent;   /* the source's id of the agent they are, NULL: none */
};
/* Makes it, its key and its leaf in one transaction. ERR_EXISTS when the account has that user, or that agent is
 * another user's; ERR_WRONG_STATE when the account takes nothing in. */
MUST_CHECK enum result user_add(struct vault *vault, const struct account *account, const struct user_new *new,
				struct instant now, struct pool *pool, struct id *out, struct err *err);
/* Inside a write transaction: the same, for who has more to do in it. out->name is in the pool, sealed. */
MUST_CHECK enum result user_add_in(struct session *session, const struct account *account, const struct user_new *new,
				   struct instant now, struct pool *pool, struct user_row *out, struct err *err);
/* `who` is a usr_ id or a name. ERR_NOT_FOUND. */
MUST_CHECK enum result user_lookup(struct session *session, const struct account *account, const char *who,
				   struct pool *pool, struct user_row *out, struct err *err);
/* The users whose agents are the person's: what is kept on them as users is theirs too (GDPR, art. 15). In the pool.
 * The name is NULL when it cannot be opened. */
struct user_shown { struct user_row row; const char *name; };
MUST_CHECK enum result users_of_person(struct session *session, const struct account *account,
				       const struct person *person, struct pool *pool, struct user_shown **out,
				       size_t *count, struct err *err);
/* Notes a sign-in; one before the last that is known changes nothing. ERR_INPUT when `at` is after `now`, or before
 * they were added. */
MUST_CHECK enum result user_signed_in(struct vault *vault, const struct account *account, const struct user_row *user,
				      struct instant at, struct instant now, struct err *err);
/* The leaf of a read of names, on disk before any is shown. Outside the writer. */
MUST_CHECK enum result user_note_read(struct session *session, uint32_t account, struct instant now, struct err *err);

struct user_rule {
	struct span idle;     /* unlimited: never */
	bool last_account;    /* and only when no other account of the region has them */
};
MUST_CHECK enum result user_rule(struct session *session, uint32_t account, struct pool *pool, struct user_rule *out,
				 struct err *err);

struct user_life {
	bool ever;            /* idle_on is a day */
	struct date idle_on;  /* from that day on they are idle */
	bool idle, elsewhere; /* elsewhere is looked up only of who is idle, and only when the rule asks */
	bool due;
};
MUST_CHECK enum result user_life_read(struct session *session, const struct user_rule *rule, const struct user_row *user,
				      struct instant now, struct user_life *out, struct err *err);

#endif
