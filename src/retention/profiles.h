/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Profiles at work: an account that begins with one, and how an account's own
 * rules compare with one.
 */
#ifndef LETHE_RETENTION_PROFILES_H
#define LETHE_RETENTION_PROFILES_H

#include "retention/policies.h"
#include "retention/settings.h"

struct profile_start {
	const struct profile *profile;
	const char *plan; /* NULL: none */
	struct instant now;
};
/* An also of accounts_create_with (`arg` is a struct profile_start): each rule that the profile has becomes version 1 of
 * its kind, set by "profile:NAME"; profile and plan become settings. ERR_NOT_FOUND for a plan it does not have. */
account_also profile_apply;

/* One kind of an account beside a profile. */
struct profile_line {
	enum record_kind kind;
	bool set;           /* has the account a rule for all of the kind? */
	struct span keep;   /* unlimited without one */
	bool speaks;        /* does the profile speak of it? */
	struct span wanted;
	bool same;          /* both keep it equally long */
	struct bound bound; /* the profile's, of the plan where it has that one */
	bool within;        /* is the account's rule in it? */
	size_t narrower, outside; /* narrower rules of the account, and how many of them are not */
};
/* Rules in force at `now`, with those still to begin left out. `plan` NULL: none. */
MUST_CHECK enum result profile_compare(struct session *session, uint32_t account, const struct profile *profile,
				       const char *plan, struct instant now, struct pool *pool,
				       struct profile_line out[KIND_COUNT], struct err *err);

#endif
